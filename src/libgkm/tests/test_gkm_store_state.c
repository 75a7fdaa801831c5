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

/** What must not be readable on disk */
#define SECRET_KEY "member@example.com"
#define SECRET_VALUE "the key of the group"

static gkm_store_t *store;

static void setup()
{
	store_setup();
	store = store_create();
}

static void teardown()
{
	store->destroy(store);
	store_teardown();
}

/**
 * Close the store and open it again, as a restart does
 */
static void restart()
{
	store->destroy(store);
	store = store_create();
}

/**
 * Begin a transaction of a group
 */
static void begin(identification_t *group)
{
	ck_assert_msg(store->state.begin(&store->state, group, &store_err), "%s",
				  store_err.text);
}

/**
 * Set a record
 */
static void put(gkm_record_t kind, char *key, char *value)
{
	store->state.put(&store->state, kind, chunk_from_str(key),
					 chunk_from_str(value));
}

/**
 * End a transaction
 */
static void end(bool durable)
{
	ck_assert_msg(store->state.end(&store->state, durable, &store_err), "%s",
				  store_err.text);
}

/**
 * Set a record in a transaction of its own
 */
static void set(gkm_record_t kind, char *key, char *value)
{
	begin(store_group);
	put(kind, key, value);
	end(FALSE);
}

/** What is expected of load() */
typedef struct {
	char *key;
	char *value;
	u_int found;
	u_int records;
} expect_t;

/**
 * Count records, and those that are expected
 */
static bool count_cb(expect_t *this, chunk_t key, chunk_t value)
{
	this->records++;
	if (this->key && chunk_equals(key, chunk_from_str(this->key)) &&
		chunk_equals(value, chunk_from_str(this->value)))
	{
		this->found++;
	}
	/* they are ours to change */
	memwipe(key.ptr, key.len);
	memwipe(value.ptr, value.len);
	return TRUE;
}

/**
 * Read records
 */
static bool load(identification_t *group, gkm_record_t kind, expect_t *expect)
{
	return store->state.load(&store->state, group, kind, (void*)count_cb,
							 expect, &store_err);
}

/**
 * Expect a number of records, and one of them if a key is given
 */
static void has(identification_t *group, gkm_record_t kind, u_int records,
				char *key, char *value)
{
	expect_t expect = {
		.key = key,
		.value = value,
	};

	ck_assert_msg(load(group, kind, &expect), "%s", store_err.text);
	ck_assert_int_eq(expect.records, records);
	ck_assert_int_eq(expect.found, key ? 1 : 0);
}

/**
 * Expect that records can't be loaded, for a reason
 */
static void fails(gkm_record_t kind, char *reason)
{
	expect_t expect = {};

	ck_assert(!load(store_group, kind, &expect));
	store_failed(reason);
}

/**
 * Run something in a process that is killed then; its changes aren't seen in
 * this one before restart()
 */
