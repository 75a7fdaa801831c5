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

/** Bits for the index in an LKH ID, behind those for the level */
#define LKH_INDEX_BITS 11

/**
 * Leaves below a node of a level; from GKM_KEY_TREE_MEMBERS_MAX on it just says
 * that they are too many.
 */
static uint64_t get_span(gkm_key_tree_t *this, u_int level)
{
	uint64_t span = 1;

	while (level-- && span < GKM_KEY_TREE_MEMBERS_MAX)
	{
		span *= this->degree;
	}
	return span;
}

/*
 * Described in header
 */
gkm_key_node_t *gkm_key_tree_find(gkm_key_tree_t *this, u_int level,
								  uint32_t index)
{
	return level < this->height ?
				gkm_key_nodes_find(&this->levels[level].nodes, index) : NULL;
}

/**
 * Get a node, allocating it if need be
 */
static gkm_key_node_t *get_node(gkm_key_tree_t *this, u_int level,
								uint32_t index)
{
	return gkm_key_nodes_get(&this->levels[level].nodes, index);
}

/**
 * Number of members below a node
 */
static uint32_t members_below(gkm_key_tree_t *this, u_int level,
							  uint32_t index)
{
	gkm_key_node_t *node = gkm_key_tree_find(this, level, index);

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
 * Put a key into a node, and note that
 */
static void set_key(gkm_key_tree_t *this, gkm_key_node_t *node, u_int level,
					uint32_t index, uint32_t id, chunk_t key)
{
	gkm_key_level_set(&this->levels[level], node, index, id, key);
	node->kwk.node = get_lkh_id(level, index);
}

/**
 * Give a node the first of some new keys, which is skipped
 */
static void new_key(gkm_key_tree_t *this, gkm_key_node_t *node, u_int level,
					uint32_t index, gkm_key_supply_t *supply)
{
	set_key(this, node, level, index, supply->next_id++,
			chunk_create(supply->keys.ptr, this->key_len));
	supply->keys = chunk_skip(supply->keys, this->key_len);
}

/**
 * Put a level on top. Nobody knows the key of the node above those that were
 * topmost.
 */
static void grow(gkm_key_tree_t *this)
{
	gkm_key_node_t *node;
	u_int level = this->height++;

	if (this->count || this->unsaid)
	{
		node = get_node(this, level, 0);
		node->members = this->count;
		node->unsaid = this->unsaid;
		gkm_key_level_note_stale(&this->levels[level], node, 0);
	}
}

/**
 * Add a member to a leaf and all nodes above
 */
static void count_member(gkm_key_tree_t *this, uint32_t leaf)
{
	uint32_t index = leaf;
	u_int level;

	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		get_node(this, level, index)->members++;
	}
	this->count++;
}

/*
 * Described in header
 */
void gkm_key_tree_repeat(gkm_key_tree_t *this, u_int level, uint32_t index)
{
	gkm_key_level_note_change(&this->levels[level],
							  get_node(this, level, index), index);
}

/*
 * Described in header
 */
void gkm_key_tree_touch(gkm_key_tree_t *this, u_int level, uint32_t index)
{
	gkm_key_level_touch(&this->levels[level], get_node(this, level, index),
						index);
	this->touched = TRUE;
}

/**
 * Have the nodes above a leaf looked at
 */
static void touch_above(gkm_key_tree_t *this, uint32_t leaf)
{
	uint32_t index = leaf;
	u_int level;

	for (level = 1; level < this->height; level++)
	{
		index /= this->degree;
		gkm_key_tree_touch(this, level, index);
	}
}

/*
 * Described in header
 */
void gkm_key_tree_drop(gkm_key_tree_t *this, u_int level, uint32_t index)
{
	gkm_key_node_t *node = gkm_key_tree_find(this, level, index);

	if (node)
	{
		gkm_key_level_drop(&this->levels[level], node, index);
		gkm_key_tree_touch(this, level, index);
	}
}

/**
 * Is one of the nodes right below a node stale?
 */
