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

#include "fuzz.h"

#include "libgkm/gikev2/gikev2_idg.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t input = chunk_create((u_char*)data, len), built;
	identification_t *id;
	gkm_error_t err = {};
	char buf[1024];

	id = gikev2_idg_parse(input, &err);
	if (!id)
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return 0;
	}
	snprintf(buf, sizeof(buf), "%Y", id);
	built = gikev2_idg_build(id);
	/* reserved octets aside */
	fuzz_assert(built.len == len && built.ptr[0] == data[0] &&
				memeq(built.ptr + 4, data + 4, len - 4),
				"written differently", &err);
	chunk_free(&built);
	id->destroy(id);
	return 0;
}
