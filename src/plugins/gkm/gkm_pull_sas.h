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
 * Phase 1 SAs with their GROUPKEY-PULL exchanges, and what waits for them.
 *
 * @defgroup gkm_pull_sas gkm_pull_sas
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_SAS_H_
#define GKM_PULL_SAS_H_

#include "gkm_exchange.h"
#include "gkm_phase1.h"

typedef struct gkm_pull_sas_t gkm_pull_sas_t;
typedef struct gkm_pull_sa_t gkm_pull_sa_t;

/** Messages that wait for a phase 1 SA at most, others are dropped */
#define GKM_PULL_MESSAGES_MAX 8

/** Exchanges on a phase 1 SA that a key server knows of at most */
#define GKM_PULL_EXCHANGES_MAX 16

/** Message IDs of exchanges, also of those that are gone, that a key server
 *  remembers of a phase 1 SA */
#define GKM_PULL_MIDS_MAX 32

/**
 * A phase 1 SA. This may only be looked at with it checked out.
 */
struct gkm_pull_sa_t {

	/** unique ID of the IKE_SA */
	uint32_t id;

	/** what is known of the peer, once established */
	gkm_phase1_info_t info;

	/** exchanges, as gkm_exchange_t*, the oldest first */
	linked_list_t *exchanges;

	/** key server: message IDs that were used, in a circle, 0 if none */
	uint32_t mids[GKM_PULL_MIDS_MAX];
	u_int next_mid;

	/** key server: it answered an exchange to the end */
	bool served;
};

/**
 * Table of phase 1 SAs.
 *
 * What waits for one is done by one job at a time, which is to be started
 * whenever a function says so.
 */
struct gkm_pull_sas_t {

	/**
	 * Have an attempt wait until a phase 1 SA is established.
	 *
	 * @param id			unique ID of the IKE_SA
	 * @param join			attempt, adopted
	 */
	void (*add_join)(gkm_pull_sas_t *this, uint32_t id, gkm_join_t *join);

	/**
	 * A phase 1 SA is about to be established, so that messages may come that
	 * are for it.
	 *
	 * @param ike_sa		phase 1 SA
	 */
	void (*expect)(gkm_pull_sas_t *this, ike_sa_t *ike_sa);

	/**
	 * A phase 1 SA was established.
	 *
	 * @param ike_sa		phase 1 SA
	 * @param info			what is known of its peer
	 * @return				TRUE to start a job
	 */
	bool (*establish)(gkm_pull_sas_t *this, ike_sa_t *ike_sa,
					  gkm_phase1_info_t *info);

	/**
	 * Have a message wait for the phase 1 SA whose cookies it has. It is
	 * dropped if too many do.
	 *
	 * @param message		message, cloned
	 * @param id			receives the unique ID of the IKE_SA that a job is to be
	 *						started for, 0 for none
	 * @return				FALSE if no such phase 1 SA is established or expected
	 */
	bool (*add_message)(gkm_pull_sas_t *this, chunk_t message, uint32_t *id);

	/**
	 * Get what waits for a phase 1 SA, until nothing does.
	 *
	 * @param join			receives an attempt, passed, NULL if it is a message
	 * @param message		receives a message, allocated
	 * @return				FALSE if nothing waits, and the job has to end
	 */
	bool (*next)(gkm_pull_sas_t *this, gkm_pull_sa_t *sa, gkm_join_t **join,
				 chunk_t *message);

	/**
	 * Check out an established phase 1 SA.
	 *
	 * @param id			unique ID of the IKE_SA
	 * @param sa			receives its exchanges
	 * @return				IKE_SA, NULL if it is gone
	 */
	ike_sa_t *(*checkout)(gkm_pull_sas_t *this, uint32_t id,
						  gkm_pull_sa_t **sa);

	/**
	 * Get a phase 1 SA that is checked out.
	 *
	 * @return				exchanges, NULL if it isn't a group's
	 */
	gkm_pull_sa_t *(*get)(gkm_pull_sas_t *this, ike_sa_t *ike_sa);

	/**
	 * A phase 1 SA is about to be destroyed: forget it.
	 *
	 * @param server		receives TRUE if we are the key server
	 * @param joins			receives attempts, waiting and under way, as
	 *						gkm_join_t*, to be destroyed; NULL if there are none
	 * @return				number of exchanges that weren't finished
	 */
	u_int (*remove)(gkm_pull_sas_t *this, ike_sa_t *ike_sa, bool *server,
					linked_list_t **joins);

	/**
	 * Destroy the table.
	 */
	void (*destroy)(gkm_pull_sas_t *this);
};

/**
 * Find an exchange of a phase 1 SA.
 *
 * @param mid			message ID
 * @return				exchange, borrowed, NULL if there is none
 */
gkm_exchange_t *gkm_pull_sa_find(gkm_pull_sa_t *this, uint32_t mid);

/**
 * Was a message ID used on a phase 1 SA, as far as that is remembered?
 */
bool gkm_pull_sa_used(gkm_pull_sa_t *this, uint32_t mid);

/**
 * Remember a message ID.
 */
void gkm_pull_sa_use(gkm_pull_sa_t *this, uint32_t mid);

/**
 * Create an empty table.
 */
gkm_pull_sas_t *gkm_pull_sas_create();

#endif /** GKM_PULL_SAS_H_ @}*/