static bool has_stale_child(gkm_key_tree_t *this, u_int level, uint32_t index)
{
	gkm_key_node_t *node;
	uint32_t child;

	for (child = index * this->degree; child < (index + 1) * this->degree;
		 child++)
	{
		node = gkm_key_tree_find(this, level - 1, child);
		if (node && gkm_key_level_lacks_key(node))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Look at a node: has it the key that it is to have, and only then?
 */
static void settle_node(gkm_key_tree_t *this, gkm_key_node_t *node,
						u_int level, uint32_t index)
{
	if (!node->members || node->doubted ||
		(node->kwk.id && has_stale_child(this, level, index)))
	{	/* no key for those who come, others know it */
		gkm_key_level_drop(&this->levels[level], node, index);
	}
	node->doubted = FALSE;
	if (gkm_key_level_lacks_key(node))
	{
		gkm_key_level_note_stale(&this->levels[level], node, index);
		this->departed = TRUE;
		gkm_key_tree_drop(this, level + 1, index / this->degree);
	}
}

/*
 * Described in header
 */
void gkm_key_tree_settle(gkm_key_tree_t *this)
{
	gkm_key_list_t *touched;
	gkm_key_node_t *node;
	u_int level, i;

	if (!this->touched)
	{
		return;
	}
	this->touched = FALSE;
	/* upwards, since what is above a stale node is stale */
	for (level = 0; level < this->height; level++)
	{
		touched = &this->levels[level].touched;
		for (i = 0; i < touched->count; i++)
		{
			node = gkm_key_tree_find(this, level, touched->indices[i]);
			node->touched = FALSE;
			if (level)
			{
				settle_node(this, node, level, touched->indices[i]);
			}
			else
			{
				gkm_key_tree_set_unsaid(this, touched->indices[i], FALSE);
			}
		}
		gkm_key_list_clear(touched);
	}
	this->touched = FALSE;
}

/**
 * Find the lowest leaf without member, if not all have one
 */
static uint32_t find_free(gkm_key_tree_t *this)
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

/*
 * Described in header
 */
bool gkm_key_tree_find_leaf(gkm_key_tree_t *this, uint32_t *leaf, u_int *keys,
							gkm_error_t *err)
{
	uint32_t index;
	u_int level, height = this->height;
	bool full;

	gkm_key_tree_settle(this);
	full = this->count == get_span(this, height);
	height += full ? 1 : 0;
	*leaf = full ? this->count : find_free(this);
	*keys = 0;
	if (*leaf >= GKM_KEY_TREE_MEMBERS_MAX)
	{
		return gkm_fail(err, "the key tree has no room for more than %u "
						"members", GKM_KEY_TREE_MEMBERS_MAX);
	}
	for (level = 0, index = *leaf; level < height; level++)
	{
		*keys += members_below(this, level, index) ? 0 : 1;
		index /= this->degree;
	}
	return TRUE;
}

/*
 * Described in header
 */
void gkm_key_tree_join(gkm_key_tree_t *this, uint32_t leaf,
					   gkm_key_supply_t *supply)
{
	gkm_key_node_t *node;
	uint32_t index;
	u_int level;

	if (this->count == get_span(this, this->height))
	{
		grow(this);
	}
	for (level = 0, index = leaf; level < this->height; level++)
	{
		node = get_node(this, level, index);
		if (!node->members)
		{	/* no one else has to be told this key */
			new_key(this, node, level, index, supply);
		}
		else if (this->shared && !node->kwk.id)
		{	/* who is told of the leaf is to know that as well */
			gkm_key_tree_repeat(this, level, index);
		}
		index /= this->degree;
	}
	count_member(this, leaf);
	if (this->shared)
	{
		gkm_key_tree_set_unsaid(this, leaf, TRUE);
	}
}

/**
 * Take a member away from a leaf and all nodes above
 *
 * @param drop		take away their keys as well?
 */
static void remove_member(gkm_key_tree_t *this, uint32_t leaf, bool drop)
{
	gkm_key_node_t *node;
	uint32_t index = leaf;
	u_int level;

	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		node = gkm_key_tree_find(this, level, index);
		node->members--;
		if (drop || !level)
		{
			gkm_key_level_drop(&this->levels[level], node, index);
		}
		if (drop && node->members)
		{
			gkm_key_level_note_stale(&this->levels[level], node, index);
		}
	}
	this->count--;
	this->departed = TRUE;
}

/*
 * Described in header
 */
void gkm_key_tree_leave(gkm_key_tree_t *this, uint32_t leaf)
{
	gkm_key_tree_settle(this);
	if (!members_below(this, 0, leaf))
	{
		return;
	}
	remove_member(this, leaf, TRUE);
	if (this->shared)
	{
		gkm_key_tree_set_unsaid(this, leaf, TRUE);
	}
}

/*
 * Described in header
 */
void gkm_key_tree_cut(gkm_key_tree_t *this, uint32_t leaf, bool stale)
{
	remove_member(this, leaf, stale);
	touch_above(this, leaf);
}

/*
 * Described in header
 */
bool gkm_key_tree_get_path(gkm_key_tree_t *this, uint32_t leaf, array_t *path)
{
	gkm_key_node_t *nodes[GKM_KEY_TREE_LEVELS_MAX];
	uint32_t index = leaf;
	u_int level;

	gkm_key_tree_settle(this);
	if (!members_below(this, 0, leaf))
	{
		return FALSE;
	}
	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		nodes[level] = gkm_key_tree_find(this, level, index);
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

/*
 * Described in header
 */
bool gkm_key_tree_get_leaf(gkm_key_tree_t *this, uint32_t leaf, chunk_t *key)
{
	if (!members_below(this, 0, leaf))
	{
		return FALSE;
	}
	*key = chunk_clone(gkm_key_tree_find(this, 0, leaf)->kwk.key);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_key_tree_is_stale(gkm_key_tree_t *this)
{
	gkm_key_tree_settle(this);
	return this->departed;
}

/*
 * Described in header
 */
u_int gkm_key_tree_count_stale(gkm_key_tree_t *this)
{
	u_int level, count = 0;

	gkm_key_tree_settle(this);
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
static void add_children(gkm_key_tree_t *this, gkm_key_node_t *parent,
						 u_int level, uint32_t index, array_t *out)
{
	gkm_wrap_t wrap;
	gkm_key_node_t *node;
	uint32_t child;

	for (child = index * this->degree; child < (index + 1) * this->degree;
		 child++)
	{
		node = gkm_key_tree_find(this, level - 1, child);
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
 * Replace the stale keys of a level
 */
static void refresh_level(gkm_key_tree_t *this, u_int level,
						  gkm_key_supply_t *supply, array_t *wraps)
{
	gkm_key_list_t *stale = &this->levels[level].stale;
	gkm_key_node_t *node;
	uint32_t index;
	u_int i;

	for (i = 0; i < stale->count; i++)
	{
		index = stale->indices[i];
		node = gkm_key_tree_find(this, level, index);
		node->listed = FALSE;
		/* the last member below may have gone since, and others come */
		if (gkm_key_level_lacks_key(node))
		{
			new_key(this, node, level, index, supply);
			add_children(this, node, level, index, wraps);
		}
	}
	gkm_key_list_clear(stale);
}

/*
 * Described in header
 */
void gkm_key_tree_refresh(gkm_key_tree_t *this, gkm_key_supply_t *supply,
						  array_t *kwks, array_t *wraps)
{
	u_int level;

	/* leaves are never stale. Wraps point to keys of children that may be
	 * replaced only when it's the turn of their level */
	for (level = this->height; level-- > 1;)
	{
		refresh_level(this, level, supply, wraps);
	}
	add_children(this, NULL, this->height, 0, kwks);
	this->departed = FALSE;
}

/*
 * Described in header
 */
void gkm_key_tree_get_changes(gkm_key_tree_t *this, bool all,
							  void (*cb)(void *user, gkm_key_tree_node_t *node),
							  void *user)
{
	u_int level;

	gkm_key_tree_settle(this);
	for (level = 0; level < this->height; level++)
	{
		gkm_key_level_get_changes(&this->levels[level], this->number, level,
								  all, cb, user);
	}
}

/*
 * Described in header
 */
bool gkm_key_tree_has_changes(gkm_key_tree_t *this)
{
	u_int level;

	gkm_key_tree_settle(this);
	for (level = 0; level < this->height; level++)
	{
		if (this->levels[level].changed.count)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void gkm_key_tree_changes_stored(gkm_key_tree_t *this)
{
	u_int level;

	for (level = 0; level < this->height; level++)
	{
		gkm_key_level_changes_stored(&this->levels[level],
									 this->adopting && this->shared);
	}
	this->adopting = FALSE;
}

/*
 * Described in header
 */
bool gkm_key_tree_check(gkm_key_tree_t *this, gkm_key_tree_node_t *node,
						gkm_error_t *err)
{
	uint64_t span, first;

	span = get_span(this, node->level);
	first = node->index * span;
	/* there is such a level only if a member doesn't fit below its first node;
	 * that keeps levels below GKM_KEY_TREE_LEVELS_MAX, too */
	if (span >= GKM_KEY_TREE_MEMBERS_MAX || first >= GKM_KEY_TREE_MEMBERS_MAX)
	{
		return gkm_fail(err, "the key tree has no node %u on level %u",
						node->index, node->level);
	}
	if ((node->kwk.id || node->kwk.key.len) &&
		(!node->kwk.id || node->kwk.key.len != this->key_len))
	{
		return gkm_fail(err, "key %u of the key tree has %zu octets instead of "
						"%zu", node->kwk.id, node->kwk.key.len, this->key_len);
	}
	return TRUE;
}

/**
 * Find the place of a node that is going to get a key, and have nodes looked at
 * that may be stale then
 */
static gkm_key_node_t *find_place(gkm_key_tree_t *this,
								  gkm_key_tree_node_t *node)
{
	gkm_key_node_t *found;
	uint64_t first = node->index * get_span(this, node->level);

	while (node->level >= this->height || first >= get_span(this, this->height))
	{
		grow(this);
		gkm_key_tree_touch(this, this->height - 1, 0);
	}
	found = get_node(this, node->level, node->index);
	if (node->level)
	{
		gkm_key_tree_touch(this, node->level, node->index);
		return found;
	}
	if (!found->members)
	{
		count_member(this, node->index);
	}
	touch_above(this, node->index);
	return found;
}

/*
 * Described in header
 */
void gkm_key_tree_put(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	set_key(this, find_place(this, node), node->level, node->index,
			node->kwk.id, node->kwk.key);
}

/*
 * Described in header
 */
bool gkm_key_tree_restore(gkm_key_tree_t *this, gkm_key_tree_node_t *node,
						  gkm_error_t *err)
{
	gkm_key_node_t *found;

	if (!node->kwk.id)
	{
		return TRUE;
	}
	found = gkm_key_tree_find(this, node->level, node->index);
	if (found && found->kwk.id)
	{
		return gkm_fail(err, "node %u on level %u of the key tree was stored "
						"twice", node->index, node->level);
	}
	found = find_place(this, node);
	gkm_key_node_set(found, node->kwk.id, node->kwk.key);
	found->kwk.node = get_lkh_id(node->level, node->index);
	return TRUE;
}

/*
 * Described in header
 */
void gkm_key_tree_set_unsaid(gkm_key_tree_t *this, uint32_t leaf, bool unsaid)
{
	uint32_t index = leaf;
	u_int level;
	int change = unsaid ? 1 : -1;

	if (!!get_node(this, 0, leaf)->unsaid == unsaid ||
		leaf >= get_span(this, this->height))
	{	/* where the tree didn't grow to there is no key above */
		return;
	}
	for (level = 0; level < this->height; level++, index /= this->degree)
	{
		get_node(this, level, index)->unsaid += change;
	}
	this->unsaid += change;
}

/*
 * Described in header
 */
void gkm_key_tree_destroy(gkm_key_tree_t *this)
{
	int i;

	if (this)
	{
		for (i = 0; i < countof(this->levels); i++)
		{
			gkm_key_level_clear(&this->levels[i]);
		}
		free(this);
	}
}

/*
 * Described in header
 */
gkm_key_tree_t *gkm_key_tree_create(uint32_t number, u_int degree,
									size_t key_len)
{
	gkm_key_tree_t *this;

	INIT(this,
		.number = number,
		.degree = degree,
		.key_len = key_len,
		.height = 1,
	);
	return this;
}
