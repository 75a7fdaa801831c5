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

#include "libgkm/group/gkm_oid.h"

#include "samples.h"

/** Object identifiers and their DER; the second is from RFC 8052, 2.1 */
static struct {
	char *text;
	chunk_t der;
} oids[] = {
	{ "1.2.840.113549",
		chunk_from_chars(0x06, 0x06, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d) },
	{ "1.2.840.10070.61850.8.1.2",
		chunk_from_chars(0x06, 0x0b, 0x2a, 0x86, 0x48, 0xce, 0x56, 0x83, 0xe3,
						 0x1a, 0x08, 0x01, 0x02) },
	{ "0.9", chunk_from_chars(0x06, 0x01, 0x09) },
	{ "2.5.4.3", chunk_from_chars(0x06, 0x03, 0x55, 0x04, 0x03) },
};

START_TEST(oid_is_read_and_printed)
{
	gkm_error_t err = {};
	char buf[64];
	chunk_t oid;

	ck_assert_msg(gkm_oid_from_string(oids[_i].text, &oid, &err), "%s",
				  err.text);
	ck_assert_msg(chunk_equals(oid, oids[_i].der), "%s: %+B", oids[_i].text,
				  &oid);
	ck_assert(gkm_oid_check(oid));
	ck_assert_str_eq(gkm_oid_print(oid, buf, sizeof(buf)), oids[_i].text);
	chunk_free(&oid);
}
END_TEST

/** What isn't an object identifier */
static char *bad[] = {
	"", "1", "1.", ".1", "1..2", "1.2.", "a.b", "1.2.x", "1.40.1", "3.1",
	"1.-2.3", " 1.2.3", "1.2.3 ", "01.2.3", "1.2.99999999999999999999",
	"1.2.4294967296", "1,2,3",
	"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27"
	".28.29.30.31.32.33.34.35.36.37.38.39.40.41.42.43.44.45.46.47.48.49.50.51"
	".52.53.54.55.56.57.58.59.60.61.62.63.64.65.66.67.68.69.70.71.72.73.74.75",
};

START_TEST(what_is_no_oid_is_refused)
{
	gkm_error_t err = {};
	chunk_t oid;

	ck_assert_msg(!gkm_oid_from_string(bad[_i], &oid, &err), "%s accepted",
				  bad[_i]);
	ck_assert_msg(strstr(err.text, "isn't an object identifier"), "%s",
				  err.text);
}
END_TEST

/** Octets that aren't one whole object identifier in DER */
static chunk_t bad_der[] = {
	{ NULL, 0 },
	chunk_from_chars(0x06),
	chunk_from_chars(0x06, 0x00),
	chunk_from_chars(0x05, 0x01, 0x2a),
	chunk_from_chars(0x06, 0x02, 0x2a),
	chunk_from_chars(0x06, 0x01, 0x2a, 0x03),
	chunk_from_chars(0x06, 0x02, 0x2a, 0x86),
};

START_TEST(der_is_checked)
{
	ck_assert(!gkm_oid_check(bad_der[_i]));
}
END_TEST

/** Data that may go with an object identifier */
static chunk_t data[] = {
	{ NULL, 0 },
	chunk_from_chars(0x00),
	chunk_from_chars(0x04, 0x04, 0xef, 0x01, 0x01, 0x01),
};

START_TEST(identity_holds_oid_and_data)
{
	chunk_t oid, rest, der = oids[1].der, expected = data[_i / 2];
	chunk_t two = count_up(0, 3 + 128);
	identification_t *id;

	if (_i % 2)
	{	/* with a length of two octets */
		memcpy(two.ptr, "\x06\x81\x80", 3);
		two.ptr[two.len - 1] = 0x7f;
		der = two;
	}
	id = gkm_oid_id_create(der, expected);
	ck_assert_int_eq(id->get_type(id), ID_KEY_ID);
	ck_assert(gkm_oid_id_parse(id, NULL, NULL));
	ck_assert(gkm_oid_id_parse(id, &oid, &rest));
	ck_assert_msg(chunk_equals(oid, der), "%+B", &oid);
	ck_assert_int_eq(rest.len, expected.len);
	ck_assert(!rest.len || chunk_equals(rest, expected));
	id->destroy(id);
	chunk_free(&two);
}
END_TEST

START_TEST(other_identities_are_told_apart)
{
	identification_t *id, *cut;
	chunk_t encoding;
	char *others[] = { "keyid:1234", "keyid:OID", "OID", "10.0.0.1",
					   "@#4f494400", "@#4f494400060b2a",
					   "@#4f49440006012a0001" };
	int i;

	for (i = 0; i < countof(others); i++)
	{
		id = identification_create_from_string(others[i]);
		ck_assert_msg(!gkm_oid_id_parse(id, NULL, NULL), "%s", others[i]);
		id->destroy(id);
	}
	id = gkm_oid_id_create(oids[1].der, data[2]);
	encoding = id->get_encoding(id);
	cut = identification_create_from_encoding(ID_FQDN, encoding);
	ck_assert(!gkm_oid_id_parse(cut, NULL, NULL));
	cut->destroy(cut);
	for (i = 0; i < encoding.len; i++)
	{
		cut = identification_create_from_encoding(ID_KEY_ID,
										chunk_create(encoding.ptr, i));
		ck_assert_msg(!gkm_oid_id_parse(cut, NULL, NULL), "%d octets", i);
		cut->destroy(cut);
	}
	id->destroy(id);
}
END_TEST

Suite *gkm_oid_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_oid");

	tc = tcase_create("identifiers");
	tcase_add_loop_test(tc, oid_is_read_and_printed, 0, countof(oids));
	tcase_add_loop_test(tc, what_is_no_oid_is_refused, 0, countof(bad));
	tcase_add_loop_test(tc, der_is_checked, 0, countof(bad_der));
	suite_add_tcase(s, tc);

	tc = tcase_create("identities");
	tcase_add_loop_test(tc, identity_holds_oid_and_data, 0, 2 * countof(data));
	tcase_add_test(tc, other_identities_are_told_apart);
	suite_add_tcase(s, tc);

	return s;
}
