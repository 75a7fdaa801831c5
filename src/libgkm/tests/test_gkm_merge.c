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
#include "member_fixture.h"
#include "server_fixture.h"

/** When data SAs are replaced, and when the split ends */
#define REKEY (START + 50 * 60)
#define MERGE (REKEY + 120)

/** A member on each side, one that is registered with the second secondary of
 *  the second side, and a late one */
static member_t *alice, *bob, *carol, *dave;

static void setup()
{
	server_setup();
	alice = member_create("alice@example.com");
	bob = member_create("bob@example.com");
	carol = member_create("carol@example.com");
	dave = member_create("dave@example.com");
}

static void teardown()
{
	member_destroy(alice);
	member_destroy(bob);
	member_destroy(carol);
	member_destroy(dave);
	server_teardown();
}

/**
 * Let a member take what was said from some notice on
 */
static void follow(member_t *member, int from)
{
	array_t *datagrams;

	datagrams = member_build(notices, from);
	member_follow(member, datagrams, notices, from);
	member_free(datagrams);
}

static gkm_notice_t *get_notice(int i)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(array_get(notices, i, &notice), "there is no notice %d", i);
	return notice;
}

static u_int count_members(int n)
{
	gkm_members_t *members = servers[n].group->get_members(servers[n].group);

	return members->get_count(members);
}

/**
 * Does a member know all data SAs that a key server has, and that haven't
 * ended?
 */
static void assert_knows_all(member_t *member, int n, time_t now, char *when)
{
	gkm_policy_t *policy = servers[n].group->get_policy(servers[n].group);
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;

	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		ck_assert_msg(sa->expires <= now || member_knows_sa(member, sa->sa),
					  "%s doesn't have data SA %.8x %s", member->name,
					  ntohl(sa->sa->spi), when);
	}
	enumerator->destroy(enumerator);
}

/**
 * Split into the first key server with alice, and two with bob and carol, and
 * let both sides replace SAs
 */
static void split(char *key, char *value)
{
	int told;

	server_start_all(3, key, value, START);
	member_register(alice, servers[0].group, TRUE, START + 1);
	member_register(bob, servers[1].group, TRUE, START + 1);
	member_register(carol, servers[2].group, TRUE, START + 1);
	server_sync(3, START + 2);
	/* the second one is primary of the others */
	server_set_duty(1, GKM_DUTY_PRIMARY, 2, TRUE, START + 60);
	server_tell(2, 1, GKM_ADOPT_CHANGES, START + 60);
	told = array_count(notices);
	follow(bob, 0);
	follow(carol, 0);
	servers[0].group->update(servers[0].group, server_time(0, REKEY), notices,
							 &err);
	follow(alice, told);
	told = array_count(notices);
	servers[1].group->update(servers[1].group, server_time(1, REKEY), notices,
							 &err);
	server_tell(2, 1, GKM_ADOPT_CHANGES, REKEY);
	follow(bob, told);
	follow(carol, told);
	member_assert_current(alice, servers[0].group, server_time(0, REKEY),
						  "in its part");
	member_assert_current(bob, servers[1].group, server_time(1, REKEY),
						  "in its part");
	member_assert_current(carol, servers[1].group, server_time(1, REKEY),
						  "in its part");
}

/**
 * Let the second key server become a secondary of the first one again
 */
static void merge()
{
	int before = array_count(notices), told;

	server_tell(0, 1, GKM_ADOPT_MERGE, MERGE);
	told = array_count(notices);
	follow(alice, before);
	ck_assert_msg(server_adopt(1, 0, GKM_ADOPT_ALL, TRUE, server_put(0, TRUE),
							   MERGE), "%s", err.text);
	ck_assert_int_eq(servers[1].group->get_duty(servers[1].group),
					 GKM_DUTY_SECONDARY);
	server_tell(2, 0, GKM_ADOPT_ALL, MERGE);
	ck_assert_int_gt(array_count(notices), told);
	follow(bob, told);
	follow(carol, told);
}

START_TEST(no_sa_is_lost_that_anybody_sends_on)
{
	gkm_download_t *download;
	gkm_group_t *group;

	servers[1].ahead = _i ? 24 * 60 * 60 : 0;
	split("rekey.key_tree", _i % 2 ? "no" : "yes");
	group = servers[0].group;
	merge();
	ck_assert_int_eq(count_members(0), 3);
	ck_assert_int_eq(count_members(1), 3);
	ck_assert_int_eq(count_members(2), 3);
	member_assert_current(alice, group, MERGE, "after the merge");
	member_assert_current(bob, group, MERGE, "after the merge");
	member_assert_current(carol, group, MERGE, "after the merge");
	assert_knows_all(alice, 0, MERGE, "after the merge");
	assert_knows_all(bob, 0, MERGE, "after the merge");
	assert_knows_all(carol, 0, MERGE, "after the merge");

	/* who comes now receives on what either side sends on: one SA from before
	 * the split, one of each side, and the new one */
	ck_assert_int_eq(group_admit(servers[2].group, "dave@example.com", TRUE, 1,
								 MERGE + 1, &download), GKM_ADMITTED);
	ck_assert_int_eq(array_count(download->sas), 4);
	ck_assert_int_gt(download->atd, 0);
	gkm_download_destroy(download);
	server_sync(3, MERGE + 2);
	ck_assert_int_eq(count_members(0), 4);
}
END_TEST

