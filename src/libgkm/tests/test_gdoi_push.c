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

#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/gdoi/gdoi_sa.h"
#include "libgkm/gdoi/gdoi_sig.h"
#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_keymat.h"

#include "gdoi_fixture.h"
#include "rekey_fixture.h"

/** Seconds that a test may take, as RSA keys may take long to make */
#define TIMEOUT 60

/** Octet that SPI and key of a new rekey SA count up from */
#define NEW_FIRST 0x50

/**
 * Both ends of a rekey SA, and an update to send
 */
typedef struct {

	gkm_rekey_sa_t *sa;
	private_key_t *key;
	gdoi_format_t format;
	gkm_update_t *update;

	/** keys of the key tree that the key server made, and the path that the
	 *  member has before and after, as gkm_kwk_t* */
	array_t *keys;
	array_t *path;
	array_t *new_path;

	gkm_channel_t *member;
	gkm_error_t err;
} fixture_t;

/**
 * What key servers tell
 */
enum {
	DATA_SAS,
	REKEY_SA,
	BOTH,
	TREE,
	DELETES,
	DELETE_AND_REPLACE,
	EXCLUSION,
	SAMPLES,
};

/**
 * Add a new rekey SA
 */
static void add_rekey(fixture_t *f)
{
	gkm_rekey_sa_t *sa = gdoi_rekey_create(NEW_FIRST);

	gdoi_rekey_set_key(sa, f->key, ECDSA_SHA256);
	chunk_free(&sa->sig_alg);
	sa->sig_alg = chunk_clone(f->sa->sig_alg);
	gkm_rekey_sa_destroy(f->update->download->rekey);
	f->update->download->rekey = sa;
}

/**
 * Add data SAs
 */
static void add_data_sas(fixture_t *f)
{
	array_insert(f->update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_ESP, "aes256gcm16", 0x200));
	array_insert(f->update->download->sas, ARRAY_TAIL,
				 gdoi_data_sa_create(PROTO_AH, "sha384", 0x201));
}

/**
 * Let a member have keys 3, 2 and 1, the first of which is replaced with 4 for
 * all below 2, and wraps the new rekey SA's key
 */
static void add_tree(fixture_t *f)
{
	gkm_kwk_t *kwk, *mid;
	gkm_wrap_t wrap;
	int i;

	for (i = 3; i > 0; i--)
	{
		gdoi_path_add(f->keys, i, i << 11 | 5);
	}
	for (i = 0; array_get(f->keys, i, &kwk); i++)
	{
		array_insert(f->path, ARRAY_TAIL, kwk);
	}
	gdoi_path_add(f->keys, 4, 3 << 11 | 5);
	array_get(f->keys, ARRAY_TAIL, &kwk);
	array_get(f->path, 1, &mid);
	wrap = (gkm_wrap_t){ kwk, mid };
	array_insert(f->update->wraps, ARRAY_TAIL, &wrap);
	array_insert(f->update->kwks, ARRAY_TAIL, kwk);
	array_insert(f->new_path, ARRAY_TAIL, kwk);
	for (i = 1; i < 3; i++)
	{
		array_get(f->path, i, &kwk);
		array_insert(f->new_path, ARRAY_TAIL, kwk);
	}
}

/**
 * Make the member's end anew
 */
static void reset_member(fixture_t *f)
{
	DESTROY_IF(f->member);
	f->err = (gkm_error_t){};
	f->member = gdoi_push_create(f->sa, &f->format, &f->err);
	ck_assert_msg(f->member, "%s", f->err.text);
}

/**
 * Prepare both ends with a key, which is passed, and its algorithm
 */
static void fixture_init_key(fixture_t *f, int sample, private_key_t *key,
							 const char *sig_alg)
{
	*f = (fixture_t){
		.sa = gdoi_rekey_create(KEK_FIRST),
		.key = key,
		.update = gkm_update_create(),
		.keys = array_create(0, 0),
		.path = array_create(0, 0),
		.new_path = array_create(0, 0),
	};
	gdoi_format_init(&f->format);
	gdoi_rekey_set_key(f->sa, key, sig_alg);
	switch (sample)
	{
		case TREE:
			add_tree(f);
			add_rekey(f);
			break;
		case REKEY_SA:
			add_rekey(f);
			break;
		case BOTH:
			add_rekey(f);
			add_data_sas(f);
			break;
		case DATA_SAS:
			add_data_sas(f);
			break;
		case DELETE_AND_REPLACE:
			gkm_update_delete(f->update, PROTO_AH, htonl(0x101));
			add_rekey(f);
			add_data_sas(f);
			break;
		case DELETES:
			gkm_update_delete(f->update, PROTO_ESP, htonl(0x100));
			gkm_update_delete(f->update, PROTO_ESP, htonl(0x102));
			gkm_update_delete(f->update, PROTO_AH, 0);
			break;
		case EXCLUSION:
			gkm_update_exclude(f->update);
			break;
	}
	reset_member(f);
}

