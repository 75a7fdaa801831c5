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

#include "gkm_keeper.h"
#include "gkm_server_clock.h"
#include "gkm_server_coop.h"

/** Seconds until keeping all of a group is tried again, which may be a lot */
#define RETRY 10

/**
 * Put the key that signs rekeys into a store, unless it is in a file
 */
static void put_signer(gkm_server_group_t *entry, gkm_state_store_t *store)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	chunk_t der = chunk_empty;

	if (entry->key && !cfg->rekey.key &&
		!entry->key->get_encoding(entry->key, PRIVKEY_ASN1_DER, &der))
	{
		DBG1(DBG_CFG, "group %s: key that signs rekeys can't be encoded",
			 entry->name);
		der = chunk_empty;
	}
	store->put(store, GKM_RECORD_SIGNER, chunk_empty, der);
	chunk_clear(&der);
}

/**
 * Put what is being sent to members into a store: a secondary has it from its
 * primary
 */
static void put_outbox(gkm_server_group_t *entry, gkm_state_store_t *store)
{
	chunk_t outbox;

	if (gkm_server_group_is_primary(entry))
	{
		outbox = entry->outbox->encode(entry->outbox);
	}
	else
	{
		outbox = chunk_clone(entry->sending);
	}
	store->put(store, GKM_RECORD_OUTBOX, chunk_empty, outbox);
	chunk_free(&outbox);
}

/**
 * Put what changed in a group into a store, or all
 *
 * @return			TRUE if it has to be durable
 */
static bool put_changes(gkm_server_group_t *entry, gkm_state_store_t *store,
						bool all)
{
	if (!entry->group->put(entry->group, store, all))
	{
		return FALSE;
	}
	/* SAs changed, and members are about to hear of it */
	put_outbox(entry, store);
	return TRUE;
}

/**
 * Put what changed in a group that other key servers serve too into a list, and
 * have them told
 *
 * @param durable	receives TRUE if it has to be durable
 * @return			what changed, to be destroyed
 */
static gkm_record_list_t *collect(gkm_server_group_t *entry, bool echo,
								  bool *durable)
{
	gkm_record_list_t *changes;

	changes = gkm_record_list_create();
	*durable = put_changes(entry, &changes->store, FALSE);
	if (!entry->kept)
	{	/* it is another one now, or was before */
		put_signer(entry, &changes->store);
	}
	if (echo)
	{
		entry->coop->note(entry->coop, changes);
	}
	return changes;
}

/**
 * Put the records of a list into a store
 *
 * @param kind		kind of records to put, 0 for all
 */
static void put_list(gkm_record_list_t *list, gkm_record_t kind,
					 gkm_state_store_t *store)
{
	gkm_record_entry_t *record;
	enumerator_t *enumerator;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &record))
	{
		if (!kind || record->kind == kind)
		{
			gkm_record_entry_put(record, store);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Write what changed in a group
 *
 * @param changes	what changed, NULL if it has to be asked for that
 * @param durable	TRUE if changes have to be durable
 */
static bool write_changes(gkm_keeper_t *this, gkm_server_group_t *entry,
						  gkm_record_list_t *changes, bool durable,
						  gkm_error_t *err)
{
	gkm_state_store_t *store = &this->store->state;

	if (!store->begin(store, entry->id, err))
	{
		return FALSE;
	}
	if (!entry->kept)
	{	/* whatever there is, it may be of others, or sealed with another key */
		store->clear(store, GKM_RECORD_GROUP);
		store->clear(store, GKM_RECORD_OUTBOX);
		store->clear(store, GKM_RECORD_SIGNER);
		durable |= put_changes(entry, store, TRUE);
		put_signer(entry, store);
	}
	else if (changes)
	{
		put_list(changes, 0, store);
	}
	else
	{
		durable = put_changes(entry, store, FALSE);
	}
	return store->end(store, durable, err);
}

/**
 * Note whether all of a group is kept, and tell administrators if that changed
 */
static void set_kept(gkm_keeper_t *this, gkm_server_group_t *entry, bool kept,
					 gkm_error_t *err)
{
	entry->kept = kept;
	if (!kept && !entry->warned)
	{
		this->gkm->event(this->gkm, entry->name, 2, "KS_STATE_NOT_KEPT",
						 "group %s: %s; members will have to register again if "
						 "this key server restarts", entry->name, err->text);
	}
	else if (kept && entry->warned)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_STATE_KEPT",
						 "group %s: state is kept again", entry->name);
	}
	entry->warned = !kept;
}

