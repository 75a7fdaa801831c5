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
 * Find a key on the member's path, return its index or -1
 */
static int find_held(gikev2_kwks_t *this, uint32_t id, gkm_kwk_t **kwk)
{
	int i;

	for (i = 0; array_get(this->path, i, kwk); i++)
	{
		if ((*kwk)->id == id)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Find the WRAP_KEYs that lead from a key to one that the member holds (RFC
 * 9838, 3.3). Each is tried once only, so circles do no harm.
 *
 * @param id		ID of the key to start with
 * @param tried		which of the WRAP_KEYs have been tried
 * @param chain		receives them, as gikev2_wrapped_key_t, by value
 */
static bool find_chain(gikev2_kwks_t *this, uint32_t id, bool *tried,
					   array_t *chain)
{
	gikev2_wrapped_key_t key;
	gkm_kwk_t *held;
	int i;

	if (!id || find_held(this, id, &held) >= 0)
	{
		return TRUE;
	}
	if (array_count(chain) == GIKEV2_WRAP_KEYS_MAX)
	{
		return FALSE;
	}
	for (i = 0; array_get(this->wrapped, i, &key); i++)
	{
		if (key.id == id && !tried[i])
		{
			tried[i] = TRUE;
			array_insert(chain, ARRAY_TAIL, &key);
			if (find_chain(this, key.kwk_id, tried, chain))
			{
				return TRUE;
			}
			array_remove(chain, ARRAY_TAIL, NULL);
		}
	}
	return FALSE;
}

/**
 * The same for a wrapped key. Returns NULL if there are none, an empty array
 * if none are needed.
 */
static array_t *get_chain(gikev2_kwks_t *this, gikev2_wrapped_key_t *wrapped)
{
	array_t *chain;
	bool *tried;

	chain = array_create(sizeof(gikev2_wrapped_key_t), 0);
	tried = calloc(array_count(this->wrapped) + 1, sizeof(*tried));
	if (!find_chain(this, wrapped->kwk_id, tried, chain))
	{
		array_destroy(chain);
		chain = NULL;
	}
	free(tried);
	return chain;
}

/*
 * Described in header
 */
bool gikev2_kwks_can_unwrap(gikev2_kwks_t *this, gikev2_wrapped_key_t *wrapped)
{
	array_t *chain = get_chain(this, wrapped);

	if (!chain)
	{
		return FALSE;
	}
	array_destroy(chain);
	return TRUE;
}

/**
 * Note that a key leads nowhere
 */
static bool fail_unknown(gikev2_input_t *in, gikev2_wrapped_key_t *key)
{
	if (key->id)
	{
		return gikev2_fail(in, key->at, "WRAP_KEY %u is wrapped with key %u, "
						   "which is not known", key->id, key->kwk_id);
	}
	return gikev2_fail(in, key->at, "key is wrapped with key %u, which is not "
					   "known", key->kwk_id);
}

/*
 * Described in header
 */
bool gikev2_kwks_check(gikev2_kwks_t *this, gikev2_input_t *in)
{
	int i, j, count = array_count(this->wrapped);
	gikev2_wrapped_key_t key, other;

	if (count > GIKEV2_WRAP_KEYS_MAX)
	{
		array_get(this->wrapped, 0, &key);
		return gikev2_fail(in, key.at, "%d WRAP_KEYs, at most %u are "
						   "supported", count, GIKEV2_WRAP_KEYS_MAX);
	}
	for (i = 0; i < count; i++)
	{
		array_get(this->wrapped, i, &key);
		for (j = 0; j < i; j++)
		{
			array_get(this->wrapped, j, &other);
			if (other.id == key.id)
			{
				return gikev2_fail(in, key.at, "second WRAP_KEY %u", key.id);
			}
		}
		if (!gikev2_kwks_can_unwrap(this, &key))
		{
			return fail_unknown(in, &key);
		}
	}
	return TRUE;
}

/**
 * Unwrap a single key. The cipher goes by the length of the key that wraps it.
 */
static bool unwrap(gikev2_input_t *in, gikev2_wrapped_key_t *wrapped,
				   chunk_t kwk, size_t len, chunk_t *key)
{
	gkm_error_t err = {};

	if (!gkm_key_unwrap(kwk, wrapped->data, key, &err))
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
 * Unwrap the keys of a chain, starting with the one at its end.
 *
 * @param chain		WRAP_KEYs, emptied
 * @param kwk		wraps the last one, receives the first
 * @param path		receives the keys in the order of the chain
 */
static bool unwrap_chain(gikev2_kwks_t *this, gikev2_input_t *in,
						 array_t *chain, chunk_t *kwk, array_t *path)
{
	gikev2_wrapped_key_t wrapped;
	gkm_kwk_t *next;
	chunk_t key;

	while (array_remove(chain, ARRAY_TAIL, &wrapped))
	{
		if (!unwrap(in, &wrapped, *kwk, this->len, &key))
		{
			return FALSE;
		}
		next = gkm_kwk_create(wrapped.id, key);
		chunk_clear(&key);
		array_insert(path, ARRAY_HEAD, next);
		*kwk = next->key;
	}
	return TRUE;
}

/**
 * Follow a chain to the key that wraps what it is for, see gikev2_kwks_unwrap()
 */
static bool follow(gikev2_kwks_t *this, gikev2_input_t *in,
				   gikev2_wrapped_key_t *wrapped, array_t *chain, size_t len,
				   chunk_t *key, array_t *path)
{
	gikev2_wrapped_key_t last = *wrapped;
	chunk_t kwk = this->gsk_w;
	bool changes = array_count(chain);
	int from = array_count(this->path);
	gkm_kwk_t *held;

	array_get(chain, ARRAY_TAIL, &last);
	if (last.kwk_id)
	{
		from = find_held(this, last.kwk_id, &held);
		kwk = held->key;
	}
	if (array_count(chain) + array_count(this->path) - from >
		GIKEV2_WRAP_KEYS_MAX)
	{
		return gikev2_fail(in, wrapped->at, "path of more than %u keys",
						   GIKEV2_WRAP_KEYS_MAX);
	}
	if (!unwrap_chain(this, in, chain, &kwk, path) ||
		!unwrap(in, wrapped, kwk, len, key))
	{
		return FALSE;
	}
	/* new keys replace those above the key that wraps the last of them */
	for (; changes && array_get(this->path, from, &held); from++)
	{
		array_insert(path, ARRAY_TAIL, gkm_kwk_create(held->id, held->key));
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gikev2_kwks_unwrap(gikev2_kwks_t *this, gikev2_input_t *in,
						gikev2_wrapped_key_t *wrapped, size_t len,
						chunk_t *key, array_t *path)
{
	array_t *chain = get_chain(this, wrapped);
	bool success;

	if (!chain)
	{
		return fail_unknown(in, wrapped);
	}
	success = follow(this, in, wrapped, chain, len, key, path);
	array_destroy(chain);
	return success;
}
