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

#include "gkm_group.h"
#include "gkm_records.h"
#include "gkm_rekeying.h"

typedef struct private_gkm_group_t private_gkm_group_t;

/**
 * Private data
 */
struct private_gkm_group_t {

	/** public interface */
	gkm_group_t public;

	/** configuration, NULL until the first one was taken */
	gkm_cfg_t *cfg;

	/** SAs and key tree */
	gkm_rekeying_t rekeying;

	/** members */
	gkm_members_t *members;

	/** number of members that keep rekeys from being fragmented */
	u_int unable_to_fragment;

	/** remembers sender IDs */
	gkm_sender_id_store_t *store;

	/** hands out sender IDs */
	gkm_sender_ids_t *sender_ids;

	/** all members were excluded, as sender IDs are used up */
	bool renewing;

	/** what has to be put into the store */
	gkm_records_t records;
};

/*
 * Described in header
 */
bool gkm_group_needs_sender_ids(gkm_cfg_t *cfg)
{
	gkm_cfg_sa_t *sa;
	proposal_t *proposal;
	int i;

	for (i = 0; array_get(cfg->sas, i, &sa); i++)
	{
		if (array_get(sa->proposals, ARRAY_HEAD, &proposal) &&
			gkm_is_counter_mode(proposal))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Does a member keep rekeys from being fragmented?
 */
static bool prevents_fragments(gkm_member_t *member)
{
	/* over an IKE_SA it gets messages of its own */
	return !member->fragmentation && !member->ike_sa_id;
}

/**
 * Count members that keep rekeys from being fragmented: a look at all of them
 * for each message would be what takes most of the time in large groups
 */
static void count_unable(private_gkm_group_t *this)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	this->unable_to_fragment = 0;
	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		this->unable_to_fragment += prevents_fragments(member) ? 1 : 0;
	}
	enumerator->destroy(enumerator);
}

/**
 * A member goes: its leaf of the key tree, and its record
 */
CALLBACK(forget_member, void,
	private_gkm_group_t *this, gkm_member_t *member)
{
	gkm_key_tree_t *tree = this->rekeying.tree;

	this->unable_to_fragment -= prevents_fragments(member) ? 1 : 0;
	if (tree && member->slot != GKM_MEMBER_NO_SLOT)
	{
		tree->leave(tree, member->slot);
	}
	gkm_records_note(&this->records, member->id_type, member->id_encoding);
}

/**
 * All members are gone, and with them the key tree
 */
static void forget_all(private_gkm_group_t *this)
{
	gkm_rekeying_plant_tree(&this->rekeying, 0);
	this->members->destroy(this->members);
	this->members = gkm_members_create();
	this->unable_to_fragment = 0;
	this->records.all_changed = TRUE;
}

/**
 * Members no longer have the leaves that they had
 */
static void clear_slots(private_gkm_group_t *this)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		member->slot = GKM_MEMBER_NO_SLOT;
	}
	enumerator->destroy(enumerator);
	this->records.all_changed = TRUE;
}

/**
 * Does a new configuration need another key tree?
 */
static bool needs_tree(private_gkm_group_t *this, gkm_cfg_t *cfg)
{
	gkm_cfg_rekey_t *old, *new = &cfg->rekey;
	proposal_t *a, *b;
	uint16_t kwa = KW_NONE, old_kwa = KW_NONE;

	if (!this->cfg)
	{
		return TRUE;
	}
	old = &this->cfg->rekey;
	if (array_get(old->proposals, ARRAY_HEAD, &a) &&
		array_get(new->proposals, ARRAY_HEAD, &b))
	{
		a->get_algorithm(a, KEY_WRAP_ALGORITHM, &old_kwa, NULL);
		b->get_algorithm(b, KEY_WRAP_ALGORITHM, &kwa, NULL);
	}
	return new->key_tree != old->key_tree || kwa != old_kwa ||
		   new->key_tree_degree != old->key_tree_degree;
}

/**
 * IKE_SAs of members that are rekeyed in-band
 */
