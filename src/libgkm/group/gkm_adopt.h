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
 * How a key server takes over what another one says of a group: a part of
 * gkm_group.h.
 *
 * A secondary has the SAs of its primary, and no others. Members that it rekeys
 * in-band are told of the difference, since the primary can't reach them.
 *
 * If it was a primary itself, in another part of a network that is whole again,
 * members know its rekey SAs (the population): with these they are told of those
 * of the primary, and of data SAs that they lack. If the two don't know of the
 * same exclusions of members, all are excluded instead. Who left the group by
 * itself in that part, and knows the rekey SAs, is shut out with the next rekey
 * of the key tree.
 *
 * @defgroup gkm_adopt gkm_adopt
 * @{ @ingroup libgkm
 */

#ifndef GKM_ADOPT_H_
#define GKM_ADOPT_H_

#include "gkm_roster.h"
#include "gkm_snapshot.h"

/**
 * A secondary takes over what its primary says, GKM_ADOPT_CHANGES or
 * GKM_ADOPT_ALL.
 *
 * @param snapshot		what the primary says, taken over
 * @param synced		TRUE if all was known that a primary had so far
 * @param now			current time
 * @param notices		receives what members have to be told, as gkm_notice_t*
 * @param err			receives the reason on failure
 * @return				FALSE if that isn't usable: nothing changed
 */
bool gkm_adopt_follow(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					  bool synced, time_t now, array_t *notices,
					  gkm_error_t *err);

/**
 * A primary takes over what a secondary says, GKM_ADOPT_MEMBERS.
 *
 * @param snapshot		what the secondary says, taken over
 * @param now			current time
 * @param err			receives the reason on failure
 * @return				FALSE if that isn't usable: nothing changed
 */
bool gkm_adopt_hear(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					time_t now, gkm_error_t *err);

#endif /** GKM_ADOPT_H_ @}*/
