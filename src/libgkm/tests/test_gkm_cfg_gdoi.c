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

#include "libgkm/group/gkm_oid.h"

#include <selectors/traffic_selector.h>

#define SERVER GKM_ROLE_SERVER
#define MEMBER GKM_ROLE_MEMBER

/** Short for what many entries have */
#define GDOI { "protocols", "gdoi" }
#define BOTH { "protocols", "gikev2, gdoi" }
#define GDOI_MEMBER { "protocol", "gdoi" }

/** The data SA of the smallest configuration becomes one of IEC 61850 */
#define NO_SRC { "sas.data.source_ts" }
#define NO_DST { "sas.data.destination_ts" }
#define OID { "sas.data.oid", "1.2.840.10070.61850.8.1.2" }

/** Options of which the last is refused by itself, by its value */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
	const char *what;
} bad_values[] = {
	{ SERVER, { { "protocols", "ikev1" } }, "isn't supported" },
	{ SERVER, { { "protocols", "gdoi, gikev2, GDOI" } }, "'GDOI' is listed" },
	{ SERVER, { { "protocols", ", ," } }, "empty" },
	{ MEMBER, { { "protocol", "gikev2, gdoi" } }, "isn't supported" },
	{ SERVER, { GDOI, { "rekey.acknowledgement", "yes" } }, "valid choice" },
	{ SERVER, { GDOI, { "gdoi.proposals", "aes256-sha256" } }, "integrity" },
	{ SERVER, { GDOI, { "gdoi.proposals", "aes256gcm16" } }, "not supported" },
	{ SERVER, { GDOI, { "gdoi.proposals", "des" } }, "not supported" },
	{ SERVER, { GDOI, { "gdoi.doi", "ipsec" } }, "isn't a number" },
	{ SERVER, { GDOI, { "gdoi.doi", "4294967296" } }, "isn't within" },
	{ SERVER, { GDOI, { "gdoi.situation", "0x1" } }, "isn't a number" },
	{ SERVER, { GDOI, { "gdoi.d3p_type_attribute", "127" } },
		"isn't within 128 and 32767" },
	{ SERVER, { GDOI, { "gdoi.d3p_type_attribute", "3" } }, "isn't within" },
	{ SERVER, { GDOI, { "gdoi.d3p_window_attribute", "32768" } }, "within" },
	{ SERVER, { GDOI, { "gdoi.d3p_window_attribute", "128" } },
		"128 is that of gdoi.d3p_type_attribute" },
	{ SERVER, { GDOI, { "gdoi.bare_signature", "both" } }, "neither yes nor" },
	{ SERVER, { GDOI, { "gdoi.padded_length", "2" } }, "neither yes nor no" },
	{ SERVER, { GDOI, { "gdoi.pkcs1_key", "spki" } }, "neither yes nor no" },
	{ SERVER, { GDOI, { "gdoi.hash", "sha1" } }, "valid choice" },
	{ SERVER, { GDOI, { "gdoi.ack", "none" } }, "valid choice" },
	{ SERVER, { GDOI, { "gdoi.ack", "kek-sha1" } }, "valid choice" },
	{ SERVER, { GDOI, { "gdoi.ack_timeout", "0" } }, "isn't within" },
	{ SERVER, { GDOI, { "gdoi.ack_timeout", "500ms" } }, "isn't a time" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_length", "32" } }, "valid choice" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "5001ms" } },
		"5001ms isn't within 0ms and 5000ms" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "6s" } }, "isn't within" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "1m" } }, "isn't a time" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "1ms5" } }, "isn't a time" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "-1" } }, "isn't a time" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.ack_jitter", "9999999999s" } },
		"isn't within" },
	{ MEMBER, { GDOI_MEMBER, { "gdoi.script", "deliver.sh" } }, "absolute" },
	{ MEMBER, { { "d3p", "yes" } }, "valid choice" },
	{ SERVER, { { "d3p_window", "0" } }, "isn't within" },
	{ SERVER, { { "d3p_window", "99ms" } }, "isn't within 100ms and 10000ms" },
	{ SERVER, { { "d3p_window", "10001ms" } }, "isn't within" },
	{ SERVER, { { "d3p_window", "101s" } }, "or 1s and 100s" },
	{ MEMBER, { { "d3p_window", "2m" } }, "isn't a time" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, { "sas.data.oid", "goose" } },
		"isn't an object identifier" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.oid_data", "0a0" } },
		"octets in hex" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.oid_data", "0x" } },
		"octets in hex" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.oid_data", "data" } },
		"octets in hex" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.iec_proposals",
		"aes192-sha256" } }, "unknown algorithm" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.iec_proposals",
		"aes128" } }, "without an integrity" },
	{ SERVER, { GDOI, { "id", "oid:" } }, "isn't" },
	{ SERVER, { GDOI, { "id", "oid:1.2.x" } }, "isn't" },
	{ SERVER, { GDOI, { "id", "oid:1.2.3/" } }, "isn't" },
	{ SERVER, { GDOI, { "id", "oid:1.2.3/0a0" } }, "isn't" },
	{ SERVER, { GDOI, { "id", "oid:1.2.3/0a/0b" } }, "isn't" },
};

