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

#include "libgkm/group/gkm_member_state.h"

/** Time at which members start, milliseconds */
#define START 5000000ULL

/** Retry times of the members in these tests, seconds */
#define RETRY_MIN 5
#define RETRY_MAX 60

/** Smallest, middle and largest random number */
static uint32_t randoms[] = { 0, UINT32_MAX / 2, UINT32_MAX };

/**
 * Let something happen, without jitter
 */
static bool happen(gkm_member_state_t *state, gkm_member_event_t event,
				   uint64_t now)
{
	return gkm_member_state_event(state, event, now, 0, 0);
}

/**
 * Create a member that left
 */
static gkm_member_state_t create(u_int servers)
{
	gkm_member_state_t state;

	gkm_member_state_init(&state, servers, RETRY_MIN, RETRY_MAX);
	ck_assert_int_eq(state.phase, GKM_MEMBER_LEFT);
	return state;
}

/**
 * Create a member that asks its first server
 */
static gkm_member_state_t create_registering(u_int servers)
{
	gkm_member_state_t state = create(servers);

	ck_assert(happen(&state, GKM_MEMBER_START, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERING);
	return state;
}

/**
 * Create a member that is registered from START on
 */
static gkm_member_state_t create_registered(u_int servers, uint32_t lifetime)
{
	gkm_member_state_t state = create_registering(servers);

	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START,
									  lifetime, 0));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	return state;
}

START_TEST(a_member_that_left_does_nothing)
{
	gkm_member_event_t events[] = {
		GKM_MEMBER_ATTEMPT, GKM_MEMBER_ACCEPTED,
		GKM_MEMBER_ACCEPTED_LATE, GKM_MEMBER_FAILED, GKM_MEMBER_LOST,
		GKM_MEMBER_TIMER, GKM_MEMBER_EXPIRED, GKM_MEMBER_EXCLUDED,
		GKM_MEMBER_REKEYED, GKM_MEMBER_MISSED, GKM_MEMBER_USED_UP,
		GKM_MEMBER_LEAVE,
	};
	gkm_member_state_t state = create(2);
	int i;

	for (i = 0; i < countof(events); i++)
	{
		ck_assert_msg(!happen(&state, events[i], START + i), "event %d",
					  events[i]);
		ck_assert_int_eq(state.phase, GKM_MEMBER_LEFT);
		ck_assert_int_eq(state.due, 0);
	}
}
END_TEST

START_TEST(servers_are_tried_in_order_then_the_member_waits)
{
	gkm_member_state_t state = create_registering(3);
	u_int server;

	for (server = 0; server < 3; server++)
	{
		ck_assert_int_eq(state.server, server);
		ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERING);
		if (server < 2)
		{
			ck_assert(happen(&state, GKM_MEMBER_FAILED, START));
			ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);
			ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START));
		}
	}
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert(state.due == START + RETRY_MIN * 1000);
	ck_assert_int_eq(state.server, 0);
	/* not before time is up */
	ck_assert(!happen(&state, GKM_MEMBER_TIMER, state.due - 1));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);
	ck_assert_int_eq(state.due, 0);
}
END_TEST

START_TEST(waits_double_up_to_the_longest)
{
	uint64_t expected[] = { 5000, 10000, 20000, 40000, 60000, 60000 };
	gkm_member_state_t state = create_registering(1);
	uint64_t now = START;
	int i;

	for (i = 0; i < countof(expected); i++)
	{
		ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_FAILED, now, 0,
										  randoms[_i]));
		ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
		ck_assert_msg(state.due - now >= expected[i] &&
					  state.due - now <= expected[i] + expected[i] / 4,
					  "wait %d: %llu ms, expected %llu", i,
					  (unsigned long long)(state.due - now),
					  (unsigned long long)expected[i]);
		now = state.due;
		ck_assert(happen(&state, GKM_MEMBER_TIMER, now));
		ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, now));
	}
	/* success starts it over */
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, now));
	ck_assert(happen(&state, GKM_MEMBER_EXPIRED, now));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, now));
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, now));
	ck_assert(state.due == now + RETRY_MIN * 1000);
}
END_TEST

