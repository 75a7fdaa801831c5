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
#include <linux/capability.h>
#include <net/if.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dp_fixture.h"

/** An interface that isn't there */
#define NONE 4711

#define LOOPBACK_HOOK(name, point) \
	LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = LOOPBACK, .attach_point = point)

#define OUR_FILTER(name) \
	LIBBPF_OPTS(bpf_tc_opts, name, .handle = GKM_DP_TC_HANDLE, \
				.priority = GKM_DP_TC_PRIORITY)

/**
 * Is a program there?
 */
static bool attached(enum bpf_tc_attach_point point)
{
	LOOPBACK_HOOK(hook, point);
	OUR_FILTER(filter);

	return !bpf_tc_query(&hook, &filter);
}

/**
 * Is the qdisc there? It is created if not.
 */
static bool has_qdisc()
{
	LOOPBACK_HOOK(hook, BPF_TC_INGRESS | BPF_TC_EGRESS);

	return bpf_tc_hook_create(&hook) == -EEXIST;
}

/**
 * Remove the qdisc and all in it, as an administrator might.
 */
static void flush()
{
	LOOPBACK_HOOK(hook, BPF_TC_INGRESS | BPF_TC_EGRESS);

	ck_assert_int_eq(bpf_tc_hook_destroy(&hook), 0);
}

/**
 * Load a program of somebody else, which lets all pass.
 */
static int load_other()
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "other", "GPL", code,
					   countof(code), NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(test_attached)
{
	ck_assert(attached(BPF_TC_INGRESS));
	ck_assert(attached(BPF_TC_EGRESS));
	ck_assert_int_eq(dp->repair(dp, NULL), 0);

	dp->detach(dp, LOOPBACK);
	ck_assert(!attached(BPF_TC_INGRESS));
	ck_assert(!attached(BPF_TC_EGRESS));
	ck_assert(!has_qdisc());
	/* twice does no harm */
	dp->detach(dp, LOOPBACK);
}
END_TEST

/**
 * MTUs are found out, and again if they change
 */
START_TEST(test_mtu)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_mtu = 1234 };
	int fd;

	ck_assert_uint_eq(get_link().mtu, 65536);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert(fd >= 0 && !ioctl(fd, SIOCSIFMTU, &ifr));
	close(fd);
	ck_assert_int_eq(dp->repair(dp, NULL), 0);
	ck_assert_uint_eq(get_link().mtu, 1234);
	ck_assert_uint_eq(get_link().group, GROUP);
	ck_assert_uint_eq(get_link().l2, L3);
}
END_TEST

START_TEST(test_front_has_no_egress)
{
	struct gkm_dp_link link = { .group = GROUP, .inner = LOOPBACK };
	gkm_error_t err = {};

	dp->detach(dp, LOOPBACK);
	ck_assert_msg(dp->attach(dp, LOOPBACK, GKM_DP_FRONT, &link, &err), "%s",
				  err.text);
	ck_assert(attached(BPF_TC_INGRESS));
	ck_assert(!attached(BPF_TC_EGRESS));
	ck_assert_int_eq(dp->repair(dp, NULL), 0);
}
END_TEST

START_TEST(test_qdisc_of_others)
{
	struct gkm_dp_link link = {};

	dp->detach(dp, LOOPBACK);
	ck_assert(!has_qdisc());
	ck_assert(dp->attach(dp, LOOPBACK, GKM_DP_WAN, &link, NULL));
	dp->detach(dp, LOOPBACK);
	ck_assert(has_qdisc());
}
END_TEST

START_TEST(test_filters_of_others)
{
	LOOPBACK_HOOK(hook, BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 9);

	filter.prog_fd = load_other();
	ck_assert_int_eq(bpf_tc_attach(&hook, &filter), 0);
	dp->detach(dp, LOOPBACK);
	ck_assert(has_qdisc());
	filter.prog_fd = filter.prog_id = filter.flags = 0;
	ck_assert_int_eq(bpf_tc_query(&hook, &filter), 0);
}
END_TEST

