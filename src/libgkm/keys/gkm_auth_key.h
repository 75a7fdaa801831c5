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
 * Key that a key server signs its rekey messages with.
 *
 * @defgroup gkm_auth_key gkm_auth_key
 * @{ @ingroup libgkm
 */

#ifndef GKM_AUTH_KEY_H_
#define GKM_AUTH_KEY_H_

#include <library.h>
#include <credentials/keys/private_key.h>

#include "../group/gkm_error.h"

/**
 * Public key, and the algorithm of the signatures that it verifies.
 */
typedef struct gkm_auth_key_t gkm_auth_key_t;

/**
 * Read a public key that is to verify signatures of an algorithm. RFC 9838,
 * 4.5.3.2, wants the algorithm of the key to match that of the signatures,
 * which in case of ECDSA are never equal: what counts is the type of the key.
 *
 * @param sig_alg	DER AlgorithmIdentifier of the signatures
 * @param auth_key	DER SubjectPublicKeyInfo
 * @param err		receives the reason on failure
 * @return			key, NULL if one isn't supported or they don't go together
 */
gkm_auth_key_t *gkm_auth_key_create(chunk_t sig_alg, chunk_t auth_key,
									gkm_error_t *err);

/**
 * Verify a signature.
 *
 * @param this		public key
 * @param data		what was signed
 * @param signature	signature
 * @return			FALSE if it isn't a signature of data with this key
 */
bool gkm_auth_key_verify(gkm_auth_key_t *this, chunk_t data, chunk_t signature);

/**
 * Destroy a public key.
 *
 * @param this		key, may be NULL
 */
void gkm_auth_key_destroy(gkm_auth_key_t *this);

/**
 * Check that a public key can verify signatures of an algorithm, see
 * gkm_auth_key_create().
 */
bool gkm_auth_key_check(chunk_t sig_alg, chunk_t auth_key, gkm_error_t *err);

/**
 * Check that members could verify what a private key signs.
 *
 * @param key		private key
 * @param sig_alg	DER AlgorithmIdentifier of the signatures
 * @param auth_key	DER SubjectPublicKeyInfo that members have
 * @param err		receives the reason on failure
 * @return			FALSE if the key is of another kind, or another one
 */
bool gkm_auth_key_matches(private_key_t *key, chunk_t sig_alg, chunk_t auth_key,
						  gkm_error_t *err);

/**
 * Sign data.
 *
 * @param key		private key
 * @param sig_alg	DER AlgorithmIdentifier of the signature
 * @param data		what to sign
 * @param signature	receives the signature, allocated
 * @param err		receives the reason on failure
 * @return			FALSE if key and algorithm don't go together, or signing
 *					fails
 */
bool gkm_auth_key_sign(private_key_t *key, chunk_t sig_alg, chunk_t data,
					   chunk_t *signature, gkm_error_t *err);

/**
 * Octets that signatures of a private key have, or in case of ECDSA, whose
 * signatures differ in length, most often have.
 */
size_t gkm_auth_key_signature_len(private_key_t *key);

#endif /** GKM_AUTH_KEY_H_ @}*/