static void fixture_init(fixture_t *f, int sample)
{
	fixture_init_key(f, sample, rekey_key_create(KEY_ECDSA, 256), ECDSA_SHA256);
}

CALLBACK(destroy_kwk, void,
	gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/**
 * Release both ends
 */
static void fixture_clear(fixture_t *f)
{
	DESTROY_IF(f->member);
	f->key->destroy(f->key);
	gkm_rekey_sa_destroy(f->sa);
	gkm_update_destroy(f->update);
	array_destroy(f->path);
	array_destroy(f->new_path);
	array_destroy_function(f->keys, (void*)destroy_kwk, NULL);
}

/**
 * Write a message
 */
static chunk_t build(fixture_t *f, uint32_t seq)
{
	chunk_t datagram;

	f->err = (gkm_error_t){};
	ck_assert_msg(gdoi_push_build(f->sa, f->update, seq, f->key, &f->format,
								  &datagram, &f->err), "%s", f->err.text);
	return datagram;
}

/**
 * Receive a datagram
 *
 * @param update	receives the update, to be destroyed, NULL to forget it
 */
static gkm_received_t receive(fixture_t *f, chunk_t datagram,
							  gkm_update_t **update)
{
	/* as long as its data, so that sanitizers see what is read beyond */
	chunk_t copy = chunk_clone(datagram);
	gkm_received_t received;
	gkm_update_t *got;

	f->err = (gkm_error_t){};
	received = f->member->receive(f->member, copy, f->path, &got, &f->err);
	ck_assert(chunk_equals(copy, datagram) || !datagram.len);
	ck_assert_int_eq(!got, received != GKM_RECEIVED_UPDATE);
	ck_assert_msg(got || f->err.text[0], "result %d without a reason",
				  received);
	if (update)
	{
		*update = got;
	}
	else
	{
		gkm_update_destroy(got);
	}
	chunk_free(&copy);
	return received;
}

/**
 * Check that the member takes a datagram for what it is
 *
 * @param why		what its reason says, NULL if it takes it
 */
static void assert_taken(fixture_t *f, chunk_t datagram,
							gkm_received_t expected, const char *why)
{
	gkm_received_t received = receive(f, datagram, NULL);

	ck_assert_msg(received == expected, "%d instead of %d: %s", received,
				  expected, f->err.text);
	ck_assert_msg(!why || strstr(f->err.text, why), "'%s' instead of '%s'",
				  f->err.text, why);
}

/**
 * Check that the same SAs are deleted
 */
static void assert_equal_deletes(gkm_update_t *got, gkm_update_t *expected)
{
	gkm_delete_t *delete, *other;
	uint32_t spi, other_spi;
	int i, j;

	ck_assert_int_eq(array_count(got->deletes), array_count(expected->deletes));
	for (i = 0; array_get(got->deletes, i, &delete); i++)
	{
		array_get(expected->deletes, i, &other);
		ck_assert_int_eq(delete->protocol, other->protocol);
		ck_assert_int_eq(array_count(delete->spis), array_count(other->spis));
		for (j = 0; array_get(delete->spis, j, &spi); j++)
		{
			array_get(other->spis, j, &other_spi);
			ck_assert_int_eq(spi, other_spi);
		}
	}
}

START_TEST(member_is_told_what_the_key_server_says)
{
	gkm_update_t *update;
	chunk_t datagram;
	gkm_kwk_t *kwk;
	fixture_t f;
	int i;

	fixture_init(&f, _i);
	datagram = build(&f, 7);
	ck_assert_msg(receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE, "%s",
				  f.err.text);
	ck_assert_int_eq(update->message_id, 7);
	ck_assert(!update->excluded);
	ck_assert(!update->auth_key.len);
	/* what the member's path becomes isn't in the update that was sent */
	for (i = 0; array_remove(f.new_path, ARRAY_HEAD, &kwk); i++)
	{
		array_insert(f.update->download->path, ARRAY_TAIL, kwk);
	}
	assert_equal_sas(update->download, f.update->download);
	assert_equal_deletes(update, f.update);
	while (array_remove(f.update->download->path, ARRAY_HEAD, NULL))
	{
		/* these are borrowed */
	}
	gkm_update_destroy(update);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(member_without_keys_of_the_tree_is_excluded)
{
	gkm_update_t *update;
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, TREE);
	datagram = build(&f, 1);
	while (array_remove(f.path, ARRAY_HEAD, NULL))
	{
		/* these are borrowed */
	}
	ck_assert(receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE);
	ck_assert(update->excluded);
	ck_assert(update->download->rekey && !update->download->rekey->key.len);
	gkm_update_destroy(update);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

/**
 * Decrypt a datagram, or encrypt it again
 */
static void transcrypt(gkm_rekey_sa_t *sa, chunk_t datagram, bool encrypt)
{
	chunk_t data = chunk_skip(datagram, GDOI_HEADER_LEN);
	gkm_kek_keys_t keys;
	crypter_t *crypter;
	uint16_t alg;

	ck_assert(gkm_keymat_split_kek(sa->proposal, sa->key, &keys, NULL));
	sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM, &alg, NULL);
	crypter = lib->crypto->create_crypter(lib->crypto, alg, keys.encr.len);
	ck_assert(crypter && crypter->set_key(crypter, keys.encr));
	ck_assert(encrypt ? crypter->encrypt(crypter, data, keys.iv, NULL)
					  : crypter->decrypt(crypter, data, keys.iv, NULL));
	crypter->destroy(crypter);
}

/**
 * Split a datagram that was decrypted
 *
 * @param padding	receives the padding
 * @return			payloads, as gdoi_payload_t by value
 */
static array_t *split(chunk_t datagram, chunk_t *padding)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	gdoi_payload_t last;
	gkm_error_t err = {};

	ck_assert_msg(gdoi_payloads_parse(datagram.ptr[16],
									  chunk_skip(datagram, GDOI_HEADER_LEN),
									  15, payloads, &err), "%s", err.text);
	ck_assert(array_get(payloads, ARRAY_TAIL, &last));
	*padding = chunk_skip(datagram, last.whole.ptr + last.whole.len -
									datagram.ptr);
	return payloads;
}

