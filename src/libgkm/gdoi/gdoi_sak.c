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


#include "gdoi_sak.h"
#include "gdoi_algs.h"
#include "gdoi_isakmp.h"
#include "gdoi_sig_key.h"
#include "gdoi_ts.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Protocol    |        Source and Destination, see gdoi_ts.c  ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                                                               |
 *  ~                           SPI (16)                            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                         RESERVED2: 0                          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                        KEK Attributes                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.3, without the generic payload header. In RFC 3547, RESERVED2
 * asked for a proof of possession.
 */

/**
 * Write the attributes
 */
static bool build_attributes(bio_writer_t *writer, gkm_rekey_sa_t *sa,
							 gdoi_format_t *format, bool lkh, gkm_error_t *err)
{
	uint16_t alg, bits, sig, hash;
	uint32_t lifetime = htonl(sa->lifetime);

	if (!gdoi_kek_from_proposal(sa->proposal, &alg, &bits, err) ||
		!gdoi_sig_from_alg(sa->sig_alg, &sig, &hash, err))
	{
		return FALSE;
	}
	if (lkh)
	{
		gdoi_attribute_basic(writer, GDOI_KEK_MANAGEMENT_ALGORITHM,
							 GDOI_MANAGEMENT_LKH);
	}
	gdoi_attribute_basic(writer, GDOI_KEK_ALGORITHM, alg);
	if (bits)
	{
		gdoi_attribute_basic(writer, GDOI_KEK_KEY_LENGTH, bits);
	}
	if (sa->lifetime)
	{
		gdoi_attribute_variable(writer, GDOI_KEK_KEY_LIFETIME,
								chunk_from_thing(lifetime));
	}
	gdoi_attribute_basic(writer, GDOI_SIG_HASH_ALGORITHM, hash);
	gdoi_attribute_basic(writer, GDOI_SIG_ALGORITHM, sig);
	bits = gdoi_sig_key_bits(sig, sa->auth_key);
	if (!bits)
	{
		return gkm_fail(err, "key of rekeys isn't one for their signatures");
	}
	gdoi_attribute_basic(writer, GDOI_SIG_KEY_LENGTH, bits);
	if (format->ack && sa->ack != GKM_ACK_NONE)
	{
		gdoi_attribute_basic(writer, GDOI_KEK_ACK_REQUESTED, sa->ack);
	}
	return TRUE;
}

/**
 * Make a destination of one port. Members that get rekeys by unicast are told
 * any address, which is the address 0.0.0.0 and no subnet: that is what those
 * read that know single addresses only.
 */
static traffic_selector_t *create_destination(traffic_selector_t *dst)
{
	chunk_t from = dst->get_from_address(dst), to = dst->get_to_address(dst);
	uint16_t port = dst->get_from_port(dst) ?: GDOI_SAK_PORT_DEFAULT;
	host_t *any;

	any = host_create_any(from.len == 4 ? AF_INET : AF_INET6);
	if (chunk_equals(from, any->get_address(any)))
	{
		to = from;
	}
	any->destroy(any);
	return traffic_selector_create_from_bytes(IPPROTO_UDP, dst->get_type(dst),
											  from, port, to, port);
}

/*
 * Described in header
 */
bool gdoi_sak_build(gkm_rekey_sa_t *sa, gdoi_format_t *format, bool lkh,
					chunk_t *body, gkm_error_t *err)
{
	traffic_selector_t *dst;
	bio_writer_t *writer;
	bool success;

	if (sa->auth != GKM_AUTH_SIGNATURE)
	{
		return gkm_fail(err, "rekeys of GDOI have to be signed");
	}
	writer = bio_writer_create(128);
	writer->write_uint8(writer, GDOI_SAK_PROTOCOL);
	dst = create_destination(sa->dst);
	success = gdoi_ts_build(writer, sa->src, dst, err);
	dst->destroy(dst);
	if (success)
	{
		writer->write_data(writer, chunk_from_thing(sa->spi));
		writer->write_uint32(writer, 0);
		success = build_attributes(writer, sa, format, lkh, err);
	}
	if (success)
	{
		*body = writer->extract_buf(writer);
	}
	writer->destroy(writer);
	return success;
}

/**
 * Values of attributes, 0 if one isn't there
 */
typedef struct {
	uint32_t management;
	uint32_t alg;
	uint32_t bits;
	uint32_t lifetime;
	uint32_t hash;
	uint32_t sig;
	uint32_t sig_bits;
	uint32_t ack;
} values_t;

/**
 * Where the value of an attribute goes, NULL if it isn't known
 */
