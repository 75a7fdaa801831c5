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

#include "gikev2_delete.h"
#include "gikev2_input.h"

#include "../group/gkm_algs.h"

#include <bio/bio_writer.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Protocol ID  |   SPI Size    |          Num of SPIs          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~               Security Parameter Index(es) (SPI)              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.11, after the generic payload header.
 */

/** Octets before the SPIs */
#define HEADER_LEN 4

/**
 * Octets in an SPI of a protocol
 *
 * @return			FALSE if rekeys don't delete SAs of that protocol
 */
static bool get_spi_size(protocol_id_t protocol, uint8_t *size)
{
	switch ((int)protocol)
	{
		case PROTO_NONE:
			*size = 0;
			return TRUE;
		case PROTO_ESP:
		case PROTO_AH:
			*size = sizeof(uint32_t);
			return TRUE;
		case PROTO_GIKE_UPDATE:
			*size = GKM_REKEY_SPI_LEN;
			return TRUE;
		default:
			return FALSE;
	}
}

/*
 * Described in header
 */
bool gikev2_delete_build(gkm_delete_t *delete, chunk_t *body, gkm_error_t *err)
{
	static const u_char zeros[GKM_REKEY_SPI_LEN];
	int i, count = array_count(delete->spis);
	bio_writer_t *writer;
	uint8_t size;
	uint32_t spi;

	if (!get_spi_size(delete->protocol, &size) ||
		(count && size != sizeof(spi)) || count > GIKEV2_DELETE_SPIS_MAX)
	{
		return gkm_fail(err, "can't tell members to delete %d SAs of protocol "
						"%u", count, delete->protocol);
	}
	writer = bio_writer_create(HEADER_LEN + max(size, size * count));
	writer->write_uint8(writer, delete->protocol);
	writer->write_uint8(writer, size);
	writer->write_uint16(writer, count ?: (size ? 1 : 0));
	if (!count)
	{
		writer->write_data(writer, chunk_create((u_char*)zeros, size));
	}
	for (i = 0; array_get(delete->spis, i, &spi); i++)
	{
		writer->write_data(writer, chunk_from_thing(spi));
	}
	*body = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/**
 * Are all octets zero?
 */
static bool is_zero(chunk_t data)
{
	size_t i;

	for (i = 0; i < data.len; i++)
	{
		if (data.ptr[i])
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Check size and number of SPIs
 */
static bool check_spis(gikev2_input_t *in, uint8_t protocol, uint8_t size,
					   uint16_t count, size_t len)
{
	uint8_t expected;

	if (!get_spi_size(protocol, &expected))
	{
		return gikev2_fail(in, in->body.ptr, "protocol %u", protocol);
	}
	if (size && expected && size != expected)
	{
		return gikev2_fail(in, in->body.ptr, "SPIs of %u octets instead of %u",
						   size, expected);
	}
	if (len != size * count || !size != !count)
	{
		return gikev2_fail(in, in->body.ptr, "%u SPIs of %u octets in %zu",
						   count, size, len);
	}
	if (count > GIKEV2_DELETE_SPIS_MAX)
	{
		return gikev2_fail(in, in->body.ptr, "%u SPIs, at most %u are "
						   "supported", count, GIKEV2_DELETE_SPIS_MAX);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_delete_parse(chunk_t body, gkm_update_t *update, gkm_error_t *err)
{
	gikev2_input_t in = { "Delete", body, err };
	uint8_t protocol, size;
	uint16_t count;
	uint32_t spi;
	chunk_t spis;

	if (body.len < HEADER_LEN)
	{
		return gikev2_fail(&in, body.ptr, "%zu octets, at least %u needed",
						   body.len, HEADER_LEN);
	}
	protocol = body.ptr[0];
	size = body.ptr[1];
	count = untoh16(body.ptr + 2);
	spis = chunk_skip(body, HEADER_LEN);
	if (!check_spis(&in, protocol, size, count, spis.len))
	{
		return FALSE;
	}
	if (count <= 1 && is_zero(spis))
	{
		gkm_update_delete(update, protocol, 0);
		return TRUE;
	}
	if (protocol != PROTO_ESP && protocol != PROTO_AH)
	{
		return gikev2_fail(&in, spis.ptr, "protocol %u with an SPI", protocol);
	}
	for (; spis.len; spis = chunk_skip(spis, sizeof(spi)))
	{
		memcpy(&spi, spis.ptr, sizeof(spi));
		if (!spi)
		{
			return gikev2_fail(&in, spis.ptr, "SPI 0 among others");
		}
		gkm_update_delete(update, protocol, spi);
	}
	return TRUE;
}
