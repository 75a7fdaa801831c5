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

#include "libgkm/gikev2/gikev2_idg.h"
#include "libgkm/group/gkm_group_id.h"

#include "samples.h"

/**
 * Identities and their payloads (RFC 7296, 3.5)
 */
static struct {
	char *id;
	id_type_t type;
	const char *hex;
} ids[] = {
	{ "@#000004d2", ID_KEY_ID, "0b000000 000004d2" },
	{ "192.0.2.1", ID_IPV4_ADDR, "01000000 c0000201" },
	{ "2001:db8::1", ID_IPV6_ADDR,
	  "05000000 20010db8000000000000000000000001" },
	{ "group.example", ID_FQDN, "02000000 67726f75702e6578616d706c65" },
	{ "a@b.example", ID_RFC822_ADDR, "03000000 6140622e6578616d706c65" },
};

START_TEST(identity_is_read_and_written_as_on_the_wire)
{
	identification_t *id = identification_create_from_string(ids[_i].id), *got;
	chunk_t data = unhex(ids[_i].hex), built;
	gkm_error_t err = {};

	built = gikev2_idg_build(id);
	ck_assert_msg(chunk_equals(built, data), "%s becomes %+B instead of %+B",
				  ids[_i].id, &built, &data);
	got = gikev2_idg_parse(data, &err);
	ck_assert_msg(got, "%s: %s", ids[_i].hex, err.text);
	ck_assert_msg(got->get_type(got) == ids[_i].type, "%s: type %u instead of "
				  "%u", ids[_i].hex, got->get_type(got), ids[_i].type);
	ck_assert_msg(got->equals(got, id), "%s is '%Y' instead of '%Y'",
				  ids[_i].hex, got, id);
	got->destroy(got);
	id->destroy(id);
	chunk_free(&built);
	chunk_free(&data);
}
END_TEST

START_TEST(reserved_octets_are_ignored)
{
	chunk_t data = unhex("0bffffff 000004d2");
	identification_t *id;
	gkm_error_t err = {};

	id = gikev2_idg_parse(data, &err);
	ck_assert_msg(id, "%s", err.text);
	id->destroy(id);
	chunk_free(&data);
}
END_TEST

/**
 * Payloads that are refused, and what the message says
 */
static struct {
	const char *hex;
	const char *what;
} bad[] = {
	{ "", "at least 4 octets, but only 0" },
	{ "0b0000", "at least 4 octets, but only 3" },
	{ "0b000000", "type 11 with 0 octets" },
	{ "02000000", "type 2 with 0 octets" },
	{ "01000000 c00002", "type 1 with 3 octets" },
	{ "01000000 c000020101", "type 1 with 5 octets" },
	{ "05000000 c0000201", "type 5 with 4 octets" },
	{ "02000000 67726f757000", "other than printable" },
	{ "02000000 67726f7570206578", "other than printable" },
	{ "03000000 61406200", "other than printable" },
	{ "03000000 614062e9", "other than printable" },
	{ "00000000 000004d2", "identity of type 0" },
	{ "04000000 c0000201", "identity of type 4" },
	{ "09000000 3000", "identity of type 9" },
	{ "0d000000", "identity of type 13" },
	{ "c9000000 3000", "identity of type 201" },
};

START_TEST(identity_that_cant_name_a_group_is_refused)
{
	chunk_t data = unhex(bad[_i].hex);
	identification_t *id;
	gkm_error_t err = {};

	id = gikev2_idg_parse(data, &err);
	ck_assert_msg(!id, "%s accepted", bad[_i].hex);
	ck_assert_msg(strpfx(err.text, "IDg payload: octet ") &&
				  strstr(err.text, bad[_i].what), "%s: '%s' instead of '%s'",
				  bad[_i].hex, err.text, bad[_i].what);
	chunk_free(&data);
}
END_TEST

START_TEST(length_of_an_identity_is_limited)
{
	chunk_t data = count_up(0, 4 + GKM_GROUP_ID_MAX + 1);
	identification_t *id;
	gkm_error_t err = {};

	data.ptr[0] = ID_KEY_ID;
	data.len--;
	id = gikev2_idg_parse(data, &err);
	ck_assert_msg(id, "%u octets: %s", GKM_GROUP_ID_MAX, err.text);
	id->destroy(id);
	data.len++;
	ck_assert_msg(!gikev2_idg_parse(data, &err), "%u octets accepted",
				  GKM_GROUP_ID_MAX + 1);
	ck_assert_msg(strstr(err.text, "with 256 octets"), "'%s'", err.text);
	chunk_free(&data);
}
END_TEST

START_TEST(identity_that_cant_name_a_group_is_not_written)
{
	char *others[] = { "C=CH, O=Acme, CN=group", "%any" };
	identification_t *id = identification_create_from_string(others[_i]);
	chunk_t built;

	built = gikev2_idg_build(id);
	ck_assert_msg(!built.len, "%s written as %zu octets", others[_i],
				  built.len);
	id->destroy(id);
}
END_TEST

Suite *gikev2_idg_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gikev2_idg");
	tc = tcase_create("identities");
	tcase_add_loop_test(tc, identity_is_read_and_written_as_on_the_wire, 0,
						countof(ids));
	tcase_add_test(tc, reserved_octets_are_ignored);
	tcase_add_loop_test(tc, identity_that_cant_name_a_group_is_refused, 0,
						countof(bad));
	tcase_add_test(tc, length_of_an_identity_is_limited);
	tcase_add_loop_test(tc, identity_that_cant_name_a_group_is_not_written, 0,
						2);
	suite_add_tcase(s, tc);
	return s;
}
