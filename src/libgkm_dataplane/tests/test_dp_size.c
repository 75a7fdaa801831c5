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
#include <poll.h>

#include "dp_fixture.h"

/** MTU of the WAN, overhead of encryption, and what fits then */
#define WAN 1500
#define OVERHEAD 77
#define LIMIT (WAN - OVERHEAD)

/** What gkm_too_big told last, and how much of it there was */
static struct gkm_dp_too_big told;
static u_int count;

static void setup()
{
	dp_setup();
	set_sizes(WAN, OVERHEAD, 0, FALSE);
}

static void note_told(void *user, struct gkm_dp_too_big *packet)
{
	told = *packet;
	count++;
}

/**
 * Read what gkm_too_big tells
 */
static u_int read_told()
{
	count = 0;
	dp->read_too_big(dp, note_told, NULL);
	return count;
}

static void set_df(packet_t *packet)
{
	struct iphdr *v4 = (struct iphdr*)(packet->data + L3);

	if (v4->version == 4)
	{
		v4->frag_off = htons(0x4000);
		finish(packet);
	}
}

/**
 * A packet of some length from its IP header on, which may not be fragmented
 */
static packet_t sized(family_t *f, char *dst, uint8_t protocol, size_t len)
{
	uint8_t payload[1600];
	packet_t packet;
	int i;

	for (i = 0; i < countof(payload); i++)
	{
		payload[i] = i;
	}
	packet = ip_packet(f->a, dst, protocol,
					   chunk_create(payload, len - f->header));
	set_df(&packet);
	return packet;
}

/**
 * It passes, and nobody is told anything
 */
static void passes(packet_t packet)
{
	packet_t was = packet;

	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.len, was.len);
	ck_assert(memeq(packet.data, was.data, was.len));
	ck_assert_uint_eq(read_told(), 0);
}

/**
 * It is dropped, and its sender told what would fit
 */
static void too_big(packet_t packet, uint32_t limit)
{
	size_t quoted = min(packet.len - L3, GKM_DP_QUOTE);

	drops("gkm_wan_out", packet, 0, GKM_DP_TOO_BIG);
	ck_assert_uint_eq(read_told(), 1);
	ck_assert_uint_eq(told.family, packet.data[L3] >> 4);
	ck_assert_uint_eq(told.mtu, limit);
	ck_assert_uint_eq(told.len, quoted);
	ck_assert(memeq(told.packet, packet.data + L3, quoted));
}

/**
 * What fits is exactly that
 */
static void fits(family_t *f, uint32_t limit)
{
	passes(sized(f, f->b, IPPROTO_UDP, limit));
	too_big(sized(f, f->b, IPPROTO_UDP, limit + 1), limit);
}

START_TEST(test_wan)
{
	family_t *f = &families[_i];

	fits(f, LIMIT);
	too_big(sized(f, f->group, IPPROTO_UDP, LIMIT + 1), LIMIT);
	passes(sized(f, f->group, IPPROTO_UDP, LIMIT));
}
END_TEST

START_TEST(test_configured)
{
	family_t *f = &families[_i];

	set_sizes(WAN, OVERHEAD, 1400, FALSE);
	fits(f, 1400);
	set_sizes(WAN, OVERHEAD, LIMIT, FALSE);
	fits(f, LIMIT);
	/* more than fits isn't meant */
	set_sizes(WAN, OVERHEAD, 1450, FALSE);
	fits(f, LIMIT);
	/* without anything known of the WAN */
	set_sizes(0, OVERHEAD, 1450, FALSE);
	fits(f, 1450);
}
END_TEST

/**
 * Smaller packets than all networks take are encrypted, whatever becomes of
 * them
 */
