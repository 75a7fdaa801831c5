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
 * How a tree of keys takes over what another key server says of it: a part of
 * gkm_key_forest.h.
 *
 * Two key servers may change a tree at the same time: the one whose tree it is
 * gives leaves away and takes them back, and the primary replaces keys and takes
 * leaves back as well. So the owner remembers which leaves it changed that the
 * primary hasn't repeated yet (gkm_key_tree_set_unsaid()): new keys above these
 * may be unknown to a member, or known to one that left.
 *
 * @defgroup gkm_key_adoption gkm_key_adoption
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEY_ADOPTION_H_
#define GKM_KEY_ADOPTION_H_

#include "gkm_key_tree.h"

#include "../group/gkm_adoption.h"

/**
 * Take over a node, see gkm_key_forest_t.adopt().
 *
 * @param how			what it is
 * @param node			node, checked
 */
void gkm_key_adoption_take(gkm_key_tree_t *this, gkm_adoption_t *how,
						   gkm_key_tree_node_t *node);

/**
 * Take over what other key servers don't know yet of an older tree, see
 * gkm_key_forest_t.inherit().
 *
 * @param old			what the own tree was before
 * @param all			TRUE to take over all leaves
 */
void gkm_key_adoption_inherit(gkm_key_tree_t *this, gkm_key_tree_t *old,
							  bool all);

/**
 * Other key servers know all leaves as they are now.
 */
void gkm_key_adoption_said(gkm_key_tree_t *this);

#endif /** GKM_KEY_ADOPTION_H_ @}*/
