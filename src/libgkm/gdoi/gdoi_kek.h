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
 * Encryption with the key of a rekey SA of GDOI (RFC 6407, 5.6.2.1): CBC mode,
 * always with the IV that came in front of the key.
 *
 * @defgroup gdoi_kek gdoi_kek
 * @{ @ingroup libgkm
 */

#ifndef GDOI_KEK_H_
#define GDOI_KEK_H_

#include <library.h>

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

typedef struct gdoi_kek_t gdoi_kek_t;

/** Octets in a block at most: padding is shorter */
#define GDOI_KEK_BLOCK_MAX 16

/**
 * Prepare encryption.
 *
 * @param sa			rekey SA
 * @param err			receives the reason on failure
 * @return				NULL if the algorithm isn't there, or the key isn't of
 *						its length
 */
gdoi_kek_t *gdoi_kek_create(gkm_rekey_sa_t *sa, gkm_error_t *err);

/**
 * Get the number of octets in a block, and in the IV.
 */
size_t gdoi_kek_get_block_len(gdoi_kek_t *this);

/**
 * Encrypt data in place.
 *
 * @param data			data, whole blocks
 * @return				FALSE on failure
 */
bool gdoi_kek_encrypt(gdoi_kek_t *this, chunk_t data);

/**
 * Decrypt data in place.
 *
 * @param data			data, whole blocks
 * @return				FALSE on failure
 */
bool gdoi_kek_decrypt(gdoi_kek_t *this, chunk_t data);

/**
 * Wipe the key.
 *
 * @param this			may be NULL
 */
void gdoi_kek_destroy(gdoi_kek_t *this);

#endif /** GDOI_KEK_H_ @}*/
