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
#include "gkm_recipients.h"
#include "gkm_records.h"

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

	/** remembers sender IDs */
	gkm_sender_id_store_t *store;

	/** hands out sender IDs */
	gkm_sender_ids_t *sender_ids;

	/** rekeys sent to members that use GDOI */
	gkm_pushes_t pushes;

	/** gkm_member_t* that didn't acknowledge one, or NULL */
	array_t *missed;

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
 * A member goes: its leaf of the key tree, and its record
 */
CALLBACK(forget_member, void,
	private_gkm_group_t *this, gkm_member_t *member)
{
	gkm_key_tree_t *tree = this->rekeying.tree;

	if (tree && member->slot != GKM_MEMBER_NO_SLOT)
	{
		tree->leave(tree, member->slot);
	}
	else if (tree && !member->ike_sa_id)
	{	/* it is older than the tree, but knows the rekey SA */
		this->rekeying.departed = TRUE;
	}
	gkm_records_note(&this->records, member->id_type, member->id_encoding);
}

/**
 * All members are gone
 */
static void forget_all(private_gkm_group_t *this)
{
	this->members->destroy(this->members);
	this->members = gkm_members_create();
	this->rekeying.rootless = FALSE;
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
		this->rekeying.rootless |= !member->ike_sa_id;
	}
	enumerator->destroy(enumerator);
	this->records.all_changed = TRUE;
}

/**
 * Does a new configuration need another key tree?
 */
static bool needs_tree(private_gkm_group_t *this, gkm_cfg_t *cfg)
{
	return !this->cfg ||
		   gkm_rekeying_tree_key_len(cfg) !=
		   gkm_rekeying_tree_key_len(this->cfg) ||
		   cfg->rekey.key_tree_degree != this->cfg->rekey.key_tree_degree;
}

/**
 * Members were told something: they have the SAs there are, or are gone
 *
 * @param before	number of notices that were there before
 */
