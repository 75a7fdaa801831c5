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
#include <unistd.h>

#include "plugins/gkm_server/gkm_seal.h"

static gkm_seal_t *seal;
static chunk_t place, key, value, name, sealed;

/**
 * Create a key file, and seal a record with it
 */
static void setup()
{
	store_setup();
	ck_assert(mkdir_p(store_dir, 0700));
	seal = gkm_seal_create(store_key);
	ck_assert_msg(seal->open(seal, TRUE, &store_err), "%s", store_err.text);
	place = chunk_from_str("place");
	key = chunk_from_str("member@example.com");
	value = chunk_from_str("a value of a record");
	ck_assert(seal->name(seal, place, key, &name, &store_err));
	ck_assert(seal->seal(seal, place, name, key, value, &sealed, &store_err));
}

static void teardown()
{
	chunk_free(&name);
	chunk_free(&sealed);
	seal->destroy(seal);
	store_teardown();
}

/**
 * Does the seal accept a record?
 */
static bool unseals(chunk_t at, chunk_t as, chunk_t data)
{
	chunk_t plain, k, v;

	store_err = (gkm_error_t){};
	if (!seal->unseal(seal, at, as, data, &plain, &k, &v, &store_err))
	{
		store_failed("doesn't unseal kept state; put back the key file");
		return FALSE;
	}
	ck_assert(chunk_equals(k, key));
	ck_assert(chunk_equals(v, value));
	chunk_clear(&plain);
	return TRUE;
}

/**
 * Start again with what is in the key file
 */
static bool reopen(bool create)
{
	seal->destroy(seal);
	seal = gkm_seal_create(store_key);
	return seal->open(seal, create, &store_err);
}

START_TEST(record_is_unsealed_with_the_same_key_file)
{
	ck_assert(unseals(place, name, sealed));
	ck_assert_msg(reopen(FALSE), "%s", store_err.text);
	ck_assert(unseals(place, name, sealed));
}
END_TEST

START_TEST(names_depend_on_place_and_key)
{
	chunk_t other;

	ck_assert_int_eq(name.len, GKM_SEAL_NAME_LEN);
	ck_assert(seal->name(seal, place, key, &other, &store_err));
	ck_assert(chunk_equals(name, other));
	chunk_free(&other);
	ck_assert(seal->name(seal, chunk_from_str("other"), key, &other,
						 &store_err));
	ck_assert(!chunk_equals(name, other));
	chunk_free(&other);
	ck_assert(seal->name(seal, place, chunk_empty, &other, &store_err));
	ck_assert(!chunk_equals(name, other));
	chunk_free(&other);
}
END_TEST

START_TEST(same_record_is_never_sealed_the_same_way)
{
	chunk_t other;

	ck_assert(seal->seal(seal, place, name, key, value, &other, &store_err));
	ck_assert_int_eq(other.len, sealed.len);
	ck_assert(!memeq(other.ptr, sealed.ptr, 12));
	ck_assert(!memeq(other.ptr + 12, sealed.ptr + 12, sealed.len - 12));
	chunk_free(&other);
}
END_TEST

START_TEST(changed_record_is_refused)
{
	int i;

	for (i = 0; i < sealed.len * 8; i++)
	{
		sealed.ptr[i / 8] ^= 1 << i % 8;
		ck_assert_msg(!unseals(place, name, sealed), "bit %d", i);
		sealed.ptr[i / 8] ^= 1 << i % 8;
	}
	ck_assert(unseals(place, name, sealed));
}
END_TEST

START_TEST(truncated_record_is_refused)
{
	int i;

	for (i = 0; i < sealed.len; i++)
	{
		ck_assert_msg(!unseals(place, name, chunk_create(sealed.ptr, i)),
					  "%d octets", i);
	}
	ck_assert(!unseals(place, name, chunk_empty));
}
END_TEST

START_TEST(record_of_another_place_or_name_is_refused)
{
	ck_assert(!unseals(chunk_from_str("other"), name, sealed));
	name.ptr[0] ^= 1;
	ck_assert(!unseals(place, name, sealed));
	ck_assert(!unseals(place, chunk_empty, sealed));
}
END_TEST

START_TEST(record_of_another_key_file_is_refused)
{
	ck_assert_int_eq(unlink(store_key), 0);
	ck_assert(reopen(TRUE));
	ck_assert(!unseals(place, name, sealed));
}
END_TEST