START_TEST(bad_value_is_refused_with_its_key)
{
	int count = cfg_count_options(bad_values[_i].options);

	cfg_refuse(bad_values[_i].role, bad_values[_i].options, count,
			   bad_values[_i].options[count - 1].key, bad_values[_i].what);
}
END_TEST

/** Options of the other role */
static const struct {
	gkm_role_t role;
	cfg_option_t option;
} wrong_role[] = {
	{ SERVER, { "d3p", "required" } },
	{ SERVER, { "gdoi.ack_length", "key" } },
	{ SERVER, { "gdoi.ack_jitter", "1s" } },
	{ SERVER, { "gdoi.script", "/bin/true" } },
	{ MEMBER, { "rekey.acknowledgement", "any" } },
	{ MEMBER, { "gdoi.bare_signature", "yes" } },
	{ MEMBER, { "gdoi.padded_length", "yes" } },
	{ MEMBER, { "gdoi.pkcs1_key", "yes" } },
	{ MEMBER, { "gdoi.hash", "sha256" } },
	{ MEMBER, { "gdoi.ack", "kek-sha256" } },
	{ MEMBER, { "gdoi.ack_timeout", "10s" } },
};

START_TEST(option_of_other_role_is_refused)
{
	cfg_refuse(wrong_role[_i].role, &wrong_role[_i].option, 1,
			   wrong_role[_i].option.key, "not an option of a");
}
END_TEST

