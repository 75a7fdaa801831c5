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
 * Which programs are on which interfaces, as tc filters with a handle of ours
 * and the first priority. They leave packets to filters of others, which may be
 * there too, unless they drop or redirect them.
 *
 * @defgroup gkm_dp_hooks gkm_dp_hooks
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_HOOKS_H_
#define GKM_DP_HOOKS_H_

#include "libgkm/group/gkm_error.h"

#include "gkm_dp_maps.h"

typedef struct gkm_dp_hooks_t gkm_dp_hooks_t;
typedef enum gkm_dp_place_t gkm_dp_place_t;

/** Handle and priority of filters */
#define GKM_DP_TC_HANDLE 0x676b6d
#define GKM_DP_TC_PRIORITY 1

/**
 * What an interface is.
 */
enum gkm_dp_place_t {
	/** goes to the WAN: encrypted packets of all groups, and clear ones */
	GKM_DP_WAN,
	/** xfrm interface of a group */
	GKM_DP_INNER,
	/** far end of a veth without segmentation offload that is in front of the
	 *  xfrm interface, if the group sends with D3P */
	GKM_DP_FRONT,
};

/**
 * Programs of one interface.
 */
struct gkm_dp_hooks_t {

	/**
	 * Are all of them there?
	 */
	bool (*intact)(gkm_dp_hooks_t *this);

	/**
	 * Attach those that aren't. What somebody else has attached by the same
	 * handle stays.
	 *
	 * @param err			receives the reason on failure
	 */
	bool (*attach)(gkm_dp_hooks_t *this, gkm_error_t *err);

	/**
	 * Detach, and remove the qdisc if it was created for them and is empty.
	 */
	void (*destroy)(gkm_dp_hooks_t *this);
};

/**
 * Create, attach nothing.
 *
 * @param ifindex		interface
 * @param ingress		program for packets that come in, -1 for none
 * @param egress		program for packets that go out, -1 for none
 */
gkm_dp_hooks_t *gkm_dp_hooks_create(int ifindex, int ingress, int egress);

/**
 * Detach what a process that crashed left on an interface, whatever it is.
 *
 * @param ifindex		interface
 * @return				TRUE if there was anything
 */
bool gkm_dp_hooks_cleanup(int ifindex);

/**
 * Find out how many octets are before the IP header on an interface, and how
 * large packets are at most.
 *
 * @param ifindex		interface
 * @param link			receives both
 * @param err			receives the reason on failure
 * @return				FALSE if there is no such interface or it is of a kind
 *						that isn't supported
 */
bool gkm_dp_hooks_link(int ifindex, struct gkm_dp_link *link, gkm_error_t *err);

#endif /** GKM_DP_HOOKS_H_ @}*/
