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
 * the same octets (RFC 9838, 2.4.1), also after a restart. By unicast they are
 * those that a member of its kind can read, and copies go to those that didn't
 * acknowledge.
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
typedef struct gkm_outbox_unicast_t gkm_outbox_unicast_t;
typedef struct gkm_outbox_variant_t gkm_outbox_variant_t;
typedef struct gkm_outbox_user_t gkm_outbox_user_t;

/**
 * A message as members of a kind get it. Plain data.
 */
struct gkm_outbox_variant_t {

	/** what such members can be sent, GKM_CAN_* */
	uint8_t can;

	/** datagram, allocated */
	chunk_t datagram;
};

/**
 * A message that is sent to each member by unicast.
 */
struct gkm_outbox_unicast_t {

	/** its sequence number */
	uint32_t seq;

	/** how it is written, as gkm_outbox_variant_t by value */
	array_t *variants;

	/** where it is sent, as gkm_target_t by value */
	array_t *targets;

	/** copies are sent to the same targets, as the group knows them no more;
	 *  otherwise gkm_outbox_user_t.get_targets() is asked */
	bool fixed;
};

/**
 * Who lets an outbox send.
 */
struct gkm_outbox_user_t {

	/**
	 * Get the members that are sent a copy by unicast.
	 *
	 * @param seq			sequence number of the message
	 * @return				gkm_target_t by value, destroyed by the outbox
	 */
	array_t *(*get_targets)(void *user, uint32_t seq);

	/**
	 * A message or a copy was sent.
	 *
	 * @param number		number of the rekey
	 * @param protocol		protocol of the message
	 * @param targets		members that it was sent to by unicast, 0 if it went
	 *						to a multicast address
	 * @param err			why it couldn't be sent, or not to all; empty if it
	 *						was
	 */
	void (*sent)(void *user, u_int number, gkm_protocol_t protocol,
				 u_int targets, gkm_error_t *err);

	/** passed to both */
	void *user;
};

/**
 * Rekey messages that are being sent.
 */
struct gkm_outbox_t {

	/**
	 * Add a message; send() is going to send it first and then its copies.
	 *
	 * @param number		number of the rekey
	 * @param protocol		protocol of the message
	 * @param address		multicast address and port, cloned
	 * @param datagrams		datagrams, as chunk_t by value, adopted
	 * @param retransmit	copies to send after it
	 * @param now			current time
	 */
	void (*add)(gkm_outbox_t *this, u_int number, gkm_protocol_t protocol,
				host_t *address, array_t *datagrams,
				gkm_cfg_retransmit_t *retransmit, time_t now);

	/**
	 * Add a message that is sent by unicast, which GDOI has.
	 *
	 * @param number		number of the rekey
	 * @param message		message, its arrays are adopted
	 * @param retransmit	copies to send after it
	 * @param now			current time
	 */
	void (*add_unicast)(gkm_outbox_t *this, u_int number,
						gkm_outbox_unicast_t *message,
						gkm_cfg_retransmit_t *retransmit, time_t now);

	/**
	 * Let messages wait, copies too, though they are encoded.
	 *
	 * @param number		number of the first rekey whose messages wait,
	 *						UINT_MAX for none, as it is at first
	 */
	void (*hold)(gkm_outbox_t *this, u_int number);

	/**
	 * Send what is due.
	 *
	 * @param now			current time
	 * @param user			says where to, and is told
	 * @return				TRUE if that was the last of all messages
	 */
	bool (*send)(gkm_outbox_t *this, time_t now, gkm_outbox_user_t *user);

	/**
	 * When something is to be sent, 0 if there is nothing, or it waits.
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
