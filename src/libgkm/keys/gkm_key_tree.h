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
 * Key tree of a group (LKH, RFC 9838, 3.2 and appendix A): it lets a key
 * server give a new rekey SA to all members but some with O(log n) wrapped
 * keys.
 *
 * Leaves are members, each with a key that only it and the key server know.
 * Nodes above have keys that the members below know. The root has no key: that
 * is the rekey SA's. Nodes have up to degree children:
 *
 *                rekey SA
 *               /        \
 *             n1          n2          level 2
 *            /  \        /  \
 *          n3    n4    n5    n6       level 1
 *         / \    / \   / \   / \
 *        a   b  c   d e   f g   h     level 0, slots 0 to 7
 *
 * A node's key is good until a member below it goes: then it is stale, as are
 * those above, up to the root. Stale keys wrap nothing any more, and aren't
 * given to new members. refresh() replaces all stale keys, whatever the number
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
 * Not synchronized, callers lock.
 *
 * @defgroup gkm_key_tree gkm_key_tree
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_TREE_H_
#define GKM_KEY_TREE_H_

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

typedef struct gkm_key_tree_t gkm_key_tree_t;
typedef struct gkm_key_tree_node_t gkm_key_tree_node_t;

/** Children of a node, at least and at most */
#define GKM_KEY_TREE_DEGREE_MIN 2
#define GKM_KEY_TREE_DEGREE_MAX 16

/** Members at most, whatever the degree */
#define GKM_KEY_TREE_MEMBERS_MAX (1 << 20)

/** Levels at most, which a tree of degree 2 has when full; members accept paths
 *  of GIKEV2_WRAP_KEYS_MAX keys */
#define GKM_KEY_TREE_LEVELS_MAX 20

/**
 * A node as it is kept across restarts.
 */
struct gkm_key_tree_node_t {

	/** level, 0 for leaves, and position on it: slot of a leaf */
	uint32_t level;
	uint32_t index;

	/** number of the key, and the key, borrowed; both empty if the node is
	 *  stale, or has no member below, and needs not be kept */
	gkm_kwk_t kwk;
};

/**
 * Key tree.
 */
struct gkm_key_tree_t {

	/**
	 * Give a member a leaf with a new key.
	 *
	 * @param slot			receives the number of the leaf, the lowest one free
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are no random numbers, key numbers
	 *						or leaves left; nothing changed then
	 */
	bool (*join)(gkm_key_tree_t *this, uint32_t *slot, gkm_error_t *err);

	/**
	 * Take a member's leaf away and make the keys above it stale.
	 *
	 * @param slot			number of its leaf, may be one without member
	 */
	void (*leave)(gkm_key_tree_t *this, uint32_t slot);

	/**
	 * Get the keys that a member is to know: from its leaf up to the first
	 * stale one, in the order of gkm_download_t.path.
	 *
	 * @param slot			number of its leaf
	 * @param path			array to add to, as gkm_kwk_t*, clones
	 * @return				FALSE if there is no member on that leaf
	 */
	bool (*get_path)(gkm_key_tree_t *this, uint32_t slot, array_t *path);

	/**
	 * Get the key that only one member knows.
	 *
	 * @param slot			number of its leaf
	 * @param key			receives the key, allocated, to be cleared
	 * @return				FALSE if there is no member on that leaf
	 */
	bool (*get_leaf)(gkm_key_tree_t *this, uint32_t slot, chunk_t *key);

	/**
	 * Did a member leave since the last refresh()? Then the rekey SA has to be
	 * replaced with what that says. A tree that only grew needs no refresh().
	 *
	 * This is to be kept across restarts by the caller: if a member leaves
	 * whose leaf is right below the root, no node is stale. A tree that was
	 * restored says TRUE if nodes that have members below didn't come, be it
	 * because a member left, or just because the tree grew.
	 */
	bool (*is_stale)(gkm_key_tree_t *this);

	/**
	 * Replace all stale keys.
	 *
	 * Each new key is wrapped with those of the children that have a member
	 * below, be they new themselves or not. What is put into the arrays is
	 * borrowed from the tree, and good until it is changed.
	 *
	 * Without any member both stay empty. That is not to be mistaken for the
	 * default key: those who left know it, there is no one to send a rekey to.
	 *
	 * @param kwks			receives keys to wrap the rekey SA's key with, as
	 *						gkm_kwk_t*: those of the topmost nodes, which are
	 *						the members' own if there is one level only
	 * @param wraps			receives how new keys are to be wrapped, as
	 *						gkm_wrap_t by value, keys of higher levels first
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are no random numbers or key numbers
	 *						left; nothing changed then
	 */
	bool (*refresh)(gkm_key_tree_t *this, array_t *kwks, array_t *wraps,
					gkm_error_t *err);

	/**
	 * Number of members.
	 */
	u_int (*get_count)(gkm_key_tree_t *this);

	/**
	 * The number that the next new key gets. Never goes back. UINT32_MAX if
	 * all numbers were used; that isn't one itself.
	 */
	uint32_t (*get_next_id)(gkm_key_tree_t *this);

	/**
	 * Get the nodes that changed since changes_stored() was called last, each
	 * once. Those that are stale, or have no member below, have no key.
	 *
	 * @param all			TRUE to get all nodes that have a key instead
	 * @param cb			called for each, must not change the tree
	 * @param user			passed to cb
	 */
	void (*get_changes)(gkm_key_tree_t *this, bool all,
						void (*cb)(void *user, gkm_key_tree_node_t *node),
						void *user);

	/**
	 * What get_changes() says is stored, and needs not be said again. As long
	 * as storing fails this isn't to be called: what is stored has keys of
	 * members that left.
	 */
	void (*changes_stored)(gkm_key_tree_t *this);

	/**
	 * Put a node back that was stored, before anything else is done.
	 * Nodes may come in any order; those between a leaf and the root that
	 * don't come are stale, as are those above them. Those that have no
	 * restored leaf below, and those without key, are passed over.
	 *
	 * When all nodes are back, a slot belongs to a member if get_path() knows
	 * it; leave() is for those that none claims.
	 *
	 * @param node			node, its key is cloned
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be a node of this tree: level,
	 *						index, number or length of the key are wrong, or it
	 *						came before; nothing changed then
	 */
	bool (*restore)(gkm_key_tree_t *this, gkm_key_tree_node_t *node,
					gkm_error_t *err);

	/**
	 * Destroy the tree, wiping keys.
	 */
	void (*destroy)(gkm_key_tree_t *this);
};

/**
 * Create an empty tree.
 *
 * @param degree		children of a node at most, see above
 * @param key_len		octets in a key: 16, 24 or 32
 * @param next_id		number of the first key, not 0: after a restart, what
 *						get_next_id() said last
 * @return				NULL if one of these is out of range
 */
gkm_key_tree_t *gkm_key_tree_create(u_int degree, size_t key_len,
									uint32_t next_id);

#endif /** GKM_KEY_TREE_H_ @}*/
