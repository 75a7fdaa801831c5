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

#include "gkm_rekeying.h"
#include "gkm_policy_rekeys.h"
#include "gkm_policy_slot.h"
#include "gkm_sa_maker.h"

#include "../keys/gkm_random.h"

/**
 * Tell members what an update says, if that is anything
 *
 * @param update		what to say, adopted
 * @param carriers		rekey SAs that were in use before, cleared
 */
static void tell(gkm_rekeying_t *this, gkm_update_t *update,
				 gkm_carriers_t *carriers, gkm_notice_reason_t reason,
				 array_t *notices)
{
	this->changed |= gkm_carriers_tell(carriers, this->policy,
									   this->d3p_window, update, reason,
									   notices);
}

/**
 * Has an update a new rekey SA?
 */
static bool has_rekey(gkm_update_t *update)
{
	return update->download->rekey || update->kek;
}

/*
 * Described in header
 */
bool gkm_rekeying_is_stale(gkm_rekeying_t *this)
{
	return this->tree && (this->departed || this->tree->is_stale(this->tree));
}

/*
 * Described in header
 */
time_t gkm_rekeying_end(gkm_rekeying_t *this)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	time_t end = 0;

	enumerator = this->policy->create_sa_enumerator(this->policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		end = max(end, sa->expires);
	}
	enumerator->destroy(enumerator);
	return end;
}

/*
 * Described in header
 */
uint32_t gkm_rekeying_next_key(gkm_rekeying_t *this)
{
	uint32_t next = this->tree ? this->tree->get_next_id(this->tree) : 1;

	return max(next, this->next_key);
}

/*
 * Described in header
 */
size_t gkm_rekeying_tree_key_len(gkm_cfg_t *cfg)
{
	proposal_t *proposal;
	uint16_t alg = 0, size = 0;

	if (!cfg->rekey.key_tree)
	{
		return 0;
	}
	/* where there are both, lengths are equal */
	if (gkm_policy_wants_rekey(cfg, GKM_PROTOCOL_GIKEV2))
	{
		proposal = gkm_sa_maker_proposal(cfg->rekey.proposals);
		proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, &alg, NULL);
		return gkm_key_wrap_key_len(alg);
	}
	if (gkm_policy_wants_rekey(cfg, GKM_PROTOCOL_GDOI))
	{
		proposal = gkm_sa_maker_proposal(cfg->gdoi.proposals);
		proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &size);
		return size / 8;
	}
	return 0;
}

/*
 * Described in header
 */
void gkm_rekeying_plant_tree(gkm_rekeying_t *this, uint8_t degree)
{
	size_t key_len = gkm_rekeying_tree_key_len(this->cfg);

	this->next_key = gkm_rekeying_next_key(this);
	DESTROY_IF(this->last_tree);
	this->last_tree = this->tree;
	this->tree = NULL;
	if (key_len)
	{
		this->degree = degree ?: this->cfg->rekey.key_tree_degree;
		this->tree = gkm_key_forest_create(this->cfg->coop.id, this->degree,
										   key_len, this->next_key);
	}
	this->departed = FALSE;
	this->changed = TRUE;
}

/**
 * Members are excluded: others that don't know that must not bring back keys
 * that these have
 *
 * @param all		all of them
 */
static void change_lineage(gkm_rekeying_t *this, bool all)
{
	uint64_t lineage;

	if (!gkm_random((u_char*)&lineage, sizeof(lineage), NULL))
	{
		lineage = this->lineage;
	}
	/* never what it was, and never 0 */
	this->lineage = max(1, lineage == this->lineage ? lineage + 1 : lineage);
	if (all)
	{
		this->era = this->lineage;
	}
	this->changed = TRUE;
}

/*
 * Described in header
 */
void gkm_rekeying_set_server(gkm_rekeying_t *this, uint8_t server)
{
	this->next_key = 0;
	if (this->tree)
	{
		this->tree->set_server(this->tree, server);
	}
}

/*
 * Described in header
 */
bool gkm_rekeying_exclude_all(gkm_rekeying_t *this, gkm_notice_reason_t reason,
							  time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->policy;
	gkm_update_t *update, *unsaid;
	gkm_carriers_t carriers;
	gkm_error_t failed = {};
	bool replaced;

	gkm_carriers_get(&carriers, this->policy);
	change_lineage(this, TRUE);
	replaced = !gkm_carriers_any(policy);
	update = gkm_update_create();
	gkm_update_exclude(update);
	tell(this, update, &carriers, reason, notices);

	/* those that register again get these */
	unsaid = gkm_update_create();
	policy->renew(policy, GKM_RENEWAL_AT_ONCE, now, unsaid, &failed);
	replaced = replaced || policy->replace_rekey(policy, now, unsaid, &failed);
	gkm_update_destroy(unsaid);
	gkm_rekeying_plant_tree(this, 0);
	this->departed = !replaced;
	if (failed.text[0])
	{
		return gkm_fail(err, "%s", failed.text);
	}
	policy->forget_senders(policy);
	return TRUE;
}

/**
 * Can all members be told of new keys of the key tree in one message? Those of
 * both protocols are told the same, so that the tighter limit is for all.
 */
static bool fits(gkm_rekeying_t *this, gkm_update_t *update, gkm_error_t *err)
{
	gkm_error_t reason = {};

	if (!this->fits ||
		!this->policy->get_rekey(this->policy, GKM_PROTOCOL_GDOI) ||
		this->fits(update, &reason))
	{
		return TRUE;
	}
	return gkm_fail(err, "%s, so that all members are excluded", reason.text);
}

