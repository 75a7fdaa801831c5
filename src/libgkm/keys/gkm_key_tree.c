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


#include "gkm_key_tree.h"
#include "gkm_key_level.h"
#include "gkm_random.h"

/** Bits for the index in an LKH ID, behind those for the level */
#define LKH_INDEX_BITS 11

typedef struct private_gkm_key_tree_t private_gkm_key_tree_t;

/**
 * Private data
 */
struct private_gkm_key_tree_t {

	/** public interface */
	gkm_key_tree_t public;

	/** children of a node at most */
	u_int degree;

	/** octets in a key */
	size_t key_len;

	/** number of the next key */
	uint32_t next_id;

	/** number of members */
	u_int count;

	/** number of levels in use, at least 1 */
	u_int height;

	/** levels, leaves first */
	gkm_key_level_t levels[GKM_KEY_TREE_LEVELS_MAX];

	/** a member left since the last refresh */
	bool departed;

	/** nodes were restored, but not yet looked at as a whole */
	bool restoring;
};

/**
 * Leaves below a node of a level; from GKM_KEY_TREE_MEMBERS_MAX on it just says
 * that they are too many.
 */
static uint64_t get_span(private_gkm_key_tree_t *this, u_int level)
{
	uint64_t span = 1;

	while (level-- && span < GKM_KEY_TREE_MEMBERS_MAX)
	{
		span *= this->degree;
	}
	return span;
}

/**
 * Find a node, NULL if there never was a member below
 */
static gkm_key_node_t *find_node(private_gkm_key_tree_t *this, u_int level,
								 uint32_t index)
{
	return level < this->height ?
				gkm_key_nodes_find(&this->levels[level].nodes, index) : NULL;
}

/**
 * Get a node, allocating it if need be
 */
static gkm_key_node_t *get_node(private_gkm_key_tree_t *this, u_int level,
								uint32_t index)
{
	return gkm_key_nodes_get(&this->levels[level].nodes, index);
}

/**
 * Number of members below a node
 */
static uint32_t members_below(private_gkm_key_tree_t *this, u_int level,
							  uint32_t index)
{
	gkm_key_node_t *node = find_node(this, level, index);

	return node ? node->members : 0;
}

/**
 * Get the LKH ID of a node, see header
 */
static uint16_t get_lkh_id(u_int level, uint32_t index)
{
	return level << LKH_INDEX_BITS | (index & ((1 << LKH_INDEX_BITS) - 1));
}

/**
 * Give a node the next number and the first of some random keys, which is
 * skipped
 */
static void new_key(private_gkm_key_tree_t *this, gkm_key_node_t *node,
					u_int level, uint32_t index, chunk_t *keys)
{
	gkm_key_level_set(&this->levels[level], node, index, this->next_id++,
					  chunk_create(keys->ptr, this->key_len));
	node->kwk.node = get_lkh_id(level, index);
	*keys = chunk_skip(*keys, this->key_len);
}

/**
 * Make random keys, if there are numbers for them
 */
static bool create_keys(private_gkm_key_tree_t *this, u_int count,
						chunk_t *keys, gkm_error_t *err)
{
	if (count > UINT32_MAX - this->next_id)
	{
		return gkm_fail(err, "all numbers of keys were used");
	}
	*keys = chunk_alloc(count * this->key_len);
	if (!gkm_random(keys->ptr, keys->len, err))
	{
		chunk_clear(keys);
		return FALSE;
	}
	return TRUE;
}

/**
 * Put a level on top. Nobody knows the key of the node above those that were
 * topmost.
 */
static void grow(private_gkm_key_tree_t *this)
{
	gkm_key_node_t *node;
	u_int level = this->height++;

	if (this->count)
	{
		node = get_node(this, level, 0);
		node->members = this->count;
		gkm_key_level_note_stale(&this->levels[level], node, 0);
	}
}

/**
 * Add a member to a leaf and all nodes above
 */
static void count_member(private_gkm_key_tree_t *this, uint32_t slot)
{
	uint32_t index = slot;
	u_int level;

	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		get_node(this, level, index)->members++;
	}
	this->count++;
}

/**
 * Look at a node that was restored, or at the place of one that wasn't
 */
static void settle_node(private_gkm_key_tree_t *this, gkm_key_node_t *node,
						u_int level, uint32_t index)
{
	gkm_key_node_t *parent;

	if (!node->members)
	{	/* no key for those who come, others know it */
		gkm_key_level_drop(&this->levels[level], node, index);
	}
	else if (gkm_key_level_lacks_key(node))
	{
		gkm_key_level_note_stale(&this->levels[level], node, index);
		this->departed = TRUE;
		index /= this->degree;
		parent = find_node(this, level + 1, index);
		if (parent)
		{
			gkm_key_level_drop(&this->levels[level + 1], parent, index);
		}
	}
}

/**
 * Once all nodes were restored, find out which ones are stale
 */
