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
#include "member_fixture.h"
#include "state_fixture.h"

#include "libgkm/group/gkm_state.h"

/** Where the number of the next key, the degree of the tree, whether a member
 *  left, the length of the SPI that carried the last rekey, and if there is
 *  a rekey SA, are in the record of a group */
#define NEXT_KEY 1
#define DEGREE 5
#define STALE 6
#define SPI_LEN 15
#define REKEY (SPI_LEN + 1 + GKM_REKEY_SPI_LEN + 4)

/** Names of members */
static char *names[] = {
	"a@example.com", "b@example.com", "c@example.com", "d@example.com",
	"e@example.com",
};

static state_t *state;
static gkm_group_t *group;
static member_t *members[countof(names)];

static void setup()
{
	int i;

	group_setup();
	state = state_create();
	group = NULL;
	for (i = 0; i < countof(names); i++)
	{
		members[i] = member_create(names[i]);
	}
}

static void teardown()
{
	int i;

	for (i = 0; i < countof(names); i++)
	{
		member_destroy(members[i]);
	}
	DESTROY_IF(group);
	state_destroy(state);
	group_teardown();
}

/**
 * Put what changed
 *
 * @return			what put() says
 */
static bool put(bool all)
{
	gkm_state_store_t *store = &state->public;
	bool durable;

	ck_assert(store->begin(store, NULL, &err));
	durable = group->put(group, store, all);
	store->end(store, durable, &err);
	return durable;
}

/**
 * Begin with a configuration and some members, and keep that
 */
static void start(gkm_cfg_t *cfg, int count)
{
	int i;

	group = group_create(cfg);
	for (i = 0; i < count; i++)
	{
		member_register(members[i], group, FALSE, START);
	}
	put(TRUE);
}

/**
 * Begin with a configuration, go on with what was kept
 */
static bool resume(gkm_cfg_t *cfg, time_t now)
{
	DESTROY_IF(group);
	group = gkm_group_create(cfg, &store.public, &spis.public, chunk_empty,
							 chunk_empty, now, &err);
	ck_assert_msg(group, "%s", err.text);
	err = (gkm_error_t){};
	return group->restore(group, &state->public, now, &err);
}

/**
 * The same, it has to succeed
 */
static void restart(gkm_cfg_t *cfg, time_t now)
{
	ck_assert_msg(resume(cfg, now), "%s", err.text);
}

static u_int count_members()
{
	gkm_members_t *table = group->get_members(group);

	return table->get_count(table);
}

static gkm_policy_rekey_t *get_rekey()
{
	gkm_policy_t *policy = group->get_policy(group);

	return policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
}

/**
 * Write SAs
 */
static chunk_t encode()
{
	gkm_state_tree_t tree = {
		.next_key = 1,
	};

	return gkm_state_encode(group->get_policy(group), &tree);
}

/**
 * Let members take notices
 */
static void tell(int from)
{
	array_t *datagrams;
	int i;

	datagrams = member_build(notices, from);
	for (i = 0; i < countof(members); i++)
	{
		if (members[i]->registered)
		{
			member_follow(members[i], datagrams, notices, from);
		}
		else
		{
			ck_assert_int_eq(member_attack(members[i], datagrams), 0);
		}
	}
	member_free(datagrams);
}

/**
 * Members hold what the group uses
 */
static void assert_current(int from, int to, time_t now)
{
	for (; from < to; from++)
	{
		ck_assert_msg(members[from]->registered, "%s isn't registered",
					  names[from]);
		member_assert_current(members[from], group, now, "after a restart");
	}
}

static void leave(int i)
{
	identification_t *id;

	id = identification_create_from_string(names[i]);
	ck_assert(group->remove_member(group, id));
	id->destroy(id);
	members[i]->registered = FALSE;
}

static gkm_member_t *get_member(int i)
{
	gkm_members_t *table = group->get_members(group);
	gkm_member_t *member;
	identification_t *id;

	id = identification_create_from_string(names[i]);
	member = table->get(table, id);
	id->destroy(id);
	ck_assert_msg(member, "%s isn't a member", names[i]);
	return member;
}

