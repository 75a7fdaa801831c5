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

#include "libgkm/group/gkm_algs.h"

/**
 * Words for proposals of data SAs, and what they stand for
 */
static struct {
	protocol_id_t protocol;
	char *str;
	uint16_t encr;
	uint16_t size;
	uint16_t integ;
	bool counter;
} data[] = {
	{ PROTO_ESP, "aes256-sha256", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_128 },
	{ PROTO_ESP, "aes128-sha512", ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_512_256 },
	{ PROTO_ESP, "aes-sha1", ENCR_AES_CBC, 128, AUTH_HMAC_SHA1_96 },
	{ PROTO_ESP, " aes192-aesxcbc\t", ENCR_AES_CBC, 192, AUTH_AES_XCBC_96 },
	{ PROTO_ESP, "null-sha256", ENCR_NULL, 0, AUTH_HMAC_SHA2_256_128 },
	{ PROTO_ESP, "null-sha384", ENCR_NULL, 0, AUTH_HMAC_SHA2_384_192 },
	{ PROTO_ESP, "aes128ctr-sha256", ENCR_AES_CTR, 128, AUTH_HMAC_SHA2_256_128,
	  TRUE },
	{ PROTO_ESP, "aes256gcm16", ENCR_AES_GCM_ICV16, 256, 0, TRUE },
	{ PROTO_ESP, "aes128gcm8", ENCR_AES_GCM_ICV8, 128, 0, TRUE },
	{ PROTO_ESP, "aes128ccm16", ENCR_AES_CCM_ICV16, 128, 0, TRUE },
	{ PROTO_ESP, "chacha20poly1305", ENCR_CHACHA20_POLY1305, 0, 0, TRUE },
	{ PROTO_ESP, "aes256gmac", ENCR_NULL_AUTH_AES_GMAC, 256, 0, TRUE },
	{ PROTO_AH, "sha256", 0, 0, AUTH_HMAC_SHA2_256_128 },
	{ PROTO_AH, "aescmac", 0, 0, AUTH_AES_CMAC_96 },
	{ PROTO_AH, "aes128gmac", 0, 0, AUTH_AES_128_GMAC, TRUE },
	{ PROTO_AH, "aes256gmac", 0, 0, AUTH_AES_256_GMAC, TRUE },
};

/**
 * Check the only algorithm of a type, 0 for none
 */
static void assert_alg(proposal_t *proposal, char *str, transform_type_t type,
					   uint16_t alg, uint16_t size)
{
	uint16_t got = 0, got_size = 0;

	proposal->get_algorithm(proposal, type, &got, &got_size);
	ck_assert_msg(got == alg && got_size == size, "%s: type %u is %u of %u "
				  "bits instead of %u of %u", str, type, got, got_size, alg,
				  size);
}

START_TEST(proposal_of_data_sa_has_the_algorithms_named)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_data_proposal(data[_i].protocol, GKM_SN_UNSPECIFIED,
								 data[_i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", data[_i].str, err.text);
	assert_alg(proposal, data[_i].str, ENCRYPTION_ALGORITHM, data[_i].encr,
			   data[_i].size);
	assert_alg(proposal, data[_i].str, INTEGRITY_ALGORITHM, data[_i].integ, 0);
	assert_alg(proposal, data[_i].str, EXTENDED_SEQUENCE_NUMBERS,
			   GKM_SN_UNSPECIFIED, 0);
	ck_assert_msg(proposal->get_protocol(proposal) == data[_i].protocol,
				  "%s: protocol %u", data[_i].str,
				  proposal->get_protocol(proposal));
	ck_assert_msg(proposal->get_number(proposal) == 1, "%s: number %u",
				  data[_i].str, proposal->get_number(proposal));
	ck_assert_msg(gkm_is_counter_mode(proposal) == data[_i].counter,
				  "%s: counter mode %s", data[_i].str,
				  data[_i].counter ? "not seen" : "seen");
	proposal->destroy(proposal);
}
END_TEST

START_TEST(nonces_of_iec_61850_take_no_sender_ids)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_data_proposal(PROTO_IEC_61850, GKM_SN_UNSPECIFIED,
								 "aes128gcm16", &err);
	ck_assert_msg(proposal, "%s", err.text);
	ck_assert(!gkm_is_counter_mode(proposal));
	proposal->destroy(proposal);
}
END_TEST

