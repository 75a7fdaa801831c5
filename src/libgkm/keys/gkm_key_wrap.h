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
 * AES key wrap with padding (RFC 5649), which RFC 9838 wraps all keys with.
 *
 * @defgroup gkm_key_wrap gkm_key_wrap
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_WRAP_H_
#define GKM_KEY_WRAP_H_

#include <library.h>

#include "../group/gkm_error.h"

/** Octets that can be wrapped at most (RFC 9838, 4.4.2.1.2 asks for 256) */
#define GKM_KEY_WRAP_MAX 512

/**
 * Wrap a key.
 *
 * @param kwk		key wrap key, 16, 24 or 32 octets
 * @param key		key to wrap, 1 to GKM_KEY_WRAP_MAX octets
 * @param wrapped	receives the wrapped key, allocated
 * @param err		receives the reason on failure
 * @return			TRUE if wrapped
 */
bool gkm_key_wrap(chunk_t kwk, chunk_t key, chunk_t *wrapped,
				  gkm_error_t *err);

/**
 * Unwrap a key.
 *
 * @param kwk		key wrap key, 16, 24 or 32 octets
 * @param wrapped	wrapped key
 * @param key		receives the key, allocated, to be cleared
 * @param err		receives the reason on failure
 * @return			FALSE if lengths are wrong or the integrity check fails
 */
bool gkm_key_unwrap(chunk_t kwk, chunk_t wrapped, chunk_t *key,
					gkm_error_t *err);

#endif /** GKM_KEY_WRAP_H_ @}*/
