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

#include "gkm_ike.h"
#include "gkm_answer.h"
#include "gkm_compat.h"
#include "gkm_coop_task.h"
#include "gkm_inband.h"
#include "gkm_message.h"
#include "gkm_payload.h"
#include "gkm_push.h"
#include "gkm_registration.h"

#include "libgkm/gikev2/gikev2_download.h"

#include <collections/hashtable.h>
#include <sa/ikev2/keymat_v2.h>
#include <threading/mutex.h>
#include <threading/thread_value.h>

/** Added to the exchange type of a message that was decrypted and parsed */
#define PARSED 0x100

typedef struct private_gkm_ike_t private_gkm_ike_t;
typedef struct entry_t entry_t;

/**
 * Private data of the listener.
 */
struct private_gkm_ike_t {

	/**
	 * Public interface
	 */
	gkm_ike_t public;

	/**
	 * Answers registrations, as key server
	 */
	gkm_vici_t *vici;

	/**
	 * Answers in-band rekeys, as member
	 */
	gkm_inband_t *inband;

	/**
	 * Answers messages of other key servers
	 */
	gkm_coop_inbox_t *inbox;

	/**
	 * IKE_SAs of groups, unique ID => entry_t*
	 */
	hashtable_t *entries;

	/**
	 * Protects entries
	 */
	mutex_t *mutex;

	/**
	 * Group exchange that this thread processes a message of, with PARSED
	 * once its content is known, 0 if none: what it sends in response is of
	 * the same
	 */
	thread_value_t *current;
};

/**
 * An IKE_SA of a group
 */
struct entry_t {

	/**
	 * Unique ID of the IKE_SA
	 */
	uintptr_t id;

	/**
	 * TRUE if we are the key server, FALSE if a member
	 */
	bool server;

	/**
	 * What the peer asked for, until it is answered: with EAP, that takes
	 * several messages
	 */
	gkm_registration_t *request;
};

/**
 * The one listener there is, for functions that get no context
 */
static private_gkm_ike_t *instance;

/**
 * build() of charon's ike_auth task, the same for all IKE_SAs
 */
static status_t (*ike_auth_build)(task_t *task, message_t *message);

/**
 * Destroy an entry
 */
static void entry_destroy(entry_t *this)
{
	gkm_registration_destroy(this->request);
	free(this);
}

/**
 * Get the entry of an IKE_SA, mutex locked
 */
