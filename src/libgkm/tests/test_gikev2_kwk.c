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

#include <check.h>

#include "libgkm/gikev2/gikev2_download.h"
#include "libgkm/gikev2/gikev2_kwk.h"
#include "libgkm/keys/gkm_key_wrap.h"

#include "samples.h"

/**
 * A WRAP_KEY of a test
 */
typedef struct {
	uint32_t id;
	uint32_t kwk_id;
} wrap_key_t;

/**
 * Key with an ID: the ID repeated, all zeros for the default one
 */
static chunk_t make_key(uint32_t id, size_t len)
{
	chunk_t key = chunk_alloc(len);

	memset(key.ptr, id, len);
	return key;
}

/**
 * Wrap a key. Owns data of what is returned.
 */
static gikev2_wrapped_key_t wrap(uint32_t id, uint32_t kwk_id, size_t len)
{
	chunk_t kwk = make_key(kwk_id, 16), key = make_key(id, len);
	gikev2_wrapped_key_t wrapped = {
		.id = id,
		.kwk_id = kwk_id,
	};
	gkm_error_t err = {};

	ck_assert_msg(gkm_key_wrap(kwk, key, &wrapped.data, &err), "%s", err.text);
	chunk_clear(&kwk);
	chunk_clear(&key);
	return wrapped;
}

/**
 * What a member has, and what a message brings
 */
typedef struct {
	chunk_t gsk_w;
	chunk_t body;
	gikev2_kwks_t kwks;
	gikev2_input_t in;
	gkm_error_t err;
} fixture_t;

/**
 * Prepare keys of 16 octets, and WRAP_KEYs of len octets
 */
static void setup(fixture_t *this, wrap_key_t *wraps, int count, size_t len)
{
	gikev2_wrapped_key_t key;
	int i;

	*this = (fixture_t){
		.gsk_w = make_key(0, 16),
		.body = count_up(0, 8),
	};
	this->in = (gikev2_input_t){ "KD", this->body, &this->err };
	this->kwks = (gikev2_kwks_t){
		.gsk_w = this->gsk_w,
		.path = array_create(0, 0),
		.wrapped = array_create(sizeof(key), 0),
		.len = 16,
	};
	for (i = 0; i < count; i++)
	{
		key = wrap(wraps[i].id, wraps[i].kwk_id, len);
		key.at = this->body.ptr;
		array_insert(this->kwks.wrapped, ARRAY_TAIL, &key);
	}
}

