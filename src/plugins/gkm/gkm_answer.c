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

#include "gkm_answer.h"
#include "gkm_ike.h"
#include "gkm_message.h"
#include "gkm_payload.h"

#include "libgkm/gikev2/gikev2_download.h"
#include "libgkm/group/gkm_print.h"

#include <processing/jobs/delete_ike_sa_job.h>

/** Seconds that a new IKE_SA stays if its peer can't register over it */
#define USELESS_TIMEOUT 10

/**
 * Add a download to a message
 */
static bool add_download(message_t *message, gkm_download_t *download,
						 gkm_registration_t *request, chunk_t gsk_w)
{
	gikev2_context_t ctx = {
		.gsk_w = gsk_w,
		.sender = request->sender,
	};
	gkm_error_t err = {};
	gkm_data_sa_t *sa;
	chunk_t gsa, kd;
	char id[GKM_PRINT_LEN];

	/* one notify says the mode for all data SAs (RFC 9838, 2.3) */
	if (array_get(download->sas, ARRAY_HEAD, &sa))
	{
		ctx.transport = sa->mode == MODE_TRANSPORT;
	}
	if (!gikev2_download_build(download, &ctx, &gsa, &kd, &err))
	{
		DBG1(DBG_IKE, "encoding policy of group %s failed: %s",
			 gkm_print_id(request->group, id), err.text);
		return FALSE;
	}
	message->add_payload(message, gkm_payload_create(PL_GSA, gsa));
	message->add_payload(message, gkm_payload_create(PL_KD, kd));
	if (ctx.transport)
	{
		message->add_notify(message, FALSE, USE_TRANSPORT_MODE, chunk_empty);
	}
	return TRUE;
}

/**
 * Refuse a registration that no role gets to see. If it came with the IKE_SA,
 * nobody else will close that one.
 */
static notify_type_t refuse(ike_sa_t *ike_sa, message_t *message,
							gkm_registration_t *request, notify_type_t error,
							char *reason)
{
	char id[GKM_PRINT_LEN];

	DBG1(DBG_IKE, "registration with group %s refused: %s",
		 gkm_print_id(request->group, id), reason);
	if (gkm_message_exchange(message) == GSA_AUTH)
	{
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)delete_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE),
			USELESS_TIMEOUT);
	}
	return error;
}

/*
 * Described in header
 */
notify_type_t gkm_answer(gkm_vici_t *vici, ike_sa_t *ike_sa,
						 message_t *message, gkm_registration_t *request)
{
	gkm_download_t *download = NULL;
	chunk_t gsk_w = chunk_empty;
	notify_type_t error;

	if (!request->group)
	{
		return refuse(ike_sa, message, request, INVALID_SYNTAX,
					  "no IDg payload");
	}
	if (!request->leave && !gkm_ike_get_wrap_key(ike_sa, &gsk_w))
	{
		return refuse(ike_sa, message, request, NO_PROPOSAL_CHOSEN,
					  "IKE_SA has no key wrap algorithm");
	}
	if (!vici->answer(vici, ike_sa, request, &download, &error))
	{
		error = refuse(ike_sa, message, request, GIKEV2_INVALID_GROUP_ID,
					   "plugin gkm-server isn't loaded");
	}
	else if (!error && download &&
		!add_download(message, download, request, gsk_w))
	{
		error = GIKEV2_REGISTRATION_FAILED;
	}
	gkm_download_destroy(download);
	chunk_clear(&gsk_w);
	return error;
}
