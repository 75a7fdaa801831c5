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

#include "../group/gkm_channel.h"

/**
 * Key server: write a message.
 *
 * @param sa			rekey SA that carries it
 * @param update		what to tell; if there are data SAs in transport mode
 *						N(USE_TRANSPORT_MODE) goes with it
 * @param message_id	message ID
 * @param key			key that signs it, NULL if authentication is implicit
 * @param max			octets of a datagram at most, above that the message is
 *						fragmented (RFC 7383); 0 for one datagram
 * @param datagrams		receives datagrams, as chunk_t by value, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gikev2_rekey_build(gkm_rekey_sa_t *sa, gkm_update_t *update,
						uint32_t message_id, private_key_t *key, size_t max,
						array_t *datagrams, gkm_error_t *err);

/**
 * Member: create a channel. Checks are made in the order of their cost: message
 * ID, integrity, signature, content.
 *
 * @param sa			rekey SA, cloned; messages below its message_id are
 *						taken as replays
 * @param err			receives the reason on failure
 * @return				channel, NULL if an algorithm isn't there or a key is of
 *						a wrong length or kind
 */
gkm_channel_t *gikev2_rekey_create(gkm_rekey_sa_t *sa, gkm_error_t *err);

/**
 * Find out which rekey SA a datagram is for.
 *
 * @param datagram		what was received
 * @param spi			receives the SPI, GKM_REKEY_SPI_LEN octets
 * @param message_id	receives the message ID
 * @return				FALSE if it isn't GSA_REKEY, or its length is wrong
 */
bool gikev2_rekey_peek(chunk_t datagram, uint8_t *spi, uint32_t *message_id);

#endif /** GIKEV2_REKEY_H_ @}*/
