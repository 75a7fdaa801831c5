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
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "plugins/gkm_server/gkm_store.h"

/** Folder of a test, and the database in it */
static char base[64], dir[96], path[128];

static gkm_error_t err;
static identification_t *group;

static void setup()
{
	snprintf(base, sizeof(base), "/tmp/gkm_store.XXXXXX");
	ck_assert(mkdtemp(base) != NULL);
	snprintf(dir, sizeof(dir), "%s/state/gkm", base);
	snprintf(path, sizeof(path), "%s/%s", dir, GKM_STORE_FILE);
	err = (gkm_error_t){};
	group = identification_create_from_string("group@example.com");
}

static void teardown()
{
	char state[96];

	group->destroy(group);
	unlink(path);
	rmdir(dir);
	snprintf(state, sizeof(state), "%s/state", base);
	rmdir(state);
	/* nothing else was left in it */
	ck_assert_int_eq(rmdir(base), 0);
}

/**
 * Reserve up to 10 IDs, expect a number of them from the first one
 */
static void reserve(gkm_store_t *store, identification_t *id, uint8_t bits,
					uint32_t expect_first, uint32_t expect_count)
{
	uint32_t first = UINT32_MAX, count = UINT32_MAX;

	ck_assert_msg(store->sender_ids.reserve(&store->sender_ids, id, bits, 10,
									&first, &count, &err), "%s", err.text);
	ck_assert_int_eq(count, expect_count);
	if (expect_count)
	{
		ck_assert_int_eq(first, expect_first);
	}
}

/**
 * Expect that nothing can be reserved, for a reason
 */
static void refused(gkm_store_t *store, char *reason)
{
	uint32_t first, count;

	err = (gkm_error_t){};
	ck_assert(!store->sender_ids.reserve(&store->sender_ids, group, 8, 10,
										 &first, &count, &err));
	ck_assert_msg(strstr(err.text, reason) != NULL,
				  "expected '%s', got '%s'", reason, err.text);
}

/**
 * Reserve ten IDs and close the database
 */
static void create_database()
{
	gkm_store_t *store;

	store = gkm_store_create(dir);
	reserve(store, group, 8, 0, 10);
	store->destroy(store);
}

/**
 * Change the database from outside
 */
