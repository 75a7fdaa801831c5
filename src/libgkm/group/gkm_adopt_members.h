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
 * How a key server takes over the members of another one: a part of
 * gkm_adopt.h.
 *
 * A member belongs to the key server that it registered with last, its owner.
 * What that says of it counts, so that a secondary keeps those that registered
 * with it until the primary has heard of them.
 *
 * Members aren't taken over by a primary if they registered before it excluded
 * others, and it didn't know them then: it can't tell if they were to be
 * excluded as well, and no rekey of that exclusion was for them.
 *
 * @defgroup gkm_adopt_members gkm_adopt_members
 * @{ @ingroup libgkm
 */

#ifndef GKM_ADOPT_MEMBERS_H_
#define GKM_ADOPT_MEMBERS_H_

#include "gkm_roster.h"
#include "gkm_snapshot.h"

/**
 * A secondary takes over the members of its primary.
 *
 * @param snapshot		what the primary says, members are taken out
 * @param synced		TRUE if all members were known so far
 * @param now			current time
 * @param left			receives unique IDs of IKE_SAs of members that are rekeyed
 *						over these, and aren't members any more, as uint32_t by
 *						value
 */
void gkm_adopt_members_follow(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							  bool synced, time_t now, array_t *left);

/**
 * A primary removes the members of another key server that aren't any more, as
 * that says; before it takes over leaves of the key tree, which others may have
 * by now.
 *
 * @param snapshot		what the other one says
 */
void gkm_adopt_members_hear_gone(gkm_roster_t *roster,
								 gkm_snapshot_t *snapshot);

/**
 * A primary takes over the members of another key server, after leaves of the
 * key tree.
 *
 * @param snapshot		what the secondary says, members are taken out
 * @param now			current time
 */
void gkm_adopt_members_hear(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							time_t now);

/**
 * A primary unites its members with those of another one, after leaves of the key
 * tree. Of two registrations of a member the later one counts.
 *
 * @param snapshot		what the other one has, members are taken out
 * @param now			current time
 */
void gkm_adopt_members_unite(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							 time_t now);

#endif /** GKM_ADOPT_MEMBERS_H_ @}*/
