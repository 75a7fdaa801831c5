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
 * Chains of payloads (RFC 7296, 3.2).
 *
 * @defgroup gikev2_payload gikev2_payload
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_PAYLOAD_H_
#define GIKEV2_PAYLOAD_H_

#include <bio/bio_writer.h>

#include "../group/gkm_error.h"

/**
 * A payload.
 */
typedef struct gikev2_payload_t {

	/** type */
	uint8_t type;

	/** a message with this payload is to be refused if its type isn't known */
	bool critical;

	/** all of it, pointing into the message */
	chunk_t data;

	/** without the generic header */
	chunk_t body;

} gikev2_payload_t;

/**
 * Read the next payload of a chain.
 *
 * @param type		type of the next payload, not GIKEV2_NO_PAYLOAD; receives
 *					that of the one after it
 * @param rest		what hasn't been read yet, advanced
 * @param payload	receives the payload
 * @param err		receives the reason on failure
 * @return			FALSE if it isn't complete
 */
bool gikev2_payload_parse(uint8_t *type, chunk_t *rest,
						  gikev2_payload_t *payload, gkm_error_t *err);

/**
 * Write a payload.
 *
 * @param writer	receives it
 * @param next		type of the one after it
 * @param body		what follows the generic header, not more than fits
 */
void gikev2_payload_build(bio_writer_t *writer, uint8_t next, chunk_t body);

#endif /** GIKEV2_PAYLOAD_H_ @}*/
