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
 * Rules about which traffic is protected, and how they are written into maps.
 *
 * @defgroup gkm_dp_rules gkm_dp_rules
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_RULES_H_
#define GKM_DP_RULES_H_

#include <selectors/traffic_selector.h>

#include "libgkm/group/gkm_error.h"

#include "gkm_dp_maps.h"

typedef struct gkm_dp_rule_t gkm_dp_rule_t;

/**
 * A rule. Addresses are all that is seen of an encrypted packet, so selectors
 * must be prefixes for any protocol. They hold for packets in both directions
 * as they are: traffic from B to A needs a rule of its own, unless both are the
 * same as between all sites of a WAN.
 */
struct gkm_dp_rule_t {
	traffic_selector_t *src;
	traffic_selector_t *dst;

	/** FALSE to leave it in clear: what is excluded from rules that follow, or
	 *  fail-open before there are keys */
	bool protect;

	/** the rest, if it is protected: see struct gkm_dp_rule */
	uint32_t group;
	uint32_t dev;
	uint32_t overhead;
	uint32_t mtu;
	bool clamp;
};

/**
 * Write rules into the set that isn't in use.
 *
 * @param prefixes		file descriptor of gkm_prefixes
 * @param values		file descriptor of gkm_rules
 * @param set			set, 0 or GKM_DP_SPACE_SET
 * @param rules			rules, borrowed
 * @param count			number of them
 * @param err			receives the reason on failure
 * @return				FALSE on failure
 */
bool gkm_dp_rules_write(int prefixes, int values, uint32_t set,
						gkm_dp_rule_t *rules, u_int count, gkm_error_t *err);

#endif /** GKM_DP_RULES_H_ @}*/