START_TEST(test_repaired)
{
	LOOPBACK_HOOK(hook, BPF_TC_EGRESS);
	OUR_FILTER(filter);
	gkm_error_t err = {};

	ck_assert_int_eq(bpf_tc_detach(&hook, &filter), 0);
	ck_assert_msg(dp->repair(dp, &err) == 1, "%s", err.text);
	ck_assert(attached(BPF_TC_EGRESS));
	ck_assert_int_eq(dp->repair(dp, &err), 0);

	flush();
	ck_assert(!attached(BPF_TC_INGRESS));
	ck_assert_msg(dp->repair(dp, &err) == 1, "%s", err.text);
	ck_assert(attached(BPF_TC_INGRESS));
	ck_assert(attached(BPF_TC_EGRESS));
	ck_assert_int_eq(dp->repair(dp, &err), 0);
}
END_TEST

/**
 * A program of ours that a crashed process left is replaced, and recognized
 * as lost by the one it was taken from
 */
START_TEST(test_left_over)
{
	gkm_dataplane_t *first = dp;
	struct gkm_dp_link link = {};
	gkm_error_t err = {};

	ck_assert(gkm_dp_hooks_cleanup(LOOPBACK));
	ck_assert(!attached(BPF_TC_INGRESS));
	ck_assert(!attached(BPF_TC_EGRESS));
	ck_assert(!gkm_dp_hooks_cleanup(LOOPBACK));
	ck_assert(!has_qdisc());

	ck_assert_int_eq(dp->repair(dp, NULL), 1);
	dp = create_dataplane(MARK_MASK);
	ck_assert_msg(dp->attach(dp, LOOPBACK, GKM_DP_WAN, &link, &err), "%s",
				  err.text);
	ck_assert_int_eq(dp->repair(dp, NULL), 0);
	/* the first one leaves what isn't its own */
	first->destroy(first);
	ck_assert(attached(BPF_TC_INGRESS));
	ck_assert(attached(BPF_TC_EGRESS));
	ck_assert_int_eq(dp->repair(dp, NULL), 0);
}
END_TEST

START_TEST(test_taken)
{
	LOOPBACK_HOOK(hook, BPF_TC_EGRESS);
	OUR_FILTER(filter);
	gkm_error_t err = {};

	filter.prog_fd = load_other();
	filter.flags = BPF_TC_F_REPLACE;
	ck_assert_int_eq(bpf_tc_attach(&hook, &filter), 0);
	ck_assert_int_eq(dp->repair(dp, &err), -1);
	ck_assert_str_eq(err.text, "interface 1: program 'other' has our place");
	dp->detach(dp, LOOPBACK);
	ck_assert(attached(BPF_TC_EGRESS));
}
END_TEST

START_TEST(test_wrong_use)
{
	struct gkm_dp_link link = { .group = GROUP };
	gkm_error_t err = {};

	ck_assert(!dp->attach(dp, LOOPBACK, GKM_DP_WAN, &link, &err));
	ck_assert_str_eq(err.text, "interface 1 is used for something else");
	memset(&err, 0, sizeof(err));
	ck_assert(!dp->attach(dp, NONE, GKM_DP_WAN, &link, &err));
	ck_assert_ptr_ne(strstr(err.text, "no interface 4711"), NULL);
}
END_TEST

START_TEST(test_intact_with_few_capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];
	gkm_error_t err = {};

	ck_assert_int_eq(syscall(SYS_capget, &header, caps), 0);
	caps[0].effective &= ~(1U << CAP_SYS_ADMIN);
	ck_assert_int_eq(syscall(SYS_capset, &header, caps), 0);
	ck_assert_int_eq(dp->repair(dp, &err), 0);
	flush();
	ck_assert_int_eq(dp->repair(dp, &err), 1);
	ck_assert(attached(BPF_TC_INGRESS) && attached(BPF_TC_EGRESS));
}
END_TEST

Suite *dp_hooks_suite()
{
	Suite *s = suite_create("dp_hooks");
	TCase *tc;

	tc = tcase_create("hooks");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_test(tc, test_attached);
	tcase_add_test(tc, test_intact_with_few_capabilities);
	tcase_add_test(tc, test_mtu);
	tcase_add_test(tc, test_front_has_no_egress);
	tcase_add_test(tc, test_qdisc_of_others);
	tcase_add_test(tc, test_filters_of_others);
	tcase_add_test(tc, test_repaired);
	tcase_add_test(tc, test_left_over);
	tcase_add_test(tc, test_taken);
	tcase_add_test(tc, test_wrong_use);
	suite_add_tcase(s, tc);

	return s;
}
