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
 * A data SA on the data plane: what the programs know of it, its states in
 * XFRM, one for each direction, and the policy that leads to the one to send.
 *
 * @defgroup gkm_plane_entry gkm_plane_entry
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_ENTRY_H_
#define GKM_PLANE_ENTRY_H_

#include "plugins/gkm/gkm_plane.h"
#include "plugins/gkm_member/gkm_kernel.h"

#include "gkm_plane_core.h"

typedef struct gkm_plane_entry_t gkm_plane_entry_t;

/**
 * A data SA, read only for users but for sending. All is done locked.
 */
struct gkm_plane_entry_t {

	/** what the member added */
	gkm_plane_sa_t *sa;

	/** what the programs know of it */
	struct gkm_dp_sa programs;

	/** is it sent on? */
	bool sending;

	/** octets that encryption adds to a packet at most */
	uint32_t overhead;

	/** states, which are there if it is used to send and to receive */
	gkm_kernel_sa_t out;
	gkm_kernel_sa_t in;

	/** what is shared */
	gkm_plane_core_t *core;
};

/**
 * Tell the programs of an SA, which XFRM doesn't have yet.
 *
 * @param sa		SA, borrowed
 * @param group		number of its group
 * @param d3p		IP delay detection
 * @param err		receives the reason on failure: what can't be used with the
 *					data plane, or with this kernel
 * @return			NULL on failure
 */
gkm_plane_entry_t *gkm_plane_entry_create(gkm_plane_core_t *core,
										  gkm_plane_sa_t *sa, uint32_t group,
										  gkm_d3p_t *d3p, gkm_error_t *err);

/**
 * Have XFRM receive on an SA, and know how to send.
 *
 * @return			FALSE if it refused
 */
bool gkm_plane_entry_install(gkm_plane_entry_t *this, gkm_error_t *err);

/**
 * Take states out of XFRM.
 */
void gkm_plane_entry_uninstall(gkm_plane_entry_t *this);

/**
 * Change the window of IP delay detection, if there is any.
 */
void gkm_plane_entry_set_window(gkm_plane_entry_t *this, uint32_t window);

/**
 * Have the programs forget an SA, which XFRM doesn't have any more.
 *
 * @param ended		what was counted for it is added there, may be NULL
 */
void gkm_plane_entry_destroy(gkm_plane_entry_t *this,
							 struct gkm_dp_counters *ended);

#endif /** GKM_PLANE_ENTRY_H_ @}*/
