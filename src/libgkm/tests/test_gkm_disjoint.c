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
#include "group_fixture.h"

#include "libgkm/group/gkm_policy.h"
#include "libgkm/group/gkm_sa_maker.h"

/**
 * What key servers that serve a group together needn't agree on: each has SPIs,
 * sender IDs and message IDs of its own.
 */

static gkm_policy_t *policy;
static gkm_update_t *update;
static gkm_cfg_t *cfg;

static void setup()
{
	group_setup();
	policy = gkm_policy_create(&spis.public);
	update = gkm_update_create();
	cfg = NULL;
}

static void teardown()
{
	policy->destroy(policy);
	gkm_update_destroy(update);
	gkm_cfg_destroy(cfg);
	group_teardown();
}

/**
 * Configure the policy of a key server
 */
static void configure(uint8_t server)
{
	gkm_cfg_t *old = cfg;

	cfg = group_configure("protocols", "gikev2, gdoi", "rekey.auth", NULL,
						  "rekey.key_tree", "no", NULL);
	cfg->coop.id = server;
	ck_assert_msg(policy->configure(policy, cfg, group_auth_key(cfg),
									group_sig_alg(cfg), FALSE, START, update,
									&err), "%s", err.text);
	gkm_cfg_destroy(old);
}

/**
 * Get the newest data SA
 */
static gkm_data_sa_t *newest()
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa, *last = NULL;

	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		last = sa;
	}
	enumerator->destroy(enumerator);
	return last->sa;
}

static void renew()
{
	ck_assert_int_eq(policy->renew(policy, GKM_RENEWAL_REQUESTED, START,
								   update, &err), 1);
}

START_TEST(spis_are_those_of_the_key_server)
{
	uint32_t spi;
	int i;

	for (i = 0; i < 100; i++)
	{
		ck_assert(gkm_sa_maker_spi(&spis.public, _i, &spi, &err));
		ck_assert_msg(ntohl(spi) > 255 && (!_i || ntohl(spi) >> 29 == _i - 1),
					  "%.8x", ntohl(spi));
		ck_assert(gkm_sa_maker_owns_spi(_i, spi));
		ck_assert(gkm_sa_maker_owns_spi(0, spi));
		ck_assert(!_i || !gkm_sa_maker_owns_spi(_i % 8 + 1, spi));
		spis.public.release(&spis.public, spi);
	}
}
END_TEST

START_TEST(sas_stay_if_the_number_changes_but_successors_have_new_spis)
{
	uint32_t spi, next;

	configure(2);
	spi = newest()->spi;
	next = newest()->next_spi;
	ck_assert(gkm_sa_maker_owns_spi(2, spi));
	ck_assert(gkm_sa_maker_owns_spi(2, next));
	configure(7);
	ck_assert_int_eq(newest()->spi, spi);
	renew();
	ck_assert(gkm_sa_maker_owns_spi(7, newest()->spi));
	ck_assert(gkm_sa_maker_owns_spi(7, newest()->next_spi));
}
END_TEST

START_TEST(spi_that_was_promised_is_used_without_takeover)
{
	uint32_t next;

	configure(2);
	next = newest()->next_spi;
	renew();
	ck_assert_int_eq(newest()->spi, next);
}
END_TEST

START_TEST(promised_spis_are_given_up_by_a_takeover)
{
	gkm_rekey_sa_t *rekey;
	uint8_t next_rekey[GKM_REKEY_SPI_LEN];
	uint32_t next;

	configure(2);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2)->sa;
	memcpy(next_rekey, rekey->next_spi, sizeof(next_rekey));
	next = newest()->next_spi;
	policy->take_over(policy, 2, 1);
	ck_assert(!newest()->next_spi);
	ck_assert(rekey->has_next_spi);
	ck_assert(!memeq(rekey->next_spi, next_rekey, sizeof(next_rekey)));
	renew();
	ck_assert_int_ne(newest()->spi, next);
	ck_assert_int_ne(newest()->next_spi, 0);
	ck_assert(policy->replace_rekey(policy, START, update, &err));
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2)->sa;
	ck_assert(!memeq(rekey->spi, next_rekey, sizeof(next_rekey)));
}
END_TEST

/** Message IDs before and after a takeover by a key server in an epoch, and what a
 *  member takes for missed in between */
static struct {
	uint32_t before;
	uint8_t server;
	uint64_t epoch;
	uint32_t after;
} takeovers[] = {
	{ 0,			1,	1,	8192 },
	{ 511,			2,	1,	8192 + 1024 },
	{ 511,			8,	0,	8192 + 7 * 1024 },
	{ 8192 + 7 * 1024 + 511, 1, 1, 2 * 8192 },
	{ 8192 + 1024,	2,	2,	2 * 8192 + 1024 },
	{ UINT32_MAX - 3 * 8192, 1, 1, UINT32_MAX - 2 * 8192 - 8191 },
	/* the block of the epoch is above the next one */
	{ 511,			2,	7,	7 * 8192 + 1024 },
	{ 511,			8,	524287,	524287U * 8192 + 7 * 1024 },
	/* no block is left */
	{ UINT32_MAX - 8191,	1,	1,	UINT32_MAX - 63 },
	{ UINT32_MAX - 9,		1,	1,	UINT32_MAX - 9 },
	{ 511,			2,	524288,		UINT32_MAX - 63 },
	{ 511,			2,	UINT64_MAX,	UINT32_MAX - 63 },
};

