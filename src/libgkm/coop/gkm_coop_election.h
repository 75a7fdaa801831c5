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
 * both halves of a split have to go on rekeying. So whoever hears of no primary
 * becomes one if no other that is reachable is better: higher priority, then
 * higher identity number. Others wait until the better ones had a detection time
 * each to do so. Two primaries that hear of each other become one again: the
 * better one stays, the other one yields. A primary isn't replaced otherwise,
 * unless configured (preempt): then a secondary with a higher priority becomes
 * one beside it, and it yields.
 *
 *            hears a primary, or through another one
 *   WAITING ----------------------------------------> SECONDARY
 *      |                                               |   ^
 *      | none is there, and all are known              |   | yields to a better
 *      | or the time to wait is over                   |   | primary, or reset
 *      +-------------------> PRIMARY <-----------------+   |
 *                               |      primary is lost     |
 *                               +--------------------------+
 *
 * Nobody gives up what members know unless another one knows it as well. A
 * secondary whose primary is lost elects among, and follows, only its kin: those
 * that it heard to follow the same primary in the same epoch, and which have
 * been reachable since, and primaries that these follow. If there is another
 * primary, which comes from elsewhere, one of the kin becomes primary beside it,
 * and then they become one, which tells all members. One that waits has nothing
 * to give up but what it kept from before, and follows any.
 *
 * A secondary that doesn't reach its primary any more, but one that does, leaves
 * all as it is, and follows that one in place of it: what it gets comes one step
 * later. Beyond one such step, and where both were primaries before, there are
 * several primaries that don't hear of each other, until they do.
 *
 * A peer is reachable until nothing was heard of it for misses * heartbeat, the
 * detection time. Time in which this one wasn't called doesn't count: who stood
 * still itself doesn't take all others to be lost.
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
	/** follow .peer: take over all that it has. It is primary, or follows one
	 *  that isn't reachable from here, and says by that what it has of it */
	GKM_COOP_FOLLOW,
	/** this one is a primary, and yields to .peer, a better one: send it all
	 *  (GKM_ADOPT_MERGE), then follow it */
	GKM_COOP_YIELD,
	/** .peer has the number of this one, or of another peer that is reachable:
	 *  it isn't one of the others until it has a number of its own */
	GKM_COOP_CONFLICT,
	/** .peer became reachable, or isn't any more; both if it started anew */
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
	/** PROMOTE: another one was primary before, or may have been while this one
	 *  wasn't there, so that members have to be taken over */
	bool takeover;
};

/**
 * State of an election.
 */
struct gkm_coop_election_t {

	/**
	 * A message of a peer, or its answer to one, was received and is authentic.
	 *
	 * @param peer			its position in the configuration
	 * @param status		what it says of itself
	 * @param now			current time
	 * @return				FALSE if it isn't to be used at all: it is older than
	 *						what was heard before (same boot and no higher seq, or
	 *						for a detection time the boot before), or the peer has
	 *						a number that isn't its own
	 */
	bool (*heard)(gkm_coop_election_t *this, int peer,
				  gkm_coop_status_t *status, uint64_t now);

	/**
	 * A peer said that it stops. For a detection time nothing is heard of it
	 * unless it has started again, with another boot.
	 */
	void (*gone)(gkm_coop_election_t *this, int peer, uint64_t now);

	/**
	 * Find out what to do. To be called after heard(), gone(), followed(),
	 * reset(), and when next_due() has come, until it says STAY, FOLLOW or YIELD.
	 * What it says is taken to be done, except for FOLLOW and YIELD, which are
	 * said again until followed() or another decision.
	 *
	 * @param verdict		receives what to do
	 */
	void (*decide)(gkm_coop_election_t *this, uint64_t now,
				   gkm_coop_verdict_t *verdict);

	/**
	 * All that .peer of FOLLOW or YIELD has was taken over: this one is a
	 * secondary from now on.
	 *
	 * @param peer			peer
	 * @param epoch			its epoch, as it said when it had sent that
	 */
	void (*followed)(gkm_coop_election_t *this, int peer, uint64_t epoch);

	/**
	 * Elect anew among those that are reachable. A primary becomes a secondary
	 * that follows nobody. A secondary elects once it hears that the primary did
	 * so, and follows it anew until then.
	 */
	void (*reset)(gkm_coop_election_t *this, uint64_t now);

	/**
	 * When is decide() to be called next? After a heartbeat at most.
	 *
	 * @return				time, may have passed
	 */
	uint64_t (*next_due)(gkm_coop_election_t *this, uint64_t now);

	/**
	 * Fill in what this one says of itself: version, id, priority, duty,
	 * primary, epoch; all else stays. The primary is one that it hears itself.
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
