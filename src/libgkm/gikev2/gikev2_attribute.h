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
 * Attributes, of all kinds that G-IKEv2 has (RFC 7296, 3.3.5).
 *
 * @defgroup gikev2_attribute gikev2_attribute
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_ATTRIBUTE_H_
#define GIKEV2_ATTRIBUTE_H_

#include <bio/bio_writer.h>

#include "gikev2_input.h"

/**
 * An attribute.
 */
typedef struct gikev2_attribute_t {

	/** type, without the bit that tells the format */
	uint16_t type;

	/** in TV format, with a value of 2 octets */
	bool tv;

	/** value, pointing into the payload */
	chunk_t value;

	/** where it starts */
	u_char *at;

} gikev2_attribute_t;

/**
 * Read an attribute.
 *
 * @param in		payload, for messages
 * @param reader	at the attribute
 * @param attr		receives it
 * @return			FALSE if it isn't complete
 */
bool gikev2_attribute_parse(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_attribute_t *attr);

/**
 * Read the value of an attribute that has to be in TV format.
 */
bool gikev2_attribute_uint16(gikev2_input_t *in, gikev2_attribute_t *attr,
							 uint16_t *value);

/**
 * Read the value of an attribute that has to be in TLV format, of 4 octets.
 */
bool gikev2_attribute_uint32(gikev2_input_t *in, gikev2_attribute_t *attr,
							 uint32_t *value);

/**
 * Check that an attribute is in TLV format.
 */
bool gikev2_attribute_is_tlv(gikev2_input_t *in, gikev2_attribute_t *attr);

/**
 * Write an attribute in TV format.
 */
void gikev2_attribute_build_tv(bio_writer_t *writer, uint16_t type,
							   uint16_t value);

/**
 * Write an attribute in TLV format.
 */
void gikev2_attribute_build_tlv(bio_writer_t *writer, uint16_t type,
								chunk_t value);

/**
 * Write an attribute in TLV format with a value of 4 octets.
 */
void gikev2_attribute_build_uint32(bio_writer_t *writer, uint16_t type,
								   uint32_t value);

#endif /** GIKEV2_ATTRIBUTE_H_ @}*/
