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
 * Members that use GDOI: what each can be sent, and acknowledgements of rekeys
 * (RFC 8263).
 *
 * @defgroup gkm_acks gkm_acks
 * @{ @ingroup libgkm
 */

#ifndef GKM_ACKS_H_
#define GKM_ACKS_H_

#include "gkm_download.h"

typedef struct gkm_member_acks_t gkm_member_acks_t;
typedef enum gkm_peer_t gkm_peer_t;
typedef enum gkm_acks_t gkm_acks_t;

/** Kinds of members, told apart by the vendor IDs that they send */
enum gkm_peer_t {
	/** any that isn't one of those below */
	GKM_PEER_OTHER,
	/** current IOS and IOS XE */
	GKM_PEER_CISCO,
	/** IOS XR on ASR 9000 */
	GKM_PEER_ASR9000,
	/** those of RFC 3547, which abort on attributes that came later */
	GKM_PEER_LEGACY,
};

/** Names of the above: "other", "cisco", "asr9000", "legacy" */
extern enum_name_t *gkm_peer_names;

/** rekey.acknowledgement: which acknowledgements a key server uses */
enum gkm_acks_t {
	GKM_ACKS_NONE,
	/** encrypted unicast ones, see gdoi_sealed_ack.h, of any member */
	GKM_ACKS_CISCO,
	/** those of RFC 8263 */
	GKM_ACKS_INTEROPERABLE,
	/** those of RFC 8263, and of GKM_PEER_CISCO encrypted unicast ones too */
	GKM_ACKS_ANY,
};

/** Names of the above: "none", "cisco", "interoperable", "any" */
extern enum_name_t *gkm_acks_names;

/** GAP attributes with delays may be sent */
#define GKM_CAN_DELAYS 1
/** GAP attributes of IP delay detection may be sent */
#define GKM_CAN_D3P 2
/** KEK_ACK_REQUESTED is sent */
#define GKM_CAN_ACK 4

/** Rekeys in a row without an answer after which a member is removed */
#define GKM_ACKS_MISSED_MAX 3

/** Sequence numbers that are shown of a member */
#define GKM_ACKS_SEQS 4

/**
 * What became of rekeys that were sent to a member. Plain data.
 */
struct gkm_member_acks_t {

	/** rekeys sent, acknowledged, and not acknowledged in time */
	uint32_t sent;
	uint32_t received;
	uint32_t missed;

	/** rekeys without an answer since the last acknowledgement */
	uint32_t misses;

	/** sequence numbers acknowledged last, the newest first, 0 for none */
	uint32_t seqs[GKM_ACKS_SEQS];

	/** key server: number of the last rekey of the group, see gkm_pushes.h,
	 *  that needs no answer any more: it was acknowledged, or made before the
	 *  member registered */
	uint32_t settled;
};

/**
 * Is a member asked to acknowledge with KEK_ACK_REQUESTED?
 *
 * @param acks			what is configured
 * @param peer			kind of member
 */
bool gkm_acks_requested(gkm_acks_t acks, gkm_peer_t peer);

/**
 * Is an acknowledgement accepted? What an encrypted one looks like is a guess,
 * so that nobody is taken to send it unless it is known to be of that kind, or
 * nothing else is configured.
 *
 * @param acks			what is configured
 * @param peer			kind of member
 * @param sealed		TRUE for an encrypted unicast one, FALSE for one of RFC
 *						8263
 */
bool gkm_acks_accepted(gkm_acks_t acks, gkm_peer_t peer, bool sealed);

#endif /** GKM_ACKS_H_ @}*/
