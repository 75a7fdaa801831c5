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

START_TEST(test_truncated)
{
	family_t *f = &families[_i];
	size_t end = L3 + f->header + sizeof(uint32_t);
	packet_t packet;

	drops_truncated("gkm_wan_out", encrypted(f, f->a, f->b), end, 0,
					GKM_DP_MALFORMED);
	packet = esp_packet(f->a, f->b, SPI);
	drops_truncated("gkm_wan_in", packet, end, 0, GKM_DP_MALFORMED);
	/* XFRM takes over from there */
	packet.len = end;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);

	packet = fragment(f, esp_packet(f->a, f->b, SPI), 0, TRUE);
	end += f->ip == 4 ? 0 : 8;
	drops_truncated("gkm_wan_in", packet, end, 0, GKM_DP_MALFORMED);
	packet.len = end;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
}
END_TEST

START_TEST(test_bad_version)
{
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->b, SPI);

	packet.data[L3] ^= 0x20;
	drops("gkm_wan_in", packet, 0, GKM_DP_MALFORMED);
	drops("gkm_wan_out", packet, 0, GKM_DP_MALFORMED);
	if (f->ip == 4)
	{
		packet.data[L3] = 0x44;
		drops("gkm_wan_in", packet, 0, GKM_DP_MALFORMED);
		/* options that aren't there */
		packet.data[L3] = 0x4f;
		packet.len = L3 + 59;
		drops("gkm_wan_in", packet, 0, GKM_DP_MALFORMED);
	}
}
END_TEST

START_TEST(test_other_protocols)
{
	packet_t packet = esp_packet(families[0].a, families[0].b, SPI);
	uint8_t tag[4] = { 0x81, 0x00, 0x00, 0x05 };

	/* the interface of the VLAN gets it without tag */
	insert(&packet, L3 - 2, tag, sizeof(tag));
	ignores("gkm_wan_in", packet);
	ignores("gkm_wan_out", packet);
	htoun16(packet.data + L3 - 2, ETH_P_ARP);
	ignores("gkm_wan_in", packet);
	ignores("gkm_wan_out", packet);
}
END_TEST

START_TEST(test_in)
{
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->b, SPI), was = packet;

	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->local));
	ck_assert(checksum_valid(&packet));
	ck_assert_uint_eq(packet.len, was.len);
	ck_assert(memeq(packet.data + L3 + f->header, was.data + L3 + f->header,
					was.len - L3 - f->header));
	ck_assert_uint_eq(packet.mark & MARK_STATE, MARK_IN);
	ck_assert_uint_eq(packet.mark & ~MARK_MASK, MARK_OTHERS);
}
END_TEST

START_TEST(test_in_multicast)
{
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->group, SPI), inner;

	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->local));
	inner = clear_packet(f->a, f->group);
	inner.mark = packet.mark;
	ck_assert_int_eq(run("gkm_inner_in", &inner), TC_ACT_REDIRECT);
	ck_assert_int_eq(run("gkm_wan_in", &inner), TC_ACT_UNSPEC);
	ck_assert(goes(&inner, f->a, f->group));
}
END_TEST

START_TEST(test_in_no_sa)
{
	family_t *f = &families[_i];
	struct gkm_dp_sa sa = { .group = GROUP + 1 };
	gkm_error_t err = {};

	drops("gkm_wan_in", esp_packet(f->a, f->b, SPI + 1), 0, GKM_DP_NO_SA);
	drops("gkm_wan_in", esp_packet(f->a, f->b, 0), 0, GKM_DP_NO_SA);
	/* an SA of another group isn't good for this traffic */
	ck_assert_msg(dp->set_sa(dp, SPI + 1, &sa, &err), "%s", err.text);
	drops("gkm_wan_in", esp_packet(f->a, f->b, SPI + 1), 0, GKM_DP_NO_SA);
}
END_TEST

START_TEST(test_in_clear)
{
	family_t *f = &families[_i];
	uint8_t udp[12] = {};

	drops("gkm_wan_in", clear_packet(f->a, f->b), 0, GKM_DP_CLEAR_IN);
	drops("gkm_wan_in", clear_packet(f->a, f->group), 0, GKM_DP_CLEAR_IN);
	drops("gkm_wan_in", fragment(f, clear_packet(f->a, f->b), 0, TRUE), 0,
		  GKM_DP_CLEAR_IN);
	drops("gkm_wan_in", fragment(f, clear_packet(f->a, f->b), 8, FALSE), 0,
		  GKM_DP_CLEAR_IN);
	/* what D3P carries in clear isn't fresh either */
	drops("gkm_wan_in", ip_packet(f->a, f->b, GKM_DP_D3P_PROTOCOL,
								  chunk_from_thing(udp)), 0, GKM_DP_CLEAR_IN);
}
END_TEST

