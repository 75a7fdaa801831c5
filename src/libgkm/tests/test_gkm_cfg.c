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

#include <selectors/traffic_selector.h>

static void assert_id(const char *text, id_type_t type, chunk_t encoding)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(GKM_ROLE_SERVER, "id", text);
	ck_assert_msg(cfg->id->get_type(cfg->id) == type, "%s: type %d", text,
				  cfg->id->get_type(cfg->id));
	ck_assert_msg(chunk_equals(cfg->id->get_encoding(cfg->id), encoding),
				  "%s: wrong octets", text);
	gkm_cfg_destroy(cfg);
}

START_TEST(id_has_a_type_by_its_form)
{
	assert_id("1234", ID_KEY_ID, chunk_from_chars(0, 0, 4, 210));
	assert_id("4294967295", ID_KEY_ID, chunk_from_chars(255, 255, 255, 255));
	assert_id("0x0102ff", ID_KEY_ID, chunk_from_chars(1, 2, 255));
	assert_id("239.1.2.3", ID_IPV4_ADDR, chunk_from_chars(239, 1, 2, 3));
	assert_id("ff05::1", ID_IPV6_ADDR, chunk_from_chars(0xff, 5, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0, 0, 0, 0, 1));
	assert_id("finance.example.org", ID_FQDN,
			  chunk_from_str("finance.example.org"));
	assert_id("finance", ID_FQDN, chunk_from_str("finance"));
	assert_id("finance@example.org", ID_RFC822_ADDR,
			  chunk_from_str("finance@example.org"));
}
END_TEST

