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
#include "samples.h"

#include "libgkm/group/gkm_algs.h"
#include "libgkm/group/gkm_rollover.h"

/** Time at which SAs are received, milliseconds */
#define START 1000000ULL

/** All SAs of a test; entries of arrays point here */
static gkm_rollover_t pool[4];

/** What the SAs protect: two kinds of traffic */
static gkm_data_sa_t *traffic[2];

/** SAs that a member holds */
static array_t *sas;

static gkm_data_sa_t *create_traffic(char *dst)
{
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr(dst, 0, 0, 65535);
	return sa;
}

static void setup()
{
	traffic[0] = create_traffic("239.1.1.1/32");
	traffic[1] = create_traffic("239.1.1.2/32");
	sas = array_create(0, 0);
}

static void teardown()
{
	gkm_data_sa_destroy(traffic[0]);
	gkm_data_sa_destroy(traffic[1]);
	array_destroy(sas);
}

/**
 * Make an SA of the pool one that was received
 */
static gkm_rollover_t *make(int i, uint32_t lifetime, uint64_t activate,
							uint64_t now)
{
	pool[i] = (gkm_rollover_t){
		.sa = traffic[0],
		.out = TRUE,
		.activate = activate,
	};
	gkm_rollover_set_lifetime(&pool[i], lifetime, now);
	return &pool[i];
}

/**
 * Receive an SA
 */
static gkm_rollover_t *add(int i, uint32_t lifetime, uint64_t activate)
{
	gkm_rollover_t *sa = make(i, lifetime, activate, START);

	array_insert(sas, ARRAY_TAIL, sa);
	return sa;
}

/**
 * Has an SA ended?
 */
static bool is_over(gkm_rollover_t *sa, uint64_t now)
{
	return sa->expires && sa->expires <= now;
}

/**
 * SA of an array to send on, after those that ended were removed
 */
static gkm_rollover_t *sender_of(array_t *held, uint64_t now)
{
	gkm_rollover_t *current, probe = { .sa = traffic[0] };
	int i;

	for (i = array_count(held) - 1; i >= 0; i--)
	{
		array_get(held, i, &current);
		if (is_over(current, now))
		{
			array_remove(held, i, NULL);
		}
	}
	return gkm_rollover_sender(held, &probe, now);
}

/**
 * Check which SA is sent on
 */
static void assert_sender(uint64_t now, gkm_rollover_t *expected)
{
	gkm_rollover_t *sender = sender_of(sas, now);

	ck_assert_msg(sender == expected, "at %llu: SA %d, expected %d",
				  (unsigned long long)(now - START),
				  sender ? (int)(sender - pool) : -1,
				  expected ? (int)(expected - pool) : -1);
}

START_TEST(nothing_sends_without_sas)
{
	assert_sender(START, NULL);
	ck_assert_int_eq(gkm_rollover_due(sas, START), 0);
	ck_assert_int_eq(gkm_rollover_end(sas), 0);
}
END_TEST

START_TEST(receivers_do_not_send)
{
	add(0, 100, 0)->out = FALSE;
	assert_sender(START, NULL);
	/* but have to know when it ends */
	ck_assert(gkm_rollover_due(sas, START) == START + 100000);
}
END_TEST

START_TEST(other_traffic_does_not_matter)
{
	gkm_rollover_t *mine = add(0, 0, 0);

	add(1, 0, START)->sa = traffic[1];
	assert_sender(START, mine);
	ck_assert(gkm_rollover_same_traffic(&pool[0], &pool[0]));
	ck_assert(!gkm_rollover_same_traffic(&pool[0], &pool[1]));
}
END_TEST

START_TEST(registered_sas_are_used_one_after_the_other)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 200, 0);

	assert_sender(START, old);
	assert_sender(START + 97999, old);
	/* 2% before the end */
	assert_sender(START + 98000, new);
	assert_sender(START + 150000, new);
	/* even if it is the last one and near its end */
	assert_sender(START + 199999, new);
	assert_sender(START + 200000, NULL);
}
END_TEST

START_TEST(a_new_sa_is_sent_on_after_the_activation_delay)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 100, START + 5000);

	assert_sender(START, old);
	assert_sender(START + 4999, old);
	assert_sender(START + 5000, new);
}
END_TEST

