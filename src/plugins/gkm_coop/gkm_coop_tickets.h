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
 * Rekeys that are sent to members once other key servers know them.
 *
 * @defgroup gkm_coop_tickets gkm_coop_tickets
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_TICKETS_H_
#define GKM_COOP_TICKETS_H_

#include "gkm_coop_peer.h"

typedef struct gkm_coop_tickets_t gkm_coop_tickets_t;
typedef struct gkm_coop_ticket_t gkm_coop_ticket_t;

/**
 * Rekeys that wait: plain data.
 */
struct gkm_coop_ticket_t {

	/** what to call release() with */
	u_int number;

	/** when it was made */
	uint64_t made;

	/** transactions that have to arrive, by position of the peer; 0 if it isn't
	 *  waited for */
	uint64_t transactions[GKM_COOP_SERVERS_MAX - 1];
};

/**
 * Tickets in the order of their numbers. Used by the group's actor only.
 */
struct gkm_coop_tickets_t {

	/**
	 * Add a ticket.
	 *
	 * @param ticket		ticket, copied
	 */
	void (*add)(gkm_coop_tickets_t *this, gkm_coop_ticket_t *ticket);

	/**
	 * Don't wait for a peer any more.
	 */
	void (*forgo)(gkm_coop_tickets_t *this, int peer);

	/**
	 * Get the last ticket that nothing has to be waited for any more, and those
	 * before: what was to arrive did, or a peer makes no progress.
	 *
	 * @param peers			peers by position
	 * @return				its number, 0 if there is none
	 */
	u_int (*collect)(gkm_coop_tickets_t *this, gkm_coop_peer_t *peers,
					 uint64_t now);

	/**
	 * When does collect() have to be called, if nothing arrives?
	 */
	uint64_t (*next_due)(gkm_coop_tickets_t *this, gkm_coop_peer_t *peers);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_coop_tickets_t *this);
};

/**
 * Create an empty list of tickets.
 */
gkm_coop_tickets_t *gkm_coop_tickets_create();

#endif /** GKM_COOP_TICKETS_H_ @}*/
