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

#include <netinet/in.h>

#include "dp_fixture.h"

/**
 * Try to create a data plane, and expect a reason
 */
static void refuses(uint32_t mask, char *addrs[4], char *reason)
{
	host_t *hosts[4];
	gkm_error_t err = {};
	int i;

	for (i = 0; i < 4; i++)
	{
		hosts[i] = host_create_from_string(addrs[i], 0);
	}
	ck_assert(!gkm_dataplane_create(&(gkm_dataplane_cfg_t){
		.mark_mask = mask,
		.local4 = hosts[0],
		.remote4 = hosts[1],
		.local6 = hosts[2],
		.remote6 = hosts[3],
	}, &err));
	ck_assert_str_eq(err.text, reason);
	for (i = 0; i < 4; i++)
	{
		hosts[i]->destroy(hosts[i]);
	}
}

START_TEST(test_masks)
{
	char *addrs[] = { LOCAL4, REMOTE4, LOCAL6, REMOTE6 };

	refuses(0, addrs, "mark mask 0x0 isn't at least 12 bits without gaps");
	refuses(0x000007ff, addrs,
			"mark mask 0x7ff isn't at least 12 bits without gaps");
	refuses(0x00ff0ff0, addrs,
			"mark mask 0xff0ff0 isn't at least 12 bits without gaps");
}
END_TEST

START_TEST(test_addresses)
{
	char *swapped[] = { LOCAL6, REMOTE4, LOCAL6, REMOTE6 };
	char *any[] = { LOCAL4, REMOTE4, LOCAL6, "::" };
	char *equal[] = { LOCAL4, LOCAL4, LOCAL6, REMOTE6 };

	refuses(MARK_MASK, swapped,
			"dummy address 2001:db8:86dd::1 isn't one of IPv4");
	refuses(MARK_MASK, any, "dummy address %any6 isn't one of IPv6");
	refuses(MARK_MASK, equal, "dummy addresses are equal");
}
END_TEST

/**
 * A packet goes all the way with any mask
 */
START_TEST(test_any_mask)
{
	uint32_t masks[] = { 0xffffffff, 0x00000fff, 0xfff00000, 0x0ffff000 };
	uint32_t mask = masks[_i];
	gkm_dataplane_t *other = dp;
	gkm_error_t err = {};
	packet_t packet, esp;
	struct gkm_dp_link link = { .group = GROUP };
	struct gkm_dp_sa sa = { .group = GROUP };
	gkm_dp_rule_t rule = {
		.src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 0xffff),
		.dst = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 0xffff),
		.protect = TRUE,
		.group = GROUP,
		.dev = LOOPBACK,
	};

	other->detach(other, LOOPBACK);
	dp = create_dataplane(mask);
	ck_assert(dp->attach(dp, LOOPBACK, GKM_DP_INNER, &link, &err));
	ck_assert(dp->set_sa(dp, SPI, &sa, &err));
	ck_assert(dp->set_rules(dp, &rule, 1, &err));

	packet = clear_packet("10.1.0.1", "10.2.0.1");
	packet.mark = ~mask;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.mark | mask, 0xffffffff);
	ignores("gkm_inner_out", packet);
	esp = esp_packet(LOCAL4, REMOTE4, SPI);
	esp.mark = packet.mark;
	ck_assert_int_eq(run("gkm_wan_out", &esp), TC_ACT_UNSPEC);
	ck_assert_uint_eq(esp.mark, ~mask);
	ck_assert(goes(&esp, "10.1.0.1", "10.2.0.1"));

	ck_assert_int_eq(run("gkm_wan_in", &esp), TC_ACT_UNSPEC);
	ck_assert(goes(&esp, "10.1.0.1", LOCAL4));
	packet.mark = esp.mark;
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.mark | mask, 0xffffffff);
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(packet.mark, ~mask);
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 1);
	ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), 1);

	rule.src->destroy(rule.src);
	rule.dst->destroy(rule.dst);
	other->destroy(other);
}
END_TEST

/**
 * An interface that nothing is known of any more: WAN as if there were no
 * programs, inside nothing passes
 */
START_TEST(test_unknown_interface)
{
	packet_t clear = clear_packet("10.1.0.1", "10.2.0.1");

	dp->detach(dp, LOOPBACK);
	ignores("gkm_wan_in", clear);
	ignores("gkm_wan_out", clear);
	ck_assert_int_eq(run("gkm_inner_in", &clear), TC_ACT_SHOT);
	ck_assert_int_eq(run("gkm_inner_out", &clear), TC_ACT_SHOT);
	ck_assert_int_eq(run("gkm_front_in", &clear), TC_ACT_SHOT);
}
END_TEST

START_TEST(test_sas)
{
	struct gkm_dp_counters counters;
	struct gkm_dp_sa sa = { .group = GROUP };
	gkm_error_t err = {};

	ck_assert(!dp->set_sa(dp, 0, &sa, &err));
	ck_assert_str_eq(err.text, "0 is no SPI");
	memset(&err, 0, sizeof(err));
	sa.d3p_type = GKM_DP_D3P_POSIX_TIME;
	ck_assert(!dp->set_sa(dp, SPI, &sa, &err));
	ck_assert_str_eq(err.text, "SA c0ffee01: D3P type 1 with a window of 0 ms");
	memset(&err, 0, sizeof(err));
	sa.d3p_type = 129;
	sa.window = 1000;
	ck_assert(!dp->set_sa(dp, SPI, &sa, &err));
	ck_assert_str_eq(err.text,
					 "SA c0ffee01: D3P type 129 with a window of 1000 ms");

	ck_assert(!dp->get_counters(dp, SPI + 1, &counters));
	dp->del_sa(dp, SPI);
	ck_assert(!dp->get_counters(dp, SPI, &counters));
	/* what belongs to none can't be deleted */
	dp->del_sa(dp, 0);
	ck_assert(dp->get_counters(dp, 0, &counters));
}
END_TEST

/**
 * A change of policy leaves counters alone
 */
START_TEST(test_counters_kept)
{
	packet_t packet = decrypted(clear_packet("10.1.0.1", "10.2.0.1"),
								"10.1.0.1", "10.2.0.1");

	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), 1);
	set_d3p(1000);
	ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), 1);
	/* but a new SA with the same SPI begins anew */
	dp->del_sa(dp, SPI);
	set_d3p(0);
	ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), 0);
}
END_TEST

START_TEST(test_clock)
{
	int64_t step;

	/* nobody steps the clock here, so what differs are readings of it */
	step = dp->sync_clock(dp);
	ck_assert_int_lt(step, 1000);
	ck_assert_int_gt(step, -1000);
}
END_TEST

Suite *dataplane_suite()
{
	Suite *s = suite_create("dataplane");
	TCase *tc;

	tc = tcase_create("configuration");
	tcase_add_test(tc, test_masks);
	tcase_add_test(tc, test_addresses);
	suite_add_tcase(s, tc);

	tc = tcase_create("library");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_any_mask, 0, 4);
	tcase_add_test(tc, test_unknown_interface);
	tcase_add_test(tc, test_sas);
	tcase_add_test(tc, test_counters_kept);
	tcase_add_test(tc, test_clock);
	suite_add_tcase(s, tc);

	return s;
}
