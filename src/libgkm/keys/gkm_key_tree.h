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
 * Tree of keys, a part of gkm_key_forest.h (LKH, RFC 9838, 3.2 and appendix A):
 * it lets a key server give a new rekey SA to all members but some with O(log n)
 * wrapped keys.
 *
 * Leaves are members, each with a key that only it and the key servers know.
 * Nodes above have keys that the members below know. The root has no key: that
 * is the rekey SA's. Nodes have up to degree children:
 *
 *                rekey SA
 *               /        \
 *             n1          n2          level 2
 *            /  \        /  \
 *          n3    n4    n5    n6       level 1
 *         / \    / \   / \   / \
 *        a   b  c   d e   f g   h     level 0, leaves 0 to 7
 *
 * A node's key is good until a member below it goes: then it is stale, as are
 * those above, up to the root. Stale keys wrap nothing any more, and aren't
 * given to new members. Refreshing replaces all stale keys, whatever the number
 * of members that went, and says how the new ones have to be wrapped.
 * A tree that grows gets another level on top, whose first node is stale from
 * the start, since nobody knows its key.
 *
 * Nodes below which there was no member get a key as soon as there is one, and
 * lose it when the last one goes. So nodes that have members below have a key
 * or are stale, and those above a stale one are stale too.
 *
 * GDOI names nodes by LKH IDs of 16 bits (RFC 6407, 5.6.3), too few for all of
 * them: gkm_kwk_t.node tells apart levels, and most nodes on one level. That is
 * enough, as a member holds keys of one path, and numbers are unique.
 *
 * Nodes are kept in small arrays per level and take about 80 octets each: with
 * those above its leaf, a member takes 90 (degree 16) to 165 octets (degree 2).
 * Joining, leaving and getting a path take time in proportion to the height of
 * the tree, refreshing to the number of stale nodes.
 *
 * @defgroup gkm_key_tree gkm_key_tree
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_TREE_H_
#define GKM_KEY_TREE_H_

#include "gkm_key_level.h"

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

typedef struct gkm_key_tree_t gkm_key_tree_t;
typedef struct gkm_key_supply_t gkm_key_supply_t;

/** Children of a node, at least and at most */
#define GKM_KEY_TREE_DEGREE_MIN 2
#define GKM_KEY_TREE_DEGREE_MAX 16

/** Members at most, whatever the degree */
#define GKM_KEY_TREE_MEMBERS_MAX (1 << 20)

/** Levels at most, which a tree of degree 2 has when full; members accept paths
 *  of GIKEV2_WRAP_KEYS_MAX keys */
#define GKM_KEY_TREE_LEVELS_MAX 20

/**
 * New keys for nodes: plain data.
 */
struct gkm_key_supply_t {

	/** number of the first one */
	uint32_t next_id;

	/** random octets, one key after the other; what is used is skipped */
	chunk_t keys;
};

/**
 * A tree: plain data.
 */
struct gkm_key_tree_t {

	/** number of the tree */
	uint32_t number;

	/** children of a node at most */
	u_int degree;

	/** octets in a key */
	size_t key_len;

	/** number of members */
	u_int count;

	/** number of levels in use, at least 1 */
	u_int height;

	/** levels, leaves first */
	gkm_key_level_t levels[GKM_KEY_TREE_LEVELS_MAX];

	/** a member left since the last refresh */
	bool departed;

	/** there are nodes that have to be looked at */
	bool touched;

	/** what changed since it was stored came from the primary, or is what it
	 *  has to be told in return */
	bool adopting;

	/** changes of leaves have to be said to other key servers, and how many
	 *  weren't yet, see gkm_key_adoption.h */
	bool shared;
	uint32_t unsaid;
};

/**
 * Create an empty tree.
 *
 * @param number		its number
 * @param degree		children of a node at most, within the bounds above
 * @param key_len		octets in a key, up to GKM_KEY_NODE_KEY_MAX
 */
gkm_key_tree_t *gkm_key_tree_create(uint32_t number, u_int degree,
									size_t key_len);

/**
 * Destroy a tree, wiping keys.
 *
 * @param this			tree, may be NULL
 */
void gkm_key_tree_destroy(gkm_key_tree_t *this);

/**
 * Find the lowest leaf without member.
 *
 * @param leaf			receives its index
 * @param keys			receives the number of keys that gkm_key_tree_join()
 *						needs
 * @param err			receives the reason on failure
 * @return				FALSE if there is none
 */
