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
 * How a data SA is replaced by a successor, and what members are told of that:
 * a part of gkm_policy.h.
 *
 * @defgroup gkm_policy_renewal gkm_policy_renewal
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_RENEWAL_H_
#define GKM_POLICY_RENEWAL_H_

#include "gkm_policy_slot.h"

/**
 * Make a successor of the newest SA in a slot, or the first one, and bring the
 * end of those before it forward as the reason demands.
 *
 * @param slot		slot
 * @param cfg		configuration of the group
 * @param spis		SPIs in use
 * @param renewal	why
 * @param now		current time
 * @param update	members have to be told, added to
 * @param err		receives the reason on failure
 * @return			FALSE if it can't be made: the slot is due again some
 *					seconds later
 */
bool gkm_policy_renew_slot(gkm_policy_slot_t *slot, gkm_cfg_t *cfg,
						   gkm_spis_t *spis, gkm_renewal_t renewal, time_t now,
						   gkm_update_t *update, gkm_error_t *err);

/**
 * Data SAs with equal selectors that a group has at most, see
 * GKM_POLICY_SAS_MAX and GKM_POLICY_SAS_TOTAL.
 */
u_int gkm_policy_sas_max(gkm_cfg_t *cfg);

/**
 * Tell members to delete a data SA.
 */
void gkm_policy_delete_sa(gkm_update_t *update, gkm_policy_sa_t *sa);

#endif /** GKM_POLICY_RENEWAL_H_ @}*/
