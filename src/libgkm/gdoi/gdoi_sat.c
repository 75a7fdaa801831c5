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


#include "gdoi_sat.h"
#include "gdoi_algs.h"
#include "gdoi_isakmp.h"
#include "gdoi_ts.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Protocol-ID  |   Protocol    |  Source and Destination, see  ~
 *  ~                          gdoi_ts.c                            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Transform ID  |                     SPI                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     ...       |                SA Attributes                  ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.5 and 5.5.1, without the generic payload header; for Protocol-ID
 * 3 see gdoi_sat_iec.c.
 */

/** Seconds that an SA lasts if nothing is said (RFC 2407, 4.5) */
#define LIFETIME_DEFAULT 28800

/** Seconds that stand for an SA without end, which GDOI has no other way to
 *  say */
#define LIFETIME_UNLIMITED UINT32_MAX

/**
 * Write the attributes
 */
static void build_attributes(bio_writer_t *writer, gkm_data_sa_t *sa,
							 gdoi_transform_t *transform)
{
	uint32_t lifetime = htonl(sa->lifetime ?: LIFETIME_UNLIMITED);

	gdoi_attribute_basic(writer, GDOI_SA_LIFE_TYPE, GDOI_LIFE_SECONDS);
	gdoi_attribute_variable(writer, GDOI_SA_LIFE_DURATION,
							chunk_from_thing(lifetime));
	gdoi_attribute_basic(writer, GDOI_SA_ENCAPSULATION_MODE,
						 sa->mode == MODE_TRANSPORT ? GDOI_MODE_TRANSPORT
													: GDOI_MODE_TUNNEL);
	if (transform->auth)
	{
		gdoi_attribute_basic(writer, GDOI_SA_AUTH_ALGORITHM, transform->auth);
	}
	if (transform->bits)
	{
		gdoi_attribute_basic(writer, GDOI_SA_KEY_LENGTH, transform->bits);
	}
	/* no Address Preservation, and no SA Direction of symmetric SAs: without
	 * these, both addresses are preserved and the SA is symmetric (5.5.1.1.3
	 * and 5.5.1.1.4), and members of RFC 3547 don't have to abort */
	switch (sa->direction)
	{
		case GKM_SENDER_ONLY:
			gdoi_attribute_basic(writer, GDOI_SA_DIRECTION, GDOI_SENDER_ONLY);
			break;
		case GKM_RECEIVER_ONLY:
			gdoi_attribute_basic(writer, GDOI_SA_DIRECTION, GDOI_RECEIVER_ONLY);
			break;
		default:
			break;
	}
}

/**
 * Write what comes after Protocol-ID for ESP and AH
 */
