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

static gkm_group_t *group;
static gdoi_member_t members[4];

/** Seconds for acknowledgements */
#define TIMEOUT 10

static void setup()
{
	static gdoi_member_t all[countof(members)] = {
		GDOI_MEMBER("a@example.com", "192.0.2.1"),
		GDOI_MEMBER("b@example.com", "192.0.2.2"),
		GDOI_MEMBER("c@example.com", "2001:db8::3"),
		GIKEV2_MEMBER("d@example.com", "192.0.2.4"),
	};

	group_setup();
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
	group_teardown();
}

static gkm_cfg_t *configure(char *transport, char *acks)
{
	return group_configure("rekey.auth", NULL, "protocols", "gikev2, gdoi",
						   "rekey.transport", transport,
						   "rekey.acknowledgement", acks, NULL);
}

/**
 * Create a group with all members
 */
static void start(char *transport, char *acks)
{
	int i;

	group = group_create(configure(transport, acks));
	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_register(&members[i], group, START);
	}
}

/**
 * Rekey, and get what is sent to GDOI members. Data SAs have to be made at
 * intervals that they allow.
 */
static gkm_notice_t *rekey(time_t now)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(group->rekey(group, FALSE, now, notices, &err), "%s",
				  err.text);
	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	ck_assert(notice->push);
	return notice;
}

/**
 * A member acknowledges
 */
static bool acknowledge(int who, uint8_t *spi, uint32_t seq)
{
	host_t *address = host_create_from_string(members[who].ip, 12345);
	bool accepted;

	err = (gkm_error_t){};
	accepted = group->acknowledge(group, spi, seq, address, &err);
	address->destroy(address);
	ck_assert(accepted == !err.text[0]);
	return accepted;
}

/**
 * A member acknowledges a notice
 */
static bool answer(int who, gkm_notice_t *notice)
{
	return acknowledge(who, notice->push_carrier->spi, notice->push_seq);
}

static gkm_member_acks_t *get_acks(int who)
{
	gkm_member_t *member = gdoi_member_find(&members[who], group);

	ck_assert_msg(member, "%s isn't a member", members[who].name);
	return &member->acks;
}

/**
 * Who missed a rekey since the last call?
 *
 * @return			bits, 1 << number of the member
 */
static u_int take_missed()
{
	array_t *missed = group->take_missed(group);
	identification_t *id;
	gkm_member_t *member;
	char name[32];
	u_int found = 0;
	int i;

	while (array_remove(missed, ARRAY_HEAD, &member))
	{
		id = identification_create_from_encoding(member->id_type,
												 member->id_encoding);
		snprintf(name, sizeof(name), "%Y", id);
		id->destroy(id);
		for (i = 0; i < countof(members) && !streq(name, members[i].name); i++);
		ck_assert(i < countof(members));
		ck_assert_msg(!(found & 1 << i), "%s is there twice", name);
		found |= 1 << i;
		ck_assert_int_eq(member->acks.misses >= GKM_ACKS_MISSED_MAX,
						 !gdoi_member_find(&members[i], group));
		free(member);
	}
	array_destroy(missed);
	return found;
}

/**
 * The tables of what is configured, by kind of member: KEK_ACK_REQUESTED is
 * sent
 */
static struct {
	gkm_acks_t acks;
	bool other, cisco, asr9000, legacy;
	/** acknowledgements of RFC 8263, and encrypted ones, are accepted; the
	 *  latter of members of Cisco's kind */
	bool plain, sealed, sealed_cisco;
} tables[] = {
	{ GKM_ACKS_NONE,			FALSE,	FALSE,	FALSE,	FALSE,
		FALSE,	FALSE,	FALSE },
	{ GKM_ACKS_CISCO,			FALSE,	FALSE,	FALSE,	FALSE,
		FALSE,	TRUE,	TRUE },
	{ GKM_ACKS_INTEROPERABLE,	TRUE,	TRUE,	TRUE,	FALSE,
		TRUE,	FALSE,	FALSE },
	{ GKM_ACKS_ANY,				TRUE,	FALSE,	TRUE,	FALSE,
		TRUE,	FALSE,	TRUE },
};

START_TEST(acknowledgements_are_asked_for_and_accepted_as_configured)
{
	gkm_acks_t acks = tables[_i].acks;
	gkm_peer_t peer;

	ck_assert_int_eq(gkm_acks_requested(acks, GKM_PEER_OTHER),
					 tables[_i].other);
	ck_assert_int_eq(gkm_acks_requested(acks, GKM_PEER_CISCO),
					 tables[_i].cisco);
	ck_assert_int_eq(gkm_acks_requested(acks, GKM_PEER_ASR9000),
					 tables[_i].asr9000);
	ck_assert_int_eq(gkm_acks_requested(acks, GKM_PEER_LEGACY),
					 tables[_i].legacy);
	for (peer = GKM_PEER_OTHER; peer <= GKM_PEER_LEGACY; peer++)
	{
		ck_assert_int_eq(gkm_acks_accepted(acks, peer, FALSE),
						 tables[_i].plain);
		ck_assert_int_eq(gkm_acks_accepted(acks, peer, TRUE),
						 peer == GKM_PEER_CISCO ? tables[_i].sealed_cisco :
						 tables[_i].sealed);
	}
}
END_TEST