START_TEST(group_goes_on_as_before)
{
	gkm_member_t *before, *after;
	chunk_t sas, again;
	time_t due;

	start(group_configure(NULL), 5);
	group_update(group, START + 3000);
	tell(0);
	put(FALSE);
	sas = encode();
	due = group->next_due(group);
	before = gkm_member_clone(get_member(3));

	restart(group_configure(NULL), START + 3010);
	again = encode();
	ck_assert_msg(chunk_equals(sas, again), "SAs differ");
	chunk_clear(&sas);
	chunk_clear(&again);
	ck_assert_int_eq(group->next_due(group), due);
	ck_assert_int_eq(get_rekey()->sa->message_id, 1);
	ck_assert_int_eq(count_members(), 5);
	after = get_member(3);
	ck_assert_int_eq(after->registered, before->registered);
	ck_assert_int_eq(after->expires, before->expires);
	ck_assert_int_eq(after->slot, before->slot);
	ck_assert_int_eq(after->registrations, before->registrations);
	ck_assert_int_eq(after->port, before->port);
	ck_assert_int_eq(after->family, before->family);
	ck_assert(memeq(after->address, before->address, sizeof(after->address)));
	free(before);
	assert_current(0, 5, START + 3010);

	/* there is nothing to be told, members follow what comes next */
	ck_assert_int_eq(group_update(group, START + 3010), 0);
	ck_assert_int_eq(array_count(notices), 1);
	leave(0);
	group_update(group, START + 6000);
	ck_assert_int_eq(array_count(notices), 3);
	tell(1);
	assert_current(1, 5, START + 6000);
}
END_TEST

START_TEST(member_that_comes_back_keeps_its_keys_of_the_tree)
{
	gkm_kwk_t *before, *after;

	start(group_configure(NULL), 5);
	restart(group_configure(NULL), START + 1);
	ck_assert(array_get(members[2]->path, ARRAY_TAIL, &before));
	before = gkm_kwk_create(before->id, before->key);
	member_register(members[2], group, FALSE, START + 1);
	ck_assert(array_get(members[2]->path, ARRAY_TAIL, &after));
	ck_assert_int_eq(before->id, after->id);
	ck_assert(chunk_equals(before->key, after->key));
	gkm_kwk_destroy(before);
	ck_assert_int_eq(get_member(2)->registrations, 2);
}
END_TEST

START_TEST(sender_ids_are_kept_with_the_member)
{
	gkm_member_t *member;
	uint32_t id;

	start(group_configure("sas.data.esp_proposals", "aes256gcm16", NULL), 0);
	member_register(members[0], group, TRUE, START);
	id = get_member(0)->sender_ids[0];
	put(FALSE);
	restart(group_configure("sas.data.esp_proposals", "aes256gcm16", NULL),
			START + 1);
	member = get_member(0);
	ck_assert(member->sender);
	ck_assert_int_eq(member->sender_id_count, 1);
	ck_assert_int_eq(member->sender_ids[0], id);
}
END_TEST

START_TEST(empty_store_is_no_failure)
{
	group = group_create(group_configure(NULL));
	ck_assert(group->restore(group, &state->public, START, &err));
	member_register(members[0], group, FALSE, START);
	assert_current(0, 1, START);
}
END_TEST

START_TEST(registration_puts_its_own_records_only)
{
	chunk_t key;
	int i;

	start(group_configure(NULL), 4);
	ck_assert(state->syncs);
	state->syncs = 0;
	for (i = 0; i < 500; i++)
	{
		char name[32];
		member_t *member;

		snprintf(name, sizeof(name), "m%d@example.com", i);
		member = member_create(name);
		member_register(member, group, FALSE, START);
		member_destroy(member);
		ck_assert(!put(FALSE));
		/* itself, and the nodes that are new on its path */
		ck_assert_int_le(state->puts, 1 + 6);
		ck_assert_int_ge(state->puts, 2);
	}
	ck_assert_int_eq(state->syncs, 0);
	ck_assert_int_eq(state_count(state, GKM_RECORD_MEMBER), 504);
	ck_assert(state_nth(state, GKM_RECORD_GROUP, 0, &key).len);
	/* nothing changed, nothing to put */
	ck_assert(!put(FALSE));
	ck_assert_int_eq(state->puts, 0);
}
END_TEST

START_TEST(what_members_hear_of_is_durable)
{
	start(group_configure(NULL), 5);
	group_update(group, START + 3000);
	ck_assert(put(FALSE));
	ck_assert(!put(FALSE));
	leave(1);
	ck_assert(put(FALSE));
	ck_assert(!put(FALSE));
	ck_assert(group->rekey(group, FALSE, START + 3001, notices, &err));
	ck_assert(put(FALSE));
}
END_TEST

