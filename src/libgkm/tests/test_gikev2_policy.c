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

#include "libgkm/gikev2/gikev2_gw_policy.h"
#include "libgkm/gikev2/gikev2_sa_policy.h"

#include "samples.h"

/** Pieces of policies */
#define SRC			"07 00 0010 0000 ffff 0a000000 0affffff"
#define DST			"07 00 0010 0000 ffff ef010000 ef01ffff"
#define IPV6		"08 00 0028 0000 ffff 00000000000000000000000000000000" \
					"ffffffffffffffffffffffffffffffff"
#define MORE		"03 00"
#define LAST		"00 00"
#define AES256		"000c 01 00 000c 800e 0100"
#define GCM256		"000c 01 00 0014 800e 0100"
#define SHA256		"0008 03 00 000c"
#define INTEG_NONE	"0008 03 00 0000"
#define SN(n)		"0008 05 00 000" #n
#define KW256		"0008 0d 00 0003"
#define IMPLICIT	"0008 0e 00 0001"
#define SIGNATURE	"0018 0e 00 0002 0012 000c " ECDSA_SHA256
#define LIFETIME	"0001 0004 00000e10"

/** Policies without attributes that are fine */
#define ESP_CBC	SRC DST MORE AES256 MORE SHA256 LAST SN(2)
#define ESP_GCM	SRC DST MORE GCM256 LAST SN(0)
#define AH		SRC DST MORE SHA256 LAST SN(2)
#define REKEY	SRC DST MORE GCM256 MORE KW256 LAST IMPLICIT

/**
 * Read the policy of an SA
 */
static bool parse(protocol_id_t protocol, chunk_t data,
				  gikev2_sa_policy_t *policy, gkm_error_t *err)
{
	static u_char spi[] = { 0xc0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
							15, 16 };
	gikev2_substructure_t sub = {
		.protocol = protocol,
		.spi = chunk_create(spi, protocol == PROTO_GIKE_UPDATE ? 16 : 4),
		.content = data,
		.at = data.ptr,
	};
	gikev2_input_t in = { "GSA", data, err };

	*err = (gkm_error_t){};
	return gikev2_sa_policy_parse(&in, &sub, policy);
}

/**
 * Policies that are accepted
 */
static struct {
	protocol_id_t protocol;
	const char *hex;
	const char *algorithms;
} good[] = {
	{ PROTO_ESP, ESP_CBC, "aes256-sha256" },
	{ PROTO_ESP, ESP_CBC LIFETIME, "aes256-sha256" },
	{ PROTO_ESP, SRC DST MORE SN(2) MORE SHA256 LAST AES256, "aes256-sha256" },
	{ PROTO_ESP, ESP_GCM, "aes256gcm16" },
	{ PROTO_ESP, SRC DST MORE GCM256 MORE INTEG_NONE LAST SN(0),
	  "aes256gcm16" },
	{ PROTO_ESP, SRC DST MORE "0008 01 00 000b" MORE SHA256 LAST SN(2),
	  "null-sha256" },
	{ PROTO_ESP, IPV6 IPV6 MORE AES256 MORE SHA256 LAST SN(2),
	  "aes256-sha256" },
	{ PROTO_ESP, ESP_CBC "7fff 0002 ffff" LIFETIME "fffe 0001",
	  "aes256-sha256" },
	{ PROTO_ESP, ESP_CBC "0003 0004 c0000002 0003 0004 c0000003",
	  "aes256-sha256" },
	{ PROTO_AH, AH, "sha256" },
	{ PROTO_GIKE_UPDATE, REKEY, "aes256gcm16-kw256" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE INTEG_NONE MORE SIGNATURE
	  LAST KW256, "aes256gcm16-kw256" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE AES256 MORE SHA256 MORE KW256
	  LAST SIGNATURE LIFETIME "0002 0004 00000000", "aes256-sha256-kw256" },
};

START_TEST(policy_has_the_algorithms_it_names)
{
	chunk_t data = unhex(good[_i].hex);
	gikev2_sa_policy_t policy;
	proposal_t *expected;
	uint16_t sn = 0;
	gkm_error_t err;

	ck_assert_msg(parse(good[_i].protocol, data, &policy, &err), "%s: %s",
				  good[_i].hex, err.text);
	policy.proposal->get_algorithm(policy.proposal, EXTENDED_SEQUENCE_NUMBERS,
								   &sn, NULL);
	expected = good[_i].protocol == PROTO_GIKE_UPDATE ?
				gkm_rekey_proposal((char*)good[_i].algorithms, &err) :
				gkm_data_proposal(good[_i].protocol, sn,
								  (char*)good[_i].algorithms, &err);
	ck_assert_msg(policy.proposal->equals(policy.proposal, expected),
				  "%s: %P instead of %P", good[_i].hex, policy.proposal,
				  expected);
	expected->destroy(expected);
	gikev2_sa_policy_clear(&policy);
	chunk_free(&data);
}
END_TEST

