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

START_TEST(test_out)
{
	family_t *f = &families[_i];
	packet_t clear = clear_packet(f->a, f->b), packet, was;

	/* of whom routing has found, whatever kind of address it is */
	memcpy(clear.data, f->mac, ETH_ALEN);
	was = encrypted(f, f->a, f->b);
	was.mark = redirected(clear).mark;
	packet = was;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(packet.len, was.len);
	ck_assert(goes(&packet, f->a, f->b));
	ck_assert(checksum_valid(&packet));
	ck_assert(memeq(packet.data, clear.data, L3));
	ck_assert(memeq(packet.data + L3, was.data + L3, 8));
	ck_assert(memeq(packet.data + L3 + f->header, was.data + L3 + f->header,
					was.len - L3 - f->header));
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 1);
	/* segments of one packet have its mark */
	ck_assert_int_eq(run("gkm_wan_out", &was), TC_ACT_UNSPEC);
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 2);
}
END_TEST

START_TEST(test_redirect)
{
	family_t *f = &families[_i];
	uint32_t states[] = { 0, MARK_OUT, MARK_IN, MARK_BACK };
	packet_t packet, was = clear_packet(f->a, f->b);
	uint32_t mark = 0;
	int i;

	for (i = 0; i < countof(states); i++)
	{	/* whatever mark it has, it gets a new one */
		packet = was;
		packet.mark |= states[i];
		packet = redirected(packet);
		ck_assert(packet.len == was.len &&
				  memeq(packet.data, was.data, was.len));
		ck_assert_uint_eq(packet.mark & ~MARK_MASK, MARK_OTHERS);
		ck_assert_uint_ne(packet.mark, mark);
		mark = packet.mark;
	}
	redirected(clear_packet(f->a, f->group));
	/* ESP that isn't ours is as clear as anything */
	redirected(esp_packet(f->a, f->b, 0x12345678));
	redirected(esp_packet(f->a, f->b, SPI));
}
END_TEST

START_TEST(test_out_order)
{
	family_t *f = &families[_i];
	packet_t first = encrypted(f, f->a, f->b), second = encrypted(f, f->b, f->c);

	ck_assert_int_eq(run("gkm_wan_out", &second), TC_ACT_UNSPEC);
	ck_assert(goes(&second, f->b, f->c));
	ck_assert_int_eq(run("gkm_wan_out", &first), TC_ACT_UNSPEC);
	ck_assert(goes(&first, f->a, f->b));
}
END_TEST

START_TEST(test_out_lost)
{
	family_t *f = &families[_i];
	packet_t packet = encrypted(f, f->a, f->b), other;
	int i;

	for (i = 0; i < GKM_DP_FLOWS - 1; i++)
	{
		redirected(clear_packet(f->b, f->c));
	}
	other = packet;
	ck_assert_int_eq(run("gkm_wan_out", &other), TC_ACT_UNSPEC);
	ck_assert(goes(&other, f->a, f->b));
	/* one more overwrites the first one */
	redirected(clear_packet(f->b, f->c));
	drops("gkm_wan_out", packet, SPI, GKM_DP_LOST);
}
END_TEST

START_TEST(test_out_not_remembered)
{
	family_t *f = &families[_i], *g = &families[!_i];
	packet_t packet = esp_packet(f->local, f->remote, SPI);

	packet.mark = MARK_OUT | 0x00fff000;
	drops("gkm_wan_out", packet, SPI, GKM_DP_LOST);
	/* addresses of the other IP version */
	packet.mark = encrypted(g, g->a, g->b).mark;
	drops("gkm_wan_out", packet, SPI, GKM_DP_LOST);
	/* ticket of a packet that came in */
	packet.mark = decrypted(packet, f->a, f->b).mark ^ MARK_IN ^ MARK_OUT;
	drops("gkm_wan_out", packet, SPI, GKM_DP_LOST);
}
END_TEST

START_TEST(test_out_unknown_spi)
{
	family_t *f = &families[_i];
	packet_t packet = encrypted(f, f->a, f->b);

	/* the SA has been deleted since */
	dp->del_sa(dp, SPI);
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(counted(0, GKM_DP_ENCRYPTED), 1);
}
END_TEST

START_TEST(test_out_fragments)
{
	family_t *f = &families[_i];
	packet_t packet = encrypted(f, f->a, f->b), first, later;

	first = fragment(f, packet, 0, TRUE);
	later = fragment(f, packet, 64, FALSE);
	ck_assert_int_eq(run("gkm_wan_out", &later), TC_ACT_UNSPEC);
	ck_assert(goes(&later, f->a, f->b));
	ck_assert(checksum_valid(&later));
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 0);
	ck_assert_int_eq(run("gkm_wan_out", &first), TC_ACT_UNSPEC);
	ck_assert(goes(&first, f->a, f->b));
	ck_assert(checksum_valid(&first));
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 1);
	ck_assert_uint_eq(get_fragment_id(f, &first), 0x1234);
	ck_assert_uint_eq(get_fragment_id(f, &later), 0x1234);
}
END_TEST

