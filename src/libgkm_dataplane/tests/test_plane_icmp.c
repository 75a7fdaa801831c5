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
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dp_fixture.h"
#include "plugins/gkm_dataplane/gkm_plane_icmp.h"

/**
 * Build a message about a packet, from its IP header on
 */
static chunk_t build(packet_t *packet, uint32_t mtu, host_t **to)
{
	return gkm_plane_icmp_build(chunk_create(packet->data + L3,
											 packet->len - L3), mtu, to);
}

/**
 * Sum of a message, all ones if its checksum is right
 */
static uint16_t payload_sum(chunk_t message)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < message.len; i++)
	{
		sum += message.ptr[i] << (i % 2 ? 0 : 8);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/**
 * Nothing must be said about a packet
 */
static void silent(packet_t packet)
{
	host_t *to = NULL;
	chunk_t message;

	message = build(&packet, 1400, &to);
	ck_assert_msg(!message.len && !to, "a message of %zu octets about one of "
				  "%zu", message.len, packet.len);
}

/**
 * A large UDP packet
 */
static packet_t large(char *src, char *dst, size_t len)
{
	uint8_t udp[1500] = { 0x10, 0x00, 0x20, 0x00 };

	return ip_packet(src, dst, IPPROTO_UDP, chunk_create(udp, len));
}

START_TEST(test_message)
{
	family_t *f = &families[_i];
	packet_t packet = large(f->a, f->b, 1400), whole;
	chunk_t message, quoted = chunk_create(packet.data + L3, 128);
	size_t carrier = f->header + GKM_PLANE_ICMP_HEADER;
	host_t *to, *a = host_create_from_string(f->a, 0);

	message = gkm_plane_icmp_build(quoted, 1337, &to);
	ck_assert(to->ip_equals(to, a));
	ck_assert_uint_eq(message.len, GKM_PLANE_ICMP_HEADER + quoted.len);
	ck_assert(chunk_equals(chunk_skip(message, GKM_PLANE_ICMP_HEADER), quoted));
	ck_assert_uint_eq(message.ptr[0], f->ip == 4 ? 3 : 2);
	ck_assert_uint_eq(message.ptr[1], f->ip == 4 ? 4 : 0);
	ck_assert_uint_eq(untoh32(message.ptr + 4), 1337);
	if (f->ip == 4)
	{
		ck_assert_uint_eq(payload_sum(message), 0xffff);
	}
	chunk_free(&message);
	to->destroy(to);

	/* no more than fits anywhere */
	whole = large(f->a, f->b, 1400);
	message = build(&whole, 1337, &to);
	ck_assert_uint_eq(message.len + f->header, f->ip == 4 ? 576 : 1280);
	ck_assert(memeq(message.ptr + GKM_PLANE_ICMP_HEADER, whole.data + L3,
					message.len + f->header - carrier));
	chunk_free(&message);
	to->destroy(to);
	a->destroy(a);
}
END_TEST

START_TEST(test_odd)
{
	packet_t packet = large(families[0].a, families[0].b, 101);
	chunk_t message;
	host_t *to;

	message = build(&packet, 70000, &to);
	/* as large as it can be said */
	ck_assert_uint_eq(untoh32(message.ptr + 4), 0xffff);
	ck_assert_uint_eq(payload_sum(message), 0xffff);
	chunk_free(&message);
	to->destroy(to);
}
END_TEST

/**
 * Addresses that aren't of one host
 */
START_TEST(test_addresses)
{
	char *bad4[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
					 "239.129.2.3", "240.0.0.1", "255.255.255.255" };
	char *bad6[] = { "::", "::1", "ff02::1", "ff3e::8001:203", "fe80::1" };
	host_t *to;
	packet_t packet;
	chunk_t message;
	int i;

	for (i = 0; i < countof(bad4); i++)
	{
		silent(large(bad4[i], families[0].b, 1400));
		silent(large(families[0].a, bad4[i], 1400));
	}
	for (i = 0; i < countof(bad6); i++)
	{
		silent(large(bad6[i], families[1].b, 1400));
	}
	/* the sender to a group wants to know in IPv6 only (RFC 4443, 2.4 e.3) */
	packet = large(families[1].a, families[1].group, 1400);
	message = build(&packet, 1400, &to);
	ck_assert_uint_gt(message.len, 0);
	chunk_free(&message);
	to->destroy(to);
}
END_TEST

/**
 * No message about a message (RFC 1122, 3.2.2), but one about a ping
 */
START_TEST(test_icmp)
{
	family_t *f = &families[_i];
	uint8_t errors4[] = { 3, 4, 5, 11, 12 }, errors6[] = { 1, 2, 3, 4, 127 };
	uint8_t echo = f->ip == 4 ? 8 : 128, protocol = f->ip == 4 ? 1 : 58;
	uint8_t icmp[1400] = {};
	packet_t packet;
	chunk_t message;
	host_t *to;
	int i;

	for (i = 0; i < countof(errors4); i++)
	{
		icmp[0] = f->ip == 4 ? errors4[i] : errors6[i];
		silent(ip_packet(f->a, f->b, protocol, chunk_from_thing(icmp)));
	}
	icmp[0] = echo;
	packet = ip_packet(f->a, f->b, protocol, chunk_from_thing(icmp));
	message = build(&packet, 1400, &to);
	ck_assert_uint_gt(message.len, 0);
	chunk_free(&message);
	to->destroy(to);
	/* cut before it says what it is */
	packet.len = L3 + f->header;
	silent(packet);
}
END_TEST

START_TEST(test_malformed)
{
	family_t *f = &families[_i];
	packet_t packet;

	packet = large(f->a, f->b, 1400);
	for (packet.len = L3; packet.len < L3 + f->header; packet.len++)
	{
		silent(packet);
	}
	packet = large(f->a, f->b, 1400);
	packet.data[L3] ^= 0x10;
	silent(packet);
	packet = large(families[0].a, families[0].b, 1400);
	packet.data[L3] = 0x44;
	silent(packet);
	/* options that aren't there */
	packet.data[L3] = 0x4f;
	packet.len = L3 + 59;
	silent(packet);
	/* a later fragment */
	packet = large(families[0].a, families[0].b, 1400);
	packet.data[L3 + 7] = 1;
	silent(packet);
}
END_TEST

/**
 * Get what a connected socket takes for the path MTU
 */
static int get_mtu(family_t *f, int fd)
{
	socklen_t len = sizeof(int);
	int mtu;

	ck_assert_int_eq(getsockopt(fd, f->ip == 4 ? SOL_IP : SOL_IPV6,
								f->ip == 4 ? IP_MTU : IPV6_MTU, &mtu, &len), 0);
	return mtu;
}

/**
 * Make a network where a is here and the site of b behind an interface
 */
static void make_network()
{
	ck_assert_int_eq(system(
		"ip link add wan type veth peer name far && "
		"ip link set wan up && ip link set far up && ip link set lo up && "
		"ip addr add 10.1.0.10/32 dev wan && "
		"ip route add 10.2.0.0/16 dev wan && "
		"ip neigh add 10.2.0.10 lladdr 02:00:00:00:00:01 dev wan && "
		"ip addr add fd00:1::10/128 dev wan nodad && "
		"ip route add fd00:2::/32 dev wan && "
		"ip neigh add fd00:2::10 lladdr 02:00:00:00:00:01 dev wan"), 0);
	/* the kernel makes an address of IPv6 its own a little later */
	ck_assert_int_eq(system(
		"until ip -6 route show table local | grep -q ^local.fd00:1::10; "
		"do :; done"), 0);
}

static void setup()
{
	ck_assert_msg(!unshare(CLONE_NEWNET), "unshare: %s", strerror(errno));
	make_network();
}

/**
 * Open an UDP socket from a to b that gets to know of errors
 */
static int open_socket(family_t *f)
{
	host_t *a = host_create_from_string(f->a, 4096);
	host_t *b = host_create_from_string(f->b, 8192);
	int fd, one = 1;

	fd = socket(a->get_family(a), SOCK_DGRAM, 0);
	ck_assert_int_eq(setsockopt(fd, f->ip == 4 ? SOL_IP : SOL_IPV6,
						f->ip == 4 ? IP_RECVERR : IPV6_RECVERR, &one,
						sizeof(one)), 0);
	ck_assert_int_eq(bind(fd, a->get_sockaddr(a), *a->get_sockaddr_len(a)), 0);
	ck_assert_int_eq(connect(fd, b->get_sockaddr(b),
							 *b->get_sockaddr_len(b)), 0);
	ck_assert_int_eq(get_mtu(f, fd), 1500);
	a->destroy(a);
	b->destroy(b);
	return fd;
}

/**
 * A socket gets to know of a path MTU
 */
static void is_told(family_t *f, int fd, int mtu)
{
	char byte;

	ck_assert_int_eq(recv(fd, &byte, sizeof(byte), 0), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(get_mtu(f, fd), mtu);
}

/**
 * A socket of this host gets to know, as its kernel does, over the loopback
 * interface
 */
START_TEST(test_local)
{
	family_t *f = &families[_i];
	packet_t packet = large(f->a, f->b, 1472);
	gkm_plane_icmp_t *icmp;
	int fd = open_socket(f);

	icmp = gkm_plane_icmp_create();
	ck_assert(icmp);
	ck_assert(icmp->send(icmp, chunk_create(packet.data + L3, 128), 1423, 1));
	is_told(f, fd, 1423);
	icmp->destroy(icmp);
	close(fd);
}
END_TEST

/**
 * Tell the sender of a packet that was too big
 */
static void tell(void *icmp, struct gkm_dp_too_big *packet)
{
	gkm_plane_icmp_t *this = icmp;

	ck_assert(this->send(this, chunk_create(packet->packet, packet->len),
						 packet->mtu, 1));
}

/**
 * From the socket that sends too much to the program that finds out, and back
 */
START_TEST(test_all_the_way)
{
	struct gkm_dp_link link = { .mtu = 1500 };
	family_t *f = &families[_i];
	struct pollfd pfd = { .events = POLLIN };
	gkm_plane_icmp_t *icmp;
	gkm_error_t err = {};
	uint8_t data[1472] = {};
	int fd;

	dp_setup();
	make_network();
	set_sizes(1500, 77, 0, FALSE);
	/* it is what it is here */
	dp->detach(dp, LOOPBACK);
	ck_assert_msg(dp->attach(dp, if_nametoindex("wan"), GKM_DP_WAN, &link, &err),
				  "%s", err.text);
	icmp = gkm_plane_icmp_create();
	ck_assert(icmp);
	fd = open_socket(f);
	/* as large as the route allows; that it was dropped is all it hears */
	ck_assert_int_eq(send(fd, data, 1500 - f->header - 8, 0), -1);
	ck_assert_int_eq(errno, ENOBUFS);
	pfd.fd = dp->get_too_big_fd(dp);
	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	dp->read_too_big(dp, tell, icmp);
	is_told(f, fd, 1423);
	/* the kernel makes fragments of it now, which fit */
	ck_assert_int_eq(send(fd, data, 1500 - f->header - 8, 0),
					 1500 - f->header - 8);
	ck_assert_uint_eq(counted(0, GKM_DP_TOO_BIG), 1);
	close(fd);
	icmp->destroy(icmp);
	dp_teardown();
}
END_TEST

START_TEST(test_rate)
{
	packet_t packet = large(families[0].a, families[0].b, 1400);
	packet_t silent = large("127.0.0.1", families[0].b, 1400);
	chunk_t head = chunk_create(packet.data + L3, 128);
	gkm_plane_icmp_t *icmp;
	int i, second;

	icmp = gkm_plane_icmp_create();
	ck_assert(icmp);
	for (second = 1; second < 3; second++)
	{
		for (i = 0; i < GKM_PLANE_ICMP_RATE; i++)
		{
			ck_assert(icmp->send(icmp, head, 1400, second));
			ck_assert(!icmp->send(icmp, chunk_create(silent.data + L3, 128),
								  1400, second));
		}
		ck_assert(!icmp->send(icmp, head, 1400, second));
	}
	icmp->destroy(icmp);
}
END_TEST

Suite *plane_icmp_suite()
{
	Suite *s = suite_create("plane_icmp");
	TCase *tc;

	tc = tcase_create("message");
	tcase_add_loop_test(tc, test_message, 0, 2);
	tcase_add_test(tc, test_odd);
	tcase_add_test(tc, test_addresses);
	tcase_add_loop_test(tc, test_icmp, 0, 2);
	tcase_add_loop_test(tc, test_malformed, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("sending");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_local, 0, 2);
	tcase_add_test(tc, test_rate);
	suite_add_tcase(s, tc);

	tc = tcase_create("all the way");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_all_the_way, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