START_TEST(first_of_several_next_spis_is_kept)
{
	chunk_t data = unhex(ESP_CBC "0003 0004 c0000002 0003 0004 c0000003");
	gikev2_sa_policy_t policy;
	gkm_error_t err;

	ck_assert_msg(parse(PROTO_ESP, data, &policy, &err), "%s", err.text);
	ck_assert_msg(policy.next_spi.len == 4 &&
				  untoh32(policy.next_spi.ptr) == 0xc0000002,
				  "next SPI %+B instead of c0000002", &policy.next_spi);
	gikev2_sa_policy_clear(&policy);
	chunk_free(&data);
}
END_TEST

/**
 * Policies that are refused, and what the message says
 */
static struct {
	protocol_id_t protocol;
	const char *hex;
	const char *what;
} bad[] = {
	{ PROTO_ESP, "", "traffic selector" },
	{ PROTO_ESP, SRC, "octet 16: traffic selector" },
	{ PROTO_ESP, SRC DST, "octet 32: transform" },
	{ PROTO_ESP, SRC IPV6 MORE AES256 MORE SHA256 LAST SN(2),
	  "different address families" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE SN(2),
	  "octet 60: transform" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE SN(2) LIFETIME,
	  "octet 60: transform has a length of 4" },
	{ PROTO_ESP, SRC DST LAST AES256, "without an integrity" },
	{ PROTO_ESP, SRC DST MORE AES256 LAST SN(2), "without an integrity" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE INTEG_NONE LAST SN(2),
	  "without an integrity" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE INTEG_NONE MORE SHA256 LAST SN(2),
	  "octet 52: second transform of type 3" },
	{ PROTO_ESP, SRC DST MORE AES256 LAST SHA256, "no sequence number" },
	{ PROTO_ESP, SRC DST MORE SHA256 LAST SN(2), "no encryption" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE AES256 MORE SHA256 LAST SN(2),
	  "octet 44: second transform of type 1" },
	{ PROTO_ESP, SRC DST MORE GCM256 MORE SHA256 LAST SN(2),
	  "takes no integrity" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 LAST SN(1),
	  "sequence numbers of type 1" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 LAST SN(3),
	  "sequence numbers of type 3" },
	{ PROTO_ESP, SRC DST MORE "0008 01 00 000c" MORE SHA256 LAST SN(2),
	  "key length of 0" },
	{ PROTO_ESP, SRC DST MORE "000c 01 00 001e 800e 0100" LAST SN(0),
	  "not supported" },
	{ PROTO_ESP, SRC DST MORE "000c 01 00 001c 800e 0100" LAST SN(0),
	  "not supported" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE "0008 03 00 0001" LAST SN(2),
	  "not supported" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE "000c 03 00 000c 800e 0100"
	  LAST SN(2), "type 3 with a key length" },
	{ PROTO_ESP, SRC DST MORE "0010 01 00 000c 800e 0100 8063 0001"
	  MORE SHA256 LAST SN(2), "octet 32: transform of type 1 has an attribute "
	  "that is not known" },
	{ PROTO_ESP, SRC DST MORE "0018 01 00 000c 0012 000c " ECDSA_SHA256
	  MORE SHA256 LAST SN(2), "type 1 with a signature algorithm" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE "0008 04 00 0013"
	  LAST SN(2), "transform of type 4" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE KW256 LAST SN(2),
	  "transform of type 13" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE IMPLICIT LAST SN(2),
	  "transform of type 14" },
	{ PROTO_ESP, SRC DST MORE AES256 MORE SHA256 MORE "0008 ff 00 0001"
	  LAST SN(2), "transform of type 255" },
	{ PROTO_ESP, ESP_CBC LIFETIME LIFETIME, "octet 68: second attribute 1" },
	{ PROTO_ESP, ESP_CBC "0001 0004 00000000", "lifetime of 0" },
	{ PROTO_ESP, ESP_CBC "8001 0e10", "TV format" },
	{ PROTO_ESP, ESP_CBC "0001 0002 0e10", "2 octets instead of 4" },
	{ PROTO_ESP, ESP_CBC "0001 0003 000e10", "3 octets instead of 4" },
	{ PROTO_ESP, ESP_CBC "0002 0004 00000001", "message ID in the policy of" },
	{ PROTO_ESP, ESP_CBC "0003 0003 c00000", "next SPI of 3 octets" },
	{ PROTO_ESP, ESP_CBC "8003 c000", "TV format" },
	{ PROTO_ESP, ESP_CBC "0003 0010 0102030405060708090a0b0c0d0e0f10",
	  "next SPI of 16 octets instead of 4" },
	{ PROTO_ESP, ESP_CBC "00", "octet 60: attribute of" },
	{ PROTO_AH, SRC DST MORE AES256 MORE SHA256 LAST SN(2),
	  "transform of type 1" },
	{ PROTO_AH, SRC DST MORE INTEG_NONE LAST SN(2), "no integrity" },
	{ PROTO_AH, SRC DST LAST SN(2), "no integrity" },
	{ PROTO_AH, SRC DST LAST SHA256, "no sequence number" },
	{ PROTO_AH, SRC DST MORE SHA256 LAST SN(1), "sequence numbers of type 1" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 LAST IMPLICIT, "no key wrap" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE KW256 LAST IMPLICIT, "no encryption" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE AES256 MORE KW256 LAST IMPLICIT,
	  "without an integrity" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE "0008 01 00 000b" MORE SHA256 MORE KW256
	  LAST IMPLICIT, "not supported" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE "0008 0d 00 0004"
	  LAST IMPLICIT, "key wrap algorithm 4" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256 MORE KW256
	  LAST IMPLICIT, "octet 52: second transform of type 13" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256 MORE IMPLICIT
	  LAST IMPLICIT, "octet 60: second authentication method" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256 MORE SN(0)
	  LAST IMPLICIT, "transform of type 5" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256
	  LAST "0008 0e 00 0002", "without its algorithm" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256
	  LAST "0008 0e 00 0003", "authentication method 3" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256
	  LAST "0008 0e 00 0000", "authentication method 0" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256
	  LAST "000c 0e 00 0001 800e 0100", "with a key length" },
	{ PROTO_GIKE_UPDATE, SRC DST MORE GCM256 MORE KW256
	  LAST "0018 0e 00 0001 0012 000c " ECDSA_SHA256,
	  "implicit authentication with a signature" },
	{ PROTO_GIKE_UPDATE, REKEY "0002 0004 00000001 0002 0004 00000002",
	  "second attribute 2" },
	{ PROTO_GIKE_UPDATE, REKEY "0003 0004 c0000002",
	  "next SPI of 4 octets instead of 16" },
};