START_TEST(messages_look_as_the_rfc_says)
{
	static char *types[SAMPLES] = {
		[DATA_SAS] = "18 1 17 9",
		[REKEY_SA] = "18 1 17 9",
		[BOTH] = "18 1 17 9",
		[TREE] = "18 1 17 9",
		[DELETES] = "18 12 12 9",
		[DELETE_AND_REPLACE] = "18 12 1 17 9",
		[EXCLUSION] = "18 12 12 12 9",
	};
	static const u_char zeros[16];
	gdoi_payload_t payload, sig;
	chunk_t datagram, header, padding, octets;
	char text[64] = "";
	public_key_t *public;
	array_t *payloads;
	fixture_t f;
	int i;

	fixture_init_key(&f, _i, rekey_key_create(KEY_RSA, 2048), RSA_SHA256);
	datagram = build(&f, 0x01020304);

	header = unhex("12 10 21 01 00000000");
	ck_assert(memeq(datagram.ptr, f.sa->spi, sizeof(f.sa->spi)));
	ck_assert(memeq(datagram.ptr + 16, header.ptr, header.len));
	ck_assert_int_eq(untoh32(datagram.ptr + 24), datagram.len);
	ck_assert_int_eq((datagram.len - GDOI_HEADER_LEN) % 16, 0);
	chunk_free(&header);

	transcrypt(f.sa, datagram, FALSE);
	payloads = split(datagram, &padding);
	ck_assert(padding.len < 16 &&
			  (!padding.len || memeq(padding.ptr, zeros, padding.len)));
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
				 i ? " " : "", payload.type);
	}
	ck_assert_str_eq(text, types[_i]);
	array_get(payloads, ARRAY_HEAD, &payload);
	ck_assert_int_eq(payload.body.len, 4);
	ck_assert_int_eq(untoh32(payload.body.ptr), 0x01020304);

	/* verified without any of our code */
	array_get(payloads, ARRAY_TAIL, &sig);
	htoun32(datagram.ptr + 24, datagram.len - padding.len);
	octets = chunk_cat("cc", chunk_from_str("rekey"),
					   chunk_create(datagram.ptr,
									sig.whole.ptr - datagram.ptr));
	public = f.key->get_public_key(f.key);
	ck_assert(public->verify(public, SIGN_RSA_EMSA_PKCS1_SHA2_256, NULL, octets,
							 sig.body));
	public->destroy(public);
	chunk_free(&octets);
	array_destroy(payloads);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_is_signed_with_any_algorithm)
{
	static struct {
		key_type_t type;
		u_int bits;
		char *sig_alg;
		size_t len;
	} algs[] = {
		{ KEY_RSA, 2048, RSA_SHA256, 256 },
		{ KEY_RSA, 2048, RSA_SHA384, 256 },
		{ KEY_RSA, 2048, RSA_SHA512, 256 },
		{ KEY_ECDSA, 256, ECDSA_SHA256, 64 },
		{ KEY_ECDSA, 384, ECDSA_SHA384, 96 },
		{ KEY_ECDSA, 521, ECDSA_SHA512, 132 },
	};
	chunk_t datagram, padding;
	gdoi_payload_t sig;
	array_t *payloads;
	fixture_t f;

	fixture_init_key(&f, BOTH, rekey_key_create(algs[_i].type, algs[_i].bits),
					 algs[_i].sig_alg);
	datagram = build(&f, 1);
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	transcrypt(f.sa, datagram, FALSE);
	payloads = split(datagram, &padding);
	array_get(payloads, ARRAY_TAIL, &sig);
	ck_assert_int_eq(sig.body.len, algs[_i].len);
	array_destroy(payloads);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_is_encrypted_with_any_algorithm)
{
	static u_int bits[] = { 0, 128, 192, 256 };
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	gdoi_rekey_set_cipher(f.sa, bits[_i]);
	reset_member(&f);
	datagram = build(&f, 1);
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

/**
 * Set one of the ways in which messages are signed
 */
static void set_variant(gdoi_format_t *format, int i)
{
	format->bare_signature = i & 1;
	format->padded_length = i & 2;
}

START_TEST(signatures_of_each_kind_are_accepted_whatever_is_configured)
{
	chunk_t datagram;
	fixture_t f;
	int i;

	if (_i & 4)
	{
		fixture_init(&f, BOTH);
	}
	else
	{
		fixture_init_key(&f, BOTH, rekey_key_create(KEY_RSA, 2048),
						 RSA_SHA384);
	}
	set_variant(&f.format, _i);
	reset_member(&f);
	for (i = 0; i < 4; i++)
	{
		set_variant(&f.format, i);
		datagram = build(&f, 1);
		assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
		/* there is padding, so that the lengths differ */
		transcrypt(f.sa, datagram, FALSE);
		ck_assert(!datagram.ptr[datagram.len - 1]);
		chunk_free(&datagram);
	}
	fixture_clear(&f);
}
END_TEST

START_TEST(bare_signature_has_the_hash_only)
{
	chunk_t datagram, padding, octets;
	chunk_t hash = chunk_alloca(HASH_SIZE_SHA256);
	gdoi_payload_t sig;
	public_key_t *public;
	array_t *payloads;
	hasher_t *hasher;
	fixture_t f;

	fixture_init_key(&f, BOTH, rekey_key_create(KEY_RSA, 2048), RSA_SHA256);
	f.format.bare_signature = TRUE;
	f.format.padded_length = TRUE;
	datagram = build(&f, 1);
	transcrypt(f.sa, datagram, FALSE);
	payloads = split(datagram, &padding);
	ck_assert(padding.len);
	array_get(payloads, ARRAY_TAIL, &sig);
	octets = chunk_cat("cc", chunk_from_str("rekey"),
					   chunk_create(datagram.ptr,
									sig.whole.ptr - datagram.ptr));
	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA256);
	ck_assert(hasher && hasher->get_hash(hasher, octets, hash.ptr));
	hasher->destroy(hasher);
	public = f.key->get_public_key(f.key);
	ck_assert(public->verify(public, SIGN_RSA_EMSA_PKCS1_NULL, NULL, hash,
							 sig.body));
	public->destroy(public);
	chunk_free(&octets);
	array_destroy(payloads);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

/**
 * Have the member accept an update with this number
 */
static void accept_seq(fixture_t *f, uint32_t seq)
{
	gkm_update_t *update = gkm_update_create();

	update->message_id = seq;
	f->member->accept(f->member, update);
	gkm_update_destroy(update);
}

START_TEST(message_is_accepted_once)
{
	chunk_t older, datagram, again, newer;
	fixture_t f;

	fixture_init(&f, BOTH);
	older = build(&f, 6);
	datagram = build(&f, 7);
	/* the same number, but another signature */
	again = build(&f, 7);
	newer = build(&f, 9);
	ck_assert(!chunk_equals(datagram, again));
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);
	/* receiving alone changes nothing */
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);

	accept_seq(&f, 7);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	assert_taken(&f, datagram, GKM_RECEIVED_REPLAYED, "accepted before");
	assert_taken(&f, again, GKM_RECEIVED_REPLAYED, "number 7 is a replay");
	assert_taken(&f, older, GKM_RECEIVED_REPLAYED, "number 6 is a replay");
	assert_taken(&f, newer, GKM_RECEIVED_UPDATE, NULL);
	/* a gap may be left, but never goes back */
	accept_seq(&f, 3);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	chunk_free(&older);
	chunk_free(&datagram);
	chunk_free(&again);
	chunk_free(&newer);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_before_the_first_one_of_a_member_is_a_replay)
{
	chunk_t before, first;
	fixture_t f;

	fixture_init(&f, BOTH);
	f.sa->message_id = 42;
	reset_member(&f);
	before = build(&f, 41);
	first = build(&f, 42);
	assert_taken(&f, before, GKM_RECEIVED_REPLAYED, "41 is a replay");
	assert_taken(&f, first, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&before);
	chunk_free(&first);
	fixture_clear(&f);
}
END_TEST

