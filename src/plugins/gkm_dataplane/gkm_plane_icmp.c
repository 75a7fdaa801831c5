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

#include "gkm_plane_icmp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

/** Senders that are told apart at a time */
#define SENDERS 256

typedef struct private_gkm_plane_icmp_t private_gkm_plane_icmp_t;

/**
 * Private data
 */
struct private_gkm_plane_icmp_t {

	/**
	 * Public interface
	 */
	gkm_plane_icmp_t public;

	/**
	 * Sockets, -1 if there is none
	 */
	int fd4;
	int fd6;

	/**
	 * What was sent in a second, to senders whose addresses have that hash
	 */
	struct {
		time_t second;
		u_int count;
	} sent[SENDERS];
};

/**
 * Is an IPv4 address one of a single host?
 */
static bool is_host4(struct in_addr *addr)
{
	uint32_t a = ntohl(addr->s_addr);

	return a >> 24 != 0 && a >> 24 != IN_LOOPBACKNET && !IN_MULTICAST(a) &&
		   !IN_BADCLASS(a);
}

/**
 * Is an IPv6 address one of a single host, that is known without a scope?
 */
static bool is_host6(struct in6_addr *addr)
{
	return !IN6_IS_ADDR_UNSPECIFIED(addr) && !IN6_IS_ADDR_LOOPBACK(addr) &&
		   !IN6_IS_ADDR_MULTICAST(addr) && !IN6_IS_ADDR_LINKLOCAL(addr);
}

/**
 * Is it an ICMP message about an error, or cut before it says so?
 */
