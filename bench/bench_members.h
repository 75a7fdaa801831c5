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

/**
 * Members that receive GROUPKEY-PUSH by unicast: a process with one socket
 * that acknowledges what comes, from the address that it came to, and one that
 * only reads.
 */

#ifndef BENCH_MEMBERS_H_
#define BENCH_MEMBERS_H_

#include <sys/types.h>

#include "libgkm/gdoi/gdoi_ack.h"

typedef struct bench_members_t bench_members_t;
typedef struct bench_round_t bench_round_t;

/** Octets of a base key at most */
#define BENCH_BASE_KEY_MAX 64

/** Datagrams in one system call */
#define BENCH_BATCH 64

/**
 * What members would know of a message if they decrypted it. Shared with their
 * process.
 */
struct bench_round_t {

	/** rekey SA */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** how to acknowledge */
	gkm_ack_t type;
	uint8_t key[BENCH_BASE_KEY_MAX];
	uint32_t key_len;

	/** sequence number */
	uint32_t seq;
};

/**
 * Members.
 */
struct bench_members_t {

	/** UDP ports of those that acknowledge, and of those that don't */
	uint16_t port;
	uint16_t sink_port;

	/** set before a message is sent */
	bench_round_t *round;

	/** datagrams that those who don't acknowledge have read */
	u_int *swallowed;

	/** processes */
	pid_t pids[2];
};

/**
 * Start members, before there are threads.
 */
void bench_members_start(bench_members_t *this);

/**
 * Say what members are sent next.
 */
void bench_members_expect(bench_members_t *this, gkm_rekey_sa_t *carrier,
						  uint32_t seq);

/**
 * Wait until those who don't acknowledge have read datagrams, or get no more.
 *
 * @param count			number of them, since the last call
 */
void bench_members_drain(bench_members_t *this, u_int count);

/**
 * End members.
 */
void bench_members_stop(bench_members_t *this);

/**
 * Open a UDP socket with as much room as possible, as there is no time to lose
 * on datagrams that get lost.
 *
 * @param address		address to bind, in host order
 * @param port			receives the port
 */
int bench_socket(uint32_t address, uint16_t *port);

#endif /** BENCH_MEMBERS_H_ */
