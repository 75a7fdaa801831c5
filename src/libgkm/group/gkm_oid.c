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

#include "gkm_oid.h"

#include <asn1/asn1.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** What the encoding of our identities starts with */
static const chunk_t prefix = chunk_from_chars('O', 'I', 'D', 0);

/** Octets in tag and length; longer identifiers than a length of one octet has
 *  don't fit into ID payloads with their length */
#define HEADER_LEN 2
#define CONTENT_MAX 127

/*
 * Described in header
 */
bool gkm_oid_from_string(char *text, chunk_t *oid, gkm_error_t *err)
{
	chunk_t content;
	char *printed = NULL;
	bool ok;

	content = asn1_oid_from_string(text);
	if (content.len)
	{
		printed = asn1_oid_to_string(content);
	}
	/* it is read leniently: numbers may overflow, and the first of them may be
	 * more than 2 */
	ok = printed && streq(printed, text) && *text <= '2' &&
		 content.len <= CONTENT_MAX;
	free(printed);
	if (!ok)
	{
		free(content.ptr);
		return gkm_fail(err, "'%.64s' isn't an object identifier, such as "
						"1.2.840.10070.61850.8.1.2", text);
	}
	*oid = asn1_wrap(ASN1_OID, "m", content);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_oid_check(chunk_t oid)
{
	return oid.len > HEADER_LEN && oid.ptr[0] == ASN1_OID &&
		   oid.ptr[1] <= CONTENT_MAX && oid.ptr[1] == oid.len - HEADER_LEN;
}

/*
 * Described in header
 */
char *gkm_oid_print(chunk_t oid, char *buf, size_t len)
{
	char *printed = NULL;

	if (gkm_oid_check(oid))
	{
		printed = asn1_oid_to_string(chunk_skip(oid, HEADER_LEN));
	}
	if (printed)
	{
		snprintf(buf, len, "%s", printed);
		free(printed);
	}
	else
	{
		snprintf(buf, len, "%+B", &oid);
	}
	return buf;
}

/*
 * Described in header
 */
identification_t *gkm_oid_id_create(chunk_t oid, chunk_t data)
{
	identification_t *id;
	bio_writer_t *writer;

	writer = bio_writer_create(prefix.len + oid.len + 2 + data.len);
	writer->write_data(writer, prefix);
	writer->write_data(writer, oid);
	writer->write_data16(writer, data);
	id = identification_create_from_encoding(ID_KEY_ID,
											 writer->get_buf(writer));
	writer->destroy(writer);
	return id;
}

/*
 * Described in header
 */
bool gkm_oid_id_parse(identification_t *id, chunk_t *oid, chunk_t *data)
{
	chunk_t encoding = id->get_encoding(id), ours, rest;
	bio_reader_t *reader;
	uint8_t len;
	bool ok;

	if (id->get_type(id) != ID_KEY_ID || encoding.len < prefix.len ||
		!memeq(encoding.ptr, prefix.ptr, prefix.len))
	{
		return FALSE;
	}
	encoding = chunk_skip(encoding, prefix.len);
	if (encoding.len < HEADER_LEN)
	{
		return FALSE;
	}
	len = encoding.ptr[1];
	reader = bio_reader_create(encoding);
	ok = reader->read_data(reader, HEADER_LEN + len, &ours) &&
		 gkm_oid_check(ours) &&
		 reader->read_data16(reader, &rest) &&
		 !reader->remaining(reader);
	reader->destroy(reader);
	if (ok)
	{
		if (oid)
		{
			*oid = ours;
		}
		if (data)
		{
			*data = rest;
		}
	}
	return ok;
}
