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
 * Keeps the data plane as it should be while there are groups on it: puts back
 * what somebody removed from the kernel, follows interfaces to the WAN and the
 * system's clock, and has senders told of packets that are too big.
 *
 * @defgroup gkm_plane_watch gkm_plane_watch
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_WATCH_H_
#define GKM_PLANE_WATCH_H_

#include "gkm_plane_core.h"

typedef struct gkm_plane_watch_t gkm_plane_watch_t;

/**
 * Keeps watch.
 */
struct gkm_plane_watch_t {

	/**
	 * Stop. Waits for what runs, so the data plane must not be locked.
	 */
	void (*destroy)(gkm_plane_watch_t *this);
};

/**
 * Begin to keep watch.
 *
 * @param core		data plane, with programs loaded
 */
gkm_plane_watch_t *gkm_plane_watch_create(gkm_plane_core_t *core);

#endif /** GKM_PLANE_WATCH_H_ @}*/
