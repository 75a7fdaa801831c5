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
 * What another key server says of a group, read from its records, but not taken
 * over yet. Times are in our clock.
 *
 * @defgroup gkm_snapshot gkm_snapshot
 * @{ @ingroup libgkm
 */

#ifndef GKM_SNAPSHOT_H_
#define GKM_SNAPSHOT_H_

#include "gkm_adoption.h"
#include "gkm_record_list.h"
#include "gkm_state.h"

typedef struct gkm_snapshot_t gkm_snapshot_t;

/**
 * Plain data.
 */
struct gkm_snapshot_t {

	/** what it is, borrowed */
	gkm_adoption_t *how;

	/** there is a record of SAs, and what it says */
	bool found;
	gkm_state_t state;

	/** members, as gkm_member_t*, in-band ones without IKE_SA; of a secondary,
	 *  only its own, and so are nodes */
	array_t *members;

	/** members that are gone, as identification_t* */
	array_t *gone;

	/** nodes of the key tree, as gkm_key_tree_node_t*: those that are stale or
	 *  have no members have no key. Keys are borrowed from the records. */
	array_t *nodes;

	/** there are no members but these, or no nodes but these */
	bool all_members;
	bool all_nodes;
};

/**
 * Read records.
 *
 * @param how			what they are, has to stay
 * @param records		records, have to stay
 * @param now			current time
 * @param err			receives the reason on failure
 * @return				FALSE if one is malformed, or what there has to be is
 *						missing; nothing is to be cleared then
 */
bool gkm_snapshot_read(gkm_snapshot_t *this, gkm_adoption_t *how,
					   gkm_record_list_t *records, time_t now,
					   gkm_error_t *err);

/**
 * Destroy what is left, wiping keys.
 */
void gkm_snapshot_clear(gkm_snapshot_t *this);

#endif /** GKM_SNAPSHOT_H_ @}*/
