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

#include "gkm_policy_renewal.h"

/*
 * Described in header
 */
u_int gkm_policy_sas_max(gkm_cfg_t *cfg)
{
	gkm_cfg_sa_t *sa;
	u_int slots = 0;
	int i;

	for (i = 0; array_get(cfg->sas, i, &sa); i++)
	{
		slots += array_count(sa->src) * array_count(sa->dst);
	}
	return max(2, min(GKM_POLICY_SAS_TOTAL / slots, GKM_POLICY_SAS_MAX));
}

/*
 * Described in header
 */
void gkm_policy_delete_sa(gkm_update_t *update, gkm_policy_sa_t *sa)
{
	proposal_t *proposal = sa->sa->proposal;

	gkm_update_delete(update, proposal->get_protocol(proposal), sa->sa->spi);
}

/**
 * Bring the end of an SA forward, and tell members
 */
static void retire(gkm_cfg_t *cfg, gkm_policy_sa_t *sa,
				   gkm_renewal_t renewal, time_t now, gkm_update_t *update,
				   gkm_timing_t *timing)
{
	uint32_t remaining = sa->expires > now ? sa->expires - now : 0, span;

	gkm_timing_get(cfg, renewal, remaining, sa->cfg->life_time, timing);
	if (timing->left < remaining)
	{
		if (!sa->untold)
		{
			gkm_policy_delete_sa(update, sa);
		}
		span = renewal == GKM_RENEWAL_AT_ONCE ? 0 :
											gkm_timing_span(&cfg->rekey);
		sa->expires = min(sa->expires, now + span + timing->left);
	}
}

/**
 * Are those that know the keys not to be trusted with them any more?
 */
static bool is_urgent(gkm_renewal_t renewal)
{
	return renewal == GKM_RENEWAL_EXCLUDING || renewal == GKM_RENEWAL_AT_ONCE;
}

/**
 * Say when senders have to have left an SA for the one that was made: of all
 * pairs of selectors, and of all that are sent on, the first to end counts
 */
static void set_activation(gkm_cfg_t *cfg, gkm_policy_sa_t *made,
						   gkm_policy_sa_t *sa, gkm_renewal_t renewal,
						   gkm_timing_t *timing, time_t now,
						   gkm_download_t *download)
{
	time_t activates = now + timing->atd;

	download->atd = download->atd ? min(download->atd, timing->atd) :
									timing->atd;
	activates += renewal == GKM_RENEWAL_AT_ONCE ? 0 :
										gkm_timing_span(&cfg->rekey);
	activates = min(activates, sa->expires);
	made->activates = made->activates > now ? min(made->activates, activates) :
											  activates;
}

/**
 * Bring the end of SAs forward that were made before the newest one
 */
static void retire_sas(gkm_policy_slot_t *slot, gkm_cfg_t *cfg,
					   gkm_renewal_t renewal, time_t now,
					   gkm_update_t *update)
{
	gkm_download_t *download = update->download;
	gkm_timing_t timing;
	gkm_policy_sa_t *sa, *made = gkm_policy_slot_newest(slot);
	int i, last = array_count(slot->sas) - 2;

	for (i = last; i >= 0; i--)
	{
		array_get(slot->sas, i, &sa);
		if (sa->expires > now)
		{
			retire(cfg, sa, renewal, now, update, &timing);
			download->dtd = max(download->dtd, timing.dtd);
			if (i == last || renewal == GKM_RENEWAL_MERGING)
			{
				set_activation(cfg, made, sa, renewal, &timing, now, download);
			}
		}
		if (is_urgent(renewal))
		{
			continue;
		}
		if (renewal != GKM_RENEWAL_MERGING || sa->activates <= now)
		{	/* those before end by themselves, senders have left them */
			break;
		}
	}
	for (i = max(i, 0) + 1; renewal == GKM_RENEWAL_MERGING && i <= last; i++)
	{	/* until all have left these for the new one, all are in use */
		array_get(slot->sas, i, &sa);
		sa->activates = made->activates;
	}
}

/**
 * Tell members of SAs that they have to receive on, as members of another
 * primary send on them
 */
static void tell_absorbed(gkm_policy_slot_t *slot, time_t now,
						  gkm_update_t *update)
{
	gkm_policy_sa_t *sa;
	int i;

	for (i = 0; array_get(slot->sas, i, &sa); i++)
	{
		if (sa->untold && sa->expires > now)
		{
			array_insert(update->download->sas, ARRAY_TAIL,
						 gkm_policy_sa_clone(sa, now));
		}
		sa->untold = FALSE;
	}
}

/**
 * Make sure that a slot has room for another SA
 */
static bool make_room(gkm_policy_slot_t *slot, gkm_cfg_t *cfg,
					  gkm_spis_t *spis, gkm_renewal_t renewal, time_t now,
					  gkm_update_t *update, gkm_error_t *err)
{
	gkm_policy_sa_t *oldest;

	if (renewal == GKM_RENEWAL_MERGING)
	{	/* one of each primary, and the one that is made */
		while (array_count(slot->sas) >= max(gkm_policy_sas_max(cfg), 3))
		{
			array_get(slot->sas, ARRAY_HEAD, &oldest);
			if (!oldest->untold)
			{
				gkm_policy_delete_sa(update, oldest);
			}
			gkm_policy_slot_drop_oldest(slot, spis);
		}
		return TRUE;
	}
	if (array_count(slot->sas) < gkm_policy_sas_max(cfg) ||
		renewal == GKM_RENEWAL_AT_ONCE)
	{
		return TRUE;
	}
	if (is_urgent(renewal))
	{	/* members that were told keep it as long as they have to */
		array_get(slot->sas, ARRAY_HEAD, &oldest);
		gkm_policy_delete_sa(update, oldest);
		gkm_policy_slot_drop_oldest(slot, spis);
		return TRUE;
	}
	slot->rekey = now + GKM_POLICY_RETRY;
	return gkm_fail(err, "the last %u SAs of section %s are still in use",
					array_count(slot->sas), slot->cfg->name);
}

/*
 * Described in header
 */
bool gkm_policy_renew_slot(gkm_policy_slot_t *slot, gkm_cfg_t *cfg,
						   gkm_spis_t *spis, gkm_renewal_t renewal, time_t now,
						   gkm_update_t *update, gkm_error_t *err)
{
	gkm_policy_sa_t *sa;

	if (!make_room(slot, cfg, spis, renewal, now, update, err))
	{
		return FALSE;
	}
	sa = gkm_policy_slot_make(slot, spis, now, err);
	if (!sa)
	{
		slot->rekey = now + GKM_POLICY_RETRY;
		tell_absorbed(slot, now, update);
		return FALSE;
	}
	retire_sas(slot, cfg, renewal, now, update);
	tell_absorbed(slot, now, update);
	array_insert(update->download->sas, ARRAY_TAIL,
				 gkm_policy_sa_clone(sa, now));
	return TRUE;
}
