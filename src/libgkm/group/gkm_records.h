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
 * Keeps track of what changed in a group, and puts that into records of
 * gkm_state.h: a part of gkm_group.h.
 *
 * @defgroup gkm_records gkm_records
 * @{ @ingroup libgkm
 */

#ifndef GKM_RECORDS_H_
#define GKM_RECORDS_H_

#include "gkm_members.h"
#include "gkm_pushes.h"
#include "gkm_rekeying.h"
#include "gkm_state_store.h"

typedef struct gkm_records_t gkm_records_t;

/**
 * What has to be put: plain data, empty if all zero. SAs are noted in
 * gkm_rekeying_t, nodes in the key tree.
 */
struct gkm_records_t {

	/** keys of records of members that changed, as chunk_t*, or NULL */
	array_t *changed;

	/** those of members that other key servers have to hear of once more with
	 *  the put() after the next, or NULL */
	array_t *again;

	/** TRUE if all records changed */
	bool all_changed;

	/** numbers below are noted as used, for keys of the key tree */
	uint32_t noted_keys;

	/** whether it is noted that a member that left knows the rekey SA */
	bool noted_stale;
};

/**
 * Note that a member changed or is gone.
 *
 * @param type			type of its identity
 * @param encoding		encoding of its identity
 */
void gkm_records_note(gkm_records_t *this, id_type_t type, chunk_t encoding);

/**
 * Note that other key servers have to hear of a member once more: it is put by
 * the call after the next one, see gkm_group_t.adopt().
 *
 * @param type			type of its identity
 * @param encoding		encoding of its identity
 */
void gkm_records_note_again(gkm_records_t *this, id_type_t type,
							chunk_t encoding);

/**
 * Did anything change since it was put?
 */
bool gkm_records_pending(gkm_records_t *this, gkm_rekeying_t *rekeying);

/**
 * Put what changed, see gkm_group_t.put().
 */
bool gkm_records_put(gkm_records_t *this, gkm_rekeying_t *rekeying,
					 gkm_pushes_t *pushes, gkm_members_t *members,
					 gkm_state_store_t *store, bool all);

/**
 * Go on with what is in a store, see gkm_group_t.restore().
 *
 * @param rekeying		SAs and key tree as they were made at the start
 * @param pushes		rekeys of members that use GDOI, none yet
 * @param members		empty table of members
 * @param id			identity of the group
 */
bool gkm_records_restore(gkm_rekeying_t *rekeying, gkm_pushes_t *pushes,
						 gkm_members_t *members, identification_t *id,
						 gkm_state_store_t *store, time_t now,
						 gkm_error_t *err);

/**
 * Forget what changed.
 */
void gkm_records_clear(gkm_records_t *this);

#endif /** GKM_RECORDS_H_ @}*/
