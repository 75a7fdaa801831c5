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

#include <check.h>

#include <crypto/prfs/prf.h>

#include "libgkm/gdoi/gdoi_id.h"
#include "libgkm/gdoi/gdoi_pull.h"
#include "libgkm/gdoi/gdoi_sa.h"

#include "gdoi_fixture.h"

/** Message ID, group, and where the nonce data is in messages (1) and (2):
 *  after HASH of SHA-256 and a generic header */
#define MID 0xa1b2c3d4
#define GROUP "00002710"
#define HASH_LEN (4 + 32)
#define NONCE_OFFSET (HASH_LEN + 4)
#define NONCE_LEN 32

/**
 * Phase 1 SA, as far as it matters
 */
typedef struct {

	/** public interface */
	gdoi_hasher_t public;

	/** octet that SKEYID_a counts up from */
	uint8_t first;
} phase1_t;

METHOD(gdoi_hasher_t, hash, bool,
	phase1_t *this, uint32_t mid, chunk_t data, chunk_t *hash)
{
	chunk_t key = count_up(this->first, 32), seed;
	u_char number[4];
	prf_t *prf;

	htoun32(number, mid);
	seed = chunk_cat("cc", chunk_from_thing(number), data);
	prf = lib->crypto->create_prf(lib->crypto, PRF_HMAC_SHA2_256);
	ck_assert(prf && prf->set_key(prf, key) &&
			  prf->allocate_bytes(prf, seed, hash));
	prf->destroy(prf);
	chunk_clear(&seed);
	chunk_clear(&key);
	return TRUE;
}

/**
 * Both ends of an exchange
 */
typedef struct {

	phase1_t hasher;
	gdoi_format_t format;

	gdoi_pull_t *member;
	gdoi_pull_t *server;

	/** what the key server gives */
	gkm_download_t *download;

	/** messages that were sent, and reason of the last failure */
	chunk_t messages[4];
	gkm_error_t err;
} fixture_t;

/**
 * What key servers give
 */
enum {
	TREE,
	REKEY_ONLY,
	DATA_ONLY,
	SAMPLES,
};

/**
 * Make what a key server gives
 */
static gkm_download_t *download_create(int sample)
{
	gkm_download_t *download = gkm_download_create();
	uint32_t *id;
	int i;

	if (sample != DATA_ONLY)
	{
		download->rekey = gdoi_rekey_create(KEK_FIRST);
		download->rekey->message_id = 42;
	}
	if (sample != REKEY_ONLY)
	{
		array_insert(download->sas, ARRAY_TAIL,
					 gdoi_data_sa_create(PROTO_ESP, "aes256-sha256", 0x100));
		array_insert(download->sas, ARRAY_TAIL,
					 gdoi_data_sa_create(PROTO_AH, "sha512", 0x101));
	}
	if (sample == TREE)
	{
		array_insert(download->sas, ARRAY_TAIL,
					 gdoi_data_sa_create(PROTO_ESP, "aes256gcm16", 0x102));
		download->sender_id_bits = 16;
		for (i = 0; i < 3; i++)
		{
			id = malloc_thing(uint32_t);
			*id = 7 + i;
			array_insert(download->sender_ids, ARRAY_TAIL, id);
		}
		for (i = 3; i > 0; i--)
		{
			gdoi_path_add(download->path, i, i << 11 | i);
		}
	}
	return download;
}

/**
 * Prepare both ends
 */
static void fixture_init(fixture_t *f, int sample)
{
	chunk_t number = unhex(GROUP);
	identification_t *group;

	*f = (fixture_t){
		.hasher = {
			.public = {
				.hash = _hash,
			},
			.first = 0x80,
		},
		.download = download_create(sample),
	};
	gdoi_format_init(&f->format);
	group = identification_create_from_encoding(ID_KEY_ID, number);
	f->member = gdoi_pull_create_member(MID, &f->hasher.public, &f->format,
										group, TRUE, 3, &f->err);
	f->server = gdoi_pull_create_server(MID, &f->hasher.public, &f->err);
	ck_assert_msg(f->member && f->server, "%s", f->err.text);
	group->destroy(group);
	chunk_free(&number);
}

/**
 * Release both ends
 */
