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
 * A GROUPKEY-PULL exchange on a phase 1 SA (RFC 6407, 3): its messages as they
 * are sent and received. What they say is gdoi_pull.h's business, when they
 * are sent gkm_pull.h's.
 *
 * @defgroup gkm_exchange gkm_exchange
 * @{ @ingroup gkm
 */

#ifndef GKM_EXCHANGE_H_
#define GKM_EXCHANGE_H_

#include "gkm.h"

#include "libgkm/gdoi/gdoi_pull.h"

#include <sa/ikev1/keymat_v1.h>

typedef struct gkm_exchange_t gkm_exchange_t;
typedef struct gkm_exchange_hasher_t gkm_exchange_hasher_t;
typedef enum gkm_exchange_result_t gkm_exchange_result_t;

/** What became of a message that was received */
enum gkm_exchange_result_t {
	/** it is the next one of the exchange */
	GKM_EXCHANGE_NEXT,
	/** it is the same as the last one */
	GKM_EXCHANGE_REPEATED,
	/** it isn't the peer's, or damaged, or not the next one */
	GKM_EXCHANGE_IGNORED,
	/** it is the peer's and the next one, but breaks the rules */
	GKM_EXCHANGE_MALFORMED,
};

/**
 * Authenticates messages, and remembers the last hash.
 */
struct gkm_exchange_hasher_t {

	/** implements gdoi_hasher_t */
	gdoi_hasher_t public;

	/** keys of the phase 1 SA, good as long as that is checked out */
	keymat_v1_t *keymat;

	/** last hash, allocated */
	chunk_t hash;
};

/**
 * An exchange. May only be used with the phase 1 SA checked out.
 */
struct gkm_exchange_t {

	/** message ID */
	uint32_t mid;

	/** content, NULL once it isn't needed any more */
	gdoi_pull_t *pull;

	/** member: attempt that this is, NULL once its end was reported */
	gkm_join_t *join;

	/** what is asked for */
	gkm_registration_t *request;

	/** member: message ID of the exchange in place of which this was started,
	 *  as the key server refused to finish it; 0 if none */
	uint32_t refused;

	/** member: how many times the last message was sent again */
	u_int retransmits;

	/** authenticates messages */
	gkm_exchange_hasher_t hasher;

	/** IV of the next message */
	chunk_t iv;

	/** last message that was received and sent */
	chunk_t received;
	chunk_t sent;
};

/**
 * Create an exchange without content.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param mid			message ID, not 0
 * @return				exchange, NULL on failure
 */
gkm_exchange_t *gkm_exchange_create(ike_sa_t *ike_sa, uint32_t mid);

/**
 * Read a message.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param message		message with this message ID, its header was checked
 * @param err			receives the reason if it is ignored or malformed
 */
gkm_exchange_result_t gkm_exchange_receive(gkm_exchange_t *this,
										   ike_sa_t *ike_sa, chunk_t message,
										   gkm_error_t *err);

/**
 * Write the next message, and send it.
 *
 * @param ike_sa		phase 1 SA, established and checked out
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gkm_exchange_send(gkm_exchange_t *this, ike_sa_t *ike_sa,
					   gkm_error_t *err);

/**
 * Send the last message again, if there is one.
 */
void gkm_exchange_resend(gkm_exchange_t *this, ike_sa_t *ike_sa);

/**
 * The exchange is over: forget all but what it takes to repeat the last
 * message.
 */
void gkm_exchange_finish(gkm_exchange_t *this);

/**
 * Destroy an exchange, wiping keys. An attempt has to be gone.
 */
void gkm_exchange_destroy(gkm_exchange_t *this);

#endif /** GKM_EXCHANGE_H_ @}*/
