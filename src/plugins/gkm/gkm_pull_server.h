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
 * @defgroup gkm_pull_server gkm_pull_server
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_SERVER_H_
#define GKM_PULL_SERVER_H_

#include "gkm_exchange.h"
#include "gkm_phase1.h"
#include "gkm_vici.h"

/**
 * Be ready for message (1).
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param mid			message ID
 * @return				exchange, NULL on failure, already logged
 */
gkm_exchange_t *gkm_pull_server_start(ike_sa_t *ike_sa, uint32_t mid);

/**
 * Message (1) or (3) was read: answer it, with what the server role has. The
 * latter is for (3) to change the group (RFC 6407, 3.4).
 *
 * @param vici			has the server role
 * @param info			what is known of the member
 * @param ike_sa		phase 1 SA, established and checked out
 * @return				NEED_MORE if (2) was sent, SUCCESS if (4) was, FAILED if
 *						the member was refused, already logged
 */
status_t gkm_pull_server_answer(gkm_exchange_t *exchange, gkm_vici_t *vici,
								gkm_phase1_info_t *info, ike_sa_t *ike_sa);

/**
 * Tell a member that its exchange is over. RFC 6407 doesn't know of that, but
 * without it takes minutes until the member gives up.
 *
 * The notification data is the exchange's message ID.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @return				status of charon's, DESTROY_ME if it failed badly
 */
status_t gkm_pull_server_refuse(gkm_exchange_t *exchange, ike_sa_t *ike_sa);

#endif /** GKM_PULL_SERVER_H_ @}*/