static array_t *get_ike_sa_ids(private_gkm_group_t *this)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	array_t *ids;

	ids = array_create(sizeof(uint32_t), 0);
	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (member->ike_sa_id)
		{
			array_insert(ids, ARRAY_TAIL, &member->ike_sa_id);
		}
	}
	enumerator->destroy(enumerator);
	return ids;
}

/**
 * All members were told something: they have the SAs there are, or are gone
 */
static void note_told(private_gkm_group_t *this, array_t *notices)
{
	gkm_notice_t *notice;
	int i;

	for (i = 0; array_get(notices, i, &notice); i++)
	{
		if (notice->inband && !notice->ike_sa_ids)
		{
			notice->ike_sa_ids = get_ike_sa_ids(this);
		}
		if (notice->excludes_all)
		{
			forget_all(this);
		}
	}
	if (i)
	{
		this->members->extend(this->members, gkm_rekeying_end(&this->rekeying));
	}
}

METHOD(gkm_group_t, configure, bool,
	private_gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	gkm_rekey_sa_t *carrier;
	gkm_update_t *update;
	bool resize, plant;

	resize = this->cfg && this->cfg->sender_id_bits != cfg->sender_id_bits;
	plant = needs_tree(this, cfg);
	carrier = gkm_rekeying_carrier(&this->rekeying);
	update = gkm_update_create();
	if (!policy->configure(policy, cfg, auth_key, sig_alg, resize, now, update,
						   err))
	{
		gkm_update_destroy(update);
		gkm_rekey_sa_destroy(carrier);
		return FALSE;
	}
	if (!this->sender_ids || resize)
	{
		DESTROY_IF(this->sender_ids);
		this->sender_ids = gkm_sender_ids_create(this->store, cfg->id,
												 cfg->sender_id_bits);
	}
	this->rekeying.cfg = cfg;
	this->rekeying.changed = TRUE;
	if (plant)
	{
		gkm_rekeying_plant_tree(&this->rekeying, 0);
		clear_slots(this);
	}
	if (this->cfg)
	{
		gkm_rekeying_tell(&this->rekeying, update, carrier, GKM_NOTICE_CHANGE,
						  notices);
		note_told(this, notices);
		gkm_cfg_destroy(this->cfg);
	}
	else
	{	/* there is nobody to tell */
		gkm_update_destroy(update);
	}
	this->cfg = cfg;
	return TRUE;
}

METHOD(gkm_group_t, get_cfg, gkm_cfg_t*,
	private_gkm_group_t *this)
{
	return this->cfg;
}

METHOD(gkm_group_t, update, u_int,
	private_gkm_group_t *this, time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	u_int made = 0;

	this->members->expire(this->members, now, forget_member, this);
	if (this->sender_ids->is_exhausted(this->sender_ids) && !this->renewing)
	{
		this->renewing = TRUE;
		gkm_rekeying_exclude_all(&this->rekeying, GKM_NOTICE_SENDER_IDS, now,
								 notices, err);
	}
	else
	{
		made = gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_DUE,
								GKM_NOTICE_DUE, now, notices, err);
	}
	note_told(this, notices);
	policy->expire(policy, now);
	return made;
}

METHOD(gkm_group_t, rekey, bool,
	private_gkm_group_t *this, bool replace, time_t now, array_t *notices,
	gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	u_int made;

	made = gkm_rekeying_run(&this->rekeying,
				replace ? GKM_RENEWAL_AT_ONCE : GKM_RENEWAL_REQUESTED,
				replace ? GKM_NOTICE_REPLACE : GKM_NOTICE_REQUESTED,
				now, notices, err);
	note_told(this, notices);
	policy->expire(policy, now);
	return made > 0;
}

/**
 * Take members out of the table
 *
 * @param inband	receives TRUE if all of them are rekeyed in-band
 * @param rootless	receives TRUE if one knows the rekey SA, but isn't in the
 *					key tree
 */
static void take_members(private_gkm_group_t *this, array_t *ids,
						 array_t *removed, bool *inband, bool *rootless)
{
	identification_t *id;
	gkm_member_t *member;
	int i;

	*inband = TRUE;
	*rootless = FALSE;
	for (i = 0; array_get(ids, i, &id); i++)
	{
		member = this->members->get(this->members, id);
		if (member)
		{
			*inband &= member->ike_sa_id != 0;
			*rootless |= !member->ike_sa_id &&
						 member->slot == GKM_MEMBER_NO_SLOT;
			array_insert(removed, ARRAY_TAIL, gkm_member_clone(member));
			forget_member(this, member);
			this->members->remove(this->members, id);
		}
	}
}