static void fixture_clear(fixture_t *f)
{
	int i;

	for (i = 0; i < countof(f->messages); i++)
	{
		chunk_clear(&f->messages[i]);
	}
	f->member->destroy(f->member);
	f->server->destroy(f->server);
	gkm_download_destroy(f->download);
}

/**
 * The end that writes a message, and the one that reads it, counted from 0
 */
static gdoi_pull_t *get_writer(fixture_t *f, int i)
{
	return i % 2 ? f->server : f->member;
}

static gdoi_pull_t *get_reader(fixture_t *f, int i)
{
	return i % 2 ? f->member : f->server;
}

/**
 * A download of the same sample, with the same sequence number
 */
static gkm_download_t *download_copy(fixture_t *f)
{
	gkm_download_t *copy;

	copy = download_create(!f->download->rekey ? DATA_ONLY :
						   array_count(f->download->sas) ? TREE : REKEY_ONLY);
	if (copy->rekey)
	{
		copy->rekey->message_id = f->download->rekey->message_id;
	}
	return copy;
}

/**
 * Write a message
 */
static void build(fixture_t *f, int i)
{
	gdoi_pull_t *writer = get_writer(f, i);

	f->err = (gkm_error_t){};
	if (i == 1)
	{
		writer->set_policy(writer, download_copy(f), &f->format);
	}
	else if (i == 3)
	{
		ck_assert_msg(writer->set_download(writer, download_copy(f), &f->err),
					  "%s", f->err.text);
	}
	ck_assert_msg(writer->build(writer, &f->messages[i], &f->err),
				  "message %d: %s", i + 1, f->err.text);
	ck_assert_int_eq(writer->get_step(writer), i + 1);
}

/**
 * Read a message, as it may look
 */
static bool process(fixture_t *f, int i, chunk_t message)
{
	gdoi_pull_t *reader = get_reader(f, i);
	/* as long as its data, so that sanitizers see what is read beyond */
	chunk_t copy = chunk_clone(message);
	bool success;

	f->err = (gkm_error_t){};
	success = reader->process(reader, GDOI_PLD_HASH, copy, &f->err);
	ck_assert_int_eq(reader->get_step(reader), success ? i + 1 : i);
	ck_assert_msg(success || f->err.text[0], "refused without a reason");
	chunk_clear(&copy);
	return success;
}

/**
 * Check that a message isn't accepted
 */
static void assert_refused(fixture_t *f, int i, chunk_t message,
						   const char *what)
{
	ck_assert_msg(!process(f, i, message), "message %d is accepted, '%s' "
				  "expected", i + 1, what);
	ck_assert_msg(strstr(f->err.text, what), "message %d: '%s' instead of "
				  "'%s'", i + 1, f->err.text, what);
}

/**
 * Exchange messages before this one
 */
static void run_until(fixture_t *f, int end)
{
	int i;

	for (i = 0; i < end; i++)
	{
		build(f, i);
		ck_assert_msg(process(f, i, f->messages[i]), "message %d: %s", i + 1,
					  f->err.text);
	}
}

/**
 * Exchange the rest, and check what the member got
 */
static void finish(fixture_t *f, int i)
{
	gkm_download_t *got;

	ck_assert_msg(process(f, i, f->messages[i]), "message %d: %s", i + 1,
				  f->err.text);
	while (++i < 4)
	{
		build(f, i);
		ck_assert_msg(process(f, i, f->messages[i]), "message %d: %s", i + 1,
					  f->err.text);
	}
	got = f->member->take_download(f->member);
	ck_assert(got);
	assert_equal_sas(got, f->download);
	ck_assert_int_eq(array_count(got->sender_ids),
					 array_count(f->download->sender_ids));
	gkm_download_destroy(got);
	ck_assert(!f->member->take_download(f->member));
}

START_TEST(member_gets_what_the_key_server_gives)
{
	chunk_t number = unhex(GROUP);
	identification_t *group;
	fixture_t f;

	fixture_init(&f, _i);
	run_until(&f, 1);
	group = f.server->get_group(f.server);
	ck_assert_int_eq(group->get_type(group), ID_KEY_ID);
	ck_assert(chunk_equals(group->get_encoding(group), number));
	ck_assert_int_eq(f.server->get_sender_ids(f.server), 1);
	build(&f, 1);
	ck_assert(process(&f, 1, f.messages[1]));
	ck_assert_int_eq(array_count(f.member->get_policy(f.member)->sas),
					 array_count(f.download->sas));
	build(&f, 2);
	finish(&f, 2);
	/* only what counts needs sender IDs */
	ck_assert_int_eq(f.server->get_sender_ids(f.server), _i == TREE ? 3 : 1);
	ck_assert(!f.server->build(f.server, &f.messages[0], &f.err));
	ck_assert(!f.member->build(f.member, &f.messages[0], &f.err));
	fixture_clear(&f);
	chunk_free(&number);
}
END_TEST

