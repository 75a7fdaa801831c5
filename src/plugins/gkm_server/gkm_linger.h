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
 * Closes registration IKE_SAs some time after the last registration over them,
 * as RFC 9838 wants it of a key server that doesn't need them any more.
 *
 * @defgroup gkm_linger gkm_linger
 * @{ @ingroup gkm_server
 */

#ifndef GKM_LINGER_H_
#define GKM_LINGER_H_

#include <daemon.h>
#include <sa/ike_sa.h>

typedef struct gkm_linger_t gkm_linger_t;

/** Seconds that an IKE_SA stays after a registration with no known group */
#define GKM_LINGER_UNKNOWN_GROUP 10

/**
 * Timetable of registration IKE_SAs. Can be used by several threads. Functions
 * may be called with the IKE_SA checked out.
 */
struct gkm_linger_t {

	/**
	 * Learns of IKE_SAs that are gone or replaced. Registered with charon's
	 * bus by this object itself.
	 */
	listener_t listener;

	/**
	 * Close an IKE_SA after a while, but not before what an earlier call said,
	 * not while a group keeps it, and not if it has a CHILD_SA.
	 *
	 * @param ike_sa		IKE_SA
	 * @param seconds		how long it has to stay
	 */
	void (*close_after)(gkm_linger_t *this, ike_sa_t *ike_sa, uint32_t seconds);

	/**
	 * Don't close an IKE_SA, since a group is rekeyed over it.
	 *
	 * @param ike_sa		IKE_SA
	 * @param group			name of the group
	 */
	void (*keep)(gkm_linger_t *this, ike_sa_t *ike_sa, char *group);

	/**
	 * A group doesn't need an IKE_SA any longer. Nothing happens to it until
	 * close_after() is called.
	 *
	 * @param ike_sa		IKE_SA
	 * @param group			name of the group
	 */
	void (*release)(gkm_linger_t *this, ike_sa_t *ike_sa, char *group);

	/**
	 * A member was removed from a group. The IKE_SA that it is rekeyed over is
	 * closed after a while, unless another group keeps it.
	 *
	 * @param unique_id		unique ID of the IKE_SA
	 * @param group			name of the group
	 * @param seconds		how long it has to stay
	 */
	void (*release_id)(gkm_linger_t *this, uint32_t unique_id, char *group,
					   uint32_t seconds);

	/**
	 * A group is gone. IKE_SAs that it alone kept are closed after a while.
	 *
	 * @param group			name of the group
	 * @param seconds		how long they have to stay
	 */
	void (*release_all)(gkm_linger_t *this, char *group, uint32_t seconds);

	/**
	 * Destroy this; no IKE_SA is closed.
	 */
	void (*destroy)(gkm_linger_t *this);
};

/**
 * Create an empty timetable.
 */
gkm_linger_t *gkm_linger_create();

#endif /** GKM_LINGER_H_ @}*/
