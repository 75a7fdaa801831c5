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

#include "gdoi_pull.h"
#include "gdoi_id.h"
#include "gdoi_isakmp.h"
#include "gdoi_pull_messages.h"

#include "../keys/gkm_random.h"

/*
 *  (1)  HASH(1) = prf(SKEYID_a, M-ID | Ni | ID)
 *  (2)  HASH(2) = prf(SKEYID_a, M-ID | Ni_b | Nr | SA)
 *  (3)  HASH(3) = prf(SKEYID_a, M-ID | Ni_b | Nr_b [ | GAP ])
 *  (4)  HASH(4) = prf(SKEYID_a, M-ID | Ni_b | Nr_b [ | SEQ ] | KD)
 *
 * RFC 6407, 3.2. Payloads are those with their generic headers, Ni_b and Nr_b
 * the nonces without.
 */

/** Octets in our nonces */
#define NONCE_LEN 32

typedef struct private_gdoi_pull_t private_gdoi_pull_t;

/**
 * Private data
 */
struct private_gdoi_pull_t {

	/** public interface */
	gdoi_pull_t public;

	/** key server or member? */
	bool server;

	/** message ID */
	uint32_t mid;

	/** authenticates messages */
	gdoi_hasher_t *hasher;

	/** what was written and read */
	gdoi_pull_state_t state;
};

/**
 * Get what HASH of the next message covers before its payloads
 */
static chunk_t get_nonces(private_gdoi_pull_t *this)
{
	switch (this->state.step)
	{
		case GDOI_PULL_START:
			return chunk_empty;
		case GDOI_PULL_REQUESTED:
			return chunk_clone(this->state.ni);
		default:
			return chunk_cat("cc", this->state.ni, this->state.nr);
	}
}

/**
 * Is it up to us to write the next message?
 */
static bool is_our_turn(private_gdoi_pull_t *this)
{
	return this->state.step < GDOI_PULL_COMPLETED &&
		   this->server == this->state.step % 2;
}

METHOD(gdoi_pull_t, build, bool,
	private_gdoi_pull_t *this, chunk_t *plain, gkm_error_t *err)
{
	array_t *payloads;
	chunk_t nonces;
	bool success;

	if (!is_our_turn(this))
	{
		return gkm_fail(err, "nothing to send after message %u",
						this->state.step);
	}
	payloads = array_create(sizeof(gdoi_payload_t), 0);
	nonces = get_nonces(this);
	success = gdoi_pull_build_payloads(&this->state, payloads, err) &&
			  gdoi_hash_build(this->hasher, this->mid, nonces, payloads, plain,
							  err);
	chunk_clear(&nonces);
	gdoi_payloads_clear(payloads);
	if (success)
	{
		this->state.step++;
	}
	return success;
}

METHOD(gdoi_pull_t, process, bool,
	private_gdoi_pull_t *this, uint8_t first, chunk_t plain, gkm_error_t *err)
{
	array_t *payloads;
	chunk_t nonces;
	bool success;

	if (is_our_turn(this) || this->state.step == GDOI_PULL_COMPLETED)
	{
		return gkm_fail(err, "no message is expected after message %u",
						this->state.step);
	}
	payloads = array_create(sizeof(gdoi_payload_t), 0);
	nonces = get_nonces(this);
	success = gdoi_hash_parse(this->hasher, this->mid, nonces, first, plain,
							  payloads, err) &&
			  gdoi_pull_process_payloads(&this->state, payloads, err);
	chunk_clear(&nonces);
	array_destroy(payloads);
	if (success)
	{
		this->state.step++;
	}
	return success;
}

METHOD(gdoi_pull_t, get_step, u_int,
	private_gdoi_pull_t *this)
{
	return this->state.step;
}

METHOD(gdoi_pull_t, get_group, identification_t*,
	private_gdoi_pull_t *this)
{
	return this->state.group;
}

METHOD(gdoi_pull_t, set_policy, void,
	private_gdoi_pull_t *this, gkm_download_t *download, gdoi_format_t *format)
{
	this->state.format = *format;
	gkm_download_destroy(this->state.policy);
	this->state.policy = download;
}

