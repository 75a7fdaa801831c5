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

#include "gkm_adopt.h"
#include "gkm_adopt_members.h"
#include "gkm_adopt_tree.h"
#include "gkm_group.h"
#include "gkm_news.h"
#include "gkm_policy_rekeys.h"
#include "gkm_recipients.h"

/**
 * Take over what there is to know besides SAs, members and nodes
 */
static void take_rest(gkm_roster_t *roster, gkm_state_tree_t *tree)
{
	gkm_rekeying_t *rekeying = roster->rekeying;

	rekeying->epoch = tree->epoch;
	rekeying->lineage = tree->lineage;
	rekeying->era = tree->era;
	memcpy(rekeying->ends, tree->ends, sizeof(rekeying->ends));
	/* the key tree knows better */
	rekeying->departed = FALSE;
	rekeying->changed = TRUE;
	/* acknowledgements go to the primary */
	roster->pushes = tree->pushes;
}

/**
 * Get the rekey SA that members have to know, unless they have it, and note if
 * messages are checked with another key from then on
 *
 * @param carriers		rekey SAs that they know
 * @return				rekey SA, or NULL
 */
static gkm_rekey_sa_t *get_news(gkm_roster_t *roster, gkm_carriers_t *carriers,
								gkm_protocol_t protocol, time_t now,
								gkm_update_t *update)
{
	gkm_policy_t *policy = roster->rekeying->policy;
	gkm_policy_rekey_t *rekey = policy->get_rekey(policy, protocol);
	gkm_rekey_sa_t *known = carriers->sas[protocol];

	if (!rekey || (known && memeq(rekey->sa->spi, known->spi,
								  sizeof(known->spi))))
	{
		return NULL;
	}
	if (known && rekey->sa->auth_key.len && !update->auth_key.len &&
		!chunk_equals(known->auth_key, rekey->sa->auth_key))
	{
		update->auth_key = chunk_clone(rekey->sa->auth_key);
	}
	return gkm_policy_rekey_clone(rekey, now);
}

/**
 * Keep message IDs of the primary, whatever is sent here
 *
 * @param ids			receives message IDs by protocol, or has them
 * @param get			TRUE to get them, FALSE to set them
 */
static void keep_ids(gkm_policy_t *policy, uint32_t ids[GKM_PROTOCOLS],
					 bool get)
{
	gkm_policy_rekey_t *rekey;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = policy->get_rekey(policy, i);
		if (rekey && get)
		{
			ids[i] = rekey->sa->message_id;
		}
		else if (rekey)
		{
			rekey->sa->message_id = ids[i];
		}
	}
}

/**
 * Tell members that know the rekey SAs that this key server had as a primary
 *
 * @param carriers		these, cleared
 * @param update		what they lack, adopted
 * @return				what they are told, NULL if nothing
 */
static gkm_notice_t *tell_population(gkm_roster_t *roster,
									 gkm_carriers_t *carriers,
									 gkm_update_t *update, bool exclude,
									 time_t now)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_policy_t *policy = rekeying->policy;
	uint32_t ids[GKM_PROTOCOLS];
	gkm_notice_t *notice = NULL;
	gkm_update_t *inband;
	array_t *told;

	if (exclude)
	{
		gkm_update_exclude(update);
	}
	else
	{
		update->download->rekey = get_news(roster, carriers,
										   GKM_PROTOCOL_GIKEV2, now, update);
		update->kek = get_news(roster, carriers, GKM_PROTOCOL_GDOI, now,
							   update);
	}
	keep_ids(policy, ids, TRUE);
	told = array_create(0, 0);
	gkm_carriers_tell(carriers, policy, rekeying->d3p_window, update,
					  GKM_NOTICE_MERGE, told);
	keep_ids(policy, ids, FALSE);
	if (array_remove(told, ARRAY_HEAD, &notice))
	{	/* those that are members here, now, but for those rekeyed in-band, of
		 * which some may not stay */
		inband = notice->inband;
		notice->inband = NULL;
		gkm_recipients_address(notice, rekeying->cfg, roster->members);
		notice->inband = inband;
	}
	array_destroy(told);
	return notice;
}

/**
 * Tell members that are rekeyed in-band by this key server
 *
 * @param update		what they lack, adopted
 * @return				what they are told, NULL if nothing
 */
