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

#include "gkm_member_ack.h"

#include "libgkm/gdoi/gdoi_ack.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

/**
 * An acknowledgement on its way
 */
struct gkm_member_ack_t {

	/** carrier, set once it is to be sent */
	gkm_t *gkm;

	/** what to send */
	chunk_t datagram;

	/** our address, and that of the key server */
	host_t *from;
	host_t *to;

	/** milliseconds that it waits at most */
	uint32_t jitter;

	/** send it from the port of NAT traversal, as that came there */
	bool natt;
};

/**
 * Get the key that acknowledgements of a type are made with (RFC 8263, 4.1)
 */
static chunk_t get_base_key(gkm_member_acked_t *acked)
{
	gkm_kwk_t *leaf;

	switch (acked->type)
	{
		case GKM_ACK_KEK_SHA256:
		case GKM_ACK_KEK_SHA512:
			return gdoi_ack_base_key(acked->sa);
		case GKM_ACK_LKH_SHA256:
		case GKM_ACK_LKH_SHA512:
			if (array_get(acked->path, ARRAY_TAIL, &leaf))
			{
				return leaf->key;
			}
			break;
		case GKM_ACK_NONE:
			break;
	}
	return chunk_empty;
}

/**
 * Write the message
 */
static bool build(gkm_cfg_t *cfg, gkm_member_acked_t *acked, chunk_t *datagram,
				  gkm_error_t *err)
{
	gdoi_ack_length_t length = cfg->gdoi.ack_key_length ? GDOI_ACK_LENGTH_KEY
														: GDOI_ACK_LENGTH_BLOCK;
	chunk_t base_key = get_base_key(acked);
	gdoi_ack_key_t *key;
	bool success;

	if (!base_key.len)
	{
		return gkm_fail(err, "there is no key for it");
	}
	key = gdoi_ack_key_create(acked->type, base_key, acked->sa->spi, err);
	if (!key)
	{
		return FALSE;
	}
	success = key->build(key, acked->seq, acked->local, length, datagram) ||
			  gkm_fail(err, "writing it failed");
	key->destroy(key);
	return success;
}

/*
 * Described in header
 */
gkm_member_ack_t *gkm_member_ack_create(gkm_cfg_t *cfg,
										gkm_member_acked_t *acked,
										gkm_error_t *err)
{
	gkm_member_ack_t *this;
	chunk_t datagram;

	if (!build(cfg, acked, &datagram, err))
	{
		return NULL;
	}
	INIT(this,
		.datagram = datagram,
		.from = acked->local->clone(acked->local),
		.to = acked->src->clone(acked->src),
		.natt = acked->dst->get_port(acked->dst) ==
				charon->socket->get_port(charon->socket, TRUE),
	);
	this->from->set_port(this->from, GKM_PORT);
	if (gkm_is_multicast(acked->dst->get_address(acked->dst)))
	{
		this->jitter = cfg->gdoi.ack_jitter;
	}
	return this;
}

/**
 * Send an acknowledgement
 */
static job_requeue_t run(gkm_member_ack_t *this)
{
	array_t *targets = array_create(sizeof(gkm_target_t), 1);
	chunk_t address = this->to->get_address(this->to);
	gkm_target_t target = {
		.family = this->to->get_family(this->to),
		.port = this->to->get_port(this->to),
		.natt = this->natt,
	};
	gkm_error_t err = {};

	memcpy(target.address, address.ptr,
		   min(address.len, sizeof(target.address)));
	array_insert(targets, ARRAY_TAIL, &target);
	if (!this->gkm->unicast(this->gkm, this->from, targets, this->datagram,
							&err))
	{
		DBG1(DBG_NET, "acknowledging a rekey to %#H failed: %s", this->to,
			 err.text);
	}
	array_destroy(targets);
	return JOB_REQUEUE_NONE;
}

/**
 * Random number of milliseconds to wait
 */
static uint32_t get_delay(gkm_member_ack_t *this)
{
	uint32_t random = 0;
	rng_t *rng;

	if (this->jitter)
	{
		rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
		if (!rng ||
			!rng->get_bytes(rng, sizeof(random), (uint8_t*)&random))
		{
			random = 0;
		}
		DESTROY_IF(rng);
		random %= this->jitter + 1;
	}
	return random;
}

/*
 * Described in header
 */
void gkm_member_ack_send(gkm_member_ack_t *this, gkm_t *gkm)
{
	this->gkm = gkm;
	lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)
			callback_job_create((callback_job_cb_t)run, this,
								(callback_job_cleanup_t)gkm_member_ack_destroy,
								NULL), get_delay(this));
}

/*
 * Described in header
 */
void gkm_member_ack_destroy(gkm_member_ack_t *this)
{
	if (this)
	{
		this->from->destroy(this->from);
		this->to->destroy(this->to);
		chunk_free(&this->datagram);
		free(this);
	}
}
