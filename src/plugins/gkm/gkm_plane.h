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
 * Interface between the member role and a data plane that encrypts between any
 * addresses, as the gkm-dataplane plugin provides it.
 *
 * A data plane stands at the interfaces to the WAN: what leaves by one of them
 * and is protected by a group is encrypted, with the addresses that it has, and
 * what comes in there encrypted goes on as if it had come in clear. Routing,
 * filters and multicast stay as they are without it.
 *
 * @defgroup gkm_plane gkm_plane
 * @{ @ingroup gkm
 */

#ifndef GKM_PLANE_H_
#define GKM_PLANE_H_

#include <networking/host.h>
#include <vici_builder.h>

#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_download.h"
#include "libgkm/group/gkm_error.h"

typedef struct gkm_plane_t gkm_plane_t;
typedef struct gkm_plane_group_t gkm_plane_group_t;
typedef struct gkm_plane_sa_t gkm_plane_sa_t;

/** Name to get the gkm_plane_t with: lib->get(lib, GKM_PLANE_NAME), NULL if
 *  there is none */
#define GKM_PLANE_NAME "gkm-dataplane"

/**
 * A data SA for the data plane: what of it is in use is up to the member.
 */
struct gkm_plane_sa_t {

	/** the SA, borrowed as long as it is added: ESP in tunnel mode, selectors
	 *  are prefixes for any protocol */
	gkm_data_sa_t *sa;

	/** is it used to send, to receive? */
	bool out;
	bool in;

	/** TRUE if one member only sends on it: there is a replay window */
	bool sole;

	/** links policies to states, the same for SAs with equal selectors */
	uint32_t reqid;

	/** what is sent on it at most, 0 if not limited; charon's kernel listeners
	 *  hear of it, with a dummy address as destination */
	uint64_t packets;
	uint64_t bytes;
};

/**
 * A group on the data plane. Callers lock: one call at a time for each group.
 */
struct gkm_plane_group_t {

	/**
	 * Add an SA: receive on it, if it is for that. Nothing is sent on it yet,
	 * but from now on what it protects doesn't pass in clear.
	 *
	 * @param sa		SA, has to stay until it is deleted
	 * @param err		receives the reason on failure
	 * @return			FALSE if refused, all is as before then
	 */
	bool (*add)(gkm_plane_group_t *this, gkm_plane_sa_t *sa, gkm_error_t *err);

	/**
	 * Delete an SA, which isn't sent on any more. Unless the group fails
	 * closed, what no other one protects passes in clear from then on.
	 */
	void (*del)(gkm_plane_group_t *this, gkm_plane_sa_t *sa);

	/**
	 * Send on an SA.
	 *
	 * @param instead	SA with equal selectors that stops sending, without a
	 *					gap, or NULL
	 * @param err		receives the reason on failure
	 * @return			FALSE if refused, nothing changed then
	 */
	bool (*send)(gkm_plane_group_t *this, gkm_plane_sa_t *sa,
				 gkm_plane_sa_t *instead, gkm_error_t *err);

	/**
	 * Don't send on an SA any more: what it protects is dropped if nothing
	 * takes its place.
	 */
	void (*stop)(gkm_plane_group_t *this, gkm_plane_sa_t *sa);

	/**
	 * Set IP delay detection for SAs that are added from now on, and the
	 * window of all that have it.
	 *
	 * @param d3p		type 0 for none; window in milliseconds
	 */
	void (*set_d3p)(gkm_plane_group_t *this, gkm_d3p_t *d3p);

	/**
	 * Leave what key management needs in clear, in both directions, in place
	 * of what was told before.
	 *
	 * @param hosts		addresses of key servers and groups that rekeys are sent
	 *					to, as host_t*, borrowed
	 */
	void (*exempt)(gkm_plane_group_t *this, array_t *hosts);

	/**
	 * Describe an SA's counters in a vici message, as key values of the
	 * section that is open: "encrypted", "decrypted" and, if not 0, what was
	 * dropped and why, such as "D3P-late".
	 */
	void (*list_sa)(gkm_plane_group_t *this, gkm_plane_sa_t *sa,
					vici_builder_t *builder);

	/**
	 * Describe the group in a vici message, as section "data-plane":
	 * interfaces, mode of failure, MTU, rules in the order of matching, counters
	 * of what belongs to no SA.
	 */
	void (*list)(gkm_plane_group_t *this, vici_builder_t *builder);

	/**
	 * Describe IP delay detection on packets in a vici message, as key values
	 * of the section that is open ("packets-in", "packets-out", "errors-in",
	 * "errors-out") and a section "history" of errors, oldest first, each as
	 * section with "time", "source", "here", "there", "window", "reason".
	 */
	void (*list_replay)(gkm_plane_group_t *this, vici_builder_t *builder);

	/**
	 * Describe what was counted for all SAs since the group was put on the data
	 * plane, those that were deleted included, in a vici message: as key values
	 * of the section that is open, as list_sa() does.
	 */
	void (*list_stats)(gkm_plane_group_t *this, vici_builder_t *builder);

	/**
	 * Remove the group from the data plane: its SAs, which have to be deleted
	 * already, rules and interfaces.
	 */
	void (*destroy)(gkm_plane_group_t *this);
};

/**
 * The data plane.
 */
struct gkm_plane_t {

	/**
	 * Put a group on the data plane. If it fails closed, nothing of what is
	 * configured for it passes in clear once this returned. For a moment a
	 * group of the same name may be there, with another configuration, that
	 * this one takes the place of.
	 *
	 * @param cfg		configuration with interfaces to the WAN, borrowed, has
	 *					to outlive the group
	 * @param err		receives the reason on failure: what the kernel lacks,
	 *					or which interface there isn't
	 * @return			group, NULL on failure
	 */
	gkm_plane_group_t *(*open)(gkm_plane_t *this, gkm_cfg_t *cfg,
							   gkm_error_t *err);
};

#endif /** GKM_PLANE_H_ @}*/