static void run_sql(char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(nothing_is_created_until_it_is_needed)
{
	gkm_store_t *store;

	store = gkm_store_create(dir);
	ck_assert_int_eq(access(dir, F_OK), -1);
	ck_assert_msg(store->open(store, &err), "%s", err.text);
	ck_assert_int_eq(access(path, F_OK), 0);
	store->destroy(store);
}
END_TEST

START_TEST(files_are_for_their_owner_only)
{
	struct stat st;

	umask(0);
	create_database();
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(each_group_and_size_has_its_own_counter)
{
	gkm_store_t *store;
	identification_t *other;

	other = identification_create_from_string("other@example.com");
	store = gkm_store_create(dir);
	reserve(store, group, 8, 0, 10);
	reserve(store, other, 8, 0, 10);
	reserve(store, group, 16, 0, 10);
	reserve(store, group, 8, 10, 10);
	store->destroy(store);
	other->destroy(other);
}
END_TEST

START_TEST(reservations_outlive_the_store)
{
	gkm_store_t *store;

	create_database();
	store = gkm_store_create(dir);
	reserve(store, group, 8, 10, 10);
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
			store = gkm_store_create(dir);
			store->sender_ids.reserve(&store->sender_ids, group, 8, 10, &first,
									  &count, &err);
			kill(getpid(), SIGKILL);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	store = gkm_store_create(dir);
	reserve(store, group, 8, 30, 10);
	store->destroy(store);
}
END_TEST

START_TEST(two_processes_get_different_ids)
{
	gkm_store_t *a, *b;

	a = gkm_store_create(dir);
	b = gkm_store_create(dir);
	reserve(a, group, 8, 0, 10);
	reserve(b, group, 8, 10, 10);
	reserve(a, group, 8, 20, 10);
	a->destroy(a);
	b->destroy(b);
}
END_TEST

START_TEST(space_ends)
{
	gkm_store_t *store;

	store = gkm_store_create(dir);
	reserve(store, group, 4, 0, 10);
	reserve(store, group, 4, 10, 6);
	reserve(store, group, 4, 0, 0);
	reserve(store, group, 4, 0, 0);
	store->destroy(store);
}
END_TEST

START_TEST(last_ids_of_32_bits_are_reserved)
{
	gkm_store_t *store;

	store = gkm_store_create(dir);
	reserve(store, group, 32, 0, 10);
	run_sql("UPDATE sender_ids SET next = 4294967290");
	reserve(store, group, 32, 4294967290u, 6);
	reserve(store, group, 32, 0, 0);
	store->destroy(store);
}
END_TEST

START_TEST(folder_open_to_others_is_refused)
{
	gkm_store_t *store;

	create_database();
	ck_assert_int_eq(chmod(dir, 0750), 0);
	store = gkm_store_create(dir);
	refused(store, "mode 0750 lets others in");
	/* and used as soon as that is corrected */
	ck_assert_int_eq(chmod(dir, 0700), 0);
	reserve(store, group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

START_TEST(database_open_to_others_is_refused)
{
	gkm_store_t *store;

	create_database();
	ck_assert_int_eq(chmod(path, 0644), 0);
	store = gkm_store_create(dir);
	refused(store, "mode 0644 lets others in");
	store->destroy(store);
}
END_TEST

START_TEST(folder_that_cant_be_created_is_named)
{
	gkm_store_t *store;
	char sub[160];

	create_database();
	snprintf(sub, sizeof(sub), "%s/sub", path);
	store = gkm_store_create(sub);
	refused(store, sub);
	store->destroy(store);
}
END_TEST

START_TEST(something_else_than_a_database_is_left_alone)
{
	gkm_store_t *store;
	struct stat before, after;
	char junk[4096];
	int fd;

	create_database();
	memset(junk, 'x', sizeof(junk));
	fd = open(path, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
	ck_assert_int_eq(stat(path, &before), 0);
	store = gkm_store_create(dir);
	refused(store, "file is not a database");
	store->destroy(store);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, sizeof(junk));
	ck_assert(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}
END_TEST

START_TEST(damaged_database_is_refused)
{
	gkm_store_t *store;
	char junk[64];
	int fd;

	create_database();
	/* the pages after the first, which hold table and index */
	memset(junk, 0x5a, sizeof(junk));
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), 4096), sizeof(junk));
	close(fd);
	store = gkm_store_create(dir);
	refused(store, "damaged");
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

	create_database();
	run_sql(sql[_i]);
	store = gkm_store_create(dir);
	refused(store, "is damaged: bad counter of sender IDs of 8 bits");
	store->destroy(store);
}
END_TEST

START_TEST(database_of_another_version_is_refused)
{
	gkm_store_t *store;

	create_database();
	run_sql("PRAGMA user_version = 2");
	store = gkm_store_create(dir);
	refused(store, "is of version 2, expected 1");
	store->destroy(store);
}
END_TEST

START_TEST(removal_while_in_use_is_noticed)
{
	gkm_store_t *store;

	store = gkm_store_create(dir);
	reserve(store, group, 8, 0, 10);
	ck_assert_int_eq(unlink(path), 0);
	refused(store, "was moved or removed while in use");
	store->destroy(store);
}
END_TEST

START_TEST(locked_database_is_an_error)
{
	gkm_store_t *store;
	sqlite3 *db;

	create_database();
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
					 SQLITE_OK);
	store = gkm_store_create(dir);
	refused(store, "database is locked");
	sqlite3_close(db);
	reserve(store, group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

Suite *gkm_store_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_store");

	tc = tcase_create("reservations");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_created_until_it_is_needed);
	tcase_add_test(tc, files_are_for_their_owner_only);
	tcase_add_test(tc, each_group_and_size_has_its_own_counter);
	tcase_add_test(tc, reservations_outlive_the_store);
	tcase_add_test(tc, reservations_outlive_a_killed_process);
	tcase_add_test(tc, two_processes_get_different_ids);
	tcase_add_test(tc, space_ends);
	tcase_add_test(tc, last_ids_of_32_bits_are_reserved);
	suite_add_tcase(s, tc);

	tc = tcase_create("trouble");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, folder_open_to_others_is_refused);
	tcase_add_test(tc, database_open_to_others_is_refused);
	tcase_add_test(tc, folder_that_cant_be_created_is_named);
	tcase_add_test(tc, something_else_than_a_database_is_left_alone);
	tcase_add_test(tc, damaged_database_is_refused);
	tcase_add_loop_test(tc, bad_counter_is_refused, 0, 4);
	tcase_add_test(tc, database_of_another_version_is_refused);
	tcase_add_test(tc, removal_while_in_use_is_noticed);
	tcase_add_test(tc, locked_database_is_an_error);
	suite_add_tcase(s, tc);

	return s;
}
