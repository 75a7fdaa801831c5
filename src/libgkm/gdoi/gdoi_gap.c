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


#include "gdoi_gap.h"
#include "gdoi_isakmp.h"

/*
 * Described in header
 */
chunk_t gdoi_gap_build(gkm_download_t *download, gdoi_format_t *format)
{
	uint32_t window = htonl(download->d3p.window);
	bio_writer_t *writer;
	chunk_t body;

	writer = bio_writer_create(0);
	if (format->delays && download->atd)
	{
		gdoi_attribute_basic(writer, GDOI_ACTIVATION_TIME_DELAY,
							 download->atd);
	}
	if (format->delays && download->dtd)
	{
		gdoi_attribute_basic(writer, GDOI_DEACTIVATION_TIME_DELAY,
							 download->dtd);
	}
	if (format->d3p && download->d3p.type)
	{	/* draft-weis-delay-detection-01, 5: which leaves the length of the
		 * window open */
		gdoi_attribute_basic(writer, format->d3p_type, download->d3p.type);
		gdoi_attribute_variable(writer, format->d3p_window,
								chunk_from_thing(window));
	}
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Read a delay, which is a basic attribute
 */
static bool parse_delay(gdoi_attribute_t *attribute, uint16_t *delay,
						gkm_error_t *err)
{
	if (!attribute->basic)
	{
		return gkm_fail(err, "GAP payload: attribute %u isn't a basic one",
						attribute->type);
	}
	*delay = attribute->value;
	return TRUE;
}

/**
 * A payload that is read
 */
typedef struct {

	/** how IP delay detection is written */
	gdoi_format_t *format;

	/** gets the policy */
	gkm_download_t *download;
} gap_t;

/**
 * Read an attribute
 */
CALLBACK(parse_attribute, bool,
	gap_t *this, gdoi_attribute_t *attribute, bool first, gkm_error_t *err)
{
	gkm_download_t *download = this->download;

	if (!first)
	{
		return gkm_fail(err, "GAP payload: second attribute %u",
						attribute->type);
	}
	switch (attribute->type)
	{
		case GDOI_ACTIVATION_TIME_DELAY:
			return parse_delay(attribute, &download->atd, err);
		case GDOI_DEACTIVATION_TIME_DELAY:
			return parse_delay(attribute, &download->dtd, err);
		case GDOI_SENDER_ID_REQUEST:
			return gkm_fail(err, "GAP payload: SENDER_ID_REQUEST from a key "
							"server");
		default:
			break;
	}
	if (attribute->type == this->format->d3p_type)
	{
		return parse_delay(attribute, &download->d3p.type, err);
	}
	if (attribute->type == this->format->d3p_window)
	{
		return gdoi_attribute_number(attribute, &download->d3p.window) ||
			   gkm_fail(err, "GAP payload: window of %zu octets",
						attribute->data.len);
	}
	/* 5.4: a member aborts */
	return gkm_fail(err, "GAP payload: unknown attribute %u", attribute->type);
}

/*
 * Described in header
 */
bool gdoi_gap_parse(chunk_t body, gdoi_format_t *format,
					gkm_download_t *download, gkm_error_t *err)
{
	gap_t this = {
		.format = format,
		.download = download,
	};

	if (!gdoi_attributes_read(body, parse_attribute, &this, err))
	{
		return FALSE;
	}
	if (!download->d3p.type != !download->d3p.window)
	{
		return gkm_fail(err, "GAP payload: IP delay detection of type %u with "
						"a window of %u", download->d3p.type,
						download->d3p.window);
	}
	return download->d3p.type <= GKM_D3P_POSIX_TIME ||
		   gkm_fail(err, "GAP payload: IP delay detection of type %u",
					download->d3p.type);
}

/*
 * Described in header
 */
chunk_t gdoi_gap_build_request(uint32_t count)
{
	bio_writer_t *writer;
	chunk_t body;

	writer = bio_writer_create(0);
	gdoi_attribute_basic(writer, GDOI_SENDER_ID_REQUEST,
						 min(count, UINT16_MAX));
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Read an attribute of a member. 5.4: there is only one that members send.
 */
CALLBACK(parse_requested, bool,
	uint32_t *count, gdoi_attribute_t *attribute, bool first, gkm_error_t *err)
{
	return (first && attribute->type == GDOI_SENDER_ID_REQUEST &&
			gdoi_attribute_number(attribute, count)) ||
		   gkm_fail(err, "GAP payload: attribute %u isn't expected, or "
					"malformed", attribute->type);
}

/*
 * Described in header
 */
bool gdoi_gap_parse_request(chunk_t body, uint32_t *count, gkm_error_t *err)
{
	return gdoi_attributes_read(body, parse_requested, count, err);
}