START_TEST(test_in_options)
{
	uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	uint8_t extension[8] = { IPPROTO_ESP, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t types[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS };
	family_t *f = &families[0];
	packet_t packet;
	int i;

	packet = esp_packet(f->a, f->b, SPI);
	packet.data[L3] += sizeof(nops) / 4;
	insert(&packet, L3 + f->header, nops, sizeof(nops));
	finish(&packet);
	drops("gkm_wan_in", packet, 0, GKM_DP_MALFORMED);

	f = &families[1];
	for (i = 0; i < countof(types); i++)
	{
		packet = esp_packet(f->a, f->b, SPI);
		packet.data[L3 + 6] = types[i];
		insert(&packet, L3 + f->header, extension, sizeof(extension));
		finish(&packet);
		drops("gkm_wan_in", packet, 0, GKM_DP_MALFORMED);
		/* behind a fragment header */
		drops("gkm_wan_in", fragment(f, packet, 0, TRUE), 0, GKM_DP_MALFORMED);
		drops("gkm_wan_in", fragment(f, packet, 8, FALSE), 0, GKM_DP_MALFORMED);
	}
}
END_TEST

START_TEST(test_in_fragments)
{
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->b, SPI), first, later, other;

	later = fragment(f, packet, 64, FALSE);
	ck_assert_int_eq(run("gkm_wan_in", &later), TC_ACT_UNSPEC);
	ck_assert(goes(&later, f->a, f->local));
	ck_assert(checksum_valid(&later));
	ck_assert_uint_eq(later.mark, MARK_OTHERS);

	first = fragment(f, packet, 0, TRUE);
	ck_assert_int_eq(run("gkm_wan_in", &first), TC_ACT_UNSPEC);
	ck_assert(goes(&first, f->a, f->local));
	ck_assert(checksum_valid(&first));
	ck_assert_uint_eq(first.mark & MARK_STATE, MARK_IN);

	/* both belong together, and none of another flow with them */
	ck_assert_uint_eq(get_fragment_id(f, &first), get_fragment_id(f, &later));
	other = fragment(f, esp_packet(f->a, f->c, SPI), 64, FALSE);
	ck_assert_int_eq(run("gkm_wan_in", &other), TC_ACT_UNSPEC);
	ck_assert_uint_ne(get_fragment_id(f, &other), get_fragment_id(f, &first));
	other = fragment(f, esp_packet(f->b, f->a, SPI), 64, FALSE);
	ck_assert_int_eq(run("gkm_wan_in", &other), TC_ACT_UNSPEC);
	ck_assert_uint_ne(get_fragment_id(f, &other), get_fragment_id(f, &first));
}
END_TEST

START_TEST(test_in_spoofed)
{
	family_t *f = &families[_i];

	drops("gkm_wan_in", esp_packet(f->remote, f->local, SPI), 0,
		  GKM_DP_SPOOFED);
	drops("gkm_wan_in", esp_packet(f->remote, f->b, SPI), 0, GKM_DP_SPOOFED);
	drops("gkm_wan_in", clear_packet(f->a, f->local), 0, GKM_DP_SPOOFED);
	drops("gkm_wan_in", clear_packet(f->other, f->remote), 0, GKM_DP_SPOOFED);
	drops("gkm_wan_in", clear_packet(f->local, f->other), 0, GKM_DP_SPOOFED);
}
END_TEST

/**
 * Marks of ours that somebody else has set are cleared
 */
START_TEST(test_in_marks)
{
	family_t *f = &families[_i];
	uint32_t states[] = { MARK_OUT, MARK_IN, MARK_BACK };
	packet_t packet;
	int i;

	for (i = 0; i < countof(states); i++)
	{
		packet = clear_packet(f->a, f->b);
		packet.mark |= states[i];
		drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);
		packet = clear_packet(f->other, f->other);
		packet.mark = MARK_OTHERS | states[i] | 0x1000;
		ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
		ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	}
}
END_TEST

/**
 * A packet that was decrypted and checked
 */
static packet_t back(packet_t clear, char *src, char *dst)
{
	packet_t packet = decrypted(clear, src, dst);

	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.mark & MARK_STATE, MARK_BACK);
	return packet;
}

START_TEST(test_back)
{
	family_t *f = &families[_i];
	packet_t clear = clear_packet(f->a, f->b), packet, again;

	again = packet = back(clear, f->a, f->b);
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	ck_assert(packet.len == clear.len &&
			  memeq(packet.data, clear.data, clear.len));
	/* once */
	drops("gkm_wan_in", again, 0, GKM_DP_CLEAR_IN);

	/* ESP inside ESP isn't decrypted here */
	packet = back(esp_packet(f->a, f->b, SPI), f->a, f->b);
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->b));
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
}
END_TEST

/**
 * Others' marks don't let anything in
 */