/** Options that contradict each other, with the key to be named */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
	const char *where;
	const char *what;
} contradictions[] = {
	/* sections of a protocol that isn't used */
	{ SERVER, { { "gdoi.doi", "1" } }, "gdoi.doi",
		"gdoi isn't among protocols" },
	{ SERVER, { { "protocols", "gikev2" }, { "gdoi.ack", "kek-sha256" } },
		"gdoi.ack", "gdoi isn't among protocols" },
	{ MEMBER, { { "gdoi.ack_jitter", "0" } }, "gdoi.ack_jitter",
		"protocol isn't gdoi" },
	{ SERVER, { GDOI, { "rekey.proposals", "aes256gcm16-kw256" } },
		"rekey.proposals", "for gikev2" },
	{ MEMBER, { GDOI_MEMBER, { "rekey.proposals", "aes256gcm16-kw256" } },
		"rekey.proposals", "for gikev2" },
	{ SERVER, { { "rekey.acknowledgement", "any" } },
		"rekey.acknowledgement", "gdoi isn't among protocols" },
	/* transports */
	{ SERVER, { GDOI, { "rekey.transport", "inband" } }, "rekey.transport",
		"in-band rekeys exist in G-IKEv2 only, use unicast" },
	{ SERVER, { BOTH, { "rekey.transport", "inband" } }, "rekey.transport",
		"in-band rekeys exist in G-IKEv2 only, use unicast" },
	{ SERVER, { GDOI, { "rekey.transport", "unicast" },
		{ "rekey.address", "239.1.1.1" } }, "rekey.address",
		"contradicts rekey.transport = unicast" },
	{ SERVER, { BOTH, { "rekey.transport", "unicast" },
		{ "rekey.proposals", "aes256gcm16-kw256" } }, "rekey.proposals",
		"contradicts rekey.transport = unicast" },
	{ SERVER, { { "rekey.transport", "unicast" },
		{ "rekey.key_tree", "yes" } }, "rekey.key_tree",
		"contradicts rekey.transport = unicast" },
	{ SERVER, { { "rekey.transport", "unicast" },
		{ "rekey.acknowledgement", "none" } }, "rekey.acknowledgement",
		"contradicts rekey.transport = unicast" },
	/* authentication and key tree */
	{ SERVER, { GDOI, { "rekey.auth", "implicit" } }, "rekey.auth",
		"always signed" },
	{ SERVER, { BOTH, { "rekey.auth", "implicit" } }, "rekey.auth",
		"always signed" },
	{ SERVER, { GDOI, { "gdoi.proposals", "3des" } }, "gdoi.proposals",
		"3DES_CBC can't be used with rekey.key_tree" },
	{ SERVER, { BOTH, { "gdoi.proposals", "aes128" } }, "gdoi.proposals",
		"both AES_CBC_128 and rekey.proposals AES_GCM_16_256/KW_5649_256" },
	{ SERVER, { BOTH, { "rekey.proposals", "aes256gcm16-kw128" } },
		"gdoi.proposals", "AES_CBC_256 and rekey.proposals AES_GCM_16_256/"
		"KW_5649_128" },
	{ SERVER, { BOTH, { "rekey.transport", "mixed" },
		{ "gdoi.proposals", "aes192" } }, "gdoi.proposals", "AES_CBC_192" },
	{ SERVER, { GDOI, { "rekey.key_tree", "no" },
		{ "gdoi.ack", "lkh-sha256" } }, "gdoi.ack", "rekey.key_tree = yes" },
	{ SERVER, { GDOI, { "rekey.key_tree", "no" },
		{ "gdoi.ack", "lkh-sha512" } }, "gdoi.ack", "rekey.key_tree = yes" },
	/* identities */
	{ SERVER, { GDOI, { "id", "0x010203" } }, "id", "3 octets" },
	{ MEMBER, { GDOI_MEMBER, { "id", "0x0102030405" } }, "id", "5 octets" },
	{ SERVER, { { "id", "oid:1.2.3" } }, "id", "gdoi has to be the only" },
	{ SERVER, { BOTH, { "id", "oid:1.2.3" } }, "id", "G-IKEv2 has no object" },
	{ MEMBER, { { "id", "oid:1.2.3" } }, "id", "gdoi has to be the only" },
	/* what GDOI can't say of a data SA */
	{ SERVER, { BOTH, { "sas.data.esp_proposals", "chacha20poly1305" } },
		"sas.data.esp_proposals", "GDOI has no CHACHA20_POLY1305" },
	{ MEMBER, { GDOI_MEMBER, { "sas.data.esp_proposals",
		"aes256-sha256, aes128-aescmac" } }, "sas.data.esp_proposals",
		"GDOI has no AES_CMAC_96" },
	{ SERVER, { GDOI, { "sas.data.ah_proposals", "aescmac" } },
		"sas.data.ah_proposals", "GDOI has no AES_CMAC_96" },
	{ SERVER, { GDOI, { "sas.data.source_ts", "10.0.0.1[udp/5-9]" } },
		"sas.data.source_ts", "neither one port nor all" },
	{ SERVER, { BOTH, { "sas.data.destination_ts", "239.1.1.1[udp/opaque]" } },
		"sas.data.destination_ts", "neither one port nor all" },
	{ SERVER, { BOTH, { "sas.data.destination_ts", "239.1.1.1[udp/0]" } },
		"sas.data.destination_ts", "neither one port nor all" },
	{ SERVER, { BOTH, { "sas.other.source_ts", "10.0.0.0/8" },
		{ "sas.other.destination_ts", "239.2.0.0/16" },
		{ "sas.other.mode", "transport" } }, "sas.other.mode", "differs" },
	/* SAs of IEC 61850 */
	{ SERVER, { NO_SRC, NO_DST, OID }, "sas.data.oid", "only protocol" },
	{ SERVER, { BOTH, NO_SRC, NO_DST, OID }, "sas.data.oid", "only protocol" },
	{ MEMBER, { NO_SRC, NO_DST, OID }, "sas.data.oid", "only protocol" },
	{ SERVER, { GDOI, NO_DST, OID }, "sas.data.source_ts", "contradicts oid" },
	{ MEMBER, { GDOI_MEMBER, NO_SRC, OID }, "sas.data.destination_ts",
		"contradicts oid" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.mode", "tunnel" } },
		"sas.data.mode", "contradicts oid" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID, { "sas.data.senders", "any" } },
		"sas.data.senders", "contradicts oid" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID,
		{ "sas.data.esp_proposals", "aes256-sha256" } },
		"sas.data.esp_proposals", "contradicts oid" },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID,
		{ "sas.data.ah_proposals", "sha256" } },
		"sas.data.ah_proposals", "contradicts oid" },
	{ MEMBER, { GDOI_MEMBER, NO_SRC, NO_DST, OID,
		{ "sas.data.life_packets", "5" } }, "sas.data.life_packets",
		"contradicts oid" },
	{ MEMBER, { GDOI_MEMBER, NO_SRC, NO_DST, OID,
		{ "sas.data.life_bytes", "5" } }, "sas.data.life_bytes",
		"contradicts oid" },
	{ SERVER, { GDOI, { "sas.data.iec_proposals", "aes128gcm16" } },
		"sas.data.iec_proposals", "only for SAs with an oid" },
	{ SERVER, { GDOI, { "sas.data.oid_data", "0a" } }, "sas.data.oid_data",
		"only for SAs with an oid" },
};

