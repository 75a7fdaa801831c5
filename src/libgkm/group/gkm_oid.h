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
 * Object identifiers (RFC 8052): groups of IEC 62351 are named by them, and
 * what their SAs protect.
 *
 * The group model knows such groups by an ID_KEY_ID, as charon has no type for
 * object identifiers:
 *
 *   "OID" 0 | object identifier in DER | length(2) | OID-specific payload
 *
 * @defgroup gkm_oid gkm_oid
 * @{ @ingroup libgkm
 */

#ifndef GKM_OID_H_
#define GKM_OID_H_

#include <library.h>
#include <utils/identification.h>

#include "gkm_error.h"

/** Octets in an object identifier at most, as its length has one octet */
#define GKM_OID_MAX 255

/** Octets in an OID-specific payload that is configured at most */
#define GKM_OID_DATA_MAX 1024

/**
 * Read an object identifier as users write it, such as 1.2.840.10070.
 *
 * @param text		what the user wrote
 * @param oid		receives the identifier in DER, tag included, allocated
 * @param err		receives the reason on failure
 * @return			FALSE if it isn't one
 */
bool gkm_oid_from_string(char *text, chunk_t *oid, gkm_error_t *err);

/**
 * Print an object identifier, cut if the buffer is too small.
 *
 * @param oid		identifier in DER, tag included
 * @param buf		receives the text
 * @param len		octets in buf
 * @return			buf
 */
char *gkm_oid_print(chunk_t oid, char *buf, size_t len);

/**
 * Is this a single object identifier in DER that can be sent?
 *
 * @param oid		octets, tag included
 */
bool gkm_oid_check(chunk_t oid);

/**
 * Make the identity of a group from an object identifier.
 *
 * @param oid		identifier in DER, tag included
 * @param data		OID-specific payload, may be empty
 * @return			identity
 */
identification_t *gkm_oid_id_create(chunk_t oid, chunk_t data);

/**
 * Is this an identity that gkm_oid_id_create() made?
 *
 * @param id		identity
 * @param oid		receives the object identifier, borrowed, may be NULL
 * @param data		receives the OID-specific payload, borrowed, may be NULL
 */
bool gkm_oid_id_parse(identification_t *id, chunk_t *oid, chunk_t *data);

#endif /** GKM_OID_H_ @}*/
