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
 * A group with many members as its key server holds it, and the messages that
 * it would send.
 */

#ifndef BENCH_GROUP_H_
#define BENCH_GROUP_H_

#include <credentials/keys/private_key.h>
#include <crypto/aead.h>

#include "libgkm/group/gkm_group.h"

typedef struct bench_group_t bench_group_t;
typedef struct bench_sent_t bench_sent_t;

/** Octets of a datagram at most, as charon's fragment_size has it for IPv4 */
#define BENCH_DATAGRAM_MAX (1280 - 28)

/**
 * A group, all of whose members registered.
 */
struct bench_group_t {

	gkm_group_t *group;

	/** key that signs rekeys, and algorithm of the signatures */
	private_key_t *key;
	chunk_t sig_alg;

	/** current time of the group, which nobody waits for */
	time_t now;

	/** number of members */
	u_int members;

	/** degree of the key tree, 0 if there is none */
	u_int degree;

	/** GDOI: UDP port of all members; 0 if they use G-IKEv2 */
	uint16_t port;
};

/**
 * What a key server sent, and what it takes at least.
 */
struct bench_sent_t {

	u_int messages;
	u_int datagrams;

	/** octets in datagrams */
	size_t octets;

	/** keys that were wrapped */
	u_int wraps;
};

/**
 * Create a group of one data SA and a signed rekey SA, with the defaults of
 * groups, and have members register.
 *
 * @param members		number of members
 * @param degree		degree of the key tree, 0 for none
 */
bench_group_t *bench_group_create(u_int members, u_int degree);

/**
 * Create a group as above at a time.
 */
bench_group_t *bench_group_create_at(u_int members, u_int degree, time_t now);

/**
 * Create a group that is configured as another one and signs rekeys with the
 * same key, without members, as on another key server.
 */
bench_group_t *bench_group_create_twin(bench_group_t *other);

/**
 * Create a group as above, but of members that use GDOI, get rekeys by unicast
 * and acknowledge them. Each has an address of its own on the loopback
 * interface.
 *
 * @param members		number of members
 * @param port			UDP port of all of them
 */
bench_group_t *bench_group_create_gdoi(u_int members, uint16_t port);

/**
 * Have a member register, or register again.
 *
 * @param number		which one, from 0
 * @return				what it got, to be destroyed
 */
gkm_download_t *bench_group_admit(bench_group_t *this, u_int number);

/**
 * Get the identity of a member.
 */
identification_t *bench_group_id(u_int number);

/**
 * Write the messages of notices, as the key server's plugin does.
 *
 * @param notices		gkm_notice_t*
 * @param datagrams		receives chunk_t by value, allocated
 */
void bench_group_build(bench_group_t *this, array_t *notices,
					   array_t *datagrams);

/**
 * Find out what was sent.
 *
 * @param notices		gkm_notice_t*
 * @param datagrams		chunk_t by value
 * @param sent			receives the numbers
 */
void bench_group_count(array_t *notices, array_t *datagrams,
					   bench_sent_t *sent);

/**
 * Check that one member reads datagrams, and another one is excluded by them,
 * so that it isn't nonsense that is measured.
 *
 * @param notices		gkm_notice_t* that the datagrams were made of
 * @param datagrams		chunk_t by value
 * @param stays			what a member got when it registered
 * @param goes			the same of one that is excluded, or NULL
 */
void bench_group_check(array_t *notices, array_t *datagrams,
					   gkm_download_t *stays, gkm_download_t *goes);

/**
 * Destroy datagrams.
 */
void bench_datagrams_destroy(array_t *datagrams);

/**
 * Destroy a group.
 */
void bench_group_destroy(bench_group_t *this);

/**
 * End the program if something failed.
 */
void bench_assert(bool success, const char *what, gkm_error_t *err);

/**
 * Read a number from the command line, or end.
 */
u_int bench_number(char *text, u_int min, u_int max);

#endif /** BENCH_GROUP_H_ */