METHOD(gkm_group_t, exclude, bool,
	private_gkm_group_t *this, array_t *ids, time_t now, array_t *removed,
	array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	identification_t *id;
	bool inband, rootless;
	int i;

	for (i = 0; array_get(ids, i, &id); i++)
	{
		if (!this->members->get(this->members, id))
		{
			return gkm_fail(err, "%Y isn't a member", id);
		}
	}
	take_members(this, ids, removed, &inband, &rootless);
	if (rootless)
	{
		gkm_rekeying_exclude_all(&this->rekeying, GKM_NOTICE_REMOVAL, now,
								 notices, err);
	}
	else
	{
		gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_EXCLUDING,
						 GKM_NOTICE_REMOVAL, now, notices, err);
	}
	note_told(this, notices);
	policy->expire(policy, now);
	return TRUE;
}

METHOD(gkm_group_t, next_due, time_t,
	private_gkm_group_t *this)
{
	gkm_policy_t *policy = this->rekeying.policy;

	if (this->sender_ids->is_exhausted(this->sender_ids) && !this->renewing)
	{
		return 0;
	}
	return policy->next_due(policy);
}

METHOD(gkm_group_t, authorizes, bool,
	private_gkm_group_t *this, char *connection, identification_t *id,
	gkm_error_t *err)
{
	identification_t *pattern;
	char *allowed = NULL;
	int i;

	for (i = 0; array_get(this->cfg->connections, i, &allowed); i++)
	{
		if (streq(allowed, connection))
		{
			break;
		}
	}
	if (i == array_count(this->cfg->connections))
	{
		return gkm_fail(err, "connection %s doesn't belong to the group",
						connection);
	}
	for (i = 0; array_get(this->cfg->member_ids, i, &pattern); i++)
	{
		if (id->matches(id, pattern))
		{
			return TRUE;
		}
	}
	return !array_count(this->cfg->member_ids) ||
		   gkm_fail(err, "identity matches none of member_ids");
}

/**
 * Is there room for another member, or is it one already?
 */
static bool has_room(private_gkm_group_t *this, identification_t *id,
					 gkm_error_t *err)
{
	if (!this->cfg->max_members ||
		this->members->get_count(this->members) < this->cfg->max_members ||
		this->members->get(this->members, id))
	{
		return TRUE;
	}
	return gkm_fail(err, "there are max_members = %u members already",
					this->cfg->max_members);
}

/**
 * Does a download have a data SA that senders need sender IDs for?
 */
static bool has_counter_mode(gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (gkm_is_counter_mode(sa->proposal))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * When the last data SA of a download ends
 */
static time_t get_expiry(gkm_download_t *download, time_t now)
{
	gkm_data_sa_t *sa;
	uint32_t lifetime = 0;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		lifetime = max(lifetime, sa->lifetime);
	}
	return now + lifetime;
}

/**
 * Is a member rekeyed over its IKE_SA?
 */
static bool is_inband(private_gkm_group_t *this, bool sender)
{
	switch (this->cfg->rekey.transport)
	{
		case GKM_TRANSPORT_INBAND:
			return TRUE;
		case GKM_TRANSPORT_MIXED:
			return sender;
		default:
			return FALSE;
	}
}

/**
 * Put what an applicant gets into an empty download, but for keys of the tree
 */
