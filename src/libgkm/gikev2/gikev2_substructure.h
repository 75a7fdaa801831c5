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
 * Header that policies and key bags have in common (RFC 9838, 4.4.2, 4.4.3,
 * 4.5.2, 4.5.3).
 *
 * @defgroup gikev2_substructure gikev2_substructure
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_SUBSTRUCTURE_H_
#define GIKEV2_SUBSTRUCTURE_H_

#include <bio/bio_writer.h>

#include "../group/gkm_algs.h"
#include "gikev2_input.h"

/**
 * A group policy or a key bag.
 */
typedef struct gikev2_substructure_t {

	/** PROTO_ESP, PROTO_AH or PROTO_GIKE_UPDATE, or PROTO_NONE for what
	 *  belongs to no SA: the group-wide policy and the member key bag */
	protocol_id_t protocol;

	/** SPI, empty if protocol is PROTO_NONE */
	chunk_t spi;

	/** what follows the SPI */
	chunk_t content;

	/** where it starts */
	u_char *at;

} gikev2_substructure_t;

/**
 * Read a substructure. Chunks will point into the payload.
 *
 * @param in		payload, for messages
 * @param reader	at the substructure
 * @param sub		receives it
 * @return			FALSE if it isn't complete, has a length that doesn't fit,
 *					or a protocol or an SPI that can't be
 */
bool gikev2_substructure_parse(gikev2_input_t *in, bio_reader_t *reader,
							   gikev2_substructure_t *sub);

/**
 * Write a substructure.
 *
 * @param writer	receives it
 * @param sub		protocol, SPI and content
 */
void gikev2_substructure_build(bio_writer_t *writer,
							   gikev2_substructure_t *sub);

#endif /** GIKEV2_SUBSTRUCTURE_H_ @}*/