/**
 * Payload types in a message, as text
 */
static void assert_types(chunk_t plain, const char *expected)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gdoi_payload_t payload;
	gkm_error_t err = {};
	char text[64] = "";
	int i;

	ck_assert_msg(gdoi_payloads_parse(GDOI_PLD_HASH, plain, 0, payloads, &err),
				  "%s", err.text);
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
				 i ? " " : "", payload.type);
	}
	ck_assert_str_eq(text, expected);
	array_destroy(payloads);
}

START_TEST(messages_have_the_payloads_that_the_rfc_says)
{
	static char *types[SAMPLES][4] = {
		[TREE] = { "8 10 5", "8 10 1", "8 22", "8 18 17" },
		[REKEY_ONLY] = { "8 10 5", "8 10 1", "8", "8 18 17" },
		[DATA_ONLY] = { "8 10 5", "8 10 1", "8", "8 17" },
	};
	chunk_t expected;
	fixture_t f;
	int i;

	fixture_init(&f, _i);
	run_until(&f, 4);
	for (i = 0; i < 4; i++)
	{
		assert_types(f.messages[i], types[_i][i]);
	}
	expected = unhex("0000000c 0b000000" GROUP);
	ck_assert(chunk_equals(chunk_skip(f.messages[0], NONCE_OFFSET + NONCE_LEN),
						   expected));
	chunk_free(&expected);
	if (_i == TREE)
	{
		expected = unhex("00000008 80030003");
		ck_assert(chunk_equals(chunk_skip(f.messages[2], HASH_LEN), expected));
		chunk_free(&expected);
	}
	if (_i != DATA_ONLY)
	{
		/* the number used last */
		expected = unhex("11000008 00000029");
		ck_assert(memeq(f.messages[3].ptr + HASH_LEN, expected.ptr, 8));
		chunk_free(&expected);
	}
	fixture_clear(&f);
}
END_TEST

/**
 * Nonces without header, as they were sent
 */
static chunk_t get_ni(fixture_t *f)
{
	return chunk_create(f->messages[0].ptr + NONCE_OFFSET, NONCE_LEN);
}

static chunk_t get_nr(fixture_t *f)
{
	return chunk_create(f->messages[1].ptr + NONCE_OFFSET, NONCE_LEN);
}

START_TEST(hash_covers_what_the_rfc_says)
{
	chunk_t covered[4], hash, rest;
	fixture_t f;
	int i;

	fixture_init(&f, _i);
	run_until(&f, 4);
	for (i = 0; i < 4; i++)
	{
		rest = chunk_skip(f.messages[i], HASH_LEN);
		switch (i)
		{
			case 0:
				covered[i] = chunk_clone(rest);
				break;
			case 1:
				covered[i] = chunk_cat("cc", get_ni(&f), rest);
				break;
			default:
				covered[i] = chunk_cat("ccc", get_ni(&f), get_nr(&f), rest);
				break;
		}
		ck_assert(_hash(&f.hasher, MID, covered[i], &hash));
		ck_assert_msg(memeq(f.messages[i].ptr + 4, hash.ptr, hash.len),
					  "HASH(%d) differs", i + 1);
		chunk_free(&hash);
		chunk_free(&covered[i]);
	}
	fixture_clear(&f);
}
END_TEST

START_TEST(no_octet_of_a_message_can_change)
{
	fixture_t f;
	chunk_t message;
	size_t pos;

	fixture_init(&f, TREE);
	run_until(&f, _i);
	build(&f, _i);
	message = f.messages[_i];
	for (pos = 0; pos < message.len; pos++)
	{
		message.ptr[pos] ^= 1;
		ck_assert_msg(!process(&f, _i, message), "message %d: accepted with "
					  "octet %zu changed", _i + 1, pos);
		message.ptr[pos] ^= 1;
	}
	/* nothing has changed */
	ck_assert(_i != 0 || !f.server->get_group(f.server));
	ck_assert(_i != 1 || !f.member->get_policy(f.member));
	ck_assert(_i != 2 || f.server->get_sender_ids(f.server) == 1);
	ck_assert(_i != 3 || !f.member->take_download(f.member));
	finish(&f, _i);
	fixture_clear(&f);
}
END_TEST

