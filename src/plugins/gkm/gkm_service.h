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
 * Implementation of what the plugin offers to roles, see gkm.h.
 *
 * @defgroup gkm_service gkm_service
 * @{ @ingroup gkm
 */

#ifndef GKM_SERVICE_H_
#define GKM_SERVICE_H_

#include "gkm.h"

typedef struct gkm_service_t gkm_service_t;

/**
 * The group carrier, complete with vici endpoint and listeners.
 */
struct gkm_service_t {

	/**
	 * What roles see of it
	 */
	gkm_t public;

	/**
	 * Stop carrying group exchanges. All roles have to be removed before.
	 */
	void (*destroy)(gkm_service_t *this);
};

/**
 * Create the carrier, and register it with charon's bus.
 *
 * @return				NULL if the vici socket couldn't be opened
 */
gkm_service_t *gkm_service_create();

#endif /** GKM_SERVICE_H_ @}*/
