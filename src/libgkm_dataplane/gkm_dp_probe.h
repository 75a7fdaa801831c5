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
 * What the kernel offers of what a data plane needs. Trying it loads modules.
 *
 * @defgroup gkm_dp_probe gkm_dp_probe
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_PROBE_H_
#define GKM_DP_PROBE_H_

#include "gkm_dataplane.h"

typedef struct gkm_dp_probe_t gkm_dp_probe_t;

/**
 * What there is.
 */
struct gkm_dp_probe_t {
	/** programs for tc with all that ours use */
	bool bpf;
	/** xfrm interfaces */
	bool xfrmi;
	/** ESP for outer addresses of either IP version */
	bool esp4;
	bool esp6;
	/** veth, for D3P */
	bool veth;
	/** what there isn't and why, and what doesn't work without; empty if
	 *  nothing is missing */
	char missing[512];
};

/**
 * Try what there is, and leave nothing behind.
 *
 * @param cfg		has dummy addresses to try SAs with, borrowed
 * @param probe		receives what there is
 * @return			TRUE if nothing is missing
 */
bool gkm_dp_probe(gkm_dataplane_cfg_t *cfg, gkm_dp_probe_t *probe);

/**
 * Does it suffice for a group?
 *
 * @param probe		what there is
 * @param ipv4		TRUE if the group protects IPv4
 * @param ipv6		TRUE if the group protects IPv6
 * @param d3p		TRUE if it has IP delay detection
 * @param err		receives what is missing for it if not
 */
bool gkm_dp_probe_suffices(gkm_dp_probe_t *probe, bool ipv4, bool ipv6,
						   bool d3p, gkm_error_t *err);

#endif /** GKM_DP_PROBE_H_ @}*/
