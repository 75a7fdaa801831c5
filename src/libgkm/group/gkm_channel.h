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
 * A rekey SA as a member has it: reads what the key server sends to all, in
 * either protocol.
 *
 * @defgroup gkm_channel gkm_channel
 * @{ @ingroup libgkm
 */

#ifndef GKM_CHANNEL_H_
#define GKM_CHANNEL_H_

#include "gkm_error.h"
#include "gkm_update.h"

typedef struct gkm_channel_t gkm_channel_t;
typedef enum gkm_received_t gkm_received_t;

/** What became of a datagram */
enum gkm_received_t {
	/** it completed an update */
	GKM_RECEIVED_UPDATE,
	/** it is a fragment, others are missing */
	GKM_RECEIVED_FRAGMENT,
	/** its number was accepted before, or is older */
	GKM_RECEIVED_REPLAYED,
	/** it isn't from the key server or damaged; nobody without the keys of the
	 *  rekey SA could make it cost a signature check */
	GKM_RECEIVED_FORGED,
	/** it was made with the keys of the rekey SA, but its signature is wrong,
	 *  or its content breaks the rules */
	GKM_RECEIVED_MALFORMED,
};

/**
 * Channel of a rekey SA. Not synchronized, callers lock.
 */
struct gkm_channel_t {

	/**
	 * Read a datagram. Changes nothing but what is known of fragments; call
	 * accept() for an update.
	 *
	 * @param datagram		datagram for this rekey SA
	 * @param path			the member's path through the key tree, as
	 *						gkm_kwk_t*, may be NULL
	 * @param update		receives the update if there is one
	 * @param err			receives the reason if there is neither that nor a
	 *						fragment
	 */
	gkm_received_t (*receive)(gkm_channel_t *this, chunk_t datagram,
							  array_t *path, gkm_update_t **update,
							  gkm_error_t *err);

	/**
	 * Note that an update was taken: messages up to this one are replays from
	 * now on, and the next ones are checked with the key that it brought, if
	 * any.
	 *
	 * @param update		the update
	 */
	void (*accept)(gkm_channel_t *this, gkm_update_t *update);

	/**
	 * Lowest number that isn't a replay; 2^32 after the last one.
	 */
	uint64_t (*get_next_id)(gkm_channel_t *this);

	/**
	 * Destroy the channel, wiping keys.
	 */
	void (*destroy)(gkm_channel_t *this);
};

#endif /** GKM_CHANNEL_H_ @}*/
