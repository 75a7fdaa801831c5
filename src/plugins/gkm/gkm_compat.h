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
 * The differences between the releases of strongSwan that this builds for,
 * all in one place.
 *
 * @defgroup gkm_compat gkm_compat
 * @{ @ingroup plugins
 */

#ifndef GKM_COMPAT_H_
#define GKM_COMPAT_H_

#include <config/peer_cfg.h>

/**
 * Clone a configuration for an IKE_SA that carries group exchanges: such an
 * IKE_SA never replaces others of the same peer, whatever uniqueness policy
 * the connection has, and doesn't move (MOBIKE), reauthenticate, or assign
 * virtual IP addresses.
 *
 * A member tries once and leaves the next try to its role; it rekeys an IKE_SA
 * that stays. A key server doesn't, as it closes most of them soon, and
 * charon's timers would stay behind for hours.
 *
 * @param orig			configuration of the connection
 * @param initiator		TRUE for a member, FALSE for a key server
 * @return				clone without children
 */
peer_cfg_t *gkm_compat_isolate_cfg(peer_cfg_t *orig, bool initiator);

/**
 * Clone a configuration for an IKE_SA of IKEv1, as the above.
 *
 * Two clones are never equal, and neither is equal to a configuration of
 * charon's: with one of the same peer that has an equal one it would have the
 * new IKE_SA replace the old one, and take over its CHILD_SAs.
 *
 * @param orig			configuration of the connection, or clone of it
 * @param lifetime		TRUE to keep the lifetime, as is needed to propose one;
 *						FALSE for an IKE_SA that isn't rekeyed
 * @return				clone without children
 */
peer_cfg_t *gkm_compat_isolate_phase1(peer_cfg_t *orig, bool lifetime);

#endif /** GKM_COMPAT_H_ @}*/
