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
 * What the key servers of a group say to each other: has messages sent, answers
 * those of others at once, and keeps what they said until the group's actor
 * comes to it.
 *
 * @defgroup gkm_coop_channel gkm_coop_channel
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_CHANNEL_H_
#define GKM_COOP_CHANNEL_H_

#include "gkm_coop_actor.h"
#include "gkm_coop_core.h"
#include "gkm_coop_intake.h"

typedef struct gkm_coop_event_t gkm_coop_event_t;
typedef enum gkm_coop_happened_t gkm_coop_happened_t;

/** What happened */
enum gkm_coop_happened_t {
	/** an IKE_SA is up, the last one is gone */
	GKM_COOP_UP,
	GKM_COOP_DOWN,
	/** a message was received, and answered */
	GKM_COOP_RECEIVED,
	/** a message that was sent was answered, or wasn't */
	GKM_COOP_ANSWERED,
	GKM_COOP_FAILED,
};

/**
 * Something happened with a peer: plain data.
 */
struct gkm_coop_event_t {

	/** what it is */
	gkm_coop_happened_t kind;

	/** position of the peer */
	int peer;

	/** when it happened */
	uint64_t time;

	/** message or answer */
	gkm_coop_message_t message;
};

/**
 * Destroy an event.
 */
void gkm_coop_event_destroy(gkm_coop_event_t *this);

/**
 * Channel of a group. Synchronized.
 */
struct gkm_coop_channel_t {

	/** what the group uses; answers come as events */
	gkm_coop_port_t port;

	/**
	 * Begin to talk to peers. Messages are refused until it was published what
	 * to answer.
	 *
	 * @param cfg			configuration
	 */
	void (*open)(gkm_coop_channel_t *this, gkm_cfg_coop_t *cfg);

	/**
	 * Don't talk to them any more, and forget what they said.
	 */
	void (*close)(gkm_coop_channel_t *this);

	/**
	 * Is a connection one to a peer?
	 */
	bool (*has_peer)(gkm_coop_channel_t *this, char *connection);

	/**
	 * A message was received.
	 *
	 * @param connection	connection that it came over
	 * @param id			identity that was authenticated
	 * @param message		message, moved
	 * @param octets		octets in it
	 * @param answer		receives the answer, allocated
	 * @return				FALSE to refuse it
	 */
	bool (*received)(gkm_coop_channel_t *this, char *connection,
					 identification_t *id, gkm_coop_message_t *message,
					 size_t octets, chunk_t *answer);

	/**
	 * An IKE_SA of a connection is up, or the last one is gone.
	 */
	void (*link)(gkm_coop_channel_t *this, char *connection, bool up);

	/**
	 * Has something happened?
	 */
	bool (*has_events)(gkm_coop_channel_t *this);

	/**
	 * Get what happened next.
	 *
	 * @return				event, to be destroyed, NULL if there is none
	 */
	gkm_coop_event_t *(*get_event)(gkm_coop_channel_t *this);

	/**
	 * Get what is known of peers.
	 *
	 * @param seq			receives the number of the last message that was
	 *						sent
	 * @return				gkm_coop_intake_t by position, copies, to be
	 *						destroyed with gkm_coop_intakes_destroy()
	 */
	gkm_coop_intake_t *(*get_intakes)(gkm_coop_channel_t *this, uint64_t *seq);

	/**
	 * Destroy this, closed.
	 */
	void (*destroy)(gkm_coop_channel_t *this);
};

/**
 * Create a channel that is closed.
 *
 * @param gkm			carrier
 * @param actor			is woken if something happens; doesn't end while
 *						something was sent that isn't answered
 */
gkm_coop_channel_t *gkm_coop_channel_create(gkm_t *gkm,
											gkm_coop_actor_t *actor);

#endif /** GKM_COOP_CHANNEL_H_ @}*/
