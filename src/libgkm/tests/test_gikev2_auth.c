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

#include "libgkm/gikev2/gikev2_auth.h"

#include "samples.h"

START_TEST(payload_is_that_of_the_rfc)
{
	chunk_t alg = unhex(ECDSA_SHA256), body, expected, signature;
	gkm_error_t err = {};

	expected = unhex("0e 000000 0c" ECDSA_SHA256 "000000");
	body = gikev2_auth_build(alg, 3);
	ck_assert_msg(chunk_equals(body, expected), "%+B instead of %+B", &body,
				  &expected);
	ck_assert_msg(gikev2_auth_parse(body, alg, &signature, &err), "%s",
				  err.text);
	ck_assert(signature.ptr == body.ptr + 17 && signature.len == 3);
	chunk_free(&body);
	chunk_free(&expected);
	chunk_free(&alg);
}
END_TEST

START_TEST(payload_of_another_kind_is_refused)
{
	struct {
		const char *hex;
		const char *what;
	} cases[] = {
		{ "0e 000000", "incomplete with 4 octets" },
		{ "0e 000000 00", "incomplete with 5 octets" },
		{ "0e 000000 0c" ECDSA_SHA256, "incomplete with 17 octets" },
		{ "0e 000000 0d" ECDSA_SHA256 "01", "incomplete with 18 octets" },
		{ "0e 000000 ff" ECDSA_SHA256 "01", "incomplete with 18 octets" },
		{ "09 000000 0c" ECDSA_SHA256 "01", "method 9 instead of 14" },
		{ "0e 000000 00 01", "algorithm isn't that of the rekey SA" },
		{ "0e 000000 0b" ECDSA_SHA256 "01", "algorithm isn't that of" },
		{ "0e 000000 0c" "300a06082a8648ce3d040303" "01",
		  "algorithm isn't that of" },
		{ "0e 000000 0f" RSA_SHA256 "01", "algorithm isn't that of" },
	};
	chunk_t alg = unhex(ECDSA_SHA256), body = unhex(cases[_i].hex), signature;
	gkm_error_t err = {};

	ck_assert_msg(!gikev2_auth_parse(body, alg, &signature, &err),
				  "%s accepted", cases[_i].hex);
	ck_assert_msg(strstr(err.text, cases[_i].what), "'%s' instead of '%s'",
				  err.text, cases[_i].what);
	chunk_free(&body);
	chunk_free(&alg);
}
END_TEST

START_TEST(signature_covers_headers_and_payloads_as_if_not_encrypted)
{
	/* RFC 9838, 2.4.1.1, spelled out: lengths of A and P, signature zeroed */
	chunk_t header = unhex("0102030405060708 090a0b0c0d0e0f10 2e202908 00000007"
						   "ffffffff 2a 00 ffff");
	chunk_t plain = unhex("27 00 0008 00000000 00 00 000c 0e000000 00 aabbcc");
	chunk_t expected = unhex("0102030405060708 090a0b0c0d0e0f10 2e202908"
							 "00000007 00000034 2a 00 0018"
							 "27 00 0008 00000000 00 00 000c 0e000000 00"
							 "000000");
	chunk_t before = chunk_clone(plain), octets;

	octets = gikev2_auth_octets(header, plain,
								chunk_create(plain.ptr + plain.len - 3, 3));
	ck_assert_msg(chunk_equals(octets, expected), "%+B instead of %+B", &octets,
				  &expected);
	ck_assert_msg(chunk_equals(plain, before), "payloads were changed");
	chunk_free(&octets);
	chunk_free(&header);
	chunk_free(&plain);
	chunk_free(&before);
	chunk_free(&expected);
}
END_TEST

Suite *gikev2_auth_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_auth");
	tc = tcase_create("payloads");
	tcase_add_test(tc, payload_is_that_of_the_rfc);
	tcase_add_loop_test(tc, payload_of_another_kind_is_refused, 0, 10);
	tcase_add_test(tc,
				   signature_covers_headers_and_payloads_as_if_not_encrypted);
	suite_add_tcase(s, tc);
	return s;
}