START_TEST(nothing_is_accepted_after_the_last_sequence_number)
{
	chunk_t first, last;
	fixture_t f;

	fixture_init(&f, BOTH);
	first = build(&f, 1);
	last = build(&f, UINT32_MAX);
	assert_taken(&f, last, GKM_RECEIVED_UPDATE, NULL);
	accept_seq(&f, UINT32_MAX);
	ck_assert(f.member->get_next_id(f.member) == 1ULL << 32);
	assert_taken(&f, last, GKM_RECEIVED_REPLAYED, NULL);
	assert_taken(&f, first, GKM_RECEIVED_REPLAYED, NULL);
	chunk_free(&first);
	chunk_free(&last);
	fixture_clear(&f);
}
END_TEST

/**
 * Octets of padding in a datagram
 */
static size_t get_padding(fixture_t *f, chunk_t datagram)
{
	chunk_t plain = chunk_clone(datagram), padding;

	transcrypt(f->sa, plain, FALSE);
	array_destroy(split(plain, &padding));
	chunk_free(&plain);
	return padding.len;
}

START_TEST(damaged_datagram_is_never_accepted)
{
	gkm_received_t received;
	chunk_t datagram, cut;
	fixture_t f;
	size_t pos, end;

	fixture_init(&f, _i);
	f.sa->message_id = 1;
	datagram = build(&f, 1);
	end = datagram.len;
	if (get_padding(&f, datagram) > 8)
	{
		/* the last block has few octets of the signature, and whatever it
		 * decrypts to may have these by chance: padding isn't signed */
		end -= 16;
	}
	for (pos = 0; pos < end; pos++)
	{
		cut = chunk_clone(chunk_create(datagram.ptr, pos));
		assert_taken(&f, cut, GKM_RECEIVED_FORGED, NULL);
		if (pos >= GDOI_HEADER_LEN)
		{
			/* also if the length says so */
			htoun32(cut.ptr + 24, cut.len);
			assert_taken(&f, cut, GKM_RECEIVED_FORGED, NULL);
		}
		chunk_free(&cut);

		datagram.ptr[pos] ^= 1;
		received = receive(&f, datagram, NULL);
		ck_assert_msg(received == GKM_RECEIVED_FORGED ||
					  received == GKM_RECEIVED_REPLAYED ||
					  received == GKM_RECEIVED_MALFORMED,
					  "octet %zu: %d", pos, received);
		/* the header, and the first block, which is SEQ and the next header */
		ck_assert_msg(received == GKM_RECEIVED_FORGED ||
					  pos >= GDOI_HEADER_LEN + 16, "octet %zu: %d", pos,
					  received);
		datagram.ptr[pos] ^= 1;
	}
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(nobody_without_the_key_costs_a_signature_check)
{
	chunk_t datagram;
	fixture_t f;
	rng_t *rng;
	int i;

	fixture_init(&f, BOTH);
	datagram = build(&f, 1);
	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ck_assert(rng);
	for (i = 0; i < 5000; i++)
	{
		/* one in 2^48 or so has the form of a message */
		ck_assert(rng->get_bytes(rng, datagram.len - GDOI_HEADER_LEN,
								 datagram.ptr + GDOI_HEADER_LEN));
		assert_taken(&f, datagram, GKM_RECEIVED_FORGED, NULL);
	}
	rng->destroy(rng);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(replay_is_noticed_before_the_signature_is_checked)
{
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	datagram = build(&f, 3);
	transcrypt(f.sa, datagram, FALSE);
	/* in the signature, before padding */
	datagram.ptr[datagram.len - 20] ^= 1;
	transcrypt(f.sa, datagram, TRUE);
	assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "wrong signature");
	accept_seq(&f, 3);
	assert_taken(&f, datagram, GKM_RECEIVED_REPLAYED, "3 is a replay");
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_with_other_headers_is_forged)
{
	static struct {
		size_t pos;
		uint8_t value;
	} changes[] = {
		{ 0, 0x11 }, { 15, 0x1e }, { 16, GDOI_PLD_DELETE }, { 16, 0 },
		{ 17, 0x20 }, { 18, GDOI_PULL }, { 18, GDOI_PUSH_ACK }, { 19, 0 },
		{ 19, 3 }, { 19, 5 }, { 20, 1 }, { 23, 1 }, { 24, 1 },
	};
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	datagram = build(&f, 1);
	datagram.ptr[changes[_i].pos] = changes[_i].value;
	assert_taken(&f, datagram, GKM_RECEIVED_FORGED, NULL);
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(datagram_of_another_kind_is_not_seen)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	datagram = build(&f, 1);
	ck_assert(gdoi_push_peek(datagram, spi));
	ck_assert(memeq(spi, f.sa->spi, sizeof(spi)));
	datagram.ptr[17] = 0x20;
	ck_assert(!gdoi_push_peek(datagram, spi));
	datagram.ptr[17] = 0x10;
	datagram.ptr[18] = GDOI_PUSH_ACK;
	ck_assert(!gdoi_push_peek(datagram, spi));
	datagram.ptr[18] = GDOI_PUSH;
	ck_assert(!gdoi_push_peek(chunk_create(datagram.ptr, 27), spi));
	ck_assert(!gdoi_push_peek(chunk_create(datagram.ptr, datagram.len - 1),
							  spi));
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

START_TEST(signature_of_another_key_is_refused)
{
	private_key_t *other = rekey_key_create(KEY_ECDSA, 256);
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	f.key->destroy(f.key);
	f.key = other;
	gdoi_rekey_set_key(f.sa, other, ECDSA_SHA256);
	datagram = build(&f, 1);
	assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "wrong signature");
	chunk_free(&datagram);
	fixture_clear(&f);
}
END_TEST

/**
 * Sign and encrypt payloads, whatever they are
 *
 * @param first		type of the first one
 * @param plain		payloads, the last of which leads to SIG
 */
static chunk_t seal(fixture_t *f, uint8_t first, chunk_t plain)
{
	size_t sig_len = gdoi_sig_len(f->key, f->sa->sig_alg, &f->err);
	gdoi_header_t header = {
		.next = first,
		.exchange = GDOI_PUSH,
		.flags = GDOI_FLAG_ENCRYPTED,
	};
	size_t len = GDOI_HEADER_LEN + plain.len + 4 + sig_len;
	bio_writer_t *writer = bio_writer_create(0);
	chunk_t datagram, octets, signature;

	memcpy(header.cookies, f->sa->spi, sizeof(header.cookies));
	header.length = GDOI_HEADER_LEN + round_up(len - GDOI_HEADER_LEN, 16);
	gdoi_header_build(writer, &header);
	writer->write_data(writer, plain);
	octets = gdoi_sig_octets(writer->get_buf(writer), len);
	signature = chunk_alloca(sig_len);
	ck_assert(gdoi_sig_sign(f->key, f->sa->sig_alg, FALSE, octets, signature,
							&f->err));
	chunk_free(&octets);
	gdoi_payload_build(writer, GDOI_PLD_NONE, signature);
	octets = writer->skip(writer, header.length - len);
	memset(octets.ptr, 0, octets.len);
	datagram = writer->extract_buf(writer);
	writer->destroy(writer);
	transcrypt(f->sa, datagram, TRUE);
	return datagram;
}

#define SEQ(next) next "000008 00000001"
#define D_ESP(next) next "000010 00000002 01040001 00000000"

/**
 * Payloads that are signed, and what is wrong with them, NULL for nothing
 */
static struct {
	char *hex;
	gkm_received_t received;
	char *what;
} sealed[] = {
	{ SEQ("0c") D_ESP("09"), GKM_RECEIVED_UPDATE, NULL },
	{ SEQ("09"), GKM_RECEIVED_UPDATE, NULL },
	{ SEQ("0d") "0c000006 1234" D_ESP("0d") "09000004", GKM_RECEIVED_UPDATE,
	  NULL },
	{ SEQ("0c") "09000010 00000002 00040001 00000000", GKM_RECEIVED_UPDATE,
	  NULL },
	{ SEQ("0c") "09000010 00000003 01040001 00000000", GKM_RECEIVED_MALFORMED,
	  "DOI 3" },
	{ SEQ("0c") "0900000c 00000002 01040001", GKM_RECEIVED_MALFORMED,
	  "Delete payload" },
	{ SEQ("12") SEQ("09"), GKM_RECEIVED_MALFORMED, "type 18 isn't expected" },
	{ SEQ("09") "09000004", GKM_RECEIVED_MALFORMED, "type 9 isn't expected" },
	{ SEQ("05") "0900000c 0b000000 00002710", GKM_RECEIVED_MALFORMED,
	  "type 5 isn't expected" },
	{ SEQ("01") "09000014 00000002 00000000 00000000 00000000",
	  GKM_RECEIVED_MALFORMED, "SA payload without KD" },
	{ SEQ("01") "11000004" "09000008 00000000", GKM_RECEIVED_MALFORMED, "" },
	{ SEQ("11") "09000008 00000000", GKM_RECEIVED_MALFORMED,
	  "type 17 isn't expected" },
	{ "09000007 000001", GKM_RECEIVED_FORGED, "SEQ isn't the first" },
	{ "0900000c 00000001 00000000", GKM_RECEIVED_FORGED, "SEQ isn't the first" },
	{ "09000008 00000000", GKM_RECEIVED_REPLAYED, "0 is a replay" },
};

START_TEST(payloads_that_were_signed_are_checked)
{
	chunk_t plain = unhex(sealed[_i].hex), datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	datagram = seal(&f, GDOI_PLD_SEQ, plain);
	assert_taken(&f, datagram, sealed[_i].received, sealed[_i].what);
	chunk_free(&datagram);
	chunk_free(&plain);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_that_does_not_begin_with_seq_is_forged)
{
	chunk_t plain = unhex(D_ESP("12") SEQ("09")), datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	datagram = seal(&f, GDOI_PLD_DELETE, plain);
	assert_taken(&f, datagram, GKM_RECEIVED_FORGED, "SEQ isn't the first");
	chunk_free(&datagram);
	chunk_free(&plain);
	fixture_clear(&f);
}
END_TEST

START_TEST(message_without_signature_is_refused)
{
	chunk_t plain = unhex(SEQ("0c") D_ESP("00") "00000000000000000000"
						  "00000000000000"), header, datagram;
	fixture_t f;

	fixture_init(&f, BOTH);
	header = unhex("00000000000000000000000000000000 12102101 00000000 "
				   "00000000");
	plain.len = round_down(plain.len, 16);
	datagram = chunk_cat("mc", header, plain);
	memcpy(datagram.ptr, f.sa->spi, sizeof(f.sa->spi));
	htoun32(datagram.ptr + 24, datagram.len);
	transcrypt(f.sa, datagram, TRUE);
	assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "SIG isn't the last");
	chunk_free(&datagram);
	chunk_free(&plain);
	fixture_clear(&f);
}
END_TEST

