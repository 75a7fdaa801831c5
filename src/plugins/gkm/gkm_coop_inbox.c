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

#include "gkm_coop_inbox.h"

#include <threading/rwlock.h>
#include <threading/thread_value.h>

typedef struct private_gkm_coop_inbox_t private_gkm_coop_inbox_t;

/**
 * Private data.
 */
struct private_gkm_coop_inbox_t {

	/**
	 * Public interface
	 */
	gkm_coop_inbox_t public;

	/**
	 * Who hears of messages, NULL if nobody
	 */
	gkm_coop_handler_t *handler;

	/**
	 * Locked for reading while the handler is called
	 */
	rwlock_t *lock;

	/**
	 * Message that this thread answers next, as chunk_t*
	 */
	thread_value_t *current;
};

/**
 * The one that there is, for functions that get no context
 */
static private_gkm_coop_inbox_t *instance;

/**
 * Destroy a message
 */
static void message_destroy(chunk_t *this)
{
	if (this)
	{
		chunk_clear(this);
		free(this);
	}
}

METHOD(gkm_coop_inbox_t, set_handler, void,
	private_gkm_coop_inbox_t *this, gkm_coop_handler_t *handler)
{
	this->lock->write_lock(this->lock);
	this->handler = handler;
	this->lock->unlock(this->lock);
}

METHOD(gkm_coop_inbox_t, link_, void,
	private_gkm_coop_inbox_t *this, char *connection, bool up)
{
	this->lock->read_lock(this->lock);
	if (this->handler)
	{
		this->handler->link(this->handler, connection, up);
	}
	this->lock->unlock(this->lock);
}

METHOD(gkm_coop_inbox_t, take, void,
	private_gkm_coop_inbox_t *this, gkm_content_t *content)
{
	chunk_t *message = NULL;

	message_destroy(this->current->get(this->current));
	if (content && content->coop.len)
	{
		message = malloc_thing(chunk_t);
		*message = content->coop;
		content->coop = chunk_empty;
	}
	this->current->set(this->current, message);
}

/**
 * Let the handler answer
 *
 * @param answer		receives the answer, allocated
 * @return				FALSE if refused, or nobody is there
 */
static bool received(private_gkm_coop_inbox_t *this, ike_sa_t *ike_sa,
					 chunk_t message, chunk_t *answer)
{
	bool accepted = FALSE;

	this->lock->read_lock(this->lock);
	if (this->handler)
	{
		accepted = this->handler->received(this->handler,
							ike_sa->get_name(ike_sa),
							ike_sa->get_other_eap_id(ike_sa), message, answer);
	}
	this->lock->unlock(this->lock);
	return accepted;
}

/*
 * Described in header
 */
void gkm_coop_inbox_answer(ike_sa_t *ike_sa, message_t *message)
{
	private_gkm_coop_inbox_t *this = instance;
	chunk_t *request, answer = chunk_empty;
	bool accepted = FALSE;

	request = this->current->get(this->current);
	this->current->set(this->current, NULL);
	if (request)
	{
		accepted = received(this, ike_sa, *request, &answer);
		message_destroy(request);
	}
	if (!accepted)
	{
		DBG2(DBG_IKE, "message of key server '%Y' on connection '%s' refused",
			 ike_sa->get_other_eap_id(ike_sa), ike_sa->get_name(ike_sa));
		chunk_clear(&answer);
		message->add_notify(message, FALSE, GIKEV2_AUTHORIZATION_FAILED,
							chunk_empty);
	}
	else if (answer.len)
	{
		message->add_payload(message, gkm_payload_create(PL_COOP, answer));
	}
}

METHOD(gkm_coop_inbox_t, destroy, void,
	private_gkm_coop_inbox_t *this)
{
	message_destroy(this->current->get(this->current));
	this->current->destroy(this->current);
	this->lock->destroy(this->lock);
	free(this);
	instance = NULL;
}

/*
 * Described in header
 */
gkm_coop_inbox_t *gkm_coop_inbox_create()
{
	private_gkm_coop_inbox_t *this;

	INIT(this,
		.public = {
			.set_handler = _set_handler,
			.link = _link_,
			.take = _take,
			.destroy = _destroy,
		},
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
		.current = thread_value_create((thread_cleanup_t)message_destroy),
	);
	instance = this;
	return &this->public;
}
