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
 * Reads GROUPKEY-PUSH messages as member.
 *
 * Input is flags (1), and then either datagrams, each after its length (2), or
 * type of the first payload (1) and payloads: SEQ is put in front of them, SIG
 * after them, and all is encrypted.
 */

#include "libgkm/gdoi/gdoi_kek.h"
#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/gdoi/gdoi_sig.h"

#include "fuzz_gdoi.h"

/** Flag of datagrams */
#define DATAGRAMS 1

static private_key_t *key;
static gkm_rekey_sa_t *sa;
static gdoi_kek_t *kek;
static gdoi_format_t format;
static array_t *path;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	gkm_error_t err = {};
	int i;

	fuzz_init();
	key = fuzz_key_create();
	sa = fuzz_rekey_create(key);
	kek = gdoi_kek_create(sa, &err);
	fuzz_assert(kek != NULL, "keys", &err);
	gdoi_format_init(&format);
	path = array_create(0, 0);
	for (i = 3; i > 0; i--)
	{
		fuzz_path_add(path, i, i << 11 | 5);
	}
	return 0;
}

/**
 * Receive a datagram
 */
static gkm_received_t receive(gkm_channel_t *member, chunk_t datagram)
{
	gkm_received_t received;
	gkm_update_t *update;
	gkm_error_t err = {};

	received = member->receive(member, datagram, path, &update, &err);
	fuzz_assert(!update == (received != GKM_RECEIVED_UPDATE), "update", &err);
	fuzz_assert(update || err.text[0], "refused without a reason", &err);
	if (update)
	{
		fuzz_assert(!update->download->rekey || update->excluded ||
					update->download->rekey->key.len, "no key", &err);
		member->accept(member, update);
		gkm_update_destroy(update);
	}
	return received;
}

/**
 * Receive datagrams
 */
static void read_datagrams(gkm_channel_t *member, chunk_t input)
{
	chunk_t datagram;
	size_t len;

	while (input.len >= 2)
	{
		len = untoh16(input.ptr);
		input = chunk_skip(input, 2);
		len = min(len, input.len);
		datagram = chunk_clone(chunk_create(input.ptr, len));
		input = chunk_skip(input, len);
		receive(member, datagram);
		chunk_free(&datagram);
	}
}

/**
 * Find where the last payload says what comes next
 */
static u_char *find_next(uint8_t *first, chunk_t payloads)
{
	u_char *next = first;
	size_t len;

	while (*next != GDOI_PLD_NONE && payloads.len >= GDOI_GENERIC_LEN)
	{
		len = untoh16(payloads.ptr + 2);
		if (len < GDOI_GENERIC_LEN || len > payloads.len)
		{
			break;
		}
		next = payloads.ptr;
		payloads = chunk_skip(payloads, len);
	}
	return next;
}

/**
 * Receive payloads that were signed
 */
static void read_payloads(gkm_channel_t *member, uint8_t first,
						  chunk_t payloads)
{
	gdoi_header_t header = {
		.next = GDOI_PLD_SEQ,
		.exchange = GDOI_PUSH,
		.flags = GDOI_FLAG_ENCRYPTED,
	};
	size_t sig_len, len;
	gkm_error_t err = {};
	bio_writer_t *writer;
	chunk_t octets, datagram, signature;

	sig_len = gdoi_sig_len(key, sa->sig_alg, &err);
	len = GDOI_HEADER_LEN + 8 + payloads.len + GDOI_GENERIC_LEN + sig_len;
	memcpy(header.cookies, sa->spi, sizeof(header.cookies));
	header.length = GDOI_HEADER_LEN + round_up(len - GDOI_HEADER_LEN, 16);
	*find_next(&first, payloads) = GDOI_PLD_SIG;
	writer = bio_writer_create(header.length);
	gdoi_header_build(writer, &header);
	gdoi_payload_build(writer, first, chunk_from_chars(0, 0, 0, 1));
	writer->write_data(writer, payloads);
	octets = gdoi_sig_octets(writer->get_buf(writer), len);
	signature = chunk_alloca(sig_len);
	fuzz_assert(gdoi_sig_sign(key, sa->sig_alg, FALSE, octets, signature, &err),
				"signing", &err);
	chunk_free(&octets);
	gdoi_payload_build(writer, GDOI_PLD_NONE, signature);
	octets = writer->skip(writer, header.length - len);
	memset(octets.ptr, 0, octets.len);
	datagram = writer->extract_buf(writer);
	writer->destroy(writer);
	fuzz_assert(gdoi_kek_encrypt(kek, chunk_skip(datagram, GDOI_HEADER_LEN)),
				"encryption", &err);
	if (receive(member, datagram) == GKM_RECEIVED_UPDATE)
	{
		fuzz_assert(receive(member, datagram) == GKM_RECEIVED_REPLAYED,
					"accepted twice", &err);
	}
	chunk_free(&datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	gkm_channel_t *member;
	gkm_error_t err = {};
	chunk_t input;

	if (len < 2)
	{
		return -1;
	}
	member = gdoi_push_create(sa, &format, &err);
	fuzz_assert(member != NULL, "no channel", &err);
	input = chunk_clone(chunk_create((u_char*)data, len));
	if (data[0] & DATAGRAMS)
	{
		read_datagrams(member, chunk_skip(input, 1));
	}
	else
	{
		read_payloads(member, data[1], chunk_skip(input, 2));
	}
	chunk_free(&input);
	member->destroy(member);
	return 0;
}