/**
 * Proposals that are refused, and what the message says
 */
static struct {
	protocol_id_t protocol;
	char *str;
	char *what;
} bad[] = {
	{ PROTO_ESP, "", "empty" },
	{ PROTO_ESP, "  ", "empty" },
	{ PROTO_ESP, "rot13-sha256", "unknown algorithm 'rot13'" },
	{ PROTO_ESP, "aes256--sha256", "unknown algorithm ''" },
	{ PROTO_ESP, "aes256-", "unknown algorithm ''" },
	{ PROTO_ESP, "aes128gcm16iiv", "unknown algorithm" },
	{ PROTO_ESP, "aes256", "without an integrity algorithm" },
	{ PROTO_ESP, "null", "without an integrity algorithm" },
	{ PROTO_ESP, "sha256", "no encryption algorithm" },
	{ PROTO_ESP, "aes256gcm16-sha256", "takes no integrity" },
	{ PROTO_ESP, "aes256gmac-sha256", "takes no integrity" },
	{ PROTO_ESP, "aes128-aes256-sha256", "second encryption" },
	{ PROTO_ESP, "aes128-sha256-sha512", "second integrity" },
	{ PROTO_ESP, "aes128-sha256-ecp256", "key exchange" },
	{ PROTO_ESP, "aes128-sha256-none", "key exchange" },
	{ PROTO_ESP, "aes128-sha256-prfsha256", "PRF" },
	{ PROTO_ESP, "aes128-sha256-kw256", "key wrap" },
	{ PROTO_ESP, "aes128-sha256-esn", "sequence numbers" },
	{ PROTO_ESP, "aes128-sha256-noesn", "sequence numbers" },
	{ PROTO_ESP, "3des-sha256", "not supported" },
	{ PROTO_ESP, "des-md5", "not supported" },
	{ PROTO_ESP, "aes128-md5", "not supported" },
	{ PROTO_ESP, "chacha20poly1305compat", "not supported" },
	{ PROTO_AH, "aes256-sha256", "encryption algorithm" },
	{ PROTO_AH, "aes256gcm16", "encryption algorithm" },
	{ PROTO_AH, "sha256-sha512", "second integrity" },
	{ PROTO_AH, "aes256gmac-sha256", "second integrity" },
	{ PROTO_AH, "sha256-aes256gmac", "2 integrity" },
	{ PROTO_AH, "md5", "not supported" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16", "no key wrap" },
	{ PROTO_GIKE_UPDATE, "aes256-kw256", "without an integrity algorithm" },
	{ PROTO_GIKE_UPDATE, "kw256", "no encryption" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-kw128-kw256", "second key wrap" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-sha256-kw256", "takes no integrity" },
	{ PROTO_GIKE_UPDATE, "null-sha256-kw256", "not supported" },
	{ PROTO_GIKE_UPDATE, "aes256gmac-kw256", "not supported" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-kw256-noesn", "sequence numbers" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-prfsha256-kw256", "PRF" },
	{ PROTO_GIKE_UPDATE, "aes256gcm16-kw256-x25519", "key exchange" },
	{ PROTO_GDOI_KEK, "aes256-sha256", "integrity" },
	{ PROTO_GDOI_KEK, "aes256-kw256", "key wrap" },
	{ PROTO_GDOI_KEK, "aes256gcm16", "not supported" },
	{ PROTO_GDOI_KEK, "aes128ctr", "not supported" },
	{ PROTO_GDOI_KEK, "des", "not supported" },
	{ PROTO_GDOI_KEK, "null", "not supported" },
	{ PROTO_GDOI_KEK, "aes128-aes256", "second encryption" },
	{ PROTO_IEC_61850, "aes128", "without an integrity" },
	{ PROTO_IEC_61850, "aes192-sha256", "unknown algorithm 'aes192'" },
	{ PROTO_IEC_61850, "aes128gcm16-sha256", "takes no integrity" },
	{ PROTO_IEC_61850, "aes128-sha1", "unknown algorithm 'sha1'" },
	{ PROTO_IEC_61850, "aes128-aes256-sha256", "second encryption" },
	{ PROTO_IEC_61850, "aes128-sha256-sha512", "second integrity" },
	{ PROTO_IEC_61850, "null", "no integrity" },
	{ PROTO_IEC_61850, "aes128-sha256-esn", "unknown algorithm 'esn'" },
	{ PROTO_ESP, "aes128-sha256-aes128-sha256-aes128-sha256-aes128-sha256-"
	  "aes128-sha256-aes128-sha256-aes128-sha256-aes128-sha256-aes128-sha256-"
	  "aes128", "at most 127" },
};

START_TEST(proposal_that_a_group_cant_use_is_refused_with_a_reason)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	switch ((int)bad[_i].protocol)
	{
		case PROTO_GIKE_UPDATE:
			proposal = gkm_rekey_proposal(bad[_i].str, &err);
			break;
		case PROTO_GDOI_KEK:
			proposal = gkm_gdoi_kek_proposal(bad[_i].str, &err);
			break;
		default:
			proposal = gkm_data_proposal(bad[_i].protocol, GKM_SN_SEQUENTIAL,
										 bad[_i].str, &err);
			break;
	}
	ck_assert_msg(!proposal, "%s accepted", bad[_i].str);
	ck_assert_msg(strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].str, err.text, bad[_i].what);
}
END_TEST

