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

#define SERVER GKM_ROLE_SERVER
#define MEMBER GKM_ROLE_MEMBER

/** Short for what many entries have */
#define WAN { "data_plane.interfaces", "wan0" }

/** Options that are refused, with a reason that begins with a key */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
	const char *where;
	const char *what;
} refused[] = {
	{ MEMBER, { { "data_plane.interfaces", "" } },
		"data_plane.interfaces", "empty" },
	{ MEMBER, { { "data_plane.interfaces", "wan0, wan0" } },
		"data_plane.interfaces", "'wan0' is listed twice" },
	{ MEMBER, { { "data_plane.interfaces", "wan0, a/b" } },
		"data_plane.interfaces", "'a/b' isn't the name of an interface" },
	{ MEMBER, { { "data_plane.interfaces", "wan 0" } },
		"data_plane.interfaces", "'wan 0' isn't" },
	{ MEMBER, { { "data_plane.interfaces", "wan0:1" } },
		"data_plane.interfaces", "'wan0:1' isn't" },
	{ MEMBER, { { "data_plane.interfaces", ".." } },
		"data_plane.interfaces", "'..' isn't" },
	{ MEMBER, { { "data_plane.interfaces", "a234567890123456" } },
		"data_plane.interfaces", "isn't the name" },
	{ MEMBER, { WAN, { "data_plane.exclude", "10.0.0.0/33" } },
		"data_plane.exclude", "isn't a traffic selector" },
	{ MEMBER, { WAN, { "data_plane.exclude", "10.0.0.0/8[udp]" } },
		"data_plane.exclude", "isn't a prefix" },
	{ MEMBER, { WAN, { "data_plane.exclude", "10.0.0.1-10.0.0.4" } },
		"data_plane.exclude", "isn't a prefix" },
	{ MEMBER, { WAN, { "data_plane.exclude", "10.0.0.0/8 ===" } },
		"data_plane.exclude", "isn't a traffic selector" },
	{ MEMBER, { WAN, { "data_plane.exclude", "=== 10.0.0.0/8" } },
		"data_plane.exclude", "isn't a traffic selector" },
	{ MEMBER, { WAN, { "data_plane.exclude",
					   "10.0.0.0/8 === 10.1.0.0/16 === 10.2.0.0/16" } },
		"data_plane.exclude", "isn't a traffic selector" },
	{ MEMBER, { WAN, { "data_plane.exclude", "10.0.0.0/8 === fec0::/10" } },
		"data_plane.exclude", "are IPv4 and IPv6" },
	{ MEMBER, { WAN, { "data_plane.exclude",
					   "10.0.0.0/8, 10.0.0.0/8 === 0.0.0.0/0" } },
		"data_plane.exclude", "listed twice" },
	{ MEMBER, { WAN, { "data_plane.fail", "half" } },
		"data_plane.fail", "valid choice" },
	{ MEMBER, { WAN, { "data_plane.mtu", "575" } },
		"data_plane.mtu", "575 is neither 0 nor within 576 and 65535" },
	{ MEMBER, { WAN, { "data_plane.mtu", "65536" } },
		"data_plane.mtu", "isn't within" },
	{ MEMBER, { WAN, { "data_plane.mss_clamp", "1400" } },
		"data_plane.mss_clamp", "neither yes nor no" },
	{ MEMBER, { WAN, { "data_plane.device", "wan0" } },
		"data_plane.device", "unknown option" },
	{ MEMBER, { { "data_plane.mtu", "1400" } },
		"data_plane.interfaces", "missing" },
	{ SERVER, { WAN }, "data_plane.interfaces", "not an option of a server" },
	/* what can't be told from encrypted packets */
	{ MEMBER, { WAN, { "sas.data.mode", "transport" } },
		"sas.data.mode", "tunnel mode only" },
	{ MEMBER, { WAN, { "sas.data.ah_proposals", "sha256" } },
		"sas.data.ah_proposals", "ESP only" },
	{ MEMBER, { WAN, { "sas.data.source_ts", "10.0.0.0/8[udp]" } },
		"sas.data.source_ts", "isn't a prefix for any protocol" },
	{ MEMBER, { WAN, { "sas.data.destination_ts",
					   "10.0.0.0/8, 10.0.0.1-10.0.0.4" } },
		"sas.data.destination_ts", "isn't a prefix for any protocol" },
	/* nothing of this is IP */
	{ SERVER, { { "d3p_window", "1s" }, { "sas.data.mode", "transport" } },
		"d3p_window", "contradicts sas.data.mode" },
	{ SERVER, { { "d3p_window", "1s" }, { "sas.data.ah_proposals", "sha256" } },
		"d3p_window", "contradicts sas.data.ah_proposals" },
	{ SERVER, { { "d3p_window", "1s" }, { "protocols", "gdoi" },
				{ "sas.goose.oid", "1.2.840.10070.61850.8.1.2" } },
		"d3p_window", "contradicts sas.goose.oid" },
};

START_TEST(what_the_data_plane_cant_do_is_refused_with_its_key)
{
	cfg_refuse(refused[_i].role, refused[_i].options,
			   cfg_count_options(refused[_i].options), refused[_i].where,
			   refused[_i].what);
}
END_TEST

