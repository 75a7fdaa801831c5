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
#include "libgkm/gdoi/gdoi_lkh.h"
#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/gdoi/gdoi_sa.h"
#include "libgkm/keys/gkm_key_forest.h"

#include "push_fixture.h"

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
	push_fixture_t f;
	int i;

	push_fixture_init(&f, _i);
	datagram = push_build(&f, 7);
	ck_assert_msg(push_receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE,
				  "%s", f.err.text);
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
	push_fixture_clear(&f);
}
END_TEST

/** Members of a large key tree, and its degree */
#define LARGE 10000
#define LARGE_DEGREE 16

/**
 * Have members leave a large key tree, as far from each other as can be, so
 * that as many keys as possible are new
 */
static gkm_key_forest_t *shrink_tree(push_fixture_t *f, int count)
{
	gkm_update_t *grown = gkm_update_create();
	gkm_key_forest_t *tree;
	uint32_t slot;
	int i;

	tree = gkm_key_forest_create(0, LARGE_DEGREE, 32, 1);
	for (i = 0; i < LARGE; i++)
	{
		ck_assert(tree->join(tree, &slot, &f->err));
	}
	ck_assert(tree->refresh(tree, grown->kwks, grown->wraps, &f->err));
	gkm_update_destroy(grown);
	for (i = 0; i < count; i++)
	{
		tree->leave(tree, i * (LARGE / count));
	}
	ck_assert(tree->refresh(tree, f->update->kwks, f->update->wraps, &f->err));
	return tree;
}

/** How many leave at once, and whether one message can tell of that */
static struct {
	int count;
	bool fits;
} leavers[] = {
	{ 1,	TRUE },
	{ 8,	TRUE },
	{ 9,	FALSE },
	{ 32,	FALSE },
};

START_TEST(update_of_a_large_tree_is_one_message_or_known_to_be_too_large)
{
	gkm_key_forest_t *tree;
	chunk_t datagram;
	bool built;
	push_fixture_t f;

	push_fixture_init_key(&f, REKEY_SA, rekey_key_create(KEY_RSA, 2048),
						  RSA_SHA256);
	tree = shrink_tree(&f, leavers[_i].count);
	ck_assert_int_eq(gdoi_lkh_fits(f.update, &f.err), leavers[_i].fits);
	built = gdoi_push_build(f.sa, f.update, 1, f.key, &f.format, &datagram,
							&f.err);
	ck_assert_msg(built || !leavers[_i].fits, "%s", f.err.text);
	if (built)
	{
		ck_assert_msg(datagram.len <= 65507, "%zu octets", datagram.len);
		chunk_free(&datagram);
	}
	/* what is known to be too large isn't so by a mistake */
	ck_assert(!built || leavers[_i].fits);
	push_fixture_clear(&f);
	tree->destroy(tree);
}
END_TEST

