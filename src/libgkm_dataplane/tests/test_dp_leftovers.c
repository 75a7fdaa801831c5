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

#include <net/if.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libgkm_dataplane/gkm_dp_ifs.h"
#include "libgkm_dataplane/gkm_dp_leftovers.h"
#include "libgkm_dataplane/gkm_dp_net.h"

#include "dp_netns.h"

/** An SA for iproute2 */
#define SA "proto esp spi 0x1234 mode tunnel enc 'cbc(aes)' " \
		   "0x00112233445566778899aabbccddeeff auth 'hmac(sha256)' " \
		   "0x00112233445566778899aabbccddeeff"

/**
 * Remove what is left over, and expect so much.
 */
static void removes(int count)
{
	gkm_error_t err = {};
	int removed = gkm_dp_leftovers_remove(&netns_cfg, &err);

	ck_assert_msg(removed == count, "removed %d, expected %d: %s", removed,
				  count, err.text);
}

/**
 * Do something, remove what is left over of it, and expect all as before.
 */
static void leave_and_remove(void (*leave)(), int count)
{
	char *before = snapshot(), *after;

	leave();
	after = snapshot();
	ck_assert_str_ne(after, before);
	free(after);
	removes(count);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
	removes(0);
}

/**
 * What resembles ours, and belongs to others
 */
static void add_others()
{
	shell("ip link set isp alias strongswan-other; "
		  "ip addr add 192.0.2.2/32 dev lo; "
		  "ip addr add 192.0.2.1/24 dev isp2; "
		  "ip route add 192.0.2.3 dev wan; "
		  "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:07 dev wan2 "
			"nud permanent; "
		  "ip neigh add 192.0.2.3 lladdr 02:00:5e:00:00:01 dev wan "
			"nud permanent; "
		  "ip -6 route add 2001:db8::/64 dev wan");
}

/**
 * A data plane of a process that ends without removing it
 */
static void leave_net()
{
	gkm_dp_net_t *net;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid)
	{
		net = gkm_dp_net_create(&netns_cfg, NULL);
		_exit(net && net->set_wan(net, if_nametoindex("wan"), NULL) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(test_nothing)
{
	char *before, *after;

	add_others();
	before = snapshot();
	removes(0);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(test_dummies)
{
	/* address, route and neighbour of each IP version */
	leave_and_remove(leave_net, 6);
}
END_TEST

START_TEST(test_dummies_beside_others)
{
	shell("ip addr add 192.0.2.3/32 dev lo; ip route add 192.0.2.4 dev wan; "
		  "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:07 dev wan2 "
			"nud permanent; "
		  "ip neigh add 192.0.2.4 lladdr 02:00:5e:00:00:01 dev wan "
			"nud permanent");
	leave_and_remove(leave_net, 6);
}
END_TEST

static void leave_links()
{
	shell("ip link add x1 type veth peer name y1; "
		  "ip link set x1 alias 'strongswan-gkm: net'; "
		  "ip link set y1 alias 'strongswan-gkm: net'; "
		  "ip link add x2 type veth peer name y2; "
		  "ip link set y2 alias 'strongswan-gkm: '");
}

START_TEST(test_links)
{
	leave_and_remove(leave_links, 2);
}
END_TEST

static void leave_xfrmi()
{
	gkm_dp_ifs_cfg_t cfg = {
		.number = 3,
		.group = "net",
		.mtu = 9000,
	};
	gkm_dp_ifs_t *ifs;

	ifs = gkm_dp_ifs_create(&cfg, NULL);
	ck_assert(ifs);
	ck_assert(ifs->add_front(ifs, &cfg, NULL));
	shell("ip link add x type xfrm dev lo if_id 0x676b0004");
}

START_TEST(test_xfrm_interfaces)
{
	shell("ip link add other1 type xfrm dev lo if_id 0x676affff; "
		  "ip link add other2 type xfrm dev lo if_id 0x676c0000");
	leave_and_remove(leave_xfrmi, 3);
}
END_TEST

static void leave_sas()
{
	shell("ip xfrm state add src 192.0.2.1 dst 192.0.2.2 " SA "; "
		  "ip xfrm state add src 192.0.2.2 dst 192.0.2.1 " SA "; "
		  "ip xfrm state add src 192.0.2.2 dst 192.0.2.1 mark 7 " SA);
	shell("ip xfrm state add src 2001:db8::1 dst 2001:db8::2 " SA "; "
		  "ip xfrm state add src 2001:db8::2 dst 2001:db8::1 " SA);
}

START_TEST(test_sas)
{
	shell("ip xfrm state add src 192.0.2.3 dst 192.0.2.2 " SA "; "
		  "ip xfrm state add src 192.0.2.1 dst 192.0.2.3 " SA "; "
		  "ip xfrm state add src 2001:db8::1 dst 2001:db8::3 " SA);
	leave_and_remove(leave_sas, 5);
}
END_TEST

static void leave_policies()
{
	shell("ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir out "
			"if_id 0x676b0000; "
		  "ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir in "
			"if_id 0x676bffff; "
		  "ip xfrm policy add src ::/0 dst ::/0 dir fwd mark 7 "
			"if_id 0x676b0003");
}

START_TEST(test_policies)
{
	shell("ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir out; "
		  "ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir out "
			"if_id 0x676affff; "
		  "ip xfrm policy add src 10.0.0.0/8 dst 10.0.0.0/8 dir in "
			"if_id 0x676c0000; "
		  "ip xfrm policy add src ::/0 dst ::/0 dir fwd mark 7");
	leave_and_remove(leave_policies, 3);
}
END_TEST

Suite *dp_leftovers_suite()
{
	Suite *s = suite_create("dp_leftovers");
	TCase *tc;

	tc = tcase_create("leftovers");
	tcase_add_checked_fixture(tc, netns_setup, netns_teardown);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_dummies);
	tcase_add_test(tc, test_dummies_beside_others);
	tcase_add_test(tc, test_links);
	if (netns_has_xfrmi())
	{
		tcase_add_test(tc, test_xfrm_interfaces);
		tcase_add_test(tc, test_sas);
		tcase_add_test(tc, test_policies);
	}
	else
	{
		fprintf(stderr, "skipped: leftovers of XFRM, for lack of it\n");
	}
	suite_add_tcase(s, tc);

	return s;
}
