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

#include "gkm_pull.h"
#include "gkm_pull_member.h"
#include "gkm_pull_sas.h"
#include "gkm_pull_server.h"

#include "libgkm/gdoi/gdoi_isakmp.h"

#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>

/** Notify types up to here are errors (RFC 2408, 3.14.1) */
#define ERROR_NOTIFY_MAX 16383

/** Seconds in which a member has to register over its phase 1 SA */
#define USELESS_TIMEOUT 60

typedef struct private_gkm_pull_t private_gkm_pull_t;
typedef struct event_t event_t;

/**
 * Private data.
 */
struct private_gkm_pull_t {

	/**
	 * Public interface
	 */
	gkm_pull_t public;

	/**
	 * Knows the IKE_SAs of groups
	 */
	gkm_phase1_t *phase1;

	/**
	 * Phase 1 SAs that are established, or that attempts wait for
	 */
	gkm_pull_sas_t *sas;

	/**
	 * What both sides do
	 */
	gkm_pull_member_t *member;
	gkm_pull_server_t *server;
};

/**
 * Something that is to happen to a phase 1 SA.
 */
struct event_t {
	private_gkm_pull_t *this;
	/** unique ID of the phase 1 SA */
	uint32_t id;
	/** message ID of an exchange that was refused, 0 if not known, and notify
	 *  that was received */
	uint32_t mid;
	notify_type_t notify;
};

/**
 * Create an event
 */
static event_t *event_create(private_gkm_pull_t *this, uint32_t id)
{
	event_t *event;

	INIT(event,
		.this = this,
		.id = id,
	);
	return event;
}

/**
 * Create the job for an event
 */
static job_t *create_job(event_t *event, callback_job_cb_t cb)
{
	return (job_t*)callback_job_create(cb, event, free, NULL);
}

/**
 * Check a phase 1 SA in, or close it
 */
static void checkin(ike_sa_t *ike_sa, bool destroy)
{
	if (destroy)
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
 * A message came
 *
 * @return				TRUE if the phase 1 SA has to go
 */
static bool process(private_gkm_pull_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, chunk_t message)
{
	gdoi_header_t header;

	if (!gdoi_header_parse(message, &header) || !header.mid ||
		header.flags != GDOI_FLAG_ENCRYPTED)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: malformed header");
		return FALSE;
	}
	if (sa->info.server)
	{
		return this->server->process(this->server, ike_sa, sa, header.mid,
									 message);
	}
	return this->member->process(this->member, ike_sa, sa, header.mid,
								 message);
}

/**
 * Do what waits for a phase 1 SA
 */
static job_requeue_t work(event_t *event)
{
	private_gkm_pull_t *this = event->this;
	gkm_pull_sa_t *sa;
	gkm_join_t *join;
	ike_sa_t *ike_sa;
	chunk_t message;
	bool destroy = FALSE, more = TRUE;
	u_int i;

	ike_sa = this->sas->checkout(this->sas, event->id, &sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	/* whoever sends without an end doesn't keep the thread and the IKE_SA from
	 * others */
	for (i = 0; i < GKM_PULL_MESSAGES_MAX && !destroy; i++)
	{
		more = this->sas->next(this->sas, sa, &join, &message);
		if (!more)
		{
			break;
		}
		if (join)
		{
			this->member->start(this->member, ike_sa, sa, join);
		}
		else
		{
			destroy = ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
					  process(this, ike_sa, sa, message);
			chunk_free(&message);
		}
	}
	checkin(ike_sa, destroy);
	return more && !destroy ? JOB_REQUEUE_FAIR : JOB_REQUEUE_NONE;
}

/**
 * Start the job of a phase 1 SA
 */
static void queue_work(private_gkm_pull_t *this, uint32_t id)
{
	lib->processor->queue_job(lib->processor,
			create_job(event_create(this, id), (callback_job_cb_t)work));
}

METHOD(gkm_pull_t, start, void,
	private_gkm_pull_t *this, ike_sa_t *ike_sa, gkm_join_t *join)
{
	gkm_pull_sa_t *sa = NULL;

	if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
	{
		sa = this->sas->get(this->sas, ike_sa);
	}
	if (sa)
	{
		this->member->start(this->member, ike_sa, sa, join);
	}
	else
	{
		this->sas->add_join(this->sas, ike_sa->get_unique_id(ike_sa), join);
	}
}

METHOD(gkm_pull_t, take, bool,
	private_gkm_pull_t *this, chunk_t message)
{
	uint32_t id;

	if (!this->sas->add_message(this->sas, message, &id))
	{
		return FALSE;
	}
	if (id)
	{
		queue_work(this, id);
	}
	return TRUE;
}

/**
 * Close a phase 1 SA that nobody registered over: nobody else would. Wait for
 * exchanges under way, which end or expire.
 */
static job_requeue_t close_useless(event_t *event)
{
	gkm_pull_sas_t *sas = event->this->sas;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;
	bool busy;

	ike_sa = sas->checkout(sas, event->id, &sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	busy = !sa->served && sa->exchanges->get_count(sa->exchanges);
	checkin(ike_sa, !sa->served && !busy &&
					ike_sa->delete(ike_sa, FALSE) == DESTROY_ME);
	return busy ? JOB_RESCHEDULE(USELESS_TIMEOUT) : JOB_REQUEUE_NONE;
}

/**
 * Report attempts as failed
 */
static job_requeue_t fail_joins(linked_list_t *joins)
{
	gkm_join_t *join;

	while (joins->remove_first(joins, (void**)&join) == SUCCESS)
	{
		join->failed(join, NULL, GKM_FAILED_IKE, 0);
		join->destroy(join);
	}
	return JOB_REQUEUE_NONE;
}

CALLBACK(destroy_joins, void,
	linked_list_t *joins)
{
	joins->destroy_offset(joins, offsetof(gkm_join_t, destroy));
}

/**
 * A phase 1 SA is about to be destroyed
 */
static void forget(private_gkm_pull_t *this, ike_sa_t *ike_sa)
{
	linked_list_t *joins;
	u_int pending;
	bool server;

	pending = this->sas->remove(this->sas, ike_sa, &server, &joins);
	if (server)
	{
		this->server->forget(this->server, pending);
	}
	if (joins)
	{
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)fail_joins, joins,
								destroy_joins, NULL));
	}
}

