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
 * Messages between key servers and records that they tell each other, for tests
 * and seeds of fuzz targets.
 */

#ifndef COOP_FIXTURE_H_
#define COOP_FIXTURE_H_

#include "libgkm/coop/gkm_coop_message.h"
#include "libgkm/group/gkm_record_list.h"

/** Number of samples */
#define COOP_SAMPLES 5

/**
 * Make a sample message.
 *
 * @param message	receives content, allocated
 */
void coop_sample(int i, gkm_coop_message_t *message);

/**
 * Put a record of text into a list.
 *
 * @param value		NULL to remove the record
 */
void coop_put(gkm_record_list_t *list, gkm_record_t kind, char *key,
			  char *value);

/**
 * Write records as they are sent.
 *
 * @return			octets, allocated
 */
chunk_t coop_stream(gkm_record_list_t *list);

#endif /** COOP_FIXTURE_H_ */
