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

#include "libgkm/gikev2/gikev2_sk.h"
#include "libgkm/keys/gkm_rekey_aead.h"

#include "samples.h"

/** Rekey proposals: AEAD, and separate algorithms with blocks of 16 */
static char *proposals[] = { "aes256gcm16-kw256", "aes128-sha256-kw128" };

/**
 * Create a transform
 */
static aead_t *create(char *words)
{
	gkm_rekey_keys_t keys;
	proposal_t *proposal;
	gkm_error_t err = {};
	chunk_t key;
	aead_t *aead;

	proposal = gkm_rekey_proposal(words, &err);
	ck_assert_msg(proposal, "%s", err.text);
	key = count_up(0, gkm_keymat_len(proposal));
	ck_assert(gkm_keymat_split_rekey(proposal, key, &keys, &err));
	aead = gkm_rekey_aead_create(proposal, &keys, &err);
	ck_assert_msg(aead, "%s", err.text);
	keys.encr.len--;
	ck_assert(!gkm_rekey_aead_create(proposal, &keys, &err));
	ck_assert_str_eq(err.text, "rekey SA: keys don't fit its algorithms");
	proposal->destroy(proposal);
	chunk_clear(&key);
	return aead;
}

START_TEST(plain_text_of_any_length_comes_back)
{
	chunk_t assoc = count_up(9, 32), plain, content, got;
	aead_t *aead = create(proposals[_i]);
	size_t len;

	for (len = 0; len <= 64; len++)
	{
		plain = count_up(0, len);
		content = chunk_alloc(gikev2_sk_len(aead, len));
		ck_assert(gikev2_sk_encrypt(aead, len, assoc, plain, content));
		ck_assert(gikev2_sk_decrypt(aead, assoc, content, &got));
		ck_assert(gikev2_sk_strip(&got));
		ck_assert_msg(got.len == len && (!len || chunk_equals(got, plain)),
					  "%zu octets differ", len);
		/* what fits is exactly that */
		ck_assert(gikev2_sk_capacity(aead, content.len) >= len);
		ck_assert(!len || gikev2_sk_capacity(aead, content.len - 1) <
						  gikev2_sk_capacity(aead, content.len));
		ck_assert_int_eq(gikev2_sk_len(aead, gikev2_sk_capacity(aead,
											content.len)), content.len);
		chunk_free(&plain);
		chunk_free(&content);
	}
	ck_assert_int_eq(gikev2_sk_capacity(aead, 0), 0);
	ck_assert_int_eq(gikev2_sk_capacity(aead, aead->get_iv_size(aead) +
										aead->get_icv_size(aead)), 0);
	aead->destroy(aead);
	chunk_free(&assoc);
}
END_TEST

START_TEST(wrong_octet_or_length_is_noticed)
{
	chunk_t assoc = count_up(9, 32), plain = count_up(0, 20);
	chunk_t content, copy, got;
	aead_t *aead = create(proposals[_i]);
	size_t pos;

	content = chunk_alloc(gikev2_sk_len(aead, plain.len));
	ck_assert(gikev2_sk_encrypt(aead, 1, assoc, plain, content));
	for (pos = 0; pos < content.len + assoc.len; pos++)
	{
		copy = chunk_cat("cc", content, assoc);
		copy.ptr[pos] ^= 0x10;
		ck_assert_msg(!gikev2_sk_decrypt(aead, chunk_skip(copy, content.len),
										 chunk_create(copy.ptr, content.len),
										 &got), "octet %zu", pos);
		chunk_free(&copy);
	}
	for (pos = 0; pos < content.len; pos++)
	{
		copy = chunk_clone(chunk_create(content.ptr, pos));
		ck_assert_msg(!gikev2_sk_decrypt(aead, assoc, copy, &got),
					  "%zu octets", pos);
		chunk_free(&copy);
	}
	aead->destroy(aead);
	chunk_free(&assoc);
	chunk_free(&plain);
	chunk_free(&content);
}
END_TEST

START_TEST(padding_has_to_be_there)
{
	struct {
		const char *hex;
		/** octets that are left, -1 if refused */
		int len;
	} cases[] = {
		{ "00", 0 },
		{ "61 00", 1 },
		{ "61 62 ff 01", 2 },
		{ "ff ff 02", 0 },
		{ "", -1 },
		{ "01", -1 },
		{ "00 00 03", -1 },
		{ "00 ff", -1 },
	};
	chunk_t data = unhex(cases[_i].hex), plain = data;

	ck_assert(gikev2_sk_strip(&plain) == (cases[_i].len >= 0));
	ck_assert(cases[_i].len < 0 || plain.len == cases[_i].len);
	chunk_free(&data);
}
END_TEST

Suite *gikev2_sk_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_sk");
	tc = tcase_create("content");
	tcase_add_loop_test(tc, plain_text_of_any_length_comes_back, 0,
						countof(proposals));
	tcase_add_loop_test(tc, wrong_octet_or_length_is_noticed, 0,
						countof(proposals));
	tcase_add_loop_test(tc, padding_has_to_be_there, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}
