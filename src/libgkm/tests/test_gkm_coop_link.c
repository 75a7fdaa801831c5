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

#include "plugins/gkm/gkm_coop_link.h"

/** Milliseconds, such that an attempt is given up after 4 of these */
#define PACE 500

/** Time at which tests begin */
#define START 100000

/** Outcomes of messages: number of those that were answered and failed, and the
 *  last one's user and answer */
static u_int answered, failed;
static uintptr_t last;
static char text[16];

/** Message that was sent last */
static gkm_coop_parcel_t *sent;

static gkm_coop_link_t *connection;
static gkm_coop_todo_t todo;
static uint64_t now;

static void setup()
{
	answered = failed = last = 0;
	now = START;
	connection = gkm_coop_link_create(PACE);
}

static void teardown()
{
	connection->destroy(connection);
}

static void done(void *user, bool success, chunk_t answer)
{
	*(success ? &answered : &failed) += 1;
	last = (uintptr_t)user;
	snprintf(text, sizeof(text), "%.*s", (int)answer.len, answer.ptr);
}

/**
 * Add a message
 */
static void add(uintptr_t user)
{
	gkm_coop_parcel_t *parcel;

	INIT(parcel,
		.message = chunk_clone(chunk_from_str("message")),
		.done = done,
		.user = (void*)user,
	);
	connection->add(connection, parcel);
}

/**
 * Expect what is to be done now
 */
static void expect(gkm_coop_todo_kind_t kind)
{
	connection->decide(connection, now, &todo);
	ck_assert_msg(todo.kind == kind, "expected %d at %u, got %d", kind,
				  (u_int)(now - START), todo.kind);
	if (kind == GKM_COOP_LINK_FAIL)
	{
		gkm_coop_parcel_end(todo.parcel, FALSE, chunk_empty);
	}
}

/**
 * Expect something that concerns an IKE_SA
 */
static void expect_of(gkm_coop_todo_kind_t kind, uint32_t id)
{
	expect(kind);
	ck_assert_uint_eq(todo.id, id);
}

/**
 * Expect a message to be sent
 */
static void expect_sent(uint32_t id, uintptr_t user)
{
	expect_of(GKM_COOP_LINK_SEND, id);
	sent = todo.parcel;
	ck_assert_uint_eq((uintptr_t)sent->user, user);
}

/**
 * Expect to be told
 */
static void expect_told(bool up)
{
	expect(GKM_COOP_LINK_TELL);
	ck_assert_int_eq(todo.up, up);
}

/**
 * Nothing is to be done now, go on to when something is
 */
static void pass()
{
	uint64_t due;

	expect(GKM_COOP_LINK_WAIT);
	due = connection->next_due(connection);
	ck_assert_uint_gt(due, now);
	ck_assert_uint_ne(due, UINT64_MAX);
	now = due;
}

/**
 * Go on to the next attempt and begin it
 *
 * @param pause			milliseconds that it may take
 */
static void begin(uint32_t id, u_int pause)
{
	uint64_t end = now + pause;

	connection->decide(connection, now, &todo);
	if (todo.kind == GKM_COOP_LINK_WAIT)
	{
		now = connection->next_due(connection);
		ck_assert_uint_le(now, end);
		expect(GKM_COOP_LINK_INITIATE);
	}
	ck_assert_int_eq(todo.kind, GKM_COOP_LINK_INITIATE);
	connection->started(connection, id, now);
}

/**
 * Get an IKE_SA up
 */
static void get_up(uint32_t id)
{
	connection->up(connection, id);
	expect_told(TRUE);
	expect(GKM_COOP_LINK_WAIT);
}

/**
 * Answer the message that was sent last
 */
static void answer(char *text)
{
	gkm_coop_parcel_t *parcel;

	parcel = connection->ended(connection, sent->number);
	ck_assert(parcel == sent);
	gkm_coop_parcel_end(parcel, TRUE, chunk_from_str(text));
}

START_TEST(initiates_after_a_pause)
{
	u_int i, longest = 0;

	for (i = 0; i < 100; i++)
	{
		teardown();
		setup();
		begin(1, PACE);
		longest = max(longest, now - START);
	}
	/* it is a pause for some of them at least */
	ck_assert_uint_gt(longest, 0);
	expect(GKM_COOP_LINK_WAIT);
}
END_TEST

