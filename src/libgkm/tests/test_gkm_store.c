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
#include "store_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

START_TEST(each_group_and_size_has_its_own_counter)
{
	gkm_store_t *store;
	identification_t *other;

	other = identification_create_from_string("other@example.com");
	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	store_reserve(store, other, 8, 0, 10);
	store_reserve(store, store_group, 16, 0, 10);
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
	other->destroy(other);
}
END_TEST

START_TEST(reservations_outlive_the_store)
{
	gkm_store_t *store;

	store_create_database();
	store = store_create();
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

START_TEST(reservations_outlive_a_killed_process)
{
	gkm_store_t *store;
	uint32_t first, count;
	pid_t pid;
	int i, status;

	for (i = 0; i < 3; i++)
	{
		pid = fork();
		if (!pid)
		{
			store = store_create();
			store->sender_ids.reserve(&store->sender_ids, store_group, 8, 10,
									  &first, &count, &store_err);
			kill(getpid(), SIGKILL);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	store = store_create();
	store_reserve(store, store_group, 8, 30, 10);
	store->destroy(store);
}
END_TEST

START_TEST(two_processes_get_different_ids)
{
	gkm_store_t *a, *b;

	a = store_create();
	b = store_create();
	store_reserve(a, store_group, 8, 0, 10);
	store_reserve(b, store_group, 8, 10, 10);
	store_reserve(a, store_group, 8, 20, 10);
	a->destroy(a);
	b->destroy(b);
}
END_TEST

START_TEST(space_ends)
{
	gkm_store_t *store;

	store = store_create();
	store_reserve(store, store_group, 4, 0, 10);
	store_reserve(store, store_group, 4, 10, 6);
	store_reserve(store, store_group, 4, 0, 0);
	store_reserve(store, store_group, 4, 0, 0);
	store->destroy(store);
}
END_TEST

START_TEST(last_ids_of_32_bits_are_reserved)
{
	gkm_store_t *store;

	store = store_create();
	store_reserve(store, store_group, 32, 0, 10);
	store_run_sql("UPDATE sender_ids SET next = 4294967290");
	store_reserve(store, store_group, 32, 4294967290u, 6);
	store_reserve(store, store_group, 32, 0, 0);
	store->destroy(store);
}
END_TEST

START_TEST(bad_counter_is_refused)
{
	gkm_store_t *store;
	char *sql[] = {
		"UPDATE sender_ids SET next = -1",
		"UPDATE sender_ids SET next = 257",
		"UPDATE sender_ids SET next = 'many'",
		"UPDATE sender_ids SET next = 1.5",
	};

	store_create_database();
	store_run_sql(sql[_i]);
	store = store_create();
	store_refuses(store, "is damaged: bad counter of sender IDs of 8 bits");
	store->destroy(store);
}
END_TEST

Suite *gkm_store_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_store");

	tc = tcase_create("reservations");
	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_add_test(tc, each_group_and_size_has_its_own_counter);
	tcase_add_test(tc, reservations_outlive_the_store);
	tcase_add_test(tc, reservations_outlive_a_killed_process);
	tcase_add_test(tc, two_processes_get_different_ids);
	tcase_add_test(tc, space_ends);
	tcase_add_test(tc, last_ids_of_32_bits_are_reserved);
	suite_add_tcase(s, tc);

	tc = tcase_create("trouble");
	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_add_loop_test(tc, bad_counter_is_refused, 0, 4);
	suite_add_tcase(s, tc);

	return s;
}
