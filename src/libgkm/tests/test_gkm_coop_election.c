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

#include "libgkm/coop/gkm_coop_election.h"

/** Milliseconds until a peer is lost */
#define DETECTION 2500

/** Numbers of the peers, in the order of the configuration */
#define LOW 1
#define HIGH 3

/** Positions of the peers */
#define LOW_PEER 0
#define HIGH_PEER 1

/** This one, between two others */
static gkm_coop_election_t *election;
static uint64_t now, seq, boots[2];

/**
 * Create one with number 2 and priority 100
 */
static void start(uint64_t epoch, bool preempt)
{
	gkm_cfg_coop_t cfg = {
		.id = 2,
		.priority = 100,
		.preempt = preempt,
		.heartbeat = 500,
		.misses = 5,
		.wait = 10000,
	};

	array_insert_create(&cfg.peers, ARRAY_TAIL, "low");
	array_insert_create(&cfg.peers, ARRAY_TAIL, "high");
	now = 1000;
	boots[LOW_PEER] = 11;
	boots[HIGH_PEER] = 13;
	election = gkm_coop_election_create(&cfg, epoch, now);
	array_destroy(cfg.peers);
}

static void setup()
{
	start(0, FALSE);
}

static void teardown()
{
	election->destroy(election);
}

static gkm_coop_status_t get_status()
{
	gkm_coop_status_t status = {};

	election->get_status(election, &status);
	return status;
}

/**
 * Expect the next verdict
 */
static void expect(gkm_coop_action_t action, int peer)
{
	gkm_coop_verdict_t verdict;

	election->decide(election, now, &verdict);
	ck_assert_msg(verdict.action == action && verdict.peer == peer,
				  "decided %d for %d rather than %d for %d after %d ms",
				  verdict.action, verdict.peer, action, peer, (int)now);
}

static void expect_promotion(bool takeover, uint64_t epoch)
{
	gkm_coop_verdict_t verdict;
	gkm_coop_status_t status;

	election->decide(election, now, &verdict);
	ck_assert_int_eq(verdict.action, GKM_COOP_PROMOTE);
	ck_assert_int_eq(verdict.peer, -1);
	ck_assert(verdict.takeover == takeover);
	status = get_status();
	ck_assert_int_eq(status.duty, GKM_DUTY_PRIMARY);
	ck_assert_int_eq(status.primary, 2);
	ck_assert_uint_eq(status.epoch, epoch);
	expect(GKM_COOP_STAY, -1);
}

/**
 * A peer says what it does, with any priority
 */
static bool says_as(int peer, uint8_t id, uint8_t priority, gkm_duty_t duty,
					uint8_t primary, uint64_t epoch)
{
	gkm_coop_status_t status = {
		.version = GKM_COOP_VERSION,
		.id = id,
		.priority = priority,
		.duty = duty,
		.primary = primary,
		.boot = boots[peer],
		.seq = ++seq,
		.epoch = epoch,
	};

	return election->heard(election, peer, &status, now);
}

static void says(int peer, gkm_duty_t duty, uint8_t primary, uint64_t epoch)
{
	ck_assert(says_as(peer, peer == LOW_PEER ? LOW : HIGH, 100, duty, primary,
					  epoch));
}

/**
 * A peer says something for the first time
 */
static void appears(int peer, gkm_duty_t duty, uint8_t primary, uint64_t epoch)
{
	says(peer, duty, primary, epoch);
	expect(GKM_COOP_REACHED, peer);
}

/**
 * Time passes in which the low one, the high one or both repeat something
 */
static void pass(u_int ms, bool low, gkm_duty_t low_duty, uint8_t low_primary,
				 uint64_t low_epoch, bool high, gkm_duty_t high_duty,
				 uint8_t high_primary, uint64_t high_epoch)
{
	uint64_t end = now + ms;

	while (now < end)
	{
		now += min(end - now, 500);
		if (low)
		{
			says(LOW_PEER, low_duty, low_primary, low_epoch);
		}
		if (high)
		{
			says(HIGH_PEER, high_duty, high_primary, high_epoch);
		}
		if (now < end)
		{
			expect(GKM_COOP_STAY, -1);
		}
	}
}

