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

#include "corpus.h"

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_delete.h"
#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_kek.h"
#include "libgkm/gdoi/gdoi_pull.h"
#include "libgkm/gdoi/gdoi_sa.h"

#include "gdoi_fixture.h"
#include "gdoi_samples.h"

/**
 * End if a seed can't be made
 */
static void insist(bool condition, const char *what, gkm_error_t *err)
{
	if (!condition)
	{
		fprintf(stderr, "%s: %s\n", what, err->text);
		exit(EXIT_FAILURE);
	}
}

/**
 * The HASH that fuzz_gdoi_pull takes for right
 */
static bool hash(gdoi_hasher_t *this, uint32_t mid, chunk_t data, chunk_t *hash)
{
	*hash = chunk_clone(chunk_from_chars(1, 2, 3, 4));
	return TRUE;
}

/**
 * Make what a key server gives
 */
static gkm_download_t *download_create(bool rekey)
{
	gkm_download_t *download = gkm_download_create();
	uint32_t *id;
	int i;

	array_insert(download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_ESP, "aes256-sha256", 0x100));
	array_insert(download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_AH, "sha512", 0x101));
	if (rekey)
	{
		download->rekey = gdoi_rekey_create(KEK_FIRST);
		array_insert(download->sas, ARRAY_TAIL,
					 gdoi_data_sa_create(PROTO_ESP, "aes256gcm16", 0x102));
		download->atd = 10;
		download->dtd = 60;
		download->sender_id_bits = 16;
		id = malloc_thing(uint32_t);
		*id = 7;
		array_insert(download->sender_ids, ARRAY_TAIL, id);
		for (i = 3; i > 0; i--)
		{
			gdoi_path_add(download->path, i, i << 11 | i);
		}
	}
	return download;
}

/**
 * Seeds with the messages of an exchange, in the format of fuzz_gdoi_pull
 */
static void write_pull(char *dir, bool rekey)
{
	gdoi_hasher_t hasher = {
		.hash = hash,
	};
	identification_t *group;
	gdoi_pull_t *ends[2];
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t plain, seed;
	u_char flags;
	u_int i;

	gdoi_format_init(&format);
	group = identification_create_from_encoding(ID_KEY_ID,
										chunk_from_chars(0, 0, 0x27, 0x10));
	ends[0] = gdoi_pull_create_member(1, &hasher, &format, group, TRUE, 3,
									  &err);
	ends[1] = gdoi_pull_create_server(1, &hasher, &err);
	insist(ends[0] && ends[1], "PULL", &err);
	ends[1]->set_policy(ends[1], download_create(rekey), &format);
	insist(ends[1]->set_download(ends[1], download_create(rekey), &err), "PULL",
		   &err);
	for (i = 0; i < 4; i++)
	{
		insist(ends[i % 2]->build(ends[i % 2], &plain, &err) &&
			   ends[(i + 1) % 2]->process(ends[(i + 1) % 2], GDOI_PLD_HASH,
										  plain, &err), "PULL", &err);
		flags = i | (rekey ? 0 : 4);
		seed = chunk_cat("cm", chunk_from_thing(flags), plain);
		corpus_write(dir, "fuzz_gdoi_pull", flags, seed);
		chunk_clear(&seed);
	}
	ends[0]->destroy(ends[0]);
	ends[1]->destroy(ends[1]);
	group->destroy(group);
}

/**
 * Write a seed with the payloads of an update, in the format of fuzz_gdoi_push
 */
