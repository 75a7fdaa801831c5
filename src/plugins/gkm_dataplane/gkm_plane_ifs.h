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
 * Interfaces of a group, with programs: where what is to be encrypted is sent,
 * and what is decrypted comes out.
 *
 * @defgroup gkm_plane_ifs gkm_plane_ifs
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_IFS_H_
#define GKM_PLANE_IFS_H_

#include "libgkm_dataplane/gkm_dataplane.h"

typedef struct gkm_plane_ifs_t gkm_plane_ifs_t;

/**
 * Interfaces. Not thread safe.
 */
struct gkm_plane_ifs_t {

	/**
	 * Be able to send with IP delay detection.
	 *
	 * @param err		receives the reason on failure
	 */
	bool (*add_front)(gkm_plane_ifs_t *this, gkm_error_t *err);

	/**
	 * Get the interface that packets are sent to.
	 *
	 * @param d3p		TRUE if they are to get a header of IP delay detection;
	 *					needs a front
	 * @return			its index
	 */
	int (*get_dev)(gkm_plane_ifs_t *this, bool d3p);

	/**
	 * Drop packets that are sent without header of IP delay detection, or don't
	 * any more.
	 *
	 * @param type		type of header that all have, 0 if some have none
	 * @param err		receives the reason on failure
	 */
	bool (*require_d3p)(gkm_plane_ifs_t *this, uint32_t type,
						gkm_error_t *err);

	/**
	 * Remove the interfaces.
	 */
	void (*destroy)(gkm_plane_ifs_t *this);
};

/**
 * Create the xfrm interface.
 *
 * @param dp		programs
 * @param number	number of the group
 * @param name		its name, borrowed
 * @param err		receives the reason on failure
 * @return			NULL on failure
 */
gkm_plane_ifs_t *gkm_plane_ifs_create(gkm_dataplane_t *dp, uint32_t number,
									  char *name, gkm_error_t *err);

#endif /** GKM_PLANE_IFS_H_ @}*/
