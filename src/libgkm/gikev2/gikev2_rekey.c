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

#include "../keys/gkm_auth_key.h"
#include "../keys/gkm_keymat.h"
#include "../keys/gkm_rekey_aead.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                  SPI of the rekey SA, first half              |
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                  SPI of the rekey SA, second half             |
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Next = SK/SKF | MjVer | MnVer |   GSA_REKEY   |     Flags     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Message ID                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                            Length                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Next Payload  |C|  RESERVED   |         Payload Length        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |        Fragment Number        |        Total Fragments        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                   IV, encrypted payloads, ICV                 ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 9838, 2.4.1, RFC 7296, 3.1 and 3.14; numbers of fragments in SKF only,
 * RFC 7383, 2.5.
 */

/** Octets in headers of a message with SK payload, of one with SKF payload */
#define SK_HEADERS_LEN (IKE_HEADER_LEN + GENERIC_HEADER_LEN)
#define SKF_HEADERS_LEN (IKE_HEADER_LEN + FRAGMENT_HEADER_LEN)

/** Octets in a UDP datagram at most, over IPv4 (RFC 768, RFC 791) */
#define UDP_MAX 65507

typedef struct private_gikev2_rekey_t private_gikev2_rekey_t;

/**
 * Private data
 */
struct private_gikev2_rekey_t {

	/** public interface */
	gikev2_rekey_t public;

	/** rekey SA */
	gkm_rekey_sa_t *sa;

	/** its keys */
	gkm_rekey_keys_t keys;

	/** encryption and integrity protection */
	aead_t *aead;

	/** key to check signatures with, NULL if authentication is implicit, or for
	 *  a key server */
	gkm_auth_key_t *auth_key;

	/** number of datagrams that were encrypted. IVs are made of it, and of a
	 *  random number, so they don't repeat after a restart either. */
	uint64_t encrypted;

	/** lowest message ID that isn't a replay */
	uint64_t next_id;

	/** fragments that were received */
	gikev2_fragments_t *fragments;
};

/**
 * Context of an update, transport mode left out
 */
static gikev2_update_context_t get_context(private_gikev2_rekey_t *this,
										   array_t *path)
{
	return (gikev2_update_context_t){
		.gsk_w = this->keys.wrap,
		.rekey = this->sa,
		.path = path,
	};
}

/**
 * Write an IKE header and the generic header of the payload that is all of the
 * message
 *
 * @param type		GIKEV2_PL_SK or GIKEV2_PL_SKF
 * @param first		type of the first payload in it
 * @param len		octets of all
 */
