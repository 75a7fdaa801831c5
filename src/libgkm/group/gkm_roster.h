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
 * Members of a group, and all that has to know when one comes or goes: leaves
 * of the key tree, records of the store, acknowledgements that are awaited. A
 * part of gkm_group.h.
 *
 *   admitted       add()
 *   leaves         remove(), ike_sa_gone()
 *   is removed     take(), of which others have to be told
 *   goes silent    expire(), settle()
 *   is excluded    told(), with all others
 *
 * @defgroup gkm_roster gkm_roster
 * @{ @ingroup libgkm
 */

#ifndef GKM_ROSTER_H_
#define GKM_ROSTER_H_

#include "gkm_members.h"
#include "gkm_pushes.h"
#include "gkm_records.h"
#include "gkm_rekeying.h"
#include "gkm_sender_ids.h"

typedef struct gkm_roster_t gkm_roster_t;

/**
 * Plain data.
 */
struct gkm_roster_t {

	/** SAs, key tree and configuration, borrowed from the group */
	gkm_rekeying_t *rekeying;

	/** sender IDs that were given out, borrowed from the group */
	gkm_sender_ids_t *sender_ids;

	/** members */
	gkm_members_t *members;

	/** rekeys sent to members that use GDOI */
	gkm_pushes_t pushes;

	/** gkm_member_t* that didn't acknowledge one, or NULL */
	array_t *missed;

	/** what has to be put into the store */
	gkm_records_t records;
};

/**
 * A member is admitted.
 *
 * @param member		member, adopted
 * @param id			its identity; one that has it already is replaced
 */
void gkm_roster_add(gkm_roster_t *this, gkm_member_t *member,
					identification_t *id);

/**
 * Remove a member, see gkm_group_t.remove_member().
 */
bool gkm_roster_remove(gkm_roster_t *this, identification_t *id);

/**
 * The IKE_SA of a member is gone, see gkm_group_t.ike_sa_gone().
 */
bool gkm_roster_ike_sa_gone(gkm_roster_t *this, uint32_t ike_sa_id,
							uint32_t new_id);

/**
 * Take members out to be excluded.
 *
 * @param ids			identities, as identification_t*
 * @param removed		receives the members, as gkm_member_t*
 * @return				TRUE if one knows the rekey SA, but has no leaf
 */
bool gkm_roster_take(gkm_roster_t *this, array_t *ids, array_t *removed);

/**
 * Forget members that have no valid SA any longer.
 */
void gkm_roster_expire(gkm_roster_t *this, time_t now);

/**
 * Find out who didn't acknowledge the last rekey, if it is time, and remove who
 * did so too often. Not between a rekey and its messages, which borrow keys of
 * the key tree.
 */
void gkm_roster_settle(gkm_roster_t *this, time_t now);

/**
 * There is another key tree: members no longer have the leaves that they had.
 */
void gkm_roster_clear_slots(gkm_roster_t *this);

/**
 * Members are told something: they have the SAs there are, or are gone. Notices
 * that are for nobody are removed, others get recipients.
 *
 * @param notices		gkm_notice_t*
 * @param before		number of those that were there before
 */
void gkm_roster_told(gkm_roster_t *this, time_t now, array_t *notices,
					 int before);

/**
 * Free what it has.
 */
void gkm_roster_clear(gkm_roster_t *this);

#endif /** GKM_ROSTER_H_ @}*/