START_TEST(key_file_is_random_and_for_its_owner)
{
	struct stat st;
	chunk_t *map, keys;

	ck_assert_int_eq(stat(store_key, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	map = chunk_map(store_key, FALSE);
	keys = chunk_clone(*map);
	chunk_unmap(map);
	ck_assert_int_eq(keys.len, 64);
	ck_assert(!memeq(keys.ptr, keys.ptr + 32, 32));
	ck_assert_int_eq(unlink(store_key), 0);
	ck_assert(reopen(TRUE));
	map = chunk_map(store_key, FALSE);
	ck_assert(!chunk_equals(keys, *map));
	chunk_unmap(map);
	chunk_free(&keys);
}
END_TEST

START_TEST(remains_of_an_interrupted_creation_are_replaced)
{
	char new[160];

	ck_assert_int_eq(unlink(store_key), 0);
	snprintf(new, sizeof(new), "%s.new", store_key);
	store_write(new, 0, chunk_from_chars(1, 2, 3));
	ck_assert_msg(reopen(TRUE), "%s", store_err.text);
	ck_assert_int_eq(access(new, F_OK), -1);
}
END_TEST

START_TEST(missing_key_file_is_named)
{
	ck_assert_int_eq(unlink(store_key), 0);
	ck_assert(!reopen(FALSE));
	ck_assert(strpfx(store_err.text, store_key));
	store_failed("missing, kept state can't be unsealed; put it back");
	ck_assert_int_eq(access(store_key, F_OK), -1);
}
END_TEST

START_TEST(key_file_of_another_size_is_refused)
{
	off_t sizes[] = { 0, 1, 63, 65 };
	struct stat st;

	ck_assert_int_eq(truncate(store_key, sizes[_i]), 0);
	ck_assert(!reopen(TRUE));
	store_failed("octets, a key file has 64");
	/* and not overwritten */
	ck_assert_int_eq(stat(store_key, &st), 0);
	ck_assert_int_eq(st.st_size, sizes[_i]);
}
END_TEST

START_TEST(key_file_open_to_others_is_refused)
{
	ck_assert_int_eq(chmod(store_key, 0640), 0);
	ck_assert(!reopen(TRUE));
	store_failed("mode 0640 lets others in");
}
END_TEST

START_TEST(key_file_of_someone_else_is_refused)
{
	if (geteuid() == 0)
	{
		ck_assert_int_eq(chown(store_key, 65534, -1), 0);
		ck_assert(!reopen(TRUE));
	}
	else
	{
		/* a file of root */
		seal->destroy(seal);
		seal = gkm_seal_create("/etc/passwd");
		ck_assert(!seal->open(seal, TRUE, &store_err));
	}
	store_failed("owned by user");
}
END_TEST

START_TEST(something_else_than_a_file_is_refused)
{
	ck_assert_int_eq(unlink(store_key), 0);
	switch (_i)
	{
		case 0:
			ck_assert_int_eq(mkfifo(store_key, 0600), 0);
			ck_assert(!reopen(TRUE));
			store_failed("not a regular file");
			break;
		default:
			ck_assert_int_eq(symlink("/etc/passwd", store_key), 0);
			ck_assert(!reopen(TRUE));
			store_failed("can't be opened");
			break;
	}
}
END_TEST

START_TEST(key_file_in_a_missing_folder_is_an_error)
{
	seal->destroy(seal);
	seal = gkm_seal_create("/nonexistent/state.key");
	ck_assert(!seal->open(seal, TRUE, &store_err));
	store_failed("/nonexistent/state.key: can't be created: No such file");
}
END_TEST

START_TEST(change_while_in_use_is_noticed)
{
	ck_assert(seal->open(seal, TRUE, &store_err));
	if (_i)
	{
		store_write(store_key, 64, chunk_from_chars(1));
	}
	else
	{
		ck_assert_int_eq(unlink(store_key), 0);
	}
	ck_assert(!seal->open(seal, TRUE, &store_err));
	store_failed("was removed or changed while in use");
}
END_TEST

Suite *gkm_seal_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_seal");

	tc = tcase_create("records");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, record_is_unsealed_with_the_same_key_file);
	tcase_add_test(tc, names_depend_on_place_and_key);
	tcase_add_test(tc, same_record_is_never_sealed_the_same_way);
	tcase_add_test(tc, changed_record_is_refused);
	tcase_add_test(tc, truncated_record_is_refused);
	tcase_add_test(tc, record_of_another_place_or_name_is_refused);
	tcase_add_test(tc, record_of_another_key_file_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("key file");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, key_file_is_random_and_for_its_owner);
	tcase_add_test(tc, remains_of_an_interrupted_creation_are_replaced);
	tcase_add_test(tc, missing_key_file_is_named);
	tcase_add_loop_test(tc, key_file_of_another_size_is_refused, 0, 4);
	tcase_add_test(tc, key_file_open_to_others_is_refused);
	tcase_add_test(tc, key_file_of_someone_else_is_refused);
	tcase_add_loop_test(tc, something_else_than_a_file_is_refused, 0, 2);
	tcase_add_test(tc, key_file_in_a_missing_folder_is_an_error);
	tcase_add_loop_test(tc, change_while_in_use_is_noticed, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