/**
 * Write a message with a new rekey SA, but without the key that checks its
 * rekeys
 */
static chunk_t build_without_sig_key(fixture_t *f)
{
	array_t *payloads = array_create(sizeof(gdoi_payload_t), 0);
	size_t sig_len = f->update->download->rekey->auth_key.len + 4;
	chunk_t sa, kd, plain, datagram;

	ck_assert(gdoi_sa_build_update(f->update, &f->format, &sa, &f->err));
	ck_assert(gdoi_kd_build_update(f->update, &f->format, &kd, &f->err));
	/* one packet, after a header of four octets, the last attribute of which
	 * is that key */
	kd.len -= sig_len;
	htoun16(kd.ptr + 4 + 2, untoh16(kd.ptr + 4 + 2) - sig_len);
	gdoi_payloads_add(payloads, GDOI_PLD_SEQ, unhex("00000001"));
	gdoi_payloads_add(payloads, GDOI_PLD_SA, sa);
	gdoi_payloads_add(payloads, GDOI_PLD_KD, kd);
	ck_assert(gdoi_payloads_build(payloads, &plain, &f->err));
	/* KD leads to SIG */
	plain.ptr[8 + 4 + sa.len] = GDOI_PLD_SIG;
	datagram = seal(f, GDOI_PLD_SEQ, plain);
	chunk_clear(&plain);
	gdoi_payloads_clear(payloads);
	return datagram;
}

