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
 * Describes the data plane in vici messages, as gkm_plane.h says.
 *
 * @defgroup gkm_plane_list gkm_plane_list
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_LIST_H_
#define GKM_PLANE_LIST_H_

#include <vici_builder.h>

#include "gkm_plane_core.h"
#include "gkm_plane_history.h"

/**
 * Describe what was counted for an SA, or several.
 */
void gkm_plane_list_counters(struct gkm_dp_counters *counters,
							 vici_builder_t *builder);

/**
 * Describe a group. Locked.
 *
 * @param number	number of the group
 */
void gkm_plane_list_group(gkm_plane_core_t *core, gkm_cfg_t *cfg,
						  uint32_t number, vici_builder_t *builder);

/**
 * Describe IP delay detection of a group.
 *
 * @param total		what was counted for all SAs it has and had
 */
void gkm_plane_list_replay(gkm_dataplane_t *dp, struct gkm_dp_counters *total,
						   gkm_plane_history_t *history,
						   vici_builder_t *builder);

#endif /** GKM_PLANE_LIST_H_ @}*/
