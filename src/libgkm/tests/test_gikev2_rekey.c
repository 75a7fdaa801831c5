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

#include "libgkm/gikev2/gikev2_auth.h"
#include "libgkm/gikev2/gikev2_codepoints.h"
#include "libgkm/keys/gkm_keymat.h"

#include "rekey_fixture.h"

/** Seconds that a test with all variants of a message may take */
#define TIMEOUT 120

/** Samples with a signature, and without */
#define SIGNED "new SAs for old ones"
#define IMPLICIT "new data SA under implicit authentication"

/** Samples that a rekey SA carries */
static const char *carried[] = {
	SIGNED,
	IMPLICIT,
	"new rekey SA for members with a key tree",
	"AH in transport mode",
	"member F is excluded, seen by E",
	"new key to check rekeys with",
	"members are told to go",
	"group ends",
};

START_TEST(message_comes_back_as_it_was_sent)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;
	rekey_fixture_t f;
	chunk_t datagram;

	rekey_fixture_init(&f, carried[_i]);
	datagram = rekey_fixture_build_one(&f, 5);
	ck_assert_msg(gikev2_rekey_peek(datagram, spi, &message_id), "%s: not seen",
				  carried[_i]);
	ck_assert_msg(memeq(spi, f.sample.rekey->spi, sizeof(spi)), "%s: SPI",
				  carried[_i]);
	ck_assert_int_eq(message_id, 5);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, carried[_i]);
	chunk_free(&datagram);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(message_has_the_headers_of_the_rfc)
{
	rekey_fixture_t f;
	chunk_t datagram;
	u_char *pos;

	rekey_fixture_init(&f, SIGNED);
	datagram = rekey_fixture_build_one(&f, 0x01020304);
	pos = datagram.ptr;
	ck_assert(memeq(pos, f.sample.rekey->spi, 16));
	/* SK, version 2.0, GSA_REKEY, initiator */
	ck_assert(memeq(pos + 16, "\x2e\x20\x29\x08\x01\x02\x03\x04", 8));
	ck_assert_int_eq(untoh32(pos + 24), datagram.len);
	/* GSA comes first */
	ck_assert(memeq(pos + 28, "\x33\x00", 2));
	ck_assert_int_eq(untoh16(pos + 30), datagram.len - 28);
	chunk_free(&datagram);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(message_is_signed_with_keys_of_any_kind)
{
	struct {
		key_type_t type;
		u_int bits;
		const char *sig_alg;
	} cases[] = {
		{ KEY_ECDSA, 256, ECDSA_SHA256 },
		{ KEY_ECDSA, 384, ECDSA_SHA384 },
		{ KEY_ECDSA, 521, ECDSA_SHA512 },
		{ KEY_ED25519, 256, ED25519 },
		{ KEY_RSA, 2048, RSA_SHA256 },
		{ KEY_RSA, 2048, RSA_SHA384 },
		{ KEY_RSA, 3072, RSA_SHA512 },
		{ KEY_RSA, 2048, RSA_PSS_SHA256 },
	};
	rekey_fixture_t f;
	chunk_t datagram;
	int i;

	rekey_fixture_init_key(&f, SIGNED, rekey_key_create(cases[_i].type,
													   cases[_i].bits),
						   cases[_i].sig_alg);
	/* signatures of ECDSA differ in length */
	for (i = 0; i < 20; i++)
	{
		datagram = rekey_fixture_build_one(&f, i);
		assert_received(&f, datagram, GKM_RECEIVED_UPDATE, cases[_i].sig_alg);
		chunk_free(&datagram);
	}
	rekey_fixture_clear(&f);
}
END_TEST

/**
 * Give both ends another proposal
 */
static void change_proposal(rekey_fixture_t *f, char *words)
{
	gkm_rekey_sa_t *sa = f->sample.rekey;

	sa->proposal->destroy(sa->proposal);
	sa->proposal = gkm_rekey_proposal(words, &f->err);
	ck_assert_msg(sa->proposal, "%s: %s", words, f->err.text);
	chunk_clear(&sa->key);
	sa->key = count_up(3, gkm_keymat_len(sa->proposal));
	f->member->destroy(f->member);
	f->member = gikev2_rekey_create(sa, &f->err);
	ck_assert_msg(f->member, "%s: %s", words, f->err.text);
}

START_TEST(message_is_encrypted_with_any_algorithm)
{
	char *proposals[] = {
		"aes128gcm16-kw128", "aes192gcm8-kw192", "aes256gcm16-kw256",
		"chacha20poly1305-kw256", "aes128-sha256-kw128", "aes256-sha512-kw256",
		"aes192-sha384-kw128", "aes256-sha1-kw256",
	};
	rekey_fixture_t f;
	array_t *datagrams;
	chunk_t datagram;
	int i;

	rekey_fixture_init(&f, SIGNED);
	change_proposal(&f, proposals[_i]);
	datagram = rekey_fixture_build_one(&f, 0);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, proposals[_i]);
	chunk_free(&datagram);

	datagrams = rekey_fixture_build(&f, 1, 200);
	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		ck_assert_msg(datagram.len <= 200, "%zu octets", datagram.len);
		assert_received(&f, datagram, i + 1 < array_count(datagrams) ?
						GKM_RECEIVED_FRAGMENT : GKM_RECEIVED_UPDATE,
						proposals[_i]);
	}
	rekey_fixture_free(datagrams);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(rekey_sa_that_cant_be_used_is_refused)
{
	rekey_fixture_t f;
	gkm_rekey_sa_t *sa;

	rekey_fixture_init(&f, SIGNED);
	sa = f.sample.rekey;
	sa->key.len--;
	ck_assert(!gikev2_rekey_create(sa, &f.err));
	ck_assert_msg(strstr(f.err.text, "key material of"), "'%s'", f.err.text);
	sa->key.len++;

	f.err = (gkm_error_t){};
	sa->auth_key.len--;
	ck_assert(!gikev2_rekey_create(sa, &f.err));
	ck_assert_msg(strstr(f.err.text, "can't be read"), "'%s'", f.err.text);
	sa->auth_key.len++;

	f.err = (gkm_error_t){};
	chunk_free(&sa->sig_alg);
	sa->sig_alg = unhex(RSA_SHA256);
	ck_assert(!gikev2_rekey_create(sa, &f.err));
	ck_assert_msg(strstr(f.err.text, "ECDSA key for RSA"), "'%s'", f.err.text);
	rekey_fixture_clear(&f);
}
END_TEST

