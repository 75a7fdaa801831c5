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

#include "libgkm/gikev2/gikev2_codepoints.h"
#include "libgkm/gikev2/gikev2_inner.h"

#include "rekey_fixture.h"

/** Payloads of the sample "group ends": Delete, protocol 0 */
#define DELETE(next) next "00 0008 00 00 0000"
#define NONE "00"
#define D "2a"
#define AUTH "27"
#define UNKNOWN "c8"
#define N "29"
#define V "2b"

/**
 * Payloads under implicit authentication, and what the message says if they
 * are refused
 */
static const struct {
	uint8_t first;
	const char *plain;
	uint8_t flags;
	const char *what;
} contents[] = {
	{ 42, DELETE(NONE), 0x08 },
	/* flags aren't looked at */
	{ 42, DELETE(NONE), 0x00 },
	{ 42, DELETE(NONE), 0x28 },
	/* RESERVED isn't either */
	{ 42, "00 7f 0008 00 00 0000", 0x08 },
	/* payloads that are ignored: unknown, Vendor ID, other notifies */
	{ 200, D "00 0006 abcd" DELETE(NONE), 0x08 },
	{ 200, D "7f 0004" DELETE(NONE), 0x08 },
	{ 42, DELETE(V) "00 00 0005 61", 0x08 },
	{ 41, D "00 0008 00 00 4001" DELETE(NONE), 0x08 },
	{ 41, D "00 000e 03 04 4001 c0000001 ff 00" DELETE(NONE), 0x08 },
	{ 200, D "80 0006 abcd" DELETE(NONE), 0x08,
	  "critical payload of type 200" },
	{ 41, D "00 0007 00 00 40" DELETE(NONE), 0x08, "notify: incomplete" },
	{ 41, D "00 000a 03 04 4001 c000" DELETE(NONE), 0x08,
	  "notify: incomplete" },
	{ 42, DELETE(AUTH) "00 00 0010 0e000000 01 30 000000000000", 0x08,
	  "AUTH payload, but authentication is implicit" },
	{ 42, "00 00 0009 00 00 0000", 0x08, "has a length of 9, but 4 to 8" },
	{ 42, "00 00 0003 00 00 0000", 0x08, "has a length of 3" },
	{ 42, "2a 00 0008 00 00 0000", 0x08, "0 octets left" },
	{ 42, "2a 00 0008 00 00 0000 000000", 0x08, "3 octets left" },
	{ 42, DELETE(NONE) "00", 0x08, "1 octets after the last payload" },
	{ 0, DELETE(NONE), 0x08, "8 octets after the last payload" },
	{ 0, "", 0x08, "neither rekey SA nor data SA" },
	{ 42, "", 0x08, "0 octets left" },
	{ 42, "00 00 0004", 0x08, "0 octets, at least 4" },
	{ 51, D "00 0004" DELETE(NONE), 0x08, "GSA payload: empty" },
	{ 52, D "00 0004" DELETE(NONE), 0x08, "KD payload: empty" },
	{ 51, "33 00 0005 00" "2a 00 0005 00" DELETE(NONE), 0x08,
	  "GSA payload: second one" },
	{ 52, "34 00 0005 00" "2a 00 0005 00" DELETE(NONE), 0x08,
	  "KD payload: second one" },
	{ 39, "27 00 0005 0e" "2a 00 0005 0e" DELETE(NONE), 0x08,
	  "AUTH payload: second one" },
	{ 51, D "00 0005 00" DELETE(NONE), 0x08, "GSA payload: octet 0" },
	{ 41, NONE "00 0008 00 00 4007", 0x08, "neither rekey SA nor data SA" },
};

START_TEST(content_is_read_by_the_rules_of_ikev2)
{
	chunk_t plain = unhex(contents[_i].plain), datagram;
	rekey_fixture_t f;

	rekey_fixture_init(&f, "group ends");
	datagram = rekey_fixture_seal(&f, 0, contents[_i].flags, contents[_i].first,
								  plain);
	assert_received(&f, datagram, contents[_i].what ? GKM_RECEIVED_MALFORMED
													: GKM_RECEIVED_UPDATE,
					contents[_i].plain);
	ck_assert_msg(!contents[_i].what || strstr(f.err.text, contents[_i].what),
				  "%s: '%s' instead of '%s'", contents[_i].plain, f.err.text,
				  contents[_i].what);
	chunk_free(&datagram);
	chunk_free(&plain);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(more_delete_payloads_than_supported_are_refused)
{
	chunk_t one = unhex(DELETE(D)), all = chunk_empty, datagram;
	rekey_fixture_t f;
	int i;

	for (i = 0; i < 17; i++)
	{
		all = chunk_cat("mc", all, one);
	}
	all.ptr[all.len - one.len] = 0;
	rekey_fixture_init(&f, "group ends");
	datagram = rekey_fixture_seal(&f, 0, 0x08, 42, all);
	assert_received(&f, datagram, GKM_RECEIVED_MALFORMED, "17");
	ck_assert_str_eq(f.err.text, "more than 16 Delete payloads");
	chunk_free(&datagram);
	chunk_free(&one);
	chunk_free(&all);
	rekey_fixture_clear(&f);
}
END_TEST

START_TEST(payloads_come_in_the_order_of_the_rfc)
{
	struct {
		const char *gsa;
		const char *kd;
		bool transport;
		const char *delete;
		const char *auth;
		uint8_t first;
		const char *hex;
	} cases[] = {
		{ "aa", "bbbb", TRUE, "cc", "dd", 51,
		  "34 00 0005 aa" "29 00 0006 bbbb" "2a 00 0008 00 00 4007"
		  "27 00 0005 cc" "00 00 0005 dd" },
		{ "aa", "bbbb", FALSE, "", "", 51, "34 00 0005 aa 00 00 0006 bbbb" },
		{ "", "", FALSE, "cc", "dd", 42, "27 00 0005 cc 00 00 0005 dd" },
		{ "", "", FALSE, "cc", "", 42, "00 00 0005 cc" },
		{ "", "", FALSE, "", "", 0, "" },
	};
	chunk_t expected = unhex(cases[_i].hex), delete = unhex(cases[_i].delete);
	chunk_t built;
	gikev2_inner_t inner = {
		.payloads = {
			.gsa = unhex(cases[_i].gsa),
			.kd = unhex(cases[_i].kd),
			.deletes = array_create(sizeof(chunk_t), 0),
		},
		.transport = cases[_i].transport,
		.auth = unhex(cases[_i].auth),
	};

	if (delete.len)
	{
		array_insert(inner.payloads.deletes, ARRAY_TAIL, &delete);
	}
	built = gikev2_inner_build(&inner);
	ck_assert_int_eq(gikev2_inner_first(&inner), cases[_i].first);
	ck_assert_msg(chunk_equals(built, expected) ||
				  (!built.len && !expected.len), "%+B instead of %+B", &built,
				  &expected);
	chunk_free(&built);
	chunk_free(&expected);
	chunk_free(&inner.auth);
	if (!delete.len)
	{
		chunk_free(&delete);
	}
	gikev2_update_payloads_clear(&inner.payloads);
}
END_TEST

Suite *gikev2_inner_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_inner");
	tc = tcase_create("payloads");
	tcase_add_loop_test(tc, payloads_come_in_the_order_of_the_rfc, 0, 5);
	tcase_add_loop_test(tc, content_is_read_by_the_rules_of_ikev2, 0,
						countof(contents));
	tcase_add_test(tc, more_delete_payloads_than_supported_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