static gkm_verdict_t fill(private_gkm_group_t *this, gkm_applicant_t *applicant,
						  time_t now, gkm_download_t *download,
						  gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;

	if (!policy->fill(policy, download, !is_inband(this, applicant->sender),
					  applicant->sender ? applicant->address : NULL, now, err))
	{
		return GKM_UNABLE;
	}
	if (applicant->capabilities &&
		!applicant->covers(applicant->capabilities, download->rekey,
						   download->sas, err))
	{
		return GKM_NOT_CAPABLE;
	}
	download->dtd = min(this->cfg->deactivation_delay, UINT16_MAX);

	/* RFC 9838, 4.4.3.1: for senders in groups with counter modes only */
	if (applicant->sender && has_counter_mode(download))
	{
		if (!this->sender_ids->allocate(this->sender_ids, applicant->sender_ids,
										download->sender_ids, err))
		{
			return GKM_UNABLE;
		}
		download->sender_id_bits = this->sender_ids->get_bits(this->sender_ids);
	}
	return GKM_ADMITTED;
}

/**
 * Give an applicant its keys of the tree. A member that comes back keeps its
 * leaf.
 *
 * @param slot			receives its leaf
 */
static bool fill_path(private_gkm_group_t *this, gkm_applicant_t *applicant,
					  gkm_download_t *download, uint32_t *slot,
					  gkm_error_t *err)
{
	gkm_key_tree_t *tree = this->rekeying.tree;
	gkm_member_t *member;

	*slot = GKM_MEMBER_NO_SLOT;
	if (!tree || !download->rekey)
	{
		return TRUE;
	}
	member = this->members->get(this->members, applicant->id);
	if (member && member->slot != GKM_MEMBER_NO_SLOT &&
		tree->get_path(tree, member->slot, download->path))
	{
		*slot = member->slot;
		return TRUE;
	}
	return tree->join(tree, slot, err) &&
		   tree->get_path(tree, *slot, download->path);
}

/**
 * Note a member that is admitted
 */
static void add_member(private_gkm_group_t *this, gkm_applicant_t *applicant,
					   gkm_download_t *download, uint32_t slot, time_t now)
{
	identification_t *id = applicant->id;
	gkm_key_tree_t *tree = this->rekeying.tree;
	gkm_member_t *member;

	member = this->members->get(this->members, id);
	if (member && prevents_fragments(member))
	{
		this->unable_to_fragment--;
	}
	member = this->members->add(this->members, id, applicant->address,
								download->sender_ids, now);
	if (tree && member->slot != slot && member->slot != GKM_MEMBER_NO_SLOT)
	{	/* it isn't rekeyed by multicast any more */
		tree->leave(tree, member->slot);
	}
	member->slot = slot;
	member->expires = get_expiry(download, now);
	member->sender = applicant->sender;
	member->fragmentation = applicant->fragmentation;
	if (is_inband(this, applicant->sender))
	{
		member->ike_sa_id = applicant->ike_sa_id;
	}
	this->unable_to_fragment += prevents_fragments(member) ? 1 : 0;
	gkm_records_note(&this->records, id->get_type(id), id->get_encoding(id));
}

/**
 * Replace data SAs on which the sequence numbers of a sender would begin anew
 */
static void renew_for_sender(private_gkm_group_t *this,
							 gkm_applicant_t *applicant, time_t now,
							 array_t *notices)
{
	gkm_policy_t *policy = this->rekeying.policy;

	if (applicant->sender &&
		policy->renew_for_sender(policy, applicant->address, now))
	{
		gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_DUE, GKM_NOTICE_SENDER,
						 now, notices, NULL);
		note_told(this, notices);
	}
}