START_TEST(policy_against_the_rules_is_refused)
{
	chunk_t data = unhex(bad[_i].hex);
	gikev2_sa_policy_t policy;
	gkm_error_t err;

	ck_assert_msg(!parse(bad[_i].protocol, data, &policy, &err), "%s accepted",
				  bad[_i].hex);
	ck_assert_msg(strpfx(err.text, "GSA payload: octet ") &&
				  strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].hex, err.text, bad[_i].what);
	gikev2_sa_policy_clear(&policy);
	chunk_free(&data);
}
END_TEST

/**
 * Group-wide policies; those that are refused with what the message says
 */
static struct {
	const char *hex;
	gikev2_gw_policy_t policy;
	const char *what;
} gws[] = {
	{ "", {} },
	{ "8001 000a", { .atd = 10 } },
	{ "8001 ffff 8002 003c", { .atd = 65535, .dtd = 60 } },
	{ "8003 0010 8002 0001", { .dtd = 1, .sender_id_bits = 16 } },
	{ "8003 0020", { .sender_id_bits = 32 } },
	{ "8004 0020 0005 0001 00 8001 0003", { .atd = 3 } },
	{ "8001 0000 8002 0000", {} },
	{ "8001 000a 40fd 0006 0001 00000064", { .atd = 10, .d3p = { 1, 100 } } },
	{ "40fd 0006 0001 000186a0", { .d3p = { 1, 100000 } } },
	/* not ours: short, long, in TV format, other type, window too small and
	   too large */
	{ "40fd 0005 0001 000064", {} },
	{ "40fd 0008 0001 00000064 0000", {} },
	{ "c0fd 0001", {} },
	{ "40fd 0006 0002 00000064", {} },
	{ "40fd 0006 0001 00000063", {} },
	{ "40fd 0006 0001 000186a1 8002 0007", { .dtd = 7 } },
	{ "40fd 0006 0001 000186a1 40fd 0006 0001 00001388",
	  { .d3p = { 1, 5000 } } },
	{ "40fd 0006 0001 00001388 40fd 0006 0001 00001388", {},
	  "octet 10: second attribute 16637" },
	{ "8001 000a 8001 000a", {}, "octet 4: second attribute 1" },
	{ "8001 0000 8001 000a", {}, "octet 4: second attribute 1" },
	{ "8003 0010 8002 0001 8003 0010", {}, "octet 8: second attribute 3" },
	{ "0001 0002 000a", {}, "TLV format" },
	{ "8003 0000", {}, "sender IDs of 0 bits" },
	{ "8003 0021", {}, "sender IDs of 33 bits" },
	{ "8001 00", {}, "attribute of at least 4" },
};