#define NOTHING FALSE, GKM_DUTY_WAITING, 0, 0
#define WAITS TRUE, GKM_DUTY_WAITING, 0, 0
#define LEADS(id, epoch) TRUE, GKM_DUTY_PRIMARY, id, epoch
#define FOLLOWS(id, epoch) TRUE, GKM_DUTY_SECONDARY, id, epoch

/**
 * Follow the high one together with the low one
 */
static void follow_high(uint64_t epoch)
{
	appears(LOW_PEER, GKM_DUTY_SECONDARY, HIGH, epoch);
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, epoch);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	election->followed(election, HIGH_PEER, epoch);
	expect(GKM_COOP_STAY, -1);
}

static void follow_low(uint64_t epoch)
{
	appears(HIGH_PEER, GKM_DUTY_SECONDARY, LOW, epoch);
	appears(LOW_PEER, GKM_DUTY_PRIMARY, LOW, epoch);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, epoch);
	expect(GKM_COOP_STAY, -1);
}

START_TEST(waits_before_it_serves_alone)
{
	gkm_coop_status_t status = get_status();

	ck_assert_int_eq(status.version, GKM_COOP_VERSION);
	ck_assert_int_eq(status.id, 2);
	ck_assert_int_eq(status.priority, 100);
	ck_assert_int_eq(status.duty, GKM_DUTY_WAITING);
	ck_assert_int_eq(status.primary, 0);
	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
}
END_TEST

START_TEST(takes_over_what_it_kept_as_another_may_have_gone_on)
{
	teardown();
	start(7, FALSE);
	pass(10000, NOTHING, NOTHING);
	expect_promotion(TRUE, 8);
}
END_TEST

START_TEST(waits_no_longer_if_all_are_there)
{
	pass(1000, NOTHING, NOTHING);
	appears(LOW_PEER, GKM_DUTY_WAITING, 0, 0);
	expect(GKM_COOP_STAY, -1);
	says_as(HIGH_PEER, HIGH, 99, GKM_DUTY_WAITING, 0, 0);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	expect_promotion(FALSE, 1);
}
END_TEST

START_TEST(follows_a_primary_at_once)
{
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_WAITING);
	election->followed(election, HIGH_PEER, 5);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_SECONDARY);
	ck_assert_int_eq(get_status().primary, HIGH);
	ck_assert_uint_eq(get_status().epoch, 5);
	/* again if it became primary once more */
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 6);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
}
END_TEST

START_TEST(better_one_gets_a_detection_time_to_become_primary)
{
	appears(LOW_PEER, GKM_DUTY_WAITING, 0, 0);
	appears(HIGH_PEER, GKM_DUTY_WAITING, 0, 0);
	expect(GKM_COOP_STAY, -1);
	pass(DETECTION, WAITS, WAITS);
	expect_promotion(FALSE, 1);
}
END_TEST

/** Another primary: number, priority, epoch, and what to do about it */
static struct {
	int peer;
	uint8_t priority;
	uint64_t epoch;
	gkm_coop_action_t action;
} rivals[] = {
	{ LOW_PEER,		100,	1,	GKM_COOP_STAY	},
	{ LOW_PEER,		101,	1,	GKM_COOP_YIELD	},
	{ LOW_PEER,		100,	9,	GKM_COOP_STAY	},
	{ LOW_PEER,		255,	0,	GKM_COOP_YIELD	},
	{ HIGH_PEER,	99,		1,	GKM_COOP_STAY	},
	{ HIGH_PEER,	100,	1,	GKM_COOP_YIELD	},
	{ HIGH_PEER,	99,		9,	GKM_COOP_STAY	},
	{ HIGH_PEER,	101,	0,	GKM_COOP_YIELD	},
};

