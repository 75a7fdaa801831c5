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

#include "gkm_key_forest.h"
#include "gkm_key_adoption.h"
#include "gkm_random.h"

/** Low bits of a slot: index of the leaf */
#define SLOT_LEAF_MASK (GKM_KEY_TREE_MEMBERS_MAX - 1)

typedef struct private_gkm_key_forest_t private_gkm_key_forest_t;

/**
 * Private data
 */
struct private_gkm_key_forest_t {

	/** public interface */
	gkm_key_forest_t public;

	/** number of this key server, and of its tree */
	uint8_t server;

	/** children of a node at most */
	u_int degree;

	/** octets in a key */
	size_t key_len;

	/** number of the next key */
	uint32_t next_id;

	/** trees, NULL for those that never had a node */
	gkm_key_tree_t *trees[GKM_KEY_FOREST_TREES];
};

/**
 * First number of the keys of a key server, not 0
 */
static uint32_t first_id(uint8_t server)
{
	return max(1, gkm_coop_slice(server, 32));
}

/**
 * Last number of those of a key server, not for a key
 */
static uint32_t last_id(uint8_t server)
{
	return gkm_coop_slice(server, 32) + (gkm_coop_slice_size(server, 32) - 1);
}

/**
 * Is this a number of a key server?
 */
static bool is_own_id(uint8_t server, uint32_t id)
{
	return id >= first_id(server) && id <= last_id(server);
}

/*
 * Described in header
 */
uint32_t gkm_key_forest_skip(uint8_t server, uint32_t next_id, uint32_t count)
{
	uint32_t last = last_id(server);

	return is_own_id(server, next_id) ? next_id + min(count, last - next_id) :
										next_id;
}

/**
 * Make sure that a number isn't given to a key that is there already
 */
static void note_id(private_gkm_key_forest_t *this, uint32_t id)
{
	if (is_own_id(this->server, id) && id >= this->next_id)
	{
		this->next_id = gkm_key_forest_skip(this->server, id, 1);
	}
}

/**
 * Get the tree with some number, if it has a node
 */
static gkm_key_tree_t *find_tree(private_gkm_key_forest_t *this,
								 uint32_t number)
{
	return number < countof(this->trees) ? this->trees[number] : NULL;
}

/**
 * Get the tree with some number, planting it if need be
 */
static gkm_key_tree_t *get_tree(private_gkm_key_forest_t *this, uint32_t number)
{
	if (!this->trees[number])
	{
		this->trees[number] = gkm_key_tree_create(number, this->degree,
												  this->key_len);
		this->trees[number]->shared = this->server && number == this->server;
	}
	return this->trees[number];
}

/**
 * Get the tree of a slot, NULL if it has no nodes
 */
static gkm_key_tree_t *tree_of(private_gkm_key_forest_t *this, uint32_t slot)
{
	return find_tree(this, slot / GKM_KEY_TREE_MEMBERS_MAX);
}

/**
 * Make random keys, if there are numbers for them
 *
 * @param keys		receives all of them, to be cleared
 * @param supply	receives the same, to be taken from
 */
static bool create_keys(private_gkm_key_forest_t *this, u_int count,
						chunk_t *keys, gkm_key_supply_t *supply,
						gkm_error_t *err)
{
	if (count > last_id(this->server) - this->next_id)
	{
		return gkm_fail(err, "all numbers of keys were used");
	}
	*keys = chunk_alloc(count * this->key_len);
	if (!gkm_random(keys->ptr, keys->len, err))
	{
		chunk_clear(keys);
		return FALSE;
	}
	*supply = (gkm_key_supply_t){
		.next_id = this->next_id,
		.keys = *keys,
	};
	this->next_id += count;
	return TRUE;
}

METHOD(gkm_key_forest_t, join, bool,
	private_gkm_key_forest_t *this, uint32_t *slot, gkm_error_t *err)
{
	gkm_key_tree_t *tree = get_tree(this, this->server);
	gkm_key_supply_t supply;
	chunk_t keys;
	uint32_t leaf;
	u_int count;

	if (!gkm_key_tree_find_leaf(tree, &leaf, &count, err) ||
		!create_keys(this, count, &keys, &supply, err))
	{
		return FALSE;
	}
	gkm_key_tree_join(tree, leaf, &supply);
	chunk_clear(&keys);
	*slot = this->server * GKM_KEY_TREE_MEMBERS_MAX + leaf;
	return TRUE;
}

