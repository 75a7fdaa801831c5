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

#include "dp_fixture.h"

/** A window that no test takes as long as, milliseconds, and what is outside of
 *  it, seconds */
#define WINDOW 3600000
#define FAR 3600

/**
 * D3P header, as from the wire
 */
static struct gkm_dp_d3p make_d3p(family_t *f, int64_t age)
{
	time_t now = time(NULL);

	return (struct gkm_dp_d3p){
		.next = f->inside,
		.type = GKM_DP_D3P_POSIX_TIME,
		.len = htons(GKM_DP_D3P_LEN),
		.seconds = htonl(now - age),
		.micros = htonl(123456),
	};
}

/**
 * Put headers before a packet as a BEET SA does
 */
static packet_t wrap(family_t *f, packet_t inner, const void *d3p, size_t len)
{
	packet_t packet;

	packet = ip_packet(f->remote, f->local, GKM_DP_D3P_PROTOCOL,
					   chunk_create(inner.data + L3, inner.len - L3));
	insert(&packet, L3 + f->header, d3p, len);
	finish(&packet);
	return packet;
}

/**
 * A decrypted packet with a D3P header
 */
static packet_t fresh(family_t *f, struct gkm_dp_d3p d3p)
{
	return decrypted(wrap(f, clear_packet(f->a, f->b), &d3p, sizeof(d3p)),
					 f->a, f->b);
}

/**
 * A clear packet as it comes to where it is encrypted
 */
static packet_t sent(family_t *f)
{
	return redirected(clear_packet(f->a, f->b));
}

START_TEST(test_out)
{
	family_t *f = &families[_i];

	ignores("gkm_inner_out", sent(f));
}
END_TEST

/**
 * Nothing else than what gkm_wan_out has sent here
 */
START_TEST(test_out_unmarked)
{
	char *programs[] = { "gkm_inner_out", "gkm_front_in" };
	family_t *f = &families[_i];
	packet_t packet;
	int i;

	for (i = 0; i < countof(programs); i++)
	{
		drops(programs[i], clear_packet(f->a, f->b), 0, GKM_DP_SPOOFED);
		packet = sent(f);
		packet.mark ^= MARK_OUT ^ MARK_IN;
		drops(programs[i], packet, 0, GKM_DP_SPOOFED);
		packet.mark |= MARK_BACK;
		drops(programs[i], packet, 0, GKM_DP_SPOOFED);
		/* a ticket that wasn't given out, and one of a packet that came in */
		packet.mark = MARK_OUT | 0x00fff000;
		drops(programs[i], packet, 0, GKM_DP_LOST);
		packet.mark = decrypted(packet, f->a, f->b).mark ^ MARK_IN ^ MARK_OUT;
		drops(programs[i], packet, 0, GKM_DP_LOST);
		/* a ticket of a packet with other addresses */
		packet = clear_packet(f->a, f->c);
		packet.mark = sent(f).mark;
		drops(programs[i], packet, 0, GKM_DP_SPOOFED);
		packet = clear_packet(f->c, f->b);
		packet.mark = sent(f).mark;
		drops(programs[i], packet, 0, GKM_DP_SPOOFED);
	}
}
END_TEST

START_TEST(test_out_policy)
{
	family_t *f = &families[_i];
	struct gkm_dp_link link = { .group = GROUP + 1 };
	packet_t packet = sent(f);

	ck_assert(dp->attach(dp, LOOPBACK, GKM_DP_INNER, &link, NULL));
	drops("gkm_inner_out", packet, 0, GKM_DP_OUTSIDE);
	drops("gkm_front_in", packet, 0, GKM_DP_OUTSIDE);
}
END_TEST

