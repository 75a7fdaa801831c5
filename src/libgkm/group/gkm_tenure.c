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

#include "gkm_tenure.h"
#include "gkm_merge.h"

/*
 * Described in header
 */
void gkm_tenure_begin(gkm_tenure_t *this, gkm_cfg_t *cfg)
{
	*this = (gkm_tenure_t){
		.duty = cfg->coop.id ? GKM_DUTY_WAITING : GKM_DUTY_PRIMARY,
		.synced = !cfg->coop.id,
	};
}

/*
 * Described in header
 */
bool gkm_tenure_is_primary(gkm_tenure_t *this, gkm_error_t *err)
{
	return this->duty == GKM_DUTY_PRIMARY ||
		   gkm_fail(err, "this key server isn't primary, but %N",
					gkm_duty_names, this->duty);
}

/*
 * Described in header
 */
bool gkm_tenure_serves(gkm_tenure_t *this, gkm_error_t *err)
{
	return (this->duty != GKM_DUTY_WAITING && this->synced) ||
		   gkm_fail(err, "this key server doesn't know yet what others have");
}

/**
 * Members have SAs of another primary: give them others, and don't wait for
 * acknowledgements of what that sent
 */
static void take_over(gkm_roster_t *roster, time_t now, array_t *notices,
					  gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_policy_t *policy = rekeying->policy;
	int before = array_count(notices);

	roster->pushes.open = FALSE;
	policy->take_over(policy, rekeying->cfg->coop.id);
	/* if an SA can't be made it is tried again */
	policy->hurry(policy, now);
	gkm_rekeying_run(rekeying, GKM_RENEWAL_REQUESTED, GKM_NOTICE_TAKEOVER, now,
					 notices, err);
	gkm_roster_told(roster, now, notices, before);
	policy->expire(policy, now);
}

/*
 * Described in header
 */
void gkm_tenure_set(gkm_tenure_t *this, gkm_roster_t *roster, gkm_duty_t duty,
					uint64_t epoch, bool takeover, time_t now,
					array_t *notices, gkm_error_t *err)
{
	this->duty = duty;
	this->requests = 0;
	switch (duty)
	{
		case GKM_DUTY_WAITING:
			this->synced = FALSE;
			break;
		case GKM_DUTY_PRIMARY:
			this->synced = TRUE;
			this->sender_waits = FALSE;
			roster->rekeying->epoch = epoch;
			roster->rekeying->changed = TRUE;
			if (takeover)
			{
				take_over(roster, now, notices, err);
			}
			return;
		default:
			break;
	}
	/* acknowledgements are for the primary */
	roster->pushes.open = FALSE;
}

/**
 * Take over what was read
 */
static bool adopt(gkm_tenure_t *this, gkm_roster_t *roster,
				  gkm_snapshot_t *snapshot, time_t now, array_t *notices,
				  bool *renewed, gkm_error_t *err)
{
	switch (snapshot->how->kind)
	{
		case GKM_ADOPT_ALL:
			if (!gkm_adopt_follow(roster, snapshot, this->synced, now, notices,
								  err))
			{
				return FALSE;
			}
			if (this->duty == GKM_DUTY_PRIMARY)
			{
				this->duty = GKM_DUTY_SECONDARY;
			}
			this->synced = TRUE;
			return TRUE;
		case GKM_ADOPT_CHANGES:
			return (this->duty != GKM_DUTY_PRIMARY && this->synced) ?
					gkm_adopt_follow(roster, snapshot, TRUE, now, notices,
									 err) :
					gkm_fail(err, "changes of SAs that aren't known");
		case GKM_ADOPT_MEMBERS:
			return gkm_tenure_is_primary(this, err) &&
				   gkm_adopt_hear(roster, snapshot, now, err);
		default:
			return gkm_tenure_is_primary(this, err) &&
				   gkm_merge(roster, snapshot, now, notices, renewed, err);
	}
}

/*
 * Described in header
 */
bool gkm_tenure_adopt(gkm_tenure_t *this, gkm_roster_t *roster,
					  gkm_adoption_t *how, gkm_record_list_t *records,
					  time_t now, array_t *notices, bool *renewed,
					  gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	uint64_t era = rekeying->era;
	bool known = rekeying->epoch != 0, success;
	gkm_snapshot_t snapshot;

	if (!gkm_snapshot_read(&snapshot, how, records, now, err))
	{
		return FALSE;
	}
	success = adopt(this, roster, &snapshot, now, notices, renewed, err);
	gkm_snapshot_clear(&snapshot);
	if (success && this->duty != GKM_DUTY_PRIMARY && era != rekeying->era)
	{	/* who doesn't know what it had before may have given out some on the
		 * SAs there are now */
		*renewed = known;
	}
	return success;
}

/*
 * Described in header
 */
time_t gkm_tenure_next_due(gkm_tenure_t *this, gkm_roster_t *roster)
{
	gkm_policy_t *policy = roster->rekeying->policy;
	gkm_policy_sa_t *sa;
	enumerator_t *enumerator;
	time_t due = GKM_TIME_MAX;

	if (this->duty == GKM_DUTY_PRIMARY)
	{
		return this->requests ? 0 :
				min(policy->next_due(policy),
					gkm_pushes_next_due(&roster->pushes,
										roster->rekeying->cfg));
	}
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		due = min(due, sa->expires);
	}
	enumerator->destroy(enumerator);
	return due;
}
