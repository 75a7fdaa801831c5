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

#include "gkm_server_loader.h"
#include "gkm_server_clock.h"
#include "gkm_server_coop.h"
#include "gkm_server_key.h"

#include "libgkm/gdoi/gdoi_lkh.h"
#include "libgkm/group/gkm_print.h"

/**
 * Check that no other group has the identity of this one
 */
static bool check_identity(gkm_server_loader_t *this, gkm_cfg_t *cfg,
						   gkm_error_t *err)
{
	gkm_server_group_t *other;
	bool unique = TRUE;

	other = this->groups->find(this->groups, cfg->id);
	if (other && !streq(other->name, cfg->name))
	{
		unique = gkm_fail(err, "id: group %s has this identity", other->name);
	}
	gkm_server_group_destroy(other);
	return unique;
}

/**
 * Say if senders will be refused for want of a database
 */
static void check_store(gkm_server_loader_t *this, gkm_cfg_t *cfg)
{
	gkm_error_t err = {};

	if (gkm_group_needs_sender_ids(cfg) &&
		!this->store->open(this->store, &err))
	{
		DBG1(DBG_CFG, "group %s: senders can't register: %s", cfg->name,
			 err.text);
	}
}

/**
 * Change a group, called with its mutex
 */
static bool reconfigure(gkm_server_loader_t *this, gkm_server_group_t *entry,
						gkm_cfg_t *cfg, private_key_t *key, gkm_error_t *err)
{
	chunk_t auth_key = chunk_empty, sig_alg = chunk_empty;
	gkm_record_list_t *before = NULL;
	array_t *notices;
	bool success;

	if (!gkm_server_group_is_primary(entry))
	{
		before = this->rekeyer->get_all(this->rekeyer, entry);
	}
	notices = array_create(0, 0);
	success = gkm_server_key_describe(cfg, key, &auth_key, &sig_alg, err) &&
			  entry->group->configure(entry->group, cfg, auth_key, sig_alg,
									  gkm_server_now(), notices, err);
	chunk_free(&auth_key);
	chunk_free(&sig_alg);
	if (success)
	{
		private_key_t *old = entry->key;

		/* members check this message with the key that they have */
		entry->key = key;
		entry->kept = FALSE;
		entry->retry = 0;
		entry->inband |= cfg->rekey.transport != GKM_TRANSPORT_MULTICAST;
		if (before)
		{	/* members hear of the primary's policy only */
			gkm_notices_destroy(notices);
			notices = array_create(0, 0);
			entry->coop->restore(entry->coop, before);
		}
		this->rekeyer->deliver(this->rekeyer, entry, old, notices);
		DESTROY_IF(old);
	}
	else
	{
		gkm_notices_destroy(notices);
	}
	if (before)
	{
		before->destroy(before);
	}
	return success;
}

/**
 * Change a group with its key, called with its mutex
 */
static bool change_key(gkm_server_loader_t *this, gkm_server_group_t *entry,
					   gkm_cfg_t *cfg, gkm_error_t *err)
{
	private_key_t *key, *ephemeral;

	ephemeral = entry->group->get_cfg(entry->group)->rekey.key ? NULL :
																entry->key;
	if (!gkm_server_key_load(cfg, ephemeral, &key, err))
	{
		return FALSE;
	}
	if (!reconfigure(this, entry, cfg, key, err))
	{
		DESTROY_IF(key);
		return FALSE;
	}
	return TRUE;
}

/**
 * Check that what makes SPIs and sender IDs unique among key servers stays
 */
static bool check_number(gkm_cfg_t *current, gkm_cfg_t *cfg, gkm_error_t *err)
{
	return current->coop.id == cfg->coop.id ||
		   gkm_fail(err, "coop.id: can't change from %u to %u, unload the group "
					"before", current->coop.id, cfg->coop.id);
}

/**
 * Have other key servers know a group's new configuration
 *
 * @param before	receives the one so far, to be destroyed; NULL if there are no
 *					others
 */