/**
 * Dummy addresses don't get out
 */
START_TEST(test_out_spoofed)
{
	family_t *f = &families[_i];
	packet_t packet = encrypted(f, f->a, f->b), other;

	other = packet;
	other.mark &= ~MARK_STATE;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
	other.mark |= MARK_IN;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
	other.mark |= MARK_BACK;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);

	other = esp_packet(f->remote, f->local, SPI);
	other.mark = packet.mark;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
	other = esp_packet(f->local, f->b, SPI);
	other.mark = packet.mark;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
	other = esp_packet(f->a, f->remote, SPI);
	other.mark = packet.mark;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
	other = clear_packet(f->local, f->remote);
	other.mark = packet.mark;
	drops("gkm_wan_out", other, 0, GKM_DP_SPOOFED);
}
END_TEST

/**
 * Protected, but nothing to encrypt it with
 */
START_TEST(test_out_clear)
{
	family_t *f = &families[_i];
	packet_t packet = clear_packet(f->a, f->b);
	uint32_t states[] = { 0, MARK_OUT, MARK_IN, MARK_BACK };
	int i;

	set_rules_dev(0);
	for (i = 0; i < countof(states); i++)
	{
		packet.mark = MARK_OTHERS | states[i];
		drops("gkm_wan_out", packet, 0, GKM_DP_CLEAR_OUT);
	}
	drops("gkm_wan_out", esp_packet(f->a, f->b, 0x12345678), 0,
		  GKM_DP_CLEAR_OUT);
	drops("gkm_wan_out", clear_packet(f->a, f->group), 0, GKM_DP_CLEAR_OUT);
}
END_TEST

START_TEST(test_out_others)
{
	family_t *f = &families[_i];
	packet_t packet = clear_packet(f->a, f->other);

	ignores("gkm_wan_out", packet);
	ignores("gkm_wan_out", esp_packet(f->other, f->other, SPI));
	ignores("gkm_wan_out", esp_packet(f->other, f->b, 0x12345678));
	packet.mark |= MARK_OUT;
	ignores("gkm_wan_out", packet);
}
END_TEST

/**
 * What was about to leave by another interface than D_remote is routed to goes
 * on there
 */
START_TEST(test_out_other_wan)
{
	struct gkm_dp_link link = {};
	gkm_error_t err = {};
	family_t *f = &families[_i];
	packet_t clear = clear_packet(f->a, f->b), packet, was;

	clear.ifindex = add_interface();
	memcpy(clear.data, f->mac, ETH_ALEN);
	ck_assert_msg(dp->attach(dp, clear.ifindex, GKM_DP_WAN, &link, &err), "%s",
				  err.text);
	was = encrypted(f, f->a, f->b);
	was.mark = redirected(clear).mark;
	packet = was;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert(packet.len == was.len && packet.mark == was.mark &&
			  memeq(packet.data, was.data, was.len));
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 0);

	packet.ifindex = clear.ifindex;
	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_UNSPEC);
	ck_assert(goes(&packet, f->a, f->b));
	ck_assert(memeq(packet.data, clear.data, L3));
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	ck_assert_uint_eq(counted(SPI, GKM_DP_ENCRYPTED), 1);

	/* which isn't one to the WAN any more */
	dp->detach(dp, clear.ifindex);
	drops("gkm_wan_out", was, SPI, GKM_DP_LOST);
}
END_TEST

Suite *dp_wan_out_suite()
{
	Suite *s = suite_create("dp_wan_out");
	TCase *tc;

	tc = tcase_create("egress");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_out, 0, 2);
	tcase_add_loop_test(tc, test_redirect, 0, 2);
	tcase_add_loop_test(tc, test_out_order, 0, 2);
	tcase_add_loop_test(tc, test_out_lost, 0, 2);
	tcase_add_loop_test(tc, test_out_not_remembered, 0, 2);
	tcase_add_loop_test(tc, test_out_unknown_spi, 0, 2);
	tcase_add_loop_test(tc, test_out_fragments, 0, 2);
	tcase_add_loop_test(tc, test_out_spoofed, 0, 2);
	tcase_add_loop_test(tc, test_out_clear, 0, 2);
	tcase_add_loop_test(tc, test_out_others, 0, 2);
	tcase_add_loop_test(tc, test_out_other_wan, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
