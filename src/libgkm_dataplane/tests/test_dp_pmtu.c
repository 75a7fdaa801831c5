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

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "dp_fixture.h"

/** MTU of the WAN, and overhead of encryption */
#define WAN 1500
#define OVERHEAD 77

/** Length of ICMP's header */
#define ICMP 8

static void setup()
{
	dp_setup();
	set_sizes(WAN, OVERHEAD, 0, FALSE);
}

/**
 * Address as maps have it
 */
static struct gkm_dp_addr get_addr(char *str)
{
	struct gkm_dp_addr addr = {};

	inet_pton(strchr(str, ':') ? AF_INET6 : AF_INET, str, &addr);
	return addr;
}

/**
 * Get the path MTU to an address, 0 if none is known
 */
static uint32_t get_pmtu(char *to)
{
	int fd = get_map("gkm_wan_in", "gkm_pmtus");
	struct gkm_dp_addr addr = get_addr(to);
	struct gkm_dp_pmtu pmtu = {};

	bpf_map_lookup_elem(fd, &addr, &pmtu);
	close(fd);
	return pmtu.mtu;
}

/**
 * Make a path MTU older
 */
static void age_pmtu(char *to, int64_t seconds)
{
	int fd = get_map("gkm_wan_in", "gkm_pmtus");
	struct gkm_dp_addr addr = get_addr(to);
	struct gkm_dp_pmtu pmtu;

	ck_assert_int_eq(bpf_map_lookup_elem(fd, &addr, &pmtu), 0);
	pmtu.since -= seconds * 1000000000LL;
	ck_assert_int_eq(bpf_map_update_elem(fd, &addr, &pmtu, BPF_ANY), 0);
	close(fd);
}

/**
 * A large packet of ours, as a router got it
 */
static packet_t sent(char *src, char *dst)
{
	uint8_t esp[1400] = {};

	htoun32(esp, SPI);
	htoun32(esp + 4, 1);
	return ip_packet(src, dst, IPPROTO_ESP, chunk_from_thing(esp));
}

/**
 * What a router says about a packet
 *
 * @param len		octets that it quotes, from the IP header on
 */
static packet_t message(family_t *f, char *router, char *to, packet_t *packet,
						size_t len, uint32_t mtu)
{
	uint8_t icmp[ICMP + sizeof(packet->data)] = {};

	icmp[0] = f->ip == 4 ? 3 : 2;
	icmp[1] = f->ip == 4 ? 4 : 0;
	htoun32(icmp + 4, mtu);
	memcpy(icmp + ICMP, packet->data + L3, len);
	return ip_packet(router, to, f->ip == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
					 chunk_create(icmp, ICMP + len));
}

/**
 * A usual one, which quotes no more than it has to
 */
static packet_t usual(family_t *f, uint32_t mtu)
{
	packet_t packet = sent(f->a, f->b);

	return message(f, f->other, f->a, &packet, f->header + 8, mtu);
}

/**
 * It is taken and goes nowhere
 */
static void taken(packet_t packet)
{
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_SHOT);
}

/**
 * What fits is exactly that
 */
static void fits(family_t *f, char *to, uint32_t limit)
{
	uint8_t payload[1500] = {};
	packet_t packet;

	packet = ip_packet(f->a, to, IPPROTO_UDP,
					   chunk_create(payload, limit - f->header));
	packet.data[L3 + 6] = f->ip == 4 ? 0x40 : IPPROTO_UDP;
	finish(&packet);
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	packet = ip_packet(f->a, to, IPPROTO_UDP,
					   chunk_create(payload, limit + 1 - f->header));
	packet.data[L3 + 6] = f->ip == 4 ? 0x40 : IPPROTO_UDP;
	finish(&packet);
	drops("gkm_wan_out", packet, 0, GKM_DP_TOO_BIG);
}