START_TEST(wrong_hash_is_the_reason_for_refusal)
{
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, _i);
	build(&f, _i);
	f.messages[_i].ptr[4] ^= 1;
	assert_refused(&f, _i, f.messages[_i], "HASH is wrong");
	f.messages[_i].ptr[4] ^= 1;
	f.hasher.first++;
	assert_refused(&f, _i, f.messages[_i], "HASH is wrong");
	f.hasher.first--;
	finish(&f, _i);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_cut_short_is_refused)
{
	fixture_t f;
	size_t len;

	fixture_init(&f, TREE);
	run_until(&f, _i);
	build(&f, _i);
	for (len = 0; len < f.messages[_i].len; len++)
	{
		ck_assert_msg(!process(&f, _i, chunk_create(f.messages[_i].ptr, len)),
					  "message %d: accepted with %zu octets", _i + 1, len);
	}
	finish(&f, _i);
	fixture_clear(&f);
}
END_TEST

START_TEST(padding_does_not_matter)
{
	chunk_t padded;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, _i);
	build(&f, _i);
	padded = chunk_alloc(f.messages[_i].len + 17);
	memset(padded.ptr, 0, padded.len);
	memcpy(padded.ptr, f.messages[_i].ptr, f.messages[_i].len);
	assert_refused(&f, _i, padded, "17 octets after the last payload");
	padded.len--;
	chunk_clear(&f.messages[_i]);
	f.messages[_i] = padded;
	finish(&f, _i);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_of_another_exchange_is_refused)
{
	fixture_t f, other;

	fixture_init(&f, TREE);
	fixture_init(&other, TREE);
	run_until(&f, _i);
	run_until(&other, _i);
	build(&f, _i);
	build(&other, _i);
	/* same key and message ID: the nonces differ */
	assert_refused(&f, _i, other.messages[_i], "HASH is wrong");
	finish(&f, _i);
	fixture_clear(&f);
	fixture_clear(&other);
}
END_TEST

START_TEST(message_with_another_message_id_is_refused)
{
	gdoi_pull_t *server;
	fixture_t f;

	fixture_init(&f, TREE);
	server = f.server;
	f.server = gdoi_pull_create_server(MID + 1, &f.hasher.public, &f.err);
	build(&f, 0);
	assert_refused(&f, 0, f.messages[0], "HASH is wrong");
	f.server->destroy(f.server);
	f.server = server;
	finish(&f, 0);
	fixture_clear(&f);
}
END_TEST

START_TEST(messages_come_in_order)
{
	gdoi_pull_t *reader, *writer;
	chunk_t plain;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, _i);
	reader = get_reader(&f, _i);
	writer = get_writer(&f, _i);
	/* the other's turn */
	ck_assert(!reader->build(reader, &plain, &f.err));
	ck_assert_msg(strstr(f.err.text, "nothing to send"), "%s", f.err.text);
	f.err = (gkm_error_t){};
	build(&f, _i);
	ck_assert(!writer->build(writer, &plain, &f.err));
	f.err = (gkm_error_t){};
	ck_assert(process(&f, _i, f.messages[_i]));
	/* the same again */
	ck_assert(!reader->process(reader, GDOI_PLD_HASH, f.messages[_i], &f.err));
	ck_assert_msg(strstr(f.err.text, "no message is expected"), "%s",
				  f.err.text);
	ck_assert_int_eq(reader->get_step(reader), _i + 1);
	fixture_clear(&f);
}
END_TEST

START_TEST(key_server_tells_nothing_that_was_not_set)
{
	chunk_t plain;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, 1);
	ck_assert(!f.server->build(f.server, &plain, &f.err));
	ck_assert_str_eq(f.err.text, "no policy to tell");
	build(&f, 1);
	ck_assert(process(&f, 1, f.messages[1]));
	build(&f, 2);
	ck_assert(process(&f, 2, f.messages[2]));
	ck_assert(!f.server->build(f.server, &plain, &f.err));
	ck_assert_str_eq(f.err.text, "no keys to tell");
	build(&f, 3);
	finish(&f, 3);
	fixture_clear(&f);
}
END_TEST

