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
 * Reads acknowledgements as key server, in the clear and encrypted.
 *
 * Input is flags (1), and a datagram.
 */

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_kek.h"
#include "libgkm/gdoi/gdoi_sealed_ack.h"

#include "fuzz_gdoi.h"

/** Flag of payloads that are to be encrypted first */
#define SEAL 1

static gkm_rekey_sa_t *sa;
static gdoi_kek_t *kek;
static gdoi_ack_key_t *keys[GKM_ACK_LKH_SHA512 + 1];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	private_key_t *key;
	gkm_error_t err = {};
	int type;

	fuzz_init();
	key = fuzz_key_create();
	sa = fuzz_rekey_create(key);
	key->destroy(key);
	kek = gdoi_kek_create(sa, &err);
	fuzz_assert(kek != NULL, "keys", &err);
	for (type = GKM_ACK_KEK_SHA256; type < countof(keys); type++)
	{
		keys[type] = gdoi_ack_key_create(type, gdoi_ack_base_key(sa), sa->spi,
										 &err);
		fuzz_assert(keys[type] != NULL, "keys", &err);
	}
	return 0;
}

/**
 * Read an acknowledgement
 */
static void read_ack(chunk_t datagram)
{
	gkm_error_t err = {};
	gdoi_ack_t ack;
	host_t *me;
	chunk_t built;
	int type;

	if (!gdoi_ack_parse(datagram, &ack, &err))
	{
		fuzz_assert(err.text[0], "refused without a reason", &err);
		return;
	}
	for (type = GKM_ACK_KEK_SHA256; type < countof(keys); type++)
	{
		/* what was made with the key, by whoever, is what we would make */
		if (keys[type]->verify(keys[type], &ack) && ack.id_type != GDOI_ID_OID)
		{
			me = host_create_from_chunk(AF_UNSPEC, ack.id, 0);
			fuzz_assert(keys[type]->build(keys[type], ack.seq, me,
										  GDOI_ACK_LENGTH_BLOCK, &built),
						"not written", &err);
			fuzz_assert(built.len == datagram.len, "length", &err);
			chunk_free(&built);
			me->destroy(me);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gkm_error_t err = {};
	chunk_t input, opened;

	if (!len)
	{
		return -1;
	}
	input = chunk_clone(chunk_create((u_char*)data + 1, len - 1));
	if (!(data[0] & SEAL))
	{
		read_ack(input);
	}
	else if (input.len > GDOI_HEADER_LEN)
	{
		input.len = GDOI_HEADER_LEN + round_down(input.len - GDOI_HEADER_LEN,
												 16);
		fuzz_assert(gdoi_kek_encrypt(kek, chunk_skip(input, GDOI_HEADER_LEN)),
					"encryption", &err);
		if (gdoi_sealed_ack_open(sa, input, &opened, &err))
		{
			read_ack(opened);
			chunk_free(&opened);
		}
		else
		{
			fuzz_assert(err.text[0], "refused without a reason", &err);
		}
	}
	chunk_free(&input);
	return 0;
}
