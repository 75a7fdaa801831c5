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
 * Puts one data SA of a group into the kernel, through charon's kernel
 * interface. What goes in and when is decided by gkm_installer.h, or with
 * a data plane by gkm_plane_entry.h.
 *
 * @defgroup gkm_kernel gkm_kernel
 * @{ @ingroup gkm_member
 */

#ifndef GKM_KERNEL_H_
#define GKM_KERNEL_H_

#include "libgkm/group/gkm_download.h"
#include "libgkm/group/gkm_error.h"

#include <networking/host.h>

typedef struct gkm_kernel_sa_t gkm_kernel_sa_t;

/**
 * A data SA as the kernel has it.
 */
struct gkm_kernel_sa_t {

	/** the SA; its lifetime is that when it was received */
	gkm_data_sa_t *sa;

	/** links policies to states, the same for SAs with equal selectors */
	uint32_t reqid;

	/** source of the state: our address if this member may send on it, any
	 *  address otherwise */
	host_t *src;

	/** destination of the state */
	host_t *dst;

	/** TRUE if it is for receiving, with an inbound policy unless it is for an
	 *  interface */
	bool in;

	/** ID of the xfrm interface that it is for, 0 if for none */
	uint32_t if_id;

	/** TRUE if packets have a header of IP delay detection, see
	 *  gkm_dataplane.h: it is in BEET mode, and its outbound policy for those
	 *  only */
	bool d3p;

	/** what the state is used for at most, sent and received, 0 if not limited;
	 *  charon's kernel listeners hear of it before, and then again */
	uint64_t packets;
	uint64_t bytes;

	/** interface of the throw route, NULL if there is none */
	char *iface;
};

/**
 * A number that no other SA's selectors have.
 */
uint32_t gkm_kernel_reqid();

/**
 * Add state and inbound policy. If the latter fails there is neither.
 *
 * @param err		receives the reason on failure
 * @return			FALSE if the kernel refused
 */
bool gkm_kernel_add(gkm_kernel_sa_t *this, gkm_error_t *err);

/**
 * Remove state and inbound policy.
 */
void gkm_kernel_del(gkm_kernel_sa_t *this);

/**
 * Send on this SA: add the outbound policy.
 *
 * @param instead	SA with equal selectors that stops sending, without a gap,
 *					or NULL
 * @return			FALSE if the kernel refused, nothing changed then
 */
bool gkm_kernel_send(gkm_kernel_sa_t *this, gkm_kernel_sa_t *instead);

/**
 * Don't send on this SA any more: remove the outbound policy.
 */
void gkm_kernel_stop(gkm_kernel_sa_t *this);

/**
 * Drop traffic that no SA with equal selectors sends, or don't any more.
 *
 * @param block		TRUE to add the policy, FALSE to remove it
 * @return			FALSE if the kernel refused
 */
bool gkm_kernel_block(gkm_kernel_sa_t *this, bool block);

/**
 * Is this an address of ours, on an interface that is up?
 */
bool gkm_kernel_is_local(host_t *address);

/**
 * Find an address of ours to send from.
 *
 * @param src		traffic selector that it has to be in
 * @param dst		where to, the address used to reach it is preferred
 * @return			address, NULL if we have none in src
 */
host_t *gkm_kernel_find_source(traffic_selector_t *src, host_t *dst);

#endif /** GKM_KERNEL_H_ @}*/
