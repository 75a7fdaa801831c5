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


#include "gdoi_lkh_array.h"

#include <collections/hashtable.h>

/**
 * What is needed to write update arrays
 */
typedef struct {
	gkm_update_t *update;
	gdoi_lkh_layout_t layout;
	/** new keys, by the ID of the key that encrypts each */
	hashtable_t *above;
	/** new keys by their own ID */
	hashtable_t *new;
	/** keys that encrypt that of the rekey SA, by ID */
	hashtable_t *top;
} updates_t;

/**
 * Key of a hashtable
 */
static void *to_ptr(uint32_t id)
{
	return (void*)(uintptr_t)id;
}

/**
 * Write a key, encrypted with another one.
 *
 * @param kwk		key of the tree, NULL for that of the rekey SA
 */
static bool build_sealed(updates_t *this, bio_writer_t *writer, gkm_kwk_t *with,
						 gkm_kwk_t *kwk, gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = this->update->download->rekey;
	u_char buf[GDOI_LKH_DATA_MAX] = {};
	chunk_t iv;
	bool success;

	if (kwk)
	{
		if (!gdoi_lkh_check_kwk(kwk, &this->layout, err))
		{
			return FALSE;
		}
		iv = gdoi_lkh_get_iv(kwk, &this->layout);
		memcpy(buf, iv.ptr, iv.len);
		memcpy(buf + iv.len, kwk->key.ptr, kwk->key.len);
		gdoi_lkh_key_build(writer, &this->layout, kwk->node, kwk->id);
	}
	else
	{
		memcpy(buf, sa->key.ptr, sa->key.len);
		gdoi_lkh_key_build(writer, &this->layout, GDOI_LKH_ROOT,
						   gdoi_lkh_root_handle(sa));
	}
	success = gdoi_lkh_crypt(with, &this->layout, TRUE,
							 chunk_create(buf, this->layout.sealed), err);
	if (success)
	{
		writer->write_data(writer, chunk_create(buf, this->layout.sealed));
	}
	memwipe(buf, sizeof(buf));
	return success;
}

/**
 * Write the keys of an array, from the one that the first encrypts up to that
 * of the rekey SA
 */
static bool build_chain(updates_t *this, bio_writer_t *writer, gkm_kwk_t *with,
						uint16_t *count, gkm_error_t *err)
{
	gkm_kwk_t *next;

	for (*count = 1; *count <= GDOI_LKH_KEYS_MAX; (*count)++)
	{
		if (this->top->get(this->top, to_ptr(with->id)))
		{
			return build_sealed(this, writer, with, NULL, err);
		}
		next = this->above->get(this->above, to_ptr(with->id));
		if (!next)
		{
			break;
		}
		if (!build_sealed(this, writer, with, next, err))
		{
			return FALSE;
		}
		with = next;
	}
	return gkm_fail(err, "key %u of the key tree doesn't lead to the rekey "
					"SA's", with->id);
}

/**
 * Write the array for members that hold a key
 */
static bool build_update(updates_t *this, gkm_kwk_t *with, chunk_t *array,
						 gkm_error_t *err)
{
	bio_writer_t *writer, *keys;
	uint16_t count;
	bool success;

	keys = bio_writer_create(256);
	success = build_chain(this, keys, with, &count, err);
	if (success)
	{
		writer = bio_writer_create(256);
		gdoi_lkh_header_build(writer, count, with);
		writer->write_data(writer, keys->get_buf(keys));
		*array = writer->extract_buf(writer);
		writer->destroy(writer);
	}
	keys->destroy(keys);
	return success;
}

/**
 * Write the array for members that hold a key, unless it is new itself: these
 * get it from the key below
 */
static bool add_update(updates_t *this, gkm_kwk_t *with, size_t *left,
					   array_t *arrays, gkm_error_t *err)
{
	chunk_t array;

	if (this->new->get(this->new, to_ptr(with->id)))
	{
		return TRUE;
	}
	if (!build_update(this, with, &array, err))
	{
		return FALSE;
	}
	array_insert(arrays, ARRAY_TAIL, &array);
	if (array.len > *left)
	{
		return gkm_fail(err, "keys of the key tree don't fit into one message");
	}
	*left -= array.len;
	return TRUE;
}

/**
 * Write all arrays
 */