START_TEST(member_without_keys_of_the_tree_is_excluded)
{
	gkm_update_t *update;
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, TREE);
	datagram = push_build(&f, 1);
	while (array_remove(f.path, ARRAY_HEAD, NULL))
	{
		/* these are borrowed */
	}
	ck_assert(push_receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE);
	ck_assert(update->excluded);
	ck_assert(update->download->rekey && !update->download->rekey->key.len);
	gkm_update_destroy(update);
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

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
	push_fixture_t f;
	int i;

	push_fixture_init_key(&f, _i, rekey_key_create(KEY_RSA, 2048),
						  RSA_SHA256);
	datagram = push_build(&f, 0x01020304);

	header = unhex("12 10 21 01 00000000");
	ck_assert(memeq(datagram.ptr, f.sa->spi, sizeof(f.sa->spi)));
	ck_assert(memeq(datagram.ptr + 16, header.ptr, header.len));
	ck_assert_int_eq(untoh32(datagram.ptr + 24), datagram.len);
	ck_assert_int_eq((datagram.len - GDOI_HEADER_LEN) % 16, 0);
	chunk_free(&header);

	push_transcrypt(f.sa, datagram, FALSE);
	payloads = push_split(datagram, &padding);
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
	push_fixture_clear(&f);
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
	push_fixture_t f;

	push_fixture_init_key(&f, BOTH,
						  rekey_key_create(algs[_i].type, algs[_i].bits),
						  algs[_i].sig_alg);
	datagram = push_build(&f, 1);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	push_transcrypt(f.sa, datagram, FALSE);
	payloads = push_split(datagram, &padding);
	array_get(payloads, ARRAY_TAIL, &sig);
	ck_assert_int_eq(sig.body.len, algs[_i].len);
	array_destroy(payloads);
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_is_encrypted_with_any_algorithm)
{
	static u_int bits[] = { 0, 128, 192, 256 };
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	gdoi_rekey_set_cipher(f.sa, bits[_i]);
	push_fixture_reset(&f);
	datagram = push_build(&f, 1);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	push_fixture_clear(&f);
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
	push_fixture_t f;
	int i;

	if (_i & 4)
	{
		push_fixture_init(&f, BOTH);
	}
	else
	{
		push_fixture_init_key(&f, BOTH, rekey_key_create(KEY_RSA, 2048),
							  RSA_SHA384);
	}
	set_variant(&f.format, _i);
	push_fixture_reset(&f);
	for (i = 0; i < 4; i++)
	{
		set_variant(&f.format, i);
		datagram = push_build(&f, 1);
		push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
		/* there is padding, so that the lengths differ */
		push_transcrypt(f.sa, datagram, FALSE);
		ck_assert(!datagram.ptr[datagram.len - 1]);
		chunk_free(&datagram);
	}
	push_fixture_clear(&f);
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
	push_fixture_t f;

	push_fixture_init_key(&f, BOTH, rekey_key_create(KEY_RSA, 2048),
						  RSA_SHA256);
	f.format.bare_signature = TRUE;
	f.format.padded_length = TRUE;
	datagram = push_build(&f, 1);
	push_transcrypt(f.sa, datagram, FALSE);
	payloads = push_split(datagram, &padding);
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
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_is_accepted_once)
{
	chunk_t older, datagram, again, newer;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	older = push_build(&f, 6);
	datagram = push_build(&f, 7);
	/* the same number, but another signature */
	again = push_build(&f, 7);
	newer = push_build(&f, 9);
	ck_assert(!chunk_equals(datagram, again));
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);
	/* receiving alone changes nothing */
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);

	push_accept(&f, 7);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	push_assert_taken(&f, datagram, GKM_RECEIVED_REPLAYED, "accepted before");
	push_assert_taken(&f, again, GKM_RECEIVED_REPLAYED, "number 7 is a replay");
	push_assert_taken(&f, older, GKM_RECEIVED_REPLAYED, "number 6 is a replay");
	push_assert_taken(&f, newer, GKM_RECEIVED_UPDATE, NULL);
	/* a gap may be left, but never goes back */
	push_accept(&f, 3);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	chunk_free(&older);
	chunk_free(&datagram);
	chunk_free(&again);
	chunk_free(&newer);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(message_before_the_first_one_of_a_member_is_a_replay)
{
	chunk_t before, first;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	f.sa->message_id = 42;
	push_fixture_reset(&f);
	before = push_build(&f, 41);
	first = push_build(&f, 42);
	push_assert_taken(&f, before, GKM_RECEIVED_REPLAYED, "41 is a replay");
	push_assert_taken(&f, first, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&before);
	chunk_free(&first);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(nothing_is_accepted_after_the_last_sequence_number)
{
	chunk_t first, last;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	first = push_build(&f, 1);
	last = push_build(&f, UINT32_MAX);
	push_assert_taken(&f, last, GKM_RECEIVED_UPDATE, NULL);
	push_accept(&f, UINT32_MAX);
	ck_assert(f.member->get_next_id(f.member) == 1ULL << 32);
	push_assert_taken(&f, last, GKM_RECEIVED_REPLAYED, NULL);
	push_assert_taken(&f, first, GKM_RECEIVED_REPLAYED, NULL);
	chunk_free(&first);
	chunk_free(&last);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(replay_is_noticed_before_the_signature_is_checked)
{
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	datagram = push_build(&f, 3);
	push_transcrypt(f.sa, datagram, FALSE);
	/* in the signature, before padding */
	datagram.ptr[datagram.len - 20] ^= 1;
	push_transcrypt(f.sa, datagram, TRUE);
	push_assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "wrong signature");
	push_accept(&f, 3);
	push_assert_taken(&f, datagram, GKM_RECEIVED_REPLAYED, "3 is a replay");
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(signature_of_another_key_is_refused)
{
	private_key_t *other = rekey_key_create(KEY_ECDSA, 256);
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, BOTH);
	f.key->destroy(f.key);
	f.key = other;
	gdoi_rekey_set_key(f.sa, other, ECDSA_SHA256);
	datagram = push_build(&f, 1);
	push_assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "wrong signature");
	chunk_free(&datagram);
	push_fixture_clear(&f);
}
END_TEST

/**
 * Write a message with a new rekey SA, but without the key that checks its
 * rekeys
 */
static chunk_t build_without_sig_key(push_fixture_t *f)
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
	datagram = push_seal(f, GDOI_PLD_SEQ, plain);
	chunk_clear(&plain);
	gdoi_payloads_clear(payloads);
	return datagram;
}

