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
#include "gkm_exchange.h"
#include "gkm_pull_member.h"
#include "gkm_pull_server.h"
#include "gkm_pull_sas.h"

#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/keys/gkm_random.h"

#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <sa/task_manager.h>

/** Exchanges that a key server has not finished, of all members, at most */
#define PENDING_MAX 4096

/** Notify types up to here are errors (RFC 2408, 3.14.1) */
#define ERROR_NOTIFY_MAX 16383

/** Seconds in which a phase 1 SA has to be used for something */
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
	 * Has the roles
	 */
	gkm_vici_t *vici;

	/**
	 * Phase 1 SAs that are established, or that attempts wait for
	 */
	gkm_pull_sas_t *sas;

	/**
	 * Exchanges that a key server has not finished
	 */
	refcount_t pending;

	/**
	 * When messages are sent again, as charon has it: seconds before the first
	 * time, factor for the next ones, limit in ms, and number of times
	 */
	double timeout;
	double base;
	uint32_t limit;
	u_int tries;
};

/**
 * Something that is to happen to an exchange.
 */
struct event_t {
	private_gkm_pull_t *this;
	/** unique ID of the phase 1 SA */
	uint32_t id;
	/** message ID */
	uint32_t mid;
	/** what the exchange had got to, and how many times its last message had
	 *  been sent again */
	u_int step;
	u_int retransmits;
	/** error notify that was received */
	notify_type_t notify;
};

/**
 * Create an event
 */
static event_t *event_create(private_gkm_pull_t *this, uint32_t id,
							 uint32_t mid)
{
	event_t *event;

	INIT(event,
		.this = this,
		.id = id,
		.mid = mid,
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
 * Delete a phase 1 SA, and tell the peer
 */
static bool close_ike_sa(ike_sa_t *ike_sa)
{
	return ike_sa->delete(ike_sa, FALSE) == DESTROY_ME;
}

/**
 * Remove an exchange
 */
static void remove_exchange(private_gkm_pull_t *this, gkm_pull_sa_t *sa,
							gkm_exchange_t *exchange)
{
	if (sa->info.server && exchange->pull)
	{
		ignore_result(ref_put(&this->pending));
	}
	sa->exchanges->remove(sa->exchanges, exchange, NULL);
	gkm_exchange_destroy(exchange);
}

/**
 * Milliseconds to wait for an answer to a message
 *
 * @param retransmits	how many times it was sent again
 */
static uint32_t get_timeout(private_gkm_pull_t *this, u_int retransmits)
{
	double seconds = this->timeout;
	uint32_t ms = UINT32_MAX;

	while (retransmits--)
	{
		seconds *= this->base;
	}
	if (seconds < UINT32_MAX / 1000)
	{
		ms = seconds * 1000;
	}
	return this->limit ? min(ms, this->limit) : ms;
}

/**
 * Seconds until a member has given up
 */
static uint32_t get_lifetime(private_gkm_pull_t *this)
{
	uint64_t ms = 0;
	u_int i;

	for (i = 0; i <= this->tries; i++)
	{
		ms += get_timeout(this, i);
	}
	return min(ms / 1000 + 1, UINT32_MAX);
}

static job_requeue_t retransmit(event_t *event);

/**
 * Wait for an answer to a member's message
 */
static void schedule_retransmit(private_gkm_pull_t *this, uint32_t id,
								gkm_exchange_t *exchange)
{
	event_t *event;
	uint32_t ms;

	ms = get_timeout(this, exchange->retransmits);
	event = event_create(this, id, exchange->mid);
	event->step = exchange->pull->get_step(exchange->pull);
	event->retransmits = exchange->retransmits;
	lib->scheduler->schedule_job_ms(lib->scheduler,
				create_job(event, (callback_job_cb_t)retransmit), ms);
}

/**
 * Check out the phase 1 SA of an event
 *
 * @param exchange		receives the exchange, NULL if it is gone
 * @return				NULL if the IKE_SA or the exchange is gone
 */
static ike_sa_t *checkout_exchange(event_t *event, gkm_pull_sa_t **sa,
								   gkm_exchange_t **exchange)
{
	gkm_pull_sas_t *sas = event->this->sas;
	ike_sa_t *ike_sa;

	ike_sa = sas->checkout(sas, event->id, sa);
	if (ike_sa)
	{
		*exchange = gkm_pull_sa_find(*sa, event->mid);
		if (*exchange)
		{
			return ike_sa;
		}
		checkin(ike_sa, FALSE);
	}
	return NULL;
}

/**
 * No answer came: send a message again, or give up
 */
static job_requeue_t retransmit(event_t *event)
{
	private_gkm_pull_t *this = event->this;
	gkm_exchange_t *exchange;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = checkout_exchange(event, &sa, &exchange);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	if (exchange->pull->get_step(exchange->pull) == event->step &&
		exchange->retransmits == event->retransmits)
	{
		if (exchange->retransmits < this->tries)
		{
			exchange->retransmits++;
			DBG1(DBG_IKE, "sending retransmit %u of GROUPKEY-PULL message %u",
				 exchange->retransmits, event->step);
			gkm_exchange_resend(exchange, ike_sa);
			schedule_retransmit(this, event->id, exchange);
		}
		else
		{
			DBG1(DBG_IKE, "giving up GROUPKEY-PULL after %u retransmits",
				 exchange->retransmits);
			gkm_pull_member_fail(exchange, ike_sa, GKM_FAILED_IKE, 0);
			remove_exchange(this, sa, exchange);
		}
	}
	checkin(ike_sa, FALSE);
	return JOB_REQUEUE_NONE;
}

/**
 * Choose a message ID
 *
 * @return				message ID, 0 on failure
 */
static uint32_t choose_mid(gkm_pull_sa_t *sa, gkm_error_t *err)
{
	uint32_t mid;

	do
	{
		if (!gkm_random((u_char*)&mid, sizeof(mid), err))
		{
			return 0;
		}
	}
	while (!mid || gkm_pull_sa_find(sa, mid));
	return mid;
}

/**
 * Start an attempt, which is passed, on an established phase 1 SA
 */
static void start_join(private_gkm_pull_t *this, ike_sa_t *ike_sa,
					   gkm_pull_sa_t *sa, gkm_join_t *join)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};
	uint32_t mid;

	mid = choose_mid(sa, &err);
	if (!mid)
	{
		DBG1(DBG_IKE, "starting GROUPKEY-PULL failed: %s", err.text);
		join->failed(join, ike_sa, GKM_FAILED_IKE, 0);
		join->destroy(join);
		return;
	}
	exchange = gkm_pull_member_start(ike_sa, mid, join);
	if (exchange)
	{
		sa->exchanges->insert_last(sa->exchanges, exchange);
		schedule_retransmit(this, sa->id, exchange);
	}
}