START_TEST(one_primary_rekeys_all_after_a_merge)
{
	int told;
	time_t later = MERGE + 52 * 60;

	split("rekey.key_tree", _i ? "yes" : "no");
	merge();
	told = array_count(notices);
	ck_assert(servers[0].group->rekey(servers[0].group, FALSE, MERGE + 60,
									  notices, &err));
	server_sync(3, MERGE + 60);
	follow(alice, told);
	follow(bob, told);
	follow(carol, told);
	member_assert_current(bob, servers[0].group, MERGE + 60, "on request");
	told = array_count(notices);
	ck_assert_int_gt(servers[0].group->update(servers[0].group, later, notices,
											  &err), 0);
	server_sync(3, later);
	follow(alice, told);
	follow(bob, told);
	follow(carol, told);
	member_assert_current(alice, servers[0].group, later, "later");
	member_assert_current(bob, servers[0].group, later, "later");
	member_assert_current(carol, servers[0].group, later, "later");
}
END_TEST

/**
 * Remove a member
 */
static void remove_member(int n, member_t *member, time_t now)
{
	gkm_group_t *group = servers[n].group;
	array_t *ids, *removed;
	gkm_member_t *gone;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	array_insert(ids, ARRAY_TAIL,
				 identification_create_from_string(member->name));
	ck_assert_msg(group->exclude(group, ids, now, removed, notices, &err), "%s",
				  err.text);
	while (array_remove(removed, ARRAY_HEAD, &gone))
	{
		free(gone);
	}
	array_destroy(removed);
	array_destroy_offset(ids, offsetof(identification_t, destroy));
}

START_TEST(exclusion_that_one_did_not_know_excludes_all)
{
	array_t *datagrams;
	int told;

	split("rekey.key_tree", "yes");
	told = array_count(notices);
	remove_member(_i, _i ? carol : alice, REKEY + 60);
	if (_i)
	{
		follow(bob, told);
		ck_assert(bob->registered);
		follow(carol, told);
		carol->registered = FALSE;
	}
	else
	{
		alice->registered = FALSE;
	}
	told = array_count(notices);
	server_tell(0, 1, GKM_ADOPT_MERGE, MERGE);
	ck_assert(get_notice(told)->excludes_all);
	ck_assert_int_eq(get_notice(told)->reason, GKM_NOTICE_MERGE);
	ck_assert_msg(server_adopt(1, 0, GKM_ADOPT_ALL, TRUE, server_put(0, TRUE),
							   MERGE), "%s", err.text);
	ck_assert(get_notice(told + 1)->excludes_all);
	if (alice->registered)
	{
		follow(alice, told);
	}
	follow(bob, told);
	ck_assert(!alice->registered && !bob->registered);
	ck_assert_int_eq(count_members(0), 0);
	ck_assert_int_eq(count_members(1), 0);
	ck_assert(servers[0].group->get_lineage(servers[0].group) ==
			  servers[1].group->get_lineage(servers[1].group));

	/* who was removed doesn't find out what others get from now on */
	member_register(dave, servers[1].group, TRUE, MERGE + 1);
	server_sync(2, MERGE + 2);
	told = array_count(notices);
	ck_assert(servers[0].group->rekey(servers[0].group, TRUE, MERGE + 60,
									  notices, &err));
	datagrams = member_build(notices, told);
	ck_assert_int_eq(member_attack(_i ? carol : alice, datagrams), 0);
	member_free(datagrams);
	follow(dave, told);
	member_assert_current(dave, servers[0].group, MERGE + 60, "at last");
}
END_TEST

START_TEST(inband_members_of_both_are_told)
{
	split("rekey.transport", "mixed");
	ck_assert(alice->ike_sa_id && bob->ike_sa_id && carol->ike_sa_id);
	merge();
	assert_knows_all(alice, 0, MERGE, "after the merge");
	assert_knows_all(bob, 0, MERGE, "after the merge");
	assert_knows_all(carol, 0, MERGE, "after the merge");
}
END_TEST

START_TEST(as_many_sas_as_there_may_be_stay)
{
	gkm_policy_t *policy;
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	u_int count = 0;
	int i;

	split("rekey.key_tree", "no");
	for (i = 1; i < GKM_POLICY_SAS_MAX; i++)
	{
		servers[0].group->rekey(servers[0].group, FALSE, REKEY + i, notices,
								&err);
		servers[1].group->rekey(servers[1].group, FALSE, REKEY + i, notices,
								&err);
	}
	merge();
	policy = servers[0].group->get_policy(servers[0].group);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		count++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_le(count, GKM_POLICY_SAS_MAX);
}
END_TEST

