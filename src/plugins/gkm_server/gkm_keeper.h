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
 * Keeps what there is of a group in the store, so that it goes on after a
 * restart, and has other key servers of the group hear of it.
 *
 * @defgroup gkm_keeper gkm_keeper
 * @{ @ingroup gkm_server
 */

#ifndef GKM_KEEPER_H_
#define GKM_KEEPER_H_

#include "gkm_server_groups.h"
#include "gkm_store.h"

#include "libgkm/group/gkm_record_list.h"

typedef struct gkm_keeper_t gkm_keeper_t;

/**
 * What is needed to keep groups: plain data, what it points to is borrowed. All
 * functions are called with the mutex of the group.
 */
struct gkm_keeper_t {

	/** tells administrators */
	gkm_t *gkm;

	/** keeps state */
	gkm_store_t *store;
};

/**
 * Keep what changed in a group, say so if that begins or ends to fail.
 *
 * @param urgent		TRUE if members are about to hear of it
 * @param echo			FALSE if other key servers know what changed
 * @param now			current time
 */
void gkm_keeper_keep(gkm_keeper_t *this, gkm_server_group_t *entry,
					 bool urgent, bool echo, time_t now);

/**
 * Keep that there are no messages to be sent again any more.
 */
void gkm_keeper_sent(gkm_keeper_t *this, gkm_server_group_t *entry);

/**
 * Get all that there is of a group, after what changed was kept.
 *
 * @return				records, to be destroyed
 */
gkm_record_list_t *gkm_keeper_get_all(gkm_keeper_t *this,
									  gkm_server_group_t *entry);

/**
 * Let a new group go on with what was kept. Messages that may not have been
 * sent are sent again, by one that cooperates with others once it is primary.
 *
 * @param err			receives the reason on failure
 * @return				FALSE if that can't be read; the group is of no use
 */
bool gkm_keeper_resume(gkm_keeper_t *this, gkm_server_group_t *entry,
					   gkm_error_t *err);

/**
 * Remove what is kept of a group.
 */
void gkm_keeper_forget(gkm_keeper_t *this, gkm_server_group_t *entry);

#endif /** GKM_KEEPER_H_ @}*/
