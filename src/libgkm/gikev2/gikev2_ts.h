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
 * Traffic selector substructures (RFC 7296, 3.13.1).
 *
 * @defgroup gikev2_ts gikev2_ts
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_TS_H_
#define GIKEV2_TS_H_

#include <bio/bio_writer.h>
#include <selectors/traffic_selector.h>

#include "gikev2_input.h"

/**
 * Read a traffic selector of IPv4 or IPv6 addresses.
 *
 * @param in		payload, for messages
 * @param reader	at the selector
 * @return			selector, NULL if it isn't complete or makes no sense
 */
traffic_selector_t *gikev2_ts_parse(gikev2_input_t *in, bio_reader_t *reader);

/**
 * Write a traffic selector.
 *
 * @param writer	receives it
 * @param ts		selector
 */
void gikev2_ts_build(bio_writer_t *writer, traffic_selector_t *ts);

#endif /** GIKEV2_TS_H_ @}*/