START_TEST(without_a_delay_a_new_sa_is_sent_on_at_once)
{
	add(0, 100, 0);
	assert_sender(START, add(1, 100, START));
}
END_TEST

START_TEST(the_newest_active_sa_counts)
{
	gkm_rollover_t *second, *third;

	add(0, 0, 0);
	second = add(1, 0, START + 1000);
	third = add(2, 0, START + 2000);
	assert_sender(START + 1500, second);
	assert_sender(START + 2000, third);
}
END_TEST

START_TEST(a_deleted_sa_is_sent_on_until_another_is_active)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 100, START + 5000);

	gkm_rollover_delete(old, 10000, START);
	assert_sender(START + 4999, old);
	assert_sender(START + 5000, new);
	ck_assert(old->expires == START + 10000);
}
END_TEST

START_TEST(a_deleted_sa_without_successor_is_sent_on_to_its_end)
{
	gkm_rollover_t *old = add(0, 100, 0);

	gkm_rollover_delete(old, 10000, START);
	assert_sender(START + 9999, old);
	assert_sender(START + 10000, NULL);
}
END_TEST

START_TEST(a_deleted_sa_hands_over_to_a_registered_one_at_once)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 100, 0);

	assert_sender(START, old);
	gkm_rollover_delete(old, 10000, START);
	assert_sender(START, new);
}
END_TEST

START_TEST(a_new_sa_is_sent_on_early_if_the_old_one_ends)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 100, START + 20000);

	gkm_rollover_delete(old, 10000, START);
	assert_sender(START + 9999, old);
	assert_sender(START + 10000, new);
}
END_TEST

START_TEST(deletion_never_prolongs_an_sa)
{
	gkm_rollover_t *sa = add(0, 5, 0);

	gkm_rollover_delete(sa, 10000, START);
	ck_assert(sa->expires == START + 5000);
	gkm_rollover_delete(sa, 1000, START);
	ck_assert(sa->expires == START + 1000);
	/* without a lifetime it ends, too */
	sa = add(1, 0, 0);
	gkm_rollover_delete(sa, 0, START);
	ck_assert(sa->expires == START);
}
END_TEST

START_TEST(who_gets_a_deleted_sa_again_keeps_it)
{
	gkm_rollover_t *sa = add(0, 100, 0);

	gkm_rollover_delete(sa, 10000, START);
	gkm_rollover_set_lifetime(sa, 90, START + 1000);
	ck_assert(!sa->deleted);
	ck_assert(sa->expires == START + 91000);
	ck_assert(sa->lifetime == 100000);
}
END_TEST

START_TEST(an_sa_that_is_used_up_hands_over_to_a_registered_one)
{
	gkm_rollover_t *old = add(0, 100, 0), *new;

	old->used_up = TRUE;
	assert_sender(START, old);
	new = add(1, 100, 0);
	assert_sender(START, new);
	/* but who waits for its activation isn't hurried */
	new->activate = START + 5000;
	assert_sender(START + 4999, old);
	assert_sender(START + 5000, new);
}
END_TEST

START_TEST(an_sa_that_is_spent_waits_for_no_activation)
{
	gkm_rollover_t *old = add(0, 100, 0), *new;

	old->spent = TRUE;
	assert_sender(START, old);
	new = add(1, 100, START + 5000);
	assert_sender(START, new);
	/* nor is there a way back if that is spent, too */
	old->spent = FALSE;
	new->spent = TRUE;
	assert_sender(START + 5000, new);
}
END_TEST

START_TEST(a_handover_takes_its_time)
{
	gkm_rollover_t *old = add(0, 100, 0), *new = add(1, 100, START + 50000);

	gkm_rollover_hand_over(old, new, 1000, START);
	ck_assert(gkm_rollover_due(sas, START) == START + 1000);
	assert_sender(START + 999, old);
	assert_sender(START + 1000, new);
	ck_assert_int_eq(array_count(sas), 1);
	/* unless there isn't as much */
	teardown();
	setup();
	old = add(0, 1, 0);
	new = add(1, 100, 0);
	gkm_rollover_hand_over(old, new, 2000, START);
	assert_sender(START + 999, old);
	assert_sender(START + 1000, new);
}
END_TEST

