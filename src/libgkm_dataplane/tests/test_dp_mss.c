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

/** What fits */
#define LIMIT 1423

/** Flags of TCP */
#define SYN 0x02
#define ACK 0x10

/** Where TCP's options begin, from the begin of its header */
#define OPTIONS 20

static void setup()
{
	dp_setup();
	set_sizes(1500, 1500 - LIMIT, 0, TRUE);
}

/**
 * Calculate TCP's checksum over what is in a packet, 0 if it is right
 */
static uint16_t tcp_sum(family_t *f, packet_t *packet)
{
	uint8_t *addrs = packet->data + L3 + (f->ip == 4 ? 12 : 8);
	size_t i, len = packet->len - L3 - f->header;
	uint8_t *tcp = packet->data + L3 + f->header;
	uint32_t sum = IPPROTO_TCP + len;

	for (i = 0; i < (f->ip == 4 ? 8 : 32); i++)
	{
		sum += addrs[i] << (i % 2 ? 0 : 8);
	}
	for (i = 0; i < len; i++)
	{
		sum += tcp[i] << (i % 2 ? 0 : 8);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

/**
 * A TCP packet with options, which are padded with zeros, and 3 octets of data
 */
static packet_t segment(family_t *f, char *src, char *dst, uint8_t flags,
						chunk_t options)
{
	uint8_t tcp[OPTIONS + 40 + 3] = { 0x10, 0x00, 0x20, 0x00, 1, 2, 3, 4 };
	size_t len = OPTIONS + (options.len + 3) / 4 * 4;
	packet_t packet;

	tcp[12] = len / 4 << 4;
	tcp[13] = flags;
	memcpy(tcp + OPTIONS, options.ptr, options.len);
	memcpy(tcp + len, "abc", 3);
	packet = ip_packet(src, dst, IPPROTO_TCP, chunk_create(tcp, len + 3));
	htoun16(packet.data + L3 + f->header + 16, tcp_sum(f, &packet));
	ck_assert_uint_eq(tcp_sum(f, &packet), 0);
	return packet;
}

/**
 * What the MSS is lowered to
 */
static uint16_t get_mss(family_t *f)
{
	return LIMIT - f->header - OPTIONS;
}

/**
 * Run a program that has to lower the MSS and leave the rest alone
 *
 * @param at		where its value is in the options
 */
static void lowers(family_t *f, packet_t packet, size_t at)
{
	size_t tcp = L3 + f->header;
	packet_t was = packet;

	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(untoh16(packet.data + tcp + OPTIONS + at), get_mss(f));
	ck_assert_uint_eq(tcp_sum(f, &packet), 0);
	ck_assert(checksum_valid(&packet));
	/* with both put back */
	memcpy(packet.data + tcp + OPTIONS + at, was.data + tcp + OPTIONS + at, 2);
	memcpy(packet.data + tcp + 16, was.data + tcp + 16, 2);
	ck_assert_uint_eq(packet.len, was.len);
	ck_assert(memeq(packet.data, was.data, was.len));
}

/**
 * Run a program that has to leave a packet alone and let it pass
 */
static void leaves(packet_t packet)
{
	packet_t was = packet;

	ck_assert_int_eq(run("gkm_wan_out", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.len, was.len);
	ck_assert(memeq(packet.data, was.data, was.len));
}

START_TEST(test_out)
{
	family_t *f = &families[_i];
	chunk_t mss = chunk_from_chars(2, 4, 0x05, 0xb4);
	chunk_t highest = chunk_from_chars(2, 4, 0xff, 0xff);

	lowers(f, segment(f, f->a, f->b, SYN, mss), 2);
	lowers(f, segment(f, f->a, f->b, SYN | ACK, mss), 2);
	lowers(f, segment(f, f->a, f->b, SYN, highest), 2);
}
END_TEST

START_TEST(test_low_enough)
{
	family_t *f = &families[_i];
	uint8_t option[] = { 2, 4, 0, 0 };
	uint16_t mss = get_mss(f);

	htoun16(option + 2, mss);
	leaves(segment(f, f->a, f->b, SYN, chunk_from_thing(option)));
	htoun16(option + 2, mss - 1);
	leaves(segment(f, f->a, f->b, SYN, chunk_from_thing(option)));
	htoun16(option + 2, 0);
	leaves(segment(f, f->a, f->b, SYN, chunk_from_thing(option)));
	htoun16(option + 2, mss + 1);
	lowers(f, segment(f, f->a, f->b, SYN, chunk_from_thing(option)), 2);
}
END_TEST

/**
 * Other options before it, also such that the value has an odd offset
 */
START_TEST(test_places)
{
	family_t *f = &families[_i];
	uint8_t options[40];
	int i;

	for (i = 0; i < 16; i++)
	{
		memset(options, 1, sizeof(options));
		memcpy(options + i, "\x02\x04\x05\xb4", 4);
		lowers(f, segment(f, f->a, f->b, SYN, chunk_create(options, i + 4)),
			   i + 2);
	}
	/* so many aren't meant seriously */
	memset(options, 1, sizeof(options));
	memcpy(options + i, "\x02\x04\x05\xb4", 4);
	leaves(segment(f, f->a, f->b, SYN, chunk_create(options, i + 4)));
	/* as Linux sends them, the other way round */
	lowers(f, segment(f, f->a, f->b, SYN,
			chunk_from_chars(4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
							 2, 4, 0x05, 0xb4)), 18);
	/* unknown ones, with lengths that leave room for it just so */
	memset(options, 0, sizeof(options));
	options[0] = 253;
	for (i = 2; i <= 36; i++)
	{
		memset(options + 2, 2, sizeof(options) - 2);
		options[1] = i;
		memcpy(options + i, "\x02\x04\x05\xb4", 4);
		lowers(f, segment(f, f->a, f->b, SYN, chunk_create(options, i + 4)),
			   i + 2);
	}
}
END_TEST

START_TEST(test_malformed_options)
{
	chunk_t options[] = {
		/* lengths of it that are wrong */
		chunk_from_chars(2, 0, 0x05, 0xb4),
		chunk_from_chars(2, 2, 0x05, 0xb4),
		chunk_from_chars(2, 3, 0x05, 0xb4),
		chunk_from_chars(2, 5, 0x05, 0xb4, 0, 0, 0, 0),
		chunk_from_chars(2, 255, 0x05, 0xb4),
		/* another one that never ends, or beyond all options */
		chunk_from_chars(253, 0, 1, 1, 2, 4, 0x05, 0xb4),
		chunk_from_chars(253, 1, 1, 1, 2, 4, 0x05, 0xb4),
		chunk_from_chars(253, 9, 1, 1, 2, 4, 0x05, 0xb4),
		chunk_from_chars(253, 255, 1, 1, 2, 4, 0x05, 0xb4),
		/* behind their end */
		chunk_from_chars(0, 1, 1, 1, 2, 4, 0x05, 0xb4),
		chunk_from_chars(1, 1, 1, 0, 2, 4, 0x05, 0xb4),
		/* cut by the end of the header */
		chunk_from_chars(1, 2, 4, 0x05),
		chunk_from_chars(1, 1, 2, 4),
		chunk_from_chars(1, 1, 1, 2),
		chunk_from_chars(1, 1, 1, 253),
		chunk_empty,
	};
	family_t *f = &families[_i];
	packet_t packet;
	int i;

	for (i = 0; i < countof(options); i++)
	{
		leaves(segment(f, f->a, f->b, SYN, options[i]));
	}
	/* cut, and what follows would complete it */
	packet = segment(f, f->a, f->b, SYN, chunk_from_chars(1, 1, 2, 4));
	memcpy(packet.data + L3 + f->header + OPTIONS + 4, "\x05\xb4\x00", 3);
	leaves(packet);
}
END_TEST

START_TEST(test_malformed_header)
{
	family_t *f = &families[_i];
	packet_t packet, all = segment(f, f->a, f->b, SYN,
								   chunk_from_chars(2, 4, 0x05, 0xb4));
	uint8_t *offset = packet.data + L3 + f->header + 12;
	size_t len;

	/* cut, as a whole or only by what IP says */
	for (len = L3 + f->header; len < L3 + f->header + OPTIONS + 4; len++)
	{
		packet = all;
		packet.len = len;
		finish(&packet);
		leaves(packet);
		packet.len = all.len;
		leaves(packet);
		packet = all;
		packet.len = len;
		leaves(packet);
	}
	/* ends before options begin, or beyond the packet */
	packet = all;
	for (*offset = 0; *offset < 0x60; *offset += 0x10)
	{
		leaves(packet);
	}
	for (*offset = 0x70; *offset; *offset += 0x10)
	{
		leaves(packet);
	}
}
END_TEST

START_TEST(test_others)
{
	chunk_t mss = chunk_from_chars(2, 4, 0x05, 0xb4);
	family_t *f = &families[_i];
	packet_t packet, syn = segment(f, f->a, f->b, SYN, mss);
	uint8_t fragment[8] = { IPPROTO_TCP, 0, 0, 1, 0, 0, 0, 1 };

	leaves(segment(f, f->a, f->b, ACK, mss));
	leaves(segment(f, f->a, f->b, 0xff & ~SYN, mss));
	leaves(ip_packet(f->a, f->b, IPPROTO_UDP,
					 chunk_create(syn.data + L3 + f->header,
								  syn.len - L3 - f->header)));
	ignores("gkm_wan_out", segment(f, f->a, f->other, SYN, mss));

	/* the first fragment too: nobody cuts a SYN */
	packet = syn;
	if (f->ip == 4)
	{
		packet.data[L3 + 6] = 0x20;
	}
	else
	{
		packet.data[L3 + 6] = IPPROTO_FRAGMENT;
		insert(&packet, L3 + f->header, fragment, sizeof(fragment));
	}
	finish(&packet);
	leaves(packet);

	/* configured like that */
	set_sizes(1500, 1500 - LIMIT, 0, FALSE);
	leaves(syn);
}
END_TEST

/**
 * What the other site sends is lowered after it was decrypted, too
 */
START_TEST(test_in)
{
	family_t *f = &families[_i];
	packet_t packet, was;
	size_t tcp = L3 + f->header;

	packet = decrypted(segment(f, f->b, f->a, SYN | ACK,
							   chunk_from_chars(2, 4, 0x05, 0xb4)), f->b, f->a);
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	was = packet;
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert_uint_eq(packet.mark, MARK_OTHERS);
	ck_assert_uint_eq(untoh16(packet.data + tcp + OPTIONS + 2), get_mss(f));
	ck_assert_uint_eq(tcp_sum(f, &packet), 0);

	/* unless configured otherwise, and nothing else */
	set_sizes(1500, 1500 - LIMIT, 0, FALSE);
	packet = decrypted(was, f->b, f->a);
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert_int_eq(run("gkm_wan_in", &packet), TC_ACT_UNSPEC);
	ck_assert(memeq(packet.data, was.data, was.len));
}
END_TEST

Suite *dp_mss_suite()
{
	Suite *s = suite_create("dp_mss");
	TCase *tc;

	tc = tcase_create("mss");
	tcase_add_checked_fixture(tc, setup, dp_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_out, 0, 2);
	tcase_add_loop_test(tc, test_low_enough, 0, 2);
	tcase_add_loop_test(tc, test_places, 0, 2);
	tcase_add_loop_test(tc, test_malformed_options, 0, 2);
	tcase_add_loop_test(tc, test_malformed_header, 0, 2);
	tcase_add_loop_test(tc, test_others, 0, 2);
	tcase_add_loop_test(tc, test_in, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
