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
 * Seals records with keys from a file, so that who gets hold of the database
 * alone learns neither keys nor members from it, and can't change a record
 * unnoticed. That a record is missing, or is an older one of the same place
 * and key, isn't noticed.
 *
 * The file holds random octets: 32 for the key of AES-256-GCM that seals
 * records, 32 for the key of HMAC-SHA-256 that names them.
 *
 *   name   = HMAC(place | key)
 *   sealed = nonce (12) | AES-256-GCM(length of key (2) | key | value)
 *            with place | name as associated data
 *
 * Nonces are random, which is good for 2^32 values under one key (NIST
 * SP 800-38D, 8.3).
 *
 * @defgroup gkm_seal gkm_seal
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SEAL_H_
#define GKM_SEAL_H_

#include "libgkm/group/gkm_error.h"

typedef struct gkm_seal_t gkm_seal_t;

/** Octets of a name */
#define GKM_SEAL_NAME_LEN 32

/** Octets of a key of a record at most */
#define GKM_SEAL_KEY_MAX 0xffff

/**
 * A key file. Not for several threads at once.
 */
struct gkm_seal_t {

	/**
	 * Read the key file. Has to be called before the methods below, each time
	 * that they are about to be used: it notices if the file has changed since.
	 *
	 * A file of someone else, that others may access, or of another size is
	 * refused, and never overwritten.
	 *
	 * @param create		TRUE to create the file if there is none
	 * @param err			receives the reason on failure
	 * @return				TRUE if there is a key
	 */
	bool (*open)(gkm_seal_t *this, bool create, gkm_error_t *err);

	/**
	 * Get the name of a record.
	 *
	 * @param place			where it belongs; no place may start with another
	 * @param key			its key
	 * @param name			receives the name, allocated
	 * @param err			receives the reason on failure
	 */
	bool (*name)(gkm_seal_t *this, chunk_t place, chunk_t key, chunk_t *name,
				 gkm_error_t *err);

	/**
	 * Seal a record.
	 *
	 * @param place			as for name
	 * @param name			its name
	 * @param key			its key
	 * @param value			its value
	 * @param sealed		receives the sealed record, allocated
	 * @param err			receives the reason on failure
	 */
	bool (*seal)(gkm_seal_t *this, chunk_t place, chunk_t name, chunk_t key,
				 chunk_t value, chunk_t *sealed, gkm_error_t *err);

	/**
	 * Unseal a record.
	 *
	 * @param place			as for name
	 * @param name			its name
	 * @param sealed		sealed record
	 * @param plain			receives what key and value point into, allocated,
	 *						to be cleared
	 * @param key			receives the key
	 * @param value			receives the value
	 * @param err			receives the reason on failure
	 * @return				FALSE if it isn't what was sealed at that place
	 */
	bool (*unseal)(gkm_seal_t *this, chunk_t place, chunk_t name,
				   chunk_t sealed, chunk_t *plain, chunk_t *key,
				   chunk_t *value, gkm_error_t *err);

	/**
	 * Forget the key.
	 */
	void (*destroy)(gkm_seal_t *this);
};

/**
 * Create one without looking at the file.
 *
 * @param path		path of the key file, cloned
 */
gkm_seal_t *gkm_seal_create(char *path);

#endif /** GKM_SEAL_H_ @}*/
