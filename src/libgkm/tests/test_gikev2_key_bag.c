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

#include "libgkm/gikev2/gikev2_key_bag.h"

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

	return s;
}
