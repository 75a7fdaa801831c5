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
 * Checks acknowledgements of members that use GDOI, on one rekey SA.
 *
 * @defgroup gkm_ack_check gkm_ack_check
 * @{ @ingroup gkm_server
 */

#ifndef GKM_ACK_CHECK_H_
#define GKM_ACK_CHECK_H_

#include "gkm_server_groups.h"

typedef struct gkm_ack_check_t gkm_ack_check_t;

/**
 * Checks acknowledgements. Used by one thread at a time.
 */
struct gkm_ack_check_t {

	/**
	 * Check an acknowledgement, and let the group know of it if it is valid.
	 * Takes the mutex of the group.
	 *
	 * @param acks			which are accepted
	 * @param type			type of those of RFC 8263
	 * @param datagram		acknowledgement
	 * @param src			where it came from
	 * @param err			receives the reason if it isn't accepted
	 */
	gkm_ack_verdict_t (*check)(gkm_ack_check_t *this, gkm_acks_t acks,
							   gkm_ack_t type, chunk_t datagram, host_t *src,
							   gkm_error_t *err);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_ack_check_t *this);
};

/**
 * Create a check.
 *
 * @param entry		group, has to outlive this
 * @param sa		rekey SA of messages that are acknowledged, cloned
 */
gkm_ack_check_t *gkm_ack_check_create(gkm_server_group_t *entry,
									  gkm_rekey_sa_t *sa);

#endif /** GKM_ACK_CHECK_H_ @}*/
