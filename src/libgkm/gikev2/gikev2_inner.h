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
 * Payloads inside of the SK payload of GSA_REKEY (RFC 9838, 2.4.1):
 *
 *   GSA, KD, N(USE_TRANSPORT_MODE), D, AUTH
 *
 * @defgroup gikev2_inner gikev2_inner
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_INNER_H_
#define GIKEV2_INNER_H_

#include "gikev2_update.h"

/**
 * Payloads of a message.
 */
typedef struct gikev2_inner_t {

	/** bodies, borrowed, but for the array */
	gikev2_update_payloads_t payloads;

	/** N(USE_TRANSPORT_MODE) */
	bool transport;

	/** body of the AUTH payload, borrowed, empty if there is none */
	chunk_t auth;

} gikev2_inner_t;

/**
 * Type of the payload that is written first.
 */
uint8_t gikev2_inner_first(gikev2_inner_t *inner);

/**
 * Write payloads, AUTH as the last one.
 *
 * @param inner		payloads, not all absent
 * @return			payloads, allocated, to be cleared
 */
chunk_t gikev2_inner_build(gikev2_inner_t *inner);

/**
 * Read payloads, in any order. Those that aren't known are ignored unless they
 * are marked as critical, as are other notifies.
 *
 * @param first		type of the first one
 * @param plain		payloads, have to outlive inner
 * @param inner		receives them, to be cleared also on failure
 * @param err		receives the reason on failure
 * @return			FALSE if they aren't complete, one is critical and not
 *					known, empty, or comes more often than it may
 */
bool gikev2_inner_parse(uint8_t first, chunk_t plain, gikev2_inner_t *inner,
						gkm_error_t *err);

/**
 * Destroy what inner owns.
 */
void gikev2_inner_clear(gikev2_inner_t *inner);

#endif /** GIKEV2_INNER_H_ @}*/
