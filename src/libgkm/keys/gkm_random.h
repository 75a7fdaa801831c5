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
 * Random octets for keys, SPIs and the like.
 *
 * @defgroup gkm_random gkm_random
 * @{ @ingroup libgkm
 */

#ifndef GKM_RANDOM_H_
#define GKM_RANDOM_H_

#include <library.h>

#include "../group/gkm_error.h"

/**
 * Get random octets that are good for keys of SAs.
 *
 * @param out		where to put them, wiped on failure
 * @param len		number of octets, may be 0
 * @param err		receives the reason on failure
 * @return			FALSE if there is no random number generator, or it failed
 */
bool gkm_random(u_char *out, size_t len, gkm_error_t *err);

#endif /** GKM_RANDOM_H_ @}*/
