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
 * GSA_INBAND_REKEY as the key server starts it (RFC 9838, 2.4.2).
 *
 * @defgroup gkm_push gkm_push
 * @{ @ingroup gkm
 */

#ifndef GKM_PUSH_H_
#define GKM_PUSH_H_

#include "gkm.h"
#include "gkm_ike.h"

typedef struct gkm_push_t gkm_push_t;

/**
 * Sends updates with tasks in charon's task managers.
 *
 * charon has no task type for it. Ours say that they are TASK_IKE_DPD, since
 * those are started one at a time, with an exchange type that build() may
 * change. charon's own liveness checks wait meanwhile, and aren't needed.
 */
struct gkm_push_t {

	/**
	 * See gkm_t.push().
	 *
	 * The update is encoded when charon starts the task, with the key that the
	 * IKE_SA has then. If it can't be, nothing is sent.
	 */
	void (*push)(gkm_push_t *this, uint32_t ike_sa_id, gkm_update_t *update,
				 gkm_pushed_t done, void *user);

	/**
	 * Destroy it. No IKE_SA may have a task of it any more.
	 */
	void (*destroy)(gkm_push_t *this);
};

/**
 * An IKE_SA was rekeyed: charon moves tasks that wait to the new one. Let the
 * one that waits for an answer start again there if it gets none.
 *
 * @param old			IKE_SA that was rekeyed, checked out
 * @param new			IKE_SA that replaces it
 */
void gkm_push_follow(ike_sa_t *old, ike_sa_t *new);

/**
 * Create it.
 *
 * @param ike			knows the IKE_SAs that are served, has to outlive this
 */
gkm_push_t *gkm_push_create(gkm_ike_t *ike);

#endif /** GKM_PUSH_H_ @}*/