START_TEST(failure_to_keep_is_made_up_for_by_all)
{
	start(group_configure(NULL), 2);
	state->broken = TRUE;
	member_register(members[2], group, FALSE, START);
	leave(0);
	group_update(group, START + 3000);
	put(FALSE);
	ck_assert_int_eq(state_count(state, GKM_RECORD_MEMBER), 2);
	tell(0);
	state->broken = FALSE;
	put(TRUE);
	ck_assert_int_eq(state_count(state, GKM_RECORD_MEMBER), 2);
	restart(group_configure(NULL), START + 3001);
	ck_assert_int_eq(count_members(), 2);
	assert_current(1, 3, START + 3001);
}
END_TEST

START_TEST(member_that_left_before_a_restart_is_shut_out_after_it)
{
	start(group_configure(NULL), 5);
	leave(3);
	put(FALSE);
	restart(group_configure(NULL), START + 1);
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 2);
	tell(0);
	assert_current(0, 3, START + 3000);
	assert_current(4, 5, START + 3000);
	put(FALSE);
	/* once is enough */
	restart(group_configure(NULL), START + 3001);
	group_update(group, START + 6000);
	ck_assert_int_eq(array_count(notices), 3);
}
END_TEST

START_TEST(member_that_left_is_shut_out_whatever_became_of_the_degree)
{
	static char *degrees[] = { "2", "3", "16" };
	int i;

	for (i = 0; i < countof(degrees); i++)
	{
		DESTROY_IF(group);
		start(group_configure(NULL), 5);
		/* 0 to 3 are below one node, which is none of another degree */
		restart(group_configure("rekey.key_tree_degree", degrees[i], NULL),
				START + 1);
		leave(2);
		group_update(group, START + 3000);
		tell(array_count(notices) - 2);
		assert_current(0, 2, START + 3000);
		assert_current(3, 5, START + 3000);
		ck_assert(!member_knows_rekey(members[2], get_rekey()->sa));
	}
}
END_TEST

START_TEST(numbers_of_keys_are_never_used_again_after_a_power_failure)
{
	gkm_kwk_t *kwk;
	uint32_t seen = 0;
	int i, j;

	start(group_configure(NULL), 1);
	for (i = 0; i < 5; i++)
	{	/* registrations aren't durable */
		for (j = 1; j < countof(names); j++)
		{
			member_register(members[j], group, FALSE, START + i);
			ck_assert(array_get(members[j]->path, ARRAY_TAIL, &kwk));
			ck_assert_msg(kwk->id > seen, "key %u again after key %u", kwk->id,
						  seen);
			seen = kwk->id;
			ck_assert(!put(FALSE));
		}
		state_lose_power(state);
		restart(group_configure(NULL), START + i + 1);
		put(TRUE);
		ck_assert_int_eq(count_members(), 1);
	}
}
END_TEST

START_TEST(numbers_of_keys_are_noted_before_they_are_used)
{
	gkm_kwk_t *kwk;
	uint32_t id, noted;
	int i;

	start(group_configure(NULL), 0);
	for (i = 0; i < 6000; i++)
	{
		member_register(members[0], group, FALSE, START);
		ck_assert(array_get(members[0]->path, ARRAY_TAIL, &kwk));
		id = kwk->id;
		leave(0);
		put(FALSE);
		noted = untoh32(state_get(state, GKM_RECORD_GROUP,
								  chunk_empty).ptr + NEXT_KEY);
		ck_assert_msg(id < noted, "key %u, but %u is noted", id, noted);
	}
	/* there were enough to note some more */
	ck_assert_uint_gt(noted, 4096 + 2);
}
END_TEST

START_TEST(last_numbers_of_keys_are_not_followed_by_the_first)
{
	gkm_download_t *download;
	chunk_t record;
	int i;

	start(group_configure(NULL), 1);
	record = chunk_clone(state_get(state, GKM_RECORD_GROUP, chunk_empty));
	htoun32(record.ptr + NEXT_KEY, UINT32_MAX - 10);
	state_set(state, GKM_RECORD_GROUP, chunk_empty, record);
	chunk_clear(&record);
	for (i = 0; i < 20; i++)
	{
		char name[32];

		restart(group_configure(NULL), START);
		snprintf(name, sizeof(name), "m%d@example.com", i);
		if (group_admit(group, name, FALSE, 0, START,
						&download) != GKM_ADMITTED)
		{
			ck_assert_str_eq(err.text, "all numbers of keys were used");
			break;
		}
		gkm_download_destroy(download);
		put(TRUE);
	}
	ck_assert_int_lt(i, 20);
	ck_assert(count_members() > 0);
}
END_TEST

