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

#include "gdoi_member_fixture.h"
#include "state_fixture.h"

#include "libgkm/group/gkm_state.h"

static state_t *state;
static gkm_group_t *group;

/** Members that use GDOI, then one that uses G-IKEv2 */
static gdoi_member_t members[4];

static void setup()
{
	static gdoi_member_t all[countof(members)] = {
		GDOI_MEMBER("a@example.com", "192.0.2.1"),
		GDOI_MEMBER("b@example.com", "192.0.2.2"),
		GDOI_MEMBER("c@example.com", "2001:db8::3"),
		GIKEV2_MEMBER("d@example.com", "192.0.2.4"),
	};

	group_setup();
	state = state_create();
	group = NULL;
	memcpy(members, all, sizeof(members));
}

static void teardown()
{
	int i;

	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_clear(&members[i]);
	}
	DESTROY_IF(group);
	state_destroy(state);
	group_teardown();
}

/**
 * A group with both protocols, where an option is replaced or added
 */
static gkm_cfg_t *configure(char *key, char *value)
{
	bool acks = streq(key, "rekey.acknowledgement");

	return group_configure("rekey.auth", NULL, "protocols", "gikev2, gdoi",
						   acks ? "role" : "rekey.acknowledgement",
						   acks ? "server" : "any", key, value, NULL);
}

/**
 * Put what changed
 */
static void put(bool all)
{
	gkm_state_store_t *store = &state->public;

	ck_assert(store->begin(store, NULL, &err));
	ck_assert(store->end(store, group->put(group, store, all), &err));
}

/**
 * Begin with a configuration and all members
 */
static void start(gkm_cfg_t *cfg)
{
	int i;

	group = group_create(cfg);
	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_register(&members[i], group, START);
	}
	put(TRUE);
}

/**
 * Begin with a configuration, go on with what was kept
 */
static bool resume(gkm_cfg_t *cfg, time_t now)
{
	DESTROY_IF(group);
	group = gkm_group_create(cfg, &store.public, &spis.public,
							 group_auth_key(cfg), group_sig_alg(cfg), now, &err);
	ck_assert_msg(group, "%s", err.text);
	err = (gkm_error_t){};
	return group->restore(group, &state->public, now, &err);
}

static void restart(gkm_cfg_t *cfg, time_t now)
{
	ck_assert_msg(resume(cfg, now), "%s", err.text);
}

static gkm_policy_rekey_t *get_rekey(gkm_protocol_t protocol)
{
	gkm_policy_t *policy = group->get_policy(group);

	return policy->get_rekey(policy, protocol);
}

static u_int count_members()
{
	gkm_members_t *table = group->get_members(group);

	return table->get_count(table);
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

static gkm_notice_t *get_last()
{
	gkm_notice_t *notice = NULL;

	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	return notice;
}

/**
 * A member acknowledges what was told last
 */
static bool answer(int who)
{
	gkm_notice_t *notice = get_last();
	host_t *address = host_create_from_string(members[who].ip, 848);
	bool accepted;

	accepted = group->acknowledge(group, notice->push_carrier->spi,
								  notice->push_seq, address, &err);
	address->destroy(address);
	return accepted;
}

/**
 * Let all members take notices, and hold what the group uses then
 */
static void tell(int from)
{
	int i;

	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_follow(&members[i], notices, from);
		if (members[i].registered)
		{
			gdoi_member_assert_current(&members[i], group);
		}
	}
}

START_TEST(group_goes_on_as_before)
{
	gkm_member_t *before, *after;
	chunk_t sas, again;
	time_t due;
	int told;

	members[0].peer = GKM_PEER_ASR9000;
	members[0].d3p = TRUE;
	members[0].natt = TRUE;
	start(configure("max_members", NULL));
	group_update(group, START + 3000);
	tell(0);
	ck_assert(answer(0));
	put(FALSE);
	sas = encode();
	due = get_rekey(GKM_PROTOCOL_GDOI)->rekey;
	before = gkm_member_clone(gdoi_member_find(&members[0], group));

	restart(configure("max_members", NULL), START + 3010);
	again = encode();
	ck_assert_msg(chunk_equals(sas, again), "SAs differ");
	chunk_clear(&sas);
	chunk_clear(&again);
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GDOI)->rekey, due);
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GDOI)->sa->message_id, 2);
	ck_assert_int_eq(get_rekey(GKM_PROTOCOL_GDOI)->sa->ack, GKM_ACK_KEK_SHA256);
	ck_assert_int_eq(count_members(), countof(members));
	after = gdoi_member_find(&members[0], group);
	ck_assert_int_eq(after->protocol, GKM_PROTOCOL_GDOI);
	ck_assert_int_eq(after->peer, GKM_PEER_ASR9000);
	ck_assert_int_eq(after->can,
					 GKM_CAN_DELAYS | GKM_CAN_D3P | GKM_CAN_ACK);
	ck_assert(after->natt);
	ck_assert_int_eq(after->slot, before->slot);
	ck_assert_int_eq(after->acks.sent, 1);
	ck_assert_int_eq(after->acks.received, 1);
	ck_assert_int_eq(after->acks.seqs[0], 1);
	ck_assert_int_eq(gdoi_member_find(&members[3], group)->protocol,
					 GKM_PROTOCOL_GIKEV2);
	free(before);

	/* nothing is to be told, members follow what comes next */
	ck_assert_int_eq(group_update(group, START + 3010), 0);
	told = array_count(notices);
	ck_assert(group->rekey(group, TRUE, START + 3200, notices, &err));
	ck_assert(get_last()->push->download->rekey);
	tell(told);
	/* those that are found by their addresses */
	ck_assert(answer(2));
}
END_TEST