START_TEST(acknowledgements_are_counted)
{
	gkm_member_acks_t *acks;
	gkm_notice_t *notice;
	int i;

	start(_i ? "unicast" : "multicast", "any");
	for (i = 1; i <= 6; i++)
	{
		notice = rekey(START + i * 200);
		ck_assert(answer(0, notice));
		ck_assert(answer(2, notice));
	}
	acks = get_acks(0);
	ck_assert_int_eq(acks->sent, 6);
	ck_assert_int_eq(acks->received, 6);
	ck_assert_int_eq(acks->missed, 0);
	for (i = 0; i < GKM_ACKS_SEQS; i++)
	{
		ck_assert_int_eq(acks->seqs[i], 6 - i);
	}
	ck_assert_int_eq(get_acks(2)->received, 6);
	acks = get_acks(1);
	ck_assert_int_eq(acks->sent, 6);
	ck_assert_int_eq(acks->received, 0);
	ck_assert_int_eq(acks->seqs[0], 0);
	ck_assert_int_eq(get_acks(3)->sent, 0);
}
END_TEST

START_TEST(only_the_last_rekey_can_be_acknowledged)
{
	gkm_notice_t *first, *second;
	uint8_t spi[GKM_REKEY_SPI_LEN] = {};

	start("unicast", "any");
	ck_assert(!acknowledge(0, spi, 0));
	ck_assert_str_eq(err.text, "rekey 0 isn't the last one");
	first = rekey(START + 200);
	ck_assert(!acknowledge(0, first->push_carrier->spi, 2));
	ck_assert(!acknowledge(0, spi, 1));
	ck_assert(answer(0, first));
	ck_assert(!answer(0, first));
	ck_assert(strstr(err.text, "acknowledged before"));
	second = rekey(START + 400);
	ck_assert(!answer(1, first));
	ck_assert_str_eq(err.text, "rekey 1 isn't the last one");
	ck_assert(answer(1, second));
	/* no member, or none that uses GDOI */
	ck_assert(!answer(3, second));
	ck_assert(strstr(err.text, "192.0.2.4"));
	members[3].ip = "198.51.100.1";
	ck_assert(!answer(3, second));
	ck_assert_int_eq(get_acks(0)->received, 1);
	ck_assert_int_eq(get_acks(1)->received, 1);
}
END_TEST

START_TEST(rekey_that_replaces_its_carrier_is_acknowledged_with_the_old_one)
{
	gkm_rekey_sa_t *kek;
	gkm_notice_t *notice;

	start("unicast", "any");
	rekey(START + 200);
	ck_assert(group->rekey(group, TRUE, START + 400, notices, &err));
	ck_assert(array_get(notices, ARRAY_TAIL, &notice));
	kek = notice->push->download->rekey;
	ck_assert_int_eq(notice->push_seq, 2);
	ck_assert(!acknowledge(0, kek->spi, 2));
	ck_assert(answer(0, notice));
	/* numbers begin anew */
	notice = rekey(START + 600);
	ck_assert_int_eq(notice->push_seq, 1);
	ck_assert(memeq(notice->push_carrier->spi, kek->spi, sizeof(kek->spi)));
	ck_assert(answer(0, notice));
	ck_assert_int_eq(get_acks(0)->received, 2);
	ck_assert_int_eq(get_acks(0)->seqs[0], 1);
	ck_assert_int_eq(get_acks(0)->seqs[1], 2);
}
END_TEST

START_TEST(who_registers_after_a_rekey_needs_not_answer_it)
{
	gkm_notice_t *notice;

	group = group_create(configure("unicast", "any"));
	gdoi_member_register(&members[0], group, START);
	ck_assert(answer(0, rekey(START + 200)));
	notice = rekey(START + 400);
	gdoi_member_register(&members[1], group, START + 401);
	ck_assert(!answer(1, notice));
	/* what is known of one that registers again stays */
	gdoi_member_register(&members[0], group, START + 402);
	ck_assert(!answer(0, notice));
	ck_assert_int_eq(get_acks(0)->sent, 2);
	ck_assert_int_eq(get_acks(0)->received, 1);
	group_update(group, START + 400 + TIMEOUT);
	ck_assert_int_eq(take_missed(), 0);
	ck_assert_int_eq(get_acks(1)->sent, 0);
}
END_TEST

