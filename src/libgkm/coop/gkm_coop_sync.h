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
 * Records on their way between this key server and one other: transactions to
 * send, in parts that fit into messages, and parts that were received, until a
 * transaction is complete. A part after a gap, of another transaction, or of
 * too many octets is refused, and all records have to be asked for again
 * (GKM_COOP_WANT_ALL).
 *
 * Not synchronized.
 *
 * @defgroup gkm_coop_sync gkm_coop_sync
 * @{ @ingroup libgkm
 */

#ifndef GKM_COOP_SYNC_H_
#define GKM_COOP_SYNC_H_

#include "gkm_coop_message.h"

#include "../group/gkm_record_list.h"

typedef struct gkm_coop_sync_t gkm_coop_sync_t;

/** Octets of changes that wait for a peer at most: if there are more, all that
 *  waits is dropped, and all records are sent instead */
#define GKM_COOP_QUEUE_MAX (4 * 1024 * 1024)

/** Octets of a transaction that are received at most */
#define GKM_COOP_RECEIVE_MAX (64 * 1024 * 1024)

/**
 * Records to and from one peer.
 */
struct gkm_coop_sync_t {

	/**
	 * Queue a transaction. If all records are needed that is what GKM_ADOPT_ALL,
	 * GKM_ADOPT_MERGE and GKM_ADOPT_MEMBERS are taken to be, and nothing else is
	 * queued.
	 *
	 * @param kind			what it is; with GKM_ADOPT_ALL and GKM_ADOPT_MERGE
	 *						what waits is dropped
	 * @param records		records, a reference is taken
	 * @return				number of the transaction, which grows; 0 if dropped,
	 *						as all records are needed, because the queue is full
	 *						or for other reasons
	 */
	uint64_t (*queue)(gkm_coop_sync_t *this, gkm_adoption_kind_t kind,
					  gkm_record_list_t *records);

	/**
	 * Has all to be sent, as the peer has nothing, or something got lost?
	 */
	bool (*needs_all)(gkm_coop_sync_t *this);

	/**
	 * The peer needs all records: nothing else is sent from now on.
	 */
	void (*set_needs_all)(gkm_coop_sync_t *this);

	/**
	 * Fill in the next part to be sent.
	 *
	 * @param message		receives type, kind, transaction, part, records
	 *						(allocated); flags LAST and ANEW are added
	 * @return				FALSE if there is nothing to be sent
	 */
	bool (*get_part)(gkm_coop_sync_t *this, gkm_coop_message_t *message);

	/**
	 * The part that get_part() said last has arrived, or hasn't, so that it is
	 * said again.
	 */
	void (*sent)(gkm_coop_sync_t *this, bool arrived);

	/**
	 * Last transaction that has arrived as a whole, 0 if none has.
	 */
	uint64_t (*get_arrived)(gkm_coop_sync_t *this);

	/**
	 * A part was received. Once one was refused, all are, until there is a
	 * transaction with GKM_COOP_ANEW: which the sender has to be asked for.
	 *
	 * @param message		message with records, as parsed
	 * @param records		receives the records if a transaction is complete, to
	 *						be destroyed; NULL if there is more to come, or the
	 *						part was received before
	 * @param err			receives the reason on failure
	 * @return				FALSE if it doesn't follow or is malformed
	 */
	bool (*receive)(gkm_coop_sync_t *this, gkm_coop_message_t *message,
					gkm_record_list_t **records, gkm_error_t *err);

	/**
	 * The peer started anew, or is another one by now: forget all but the numbers
	 * of own transactions, which go on.
	 */
	void (*reset)(gkm_coop_sync_t *this);

	/**
	 * Destroy this, wiping keys.
	 */
	void (*destroy)(gkm_coop_sync_t *this);
};

/**
 * Create one that needs all records to be sent.
 */
gkm_coop_sync_t *gkm_coop_sync_create();

#endif /** GKM_COOP_SYNC_H_ @}*/
