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
 * Another key server of a group, as a group's actor sees it.
 *
 * @defgroup gkm_coop_peer gkm_coop_peer
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_PEER_H_
#define GKM_COOP_PEER_H_

#include "libgkm/coop/gkm_coop_message.h"
#include "libgkm/coop/gkm_coop_sync.h"
#include "libgkm/coop/gkm_coop_summary.h"

typedef struct gkm_coop_peer_t gkm_coop_peer_t;

/**
 * Peer: plain data, which only the group's actor uses.
 */
struct gkm_coop_peer_t {

	/** name of the connection to it, borrowed from the configuration */
	char *connection;

	/** milliseconds between messages to it at most, and until it is taken to be
	 *  unreachable */
	uint32_t heartbeat;
	uint32_t patience;

	/** records to and from it */
	gkm_coop_sync_t *sync;

	/** there is an IKE_SA */
	bool linked;

	/** a message to it wasn't answered yet: its type, 0 if there is none, and
	 *  its flags */
	gkm_coop_type_t pending;
	uint8_t pending_flags;

	/** when the last message was sent, when the next one may be after one that
	 *  failed, and how many failed in a row */
	uint64_t sent;
	uint64_t retry;
	u_int failures;

	/** what it has to be told as soon as possible: how the group is configured,
	 *  that there is an election, that this one's status changed */
	bool hello;
	bool reset;
	bool urgent;

	/** all of its records are needed; when to ask for them, and how long to
	 *  wait after that until it is asked again */
	bool needed;
	uint64_t ask_at;
	uint32_t ask_pause;

	/** it asked for all records */
	bool asked;

	/** it is to have all, although it follows another one */
	bool granted;

	/** it doesn't reach the primary, and gets what that says from this one,
	 *  which is a secondary */
	bool relayed;

	/** last transaction with all records for it, and when that was queued or
	 *  has arrived */
	uint64_t all;
	uint64_t given;

	/** what it had applied when it sent the first part of the transaction that
	 *  comes from it, and seconds to add to times in that: it may be from
	 *  another one that it follows */
	uint64_t base;
	int64_t base_shift;

	/** administrators know that its records can't be used */
	bool refused;

	/** last of its transactions that was taken over */
	uint64_t applied;

	/** last transaction that was queued for it, and when one of their parts
	 *  arrived last */
	uint64_t queued;
	uint64_t progress;

	/** this one is primary, and took over all that it had as another one */
	bool merged;

	/** what it said of itself last, all 0 if nothing, and when */
	gkm_coop_status_t status;
	char *software;
	uint64_t heard;

	/** what it asked for, as passed on to the key server */
	uint32_t requests;

	/** seconds to add to its times, and whether administrators know if they are
	 *  many */
	int64_t shift;
	bool clock_told;

	/** how it is configured, NULL if not known, and number of the message that
	 *  said so; whether that was compared, and what differs, as
	 *  gkm_coop_difference_t* */
	array_t *items;
	uint64_t items_seq;
	bool compared;
	array_t *differences;

	/** times that it started anew while it was known */
	u_int restarts;

	/** what was sent to it: messages, those that ask for one in return, octets,
	 *  messages that weren't answered */
	struct {
		uint64_t messages;
		uint64_t replies;
		uint64_t octets;
		uint64_t dropped;
	} out;
};

/**
 * Initialize a peer.
 *
 * @param connection	name of its connection, borrowed
 * @param cfg			times are those of this configuration
 */
void gkm_coop_peer_init(gkm_coop_peer_t *this, char *connection,
						gkm_cfg_coop_t *cfg);

/**
 * An IKE_SA is up, or the last one is gone.
 */
void gkm_coop_peer_link(gkm_coop_peer_t *this, bool up, uint64_t now);

/**
 * Take over what a message says of the peer itself, unless it is older than
 * what is known.
 *
 * @param message		message, software and items are taken out
 * @param now			when it was received
 * @param clock			our clock at that time
 */
void gkm_coop_peer_heard(gkm_coop_peer_t *this, gkm_coop_message_t *message,
						 uint64_t now, uint64_t clock);

/**
 * The first part of a transaction came from the peer: note what it goes by.
 *
 * @param clock			our clock at that time
 */
void gkm_coop_peer_begin(gkm_coop_peer_t *this, gkm_coop_message_t *message,
						 uint64_t clock);

/**
 * All of its records are needed: ask for them, after a pause that grows if that
 * has to be repeated.
 */
void gkm_coop_peer_need(gkm_coop_peer_t *this, uint64_t now);

/**
 * All of its records are there, or aren't needed any more.
 */
void gkm_coop_peer_content(gkm_coop_peer_t *this);

/**
 * Write down what to send next.
 *
 * @param items			how the group is configured, borrowed
 * @param message		receives type and flags, and records, allocated
 * @return				FALSE if there is nothing to be sent now
 */
bool gkm_coop_peer_next(gkm_coop_peer_t *this, array_t *items, uint64_t now,
						gkm_coop_message_t *message);

/**
 * What was sent was answered, or failed.
 */
void gkm_coop_peer_answered(gkm_coop_peer_t *this, bool success, uint64_t now);

/**
 * When may a peer that asked for all records have them? Not before it had time
 * to take over those that it was given.
 */
uint64_t gkm_coop_peer_grant_at(gkm_coop_peer_t *this);

/**
 * When may gkm_coop_peer_next() have something?
 */
uint64_t gkm_coop_peer_next_due(gkm_coop_peer_t *this);

/**
 * Release what a peer holds.
 */
void gkm_coop_peer_deinit(gkm_coop_peer_t *this);

#endif /** GKM_COOP_PEER_H_ @}*/