START_TEST(waits_are_spread)
{
	gkm_member_state_t low = create_registering(1), high = low;

	gkm_member_state_event(&low, GKM_MEMBER_FAILED, START, 0, 0);
	gkm_member_state_event(&high, GKM_MEMBER_FAILED, START, 0, UINT32_MAX);
	ck_assert(low.due == START + RETRY_MIN * 1000);
	ck_assert(high.due == START + RETRY_MIN * 1250);
}
END_TEST

static struct {
	uint32_t lifetime;
	uint64_t from;
	uint64_t to;
} windows[] = {
	{ 3600,			3168000,			3456000 },
	{ 1,			880,				960 },
	{ 10,			8800,				9600 },
	{ UINT32_MAX,	3779571219600ULL,	4123168603200ULL },
};

START_TEST(members_re_register_between_12_and_4_percent_of_the_end)
{
	gkm_member_state_t state;
	uint64_t due[countof(randoms)];
	int i;

	for (i = 0; i < countof(randoms); i++)
	{
		state = create_registering(1);
		gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START,
							   windows[_i].lifetime, randoms[i]);
		due[i] = state.due - START;
		ck_assert(!happen(&state, GKM_MEMBER_TIMER, state.due - 1));
		ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
		ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
		ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	}
	ck_assert_msg(due[0] == windows[_i].from, "from %llu",
				  (unsigned long long)due[0]);
	ck_assert(due[0] < due[1] && due[1] < due[2]);
	ck_assert_msg(due[2] == windows[_i].to, "to %llu",
				  (unsigned long long)due[2]);
}
END_TEST

START_TEST(unlimited_keys_need_no_timer)
{
	gkm_member_state_t state = create_registered(1, 0);

	ck_assert_int_eq(state.due, 0);
	ck_assert(!happen(&state, GKM_MEMBER_TIMER, UINT64_MAX));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
}
END_TEST

START_TEST(re_registration_starts_with_the_server_that_answered)
{
	gkm_member_state_t state = create_registering(3);

	ck_assert(happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START, 100,
									  0));
	ck_assert_int_eq(state.server, 1);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.server, 1);
	/* and goes round from there, with keys all the time */
	ck_assert(happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(state.server, 2);
	ck_assert(happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(state.server, 0);
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert(state.due == START + RETRY_MIN * 1000);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START, 100,
									  0));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
}
END_TEST

START_TEST(expired_keys_send_a_member_searching)
{
	gkm_member_state_t state = create_registered(1, 100);

	/* while all servers fail */
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START + 90000));
	ck_assert(happen(&state, GKM_MEMBER_EXPIRED, START + 100000));
	ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);
	ck_assert_int_eq(state.due, 0);

	/* while one is being asked: that goes on */
	state = create_registered(1, 100);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert(!happen(&state, GKM_MEMBER_EXPIRED, START + 100000));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERING);
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START + 100001));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
}
END_TEST

START_TEST(excluded_members_come_back_after_1_to_5_seconds)
{
	uint64_t due[] = { 1000, 2999, 5000 };
	gkm_member_state_t state = create_registered(1, 0);

	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_EXCLUDED, START, 0,
									  randoms[_i]));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert_msg(state.due == START + due[_i], "due after %llu ms",
				  (unsigned long long)(state.due - START));
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);

	/* what a server answers that was asked before comes too late */
	state = create_registered(1, 100);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_EXCLUDED, START, 0,
									  randoms[_i]));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert(state.due == START + due[_i]);
}
END_TEST

START_TEST(start_hurries_but_never_twice)
{
	gkm_member_state_t state = create_registering(1);

	ck_assert(!happen(&state, GKM_MEMBER_START, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERING);
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(state.phase, GKM_MEMBER_WAITING);
	ck_assert(happen(&state, GKM_MEMBER_START, START + 1));
	ck_assert_int_eq(state.phase, GKM_MEMBER_SEARCHING);
	ck_assert(!happen(&state, GKM_MEMBER_START, START + 1));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 1));
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START + 2));
	ck_assert(happen(&state, GKM_MEMBER_START, START + 3));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert(!happen(&state, GKM_MEMBER_START, START + 3));
}
END_TEST

