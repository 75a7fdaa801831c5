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


#include "gkm_coop_tickets.h"

typedef struct private_gkm_coop_tickets_t private_gkm_coop_tickets_t;

/**
 * Private data
 */
struct private_gkm_coop_tickets_t {

	/** public interface */
	gkm_coop_tickets_t public;

	/** gkm_coop_ticket_t by value, the oldest first */
	array_t *tickets;
};

METHOD(gkm_coop_tickets_t, add, void,
	private_gkm_coop_tickets_t *this, gkm_coop_ticket_t *ticket)
{
	array_insert(this->tickets, ARRAY_TAIL, ticket);
}

METHOD(gkm_coop_tickets_t, forgo, void,
	private_gkm_coop_tickets_t *this, int peer)
{
	gkm_coop_ticket_t *ticket;
	enumerator_t *enumerator;

	enumerator = array_create_enumerator(this->tickets);
	while (enumerator->enumerate(enumerator, &ticket))
	{
		ticket->transactions[peer] = 0;
	}
	enumerator->destroy(enumerator);
}

/**
 * Until when is a peer waited for, if nothing arrives?
 */
static uint64_t get_deadline(gkm_coop_ticket_t *ticket, gkm_coop_peer_t *peer)
{
	return max(ticket->made, peer->progress) + peer->patience;
}

/**
 * Does a ticket wait for a peer?
 */
static bool waits_for(gkm_coop_ticket_t *ticket, int pos, gkm_coop_peer_t *peer)
{
	uint64_t transaction = ticket->transactions[pos];

	return transaction && peer->sync->get_arrived(peer->sync) < transaction;
}

METHOD(gkm_coop_tickets_t, collect, u_int,
	private_gkm_coop_tickets_t *this, gkm_coop_peer_t *peers, uint64_t now)
{
	gkm_coop_ticket_t ticket;
	u_int number = 0;
	int i;

	while (array_get(this->tickets, ARRAY_HEAD, &ticket))
	{
		for (i = 0; i < countof(ticket.transactions); i++)
		{
			if (waits_for(&ticket, i, &peers[i]) &&
				now < get_deadline(&ticket, &peers[i]))
			{
				return number;
			}
		}
		number = ticket.number;
		array_remove(this->tickets, ARRAY_HEAD, NULL);
	}
	return number;
}

METHOD(gkm_coop_tickets_t, next_due, uint64_t,
	private_gkm_coop_tickets_t *this, gkm_coop_peer_t *peers)
{
	gkm_coop_ticket_t ticket;
	uint64_t due = 0;
	int i;

	if (!array_get(this->tickets, ARRAY_HEAD, &ticket))
	{
		return UINT64_MAX;
	}
	for (i = 0; i < countof(ticket.transactions); i++)
	{
		if (waits_for(&ticket, i, &peers[i]))
		{
			due = max(due, get_deadline(&ticket, &peers[i]));
		}
	}
	return due;
}

METHOD(gkm_coop_tickets_t, destroy, void,
	private_gkm_coop_tickets_t *this)
{
	array_destroy(this->tickets);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_tickets_t *gkm_coop_tickets_create()
{
	private_gkm_coop_tickets_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.forgo = _forgo,
			.collect = _collect,
			.next_due = _next_due,
			.destroy = _destroy,
		},
		.tickets = array_create(sizeof(gkm_coop_ticket_t), 0),
	);
	return &this->public;
}
