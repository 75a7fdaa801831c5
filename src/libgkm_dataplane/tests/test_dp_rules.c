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

#include "dp_fixture.h"

/** A rule in words */
typedef struct {
	char *src;
	char *dst;
	bool protect;
	uint32_t group;
} rule_t;

/**
 * Set rules.
 *
 * @param protocol	protocol and ports of the first source
 */
static bool set(rule_t *rules, int count, uint8_t protocol, uint16_t from,
				uint16_t to, gkm_error_t *err)
{
	gkm_dp_rule_t made[GKM_DP_RULES + 1];
	bool ok;
	int i;

	for (i = 0; i < count; i++)
	{
		made[i] = (gkm_dp_rule_t){
			.src = traffic_selector_create_from_cidr(rules[i].src,
										i ? 0 : protocol, i ? 0 : from,
										i ? 0xffff : to),
			.dst = traffic_selector_create_from_cidr(rules[i].dst, 0, 0,
													 0xffff),
			.protect = rules[i].protect,
			.group = rules[i].group,
		};
		ck_assert(made[i].src && made[i].dst);
	}
	ok = dp->set_rules(dp, made, count, err);
	for (i = 0; i < count; i++)
	{
		made[i].src->destroy(made[i].src);
		made[i].dst->destroy(made[i].dst);
	}
	return ok;
}

static void set_rules(rule_t *rules, int count)
{
	gkm_error_t err = {};

	ck_assert_msg(set(rules, count, 0, 0, 0xffff, &err), "%s", err.text);
}

/**
 * Is traffic kept from leaving in clear?
 */
static bool is_protected(char *src, char *dst)
{
	packet_t packet = clear_packet(src, dst);
	int verdict = run("gkm_wan_out", &packet);

	ck_assert(verdict == TC_ACT_SHOT || verdict == TC_ACT_UNSPEC);
	return verdict == TC_ACT_SHOT;
}

START_TEST(test_none)
{
	set_rules(NULL, 0);
	ck_assert(!is_protected("10.1.0.1", "10.2.0.1"));
	ck_assert(!is_protected("fd00:1::1", "fd00:2::1"));
}
END_TEST

START_TEST(test_directions)
{
	rule_t rules[] = {
		{ "10.1.0.0/16", "10.2.0.0/16", TRUE, GROUP },
		{ "fd00:1::/32", "fd00:2::/32", TRUE, GROUP },
	};

	set_rules(rules, countof(rules));
	ck_assert(is_protected("10.1.0.1", "10.2.0.1"));
	ck_assert(!is_protected("10.2.0.1", "10.1.0.1"));
	ck_assert(!is_protected("10.1.0.1", "10.1.0.2"));
	ck_assert(!is_protected("10.1.0.1", "11.2.0.1"));
	ck_assert(is_protected("fd00:1::1", "fd00:2::1"));
	ck_assert(!is_protected("fd00:2::1", "fd00:1::1"));
}
END_TEST

START_TEST(test_first_counts)
{
	rule_t rules[] = {
		{ "10.1.1.0/24", "10.0.0.0/8", FALSE, GROUP },
		{ "10.1.1.128/25", "10.2.0.0/16", TRUE, GROUP },
		{ "10.0.0.0/8", "10.3.3.3/32", FALSE, GROUP },
		{ "10.1.0.0/16", "0.0.0.0/0", TRUE, GROUP },
	};

	set_rules(rules, countof(rules));
	/* excluded first, although the second one has a longer prefix */
	ck_assert(!is_protected("10.1.1.200", "10.2.0.1"));
	ck_assert(!is_protected("10.1.1.1", "10.2.0.1"));
	/* what the first doesn't match goes on to the last */
	ck_assert(is_protected("10.1.1.1", "172.16.0.1"));
	ck_assert(is_protected("10.1.2.1", "10.2.0.1"));
	ck_assert(!is_protected("10.1.2.1", "10.3.3.3"));
	ck_assert(is_protected("10.1.2.1", "10.3.3.4"));
	ck_assert(!is_protected("10.4.0.1", "10.3.3.4"));
}
END_TEST

START_TEST(test_odd_prefixes)
{
	rule_t rules[] = {
		{ "10.1.64.0/19", "10.2.0.4/30", TRUE, GROUP },
		{ "fd00:1::/29", "fd00:2::4/127", TRUE, GROUP },
	};

	set_rules(rules, countof(rules));
	ck_assert(is_protected("10.1.64.0", "10.2.0.4"));
	ck_assert(is_protected("10.1.95.255", "10.2.0.7"));
	ck_assert(!is_protected("10.1.63.255", "10.2.0.4"));
	ck_assert(!is_protected("10.1.96.0", "10.2.0.4"));
	ck_assert(!is_protected("10.1.64.0", "10.2.0.3"));
	ck_assert(!is_protected("10.1.64.0", "10.2.0.8"));
	ck_assert(is_protected("fd00:7:ffff::1", "fd00:2::5"));
	ck_assert(!is_protected("fd00:8::1", "fd00:2::5"));
	ck_assert(!is_protected("fd00:1::1", "fd00:2::6"));
}
END_TEST

