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

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_sealed_ack.h"
#include "libgkm/group/gkm_algs.h"

#include "samples.h"

/** Payloads that the vectors are for: SEQ 7, ID 192.0.2.1 */
#define HASHED "05000008 00000007" "0000000c 01000000 c0000201"
#define ADDRESS "192.0.2.1"
#define SEQ 7

/**
 * Acknowledgements with base key 00..0f and SPI 10..1f, computed with another
 * implementation of HMAC
 */
static struct {
	gkm_ack_t type;
	gdoi_ack_length_t length;
	char *hash;
} vectors[] = {
	{ GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_KEY,
	  "0692726ed7383e67ac0f726db6ef8917a532408d99182c41c4eeab28b3c55f63" },
	{ GKM_ACK_KEK_SHA256, GDOI_ACK_LENGTH_BLOCK,
	  "d2a495a5b347101b7b4dba70993eb9242c60a8fd56af8c2d91ed288a40eefa57" },
	{ GKM_ACK_KEK_SHA512, GDOI_ACK_LENGTH_KEY,
	  "746026ef6ea8f728487850f0e37f5cd26ee2f273c188b43f9067309fd1680cfd"
	  "309c394da980881f67cb0c60f22db91bc382433c3eacd96754ca1fb9250ba5f1" },
	{ GKM_ACK_KEK_SHA512, GDOI_ACK_LENGTH_BLOCK,
	  "e6dd75f13eb07d410e072d80f3de98f4b5be6df00136d8867b234434000fe7ae"
	  "26aa8cd1b1ea74911a82685cbf27edbd1866a3e083f351be70a3aee49ec5029d" },
	{ GKM_ACK_LKH_SHA256, GDOI_ACK_LENGTH_KEY,
	  "0692726ed7383e67ac0f726db6ef8917a532408d99182c41c4eeab28b3c55f63" },
	{ GKM_ACK_LKH_SHA512, GDOI_ACK_LENGTH_BLOCK,
	  "e6dd75f13eb07d410e072d80f3de98f4b5be6df00136d8867b234434000fe7ae"
	  "26aa8cd1b1ea74911a82685cbf27edbd1866a3e083f351be70a3aee49ec5029d" },
};

/**
 * Message of a vector, written by hand
 */
static chunk_t vector_create(int i)
{
	chunk_t hash = unhex(vectors[i].hash), hashed = unhex(HASHED), datagram;
	chunk_t spi = count_up(0x10, GKM_REKEY_SPI_LEN);
	u_char header[] = {
		0x08, 0x10, 35, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0, 0x12, 0x00, 0x00, 0x00,
	};

	header[11] = 28 + 4 + hash.len + hashed.len;
	header[15] = 4 + hash.len;
	datagram = chunk_cat("cccc", spi, chunk_create(header, sizeof(header)),
						 hash, hashed);
	chunk_free(&spi);
	chunk_free(&hash);
	chunk_free(&hashed);
	return datagram;
}

/**
 * Keys for a base key and SPI that count up from these octets
 */
static gdoi_ack_key_t *key_create(gkm_ack_t type, uint8_t base, uint8_t first)
{
	chunk_t key = count_up(base, 16), spi = count_up(first, GKM_REKEY_SPI_LEN);
	gdoi_ack_key_t *ack_key;
	gkm_error_t err = {};

	ack_key = gdoi_ack_key_create(type, key, spi.ptr, &err);
	ck_assert_msg(ack_key, "%s", err.text);
	chunk_free(&key);
	chunk_free(&spi);
	return ack_key;
}

START_TEST(acknowledgement_is_written_as_computed_elsewhere)
{
	gdoi_ack_key_t *key = key_create(vectors[_i].type, 0, 0x10);
	host_t *me = host_create_from_string(ADDRESS, 0);
	chunk_t expected = vector_create(_i), built;

	ck_assert(key->build(key, SEQ, me, vectors[_i].length, &built));
	ck_assert_msg(chunk_equals(built, expected), "%+B", &built);
	chunk_free(&built);
	/* another one with the same keys */
	ck_assert(key->build(key, SEQ, me, vectors[_i].length, &built));
	ck_assert(chunk_equals(built, expected));
	chunk_free(&built);
	chunk_free(&expected);
	me->destroy(me);
	key->destroy(key);
}
END_TEST

