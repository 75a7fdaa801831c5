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
 * The exchange between key servers as the one that sends a message starts it:
 * a task in charon's task manager, as gkm_push_t has them.
 *
 * @defgroup gkm_coop_task gkm_coop_task
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_TASK_H_
#define GKM_COOP_TASK_H_

#include "gkm.h"

#include <sa/task.h>

typedef struct gkm_coop_sent_t gkm_coop_sent_t;

/**
 * Who is told how an exchange ended: plain data.
 */
struct gkm_coop_sent_t {

	/**
	 * Called once, when the task is destroyed at the latest, with the IKE_SA
	 * checked out.
	 *
	 * @param sent			this
	 * @param success		TRUE if answered without an error
	 * @param answer		answer, borrowed
	 */
	void (*ended)(gkm_coop_sent_t *sent, bool success, chunk_t answer);

	/** context, connection and number of the message */
	void *user;
	uint32_t link;
	uint64_t number;
};

/**
 * Create a task.
 *
 * @param ike_sa		IKE_SA to queue it on
 * @param message		message, adopted
 * @param sent			who is told, cloned
 */
task_t *gkm_coop_task_create(ike_sa_t *ike_sa, chunk_t message,
							 gkm_coop_sent_t *sent);

/**
 * Does an IKE_SA wait for an answer to a message?
 *
 * @param ike_sa		IKE_SA, checked out
 */
bool gkm_coop_task_is_active(ike_sa_t *ike_sa);

#endif /** GKM_COOP_TASK_H_ @}*/
