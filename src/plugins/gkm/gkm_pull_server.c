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

#include "gkm_pull_server.h"
#include "gkm_pull_timing.h"
#include "gkm_registration.h"

#include "libgkm/group/gkm_print.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>
#include <sa/ikev1/tasks/informational.h>

/** Exchanges that aren't finished, of all members, at most */
#define PENDING_MAX 4096

/** Messages written and read when the member has told the group */
#define HAS_GROUP 1

typedef struct private_gkm_pull_server_t private_gkm_pull_server_t;
typedef struct expiry_t expiry_t;

/**
 * Private data.
 */
struct private_gkm_pull_server_t {

	/**
	 * Public interface
	 */
	gkm_pull_server_t public;

	/**
	 * Phase 1 SAs
	 */
	gkm_pull_sas_t *sas;

	/**
	 * Has the server role
	 */
	gkm_vici_t *vici;

	/**
	 * Exchanges that aren't finished
	 */
	refcount_t pending;

	/**
	 * Seconds that an exchange is kept: then the member has given up
	 */
	uint32_t lifetime;
};

/**
 * Time for an exchange to go.
 */
struct expiry_t {
	private_gkm_pull_server_t *this;
	/** unique ID of the phase 1 SA */
	uint32_t id;
	/** message ID of the exchange */
	uint32_t mid;
};

METHOD(gkm_pull_server_t, forget, void,
	private_gkm_pull_server_t *this, u_int pending)
{
	while (pending--)
	{
		ignore_result(ref_put(&this->pending));
	}
}

/**
 * Remove an exchange
 */
static void remove_exchange(private_gkm_pull_server_t *this, gkm_pull_sa_t *sa,
							gkm_exchange_t *exchange)
{
	forget(this, exchange->pull ? 1 : 0);
	sa->exchanges->remove(sa->exchanges, exchange, NULL);
	gkm_exchange_destroy(exchange);
}

/**
 * Forget an exchange
 */
static job_requeue_t expire(expiry_t *expiry)
{
	private_gkm_pull_server_t *this = expiry->this;
	gkm_exchange_t *exchange;
	gkm_pull_sa_t *sa;
	ike_sa_t *ike_sa;

	ike_sa = this->sas->checkout(this->sas, expiry->id, &sa);
	if (ike_sa)
	{
		exchange = gkm_pull_sa_find(sa, expiry->mid);
		if (exchange)
		{
			remove_exchange(this, sa, exchange);
		}
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Have room for one more exchange: the oldest goes, if possible one that is
 * over. To refuse the new one would let a member that doesn't finish any wait
 * until they expire.
 */
static void make_room(private_gkm_pull_server_t *this, gkm_pull_sa_t *sa)
{
	gkm_exchange_t *exchange, *found = NULL;
	enumerator_t *enumerator;

	if (sa->exchanges->get_count(sa->exchanges) < GKM_PULL_EXCHANGES_MAX)
	{
		return;
	}
	enumerator = sa->exchanges->create_enumerator(sa->exchanges);
	while (enumerator->enumerate(enumerator, &exchange))
	{
		if (!found || (found->pull && !exchange->pull))
		{
			found = exchange;
		}
	}
	enumerator->destroy(enumerator);
	remove_exchange(this, sa, found);
}

/**
 * Message (1) was read: keep its exchange
 *
 * @return				FALSE if there are too many
 */
static bool keep_exchange(private_gkm_pull_server_t *this, gkm_pull_sa_t *sa,
						  gkm_exchange_t *exchange)
{
	expiry_t *expiry;

	make_room(this, sa);
	if (ref_cur(&this->pending) >= PENDING_MAX)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: too many exchanges");
		return FALSE;
	}
	ref_get(&this->pending);
	sa->exchanges->insert_last(sa->exchanges, exchange);
	gkm_pull_sa_use(sa, exchange->mid);

	INIT(expiry,
		.this = this,
		.id = sa->id,
		.mid = exchange->mid,
	);
	lib->scheduler->schedule_job(lib->scheduler, (job_t*)
		callback_job_create((callback_job_cb_t)expire, expiry, free, NULL),
		this->lifetime);
	return TRUE;
}

/**
 * Create an exchange that waits for message (1)
 */
static gkm_exchange_t *create_exchange(ike_sa_t *ike_sa, uint32_t mid)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = gkm_exchange_create(ike_sa, mid);
	if (exchange)
	{
		exchange->pull = gdoi_pull_create_server(mid, &exchange->hasher.public,
												 &err);
		if (exchange->pull)
		{
			return exchange;
		}
		gkm_exchange_destroy(exchange);
	}
	DBG1(DBG_IKE, "preparing GROUPKEY-PULL failed: %s", err.text);
	return NULL;
}