/**
 * Check that a message isn't written
 */
static void assert_not_built(rekey_fixture_t *f, private_key_t *key, size_t max,
							 const char *what)
{
	array_t *datagrams = array_create(sizeof(chunk_t), 0);

	f->err = (gkm_error_t){};
	ck_assert_msg(!gikev2_rekey_build(f->sample.rekey, f->sample.update, 0,
									  key, max, datagrams, &f->err),
				  "written, '%s' expected", what);
	ck_assert_msg(strstr(f->err.text, what), "'%s' instead of '%s'",
				  f->err.text, what);
	ck_assert_int_eq(array_count(datagrams), 0);
	array_destroy(datagrams);
}

START_TEST(message_that_members_couldnt_check_is_not_written)
{
	private_key_t *other = rekey_key_create(KEY_ECDSA, 256);
	private_key_t *rsa = rekey_key_create(KEY_RSA, 2048);
	rekey_fixture_t f;

	rekey_fixture_init(&f, SIGNED);
	assert_not_built(&f, NULL, 0, "no key to sign rekeys");
	assert_not_built(&f, other, 0, "isn't the one that members check");
	assert_not_built(&f, rsa, 0, "RSA key for ECDSA signatures");
	f.sample.update->download->sender_id_bits = 8;
	assert_not_built(&f, f.key, 0, "sender IDs in a rekey");
	rekey_fixture_clear(&f);

	rekey_fixture_init(&f, IMPLICIT);
	assert_not_built(&f, other, 0, "authentication is implicit");
	rekey_fixture_clear(&f);
	other->destroy(other);
	rsa->destroy(rsa);
}
END_TEST