START_TEST(only_those_who_acknowledged_before_can_miss_a_rekey)
{
	gkm_notice_t *notice;

	start("unicast", "any");
	notice = rekey(START + 200);
	ck_assert(answer(0, notice));
	ck_assert(answer(1, notice));
	group_update(group, START + 200 + TIMEOUT);
	ck_assert_int_eq(take_missed(), 0);
	notice = rekey(START + 400);
	ck_assert(answer(1, notice));
	ck_assert_int_eq(group->next_due(group), START + 400 + TIMEOUT);
	group_update(group, START + 400 + TIMEOUT - 1);
	ck_assert_int_eq(take_missed(), 0);
	group_update(group, START + 400 + TIMEOUT);
	ck_assert_int_eq(take_missed(), 1 << 0);
	ck_assert_int_eq(get_acks(0)->missed, 1);
	ck_assert_int_eq(get_acks(0)->misses, 1);
	ck_assert_int_eq(get_acks(1)->missed, 0);
	ck_assert_int_eq(get_acks(2)->missed, 0);
	/* once */
	ck_assert_int_gt(group->next_due(group), START + 400 + TIMEOUT);
	group_update(group, START + 400 + 2 * TIMEOUT);
	ck_assert_int_eq(take_missed(), 0);
	ck_assert_int_eq(get_acks(0)->missed, 1);
	/* late, but it is alive */
	ck_assert(answer(0, notice));
	ck_assert_int_eq(get_acks(0)->misses, 0);
	ck_assert_int_eq(get_acks(0)->missed, 1);
	ck_assert_int_eq(get_acks(0)->received, 2);
}
END_TEST

START_TEST(next_rekey_finds_out_who_missed_the_last_one)
{
	start("unicast", "any");
	ck_assert(answer(0, rekey(START + 200)));
	rekey(START + 400);
	ck_assert_int_eq(take_missed(), 0);
	rekey(START + 600);
	ck_assert_int_eq(take_missed(), 1 << 0);
}
END_TEST

START_TEST(rekey_that_another_follows_at_once_is_not_missed)
{
	array_t *ids, *removed;
	identification_t *id;
	gkm_notice_t *notice;
	gkm_member_t *member;
	int before;

	start("unicast", "any");
	ck_assert(answer(0, rekey(START + 200)));
	before = array_count(notices);
	ids = array_create(0, 0);
	removed = array_create(0, 0);
	id = identification_create_from_string(members[2].name);
	array_insert(ids, ARRAY_TAIL, id);
	ck_assert(group->exclude(group, ids, START + 400, removed, notices, &err));
	array_destroy(ids);
	id->destroy(id);
	while (array_remove(removed, ARRAY_TAIL, &member))
	{
		free(member);
	}
	array_destroy(removed);
	/* rekey SA by the key tree, then data SAs: the latter can be answered */
	ck_assert_int_eq(array_count(notices), before + 2);
	ck_assert(array_get(notices, before, &notice));
	ck_assert(!answer(0, notice));
	ck_assert(array_get(notices, before + 1, &notice));
	ck_assert(answer(0, notice));
	group_update(group, START + 400 + TIMEOUT);
	ck_assert_int_eq(take_missed(), 0);
	ck_assert_int_eq(get_acks(0)->sent, 3);
}
END_TEST

START_TEST(member_that_misses_three_rekeys_in_a_row_is_removed)
{
	gkm_members_t *table = NULL;
	gkm_notice_t *notice;
	time_t now = START;
	int i;

	start(_i ? "unicast" : "multicast", "interoperable");
	table = group->get_members(group);
	notice = rekey(now += 200);
	ck_assert(answer(0, notice));
	ck_assert(answer(1, notice));
	for (i = 1; i <= GKM_ACKS_MISSED_MAX; i++)
	{
		ck_assert_int_eq(table->get_count(table), 4);
		notice = rekey(now += 200);
		if (i == 2)
		{	/* it counts from the start after this one */
			ck_assert(answer(1, notice));
		}
		group_update(group, now + TIMEOUT);
		ck_assert_int_eq(take_missed(), i == 2 ? 1 << 0 : 1 << 0 | 1 << 1);
	}
	ck_assert_int_eq(table->get_count(table), 3);
	ck_assert(!gdoi_member_find(&members[0], group));
	ck_assert_int_eq(get_acks(1)->misses, 1);
	ck_assert_int_eq(get_acks(1)->missed, 2);
	/* this one never answered, it may not be able to */
	ck_assert_int_eq(get_acks(2)->missed, 0);
	ck_assert_int_eq(get_acks(2)->sent, 4);

	/* it understands no rekey after the next one */
	for (i = 0; i < countof(members); i++)
	{
		gdoi_member_follow(&members[i], notices, 0);
	}
	members[0].registered = FALSE;
	i = array_count(notices);
	ck_assert(group->rekey(group, FALSE, now + 200, notices, &err));
	ck_assert_int_eq(gdoi_member_follow(&members[0], notices, i), 0);
	for (i = 1; i < countof(members); i++)
	{
		gdoi_member_follow(&members[i], notices, array_count(notices) - 2);
		gdoi_member_assert_current(&members[i], group);
	}
}
END_TEST

