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
 * SAs and what else several suites of GDOI messages use.
 */

#ifndef GDOI_FIXTURE_H_
#define GDOI_FIXTURE_H_

#include <check.h>

#include <credentials/keys/private_key.h>

#include "libgkm/gdoi/gdoi_isakmp.h"
#include "libgkm/group/gkm_update.h"

#include "samples.h"

/** Octet that SPI and key of the rekey SA of samples count up from */
#define KEK_FIRST 0x10

/**
 * Make a rekey SA with AES-256 and the key in ECDSA_KEY.
 *
 * @param first		octet that SPI, IV and key count up from
 */
gkm_rekey_sa_t *gdoi_rekey_create(uint8_t first);

/**
 * Give a rekey SA another cipher, and a key for it.
 *
 * @param bits		bits in the key of AES, 0 for 3DES
 */
void gdoi_rekey_set_cipher(gkm_rekey_sa_t *sa, u_int bits);

/**
 * Give a rekey SA the public key of a private one.
 */
void gdoi_rekey_set_key(gkm_rekey_sa_t *sa, private_key_t *key,
						const char *sig_alg);

/**
 * Make a data SA.
 *
 * @param protocol	PROTO_ESP or PROTO_AH
 * @param words		its algorithms
 * @param spi		SPI, in host byte order
 */
gkm_data_sa_t *gdoi_data_sa_create(protocol_id_t protocol, char *words,
								   uint32_t spi);

/**
 * Add a key of the key tree to a path, as long as that of the rekey SA.
 *
 * @param id		its number, and octet that the key counts up from
 * @param node		its node
 */
void gdoi_path_add(array_t *path, uint32_t id, uint16_t node);

/**
 * Check that SAs and keys are those expected, as far as messages go.
 */
void assert_equal_sas(gkm_download_t *got, gkm_download_t *expected);

#endif /** GDOI_FIXTURE_H_ */
