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
#include "gdoi_oid.h"

#include "../group/gkm_oid.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Protocol-ID=3 |  OID and OID-Specific Payload, see gdoi_oid.c ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                              SPI                              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |           AuthAlg             |            EncAlg             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Remaining Lifetime                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                     SA Data Attributes                        ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 8052, 2.2.
 */

/** Percentage of members at most that have an SA */
#define KDA_MAX 100

/*
 * Described in header
 */
bool gdoi_sat_iec_build(bio_writer_t *writer, gkm_data_sa_t *sa,
						gkm_error_t *err)
{
	uint32_t delay = htonl(sa->delay);
	gdoi_iec_algs_t algs;

	if (!gkm_oid_check(sa->oid) || sa->oid_data.len > UINT16_MAX)
	{
		return gkm_fail(err, "IEC 61850 SA without an object identifier");
	}
	if (!gdoi_iec_from_proposal(sa->proposal, &algs, err))
	{
		return FALSE;
	}
	gdoi_oid_build(writer, sa->oid, sa->oid_data);
	writer->write_data(writer, chunk_from_thing(sa->spi));
	writer->write_uint16(writer, algs.auth);
	writer->write_uint16(writer, algs.encr);
	writer->write_uint32(writer, sa->lifetime);
	if (sa->delay)
	{
		gdoi_attribute_variable(writer, GDOI_IEC_SA_ATD,
								chunk_from_thing(delay));
	}
	if (sa->kda != GKM_KDA_UNKNOWN)
	{
		gdoi_attribute_basic(writer, GDOI_IEC_SA_KDA, sa->kda);
	}
	return TRUE;
}

/**
 * Read an attribute
 */
CALLBACK(parse_attribute, bool,
	gkm_data_sa_t *sa, gdoi_attribute_t *attribute, bool first,
	gkm_error_t *err)
{
	uint32_t kda;

	if (!first)
	{
		return gkm_fail(err, "SAT payload: second attribute %u of an IEC 61850 "
						"SA", attribute->type);
	}
	switch (attribute->type)
	{
		case GDOI_IEC_SA_ATD:
			return gdoi_attribute_number(attribute, &sa->delay) ||
				   gkm_fail(err, "SAT payload: SA_ATD of %zu octets",
							attribute->data.len);
		case GDOI_IEC_SA_KDA:
			if (!gdoi_attribute_number(attribute, &kda) || kda > KDA_MAX)
			{
				return gkm_fail(err, "SAT payload: SA_KDA isn't a percentage");
			}
			sa->kda = kda;
			return TRUE;
		default:
			return gkm_fail(err, "SAT payload: unknown attribute %u of an IEC "
							"61850 SA", attribute->type);
	}
}

/*
 * Described in header
 */
bool gdoi_sat_iec_parse(bio_reader_t *reader, gkm_data_sa_t *sa,
						gkm_error_t *err)
{
	gdoi_iec_algs_t algs;
	chunk_t oid, data, spi;

	if (!gdoi_oid_parse(reader, &oid, &data) ||
		!reader->read_data(reader, sizeof(sa->spi), &spi) ||
		!reader->read_uint16(reader, &algs.auth) ||
		!reader->read_uint16(reader, &algs.encr) ||
		!reader->read_uint32(reader, &sa->lifetime))
	{
		return gkm_fail(err, "SAT payload: IEC 61850 SA is incomplete, or has "
						"a malformed object identifier");
	}
	sa->oid = chunk_clone(oid);
	sa->oid_data = chunk_clone(data);
	memcpy(&sa->spi, spi.ptr, spi.len);
	sa->src = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, UINT16_MAX);
	sa->dst = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, UINT16_MAX);
	sa->proposal = gdoi_iec_to_proposal(&algs, err);
	return sa->proposal &&
		   gdoi_attributes_read(reader->peek(reader), parse_attribute, sa, err);
}
