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

#include "gikev2_payload.h"
#include "gikev2_wire.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Next Payload  |C|  RESERVED   |         Payload Length        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.2.
 */

/*
 * Described in header
 */
bool gikev2_payload_parse(uint8_t *type, chunk_t *rest,
						  gikev2_payload_t *payload, gkm_error_t *err)
{
	size_t len;

	if (rest->len < GENERIC_HEADER_LEN)
	{
		return gkm_fail(err, "payload of type %u: %zu octets left, at least %u "
						"needed", *type, rest->len, GENERIC_HEADER_LEN);
	}
	len = untoh16(rest->ptr + GENERIC_LENGTH_OFFSET);
	if (len < GENERIC_HEADER_LEN || len > rest->len)
	{
		return gkm_fail(err, "payload of type %u has a length of %zu, but %u "
						"to %zu are possible", *type, len, GENERIC_HEADER_LEN,
						rest->len);
	}
	*payload = (gikev2_payload_t){
		.type = *type,
		.critical = rest->ptr[1] & GENERIC_FLAG_CRITICAL,
		.data = chunk_create(rest->ptr, len),
		.body = chunk_create(rest->ptr + GENERIC_HEADER_LEN,
							 len - GENERIC_HEADER_LEN),
	};
	*type = rest->ptr[0];
	*rest = chunk_skip(*rest, len);
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_payload_build(bio_writer_t *writer, uint8_t next, chunk_t body)
{
	writer->write_uint8(writer, next);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, GENERIC_HEADER_LEN + body.len);
	writer->write_data(writer, body);
}
