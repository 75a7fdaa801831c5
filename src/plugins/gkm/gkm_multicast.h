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
 * Datagrams to and from multicast addresses, which carry rekey messages to all
 * members at once.
 *
 * @defgroup gkm_multicast gkm_multicast
 * @{ @ingroup gkm
 */

#ifndef GKM_MULTICAST_H_
#define GKM_MULTICAST_H_

#include "gkm.h"
#include "gkm_vici.h"

typedef struct gkm_multicast_t gkm_multicast_t;

/**
 * Multicast sockets.
 *
 * For each address and interface that is listened to there is a socket, which
 * lib->watcher reads. A datagram is handled before the next one is read: what
 * comes faster than that waits in the kernel, as far as that has room.
 */
struct gkm_multicast_t {

	/**
	 * See gkm_t.listen(). Passes datagrams to gkm_vici_t.datagram(). Those
	 * larger than charon.max_packet are dropped.
	 */
	bool (*listen)(gkm_multicast_t *this, host_t *address, host_t *local,
				   gkm_error_t *err);

	/**
	 * See gkm_t.unlisten(). May be called by who handles a datagram.
	 */
	void (*unlisten)(gkm_multicast_t *this, host_t *address, host_t *local);

	/**
	 * See gkm_t.multicast(). Without a port of group key management, any
	 * port is used.
	 */
	bool (*send)(gkm_multicast_t *this, host_t *address, chunk_t datagram,
				 gkm_error_t *err);

	/**
	 * Close all sockets.
	 */
	void (*destroy)(gkm_multicast_t *this);
};

/**
 * Create it, without any socket.
 *
 * @param vici			has the role that reads datagrams, has to outlive this
 */
gkm_multicast_t *gkm_multicast_create(gkm_vici_t *vici);

#endif /** GKM_MULTICAST_H_ @}*/
