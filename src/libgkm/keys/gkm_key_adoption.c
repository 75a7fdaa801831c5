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
 * Take a leaf away, if it is a member's, and the keys above it
 */
static void remove_leaf(gkm_key_tree_t *this, uint32_t leaf)
{
	gkm_key_node_t *node = gkm_key_tree_find(this, 0, leaf);

	if (node && node->members)
	{
		gkm_key_tree_cut(this, leaf, TRUE);
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
static void take_leaf(gkm_key_tree_t *this, gkm_adoption_t *how,
					  gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, 0, node->index);

	if (has_key(ours, &node->kwk))
	{
		if (ours && ours->unsaid)
		{	/* keys above that come with it may be older */
			gkm_key_tree_touch(this, 0, node->index);
		}
	}
	else if (ours && ours->unsaid)
	{	/* it doesn't know yet what happened to it here */
		return;
	}
	else if (!node->kwk.id)
	{
		gkm_key_tree_cut(this, node->index, FALSE);
	}
	else if (this->shared && how->kind == GKM_ADOPT_CHANGES &&
			 !(ours && ours->members))
	{	/* who gives it away knows better: it heard so before that went */
		gkm_key_tree_repeat(this, 0, node->index);
	}
	else
	{
		gkm_key_tree_put(this, node);
	}
}

/**
 * A key that another key server says isn't taken over: it is told that there is
 * none
 */
static void refuse_key(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	if (!gkm_key_tree_find(this, node->level, node->index))
	{	/* but the tree is as high as the other one's */
		gkm_key_tree_put(this, node);
	}
	gkm_key_tree_drop(this, node->level, node->index);
	gkm_key_tree_repeat(this, node->level, node->index);
}

/**
 * Is a node above all that the tree has?
 */
static bool is_above_all(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	return node->level >= this->height && !node->index;
}

/**
 * May the primary not know yet that a key above leaves can't be, or that not all
 * below know it?
 */
static bool is_pending(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, node->level, node->index);

	if (!ours)
	{
		return this->unsaid && is_above_all(this, node);
	}
	return ours->unsaid || (this->shared && gkm_key_level_lacks_key(ours) &&
							ours->own);
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
	if (!node->kwk.id)
	{
		gkm_key_tree_drop(this, node->level, node->index);
	}
	else if (is_pending(this, node))
	{	/* it may have been made without someone below, or with one that left */
		refuse_key(this, node);
	}
	else
	{
		gkm_key_tree_put(this, node);
	}
}

/**
 * The owner of the tree says a leaf, and waits until it is told the same
 */
static void take_owned_leaf(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, 0, node->index);

	if (!has_key(ours, &node->kwk))
	{
		remove_leaf(this, node->index);
		if (node->kwk.id)
		{
			gkm_key_tree_put(this, node);
		}
	}
	/* the one that left may have come and gone meanwhile, and knows the rekey
	 * SA */
	this->departed |= !node->kwk.id;
	gkm_key_tree_repeat(this, 0, node->index);
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
	/* numbers are the owner's: it gave the leaf to someone else since */
	if (!this->shared && (node->tree == how->from || !ours ||
						  node->kwk.id > ours->kwk.id))
	{
		take_owned_leaf(this, node);
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
	else if (!node->kwk.id)
	{
		gkm_key_tree_drop(this, node->level, node->index);
	}
	else if (ours ? ours->kwk.id || ours->listed :
					this->count && is_above_all(this, node))
	{	/* who is below may know one of the two, or none */
		refuse_key(this, node);
	}
	else
	{
		gkm_key_tree_put(this, node);
		ours = gkm_key_tree_find(this, node->level, node->index);
		ours->doubted = FALSE;
	}
}

/**
 * Note that a node is what the primary said, if it is
 */
static void note_adopted(gkm_key_tree_t *this, gkm_key_tree_node_t *node)
{
	gkm_key_node_t *ours = gkm_key_tree_find(this, node->level, node->index);

	if (ours)
	{
		ours->own = !has_key(ours, &node->kwk);
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
			node->level ? take_key(this, node) : take_leaf(this, how, node);
			note_adopted(this, node);
			this->adopting = TRUE;
			break;
		case GKM_ADOPT_MEMBERS:
			node->level ? unite_key(this, node) : take_owned_leaf(this, node);
			break;
		case GKM_ADOPT_MERGE:
			node->level ? unite_key(this, node) : merge_leaf(this, how, node);
			break;
	}
}