/**
 * A key server's message came
 *
 * @return				TRUE if the phase 1 SA has to go
 */
static bool process_member(private_gkm_pull_t *this, ike_sa_t *ike_sa,
						   gkm_pull_sa_t *sa, gkm_exchange_t *exchange,
						   chunk_t message)
{
	gkm_error_t err = {};
	status_t status;

	switch (gkm_exchange_receive(exchange, ike_sa, message, &err))
	{
		case GKM_EXCHANGE_NEXT:
			ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
			status = gkm_pull_member_continue(exchange, ike_sa);
			break;
		case GKM_EXCHANGE_MALFORMED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message is malformed: %s", err.text);
			gkm_pull_member_fail(exchange, ike_sa, GKM_FAILED_MALFORMED, 0);
			status = FAILED;
			break;
		case GKM_EXCHANGE_IGNORED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: %s", err.text);
			return FALSE;
		default:
			return FALSE;
	}
	if (status == NEED_MORE)
	{
		schedule_retransmit(this, sa->id, exchange);
		return FALSE;
	}
	remove_exchange(this, sa, exchange);
	return status == DESTROY_ME && close_ike_sa(ike_sa);
}

/**
 * Forget an exchange of a key server's
 */
static job_requeue_t expire(event_t *event)
{
	gkm_exchange_t *exchange;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = checkout_exchange(event, &sa, &exchange);
	if (ike_sa)
	{
		remove_exchange(event->this, sa, exchange);
		checkin(ike_sa, FALSE);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Have room for one more exchange, if need be in place of one that is over
 */
static bool make_room(private_gkm_pull_t *this, gkm_pull_sa_t *sa)
{
	gkm_exchange_t *exchange, *found = NULL;
	enumerator_t *enumerator;

	if (sa->exchanges->get_count(sa->exchanges) < GKM_PULL_EXCHANGES_MAX)
	{
		return TRUE;
	}
	enumerator = sa->exchanges->create_enumerator(sa->exchanges);
	while (!found && enumerator->enumerate(enumerator, &exchange))
	{
		found = exchange->pull ? NULL : exchange;
	}
	enumerator->destroy(enumerator);
	if (found)
	{
		remove_exchange(this, sa, found);
	}
	return found != NULL;
}

/**
 * Get the exchange that a member's message is for: a new one if its message ID
 * is.
 *
 * @param created		receives TRUE if it is new, and not in the list yet
 */
static gkm_exchange_t *get_exchange(private_gkm_pull_t *this, ike_sa_t *ike_sa,
									gkm_pull_sa_t *sa, uint32_t mid,
									bool *created)
{
	gkm_exchange_t *exchange;

	*created = FALSE;
	exchange = gkm_pull_sa_find(sa, mid);
	if (!exchange && gkm_pull_sa_used(sa, mid))
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message of an exchange that is over "
			 "ignored");
		return NULL;
	}
	if (!exchange)
	{
		*created = TRUE;
		exchange = gkm_pull_server_start(ike_sa, mid);
	}
	return exchange;
}