START_TEST(sa_that_a_single_sender_had_is_not_given_to_it_after_a_restart)
{
	gkm_cfg_t *cfg;
	gkm_data_sa_t *before = NULL, *after;
	int i;

	for (i = 0; i < 2; i++)
	{
		cfg = group_configure("sas.data.source_ts", "192.0.2.7",
							  "sas.data.senders", "single", NULL);
		if (i == 0)
		{
			start(cfg, 0);
		}
		else
		{	/* that came by a power failure */
			state_lose_power(state);
			restart(cfg, START + 1);
		}
		member_register(members[0], group, TRUE, START + i);
		ck_assert(array_get(members[0]->sas, ARRAY_TAIL, &after));
		ck_assert(!before || before->spi != after->spi);
		before = after;
		/* before it gets its answer */
		ck_assert(put(FALSE));
	}
}
END_TEST

START_TEST(member_that_is_rekeyed_inband_has_to_come_back)
{
	start(group_configure("rekey.transport", "mixed", NULL), 2);
	member_register(members[2], group, TRUE, START);
	put(FALSE);
	ck_assert_int_eq(count_members(), 3);
	restart(group_configure("rekey.transport", "mixed", NULL), START + 1);
	ck_assert_int_eq(count_members(), 2);
	assert_current(0, 2, START + 1);
}
END_TEST

START_TEST(data_sas_that_ended_meanwhile_are_told_when_it_is_back)
{
	start(group_configure(NULL), 3);
	restart(group_configure(NULL), START + 7200);
	ck_assert_int_eq(count_members(), 3);
	ck_assert_int_le(group->next_due(group), START + 7200);
	ck_assert_int_eq(group_update(group, START + 7200), 1);
	ck_assert_int_eq(array_count(notices), 1);
	tell(0);
	assert_current(0, 3, START + 7200);
}
END_TEST

START_TEST(section_that_is_new_after_a_restart_is_told)
{
	start(group_configure(NULL), 3);
	restart(group_configure("sas.more.source_ts", "10.0.0.0/8",
							"sas.more.destination_ts", "239.2.0.0/16", NULL),
			START + 1);
	ck_assert_int_eq(group_update(group, START + 1), 1);
	tell(0);
	assert_current(0, 3, START + 1);
}
END_TEST

/** Options that change over a restart, and what is put back */
static struct {
	char *key, *value;
	bool data, rekey;
} changes[] = {
	{ "max_members",				"9",					TRUE,	TRUE },
	{ "sas.data.rekey_time",		"40m",					TRUE,	TRUE },
	{ "sas.data.source_ts",			"10.0.0.0/9",			FALSE,	TRUE },
	{ "sas.data.destination_ts",	"239.1.0.0/16[udp]",	FALSE,	TRUE },
	{ "sas.data.esp_proposals",		"aes128-sha256",		FALSE,	TRUE },
	{ "sas.data.ah_proposals",		"sha256",				FALSE,	TRUE },
	{ "sas.data.mode",				"transport",			FALSE,	TRUE },
	{ "sas.data.senders",			"single",				FALSE,	TRUE },
	{ "rekey.address",				"239.192.0.2:848",		TRUE,	FALSE },
	{ "rekey.address",				"239.192.0.1:849",		TRUE,	FALSE },
	{ "rekey.proposals",			"aes128gcm16-kw256",	TRUE,	FALSE },
	{ "rekey.proposals",			"aes256gcm16-kw128",	TRUE,	FALSE },
	{ "rekey.key_tree",				"no",					TRUE,	TRUE },
	{ "rekey.transport",			"mixed",				TRUE,	TRUE },
};