START_TEST(new_rekey_sa_is_checked_with_the_key_of_the_current_one)
{
	private_key_t *rsa = rekey_key_create(KEY_RSA, 2048);
	gkm_update_t *update;
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, REKEY_SA);
	datagram = build_without_sig_key(&f);
	ck_assert_msg(push_receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE,
				  "%s", f.err.text);
	ck_assert(chunk_equals(update->download->rekey->auth_key, f.sa->auth_key));
	ck_assert(!update->auth_key.len);
	gkm_update_destroy(update);
	chunk_free(&datagram);

	/* which it can't be if its algorithm is another one */
	gdoi_rekey_set_key(f.update->download->rekey, rsa, RSA_SHA256);
	datagram = build_without_sig_key(&f);
	push_assert_taken(&f, datagram, GKM_RECEIVED_MALFORMED, "ECDSA key of 256");
	chunk_free(&datagram);
	rsa->destroy(rsa);
	push_fixture_clear(&f);
}
END_TEST

START_TEST(new_key_checks_the_messages_after_the_one_that_brought_it)
{
	private_key_t *key = rekey_key_create(KEY_ECDSA, 256);
	gkm_update_t *update;
	chunk_t datagram, old;
	push_fixture_t f;

	push_fixture_init(&f, REKEY_SA);
	old = push_build(&f, 2);
	gdoi_rekey_set_key(f.update->download->rekey, key, ECDSA_SHA256);
	datagram = push_build(&f, 1);
	ck_assert(push_receive(&f, datagram, &update) == GKM_RECEIVED_UPDATE);
	ck_assert(chunk_equals(update->auth_key,
						   f.update->download->rekey->auth_key));
	f.member->accept(f.member, update);
	gkm_update_destroy(update);
	chunk_free(&datagram);

	push_assert_taken(&f, old, GKM_RECEIVED_MALFORMED, "wrong signature");
	f.key->destroy(f.key);
	f.key = key;
	gdoi_rekey_set_key(f.sa, key, ECDSA_SHA256);
	datagram = push_build(&f, 2);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	chunk_free(&old);
	push_fixture_clear(&f);
}
END_TEST

/**
 * Go on with the rekey SA that a message brings
 */
static void follow(push_fixture_t *f, chunk_t datagram)
{
	gkm_update_t *update;

	ck_assert_msg(push_receive(f, datagram, &update) == GKM_RECEIVED_UPDATE,
				  "%s", f->err.text);
	f->member->accept(f->member, update);
	gkm_rekey_sa_destroy(f->sa);
	f->sa = update->download->rekey;
	update->download->rekey = NULL;
	gkm_update_destroy(update);
	push_fixture_reset(f);
}

START_TEST(messages_on_a_new_rekey_sa_are_checked_with_the_last_key_there_was)
{
	private_key_t *key = rekey_key_create(KEY_ECDSA, 256);
	chunk_t datagram;
	push_fixture_t f;

	push_fixture_init(&f, REKEY_SA);
	gdoi_rekey_set_key(f.update->download->rekey, key, ECDSA_SHA256);
	datagram = push_build(&f, 1);
	follow(&f, datagram);
	chunk_free(&datagram);
	f.key->destroy(f.key);
	f.key = key;

	/* the next one comes without */
	f.update->download->rekey->spi[0]++;
	datagram = build_without_sig_key(&f);
	follow(&f, datagram);
	chunk_free(&datagram);

	ck_assert_int_eq(f.sa->spi[0], f.update->download->rekey->spi[0]);
	datagram = push_build(&f, 1);
	push_assert_taken(&f, datagram, GKM_RECEIVED_UPDATE, NULL);
	chunk_free(&datagram);
	push_fixture_clear(&f);
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
	push_fixture_t f;
	int i;

	push_fixture_init(&f, BOTH);
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
	push_fixture_clear(&f);
}
END_TEST

/**
 * Check that a message isn't written
 */
static void assert_not_built(push_fixture_t *f, uint32_t seq,
							 private_key_t *key, const char *what)
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
	push_fixture_t f;
	int i;

	push_fixture_init(&f, BOTH);
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
	push_fixture_clear(&f);

	push_fixture_init(&f, DELETES);
	for (i = 0; i < 16360; i++)
	{
		gkm_update_delete(f.update, PROTO_ESP, htonl(0x1000 + i));
	}
	assert_not_built(&f, 1, f.key, "fit into a datagram");
	push_fixture_clear(&f);

	push_fixture_init(&f, SAMPLES);
	assert_not_built(&f, 1, f.key, "without anything to tell");
	push_fixture_clear(&f);
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
	tcase_add_loop_test(tcase,
			update_of_a_large_tree_is_one_message_or_known_to_be_too_large, 0,
			countof(leavers));
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
		messages_on_a_new_rekey_sa_are_checked_with_the_last_key_there_was);
	tcase_add_test(tcase,
				   new_key_checks_the_messages_after_the_one_that_brought_it);
	tcase_add_test(tcase, signature_of_another_key_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