/**
 * Replace the rekey SAs by those that members who left the key tree can't
 * unwrap, and tell members of that
 *
 * @param carriers	rekey SAs that were in use before, taken from there
 * @param changed	receives TRUE if the tree isn't what it was, even if this
 *					fails
 */
static bool shut_out(gkm_rekeying_t *this, gkm_carriers_t *carriers,
					 gkm_notice_reason_t reason, time_t now, array_t *notices,
					 bool *changed, gkm_error_t *err)
{
	gkm_update_t *update;

	update = gkm_update_create();
	*changed = this->tree->refresh(this->tree, update->kwks, update->wraps,
								   err);
	if (!*changed || !fits(this, update, err) ||
		!this->policy->replace_rekey(this->policy, now, update, err))
	{
		gkm_update_destroy(update);
		gkm_carriers_clear(carriers);
		return FALSE;
	}
	this->departed = FALSE;
	this->changed = TRUE;
	if (!array_count(update->kwks))
	{
		if (!this->rootless)
		{	/* nobody is left to tell */
			gkm_update_destroy(update);
			gkm_carriers_clear(carriers);
			return TRUE;
		}
		gkm_update_exclude(update);
	}
	tell(this, update, carriers, reason, notices);
	return TRUE;
}

/**
 * Have the rekey SAs to be replaced as well?
 */
static bool wants_rekey(gkm_rekeying_t *this, gkm_renewal_t renewal,
						bool data, time_t now)
{
	if (!gkm_carriers_any(this->policy))
	{
		return FALSE;
	}
	return renewal == GKM_RENEWAL_AT_ONCE ||
		   renewal == GKM_RENEWAL_EXCLUDING ||
		   this->policy->is_rekey_due(this->policy, now) ||
		   (data && gkm_rekeying_is_stale(this));
}

/*
 * Described in header
 */
u_int gkm_rekeying_run(gkm_rekeying_t *this, gkm_renewal_t renewal,
					   gkm_notice_reason_t reason, time_t now,
					   array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->policy;
	gkm_update_t *update;
	gkm_carriers_t carriers;
	bool data, rekey, changed;
	u_int made = 0;

	DESTROY_IF(this->last_tree);
	this->last_tree = NULL;
	if (renewal == GKM_RENEWAL_EXCLUDING || renewal == GKM_RENEWAL_AT_ONCE)
	{
		change_lineage(this, FALSE);
	}
	data = renewal != GKM_RENEWAL_DUE || policy->is_due(policy, now);
	rekey = wants_rekey(this, renewal, data, now);
	if (!data && !rekey)
	{
		return 0;
	}
	gkm_carriers_get(&carriers, policy);
	if (rekey && gkm_rekeying_is_stale(this))
	{
		if (!shut_out(this, &carriers, reason, now, notices, &changed, err))
		{
			if (changed)
			{	/* nobody knows the new keys of the tree */
				gkm_rekeying_exclude_all(this, reason, now, notices, NULL);
			}
			return 0;
		}
		made++;
		rekey = FALSE;
		gkm_carriers_get(&carriers, policy);
	}
	update = gkm_update_create();
	if (rekey)
	{
		if (!policy->replace_rekey(policy, now, update, err))
		{
			gkm_update_destroy(update);
			gkm_carriers_clear(&carriers);
			return 0;
		}
		made++;
	}
	if (data)
	{
		made += policy->renew(policy, renewal, now, update, err);
	}
	if (renewal == GKM_RENEWAL_AT_ONCE)
	{	/* that is for the rekey SA as well, and for copies that come late */
		update->download->dtd = 0;
	}
	this->changed |= made > 0;
	tell(this, update, &carriers, reason, notices);
	return made;
}

/*
 * Described in header
 */
void gkm_rekeying_clear(gkm_rekeying_t *this)
{
	this->policy->destroy(this->policy);
	DESTROY_IF(this->tree);
	DESTROY_IF(this->last_tree);
}

/**
 * Shut out who left the key tree, before something else is said
 *
 * @param update	what is said then: all are excluded if they can't be shut out
 * @param carriers	rekey SAs to say it with, become new ones
 * @return			FALSE if those who left know the rekey SA that there is now
 */
static bool shut_out_first(gkm_rekeying_t *this, gkm_update_t *update,
						   gkm_carriers_t *carriers, time_t now,
						   array_t *notices)
{
	bool changed, shut;

	if (has_rekey(update))
	{
		gkm_update_exclude(update);
		return TRUE;
	}
	shut = shut_out(this, carriers, GKM_NOTICE_CHANGE, now, notices, &changed,
					NULL);
	gkm_carriers_get(carriers, this->policy);
	if (!shut)
	{
		gkm_update_exclude(update);
	}
	return shut;
}

/*
 * Described in header
 */
void gkm_rekeying_change(gkm_rekeying_t *this, gkm_update_t *update,
						 gkm_carriers_t *carriers, bool plant, bool renew,
						 time_t now, array_t *notices)
{
	bool known = FALSE;

	this->changed = TRUE;
	renew &= !array_count(update->download->sas);
	if (gkm_rekeying_is_stale(this) &&
		!gkm_update_excludes_all(update) &&
		(plant || renew || !gkm_update_is_empty(update)))
	{
		known = !shut_out_first(this, update, carriers, now, notices);
	}
	if (renew && !gkm_update_excludes_all(update))
	{
		this->policy->renew(this->policy, GKM_RENEWAL_REQUESTED, now, update,
							NULL);
	}
	if (gkm_update_excludes_all(update))
	{
		change_lineage(this, TRUE);
		plant = TRUE;
	}
	tell(this, update, carriers, GKM_NOTICE_CHANGE, notices);
	if (plant)
	{
		gkm_rekeying_plant_tree(this, 0);
		this->departed = known;
	}
}
