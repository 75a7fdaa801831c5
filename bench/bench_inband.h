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
 * In-band rekeys: one message for each member, over its IKE_SA.
 */

#ifndef BENCH_INBAND_H_
#define BENCH_INBAND_H_

#include "bench_cpu.h"

typedef struct bench_inband_t bench_inband_t;

/**
 * What it took.
 */
struct bench_inband_t {

	/** rounds, each for all members, of a rekey and of sending as many octets
	 *  only */
	bench_cpu_t rekey;
	bench_cpu_t send;

	/** octets in a message */
	size_t octets;
};

/**
 * Tell members of a new data SA in-band, each with what its IKE_SA takes: its
 * key wrap key is derived, the SA's key wrapped, payloads written and
 * encrypted, and the datagram sent, to a socket on this host that nobody
 * reads from.
 *
 * What charon does around that isn't measured: tasks, retransmission, locks.
 *
 * @param members		number of members
 * @param rounds		how often
 * @param this			receives what it took
 */
void bench_inband_run(u_int members, u_int rounds, bench_inband_t *this);

#endif /** BENCH_INBAND_H_ */