/**
 * Is a leaf the same in a tree?
 */
static bool is_leaf(gkm_key_tree_t *this, uint32_t leaf, gkm_key_node_t *node)
{
	return has_key(gkm_key_tree_find(this, 0, leaf), &node->kwk);
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
 * Take over a leaf whose state other key servers don't know yet
 */
static void inherit_leaf(gkm_key_tree_t *this, gkm_key_tree_t *old,
						 gkm_key_tree_node_t *node)
{
	gkm_key_node_t *theirs = gkm_key_tree_find(this, 0, node->index);
	bool known = node->kwk.id && has_key(theirs, &node->kwk);

	if (!known)
	{
		remove_leaf(this, node->index);
	}
	if (!known && node->kwk.id)
	{
		gkm_key_tree_put(this, node);
	}
	/* who is there knows but those keys, who left at most others */
	drop_unknown_above(this, old, node->index);
	if (!known)
	{
		gkm_key_tree_repeat(this, 0, node->index);
		gkm_key_tree_set_unsaid(this, node->index, TRUE);
	}
}

/**
 * Take away keys where this key server found that there can't be one, and the
 * primary may not have heard of that
 */
static void inherit_stale(gkm_key_tree_t *this, gkm_key_tree_t *old,
						  u_int level)
{
	gkm_key_node_t *node, *theirs;
	uint32_t index, end;

	end = gkm_key_nodes_end(&old->levels[level].nodes);
	for (index = 0; index < end; index++)
	{
		node = gkm_key_tree_find(old, level, index);
		theirs = gkm_key_tree_find(this, level, index);
		if (node && node->own && gkm_key_level_lacks_key(node) &&
			theirs && theirs->kwk.id)
		{
			gkm_key_tree_drop(this, level, index);
		}
	}
}

/*
 * Described in header
 */
void gkm_key_adoption_inherit(gkm_key_tree_t *this, gkm_key_tree_t *old,
							  bool all)
{
	gkm_key_tree_node_t node = {};
	gkm_key_node_t *leaf;
	uint32_t end;
	u_int level;

	this->adopting = TRUE;
	gkm_key_tree_settle(old);
	for (level = 1; level < old->height; level++)
	{
		inherit_stale(this, old, level);
	}
	end = gkm_key_nodes_end(&old->levels[0].nodes);
	for (; node.index < end; node.index++)
	{
		leaf = gkm_key_tree_find(old, 0, node.index);
		if (leaf && (leaf->unsaid ||
			(all && leaf->members && !is_leaf(this, node.index, leaf))))
		{
			node.kwk = leaf->kwk;
			inherit_leaf(this, old, &node);
		}
	}
}

/**
 * Forget what other key servers don't know, which they do by now
 *
 * @param changed		TRUE for nodes that changed since they were stored
 */
static void forget_unsaid(gkm_key_tree_t *this, u_int level, bool changed)
{
	gkm_key_list_t *list = &this->levels[level].changed;
	gkm_key_node_t *node;
	uint32_t i, index, count;

	count = changed ? list->count :
					  gkm_key_nodes_end(&this->levels[level].nodes);
	for (i = 0; i < count; i++)
	{
		index = changed ? list->indices[i] : i;
		node = gkm_key_tree_find(this, level, index);
		if (node)
		{
			node->own = FALSE;
		}
		if (node && !level)
		{
			gkm_key_tree_set_unsaid(this, index, FALSE);
		}
	}
}

/*
 * Described in header
 */
void gkm_key_adoption_said(gkm_key_tree_t *this)
{
	u_int level;

	gkm_key_tree_settle(this);
	for (level = 0; level < this->height; level++)
	{
		forget_unsaid(this, level, TRUE);
	}
	/* usually that was all */
	for (level = 0; this->unsaid && level < this->height; level++)
	{
		forget_unsaid(this, level, FALSE);
	}
}
