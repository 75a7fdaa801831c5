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
 * GROUPKEY-PULL as a member does it.
 *
 *   start() --(1)--> waits for (2) --(3)--> waits for (4) ---> end
 *
 * The last message is sent again until it is answered, or that was done often
 * enough. If the key server refuses instead of sending (4), its SAs may have
 * changed since (2): the attempt goes on with another exchange, once.
 *
 * @defgroup gkm_pull_member gkm_pull_member
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_MEMBER_H_
#define GKM_PULL_MEMBER_H_

#include "gkm_pull_sas.h"

typedef struct gkm_pull_member_t gkm_pull_member_t;

/**
 * Member. All functions want the phase 1 SA established and checked out.
 */
struct gkm_pull_member_t {

	/**
	 * Start an attempt.
	 *
	 * @param join			attempt, passed: reported as failed on failure
	 */
	void (*start)(gkm_pull_member_t *this, ike_sa_t *ike_sa, gkm_pull_sa_t *sa,
				  gkm_join_t *join);

	/**
	 * A message came.
	 *
	 * @param mid			message ID, not 0
	 * @param message		message, its header was checked
	 * @return				TRUE if the phase 1 SA isn't needed any more
	 */
	bool (*process)(gkm_pull_member_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, uint32_t mid, chunk_t message);

	/**
	 * The key server refused: start an attempt again if that may help, or
	 * report it as failed, or all on the phase 1 SA if it isn't known which.
	 *
	 * @param mid			message ID, 0 if not known
	 * @param notify		notify received
	 */
	void (*refuse)(gkm_pull_member_t *this, ike_sa_t *ike_sa,
				   gkm_pull_sa_t *sa, uint32_t mid, notify_type_t notify);

	/**
	 * Destroy it.
	 */
	void (*destroy)(gkm_pull_member_t *this);
};

/**
 * Create it.
 *
 * @param sas			phase 1 SAs, have to outlive this
 */
gkm_pull_member_t *gkm_pull_member_create(gkm_pull_sas_t *sas);

#endif /** GKM_PULL_MEMBER_H_ @}*/