START_TEST(test_learn)
{
	family_t *f = &families[_i];

	fits(f, f->b, WAN - OVERHEAD);
	taken(usual(f, 1400));
	ck_assert_uint_eq(get_pmtu(f->b), 1400);
	fits(f, f->b, 1400 - OVERHEAD);
	/* others are elsewhere */
	fits(f, f->c, WAN - OVERHEAD);
	/* what is configured still counts if it is less */
	set_sizes(WAN, OVERHEAD, 1300, FALSE);
	fits(f, f->b, 1300);
	set_sizes(1390, OVERHEAD, 0, FALSE);
	fits(f, f->b, 1390 - OVERHEAD);
}
END_TEST

/**
 * A router whose own address is protected, and one that quotes all that it can
 */
START_TEST(test_routers)
{
	family_t *f = &families[_i];
	packet_t packet = sent(f->a, f->b);

	taken(message(f, f->c, f->a, &packet, f->header + 8, 1400));
	ck_assert_uint_eq(get_pmtu(f->b), 1400);
	taken(message(f, f->other, f->a, &packet, 1200, 1390));
	ck_assert_uint_eq(get_pmtu(f->b), 1390);
	/* and about multicast */
	packet = sent(f->a, f->group);
	taken(message(f, f->other, f->a, &packet, f->header + 8, 1380));
	ck_assert_uint_eq(get_pmtu(f->group), 1380);
	fits(f, f->group, 1380 - OVERHEAD);
}
END_TEST

START_TEST(test_only_lower)
{
	family_t *f = &families[_i];

	taken(usual(f, 1400));
	taken(usual(f, 1410));
	ck_assert_uint_eq(get_pmtu(f->b), 1400);
	taken(usual(f, 1390));
	ck_assert_uint_eq(get_pmtu(f->b), 1390);
	/* not by a packet that would have fit */
	taken(usual(f, 1400 + f->header));
	ck_assert_uint_eq(get_pmtu(f->b), 1390);
}
END_TEST

START_TEST(test_implausible)
{
	family_t *f = &families[_i];

	taken(usual(f, 1400 + f->header));
	taken(usual(f, 1500));
	taken(usual(f, 9000));
	ck_assert_uint_eq(get_pmtu(f->b), 0);
	taken(usual(f, 1400 + f->header - 1));
	ck_assert_uint_eq(get_pmtu(f->b), 1400 + f->header - 1);
}
END_TEST

/**
 * Less than any network takes isn't believed
 */
START_TEST(test_floor)
{
	family_t *f = &families[_i];
	uint32_t least = f->ip == 4 ? 576 : 1280, mtus[] = { 0, 1, 68, least - 1 };
	int i;

	for (i = 0; i < countof(mtus); i++)
	{
		taken(usual(f, mtus[i]));
		ck_assert_uint_eq(get_pmtu(f->b), least);
		age_pmtu(f->b, GKM_DP_PMTU_SECONDS + 1);
	}
	taken(usual(f, mtus[0]));
	fits(f, f->b, f->ip == 4 ? least - OVERHEAD : least);
}
END_TEST

/**
 * The upper half of IPv4's field has no meaning
 */
START_TEST(test_unused)
{
	family_t *f = &families[0];

	taken(usual(f, 0xabcd0000 | 1400));
	ck_assert_uint_eq(get_pmtu(f->b), 1400);
}
END_TEST

START_TEST(test_expiry)
{
	family_t *f = &families[_i];

	taken(usual(f, 1390));
	age_pmtu(f->b, GKM_DP_PMTU_SECONDS - 60);
	fits(f, f->b, 1390 - OVERHEAD);
	/* known already, but from now on */
	taken(usual(f, 1390));
	age_pmtu(f->b, 61);
	fits(f, f->b, WAN - OVERHEAD);
	/* a longer one may be learned then */
	taken(usual(f, 1400));
	fits(f, f->b, 1400 - OVERHEAD);
}
END_TEST

