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

#include "gikev2_transform.h"
#include "gikev2_attribute.h"

#include <collections/array.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Last Substruc |   RESERVED    |        Transform Length       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Transform Type |   RESERVED    |          Transform ID         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                      Transform Attributes                     ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 7296, 3.3.2.
 */

/** Octets before the attributes */
#define HEADER_LEN 8

/** Values of Last Substruc */
#define LAST 0
#define MORE 3

/**
 * Read one of the attributes
 */
static bool parse_attribute(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_transform_t *transform)
{
	gikev2_attribute_t attr;

	if (!gikev2_attribute_parse(in, reader, &attr))
	{
		return FALSE;
	}
	switch (attr.type)
	{
		case TATTR_KEY_LENGTH:
			if (transform->key_size)
			{
				return gikev2_fail(in, attr.at, "second key length attribute");
			}
			if (!gikev2_attribute_uint16(in, &attr, &transform->key_size))
			{
				return FALSE;
			}
			if (!transform->key_size)
			{
				return gikev2_fail(in, attr.at, "key length of 0");
			}
			return TRUE;
		case TATTR_SIGNATURE_ALGORITHM:
			if (transform->sig_alg.len)
			{
				return gikev2_fail(in, attr.at, "second signature algorithm "
								   "attribute");
			}
			if (!gikev2_attribute_is_tlv(in, &attr))
			{
				return FALSE;
			}
			if (!attr.value.len)
			{
				return gikev2_fail(in, attr.at, "signature algorithm attribute "
								   "is empty");
			}
			transform->sig_alg = attr.value;
			return TRUE;
		default:
			transform->unknown = TRUE;
			return TRUE;
	}
}

/*
 * Described in header
 */
bool gikev2_transform_parse(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_transform_t *transform)
{
	uint32_t size = reader->remaining(reader);
	uint8_t last, type, reserved;
	bio_reader_t *attributes;
	bool success = TRUE;
	uint16_t len;
	chunk_t data;

	*transform = (gikev2_transform_t){
		.at = gikev2_position(in, reader),
	};
	if (size < HEADER_LEN)
	{
		return gikev2_fail(in, transform->at, "transform of at least %u "
						   "octets, but only %u left", HEADER_LEN, size);
	}
	reader->read_uint8(reader, &last);
	reader->read_uint8(reader, &reserved);
	reader->read_uint16(reader, &len);
	reader->read_uint8(reader, &type);
	reader->read_uint8(reader, &reserved);
	reader->read_uint16(reader, &transform->id);
	if (last != LAST && last != MORE)
	{
		return gikev2_fail(in, transform->at, "transform is followed by %u "
						   "instead of %u or %u", last, LAST, MORE);
	}
	if (len < HEADER_LEN || len > size)
	{
		return gikev2_fail(in, transform->at, "transform has a length of %u, "
						   "but %u to %u are possible", len, HEADER_LEN, size);
	}
	transform->last = last == LAST;
	transform->type = type;
	reader->read_data(reader, len - HEADER_LEN, &data);
	attributes = bio_reader_create(data);
	while (success && attributes->remaining(attributes))
	{
		success = parse_attribute(in, attributes, transform);
	}
	attributes->destroy(attributes);
	return success;
}

/**
 * Write a transform
 */
static void build(bio_writer_t *writer, gikev2_transform_t *transform,
				  bool last)
{
	bio_writer_t *attributes;
	chunk_t data;

	attributes = bio_writer_create(16);
	if (transform->key_size)
	{
		gikev2_attribute_build_tv(attributes, TATTR_KEY_LENGTH,
								  transform->key_size);
	}
	if (transform->sig_alg.len)
	{
		gikev2_attribute_build_tlv(attributes, TATTR_SIGNATURE_ALGORITHM,
								   transform->sig_alg);
	}
	data = attributes->get_buf(attributes);
	writer->write_uint8(writer, last ? LAST : MORE);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, HEADER_LEN + data.len);
	writer->write_uint8(writer, transform->type);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, transform->id);
	writer->write_data(writer, data);
	attributes->destroy(attributes);
}

/**
 * Collect the algorithms of a proposal, as gikev2_transform_t
 */
static array_t *collect(proposal_t *proposal)
{
	protocol_id_t protocol = proposal->get_protocol(proposal);
	gikev2_transform_t transform = {};
	enumerator_t *enumerator;
	array_t *transforms;

	transforms = array_create(sizeof(transform), 0);
	for (transform.type = ENCRYPTION_ALGORITHM;
		 transform.type <= KEY_WRAP_ALGORITHM; transform.type++)
	{
		if (gkm_transform_allowed(protocol, transform.type))
		{
			enumerator = proposal->create_enumerator(proposal, transform.type);
			while (enumerator->enumerate(enumerator, &transform.id,
										 &transform.key_size))
			{
				array_insert(transforms, ARRAY_TAIL, &transform);
			}
			enumerator->destroy(enumerator);
		}
	}
	return transforms;
}

/*
 * Described in header
 */
u_int gikev2_transforms_build(bio_writer_t *writer, proposal_t *proposal,
							  gikev2_transform_t *others, u_int count)
{
	gikev2_transform_t transform;
	array_t *transforms;
	u_int i, total;

	transforms = collect(proposal);
	for (i = 0; i < count; i++)
	{
		array_insert(transforms, ARRAY_TAIL, &others[i]);
	}
	total = array_count(transforms);
	for (i = 0; i < total; i++)
	{
		array_get(transforms, i, &transform);
		build(writer, &transform, i == total - 1);
	}
	array_destroy(transforms);
	return total;
}
