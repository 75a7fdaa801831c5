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
 * A group that other key servers serve too, as the gkm-coop plugin sees it.
 *
 *   change -> store
 *          |-> changes that others don't know yet -> others
 *          `-> messages to members -> wait for others -> members
 *
 * A primary tells others of all that it keeps, a secondary of the members that
 * registered with it, and of their keys.
 *
 * @defgroup gkm_server_coop gkm_server_coop
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_COOP_H_
#define GKM_SERVER_COOP_H_

#include "gkm_rekeyer.h"

/**
 * A group that others serve too. There is one for each gkm_server_group_t with
 * such a configuration, which owns it.
 */
struct gkm_server_coop_t {

	/**
	 * What the plugin calls. Its methods lock the group.
	 */
	gkm_coop_group_t group;

	/**
	 * Begin to cooperate, or go on with another configuration. Called without
	 * the group's mutex.
	 *
	 * @param cfg			configuration with section coop
	 * @param err			receives the reason on failure
	 * @return				FALSE if refused, all is as before then
	 */
	bool (*attach)(gkm_server_coop_t *this, gkm_cfg_t *cfg, gkm_error_t *err);

	/**
	 * Don't cooperate any longer. Called without the group's mutex.
	 */
	void (*detach)(gkm_server_coop_t *this);

	/**
	 * Tell others what changed, as far as it is for this key server to say.
	 * Called with the group's mutex.
	 *
	 * @param changes		changes, later ones in place of earlier ones
	 */
	void (*note)(gkm_server_coop_t *this, gkm_record_list_t *changes);

	/**
	 * The configuration changed, but SAs are those of the primary: go on with
	 * them, as far as they are what is configured now. If they aren't, nobody
	 * may register until there are others. Called with the group's mutex.
	 *
	 * @param records		all that there was before
	 */
	void (*restore)(gkm_server_coop_t *this, gkm_record_list_t *records);

	/**
	 * Do others have to know what members are told before these? Called with the
	 * group's mutex.
	 */
	bool (*holds)(gkm_server_coop_t *this);

	/**
	 * May an administrator change the group here? Called with the group's mutex.
	 *
	 * @param err			receives who is primary if not
	 */
	bool (*is_master)(gkm_server_coop_t *this, gkm_error_t *err);

	/**
	 * A registration was refused as this key server doesn't know yet what there
	 * is. Called with the group's mutex.
	 */
	void (*refused)(gkm_server_coop_t *this);

	/**
	 * Destroy this, which was detached.
	 */
	void (*destroy)(gkm_server_coop_t *this);
};

/**
 * Let a group be served by others too.
 *
 * @param gkm		tells administrators
 * @param rekeyer	tells members, and keeps what changed
 * @param entry		group, owns this
 * @param changed	called without locks when times may have changed
 * @param user		passed to changed
 */
gkm_server_coop_t *gkm_server_coop_create(gkm_t *gkm, gkm_rekeyer_t *rekeyer,
										  gkm_server_group_t *entry,
										  void (*changed)(void *user),
										  void *user);

#endif /** GKM_SERVER_COOP_H_ @}*/
