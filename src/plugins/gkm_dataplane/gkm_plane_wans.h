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
 * Interfaces to the WAN of a data plane, by name: they may go and come back.
 *
 * @defgroup gkm_plane_wans gkm_plane_wans
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_WANS_H_
#define GKM_PLANE_WANS_H_

#include "libgkm_dataplane/gkm_dataplane.h"
#include "libgkm_dataplane/gkm_dp_net.h"

typedef struct gkm_plane_wans_t gkm_plane_wans_t;

/**
 * Interfaces that groups use. Not thread safe.
 */
struct gkm_plane_wans_t {

	/**
	 * Use an interface for one more group. Encrypted packets are routed to the
	 * first one in use.
	 *
	 * @param name		name of an interface that exists
	 * @param err		receives the reason on failure
	 */
	bool (*use)(gkm_plane_wans_t *this, char *name, gkm_error_t *err);

	/**
	 * Undo a call to use().
	 */
	void (*release)(gkm_plane_wans_t *this, char *name);

	/**
	 * Use interfaces again that came back under their names. To be called now
	 * and then.
	 *
	 * @param err		receives the reason if one that is there can't be used
	 */
	bool (*refresh)(gkm_plane_wans_t *this, gkm_error_t *err);

	/**
	 * Destroy, all have to be released.
	 */
	void (*destroy)(gkm_plane_wans_t *this);
};

/**
 * Create, no interface is used yet.
 *
 * @param dp		programs, to attach
 * @param net		routes of encrypted packets
 */
gkm_plane_wans_t *gkm_plane_wans_create(gkm_dataplane_t *dp,
										gkm_dp_net_t *net);

#endif /** GKM_PLANE_WANS_H_ @}*/