static bool change_coop(gkm_server_group_t *entry, gkm_cfg_t *cfg,
						gkm_cfg_t **before, gkm_error_t *err)
{
	gkm_cfg_t *current;
	bool success;

	*before = NULL;
	entry->mutex->lock(entry->mutex);
	current = entry->group->get_cfg(entry->group);
	success = check_number(current, cfg, err);
	if (success && entry->coop)
	{
		*before = gkm_cfg_clone(current);
	}
	entry->mutex->unlock(entry->mutex);
	if (success && entry->coop && !entry->coop->attach(entry->coop, cfg, err))
	{
		gkm_cfg_destroy(*before);
		return FALSE;
	}
	return success;
}

/**
 * Change a group that exists
 */
static bool change_group(gkm_server_loader_t *this, gkm_server_group_t *entry,
						 gkm_cfg_t *cfg, gkm_error_t *err)
{
	bool success, inband;
	gkm_cfg_t *before;
	uint32_t linger;

	if (!change_coop(entry, cfg, &before, err))
	{
		return FALSE;
	}
	entry->mutex->lock(entry->mutex);
	success = change_key(this, entry, cfg, err);
	if (success)
	{
		inband = cfg->rekey.transport != GKM_TRANSPORT_MULTICAST;
		linger = cfg->linger;
	}
	entry->mutex->unlock(entry->mutex);

	if (success)
	{
		if (!inband)
		{
			this->linger->release_all(this->linger, entry->name, linger);
		}
		this->gkm->event(this->gkm, entry->name, 5, "KS_GROUP_CHANGE",
						 "group %s: configuration changed", entry->name);
	}
	else if (before)
	{
		entry->coop->attach(entry->coop, before, NULL);
	}
	gkm_cfg_destroy(before);
	return success;
}

/**
 * Create a group with SAs of its own
 */
static gkm_server_group_t *create_group(gkm_server_loader_t *this,
										gkm_cfg_t *cfg, private_key_t *kept,
										gkm_error_t *err)
{
	chunk_t auth_key = chunk_empty, sig_alg = chunk_empty;
	private_key_t *key;
	gkm_server_group_t *entry;
	gkm_group_t *group = NULL;

	if (!gkm_server_key_load(cfg, kept, &key, err))
	{
		return NULL;
	}
	if (gkm_server_key_describe(cfg, key, &auth_key, &sig_alg, err))
	{
		group = gkm_group_create(cfg, &this->store->sender_ids,
								 &this->spis->spis, auth_key, sig_alg,
								 gkm_server_now(), err);
	}
	chunk_free(&auth_key);
	chunk_free(&sig_alg);
	if (!group)
	{
		DESTROY_IF(key);
		return NULL;
	}
	group->limit(group, gdoi_lkh_fits);
	entry = gkm_server_group_create(group, key, this->gkm);
	if (cfg->coop.id)
	{
		entry->coop = gkm_server_coop_create(this->gkm, this->rekeyer, entry,
											 this->changed, this->user);
	}
	return entry;
}

CALLBACK(read_signer, bool,
	private_key_t **key, chunk_t unused, chunk_t der)
{
	*key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ANY,
							  BUILD_BLOB_ASN1_DER, der, BUILD_END);
	return TRUE;
}

/**
 * Create a group that goes on with what was kept
 *
 * @param cfg		configuration, NULL is put there once it was adopted, even
 *					if what was kept can't be used then
 * @param lost		receives the reason if what was kept can't be used
 */
static gkm_server_group_t *resume_group(gkm_server_loader_t *this,
										gkm_cfg_t **cfg, gkm_error_t *lost,
										gkm_error_t *err)
{
	gkm_state_store_t *store = &this->store->state;
	gkm_server_group_t *entry;
	private_key_t *key = NULL;

	if (!store->load(store, (*cfg)->id, GKM_RECORD_SIGNER, (void*)read_signer,
					 &key, lost))
	{
		return NULL;
	}
	entry = create_group(this, *cfg, key, err);
	DESTROY_IF(key);
	if (entry)
	{
		*cfg = NULL;
		if (!this->rekeyer->resume(this->rekeyer, entry, lost))
		{
			gkm_server_group_destroy(entry);
			return NULL;
		}
	}
	return entry;
}

