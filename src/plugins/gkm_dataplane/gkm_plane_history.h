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
 * What is remembered of a group's SAs on the data plane.
 *
 * @defgroup gkm_plane_history gkm_plane_history
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_HISTORY_H_
#define GKM_PLANE_HISTORY_H_

#include <library.h>

#include "libgkm_dataplane/gkm_dp_maps.h"

typedef struct gkm_plane_history_t gkm_plane_history_t;

/** SPIs that are remembered: as many as there are errors */
#define GKM_PLANE_HISTORY_SPIS GKM_DP_ERRORS

/**
 * Plain data, zero to begin with.
 */
struct gkm_plane_history_t {

	/** what was counted for SAs that are gone */
	struct gkm_dp_counters ended;

	/** SPIs of the last SAs in host byte order, and how many there were */
	uint32_t spis[GKM_PLANE_HISTORY_SPIS];
	u_int count;
};

/**
 * Add to counters.
 */
static inline void gkm_plane_history_add(struct gkm_dp_counters *total,
										 struct gkm_dp_counters *counters)
{
	int i;

	for (i = 0; i < GKM_DP_COUNTERS; i++)
	{
		total->n[i] += counters->n[i];
	}
}

/**
 * Remember that an SA is the group's.
 */
static inline void gkm_plane_history_note(gkm_plane_history_t *this,
										  uint32_t spi)
{
	this->spis[this->count++ % GKM_PLANE_HISTORY_SPIS] = spi;
}

/**
 * Is or was an SA the group's?
 */
static inline bool gkm_plane_history_has(gkm_plane_history_t *this,
										 uint32_t spi)
{
	u_int i;

	for (i = 0; i < min(this->count, GKM_PLANE_HISTORY_SPIS); i++)
	{
		if (this->spis[i] == spi)
		{
			return TRUE;
		}
	}
	return FALSE;
}

#endif /** GKM_PLANE_HISTORY_H_ @}*/
