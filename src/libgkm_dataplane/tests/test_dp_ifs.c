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

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libgkm_dataplane/gkm_dp_features.h"
#include "libgkm_dataplane/gkm_dp_ifs.h"
#include "libgkm_dataplane/gkm_dp_probe.h"

#include "dp_netns.h"

/** What the tests' group is */
#define NUMBER 3
#define MTU 9000

/**
 * Is a feature on, as asked for by the command that is for nothing else?
 */
static bool has_feature(char *name, uint32_t cmd)
{
	struct ethtool_value value = { .cmd = cmd };
	struct ifreq ifr = { .ifr_data = (void*)&value };
	int fd;

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_msg(!ioctl(fd, SIOCETHTOOL, &ifr), "ethtool %u on %s", cmd, name);
	close(fd);
	return value.data;
}

/**
 * Does an interface hand over what is neither segmented nor finished?
 */
static bool is_lazy(char *name)
{
	return has_feature(name, ETHTOOL_GTSO) || has_feature(name, ETHTOOL_GGSO) ||
		   has_feature(name, ETHTOOL_GTXCSUM) || has_feature(name, ETHTOOL_GSG);
}

START_TEST(test_features)
{
	gkm_error_t err = {};

	ck_assert(is_lazy("wan"));
	ck_assert_msg(gkm_dp_features_off("wan", GKM_DP_FEATURES_SEND, &err), "%s",
				  err.text);
	ck_assert(!has_feature("wan", ETHTOOL_GTSO));
	ck_assert(!has_feature("wan", ETHTOOL_GGSO));
	ck_assert(!has_feature("wan", ETHTOOL_GTXCSUM));
	ck_assert(!has_feature("wan", ETHTOOL_GSG));
	/* twice does no harm */
	ck_assert(gkm_dp_features_off("wan", GKM_DP_FEATURES_SEND, &err));
	ck_assert(is_lazy("isp"));

	ck_assert(has_feature("lo", ETHTOOL_GGRO));
	ck_assert_msg(gkm_dp_features_off("lo", GKM_DP_FEATURES_MERGE, &err), "%s",
				  err.text);
	ck_assert(!has_feature("lo", ETHTOOL_GGRO));

	ck_assert(!gkm_dp_features_off("none", GKM_DP_FEATURES_MERGE, &err));
	ck_assert_str_eq(err.text,
					 "none: switching offloads off failed: No such device");
}
END_TEST

START_TEST(test_impossible)
{
	gkm_dp_ifs_cfg_t cfgs[] = {
		{ .number = GKM_DP_IFS_MAX, .group = "net", .mtu = MTU },
		{ .number = NUMBER, .group = "net", .mtu = 1279 },
		{ .number = NUMBER, .group = "net", .mtu = 65500 },
	};
	gkm_error_t err = {};

	ck_assert(!gkm_dp_ifs_create(&cfgs[_i], &err));
	ck_assert_ptr_ne(strstr(err.text, "no interfaces with number"), NULL);
}
END_TEST

static gkm_dp_ifs_cfg_t cfg = {
	.number = NUMBER,
	.group = "net",
	.mtu = MTU,
};

/**
 * Create interfaces.
 */
static gkm_dp_ifs_t *create(bool front)
{
	gkm_error_t err = {};
	gkm_dp_ifs_t *ifs;

	ifs = gkm_dp_ifs_create(&cfg, &err);
	ck_assert_msg(ifs, "%s", err.text);
	ck_assert_msg(!front || ifs->add_front(ifs, &cfg, &err), "%s", err.text);
	return ifs;
}

/**
 * Is an interface as it should be, without an address?
 */
static void check_link(char *name, char *mtu, char *kind)
{
	char *what[] = { "UP", "MULTICAST", "NOARP", mtu, kind, "addrgenmode none",
					 "alias strongswan-gkm: net" };
	u_int i;

	for (i = 0; i < countof(what); i++)
	{
		ck_assert_msg(prints(what[i], "ip -d link show %s", name),
					  "%s: no '%s'", name, what[i]);
	}
	ck_assert(!prints("inet", "ip addr show dev %s", name));
	ck_assert(!has_feature(name, ETHTOOL_GGRO));
}