/**
 * Make SAs that differ from those of TREE
 */
static gkm_download_t *download_changed(int change)
{
	gkm_download_t *other = download_create(TREE);
	gkm_data_sa_t *sa;

	switch (change)
	{
		case 0:
			other->rekey->spi[15] ^= 1;
			break;
		case 1:
			gkm_rekey_sa_destroy(other->rekey);
			other->rekey = NULL;
			break;
		case 2:
			array_get(other->sas, 1, &sa);
			sa->spi ^= htonl(1);
			break;
		case 3:
			array_remove(other->sas, ARRAY_TAIL, &sa);
			gkm_data_sa_destroy(sa);
			break;
		case 4:
			array_insert(other->sas, ARRAY_TAIL,
						 gdoi_data_sa_create(PROTO_ESP, "aes128gcm16", 9));
			break;
	}
	return other;
}

/** Number of the above */
#define CHANGES 5

START_TEST(keys_of_other_sas_than_those_told_are_not_given)
{
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, 3);
	ck_assert(!f.server->set_download(f.server, download_changed(_i), &f.err));
	ck_assert_msg(strstr(f.err.text, "changed"), "%s", f.err.text);
	build(&f, 3);
	finish(&f, 3);
	fixture_clear(&f);
}
END_TEST

START_TEST(change_of_sas_is_noticed_before_anything_is_given)
{
	gkm_download_t *other = download_changed(_i);
	chunk_t plain;
	uint32_t *id;
	fixture_t f;

	fixture_init(&f, TREE);
	/* nothing was told yet */
	ck_assert(!f.server->is_current(f.server, f.download, &f.err));
	f.err = (gkm_error_t){};
	run_until(&f, 3);
	ck_assert(!f.server->is_current(f.server, other, &f.err));
	ck_assert_msg(strstr(f.err.text, "changed"), "%s", f.err.text);
	gkm_download_destroy(other);

	/* neither what is only the member's nor messages on the same SAs matter,
	 * and nothing is taken */
	other = download_create(TREE);
	array_remove(other->sender_ids, ARRAY_TAIL, &id);
	free(id);
	other->rekey->message_id++;
	f.err = (gkm_error_t){};
	ck_assert_msg(f.server->is_current(f.server, other, &f.err), "%s",
				  f.err.text);
	gkm_download_destroy(other);
	ck_assert(!f.server->build(f.server, &plain, &f.err));
	ck_assert_str_eq(f.err.text, "no keys to tell");
	build(&f, 3);
	finish(&f, 3);
	fixture_clear(&f);
}
END_TEST

/**
 * Write a message that one end would write, with other payloads
 *
 * @param hex		payloads after HASH
 */
static chunk_t craft(fixture_t *f, int i, uint8_t first, chunk_t payloads)
{
	chunk_t ni = chunk_empty, nr = chunk_empty, covered, hash, message;
	u_char header[4] = { first };

	if (i > 0)
	{
		ni = get_ni(f);
	}
	if (i > 1)
	{
		nr = get_nr(f);
	}
	covered = chunk_cat("ccc", ni, nr, payloads);
	ck_assert(_hash(&f->hasher, MID, covered, &hash));
	htoun16(header + 2, 4 + hash.len);
	message = chunk_cat("cmc", chunk_from_thing(header), hash, payloads);
	chunk_free(&covered);
	return message;
}

#define NONCE8 "0000000000000000"
#define NONCE128 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 \
				 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8 NONCE8
#define ID "0000000c 0b000000" GROUP

/**
 * Messages (1) and (3), and what is wrong with them, NULL for nothing
 */