START_TEST(message_that_is_too_long_is_not_written)
{
	rekey_fixture_t f;
	gkm_data_sa_t *sa;
	gkm_data_sa_t *copy;
	int i;

	rekey_fixture_init(&f, IMPLICIT);
	assert_not_built(&f, NULL, 1, "doesn't fit into 128 fragments of 1");
	assert_not_built(&f, NULL, 36, "doesn't fit into 128 fragments of 36");
	array_get(f.sample.update->download->sas, 0, &sa);
	for (i = 0; i < 255; i++)
	{
		copy = gkm_data_sa_clone(sa);
		copy->spi = htonl(0xd0000000 + i);
		array_insert(f.sample.update->download->sas, ARRAY_TAIL, copy);
	}
	assert_not_built(&f, NULL, 200, "doesn't fit into 128 fragments of 200");
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(message_is_accepted_once)
{
	chunk_t datagram, older, newer;
	gkm_update_t *update;
	rekey_fixture_t f;

	rekey_fixture_init(&f, SIGNED);
	older = rekey_fixture_build_one(&f, 6);
	datagram = rekey_fixture_build_one(&f, 7);
	newer = rekey_fixture_build_one(&f, 9);
	ck_assert_int_eq(f.member->get_next_id(f.member), 0);
	/* receiving alone changes nothing */
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, "first");
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, "again");
	ck_assert_int_eq(f.member->get_next_id(f.member), 0);

	update = gkm_update_create();
	update->message_id = 7;
	f.member->accept(f.member, update);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	assert_received(&f, datagram, GKM_RECEIVED_REPLAYED, "accepted before");
	assert_received(&f, older, GKM_RECEIVED_REPLAYED, "older");
	assert_received(&f, newer, GKM_RECEIVED_UPDATE, "newer");
	/* a gap may be left, but never goes back */
	update->message_id = 3;
	f.member->accept(f.member, update);
	ck_assert_int_eq(f.member->get_next_id(f.member), 8);
	gkm_update_destroy(update);
	chunk_free(&older);
	chunk_free(&datagram);
	chunk_free(&newer);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(message_before_the_initial_message_id_is_a_replay)
{
	chunk_t before, first;
	rekey_fixture_t f;

	rekey_fixture_init(&f, SIGNED);
	before = rekey_fixture_build_one(&f, 41);
	first = rekey_fixture_build_one(&f, 42);
	f.member->destroy(f.member);
	f.sample.rekey->message_id = 42;
	f.member = gikev2_rekey_create(f.sample.rekey, &f.err);
	assert_received(&f, before, GKM_RECEIVED_REPLAYED, "41");
	assert_received(&f, first, GKM_RECEIVED_UPDATE, "42");
	chunk_free(&before);
	chunk_free(&first);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(nothing_is_accepted_after_the_last_message_id)
{
	chunk_t last, zero;
	gkm_update_t *update = gkm_update_create();
	rekey_fixture_t f;

	rekey_fixture_init(&f, SIGNED);
	zero = rekey_fixture_build_one(&f, 0);
	last = rekey_fixture_build_one(&f, UINT32_MAX);
	assert_received(&f, last, GKM_RECEIVED_UPDATE, "last");
	update->message_id = UINT32_MAX;
	f.member->accept(f.member, update);
	ck_assert(f.member->get_next_id(f.member) == 1ULL << 32);
	assert_received(&f, last, GKM_RECEIVED_REPLAYED, "last");
	assert_received(&f, zero, GKM_RECEIVED_REPLAYED, "zero");
	gkm_update_destroy(update);
	chunk_free(&zero);
	chunk_free(&last);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(damaged_datagram_is_never_accepted)
{
	const char *samples[] = { SIGNED, IMPLICIT };
	gkm_received_t received;
	chunk_t datagram;
	rekey_fixture_t f;
	size_t len, pos;

	rekey_fixture_init(&f, samples[_i]);
	datagram = rekey_fixture_build_one(&f, 1);
	for (len = 0; len < datagram.len; len++)
	{
		assert_received(&f, chunk_create(datagram.ptr, len),
						GKM_RECEIVED_FORGED, "cut short");
		/* also if the length says so */
		if (len >= 32)
		{
			chunk_t copy = chunk_clone(chunk_create(datagram.ptr, len));

			htoun32(copy.ptr + 24, len);
			htoun16(copy.ptr + 30, len - 28);
			assert_received(&f, copy, GKM_RECEIVED_FORGED,
							"cut, with its length");
			chunk_free(&copy);
		}
	}
	f.member->destroy(f.member);
	f.sample.rekey->message_id = 1;
	f.member = gikev2_rekey_create(f.sample.rekey, &f.err);
	for (pos = 0; pos < datagram.len; pos++)
	{
		datagram.ptr[pos] ^= 1;
		received = rekey_fixture_receive(&f, datagram);
		ck_assert_msg(received == GKM_RECEIVED_FORGED ||
					  (received == GKM_RECEIVED_REPLAYED && pos == 23),
					  "octet %zu: %d", pos, received);
		datagram.ptr[pos] ^= 1;
	}
	ck_assert_int_eq(f.member->get_next_id(f.member), 1);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, "as it was sent");
	chunk_free(&datagram);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(datagram_of_another_kind_is_not_seen)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;
	rekey_fixture_t f;
	chunk_t datagram;

	rekey_fixture_init(&f, SIGNED);
	datagram = rekey_fixture_build_one(&f, 0);
	/* major version, exchange, length */
	datagram.ptr[17] = 0x10;
	ck_assert(!gikev2_rekey_peek(datagram, spi, &message_id));
	datagram.ptr[17] = 0x21;
	ck_assert(gikev2_rekey_peek(datagram, spi, &message_id));
	datagram.ptr[17] = 0x20;
	datagram.ptr[18] = GSA_INBAND_REKEY;
	ck_assert(!gikev2_rekey_peek(datagram, spi, &message_id));
	datagram.ptr[18] = GSA_REKEY;
	ck_assert(!gikev2_rekey_peek(chunk_create(datagram.ptr, 27), spi,
								 &message_id));
	datagram.ptr[27] ^= 1;
	ck_assert(!gikev2_rekey_peek(datagram, spi, &message_id));
	datagram.ptr[27] ^= 1;
	ck_assert(gikev2_rekey_peek(datagram, spi, &message_id));
	chunk_free(&datagram);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(signature_of_another_key_is_refused)
{
	rekey_fixture_t f;
	chunk_t datagram;

	rekey_fixture_init(&f, SIGNED);
	rekey_fixture_set_key(&f, rekey_key_create(KEY_ECDSA, 256));
	datagram = rekey_fixture_build_one(&f, 0);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "other key");
	ck_assert_str_eq(f.err.text, "AUTH payload: wrong signature");
	chunk_free(&datagram);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(new_key_checks_the_messages_after_the_one_that_brought_it)
{
	private_key_t *key = rekey_key_create(KEY_ECDSA, 256);
	public_key_t *public = key->get_public_key(key);
	gkm_update_t *update;
	rekey_fixture_t f;
	chunk_t datagram, old;

	rekey_fixture_init(&f, SIGNED);
	update = f.sample.update;
	old = rekey_fixture_build_one(&f, 1);
	ck_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER,
								   &update->auth_key));
	public->destroy(public);
	chunk_free(&update->download->rekey->auth_key);
	update->download->rekey->auth_key = chunk_clone(update->auth_key);
	datagram = rekey_fixture_build_one(&f, 0);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE,
					"signed with the old key");
	f.member->accept(f.member, update);
	chunk_free(&datagram);

	assert_received(&f, old, GKM_RECEIVED_MALFORMED, "next, with the old key");
	rekey_fixture_set_key(&f, key);
	datagram = rekey_fixture_build_one(&f, 1);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE,
					"next, with the new key");
	chunk_free(&datagram);
	chunk_free(&old);
	rekey_fixture_clear(&f);
}
END_TEST