START_TEST(new_rekey_sa_is_checked_with_the_key_of_the_current_one)
{
	private_key_t *rsa = rekey_key_create(KEY_RSA, 2048);
	gkm_update_t *update;
	chunk_t datagram;
	fixture_t f;

	fixture_init(&f, REKEY_SA);
	datagram = build_without_sig_key(&f);
	ck_assert_msg(receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE, "%s",
				  f.err.text);
	ck_assert(chunk_equals(update->download->rekey->auth_key, f.sa->auth_key));
	ck_assert(!update->auth_key.len);
	gkm_update_destroy(update);
	chunk_free(&datagram);

	/* which it can't be if its algorithm is another one */
	gdoi_rekey_set_key(f.update->download->rekey, rsa, RSA_SHA256);
	datagram = build_without_sig_key(&f);
	assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "ECDSA key of 256");
	chunk_free(&datagram);
	rsa->destroy(rsa);
	fixture_clear(&f);
}
END_TEST

START_TEST(new_key_checks_the_messages_after_the_one_that_brought_it)
{
	private_key_t *key = rekey_key_create(KEY_ECDSA, 256);
	gkm_update_t *update;
	chunk_t datagram, old;
	fixture_t f;

	fixture_init(&f, REKEY_SA);
	old = build(&f, 2);
	gdoi_rekey_set_key(f.update->download->rekey, key, ECDSA_SHA256);
	datagram = build(&f, 1);
	ck_assert(receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE);
	ck_assert(chunk_equals(update->auth_key,
						   f.update->download->rekey->auth_key));
	f.member->accept(f.member, update);
	gkm_update_destroy(update);
	chunk_free(&datagram);

	assert_taken(&f, old, GKM_RECEIVED_MALFORMED, "wrong signature");
	f.key->destroy(f.key);
	f.key = key;
	gdoi_rekey_set_key(f.sa, key, ECDSA_SHA256);
	datagram = build(&f, 2);
	assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	chunk_free(&old);
	fixture_clear(&f);
}
END_TEST

