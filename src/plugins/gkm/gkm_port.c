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

#include "gkm_port.h"
#include "gkm_wire.h"

#include <daemon.h>
#include <threading/thread.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/** charon's NAT keepalive (RFC 3948, 2.3) */
#define KEEPALIVE 0xff

/** Routers that a multicast datagram may pass, unless configured */
#define MULTICAST_TTL 32

/** Since Linux 4.20, and missing in older headers */
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

typedef struct private_gkm_port_t private_gkm_port_t;

/**
 * Private data of the port.
 */
struct private_gkm_port_t {

	/**
	 * Public interface
	 */
	gkm_port_t public;

	/**
	 * Port number
	 */
	uint16_t port;

	/**
	 * Sockets for IPv4 and IPv6, -1 if not available
	 */
	int fd[2];

	/**
	 * Socket to look at first, so that neither keeps the other waiting
	 */
	u_int first;

	/**
	 * Largest message that is accepted, in octets
	 */
	size_t max_packet;
};

/**
 * Is this a NAT keepalive? charon adds and expects no marker there.
 */
static bool is_keepalive(chunk_t data)
{
	return data.len == 1 && data.ptr[0] == KEEPALIVE;
}

/**
 * Address that a packet was sent to, with our port
 */
static host_t *get_destination(private_gkm_port_t *this, struct msghdr *msg)
{
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = htons(this->port),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(this->port),
	};
	struct in_pktinfo *info4;
	struct in6_pktinfo *info6;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
	{
		if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO)
		{
			info4 = (struct in_pktinfo*)CMSG_DATA(cmsg);
			in4.sin_addr = info4->ipi_addr;
			return host_create_from_sockaddr((sockaddr_t*)&in4);
		}
		if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO)
		{
			info6 = (struct in6_pktinfo*)CMSG_DATA(cmsg);
			in6.sin6_addr = info6->ipi6_addr;
			return host_create_from_sockaddr((sockaddr_t*)&in6);
		}
	}
	return NULL;
}

/**
 * Read a packet from a socket that has one
 */
static packet_t *read_packet(private_gkm_port_t *this, int fd)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
										__attribute__((aligned(8)));
	uint8_t buffer[NON_ESP_MARKER_LEN + this->max_packet];
	struct sockaddr_storage src;
	struct iovec iov = {
		.iov_base = buffer + NON_ESP_MARKER_LEN,
		.iov_len = this->max_packet,
	};
	struct msghdr msg = {
		.msg_name = &src,
		.msg_namelen = sizeof(src),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	packet_t *packet;
	size_t marker = NON_ESP_MARKER_LEN;
	host_t *source, *dst;
	ssize_t len;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
	{
		if (errno != EAGAIN)
		{
			DBG1(DBG_NET, "reading from port %hu failed: %s", this->port,
				 strerror(errno));
		}
		return NULL;
	}
	if (msg.msg_flags & MSG_TRUNC)
	{
		DBG1(DBG_NET, "packet on port %hu is larger than %zu octets, ignored",
			 this->port, this->max_packet);
		return NULL;
	}
	dst = get_destination(this, &msg);
	if (!dst)
	{
		DBG1(DBG_NET, "packet on port %hu has no destination, ignored",
			 this->port);
		return NULL;
	}
	source = host_create_from_sockaddr((sockaddr_t*)&src);
	if (source->get_port(source) == IKEV2_UDP_PORT ||
		is_keepalive(chunk_create(iov.iov_base, len)))
	{
		marker = 0;
	}
	memset(buffer, 0, NON_ESP_MARKER_LEN);
	packet = packet_create();
	packet->set_source(packet, source);
	packet->set_destination(packet, dst);
	packet->set_data(packet, chunk_clone(chunk_create(
						buffer + NON_ESP_MARKER_LEN - marker, marker + len)));
	return packet;
}

METHOD(gkm_port_t, receive_, packet_t*,
	private_gkm_port_t *this)
{
	struct pollfd pfd[] = {
		{ .fd = this->fd[0], .events = POLLIN },
		{ .fd = this->fd[1], .events = POLLIN },
	};
	bool oldstate;
	u_int i, current;
	int ready;

	oldstate = thread_cancelability(TRUE);
	ready = poll(pfd, countof(pfd), -1);
	thread_cancelability(oldstate);

	for (i = 0; ready > 0 && i < countof(pfd); i++)
	{
		current = (this->first + i) % countof(pfd);
		if (pfd[current].revents)
		{
			this->first = current + 1;
			return read_packet(this, pfd[current].fd);
		}
	}
	return NULL;
}

/*
 * Described in header
 */
void gkm_port_set_source(struct msghdr *msg, host_t *src)
{
	struct in_pktinfo *info4;
	struct in6_pktinfo *info6;
	struct cmsghdr *cmsg;
	chunk_t addr = src->get_address(src);
	bool v4 = src->get_family(src) == AF_INET;

	msg->msg_controllen = v4 ? CMSG_SPACE(sizeof(*info4))
							 : CMSG_SPACE(sizeof(*info6));
	memset(msg->msg_control, 0, msg->msg_controllen);
	cmsg = CMSG_FIRSTHDR(msg);
	if (v4)
	{
		cmsg->cmsg_level = IPPROTO_IP;
		cmsg->cmsg_type = IP_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(*info4));
		info4 = (struct in_pktinfo*)CMSG_DATA(cmsg);
		memcpy(&info4->ipi_spec_dst, addr.ptr, addr.len);
	}
	else
	{
		cmsg->cmsg_level = IPPROTO_IPV6;
		cmsg->cmsg_type = IPV6_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(*info6));
		info6 = (struct in6_pktinfo*)CMSG_DATA(cmsg);
		memcpy(&info6->ipi6_addr, addr.ptr, addr.len);
	}
}

