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

#include "gkm_download.h"
#include "gkm_algs.h"

/*
 * Described in header
 */
gkm_data_sa_t *gkm_data_sa_create()
{
	gkm_data_sa_t *this;

	INIT(this,
		.mode = MODE_TUNNEL,
		.kda = GKM_KDA_UNKNOWN,
	);
	return this;
}

/**
 * Clone a selector that may not be there yet
 */
static traffic_selector_t *clone_ts(traffic_selector_t *ts)
{
	return ts ? ts->clone(ts) : NULL;
}

/**
 * Clone a proposal that may not be there yet
 */
static proposal_t *clone_proposal(proposal_t *proposal)
{
	return proposal ? proposal->clone(proposal, 0) : NULL;
}

/*
 * Described in header
 */
gkm_data_sa_t *gkm_data_sa_clone(gkm_data_sa_t *this)
{
	gkm_data_sa_t *clone;

	INIT(clone,
		.spi = this->spi,
		.src = clone_ts(this->src),
		.dst = clone_ts(this->dst),
		.proposal = clone_proposal(this->proposal),
		.mode = this->mode,
		.receive_only = this->receive_only,
		.lifetime = this->lifetime,
		.next_spi = this->next_spi,
		.oid = chunk_clone(this->oid),
		.oid_data = chunk_clone(this->oid_data),
		.delay = this->delay,
		.kda = this->kda,
		.key = chunk_clone(this->key),
	);
	return clone;
}

/*
 * Described in header
 */
void gkm_data_sa_destroy(gkm_data_sa_t *this)
{
	if (this)
	{
		DESTROY_IF(this->src);
		DESTROY_IF(this->dst);
		DESTROY_IF(this->proposal);
		chunk_free(&this->oid);
		chunk_free(&this->oid_data);
		chunk_clear(&this->key);
		free(this);
	}
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_rekey_sa_create()
{
	gkm_rekey_sa_t *this;

	INIT(this,
		.auth = GKM_AUTH_IMPLICIT,
	);
	return this;
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_rekey_sa_clone(gkm_rekey_sa_t *this)
{
	gkm_rekey_sa_t *clone;

	INIT(clone,
		.src = clone_ts(this->src),
		.dst = clone_ts(this->dst),
		.proposal = clone_proposal(this->proposal),
		.auth = this->auth,
		.sig_alg = chunk_clone(this->sig_alg),
		.auth_key = chunk_clone(this->auth_key),
		.lifetime = this->lifetime,
		.message_id = this->message_id,
		.ack = this->ack,
		.has_next_spi = this->has_next_spi,
		.key = chunk_clone(this->key),
	);
	memcpy(clone->spi, this->spi, sizeof(clone->spi));
	memcpy(clone->next_spi, this->next_spi, sizeof(clone->next_spi));
	return clone;
}

/*
 * Described in header
 */
host_t *gkm_rekey_sa_get_address(gkm_rekey_sa_t *this)
{
	traffic_selector_t *dst = this->dst;

	return host_create_from_chunk(AF_UNSPEC, dst->get_from_address(dst),
								  dst->get_from_port(dst));
}

/*
 * Described in header
 */
void gkm_rekey_sa_destroy(gkm_rekey_sa_t *this)
{
	if (this)
	{
		DESTROY_IF(this->src);
		DESTROY_IF(this->dst);
		DESTROY_IF(this->proposal);
		chunk_free(&this->sig_alg);
		chunk_free(&this->auth_key);
		chunk_clear(&this->key);
		free(this);
	}
}

/*
 * Described in header
 */
gkm_download_t *gkm_download_create()
{
	gkm_download_t *this;

	INIT(this,
		.sas = array_create(0, 0),
		.sender_ids = array_create(0, 0),
		.path = array_create(0, 0),
	);
	return this;
}

/*
 * Described in header
 */
bool gkm_download_has_counter_mode(gkm_download_t *this)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(this->sas, i, &sa); i++)
	{
		if (gkm_is_counter_mode(sa->proposal))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void gkm_download_destroy(gkm_download_t *this)
{
	if (this)
	{
		gkm_rekey_sa_destroy(this->rekey);
		array_destroy_function(this->sas,
							   (array_callback_t)gkm_data_sa_destroy, NULL);
		array_destroy_function(this->sender_ids, (array_callback_t)free, NULL);
		array_destroy_function(this->path, (array_callback_t)gkm_kwk_destroy,
							   NULL);
		free(this);
	}
}

/*
 * Described in header
 */
gkm_kwk_t *gkm_kwk_create(uint32_t id, chunk_t key)
{
	gkm_kwk_t *this;

	INIT(this,
		.id = id,
		.key = chunk_clone(key),
	);
	return this;
}

/*
 * Described in header
 */
gkm_kwk_t *gkm_kwk_clone(gkm_kwk_t *this)
{
	gkm_kwk_t *clone;

	clone = gkm_kwk_create(this->id, this->key);
	clone->node = this->node;
	clone->iv = chunk_clone(this->iv);
	return clone;
}

/*
 * Described in header
 */
void gkm_kwk_destroy(gkm_kwk_t *this)
{
	if (this)
	{
		chunk_clear(&this->key);
		chunk_free(&this->iv);
		free(this);
	}
}

/*
 * Described in header
 */
bool gkm_is_multicast(chunk_t addr)
{
	return addr.len == 4 ? (addr.ptr[0] & 0xf0) == 0xe0 : addr.ptr[0] == 0xff;
}
