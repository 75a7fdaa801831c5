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
 * SPIs of data SAs in use, unique among all groups of this daemon.
 *
 * @defgroup gkm_server_spis gkm_server_spis
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_SPIS_H_
#define GKM_SERVER_SPIS_H_

#include "libgkm/group/gkm_policy.h"

typedef struct gkm_server_spis_t gkm_server_spis_t;

/**
 * Set of SPIs. Can be used by several threads.
 */
struct gkm_server_spis_t {

	/**
	 * What groups use.
	 */
	gkm_spis_t spis;

	/**
	 * Destroy the set.
	 */
	void (*destroy)(gkm_server_spis_t *this);
};

/**
 * Create an empty set.
 */
gkm_server_spis_t *gkm_server_spis_create();

#endif /** GKM_SERVER_SPIS_H_ @}*/
