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
 * Transform substructures (RFC 7296, 3.3.2).
 *
 * @defgroup gikev2_transform gikev2_transform
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_TRANSFORM_H_
#define GIKEV2_TRANSFORM_H_

#include <bio/bio_writer.h>

#include "../group/gkm_algs.h"
#include "gikev2_codepoints.h"
#include "gikev2_input.h"

/**
 * A transform.
 */
typedef struct gikev2_transform_t {

	/** no transform follows */
	bool last;

	transform_type_t type;
	uint16_t id;

	/** key length attribute in bits, 0 if there is none */
	uint16_t key_size;

	/** signature algorithm identifier attribute (RFC 9838, 4.4.2.1.1): DER
	 *  AlgorithmIdentifier, pointing into the payload; empty if it has none */
	chunk_t sig_alg;

	/** it has an attribute that is not known, so nobody knows what it means */
	bool unknown;

	/** where it starts */
	u_char *at;

} gikev2_transform_t;

/**
 * Read a transform.
 *
 * @param in		payload, for messages
 * @param reader	at the transform
 * @param transform	receives it
 * @return			FALSE if it isn't complete or lengths don't fit
 */
bool gikev2_transform_parse(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_transform_t *transform);

/**
 * Write the transforms of a proposal.
 *
 * @param writer	receives them
 * @param proposal	algorithms to write
 * @param others	transforms to write after them
 * @param count		number of those, at least one in all has to be written
 * @return			number of transforms written
 */
u_int gikev2_transforms_build(bio_writer_t *writer, proposal_t *proposal,
							  gikev2_transform_t *others, u_int count);

#endif /** GIKEV2_TRANSFORM_H_ @}*/
