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

#include "gkm_state_fields.h"

/*
 * Described in header
 */
bool gkm_state_read_version(bio_reader_t *reader, uint8_t *version)
{
	return reader->read_uint8(reader, version) &&
		   *version >= GKM_STATE_VERSION_MIN && *version <= GKM_STATE_VERSION;
}

/*
 * Described in header
 */
void gkm_state_write_time(bio_writer_t *writer, time_t time)
{
	writer->write_uint64(writer, time);
}

/*
 * Described in header
 */
bool gkm_state_read_time(bio_reader_t *reader, time_t *time)
{
	uint64_t value;

	if (!reader->read_uint64(reader, &value) || value > INT64_MAX)
	{
		return FALSE;
	}
	*time = value;
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_state_read_bool(bio_reader_t *reader, bool *value)
{
	uint8_t number;

	if (!reader->read_uint8(reader, &number) || number > 1)
	{
		return FALSE;
	}
	*value = number;
	return TRUE;
}
