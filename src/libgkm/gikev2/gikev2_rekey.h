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
 * GSA_REKEY messages: a rekey SA as a channel from the key server to all
 * members (RFC 9838, 2.4.1).
 *
 *   header, SK { GSA, KD, N(USE_TRANSPORT_MODE), D, AUTH }
 *
 * The header has the SPI of the rekey SA in place of those of an IKE_SA, and a
 * message ID that counts messages on this rekey SA from 0.
 *
 * @defgroup gikev2_rekey gikev2_rekey
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_REKEY_H_
#define GIKEV2_REKEY_H_

#include <collections/array.h>
#include <credentials/keys/private_key.h>

#include "gikev2_update.h"

typedef struct gikev2_rekey_t gikev2_rekey_t;
typedef enum gikev2_received_t gikev2_received_t;

/** What became of a datagram */
enum gikev2_received_t {
	/** it completed an update */
	GIKEV2_UPDATE,
	/** it is a fragment, others are missing */
	GIKEV2_FRAGMENT,
	/** its message ID was accepted before, or is older */
	GIKEV2_REPLAYED,
	/** it isn't from the key server or damaged; nobody without the keys of the
	 *  rekey SA could make it cost a signature check */
	GIKEV2_FORGED,
	/** it was made with the keys of the rekey SA, but its signature is wrong,
	 *  or its content breaks the rules */
	GIKEV2_MALFORMED,
};

/**
 * Channel of a rekey SA. Not synchronized, callers lock.
 */
struct gikev2_rekey_t {

	/**
	 * Key server: write a message.
	 *
	 * @param update		what to tell; if there are data SAs in transport
	 *						mode N(USE_TRANSPORT_MODE) goes with it
	 * @param message_id	message ID
	 * @param key			key that signs it, NULL if authentication is
	 *						implicit
	 * @param max			octets of a datagram at most, above that the message
	 *						is fragmented (RFC 7383); 0 for one datagram
	 * @param datagrams		receives datagrams, as chunk_t by value, allocated
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be written
	 */
	bool (*build)(gikev2_rekey_t *this, gkm_update_t *update,
				  uint32_t message_id, private_key_t *key, size_t max,
				  array_t *datagrams, gkm_error_t *err);

	/**
	 * Member: read a datagram. Changes nothing but what is known of fragments;
	 * call accept() for an update.
	 *
	 * Checks are made in the order of their cost: message ID, integrity,
	 * signature, content.
	 *
	 * @param datagram		datagram, see gikev2_rekey_peek()
	 * @param path			the member's path through the key tree, as
	 *						gkm_kwk_t*, may be NULL
	 * @param update		receives the update if there is one
	 * @param err			receives the reason if there is neither that nor a
	 *						fragment
	 */
	gikev2_received_t (*receive)(gikev2_rekey_t *this, chunk_t datagram,
								 array_t *path, gkm_update_t **update,
								 gkm_error_t *err);

	/**
	 * Member: note that an update was taken: messages up to this one are
	 * replays from now on, and the next ones are checked with the key that
	 * it brought, if any.
	 *
	 * @param message_id	message ID of the update
	 * @param update		the update
	 */
	void (*accept)(gikev2_rekey_t *this, uint32_t message_id,
				   gkm_update_t *update);

	/**
	 * Member: lowest message ID that isn't a replay; 2^32 after the last one.
	 */
	uint64_t (*get_next_id)(gikev2_rekey_t *this);

	/**
	 * Destroy the channel, wiping keys.
	 */
	void (*destroy)(gikev2_rekey_t *this);
};

/**
 * Find out which rekey SA a datagram is for.
 *
 * @param datagram		what was received
 * @param spi			receives the SPI, GKM_REKEY_SPI_LEN octets
 * @param message_id	receives the message ID
 * @return				FALSE if it isn't GSA_REKEY, or its length is wrong
 */
bool gikev2_rekey_peek(chunk_t datagram, uint8_t *spi, uint32_t *message_id);

/**
 * Create a channel.
 *
 * @param sa			rekey SA, cloned; messages below its message_id are
 *						taken as replays
 * @param err			receives the reason on failure
 * @return				channel, NULL if an algorithm isn't there or a key is of
 *						a wrong length or kind
 */
gikev2_rekey_t *gikev2_rekey_create(gkm_rekey_sa_t *sa, gkm_error_t *err);

/**
 * Create a channel for build() only, which takes less time: the key to check
 * signatures with isn't read.
 *
 * @param sa			rekey SA, cloned
 * @param err			receives the reason on failure
 * @return				channel, NULL if an algorithm isn't there or a key is of
 *						a wrong length
 */
gikev2_rekey_t *gikev2_rekey_create_sender(gkm_rekey_sa_t *sa,
										   gkm_error_t *err);

#endif /** GIKEV2_REKEY_H_ @}*/