START_TEST(member_that_left_before_a_restart_is_shut_out_after_it)
{
	identification_t *id;
	int told;

	start(configure("max_members", NULL));
	id = identification_create_from_string(members[1].name);
	ck_assert(group->remove_member(group, id));
	id->destroy(id);
	members[1].registered = FALSE;
	put(FALSE);
	restart(configure("max_members", NULL), START + 60);
	ck_assert_int_eq(count_members(), countof(members) - 1);
	told = array_count(notices);
	ck_assert(group->rekey(group, FALSE, START + 60, notices, &err));
	ck_assert_int_eq(array_count(notices), told + 2);
	ck_assert_int_eq(gdoi_member_follow(&members[1], notices, told), 0);
	tell(told);
}
END_TEST

/**
 * How many members get a copy of a rekey?
 */
static u_int count_targets(uint32_t seq)
{
	array_t *targets = group->get_targets(group, seq);
	u_int count = array_count(targets);

	array_destroy(targets);
	return count;
}

START_TEST(all_get_what_was_about_to_be_sent_before_a_restart)
{
	gkm_members_t *table;
	u_int all;

	start(configure("max_members", NULL));
	table = group->get_members(group);
	all = table->get_gdoi_count(table);
	group_update(group, START + 3000);
	put(FALSE);
	restart(configure("max_members", NULL), START + 3001);
	ck_assert_int_gt(all, 1);
	ck_assert_int_eq(count_targets(1), all);
	/* also after the next one, unless they have that */
	ck_assert(group->rekey(group, FALSE, START + 3200, notices, &err));
	ck_assert_int_eq(count_targets(1), all);
	ck_assert(answer(0));
	ck_assert_int_eq(count_targets(1), all - 1);
}
END_TEST

START_TEST(who_is_known_to_acknowledge_still_is_after_a_restart)
{
	gkm_member_t *member;
	array_t *missed;

	start(configure("max_members", NULL));
	group_update(group, START + 3000);
	ck_assert(answer(0));
	put(FALSE);
	restart(configure("max_members", NULL), START + 3001);
	group_update(group, START + 3020);
	ck_assert(!group->take_missed(group));
	ck_assert(group->rekey(group, FALSE, START + 3200, notices, &err));
	group_update(group, START + 3300);
	missed = group->take_missed(group);
	ck_assert_int_eq(array_count(missed), 1);
	ck_assert(array_remove(missed, ARRAY_TAIL, &member));
	ck_assert_int_eq(member->address[3], 1);
	ck_assert_int_eq(member->acks.missed, 1);
	free(member);
	array_destroy(missed);
}
END_TEST

START_TEST(last_rekey_before_a_restart_is_acknowledged_after_it)
{
	start(configure("max_members", NULL));
	group_update(group, START + 3000);
	ck_assert(answer(0));
	put(FALSE);
	gdoi_member_register(&members[2], group, START + 3001);
	put(FALSE);
	restart(configure("max_members", NULL), START + 3002);
	ck_assert(answer(1));
	ck_assert(!answer(1));
	ck_assert_int_eq(gdoi_member_find(&members[1], group)->acks.received, 1);
	/* before the restart, or not sent to it */
	ck_assert(!answer(0));
	ck_assert(!answer(2));
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->acks.received, 1);

	/* a second one isn't kept, so that it counts again */
	ck_assert(group->rekey(group, FALSE, START + 3200, notices, &err));
	put(FALSE);
	ck_assert(answer(0));
	put(FALSE);
	restart(configure("max_members", NULL), START + 3201);
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->acks.received, 1);
	ck_assert(answer(0));
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->acks.received, 2);
}
END_TEST

