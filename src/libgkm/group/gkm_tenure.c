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

#include "../coop/gkm_coop_message.h"

/** Seconds from the registration of a sender that uses GDOI to the rekey that
 *  brings it SAs that it didn't have before */
#define SENDER_DELAY 2

/** Seconds until all members are excluded again because a secondary asks for it,
 *  which may not have heard of the last time yet */
#define REQUEST_PACE 10

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
	policy->take_over(policy, rekeying->cfg->coop.id, rekeying->epoch);
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
			roster->rekeying->d3p_window = roster->rekeying->cfg->d3p_window;
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

/*
 * Described in header
 */
void gkm_tenure_reconfigure(gkm_tenure_t *this, gkm_roster_t *roster,
							gkm_update_t *update, bool plant)
{
	if (plant || !gkm_update_is_empty(update))
	{
		this->synced = FALSE;
	}
	if (plant)
	{
		gkm_rekeying_plant_tree(roster->rekeying, 0);
	}
	gkm_update_destroy(update);
}

/**
 * Take over what was read
 */
static bool adopt(gkm_tenure_t *this, gkm_roster_t *roster,
				  gkm_snapshot_t *snapshot, time_t now, array_t *notices,
				  gkm_error_t *err)
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
				   gkm_merge(roster, snapshot, now, notices, &this->renewing,
							 err);
	}
}

/*
 * Described in header
 */
bool gkm_tenure_adopt(gkm_tenure_t *this, gkm_roster_t *roster,
					  gkm_adoption_t *how, gkm_record_list_t *records,
					  time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	uint64_t era = rekeying->era;
	bool known = rekeying->epoch && this->synced, success;
	gkm_snapshot_t snapshot;

	if (!gkm_snapshot_read(&snapshot, how, records, now, err))
	{
		return FALSE;
	}
	success = adopt(this, roster, &snapshot, now, notices, err);
	if (success && this->duty != GKM_DUTY_PRIMARY)
	{
		/* who doesn't know what it had before, or wasn't there when that ended,
		 * may have given out sender IDs on the SAs there are now */
		this->renewing |= known && era != rekeying->era;
		this->sender_waits &= !snapshot.found;
	}
	gkm_snapshot_clear(&snapshot);
	return success;
}

/**
 * Are sender IDs used up, and is nothing done about it yet?
 */
static bool is_used_up(gkm_tenure_t *this, gkm_roster_t *roster)
{
	return roster->sender_ids->is_exhausted(roster->sender_ids) &&
		   !this->renewing;
}

/*
 * Described in header
 */
u_int gkm_tenure_run(gkm_tenure_t *this, gkm_roster_t *roster, time_t now,
					 array_t *notices, gkm_error_t *err)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_policy_t *policy = rekeying->policy;
	uint32_t requests = this->requests;
	u_int made;

	this->requests = 0;
	if (is_used_up(this, roster) ||
		((requests & GKM_COOP_RENEW_SENDER_IDS) &&
		 now >= this->excluded + REQUEST_PACE))
	{	/* tried again if an SA is left that they were used on */
		this->excluded = now;
		this->renewing = gkm_rekeying_exclude_all(rekeying,
									GKM_NOTICE_SENDER_IDS, now, notices, err);
		return 0;
	}
	if (requests & GKM_COOP_RENEW_FOR_SENDER)
	{
		this->returned |= policy->renew_for_returned(policy, now);
	}
	made = gkm_rekeying_run(rekeying, GKM_RENEWAL_DUE, this->returned ?
							GKM_NOTICE_SENDER : GKM_NOTICE_DUE, now, notices,
							err);
	this->returned = this->returned && !made;
	return made;
}

/*
 * Described in header
 */
bool gkm_tenure_expect(gkm_tenure_t *this, gkm_roster_t *roster,
					   gkm_applicant_t *applicant, gkm_error_t *err)
{
	gkm_policy_t *policy = roster->rekeying->policy;

	if (this->duty == GKM_DUTY_PRIMARY || !applicant->sender ||
		!policy->is_returning(policy, applicant->address))
	{
		return TRUE;
	}
	this->sender_waits = TRUE;
	return gkm_fail(err, "the primary has to replace SAs that the only sender "
					"could begin with anew");
}

/*
 * Described in header
 */
void gkm_tenure_renew_for(gkm_tenure_t *this, gkm_roster_t *roster,
						  gkm_applicant_t *applicant, time_t now,
						  array_t *notices)
{
	gkm_rekeying_t *rekeying = roster->rekeying;
	gkm_policy_t *policy = rekeying->policy;
	bool offered = applicant->protocol == GKM_PROTOCOL_GDOI;
	int before = array_count(notices);

	if (this->duty != GKM_DUTY_PRIMARY || !applicant->sender ||
		!policy->renew_for_sender(policy, applicant->address,
								  offered ? now + SENDER_DELAY : now, now))
	{
		return;
	}
	if (offered)
	{
		this->returned = rekeying->changed = TRUE;
		return;
	}
	gkm_rekeying_run(rekeying, GKM_RENEWAL_DUE, GKM_NOTICE_SENDER, now, notices,
					 NULL);
	gkm_roster_told(roster, now, notices, before);
}

/*
 * Described in header
 */
uint32_t gkm_tenure_get_requests(gkm_tenure_t *this, gkm_roster_t *roster)
{
	uint32_t requests = 0;

	if (this->duty != GKM_DUTY_SECONDARY)
	{
		return 0;
	}
	if (is_used_up(this, roster))
	{
		requests |= GKM_COOP_RENEW_SENDER_IDS;
	}
	if (this->sender_waits)
	{
		requests |= GKM_COOP_RENEW_FOR_SENDER;
	}
	return requests;
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
		return this->requests || is_used_up(this, roster) ? 0 :
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