static void settle(private_gkm_key_tree_t *this)
{
	gkm_key_node_t *node;
	uint32_t index;
	u_int level;

	if (!this->restoring)
	{
		return;
	}
	this->restoring = FALSE;
	/* upwards, since what is above a stale node is stale */
	for (level = 1; level < this->height; level++)
	{
		for (index = 0; index < gkm_key_nodes_end(&this->levels[level].nodes);
			 index++)
		{
			node = find_node(this, level, index);
			if (node)
			{
				settle_node(this, node, level, index);
			}
		}
	}
}

/**
 * Find the lowest leaf without member, if not all have one
 */
static uint32_t find_slot(private_gkm_key_tree_t *this)
{
	uint32_t index = 0;
	u_int level = this->height;

	while (level--)
	{
		index *= this->degree;
		while (members_below(this, level, index) == get_span(this, level))
		{
			index++;
		}
	}
	return index;
}

METHOD(gkm_key_tree_t, join, bool,
	private_gkm_key_tree_t *this, uint32_t *slot, gkm_error_t *err)
{
	chunk_t keys, left;
	gkm_key_node_t *node;
	uint32_t leaf, index;
	u_int level, height = this->height, count = 0;
	bool full;

	settle(this);
	full = this->count == get_span(this, height);
	height += full ? 1 : 0;
	leaf = full ? this->count : find_slot(this);
	if (leaf >= GKM_KEY_TREE_MEMBERS_MAX)
	{
		return gkm_fail(err, "the key tree has no room for more than %u "
						"members", GKM_KEY_TREE_MEMBERS_MAX);
	}
	for (level = 0, index = leaf; level < height; level++)
	{
		count += members_below(this, level, index) ? 0 : 1;
		index /= this->degree;
	}
	if (!create_keys(this, count, &keys, err))
	{
		return FALSE;
	}
	if (full)
	{
		grow(this);
	}
	left = keys;
	for (level = 0, index = leaf; level < height; level++)
	{
		node = get_node(this, level, index);
		if (!node->members)
		{	/* no one else has to be told this key */
			new_key(this, node, level, index, &left);
		}
		index /= this->degree;
	}
	chunk_clear(&keys);
	count_member(this, leaf);
	*slot = leaf;
	return TRUE;
}

METHOD(gkm_key_tree_t, leave, void,
	private_gkm_key_tree_t *this, uint32_t slot)
{
	gkm_key_node_t *node;
	uint32_t index = slot;
	u_int level;

	settle(this);
	if (!members_below(this, 0, slot))
	{
		return;
	}
	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		node = find_node(this, level, index);
		node->members--;
		gkm_key_level_drop(&this->levels[level], node, index);
		if (node->members)
		{
			gkm_key_level_note_stale(&this->levels[level], node, index);
		}
	}
	this->count--;
	this->departed = TRUE;
}

METHOD(gkm_key_tree_t, get_path, bool,
	private_gkm_key_tree_t *this, uint32_t slot, array_t *path)
{
	gkm_key_node_t *nodes[GKM_KEY_TREE_LEVELS_MAX];
	uint32_t index = slot;
	u_int level;

	settle(this);
	if (!members_below(this, 0, slot))
	{
		return FALSE;
	}
	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		nodes[level] = find_node(this, level, index);
		if (gkm_key_level_lacks_key(nodes[level]))
		{
			break;
		}
	}
	while (level--)
	{
		array_insert(path, ARRAY_TAIL, gkm_kwk_clone(&nodes[level]->kwk));
	}
	return TRUE;
}

METHOD(gkm_key_tree_t, get_leaf, bool,
	private_gkm_key_tree_t *this, uint32_t slot, chunk_t *key)
{
	if (!members_below(this, 0, slot))
	{
		return FALSE;
	}
	*key = chunk_clone(find_node(this, 0, slot)->kwk.key);
	return TRUE;
}

METHOD(gkm_key_tree_t, is_stale, bool,
	private_gkm_key_tree_t *this)
{
	settle(this);
	return this->departed;
}

/**
 * Count stale nodes
 */
static u_int count_stale(private_gkm_key_tree_t *this)
{
	u_int level, count = 0;

	for (level = 1; level < this->height; level++)
	{
		count += gkm_key_level_count_stale(&this->levels[level]);
	}
	return count;
}

/**
 * Add keys of the children that a node has on the level below, each wrapping
 * the key of the node, or itself if there is no node, but just the root
 */
static void add_children(private_gkm_key_tree_t *this, gkm_key_node_t *parent,
						 u_int level, uint32_t index, array_t *out)
{
	gkm_wrap_t wrap;
	gkm_key_node_t *node;
	uint32_t child;

	for (child = index * this->degree; child < (index + 1) * this->degree;
		 child++)
	{
		node = find_node(this, level - 1, child);
		if (!node || !node->members)
		{
			continue;
		}
		if (parent)
		{
			wrap = (gkm_wrap_t){
				.key = &parent->kwk,
				.kwk = &node->kwk,
			};
			array_insert(out, ARRAY_TAIL, &wrap);
		}
		else
		{
			array_insert(out, ARRAY_TAIL, &node->kwk);
		}
	}
}

/**
 * Replace the stale keys of a level, given random ones
 */
