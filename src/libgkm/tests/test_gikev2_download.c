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

#include "libgkm/gikev2/gikev2_download.h"

#include "samples.h"

/*
 * GSA and KD payload of the sample "multicast with signatures", spelled out
 * from RFC 9838, 4.4 and 4.5. The wrapped keys were made with an
 * implementation of RFC 5649 other than the one under test.
 */

/** SPI of the rekey SA */
#define REKEY_SPI	"01020304 05060708 090a0b0c 0d0e0f10"

#define GSA \
	/* policy of GIKE_UPDATE, SPI of 16, 132 octets in all */ \
	"06 10 0084" REKEY_SPI \
	/* source: IPv4, UDP, 16 octets, any port, 192.0.2.1 */ \
	"07 11 0010 0000 ffff c0000201 c0000201" \
	/* destination: IPv4, UDP, 16 octets, port 848, 239.192.0.1 */ \
	"07 11 0010 0350 0350 efc00001 efc00001" \
	/* more, 12 octets, ENCR AES_GCM_16, key length 256 */ \
	"03 00 000c 01 00 0014 800e 0100" \
	/* more, 8 octets, KWA KW_5649_256 */ \
	"03 00 0008 0d 00 0003" \
	/* last, 24 octets, GCAUTH digital signature, ecdsa-with-SHA256 */ \
	"00 00 0018 0e 00 0002 0012 000c 300a06082a8648ce3d040302" \
	/* GSA_KEY_LIFETIME 86400, GSA_INITIAL_MESSAGE_ID 7, GSA_NEXT_SPI */ \
	"0001 0004 00015180 0002 0004 00000007" \
	"0003 0010 f0efeeed ecebeae9 e8e7e6e5 e4e3e2e1" \
	/* policy of ESP, SPI of 4, 84 octets in all */ \
	"03 04 0054 c0000001" \
	/* 10.0.0.0/8 to 239.1.0.0/16, any protocol and port */ \
	"07 00 0010 0000 ffff 0a000000 0affffff" \
	"07 00 0010 0000 ffff ef010000 ef01ffff" \
	/* ENCR AES_CBC 256, INTEG HMAC_SHA2_256_128, SN unspecified */ \
	"03 00 000c 01 00 000c 800e 0100" \
	"03 00 0008 03 00 000c" \
	"00 00 0008 05 00 0002" \
	/* GSA_KEY_LIFETIME 3600, GSA_NEXT_SPI */ \
	"0001 0004 00000e10 0003 0004 c0000099" \
	/* group-wide policy of 12 octets: GWP_ATD 10, GWP_DTD 60 */ \
	"00 00 000c 8001 000a 8002 003c"

#define KD \
	/* key bag of GIKE_UPDATE, 112 octets in all, SA_KEY of 88 octets: key ID \
	   0, KWK ID 0, 68 octets (36 + 0 + 32) wrapped */ \
	"06 10 0070" REKEY_SPI "0001 0058 00000000 00000000" \
	"cb544e20d2590f379b573322f08401ac272368755040194f9cd357398f47d2b2" \
	"f3f6efa14d670f1fa178e0bfa3a1ffafed749944ccb8a559988ffcfaed94b4df" \
	"38f03c69fcf038d9ae44b6f5c227f20f" \
	/* key bag of ESP, 92 octets in all, SA_KEY of 80 octets: 64 (32 + 32) \
	   wrapped */ \
	"03 04 005c c0000001 0001 0050 00000000 00000000" \
	"84c9f7f0b1ab38f98dd2347af3d2468698b013478c67983f76fd65b4a16fcc86" \
	"9998fa05476ca05ba95f69449a841ad8a28f3495186159e93eab3e74f0e08f64" \
	"1238d5bab6a16e06" \
	/* member key bag of 99 octets: AUTH_KEY of 91 */ \
	"00 00 0063 0002 005b" ECDSA_KEY

/*
 * The same for the sample "in-band, sender IDs of 16 bits": transport mode,
 * and the key wrap key has 16 octets
 */
#define GSA_INBAND \
	"03 04 003c c0000001" \
	"07 00 0010 0000 ffff 0a010001 0a010001" \
	"07 00 0010 0000 ffff ef010203 ef010203" \
	/* ENCR AES_GCM_16 128, SN sequential */ \
	"03 00 000c 01 00 0014 800e 0080" \
	"00 00 0008 05 00 0000" \
	"00 00 0008 8003 0010"

