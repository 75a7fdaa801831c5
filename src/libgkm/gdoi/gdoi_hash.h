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
 * HASH payloads, which come first in messages under a phase 1 SA and
 * authenticate all that comes after (RFC 2409, 5.5 and 5.7; RFC 6407, 3.2).
 *
 * @defgroup gdoi_hash gdoi_hash
 * @{ @ingroup libgkm
 */

#ifndef GDOI_HASH_H_
#define GDOI_HASH_H_

#include "gdoi_isakmp.h"

typedef struct gdoi_hasher_t gdoi_hasher_t;

/**
 * Key of the phase 1 SA that authenticates messages.
 */
struct gdoi_hasher_t {

	/**
	 * Calculate prf(SKEYID_a, M-ID | data).
	 *
	 * @param mid			message ID
	 * @param data			data
	 * @param hash			receives the hash, allocated
	 * @return				FALSE on failure
	 */
	bool (*hash)(gdoi_hasher_t *this, uint32_t mid, chunk_t data,
				 chunk_t *hash);
};

/**
 * Write the payloads of a message, with HASH in front.
 *
 * @param hasher		authenticates the message
 * @param mid			message ID
 * @param nonces		what HASH covers before the payloads
 * @param payloads		array of gdoi_payload_t by value, of which type and body
 *						are used
 * @param plain			receives all payloads, allocated, to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE on failure
 */
bool gdoi_hash_build(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
					 array_t *payloads, chunk_t *plain, gkm_error_t *err);

/**
 * Split the payloads of a message, and check HASH.
 *
 * @param hasher		authenticates the message
 * @param mid			message ID
 * @param nonces		what HASH covers before the payloads
 * @param first			type of the first payload, from the header
 * @param plain			payloads as decrypted, with padding
 * @param payloads		array of gdoi_payload_t by value to add those after HASH
 *						to, without Vendor IDs
 * @param err			receives the reason on failure
 * @return				FALSE if malformed, or HASH is wrong
 */
bool gdoi_hash_parse(gdoi_hasher_t *hasher, uint32_t mid, chunk_t nonces,
					 uint8_t first, chunk_t plain, array_t *payloads,
					 gkm_error_t *err);

#endif /** GDOI_HASH_H_ @}*/