START_TEST(extended_sequence_numbers_are_refused)
{
	gkm_error_t err = {};

	ck_assert_msg(!gkm_data_proposal(PROTO_ESP, GKM_SN_EXTENDED,
									 "aes256-sha256", &err), "accepted");
	ck_assert_msg(strstr(err.text, "sequence numbers of type 1"), "'%s'",
				  err.text);
}
END_TEST

/**
 * Words for proposals of rekey SAs
 */
static struct {
	char *str;
	uint16_t encr;
	uint16_t size;
	uint16_t integ;
	uint16_t kwa;
} rekey[] = {
	{ "aes256gcm16-kw256", ENCR_AES_GCM_ICV16, 256, 0, KW_5649_256 },
	{ "aes128-sha256-kw128", ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128,
	  KW_5649_128 },
	{ "kw192-aes192ctr-sha384", ENCR_AES_CTR, 192, AUTH_HMAC_SHA2_384_192,
	  KW_5649_192 },
	{ "chacha20poly1305-kw256", ENCR_CHACHA20_POLY1305, 0, 0, KW_5649_256 },
};

START_TEST(proposal_of_rekey_sa_has_the_algorithms_named)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_rekey_proposal(rekey[_i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", rekey[_i].str, err.text);
	ck_assert_msg(proposal->get_protocol(proposal) == PROTO_GIKE_UPDATE,
				  "%s: protocol %u", rekey[_i].str,
				  proposal->get_protocol(proposal));
	assert_alg(proposal, rekey[_i].str, ENCRYPTION_ALGORITHM, rekey[_i].encr,
			   rekey[_i].size);
	assert_alg(proposal, rekey[_i].str, INTEGRITY_ALGORITHM, rekey[_i].integ,
			   0);
	assert_alg(proposal, rekey[_i].str, KEY_WRAP_ALGORITHM, rekey[_i].kwa, 0);
	ck_assert_msg(!proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS,
										   NULL, NULL),
				  "%s: has sequence numbers", rekey[_i].str);
	proposal->destroy(proposal);
}
END_TEST

