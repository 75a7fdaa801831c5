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
 * Signatures of GROUPKEY-PUSH messages (RFC 6407, 4.2 and 5.3.6).
 *
 *   SIG = Sign(Hash("rekey" | HDR | all payloads before SIG))
 *
 * RSA signs by PKCS#1 v1.5. RFC 6407 has DigestInfo in front of the hash, its
 * reference implementation only the hash, which is called bare here. Signatures
 * by ECDSA are two numbers of fixed length (RFC 4754, 7).
 *
 * @defgroup gdoi_sig gdoi_sig
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SIG_H_
#define GDOI_SIG_H_

#include <library.h>
#include <credentials/keys/private_key.h>

#include "../group/gkm_error.h"

/**
 * Public key, and algorithm of the signatures that it verifies.
 */
typedef struct gdoi_sig_t gdoi_sig_t;

/**
 * Read a public key.
 *
 * @param sig_alg		DER AlgorithmIdentifier of the signatures
 * @param auth_key		DER SubjectPublicKeyInfo
 * @param err			receives the reason on failure
 * @return				key, NULL if one isn't supported or they don't go
 *						together
 */
gdoi_sig_t *gdoi_sig_create(chunk_t sig_alg, chunk_t auth_key,
							gkm_error_t *err);

/**
 * Verify a signature, in either encoding.
 *
 * @param data			what was signed
 * @param signature		signature
 * @param bare			encoding to try first
 * @return				FALSE if it isn't a signature of data with this key
 */
bool gdoi_sig_verify(gdoi_sig_t *this, chunk_t data, chunk_t signature,
					 bool bare);

/**
 * Destroy a public key.
 *
 * @param this			key, may be NULL
 */
void gdoi_sig_destroy(gdoi_sig_t *this);

/**
 * Get the number of octets in signatures of a private key.
 *
 * @param key			private key
 * @param sig_alg		DER AlgorithmIdentifier of the signatures
 * @param err			receives the reason on failure
 * @return				octets, 0 if the algorithm isn't supported, or they don't
 *						go together
 */
size_t gdoi_sig_len(private_key_t *key, chunk_t sig_alg, gkm_error_t *err);

/**
 * Sign data.
 *
 * @param key			private key
 * @param sig_alg		DER AlgorithmIdentifier of the signature
 * @param bare			encoding of an RSA signature
 * @param data			what to sign
 * @param signature		where to write the signature, as many octets as
 *						gdoi_sig_len() has
 * @param err			receives the reason on failure
 * @return				FALSE on failure
 */
bool gdoi_sig_sign(private_key_t *key, chunk_t sig_alg, bool bare,
				   chunk_t data, chunk_t signature, gkm_error_t *err);

/**
 * Get the octets that are signed.
 *
 * @param headers		ISAKMP header and payloads before SIG
 * @param length		length of the message in the header
 * @return				octets, allocated, to be cleared
 */
chunk_t gdoi_sig_octets(chunk_t headers, uint32_t length);

#endif /** GDOI_SIG_H_ @}*/
