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
 * AUTH payload of GSA_REKEY, and what it signs (RFC 9838, 2.4.1.1, 4.8; RFC
 * 7427, 3).
 *
 * @defgroup gikev2_auth gikev2_auth
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_AUTH_H_
#define GIKEV2_AUTH_H_

#include "gikev2_inner.h"

#include "../keys/gkm_auth_key.h"

/** Octets in an AlgorithmIdentifier at most, as one octet has its length */
#define GIKEV2_AUTH_ALG_MAX 255

/**
 * Make the body of an AUTH payload, with zeros in place of the signature, which
 * comes last.
 *
 * @param sig_alg		DER AlgorithmIdentifier, GIKEV2_AUTH_ALG_MAX at most
 * @param len			octets in the signature
 * @return				body, allocated
 */
chunk_t gikev2_auth_build(chunk_t sig_alg, size_t len);

/**
 * Read the body of an AUTH payload.
 *
 * @param body			body
 * @param sig_alg		AlgorithmIdentifier that it has to have
 * @param signature		receives the signature, a part of body
 * @param err			receives the reason on failure
 * @return				FALSE if it isn't complete, or has another method or
 *						algorithm
 */
bool gikev2_auth_parse(chunk_t body, chunk_t sig_alg, chunk_t *signature,
					   gkm_error_t *err);

/**
 * Get the octets that are signed.
 *
 * @param header		IKE header and generic header of the SK payload
 * @param plain			payloads in the SK payload
 * @param signature		signature, a part of plain
 * @return				what is signed, allocated, to be cleared
 */
chunk_t gikev2_auth_octets(chunk_t header, chunk_t plain, chunk_t signature);

/**
 * Write payloads with an AUTH payload that signs them. Its length is signed as
 * well, but signatures of ECDSA differ in length, so this may take more than
 * one try.
 *
 * @param header		IKE header and generic header of the SK payload, lengths
 *						may be anything
 * @param inner			payloads, without AUTH, at least one
 * @param sig_alg		DER AlgorithmIdentifier, GIKEV2_AUTH_ALG_MAX at most
 * @param key			key to sign with
 * @param auth_key		the same key, as members have it: DER SubjectPublicKeyInfo
 * @param plain			receives the payloads, allocated, to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if that isn't the same key, or signing fails
 */
bool gikev2_auth_sign(chunk_t header, gikev2_inner_t *inner, chunk_t sig_alg,
					  private_key_t *key, chunk_t auth_key, chunk_t *plain,
					  gkm_error_t *err);

#endif /** GIKEV2_AUTH_H_ @}*/