START_TEST(rekey_sa_that_cant_be_used_is_refused)
{
	static struct {
		char *sig_alg;
		char *what;
	} algs[] = {
		{ ECDSA_SHA384, "ECDSA key of 256 bits" },
		{ RSA_SHA256, "ECDSA key of 256 bits" },
		{ RSA_PSS_SHA256, "" },
		{ ED25519, "" },
		/* SHA-1 */
		{ "300d06092a864886f70d0101050500", "" },
		{ "300906072a8648ce3d0401", "" },
		{ "", "" },
	};
	fixture_t f;
	int i;

	fixture_init(&f, BOTH);
	for (i = 0; i < countof(algs); i++)
	{
		f.err = (gkm_error_t){};
		chunk_free(&f.sa->sig_alg);
		f.sa->sig_alg = unhex(algs[i].sig_alg);
		ck_assert_msg(!gdoi_push_create(f.sa, &f.format, &f.err),
					  "%s is accepted", algs[i].sig_alg);
		ck_assert_msg(f.err.text[0] && strstr(f.err.text, algs[i].what),
					  "%s: '%s'", algs[i].sig_alg, f.err.text);
	}
	chunk_free(&f.sa->sig_alg);
	f.sa->sig_alg = unhex(ECDSA_SHA256);

	f.err = (gkm_error_t){};
	f.sa->key.len--;
	ck_assert(!gdoi_push_create(f.sa, &f.format, &f.err));
	ck_assert(f.err.text[0]);
	f.sa->key.len++;

	f.err = (gkm_error_t){};
	f.sa->auth_key.len--;
	ck_assert(!gdoi_push_create(f.sa, &f.format, &f.err));
	ck_assert_msg(strstr(f.err.text, "can't be read"), "%s", f.err.text);
	f.sa->auth_key.len++;
	fixture_clear(&f);
}
END_TEST

