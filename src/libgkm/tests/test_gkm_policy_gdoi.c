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

#include "libgkm/gdoi/gdoi_format.h"
#include "libgkm/group/gkm_oid.h"
#include "libgkm/group/gkm_policy_check.h"
#include "libgkm/group/gkm_update_check.h"

#include "cfg_fixture.h"

/** Object identifiers of GOOSE over UDP, and of sampled values over UDP */
#define GOOSE "1.2.840.10070.61850.8.1.2"
#define SAMPLED_VALUES "1.2.840.10070.61850.9.2.2"

/** Reason of the last failure */
static gkm_error_t err;

/** Member of a group with GDOI, and a policy for it */
static gkm_cfg_t *cfg;
static gkm_download_t *policy;

/**
 * Configure the member
 */
static gkm_cfg_t *configure()
{
	char *options[] = {
		"id", "1234",
		"role", "member",
		"servers", "ks",
		"protocol", "gdoi",
		"gdoi.proposals", "aes256, aes128",
		"sas.goose.oid", GOOSE,
		"sas.goose.iec_proposals", "aes256gcm16, aes128-sha256_128",
		"sas.values.oid", SAMPLED_VALUES,
		"sas.values.oid_data", "0a0b0c",
		"sas.values.iec_proposals", "sha256",
		"sas.data.source_ts", "10.0.0.0/8",
		"sas.data.destination_ts", "239.1.0.0/16",
		"sas.data.esp_proposals", "aes256-sha256",
	};

	return cfg_create(options, countof(options));
}

/**
 * Add an SA for IEC 61850 to a download
 *
 * @param data		OID-specific data, as text
 */
static void add_iec_sa(gkm_download_t *download, char *oid, char *data,
					   char *algs)
{
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(0x3000);
	ck_assert_msg(gkm_oid_from_string(oid, &sa->oid, &err), "%s", err.text);
	sa->oid_data = chunk_clone(chunk_from_str(data));
	sa->src = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, 65535);
	sa->proposal = gkm_data_proposal(PROTO_IEC_61850, 0, algs, &err);
	ck_assert_msg(sa->proposal, "%s", err.text);
	array_insert(download->sas, ARRAY_TAIL, sa);
}

/**
 * Create a rekey SA of GDOI
 */
static gkm_rekey_sa_t *create_kek(char *algs)
{
	gkm_rekey_sa_t *rekey;

	rekey = gkm_rekey_sa_create();
	rekey->proposal = gkm_gdoi_kek_proposal(algs, &err);
	ck_assert_msg(rekey->proposal, "%s", err.text);
	return rekey;
}

static void setup()
{
	memset(&err, 0, sizeof(err));
	cfg = configure();
	policy = gkm_download_create();
}

static void teardown()
{
	gkm_cfg_destroy(cfg);
	gkm_download_destroy(policy);
}

/**
 * Check whether the policy is allowed
 *
 * @param what		what the reason has to contain, NULL if it is
 */
static void assert_policy(char *what)
{
	bool allowed;

	memset(&err, 0, sizeof(err));
	allowed = gkm_policy_check(cfg, policy, &err);
	ck_assert_msg(allowed == !what, "'%s' instead of '%s'", err.text,
				  what ?: "");
	ck_assert_msg(!what || strstr(err.text, what), "'%s' instead of '%s'",
				  err.text, what);
}

/** Proposals of rekey SAs, and whether they are allowed */
static struct {
	char *algs;
	bool allowed;
} keks[] = {
	{ "aes256",	TRUE },
	{ "aes128",	TRUE },
	{ "aes192",	FALSE },
	{ "3des",	FALSE },
};

START_TEST(rekey_sa_has_one_of_the_algorithms_for_gdoi)
{
	policy->rekey = create_kek(keks[_i].algs);
	assert_policy(keks[_i].allowed ? NULL : "is not in gdoi.proposals");
}
END_TEST

