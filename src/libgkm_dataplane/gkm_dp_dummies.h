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
 * What an IP version's dummy addresses need in the kernel: each can be looked
 * for, added and removed.
 *
 * @defgroup gkm_dp_dummies gkm_dp_dummies
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_DUMMIES_H_
#define GKM_DP_DUMMIES_H_

#include <netlink/addr.h>

#include <networking/host.h>

#include "gkm_dp_netlink.h"

typedef struct gkm_dp_dummies_t gkm_dp_dummies_t;

/**
 * Dummy addresses of an IP version.
 */
struct gkm_dp_dummies_t {
	/** socket for requests, borrowed */
	gkm_dp_netlink_t *netlink;
	struct nl_addr *local;
	struct nl_addr *remote;
};

/**
 * Take over addresses.
 */
void gkm_dp_dummies_init(gkm_dp_dummies_t *this, gkm_dp_netlink_t *netlink,
						 host_t *local, host_t *remote);

/**
 * Forget addresses.
 */
void gkm_dp_dummies_clear(gkm_dp_dummies_t *this);

/**
 * Is the local address on the loopback interface?
 */
bool gkm_dp_dummies_has_address(gkm_dp_dummies_t *this);

/**
 * Add the local address to the loopback interface, such that the kernel doesn't
 * choose it as source for anything.
 */
bool gkm_dp_dummies_add_address(gkm_dp_dummies_t *this, gkm_error_t *err);

/**
 * Remove the local address.
 *
 * @return			0, or an errno
 */
int gkm_dp_dummies_del_address(gkm_dp_dummies_t *this);

/**
 * Do packets to the remote address leave by an interface, with the local one
 * as source?
 */
bool gkm_dp_dummies_has_route(gkm_dp_dummies_t *this, int ifindex);

/**
 * Route the remote address to an interface, which has to be up, instead of any
 * other.
 */
bool gkm_dp_dummies_add_route(gkm_dp_dummies_t *this, int ifindex,
							  gkm_error_t *err);

/**
 * Remove a route to the remote address.
 *
 * @param ifindex	where it leads, 0 for anywhere
 * @return			0, or an errno
 */
int gkm_dp_dummies_del_route(gkm_dp_dummies_t *this, int ifindex);

/**
 * Is the remote address a neighbour of ours on an interface?
 */
bool gkm_dp_dummies_has_neighbour(gkm_dp_dummies_t *this, int ifindex);

/**
 * Does a message from the kernel describe that neighbour?
 */
bool gkm_dp_dummies_is_neighbour(gkm_dp_dummies_t *this, struct nlmsghdr *hdr);

/**
 * Make the remote address a neighbour on an interface, which nobody asks for.
 */
bool gkm_dp_dummies_add_neighbour(gkm_dp_dummies_t *this, int ifindex,
								  gkm_error_t *err);

/**
 * Remove that neighbour.
 *
 * @return			0, or an errno
 */
int gkm_dp_dummies_del_neighbour(gkm_dp_dummies_t *this, int ifindex);

#endif /** GKM_DP_DUMMIES_H_ @}*/
