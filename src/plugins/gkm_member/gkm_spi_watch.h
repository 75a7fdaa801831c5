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
 * @defgroup gkm_spi_watch gkm_spi_watch
 * @{ @ingroup gkm_member
 */

#ifndef GKM_SPI_WATCH_H_
#define GKM_SPI_WATCH_H_

#include "gkm_spi_filter.h"

typedef struct gkm_spi_watch_t gkm_spi_watch_t;

/**
 * A packet with an SPI was seen. Called without locks, in a thread of the
 * processor; several may be called at a time.
 *
 * @param user			as passed to gkm_spi_watch_create()
 * @param protocol		PROTO_ESP or PROTO_AH
 * @param spi			SPI in network byte order
 */
typedef void (*gkm_spi_seen_t)(void *user, protocol_id_t protocol,
							   uint32_t spi);

/**
 * Looks out for packets of data SAs that aren't there yet: a key server
 * announces their SPIs (GSA_NEXT_SPI), and who sees one without knowing the SA
 * has missed a rekey message (RFC 9838, 4.4.2.2.3).
 *
 * It sees what comes to the host, as IPv4 and IPv6, whether or not there is
 * such an SA: unicast, and multicast that a socket on the host joined. ESP in
 * UDP isn't seen. Nobody has authenticated these packets, so that anybody who
 * guesses an SPI can cause a call: once for each time that it is set.
 */
struct gkm_spi_watch_t {

	/**
	 * Set which SPIs to look out for, replacing those set before. Each is
	 * reported once. Effective a little later, as sockets are opened, or closed
	 * if there are no SPIs, in a job: this never blocks, may be called with
	 * locks held, and from the callback. An SPI that is gone isn't reported any
	 * more, except by a call that has already begun.
	 *
	 * @param spis		SPIs, as gkm_spi_t by value, may be NULL or empty
	 */
	void (*set)(gkm_spi_watch_t *this, array_t *spis);

	/**
	 * Stop watching. Waits for calls that have begun: don't call it from the
	 * callback, or with a lock held that this takes. Nothing is called after it
	 * returned.
	 */
	void (*destroy)(gkm_spi_watch_t *this);
};

/**
 * Create it, without any SPIs and sockets.
 *
 * @param cb			called when a packet was seen
 * @param user			passed to cb
 */
gkm_spi_watch_t *gkm_spi_watch_create(gkm_spi_seen_t cb, void *user);

#endif /** GKM_SPI_WATCH_H_ @}*/