START_TEST(test_out_truncated)
{
	family_t *f = &families[_i];

	drops_truncated("gkm_inner_out", sent(f), L3 + f->header,
					0, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_out_truncated_options)
{
	packet_t packet = sent(&families[0]);

	packet.data[L3] = 0x4f;
	packet.len = L3 + 60;
	ignores("gkm_inner_out", packet);
	packet.len = L3 + 59;
	drops("gkm_inner_out", packet, 0, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_out_other_protocol)
{
	packet_t packet = sent(&families[0]);

	htoun16(packet.data + L3 - 2, ETH_P_ARP);
	ck_assert_int_eq(run("gkm_inner_out", &packet), TC_ACT_SHOT);
	ck_assert_int_eq(run("gkm_front_in", &packet), TC_ACT_SHOT);
}
END_TEST

START_TEST(test_push)
{
	family_t *f = &families[_i];
	packet_t packet = sent(f), was = packet;
	struct iphdr *v4 = (struct iphdr*)(packet.data + L3);
	struct gkm_dp_d3p *d3p = (void*)(packet.data + L3 + f->header);
	size_t added = f->header + sizeof(*d3p);
	time_t before, after;

	set_d3p(WINDOW);
	before = time(NULL);
	ck_assert_int_eq(run("gkm_front_in", &packet), TC_ACT_REDIRECT);
	after = time(NULL);

	ck_assert_uint_eq(packet.mark & MARK_STATE, MARK_OUT);
	ck_assert_uint_eq(packet.mark & ~MARK_MASK, MARK_OTHERS);
	ck_assert_uint_eq(packet.len, was.len + added);
	ck_assert(goes(&packet, f->a, f->b));
	ck_assert(checksum_valid(&packet));
	if (f->ip == 4)
	{
		ck_assert_uint_eq(v4->protocol, GKM_DP_D3P_PROTOCOL);
		ck_assert_uint_eq(ntohs(v4->tot_len), packet.len - L3);
		ck_assert_uint_eq(v4->tos, 0xb8);
	}
	else
	{
		ck_assert_uint_eq(packet.data[L3 + 6], GKM_DP_D3P_PROTOCOL);
		ck_assert_uint_eq(untoh16(packet.data + L3 + 4),
						  packet.len - L3 - f->header);
	}
	ck_assert_uint_eq(d3p->next, f->inside);
	ck_assert_uint_eq(d3p->type, GKM_DP_D3P_POSIX_TIME);
	ck_assert_uint_eq(ntohs(d3p->len), GKM_DP_D3P_LEN);
	/* time() may lag behind by a tick */
	ck_assert_uint_ge(ntohl(d3p->seconds), before);
	ck_assert_uint_le(ntohl(d3p->seconds), after + 1);
	ck_assert_uint_lt(ntohl(d3p->micros), 1000000);
	ck_assert(memeq(packet.data + L3 + added, was.data + L3, was.len - L3));

	/* the inner interface takes that, and nothing else */
	ignores("gkm_inner_out", packet);
	drops("gkm_inner_out", was, 0, GKM_DP_SPOOFED);
	was.mark = packet.mark;
	drops("gkm_inner_out", was, 0, GKM_DP_SPOOFED);
	packet.mark ^= MARK_STATE;
	drops("gkm_inner_out", packet, 0, GKM_DP_SPOOFED);
	packet.mark ^= MARK_STATE;
	/* other addresses within the same rule: last octet of the destination, and
	 * of the source */
	packet.data[L3 + (f->ip == 4 ? 19 : 39)]++;
	drops("gkm_inner_out", packet, 0, GKM_DP_SPOOFED);
	packet.data[L3 + (f->ip == 4 ? 19 : 39)]--;
	packet.data[L3 + (f->ip == 4 ? 15 : 23)]++;
	drops("gkm_inner_out", packet, 0, GKM_DP_SPOOFED);
}
END_TEST

/**
 * Options and fragments stay inside
 */
START_TEST(test_push_options)
{
	uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	family_t *f = &families[0];
	packet_t packet = sent(f), was;
	struct iphdr *h = (struct iphdr*)(packet.data + L3);

	set_d3p(WINDOW);
	insert(&packet, L3 + f->header, nops, sizeof(nops));
	h->ihl += sizeof(nops) / 4;
	h->frag_off = htons(0x2001);
	finish(&packet);
	was = packet;
	ck_assert_int_eq(run("gkm_front_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(h->ihl, 5);
	ck_assert_uint_eq(h->frag_off, 0);
	ck_assert(checksum_valid(&packet));
	ck_assert_uint_eq(packet.len, was.len + 32);
	ck_assert(memeq(packet.data + L3 + 32, was.data + L3, was.len - L3));

	/* but "don't fragment" is for the outer header as well */
	packet = was;
	h->frag_off = htons(0x4000);
	finish(&packet);
	ck_assert_int_eq(run("gkm_front_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(h->frag_off, htons(0x4000));
}
END_TEST

START_TEST(test_push_unsegmented)
{
	family_t *f = &families[_i];
	packet_t packet = sent(f);

	set_d3p(WINDOW);
	packet.gso_size = 4;
	drops("gkm_front_in", packet, 0, GKM_DP_UNSEGMENTED);
}
END_TEST

START_TEST(test_push_truncated)
{
	family_t *f = &families[_i];
	packet_t packet = sent(f);

	set_d3p(WINDOW);
	drops_truncated("gkm_front_in", packet, packet.len, 0, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_push_bad_length)
{
	family_t *f = &families[0];
	packet_t packet = sent(f);
	struct iphdr *h = (struct iphdr*)(packet.data + L3);

	set_d3p(WINDOW);
	h->tot_len = htons(19);
	drops("gkm_front_in", packet, 0, GKM_DP_MALFORMED);
	h->tot_len = htons(0xffff);
	drops("gkm_front_in", packet, 0, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_in)
{
	family_t *f = &families[_i];
	packet_t packet = decrypted(clear_packet(f->a, f->b), f->a, f->b);
	packet_t was = packet;

	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	ck_assert_uint_eq(packet.mark, was.mark | MARK_BACK);
	ck_assert(packet.len == was.len && memeq(packet.data, was.data, was.len));
	ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), 1);
}
END_TEST

START_TEST(test_in_addresses)
{
	family_t *f = &families[_i], *g = &families[!_i];

	drops("gkm_inner_in", decrypted(clear_packet(f->a, f->b), f->a, f->c), SPI,
		  GKM_DP_ADDRESS);
	drops("gkm_inner_in", decrypted(clear_packet(f->c, f->b), f->a, f->b), SPI,
		  GKM_DP_ADDRESS);
	drops("gkm_inner_in", decrypted(clear_packet(f->b, f->a), f->a, f->b), SPI,
		  GKM_DP_ADDRESS);
	drops("gkm_inner_in", decrypted(clear_packet(g->a, g->b), f->a, f->b), SPI,
		  GKM_DP_ADDRESS);
}
END_TEST

START_TEST(test_in_unmarked)
{
	family_t *f = &families[_i];
	packet_t packet = clear_packet(f->a, f->b);

	drops("gkm_inner_in", packet, 0, GKM_DP_SPOOFED);
	packet = decrypted(packet, f->a, f->b);
	packet.mark = (packet.mark & ~MARK_STATE) | MARK_OUT;
	drops("gkm_inner_in", packet, 0, GKM_DP_SPOOFED);
	packet.mark = (packet.mark & ~MARK_STATE) | MARK_BACK;
	drops("gkm_inner_in", packet, 0, GKM_DP_SPOOFED);
	packet.mark &= ~MARK_STATE;
	drops("gkm_inner_in", packet, 0, GKM_DP_SPOOFED);
}
END_TEST

START_TEST(test_in_lost)
{
	family_t *f = &families[_i];
	packet_t packet = clear_packet(f->a, f->b);

	/* tickets that weren't given out so far */
	packet.mark = MARK_IN | 0x00fff000;
	drops("gkm_inner_in", packet, 0, GKM_DP_LOST);
	packet.mark = MARK_IN;
	drops("gkm_inner_in", packet, 0, GKM_DP_LOST);
}
END_TEST

START_TEST(test_in_sa_gone)
{
	family_t *f = &families[_i];
	packet_t packet = decrypted(clear_packet(f->a, f->b), f->a, f->b);
	struct gkm_dp_sa sa = { .group = GROUP + 1 };

	ck_assert(dp->set_sa(dp, SPI, &sa, NULL));
	drops("gkm_inner_in", packet, 0, GKM_DP_NO_SA);
	dp->del_sa(dp, SPI);
	drops("gkm_inner_in", packet, 0, GKM_DP_NO_SA);
}
END_TEST

START_TEST(test_in_truncated)
{
	family_t *f = &families[_i];

	drops_truncated("gkm_inner_in",
					decrypted(clear_packet(f->a, f->b), f->a, f->b),
					L3 + f->header, SPI, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_check)
{
	family_t *f = &families[_i];
	packet_t packet, clear = clear_packet(f->a, f->b);
	int64_t ages[] = { 0, FAR / 4, -FAR / 4 };
	int i;

	set_d3p(WINDOW);
	for (i = 0; i < countof(ages); i++)
	{
		packet = fresh(f, make_d3p(f, ages[i]));
		ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
		ck_assert_uint_eq(packet.mark & MARK_STATE, MARK_BACK);
		ck_assert_uint_eq(packet.len, clear.len);
		ck_assert(memeq(packet.data, clear.data, clear.len));
		ck_assert_uint_eq(counted(SPI, GKM_DP_DECRYPTED), i + 1);
	}
}
END_TEST

START_TEST(test_check_window)
{
	family_t *f = &families[_i];
	packet_t packet;

	set_d3p(WINDOW);
	drops("gkm_inner_in", fresh(f, make_d3p(f, FAR)), SPI, GKM_DP_D3P_LATE);
	drops("gkm_inner_in", fresh(f, make_d3p(f, -FAR)), SPI, GKM_DP_D3P_EARLY);

	/* a wider one takes effect at once */
	set_d3p(4 * WINDOW);
	packet = fresh(f, make_d3p(f, FAR));
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
	packet = fresh(f, make_d3p(f, -FAR));
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
}
END_TEST

START_TEST(test_check_addresses)
{
	family_t *f = &families[_i];
	struct gkm_dp_d3p d3p;

	set_d3p(WINDOW);
	d3p = make_d3p(f, 0);
	drops("gkm_inner_in", decrypted(wrap(f, clear_packet(f->a, f->b), &d3p,
										 sizeof(d3p)), f->a, f->c), SPI,
		  GKM_DP_ADDRESS);
}
END_TEST

START_TEST(test_check_missing)
{
	family_t *f = &families[_i];

	set_d3p(WINDOW);
	drops("gkm_inner_in", decrypted(clear_packet(f->a, f->b), f->a, f->b), SPI,
		  GKM_DP_D3P_MISSING);
}
END_TEST

/**
 * A header that the policy doesn't have isn't taken off: what is behind it has
 * no address that fits
 */
START_TEST(test_check_unexpected)
{
	family_t *f = &families[_i];

	drops("gkm_inner_in", fresh(f, make_d3p(f, 0)), SPI, GKM_DP_ADDRESS);
}
END_TEST

START_TEST(test_check_malformed)
{
	family_t *f = &families[_i];
	struct gkm_dp_d3p good, d3p;

	set_d3p(WINDOW);
	good = make_d3p(f, 0);

	d3p = good;
	d3p.type = 0;
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);
	d3p.type = 2;
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);
	d3p.type = 129;
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);

	d3p = good;
	d3p.len = htons(GKM_DP_D3P_LEN - 1);
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);
	d3p.len = htons(GKM_DP_D3P_LEN + 4);
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);

	d3p = good;
	d3p.next = families[!_i].inside;
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);
	d3p.next = IPPROTO_UDP;
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);

	d3p = good;
	d3p.micros = htonl(1000000);
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_MALFORMED);
}
END_TEST

