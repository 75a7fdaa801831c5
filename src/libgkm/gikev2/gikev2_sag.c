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

#include "gikev2_sag.h"
#include "gikev2_codepoints.h"
#include "gikev2_input.h"
#include "gikev2_transform.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Last Substruc |   RESERVED    |         Proposal Length       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                        SPI (variable)                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                        <Transforms>                           ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.3.1; the payload is a sequence of these.
 */

/** Octets before the SPI */
#define HEADER_LEN 8

/** Values of Last Substruc */
#define LAST 0
#define MORE 2

/** Proposals that are read at most */
#define PROPOSALS_MAX 256

/**
 * Write a proposal
 */
static void build_proposal(bio_writer_t *writer, proposal_t *proposal,
						   bool last)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	gikev2_transform_t methods[] = {
		{ .type = GROUP_CONTROLLER_AUTH, .id = GCAUTH_SIGNATURE },
		{ .type = GROUP_CONTROLLER_AUTH, .id = GCAUTH_IMPLICIT },
	};
	bio_writer_t *transforms;
	chunk_t data;
	u_int count;

	transforms = bio_writer_create(64);
	count = gikev2_transforms_build(transforms, proposal, methods,
						protocol == PROTO_GIKE_UPDATE ? countof(methods) : 0);
	data = transforms->get_buf(transforms);
	writer->write_uint8(writer, last ? LAST : MORE);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, HEADER_LEN + data.len);
	writer->write_uint8(writer, proposal->get_number(proposal));
	writer->write_uint8(writer, protocol);
	writer->write_uint8(writer, 0);
	writer->write_uint8(writer, count);
	writer->write_data(writer, data);
	transforms->destroy(transforms);
}

/*
 * Described in header
 */
chunk_t gikev2_sag_build(linked_list_t *proposals)
{
	int left = proposals->get_count(proposals);
	enumerator_t *enumerator;
	proposal_t *proposal;
	bio_writer_t *writer;
	chunk_t body;

	writer = bio_writer_create(128);
	enumerator = proposals->create_enumerator(proposals);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		build_proposal(writer, proposal, --left == 0);
	}
	enumerator->destroy(enumerator);
	body = writer->extract_buf(writer);
	writer->destroy(writer);
	return body;
}

/**
 * Add a transform to a proposal, if it means something
 */
static void add_transform(proposal_t *proposal, gikev2_transform_t *transform)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	bool is_gcauth;

	is_gcauth = protocol == PROTO_GIKE_UPDATE &&
				transform->type == GROUP_CONTROLLER_AUTH;
	if (!transform->unknown &&
		(is_gcauth || gkm_transform_allowed(protocol, transform->type)))
	{
		proposal->add_algorithm(proposal, transform->type, transform->id,
								transform->key_size);
	}
}

/**
 * Read the transforms of a proposal
 */
static bool parse_transforms(gikev2_input_t *in, const u_char *at, chunk_t data,
							 u_int count, proposal_t *proposal)
{
	gikev2_transform_t transform = {};
	bio_reader_t *reader;
	bool success = TRUE;
	u_int i;

	reader = bio_reader_create(data);
	for (i = 0; success && i < count; i++)
	{
		success = gikev2_transform_parse(in, reader, &transform);
		if (success && transform.last != (i == count - 1))
		{
			success = gikev2_fail(in, transform.at, "transform %u of %u is %s",
								  i + 1, count, transform.last ?
								  "marked as last" : "not marked as last");
		}
		if (success)
		{
			add_transform(proposal, &transform);
		}
	}
	if (success && reader->remaining(reader))
	{
		success = gikev2_fail(in, at, "proposal has %u octets after %u "
							  "transforms", reader->remaining(reader), count);
	}
	reader->destroy(reader);
	return success;
}

/**
 * Read a proposal
 */
static bool parse_proposal(gikev2_input_t *in, bio_reader_t *reader,
						   linked_list_t *list, bool *done)
{
	uint32_t size = reader->remaining(reader);
	u_char *at = gikev2_position(in, reader);
	uint8_t last, reserved, number, protocol, spi_size, count;
	proposal_t *proposal;
	uint16_t len;
	chunk_t data;

	if (size < HEADER_LEN)
	{
		return gikev2_fail(in, at, "proposal of at least %u octets, but only "
						   "%u left", HEADER_LEN, size);
	}
	reader->read_uint8(reader, &last);
	reader->read_uint8(reader, &reserved);
	reader->read_uint16(reader, &len);
	reader->read_uint8(reader, &number);
	reader->read_uint8(reader, &protocol);
	reader->read_uint8(reader, &spi_size);
	reader->read_uint8(reader, &count);
	if (last != LAST && last != MORE)
	{
		return gikev2_fail(in, at, "proposal is followed by %u instead of %u "
						   "or %u", last, LAST, MORE);
	}
	if (len < HEADER_LEN + spi_size || len > size)
	{
		return gikev2_fail(in, at, "proposal has a length of %u, but %u to %u "
						   "are possible", len, HEADER_LEN + spi_size, size);
	}
	*done = last == LAST;
	if (*done && len != size)
	{
		return gikev2_fail(in, at, "last proposal is followed by %u octets",
						   size - len);
	}
	/* RFC 9838, 2.3.3: SPIs are of no use */
	reader->read_data(reader, spi_size, &data);
	reader->read_data(reader, len - HEADER_LEN - spi_size, &data);
	proposal = proposal_create(protocol, number);
	if (!parse_transforms(in, at, data, count, proposal))
	{
		proposal->destroy(proposal);
		return FALSE;
	}
	if (protocol == PROTO_ESP || protocol == PROTO_AH ||
		protocol == PROTO_GIKE_UPDATE)
	{
		list->insert_last(list, proposal);
	}
	else
	{
		proposal->destroy(proposal);
	}
	return TRUE;
}

