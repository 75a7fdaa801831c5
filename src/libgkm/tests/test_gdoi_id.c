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

#include "libgkm/gdoi/gdoi_id.h"

#include "samples.h"

/** 61850_UDP_ADDR_GOOSE (RFC 8052, appendix A) */
#define GOOSE "060b2a8648ce5683e31a080102"

/**
 * Identities as RFC 6407, 5.2, and RFC 8052, 2.1, lay them out
 */
static struct {
	id_type_t type;
	const char *encoding;
	const char *body;
} ids[] = {
	{ ID_KEY_ID, "000004d2", "0b000000 000004d2" },
	{ ID_KEY_ID, "67726f7570", "0b000000 67726f7570" },
	{ ID_KEY_ID, "4f494400", "0b000000 4f494400" },
	{ ID_IPV4_ADDR, "c0000201", "01000000 c0000201" },
	{ ID_IPV6_ADDR, "20010db8000000000000000000000001",
	  "05000000 20010db8000000000000000000000001" },
	{ ID_FQDN, "612e6578616d706c65", "02000000 612e6578616d706c65" },
	{ ID_USER_FQDN, "6140622e6578", "03000000 6140622e6578" },
	{ ID_KEY_ID, "4f494400" GOOSE "0000", "0d000000 0d" GOOSE "0000" },
	{ ID_KEY_ID, "4f494400" GOOSE "0003 020101",
	  "0d000000 0d" GOOSE "0003 020101" },
};

START_TEST(identity_is_laid_out_as_in_the_rfcs)
{
	chunk_t encoding = unhex(ids[_i].encoding), expected = unhex(ids[_i].body);
	identification_t *id, *got;
	gkm_error_t err = {};
	chunk_t body;

	id = identification_create_from_encoding(ids[_i].type, encoding);
	ck_assert_msg(gdoi_id_build(id, &body, &err), "%s: %s", ids[_i].body,
				  err.text);
	ck_assert_msg(chunk_equals(body, expected), "%s: %#B", ids[_i].body,
				  &body);
	got = gdoi_id_parse(expected, &err);
	ck_assert_msg(got, "%s: %s", ids[_i].body, err.text);
	ck_assert_msg(got->equals(got, id), "%s read as '%Y'", ids[_i].body, got);
	ck_assert_int_eq(got->get_type(got), id->get_type(id));
	got->destroy(got);
	id->destroy(id);
	chunk_free(&body);
	chunk_free(&encoding);
	chunk_free(&expected);
}
END_TEST

START_TEST(identity_that_cannot_name_a_group_is_refused)
{
	const char *bodies[] = {
		"", "0b", "0b0000", "0b000000", "01000000 c00002", "05000000 c0000201",
		"02000000 6120", "02000000 610a", "03000000 6180", "04000000 0a000000"
		"ff000000", "0c000000 00", "00000000 00", "0e000000 00", "09000000"
		"3000",
		/* OID: no length, incomplete, no DER, of another length, empty, without
		 * end, without payload, with too short and too long a one */
		"0d000000", "0d000000 0d 060b2a86", "0d000000 03 020101 0000",
		"0d000000 03 060201 0000", "0d000000 02 0600 0000",
		"0d000000 04 06022a86 0000", "0d000000 0d" GOOSE,
		"0d000000 0d" GOOSE "0002 01", "0d000000 0d" GOOSE "0001 0101",
		/* what stands for an OID inside */
		"0b000000 4f494400" GOOSE "0000",
	};
	chunk_t body = unhex(bodies[_i]);
	gkm_error_t err = {};

	ck_assert_msg(!gdoi_id_parse(body, &err), "'%s' accepted", bodies[_i]);
	ck_assert(err.text[0]);
	chunk_free(&body);
}
END_TEST

START_TEST(octets_specific_to_the_doi_are_ignored)
{
	chunk_t body = unhex("0b110350 000004d2");
	identification_t *id;
	gkm_error_t err = {};

	id = gdoi_id_parse(body, &err);
	ck_assert_msg(id, "%s", err.text);
	id->destroy(id);
	chunk_free(&body);
}
END_TEST

START_TEST(other_identity_is_not_written)
{
	char *names[] = { "C=CH, CN=group", "%any" };
	identification_t *id = identification_create_from_string(names[_i]);
	gkm_error_t err = {};
	chunk_t body;

	ck_assert_msg(!gdoi_id_build(id, &body, &err), "%s written", names[_i]);
	ck_assert(err.text[0]);
	id->destroy(id);
}
END_TEST

Suite *gdoi_id_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_id");

	tc = tcase_create("payload");
	tcase_add_loop_test(tc, identity_is_laid_out_as_in_the_rfcs, 0,
						countof(ids));
	tcase_add_loop_test(tc, identity_that_cannot_name_a_group_is_refused, 0,
						24);
	tcase_add_test(tc, octets_specific_to_the_doi_are_ignored);
	tcase_add_loop_test(tc, other_identity_is_not_written, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