/**
 * Note what a member asks for
 */
static void set_request(gkm_exchange_t *exchange, gkm_phase1_info_t *info)
{
	gkm_registration_t *request = gkm_registration_create();
	identification_t *group = exchange->pull->get_group(exchange->pull);

	request->group = group->clone(group);
	/* GDOI doesn't tell who sends: anyone may, and gets a sender ID where
	 * they are needed (RFC 6407, 3.2) */
	request->sender = TRUE;
	request->sender_ids = 1;
	request->protocol = GKM_PROTOCOL_GDOI;
	request->peer = info->peer;
	request->d3p = info->d3p;
	request->doi = info->doi;
	request->situation = info->situation;
	exchange->request = request;
}

/**
 * Get the group's policy as it is now, and how it is told to this member
 */
static bool get_policy(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
					   gkm_exchange_t *exchange, gdoi_format_t *format,
					   gkm_download_t **download, gkm_error_t *err)
{
	notify_type_t error = 0;

	gdoi_format_init(format);
	if (!this->vici->offer(this->vici, ike_sa, exchange->request, format,
						   download, &error))
	{
		return gkm_fail(err, "there is no key server");
	}
	if (error)
	{
		return gkm_fail(err, "%N", gkm_notify_names, error);
	}
	return TRUE;
}

/**
 * Message (1): tell the group's policy
 */
static bool offer(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
				  gkm_exchange_t *exchange, gkm_error_t *err)
{
	gkm_download_t *download = NULL;
	gdoi_format_t format;

	if (!get_policy(this, ike_sa, exchange, &format, &download, err))
	{
		return FALSE;
	}
	exchange->pull->set_policy(exchange->pull, download, &format);
	return TRUE;
}

/**
 * Message (3): are the SAs those that the member was told of? It can't be
 * given keys of others, and isn't to be counted as a member then.
 */
static bool is_current(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
					   gkm_exchange_t *exchange, gkm_error_t *err)
{
	gkm_download_t *download = NULL;
	gdoi_format_t format;
	bool current;

	if (!get_policy(this, ike_sa, exchange, &format, &download, err))
	{
		return FALSE;
	}
	current = exchange->pull->is_current(exchange->pull, download, err);
	gkm_download_destroy(download);
	return current;
}

/**
 * Message (3): register the member. The SAs may still change between the check
 * and that, if only just: then the member is one that didn't get its keys.
 */
static bool admit(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
				  gkm_exchange_t *exchange, gkm_error_t *err)
{
	gkm_download_t *download = NULL;
	notify_type_t error = 0;

	if (!is_current(this, ike_sa, exchange, err))
	{
		return FALSE;
	}
	exchange->request->sender_ids =
								exchange->pull->get_sender_ids(exchange->pull);
	if (!this->vici->answer(this->vici, ike_sa, exchange->request, &download,
							&error))
	{
		return gkm_fail(err, "there is no key server");
	}
	if (error)
	{
		return gkm_fail(err, "%N", gkm_notify_names, error);
	}
	return exchange->pull->set_download(exchange->pull, download, err);
}

/**
 * Tell a member that its exchange is over
 *
 * @return				TRUE if the phase 1 SA isn't usable any more
 */
