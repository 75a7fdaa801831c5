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
 * What keeps the state of groups across restarts, as a key server needs it.
 *
 * @defgroup gkm_state_store gkm_state_store
 * @{ @ingroup libgkm
 */

#ifndef GKM_STATE_STORE_H_
#define GKM_STATE_STORE_H_

#include <library.h>
#include <utils/identification.h>

#include "gkm_error.h"

typedef struct gkm_state_store_t gkm_state_store_t;
typedef enum gkm_record_t gkm_record_t;

/** Kinds of records of a group */
enum gkm_record_t {
	/** its SAs and counters, one record with an empty key */
	GKM_RECORD_GROUP = 1,
	/** a member, the key is its identity */
	GKM_RECORD_MEMBER = 2,
	/** a node of the key tree, the key is its place */
	GKM_RECORD_NODE = 3,
	/** rekey messages that are being sent, one record with an empty key */
	GKM_RECORD_OUTBOX = 4,
	/** private key that signs rekeys, one record with an empty key */
	GKM_RECORD_SIGNER = 5,
};

/**
 * Records of groups, each with a value under a kind and a key. Values are
 * secret. Changes are made in transactions: all of them are kept, or none.
 */
struct gkm_state_store_t {

	/**
	 * Begin to change records of a group. The store belongs to the caller
	 * until end().
	 *
	 * @param group			identity of the group, NULL for what belongs to the
	 *						key server itself
	 * @param err			receives the reason on failure
	 * @return				FALSE if the store can't be used; no end() then
	 */
	bool (*begin)(gkm_state_store_t *this, identification_t *group,
				  gkm_error_t *err);

	/**
	 * Set or remove a record, between begin() and end(). If that fails, end()
	 * does so too.
	 *
	 * @param kind			kind of record
	 * @param key			key, may be empty, at most 65535 octets
	 * @param value			value, not empty; chunk_empty to remove the record
	 */
	void (*put)(gkm_state_store_t *this, gkm_record_t kind, chunk_t key,
				chunk_t value);

	/**
	 * Remove all records of a kind, between begin() and end(). If that fails,
	 * end() does so too.
	 */
	void (*clear)(gkm_state_store_t *this, gkm_record_t kind);

	/**
	 * Keep the changes since begin().
	 *
	 * @param durable		TRUE if they have to survive a power failure, FALSE
	 *						if it is enough that they survive the end of the
	 *						process, which is much faster
	 * @param err			receives the reason on failure
	 * @return				FALSE if nothing was changed
	 */
	bool (*end)(gkm_state_store_t *this, bool durable, gkm_error_t *err);

	/**
	 * Read the records of a kind, in no particular order. cb must not use the
	 * store.
	 *
	 * @param group			identity of the group, or NULL as above
	 * @param kind			kind of records
	 * @param cb			called for each record with clones that it may
	 *						change, but doesn't own; FALSE ends reading
	 * @param user			passed to cb
	 * @param err			receives the reason on failure: of the store, or
	 *						what cb put there
	 * @return				FALSE if the store can't be used, a record is
	 *						damaged or can't be unsealed, or cb returned FALSE
	 */
	bool (*load)(gkm_state_store_t *this, identification_t *group,
				 gkm_record_t kind,
				 bool (*cb)(void *user, chunk_t key, chunk_t value),
				 void *user, gkm_error_t *err);
};

#endif /** GKM_STATE_STORE_H_ @}*/
