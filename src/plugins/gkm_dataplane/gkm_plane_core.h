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
 * What all groups on the data plane share. The programs are loaded when the
 * first group is opened, and stay as long as the daemon runs; when no group is
 * left they aren't attached to any interface.
 *
 * @defgroup gkm_plane_core gkm_plane_core
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_CORE_H_
#define GKM_PLANE_CORE_H_

#include <threading/mutex.h>

#include "libgkm_dataplane/gkm_dataplane.h"
#include "libgkm_dataplane/gkm_dp_net.h"
#include "libgkm_dataplane/gkm_dp_probe.h"
#include "plugins/gkm/gkm.h"

#include "gkm_plane_rules.h"
#include "gkm_plane_wans.h"

typedef struct gkm_plane_core_t gkm_plane_core_t;

/**
 * Parts of a data plane. What isn't there before it is loaded is NULL.
 */
struct gkm_plane_core_t {

	/** to raise events with */
	gkm_t *gkm;

	/** protects all that follows, and all of each group */
	mutex_t *mutex;

	/** settings, with dummy addresses of our own */
	gkm_dataplane_cfg_t cfg;

	/** what the kernel offers */
	gkm_dp_probe_t probe;

	/** programs */
	gkm_dataplane_t *dp;

	/** dummy addresses, and routes to them; only while there are groups */
	gkm_dp_net_t *net;

	/** interfaces to the WAN; only while there are groups */
	gkm_plane_wans_t *wans;

	/** rules of all groups */
	gkm_plane_rules_t *rules;

	/** numbers of groups, as uint32_t by value */
	array_t *numbers;

	/** SPIs in use, network byte order, as uint32_t by value */
	array_t *spis;
};

/**
 * Read settings, and remove what a process left that crashed. Nothing is loaded
 * yet.
 *
 * @param err		receives the reason on failure: a bad setting
 * @return			NULL on failure
 */
gkm_plane_core_t *gkm_plane_core_create(gkm_t *gkm, gkm_error_t *err);

/**
 * Load the programs unless they are, and give a group a number. Locked.
 *
 * @param number	receives the number, from 1
 * @param err		receives the reason on failure
 */
bool gkm_plane_core_enter(gkm_plane_core_t *this, uint32_t *number,
						  gkm_error_t *err);

/**
 * A group that entered isn't there any more. Locked.
 */
void gkm_plane_core_leave(gkm_plane_core_t *this, uint32_t number);

/**
 * Unload and destroy all.
 */
void gkm_plane_core_destroy(gkm_plane_core_t *this);

#endif /** GKM_PLANE_CORE_H_ @}*/
