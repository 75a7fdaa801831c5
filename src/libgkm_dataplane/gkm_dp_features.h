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
 * Features of interfaces that have the kernel merge packets, or hand over what
 * isn't finished yet.
 *
 * @defgroup gkm_dp_features gkm_dp_features
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_FEATURES_H_
#define GKM_DP_FEATURES_H_

#include "libgkm/group/gkm_error.h"

/** What the names of features begin with: merging of packets that come in */
#define GKM_DP_FEATURES_MERGE "rx-gro"

/** Segmentation, checksums and the like of packets that go out: without, they
 *  leave as they would on a wire */
#define GKM_DP_FEATURES_SEND "tx-"

/**
 * Switch features off, except those that an interface has for good.
 *
 * @param name		interface
 * @param prefix	what their names begin with
 * @param err		receives the reason on failure
 * @return			FALSE on failure
 */
bool gkm_dp_features_off(char *name, char *prefix, gkm_error_t *err);

#endif /** GKM_DP_FEATURES_H_ @}*/
