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

#include "gdoi_delete.h"
#include "gdoi_isakmp.h"

#include "../group/gkm_algs.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |              Domain of Interpretation  (DOI)                  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Protocol-Id  |   SPI Size    |           # of SPIs           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~               Security Parameter Index(es) (SPI)              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 2408, 3.15, after the generic payload header.
 */

/** Octets before the SPIs */
#define HEADER_LEN 8

/** SPIs in a payload at most, as far as its length goes */
#define SPIS_MAX ((UINT16_MAX - GDOI_GENERIC_LEN - HEADER_LEN) / 4)

/** Octets in the SPI of a data SA */
#define SPI_LEN 4

/** SPI for all SAs of a protocol. RFC 6407 doesn't say how long it is for the
 *  rekey SA: others may send four octets. */
static const uint8_t zeros[GKM_REKEY_SPI_LEN];

/** Protocols of data SAs in GDOI, and in the group model */
static const struct {
	gdoi_protocol_t number;
	protocol_id_t protocol;
} protocols[] = {
	{ GDOI_PROTO_ESP, PROTO_ESP },
	{ GDOI_PROTO_AH, PROTO_AH },
	{ GDOI_PROTO_IEC_61850, PROTO_IEC_61850 },
};

/**
 * Add a Delete payload
 *
 * @param size		octets in an SPI
 * @param spis		SPIs
 */
static void add_payload(array_t *payloads, gdoi_format_t *format,
						gdoi_protocol_t number, size_t size, chunk_t spis)
{
	bio_writer_t *writer;

	writer = bio_writer_create(HEADER_LEN + spis.len);
	writer->write_uint32(writer, format->doi);
	writer->write_uint8(writer, number);
	writer->write_uint8(writer, size);
	writer->write_uint16(writer, spis.len / size);
	writer->write_data(writer, spis);
	gdoi_payloads_add(payloads, GDOI_PLD_DELETE, writer->extract_buf(writer));
	writer->destroy(writer);
}

/**
 * Add a Delete payload for data SAs
 */
static bool add_data_sas(array_t *payloads, gdoi_format_t *format,
						 gkm_delete_t *delete, gkm_error_t *err)
{
	int i, count = array_count(delete->spis);
	bio_writer_t *writer;
	uint32_t spi;

	for (i = 0; i < countof(protocols); i++)
	{
		if (protocols[i].protocol == delete->protocol)
		{
			break;
		}
	}
	if (i == countof(protocols) || count > SPIS_MAX)
	{
		return gkm_fail(err, "can't tell members to delete %d SAs of protocol "
						"%d", count, delete->protocol);
	}
	writer = bio_writer_create(max(count, 1) * SPI_LEN);
	if (!count)
	{
		writer->write_uint32(writer, 0);
	}
	for (count = 0; array_get(delete->spis, count, &spi); count++)
	{
		writer->write_data(writer, chunk_from_thing(spi));
	}
	add_payload(payloads, format, protocols[i].number, SPI_LEN,
				writer->get_buf(writer));
	writer->destroy(writer);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_deletes_build(array_t *deletes, gdoi_format_t *format,
						array_t *payloads, gkm_error_t *err)
{
	gkm_delete_t *delete;
	int i;

	for (i = 0; array_get(deletes, i, &delete); i++)
	{
		if (delete->protocol == PROTO_GIKE_UPDATE)
		{
			add_payload(payloads, format, GDOI_PROTO_KEK, sizeof(zeros),
						chunk_from_thing(zeros));
		}
		else if (!add_data_sas(payloads, format, delete, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Take SPIs of data SAs
 */
static void take_data_sas(protocol_id_t protocol, bio_reader_t *reader,
						  uint16_t count, gkm_update_t *update)
{
	uint32_t spi;

	while (count-- && reader->read_uint32(reader, &spi))
	{
		gkm_update_delete(update, protocol, htonl(spi));
	}
}

/**
 * Take SPIs of rekey SAs
 */
static void take_rekey_sas(bio_reader_t *reader, uint8_t size, uint16_t count,
						   uint8_t own[GKM_REKEY_SPI_LEN],
						   gkm_update_t *update)
{
	chunk_t spi;

	while (count-- && reader->read_data(reader, size, &spi))
	{
		if (memeq(spi.ptr, zeros, spi.len) ||
			(spi.len == GKM_REKEY_SPI_LEN && memeq(spi.ptr, own, spi.len)))
		{
			gkm_update_delete(update, PROTO_GIKE_UPDATE, 0);
			return;
		}
	}
}

/**
 * Take the SPIs after the header
 */
static bool take_spis(bio_reader_t *reader, uint8_t number, uint8_t size,
					  uint16_t count, uint8_t own[GKM_REKEY_SPI_LEN],
					  gkm_update_t *update, gkm_error_t *err)
{
	int i;

	if (!count || reader->remaining(reader) != (uint32_t)size * count)
	{
		return gkm_fail(err, "Delete payload: %u SPIs of %u octets, %u are "
						"there", count, size, reader->remaining(reader));
	}
	if (number == GDOI_PROTO_KEK)
	{
		if (size != SPI_LEN && size != GKM_REKEY_SPI_LEN)
		{
			return gkm_fail(err, "Delete payload: SPI of a rekey SA with %u "
							"octets", size);
		}
		take_rekey_sas(reader, size, count, own, update);
		return TRUE;
	}
	for (i = 0; i < countof(protocols); i++)
	{
		if (protocols[i].number == number)
		{
			if (size != SPI_LEN)
			{
				return gkm_fail(err, "Delete payload: SPI of protocol %u with "
								"%u octets", number, size);
			}
			take_data_sas(protocols[i].protocol, reader, count, update);
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_delete_parse(chunk_t body, gdoi_format_t *format,
					   uint8_t spi[GKM_REKEY_SPI_LEN], gkm_update_t *update,
					   gkm_error_t *err)
{
	bio_reader_t *reader;
	uint8_t number, size;
	uint16_t count;
	uint32_t doi;
	bool success;

	reader = bio_reader_create(body);
	if (!reader->read_uint32(reader, &doi) ||
		!reader->read_uint8(reader, &number) ||
		!reader->read_uint8(reader, &size) ||
		!reader->read_uint16(reader, &count))
	{
		success = gkm_fail(err, "Delete payload: incomplete with %zu octets",
						   body.len);
	}
	else if (doi != GDOI_DOI && doi != format->doi)
	{
		success = gkm_fail(err, "Delete payload: DOI %u", doi);
	}
	else
	{
		success = take_spis(reader, number, size, count, spi, update, err);
	}
	reader->destroy(reader);
	return success;
}
