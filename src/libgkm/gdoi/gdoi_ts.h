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
 * Source and destination in SAK and SAT payloads (RFC 6407, 5.3 and 5.5.1).
 *
 * @defgroup gdoi_ts gdoi_ts
 * @{ @ingroup libgkm
 */

#ifndef GDOI_TS_H_
#define GDOI_TS_H_

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <selectors/traffic_selector.h>

#include "../group/gkm_error.h"

/**
 * Read source and destination.
 *
 * @param reader		positioned at the type of the source
 * @param protocol		IP protocol, which comes before them, 0 for any
 * @param src			receives the source
 * @param dst			receives the destination
 * @param err			receives the reason on failure
 * @return				FALSE if malformed or not supported
 */
bool gdoi_ts_parse(bio_reader_t *reader, uint8_t protocol,
				   traffic_selector_t **src, traffic_selector_t **dst,
				   gkm_error_t *err);

/**
 * Get the IP protocol of both, which comes before them.
 *
 * @param protocol		receives it, that of one if the other is for any
 * @return				FALSE if they differ
 */
bool gdoi_ts_protocol(traffic_selector_t *src, traffic_selector_t *dst,
					  uint8_t *protocol, gkm_error_t *err);

/**
 * Write source and destination.
 *
 * @param src			source
 * @param dst			destination
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written: GDOI has single ports or
 *						any
 */
bool gdoi_ts_build(bio_writer_t *writer, traffic_selector_t *src,
				   traffic_selector_t *dst, gkm_error_t *err);

#endif /** GDOI_TS_H_ @}*/