METHOD(gkm_key_forest_t, leave, void,
	private_gkm_key_forest_t *this, uint32_t slot)
{
	gkm_key_tree_t *tree = tree_of(this, slot);

	if (tree)
	{
		gkm_key_tree_leave(tree, slot & SLOT_LEAF_MASK);
	}
}

METHOD(gkm_key_forest_t, get_path, bool,
	private_gkm_key_forest_t *this, uint32_t slot, array_t *path)
{
	gkm_key_tree_t *tree = tree_of(this, slot);

	return tree && gkm_key_tree_get_path(tree, slot & SLOT_LEAF_MASK, path);
}

METHOD(gkm_key_forest_t, get_leaf, bool,
	private_gkm_key_forest_t *this, uint32_t slot, chunk_t *key)
{
	gkm_key_tree_t *tree = tree_of(this, slot);

	return tree && gkm_key_tree_get_leaf(tree, slot & SLOT_LEAF_MASK, key);
}

METHOD(gkm_key_forest_t, is_stale, bool,
	private_gkm_key_forest_t *this)
{
	bool stale = FALSE;
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		stale |= this->trees[i] && gkm_key_tree_is_stale(this->trees[i]);
	}
	return stale;
}

METHOD(gkm_key_forest_t, set_stale, void,
	private_gkm_key_forest_t *this, bool stale)
{
	gkm_key_tree_t *own = get_tree(this, this->server);
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		if (this->trees[i])
		{
			gkm_key_tree_settle(this->trees[i]);
			this->trees[i]->departed &= this->trees[i]->unsaid > 0;
		}
	}
	own->departed |= stale;
}

METHOD(gkm_key_forest_t, refresh, bool,
	private_gkm_key_forest_t *this, array_t *kwks, array_t *wraps,
	gkm_error_t *err)
{
	gkm_key_supply_t supply;
	chunk_t keys;
	u_int count = 0;
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		count += this->trees[i] ? gkm_key_tree_count_stale(this->trees[i]) : 0;
	}
	if (!create_keys(this, count, &keys, &supply, err))
	{
		return FALSE;
	}
	for (i = 0; i < countof(this->trees); i++)
	{
		if (this->trees[i])
		{
			gkm_key_tree_refresh(this->trees[i], &supply, kwks, wraps);
		}
	}
	chunk_clear(&keys);
	return TRUE;
}

METHOD(gkm_key_forest_t, get_count, u_int,
	private_gkm_key_forest_t *this)
{
	u_int count = 0;
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		count += this->trees[i] ? this->trees[i]->count : 0;
	}
	return count;
}

METHOD(gkm_key_forest_t, get_next_id, uint32_t,
	private_gkm_key_forest_t *this)
{
	return this->next_id;
}

METHOD(gkm_key_forest_t, get_changes, void,
	private_gkm_key_forest_t *this, bool all,
	void (*cb)(void *user, gkm_key_tree_node_t *node), void *user)
{
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		if (this->trees[i])
		{
			gkm_key_tree_get_changes(this->trees[i], all, cb, user);
		}
	}
}

METHOD(gkm_key_forest_t, has_changes, bool,
	private_gkm_key_forest_t *this)
{
	bool changes = FALSE;
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		changes |= this->trees[i] && gkm_key_tree_has_changes(this->trees[i]);
	}
	return changes;
}

METHOD(gkm_key_forest_t, changes_stored, void,
	private_gkm_key_forest_t *this)
{
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		if (this->trees[i])
		{
			gkm_key_tree_changes_stored(this->trees[i]);
		}
	}
}

CALLBACK(note_node_id, void,
	private_gkm_key_forest_t *this, gkm_key_tree_node_t *node)
{
	note_id(this, node->kwk.id);
}

METHOD(gkm_key_forest_t, set_server, void,
	private_gkm_key_forest_t *this, uint8_t server)
{
	gkm_key_tree_t *tree = find_tree(this, this->server);

	if (tree)
	{	/* it is another one's by now, whose word counts */
		gkm_key_adoption_said(tree);
		tree->shared = FALSE;
	}
	this->server = server;
	if (!is_own_id(server, this->next_id))
	{
		this->next_id = first_id(server);
		get_changes(this, TRUE, note_node_id, this);
	}
	tree = find_tree(this, server);
	if (tree)
	{
		tree->shared = server != 0;
	}
}

/**
 * Can a node be one of the trees?
 */
static bool is_possible(private_gkm_key_forest_t *this,
						gkm_key_tree_node_t *node, gkm_error_t *err)
{
	if (node->tree >= countof(this->trees))
	{
		return gkm_fail(err, "there is no key tree %u", node->tree);
	}
	if (node->kwk.id == UINT32_MAX)
	{
		return gkm_fail(err, "%u is no number of a key", node->kwk.id);
	}
	return gkm_key_tree_check(get_tree(this, node->tree), node, err);
}

