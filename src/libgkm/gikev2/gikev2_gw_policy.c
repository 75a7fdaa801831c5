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

#include "gikev2_gw_policy.h"
#include "gikev2_attribute.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Protocol = 0 |   RESERVED    |            Length             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                          Attributes                           ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 4.4.3.
 */

/** Octets in the value of GWP_D3P */
#define D3P_LEN 6

/**
 * Read IP delay detection, if that is what it is
 */
static bool parse_d3p(gikev2_input_t *in, gikev2_attribute_t *attr,
					  gikev2_gw_policy_t *policy)
{
	gkm_d3p_t d3p;

	if (attr->tv || attr->value.len != D3P_LEN)
	{
		return TRUE;
	}
	d3p.type = untoh16(attr->value.ptr);
	d3p.window = untoh32(attr->value.ptr + sizeof(d3p.type));
	if (d3p.type != GKM_D3P_POSIX_TIME || d3p.window < GKM_D3P_WINDOW_MIN ||
		d3p.window > GKM_D3P_WINDOW_MAX)
	{
		return TRUE;
	}
	if (policy->d3p.type)
	{
		return gikev2_fail(in, attr->at, "second attribute %u", attr->type);
	}
	policy->d3p = d3p;
	return TRUE;
}

/**
 * Write IP delay detection
 */
static void build_d3p(bio_writer_t *writer, gkm_d3p_t *d3p)
{
	u_char value[D3P_LEN];

	htoun16(value, d3p->type);
	htoun32(value + sizeof(d3p->type), d3p->window);
	gikev2_attribute_build_tlv(writer, GWP_D3P, chunk_from_thing(value));
}

/**
 * Read an attribute (RFC 9838, 4.4.3.1)
 */
static bool parse_attribute(gikev2_input_t *in, bio_reader_t *reader,
							bool seen[GWP_SENDER_ID_BITS + 1],
							gikev2_gw_policy_t *policy)
{
	gikev2_attribute_t attr;
	uint16_t *value;

	if (!gikev2_attribute_parse(in, reader, &attr))
	{
		return FALSE;
	}
	switch (attr.type)
	{
		case GWP_ATD:
			value = &policy->atd;
			break;
		case GWP_DTD:
			value = &policy->dtd;
			break;
		case GWP_SENDER_ID_BITS:
			value = &policy->sender_id_bits;
			break;
		case GWP_D3P:
			return parse_d3p(in, &attr, policy);
		default:
			return TRUE;
	}
	if (seen[attr.type])
	{
		return gikev2_fail(in, attr.at, "second attribute %u", attr.type);
	}
	seen[attr.type] = TRUE;
	if (!gikev2_attribute_uint16(in, &attr, value))
	{
		return FALSE;
	}
	if (attr.type == GWP_SENDER_ID_BITS && (*value < 1 || *value > 32))
	{	/* more than 32 would fit in an IV, but nobody needs 2^32 senders */
		return gikev2_fail(in, attr.at, "sender IDs of %u bits, 1 to 32 are "
						   "supported", *value);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_gw_policy_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
							gikev2_gw_policy_t *policy)
{
	bool seen[GWP_SENDER_ID_BITS + 1] = {}, success = TRUE;
	bio_reader_t *reader;

	*policy = (gikev2_gw_policy_t){};
	reader = bio_reader_create(sub->content);
	while (success && reader->remaining(reader))
	{
		success = parse_attribute(in, reader, seen, policy);
	}
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
void gikev2_gw_policy_build(bio_writer_t *writer, gikev2_gw_policy_t *policy)
{
	gikev2_substructure_t sub = {
		.protocol = PROTO_NONE,
	};
	bio_writer_t *content;

	content = bio_writer_create(16);
	if (policy->atd)
	{
		gikev2_attribute_build_tv(content, GWP_ATD, policy->atd);
	}
	if (policy->dtd)
	{
		gikev2_attribute_build_tv(content, GWP_DTD, policy->dtd);
	}
	if (policy->sender_id_bits)
	{
		gikev2_attribute_build_tv(content, GWP_SENDER_ID_BITS,
								  policy->sender_id_bits);
	}
	if (policy->d3p.type)
	{
		build_d3p(content, &policy->d3p);
	}
	sub.content = content->get_buf(content);
	if (sub.content.len)
	{
		gikev2_substructure_build(writer, &sub);
	}
	content->destroy(content);
}
