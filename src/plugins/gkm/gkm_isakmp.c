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

#include "gkm_isakmp.h"
#include "gkm_payload.h"

#include "libgkm/gdoi/gdoi_isakmp.h"

#include <bio/bio_writer.h>
#include <daemon.h>
#include <encoding/message.h>

/*
 * Described in header
 */
bool gkm_isakmp_hash(keymat_v1_t *keymat, uint32_t mid, chunk_t data,
					 chunk_t *hash)
{
	message_t *message;
	bool ok;

	/* charon's prf and SKEYID_a can't be had, but it calculates just this over
	 * the payloads of a message of these exchanges */
	message = message_create(IKEV1_MAJOR_VERSION, IKEV1_MINOR_VERSION);
	message->set_exchange_type(message, TRANSACTION);
	message->set_message_id(message, mid);
	message->add_payload(message, gkm_payload_create_bare(chunk_clone(data)));
	ok = keymat->get_hash_phase2(keymat, message, hash);
	message->destroy(message);
	return ok;
}

/*
 * Described in header
 */
bool gkm_isakmp_first_iv(ike_sa_t *ike_sa, uint32_t mid, chunk_t *iv)
{
	keymat_v1_t *keymat = (keymat_v1_t*)ike_sa->get_keymat(ike_sa);
	chunk_t first;

	if (!keymat->get_iv(keymat, mid, &first))
	{
		return FALSE;
	}
	*iv = chunk_clone(first);
	return TRUE;
}

/**
 * Get the cipher of a phase 1 SA, NULL if it has no keys
 */
static aead_t *get_cipher(ike_sa_t *ike_sa, bool in, chunk_t iv)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	aead_t *aead;

	aead = keymat->get_aead(keymat, in);
	return aead && aead->get_block_size(aead) == iv.len ? aead : NULL;
}

/**
 * Write the header of a message
 */
static void write_header(bio_writer_t *writer, ike_sa_t *ike_sa,
						 uint8_t exchange, uint32_t mid, uint8_t first,
						 size_t length)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	gdoi_header_t header = {
		.next = first,
		.exchange = exchange,
		.flags = GDOI_FLAG_ENCRYPTED,
		.mid = mid,
		.length = length,
	};
	uint64_t spi;

	spi = id->get_initiator_spi(id);
	memcpy(header.cookies, &spi, sizeof(spi));
	spi = id->get_responder_spi(id);
	memcpy(header.cookies + sizeof(spi), &spi, sizeof(spi));
	gdoi_header_build(writer, &header);
}

/*
 * Described in header
 */
bool gkm_isakmp_seal(ike_sa_t *ike_sa, uint8_t exchange, uint32_t mid,
					 uint8_t first, chunk_t plain, chunk_t *iv,
					 chunk_t *message)
{
	aead_t *aead = get_cipher(ike_sa, FALSE, *iv);
	bio_writer_t *writer;
	chunk_t out;
	size_t len;

	if (!aead)
	{
		return FALSE;
	}
	/* padded with zeroes, which the length in the header includes
	 * (RFC 2409, appendix B) */
	len = round_up(plain.len, iv->len);
	writer = bio_writer_create(GDOI_HEADER_LEN + len);
	write_header(writer, ike_sa, exchange, mid, first, GDOI_HEADER_LEN + len);
	writer->write_data(writer, plain);
	memset(writer->skip(writer, len - plain.len).ptr, 0, len - plain.len);
	out = writer->extract_buf(writer);
	writer->destroy(writer);
	if (!aead->encrypt(aead, chunk_skip(out, GDOI_HEADER_LEN), chunk_empty,
					   *iv, NULL))
	{
		chunk_clear(&out);
		return FALSE;
	}
	memcpy(iv->ptr, out.ptr + out.len - iv->len, iv->len);
	*message = out;
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_isakmp_open(ike_sa_t *ike_sa, chunk_t message, chunk_t iv,
					 chunk_t *plain, chunk_t *next)
{
	aead_t *aead = get_cipher(ike_sa, TRUE, iv);

	if (!aead || message.len <= GDOI_HEADER_LEN ||
		(message.len - GDOI_HEADER_LEN) % iv.len)
	{
		return FALSE;
	}
	*plain = chunk_clone(chunk_skip(message, GDOI_HEADER_LEN));
	if (!aead->decrypt(aead, *plain, chunk_empty, iv, NULL))
	{
		chunk_clear(plain);
		return FALSE;
	}
	*next = chunk_skip(message, message.len - iv.len);
	return TRUE;
}
