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

#include "gkm_adopt_tree.h"

/**
 * Is there another tree at the other key server, whose nodes say nothing in the
 * one there is here?
 */
static bool is_other(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot)
{
	return snapshot->found &&
		   snapshot->state.tree.degree !=
		   (rekeying->tree ? rekeying->degree : 0);
}

/**
 * Make trees to be used in place of those there are
 */
static bool make(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot,
				 gkm_key_forest_t **made, gkm_error_t *err)
{
	size_t key_len = gkm_rekeying_tree_key_len(rekeying->cfg);
	uint8_t degree = rekeying->tree ? rekeying->degree : 0;

	if (snapshot->found)
	{
		degree = snapshot->state.tree.degree;
	}
	if (!degree != !key_len)
	{
		return gkm_fail(err, "there is %s key tree, unlike configured here",
						degree ? "a" : "no");
	}
	*made = degree ? gkm_key_forest_create(rekeying->cfg->coop.id, degree,
										   key_len,
										   gkm_rekeying_next_key(rekeying)) :
					 NULL;
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_adopt_tree_prepare(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot,
							gkm_key_forest_t **made, gkm_error_t *err)
{
	gkm_key_forest_t *tree;
	gkm_key_tree_node_t *node;
	bool replace;
	int i;

	*made = NULL;
	replace = snapshot->all_nodes &&
			  (snapshot->how->kind == GKM_ADOPT_CHANGES ||
			   snapshot->how->kind == GKM_ADOPT_ALL);
	if (replace)
	{
		if (!make(rekeying, snapshot, made, err))
		{
			return FALSE;
		}
	}
	else if (is_other(rekeying, snapshot))
	{
		if (snapshot->how->kind != GKM_ADOPT_MERGE)
		{
			return gkm_fail(err, "the key tree has another degree than here");
		}
		/* its nodes say nothing here: members have no leaf */
		array_destroy_function(snapshot->nodes, (array_callback_t)free, NULL);
		snapshot->nodes = array_create(0, 0);
	}
	tree = replace ? *made : rekeying->tree;
	for (i = 0; tree && array_get(snapshot->nodes, i, &node); i++)
	{
		if (!tree->check(tree, snapshot->how, node, err))
		{
			DESTROY_IF(*made);
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Take over leaves, or nodes above them
 */
static void adopt(gkm_key_forest_t *tree, gkm_snapshot_t *snapshot, bool leaves)
{
	gkm_key_tree_node_t *node;
	int i;

	for (i = 0; array_get(snapshot->nodes, i, &node); i++)
	{
		if (!node->level == leaves)
		{
			tree->adopt(tree, snapshot->how, node, NULL);
		}
	}
}

/*
 * Described in header
 */
void gkm_adopt_tree_take(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot,
						 gkm_key_forest_t *made, uint64_t era,
						 uint64_t lineage)
{
	gkm_key_forest_t *tree = made ?: rekeying->tree, *old = rekeying->tree;

	if (!tree)
	{
		return;
	}
	adopt(tree, snapshot, TRUE);
	adopt(tree, snapshot, FALSE);
	if (made)
	{
		if (era == rekeying->era && old &&
			rekeying->degree == snapshot->state.tree.degree)
		{
			tree->inherit(tree, old, lineage == rekeying->lineage);
		}
		rekeying->degree = snapshot->state.tree.degree;
		/* notices may borrow its keys */
		DESTROY_IF(rekeying->last_tree);
		rekeying->last_tree = old;
		rekeying->tree = made;
	}
	if (snapshot->found && snapshot->how->kind != GKM_ADOPT_MERGE)
	{
		tree->set_stale(tree, snapshot->state.tree.stale);
	}
}

/*
 * Described in header
 */
bool gkm_adopt_tree_has_leaf(gkm_key_forest_t *tree, uint32_t slot)
{
	chunk_t key = chunk_empty;
	bool found;

	found = tree && slot != GKM_MEMBER_NO_SLOT &&
			tree->get_leaf(tree, slot, &key);
	chunk_clear(&key);
	return found;
}