#define KD_INBAND \
	"03 04 0034 c0000001 0001 0028 00000000 00000000" \
	"7d9e08d1bf7110d304fc530301b20832a54dce47e35315b8733f75e885df8b3b" \
	/* GM_SENDER_ID of 4 octets: 0xfffe */ \
	"00 00 000c 0003 0004 0000fffe"

START_TEST(payloads_are_those_of_the_rfc)
{
	struct {
		const char *sample;
		const char *gsa;
		const char *kd;
	} vectors[] = {
		{ "multicast with signatures", GSA, KD },
		{ "in-band, sender IDs of 16 bits", GSA_INBAND, KD_INBAND },
	};
	chunk_t gsa = unhex(vectors[_i].gsa), kd = unhex(vectors[_i].kd);
	chunk_t built_gsa, built_kd;
	gkm_download_t *download, *parsed;
	gkm_error_t err = {};
	gikev2_context_t ctx;

	download = sample_create(sample_find(vectors[_i].sample), &ctx);
	ck_assert_msg(gikev2_download_build(download, &ctx, &built_gsa, &built_kd,
										&err), "%s: %s", vectors[_i].sample,
				  err.text);
	ck_assert_msg(chunk_equals(built_gsa, gsa), "%s: GSA is\n%+B\ninstead of"
				  "\n%+B", vectors[_i].sample, &built_gsa, &gsa);
	ck_assert_msg(chunk_equals(built_kd, kd), "%s: KD is\n%+B\ninstead of"
				  "\n%+B", vectors[_i].sample, &built_kd, &kd);
	parsed = gikev2_download_parse(gsa, kd, &ctx, &err);
	ck_assert_msg(parsed, "%s: %s", vectors[_i].sample, err.text);
	assert_equal_downloads(parsed, download, vectors[_i].sample);
	gkm_download_destroy(parsed);
	gkm_download_destroy(download);
	chunk_free(&built_gsa);
	chunk_free(&built_kd);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(download_comes_back_as_it_was_sent)
{
	gkm_download_t *download, *parsed;
	gkm_error_t err = {};
	gikev2_context_t ctx;
	chunk_t gsa, kd;

	download = sample_create(_i, &ctx);
	ck_assert_msg(gikev2_download_build(download, &ctx, &gsa, &kd, &err),
				  "%s: %s", sample_name(_i), err.text);
	parsed = gikev2_download_parse(gsa, kd, &ctx, &err);
	ck_assert_msg(parsed, "%s: %s", sample_name(_i), err.text);
	assert_equal_downloads(parsed, download, sample_name(_i));
	gkm_download_destroy(parsed);
	gkm_download_destroy(download);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(keys_are_not_readable_with_another_key_wrap_key)
{
	gkm_download_t *download;
	gkm_error_t err = {};
	gikev2_context_t ctx;
	chunk_t gsa, kd, other;

	download = sample_create(_i, &ctx);
	ck_assert_msg(gikev2_download_build(download, &ctx, &gsa, &kd, &err),
				  "%s: %s", sample_name(_i), err.text);
	other = chunk_clone(ctx.gsk_w);
	other.ptr[0] ^= 1;
	ctx.gsk_w = other;
	ck_assert_msg(!gikev2_download_parse(gsa, kd, &ctx, &err), "%s accepted",
				  sample_name(_i));
	ck_assert_msg(strstr(err.text, "integrity check"), "%s: '%s'",
				  sample_name(_i), err.text);
	gkm_download_destroy(download);
	chunk_clear(&other);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(key_that_cant_check_the_signatures_is_refused)
{
	gkm_download_t *download;
	gkm_error_t err = {};
	gikev2_context_t ctx;
	chunk_t gsa, kd;

	download = sample_create(sample_find("multicast with signatures"), &ctx);
	chunk_free(&download->rekey->sig_alg);
	download->rekey->sig_alg = unhex(RSA_SHA256);
	ck_assert_msg(gikev2_download_build(download, &ctx, &gsa, &kd, &err),
				  "%s", err.text);
	ck_assert_msg(!gikev2_download_parse(gsa, kd, &ctx, &err), "accepted");
	ck_assert_str_eq(err.text, "rekey SA: ECDSA key for RSA signatures");
	gkm_download_destroy(download);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

/** Pieces of payloads: policies of ESP SAs with SPI c000000n, their keys */
#define ESP_POLICY(n) \
	"03 04 0044 c000000" #n \
	"07 00 0010 0000 ffff 0a000000 0affffff" \
	"07 00 0010 0000 ffff ef0" #n "0000 ef0" #n "ffff" \
	"03 00 000c 01 00 000c 800e 0100" \
	"03 00 0008 03 00 000c" \
	"00 00 0008 05 00 0002"
#define ESP_KEY(n, ids) \
	"03 04 005c c000000" #n "0001 0050" ids \
	"84c9f7f0b1ab38f98dd2347af3d2468698b013478c67983f76fd65b4a16fcc86" \
	"9998fa05476ca05ba95f69449a841ad8a28f3495186159e93eab3e74f0e08f64" \
	"1238d5bab6a16e06"
#define DEFAULT	"00000000 00000000"
/** SA_KEY with 68 octets */
#define REKEY_KEY \
	"0001 0058 00000000 00000000" \
	"cb544e20d2590f379b573322f08401ac272368755040194f9cd357398f47d2b2" \
	"f3f6efa14d670f1fa178e0bfa3a1ffafed749944ccb8a559988ffcfaed94b4df" \
	"38f03c69fcf038d9ae44b6f5c227f20f"
/** policy of a rekey SA with implicit authentication, its key bag */
#define REKEY_POLICY \
	"06 10 0058" REKEY_SPI \
	"07 11 0010 0000 ffff c0000201 c0000201" \
	"07 11 0010 0350 0350 efc00001 efc00001" \
	"03 00 000c 01 00 0014 800e 0100" \
	"03 00 0008 0d 00 0003" \
	"00 00 0008 0e 00 0001" \
	"0001 0004 00015180"
#define REKEY_BAG "06 10 0070" REKEY_SPI REKEY_KEY

/**
 * Pairs of payloads, and what the message says if they are refused
 */
static struct {
	const char *gsa;
	const char *kd;
	const char *what;
} pairs[] = {
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT), NULL },
	{ ESP_POLICY(1) ESP_POLICY(2), ESP_KEY(2, DEFAULT) ESP_KEY(1, DEFAULT),
	  NULL },
	{ "00 00 0004" ESP_POLICY(1), "00 00 0004" ESP_KEY(1, DEFAULT), NULL },
	{ REKEY_POLICY, REKEY_BAG, NULL },
	{ "", "", "neither rekey SA nor data SA" },
	{ "00 00 0008 8001 000a", "", "neither rekey SA nor data SA" },
	{ ESP_POLICY(1), "", "KD payload: no key for ESP SA c0000001" },
	{ "06 10 0050" REKEY_SPI "07 11 0010 0000 ffff c0000201 c0000201"
	  "07 11 0010 0350 0350 efc00001 efc00001"
	  "03 00 000c 01 00 0014 800e 0100 00 00 0008 0d 00 0003"
	  "0001 0004 00015180", REKEY_BAG,
	  "octet 0: rekey SA without an authentication method" },
	{ REKEY_POLICY, "", "KD payload: no key for the rekey SA" },
	{ ESP_POLICY(1) ESP_POLICY(2), ESP_KEY(2, DEFAULT),
	  "no key for ESP SA c0000001" },
	{ ESP_POLICY(1), ESP_KEY(2, DEFAULT), "octet 0: key bag for an SA" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) REKEY_BAG,
	  "octet 92: key bag for an SA of protocol 6" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) ESP_KEY(1, DEFAULT),
	  "octet 92: second key bag" },
	{ ESP_POLICY(1), "02 04 0008 c0000001", "key bag for an SA of protocol 2" },
	{ ESP_POLICY(1), "03 04 0008 c0000001", "with 0 SA_KEYs instead of one" },
	{ REKEY_POLICY, "06 10 00cc" REKEY_SPI REKEY_KEY REKEY_KEY,
	  "with 2 SA_KEYs instead of one" },
	{ ESP_POLICY(1), ESP_KEY(1, "00000001 00000000"),
	  "octet 8: SA_KEY with key ID 1" },
	{ ESP_POLICY(1), ESP_KEY(1, "00000000 00000001"),
	  "wrapped with key 1 instead of the default one" },
	{ ESP_POLICY(1), "03 04 0064 c0000001" REKEY_KEY,
	  "octet 8: key of 68 octets instead of 64" },
	{ ESP_POLICY(1) ESP_POLICY(1), ESP_KEY(1, DEFAULT),
	  "no key for ESP SA c0000001" },
	{ REKEY_POLICY REKEY_POLICY, REKEY_BAG, "octet 88: second rekey SA" },
	{ ESP_POLICY(1) "00 00 0004 00 00 0004", ESP_KEY(1, DEFAULT),
	  "octet 72: second group-wide policy" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) "00 00 0004 00 00 0004",
	  "octet 96: second member key bag" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) "00 00 0063 0002 005b" ECDSA_KEY,
	  "octet 92: AUTH_KEY, but there is no rekey SA" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) "00 00 0014 0001 000c 00000001"
	  "00000000 00000000", "octet 92: WRAP_KEY, but there is no rekey SA" },
	{ REKEY_POLICY, REKEY_BAG "00 00 0063 0002 005b" ECDSA_KEY,
	  "implicit authentication with a key" },
	{ REKEY_POLICY ESP_POLICY(1), REKEY_BAG ESP_KEY(1, DEFAULT),
	  "no lifetime, but there is a rekey SA" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) "00 00 000c 0003 0004 00000001",
	  "sender IDs without a data SA" },
	{ ESP_POLICY(1), ESP_KEY(1, DEFAULT) "00 00 000d 0003 0005 0100000000",
	  "octet 92: sender ID of more than 32 bits" },
	{ ESP_POLICY(1) "00 00 0008 8003 0010", ESP_KEY(1, DEFAULT),
	  "sender IDs without a data SA" },
};