/**
 * Message (1) was read: keep its exchange
 *
 * @return				FALSE if there are too many
 */
static bool keep_exchange(private_gkm_pull_t *this, gkm_pull_sa_t *sa,
						  gkm_exchange_t *exchange)
{
	if (ref_cur(&this->pending) >= PENDING_MAX || !make_room(this, sa))
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: too many exchanges");
		return FALSE;
	}
	ref_get(&this->pending);
	sa->exchanges->insert_last(sa->exchanges, exchange);
	gkm_pull_sa_use(sa, exchange->mid);
	lib->scheduler->schedule_job(lib->scheduler,
				create_job(event_create(this, sa->id, exchange->mid),
						   (callback_job_cb_t)expire), get_lifetime(this));
	return TRUE;
}

/**
 * Message (1) or (3) was read: answer
 *
 * @return				TRUE if the phase 1 SA has to go
 */
static bool answer(private_gkm_pull_t *this, ike_sa_t *ike_sa,
				   gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	bool destroy = FALSE;

	ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
	switch (gkm_pull_server_answer(exchange, this->vici, &sa->info, ike_sa))
	{
		case NEED_MORE:
			break;
		case SUCCESS:
			sa->served = TRUE;
			ignore_result(ref_put(&this->pending));
			gkm_exchange_finish(exchange);
			break;
		default:
			destroy = gkm_pull_server_refuse(exchange, ike_sa) == DESTROY_ME;
			remove_exchange(this, sa, exchange);
			break;
	}
	return destroy;
}

/**
 * A member's message came
 *
 * @return				TRUE if the phase 1 SA has to go
 */
static bool process_server(private_gkm_pull_t *this, ike_sa_t *ike_sa,
						   gkm_pull_sa_t *sa, uint32_t mid, chunk_t message)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};
	bool created;

	exchange = get_exchange(this, ike_sa, sa, mid, &created);
	if (!exchange)
	{
		return FALSE;
	}
	switch (gkm_exchange_receive(exchange, ike_sa, message, &err))
	{
		case GKM_EXCHANGE_NEXT:
			if (!created || keep_exchange(this, sa, exchange))
			{
				return answer(this, ike_sa, sa, exchange);
			}
			break;
		case GKM_EXCHANGE_REPEATED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message came again, repeating the "
				 "answer");
			gkm_exchange_resend(exchange, ike_sa);
			break;
		default:
			DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: %s", err.text);
			break;
	}
	if (created)
	{
		gkm_exchange_destroy(exchange);
	}
	return FALSE;
}

/**
 * A message came
 *
 * @return				TRUE if the phase 1 SA has to go
 */
