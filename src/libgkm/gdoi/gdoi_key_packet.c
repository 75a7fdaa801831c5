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


#include "gdoi_key_packet.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   KD Type     |   RESERVED    |           KD Length           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   SPI Size    |                     SPI                       ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                    Key Packet Attributes                      ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.6. KD Length is that of all.
 */

/** Octets before SPI Size */
#define HEADER_LEN 4

/*
 * Described in header
 */
bool gdoi_key_packet_parse(bio_reader_t *reader, gdoi_key_packet_t *packet,
						   gkm_error_t *err)
{
	chunk_t data = chunk_empty;
	bio_reader_t *content;
	uint8_t reserved;
	uint16_t len;
	bool success;

	*packet = (gdoi_key_packet_t){
		.attributes = array_create(sizeof(gdoi_attribute_t), 0),
	};
	if (!reader->read_uint8(reader, &packet->type) ||
		!reader->read_uint8(reader, &reserved) ||
		!reader->read_uint16(reader, &len) || len < HEADER_LEN ||
		!reader->read_data(reader, len - HEADER_LEN, &data))
	{
		return gkm_fail(err, "KD payload: incomplete key packet");
	}
	content = bio_reader_create(data);
	success = content->read_data8(content, &packet->spi) ||
			  gkm_fail(err, "KD payload: key packet of %u octets", len);
	success = success && gdoi_attributes_parse(content->peek(content),
											   packet->attributes, err);
	content->destroy(content);
	return success;
}

/*
 * Described in header
 */
chunk_t gdoi_key_packet_build(gdoi_kd_type_t type, chunk_t spi,
							  bio_writer_t *attributes, gkm_error_t *err)
{
	chunk_t data = attributes->get_buf(attributes), packet;
	size_t len = GDOI_KEY_PACKET_LEN + spi.len + data.len;
	bio_writer_t *writer;

	if (len > UINT16_MAX)
	{
		gkm_fail(err, "key packet of %zu octets", len);
		memwipe(data.ptr, data.len);
		return chunk_empty;
	}
	writer = bio_writer_create(len);
	writer->write_uint8(writer, type);
	writer->write_uint8(writer, 0);
	writer->write_uint16(writer, len);
	writer->write_data8(writer, spi);
	writer->write_data(writer, data);
	memwipe(data.ptr, data.len);
	packet = writer->extract_buf(writer);
	writer->destroy(writer);
	return packet;
}

/*
 * Described in header
 */
void gdoi_key_packet_clear(gdoi_key_packet_t *this)
{
	array_destroy(this->attributes);
	*this = (gdoi_key_packet_t){};
}
