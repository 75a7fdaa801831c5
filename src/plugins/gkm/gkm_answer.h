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
 * @defgroup gkm_answer gkm_answer
 * @{ @ingroup gkm
 */

#ifndef GKM_ANSWER_H_
#define GKM_ANSWER_H_

#include "gkm_vici.h"

/**
 * Answer a registration of an authenticated peer, or its leaving: ask the key
 * server's role, and put what it gives into the response.
 *
 * @param vici			has the roles
 * @param ike_sa		IKE_SA of the peer, checked out
 * @param message		response, gets GSA and KD
 * @param request		what the peer asked for
 * @return				error to send, 0 if answered
 */
notify_type_t gkm_answer(gkm_vici_t *vici, ike_sa_t *ike_sa,
						 message_t *message, gkm_registration_t *request);

#endif /** GKM_ANSWER_H_ @}*/
