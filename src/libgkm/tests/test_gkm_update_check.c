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

#include "libgkm/group/gkm_update_check.h"

#include "cfg_fixture.h"

/** Reason of the last failure */
static gkm_error_t err;

/** Configuration of the member */
static gkm_cfg_t *cfg;

/** Update that it gets */
static gkm_update_t *update;

/** SA that it holds */
static gkm_data_sa_t *held;

/**
 * Configure the member
 */
static gkm_cfg_t *configure(char *sender)
{
	char *options[] = {
		"id", "1234",
		"role", "member",
		"servers", "ks",
		"sender", sender,
		"rekey.proposals", "aes256gcm16-kw256",
		"sas.data.source_ts", "10.0.0.0/8",
		"sas.data.destination_ts", "239.1.0.0/16",
		"sas.data.esp_proposals", "aes256-sha256, aes256gcm16",
	};

	return cfg_create(options, countof(options));
}

/**
 * Create a data SA that the member allows
 */
static gkm_data_sa_t *create_sa(uint32_t spi, char *dst, char *algs)
{
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(spi);
	sa->src = traffic_selector_create_from_cidr("10.0.0.0/8", 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr(dst, 0, 0, 65535);
	sa->mode = MODE_TUNNEL;
	sa->proposal = gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED, algs, &err);
	ck_assert_msg(sa->proposal, "%s", err.text);
	return sa;
}

static void setup()
{
	memset(&err, 0, sizeof(err));
	cfg = configure("yes");
	update = gkm_update_create();
	held = create_sa(0x1000, "239.1.1.1/32", "aes256-sha256");
}

static void teardown()
{
	gkm_cfg_destroy(cfg);
	gkm_update_destroy(update);
	gkm_data_sa_destroy(held);
}

/**
 * Add a new data SA to the update
 */
static void add_sa(char *dst, char *algs)
{
	array_insert(update->download->sas, ARRAY_TAIL,
				 create_sa(0x2000, dst, algs));
}

/**
 * Check what the update means
 */
static void assert_verdict(gkm_update_verdict_t expected, bool sender_id)
{
	gkm_update_verdict_t verdict;

	memset(&err, 0, sizeof(err));
	verdict = gkm_update_check(update, cfg, sender_id, &err);
	ck_assert_msg(verdict == expected, "%d, expected %d: %s", verdict,
				  expected, err.text);
	ck_assert((expected == GKM_UPDATE_REFUSED) == (err.text[0] != '\0'));
}

START_TEST(what_is_allowed_is_taken)
{
	assert_verdict(GKM_UPDATE_TAKE, FALSE);
	add_sa("239.1.1.1/32", "aes256-sha256");
	gkm_update_delete(update, PROTO_ESP, htonl(0x1000));
	assert_verdict(GKM_UPDATE_TAKE, FALSE);
	gkm_update_delete(update, PROTO_ESP, 0);
	assert_verdict(GKM_UPDATE_TAKE, FALSE);
}
END_TEST

START_TEST(what_is_not_allowed_is_refused)
{
	add_sa("239.2.1.1/32", "aes256-sha256");
	assert_verdict(GKM_UPDATE_REFUSED, TRUE);
}
END_TEST

START_TEST(senders_without_sender_id_refuse_counter_modes)
{
	gkm_data_sa_t *sa;

	add_sa("239.1.1.1/32", "aes256gcm16");
	assert_verdict(GKM_UPDATE_REFUSED, FALSE);
	assert_verdict(GKM_UPDATE_TAKE, TRUE);
	/* those that only receive need none, on one SA or on any */
	ck_assert(array_get(update->download->sas, ARRAY_TAIL, &sa));
	sa->direction = GKM_RECEIVER_ONLY;
	assert_verdict(GKM_UPDATE_TAKE, FALSE);
	sa->direction = GKM_DIRECTION_UNTOLD;
	gkm_cfg_destroy(cfg);
	cfg = configure("no");
	assert_verdict(GKM_UPDATE_TAKE, FALSE);
}
END_TEST