START_TEST(acknowledgement_computed_elsewhere_is_read_and_verified)
{
	gdoi_ack_key_t *key = key_create(vectors[_i].type, 0, 0x10);
	chunk_t datagram = vector_create(_i), id = unhex("c0000201");
	gkm_error_t err = {};
	gdoi_ack_t ack;

	ck_assert_msg(gdoi_ack_parse(datagram, &ack, &err), "%s", err.text);
	ck_assert(memeq(ack.spi, datagram.ptr, sizeof(ack.spi)));
	ck_assert_int_eq(ack.seq, SEQ);
	ck_assert_int_eq(ack.id_type, GDOI_ID_IPV4_ADDR);
	ck_assert(chunk_equals(ack.id, id));
	ck_assert(key->verify(key, &ack));
	ck_assert(key->verify(key, &ack));
	chunk_free(&id);
	chunk_free(&datagram);
	key->destroy(key);
}
END_TEST

START_TEST(members_may_read_the_rfc_in_different_ways)
{
	gdoi_ack_key_t *key = key_create(GKM_ACK_KEK_SHA256, 0, 0x10);
	chunk_t datagrams[] = { vector_create(0), vector_create(1) };
	gkm_error_t err = {};
	gdoi_ack_t ack;
	int i;

	for (i = 0; i < 8; i++)
	{
		ck_assert(gdoi_ack_parse(datagrams[i % 3 % 2], &ack, &err));
		ck_assert_msg(key->verify(key, &ack), "after %d", i);
		ack.seq++;
		ack.hashed = chunk_skip(ack.hashed, 1);
		ck_assert(!key->verify(key, &ack));
	}
	chunk_free(&datagrams[0]);
	chunk_free(&datagrams[1]);
	key->destroy(key);
}
END_TEST

START_TEST(keys_of_another_base_key_replace_those_before)
{
	gdoi_ack_key_t *key = key_create(vectors[_i].type, 1, 0x10);
	chunk_t datagram = vector_create(_i), right = count_up(0, 16);
	chunk_t wrong = count_up(1, 16);
	gkm_error_t err = {};
	gdoi_ack_t ack;
	int i;

	ck_assert(gdoi_ack_parse(datagram, &ack, &err));
	for (i = 0; i < 3; i++)
	{
		ck_assert(!key->verify(key, &ack));
		ck_assert(key->set_base_key(key, right));
		ck_assert(key->verify(key, &ack));
		ck_assert(key->set_base_key(key, wrong));
	}
	ck_assert(!key->set_base_key(key, chunk_empty));
	chunk_free(&right);
	chunk_free(&wrong);
	chunk_free(&datagram);
	key->destroy(key);
}
END_TEST

START_TEST(acknowledgement_with_another_key_is_not_verified)
{
	chunk_t datagram = vector_create(_i);
	gdoi_ack_key_t *key;
	gkm_error_t err = {};
	gdoi_ack_t ack;

	ck_assert(gdoi_ack_parse(datagram, &ack, &err));
	key = key_create(vectors[_i].type, 1, 0x10);
	ck_assert(!key->verify(key, &ack));
	key->destroy(key);
	key = key_create(vectors[_i].type, 0, 0x11);
	ck_assert(!key->verify(key, &ack));
	key->destroy(key);
	key = key_create(strlen(vectors[_i].hash) == 64 ? GKM_ACK_KEK_SHA512
													: GKM_ACK_KEK_SHA256,
					 0, 0x10);
	ck_assert(!key->verify(key, &ack));
	key->destroy(key);
	chunk_free(&datagram);
}
END_TEST

START_TEST(no_octet_of_an_acknowledgement_can_change)
{
	gdoi_ack_key_t *key = key_create(vectors[_i].type, 0, 0x10);
	chunk_t datagram = vector_create(_i), changed;
	gkm_error_t err;
	gdoi_ack_t ack;
	size_t i;
	int bit;

	for (i = 0; i < datagram.len; i++)
	{
		for (bit = 0; bit < 8; bit++)
		{
			changed = chunk_clone(datagram);
			changed.ptr[i] ^= 1 << bit;
			ck_assert_msg(!gdoi_ack_parse(changed, &ack, &err) ||
						  !key->verify(key, &ack),
						  "accepted with bit %d of octet %zu changed", bit, i);
			chunk_free(&changed);
		}
	}
	key->destroy(key);
	chunk_free(&datagram);
}
END_TEST