static bool build_ipsec(bio_writer_t *writer, gkm_data_sa_t *sa,
						gkm_error_t *err)
{
	gdoi_transform_t transform;
	uint8_t protocol;

	if (!gdoi_transform_from_proposal(sa->proposal, &transform, err) ||
		!gdoi_ts_protocol(sa->src, sa->dst, &protocol, err))
	{
		return FALSE;
	}
	writer->write_uint8(writer, protocol);
	if (!gdoi_ts_build(writer, sa->src, sa->dst, err))
	{
		return FALSE;
	}
	writer->write_uint8(writer, transform.id);
	writer->write_data(writer, chunk_from_thing(sa->spi));
	build_attributes(writer, sa, &transform);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_sat_build(gkm_data_sa_t *sa, chunk_t *body, gkm_error_t *err)
{
	bio_writer_t *writer = bio_writer_create(64);
	bool success;

	switch ((int)sa->proposal->get_protocol(sa->proposal))
	{
		case PROTO_ESP:
			writer->write_uint8(writer, GDOI_PROTO_ESP);
			success = build_ipsec(writer, sa, err);
			break;
		case PROTO_AH:
			writer->write_uint8(writer, GDOI_PROTO_AH);
			success = build_ipsec(writer, sa, err);
			break;
		case PROTO_IEC_61850:
			writer->write_uint8(writer, GDOI_PROTO_IEC_61850);
			success = gdoi_sat_iec_build(writer, sa, err);
			break;
		default:
			success = gkm_fail(err, "data SA of protocol %u",
							   sa->proposal->get_protocol(sa->proposal));
			break;
	}
	if (success)
	{
		*body = writer->extract_buf(writer);
	}
	writer->destroy(writer);
	return success;
}

/**
 * What attributes say
 */
typedef struct {
	gdoi_transform_t transform;
	/** from the last Life Type without duration, 0 for none */
	uint32_t life_type;
	uint32_t lifetime;
	ipsec_mode_t mode;
	gkm_direction_t direction;
} values_t;

/**
 * Read Life Duration, which goes with the Life Type before it (RFC 2407, 4.5).
 * A limit in kilobytes isn't followed: nobody could know what all senders of a
 * group sent, and there always is one in seconds as well.
 */
static bool parse_duration(gdoi_attribute_t *attribute, values_t *values,
						   gkm_error_t *err)
{
	uint32_t type = values->life_type, duration;

	values->life_type = 0;
	if (type == GDOI_LIFE_KILOBYTES)
	{
		return TRUE;
	}
	if (type != GDOI_LIFE_SECONDS || values->lifetime)
	{
		return gkm_fail(err, "SAT payload: %s", type ? "second lifetime" :
						"Life Duration without Life Type");
	}
	if (!gdoi_attribute_number(attribute, &duration) || !duration)
	{
		return gkm_fail(err, "SAT payload: lifetime of 0, or of %zu octets",
						attribute->data.len);
	}
	values->lifetime = duration;
	return TRUE;
}

/**
 * Read SA Direction
 */
static bool parse_direction(uint16_t value, values_t *values)
{
	switch (value)
	{
		case GDOI_SENDER_ONLY:
			values->direction = GKM_SENDER_ONLY;
			return TRUE;
		case GDOI_RECEIVER_ONLY:
			values->direction = GKM_RECEIVER_ONLY;
			return TRUE;
		case GDOI_SYMMETRIC:
			values->direction = GKM_SYMMETRIC;
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Read the value of a basic attribute
 */
static bool parse_value(uint16_t type, uint16_t value, values_t *values)
{
	switch (type)
	{
		case GDOI_SA_LIFE_TYPE:
			values->life_type = value;
			return value == GDOI_LIFE_SECONDS || value == GDOI_LIFE_KILOBYTES;
		case GDOI_SA_GROUP_DESCRIPTION:
			/* ignored (5.5.1.1) */
		case GDOI_SA_ECN_TUNNEL:
			/* the kernel's policy */
			return TRUE;
		case GDOI_SA_ENCAPSULATION_MODE:
			values->mode = value == GDOI_MODE_TRANSPORT ? MODE_TRANSPORT
														: MODE_TUNNEL;
			return value == GDOI_MODE_TRANSPORT || value == GDOI_MODE_TUNNEL;
		case GDOI_SA_AUTH_ALGORITHM:
			values->transform.auth = value;
			return value != 0;
		case GDOI_SA_KEY_LENGTH:
			values->transform.bits = value;
			return value != 0;
		case GDOI_SA_ADDRESS_PRESERVATION:
			/* tunnels of ours have the addresses of what is in them */
			return value == GDOI_PRESERVE_BOTH;
		case GDOI_SA_DIRECTION:
			return parse_direction(value, values);
		default:
			/* 5.5: a member aborts; among those that are known are 64-bit
			 * sequence numbers, which can't be used in groups, and signatures
			 * of packets (RFC 4359) */
			return FALSE;
	}
}

/**
 * Read an attribute
 */
CALLBACK(parse_attribute, bool,
	values_t *values, gdoi_attribute_t *attribute, bool first, gkm_error_t *err)
{
	if (!first && attribute->type != GDOI_SA_LIFE_TYPE &&
		attribute->type != GDOI_SA_LIFE_DURATION)
	{
		return gkm_fail(err, "SAT payload: second SA attribute %u",
						attribute->type);
	}
	if (attribute->type == GDOI_SA_LIFE_DURATION)
	{
		return parse_duration(attribute, values, err);
	}
	if (values->life_type)
	{
		return gkm_fail(err, "SAT payload: Life Type without Life Duration");
	}
	if (!attribute->basic ||
		!parse_value(attribute->type, attribute->value, values))
	{
		return gkm_fail(err, "SAT payload: SA attribute %u of %s %u is not "
						"supported", attribute->type, attribute->basic ?
						"value" : "length", attribute->basic ?
						attribute->value : (u_int)attribute->data.len);
	}
	return TRUE;
}

/**
 * Read all attributes
 */
static bool parse_attributes(chunk_t data, values_t *values, gkm_error_t *err)
{
	if (!gdoi_attributes_read(data, parse_attribute, values, err))
	{
		return FALSE;
	}
	return !values->life_type ||
		   gkm_fail(err, "SAT payload: Life Type without Life Duration");
}

/**
 * Read what comes after Protocol-ID for ESP and AH
 */
static bool parse_ipsec(bio_reader_t *reader, protocol_id_t proto,
						gkm_data_sa_t *sa, gkm_error_t *err)
{
	values_t values = {
		.mode = MODE_TUNNEL,
		.direction = GKM_SYMMETRIC,
	};
	uint8_t protocol;
	chunk_t spi;

	if (!reader->read_uint8(reader, &protocol))
	{
		return gkm_fail(err, "SAT payload: incomplete");
	}
	if (!gdoi_ts_parse(reader, protocol, &sa->src, &sa->dst, err))
	{
		return FALSE;
	}
	if (!reader->read_uint8(reader, &values.transform.id) ||
		!reader->read_data(reader, sizeof(sa->spi), &spi))
	{
		return gkm_fail(err, "SAT payload: incomplete");
	}
	memcpy(&sa->spi, spi.ptr, spi.len);
	if (!parse_attributes(reader->peek(reader), &values, err))
	{
		return FALSE;
	}
	sa->mode = values.mode;
	sa->direction = values.direction;
	sa->lifetime = values.lifetime ?: LIFETIME_DEFAULT;
	if (sa->lifetime == LIFETIME_UNLIMITED)
	{
		sa->lifetime = 0;
	}
	sa->proposal = gdoi_transform_to_proposal(proto, &values.transform,
									values.direction == GKM_SYMMETRIC ?
									GKM_SN_UNSPECIFIED : GKM_SN_SEQUENTIAL,
									err);
	return sa->proposal != NULL;
}

/**
 * Read all there is
 */
static bool parse(bio_reader_t *reader, gkm_data_sa_t *sa, gkm_error_t *err)
{
	uint8_t protocol;

	if (!reader->read_uint8(reader, &protocol))
	{
		return gkm_fail(err, "SAT payload: empty");
	}
	switch (protocol)
	{
		case GDOI_PROTO_ESP:
			return parse_ipsec(reader, PROTO_ESP, sa, err);
		case GDOI_PROTO_AH:
			return parse_ipsec(reader, PROTO_AH, sa, err);
		case GDOI_PROTO_IEC_61850:
			return gdoi_sat_iec_parse(reader, sa, err);
		default:
			return gkm_fail(err, "SAT payload: Protocol-ID %u", protocol);
	}
}

/*
 * Described in header
 */
gkm_data_sa_t *gdoi_sat_parse(chunk_t body, gkm_error_t *err)
{
	gkm_data_sa_t *sa = gkm_data_sa_create();
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(body);
	success = parse(reader, sa, err);
	reader->destroy(reader);
	if (success && !sa->spi)
	{
		success = gkm_fail(err, "SAT payload: SPI 0");
	}
	if (!success)
	{
		gkm_data_sa_destroy(sa);
		return NULL;
	}
	return sa;
}