static void note_told(private_gkm_group_t *this, time_t now, array_t *notices,
					  int before)
{
	gkm_notice_t *notice;
	bool told = FALSE;
	int i = before;

	while (array_get(notices, i, &notice))
	{
		told = TRUE;
		if (notice->push)
		{
			gkm_pushes_note(&this->pushes, notice, now);
		}
		gkm_recipients_address(notice, this->rekeying.cfg, this->members);
		if (notice->excludes_all)
		{
			forget_all(this);
		}
		if (notice->update || notice->inband || notice->push)
		{
			i++;
		}
		else
		{	/* there is nobody to tell */
			array_remove(notices, i, NULL);
			gkm_notice_destroy(notice);
		}
	}
	if (told)
	{
		this->members->extend(this->members, gkm_rekeying_end(&this->rekeying));
	}
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

/**
 * Remove a member of which there is a copy
 */
static void remove_copy(private_gkm_group_t *this, gkm_member_t *copy)
{
	identification_t *id;

	id = identification_create_from_encoding(copy->id_type, copy->id_encoding);
	remove_member(this, id);
	id->destroy(id);
}

/**
 * Find out who didn't acknowledge the last rekey, if it is time. Not between a
 * rekey and its messages, which borrow keys of the key tree.
 */
static void settle(private_gkm_group_t *this, time_t now)
{
	gkm_member_t *member;
	int i = array_count(this->missed);

	if (!this->cfg)
	{
		return;
	}
	gkm_pushes_settle(&this->pushes, this->cfg, this->members, now,
					  &this->missed);
	for (; array_get(this->missed, i, &member); i++)
	{
		if (member->acks.misses >= GKM_ACKS_MISSED_MAX)
		{
			remove_copy(this, member);
		}
	}
}

METHOD(gkm_group_t, configure, bool,
	private_gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	gkm_carriers_t carriers;
	gkm_update_t *update;
	bool resize, plant;
	int before = array_count(notices);

	settle(this, now);
	resize = this->cfg && this->cfg->sender_id_bits != cfg->sender_id_bits;
	plant = needs_tree(this, cfg);
	gkm_carriers_get(&carriers, policy);
	update = gkm_update_create();
	if (!policy->configure(policy, cfg, auth_key, sig_alg, resize, now, update,
						   err))
	{
		gkm_update_destroy(update);
		gkm_carriers_clear(&carriers);
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
	if (this->cfg)
	{
		if (this->cfg->rekey.acknowledgement != cfg->rekey.acknowledgement)
		{
			gkm_admission_update_can(cfg, this->members);
			this->records.all_changed = TRUE;
		}
		gkm_rekeying_change(&this->rekeying, update, &carriers, plant,
							this->cfg->d3p_window != cfg->d3p_window, now,
							notices);
		note_told(this, now, notices, before);
		gkm_cfg_destroy(this->cfg);
	}
	else
	{	/* there is nobody to tell */
		gkm_rekeying_plant_tree(&this->rekeying, 0);
		gkm_update_destroy(update);
	}
	if (plant)
	{
		clear_slots(this);
	}
	this->cfg = cfg;
	return TRUE;
}

METHOD(gkm_group_t, limit, void,
	private_gkm_group_t *this, gkm_rekeying_fits_t fits)
{
	this->rekeying.fits = fits;
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
	int before = array_count(notices);

	this->members->expire(this->members, now, forget_member, this);
	settle(this, now);
	if (this->sender_ids->is_exhausted(this->sender_ids) && !this->renewing)
	{	/* tried again if an SA is left that they were used on */
		this->renewing = gkm_rekeying_exclude_all(&this->rekeying,
									GKM_NOTICE_SENDER_IDS, now, notices, err);
	}
	else
	{
		made = gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_DUE,
								GKM_NOTICE_DUE, now, notices, err);
	}
	note_told(this, now, notices, before);
	policy->expire(policy, now);
	return made;
}

METHOD(gkm_group_t, rekey, bool,
	private_gkm_group_t *this, bool replace, time_t now, array_t *notices,
	gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	int before = array_count(notices);
	u_int made;

	settle(this, now);
	made = gkm_rekeying_run(&this->rekeying,
				replace ? GKM_RENEWAL_AT_ONCE : GKM_RENEWAL_REQUESTED,
				replace ? GKM_NOTICE_REPLACE : GKM_NOTICE_REQUESTED,
				now, notices, err);
	note_told(this, now, notices, before);
	policy->expire(policy, now);
	return made > 0;
}

/**
 * Take members out of the table
 *
 * @return			TRUE if one knows the rekey SA, but isn't in the key tree
 */
static bool take_members(private_gkm_group_t *this, array_t *ids,
						 array_t *removed)
{
	identification_t *id;
	gkm_member_t *member;
	bool rootless = FALSE;
	int i;

	for (i = 0; array_get(ids, i, &id); i++)
	{
		member = this->members->get(this->members, id);
		if (member)
		{
			rootless |= !member->ike_sa_id &&
						member->slot == GKM_MEMBER_NO_SLOT;
			array_insert(removed, ARRAY_TAIL, gkm_member_clone(member));
			forget_member(this, member);
			this->members->remove(this->members, id);
		}
	}
	return rootless;
}

METHOD(gkm_group_t, exclude, bool,
	private_gkm_group_t *this, array_t *ids, time_t now, array_t *removed,
	array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	identification_t *id;
	int i, before = array_count(notices);

	settle(this, now);
	for (i = 0; array_get(ids, i, &id); i++)
	{
		if (!this->members->get(this->members, id))
		{
			return gkm_fail(err, "%Y isn't a member", id);
		}
	}
	if (take_members(this, ids, removed))
	{
		gkm_rekeying_exclude_all(&this->rekeying, GKM_NOTICE_REMOVAL, now,
								 notices, err);
	}
	else
	{
		gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_EXCLUDING,
						 GKM_NOTICE_REMOVAL, now, notices, err);
	}
	note_told(this, now, notices, before);
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
	return min(policy->next_due(policy),
			   gkm_pushes_next_due(&this->pushes, this->cfg));
}

METHOD(gkm_group_t, authorizes, bool,
	private_gkm_group_t *this, char *connection, identification_t *id,
	gkm_error_t *err)
{
	return gkm_admission_authorizes(this->cfg, connection, id, err);
}

/**
 * Replace data SAs that renew_for_sender() made due
 */
static void renew_for_sender(private_gkm_group_t *this, time_t now,
							 array_t *notices)
{
	int before = array_count(notices);

	gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_DUE, GKM_NOTICE_SENDER, now,
					 notices, NULL);
	note_told(this, now, notices, before);
}

/**
 * Note a member that is admitted
 */
static void add_member(private_gkm_group_t *this, gkm_member_t *member,
					   identification_t *id)
{
	gkm_key_tree_t *tree = this->rekeying.tree;
	gkm_member_t *old;

	old = this->members->get(this->members, id);
	if (tree && old && old->slot != member->slot &&
		old->slot != GKM_MEMBER_NO_SLOT)
	{	/* it isn't rekeyed by multicast any more */
		tree->leave(tree, old->slot);
	}
	gkm_records_note(&this->records, member->id_type, member->id_encoding);
	this->members->put(this->members, member);
}

/**
 * What a registration takes from
 */
static gkm_admission_t get_admission(private_gkm_group_t *this)
{
	return (gkm_admission_t){
		.rekeying = &this->rekeying,
		.members = this->members,
		.sender_ids = this->sender_ids,
		.pushes = &this->pushes,
	};
}

/**
 * May an applicant register, with the protocol that it uses?
 */
static bool may_register(private_gkm_group_t *this, gkm_applicant_t *applicant,
						 gkm_error_t *err)
{
	return gkm_admission_speaks(this->cfg, applicant->protocol, err) &&
		   authorizes(this, applicant->connection, applicant->id, err);
}

