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
 * How a primary unites with another one that becomes its secondary, after a
 * network was split: a part of gkm_group.h.
 *
 *   other primary --> this one      all that it has
 *   this one  --> its members       data SAs of the other one, to be received
 *                                   on, and new ones, with its rekey SA
 *   this one  --> other one         all that there is, see gkm_adopt.h
 *   other one --> its members       this rekey SA, its data SAs, and the new
 *                                   ones, with the rekey SA that they know
 *
 * Members of both change to the new data SAs after a delay. If neither replaced
 * the rekey SA since the split members of both may hear either message, so that
 * this one goes on with message IDs above those of the other one, and says all
 * that the other one would.
 *
 * If the two don't
 * know of the same exclusions (lineage), one of them could bring back keys that
 * members have who were excluded by the other one. Then all are excluded.
 *
 * @defgroup gkm_merge gkm_merge
 * @{ @ingroup libgkm
 */

#ifndef GKM_MERGE_H_
#define GKM_MERGE_H_

#include "gkm_roster.h"
#include "gkm_snapshot.h"

/**
 * Unite with another primary.
 *
 * @param snapshot		what the other one has, taken over
 * @param now			current time
 * @param notices		receives what members have to be told, as gkm_notice_t*
 * @param excluded		receives TRUE if all members were excluded
 * @param err			receives the reason on failure, or if an SA couldn't be
 *						made, which is tried again
 * @return				FALSE if that isn't usable: nothing changed
 */
bool gkm_merge(gkm_roster_t *roster, gkm_snapshot_t *snapshot, time_t now,
			   array_t *notices, bool *excluded, gkm_error_t *err);

#endif /** GKM_MERGE_H_ @}*/