/** One option each that is refused by itself */
static const struct {
	gkm_role_t role;
	cfg_option_t option;
	const char *what;
} bad_values[] = {
	{ GKM_ROLE_SERVER, { "id", "4294967296" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "id", "99999999999999999999999" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "id", "0x" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "0x123" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "0x12zz" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "-1" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "10.0.0.256" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "0.0.0.0" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "a..b" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "C=CH, O=Acme" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "@example.org" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", "user@" }, "isn't" },
	{ GKM_ROLE_SERVER, { "id", " " }, "empty" },
	{ GKM_ROLE_SERVER, { "role", "peer" }, "isn't a valid choice" },
	{ GKM_ROLE_SERVER, { "protocols", "gdo" }, "isn't supported" },
	{ GKM_ROLE_SERVER, { "protocols", "gikev2, gikev2" }, "twice" },
	{ GKM_ROLE_MEMBER, { "protocol", "ikev2" }, "isn't supported" },
	{ GKM_ROLE_SERVER, { "connections", "" }, "empty" },
	{ GKM_ROLE_SERVER, { "connections", ", ," }, "empty" },
	{ GKM_ROLE_MEMBER, { "servers", "ks1, ks2, ks1" }, "'ks1' is listed twice" },
	{ GKM_ROLE_SERVER, { "member_ids", "C=CH, CN=a, user@example.org" },
		"isn't a distinguished name" },
	{ GKM_ROLE_SERVER, { "max_members", "many" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "max_members", "10x" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "max_members", "4294967296" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "linger", "soon" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "linger", "-1s" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "linger", "1s5" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "linger", "1y" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "linger", "9999999999d" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "linger", "99999999999999999999" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "activation_delay", "later" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "activation_delay", "65536" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "deactivation_delay", "auto" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "deactivation_delay", "1d" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "sender_id_bits", "0" }, "isn't within 1 and 32" },
	{ GKM_ROLE_SERVER, { "sender_id_bits", "33" }, "isn't within 1 and 32" },
	{ GKM_ROLE_MEMBER, { "sender", "maybe" }, "neither yes nor no" },
	{ GKM_ROLE_MEMBER, { "receiver", "2" }, "neither yes nor no" },
	{ GKM_ROLE_MEMBER, { "start_action", "trap" }, "isn't a valid choice" },
	{ GKM_ROLE_MEMBER, { "retry_min", "0" }, "isn't within" },
	{ GKM_ROLE_MEMBER, { "retry_max", "never" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "rekey.transport", "broadcast" }, "valid choice" },
	{ GKM_ROLE_SERVER, { "rekey.address", "10.0.0.1:848" }, "multicast" },
	{ GKM_ROLE_SERVER, { "rekey.address", "[fe80::1]:848" }, "multicast" },
	{ GKM_ROLE_SERVER, { "rekey.address", "239.0.0.1:0" }, "isn't an address" },
	{ GKM_ROLE_SERVER, { "rekey.address", "239.0.0.1:65536" }, "isn't an" },
	{ GKM_ROLE_SERVER, { "rekey.address", "239.0.0.1:848x" }, "isn't an" },
	{ GKM_ROLE_SERVER, { "rekey.address", "[ff15::1:848" }, "isn't an" },
	{ GKM_ROLE_SERVER, { "rekey.address", "rekeys.example.org" }, "isn't an" },
	{ GKM_ROLE_SERVER, { "rekey.proposals", "aes256" }, "" },
	{ GKM_ROLE_SERVER, { "rekey.proposals", "rot13-kw256" }, "" },
	{ GKM_ROLE_SERVER, { "rekey.auth", "psk" }, "valid choice" },
	{ GKM_ROLE_SERVER, { "rekey.rekey_time", "0" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.life_time", "1" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "often" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2" }, "doesn't say how often" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 each 10s" }, "isn't like" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every" }, "isn't like" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every soon" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every 0" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every 3601" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "21 every 1s" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "-1 every 1s" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every 10s 5" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "rekey.key_tree", "lkh" }, "neither yes nor no" },
	{ GKM_ROLE_SERVER, { "rekey.key_tree_degree", "1" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.key_tree_degree", "17" }, "isn't within" },
	{ GKM_ROLE_SERVER, { "rekey.key_tree_degree", "four" }, "isn't a number" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.0/33" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "%any" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "dynamic" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.9-10.0.0.1" }, "isn't" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1[udp" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1[nosuch]" }, "isn't" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1[udp/70000]" },
		"isn't" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1[udp/9-5]" }, "isn't" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1[udp]x" }, "isn't a" },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.1, 10.0.0.1/32" },
		"twice" },
	{ GKM_ROLE_SERVER, { "sas.data.destination_ts", "ff15::/16" }, "IPv6" },
	{ GKM_ROLE_MEMBER, { "sas.data.destination_ts", "ff15::/16" }, "IPv6" },
	{ GKM_ROLE_SERVER, { "sas.data.esp_proposals", "aes257" }, "" },
	{ GKM_ROLE_SERVER, { "sas.data.ah_proposals", "aes256gcm16" }, "" },
	{ GKM_ROLE_SERVER, { "sas.data.mode", "beet" }, "isn't a valid choice" },
	{ GKM_ROLE_SERVER, { "sas.data.senders", "none" }, "valid choice" },
	{ GKM_ROLE_SERVER, { "sas.data.rekey_time", "50" "x" }, "isn't a time" },
	{ GKM_ROLE_SERVER, { "sas.data.life_time", "1" }, "isn't within" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_packets", "1k" }, "isn't a number" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_packets", "4294967296" }, "within" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "much" }, "number of bytes" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "1mb" }, "number of bytes" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "1t" }, "number of bytes" },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "12345678901" }, "number of" },
	{ GKM_ROLE_SERVER, { "colour", "blue" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "sas", "data" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "sas.mode", "tunnel" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "sas.data.colour", "blue" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "sas..mode", "tunnel" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "rekey.colour", "blue" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "rekey", "yes" }, "unknown option" },
	{ GKM_ROLE_SERVER, { "", "x" }, "unknown option" },
};

START_TEST(bad_value_is_refused_with_its_key)
{
	cfg_refuse(bad_values[_i].role, &bad_values[_i].option, 1,
		   bad_values[_i].option.key, bad_values[_i].what);
}
END_TEST

START_TEST(missing_option_is_refused_with_its_key)
{
	cfg_option_t option = {};

	option.key = cfg_server[_i].key;
	cfg_refuse(GKM_ROLE_SERVER, &option, 1, option.key, "missing");
	option.key = cfg_member[_i].key;
	cfg_refuse(GKM_ROLE_MEMBER, &option, 1, option.key, "missing");
}
END_TEST

START_TEST(group_without_data_sa_is_refused)
{
	cfg_option_t options[] = {
		{ "sas.data.source_ts" },
		{ "sas.data.destination_ts" },
	};

	cfg_refuse(GKM_ROLE_SERVER, options, countof(options), "sas", "no section");
}
END_TEST

START_TEST(option_given_twice_is_refused)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = gkm_cfg_create("finance");
	ck_assert(gkm_cfg_set(cfg, cfg_server[_i].key, cfg_server[_i].value, &err));
	ck_assert(!gkm_cfg_set(cfg, cfg_server[_i].key, cfg_server[_i].value,
						   &err));
	ck_assert_msg(strpfx(err.text, cfg_server[_i].key), "%s", err.text);
	ck_assert_msg(strstr(err.text, "twice"), "%s", err.text);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Options of the other role */
static const struct {
	gkm_role_t role;
	cfg_option_t option;
} wrong_role[] = {
	{ GKM_ROLE_SERVER, { "protocol", "gikev2" } },
	{ GKM_ROLE_SERVER, { "servers", "ks1" } },
	{ GKM_ROLE_SERVER, { "sender", "yes" } },
	{ GKM_ROLE_SERVER, { "receiver", "yes" } },
	{ GKM_ROLE_SERVER, { "start_action", "start" } },
	{ GKM_ROLE_SERVER, { "retry_min", "1s" } },
	{ GKM_ROLE_SERVER, { "retry_max", "1m" } },
	{ GKM_ROLE_SERVER, { "sas.data.life_packets", "1000" } },
	{ GKM_ROLE_SERVER, { "sas.data.life_bytes", "1g" } },
	{ GKM_ROLE_MEMBER, { "protocols", "gikev2" } },
	{ GKM_ROLE_MEMBER, { "connections", "members" } },
	{ GKM_ROLE_MEMBER, { "member_ids", "*@example.org" } },
	{ GKM_ROLE_MEMBER, { "max_members", "5" } },
	{ GKM_ROLE_MEMBER, { "linger", "5s" } },
	{ GKM_ROLE_MEMBER, { "activation_delay", "5s" } },
	{ GKM_ROLE_MEMBER, { "deactivation_delay", "5s" } },
	{ GKM_ROLE_MEMBER, { "sender_id_bits", "8" } },
	{ GKM_ROLE_MEMBER, { "rekey.transport", "inband" } },
	{ GKM_ROLE_MEMBER, { "rekey.address", "239.1.1.1:848" } },
	{ GKM_ROLE_MEMBER, { "rekey.key", "rekey.pem" } },
	{ GKM_ROLE_MEMBER, { "rekey.auth", "signature" } },
	{ GKM_ROLE_MEMBER, { "rekey.rekey_time", "1h" } },
	{ GKM_ROLE_MEMBER, { "rekey.life_time", "1h" } },
	{ GKM_ROLE_MEMBER, { "rekey.retransmit", "2 every 10s" } },
	{ GKM_ROLE_MEMBER, { "rekey.key_tree", "yes" } },
	{ GKM_ROLE_MEMBER, { "rekey.key_tree_degree", "4" } },
	{ GKM_ROLE_MEMBER, { "sas.data.rekey_time", "1h" } },
	{ GKM_ROLE_MEMBER, { "sas.data.life_time", "1h" } },
};

START_TEST(option_of_other_role_is_refused)
{
	cfg_refuse(wrong_role[_i].role, &wrong_role[_i].option, 1,
		   wrong_role[_i].option.key, "not an option of a");
}
END_TEST

/** Pairs that contradict each other, with the key to be named */
static const struct {
	gkm_role_t role;
	cfg_option_t options[2];
	const char *where;
	const char *what;
} contradictions[] = {
	{ GKM_ROLE_SERVER, { { "rekey.transport", "inband" },
		{ "rekey.address", "239.1.1.1:848" } }, "rekey.address", "inband" },
	{ GKM_ROLE_SERVER, { { "rekey.auth", "implicit" },
		{ "rekey.transport", "inband" } }, "rekey.auth", "inband" },
	{ GKM_ROLE_SERVER, { { "rekey.life_time", "1h" },
		{ "rekey.transport", "inband" } }, "rekey.life_time", "inband" },
	{ GKM_ROLE_SERVER, { { "rekey.retransmit", "1 every 1s" },
		{ "rekey.transport", "inband" } }, "rekey.retransmit", "inband" },
	{ GKM_ROLE_SERVER, { { "rekey.key_tree", "yes" },
		{ "rekey.transport", "inband" } }, "rekey.key_tree", "inband" },
	{ GKM_ROLE_SERVER, { { "activation_delay", "10s" },
		{ "deactivation_delay", "9s" } }, "deactivation_delay",
		"receivers would drop SAs after 9s that senders use for 10s" },
	{ GKM_ROLE_SERVER, { { "activation_delay", "61s" },
		{ "max_members", "1" } }, "deactivation_delay", "after 60s" },
	{ GKM_ROLE_SERVER, { { "rekey.auth", "implicit" },
		{ "rekey.key", "rekey.pem" } }, "rekey.key", "implicit" },
	{ GKM_ROLE_SERVER, { { "rekey.rekey_time", "1h" },
		{ "rekey.life_time", "60m" } }, "rekey.rekey_time", "life_time" },
	{ GKM_ROLE_SERVER, { { "sas.data.rekey_time", "2h" },
		{ "sas.data.life_time", "1h" } }, "sas.data.rekey_time", "life_time" },
	{ GKM_ROLE_SERVER, { { "sas.data.rekey_time", "3061" },
		{ "sas.data.life_time", "3600" } }, "sas.data.rekey_time",
		"3061s is more than 85% of life_time 3600s" },
	{ GKM_ROLE_SERVER, { { "sas.data.rekey_time", "2147483646" },
		{ "sas.data.life_time", "2147483647" } }, "sas.data.rekey_time",
		"more than 85%" },
	{ GKM_ROLE_SERVER, { { "sas.data.esp_proposals", "aes256-sha256" },
		{ "sas.data.ah_proposals", "sha256" } }, "sas.data.ah_proposals",
		"esp_proposals" },
	{ GKM_ROLE_SERVER, { { "sas.data.senders", "separate" },
		{ "sas.data.source_ts", "10.0.0.1, 10.0.1.0/24" } },
		"sas.data.source_ts", "isn't one host" },
	{ GKM_ROLE_SERVER, { { "sas.data.source_ts", "10.0.0.0/8[udp]" },
		{ "sas.data.destination_ts", "239.0.0.0/8[tcp]" } },
		"sas.data.destination_ts", "protocol" },
	{ GKM_ROLE_MEMBER, { { "sender", "no" }, { "receiver", "no" } },
		"receiver", "neither" },
	{ GKM_ROLE_MEMBER, { { "retry_min", "10s" }, { "retry_max", "9s" } },
		"retry_min", "retry_max" },
};

START_TEST(contradiction_is_refused_with_its_key)
{
	cfg_refuse(contradictions[_i].role, contradictions[_i].options, 2,
		   contradictions[_i].where, contradictions[_i].what);
}
END_TEST

START_TEST(modes_of_a_servers_data_sas_have_to_be_the_same)
{
	cfg_option_t options[] = {
		{ "sas.other.source_ts", "10.0.0.0/8" },
		{ "sas.other.destination_ts", "239.2.0.0/16" },
		{ "sas.other.mode", "transport" },
	};
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg_refuse(GKM_ROLE_SERVER, options, countof(options), "sas.other.mode",
		   "differs");
	/* a member may allow both */
	cfg = cfg_configure(GKM_ROLE_MEMBER, options, countof(options), &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert_int_eq(array_count(cfg->sas), 2);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(too_many_pairs_of_selectors_are_refused)
{
	char src[GKM_CFG_MAX_SAS * 20] = "";
	cfg_option_t option = { "sas.data.source_ts", src };
	int i;

	for (i = 0; i < GKM_CFG_MAX_SAS; i++)
	{
		sprintf(src + strlen(src), "10.0.0.%d,", i);
	}
	gkm_cfg_destroy(cfg_accept(GKM_ROLE_SERVER, option.key, src));
	strcat(src, "10.0.0.200");
	cfg_refuse(GKM_ROLE_SERVER, &option, 1, option.key, "more than");
}
END_TEST

START_TEST(sections_are_known_by_name)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;
	int i;

	cfg = gkm_cfg_create("finance");
	ck_assert(gkm_cfg_section(cfg, "rekey", &err));
	ck_assert(gkm_cfg_section(cfg, "sas", &err));
	ck_assert(!gkm_cfg_section(cfg, "mesh", &err));
	ck_assert_str_eq(err.text, "mesh: unknown section");
	ck_assert(!gkm_cfg_section(cfg, "sas.data.x", NULL));
	ck_assert(!gkm_cfg_section(cfg, "sas.", NULL));

	/* an empty section for a data SA is as incomplete as one with options */
	for (i = 0; i < 3; i++)
	{
		ck_assert(gkm_cfg_set(cfg, cfg_server[i].key, cfg_server[i].value,
							  NULL));
	}
	ck_assert(gkm_cfg_section(cfg, "sas.data", NULL));
	memset(&err, 0, sizeof(err));
	ck_assert(!gkm_cfg_finish(cfg, &err));
	ck_assert_str_eq(err.text, "sas.data.source_ts: missing");
	gkm_cfg_destroy(cfg);
}
END_TEST

static void assert_name(array_t *array, int index, const char *name)
{
	char *current;

	ck_assert(array_get(array, index, &current));
	ck_assert_str_eq(current, name);
}

START_TEST(server_has_documented_defaults)
{
	gkm_error_t err = {};
	gkm_cfg_sa_t *sa;
	gkm_cfg_t *cfg;
	char buf[64];

	cfg = cfg_configure(GKM_ROLE_SERVER, NULL, 0, &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert_str_eq(cfg->name, "finance");
	ck_assert_int_eq(cfg->role, GKM_ROLE_SERVER);
	ck_assert_int_eq(array_count(cfg->connections), 1);
	assert_name(cfg->connections, 0, "members");
	ck_assert_int_eq(array_count(cfg->member_ids), 0);
	ck_assert_int_eq(cfg->max_members, 0);
	ck_assert_int_eq(cfg->linger, 10);
	ck_assert_uint_eq(cfg->activation_delay, GKM_ATD_AUTO);
	ck_assert_int_eq(cfg->deactivation_delay, 60);
	ck_assert_int_eq(cfg->sender_id_bits, 16);
	ck_assert_int_eq(cfg->rekey.transport, GKM_TRANSPORT_MULTICAST);
	snprintf(buf, sizeof(buf), "%#H", cfg->rekey.address);
	ck_assert_str_eq(buf, "239.192.0.1[848]");
	ck_assert_int_eq(cfg_algorithm(cfg->rekey.proposals, KEY_WRAP_ALGORITHM),
					 KW_5649_256);
	ck_assert_int_eq(cfg_algorithm(cfg->rekey.proposals, ENCRYPTION_ALGORITHM),
					 ENCR_AES_GCM_ICV16);
	ck_assert(!cfg->rekey.key);
	ck_assert_int_eq(cfg->rekey.auth, GKM_AUTH_SIGNATURE);
	ck_assert_int_eq(cfg->rekey.rekey_time, 20 * 3600);
	ck_assert_int_eq(cfg->rekey.life_time, 24 * 3600);
	ck_assert_int_eq(cfg->rekey.retransmit.count, 2);
	ck_assert_int_eq(cfg->rekey.retransmit.interval, 10);
	ck_assert(cfg->rekey.key_tree);
	ck_assert_int_eq(cfg->rekey.key_tree_degree, 4);
	sa = cfg_first_sa(cfg);
	ck_assert_str_eq(sa->name, "data");
	ck_assert_int_eq(array_count(sa->src), 1);
	ck_assert_int_eq(array_count(sa->dst), 1);
	ck_assert_int_eq(sa->mode, MODE_TUNNEL);
	ck_assert_int_eq(sa->senders, GKM_SENDERS_ANY);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, ENCRYPTION_ALGORITHM),
					 ENCR_AES_CBC);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, INTEGRITY_ALGORITHM),
					 AUTH_HMAC_SHA2_256_128);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, EXTENDED_SEQUENCE_NUMBERS),
					 GKM_SN_UNSPECIFIED);
	ck_assert_int_eq(sa->rekey_time, 50 * 60);
	ck_assert_int_eq(sa->life_time, 3600);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_has_documented_defaults)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(GKM_ROLE_MEMBER, NULL, 0, &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert_int_eq(cfg->role, GKM_ROLE_MEMBER);
	ck_assert_int_eq(array_count(cfg->connections), 2);
	assert_name(cfg->connections, 0, "ks1");
	assert_name(cfg->connections, 1, "ks2");
	ck_assert(cfg->sender);
	ck_assert(cfg->receiver);
	ck_assert_int_eq(cfg->start_action, GKM_START_NONE);
	ck_assert_int_eq(cfg->retry_min, 5);
	ck_assert_int_eq(cfg->retry_max, 300);
	ck_assert(!cfg->rekey.address);
	ck_assert_int_eq(array_count(cfg->rekey.proposals), 1);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(server_takes_every_option)
{
	cfg_option_t options[] = {
		{ "protocols", "gikev2" },
		{ "connections", "roadwarriors,branches" },
		{ "member_ids", "C=CH, O=Acme, CN=*; *@example.org, gm1" },
		{ "max_members", "100" },
		{ "linger", "0" },
		{ "activation_delay", "7" },
		{ "deactivation_delay", "2 m" },
		{ "sender_id_bits", "8" },
		{ "rekey.transport", "multicast" },
		{ "rekey.address", "[ff15::1]:8480" },
		{ "rekey.proposals", "aes128-sha256-kw128, aes256gcm16-kw256" },
		{ "rekey.key", "rekey.pem" },
		{ "rekey.auth", "signature" },
		{ "rekey.rekey_time", "1h" },
		{ "rekey.life_time", "1d" },
		{ "sas.data.esp_proposals", "aes128gcm16" },
		{ "sas.data.mode", "transport" },
		{ "sas.data.senders", "single" },
		{ "sas.data.rekey_time", "90s" },
		{ "sas.data.life_time", "120" },
	};
	gkm_error_t err = {};
	identification_t *id;
	gkm_cfg_sa_t *sa;
	gkm_cfg_t *cfg;
	char buf[64];

	cfg = cfg_configure(GKM_ROLE_SERVER, options, countof(options), &err);
	ck_assert_msg(cfg, "%s", err.text);
	assert_name(cfg->connections, 1, "branches");
	ck_assert_int_eq(array_count(cfg->member_ids), 3);
	array_get(cfg->member_ids, 0, &id);
	ck_assert_int_eq(id->get_type(id), ID_DER_ASN1_DN);
	array_get(cfg->member_ids, 1, &id);
	ck_assert_int_eq(id->get_type(id), ID_RFC822_ADDR);
	array_get(cfg->member_ids, 2, &id);
	ck_assert_int_eq(id->get_type(id), ID_FQDN);
	ck_assert_int_eq(cfg->max_members, 100);
	ck_assert_int_eq(cfg->linger, 0);
	ck_assert_int_eq(cfg->activation_delay, 7);
	ck_assert_int_eq(cfg->deactivation_delay, 120);
	ck_assert_int_eq(cfg->sender_id_bits, 8);
	snprintf(buf, sizeof(buf), "%#H", cfg->rekey.address);
	ck_assert_str_eq(buf, "ff15::1[8480]");
	ck_assert_int_eq(array_count(cfg->rekey.proposals), 2);
	ck_assert_str_eq(cfg->rekey.key, "rekey.pem");
	ck_assert_int_eq(cfg->rekey.rekey_time, 3600);
	ck_assert_int_eq(cfg->rekey.life_time, 86400);
	sa = cfg_first_sa(cfg);
	ck_assert_int_eq(sa->mode, MODE_TRANSPORT);
	ck_assert_int_eq(sa->senders, GKM_SENDERS_SINGLE);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, EXTENDED_SEQUENCE_NUMBERS),
					 GKM_SN_SEQUENTIAL);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, ENCRYPTION_ALGORITHM),
					 ENCR_AES_GCM_ICV16);
	ck_assert_int_eq(sa->rekey_time, 90);
	ck_assert_int_eq(sa->life_time, 120);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_takes_every_option)
{
	cfg_option_t options[] = {
		{ "protocol", "GIKEv2" },
		{ "sender", "no" },
		{ "receiver", "true" },
		{ "start_action", "start" },
		{ "retry_min", "1s" },
		{ "retry_max", "1s" },
		{ "rekey.proposals", "aes128-sha256-kw128" },
		{ "sas.data.ah_proposals", "sha256, sha512" },
		{ "sas.data.mode", "transport" },
		{ "sas.data.senders", "any" },
		{ "sas.data.life_packets", "4294967295" },
		{ "sas.data.life_bytes", "9999999999 G" },
	};
	gkm_error_t err = {};
	proposal_t *proposal;
	gkm_cfg_t *cfg;

	cfg = cfg_configure(GKM_ROLE_MEMBER, options, countof(options), &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert(!cfg->sender);
	ck_assert(cfg->receiver);
	ck_assert_int_eq(cfg->start_action, GKM_START_START);
	ck_assert_int_eq(cfg->retry_min, 1);
	ck_assert_int_eq(cfg->retry_max, 1);
	ck_assert_int_eq(cfg_algorithm(cfg->rekey.proposals, KEY_WRAP_ALGORITHM),
					 KW_5649_128);
	ck_assert_int_eq(array_count(cfg_first_sa(cfg)->proposals), 2);
	array_get(cfg_first_sa(cfg)->proposals, 1, &proposal);
	ck_assert_int_eq(proposal->get_protocol(proposal), PROTO_AH);
	ck_assert_int_eq(cfg_first_sa(cfg)->life_packets, UINT32_MAX);
	ck_assert(cfg_first_sa(cfg)->life_bytes == 9999999999ULL << 30);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(inband_group_has_no_rekey_address)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(GKM_ROLE_SERVER, "rekey.transport", "inband");
	ck_assert_int_eq(cfg->rekey.transport, GKM_TRANSPORT_INBAND);
	ck_assert(!cfg->rekey.address);
	ck_assert(!cfg->rekey.key_tree);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(mixed_group_has_all_that_multicast_takes)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(GKM_ROLE_SERVER, "rekey.transport", "mixed");
	ck_assert_int_eq(cfg->rekey.transport, GKM_TRANSPORT_MIXED);
	ck_assert(cfg->rekey.address);
	ck_assert(cfg->rekey.key_tree);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Copies of rekeys, and what they mean */
static const struct {
	const char *text;
	uint32_t count, interval;
} copies[] = {
	{ "0", 0, 0 },
	{ "0 every 10s", 0, 10 },
	{ "1 every 1", 1, 1 },
	{ "3  every  2m", 3, 120 },
	{ "20 every 1h", 20, 3600 },
};

START_TEST(copies_are_read_with_their_distance)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(GKM_ROLE_SERVER, "rekey.retransmit", copies[_i].text);
	ck_assert_uint_eq(cfg->rekey.retransmit.count, copies[_i].count);
	ck_assert_uint_eq(cfg->rekey.retransmit.interval, copies[_i].interval);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(delays_may_be_equal_or_automatic)
{
	cfg_option_t equal[] = {
		{ "activation_delay", "10s" }, { "deactivation_delay", "10s" },
	}, automatic[] = {
		{ "activation_delay", "auto" }, { "deactivation_delay", "0" },
	};
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(GKM_ROLE_SERVER, equal, countof(equal), &err);
	ck_assert_msg(cfg, "%s", err.text);
	gkm_cfg_destroy(cfg);
	cfg = cfg_configure(GKM_ROLE_SERVER, automatic, countof(automatic), &err);
	ck_assert_msg(cfg, "%s", err.text);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Selectors and what they mean, as strongSwan prints them */
static const struct {
	const char *text;
	const char *printed;
} selectors[] = {
	{ "10.1.0.0/16", "10.1.0.0/16" },
	{ "10.1.0.1", "10.1.0.1/32" },
	{ "10.0.0.1-10.0.0.9", "10.0.0.1..10.0.0.9" },
	{ "10.0.0.0/8[udp]", "10.0.0.0/8[udp]" },
	{ "10.0.0.0/8[17/5000]", "10.0.0.0/8[udp/5000]" },
	{ "10.0.0.0/8[udp/5000-5010]", "10.0.0.0/8[udp/5000-5010]" },
	{ "10.0.0.0/8[any/any]", "10.0.0.0/8" },
	{ "10.0.0.0/8[udp/opaque]", "10.0.0.0/8[udp/OPAQUE]" },
};

START_TEST(selector_is_read_as_in_swanctl_conf)
{
	traffic_selector_t *ts;
	gkm_cfg_t *cfg;
	char buf[128];

	cfg = cfg_accept(GKM_ROLE_SERVER, "sas.data.source_ts",
					 selectors[_i].text);
	ck_assert(array_get(cfg_first_sa(cfg)->src, 0, &ts));
	snprintf(buf, sizeof(buf), "%R", ts);
	ck_assert_str_eq(buf, selectors[_i].printed);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(rekey_port_is_848_unless_given)
{
	const char *forms[] = { "239.1.1.1", "ff15::1", "[ff15::1]" };
	gkm_cfg_t *cfg;
	int i;

	for (i = 0; i < countof(forms); i++)
	{
		cfg = cfg_accept(GKM_ROLE_SERVER, "rekey.address", forms[i]);
		ck_assert_int_eq(cfg->rekey.address->get_port(cfg->rekey.address), 848);
		gkm_cfg_destroy(cfg);
	}
}
END_TEST

START_TEST(one_of_rekey_and_life_time_gives_the_other)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(GKM_ROLE_SERVER, "sas.data.life_time", "30m");
	ck_assert_int_eq(cfg_first_sa(cfg)->rekey_time, 25 * 60);
	gkm_cfg_destroy(cfg);
	cfg = cfg_accept(GKM_ROLE_SERVER, "sas.data.life_time", "2");
	ck_assert_int_eq(cfg_first_sa(cfg)->rekey_time, 1);
	gkm_cfg_destroy(cfg);
	cfg = cfg_accept(GKM_ROLE_SERVER, "rekey.rekey_time", "2h");
	ck_assert_int_gt(cfg->rekey.life_time, 2 * 3600);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(rekey_time_may_be_85_percent_of_life_time)
{
	cfg_option_t data[] = {
		{ "sas.data.rekey_time", "51m" },
		{ "sas.data.life_time", "1h" },
	};
	cfg_option_t rekey[] = {
		{ "rekey.rekey_time", "59m" },
		{ "rekey.life_time", "1h" },
	};
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(GKM_ROLE_SERVER, data, countof(data), &err);
	ck_assert_msg(cfg, "51m of 1h refused: %s", err.text);
	gkm_cfg_destroy(cfg);
	/* members learn of a new rekey SA by data SAs' lifetimes */
	cfg = cfg_configure(GKM_ROLE_SERVER, rekey, countof(rekey), &err);
	ck_assert_msg(cfg, "59m of 1h refused for the rekey SA: %s", err.text);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** An option each that makes a difference, and one that doesn't */
static const struct {
	gkm_role_t role;
	cfg_option_t option;
	bool equal;
} differences[] = {
	{ GKM_ROLE_SERVER, { "id", "0x000004d2" }, TRUE },
	{ GKM_ROLE_SERVER, { "id", "1235" }, FALSE },
	{ GKM_ROLE_SERVER, { "connections", "members, others" }, FALSE },
	{ GKM_ROLE_SERVER, { "member_ids", "*@example.org" }, FALSE },
	{ GKM_ROLE_SERVER, { "max_members", "1" }, FALSE },
	{ GKM_ROLE_SERVER, { "linger", "11" }, FALSE },
	{ GKM_ROLE_SERVER, { "linger", "10" }, TRUE },
	{ GKM_ROLE_SERVER, { "activation_delay", "0" }, FALSE },
	{ GKM_ROLE_SERVER, { "deactivation_delay", "1m" }, TRUE },
	{ GKM_ROLE_SERVER, { "deactivation_delay", "1h" }, FALSE },
	{ GKM_ROLE_SERVER, { "sender_id_bits", "12" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.transport", "inband" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.transport", "mixed" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every 10" }, TRUE },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "2 every 11s" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.retransmit", "3 every 10s" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.key_tree", "yes" }, TRUE },
	{ GKM_ROLE_SERVER, { "rekey.key_tree", "no" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.key_tree_degree", "3" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.address", "239.192.0.1:849" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.proposals", "aes128gcm16-kw256" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.key", "a.pem" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.auth", "implicit" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.rekey_time", "21h" }, FALSE },
	{ GKM_ROLE_SERVER, { "rekey.life_time", "1d" }, TRUE },
	{ GKM_ROLE_SERVER, { "rekey.life_time", "2d" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.source_ts", "10.0.0.0/9" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.destination_ts",
		"239.1.0.0-239.1.255.255" }, TRUE },
	{ GKM_ROLE_SERVER, { "sas.data.destination_ts", "239.1.0.0/17" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.esp_proposals", "aes256-sha256" }, TRUE },
	{ GKM_ROLE_SERVER, { "sas.data.esp_proposals", "aes128-sha256" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.ah_proposals", "sha256" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.mode", "transport" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.senders", "single" }, FALSE },
	{ GKM_ROLE_SERVER, { "sas.data.life_time", "3600s" }, TRUE },
	{ GKM_ROLE_SERVER, { "sas.data.rekey_time", "51m" }, FALSE },
	{ GKM_ROLE_MEMBER, { "servers", "ks2, ks1" }, FALSE },
	{ GKM_ROLE_MEMBER, { "sender", "no" }, FALSE },
	{ GKM_ROLE_MEMBER, { "sender", "yes" }, TRUE },
	{ GKM_ROLE_MEMBER, { "receiver", "no" }, FALSE },
	{ GKM_ROLE_MEMBER, { "start_action", "start" }, FALSE },
	{ GKM_ROLE_MEMBER, { "retry_min", "6s" }, FALSE },
	{ GKM_ROLE_MEMBER, { "retry_max", "6m" }, FALSE },
	{ GKM_ROLE_MEMBER, { "sas.data.life_packets", "0" }, TRUE },
	{ GKM_ROLE_MEMBER, { "sas.data.life_packets", "1" }, FALSE },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "0k" }, TRUE },
	{ GKM_ROLE_MEMBER, { "sas.data.life_bytes", "1k" }, FALSE },
};

START_TEST(configurations_differ_by_what_matters)
{
	gkm_cfg_t *base, *other, *clone;
	const cfg_option_t *option = &differences[_i].option;

	base = cfg_configure(differences[_i].role, NULL, 0, NULL);
	other = cfg_accept(differences[_i].role, option->key, option->value);
	ck_assert_msg(gkm_cfg_equals(base, other) == differences[_i].equal,
				  "%s = %s", option->key, option->value);
	ck_assert_msg(gkm_cfg_equals(other, base) == differences[_i].equal,
				  "%s = %s the other way", option->key, option->value);
	clone = gkm_cfg_clone(other);
	ck_assert_msg(clone && gkm_cfg_equals(clone, other),
				  "clone with %s = %s differs", option->key, option->value);
	gkm_cfg_destroy(clone);
	gkm_cfg_destroy(other);
	gkm_cfg_destroy(base);
}
END_TEST

Suite *gkm_cfg_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_cfg");

	tc = tcase_create("values");
	tcase_add_test(tc, id_has_a_type_by_its_form);
	tcase_add_loop_test(tc, bad_value_is_refused_with_its_key, 0,
						countof(bad_values));
	tcase_add_loop_test(tc, selector_is_read_as_in_swanctl_conf, 0,
						countof(selectors));
	tcase_add_test(tc, rekey_port_is_848_unless_given);
	suite_add_tcase(s, tc);

	tc = tcase_create("options");
	tcase_add_loop_test(tc, missing_option_is_refused_with_its_key, 0,
						CFG_BASE_COUNT);
	tcase_add_loop_test(tc, option_given_twice_is_refused, 0, CFG_BASE_COUNT);
	tcase_add_loop_test(tc, option_of_other_role_is_refused, 0,
						countof(wrong_role));
	tcase_add_loop_test(tc, contradiction_is_refused_with_its_key, 0,
						countof(contradictions));
	tcase_add_test(tc, group_without_data_sa_is_refused);
	tcase_add_test(tc, modes_of_a_servers_data_sas_have_to_be_the_same);
	tcase_add_test(tc, too_many_pairs_of_selectors_are_refused);
	tcase_add_test(tc, sections_are_known_by_name);
	suite_add_tcase(s, tc);

	tc = tcase_create("configurations");
	tcase_add_test(tc, server_has_documented_defaults);
	tcase_add_test(tc, member_has_documented_defaults);
	tcase_add_test(tc, server_takes_every_option);
	tcase_add_test(tc, member_takes_every_option);
	tcase_add_test(tc, inband_group_has_no_rekey_address);
	tcase_add_test(tc, mixed_group_has_all_that_multicast_takes);
	tcase_add_loop_test(tc, copies_are_read_with_their_distance, 0,
						countof(copies));
	tcase_add_test(tc, delays_may_be_equal_or_automatic);
	tcase_add_test(tc, one_of_rekey_and_life_time_gives_the_other);
	tcase_add_test(tc, rekey_time_may_be_85_percent_of_life_time);
	tcase_add_loop_test(tc, configurations_differ_by_what_matters, 0,
						countof(differences));
	suite_add_tcase(s, tc);

	return s;
}