static bool add_updates(updates_t *this, size_t left, array_t *arrays,
						gkm_error_t *err)
{
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(this->update->wraps, i, &wrap); i++)
	{
		if (!add_update(this, wrap.kwk, &left, arrays, err))
		{
			return FALSE;
		}
	}
	for (i = 0; array_get(this->update->kwks, i, &kwk); i++)
	{
		if (!add_update(this, kwk, &left, arrays, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_lkh_build_updates(gkm_update_t *update, size_t max, array_t *arrays,
							gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = update->download->rekey;
	updates_t this = {
		.update = update,
	};
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	bool success;
	int i;

	if (!gdoi_lkh_layout_init(&this.layout, sa, err) ||
		!gdoi_lkh_check_root(sa, &this.layout, err))
	{
		return FALSE;
	}
	this.above = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	this.new = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	this.top = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	for (i = 0; array_get(update->wraps, i, &wrap); i++)
	{
		this.above->put(this.above, to_ptr(wrap.kwk->id), wrap.key);
		this.new->put(this.new, to_ptr(wrap.key->id), wrap.key);
	}
	for (i = 0; array_get(update->kwks, i, &kwk); i++)
	{
		this.top->put(this.top, to_ptr(kwk->id), kwk);
	}
	success = add_updates(&this, max, arrays, err);
	this.above->destroy(this.above);
	this.new->destroy(this.new);
	this.top->destroy(this.top);
	return success;
}

/**
 * Find the key that decrypts an array among those that the member holds.
 *
 * @param first		receives the index of the first key that it decrypts
 * @return			its index in the path, -1 if there is none
 */
static int find_held(array_t *held, gdoi_lkh_array_t *array, int *first)
{
	gdoi_lkh_key_t key = {
		.node = array->node,
		.handle = array->handle,
	};
	gkm_kwk_t *kwk;
	int i;

	for (*first = 0; *first < array_count(array->keys); (*first)++)
	{
		for (i = 0; array_get(held, i, &kwk); i++)
		{
			if (kwk->node == key.node && kwk->id == key.handle)
			{
				return i;
			}
		}
		array_get(array->keys, *first, &key);
	}
	return -1;
}

/**
 * Put a new key into a path, above another one.
 *
 * @param pos		index of the key below, receives that of the new one
 */
static bool replace(array_t *path, gkm_kwk_t *kwk, int *pos, gkm_error_t *err)
{
	int i = gdoi_lkh_find_node(path, kwk->node);
	gkm_kwk_t *old;

	if (i >= *pos || array_count(path) == GDOI_LKH_KEYS_MAX)
	{
		gkm_fail(err, "LKH key %u isn't above the one before it", kwk->node);
		gkm_kwk_destroy(kwk);
		return FALSE;
	}
	if (i >= 0)
	{
		array_remove(path, i, &old);
		gkm_kwk_destroy(old);
		*pos = i;
	}
	array_insert(path, *pos, kwk);
	return TRUE;
}

/**
 * Decrypt the keys of an array.
 *
 * @param first		index of the first key
 * @param pos		index of the key in the path that decrypts the first
 */
static bool take_chain(gdoi_lkh_array_t *array, int first, int pos,
					   gdoi_lkh_layout_t *layout, gkm_rekey_sa_t *sa,
					   array_t *path, gkm_error_t *err)
{
	int i, last = array_count(array->keys) - 1;
	u_char buf[GDOI_LKH_DATA_MAX];
	chunk_t data = chunk_create(buf, layout->sealed);
	bool success = TRUE;
	gkm_kwk_t *with;
	gdoi_lkh_key_t key;

	for (i = first; success && i <= last; i++)
	{
		array_get(array->keys, i, &key);
		array_get(path, pos, &with);
		memcpy(data.ptr, key.data.ptr, data.len);
		success = gdoi_lkh_crypt(with, layout, FALSE, data, err);
		if (success && i < last)
		{
			success = replace(path, gdoi_lkh_create_kwk(&key, data, layout),
							  &pos, err);
		}
		else if (success)
		{
			sa->key = chunk_clone(chunk_create(data.ptr, layout->plain));
		}
	}
	memwipe(buf, sizeof(buf));
	return success;
}

/**
 * Follow an array if it is for this member
 *
 * @param found		set to TRUE if it is
 */
static bool follow(gdoi_lkh_array_t *array, gdoi_lkh_layout_t *layout,
				   gkm_rekey_sa_t *sa, array_t *held, array_t *path,
				   bool *found, gkm_error_t *err)
{
	gkm_kwk_t *kwk;
	int i, pos, first;

	pos = find_held(held, array, &first);
	if (pos < 0)
	{
		return TRUE;
	}
	*found = TRUE;
	for (i = 0; array_get(held, i, &kwk); i++)
	{
		array_insert(path, ARRAY_TAIL, gkm_kwk_clone(kwk));
	}
	return take_chain(array, first, pos, layout, sa, path, err);
}

/*
 * Described in header
 */
bool gdoi_lkh_parse_updates(array_t *arrays, gkm_rekey_sa_t *sa,
							array_t *held, array_t *path, bool *excluded,
							gkm_error_t *err)
{
	gdoi_lkh_array_t array;
	bool success, found = FALSE;
	gdoi_lkh_layout_t layout;
	chunk_t data;
	int i;

	success = gdoi_lkh_layout_init(&layout, sa, err);
	for (i = 0; success && array_get(arrays, i, &data); i++)
	{
		success = gdoi_lkh_array_parse(data, &layout, TRUE, &array, err);
		if (success && !found && held)
		{
			success = follow(&array, &layout, sa, held, path, &found, err);
		}
		array_destroy(array.keys);
	}
	*excluded = !found;
	return success;
}