static gkm_notice_t *tell_inband(gkm_roster_t *roster, gkm_update_t *update)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_carriers_t none = {};
	gkm_notice_t *notice = NULL;
	array_t *told;

	told = array_create(0, 0);
	gkm_carriers_tell(&none, rekeying->policy, rekeying->d3p_window, update,
					  GKM_NOTICE_PRIMARY, told);
	array_remove(told, ARRAY_HEAD, &notice);
	array_destroy(told);
	return notice;
}

/**
 * Tell members that were rekeyed in-band, and aren't members any more
 *
 * @param left			unique IDs of IKE_SAs, adopted
 */
static void tell_left(array_t *left, array_t *notices)
{
	gkm_notice_t *notice;

	if (!array_count(left))
	{
		array_destroy(left);
		return;
	}
	INIT(notice,
		.reason = GKM_NOTICE_PRIMARY,
		.inband = gkm_update_create(),
		.ike_sa_ids = left,
	);
	gkm_update_exclude(notice->inband);
	array_insert(notices, ARRAY_TAIL, notice);
}

/**
 * Take over SAs
 *
 * @param told			receives what members are told, NULL if nothing
 */
static bool follow_sas(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					   time_t now, gkm_notice_t **told, gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_policy_t *policy = rekeying->policy;
	gkm_state_t *state = &snapshot->state;
	bool exclude = state->tree.lineage != rekeying->lineage;
	gkm_carriers_t carriers = {};
	gkm_update_t *update;
	array_t *held;

	held = gkm_news_begin(policy);
	if (snapshot->how->population)
	{
		gkm_carriers_get(&carriers, policy);
	}
	if (!policy->adopt(policy, &state->kept, now, err))
	{
		gkm_carriers_clear(&carriers);
		array_destroy(held);
		return FALSE;
	}
	rekeying->d3p_window = state->tree.d3p_window;
	update = gkm_news_get(held, policy, rekeying->cfg, now);
	*told = snapshot->how->population ?
			tell_population(roster, &carriers, update, exclude, now) :
			tell_inband(roster, update);
	take_rest(roster, &state->tree);
	roster->members->extend(roster->members, gkm_rekeying_end(rekeying));
	return TRUE;
}

/**
 * Are sender IDs of the primary as long as here? Others lead to the same nonces.
 */
static bool check_sender_ids(gkm_cfg_t *cfg, gkm_state_tree_t *tree,
							 gkm_error_t *err)
{
	return !tree->sender_id_bits || !gkm_group_needs_sender_ids(cfg) ||
		   tree->sender_id_bits == cfg->sender_id_bits ||
		   gkm_fail(err, "sender IDs have %u bits instead of %u",
					tree->sender_id_bits, cfg->sender_id_bits);
}

/*
 * Described in header
 */
bool gkm_adopt_follow(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					  bool synced, time_t now, array_t *notices,
					  gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	uint64_t era = rekeying->era, lineage = rekeying->lineage;
	gkm_notice_t *told = NULL;
	gkm_key_forest_t *tree;
	array_t *left;

	if (!check_sender_ids(rekeying->cfg, &snapshot->state.tree, err) ||
		!gkm_adopt_tree_prepare(rekeying, snapshot, &tree, err))
	{
		return FALSE;
	}
	if (snapshot->found && !follow_sas(roster, snapshot, now, &told, err))
	{
		DESTROY_IF(tree);
		return FALSE;
	}
	gkm_adopt_tree_take(rekeying, snapshot, tree, era, lineage);
	left = array_create(sizeof(uint32_t), 0);
	gkm_adopt_members_follow(roster, snapshot, synced, now, left);
	tell_left(left, notices);
	if (told && told->inband)
	{
		gkm_recipients_address_inband(told, roster->members);
	}
	if (told && (told->update || told->push || told->inband))
	{
		array_insert(notices, ARRAY_TAIL, told);
	}
	else
	{
		gkm_notice_destroy(told);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_adopt_hear(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					time_t now, gkm_error_t *err)
{
	gkm_key_forest_t *made;

	if (!gkm_adopt_tree_prepare(roster->rekeying, snapshot, &made, err))
	{
		return FALSE;
	}
	gkm_adopt_members_hear_gone(roster, snapshot);
	gkm_adopt_tree_take(roster->rekeying, snapshot, made, 0, 0);
	gkm_adopt_members_hear(roster, snapshot, now);
	return TRUE;
}
