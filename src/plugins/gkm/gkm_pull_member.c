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

#include "gkm_pull_member.h"
#include "gkm_pull_timing.h"

#include "libgkm/keys/gkm_random.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

/** Messages written and read when the policy is there, the keys are asked for,
 *  and are there */
#define HAS_POLICY 2
#define WANTS_KEYS 3
#define HAS_KEYS 4

typedef struct private_gkm_pull_member_t private_gkm_pull_member_t;
typedef struct wait_t wait_t;

/**
 * Private data.
 */
struct private_gkm_pull_member_t {

	/**
	 * Public interface
	 */
	gkm_pull_member_t public;

	/**
	 * Phase 1 SAs
	 */
	gkm_pull_sas_t *sas;

	/**
	 * When messages are sent again
	 */
	gkm_pull_timing_t timing;
};

/**
 * Time to wait for an answer.
 */
struct wait_t {
	private_gkm_pull_member_t *this;
	/** unique ID of the phase 1 SA */
	uint32_t id;
	/** message ID of the exchange */
	uint32_t mid;
	/** what it had got to, and how many times its last message had been sent
	 *  again */
	u_int step;
	u_int retransmits;
};

/**
 * Report an attempt as failed, if there is one, and remove its exchange
 */
static void fail(ike_sa_t *ike_sa, gkm_pull_sa_t *sa, gkm_exchange_t *exchange,
				 gkm_failure_t reason, notify_type_t notify)
{
	gkm_join_t *join = exchange->join;

	exchange->join = NULL;
	sa->exchanges->remove(sa->exchanges, exchange, NULL);
	gkm_exchange_destroy(exchange);
	join->failed(join, ike_sa, reason, notify);
	join->destroy(join);
}

static job_requeue_t retransmit(wait_t *wait);

/**
 * Wait for an answer
 */
static void schedule(private_gkm_pull_member_t *this, uint32_t id,
					 gkm_exchange_t *exchange)
{
	wait_t *wait;

	INIT(wait,
		.this = this,
		.id = id,
		.mid = exchange->mid,
		.step = exchange->pull->get_step(exchange->pull),
		.retransmits = exchange->retransmits,
	);
	lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)
			callback_job_create((callback_job_cb_t)retransmit, wait, free,
								NULL),
			gkm_pull_timing_wait(&this->timing, exchange->retransmits));
}

/**
 * No answer came: send a message again, or give up
 */
static void send_again(private_gkm_pull_member_t *this, ike_sa_t *ike_sa,
					   gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	if (exchange->retransmits >= this->timing.tries)
	{
		DBG1(DBG_IKE, "giving up GROUPKEY-PULL after %u retransmits",
			 exchange->retransmits);
		fail(ike_sa, sa, exchange, GKM_FAILED_IKE, 0);
		return;
	}
	exchange->retransmits++;
	DBG1(DBG_IKE, "sending retransmit %u of GROUPKEY-PULL message %u",
		 exchange->retransmits, exchange->pull->get_step(exchange->pull));
	gkm_exchange_resend(exchange, ike_sa);
	schedule(this, sa->id, exchange);
}

/**
 * It took long enough
 */
