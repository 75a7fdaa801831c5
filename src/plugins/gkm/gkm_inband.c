/*
 * Copyright (C) 2026 the strongswan-gkm authors
 *
 * This program is free software; you can redistribute it and/or modify it
 * under the terms of the GNU General Public License as published by the
 * Free Software Foundation; either version 2 of the License, or (at your
 * option) any later version.  See <http://www.fsf.org/copyleft/gpl.txt>.
 *
 * This program is distributed in the hope that it will be useful, but
 * WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY
 * or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU General Public License
 * for more details.
 */

#include "gkm_inband.h"
#include "gkm_ike.h"

#include "libgkm/gikev2/gikev2_update.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>
#include <threading/thread_value.h>

/** Updates that wait for the role at most */
#define QUEUE_MAX 64

typedef struct private_gkm_inband_t private_gkm_inband_t;
typedef struct request_t request_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_gkm_inband_t {

	/**
	 * Public interface
	 */
	gkm_inband_t public;

	/**
	 * Has the role that updates are for
	 */
	gkm_vici_t *vici;

	/**
	 * Request that this thread answers next, as request_t*
	 */
	thread_value_t *current;

	/**
	 * Updates for the role, as entry_t*
	 */
	linked_list_t *queue;

	/**
	 * Is there a job that empties the queue?
	 */
	bool active;

	/**
	 * Protects queue and active
	 */
	mutex_t *mutex;
};

/**
 * What a key server sent.
 */
struct request_t {

	/**
	 * Bodies of payloads
	 */
	gikev2_update_payloads_t payloads;

	/**
	 * With N(USE_TRANSPORT_MODE)
	 */
	bool transport;
};

/**
 * An update for the role.
 */
struct entry_t {

	/**
	 * Unique ID of the IKE_SA it came over
	 */
	uint32_t ike_sa_id;

	/**
	 * What it says
	 */
	gkm_update_t *update;
};

/**
 * The one that there is, for functions that get no context
 */
static private_gkm_inband_t *instance;

/**
 * Destroy a request
 */
static void request_destroy(request_t *this)
{
	if (this)
	{
		gikev2_update_payloads_clear(&this->payloads);
		free(this);
	}
}

/**
 * Destroy an entry
 */
static void entry_destroy(entry_t *this)
{
	gkm_update_destroy(this->update);
	free(this);
}

/**
 * Take what this thread is to answer, NULL if nothing
 */
static request_t *take_current(private_gkm_inband_t *this)
{
	request_t *request;

	request = this->current->get(this->current);
	this->current->set(this->current, NULL);
	return request;
}

METHOD(gkm_inband_t, take, void,
	private_gkm_inband_t *this, gkm_content_t *content)
{
	request_t *request;

	INIT(request,
		.payloads = {
			.gsa = content->gsa,
			.kd = content->kd,
			.deletes = content->deletes,
		},
		.transport = content->transport,
	);
	content->gsa = content->kd = chunk_empty;
	content->deletes = NULL;

	request_destroy(take_current(this));
	this->current->set(this->current, request);
}

/**
 * Pass on updates, one after the other
 */
static job_requeue_t deliver(private_gkm_inband_t *this)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	this->active = this->queue->remove_first(this->queue,
											 (void**)&entry) == SUCCESS;
	if (!this->active)
	{
		this->mutex->unlock(this->mutex);
		return JOB_REQUEUE_NONE;
	}
	this->mutex->unlock(this->mutex);

	this->vici->inband(this->vici, entry->ike_sa_id, entry->update);
	free(entry);
	return JOB_REQUEUE_FAIR;
}

/**
 * Queue an update for the role.
 *
 * @param update		update, passed
 * @return				FALSE if there are too many
 */
static bool enqueue(private_gkm_inband_t *this, uint32_t ike_sa_id,
					gkm_update_t *update)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	if (this->queue->get_count(this->queue) >= QUEUE_MAX)
	{
		this->mutex->unlock(this->mutex);
		gkm_update_destroy(update);
		return FALSE;
	}
	INIT(entry,
		.ike_sa_id = ike_sa_id,
		.update = update,
	);
	this->queue->insert_last(this->queue, entry);
	if (!this->active)
	{
		this->active = TRUE;
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)deliver, this, NULL, NULL));
	}
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Read a request
 */
static gkm_update_t *parse_request(ike_sa_t *ike_sa, request_t *request,
								   gkm_error_t *err)
{
	gikev2_update_context_t ctx = {
		.inband = TRUE,
		.transport = request->transport,
	};
	gkm_update_t *update;

	if (!gkm_ike_get_wrap_key(ike_sa, &ctx.gsk_w))
	{
		gkm_fail(err, "IKE_SA has no key wrap algorithm");
		return NULL;
	}
	update = gikev2_update_parse(&request->payloads, &ctx, err);
	chunk_clear(&ctx.gsk_w);
	return update;
}

/**
 * Close an IKE_SA without telling the peer
 */
static job_requeue_t close_ike_sa(void *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													(uintptr_t)id);
	if (ike_sa)
	{
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header
 */
void gkm_inband_answer(ike_sa_t *ike_sa, message_t *message)
{
	private_gkm_inband_t *this = instance;
	gkm_error_t err = {};
	gkm_update_t *update = NULL;
	request_t *request;

	request = take_current(this);
	if (request)
	{
		update = parse_request(ike_sa, request, &err);
		request_destroy(request);
	}
	if (!update)
	{
		DBG1(DBG_IKE, "in-band rekey by %H is malformed: %s",
			 ike_sa->get_other_host(ike_sa), err.text);
		message->add_notify(message, FALSE, INVALID_SYNTAX, chunk_empty);
		/* as charon does with what it can't parse (RFC 7296, 2.21.3), once it
		 * has sent the answer and checked in the IKE_SA */
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create(close_ike_sa,
							(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa),
							NULL, NULL));
	}
	else if (!enqueue(this, ike_sa->get_unique_id(ike_sa), update))
	{
		DBG1(DBG_IKE, "in-band rekey by %H refused, too many are waiting",
			 ike_sa->get_other_host(ike_sa));
		message->add_notify(message, FALSE, TEMPORARY_FAILURE, chunk_empty);
	}
}

METHOD(gkm_inband_t, destroy, void,
	private_gkm_inband_t *this)
{
	this->queue->destroy_function(this->queue, (void*)entry_destroy);
	request_destroy(take_current(this));
	this->current->destroy(this->current);
	this->mutex->destroy(this->mutex);
	free(this);
	instance = NULL;
}

/*
 * Described in header
 */
gkm_inband_t *gkm_inband_create(gkm_vici_t *vici)
{
	private_gkm_inband_t *this;

	INIT(this,
		.public = {
			.take = _take,
			.destroy = _destroy,
		},
		.vici = vici,
		.current = thread_value_create((thread_cleanup_t)request_destroy),
		.queue = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	instance = this;
	return &this->public;
}