START_TEST(member_that_changed_sides_is_one_member)
{
	split("rekey.key_tree", "yes");
	member_register(alice, servers[1].group, TRUE, REKEY + 60);
	merge();
	ck_assert_int_eq(count_members(0), 3);
	follow(alice, 0);
	member_assert_current(alice, servers[0].group, MERGE, "after the merge");
}
END_TEST

START_TEST(gdoi_members_are_told_by_the_one_that_they_know)
{
	gdoi_member_t members[] = {
		GDOI_MEMBER("alice@example.com", "192.0.2.1"),
		GDOI_MEMBER("bob@example.com", "192.0.2.2"),
	};
	gkm_member_t *member;
	int i, before, told;

	for (i = 0; i < 2; i++)
	{
		server_start(i, group_configure("coop.id", i ? "2" : "1",
					 "coop.peers", "ks1,ks2", "protocols", "gdoi",
					 "rekey.transport", "unicast", "rekey.auth", NULL,
					 "rekey.key_tree", "no",
					 "rekey.acknowledgement", "interoperable", NULL));
	}
	server_set_duty(0, GKM_DUTY_PRIMARY, 1, FALSE, START);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START);
	server_tell(1, 0, GKM_ADOPT_ALL, START);
	for (i = 0; i < 2; i++)
	{
		gdoi_member_register(&members[i], servers[i].group, START + 1);
	}
	server_sync(2, START + 2);
	/* each replaces the rekey SA as well */
	server_set_duty(1, GKM_DUTY_PRIMARY, 2, TRUE, START + 60);
	members[1].next_seq = get_notice(0)->push_seq;
	gdoi_member_follow(&members[1], notices, 0);
	for (i = 0; i < 2; i++)
	{
		before = array_count(notices);
		ck_assert(servers[i].group->rekey(servers[i].group, TRUE, REKEY,
										  notices, &err));
		gdoi_member_follow(&members[i], notices, before);
		gdoi_member_assert_current(&members[i], servers[i].group);
	}
	before = array_count(notices);
	server_tell(0, 1, GKM_ADOPT_MERGE, MERGE);
	/* both replaced all at once: they don't know the same exclusions */
	ck_assert(get_notice(before)->excludes_all);
	told = array_count(notices);
	ck_assert(server_adopt(1, 0, GKM_ADOPT_ALL, TRUE, server_put(0, TRUE),
						   MERGE));
	ck_assert(get_notice(told)->excludes_all);
	for (i = 0; i < 2; i++)
	{
		gdoi_member_register(&members[i], servers[i].group, MERGE + 10);
	}
	server_sync(2, MERGE + 11);
	member = gdoi_member_find(&members[1], servers[0].group);
	ck_assert(member && member->owner == 2);

	/* another split, without exclusions */
	server_set_duty(1, GKM_DUTY_PRIMARY, 4, TRUE, MERGE + 60);
	before = array_count(notices);
	members[1].next_seq = get_notice(before - 1)->push_seq;
	gdoi_member_follow(&members[1], notices, before - 1);
	ck_assert(servers[0].group->rekey(servers[0].group, FALSE, MERGE + 90,
									  notices, &err));
	gdoi_member_follow(&members[0], notices, before);
	before = array_count(notices);
	server_tell(0, 1, GKM_ADOPT_MERGE, MERGE + 120);
	told = array_count(notices);
	members[0].next_seq = get_notice(before)->push_seq;
	gdoi_member_follow(&members[0], notices, before);
	ck_assert(server_adopt(1, 0, GKM_ADOPT_ALL, TRUE, server_put(0, TRUE),
						   MERGE + 120));
	gdoi_member_follow(&members[1], notices, told);
	gdoi_member_assert_current(&members[0], servers[0].group);
	gdoi_member_assert_current(&members[1], servers[0].group);
	server_sync(2, MERGE + 121);
	told = array_count(notices);
	ck_assert(servers[0].group->rekey(servers[0].group, FALSE, MERGE + 150,
									  notices, &err));
	ck_assert_int_eq(array_count(get_notice(told)->targets), 2);
	for (i = 0; i < 2; i++)
	{
		members[i].next_seq = get_notice(told)->push_seq;
		gdoi_member_follow(&members[i], notices, told);
		gdoi_member_assert_current(&members[i], servers[0].group);
		gdoi_member_clear(&members[i]);
	}
}
END_TEST

Suite *gkm_merge_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_merge");

	tc = tcase_create("merge");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, no_sa_is_lost_that_anybody_sends_on, 0, 3);
	tcase_add_loop_test(tc, one_primary_rekeys_all_after_a_merge, 0, 2);
	tcase_add_loop_test(tc, exclusion_that_one_did_not_know_excludes_all, 0, 2);
	tcase_add_test(tc, inband_members_of_both_are_told);
	tcase_add_test(tc, gdoi_members_are_told_by_the_one_that_they_know);
	tcase_add_test(tc, as_many_sas_as_there_may_be_stay);
	tcase_add_test(tc, member_that_changed_sides_is_one_member);
	suite_add_tcase(s, tc);

	return s;
}
