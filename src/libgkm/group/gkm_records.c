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

#include "gkm_records.h"
#include "gkm_state.h"

/** Numbers of key tree keys to note as used at once */
#define KEY_BLOCK 4096

/**
 * Add the key of a member to some
 */
static void add_key(array_t **keys, id_type_t type, chunk_t encoding)
{
	chunk_t *key;

	key = malloc_thing(chunk_t);
	*key = gkm_state_member_key(type, encoding);
	array_insert_create(keys, ARRAY_TAIL, key);
}

/*
 * Described in header
 */
void gkm_records_note(gkm_records_t *this, id_type_t type, chunk_t encoding)
{
	if (!this->all_changed)
	{
		add_key(&this->changed, type, encoding);
	}
}

/*
 * Described in header
 */
void gkm_records_note_again(gkm_records_t *this, id_type_t type,
							chunk_t encoding)
{
	add_key(&this->again, type, encoding);
}

CALLBACK(destroy_key, void,
	chunk_t *key, int idx, void *user)
{
	free(key->ptr);
	free(key);
}

/*
 * Described in header
 */
void gkm_records_clear(gkm_records_t *this)
{
	array_destroy_function(this->changed, (void*)destroy_key, NULL);
	array_destroy_function(this->again, (void*)destroy_key, NULL);
	this->changed = this->again = NULL;
	this->all_changed = FALSE;
}

/**
 * What changed was put: only what is to be put once more is left
 */
static void next_changes(gkm_records_t *this)
{
	array_t *again = this->again;

	this->again = NULL;
	gkm_records_clear(this);
	this->changed = again;
}

/*
 * Described in header
 */
bool gkm_records_pending(gkm_records_t *this, gkm_rekeying_t *rekeying)
{
	return this->all_changed || array_count(this->changed) ||
		   array_count(this->again) ||
		   rekeying->changed ||
		   (rekeying->tree && rekeying->tree->has_changes(rekeying->tree)) ||
		   gkm_rekeying_is_stale(rekeying) != this->noted_stale;
}

/**
 * Put the record of a member, or remove it if it is gone
 */
static void put_member(gkm_members_t *members, gkm_state_store_t *store,
					   chunk_t key)
{
	identification_t *id;
	gkm_member_t *member;
	chunk_t record = chunk_empty;

	id = identification_create_from_encoding(key.ptr[0], chunk_skip(key, 1));
	member = members->get(members, id);
	if (member)
	{
		record = gkm_state_encode_member(member);
	}
	store->put(store, GKM_RECORD_MEMBER, key, record);
	chunk_free(&record);
	id->destroy(id);
}

/**
 * Put the records of all members
 */
static void put_all_members(gkm_members_t *members, gkm_state_store_t *store)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	chunk_t key;

	store->clear(store, GKM_RECORD_MEMBER);
	enumerator = members->create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		key = gkm_state_member_key(member->id_type, member->id_encoding);
		put_member(members, store, key);
		chunk_free(&key);
	}
	enumerator->destroy(enumerator);
}

CALLBACK(put_node, void,
	gkm_state_store_t *store, gkm_key_tree_node_t *node)
{
	chunk_t key, record;

	key = gkm_state_node_key(node);
	record = gkm_state_encode_node(node);
	store->put(store, GKM_RECORD_NODE, key, record);
	chunk_clear(&record);
	chunk_free(&key);
}

/*
 * Described in header
 */