/*
 * Described in header
 */
void gkm_keeper_keep(gkm_keeper_t *this, gkm_server_group_t *entry,
					 bool urgent, bool echo, time_t now)
{
	gkm_record_list_t *changes = NULL;
	gkm_error_t err = {};
	bool changed, durable = FALSE, kept;

	changed = urgent || entry->group->has_changed(entry->group);
	if (entry->coop && changed)
	{	/* they are told even if it can't be kept */
		changes = collect(entry, echo, &durable);
	}
	if (urgent || (entry->kept ? changed : now >= entry->retry))
	{
		kept = write_changes(this, entry, changes, durable, &err);
		entry->retry = now + RETRY;
		set_kept(this, entry, kept, &err);
	}
	if (changes)
	{
		changes->destroy(changes);
	}
}

/*
 * Described in header
 */
void gkm_keeper_sent(gkm_keeper_t *this, gkm_server_group_t *entry)
{
	gkm_state_store_t *store = &this->store->state;
	gkm_record_list_t *changes;

	if (!gkm_server_group_is_primary(entry))
	{	/* what is kept is what the primary is sending */
		return;
	}
	if (entry->coop)
	{
		changes = gkm_record_list_create();
		changes->store.put(&changes->store, GKM_RECORD_OUTBOX, chunk_empty,
						   chunk_empty);
		entry->coop->note(entry->coop, changes);
		changes->destroy(changes);
	}
	if (entry->kept && store->begin(store, entry->id, NULL))
	{	/* if that fails they are sent once too often */
		store->put(store, GKM_RECORD_OUTBOX, chunk_empty, chunk_empty);
		store->end(store, FALSE, NULL);
	}
}

/*
 * Described in header
 */
gkm_record_list_t *gkm_keeper_get_all(gkm_keeper_t *this,
									  gkm_server_group_t *entry)
{
	gkm_state_store_t *store = &this->store->state;
	gkm_record_list_t *all;
	gkm_error_t err = {};
	bool kept;

	gkm_keeper_keep(this, entry, FALSE, TRUE, gkm_server_now());
	all = gkm_record_list_create();
	put_changes(entry, &all->store, TRUE);
	put_signer(entry, &all->store);
	if (entry->kept)
	{	/* the group takes it that counters are kept as they were put last */
		kept = store->begin(store, entry->id, &err);
		if (kept)
		{
			put_list(all, GKM_RECORD_GROUP, store);
			kept = store->end(store, TRUE, &err);
		}
		set_kept(this, entry, kept, &err);
	}
	return all;
}

CALLBACK(read_outbox, bool,
	chunk_t *outbox, chunk_t key, chunk_t record)
{
	chunk_free(outbox);
	*outbox = chunk_clone(record);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_keeper_resume(gkm_keeper_t *this, gkm_server_group_t *entry,
					   gkm_error_t *err)
{
	gkm_state_store_t *store = &this->store->state;

	return entry->group->restore(entry->group, store, gkm_server_now(), err) &&
		   store->load(store, entry->id, GKM_RECORD_OUTBOX,
					   (void*)read_outbox, &entry->sending, err);
}

/*
 * Described in header
 */
void gkm_keeper_forget(gkm_keeper_t *this, gkm_server_group_t *entry)
{
	static const gkm_record_t kinds[] = {
		GKM_RECORD_GROUP, GKM_RECORD_MEMBER, GKM_RECORD_NODE, GKM_RECORD_OUTBOX,
		GKM_RECORD_SIGNER,
	};
	gkm_state_store_t *store = &this->store->state;
	gkm_error_t err = {};
	int i;

	if (store->begin(store, entry->id, &err))
	{
		for (i = 0; i < countof(kinds); i++)
		{
			store->clear(store, kinds[i]);
		}
		store->end(store, TRUE, &err);
	}
	if (err.text[0])
	{
		DBG1(DBG_CFG, "group %s: what is kept of it can't be removed: %s",
			 entry->name, err.text);
	}
}