START_TEST(payloads_that_dont_go_together_are_refused)
{
	chunk_t gsa = unhex(pairs[_i].gsa), kd = unhex(pairs[_i].kd);
	chunk_t gsk_w = count_up(0, 32);
	gikev2_context_t ctx = { .gsk_w = gsk_w, .sender = TRUE };
	gkm_download_t *download;
	gkm_error_t err = {};

	download = gikev2_download_parse(gsa, kd, &ctx, &err);
	if (pairs[_i].what)
	{
		ck_assert_msg(!download, "accepted, '%s' expected", pairs[_i].what);
		ck_assert_msg(strstr(err.text, pairs[_i].what), "'%s' instead of '%s'",
					  err.text, pairs[_i].what);
	}
	else
	{
		ck_assert_msg(download, "pair %d: %s", _i, err.text);
	}
	gkm_download_destroy(download);
	chunk_clear(&gsk_w);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(sender_id_bits_are_tolerated_but_not_kept_by_a_receiver)
{
	chunk_t gsa = unhex(GSA_INBAND), kd = unhex(KD_INBAND);
	gkm_download_t *download;
	gkm_error_t err = {};
	gikev2_context_t ctx;

	gkm_download_destroy(
		sample_create(sample_find("in-band, sender IDs of 16 bits"), &ctx));
	ctx.sender = FALSE;
	/* without the member key bag */
	kd.len -= 12;
	download = gikev2_download_parse(gsa, kd, &ctx, &err);
	ck_assert_msg(download, "%s", err.text);
	ck_assert_msg(!download->sender_id_bits, "%u bits instead of 0",
				  download->sender_id_bits);
	gkm_download_destroy(download);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(key_tree_of_a_member_is_followed_to_the_rekey_key)
{
	/* the wrapped keys: 32 octets of 07 with GSK_w, 68 octets counting up from
	 * 40 with that one */
	chunk_t gsa, kd, gsk_w = count_up(0, 32), expected = count_up(0x40, 68);
	gikev2_context_t ctx = { .gsk_w = gsk_w };
	gkm_download_t *download;
	gkm_error_t err = {};

	gsa = unhex(REKEY_POLICY);
	kd = unhex("06 10 0070" REKEY_SPI "0001 0058 00000000 00000007"
		  "ed3eb46a83ebd2656fc2e17aedbabb1eda81bf2f9a49b75b205b8ded521e86da"
		  "413f06d2d52e989b40a8b1a274db029d9d0d0b7765177113ce43af34d5d4cc76"
		  "09f31e3ff4272dbb9fbd0d2edde00943"
		  "00 00 0038 0001 0030 00000007 00000000"
		  "d59ee2320a23f14f9837a053551246a7365c0d48677d0ab554ec10c96d04c203"
		  "bf618b62c1252835");
	download = gikev2_download_parse(gsa, kd, &ctx, &err);
	ck_assert_msg(download, "%s", err.text);
	ck_assert_msg(chunk_equals(download->rekey->key, expected),
				  "rekey key differs");
	gkm_download_destroy(download);
	chunk_clear(&gsk_w);
	chunk_clear(&expected);
	chunk_free(&gsa);
	chunk_free(&kd);
}
END_TEST

START_TEST(default_key_wrap_key_is_derived_from_sk_d)
{
	/* prf+(SK_d, label), computed with another implementation of HMAC */
	struct {
		pseudo_random_function_t prf;
		size_t sk_d;
		uint16_t kwa;
		const char *hex;
	} cases[] = {
		{ PRF_HMAC_SHA2_256, 32, KW_5649_128,
		  "b169180742eb22165048cce7281f2e65" },
		{ PRF_HMAC_SHA2_256, 32, KW_5649_192,
		  "b169180742eb22165048cce7281f2e65465010931c41a1b3" },
		{ PRF_HMAC_SHA2_256, 32, KW_5649_256, "b169180742eb22165048cce7281f2e65"
		  "465010931c41a1b39a8492aff33a06d4" },
		/* two rounds */
		{ PRF_HMAC_SHA1, 20, KW_5649_256, "fd263a839a87d028304ace185107ff4c"
		  "d62b8e302921783b67f37cef374541b8" },
	};
	chunk_t sk_d = count_up(0, cases[_i].sk_d), expected, got;

	expected = unhex(cases[_i].hex);
	ck_assert_msg(gikev2_derive_gsk_w(cases[_i].prf, sk_d, cases[_i].kwa,
									  &got), "%s: failed", cases[_i].hex);
	ck_assert_msg(chunk_equals(got, expected), "%+B instead of %+B", &got,
				  &expected);
	chunk_clear(&got);
	chunk_clear(&sk_d);
	chunk_clear(&expected);
}
END_TEST

START_TEST(default_key_wrap_key_needs_known_algorithms)
{
	chunk_t sk_d = count_up(0, 32), got;

	ck_assert_msg(!gikev2_derive_gsk_w(PRF_HMAC_SHA2_256, sk_d, 0, &got),
				  "key wrap algorithm 0 accepted");
	ck_assert_msg(!gikev2_derive_gsk_w(PRF_HMAC_SHA2_256, sk_d, 4, &got),
				  "key wrap algorithm 4 accepted");
	ck_assert_msg(!gikev2_derive_gsk_w(PRF_UNDEFINED, sk_d, KW_5649_256, &got),
				  "undefined PRF accepted");
	chunk_clear(&sk_d);
}
END_TEST

Suite *gikev2_download_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_download");

	tc = tcase_create("payloads");
	tcase_add_loop_test(tc, payloads_are_those_of_the_rfc, 0, 2);
	tcase_add_loop_test(tc, download_comes_back_as_it_was_sent, 0,
						sample_count());
	tcase_add_loop_test(tc, keys_are_not_readable_with_another_key_wrap_key, 0,
						sample_count());
	tcase_add_test(tc, key_that_cant_check_the_signatures_is_refused);
	tcase_add_loop_test(tc, payloads_that_dont_go_together_are_refused, 0,
						countof(pairs));
	tcase_add_test(tc, sender_id_bits_are_tolerated_but_not_kept_by_a_receiver);
	tcase_add_test(tc, key_tree_of_a_member_is_followed_to_the_rekey_key);
	suite_add_tcase(s, tc);

	tc = tcase_create("default key wrap key");
	tcase_add_loop_test(tc, default_key_wrap_key_is_derived_from_sk_d, 0, 4);
	tcase_add_test(tc, default_key_wrap_key_needs_known_algorithms);
	suite_add_tcase(s, tc);

	return s;
}
