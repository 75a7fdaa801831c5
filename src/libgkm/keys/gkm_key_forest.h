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
 * Key trees of a group (LKH, RFC 9838, 3.2 and appendix A): they let a key
 * server give a new rekey SA to all members but some with O(log n) wrapped keys,
 * see gkm_key_tree.h.
 *
 * Key servers that serve a group together have a tree each, whose leaves are
 * those of members that registered with it. All trees are below the rekey SA,
 * whose key is the root of each:
 *
 *                         rekey SA
 *               _____________|_____________
 *              |             |             |
 *           tree 1         tree 2        tree 3
 *
 * A key server gives leaves of its own tree to members only, so that two never
 * give away the same. The primary replaces the stale keys of all trees. The
 * number of a tree is that of its key server, 0 if there is but one that is
 * alone, and numbers of leaves (slots) begin with that of the tree. Numbers of
 * keys begin with that of the key server that made them, which counts keys of
 * all trees.
 *
 * What others change is taken over node by node, see adopt(). Where two key
 * servers changed the same, keys that not all members below may know become
 * stale, and so are replaced with the next refresh(): leaves have one key
 * server that gives them away, so that there is always one to begin with.
 *
 * Not synchronized, callers lock.
 *
 * @defgroup gkm_key_forest gkm_key_forest
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_FOREST_H_
#define GKM_KEY_FOREST_H_

#include "gkm_key_tree.h"

#include "../group/gkm_adoption.h"

typedef struct gkm_key_forest_t gkm_key_forest_t;

/** Trees at most: one for each key server, and one of a key server that was
 *  alone before */
#define GKM_KEY_FOREST_TREES (GKM_COOP_SERVERS_MAX + 1)

/**
 * Key trees.
 */
struct gkm_key_forest_t {

	/**
	 * Give a member a leaf of the own tree with a new key.
	 *
	 * @param slot			receives the number of the leaf, the lowest one free
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are no random numbers, key numbers
	 *						or leaves left; nothing changed then
	 */
	bool (*join)(gkm_key_forest_t *this, uint32_t *slot, gkm_error_t *err);

	/**
	 * Take a member's leaf away and make the keys above it stale.
	 *
	 * @param slot			number of its leaf, may be one without member
	 */
	void (*leave)(gkm_key_forest_t *this, uint32_t slot);

	/**
	 * Get the keys that a member is to know: from its leaf up to the first
	 * stale one, in the order of gkm_download_t.path.
	 *
	 * @param slot			number of its leaf
	 * @param path			array to add to, as gkm_kwk_t*, clones
	 * @return				FALSE if there is no member on that leaf
	 */
	bool (*get_path)(gkm_key_forest_t *this, uint32_t slot, array_t *path);

	/**
	 * Get the key that only one member knows.
	 *
	 * @param slot			number of its leaf
	 * @param key			receives the key, allocated, to be cleared
	 * @return				FALSE if there is no member on that leaf
	 */
	bool (*get_leaf)(gkm_key_forest_t *this, uint32_t slot, chunk_t *key);

	/**
	 * Did a member leave since the last refresh()? Then the rekey SA has to be
	 * replaced with what that says. Trees that only grew need no refresh().
	 *
	 * This is to be kept across restarts by the caller: if a member leaves
	 * whose leaf is right below the root, no node is stale. Trees that were
	 * restored say TRUE if nodes that have members below didn't come, be it
	 * because a member left, or just because a tree grew.
	 */
	bool (*is_stale)(gkm_key_forest_t *this);

	/**
	 * Note what the primary said of is_stale(), after adopting nodes from it.
	 * It stays TRUE as long as others don't know all that this key server
	 * changed.
	 */
	void (*set_stale)(gkm_key_forest_t *this, bool stale);

	/**
	 * Replace all stale keys of all trees.
	 *
	 * Each new key is wrapped with those of the children that have a member
	 * below, be they new themselves or not. What is put into the arrays is
	 * borrowed, and good until something is changed.
	 *
	 * Without any member both stay empty. That is not to be mistaken for the
	 * default key: those who left know it, there is no one to send a rekey to.
	 *
	 * @param kwks			receives keys to wrap the rekey SA's key with, as
	 *						gkm_kwk_t*: those of the topmost nodes of all trees,
	 *						which are the members' own where there is one level
	 * @param wraps			receives how new keys are to be wrapped, as
	 *						gkm_wrap_t by value, for each tree keys of higher
	 *						levels first
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are no random numbers or key numbers
	 *						left; nothing changed then
	 */
	bool (*refresh)(gkm_key_forest_t *this, array_t *kwks, array_t *wraps,
					gkm_error_t *err);

	/**
	 * Number of members.
	 */
	u_int (*get_count)(gkm_key_forest_t *this);

	/**
	 * The number that the next new key gets. Never goes back. If all numbers of
	 * this key server were used that is the last one of them, which isn't one
	 * itself: UINT32_MAX if it is alone.
	 */
	uint32_t (*get_next_id)(gkm_key_forest_t *this);

	/**
	 * This key server has another number from now on: members get leaves of
	 * another tree.
	 *
	 * @param server		number of the key server, 0 if it is alone
	 */
	void (*set_server)(gkm_key_forest_t *this, uint8_t server);

