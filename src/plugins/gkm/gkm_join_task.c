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

#include "gkm_join_task.h"
#include "gkm_ike.h"
#include "gkm_message.h"
#include "gkm_payload.h"
#include "gkm_registration.h"

#include "libgkm/gikev2/gikev2_download.h"
#include "libgkm/gikev2/gikev2_idg.h"
#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/group/gkm_print.h"

typedef struct private_gkm_join_task_t private_gkm_join_task_t;

/**
 * Private data of the task.
 */
struct private_gkm_join_task_t {

	/**
	 * Public interface
	 */
	task_t public;

	/**
	 * IKE_SA the task is queued on
	 */
	ike_sa_t *ike_sa;

	/**
	 * Attempt, NULL once its end was reported
	 */
	gkm_join_t *join;

	/**
	 * What was asked for, NULL until it was
	 */
	gkm_registration_t *request;
};

/**
 * Report how the attempt ended
 */
static void report_failure(private_gkm_join_task_t *this, ike_sa_t *ike_sa,
						   gkm_failure_t reason, notify_type_t notify)
{
	gkm_join_t *join = this->join;

	if (join)
	{
		this->join = NULL;
		join->failed(join, ike_sa, reason, notify);
		join->destroy(join);
	}
}

/**
 * Report that the key server accepted, passes on download
 */
static void report_success(private_gkm_join_task_t *this,
						   gkm_download_t *download)
{
	gkm_join_t *join = this->join;

	this->join = NULL;
	join->completed(join, this->ike_sa, download);
	join->destroy(join);
}

/**
 * Add IDg and what goes with it
 */
static void add_request(private_gkm_join_task_t *this, message_t *message)
{
	gkm_registration_t *request;
	chunk_t data;

	/* a restart of the IKE_SA asks again */
	gkm_registration_destroy(this->request);
	this->request = request = this->join->get_request(this->join);
	message->add_payload(message, gkm_payload_create(PL_IDG,
										gikev2_idg_build(request->group)));
	if (request->leave)
	{
		message->add_notify(message, FALSE, request->leave, chunk_empty);
		return;
	}
	if (request->capabilities)
	{
		message->add_payload(message,
							 gkm_payload_create(PLV2_SECURITY_ASSOCIATION,
									gikev2_sag_build(request->capabilities)));
	}
	if (request->sender)
	{
		data = chunk_alloca(sizeof(uint32_t));
		htoun32(data.ptr, request->sender_ids);
		message->add_notify(message, FALSE, GIKEV2_GROUP_SENDER, data);
	}
}

METHOD(task_t, build, status_t,
	private_gkm_join_task_t *this, message_t *message)
{
	if (!this->join)
	{	/* see migrate(), nobody wants this IKE_SA */
		return DESTROY_ME;
	}
	switch (message->get_exchange_type(message))
	{
		case IKE_AUTH:
			if (!this->request)
			{
				add_request(this, message);
			}
			break;
		case CREATE_CHILD_SA:
			message->set_exchange_type(message, GSA_REGISTRATION);
			add_request(this, message);
			gkm_message_adopt_outbound(message, GSA_REGISTRATION, NULL);
			break;
		default:
			break;
	}
	return NEED_MORE;
}

/**
 * Read the policy that the key server sent
 */
static gkm_download_t *parse_download(private_gkm_join_task_t *this,
									  gkm_content_t *content, gkm_error_t *err)
{
	gikev2_context_t ctx = {
		.sender = this->request->sender,
		.transport = content->transport,
	};
	gkm_download_t *download = NULL;

	if (!content->gsa.len || !content->kd.len)
	{
		gkm_fail(err, "%s payload missing", content->gsa.len ? "KD" : "GSA");
	}
	else if (!gkm_ike_get_wrap_key(this->ike_sa, &ctx.gsk_w))
	{
		gkm_fail(err, "IKE_SA has no key wrap algorithm");
	}
	else
	{
		download = gikev2_download_parse(content->gsa, content->kd, &ctx, err);
		chunk_clear(&ctx.gsk_w);
	}
	return download;
}

/**
 * Look at the key server's answer
 */
static void process_answer(private_gkm_join_task_t *this, message_t *message)
{
	gkm_content_t *content = gkm_content_get(message);
	gkm_download_t *download;
	gkm_error_t err = {};
	char id[GKM_PRINT_LEN];

	if (!content)
	{
		report_failure(this, this->ike_sa, GKM_FAILED_MALFORMED, 0);
	}
	else if (content->error)
	{
		report_failure(this, this->ike_sa, GKM_FAILED_REFUSED, content->error);
	}
	else if (this->request->leave)
	{
		report_success(this, NULL);
	}
	else
	{
		download = parse_download(this, content, &err);
		if (download)
		{
			report_success(this, download);
		}
		else
		{
			DBG1(DBG_IKE, "policy of group %s is malformed: %s",
				 gkm_print_id(this->request->group, id), err.text);
			report_failure(this, this->ike_sa, GKM_FAILED_MALFORMED, 0);
		}
	}
}

METHOD(task_t, process, status_t,
	private_gkm_join_task_t *this, message_t *message)
{
	proposal_t *proposal;

	switch ((u_int)message->get_exchange_type(message))
	{
		case IKE_SA_INIT:
			proposal = this->ike_sa->get_proposal(this->ike_sa);
			if (proposal &&
				!proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, NULL,
										 NULL) &&
				this->ike_sa->get_state(this->ike_sa) == IKE_CONNECTING)
			{
				DBG1(DBG_IKE, "%P has no key wrap algorithm, can't register "
					 "over this IKE_SA", proposal);
				report_failure(this, NULL, GKM_FAILED_NO_KEY_WRAP, 0);
				return DESTROY_ME;
			}
			return NEED_MORE;
		case IKE_AUTH:
			if (this->ike_sa->get_state(this->ike_sa) != IKE_ESTABLISHED)
			{
				return NEED_MORE;
			}
			break;
		case GSA_REGISTRATION:
			break;
		default:
			return NEED_MORE;
	}
	process_answer(this, message);
	return SUCCESS;
}

METHOD(task_t, get_type, task_type_t,
	private_gkm_join_task_t *this)
{
	return TASK_CHILD_CREATE;
}

METHOD(task_t, migrate, void,
	private_gkm_join_task_t *this, ike_sa_t *ike_sa)
{
	if (ike_sa != this->ike_sa && ike_sa->get_state(ike_sa) == IKE_CREATED)
	{	/* The one that was used is dead. What charon is about to initiate in its
		 * place isn't for groups; who tries to register decides what is next. */
		report_failure(this, NULL, GKM_FAILED_IKE, 0);
	}
	this->ike_sa = ike_sa;
	gkm_registration_destroy(this->request);
	this->request = NULL;
}

METHOD(task_t, destroy, void,
	private_gkm_join_task_t *this)
{
	report_failure(this, NULL, GKM_FAILED_IKE, 0);
	gkm_registration_destroy(this->request);
	free(this);
}

/*
 * Described in header
 */
task_t *gkm_join_task_create(ike_sa_t *ike_sa, gkm_join_t *join)
{
	private_gkm_join_task_t *this;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_type = _get_type,
			.migrate = _migrate,
			.destroy = _destroy,
		},
		.ike_sa = ike_sa,
		.join = join,
	);
	return &this->public;
}
