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
 * GSA_INBAND_REKEY as the member answers it (RFC 9838, 2.4.2).
 *
 * @defgroup gkm_inband gkm_inband
 * @{ @ingroup gkm
 */

#ifndef GKM_INBAND_H_
#define GKM_INBAND_H_

#include "gkm_payload.h"
#include "gkm_vici.h"

typedef struct gkm_inband_t gkm_inband_t;

/**
 * Reads what key servers send in-band, and passes it on to the member role:
 * from a queue, so that the answer doesn't have to wait. There is one for all
 * IKE_SAs, with an end: where it is full, a key server is told to come again
 * (TEMPORARY_FAILURE).
 */
struct gkm_inband_t {

	/**
	 * A key server's request was received. The thread that this is called from
	 * builds the answer, with gkm_inband_answer(). Cheap enough for a listener.
	 *
	 * @param content		group's part of the message, loses its bodies
	 */
	void (*take)(gkm_inband_t *this, gkm_content_t *content);

	/**
	 * Destroy it, with all that waits.
	 */
	void (*destroy)(gkm_inband_t *this);
};

/**
 * Read what was taken, and put into the answer what came of it: nothing if it
 * is queued for the role, an error notify otherwise. INVALID_SYNTAX is also the
 * end of the IKE_SA (RFC 7296, 2.21.3). A gkm_message_fill_t.
 */
void gkm_inband_answer(ike_sa_t *ike_sa, message_t *message);

/**
 * Create it. There can be one only.
 *
 * @param vici			has the role that updates are for, has to outlive this
 */
gkm_inband_t *gkm_inband_create(gkm_vici_t *vici);

#endif /** GKM_INBAND_H_ @}*/
