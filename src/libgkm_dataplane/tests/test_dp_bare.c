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
 * Interfaces to the WAN without Ethernet. The kernel's test facility knows no
 * such ones: it takes the first octets of a packet for a frame's. So these look
 * like one's to a group, whose type is the packet's IP version.
 */

static char *addrs[2][2] = {
	{ "8.0.0.1", "8.0.1.1" },
	{ "fd00:1:86dd::1", "fd00:1:86dd::2" },
};

/**
 * Set rules for these addresses, and have no link layer
 */
static void setup()
{
	gkm_dp_rule_t rules[2];
	gkm_error_t err = {};
	char *prefixes[] = { "8.0.0.0/23", "fd00:1::/32" };
	int i;

	dp_setup();
	for (i = 0; i < 2; i++)
	{
		rules[i] = (gkm_dp_rule_t){
			.src = traffic_selector_create_from_cidr(prefixes[i], 0, 0, 0xffff),
			.dst = traffic_selector_create_from_cidr(prefixes[i], 0, 0, 0xffff),
			.protect = TRUE,
			.group = GROUP,
			.dev = LOOPBACK,
		};
	}
	ck_assert_msg(dp->set_rules(dp, rules, 2, &err), "%s", err.text);
	for (i = 0; i < 2; i++)
	{
		rules[i].src->destroy(rules[i].src);
		rules[i].dst->destroy(rules[i].dst);
	}
	set_no_link_layer();
}

/**
 * A packet as hosts send it, longer than what the facility refuses
 */
static packet_t clear_between(int i)
{
	uint8_t payload[64] = {};

	return ip_packet(addrs[i][0], addrs[i][1], IPPROTO_UDP,
					 chunk_from_thing(payload));
}

/**
 * Take the Ethernet header off a packet
 */
static packet_t bare(packet_t packet)
{
	packet.len -= L3;
	memmove(packet.data, packet.data + L3, packet.len);
	/* IPv6's traffic class */
	packet.data[0] |= 0x01;
	return packet;
}

/**
 * Put one of zeros and the type there
 */
static packet_t framed(family_t *f, packet_t packet)
{
	uint8_t header[L3] = {};

	htoun16(header + L3 - 2, f->ip == 4 ? ETH_P_IP : ETH_P_IPV6);
	insert(&packet, 0, header, sizeof(header));
	return packet;
}

static bool same(packet_t *a, packet_t *b)
{
	return a->len == b->len && memeq(a->data, b->data, a->len);
}

/**
 * The inner interface takes off what is pushed, a front needs it
 */
START_TEST(test_redirect)
{
	family_t *f = &families[_i];
	packet_t was = bare(clear_between(_i)), packet;

	packet = redirected(was);
	was = framed(f, was);
	ck_assert(same(&packet, &was));
}
END_TEST

START_TEST(test_out)
{
	family_t *f = &families[_i];
	packet_t packet = bare(esp_packet(f->local, f->remote, SPI)), was, there;

	packet.mark = redirected(bare(clear_between(_i))).mark;
	was = packet;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	ck_assert_uint_eq(packet.len, was.len);
	there = framed(f, packet);
	ck_assert(goes(&there, addrs[_i][0], addrs[_i][1]));
	ck_assert(checksum_valid(&there));
	ck_assert(memeq(packet.data + f->header, was.data + f->header,
					was.len - f->header));
}
END_TEST

/**
 * On to an interface with Ethernet
 */
START_TEST(test_out_other_wan)
{
	struct gkm_dp_link link = {};
	gkm_error_t err = {};
	family_t *f = &families[_i];
	packet_t clear = clear_between(_i), packet, was;

	memcpy(clear.data, f->mac, ETH_ALEN);
	clear.ifindex = add_interface();
	ck_assert_msg(dp->attach(dp, clear.ifindex, GKM_DP_WAN, &link, &err), "%s",
				  err.text);
	packet = bare(esp_packet(f->local, f->remote, SPI));
	packet.mark = redirected(clear).mark;
	was = framed(f, packet);
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert(same(&packet, &was));
	ck_assert_uint_eq(packet.mark, was.mark);

	packet.ifindex = clear.ifindex;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, addrs[_i][0], addrs[_i][1]));
	ck_assert(memeq(packet.data, clear.data, L3));
}
END_TEST

START_TEST(test_in)
{
	family_t *f = &families[_i];
	packet_t packet = bare(esp_packet(addrs[_i][0], addrs[_i][1], SPI));
	packet_t clear = bare(clear_between(_i)), there;

	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	there = framed(f, packet);
	ck_assert(goes(&there, addrs[_i][0], f->local));
	ck_assert(checksum_valid(&there));

	clear.mark = packet.mark;
	packet = clear;
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert(same(&packet, &clear));
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(same(&packet, &clear));
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);

	clear.mark = MARK_OTHERS;
	drops("gkm_wan_in", clear, 0, GKM_DP_CLEAR_IN);
}
END_TEST

Suite *dp_bare_suite()
{
	Suite *s = suite_create("dp_bare");
	TCase *tc;

	tc = tcase_create("bare");
	tcase_add_checked_fixture(tc, setup, dp_teardown);
	tcase_add_loop_test(tc, test_redirect, 0, 2);
	tcase_add_loop_test(tc, test_out, 0, 2);
	tcase_add_loop_test(tc, test_out_other_wan, 0, 2);
	tcase_add_loop_test(tc, test_in, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
