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
 * GROUPKEY-PULL as a member does it.
 *
 * @defgroup gkm_pull_member gkm_pull_member
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_MEMBER_H_
#define GKM_PULL_MEMBER_H_

#include "gkm_exchange.h"

/**
 * Start an attempt: message (1).
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param mid			message ID
 * @param join			attempt, passed: reported as failed on failure
 * @return				exchange, NULL on failure
 */
gkm_exchange_t *gkm_pull_member_start(ike_sa_t *ike_sa, uint32_t mid,
									  gkm_join_t *join);

/**
 * Message (2) or (4) was read: go on.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @return				NEED_MORE if (3) was sent; SUCCESS or FAILED if the
 *						attempt's end was reported; DESTROY_ME if that, and the
 *						phase 1 SA isn't needed any more
 */
status_t gkm_pull_member_continue(gkm_exchange_t *exchange, ike_sa_t *ike_sa);

/**
 * Report an attempt as failed, unless its end was reported.
 *
 * @param ike_sa		phase 1 SA
 * @param reason		why
 * @param notify		notify received, if reason is GKM_FAILED_REFUSED
 */
void gkm_pull_member_fail(gkm_exchange_t *exchange, ike_sa_t *ike_sa,
						  gkm_failure_t reason, notify_type_t notify);

#endif /** GKM_PULL_MEMBER_H_ @}*/