START_TEST(data_plane_has_documented_defaults)
{
	cfg_option_t options[CFG_OPTIONS] = { WAN };
	gkm_cfg_t *cfg;
	char *name;

	cfg = cfg_accept_all(MEMBER, options);
	ck_assert_int_eq(array_count(cfg->plane.interfaces), 1);
	array_get(cfg->plane.interfaces, 0, &name);
	ck_assert_str_eq(name, "wan0");
	ck_assert_int_eq(array_count(cfg->plane.exclude), 0);
	ck_assert_int_eq(cfg->plane.fail, GKM_FAIL_CLOSED);
	ck_assert_int_eq(cfg->plane.mtu, 0);
	ck_assert(cfg->plane.mss_clamp);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(member_has_no_data_plane_by_default)
{
	cfg_option_t options[CFG_OPTIONS] = {};
	gkm_cfg_t *cfg;

	cfg = cfg_accept_all(MEMBER, options);
	ck_assert_int_eq(array_count(cfg->plane.interfaces), 0);
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Members that accept transport mode don't need the data plane for that, and
 *  groups of a server don't have it */
static const struct {
	gkm_role_t role;
	cfg_option_t options[CFG_OPTIONS];
} good[] = {
	{ MEMBER, { WAN, { "data_plane.fail", "open" } } },
	{ MEMBER, { WAN, { "data_plane.mtu", "0" } } },
	{ MEMBER, { WAN, { "data_plane.mtu", "576" } } },
	{ MEMBER, { WAN, { "data_plane.mtu", "65535" } } },
	{ MEMBER, { WAN, { "d3p", "required" } } },
	{ MEMBER, { WAN, { "sas.data.source_ts", "0.0.0.0-255.255.255.255" } } },
	{ MEMBER, { { "data_plane.interfaces", "a23456789012345, eth0.5" } } },
	{ MEMBER, { { "d3p_window", "1s" }, { "sas.data.mode", "transport" } } },
	{ SERVER, { { "d3p_window", "1s" },
				{ "sas.data.senders", "single" } } },
};

START_TEST(what_goes_together_is_accepted)
{
	gkm_cfg_destroy(cfg_accept_all(good[_i].role, good[_i].options));
}
END_TEST

/** Number and sides of the pairs that exclusions make */
static const struct {
	const char *exclude;
	const char *pairs[4];
} exclusions[] = {
	{ "10.9.0.0/16", { "10.9.0.0/16", "0.0.0.0/0" } },
	{ "fec0::/16", { "fec0::/16", "::/0" } },
	{ "10.9.0.0/16, 10.1.0.5/32 === 10.2.0.0/16",
		{ "10.9.0.0/16", "0.0.0.0/0", "10.1.0.5/32", "10.2.0.0/16" } },
	{ "10.1.0.5===10.2.0.0/16", { "10.1.0.5/32", "10.2.0.0/16" } },
	{ "10.2.0.0/16 === 10.1.0.5, 10.1.0.5 === 10.2.0.0/16",
		{ "10.2.0.0/16", "10.1.0.5/32", "10.1.0.5/32", "10.2.0.0/16" } },
};

START_TEST(exclusions_are_pairs_of_prefixes)
{
	cfg_option_t options[CFG_OPTIONS] = {
		WAN, { "data_plane.exclude", exclusions[_i].exclude },
	};
	traffic_selector_t *ts;
	char text[64];
	gkm_cfg_t *cfg;
	int i;

	cfg = cfg_accept_all(MEMBER, options);
	for (i = 0; i < countof(exclusions[_i].pairs) && exclusions[_i].pairs[i];
		 i++)
	{
		ck_assert_msg(array_get(cfg->plane.exclude, i, &ts), "%s: %d sides",
					  exclusions[_i].exclude, i);
		snprintf(text, sizeof(text), "%R", ts);
		ck_assert_str_eq(text, exclusions[_i].pairs[i]);
	}
	ck_assert_int_eq(array_count(cfg->plane.exclude), i);
	gkm_cfg_destroy(cfg);
}
END_TEST

/**
 * Configure a group for IEC 61850 with the data plane.
 */
static gkm_cfg_t *configure_iec(const char *fail, gkm_error_t *err)
{
	cfg_option_t options[] = {
		{ "protocol", "gdoi" },
		{ "sas.data.source_ts" },
		{ "sas.data.destination_ts" },
		{ "sas.data.oid", "1.2.840.10070.61850.8.1.2" },
		WAN,
		{ "data_plane.fail", fail },
	};

	return cfg_configure(MEMBER, options, countof(options), err);
}

START_TEST(failing_closed_takes_traffic_to_drop)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = configure_iec("closed", &err);
	ck_assert(!cfg);
	ck_assert_msg(strpfx(err.text, "data_plane.fail: ") &&
				  strstr(err.text, "source_ts") && strstr(err.text, "open"),
				  "%s", err.text);
	err = (gkm_error_t){};
	cfg = configure_iec("open", &err);
	ck_assert_msg(cfg, "%s", err.text);
	gkm_cfg_destroy(cfg);
}
END_TEST

/**
 * Start a configuration with all that a role needs, but an empty section.
 */
static gkm_cfg_t *begin_with_section(gkm_role_t role)
{
	const cfg_option_t *base = role == SERVER ? cfg_server : cfg_member;
	gkm_cfg_t *cfg;
	int i;

	cfg = gkm_cfg_create("finance");
	ck_assert(gkm_cfg_section(cfg, "data_plane", NULL));
	for (i = 0; i < CFG_BASE_COUNT; i++)
	{
		ck_assert(gkm_cfg_set(cfg, base[i].key, base[i].value, NULL));
	}
	return cfg;
}

START_TEST(empty_section_doesnt_go_unnoticed)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = begin_with_section(MEMBER);
	ck_assert(!gkm_cfg_finish(cfg, &err));
	ck_assert_str_eq(err.text, "data_plane.interfaces: missing");
	gkm_cfg_destroy(cfg);

	err = (gkm_error_t){};
	cfg = begin_with_section(SERVER);
	ck_assert(!gkm_cfg_finish(cfg, &err));
	ck_assert_str_eq(err.text, "data_plane: not a section of a server");
	gkm_cfg_destroy(cfg);
}
END_TEST

