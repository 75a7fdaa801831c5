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

#include "bench_acks.h"
#include "bench_members.h"

#include <netinet/in.h>
#include <sys/socket.h>

/** Octets of an acknowledgement at most */
#define ACK_MAX 256

/** Milliseconds without an acknowledgement until messages are sent again */
#define PATIENCE 300

typedef struct received_t received_t;

/**
 * Datagrams that were received at once
 */
struct received_t {
	u_char data[BENCH_BATCH][ACK_MAX];
	struct iovec iovs[BENCH_BATCH];
	struct sockaddr_in addrs[BENCH_BATCH];
	struct mmsghdr msgs[BENCH_BATCH];
};

/**
 * Verify an acknowledgement and note it. Called with the mutex.
 */
static bool verify(bench_acks_t *this, chunk_t datagram, host_t *src)
{
	gkm_group_t *group = this->group->group;
	gkm_error_t err = {};
	gdoi_ack_t ack;

	return gdoi_ack_parse(datagram, &ack, &err) &&
		   chunk_equals(ack.id, src->get_address(src)) && this->key &&
		   this->key->verify(this->key, &ack) &&
		   group->acknowledge(group, ack.spi, ack.seq, src, &err);
}

/**
 * Process datagrams
 */
static void process(bench_acks_t *this, received_t *received, int count)
{
	chunk_t datagram;
	host_t *src;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < count; i++)
	{
		datagram = chunk_create(received->data[i], received->msgs[i].msg_len);
		src = host_create_from_sockaddr((sockaddr_t*)&received->addrs[i]);
		if (verify(this, datagram, src))
		{
			this->accepted++;
		}
		else
		{
			this->refused++;
		}
		src->destroy(src);
	}
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
}

/**
 * Receive acknowledgements
 */
static void *run(bench_acks_t *this)
{
	static received_t received;
	int i, count;

	for (i = 0; i < BENCH_BATCH; i++)
	{
		received.iovs[i] = (struct iovec){ received.data[i], ACK_MAX };
	}
	while (!this->stop)
	{
		for (i = 0; i < BENCH_BATCH; i++)
		{
			received.msgs[i].msg_hdr = (struct msghdr){
				.msg_name = &received.addrs[i],
				.msg_namelen = sizeof(received.addrs[i]),
				.msg_iov = &received.iovs[i],
				.msg_iovlen = 1,
			};
		}
		bench_cpu_go(&this->receive);
		count = recvmmsg(this->fd, received.msgs, BENCH_BATCH, MSG_WAITFORONE,
						 NULL);
		bench_cpu_pause(&this->receive);
		bench_assert(count > 0, "receiving acknowledgements", NULL);
		bench_cpu_go(&this->verify);
		process(this, &received, count);
		bench_cpu_pause(&this->verify);
	}
	return NULL;
}

/*
 * Described in header
 */
void bench_acks_start(bench_acks_t *this)
{
	this->fd = bench_socket(INADDR_LOOPBACK, &this->port);
	this->mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	this->condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	this->thread = thread_create((thread_main_t)run, this);
	bench_assert(this->thread != NULL, "thread", NULL);
}

/*
 * Described in header
 */
void bench_acks_expect(bench_acks_t *this, gkm_rekey_sa_t *carrier)
{
	gkm_error_t err = {};

	this->mutex->lock(this->mutex);
	DESTROY_IF(this->key);
	this->key = gdoi_ack_key_create(carrier->ack, gdoi_ack_base_key(carrier),
									carrier->spi, &err);
	bench_assert(this->key != NULL, "keys", &err);
	this->accepted = 0;
	this->refused = 0;
	this->mutex->unlock(this->mutex);
}

/*
 * Described in header
 */
bool bench_acks_wait(bench_acks_t *this)
{
	u_int count = this->group->members;
	bool all;

	this->mutex->lock(this->mutex);
	while (this->accepted < count &&
		   !this->condvar->timed_wait(this->condvar, this->mutex, PATIENCE))
	{
		/* some came */
	}
	all = this->accepted >= count;
	this->mutex->unlock(this->mutex);
	return all;
}

/*
 * Described in header
 */
void bench_acks_end(bench_acks_t *this)
{
	this->mutex->lock(this->mutex);
	bench_cpu_end(&this->receive);
	bench_cpu_end(&this->verify);
	this->mutex->unlock(this->mutex);
}

/*
 * Described in header
 */
void bench_acks_stop(bench_acks_t *this)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(this->port),
	};

	/* wake it up */
	this->stop = TRUE;
	bench_assert(sendto(this->fd, "", 1, 0, (struct sockaddr*)&to,
						sizeof(to)) == 1, "waking up a thread", NULL);
	this->thread->join(this->thread);
	close(this->fd);
	DESTROY_IF(this->key);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
}