START_TEST(acknowledgement_cut_short_is_refused)
{
	chunk_t datagram = vector_create(0), cut;
	gkm_error_t err;
	gdoi_ack_t ack;
	size_t len;

	for (len = 0; len < datagram.len; len++)
	{
		cut = chunk_clone(chunk_create(datagram.ptr, len));
		err = (gkm_error_t){};
		ck_assert_msg(!gdoi_ack_parse(cut, &ack, &err), "accepted with %zu "
					  "octets", len);
		ck_assert(err.text[0]);
		if (len >= GDOI_HEADER_LEN)
		{
			/* with a length that fits */
			htoun32(cut.ptr + 24, len);
			ck_assert_msg(!gdoi_ack_parse(cut, &ack, &err), "accepted with "
						  "%zu octets", len);
		}
		chunk_free(&cut);
	}
	chunk_free(&datagram);
}
END_TEST

/** Header after the SPI, HASH payload */
#define HDR(len) "08102300 00000000 000000" len
#define HASH "12000024 0000000000000000 0000000000000000 " \
			 "0000000000000000 0000000000000000"

/**
 * Messages after the SPI, and what is wrong with them
 */
static struct {
	char *hex;
	char *what;
} bad[] = {
	{ "08102100 00000000 00000054" HASH HASHED, "wrong header" },
	{ "08102301 00000000 00000054" HASH HASHED, "wrong header" },
	{ "08102302 00000000 00000054" HASH HASHED, "wrong header" },
	{ "08102300 00000001 00000054" HASH HASHED, "wrong header" },
	{ "12102300 00000000 00000030" HASHED, "other payloads" },
	{ HDR("48") HASH "00000008 00000007", "other payloads" },
	{ HDR("58") HASH "05000008 00000007" "0d00000c 01000000 c0000201"
	  "00000004", "other payloads" },
	{ HDR("54") "05000024 0000000000000000 0000000000000000 "
	  "0000000000000000 0000000000000000" "1200000c 01000000 c0000201"
	  "00000008 00000007", "other payloads" },
	{ HDR("34") "12000004" "05000008 00000007" "0000000c 01000000 c0000201",
	  "HASH of 0 octets" },
	{ HDR("53") "12000023 00000000000000 0000000000000000 "
	  "0000000000000000 0000000000000000" HASHED, "HASH of 31 octets" },
	{ HDR("53") HASH "05000007 000007" "0000000c 01000000 c0000201",
	  "SEQ of 3 octets" },
	{ HDR("58") HASH "0500000c 00000000 00000007" "0000000c 01000000 c0000201",
	  "SEQ of 8 octets" },
	{ HDR("4f") HASH "05000008 00000007" "00000007 010000",
	  "ID of 3 octets" },
	{ HDR("50") HASH "05000008 00000007" "00000008 0d000000",
	  "ID of 4 octets" },
	{ HDR("53") HASH "05000008 00000007" "0000000b 01000000 c00002",
	  "ID of type 1 with 3 octets" },
	{ HDR("54") HASH "05000008 00000007" "0000000c 05000000 c0000201",
	  "ID of type 5 with 4 octets" },
	{ HDR("54") HASH "05000008 00000007" "0000000c 0b000000 c0000201",
	  "ID of type 11 with 4 octets" },
	{ HDR("58") HASH HASHED "00000000", "4 octets after the last payload" },
};

START_TEST(malformed_acknowledgement_is_refused)
{
	chunk_t spi = count_up(0x10, GKM_REKEY_SPI_LEN), rest = unhex(bad[_i].hex);
	chunk_t datagram = chunk_cat("mm", spi, rest);
	gkm_error_t err = {};
	gdoi_ack_t ack;

	ck_assert_msg(!gdoi_ack_parse(datagram, &ack, &err), "%s is accepted",
				  bad[_i].hex);
	ck_assert_msg(strstr(err.text, bad[_i].what), "%s: '%s'", bad[_i].hex,
				  err.text);
	chunk_free(&datagram);
}
END_TEST