METHOD(gkm_group_t, admit, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, array_t *notices, gkm_error_t *err)
{
	gkm_verdict_t verdict;
	gkm_download_t *filled;
	uint32_t slot;

	if (!authorizes(this, applicant->connection, applicant->id, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	this->members->expire(this->members, now, forget_member, this);
	if (!has_room(this, applicant->id, err))
	{
		return GKM_FULL;
	}
	renew_for_sender(this, applicant, now, notices);
	filled = gkm_download_create();
	verdict = fill(this, applicant, now, filled, err);
	if (verdict == GKM_ADMITTED &&
		!fill_path(this, applicant, filled, &slot, err))
	{
		verdict = GKM_UNABLE;
	}
	if (verdict != GKM_ADMITTED)
	{
		gkm_download_destroy(filled);
		return verdict;
	}
	add_member(this, applicant, filled, slot, now);
	*download = filled;
	return GKM_ADMITTED;
}

METHOD(gkm_group_t, remove_member, bool,
	private_gkm_group_t *this, identification_t *id)
{
	gkm_member_t *member = this->members->get(this->members, id);

	if (!member)
	{
		return FALSE;
	}
	forget_member(this, member);
	return this->members->remove(this->members, id);
}

METHOD(gkm_group_t, ike_sa_gone, u_int,
	private_gkm_group_t *this, uint32_t ike_sa_id, uint32_t new_id)
{
	enumerator_t *enumerator;
	identification_t *id;
	gkm_member_t *member;
	array_t *ids;
	u_int count = 0;

	ids = array_create(0, 0);
	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (member->ike_sa_id != ike_sa_id)
		{
			continue;
		}
		count++;
		if (new_id)
		{
			member->ike_sa_id = new_id;
		}
		else
		{
			array_insert(ids, ARRAY_TAIL, identification_create_from_encoding(
									member->id_type, member->id_encoding));
		}
	}
	enumerator->destroy(enumerator);
	while (array_remove(ids, ARRAY_HEAD, &id))
	{
		remove_member(this, id);
		id->destroy(id);
	}
	array_destroy(ids);
	return count;
}

METHOD(gkm_group_t, can_fragment, bool,
	private_gkm_group_t *this)
{
	return !this->unable_to_fragment;
}

METHOD(gkm_group_t, renew_sender_ids, bool,
	private_gkm_group_t *this, gkm_error_t *err)
{
	if (this->renewing && !this->sender_ids->reset(this->sender_ids, err))
	{
		return FALSE;
	}
	this->renewing = FALSE;
	return TRUE;
}

METHOD(gkm_group_t, has_changed, bool,
	private_gkm_group_t *this)
{
	return gkm_records_pending(&this->records, &this->rekeying);
}

METHOD(gkm_group_t, put, bool,
	private_gkm_group_t *this, gkm_state_store_t *store, bool all)
{
	return gkm_records_put(&this->records, &this->rekeying, this->members,
						   store, all);
}

METHOD(gkm_group_t, restore, bool,
	private_gkm_group_t *this, gkm_state_store_t *store, time_t now,
	gkm_error_t *err)
{
	bool restored;

	restored = gkm_records_restore(&this->rekeying, this->members,
								   this->cfg->id, store, now, err);
	count_unable(this);
	return restored;
}

METHOD(gkm_group_t, get_members, gkm_members_t*,
	private_gkm_group_t *this)
{
	return this->members;
}

METHOD(gkm_group_t, get_policy, gkm_policy_t*,
	private_gkm_group_t *this)
{
	return this->rekeying.policy;
}

METHOD(gkm_group_t, destroy, void,
	private_gkm_group_t *this)
{
	this->rekeying.policy->destroy(this->rekeying.policy);
	DESTROY_IF(this->rekeying.tree);
	this->members->destroy(this->members);
	gkm_records_clear(&this->records);
	DESTROY_IF(this->sender_ids);
	gkm_cfg_destroy(this->cfg);
	free(this);
}

/*
 * Described in header
 */
gkm_group_t *gkm_group_create(gkm_cfg_t *cfg, gkm_sender_id_store_t *store,
							  gkm_spis_t *spis, chunk_t auth_key,
							  chunk_t sig_alg, time_t now, gkm_error_t *err)
{
	private_gkm_group_t *this;

	INIT(this,
		.public = {
			.configure = _configure,
			.get_cfg = _get_cfg,
			.update = _update,
			.rekey = _rekey,
			.exclude = _exclude,
			.next_due = _next_due,
			.authorizes = _authorizes,
			.admit = _admit,
			.remove_member = _remove_member,
			.ike_sa_gone = _ike_sa_gone,
			.can_fragment = _can_fragment,
			.has_changed = _has_changed,
			.put = _put,
			.restore = _restore,
			.renew_sender_ids = _renew_sender_ids,
			.get_members = _get_members,
			.get_policy = _get_policy,
			.destroy = _destroy,
		},
		.rekeying = {
			.policy = gkm_policy_create(spis),
		},
		.members = gkm_members_create(),
		.store = store,
	);
	if (!configure(this, cfg, auth_key, sig_alg, now, NULL, err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