START_TEST(copies_go_to_those_not_known_to_have_acknowledged)
{
	array_t *targets;

	start(configure("rekey.transport", "unicast"));
	group_update(group, START + 3000);
	ck_assert(answer(0));
	put(FALSE);
	restart(configure("rekey.transport", "unicast"), START + 3001);
	targets = group->get_targets(group, get_last()->push_seq);
	ck_assert_int_eq(array_count(targets), 2);
	array_destroy(targets);
	/* who registers again has it */
	gdoi_member_register(&members[1], group, START + 3002);
	targets = group->get_targets(group, get_last()->push_seq);
	ck_assert_int_eq(array_count(targets), 1);
	array_destroy(targets);
}
END_TEST

/**
 * What may be configured at a restart, and whether members know the rekey SAs
 * then
 */
static struct {
	char *key, *value;
	bool restored;
} changes[] = {
	{ "max_members",			"9",					TRUE },
	{ "gdoi.ack_timeout",		"60s",					TRUE },
	{ "d3p_window",				"1s",					TRUE },
	{ "gdoi.ack",				"kek-sha512",			FALSE },
	{ "rekey.acknowledgement",	"none",					FALSE },
	{ "rekey.acknowledgement",	"interoperable",		TRUE },
	{ "rekey.address",			"239.192.0.9:848",		FALSE },
	{ "rekey.transport",		"unicast",				FALSE },
};

START_TEST(rekey_sas_are_put_back_together_or_not_at_all)
{
	uint8_t spis[GKM_PROTOCOLS][GKM_REKEY_SPI_LEN];
	int i;

	start(configure("max_members", NULL));
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		memcpy(spis[i], get_rekey(i)->sa->spi, GKM_REKEY_SPI_LEN);
	}
	restart(configure(changes[_i].key, changes[_i].value), START + 60);
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		ck_assert(!changes[_i].restored || get_rekey(i));
		ck_assert(!get_rekey(i) || changes[_i].restored ==
				  memeq(spis[i], get_rekey(i)->sa->spi, GKM_REKEY_SPI_LEN));
	}
	ck_assert_int_eq(count_members(), changes[_i].restored ? countof(members) :
															 0);
}
END_TEST

START_TEST(window_that_changed_is_told_after_a_restart)
{
	int told;

	start(configure("d3p_window", "10s"));
	restart(configure("d3p_window", "10s"), START + 60);
	group_update(group, START + 60);
	ck_assert_int_eq(array_count(notices), 0);
	restart(configure("d3p_window", "500ms"), START + 120);
	told = array_count(notices);
	ck_assert_int_eq(group->next_due(group), START + 120);
	group_update(group, START + 120);
	ck_assert_int_eq(array_count(notices), told + 1);
	ck_assert_int_eq(get_last()->push->download->d3p.window, 500);
	ck_assert_int_eq(array_count(get_last()->push->download->sas), 1);
	ck_assert_int_gt(get_last()->push->download->atd, 0);
	tell(told);
	put(FALSE);
	/* once */
	restart(configure("d3p_window", "500ms"), START + 180);
	ck_assert_int_eq(group_update(group, START + 180), 0);
}
END_TEST

START_TEST(members_stay_if_a_protocol_is_added)
{
	int told;

	group = group_create(group_configure("rekey.auth", NULL, NULL));
	gdoi_member_register(&members[3], group, START);
	put(TRUE);
	restart(configure("max_members", NULL), START + 60);
	ck_assert_int_eq(count_members(), 1);
	gdoi_member_register(&members[0], group, START + 60);
	told = array_count(notices);
	ck_assert(group->rekey(group, FALSE, START + 120, notices, &err));
	tell(told);
}
END_TEST

START_TEST(members_go_if_their_protocol_does)
{
	start(configure("max_members", NULL));
	restart(group_configure("rekey.auth", NULL, NULL), START + 60);
	/* those that use G-IKEv2 too: the data SAs are to be left */
	ck_assert_int_eq(count_members(), 0);
	ck_assert(!get_rekey(GKM_PROTOCOL_GDOI));
}
END_TEST

static gkm_cfg_t *configure_iec(char *oid, char *data)
{
	return group_configure("rekey.auth", NULL, "protocols", "gdoi",
				"sas.data.source_ts", NULL, "sas.data.destination_ts", NULL,
				"sas.data.oid", "1.2.840.10070.61850.8.1.2", "sas.data.oid_data",
				"0x01", "sas.goose.oid", oid, "sas.goose.oid_data", data, NULL);
}

/**
 * SPIs of the data SAs of two sections
 */
static void get_data_spis(uint32_t *spis)
{
	gkm_policy_t *policy = group->get_policy(group);
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;

	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		spis[streq(sa->cfg->name, "goose")] = sa->sa->spi;
	}
	enumerator->destroy(enumerator);
}

/**
 * Objects at a restart, and whether the second SA fits
 */
static struct {
	char *oid, *data;
	bool restored;
} objects[] = {
	{ "1.2.840.10070.61850.8.1.2",	"0x02",		TRUE },
	{ "1.2.840.10070.61850.8.1.2",	"0x0201",	FALSE },
	{ "1.2.840.10070.61850.8.1.1",	"0x02",		FALSE },
};