static protocol_id_t ends[] = { PROTO_GIKE_UPDATE, PROTO_NONE };

START_TEST(deleting_the_rekey_sa_or_all_excludes)
{
	/* whatever else it brings */
	add_sa("239.2.1.1/32", "aes256-sha256");
	gkm_update_delete(update, PROTO_ESP, 0);
	gkm_update_delete(update, ends[_i], 0);
	assert_verdict(GKM_UPDATE_EXCLUDED, TRUE);
}
END_TEST

START_TEST(a_rekey_sa_without_key_for_us_excludes)
{
	update->excluded = TRUE;
	assert_verdict(GKM_UPDATE_EXCLUDED, TRUE);
}
END_TEST

START_TEST(sas_are_deleted_by_protocol_and_spi)
{
	ck_assert(!gkm_update_deletes(update, held));
	gkm_update_delete(update, PROTO_ESP, htonl(0x1001));
	ck_assert(!gkm_update_deletes(update, held));
	gkm_update_delete(update, PROTO_AH, htonl(0x1000));
	ck_assert(!gkm_update_deletes(update, held));
	gkm_update_delete(update, PROTO_AH, 0);
	ck_assert(!gkm_update_deletes(update, held));
	gkm_update_delete(update, PROTO_ESP, htonl(0x1000));
	ck_assert(gkm_update_deletes(update, held));
}
END_TEST

START_TEST(all_sas_of_a_protocol_can_be_deleted)
{
	gkm_update_delete(update, PROTO_ESP, 0);
	ck_assert(gkm_update_deletes(update, held));
}
END_TEST

START_TEST(new_sas_tell_the_group_by_their_selectors)
{
	gkm_update_delete(update, PROTO_ESP, 0);
	ck_assert(gkm_update_concerns(update, held));
	/* the first one counts, even if all are deleted for it */
	add_sa("239.1.1.2/32", "aes256-sha256");
	ck_assert(!gkm_update_concerns(update, held));
	add_sa("239.1.1.1/32", "aes256-sha256");
	ck_assert(!gkm_update_concerns(update, held));
	gkm_data_sa_destroy(held);
	held = create_sa(0x1000, "239.1.1.2/32", "aes256-sha256");
	ck_assert(gkm_update_concerns(update, held));
}
END_TEST

START_TEST(deletions_tell_the_group_by_spis)
{
	ck_assert(!gkm_update_concerns(update, held));
	gkm_update_delete(update, PROTO_ESP, htonl(0x1001));
	ck_assert(!gkm_update_concerns(update, held));
	gkm_update_delete(update, PROTO_ESP, htonl(0x1000));
	ck_assert(gkm_update_concerns(update, held));
}
END_TEST

START_TEST(the_end_of_all_concerns_all_groups)
{
	gkm_update_delete(update, ends[_i], 0);
	ck_assert(gkm_update_concerns(update, held));
}
END_TEST

/*
 * Described in header
 */
Suite *gkm_update_check_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("update check");

	tc = tcase_create("verdict");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_allowed_is_taken);
	tcase_add_test(tc, what_is_not_allowed_is_refused);
	tcase_add_test(tc, senders_without_sender_id_refuse_counter_modes);
	tcase_add_loop_test(tc, deleting_the_rekey_sa_or_all_excludes, 0,
						countof(ends));
	tcase_add_test(tc, a_rekey_sa_without_key_for_us_excludes);
	suite_add_tcase(s, tc);

	tc = tcase_create("deletion");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sas_are_deleted_by_protocol_and_spi);
	tcase_add_test(tc, all_sas_of_a_protocol_can_be_deleted);
	tcase_add_test(tc, new_sas_tell_the_group_by_their_selectors);
	tcase_add_test(tc, deletions_tell_the_group_by_spis);
	tcase_add_loop_test(tc, the_end_of_all_concerns_all_groups, 0,
						countof(ends));
	suite_add_tcase(s, tc);

	return s;
}
