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
 * Rekey messages of a group that are being sent: a message and its copies are
 * the same octets (RFC 9838, 2.4.1), also after a restart.
 *
 * Not synchronized, callers lock. Times are those of gkm_server_now().
 *
 * @defgroup gkm_outbox gkm_outbox
 * @{ @ingroup gkm_server
 */

#ifndef GKM_OUTBOX_H_
#define GKM_OUTBOX_H_

#include "plugins/gkm/gkm.h"

#include "libgkm/group/gkm_cfg.h"

typedef struct gkm_outbox_t gkm_outbox_t;

/**
 * Rekey messages that are being sent.
 */
struct gkm_outbox_t {

	/**
	 * Add a message; send() is going to send it first and then its copies.
	 *
	 * @param number		number of the rekey, passed to the callback of send()
	 * @param address		multicast address and port, cloned
	 * @param datagrams		datagrams, as chunk_t by value, adopted
	 * @param retransmit	copies to send after it
	 * @param now			current time
	 */
	void (*add)(gkm_outbox_t *this, u_int number, host_t *address,
				array_t *datagrams, gkm_cfg_retransmit_t *retransmit,
				time_t now);

	/**
	 * Send what is due.
	 *
	 * @param now			current time
	 * @param sent			called for each message or copy with its number, and
	 *						an error that is empty if it was sent
	 * @param user			passed to sent
	 * @return				TRUE if that was the last of all messages
	 */
	bool (*send)(gkm_outbox_t *this, time_t now,
				 void (*sent)(void *user, u_int number, gkm_error_t *err),
				 void *user);

	/**
	 * When something is to be sent, 0 if there is nothing.
	 */
	time_t (*next_due)(gkm_outbox_t *this);

	/**
	 * Write what is being sent as a record.
	 *
	 * @return				record, allocated; empty if there is nothing
	 */
	chunk_t (*encode)(gkm_outbox_t *this);

	/**
	 * Send what is in a record again, with all copies.
	 *
	 * @param record		record
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if it isn't such a record, nothing is sent then
	 */
	bool (*decode)(gkm_outbox_t *this, chunk_t record, time_t now,
				   gkm_error_t *err);

	/**
	 * Forget all messages.
	 */
	void (*destroy)(gkm_outbox_t *this);
};

/**
 * Create an empty outbox.
 *
 * @param gkm		sends datagrams
 */
gkm_outbox_t *gkm_outbox_create(gkm_t *gkm);

#endif /** GKM_OUTBOX_H_ @}*/
