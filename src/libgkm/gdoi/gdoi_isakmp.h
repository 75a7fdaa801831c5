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
 * ISAKMP messages as GDOI has them (RFC 2408, 3): header, chains of payloads,
 * and data attributes.
 *
 *   header(28) | { next(1) 0(1) length(2) body }*
 *
 * @defgroup gdoi_isakmp gdoi_isakmp
 * @{ @ingroup libgkm
 */

#ifndef GDOI_ISAKMP_H_
#define GDOI_ISAKMP_H_

#include <library.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <collections/array.h>

#include "gdoi_codepoints.h"

#include "../group/gkm_error.h"

typedef struct gdoi_header_t gdoi_header_t;
typedef struct gdoi_payload_t gdoi_payload_t;
typedef struct gdoi_attribute_t gdoi_attribute_t;

/** Payloads of a message, and attributes of a payload, at most */
#define GDOI_PAYLOADS_MAX 512
#define GDOI_ATTRIBUTES_MAX 1024

/**
 * Header of a message.
 */
struct gdoi_header_t {

	/** initiator's and responder's cookie, or the SPI of a rekey SA */
	uint8_t cookies[16];

	/** type of the first payload */
	uint8_t next;

	uint8_t exchange;
	uint8_t flags;

	/** message ID */
	uint32_t mid;

	/** octets in the message, header included */
	uint32_t length;
};

/**
 * A payload. Borrows from the message it was read from.
 */
struct gdoi_payload_t {

	/** type */
	uint8_t type;

	/** without generic header */
	chunk_t body;

	/** with generic header */
	chunk_t whole;
};

/**
 * A data attribute (RFC 2408, 3.3). Borrows from the payload it was read from.
 */
struct gdoi_attribute_t {

	/** type, without the format bit */
	uint16_t type;

	/** TRUE if it has value, FALSE if it has data */
	bool basic;

	/** value of a basic attribute */
	uint16_t value;

	/** data of a variable attribute, empty otherwise */
	chunk_t data;
};

/**
 * Read a header: version 1.0, and the length of what was received.
 *
 * @param datagram		message, without marker
 * @param header		receives the header
 * @return				FALSE if it isn't an ISAKMP message of that length
 */
bool gdoi_header_parse(chunk_t datagram, gdoi_header_t *header);

/**
 * Write a header.
 */
void gdoi_header_build(bio_writer_t *writer, gdoi_header_t *header);

/**
 * Split a chain of payloads.
 *
 * @param first			type of the first payload
 * @param data			payloads, followed by padding if any
 * @param padding		octets of padding that may follow at most, 0 for none
 * @param payloads		array of gdoi_payload_t by value to add to
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_payloads_parse(uint8_t first, chunk_t data, size_t padding,
						 array_t *payloads, gkm_error_t *err);

/**
 * Write a payload with its generic header.
 *
 * @param next			type of the payload after it
 * @param body			body, at most 65531 octets
 */
void gdoi_payload_build(bio_writer_t *writer, uint8_t next, chunk_t body);

/**
 * Remove all payloads of a type, such as Vendor IDs.
 *
 * @param payloads		array of gdoi_payload_t by value
 * @param type			type
 */
void gdoi_payloads_remove(array_t *payloads, uint8_t type);

/**
 * Add a payload that is to be written.
 *
 * @param payloads		array of gdoi_payload_t by value
 * @param type			type
 * @param body			body, adopted, see gdoi_payloads_clear()
 */
void gdoi_payloads_add(array_t *payloads, uint8_t type, chunk_t body);

/**
 * Write a chain of payloads.
 *
 * @param payloads		array of gdoi_payload_t by value, of which type and body
 *						are used
 * @param data			receives the payloads, allocated, to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if a body is too long
 */
bool gdoi_payloads_build(array_t *payloads, chunk_t *data, gkm_error_t *err);

/**
 * Wipe the bodies of payloads that were added, and destroy the array.
 *
 * @param payloads		array of gdoi_payload_t by value
 */
void gdoi_payloads_clear(array_t *payloads);

/**
 * Split a list of attributes.
 *
 * @param data			attributes
 * @param attributes	array of gdoi_attribute_t by value to add to
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_attributes_parse(chunk_t data, array_t *attributes,
						   gkm_error_t *err);

/**
 * Is an attribute the first of its type?
 *
 * @param attributes	array of gdoi_attribute_t by value
 * @param i				index of the attribute
 */
bool gdoi_attribute_is_first(array_t *attributes, int i);

/**
 * Reads an attribute.
 *
 * @param user			what was given with it
 * @param attribute		attribute
 * @param first			FALSE if there was another one of that type before
 * @param err			receives the reason on failure
 * @return				FALSE if refused
 */
typedef bool (*gdoi_attribute_read_t)(void *user, gdoi_attribute_t *attribute,
									  bool first, gkm_error_t *err);

/**
 * Read a list of attributes, up to the first one that is refused.
 *
 * @param data			attributes
 * @param read			called for each, once it is known that none is malformed
 * @param user			to be given to it
 * @param err			receives the reason on failure
 * @return				FALSE if malformed, or if one was refused
 */
bool gdoi_attributes_read(chunk_t data, gdoi_attribute_read_t read, void *user,
						  gkm_error_t *err);

/**
 * Get a number that may come as basic or variable attribute of up to four
 * octets.
 *
 * @return				FALSE if it is no number, or larger
 */
bool gdoi_attribute_number(gdoi_attribute_t *attribute, uint32_t *number);

/**
 * Write a basic attribute.
 */
void gdoi_attribute_basic(bio_writer_t *writer, uint16_t type, uint16_t value);

/**
 * Write a variable attribute.
 *
 * @param data			data, at most 65535 octets
 */
void gdoi_attribute_variable(bio_writer_t *writer, uint16_t type,
							 chunk_t data);

#endif /** GDOI_ISAKMP_H_ @}*/