START_TEST(test_least)
{
	family_t *f = &families[_i];
	uint32_t least = f->ip == 4 ? 68 : 1280;

	set_sizes(OVERHEAD + 10, OVERHEAD, 0, FALSE);
	fits(f, least);
	set_sizes(OVERHEAD - 10, OVERHEAD, 0, FALSE);
	fits(f, least);
	set_sizes(WAN, OVERHEAD, 20, FALSE);
	fits(f, least);
	set_sizes(least + OVERHEAD + 1, OVERHEAD, 0, FALSE);
	fits(f, least + 1);
}
END_TEST

START_TEST(test_may_fragment)
{
	family_t *f = &families[0];
	packet_t packet = sized(f, f->b, IPPROTO_UDP, LIMIT + 1);
	struct iphdr *v4 = (struct iphdr*)(packet.data + L3);

	v4->frag_off = 0;
	finish(&packet);
	passes(packet);
	/* a fragment that is too big itself */
	v4->frag_off = htons(0x2000);
	finish(&packet);
	passes(packet);
}
END_TEST

/**
 * A packet that is to be segmented: its segments count
 */
static packet_t merged(family_t *f, uint8_t protocol, size_t header,
					   uint32_t segment)
{
	packet_t packet = sized(f, f->b, protocol, 1580);

	if (protocol == IPPROTO_TCP)
	{
		packet.data[L3 + f->header + 12] = header / 4 << 4;
		packet.data[L3 + f->header + 13] = 0x10;
	}
	packet.gso_size = segment;
	return packet;
}

START_TEST(test_segments)
{
	family_t *f = &families[_i];
	u_int fit = LIMIT - f->header;

	passes(merged(f, IPPROTO_TCP, 20, fit - 20));
	too_big(merged(f, IPPROTO_TCP, 20, fit - 19), LIMIT);
	passes(merged(f, IPPROTO_TCP, 32, fit - 32));
	too_big(merged(f, IPPROTO_TCP, 32, fit - 31), LIMIT);
	passes(merged(f, IPPROTO_UDP, 8, fit - 8));
	too_big(merged(f, IPPROTO_UDP, 8, fit - 7), LIMIT);
}
END_TEST

/**
 * Whoever can't be told, as nobody reads, is told the next time
 */
START_TEST(test_ring_full)
{
	family_t *f = &families[_i];
	packet_t packet = sized(f, f->b, IPPROTO_UDP, 1500);
	int i;

	for (i = 0; i < 1000; i++)
	{
		drops("gkm_wan_out", packet, 0, GKM_DP_TOO_BIG);
	}
	i = read_told();
	ck_assert_msg(i >= 100 && i < 1000, "%d were told", i);
	too_big(packet, LIMIT);
}
END_TEST

START_TEST(test_readable)
{
	family_t *f = &families[_i];
	struct pollfd pfd = {
		.fd = dp->get_too_big_fd(dp),
		.events = POLLIN,
	};

	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	drops("gkm_wan_out", sized(f, f->b, IPPROTO_UDP, 1500), 0, GKM_DP_TOO_BIG);
	ck_assert_int_eq(poll(&pfd, 1, 10000), 1);
	ck_assert_uint_eq(read_told(), 1);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
}
END_TEST

/**
 * What goes in clear isn't asked for its size
 */
START_TEST(test_clear)
{
	family_t *f = &families[_i];

	ignores("gkm_wan_out", sized(f, f->other, IPPROTO_UDP, 1580));
	ck_assert_uint_eq(read_told(), 0);
}
END_TEST

Suite *dp_size_suite()
{
	Suite *s = suite_create("dp_size");
	TCase *tc;

	tc = tcase_create("size");
	tcase_add_checked_fixture(tc, setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_wan, 0, 2);
	tcase_add_loop_test(tc, test_configured, 0, 2);
	tcase_add_loop_test(tc, test_least, 0, 2);
	tcase_add_test(tc, test_may_fragment);
	tcase_add_loop_test(tc, test_segments, 0, 2);
	tcase_add_loop_test(tc, test_ring_full, 0, 2);
	tcase_add_loop_test(tc, test_readable, 0, 2);
	tcase_add_loop_test(tc, test_clear, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
