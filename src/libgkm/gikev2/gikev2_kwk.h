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
 * Keys that wrap other keys: the default one, and those on a member's path
 * through a key tree (RFC 9838, 3.1, 3.3).
 *
 * @defgroup gikev2_kwk gikev2_kwk
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_KWK_H_
#define GIKEV2_KWK_H_

#include "gikev2_key_bag.h"

/**
 * What a member can unwrap keys with. Borrows all of it.
 */
typedef struct gikev2_kwks_t {

	/** default key, with ID 0: GSK_w */
	chunk_t gsk_w;

	/** keys that the member holds: its path (Working Key Path), as gkm_kwk_t*,
	 *  NULL if it has none */
	array_t *path;

	/** WRAP_KEYs of the message, as gikev2_wrapped_key_t, by value. There may
	 *  be several of one ID, wrapped with different keys. */
	array_t *wrapped;

	/** octets in keys of the tree: what the key wrap algorithm of the rekey SA
	 *  takes, as they wrap keys in its messages (RFC 9838, 4.5.3.1, says so of
	 *  the attribute, which is longer) */
	size_t len;

} gikev2_kwks_t;

/**
 * Check the WRAP_KEYs that a member gets when it registers, and holds no
 * others: each has to lead to the default key, if by way of others, and none
 * may come twice.
 *
 * @param this		keys
 * @param in		KD payload, for messages
 * @return			FALSE if one leads nowhere, has the ID of another, or if
 *					there are too many
 */
bool gikev2_kwks_check(gikev2_kwks_t *this, gikev2_input_t *in);

/**
 * Does a wrapped key lead to the default key, or into the member's path?
 *
 * @param this		keys
 * @param wrapped	key in question
 */
bool gikev2_kwks_can_unwrap(gikev2_kwks_t *this,
							gikev2_wrapped_key_t *wrapped);

/**
 * Unwrap a key.
 *
 * @param this		keys
 * @param in		KD payload, for messages
 * @param wrapped	key to unwrap
 * @param len		octets that it has to have
 * @param key		receives the key, allocated, to be cleared
 * @param path		empty array, receives what the member's path becomes, as
 *					gkm_kwk_t*; stays empty if that doesn't change, may be
 *					NULL for a key that is wrapped with the default one
 * @return			FALSE if the key leads nowhere, a key on the way doesn't
 *					unwrap or has another length, or the path becomes too long
 */
bool gikev2_kwks_unwrap(gikev2_kwks_t *this, gikev2_input_t *in,
						gikev2_wrapped_key_t *wrapped, size_t len,
						chunk_t *key, array_t *path);

#endif /** GIKEV2_KWK_H_ @}*/
