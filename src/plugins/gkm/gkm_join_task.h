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
 * A member's registration as a task of charon.
 *
 * Takes the place that child_create has in an ordinary IKE_SA: in a new one,
 * it completes GSA_AUTH, in one that exists, it makes a GSA_REGISTRATION
 * exchange. charon does the rest as for any task: message IDs, retransmission,
 * restart after COOKIE, moving on to a rekeyed IKE_SA.
 *
 * @defgroup gkm_join_task gkm_join_task
 * @{ @ingroup gkm
 */

#ifndef GKM_JOIN_TASK_H_
#define GKM_JOIN_TASK_H_

#include <sa/task.h>

#include "gkm.h"

/**
 * Create a task to register or leave.
 *
 * @param ike_sa		IKE_SA to do it over
 * @param join			attempt, adopted
 * @return				task of type TASK_CHILD_CREATE
 */
task_t *gkm_join_task_create(ike_sa_t *ike_sa, gkm_join_t *join);

#endif /** GKM_JOIN_TASK_H_ @}*/
