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
 * charon's socket with group key management in front: a wrapper around
 * socket-default that marks packets of group exchanges, and adds UDP port 848.
 *
 * charon's receiver drops exchange types that it doesn't know. The wrapper
 * therefore gives GSA_AUTH the exchange type of IKE_AUTH, and the other
 * exchanges of G-IKEv2 that of CREATE_CHILD_SA, and notes the real one as
 * metadata of the packet, from which gkm_message restores it. That way, all
 * that the receiver does to protect the daemon (cookies, limits of half-open
 * IKE_SAs, delays for tests) covers group exchanges on all ports.
 *
 * GSA_REKEY belongs to no IKE_SA, and is dropped: see gkm_multicast. Messages
 * of GDOI are taken off by gkm_intake.
 *
 * @defgroup gkm_socket gkm_socket
 * @{ @ingroup gkm
 */

#ifndef GKM_SOCKET_H_
#define GKM_SOCKET_H_

#include <network/socket.h>

#include "gkm_port.h"

/** Metadata of a packet: its real exchange type, a METADATA_TYPE_INT */
#define GKM_METADATA_EXCHANGE "gkm-exchange"

/**
 * Create the socket. A socket_constructor_t.
 *
 * @return			socket, NULL if socket-default can't open its ports
 */
socket_t *gkm_socket_create();

/**
 * Is a socket created by gkm_socket_create() in use?
 */
bool gkm_socket_active();

/**
 * Get the port of group key management of the socket in use.
 *
 * @return			port, NULL if there is none
 */
gkm_port_t *gkm_socket_get_port();

/**
 * Is this the port of group key management of the socket in use?
 */
bool gkm_socket_is_group_port(host_t *host);

/**
 * Takes messages of ISAKMP (version 1.0) off the socket.
 *
 * @param user		as passed to gkm_socket_set_taker()
 * @param exchange	exchange type
 * @param packet	packet, borrowed
 * @param message	message with complete header, without marker
 * @return			TRUE if it was taken, FALSE to leave it to charon
 */
typedef bool (*gkm_taker_t)(void *user, uint8_t exchange, packet_t *packet,
							chunk_t message);

/**
 * Set who looks at messages of ISAKMP before charon does. To be called while
 * nothing is received.
 *
 * @param taker		called for each message, NULL for nobody
 * @param user		passed to taker
 */
void gkm_socket_set_taker(gkm_taker_t taker, void *user);

#endif /** GKM_SOCKET_H_ @}*/
