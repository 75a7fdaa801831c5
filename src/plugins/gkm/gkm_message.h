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
 * Group exchanges as messages of charon.
 *
 * charon's task manager carries group exchanges like its own: it sees GSA_AUTH
 * as IKE_AUTH, the others as exchange types that it has no tasks for. Messages
 * have their methods in the instance, so that one of a group exchange gets a
 * codec of ours, for which charon has no rules.
 *
 * @defgroup gkm_message gkm_message
 * @{ @ingroup gkm
 */

#ifndef GKM_MESSAGE_H_
#define GKM_MESSAGE_H_

#include <daemon.h>
#include <encoding/message.h>

#include "libgkm/gikev2/gikev2_codepoints.h"

/**
 * Called for a group message that is about to be encoded, to add the group's
 * payloads to it. Runs in the thread that has the IKE_SA checked out.
 *
 * @param ike_sa		IKE_SA of the message
 * @param message		message
 */
typedef void (*gkm_message_fill_t)(ike_sa_t *ike_sa, message_t *message);

/**
 * Get the exchange type that a message has on the wire.
 *
 * @param message		message
 * @return				GSA_AUTH, ..., or 0 if not of a group exchange
 */
gikev2_exchange_t gkm_message_exchange(message_t *message);

/**
 * Make a received message ours if it was marked by gkm_socket_t, or is made
 * up of fragments that were. To be called before the message is parsed.
 *
 * @param message		message with its header parsed
 */
void gkm_message_adopt_inbound(message_t *message);

/**
 * Make a message to send ours.
 *
 * @param message		message
 * @param exchange		type that it gets on the wire
 * @param fill			called before it is encoded, NULL if not needed
 */
void gkm_message_adopt_outbound(message_t *message, gikev2_exchange_t exchange,
								gkm_message_fill_t fill);

#endif /** GKM_MESSAGE_H_ @}*/
