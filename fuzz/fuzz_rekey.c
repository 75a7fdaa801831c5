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
 * Reaches what rekeys add to downloads: gikev2_rekey, gikev2_fragments,
 * gikev2_inner, gikev2_payload, gikev2_update and gikev2_delete, with
 * gikev2_kwk for a member that has a path through a key tree.
 */

#include "fuzz.h"

#include "libgkm/gikev2/gikev2_inner.h"
#include "libgkm/gikev2/gikev2_rekey.h"
#include "libgkm/gikev2/gikev2_rules.h"
#include "libgkm/keys/gkm_keymat.h"

/** Bits of the first octet: what the rest of the input is */
#define DATAGRAMS	(1 << 0)
/** in-band; it has a rekey SA nevertheless */
#define INBAND		(1 << 1)
#define HAS_REKEY	(1 << 2)

/** Rekey SA that carries messages, and a member's path */
static gkm_rekey_sa_t *carrier;
static gkm_rekey_keys_t keys;
static array_t *path;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	gkm_error_t err = {};
	u_char key[32];
	uint32_t id;
	int i;

	fuzz_init();
	carrier = gkm_rekey_sa_create();
	for (i = 0; i < sizeof(carrier->spi); i++)
	{
		carrier->spi[i] = i + 1;
	}
	carrier->spi[0] ^= 0x80;
	carrier->proposal = gkm_rekey_proposal("aes256gcm16-kw256", &err);
	carrier->src = traffic_selector_create_from_cidr("192.0.2.1/32", 17, 0,
													 65535);
	carrier->dst = traffic_selector_create_from_cidr("239.192.0.1/32", 17, 848,
													 848);
	carrier->auth = GKM_AUTH_IMPLICIT;
	carrier->lifetime = 86400;
	carrier->key = chunk_alloc(gkm_keymat_len(carrier->proposal));
	for (i = 0; i < carrier->key.len; i++)
	{
		carrier->key.ptr[i] = 0x10 + i;
	}
	fuzz_assert(gkm_keymat_split_rekey(carrier->proposal, carrier->key, &keys,
									   &err), "keys", &err);
	path = array_create(0, 0);
	for (id = 1; id <= 3; id++)
	{
		memset(key, id, sizeof(key));
		array_insert(path, ARRAY_TAIL,
					 gkm_kwk_create(id, chunk_from_thing(key)));
	}
	return 0;
}

/**
 * Read payloads as they are inside of a message: type of the first one (1),
 * payloads
 */
static void read_payloads(uint8_t flags, chunk_t input)
{
	gikev2_update_context_t ctx = {
		.inband = flags & INBAND,
		.gsk_w = keys.wrap,
		.rekey = !(flags & INBAND) || (flags & HAS_REKEY) ? carrier : NULL,
		.path = path,
	};
	gikev2_update_payloads_t payloads;
	gkm_update_t *update = NULL;
	gkm_error_t err = {};
	gikev2_inner_t inner;

	if (!input.len)
	{
		return;
	}
	if (gikev2_inner_parse(input.ptr[0], chunk_skip(input, 1), &inner, &err))
	{
		ctx.transport = inner.transport;
		update = gikev2_update_parse(&inner.payloads, &ctx, &err);
	}
	gikev2_inner_clear(&inner);
	fuzz_assert(update || err.text[0], "refused without a reason", &err);
	if (update)
	{
		fuzz_assert(gikev2_rules_check_update(update, &ctx, &err),
					"accepted against the rules", &err);
		/* what can be sent by a key server of this kind is written again */
		if (!update->excluded)
		{
			fuzz_assert(gikev2_update_build(update, &ctx, &payloads, &err),
						"accepted but not written", &err);
			gikev2_update_payloads_clear(&payloads);
		}
		gkm_update_destroy(update);
	}
}

/**
 * Receive datagrams, each after its length (2). Without keys, nothing is
 * accepted.
 */
static void read_datagrams(chunk_t input)
{
	gkm_received_t received;
	gkm_channel_t *member;
	gkm_update_t *update;
	gkm_error_t err = {};
	chunk_t datagram;
	size_t len;

	member = gikev2_rekey_create(carrier, &err);
	fuzz_assert(member != NULL, "no channel", &err);
	while (input.len >= 2)
	{
		len = untoh16(input.ptr);
		input = chunk_skip(input, 2);
		len = min(len, input.len);
		datagram = chunk_clone(chunk_create(input.ptr, len));
		input = chunk_skip(input, len);
		err = (gkm_error_t){};
		received = member->receive(member, datagram, path, &update, &err);
		fuzz_assert(!update == (received != GKM_RECEIVED_UPDATE), "update",
					&err);
		gkm_update_destroy(update);
		chunk_free(&datagram);
	}
	member->destroy(member);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t input;

	if (!len)
	{
		return -1;
	}
	input = chunk_clone(chunk_create((u_char*)data + 1, len - 1));
	if (data[0] & DATAGRAMS)
	{
		read_datagrams(input);
	}
	else
	{
		read_payloads(data[0], input);
	}
	chunk_free(&input);
	return 0;
}
