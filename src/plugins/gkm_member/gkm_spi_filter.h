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
 * Which packets gkm_spi_watch_t gets to see: a filter for the kernel.
 *
 * @defgroup gkm_spi_filter gkm_spi_filter
 * @{ @ingroup gkm_member
 */

#ifndef GKM_SPI_FILTER_H_
#define GKM_SPI_FILTER_H_

#include <library.h>
#include <collections/array.h>
#include <crypto/proposal/proposal.h>

#include <linux/filter.h>

typedef struct gkm_spi_t gkm_spi_t;

/** SPIs of a protocol that can be watched; a jump of classic BPF takes 255
 *  instructions at most */
#define GKM_SPIS_MAX 200

/** Instructions in a filter at most */
#define GKM_SPI_FILTER_MAX (GKM_SPIS_MAX + 4)

/** Octets of a packet that pass the filter: the longest IPv4 header, and all up
 *  to the SPI of AH */
#define GKM_SPI_SNAPLEN 68

/**
 * SPI of a data SA.
 */
struct gkm_spi_t {

	/** PROTO_ESP or PROTO_AH */
	protocol_id_t protocol;

	/** in network byte order */
	uint32_t spi;
};

/**
 * Write a filter for a raw socket that passes packets with one of some SPIs.
 *
 * @param v6			TRUE if packets start with the ESP or AH header, as on
 *						IPv6 sockets, FALSE if with an IPv4 header
 * @param protocol		protocol of the socket
 * @param spis			SPIs, as gkm_spi_t by value; those of other protocols,
 *						and what is more than GKM_SPIS_MAX, are left out
 * @param code			receives the filter
 * @return				number of instructions, 0 if there are no SPIs
 */
u_int gkm_spi_filter_build(bool v6, protocol_id_t protocol, array_t *spis,
						   struct sock_filter code[GKM_SPI_FILTER_MAX]);

/**
 * Read the SPI of a packet that came through a filter.
 *
 * @param v6			as above
 * @param protocol		as above
 * @param packet		packet, may be cut
 * @param spi			receives the SPI in network byte order
 * @return				FALSE if there is none
 */
bool gkm_spi_filter_read(bool v6, protocol_id_t protocol, chunk_t packet,
						 uint32_t *spi);

#endif /** GKM_SPI_FILTER_H_ @}*/
