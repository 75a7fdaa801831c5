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


#include "gdoi_ts.h"
#include "gdoi_codepoints.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  SRC ID Type  |         SRC ID Port           |SRC ID Data Len|
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                     SRC Identification Data                   ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  DST ID Type  |         DST ID Port           |DST ID Data Len|
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                     DST Identification Data                   ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.3 and 5.5.1, inside the payloads. Their text has a "DST ID Prot"
 * as well, their figures and implementations don't.
 */

/** Octets in the data of a source that may be anyone, if it isn't empty; they
 *  are 0 (5.5.1) */
#define ANY_LEN 3

/** Octets in an address at most */
#define ADDR_MAX 16

/**
 * One of the two, as it was read
 */
typedef struct {
	uint8_t type;
	uint16_t port;
	chunk_t data;
} identity_t;

/**
 * Types that stand for addresses
 */
static const struct {
	gdoi_id_type_t type;
	ts_type_t family;
	/** octets in the data */
	size_t len;
} types[] = {
	{ GDOI_ID_IPV4_ADDR,		TS_IPV4_ADDR_RANGE,	4 },
	{ GDOI_ID_IPV4_ADDR_SUBNET,	TS_IPV4_ADDR_RANGE,	8 },
	{ GDOI_ID_IPV4_ADDR_RANGE,	TS_IPV4_ADDR_RANGE,	8 },
	{ GDOI_ID_IPV6_ADDR,		TS_IPV6_ADDR_RANGE,	16 },
	{ GDOI_ID_IPV6_ADDR_SUBNET,	TS_IPV6_ADDR_RANGE,	32 },
	{ GDOI_ID_IPV6_ADDR_RANGE,	TS_IPV6_ADDR_RANGE,	32 },
};

/**
 * Does this stand for any address, of whatever family?
 */
static bool is_any(identity_t *id)
{
	static const u_char zero[ANY_LEN];

	return !id->data.len ||
			(id->data.len == ANY_LEN && memeq(id->data.ptr, zero, ANY_LEN));
}

/**
 * Find out the address family, 0 if it isn't said
 */
static bool get_family(identity_t *id, ts_type_t *family, gkm_error_t *err)
{
	int i;

	*family = 0;
	if (is_any(id))
	{
		return TRUE;
	}
	for (i = 0; i < countof(types); i++)
	{
		if (types[i].type == id->type)
		{
			*family = types[i].family;
			return id->data.len == types[i].len ||
				   gkm_fail(err, "identification of type %u with %zu octets",
							id->type, id->data.len);
		}
	}
	return gkm_fail(err, "identification of type %u", id->type);
}

/**
 * Get the first and the last address
 *
 * @param len		octets in an address
 */
static bool get_range(identity_t *id, size_t len, u_char *from, u_char *to,
					  gkm_error_t *err)
{
	u_char *first = id->data.ptr, *second = first + len, mask, next;
	size_t i;

	if (is_any(id))
	{
		memset(from, 0, len);
		memset(to, 0xff, len);
		return TRUE;
	}
	if (id->data.len == len)
	{
		memcpy(from, first, len);
		memcpy(to, first, len);
		return TRUE;
	}
	if (id->type == GDOI_ID_IPV4_ADDR_RANGE ||
		id->type == GDOI_ID_IPV6_ADDR_RANGE)
	{
		memcpy(from, first, len);
		memcpy(to, second, len);
		return memcmp(from, to, len) <= 0 ||
			   gkm_fail(err, "address range that ends before its start");
	}
	for (i = 0; i < len; i++)
	{
		mask = second[i];
		next = i + 1 < len ? second[i + 1] : 0;
		if ((u_char)(~mask & (~mask + 1)) || (mask != 0xff && next))
		{
			return gkm_fail(err, "subnet mask with gaps");
		}
		from[i] = first[i] & mask;
		to[i] = first[i] | ~mask;
	}
	return TRUE;
}

/**
 * Make a selector
 */
static traffic_selector_t *to_ts(identity_t *id, uint8_t protocol,
								 ts_type_t family, gkm_error_t *err)
{
	size_t len = family == TS_IPV6_ADDR_RANGE ? 16 : 4;
	u_char from[ADDR_MAX], to[ADDR_MAX];

	if (!get_range(id, len, from, to, err))
	{
		return NULL;
	}
	return traffic_selector_create_from_bytes(protocol, family,
							chunk_create(from, len), id->port,
							chunk_create(to, len), id->port ?: UINT16_MAX);
}