START_TEST(late_results_change_nothing)
{
	gkm_member_state_t state = create_registered(2, 100), before = state;

	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START + 1));
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START + 1));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 1));
	ck_assert(memeq(&state, &before, sizeof(state)));
}
END_TEST

START_TEST(leaving_ends_everything_from_any_phase)
{
	gkm_member_state_t states[] = {
		create(2), create_registering(2), create_registering(1),
		create_registered(2, 100), create_registered(2, 100),
	};
	int i;

	ck_assert(!happen(&states[2], GKM_MEMBER_FAILED, START));
	ck_assert_int_eq(states[2].phase, GKM_MEMBER_WAITING);
	ck_assert(happen(&states[4], GKM_MEMBER_TIMER, states[4].due));
	ck_assert_int_eq(states[4].phase, GKM_MEMBER_REREGISTERING);
	for (i = 0; i < countof(states); i++)
	{
		ck_assert(!happen(&states[i], GKM_MEMBER_LEAVE, START));
		ck_assert_int_eq(states[i].phase, GKM_MEMBER_LEFT);
		ck_assert_int_eq(states[i].due, 0);
		ck_assert_int_eq(states[i].server, 0);
	}
}
END_TEST

START_TEST(a_rekey_moves_the_time_to_re_register)
{
	gkm_member_state_t state = create_registered(1, 100);

	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 5000,
									  1000, UINT32_MAX));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert(state.due == START + 5000 + 960000);
	/* to sooner, and to never */
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 6000,
									  100, 0));
	ck_assert(state.due == START + 6000 + 88000);
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 7000,
									  0, 0));
	ck_assert_int_eq(state.due, 0);
}
END_TEST

START_TEST(a_rekey_ends_a_vain_search_for_servers)
{
	gkm_member_state_t state = create_registered(1, 100), running;

	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	/* but not while a server is being asked */
	running = state;
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 90000,
									  1000, 0));
	ck_assert(memeq(&state, &running, sizeof(state)));
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START + 90000));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 91000,
									  1000, 0));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert(state.due == START + 91000 + 880000);
	ck_assert(state.retry == RETRY_MIN * 1000);
}
END_TEST

START_TEST(who_missed_something_re_registers_within_5_to_10_seconds)
{
	uint64_t due[] = { 5000, 7499, 10000 };
	gkm_member_state_t state = create_registered(1, 0);

	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_MISSED, START + 1, 0,
									  randoms[_i]));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert_msg(state.due == START + 1 + due[_i], "due after %llu ms",
				  (unsigned long long)(state.due - START - 1));
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	/* and that is all that it needs */
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START, 100,
									  0));
	ck_assert(!state.missed);
	ck_assert(state.due == START + 88000);
}
END_TEST

START_TEST(who_used_an_sa_up_re_registers_within_a_second)
{
	uint64_t due[] = { 0, 499, 1000 };
	gkm_member_state_t state = create_registered(1, 0);

	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_USED_UP, START + 1, 0,
									  randoms[_i]));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert_msg(state.due == START + 1 + due[_i], "due after %llu ms",
				  (unsigned long long)(state.due - START - 1));
	/* a rekey doesn't put it off, nor does what is missed */
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 1,
									  1000, 0));
	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START + 1));
	ck_assert(state.due == START + 1 + due[_i]);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert(!happen(&state, GKM_MEMBER_USED_UP, state.due));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED, START, 100,
									  0));
	ck_assert(!state.missed);
	ck_assert(state.due == START + 88000);
}
END_TEST

START_TEST(missing_something_puts_nothing_off)
{
	gkm_member_state_t state = create_registered(1, 1), before = state;

	/* what is due sooner */
	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START));
	ck_assert(state.due == before.due);
	/* a rekey doesn't either, nor does the next miss */
	state = create_registered(1, 0);
	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START));
	before = state;
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 4000,
									  1000, UINT32_MAX));
	ck_assert(state.due == before.due);
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_MISSED, START + 4000,
									  0, UINT32_MAX));
	ck_assert(state.due == before.due);
	/* but what ends sooner is asked for sooner */
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 1000,
									  1, 0));
	ck_assert(state.due == START + 1880);
}
END_TEST

