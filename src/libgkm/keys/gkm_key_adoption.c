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

#include "gkm_key_adoption.h"

/**
 * Has a node the key that another key server says, which may be none?
 *
 * @param node		may be NULL
 */
static bool has_key(gkm_key_node_t *node, gkm_kwk_t *kwk)
{
	return kwk->id ? node && node->kwk.id == kwk->id &&
					 chunk_equals_const(node->kwk.key, kwk->key) :
					 !node || !node->kwk.id;
}

/**
 * Take away the keys of all nodes above a leaf
 */
static void drop_above(gkm_key_tree_t *this, uint32_t leaf)
{
	uint32_t index = leaf;
	u_int level;

	for (level = 1; level < this->height; level++)
	{
		index /= this->degree;
		gkm_key_tree_drop(this, level, index);
	}
}

/**
 * Take a leaf away, if it is a member's, and the keys above it
 */
static void remove_leaf(gkm_key_tree_t *this, uint32_t leaf)
{
	gkm_key_node_t *node = gkm_key_tree_find(this, 0, leaf);

	if (node && node->members)
	{
		gkm_key_tree_cut(this, leaf);
		drop_above(this, leaf);
	}
}

/**
 * Another primary has a leaf: its keys above are to be the same as ours
 */
static void doubt_above(gkm_key_tree_t *this, uint32_t leaf)
{
	gkm_key_node_t *node;
	uint32_t index = leaf;
	u_int level;

	for (level = 1; level < this->height; level++)
	{
		index /= this->degree;
		node = gkm_key_tree_find(this, level, index);
		if (node && !node->doubted)
		{
			node->doubted = TRUE;
			gkm_key_tree_touch(this, level, index);
		}
	}
}

/**
 * The primary says a leaf
 */
static void take_leaf(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, 0, node->index);

	if (has_key(ours, &node->kwk))
	{
		if (ours)
		{
			gkm_key_tree_set_unsaid(this, node->index, FALSE);
		}
	}
	else if (ours && ours->unsaid)
	{	/* it doesn't know yet what happened to it here */
		return;
	}
	else if (node->kwk.id)
	{
		gkm_key_tree_put(this, node);
	}
	else
	{
		gkm_key_tree_cut(this, node->index);
	}
}

/**
 * The primary says a key above leaves
 */
static void take_key(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, node->level, node->index);

	if (has_key(ours, &node->kwk))
	{
		return;
	}
	if (!node->kwk.id || (ours && ours->unsaid))
	{
		gkm_key_tree_drop(this, node->level, node->index);
	}
	else
	{
		gkm_key_tree_put(this, node);
	}
}

/**
 * The owner of the tree says a leaf
 */
static void take_owned_leaf(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, 0, node->index);

	if (has_key(ours, &node->kwk))
	{
		return;
	}
	remove_leaf(this, node->index);
	if (node->kwk.id)
	{
		gkm_key_tree_put(this, node);
	}
}

/**
 * Another primary says a leaf
 */
static void merge_leaf(gkm_key_tree_t *this, gkm_adoption_t *how,
					   gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, 0, node->index);

	if (!node->kwk.id)
	{
		return;
	}
	if (node->tree == how->from)
	{
		take_owned_leaf(this, node);
	}
	else if (!this->shared && !(ours && ours->members))
	{
		gkm_key_tree_put(this, node);
	}
	doubt_above(this, node->index);
}

/**
 * One that isn't the primary of this key server says a key above leaves
 */
static void unite_key(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, node->level, node->index);

	if (has_key(ours, &node->kwk))
	{
		if (ours)
		{
			ours->doubted = FALSE;
		}
	}
	else if (!node->kwk.id || (ours && (ours->kwk.id || ours->listed)))
	{	/* who is below may know one of the two, or only that is stale */
		gkm_key_tree_drop(this, node->level, node->index);
	}
	else
	{
		gkm_key_tree_put(this, node);
		ours = gkm_key_tree_find(this, node->level, node->index);
		ours->doubted = FALSE;
	}
}

/*
 * Described in header
 */
void gkm_key_adoption_take(gkm_key_tree_t *this, gkm_adoption_t *how,
						   gkm_key_tree_node_t *node)
{
	switch (how->kind)
	{
		case GKM_ADOPT_CHANGES:
		case GKM_ADOPT_ALL:
			return node->level ? take_key(this, node) : take_leaf(this, node);
		case GKM_ADOPT_MEMBERS:
			return node->level ? unite_key(this, node) :
								 take_owned_leaf(this, node);
		case GKM_ADOPT_MERGE:
			return node->level ? unite_key(this, node) :
								 merge_leaf(this, how, node);
	}
}

/**
 * Take away keys above a leaf that the member on it doesn't know
 *
 * @param old		tree that says what it knows
 */
static void drop_unknown_above(gkm_key_tree_t *this, gkm_key_tree_t *old,
							   uint32_t leaf)
{
	gkm_key_node_t *node;
	uint32_t index = leaf;
	u_int level;

	for (level = 1; level < this->height; level++)
	{
		index /= this->degree;
		node = gkm_key_tree_find(this, level, index);
		if (node && !has_key(gkm_key_tree_find(old, level, index), &node->kwk))
		{
			gkm_key_tree_drop(this, level, index);
		}
	}
}

/**
 * Take over a leaf that other key servers don't know yet
 */
static void inherit_leaf(gkm_key_tree_t *this, gkm_key_tree_t *old,
						 gkm_key_tree_node_t *node)
{
	gkm_key_node_t *theirs = gkm_key_tree_find(this, 0, node->index);

	if (has_key(theirs, &node->kwk))
	{	/* they do know it by now */
		return;
	}
	remove_leaf(this, node->index);
	if (node->kwk.id)
	{
		gkm_key_tree_put(this, node);
		drop_unknown_above(this, old, node->index);
	}
	gkm_key_tree_set_unsaid(this, node->index, TRUE);
}

/*
 * Described in header
 */
void gkm_key_adoption_inherit(gkm_key_tree_t *this, gkm_key_tree_t *old)
{
	gkm_key_tree_node_t node = {};
	gkm_key_node_t *leaf;
	uint32_t end;

	gkm_key_tree_settle(old);
	end = gkm_key_nodes_end(&old->levels[0].nodes);
	for (; node.index < end; node.index++)
	{
		leaf = gkm_key_tree_find(old, 0, node.index);
		if (leaf && leaf->unsaid)
		{
			node.kwk = leaf->kwk;
			inherit_leaf(this, old, &node);
		}
	}
}

/*
 * Described in header
 */
void gkm_key_adoption_said(gkm_key_tree_t *this)
{
	gkm_key_node_t *node;
	uint32_t index, end;
	u_int level;

	for (level = 0; this->unsaid && level < this->height; level++)
	{
		end = gkm_key_nodes_end(&this->levels[level].nodes);
		for (index = 0; index < end; index++)
		{
			node = gkm_key_tree_find(this, level, index);
			if (node)
			{
				node->unsaid = 0;
			}
		}
	}
	this->unsaid = 0;
}
