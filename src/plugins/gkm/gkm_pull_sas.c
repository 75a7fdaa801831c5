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

#include "gkm_pull_sas.h"

#include "libgkm/gdoi/gdoi_isakmp.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <daemon.h>
#include <threading/mutex.h>

typedef struct private_gkm_pull_sas_t private_gkm_pull_sas_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_gkm_pull_sas_t {

	/**
	 * Public interface
	 */
	gkm_pull_sas_t public;

	/**
	 * Phase 1 SAs, unique ID => entry_t*
	 */
	hashtable_t *entries;

	/**
	 * Those that messages may wait for, cookies as chunk_t* => entry_t*
	 */
	hashtable_t *cookies;

	/**
	 * Protects tables, and of the entries what waits
	 */
	mutex_t *mutex;
};

/**
 * A phase 1 SA.
 */
struct entry_t {

	/**
	 * What its job may look at
	 */
	gkm_pull_sa_t public;

	/**
	 * SPIs, to check it out with, NULL until it is established
	 */
	ike_sa_id_t *ike_sa_id;

	/**
	 * The same as in messages
	 */
	chunk_t cookies;

	/**
	 * Attempts that wait, as gkm_join_t*
	 */
	linked_list_t *joins;

	/**
	 * Messages that wait, as chunk_t*
	 */
	linked_list_t *messages;

	/**
	 * Is there a job?
	 */
	bool busy;
};

/**
 * Hash cookies
 */
static u_int hash_cookies(chunk_t *cookies)
{
	return chunk_hash(*cookies);
}

/**
 * Compare cookies
 */
static bool equal_cookies(chunk_t *a, chunk_t *b)
{
	return chunk_equals(*a, *b);
}

/*
 * Described in header
 */
gkm_exchange_t *gkm_pull_sa_find(gkm_pull_sa_t *this, uint32_t mid)
{
	gkm_exchange_t *exchange, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->exchanges->create_enumerator(this->exchanges);
	while (!found && enumerator->enumerate(enumerator, &exchange))
	{
		if (exchange->mid == mid)
		{
			found = exchange;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header
 */
bool gkm_pull_sa_used(gkm_pull_sa_t *this, uint32_t mid)
{
	u_int i;

	for (i = 0; i < countof(this->mids); i++)
	{
		if (this->mids[i] == mid)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void gkm_pull_sa_use(gkm_pull_sa_t *this, uint32_t mid)
{
	this->mids[this->next_mid++ % countof(this->mids)] = mid;
}

/**
 * Destroy a message
 */
static void message_destroy(chunk_t *message)
{
	chunk_free(message);
	free(message);
}

/**
 * Destroy an entry, and attempts that wait
 */
static void entry_destroy(entry_t *this)
{
	this->public.exchanges->destroy_function(this->public.exchanges,
											 (void*)gkm_exchange_destroy);
	this->joins->destroy_offset(this->joins, offsetof(gkm_join_t, destroy));
	this->messages->destroy_function(this->messages, (void*)message_destroy);
	DESTROY_IF(this->ike_sa_id);
	chunk_free(&this->cookies);
	free(this);
}

/**
 * Key of a unique ID
 */
static void *get_key(uint32_t id)
{
	return (void*)(uintptr_t)id;
}

/**
 * Get the entry of an IKE_SA, a new one if there is none; mutex locked
 */
static entry_t *get_entry(private_gkm_pull_sas_t *this, uint32_t id)
{
	entry_t *entry;

	entry = this->entries->get(this->entries, get_key(id));
	if (!entry)
	{
		INIT(entry,
			.public = {
				.id = id,
				.exchanges = linked_list_create(),
			},
			.joins = linked_list_create(),
			.messages = linked_list_create(),
		);
		this->entries->put(this->entries, get_key(id), entry);
	}
	return entry;
}

METHOD(gkm_pull_sas_t, add_join, void,
	private_gkm_pull_sas_t *this, uint32_t id, gkm_join_t *join)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, id);
	entry->joins->insert_last(entry->joins, join);
	this->mutex->unlock(this->mutex);
}

/**
 * Get the cookies of an IKE_SA
 */
static chunk_t get_cookies(ike_sa_id_t *id)
{
	uint64_t initiator = id->get_initiator_spi(id);
	uint64_t responder = id->get_responder_spi(id);

	return chunk_cat("cc", chunk_from_thing(initiator),
					 chunk_from_thing(responder));
}

/**
 * Have messages wait for an entry; mutex locked
 */
static void put_cookies(private_gkm_pull_sas_t *this, entry_t *entry,
						ike_sa_t *ike_sa)
{
	if (!entry->cookies.ptr)
	{
		entry->cookies = get_cookies(ike_sa->get_id(ike_sa));
		this->cookies->put(this->cookies, &entry->cookies, entry);
	}
}

METHOD(gkm_pull_sas_t, expect, void,
	private_gkm_pull_sas_t *this, ike_sa_t *ike_sa)
{
	this->mutex->lock(this->mutex);
	put_cookies(this, get_entry(this, ike_sa->get_unique_id(ike_sa)), ike_sa);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_pull_sas_t, establish, bool,
	private_gkm_pull_sas_t *this, ike_sa_t *ike_sa, gkm_phase1_info_t *info)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	entry_t *entry;
	bool start = FALSE;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa->get_unique_id(ike_sa));
	if (!entry->ike_sa_id)
	{
		entry->public.info = *info;
		entry->ike_sa_id = id->clone(id);
		put_cookies(this, entry, ike_sa);
		start = entry->busy = entry->joins->get_count(entry->joins) ||
							  entry->messages->get_count(entry->messages);
	}
	this->mutex->unlock(this->mutex);
	return start;
}

METHOD(gkm_pull_sas_t, add_message, bool,
	private_gkm_pull_sas_t *this, chunk_t message, uint32_t *id)
{
	chunk_t cookies = chunk_create(message.ptr,
								   sizeof(((gdoi_header_t*)NULL)->cookies));
	chunk_t *clone;
	entry_t *entry;

	*id = 0;
	this->mutex->lock(this->mutex);
	entry = this->cookies->get(this->cookies, &cookies);
	if (entry &&
		entry->messages->get_count(entry->messages) < GKM_PULL_MESSAGES_MAX)
	{
		INIT(clone);
		*clone = chunk_clone(message);
		entry->messages->insert_last(entry->messages, clone);
		if (!entry->busy && entry->ike_sa_id)
		{
			entry->busy = TRUE;
			*id = entry->public.id;
		}
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(gkm_pull_sas_t, next, bool,
	private_gkm_pull_sas_t *this, gkm_pull_sa_t *sa, gkm_join_t **join,
	chunk_t *message)
{
	entry_t *entry = (entry_t*)sa;
	chunk_t *current;
	bool more = TRUE;

	*join = NULL;
	this->mutex->lock(this->mutex);
	if (entry->joins->remove_first(entry->joins, (void**)join) != SUCCESS)
	{
		if (entry->messages->remove_first(entry->messages,
										  (void**)&current) == SUCCESS)
		{
			*message = *current;
			free(current);
		}
		else
		{
			entry->busy = more = FALSE;
		}
	}
	this->mutex->unlock(this->mutex);
	return more;
}

METHOD(gkm_pull_sas_t, get, gkm_pull_sa_t*,
	private_gkm_pull_sas_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries,
							   get_key(ike_sa->get_unique_id(ike_sa)));
	this->mutex->unlock(this->mutex);
	return entry ? &entry->public : NULL;
}

METHOD(gkm_pull_sas_t, checkout, ike_sa_t*,
	private_gkm_pull_sas_t *this, uint32_t id, gkm_pull_sa_t **sa)
{
	ike_sa_id_t *ike_sa_id = NULL;
	ike_sa_t *ike_sa;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, get_key(id));
	if (entry && entry->ike_sa_id)
	{
		ike_sa_id = entry->ike_sa_id->clone(entry->ike_sa_id);
	}
	this->mutex->unlock(this->mutex);
	if (!ike_sa_id)
	{
		return NULL;
	}
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
											  ike_sa_id);
	ike_sa_id->destroy(ike_sa_id);
	if (ike_sa)
	{	/* as long as we have it, it isn't destroyed */
		*sa = get(this, ike_sa);
		if (!*sa)
		{
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
			return NULL;
		}
	}
	return ike_sa;
}

