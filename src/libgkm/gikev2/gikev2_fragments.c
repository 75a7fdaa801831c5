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

#include "gikev2_fragments.h"

/**
 * Private data
 */
struct gikev2_fragments_t {

	/** the first fragment, or if it isn't there what others have in common:
	 *  message ID and total, the latter is 0 if there are none at all */
	gikev2_fragment_t first;

	/** plain text by number from 0, and whether it is there */
	chunk_t parts[GIKEV2_FRAGMENTS_MAX];
	bool there[GIKEV2_FRAGMENTS_MAX];

	/** number of fragments, and octets of plain text in them */
	u_int count;
	size_t len;
};

/*
 * Described in header
 */
gikev2_fragments_t *gikev2_fragments_create()
{
	gikev2_fragments_t *this;

	INIT(this,
		.count = 0,
	);
	return this;
}

/**
 * Drop all fragments
 */
static void reset(gikev2_fragments_t *this)
{
	u_int i;

	for (i = 0; i < this->first.total; i++)
	{
		chunk_clear(&this->parts[i]);
	}
	*this = (gikev2_fragments_t){};
}

/*
 * Described in header
 */
bool gikev2_fragment_check(gikev2_fragment_t *fragment, gkm_error_t *err)
{
	if (!fragment->number || fragment->number > fragment->total)
	{
		return gkm_fail(err, "fragment %u of %u", fragment->number,
						fragment->total);
	}
	if (fragment->total > GIKEV2_FRAGMENTS_MAX)
	{
		return gkm_fail(err, "%u fragments, at most %u are supported",
						fragment->total, GIKEV2_FRAGMENTS_MAX);
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_fragments_add(gikev2_fragments_t *this, gikev2_fragment_t *fragment,
						  gkm_error_t *err)
{
	u_int i = fragment->number - 1;

	if (this->first.message_id != fragment->message_id ||
		this->first.total < fragment->total)
	{
		reset(this);
		this->first.message_id = fragment->message_id;
		this->first.total = fragment->total;
	}
	if (this->first.total > fragment->total || this->there[i])
	{
		return TRUE;
	}
	if (fragment->plain.len > GIKEV2_PLAIN_MAX - this->len)
	{
		reset(this);
		return gkm_fail(err, "message of more than %u octets in fragments",
						GIKEV2_PLAIN_MAX);
	}
	if (fragment->number == 1)
	{
		this->first = *fragment;
		this->first.plain = chunk_empty;
	}
	this->there[i] = TRUE;
	this->parts[i] = chunk_clone(fragment->plain);
	this->len += fragment->plain.len;
	this->count++;
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_fragments_take(gikev2_fragments_t *this, gikev2_fragment_t *message)
{
	size_t len = 0;
	u_int i;

	if (!this->count || this->count < this->first.total)
	{
		return FALSE;
	}
	*message = this->first;
	message->plain = chunk_alloc(this->len);
	for (i = 0; i < this->first.total; i++)
	{
		memcpy(message->plain.ptr + len, this->parts[i].ptr,
			   this->parts[i].len);
		len += this->parts[i].len;
	}
	reset(this);
	return TRUE;
}

/*
 * Described in header
 */
void gikev2_fragments_drop(gikev2_fragments_t *this, uint32_t message_id)
{
	if (this->first.message_id <= message_id)
	{
		reset(this);
	}
}

/*
 * Described in header
 */
void gikev2_fragments_destroy(gikev2_fragments_t *this)
{
	reset(this);
	free(this);
}
