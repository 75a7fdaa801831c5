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

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libgkm_dataplane/gkm_dp_net.h"

#include "dp_netns.h"

/** An interface that isn't there */
#define NONE 4711

/** Routes to the remote addresses, and neighbours */
#define PER_WAN 4

static gkm_dp_net_t *net;
static char *before;

static void setup()
{
	gkm_error_t err = {};

	netns_setup();
	before = snapshot();
	net = gkm_dp_net_create(&netns_cfg, &err);
	ck_assert_msg(net, "%s", err.text);
	ck_assert_msg(net->set_wan(net, if_nametoindex("wan"), &err), "%s",
				  err.text);
	ck_assert_msg(net->has_ipv6(net, &err), "%s", err.text);
}

static void teardown()
{
	char *after;

	net->destroy(net);
	if (before)
	{
		after = snapshot();
		ck_assert_str_eq(after, before);
		free(after);
		free(before);
	}
	netns_teardown();
}

/**
 * Put back what is missing, and expect so much.
 */
static void repairs(int count)
{
	gkm_error_t err = {};
	int repaired = net->repair(net, &err);

	ck_assert_msg(repaired == count, "put back %d, expected %d: %s", repaired,
				  count, err.text);
}

/**
 * Are the remote addresses routed to an interface, with a neighbour there?
 */
static bool leads_to(char *name)
{
	return succeeds("ip route get 192.0.2.2 2>/dev/null | "
					"grep -q '^192.0.2.2 dev %s src 192.0.2.1 '", name) &&
		   succeeds("ip -6 route get 2001:db8::2 2>/dev/null | "
					"grep -q '^2001:db8::2 .*dev %s .*src 2001:db8::1 '",
					name) &&
		   succeeds("ip neigh show 192.0.2.2 dev %s nud permanent | "
					"grep -q 'lladdr 02:00:5e:00:00:01'", name) &&
		   succeeds("ip neigh show 2001:db8::2 dev %s nud permanent | "
					"grep -q 'lladdr 02:00:5e:00:00:01'", name);
}

/**
 * Is there anything of the remote addresses on an interface?
 */
static bool is_free(char *name)
{
	return !prints("192.0.2.", "ip route show dev %s", name) &&
		   !prints("2001:db8:", "ip -6 route show dev %s", name) &&
		   !prints("02:00:5e", "ip neigh show nud permanent dev %s", name);
}

START_TEST(test_addresses_are_no_sources)
{
	ck_assert(succeeds("ip addr show dev lo | "
					   "grep -q 'inet 192.0.2.1/32 scope host lo'"));
	ck_assert(succeeds("ip addr show dev lo | "
					   "grep -q 'inet6 2001:db8::1/128 .*deprecated'"));
	/* not even where there is no other */
	shell("ip route add 198.51.100.0/24 dev wan; "
		  "ip -6 addr add 2001:db8:1::1/64 dev isp nodad; "
		  "ip -6 route add 2001:db8:2::/64 dev wan");
	ck_assert(!prints("192.0.2.1", "ip route get 198.51.100.1"));
	ck_assert(prints("src 2001:db8:1::1", "ip route get 2001:db8:2::1"));
	shell("ip route del 198.51.100.0/24 dev wan; "
		  "ip -6 addr del 2001:db8:1::1/64 dev isp; "
		  "ip -6 route del 2001:db8:2::/64 dev wan");
}
END_TEST

START_TEST(test_routed_to_wan)
{
	ck_assert(leads_to("wan"));
	ck_assert(is_free("wan2"));
}
END_TEST

START_TEST(test_moved)
{
	gkm_error_t err = {};

	ck_assert_msg(net->set_wan(net, if_nametoindex("wan2"), &err), "%s",
				  err.text);
	ck_assert(leads_to("wan2"));
	ck_assert(is_free("wan"));
	ck_assert(net->set_wan(net, 0, &err));
	ck_assert(is_free("wan2"));
	repairs(0);
}
END_TEST

START_TEST(test_no_such_interface)
{
	gkm_error_t err = {};

	ck_assert(!net->set_wan(net, NONE, &err));
	ck_assert_str_eq(err.text, "no interface 4711: No such device or address");
	ck_assert(is_free("wan"));
	repairs(0);
}
END_TEST

START_TEST(test_down_and_up)
{
	shell("ip link set wan down");
	ck_assert(!leads_to("wan"));
	repairs(0);
	shell("ip link set wan up");
	repairs(PER_WAN);
	ck_assert(leads_to("wan"));
	repairs(0);
}
END_TEST

