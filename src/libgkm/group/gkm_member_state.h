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
 * Life of a member in a group. Pure: times and random numbers come in, what
 * to do comes out.
 *
 *   LEFT --START--> SEARCHING --ATTEMPT--> REGISTERING --ACCEPTED--> REGISTERED
 *                    ^     ^                |       |                 |     ^
 *                    |     |  FAILED, there |       | FAILED,   TIMER,|     |
 *                    |     +--is another----+       | that was  START |  ACCEPTED
 *                    |        server                v the last        v     |
 *                    +--------TIMER, START------ WAITING          REREGISTERING
 *
 * LEAVE leads to LEFT from everywhere. REREGISTERING stays on FAILED, TIMER and
 * START, as the keys are good: time in which all servers failed is part of it.
 * Without keys any more, EXPIRED leads from REGISTERED and REREGISTERING to
 * SEARCHING, or to REGISTERING if a server is being asked; EXCLUDED leads to
 * WAITING, and what that server may answer comes too late.
 *
 * REGISTERED stays on REKEYED, LOST, MISSED and USED_UP. They set when the TIMER
 * is due: REKEYED by the new lifetimes, MISSED 5 to 10 seconds later and USED_UP
 * within a second, which a REKEYED doesn't put off. While REREGISTERING, the
 * last two mean nothing new; REKEYED leads back to REGISTERED if all servers
 * failed, unless they would have told more.
 *
 * An excluded member comes back after 1 to 5 seconds (RFC 9838, 2.4.3). After
 * LOST there are keys: it asks the next server after a second at least, and
 * within a hundredth of the time that they last, 5 to 60 seconds. So not all
 * members of a key server that is gone come to the next one at once.
 *
 * Where there are several servers, one that doesn't answer within the time to
 * wait between rounds, see below, is given up for the next one. It may be slow:
 * what it gives later is taken, as it has us as a member since then. It is
 * waited for longer after each round, so that slow servers aren't asked more
 * than they can answer.
 *
 * Each round tries all servers once, beginning with the one that answered
 * last. After a round that failed the member waits retry_min, twice as long
 * after each further one up to retry_max, plus up to a quarter of it.
 *
 * @defgroup gkm_member_state gkm_member_state
 * @{ @ingroup libgkm
 */

#ifndef GKM_MEMBER_STATE_H_
#define GKM_MEMBER_STATE_H_

#include <library.h>

#include "gkm_download.h"

typedef struct gkm_member_state_t gkm_member_state_t;
typedef enum gkm_member_phase_t gkm_member_phase_t;
typedef enum gkm_member_event_t gkm_member_event_t;

/** Where a member is in its life */
enum gkm_member_phase_t {
	/** not in the group, and doesn't want to be */
	GKM_MEMBER_LEFT,
	/** without keys, about to try a server */
	GKM_MEMBER_SEARCHING,
	/** without keys, a server is being asked */
	GKM_MEMBER_REGISTERING,
	/** without keys, all servers failed, waiting for the next round */
	GKM_MEMBER_WAITING,
	/** with keys */
	GKM_MEMBER_REGISTERED,
	/** with keys, a server is being asked or all failed and time isn't up */
	GKM_MEMBER_REREGISTERING,
};

/** Names of the above, as shown to users */
extern enum_name_t *gkm_member_phase_names;

/** What happens to a member */
enum gkm_member_event_t {
	/** user or configuration wants a registration now */
	GKM_MEMBER_START,
	/** an attempt was started */
	GKM_MEMBER_ATTEMPT,
	/** a server gave keys, and they are in use */
	GKM_MEMBER_ACCEPTED,
	/** the same of one that was given up before */
	GKM_MEMBER_ACCEPTED_LATE,
	/** a server didn't answer, refused, or gave what isn't allowed */
	GKM_MEMBER_FAILED,
	/** the time in due has come */
	GKM_MEMBER_TIMER,
	/** keys that have no successor ended */
	GKM_MEMBER_EXPIRED,
	/** the key server excluded us, or the IKE_SA of a group without rekey SA
	 *  is gone */
	GKM_MEMBER_EXCLUDED,
	/** the key server doesn't answer any more, and rekeys came from it alone */
	GKM_MEMBER_LOST,
	/** a rekey was taken */
	GKM_MEMBER_REKEYED,
	/** a rekey didn't arrive or can't be used, a registration would help */
	GKM_MEMBER_MISSED,
	/** an SA won't do much longer for what is sent on it, and a registration
	 *  gives another one */
	GKM_MEMBER_USED_UP,
	/** user or configuration wants out */
	GKM_MEMBER_LEAVE,
};

/**
 * State of a member. All times are milliseconds of one clock that the caller
 * chooses, read only for callers.
 */
struct gkm_member_state_t {

	gkm_member_phase_t phase;

	/** number of servers, at least 1, and the one to try or in use */
	u_int servers;
	u_int server;

	/** servers that failed in this round */
	u_int tried;

	/** first and longest wait between rounds, and that after this round */
	uint64_t retry_min;
	uint64_t retry_max;
	uint64_t retry;

	/** when GKM_MEMBER_TIMER is to be raised, 0 if not */
	uint64_t due;

	/** when a server that is being asked is to be given up for the next one with
	 *  GKM_MEMBER_FAILED, 0 if not */
	uint64_t patience;

	/** something was missed or used up since the last registration */
	bool missed;
};

/**
 * Initialize the state of a member that isn't in the group.
 *
 * @param this		state
 * @param servers	number of servers, at least 1
 * @param retry_min	seconds to wait after the first round, at least 1
 * @param retry_max	seconds to wait at most
 */
void gkm_member_state_init(gkm_member_state_t *this, u_int servers,
						   uint32_t retry_min, uint32_t retry_max);

/**
 * Take an event into account. Events that mean nothing in a phase are ignored.
 *
 * @param this		state
 * @param event		what happened
 * @param now		current time, milliseconds
 * @param lifetime	with ACCEPTED, ACCEPTED_LATE, LOST and REKEYED: seconds until
 *					something held ends that has no successor, 0 if not limited
 * @param random	random number, for jitter
 * @return			TRUE if server is to be tried now
 */
bool gkm_member_state_event(gkm_member_state_t *this, gkm_member_event_t event,
							uint64_t now, uint32_t lifetime, uint32_t random);

/**
 * Are there keys in use?
 */
bool gkm_member_has_keys(gkm_member_state_t *this);

/**
 * The earlier of two times, 0 being never.
 */
uint64_t gkm_member_earlier(uint64_t a, uint64_t b);

#endif /** GKM_MEMBER_STATE_H_ @}*/
