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

#include "suites.h"

#include "libgkm/group/gkm_algs.h"
#include "libgkm/group/gkm_update.h"

static gkm_update_t *update;

static void setup()
{
	update = gkm_update_create();
}

static void teardown()
{
	gkm_update_destroy(update);
}

/**
 * Get SAs to delete
 */
static gkm_delete_t *get_delete(int i)
{
	gkm_delete_t *delete = NULL;

	ck_assert_msg(array_get(update->deletes, i, &delete), "no Delete %d", i);
	return delete;
}

START_TEST(new_update_says_nothing)
{
	ck_assert(gkm_update_is_empty(update));
	/* delays alone mean nothing */
	update->download->atd = 5;
	update->download->dtd = 5;
	ck_assert(gkm_update_is_empty(update));
}
END_TEST

START_TEST(whatever_is_put_in_has_to_be_told)
{
	update->download->rekey = gkm_rekey_sa_create();
	ck_assert(!gkm_update_is_empty(update));
	gkm_update_destroy(update);
	update = gkm_update_create();
	array_insert(update->download->sas, ARRAY_TAIL, gkm_data_sa_create());
	ck_assert(!gkm_update_is_empty(update));
	gkm_update_destroy(update);
	update = gkm_update_create();
	gkm_update_delete(update, PROTO_ESP, htonl(0x100));
	ck_assert(!gkm_update_is_empty(update));
}
END_TEST

START_TEST(spis_of_one_protocol_are_deleted_together)
{
	uint32_t spi;
	int i;

	for (i = 0; i < 3; i++)
	{
		gkm_update_delete(update, PROTO_ESP, htonl(0x100 + i));
		gkm_update_delete(update, PROTO_AH, htonl(0x200 + i));
	}
	ck_assert_int_eq(array_count(update->deletes), 2);
	ck_assert_int_eq(get_delete(0)->protocol, PROTO_ESP);
	ck_assert_int_eq(get_delete(1)->protocol, PROTO_AH);
	for (i = 0; i < 3; i++)
	{
		ck_assert(array_get(get_delete(0)->spis, i, &spi));
		ck_assert_uint_eq(ntohl(spi), 0x100 + i);
	}
	ck_assert_int_eq(array_count(get_delete(1)->spis), 3);
}
END_TEST

START_TEST(all_sas_of_a_protocol_are_not_mixed_with_some)
{
	gkm_update_delete(update, PROTO_ESP, 0);
	gkm_update_delete(update, PROTO_ESP, htonl(0x100));
	ck_assert_int_eq(array_count(update->deletes), 2);
	ck_assert_int_eq(array_count(get_delete(0)->spis), 0);
	ck_assert_int_eq(array_count(get_delete(1)->spis), 1);
}
END_TEST

START_TEST(exclusion_says_nothing_else)
{
	int i;

	update->download->rekey = gkm_rekey_sa_create();
	update->download->atd = 7;
	array_insert(update->download->sas, ARRAY_TAIL, gkm_data_sa_create());
	update->auth_key = chunk_clone(chunk_from_str("key"));
	gkm_update_delete(update, PROTO_ESP, htonl(0x100));
	gkm_update_exclude(update);
	ck_assert(!update->download->rekey);
	ck_assert_int_eq(array_count(update->download->sas), 0);
	ck_assert_int_eq(update->download->atd, 0);
	ck_assert_int_eq(update->auth_key.len, 0);
	ck_assert_int_eq(array_count(update->deletes), 3);
	for (i = 0; i < 3; i++)
	{
		ck_assert_int_eq(array_count(get_delete(i)->spis), 0);
	}
	ck_assert_int_eq(get_delete(0)->protocol, PROTO_ESP);
	ck_assert_int_eq(get_delete(1)->protocol, PROTO_AH);
	ck_assert_int_eq(get_delete(2)->protocol, PROTO_GIKE_UPDATE);
}
END_TEST

START_TEST(update_lives_as_long_as_one_has_it)
{
	gkm_update_t *ref;

	ref = gkm_update_get_ref(update);
	ck_assert(ref == update);
	gkm_update_destroy(update);
	/* the sanitizer says if that isn't so */
	ck_assert(gkm_update_is_empty(ref));
	gkm_update_destroy(NULL);
}
END_TEST

Suite *gkm_update_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_update");

	tc = tcase_create("update");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, new_update_says_nothing);
	tcase_add_test(tc, whatever_is_put_in_has_to_be_told);
	tcase_add_test(tc, spis_of_one_protocol_are_deleted_together);
	tcase_add_test(tc, all_sas_of_a_protocol_are_not_mixed_with_some);
	tcase_add_test(tc, exclusion_says_nothing_else);
	tcase_add_test(tc, update_lives_as_long_as_one_has_it);
	suite_add_tcase(s, tc);

	return s;
}