START_TEST(priority_counts_before_the_number_and_epochs_do_not)
{
	int peer = rivals[_i].peer;

	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
	ck_assert(says_as(peer, peer == LOW_PEER ? LOW : HIGH, rivals[_i].priority,
					  GKM_DUTY_PRIMARY, peer == LOW_PEER ? LOW : HIGH,
					  rivals[_i].epoch));
	expect(GKM_COOP_REACHED, peer);
	expect(rivals[_i].action,
		   rivals[_i].action == GKM_COOP_YIELD ? peer : -1);
}
END_TEST

START_TEST(who_kept_more_comes_first_among_those_that_wait)
{
	appears(LOW_PEER, GKM_DUTY_WAITING, 0, 4);
	appears(HIGH_PEER, GKM_DUTY_WAITING, 0, 0);
	expect(GKM_COOP_STAY, -1);
	pass(2 * DETECTION, TRUE, GKM_DUTY_WAITING, 0, 4, WAITS);
	expect_promotion(FALSE, 5);

	teardown();
	start(5, FALSE);
	appears(LOW_PEER, GKM_DUTY_WAITING, 0, 4);
	says(HIGH_PEER, GKM_DUTY_WAITING, 0, 0);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(who_has_no_state_leaves_it_to_one_that_has)
{
	appears(LOW_PEER, GKM_DUTY_SECONDARY, 0, 3);
	says_as(HIGH_PEER, HIGH, 1, GKM_DUTY_WAITING, 0, 9);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
	says(LOW_PEER, GKM_DUTY_PRIMARY, LOW, 10);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
}
END_TEST

START_TEST(best_takes_over_from_a_primary_that_is_lost)
{
	follow_high(5);
	pass(DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_LOST, HIGH_PEER);
	/* the other one still hears it, for what it knows */
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().primary, 0);
	says(LOW_PEER, GKM_DUTY_SECONDARY, 0, 5);
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(other_waits_for_the_best_to_take_over)
{
	follow_low(5);
	pass(DETECTION, NOTHING, FOLLOWS(LOW, 5));
	expect(GKM_COOP_LOST, LOW_PEER);
	says(HIGH_PEER, GKM_DUTY_SECONDARY, 0, 5);
	expect(GKM_COOP_STAY, -1);
	now += 100;
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 6);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	election->followed(election, HIGH_PEER, 6);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().primary, HIGH);
}
END_TEST

START_TEST(other_takes_over_if_the_best_does_not)
{
	follow_low(5);
	pass(DETECTION, NOTHING, FOLLOWS(LOW, 5));
	expect(GKM_COOP_LOST, LOW_PEER);
	says(HIGH_PEER, GKM_DUTY_SECONDARY, 0, 5);
	expect(GKM_COOP_STAY, -1);
	pass(DETECTION, NOTHING, FOLLOWS(0, 5));
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(primary_that_stops_is_replaced_at_once)
{
	gkm_coop_status_t status;

	follow_high(5);
	election->gone(election, HIGH_PEER, now);
	expect(GKM_COOP_LOST, HIGH_PEER);
	says(LOW_PEER, GKM_DUTY_SECONDARY, 0, 5);
	expect_promotion(TRUE, 6);
	/* what it said before that arrives now */
	ck_assert(!says_as(HIGH_PEER, HIGH, 100, GKM_DUTY_PRIMARY, HIGH, 5));
	ck_assert(!election->get_peer(election, HIGH_PEER, &status));
	boots[HIGH_PEER] = 99;
	appears(HIGH_PEER, GKM_DUTY_WAITING, 0, 5);
	ck_assert(election->get_peer(election, HIGH_PEER, &status));
}
END_TEST

START_TEST(newcomer_does_not_take_over_even_if_it_is_better)
{
	follow_low(5);
	boots[HIGH_PEER] = 99;
	says(HIGH_PEER, GKM_DUTY_WAITING, 0, 5);
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	pass(DETECTION, NOTHING, WAITS);
	expect(GKM_COOP_LOST, LOW_PEER);
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(primary_that_restarts_is_a_primary_no_more)
{
	follow_high(5);
	says(LOW_PEER, GKM_DUTY_SECONDARY, 0, 5);
	boots[HIGH_PEER] = 99;
	says(HIGH_PEER, GKM_DUTY_WAITING, 0, 5);
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(worse_of_two_primaries_yields)
{
	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 1);
	expect(GKM_COOP_YIELD, HIGH_PEER);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_PRIMARY);
	expect(GKM_COOP_YIELD, HIGH_PEER);
	election->followed(election, HIGH_PEER, 1);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_SECONDARY);
	ck_assert_int_eq(get_status().primary, HIGH);
}
END_TEST

