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

#include <stdio.h>

#include "libgkm_dataplane/gkm_dp_probe.h"

#include "dp_netns.h"

/** Parameters of an SA for iproute2, with algorithms that aren't tried */
#define SA "src %s dst %s proto esp spi 0x100 mode tunnel " \
		   "enc 'ecb(cipher_null)' '' auth digest_null ''"

/**
 * Can an SA be added?
 */
static bool has_esp(char *src, char *dst)
{
	return succeeds("ip xfrm state add " SA " 2>/dev/null", src, dst);
}

START_TEST(test_tells_what_iproute2_can_do)
{
	gkm_dp_probe_t probe;
	bool all;

	all = gkm_dp_probe(&netns_cfg, &probe);
	ck_assert_int_eq(probe.xfrmi, succeeds("ip link add ipsec0 type xfrm "
										   "dev lo if_id 1 2>/dev/null"));
	ck_assert_int_eq(probe.esp4, has_esp("192.0.2.1", "192.0.2.2"));
	ck_assert_int_eq(probe.esp6, has_esp("2001:db8::1", "2001:db8::2"));
	/* the namespace has some, and the suites of the programs run */
	ck_assert(probe.veth);
	ck_assert(probe.bpf);

	ck_assert_int_eq(all, probe.xfrmi && probe.esp4 && probe.esp6);
	ck_assert_int_eq(!probe.xfrmi, strstr(probe.missing, "no xfrm interfaces ("
							"Operation not supported (Unknown device type)): "
							"nothing can be protected") != NULL);
	ck_assert_int_eq(!probe.esp4, strstr(probe.missing, "no ESP for IPv4 (") !=
									NULL);
	ck_assert_int_eq(!probe.esp6, strstr(probe.missing, "no ESP for IPv6 (") !=
									NULL);
	ck_assert_ptr_eq(strstr(probe.missing, "veth"), NULL);
}
END_TEST

START_TEST(test_leaves_nothing)
{
	char *before = snapshot(), *after;
	gkm_dp_probe_t probe;

	gkm_dp_probe(&netns_cfg, &probe);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

/**
 * Lacks of a kernel, what groups can do nevertheless, and what others are told
 */
static struct {
	gkm_dp_probe_t probe;
	bool ipv4;
	bool ipv6;
	bool d3p;
	char *refusal;
} groups[] = {
	{ { TRUE, TRUE, TRUE, TRUE, TRUE, "" }, TRUE, TRUE, TRUE, NULL },
	{ { TRUE, TRUE, TRUE, FALSE, FALSE, "" }, TRUE, FALSE, FALSE, NULL },
	{ { TRUE, TRUE, FALSE, TRUE, TRUE, "" }, FALSE, TRUE, TRUE, NULL },
	{ { FALSE, TRUE, TRUE, TRUE, TRUE, "" }, TRUE, FALSE, FALSE,
	  "the kernel lacks eBPF programs for tc as of Linux 5.10" },
	{ { TRUE, FALSE, TRUE, TRUE, TRUE, "" }, TRUE, FALSE, FALSE,
	  "the kernel lacks xfrm interfaces" },
	{ { TRUE, TRUE, FALSE, TRUE, TRUE, "" }, TRUE, TRUE, FALSE,
	  "the kernel lacks ESP for IPv4" },
	{ { TRUE, TRUE, TRUE, FALSE, TRUE, "" }, TRUE, TRUE, FALSE,
	  "the kernel lacks ESP for IPv6" },
	{ { TRUE, TRUE, TRUE, TRUE, FALSE, "" }, TRUE, FALSE, TRUE,
	  "the kernel lacks veth, which IP-D3P takes" },
};

START_TEST(test_groups_are_told_what_they_lack)
{
	gkm_error_t err = {};
	bool enough;

	enough = gkm_dp_probe_suffices(&groups[_i].probe, groups[_i].ipv4,
								   groups[_i].ipv6, groups[_i].d3p, &err);
	ck_assert_int_eq(enough, !groups[_i].refusal);
	ck_assert_str_eq(err.text, groups[_i].refusal ?: "");
}
END_TEST

Suite *dp_probe_suite()
{
	Suite *s = suite_create("dp_probe");
	TCase *tc;

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, netns_setup, netns_teardown);
	tcase_add_test(tc, test_tells_what_iproute2_can_do);
	tcase_add_test(tc, test_leaves_nothing);
	suite_add_tcase(s, tc);

	tc = tcase_create("groups");
	tcase_add_loop_test(tc, test_groups_are_told_what_they_lack, 0,
						countof(groups));
	suite_add_tcase(s, tc);

	return s;
}
