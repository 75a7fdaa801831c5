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

#include "gkm_member_state.h"

/** Members re-register between these parts of a lifetime, in percent */
#define REREGISTER_FROM 88
#define REREGISTER_TO 96

/** Senders leave an SA when this part of its lifetime is left, in percent */
#define SWITCH_LEAD 2

/** But not earlier than this, milliseconds */
#define SWITCH_LEAD_MAX 10000

ENUM(gkm_member_phase_names, GKM_MEMBER_LEFT, GKM_MEMBER_REREGISTERING,
	"left",
	"searching",
	"registering",
	"waiting",
	"registered",
	"re-registering",
);

/*
 * Described in header
 */
void gkm_member_state_init(gkm_member_state_t *this, u_int servers,
						   uint32_t retry_min, uint32_t retry_max)
{
	*this = (gkm_member_state_t){
		.phase = GKM_MEMBER_LEFT,
		.servers = servers,
		.retry_min = (uint64_t)retry_min * 1000,
		.retry_max = (uint64_t)max(retry_min, retry_max) * 1000,
		.retry = (uint64_t)retry_min * 1000,
	};
}

/**
 * A random part of a time, from 0 to all of it
 */
static uint64_t part(uint64_t time, uint32_t random)
{
	return time / UINT32_MAX * random + time % UINT32_MAX * random / UINT32_MAX;
}

/**
 * Begin a round
 */
static bool begin_round(gkm_member_state_t *this, gkm_member_phase_t phase)
{
	this->phase = phase;
	this->tried = 0;
	this->due = 0;
	return TRUE;
}

/**
 * Wait after a round, or before the first one
 */
static bool wait_for_round(gkm_member_state_t *this, gkm_member_phase_t phase,
						   uint64_t now, uint32_t random)
{
	this->phase = phase;
	this->tried = 0;
	this->due = now + this->retry + part(this->retry / 4, random);
	this->retry = min(this->retry * 2, this->retry_max);
	return FALSE;
}

/**
 * A server failed: take the next one, or wait if this was the last
 *
 * @param next		phase if there is another one
 * @param last		phase if there is none
 */
static bool next_server(gkm_member_state_t *this, gkm_member_phase_t next,
						gkm_member_phase_t last, uint64_t now, uint32_t random)
{
	this->server = (this->server + 1) % this->servers;
	if (++this->tried < this->servers)
	{
		this->phase = next;
		return TRUE;
	}
	return wait_for_round(this, last, now, random);
}

/**
 * Keys are in use: when to ask for others
 */
static bool accepted(gkm_member_state_t *this, uint64_t now, uint32_t lifetime,
					 uint32_t random)
{
	uint64_t ms = (uint64_t)lifetime * 1000;

	this->phase = GKM_MEMBER_REGISTERED;
	this->tried = 0;
	this->retry = this->retry_min;
	this->due = 0;
	if (ms)
	{
		this->due = now + ms * REREGISTER_FROM / 100 +
					part(ms * (REREGISTER_TO - REREGISTER_FROM) / 100, random);
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_member_state_event(gkm_member_state_t *this, gkm_member_event_t event,
							uint64_t now, uint32_t lifetime, uint32_t random)
{
	bool running = this->phase == GKM_MEMBER_REGISTERING ||
				  (this->phase == GKM_MEMBER_REREGISTERING && !this->due);
	bool keys = this->phase == GKM_MEMBER_REGISTERED ||
				this->phase == GKM_MEMBER_REREGISTERING;

	switch (event)
	{
		case GKM_MEMBER_START:
			if (running || this->phase == GKM_MEMBER_SEARCHING)
			{
				return FALSE;
			}
			return begin_round(this, keys ? GKM_MEMBER_REREGISTERING
										  : GKM_MEMBER_SEARCHING);
		case GKM_MEMBER_ATTEMPT:
			if (this->phase == GKM_MEMBER_SEARCHING)
			{
				this->phase = GKM_MEMBER_REGISTERING;
			}
			return FALSE;
		case GKM_MEMBER_ACCEPTED:
			return running && accepted(this, now, lifetime, random);
		case GKM_MEMBER_FAILED:
			if (!running)
			{
				return FALSE;
			}
			return keys ? next_server(this, GKM_MEMBER_REREGISTERING,
									GKM_MEMBER_REREGISTERING, now, random)
						: next_server(this, GKM_MEMBER_SEARCHING,
									GKM_MEMBER_WAITING, now, random);
		case GKM_MEMBER_TIMER:
			if (!this->due || now < this->due)
			{
				return FALSE;
			}
			return begin_round(this, keys ? GKM_MEMBER_REREGISTERING
										  : GKM_MEMBER_SEARCHING);
		case GKM_MEMBER_EXPIRED:
			if (keys && running)
			{
				this->phase = GKM_MEMBER_REGISTERING;
				return FALSE;
			}
			return keys && begin_round(this, GKM_MEMBER_SEARCHING);
		case GKM_MEMBER_EXCLUDED:
			if (keys && running)
			{
				this->phase = GKM_MEMBER_REGISTERING;
				return FALSE;
			}
			return keys && wait_for_round(this, GKM_MEMBER_WAITING, now,
										  random);
		case GKM_MEMBER_LEAVE:
			this->phase = GKM_MEMBER_LEFT;
			this->tried = 0;
			this->server = 0;
			this->due = 0;
			this->retry = this->retry_min;
			return FALSE;
	}
	return FALSE;
}

/**
 * Is a lifetime shorter than another one, 0 being unlimited?
 */
static bool is_shorter(uint32_t lifetime, uint32_t other)
{
	return lifetime && (!other || lifetime < other);
}

/**
 * Longest lifetime of data SAs with the selectors of one of them
 */
static uint32_t longest_lifetime(array_t *sas, gkm_data_sa_t *sa)
{
	enumerator_t *enumerator;
	gkm_data_sa_t *other;
	uint32_t lifetime = sa->lifetime;

	enumerator = array_create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (sa->src->equals(sa->src, other->src) &&
			sa->dst->equals(sa->dst, other->dst) &&
			is_shorter(lifetime, other->lifetime))
		{
			lifetime = other->lifetime;
		}
	}
	enumerator->destroy(enumerator);
	return lifetime;
}

/*
 * Described in header
 */
uint32_t gkm_member_lifetime(gkm_download_t *download)
{
	enumerator_t *enumerator;
	gkm_data_sa_t *sa;
	uint32_t lifetime = 0, current;

	if (download->rekey)
	{
		lifetime = download->rekey->lifetime;
	}
	enumerator = array_create_enumerator(download->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		current = longest_lifetime(download->sas, sa);
		if (is_shorter(current, lifetime))
		{
			lifetime = current;
		}
	}
	enumerator->destroy(enumerator);
	return lifetime;
}

/*
 * Described in header
 */
uint64_t gkm_member_switch_lead(uint64_t lifetime)
{
	return min(lifetime * SWITCH_LEAD / 100, SWITCH_LEAD_MAX);
}

/*
 * Described in header
 */
uint64_t gkm_member_earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}
