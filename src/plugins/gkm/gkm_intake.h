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
 * Messages of GDOI that charon's receiver would drop or misread, as gkm_socket
 * finds them: GROUPKEY-PULL for phase 1 SAs of groups, GROUPKEY-PUSH for the
 * member role, GROUPKEY-PUSH-ACK for the server role.
 *
 * @defgroup gkm_intake gkm_intake
 * @{ @ingroup gkm
 */

#ifndef GKM_INTAKE_H_
#define GKM_INTAKE_H_

#include "gkm_pull.h"
#include "gkm_vici.h"

typedef struct gkm_intake_t gkm_intake_t;

/**
 * Takes messages from the socket, and passes them on.
 *
 * Roles get datagrams one after the other, from one job. Some wait for that at
 * most, what comes faster is dropped, so that a flood costs charon one thread.
 */
struct gkm_intake_t {

	/**
	 * Take no more messages. Some of them may still be handled.
	 */
	void (*destroy)(gkm_intake_t *this);
};

/**
 * Start taking messages. There can be one only.
 *
 * @param pull			gets GROUPKEY-PULL, has to outlive this
 * @param vici			has the roles, has to outlive this
 */
gkm_intake_t *gkm_intake_create(gkm_pull_t *pull, gkm_vici_t *vici);

#endif /** GKM_INTAKE_H_ @}*/