/**
 * Words for proposals of GDOI's rekey SAs
 */
static struct {
	char *str;
	uint16_t encr;
	uint16_t size;
} keks[] = {
	{ "aes128", ENCR_AES_CBC, 128 },
	{ "aes192", ENCR_AES_CBC, 192 },
	{ "aes256", ENCR_AES_CBC, 256 },
	{ "3des", ENCR_3DES, 0 },
};

START_TEST(proposal_of_gdoi_rekey_sa_is_encryption_only)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_gdoi_kek_proposal(keks[_i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", keks[_i].str, err.text);
	ck_assert_int_eq(proposal->get_protocol(proposal), PROTO_GDOI_KEK);
	assert_alg(proposal, keks[_i].str, ENCRYPTION_ALGORITHM, keks[_i].encr,
			   keks[_i].size);
	assert_alg(proposal, keks[_i].str, INTEGRITY_ALGORITHM, 0, 0);
	assert_alg(proposal, keks[_i].str, KEY_WRAP_ALGORITHM, 0, 0);
	proposal->destroy(proposal);
}
END_TEST

/**
 * Words for proposals of IEC 61850's SAs
 */
static struct {
	char *str;
	uint16_t encr;
	uint16_t size;
	uint16_t integ;
} iec[] = {
	{ "aes128-sha256_128", ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128 },
	{ "aes256-sha256", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_256 },
	{ "AES256-SHA384", ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_384_384 },
	{ "aes128gcm16", ENCR_AES_GCM_ICV16, 128, 0 },
	{ "aes256gcm16", ENCR_AES_GCM_ICV16, 256, 0 },
	{ "null-sha512", 0, 0, AUTH_HMAC_SHA2_512_512 },
	{ "sha256", 0, 0, AUTH_HMAC_SHA2_256_256 },
	{ "null-aes128gmac", 0, 0, AUTH_AES_128_GMAC },
	{ "aes256gmac", 0, 0, AUTH_AES_256_GMAC },
};

START_TEST(proposal_of_iec_61850_sa_has_the_algorithms_named)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_data_proposal(PROTO_IEC_61850, GKM_SN_UNSPECIFIED,
								 iec[_i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", iec[_i].str, err.text);
	ck_assert_int_eq(proposal->get_protocol(proposal), PROTO_IEC_61850);
	assert_alg(proposal, iec[_i].str, ENCRYPTION_ALGORITHM, iec[_i].encr,
			   iec[_i].size);
	assert_alg(proposal, iec[_i].str, INTEGRITY_ALGORITHM, iec[_i].integ, 0);
	ck_assert_msg(!proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS,
										   NULL, NULL),
				  "%s: has sequence numbers", iec[_i].str);
	proposal->destroy(proposal);
}
END_TEST

START_TEST(iec_61850_has_no_null_encryption)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = proposal_create(PROTO_IEC_61850, 1);
	proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, ENCR_NULL, 0);
	proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM,
							AUTH_HMAC_SHA2_256_128, 0);
	ck_assert(!gkm_proposal_check(proposal, &err));
	ck_assert_msg(strstr(err.text, "NULL"), "%s", err.text);
	proposal->destroy(proposal);
}
END_TEST

/**
 * Proposals and whether GDOI has numbers for them (IPsec DOI registry)
 */
