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

#include "gkm_batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

/** Datagrams in one call */
#define BATCH_MAX 64

/** How long to wait for room in a socket's buffer, in ms, and how often in a
 *  row: then all targets that are left are given up, as who sends holds the
 *  lock of a group meanwhile */
#define ROOM_TIMEOUT 100
#define ROOM_TRIES 20

/**
 * Private data
 */
struct gkm_batch_t {

	/** socket */
	int fd;

	/** ancillary data */
	chunk_t control;

	/** the datagram */
	struct iovec iov;

	/** where to */
	union {
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} addrs[BATCH_MAX];

	/** headers */
	struct mmsghdr msgs[BATCH_MAX];

	/** number of them */
	u_int count;

	/** there was no room for too long */
	bool stuck;
};

/*
 * Described in header
 */
gkm_batch_t *gkm_batch_create(int fd, chunk_t control, chunk_t datagram)
{
	gkm_batch_t *this;

	INIT(this,
		.fd = fd,
		.control = chunk_clone(control),
		.iov = {
			.iov_base = datagram.ptr,
			.iov_len = datagram.len,
		},
	);
	return this;
}

/*
 * Described in header
 */
void gkm_batch_fail(gkm_error_t *err, const char *reason)
{
	if (err)
	{
		*err = (gkm_error_t){};
		gkm_fail(err, "%s", reason);
	}
}

/**
 * Wait until a socket takes more, FALSE if that takes too long
 */
static bool wait_for_room(int fd, u_int *tries)
{
	struct pollfd pfd = {
		.fd = fd,
		.events = POLLOUT,
	};

	if (++*tries > ROOM_TRIES)
	{
		return FALSE;
	}
	/* with ENOBUFS, the socket says at once that it has room, and it is a
	 * queue below it that hasn't */
	if (errno == ENOBUFS)
	{
		pfd.events = 0;
	}
	poll(&pfd, 1, ROOM_TIMEOUT);
	return TRUE;
}

/**
 * Send what there is
 *
 * @return			number of targets that it was sent to
 */
static u_int flush(gkm_batch_t *this, gkm_error_t *err)
{
	u_int pos = 0, sent = 0, tries = 0;
	int done;

	while (pos < this->count && !this->stuck)
	{
		done = sendmmsg(this->fd, this->msgs + pos, this->count - pos,
						MSG_DONTWAIT);
		if (done > 0)
		{
			pos += done;
			sent += done;
			tries = 0;
		}
		else if (errno == EAGAIN || errno == ENOBUFS)
		{
			if (!wait_for_room(this->fd, &tries))
			{
				gkm_batch_fail(err, "there is no room to send");
				this->stuck = TRUE;
			}
		}
		else if (errno != EINTR)
		{	/* the first one can't be sent, go on after it */
			gkm_batch_fail(err, strerror(errno));
			pos++;
		}
	}
	this->count = 0;
	return sent;
}

/**
 * Write the address of a target
 *
 * @return			its length
 */
static socklen_t set_address(gkm_batch_t *this, gkm_target_t *target)
{
	struct sockaddr_in *in4 = &this->addrs[this->count].in4;
	struct sockaddr_in6 *in6 = &this->addrs[this->count].in6;

	if (target->family == AF_INET)
	{
		*in4 = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons(target->port),
		};
		memcpy(&in4->sin_addr, target->address, sizeof(in4->sin_addr));
		return sizeof(*in4);
	}
	*in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons(target->port),
	};
	memcpy(&in6->sin6_addr, target->address, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/*
 * Described in header
 */
u_int gkm_batch_add(gkm_batch_t *this, gkm_target_t *target, gkm_error_t *err)
{
	this->msgs[this->count].msg_hdr = (struct msghdr){
		.msg_name = &this->addrs[this->count],
		.msg_namelen = set_address(this, target),
		.msg_iov = &this->iov,
		.msg_iovlen = 1,
		.msg_control = this->control.ptr,
		.msg_controllen = this->control.len,
	};
	this->count++;
	return this->count == BATCH_MAX ? flush(this, err) : 0;
}

/*
 * Described in header
 */
u_int gkm_batch_finish(gkm_batch_t *this, gkm_error_t *err)
{
	u_int sent = flush(this, err);

	chunk_free(&this->control);
	free(this);
	return sent;
}