START_TEST(data_sas_of_iec_61850_are_put_back_to_their_objects)
{
	uint32_t before[2] = {}, after[2] = {};

	group = group_create(configure_iec("1.2.840.10070.61850.8.1.2", "0x02"));
	get_data_spis(before);
	ck_assert_int_ne(before[0], before[1]);
	put(TRUE);
	restart(configure_iec(objects[_i].oid, objects[_i].data), START + 60);
	get_data_spis(after);
	ck_assert_int_eq(before[0], after[0]);
	ck_assert_int_eq(before[1] == after[1], objects[_i].restored);
}
END_TEST

/**
 * Kinds of records that have a version
 */
static gkm_record_t kinds[] = {
	GKM_RECORD_GROUP, GKM_RECORD_MEMBER,
};

START_TEST(record_of_an_older_version_is_refused)
{
	chunk_t key, value;

	start(configure("max_members", NULL));
	key = chunk_empty;
	value = chunk_clone(state_nth(state, kinds[_i], 0, &key));
	ck_assert_int_eq(value.ptr[0], 3);
	value.ptr[0] = 1;
	key = chunk_clone(key);
	state_set(state, kinds[_i], key, value);
	ck_assert(!resume(configure("max_members", NULL), START + 60));
	ck_assert_msg(strstr(err.text, "malformed"), "%s", err.text);
	chunk_free(&key);
	chunk_free(&value);
}
END_TEST

START_TEST(record_that_was_cut_is_refused)
{
	chunk_t key, value;
	size_t len;

	start(configure("max_members", NULL));
	value = chunk_clone(state_nth(state, kinds[_i], 0, &key));
	key = chunk_clone(key);
	for (len = 1; len < value.len; len++)
	{
		state_set(state, kinds[_i], key, chunk_create(value.ptr, len));
		ck_assert_msg(!resume(configure("max_members", NULL), START + 60),
					  "%zu of %zu octets accepted", len, value.len);
	}
	chunk_free(&key);
	chunk_free(&value);
}
END_TEST

/**
 * Octets before what is counted of a member, and values that they can have: its
 * protocol, as the record would end there with the other one, what it is, and
 * whether it is behind a NAT
 */
static struct {
	size_t from_end;
	int values;
} odd[] = {
	{ 40, 1 },
	{ 39, GKM_PEER_LEGACY + 1 },
	{ 37, 2 },
};

START_TEST(member_of_an_unknown_kind_is_refused)
{
	gkm_member_t *member, *read;
	chunk_t key, record;
	uint8_t *octet;
	int i, accepted = 0;

	start(configure("max_members", NULL));
	member = gdoi_member_find(&members[0], group);
	key = gkm_state_member_key(member->id_type, member->id_encoding);
	record = gkm_state_encode_member(member);
	octet = record.ptr + record.len - odd[_i].from_end;
	for (i = 0; i < 256; i++)
	{
		*octet = i;
		read = gkm_state_decode_member(key, record, NULL);
		accepted += read != NULL;
		free(read);
	}
	ck_assert_int_eq(accepted, odd[_i].values);
	chunk_free(&key);
	chunk_free(&record);
}
END_TEST

Suite *gkm_records_gdoi_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_records_gdoi");

	tc = tcase_create("restart");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, group_goes_on_as_before);
	tcase_add_test(tc, member_that_left_before_a_restart_is_shut_out_after_it);
	tcase_add_test(tc, all_get_what_was_about_to_be_sent_before_a_restart);
	tcase_add_test(tc, who_is_known_to_acknowledge_still_is_after_a_restart);
	tcase_add_test(tc, last_rekey_before_a_restart_is_acknowledged_after_it);
	tcase_add_test(tc, copies_go_to_those_not_known_to_have_acknowledged);
	tcase_add_loop_test(tc, rekey_sas_are_put_back_together_or_not_at_all, 0,
						countof(changes));
	tcase_add_test(tc, window_that_changed_is_told_after_a_restart);
	tcase_add_test(tc, members_stay_if_a_protocol_is_added);
	tcase_add_test(tc, members_go_if_their_protocol_does);
	tcase_add_loop_test(tc, data_sas_of_iec_61850_are_put_back_to_their_objects,
						0, countof(objects));
	suite_add_tcase(s, tc);

	tc = tcase_create("bad records");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, record_of_an_older_version_is_refused, 0,
						countof(kinds));
	tcase_add_loop_test(tc, record_that_was_cut_is_refused, 0, countof(kinds));
	tcase_add_loop_test(tc, member_of_an_unknown_kind_is_refused, 0,
						countof(odd));
	suite_add_tcase(s, tc);

	return s;
}
