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

/**
 * Which of the key servers of a group is its primary. Pure: time comes in as an
 * argument, in milliseconds of a clock that never goes back.
 *
 * There is no majority: with two key servers none is left after one failed, and
 * both halves of a split have to go on rekeying. Whoever doesn't hear of a
 * primary, neither from itself nor from others that are reachable, becomes one
 * if no other that is reachable is better: higher priority, then higher
 * identity number. Two primaries that hear of each other become one again: the
 * better one stays, the other one yields. A primary isn't replaced otherwise,
 * unless configured (preempt).
 *
 * @defgroup gkm_coop_election gkm_coop_election
 * @{ @ingroup libgkm
 */

#ifndef GKM_COOP_ELECTION_H_
#define GKM_COOP_ELECTION_H_

#include "gkm_coop_message.h"

#include "../group/gkm_cfg.h"

typedef struct gkm_coop_election_t gkm_coop_election_t;
typedef struct gkm_coop_verdict_t gkm_coop_verdict_t;
typedef enum gkm_coop_action_t gkm_coop_action_t;

/** What to do now */
enum gkm_coop_action_t {
	/** all stays as it is */
	GKM_COOP_STAY,
	/** become primary */
	GKM_COOP_PROMOTE,
	/** follow the primary .peer: take over all that it has */
	GKM_COOP_FOLLOW,
	/** this one is a primary, and yields to .peer, a better one: send it all
	 *  (GKM_ADOPT_MERGE), then follow it */
	GKM_COOP_YIELD,
	/** .peer has the number of this one: don't talk to it */
	GKM_COOP_CONFLICT,
	/** .peer became reachable, or isn't any more */
	GKM_COOP_REACHED,
	GKM_COOP_LOST,
};

/**
 * Something that happened.
 */
struct gkm_coop_verdict_t {
	gkm_coop_action_t action;
	/** position of the peer in the configuration, -1 if none */
	int peer;
	/** PROMOTE: another one was primary before, so that its members have to be
	 *  taken over */
	bool takeover;
};

/**
 * State of an election.
 */
struct gkm_coop_election_t {

	/**
	 * A message of a peer was received and is authentic and new.
	 *
	 * @param peer			its position in the configuration
	 * @param status		what it says of itself
	 * @param now			current time
	 */
	void (*heard)(gkm_coop_election_t *this, int peer,
				  gkm_coop_status_t *status, uint64_t now);

	/**
	 * A peer said that it stops.
	 */
	void (*gone)(gkm_coop_election_t *this, int peer, uint64_t now);

	/**
	 * Find out what to do. To be called after heard() and when next_due() has
	 * come, until it says GKM_COOP_STAY. What it says is taken to be done, except
	 * for FOLLOW and YIELD, which are said again until followed() or another
	 * decision.
	 *
	 * @param verdict		receives what to do
	 */
	void (*decide)(gkm_coop_election_t *this, uint64_t now,
				   gkm_coop_verdict_t *verdict);

	/**
	 * All that the primary has was taken over.
	 *
	 * @param peer			primary
	 * @param epoch			its epoch
	 */
	void (*followed)(gkm_coop_election_t *this, int peer, uint64_t epoch);

	/**
	 * Give up any role, and elect anew among those that are reachable, by
	 * priority.
	 */
	void (*reset)(gkm_coop_election_t *this, uint64_t now);

	/**
	 * When is decide() to be called next?
	 */
	uint64_t (*next_due)(gkm_coop_election_t *this, uint64_t now);

	/**
	 * Fill in what this one says of itself: version, id, priority, duty,
	 * primary, epoch.
	 */
	void (*get_status)(gkm_coop_election_t *this, gkm_coop_status_t *status);

	/**
	 * What is known of a peer.
	 *
	 * @param status		receives what it said last, all 0 if nothing
	 * @return				TRUE if it is reachable
	 */
	bool (*get_peer)(gkm_coop_election_t *this, int peer,
					 gkm_coop_status_t *status);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_coop_election_t *this);
};

/**
 * Begin waiting for other key servers.
 *
 * @param cfg			configuration: id, priority, preempt, peers, heartbeat,
 *						misses, wait; cloned
 * @param epoch			epoch of what was kept, 0 if nothing was
 * @param now			current time
 */
gkm_coop_election_t *gkm_coop_election_create(gkm_cfg_coop_t *cfg,
											  uint64_t epoch, uint64_t now);

#endif /** GKM_COOP_ELECTION_H_ @}*/
