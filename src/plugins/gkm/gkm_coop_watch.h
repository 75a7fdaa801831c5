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
 * Watches IKE_SAs that messages between key servers can be sent over.
 *
 * @defgroup gkm_coop_watch gkm_coop_watch
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_WATCH_H_
#define GKM_COOP_WATCH_H_

#include "gkm_ike.h"

typedef struct gkm_coop_watch_t gkm_coop_watch_t;

/**
 * An IKE_SA is up, or is gone or can't be used any more. Called with the IKE_SA
 * checked out, at times by a listener.
 *
 * @param user			as passed to gkm_coop_watch_create()
 * @param connection	name of its connection
 * @param id			its unique ID
 * @param up			TRUE if it is up
 */
typedef void (*gkm_coop_watched_t)(void *user, char *connection, uint32_t id,
								   bool up);

/**
 * Watches IKE_SAs.
 */
struct gkm_coop_watch_t {

	/**
	 * Implements listener_t, registered with charon's bus
	 */
	listener_t listener;

	/**
	 * Can messages be sent over an IKE_SA?
	 *
	 * @param ike_sa		IKE_SA, checked out
	 */
	bool (*is_usable)(gkm_coop_watch_t *this, ike_sa_t *ike_sa);

	/**
	 * Tell of IKE_SAs of a connection that are up already. Called without
	 * locks.
	 */
	void (*look)(gkm_coop_watch_t *this, char *connection);

	/**
	 * Destroy it.
	 */
	void (*destroy)(gkm_coop_watch_t *this);
};

/**
 * Begin to watch.
 *
 * @param ike			knows IKE_SAs of groups, which aren't used
 * @param cb			is told
 * @param user			passed to cb
 */
gkm_coop_watch_t *gkm_coop_watch_create(gkm_ike_t *ike, gkm_coop_watched_t cb,
										void *user);

#endif /** GKM_COOP_WATCH_H_ @}*/
