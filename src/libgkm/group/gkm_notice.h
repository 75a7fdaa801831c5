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
 * @defgroup gkm_notice gkm_notice
 * @{ @ingroup libgkm
 */

#ifndef GKM_NOTICE_H_
#define GKM_NOTICE_H_

#include "gkm_update.h"

typedef struct gkm_notice_t gkm_notice_t;
typedef struct gkm_target_t gkm_target_t;
typedef enum gkm_notice_reason_t gkm_notice_reason_t;

/** Why members are told something */
enum gkm_notice_reason_t {
	/** rekey time of SAs has come */
	GKM_NOTICE_DUE,
	/** an administrator wanted new SAs */
	GKM_NOTICE_REQUESTED,
	/** an administrator wanted all SAs to be replaced at once */
	GKM_NOTICE_REPLACE,
	/** members were removed */
	GKM_NOTICE_REMOVAL,
	/** the configuration changed */
	GKM_NOTICE_CHANGE,
	/** sender IDs are used up */
	GKM_NOTICE_SENDER_IDS,
	/** the only sender of a data SA registered again */
	GKM_NOTICE_SENDER,
	/** another key server was primary before this one */
	GKM_NOTICE_TAKEOVER,
	/** two primaries became one */
	GKM_NOTICE_MERGE,
	/** the primary replaced SAs */
	GKM_NOTICE_PRIMARY,
};

/** Names of the above, as shown to users: "rekey time", "requested" ... */
extern enum_name_t *gkm_notice_reason_names;

/**
 * A member that GROUPKEY-PUSH messages are sent to by unicast.
 */
struct gkm_target_t {

	/** AF_INET or AF_INET6, UDP port, address */
	uint16_t family;
	uint16_t port;
	uint8_t address[16];

	/** what it can be sent, GKM_CAN_* of gkm_acks.h */
	uint8_t can;

	/** it is sent from the port of NAT traversal, with a marker (RFC 3947) */
	bool natt;
};

/**
 * Something that all members of a group have to be told.
 */
struct gkm_notice_t {

	/** why */
	gkm_notice_reason_t reason;

	/** what members that use G-IKEv2 are sent by multicast, NULL if the group
	 *  has no rekey SA for them or there is nothing to say. May borrow keys
	 *  from the group's key tree: it has to be encoded before the group changes
	 *  again. */
	gkm_update_t *update;

	/** rekey SA that protects it: the one that is replaced if it brings another
	 *  one. NULL if there is no update. */
	gkm_rekey_sa_t *carrier;

	/** message ID that it is sent with */
	uint32_t message_id;

	/** what those that are rekeyed in-band are told, NULL if there are none, or
	 *  nothing to say */
	gkm_update_t *inband;

	/** unique IDs of their IKE_SAs, as uint32_t by value */
	array_t *ike_sa_ids;

	/** what members that use GDOI are told, the rekey SA that protects it, and
	 *  its sequence number, as above; NULL if the group has no such members, or
	 *  there is nothing to say */
	gkm_update_t *push;
	gkm_rekey_sa_t *push_carrier;
	uint32_t push_seq;

	/** where that is sent, as gkm_target_t by value, at least one; NULL if it
	 *  goes to the multicast address of push_carrier */
	array_t *targets;

	/** what all who get it can be sent, GKM_CAN_*; all bits if there is nobody */
	uint8_t push_can;

	/** all members were excluded, and have to register again */
	bool excludes_all;
};

/**
 * Destroy a notice, wiping keys.
 *
 * @param this		notice, may be NULL
 */
void gkm_notice_destroy(gkm_notice_t *this);

/**
 * Destroy an array of notices.
 *
 * @param notices	gkm_notice_t*, may be NULL
 */
void gkm_notices_destroy(array_t *notices);

#endif /** GKM_NOTICE_H_ @}*/
