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
 * What a group's actor knows of a peer before it looks into a message: whether
 * to take it. Under the lock of the channel.
 *
 * @defgroup gkm_coop_intake gkm_coop_intake
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_INTAKE_H_
#define GKM_COOP_INTAKE_H_

#include "libgkm/coop/gkm_coop_message.h"

typedef struct gkm_coop_intake_t gkm_coop_intake_t;
typedef enum gkm_coop_taken_t gkm_coop_taken_t;

/** Requests of a peer that wait at most: it sends one at a time, but has an
 *  answer before they are looked into */
#define GKM_COOP_INTAKE_MAX 64

/** What becomes of a message */
enum gkm_coop_taken_t {
	GKM_COOP_TAKEN,
	/** it is older than one that was received */
	GKM_COOP_REPLAYED,
	/** the sender has the number of another key server */
	GKM_COOP_SAME_ID,
	/** too many wait */
	GKM_COOP_FLOOD,
};

/**
 * Intake of messages of a peer: plain data.
 */
struct gkm_coop_intake_t {

	/** name of the connection */
	char *connection;

	/** identity that was authenticated last, NULL if none was */
	identification_t *id;

	/** number of the key server, and when it was heard last */
	uint8_t number;
	uint64_t heard;

	/** how long it is taken to be reachable */
	uint32_t patience;

	/** start of it that is known, and the one before */
	uint64_t boot;
	uint64_t past;

	/** numbers of the last request and the last answer */
	uint64_t request;
	uint64_t answer;

	/** last of its transactions that was taken over, to be told */
	uint64_t applied;

	/** requests that wait */
	u_int waiting;

	/** administrators know that its number isn't its own */
	bool conflict;

	/** when administrators were told of dropped messages last, 0 if never */
	uint64_t told;

	/** messages, those that ask for one in return, octets, replayed and too
	 *  many, refused for other reasons */
	uint64_t messages;
	uint64_t replies;
	uint64_t octets;
	uint64_t dropped;
	uint64_t refused;
};

/**
 * Find the peer of a connection.
 *
 * @return				position, -1 if there is none
 */
int gkm_coop_intake_find(gkm_coop_intake_t *intakes, int count,
						 char *connection);

/**
 * Decide what becomes of a message.
 *
 * @param intakes		all peers, count of them
 * @param pos			position of the sender
 * @param own			number of this key server
 * @param status		what the sender says of itself
 * @param answer		TRUE if it is an answer, FALSE if it is a request
 * @param now			current time
 */
gkm_coop_taken_t gkm_coop_intake_check(gkm_coop_intake_t *intakes, int count,
									   int pos, uint8_t own,
									   gkm_coop_status_t *status, bool answer,
									   uint64_t now);

/**
 * Release what an intake holds.
 */
void gkm_coop_intake_clear(gkm_coop_intake_t *this);

/**
 * Copy intakes.
 *
 * @param count			number of those there are
 * @return				copies, to be destroyed with gkm_coop_intakes_destroy()
 */
gkm_coop_intake_t *gkm_coop_intakes_clone(gkm_coop_intake_t *intakes,
										  int count);

/**
 * Destroy copies of intakes.
 */
void gkm_coop_intakes_destroy(gkm_coop_intake_t *intakes);

#endif /** GKM_COOP_INTAKE_H_ @}*/
