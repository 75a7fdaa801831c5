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

/**
 * A state store in memory, for tests of what a key server keeps.
 */

#ifndef STATE_FIXTURE_H_
#define STATE_FIXTURE_H_

#include "libgkm/group/gkm_state_store.h"

/** Records of one group */
typedef struct {
	gkm_state_store_t public;
	/** record_t*, what is kept, and what was before begin() */
	array_t *records;
	array_t *before;
	/** what survives a power failure */
	array_t *durable;
	/** TRUE to let end() fail */
	bool broken;
	/** put() and clear() since begin(), and transactions that are durable */
	u_int puts;
	u_int syncs;
} state_t;

/**
 * Create an empty store.
 */
state_t *state_create();

/**
 * Lose what isn't durable.
 */
void state_lose_power(state_t *this);

/**
 * Get a record.
 *
 * @return			value, borrowed; empty if there is none
 */
chunk_t state_get(state_t *this, gkm_record_t kind, chunk_t key);

/**
 * Number of records of a kind.
 */
u_int state_count(state_t *this, gkm_record_t kind);

/**
 * Set a record from outside.
 */
void state_set(state_t *this, gkm_record_t kind, chunk_t key, chunk_t value);

/**
 * Get the nth record of a kind.
 *
 * @param key		receives its key, borrowed
 * @return			value, borrowed
 */
chunk_t state_nth(state_t *this, gkm_record_t kind, u_int n, chunk_t *key);

/**
 * Destroy a store.
 */
void state_destroy(state_t *this);

#endif /** STATE_FIXTURE_H_ */
