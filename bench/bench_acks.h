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
 * The key server's side of acknowledgements: a thread that receives, verifies
 * and counts them, as the plugin does.
 */

#ifndef BENCH_ACKS_H_
#define BENCH_ACKS_H_

#include <library.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include "libgkm/gdoi/gdoi_ack.h"

#include "bench_cpu.h"
#include "bench_group.h"

typedef struct bench_acks_t bench_acks_t;

/**
 * Acknowledgements that come back.
 */
struct bench_acks_t {

	/** socket that messages are sent from, and its port */
	int fd;
	uint16_t port;

	/** group, which the mutex is to be held for */
	bench_group_t *group;

	/** keys of the rekey SA in use */
	gdoi_ack_key_t *key;

	/** how many were accepted in this round, and how many were not */
	u_int accepted;
	u_int refused;

	/** CPU time to receive, and to verify and note them */
	bench_cpu_t receive;
	bench_cpu_t verify;

	/** TRUE to end */
	bool stop;

	thread_t *thread;
	mutex_t *mutex;
	condvar_t *condvar;
};

/**
 * Start receiving.
 */
void bench_acks_start(bench_acks_t *this);

/**
 * Begin a round: say what acknowledgements are to be verified with.
 */
void bench_acks_expect(bench_acks_t *this, gkm_rekey_sa_t *carrier);

/**
 * Wait until all members acknowledged, or until none did for a while.
 *
 * @return				FALSE if some are missing
 */
bool bench_acks_wait(bench_acks_t *this);

/**
 * End a round.
 */
void bench_acks_end(bench_acks_t *this);

/**
 * Stop receiving.
 */
void bench_acks_stop(bench_acks_t *this);

#endif /** BENCH_ACKS_H_ */