START_TEST(member_may_be_known_by_another_kind_of_id)
{
	static struct {
		char *hex;
		uint8_t type;
		char *id;
	} ids[] = {
		{ HDR("60") HASH "05000008 00000007" "00000018 05000000 "
		  "20010db8000000000000000000000001", GDOI_ID_IPV6_ADDR,
		  "20010db8000000000000000000000001" },
		{ HDR("55") HASH "05000008 00000007" "0000000d 0d000000 0603280105",
		  GDOI_ID_OID, "0603280105" },
		{ HDR("54") HASH "05000008 00000007" "0000000c 01110350 c0000201",
		  GDOI_ID_IPV4_ADDR, "c0000201" },
	};
	chunk_t spi = count_up(0x10, GKM_REKEY_SPI_LEN), rest = unhex(ids[_i].hex);
	chunk_t datagram = chunk_cat("mm", spi, rest), id = unhex(ids[_i].id);
	gkm_error_t err = {};
	gdoi_ack_t ack;

	ck_assert_msg(gdoi_ack_parse(datagram, &ack, &err), "%s", err.text);
	ck_assert_int_eq(ack.id_type, ids[_i].type);
	ck_assert(chunk_equals(ack.id, id));
	chunk_free(&datagram);
	chunk_free(&id);
}
END_TEST

START_TEST(member_with_an_ipv6_address_acknowledges)
{
	gdoi_ack_key_t *key = key_create(GKM_ACK_KEK_SHA512, 0, 0x10);
	host_t *me = host_create_from_string("2001:db8::1", 848);
	chunk_t datagram;
	gkm_error_t err = {};
	gdoi_ack_t ack;

	ck_assert(key->build(key, 0xffffffff, me, GDOI_ACK_LENGTH_BLOCK,
						 &datagram));
	ck_assert_msg(gdoi_ack_parse(datagram, &ack, &err), "%s", err.text);
	ck_assert_int_eq(ack.id_type, GDOI_ID_IPV6_ADDR);
	ck_assert(chunk_equals(ack.id, me->get_address(me)));
	ck_assert(ack.seq == 0xffffffff);
	ck_assert(key->verify(key, &ack));
	chunk_free(&datagram);
	me->destroy(me);
	key->destroy(key);
}
END_TEST

START_TEST(there_are_no_keys_for_other_types_or_without_a_key)
{
	uint8_t spi[GKM_REKEY_SPI_LEN] = {};
	chunk_t key = count_up(0, 16);
	gkm_error_t err;
	int type;

	for (type = GKM_ACK_NONE; type <= GKM_ACK_LKH_SHA512 + 1; type++)
	{
		err = (gkm_error_t){};
		ck_assert(!gdoi_ack_key_create(type, chunk_empty, spi, &err));
		ck_assert(err.text[0]);
	}
	ck_assert(!gdoi_ack_key_create(GKM_ACK_NONE, key, spi, &err));
	ck_assert(!gdoi_ack_key_create(GKM_ACK_LKH_SHA512 + 1, key, spi, &err));
	chunk_free(&key);
}
END_TEST

/**
 * Rekey SA with an IV before the key of the vectors
 *
 * @param aes		TRUE for AES, FALSE for 3DES, whose key is longer
 */
static gkm_rekey_sa_t *rekey_sa_create(bool aes)
{
	gkm_rekey_sa_t *sa = gkm_rekey_sa_create();
	chunk_t iv = count_up(0xa0, aes ? 16 : 8), key = count_up(0, aes ? 16 : 24);
	chunk_t spi = count_up(0x10, GKM_REKEY_SPI_LEN);

	memcpy(sa->spi, spi.ptr, sizeof(sa->spi));
	sa->proposal = proposal_create(PROTO_GDOI_KEK, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								aes ? ENCR_AES_CBC : ENCR_3DES, aes ? 128 : 0);
	sa->key = chunk_cat("mm", iv, key);
	chunk_free(&spi);
	return sa;
}

