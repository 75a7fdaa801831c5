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

#include "dp_fixture.h"

/**
 * A packet that XFRM encrypted, with the mark of a clear one. It is sent to a
 * neighbour that isn't one.
 */
static packet_t encrypted(family_t *f, char *src, char *dst)
{
	packet_t packet = esp_packet(f->local, f->remote, SPI);

	packet.mark = redirected(clear_packet(src, dst)).mark;
	memset(packet.data, 0x5e, ETH_ALEN);
	return packet;
}

/**
 * Make a fragment of a packet
 *
 * @param offset	where it begins in the payload, octets
 * @param more		whether it isn't the last one
 */
static packet_t fragment(family_t *f, packet_t packet, size_t offset, bool more)
{
	uint8_t header[8] = { packet.data[L3 + 6], 0, offset >> 8, offset | more,
						  0, 0, 0x12, 0x34 };
	struct iphdr *v4 = (struct iphdr*)(packet.data + L3);

	if (f->ip == 4)
	{
		v4->frag_off = htons(offset / 8 | (more ? 0x2000 : 0));
	}
	else
	{
		packet.data[L3 + 6] = IPPROTO_FRAGMENT;
		insert(&packet, L3 + f->header, header, sizeof(header));
	}
	finish(&packet);
	return packet;
}

/**
 * Get what identifies fragments of a packet
 */
static uint32_t get_fragment_id(family_t *f, packet_t *packet)
{
	return f->ip == 4 ? untoh16(packet->data + L3 + 4)
					  : untoh32(packet->data + L3 + f->header + 4);
}

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
	ck_assert(goes(&packet, f->remote, f->local));
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
	ck_assert(goes(&packet, f->remote, f->local));
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
	ck_assert(goes(&later, f->remote, f->local));
	ck_assert(checksum_valid(&later));
	ck_assert_uint_eq(later.mark, MARK_OTHERS);

	first = fragment(f, packet, 0, TRUE);
	ck_assert_int_eq(run("gkm_wan_in", &first), TC_ACT_UNSPEC);
	ck_assert(goes(&first, f->remote, f->local));
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
	ck_assert(goes(&packet, f->remote, f->local));
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
	ck_assert(goes(&packet, f->remote, f->local));
}
END_TEST

Suite *dp_wan_suite()
{
	Suite *s = suite_create("dp_wan");
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