/**
 * XFRM's header before D3P is neither a fragment nor has it options
 */
START_TEST(test_check_bad_header)
{
	uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	family_t *f = &families[0];
	packet_t packet;

	set_d3p(WINDOW);
	packet = fresh(f, make_d3p(f, 0));
	htoun16(packet.data + L3 + 6, 0x2000);
	drops("gkm_inner_in", packet, SPI, GKM_DP_MALFORMED);

	packet = fresh(f, make_d3p(f, 0));
	packet.data[L3] += sizeof(nops) / 4;
	insert(&packet, L3 + f->header, nops, sizeof(nops));
	finish(&packet);
	drops("gkm_inner_in", packet, SPI, GKM_DP_MALFORMED);
}
END_TEST

START_TEST(test_check_truncated)
{
	family_t *f = &families[_i];
	size_t end = L3 + f->header + GKM_DP_D3P_LEN + f->header;
	packet_t packet;

	set_d3p(WINDOW);
	packet = fresh(f, make_d3p(f, 0));
	drops_truncated("gkm_inner_in", packet, end, SPI, GKM_DP_MALFORMED);
	/* the IP layer checks what is inside */
	packet.len = end;
	ck_assert_int_eq(run("gkm_inner_in", &packet), TC_ACT_REDIRECT);
}
END_TEST

