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

#include "gikev2_ts.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   TS Type     |IP Protocol ID |       Selector Length         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |           Start Port          |           End Port            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                  Starting Address (4 or 16)                   ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                   Ending Address (4 or 16)                    ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.13.1. Selector Length is that of all.
 */

/** Octets before the addresses */
#define HEADER_LEN 8

/*
 * Described in header
 */
traffic_selector_t *gikev2_ts_parse(gikev2_input_t *in, bio_reader_t *reader)
{
	uint32_t size = reader->remaining(reader);
	u_char *at = gikev2_position(in, reader);
	uint8_t type, protocol;
	uint16_t len, from_port, to_port;
	chunk_t from, to;
	size_t addr_len;

	if (size < HEADER_LEN)
	{
		gikev2_fail(in, at, "traffic selector of at least %u octets, but only "
					"%u left", HEADER_LEN, size);
		return NULL;
	}
	reader->read_uint8(reader, &type);
	reader->read_uint8(reader, &protocol);
	reader->read_uint16(reader, &len);
	reader->read_uint16(reader, &from_port);
	reader->read_uint16(reader, &to_port);
	if (type != TS_IPV4_ADDR_RANGE && type != TS_IPV6_ADDR_RANGE)
	{
		gikev2_fail(in, at, "traffic selector of type %u", type);
		return NULL;
	}
	addr_len = type == TS_IPV4_ADDR_RANGE ? 4 : 16;
	if (len != HEADER_LEN + 2 * addr_len || len > size)
	{
		gikev2_fail(in, at, "traffic selector of type %u has a length of %u "
					"instead of %zu, with %u octets left", type, len,
					HEADER_LEN + 2 * addr_len, size);
		return NULL;
	}
	reader->read_data(reader, addr_len, &from);
	reader->read_data(reader, addr_len, &to);
	if (memcmp(from.ptr, to.ptr, addr_len) > 0)
	{
		gikev2_fail(in, at, "traffic selector ends before its first address");
		return NULL;
	}
	if (from_port > to_port && !(from_port == 0xffff && to_port == 0))
	{	/* the exception stands for OPAQUE */
		gikev2_fail(in, at, "traffic selector has ports %u to %u", from_port,
					to_port);
		return NULL;
	}
	return traffic_selector_create_from_bytes(protocol, type, from, from_port,
											  to, to_port);
}

/*
 * Described in header
 */
void gikev2_ts_build(bio_writer_t *writer, traffic_selector_t *ts)
{
	chunk_t from = ts->get_from_address(ts), to = ts->get_to_address(ts);

	writer->write_uint8(writer, ts->get_type(ts));
	writer->write_uint8(writer, ts->get_protocol(ts));
	writer->write_uint16(writer, HEADER_LEN + from.len + to.len);
	writer->write_uint16(writer, ts->get_from_port(ts));
	writer->write_uint16(writer, ts->get_to_port(ts));
	writer->write_data(writer, from);
	writer->write_data(writer, to);
}