START_TEST(better_of_two_primaries_stays)
{
	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
	appears(LOW_PEER, GKM_DUTY_PRIMARY, LOW, 8);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_PRIMARY);
	/* it goes on above all epochs if it becomes primary once more */
	election->reset(election, now);
	expect_promotion(FALSE, 9);
}
END_TEST

START_TEST(stays_primary_if_the_better_one_is_lost_before_it_yielded)
{
	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 1);
	expect(GKM_COOP_YIELD, HIGH_PEER);
	while (now < 11000 + DETECTION)
	{
		now += 500;
		if (now < 11000 + DETECTION)
		{
			expect(GKM_COOP_YIELD, HIGH_PEER);
		}
	}
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_PRIMARY);
}
END_TEST

START_TEST(follows_the_primary_that_its_own_yields_to)
{
	follow_low(5);
	/* both have the same epoch */
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	expect(GKM_COOP_STAY, -1);
	says(LOW_PEER, GKM_DUTY_SECONDARY, HIGH, 5);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	election->followed(election, HIGH_PEER, 5);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().primary, HIGH);
}
END_TEST

START_TEST(primary_from_elsewhere_gets_what_members_know_before)
{
	appears(LOW_PEER, GKM_DUTY_PRIMARY, LOW, 5);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, 5);
	pass(DETECTION, NOTHING, NOTHING);
	expect(GKM_COOP_LOST, LOW_PEER);
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 8);
	expect(GKM_COOP_REACHED, HIGH_PEER);
	expect(GKM_COOP_PROMOTE, -1);
	expect(GKM_COOP_YIELD, HIGH_PEER);
}
END_TEST

START_TEST(preempts_a_primary_with_a_lower_priority)
{
	teardown();
	start(0, TRUE);
	appears(LOW_PEER, GKM_DUTY_PRIMARY, LOW, 5);
	says_as(LOW_PEER, LOW, 99, GKM_DUTY_PRIMARY, LOW, 5);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, 5);
	expect_promotion(TRUE, 6);
	/* it yields */
	says_as(LOW_PEER, LOW, 99, GKM_DUTY_SECONDARY, 2, 6);
	expect(GKM_COOP_STAY, -1);
}
END_TEST

START_TEST(does_not_preempt_one_that_has_a_lower_number_only)
{
	teardown();
	start(0, TRUE);
	follow_low(5);
	pass(3 * DETECTION, LEADS(LOW, 5), FOLLOWS(LOW, 5));
	expect(GKM_COOP_STAY, -1);
}
END_TEST

START_TEST(does_not_preempt_unless_configured)
{
	appears(LOW_PEER, GKM_DUTY_PRIMARY, LOW, 5);
	says_as(LOW_PEER, LOW, 99, GKM_DUTY_PRIMARY, LOW, 5);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, 5);
	expect(GKM_COOP_STAY, -1);
}
END_TEST

