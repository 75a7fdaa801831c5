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
 * A network namespace for each test, seen and changed by iproute2, which knows
 * nothing of what is tested. It has an interface "wan" whose other end is "isp",
 * and "wan2" with "isp2", of which all but "isp2" are up.
 */

#ifndef DP_NETNS_H_
#define DP_NETNS_H_

#include <check.h>

#include "libgkm_dataplane/gkm_dataplane.h"

/** Dummy addresses, and what the tests configure */
extern gkm_dataplane_cfg_t netns_cfg;

/**
 * Create the namespace.
 */
void netns_setup();
void netns_teardown();

/**
 * Run a command that has to succeed.
 */
void shell(char *fmt, ...);

/**
 * Does a command succeed?
 */
bool succeeds(char *fmt, ...);

/**
 * Get what a command that has to succeed prints, to be freed.
 */
char *output(char *fmt, ...);

/**
 * Does a command print something?
 */
bool prints(char *text, char *fmt, ...);

/**
 * Get all that there is in the namespace, to be freed.
 */
char *snapshot();

/**
 * Has the kernel xfrm interfaces? Those with them are taken to have ESP.
 */
bool netns_has_xfrmi();

#endif /** DP_NETNS_H_ */
