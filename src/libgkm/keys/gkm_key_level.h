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
 * A level of a key tree: its nodes, and which of them are stale, or have to be
 * stored. A part of gkm_key_tree.h.
 *
 * @defgroup gkm_key_level gkm_key_level
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_LEVEL_H_
#define GKM_KEY_LEVEL_H_

#include "gkm_key_nodes.h"

typedef struct gkm_key_level_t gkm_key_level_t;

/**
 * Plain data, empty if all zero.
 */
struct gkm_key_level_t {

	/** nodes. Those without key are stale, or have no member below. */
	gkm_key_nodes_t nodes;

	/** all stale nodes, and perhaps others */
	gkm_key_list_t stale;

	/** changed nodes */
	gkm_key_list_t changed;

	/** nodes that have to be looked at */
	gkm_key_list_t touched;
};

/**
 * Give a node another key, which then has to be stored.
 *
 * @param node		node of this level
 * @param index		its index
 * @param id		number of the key
 * @param key		key, copied
 */
void gkm_key_level_set(gkm_key_level_t *this, gkm_key_node_t *node,
					   uint32_t index, uint32_t id, chunk_t key);

/**
 * Note that a node has to be stored, and to be told to others, even if it is
 * what it was.
 */
void gkm_key_level_note_change(gkm_key_level_t *this, gkm_key_node_t *node,
							   uint32_t index);

/**
 * Take the key of a node away, if it has one.
 */
void gkm_key_level_drop(gkm_key_level_t *this, gkm_key_node_t *node,
						uint32_t index);

/**
 * Note that a node is stale.
 */
void gkm_key_level_note_stale(gkm_key_level_t *this, gkm_key_node_t *node,
							  uint32_t index);

/**
 * Note that a node has to be looked at, as it may be stale by now.
 */
void gkm_key_level_touch(gkm_key_level_t *this, gkm_key_node_t *node,
						 uint32_t index);

/**
 * Does a node lack the key that it is to have?
 */
bool gkm_key_level_lacks_key(gkm_key_node_t *node);

/**
 * Count stale nodes.
 */
u_int gkm_key_level_count_stale(gkm_key_level_t *this);

/**
 * Get nodes that changed, see gkm_key_forest_t.get_changes().
 *
 * @param tree		number of the tree
 * @param level		number of this level
 * @param all		TRUE to get all nodes with a key
 */
void gkm_key_level_get_changes(gkm_key_level_t *this, uint32_t tree,
						u_int level, bool all,
						void (*cb)(void *user, gkm_key_tree_node_t *node),
						void *user);

/**
 * Changes so far are stored.
 *
 * @param again		TRUE if what isn't what the primary said last has to be
 *					stored once more, so that it is told
 */
void gkm_key_level_changes_stored(gkm_key_level_t *this, bool again);

/**
 * Free all nodes, wiping keys.
 */
void gkm_key_level_clear(gkm_key_level_t *this);

#endif /** GKM_KEY_LEVEL_H_ @}*/
