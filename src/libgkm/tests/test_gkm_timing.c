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

#include "group_fixture.h"

#include "libgkm/group/gkm_timing.h"

/** Lifetimes and what is left of them, seconds */
static const uint32_t seconds[] = {
	0, 1, 2, 29, 30, 31, 32, 59, 60, 61, 89, 90, 91, 120, 600, 3600, 65534,
	65535, 65536, 65565, 65566, 86400, 2147483647,
};

/** Configured delays: activation, deactivation, copies */
static struct {
	char *atd, *dtd, *copies;
} delays[] = {
	{ "auto",	"60s",		"2 every 10s" },
	{ "auto",	"0s",		"0" },
	{ "auto",	"65535s",	"20 every 1h" },
	{ "0s",		"0s",		"0" },
	{ "10s",	"10s",		"2 every 10s" },
	{ "10s",	"1h",		"5 every 1m" },
	{ "65535s",	"65535s",	"1 every 1s" },
};

static gkm_renewal_t renewals[] = {
	GKM_RENEWAL_DUE, GKM_RENEWAL_REQUESTED, GKM_RENEWAL_EXCLUDING,
	GKM_RENEWAL_AT_ONCE,
};

static gkm_cfg_t *configure(int i)
{
	return group_configure("activation_delay", delays[i].atd,
						   "deactivation_delay", delays[i].dtd,
						   "rekey.retransmit", delays[i].copies, NULL);
}

/**
 * Expect times, with two copies of rekeys every 10 seconds
 */
static void expect(gkm_renewal_t renewal, uint32_t remaining, uint32_t lifetime,
				   uint32_t atd, uint32_t dtd, uint32_t left)
{
	gkm_timing_t timing;
	gkm_cfg_t *cfg;

	cfg = configure(0);
	gkm_timing_get(cfg, renewal, remaining, lifetime, &timing);
	ck_assert_msg(timing.atd == atd && timing.dtd == dtd && timing.left == left,
				  "%u of %u seconds: ATD %u, DTD %u, %u left", remaining,
				  lifetime, timing.atd, timing.dtd, timing.left);
	gkm_cfg_destroy(cfg);
}

START_TEST(senders_change_half_a_minute_before_the_end)
{
	uint32_t remaining;

	for (remaining = 0; remaining < 70000; remaining++)
	{
		ck_assert_uint_eq(gkm_timing_auto(remaining),
						  remaining <= 31 ? 1 : remaining - 30);
	}
	ck_assert_uint_eq(gkm_timing_auto(UINT32_MAX), UINT32_MAX - 30);
}
END_TEST

START_TEST(sa_that_is_due_ends_by_itself)
{
	expect(GKM_RENEWAL_DUE, 600, 3600, 570, 570, 600);
	/* what is deleted beside it has the configured time at least */
	expect(GKM_RENEWAL_DUE, 60, 3600, 30, 60, 60);
	expect(GKM_RENEWAL_DUE, 10, 3600, 1, 60, 10);
	expect(GKM_RENEWAL_DUE, 0, 3600, 1, 60, 0);
	expect(GKM_RENEWAL_DUE, 70000, 80000, 65535, 65535, 70000);
}
END_TEST

START_TEST(requested_sa_leaves_part_of_a_lifetime_to_the_old_one)
{
	expect(GKM_RENEWAL_REQUESTED, 3600, 3600, 150, 180, 180);
	expect(GKM_RENEWAL_REQUESTED, 600, 600, 60, 90, 90);
	/* which isn't any longer by that */
	expect(GKM_RENEWAL_REQUESTED, 80, 3600, 50, 60, 80);
	/* what doesn't fit the attributes is less, for senders too */
	expect(GKM_RENEWAL_REQUESTED, 2000000, 2000000, 65505, 65535, 65535);
}
END_TEST

START_TEST(excluded_members_keys_end_once_others_heard_of_it)
{
	expect(GKM_RENEWAL_EXCLUDING, 3600, 3600, 21, 51, 51);
	expect(GKM_RENEWAL_EXCLUDING, 40, 3600, 10, 60, 40);
}
END_TEST

START_TEST(sa_that_is_not_trusted_ends_at_once)
{
	expect(GKM_RENEWAL_AT_ONCE, 3600, 3600, 0, 0, 0);
}
END_TEST

START_TEST(copies_take_their_number_times_their_distance)
{
	gkm_cfg_t *cfg;

	cfg = configure(0);
	ck_assert_uint_eq(gkm_timing_span(&cfg->rekey), 20);
	gkm_cfg_destroy(cfg);
	cfg = configure(2);
	ck_assert_uint_eq(gkm_timing_span(&cfg->rekey), 20 * 3600);
	gkm_cfg_destroy(cfg);
	cfg = group_configure("rekey.transport", "inband", "rekey.auth", NULL,
						  "rekey.rekey_time", NULL, "rekey.life_time", NULL,
						  NULL);
	ck_assert_uint_eq(gkm_timing_span(&cfg->rekey), 0);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(fixed_delays_are_what_was_configured)
{
	gkm_timing_t timing;
	gkm_cfg_t *cfg;

	cfg = configure(5);
	gkm_timing_get(cfg, GKM_RENEWAL_DUE, 86400, 90000, &timing);
	ck_assert_uint_eq(timing.atd, 10);
	ck_assert_uint_eq(timing.dtd, 3600);
	ck_assert_uint_eq(timing.left, 3600);
	/* no longer than it would have been */
	gkm_timing_get(cfg, GKM_RENEWAL_DUE, 600, 90000, &timing);
	ck_assert_uint_eq(timing.left, 600);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(receivers_never_drop_an_sa_before_senders_left_it)
{
	gkm_timing_t timing;
	gkm_cfg_t *cfg;
	int i, j, k;

	cfg = configure(_i);
	for (i = 0; i < countof(renewals); i++)
	{
		for (j = 0; j < countof(seconds); j++)
		{
			for (k = j; k < countof(seconds); k++)
			{
				uint32_t remaining = seconds[j], lifetime = seconds[k];

				gkm_timing_get(cfg, renewals[i], remaining, lifetime, &timing);
				ck_assert_msg(timing.atd <= timing.dtd &&
							  timing.left <= remaining,
							  "%s, %s: renewal %d with %u of %u seconds: ATD "
							  "%u, DTD %u, %u left", delays[_i].atd,
							  delays[_i].dtd, renewals[i], remaining, lifetime,
							  timing.atd, timing.dtd, timing.left);
				/* a Delete says what the key server does */
				ck_assert_msg(timing.left == remaining ||
							  timing.left == timing.dtd,
							  "renewal %d with %u of %u seconds: DTD %u, but "
							  "%u left", renewals[i], remaining, lifetime,
							  timing.dtd, timing.left);
			}
		}
	}
	gkm_cfg_destroy(cfg);
}
END_TEST

Suite *gkm_timing_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_timing");

	tc = tcase_create("timing");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, senders_change_half_a_minute_before_the_end);
	tcase_add_test(tc, sa_that_is_due_ends_by_itself);
	tcase_add_test(tc, requested_sa_leaves_part_of_a_lifetime_to_the_old_one);
	tcase_add_test(tc, excluded_members_keys_end_once_others_heard_of_it);
	tcase_add_test(tc, sa_that_is_not_trusted_ends_at_once);
	tcase_add_test(tc, copies_take_their_number_times_their_distance);
	tcase_add_test(tc, fixed_delays_are_what_was_configured);
	tcase_add_loop_test(tc, receivers_never_drop_an_sa_before_senders_left_it,
						0, countof(delays));
	suite_add_tcase(s, tc);

	return s;
}