bool gkm_records_put(gkm_records_t *this, gkm_rekeying_t *rekeying,
					 gkm_pushes_t *pushes, gkm_members_t *members,
					 gkm_state_store_t *store, bool all)
{
	gkm_key_forest_t *tree = rekeying->tree;
	chunk_t *key, record;
	gkm_state_tree_t kept = {
		.degree = tree ? rekeying->degree : 0,
		.d3p_window = rekeying->d3p_window,
		.pushes = *pushes,
		.epoch = rekeying->epoch,
		.lineage = rekeying->lineage,
		.era = rekeying->era,
		.sender_id_bits = rekeying->cfg->sender_id_bits,
		.server = rekeying->cfg->coop.id,
	};
	uint32_t next_key;
	bool durable;
	int i;

	all |= this->all_changed;
	memcpy(kept.ends, rekeying->ends, sizeof(kept.ends));
	next_key = gkm_rekeying_next_key(rekeying);
	kept.stale = gkm_rekeying_is_stale(rekeying);
	durable = all || rekeying->changed || kept.stale != this->noted_stale ||
			  next_key > this->noted_keys;
	if (all)
	{
		store->clear(store, GKM_RECORD_NODE);
		put_all_members(members, store);
	}
	for (i = 0; !all && array_get(this->changed, i, &key); i++)
	{
		put_member(members, store, *key);
	}
	if (tree)
	{
		tree->get_changes(tree, all, put_node, store);
		/* if it can't be stored, all is put the next time */
		tree->changes_stored(tree);
	}
	if (durable)
	{
		kept.next_key = gkm_key_forest_skip(rekeying->cfg->coop.id, next_key,
											KEY_BLOCK);
		this->noted_keys = kept.next_key;
		this->noted_stale = kept.stale;
		record = gkm_state_encode(rekeying->policy, &kept);
		store->put(store, GKM_RECORD_GROUP, chunk_empty, record);
		chunk_clear(&record);
	}
	next_changes(this);
	rekeying->changed = FALSE;
	return durable;
}

/**
 * A group while its records are read
 */
typedef struct {
	gkm_rekeying_t *rekeying;
	gkm_members_t *members;
	gkm_error_t *err;
	time_t now;
	/** when the last data SA ends */
	time_t end;
	/** SAs, and what was kept of the key tree */
	gkm_state_t state;
	/** there is a record of SAs */
	bool found;
	/** the rekey SAs are those of the members */
	bool rekey;
} restore_t;

CALLBACK(restore_sas, bool,
	restore_t *this, chunk_t key, chunk_t record)
{
	this->found = TRUE;
	return gkm_state_decode(record, &this->state, this->err);
}

/**
 * Put back the rekey SAs
 *
 * @return			FALSE if one has ended, or isn't configured, or there is
 *					none to be put back, but one configured now
 */
static bool put_back_rekeys(gkm_policy_kept_t *kept, gkm_policy_t *policy,
							time_t now)
{
	bool found = FALSE;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		found |= kept->rekeys[i].sa != NULL;
		if (kept->rekeys[i].sa && kept->rekeys[i].expires <= now)
		{
			return FALSE;
		}
	}
	if (!found)
	{
		return !gkm_carriers_any(policy);
	}
	if (!policy->restore_rekeys(policy, kept->rekeys, kept->proposals, now))
	{
		return FALSE;
	}
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		kept->rekeys[i].sa = NULL;
	}
	return TRUE;
}

/**
 * May members have sender IDs that lead to the same nonces as those that are
 * given out from now on?
 */
static bool needs_fresh_nonces(gkm_cfg_t *cfg, gkm_state_tree_t *tree)
{
	return (tree->sender_id_bits &&
			tree->sender_id_bits != cfg->sender_id_bits) ||
		   !tree->server != !cfg->coop.id;
}

/**
 * Put back the SAs of a group, as far as they are still configured and have not
 * ended
 */
static void put_back(restore_t *this)
{
	gkm_policy_t *policy = this->rekeying->policy;
	gkm_policy_kept_t *kept = &this->state.kept;
	gkm_policy_kept_sa_t *sa;
	bool fresh_nonces;
	int i;

	fresh_nonces = needs_fresh_nonces(this->rekeying->cfg, &this->state.tree);
	this->rekey = put_back_rekeys(kept, policy, this->now);
	for (i = 0; array_get(kept->sas, i, &sa); i++)
	{
		if (sa->sa->expires > this->now &&
			policy->restore(policy, sa->sa, sa->proposal, fresh_nonces,
							this->now))
		{
			sa->sa = NULL;
		}
	}
}

