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
 * Acknowledgement of a GROUPKEY-PUSH (RFC 8263) by a member. It is written
 * before the message is put into use, which may end the keys that it takes, and
 * sent or thrown away after that.
 *
 * @defgroup gkm_member_ack gkm_member_ack
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_ACK_H_
#define GKM_MEMBER_ACK_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_ack_t gkm_member_ack_t;
typedef struct gkm_member_acked_t gkm_member_acked_t;

/**
 * What is acknowledged. Borrows all.
 */
struct gkm_member_acked_t {

	/** how, not GKM_ACK_NONE */
	gkm_ack_t type;

	/** rekey SA that protected the message */
	gkm_rekey_sa_t *sa;

	/** path through the key tree, as gkm_kwk_t*, may be NULL */
	array_t *path;

	/** sequence number of the message */
	uint32_t seq;

	/** our address that we registered from */
	host_t *local;

	/** where the message came from, and to */
	host_t *src;
	host_t *dst;
};

/**
 * Write an acknowledgement.
 *
 * @param cfg		configuration of the group
 * @param acked		what is acknowledged
 * @param err		receives the reason on failure
 * @return			acknowledgement, NULL if there is no key to make it with, or
 *					its type isn't known
 */
gkm_member_ack_t *gkm_member_ack_create(gkm_cfg_t *cfg,
										gkm_member_acked_t *acked,
										gkm_error_t *err);

/**
 * Send an acknowledgement to where the message came from, in a job. If that
 * came by multicast all members answer: it waits for a random time up to
 * gdoi.ack_jitter then (RFC 8263, 5).
 *
 * @param this		acknowledgement, adopted
 * @param gkm		carrier
 */
void gkm_member_ack_send(gkm_member_ack_t *this, gkm_t *gkm);

/**
 * Throw an acknowledgement away.
 *
 * @param this		acknowledgement, may be NULL
 */
void gkm_member_ack_destroy(gkm_member_ack_t *this);

#endif /** GKM_MEMBER_ACK_H_ @}*/