START_TEST(what_is_not_configured_any_more_is_not_put_back)
{
	gkm_download_t *download;
	gkm_data_sa_t *sa, *held;

	start(group_configure(NULL), 3);
	restart(group_configure(changes[_i].key, changes[_i].value, NULL),
			START + 1);
	/* members that don't know the rekey SA aren't any more */
	ck_assert_int_eq(count_members(), changes[_i].rekey ? 3 : 0);
	ck_assert_int_eq(member_knows_rekey(members[0], get_rekey()->sa),
					 changes[_i].rekey);
	group_update(group, START + 1);
	ck_assert_int_eq(group_admit(group, "z@example.com", FALSE, 0, START + 1,
								 &download), GKM_ADMITTED);
	ck_assert(array_get(download->sas, 0, &sa));
	ck_assert(array_get(members[0]->sas, 0, &held));
	ck_assert_msg((sa->spi == held->spi) == changes[_i].data, "%s = %s",
				  changes[_i].key, changes[_i].value);
	gkm_download_destroy(download);
	if (changes[_i].rekey)
	{
		tell(0);
		assert_current(0, 3, START + 1);
	}
}
END_TEST

/** Configurations before and after a restart: bits in sender IDs, and number of
 *  the key server; does a data SA with a counter mode go on? */
static struct {
	char *before, *after;
	uint8_t server_before, server_after;
	bool goes_on;
} nonces[] = {
	{ "16",	"16",	0,	0,	TRUE },
	{ "16",	"12",	0,	0,	FALSE },
	{ "12",	"16",	0,	0,	FALSE },
	{ "16",	"16",	0,	2,	FALSE },
	{ "16",	"16",	2,	0,	FALSE },
	{ "16",	"16",	2,	2,	TRUE },
	{ "16",	"12",	2,	2,	FALSE },
};

/**
 * SPI of the data SA that there is
 */
static uint32_t get_spi()
{
	gkm_policy_t *policy = group->get_policy(group);
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	uint32_t spi = 0;

	enumerator = policy->create_sa_enumerator(policy);
	if (enumerator->enumerate(enumerator, &sa))
	{
		spi = sa->sa->spi;
	}
	enumerator->destroy(enumerator);
	return spi;
}

START_TEST(sas_that_other_sender_ids_were_used_on_are_not_put_back)
{
	static char *proposals[] = { "aes256gcm16", "aes256-sha256" };
	gkm_cfg_t *cfg;
	uint32_t spi;
	int i;

	for (i = 0; i < countof(proposals); i++)
	{
		cfg = group_configure("sas.data.esp_proposals", proposals[i],
							  "sender_id_bits", nonces[_i].before, NULL);
		cfg->coop.id = nonces[_i].server_before;
		start(cfg, 0);
		spi = get_spi();
		cfg = group_configure("sas.data.esp_proposals", proposals[i],
							  "sender_id_bits", nonces[_i].after, NULL);
		cfg->coop.id = nonces[_i].server_after;
		restart(cfg, START + 1);
		ck_assert_msg((get_spi() == spi) == (nonces[_i].goes_on || i),
					  "%s", proposals[i]);
		group->destroy(group);
		group = NULL;
	}
}
END_TEST

START_TEST(other_key_that_signs_is_another_rekey_sa)
{
	chunk_t alg = chunk_from_str("algorithm"), keys[] = {
		chunk_from_str("a"), chunk_from_str("b"),
	};
	int i;

	for (i = 0; i < countof(keys); i++)
	{
		group = gkm_group_create(group_configure("rekey.auth", "signature",
												 NULL),
								 &store.public, &spis.public, keys[0], alg,
								 START, &err);
		put(TRUE);
		group->destroy(group);
		group = gkm_group_create(group_configure("rekey.auth", "signature",
												 NULL),
								 &store.public, &spis.public, keys[i], alg,
								 START, &err);
		ck_assert(group->restore(group, &state->public, START, &err));
		/* messages of the other one can't be checked */
		ck_assert(chunk_equals(get_rekey()->sa->auth_key, keys[i]));
		group->destroy(group);
		group = NULL;
	}
}
END_TEST

/** Clocks after a restart */
static int64_t clocks[] = {
	START - 900000, START - 3600, START + 1, START + 90000,
	(int64_t)1 << 32, (int64_t)1 << 40,
};