/**
 * Messages about what isn't ours go where they go without us, and change
 * nothing
 */
static void goes_on(family_t *f, packet_t packet)
{
	ignores("gkm_wan_in", packet);
	ck_assert_uint_eq(get_pmtu(f->b), 0);
}

START_TEST(test_cut)
{
	family_t *f = &families[_i];
	packet_t packet, all = usual(f, 1400);
	size_t end = L3 + f->header + ICMP + f->header + sizeof(uint32_t);

	/* at each length, as a whole or only by what IP says */
	for (packet = all; packet.len > L3 + f->header; packet.len--)
	{
		finish(&packet);
		if (packet.len < end)
		{
			goes_on(f, packet);
		}
	}
	for (packet = all; packet.len > L3 + f->header; packet.len--)
	{
		if (packet.len < end)
		{
			goes_on(f, packet);
		}
	}
	for (; packet.len < end; packet.len++)
	{
		finish(&packet);
		memcpy(all.data, packet.data, L3 + f->header);
		goes_on(f, all);
	}
	/* a SPI suffices */
	all = usual(f, 1400);
	all.len = end;
	finish(&all);
	taken(all);
	ck_assert_uint_eq(get_pmtu(f->b), 1400);
}
END_TEST

START_TEST(test_other_messages)
{
	family_t *f = &families[_i];
	packet_t packet = usual(f, 1400);
	uint8_t *icmp = packet.data + L3 + f->header;
	uint8_t type = icmp[0], fragment[8] = { packet.data[L3 + 6], 0, 0, 1 };

	for (icmp[0] = 0; icmp[0] < 255; icmp[0]++)
	{
		if (icmp[0] != type)
		{
			goes_on(f, packet);
		}
	}
	icmp[0] = type;
	if (f->ip == 4)
	{	/* unreachable for other reasons */
		for (icmp[1] = 0; icmp[1] < 16; icmp[1]++)
		{
			if (icmp[1] != 4)
			{
				goes_on(f, packet);
			}
		}
		icmp[1] = 4;
		packet.data[L3 + 6] = 0x20;
		finish(&packet);
		goes_on(f, packet);
		packet.data[L3 + 6] = 0;
		packet.data[L3 + 9] = IPPROTO_ICMPV6;
		finish(&packet);
		goes_on(f, packet);
	}
	else
	{	/* the code doesn't matter (RFC 4443, 3.2), fragments aren't needed */
		packet.data[L3 + 6] = IPPROTO_FRAGMENT;
		insert(&packet, L3 + f->header, fragment, sizeof(fragment));
		finish(&packet);
		goes_on(f, packet);
		packet = usual(f, 1400);
		packet.data[L3 + 6] = IPPROTO_ICMP;
		goes_on(f, packet);
		packet = usual(f, 1400);
		icmp[1] = 1;
		taken(packet);
	}
}
END_TEST

START_TEST(test_forged)
{
	struct gkm_dp_sa sa = { .group = GROUP + 1 };
	family_t *f = &families[_i];
	size_t len = f->header + 8;
	gkm_error_t err = {};
	packet_t quoted;

	/* not sent by whom it is told to */
	quoted = sent(f->c, f->b);
	goes_on(f, message(f, f->other, f->a, &quoted, len, 1400));
	/* not protected */
	quoted = sent(f->other, f->b);
	goes_on(f, message(f, f->other, f->other, &quoted, len, 1400));
	quoted = sent(f->a, f->other);
	goes_on(f, message(f, f->other, f->a, &quoted, len, 1400));
	/* no ESP */
	quoted = ip_packet(f->a, f->b, IPPROTO_UDP,
					   chunk_create(quoted.data + L3 + f->header, 1400));
	goes_on(f, message(f, f->other, f->a, &quoted, len, 1400));
	/* an SPI of nobody, or of another group */
	quoted = sent(f->a, f->b);
	htoun32(quoted.data + L3 + f->header, SPI + 1);
	goes_on(f, message(f, f->other, f->a, &quoted, len, 1400));
	ck_assert_msg(dp->set_sa(dp, SPI + 1, &sa, &err), "%s", err.text);
	goes_on(f, message(f, f->other, f->a, &quoted, len, 1400));
	/* from outside to a protected one, it is as clear as anything */
	drops("gkm_wan_in", message(f, f->c, f->a, &quoted, len, 1400), 0,
		  GKM_DP_CLEAR_IN);
	ck_assert_uint_eq(get_pmtu(f->b), 0);
}
END_TEST

