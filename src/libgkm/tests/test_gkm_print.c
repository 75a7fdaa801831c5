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

#include "suites.h"

#include "libgkm/gikev2/gikev2_codepoints.h"
#include "libgkm/group/gkm_algs.h"
#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_print.h"

/** Group identities as users write them, and as they are shown */
static const struct {
	char *written;
	char *shown;
} ids[] = {
	{ "1234",					"1234" },
	{ "0",						"0" },
	{ "4294967295",				"4294967295" },
	{ "0x000004d2",				"1234" },
	{ "0x0102ff",				"01:02:ff" },
	{ "0x0102030405",			"01:02:03:04:05" },
	{ "239.1.2.3",				"239.1.2.3" },
	{ "ff05::1",				"ff05::1" },
	{ "finance.example.org",	"finance.example.org" },
	{ "finance@example.org",	"finance@example.org" },
	{ "oid:1.2.840.10070",		"oid:1.2.840.10070" },
	{ "OID:1.2.840.10070/0A0b",	"oid:1.2.840.10070/0a0b" },
};

START_TEST(id_is_shown_as_users_write_it)
{
	char buf[GKM_PRINT_LEN];
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = gkm_cfg_create("group");
	ck_assert_msg(gkm_cfg_set(cfg, "id", ids[_i].written, &err), "%s: %s",
				  ids[_i].written, err.text);
	ck_assert_ptr_eq(gkm_print_id(cfg->id, buf), buf);
	ck_assert_str_eq(buf, ids[_i].shown);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(missing_id_is_shown_as_none)
{
	char buf[GKM_PRINT_LEN];

	ck_assert_str_eq(gkm_print_id(NULL, buf), "(none)");
}
END_TEST

START_TEST(long_id_is_cut)
{
	char buf[GKM_PRINT_LEN + 1];
	identification_t *id;
	chunk_t encoding;

	encoding = chunk_alloc(2 * GKM_PRINT_LEN);
	memset(encoding.ptr, 'a', encoding.len);
	id = identification_create_from_encoding(ID_FQDN, encoding);
	buf[GKM_PRINT_LEN] = 'x';
	ck_assert_int_eq(strlen(gkm_print_id(id, buf)), GKM_PRINT_LEN - 1);
	ck_assert_int_eq(buf[GKM_PRINT_LEN], 'x');
	id->destroy(id);
	chunk_free(&encoding);
}
END_TEST

/** Proposals as users write them, and as they are shown */
static const struct {
	protocol_id_t protocol;
	char *written;
	char *shown;
} proposals[] = {
	{ PROTO_ESP,	"aes256-sha256",	"AES_CBC_256/HMAC_SHA2_256_128" },
	{ PROTO_ESP,	"aes128gcm16",		"AES_GCM_16_128" },
	{ PROTO_ESP,	"null-sha512",		"NULL/HMAC_SHA2_512_256" },
	{ PROTO_ESP,	"chacha20poly1305",	"CHACHA20_POLY1305" },
	{ PROTO_AH,		"sha384",			"HMAC_SHA2_384_192" },
	{ PROTO_IEC_61850, "aes128-sha256",	"AES_CBC_128/HMAC_SHA2_256_256" },
	{ PROTO_IEC_61850, "null-aes256gmac", "AES_256_GMAC" },
};

START_TEST(data_proposal_is_shown_without_sequence_numbers)
{
	gkm_sn_t sns[] = { GKM_SN_SEQUENTIAL, GKM_SN_UNSPECIFIED };
	char buf[GKM_PRINT_LEN];
	gkm_error_t err = {};
	proposal_t *proposal;
	int i;

	for (i = 0; i < countof(sns); i++)
	{
		proposal = gkm_data_proposal(proposals[_i].protocol, sns[i],
									 proposals[_i].written, &err);
		ck_assert_msg(proposal, "%s: %s", proposals[_i].written, err.text);
		ck_assert_str_eq(gkm_print_proposal(proposal, buf), proposals[_i].shown);
		proposal->destroy(proposal);
	}
}
END_TEST

/** The same for rekey proposals */
static const struct {
	char *written;
	char *shown;
} rekeys[] = {
	{ "aes256gcm16-kw256",		"AES_GCM_16_256/KW_5649_256" },
	{ "aes192gcm16-kw192",		"AES_GCM_16_192/KW_5649_192" },
	{ "aes128-sha256-kw128",	"AES_CBC_128/HMAC_SHA2_256_128/KW_5649_128" },
};

START_TEST(rekey_proposal_is_shown_with_key_wrap)
{
	char buf[GKM_PRINT_LEN];
	gkm_error_t err = {};
	proposal_t *proposal;

	proposal = gkm_rekey_proposal(rekeys[_i].written, &err);
	ck_assert_msg(proposal, "%s: %s", rekeys[_i].written, err.text);
	ck_assert_str_eq(gkm_print_proposal(proposal, buf), rekeys[_i].shown);
	proposal->destroy(proposal);
}
END_TEST

START_TEST(modes_are_shown_as_users_write_them)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%N %N %N %N %N", gkm_mode_names, MODE_TUNNEL,
			 gkm_mode_names, MODE_TRANSPORT, gkm_auth_names, GKM_AUTH_SIGNATURE,
			 gkm_sn_names, GKM_SN_SEQUENTIAL, gkm_sn_names, GKM_SN_UNSPECIFIED);
	ck_assert_str_eq(buf, "tunnel transport signature sequential unspecified");
}
END_TEST

START_TEST(notifies_of_groups_have_names)
{
	char buf[96];

	snprintf(buf, sizeof(buf), "%N %N %N %N",
			 gkm_notify_names, GIKEV2_INVALID_GROUP_ID,
			 gkm_notify_names, GIKEV2_AUTHORIZATION_FAILED,
			 gkm_notify_names, GIKEV2_REGISTRATION_FAILED,
			 gkm_notify_names, GIKEV2_GROUP_SENDER);
	ck_assert_str_eq(buf, "INVALID_GROUP_ID AUTHORIZATION_FAILED "
					 "REGISTRATION_FAILED GROUP_SENDER");
	ck_assert(!enum_to_name(gkm_notify_names, 14));
}
END_TEST

Suite *gkm_print_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_print");

	tc = tcase_create("id");
	tcase_add_loop_test(tc, id_is_shown_as_users_write_it, 0, countof(ids));
	tcase_add_test(tc, missing_id_is_shown_as_none);
	tcase_add_test(tc, long_id_is_cut);
	suite_add_tcase(s, tc);

	tc = tcase_create("proposal");
	tcase_add_loop_test(tc, data_proposal_is_shown_without_sequence_numbers,
						0, countof(proposals));
	tcase_add_loop_test(tc, rekey_proposal_is_shown_with_key_wrap,
						0, countof(rekeys));
	tcase_add_test(tc, modes_are_shown_as_users_write_them);
	tcase_add_test(tc, notifies_of_groups_have_names);
	suite_add_tcase(s, tc);

	return s;
}