METHOD(gdoi_pull_t, get_sender_ids, uint32_t,
	private_gdoi_pull_t *this)
{
	return this->state.sender_ids;
}

/**
 * Are these the same SAs?
 */
static bool equal_sas(gkm_download_t *a, gkm_download_t *b)
{
	gkm_data_sa_t *sa, *other;
	int i;

	if (!a->rekey != !b->rekey || array_count(a->sas) != array_count(b->sas) ||
		(a->rekey && !memeq(a->rekey->spi, b->rekey->spi,
							sizeof(a->rekey->spi))))
	{
		return FALSE;
	}
	for (i = 0; array_get(a->sas, i, &sa); i++)
	{
		if (!array_get(b->sas, i, &other) || sa->spi != other->spi ||
			sa->proposal->get_protocol(sa->proposal) !=
								other->proposal->get_protocol(other->proposal))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gdoi_pull_t, is_current, bool,
	private_gdoi_pull_t *this, gkm_download_t *download, gkm_error_t *err)
{
	if (!this->state.policy || !equal_sas(this->state.policy, download))
	{
		return gkm_fail(err, "the group's SAs changed since they were told to "
						"the member");
	}
	return TRUE;
}

METHOD(gdoi_pull_t, set_download, bool,
	private_gdoi_pull_t *this, gkm_download_t *download, gkm_error_t *err)
{
	if (!is_current(this, download, err))
	{
		gkm_download_destroy(download);
		return FALSE;
	}
	gkm_download_destroy(this->state.download);
	this->state.download = download;
	return TRUE;
}

METHOD(gdoi_pull_t, get_policy, gkm_download_t*,
	private_gdoi_pull_t *this)
{
	return this->state.policy;
}

METHOD(gdoi_pull_t, take_download, gkm_download_t*,
	private_gdoi_pull_t *this)
{
	gkm_download_t *download = this->state.download;

	this->state.download = NULL;
	return download;
}

METHOD(gdoi_pull_t, destroy, void,
	private_gdoi_pull_t *this)
{
	gkm_download_destroy(this->state.policy);
	gkm_download_destroy(this->state.download);
	DESTROY_IF(this->state.group);
	chunk_clear(&this->state.ni);
	chunk_clear(&this->state.nr);
	chunk_free(&this->state.sa);
	free(this);
}

/**
 * Create an exchange
 */
static private_gdoi_pull_t *create(uint32_t mid, gdoi_hasher_t *hasher,
								   bool server, gkm_error_t *err)
{
	private_gdoi_pull_t *this;
	chunk_t *nonce;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_step = _get_step,
			.get_group = _get_group,
			.set_policy = _set_policy,
			.get_sender_ids = _get_sender_ids,
			.is_current = _is_current,
			.set_download = _set_download,
			.get_policy = _get_policy,
			.take_download = _take_download,
			.destroy = _destroy,
		},
		.server = server,
		.mid = mid,
		.hasher = hasher,
		.state = {
			.sender_ids = 1,
		},
	);
	nonce = server ? &this->state.nr : &this->state.ni;
	*nonce = chunk_alloc(NONCE_LEN);
	if (!gkm_random(nonce->ptr, nonce->len, err))
	{
		destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header
 */
gdoi_pull_t *gdoi_pull_create_member(uint32_t mid, gdoi_hasher_t *hasher,
									 gdoi_format_t *format,
									 identification_t *group, bool sender,
									 uint32_t sender_ids, gkm_error_t *err)
{
	private_gdoi_pull_t *this;
	chunk_t id;

	if (!gdoi_id_build(group, &id, err))
	{
		return NULL;
	}
	chunk_free(&id);
	this = create(mid, hasher, FALSE, err);
	if (!this)
	{
		return NULL;
	}
	this->state.format = *format;
	this->state.group = group->clone(group);
	this->state.sender = sender;
	this->state.sender_ids = sender_ids;
	return &this->public;
}

/*
 * Described in header
 */
gdoi_pull_t *gdoi_pull_create_server(uint32_t mid, gdoi_hasher_t *hasher,
									 gkm_error_t *err)
{
	private_gdoi_pull_t *this = create(mid, hasher, TRUE, err);

	return this ? &this->public : NULL;
}