START_TEST(messages_go_on_with_the_next_block_after_a_takeover)
{
	gkm_rekey_sa_t *sas[GKM_PROTOCOLS];
	int i;

	configure(takeovers[_i].server);
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sas[i] = policy->get_rekey(policy, i)->sa;
		sas[i]->message_id = takeovers[_i].before;
	}
	policy->take_over(policy, takeovers[_i].server, takeovers[_i].epoch);
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		ck_assert_int_eq(sas[i]->message_id, takeovers[_i].after);
	}
	ck_assert_int_eq(policy->is_rekey_due(policy, START),
					 takeovers[_i].after > UINT32_MAX - 64);
	if (takeovers[_i].after <= UINT32_MAX - 64)
	{
		ck_assert_int_eq(gkm_coop_missed(takeovers[_i].before + 1,
										 takeovers[_i].after), 0);
	}
}
END_TEST

/** When rekey SAs are due to be replaced, by the number of their next message */
static struct {
	uint32_t message_id;
	bool alone, together;
} dues[] = {
	{ 0,				FALSE,	FALSE },
	{ 447,				FALSE,	FALSE },
	{ 448,				FALSE,	TRUE },
	{ 512,				FALSE,	TRUE },
	{ 1023,				FALSE,	TRUE },
	{ 1024,				FALSE,	FALSE },
	{ 8192 + 3072,		FALSE,	FALSE },
	{ 8192 + 3072 + 448, FALSE,	TRUE },
	{ UINT32_MAX - 10,	TRUE,	TRUE },
};

START_TEST(rekey_sas_are_due_before_the_slice_ends)
{
	uint8_t server;

	for (server = 0; server < 2; server++)
	{
		configure(server);
		policy->get_rekey(policy, GKM_PROTOCOL_GDOI)->sa->message_id =
													dues[_i].message_id;
		ck_assert_msg(policy->is_rekey_due(policy, START) ==
					  (server ? dues[_i].together : dues[_i].alone),
					  "key server %u, message %u", server,
					  dues[_i].message_id);
	}
}
END_TEST

START_TEST(gap_that_is_no_takeover_is_missed)
{
	ck_assert_int_eq(gkm_coop_missed(5, 5), 0);
	ck_assert_int_eq(gkm_coop_missed(5, 6), 1);
	ck_assert_int_eq(gkm_coop_missed(5, 5 + 511), 511);
	ck_assert_int_eq(gkm_coop_missed(5, 5 + 512), 0);
	ck_assert_int_eq(gkm_coop_missed(0, UINT32_MAX), 0);
}
END_TEST

/**
 * Allocate one sender ID, UINT32_MAX if there is none
 */
static uint32_t allocate(gkm_sender_ids_t *ids)
{
	array_t *got = array_create(0, 0);
	uint32_t *id, value = UINT32_MAX;

	if (ids->allocate(ids, 1, got, &err))
	{
		array_remove(got, ARRAY_HEAD, &id);
		value = *id;
		free(id);
	}
	array_destroy(got);
	return value;
}

/**
 * Create what hands out sender IDs of 8 bits
 */
static gkm_sender_ids_t *create_ids(uint8_t server)
{
	identification_t *id = identification_create_from_string("1234");
	gkm_sender_ids_t *ids;

	ids = gkm_sender_ids_create(&store.public, id, 8, server);
	id->destroy(id);
	return ids;
}

START_TEST(sender_ids_are_those_of_the_key_server)
{
	gkm_sender_ids_t *ids = create_ids(_i);
	uint32_t expected = (_i - 1) * 32;

	for (; expected < _i * 32; expected++)
	{
		ck_assert_int_eq(allocate(ids), expected);
		ck_assert(!ids->is_exhausted(ids));
	}
	ck_assert_int_eq(allocate(ids), UINT32_MAX);
	ck_assert(ids->is_exhausted(ids));
	ck_assert(ids->reset(ids, &err));
	ck_assert(!ids->is_exhausted(ids));
	ck_assert_int_eq(allocate(ids), (_i - 1) * 32);
	ids->destroy(ids);
}
END_TEST

START_TEST(sender_ids_are_given_out_once_whatever_the_number)
{
	static uint8_t servers[] = { 0, 1, 3, 1, 2, 3, 0, 8 };
	bool given[256] = {};
	gkm_sender_ids_t *ids;
	uint32_t id;
	int i, j;

	for (i = 0; i < countof(servers); i++)
	{
		ids = create_ids(servers[i]);
		for (j = 0; j < 3; j++)
		{
			id = allocate(ids);
			ck_assert_int_lt(id, 256);
			ck_assert_msg(!given[id], "%u once more", id);
			given[id] = TRUE;
		}
		ids->destroy(ids);
	}
}
END_TEST

