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

#include "gkm_record_list.h"

#include <collections/hashtable.h>

typedef struct private_gkm_record_list_t private_gkm_record_list_t;
typedef struct item_t item_t;

/**
 * An entry and its octets in one piece, as there may be many
 */
struct item_t {
	gkm_record_entry_t entry;
	u_char octets[];
};

/**
 * Private data
 */
struct private_gkm_record_list_t {

	/** public interface */
	gkm_record_list_t public;

	/** item_t*, keyed by themselves, in the order they were added */
	hashtable_t *table;

	/** octets in keys and values */
	size_t size;

	/** references */
	refcount_t refs;
};

/**
 * Hash function over kind and key
 */
static u_int hash(const void *key)
{
	const gkm_record_entry_t *entry = key;

	return chunk_hash_inc(entry->key, entry->kind);
}

/**
 * Do two entries have the same kind and key?
 */
static bool equals(const void *key, const void *other_key)
{
	const gkm_record_entry_t *a = key, *b = other_key;

	/* chunk_equals() says that nothing equals an empty one */
	return a->kind == b->kind && a->key.len == b->key.len &&
		   memeq(a->key.ptr, b->key.ptr, a->key.len);
}

/**
 * Create an entry
 */
static item_t *create_item(gkm_record_t kind, chunk_t key, chunk_t value)
{
	item_t *this;

	this = malloc(sizeof(item_t) + key.len + value.len);
	this->entry = (gkm_record_entry_t){
		.kind = kind,
		.key = chunk_create(this->octets, key.len),
		.value = chunk_create(this->octets + key.len, value.len),
	};
	memcpy(this->entry.key.ptr, key.ptr, key.len);
	memcpy(this->entry.value.ptr, value.ptr, value.len);
	return this;
}

/**
 * Octets of an entry
 */
static size_t get_len(item_t *this)
{
	return this->entry.key.len + this->entry.value.len;
}

/**
 * Destroy an entry
 */
static void destroy_item(item_t *this)
{
	memwipe(this->octets, get_len(this));
	free(this);
}

METHOD(gkm_state_store_t, begin, bool,
	gkm_state_store_t *this, identification_t *group, gkm_error_t *err)
{
	return TRUE;
}

METHOD(gkm_state_store_t, end, bool,
	gkm_state_store_t *this, bool durable, gkm_error_t *err)
{
	return TRUE;
}

METHOD(gkm_state_store_t, put, void,
	private_gkm_record_list_t *this, gkm_record_t kind, chunk_t key,
	chunk_t value)
{
	item_t *item, *old;

	item = create_item(kind, key, value);
	this->size += get_len(item);
	old = this->table->put(this->table, item, item);
	if (old)
	{
		this->size -= get_len(old);
		destroy_item(old);
	}
}

METHOD(gkm_state_store_t, clear, void,
	private_gkm_record_list_t *this, gkm_record_t kind)
{
	enumerator_t *enumerator;
	item_t *item;

	enumerator = this->table->create_enumerator(this->table);
	while (enumerator->enumerate(enumerator, NULL, &item))
	{
		if (item->entry.kind == kind)
		{
			this->table->remove_at(this->table, enumerator);
			this->size -= get_len(item);
			destroy_item(item);
		}
	}
	enumerator->destroy(enumerator);
	put(this, kind, chunk_empty, chunk_empty);
}

METHOD(gkm_state_store_t, load, bool,
	private_gkm_record_list_t *this, identification_t *group,
	gkm_record_t kind, bool (*cb)(void*,chunk_t,chunk_t), void *user,
	gkm_error_t *err)
{
	enumerator_t *enumerator;
	chunk_t key, value;
	item_t *item;
	bool success = TRUE;

	enumerator = this->table->create_enumerator(this->table);
	while (success && enumerator->enumerate(enumerator, NULL, &item))
	{
		if (item->entry.kind == kind && item->entry.value.len)
		{
			key = chunk_clone(item->entry.key);
			value = chunk_clone(item->entry.value);
			success = cb(user, key, value);
			chunk_free(&key);
			chunk_clear(&value);
		}
	}
	enumerator->destroy(enumerator);
	return success;
}

METHOD(gkm_record_list_t, get_count, u_int,
	private_gkm_record_list_t *this)
{
	return this->table->get_count(this->table);
}

METHOD(gkm_record_list_t, get_size, size_t,
	private_gkm_record_list_t *this)
{
	return this->size;
}

CALLBACK(filter_entry, bool,
	void *user, enumerator_t *orig, va_list args)
{
	gkm_record_entry_t **out;
	item_t *item;

	VA_ARGS_VGET(args, out);
	if (!orig->enumerate(orig, NULL, &item))
	{
		return FALSE;
	}
	*out = &item->entry;
	return TRUE;
}

METHOD(gkm_record_list_t, create_enumerator, enumerator_t*,
	private_gkm_record_list_t *this)
{
	return enumerator_create_filter(this->table->create_enumerator(this->table),
									filter_entry, NULL, NULL);
}

METHOD(gkm_record_list_t, get_ref, gkm_record_list_t*,
	private_gkm_record_list_t *this)
{
	ref_get(&this->refs);
	return &this->public;
}

CALLBACK(destroy_value, void,
	item_t *item, const void *key)
{
	destroy_item(item);
}

METHOD(gkm_record_list_t, destroy, void,
	private_gkm_record_list_t *this)
{
	if (ref_put(&this->refs))
	{
		this->table->destroy_function(this->table, destroy_value);
		free(this);
	}
}

/*
 * Described in header
 */
void gkm_record_entry_put(gkm_record_entry_t *this, gkm_state_store_t *store)
{
	if (this->key.len || this->value.len)
	{
		store->put(store, this->kind, this->key, this->value);
	}
	else
	{
		store->clear(store, this->kind);
	}
}

/*
 * Described in header
 */
gkm_record_list_t *gkm_record_list_create()
{
	private_gkm_record_list_t *this;

	INIT(this,
		.public = {
			.store = {
				.begin = _begin,
				.put = _put,
				.clear = _clear,
				.end = _end,
				.load = _load,
			},
			.get_count = _get_count,
			.get_size = _get_size,
			.create_enumerator = _create_enumerator,
			.get_ref = _get_ref,
			.destroy = _destroy,
		},
		.table = hashtable_create(hash, equals, 0),
		.refs = 1,
	);
	return &this->public;
}
