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
 * A group on the data plane: its interfaces, SAs and rules.
 *
 * What an SA protects is sent to the group's xfrm interface, or to the front of
 * it if the SA has IP delay detection. While SAs with and without take turns
 * both are in use, and policies tell their packets apart by IP protocol.
 *
 * @defgroup gkm_plane_group gkm_plane_group
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_GROUP_H_
#define GKM_PLANE_GROUP_H_

#include "plugins/gkm/gkm_plane.h"

#include "gkm_plane_core.h"

/**
 * Put a group on the data plane.
 *
 * @param core		what is shared, not locked
 * @param cfg		configuration, borrowed
 * @param err		receives the reason on failure
 * @return			NULL on failure
 */
gkm_plane_group_t *gkm_plane_group_create(gkm_plane_core_t *core,
										  gkm_cfg_t *cfg, gkm_error_t *err);

#endif /** GKM_PLANE_GROUP_H_ @}*/
