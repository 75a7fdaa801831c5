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

typedef struct private_gikev2_rekey_t private_gikev2_rekey_t;

/**
 * Private data
 */
struct private_gikev2_rekey_t {

	/** public interface */
	gkm_channel_t public;

	/** rekey SA */
	gkm_rekey_sa_t *sa;

	/** its keys */
	gkm_rekey_keys_t keys;

	/** encryption and integrity protection */
	aead_t *aead;

	/** key to check signatures with, NULL if authentication is implicit */
	gkm_auth_key_t *auth_key;

	/** lowest message ID that isn't a replay */
	uint64_t next_id;

	/** fragments that were received */
	gikev2_fragments_t *fragments;
};

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
	gikev2_update_context_t ctx = {
		.gsk_w = this->keys.wrap,
		.rekey = this->sa,
		.path = path,
	};
	gkm_update_t *update = NULL;
	gikev2_inner_t inner;

	if (gikev2_inner_parse(headers.ptr[IKE_HEADER_LEN], plain, &inner, err) &&
		check_signature(this, headers, plain, inner.auth, err))
	{
		ctx.transport = inner.transport;
		update = gikev2_update_parse(&inner.payloads, &ctx, err);
		if (update)
		{
			update->message_id = untoh32(headers.ptr + IKE_MESSAGE_ID_OFFSET);
		}
	}
	gikev2_inner_clear(&inner);
	return update;
}

/**
 * Read a datagram with an SK payload, in place
 */
static gkm_received_t receive_sk(private_gikev2_rekey_t *this,
								 chunk_t datagram, array_t *path,
								 gkm_update_t **update, gkm_error_t *err)
{
	chunk_t headers, plain;

	headers = chunk_create(datagram.ptr, SK_HEADERS_LEN);
	if (!gikev2_sk_decrypt(this->aead, headers,
						   chunk_skip(datagram, headers.len), &plain))
	{
		gkm_fail(err, "wrong integrity check value");
		return GKM_RECEIVED_FORGED;
	}
	if (!gikev2_sk_strip(&plain))
	{
		gkm_fail(err, "more padding than there are octets");
		return GKM_RECEIVED_MALFORMED;
	}
	*update = read_message(this, headers, plain, path, err);
	return *update ? GKM_RECEIVED_UPDATE : GKM_RECEIVED_MALFORMED;
}

/**
 * Read a message that fragments make up, if it is complete
 *
 * @param datagram	last datagram that was received, gets the headers that the
 *					message would have if it weren't fragmented
 */
static gkm_received_t receive_reassembled(private_gikev2_rekey_t *this,
										  chunk_t datagram, array_t *path,
										  gkm_update_t **update,
										  gkm_error_t *err)
{
	gikev2_fragment_t message;
	chunk_t headers;

	if (!gikev2_fragments_take(this->fragments, &message))
	{
		return GKM_RECEIVED_FRAGMENT;
	}
	headers = chunk_create(datagram.ptr, SK_HEADERS_LEN);
	headers.ptr[IKE_NEXT_PAYLOAD_OFFSET] = GIKEV2_PL_SK;
	headers.ptr[IKE_HEADER_LEN] = message.next;
	headers.ptr[IKE_HEADER_LEN + 1] = message.reserved;
	*update = read_message(this, headers, message.plain, path, err);
	chunk_clear(&message.plain);
	return *update ? GKM_RECEIVED_UPDATE : GKM_RECEIVED_MALFORMED;
}

/**
 * Read a datagram with an SKF payload, in place
 */
static gkm_received_t receive_skf(private_gikev2_rekey_t *this,
								  chunk_t datagram, array_t *path,
								  gkm_update_t **update, gkm_error_t *err)
{
	gikev2_fragment_t fragment;

	if (datagram.len < SKF_HEADERS_LEN)
	{
		gkm_fail(err, "fragment of %zu octets", datagram.len);
		return GKM_RECEIVED_FORGED;
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
		return GKM_RECEIVED_FORGED;
	}
	if (!gikev2_sk_decrypt(this->aead,
						   chunk_create(datagram.ptr, SKF_HEADERS_LEN),
						   chunk_skip(datagram, SKF_HEADERS_LEN),
						   &fragment.plain))
	{
		gkm_fail(err, "wrong integrity check value of fragment %u",
				 fragment.number);
		return GKM_RECEIVED_FORGED;
	}
	if (!gikev2_sk_strip(&fragment.plain))
	{
		gkm_fail(err, "more padding than there are octets");
		return GKM_RECEIVED_MALFORMED;
	}
	if (!gikev2_fragments_add(this->fragments, &fragment, err))
	{
		return GKM_RECEIVED_MALFORMED;
	}
	return receive_reassembled(this, datagram, path, update, err);
}

/**
 * Check what can be without the keys
 */
static gkm_received_t check_headers(private_gikev2_rekey_t *this,
									chunk_t datagram, gkm_error_t *err)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;

	if (!gikev2_rekey_peek(datagram, spi, &message_id) ||
		!memeq(spi, this->sa->spi, sizeof(spi)))
	{
		gkm_fail(err, "no GSA_REKEY of this rekey SA");
		return GKM_RECEIVED_FORGED;
	}
	if (datagram.len < SK_HEADERS_LEN ||
		untoh16(datagram.ptr + IKE_HEADER_LEN + GENERIC_LENGTH_OFFSET) !=
												datagram.len - IKE_HEADER_LEN)
	{
		gkm_fail(err, "encrypted payload isn't the only one");
		return GKM_RECEIVED_FORGED;
	}
	if (message_id < this->next_id)
	{
		gkm_fail(err, "message ID %u is a replay, %llu comes next", message_id,
				 (unsigned long long)this->next_id);
		return GKM_RECEIVED_REPLAYED;
	}
	return GKM_RECEIVED_UPDATE;
}

METHOD(gkm_channel_t, receive, gkm_received_t,
	private_gikev2_rekey_t *this, chunk_t datagram, array_t *path,
	gkm_update_t **update, gkm_error_t *err)
{
	gkm_received_t result;

	*update = NULL;
	result = check_headers(this, datagram, err);
	if (result != GKM_RECEIVED_UPDATE)
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
			result = GKM_RECEIVED_FORGED;
			break;
	}
	chunk_clear(&datagram);
	return result;
}

METHOD(gkm_channel_t, accept_, void,
	private_gikev2_rekey_t *this, gkm_update_t *update)
{
	gkm_auth_key_t *auth_key;

	this->next_id = max(this->next_id, (uint64_t)update->message_id + 1);
	gikev2_fragments_drop(this->fragments, update->message_id);
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

METHOD(gkm_channel_t, get_next_id, uint64_t,
	private_gikev2_rekey_t *this)
{
	return this->next_id;
}

METHOD(gkm_channel_t, destroy, void,
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
gkm_channel_t *gikev2_rekey_create(gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	private_gikev2_rekey_t *this;

	INIT(this,
		.public = {
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
	if (this->aead && sa->auth == GKM_AUTH_SIGNATURE)
	{
		this->auth_key = gkm_auth_key_create(sa->sig_alg, sa->auth_key, err);
	}
	if (!this->aead || (sa->auth == GKM_AUTH_SIGNATURE && !this->auth_key))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
