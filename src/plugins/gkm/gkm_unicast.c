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

#include "gkm_unicast.h"
#include "gkm.h"
#include "gkm_port.h"
#include "gkm_socket.h"

#include "libgkm/group/gkm_notice.h"

#include <daemon.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

/** Datagrams in one call */
#define BATCH_MAX 64

/** How long to wait for room in a socket's buffer, in ms, and how often in a
 *  row: then the targets of a batch are given up */
#define ROOM_TIMEOUT 100
#define ROOM_TRIES 20

typedef struct batch_t batch_t;

/**
 * Datagrams that are sent together, all of one address family.
 */
struct batch_t {

	/**
	 * Socket, -1 if there is none
	 */
	int fd;

	/**
	 * Source address, NULL for any
	 */
	host_t *src;

	/**
	 * The datagram
	 */
	struct iovec iov;

	/**
	 * Ancillary data with the source address
	 */
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
										__attribute__((aligned(8)));

	/**
	 * Where to
	 */
	struct sockaddr_storage addrs[BATCH_MAX];

	/**
	 * Headers
	 */
	struct mmsghdr msgs[BATCH_MAX];

	/**
	 * Number of them
	 */
	u_int count;
};

/**
 * Note why sending failed. Each time, so that the last one is kept.
 */
static void fail(gkm_error_t *err, const char *reason)
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
 * Send what a batch has, and empty it
 *
 * @return			number of targets that it was sent to
 */
static u_int flush(batch_t *this, gkm_error_t *err)
{
	u_int pos = 0, sent = 0, tries = 0;
	int done;

	while (pos < this->count)
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
				fail(err, "there is no room to send");
				break;
			}
		}
		else if (errno != EINTR)
		{	/* the first one can't be sent, go on after it */
			fail(err, strerror(errno));
			pos++;
		}
	}
	this->count = 0;
	return sent;
}

/**
 * Add a target to a batch
 */
static void add(batch_t *this, host_t *dst)
{
	struct msghdr *msg = &this->msgs[this->count].msg_hdr;
	socklen_t len = *dst->get_sockaddr_len(dst);

	memcpy(&this->addrs[this->count], dst->get_sockaddr(dst), len);
	*msg = (struct msghdr){
		.msg_name = &this->addrs[this->count],
		.msg_namelen = len,
		.msg_iov = &this->iov,
		.msg_iovlen = 1,
	};
	if (this->src)
	{
		msg->msg_control = this->control;
		gkm_port_set_source(msg, this->src);
	}
	this->count++;
}

/**
 * Send to a member behind a NAT, from where its phase 1 went
 */
static bool send_natt(host_t *src, host_t *dst, chunk_t datagram,
					  gkm_error_t *err)
{
	chunk_t marker = chunk_from_chars(0x00, 0x00, 0x00, 0x00);
	packet_t *packet;
	bool ok;

	src = src ? src->clone(src)
			  : host_create_any(dst->get_family(dst));
	src->set_port(src, charon->socket->get_port(charon->socket, TRUE));
	packet = packet_create_from_data(src, dst->clone(dst),
									 chunk_cat("cc", marker, datagram));
	ok = charon->socket->send(charon->socket, packet) == SUCCESS;
	packet->destroy(packet);
	if (!ok)
	{
		fail(err, "sending from the port of NAT traversal failed");
	}
	return ok;
}

/**
 * Get the address of a target, NULL if it is none
 */
static host_t *get_address(gkm_target_t *target)
{
	return host_create_from_chunk(target->family,
					chunk_create(target->address,
								 target->family == AF_INET ? 4 : 16),
					target->port);
}

/**
 * Send to a target, or add it to the batch of its family
 *
 * @return			number of targets that it was sent to meanwhile
 */
static u_int send_target(batch_t batches[], host_t *src, host_t *dst,
						 bool natt, chunk_t datagram, gkm_error_t *err)
{
	batch_t *batch = &batches[dst->get_family(dst) == AF_INET ? 0 : 1];

	if (src && src->get_family(src) != dst->get_family(dst))
	{
		fail(err, "source address is of another family");
		return 0;
	}
	if (natt)
	{
		return send_natt(src, dst, datagram, err);
	}
	if (batch->fd < 0)
	{
		fail(err, "the port of group key management isn't open");
		return 0;
	}
	add(batch, dst);
	return batch->count == BATCH_MAX ? flush(batch, err) : 0;
}

/*
 * Described in header
 */
u_int gkm_unicast_send(host_t *src, array_t *targets, chunk_t datagram,
					   gkm_error_t *err)
{
	gkm_port_t *port = gkm_socket_get_port();
	batch_t *batches;
	gkm_target_t target;
	host_t *dst;
	u_int sent = 0;
	int i;

	batches = calloc(2, sizeof(*batches));
	for (i = 0; i < 2; i++)
	{
		batches[i].fd = port ? port->get_fd(port, i ? AF_INET6 : AF_INET) : -1;
		batches[i].src = src && !src->is_anyaddr(src) ? src : NULL;
		batches[i].iov.iov_base = datagram.ptr;
		batches[i].iov.iov_len = datagram.len;
	}
	for (i = 0; array_get(targets, i, &target); i++)
	{
		dst = get_address(&target);
		if (dst)
		{
			sent += send_target(batches, src, dst, target.natt, datagram,
								err);
			dst->destroy(dst);
		}
	}
	for (i = 0; i < 2; i++)
	{
		sent += flush(&batches[i], err);
	}
	free(batches);
	return sent;
}
