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
 * The clock of key servers. Lifetimes have to go on over restarts: as long as
 * the machine runs this clock goes with the monotonic one, whatever happens to
 * that on the wall, which only counts when the machine starts.
 *
 * @defgroup gkm_server_clock gkm_server_clock
 * @{ @ingroup gkm_server
 */

#ifndef GKM_SERVER_CLOCK_H_
#define GKM_SERVER_CLOCK_H_

#include "gkm_store.h"

/**
 * Set the clock, to go on as before if this machine didn't restart since. Does
 * nothing if it was set before.
 *
 * @param store		where that is kept
 */
void gkm_server_clock_init(gkm_store_t *store);

/**
 * Keep what init() needs after a restart, unless it is kept already. To be
 * called once there is a group in the store.
 *
 * @param store		where to keep it
 */
void gkm_server_clock_keep(gkm_store_t *store);

/**
 * Current time in seconds, never 0.
 */
time_t gkm_server_now();

/**
 * The same in milliseconds.
 */
uint64_t gkm_server_now_ms();

#endif /** GKM_SERVER_CLOCK_H_ @}*/
