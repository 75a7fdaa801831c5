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
 * A member's group on the data plane (gkm_plane.h): put there when it is loaded
 * with interfaces to the WAN, and removed when it is unloaded. If it is loaded
 * with another configuration that says the same of the data plane, it stays
 * there without interruption, as long as what is dropped.
 *
 * Not synchronized, callers lock.
 *
 * @defgroup gkm_member_plane gkm_member_plane
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_PLANE_H_
#define GKM_MEMBER_PLANE_H_

#include "plugins/gkm/gkm_plane.h"

typedef struct gkm_member_plane_t gkm_member_plane_t;

/**
 * A group on the data plane, read only for users.
 */
struct gkm_member_plane_t {

	/** what SAs are added to */
	gkm_plane_group_t *group;

	/** what it was put there with, a configuration of our own */
	gkm_cfg_t *cfg;

	/** IP delay detection of SAs that are added, type 0 for none */
	gkm_d3p_t d3p;

	/** addresses of key servers, as host_t* */
	array_t *servers;
};

/**
 * Put a group on the data plane.
 *
 * @param cfg		configuration with interfaces to the WAN, cloned
 * @param err		receives the reason on failure
 * @return			group, NULL on failure
 */
gkm_member_plane_t *gkm_member_plane_open(gkm_cfg_t *cfg, gkm_error_t *err);

/**
 * Can a group stay as it is if it is configured anew?
 *
 * @param this		group on the data plane, or NULL
 * @param cfg		configuration, which may be without data plane
 */
bool gkm_member_plane_suits(gkm_member_plane_t *this, gkm_cfg_t *cfg);

/**
 * Forget the addresses of key servers, and take those that are in the
 * connections of a configuration.
 */
void gkm_member_plane_set_servers(gkm_member_plane_t *this, gkm_cfg_t *cfg);

/**
 * Add the address of a key server.
 *
 * @param host		address, cloned
 */
void gkm_member_plane_add_server(gkm_member_plane_t *this, host_t *host);

/**
 * Leave key management in clear.
 *
 * @param rekeys	addresses that rekeys are sent to, as host_t*, or NULL
 */
void gkm_member_plane_exempt(gkm_member_plane_t *this, array_t *rekeys);

/**
 * Set IP delay detection, if it changed.
 */
void gkm_member_plane_set_d3p(gkm_member_plane_t *this, gkm_d3p_t *d3p);

/**
 * Remove a group from the data plane. Its SAs have to be deleted already.
 *
 * @param this		group, may be NULL
 */
void gkm_member_plane_destroy(gkm_member_plane_t *this);

/**
 * Find the addresses of a key server. Names aren't resolved: whoever answers to
 * that could have traffic to an address of their choice left in clear.
 *
 * @param connection	name of the connection to it
 * @return				addresses, as host_t*, to be destroyed with their array
 */
array_t *gkm_member_plane_find_server(char *connection);

#endif /** GKM_MEMBER_PLANE_H_ @}*/