START_TEST(base_key_of_a_rekey_sa_is_what_comes_after_the_iv)
{
	gkm_rekey_sa_t *sa = rekey_sa_create(_i);
	chunk_t expected = count_up(0, _i ? 16 : 24);

	ck_assert(chunk_equals(gdoi_ack_base_key(sa), expected));
	sa->key.len--;
	ck_assert(!gdoi_ack_base_key(sa).len);
	sa->key.len++;
	chunk_free(&expected);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

START_TEST(sealed_acknowledgement_is_encrypted_with_the_key_of_the_rekey_sa)
{
	/* openssl enc -aes-128-cbc -nopad with key 00..0f, IV a0..af, of the
	 * payloads of the second vector */
	chunk_t ack = vector_create(1), expected, datagram, opened;
	gkm_rekey_sa_t *sa = rekey_sa_create(TRUE);
	gkm_error_t err = {};

	expected = unhex("39587d1de0b3fb89d43ebcf41ae72eaeb1895fdd3ffdf5a5e77e3a08"
					 "32e7e8355984b52b3757908fb72facd68a46c295b91b818969582f3e"
					 "e59f81d3d0c98b7d");
	ck_assert_msg(gdoi_sealed_ack_build(sa, ack, &datagram, &err), "%s",
				  err.text);
	ck_assert(memeq(datagram.ptr, ack.ptr, 19));
	ck_assert_int_eq(datagram.ptr[19], GDOI_FLAG_ENCRYPTED);
	ck_assert_int_eq(untoh32(datagram.ptr + 24), datagram.len);
	ck_assert_msg(chunk_equals(chunk_skip(datagram, GDOI_HEADER_LEN), expected),
				  "%+B", &datagram);
	ck_assert_msg(gdoi_sealed_ack_open(sa, datagram, &opened, &err), "%s",
				  err.text);
	ck_assert(chunk_equals(opened, ack));
	chunk_free(&opened);
	chunk_free(&datagram);
	chunk_free(&expected);
	chunk_free(&ack);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

START_TEST(damaged_sealed_acknowledgement_is_not_accepted)
{
	gdoi_ack_key_t *key = key_create(GKM_ACK_KEK_SHA256, 0, 0x10);
	chunk_t ack = vector_create(1), datagram, changed, opened;
	gkm_rekey_sa_t *sa = rekey_sa_create(_i);
	gkm_error_t err;
	gdoi_ack_t parsed;
	bool accepted;
	size_t i;
	int cut;

	ck_assert(gdoi_sealed_ack_build(sa, ack, &datagram, &err));
	for (i = 0; i < datagram.len; i++)
	{
		for (cut = 0; cut < 2; cut++)
		{
			changed = chunk_clone(datagram);
			if (cut)
			{
				changed.len = i;
			}
			else
			{
				changed.ptr[i] ^= 0x10;
			}
			if (cut && i >= GDOI_HEADER_LEN)
			{
				htoun32(changed.ptr + 24, i);
			}
			accepted = FALSE;
			if (gdoi_sealed_ack_open(sa, changed, &opened, &err))
			{
				accepted = gdoi_ack_parse(opened, &parsed, &err) &&
						   key->verify(key, &parsed);
				chunk_free(&opened);
			}
			ck_assert_msg(!accepted, "accepted with octet %zu %s", i,
						  cut ? "cut off" : "changed");
			chunk_free(&changed);
		}
	}
	chunk_free(&datagram);
	chunk_free(&ack);
	gkm_rekey_sa_destroy(sa);
	key->destroy(key);
}
END_TEST

Suite *gdoi_ack_suite()
{
	Suite *suite = suite_create("gdoi_ack");
	TCase *tcase;

	tcase = tcase_create("vectors");
	tcase_add_loop_test(tcase, acknowledgement_is_written_as_computed_elsewhere,
						0, countof(vectors));
	tcase_add_loop_test(tcase,
						acknowledgement_computed_elsewhere_is_read_and_verified,
						0, countof(vectors));
	tcase_add_test(tcase, members_may_read_the_rfc_in_different_ways);
	tcase_add_loop_test(tcase, keys_of_another_base_key_replace_those_before, 0,
						countof(vectors));
	tcase_add_test(tcase, member_with_an_ipv6_address_acknowledges);
	tcase_add_loop_test(tcase, member_may_be_known_by_another_kind_of_id, 0, 3);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("bad input");
	tcase_add_loop_test(tcase, acknowledgement_with_another_key_is_not_verified,
						0, countof(vectors));
	tcase_add_loop_test(tcase, no_octet_of_an_acknowledgement_can_change,
						0, countof(vectors));
	tcase_add_test(tcase, acknowledgement_cut_short_is_refused);
	tcase_add_loop_test(tcase, malformed_acknowledgement_is_refused, 0,
						countof(bad));
	tcase_add_test(tcase, there_are_no_keys_for_other_types_or_without_a_key);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("sealed");
	tcase_add_loop_test(tcase, base_key_of_a_rekey_sa_is_what_comes_after_the_iv,
						0, 2);
	tcase_add_test(tcase,
			sealed_acknowledgement_is_encrypted_with_the_key_of_the_rekey_sa);
	tcase_add_loop_test(tcase, damaged_sealed_acknowledgement_is_not_accepted,
						0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
