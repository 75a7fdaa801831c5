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

#include "gikev2_substructure.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Protocol   |   SPI Size    |            Length             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                              SPI                              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                            content                            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 4.4.2 and 4.5.2. With Protocol 0 (4.4.3 and 4.5.3) the second
 * octet is reserved and there is no SPI. Length is that of all.
 */

/** Octets before the SPI */
#define HEADER_LEN 4

/** SPIs up to this are reserved (RFC 4303, 2.1; RFC 4302, 2.4) */
#define SPI_RESERVED_MAX 255

/**
 * Octets in the SPI of a protocol, 0 if it can't have SAs in a group
 */
static size_t get_spi_size(uint8_t protocol)
{
	switch (protocol)
	{
		case PROTO_AH:
		case PROTO_ESP:
			return sizeof(uint32_t);
		case PROTO_GIKE_UPDATE:
			return GKM_REKEY_SPI_LEN;
		default:
			return 0;
	}
}

/**
 * Check that an SPI can identify an SA. In rekey messages both halves of a
 * rekey SA's SPI stand for an IKE SPI, which is never zero (RFC 7296, 3.1).
 */
static bool is_usable_spi(chunk_t spi)
{
	uint8_t zeros[GKM_REKEY_SPI_LEN / 2] = {};

	if (spi.len == sizeof(uint32_t))
	{
		return untoh32(spi.ptr) > SPI_RESERVED_MAX;
	}
	return !memeq(spi.ptr, zeros, sizeof(zeros)) &&
		   !memeq(spi.ptr + sizeof(zeros), zeros, sizeof(zeros));
}

/*
 * Described in header
 */
bool gikev2_substructure_parse(gikev2_input_t *in, bio_reader_t *reader,
							   gikev2_substructure_t *sub)
{
	uint32_t size = reader->remaining(reader);
	uint8_t protocol, spi_size;
	uint16_t len;

	sub->at = gikev2_position(in, reader);
	if (size < HEADER_LEN)
	{
		return gikev2_fail(in, sub->at, "substructure of at least %u octets, "
						   "but only %u left", HEADER_LEN, size);
	}
	reader->read_uint8(reader, &protocol);
	reader->read_uint8(reader, &spi_size);
	reader->read_uint16(reader, &len);
	if (protocol == PROTO_NONE)
	{
		spi_size = 0;
	}
	else if (!get_spi_size(protocol))
	{
		return gikev2_fail(in, sub->at, "protocol %u can't be used in groups",
						   protocol);
	}
	else if (spi_size != get_spi_size(protocol))
	{
		return gikev2_fail(in, sub->at, "SPI of %u octets instead of %zu for "
						   "protocol %u", spi_size, get_spi_size(protocol),
						   protocol);
	}
	if (len < HEADER_LEN + spi_size || len > size)
	{
		return gikev2_fail(in, sub->at, "substructure has a length of %u, but "
						   "%u to %u are possible", len, HEADER_LEN + spi_size,
						   size);
	}
	sub->protocol = protocol;
	reader->read_data(reader, spi_size, &sub->spi);
	reader->read_data(reader, len - HEADER_LEN - spi_size, &sub->content);
	if (spi_size && !is_usable_spi(sub->spi))
	{
		return gikev2_fail(in, sub->at, "SPI is a reserved one");
	}
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_substructure_build(bio_writer_t *writer,
							   gikev2_substructure_t *sub)
{
	writer->write_uint8(writer, sub->protocol);
	writer->write_uint8(writer, sub->spi.len);
	writer->write_uint16(writer, HEADER_LEN + sub->spi.len + sub->content.len);
	writer->write_data(writer, sub->spi);
	writer->write_data(writer, sub->content);
}
