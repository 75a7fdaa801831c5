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
 * Protection of messages under a phase 1 SA (RFC 2409, 5.5 and appendix B).
 *
 * charon has the keys. It would keep the IVs as well, but of a few exchanges
 * only, and anyone who knows the cookies can make it forget those of an
 * exchange under way. Therefore it is asked for the first IV of an exchange,
 * and the others are the caller's.
 *
 * @defgroup gkm_isakmp gkm_isakmp
 * @{ @ingroup gkm
 */

#ifndef GKM_ISAKMP_H_
#define GKM_ISAKMP_H_

#include <sa/ike_sa.h>
#include <sa/ikev1/keymat_v1.h>

/**
 * Calculate prf(SKEYID_a, M-ID | data).
 *
 * @param keymat		keys of the phase 1 SA
 * @param mid			message ID
 * @param data			data
 * @param hash			receives the hash, allocated
 * @return				FALSE on failure
 */
bool gkm_isakmp_hash(keymat_v1_t *keymat, uint32_t mid, chunk_t data,
					 chunk_t *hash);

/**
 * Get the IV of the first message of an exchange.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param mid			message ID
 * @param iv			receives the IV, allocated
 * @return				FALSE on failure
 */
bool gkm_isakmp_first_iv(ike_sa_t *ike_sa, uint32_t mid, chunk_t *iv);

/**
 * Encrypt a message.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param exchange		exchange type
 * @param mid			message ID
 * @param first			type of the first payload
 * @param plain			payloads
 * @param iv			IV, replaced by that of the next message
 * @param message		receives the message, allocated
 * @return				FALSE on failure, the IV is as before
 */
bool gkm_isakmp_seal(ike_sa_t *ike_sa, uint8_t exchange, uint32_t mid,
					 uint8_t first, chunk_t plain, chunk_t *iv,
					 chunk_t *message);

/**
 * Decrypt a message. Nothing is authenticated by that.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param message		message with header
 * @param iv			IV
 * @param plain			receives payloads and padding, allocated, to be cleared
 * @param next			receives the IV of the next message, in message
 * @return				FALSE if its length is wrong, or on failure
 */
bool gkm_isakmp_open(ike_sa_t *ike_sa, chunk_t message, chunk_t iv,
					 chunk_t *plain, chunk_t *next);

#endif /** GKM_ISAKMP_H_ @}*/