	/**
	 * Get the nodes that changed since changes_stored() was called last, each
	 * once. Those that are stale, or have no member below, have no key.
	 *
	 * @param all			TRUE to get all nodes that have a key instead
	 * @param cb			called for each, must not change anything
	 * @param user			passed to cb
	 */
	void (*get_changes)(gkm_key_forest_t *this, bool all,
						void (*cb)(void *user, gkm_key_tree_node_t *node),
						void *user);

	/**
	 * Has get_changes() something to say?
	 */
	bool (*has_changes)(gkm_key_forest_t *this);

	/**
	 * What get_changes() says is stored, and needs not be said again. As long
	 * as storing fails this isn't to be called: what is stored has keys of
	 * members that left.
	 *
	 * What comes from the primary isn't to be told to it. But where something
	 * else came of it in the own tree, get_changes() says that once more
	 * afterwards, for the primary.
	 */
	void (*changes_stored)(gkm_key_forest_t *this);

	/**
	 * Put a node back that was stored, before anything else is done.
	 * Nodes may come in any order; those between a leaf and the root that
	 * don't come are stale, as are those above them. Those that have no
	 * restored leaf below, and those without key, are passed over. Numbers of
	 * keys that come aren't used again.
	 *
	 * When all nodes are back, a slot belongs to a member if get_path() knows
	 * it; leave() is for those that none claims.
	 *
	 * @param node			node, its key is cloned
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be a node: tree, level, index,
	 *						number or length of the key are wrong, or it came
	 *						before; nothing changed then
	 */
	bool (*restore)(gkm_key_forest_t *this, gkm_key_tree_node_t *node,
					gkm_error_t *err);

	/**
	 * May adopt() be called for a node? Whatever else changes meanwhile, it
	 * doesn't fail then.
	 *
	 * @param how			what it is
	 * @param node			node
	 * @param err			receives the reason if not
	 * @return				FALSE if tree, level, index, number or length of the
	 *						key are wrong, or the node isn't the other's to say
	 */
	bool (*check)(gkm_key_forest_t *this, gkm_adoption_t *how,
				  gkm_key_tree_node_t *node, gkm_error_t *err);

	/**
	 * Take over a node that another key server says: its key, or that there is
	 * none. Of all that comes together, leaves have to come first; a call to
	 * another method but check() and inherit() ends it.
	 *
	 * GKM_ADOPT_CHANGES, GKM_ADOPT_ALL: the other one is the primary, what it
	 * says counts. Only in the own tree leaves stay as they are that changed
	 * here, until it says the same of them; keys above that it didn't make for
	 * these become stale. All is to be adopted by new trees, see inherit().
	 *
	 * GKM_ADOPT_MEMBERS: the other one gives away leaves of its own tree.
	 *
	 * GKM_ADOPT_MERGE: the other one was a primary as well. Leaves that it knows
	 * are added, except to the own tree; of two members on one leaf the one that
	 * was there before loses it. Nodes above leaves of the other one become
	 * stale unless both have the same key.
	 *
	 * @param how			what it is
	 * @param node			node, its key is cloned
	 * @param err			receives the reason on failure
	 * @return				FALSE if check() fails; nothing changed then
	 */
	bool (*adopt)(gkm_key_forest_t *this, gkm_adoption_t *how,
				  gkm_key_tree_node_t *node, gkm_error_t *err);

	/**
	 * After GKM_ADOPT_ALL: take over leaves of the own tree that the primary
	 * doesn't know yet, and take away those that it doesn't know to be gone.
	 *
	 * @param old			what there was before, with the same degree and
	 *						length of keys
	 * @param all			TRUE to take over all leaves, as the primary didn't
	 *						exclude any member; FALSE for those only that no
	 *						primary has repeated yet
	 */
	void (*inherit)(gkm_key_forest_t *this, gkm_key_forest_t *old, bool all);

	/**
	 * Other key servers have all that there is now: this one is the primary,
	 * or it was, and told the other one all with GKM_ADOPT_MERGE.
	 */
	void (*said)(gkm_key_forest_t *this);

	/**
	 * Destroy this, wiping keys.
	 */
	void (*destroy)(gkm_key_forest_t *this);
};

/**
 * Create empty trees.
 *
 * @param server		number of the key server, 0 if it is alone
 * @param degree		children of a node at most, see above
 * @param key_len		octets in a key: 16, 24 or 32
 * @param next_id		number of the first key: after a restart, what
 *						get_next_id() said last. If it isn't one of this key
 *						server, it begins with its first one.
 * @return				NULL if one of these is out of range
 */
gkm_key_forest_t *gkm_key_forest_create(uint8_t server, u_int degree,
										size_t key_len, uint32_t next_id);

/**
 * Skip numbers of keys, so that they are not used.
 *
 * @param server		number of the key server, 0 if it is alone
 * @param next_id		what get_next_id() said
 * @param count			numbers to skip
 * @return				number after these, see get_next_id()
 */
uint32_t gkm_key_forest_skip(uint8_t server, uint32_t next_id, uint32_t count);

#endif /** GKM_KEY_FOREST_H_ @}*/
