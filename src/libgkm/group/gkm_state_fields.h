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
 * Fields that all records of gkm_state.h have.
 *
 * @defgroup gkm_state_fields gkm_state_fields
 * @{ @ingroup libgkm
 */

#ifndef GKM_STATE_FIELDS_H_
#define GKM_STATE_FIELDS_H_

#include <library.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** Version of the records, their first octet, and the oldest one that is read:
 *  before 3 there was nothing of other key servers in them */
#define GKM_STATE_VERSION 3
#define GKM_STATE_VERSION_MIN 2

/**
 * Read the version of a record.
 *
 * @return			FALSE if there is none, or one that can't be read
 */
bool gkm_state_read_version(bio_reader_t *reader, uint8_t *version);

/**
 * Write a time.
 */
void gkm_state_write_time(bio_writer_t *writer, time_t time);

/**
 * Read a time.
 *
 * @return			FALSE if there is none
 */
bool gkm_state_read_time(bio_reader_t *reader, time_t *time);

/**
 * Read an octet that is 0 or 1.
 *
 * @return			FALSE if it is missing or something else
 */
bool gkm_state_read_bool(bio_reader_t *reader, bool *value);

#endif /** GKM_STATE_FIELDS_H_ @}*/
