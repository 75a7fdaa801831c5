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

/*
 * Reaches all that a download consists of, by way of the function that reads
 * both payloads: gikev2_input, gikev2_attribute, gikev2_transform, gikev2_ts,
 * gikev2_substructure, gikev2_sa_policy, gikev2_gw_policy, gikev2_key_bag,
 * gikev2_kwk and gikev2_rules.
 */

#include "fuzz.h"

#include "libgkm/gikev2/gikev2_download.h"

/** Bits of the first octet; two more tell the length of the key wrap key */
#define SENDER		(1 << 0)
#define TRANSPORT	(1 << 1)

/**
 * Input: an octet of flags, octets in the GSA payload (2), both payloads. The
 * key wrap key is fixed, so that keys of the corpus unwrap.
 */
static bool split(chunk_t input, gikev2_context_t *ctx, chunk_t *gsa,
				  chunk_t *kd)
{
	static u_char gsk_w[32];
	size_t len;
	int i;

	if (input.len < 3)
	{
		return FALSE;
	}
	for (i = 0; i < sizeof(gsk_w); i++)
	{
		gsk_w[i] = i;
	}
	*ctx = (gikev2_context_t){
		.gsk_w = chunk_create(gsk_w, 16 + 8 * min(input.ptr[0] >> 2 & 3, 2)),
		.sender = input.ptr[0] & SENDER,
		.transport = input.ptr[0] & TRANSPORT,
	};
	len = untoh16(input.ptr + 1);
	input = chunk_skip(input, 3);
	len = min(len, input.len);
	*gsa = chunk_clone(chunk_create(input.ptr, len));
	*kd = chunk_clone(chunk_skip(input, len));
	return TRUE;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gkm_download_t *download, *again;
	gkm_error_t err = {};
	gikev2_context_t ctx;
	chunk_t gsa, kd;

	if (!split(chunk_create((u_char*)data, len), &ctx, &gsa, &kd))
	{
		return -1;
	}
	download = gikev2_download_parse(gsa, kd, &ctx, &err);
	chunk_free(&gsa);
	chunk_free(&kd);
	if (!download)
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return 0;
	}
	/* what was accepted can be sent and is accepted again */
	fuzz_assert(gikev2_download_build(download, &ctx, &gsa, &kd, &err),
				"accepted but not written", &err);
	again = gikev2_download_parse(gsa, kd, &ctx, &err);
	fuzz_assert(again != NULL, "written but not accepted", &err);
	gkm_download_destroy(again);
	gkm_download_destroy(download);
	chunk_free(&gsa);
	chunk_free(&kd);
	return 0;
}
