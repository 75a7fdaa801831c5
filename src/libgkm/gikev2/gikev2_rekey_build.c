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

#include "gikev2_rekey.h"
#include "gikev2_auth.h"
#include "gikev2_codepoints.h"
#include "gikev2_fragments.h"
#include "gikev2_inner.h"
#include "gikev2_sk.h"
#include "gikev2_wire.h"

#include "../keys/gkm_keymat.h"
#include "../keys/gkm_rekey_aead.h"

/** Octets in a UDP datagram at most, over IPv4 (RFC 768, RFC 791) */
#define UDP_MAX 65507

typedef struct writer_t writer_t;

/**
 * A message on its way into datagrams
 */
struct writer_t {

	/** rekey SA that carries it */
	gkm_rekey_sa_t *sa;

	/** its keys */
	gkm_rekey_keys_t keys;

	/** encryption and integrity protection */
	aead_t *aead;

	/** number of datagrams that were encrypted. IVs are made of it, and of a
	 *  random number, so that those of other messages are different. */
	uint64_t encrypted;

	/** receives datagrams */
	array_t *datagrams;
};

/**
 * Write an IKE header and the generic header of the payload that is all of the
 * message
 *
 * @param type		GIKEV2_PL_SK or GIKEV2_PL_SKF
 * @param first		type of the first payload in it
 * @param len		octets of all
 */
static void write_headers(writer_t *this, u_char *buf,
						  uint8_t type, uint8_t first, uint32_t message_id,
						  size_t len)
{
	u_char *generic = buf + IKE_HEADER_LEN;

	memcpy(buf, this->sa->spi, sizeof(this->sa->spi));
	buf[IKE_NEXT_PAYLOAD_OFFSET] = type;
	buf[IKE_VERSION_OFFSET] = IKE_VERSION_2;
	buf[IKE_EXCHANGE_OFFSET] = GSA_REKEY;
	/* RFC 9838, 4.1, doesn't say. We initiate this, and it's no response. */
	buf[IKE_FLAGS_OFFSET] = IKE_FLAG_INITIATOR;
	htoun32(buf + IKE_MESSAGE_ID_OFFSET, message_id);
	htoun32(buf + IKE_LENGTH_OFFSET, len);
	generic[0] = first;
	generic[1] = 0;
	htoun16(generic + GENERIC_LENGTH_OFFSET, len - IKE_HEADER_LEN);
}

/**
 * Write the payloads of a message
 */
static bool build_plain(writer_t *this, gkm_update_t *update,
						uint32_t message_id, private_key_t *key, uint8_t *first,
						chunk_t *plain, gkm_error_t *err)
{
	gikev2_update_context_t ctx = {
		.gsk_w = this->keys.wrap,
		.rekey = this->sa,
	};
	gikev2_inner_t inner = {
		.transport = gikev2_update_is_transport(update),
	};
	u_char headers[SK_HEADERS_LEN];
	bool success = TRUE;

	if (!key != (this->sa->auth == GKM_AUTH_IMPLICIT))
	{
		return gkm_fail(err, key ? "key to sign rekeys, but authentication is "
						"implicit" : "no key to sign rekeys");
	}
	if (!gikev2_update_build(update, &ctx, &inner.payloads, err))
	{
		return FALSE;
	}
	*first = gikev2_inner_first(&inner);
	if (key)
	{
		write_headers(this, headers, GIKEV2_PL_SK, *first, message_id,
					  sizeof(headers));
		success = gikev2_auth_sign(chunk_from_thing(headers), &inner,
								   this->sa->sig_alg, key, this->sa->auth_key,
								   plain, err);
	}
	else
	{
		*plain = gikev2_inner_build(&inner);
	}
	gikev2_update_payloads_clear(&inner.payloads);
	if (success && plain->len > GIKEV2_PLAIN_MAX)
	{
		success = gkm_fail(err, "rekey of %zu octets, at most %u are possible",
						   plain->len, GIKEV2_PLAIN_MAX);
		chunk_clear(plain);
	}
	return success;
}

/**
 * Encrypt one datagram
 *
 * @param fragment	fragment, or a message if its number is 0
 */