START_TEST(group_wide_policy_is_read_by_the_rules)
{
	gikev2_gw_policy_t policy, *expected = &gws[_i].policy;
	chunk_t data = unhex(gws[_i].hex);
	gkm_error_t err = {};
	gikev2_input_t in = { "GSA", data, &err };
	gikev2_substructure_t sub = { .content = data, .at = data.ptr };
	bool success;

	success = gikev2_gw_policy_parse(&in, &sub, &policy);
	if (gws[_i].what)
	{
		ck_assert_msg(!success, "%s accepted", gws[_i].hex);
		ck_assert_msg(strstr(err.text, gws[_i].what), "%s: '%s' instead of "
					  "'%s'", gws[_i].hex, err.text, gws[_i].what);
	}
	else
	{
		ck_assert_msg(success, "%s: %s", gws[_i].hex, err.text);
		ck_assert_msg(policy.atd == expected->atd &&
					  policy.dtd == expected->dtd &&
					  policy.sender_id_bits == expected->sender_id_bits,
					  "%s: %u, %u, %u instead of %u, %u, %u", gws[_i].hex,
					  policy.atd, policy.dtd, policy.sender_id_bits,
					  expected->atd, expected->dtd, expected->sender_id_bits);
		ck_assert_msg(policy.d3p.type == expected->d3p.type &&
					  policy.d3p.window == expected->d3p.window,
					  "%s: D3P %u, %u instead of %u, %u", gws[_i].hex,
					  policy.d3p.type, policy.d3p.window, expected->d3p.type,
					  expected->d3p.window);
	}
	chunk_free(&data);
}
END_TEST

START_TEST(empty_group_wide_policy_is_not_written)
{
	bio_writer_t *writer = bio_writer_create(0);
	gikev2_gw_policy_t policy = {};

	gikev2_gw_policy_build(writer, &policy);
	ck_assert_msg(!writer->get_buf(writer).len, "%zu octets written",
				  writer->get_buf(writer).len);
	writer->destroy(writer);
}
END_TEST

START_TEST(group_wide_policy_is_written_with_all_there_is)
{
	/* substructure of 26 octets: ATD, DTD, sender ID bits, D3P */
	chunk_t expected = unhex("00 00 001a 8001 000a 8002 003c 8003 0010"
							 "40fd 0006 0001 000186a0"), written;
	bio_writer_t *writer = bio_writer_create(0);
	gikev2_gw_policy_t policy = {
		.atd = 10,
		.dtd = 60,
		.sender_id_bits = 16,
		.d3p = { GKM_D3P_POSIX_TIME, GKM_D3P_WINDOW_MAX },
	};

	gikev2_gw_policy_build(writer, &policy);
	written = writer->get_buf(writer);
	ck_assert_msg(chunk_equals(written, expected), "%zu octets", written.len);
	writer->destroy(writer);
	chunk_free(&expected);
}
END_TEST

Suite *gikev2_policy_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_policy");

	tc = tcase_create("SA policy");
	tcase_add_loop_test(tc, policy_has_the_algorithms_it_names, 0,
						countof(good));
	tcase_add_test(tc, first_of_several_next_spis_is_kept);
	tcase_add_loop_test(tc, policy_against_the_rules_is_refused, 0,
						countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("group-wide policy");
	tcase_add_loop_test(tc, group_wide_policy_is_read_by_the_rules, 0,
						countof(gws));
	tcase_add_test(tc, empty_group_wide_policy_is_not_written);
	tcase_add_test(tc, group_wide_policy_is_written_with_all_there_is);
	suite_add_tcase(s, tc);

	return s;
}
