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
 * Key packets of KD payloads (RFC 6407, 5.6).
 *
 * @defgroup gdoi_key_packet gdoi_key_packet
 * @{ @ingroup libgkm
 */

#ifndef GDOI_KEY_PACKET_H_
#define GDOI_KEY_PACKET_H_

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <collections/array.h>

#include "gdoi_isakmp.h"

#include "../group/gkm_error.h"

typedef struct gdoi_key_packet_t gdoi_key_packet_t;

/** Octets in a key packet beside SPI and attributes, and in an attribute beside
 *  its data */
#define GDOI_KEY_PACKET_LEN 5
#define GDOI_ATTRIBUTE_LEN 4

/**
 * A key packet. Borrows from the payload it was read from.
 */
struct gdoi_key_packet_t {

	/** gdoi_kd_type_t */
	uint8_t type;

	/** SPI of the SA that the key is for, empty for sender IDs */
	chunk_t spi;

	/** gdoi_attribute_t by value */
	array_t *attributes;
};

/**
 * Read a key packet.
 *
 * @param packet		receives the packet, to be cleared also on failure
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_key_packet_parse(bio_reader_t *reader, gdoi_key_packet_t *packet,
						   gkm_error_t *err);

/**
 * Write a key packet.
 *
 * @param type			type
 * @param spi			SPI
 * @param attributes	attributes as they are sent, wiped
 * @param err			receives the reason on failure
 * @return				packet, allocated, to be cleared; empty if too large
 */
chunk_t gdoi_key_packet_build(gdoi_kd_type_t type, chunk_t spi,
							  bio_writer_t *attributes, gkm_error_t *err);

/**
 * Destroy what a key packet owns.
 */
void gdoi_key_packet_clear(gdoi_key_packet_t *this);

#endif /** GDOI_KEY_PACKET_H_ @}*/