METHOD(gkm_group_t, admit, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	gkm_admission_t admission = get_admission(this);
	gkm_verdict_t verdict;
	gkm_member_t *member;
	bool renew, offered = applicant->protocol == GKM_PROTOCOL_GDOI;

	if (!may_register(this, applicant, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	this->members->expire(this->members, now, forget_member, this);
	settle(this, now);
	if (!gkm_admission_has_room(&admission, applicant->id, err))
	{
		return GKM_FULL;
	}
	renew = applicant->sender &&
			policy->renew_for_sender(policy, applicant->address, now);
	if (renew && !offered)
	{
		renew_for_sender(this, now, notices);
	}
	verdict = gkm_admission_grant(&admission, applicant, now, download, &member,
								  err);
	if (verdict == GKM_ADMITTED)
	{
		add_member(this, member, applicant->id);
	}
	if (renew && offered)
	{	/* it got what it was offered, and hears of the new ones as others do */
		renew_for_sender(this, now, notices);
	}
	return verdict;
}

METHOD(gkm_group_t, offer, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, gkm_error_t *err)
{
	gkm_admission_t admission = get_admission(this);

	if (!may_register(this, applicant, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	if (!gkm_admission_has_room(&admission, applicant->id, err))
	{
		return GKM_FULL;
	}
	return gkm_admission_offer(&admission, applicant, now, download, err);
}

/**
 * Find a member that uses GDOI
 */
static gkm_member_t *find_gdoi(private_gkm_group_t *this, host_t *address,
							   gkm_error_t *err)
{
	gkm_member_t *member = this->members->find_gdoi(this->members, address);

	if (!member)
	{
		gkm_fail(err, "no member registered from %H by GDOI", address);
	}
	return member;
}

METHOD(gkm_group_t, acknowledge, bool,
	private_gkm_group_t *this, uint8_t *spi, uint32_t seq, host_t *address,
	gkm_error_t *err)
{
	gkm_member_t *member = find_gdoi(this, address, err);

	if (!member ||
		!gkm_pushes_acknowledge(&this->pushes, spi, seq, member, err))
	{
		return FALSE;
	}
	if (member->acks.received == 1)
	{	/* from now on it is known to acknowledge; numbers needn't be kept */
		gkm_records_note(&this->records, member->id_type, member->id_encoding);
	}
	return TRUE;
}

METHOD(gkm_group_t, take_missed, array_t*,
	private_gkm_group_t *this)
{
	array_t *missed = this->missed;

	this->missed = NULL;
	return missed;
}

METHOD(gkm_group_t, get_leaf_key, bool,
	private_gkm_group_t *this, host_t *address, chunk_t *key)
{
	gkm_member_t *member = find_gdoi(this, address, NULL);
	gkm_key_tree_t *tree = this->rekeying.tree;

	return member && tree && tree->get_leaf(tree, member->slot, key);
}

METHOD(gkm_group_t, get_targets, array_t*,
	private_gkm_group_t *this, uint32_t seq)
{
	return gkm_recipients_of_copies(this->members,
							gkm_pushes_get_number(&this->pushes, seq));
}

METHOD(gkm_group_t, ike_sa_gone, bool,
	private_gkm_group_t *this, uint32_t ike_sa_id, uint32_t new_id)
{
	gkm_member_t *member;

	if (new_id)
	{
		return this->members->move(this->members, ike_sa_id, new_id);
	}
	member = this->members->find_inband(this->members, ike_sa_id);
	if (!member)
	{
		return FALSE;
	}
	remove_copy(this, member);
	return TRUE;
}

METHOD(gkm_group_t, can_fragment, bool,
	private_gkm_group_t *this)
{
	return this->members->can_fragment(this->members);
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
	return gkm_records_put(&this->records, &this->rekeying, &this->pushes,
						   this->members, store, all);
}

METHOD(gkm_group_t, restore, bool,
	private_gkm_group_t *this, gkm_state_store_t *store, time_t now,
	gkm_error_t *err)
{
	if (!gkm_records_restore(&this->rekeying, &this->pushes, this->members,
							 this->cfg->id, store, now, err))
	{
		return FALSE;
	}
	/* another one may be configured by now */
	gkm_admission_update_can(this->cfg, this->members);
	gkm_pushes_restore(&this->pushes);
	return TRUE;
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
	gkm_rekeying_clear(&this->rekeying);
	this->members->destroy(this->members);
	gkm_records_clear(&this->records);
	array_destroy_function(this->missed, (array_callback_t)free, NULL);
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
			.limit = _limit,
			.get_cfg = _get_cfg,
			.update = _update,
			.rekey = _rekey,
			.exclude = _exclude,
			.next_due = _next_due,
			.authorizes = _authorizes,
			.admit = _admit,
			.offer = _offer,
			.acknowledge = _acknowledge,
			.take_missed = _take_missed,
			.get_leaf_key = _get_leaf_key,
			.get_targets = _get_targets,
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
