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
 * What leads packets through XFRM and to the WAN, once for a data plane: the
 * local dummy addresses on the loopback interface, and routes to the remote
 * ones, whose neighbour exists for the kernel only.
 *
 * The local addresses are of scope host (IPv4) and deprecated (IPv6), so that
 * the kernel doesn't choose them as source for anything else.
 *
 * @defgroup gkm_dp_net gkm_dp_net
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_NET_H_
#define GKM_DP_NET_H_

#include "gkm_dataplane.h"

typedef struct gkm_dp_net_t gkm_dp_net_t;

/**
 * Dummy addresses, and routes to them.
 */
struct gkm_dp_net_t {

	/**
	 * Lead the remote addresses to an interface, instead of the one before.
	 *
	 * If it is down nothing is routed until it is up and repair() called.
	 *
	 * @param ifindex		first interface to the WAN, 0 for none
	 * @param err			receives the reason on failure
	 * @return				FALSE on failure, nothing is routed then
	 */
	bool (*set_wan)(gkm_dp_net_t *this, int ifindex, gkm_error_t *err);

	/**
	 * Put back what somebody or something removed: addresses, and routes and
	 * neighbours, which go when an interface goes down. What is as it should
	 * be isn't touched. To be called when links, addresses or routes changed,
	 * and now and then.
	 *
	 * @param err			receives the reason if it can't be put back
	 * @return				how much was put back, -1 on failure
	 */
	int (*repair)(gkm_dp_net_t *this, gkm_error_t *err);

	/**
	 * Can packets of IPv6 be encrypted? Not if it is disabled in the kernel,
	 * on the loopback interface or the one to the WAN; repair() tries again.
	 *
	 * @param err			receives the reason if not
	 */
	bool (*has_ipv6)(gkm_dp_net_t *this, gkm_error_t *err);

	/**
	 * Remove all.
	 */
	void (*destroy)(gkm_dp_net_t *this);
};

/**
 * Add the local addresses, route nothing yet.
 *
 * @param cfg		has the dummy addresses, borrowed
 * @param err		receives the reason on failure
 * @return			NULL on failure
 */
gkm_dp_net_t *gkm_dp_net_create(gkm_dataplane_cfg_t *cfg, gkm_error_t *err);

#endif /** GKM_DP_NET_H_ @}*/
