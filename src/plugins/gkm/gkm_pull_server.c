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
#include "libgkm/group/gkm_print.h"
#include "gkm_registration.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <sa/ikev1/tasks/informational.h>

/** Messages written and read when the member has told the group */
#define HAS_GROUP 1

/*
 * Described in header
 */
gkm_exchange_t *gkm_pull_server_start(ike_sa_t *ike_sa, uint32_t mid)
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
 * Message (1): get the group's policy
 */
static bool offer(gkm_exchange_t *exchange, gkm_vici_t *vici,
				  gkm_phase1_info_t *info, ike_sa_t *ike_sa, gkm_error_t *err)
{
	gkm_download_t *download = NULL;
	notify_type_t error = 0;
	gdoi_format_t format;

	set_request(exchange, info);
	gdoi_format_init(&format);
	if (!vici->offer(vici, ike_sa, exchange->request, &format, &download,
					 &error))
	{
		return gkm_fail(err, "there is no key server");
	}
	if (error)
	{
		return gkm_fail(err, "%N", gkm_notify_names, error);
	}
	exchange->pull->set_policy(exchange->pull, download, &format);
	return TRUE;
}

/**
 * Message (3): register the member
 */
static bool answer(gkm_exchange_t *exchange, gkm_vici_t *vici,
				   ike_sa_t *ike_sa, gkm_error_t *err)
{
	gkm_download_t *download = NULL;
	notify_type_t error = 0;

	exchange->request->sender_ids =
								exchange->pull->get_sender_ids(exchange->pull);
	if (!vici->answer(vici, ike_sa, exchange->request, &download, &error))
	{
		return gkm_fail(err, "there is no key server");
	}
	if (error)
	{
		return gkm_fail(err, "%N", gkm_notify_names, error);
	}
	return exchange->pull->set_download(exchange->pull, download, err);
}

/*
 * Described in header
 */
status_t gkm_pull_server_answer(gkm_exchange_t *exchange, gkm_vici_t *vici,
								gkm_phase1_info_t *info, ike_sa_t *ike_sa)
{
	gdoi_pull_t *pull = exchange->pull;
	gkm_error_t err = {};
	bool first = pull->get_step(pull) == HAS_GROUP;

	if ((first ? offer(exchange, vici, info, ike_sa, &err)
			   : answer(exchange, vici, ike_sa, &err)) &&
		gkm_exchange_send(exchange, ike_sa, &err))
	{
		return first ? NEED_MORE : SUCCESS;
	}
	DBG1(DBG_IKE, "GROUPKEY-PULL by %Y (%H) refused: %s",
		 ike_sa->get_other_id(ike_sa), ike_sa->get_other_host(ike_sa),
		 err.text);
	return FAILED;
}

/*
 * Described in header
 */
status_t gkm_pull_server_refuse(gkm_exchange_t *exchange, ike_sa_t *ike_sa)
{
	notify_payload_t *notify;
	uint32_t mid = htonl(exchange->mid);

	notify = notify_payload_create_from_protocol_and_type(PLV1_NOTIFY,
												PROTO_IKE, INVALID_ID_INFORMATION);
	notify->set_notification_data(notify, chunk_from_thing(mid));
	ike_sa->queue_task(ike_sa, (task_t*)informational_create(ike_sa, notify));
	return ike_sa->initiate(ike_sa, NULL, NULL);
}
