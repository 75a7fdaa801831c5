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
 * Phase 1 SAs that carry GDOI: charon's IKEv1, with what RFC 6407, 2, adds.
 *
 * Whether an IKE_SA is a group's is decided by its first message, and never
 * changes: by that of a member of ours, by DOI 2 in that of a peer, or if it
 * came to the port of group key management. All others stay untouched.
 *
 * This listener puts DOI and situation into SA payloads, exchanges vendor IDs,
 * and keeps such IKE_SAs from having effects on others of the same peer.
 *
 * @defgroup gkm_phase1 gkm_phase1
 * @{ @ingroup gkm
 */

#ifndef GKM_PHASE1_H_
#define GKM_PHASE1_H_

#include "gkm.h"

typedef struct gkm_phase1_t gkm_phase1_t;
typedef struct gkm_phase1_info_t gkm_phase1_info_t;

/**
 * What is known of an IKE_SA and its peer. Plain data.
 */
struct gkm_phase1_info_t {

	/** TRUE if we are the key server, FALSE if a member */
	bool server;

	/** DOI and situation: what a member sent */
	uint32_t doi;
	uint32_t situation;

	/** what the peer is, and whether it understands IP delay detection */
	gkm_peer_t peer;
	bool d3p;
};

/**
 * Listener for phase 1 SAs of GDOI.
 */
struct gkm_phase1_t {

	/**
	 * Implements listener_t, to be registered with charon's bus
	 */
	listener_t listener;

	/**
	 * Make an IKE_SA that we are about to initiate a group's.
	 *
	 * @param ike_sa		IKE_SA with its configuration, which is isolated
	 * @param format		has DOI and situation to send
	 */
	void (*claim)(gkm_phase1_t *this, ike_sa_t *ike_sa, gdoi_format_t *format);

	/**
	 * Get what is known of an IKE_SA.
	 *
	 * @param info			receives it, may be NULL
	 * @return				FALSE if it isn't a group's
	 */
	bool (*get_info)(gkm_phase1_t *this, ike_sa_t *ike_sa,
					 gkm_phase1_info_t *info);

	/**
	 * Destroy the listener.
	 */
	void (*destroy)(gkm_phase1_t *this);
};

/**
 * Create the listener.
 */
gkm_phase1_t *gkm_phase1_create();

#endif /** GKM_PHASE1_H_ @}*/
