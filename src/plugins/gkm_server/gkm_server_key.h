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
 * The key that a key server signs rekeys with.
 *
 * @defgroup gkm_server_key gkm_server_key
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_KEY_H_
#define GKM_SERVER_KEY_H_

#include <credentials/keys/private_key.h>

#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_error.h"

/**
 * Load the key that a configuration asks for, or make an ephemeral one
 * (ECDSA P-256) if it names none.
 *
 * @param cfg		configuration; a relative file name is one in swanctl's
 *					folder private
 * @param current	key in use, NULL if none. An ephemeral key is kept.
 * @param key		receives the key to use, a reference of its own; NULL if
 *					rekeys aren't signed
 * @param err		receives the reason on failure
 * @return			FALSE if there is no such key
 */
bool gkm_server_key_load(gkm_cfg_t *cfg, private_key_t *current,
						 private_key_t **key, gkm_error_t *err);

/**
 * Describe a key as members need it. In groups that use GDOI it has to be RSA,
 * or ECDSA with one of the curves of RFC 6407, 5.3.6.
 *
 * @param cfg		configuration
 * @param key		key, NULL if rekeys aren't signed
 * @param auth_key	receives DER SubjectPublicKeyInfo, allocated; empty for NULL
 * @param sig_alg	receives the DER AlgorithmIdentifier of its signatures
 *					(RFC 7427, 3), allocated; empty for NULL
 * @param err		receives the reason on failure
 * @return			FALSE if it isn't RSA, ECDSA, Ed25519 or Ed448
 */
bool gkm_server_key_describe(gkm_cfg_t *cfg, private_key_t *key,
							 chunk_t *auth_key, chunk_t *sig_alg,
							 gkm_error_t *err);

#endif /** GKM_SERVER_KEY_H_ @}*/
