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
 * Traffic that a group treats alike, whatever SAs there are.
 *
 * @defgroup gkm_plane_traffic gkm_plane_traffic
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_TRAFFIC_H_
#define GKM_PLANE_TRAFFIC_H_

#include <collections/array.h>
#include <networking/host.h>

#include "libgkm_dataplane/gkm_dp_rules.h"

typedef struct gkm_plane_traffic_t gkm_plane_traffic_t;

/**
 * Pairs of source and destination.
 */
struct gkm_plane_traffic_t {

	/**
	 * Add traffic, unless it is part of what there is, or of different IP
	 * versions.
	 */
	void (*add)(gkm_plane_traffic_t *this, traffic_selector_t *src,
				traffic_selector_t *dst);

	/**
	 * Add all traffic to a host, and from it unless that is a multicast group.
	 */
	void (*add_host)(gkm_plane_traffic_t *this, host_t *host);

	/**
	 * Remove all.
	 */
	void (*clear)(gkm_plane_traffic_t *this);

	/**
	 * Make rules of it that protect, but send nowhere, or that don't protect.
	 *
	 * @param protect	TRUE if it is to be dropped in clear
	 * @param rules		gkm_dp_rule_t by value are added here, with borrowed
	 *					selectors
	 */
	void (*add_rules)(gkm_plane_traffic_t *this, bool protect,
					  array_t *rules);

	/**
	 * Destroy.
	 */
	void (*destroy)(gkm_plane_traffic_t *this);
};

/**
 * Create, without any traffic.
 */
gkm_plane_traffic_t *gkm_plane_traffic_create();

#endif /** GKM_PLANE_TRAFFIC_H_ @}*/
