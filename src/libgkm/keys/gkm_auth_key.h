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

#include "../group/gkm_error.h"

/**
 * Check that a public key can verify signatures of an algorithm. RFC 9838,
 * 4.5.3.2, wants the algorithm of the key to match that of the signatures,
 * which in case of ECDSA are never equal: what counts is the type of the key.
 *
 * @param sig_alg	DER AlgorithmIdentifier of the signatures
 * @param auth_key	DER SubjectPublicKeyInfo
 * @param err		receives the reason on failure
 * @return			FALSE if one isn't supported or they don't go together
 */
bool gkm_auth_key_check(chunk_t sig_alg, chunk_t auth_key, gkm_error_t *err);

#endif /** GKM_AUTH_KEY_H_ @}*/
