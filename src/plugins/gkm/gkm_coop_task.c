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

#include "gkm_coop_task.h"
#include "gkm_message.h"
#include "gkm_payload.h"

#include "libgkm/group/gkm_print.h"

typedef struct private_gkm_coop_task_t private_gkm_coop_task_t;

/**
 * Private data.
 */
struct private_gkm_coop_task_t {

	/**
	 * Public interface
	 */
	task_t public;

	/**
	 * IKE_SA that it is queued on
	 */
	ike_sa_t *ike_sa;

	/**
	 * Message, empty once it was sent
	 */
	chunk_t message;

	/**
	 * Who is told
	 */
	gkm_coop_sent_t sent;

	/**
	 * Was that done?
	 */
	bool ended;
};

METHOD(task_t, build, status_t,
	private_gkm_coop_task_t *this, message_t *message)
{
	message->set_exchange_type(message, GKM_COOP_EXCHANGE);
	message->add_payload(message, gkm_payload_create(PL_COOP, this->message));
	this->message = chunk_empty;
	gkm_message_adopt_outbound(message, GKM_COOP_EXCHANGE, NULL);
	return NEED_MORE;
}

METHOD(task_t, process, status_t,
	private_gkm_coop_task_t *this, message_t *message)
{
	gkm_content_t *content = gkm_content_get(message);
	notify_type_t error = gkm_content_get_error(message);

	if (error)
	{
		DBG2(DBG_IKE, "message was refused by key server '%Y': %N",
			 this->ike_sa->get_other_id(this->ike_sa), gkm_notify_names, error);
	}
	this->ended = TRUE;
	this->sent.ended(&this->sent, content && !error,
					 content ? content->coop : chunk_empty);
	/* this error ends the IKE_SA on both hosts (RFC 7296, 2.21.3) */
	return error == INVALID_SYNTAX ? FAILED : SUCCESS;
}

METHOD(task_t, get_type, task_type_t,
	private_gkm_coop_task_t *this)
{
	return TASK_IKE_DPD;
}

METHOD(task_t, migrate, void,
	private_gkm_coop_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(task_t, destroy, void,
	private_gkm_coop_task_t *this)
{
	if (!this->ended)
	{
		this->sent.ended(&this->sent, FALSE, chunk_empty);
	}
	chunk_clear(&this->message);
	free(this);
}

/*
 * Described in header
 */
task_t *gkm_coop_task_create(ike_sa_t *ike_sa, chunk_t message,
							 gkm_coop_sent_t *sent)
{
	private_gkm_coop_task_t *this;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_type = _get_type,
			.migrate = _migrate,
			.destroy = _destroy,
		},
		.ike_sa = ike_sa,
		.message = message,
		.sent = *sent,
	);
	return &this->public;
}

/*
 * Described in header
 */
bool gkm_coop_task_is_active(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;
	bool found = FALSE;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_ACTIVE);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		found = task->build == _build;
	}
	enumerator->destroy(enumerator);
	return found;
}
