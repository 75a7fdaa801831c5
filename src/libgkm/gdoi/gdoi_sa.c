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


#include "gdoi_sa.h"
#include "gdoi_gap.h"
#include "gdoi_isakmp.h"
#include "gdoi_sak.h"
#include "gdoi_sat.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                              DOI                              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           Situation                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  SA Attribute Next Payload    |         RESERVED2: 0          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~         SAK, GAP and SAT payloads, with generic headers       ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.1, without the generic payload header.
 */

/** Octets before SA attribute payloads */
#define HEADER_LEN 12

/**
 * Does an SA have the same SPI as one before it? Key packets go by SPI alone,
 * whatever the protocol (RFC 6407, 5.6).
 */
static bool is_second(gkm_download_t *download, int i, gkm_error_t *err)
{
	gkm_data_sa_t *sa, *other;

	array_get(download->sas, i, &sa);
	while (i--)
	{
		array_get(download->sas, i, &other);
		if (other->spi == sa->spi)
		{
			gkm_fail(err, "second data SA with SPI 0x%.8x", ntohl(sa->spi));
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Write all SA attribute payloads, in the order that they have to have
 */
static bool build_parts(gkm_download_t *download, gdoi_format_t *format,
						bool lkh, array_t *parts, gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	chunk_t body;
	int i;

	if (download->rekey)
	{
		if (!gdoi_sak_build(download->rekey, format, lkh, &body, err))
		{
			return FALSE;
		}
		gdoi_payloads_add(parts, GDOI_PLD_SAK, body);
	}
	body = gdoi_gap_build(download, format);
	if (body.len)
	{
		gdoi_payloads_add(parts, GDOI_PLD_GAP, body);
	}
	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (is_second(download, i, err) || !gdoi_sat_build(sa, &body, err))
		{
			return FALSE;
		}
		gdoi_payloads_add(parts, GDOI_PLD_SAT, body);
	}
	return TRUE;
}

/**
 * Write the payload around SA attribute payloads
 */
static bool build_body(array_t *parts, gdoi_format_t *format, chunk_t *body,
					   gkm_error_t *err)
{
	gdoi_payload_t first;
	bio_writer_t *writer;
	chunk_t data;

	if (!gdoi_payloads_build(parts, &data, err))
	{
		return FALSE;
	}
	array_get(parts, 0, &first);
	writer = bio_writer_create(HEADER_LEN + data.len);
	writer->write_uint32(writer, format->doi);
	writer->write_uint32(writer, format->situation);
	writer->write_uint16(writer, first.type);
	writer->write_uint16(writer, 0);
	writer->write_data(writer, data);
	*body = writer->extract_buf(writer);
	writer->destroy(writer);
	chunk_free(&data);
	return TRUE;
}

/**
 * Write an SA payload
 */
static bool build(gkm_download_t *download, gdoi_format_t *format, bool lkh,
				  chunk_t *body, gkm_error_t *err)
{
	array_t *parts;
	bool success;

	if (!download->rekey && !array_count(download->sas))
	{
		return gkm_fail(err, "SA payload without any SA");
	}
	if (array_count(download->sas) > GDOI_SAS_MAX)
	{
		return gkm_fail(err, "%d data SAs, at most %u are supported",
						array_count(download->sas), GDOI_SAS_MAX);
	}
	parts = array_create(sizeof(gdoi_payload_t), 0);
	success = build_parts(download, format, lkh, parts, err) &&
			  build_body(parts, format, body, err);
	gdoi_payloads_clear(parts);
	return success;
}

/*
 * Described in header
 */
bool gdoi_sa_build(gkm_download_t *download, gdoi_format_t *format,
				   chunk_t *body, gkm_error_t *err)
{
	return build(download, format, FALSE, body, err);
}

/*
 * Described in header
 */
bool gdoi_sa_build_update(gkm_update_t *update, gdoi_format_t *format,
						  chunk_t *body, gkm_error_t *err)
{
	return build(update->download, format, array_count(update->kwks) > 0, body,
				 err);
}

/**
 * Read DOI, situation and the type of the first SA attribute payload
 */
static bool parse_header(bio_reader_t *reader, gdoi_format_t *format,
						 uint16_t *first, gkm_error_t *err)
{
	uint32_t doi, situation;
	uint16_t reserved;

	if (!reader->read_uint32(reader, &doi) ||
		!reader->read_uint32(reader, &situation) ||
		!reader->read_uint16(reader, first) ||
		!reader->read_uint16(reader, &reserved))
	{
		return gkm_fail(err, "SA payload: incomplete");
	}
	if ((doi != GDOI_DOI || situation != GDOI_SITUATION) &&
		(doi != format->doi || situation != format->situation))
	{
		return gkm_fail(err, "SA payload: DOI %u, situation %u", doi,
						situation);
	}
	if ((*first != GDOI_PLD_SAK && *first != GDOI_PLD_GAP &&
		 *first != GDOI_PLD_SAT) || reserved)
	{
		return gkm_fail(err, "SA payload: SA Attribute Next Payload %u, "
						"reserved octets 0x%.4x", *first, reserved);
	}
	return TRUE;
}

/**
 * Place of an SA attribute payload in their order, 0 if it isn't one
 */
static int get_place(uint8_t type)
{
	switch (type)
	{
		case GDOI_PLD_SAK:
			return 1;
		case GDOI_PLD_GAP:
			return 2;
		case GDOI_PLD_SAT:
			return 3;
		default:
			return 0;
	}
}

/**
 * Read an SA attribute payload
 */
static bool parse_part(gdoi_payload_t *payload, gdoi_format_t *format,
					   bool push, gkm_download_t *download, gkm_error_t *err)
{
	gkm_data_sa_t *sa;

	switch (payload->type)
	{
		case GDOI_PLD_SAK:
			download->rekey = gdoi_sak_parse(payload->body, push, err);
			return download->rekey != NULL;
		case GDOI_PLD_GAP:
			return gdoi_gap_parse(payload->body, format, download, err);
		default:
			break;
	}
	if (array_count(download->sas) == GDOI_SAS_MAX)
	{
		return gkm_fail(err, "SA payload: more than %u data SAs", GDOI_SAS_MAX);
	}
	sa = gdoi_sat_parse(payload->body, err);
	if (!sa)
	{
		return FALSE;
	}
	array_insert(download->sas, ARRAY_TAIL, sa);
	return !is_second(download, array_count(download->sas) - 1, err);
}

/**
 * Read all SA attribute payloads
 */
static bool parse_parts(array_t *payloads, gdoi_format_t *format, bool push,
						gkm_download_t *download, gkm_error_t *err)
{
	gdoi_payload_t payload;
	int i, place, last = 0;

	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		place = get_place(payload.type);
		/* one SAK at most, one GAP at most, any number of SAT (5.1) */
		if (!place || place < last || (place == last && place != 3))
		{
			return gkm_fail(err, "SA payload: payload of type %u at place %d",
							payload.type, i + 1);
		}
		last = place;
		if (!parse_part(&payload, format, push, download, err))
		{
			return FALSE;
		}
	}
	return download->rekey || array_count(download->sas) ||
		   gkm_fail(err, "SA payload without any SA");
}

/*
 * Described in header
 */
gkm_download_t *gdoi_sa_parse(chunk_t body, gdoi_format_t *format, bool push,
							  gkm_error_t *err)
{
	gkm_download_t *download = gkm_download_create();
	bio_reader_t *reader;
	array_t *payloads;
	uint16_t first;
	bool success;

	payloads = array_create(sizeof(gdoi_payload_t), 0);
	reader = bio_reader_create(body);
	success = parse_header(reader, format, &first, err) &&
			  gdoi_payloads_parse(first, reader->peek(reader), 0, payloads,
								  err) &&
			  parse_parts(payloads, format, push, download, err);
	reader->destroy(reader);
	array_destroy(payloads);
	if (!success)
	{
		gkm_download_destroy(download);
		return NULL;
	}
	return download;
}