/**
 * Create a group that goes on with what was kept, or begins anew if that can't
 * be used
 */
static gkm_server_group_t *begin_group(gkm_server_loader_t *this,
									   gkm_cfg_t *cfg, gkm_error_t *err)
{
	gkm_server_group_t *entry;
	gkm_error_t lost = {};
	gkm_cfg_t *clone;

	/* a group that can't go on takes its configuration with it */
	clone = gkm_cfg_clone(cfg);
	entry = resume_group(this, &clone, &lost, err);
	if (lost.text[0])
	{
		this->gkm->event(this->gkm, cfg->name, 2, "KS_STATE_LOST",
						 "group %s: %s; starting with new keys, members of "
						 "before have to register again", cfg->name, lost.text);
		clone = clone ?: gkm_cfg_clone(cfg);
		entry = create_group(this, clone, NULL, err);
		clone = entry ? NULL : clone;
	}
	gkm_cfg_destroy(clone);
	return entry;
}

/**
 * Add a new group
 */
static bool add_group(gkm_server_loader_t *this, gkm_cfg_t *cfg,
					  gkm_error_t *err)
{
	gkm_server_group_t *entry;
	gkm_members_t *table;
	char id[GKM_PRINT_LEN];
	u_int members;

	entry = begin_group(this, cfg, err);
	if (!entry)
	{
		return FALSE;
	}
	if (entry->coop && !entry->coop->attach(entry->coop, cfg, err))
	{
		gkm_server_group_destroy(entry);
		return FALSE;
	}
	gkm_cfg_destroy(cfg);
	if (!this->told && this->store->was_reset(this->store))
	{
		this->told = TRUE;
		this->gkm->event(this->gkm, NULL, 2, "KS_STATE_LOST", "the database was "
						 "damaged and moved aside; groups start with new keys, "
						 "members of before have to register again");
	}
	entry->mutex->lock(entry->mutex);
	table = entry->group->get_members(entry->group);
	members = table->get_count(table);
	this->rekeyer->deliver(this->rekeyer, entry, entry->key,
						   array_create(0, 0));
	entry->mutex->unlock(entry->mutex);
	this->gkm->event(this->gkm, entry->name, 5, "KS_GROUP_ADD",
					 "group %s: serving %s, %u members known", entry->name,
					 gkm_print_id(entry->id, id), members);
	this->groups->put(this->groups, entry);
	return TRUE;
}

/*
 * Described in header
 */
void gkm_server_loader_drop(gkm_server_loader_t *this,
							gkm_server_group_t *entry)
{
	if (entry->coop)
	{
		entry->coop->detach(entry->coop);
	}
	entry->mutex->lock(entry->mutex);
	this->rekeyer->forget(this->rekeyer, entry);
	entry->mutex->unlock(entry->mutex);
	this->linger->release_all(this->linger, entry->name,
							  GKM_LINGER_UNKNOWN_GROUP);
}

/*
 * Described in header
 */
bool gkm_server_loader_load(gkm_server_loader_t *this, gkm_cfg_t *cfg,
							gkm_error_t *err)
{
	gkm_server_group_t *entry;
	bool success;

	/* not before there is something to be kept */
	gkm_server_clock_init(this->store);
	if (!check_identity(this, cfg, err))
	{
		return FALSE;
	}
	/* while it is ours */
	check_store(this, cfg);
	entry = this->groups->get(this->groups, cfg->name);
	if (entry && entry->id->equals(entry->id, cfg->id))
	{
		success = change_group(this, entry, cfg, err);
	}
	else
	{
		success = add_group(this, cfg, err);
		if (success && entry)
		{	/* the one of this name had another identity */
			gkm_server_loader_drop(this, entry);
		}
	}
	gkm_server_group_destroy(entry);
	if (success)
	{
		/* not before: a missing key file is for the group to complain of */
		gkm_server_clock_keep(this->store);
	}
	return success;
}
