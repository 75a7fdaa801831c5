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

/** A wrapped key's value of 16 octets */
#define BLOB "00112233445566778899aabbccddeeff"

/**
 * Read a key bag
 */
static bool parse(protocol_id_t protocol, chunk_t data, gikev2_key_bag_t *bag,
				  gkm_error_t *err)
{
	gikev2_substructure_t sub = {
		.protocol = protocol,
		.content = data,
		.at = data.ptr,
	};
	gikev2_input_t in = { "KD", data, err };

	*err = (gkm_error_t){};
	return gikev2_key_bag_parse(&in, &sub, bag);
}

/**
 * Key bags that are refused, and what the message says
 */
static struct {
	protocol_id_t protocol;
	const char *hex;
	const char *what;
} bad[] = {
	{ PROTO_ESP, "0001 0018 00000001 00000000" BLOB, "SA_KEY with key ID 1" },
	{ PROTO_ESP, "0001 0008 00000000 00000000", "wrapped key of 8 octets" },
	{ PROTO_ESP, "0001 0000", "wrapped key of 0 octets" },
	{ PROTO_ESP, "8001 0018", "TV format" },
	{ PROTO_ESP, "0001 0018 00000000 00000000", "value of 24 octets, but" },
	{ PROTO_NONE, "0001 0018 00000000 00000000" BLOB,
	  "WRAP_KEY with key ID 0" },
	{ PROTO_NONE, "8001 0018", "TV format" },
	{ PROTO_NONE, "8002 0018", "TV format" },
	{ PROTO_NONE, "0002 0000", "empty AUTH_KEY" },
	{ PROTO_NONE, "0002 0001 30 0002 0001 30", "octet 5: second AUTH_KEY" },
	{ PROTO_NONE, "0003 0000", "sender ID of 0 octets" },
	{ PROTO_NONE, "0003 0009 000000000000000001", "sender ID of 9 octets" },
	{ PROTO_NONE, "8003 0001", "TV format" },
};

START_TEST(key_bag_against_the_rules_is_refused)
{
	chunk_t data = unhex(bad[_i].hex);
	gikev2_key_bag_t bag;
	gkm_error_t err;

	ck_assert_msg(!parse(bad[_i].protocol, data, &bag, &err), "%s accepted",
				  bad[_i].hex);
	ck_assert_msg(strpfx(err.text, "KD payload: octet ") &&
				  strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].hex, err.text, bad[_i].what);
	gikev2_key_bag_clear(&bag);
	chunk_free(&data);
}
END_TEST

START_TEST(member_key_bag_has_what_it_is_made_of)
{
	chunk_t data = unhex("0063 0001 00"
						 "0001 0018 00000007 00000003" BLOB
						 "0002 0002 3000"
						 "0003 0001 ff"
						 "0003 0004 00010000"
						 "0003 0008 0000000100000000");
	uint64_t ids[] = { 0xff, 0x10000, 0x100000000 }, id;
	gikev2_wrapped_key_t key;
	gikev2_key_bag_t bag;
	gkm_error_t err;
	int i;

	ck_assert_msg(parse(PROTO_NONE, data, &bag, &err), "%s", err.text);
	ck_assert_msg(array_count(bag.keys) == 1, "%u keys instead of 1",
				  array_count(bag.keys));
	array_get(bag.keys, 0, &key);
	ck_assert_msg(key.id == 7 && key.kwk_id == 3 && key.data.len == 16,
				  "key %u wrapped with %u of %zu octets", key.id, key.kwk_id,
				  key.data.len);
	ck_assert_msg(bag.auth_key.len == 2, "AUTH_KEY of %zu octets",
				  bag.auth_key.len);
	ck_assert_msg(array_count(bag.sender_ids) == countof(ids),
				  "%u sender IDs instead of %zu", array_count(bag.sender_ids),
				  countof(ids));
	for (i = 0; i < countof(ids); i++)
	{
		array_get(bag.sender_ids, i, &id);
		ck_assert_msg(id == ids[i], "sender ID %llu instead of %llu",
					  (unsigned long long)id, (unsigned long long)ids[i]);
	}
	gikev2_key_bag_clear(&bag);
	chunk_free(&data);
}
END_TEST

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
 * Unwrap the path of a member, then a key under the last of the WRAP_KEYs
 */
static bool unwrap_path(wrap_key_t *path, int count, size_t len,
						uint32_t kwk_id, gkm_error_t *err)
{
	chunk_t gsk_w = make_key(0, 16), body = count_up(0, 8), got = chunk_empty;
	gikev2_input_t in = { "KD", body, err };
	gikev2_wrapped_key_t key;
	gikev2_kwks_t *kwks;
	array_t *wrapped;
	bool success = FALSE;
	int i;

	wrapped = array_create(sizeof(key), 0);
	for (i = 0; i < count; i++)
	{
		key = wrap(path[i].id, path[i].kwk_id, len);
		key.at = body.ptr;
		array_insert(wrapped, ARRAY_TAIL, &key);
	}
	kwks = gikev2_kwks_create(&in, gsk_w, wrapped);
	if (kwks)
	{
		key = wrap(0, kwk_id, 36);
		key.at = body.ptr;
		success = gikev2_kwks_unwrap(kwks, &in, &key, 36, &got);
		ck_assert_msg(!success || got.len == 36, "key of %zu octets", got.len);
		chunk_clear(&got);
		chunk_free(&key.data);
		gikev2_kwks_destroy(kwks);
	}
	while (array_remove(wrapped, ARRAY_HEAD, &key))
	{
		chunk_free(&key.data);
	}
	array_destroy(wrapped);
	chunk_clear(&gsk_w);
	chunk_free(&body);
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
		  "WRAP_KEY 1 is wrapped with key 3, which is not known" },
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

Suite *gikev2_key_bag_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_key_bag");

	tc = tcase_create("bags");
	tcase_add_test(tc, member_key_bag_has_what_it_is_made_of);
	tcase_add_loop_test(tc, key_bag_against_the_rules_is_refused, 0,
						countof(bad));
	suite_add_tcase(s, tc);

	tc = tcase_create("key tree");
	tcase_add_loop_test(tc, key_of_rekey_sa_is_found_through_a_key_tree, 0, 3);
	tcase_add_loop_test(tc, path_that_leads_nowhere_is_refused, 0, 8);
	tcase_add_test(tc, path_of_more_keys_than_supported_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
