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
 * Puts fragments of a message together (RFC 7383, 2.6; RFC 9838, 2.4.1.2).
 * There is one message at a time: a fragment of another one starts anew, so
 * that nobody can block it. The memory it takes is bounded.
 *
 * @defgroup gikev2_fragments gikev2_fragments
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_FRAGMENTS_H_
#define GIKEV2_FRAGMENTS_H_

#include <library.h>

#include "../group/gkm_error.h"

/** Fragments of a message at most */
#define GIKEV2_FRAGMENTS_MAX 128

/** Octets of plain text in a message at most: the length of the SK payload that
 *  is signed has 16 bits, and counts the generic header */
#define GIKEV2_PLAIN_MAX (UINT16_MAX - 4)

typedef struct gikev2_fragment_t gikev2_fragment_t;
typedef struct gikev2_fragments_t gikev2_fragments_t;

/**
 * A fragment, decrypted.
 */
struct gikev2_fragment_t {

	/** message that it is a part of */
	uint32_t message_id;

	/** its number, from 1, and how many there are */
	uint16_t number;
	uint16_t total;

	/** Next Payload and RESERVED of its generic header; those of the first
	 *  fragment are those of the message */
	uint8_t next;
	uint8_t reserved;

	/** plain text, without padding */
	chunk_t plain;
};

/**
 * Create an empty set of fragments.
 */
gikev2_fragments_t *gikev2_fragments_create();

/**
 * Check the numbers of a fragment, before it is decrypted.
 *
 * @param fragment		fragment
 * @param err			receives the reason on failure
 * @return				FALSE if they can't be
 */
bool gikev2_fragment_check(gikev2_fragment_t *fragment, gkm_error_t *err);

/**
 * Add a fragment whose numbers were checked. If it was there before, or there
 * was one that tells a larger total, it is ignored; if its own total is the
 * larger one, it replaces all others.
 *
 * @param this			fragments
 * @param fragment		fragment, its plain text is cloned
 * @param err			receives the reason on failure
 * @return				FALSE if the message becomes too long; it is dropped
 */
bool gikev2_fragments_add(gikev2_fragments_t *this, gikev2_fragment_t *fragment,
						  gkm_error_t *err);

/**
 * Take the message out if it is complete.
 *
 * @param this			fragments, empty afterwards if it is
 * @param message		receives the first fragment with the plain text of all,
 *						allocated, to be cleared
 * @return				FALSE if there are fragments missing
 */
bool gikev2_fragments_take(gikev2_fragments_t *this,
						   gikev2_fragment_t *message);

/**
 * Drop what there is of messages up to that one.
 */
void gikev2_fragments_drop(gikev2_fragments_t *this, uint32_t message_id);

/**
 * Destroy fragments, wiping them.
 */
void gikev2_fragments_destroy(gikev2_fragments_t *this);

#endif /** GIKEV2_FRAGMENTS_H_ @}*/