/** Options that make a difference to WAN alone, and whether for the data plane */
static const struct {
	cfg_option_t options[CFG_OPTIONS];
	bool plane;
} differences[] = {
	{ { { "data_plane.interfaces", "wan1" } }, TRUE },
	{ { { "data_plane.interfaces", "wan0, wan1" } }, TRUE },
	{ { WAN, { "data_plane.exclude", "10.9.0.0/16" } }, TRUE },
	{ { WAN, { "data_plane.fail", "open" } }, TRUE },
	{ { WAN, { "data_plane.mtu", "1400" } }, TRUE },
	{ { WAN, { "data_plane.mss_clamp", "no" } }, TRUE },
	{ { WAN, { "sas.data.source_ts", "10.0.0.0/9" } }, TRUE },
	{ { WAN, { "sas.data.destination_ts", "239.2.0.0/16" } }, TRUE },
	{ { WAN, { "sas.more.source_ts", "10.0.0.0/8" },
		{ "sas.more.destination_ts", "239.1.0.0/16" } }, TRUE },
	{ { WAN, { "d3p_window", "1s" } }, FALSE },
	{ { WAN, { "sender", "no" } }, FALSE },
	{ { WAN, { "sas.data.esp_proposals", "aes128-sha256" } }, FALSE },
};

START_TEST(what_matters_to_the_data_plane_is_told_apart)
{
	cfg_option_t wan[CFG_OPTIONS] = { WAN };
	gkm_cfg_t *base, *other, *clone;

	base = cfg_accept_all(MEMBER, wan);
	other = cfg_accept_all(MEMBER, differences[_i].options);
	clone = gkm_cfg_clone(other);
	ck_assert(!gkm_cfg_equals(base, other));
	ck_assert(gkm_cfg_plane_equals(base, other) != differences[_i].plane);
	ck_assert(gkm_cfg_equals(other, clone));
	ck_assert(gkm_cfg_plane_equals(other, clone));
	gkm_cfg_destroy(base);
	gkm_cfg_destroy(other);
	gkm_cfg_destroy(clone);
}
END_TEST

START_TEST(selectors_dont_matter_to_what_fails_open)
{
	cfg_option_t one[CFG_OPTIONS] = {
		WAN, { "data_plane.fail", "open" },
	}, other[CFG_OPTIONS] = {
		WAN, { "data_plane.fail", "open" },
		{ "sas.data.source_ts", "10.0.0.0/9" },
	};
	gkm_cfg_t *a, *b;

	a = cfg_accept_all(MEMBER, one);
	b = cfg_accept_all(MEMBER, other);
	ck_assert(gkm_cfg_plane_equals(a, b));
	gkm_cfg_destroy(a);
	gkm_cfg_destroy(b);
}
END_TEST

Suite *gkm_cfg_plane_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_cfg_plane");

	tc = tcase_create("options");
	tcase_add_loop_test(tc, what_the_data_plane_cant_do_is_refused_with_its_key,
						0, countof(refused));
	tcase_add_loop_test(tc, what_goes_together_is_accepted, 0, countof(good));
	tcase_add_loop_test(tc, exclusions_are_pairs_of_prefixes, 0,
						countof(exclusions));
	tcase_add_test(tc, failing_closed_takes_traffic_to_drop);
	tcase_add_test(tc, empty_section_doesnt_go_unnoticed);
	suite_add_tcase(s, tc);

	tc = tcase_create("configurations");
	tcase_add_test(tc, data_plane_has_documented_defaults);
	tcase_add_test(tc, member_has_no_data_plane_by_default);
	tcase_add_loop_test(tc, what_matters_to_the_data_plane_is_told_apart, 0,
						countof(differences));
	tcase_add_test(tc, selectors_dont_matter_to_what_fails_open);
	suite_add_tcase(s, tc);

	return s;
}
