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


#include "gkm_random.h"

/*
 * Described in header
 */
bool gkm_random(u_char *out, size_t len, gkm_error_t *err)
{
	rng_t *rng;
	bool success;

	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	if (!rng)
	{
		return gkm_fail(err, "no random number generator");
	}
	success = rng->get_bytes(rng, len, out);
	rng->destroy(rng);
	if (!success)
	{
		memwipe(out, len);
		return gkm_fail(err, "random number generator failed");
	}
	return TRUE;
}
