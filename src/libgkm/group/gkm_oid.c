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
	ok = printed && streq(printed, text) && *text <= '2';
	free(printed);
	if (!ok)
	{
		chunk_free(&content);
		return gkm_fail(err, "'%.64s' isn't an object identifier, such as "
						"1.2.840.10070.61850.8.1.2", text);
	}
	*oid = asn1_wrap(ASN1_OID, "m", content);
	return TRUE;
}

/**
 * Get what is in an object identifier, if it is one
 */
static bool get_content(chunk_t oid, chunk_t *content)
{
	chunk_t rest = oid;

	return oid.len <= GKM_OID_MAX &&
		   asn1_unwrap(&rest, content) == ASN1_OID &&
		   !rest.len && content->len &&
		   /* the last octet of a number has no continuation bit (X.690,
			* 8.19.2) */
		   !(content->ptr[content->len - 1] & 0x80);
}

/*
 * Described in header
 */
bool gkm_oid_check(chunk_t oid)
{
	chunk_t content;

	return get_content(oid, &content);
}

/*
 * Described in header
 */
char *gkm_oid_print(chunk_t oid, char *buf, size_t len)
{
	char *printed = NULL;
	chunk_t content;

	if (get_content(oid, &content))
	{
		printed = asn1_oid_to_string(content);
	}
	if (printed)
	{
		snprintf(buf, len, "%s", printed);
	}
	else
	{
		snprintf(buf, len, "%+B", &oid);
	}
	free(printed);
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

/**
 * Split what gkm_oid_id_create() put together
 */
static bool split(chunk_t encoding, chunk_t *oid, chunk_t *data)
{
	chunk_t rest, content;
	bio_reader_t *reader;
	bool ok;

	*oid = rest = chunk_skip(encoding, prefix.len);
	if (asn1_unwrap(&rest, &content) != ASN1_OID)
	{
		return FALSE;
	}
	oid->len -= rest.len;
	reader = bio_reader_create(rest);
	ok = gkm_oid_check(*oid) && reader->read_data16(reader, data) &&
		 !reader->remaining(reader);
	reader->destroy(reader);
	return ok;
}

/*
 * Described in header
 */
bool gkm_oid_id_parse(identification_t *id, chunk_t *oid, chunk_t *data)
{
	chunk_t encoding = id->get_encoding(id), found, found_data;

	if (id->get_type(id) != ID_KEY_ID || encoding.len < prefix.len ||
		!memeq(encoding.ptr, prefix.ptr, prefix.len) ||
		!split(encoding, &found, &found_data))
	{
		return FALSE;
	}
	if (oid)
	{
		*oid = found;
	}
	if (data)
	{
		*data = found_data;
	}
	return TRUE;
}