static bool process(private_gkm_pull_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, chunk_t message)
{
	gkm_exchange_t *exchange;
	gdoi_header_t header;

	if (!gdoi_header_parse(message, &header) || !header.mid ||
		header.flags != GDOI_FLAG_ENCRYPTED)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: malformed header");
		return FALSE;
	}
	if (sa->info.server)
	{
		return process_server(this, ike_sa, sa, header.mid, message);
	}
	exchange = gkm_pull_sa_find(sa, header.mid);
	if (!exchange)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: nobody waits for it");
		return FALSE;
	}
	return process_member(this, ike_sa, sa, exchange, message);
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
	bool destroy = FALSE;

	ike_sa = this->sas->checkout(this->sas, event->id, &sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	while (!destroy && this->sas->next(this->sas, sa, &join, &message))
	{
		if (join)
		{
			start_join(this, ike_sa, sa, join);
		}
		else
		{
			destroy = ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
					  process(this, ike_sa, sa, message);
			chunk_free(&message);
		}
	}
	checkin(ike_sa, destroy);
	return JOB_REQUEUE_NONE;
}

/**
 * Start the job of a phase 1 SA
 */
static void queue_work(private_gkm_pull_t *this, uint32_t id)
{
	lib->processor->queue_job(lib->processor,
			create_job(event_create(this, id, 0), (callback_job_cb_t)work));
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
		start_join(this, ike_sa, sa, join);
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
 * Close a phase 1 SA that nobody registered over: nobody else would
 */
static job_requeue_t close_useless(event_t *event)
{
	gkm_pull_sas_t *sas = event->this->sas;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = sas->checkout(sas, event->id, &sa);
	if (ike_sa)
	{
		checkin(ike_sa, !sa->served && close_ike_sa(ike_sa));
	}
	return JOB_REQUEUE_NONE;
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

	pending = this->sas->remove(this->sas, ike_sa, &joins);
	while (pending--)
	{
		ignore_result(ref_put(&this->pending));
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
						create_job(event_create(this, id, 0),
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
 * A key server refused: end the attempt of an exchange, or all on the phase 1
 * SA if it isn't known which
 */
static job_requeue_t refuse(event_t *event)
{
	private_gkm_pull_t *this = event->this;
	linked_list_t *exchanges;
	gkm_exchange_t *exchange;
	enumerator_t *enumerator;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;
	bool all;

	ike_sa = this->sas->checkout(this->sas, event->id, &sa);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	all = !gkm_pull_sa_find(sa, event->mid);
	exchanges = linked_list_create_from_enumerator(
							sa->exchanges->create_enumerator(sa->exchanges));
	enumerator = exchanges->create_enumerator(exchanges);
	while (enumerator->enumerate(enumerator, &exchange))
	{
		if (all || exchange->mid == event->mid)
		{
			gkm_pull_member_fail(exchange, ike_sa, GKM_FAILED_REFUSED,
								 event->notify);
			remove_exchange(this, sa, exchange);
		}
	}
	enumerator->destroy(enumerator);
	exchanges->destroy(exchanges);
	checkin(ike_sa, FALSE);
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
		event = event_create(this, ike_sa->get_unique_id(ike_sa), 0);
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

	/* charon checked the HASH of what comes over an established one */
	if (!incoming || !plain || !ike_sa ||
		message->get_exchange_type(message) != INFORMATIONAL_V1 ||
		ike_sa->get_state(ike_sa) != IKE_ESTABLISHED ||
		!this->phase1->get_info(this->phase1, ike_sa, &info) || info.server)
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
	this->sas->destroy(this->sas);
	free(this);
}

/*
 * Described in header
 */
gkm_pull_t *gkm_pull_create(gkm_phase1_t *phase1, gkm_vici_t *vici)
{
	private_gkm_pull_t *this;
	settings_t *settings = lib->settings;

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
		.vici = vici,
		.sas = gkm_pull_sas_create(),
		.timeout = settings->get_double(settings, "%s.retransmit_timeout",
										RETRANSMIT_TIMEOUT, lib->ns),
		.base = settings->get_double(settings, "%s.retransmit_base",
									 RETRANSMIT_BASE, lib->ns),
		.limit = settings->get_int(settings, "%s.retransmit_limit", 0,
								   lib->ns) * 1000,
		.tries = settings->get_int(settings, "%s.retransmit_tries",
								   RETRANSMIT_TRIES, lib->ns),
	);
	return &this->public;
}