START_TEST(test_errors)
{
	struct gkm_dp_error errors[GKM_DP_ERRORS];
	family_t *f = &families[_i];
	uint8_t src[16] = {};
	struct gkm_dp_d3p d3p;
	time_t before;
	u_int i;

	set_d3p(WINDOW);
	ck_assert_uint_eq(dp->get_errors(dp, errors), 0);
	ck_assert_int_eq(inet_pton(f->ip == 4 ? AF_INET : AF_INET6, f->a, src), 1);
	before = time(NULL);
	d3p = make_d3p(f, FAR);
	drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_D3P_LATE);
	drops("gkm_inner_in", fresh(f, make_d3p(f, -FAR)), SPI, GKM_DP_D3P_EARLY);
	drops("gkm_inner_in", decrypted(clear_packet(f->a, f->b), f->a, f->b), SPI,
		  GKM_DP_D3P_MISSING);

	ck_assert_uint_eq(dp->get_errors(dp, errors), 3);
	for (i = 0; i < 3; i++)
	{
		ck_assert_uint_eq(errors[i].seq, i + 1);
		ck_assert_uint_eq(errors[i].spi, SPI);
		ck_assert_uint_eq(errors[i].family, f->ip);
		ck_assert_uint_eq(errors[i].window, WINDOW);
		ck_assert_uint_ge(errors[i].here / 1000000, before);
		ck_assert(memeq(&errors[i].src, src, sizeof(src)));
	}
	ck_assert_uint_eq(errors[0].reason, GKM_DP_D3P_LATE);
	ck_assert_uint_eq(errors[0].there, ntohl(d3p.seconds) * 1000000ULL + 123456);
	ck_assert_uint_eq(errors[1].reason, GKM_DP_D3P_EARLY);
	ck_assert_uint_gt(errors[1].there, errors[1].here);
	ck_assert_uint_eq(errors[2].reason, GKM_DP_D3P_MISSING);
	ck_assert_uint_eq(errors[2].there, 0);
}
END_TEST