START_TEST(nothing_is_missed_where_nothing_is_asked_for)
{
	gkm_notice_t *notice;

	start("multicast", "none");
	notice = rekey(START + 200);
	ck_assert(answer(0, notice));
	rekey(START + 400);
	ck_assert_int_gt(group->next_due(group), START + 400 + TIMEOUT);
	group_update(group, START + 400 + TIMEOUT);
	ck_assert_int_eq(take_missed(), 0);
	ck_assert_int_eq(get_acks(0)->missed, 0);
}
END_TEST

START_TEST(who_is_not_asked_any_more_is_not_removed)
{
	gkm_notice_t *notice;
	gkm_cfg_t *cfg;
	int i;

	members[0].peer = GKM_PEER_CISCO;
	start("unicast", "interoperable");
	notice = rekey(START + 200);
	ck_assert(answer(0, notice));
	ck_assert(answer(1, notice));
	cfg = configure("unicast", "any");
	ck_assert_msg(group->configure(group, cfg, group_auth_key(cfg),
								   group_sig_alg(cfg), START + 500, notices,
								   &err), "%s", err.text);
	for (i = 0; i < GKM_ACKS_MISSED_MAX; i++)
	{
		rekey(START + 600 + i * 200);
		group_update(group, START + 600 + i * 200 + TIMEOUT);
		ck_assert_int_eq(take_missed(), 1 << 1);
	}
	ck_assert_int_eq(get_acks(0)->missed, 0);
	ck_assert(!gdoi_member_find(&members[1], group));
}
END_TEST

/**
 * Members that copies of a rekey are sent to, by the last octet of the address
 */
static u_int get_targets(uint32_t seq)
{
	array_t *targets = group->get_targets(group, seq);
	gkm_target_t target;
	u_int found = 0;

	while (array_remove(targets, ARRAY_TAIL, &target))
	{
		ck_assert_int_eq(target.port, 848);
		found |= 1 << (target.address[target.family == AF_INET ? 3 : 15] - 1);
	}
	array_destroy(targets);
	return found;
}

START_TEST(copies_go_to_those_who_did_not_acknowledge)
{
	gkm_notice_t *notice;

	group = group_create(configure("unicast", "any"));
	gdoi_member_register(&members[0], group, START);
	gdoi_member_register(&members[2], group, START);
	gdoi_member_register(&members[3], group, START);
	notice = rekey(START + 200);
	gdoi_member_register(&members[1], group, START + 201);
	ck_assert_int_eq(get_targets(1), 1 << 0 | 1 << 2);
	ck_assert(answer(0, notice));
	ck_assert_int_eq(get_targets(1), 1 << 2);
	rekey(START + 400);
	ck_assert_int_eq(get_targets(2), 1 << 0 | 1 << 1 | 1 << 2);
	/* a copy of the one before */
	ck_assert_int_eq(get_targets(1), 1 << 2);
}
END_TEST

Suite *gkm_acks_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_acks");

	tc = tcase_create("configuration");
	tcase_add_loop_test(tc,
				acknowledgements_are_asked_for_and_accepted_as_configured, 0,
				countof(tables));
	suite_add_tcase(s, tc);

	tc = tcase_create("received");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, acknowledgements_are_counted, 0, 2);
	tcase_add_test(tc, only_the_last_rekey_can_be_acknowledged);
	tcase_add_test(tc,
			rekey_that_replaces_its_carrier_is_acknowledged_with_the_old_one);
	tcase_add_test(tc, copies_go_to_those_who_did_not_acknowledge);
	suite_add_tcase(s, tc);

	tc = tcase_create("missed");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_registers_after_a_rekey_needs_not_answer_it);
	tcase_add_test(tc, only_those_who_acknowledged_before_can_miss_a_rekey);
	tcase_add_test(tc, next_rekey_finds_out_who_missed_the_last_one);
	tcase_add_test(tc, rekey_that_another_follows_at_once_is_not_missed);
	tcase_add_loop_test(tc, member_that_misses_three_rekeys_in_a_row_is_removed,
						0, 2);
	tcase_add_test(tc, nothing_is_missed_where_nothing_is_asked_for);
	tcase_add_test(tc, who_is_not_asked_any_more_is_not_removed);
	suite_add_tcase(s, tc);

	return s;
}
