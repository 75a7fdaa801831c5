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
 * Messages between key servers that serve a group together, as doc/coop.md
 * describes them. Their confidentiality, integrity and the identity of the
 * sender are those of the IKE_SA that carries them.
 *
 * @defgroup gkm_coop_message gkm_coop_message
 * @{ @ingroup libgkm
 */

#ifndef GKM_COOP_MESSAGE_H_
#define GKM_COOP_MESSAGE_H_

#include <library.h>
#include <collections/array.h>
#include <utils/identification.h>

#include "../group/gkm_adoption.h"
#include "../group/gkm_error.h"

typedef enum gkm_coop_type_t gkm_coop_type_t;
typedef enum gkm_coop_flag_t gkm_coop_flag_t;
typedef enum gkm_coop_request_t gkm_coop_request_t;
typedef struct gkm_coop_status_t gkm_coop_status_t;
typedef struct gkm_coop_message_t gkm_coop_message_t;

/** Version of the protocol */
#define GKM_COOP_VERSION 1

/** Octets of records in one message at most; what is larger comes in several */
#define GKM_COOP_CHUNK_MAX 6144

/** Items of a configuration in one message at most, and characters in texts,
 *  which have at least one. IKE messages that charon receives have 10,000
 *  octets at most. */
#define GKM_COOP_ITEMS_MAX 64
#define GKM_COOP_TEXT_MAX 255

/** Types of messages, numbered as on the wire */
enum gkm_coop_type_t {
	/** first message on an IKE_SA, says how the group is configured */
	GKM_COOP_HELLO = 1,
	/** just the status */
	GKM_COOP_HEARTBEAT = 2,
	/** a part of records */
	GKM_COOP_RECORDS = 3,
	/** an administrator wants an election */
	GKM_COOP_RESET = 4,
};

/** Flags of messages, those on the wire; others are passed over */
enum gkm_coop_flag_t {
	/** the sender wants a message in return right away */
	GKM_COOP_REPLY_REQUESTED = 1 << 0,
	/** the sender needs all records, not just changes */
	GKM_COOP_WANT_ALL = 1 << 1,
	/** records: last part */
	GKM_COOP_LAST = 1 << 2,
	/** records: they are all that there are, so that it doesn't matter which
	 *  transactions before didn't arrive */
	GKM_COOP_ANEW = 1 << 3,
};

/** What a secondary asks of the primary */
enum gkm_coop_request_t {
	/** its sender IDs are used up */
	GKM_COOP_RENEW_SENDER_IDS = 1 << 0,
	/** the only sender of a data SA registered again */
	GKM_COOP_RENEW_FOR_SENDER = 1 << 1,
};

/**
 * What a key server says of itself in each message: plain data.
 */
struct gkm_coop_status_t {

	/** version of the protocol, and bits of what else it can: none yet */
	uint8_t version;
	uint32_t capabilities;

	/** number 1..8, priority 1..255, duty */
	uint8_t id;
	uint8_t priority;
	gkm_duty_t duty;

	/** number of the primary that it follows, its own if it is that, 0 if there
	 *  is none */
	uint8_t primary;

	/** chosen at random when it started */
	uint64_t boot;

	/** grows with each message; with boot it tells old messages */
	uint64_t seq;

	/** grows with each primary */
	uint64_t epoch;

	/** same for all that know the same exclusions of members */
	uint64_t lineage;

	/** its clock, milliseconds since 1970 */
	uint64_t now;

	/** last of the addressee's transactions that it took over, 0 if none since
	 *  either started */
	uint64_t applied;

	/** GKM_COOP_RENEW_* */
	uint32_t requests;

	/** members that registered with it, and all that it knows */
	uint32_t own_members;
	uint32_t members;
};

/**
 * A message: plain data, wiped by gkm_coop_message_clear().
 */
struct gkm_coop_message_t {

	gkm_coop_type_t type;

	/** GKM_COOP_* flags */
	uint8_t flags;

	/** group */
	identification_t *group;

	/** sender */
	gkm_coop_status_t status;

	/** version of the sender's software, may be NULL */
	char *software;

	/** HELLO: configuration, as gkm_coop_item_t by value, may be empty; NULL
	 *  otherwise */
	array_t *items;

	/** RECORDS: what they are, number of the transaction from 1 on, position of
	 *  this part from 0 on, and the part */
	gkm_adoption_kind_t kind;
	uint64_t transaction;
	uint32_t part;
	chunk_t records;
};

/**
 * Write a message.
 *
 * @return				message, allocated, to be cleared
 */
chunk_t gkm_coop_message_build(gkm_coop_message_t *this);

/**
 * Read a message. Attributes that aren't known are passed over. What it says of
 * the sender is within its limits, texts are printable ASCII.
 *
 * @param data			message
 * @param this			receives content, allocated; nothing on failure
 * @param err			receives the reason on failure
 * @return				FALSE if malformed or of another version
 */
bool gkm_coop_message_parse(chunk_t data, gkm_coop_message_t *this,
							gkm_error_t *err);

/**
 * Release and wipe what is in a message.
 */
void gkm_coop_message_clear(gkm_coop_message_t *this);

#endif /** GKM_COOP_MESSAGE_H_ @}*/