CALLBACK(destroy_kwk, void,
	gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/**
 * Destroy a path
 */
static void destroy_path(array_t *path)
{
	array_destroy_function(path, (void*)destroy_kwk, NULL);
}

/**
 * Destroy a fixture
 */
static void teardown(fixture_t *this)
{
	gikev2_wrapped_key_t key;

	while (array_remove(this->kwks.wrapped, ARRAY_HEAD, &key))
	{
		chunk_free(&key.data);
	}
	array_destroy(this->kwks.wrapped);
	destroy_path(this->kwks.path);
	chunk_clear(&this->gsk_w);
	chunk_free(&this->body);
}

/**
 * Unwrap a key of 36 octets that is wrapped with kwk_id
 */
static bool unwrap(fixture_t *this, uint32_t kwk_id, array_t *path)
{
	gikev2_wrapped_key_t key = wrap(0, kwk_id, 36);
	chunk_t got = chunk_empty, expected = make_key(0, 36);
	bool success;

	key.at = this->body.ptr;
	success = gikev2_kwks_unwrap(&this->kwks, &this->in, &key, 36, &got, path);
	ck_assert_msg(!success || chunk_equals(got, expected),
				  "key differs from the one that was wrapped");
	chunk_clear(&got);
	chunk_clear(&expected);
	chunk_free(&key.data);
	return success;
}

/**
 * Unwrap the path of a member that registers, then a key under one of the
 * WRAP_KEYs
 */
static bool unwrap_path(wrap_key_t *wraps, int count, size_t len,
						uint32_t kwk_id, gkm_error_t *err)
{
	array_t *path = array_create(0, 0);
	fixture_t this;
	bool success;

	setup(&this, wraps, count, len);
	success = gikev2_kwks_check(&this.kwks, &this.in) &&
			  unwrap(&this, kwk_id, path);
	*err = this.err;
	destroy_path(path);
	teardown(&this);
	return success;
}

START_TEST(key_of_rekey_sa_is_found_through_a_key_tree)
{
	/* RFC 9838, A.2: what member A gets, in any order */
	wrap_key_t paths[][3] = {
		{ { 3, 7 }, { 1, 3 }, { 7, 0 } },
		{ { 7, 0 }, { 3, 7 }, { 1, 3 } },
		{ { 1, 3 }, { 3, 7 }, { 7, 0 } },
	};
	gkm_error_t err = {};

	ck_assert_msg(unwrap_path(paths[_i], 3, 16, 1, &err), "order %d: %s", _i,
				  err.text);
}
END_TEST

START_TEST(path_that_leads_nowhere_is_refused)
{
	struct {
		wrap_key_t path[3];
		int count;
		size_t len;
		uint32_t kwk_id;
		const char *what;
	} cases[] = {
		{ { { 3, 7 }, { 1, 3 } }, 2, 16, 1,
		  "WRAP_KEY 3 is wrapped with key 7, which is not known" },
		{ { { 3, 7 }, { 7, 3 } }, 2, 16, 3, "which is not known" },
		{ { { 3, 3 } }, 1, 16, 3, "which is not known" },
		{ { { 7, 0 }, { 7, 0 } }, 2, 16, 7, "second WRAP_KEY 7" },
		{ { { 7, 0 }, { 3, 7 } }, 2, 16, 4, "key 4, which is not known" },
		{ {}, 0, 16, 4, "key 4, which is not known" },
		{ { { 7, 0 } }, 1, 15, 7, "key of 15 octets instead of 16" },
		{ { { 7, 0 } }, 1, 32, 7, "key of 32 octets instead of 16" },
	};
	gkm_error_t err = {};

	ck_assert_msg(!unwrap_path(cases[_i].path, cases[_i].count, cases[_i].len,
							   cases[_i].kwk_id, &err), "case %d accepted",
				  _i);
	ck_assert_msg(strstr(err.text, cases[_i].what), "'%s' instead of '%s'",
				  err.text, cases[_i].what);
}
END_TEST

START_TEST(path_of_more_keys_than_supported_is_refused)
{
	wrap_key_t path[GIKEV2_WRAP_KEYS_MAX + 1];
	gkm_error_t err = {};
	int i;

	for (i = 0; i < countof(path); i++)
	{
		path[i] = (wrap_key_t){ i + 1, i };
	}
	ck_assert_msg(unwrap_path(path, countof(path) - 1, 16, countof(path) - 1,
							  &err), "%zu keys refused: %s", countof(path) - 1,
				  err.text);
	ck_assert_msg(!unwrap_path(path, countof(path), 16, 1, &err),
				  "%zu keys accepted", countof(path));
	ck_assert_msg(strstr(err.text, "65 WRAP_KEYs, at most 64"), "'%s'",
				  err.text);
}
END_TEST

/**
 * Check a path against numbers, 0 at their end
 */
static void assert_path(array_t *path, uint32_t *ids, int nr)
{
	gkm_kwk_t *kwk;
	chunk_t key;
	int i;

	for (i = 0; ids[i]; i++)
	{
		ck_assert_msg(array_get(path, i, &kwk), "case %d: %d keys", nr, i);
		ck_assert_msg(kwk->id == ids[i], "case %d: key %u instead of %u", nr,
					  kwk->id, ids[i]);
		key = make_key(ids[i], 16);
		ck_assert_msg(chunk_equals(kwk->key, key), "case %d: key %u differs",
					  nr, kwk->id);
		chunk_clear(&key);
	}
	ck_assert_msg(array_count(path) == i, "case %d: %d keys instead of %d", nr,
				  array_count(path), i);
}

/**
 * How a member's path changes; the RFC's example first: A.2 and A.3
 */
static struct {
	uint32_t path[4];
	wrap_key_t wraps[4];
	uint32_t kwk_id;
	uint32_t becomes[6];
	bool excluded;
} changes[] = {
	/* registrations of A, H */
	{ {}, { { 1, 3 }, { 3, 7 }, { 7, 0 } }, 1, { 1, 3, 7 } },
	{ {}, { { 2, 6 }, { 6, 14 }, { 14, 0 } }, 2, { 2, 6, 14 } },
	/* F is excluded: nothing changes for A, new keys for E, G, H */
	{ { 1, 3, 7 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 1, {} },
	{ { 2, 5, 11 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 15,
	  { 15, 16, 11 } },
	{ { 2, 6, 13 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 15,
	  { 15, 6, 13 } },
	{ { 2, 6, 14 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 15,
	  { 15, 6, 14 } },
	{ { 2, 5, 12 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 15, {}, TRUE },
	{ { 2, 5, 12 }, { { 15, 6 }, { 15, 16 }, { 16, 11 } }, 1, {}, TRUE },
	/* the default key, a key further down that stays, no tree at all */
	{ { 1, 3, 7 }, { { 15, 6 } }, 0, {} },
	{ { 1, 3, 7 }, {}, 3, {} },
	{ {}, {}, 0, {} },
	/* the tree grows at the top */
	{ { 1, 3, 7 }, { { 20, 1 } }, 20, { 20, 1, 3, 7 } },
	/* circles, and ways around them */
	{ { 1, 3, 7 }, { { 20, 21 }, { 21, 20 } }, 20, {}, TRUE },
	{ { 1, 3, 7 }, { { 20, 20 } }, 20, {}, TRUE },
	{ { 1, 3, 7 }, { { 20, 21 }, { 21, 20 }, { 21, 7 } }, 20, { 20, 21, 7 } },
	{ { 1, 3, 7 }, { { 20, 21 }, { 21, 20 }, { 20, 7 } }, 21, { 21, 20, 7 } },
};

START_TEST(path_changes_as_far_as_new_keys_go)
{
	gikev2_wrapped_key_t wrapped = { .kwk_id = changes[_i].kwk_id };
	array_t *path = array_create(0, 0);
	fixture_t this;
	chunk_t key;
	bool can;
	int i;

	for (i = 0; i < countof(changes[_i].wraps) && changes[_i].wraps[i].id; i++)
	{
	}
	setup(&this, changes[_i].wraps, i, 16);
	for (i = 0; changes[_i].path[i]; i++)
	{
		key = make_key(changes[_i].path[i], 16);
		array_insert(this.kwks.path, ARRAY_TAIL,
					 gkm_kwk_create(changes[_i].path[i], key));
		chunk_clear(&key);
	}
	can = gikev2_kwks_can_unwrap(&this.kwks, &wrapped);
	ck_assert_msg(can == !changes[_i].excluded, "case %d: %sexcluded", _i,
				  can ? "not " : "");
	ck_assert_msg(unwrap(&this, changes[_i].kwk_id, path) == can, "case %d: %s",
				  _i, this.err.text);
	assert_path(path, changes[_i].becomes, _i);
	assert_path(this.kwks.path, changes[_i].path, _i);
	destroy_path(path);
	teardown(&this);
}
END_TEST

START_TEST(path_that_grows_too_long_is_refused)
{
	array_t *path = array_create(0, 0);
	wrap_key_t wraps[] = { { 100, 1 } };
	fixture_t this;
	chunk_t key;
	int i;

	setup(&this, wraps, 1, 16);
	for (i = 1; i <= GIKEV2_WRAP_KEYS_MAX; i++)
	{
		key = make_key(i, 16);
		array_insert(this.kwks.path, ARRAY_TAIL, gkm_kwk_create(i, key));
		chunk_clear(&key);
	}
	ck_assert_msg(!unwrap(&this, 100, path), "65 keys accepted");
	ck_assert_msg(strstr(this.err.text, "path of more than 64 keys"), "'%s'",
				  this.err.text);
	ck_assert_msg(!array_count(path), "%d keys", array_count(path));
	destroy_path(path);
	teardown(&this);
}
END_TEST

Suite *gikev2_kwk_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_kwk");

	tc = tcase_create("registration");
	tcase_add_loop_test(tc, key_of_rekey_sa_is_found_through_a_key_tree, 0, 3);
	tcase_add_loop_test(tc, path_that_leads_nowhere_is_refused, 0, 8);
	tcase_add_test(tc, path_of_more_keys_than_supported_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("rekey");
	tcase_add_loop_test(tc, path_changes_as_far_as_new_keys_go, 0,
						countof(changes));
	tcase_add_test(tc, path_that_grows_too_long_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
