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
 * Where a member is in its life in a group: drives gkm_member_state.h by what
 * the user, key servers, the kernel and time do, and acts on what comes out.
 *
 * Callers hold the lock that it was created with. Its own jobs take that lock,
 * and hold a reference to the group meanwhile.
 *
 * @defgroup gkm_member_life gkm_member_life
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_LIFE_H_
#define GKM_MEMBER_LIFE_H_

#include "gkm_member_group.h"
#include "gkm_member_held.h"

#include "libgkm/group/gkm_member_state.h"

#include <threading/mutex.h>

typedef struct gkm_member_life_t gkm_member_life_t;

/**
 * A round through the servers ended, or won't go on. Called with the lock held.
 *
 * @param group			group, as passed to gkm_member_life_create()
 */
typedef void (*gkm_member_round_ended_t)(gkm_member_group_t *group);

/**
 * Life of a member. What isn't described is as in gkm_member_group.h.
 */
struct gkm_member_life_t {

	/** where this is in its life; this and all below read only for users */
	gkm_member_state_t state;

	/** what registrations and rekeys gave */
	gkm_member_held_t *held;

	/** why this isn't registered, empty if it is */
	gkm_error_t error;

	/** TRUE once nothing is to be tried any more */
	bool stopped;

	/** registrations that were made, and those that came to nothing */
	u_int registrations;
	u_int failures;

	/**
	 * Begin a round through the servers, unless one is under way.
	 */
	void (*start)(gkm_member_life_t *this);

	bool (*leave)(gkm_member_life_t *this);

	/**
	 * Remove all SAs and end all that is under way, without a word to the key
	 * server.
	 */
	void (*end)(gkm_member_life_t *this);

	/**
	 * Try nothing any more.
	 *
	 * @param reason		what is the error from now on
	 */
	void (*halt)(gkm_member_life_t *this, char *reason);

	void (*ike_replaced)(gkm_member_life_t *this, uint32_t ike_id,
						 uint32_t new_id, bool lost);

	bool (*datagram)(gkm_member_life_t *this, gkm_rekey_datagram_t *datagram);

	void (*inband)(gkm_member_life_t *this, gkm_update_t *update, bool only);

	void (*use_up)(gkm_member_life_t *this, gkm_spi_t *spi, host_t *dst,
				   bool spent);

	void (*roam)(gkm_member_life_t *this);

	/**
	 * Remove all SAs and destroy this. Don't hold the lock.
	 */
	void (*destroy)(gkm_member_life_t *this);
};

/**
 * Create the life of a member that isn't registered, nor tries.
 *
 * @param gkm		carrier
 * @param links		IKE_SAs to key servers, has to outlive this
 * @param cfg		configuration of the group, has to outlive this
 * @param plane		data plane that the group is on, adopted, or NULL
 * @param group		the group, which this is a part of
 * @param mutex		lock, has to outlive this; not held while IKE_SAs are
 *					checked out
 * @param ended		called when a round ended
 */
gkm_member_life_t *gkm_member_life_create(gkm_t *gkm,
										  gkm_member_links_t *links,
										  gkm_cfg_t *cfg,
										  gkm_member_plane_t *plane,
										  gkm_member_group_t *group,
										  mutex_t *mutex,
										  gkm_member_round_ended_t ended);

#endif /** GKM_MEMBER_LIFE_H_ @}*/
