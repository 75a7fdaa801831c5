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
 * GAP payloads (RFC 6407, 5.4): delays and IP delay detection in SA payloads,
 * and what a member asks for in GROUPKEY-PULL.
 *
 * @defgroup gdoi_gap gdoi_gap
 * @{ @ingroup libgkm
 */

#ifndef GDOI_GAP_H_
#define GDOI_GAP_H_

#include "gdoi_format.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/**
 * Write the body of a GAP payload.
 *
 * @param download		delays and IP delay detection to write
 * @param format		which of these members understand, and their numbers
 * @return				body without generic header, allocated; empty if there
 *						is nothing to write, and there needs not be a payload
 */
chunk_t gdoi_gap_build(gkm_download_t *download, gdoi_format_t *format);

/**
 * Read the body of a GAP payload that a key server sent.
 *
 * @param body			body without generic header
 * @param format		numbers of IP delay detection
 * @param download		gets delays and IP delay detection
 * @param err			receives the reason on failure
 * @return				FALSE if refused
 */
bool gdoi_gap_parse(chunk_t body, gdoi_format_t *format,
					gkm_download_t *download, gkm_error_t *err);

/**
 * Write the body of a GAP payload in which a member asks for sender IDs.
 *
 * @param count			number of them, 65535 are asked for at most
 * @return				body without generic header, allocated
 */
chunk_t gdoi_gap_build_request(uint32_t count);

/**
 * Read the body of a GAP payload that a member sent.
 *
 * @param body			body without generic header
 * @param count			receives the number of sender IDs that it asks for, left
 *						as it is if it doesn't
 * @param err			receives the reason on failure
 * @return				FALSE if refused
 */
bool gdoi_gap_parse_request(chunk_t body, uint32_t *count, gkm_error_t *err);

#endif /** GDOI_GAP_H_ @}*/
