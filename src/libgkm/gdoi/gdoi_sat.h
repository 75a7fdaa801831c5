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
 * SAT payloads (RFC 6407, 5.5; RFC 8052, 2.2): data SAs.
 *
 * @defgroup gdoi_sat gdoi_sat
 * @{ @ingroup libgkm
 */

#ifndef GDOI_SAT_H_
#define GDOI_SAT_H_

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

#include "gdoi_codepoints.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/**
 * Write the body of a SAT payload.
 *
 * The only sender of an SA, and those that receive from it, are told which they
 * are. All other SAs are symmetric, which isn't said.
 *
 * @param sa			data SA
 * @param body			receives the body without generic header, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_sat_build(gkm_data_sa_t *sa, chunk_t *body, gkm_error_t *err);

/**
 * Read the body of a SAT payload. Sequence numbers are those of a single
 * sender if it says that the member is the only sender, or never one. A
 * symmetric SA may have a single sender as well, see gkm_policy_apply().
 *
 * @param body			body without generic header
 * @param err			receives the reason on failure
 * @return				data SA without key, NULL if refused
 */
gkm_data_sa_t *gdoi_sat_parse(chunk_t body, gkm_error_t *err);

/**
 * Write what comes after Protocol-ID in the SAT payload of an IEC 61850 SA.
 */
bool gdoi_sat_iec_build(bio_writer_t *writer, gkm_data_sa_t *sa,
						gkm_error_t *err);

/**
 * Read the same.
 *
 * @param sa			receives what was read, to be destroyed also on failure
 */
bool gdoi_sat_iec_parse(bio_reader_t *reader, gkm_data_sa_t *sa,
						gkm_error_t *err);

#endif /** GDOI_SAT_H_ @}*/