START_TEST(contradiction_is_refused_with_its_key)
{
	cfg_refuse(contradictions[_i].role, contradictions[_i].options,
			   cfg_count_options(contradictions[_i].options),
			   contradictions[_i].where, contradictions[_i].what);
}
END_TEST

/** What goes together although it looks like one of the above */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
} good[] = {
	{ SERVER, { BOTH, { "rekey.transport", "mixed" } } },
	{ SERVER, { GDOI, { "rekey.transport", "mixed" } } },
	{ SERVER, { { "rekey.acknowledgement", "none" } } },
	{ SERVER, { BOTH, { "gdoi.proposals", "aes128" },
		{ "rekey.proposals", "aes128gcm16-kw128" } } },
	{ SERVER, { BOTH, { "gdoi.proposals", "aes128" },
		{ "rekey.key_tree", "no" } } },
	{ SERVER, { GDOI, { "gdoi.proposals", "3des" },
		{ "rekey.key_tree", "no" } } },
	{ SERVER, { GDOI, { "gdoi.proposals", "aes128" } } },
	/* only GDOI has a rekey SA then */
	{ SERVER, { BOTH, { "gdoi.proposals", "aes128" },
		{ "rekey.transport", "unicast" } } },
	{ SERVER, { BOTH, { "rekey.transport", "unicast" },
		{ "rekey.key_tree", "no" }, { "rekey.retransmit", "0" } } },
	{ SERVER, { GDOI, { "id", "group.example.org" } } },
	{ SERVER, { GDOI, { "id", "0x01020304" } } },
	{ SERVER, { GDOI, { "sas.data.source_ts", "10.0.0.1[udp/5]" } } },
	{ MEMBER, { GDOI_MEMBER, { "sas.data.source_ts", "10.0.0.1[udp/5-9]" } } },
	{ SERVER, { { "sas.data.source_ts", "10.0.0.1[udp/5-9]" } } },
	{ SERVER, { { "sas.data.esp_proposals", "chacha20poly1305" } } },
	/* GDOI has a mode for each SA */
	{ SERVER, { GDOI, { "sas.other.source_ts", "10.0.0.0/8" },
		{ "sas.other.destination_ts", "239.2.0.0/16" },
		{ "sas.other.mode", "transport" } } },
	{ SERVER, { GDOI, { "gdoi.d3p_type_attribute", "129" },
		{ "gdoi.d3p_window_attribute", "128" } } },
};

START_TEST(what_goes_together_is_accepted)
{
	gkm_cfg_destroy(cfg_accept_all(good[_i].role, good[_i].options));
}
END_TEST