METHOD(gkm_key_forest_t, restore, bool,
	private_gkm_key_forest_t *this, gkm_key_tree_node_t *node, gkm_error_t *err)
{
	if (!is_possible(this, node, err) ||
		!gkm_key_tree_restore(get_tree(this, node->tree), node, err))
	{
		return FALSE;
	}
	note_id(this, node->kwk.id);
	return TRUE;
}

METHOD(gkm_key_forest_t, check, bool,
	private_gkm_key_forest_t *this, gkm_adoption_t *how,
	gkm_key_tree_node_t *node, gkm_error_t *err)
{
	if (how->kind == GKM_ADOPT_MEMBERS && node->tree != how->from)
	{
		return gkm_fail(err, "key tree %u isn't the one of key server %u",
						node->tree, how->from);
	}
	return is_possible(this, node, err);
}

/**
 * Does a secondary just repeat a key that this key server has made and replaced
 * since? The secondary is about to hear of that.
 */
static bool is_outdated(private_gkm_key_forest_t *this, gkm_adoption_t *how,
						gkm_key_tree_node_t *node)
{
	gkm_key_tree_t *tree = get_tree(this, node->tree);
	gkm_key_node_t *ours = gkm_key_tree_find(tree, node->level, node->index);

	return how->kind == GKM_ADOPT_MEMBERS && node->level && ours &&
		   is_own_id(this->server, node->kwk.id) &&
		   is_own_id(this->server, ours->kwk.id) &&
		   ours->kwk.id > node->kwk.id;
}

METHOD(gkm_key_forest_t, adopt, bool,
	private_gkm_key_forest_t *this, gkm_adoption_t *how,
	gkm_key_tree_node_t *node, gkm_error_t *err)
{
	if (!check(this, how, node, err))
	{
		return FALSE;
	}
	if (!is_outdated(this, how, node))
	{
		gkm_key_adoption_take(get_tree(this, node->tree), how, node);
	}
	note_id(this, node->kwk.id);
	return TRUE;
}

METHOD(gkm_key_forest_t, inherit, void,
	private_gkm_key_forest_t *this, gkm_key_forest_t *public, bool all)
{
	private_gkm_key_forest_t *old = (private_gkm_key_forest_t*)public;
	gkm_key_tree_t *tree = find_tree(old, this->server);

	if (tree)
	{
		gkm_key_adoption_inherit(get_tree(this, this->server), tree, all);
	}
	if (is_own_id(this->server, old->next_id))
	{
		this->next_id = max(this->next_id, old->next_id);
	}
}

METHOD(gkm_key_forest_t, said, void,
	private_gkm_key_forest_t *this)
{
	gkm_key_tree_t *tree = find_tree(this, this->server);

	if (tree)
	{
		gkm_key_adoption_said(tree);
	}
}

METHOD(gkm_key_forest_t, destroy, void,
	private_gkm_key_forest_t *this)
{
	int i;

	for (i = 0; i < countof(this->trees); i++)
	{
		gkm_key_tree_destroy(this->trees[i]);
	}
	free(this);
}

/*
 * Described in header
 */
gkm_key_forest_t *gkm_key_forest_create(uint8_t server, u_int degree,
										size_t key_len, uint32_t next_id)
{
	private_gkm_key_forest_t *this;

	if (server > GKM_COOP_SERVERS_MAX || degree < GKM_KEY_TREE_DEGREE_MIN ||
		degree > GKM_KEY_TREE_DEGREE_MAX || !next_id ||
		(key_len != 16 && key_len != 24 && key_len != 32))
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.join = _join,
			.leave = _leave,
			.get_path = _get_path,
			.get_leaf = _get_leaf,
			.is_stale = _is_stale,
			.set_stale = _set_stale,
			.refresh = _refresh,
			.get_count = _get_count,
			.get_next_id = _get_next_id,
			.set_server = _set_server,
			.get_changes = _get_changes,
			.has_changes = _has_changes,
			.changes_stored = _changes_stored,
			.restore = _restore,
			.check = _check,
			.adopt = _adopt,
			.inherit = _inherit,
			.said = _said,
			.destroy = _destroy,
		},
		.server = server,
		.degree = degree,
		.key_len = key_len,
		.next_id = is_own_id(server, next_id) ? next_id : first_id(server),
	);
	return &this->public;
}
