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
#include "cfg_fixture.h"
#include "coop_fixture.h"
#include "samples.h"

#include "libgkm/coop/gkm_coop_summary.h"

/** Differences found, as "name: our -> their; " */
static char differences[2048];

CALLBACK(note, void,
	void *user, char *name, char *our, char *their)
{
	size_t len = strlen(differences);

	snprintf(differences + len, sizeof(differences) - len, "%s: %s -> %s; ",
			 name, our ?: "none", their ?: "none");
}

/**
 * Compare summaries, and destroy them
 */
static void compare(array_t *ours, array_t *theirs)
{
	differences[0] = '\0';
	gkm_coop_summary_compare(ours, theirs, note, NULL);
	gkm_coop_summary_destroy(ours);
	gkm_coop_summary_destroy(theirs);
}

/**
 * Summarize a configuration with some options
 */
static array_t *summarize(const cfg_option_t *options, int count,
						  chunk_t auth_key)
{
	gkm_error_t err = {};
	array_t *items;
	gkm_cfg_t *cfg;

	cfg = cfg_configure(GKM_ROLE_SERVER, options, count, &err);
	ck_assert_msg(cfg, "%s", err.text);
	items = gkm_coop_summary_create(cfg, auth_key);
	gkm_cfg_destroy(cfg);
	return items;
}

/** Options that differ from the default, and what is told of that; NULL for
 *  those that need not be equal */
static struct {
	cfg_option_t options[CFG_OPTIONS];
	char *differences;
} tables[] = {
	{ { { "d3p_window", "5s" } },
	  "IP-D3P: off -> window 5000 ms; " },
	{ { { "rekey.transport", "inband" } },
	  "rekey transport: multicast -> inband; "
	  "rekey address: 239.192.0.1[848] -> none; "
	  "key tree: degree 4 -> off; " },
	{ { { "rekey.address", "239.192.0.2:848" } },
	  "rekey address: 239.192.0.1[848] -> 239.192.0.2[848]; " },
	{ { { "rekey.proposals", "aes128gcm16-kw128" } },
	  "rekey proposals: AES_GCM_16_256/KW_5649_256 -> "
	  "AES_GCM_16_128/KW_5649_128; " },
	{ { { "rekey.auth", "implicit" } },
	  "rekey authentication: signature -> implicit; " },
	{ { { "rekey.life_time", "1h" } },
	  "rekey lifetimes: rekey 72000 s, life 86400 s -> "
	  "rekey 3000 s, life 3600 s; " },
	{ { { "rekey.retransmit", "3 every 5s" } },
	  "rekey retransmission: 2 every 10 s -> 3 every 5 s; " },
	{ { { "rekey.key_tree", "no" } },
	  "key tree: degree 4 -> off; " },
	{ { { "rekey.key_tree_degree", "8" } },
	  "key tree: degree 4 -> degree 8; " },
	{ { { "activation_delay", "3s" } },
	  "activation delay: auto -> 3 s; " },
	{ { { "deactivation_delay", "30s" } },
	  "deactivation delay: 60 s -> 30 s; " },
	{ { { "sender_id_bits", "12" } },
	  "sender ID bits: 16 -> 12; " },
	{ { { "sas.data.destination_ts", "239.2.0.0/16" } },
	  "data SA 10.0.0.0/8 => 239.1.0.0/16: ESP:AES_CBC_256/"
	  "HMAC_SHA2_256_128:unspecified, tunnel, senders any, rekey 3000 s, "
	  "life 3600 s -> none; "
	  "data SA 10.0.0.0/8 => 239.2.0.0/16: none -> ESP:AES_CBC_256/"
	  "HMAC_SHA2_256_128:unspecified, tunnel, senders any, rekey 3000 s, "
	  "life 3600 s; " },
	{ { { "sas.data.mode", "transport" },
		{ "sas.data.senders", "single" },
		{ "sas.data.life_time", "2h" },
		{ "sas.data.esp_proposals", "aes128gcm16" } },
	  "data SA 10.0.0.0/8 => 239.1.0.0/16: ESP:AES_CBC_256/"
	  "HMAC_SHA2_256_128:unspecified, tunnel, senders any, rekey 3000 s, "
	  "life 3600 s -> ESP:AES_GCM_16_128:sequential, transport, senders "
	  "single, rekey 6000 s, life 7200 s; " },
	{ { { "connections", "others" }, { "member_ids", "*@example.com" },
		{ "max_members", "7" }, { "linger", "1s" } }, "" },
};

START_TEST(what_differs_is_told)
{
	compare(summarize(NULL, 0, chunk_empty),
			summarize(tables[_i].options,
					  cfg_count_options(tables[_i].options), chunk_empty));
	ck_assert_str_eq(differences, tables[_i].differences);
}
END_TEST

/** What GDOI members are told */
static struct {
	cfg_option_t option;
	char *differences;
} gdoi[] = {
	{ { "protocols", "gdoi" },
	  "protocols: gikev2, gdoi -> gdoi; " },
	{ { "rekey.acknowledgement", "interoperable" },
	  "Interoperable Rekey ACK: off -> interoperable, REKEY_ACK_KEK_SHA256; " },
	{ { "gdoi.proposals", "aes128" },
	  "GDOI rekey proposals: AES_CBC_256 -> AES_CBC_128; " },
	{ { "gdoi.d3p_type_attribute", "200" },
	  "GDOI numbers: DOI 2, situation 0, D3P attributes 128 and 129 -> "
	  "DOI 2, situation 0, D3P attributes 200 and 129; " },
	{ { "gdoi.bare_signature", "yes" },
	  "GDOI formats: bare_signature no, padded_length no, pkcs1_key no -> "
	  "bare_signature yes, padded_length no, pkcs1_key no; " },
	{ { "gdoi.hash", "sha512" },
	  "GDOI hash: sha256 -> sha512; " },
	{ { "gdoi.ack_timeout", "3s" }, "" },
};

