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
 * Telling senders that a packet is too big to be encrypted: ICMP "fragmentation
 * needed" (RFC 1191, 4) and ICMPv6 "packet too big" (RFC 4443, 3.2).
 *
 * They go to hosts inside as if a router had sent them, and over the loopback
 * interface to sockets of this host, whose kernel takes them too.
 *
 * @defgroup gkm_plane_icmp gkm_plane_icmp
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_ICMP_H_
#define GKM_PLANE_ICMP_H_

#include <library.h>
#include <networking/host.h>

/** Messages per second at most to senders that share an entry of the table,
 *  which are few others (RFC 1812, 4.3.2.8; RFC 4443, 2.4 f) */
#define GKM_PLANE_ICMP_RATE 10

/** Octets in front of what is quoted, for both versions */
#define GKM_PLANE_ICMP_HEADER 8

/** Longest message, so that what carries it fits any network: quotes are cut
 *  there (RFC 1812, 4.3.2.3; RFC 4443, 2.4 c) */
#define GKM_PLANE_ICMP_MAX (576 - 20)
#define GKM_PLANE_ICMPV6_MAX (1280 - 40)

typedef struct gkm_plane_icmp_t gkm_plane_icmp_t;

/**
 * Sends the messages. Not thread safe.
 */
struct gkm_plane_icmp_t {

	/**
	 * Tell the sender of a packet, unless it must not be told or was too often.
	 *
	 * @param packet		begin of the packet, from its IP header on
	 * @param mtu			what would fit
	 * @param now			time in seconds, monotonic
	 * @return				TRUE if sent
	 */
	bool (*send)(gkm_plane_icmp_t *this, chunk_t packet, uint32_t mtu,
				 time_t now);

	/**
	 * Close sockets.
	 */
	void (*destroy)(gkm_plane_icmp_t *this);
};

/**
 * Open raw sockets; CAP_NET_RAW is kept for that. Without IPv6 in the kernel,
 * only senders of IPv4 are told.
 *
 * @return				object, NULL if there can be none
 */
gkm_plane_icmp_t *gkm_plane_icmp_create();

/**
 * Build a message to the sender of a packet. There is none about errors of
 * ICMP, fragments but the first, IPv4 packets to groups and broadcasts, nor to
 * what isn't the address of one host (RFC 1122, 3.2.2; RFC 4443, 2.4 e).
 *
 * The checksum of ICMPv6 isn't in it, as the kernel adds that.
 *
 * @param packet		begin of the packet
 * @param mtu			what would fit
 * @param to			receives the sender
 * @return				message, allocated; chunk_empty if there must not be one
 */
chunk_t gkm_plane_icmp_build(chunk_t packet, uint32_t mtu, host_t **to);

#endif /** GKM_PLANE_ICMP_H_ @}*/
