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

#include "gdoi_isakmp.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                       Initiator Cookie                        |
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                       Responder Cookie                        |
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Next Payload  | MjVer | MnVer | Exchange Type |     Flags     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Message ID                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                            Length                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Next Payload  |   RESERVED    |         Payload Length        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |A|       Attribute Type        |  AF=1: value, AF=0: length    |
 *  |F|                             |        of data that follows   |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 2408, 3.1 to 3.3.
 */

/** Octets in the body of a payload at most */
#define BODY_MAX (UINT16_MAX - GDOI_GENERIC_LEN)

/** Bit of an attribute that has its value in place of a length */
#define ATTRIBUTE_BASIC 0x8000

/*
 * Described in header
 */
bool gdoi_header_parse(chunk_t datagram, gdoi_header_t *header)
{
	bio_reader_t *reader;
	chunk_t cookies;
	uint8_t version;
	bool success;

	reader = bio_reader_create(datagram);
	success = reader->read_data(reader, sizeof(header->cookies), &cookies) &&
			  reader->read_uint8(reader, &header->next) &&
			  reader->read_uint8(reader, &version) &&
			  reader->read_uint8(reader, &header->exchange) &&
			  reader->read_uint8(reader, &header->flags) &&
			  reader->read_uint32(reader, &header->mid) &&
			  reader->read_uint32(reader, &header->length) &&
			  version == GDOI_ISAKMP_VERSION && header->length == datagram.len;
	if (success)
	{
		memcpy(header->cookies, cookies.ptr, sizeof(header->cookies));
	}
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
void gdoi_header_build(bio_writer_t *writer, gdoi_header_t *header)
{
	writer->write_data(writer, chunk_from_thing(header->cookies));
	writer->write_uint8(writer, header->next);
	writer->write_uint8(writer, GDOI_ISAKMP_VERSION);
	writer->write_uint8(writer, header->exchange);
	writer->write_uint8(writer, header->flags);
	writer->write_uint32(writer, header->mid);
	writer->write_uint32(writer, header->length);
}

/**
 * Read a payload
 *
 * @param type		its type, receives that of the next one
 * @param data		what is left, gets what is left then
 */
static bool parse_payload(uint8_t *type, chunk_t *data,
						  gdoi_payload_t *payload, gkm_error_t *err)
{
	uint16_t len;

	if (data->len < GDOI_GENERIC_LEN)
	{
		return gkm_fail(err, "payload of type %u: incomplete header", *type);
	}
	len = untoh16(data->ptr + 2);
	/* RFC 2408, 5.3 */
	if (data->ptr[1] || len < GDOI_GENERIC_LEN || len > data->len)
	{
		return gkm_fail(err, "payload of type %u: length %u, %zu octets are "
						"there, reserved octet %u", *type, len, data->len,
						data->ptr[1]);
	}
	*payload = (gdoi_payload_t){
		.type = *type,
		.body = chunk_create(data->ptr + GDOI_GENERIC_LEN,
							 len - GDOI_GENERIC_LEN),
		.whole = chunk_create(data->ptr, len),
	};
	*type = data->ptr[0];
	*data = chunk_skip(*data, len);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_payloads_parse(uint8_t first, chunk_t data, size_t padding,
						 array_t *payloads, gkm_error_t *err)
{
	gdoi_payload_t payload;

	while (first != GDOI_PLD_NONE)
	{
		if (array_count(payloads) >= GDOI_PAYLOADS_MAX)
		{
			return gkm_fail(err, "more than %d payloads", GDOI_PAYLOADS_MAX);
		}
		if (!parse_payload(&first, &data, &payload, err))
		{
			return FALSE;
		}
		array_insert(payloads, ARRAY_TAIL, &payload);
	}
	return data.len <= padding ||
		   gkm_fail(err, "%zu octets after the last payload", data.len);
}

/*
 * Described in header
 */
void gdoi_payload_build(bio_writer_t *writer, uint8_t next, chunk_t body)
{
	writer->write_uint8(writer, next);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, GDOI_GENERIC_LEN + body.len);
	writer->write_data(writer, body);
}

/*
 * Described in header
 */
void gdoi_payloads_remove(array_t *payloads, uint8_t type)
{
	gdoi_payload_t payload;
	int i = 0;

	while (array_get(payloads, i, &payload))
	{
		if (payload.type == type)
		{
			array_remove(payloads, i, NULL);
		}
		else
		{
			i++;
		}
	}
}

/*
 * Described in header
 */
void gdoi_payloads_add(array_t *payloads, uint8_t type, chunk_t body)
{
	gdoi_payload_t payload = {
		.type = type,
		.body = body,
	};

	array_insert(payloads, ARRAY_TAIL, &payload);
}

/*
 * Described in header
 */
bool gdoi_payloads_build(array_t *payloads, chunk_t *data, gkm_error_t *err)
{
	gdoi_payload_t payload, next;
	bio_writer_t *writer;
	size_t len = 0;
	int i;

	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		if (payload.body.len > BODY_MAX)
		{
			return gkm_fail(err, "payload of type %u: %zu octets, at most %d "
							"are possible", payload.type, payload.body.len,
							BODY_MAX);
		}
		len += GDOI_GENERIC_LEN + payload.body.len;
	}
	/* as long as it gets, so that no keys are left where it grew */
	writer = bio_writer_create(len);
	for (i = 0; array_get(payloads, i, &payload); i++)
	{
		next.type = GDOI_PLD_NONE;
		array_get(payloads, i + 1, &next);
		gdoi_payload_build(writer, next.type, payload.body);
	}
	*data = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

CALLBACK(clear_payload, void,
	gdoi_payload_t *payload, int idx, void *user)
{
	chunk_clear(&payload->body);
}

/*
 * Described in header
 */
void gdoi_payloads_clear(array_t *payloads)
{
	array_destroy_function(payloads, (void*)clear_payload, NULL);
}

/*
 * Described in header
 */
bool gdoi_attributes_parse(chunk_t data, array_t *attributes, gkm_error_t *err)
{
	gdoi_attribute_t attribute;
	bio_reader_t *reader;
	bool success = TRUE;

	reader = bio_reader_create(data);
	while (success && reader->remaining(reader))
	{
		attribute = (gdoi_attribute_t){};
		if (array_count(attributes) >= GDOI_ATTRIBUTES_MAX)
		{
			success = gkm_fail(err, "more than %d attributes",
							   GDOI_ATTRIBUTES_MAX);
		}
		else if (!reader->read_uint16(reader, &attribute.type) ||
				 !reader->read_uint16(reader, &attribute.value))
		{
			success = gkm_fail(err, "incomplete attribute");
		}
		else if (attribute.type & ATTRIBUTE_BASIC)
		{
			attribute.type &= ~ATTRIBUTE_BASIC;
			attribute.basic = TRUE;
			array_insert(attributes, ARRAY_TAIL, &attribute);
		}
		else if (!reader->read_data(reader, attribute.value, &attribute.data))
		{
			success = gkm_fail(err, "attribute %u: length %u, %u octets are "
							   "there", attribute.type, attribute.value,
							   reader->remaining(reader));
		}
		else
		{
			attribute.value = 0;
			array_insert(attributes, ARRAY_TAIL, &attribute);
		}
	}
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
bool gdoi_attribute_is_first(array_t *attributes, int i)
{
	gdoi_attribute_t attribute, other;

	array_get(attributes, i, &attribute);
	while (i--)
	{
		array_get(attributes, i, &other);
		if (other.type == attribute.type)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_attributes_read(chunk_t data, gdoi_attribute_read_t read, void *user,
						  gkm_error_t *err)
{
	gdoi_attribute_t attribute;
	array_t *attributes;
	bool success;
	int i;

	attributes = array_create(sizeof(attribute), 0);
	success = gdoi_attributes_parse(data, attributes, err);
	for (i = 0; success && array_get(attributes, i, &attribute); i++)
	{
		success = read(user, &attribute, gdoi_attribute_is_first(attributes, i),
					   err);
	}
	array_destroy(attributes);
	return success;
}

/*
 * Described in header
 */
bool gdoi_attribute_number(gdoi_attribute_t *attribute, uint32_t *number)
{
	chunk_t data = attribute->data;

	if (attribute->basic)
	{
		*number = attribute->value;
		return TRUE;
	}
	for (*number = 0; data.len && data.len <= sizeof(*number);
		 data = chunk_skip(data, 1))
	{
		*number = *number << 8 | data.ptr[0];
	}
	return attribute->data.len && !data.len;
}

/*
 * Described in header
 */
void gdoi_attribute_basic(bio_writer_t *writer, uint16_t type, uint16_t value)
{
	writer->write_uint16(writer, type | ATTRIBUTE_BASIC);
	writer->write_uint16(writer, value);
}

/*
 * Described in header
 */
void gdoi_attribute_variable(bio_writer_t *writer, uint16_t type,
							 chunk_t data)
{
	writer->write_uint16(writer, type);
	writer->write_data16(writer, data);
}
