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
 * Receives acknowledgements of members that use GDOI (RFC 8263, and encrypted
 * unicast ones), as many at once as there are members:
 *
 *   datagram -> rekey SA by its SPI -> queue -> one job: form, address, hash
 *                                                `-> group
 *
 * What isn't right changes nothing, is counted, and logged once in a while.
 *
 * @defgroup gkm_ack_receiver gkm_ack_receiver
 * @{ @ingroup gkm_server
 */

#ifndef GKM_ACK_RECEIVER_H_
#define GKM_ACK_RECEIVER_H_

#include "gkm_server_groups.h"

typedef struct gkm_ack_receiver_t gkm_ack_receiver_t;

/**
 * Receives acknowledgements. Can be used by several threads.
 */
struct gkm_ack_receiver_t {

	/**
	 * A datagram came. Doesn't wait for anything.
	 *
	 * @param datagram		what came, copied if there is any use for it
	 * @param src			where it came from
	 */
	void (*receive)(gkm_ack_receiver_t *this, chunk_t datagram, host_t *src);

	/**
	 * Members were sent a message. Acknowledgements of those that were sent on
	 * another rekey SA before are accepted for some more time. Called with the
	 * mutex of the group.
	 *
	 * @param carrier		rekey SA that protects the message
	 */
	void (*expect)(gkm_ack_receiver_t *this, gkm_server_group_t *entry,
				   gkm_rekey_sa_t *carrier);

	/**
	 * A group isn't served any more.
	 */
	void (*forget)(gkm_ack_receiver_t *this, gkm_server_group_t *entry);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_ack_receiver_t *this);
};

/**
 * Create a receiver that expects nothing.
 *
 * @param gkm		carrier, for events
 */
gkm_ack_receiver_t *gkm_ack_receiver_create(gkm_t *gkm);

#endif /** GKM_ACK_RECEIVER_H_ @}*/