static struct {
	int i;
	uint8_t first;
	char *hex;
	char *what;
} crafted[] = {
	{ 0, GDOI_PLD_NONCE, "0500000c" NONCE8 ID, NULL },
	{ 0, GDOI_PLD_NONCE, "05000084" NONCE128 ID, NULL },
	{ 0, GDOI_PLD_VID, "0a000008 01020304" "0500000c" NONCE8
	  "0d00000c 0b000000" GROUP "00000006 0102", NULL },
	{ 0, GDOI_PLD_NONCE, "0500000b 00000000000000" ID, "nonce of 7 octets" },
	{ 0, GDOI_PLD_NONCE, "05000085 00" NONCE128 ID, "nonce of 129 octets" },
	{ 0, GDOI_PLD_NONCE, "05000004" ID, "nonce of 0 octets" },
	{ 0, GDOI_PLD_NONE, "", "no payload of type 10" },
	{ 0, GDOI_PLD_NONCE, "0000000c" NONCE8, "no payload of type 5" },
	{ 0, GDOI_PLD_ID, "0a00000c 0b000000" GROUP "0000000c" NONCE8,
	  "no payload of type 10" },
	{ 0, GDOI_PLD_NONCE, "0500000c" NONCE8 "0500000c 0b000000" GROUP ID,
	  "payload of type 5 isn't expected" },
	{ 0, GDOI_PLD_NONCE, "0500000c" NONCE8 "0b00000c 0b000000" GROUP
	  "0000000c 0000000200000000", "payload of type 11 isn't expected" },
	{ 0, GDOI_PLD_NONCE, "0500000c" NONCE8 "00000006 0b00", "ID payload" },
	{ 0, GDOI_PLD_NONCE, "0500000c" NONCE8 "0000000c 06000000" GROUP,
	  "ID payload" },
	{ 2, GDOI_PLD_NONE, "", NULL },
	{ 2, GDOI_PLD_GAP, "00000004", NULL },
	{ 2, GDOI_PLD_GAP, "00000008 80030003", NULL },
	{ 2, GDOI_PLD_GAP, "0000000a 00030002 0003", NULL },
	{ 2, GDOI_PLD_VID, "16000005 01" "00000008 80030003", NULL },
	{ 2, GDOI_PLD_GAP, "00000008 8001000a", "attribute 1 isn't expected" },
	{ 2, GDOI_PLD_GAP, "00000008 8080000a", "attribute 128 isn't expected" },
	{ 2, GDOI_PLD_GAP, "0000000c 80030003 80030003", "attribute 3 isn't" },
	{ 2, GDOI_PLD_GAP, "0000000d 00030005 0000000003", "or malformed" },
	{ 2, GDOI_PLD_GAP, "00000006 8003", "incomplete attribute" },
	{ 2, GDOI_PLD_GAP, "16000008 80030003" "00000008 80030003",
	  "payload of type 22 isn't expected" },
	{ 2, GDOI_PLD_KD, "00000008 00000000", "no payload of type 22" },
};

START_TEST(payloads_of_a_member_are_checked_after_hash)
{
	chunk_t payloads = unhex(crafted[_i].hex), message;
	int i = crafted[_i].i;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, i);
	message = craft(&f, i, crafted[_i].first, payloads);
	if (crafted[_i].what)
	{
		assert_refused(&f, i, message, crafted[_i].what);
		ck_assert(i || !f.server->get_group(f.server));
		ck_assert_int_eq(f.server->get_sender_ids(f.server), 1);
		build(&f, i);
		finish(&f, i);
	}
	else
	{
		ck_assert_msg(process(&f, i, message), "%s", f.err.text);
	}
	chunk_clear(&message);
	chunk_free(&payloads);
	fixture_clear(&f);
}
END_TEST

START_TEST(member_is_given_as_many_sender_ids_as_it_asked_for)
{
	static struct {
		char *hex;
		uint32_t count;
	} requests[] = {
		{ "00000008 80030000", 1 },
		{ "00000008 80030001", 1 },
		{ "00000008 80030002", 2 },
		{ "00000008 8003ffff", 0xffff },
		{ "0000000c 00030004 00010000", 0x10000 },
		{ "00000004", 1 },
	};
	chunk_t payloads = unhex(requests[_i].hex), message;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, 2);
	message = craft(&f, 2, GDOI_PLD_GAP, payloads);
	ck_assert_msg(process(&f, 2, message), "%s", f.err.text);
	ck_assert(f.server->get_sender_ids(f.server) == requests[_i].count);
	chunk_clear(&message);
	chunk_free(&payloads);
	fixture_clear(&f);
}
END_TEST

