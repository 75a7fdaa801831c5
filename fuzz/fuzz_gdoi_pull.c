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
 * Reads messages of GROUPKEY-PULL, as member and as key server. HASH is always
 * 01020304, or nothing behind it would ever be looked at.
 *
 * Input is flags (1), and payloads, the first of which is HASH.
 */

#include "libgkm/gdoi/gdoi_pull.h"

#include "fuzz_gdoi.h"

/** Flags: number of the message, counted from 0, and whether the key server has
 *  no rekey SA */
#define MESSAGE 3
#define NO_REKEY 4

static private_key_t *key;
static identification_t *group;
static gdoi_format_t format;

static bool hash(gdoi_hasher_t *this, uint32_t mid, chunk_t data, chunk_t *hash)
{
	*hash = chunk_clone(chunk_from_chars(1, 2, 3, 4));
	return TRUE;
}

static gdoi_hasher_t hasher = {
	.hash = hash,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_init();
	key = fuzz_key_create();
	group = identification_create_from_encoding(ID_KEY_ID,
										chunk_from_chars(0, 0, 0x27, 0x10));
	gdoi_format_init(&format);
	return 0;
}

/**
 * Make what the key server gives
 */
static gkm_download_t *download_create(bool rekey)
{
	gkm_download_t *download = gkm_download_create();
	uint32_t *id;
	int i;

	array_insert(download->sas, ARRAY_TAIL,
				 fuzz_data_sa_create(PROTO_ESP, "aes256-sha256", 0x100));
	array_insert(download->sas, ARRAY_TAIL,
				 fuzz_data_sa_create(PROTO_AH, "sha512", 0x101));
	if (rekey)
	{
		download->rekey = fuzz_rekey_create(key);
		array_insert(download->sas, ARRAY_TAIL,
					 fuzz_data_sa_create(PROTO_ESP, "aes256gcm16", 0x102));
		download->sender_id_bits = 16;
		id = malloc_thing(uint32_t);
		*id = 7;
		array_insert(download->sender_ids, ARRAY_TAIL, id);
		for (i = 3; i > 0; i--)
		{
			fuzz_path_add(download->path, i, i << 11 | i);
		}
	}
	return download;
}

/**
 * Let both ends exchange a message
 */
static void exchange(gdoi_pull_t *from, gdoi_pull_t *to, u_int i, bool rekey)
{
	gkm_error_t err = {};
	chunk_t plain;

	if (i == 1)
	{
		from->set_policy(from, download_create(rekey), &format);
	}
	fuzz_assert(from->build(from, &plain, &err), "not written", &err);
	fuzz_assert(to->process(to, GDOI_PLD_HASH, plain, &err), "not read", &err);
	chunk_clear(&plain);
}

/**
 * Check what a message changed
 */
static void check(gdoi_pull_t *reader, u_int message, bool rekey)
{
	gkm_download_t *download;
	gkm_error_t err = {};

	switch (message)
	{
		case 0:
			fuzz_assert(reader->get_group(reader) != NULL, "no group", &err);
			break;
		case 1:
			fuzz_assert(reader->get_policy(reader) != NULL, "no policy", &err);
			break;
		case 2:
			fuzz_assert(reader->get_sender_ids(reader) > 0, "sender IDs", &err);
			break;
		case 3:
			download = reader->take_download(reader);
			fuzz_assert(download && !download->rekey == !rekey, "no download",
						&err);
			fuzz_assert(!rekey || download->rekey->key.len, "no key", &err);
			gkm_download_destroy(download);
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gdoi_pull_t *ends[2], *reader;
	gkm_error_t err = {};
	bool rekey, success;
	u_int message, i;
	chunk_t plain;

	if (!len)
	{
		return -1;
	}
	message = data[0] & MESSAGE;
	rekey = !(data[0] & NO_REKEY);
	ends[0] = gdoi_pull_create_member(1, &hasher, &format, group, TRUE, 1,
									  &err);
	ends[1] = gdoi_pull_create_server(1, &hasher, &err);
	fuzz_assert(ends[0] && ends[1], "no exchange", &err);
	for (i = 0; i < message; i++)
	{
		exchange(ends[i % 2], ends[(i + 1) % 2], i, rekey);
	}
	reader = ends[(message + 1) % 2];
	plain = chunk_clone(chunk_create((u_char*)data + 1, len - 1));
	success = reader->process(reader, GDOI_PLD_HASH, plain, &err);
	chunk_free(&plain);
	fuzz_assert(success || err.text[0], "refused without a reason", &err);
	fuzz_assert(reader->get_step(reader) == message + success, "state", &err);
	if (success)
	{
		check(reader, message, rekey);
	}
	ends[0]->destroy(ends[0]);
	ends[1]->destroy(ends[1]);
	return 0;
}
