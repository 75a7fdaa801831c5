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

#include "gkm_key_level.h"

/*
 * Described in header
 */
void gkm_key_level_note_change(gkm_key_level_t *this, gkm_key_node_t *node,
							   uint32_t index)
{
	node->own = TRUE;
	if (!node->changed)
	{
		node->changed = TRUE;
		gkm_key_list_add(&this->changed, index);
	}
}

/*
 * Described in header
 */
void gkm_key_level_set(gkm_key_level_t *this, gkm_key_node_t *node,
					   uint32_t index, uint32_t id, chunk_t key)
{
	gkm_key_node_set(node, id, key);
	gkm_key_level_note_change(this, node, index);
}

/*
 * Described in header
 */
void gkm_key_level_drop(gkm_key_level_t *this, gkm_key_node_t *node,
						uint32_t index)
{
	if (gkm_key_node_wipe(node))
	{
		gkm_key_level_note_change(this, node, index);
	}
}

/*
 * Described in header
 */
void gkm_key_level_note_stale(gkm_key_level_t *this, gkm_key_node_t *node,
							  uint32_t index)
{
	if (!node->listed)
	{
		node->listed = TRUE;
		gkm_key_list_add(&this->stale, index);
	}
}

/*
 * Described in header
 */
void gkm_key_level_touch(gkm_key_level_t *this, gkm_key_node_t *node,
						 uint32_t index)
{
	if (!node->touched)
	{
		node->touched = TRUE;
		gkm_key_list_add(&this->touched, index);
	}
}

/*
 * Described in header
 */
bool gkm_key_level_lacks_key(gkm_key_node_t *node)
{
	return node->members && !node->kwk.id;
}

/*
 * Described in header
 */
u_int gkm_key_level_count_stale(gkm_key_level_t *this)
{
	gkm_key_node_t *node;
	u_int i, count = 0;

	for (i = 0; i < this->stale.count; i++)
	{
		node = gkm_key_nodes_find(&this->nodes, this->stale.indices[i]);
		count += gkm_key_level_lacks_key(node) ? 1 : 0;
	}
	return count;
}

/**
 * Get all nodes that have a key
 */
static void get_all(gkm_key_level_t *this, uint32_t tree, u_int level,
					void (*cb)(void *user, gkm_key_tree_node_t *node),
					void *user)
{
	gkm_key_tree_node_t node;
	gkm_key_node_t *found;
	uint32_t i, end;

	end = gkm_key_nodes_end(&this->nodes);
	for (i = 0; i < end; i++)
	{
		found = gkm_key_nodes_find(&this->nodes, i);
		if (found && found->kwk.id)
		{
			node = (gkm_key_tree_node_t){
				.tree = tree,
				.level = level,
				.index = i,
				.kwk = found->kwk,
				};
			cb(user, &node);
		}
	}
}

/*
 * Described in header
 */
void gkm_key_level_get_changes(gkm_key_level_t *this, uint32_t tree,
						u_int level, bool all,
						void (*cb)(void *user, gkm_key_tree_node_t *node),
						void *user)
{
	gkm_key_tree_node_t node;
	uint32_t index;
	u_int i;

	if (all)
	{
		get_all(this, tree, level, cb, user);
		return;
	}
	for (i = 0; i < this->changed.count; i++)
	{
		index = this->changed.indices[i];
		node = (gkm_key_tree_node_t){
			.tree = tree,
			.level = level,
			.index = index,
			.kwk = gkm_key_nodes_find(&this->nodes, index)->kwk,
		};
		cb(user, &node);
	}
}

/*
 * Described in header
 */
void gkm_key_level_changes_stored(gkm_key_level_t *this, bool again)
{
	gkm_key_list_t stored = this->changed;
	gkm_key_node_t *node;
	u_int i;

	this->changed = (gkm_key_list_t){};
	for (i = 0; i < stored.count; i++)
	{
		node = gkm_key_nodes_find(&this->nodes, stored.indices[i]);
		node->changed = again && node->own;
		if (node->changed)
		{
			gkm_key_list_add(&this->changed, stored.indices[i]);
		}
	}
	gkm_key_list_clear(&stored);
}

/*
 * Described in header
 */
void gkm_key_level_clear(gkm_key_level_t *this)
{
	gkm_key_nodes_clear(&this->nodes);
	gkm_key_list_clear(&this->stale);
	gkm_key_list_clear(&this->changed);
	gkm_key_list_clear(&this->touched);
}