/**
 * Each rule of as many as there can be is found, the last bit of each word too
 */
START_TEST(test_most)
{
	char src[GKM_DP_RULES + 1][32], addr[32];
	rule_t rules[GKM_DP_RULES + 1];
	gkm_error_t err = {};
	int i;

	for (i = 0; i < countof(rules); i++)
	{
		snprintf(src[i], sizeof(src[i]), "10.%d.%d.0/24", i / 200, i % 200);
		rules[i] = (rule_t){ src[i], "10.0.0.0/8", i % 3 != 1, GROUP };
	}
	set_rules(rules, GKM_DP_RULES);
	for (i = 0; i < GKM_DP_RULES; i++)
	{
		snprintf(addr, sizeof(addr), "10.%d.%d.1", i / 200, i % 200);
		ck_assert_msg(is_protected(addr, "10.9.9.9") == rules[i].protect,
					  "rule %d isn't found", i);
	}
	ck_assert(!set(rules, GKM_DP_RULES + 1, 0, 0, 0xffff, &err));
	ck_assert_str_eq(err.text, "257 rules are more than 256");

	/* and nothing is left of them */
	for (i = 0; i < 3; i++)
	{
		set_rules(rules, 1);
		ck_assert(is_protected("10.0.0.1", "10.9.9.9"));
		ck_assert(!is_protected("10.0.2.1", "10.9.9.9"));
	}
	set_rules(rules, GKM_DP_RULES);
	ck_assert(is_protected("10.0.2.1", "10.9.9.9"));
}
END_TEST

START_TEST(test_groups)
{
	rule_t rules[] = {
		{ "10.1.0.0/16", "10.1.0.0/16", TRUE, GROUP + 1 },
		{ "10.0.0.0/8", "10.0.0.0/8", TRUE, GROUP },
	};
	packet_t packet;

	set_rules(rules, countof(rules));
	/* the SA is one of the second group */
	drops("gkm_wan_in", esp_packet("10.1.0.1", "10.1.0.2", SPI), 0,
		  GKM_DP_NO_SA);
	packet = esp_packet("10.1.0.1", "10.2.0.2", SPI);
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, "10.1.0.1", LOCAL4));
}
END_TEST

START_TEST(test_refused)
{
	rule_t good = { "10.1.0.0/16", "10.2.0.0/16", TRUE, GROUP };
	rule_t mixed = { "10.1.0.0/16", "fd00::/16", TRUE, GROUP };
	gkm_error_t err = {};
	gkm_dp_rule_t range = {
		.src = traffic_selector_create_from_string(0, TS_IPV4_ADDR_RANGE,
									"10.1.0.1", 0, "10.1.0.9", 0xffff),
		.dst = traffic_selector_create_from_cidr("10.2.0.0/16", 0, 0, 0xffff),
		.protect = TRUE,
	};

	set_rules(&good, 1);
	ck_assert(!set(&good, 1, 17, 0, 0xffff, &err));
	ck_assert_str_eq(err.text, "10.1.0.0/16[udp] has a protocol or ports, which "
					 "aren't seen of encrypted packets");
	memset(&err, 0, sizeof(err));
	ck_assert(!set(&good, 1, 0, 0, 80, &err));
	ck_assert_ptr_ne(strstr(err.text, "has a protocol or ports"), NULL);
	memset(&err, 0, sizeof(err));
	ck_assert(!set(&mixed, 1, 0, 0, 0xffff, &err));
	ck_assert_str_eq(err.text, "10.1.0.0/16 and fd00::/16 differ in IP version");
	memset(&err, 0, sizeof(err));
	ck_assert(!dp->set_rules(dp, &range, 1, &err));
	ck_assert_str_eq(err.text, "10.1.0.1..10.1.0.9 isn't a prefix");
	range.src->destroy(range.src);
	range.dst->destroy(range.dst);

	/* what was set stays */
	ck_assert(is_protected("10.1.0.1", "10.2.0.1"));
}
END_TEST

Suite *dp_rules_suite()
{
	Suite *s = suite_create("dp_rules");
	TCase *tc;

	tc = tcase_create("rules");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_directions);
	tcase_add_test(tc, test_first_counts);
	tcase_add_test(tc, test_odd_prefixes);
	tcase_add_test(tc, test_most);
	tcase_add_test(tc, test_groups);
	tcase_add_test(tc, test_refused);
	suite_add_tcase(s, tc);

	return s;
}
