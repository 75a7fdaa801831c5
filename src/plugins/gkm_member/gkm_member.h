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
 * The member role: all groups that this daemon is a member of, and the vici
 * commands "register" and "leave".
 *
 * register { group = <name>  timeout = <ms> }	waits for the end of a round
 *												through the key servers
 * leave { group = <name> }
 *
 * Both answer { success = yes|no  errmsg = <reason> }.
 *
 * @defgroup gkm_member gkm_member
 * @{ @ingroup plugins
 */

#ifndef GKM_MEMBER_H_
#define GKM_MEMBER_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_t gkm_member_t;

/**
 * The member role.
 */
struct gkm_member_t {

	/**
	 * Implements a role. A group whose configuration changed is stopped and
	 * started with the new one.
	 */
	gkm_role_handler_t handler;

	/**
	 * Remove all SAs of all groups and destroy this.
	 */
	void (*destroy)(gkm_member_t *this);
};

/**
 * Create the member role and register it with the carrier.
 *
 * @param gkm		carrier
 */
gkm_member_t *gkm_member_create(gkm_t *gkm);

#endif /** GKM_MEMBER_H_ @}*/