static bool refuse(ike_sa_t *ike_sa, uint32_t mid)
{
	notify_payload_t *notify;

	notify = notify_payload_create_from_protocol_and_type(PLV1_NOTIFY,
											PROTO_IKE, INVALID_ID_INFORMATION);
	mid = htonl(mid);
	notify->set_notification_data(notify, chunk_from_thing(mid));
	ike_sa->queue_task(ike_sa, (task_t*)informational_create(ike_sa, notify));
	return ike_sa->initiate(ike_sa, NULL, NULL) == DESTROY_ME;
}

/**
 * Message (1) or (3) was read: answer
 *
 * @return				TRUE if the phase 1 SA isn't usable any more
 */
static bool answer(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
				   gkm_pull_sa_t *sa, gkm_exchange_t *exchange)
{
	bool first = exchange->pull->get_step(exchange->pull) == HAS_GROUP;
	gkm_error_t err = {};

	if (first)
	{
		set_request(exchange, &sa->info);
	}
	if ((first ? offer(this, ike_sa, exchange, &err)
			   : admit(this, ike_sa, exchange, &err)) &&
		gkm_exchange_send(exchange, ike_sa, &err))
	{
		if (!first)
		{
			sa->served = TRUE;
			forget(this, 1);
			gkm_exchange_finish(exchange);
		}
		return FALSE;
	}
	DBG1(DBG_IKE, "GROUPKEY-PULL by %Y (%H) refused: %s",
		 ike_sa->get_other_id(ike_sa), ike_sa->get_other_host(ike_sa),
		 err.text);
	first = refuse(ike_sa, exchange->mid);
	remove_exchange(this, sa, exchange);
	return first;
}

/**
 * Message (1) of a new exchange came
 *
 * @return				TRUE if the phase 1 SA isn't usable any more
 */
static bool process_first(private_gkm_pull_server_t *this, ike_sa_t *ike_sa,
						  gkm_pull_sa_t *sa, uint32_t mid, chunk_t message)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = create_exchange(ike_sa, mid);
	if (!exchange)
	{
		return FALSE;
	}
	if (gkm_exchange_receive(exchange, ike_sa, message,
							 &err) != GKM_EXCHANGE_NEXT)
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: %s", err.text);
	}
	else if (keep_exchange(this, sa, exchange))
	{
		ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
		return answer(this, ike_sa, sa, exchange);
	}
	gkm_exchange_destroy(exchange);
	return FALSE;
}

METHOD(gkm_pull_server_t, process, bool,
	private_gkm_pull_server_t *this, ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
	uint32_t mid, chunk_t message)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = gkm_pull_sa_find(sa, mid);
	if (!exchange && gkm_pull_sa_used(sa, mid))
	{
		DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: its exchange is over");
		return FALSE;
	}
	if (!exchange)
	{
		return process_first(this, ike_sa, sa, mid, message);
	}
	switch (gkm_exchange_receive(exchange, ike_sa, message, &err))
	{
		case GKM_EXCHANGE_NEXT:
			ike_sa->set_statistic(ike_sa, STAT_INBOUND, time_monotonic(NULL));
			return answer(this, ike_sa, sa, exchange);
		case GKM_EXCHANGE_REPEATED:
			DBG1(DBG_IKE, "GROUPKEY-PULL message came again, repeating the "
				 "answer");
			gkm_exchange_resend(exchange, ike_sa);
			return FALSE;
		default:
			DBG1(DBG_IKE, "GROUPKEY-PULL message ignored: %s", err.text);
			return FALSE;
	}
}

METHOD(gkm_pull_server_t, destroy, void,
	private_gkm_pull_server_t *this)
{
	free(this);
}

/*
 * Described in header
 */
gkm_pull_server_t *gkm_pull_server_create(gkm_pull_sas_t *sas,
										  gkm_vici_t *vici)
{
	private_gkm_pull_server_t *this;
	gkm_pull_timing_t timing;

	gkm_pull_timing_init(&timing);
	INIT(this,
		.public = {
			.process = _process,
			.forget = _forget,
			.destroy = _destroy,
		},
		.sas = sas,
		.vici = vici,
		.lifetime = gkm_pull_timing_total(&timing),
	);
	return &this->public;
}