START_TEST(what_was_missed_is_asked_for_until_a_server_answers)
{
	gkm_member_state_t state = create_registered(1, 0), before;

	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START));
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	/* missing more changes nothing while a server is being asked */
	before = state;
	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START + 8000));
	ck_assert(memeq(&state, &before, sizeof(state)));
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, START + 9000));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	before = state;
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED, START + 9500,
									  1000, 0));
	ck_assert(!happen(&state, GKM_MEMBER_MISSED, START + 9500));
	ck_assert(memeq(&state, &before, sizeof(state)));
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START + 20000));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert(!state.missed);
}
END_TEST

START_TEST(rekeys_mean_nothing_to_members_without_keys)
{
	gkm_member_event_t events[] = {
		GKM_MEMBER_REKEYED, GKM_MEMBER_MISSED, GKM_MEMBER_USED_UP,
		GKM_MEMBER_EXCLUDED,
	};
	gkm_member_state_t states[] = {
		create(1), create_registering(1), create_registering(1), create(1),
	}, before;
	int i, j;

	ck_assert(!happen(&states[2], GKM_MEMBER_FAILED, START));
	ck_assert(happen(&states[3], GKM_MEMBER_START, START));
	for (i = 0; i < countof(states); i++)
	{
		before = states[i];
		for (j = 0; j < countof(events); j++)
		{
			ck_assert(!gkm_member_state_event(&states[i], events[j], START,
											  100, 0));
			ck_assert_msg(memeq(&states[i], &before, sizeof(before)),
						  "state %d, event %d", i, events[j]);
		}
	}
}
END_TEST

START_TEST(never_is_later_than_any_time)
{
	ck_assert(gkm_member_earlier(0, 0) == 0);
	ck_assert(gkm_member_earlier(0, 5) == 5);
	ck_assert(gkm_member_earlier(5, 0) == 5);
	ck_assert(gkm_member_earlier(5, 6) == 5);
	ck_assert(gkm_member_earlier(6, 5) == 5);
}
END_TEST

/*
 * Described in header
 */
START_TEST(server_that_does_not_answer_is_given_up_if_there_is_another)
{
	gkm_member_state_t state = create_registering(1);

	ck_assert(!state.patience);

	/* up to a quarter more */
	state = create(2);
	ck_assert(happen(&state, GKM_MEMBER_START, START));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ATTEMPT, START, 0,
									  UINT32_MAX));
	ck_assert(state.patience == START + RETRY_MIN * 1250);

	state = create_registering(2);
	ck_assert(state.patience == START + RETRY_MIN * 1000);
	ck_assert(happen(&state, GKM_MEMBER_FAILED, state.patience));
	ck_assert_int_eq(state.server, 1);
	ck_assert(!state.patience);
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 7000));
	ck_assert(state.patience == START + 7000 + RETRY_MIN * 1000);
	ck_assert(!happen(&state, GKM_MEMBER_FAILED, state.patience));
	ck_assert(!state.patience);

	/* longer in the next round */
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 20000));
	ck_assert(state.patience == START + 20000 + 2 * RETRY_MIN * 1000);
	ck_assert(!happen(&state, GKM_MEMBER_ACCEPTED, START + 20001));
	ck_assert(!state.patience);
}
END_TEST

START_TEST(patience_is_for_registered_members_as_well)
{
	gkm_member_state_t state = create_registered(2, 100);

	ck_assert(!state.patience);
	ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 90000));
	ck_assert(state.patience == START + 90000 + RETRY_MIN * 1000);
	ck_assert(happen(&state, GKM_MEMBER_FAILED, state.patience));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
	ck_assert_int_eq(state.server, 1);
	/* what one has who left ends it */
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 96000));
	ck_assert(!happen(&state, GKM_MEMBER_LEAVE, START + 96001));
	ck_assert(!state.patience);
}
END_TEST

START_TEST(server_that_was_given_up_may_answer_late)
{
	gkm_member_state_t state = create_registering(2);

	ck_assert(happen(&state, GKM_MEMBER_FAILED, START + 5000));
	ck_assert(!happen(&state, GKM_MEMBER_ATTEMPT, START + 5000));
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED_LATE,
									  START + 6000, 100, 0));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert(!state.patience);
	ck_assert(state.due > START + 6000);
	/* even if another one was quicker */
	ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_ACCEPTED_LATE,
									  START + 7000, 0, 0));
	ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
	ck_assert(!state.due);
}
END_TEST