START_TEST(test_back_forged)
{
	family_t *f = &families[_i];
	packet_t clear = clear_packet(f->a, f->b), packet;

	/* not checked yet */
	packet = decrypted(clear, f->a, f->b);
	packet.mark |= MARK_BACK;
	drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);
	/* other addresses */
	packet = clear_packet(f->a, f->c);
	packet.mark = back(clear, f->a, f->b).mark;
	drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);
	packet = clear_packet(f->c, f->b);
	packet.mark = back(clear, f->a, f->b).mark;
	drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);
	/* another ticket */
	packet = back(clear, f->a, f->b);
	packet.mark ^= 0x00800000;
	drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);
	/* what is ESP is decrypted then */
	packet = esp_packet(f->a, f->b, SPI);
	packet.mark |= MARK_BACK;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->local));
	ck_assert_uint_eq(packet.mark & MARK_STATE, MARK_IN);
}
END_TEST

/**
 * Where it came in it goes on, nowhere else
 */
START_TEST(test_back_interface)
{
	struct gkm_dp_link link = {};
	gkm_error_t err = {};
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->b, SPI), inner;
	uint32_t other = add_interface();

	ck_assert_msg(dp->attach(dp, other, GKM_DP_WAN, &link, &err), "%s",
				  err.text);
	packet = back(clear_packet(f->a, f->b), f->a, f->b);
	memcpy(packet.data, f->mac, ETH_ALEN);
	packet.ifindex = other;
	drops("gkm_wan_in", packet, 0, GKM_DP_CLEAR_IN);

	packet = esp_packet(f->a, f->b, SPI);
	memcpy(packet.data, f->mac, ETH_ALEN);
	packet.ifindex = other;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	inner = clear_packet(f->a, f->b);
	inner.mark = packet.mark;
	ck_assert_int_eq(run("gkm_inner_in", &inner), TC_ACT_REDIRECT);
	inner.ifindex = other;
	memcpy(inner.data, f->mac, ETH_ALEN);
	ck_assert_int_eq(run("gkm_wan_in", &inner), TC_ACT_UNSPEC);
	ck_assert_uint_eq(inner.mark, MARK_OTHERS);

	/* which isn't one to the WAN any more */
	packet = esp_packet(f->a, f->b, SPI);
	memcpy(packet.data, f->mac, ETH_ALEN);
	packet.ifindex = other;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	dp->detach(dp, other);
	inner = clear_packet(f->a, f->b);
	inner.mark = packet.mark;
	drops("gkm_inner_in", inner, SPI, GKM_DP_LOST);
}
END_TEST

START_TEST(test_in_others)
{
	family_t *f = &families[_i];

	ignores("gkm_wan_in", clear_packet(f->other, f->b));
	/* with an SPI like ours, but transit */
	ignores("gkm_wan_in", esp_packet(f->other, f->b, SPI));
	ignores("gkm_wan_in", esp_packet(f->a, f->other, SPI));
	ignores("gkm_wan_in", fragment(f, esp_packet(f->other, f->b, SPI), 64,
								   FALSE));
}
END_TEST

/**
 * Frames for other hosts that a promiscuous interface shows
 */
START_TEST(test_in_other_host)
{
	family_t *f = &families[_i];
	packet_t packet = esp_packet(f->a, f->b, SPI);

	packet.data[5] = 1;
	ignores("gkm_wan_in", packet);
	/* but those for groups are for this one too */
	packet = esp_packet(f->a, f->group, SPI);
	memcpy(packet.data, f->mac, sizeof(f->mac));
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->local));
}
END_TEST

Suite *dp_wan_in_suite()
{
	Suite *s = suite_create("dp_wan_in");
	TCase *tc;

	tc = tcase_create("both");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_truncated, 0, 2);
	tcase_add_loop_test(tc, test_bad_version, 0, 2);
	tcase_add_test(tc, test_other_protocols);
	suite_add_tcase(s, tc);

	tc = tcase_create("ingress");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_in, 0, 2);
	tcase_add_loop_test(tc, test_in_multicast, 0, 2);
	tcase_add_loop_test(tc, test_in_no_sa, 0, 2);
	tcase_add_loop_test(tc, test_in_clear, 0, 2);
	tcase_add_test(tc, test_in_options);
	tcase_add_loop_test(tc, test_in_fragments, 0, 2);
	tcase_add_loop_test(tc, test_in_spoofed, 0, 2);
	tcase_add_loop_test(tc, test_in_marks, 0, 2);
	tcase_add_loop_test(tc, test_back, 0, 2);
	tcase_add_loop_test(tc, test_back_forged, 0, 2);
	tcase_add_loop_test(tc, test_back_interface, 0, 2);
	tcase_add_loop_test(tc, test_in_others, 0, 2);
	tcase_add_loop_test(tc, test_in_other_host, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
