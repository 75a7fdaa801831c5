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

	/** number of this key server, 0 if it is alone */
	uint8_t server;

	/** next ID of the current block, counted from the first of the slice */
	uint32_t next;

	/** IDs left in the current block */
	uint32_t left;

	/** IDs below were handed out, whatever the store says */
	uint64_t floor;

	/** what is known of all slices, see header */
	uint32_t ends[GKM_COOP_SERVERS_MAX];

	/** the store had none left */
	bool exhausted;
};

/**
 * Number of IDs to reserve at once
 */
static uint32_t block_size(private_gkm_sender_ids_t *this)
{
	uint64_t size = gkm_coop_slice_size(this->server, this->bits);

	return max(1, min(BLOCK_MAX, size / BLOCK_FRACTION));
}

/**
 * Get the next block of IDs
 */
static bool reserve(private_gkm_sender_ids_t *this, uint32_t want,
					gkm_error_t *err)
{
	uint64_t size = gkm_coop_slice_size(this->server, this->bits);

	if (!this->store->reserve(this->store, this->group, this->bits, want,
							  &this->next, &this->left, err))
	{
		this->left = 0;
		return FALSE;
	}
	this->left = this->next < size ? min(this->left, size - this->next) : 0;
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

/**
 * IDs of this key server that are known to have been given out, even if it
 * doesn't remember
 */
static uint32_t own_end(private_gkm_sender_ids_t *this)
{
	return this->server ? this->ends[this->server - 1] : 0;
}

/**
 * Make sure that there is an ID in the current block
 */
static bool refill(private_gkm_sender_ids_t *this, gkm_error_t *err)
{
	uint32_t skip, missing = 0, end = own_end(this);

	while (TRUE)
	{
		skip = this->next < end ? min(this->left, end - this->next) : 0;
		this->next += skip;
		this->left -= skip;
		if (this->left)
		{
			return TRUE;
		}
		if (!reserve(this, max(missing, block_size(this)), err))
		{
			return FALSE;
		}
		/* the store knows less than others: up to there at once */
		missing = (uint64_t)this->next + this->left < end ?
									end - this->next - this->left : 0;
	}
}

/**
 * Note the end of what was given out of a slice
 */
static void note_end(private_gkm_sender_ids_t *this, u_int slice, uint32_t end)
{
	this->ends[slice] = max(this->ends[slice], end);
}

METHOD(gkm_sender_ids_t, note, void,
	private_gkm_sender_ids_t *this, uint32_t id)
{
	uint32_t size;

	if (!this->server)
	{	/* with few bits there are no slices */
		return;
	}
	size = gkm_coop_slice_size(1, this->bits);
	if (id / size < GKM_COOP_SERVERS_MAX)
	{
		note_end(this, id / size, id % size + 1);
	}
}

METHOD(gkm_sender_ids_t, note_ends, void,
	private_gkm_sender_ids_t *this, uint32_t ends[GKM_COOP_SERVERS_MAX])
{
	uint32_t size;
	int i;

	if (!this->server)
	{
		return;
	}
	size = gkm_coop_slice_size(1, this->bits);
	for (i = 0; i < GKM_COOP_SERVERS_MAX; i++)
	{
		note_end(this, i, min(ends[i], size));
	}
}

METHOD(gkm_sender_ids_t, get_ends, void,
	private_gkm_sender_ids_t *this, uint32_t ends[GKM_COOP_SERVERS_MAX])
{
	memcpy(ends, this->ends, sizeof(this->ends));
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
		*id = gkm_coop_slice(this->server, this->bits) | this->next;
		this->floor = (uint64_t)this->next++ + 1;
		this->left--;
		note(this, *id);
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
	memset(this->ends, 0, sizeof(this->ends));
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
										identification_t *group, uint8_t bits,
										uint8_t server)
{
	private_gkm_sender_ids_t *this;

	INIT(this,
		.public = {
			.allocate = _allocate,
			.note = _note,
			.note_ends = _note_ends,
			.get_ends = _get_ends,
			.is_exhausted = _is_exhausted,
			.reset = _reset,
			.get_bits = _get_bits,
			.destroy = _destroy,
		},
		.store = store,
		.group = group->clone(group),
		.bits = bits,
		.server = server,
	);
	return &this->public;
}
