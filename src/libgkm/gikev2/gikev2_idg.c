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

#include "gikev2_idg.h"

#include "../group/gkm_group_id.h"

#include <bio/bio_writer.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   ID Type     |                 RESERVED                      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                   Identification Data                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.5, without the generic payload header.
 */

/** Octets before the data */
#define HEADER_LEN 4

/*
 * Described in header
 */
chunk_t gikev2_idg_build(identification_t *group)
{
	chunk_t data = group->get_encoding(group), body;
	id_type_t type = group->get_type(group);
	bio_writer_t *writer;

	if (!gkm_group_id_check(type, data, NULL))
	{
		return chunk_empty;
	}
	writer = bio_writer_create(HEADER_LEN + data.len);
	writer->write_uint8(writer, type);
	writer->write_uint24(writer, 0);
	writer->write_data(writer, data);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/*
 * Described in header
 */
identification_t *gikev2_idg_parse(chunk_t data, gkm_error_t *err)
{
	gkm_error_t reason = {};
	id_type_t type;

	if (data.len < HEADER_LEN)
	{
		gkm_fail(err, "IDg payload: octet 0: identity of at least %u octets, "
				 "but only %zu there", HEADER_LEN, data.len);
		return NULL;
	}
	type = data.ptr[0];
	data = chunk_skip(data, HEADER_LEN);
	if (!gkm_group_id_check(type, data, &reason))
	{
		gkm_fail(err, "IDg payload: octet 0: %s", reason.text);
		return NULL;
	}
	return identification_create_from_encoding(type, data);
}
