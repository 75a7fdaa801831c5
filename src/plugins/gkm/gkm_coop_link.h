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
 * A connection to another key server: its IKE_SAs, and messages to be sent over
 * them. Says what to do, does nothing by itself. Times are milliseconds of a
 * clock that never goes back.
 *
 *   no IKE_SA   after a pause of up to the pace, so that two don't begin at the
 *               same time for ever, initiate one
 *   attempt     what it waits for is sent again at the pace; without progress
 *               for GKM_COOP_LINK_PATIENCE paces it is forgotten, and the next
 *               one begins
 *   IKE_SA up   the newest one is used, one message at a time; what isn't
 *               answered is sent again at the pace, or has failed if there is
 *               a newer IKE_SA by then
 *
 * Not synchronized.
 *
 * @defgroup gkm_coop_link gkm_coop_link
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_LINK_H_
#define GKM_COOP_LINK_H_

#include <library.h>

typedef enum gkm_coop_todo_kind_t gkm_coop_todo_kind_t;
typedef struct gkm_coop_parcel_t gkm_coop_parcel_t;
typedef struct gkm_coop_todo_t gkm_coop_todo_t;
typedef struct gkm_coop_link_t gkm_coop_link_t;

/** An attempt is given up after so many paces without an answer, but not before
 *  GKM_COOP_LINK_PATIENCE_MIN milliseconds */
#define GKM_COOP_LINK_PATIENCE 4
#define GKM_COOP_LINK_PATIENCE_MIN 1000

/**
 * A message to be sent: plain data.
 */
struct gkm_coop_parcel_t {

	/** message, to be wiped */
	chunk_t message;

	/** whom to tell how it ended */
	void (*done)(void *user, bool success, chunk_t answer);
	void *user;

	/** number, given by gkm_coop_link_t.add() */
	uint64_t number;
};

/** What to do */
enum gkm_coop_todo_kind_t {
	/** nothing before next_due(), or before something happens */
	GKM_COOP_LINK_WAIT,
	/** tell the handler that the connection is .up or isn't */
	GKM_COOP_LINK_TELL,
	/** destroy the IKE_SA .id without telling the peer */
	GKM_COOP_LINK_FORGET,
	/** initiate an IKE_SA, then call started() */
	GKM_COOP_LINK_INITIATE,
	/** send .parcel over the IKE_SA .id, then call ended() */
	GKM_COOP_LINK_SEND,
	/** send again what the IKE_SA .id waits for an answer to */
	GKM_COOP_LINK_REPEAT,
	/** .parcel, adopted, wasn't sent or got no answer */
	GKM_COOP_LINK_FAIL,
};

/**
 * Something to do: plain data.
 */
struct gkm_coop_todo_t {
	gkm_coop_todo_kind_t kind;
	bool up;
	uint32_t id;
	gkm_coop_parcel_t *parcel;
};

/**
 * A connection.
 */
struct gkm_coop_link_t {

	/**
	 * An IKE_SA is up, it is the newest one now.
	 *
	 * @param id			its unique ID
	 */
	void (*up)(gkm_coop_link_t *this, uint32_t id);

	/**
	 * An IKE_SA is gone, or can't be used any more.
	 */
	void (*gone)(gkm_coop_link_t *this, uint32_t id, uint64_t now);

	/**
	 * An attempt has begun.
	 *
	 * @param id			unique ID of the IKE_SA, 0 if it failed at once
	 */
	void (*started)(gkm_coop_link_t *this, uint32_t id, uint64_t now);

	/**
	 * Look at how far an attempt is.
	 *
	 * @param id			unique ID of an IKE_SA
	 * @param mid			ID of the message that it waits for an answer to
	 */
	void (*progress)(gkm_coop_link_t *this, uint32_t id, uint32_t mid,
					 uint64_t now);

	/**
	 * Add a message to be sent. It fails if no IKE_SA is up.
	 *
	 * @param parcel		message, adopted
	 */
	void (*add)(gkm_coop_link_t *this, gkm_coop_parcel_t *parcel);

	/**
	 * The message that is under way was answered, or got lost.
	 *
	 * @param number		number of the message
	 * @return				message, passed; NULL if it has failed before
	 */
	gkm_coop_parcel_t *(*ended)(gkm_coop_link_t *this, uint64_t number);

	/**
	 * Forget all IKE_SAs, and any attempt; messages fail.
	 */
	void (*drop)(gkm_coop_link_t *this);

	/**
	 * Say whether it is up even if that was said before.
	 *
	 * @param pace			milliseconds, in place of a slower pace
	 */
	void (*announce)(gkm_coop_link_t *this, u_int pace);

	/**
	 * Find out what to do. To be called after any of the above, and when
	 * next_due() has come, until it says GKM_COOP_LINK_WAIT.
	 *
	 * @param todo			receives what to do, taken to be done
	 */
	void (*decide)(gkm_coop_link_t *this, uint64_t now, gkm_coop_todo_t *todo);

	/**
	 * When is decide() to be called next? UINT64_MAX if not before something
	 * happens.
	 */
	uint64_t (*next_due)(gkm_coop_link_t *this);

	/**
	 * Destroy this; messages fail. IKE_SAs stay as they are.
	 */
	void (*destroy)(gkm_coop_link_t *this);
};

/**
 * Create a connection without IKE_SA.
 *
 * @param pace			milliseconds until an unanswered message is sent again
 */
gkm_coop_link_t *gkm_coop_link_create(u_int pace);

/**
 * Tell who sent a message how it ended, and destroy it.
 *
 * @param parcel		message, adopted
 * @param success		TRUE if it was answered
 * @param answer		answer, borrowed
 */
void gkm_coop_parcel_end(gkm_coop_parcel_t *parcel, bool success,
						 chunk_t answer);

#endif /** GKM_COOP_LINK_H_ @}*/
