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
 * A key server's group as records of gkm_state_store.h. What is read was sealed
 * by ourselves, but maybe by another version: everything is checked.
 *
 * @defgroup gkm_state gkm_state
 * @{ @ingroup libgkm
 */

#ifndef GKM_STATE_H_
#define GKM_STATE_H_

#include "gkm_adoption.h"
#include "gkm_policy.h"
#include "gkm_pushes.h"
#include "gkm_sender_ids.h"
#include "gkm_state_member.h"

#include "../keys/gkm_key_tree.h"

typedef struct gkm_state_tree_t gkm_state_tree_t;
typedef struct gkm_state_t gkm_state_t;

/**
 * What there is to know of a group besides its SAs, members and nodes of its key
 * tree.
 */
struct gkm_state_tree_t {

	/** number that no key has had yet */
	uint32_t next_key;

	/** children of a node at most, 0 if there is no tree */
	uint8_t degree;

	/** a member that left knows the rekey SA */
	bool stale;

	/** window of IP delay detection that members have, 0 if none */
	uint32_t d3p_window;

	/** rekeys of members that use GDOI: how many, and which was the last one */
	gkm_pushes_t pushes;

	/** what cooperative key servers have to know, see gkm_rekeying.h */
	uint64_t epoch;
	uint64_t lineage;
	uint64_t era;
	uint32_t ends[GKM_COOP_SERVERS_MAX];

	/** bits in sender IDs that members have, 0 if a version before wrote that,
	 *  and number of the key server, 0 if it was alone */
	uint8_t sender_id_bits;
	uint8_t server;
};

/**
 * What a record of SAs says: plain data, empty if all zero.
 */
struct gkm_state_t {

	/** SAs */
	gkm_policy_kept_t kept;

	/** the rest */
	gkm_state_tree_t tree;
};

/**
 * Write the SAs of a group.
 *
 * @param policy		SAs
 * @param tree			key tree
 * @return				record, allocated, to be cleared
 */
chunk_t gkm_state_encode(gkm_policy_t *policy, gkm_state_tree_t *tree);

/**
 * Read the SAs of a group.
 *
 * @param record		what was written
 * @param state			empty, receives what it says, to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if it isn't such a record
 */
bool gkm_state_decode(chunk_t record, gkm_state_t *state, gkm_error_t *err);

/**
 * Destroy what was read, and empty it.
 */
void gkm_state_clear(gkm_state_t *this);

/**
 * Key of the record of a node of the key tree: its place. A version before had
 * no number of the tree in it, which is 0 then.
 *
 * @return				key, allocated
 */
chunk_t gkm_state_node_key(gkm_key_tree_node_t *node);

/**
 * Write a node of the key tree.
 *
 * @return				record, allocated, to be cleared; empty if the node has
 *						no key
 */
chunk_t gkm_state_encode_node(gkm_key_tree_node_t *node);

/**
 * Read a node of the key tree.
 *
 * @param key			key of the record
 * @param record		record, empty if the node has no key any more
 * @param node			receives the node, its key points into the record
 * @param err			receives the reason on failure
 * @return				FALSE if it isn't such a record
 */
bool gkm_state_decode_node(chunk_t key, chunk_t record,
						   gkm_key_tree_node_t *node, gkm_error_t *err);

#endif /** GKM_STATE_H_ @}*/
