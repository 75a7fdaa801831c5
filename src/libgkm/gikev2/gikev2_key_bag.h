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
 * Key bags and the wrapped keys in them (RFC 9838, 4.5.2 to 4.5.4).
 *
 * @defgroup gikev2_key_bag gikev2_key_bag
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_KEY_BAG_H_
#define GIKEV2_KEY_BAG_H_

#include <collections/array.h>

#include "gikev2_codepoints.h"
#include "gikev2_substructure.h"

/**
 * A wrapped key (RFC 9838, 4.5.4).
 */
typedef struct gikev2_wrapped_key_t {

	/** its ID, 0 for the key of an SA */
	uint32_t id;

	/** ID of the key that wraps it, 0 for the default one, GSK_w */
	uint32_t kwk_id;

	/** output of the key wrap algorithm, pointing into the payload */
	chunk_t data;

	/** where the attribute that holds it starts */
	u_char *at;

} gikev2_wrapped_key_t;

/**
 * A key bag. Chunks point into the payload.
 */
typedef struct gikev2_key_bag_t {

	/** SA of a group key bag, or PROTO_NONE for a member key bag; its content
	 *  isn't used for writing */
	gikev2_substructure_t sub;

	/** SA_KEY attributes of a group key bag, WRAP_KEY attributes of a member
	 *  key bag; as gikev2_wrapped_key_t, by value */
	array_t *keys;

	/** member key bag only: DER SubjectPublicKeyInfo that rekeys are checked
	 *  with, empty if there is none */
	chunk_t auth_key;

	/** member key bag only: sender IDs, as uint64_t, by value */
	array_t *sender_ids;

} gikev2_key_bag_t;

/**
 * Prepare an empty key bag, to be filled in and cleared by the caller.
 *
 * @param bag		bag to prepare
 * @param sub		protocol and SPI
 */
void gikev2_key_bag_init(gikev2_key_bag_t *bag, gikev2_substructure_t *sub);

/**
 * Read the content of a key bag.
 *
 * @param in		payload, for messages
 * @param sub		substructure
 * @param bag		receives it, to be cleared also on failure
 * @return			FALSE if it isn't complete, or something is in it that
 *					can't be, or that may come once only and comes again
 */
bool gikev2_key_bag_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
						  gikev2_key_bag_t *bag);

/**
 * Write a key bag, a member key bag only if there is anything in it.
 *
 * @param writer	receives it
 * @param bag		bag to write
 */
void gikev2_key_bag_build(bio_writer_t *writer, gikev2_key_bag_t *bag);

/**
 * Destroy what a key bag owns.
 */
void gikev2_key_bag_clear(gikev2_key_bag_t *bag);

#endif /** GIKEV2_KEY_BAG_H_ @}*/