START_TEST(attempt_without_answer_is_forgotten)
{
	uint64_t begun;
	u_int i;

	begin(1, PACE);
	begun = now;
	for (i = 1; i < GKM_COOP_LINK_PATIENCE; i++)
	{
		pass();
		ck_assert_uint_eq(now, begun + i * PACE);
		expect_of(GKM_COOP_LINK_REPEAT, 1);
	}
	pass();
	ck_assert_uint_eq(now, begun + GKM_COOP_LINK_PATIENCE * PACE);
	expect_of(GKM_COOP_LINK_FORGET, 1);
	/* that destroys it, which isn't taken for a refusal */
	connection->gone(connection, 1, now);
	begin(2, PACE);
}
END_TEST

START_TEST(attempt_with_a_quick_pace_has_a_second)
{
	uint64_t begun;

	teardown();
	connection = gkm_coop_link_create(10);
	begin(1, 10);
	begun = now;
	while (now < begun + GKM_COOP_LINK_PATIENCE_MIN)
	{
		pass();
		connection->decide(connection, now, &todo);
		if (todo.kind == GKM_COOP_LINK_FORGET)
		{
			break;
		}
		ck_assert_int_eq(todo.kind, GKM_COOP_LINK_REPEAT);
	}
	ck_assert_uint_eq(now, begun + GKM_COOP_LINK_PATIENCE_MIN);
	ck_assert_int_eq(todo.kind, GKM_COOP_LINK_FORGET);
}
END_TEST

START_TEST(attempt_that_gets_on_is_kept)
{
	begin(1, PACE);
	now += PACE * 3;
	connection->progress(connection, 1, 1, now);
	/* not the one that is asked about */
	connection->progress(connection, 2, 5, now + PACE * 3);
	expect_of(GKM_COOP_LINK_REPEAT, 1);
	now += PACE * GKM_COOP_LINK_PATIENCE - 1;
	/* no progress */
	connection->progress(connection, 1, 1, now);
	expect_of(GKM_COOP_LINK_REPEAT, 1);
	now += 1;
	expect_of(GKM_COOP_LINK_FORGET, 1);
}
END_TEST

START_TEST(refused_attempt_is_followed_by_a_longer_pause)
{
	uint64_t refused;

	begin(1, PACE);
	refused = now += 20;
	connection->gone(connection, 1, now);
	begin(2, PACE * (GKM_COOP_LINK_PATIENCE + 1));
	ck_assert_uint_ge(now, refused + PACE * GKM_COOP_LINK_PATIENCE);
	/* one that can't even begin */
	refused = now;
	connection->started(connection, 0, now);
	begin(3, PACE * (GKM_COOP_LINK_PATIENCE + 1));
	ck_assert_uint_ge(now, refused + PACE * GKM_COOP_LINK_PATIENCE);
}
END_TEST

START_TEST(peer_that_was_first_is_enough)
{
	begin(1, PACE);
	get_up(2);
	/* ours goes on, it makes no difference if it gets up as well */
	now += PACE;
	expect_of(GKM_COOP_LINK_REPEAT, 1);
	connection->up(connection, 1);
	expect(GKM_COOP_LINK_WAIT);
	ck_assert_uint_eq(connection->next_due(connection), UINT64_MAX);
	connection->gone(connection, 2, now);
	expect(GKM_COOP_LINK_WAIT);
	connection->gone(connection, 1, now);
	expect_told(FALSE);
	begin(3, PACE);
}
END_TEST

