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
 * GROUPKEY-PULL as a key server does it.
 *
 *   (1) --(2)--> waits for (3) --(4)--> repeats (4) ---> gone
 *
 * It repeats its last message if the one that it answers is repeated, and drops
 * what else has the same message ID, for a while after the end as well: a
 * recorded (1) is good for nothing (RFC 6407, 3.4).
 *
 * The server role is asked for policy and keys, the latter once (3) has shown
 * that the member is alive, and the policy is still the one that (2) told.
 *
 * @defgroup gkm_pull_server gkm_pull_server
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_SERVER_H_
#define GKM_PULL_SERVER_H_

#include "gkm_pull_sas.h"
#include "gkm_vici.h"

typedef struct gkm_pull_server_t gkm_pull_server_t;

/**
 * Key server.
 */
struct gkm_pull_server_t {

	/**
	 * A message came.
	 *
	 * A member that is refused gets N(INVALID-ID-INFORMATION) with the message
	 * ID of its exchange as notification data. RFC 6407 doesn't know of that,
	 * but without it takes minutes until the member gives up.
	 *
	 * @param ike_sa		phase 1 SA, established and checked out
	 * @param mid			message ID, not 0
	 * @param message		message, its header was checked
	 * @return				TRUE if the phase 1 SA isn't usable any more
	 */
	bool (*process)(gkm_pull_server_t *this, ike_sa_t *ike_sa,
					gkm_pull_sa_t *sa, uint32_t mid, chunk_t message);

	/**
	 * Exchanges went with their phase 1 SA.
	 *
	 * @param pending		number of those that weren't finished
	 */
	void (*forget)(gkm_pull_server_t *this, u_int pending);

	/**
	 * Destroy it.
	 */
	void (*destroy)(gkm_pull_server_t *this);
};

/**
 * Create it.
 *
 * @param sas			phase 1 SAs, have to outlive this
 * @param vici			has the server role, has to outlive this
 */
gkm_pull_server_t *gkm_pull_server_create(gkm_pull_sas_t *sas,
										  gkm_vici_t *vici);

#endif /** GKM_PULL_SERVER_H_ @}*/
