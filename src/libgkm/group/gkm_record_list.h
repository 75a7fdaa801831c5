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
 * Records of a group in memory, in the order of their keys' first change: what
 * one key server tells another of a group, as it would write it into its store.
 *
 * @defgroup gkm_record_list gkm_record_list
 * @{ @ingroup libgkm
 */

#ifndef GKM_RECORD_LIST_H_
#define GKM_RECORD_LIST_H_

#include "gkm_state_store.h"

typedef struct gkm_record_list_t gkm_record_list_t;
typedef struct gkm_record_entry_t gkm_record_entry_t;

/**
 * A record, or that there is none any more: plain data.
 */
struct gkm_record_entry_t {

	/** kind and key */
	gkm_record_t kind;
	chunk_t key;

	/** value, secret; empty if the record was removed. With an empty key, too,
	 *  all records of the kind were, before what follows. */
	chunk_t value;
};

/**
 * List of records. Not synchronized.
 */
struct gkm_record_list_t {

	/**
	 * Writes and reads the list: begin() and end() do nothing, put() replaces
	 * what was put for the same kind and key, clear() replaces what was put of a
	 * kind by an entry that says that there are none, load() passes on records
	 * that have a value. The group given is of no meaning.
	 */
	gkm_state_store_t store;

	/**
	 * Number of entries, and octets in their keys and values.
	 */
	u_int (*get_count)(gkm_record_list_t *this);
	size_t (*get_size)(gkm_record_list_t *this);

	/**
	 * Enumerate all entries, removed ones too.
	 *
	 * @return			enumerator over gkm_record_entry_t*
	 */
	enumerator_t *(*create_enumerator)(gkm_record_list_t *this);

	/**
	 * Get another reference: from then on the list isn't to be changed.
	 */
	gkm_record_list_t *(*get_ref)(gkm_record_list_t *this);

	/**
	 * Release a reference; the last one wipes all values.
	 */
	void (*destroy)(gkm_record_list_t *this);
};

/**
 * Do to a store what an entry says: set or remove a record, or remove all of a
 * kind.
 */
void gkm_record_entry_put(gkm_record_entry_t *this, gkm_state_store_t *store);

/**
 * Create an empty list.
 */
gkm_record_list_t *gkm_record_list_create();

#endif /** GKM_RECORD_LIST_H_ @}*/