START_TEST(there_is_no_way_back_to_an_older_sa)
{
	gkm_rollover_t *old = add(0, 0, 0), *new = add(1, 100, START), *newest;

	/* whether the newer one nears its end, or is deleted */
	assert_sender(START + 99999, new);
	newest = add(2, 100, START + 5000);
	gkm_rollover_delete(new, 10000, START);
	assert_sender(START + 4999, new);
	assert_sender(START + 5000, newest);
	/* only if there is no other */
	assert_sender(START + 100000, old);
}
END_TEST

START_TEST(senders_change_after_members_re_registered)
{
	ck_assert_int_eq(gkm_rollover_lead(0), 0);
	ck_assert_int_eq(gkm_rollover_lead(10000), 200);
	ck_assert_int_eq(gkm_rollover_lead(500000), 10000);
	ck_assert_int_eq(gkm_rollover_lead(3600000), 10000);
	ck_assert_int_eq(gkm_rollover_lead(86400000), 10000);
}
END_TEST

START_TEST(the_first_end_without_successor_counts)
{
	ck_assert(gkm_rollover_end(sas) == 0);
	add(0, 0, 0);
	ck_assert(gkm_rollover_end(sas) == 0);
	add(1, 100, 0)->sa = traffic[1];
	ck_assert(gkm_rollover_end(sas) == START + 100000);
	/* a successor makes the old SA's end unimportant */
	add(2, 200, 0)->sa = traffic[1];
	ck_assert(gkm_rollover_end(sas) == START + 200000);
	add(3, 0, 0)->sa = traffic[1];
	ck_assert(gkm_rollover_end(sas) == 0);
}
END_TEST

START_TEST(deleted_sas_need_no_successor)
{
	gkm_rollover_delete(add(0, 100, 0), 1000, START);
	ck_assert(gkm_rollover_end(sas) == 0);
	/* nor do they succeed */
	add(1, 50, 0);
	ck_assert(gkm_rollover_end(sas) == START + 50000);
}
END_TEST

/** What SAs of the property tests may be like, relative to START */
static uint32_t lifetimes[] = { 0, 3, 8 };
static uint64_t activations[] = { 0, 1, 4000, 9000 };
static uint64_t deletions[] = { UINT64_MAX, 0, 2000, 6000 };

/** Number of different SAs by the above */
#define KINDS (countof(lifetimes) * countof(activations) * countof(deletions))

/**
 * Receive an SA of some kind
 */
static void add_kind(int i, int kind)
{
	uint64_t activate, deletion;
	gkm_rollover_t *sa;

	activate = activations[kind / countof(lifetimes) % countof(activations)];
	deletion = deletions[kind / countof(lifetimes) / countof(activations)];
	sa = add(i, lifetimes[kind % countof(lifetimes)],
			 activate ? START + activate : 0);
	if (deletion != UINT64_MAX)
	{
		gkm_rollover_delete(sa, deletion, START);
	}
}

START_TEST(there_is_a_sender_as_long_as_there_are_sas)
{
	gkm_rollover_t *sender;
	uint64_t now;
	int i;

	/* a part of all pairs, in which each kind is both first and second */
	for (i = 0; i < KINDS * KINDS; i += 7)
	{
		add_kind(0, _i);
		add_kind(1, i % KINDS);
		add_kind(2, i / KINDS);
		for (now = START; now < START + 10000; now += 1000)
		{
			sender = sender_of(sas, now);
			ck_assert_msg((sender != NULL) == (array_count(sas) != 0),
						  "SAs %d, %d at %llu", _i, i,
						  (unsigned long long)(now - START));
			ck_assert(!sender || !is_over(sender, now));
		}
		while (array_remove(sas, ARRAY_TAIL, NULL));
	}
}
END_TEST

START_TEST(senders_change_only_when_that_is_due)
{
	gkm_rollover_t *sender, *before;
	uint64_t now, due;
	int i;

	for (i = 0; i < KINDS; i++)
	{
		add_kind(0, _i);
		add_kind(1, i);
		before = sender_of(sas, START);
		due = gkm_rollover_due(sas, START);
		for (now = START; now < START + 10000; now += 40)
		{
			sender = sender_of(sas, now);
			ck_assert_msg(sender == before || (due && due <= now),
						  "SAs %d, %d at %llu", _i, i,
						  (unsigned long long)(now - START));
			if (due && due <= now)
			{
				due = gkm_rollover_due(sas, now);
				ck_assert(!due || due > now);
			}
			before = sender;
		}
		while (array_remove(sas, ARRAY_TAIL, NULL));
	}
}
END_TEST