/** Seconds that keys last when the key server is lost, and within which another
 *  one is asked */
static struct {
	uint32_t lifetime;
	uint32_t from, to;
} losses[] = {
	{ 0,		1000,	5000 },
	{ 60,		1000,	5000 },
	{ 1000,		1000,	10000 },
	{ 3600,		1000,	36000 },
	{ 100000,	1000,	60000 },
	{ UINT32_MAX, 1000, 60000 },
};

START_TEST(members_of_a_lost_server_ask_the_next_one_in_their_time)
{
	gkm_member_state_t state;
	uint32_t randoms[] = { 0, UINT32_MAX };
	int i;

	for (i = 0; i < countof(randoms); i++)
	{
		state = create_registered(3, 0);
		ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_LOST, START + 1,
										  losses[_i].lifetime, randoms[i]));
		ck_assert_int_eq(state.phase, GKM_MEMBER_REGISTERED);
		ck_assert_int_eq(state.server, 1);
		ck_assert(state.due == START + 1 +
							   (i ? losses[_i].to : losses[_i].from));
		/* a rekey by multicast doesn't make up for it */
		ck_assert(!gkm_member_state_event(&state, GKM_MEMBER_REKEYED,
										  START + 2, 0, 0));
		ck_assert(state.due);
		ck_assert(happen(&state, GKM_MEMBER_TIMER, state.due));
		ck_assert_int_eq(state.phase, GKM_MEMBER_REREGISTERING);
		ck_assert_int_eq(state.server, 1);
	}
}
END_TEST

Suite *gkm_member_state_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("member state");

	tc = tcase_create("transitions");
	tcase_add_test(tc, a_member_that_left_does_nothing);
	tcase_add_test(tc, servers_are_tried_in_order_then_the_member_waits);
	tcase_add_test(tc, re_registration_starts_with_the_server_that_answered);
	tcase_add_test(tc, expired_keys_send_a_member_searching);
	tcase_add_test(tc, a_rekey_ends_a_vain_search_for_servers);
	tcase_add_test(tc, what_was_missed_is_asked_for_until_a_server_answers);
	tcase_add_test(tc, rekeys_mean_nothing_to_members_without_keys);
	tcase_add_test(tc, start_hurries_but_never_twice);
	tcase_add_test(tc, late_results_change_nothing);
	tcase_add_test(tc, leaving_ends_everything_from_any_phase);
	suite_add_tcase(s, tc);

	tc = tcase_create("times");
	tcase_add_loop_test(tc, waits_double_up_to_the_longest, 0,
						countof(randoms));
	tcase_add_test(tc, waits_are_spread);
	tcase_add_loop_test(tc,
						members_re_register_between_12_and_4_percent_of_the_end,
						0, countof(windows));
	tcase_add_test(tc, unlimited_keys_need_no_timer);
	tcase_add_test(tc, a_rekey_moves_the_time_to_re_register);
	tcase_add_loop_test(tc, excluded_members_come_back_after_1_to_5_seconds, 0,
						countof(randoms));
	tcase_add_loop_test(tc,
						who_missed_something_re_registers_within_5_to_10_seconds,
						0, countof(randoms));
	tcase_add_loop_test(tc, who_used_an_sa_up_re_registers_within_a_second, 0,
						countof(randoms));
	tcase_add_test(tc, missing_something_puts_nothing_off);
	tcase_add_test(tc, never_is_later_than_any_time);
	suite_add_tcase(s, tc);

	tc = tcase_create("silent servers");
	tcase_add_test(tc,
				   server_that_does_not_answer_is_given_up_if_there_is_another);
	tcase_add_test(tc, patience_is_for_registered_members_as_well);
	tcase_add_test(tc, server_that_was_given_up_may_answer_late);
	tcase_add_loop_test(tc,
						members_of_a_lost_server_ask_the_next_one_in_their_time,
						0, countof(losses));
	suite_add_tcase(s, tc);

	return s;
}
