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

#include "gdoi_sealed_ack.h"
#include "gdoi_kek.h"

/*
 * Described in header
 */
bool gdoi_sealed_ack_build(gkm_rekey_sa_t *sa, chunk_t ack, chunk_t *datagram,
						   gkm_error_t *err)
{
	gdoi_header_t header;
	bio_writer_t *writer;
	gdoi_kek_t *kek;
	chunk_t payloads;
	bool success;

	if (!gdoi_header_parse(ack, &header))
	{
		return gkm_fail(err, "acknowledgement: wrong header");
	}
	kek = gdoi_kek_create(sa, err);
	if (!kek)
	{
		return FALSE;
	}
	payloads = chunk_skip(ack, GDOI_HEADER_LEN);
	header.flags = GDOI_FLAG_ENCRYPTED;
	header.length = GDOI_HEADER_LEN +
					round_up(payloads.len, gdoi_kek_get_block_len(kek));
	writer = bio_writer_create(header.length);
	gdoi_header_build(writer, &header);
	writer->write_data(writer, payloads);
	memset(writer->skip(writer, header.length - ack.len).ptr, 0,
		   header.length - ack.len);
	*datagram = writer->extract_buf(writer);
	writer->destroy(writer);
	success = gdoi_kek_encrypt(kek, chunk_skip(*datagram, GDOI_HEADER_LEN));
	gdoi_kek_destroy(kek);
	if (!success)
	{
		chunk_clear(datagram);
		return gkm_fail(err, "encrypting an acknowledgement failed");
	}
	return TRUE;
}

/**
 * Write an acknowledgement as it was before, from payloads with padding
 */
static bool build_plain(gdoi_header_t *header, chunk_t payloads, size_t padding,
						chunk_t *ack, gkm_error_t *err)
{
	bio_writer_t *writer;
	gdoi_payload_t payload;
	array_t *list;
	bool success;
	int i;

	list = array_create(sizeof(gdoi_payload_t), 0);
	success = gdoi_payloads_parse(header->next, payloads, padding, list, err);
	if (success)
	{
		header->flags = 0;
		header->length = GDOI_HEADER_LEN;
		for (i = 0; array_get(list, i, &payload); i++)
		{
			header->length += payload.whole.len;
		}
		payloads.len = header->length - GDOI_HEADER_LEN;
		writer = bio_writer_create(header->length);
		gdoi_header_build(writer, header);
		writer->write_data(writer, payloads);
		*ack = writer->extract_buf(writer);
		writer->destroy(writer);
	}
	array_destroy(list);
	return success;
}

/*
 * Described in header
 */
bool gdoi_sealed_ack_open(gkm_rekey_sa_t *sa, chunk_t datagram, chunk_t *ack,
						  gkm_error_t *err)
{
	gdoi_header_t header;
	gdoi_kek_t *kek;
	chunk_t payloads;
	size_t block;
	bool success;

	if (!gdoi_header_parse(datagram, &header) ||
		header.exchange != GDOI_PUSH_ACK ||
		header.flags != GDOI_FLAG_ENCRYPTED ||
		!memeq(header.cookies, sa->spi, sizeof(sa->spi)))
	{
		return gkm_fail(err, "encrypted acknowledgement: wrong header");
	}
	kek = gdoi_kek_create(sa, err);
	if (!kek)
	{
		return FALSE;
	}
	block = gdoi_kek_get_block_len(kek);
	payloads = chunk_clone(chunk_skip(datagram, GDOI_HEADER_LEN));
	if (payloads.len % block)
	{
		success = gkm_fail(err, "encrypted acknowledgement: %zu octets aren't "
						   "whole blocks", payloads.len);
	}
	else if (!gdoi_kek_decrypt(kek, payloads))
	{
		success = gkm_fail(err, "decrypting an acknowledgement failed");
	}
	else
	{
		success = build_plain(&header, payloads, block, ack, err);
	}
	gdoi_kek_destroy(kek);
	chunk_free(&payloads);
	return success;
}