START_TEST(test_inner)
{
	char *before = snapshot(), *after;
	gkm_dp_ifs_t *ifs = create(FALSE);

	ck_assert_int_eq(ifs->get_inner(ifs), if_nametoindex("gkm3"));
	ck_assert_int_eq(ifs->get_near(ifs), 0);
	ck_assert_int_eq(ifs->get_far(ifs), 0);
	check_link("gkm3", "mtu 9000", "xfrm if_id 0x676b0003");
	ck_assert(!succeeds("ip link show gkm3f 2>/dev/null"));

	ifs->destroy(ifs);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(test_front)
{
	char *before = snapshot(), *after;
	gkm_dp_ifs_t *ifs = create(TRUE);

	ck_assert_int_eq(ifs->get_inner(ifs), if_nametoindex("gkm3"));
	ck_assert_int_eq(ifs->get_near(ifs), if_nametoindex("gkm3f"));
	ck_assert_int_eq(ifs->get_far(ifs), if_nametoindex("gkm3p"));
	check_link("gkm3", "mtu 9000", "xfrm if_id 0x676b0003");
	check_link("gkm3f", "mtu 9000", "veth");
	check_link("gkm3p", "mtu 9052", "veth");
	ck_assert(!is_lazy("gkm3f"));

	ifs->destroy(ifs);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(test_groups_beside_each_other)
{
	gkm_dp_ifs_cfg_t cfg = { .number = 65535, .group = "other", .mtu = 1280 };
	gkm_dp_ifs_t *ifs = create(TRUE), *other;
	gkm_error_t err = {};

	other = gkm_dp_ifs_create(&cfg, &err);
	ck_assert_msg(other, "%s", err.text);
	ck_assert(prints("if_id 0x676bffff", "ip -d link show gkm65535"));
	ifs->destroy(ifs);
	ck_assert(succeeds("ip link show gkm65535"));
	other->destroy(other);
}
END_TEST

/**
 * Names that are taken, or the ID
 */
START_TEST(test_undone)
{
	char *taken[] = { "gkm3 type veth peer name x",
					  "gkm3f type veth peer name x",
					  "x type veth peer name gkm3p",
					  "x type xfrm dev lo if_id 0x676b0003" };
	char *before, *after;
	gkm_error_t err = {};
	gkm_dp_ifs_t *ifs;

	shell("ip link add %s", taken[_i]);
	before = snapshot();
	ifs = gkm_dp_ifs_create(&cfg, &err);
	if (ifs)
	{
		ck_assert(!ifs->add_front(ifs, &cfg, &err));
		ck_assert(!ifs->get_near(ifs));
		ck_assert(!ifs->get_far(ifs));
		ifs->destroy(ifs);
	}
	ck_assert_ptr_ne(strstr(err.text, "creating interface gkm3"), NULL);
	ck_assert_ptr_ne(strstr(err.text, "failed: File exists"), NULL);
	after = snapshot();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(test_long_name)
{
	char name[300] = {};
	gkm_dp_ifs_t *ifs;

	memset(name, 'n', sizeof(name) - 1);
	cfg.group = name;
	ifs = create(FALSE);
	ck_assert(prints("alias strongswan-gkm: nnn", "ip link show gkm3"));
	ifs->destroy(ifs);
}
END_TEST

/**
 * Interfaces of ours, as far as the kernel lets us
 */
static void add_xfrmi(TCase *tc)
{
	tcase_add_test(tc, test_inner);
	tcase_add_test(tc, test_front);
	tcase_add_test(tc, test_groups_beside_each_other);
	tcase_add_loop_test(tc, test_undone, 0, 4);
	tcase_add_test(tc, test_long_name);
}

START_TEST(test_without_xfrmi)
{
	gkm_error_t err = {};

	ck_assert(!gkm_dp_ifs_create(&cfg, &err));
	ck_assert_str_eq(err.text, "creating interface gkm3 failed: Operation not "
							   "supported (Unknown device type)");
}
END_TEST

Suite *dp_ifs_suite()
{
	Suite *s = suite_create("dp_ifs");
	TCase *tc;

	tc = tcase_create("interfaces");
	tcase_add_checked_fixture(tc, netns_setup, netns_teardown);
	tcase_add_test(tc, test_features);
	tcase_add_loop_test(tc, test_impossible, 0, 3);
	if (netns_has_xfrmi())
	{
		add_xfrmi(tc);
	}
	else
	{
		fprintf(stderr, "skipped: xfrm interfaces, which this kernel lacks\n");
		tcase_add_test(tc, test_without_xfrmi);
	}
	suite_add_tcase(s, tc);

	return s;
}
