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
 * How a primary adds the data SAs of another one to its own: a part of
 * gkm_policy.h.
 *
 * The newest SA of this primary stays the newest. Members of either primary go
 * on sending on what they have until they know the next one, so that all that is
 * sent on has to be in downloads until then:
 *
 *   ours:   W1 W2   (senders have left W1)
 *   theirs: L1 L2   (senders are leaving L1)      W1 L1 L2 W2, and all but W1 in
 *                                                 downloads
 *
 * @defgroup gkm_policy_absorb gkm_policy_absorb
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_ABSORB_H_
#define GKM_POLICY_ABSORB_H_

#include "gkm_policy_slot.h"

/**
 * Add data SAs, see gkm_policy_t.absorb().
 *
 * @param slots			gkm_policy_slot_t*
 * @param spis			SPIs in use
 */
void gkm_policy_absorb(array_t *slots, gkm_spis_t *spis,
					   gkm_policy_kept_t *kept, bool both, time_t now);

#endif /** GKM_POLICY_ABSORB_H_ @}*/