START_TEST(what_gdoi_members_are_told_is_compared)
{
	cfg_option_t options[] = {
		gdoi[_i].option, { "rekey.key_tree", "no" },
		{ "protocols", "gikev2, gdoi" },
	};

	compare(summarize(options + 1, 2, chunk_empty),
			summarize(options, streq(options[0].key, "protocols") ? 2 : 3,
					  chunk_empty));
	ck_assert_str_eq(differences, gdoi[_i].differences);
}
END_TEST

START_TEST(rekey_key_counts_if_it_is_configured)
{
	cfg_option_t key = { "rekey.key", "key.pem" };
	chunk_t one = chunk_from_str("one"), two = chunk_from_str("two");

	compare(summarize(NULL, 0, one), summarize(NULL, 0, two));
	ck_assert_str_eq(differences, "");
	compare(summarize(&key, 1, one), summarize(&key, 1, one));
	ck_assert_str_eq(differences, "");
	/* sha256sum */
	compare(summarize(&key, 1, one), summarize(&key, 1, two));
	ck_assert_str_eq(differences, "rekey key: fingerprint 7692c3ad3540bb80 -> "
					 "fingerprint 3fc4ccfe745870e2; ");
	compare(summarize(&key, 1, one), summarize(NULL, 0, one));
	ck_assert_str_eq(differences, "rekey key: fingerprint 7692c3ad3540bb80 -> "
					 "none; ");
}
END_TEST

/**
 * Summarize a group with many data SAs
 */
static array_t *summarize_many(u_int count, u_int last)
{
	char dst[64 * GKM_CFG_MAX_SAS];
	cfg_option_t option = { "sas.data.destination_ts", dst };
	size_t len = 0;
	u_int i;

	for (i = 0; i < count; i++)
	{
		len += snprintf(dst + len, sizeof(dst) - len, "%s239.1.1.%u/32",
						i ? "," : "", i == count - 1 ? last : i);
	}
	return summarize(&option, 1, chunk_empty);
}

START_TEST(many_data_sas_fit_into_a_message)
{
	gkm_coop_message_t message, got;
	gkm_error_t err = {};
	chunk_t data;

	coop_sample(0, &message);
	gkm_coop_summary_destroy(message.items);
	message.items = summarize_many(GKM_CFG_MAX_SAS, 100);
	data = gkm_coop_message_build(&message);
	ck_assert_msg(gkm_coop_message_parse(data, &got, &err), "%s", err.text);
	ck_assert_int_lt(data.len, GKM_COOP_CHUNK_MAX);
	chunk_free(&data);
	gkm_coop_message_clear(&message);
	gkm_coop_message_clear(&got);
}
END_TEST

START_TEST(each_of_many_data_sas_counts)
{
	compare(summarize_many(GKM_CFG_MAX_SAS, 100),
			summarize_many(GKM_CFG_MAX_SAS, 100));
	ck_assert_str_eq(differences, "");
	compare(summarize_many(GKM_CFG_MAX_SAS, 100),
			summarize_many(GKM_CFG_MAX_SAS, 101));
	ck_assert_msg(strpfx(differences, "other data SAs: 88, fingerprint "), "%s",
				  differences);
}
END_TEST

START_TEST(items_of_one_name_are_compared_in_their_order)
{
	gkm_coop_item_t items[] = {
		{ "a", "1" }, { "b", "2" }, { "a", "3" }, { "a", "4" },
	};
	array_t *ours, *theirs;
	int i;

	ours = array_create(sizeof(gkm_coop_item_t), 0);
	theirs = array_create(sizeof(gkm_coop_item_t), 0);
	for (i = 0; i < countof(items); i++)
	{
		array_insert(ours, ARRAY_TAIL, &items[i]);
	}
	array_insert(theirs, ARRAY_TAIL, &items[0]);
	array_insert(theirs, ARRAY_TAIL, &items[3]);
	differences[0] = '\0';
	gkm_coop_summary_compare(ours, theirs, note, NULL);
	ck_assert_str_eq(differences, "b: 2 -> none; a: 3 -> 4; a: 4 -> none; ");
	differences[0] = '\0';
	gkm_coop_summary_compare(theirs, ours, note, NULL);
	ck_assert_str_eq(differences, "a: 4 -> 3; b: none -> 2; a: none -> 4; ");
	array_destroy(ours);
	array_destroy(theirs);
}
END_TEST

Suite *gkm_coop_summary_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_coop_summary");

	tc = tcase_create("compare");
	tcase_add_loop_test(tc, what_differs_is_told, 0, countof(tables));
	tcase_add_loop_test(tc, what_gdoi_members_are_told_is_compared, 0,
						countof(gdoi));
	tcase_add_test(tc, rekey_key_counts_if_it_is_configured);
	tcase_add_test(tc, items_of_one_name_are_compared_in_their_order);
	suite_add_tcase(s, tc);

	tc = tcase_create("size");
	tcase_add_test(tc, many_data_sas_fit_into_a_message);
	tcase_add_test(tc, each_of_many_data_sas_counts);
	suite_add_tcase(s, tc);

	return s;
}
