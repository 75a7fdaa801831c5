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


#include "suites.h"

#include <stdint.h>

#include "libgkm_dataplane/gkm_dp_maps.h"

/** A second in microseconds */
#define S 1000000LL

/**
 * Result for a timestamp
 */
static enum gkm_dp_counter check(uint64_t now, uint32_t seconds,
								 uint32_t micros, uint32_t window)
{
	return gkm_dp_d3p_check(gkm_dp_d3p_age(now, seconds, micros), window);
}

START_TEST(test_age)
{
	ck_assert_int_eq(gkm_dp_d3p_age(100 * S, 100, 0), 0);
	ck_assert_int_eq(gkm_dp_d3p_age(100 * S, 99, 999999), 1);
	ck_assert_int_eq(gkm_dp_d3p_age(100 * S, 100, 1), -1);
	ck_assert_int_eq(gkm_dp_d3p_age(100 * S + 5, 90, 6), 10 * S - 1);
}
END_TEST

START_TEST(test_borders)
{
	/* a window of 5 seconds is 2.5 to each side */
	ck_assert_int_eq(check(100 * S, 97, 500000, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(100 * S, 97, 499999, 5000), GKM_DP_D3P_LATE);
	ck_assert_int_eq(check(100 * S, 102, 500000, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(100 * S, 102, 500001, 5000), GKM_DP_D3P_EARLY);
	/* half a millisecond isn't lost */
	ck_assert_int_eq(check(100 * S + 500, 100, 0, 1), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(100 * S + 501, 100, 0, 1), GKM_DP_D3P_LATE);
	ck_assert_int_eq(check(100 * S, 100, 500, 1), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(100 * S, 100, 501, 1), GKM_DP_D3P_EARLY);
}
END_TEST

/**
 * Example of draft-weis-delay-detection-01: 5 seconds at 2^32 - 1
 */
START_TEST(test_wrap)
{
	uint64_t now = 0xffffffffULL * S;

	ck_assert_int_eq(check(now, 0xfffffffd, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 0xfffffffc, 0, 5000), GKM_DP_D3P_LATE);
	ck_assert_int_eq(check(now, 0, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 1, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 2, 0, 5000), GKM_DP_D3P_EARLY);

	/* and on the other side of it */
	now = 0x100000001ULL * S;
	ck_assert_int_eq(check(now, 0xffffffff, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 0xfffffffe, 0, 5000), GKM_DP_D3P_LATE);
	ck_assert_int_eq(check(now, 3, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 4, 0, 5000), GKM_DP_D3P_EARLY);

	/* signed seconds are nothing special */
	now = 0x7fffffffULL * S;
	ck_assert_int_eq(check(now, 0x80000001, 0, 5000), GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(now, 0x80000002, 0, 5000), GKM_DP_D3P_EARLY);
}
END_TEST

START_TEST(test_largest_window)
{
	/* 2^32 - 1 ms are 24 days to each side */
	ck_assert_int_eq(check(3000000 * S, 3000000 - 2147483, 0, UINT32_MAX),
					 GKM_DP_DECRYPTED);
	ck_assert_int_eq(check(3000000 * S, 3000000 - 2147484, 0, UINT32_MAX),
					 GKM_DP_D3P_LATE);
}
END_TEST

Suite *dp_d3p_suite()
{
	Suite *s = suite_create("dp_d3p");
	TCase *tc;

	tc = tcase_create("time");
	tcase_add_test(tc, test_age);
	tcase_add_test(tc, test_borders);
	tcase_add_test(tc, test_wrap);
	tcase_add_test(tc, test_largest_window);
	suite_add_tcase(s, tc);

	return s;
}