START_TEST(sender_ids_that_others_know_are_not_given_out_again)
{
	uint32_t ends[GKM_COOP_SERVERS_MAX] = {};
	gkm_sender_ids_t *ids, *other;
	int i;

	/* an older one with the same number gave out 11, another one has them */
	other = create_ids(5);
	ids = create_ids(3);
	for (i = 0; i < 11; i++)
	{
		allocate(ids);
	}
	ids->get_ends(ids, ends);
	ck_assert_int_eq(ends[2], 11);
	ids->destroy(ids);
	other->note(other, 2 * 32 + 4);
	other->get_ends(other, ends);
	ck_assert_int_eq(ends[2], 5);
	other->note(other, 2 * 32 + 10);
	other->note(other, 2 * 32 + 7);
	other->note(other, 7 * 32);
	other->get_ends(other, ends);
	ck_assert_int_eq(ends[2], 11);
	ck_assert_int_eq(ends[7], 1);
	ck_assert_int_eq(ends[0] + ends[1] + ends[3] + ends[4] + ends[5] + ends[6],
					 0);
	other->destroy(other);

	/* it comes back without its store */
	store.next[8] = 0;
	ids = create_ids(3);
	ids->note_ends(ids, ends);
	ck_assert_int_eq(allocate(ids), 2 * 32 + 11);
	ck_assert_int_eq(allocate(ids), 2 * 32 + 12);
	/* what is said while a block is in use */
	ids->note(ids, 2 * 32 + 30);
	ck_assert_int_eq(allocate(ids), 2 * 32 + 31);
	ck_assert_int_eq(allocate(ids), UINT32_MAX);
	ck_assert(ids->is_exhausted(ids));
	/* all SAs were replaced */
	ck_assert(ids->reset(ids, &err));
	ck_assert_int_eq(allocate(ids), 2 * 32);
	ids->destroy(ids);
}
END_TEST

START_TEST(restart_wastes_no_more_than_a_block_of_sender_ids)
{
	uint32_t ends[GKM_COOP_SERVERS_MAX] = { 20 };
	gkm_sender_ids_t *ids;
	int i;

	for (i = 0; i < 4; i++)
	{
		ids = create_ids(1);
		ids->note_ends(ids, ends);
		ck_assert_int_eq(allocate(ids), 20 + i);
		ids->destroy(ids);
	}
}
END_TEST

START_TEST(other_number_of_the_key_server_replaces_counter_mode_sas)
{
	static uint8_t servers[][2] = { { 0, 1 }, { 1, 2 }, { 2, 0 } };
	char *proposals[] = { "aes256gcm16", "aes256-sha256" };
	int i;

	for (i = 0; i < countof(proposals); i++)
	{
		gkm_cfg_t *changed;
		gkm_group_t *group;
		enumerator_t *enumerator;
		gkm_policy_sa_t *sa;
		uint32_t spi[2];
		int j;

		cfg = group_configure("sas.data.esp_proposals", proposals[i], NULL);
		cfg->coop.id = servers[_i][0];
		changed = group_configure("sas.data.esp_proposals", proposals[i], NULL);
		changed->coop.id = servers[_i][1];
		group = group_create(cfg);
		cfg = NULL;
		for (j = 0; j < 2; j++)
		{
			enumerator = group->get_policy(group)->create_sa_enumerator(
													group->get_policy(group));
			ck_assert(enumerator->enumerate(enumerator, &sa));
			spi[j] = sa->sa->spi;
			enumerator->destroy(enumerator);
			if (!j)
			{
				group_change(group, changed, START + 1);
			}
		}
		ck_assert_msg((spi[0] != spi[1]) == !i, "%s", proposals[i]);
		group->destroy(group);
	}
}
END_TEST

Suite *gkm_disjoint_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_disjoint");

	tc = tcase_create("SPIs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, spis_are_those_of_the_key_server, 0, 9);
	tcase_add_test(tc,
				sas_stay_if_the_number_changes_but_successors_have_new_spis);
	tcase_add_test(tc, spi_that_was_promised_is_used_without_takeover);
	tcase_add_test(tc, promised_spis_are_given_up_by_a_takeover);
	suite_add_tcase(s, tc);

	tc = tcase_create("message IDs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc,
						messages_go_on_with_the_next_block_after_a_takeover, 0,
						countof(takeovers));
	tcase_add_loop_test(tc, rekey_sas_are_due_before_the_slice_ends, 0,
						countof(dues));
	tcase_add_test(tc, gap_that_is_no_takeover_is_missed);
	suite_add_tcase(s, tc);

	tc = tcase_create("sender IDs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, sender_ids_are_those_of_the_key_server, 1, 9);
	tcase_add_test(tc, sender_ids_are_given_out_once_whatever_the_number);
	tcase_add_test(tc, sender_ids_that_others_know_are_not_given_out_again);
	tcase_add_test(tc, restart_wastes_no_more_than_a_block_of_sender_ids);
	tcase_add_loop_test(tc,
						other_number_of_the_key_server_replaces_counter_mode_sas,
						0, 3);
	suite_add_tcase(s, tc);

	return s;
}
