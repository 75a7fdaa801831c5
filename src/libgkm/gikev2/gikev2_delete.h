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
 * Delete payloads of rekeys (RFC 7296, 3.11; RFC 9838, 2.4.3, 4.6).
 *
 * @defgroup gikev2_delete gikev2_delete
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_DELETE_H_
#define GIKEV2_DELETE_H_

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/** Delete payloads in a message, and SPIs of a protocol in all of them, at
 *  most */
#define GIKEV2_DELETES_MAX 16
#define GIKEV2_DELETE_SPIS_MAX 256

/**
 * Write the body of a Delete payload.
 *
 * RFC 9838 says "SPI = 0" of what isn't about single data SAs, without telling
 * the size: that is one SPI of the protocol's size, all zeros. Protocol 0, all
 * SAs of the group, has none.
 *
 * @param delete	what to delete
 * @param body		receives the body, allocated
 * @param err		receives the reason on failure
 * @return			FALSE if there is no such protocol, it has SPIs but isn't
 *					that of data SAs, or there are too many
 */
bool gikev2_delete_build(gkm_delete_t *delete, chunk_t *body,
						 gkm_error_t *err);

/**
 * Read the body of a Delete payload. Instead of an SPI of zeros there may be
 * none at all, and the other way round.
 *
 * @param body		body
 * @param update	update to add it to
 * @param err		receives the reason on failure
 * @return			FALSE if it isn't complete, or SPIs are in it that can't be
 */
bool gikev2_delete_parse(chunk_t body, gkm_update_t *update, gkm_error_t *err);

#endif /** GIKEV2_DELETE_H_ @}*/
