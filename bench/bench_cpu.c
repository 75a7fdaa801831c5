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

#include "bench_cpu.h"

#include <time.h>

/**
 * Current time
 */
static double get_time(bench_cpu_t *this)
{
	struct timespec ts;

	clock_gettime(this->wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * Described in header
 */
void bench_cpu_go(bench_cpu_t *this)
{
	this->since = get_time(this);
}

/*
 * Described in header
 */
void bench_cpu_pause(bench_cpu_t *this)
{
	this->round += get_time(this) - this->since;
}

/*
 * Described in header
 */
void bench_cpu_end(bench_cpu_t *this)
{
	this->seconds[this->rounds++] = this->round;
	this->round = 0;
}

/**
 * Compare two times
 */
static int compare(const void *a, const void *b)
{
	double x = *(double*)a, y = *(double*)b;

	return x < y ? -1 : x > y;
}

/*
 * Described in header
 */
double bench_cpu_median(bench_cpu_t *this)
{
	qsort(this->seconds, this->rounds, sizeof(double), compare);
	return this->seconds[this->rounds / 2];
}

/*
 * Described in header
 */
double bench_cpu_min(bench_cpu_t *this)
{
	qsort(this->seconds, this->rounds, sizeof(double), compare);
	return this->seconds[0];
}