static entry_t *get_entry(private_gkm_ike_t *this, ike_sa_t *ike_sa)
{
	return this->entries->get(this->entries,
							(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
}

/**
 * Remove the entry of an IKE_SA
 */
static void remove_entry(private_gkm_ike_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries,
							(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		entry_destroy(entry);
	}
}

METHOD(gkm_ike_t, is_claimed, bool,
	private_gkm_ike_t *this, ike_sa_t *ike_sa)
{
	bool claimed;

	this->mutex->lock(this->mutex);
	claimed = get_entry(this, ike_sa) != NULL;
	this->mutex->unlock(this->mutex);
	return claimed;
}

METHOD(gkm_ike_t, is_served, bool,
	private_gkm_ike_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;
	bool served;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	served = entry && entry->server;
	this->mutex->unlock(this->mutex);
	return served;
}

/**
 * Make an IKE_SA a group's
 */
static void add_entry(private_gkm_ike_t *this, ike_sa_t *ike_sa, bool server)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	if (!get_entry(this, ike_sa))
	{
		INIT(entry,
			.id = ike_sa->get_unique_id(ike_sa),
			.server = server,
		);
		this->entries->put(this->entries, (void*)entry->id, entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_ike_t, claim, void,
	private_gkm_ike_t *this, ike_sa_t *ike_sa)
{
	add_entry(this, ike_sa, FALSE);
}

/**
 * Keep what a peer asks for until it is answered
 */
static void set_request(private_gkm_ike_t *this, ike_sa_t *ike_sa,
						message_t *message)
{
	gkm_content_t *content = gkm_content_get(message);
	gkm_registration_t *old = NULL;
	entry_t *entry;

	if (!content)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	if (entry)
	{
		old = entry->request;
		entry->request = content->registration;
		entry->request->leave = content->error;
		content->registration = gkm_registration_create();
	}
	this->mutex->unlock(this->mutex);
	gkm_registration_destroy(old);
}

/**
 * Take what the peer of an IKE_SA asked for
 */
static gkm_registration_t *take_request(private_gkm_ike_t *this,
										ike_sa_t *ike_sa)
{
	gkm_registration_t *request = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	if (entry)
	{
		request = entry->request;
		entry->request = NULL;
	}
	this->mutex->unlock(this->mutex);
	return request;
}

/*
 * Described in header
 */
bool gkm_ike_get_wrap_key(ike_sa_t *ike_sa, chunk_t *gsk_w)
{
	proposal_t *proposal = ike_sa->get_proposal(ike_sa);
	pseudo_random_function_t prf;
	keymat_v2_t *keymat;
	uint16_t kwa;
	chunk_t sk_d;

	if (!proposal ||
		!proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, &kwa, NULL))
	{
		return FALSE;
	}
	keymat = (keymat_v2_t*)ike_sa->get_keymat(ike_sa);
	prf = keymat->get_skd(keymat, &sk_d);
	return gikev2_derive_gsk_w(prf, sk_d, kwa, gsk_w);
}

/**
 * Add the group's part to a response. Called when a message gets encoded,
 * not from within the bus, as answering may take its time.
 */
static void fill_response(ike_sa_t *ike_sa, message_t *message)
{
	private_gkm_ike_t *this = instance;
	gkm_registration_t *request;
	notify_type_t error = GIKEV2_AUTHORIZATION_FAILED;

	if (gkm_message_exchange(message) == GSA_AUTH &&
		!ike_sa->has_condition(ike_sa, COND_AUTHENTICATED))
	{
		return;
	}
	request = take_request(this, ike_sa);
	if (request)
	{
		error = gkm_answer(this->vici, ike_sa, message, request);
		gkm_registration_destroy(request);
	}
	else
	{
		DBG1(DBG_IKE, "IKE_SA is not for group registrations, refused");
	}
	if (error)
	{
		message->add_notify(message, FALSE, error, chunk_empty);
	}
}

/**
 * build() of the ike_auth task of an IKE_SA of a group, as responder.
 *
 * Now that the configuration has been selected, and before the uniqueness of
 * the IKE_SA is enforced, replace the former by one that doesn't.
 */
static status_t isolated_build(task_t *task, message_t *message)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);
	peer_cfg_t *peer_cfg, *isolated;

	peer_cfg = ike_sa ? ike_sa->get_peer_cfg(ike_sa) : NULL;
	if (peer_cfg)
	{	/* each round, as charon may have switched to another connection */
		isolated = gkm_compat_isolate_cfg(peer_cfg, FALSE);
		ike_sa->set_peer_cfg(ike_sa, isolated);
		isolated->destroy(isolated);
	}
	return ike_auth_build(task, message);
}

/**
 * Adapt the tasks that charon created with IKE_SA_INIT to a group's IKE_SA:
 * there will be no CHILD_SA, MOBIKE or virtual IP address
 */
