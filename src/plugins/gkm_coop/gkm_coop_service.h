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
 * Groups that other key servers serve as well.
 *
 * @defgroup gkm_coop_service gkm_coop_service
 * @{ @ingroup gkm_coop
 */

#ifndef GKM_COOP_SERVICE_H_
#define GKM_COOP_SERVICE_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_coop_service_t gkm_coop_service_t;

/**
 * What the key server uses.
 */
struct gkm_coop_service_t {

	/**
	 * Public interface
	 */
	gkm_coop_t public;

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_coop_service_t *this);
};

/**
 * Begin without groups.
 *
 * @param gkm			carrier, has to outlive this
 */
gkm_coop_service_t *gkm_coop_service_create(gkm_t *gkm);

#endif /** GKM_COOP_SERVICE_H_ @}*/