static bool add_datagram(writer_t *this, gikev2_fragment_t *fragment,
						 gkm_error_t *err)
{
	size_t headers = fragment->number ? SKF_HEADERS_LEN : SK_HEADERS_LEN;
	chunk_t datagram, assoc;

	datagram = chunk_alloc(headers +
						   gikev2_sk_len(this->aead, fragment->plain.len));
	write_headers(this, datagram.ptr,
				  fragment->number ? GIKEV2_PL_SKF : GIKEV2_PL_SK,
				  fragment->next, fragment->message_id, datagram.len);
	if (fragment->number)
	{
		htoun16(datagram.ptr + SK_HEADERS_LEN, fragment->number);
		htoun16(datagram.ptr + SK_HEADERS_LEN + 2, fragment->total);
	}
	assoc = chunk_create(datagram.ptr, headers);
	if (!gikev2_sk_encrypt(this->aead, this->encrypted++, assoc,
						   fragment->plain, chunk_skip(datagram, headers)))
	{
		chunk_clear(&datagram);
		return gkm_fail(err, "encrypting a rekey failed");
	}
	array_insert(this->datagrams, ARRAY_TAIL, &datagram);
	return TRUE;
}

/**
 * Encrypt a message as fragments (RFC 7383, 2.5)
 */
static bool add_fragments(writer_t *this, gikev2_fragment_t *message,
						  size_t max, gkm_error_t *err)
{
	gikev2_fragment_t fragment = *message;
	chunk_t rest = message->plain;
	size_t len = 0, count;

	if (max > SKF_HEADERS_LEN)
	{
		len = gikev2_sk_capacity(this->aead, max - SKF_HEADERS_LEN);
	}
	count = len ? (rest.len + len - 1) / len : SIZE_MAX;
	if (count > GIKEV2_FRAGMENTS_MAX)
	{
		return gkm_fail(err, "rekey of %zu octets doesn't fit into %u "
						"fragments of %zu", rest.len, GIKEV2_FRAGMENTS_MAX,
						max);
	}
	fragment.total = count;
	while (fragment.number < count)
	{
		fragment.number++;
		/* only the first one tells the type (RFC 7383, 2.5) */
		fragment.next = fragment.number == 1 ? message->next
											 : GIKEV2_NO_PAYLOAD;
		fragment.plain = chunk_create(rest.ptr, min(len, rest.len));
		rest = chunk_skip(rest, fragment.plain.len);
		if (!add_datagram(this, &fragment, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Encrypt a message, as fragments if it needs to be
 */
static bool add_message(writer_t *this, gikev2_fragment_t *message,
						size_t max, gkm_error_t *err)
{
	size_t len = SK_HEADERS_LEN + gikev2_sk_len(this->aead, message->plain.len);
	int before = array_count(this->datagrams);
	chunk_t datagram;
	bool success;

	if (max && len > max)
	{
		success = add_fragments(this, message, max, err);
	}
	else if (len > UDP_MAX)
	{
		success = gkm_fail(err, "rekey of %zu octets, at most %u fit into a "
						   "datagram", len, UDP_MAX);
	}
	else
	{
		success = add_datagram(this, message, err);
	}
	while (!success && array_count(this->datagrams) > before &&
		   array_remove(this->datagrams, ARRAY_TAIL, &datagram))
	{
		chunk_free(&datagram);
	}
	return success;
}

/*
 * Described in header
 */
bool gikev2_rekey_build(gkm_rekey_sa_t *sa, gkm_update_t *update,
						uint32_t message_id, private_key_t *key, size_t max,
						array_t *datagrams, gkm_error_t *err)
{
	writer_t writer = {
		.sa = sa,
		.datagrams = datagrams,
	};
	gikev2_fragment_t message = {
		.message_id = message_id,
	};
	bool success;

	if (sa->sig_alg.len > GIKEV2_AUTH_ALG_MAX)
	{
		return gkm_fail(err, "rekey SA: signature algorithm of %zu octets",
						sa->sig_alg.len);
	}
	if (gkm_keymat_split_rekey(sa->proposal, sa->key, &writer.keys, err))
	{
		writer.aead = gkm_rekey_aead_create(sa->proposal, &writer.keys, err);
	}
	success = writer.aead &&
			  build_plain(&writer, update, message_id, key, &message.next,
						  &message.plain, err) &&
			  add_message(&writer, &message, max, err);
	chunk_clear(&message.plain);
	DESTROY_IF(writer.aead);
	return success;
}