START_TEST(messages_are_sent_one_after_the_other)
{
	get_up(1);
	add(1);
	add(2);
	expect_sent(1, 1);
	expect(GKM_COOP_LINK_WAIT);
	answer("one");
	ck_assert_uint_eq(last, 1);
	ck_assert_str_eq(text, "one");
	expect_sent(1, 2);
	expect(GKM_COOP_LINK_WAIT);
	answer("two");
	ck_assert_uint_eq(last, 2);
	expect(GKM_COOP_LINK_WAIT);
	ck_assert_uint_eq(answered, 2);
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(message_without_answer_is_repeated)
{
	uint64_t begun = now;
	u_int i;

	get_up(1);
	add(1);
	expect_sent(1, 1);
	for (i = 1; i < 10; i++)
	{
		pass();
		ck_assert_uint_eq(now, begun + i * PACE);
		expect_of(GKM_COOP_LINK_REPEAT, 1);
	}
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(message_on_an_older_ike_sa_fails)
{
	get_up(1);
	add(1);
	add(2);
	expect_sent(1, 1);
	/* there is time for the answer until it would be repeated */
	connection->up(connection, 2);
	pass();
	expect(GKM_COOP_LINK_FAIL);
	ck_assert_uint_eq(last, 1);
	expect_sent(2, 2);
	connection->up(connection, 3);
	answer("late");
	ck_assert_uint_eq(answered, 1);
	ck_assert_uint_eq(failed, 1);
}
END_TEST

START_TEST(messages_fail_with_the_last_ike_sa)
{
	get_up(1);
	connection->up(connection, 2);
	add(1);
	add(2);
	add(3);
	expect_sent(2, 1);
	connection->gone(connection, 2, now);
	expect(GKM_COOP_LINK_FAIL);
	ck_assert_uint_eq(last, 1);
	expect_sent(1, 2);
	connection->gone(connection, 1, now);
	expect(GKM_COOP_LINK_FAIL);
	expect(GKM_COOP_LINK_FAIL);
	expect_told(FALSE);
	ck_assert_uint_eq(failed, 3);
	ck_assert_uint_eq(answered, 0);
	/* without one, at once */
	add(4);
	expect(GKM_COOP_LINK_FAIL);
	ck_assert_uint_eq(last, 4);
}
END_TEST

START_TEST(answer_to_a_message_that_failed_is_ignored)
{
	uint64_t number;

	get_up(1);
	add(1);
	expect_sent(1, 1);
	number = sent->number;
	connection->drop(connection);
	ck_assert(!connection->ended(connection, number));
	expect_of(GKM_COOP_LINK_FORGET, 1);
	expect(GKM_COOP_LINK_FAIL);
	ck_assert(!connection->ended(connection, number));
	ck_assert_uint_eq(failed, 1);
}
END_TEST

START_TEST(dropping_forgets_all)
{
	begin(1, PACE);
	get_up(2);
	connection->up(connection, 3);
	add(1);
	add(2);
	expect_sent(3, 1);
	connection->drop(connection);
	expect_of(GKM_COOP_LINK_FORGET, 1);
	expect_of(GKM_COOP_LINK_FORGET, 2);
	expect_of(GKM_COOP_LINK_FORGET, 3);
	expect(GKM_COOP_LINK_FAIL);
	expect(GKM_COOP_LINK_FAIL);
	expect_told(FALSE);
	ck_assert_uint_eq(failed, 2);
	begin(4, PACE);
}
END_TEST

START_TEST(says_again_that_it_is_up)
{
	/* it isn't */
	connection->announce(connection, PACE);
	begin(1, PACE);
	get_up(1);
	connection->announce(connection, PACE);
	expect_told(TRUE);
	expect(GKM_COOP_LINK_WAIT);
	/* a slower pace doesn't count, a quicker one does */
	connection->announce(connection, PACE * 2);
	connection->announce(connection, PACE / 2);
	expect_told(TRUE);
	add(1);
	expect_sent(1, 1);
	ck_assert_uint_eq(connection->next_due(connection), now + PACE / 2);
}
END_TEST

START_TEST(messages_fail_at_the_end)
{
	get_up(1);
	add(1);
	add(2);
	expect_sent(1, 1);
	teardown();
	ck_assert_uint_eq(failed, 2);
	setup();
}
END_TEST

Suite *gkm_coop_link_suite()
{
	Suite *suite = suite_create("gkm_coop_link");
	TCase *tc = tcase_create("link");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, initiates_after_a_pause);
	tcase_add_test(tc, attempt_without_answer_is_forgotten);
	tcase_add_test(tc, attempt_with_a_quick_pace_has_a_second);
	tcase_add_test(tc, attempt_that_gets_on_is_kept);
	tcase_add_test(tc, refused_attempt_is_followed_by_a_longer_pause);
	tcase_add_test(tc, peer_that_was_first_is_enough);
	tcase_add_test(tc, messages_are_sent_one_after_the_other);
	tcase_add_test(tc, message_without_answer_is_repeated);
	tcase_add_test(tc, message_on_an_older_ike_sa_fails);
	tcase_add_test(tc, messages_fail_with_the_last_ike_sa);
	tcase_add_test(tc, answer_to_a_message_that_failed_is_ignored);
	tcase_add_test(tc, dropping_forgets_all);
	tcase_add_test(tc, says_again_that_it_is_up);
	tcase_add_test(tc, messages_fail_at_the_end);
	suite_add_tcase(suite, tc);
	return suite;
}