/*
 * Described in header
 */
linked_list_t *gikev2_sag_parse(chunk_t data, gkm_error_t *err)
{
	gikev2_input_t in = { "SAg", data, err };
	bool success = TRUE, done = FALSE;
	bio_reader_t *reader;
	linked_list_t *list;

	list = linked_list_create();
	reader = bio_reader_create(data);
	while (success && !done)
	{
		if (list->get_count(list) == PROPOSALS_MAX)
		{
			success = gikev2_fail(&in, gikev2_position(&in, reader), "more "
								  "than %u proposals", PROPOSALS_MAX);
		}
		success = success && parse_proposal(&in, reader, list, &done);
	}
	reader->destroy(reader);
	if (!success)
	{
		list->destroy_offset(list, offsetof(proposal_t, destroy));
		return NULL;
	}
	return list;
}

/**
 * Is the algorithm of an SA among those of a proposal?
 */
static bool has_algorithm(proposal_t *proposal, transform_type_t type,
						  uint16_t alg, uint16_t key_size)
{
	enumerator_t *enumerator;
	uint16_t other, other_size;
	bool found = FALSE;

	enumerator = proposal->create_enumerator(proposal, type);
	while (!found && enumerator->enumerate(enumerator, &other, &other_size))
	{
		found = alg == other && key_size == other_size;
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Are all algorithms of an SA among those of a proposal? AEAD and others may
 * be mixed in one (RFC 9838, 2.3.3), so what counts is what the SA has.
 */
static bool has_algorithms(proposal_t *proposal, proposal_t *sa)
{
	transform_type_t type;
	uint16_t alg, key_size;

	if (proposal->get_protocol(proposal) != sa->get_protocol(sa))
	{
		return FALSE;
	}
	for (type = ENCRYPTION_ALGORITHM; type <= KEY_WRAP_ALGORITHM; type++)
	{
		if (sa->get_algorithm(sa, type, &alg, &key_size) &&
			!has_algorithm(proposal, type, alg, key_size))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Does a proposal allow the method that rekeys are authenticated with? One
 * that names none leaves it open.
 */
static bool has_method(proposal_t *proposal, gkm_rekey_sa_t *rekey)
{
	uint16_t method;

	method = rekey->auth == GKM_AUTH_SIGNATURE ? GCAUTH_SIGNATURE
											   : GCAUTH_IMPLICIT;
	return !proposal->get_algorithm(proposal, GROUP_CONTROLLER_AUTH, NULL,
									NULL) ||
			has_algorithm(proposal, GROUP_CONTROLLER_AUTH, method, 0);
}

/**
 * Does a proposal of this number cover an SA?
 */
static bool is_covered(linked_list_t *proposals, u_int number,
					   gkm_rekey_sa_t *rekey, proposal_t *sa)
{
	enumerator_t *enumerator;
	proposal_t *proposal;
	bool found = FALSE;

	enumerator = proposals->create_enumerator(proposals);
	while (!found && enumerator->enumerate(enumerator, &proposal))
	{
		found = proposal->get_number(proposal) == number &&
				has_algorithms(proposal, sa) &&
				(!rekey || has_method(proposal, rekey));
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Do the proposals of this number cover all SAs?
 */
static bool covers_with(linked_list_t *proposals, u_int number,
						gkm_rekey_sa_t *rekey, array_t *sas, gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	int i;

	if (rekey && !is_covered(proposals, number, rekey, rekey->proposal))
	{
		return gkm_fail(err, "SAg payload: no proposal %u covers the rekey SA",
						number);
	}
	for (i = 0; i < array_count(sas); i++)
	{
		array_get(sas, i, &sa);
		if (!is_covered(proposals, number, NULL, sa->proposal))
		{
			return gkm_fail(err, "SAg payload: no proposal %u covers %N SA "
							"%.8x", number, protocol_id_names,
							sa->proposal->get_protocol(sa->proposal),
							ntohl(sa->spi));
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_sag_covers(linked_list_t *proposals, gkm_rekey_sa_t *rekey,
					   array_t *sas, gkm_error_t *err)
{
	bool tried[UINT8_MAX + 1] = {};
	gkm_error_t reason = {};
	enumerator_t *enumerator;
	proposal_t *proposal;
	bool covered = FALSE;
	uint8_t number;

	enumerator = proposals->create_enumerator(proposals);
	while (!covered && enumerator->enumerate(enumerator, &proposal))
	{
		number = proposal->get_number(proposal);
		covered = !tried[number] &&
				  covers_with(proposals, number, rekey, sas, &reason);
		tried[number] = TRUE;
	}
	enumerator->destroy(enumerator);
	if (!covered)
	{
		gkm_fail(err, "%s", reason.text[0] ? reason.text
										   : "SAg payload: no proposals");
	}
	return covered;
}
