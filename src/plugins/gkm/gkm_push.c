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

#include "gkm_push.h"
#include "gkm_message.h"
#include "gkm_payload.h"

#include "libgkm/gikev2/gikev2_update.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <sa/task.h>
#include <threading/mutex.h>

typedef struct private_gkm_push_t private_gkm_push_t;
typedef struct push_task_t push_task_t;
typedef struct push_t push_t;

/**
 * Private data.
 */
struct private_gkm_push_t {

	/**
	 * Public interface
	 */
	gkm_push_t public;

	/**
	 * Knows the IKE_SAs that are served
	 */
	gkm_ike_t *ike;

	/**
	 * Updates that have no task yet, as push_t*
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
 * An update on its way to a member. Owned by the queue, a task, or the job that
 * reports its end.
 */
struct push_t {

	/**
	 * Whose this is
	 */
	private_gkm_push_t *this;

	/**
	 * Unique ID of the IKE_SA to use
	 */
	uint32_t ike_sa_id;

	/**
	 * What to tell the member
	 */
	gkm_update_t *update;

	/**
	 * Whom to tell how it ended, and the unique ID known there
	 */
	gkm_pushed_t done;
	void *user;
	uint32_t known_id;

	/**
	 * Did the member accept it?
	 */
	bool acknowledged;
};

/**
 * Private data of the task.
 */
struct push_task_t {

	/**
	 * Public interface
	 */
	task_t public;

	/**
	 * IKE_SA the task is queued on
	 */
	ike_sa_t *ike_sa;

	/**
	 * The update
	 */
	push_t *push;

	/**
	 * Did the member answer, or will it never?
	 */
	bool ended;

	/**
	 * Unique ID of the IKE_SA that replaced ours while we waited for an answer
	 */
	uint32_t successor;
};

/**
 * Destroy an update on its way
 */
static void push_destroy(push_t *this)
{
	gkm_update_destroy(this->update);
	free(this);
}

/**
 * Tell how it ended
 */
static job_requeue_t run_report(push_t *push)
{
	push->done(push->user, push->known_id, push->acknowledged);
	return JOB_REQUEUE_NONE;
}

/**
 * Let a job tell how it ended
 */
static void report(push_t *push)
{
	lib->processor->queue_job(lib->processor, (job_t*)
		callback_job_create((callback_job_cb_t)run_report, push,
							(callback_job_cleanup_t)push_destroy, NULL));
}

static void enqueue(private_gkm_push_t *this, push_t *push);

/**
 * Encode an update and add it to a message
 */
static bool add_update(push_task_t *this, message_t *message,
					   gkm_error_t *err)
{
	gikev2_update_context_t ctx = {
		.inband = TRUE,
	};
	gikev2_update_payloads_t payloads;
	gkm_update_t *update = this->push->update;
	chunk_t body;
	bool ok;

	if (!gkm_ike_get_wrap_key(this->ike_sa, &ctx.gsk_w))
	{
		return gkm_fail(err, "IKE_SA has no key wrap algorithm");
	}
	ok = gikev2_update_build(update, &ctx, &payloads, err);
	chunk_clear(&ctx.gsk_w);
	if (!ok)
	{
		return FALSE;
	}
	if (payloads.gsa.len)
	{
		message->add_payload(message, gkm_payload_create(PL_GSA, payloads.gsa));
		message->add_payload(message, gkm_payload_create(PL_KD, payloads.kd));
		payloads.gsa = payloads.kd = chunk_empty;
	}
	while (array_remove(payloads.deletes, ARRAY_HEAD, &body))
	{
		message->add_payload(message, gkm_payload_create(PLV2_DELETE, body));
	}
	gikev2_update_payloads_clear(&payloads);

	if (gikev2_update_is_transport(update))
	{
		message->add_notify(message, FALSE, USE_TRANSPORT_MODE, chunk_empty);
	}
	return TRUE;
}

METHOD(task_t, build, status_t,
	push_task_t *this, message_t *message)
{
	gkm_error_t err = {};

	if (!add_update(this, message, &err))
	{
		DBG1(DBG_IKE, "encoding in-band rekey failed: %s", err.text);
		this->ended = TRUE;
		/* charon takes this as a message that isn't needed after all */
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		return SUCCESS;
	}
	message->set_exchange_type(message, GSA_INBAND_REKEY);
	gkm_message_adopt_outbound(message, GSA_INBAND_REKEY, NULL);
	return NEED_MORE;
}

METHOD(task_t, process, status_t,
	push_task_t *this, message_t *message)
{
	notify_type_t error;

	error = gkm_content_get_error(message);
	if (error)
	{
		DBG1(DBG_IKE, "in-band rekey was refused by %H: %N",
			 this->ike_sa->get_other_host(this->ike_sa), notify_type_names,
			 error);
	}
	this->push->acknowledged = !error;
	this->ended = TRUE;
	/* this error ends the IKE_SA on both hosts (RFC 7296, 2.21.3) */
	return error == INVALID_SYNTAX ? FAILED : SUCCESS;
}

METHOD(task_t, get_type, task_type_t,
	push_task_t *this)
{
	return TASK_IKE_DPD;
}

METHOD(task_t, migrate, void,
	push_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(task_t, task_destroy, void,
	push_task_t *this)
{
	if (!this->ended && this->successor)
	{
		this->push->ike_sa_id = this->successor;
		enqueue(this->push->this, this->push);
	}
	else
	{
		report(this->push);
	}
	free(this);
}

/**
 * Create a task for an update, which is adopted
 */
static task_t *create_task(ike_sa_t *ike_sa, push_t *push)
{
	push_task_t *this;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_type = _get_type,
			.migrate = _migrate,
			.destroy = _task_destroy,
		},
		.ike_sa = ike_sa,
		.push = push,
	);
	return &this->public;
}

