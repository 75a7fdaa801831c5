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

#include <check.h>

#include <collections/array.h>

#include "state_fixture.h"

/**
 * A record
 */
typedef struct {
	gkm_record_t kind;
	chunk_t key;
	chunk_t value;
} record_t;

/**
 * chunk_equals() says that nothing equals an empty one
 */
static bool same_key(chunk_t a, chunk_t b)
{
	return a.len == b.len && (!a.len || memeq(a.ptr, b.ptr, a.len));
}

static void destroy_record(record_t *record)
{
	chunk_free(&record->key);
	chunk_free(&record->value);
	free(record);
}

static void destroy_all(array_t *records)
{
	record_t *record;

	while (array_remove(records, ARRAY_TAIL, &record))
	{
		destroy_record(record);
	}
	array_destroy(records);
}

static array_t *clone_all(array_t *records)
{
	record_t *record, *clone;
	array_t *clones;
	int i;

	clones = array_create(0, 0);
	for (i = 0; array_get(records, i, &record); i++)
	{
		clone = malloc_thing(record_t);
		*clone = (record_t){
			.kind = record->kind,
			.key = chunk_clone(record->key),
			.value = chunk_clone(record->value),
		};
		array_insert(clones, ARRAY_TAIL, clone);
	}
	return clones;
}

static bool begin(gkm_state_store_t *public, identification_t *group,
				  gkm_error_t *err)
{
	state_t *this = (state_t*)public;

	ck_assert(!this->before);
	this->before = clone_all(this->records);
	this->puts = 0;
	return TRUE;
}

/*
 * Described in header
 */
void state_set(state_t *this, gkm_record_t kind, chunk_t key, chunk_t value)
{
	record_t *record;
	int i;

	for (i = 0; array_get(this->records, i, &record); i++)
	{
		if (record->kind == kind && same_key(record->key, key))
		{
			array_remove(this->records, i, NULL);
			destroy_record(record);
			break;
		}
	}
	if (value.len)
	{
		record = malloc_thing(record_t);
		*record = (record_t){
			.kind = kind,
			.key = chunk_clone(key),
			.value = chunk_clone(value),
		};
		array_insert(this->records, ARRAY_TAIL, record);
	}
}

static void put(gkm_state_store_t *public, gkm_record_t kind, chunk_t key,
				chunk_t value)
{
	state_t *this = (state_t*)public;

	ck_assert(this->before);
	this->puts++;
	state_set(this, kind, key, value);
}

static void clear(gkm_state_store_t *public, gkm_record_t kind)
{
	state_t *this = (state_t*)public;
	record_t *record;
	int i = 0;

	ck_assert(this->before);
	this->puts++;
	while (array_get(this->records, i, &record))
	{
		if (record->kind == kind)
		{
			array_remove(this->records, i, NULL);
			destroy_record(record);
		}
		else
		{
			i++;
		}
	}
}

static bool end(gkm_state_store_t *public, bool durable, gkm_error_t *err)
{
	state_t *this = (state_t*)public;
	array_t *before = this->before;

	ck_assert(before);
	this->before = NULL;
	if (this->broken)
	{
		destroy_all(this->records);
		this->records = before;
		return gkm_fail(err, "store is broken");
	}
	destroy_all(before);
	if (durable)
	{
		destroy_all(this->durable);
		this->durable = clone_all(this->records);
		this->syncs++;
	}
	return TRUE;
}

static bool load(gkm_state_store_t *public, identification_t *group,
				 gkm_record_t kind,
				 bool (*cb)(void*,chunk_t,chunk_t), void *user,
				 gkm_error_t *err)
{
	state_t *this = (state_t*)public;
	record_t *record;
	bool success = TRUE;
	chunk_t key, value;
	int i;

	for (i = 0; success && array_get(this->records, i, &record); i++)
	{
		if (record->kind == kind)
		{	/* clones, so that the sanitizer sees reads beyond the end */
			key = chunk_clone(record->key);
			value = chunk_clone(record->value);
			success = cb(user, key, value);
			chunk_free(&key);
			chunk_free(&value);
		}
	}
	return success;
}

/*
 * Described in header
 */
state_t *state_create()
{
	state_t *this;

	INIT(this,
		.public = {
			.begin = begin,
			.put = put,
			.clear = clear,
			.end = end,
			.load = load,
		},
		.records = array_create(0, 0),
		.durable = array_create(0, 0),
	);
	return this;
}

/*
 * Described in header
 */
void state_lose_power(state_t *this)
{
	destroy_all(this->records);
	this->records = clone_all(this->durable);
}

/*
 * Described in header
 */
chunk_t state_get(state_t *this, gkm_record_t kind, chunk_t key)
{
	record_t *record;
	int i;

	for (i = 0; array_get(this->records, i, &record); i++)
	{
		if (record->kind == kind && same_key(record->key, key))
		{
			return record->value;
		}
	}
	return chunk_empty;
}

/*
 * Described in header
 */
chunk_t state_nth(state_t *this, gkm_record_t kind, u_int n, chunk_t *key)
{
	record_t *record;
	int i;

	for (i = 0; array_get(this->records, i, &record); i++)
	{
		if (record->kind == kind && !n--)
		{
			*key = record->key;
			return record->value;
		}
	}
	return chunk_empty;
}

/*
 * Described in header
 */
u_int state_count(state_t *this, gkm_record_t kind)
{
	record_t *record;
	u_int count = 0;
	int i;

	for (i = 0; array_get(this->records, i, &record); i++)
	{
		count += record->kind == kind ? 1 : 0;
	}
	return count;
}

/*
 * Described in header
 */
void state_destroy(state_t *this)
{
	ck_assert(!this->before);
	destroy_all(this->records);
	destroy_all(this->durable);
	free(this);
}
