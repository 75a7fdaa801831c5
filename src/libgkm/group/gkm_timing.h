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
 * When senders leave a data SA for its successor, and when receivers drop it
 * (make before break: RFC 5374, 4.2.1; RFC 9838, 4.4.3.1.1).
 *
 *     rekey            + ATD                     + DTD
 *       |                |                         |
 *       | all receive    | senders use the new one | the old one is dropped
 *       | on both        | at last                 | at last
 *
 * @defgroup gkm_timing gkm_timing
 * @{ @ingroup libgkm
 */

#ifndef GKM_TIMING_H_
#define GKM_TIMING_H_

#include "gkm_cfg.h"

/** Later than any time */
#define GKM_TIME_MAX \
	((time_t)(sizeof(time_t) == sizeof(int64_t) ? INT64_MAX : INT32_MAX))

typedef struct gkm_timing_t gkm_timing_t;
typedef enum gkm_renewal_t gkm_renewal_t;

/** Why data SAs are replaced, which decides how fast */
enum gkm_renewal_t {
	/** their rekey time has come: in time before they end */
	GKM_RENEWAL_DUE,
	/** an administrator wants new ones: without hurry */
	GKM_RENEWAL_REQUESTED,
	/** members of two primaries that became one send on different ones: the
	 *  same, for all that any of them sends on */
	GKM_RENEWAL_MERGING,
	/** a member that isn't one any more knows them: as soon as all others
	 *  have had the chance to hear of it, copies included */
	GKM_RENEWAL_EXCLUDING,
	/** they can't be trusted any more: at once, at the cost of packets that
	 *  are under way and of members that miss the first message */
	GKM_RENEWAL_AT_ONCE,
};

/**
 * What members are told, in seconds.
 */
struct gkm_timing_t {

	/** activation time delay of the new SA */
	uint16_t atd;

	/** deactivation time delay of SAs that are deleted */
	uint16_t dtd;

	/** time that is left to the old SA: what it had, or less; in the latter
	 *  case members have to be told to delete it */
	uint32_t left;
};

/**
 * Activation time delay that makes senders change half a minute before an SA
 * ends: max(max(remaining, 30) - 30, 1), as peers' key servers have it.
 *
 * @param remaining		seconds until the SA ends
 * @return				seconds, 1 at least
 */
uint32_t gkm_timing_auto(uint32_t remaining);

/**
 * Seconds until the last copy of a rekey message is sent.
 */
uint32_t gkm_timing_span(gkm_cfg_rekey_t *cfg);

/**
 * Find out how fast SAs are replaced.
 *
 * @param cfg			configuration of the key server's group
 * @param renewal		why
 * @param remaining		seconds until the first of the SAs ends
 * @param lifetime		seconds that it was made for
 * @param timing		receives the answer
 */
void gkm_timing_get(gkm_cfg_t *cfg, gkm_renewal_t renewal,
					uint32_t remaining, uint32_t lifetime,
					gkm_timing_t *timing);

#endif /** GKM_TIMING_H_ @}*/