static void in_killed_process(void (*fun)())
{
	pid_t pid;
	int status;

	pid = fork();
	if (!pid)
	{
		restart();
		fun();
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/**
 * Clear all records of the group and set one
 */
static void start_anew()
{
	begin(store_group);
	store->state.clear(&store->state, GKM_RECORD_GROUP);
	store->state.clear(&store->state, GKM_RECORD_MEMBER);
	store->state.clear(&store->state, GKM_RECORD_NODE);
	store->state.clear(&store->state, GKM_RECORD_OUTBOX);
	put(GKM_RECORD_GROUP, "", "new");
	end(TRUE);
}

START_TEST(records_outlive_the_store)
{
	begin(store_group);
	put(GKM_RECORD_GROUP, "", "counters");
	put(GKM_RECORD_MEMBER, "alice", "1");
	put(GKM_RECORD_MEMBER, "bob", "2");
	end(_i);
	has(store_group, GKM_RECORD_MEMBER, 2, "alice", "1");
	restart();
	has(store_group, GKM_RECORD_GROUP, 1, "", "counters");
	has(store_group, GKM_RECORD_MEMBER, 2, "alice", "1");
	has(store_group, GKM_RECORD_MEMBER, 2, "bob", "2");
	has(store_group, GKM_RECORD_NODE, 0, NULL, NULL);
}
END_TEST

START_TEST(records_are_replaced_and_removed)
{
	set(GKM_RECORD_MEMBER, "alice", "1");
	set(GKM_RECORD_MEMBER, "bob", "2");
	set(GKM_RECORD_MEMBER, "alice", "3");
	has(store_group, GKM_RECORD_MEMBER, 2, "alice", "3");
	set(GKM_RECORD_MEMBER, "alice", "");
	has(store_group, GKM_RECORD_MEMBER, 1, "bob", "2");
	/* one that isn't there */
	set(GKM_RECORD_MEMBER, "alice", "");
	has(store_group, GKM_RECORD_MEMBER, 1, "bob", "2");
}
END_TEST

START_TEST(changes_are_made_in_order)
{
	begin(store_group);
	put(GKM_RECORD_MEMBER, "alice", "1");
	store->state.clear(&store->state, GKM_RECORD_MEMBER);
	put(GKM_RECORD_MEMBER, "alice", "2");
	put(GKM_RECORD_MEMBER, "bob", "1");
	put(GKM_RECORD_MEMBER, "bob", "");
	end(FALSE);
	has(store_group, GKM_RECORD_MEMBER, 1, "alice", "2");
}
END_TEST

START_TEST(kinds_and_groups_are_apart)
{
	identification_t *other;

	other = identification_create_from_string("other@example.com");
	set(GKM_RECORD_MEMBER, "1", "member");
	set(GKM_RECORD_NODE, "1", "node");
	begin(other);
	put(GKM_RECORD_MEMBER, "1", "member of other");
	end(FALSE);
	begin(store_group);
	store->state.clear(&store->state, GKM_RECORD_MEMBER);
	end(FALSE);
	has(store_group, GKM_RECORD_MEMBER, 0, NULL, NULL);
	has(store_group, GKM_RECORD_NODE, 1, "1", "node");
	has(other, GKM_RECORD_MEMBER, 1, "1", "member of other");
	other->destroy(other);
}
END_TEST

START_TEST(empty_transaction_changes_nothing)
{
	set(GKM_RECORD_GROUP, "", "counters");
	begin(store_group);
	end(TRUE);
	has(store_group, GKM_RECORD_GROUP, 1, "", "counters");
}
END_TEST

START_TEST(failed_put_undoes_the_transaction)
{
	chunk_t key;

	set(GKM_RECORD_GROUP, "", "old");
	key = chunk_alloc(0x10000);
	memset(key.ptr, 'k', key.len);
	begin(store_group);
	put(GKM_RECORD_GROUP, "", "new");
	store->state.put(&store->state, GKM_RECORD_MEMBER, key, key);
	put(GKM_RECORD_GROUP, "", "newer");
	ck_assert(!store->state.end(&store->state, FALSE, &store_err));
	store_failed("key of 65536 octets");
	chunk_free(&key);
	has(store_group, GKM_RECORD_GROUP, 1, "", "old");
	/* and nothing else */
	set(GKM_RECORD_GROUP, "", "new");
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
}
END_TEST

START_TEST(failed_write_undoes_the_transaction)
{
	set(GKM_RECORD_GROUP, "", "old");
	set(GKM_RECORD_MEMBER, "alice", "1");
	store_run_sql("CREATE TRIGGER full BEFORE INSERT ON state"
				  " WHEN NEW.kind = 3"
				  " BEGIN SELECT RAISE(ABORT, 'disk full'); END");
	begin(store_group);
	store->state.clear(&store->state, GKM_RECORD_MEMBER);
	put(GKM_RECORD_GROUP, "", "new");
	put(GKM_RECORD_NODE, "1", "node");
	ck_assert(!store->state.end(&store->state, TRUE, &store_err));
	store_failed("can't be written: disk full");
	has(store_group, GKM_RECORD_GROUP, 1, "", "old");
	has(store_group, GKM_RECORD_MEMBER, 1, "alice", "1");
}
END_TEST

START_TEST(nothing_is_locked_after_a_failed_begin)
{
	ck_assert(mkdir_p(store_dir, 0700));
	ck_assert_int_eq(chmod(store_dir, 0755), 0);
	ck_assert(!store->state.begin(&store->state, store_group, &store_err));
	store_failed("mode 0755 lets others in");
	ck_assert_int_eq(chmod(store_dir, 0700), 0);
	set(GKM_RECORD_GROUP, "", "counters");
}
END_TEST

/**
 * A transaction that isn't ended
 */
static void begin_only()
{
	begin(store_group);
	put(GKM_RECORD_GROUP, "", "new");
	store->state.clear(&store->state, GKM_RECORD_MEMBER);
}

/**
 * Transactions that don't wait for the disk
 */
static void end_many()
{
	char key[16];
	int i;

	for (i = 0; i < 100; i++)
	{
		snprintf(key, sizeof(key), "%d", i);
		set(GKM_RECORD_MEMBER, key, "1");
	}
}

START_TEST(transaction_that_wasnt_ended_leaves_nothing)
{
	begin(store_group);
	put(GKM_RECORD_GROUP, "", "old");
	put(GKM_RECORD_MEMBER, "alice", "1");
	end(FALSE);
	store->destroy(store);
	store = store_create();
	in_killed_process(begin_only);
	has(store_group, GKM_RECORD_GROUP, 1, "", "old");
	has(store_group, GKM_RECORD_MEMBER, 1, "alice", "1");
}
END_TEST

START_TEST(ended_transactions_outlive_a_killed_process)
{
	in_killed_process(end_many);
	has(store_group, GKM_RECORD_MEMBER, 100, "99", "1");
	restart();
	in_killed_process(begin_only);
	has(store_group, GKM_RECORD_MEMBER, 100, "99", "1");
}
END_TEST

START_TEST(transactions_of_a_killed_process_are_whole)
{
	expect_t group = {}, members = {};
	char key[16];
	pid_t pid;
	int i, status, ready[2];

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid)
	{
		restart();
		for (i = 0; TRUE; i++)
		{
			snprintf(key, sizeof(key), "%d", i);
			begin(store_group);
			put(GKM_RECORD_MEMBER, key, "1");
			put(GKM_RECORD_NODE, key, "1");
			end(FALSE);
			if (i == 50)
			{
				ignore_result(write(ready[1], "x", 1));
			}
		}
	}
	/* in the middle of whatever it does then */
	ck_assert_int_eq(read(ready[0], key, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(load(store_group, GKM_RECORD_MEMBER, &members));
	ck_assert(load(store_group, GKM_RECORD_NODE, &group));
	ck_assert(members.records > 50);
	ck_assert_int_eq(members.records, group.records);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(many_members_are_kept)
{
	char key[32];
	int i;

	begin(store_group);
	for (i = 0; i < 10000; i++)
	{
		snprintf(key, sizeof(key), "member%d@example.com", i);
		put(GKM_RECORD_MEMBER, key, SECRET_VALUE);
	}
	end(TRUE);
	restart();
	has(store_group, GKM_RECORD_MEMBER, 10000, "member9999@example.com",
		SECRET_VALUE);
}
END_TEST

START_TEST(large_records_are_kept)
{
	chunk_t key, value;
	expect_t expect = {};

	key = chunk_alloc(0xffff);
	memset(key.ptr, 'k', key.len);
	value = chunk_alloc(1 << 20);
	memset(value.ptr, 'v', value.len);
	begin(store_group);
	store->state.put(&store->state, GKM_RECORD_OUTBOX, key, value);
	end(FALSE);
	chunk_free(&key);
	chunk_free(&value);
	restart();
	ck_assert(load(store_group, GKM_RECORD_OUTBOX, &expect));
	ck_assert_int_eq(expect.records, 1);
}
END_TEST

/**
 * Refuse a record
 */
static bool refuse_cb(u_int *calls, chunk_t key, chunk_t value)
{
	(*calls)++;
	gkm_fail(&store_err, "refused by test");
	return FALSE;
}

START_TEST(reading_ends_when_a_record_is_refused)
{
	u_int calls = 0;

	set(GKM_RECORD_MEMBER, "alice", "1");
	set(GKM_RECORD_MEMBER, "bob", "1");
	ck_assert(!store->state.load(&store->state, store_group, GKM_RECORD_MEMBER,
								 (void*)refuse_cb, &calls, &store_err));
	store_failed("refused by test");
	ck_assert_int_eq(calls, 1);
	set(GKM_RECORD_MEMBER, "carol", "1");
	has(store_group, GKM_RECORD_MEMBER, 3, "carol", "1");
}
END_TEST

/**
 * Expect that a file has something in it, but neither of the secrets
 */
static void has_no_secrets(char *suffix)
{
	char path[160];
	chunk_t *map;

	snprintf(path, sizeof(path), "%s%s", store_path, suffix);
	map = chunk_map(path, FALSE);
	ck_assert_msg(map != NULL && map->len > 0, "%s", path);
	ck_assert(!memmem(map->ptr, map->len, SECRET_KEY, strlen(SECRET_KEY)));
	ck_assert(!memmem(map->ptr, map->len, SECRET_VALUE, strlen(SECRET_VALUE)));
	/* it would be found */
	ck_assert(memmem(map->ptr, map->len, "group@example.com", 17));
	chunk_unmap(map);
}

START_TEST(secrets_arent_on_disk)
{
	set(GKM_RECORD_MEMBER, SECRET_KEY, SECRET_VALUE);
	has_no_secrets("-wal");
	restart();
	has_no_secrets("");
	has(store_group, GKM_RECORD_MEMBER, 1, SECRET_KEY, SECRET_VALUE);
}
END_TEST

START_TEST(changed_columns_are_refused)
{
	char *sql[] = {
		"UPDATE state SET value = (SELECT value FROM state WHERE kind = 3)"
		" WHERE kind = 2",
		"UPDATE state SET kind = 2 WHERE kind = 3",
		"UPDATE state SET key = x'00'",
		"UPDATE state SET key = ''",
		"UPDATE state SET value = 1",
		"UPDATE state SET value = x''",
		"UPDATE state SET value = substr(value, 2)",
		"UPDATE state SET value = CAST(substr(value, 1, length(value) - 1) ||"
		" x'00' || substr(value, -1) AS BLOB)",
		"INSERT INTO state SELECT (SELECT group_id FROM state WHERE kind = 2),"
		" 2, key, value FROM state WHERE kind = 4",
	};
	identification_t *other;

	other = identification_create_from_string("other@example.com");
	set(GKM_RECORD_MEMBER, "alice", "1");
	set(GKM_RECORD_NODE, "alice", "1");
	begin(other);
	put(GKM_RECORD_OUTBOX, "alice", "1");
	end(FALSE);
	other->destroy(other);
	restart();
	store_run_sql(sql[_i]);
	fails(GKM_RECORD_MEMBER, "doesn't unseal kept state; put back the key "
		  "file that it was sealed with, or the group starts anew");
	start_anew();
	restart();
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
	has(store_group, GKM_RECORD_MEMBER, 0, NULL, NULL);
}
END_TEST

START_TEST(groups_start_anew_without_their_key_file)
{
	set(GKM_RECORD_MEMBER, "alice", "1");
	restart();
	ck_assert_int_eq(unlink(store_key), 0);
	fails(GKM_RECORD_MEMBER, "missing, kept state can't be unsealed");
	/* nothing there to unseal */
	has(store_group, GKM_RECORD_NODE, 0, NULL, NULL);
	start_anew();
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
	restart();
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
	has(store_group, GKM_RECORD_MEMBER, 0, NULL, NULL);
}
END_TEST

START_TEST(new_key_file_doesnt_open_state_of_other_groups)
{
	identification_t *other;
	expect_t expect = {};

	other = identification_create_from_string("other@example.com");
	begin(other);
	put(GKM_RECORD_GROUP, "", "counters");
	end(FALSE);
	restart();
	ck_assert_int_eq(unlink(store_key), 0);
	start_anew();
	ck_assert(!load(other, GKM_RECORD_GROUP, &expect));
	store_failed("doesn't unseal kept state");
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
	other->destroy(other);
}
END_TEST

START_TEST(unfit_key_file_is_neither_used_nor_replaced)
{
	struct stat st;

	set(GKM_RECORD_GROUP, "", "old");
	restart();
	ck_assert_int_eq(truncate(store_key, 10), 0);
	fails(GKM_RECORD_GROUP, "10 octets, a key file has 64");
	begin(store_group);
	store->state.clear(&store->state, GKM_RECORD_GROUP);
	put(GKM_RECORD_GROUP, "", "new");
	ck_assert(!store->state.end(&store->state, TRUE, &store_err));
	store_failed("10 octets, a key file has 64");
	ck_assert_int_eq(stat(store_key, &st), 0);
	ck_assert_int_eq(st.st_size, 10);
	/* clearing needs none */
	begin(store_group);
	store->state.clear(&store->state, GKM_RECORD_GROUP);
	end(TRUE);
	has(store_group, GKM_RECORD_GROUP, 0, NULL, NULL);
}
END_TEST

START_TEST(key_file_may_be_elsewhere)
{
	char path[128];

	store->destroy(store);
	ck_assert(mkdir_p(store_dir, 0700));
	snprintf(path, sizeof(path), "%s/other.key", store_dir);
	store = gkm_store_create(store_dir, path);
	set(GKM_RECORD_GROUP, "", "counters");
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(access(store_key, F_OK), -1);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(no_key_file_is_created_for_sender_ids)
{
	store_reserve(store, store_group, 8, 0, 10);
	ck_assert_int_eq(access(store_key, F_OK), -1);
}
END_TEST

START_TEST(state_of_a_damaged_database_is_gone)
{
	chunk_t damaged;

	set(GKM_RECORD_GROUP, "", "counters");
	restart();
	store_write(store_path, 0, chunk_from_chars('x', 'x', 'x', 'x'));
	has(store_group, GKM_RECORD_GROUP, 0, NULL, NULL);
	ck_assert(store->was_reset(store));
	start_anew();
	has(store_group, GKM_RECORD_GROUP, 1, "", "new");
	damaged = store_take_damaged();
	ck_assert(damaged.len > 0);
	chunk_free(&damaged);
}
END_TEST

Suite *gkm_store_state_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_store_state");

	tc = tcase_create("transactions");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, records_outlive_the_store, 0, 2);
	tcase_add_test(tc, records_are_replaced_and_removed);
	tcase_add_test(tc, changes_are_made_in_order);
	tcase_add_test(tc, kinds_and_groups_are_apart);
	tcase_add_test(tc, empty_transaction_changes_nothing);
	tcase_add_test(tc, failed_put_undoes_the_transaction);
	tcase_add_test(tc, failed_write_undoes_the_transaction);
	tcase_add_test(tc, nothing_is_locked_after_a_failed_begin);
	tcase_add_test(tc, transaction_that_wasnt_ended_leaves_nothing);
	tcase_add_test(tc, ended_transactions_outlive_a_killed_process);
	tcase_add_test(tc, transactions_of_a_killed_process_are_whole);
	tcase_add_test(tc, many_members_are_kept);
	tcase_add_test(tc, large_records_are_kept);
	tcase_add_test(tc, reading_ends_when_a_record_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("seal");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, secrets_arent_on_disk);
	tcase_add_loop_test(tc, changed_columns_are_refused, 0, 9);
	tcase_add_test(tc, groups_start_anew_without_their_key_file);
	tcase_add_test(tc, new_key_file_doesnt_open_state_of_other_groups);
	tcase_add_test(tc, unfit_key_file_is_neither_used_nor_replaced);
	tcase_add_test(tc, key_file_may_be_elsewhere);
	tcase_add_test(tc, no_key_file_is_created_for_sender_ids);
	tcase_add_test(tc, state_of_a_damaged_database_is_gone);
	suite_add_tcase(s, tc);

	return s;
}
