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
 * Key server role: answers registrations, renews SAs as time goes by.
 *
 * Settings below charon.plugins.gkm-server:
 *   state_dir		folder of the database of sender IDs and of groups' state,
 *					see gkm_store.h
 *   state_key		key file that seals groups' state there, see gkm_seal.h
 *   swanctl_dir	folder with private/, where keys that sign rekeys are
 *
 * @defgroup gkm_server gkm_server
 * @{ @ingroup plugins
 */

#ifndef GKM_SERVER_H_
#define GKM_SERVER_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_server_t gkm_server_t;

/**
 * The key server of this daemon.
 */
struct gkm_server_t {

	/**
	 * Implements the role; registered with gkm_t while this exists
	 */
	gkm_role_handler_t handler;

	/**
	 * Destroy the key server and its groups.
	 */
	void (*destroy)(gkm_server_t *this);
};

/**
 * Create a key server without groups.
 *
 * @param gkm		group carrier, has to outlive this
 */
gkm_server_t *gkm_server_create(gkm_t *gkm);

#endif /** GKM_SERVER_H_ @}*/
