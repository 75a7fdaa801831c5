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
 * IKE_SAs that carry group exchanges.
 *
 * Whether an IKE_SA is a group's is decided by its first message after
 * IKE_SA_INIT, GSA_AUTH or IKE_AUTH, and never changes. This listener sees to
 * it, hands messages to the group's codec, answers registrations and in-band
 * rekeys, and keeps such IKE_SAs from having effects on others of the same
 * peer.
 *
 * @defgroup gkm_ike gkm_ike
 * @{ @ingroup gkm
 */

#ifndef GKM_IKE_H_
#define GKM_IKE_H_

#include "gkm.h"
#include "gkm_coop_inbox.h"
#include "gkm_vici.h"

typedef struct gkm_ike_t gkm_ike_t;

/**
 * Listener for IKE_SAs of groups.
 */
struct gkm_ike_t {

	/**
	 * Implements listener_t, to be registered with charon's bus
	 */
	listener_t listener;

	/**
	 * Make an IKE_SA that we are about to initiate a group's.
	 */
	void (*claim)(gkm_ike_t *this, ike_sa_t *ike_sa);

	/**
	 * Is an IKE_SA a group's?
	 */
	bool (*is_claimed)(gkm_ike_t *this, ike_sa_t *ike_sa);

	/**
	 * Is an IKE_SA a group's, with us as key server? Roles don't change when
	 * it is rekeyed, whoever does that.
	 */
	bool (*is_served)(gkm_ike_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy the listener.
	 */
	void (*destroy)(gkm_ike_t *this);
};

/**
 * Derive the key wrap key of an IKE_SA (RFC 9838, 3.1.1).
 *
 * @param ike_sa		IKE_SA, checked out
 * @param gsk_w			receives the key, allocated, to be cleared
 * @return				FALSE if no key wrap algorithm was negotiated
 */
bool gkm_ike_get_wrap_key(ike_sa_t *ike_sa, chunk_t *gsk_w);

/**
 * Create the listener. There can be one only.
 *
 * @param vici			has the roles that answer, has to outlive this
 * @param inbox			gets messages of key servers, has to outlive this
 */
gkm_ike_t *gkm_ike_create(gkm_vici_t *vici, gkm_coop_inbox_t *inbox);

#endif /** GKM_IKE_H_ @}*/
