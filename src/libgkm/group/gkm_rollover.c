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

#include "gkm_rollover.h"
#include "gkm_algs.h"
#include "gkm_member_state.h"

/** Senders leave an SA when this part of its lifetime is left, in percent */
#define LEAD 2

/** But not earlier than this, milliseconds */
#define LEAD_MAX 10000

/*
 * Described in header
 */
void gkm_rollover_set_lifetime(gkm_rollover_t *this, uint32_t lifetime,
							   uint64_t now)
{
	uint64_t ms = (uint64_t)lifetime * 1000;

	this->expires = ms ? now + ms : 0;
	this->lifetime = max(this->lifetime, ms);
	this->deleted = FALSE;
}

/*
 * Described in header
 */
void gkm_rollover_delete(gkm_rollover_t *this, uint64_t delay, uint64_t now)
{
	this->expires = gkm_member_earlier(this->expires, now + delay);
	this->deleted = TRUE;
}

/*
 * Described in header
 */
void gkm_rollover_hand_over(gkm_rollover_t *this, gkm_rollover_t *next,
							uint64_t delay, uint64_t now)
{
	gkm_rollover_delete(this, delay, now);
	next->activate = now + delay;
}

/*
 * Described in header
 */
bool gkm_rollover_same_traffic(gkm_rollover_t *this, gkm_rollover_t *other)
{
	return this->sa->src->equals(this->sa->src, other->sa->src) &&
		   this->sa->dst->equals(this->sa->dst, other->sa->dst) &&
		   chunk_compare(this->sa->oid, other->sa->oid) == 0 &&
		   chunk_compare(this->sa->oid_data, other->sa->oid_data) == 0;
}

/*
 * Described in header
 */
void gkm_rollover_inherit(array_t *sas, gkm_data_sa_t *sa)
{
	gkm_rollover_t *current, traffic = { .sa = sa };
	int i;

	for (i = array_count(sas) - 1;
		 sa->direction == GKM_SYMMETRIC && i >= 0; i--)
	{
		array_get(sas, i, &current);
		if (!gkm_rollover_same_traffic(current, &traffic))
		{
			continue;
		}
		if (current->sa->direction == GKM_SENDER_ONLY ||
			current->sa->direction == GKM_RECEIVER_ONLY)
		{
			sa->direction = current->sa->direction;
			sa->proposal = gkm_proposal_set_sn(sa->proposal, GKM_SN_SEQUENTIAL);
		}
		break;
	}
}

/**
 * When a sender leaves an SA because of its lifetime, 0 if not limited
 */
static uint64_t leave_at(gkm_rollover_t *this)
{
	uint64_t lead = gkm_rollover_lead(this->lifetime);

	return this->expires > lead ? this->expires - lead : this->expires;
}

/**
 * Is an SA to be left, if there is another one?
 */
static bool is_ending(gkm_rollover_t *this, uint64_t now)
{
	return this->deleted || this->used_up ||
		  (this->expires && now >= leave_at(this));
}

/**
 * Is an SA to be sent on rather than an older one? Once it is there is no way
 * back: others may have been told to delete the older one.
 */
static bool is_better(gkm_rollover_t *this, gkm_rollover_t *older, uint64_t now)
{
	if (older->spent)
	{
		return TRUE;
	}
	return this->activate ? now >= this->activate : is_ending(older, now);
}

/*
 * Described in header
 */
gkm_rollover_t *gkm_rollover_sender(array_t *sas, gkm_rollover_t *traffic,
									uint64_t now)
{
	enumerator_t *enumerator;
	gkm_rollover_t *current, *found = NULL;

	enumerator = array_create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->out && gkm_rollover_same_traffic(current, traffic) &&
			(!found || is_better(current, found, now)))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * The earlier of two times that are later than now, 0 being never
 */
static uint64_t earlier_future(uint64_t due, uint64_t time, uint64_t now)
{
	return time > now ? gkm_member_earlier(due, time) : due;
}

/*
 * Described in header
 */
uint64_t gkm_rollover_due(array_t *sas, uint64_t now)
{
	enumerator_t *enumerator;
	gkm_rollover_t *current;
	uint64_t due = 0;

	enumerator = array_create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &current))
	{
		due = earlier_future(due, current->expires, now);
		if (current->out)
		{
			due = earlier_future(due, leave_at(current), now);
			due = earlier_future(due, current->activate, now);
		}
	}
	enumerator->destroy(enumerator);
	return due;
}

/**
 * When does the last of the SAs with the selectors of one of them end?
 */
static uint64_t last_end(array_t *sas, gkm_rollover_t *sa)
{
	enumerator_t *enumerator;
	gkm_rollover_t *current;
	uint64_t end = sa->expires;

	enumerator = array_create_enumerator(sas);
	while (end && enumerator->enumerate(enumerator, &current))
	{
		if (!current->deleted && gkm_rollover_same_traffic(current, sa) &&
			(!current->expires || current->expires > end))
		{
			end = current->expires;
		}
	}
	enumerator->destroy(enumerator);
	return end;
}

/*
 * Described in header
 */
uint64_t gkm_rollover_end(array_t *sas)
{
	enumerator_t *enumerator;
	gkm_rollover_t *current;
	uint64_t end = 0;

	enumerator = array_create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (!current->deleted)
		{
			end = gkm_member_earlier(end, last_end(sas, current));
		}
	}
	enumerator->destroy(enumerator);
	return end;
}

/*
 * Described in header
 */
uint64_t gkm_rollover_lead(uint64_t lifetime)
{
	return min(lifetime * LEAD / 100, LEAD_MAX);
}
