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

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

START_TEST(nothing_is_created_until_it_is_needed)
{
	gkm_store_t *store;

	store = store_create();
	ck_assert_int_eq(access(store_dir, F_OK), -1);
	ck_assert_msg(store->open(store, &store_err), "%s", store_err.text);
	ck_assert_int_eq(access(store_path, F_OK), 0);
	store->destroy(store);
}
END_TEST

START_TEST(files_are_for_their_owner_only)
{
	char file[160], *suffixes[] = { "-wal", "-shm" };
	gkm_store_t *store;
	struct stat st;
	int i;

	umask(0);
	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert_int_eq(stat(store_dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(store_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	for (i = 0; i < countof(suffixes); i++)
	{
		snprintf(file, sizeof(file), "%s%s", store_path, suffixes[i]);
		ck_assert_int_eq(stat(file, &st), 0);
		ck_assert_int_eq(st.st_mode & 07777, 0600);
	}
	store->destroy(store);
}
END_TEST

START_TEST(folder_open_to_others_is_refused)
{
	gkm_store_t *store;

	store_create_database();
	ck_assert_int_eq(chmod(store_dir, 0750), 0);
	store = store_create();
	store_refuses(store, "mode 0750 lets others in");
	/* and used as soon as that is corrected */
	ck_assert_int_eq(chmod(store_dir, 0700), 0);
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

START_TEST(database_open_to_others_is_refused)
{
	gkm_store_t *store;

	store_create_database();
	ck_assert_int_eq(chmod(store_path, 0644), 0);
	store = store_create();
	store_refuses(store, "mode 0644 lets others in");
	store->destroy(store);
}
END_TEST

START_TEST(folder_that_cant_be_created_is_named)
{
	gkm_store_t *store;
	char sub[160];

	store_create_database();
	snprintf(sub, sizeof(sub), "%s/sub", store_path);
	store = gkm_store_create(sub, NULL);
	store_refuses(store, sub);
	store->destroy(store);
}
END_TEST

START_TEST(damaged_database_is_moved_aside)
{
	gkm_store_t *store;
	chunk_t junk, damaged;
	/* the start, and pages after the first, which hold table and index */
	off_t offsets[] = { 0, 4096, 8192 };

	store_create_database();
	junk = chunk_alloca(64);
	memset(junk.ptr, 0x5a, junk.len);
	store_write(store_path, offsets[_i], junk);
	store = store_create();
	ck_assert(!store->was_reset(store));
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert(store->was_reset(store));
	store->destroy(store);
	/* as it was */
	damaged = store_take_damaged();
	ck_assert(damaged.len >= offsets[_i] + junk.len);
	ck_assert(memeq(damaged.ptr + offsets[_i], junk.ptr, junk.len));
	chunk_free(&damaged);
	/* and that's it */
	store = store_create();
	store_reserve(store, store_group, 8, 10, 10);
	ck_assert(!store->was_reset(store));
	store->destroy(store);
}
END_TEST

START_TEST(missing_index_entry_is_damage)
{
	gkm_store_t *store;
	chunk_t damaged;

	/* which would hide the counter */
	store_create_database();
	store_run_sql("PRAGMA writable_schema = ON;"
				  "CREATE TABLE other (a BLOB, b INTEGER, c INTEGER,"
				  " PRIMARY KEY (a, b));"
				  "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM"
				  "  sqlite_master WHERE name = 'sqlite_autoindex_other_1')"
				  " WHERE name = 'sqlite_autoindex_sender_ids_1';"
				  "DELETE FROM sqlite_master WHERE tbl_name = 'other';");
	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert(store->was_reset(store));
	store->destroy(store);
	damaged = store_take_damaged();
	ck_assert(damaged.len > 0);
	chunk_free(&damaged);
}
END_TEST

START_TEST(something_else_than_a_database_is_moved_aside)
{
	gkm_store_t *store;
	chunk_t junk, damaged;

	store_create_database();
	ck_assert_int_eq(truncate(store_path, 0), 0);
	junk = chunk_alloca(4096);
	memset(junk.ptr, 'x', junk.len);
	store_write(store_path, 0, junk);
	store = store_create();
	ck_assert_msg(store->open(store, &store_err), "%s", store_err.text);
	ck_assert(store->was_reset(store));
	store->destroy(store);
	damaged = store_take_damaged();
	ck_assert(chunk_equals(damaged, junk));
	chunk_free(&damaged);
}
END_TEST

START_TEST(what_was_written_ahead_of_a_damaged_one_goes_with_it)
{
	gkm_store_t *store;
	uint32_t first, count;
	chunk_t damaged;
	char wal[160];
	pid_t pid;
	int status;

	store_create_database();
	pid = fork();
	if (!pid)
	{
		store = store_create();
		store->sender_ids.reserve(&store->sender_ids, store_group, 8, 10,
								  &first, &count, &store_err);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	snprintf(wal, sizeof(wal), "%s-wal", store_path);
	ck_assert_int_eq(access(wal, F_OK), 0);
	/* a page that wasn't written ahead, that of the state */
	store_write(store_path, 12288, chunk_from_chars('x', 'x', 'x', 'x'));
	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert(store->was_reset(store));
	store->destroy(store);
	damaged = store_take_damaged();
	ck_assert(damaged.len > 0);
	chunk_free(&damaged);
}
END_TEST

START_TEST(damage_while_in_use_is_refused)
{
	gkm_store_t *store;
	chunk_t junk, damaged;

	store_create_database();
	store = store_create();
	store_reserve(store, store_group, 8, 10, 10);
	/* close it, by an error */
	ck_assert_int_eq(rename(store_path, store_key), 0);
	store_refuses(store, "was moved or removed while in use");
	ck_assert_int_eq(rename(store_key, store_path), 0);
	junk = chunk_alloca(64);
	memset(junk.ptr, 0x5a, junk.len);
	/* the page of the state, the others were written ahead */
	store_write(store_path, 12288, junk);
	/* IDs that were given out are in use */
	store_refuses(store, "is damaged");
	store_refuses(store, "is damaged");
	ck_assert(!store->was_reset(store));
	store->destroy(store);
	/* after a restart they aren't */
	store_create_database();
	damaged = store_take_damaged();
	ck_assert(damaged.len > 0);
	chunk_free(&damaged);
}
END_TEST

START_TEST(database_of_another_version_is_refused)
{
	gkm_store_t *store;
	char *sql[] = {
		"PRAGMA user_version = 3",
		"PRAGMA user_version = -1",
		"PRAGMA user_version = 0",
	};
	char *version[] = {
		"is of version 3, expected 2",
		"is of version -1, expected 2",
		"is of version 0, expected 2",
	};

	store_create_database();
	store_run_sql(sql[_i]);
	store = store_create();
	store_refuses(store, version[_i]);
	store->destroy(store);
}
END_TEST

START_TEST(database_of_version_1_gets_a_table)
{
	gkm_store_t *store;

	store_create_database();
	store_run_sql("PRAGMA journal_mode = DELETE;"
				  "DROP TABLE state;"
				  "PRAGMA user_version = 1");
	store = store_create();
	store_reserve(store, store_group, 8, 10, 10);
	ck_assert(store->state.begin(&store->state, store_group, &store_err));
	store->state.put(&store->state, GKM_RECORD_GROUP, chunk_empty,
					 chunk_from_str("value"));
	ck_assert_msg(store->state.end(&store->state, TRUE, &store_err), "%s",
				  store_err.text);
	store->destroy(store);
}
END_TEST

START_TEST(removal_while_in_use_is_noticed)
{
	gkm_store_t *store;

	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert_int_eq(unlink(store_path), 0);
	store_refuses(store, "was moved or removed while in use");
	/* IDs that were given out are in use, so there is no new one */
	store_refuses(store, "was moved or removed while in use");
	ck_assert_int_eq(access(store_path, F_OK), -1);
	store->destroy(store);
	/* what was written ahead of the old one isn't taken into a new one */
	store_create_database();
}
END_TEST

START_TEST(database_that_is_put_back_is_used)
{
	gkm_store_t *store;

	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert_int_eq(rename(store_path, store_key), 0);
	store_refuses(store, "was moved or removed while in use");
	ck_assert_int_eq(rename(store_key, store_path), 0);
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

START_TEST(removal_of_what_is_written_ahead_loses_nothing)
{
	gkm_store_t *store;
	char wal[160];

	snprintf(wal, sizeof(wal), "%s-wal", store_path);
	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert_int_eq(unlink(wal), 0);
	store_refuses(store, "was moved or removed while in use");
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

START_TEST(locked_database_is_an_error)
{
	gkm_store_t *store;
	sqlite3 *db;

	store_create_database();
	ck_assert_int_eq(sqlite3_open(store_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
					 SQLITE_OK);
	store = store_create();
	store_refuses(store, "database is locked");
	sqlite3_close(db);
	store_reserve(store, store_group, 8, 10, 10);
	store->destroy(store);
}
END_TEST

Suite *gkm_store_db_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_store_db");

	tc = tcase_create("file");
	tcase_add_checked_fixture(tc, store_setup, store_teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, nothing_is_created_until_it_is_needed);
	tcase_add_test(tc, files_are_for_their_owner_only);
	tcase_add_test(tc, folder_open_to_others_is_refused);
	tcase_add_test(tc, database_open_to_others_is_refused);
	tcase_add_test(tc, folder_that_cant_be_created_is_named);
	tcase_add_loop_test(tc, damaged_database_is_moved_aside, 0, 3);
	tcase_add_test(tc, missing_index_entry_is_damage);
	tcase_add_test(tc, something_else_than_a_database_is_moved_aside);
	tcase_add_test(tc, what_was_written_ahead_of_a_damaged_one_goes_with_it);
	tcase_add_test(tc, damage_while_in_use_is_refused);
	tcase_add_loop_test(tc, database_of_another_version_is_refused, 0, 3);
	tcase_add_test(tc, database_of_version_1_gets_a_table);
	tcase_add_test(tc, removal_while_in_use_is_noticed);
	tcase_add_test(tc, database_that_is_put_back_is_used);
	tcase_add_test(tc, removal_of_what_is_written_ahead_loses_nothing);
	tcase_add_test(tc, locked_database_is_an_error);
	suite_add_tcase(s, tc);

	return s;
}