/** SAs for IEC 61850; those that are refused with what the message says */
static struct {
	char *oid;
	char *data;
	char *algs;
	char *what;
} sas[] = {
	{ GOOSE,			"",				"aes256gcm16" },
	{ GOOSE,			"anything",		"aes128-sha256_128" },
	{ SAMPLED_VALUES,	"\x0a\x0b\x0c",	"sha256" },
	{ GOOSE,			"",				"aes128gcm16",
	  "is none of the proposals of sas.goose" },
	{ GOOSE,			"",				"sha256",
	  "is none of the proposals of sas.goose" },
	{ GOOSE,			"",				"aes128-sha256",
	  "is none of the proposals of sas.goose" },
	{ SAMPLED_VALUES,	"",				"sha256",
	  "allows object identifier " SAMPLED_VALUES },
	{ SAMPLED_VALUES,	"\x0a\x0b",		"sha256",
	  "allows object identifier " SAMPLED_VALUES },
	{ "1.2.3.4",		"",				"aes256gcm16",
	  "IEC 61850 SA 0x00003000: no section in sas allows object identifier "
	  "1.2.3.4" },
};

START_TEST(sa_has_an_object_identifier_that_is_allowed)
{
	gkm_cfg_sa_t *section;
	gkm_data_sa_t *sa;

	add_iec_sa(policy, sas[_i].oid, sas[_i].data, sas[_i].algs);
	assert_policy(sas[_i].what);
	if (!sas[_i].what)
	{
		array_get(policy->sas, 0, &sa);
		section = gkm_policy_find(cfg, sa, &err);
		ck_assert_str_eq(section->name, streq(sas[_i].oid, GOOSE) ? "goose"
																 : "values");
	}
}
END_TEST

START_TEST(data_of_an_object_identifier_is_not_too_long)
{
	char data[GKM_OID_DATA_MAX + 2];

	memset(data, 'x', sizeof(data));
	data[GKM_OID_DATA_MAX] = '\0';
	add_iec_sa(policy, GOOSE, data, "aes256gcm16");
	assert_policy(NULL);
	data[GKM_OID_DATA_MAX] = 'x';
	data[GKM_OID_DATA_MAX + 1] = '\0';
	add_iec_sa(policy, GOOSE, data, "aes256gcm16");
	assert_policy("OID-specific data of 1025 octets");
}
END_TEST

START_TEST(sections_with_an_object_identifier_allow_no_other_traffic)
{
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(0x4000);
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr("239.1.1.1/32", 0, 0, 65535);
	sa->proposal = gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED,
									 "aes256-sha256", &err);
	array_insert(policy->sas, ARRAY_TAIL, sa);
	assert_policy(NULL);
	sa->dst->destroy(sa->dst);
	sa->dst = traffic_selector_create_from_cidr("239.2.1.1/32", 0, 0, 65535);
	assert_policy("no section in sas allows");
}
END_TEST

/**
 * Check what an update means, and destroy it
 */
static void assert_verdict(gkm_update_t *update, gkm_update_verdict_t expected)
{
	gkm_update_verdict_t verdict;

	verdict = gkm_update_check(update, cfg, FALSE, &err);
	ck_assert_msg(verdict == expected, "%d, expected %d: %s", verdict,
				  expected, err.text);
	gkm_update_destroy(update);
}

START_TEST(a_rekey_sa_that_is_replaced_may_be_deleted)
{
	gkm_update_t *update = gkm_update_create();

	update->download->rekey = create_kek("aes256");
	gkm_update_delete(update, PROTO_GIKE_UPDATE, 0);
	assert_verdict(update, GKM_UPDATE_TAKE);
}
END_TEST

static protocol_id_t ends[] = { PROTO_GIKE_UPDATE, PROTO_NONE };

START_TEST(deleting_the_rekey_sa_alone_excludes)
{
	gkm_update_t *update = gkm_update_create();

	gkm_update_delete(update, PROTO_ESP, 0);
	gkm_update_delete(update, ends[_i], 0);
	assert_verdict(update, GKM_UPDATE_EXCLUDED);
}
END_TEST

