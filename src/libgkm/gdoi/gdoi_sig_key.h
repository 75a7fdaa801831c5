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
 * Signatures of GROUPKEY-PUSH messages: numbers of their algorithms, and how
 * the public key is sent (RFC 6407, 5.3.5 to 5.3.7 and 5.6.2.2).
 *
 * @defgroup gdoi_sig_key gdoi_sig_key
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SIG_KEY_H_
#define GDOI_SIG_KEY_H_

#include <library.h>

#include "gdoi_codepoints.h"

#include "../group/gkm_error.h"

/**
 * Get the numbers of an algorithm.
 *
 * @param sig_alg		DER AlgorithmIdentifier
 * @param sig			receives a gdoi_sig_algorithm_t
 * @param hash			receives a gdoi_hash_algorithm_t
 * @param err			receives the reason on failure
 * @return				FALSE if it has no number in GDOI
 */
bool gdoi_sig_from_alg(chunk_t sig_alg, uint16_t *sig, uint16_t *hash,
					   gkm_error_t *err);

/**
 * Get an algorithm from its numbers. No signatures over MD5 and SHA-1 are
 * accepted, as in G-IKEv2.
 *
 * @param sig			gdoi_sig_algorithm_t
 * @param hash			gdoi_hash_algorithm_t, 0 if it wasn't sent, which is
 *						allowed with ECDSA only
 * @param sig_alg		receives a DER AlgorithmIdentifier, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it isn't supported
 */
bool gdoi_sig_to_alg(uint16_t sig, uint16_t hash, chunk_t *sig_alg,
					 gkm_error_t *err);

/**
 * Get the SIG_KEY_LENGTH that goes with a public key.
 *
 * @param sig			gdoi_sig_algorithm_t
 * @param key			DER SubjectPublicKeyInfo
 * @return				bits, 0 if the key isn't of that type
 */
uint16_t gdoi_sig_key_bits(uint16_t sig, chunk_t key);

/**
 * Get the SIG_ALGORITHM_KEY for a public key.
 *
 * @param key			DER SubjectPublicKeyInfo
 * @param pkcs1			TRUE for RSAPublicKey if it is an RSA key
 * @return				part of key
 */
chunk_t gdoi_sig_key_to_wire(chunk_t key, bool pkcs1);

/**
 * Get a public key from SIG_ALGORITHM_KEY, which RFC 6407 gives no encoding
 * for: SubjectPublicKeyInfo is in use, draft-yeung-g-ikev2 named RSAPublicKey.
 *
 * @param wire			SIG_ALGORITHM_KEY
 * @param key			receives a DER SubjectPublicKeyInfo, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it is neither of the above
 */
bool gdoi_sig_key_from_wire(chunk_t wire, chunk_t *key, gkm_error_t *err);

#endif /** GDOI_SIG_KEY_H_ @}*/
