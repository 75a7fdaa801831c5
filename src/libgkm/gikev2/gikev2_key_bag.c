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

#include "gikev2_key_bag.h"
#include "gikev2_attribute.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Protocol   |   SPI Size    |            Length             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                              SPI                              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                          Attributes                           ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 4.5.2. With Protocol 0 this is a member key bag (4.5.3), which has
 * no SPI.
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                            Key ID                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                            KWK ID                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                         Encrypted Key                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 4.5.4: value of SA_KEY and WRAP_KEY.
 */

/** Octets before the encrypted key */
#define KEY_HEADER_LEN 8

/** Octets in a sender ID that we send. RFC 9838, 4.5.3.3, doesn't say. */
#define SENDER_ID_LEN 4

/**
 * Read a wrapped key
 */
static bool parse_key(gikev2_input_t *in, gikev2_attribute_t *attr,
					  gikev2_key_bag_t *bag)
{
	bool member = bag->sub.protocol == PROTO_NONE;
	gikev2_wrapped_key_t key = {
		.at = attr->at,
	};

	if (!gikev2_attribute_is_tlv(in, attr))
	{
		return FALSE;
	}
	if (attr->value.len <= KEY_HEADER_LEN)
	{
		return gikev2_fail(in, attr->at, "wrapped key of %zu octets, more than "
						   "%u needed", attr->value.len, KEY_HEADER_LEN);
	}
	key.id = untoh32(attr->value.ptr);
	key.kwk_id = untoh32(attr->value.ptr + 4);
	key.data = chunk_skip(attr->value, KEY_HEADER_LEN);
	if (member && !key.id)
	{
		return gikev2_fail(in, attr->at, "WRAP_KEY with key ID 0");
	}
	if (!member && key.id)
	{
		return gikev2_fail(in, attr->at, "SA_KEY with key ID %u", key.id);
	}
	array_insert(bag->keys, ARRAY_TAIL, &key);
	return TRUE;
}

/**
 * Read the key that signs rekeys
 */
static bool parse_auth_key(gikev2_input_t *in, gikev2_attribute_t *attr,
						   gikev2_key_bag_t *bag)
{
	if (!gikev2_attribute_is_tlv(in, attr))
	{
		return FALSE;
	}
	if (bag->auth_key.len)
	{
		return gikev2_fail(in, attr->at, "second AUTH_KEY");
	}
	if (!attr->value.len)
	{
		return gikev2_fail(in, attr->at, "empty AUTH_KEY");
	}
	bag->auth_key = attr->value;
	return TRUE;
}

/**
 * Read a sender ID: a number, right-aligned in 1 to 8 octets
 */
static bool parse_sender_id(gikev2_input_t *in, gikev2_attribute_t *attr,
							gikev2_key_bag_t *bag)
{
	uint64_t id = 0;
	int i;

	if (!gikev2_attribute_is_tlv(in, attr))
	{
		return FALSE;
	}
	if (attr->value.len < 1 || attr->value.len > sizeof(id))
	{
		return gikev2_fail(in, attr->at, "sender ID of %zu octets, 1 to %zu "
						   "allowed", attr->value.len, sizeof(id));
	}
	for (i = 0; i < attr->value.len; i++)
	{
		id = id << 8 | attr->value.ptr[i];
	}
	array_insert(bag->sender_ids, ARRAY_TAIL, &id);
	return TRUE;
}

/**
 * Read an attribute
 */
static bool parse_attribute(gikev2_input_t *in, bio_reader_t *reader,
							gikev2_key_bag_t *bag)
{
	gikev2_attribute_t attr;

	if (!gikev2_attribute_parse(in, reader, &attr))
	{
		return FALSE;
	}
	if (bag->sub.protocol != PROTO_NONE)
	{
		return attr.type == SA_KEY ? parse_key(in, &attr, bag) : TRUE;
	}
	switch (attr.type)
	{
		case WRAP_KEY:
			return parse_key(in, &attr, bag);
		case AUTH_KEY:
			return parse_auth_key(in, &attr, bag);
		case GM_SENDER_ID:
			return parse_sender_id(in, &attr, bag);
		default:
			return TRUE;
	}
}

/*
 * Described in header
 */
void gikev2_key_bag_init(gikev2_key_bag_t *bag, gikev2_substructure_t *sub)
{
	*bag = (gikev2_key_bag_t){
		.sub = *sub,
		.keys = array_create(sizeof(gikev2_wrapped_key_t), 0),
		.sender_ids = array_create(sizeof(uint64_t), 0),
	};
}

/*
 * Described in header
 */
bool gikev2_key_bag_parse(gikev2_input_t *in, gikev2_substructure_t *sub,
						  gikev2_key_bag_t *bag)
{
	bio_reader_t *reader;
	bool success = TRUE;

	gikev2_key_bag_init(bag, sub);
	reader = bio_reader_create(sub->content);
	while (success && reader->remaining(reader))
	{
		success = parse_attribute(in, reader, bag);
	}
	reader->destroy(reader);
	return success;
}

/**
 * Write wrapped keys
 */
static void build_keys(bio_writer_t *writer, gikev2_key_bag_t *bag)
{
	bool member = bag->sub.protocol == PROTO_NONE;
	gikev2_wrapped_key_t key;
	bio_writer_t *value;
	int i;

	for (i = 0; i < array_count(bag->keys); i++)
	{
		array_get(bag->keys, i, &key);
		value = bio_writer_create(KEY_HEADER_LEN + key.data.len);
		value->write_uint32(value, key.id);
		value->write_uint32(value, key.kwk_id);
		value->write_data(value, key.data);
		gikev2_attribute_build_tlv(writer, member ? WRAP_KEY : SA_KEY,
								   value->get_buf(value));
		value->destroy(value);
	}
}

/*
 * Described in header
 */
void gikev2_key_bag_build(bio_writer_t *writer, gikev2_key_bag_t *bag)
{
	gikev2_substructure_t sub = bag->sub;
	bio_writer_t *content;
	uint64_t id;
	int i;

	content = bio_writer_create(64);
	build_keys(content, bag);
	if (bag->auth_key.len)
	{
		gikev2_attribute_build_tlv(content, AUTH_KEY, bag->auth_key);
	}
	for (i = 0; i < array_count(bag->sender_ids); i++)
	{
		array_get(bag->sender_ids, i, &id);
		gikev2_attribute_build_uint32(content, GM_SENDER_ID, id);
	}
	sub.content = content->get_buf(content);
	if (sub.content.len || sub.protocol != PROTO_NONE)
	{
		gikev2_substructure_build(writer, &sub);
	}
	content->destroy(content);
}

/*
 * Described in header
 */
void gikev2_key_bag_clear(gikev2_key_bag_t *bag)
{
	array_destroy(bag->keys);
	array_destroy(bag->sender_ids);
	*bag = (gikev2_key_bag_t){};
}
