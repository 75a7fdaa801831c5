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
 * What a registration gave a member, beside SAs.
 *
 * @defgroup gkm_member_keys gkm_member_keys
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_KEYS_H_
#define GKM_MEMBER_KEYS_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_keys_t gkm_member_keys_t;

/**
 * Plain data, all zero if the member isn't registered. Times are milliseconds
 * of the monotonic clock.
 */
struct gkm_member_keys_t {

	/** sender IDs, as uint32_t* */
	array_t *sender_ids;

	/** when it was received, 0 if nothing was or data SAs ended */
	uint64_t since;

	/** connection that it came over, borrowed */
	char *connection;

	/** address of the key server */
	host_t *server;

	/** unique ID of the IKE_SA that it came over, 0 if that is gone */
	uint32_t ike_id;
};

/**
 * Replace all by what a download holds.
 *
 * @param this			what is held so far
 * @param download		sender IDs are taken out of it
 * @param connection	connection that it came over, has to outlive this
 * @param server		address of the key server, cloned
 * @param ike_id		unique ID of the IKE_SA
 * @param now			current time
 */
void gkm_member_keys_set(gkm_member_keys_t *this, gkm_download_t *download,
						 char *connection, host_t *server, uint32_t ike_id,
						 uint64_t now);

/**
 * Forget all, wiping keys.
 */
void gkm_member_keys_clear(gkm_member_keys_t *this);

/**
 * Describe all in a vici message.
 */
void gkm_member_keys_list(gkm_member_keys_t *this, vici_builder_t *builder,
						  uint64_t now);

#endif /** GKM_MEMBER_KEYS_H_ @}*/