METHOD(listener_t, ike_state_change, bool,
	private_gkm_pull_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	gkm_phase1_info_t info;

	if (ike_sa->get_version(ike_sa) != IKEV1)
	{
		return TRUE;
	}
	if (state == IKE_ESTABLISHED &&
		this->phase1->get_info(this->phase1, ike_sa, &info))
	{
		if (this->sas->establish(this->sas, ike_sa, &info))
		{
			queue_work(this, id);
		}
		if (info.server)
		{
			lib->scheduler->schedule_job(lib->scheduler,
						create_job(event_create(this, id),
								   (callback_job_cb_t)close_useless),
						USELESS_TIMEOUT);
		}
	}
	else if (state == IKE_DESTROYING)
	{
		forget(this, ike_sa);
	}
	return TRUE;
}

/**
 * A key server refused
 */
static job_requeue_t refuse(event_t *event)
{
	private_gkm_pull_t *this = event->this;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = this->sas->checkout(this->sas, event->id, &sa);
	if (ike_sa)
	{
		this->member->refuse(this->member, ike_sa, sa, event->mid,
							 event->notify);
		checkin(ike_sa, FALSE);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * A notify was received: is it that of a key server that refuses?
 */
static void process_notify(private_gkm_pull_t *this, ike_sa_t *ike_sa,
						   notify_payload_t *notify)
{
	notify_type_t type = notify->get_notify_type(notify);
	chunk_t data = notify->get_notification_data(notify);
	event_t *event;

	if (type <= ERROR_NOTIFY_MAX)
	{
		event = event_create(this, ike_sa->get_unique_id(ike_sa));
		event->notify = type;
		if (data.len == sizeof(event->mid))
		{
			event->mid = untoh32(data.ptr);
		}
		lib->processor->queue_job(lib->processor,
							create_job(event, (callback_job_cb_t)refuse));
	}
}

METHOD(listener_t, message_, bool,
	private_gkm_pull_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	enumerator_t *enumerator;
	gkm_phase1_info_t info;
	payload_t *payload;

	if (!plain || !ike_sa || ike_sa->get_version(ike_sa) != IKEV1 ||
		!this->phase1->get_info(this->phase1, ike_sa, &info))
	{
		return TRUE;
	}
	if (info.server)
	{
		if (!incoming && message->get_exchange_type(message) == AGGRESSIVE)
		{	/* a member may ask for its group right behind the third message */
			this->sas->expect(this->sas, ike_sa);
		}
		return TRUE;
	}
	/* charon checked the HASH of what comes over an established one */
	if (!incoming ||
		message->get_exchange_type(message) != INFORMATIONAL_V1 ||
		ike_sa->get_state(ike_sa) != IKE_ESTABLISHED)
	{
		return TRUE;
	}
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV1_NOTIFY)
		{
			process_notify(this, ike_sa, (notify_payload_t*)payload);
		}
	}
	enumerator->destroy(enumerator);
	return TRUE;
}

METHOD(gkm_pull_t, destroy, void,
	private_gkm_pull_t *this)
{
	this->member->destroy(this->member);
	this->server->destroy(this->server);
	this->sas->destroy(this->sas);
	free(this);
}

/*
 * Described in header
 */
gkm_pull_t *gkm_pull_create(gkm_phase1_t *phase1, gkm_vici_t *vici)
{
	private_gkm_pull_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message_,
				.ike_state_change = _ike_state_change,
			},
			.start = _start,
			.take = _take,
			.destroy = _destroy,
		},
		.phase1 = phase1,
		.sas = gkm_pull_sas_create(),
	);
	this->member = gkm_pull_member_create(this->sas);
	this->server = gkm_pull_server_create(this->sas, vici);
	return &this->public;
}