static void write_update(char *dir, gkm_update_t *update, int nr)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	chunk_t sa, kd, data, seed;
	gdoi_payload_t first;
	gdoi_format_t format;
	gkm_error_t err = {};

	gdoi_format_init(&format);
	insist(gdoi_deletes_build(update->deletes, &format, payloads, &err), "D",
		   &err);
	if (update->download->rekey || array_count(update->download->sas))
	{
		insist(gdoi_sa_build_update(update, &format, &sa, &err), "SA", &err);
		gdoi_payloads_add(payloads, GDOI_PLD_SA, sa);
		insist(gdoi_kd_build_update(update, &format, &kd, &err), "KD", &err);
		gdoi_payloads_add(payloads, GDOI_PLD_KD, kd);
	}
	insist(gdoi_payloads_build(payloads, &data, &err), "payloads", &err);
	array_get(payloads, ARRAY_HEAD, &first);
	seed = chunk_cat("ccm", chunk_from_chars(0x00),
					 chunk_from_thing(first.type), data);
	corpus_write(dir, "fuzz_gdoi_push", nr, seed);
	chunk_clear(&seed);
	gdoi_payloads_clear(payloads);
	gkm_update_destroy(update);
}

/**
 * Update with a key tree: the member has the keys 3, 2 and 1
 */
static void write_tree(char *dir, int nr)
{
	gkm_update_t *update = gkm_update_create();
	array_t *keys = array_create(0, 0);
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;

	gdoi_path_add(keys, 4, 3 << 11 | 5);
	gdoi_path_add(keys, 2, 2 << 11 | 5);
	array_get(keys, 0, &wrap.key);
	array_get(keys, 1, &wrap.kwk);
	array_insert(update->wraps, ARRAY_TAIL, &wrap);
	array_insert(update->kwks, ARRAY_TAIL, wrap.key);
	update->download->rekey = gdoi_rekey_create(0x50);
	write_update(dir, update, nr);
	while (array_remove(keys, ARRAY_TAIL, &kwk))
	{
		gkm_kwk_destroy(kwk);
	}
	array_destroy(keys);
}

/**
 * Write a seed with a datagram whose signature is wrong, in the format of
 * fuzz_gdoi_push
 */
static void write_push_datagram(char *dir, int nr)
{
	chunk_t datagram, signature = chunk_alloca(64), seed;
	gkm_rekey_sa_t *sa = gdoi_rekey_create(KEK_FIRST);
	gdoi_header_t header = {
		.next = GDOI_PLD_SEQ,
		.exchange = GDOI_PUSH,
		.flags = GDOI_FLAG_ENCRYPTED,
		.length = GDOI_HEADER_LEN + 96,
	};
	bio_writer_t *writer;
	gkm_error_t err = {};
	gdoi_kek_t *kek;
	u_char len[2];

	memset(signature.ptr, 0x55, signature.len);
	memcpy(header.cookies, sa->spi, sizeof(header.cookies));
	writer = bio_writer_create(header.length);
	gdoi_header_build(writer, &header);
	gdoi_payload_build(writer, GDOI_PLD_DELETE, chunk_from_chars(0, 0, 0, 1));
	gdoi_payload_build(writer, GDOI_PLD_SIG,
					   chunk_from_chars(0, 0, 0, 2, 1, 4, 0, 1, 0, 0, 0, 0));
	gdoi_payload_build(writer, GDOI_PLD_NONE, signature);
	/* padding */
	writer->write_uint32(writer, 0);
	datagram = writer->extract_buf(writer);
	writer->destroy(writer);
	kek = gdoi_kek_create(sa, &err);
	insist(kek && gdoi_kek_encrypt(kek, chunk_skip(datagram, GDOI_HEADER_LEN)),
		   "encryption", &err);
	htoun16(len, datagram.len);
	seed = chunk_cat("ccm", chunk_from_chars(0x01), chunk_from_thing(len),
					 datagram);
	corpus_write(dir, "fuzz_gdoi_push", nr, seed);
	chunk_free(&seed);
	gdoi_kek_destroy(kek);
	gkm_rekey_sa_destroy(sa);
}

/**
 * Seeds with updates, in the format of fuzz_gdoi_push
 */
static void write_push(char *dir)
{
	gkm_update_t *update;
	int nr = 0;

	update = gkm_update_create();
	gkm_update_exclude(update);
	write_update(dir, update, nr++);

	update = gkm_update_create();
	gkm_update_delete(update, PROTO_ESP, htonl(0x100));
	update->download->rekey = gdoi_rekey_create(0x50);
	array_insert(update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_ESP, "aes256gcm16", 0x200));
	array_insert(update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_AH, "sha384", 0x201));
	update->download->atd = 10;
	update->download->dtd = 60;
	write_update(dir, update, nr++);

	write_tree(dir, nr++);
	write_push_datagram(dir, nr++);
}