/**
 * Read one of the two
 */
static bool parse_id(bio_reader_t *reader, identity_t *id)
{
	return reader->read_uint8(reader, &id->type) &&
		   reader->read_uint16(reader, &id->port) &&
		   reader->read_data8(reader, &id->data);
}

/*
 * Described in header
 */
bool gdoi_ts_parse(bio_reader_t *reader, uint8_t protocol,
				   traffic_selector_t **src, traffic_selector_t **dst,
				   gkm_error_t *err)
{
	ts_type_t src_family, dst_family;
	identity_t src_id, dst_id;

	if (!parse_id(reader, &src_id) || !parse_id(reader, &dst_id))
	{
		return gkm_fail(err, "incomplete source or destination");
	}
	if (!get_family(&src_id, &src_family, err) ||
		!get_family(&dst_id, &dst_family, err))
	{
		return FALSE;
	}
	src_family = src_family ?: dst_family ?: TS_IPV4_ADDR_RANGE;
	dst_family = dst_family ?: src_family;
	if (src_family != dst_family)
	{
		return gkm_fail(err, "source and destination of different address "
						"families");
	}
	*src = to_ts(&src_id, protocol, src_family, err);
	*dst = *src ? to_ts(&dst_id, protocol, dst_family, err) : NULL;
	if (!*dst)
	{
		DESTROY_IF(*src);
		*src = NULL;
		return FALSE;
	}
	return TRUE;
}

/**
 * Write the type and the data of a selector: one address, a subnet, or a range
 *
 * @param port		port to write
 */
static void build_id(bio_writer_t *writer, traffic_selector_t *ts,
					 uint16_t port)
{
	chunk_t from = ts->get_from_address(ts), to = ts->get_to_address(ts);
	bool ipv4 = ts->get_type(ts) == TS_IPV4_ADDR_RANGE;
	gdoi_id_type_t type = ipv4 ? GDOI_ID_IPV4_ADDR : GDOI_ID_IPV6_ADDR;
	u_char mask[ADDR_MAX];
	chunk_t second = chunk_empty;
	uint8_t bits;
	host_t *net;
	size_t i;

	if (!chunk_equals(from, to))
	{
		if (ts->to_subnet(ts, &net, &bits))
		{
			for (i = 0; i < from.len; i++)
			{
				mask[i] = ~(from.ptr[i] ^ to.ptr[i]);
			}
			second = chunk_create(mask, from.len);
			type = ipv4 ? GDOI_ID_IPV4_ADDR_SUBNET : GDOI_ID_IPV6_ADDR_SUBNET;
		}
		else
		{
			second = to;
			type = ipv4 ? GDOI_ID_IPV4_ADDR_RANGE : GDOI_ID_IPV6_ADDR_RANGE;
		}
		net->destroy(net);
	}
	writer->write_uint8(writer, type);
	writer->write_uint16(writer, port);
	writer->write_uint8(writer, from.len + second.len);
	writer->write_data(writer, from);
	writer->write_data(writer, second);
}

/**
 * Get the port of a selector, 0 for any
 */
static bool get_port(traffic_selector_t *ts, uint16_t *port, gkm_error_t *err)
{
	uint16_t to = ts->get_to_port(ts);

	*port = ts->get_from_port(ts);
	if (*port == 0 && to == UINT16_MAX)
	{
		return TRUE;
	}
	if (*port != to || *port == 0)
	{
		return gkm_fail(err, "%R: GDOI has single ports only", ts);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_ts_protocol(traffic_selector_t *src, traffic_selector_t *dst,
					  uint8_t *protocol, gkm_error_t *err)
{
	uint8_t a = src->get_protocol(src), b = dst->get_protocol(dst);

	*protocol = a ?: b;
	return !a || !b || a == b ||
		   gkm_fail(err, "source and destination of different protocols");
}

/*
 * Described in header
 */
bool gdoi_ts_build(bio_writer_t *writer, traffic_selector_t *src,
				   traffic_selector_t *dst, gkm_error_t *err)
{
	uint16_t src_port, dst_port;

	if (!get_port(src, &src_port, err) || !get_port(dst, &dst_port, err))
	{
		return FALSE;
	}
	build_id(writer, src, src_port);
	build_id(writer, dst, dst_port);
	return TRUE;
}
