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
 * What an update means to a member that received it.
 *
 * @defgroup gkm_update_check gkm_update_check
 * @{ @ingroup libgkm
 */

#ifndef GKM_UPDATE_CHECK_H_
#define GKM_UPDATE_CHECK_H_

#include "gkm_cfg.h"
#include "gkm_error.h"
#include "gkm_update.h"

typedef enum gkm_update_verdict_t gkm_update_verdict_t;

/** What to do with an update */
enum gkm_update_verdict_t {
	/** put it into use */
	GKM_UPDATE_TAKE,
	/** the member is excluded, or the group ends: forget all that is held, and
	 *  register again */
	GKM_UPDATE_EXCLUDED,
	/** use nothing of it and register again: the configuration doesn't allow
	 *  it, or sending on its SAs takes a sender ID, which only a registration
	 *  gives (RFC 9838, 2.4.1.3) */
	GKM_UPDATE_REFUSED,
};

/**
 * Find out what to do with an update. What the protocol itself demands was
 * checked when it was read.
 *
 * @param update		update
 * @param cfg			configuration of the member
 * @param sender_id		TRUE if the member has a sender ID
 * @param err			receives the reason if it is refused
 */
gkm_update_verdict_t gkm_update_check(gkm_update_t *update, gkm_cfg_t *cfg,
							   bool sender_id, gkm_error_t *err);

/**
 * Does an update delete a data SA that was held before?
 */
bool gkm_update_deletes(gkm_update_t *update, gkm_data_sa_t *sa);

/**
 * GSA_INBAND_REKEY doesn't name the group that it is for. Find out whether it
 * is the one that an SA belongs to: its first new SA has the same selectors, or
 * it deletes the SA. What deletes all SAs and brings none is for all groups.
 *
 * @param update		update that came in-band
 * @param sa			data SA that is held
 */
bool gkm_update_concerns(gkm_update_t *update, gkm_data_sa_t *sa);

#endif /** GKM_UPDATE_CHECK_H_ @}*/
