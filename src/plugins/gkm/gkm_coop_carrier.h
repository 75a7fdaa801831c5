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
 * IKE_SAs between key servers: implements gkm_t.coop.
 *
 * All that a connection has to do is done by one job at a time, without locks,
 * see gkm_coop_link.h for what that is.
 *
 * IKE_SAs are those of charon, with the configuration of the connection. Two
 * key servers that initiate at the same time end up with two IKE_SAs, which do
 * no harm: each sends over the one that it established last. Uniqueness
 * policies don't make them destroy one another for ever: only responders look
 * for duplicates, and only among those that they have established before, which
 * can't be true for both.
 *
 * @defgroup gkm_coop_carrier gkm_coop_carrier
 * @{ @ingroup gkm
 */

#ifndef GKM_COOP_CARRIER_H_
#define GKM_COOP_CARRIER_H_

#include "gkm_coop_inbox.h"
#include "gkm_ike.h"

typedef struct gkm_coop_carrier_t gkm_coop_carrier_t;

/**
 * Keeps IKE_SAs between key servers.
 */
struct gkm_coop_carrier_t {

	/**
	 * Implements gkm_coop_links_t
	 */
	gkm_coop_links_t links;

	/**
	 * Destroy it. No IKE_SA may have a task of it any more.
	 */
	void (*destroy)(gkm_coop_carrier_t *this);
};

/**
 * Create it.
 *
 * @param ike			knows IKE_SAs of groups, has to outlive this
 * @param inbox			knows the handler, has to outlive this
 */
gkm_coop_carrier_t *gkm_coop_carrier_create(gkm_ike_t *ike,
											gkm_coop_inbox_t *inbox);

#endif /** GKM_COOP_CARRIER_H_ @}*/
