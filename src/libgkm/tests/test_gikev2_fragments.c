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

#include "libgkm/gikev2/gikev2_fragments.h"

/**
 * Add a fragment whose plain text is its number, len times
 */
static bool add(gikev2_fragments_t *fragments, uint32_t message_id,
				uint16_t number, uint16_t total, size_t len, gkm_error_t *err)
{
	gikev2_fragment_t fragment = {
		.message_id = message_id,
		.number = number,
		.total = total,
		.next = number == 1 ? 51 : 99,
		.reserved = number,
		.plain = chunk_alloc(len),
	};
	bool success;

	memset(fragment.plain.ptr, number, len);
	success = gikev2_fragments_add(fragments, &fragment, err);
	chunk_free(&fragment.plain);
	return success;
}

/**
 * Check that a message of so many fragments is complete, of an octet each
 */
static void assert_complete(gikev2_fragments_t *fragments, uint32_t message_id,
							uint16_t total)
{
	gikev2_fragment_t message;
	size_t i;

	ck_assert_msg(gikev2_fragments_take(fragments, &message), "not complete");
	ck_assert_int_eq(message.message_id, message_id);
	ck_assert_int_eq(message.next, 51);
	ck_assert_int_eq(message.reserved, 1);
	ck_assert_int_eq(message.plain.len, total);
	for (i = 0; i < total; i++)
	{
		ck_assert_int_eq(message.plain.ptr[i], i + 1);
	}
	chunk_clear(&message.plain);
	ck_assert_msg(!gikev2_fragments_take(fragments, &message), "taken twice");
}

/**
 * Check that a message isn't complete
 */
static void assert_incomplete(gikev2_fragments_t *fragments)
{
	gikev2_fragment_t message;

	ck_assert_msg(!gikev2_fragments_take(fragments, &message), "complete");
}

START_TEST(fragment_numbers_have_limits)
{
	struct {
		uint16_t number;
		uint16_t total;
		const char *what;
	} cases[] = {
		{ 1, 1 },
		{ 128, 128 },
		{ 0, 1, "fragment 0 of 1" },
		{ 0, 0, "fragment 0 of 0" },
		{ 1, 0, "fragment 1 of 0" },
		{ 3, 2, "fragment 3 of 2" },
		{ 1, 129, "129 fragments, at most 128" },
		{ 65535, 65535, "65535 fragments" },
	};
	gikev2_fragment_t fragment = {
		.number = cases[_i].number,
		.total = cases[_i].total,
	};
	gkm_error_t err = {};

	ck_assert_msg(gikev2_fragment_check(&fragment, &err) == !cases[_i].what,
				  "%u of %u", cases[_i].number, cases[_i].total);
	ck_assert_msg(!cases[_i].what || strstr(err.text, cases[_i].what),
				  "'%s' instead of '%s'", err.text, cases[_i].what);
}
END_TEST

START_TEST(message_is_complete_with_its_last_fragment)
{
	gikev2_fragments_t *fragments = gikev2_fragments_create();
	uint16_t i;

	assert_incomplete(fragments);
	for (i = 128; i > 1; i--)
	{
		ck_assert(add(fragments, 7, i, 128, 1, NULL));
		/* duplicates don't count */
		ck_assert(add(fragments, 7, i, 128, 1, NULL));
		assert_incomplete(fragments);
	}
	ck_assert(add(fragments, 7, 1, 128, 1, NULL));
	assert_complete(fragments, 7, 128);
	ck_assert(add(fragments, 7, 1, 1, 1, NULL));
	assert_complete(fragments, 7, 1);
	gikev2_fragments_destroy(fragments);
}
END_TEST

START_TEST(larger_total_starts_anew_and_a_smaller_one_is_ignored)
{
	gikev2_fragments_t *fragments = gikev2_fragments_create();

	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	ck_assert(add(fragments, 7, 2, 3, 1, NULL));
	assert_incomplete(fragments);
	/* would complete the first try */
	ck_assert(add(fragments, 7, 2, 2, 1, NULL));
	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	assert_incomplete(fragments);
	ck_assert(add(fragments, 7, 1, 3, 1, NULL));
	ck_assert(add(fragments, 7, 3, 3, 1, NULL));
	assert_complete(fragments, 7, 3);
	gikev2_fragments_destroy(fragments);
}
END_TEST

START_TEST(another_message_starts_anew)
{
	gikev2_fragments_t *fragments = gikev2_fragments_create();

	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	ck_assert(add(fragments, 8, 2, 2, 1, NULL));
	assert_incomplete(fragments);
	/* a higher number doesn't keep lower ones out */
	ck_assert(add(fragments, UINT32_MAX, 1, 2, 1, NULL));
	ck_assert(add(fragments, 7, 2, 2, 1, NULL));
	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	assert_complete(fragments, 7, 2);
	gikev2_fragments_destroy(fragments);
}
END_TEST

START_TEST(message_up_to_an_accepted_one_is_dropped)
{
	gikev2_fragments_t *fragments = gikev2_fragments_create();

	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	gikev2_fragments_drop(fragments, 6);
	ck_assert(add(fragments, 7, 2, 2, 1, NULL));
	assert_complete(fragments, 7, 2);
	ck_assert(add(fragments, 7, 1, 2, 1, NULL));
	gikev2_fragments_drop(fragments, 7);
	ck_assert(add(fragments, 7, 2, 2, 1, NULL));
	assert_incomplete(fragments);
	gikev2_fragments_destroy(fragments);
}
END_TEST

START_TEST(message_of_more_than_64k_is_dropped)
{
	gikev2_fragments_t *fragments = gikev2_fragments_create();
	gikev2_fragment_t message;
	gkm_error_t err = {};

	ck_assert(add(fragments, 7, 1, 2, 60000, &err));
	ck_assert(!add(fragments, 7, 2, 2, 5532, &err));
	ck_assert_str_eq(err.text, "message of more than 65531 octets in "
					 "fragments");
	assert_incomplete(fragments);
	ck_assert(add(fragments, 7, 1, 2, 60000, &err));
	ck_assert(add(fragments, 7, 2, 2, 5531, &err));
	ck_assert(gikev2_fragments_take(fragments, &message));
	ck_assert_int_eq(message.plain.len, 65531);
	chunk_clear(&message.plain);
	gikev2_fragments_destroy(fragments);
}
END_TEST

Suite *gikev2_fragments_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_fragments");
	tc = tcase_create("fragments");
	tcase_add_loop_test(tc, fragment_numbers_have_limits, 0, 8);
	tcase_add_test(tc, message_is_complete_with_its_last_fragment);
	tcase_add_test(tc, larger_total_starts_anew_and_a_smaller_one_is_ignored);
	tcase_add_test(tc, another_message_starts_anew);
	tcase_add_test(tc, message_up_to_an_accepted_one_is_dropped);
	tcase_add_test(tc, message_of_more_than_64k_is_dropped);
	suite_add_tcase(s, tc);
	return s;
}
