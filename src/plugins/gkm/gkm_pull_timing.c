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

#include "gkm_pull_timing.h"

#include <daemon.h>
#include <sa/task_manager.h>

/*
 * Described in header
 */
void gkm_pull_timing_init(gkm_pull_timing_t *this)
{
	settings_t *settings = lib->settings;

	*this = (gkm_pull_timing_t){
		.timeout = settings->get_double(settings, "%s.retransmit_timeout",
										RETRANSMIT_TIMEOUT, lib->ns),
		.base = settings->get_double(settings, "%s.retransmit_base",
									 RETRANSMIT_BASE, lib->ns),
		.limit = settings->get_int(settings, "%s.retransmit_limit", 0,
								   lib->ns) * 1000,
		.tries = settings->get_int(settings, "%s.retransmit_tries",
								   RETRANSMIT_TRIES, lib->ns),
	};
}

/*
 * Described in header
 */
uint32_t gkm_pull_timing_wait(gkm_pull_timing_t *this, u_int retransmits)
{
	double seconds = this->timeout;
	uint32_t ms = UINT32_MAX;

	while (retransmits--)
	{
		seconds *= this->base;
	}
	if (seconds < UINT32_MAX / 1000)
	{
		ms = seconds * 1000;
	}
	return this->limit ? min(ms, this->limit) : ms;
}

/*
 * Described in header
 */
uint32_t gkm_pull_timing_total(gkm_pull_timing_t *this)
{
	uint64_t ms = 0;
	u_int i;

	for (i = 0; i <= this->tries; i++)
	{
		ms += gkm_pull_timing_wait(this, i);
	}
	return min(ms / 1000 + 1, UINT32_MAX);
}
