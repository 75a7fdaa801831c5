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

#include "gkm_exchange.h"
#include "gkm_isakmp.h"
#include "gkm_registration.h"

#include "libgkm/gdoi/gdoi_isakmp.h"

#include <daemon.h>

METHOD(gdoi_hasher_t, hash, bool,
	gkm_exchange_hasher_t *this, uint32_t mid, chunk_t data, chunk_t *hash)
{
	chunk_free(&this->hash);
	if (!gkm_isakmp_hash(this->keymat, mid, data, hash))
	{
		return FALSE;
	}
	this->hash = chunk_clone(*hash);
	return TRUE;
}

/*
 * Described in header
 */
gkm_exchange_t *gkm_exchange_create(ike_sa_t *ike_sa, uint32_t mid)
{
	gkm_exchange_t *this;
	chunk_t iv;

	if (!gkm_isakmp_first_iv(ike_sa, mid, &iv))
	{
		return NULL;
	}
	INIT(this,
		.mid = mid,
		.hasher = {
			.public = {
				.hash = _hash,
			},
		},
		.iv = iv,
	);
	return this;
}

/**
 * Was a message authentic, given that its content was refused? It was if its
 * first payload is the HASH that was calculated last.
 */
static bool is_authentic(gkm_exchange_t *this, chunk_t plain)
{
	chunk_t hash = this->hasher.hash;

	plain = chunk_skip(plain, GDOI_GENERIC_LEN);
	return hash.len && plain.len >= hash.len &&
		   memeq_const(plain.ptr, hash.ptr, hash.len);
}

/**
 * Read the payloads of a message
 *
 * @param first			type of the first payload
 */
static gkm_exchange_result_t process(gkm_exchange_t *this, ike_sa_t *ike_sa,
									 uint8_t first, chunk_t plain,
									 gkm_error_t *err)
{
	this->hasher.keymat = (keymat_v1_t*)ike_sa->get_keymat(ike_sa);
	chunk_free(&this->hasher.hash);
	if (this->pull->process(this->pull, first, plain, err))
	{
		return GKM_EXCHANGE_NEXT;
	}
	return is_authentic(this, plain) ? GKM_EXCHANGE_MALFORMED
									 : GKM_EXCHANGE_IGNORED;
}

/*
 * Described in header
 */
gkm_exchange_result_t gkm_exchange_receive(gkm_exchange_t *this,
										   ike_sa_t *ike_sa, chunk_t message,
										   gkm_error_t *err)
{
	gkm_exchange_result_t result;
	gdoi_header_t header;
	chunk_t plain, next;

	if (this->received.ptr && chunk_equals(this->received, message))
	{
		return GKM_EXCHANGE_REPEATED;
	}
	if (!this->pull)
	{
		gkm_fail(err, "the exchange is over");
		return GKM_EXCHANGE_IGNORED;
	}
	if (!gdoi_header_parse(message, &header) ||
		!gkm_isakmp_open(ike_sa, message, this->iv, &plain, &next))
	{
		gkm_fail(err, "message of %zu octets can't be decrypted", message.len);
		return GKM_EXCHANGE_IGNORED;
	}
	result = process(this, ike_sa, header.next, plain, err);
	chunk_clear(&plain);
	if (result == GKM_EXCHANGE_NEXT)
	{
		memcpy(this->iv.ptr, next.ptr, next.len);
		chunk_free(&this->received);
		this->received = chunk_clone(message);
	}
	return result;
}

/*
 * Described in header
 */
bool gkm_exchange_send(gkm_exchange_t *this, ike_sa_t *ike_sa,
					   gkm_error_t *err)
{
	chunk_t plain, message;
	bool ok;

	this->hasher.keymat = (keymat_v1_t*)ike_sa->get_keymat(ike_sa);
	if (!this->pull->build(this->pull, &plain, err))
	{
		return FALSE;
	}
	ok = gkm_isakmp_seal(ike_sa, GDOI_PULL, this->mid, GDOI_PLD_HASH, plain,
						 &this->iv, &message);
	chunk_clear(&plain);
	if (!ok)
	{
		return gkm_fail(err, "encryption failed");
	}
	chunk_free(&this->sent);
	this->sent = message;
	this->retransmits = 0;
	gkm_exchange_resend(this, ike_sa);
	return TRUE;
}

/*
 * Described in header
 */
void gkm_exchange_resend(gkm_exchange_t *this, ike_sa_t *ike_sa)
{
	host_t *src = ike_sa->get_my_host(ike_sa), *dst;

	if (this->sent.len)
	{
		dst = ike_sa->get_other_host(ike_sa);
		charon->sender->send(charon->sender,
					packet_create_from_data(src->clone(src), dst->clone(dst),
											chunk_clone(this->sent)));
	}
}

/*
 * Described in header
 */
void gkm_exchange_finish(gkm_exchange_t *this)
{
	DESTROY_IF(this->pull);
	this->pull = NULL;
	gkm_registration_destroy(this->request);
	this->request = NULL;
	chunk_free(&this->hasher.hash);
}

/*
 * Described in header
 */
void gkm_exchange_destroy(gkm_exchange_t *this)
{
	gkm_exchange_finish(this);
	chunk_free(&this->iv);
	chunk_free(&this->received);
	chunk_free(&this->sent);
	free(this);
}
