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
 * What messages take at least: signatures, key wraps and encryption of the same
 * octets with the same algorithms, and nothing around.
 */

#ifndef BENCH_RAW_H_
#define BENCH_RAW_H_

#include "bench_cpu.h"
#include "bench_group.h"

/**
 * Do the raw operations of messages that were built.
 *
 * @param key			key that signs
 * @param notices		gkm_notice_t* that the datagrams were made of
 * @param datagrams		chunk_t by value
 * @param cpu			receives the time as one round
 */
void bench_raw_run(private_key_t *key, array_t *notices, array_t *datagrams,
				   bench_cpu_t *cpu);

#endif /** BENCH_RAW_H_ */