static void write_headers(private_gikev2_rekey_t *this, u_char *buf,
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
static bool build_plain(private_gikev2_rekey_t *this, gkm_update_t *update,
						uint32_t message_id, private_key_t *key, uint8_t *first,
						chunk_t *plain, gkm_error_t *err)
{
	gikev2_update_context_t ctx = get_context(this, NULL);
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
static bool add_datagram(private_gikev2_rekey_t *this,
						 gikev2_fragment_t *fragment, array_t *datagrams,
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
	array_insert(datagrams, ARRAY_TAIL, &datagram);
	return TRUE;
}

/**
 * Encrypt a message as fragments (RFC 7383, 2.5)
 */
static bool add_fragments(private_gikev2_rekey_t *this,
						  gikev2_fragment_t *message, size_t max,
						  array_t *datagrams, gkm_error_t *err)
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
		if (!add_datagram(this, &fragment, datagrams, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gikev2_rekey_t, build, bool,
	private_gikev2_rekey_t *this, gkm_update_t *update, uint32_t message_id,
	private_key_t *key, size_t max, array_t *datagrams, gkm_error_t *err)
{
	gikev2_fragment_t message = {
		.message_id = message_id,
	};
	chunk_t datagram;
	bool success;
	size_t len;
	int before = array_count(datagrams);

	if (!build_plain(this, update, message_id, key, &message.next,
					 &message.plain, err))
	{
		return FALSE;
	}
	len = SK_HEADERS_LEN + gikev2_sk_len(this->aead, message.plain.len);
	if (max && len > max)
	{
		success = add_fragments(this, &message, max, datagrams, err);
	}
	else if (len > UDP_MAX)
	{
		success = gkm_fail(err, "rekey of %zu octets, at most %u fit into a "
						   "datagram", len, UDP_MAX);
	}
	else
	{
		success = add_datagram(this, &message, datagrams, err);
	}
	while (!success && array_count(datagrams) > before &&
		   array_remove(datagrams, ARRAY_TAIL, &datagram))
	{
		chunk_free(&datagram);
	}
	chunk_clear(&message.plain);
	return success;
}

/**
 * Check the signature of a message, or that there is none if authentication is
 * implicit (RFC 9838, 2.4.1.1)
 *
 * @param headers	headers of a message with SK payload
 */
static bool check_signature(private_gikev2_rekey_t *this, chunk_t headers,
							chunk_t plain, chunk_t auth, gkm_error_t *err)
{
	chunk_t signature, octets;
	bool success;

	if (this->sa->auth == GKM_AUTH_IMPLICIT)
	{
		return !auth.len || gkm_fail(err, "AUTH payload, but authentication is "
									 "implicit");
	}
	if (!auth.len)
	{
		return gkm_fail(err, "no AUTH payload");
	}
	if (!gikev2_auth_parse(auth, this->sa->sig_alg, &signature, err))
	{
		return FALSE;
	}
	octets = gikev2_auth_octets(headers, plain, signature);
	success = gkm_auth_key_verify(this->auth_key, octets, signature) ||
			  gkm_fail(err, "AUTH payload: wrong signature");
	chunk_clear(&octets);
	return success;
}

/**
 * Read a message that was decrypted, and put together
 *
 * @param headers	headers of a message with SK payload
 */
static gkm_update_t *read_message(private_gikev2_rekey_t *this, chunk_t headers,
								  chunk_t plain, array_t *path,
								  gkm_error_t *err)
{
	gikev2_update_context_t ctx = get_context(this, path);
	gkm_update_t *update = NULL;
	gikev2_inner_t inner;

	if (gikev2_inner_parse(headers.ptr[IKE_HEADER_LEN], plain, &inner, err) &&
		check_signature(this, headers, plain, inner.auth, err))
	{
		ctx.transport = inner.transport;
		update = gikev2_update_parse(&inner.payloads, &ctx, err);
	}
	gikev2_inner_clear(&inner);
	return update;
}

/**
 * Read a datagram with an SK payload, in place
 */
static gikev2_received_t receive_sk(private_gikev2_rekey_t *this,
									chunk_t datagram, array_t *path,
									gkm_update_t **update, gkm_error_t *err)
{
	chunk_t headers, plain;

	headers = chunk_create(datagram.ptr, SK_HEADERS_LEN);
	if (!gikev2_sk_decrypt(this->aead, headers,
						   chunk_skip(datagram, headers.len), &plain))
	{
		gkm_fail(err, "wrong integrity check value");
		return GIKEV2_FORGED;
	}
	if (!gikev2_sk_strip(&plain))
	{
		gkm_fail(err, "more padding than there are octets");
		return GIKEV2_MALFORMED;
	}
	*update = read_message(this, headers, plain, path, err);
	return *update ? GIKEV2_UPDATE : GIKEV2_MALFORMED;
}

/**
 * Read a message that fragments make up, if it is complete
 *
 * @param datagram	last datagram that was received, gets the headers that the
 *					message would have if it weren't fragmented
 */
static gikev2_received_t receive_reassembled(private_gikev2_rekey_t *this,
											 chunk_t datagram, array_t *path,
											 gkm_update_t **update,
											 gkm_error_t *err)
{
	gikev2_fragment_t message;
	chunk_t headers;

	if (!gikev2_fragments_take(this->fragments, &message))
	{
		return GIKEV2_FRAGMENT;
	}
	headers = chunk_create(datagram.ptr, SK_HEADERS_LEN);
	headers.ptr[IKE_NEXT_PAYLOAD_OFFSET] = GIKEV2_PL_SK;
	headers.ptr[IKE_HEADER_LEN] = message.next;
	headers.ptr[IKE_HEADER_LEN + 1] = message.reserved;
	*update = read_message(this, headers, message.plain, path, err);
	chunk_clear(&message.plain);
	return *update ? GIKEV2_UPDATE : GIKEV2_MALFORMED;
}

/**
 * Read a datagram with an SKF payload, in place
 */
static gikev2_received_t receive_skf(private_gikev2_rekey_t *this,
									 chunk_t datagram, array_t *path,
									 gkm_update_t **update, gkm_error_t *err)
{
	gikev2_fragment_t fragment;

	if (datagram.len < SKF_HEADERS_LEN)
	{
		gkm_fail(err, "fragment of %zu octets", datagram.len);
		return GIKEV2_FORGED;
	}
	fragment = (gikev2_fragment_t){
		.message_id = untoh32(datagram.ptr + IKE_MESSAGE_ID_OFFSET),
		.number = untoh16(datagram.ptr + SK_HEADERS_LEN),
		.total = untoh16(datagram.ptr + SK_HEADERS_LEN + 2),
		.next = datagram.ptr[IKE_HEADER_LEN],
		.reserved = datagram.ptr[IKE_HEADER_LEN + 1],
	};
	if (!gikev2_fragment_check(&fragment, err))
	{
		return GIKEV2_FORGED;
	}
	if (!gikev2_sk_decrypt(this->aead,
						   chunk_create(datagram.ptr, SKF_HEADERS_LEN),
						   chunk_skip(datagram, SKF_HEADERS_LEN),
						   &fragment.plain))
	{
		gkm_fail(err, "wrong integrity check value of fragment %u",
				 fragment.number);
		return GIKEV2_FORGED;
	}
	if (!gikev2_sk_strip(&fragment.plain))
	{
		gkm_fail(err, "more padding than there are octets");
		return GIKEV2_MALFORMED;
	}
	if (!gikev2_fragments_add(this->fragments, &fragment, err))
	{
		return GIKEV2_MALFORMED;
	}
	return receive_reassembled(this, datagram, path, update, err);
}

/**
 * Check what can be without the keys
 */
static gikev2_received_t check_headers(private_gikev2_rekey_t *this,
									   chunk_t datagram, gkm_error_t *err)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;

	if (!gikev2_rekey_peek(datagram, spi, &message_id) ||
		!memeq(spi, this->sa->spi, sizeof(spi)))
	{
		gkm_fail(err, "no GSA_REKEY of this rekey SA");
		return GIKEV2_FORGED;
	}
	if (datagram.len < SK_HEADERS_LEN ||
		untoh16(datagram.ptr + IKE_HEADER_LEN + GENERIC_LENGTH_OFFSET) !=
												datagram.len - IKE_HEADER_LEN)
	{
		gkm_fail(err, "encrypted payload isn't the only one");
		return GIKEV2_FORGED;
	}
	if (message_id < this->next_id)
	{
		gkm_fail(err, "message ID %u is a replay, %llu comes next", message_id,
				 (unsigned long long)this->next_id);
		return GIKEV2_REPLAYED;
	}
	return GIKEV2_UPDATE;
}

METHOD(gikev2_rekey_t, receive, gikev2_received_t,
	private_gikev2_rekey_t *this, chunk_t datagram, array_t *path,
	gkm_update_t **update, gkm_error_t *err)
{
	gikev2_received_t result;

	*update = NULL;
	result = check_headers(this, datagram, err);
	if (result != GIKEV2_UPDATE)
	{
		return result;
	}
	datagram = chunk_clone(datagram);
	switch (datagram.ptr[IKE_NEXT_PAYLOAD_OFFSET])
	{
		case GIKEV2_PL_SK:
			result = receive_sk(this, datagram, path, update, err);
			break;
		case GIKEV2_PL_SKF:
			result = receive_skf(this, datagram, path, update, err);
			break;
		default:
			gkm_fail(err, "payload of type %u isn't encrypted",
					 datagram.ptr[IKE_NEXT_PAYLOAD_OFFSET]);
			result = GIKEV2_FORGED;
			break;
	}
	chunk_clear(&datagram);
	return result;
}

METHOD(gikev2_rekey_t, accept_, void,
	private_gikev2_rekey_t *this, uint32_t message_id, gkm_update_t *update)
{
	gkm_auth_key_t *auth_key;

	this->next_id = max(this->next_id, (uint64_t)message_id + 1);
	gikev2_fragments_drop(this->fragments, message_id);
	if (update->auth_key.len)
	{
		auth_key = gkm_auth_key_create(this->sa->sig_alg, update->auth_key,
									   NULL);
		if (auth_key)
		{
			gkm_auth_key_destroy(this->auth_key);
			this->auth_key = auth_key;
			chunk_free(&this->sa->auth_key);
			this->sa->auth_key = chunk_clone(update->auth_key);
		}
	}
}

METHOD(gikev2_rekey_t, get_next_id, uint64_t,
	private_gikev2_rekey_t *this)
{
	return this->next_id;
}

METHOD(gikev2_rekey_t, destroy, void,
	private_gikev2_rekey_t *this)
{
	DESTROY_IF(this->aead);
	gkm_auth_key_destroy(this->auth_key);
	gikev2_fragments_destroy(this->fragments);
	gkm_rekey_sa_destroy(this->sa);
	free(this);
}

/*
 * Described in header
 */
bool gikev2_rekey_peek(chunk_t datagram, uint8_t *spi, uint32_t *message_id)
{
	if (datagram.len < IKE_HEADER_LEN ||
		(datagram.ptr[IKE_VERSION_OFFSET] & 0xf0) != IKE_VERSION_2 ||
		datagram.ptr[IKE_EXCHANGE_OFFSET] != GSA_REKEY ||
		untoh32(datagram.ptr + IKE_LENGTH_OFFSET) != datagram.len)
	{
		return FALSE;
	}
	memcpy(spi, datagram.ptr, GKM_REKEY_SPI_LEN);
	*message_id = untoh32(datagram.ptr + IKE_MESSAGE_ID_OFFSET);
	return TRUE;
}

/*
 * Described in header
 */
gikev2_rekey_t *gikev2_rekey_create_sender(gkm_rekey_sa_t *sa,
										   gkm_error_t *err)
{
	private_gikev2_rekey_t *this;

	INIT(this,
		.public = {
			.build = _build,
			.receive = _receive,
			.accept = _accept_,
			.get_next_id = _get_next_id,
			.destroy = _destroy,
		},
		.sa = gkm_rekey_sa_clone(sa),
		.next_id = sa->message_id,
		.fragments = gikev2_fragments_create(),
	);
	if (gkm_keymat_split_rekey(this->sa->proposal, this->sa->key, &this->keys,
							   err))
	{
		this->aead = gkm_rekey_aead_create(this->sa->proposal, &this->keys,
										   err);
	}
	if (!this->aead)
	{
		destroy(this);
		return NULL;
	}
	if (sa->sig_alg.len > GIKEV2_AUTH_ALG_MAX)
	{
		gkm_fail(err, "rekey SA: signature algorithm of %zu octets",
				 sa->sig_alg.len);
		destroy(this);
		return NULL;
	}
	return &this->public;
}

/*
 * Described in header
 */
gikev2_rekey_t *gikev2_rekey_create(gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	private_gikev2_rekey_t *this;

	this = (private_gikev2_rekey_t*)gikev2_rekey_create_sender(sa, err);
	if (this && sa->auth == GKM_AUTH_SIGNATURE)
	{
		this->auth_key = gkm_auth_key_create(sa->sig_alg, sa->auth_key, err);
		if (!this->auth_key)
		{
			destroy(this);
			return NULL;
		}
	}
	return this ? &this->public : NULL;
}
