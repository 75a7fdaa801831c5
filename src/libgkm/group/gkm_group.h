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
 * A group as its key server holds it. Pure: time comes in as an argument, and
 * it has no lock; the caller serializes calls.
 *
 * @defgroup gkm_group gkm_group
 * @{ @ingroup libgkm
 */

#ifndef GKM_GROUP_H_
#define GKM_GROUP_H_

#include <library.h>
#include <collections/linked_list.h>

#include "gkm_cfg.h"
#include "gkm_download.h"
#include "gkm_error.h"
#include "gkm_members.h"
#include "gkm_policy.h"
#include "gkm_sender_ids.h"

typedef struct gkm_group_t gkm_group_t;
typedef struct gkm_applicant_t gkm_applicant_t;
typedef enum gkm_verdict_t gkm_verdict_t;

/**
 * What becomes of a registration, in the order of the checks.
 */
enum gkm_verdict_t {
	/** registered */
	GKM_ADMITTED,
	/** its connection or identity may not register with the group */
	GKM_NOT_AUTHORIZED,
	/** max_members are registered already */
	GKM_FULL,
	/** it can't use the group's SAs */
	GKM_NOT_CAPABLE,
	/** no key or sender ID can be given to it */
	GKM_UNABLE,
};

/**
 * Who wants to register: a peer that was authenticated. Borrowed for a call.
 */
struct gkm_applicant_t {

	/** name of the connection that authenticated it */
	char *connection;

	/** identity that was authenticated */
	identification_t *id;

	/** where it is */
	host_t *address;

	/** it will send to the group */
	bool sender;

	/** number of sender IDs it wants, if it is a sender */
	uint32_t sender_ids;

	/** what it can do, NULL if it didn't say */
	linked_list_t *capabilities;

	/**
	 * Could it use these SAs? The registration protocol's reading of its
	 * capabilities, such as gikev2_sag_covers(); not called without any.
	 */
	bool (*covers)(linked_list_t *capabilities, gkm_rekey_sa_t *rekey,
				   array_t *sas, gkm_error_t *err);
};

/**
 * Group of a key server.
 */
struct gkm_group_t {

	/**
	 * Change to another configuration with the same identity. What is
	 * configured as before goes on (see gkm_policy_t.configure()), and members
	 * stay. With another size of sender IDs, data SAs with counter modes are
	 * replaced: IDs of different sizes may lead to the same IV.
	 *
	 * On failure nothing changes.
	 *
	 * @param cfg			configuration, adopted on success
	 * @param auth_key		DER SubjectPublicKeyInfo of the key that signs
	 *						rekeys, empty if cfg says implicit; cloned
	 * @param sig_alg		DER AlgorithmIdentifier of signatures; cloned
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be done
	 */
	bool (*configure)(gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
					  chunk_t sig_alg, time_t now, gkm_error_t *err);

	/**
	 * Get the configuration.
	 */
	gkm_cfg_t *(*get_cfg)(gkm_group_t *this);

	/**
	 * Do what is due, see gkm_policy_t.update().
	 *
	 * @param now			current time
	 * @param err			receives the reason if an SA couldn't be made
	 * @return				number of SAs made
	 */
	u_int (*update)(gkm_group_t *this, time_t now, gkm_error_t *err);

	/**
	 * When has update() to be called next?
	 *
	 * @return				time, may have passed
	 */
	time_t (*next_due)(gkm_group_t *this);

	/**
	 * May this peer register with, and leave, the group?
	 *
	 * @param connection	name of the connection that authenticated it
	 * @param id			identity that was authenticated
	 * @param err			receives the reason if not
	 * @return				TRUE if it may
	 */
	bool (*authorizes)(gkm_group_t *this, char *connection,
					   identification_t *id, gkm_error_t *err);

	/**
	 * Register a member. Nothing changes unless it is admitted, except that
	 * sender IDs may have been reserved in the store.
	 *
	 * @param applicant		who wants to register
	 * @param now			current time
	 * @param download		receives what to give to it, passed; set only if
	 *						it is admitted
	 * @param err			receives the reason if not
	 * @return				GKM_ADMITTED, or why not
	 */
	gkm_verdict_t (*admit)(gkm_group_t *this, gkm_applicant_t *applicant,
						   time_t now, gkm_download_t **download,
						   gkm_error_t *err);

	/**
	 * Remove a member.
	 *
	 * @param id			its identity
	 * @return				FALSE if it wasn't registered
	 */
	bool (*remove_member)(gkm_group_t *this, identification_t *id);

	/**
	 * Get the members, to be looked at.
	 */
	gkm_members_t *(*get_members)(gkm_group_t *this);

	/**
	 * Get the SAs, to be looked at.
	 */
	gkm_policy_t *(*get_policy)(gkm_group_t *this);

	/**
	 * Destroy the group, wiping keys.
	 */
	void (*destroy)(gkm_group_t *this);
};

/**
 * Does a key server with this configuration hand out sender IDs, that is,
 * does a data SA use a counter mode?
 */
bool gkm_group_needs_sender_ids(gkm_cfg_t *cfg);

/**
 * Create a group with its first SAs.
 *
 * @param cfg			configuration of a server, adopted on success
 * @param store			remembers sender IDs, has to outlive this
 * @param spis			SPIs in use, has to outlive this
 * @param auth_key		as for gkm_group_t.configure()
 * @param sig_alg		as for gkm_group_t.configure()
 * @param now			current time
 * @param err			receives the reason on failure
 * @return				group, NULL if it can't be created
 */
gkm_group_t *gkm_group_create(gkm_cfg_t *cfg, gkm_sender_id_store_t *store,
							  gkm_spis_t *spis, chunk_t auth_key,
							  chunk_t sig_alg, time_t now, gkm_error_t *err);

#endif /** GKM_GROUP_H_ @}*/
