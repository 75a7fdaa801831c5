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
 * Time of what is done again and again.
 */

#ifndef BENCH_CPU_H_
#define BENCH_CPU_H_

#include <library.h>

typedef struct bench_cpu_t bench_cpu_t;

/** Rounds at most */
#define BENCH_ROUNDS_MAX 10000

/**
 * Times of rounds: empty if all zero.
 */
struct bench_cpu_t {

	/** TRUE for time that passes, FALSE for CPU time of the thread that calls */
	bool wall;

	/** seconds of each round */
	double seconds[BENCH_ROUNDS_MAX];

	/** number of rounds that ended */
	u_int rounds;

	/** time when this round was begun or went on */
	double since;

	/** seconds of this round so far */
	double round;
};

/**
 * Begin a round, or go on with one that was paused.
 */
void bench_cpu_go(bench_cpu_t *this);

/**
 * Pause a round: what follows isn't part of it.
 */
void bench_cpu_pause(bench_cpu_t *this);

/**
 * End a round that is paused.
 */
void bench_cpu_end(bench_cpu_t *this);

/**
 * Get the median of the rounds in seconds.
 */
double bench_cpu_median(bench_cpu_t *this);

/**
 * Get the shortest of the rounds in seconds.
 */
double bench_cpu_min(bench_cpu_t *this);

#endif /** BENCH_CPU_H_ */
