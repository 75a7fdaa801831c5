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
 * Records of a group to and from other key servers:
 *
 *   LEADS     all to whom they are needed by, then changes -> others
 *             members <- others
 *   JOINS     all <- primary
 *   FOLLOWS   members -> primary
 *             all or changes <- primary, and -> others that don't reach that
 *   YIELDS    all -> better primary, then all <- better primary
 *
 * @defgroup gkm_coop_records gkm_coop_records
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_RECORDS_H_
#define GKM_COOP_RECORDS_H_

#include "gkm_coop_core.h"

/**
 * A part of records was received: take over what it completes, if it is for
 * this key server.
 *
 * @param pos		position of the peer
 * @param message	message
 * @param clock		our clock when it was received
 */
void gkm_coop_records_receive(gkm_coop_core_t *core, int pos,
							  gkm_coop_message_t *message, uint64_t clock);

/**
 * Queue what others have to know.
 */
void gkm_coop_records_queue(gkm_coop_core_t *core);

/**
 * When is something to be queued again?
 */
uint64_t gkm_coop_records_next_due(gkm_coop_core_t *core);

#endif /** GKM_COOP_RECORDS_H_ @}*/