static struct {
	protocol_id_t protocol;
	char *str;
	bool gdoi;
} gdoi[] = {
	{ PROTO_ESP, "aes256-sha256", TRUE },
	{ PROTO_ESP, "null-sha1", TRUE },
	{ PROTO_ESP, "aes128ctr-aesxcbc", TRUE },
	{ PROTO_ESP, "aes256gcm16", TRUE },
	{ PROTO_ESP, "aes128ccm8", TRUE },
	{ PROTO_ESP, "aes256gmac", TRUE },
	{ PROTO_ESP, "chacha20poly1305", FALSE },
	{ PROTO_ESP, "aes128-aescmac", FALSE },
	{ PROTO_AH, "sha512", TRUE },
	{ PROTO_AH, "aes192gmac", TRUE },
	{ PROTO_AH, "aescmac", FALSE },
	{ PROTO_IEC_61850, "aes128gcm16", TRUE },
};

START_TEST(algorithms_without_a_number_in_gdoi_are_known)
{
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_data_proposal(gdoi[_i].protocol, GKM_SN_UNSPECIFIED,
								 gdoi[_i].str, &err);
	ck_assert_msg(proposal, "%s refused: %s", gdoi[_i].str, err.text);
	ck_assert_msg(gkm_proposal_check_gdoi(proposal, &err) == gdoi[_i].gdoi,
				  "%s: %s", gdoi[_i].str, gdoi[_i].gdoi ? err.text : "taken");
	ck_assert_msg(gdoi[_i].gdoi || strpfx(err.text, "GDOI has no "), "%s: %s",
				  gdoi[_i].str, err.text);
	proposal->destroy(proposal);
}
END_TEST

START_TEST(key_wrap_words_work_in_ike_proposals)
{
	proposal_t *proposal;
	uint16_t alg = 0;

	gkm_algs_register();
	proposal = proposal_create_from_string(PROTO_IKE,
										   "aes256-sha256-ecp256-kw256");
	ck_assert_msg(proposal, "proposal with kw256 refused");
	ck_assert_msg(proposal->get_algorithm(proposal, KEY_WRAP_ALGORITHM, &alg,
										  NULL) && alg == KW_5649_256,
				  "kw256 is %u instead of %u", alg, KW_5649_256);
	proposal->destroy(proposal);
}
END_TEST

START_TEST(key_wrap_keys_are_as_long_as_the_name_says)
{
	size_t lens[] = { 0, 16, 24, 32, 0 };
	int i;

	for (i = 0; i < countof(lens); i++)
	{
		ck_assert_msg(gkm_key_wrap_key_len(i) == lens[i],
					  "algorithm %d: %zu octets instead of %zu", i,
					  gkm_key_wrap_key_len(i), lens[i]);
	}
}
END_TEST

Suite *gkm_algs_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_algs");

	tc = tcase_create("data SAs");
	tcase_add_loop_test(tc, proposal_of_data_sa_has_the_algorithms_named, 0,
						countof(data));
	tcase_add_test(tc, nonces_of_iec_61850_take_no_sender_ids);
	tcase_add_test(tc, extended_sequence_numbers_are_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("rekey SAs");
	tcase_add_loop_test(tc, proposal_of_rekey_sa_has_the_algorithms_named, 0,
						countof(rekey));
	suite_add_tcase(s, tc);

	tc = tcase_create("GDOI");
	tcase_add_loop_test(tc, proposal_of_gdoi_rekey_sa_is_encryption_only, 0,
						countof(keks));
	tcase_add_loop_test(tc, proposal_of_iec_61850_sa_has_the_algorithms_named,
						0, countof(iec));
	tcase_add_test(tc, iec_61850_has_no_null_encryption);
	tcase_add_loop_test(tc, algorithms_without_a_number_in_gdoi_are_known, 0,
						countof(gdoi));
	suite_add_tcase(s, tc);

	tc = tcase_create("refused");
	tcase_add_loop_test(tc,
						proposal_that_a_group_cant_use_is_refused_with_a_reason,
						0, countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("key wrap");
	tcase_add_test(tc, key_wrap_words_work_in_ike_proposals);
	tcase_add_test(tc, key_wrap_keys_are_as_long_as_the_name_says);
	suite_add_tcase(s, tc);

	return s;
}
