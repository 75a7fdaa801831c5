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
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/gkm_member/gkm_spi_filter.h"

/** Datagram sockets, connected with each other: what goes into the first one
 *  is filtered by the second one, as a raw socket would */
static int fd[2];

/** SPIs as gkm_spi_t */
static array_t *spis;

static void setup()
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	spis = array_create(sizeof(gkm_spi_t), 0);
}

static void teardown()
{
	array_destroy(spis);
	close(fd[0]);
	close(fd[1]);
}

/**
 * Add an SPI in host byte order
 */
static void add(protocol_id_t protocol, uint32_t spi)
{
	gkm_spi_t entry = {
		.protocol = protocol,
		.spi = htonl(spi),
	};

	array_insert(spis, ARRAY_TAIL, &entry);
}

/**
 * Attach a filter for what was added
 */
static void attach(bool v6, protocol_id_t protocol)
{
	struct sock_filter code[GKM_SPI_FILTER_MAX];
	struct sock_fprog program = {
		.filter = code,
		.len = gkm_spi_filter_build(v6, protocol, spis, code),
	};

	ck_assert_int_gt(program.len, 0);
	ck_assert_int_le(program.len, GKM_SPI_FILTER_MAX);
	ck_assert_int_eq(setsockopt(fd[1], SOL_SOCKET, SO_ATTACH_FILTER, &program,
								sizeof(program)), 0);
}

/**
 * Does a packet pass? If it does, it must have the SPI that it was sent with.
 *
 * @param v6		without an IP header
 * @param options	octets of options in the IPv4 header
 */
static bool passes(bool v6, size_t options, protocol_id_t protocol,
				   uint32_t spi)
{
	uint8_t packet[1400] = {}, received[sizeof(packet)], *pos = packet;
	uint32_t read = 0;
	ssize_t len;

	if (!v6)
	{
		*pos = 0x40 | (20 + options) / 4;
		pos += 20 + options;
	}
	if (protocol == PROTO_AH)
	{
		pos += 4;
	}
	htoun32(pos, spi);
	/* a datagram that is filtered out may look like a failure to send it */
	ignore_result(send(fd[0], packet, sizeof(packet), 0));
	len = recv(fd[1], received, sizeof(received), MSG_DONTWAIT);
	if (len < 0)
	{
		return FALSE;
	}
	ck_assert_int_eq(len, GKM_SPI_SNAPLEN);
	ck_assert(gkm_spi_filter_read(v6, protocol, chunk_create(received, len),
								  &read));
	ck_assert_int_eq(ntohl(read), spi);
	return TRUE;
}

START_TEST(test_passes_what_was_set)
{
	bool v6 = _i & 1;
	protocol_id_t protocol = _i & 2 ? PROTO_AH : PROTO_ESP;

	add(protocol, 0xc0ffee01);
	add(protocol, 0x00000100);
	add(protocol == PROTO_AH ? PROTO_ESP : PROTO_AH, 0xc0ffee02);
	attach(v6, protocol);
	ck_assert(passes(v6, 0, protocol, 0xc0ffee01));
	ck_assert(passes(v6, 0, protocol, 0x00000100));
	ck_assert(!passes(v6, 0, protocol, 0xc0ffee02));
	ck_assert(!passes(v6, 0, protocol, 0xc0ffee00));
	ck_assert(!passes(v6, 0, protocol, 0x01eeffc0));
	ck_assert(!passes(v6, 0, protocol, 0));
}
END_TEST

START_TEST(test_finds_the_spi_behind_ip_options)
{
	add(PROTO_ESP, 0xc0ffee01);
	attach(FALSE, PROTO_ESP);
	ck_assert(passes(FALSE, 4, PROTO_ESP, 0xc0ffee01));
	ck_assert(passes(FALSE, 40, PROTO_ESP, 0xc0ffee01));
	ck_assert(!passes(FALSE, 40, PROTO_ESP, 0xc0ffee02));
}
END_TEST

START_TEST(test_finds_the_spi_of_ah_behind_all_ip_options)
{
	add(PROTO_AH, 0xc0ffee01);
	attach(FALSE, PROTO_AH);
	ck_assert(passes(FALSE, 40, PROTO_AH, 0xc0ffee01));
}
END_TEST

START_TEST(test_takes_as_many_as_it_promises)
{
	u_int i;

	for (i = 1; i <= GKM_SPIS_MAX + 1; i++)
	{
		add(PROTO_ESP, i << 16);
	}
	attach(FALSE, PROTO_ESP);
	for (i = 1; i <= GKM_SPIS_MAX; i++)
	{
		ck_assert_msg(passes(FALSE, 0, PROTO_ESP, i << 16), "SPI %u", i);
	}
	ck_assert(!passes(FALSE, 0, PROTO_ESP, i << 16));
}
END_TEST

START_TEST(test_there_is_no_filter_without_spis)
{
	struct sock_filter code[GKM_SPI_FILTER_MAX];

	ck_assert_int_eq(gkm_spi_filter_build(FALSE, PROTO_ESP, NULL, code), 0);
	add(PROTO_AH, 0xc0ffee01);
	ck_assert_int_eq(gkm_spi_filter_build(FALSE, PROTO_ESP, spis, code), 0);
}
END_TEST

START_TEST(test_drops_packets_without_room_for_an_spi)
{
	uint8_t packet[24] = { 0x45 };
	uint32_t spi;

	add(PROTO_ESP, 0);
	attach(FALSE, PROTO_ESP);
	ignore_result(send(fd[0], packet, sizeof(packet) - 1, 0));
	ck_assert_int_lt(recv(fd[1], packet, sizeof(packet), MSG_DONTWAIT), 0);
	ignore_result(send(fd[0], packet, sizeof(packet), 0));
	ck_assert_int_eq(recv(fd[1], packet, sizeof(packet), MSG_DONTWAIT),
					 sizeof(packet));

	ck_assert(gkm_spi_filter_read(FALSE, PROTO_ESP, chunk_from_thing(packet),
								  &spi));
	ck_assert(!gkm_spi_filter_read(FALSE, PROTO_ESP,
							chunk_create(packet, sizeof(packet) - 1), &spi));
	ck_assert(!gkm_spi_filter_read(FALSE, PROTO_AH, chunk_from_thing(packet),
								   &spi));
	ck_assert(!gkm_spi_filter_read(FALSE, PROTO_ESP, chunk_empty, &spi));
}
END_TEST

Suite *gkm_spi_filter_suite()
{
	Suite *suite = suite_create("gkm_spi_filter");
	TCase *tcase = tcase_create("filter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_passes_what_was_set, 0, 4);
	tcase_add_test(tcase, test_finds_the_spi_behind_ip_options);
	tcase_add_test(tcase, test_finds_the_spi_of_ah_behind_all_ip_options);
	tcase_add_test(tcase, test_takes_as_many_as_it_promises);
	tcase_add_test(tcase, test_there_is_no_filter_without_spis);
	tcase_add_test(tcase, test_drops_packets_without_room_for_an_spi);
	suite_add_tcase(suite, tcase);
	return suite;
}