static job_requeue_t retransmit(wait_t *wait)
{
	private_gkm_pull_member_t *this = wait->this;
	gkm_exchange_t *exchange;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = this->sas->checkout(this->sas, wait->id, &sa);
	if (ike_sa)
	{
		exchange = gkm_pull_sa_find(sa, wait->mid);
		if (exchange &&
			exchange->pull->get_step(exchange->pull) == wait->step &&
			exchange->retransmits == wait->retransmits)
		{
			send_again(this, ike_sa, sa, exchange);
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
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
 * Create the exchange of an attempt, with what it is to ask for
 */
static gkm_exchange_t *create_exchange(ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
									   gkm_join_t *join, gkm_error_t *err)
{
	gkm_registration_t *request;
	gkm_exchange_t *exchange = NULL;
	uint32_t mid;

	mid = choose_mid(sa, err);
	if (mid)
	{
		exchange = gkm_exchange_create(ike_sa, mid);
	}
	if (!exchange)
	{
		gkm_fail(err, "phase 1 SA has no keys");
		return NULL;
	}
	exchange->request = request = join->get_request(join);
	exchange->pull = gdoi_pull_create_member(mid, &exchange->hasher.public,
								join->format, request->group, request->sender,
								request->sender_ids, err);
	if (!exchange->pull)
	{
		gkm_exchange_destroy(exchange);
		return NULL;
	}
	return exchange;
}

/**
 * Start the exchange of an attempt
 *
 * @param join			attempt, passed
 * @param refused		message ID of the exchange before, 0 if none
 */
static void begin(private_gkm_pull_member_t *this, ike_sa_t *ike_sa,
				  gkm_pull_sa_t *sa, gkm_join_t *join, uint32_t refused)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = create_exchange(ike_sa, sa, join, &err);
	if (exchange && gkm_exchange_send(exchange, ike_sa, &err))
	{
		exchange->join = join;
		exchange->refused = refused;
		sa->exchanges->insert_last(sa->exchanges, exchange);
		schedule(this, sa->id, exchange);
		return;
	}
	DBG1(DBG_IKE, "starting GROUPKEY-PULL failed: %s", err.text);
	if (exchange)
	{
		gkm_exchange_destroy(exchange);
	}
	join->failed(join, ike_sa, GKM_FAILED_IKE, 0);
	join->destroy(join);
}

METHOD(gkm_pull_member_t, start, void,
	private_gkm_pull_member_t *this, ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
	gkm_join_t *join)
{
	begin(this, ike_sa, sa, join, 0);
}

/**
 * The key server told its policy, but not the keys: the SAs may have changed
 * in between. Have another exchange.
 */
static void begin_again(private_gkm_pull_member_t *this, ike_sa_t *ike_sa,
						gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	gkm_join_t *join = exchange->join;
	uint32_t refused = exchange->mid;

	DBG1(DBG_IKE, "key server refused after it told its policy, starting "
		 "GROUPKEY-PULL again");
	exchange->join = NULL;
	sa->exchanges->remove(sa->exchanges, exchange, NULL);
	begin(this, ike_sa, sa, join, refused);
	gkm_exchange_destroy(exchange);
}

/**
 * Message (2): ask for the keys if the policy is acceptable
 *
 * @return				TRUE if the phase 1 SA isn't needed any more
 */
static bool confirm(private_gkm_pull_member_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	gkm_join_t *join = exchange->join;
	gkm_error_t err = {};

	if (!join->accepts(join, exchange->pull->get_policy(exchange->pull), &err))
	{	/* RFC 6407, 3.3, has the phase 1 SA deleted */
		DBG1(DBG_IKE, "policy of the key server refused: %s", err.text);
		fail(ike_sa, sa, exchange, GKM_FAILED_POLICY, 0);
		return ike_sa->delete(ike_sa, FALSE) == DESTROY_ME;
	}
	if (!gkm_exchange_send(exchange, ike_sa, &err))
	{
		DBG1(DBG_IKE, "confirming GROUPKEY-PULL failed: %s", err.text);
		fail(ike_sa, sa, exchange, GKM_FAILED_IKE, 0);
		return FALSE;
	}
	schedule(this, sa->id, exchange);
	return FALSE;
}

/**
 * Message (4): hand over the keys
 */
static void complete(ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
					 gkm_exchange_t *exchange)
{
	gkm_join_t *join = exchange->join;

	exchange->join = NULL;
	join->completed(join, ike_sa,
					exchange->pull->take_download(exchange->pull));
	join->destroy(join);
	sa->exchanges->remove(sa->exchanges, exchange, NULL);
	gkm_exchange_destroy(exchange);
}

/**
 * The next message of an exchange was read
 *
 * @return				TRUE if the phase 1 SA isn't needed any more
 */
static bool proceed(private_gkm_pull_member_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
	switch (exchange->pull->get_step(exchange->pull))
	{
		case HAS_POLICY:
			return confirm(this, ike_sa, sa, exchange);
		case HAS_KEYS:
			complete(ike_sa, sa, exchange);
			return FALSE;
		default:
			return FALSE;
	}
}

METHOD(gkm_pull_member_t, process, bool,
	private_gkm_pull_member_t *this, ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
	uint32_t mid, chunk_t message)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = gkm_pull_sa_find(sa, mid);
	if (!exchange)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: nobody waits for it");
		return FALSE;
	}
	switch (gkm_exchange_receive(exchange, ike_sa, message, &err))
	{
		case GKM_EXCHANGE_NEXT:
			return proceed(this, ike_sa, sa, exchange);
		case GKM_EXCHANGE_MALFORMED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message is malformed: %s", err.text);
			fail(ike_sa, sa, exchange, GKM_FAILED_MALFORMED, 0);
			return FALSE;
		case GKM_EXCHANGE_IGNORED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: %s", err.text);
			return FALSE;
		default:
			return FALSE;
	}
}

/**
 * Was an exchange started in place of the one with this message ID?
 */
static bool has_successor(gkm_pull_sa_t *sa, uint32_t mid)
{
	enumerator_t *enumerator;
	gkm_exchange_t *exchange;
	bool found = FALSE;

	enumerator = sa->exchanges->create_enumerator(sa->exchanges);
	while (!found && enumerator->enumerate(enumerator, &exchange))
	{
		found = mid && exchange->refused == mid;
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(gkm_pull_member_t, refuse, void,
	private_gkm_pull_member_t *this, ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
	uint32_t mid, notify_type_t notify)
{
	gkm_exchange_t *exchange;

	if (has_successor(sa, mid))
	{	/* a copy of the notify */
		return;
	}
	exchange = gkm_pull_sa_find(sa, mid);
	if (exchange && !exchange->refused &&
		exchange->pull->get_step(exchange->pull) == WANTS_KEYS)
	{
		begin_again(this, ike_sa, sa, exchange);
		return;
	}
	if (exchange)
	{
		fail(ike_sa, sa, exchange, GKM_FAILED_REFUSED, notify);
		return;
	}
	while (sa->exchanges->get_first(sa->exchanges,
									(void**)&exchange) == SUCCESS)
	{
		fail(ike_sa, sa, exchange, GKM_FAILED_REFUSED, notify);
	}
}

METHOD(gkm_pull_member_t, destroy, void,
	private_gkm_pull_member_t *this)
{
	free(this);
}

/*
 * Described in header
 */
gkm_pull_member_t *gkm_pull_member_create(gkm_pull_sas_t *sas)
{
	private_gkm_pull_member_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.process = _process,
			.refuse = _refuse,
			.destroy = _destroy,
		},
		.sas = sas,
	);
	gkm_pull_timing_init(&this->timing);
	return &this->public;
}