START_TEST(times_are_within_bounds_whatever_became_of_the_clock)
{
	time_t now = clocks[_i];
	enumerator_t *enumerator;
	gkm_download_t *download;
	gkm_policy_t *policy;
	gkm_policy_sa_t *sa;
	gkm_data_sa_t *first;
	int i;

	start(group_configure("max_members", "6", NULL), 5);
	group_update(group, START + 3000);
	put(FALSE);
	restart(group_configure("max_members", "6", NULL), now);
	group_update(group, now);
	policy = group->get_policy(group);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		ck_assert(sa->created <= now);
		ck_assert(sa->rekey <= now + 3000);
		ck_assert(sa->activates <= sa->expires);
		ck_assert(sa->expires > now && sa->expires <= now + 3600);
	}
	enumerator->destroy(enumerator);
	ck_assert(get_rekey()->rekey > now && get_rekey()->rekey <= now + 72000);
	ck_assert(get_rekey()->expires <= now + 86400);
	ck_assert(group->next_due(group) > now);
	ck_assert(group->next_due(group) <= now + 3000);
	ck_assert_int_eq(group_admit(group, "z@example.com", FALSE, 0, now,
								 &download), GKM_ADMITTED);
	for (i = 0; array_get(download->sas, i, &first); i++)
	{
		ck_assert_uint_ge(first->lifetime, 1);
		ck_assert_uint_le(first->lifetime, 3600);
	}
	ck_assert_uint_le(download->atd, 3600);
	gkm_download_destroy(download);
	/* members that aren't told anything expire */
	if (count_members() == 6)
	{
		ck_assert_int_le(get_member(0)->registered, now);
		ck_assert_int_le(get_member(0)->expires, now + 3600);
	}
}
END_TEST

START_TEST(every_truncation_of_a_record_is_refused)
{
	gkm_record_t kinds[] = {
		GKM_RECORD_GROUP, GKM_RECORD_MEMBER, GKM_RECORD_NODE,
	};
	chunk_t key, value, whole;
	size_t len;
	int i;

	start(group_configure("sas.more.source_ts", "10.0.0.0/8[udp]",
						  "sas.more.destination_ts", "239.2.0.0/16", NULL), 5);
	group_update(group, START + 3000);
	put(FALSE);
	for (i = 0; i < countof(kinds); i++)
	{
		value = state_nth(state, kinds[i], 0, &key);
		whole = chunk_clone(value);
		key = chunk_clone(key);
		/* one without octets isn't there */
		for (len = 1; len < whole.len; len++)
		{
			state_set(state, kinds[i], key, chunk_create(whole.ptr, len));
			ck_assert_msg(!resume(group_configure("sas.more.source_ts",
								"10.0.0.0/8[udp]", "sas.more.destination_ts",
								"239.2.0.0/16", NULL), START + 3001),
						  "%zu of %zu octets of record of kind %d", len,
						  whole.len, kinds[i]);
			ck_assert(err.text[0]);
		}
		state_set(state, kinds[i], key, chunk_cata("cc", whole,
												   chunk_from_chars(0)));
		ck_assert(!resume(group_configure(NULL), START + 3001));
		state_set(state, kinds[i], key, whole);
		chunk_clear(&whole);
		chunk_free(&key);
	}
}
END_TEST

START_TEST(corrupted_record_does_no_harm)
{
	gkm_record_t kinds[] = {
		GKM_RECORD_GROUP, GKM_RECORD_MEMBER, GKM_RECORD_NODE,
	};
	u_char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	chunk_t key, whole, changed, held;
	u_int refused = 0, taken = 0;
	size_t at;
	int i, j;

	spis.may_repeat = TRUE;
	start(group_configure(NULL), 5);
	for (i = 0; i < countof(kinds); i++)
	{
		whole = chunk_clone(state_nth(state, kinds[i], 0, &key));
		key = chunk_clone(key);
		for (at = 0; at < whole.len; at++)
		{
			for (j = 0; j < countof(values); j++)
			{
				changed = chunk_clonea(whole);
				changed.ptr[at] = values[j];
				state_set(state, kinds[i], key, changed);
				if (resume(group_configure(NULL), START + 1))
				{
					taken++;
				}
				else
				{
					refused++;
				}
				/* it works, and can be kept again */
				group_update(group, START + 1);
				ck_assert(group->next_due(group) > START);
				gkm_notices_destroy(notices);
				notices = array_create(0, 0);
				held = encode();
				ck_assert(held.len);
				chunk_clear(&held);
			}
		}
		state_set(state, kinds[i], key, whole);
		chunk_clear(&whole);
		chunk_free(&key);
	}
	ck_assert_uint_gt(refused, 100);
	ck_assert_uint_gt(taken, 100);
}
END_TEST

