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
 * When messages of GROUPKEY-PULL are sent again: as charon does it, see
 * charon.retransmit_* in strongswan.conf(5).
 *
 * @defgroup gkm_pull_timing gkm_pull_timing
 * @{ @ingroup gkm
 */

#ifndef GKM_PULL_TIMING_H_
#define GKM_PULL_TIMING_H_

#include <library.h>

typedef struct gkm_pull_timing_t gkm_pull_timing_t;

/**
 * What is configured. Plain data.
 */
struct gkm_pull_timing_t {

	/** seconds before a message is sent again, factor for the next times, and
	 *  limit in ms, 0 if there is none */
	double timeout;
	double base;
	uint32_t limit;

	/** how many times it is sent again */
	u_int tries;
};

/**
 * Read the configuration.
 */
void gkm_pull_timing_init(gkm_pull_timing_t *this);

/**
 * How long to wait for an answer.
 *
 * @param retransmits	how many times the message was sent again
 * @return				milliseconds
 */
uint32_t gkm_pull_timing_wait(gkm_pull_timing_t *this, u_int retransmits);

/**
 * How long it takes until all tries failed.
 *
 * @return				seconds
 */
uint32_t gkm_pull_timing_total(gkm_pull_timing_t *this);

#endif /** GKM_PULL_TIMING_H_ @}*/