START_TEST(test_malformed_quotes)
{
	family_t *f = &families[_i];
	uint8_t fragment[8] = { IPPROTO_ESP, 0, 0, 9, 0, 0, 0, 1 };
	uint8_t extension[8] = { IPPROTO_ESP, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	packet_t quoted, whole = sent(f->a, f->b);
	int i;

	for (i = 0; i < 16; i++)
	{	/* versions, the other one as well */
		if (i != f->ip)
		{
			quoted = whole;
			quoted.data[L3] = i << 4 | (quoted.data[L3] & 0x0f);
			goes_on(f, message(f, f->other, f->a, &quoted, 600, 1400));
		}
	}
	for (i = 0; f->ip == 4 && i < 16; i++)
	{	/* lengths of the header */
		if (i != 5)
		{
			quoted = whole;
			quoted.data[L3] = 0x40 | i;
			goes_on(f, message(f, f->other, f->a, &quoted, 28, 1400));
			goes_on(f, message(f, f->other, f->a, &quoted, 548, 1400));
		}
	}
	quoted = whole;
	if (f->ip == 4)
	{	/* options, which ours don't have, and a later fragment */
		quoted.data[L3] += sizeof(nops) / 4;
		insert(&quoted, L3 + f->header, nops, sizeof(nops));
		goes_on(f, message(f, f->other, f->a, &quoted, 36, 1400));
		quoted = whole;
		quoted.data[L3 + 7] = 1;
		goes_on(f, message(f, f->other, f->a, &quoted, 28, 1400));
		return;
	}
	quoted.data[L3 + 6] = IPPROTO_DSTOPTS;
	insert(&quoted, L3 + f->header, extension, sizeof(extension));
	goes_on(f, message(f, f->other, f->a, &quoted, 56, 1400));
	quoted = whole;
	quoted.data[L3 + 6] = IPPROTO_FRAGMENT;
	insert(&quoted, L3 + f->header, fragment, sizeof(fragment));
	goes_on(f, message(f, f->other, f->a, &quoted, 56, 1400));
	/* cut within the header of a fragment, and the first one */
	goes_on(f, message(f, f->other, f->a, &quoted, 44, 1400));
	quoted.data[L3 + f->header + 3] = 1;
	taken(message(f, f->other, f->a, &quoted, 56, 1400));
}
END_TEST

Suite *dp_pmtu_suite()
{
	Suite *s = suite_create("dp_pmtu");
	TCase *tc;

	tc = tcase_create("learning");
	tcase_add_checked_fixture(tc, setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_learn, 0, 2);
	tcase_add_loop_test(tc, test_routers, 0, 2);
	tcase_add_loop_test(tc, test_only_lower, 0, 2);
	tcase_add_loop_test(tc, test_implausible, 0, 2);
	tcase_add_loop_test(tc, test_floor, 0, 2);
	tcase_add_test(tc, test_unused);
	tcase_add_loop_test(tc, test_expiry, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("not ours");
	tcase_add_checked_fixture(tc, setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_cut, 0, 2);
	tcase_add_loop_test(tc, test_other_messages, 0, 2);
	tcase_add_loop_test(tc, test_forged, 0, 2);
	tcase_add_loop_test(tc, test_malformed_quotes, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
