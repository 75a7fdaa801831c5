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
 * The UDP port of group key management, for IPv4 and IPv6.
 *
 * @defgroup gkm_port gkm_port
 * @{ @ingroup gkm
 */

#ifndef GKM_PORT_H_
#define GKM_PORT_H_

#include <networking/packet.h>

#include <sys/socket.h>

typedef struct gkm_port_t gkm_port_t;

/**
 * Port 848. There, as on port 500, IKE has no marker in front. charon wants
 * one wherever neither port is 500: it is added to what is received, and taken
 * off what is sent.
 */
struct gkm_port_t {

	/**
	 * Wait for a packet. A cancellation point.
	 *
	 * @return			packet, NULL if there was an error, already logged
	 */
	packet_t *(*receive)(gkm_port_t *this);

	/**
	 * Send a packet.
	 *
	 * @param packet	packet from this port, with charon's marker
	 * @return			FALSE if it couldn't be sent, already logged
	 */
	bool (*send)(gkm_port_t *this, packet_t *packet);

	/**
	 * @return			port number
	 */
	uint16_t (*get_port)(gkm_port_t *this);

	/**
	 * Get a socket, to send without charon's marker.
	 *
	 * @param family	AF_INET or AF_INET6
	 * @return			socket, owned by the port, -1 if not available
	 */
	int (*get_fd)(gkm_port_t *this, int family);

	/**
	 * Close the port.
	 */
	void (*destroy)(gkm_port_t *this);
};

/**
 * Open the port.
 *
 * @param port			port number, 0 for none
 * @return				NULL if disabled or not available, already logged
 */
gkm_port_t *gkm_port_create(uint16_t port);

/**
 * Open a UDP socket that isn't bound yet. It sends to multicast addresses as
 * far as charon.plugins.gkm.multicast_ttl says, by way of the routing table,
 * and gets datagrams for those that it joins only, not for what any other
 * socket on the host joined.
 *
 * @param family		AF_INET or AF_INET6
 * @return				socket, -1 with errno set if that failed
 */
int gkm_port_open(int family);

/**
 * Have a message sent from an address.
 *
 * @param msg			message, with msg_control that has room for a struct
 *						in6_pktinfo
 * @param src			source address, its port isn't looked at
 */
void gkm_port_set_source(struct msghdr *msg, host_t *src);

#endif /** GKM_PORT_H_ @}*/