START_TEST(peer_with_the_same_number_does_not_count)
{
	gkm_coop_status_t status;

	ck_assert(!says_as(HIGH_PEER, 2, 200, GKM_DUTY_PRIMARY, 2, 5));
	expect(GKM_COOP_CONFLICT, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
	ck_assert(!election->get_peer(election, HIGH_PEER, &status));
	ck_assert_int_eq(status.id, 2);
	/* said once */
	ck_assert(!says_as(HIGH_PEER, 2, 200, GKM_DUTY_PRIMARY, 2, 5));
	expect(GKM_COOP_STAY, -1);
	/* until it has another one */
	boots[HIGH_PEER] = 99;
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	/* or takes it again */
	ck_assert(!says_as(HIGH_PEER, 2, 200, GKM_DUTY_PRIMARY, 2, 5));
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_CONFLICT, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
}
END_TEST

START_TEST(second_of_two_peers_with_one_number_does_not_count)
{
	appears(LOW_PEER, GKM_DUTY_WAITING, 0, 0);
	ck_assert(!says_as(HIGH_PEER, LOW, 100, GKM_DUTY_PRIMARY, LOW, 1));
	expect(GKM_COOP_CONFLICT, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
}
END_TEST

START_TEST(old_messages_are_refused)
{
	gkm_coop_status_t status;
	uint64_t old = boots[HIGH_PEER];

	follow_high(5);
	election->get_peer(election, HIGH_PEER, &status);
	ck_assert(!election->heard(election, HIGH_PEER, &status, now));
	status.seq--;
	ck_assert(!election->heard(election, HIGH_PEER, &status, now));
	/* they don't make a peer reachable, and those of a boot before neither */
	boots[HIGH_PEER] = 99;
	says(HIGH_PEER, GKM_DUTY_SECONDARY, LOW, 6);
	boots[HIGH_PEER] = old;
	ck_assert(!says_as(HIGH_PEER, HIGH, 100, GKM_DUTY_PRIMARY, HIGH, 5));
	election->get_peer(election, HIGH_PEER, &status);
	ck_assert_uint_eq(status.boot, 99);
	ck_assert_int_eq(status.duty, GKM_DUTY_SECONDARY);
}
END_TEST

START_TEST(primary_that_another_one_reaches_is_followed_through_it)
{
	follow_high(5);
	pass(DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
	pass(DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, 5);
	pass(4 * DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_STAY, -1);
	/* nobody follows through this one in turn */
	ck_assert_int_eq(get_status().duty, GKM_DUTY_SECONDARY);
	ck_assert_int_eq(get_status().primary, 0);
	/* the primary is back */
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
	election->followed(election, HIGH_PEER, 5);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().primary, HIGH);
}
END_TEST

START_TEST(election_begins_when_the_other_one_lost_the_primary_too)
{
	follow_high(5);
	pass(DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_LOST, HIGH_PEER);
	expect(GKM_COOP_STAY, -1);
	pass(DETECTION, FOLLOWS(HIGH, 5), NOTHING);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	election->followed(election, LOW_PEER, 5);
	says_as(LOW_PEER, LOW, 101, GKM_DUTY_SECONDARY, 0, 5);
	expect(GKM_COOP_STAY, -1);
	now += 100;
	says_as(LOW_PEER, LOW, 101, GKM_DUTY_PRIMARY, LOW, 6);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
}
END_TEST

START_TEST(who_stood_still_does_not_take_others_to_be_lost)
{
	follow_high(5);
	now += 60000;
	expect(GKM_COOP_STAY, -1);
	now += 400;
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().primary, HIGH);
}
END_TEST

START_TEST(reset_elects_the_best_among_those_that_are_there)
{
	pass(10000, NOTHING, NOTHING);
	expect_promotion(FALSE, 1);
	appears(HIGH_PEER, GKM_DUTY_SECONDARY, 2, 1);
	expect(GKM_COOP_STAY, -1);
	election->reset(election, now);
	expect(GKM_COOP_STAY, -1);
	ck_assert_int_eq(get_status().duty, GKM_DUTY_SECONDARY);
	ck_assert_int_eq(get_status().primary, 0);
	says(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 2);
	expect(GKM_COOP_FOLLOW, HIGH_PEER);
}
END_TEST

START_TEST(secondary_elects_when_the_primary_is_reset)
{
	follow_low(5);
	says_as(HIGH_PEER, HIGH, 99, GKM_DUTY_SECONDARY, LOW, 5);
	election->reset(election, now);
	expect(GKM_COOP_FOLLOW, LOW_PEER);
	says(LOW_PEER, GKM_DUTY_SECONDARY, 0, 5);
	expect_promotion(TRUE, 6);
}
END_TEST

START_TEST(says_when_something_is_due)
{
	ck_assert_uint_eq(election->next_due(election, now), now + 500);
	appears(HIGH_PEER, GKM_DUTY_PRIMARY, HIGH, 5);
	ck_assert_uint_eq(election->next_due(election, now), now + 500);
	ck_assert_uint_eq(election->next_due(election, now + DETECTION - 100),
					  now + DETECTION);
	says(LOW_PEER, GKM_DUTY_WAITING, 0, 0);
	ck_assert_uint_eq(election->next_due(election, now), now);
}
END_TEST

Suite *gkm_coop_election_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_coop_election");
	tc = tcase_create("gkm_coop_election");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, waits_before_it_serves_alone);
	tcase_add_test(tc, takes_over_what_it_kept_as_another_may_have_gone_on);
	tcase_add_test(tc, waits_no_longer_if_all_are_there);
	tcase_add_test(tc, follows_a_primary_at_once);
	tcase_add_test(tc, better_one_gets_a_detection_time_to_become_primary);
	tcase_add_loop_test(tc, priority_counts_before_the_number_and_epochs_do_not,
						0, countof(rivals));
	tcase_add_test(tc, who_kept_more_comes_first_among_those_that_wait);
	tcase_add_test(tc, who_has_no_state_leaves_it_to_one_that_has);
	tcase_add_test(tc, best_takes_over_from_a_primary_that_is_lost);
	tcase_add_test(tc, other_waits_for_the_best_to_take_over);
	tcase_add_test(tc, other_takes_over_if_the_best_does_not);
	tcase_add_test(tc, primary_that_stops_is_replaced_at_once);
	tcase_add_test(tc, newcomer_does_not_take_over_even_if_it_is_better);
	tcase_add_test(tc, primary_that_restarts_is_a_primary_no_more);
	tcase_add_test(tc, worse_of_two_primaries_yields);
	tcase_add_test(tc, better_of_two_primaries_stays);
	tcase_add_test(tc, stays_primary_if_the_better_one_is_lost_before_it_yielded);
	tcase_add_test(tc, follows_the_primary_that_its_own_yields_to);
	tcase_add_test(tc, primary_from_elsewhere_gets_what_members_know_before);
	tcase_add_test(tc, preempts_a_primary_with_a_lower_priority);
	tcase_add_test(tc, does_not_preempt_one_that_has_a_lower_number_only);
	tcase_add_test(tc, does_not_preempt_unless_configured);
	tcase_add_test(tc, peer_with_the_same_number_does_not_count);
	tcase_add_test(tc, second_of_two_peers_with_one_number_does_not_count);
	tcase_add_test(tc, old_messages_are_refused);
	tcase_add_test(tc, primary_that_another_one_reaches_is_followed_through_it);
	tcase_add_test(tc, election_begins_when_the_other_one_lost_the_primary_too);
	tcase_add_test(tc, who_stood_still_does_not_take_others_to_be_lost);
	tcase_add_test(tc, reset_elects_the_best_among_those_that_are_there);
	tcase_add_test(tc, secondary_elects_when_the_primary_is_reset);
	tcase_add_test(tc, says_when_something_is_due);
	suite_add_tcase(s, tc);
	return s;
}
