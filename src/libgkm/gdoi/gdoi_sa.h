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
 * SA, SAK, GAP and SAT payloads (RFC 6407, 5.1 to 5.5; RFC 8052, 2.2), from
 * and to the group model. Keys are in KD payloads, see gdoi_kd.h.
 *
 * @defgroup gdoi_sa gdoi_sa
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SA_H_
#define GDOI_SA_H_

#include "gdoi_format.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/** Data SAs in an SA payload at most */
#define GDOI_SAS_MAX 256

/**
 * Write the body of an SA payload of GROUPKEY-PULL.
 *
 * @param download		what to write: rekey SA, data SAs, delays, D3P; there
 *						has to be a rekey SA or a data SA
 * @param format		how to write it
 * @param body			receives the body without generic header, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_sa_build(gkm_download_t *download, gdoi_format_t *format,
				   chunk_t *body, gkm_error_t *err);

/**
 * Write the body of an SA payload of GROUPKEY-PUSH: as above, with
 * KEK_MANAGEMENT_ALGORITHM if the key of a new rekey SA is sent by means of the
 * key tree (5.3.1).
 *
 * @param update		what to write
 */
bool gdoi_sa_build_update(gkm_update_t *update, gdoi_format_t *format,
						  chunk_t *body, gkm_error_t *err);

/**
 * Read the body of an SA payload. All that RFC 6407 demands of it is checked;
 * an attribute that isn't known makes it fail, as 5.3 to 5.5 say.
 *
 * @param body			body without generic header
 * @param format		how to read it
 * @param push			TRUE for GROUPKEY-PUSH
 * @param err			receives the reason on failure
 * @return				download without keys, NULL if refused
 */
gkm_download_t *gdoi_sa_parse(chunk_t body, gdoi_format_t *format, bool push,
							  gkm_error_t *err);

#endif /** GDOI_SA_H_ @}*/
