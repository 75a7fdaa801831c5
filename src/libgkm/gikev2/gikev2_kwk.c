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

#include "gikev2_kwk.h"
#include "gikev2_download.h"

#include "../keys/gkm_key_wrap.h"

/**
 * A key wrap key
 */
typedef struct {
	uint32_t id;
	chunk_t key;
} kwk_t;

/**
 * Private data
 */
struct gikev2_kwks_t {

	/** the default key, borrowed, then those that were unwrapped */
	kwk_t keys[GIKEV2_WRAP_KEYS_MAX + 1];

	/** how many there are */
	u_int count;
};

/**
 * Find a key
 */
static kwk_t *find_key(gikev2_kwks_t *this, uint32_t id)
{
	u_int i;

	for (i = 0; i < this->count; i++)
	{
		if (this->keys[i].id == id)
		{
			return &this->keys[i];
		}
	}
	return NULL;
}

/*
 * Described in header
 */
bool gikev2_kwks_unwrap(gikev2_kwks_t *this, gikev2_input_t *in,
						gikev2_wrapped_key_t *wrapped, size_t len,
						chunk_t *key)
{
	kwk_t *kwk = find_key(this, wrapped->kwk_id);
	gkm_error_t err = {};

	if (!kwk)
	{
		return gikev2_fail(in, wrapped->at, "key is wrapped with key %u, which "
						   "is not known", wrapped->kwk_id);
	}
	if (!gkm_key_unwrap(kwk->key, wrapped->data, key, &err))
	{
		return gikev2_fail(in, wrapped->at, "%s", err.text);
	}
	if (key->len != len)
	{
		gikev2_fail(in, wrapped->at, "key of %zu octets instead of %zu",
					key->len, len);
		chunk_clear(key);
		return FALSE;
	}
	return TRUE;
}

/**
 * Unwrap a WRAP_KEY. RFC 9838, 4.5.3.1, on its size: that of keys of the key
 * wrap algorithm (the text says so of the attribute, which is longer).
 */
static bool add_key(gikev2_kwks_t *this, gikev2_input_t *in,
					gikev2_wrapped_key_t *wrapped)
{
	kwk_t *kwk = &this->keys[this->count];

	if (find_key(this, wrapped->id))
	{
		return gikev2_fail(in, wrapped->at, "second WRAP_KEY %u", wrapped->id);
	}
	if (!gikev2_kwks_unwrap(this, in, wrapped, this->keys[0].key.len,
							&kwk->key))
	{
		return FALSE;
	}
	kwk->id = wrapped->id;
	this->count++;
	return TRUE;
}

/**
 * Unwrap the WRAP_KEYs. They may come in any order, so start with those that
 * the default key wraps, go on with those that these wrap, and so on.
 */
static bool add_keys(gikev2_kwks_t *this, gikev2_input_t *in, array_t *wrapped)
{
	gikev2_wrapped_key_t key, last = {};
	bool done[GIKEV2_WRAP_KEYS_MAX] = {};
	int i, count = array_count(wrapped);
	u_int before;

	do
	{
		before = this->count;
		for (i = 0; i < count; i++)
		{
			array_get(wrapped, i, &key);
			if (!done[i] && find_key(this, key.kwk_id))
			{
				if (!add_key(this, in, &key))
				{
					return FALSE;
				}
				done[i] = TRUE;
			}
			else if (!done[i])
			{
				last = key;
			}
		}
	}
	while (this->count != before);

	if (this->count - 1 != count)
	{
		return gikev2_fail(in, last.at, "WRAP_KEY %u is wrapped with key %u, "
						   "which is not known", last.id, last.kwk_id);
	}
	return TRUE;
}

/*
 * Described in header
 */
gikev2_kwks_t *gikev2_kwks_create(gikev2_input_t *in, chunk_t gsk_w,
								  array_t *wrapped)
{
	gikev2_wrapped_key_t first;
	gikev2_kwks_t *this;

	if (array_count(wrapped) > GIKEV2_WRAP_KEYS_MAX)
	{
		array_get(wrapped, 0, &first);
		gikev2_fail(in, first.at, "%u WRAP_KEYs, at most %u are supported",
					array_count(wrapped), GIKEV2_WRAP_KEYS_MAX);
		return NULL;
	}
	INIT(this,
		.count = 1,
	);
	this->keys[0].key = gsk_w;
	if (!add_keys(this, in, wrapped))
	{
		gikev2_kwks_destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header
 */
void gikev2_kwks_destroy(gikev2_kwks_t *this)
{
	u_int i;

	if (this)
	{
		for (i = 1; i < this->count; i++)
		{
			chunk_clear(&this->keys[i].key);
		}
		free(this);
	}
}
