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
 * Interfaces of a group: the xfrm interface "gkm<N>" and, if it sends with D3P,
 * a front in the form of a veth from "gkm<N>f" to "gkm<N>p". They are up, have
 * no addresses, and nothing is routed to them.
 *
 * @defgroup gkm_dp_ifs gkm_dp_ifs
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_IFS_H_
#define GKM_DP_IFS_H_

#include "libgkm/group/gkm_error.h"

typedef struct gkm_dp_ifs_t gkm_dp_ifs_t;
typedef struct gkm_dp_ifs_cfg_t gkm_dp_ifs_cfg_t;

/** Numbers of groups are below */
#define GKM_DP_IFS_MAX 0x10000

/** Interface ID that links a group's SAs and policies to its xfrm interface;
 *  GKM_DP_IFS_MAX of them are ours */
#define GKM_DP_IFS_BASE 0x676b0000
#define GKM_DP_IFS_ID(number) (GKM_DP_IFS_BASE + (number))

/** How interfaces of ours are described, followed by the name of the group:
 *  leftovers are found by that */
#define GKM_DP_IFS_ALIAS "strongswan-gkm: "

/** Octets that D3P adds at most before XFRM does: an IPv6 header and its own */
#define GKM_DP_IFS_D3P_ROOM 52

/**
 * What a group needs.
 */
struct gkm_dp_ifs_cfg_t {
	/** number of the group, different from all others */
	uint32_t number;
	/** its name, borrowed */
	char *group;
	/** largest clear packet, from 1280 */
	uint32_t mtu;
};

/**
 * Interfaces of a group.
 */
struct gkm_dp_ifs_t {

	/**
	 * Get the index of the xfrm interface.
	 */
	int (*get_inner)(gkm_dp_ifs_t *this);

	/**
	 * Create the front, which isn't there yet.
	 *
	 * @param cfg			as the interfaces were created with
	 * @param err			receives the reason on failure, there is none then
	 */
	bool (*add_front)(gkm_dp_ifs_t *this, gkm_dp_ifs_cfg_t *cfg,
					  gkm_error_t *err);

	/**
	 * Get the index of the end of the front that packets are sent to, which
	 * segments them and finishes their checksums; 0 without a front.
	 */
	int (*get_near)(gkm_dp_ifs_t *this);

	/**
	 * Get the index of the end of the front that packets come in at, to attach
	 * as GKM_DP_FRONT; 0 without a front.
	 */
	int (*get_far)(gkm_dp_ifs_t *this);

	/**
	 * Remove the interfaces. SAs and policies are left to their owner.
	 */
	void (*destroy)(gkm_dp_ifs_t *this);
};

/**
 * Create the interfaces of a group, without front.
 *
 * @param cfg		what it needs
 * @param err		receives the reason on failure
 * @return			NULL on failure
 */
gkm_dp_ifs_t *gkm_dp_ifs_create(gkm_dp_ifs_cfg_t *cfg, gkm_error_t *err);

#endif /** GKM_DP_IFS_H_ @}*/