METHOD(gkm_port_t, send_, bool,
	private_gkm_port_t *this, packet_t *packet)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
										__attribute__((aligned(8)));
	host_t *src = packet->get_source(packet), *dst;
	chunk_t data = packet->get_data(packet);
	struct iovec iov;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int fd;

	dst = packet->get_destination(packet);
	fd = this->fd[dst->get_family(dst) == AF_INET ? 0 : 1];
	if (fd < 0)
	{
		DBG1(DBG_NET, "no socket on port %hu to send to %H", this->port, dst);
		return FALSE;
	}
	if (dst->get_port(dst) != IKEV2_UDP_PORT && !is_keepalive(data))
	{
		data = chunk_skip(data, NON_ESP_MARKER_LEN);
	}
	iov.iov_base = data.ptr;
	iov.iov_len = data.len;
	msg.msg_name = dst->get_sockaddr(dst);
	msg.msg_namelen = *dst->get_sockaddr_len(dst);
	if (!src->is_anyaddr(src))
	{
		msg.msg_control = control;
		gkm_port_set_source(&msg, src);
	}
	if (sendmsg(fd, &msg, 0) != data.len)
	{
		DBG1(DBG_NET, "sending from port %hu to %H failed: %s", this->port,
			 dst, strerror(errno));
		return FALSE;
	}
	return TRUE;
}

METHOD(gkm_port_t, get_port, uint16_t,
	private_gkm_port_t *this)
{
	return this->port;
}

METHOD(gkm_port_t, get_fd, int,
	private_gkm_port_t *this, int family)
{
	return this->fd[family == AF_INET ? 0 : 1];
}

METHOD(gkm_port_t, destroy, void,
	private_gkm_port_t *this)
{
	int i;

	for (i = 0; i < countof(this->fd); i++)
	{
		if (this->fd[i] >= 0)
		{
			close(this->fd[i]);
		}
	}
	free(this);
}

/**
 * How far what a socket sends to multicast addresses gets
 */
static bool set_ttl(int fd, bool v4)
{
	int ttl;

	ttl = lib->settings->get_int(lib->settings,
								 "%s.plugins.gkm.multicast_ttl", MULTICAST_TTL,
								 lib->ns);
	if (ttl < 0 || ttl > UINT8_MAX)
	{
		DBG1(DBG_NET, "multicast_ttl = %d is not 0 to 255, using %d", ttl,
			 MULTICAST_TTL);
		ttl = MULTICAST_TTL;
	}
	return setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
					  v4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS,
					  &ttl, sizeof(ttl)) == 0;
}

/*
 * Described in header
 */
int gkm_port_open(int family)
{
	bool v4 = family == AF_INET;
	int fd, on = 1, off = 0;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
	{
		return -1;
	}
	if (!set_ttl(fd, v4) ||
		(v4 ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
			  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off))
			: setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
			  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))))
	{
		close(fd);
		return -1;
	}
	if (!v4)
	{	/* older kernels lack it, members there see datagrams twice */
		ignore_result(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off,
								 sizeof(off)));
	}
	return fd;
}

/**
 * Open a socket of a family on the port, -1 if that isn't possible
 */
static int open_socket(int family, uint16_t port)
{
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	bool v4 = family == AF_INET;
	int fd, on = 1;

	fd = gkm_port_open(family);
	if (fd < 0)
	{
		DBG1(DBG_NET, "opening an IPv%d socket for port %hu failed: %s",
			 v4 ? 4 : 6, port, strerror(errno));
		return -1;
	}
	/* others may bind to the port for a multicast address, once it is known
	 * that it was ours alone */
	if (bind(fd, v4 ? (struct sockaddr*)&in4 : (struct sockaddr*)&in6,
			 v4 ? sizeof(in4) : sizeof(in6)) ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
	{
		DBG1(DBG_NET, "binding IPv%d to port %hu failed: %s", v4 ? 4 : 6, port,
			 strerror(errno));
		close(fd);
		return -1;
	}
	if (!charon->kernel->bypass_socket(charon->kernel, fd, family))
	{
		DBG1(DBG_NET, "installing bypass policy for port %hu failed", port);
	}
	return fd;
}

/*
 * Described in header
 */
gkm_port_t *gkm_port_create(uint16_t port)
{
	private_gkm_port_t *this;

	if (!port)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.receive = _receive_,
			.send = _send_,
			.get_port = _get_port,
			.get_fd = _get_fd,
			.destroy = _destroy,
		},
		.port = port,
		.fd = { open_socket(AF_INET, port), open_socket(AF_INET6, port) },
		.max_packet = lib->settings->get_int(lib->settings, "%s.max_packet",
											 PACKET_MAX_DEFAULT, lib->ns),
	);
	if (this->fd[0] < 0 && this->fd[1] < 0)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
