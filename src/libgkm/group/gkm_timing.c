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

#include "gkm_timing.h"

/** Seconds between the change of senders and the end of an SA */
#define MARGIN 30

/** What is left of an SA that is replaced on request: a part of its lifetime in
 *  percent, but not less than some seconds */
#define REQUESTED_PART 5
#define REQUESTED_MIN 90

/*
 * Described in header
 */
uint32_t gkm_timing_auto(uint32_t remaining)
{
	return max((int64_t)max(remaining, MARGIN) - MARGIN, 1);
}

/*
 * Described in header
 */
uint32_t gkm_timing_span(gkm_cfg_rekey_t *cfg)
{
	return cfg->transport == GKM_TRANSPORT_INBAND ? 0 :
						cfg->retransmit.count * cfg->retransmit.interval;
}

/**
 * Seconds that an old SA may still be used if nothing is configured
 */
static uint32_t get_left(gkm_cfg_t *cfg, gkm_renewal_t renewal,
						 uint32_t remaining, uint32_t lifetime)
{
	switch (renewal)
	{
		case GKM_RENEWAL_REQUESTED:
		case GKM_RENEWAL_MERGING:
			return min(remaining, max((uint64_t)lifetime * REQUESTED_PART / 100,
									  REQUESTED_MIN));
		case GKM_RENEWAL_EXCLUDING:
			return min(remaining, gkm_timing_span(&cfg->rekey) + 1 + MARGIN);
		default:
			return remaining;
	}
}

/*
 * Described in header
 */
void gkm_timing_get(gkm_cfg_t *cfg, gkm_renewal_t renewal,
					uint32_t remaining, uint32_t lifetime,
					gkm_timing_t *timing)
{
	uint32_t atd, left;

	if (renewal == GKM_RENEWAL_AT_ONCE)
	{
		*timing = (gkm_timing_t){};
		return;
	}
	if (cfg->activation_delay == GKM_ATD_AUTO)
	{
		left = get_left(cfg, renewal, remaining, lifetime);
		if (left == remaining)
		{	/* ends by itself; what is deleted beside it has the time that is
			 * configured, or that senders need */
			atd = gkm_timing_auto(left);
			timing->dtd = min(max(atd, cfg->deactivation_delay), UINT16_MAX);
		}
		else
		{
			timing->dtd = left = min(left, UINT16_MAX);
			atd = gkm_timing_auto(left);
		}
	}
	else
	{
		atd = cfg->activation_delay;
		left = min(remaining, cfg->deactivation_delay);
		timing->dtd = min(cfg->deactivation_delay, UINT16_MAX);
	}
	timing->atd = min(atd, UINT16_MAX);
	timing->left = left;
}