START_TEST(payloads_of_a_key_server_are_checked_after_hash)
{
	/* payloads of (2) and (4) as they are, to be put together in other ways */
	chunk_t nonce, sa, message, rest, changed;
	fixture_t f;

	fixture_init(&f, TREE);
	run_until(&f, 1);
	build(&f, 1);
	rest = chunk_skip(f.messages[1], HASH_LEN);
	nonce = chunk_create(rest.ptr, 4 + NONCE_LEN);
	sa = chunk_skip(rest, nonce.len);

	/* no SA, no nonce, the wrong order */
	changed = chunk_clone(nonce);
	changed.ptr[0] = GDOI_PLD_NONE;
	message = craft(&f, 1, GDOI_PLD_NONCE, changed);
	assert_refused(&f, 1, message, "no payload of type 1 ");
	chunk_free(&message);
	chunk_free(&changed);
	message = craft(&f, 1, GDOI_PLD_SA, sa);
	assert_refused(&f, 1, message, "no payload of type 10");
	chunk_free(&message);
	changed = chunk_cat("cc", sa, nonce);
	changed.ptr[0] = GDOI_PLD_NONCE;
	changed.ptr[sa.len] = GDOI_PLD_NONE;
	message = craft(&f, 1, GDOI_PLD_SA, changed);
	assert_refused(&f, 1, message, "no payload of type 10");
	chunk_free(&message);
	chunk_free(&changed);

	/* a short nonce */
	changed = unhex("0100000b 00000000000000");
	changed = chunk_cat("mc", changed, sa);
	message = craft(&f, 1, GDOI_PLD_NONCE, changed);
	assert_refused(&f, 1, message, "nonce of 7 octets");
	chunk_free(&message);
	chunk_free(&changed);

	/* another situation */
	changed = chunk_clone(rest);
	changed.ptr[nonce.len + 4 + 7] = 1;
	message = craft(&f, 1, GDOI_PLD_NONCE, changed);
	assert_refused(&f, 1, message, "");
	chunk_free(&message);
	chunk_free(&changed);
	ck_assert(!f.member->get_policy(f.member));
	finish(&f, 1);
	fixture_clear(&f);
}
END_TEST

START_TEST(seq_is_there_if_and_only_if_there_is_a_rekey_sa)
{
	chunk_t rest, changed, seq, message;
	gkm_download_t *got;
	fixture_t f;

	fixture_init(&f, DATA_ONLY);
	run_until(&f, 3);
	build(&f, 3);
	rest = chunk_skip(f.messages[3], HASH_LEN);
	seq = unhex("11000008 00000000");
	changed = chunk_cat("mc", seq, rest);
	message = craft(&f, 3, GDOI_PLD_SEQ, changed);
	assert_refused(&f, 3, message, "no payload of type 17");
	chunk_clear(&message);
	chunk_clear(&changed);
	finish(&f, 3);
	fixture_clear(&f);

	fixture_init(&f, REKEY_ONLY);
	run_until(&f, 3);
	build(&f, 3);
	rest = chunk_skip(f.messages[3], HASH_LEN + 8);
	message = craft(&f, 3, GDOI_PLD_KD, rest);
	assert_refused(&f, 3, message, "no payload of type 18");
	chunk_clear(&message);
	seq = unhex("11000007 000000");
	changed = chunk_cat("mc", seq, rest);
	message = craft(&f, 3, GDOI_PLD_SEQ, changed);
	assert_refused(&f, 3, message, "SEQ payload: 3 octets");
	chunk_clear(&message);
	chunk_clear(&changed);
	seq = unhex("11000008 ffffffff");
	changed = chunk_cat("mc", seq, rest);
	message = craft(&f, 3, GDOI_PLD_SEQ, changed);
	assert_refused(&f, 3, message, "no rekey can follow 4294967295");
	chunk_clear(&message);
	chunk_clear(&changed);
	seq = unhex("11000008 fffffffe");
	changed = chunk_cat("mc", seq, rest);
	message = craft(&f, 3, GDOI_PLD_SEQ, changed);
	ck_assert_msg(process(&f, 3, message), "%s", f.err.text);
	got = f.member->take_download(f.member);
	ck_assert(got->rekey->message_id == 0xffffffff);
	gkm_download_destroy(got);
	chunk_clear(&message);
	chunk_clear(&changed);
	fixture_clear(&f);
}
END_TEST

