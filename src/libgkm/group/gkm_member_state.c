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

/** Excluded members wait between these times before they come back */
#define EXCLUDED_FROM 1000
#define EXCLUDED_TO 5000

/** Members that missed something ask for it between these times later */
#define MISSED_FROM 5000
#define MISSED_TO 10000

/** Members whose key server is gone ask for others between these times later,
 *  the latter in proportion to the time left */
#define LOST_FROM 1000
#define LOST_TO_MIN 5000
#define LOST_TO_MAX 60000
#define LOST_TO_PART 100

/** Members that used an SA up ask for another one within this time */
#define USED_UP_TO 1000

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
 * A time and up to a quarter more
 */
static uint64_t jitter(uint64_t time, uint32_t random)
{
	return time + part(time / 4, random);
}

/**
 * Begin a round
 */
static bool begin_round(gkm_member_state_t *this, gkm_member_phase_t phase)
{
	this->phase = phase;
	this->tried = 0;
	this->due = 0;
	this->patience = 0;
	return TRUE;
}

/**
 * A random time between two others
 */
static uint64_t between(uint64_t from, uint64_t to, uint32_t random)
{
	return from + part(to - from, random);
}

/**
 * Wait after a round, or before the first one
 */
static bool wait_for_round(gkm_member_state_t *this, gkm_member_phase_t phase,
						   uint64_t now, uint32_t random)
{
	this->phase = phase;
	this->tried = 0;
	this->due = now + jitter(this->retry, random);
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
	this->patience = 0;
	if (++this->tried < this->servers)
	{
		this->phase = next;
		return TRUE;
	}
	return wait_for_round(this, last, now, random);
}

/**
 * When to ask for other keys, 0 if these aren't limited
 */
static uint64_t get_due(uint64_t now, uint32_t lifetime, uint32_t random)
{
	uint64_t ms = (uint64_t)lifetime * 1000;

	return ms ? now + between(ms * REREGISTER_FROM / 100,
							  ms * REREGISTER_TO / 100, random) : 0;
}

/**
 * Keys are in use
 */
static bool accepted(gkm_member_state_t *this, uint64_t now, uint32_t lifetime,
					 uint32_t random)
{
	this->phase = GKM_MEMBER_REGISTERED;
	this->tried = 0;
	this->patience = 0;
	this->retry = this->retry_min;
	this->missed = FALSE;
	this->due = get_due(now, lifetime, random);
	return FALSE;
}

/**
 * A rekey changed how long keys will do: that is a reason not to ask a server,
 * unless there are others to do so
 */
static bool rekeyed(gkm_member_state_t *this, uint64_t now, uint32_t lifetime,
					uint32_t random)
{
	uint64_t due = this->due;

	if (!this->missed)
	{
		return accepted(this, now, lifetime, random);
	}
	if (this->phase == GKM_MEMBER_REGISTERED)
	{
		this->due = gkm_member_earlier(due, get_due(now, lifetime, random));
	}
	return FALSE;
}

/**
 * Something was missed or used up
 *
 * @param due		when to ask a server
 */
static bool missed(gkm_member_state_t *this, uint64_t due)
{
	this->missed = TRUE;
	if (this->phase == GKM_MEMBER_REGISTERED)
	{
		this->due = gkm_member_earlier(this->due, due);
	}
	return FALSE;
}

/**
 * The key server is gone, others aren't
 */
static bool lost(gkm_member_state_t *this, uint64_t now, uint32_t lifetime,
				 uint32_t random)
{
	uint64_t to = (uint64_t)lifetime * 1000 / LOST_TO_PART;

	to = max(LOST_TO_MIN, min(to, LOST_TO_MAX));
	if (!this->missed)
	{	/* once */
		this->server = (this->server + 1) % this->servers;
	}
	return missed(this, now + between(LOST_FROM, to, random));
}

/**
 * Keys are gone by the key server's will
 */
static bool excluded(gkm_member_state_t *this, uint64_t now, uint32_t random)
{
	this->phase = GKM_MEMBER_WAITING;
	this->tried = 0;
	this->patience = 0;
	this->missed = FALSE;
	this->due = now + between(EXCLUDED_FROM, EXCLUDED_TO, random);
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_member_has_keys(gkm_member_state_t *this)
{
	return this->phase == GKM_MEMBER_REGISTERED ||
		   this->phase == GKM_MEMBER_REREGISTERING;
}

/*
 * Described in header
 */
bool gkm_member_state_event(gkm_member_state_t *this, gkm_member_event_t event,
							uint64_t now, uint32_t lifetime, uint32_t random)
{
	bool running = this->phase == GKM_MEMBER_REGISTERING ||
				  (this->phase == GKM_MEMBER_REREGISTERING && !this->due);
	bool keys = gkm_member_has_keys(this);

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
				running = TRUE;
			}
			if (running && this->servers > 1)
			{
				this->patience = now + jitter(this->retry, random);
			}
			return FALSE;
		case GKM_MEMBER_ACCEPTED:
			return running && accepted(this, now, lifetime, random);
		case GKM_MEMBER_ACCEPTED_LATE:
			return this->phase != GKM_MEMBER_LEFT &&
				   accepted(this, now, lifetime, random);
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
			return keys && excluded(this, now, random);
		case GKM_MEMBER_LOST:
			return keys && !running && lost(this, now, lifetime, random);
		case GKM_MEMBER_REKEYED:
			return keys && !running && rekeyed(this, now, lifetime, random);
		case GKM_MEMBER_MISSED:
			return keys && !running && missed(this,
								now + between(MISSED_FROM, MISSED_TO, random));
		case GKM_MEMBER_USED_UP:
			return keys && !running && missed(this,
								now + between(0, USED_UP_TO, random));
		case GKM_MEMBER_LEAVE:
			this->phase = GKM_MEMBER_LEFT;
			this->tried = 0;
			this->server = 0;
			this->due = 0;
			this->patience = 0;
			this->retry = this->retry_min;
			this->missed = FALSE;
			return FALSE;
	}
	return FALSE;
}

/*
 * Described in header
 */
uint64_t gkm_member_earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}
