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
 * Octets that encryption adds to a packet.
 *
 * @defgroup gkm_plane_overhead gkm_plane_overhead
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_PLANE_OVERHEAD_H_
#define GKM_PLANE_OVERHEAD_H_

#include <library.h>
#include <crypto/proposal/proposal.h>

/**
 * Get the octets that ESP in tunnel mode adds to a packet at most: an IP header
 * and those of ESP (RFC 4303, 2), the longest padding, the ICV, and for
 * IP-D3P its header and what XFRM reserves in BEET mode.
 *
 * @param proposal	proposal of the SA, as gkm_proposal_check() accepts it;
 *					algorithms that aren't known count as the largest
 * @param family	AF_INET or AF_INET6, of the packet and so of both headers
 * @param d3p		TRUE if there is a D3P header
 * @return			octets
 */
u_int gkm_plane_overhead(proposal_t *proposal, int family, bool d3p);

#endif /** GKM_PLANE_OVERHEAD_H_ @}*/