START_TEST(a_rekey_sa_without_key_for_us_excludes)
{
	gkm_update_t *update = gkm_update_create();

	update->download->rekey = create_kek("aes256");
	update->excluded = TRUE;
	assert_verdict(update, GKM_UPDATE_EXCLUDED);
}
END_TEST

START_TEST(sas_of_applications_take_no_sender_id)
{
	gkm_update_t *update = gkm_update_create();

	add_iec_sa(update->download, GOOSE, "", "aes256gcm16");
	assert_verdict(update, GKM_UPDATE_TAKE);
}
END_TEST

START_TEST(sas_of_applications_are_deleted_by_their_protocol)
{
	gkm_update_t *update = gkm_update_create();
	gkm_data_sa_t *sa;

	add_iec_sa(policy, GOOSE, "", "aes256gcm16");
	array_get(policy->sas, 0, &sa);
	gkm_update_delete(update, PROTO_ESP, 0);
	ck_assert(!gkm_update_deletes(update, sa));
	gkm_update_delete(update, PROTO_IEC_61850, htonl(0x3001));
	ck_assert(!gkm_update_deletes(update, sa));
	gkm_update_delete(update, PROTO_IEC_61850, htonl(0x3000));
	ck_assert(gkm_update_deletes(update, sa));
	gkm_update_destroy(update);
}
END_TEST

START_TEST(messages_are_written_as_configured)
{
	char *options[] = {
		"id", "1234",
		"role", "server",
		"connections", "members",
		"protocols", "gdoi",
		"gdoi.doi", "1",
		"gdoi.situation", "7",
		"gdoi.d3p_type_attribute", "200",
		"gdoi.d3p_window_attribute", "201",
		"gdoi.bare_signature", "yes",
		"gdoi.padded_length", "yes",
		"gdoi.pkcs1_key", "yes",
	};
	gdoi_format_t format;
	gkm_cfg_t *server;
	int i;

	server = gkm_cfg_create("test");
	for (i = 0; i < countof(options); i += 2)
	{
		ck_assert_msg(gkm_cfg_set(server, options[i], options[i + 1], &err),
					  "%s", err.text);
	}
	gdoi_format_configure(&format, &server->gdoi);
	ck_assert_uint_eq(format.doi, 1);
	ck_assert_uint_eq(format.situation, 7);
	ck_assert_uint_eq(format.d3p_type, 200);
	ck_assert_uint_eq(format.d3p_window, 201);
	ck_assert(format.bare_signature && format.padded_length &&
			  format.pkcs1_key);
	ck_assert(format.delays && format.d3p && format.ack);
	gkm_cfg_destroy(server);

	/* nothing of that: as RFC 6407 has it */
	gdoi_format_configure(&format, &cfg->gdoi);
	ck_assert_uint_eq(format.doi, 2);
	ck_assert_uint_eq(format.situation, 0);
	ck_assert(!format.bare_signature && !format.padded_length &&
			  !format.pkcs1_key);
}
END_TEST

/*
 * Described in header
 */
Suite *gkm_policy_gdoi_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("policy of GDOI");

	tc = tcase_create("policy");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, rekey_sa_has_one_of_the_algorithms_for_gdoi, 0,
						countof(keks));
	tcase_add_loop_test(tc, sa_has_an_object_identifier_that_is_allowed, 0,
						countof(sas));
	tcase_add_test(tc, data_of_an_object_identifier_is_not_too_long);
	tcase_add_test(tc,
				   sections_with_an_object_identifier_allow_no_other_traffic);
	suite_add_tcase(s, tc);

	tc = tcase_create("updates");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_rekey_sa_that_is_replaced_may_be_deleted);
	tcase_add_loop_test(tc, deleting_the_rekey_sa_alone_excludes, 0,
						countof(ends));
	tcase_add_test(tc, a_rekey_sa_without_key_for_us_excludes);
	tcase_add_test(tc, sas_of_applications_take_no_sender_id);
	tcase_add_test(tc, sas_of_applications_are_deleted_by_their_protocol);
	suite_add_tcase(s, tc);

	tc = tcase_create("format");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, messages_are_written_as_configured);
	suite_add_tcase(s, tc);

	return s;
}
