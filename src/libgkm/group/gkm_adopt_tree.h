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
 * How a key server takes over the key trees of another one: a part of
 * gkm_adopt.h.
 *
 * @defgroup gkm_adopt_tree gkm_adopt_tree
 * @{ @ingroup libgkm
 */

#ifndef GKM_ADOPT_TREE_H_
#define GKM_ADOPT_TREE_H_

#include "gkm_rekeying.h"
#include "gkm_snapshot.h"

/**
 * Prepare to take over key trees: nothing changes yet.
 *
 * @param made			receives trees that are to be used in place of those there
 *						are, NULL if these stay
 * @param err			receives the reason on failure
 * @return				FALSE if nodes can't be taken over
 */
bool gkm_adopt_tree_prepare(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot,
							gkm_key_forest_t **made, gkm_error_t *err);

/**
 * Take over key trees.
 *
 * @param made			trees to be used from now on, adopted, or NULL
 * @param era			what the era was before
 * @param lineage		what the lineage was before: leaves that the other one
 *						doesn't know yet stay, unless members were excluded
 */
void gkm_adopt_tree_take(gkm_rekeying_t *rekeying, gkm_snapshot_t *snapshot,
						 gkm_key_forest_t *made, uint64_t era,
						 uint64_t lineage);

/**
 * Does a slot of the key tree belong to a member?
 *
 * @param tree			trees, NULL if there are none
 * @param slot			slot, or GKM_MEMBER_NO_SLOT
 */
bool gkm_adopt_tree_has_leaf(gkm_key_forest_t *tree, uint32_t slot);

#endif /** GKM_ADOPT_TREE_H_ @}*/
