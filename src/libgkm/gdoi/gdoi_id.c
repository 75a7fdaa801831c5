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

#include "gdoi_id.h"
#include "gdoi_codepoints.h"
#include "gdoi_oid.h"

#include "../group/gkm_group_id.h"
#include "../group/gkm_oid.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   ID Type     |              DOI-Specific: 0                  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                   Identification Data                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 2408, 3.8, and RFC 6407, 5.2, without the generic payload header. The
 * data of ID_OID is an object identifier, see gdoi_oid.h.
 */

/** Octets before the data */
#define HEADER_LEN 4

/**
 * Can a group have this identity?
 */
static bool check(id_type_t type, chunk_t data, gkm_error_t *err)
{
	gkm_error_t reason = {};

	return gkm_group_id_check(type, data, &reason) ||
		   gkm_fail(err, "ID payload: %s", reason.text);
}

/*
 * Described in header
 */
bool gdoi_id_build(identification_t *id, chunk_t *body, gkm_error_t *err)
{
	chunk_t data = id->get_encoding(id), oid, oid_data;
	id_type_t type = id->get_type(id);
	bool is_oid = gkm_oid_id_parse(id, &oid, &oid_data);
	bio_writer_t *writer;

	if (!is_oid && !check(type, data, err))
	{
		return FALSE;
	}
	writer = bio_writer_create(HEADER_LEN + data.len);
	writer->write_uint8(writer, is_oid ? GDOI_ID_OID : type);
	writer->write_uint24(writer, 0);
	if (is_oid)
	{
		gdoi_oid_build(writer, oid, oid_data);
	}
	else
	{
		writer->write_data(writer, data);
	}
	*body = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/**
 * Read the data of an ID_OID
 */
static identification_t *parse_oid(bio_reader_t *reader, gkm_error_t *err)
{
	chunk_t oid, data;

	if (!gdoi_oid_parse(reader, &oid, &data))
	{
		gkm_fail(err, "ID payload: object identifier is malformed");
		return NULL;
	}
	if (reader->remaining(reader))
	{
		gkm_fail(err, "ID payload: %u octets after the object identifier",
				 reader->remaining(reader));
		return NULL;
	}
	return gkm_oid_id_create(oid, data);
}

/**
 * Read the data of any other identity
 */
static identification_t *parse_plain(id_type_t type, chunk_t data,
									 gkm_error_t *err)
{
	identification_t *id;

	if (!check(type, data, err))
	{
		return NULL;
	}
	id = identification_create_from_encoding(type, data);
	if (gkm_oid_id_parse(id, NULL, NULL))
	{
		gkm_fail(err, "ID payload: ID_KEY_ID looks like an object identifier");
		id->destroy(id);
		return NULL;
	}
	return id;
}

/*
 * Described in header
 */
identification_t *gdoi_id_parse(chunk_t body, gkm_error_t *err)
{
	identification_t *id = NULL;
	bio_reader_t *reader;
	uint8_t type;
	uint32_t specific;

	reader = bio_reader_create(body);
	/* that the DOI-specific octets are 0 is left to those who write them: no
	 * other value has a meaning */
	if (!reader->read_uint8(reader, &type) ||
		!reader->read_uint24(reader, &specific))
	{
		gkm_fail(err, "ID payload of %zu octets, at least %u", body.len,
				 HEADER_LEN);
	}
	else if (type == GDOI_ID_OID)
	{
		id = parse_oid(reader, err);
	}
	else
	{
		id = parse_plain(type, reader->peek(reader), err);
	}
	reader->destroy(reader);
	return id;
}
