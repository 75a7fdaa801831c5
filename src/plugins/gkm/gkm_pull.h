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
 * Runs GROUPKEY-PULL exchanges on phase 1 SAs of groups, for both roles.
 *
 * charon's task manager is not involved: to it, exchange type 32 is Quick Mode.
 * Messages come from gkm_socket, and wait for a job per phase 1 SA, which
 * checks it out. A few wait at most, others are dropped.
 *
 * @defgroup gkm_pull gkm_pull
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_H_
#define GKM_PULL_H_

#include "gkm.h"
#include "gkm_phase1.h"
#include "gkm_vici.h"

typedef struct gkm_pull_t gkm_pull_t;

/**
 * GROUPKEY-PULL of both roles.
 */
struct gkm_pull_t {

	/**
	 * Implements listener_t, to be registered with charon's bus after
	 * gkm_phase1_t
	 */
	listener_t listener;

	/**
	 * Start an attempt of a member, once its phase 1 SA is established. The
	 * latter's end is that of the attempt.
	 *
	 * @param ike_sa		phase 1 SA that is claimed, checked out
	 * @param join			attempt, passed
	 */
	void (*start)(gkm_pull_t *this, ike_sa_t *ike_sa, gkm_join_t *join);

	/**
	 * Take a message of exchange type 32.
	 *
	 * @param message		message with header, without marker
	 * @return				FALSE if it isn't for an IKE_SA of a group
	 */
	bool (*take)(gkm_pull_t *this, chunk_t message);

	/**
	 * Destroy it. There may be no IKE_SAs any more.
	 */
	void (*destroy)(gkm_pull_t *this);
};

/**
 * Create it.
 *
 * @param phase1		knows the IKE_SAs of groups, has to outlive this
 * @param vici			has the roles, has to outlive this
 */
gkm_pull_t *gkm_pull_create(gkm_phase1_t *phase1, gkm_vici_t *vici);

#endif /** GKM_PULL_H_ @}*/