bool gkm_key_tree_find_leaf(gkm_key_tree_t *this, uint32_t *leaf, u_int *keys,
							gkm_error_t *err);

/**
 * Give a member the leaf that gkm_key_tree_find_leaf() found.
 */
void gkm_key_tree_join(gkm_key_tree_t *this, uint32_t leaf,
					   gkm_key_supply_t *supply);

/**
 * Take a member's leaf away and make the keys above it stale.
 *
 * @param leaf			index, may be one without member
 */
void gkm_key_tree_leave(gkm_key_tree_t *this, uint32_t leaf);

/**
 * Get the keys that a member is to know, see gkm_key_forest_t.get_path().
 */
bool gkm_key_tree_get_path(gkm_key_tree_t *this, uint32_t leaf, array_t *path);

/**
 * Get the key that only one member knows, see gkm_key_forest_t.get_leaf().
 */
bool gkm_key_tree_get_leaf(gkm_key_tree_t *this, uint32_t leaf, chunk_t *key);

/**
 * Did a member leave since the last refresh?
 */
bool gkm_key_tree_is_stale(gkm_key_tree_t *this);

/**
 * Count the stale nodes: as many keys are needed for gkm_key_tree_refresh().
 */
u_int gkm_key_tree_count_stale(gkm_key_tree_t *this);

/**
 * Replace all stale keys, see gkm_key_forest_t.refresh().
 */
void gkm_key_tree_refresh(gkm_key_tree_t *this, gkm_key_supply_t *supply,
						  array_t *kwks, array_t *wraps);

/**
 * Get nodes that changed, see gkm_key_forest_t.get_changes().
 */
void gkm_key_tree_get_changes(gkm_key_tree_t *this, bool all,
							  void (*cb)(void *user, gkm_key_tree_node_t *node),
							  void *user);

/**
 * Are there nodes that changed?
 */
bool gkm_key_tree_has_changes(gkm_key_tree_t *this);

/**
 * Changes so far are stored, see gkm_key_forest_t.changes_stored().
 */
void gkm_key_tree_changes_stored(gkm_key_tree_t *this);

/**
 * Can a node be one of this tree: are level, index and length of the key right?
 *
 * @param err			receives the reason if not
 */
bool gkm_key_tree_check(gkm_key_tree_t *this, gkm_key_tree_node_t *node,
						gkm_error_t *err);

/**
 * Put a node back that was stored, see gkm_key_forest_t.restore(). It was
 * checked.
 */
bool gkm_key_tree_restore(gkm_key_tree_t *this, gkm_key_tree_node_t *node,
						  gkm_error_t *err);

/**
 * Find a node.
 *
 * @return				node, NULL if there never was a member below
 */
gkm_key_node_t *gkm_key_tree_find(gkm_key_tree_t *this, u_int level,
								  uint32_t index);

/**
 * Put a key into a node that was checked, whatever is there; the tree grows if
 * it has to. A leaf becomes that of a member. Nodes above are looked at.
 */
void gkm_key_tree_put(gkm_key_tree_t *this, gkm_key_tree_node_t *node);

/**
 * Take away a member's leaf. Nodes above are looked at.
 *
 * @param leaf			index of a member's leaf
 * @param stale			TRUE if keys above are stale; FALSE to leave them
 */
void gkm_key_tree_cut(gkm_key_tree_t *this, uint32_t leaf, bool stale);

/**
 * Take away the key of a node above leaves, and look at it.
 */
void gkm_key_tree_drop(gkm_key_tree_t *this, u_int level, uint32_t index);

/**
 * Have a node told to other key servers, even if it is what it was.
 */
void gkm_key_tree_repeat(gkm_key_tree_t *this, u_int level, uint32_t index);

/**
 * Have a node looked at. If it is a leaf, its state was said, see
 * gkm_key_tree_set_unsaid().
 */
void gkm_key_tree_touch(gkm_key_tree_t *this, u_int level, uint32_t index);

/**
 * Find out which nodes are stale, of those that have to be looked at, after all
 * changes that come together.
 */
void gkm_key_tree_settle(gkm_key_tree_t *this);

/**
 * Note whether other key servers have said that they know the state of a leaf
 * that this one changed.
 *
 * @param leaf			index
 * @param unsaid		FALSE if they have
 */
void gkm_key_tree_set_unsaid(gkm_key_tree_t *this, uint32_t leaf, bool unsaid);

#endif /** GKM_KEY_TREE_H_ @}*/
