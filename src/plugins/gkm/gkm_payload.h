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
 * Payloads of group exchanges as charon's message_t can hold them.
 *
 * @defgroup gkm_payload gkm_payload
 * @{ @ingroup gkm
 */

#ifndef GKM_PAYLOAD_H_
#define GKM_PAYLOAD_H_

#include <daemon.h>
#include <collections/array.h>
#include <encoding/message.h>
#include <encoding/payloads/payload.h>

#include "gkm.h"

typedef struct gkm_content_t gkm_content_t;

/**
 * Type of gkm_content_t as a payload of a message. Lies above all types on
 * the wire, so that charon's tasks pass it over.
 */
#define PL_GKM_CONTENT ((payload_type_t)0x676b)

/** Delete payloads in a message at most. All that there is to say, and twice
 *  that, fits. */
#define GKM_DELETES_MAX 16

/**
 * The group's part of a message that was received. It is kept apart from the
 * message's other payloads, as charon's tasks would take an SAg for an SA, and
 * a group's error notify for one that concerns the IKE_SA.
 */
struct gkm_content_t {

	/** implements payload_t, so that a message can own it */
	payload_t payload;

	/** IDg, SAg and N(GROUP_SENDER), as far as received */
	gkm_registration_t *registration;

	/** bodies of payloads, without generic header, empty if not received */
	chunk_t gsa;
	chunk_t kd;

	/** bodies of Delete payloads of GSA_INBAND_REKEY, as chunk_t by value,
	 *  GKM_DELETES_MAX at most. Those of other exchanges are charon's. */
	array_t *deletes;

	/** body of the payload of GKM_COOP_EXCHANGE, empty if not received */
	chunk_t coop;

	/** N(USE_TRANSPORT_MODE) was received */
	bool transport;

	/** first of NO_PROPOSAL_CHOSEN, INVALID_GROUP_ID, AUTHORIZATION_FAILED
	 *  and REGISTRATION_FAILED that was received, 0 if none */
	notify_type_t error;
};

/**
 * Create an empty content; a message that it is added to will destroy it.
 */
gkm_content_t *gkm_content_create();

/**
 * Get the group's part of a received message.
 *
 * @param message		message
 * @return				content, owned by message, NULL if it isn't of a group
 *						exchange
 */
gkm_content_t *gkm_content_get(message_t *message);

/**
 * Get the error that a received message says, of the group or of charon's.
 *
 * @param message		message
 * @return				type of the first one, 0 if there is none
 */
notify_type_t gkm_content_get_error(message_t *message);

/**
 * Create a payload to send from its body.
 *
 * @param type			payload type
 * @param body			body without generic payload header, adopted
 * @return				payload
 */
payload_t *gkm_payload_create(uint8_t type, chunk_t body);

/**
 * Create a payload that has no generic payload header, to let charon hash
 * octets. Its type is PL_UNKNOWN.
 *
 * @param body			octets, adopted
 * @return				payload
 */
payload_t *gkm_payload_create_bare(chunk_t body);

/**
 * Replace a payload of a message by another.
 *
 * @param old			payload of the message, destroyed
 * @param new			payload, adopted
 */
void gkm_payload_replace(message_t *message, payload_t *old, payload_t *new);

#endif /** GKM_PAYLOAD_H_ @}*/
