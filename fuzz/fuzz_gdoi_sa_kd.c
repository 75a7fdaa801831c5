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
 * Fuzz target: SA and KD payloads of GDOI, in registrations and rekeys, as the
 * member that has the path of the seeds reads them.
 */

#include "fuzz_gdoi.h"

#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_sa.h"

/** Bits of the first octet */
#define PUSH		(1 << 0)
#define SENDER		(1 << 1)

/** Octets in the keys of the member's path */
#define KEY_LEN		24

/**
 * Split the input into flags, length of SA, SA and KD. Copies are as long as
 * the payloads, so that what is read beyond is seen.
 */
static bool split(chunk_t input, uint8_t *flags, chunk_t *sa, chunk_t *kd)
{
	size_t len;

	if (input.len < 3)
	{
		return FALSE;
	}
	*flags = input.ptr[0];
	len = untoh16(input.ptr + 1);
	input = chunk_skip(input, 3);
	len = min(len, input.len);
	*sa = chunk_clone(chunk_create(input.ptr, len));
	*kd = chunk_clone(chunk_skip(input, len));
	return TRUE;
}

/**
 * Make the path of the member, see gdoi_samples.c of the unit tests
 */
static array_t *create_path()
{
	uint16_t nodes[] = { 2 << 11, 1 << 11 | 1, 3 };
	array_t *path = array_create(0, 0);
	gkm_kwk_t *kwk;
	chunk_t key;
	int i;

	for (i = 0; i < countof(nodes); i++)
	{
		key = fuzz_count_up(i + 1, KEY_LEN);
		kwk = gkm_kwk_create(i + 1, key);
		kwk->node = nodes[i];
		array_insert(path, ARRAY_TAIL, kwk);
		chunk_clear(&key);
	}
	return path;
}

/**
 * Read payloads of a registration
 */
static gkm_download_t *parse(chunk_t sa, chunk_t kd, gdoi_format_t *format,
							 bool sender, gkm_error_t *err)
{
	gkm_download_t *download;

	download = gdoi_sa_parse(sa, format, FALSE, err);
	if (download && !gdoi_kd_parse(download, kd, sender, err))
	{
		gkm_download_destroy(download);
		return NULL;
	}
	return download;
}

/**
 * Registration: what was accepted can be sent and is accepted again
 */
static void try_download(chunk_t sa, chunk_t kd, gdoi_format_t *format,
						 bool sender)
{
	gkm_download_t *download, *again;
	gkm_error_t err = {};

	download = parse(sa, kd, format, sender, &err);
	if (!download)
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return;
	}
	fuzz_assert(gdoi_sa_build(download, format, &sa, &err) &&
				gdoi_kd_build(download, format, &kd, &err),
				"accepted but not written", &err);
	again = parse(sa, kd, format, sender, &err);
	fuzz_assert(again != NULL, "written but not accepted", &err);
	gkm_download_destroy(again);
	gkm_download_destroy(download);
	chunk_free(&sa);
	chunk_free(&kd);
}

/**
 * Rekey: a member has all keys, or is excluded
 */
static void try_update(chunk_t sa, chunk_t kd, gdoi_format_t *format)
{
	gkm_update_t *update = gkm_update_create();
	array_t *path = create_path();
	gkm_download_t *download;
	gkm_error_t err = {};

	download = gdoi_sa_parse(sa, format, TRUE, &err);
	if (download)
	{
		gkm_download_destroy(update->download);
		update->download = download;
	}
	if (!download || !gdoi_kd_parse_update(update, kd, path, &err))
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
	}
	else if (download->rekey)
	{
		fuzz_assert(!download->rekey->key.len == update->excluded,
					"key and excluded, or neither", &err);
	}
	gkm_update_destroy(update);
	array_destroy_function(path, (array_callback_t)gkm_kwk_destroy, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return fuzz_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gdoi_format_t format;
	chunk_t sa, kd;
	uint8_t flags;

	if (!split(chunk_create((u_char*)data, len), &flags, &sa, &kd))
	{
		return -1;
	}
	gdoi_format_init(&format);
	if (flags & PUSH)
	{
		try_update(sa, kd, &format);
	}
	else
	{
		try_download(sa, kd, &format, flags & SENDER);
	}
	chunk_free(&sa);
	chunk_free(&kd);
	return 0;
}
