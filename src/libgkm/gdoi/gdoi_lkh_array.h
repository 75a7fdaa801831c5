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
 * Layout of arrays of keys of the key tree (RFC 6407, 5.6.3.1 and 5.6.3.2), see
 * gdoi_lkh.h.
 *
 * @defgroup gdoi_lkh_array gdoi_lkh_array
 * @{ @ingroup libgkm
 */

#ifndef GDOI_LKH_ARRAY_H_
#define GDOI_LKH_ARRAY_H_

#include <bio/bio_writer.h>

#include "gdoi_lkh.h"

typedef struct gdoi_lkh_layout_t gdoi_lkh_layout_t;
typedef struct gdoi_lkh_key_t gdoi_lkh_key_t;
typedef struct gdoi_lkh_array_t gdoi_lkh_array_t;

/** Octets before the keys in a download array and in an update array, and
 *  before Key Data in a key */
#define GDOI_LKH_HEADER_LEN 4
#define GDOI_LKH_UPDATE_HEADER_LEN 12
#define GDOI_LKH_KEY_LEN 16

/** Octets in an IV, which is as long as a block, at most */
#define GDOI_LKH_IV_MAX 16

/** Octets in Key Data at most: IV, and key of 256 bits */
#define GDOI_LKH_DATA_MAX (16 + 32)

/**
 * What keys look like. As Key Data has no length, all keys have the algorithm
 * of the rekey SA.
 */
struct gdoi_lkh_layout_t {

	/** of the rekey SA, borrowed */
	proposal_t *proposal;

	/** gdoi_kek_algorithm_t */
	uint16_t type;

	/** octets in an IV, which is as long as a block, and in a key */
	size_t iv;
	size_t key;

	/** octets in Key Data: IV and key, and both encrypted */
	size_t plain;
	size_t sealed;
};

/**
 * A key. Borrows from the array it was read from.
 */
struct gdoi_lkh_key_t {

	/** LKH ID */
	uint16_t node;

	/** Key Handle */
	uint32_t handle;

	/** Key Data */
	chunk_t data;
};

/**
 * An array.
 */
struct gdoi_lkh_array_t {

	/** update array: key that encrypts the first */
	uint16_t node;
	uint32_t handle;

	/** gdoi_lkh_key_t by value */
	array_t *keys;
};

/**
 * Find out what keys look like.
 *
 * @param sa			rekey SA
 * @param err			receives the reason on failure
 * @return				FALSE if its algorithm isn't one of GDOI
 */
bool gdoi_lkh_layout_init(gdoi_lkh_layout_t *this, gkm_rekey_sa_t *sa,
						  gkm_error_t *err);

/**
 * Read an array.
 *
 * @param data			array
 * @param layout		what keys look like
 * @param update		TRUE for LKH_UPDATE_ARRAY
 * @param array			receives it, keys are to be destroyed also on failure
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_lkh_array_parse(chunk_t data, gdoi_lkh_layout_t *layout, bool update,
						  gdoi_lkh_array_t *array, gkm_error_t *err);

/**
 * Write the header of an array.
 *
 * @param count			number of keys
 * @param kwk			update array: key that encrypts the first, NULL for a
 *						download array
 */
void gdoi_lkh_header_build(bio_writer_t *writer, uint16_t count,
						   gkm_kwk_t *kwk);

/**
 * Write what comes before Key Data.
 *
 * @param node			LKH ID
 * @param handle		Key Handle
 */
void gdoi_lkh_key_build(bio_writer_t *writer, gdoi_lkh_layout_t *layout,
						uint16_t node, uint32_t handle);

/**
 * Get the Key Handle of the rekey SA's key: a part of its SPI, which changes
 * whenever the key does.
 */
uint32_t gdoi_lkh_root_handle(gkm_rekey_sa_t *sa);

/**
 * Check that the rekey SA has a key.
 */
bool gdoi_lkh_check_root(gkm_rekey_sa_t *sa, gdoi_lkh_layout_t *layout,
						 gkm_error_t *err);

/**
 * Check that a key of the tree has the length that the rekey SA's has.
 */
bool gdoi_lkh_check_kwk(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout,
						gkm_error_t *err);

/**
 * Get the IV of a key of the tree, borrowed.
 */
chunk_t gdoi_lkh_get_iv(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout);

/**
 * Find a node in a path.
 *
 * @return				its index, -1 if it isn't there
 */
int gdoi_lkh_find_node(array_t *path, uint16_t node);

/**
 * Make a key of the tree.
 *
 * @param key			key
 * @param plain			Key Data of it, decrypted
 */
gkm_kwk_t *gdoi_lkh_create_kwk(gdoi_lkh_key_t *key, chunk_t plain,
							   gdoi_lkh_layout_t *layout);

/**
 * Encrypt or decrypt Key Data in place.
 *
 * @param kwk			key that encrypts it
 * @param encrypt		TRUE to encrypt
 * @param data			IV and key, with padding
 */
bool gdoi_lkh_crypt(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout, bool encrypt,
					chunk_t data, gkm_error_t *err);

#endif /** GDOI_LKH_ARRAY_H_ @}*/