/**
 * Queue a task for an update, which is adopted, on its IKE_SA
 */
static void start(private_gkm_push_t *this, push_t *push)
{
	ike_sa_state_t state;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													push->ike_sa_id);
	if (!ike_sa)
	{
		report(push);
		return;
	}
	state = ike_sa->get_state(ike_sa);
	if ((state != IKE_ESTABLISHED && state != IKE_REKEYING) ||
		!this->ike->is_served(this->ike, ike_sa))
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		report(push);
		return;
	}
	ike_sa->queue_task(ike_sa, create_task(ike_sa, push));
	if (ike_sa->initiate(ike_sa, NULL, NULL) == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/**
 * Start tasks, one after the other
 */
static job_requeue_t run_queue(private_gkm_push_t *this)
{
	push_t *push;
	bool active;

	this->mutex->lock(this->mutex);
	active = this->queue->remove_first(this->queue, (void**)&push) == SUCCESS;
	this->active = active;
	this->mutex->unlock(this->mutex);
	if (!active)
	{
		return JOB_REQUEUE_NONE;
	}
	start(this, push);
	return JOB_REQUEUE_FAIR;
}

/**
 * Queue an update, which is adopted
 */
static void enqueue(private_gkm_push_t *this, push_t *push)
{
	this->mutex->lock(this->mutex);
	this->queue->insert_last(this->queue, push);
	if (!this->active)
	{
		this->active = TRUE;
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_queue, this, NULL,
								NULL));
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_push_t, push, void,
	private_gkm_push_t *this, uint32_t ike_sa_id, gkm_update_t *update,
	gkm_pushed_t done, void *user)
{
	push_t *push;

	INIT(push,
		.this = this,
		.ike_sa_id = ike_sa_id,
		.update = gkm_update_get_ref(update),
		.done = done,
		.user = user,
		.known_id = ike_sa_id,
	);
	enqueue(this, push);
}

METHOD(gkm_push_t, destroy, void,
	private_gkm_push_t *this)
{
	this->queue->destroy_function(this->queue, (void*)push_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_push_t *gkm_push_create(gkm_ike_t *ike)
{
	private_gkm_push_t *this;

	INIT(this,
		.public = {
			.push = _push,
			.destroy = _destroy,
		},
		.ike = ike,
		.queue = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}

/*
 * Described in header
 */
void gkm_push_follow(ike_sa_t *old, ike_sa_t *new)
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = old->create_task_enumerator(old, TASK_QUEUE_ACTIVE);
	while (enumerator->enumerate(enumerator, &task))
	{
		if (task->build == _build)
		{
			((push_task_t*)task)->successor =
													new->get_unique_id(new);
		}
	}
	enumerator->destroy(enumerator);
}