/** Delays, in seconds: activation, deactivation, lifetime of the old SA */
static struct {
	uint64_t atd;
	uint64_t dtd;
	uint32_t lifetime;
} delays[] = {
	{ 0, 0, 0 },
	{ 0, 5, 0 },
	{ 3, 3, 0 },
	{ 3, 6, 0 },
	{ 3, 10, 100 },
	{ 5, 7, 100 },
};

/**
 * A member that has an old SA receives the new one and the deletion
 */
static array_t *receive_rekey(int first, uint64_t at, uint64_t atd,
							  uint64_t dtd, uint32_t lifetime, uint64_t now)
{
	array_t *held = array_create(0, 0);
	gkm_rollover_t *old, *new;

	old = make(first, lifetime, 0, START);
	array_insert(held, ARRAY_TAIL, old);
	if (now >= at)
	{
		new = make(first + 1, 0, at + atd, at);
		array_insert(held, ARRAY_TAIL, new);
		gkm_rollover_delete(old, dtd, at);
	}
	return held;
}

START_TEST(receivers_hold_what_senders_use_across_a_rekey)
{
	uint64_t atd = delays[_i].atd * 1000, dtd = delays[_i].dtd * 1000;
	uint64_t sent, got, now;
	gkm_rollover_t *sender;
	array_t *mine, *theirs;
	bool held;

	/* the sender gets the rekey at "sent", a receiver at "got" */
	for (sent = START; sent <= START + 10000; sent += 500)
	{
		for (got = START; got <= START + 10000; got += 500)
		{
			if ((got > sent && got - sent >= atd) ||
				(sent > got && sent - got > dtd - atd))
			{
				continue;
			}
			for (now = START; now < START + 25000; now += 500)
			{
				mine = receive_rekey(0, sent, atd, dtd, delays[_i].lifetime,
									 now);
				theirs = receive_rekey(2, got, atd, dtd, delays[_i].lifetime,
									   now);
				sender = sender_of(mine, now);
				sender_of(theirs, now);
				ck_assert(sender);
				held = sender == &pool[0] ? !is_over(&pool[2], now)
										  : now >= got;
				ck_assert_msg(held, "sender got it at %llu and uses the %s SA "
							  "at %llu, the receiver got it at %llu",
							  (unsigned long long)(sent - START),
							  sender == &pool[0] ? "old" : "new",
							  (unsigned long long)(now - START),
							  (unsigned long long)(got - START));
				array_destroy(mine);
				array_destroy(theirs);
			}
		}
	}
}
END_TEST

START_TEST(traffic_of_applications_differs_in_its_object_identifier)
{
	gkm_rollover_t a = { .sa = traffic[0] }, b = { .sa = traffic[1] };

	traffic[1]->dst->destroy(traffic[1]->dst);
	traffic[1]->dst = traffic[0]->dst->clone(traffic[0]->dst);
	ck_assert(gkm_rollover_same_traffic(&a, &b));
	traffic[0]->oid = unhex("06 02 2a03");
	ck_assert(!gkm_rollover_same_traffic(&a, &b));
	traffic[1]->oid = unhex("06 02 2a04");
	ck_assert(!gkm_rollover_same_traffic(&a, &b));
	traffic[1]->oid.ptr[3] = 3;
	ck_assert(gkm_rollover_same_traffic(&a, &b));
	traffic[1]->oid_data = unhex("01");
	ck_assert(!gkm_rollover_same_traffic(&a, &b));
	traffic[0]->oid_data = unhex("01");
	ck_assert(gkm_rollover_same_traffic(&a, &b));
}
END_TEST

/*
 * Described in header
 */
