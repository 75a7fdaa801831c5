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

#include "gkm_sender_ids.h"

/** IDs to reserve at once at most, and as a fraction of the space */
#define BLOCK_MAX 256
#define BLOCK_FRACTION 64

typedef struct private_gkm_sender_ids_t private_gkm_sender_ids_t;

/**
 * Private data
 */
struct private_gkm_sender_ids_t {

	/** public interface */
	gkm_sender_ids_t public;

	/** where blocks come from */
	gkm_sender_id_store_t *store;

	/** group identity */
	identification_t *group;

	/** size of IDs */
	uint8_t bits;

	/** next ID of the current block */
	uint32_t next;

	/** IDs left in the current block */
	uint32_t left;

	/** IDs below were handed out, whatever the store says */
	uint64_t floor;

	/** the store had none left */
	bool exhausted;
};

/**
 * Number of IDs to reserve at once
 */
static uint32_t block_size(private_gkm_sender_ids_t *this)
{
	uint64_t size = ((uint64_t)1 << this->bits) / BLOCK_FRACTION;

	return max(1, min(BLOCK_MAX, size));
}

/**
 * Make sure that there is an ID in the current block
 */
static bool refill(private_gkm_sender_ids_t *this, gkm_error_t *err)
{
	if (this->left)
	{
		return TRUE;
	}
	if (!this->store->reserve(this->store, this->group, this->bits,
							  block_size(this), &this->next, &this->left, err))
	{
		this->left = 0;
		return FALSE;
	}
	this->exhausted = !this->left;
	if (!this->left)
	{
		return gkm_fail(err, "all sender IDs of %u bits were given out",
						this->bits);
	}
	if (this->next < this->floor)
	{	/* an older copy was put in its place; blocks go by until it is new */
		this->left = 0;
		return gkm_fail(err, "sender IDs that were given out are reported as "
						"new ones");
	}
	return TRUE;
}

METHOD(gkm_sender_ids_t, allocate, bool,
	private_gkm_sender_ids_t *this, uint32_t wanted, array_t *ids,
	gkm_error_t *err)
{
	uint32_t *id;
	int i, count;

	count = max(1, min(wanted, GKM_SENDER_IDS_MAX));
	for (i = 0; i < count; i++)
	{
		/* who has some doesn't mind to get fewer than asked for */
		if (!refill(this, i ? NULL : err))
		{
			break;
		}
		id = malloc_thing(uint32_t);
		*id = this->next++;
		this->floor = (uint64_t)*id + 1;
		this->left--;
		array_insert(ids, ARRAY_TAIL, id);
	}
	return i > 0;
}

METHOD(gkm_sender_ids_t, is_exhausted, bool,
	private_gkm_sender_ids_t *this)
{
	return this->exhausted;
}

METHOD(gkm_sender_ids_t, reset, bool,
	private_gkm_sender_ids_t *this, gkm_error_t *err)
{
	if (!this->store->reset(this->store, this->group, this->bits, err))
	{
		return FALSE;
	}
	this->left = 0;
	this->floor = 0;
	this->exhausted = FALSE;
	return TRUE;
}

METHOD(gkm_sender_ids_t, get_bits, uint8_t,
	private_gkm_sender_ids_t *this)
{
	return this->bits;
}

METHOD(gkm_sender_ids_t, destroy, void,
	private_gkm_sender_ids_t *this)
{
	this->group->destroy(this->group);
	free(this);
}

/*
 * Described in header
 */
gkm_sender_ids_t *gkm_sender_ids_create(gkm_sender_id_store_t *store,
										identification_t *group, uint8_t bits)
{
	private_gkm_sender_ids_t *this;

	INIT(this,
		.public = {
			.allocate = _allocate,
			.is_exhausted = _is_exhausted,
			.reset = _reset,
			.get_bits = _get_bits,
			.destroy = _destroy,
		},
		.store = store,
		.group = group->clone(group),
		.bits = bits,
	);
	return &this->public;
}
