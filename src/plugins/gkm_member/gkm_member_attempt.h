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
 * An attempt to register with one key server: over the IKE_SA that there is,
 * or a new one, also if the one that there is turns out to be gone.
 *
 * @defgroup gkm_member_attempt gkm_member_attempt
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_ATTEMPT_H_
#define GKM_MEMBER_ATTEMPT_H_

#include "gkm_member_join.h"
#include "gkm_member_links.h"

typedef struct gkm_member_attempt_t gkm_member_attempt_t;
typedef struct gkm_member_attempt_user_t gkm_member_attempt_user_t;

/**
 * Who wants an attempt to be made. Functions are called without locks and
 * IKE_SAs held, in jobs.
 */
struct gkm_member_attempt_user_t {

	/** passed to all functions */
	void *user;

	/**
	 * The attempt is about to be made.
	 *
	 * @return			FALSE if it isn't wanted any more
	 */
	bool (*begin)(void *user, gkm_member_attempt_t *attempt);

	/**
	 * The attempt ended. Not called if the daemon ends before.
	 */
	void (*done)(void *user, gkm_member_attempt_t *attempt,
				 gkm_member_result_t *result);

	/**
	 * The attempt doesn't need the user any more, called last.
	 */
	void (*release)(void *user);
};

/**
 * An attempt, read only for users.
 */
struct gkm_member_attempt_t {

	/** carrier, and IKE_SAs to key servers */
	gkm_t *gkm;
	gkm_member_links_t *links;

	/** configuration of the group */
	gkm_cfg_t *cfg;

	/** connection to the key server */
	char *connection;

	/** number that the user gave it */
	u_int serial;

	/** when its job was queued, as the user has it */
	uint64_t started;

	/** who wants it */
	gkm_member_attempt_user_t user;

	/** unique ID of the IKE_SA that it is made over, 0 if that is a new one */
	uint32_t reused;
};

/**
 * Make an attempt, in a job.
 *
 * @param attempt		attempt without reused, cloned; all that it points to
 *						has to last until it releases its user
 */
void gkm_member_attempt_queue(gkm_member_attempt_t *attempt);

#endif /** GKM_MEMBER_ATTEMPT_H_ @}*/
