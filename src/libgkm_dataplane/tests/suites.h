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
 * All suites.
 */

#ifndef SUITES_H_
#define SUITES_H_

#include <check.h>

#define SUITES(SUITE) \
	SUITE(dp_d3p) \
	SUITE(dp_rules) \
	SUITE(dp_inner) \
	SUITE(dp_wan_in) \
	SUITE(dp_wan_out) \
	SUITE(dp_size) \
	SUITE(dp_mss) \
	SUITE(dp_pmtu) \
	SUITE(dp_bare) \
	SUITE(dp_hooks) \
	SUITE(dp_net) \
	SUITE(dp_ifs) \
	SUITE(dp_leftovers) \
	SUITE(dp_probe) \
	SUITE(dataplane) \
	SUITE(plane_icmp) \
	SUITE(plane_overhead) \
	SUITE(plane_rules)

#define DECLARE_SUITE(name) Suite *name##_suite();
SUITES(DECLARE_SUITE)

#endif /** SUITES_H_ */
