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
 * A payload that is being read, and how to say what is wrong with it.
 *
 * @defgroup gikev2_input gikev2_input
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_INPUT_H_
#define GIKEV2_INPUT_H_

#include <bio/bio_reader.h>

#include "../group/gkm_error.h"

/**
 * Payload that is being read. Parsers take it for messages only, and read
 * from a bio_reader_t over its body or a part of it.
 */
typedef struct gikev2_input_t {

	/** such as "GSA" */
	const char *name;

	/** all of it, without the generic payload header */
	chunk_t body;

	/** receives the first reason for a failure */
	gkm_error_t *err;

} gikev2_input_t;

/**
 * Where a reader is, to be asked before something is read.
 *
 * @param in		payload
 * @param reader	over the payload or a part of it
 * @return			next octet, the end of the body if all has been read
 */
u_char *gikev2_position(gikev2_input_t *in, bio_reader_t *reader);

/**
 * Note what is wrong with a payload, and where.
 *
 * @param in		payload
 * @param at		octet in it where the faulty structure starts. Messages
 *					count from 0, after the generic payload header.
 * @param fmt		printf format
 * @return			always FALSE, so that it can be returned
 */
bool gikev2_fail(gikev2_input_t *in, const u_char *at, const char *fmt, ...);

#endif /** GIKEV2_INPUT_H_ @}*/
