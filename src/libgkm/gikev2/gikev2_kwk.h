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
 * Key wrap keys of a member. ID 0 is the default one.
 */
typedef struct gikev2_kwks_t gikev2_kwks_t;

/**
 * Unwrap the WRAP_KEYs that a member got when it registered. Each has to lead
 * to the default key, if by way of others.
 *
 * @param in		KD payload, for messages
 * @param gsk_w		default key wrap key, has to outlive this
 * @param wrapped	gikev2_wrapped_key_t, by value, or NULL
 * @return			keys, NULL if one doesn't unwrap, leads nowhere, or has the
 *					ID of another, or if there are too many
 */
gikev2_kwks_t *gikev2_kwks_create(gikev2_input_t *in, chunk_t gsk_w,
								  array_t *wrapped);

/**
 * Unwrap a key.
 *
 * @param this		keys
 * @param in		KD payload, for messages
 * @param wrapped	key to unwrap
 * @param len		octets that it has to have
 * @param key		receives the key, allocated, to be cleared
 * @return			FALSE if the key that wraps it isn't known, it doesn't
 *					unwrap, or has another length
 */
bool gikev2_kwks_unwrap(gikev2_kwks_t *this, gikev2_input_t *in,
						gikev2_wrapped_key_t *wrapped, size_t len,
						chunk_t *key);

/**
 * Destroy keys, wiping them.
 *
 * @param this		keys, may be NULL
 */
void gikev2_kwks_destroy(gikev2_kwks_t *this);

#endif /** GIKEV2_KWK_H_ @}*/
