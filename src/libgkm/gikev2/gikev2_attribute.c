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

#include "gikev2_attribute.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |A|       Attribute Type        |    AF=0  Attribute Length     |
 *  |F|                             |    AF=1  Attribute Value      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                   AF=0  Attribute Value                       |
 *  |                   AF=1  Not Transmitted                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.3.5. AF=1 is called TV, AF=0 TLV.
 */

/** Attribute format bit */
#define AF_TV 0x8000

/*
 * Described in header
 */
bool gikev2_attribute_parse(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_attribute_t *attr)
{
	uint32_t size = reader->remaining(reader);
	uint16_t type, len;

	attr->at = gikev2_position(in, reader);
	if (size < 4)
	{
		return gikev2_fail(in, attr->at, "attribute of at least 4 octets, but "
						   "only %u left", size);
	}
	reader->read_uint16(reader, &type);
	attr->type = type & ~AF_TV;
	attr->tv = type & AF_TV;
	if (attr->tv)
	{
		return reader->read_data(reader, 2, &attr->value);
	}
	reader->read_uint16(reader, &len);
	size -= 4;
	if (len > size)
	{
		return gikev2_fail(in, attr->at, "attribute %u has a value of %u "
						   "octets, but only %u left", attr->type, len, size);
	}
	return reader->read_data(reader, len, &attr->value);
}

/*
 * Described in header
 */
bool gikev2_attribute_is_tlv(gikev2_input_t *in, gikev2_attribute_t *attr)
{
	if (attr->tv)
	{
		return gikev2_fail(in, attr->at, "attribute %u in TV format instead of "
						   "TLV", attr->type);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_attribute_uint16(gikev2_input_t *in, gikev2_attribute_t *attr,
							 uint16_t *value)
{
	if (!attr->tv)
	{
		return gikev2_fail(in, attr->at, "attribute %u in TLV format instead "
						   "of TV", attr->type);
	}
	*value = untoh16(attr->value.ptr);
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_attribute_uint32(gikev2_input_t *in, gikev2_attribute_t *attr,
							 uint32_t *value)
{
	if (!gikev2_attribute_is_tlv(in, attr))
	{
		return FALSE;
	}
	if (attr->value.len != sizeof(*value))
	{
		return gikev2_fail(in, attr->at, "attribute %u has a value of %zu "
						   "octets instead of 4", attr->type, attr->value.len);
	}
	*value = untoh32(attr->value.ptr);
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_attribute_build_tv(bio_writer_t *writer, uint16_t type,
							   uint16_t value)
{
	writer->write_uint16(writer, type | AF_TV);
	writer->write_uint16(writer, value);
}

/*
 * Described in header
 */
void gikev2_attribute_build_tlv(bio_writer_t *writer, uint16_t type,
								chunk_t value)
{
	writer->write_uint16(writer, type);
	writer->write_data16(writer, value);
}

/*
 * Described in header
 */
void gikev2_attribute_build_uint32(bio_writer_t *writer, uint16_t type,
								   uint32_t value)
{
	writer->write_uint16(writer, type);
	writer->write_uint16(writer, sizeof(value));
	writer->write_uint32(writer, value);
}
