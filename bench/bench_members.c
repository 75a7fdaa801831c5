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

#include "bench_members.h"
#include "bench_group.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/** Octets in receive buffers that we ask for, the kernel doubles it */
#define ROOM (512 * 1024 * 1024)

/** Octets of a message that matter to those that acknowledge */
#define HEAD 64

/** Milliseconds without a datagram after which none is expected any more */
#define IDLE_MAX 300

typedef struct received_t received_t;

/**
 * Datagrams that were received at once
 */
struct received_t {

	/** what is of interest of them */
	u_char data[BENCH_BATCH][HEAD];
	struct iovec iovs[BENCH_BATCH];

	/** where they came from */
	struct sockaddr_in addrs[BENCH_BATCH];

	/** where to: sent back as where an answer comes from */
	struct {
		char data[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} controls[BENCH_BATCH] __attribute__((aligned(8)));

	struct mmsghdr msgs[BENCH_BATCH];
};

/*
 * Described in header
 */
int bench_socket(uint32_t address, uint16_t *port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
	};
	socklen_t len = sizeof(addr);
	int fd, room = ROOM;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	bench_assert(fd >= 0 && bind(fd, (struct sockaddr*)&addr, len) == 0 &&
				 getsockname(fd, (struct sockaddr*)&addr, &len) == 0, "socket",
				 NULL);
	/* beyond what the system allows takes privileges */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
	{
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	}
	*port = ntohs(addr.sin_port);
	return fd;
}

/**
 * Receive datagrams
 *
 * @return			number of them
 */
static int receive(int fd, received_t *this)
{
	int i, count;

	for (i = 0; i < BENCH_BATCH; i++)
	{
		this->iovs[i] = (struct iovec){ this->data[i], HEAD };
		this->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &this->addrs[i],
			.msg_namelen = sizeof(this->addrs[i]),
			.msg_iov = &this->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &this->controls[i],
			.msg_controllen = sizeof(this->controls[i]),
		};
	}
	count = recvmmsg(fd, this->msgs, BENCH_BATCH, MSG_WAITFORONE, NULL);
	bench_assert(count > 0, "receiving a rekey", NULL);
	return count;
}

/**
 * Find out which member a datagram is for, and have the answer come from there
 */
static struct in_addr *get_member(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct in_pktinfo *info;

	bench_assert(cmsg && cmsg->cmsg_type == IP_PKTINFO, "destination", NULL);
	info = (struct in_pktinfo*)CMSG_DATA(cmsg);
	info->ipi_ifindex = 0;
	info->ipi_spec_dst = info->ipi_addr;
	return &info->ipi_addr;
}

/**
 * Make the acknowledgement of a datagram
 */
static chunk_t build_ack(gdoi_ack_key_t *key, uint32_t seq, struct msghdr *msg)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr = *get_member(msg),
	};
	host_t *me = host_create_from_sockaddr((sockaddr_t*)&sin);
	chunk_t ack;

	bench_assert(me && key->build(key, seq, me, GDOI_ACK_LENGTH_BLOCK, &ack),
				 "acknowledgement", NULL);
	me->destroy(me);
	return ack;
}

/**
 * Acknowledge datagrams
 */
static void answer(int fd, received_t *this, int count, gdoi_ack_key_t *key,
				   uint32_t seq)
{
	chunk_t ack;
	int i, sent;

	for (i = 0; i < count; i++)
	{
		ack = build_ack(key, seq, &this->msgs[i].msg_hdr);
		this->iovs[i] = (struct iovec){ ack.ptr, ack.len };
	}
	for (sent = 0; sent < count; sent += i)
	{
		i = sendmmsg(fd, this->msgs + sent, count - sent, 0);
		bench_assert(i > 0, "sending an acknowledgement", NULL);
	}
	for (i = 0; i < count; i++)
	{
		free(this->iovs[i].iov_base);
	}
}

/**
 * Be members that acknowledge
 */
static void acknowledge(int fd, bench_round_t *round)
{
	static received_t received;
	gdoi_ack_key_t *key = NULL;
	bench_round_t current = {};
	gkm_error_t err = {};
	int on = 1, count;

	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	while (TRUE)
	{
		count = receive(fd, &received);
		if (!key || !memeq(&current, round, sizeof(current)))
		{
			DESTROY_IF(key);
			current = *round;
			key = gdoi_ack_key_create(current.type,
								chunk_create(current.key, current.key_len),
								current.spi, &err);
			bench_assert(key != NULL, "keys", &err);
		}
		answer(fd, &received, count, key, current.seq);
	}
}

/**
 * Be members that don't acknowledge
 */
static void swallow(int fd, u_int *swallowed)
{
	static received_t received;

	while (TRUE)
	{
		__atomic_add_fetch(swallowed, receive(fd, &received), __ATOMIC_RELAXED);
	}
}

/*
 * Described in header
 */
void bench_members_drain(bench_members_t *this, u_int count)
{
	u_int before = 0, got = 0, idle = 0;

	while (got < count && idle < IDLE_MAX)
	{
		usleep(1000);
		got = __atomic_load_n(this->swallowed, __ATOMIC_RELAXED);
		idle = got == before ? idle + 1 : 0;
		before = got;
	}
	__atomic_sub_fetch(this->swallowed, got, __ATOMIC_RELAXED);
}

/**
 * Get memory that processes share
 */
static void *share(size_t len)
{
	void *memory;

	memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				  -1, 0);
	bench_assert(memory != MAP_FAILED, "memory", NULL);
	return memory;
}

/*
 * Described in header
 */
void bench_members_start(bench_members_t *this)
{
	int fds[2], i;

	fds[0] = bench_socket(INADDR_ANY, &this->port);
	fds[1] = bench_socket(INADDR_ANY, &this->sink_port);
	this->round = share(sizeof(*this->round));
	this->swallowed = share(sizeof(*this->swallowed));
	for (i = 0; i < countof(fds); i++)
	{
		this->pids[i] = fork();
		bench_assert(this->pids[i] >= 0, "members", NULL);
		if (!this->pids[i])
		{
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (i == 0)
			{
				acknowledge(fds[i], this->round);
			}
			swallow(fds[i], this->swallowed);
		}
	}
	close(fds[0]);
	close(fds[1]);
}

/*
 * Described in header
 */
void bench_members_expect(bench_members_t *this, gkm_rekey_sa_t *carrier,
						  uint32_t seq)
{
	chunk_t key = gdoi_ack_base_key(carrier);

	bench_assert(key.len && key.len <= sizeof(this->round->key), "key", NULL);
	*this->round = (bench_round_t){
		.type = carrier->ack,
		.key_len = key.len,
		.seq = seq,
	};
	memcpy(this->round->spi, carrier->spi, sizeof(this->round->spi));
	memcpy(this->round->key, key.ptr, key.len);
}

/*
 * Described in header
 */
void bench_members_stop(bench_members_t *this)
{
	int i;

	for (i = 0; i < countof(this->pids); i++)
	{
		kill(this->pids[i], SIGKILL);
		waitpid(this->pids[i], NULL, 0);
	}
	munmap(this->round, sizeof(*this->round));
	munmap(this->swallowed, sizeof(*this->swallowed));
}