static void refresh_level(private_gkm_key_tree_t *this, u_int level,
						  chunk_t *keys, array_t *wraps)
{
	gkm_key_list_t *stale = &this->levels[level].stale;
	gkm_key_node_t *node;
	uint32_t index;
	u_int i;

	for (i = 0; i < stale->count; i++)
	{
		index = stale->indices[i];
		node = find_node(this, level, index);
		node->listed = FALSE;
		/* the last member below may have gone since, and others come */
		if (gkm_key_level_lacks_key(node))
		{
			new_key(this, node, level, index, keys);
			add_children(this, node, level, index, wraps);
		}
	}
	gkm_key_list_clear(stale);
}

METHOD(gkm_key_tree_t, refresh, bool,
	private_gkm_key_tree_t *this, array_t *kwks, array_t *wraps,
	gkm_error_t *err)
{
	chunk_t keys, left;
	u_int level;

	settle(this);
	if (!create_keys(this, count_stale(this), &keys, err))
	{
		return FALSE;
	}
	left = keys;
	/* leaves are never stale. Wraps point to keys of children that may be
	 * replaced only when it's the turn of their level */
	for (level = this->height; level-- > 1;)
	{
		refresh_level(this, level, &left, wraps);
	}
	chunk_clear(&keys);
	add_children(this, NULL, this->height, 0, kwks);
	this->departed = FALSE;
	return TRUE;
}

METHOD(gkm_key_tree_t, get_count, u_int,
	private_gkm_key_tree_t *this)
{
	return this->count;
}

METHOD(gkm_key_tree_t, get_next_id, uint32_t,
	private_gkm_key_tree_t *this)
{
	return this->next_id;
}

METHOD(gkm_key_tree_t, get_changes, void,
	private_gkm_key_tree_t *this, bool all,
	void (*cb)(void *user, gkm_key_tree_node_t *node), void *user)
{
	u_int level;

	settle(this);
	for (level = 0; level < this->height; level++)
	{
		gkm_key_level_get_changes(&this->levels[level], level, all, cb, user);
	}
}

METHOD(gkm_key_tree_t, changes_stored, void,
	private_gkm_key_tree_t *this)
{
	u_int level;

	for (level = 0; level < this->height; level++)
	{
		gkm_key_level_changes_stored(&this->levels[level]);
	}
}

METHOD(gkm_key_tree_t, restore, bool,
	private_gkm_key_tree_t *this, gkm_key_tree_node_t *node, gkm_error_t *err)
{
	uint64_t span, first;
	gkm_key_node_t *restored;

	span = get_span(this, node->level);
	first = node->index * span;
	/* there is such a level only if a member doesn't fit below its first node;
	 * that keeps levels below GKM_KEY_TREE_LEVELS_MAX, too */
	if (span >= GKM_KEY_TREE_MEMBERS_MAX || first >= GKM_KEY_TREE_MEMBERS_MAX)
	{
		return gkm_fail(err, "the key tree has no node %u on level %u",
						node->index, node->level);
	}
	if (!node->kwk.id && !node->kwk.key.len)
	{
		return TRUE;
	}
	if (!node->kwk.id || node->kwk.id >= this->next_id ||
		node->kwk.key.len != this->key_len)
	{
		return gkm_fail(err, "key %u of the key tree has %zu octets instead of "
						"%zu, or a number that was never used", node->kwk.id,
						node->kwk.key.len, this->key_len);
	}
	restored = find_node(this, node->level, node->index);
	if (restored && restored->kwk.id)
	{
		return gkm_fail(err, "node %u on level %u of the key tree was stored "
						"twice", node->index, node->level);
	}
	while (node->level >= this->height || first >= get_span(this, this->height))
	{
		grow(this);
	}
	restored = get_node(this, node->level, node->index);
	gkm_key_node_set(restored, node->kwk.id, node->kwk.key);
	restored->kwk.node = get_lkh_id(node->level, node->index);
	if (!node->level)
	{
		count_member(this, node->index);
	}
	this->restoring = TRUE;
	return TRUE;
}

METHOD(gkm_key_tree_t, destroy, void,
	private_gkm_key_tree_t *this)
{
	int i;

	for (i = 0; i < countof(this->levels); i++)
	{
		gkm_key_level_clear(&this->levels[i]);
	}
	free(this);
}

/*
 * Described in header
 */
gkm_key_tree_t *gkm_key_tree_create(u_int degree, size_t key_len,
									uint32_t next_id)
{
	private_gkm_key_tree_t *this;

	if (degree < GKM_KEY_TREE_DEGREE_MIN || degree > GKM_KEY_TREE_DEGREE_MAX ||
		(key_len != 16 && key_len != 24 && key_len != 32) || !next_id)
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
			.refresh = _refresh,
			.get_count = _get_count,
			.get_next_id = _get_next_id,
			.get_changes = _get_changes,
			.changes_stored = _changes_stored,
			.restore = _restore,
			.destroy = _destroy,
		},
		.degree = degree,
		.key_len = key_len,
		.next_id = next_id,
		.height = 1,
	);
	return &this->public;
}