static void isolate_tasks(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_PASSIVE);
	while (enumerator->enumerate(enumerator, &task))
	{
		switch (task->get_type(task))
		{
			case TASK_IKE_AUTH:
				if (task->build != isolated_build)
				{
					ike_auth_build = task->build;
					task->build = isolated_build;
				}
				break;
			case TASK_CHILD_CREATE:
			case TASK_IKE_MOBIKE:
			case TASK_IKE_CONFIG:
				ike_sa->remove_task(ike_sa, enumerator);
				task->destroy(task);
				break;
			default:
				break;
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Let charon ignore a message
 */
static void ignore_message(message_t *message, char *reason)
{
	DBG1(DBG_IKE, "ignoring message %u: %s", message->get_message_id(message),
		 reason);
	message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
}

/**
 * A GSA_INBAND_REKEY message was decrypted and parsed. Key servers send
 * requests, members responses, and never the other way round (RFC 9838, 6).
 */
static void received_inband(private_gkm_ike_t *this, ike_sa_t *ike_sa,
							message_t *message)
{
	if (message->get_request(message) == is_served(this, ike_sa) ||
		!is_claimed(this, ike_sa))
	{
		ignore_message(message, "GSA_INBAND_REKEY in the wrong direction");
	}
	else if (message->get_request(message))
	{
		if (ike_sa->has_condition(ike_sa, COND_AUTHENTICATED))
		{
			this->inband->take(this->inband, gkm_content_get(message));
		}
		else
		{
			ignore_message(message, "GSA_INBAND_REKEY before authentication");
		}
	}
}

/**
 * A message between key servers was decrypted and parsed. They have IKE_SAs of
 * their own, on which each may send requests.
 */
static void received_coop(private_gkm_ike_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	ike_sa_state_t state = ike_sa->get_state(ike_sa);

	if ((state != IKE_ESTABLISHED && state != IKE_REKEYING) ||
		!ike_sa->has_condition(ike_sa, COND_AUTHENTICATED))
	{
		ignore_message(message, "COOP before authentication");
	}
	else if (message->get_request(message))
	{
		this->inbox->take(this->inbox, is_claimed(this, ike_sa)
											? NULL : gkm_content_get(message));
	}
	else if (!gkm_coop_task_is_active(ike_sa))
	{
		ignore_message(message, "COOP in response to something else");
	}
}

/**
 * A message was decrypted and parsed
 */
static void received(private_gkm_ike_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	gikev2_exchange_t exchange = gkm_message_exchange(message);
	identification_t *other;

	switch ((u_int)exchange)
	{
		case 0:
			if (message->get_exchange_type(message) == IKE_AUTH &&
				is_claimed(this, ike_sa))
			{
				ignore_message(message, "IKE_AUTH on an IKE_SA of a group");
			}
			break;
		case GSA_AUTH:
			if (is_claimed(this, ike_sa))
			{
				break;
			}
			if (!message->get_request(message))
			{
				ignore_message(message, "GSA_AUTH in response to IKE_AUTH");
				break;
			}
			other = ike_sa->get_other_id(ike_sa);
			if (other->get_type(other) != ID_ANY)
			{
				ignore_message(message, "GSA_AUTH after IKE_AUTH");
				break;
			}
			add_entry(this, ike_sa, TRUE);
			isolate_tasks(ike_sa);
			set_request(this, ike_sa, message);
			break;
		case GSA_REGISTRATION:
			if (message->get_request(message))
			{
				if (!ike_sa->has_condition(ike_sa, COND_AUTHENTICATED))
				{
					ignore_message(message, "GSA_REGISTRATION before "
								   "authentication");
					break;
				}
				set_request(this, ike_sa, message);
			}
			break;
		case GSA_INBAND_REKEY:
			received_inband(this, ike_sa, message);
			break;
		case GKM_COOP_EXCHANGE:
			received_coop(this, ike_sa, message);
			break;
		default:
			ignore_message(message, "exchange is not supported");
			break;
	}
}

/**
 * Who adds the group's part to a response
 */
static gkm_message_fill_t get_fill(gikev2_exchange_t exchange)
{
	switch (exchange)
	{
		case GSA_INBAND_REKEY:
			return gkm_inband_answer;
		case GKM_COOP_EXCHANGE:
			return gkm_coop_inbox_answer;
		default:
			return fill_response;
	}
}

/**
 * A message is about to be encoded
 */
static void sending(private_gkm_ike_t *this, ike_sa_t *ike_sa,
					message_t *message)
{
	gkm_message_fill_t fill = NULL;
	uintptr_t current;

	if (!message->get_request(message))
	{
		current = (uintptr_t)this->current->get(this->current);
		if (current)
		{
			if (current & PARSED)
			{	/* charon itself answers what it couldn't parse */
				fill = get_fill(current & ~PARSED);
			}
			gkm_message_adopt_outbound(message, current & ~PARSED, fill);
		}
	}
	else if (message->get_exchange_type(message) == IKE_AUTH &&
			 is_claimed(this, ike_sa))
	{
		gkm_message_adopt_outbound(message, GSA_AUTH, NULL);
	}
}

METHOD(listener_t, message_, bool,
	private_gkm_ike_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	uintptr_t exchange;

	if (!ike_sa || ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	if (incoming && !plain)
	{
		gkm_message_adopt_inbound(message);
		exchange = gkm_message_exchange(message);
		this->current->set(this->current, (void*)exchange);
	}
	else if (incoming)
	{
		exchange = gkm_message_exchange(message);
		if (exchange)
		{
			this->current->set(this->current, (void*)(exchange | PARSED));
		}
		received(this, ike_sa, message);
	}
	else if (plain)
	{
		sending(this, ike_sa, message);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_gkm_ike_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		remove_entry(this, ike_sa);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_gkm_ike_t *this, ike_sa_t *old, ike_sa_t *new)
{
	if (is_claimed(this, old))
	{
		add_entry(this, new, is_served(this, old));
		gkm_push_follow(old, new);
	}
	return TRUE;
}

METHOD(gkm_ike_t, destroy, void,
	private_gkm_ike_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->inband->destroy(this->inband);
	this->current->destroy(this->current);
	this->mutex->destroy(this->mutex);
	free(this);
	instance = NULL;
}

/*
 * Described in header
 */
gkm_ike_t *gkm_ike_create(gkm_vici_t *vici, gkm_coop_inbox_t *inbox)
{
	private_gkm_ike_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message_,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.claim = _claim,
			.is_claimed = _is_claimed,
			.is_served = _is_served,
			.destroy = _destroy,
		},
		.vici = vici,
		.inband = gkm_inband_create(vici),
		.inbox = inbox,
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.current = thread_value_create(NULL),
	);
	instance = this;
	return &this->public;
}