static bool is_error4(chunk_t payload)
{
	if (!payload.len)
	{
		return TRUE;
	}
	switch (payload.ptr[0])
	{
		case ICMP_DEST_UNREACH:
		case ICMP_SOURCE_QUENCH:
		case ICMP_REDIRECT:
		case ICMP_TIME_EXCEEDED:
		case ICMP_PARAMETERPROB:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Checksum of IP and ICMP (RFC 1071)
 */
static uint16_t checksum(chunk_t data)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < data.len; i += 2)
	{
		sum += untoh16(data.ptr + i);
	}
	if (i < data.len)
	{
		sum += data.ptr[i] << 8;
	}
	while (sum >> 16)
	{
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return ~sum;
}

/**
 * Quote a packet behind a header of zeros.
 */
static chunk_t quote(chunk_t packet, size_t max)
{
	chunk_t message;

	message = chunk_alloc(min(GKM_PLANE_ICMP_HEADER + packet.len, max));
	memset(message.ptr, 0, GKM_PLANE_ICMP_HEADER);
	memcpy(message.ptr + GKM_PLANE_ICMP_HEADER, packet.ptr,
		   message.len - GKM_PLANE_ICMP_HEADER);
	return message;
}

/**
 * Build "fragmentation needed".
 */
static chunk_t build4(chunk_t packet, uint32_t mtu, host_t **to)
{
	struct ip ip;
	chunk_t message;

	if (packet.len < sizeof(ip))
	{
		return chunk_empty;
	}
	memcpy(&ip, packet.ptr, sizeof(ip));
	if (ip.ip_hl * 4 < sizeof(ip) || ip.ip_hl * 4 > packet.len ||
		ntohs(ip.ip_off) & IP_OFFMASK || !is_host4(&ip.ip_src) ||
		!is_host4(&ip.ip_dst))
	{
		return chunk_empty;
	}
	if (ip.ip_p == IPPROTO_ICMP && is_error4(chunk_skip(packet, ip.ip_hl * 4)))
	{
		return chunk_empty;
	}
	message = quote(packet, GKM_PLANE_ICMP_MAX);
	message.ptr[0] = ICMP_DEST_UNREACH;
	message.ptr[1] = ICMP_FRAG_NEEDED;
	htoun16(message.ptr + 6, min(mtu, UINT16_MAX));
	htoun16(message.ptr + 2, checksum(message));
	*to = host_create_from_chunk(AF_INET, chunk_from_thing(ip.ip_src), 0);
	return message;
}

/**
 * Build "packet too big", which is sent about packets to groups as well.
 */
static chunk_t build6(chunk_t packet, uint32_t mtu, host_t **to)
{
	struct ip6_hdr ip;
	chunk_t message, payload;

	if (packet.len < sizeof(ip))
	{
		return chunk_empty;
	}
	memcpy(&ip, packet.ptr, sizeof(ip));
	if (!is_host6(&ip.ip6_src))
	{
		return chunk_empty;
	}
	payload = chunk_skip(packet, sizeof(ip));
	if (ip.ip6_nxt == IPPROTO_ICMPV6 &&
		(!payload.len || !(payload.ptr[0] & ICMP6_INFOMSG_MASK)))
	{
		return chunk_empty;
	}
	message = quote(packet, GKM_PLANE_ICMPV6_MAX);
	message.ptr[0] = ICMP6_PACKET_TOO_BIG;
	htoun32(message.ptr + 4, mtu);
	*to = host_create_from_chunk(AF_INET6, chunk_from_thing(ip.ip6_src), 0);
	return message;
}

/*
 * Described in header
 */
chunk_t gkm_plane_icmp_build(chunk_t packet, uint32_t mtu, host_t **to)
{
	switch (packet.len ? packet.ptr[0] >> 4 : 0)
	{
		case 4:
			return build4(packet, mtu, to);
		case 6:
			return build6(packet, mtu, to);
		default:
			return chunk_empty;
	}
}

/**
 * May one more message be sent to a host?
 */
static bool may_send(private_gkm_plane_icmp_t *this, host_t *to, time_t now)
{
	u_int i = chunk_hash(to->get_address(to)) % SENDERS;

	if (this->sent[i].second != now)
	{
		this->sent[i].second = now;
		this->sent[i].count = 0;
	}
	if (this->sent[i].count >= GKM_PLANE_ICMP_RATE)
	{
		return FALSE;
	}
	this->sent[i].count++;
	return TRUE;
}

METHOD(gkm_plane_icmp_t, send_, bool,
	private_gkm_plane_icmp_t *this, chunk_t packet, uint32_t mtu, time_t now)
{
	host_t *to = NULL;
	chunk_t message;
	bool sent = FALSE;
	int fd;

	message = gkm_plane_icmp_build(packet, mtu, &to);
	if (!message.len)
	{
		return FALSE;
	}
	fd = to->get_family(to) == AF_INET ? this->fd4 : this->fd6;
	if (fd >= 0 && may_send(this, to, now))
	{
		sent = sendto(fd, message.ptr, message.len, MSG_DONTWAIT,
					  to->get_sockaddr(to), *to->get_sockaddr_len(to)) ==
															message.len;
		if (!sent)
		{
			DBG2(DBG_NET, "telling %H that no more than %u octets fit failed: %s",
				 to, mtu, strerror(errno));
		}
	}
	to->destroy(to);
	chunk_free(&message);
	return sent;
}

METHOD(gkm_plane_icmp_t, destroy, void,
	private_gkm_plane_icmp_t *this)
{
	if (this->fd4 >= 0)
	{
		close(this->fd4);
	}
	if (this->fd6 >= 0)
	{
		close(this->fd6);
	}
	free(this);
}

/**
 * Open a socket to send from, which gets nothing of what comes in.
 */
static int open_socket(int family, int protocol)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = {
		.len = 1,
		.filter = &drop,
	};
	int fd;

	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
	{
		DBG1(DBG_NET, "opening a socket for ICMP%s failed: %s",
			 family == AF_INET ? "" : "v6", strerror(errno));
		if (fd >= 0)
		{
			close(fd);
		}
		return -1;
	}
	return fd;
}

/*
 * Described in header
 */
gkm_plane_icmp_t *gkm_plane_icmp_create()
{
	private_gkm_plane_icmp_t *this;

	if (!lib->caps->keep(lib->caps, CAP_NET_RAW))
	{
		DBG1(DBG_NET, "telling senders what doesn't fit requires CAP_NET_RAW");
		return NULL;
	}
	INIT(this,
		.public = {
			.send = _send_,
			.destroy = _destroy,
		},
		.fd4 = open_socket(AF_INET, IPPROTO_ICMP),
		.fd6 = open_socket(AF_INET6, IPPROTO_ICMPV6),
	);
	if (this->fd4 < 0)
	{
		_destroy(this);
		return NULL;
	}
	return &this->public;
}