static uint32_t *get_value(values_t *values, uint16_t type)
{
	switch (type)
	{
		case GDOI_KEK_MANAGEMENT_ALGORITHM:
			return &values->management;
		case GDOI_KEK_ALGORITHM:
			return &values->alg;
		case GDOI_KEK_KEY_LENGTH:
			return &values->bits;
		case GDOI_KEK_KEY_LIFETIME:
			return &values->lifetime;
		case GDOI_SIG_HASH_ALGORITHM:
			return &values->hash;
		case GDOI_SIG_ALGORITHM:
			return &values->sig;
		case GDOI_SIG_KEY_LENGTH:
			/* the key has its length */
			return &values->sig_bits;
		case GDOI_KEK_ACK_REQUESTED:
			return &values->ack;
		default:
			return NULL;
	}
}

/**
 * Read an attribute. Only the lifetime may be of the variable kind (5.3).
 */
CALLBACK(parse_attribute, bool,
	values_t *values, gdoi_attribute_t *attribute, bool first, gkm_error_t *err)
{
	uint32_t *value = get_value(values, attribute->type);

	if (!first)
	{
		return gkm_fail(err, "SAK payload: second KEK attribute %u",
						attribute->type);
	}
	if (!value)
	{	/* 5.3: a member aborts */
		return gkm_fail(err, "SAK payload: unknown KEK attribute %u",
						attribute->type);
	}
	if (!attribute->basic && attribute->type != GDOI_KEK_KEY_LIFETIME)
	{
		return gkm_fail(err, "SAK payload: KEK attribute %u isn't a basic one",
						attribute->type);
	}
	if (!gdoi_attribute_number(attribute, value) || !*value)
	{
		return gkm_fail(err, "SAK payload: KEK attribute %u of %zu octets or "
						"value 0", attribute->type, attribute->data.len);
	}
	return TRUE;
}

/**
 * Take over the attributes
 */
static bool set_attributes(gkm_rekey_sa_t *sa, values_t *values, bool push,
						   gkm_error_t *err)
{
	if (!values->alg || !values->sig)
	{	/* 5.3 */
		return gkm_fail(err, "SAK payload: no %s", values->alg ?
						"SIG_ALGORITHM" : "KEK_ALGORITHM");
	}
	/* 5.3.1: must not be in GROUPKEY-PULL, and is ignored there */
	if (push && values->management &&
		values->management != GDOI_MANAGEMENT_LKH)
	{
		return gkm_fail(err, "SAK payload: KEK_MANAGEMENT_ALGORITHM %u",
						values->management);
	}
	sa->proposal = gdoi_kek_to_proposal(values->alg, values->bits, err);
	if (!sa->proposal ||
		!gdoi_sig_to_alg(values->sig, values->hash, &sa->sig_alg, err))
	{
		return FALSE;
	}
	sa->auth = GKM_AUTH_SIGNATURE;
	sa->lifetime = values->lifetime;
	/* a type that isn't known is no capability that a member has to have: it
	 * goes on without acknowledging (RFC 8263, 4) */
	if (values->ack <= GKM_ACK_LKH_SHA512)
	{
		sa->ack = values->ack;
	}
	return TRUE;
}

/**
 * Make the destination what the group model wants: one address and port.
 */
static bool set_destination(gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	traffic_selector_t *dst;

	dst = create_destination(sa->dst);
	if (!chunk_equals(dst->get_from_address(dst), dst->get_to_address(dst)))
	{
		dst->destroy(dst);
		return gkm_fail(err, "SAK payload: rekeys to %R", sa->dst);
	}
	sa->dst->destroy(sa->dst);
	sa->dst = dst;
	return TRUE;
}

/**
 * Read all there is
 */
static bool parse(bio_reader_t *reader, gkm_rekey_sa_t *sa, bool push,
				  gkm_error_t *err)
{
	uint8_t protocol;
	uint32_t reserved;
	values_t values = {};
	chunk_t spi;

	if (!reader->read_uint8(reader, &protocol) ||
		(protocol != GDOI_SAK_PROTOCOL && protocol != 0))
	{
		return gkm_fail(err, "SAK payload: rekeys aren't UDP");
	}
	if (!gdoi_ts_parse(reader, GDOI_SAK_PROTOCOL, &sa->src, &sa->dst, err) ||
		!set_destination(sa, err))
	{
		return FALSE;
	}
	if (!reader->read_data(reader, sizeof(sa->spi), &spi) ||
		!reader->read_uint32(reader, &reserved))
	{
		return gkm_fail(err, "SAK payload: incomplete");
	}
	memcpy(sa->spi, spi.ptr, sizeof(sa->spi));
	if (reserved)
	{
		return gkm_fail(err, "SAK payload: proof of possession, or other use "
						"of reserved octets: 0x%.8x", reserved);
	}
	return gdoi_attributes_read(reader->peek(reader), parse_attribute, &values,
								err) &&
		   set_attributes(sa, &values, push, err);
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gdoi_sak_parse(chunk_t body, bool push, gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = gkm_rekey_sa_create();
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(body);
	success = parse(reader, sa, push, err);
	reader->destroy(reader);
	if (!success)
	{
		gkm_rekey_sa_destroy(sa);
		return NULL;
	}
	return sa;
}