/**
 * Seeds with acknowledgements, in the format of fuzz_gdoi_ack
 */
static void write_acks(char *dir)
{
	static char *addresses[] = { "192.0.2.1", "2001:db8::1" };
	gkm_rekey_sa_t *sa = gdoi_rekey_create(KEK_FIRST);
	gdoi_ack_key_t *key;
	gkm_error_t err = {};
	chunk_t datagram, seed;
	host_t *me;
	u_char flags;
	int i;

	for (i = 0; i < 8; i++)
	{
		me = host_create_from_string(addresses[i / 2 % 2], 0);
		key = gdoi_ack_key_create(i / 4 ? GKM_ACK_KEK_SHA512
										: GKM_ACK_KEK_SHA256,
								  gdoi_ack_base_key(sa), sa->spi, &err);
		insist(key && key->build(key, 7, me, i / 2 % 2, &datagram), "ACK",
			   &err);
		/* every other one is encrypted, and needs padding */
		flags = i % 2;
		datagram.ptr[19] = flags;
		seed = chunk_cat("cmc", chunk_from_thing(flags), datagram,
						 chunk_create((u_char[16]){}, flags ? 15 : 0));
		seed.len = flags ? 1 + GDOI_HEADER_LEN +
						   round_down(seed.len - 1 - GDOI_HEADER_LEN, 16)
						 : seed.len;
		if (flags)
		{
			htoun32(seed.ptr + 1 + 24, seed.len - 1);
		}
		corpus_write(dir, "fuzz_gdoi_ack", i, seed);
		chunk_free(&seed);
		key->destroy(key);
		me->destroy(me);
	}
	gkm_rekey_sa_destroy(sa);
}

/**
 * Write a seed with SA and KD payloads, in the format of fuzz_gdoi_sa_kd
 *
 * @param sa		SA payload, freed
 * @param kd		KD payload, freed
 */
static void write_payloads(char *dir, int nr, uint8_t flags, chunk_t sa,
						   chunk_t kd)
{
	bio_writer_t *writer = bio_writer_create(0);

	writer->write_uint8(writer, flags);
	writer->write_data16(writer, sa);
	writer->write_data(writer, kd);
	corpus_write(dir, "fuzz_gdoi_sa_kd", nr, writer->get_buf(writer));
	writer->destroy(writer);
	chunk_free(&sa);
	chunk_clear(&kd);
}

/**
 * Seeds with payloads of all samples, and of rekeys with a key tree
 */
static void write_samples(char *dir)
{
	int i, count = gdoi_sample_count();
	gkm_download_t *download;
	gkm_update_t *update;
	gdoi_format_t format;
	gkm_error_t err = {};
	chunk_t sa, kd;

	gdoi_format_init(&format);
	for (i = 0; i < count; i++)
	{
		download = gdoi_sample_create(i);
		insist(gdoi_sample_build(download, &format, &sa, &kd, &err),
			   gdoi_sample_name(i), &err);
		write_payloads(dir, i, gdoi_sample_is_sender(i) ? 2 : 0, sa, kd);
		if (array_count(download->path))
		{
			update = gdoi_sample_update(download);
			insist(gdoi_sa_build_update(update, &format, &sa, &err) &&
				   gdoi_kd_build_update(update, &format, &kd, &err),
				   gdoi_sample_name(i), &err);
			write_payloads(dir, count + i, 1, sa, kd);
			gkm_update_destroy(update);
		}
		gkm_download_destroy(download);
	}
}

/*
 * Described in header
 */
void corpus_write_gdoi(char *dir)
{
	write_pull(dir, TRUE);
	write_pull(dir, FALSE);
	write_push(dir);
	write_acks(dir);
	write_samples(dir);
}
