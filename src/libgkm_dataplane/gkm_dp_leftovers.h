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
 * What a process that crashed left in the network namespace.
 *
 * @defgroup gkm_dp_leftovers gkm_dp_leftovers
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_LEFTOVERS_H_
#define GKM_DP_LEFTOVERS_H_

#include "gkm_dataplane.h"

/**
 * Remove policies with interface IDs of ours, SAs between the dummy addresses,
 * interfaces of groups, the dummy addresses, routes to them and neighbours.
 * Nothing else is touched. Programs on interfaces of others are left to
 * gkm_dp_hooks_cleanup().
 *
 * To be called before anything is created: a data plane that is in use in the
 * same network namespace loses what it has.
 *
 * @param cfg		has the dummy addresses, borrowed
 * @param err		receives the first reason on failure, the rest is removed
 *					nevertheless
 * @return			how much there was, -1 if not all could be removed
 */
int gkm_dp_leftovers_remove(gkm_dataplane_cfg_t *cfg, gkm_error_t *err);

#endif /** GKM_DP_LEFTOVERS_H_ @}*/
