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
 * A group that several key servers serve, as one of them sees it: who is
 * primary, and what it has to say to and to take over from others. Its actor
 * calls all of this, one call at a time, without locks; it calls the key
 * server.
 *
 * @defgroup gkm_coop_core gkm_coop_core
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_CORE_H_
#define GKM_COOP_CORE_H_

#include "gkm_coop_peer.h"
#include "gkm_coop_tickets.h"

#include "libgkm/coop/gkm_coop_election.h"
#include "plugins/gkm/gkm.h"

typedef struct gkm_coop_core_t gkm_coop_core_t;
typedef struct gkm_coop_port_t gkm_coop_port_t;
typedef enum gkm_coop_course_t gkm_coop_course_t;

/**
 * What a key server is up to:
 *
 *        +-------+ election: follow   +-------+ all was taken over +---------+
 *   ---> | SEEKS | -----------------> | JOINS | -----------------> | FOLLOWS |
 *        +-------+ <----------------- +-------+ <----------------- +---------+
 *         |     ^   primary is lost    |    election: follow another    |
 *         |     |                      v                                |
 *         |     | reset           +-------+                             |
 *         |     +---------------- |       | <---------------------------+
 *         +---------------------> | LEADS |  election: become primary
 *           become primary        +-------+
 *                                   |   ^
 *                  election: yield  v   | the other one is lost
 *                                 +--------+  all was taken over
 *                                 | YIELDS | -------------------> FOLLOWS
 *                                 +--------+
 */
enum gkm_coop_course_t {
	/** it has no primary, and isn't one */
	GKM_COOP_SEEKS,
	/** waits for all that the primary has */
	GKM_COOP_JOINS,
	/** it is a secondary */
	GKM_COOP_FOLLOWS,
	/** it is primary */
	GKM_COOP_LEADS,
	/** it is primary, tells a better one all that it has, and waits for what
	 *  that makes of it */
	GKM_COOP_YIELDS,
};

/**
 * How a group gets to others, implemented by its actor.
 */
struct gkm_coop_port_t {

	/**
	 * Set what messages and answers say of this key server from now on, besides
	 * their numbers and times.
	 *
	 * @param status		status
	 * @param clock			milliseconds to add to gkm_coop_now() for the clock
	 * @param peers			applied is what each is told to be
	 */
	void (*publish)(gkm_coop_port_t *this, gkm_coop_status_t *status,
					int64_t clock, gkm_coop_peer_t *peers);

	/**
	 * Send a message, what became of it comes as gkm_coop_core_answered().
	 *
	 * @param peer			position of the peer
	 * @param message		message, without status and group
	 * @param clock			milliseconds to add to this one's clock in it
	 * @return				octets in it
	 */
	size_t (*send)(gkm_coop_port_t *this, int peer,
				   gkm_coop_message_t *message, int64_t clock);

	/**
	 * Begin anew with a peer's IKE_SA.
	 */
	void (*drop)(gkm_coop_port_t *this, int peer);
};

/**
 * A group: plain data.
 */
struct gkm_coop_core_t {

	/** carrier, for events */
	gkm_t *gkm;

	/** key server */
	gkm_coop_group_t *group;

	/** way to others */
	gkm_coop_port_t *port;

	/** configuration, and what of it has to be the same everywhere */
	gkm_cfg_t *cfg;
	array_t *items;

	/** who is primary */
	gkm_coop_election_t *election;

	/** others by position in the configuration */
	gkm_coop_peer_t peers[GKM_COOP_SERVERS_MAX - 1];
	int count;

	/** rekeys that wait for others */
	gkm_coop_tickets_t *tickets;

	/** what the key server says, and when it did */
	gkm_coop_info_t info;
	uint64_t informed;

	/** what this one says, as published last */
	gkm_coop_status_t status;

	/** milliseconds to add to gkm_coop_now() for the clock of records */
	int64_t clock;

	/** chosen at random */
	uint64_t boot;

	/** when this began, as gkm_coop_now() has it */
	uint64_t began;

	/** what it is up to, and position of the primary that it joins, follows or
	 *  yields to, -1 if there is none */
	gkm_coop_course_t course;
	int leader;

	/** what the key server does */
	gkm_duty_t duty;

	/** JOINS, YIELDS: members know SAs that the primary doesn't know */
	bool population;

	/** YIELDS: transaction with all that this one has, 0 if it wasn't queued
	 *  yet; when that was or something came of it, and how long to wait from
	 *  then on until it is sent again */
	uint64_t merging;
	uint64_t merged;
	uint32_t merge_pause;

	/** the key server may have changes */
	bool changed;

	/** when there was an election by request last */
	uint64_t reset;
};

/**
 * Begin with a group.
 *
 * @param gkm			carrier
 * @param group			key server's side of it
 * @param port			way to others
 * @param cfg			configuration, adopted
 * @return				NULL if there are no random numbers
 */
gkm_coop_core_t *gkm_coop_core_create(gkm_t *gkm, gkm_coop_group_t *group,
									  gkm_coop_port_t *port, gkm_cfg_t *cfg);

/**
 * The configuration changed, but not who serves the group and how.
 *
 * @param cfg			configuration, adopted
 */
void gkm_coop_core_configure(gkm_coop_core_t *this, gkm_cfg_t *cfg);

/**
 * An IKE_SA to a peer is up, or the last one is gone.
 */
void gkm_coop_core_link(gkm_coop_core_t *this, int peer, bool up);

/**
 * A message was received that is authentic and new.
 *
 * @param peer			position of the sender
 * @param message		message, software and items may be taken out
 * @param now			when it was received
 */
void gkm_coop_core_received(gkm_coop_core_t *this, int peer,
							gkm_coop_message_t *message, uint64_t now);

/**
 * What was sent to a peer was answered, or failed.
 *
 * @param answer		answer as above, NULL if it failed
 * @param now			when
 */
void gkm_coop_core_answered(gkm_coop_core_t *this, int peer,
							gkm_coop_message_t *answer, uint64_t now);

/**
 * An administrator wants an election.
 */
void gkm_coop_core_reset(gkm_coop_core_t *this);

/**
 * Do what is due: to be called after any of the above.
 *
 * @return				when to call it next
 */
uint64_t gkm_coop_core_run(gkm_coop_core_t *this);

/**
 * Tell administrators of something, with the name of the group before it.
 */
void gkm_coop_core_event(gkm_coop_core_t *this, int severity, char *name,
						 char *fmt, ...);

/**
 * Destroy this.
 */
void gkm_coop_core_destroy(gkm_coop_core_t *this);

/**
 * Milliseconds of the monotonic clock.
 */
uint64_t gkm_coop_now();

#endif /** GKM_COOP_CORE_H_ @}*/