CALLBACK(restore_node, bool,
	restore_t *this, chunk_t key, chunk_t record)
{
	gkm_key_forest_t *tree = this->rekeying->tree;
	gkm_key_tree_node_t node;

	return gkm_state_decode_node(key, record, &node, this->err) &&
		   tree->restore(tree, &node, this->err);
}

/**
 * Does a slot of the key tree belong to a member?
 */
static bool has_leaf(gkm_key_forest_t *tree, uint32_t slot)
{
	chunk_t key = chunk_empty;
	bool found;

	found = tree && slot != GKM_MEMBER_NO_SLOT &&
			tree->get_leaf(tree, slot, &key);
	chunk_clear(&key);
	return found;
}

CALLBACK(restore_member, bool,
	restore_t *this, chunk_t key, chunk_t record)
{
	gkm_member_t *member;

	member = gkm_state_decode_member(key, record, this->err);
	if (!member)
	{
		return FALSE;
	}
	if (!has_leaf(this->rekeying->tree, member->slot))
	{
		member->slot = GKM_MEMBER_NO_SLOT;
	}
	if (member->inband && member->owner == this->rekeying->cfg->coop.id)
	{	/* it knows that its IKE_SA is gone, and is going to register */
		free(member);
	}
	else
	{
		this->rekeying->rootless |= !member->inband &&
									member->slot == GKM_MEMBER_NO_SLOT;
		/* whatever happened to the clock */
		member->registered = min(member->registered, this->now);
		member->expires = min(member->expires, this->end);
		member->acks.settled = min(member->acks.settled,
								   this->state.tree.pushes.count);
		this->members->put(this->members, member);
	}
	return TRUE;
}

/**
 * Go on with the records that were read
 */
static bool restore(restore_t *this, gkm_pushes_t *pushes,
					identification_t *id, gkm_state_store_t *store,
					gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = this->rekeying;
	gkm_state_tree_t *tree = &this->state.tree;

	put_back(this);
	rekeying->epoch = tree->epoch;
	rekeying->lineage = tree->lineage;
	rekeying->era = tree->era;
	memcpy(rekeying->ends, tree->ends, sizeof(rekeying->ends));
	/* nodes say nothing in a tree of another shape: it stays what it was, even
	 * if something else is configured now */
	rekeying->next_key = tree->next_key;
	gkm_rekeying_plant_tree(rekeying, this->rekey ? tree->degree : 0);
	if (!this->rekey)
	{	/* members don't know the rekey SAs, so that they aren't any more */
		return TRUE;
	}
	*pushes = tree->pushes;
	rekeying->departed = tree->stale;
	this->end = gkm_rekeying_end(rekeying);
	if (gkm_carriers_any(rekeying->policy))
	{	/* those that know it can be told */
		rekeying->policy->drop_untold(rekeying->policy, this->now);
	}
	if ((rekeying->tree && !store->load(store, id, GKM_RECORD_NODE,
										restore_node, this, err)) ||
		!store->load(store, id, GKM_RECORD_MEMBER, restore_member, this, err))
	{
		return FALSE;
	}
	this->members->extend(this->members, this->end);
	if (tree->d3p_window != rekeying->cfg->d3p_window)
	{	/* members hear of that with new data SAs */
		rekeying->policy->hurry(rekeying->policy, this->now);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_records_restore(gkm_rekeying_t *rekeying, gkm_pushes_t *pushes,
						 gkm_members_t *members, identification_t *id,
						 gkm_state_store_t *store, time_t now,
						 gkm_error_t *err)
{
	restore_t this = {
		.rekeying = rekeying,
		.members = members,
		.err = err,
		.now = now,
	};
	bool success;

	success = store->load(store, id, GKM_RECORD_GROUP, restore_sas, &this,
						  err) &&
			 (!this.found || restore(&this, pushes, id, store, err));
	gkm_state_clear(&this.state);
	return success;
}
