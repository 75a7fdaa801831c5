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
 * Adds groups to a key server, and changes them as their configuration does.
 *
 * @defgroup gkm_server_loader gkm_server_loader
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_LOADER_H_
#define GKM_SERVER_LOADER_H_

#include "gkm_linger.h"
#include "gkm_rekeyer.h"
#include "gkm_server_spis.h"

typedef struct gkm_server_loader_t gkm_server_loader_t;

/**
 * What is needed to add groups: plain data, what it points to is borrowed.
 */
struct gkm_server_loader_t {

	/** tells administrators */
	gkm_t *gkm;

	/** groups */
	gkm_server_groups_t *groups;

	/** keeps state */
	gkm_store_t *store;

	/** SPIs in use */
	gkm_server_spis_t *spis;

	/** tells members, and keeps what changed */
	gkm_rekeyer_t *rekeyer;

	/** closes IKE_SAs */
	gkm_linger_t *linger;

	/** to be called when times may have changed that this isn't asked for */
	void (*changed)(void *user);
	void *user;

	/** TRUE if administrators know that a damaged database was replaced */
	bool told;
};

/**
 * Add a group or change the one of the same name, see gkm_role_handler_t.load().
 * One call at a time.
 *
 * @param cfg			configuration, adopted on success
 * @param err			receives the reason on failure
 * @return				FALSE if refused
 */
bool gkm_server_loader_load(gkm_server_loader_t *this, gkm_cfg_t *cfg,
							gkm_error_t *err);

/**
 * A group isn't served any longer, and was taken out of the groups: forget what
 * is kept of it. Called without its mutex.
 */
void gkm_server_loader_drop(gkm_server_loader_t *this,
							gkm_server_group_t *entry);

#endif /** GKM_SERVER_LOADER_H_ @}*/