/**
 * Make signed payloads of a sample, to be sent as another message
 */
static chunk_t sign_payloads(rekey_fixture_t *f, uint32_t message_id,
							 const char *sig_alg)
{
	gikev2_inner_t inner = {};
	chunk_t plain, alg = unhex(sig_alg), header = chunk_alloca(32), datagram;

	datagram = rekey_fixture_seal(f, message_id, 0x08, PL_GSA, chunk_empty);
	memcpy(header.ptr, datagram.ptr, header.len);
	chunk_free(&datagram);
	ck_assert_msg(gikev2_update_build(f->sample.update, &f->sample.ctx,
									  &inner.payloads, &f->err), "%s",
				  f->err.text);
	ck_assert_msg(gikev2_auth_sign(header, &inner, alg, f->key,
								   f->sample.rekey->auth_key, &plain, &f->err),
				  "%s", f->err.text);
	gikev2_update_payloads_clear(&inner.payloads);
	chunk_free(&alg);
	return plain;
}

START_TEST(signature_counts_for_its_message_only)
{
	rekey_fixture_t f;
	chunk_t plain, datagram;

	rekey_fixture_init(&f, SIGNED);
	plain = sign_payloads(&f, 4, ECDSA_SHA256);
	datagram = rekey_fixture_seal(&f, 4, 0x08, PL_GSA, plain);
	assert_received(&f, datagram, GKM_RECEIVED_UPDATE, "as signed");
	chunk_free(&datagram);
	datagram = rekey_fixture_seal(&f, 5, 0x08, PL_GSA, plain);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "other message ID");
	ck_assert_str_eq(f.err.text, "AUTH payload: wrong signature");
	chunk_free(&datagram);
	datagram = rekey_fixture_seal(&f, 4, 0x20, PL_GSA, plain);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "other flags");
	ck_assert_str_eq(f.err.text, "AUTH payload: wrong signature");
	chunk_free(&datagram);
	chunk_clear(&plain);

	plain = sign_payloads(&f, 4, ECDSA_SHA384);
	datagram = rekey_fixture_seal(&f, 4, 0x08, PL_GSA, plain);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "other hash");
	ck_assert_msg(strstr(f.err.text, "isn't that of the rekey SA"), "'%s'",
				  f.err.text);
	chunk_free(&datagram);
	chunk_clear(&plain);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(payloads_with_a_wrong_octet_dont_match_their_signature)
{
	rekey_fixture_t f;
	chunk_t plain, datagram;
	size_t pos;

	rekey_fixture_init(&f, SIGNED);
	plain = sign_payloads(&f, 4, ECDSA_SHA256);
	for (pos = 0; pos < plain.len; pos++)
	{
		plain.ptr[pos] ^= 1;
		datagram = rekey_fixture_seal(&f, 4, 0x08, PL_GSA, plain);
		assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "wrong octet");
		chunk_free(&datagram);
		plain.ptr[pos] ^= 1;
	}
	for (pos = 0; pos < plain.len; pos++)
	{
		datagram = rekey_fixture_seal(&f, 4, 0x08, PL_GSA,
									  chunk_create(plain.ptr, pos));
		assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "cut short");
		chunk_free(&datagram);
	}
	chunk_clear(&plain);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(message_without_the_signature_it_needs_is_refused)
{
	/* Delete, protocol 0 */
	chunk_t plain = unhex("00 00 0008 00 00 0000"), datagram;
	rekey_fixture_t f;

	rekey_fixture_init(&f, "members are told to go");
	datagram = rekey_fixture_seal(&f, 0, 0x08, 42, plain);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "no AUTH");
	ck_assert_str_eq(f.err.text, "no AUTH payload");
	chunk_free(&datagram);
	chunk_free(&plain);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(fragments_make_up_the_message_in_any_order)
{
	array_t *datagrams;
	rekey_fixture_t f;
	chunk_t datagram;
	int i, count, which;

	rekey_fixture_init(&f, SIGNED);
	datagrams = rekey_fixture_build(&f, 0, 300);
	count = array_count(datagrams);
	ck_assert_msg(count == 3 || count == 4, "%d fragments", count);
	for (i = 0; i < count; i++)
	{
		/* in turn, backwards, from the middle on */
		which = _i == 0 ? i : _i == 1 ? count - 1 - i : (i + 1) % count;
		array_get(datagrams, which, &datagram);
		ck_assert_int_eq(datagram.ptr[16], GIKEV2_PL_SKF);
		ck_assert_int_eq(datagram.ptr[28], which ? 0 : PL_GSA);
		ck_assert_int_eq(untoh16(datagram.ptr + 32), which + 1);
		ck_assert_int_eq(untoh16(datagram.ptr + 34), count);
		assert_received(&f, datagram, i + 1 < count ? GKM_RECEIVED_FRAGMENT :
						GKM_RECEIVED_UPDATE, "in turn");
		/* once more makes no difference, but to the last one */
		assert_received(&f, datagram, GKM_RECEIVED_FRAGMENT, "twice");
	}
	rekey_fixture_free(datagrams);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(fragments_of_two_messages_dont_mix)
{
	array_t *first, *second;
	rekey_fixture_t f;
	chunk_t datagram;
	int i, count;

	rekey_fixture_init(&f, SIGNED);
	first = rekey_fixture_build(&f, 0, 300);
	second = rekey_fixture_build(&f, 1, 300);
	count = min(array_count(first), array_count(second));
	for (i = 0; i < count; i++)
	{
		array_get(first, i, &datagram);
		assert_received(&f, datagram, GKM_RECEIVED_FRAGMENT, "first");
		array_get(second, i, &datagram);
		assert_received(&f, datagram, GKM_RECEIVED_FRAGMENT, "second");
	}
	/* sent again, the second one is complete */
	for (i = 0; i < array_count(second); i++)
	{
		array_get(second, i, &datagram);
		if (rekey_fixture_receive(&f, datagram) == GKM_RECEIVED_UPDATE)
		{
			break;
		}
	}
	ck_assert_msg(i < array_count(second), "no update");
	rekey_fixture_free(first);
	rekey_fixture_free(second);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(fragments_of_an_accepted_message_are_replays)
{
	gkm_update_t *update = gkm_update_create();
	array_t *datagrams;
	rekey_fixture_t f;
	chunk_t datagram;

	rekey_fixture_init(&f, SIGNED);
	datagrams = rekey_fixture_build(&f, 0, 300);
	array_get(datagrams, 0, &datagram);
	assert_received(&f, datagram, GKM_RECEIVED_FRAGMENT, "first");
	f.member->accept(f.member, update);
	array_get(datagrams, 1, &datagram);
	assert_received(&f, datagram, GKM_RECEIVED_REPLAYED, "second");
	gkm_update_destroy(update);
	rekey_fixture_free(datagrams);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(damaged_fragment_is_never_accepted)
{
	array_t *datagrams;
	rekey_fixture_t f;
	chunk_t datagram;
	size_t pos;
	int i;

	rekey_fixture_init(&f, SIGNED);
	datagrams = rekey_fixture_build(&f, 0, 300);
	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		for (pos = 0; pos < datagram.len; pos++)
		{
			datagram.ptr[pos] ^= 1;
			assert_received(&f, datagram, GKM_RECEIVED_FORGED, "wrong octet");
			datagram.ptr[pos] ^= 1;
			assert_received(&f, chunk_create(datagram.ptr, pos),
							GKM_RECEIVED_FORGED, "cut short");
		}
		assert_received(&f, datagram, i + 1 < array_count(datagrams) ?
						GKM_RECEIVED_FRAGMENT : GKM_RECEIVED_UPDATE, "in turn");
	}
	rekey_fixture_free(datagrams);
	rekey_fixture_clear(&f);
}
END_TEST

Suite *gikev2_rekey_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_rekey");

	tc = tcase_create("messages");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, message_comes_back_as_it_was_sent, 0,
						countof(carried));
	tcase_add_test(tc, message_has_the_headers_of_the_rfc);
	tcase_add_loop_test(tc, message_is_signed_with_keys_of_any_kind, 0, 8);
	tcase_add_loop_test(tc, message_is_encrypted_with_any_algorithm, 0, 8);
	tcase_add_test(tc, rekey_sa_that_cant_be_used_is_refused);
	tcase_add_test(tc, message_that_members_couldnt_check_is_not_written);
	tcase_add_test(tc, message_that_is_too_long_is_not_written);
	suite_add_tcase(s, tc);

	tc = tcase_create("replays");
	tcase_add_test(tc, message_is_accepted_once);
	tcase_add_test(tc, message_before_the_initial_message_id_is_a_replay);
	tcase_add_test(tc, nothing_is_accepted_after_the_last_message_id);
	suite_add_tcase(s, tc);

	tc = tcase_create("damage");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, damaged_datagram_is_never_accepted, 0, 2);
	tcase_add_test(tc, datagram_of_another_kind_is_not_seen);
	suite_add_tcase(s, tc);

	tc = tcase_create("signatures");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_test(tc, signature_of_another_key_is_refused);
	tcase_add_test(tc,
				   new_key_checks_the_messages_after_the_one_that_brought_it);
	tcase_add_test(tc, signature_counts_for_its_message_only);
	tcase_add_test(tc, payloads_with_a_wrong_octet_dont_match_their_signature);
	tcase_add_test(tc, message_without_the_signature_it_needs_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("fragments");
	tcase_set_timeout(tc, TIMEOUT);
	tcase_add_loop_test(tc, fragments_make_up_the_message_in_any_order, 0, 3);
	tcase_add_test(tc, fragments_of_two_messages_dont_mix);
	tcase_add_test(tc, fragments_of_an_accepted_message_are_replays);
	tcase_add_test(tc, damaged_fragment_is_never_accepted);
	suite_add_tcase(s, tc);

	return s;
}