/**
 * Check that a message isn't written
 */
static void assert_not_built(fixture_t *f, uint32_t seq, private_key_t *key,
							 const char *what)
{
	chunk_t datagram;

	f->err = (gkm_error_t){};
	ck_assert_msg(!gdoi_push_build(f->sa, f->update, seq, key, &f->format,
								   &datagram, &f->err), "written, '%s' "
				  "expected", what);
	ck_assert_msg(strstr(f->err.text, what), "'%s' instead of '%s'",
				  f->err.text, what);
}

START_TEST(message_that_members_couldnt_read_is_not_written)
{
	private_key_t *other = rekey_key_create(KEY_ECDSA, 256);
	private_key_t *rsa = rekey_key_create(KEY_RSA, 2048);
	gkm_data_sa_t *sa;
	fixture_t f;
	int i;

	fixture_init(&f, BOTH);
	assert_not_built(&f, 0, f.key, "used up");
	assert_not_built(&f, 1, NULL, "no key to sign rekeys");
	assert_not_built(&f, 1, other, "isn't the one that members check");
	assert_not_built(&f, 1, rsa, "RSA key for ECDSA signatures");
	for (i = 0; i < 600; i++)
	{
		sa = gdoi_data_sa_create(PROTO_AH, "sha512", 0x1000 + i);
		array_insert(f.update->download->sas, ARRAY_TAIL, sa);
	}
	assert_not_built(&f, 1, f.key, "");
	fixture_clear(&f);

	fixture_init(&f, DELETES);
	for (i = 0; i < 16360; i++)
	{
		gkm_update_delete(f.update, PROTO_ESP, htonl(0x1000 + i));
	}
	assert_not_built(&f, 1, f.key, "fit into a datagram");
	fixture_clear(&f);

	fixture_init(&f, SAMPLES);
	assert_not_built(&f, 1, f.key, "without anything to tell");
	fixture_clear(&f);
	other->destroy(other);
	rsa->destroy(rsa);
}
END_TEST

Suite *gdoi_push_suite()
{
	Suite *suite = suite_create("gdoi_push");
	TCase *tcase;

	tcase = tcase_create("messages");
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(tcase, member_is_told_what_the_key_server_says, 0,
						SAMPLES);
	tcase_add_test(tcase, member_without_keys_of_the_tree_is_excluded);
	tcase_add_loop_test(tcase, messages_look_as_the_rfc_says, 0, SAMPLES);
	tcase_add_test(tcase, bare_signature_has_the_hash_only);
	tcase_add_loop_test(tcase, message_is_signed_with_any_algorithm, 0, 6);
	tcase_add_loop_test(tcase, message_is_encrypted_with_any_algorithm, 0, 4);
	tcase_add_loop_test(tcase,
				signatures_of_each_kind_are_accepted_whatever_is_configured,
				0, 8);
	tcase_add_test(tcase, message_that_members_couldnt_read_is_not_written);
	tcase_add_test(tcase, rekey_sa_that_cant_be_used_is_refused);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("sequence numbers");
	tcase_add_test(tcase, message_is_accepted_once);
	tcase_add_test(tcase, message_before_the_first_one_of_a_member_is_a_replay);
	tcase_add_test(tcase, nothing_is_accepted_after_the_last_sequence_number);
	tcase_add_test(tcase, replay_is_noticed_before_the_signature_is_checked);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("keys");
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_test(tcase, new_rekey_sa_is_checked_with_the_key_of_the_current_one);
	tcase_add_test(tcase,
				   new_key_checks_the_messages_after_the_one_that_brought_it);
	tcase_add_test(tcase, signature_of_another_key_is_refused);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("bad input");
	tcase_set_timeout(tcase, TIMEOUT);
	tcase_add_loop_test(tcase, damaged_datagram_is_never_accepted, 0, SAMPLES);
	tcase_add_test(tcase, nobody_without_the_key_costs_a_signature_check);
	tcase_add_loop_test(tcase, message_with_other_headers_is_forged, 0, 13);
	tcase_add_test(tcase, datagram_of_another_kind_is_not_seen);
	tcase_add_loop_test(tcase, payloads_that_were_signed_are_checked, 0,
						countof(sealed));
	tcase_add_test(tcase, message_that_does_not_begin_with_seq_is_forged);
	tcase_add_test(tcase, message_without_signature_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