START_TEST(record_of_another_version_is_refused)
{
	gkm_record_t kinds[] = { GKM_RECORD_GROUP, GKM_RECORD_MEMBER };
	chunk_t key, changed;
	int i;

	start(group_configure(NULL), 1);
	for (i = 0; i < countof(kinds); i++)
	{
		changed = chunk_clone(state_nth(state, kinds[i], 0, &key));
		key = chunk_clone(key);
		changed.ptr[0]++;
		state_set(state, kinds[i], key, changed);
		ck_assert(!resume(group_configure(NULL), START + 1));
		changed.ptr[0]--;
		state_set(state, kinds[i], key, changed);
		chunk_clear(&changed);
		chunk_free(&key);
		restart(group_configure(NULL), START + 1);
	}
}
END_TEST

/** Octets of a group's record that can't be these */
static struct {
	size_t at;
	u_char value;
} bad[] = {
	{ DEGREE, 1 }, { DEGREE, 17 }, { DEGREE, 0xff },
	{ STALE, 2 }, { STALE, 0xff }, { SPI_LEN, GKM_REKEY_SPI_LEN - 1 },
	{ SPI_LEN, 0xff }, { REKEY, 2 },
};

START_TEST(value_out_of_range_is_refused)
{
	chunk_t changed;

	start(group_configure(NULL), 1);
	changed = chunk_clone(state_get(state, GKM_RECORD_GROUP, chunk_empty));
	ck_assert_int_eq(changed.ptr[DEGREE], 4);
	ck_assert_int_eq(changed.ptr[STALE], 0);
	changed.ptr[bad[_i].at] = bad[_i].value;
	state_set(state, GKM_RECORD_GROUP, chunk_empty, changed);
	chunk_clear(&changed);
	ck_assert(!resume(group_configure(NULL), START + 1));
	ck_assert_msg(strstr(err.text, "malformed"), "%s", err.text);
}
END_TEST

Suite *gkm_records_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_records");

	tc = tcase_create("restart");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, group_goes_on_as_before);
	tcase_add_test(tc, member_that_comes_back_keeps_its_keys_of_the_tree);
	tcase_add_test(tc, sender_ids_are_kept_with_the_member);
	tcase_add_test(tc, empty_store_is_no_failure);
	tcase_add_test(tc, member_that_left_before_a_restart_is_shut_out_after_it);
	tcase_add_test(tc,
				member_that_left_is_shut_out_whatever_became_of_the_degree);
	tcase_add_test(tc,
				sa_that_a_single_sender_had_is_not_given_to_it_after_a_restart);
	tcase_add_test(tc, member_that_is_rekeyed_inband_has_to_come_back);
	tcase_add_test(tc, data_sas_that_ended_meanwhile_are_told_when_it_is_back);
	tcase_add_test(tc, section_that_is_new_after_a_restart_is_told);
	tcase_add_loop_test(tc, what_is_not_configured_any_more_is_not_put_back, 0,
						countof(changes));
	tcase_add_loop_test(tc,
				sas_that_other_sender_ids_were_used_on_are_not_put_back, 0,
				countof(nonces));
	tcase_add_test(tc, other_key_that_signs_is_another_rekey_sa);
	tcase_add_loop_test(tc,
				times_are_within_bounds_whatever_became_of_the_clock, 0,
				countof(clocks));
	suite_add_tcase(s, tc);

	tc = tcase_create("store");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, registration_puts_its_own_records_only);
	tcase_add_test(tc, what_members_hear_of_is_durable);
	tcase_add_test(tc, failure_to_keep_is_made_up_for_by_all);
	tcase_add_test(tc,
				numbers_of_keys_are_never_used_again_after_a_power_failure);
	tcase_add_test(tc, numbers_of_keys_are_noted_before_they_are_used);
	tcase_add_test(tc, last_numbers_of_keys_are_not_followed_by_the_first);
	suite_add_tcase(s, tc);

	tc = tcase_create("records");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, every_truncation_of_a_record_is_refused);
	tcase_add_test(tc, corrupted_record_does_no_harm);
	tcase_add_test(tc, record_of_another_version_is_refused);
	tcase_add_loop_test(tc, value_out_of_range_is_refused, 0, countof(bad));
	suite_add_tcase(s, tc);

	return s;
}