START_TEST(test_errors_sampled)
{
	struct gkm_dp_error errors[GKM_DP_ERRORS];
	family_t *f = &families[0];
	struct gkm_dp_d3p d3p;
	int i, count = 5 * GKM_DP_ERRORS_PER_MINUTE;

	set_d3p(WINDOW);
	d3p = make_d3p(f, FAR);
	for (i = 0; i < count; i++)
	{
		drops("gkm_inner_in", fresh(f, d3p), SPI, GKM_DP_D3P_LATE);
	}
	/* if it took more than a minute there are more, but never all */
	i = dp->get_errors(dp, errors);
	ck_assert_int_ge(i, GKM_DP_ERRORS_PER_MINUTE);
	ck_assert_int_lt(i, count);
}
END_TEST

Suite *dp_inner_suite()
{
	Suite *s = suite_create("dp_inner");
	TCase *tc;

	tc = tcase_create("egress");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_out, 0, 2);
	tcase_add_loop_test(tc, test_out_unmarked, 0, 2);
	tcase_add_loop_test(tc, test_out_policy, 0, 2);
	tcase_add_loop_test(tc, test_out_truncated, 0, 2);
	tcase_add_test(tc, test_out_truncated_options);
	tcase_add_test(tc, test_out_other_protocol);
	suite_add_tcase(s, tc);

	tc = tcase_create("front");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_push, 0, 2);
	tcase_add_test(tc, test_push_options);
	tcase_add_loop_test(tc, test_push_unsegmented, 0, 2);
	tcase_add_loop_test(tc, test_push_truncated, 0, 2);
	tcase_add_test(tc, test_push_bad_length);
	suite_add_tcase(s, tc);

	tc = tcase_create("ingress");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_in, 0, 2);
	tcase_add_loop_test(tc, test_in_addresses, 0, 2);
	tcase_add_loop_test(tc, test_in_unmarked, 0, 2);
	tcase_add_loop_test(tc, test_in_lost, 0, 2);
	tcase_add_loop_test(tc, test_in_sa_gone, 0, 2);
	tcase_add_loop_test(tc, test_in_truncated, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("D3P");
	tcase_add_checked_fixture(tc, dp_setup, dp_teardown);
	tcase_add_loop_test(tc, test_check, 0, 2);
	tcase_add_loop_test(tc, test_check_window, 0, 2);
	tcase_add_loop_test(tc, test_check_addresses, 0, 2);
	tcase_add_loop_test(tc, test_check_missing, 0, 2);
	tcase_add_loop_test(tc, test_check_unexpected, 0, 2);
	tcase_add_loop_test(tc, test_check_malformed, 0, 2);
	tcase_add_test(tc, test_check_bad_header);
	tcase_add_loop_test(tc, test_check_truncated, 0, 2);
	tcase_add_loop_test(tc, test_errors, 0, 2);
	tcase_add_test(tc, test_errors_sampled);
	suite_add_tcase(s, tc);

	return s;
}
