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

#include "gkm_merge.h"
#include "gkm_adopt_members.h"
#include "gkm_adopt_tree.h"

/**
 * Exclude all members of this primary; the other one excludes its own when it
 * hears of that
 *
 * @return			FALSE if an SA couldn't be replaced
 */
static bool exclude_all(gkm_roster_t *roster, time_t now, array_t *notices,
						gkm_error_t *err)
{
	int before = array_count(notices);
	bool replaced;

	replaced = gkm_rekeying_exclude_all(roster->rekeying, GKM_NOTICE_MERGE, now,
										notices, err);
	gkm_roster_told(roster, now, notices, before);
	return replaced;
}

/**
 * Go on with message IDs that members of the other primary take as well, where
 * both have the same rekey SA
 *
 * @return			TRUE if there is such a rekey SA
 */
static bool share_rekeys(gkm_rekeying_t *rekeying, gkm_policy_kept_t *kept)
{
	gkm_policy_t *policy = rekeying->policy;

	if (!policy->catch_up(policy, kept))
	{
		return FALSE;
	}
	policy->take_over(policy, rekeying->cfg->coop.id, rekeying->epoch);
	return TRUE;
}

/**
 * Tell members of data SAs of the other primary, and of new ones
 */
static void tell(gkm_roster_t *roster, gkm_snapshot_t *snapshot, time_t now,
				 array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = roster->rekeying->policy;
	gkm_policy_kept_t *kept = &snapshot->state.kept;
	int before = array_count(notices);
	bool shared;

	shared = share_rekeys(roster->rekeying, kept);
	policy->absorb(policy, kept, shared, now);
	/* if an SA can't be made it is tried again */
	policy->hurry(policy, now);
	gkm_rekeying_run(roster->rekeying, GKM_RENEWAL_MERGING, GKM_NOTICE_MERGE,
					 now, notices, err);
	gkm_roster_told(roster, now, notices, before);
	policy->expire(policy, now);
}

/*
 * Described in header
 */
bool gkm_merge(gkm_roster_t *roster, gkm_snapshot_t *snapshot, time_t now,
			   array_t *notices, bool *excluded, gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_key_forest_t *made;

	if (snapshot->state.tree.lineage != rekeying->lineage)
	{
		*excluded = exclude_all(roster, now, notices, err);
		return TRUE;
	}
	if (!gkm_adopt_tree_prepare(rekeying, snapshot, &made, err))
	{
		return FALSE;
	}
	gkm_adopt_members_hear_gone(roster, snapshot);
	tell(roster, snapshot, now, notices, err);
	/* what was said isn't for those that come now, who don't understand it */
	gkm_adopt_tree_take(rekeying, snapshot, made, 0, 0);
	gkm_adopt_members_unite(roster, snapshot, now);
	/* who left the other one, and may have read what that tells its members */
	rekeying->departed |= snapshot->state.tree.stale;
	rekeying->changed = TRUE;
	return TRUE;
}
