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
 * How a key server takes over the SAs of another one: a part of gkm_policy.h.
 *
 * @defgroup gkm_policy_adopt gkm_policy_adopt
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_ADOPT_H_
#define GKM_POLICY_ADOPT_H_

#include "gkm_policy_rekeys.h"
#include "gkm_policy_slot.h"

/**
 * Find the slot that an SA belongs to.
 *
 * @param slots			gkm_policy_slot_t*
 * @param sa			SA without proposal
 * @param proposal		what gkm_sa_maker_name() said of its proposal
 * @return				slot, NULL if that isn't configured
 */
gkm_policy_slot_t *gkm_policy_find_slot(array_t *slots, gkm_data_sa_t *sa,
										char *proposal);

/**
 * Find an SA in a slot.
 *
 * @return				SA with the same SPI and key, NULL if there is none
 */
gkm_policy_sa_t *gkm_policy_find_sa(gkm_policy_slot_t *slot,
									gkm_data_sa_t *sa);

/**
 * Take over rekey SAs and data SAs, see gkm_policy_t.adopt().
 *
 * @param slots			gkm_policy_slot_t*
 * @param rekeys		rekey SAs
 * @param cfg			configuration
 * @param spis			SPIs in use
 */
bool gkm_policy_adopt(array_t *slots, gkm_policy_rekeys_t *rekeys,
					  gkm_cfg_t *cfg, gkm_spis_t *spis,
					  gkm_policy_kept_t *kept, time_t now, gkm_error_t *err);

#endif /** GKM_POLICY_ADOPT_H_ @}*/
