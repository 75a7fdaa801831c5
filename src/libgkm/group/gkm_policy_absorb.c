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

#include "gkm_policy_absorb.h"
#include "gkm_policy_adopt.h"
#include "gkm_sa_maker.h"

#include "../keys/gkm_keymat.h"

/** Seconds that the end of an SA that both have may differ */
#define TOLERANCE 2

/**
 * Put an SA before the newest one of a slot
 */
static void insert(gkm_policy_slot_t *slot, gkm_policy_sa_t *sa)
{
	gkm_policy_sa_t *newest = gkm_policy_slot_newest(slot);

	if (newest)
	{	/* what a sender got of this one it may get of that one by a rekey */
		newest->sent_on |= sa->sent_on;
		array_remove(slot->sas, ARRAY_TAIL, NULL);
	}
	sa->untold = TRUE;
	array_insert(slot->sas, ARRAY_TAIL, sa);
	if (newest)
	{
		array_insert(slot->sas, ARRAY_TAIL, newest);
	}
}

/**
 * Add an SA that isn't known here
 */
static bool add(gkm_policy_slot_t *slot, gkm_policy_kept_sa_t *kept,
				gkm_spis_t *spis)
{
	proposal_t *proposal = gkm_sa_maker_proposal(slot->cfg->proposals);
	gkm_policy_sa_t *sa = kept->sa;

	if (sa->sa->key.len != gkm_keymat_len(proposal) ||
		!spis->acquire(spis, sa->sa->spi))
	{
		return FALSE;
	}
	kept->sa = NULL;
	sa->cfg = slot->cfg;
	sa->rekey = 0;
	sa->sa->next_spi = 0;
	sa->sa->proposal = proposal->clone(proposal, 0);
	insert(slot, sa);
	return TRUE;
}

/**
 * Members of the other primary send on an SA that is known here, but that ends
 * earlier here, as senders have left it
 */
static bool prolong(gkm_policy_slot_t *slot, gkm_policy_sa_t *held,
					gkm_policy_sa_t *sa)
{
	gkm_policy_sa_t *other;
	int i;

	if (held == gkm_policy_slot_newest(slot) ||
		sa->expires <= held->expires + TOLERANCE)
	{
		return FALSE;
	}
	held->expires = sa->expires;
	for (i = 0; array_get(slot->sas, i, &other) && other != held; i++);
	array_remove(slot->sas, i, NULL);
	insert(slot, held);
	return TRUE;
}

/**
 * Find the first SA that is sent on: the last one that all have changed to
 */
static int find_first(array_t *sas, time_t now)
{
	gkm_policy_sa_t *sa;
	int i, first = 0;

	for (i = 0; array_get(sas, i, &sa); i++)
	{
		if (sa->activates <= now)
		{
			first = i;
		}
	}
	return first;
}

/**
 * From the first SA on that is sent on here, all are
 */
static void set_in_use(gkm_policy_slot_t *slot, gkm_policy_sa_t *first,
					   bool both, time_t now)
{
	gkm_policy_sa_t *sa, *newest = gkm_policy_slot_newest(slot);
	bool found = FALSE;
	int i;

	for (i = 0; array_get(slot->sas, i, &sa); i++)
	{
		if (found)
		{
			sa->activates = max(sa->activates, newest->expires);
		}
		else if (sa == first || sa->untold)
		{
			found = TRUE;
			sa->activates = min(sa->activates, now);
		}
		sa->untold |= found && both;
	}
}

/**
 * Add the SAs that belong to a slot
 *
 * @param theirs	gkm_policy_kept_sa_t*, oldest first
 */
static void absorb(gkm_policy_slot_t *slot, array_t *theirs, gkm_spis_t *spis,
				   bool both, time_t now)
{
	gkm_policy_sa_t *first = NULL, *held;
	gkm_policy_kept_sa_t *kept;
	bool changed = FALSE;
	array_t *sas;
	int i;

	array_get(slot->sas, find_first(slot->sas, now), &first);
	sas = array_create(0, 0);
	for (i = 0; array_get(theirs, i, &kept); i++)
	{
		array_insert(sas, ARRAY_TAIL, kept->sa);
	}
	for (i = find_first(sas, now); array_get(theirs, i, &kept); i++)
	{
		held = gkm_policy_find_sa(slot, kept->sa->sa);
		changed |= held ? prolong(slot, held, kept->sa) :
						  add(slot, kept, spis);
	}
	array_destroy(sas);
	if (changed)
	{
		set_in_use(slot, first, both, now);
	}
}

/*
 * Described in header
 */
void gkm_policy_absorb(array_t *slots, gkm_spis_t *spis,
					   gkm_policy_kept_t *kept, bool both, time_t now)
{
	gkm_policy_kept_sa_t *sa;
	gkm_policy_slot_t *slot;
	array_t *theirs;
	int i, j;

	for (i = 0; array_get(slots, i, &slot); i++)
	{
		theirs = array_create(0, 0);
		for (j = 0; array_get(kept->sas, j, &sa); j++)
		{
			if (sa->sa && sa->sa->expires > now &&
				gkm_policy_find_slot(slots, sa->sa->sa, sa->proposal) == slot)
			{
				array_insert(theirs, ARRAY_TAIL, sa);
			}
		}
		absorb(slot, theirs, spis, both, now);
		array_destroy(theirs);
	}
}
