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
 * SAK payloads (RFC 6407, 5.3): rekey SA.
 *
 * @defgroup gdoi_sak gdoi_sak
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SAK_H_
#define GDOI_SAK_H_

#include "gdoi_format.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/** Port of rekeys if none is said (RFC 6407, 2) */
#define GDOI_SAK_PORT_DEFAULT 848

/**
 * Write the body of a SAK payload.
 *
 * @param sa			rekey SA
 * @param format		how to write it
 * @param lkh			TRUE to send KEK_MANAGEMENT_ALGORITHM
 * @param body			receives the body without generic header, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_sak_build(gkm_rekey_sa_t *sa, gdoi_format_t *format, bool lkh,
					chunk_t *body, gkm_error_t *err);

/**
 * Read the body of a SAK payload.
 *
 * @param body			body without generic header
 * @param push			TRUE for GROUPKEY-PUSH: KEK_MANAGEMENT_ALGORITHM counts
 * @param err			receives the reason on failure
 * @return				rekey SA without keys, NULL if refused
 */
gkm_rekey_sa_t *gdoi_sak_parse(chunk_t body, bool push, gkm_error_t *err);

#endif /** GDOI_SAK_H_ @}*/
