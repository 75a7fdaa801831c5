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

#include "libgkm/keys/gkm_key_wrap.h"

#include "samples.h"

/** Key wrap key of RFC 5649, 6 */
#define RFC_KWK "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"

/**
 * RFC 5649, 6, and two that were made with an implementation written from the
 * text of RFC 3394 and 5649
 */
static struct {
	const char *kwk;
	const char *key;
	const char *wrapped;
} vectors[] = {
	{ RFC_KWK, "c37b7e6492584340bed12207808941155068f738",
	  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ RFC_KWK, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	  "80818283",
	  "cb544e20d2590f379b573322f08401ac272368755040194f9cd357398f47d2b2"
	  "f3f6efa14d670f1fa178e0bfa3a1ffafed749944ccb8a559988ffcfaed94b4df"
	  "38f03c69fcf038d9ae44b6f5c227f20f" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
	  "84c9f7f0b1ab38f98dd2347af3d2468698b013478c67983f76fd65b4a16fcc86"
	  "9998fa05476ca05ba95f69449a841ad8a28f3495186159e93eab3e74f0e08f64"
	  "1238d5bab6a16e06" },
};

START_TEST(known_keys_wrap_and_unwrap_as_published)
{
	chunk_t kwk = unhex(vectors[_i].kwk), key = unhex(vectors[_i].key);
	chunk_t wrapped = unhex(vectors[_i].wrapped), got;
	gkm_error_t err = {};

	ck_assert_msg(gkm_key_wrap(kwk, key, &got, &err), "%s: %s",
				  vectors[_i].key, err.text);
	ck_assert_msg(chunk_equals(got, wrapped), "%s wraps to %+B instead of %+B",
				  vectors[_i].key, &got, &wrapped);
	chunk_free(&got);
	ck_assert_msg(gkm_key_unwrap(kwk, wrapped, &got, &err), "%s: %s",
				  vectors[_i].wrapped, err.text);
	ck_assert_msg(chunk_equals(got, key), "%s unwraps to %+B instead of %+B",
				  vectors[_i].wrapped, &got, &key);
	chunk_clear(&got);
	chunk_clear(&kwk);
	chunk_clear(&key);
	chunk_free(&wrapped);
}
END_TEST

START_TEST(keys_of_all_lengths_come_back)
{
	size_t kwk_lens[] = { 16, 24, 32 }, len, expected;
	chunk_t kwk, key, wrapped, got;
	gkm_error_t err = {};
	int i;

	for (i = 0; i < countof(kwk_lens); i++)
	{
		kwk = count_up(7, kwk_lens[i]);
		for (len = 1; len <= GKM_KEY_WRAP_MAX; len++)
		{
			key = count_up(len, len);
			ck_assert_msg(gkm_key_wrap(kwk, key, &wrapped, &err),
						  "%zu octets: %s", len, err.text);
			expected = (len + 7) / 8 * 8 + 8;
			ck_assert_msg(wrapped.len == expected, "%zu octets wrap to %zu "
						  "instead of %zu", len, wrapped.len, expected);
			ck_assert_msg(gkm_key_unwrap(kwk, wrapped, &got, &err),
						  "%zu octets: %s", len, err.text);
			ck_assert_msg(chunk_equals(got, key), "%zu octets come back as %zu",
						  len, got.len);
			chunk_clear(&got);
			chunk_free(&wrapped);
			chunk_clear(&key);
		}
		chunk_clear(&kwk);
	}
}
END_TEST

START_TEST(wrapped_key_with_a_wrong_bit_is_refused)
{
	chunk_t kwk = unhex(vectors[_i].kwk), wrapped, got;
	gkm_error_t err;
	size_t bit;

	wrapped = unhex(vectors[_i].wrapped);
	for (bit = 0; bit < wrapped.len * 8; bit++)
	{
		err = (gkm_error_t){};
		wrapped.ptr[bit / 8] ^= 1 << bit % 8;
		ck_assert_msg(!gkm_key_unwrap(kwk, wrapped, &got, &err),
					  "%s with bit %zu wrong accepted", vectors[_i].wrapped,
					  bit);
		ck_assert_msg(strstr(err.text, "integrity check"), "'%s'", err.text);
		wrapped.ptr[bit / 8] ^= 1 << bit % 8;
	}
	chunk_clear(&kwk);
	chunk_free(&wrapped);
}
END_TEST

START_TEST(wrapped_key_of_an_impossible_length_is_refused)
{
	chunk_t kwk = count_up(0, 16), data, got;
	gkm_error_t err;
	size_t len;

	for (len = 0; len <= GKM_KEY_WRAP_MAX + 24; len++)
	{
		if (len >= 16 && len <= GKM_KEY_WRAP_MAX + 8 && len % 8 == 0)
		{
			continue;
		}
		err = (gkm_error_t){};
		data = count_up(0, len);
		ck_assert_msg(!gkm_key_unwrap(kwk, data, &got, &err),
					  "%zu octets accepted", len);
		ck_assert_msg(strpfx(err.text, "wrapped key of "), "%zu octets: '%s'",
					  len, err.text);
		chunk_free(&data);
	}
	chunk_clear(&kwk);
}
END_TEST

START_TEST(key_that_cant_be_wrapped_is_refused)
{
	size_t lens[] = { 0, GKM_KEY_WRAP_MAX + 1 };
	chunk_t kwk = count_up(0, 16), key, got;
	gkm_error_t err;
	int i;

	for (i = 0; i < countof(lens); i++)
	{
		err = (gkm_error_t){};
		key = count_up(0, lens[i]);
		ck_assert_msg(!gkm_key_wrap(kwk, key, &got, &err),
					  "%zu octets accepted", lens[i]);
		ck_assert_msg(strstr(err.text, "to wrap"), "'%s'", err.text);
		chunk_clear(&key);
	}
	chunk_clear(&kwk);
}
END_TEST

START_TEST(key_wrap_key_of_an_impossible_length_is_refused)
{
	size_t lens[] = { 0, 15, 17, 33, 64 };
	chunk_t kwk, key = count_up(0, 16), got;
	gkm_error_t err;
	int i;

	for (i = 0; i < countof(lens); i++)
	{
		kwk = count_up(0, lens[i]);
		err = (gkm_error_t){};
		ck_assert_msg(!gkm_key_wrap(kwk, key, &got, &err),
					  "wrapping with %zu octets", lens[i]);
		ck_assert_msg(strpfx(err.text, "key wrap key of"), "'%s'", err.text);
		err = (gkm_error_t){};
		ck_assert_msg(!gkm_key_unwrap(kwk, key, &got, &err),
					  "unwrapping with %zu octets", lens[i]);
		ck_assert_msg(strpfx(err.text, "key wrap key of"), "'%s'", err.text);
		chunk_clear(&kwk);
	}
	chunk_clear(&key);
}
END_TEST

Suite *gkm_key_wrap_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_key_wrap");

	tc = tcase_create("keys");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, known_keys_wrap_and_unwrap_as_published, 0,
						countof(vectors));
	tcase_add_test(tc, keys_of_all_lengths_come_back);
	suite_add_tcase(s, tc);

	tc = tcase_create("refused");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, wrapped_key_with_a_wrong_bit_is_refused, 0,
						countof(vectors));
	tcase_add_test(tc, wrapped_key_of_an_impossible_length_is_refused);
	tcase_add_test(tc, key_that_cant_be_wrapped_is_refused);
	tcase_add_test(tc, key_wrap_key_of_an_impossible_length_is_refused);
	suite_add_tcase(s, tc);

	return s;
}