START_TEST(keys_that_dont_fit_leave_the_policy_alone)
{
	chunk_t rest, message;
	fixture_t f;
	size_t pos;

	fixture_init(&f, TREE);
	run_until(&f, 3);
	build(&f, 3);
	rest = chunk_clone(chunk_skip(f.messages[3], HASH_LEN));
	/* SPI of the first key packet, after SEQ: KD header, count, reserved,
	 * packet header, SPI size */
	pos = 8 + 4 + 4 + 4 + 1;
	rest.ptr[pos] ^= 1;
	message = craft(&f, 3, GDOI_PLD_SEQ, rest);
	assert_refused(&f, 3, message, "");
	ck_assert(!f.member->take_download(f.member));
	ck_assert(f.member->get_policy(f.member)->rekey);
	chunk_clear(&message);
	chunk_clear(&rest);
	finish(&f, 3);
	fixture_clear(&f);
}
END_TEST

START_TEST(sequence_numbers_that_are_used_up_are_noticed)
{
	gkm_download_t *download;
	chunk_t plain;
	fixture_t f;

	fixture_init(&f, REKEY_ONLY);
	run_until(&f, 3);
	download = download_create(REKEY_ONLY);
	download->rekey->message_id = 0;
	ck_assert(f.server->set_download(f.server, download, &f.err));
	ck_assert(!f.server->build(f.server, &plain, &f.err));
	ck_assert_msg(strstr(f.err.text, "used up"), "%s", f.err.text);
	fixture_clear(&f);
}
END_TEST

START_TEST(identity_that_no_group_has_is_refused)
{
	identification_t *group = identification_create_from_string("C=CH, CN=x");
	gkm_error_t err = {};
	gdoi_format_t format;
	phase1_t hasher = {};

	gdoi_format_init(&format);
	ck_assert(!gdoi_pull_create_member(MID, &hasher.public, &format, group,
									   FALSE, 0, &err));
	ck_assert(err.text[0]);
	group->destroy(group);
}
END_TEST

Suite *gdoi_pull_suite()
{
	Suite *suite = suite_create("gdoi_pull");
	TCase *tcase;

	tcase = tcase_create("exchange");
	tcase_add_loop_test(tcase, member_gets_what_the_key_server_gives, 0,
						SAMPLES);
	tcase_add_loop_test(tcase, messages_have_the_payloads_that_the_rfc_says, 0,
						SAMPLES);
	tcase_add_loop_test(tcase, hash_covers_what_the_rfc_says, 0, SAMPLES);
	tcase_add_loop_test(tcase, padding_does_not_matter, 0, 4);
	tcase_add_loop_test(tcase,
						member_is_given_as_many_sender_ids_as_it_asked_for,
						0, 6);
	tcase_add_test(tcase, key_server_tells_nothing_that_was_not_set);
	tcase_add_loop_test(tcase, keys_of_other_sas_than_those_told_are_not_given,
						0, CHANGES);
	tcase_add_loop_test(tcase,
						change_of_sas_is_noticed_before_anything_is_given,
						0, CHANGES);
	tcase_add_test(tcase, sequence_numbers_that_are_used_up_are_noticed);
	tcase_add_test(tcase, identity_that_no_group_has_is_refused);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("bad input");
	tcase_add_loop_test(tcase, no_octet_of_a_message_can_change, 0, 4);
	tcase_add_loop_test(tcase, wrong_hash_is_the_reason_for_refusal, 0, 4);
	tcase_add_loop_test(tcase, message_cut_short_is_refused, 0, 4);
	tcase_add_loop_test(tcase, message_of_another_exchange_is_refused, 1, 4);
	tcase_add_test(tcase, message_with_another_message_id_is_refused);
	tcase_add_loop_test(tcase, messages_come_in_order, 0, 4);
	tcase_add_loop_test(tcase, payloads_of_a_member_are_checked_after_hash, 0,
						countof(crafted));
	tcase_add_test(tcase, payloads_of_a_key_server_are_checked_after_hash);
	tcase_add_test(tcase, seq_is_there_if_and_only_if_there_is_a_rekey_sa);
	tcase_add_test(tcase, keys_that_dont_fit_leave_the_policy_alone);
	suite_add_tcase(suite, tcase);
	return suite;
}