/**
 * Move attempts under way to those that wait
 *
 * @return			number of exchanges that weren't finished
 */
static u_int collect_joins(entry_t *entry)
{
	enumerator_t *enumerator;
	gkm_exchange_t *exchange;
	u_int pending = 0;

	enumerator = entry->public.exchanges->create_enumerator(
													entry->public.exchanges);
	while (enumerator->enumerate(enumerator, &exchange))
	{
		pending += exchange->pull != NULL;
		if (exchange->join)
		{
			entry->joins->insert_last(entry->joins, exchange->join);
			exchange->join = NULL;
		}
	}
	enumerator->destroy(enumerator);
	return pending;
}

METHOD(gkm_pull_sas_t, remove_, u_int,
	private_gkm_pull_sas_t *this, ike_sa_t *ike_sa, bool *server,
	linked_list_t **joins)
{
	entry_t *entry;
	u_int pending;

	*joins = NULL;
	*server = FALSE;
	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries,
								  get_key(ike_sa->get_unique_id(ike_sa)));
	if (entry && entry->cookies.ptr)
	{
		this->cookies->remove(this->cookies, &entry->cookies);
	}
	this->mutex->unlock(this->mutex);
	if (!entry)
	{
		return 0;
	}
	pending = collect_joins(entry);
	*server = entry->public.info.server;
	if (entry->joins->get_count(entry->joins))
	{
		*joins = entry->joins;
		entry->joins = linked_list_create();
	}
	entry_destroy(entry);
	return pending;
}

METHOD(gkm_pull_sas_t, destroy, void,
	private_gkm_pull_sas_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		collect_joins(entry);
		entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->cookies->destroy(this->cookies);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_pull_sas_t *gkm_pull_sas_create()
{
	private_gkm_pull_sas_t *this;

	INIT(this,
		.public = {
			.add_join = _add_join,
			.expect = _expect,
			.establish = _establish,
			.add_message = _add_message,
			.next = _next,
			.checkout = _checkout,
			.get = _get,
			.remove = _remove_,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.cookies = hashtable_create((hashtable_hash_t)hash_cookies,
									(hashtable_equals_t)equal_cookies, 32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