START_TEST(what_a_push_brings_is_used_as_what_it_replaces)
{
	struct {
		gkm_direction_t held;
		gkm_direction_t told;
		gkm_direction_t expected;
	} cases[] = {
		{ GKM_SENDER_ONLY, GKM_SYMMETRIC, GKM_SENDER_ONLY },
		{ GKM_RECEIVER_ONLY, GKM_SYMMETRIC, GKM_RECEIVER_ONLY },
		{ GKM_SYMMETRIC, GKM_SYMMETRIC, GKM_SYMMETRIC },
		{ GKM_RECEIVER_ONLY, GKM_SENDER_ONLY, GKM_SENDER_ONLY },
		/* G-IKEv2 tells all there is */
		{ GKM_RECEIVER_ONLY, GKM_DIRECTION_UNTOLD, GKM_DIRECTION_UNTOLD },
	};
	bool sequential = cases[_i].expected == GKM_SENDER_ONLY ||
					  cases[_i].expected == GKM_RECEIVER_ONLY;
	gkm_data_sa_t *new = create_traffic("239.1.1.1/32"), *held[3];
	gkm_direction_t directions[] = {
		/* it isn't the newest, or has other traffic */
		GKM_SYMMETRIC, cases[_i].held, GKM_SENDER_ONLY,
	};
	int i;

	for (i = 0; i < countof(held); i++)
	{
		held[i] = create_traffic(i == 2 ? "239.1.1.2/32" : "239.1.1.1/32");
		held[i]->direction = directions[i];
		add(i, 3600, 0)->sa = held[i];
	}
	new->direction = cases[_i].told;
	new->proposal = gkm_data_proposal(PROTO_ESP,
									  cases[_i].told == GKM_SENDER_ONLY ?
									  GKM_SN_SEQUENTIAL : GKM_SN_UNSPECIFIED,
									  "aes256gcm16", NULL);
	gkm_rollover_inherit(sas, new);
	ck_assert_int_eq(new->direction, cases[_i].expected);
	ck_assert_int_eq(gkm_proposal_is_sequential(new->proposal), sequential);
	gkm_data_sa_destroy(new);
	for (i = 0; i < countof(held); i++)
	{
		gkm_data_sa_destroy(held[i]);
	}
}
END_TEST

Suite *gkm_rollover_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("rollover");

	tc = tcase_create("sender");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_sends_without_sas);
	tcase_add_test(tc, receivers_do_not_send);
	tcase_add_test(tc, other_traffic_does_not_matter);
	tcase_add_test(tc, traffic_of_applications_differs_in_its_object_identifier);
	tcase_add_test(tc, registered_sas_are_used_one_after_the_other);
	tcase_add_test(tc, a_new_sa_is_sent_on_after_the_activation_delay);
	tcase_add_test(tc, without_a_delay_a_new_sa_is_sent_on_at_once);
	tcase_add_test(tc, the_newest_active_sa_counts);
	tcase_add_test(tc, a_deleted_sa_is_sent_on_until_another_is_active);
	tcase_add_test(tc, a_deleted_sa_without_successor_is_sent_on_to_its_end);
	tcase_add_test(tc, a_deleted_sa_hands_over_to_a_registered_one_at_once);
	tcase_add_test(tc, a_new_sa_is_sent_on_early_if_the_old_one_ends);
	tcase_add_test(tc, an_sa_that_is_used_up_hands_over_to_a_registered_one);
	tcase_add_test(tc, an_sa_that_is_spent_waits_for_no_activation);
	tcase_add_test(tc, a_handover_takes_its_time);
	tcase_add_test(tc, there_is_no_way_back_to_an_older_sa);
	tcase_add_loop_test(tc, what_a_push_brings_is_used_as_what_it_replaces, 0,
						5);
	suite_add_tcase(s, tc);

	tc = tcase_create("times");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, deletion_never_prolongs_an_sa);
	tcase_add_test(tc, who_gets_a_deleted_sa_again_keeps_it);
	tcase_add_test(tc, senders_change_after_members_re_registered);
	tcase_add_test(tc, the_first_end_without_successor_counts);
	tcase_add_test(tc, deleted_sas_need_no_successor);
	suite_add_tcase(s, tc);

	tc = tcase_create("make before break");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, there_is_a_sender_as_long_as_there_are_sas, 0,
						KINDS);
	tcase_add_loop_test(tc, senders_change_only_when_that_is_due, 0, KINDS);
	tcase_add_loop_test(tc, receivers_hold_what_senders_use_across_a_rekey, 0,
						countof(delays));
	suite_add_tcase(s, tc);

	return s;
}