START_TEST(test_moved_to_one_that_is_down)
{
	gkm_error_t err = {};

	shell("ip link set wan2 down");
	ck_assert_msg(net->set_wan(net, if_nametoindex("wan2"), &err), "%s",
				  err.text);
	ck_assert(is_free("wan"));
	shell("ip link set wan2 up");
	repairs(PER_WAN);
	ck_assert(leads_to("wan2"));
}
END_TEST

START_TEST(test_interface_gone)
{
	gkm_error_t err = {};

	free(before);
	before = NULL;
	shell("ip link del wan");
	repairs(0);
	ck_assert_msg(net->set_wan(net, if_nametoindex("wan2"), &err), "%s",
				  err.text);
	ck_assert(leads_to("wan2"));
}
END_TEST

START_TEST(test_addresses_removed)
{
	/* IPv4's route goes with it, IPv6's only loses its source */
	shell("ip addr del 192.0.2.1/32 dev lo; "
		  "ip addr del 2001:db8::1/128 dev lo");
	repairs(4);
	ck_assert(leads_to("wan"));
	repairs(0);
}
END_TEST

START_TEST(test_led_astray)
{
	shell("ip route replace 192.0.2.2/32 dev wan2; "
		  "ip -6 route replace 2001:db8::2/128 dev wan2; "
		  "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:07 dev wan "
			"nud permanent; "
		  "ip neigh del 2001:db8::2 dev wan");
	repairs(PER_WAN);
	ck_assert(leads_to("wan"));
	ck_assert(is_free("wan2"));
}
END_TEST

/**
 * Others would take any change for one of the network, charon among them
 */
START_TEST(test_intact_is_not_touched)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR |
					 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
					 RTMGRP_IPV6_ROUTE,
	};
	char buf[4096];
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, sizeof(addr)), 0);
	repairs(0);
	ck_assert_int_eq(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
	shell("ip neigh del 192.0.2.2 dev wan");
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
	close(fd);
}
END_TEST

START_TEST(test_without_ethernet)
{
	gkm_error_t err = {};

	ck_assert_msg(net->set_wan(net, if_nametoindex("lo"), &err), "%s",
				  err.text);
	ck_assert(prints("192.0.2.2", "ip route show dev lo"));
	ck_assert(!prints("02:00:5e", "ip neigh show nud permanent"));
	repairs(0);
}
END_TEST

START_TEST(test_without_ipv6)
{
	char *where[] = { "lo", "wan" };
	gkm_error_t err;
	u_int i;

	for (i = 0; i < countof(where); i++)
	{
		shell("echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6", where[i]);
		shell("ip addr del 192.0.2.1/32 dev lo");
		/* address, route */
		repairs(2);
		ck_assert(prints("dev wan src 192.0.2.1", "ip route get 192.0.2.2"));
		memset(&err, 0, sizeof(err));
		ck_assert(!net->has_ipv6(net, &err));
		ck_assert_msg(strstr(err.text, where[i]), "%s", err.text);

		shell("echo 0 >/proc/sys/net/ipv6/conf/%s/disable_ipv6", where[i]);
		ck_assert_int_gt(net->repair(net, NULL), 0);
		ck_assert(net->has_ipv6(net, NULL));
		ck_assert(leads_to("wan"));
	}
}
END_TEST

START_TEST(test_refused)
{
	gkm_error_t err = {};

	net->destroy(net);
	netns_cfg.local4->destroy(netns_cfg.local4);
	netns_cfg.local4 = host_create_from_string("255.255.255.255", 0);
	net = gkm_dp_net_create(&netns_cfg, &err);
	ck_assert_msg(net, "%s", err.text);
	ck_assert(!net->set_wan(net, if_nametoindex("wan"), &err));
	ck_assert_str_eq(err.text, "adding route to 192.0.2.2 on wan failed: "
							   "Invalid argument (Invalid prefsrc address)");
	ck_assert(is_free("wan"));
	repairs(0);
}
END_TEST

Suite *dp_net_suite()
{
	Suite *s = suite_create("dp_net");
	TCase *tc;

	tc = tcase_create("dummies");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_addresses_are_no_sources);
	tcase_add_test(tc, test_routed_to_wan);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_no_such_interface);
	tcase_add_test(tc, test_down_and_up);
	tcase_add_test(tc, test_moved_to_one_that_is_down);
	tcase_add_test(tc, test_interface_gone);
	tcase_add_test(tc, test_addresses_removed);
	tcase_add_test(tc, test_led_astray);
	tcase_add_test(tc, test_intact_is_not_touched);
	tcase_add_test(tc, test_without_ethernet);
	tcase_add_test(tc, test_without_ipv6);
	tcase_add_test(tc, test_refused);
	suite_add_tcase(s, tc);

	return s;
}
