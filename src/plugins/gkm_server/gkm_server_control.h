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
 * Commands with which administrators change groups of a key server:
 *
 * rekey-group		{ group = <name>, replace = yes|no } -> { success, errmsg }
 * remove-member	{ group = <name>, members [ <identity> ] } ->
 *					{ success, errmsg, removed }
 *
 * @defgroup gkm_server_control gkm_server_control
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_CONTROL_H_
#define GKM_SERVER_CONTROL_H_

#include "gkm_rekeyer.h"

typedef struct gkm_server_control_t gkm_server_control_t;

/**
 * Commands, registered while this exists.
 */
struct gkm_server_control_t {

	/**
	 * Unregister commands and destroy this.
	 */
	void (*destroy)(gkm_server_control_t *this);
};

/**
 * Register commands.
 *
 * @param gkm			carrier
 * @param groups		groups of this key server
 * @param rekeyer		tells members
 * @param inband		tells members that were removed
 * @param changed		called without locks when times may have changed
 * @param user			passed to changed
 */
gkm_server_control_t *gkm_server_control_create(gkm_t *gkm,
						gkm_server_groups_t *groups, gkm_rekeyer_t *rekeyer,
						gkm_inband_t *inband, void (*changed)(void *user),
						void *user);

#endif /** GKM_SERVER_CONTROL_H_ @}*/
