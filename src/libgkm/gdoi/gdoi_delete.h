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
 * Delete payloads in GROUPKEY-PUSH (RFC 6407, 4.1 and 5.9).
 *
 * An SPI of zeros stands for all SAs of a protocol. All data SAs and then the
 * rekey SA are deleted to exclude all members, see gkm_update_exclude().
 *
 * @defgroup gdoi_delete gdoi_delete
 * @{ @ingroup libgkm
 */

#ifndef GDOI_DELETE_H_
#define GDOI_DELETE_H_

#include "gdoi_format.h"

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/**
 * Write Delete payloads.
 *
 * @param deletes		what to delete, as gkm_delete_t*
 * @param format		how to write it
 * @param payloads		array of gdoi_payload_t by value to add to, with bodies
 *						that are allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_deletes_build(array_t *deletes, gdoi_format_t *format,
						array_t *payloads, gkm_error_t *err);

/**
 * Read the body of a Delete payload.
 *
 * @param body			body without generic header
 * @param format		how to read it
 * @param spi			SPI of the rekey SA that the message came on
 * @param update		update to add to. Other rekey SAs, and SAs of protocols
 *						that we don't have any of, are left out.
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_delete_parse(chunk_t body, gdoi_format_t *format,
					   uint8_t spi[GKM_REKEY_SPI_LEN], gkm_update_t *update,
					   gkm_error_t *err);

#endif /** GDOI_DELETE_H_ @}*/