START_TEST(gdoi_section_is_known)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = gkm_cfg_create("finance");
	ck_assert(gkm_cfg_section(cfg, "gdoi", &err));
	ck_assert(!gkm_cfg_section(cfg, "gdoi.acks", &err));
	ck_assert_str_eq(err.text, "gdoi.acks: unknown section");
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(server_has_documented_defaults)
{
	cfg_option_t options[CFG_OPTIONS] = { BOTH };
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(SERVER, options);
	ck_assert(gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2));
	ck_assert(gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI));
	ck_assert_uint_eq(cfg->d3p_window, 0);
	ck_assert_int_eq(array_count(cfg->gdoi.proposals), 1);
	ck_assert_int_eq(cfg_algorithm(cfg->gdoi.proposals, ENCRYPTION_ALGORITHM),
					 ENCR_AES_CBC);
	ck_assert_uint_eq(cfg->gdoi.doi, 2);
	ck_assert_uint_eq(cfg->gdoi.situation, 0);
	ck_assert_uint_eq(cfg->gdoi.d3p_type, 128);
	ck_assert_uint_eq(cfg->gdoi.d3p_window, 129);
	ck_assert(!cfg->gdoi.bare_signature);
	ck_assert(!cfg->gdoi.padded_length);
	ck_assert(!cfg->gdoi.pkcs1_key);
	ck_assert_int_eq(cfg->gdoi.hash, HASH_SHA256);
	ck_assert_int_eq(cfg->gdoi.ack, GKM_ACK_KEK_SHA256);
	ck_assert_uint_eq(cfg->gdoi.ack_timeout, 10);
	gkm_cfg_destroy(cfg);

	cfg = cfg_accept_all(SERVER, (cfg_option_t[CFG_OPTIONS]){});
	ck_assert(gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2));
	ck_assert(!gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI));
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_has_documented_defaults)
{
	cfg_option_t options[CFG_OPTIONS] = { GDOI_MEMBER };
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(MEMBER, options);
	ck_assert(!gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2));
	ck_assert(gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI));
	ck_assert_uint_eq(cfg->d3p_window, 0);
	ck_assert_int_eq(cfg->d3p, GKM_D3P_OPTIONAL);
	ck_assert_int_eq(array_count(cfg->gdoi.proposals), 1);
	ck_assert_uint_eq(cfg->gdoi.doi, 2);
	ck_assert(!cfg->gdoi.ack_key_length);
	ck_assert_uint_eq(cfg->gdoi.ack_jitter, 1000);
	ck_assert(!cfg->gdoi.script);
	gkm_cfg_destroy(cfg);

	cfg = cfg_accept_all(MEMBER, (cfg_option_t[CFG_OPTIONS]){});
	ck_assert(gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2));
	ck_assert(!gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI));
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(server_takes_every_option)
{
	cfg_option_t options[] = {
		{ "protocols", "GDOI,GIKEv2" },
		{ "rekey.transport", "multicast" },
		{ "rekey.acknowledgement", "interoperable" },
		{ "rekey.proposals", "aes128gcm16-kw128" },
		{ "d3p_window", "100ms" },
		{ "gdoi.proposals", "aes128, aes256" },
		{ "gdoi.doi", "1" },
		{ "gdoi.situation", "4294967295" },
		{ "gdoi.d3p_type_attribute", "255" },
		{ "gdoi.d3p_window_attribute", "32767" },
		{ "gdoi.bare_signature", "yes" },
		{ "gdoi.padded_length", "yes" },
		{ "gdoi.pkcs1_key", "yes" },
		{ "gdoi.hash", "sha384" },
		{ "gdoi.ack", "LKH-SHA512" },
		{ "gdoi.ack_timeout", "1m" },
	};
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(SERVER, options, countof(options), &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert_int_eq(cfg->rekey.acknowledgement, GKM_ACKS_INTEROPERABLE);
	ck_assert_uint_eq(cfg->d3p_window, 100);
	ck_assert_int_eq(array_count(cfg->gdoi.proposals), 2);
	ck_assert_int_eq(cfg->gdoi.hash, HASH_SHA384);
	ck_assert_uint_eq(cfg->gdoi.doi, 1);
	ck_assert_uint_eq(cfg->gdoi.situation, UINT32_MAX);
	ck_assert_uint_eq(cfg->gdoi.d3p_type, 255);
	ck_assert_uint_eq(cfg->gdoi.d3p_window, 32767);
	ck_assert(cfg->gdoi.bare_signature);
	ck_assert(cfg->gdoi.padded_length);
	ck_assert(cfg->gdoi.pkcs1_key);
	ck_assert_int_eq(cfg->gdoi.ack, GKM_ACK_LKH_SHA512);
	ck_assert_uint_eq(cfg->gdoi.ack_timeout, 60);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_takes_every_option)
{
	cfg_option_t options[] = {
		GDOI_MEMBER,
		{ "d3p", "required" },
		{ "d3p_window", "5" },
		{ "gdoi.proposals", "3des" },
		{ "gdoi.doi", "0" },
		{ "gdoi.situation", "1" },
		{ "gdoi.d3p_type_attribute", "200" },
		{ "gdoi.d3p_window_attribute", "201" },
		{ "gdoi.ack_length", "key" },
		{ "gdoi.ack_jitter", "250ms" },
		{ "gdoi.script", "/usr/local/bin/deliver --goose" },
	};
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(MEMBER, options, countof(options), &err);
	ck_assert_msg(cfg, "%s", err.text);
	ck_assert_int_eq(cfg->d3p, GKM_D3P_REQUIRED);
	ck_assert_uint_eq(cfg->d3p_window, 5000);
	ck_assert_int_eq(cfg_algorithm(cfg->gdoi.proposals, ENCRYPTION_ALGORITHM),
					 ENCR_3DES);
	ck_assert_uint_eq(cfg->gdoi.doi, 0);
	ck_assert_uint_eq(cfg->gdoi.situation, 1);
	ck_assert_uint_eq(cfg->gdoi.d3p_type, 200);
	ck_assert_uint_eq(cfg->gdoi.d3p_window, 201);
	ck_assert(cfg->gdoi.ack_key_length);
	ck_assert_uint_eq(cfg->gdoi.ack_jitter, 250);
	ck_assert_str_eq(cfg->gdoi.script, "/usr/local/bin/deliver --goose");
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Windows, and how many milliseconds they are */
static const struct {
	const char *text;
	uint32_t msecs;
} windows[] = {
	{ "100ms", 100 },
	{ "10000 ms", 10000 },
	{ "1", 1000 },
	{ "1s", 1000 },
	{ "100 S", 100000 },
};

START_TEST(d3p_window_is_in_seconds_or_milliseconds)
{
	gkm_cfg_t *cfg;

	cfg = cfg_accept(SERVER, "d3p_window", windows[_i].text);
	ck_assert_uint_eq(cfg->d3p_window, windows[_i].msecs);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Which acknowledgements are in use if nothing is said about them, and if
 *  something is */
static const struct {
	cfg_option_t options[CFG_OPTIONS];
	gkm_acks_t acks;
} acks[] = {
	{ { { "rekey.transport", "multicast" } }, GKM_ACKS_NONE },
	{ { { "rekey.transport", "unicast" } }, GKM_ACKS_NONE },
	{ { GDOI, { "rekey.transport", "multicast" } }, GKM_ACKS_NONE },
	{ { GDOI, { "rekey.transport", "mixed" } }, GKM_ACKS_NONE },
	{ { GDOI, { "rekey.transport", "unicast" } }, GKM_ACKS_ANY },
	{ { BOTH, { "rekey.transport", "unicast" } }, GKM_ACKS_ANY },
	{ { GDOI, { "rekey.transport", "unicast" },
		{ "rekey.acknowledgement", "none" } }, GKM_ACKS_NONE },
	{ { GDOI, { "rekey.transport", "unicast" },
		{ "rekey.acknowledgement", "cisco" } }, GKM_ACKS_CISCO },
	{ { GDOI, { "rekey.acknowledgement", "interoperable" } },
		GKM_ACKS_INTEROPERABLE },
	{ { BOTH, { "rekey.acknowledgement", "any" } }, GKM_ACKS_ANY },
};

START_TEST(unicast_rekeys_are_acknowledged_and_others_on_request)
{
	gkm_cfg_t *cfg, *clone;

	cfg = cfg_accept_all(SERVER, acks[_i].options);
	ck_assert_int_eq(cfg->rekey.acknowledgement, acks[_i].acks);
	clone = gkm_cfg_clone(cfg);
	ck_assert(clone && gkm_cfg_equals(clone, cfg));
	gkm_cfg_destroy(clone);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(unicast_has_no_address)
{
	cfg_option_t options[CFG_OPTIONS] = {
		BOTH, { "rekey.transport", "unicast" },
	};
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(SERVER, options);
	ck_assert_int_eq(cfg->rekey.transport, GKM_TRANSPORT_UNICAST);
	ck_assert(!cfg->rekey.address);
	ck_assert(cfg->rekey.key_tree);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(unicast_is_inband_without_gdoi)
{
	gkm_cfg_t *unicast, *inband;

	unicast = cfg_accept(SERVER, "rekey.transport", "unicast");
	ck_assert_int_eq(unicast->rekey.transport, GKM_TRANSPORT_INBAND);
	ck_assert(!unicast->rekey.key_tree);
	inband = cfg_accept(SERVER, "rekey.transport", "inband");
	ck_assert(gkm_cfg_equals(unicast, inband));
	gkm_cfg_destroy(inband);
	gkm_cfg_destroy(unicast);
}
END_TEST

START_TEST(group_of_iec_62351_has_an_oid)
{
	cfg_option_t options[CFG_OPTIONS] = {
		GDOI, { "id", "oid:1.2.840.10070.61850.8.1.2/0A0b" },
	};
	chunk_t oid, data;
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(SERVER, options);
	ck_assert(gkm_oid_id_parse(cfg->id, &oid, &data));
	ck_assert(chunk_equals(oid, chunk_from_chars(0x06, 0x0b, 0x2a, 0x86, 0x48,
					0xce, 0x56, 0x83, 0xe3, 0x1a, 0x08, 0x01, 0x02)));
	ck_assert(chunk_equals(data, chunk_from_chars(0x0a, 0x0b)));
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(sa_of_iec_61850_has_an_oid_for_a_selector)
{
	cfg_option_t options[CFG_OPTIONS] = {
		GDOI, NO_SRC, NO_DST, OID, { "sas.data.oid_data", "0x0a0b" },
	};
	traffic_selector_t *ts;
	proposal_t *proposal;
	gkm_cfg_sa_t *sa;
	gkm_cfg_t *cfg;
	char buf[32];

	cfg = cfg_accept_all(SERVER, options);
	sa = cfg_first_sa(cfg);
	ck_assert(chunk_equals(sa->oid, chunk_from_chars(0x06, 0x0b, 0x2a, 0x86,
				0x48, 0xce, 0x56, 0x83, 0xe3, 0x1a, 0x08, 0x01, 0x02)));
	ck_assert(chunk_equals(sa->oid_data, chunk_from_chars(0x0a, 0x0b)));
	ck_assert_int_eq(array_count(sa->src), 1);
	ck_assert(array_get(sa->dst, ARRAY_HEAD, &ts));
	snprintf(buf, sizeof(buf), "%R", ts);
	ck_assert_str_eq(buf, "0.0.0.0/0");
	ck_assert(array_get(sa->proposals, ARRAY_HEAD, &proposal));
	ck_assert_int_eq(proposal->get_protocol(proposal), PROTO_IEC_61850);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, ENCRYPTION_ALGORITHM),
					 ENCR_AES_CBC);
	ck_assert_int_eq(cfg_algorithm(sa->proposals, INTEGRITY_ALGORITHM),
					 AUTH_HMAC_SHA2_256_128);
	ck_assert_uint_eq(sa->life_time, 3600);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_takes_several_proposals_for_iec_61850)
{
	cfg_option_t options[CFG_OPTIONS] = {
		GDOI_MEMBER, NO_SRC, NO_DST, OID,
		{ "sas.data.iec_proposals", "aes128gcm16, null-sha256" },
	};
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(MEMBER, options);
	ck_assert_int_eq(array_count(cfg_first_sa(cfg)->proposals), 2);
	ck_assert(!cfg_first_sa(cfg)->oid_data.len);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Options besides others that make a difference, and some that don't */
static const struct {
	gkm_role_t role;
	cfg_option_t base[CFG_OPTIONS - 1];
	cfg_option_t option;
	bool equal;
} differences[] = {
	{ SERVER, {}, { "protocols", "gikev2" }, TRUE },
	{ SERVER, {}, { "protocols", "gdoi" }, FALSE },
	{ SERVER, {}, { "protocols", "gdoi, gikev2" }, FALSE },
	{ SERVER, {}, { "d3p_window", "1s" }, FALSE },
	{ SERVER, { GDOI }, { "rekey.transport", "unicast" }, FALSE },
	{ SERVER, { GDOI }, { "rekey.acknowledgement", "none" }, TRUE },
	{ SERVER, { GDOI }, { "rekey.acknowledgement", "any" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.proposals", "aes256" }, TRUE },
	{ SERVER, { GDOI }, { "gdoi.proposals", "aes128" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.doi", "2" }, TRUE },
	{ SERVER, { GDOI }, { "gdoi.doi", "1" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.situation", "1" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.d3p_type_attribute", "130" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.d3p_window_attribute", "130" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.bare_signature", "yes" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.padded_length", "yes" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.pkcs1_key", "yes" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.ack", "kek-sha512" }, FALSE },
	{ SERVER, { GDOI }, { "gdoi.ack_timeout", "10" }, TRUE },
	{ SERVER, { GDOI }, { "gdoi.ack_timeout", "11" }, FALSE },
	{ MEMBER, {}, { "protocol", "gdoi" }, FALSE },
	{ MEMBER, {}, { "d3p", "required" }, FALSE },
	{ MEMBER, {}, { "d3p_window", "200ms" }, FALSE },
	{ MEMBER, { GDOI_MEMBER }, { "gdoi.ack_length", "block" }, TRUE },
	{ MEMBER, { GDOI_MEMBER }, { "gdoi.ack_length", "key" }, FALSE },
	{ MEMBER, { GDOI_MEMBER }, { "gdoi.ack_jitter", "1000ms" }, TRUE },
	{ MEMBER, { GDOI_MEMBER }, { "gdoi.ack_jitter", "0" }, FALSE },
	{ MEMBER, { GDOI_MEMBER }, { "gdoi.script", "/bin/true" }, FALSE },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID }, { "sas.data.oid_data", "0a" },
		FALSE },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID },
		{ "sas.data.iec_proposals", "aes256-sha256_128" }, TRUE },
	{ SERVER, { GDOI, NO_SRC, NO_DST, OID },
		{ "sas.data.iec_proposals", "aes256-sha256" }, FALSE },
};

START_TEST(configurations_differ_by_what_matters)
{
	const cfg_option_t *option = &differences[_i].option;
	cfg_option_t options[CFG_OPTIONS] = {};
	gkm_cfg_t *base, *other, *clone;

	memcpy(options, differences[_i].base, sizeof(differences[_i].base));
	base = cfg_accept_all(differences[_i].role, options);
	options[cfg_count_options(options)] = *option;
	other = cfg_accept_all(differences[_i].role, options);
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

START_TEST(oid_makes_a_difference)
{
	cfg_option_t options[CFG_OPTIONS] = { GDOI, NO_SRC, NO_DST, OID };
	gkm_cfg_t *a, *b;

	a = cfg_accept_all(SERVER, options);
	options[3].value = "1.2.840.10070.61850.8.1.3";
	b = cfg_accept_all(SERVER, options);
	ck_assert(!gkm_cfg_equals(a, b));
	gkm_cfg_destroy(a);
	gkm_cfg_destroy(b);
}
END_TEST

Suite *gkm_cfg_gdoi_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_cfg_gdoi");

	tc = tcase_create("options");
	tcase_add_loop_test(tc, bad_value_is_refused_with_its_key, 0,
						countof(bad_values));
	tcase_add_loop_test(tc, option_of_other_role_is_refused, 0,
						countof(wrong_role));
	tcase_add_loop_test(tc, contradiction_is_refused_with_its_key, 0,
						countof(contradictions));
	tcase_add_loop_test(tc, what_goes_together_is_accepted, 0, countof(good));
	tcase_add_loop_test(tc, d3p_window_is_in_seconds_or_milliseconds, 0,
						countof(windows));
	tcase_add_test(tc, gdoi_section_is_known);
	suite_add_tcase(s, tc);

	tc = tcase_create("configurations");
	tcase_add_test(tc, server_has_documented_defaults);
	tcase_add_test(tc, member_has_documented_defaults);
	tcase_add_test(tc, server_takes_every_option);
	tcase_add_test(tc, member_takes_every_option);
	tcase_add_loop_test(tc,
						unicast_rekeys_are_acknowledged_and_others_on_request,
						0, countof(acks));
	tcase_add_test(tc, unicast_has_no_address);
	tcase_add_test(tc, unicast_is_inband_without_gdoi);
	tcase_add_loop_test(tc, configurations_differ_by_what_matters, 0,
						countof(differences));
	suite_add_tcase(s, tc);

	tc = tcase_create("IEC 62351");
	tcase_add_test(tc, group_of_iec_62351_has_an_oid);
	tcase_add_test(tc, sa_of_iec_61850_has_an_oid_for_a_selector);
	tcase_add_test(tc, member_takes_several_proposals_for_iec_61850);
	tcase_add_test(tc, oid_makes_a_difference);
	suite_add_tcase(s, tc);

	return s;
}
