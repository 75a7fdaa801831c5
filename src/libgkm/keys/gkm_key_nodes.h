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
 * Nodes of a key tree's level: a sparse array of them that takes little memory
 * for each, and doesn't move keys when it grows.
 *
 * @defgroup gkm_key_nodes gkm_key_nodes
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_NODES_H_
#define GKM_KEY_NODES_H_

#include "../group/gkm_download.h"

typedef struct gkm_key_node_t gkm_key_node_t;
typedef struct gkm_key_tree_node_t gkm_key_tree_node_t;
typedef struct gkm_key_nodes_t gkm_key_nodes_t;
typedef struct gkm_key_list_t gkm_key_list_t;

/** Octets in a node's key at most */
#define GKM_KEY_NODE_KEY_MAX 32

/**
 * A node, all zero at first.
 */
struct gkm_key_node_t {

	/** key in the buffer below, number 0 and empty if there is none */
	gkm_kwk_t kwk;

	/** number of members below, or on it if it is a leaf */
	uint32_t members : 24;

	/** is in the level's list of stale nodes */
	bool listed : 1;

	/** is in the level's list of changed nodes */
	bool changed : 1;

	/** is in the level's list of nodes that have to be looked at */
	bool touched : 1;

	/** the key, or that there is none, changed here, and isn't what the primary
	 *  said last */
	bool own : 1;

	/** there are members below of another key server that hasn't said yet that
	 *  this is the key that they know */
	bool doubted : 1;

	/** number of leaves below that changed, which other key servers have not
	 *  said that they know */
	uint32_t unsaid;

	/** buffer for the key */
	u_char key[GKM_KEY_NODE_KEY_MAX];
};

/**
 * A node as it is kept across restarts, and told to other key servers.
 */
struct gkm_key_tree_node_t {

	/** number of the tree, see gkm_key_forest.h */
	uint32_t tree;

	/** level, 0 for leaves, and position on it: of a leaf the low bits of its
	 *  slot */
	uint32_t level;
	uint32_t index;

	/** number of the key, and the key, borrowed; both empty if the node is
	 *  stale, or has no member below, and needs not be kept */
	gkm_kwk_t kwk;
};

/**
 * Nodes by index, empty if all zero. Nodes stay where they are.
 */
struct gkm_key_nodes_t {

	/** some nodes each, NULL if none of them was needed yet */
	gkm_key_node_t **pages;

	/** number of pages */
	uint32_t count;
};

/**
 * Indices of nodes, empty if all zero. May get as long as there are nodes,
 * which is too slow with an array_t.
 */
struct gkm_key_list_t {

	/** the indices */
	uint32_t *indices;

	/** number of them, and of those that there is room for */
	uint32_t count;
	uint32_t size;
};

/**
 * Put a key into a node.
 *
 * @param id		its number, not 0
 * @param key		key, copied, GKM_KEY_NODE_KEY_MAX octets at most
 */
void gkm_key_node_set(gkm_key_node_t *this, uint32_t id, chunk_t key);

/**
 * Wipe the key of a node.
 *
 * @return			FALSE if it had none
 */
bool gkm_key_node_wipe(gkm_key_node_t *this);

/**
 * Find a node.
 *
 * @return			node, NULL if it was never needed
 */
gkm_key_node_t *gkm_key_nodes_find(gkm_key_nodes_t *this, uint32_t index);

/**
 * Get a node, allocating it if need be.
 */
gkm_key_node_t *gkm_key_nodes_get(gkm_key_nodes_t *this, uint32_t index);

/**
 * Get an index above those of all nodes there are.
 */
uint32_t gkm_key_nodes_end(gkm_key_nodes_t *this);

/**
 * Free all nodes, wiping keys.
 */
void gkm_key_nodes_clear(gkm_key_nodes_t *this);

/**
 * Add an index to a list.
 */
void gkm_key_list_add(gkm_key_list_t *this, uint32_t index);

/**
 * Empty a list.
 */
void gkm_key_list_clear(gkm_key_list_t *this);

#endif /** GKM_KEY_NODES_H_ @}*/
