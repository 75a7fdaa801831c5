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

/** Names of members */
static char *names[] = {
	"a@example.com", "b@example.com", "c@example.com", "d@example.com",
	"e@example.com", "f@example.com",
};

static gkm_group_t *group;
static member_t *members[countof(names)];

static void setup()
{
	int i;

	group_setup();
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
	group_teardown();
}

/**
 * Register some members, from the first one on
 */
static void enroll(u_int count, bool sender)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		member_register(members[i], group, sender, START);
	}
}

/**
 * Get a notice
 */
static gkm_notice_t *get_notice(int i)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(array_get(notices, i, &notice), "no notice %d", i);
	return notice;
}

/**
 * Let all members take notices, and those that are none try to
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
			ck_assert_msg(!member_attack(members[i], datagrams),
						  "%s got SAs", names[i]);
		}
	}
	member_free(datagrams);
}

/**
 * Members hold what the group uses
 */
static void assert_current(u_int from, u_int to, time_t now)
{
	for (; from < to; from++)
	{
		ck_assert_msg(members[from]->registered, "%s isn't registered",
					  names[from]);
		member_assert_current(members[from], group, now, "then");
	}
}

/**
 * Remove a member for good
 */
static u_int exclude(int i, time_t now)
{
	array_t *ids, *removed;
	identification_t *id;
	gkm_member_t *member;
	u_int count;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	id = identification_create_from_string(names[i]);
	array_insert(ids, ARRAY_TAIL, id);
	err = (gkm_error_t){};
	group->exclude(group, ids, now, removed, notices, &err);
	count = array_count(removed);
	members[i]->registered &= !count;
	while (array_remove(removed, ARRAY_TAIL, &member))
	{
		free(member);
	}
	id->destroy(id);
	array_destroy(ids);
	array_destroy(removed);
	return count;
}

/**
 * A member leaves
 */
static void leave(int i)
{
	identification_t *id;

	id = identification_create_from_string(names[i]);
	ck_assert(group->remove_member(group, id));
	id->destroy(id);
	members[i]->registered = FALSE;
}

/**
 * Data SAs in an update, and SPIs that it deletes
 */
static u_int count_sas(gkm_update_t *update)
{
	return array_count(update->download->sas);
}

static u_int count_deletes(gkm_update_t *update)
{
	gkm_delete_t *delete;
	u_int count = 0;
	int i;

	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		count += array_count(delete->spis);
	}
	return count;
}

static gkm_policy_rekey_t *get_rekey()
{
	gkm_policy_t *policy = group->get_policy(group);

	return policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
}

START_TEST(due_data_sa_is_told_and_the_old_one_ends_by_itself)
{
	gkm_notice_t *notice;

	group = group_create(group_configure(NULL));
	enroll(3, FALSE);
	ck_assert_int_eq(group_update(group, START + 2999), 0);
	ck_assert_int_eq(array_count(notices), 0);
	ck_assert_int_eq(group_update(group, START + 3000), 1);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_DUE);
	ck_assert(!notice->update->download->rekey);
	ck_assert_int_eq(count_sas(notice->update), 1);
	ck_assert_int_eq(count_deletes(notice->update), 0);
	ck_assert_int_eq(notice->update->download->atd, 570);
	ck_assert_int_ge(notice->update->download->dtd, 570);
	ck_assert_int_eq(notice->message_id, 0);
	ck_assert(!notice->inband);
	ck_assert(!notice->excludes_all);
	ck_assert(memeq(notice->carrier->spi, get_rekey()->sa->spi,
					GKM_REKEY_SPI_LEN));
	tell(0);
	assert_current(0, 3, START + 3000);
}
END_TEST

START_TEST(due_rekey_sa_is_told_over_the_one_before_it)
{
	gkm_notice_t *notice;
	uint8_t spi[GKM_REKEY_SPI_LEN];

	group = group_create(group_configure("sas.data.rekey_time", "25h",
							 "sas.data.life_time", "30h", NULL));
	enroll(3, FALSE);
	memcpy(spi, get_rekey()->sa->spi, sizeof(spi));
	ck_assert_int_eq(group_update(group, START + 20 * 3600), 1);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert(memeq(notice->carrier->spi, spi, sizeof(spi)));
	ck_assert(notice->update->download->rekey != NULL);
	ck_assert_int_eq(count_sas(notice->update), 0);
	ck_assert_int_eq(array_count(notice->update->kwks), 0);
	ck_assert_int_eq(get_rekey()->sa->message_id, 0);
	tell(0);
	assert_current(0, 3, START + 20 * 3600);
}
END_TEST

START_TEST(one_message_tells_all_that_is_due)
{
	gkm_notice_t *notice;

	group = group_create(group_configure("rekey.rekey_time", "50m",
										 "rekey.life_time", "60m", NULL));
	enroll(3, FALSE);
	ck_assert_int_eq(group_update(group, START + 3000), 2);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert(notice->update->download->rekey != NULL);
	ck_assert_int_eq(count_sas(notice->update), 1);
	tell(0);
	assert_current(0, 3, START + 3000);
}
END_TEST

START_TEST(requested_rekey_replaces_data_sas_without_hurry)
{
	gkm_notice_t *notice;

	group = group_create(group_configure(NULL));
	enroll(2, FALSE);
	ck_assert(group->rekey(group, FALSE, START + 60, notices, &err));
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_REQUESTED);
	ck_assert(!notice->update->download->rekey);
	ck_assert_int_eq(count_sas(notice->update), 1);
	ck_assert_int_eq(count_deletes(notice->update), 1);
	ck_assert_int_eq(notice->update->download->atd, 150);
	ck_assert_int_eq(notice->update->download->dtd, 180);
	tell(0);
	assert_current(0, 2, START + 60);
}
END_TEST

START_TEST(replacement_deletes_all_at_once)
{
	gkm_notice_t *notice;

	group = group_create(group_configure(NULL));
	enroll(2, FALSE);
	group_update(group, START + 3000);
	tell(0);
	ck_assert(group->rekey(group, TRUE, START + 3001, notices, &err));
	ck_assert_int_eq(array_count(notices), 2);
	notice = get_notice(1);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_REPLACE);
	ck_assert(notice->update->download->rekey != NULL);
	ck_assert_int_eq(count_sas(notice->update), 1);
	ck_assert_int_eq(count_deletes(notice->update), 2);
	ck_assert_int_eq(notice->update->download->atd, 0);
	tell(1);
	assert_current(0, 2, START + 3001);
	/* nothing else is in use: it, and the SPI of the next one */
	ck_assert_int_eq(array_count(spis.used), 2);
}
END_TEST

START_TEST(message_ids_count_and_begin_anew_with_each_rekey_sa)
{
	time_t now = START;
	int i;

	group = group_create(group_configure(NULL));
	enroll(1, FALSE);
	for (i = 0; i < 3; i++)
	{
		now += 200;
		ck_assert(group->rekey(group, FALSE, now, notices, &err));
		ck_assert_int_eq(get_notice(i)->message_id, i);
	}
	/* those that join see what comes, which isn't a replay to them */
	ck_assert_int_eq(get_rekey()->sa->message_id, 3);
	tell(0);
	ck_assert(group->rekey(group, TRUE, now, notices, &err));
	ck_assert_int_eq(get_notice(3)->message_id, 3);
	ck_assert_int_eq(get_rekey()->sa->message_id, 0);
	tell(3);
	ck_assert(group->rekey(group, FALSE, now, notices, &err));
	ck_assert_int_eq(get_notice(4)->message_id, 0);
	tell(4);
	assert_current(0, 1, now);
}
END_TEST

START_TEST(no_message_id_is_consumed_without_a_message)
{
	time_t now;
	int count = 0;

	group = group_create(group_configure(NULL));
	for (now = START; now < START + 2900; now += 100)
	{
		group_update(group, now);
	}
	group_change(group, group_configure("max_members", "5", NULL), now);
	spis.refuse = UINT32_MAX;
	/* there is an SPI for one, and then for none */
	group->rekey(group, FALSE, now, notices, &err);
	count = array_count(notices);
	ck_assert(!group->rekey(group, FALSE, now, notices, &err));
	ck_assert_int_eq(array_count(notices), count);
	ck_assert_int_eq(get_rekey()->sa->message_id, count);
	ck_assert_int_eq(count, 1);
}
END_TEST

START_TEST(removal_with_a_tree_takes_two_messages)
{
	gkm_notice_t *first, *second;
	gkm_data_sa_t *sa;

	group = group_create(group_configure(NULL));
	enroll(6, FALSE);
	ck_assert_int_eq(exclude(2, START + 60), 1);
	ck_assert_int_eq(array_count(notices), 2);
	first = get_notice(0);
	second = get_notice(1);
	ck_assert_int_eq(first->reason, GKM_NOTICE_REMOVAL);
	ck_assert(first->update->download->rekey != NULL);
	ck_assert_int_eq(count_sas(first->update), 0);
	ck_assert_int_eq(count_deletes(first->update), 0);
	ck_assert_int_ge(array_count(first->update->kwks), 1);
	ck_assert(!memeq(first->carrier->spi, second->carrier->spi,
					 GKM_REKEY_SPI_LEN));
	ck_assert(memeq(second->carrier->spi, first->update->download->rekey->spi,
					GKM_REKEY_SPI_LEN));
	ck_assert_int_eq(second->message_id, 0);
	ck_assert(!second->update->download->rekey);
	ck_assert_int_eq(array_count(second->update->kwks), 0);
	ck_assert_int_eq(count_sas(second->update), 1);
	ck_assert_int_eq(count_deletes(second->update), 1);
	/* two copies, 10 seconds each, then half a minute for senders */
	ck_assert_int_eq(second->update->download->atd, 21);
	ck_assert_int_eq(second->update->download->dtd, 51);
	tell(0);
	assert_current(0, 2, START + 60);
	assert_current(3, 6, START + 60);
	ck_assert(array_get(second->update->download->sas, 0, &sa));
	ck_assert(!member_knows_sa(members[2], sa));
	ck_assert(!member_knows_rekey(members[2], get_rekey()->sa));
	/* what it knows has ended when the last copy and DTD are over */
	group_update(group, START + 60 + 71);
	ck_assert_int_eq(array_count(spis.used), 2);
}
END_TEST

START_TEST(removed_member_may_register_again)
{
	group = group_create(group_configure(NULL));
	enroll(6, FALSE);
	exclude(2, START + 60);
	tell(0);
	member_register(members[2], group, FALSE, START + 61);
	exclude(3, START + 62);
	tell(2);
	assert_current(0, 3, START + 62);
	assert_current(4, 6, START + 62);
}
END_TEST

START_TEST(each_of_many_removals_replaces_what_the_member_knows)
{
	int i, from = 0, most = 0;

	group = group_create(group_configure(NULL));
	enroll(6, FALSE);
	/* faster than old SAs end */
	for (i = 1; i < GKM_POLICY_SAS_MAX + 5; i++)
	{
		ck_assert_int_eq(exclude(0, START + i), 1);
		ck_assert_msg(!err.text[0], "removal %d: %s", i, err.text);
		tell(from);
		from = array_count(notices);
		assert_current(1, 6, START + i);
		ck_assert(!member_knows_rekey(members[0], get_rekey()->sa));
		member_register(members[0], group, FALSE, START + i);
		most = max(most, array_count(spis.used));
	}
	/* with the SPI of the next one */
	ck_assert_int_eq(most, GKM_POLICY_SAS_MAX + 1);
}
END_TEST

START_TEST(removal_ends_all_sas_that_the_member_knows)
{
	enumerator_t *enumerator;
	gkm_policy_t *policy;
	gkm_policy_sa_t *sa;

	group = group_create(group_configure(NULL));
	enroll(2, FALSE);
	/* there are two SAs, the older one for another 10 minutes */
	group_update(group, START + 3000);
	tell(0);
	exclude(1, START + 3001);
	ck_assert_int_eq(count_deletes(get_notice(2)->update), 2);
	policy = group->get_policy(group);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		ck_assert_int_le(sa->expires,
						 START + 3001 + (sa->rekey ? 3600 : 20 + 51));
	}
	enumerator->destroy(enumerator);
	tell(1);
	assert_current(0, 1, START + 3001);
}
END_TEST

START_TEST(removal_without_a_tree_excludes_all)
{
	gkm_notice_t *notice;
	gkm_members_t *table;

	group = group_create(group_configure("rekey.key_tree", "no", NULL));
	enroll(4, FALSE);
	ck_assert_int_eq(exclude(0, START + 60), 1);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert(notice->excludes_all);
	ck_assert(!notice->update->download->rekey);
	ck_assert_int_eq(count_sas(notice->update), 0);
	ck_assert_int_eq(count_deletes(notice->update), 0);
	table = group->get_members(group);
	ck_assert_int_eq(table->get_count(table), 0);
	tell(0);
	ck_assert(!members[1]->registered);
	ck_assert(!member_knows_rekey(members[0], get_rekey()->sa));
	member_register(members[1], group, FALSE, START + 61);
	assert_current(1, 2, START + 61);
}
END_TEST

START_TEST(removal_of_the_last_member_tells_nobody_of_a_rekey_sa)
{
	gkm_notice_t *notice;
	int i;

	group = group_create(group_configure(NULL));
	enroll(1, FALSE);
	ck_assert_int_eq(exclude(0, START + 60), 1);
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		ck_assert(!notice->update->download->rekey);
		ck_assert(memeq(notice->carrier->spi, get_rekey()->sa->spi,
						GKM_REKEY_SPI_LEN));
	}
	tell(0);
	member_register(members[1], group, FALSE, START + 61);
	assert_current(1, 2, START + 61);
}
END_TEST

START_TEST(removal_of_who_is_no_member_changes_nothing)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];

	group = group_create(group_configure(NULL));
	enroll(1, FALSE);
	memcpy(spi, get_rekey()->sa->spi, sizeof(spi));
	ck_assert_int_eq(exclude(1, START + 60), 0);
	ck_assert_str_eq(err.text, "b@example.com isn't a member");
	ck_assert_int_eq(array_count(notices), 0);
	ck_assert(memeq(spi, get_rekey()->sa->spi, sizeof(spi)));
}
END_TEST

START_TEST(member_that_left_is_shut_out_by_the_next_rekey)
{
	group = group_create(group_configure(NULL));
	enroll(6, FALSE);
	leave(1);
	ck_assert_int_eq(group_update(group, START + 100), 0);
	ck_assert_int_eq(array_count(notices), 0);
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 2);
	tell(0);
	assert_current(0, 1, START + 3000);
	assert_current(2, 6, START + 3000);
	ck_assert(!member_knows_rekey(members[1], get_rekey()->sa));
	/* it is no reason any more */
	group_update(group, START + 6000);
	ck_assert_int_eq(array_count(notices), 3);
}
END_TEST

START_TEST(member_that_left_is_shut_out_by_a_change)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];

	group = group_create(group_configure(NULL));
	enroll(6, FALSE);
	leave(1);
	/* there is nothing to say here */
	memcpy(spi, get_rekey()->sa->spi, sizeof(spi));
	group_change(group, group_configure("max_members", "7", NULL), START + 1);
	ck_assert_int_eq(array_count(notices), 0);
	ck_assert(memeq(spi, get_rekey()->sa->spi, sizeof(spi)));

	group_change(group, group_configure("sas.data.esp_proposals",
										"aes128-sha256", NULL), START + 2);
	ck_assert_int_eq(array_count(notices), 2);
	tell(0);
	assert_current(0, 1, START + 2);
	assert_current(2, 6, START + 2);
	ck_assert(!member_knows_rekey(members[1], get_rekey()->sa));
}
END_TEST

START_TEST(member_that_left_is_shut_out_before_another_tree_begins)
{
	group = group_create(group_configure(NULL));
	enroll(4, FALSE);
	leave(1);
	group_change(group, group_configure("rekey.key_tree_degree", "2", NULL),
				 START + 1);
	ck_assert_int_eq(array_count(notices), 1);
	tell(0);
	assert_current(0, 1, START + 1);
	assert_current(2, 4, START + 1);
	ck_assert(!member_knows_rekey(members[1], get_rekey()->sa));

	/* those that have no place in the new one can be told of others' leaving
	 * only by excluding them */
	leave(0);
	member_register(members[4], group, FALSE, START + 2);
	group_update(group, START + 3000);
	tell(1);
	ck_assert(!members[2]->registered);
	assert_current(4, 5, START + 3000);
}
END_TEST

START_TEST(member_that_left_is_shut_out_by_a_change_of_the_rekey_sa)
{
	group = group_create(group_configure(NULL));
	enroll(3, FALSE);
	leave(1);
	group_change(group, group_configure("rekey.address", "239.1.1.1:900", NULL),
				 START + 1);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert(get_notice(0)->excludes_all);
	tell(0);
	ck_assert(!member_knows_rekey(members[1], get_rekey()->sa));
}
END_TEST

START_TEST(member_of_before_an_exclusion_of_all_has_no_key_of_the_tree)
{
	array_t *datagrams;

	group = group_create(group_configure(NULL));
	enroll(2, FALSE);
	/* rekeys can't say that they are going to be signed */
	ck_assert(group->configure(group, group_configure("rekey.auth",
								"signature", NULL), chunk_from_str("key"),
							   chunk_from_str("algorithm"), START + 1, notices,
							   &err));
	ck_assert(get_notice(0)->excludes_all);
	tell(0);
	ck_assert(!members[0]->registered);
	ck_assert(!members[1]->registered);
	group_change(group, group_configure(NULL), START + 2);
	member_register(members[0], group, FALSE, START + 3);
	member_register(members[1], group, FALSE, START + 3);
	exclude(0, START + 4);
	datagrams = member_build(notices, array_count(notices) - 2);
	ck_assert_int_eq(member_attack(members[0], datagrams), 0);
	member_follow(members[1], datagrams, notices, array_count(notices) - 2);
	member_free(datagrams);
	assert_current(1, 2, START + 4);
}
END_TEST

START_TEST(numbers_of_keys_go_on_when_the_tree_comes_back)
{
	gkm_kwk_t *before, *after;

	group = group_create(group_configure(NULL));
	enroll(1, FALSE);
	ck_assert(array_get(members[0]->path, ARRAY_TAIL, &before));
	group_change(group, group_configure("rekey.key_tree", "no", NULL),
				 START + 1);
	member_register(members[1], group, FALSE, START + 1);
	ck_assert_int_eq(array_count(members[1]->path), 0);
	group_change(group, group_configure(NULL), START + 2);
	member_register(members[2], group, FALSE, START + 2);
	ck_assert(array_get(members[2]->path, ARRAY_TAIL, &after));
	ck_assert_int_gt(after->id, before->id);
}
END_TEST

START_TEST(change_that_members_can_follow_is_told)
{
	group = group_create(group_configure(NULL));
	enroll(3, FALSE);
	group_change(group, group_configure("sas.more.source_ts", "10.0.0.0/8",
							"sas.more.destination_ts", "239.2.0.0/16",
							"rekey.address", "239.1.1.1:900", NULL),
				 START + 60);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert_int_eq(get_notice(0)->reason, GKM_NOTICE_CHANGE);
	ck_assert(get_notice(0)->update->download->rekey != NULL);
	ck_assert_int_eq(count_sas(get_notice(0)->update), 1);
	tell(0);
	assert_current(0, 3, START + 60);
	/* and what isn't needed any more is deleted */
	group_change(group, group_configure("rekey.address", "239.1.1.1:900", NULL),
				 START + 61);
	ck_assert_int_eq(count_sas(get_notice(1)->update), 0);
	ck_assert_int_eq(count_deletes(get_notice(1)->update), 1);
	tell(1);
	assert_current(0, 3, START + 61);
}
END_TEST

START_TEST(sender_ids_that_are_used_up_exclude_all)
{
	gkm_download_t *download;

	group = group_create(group_configure("sas.data.esp_proposals",
								"aes256gcm16", "sender_id_bits", "1", NULL));
	enroll(2, TRUE);
	ck_assert_int_eq(group_admit(group, "z@example.com", TRUE, 1, START,
								 &download), GKM_UNABLE);
	group_update(group, START + 1);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert_int_eq(get_notice(0)->reason, GKM_NOTICE_SENDER_IDS);
	ck_assert(get_notice(0)->excludes_all);
	ck_assert(group->renew_sender_ids(group, &err));
	tell(0);
	ck_assert(!members[0]->registered);
	member_register(members[0], group, TRUE, START + 2);
	assert_current(0, 1, START + 2);
}
END_TEST

START_TEST(sender_ids_are_not_given_out_anew_on_an_sa_that_stays)
{
	gkm_download_t *download;

	group = group_create(group_configure("sas.data.esp_proposals",
								"aes256gcm16", "sender_id_bits", "1", NULL));
	enroll(2, TRUE);
	ck_assert_int_eq(group_admit(group, "z@example.com", TRUE, 1, START,
								 &download), GKM_UNABLE);
	spis.refuse = UINT32_MAX;
	/* the next SPI is known, the one after it isn't to be had */
	group->rekey(group, FALSE, START, notices, &err);
	group_update(group, START + 1);
	ck_assert(group->renew_sender_ids(group, &err));
	ck_assert_int_eq(group_admit(group, "z@example.com", TRUE, 1, START + 1,
								 &download), GKM_UNABLE);
	spis.refuse = 0;
	group_update(group, START + 20);
	ck_assert(group->renew_sender_ids(group, &err));
	ck_assert_int_eq(group_admit(group, "z@example.com", TRUE, 1, START + 20,
								 &download), GKM_ADMITTED);
	gkm_download_destroy(download);
}
END_TEST

/** SPI of the last data SA that a sender gets by registering */
static uint32_t register_sender(int i, time_t now)
{
	gkm_data_sa_t *sa = NULL;

	member_register(members[i], group, TRUE, now);
	array_get(members[i]->sas, ARRAY_TAIL, &sa);
	return sa->spi;
}

/**
 * Create a group with an SA that only 192.0.2.7 sends on
 */
static void create_single()
{
	group = group_create(group_configure("sas.data.source_ts", "192.0.2.7",
								"sas.data.senders", "single", NULL));
}

START_TEST(single_sender_that_comes_back_gets_another_sa)
{
	uint32_t spi, again;

	create_single();
	member_register(members[1], group, FALSE, START);
	spi = register_sender(0, START);
	ck_assert_int_eq(array_count(notices), 0);
	again = register_sender(0, START + 1);
	ck_assert(spi != again);
	/* the others hear of it */
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert_int_eq(get_notice(0)->reason, GKM_NOTICE_SENDER);
	tell(0);
	assert_current(0, 2, START + 1);
}
END_TEST

START_TEST(single_sender_never_gets_an_sa_twice)
{
	uint32_t seen[GKM_POLICY_SAS_MAX + 5];
	int i, j;

	create_single();
	for (i = 0; i < countof(seen); i++)
	{
		seen[i] = register_sender(0, START + i);
		for (j = 0; j < i; j++)
		{
			ck_assert_msg(seen[i] != seen[j], "registration %d gets the SA of "
						  "registration %d", i, j);
		}
	}
	ck_assert_int_le(array_count(spis.used), GKM_POLICY_SAS_MAX + 1);
}
END_TEST

START_TEST(single_sender_that_comes_back_often_leaves_room_for_rekeys)
{
	int i, from;

	create_single();
	for (i = 0; i < GKM_POLICY_SAS_MAX + 2; i++)
	{
		register_sender(0, START + i);
	}
	member_register(members[1], group, FALSE, START + i);
	group_update(group, START + 100);
	from = array_count(notices);
	group_update(group, START + i + 3000);
	ck_assert_msg(!err.text[0], "%s", err.text);
	ck_assert_int_eq(array_count(notices), from + 1);
	tell(from);
	assert_current(0, 2, START + i + 3000);
}
END_TEST

START_TEST(single_sender_gets_another_sa_than_the_rekey_brought)
{
	gkm_data_sa_t *sa;
	uint32_t spi;

	create_single();
	register_sender(0, START);
	group_update(group, START + 3000);
	ck_assert(array_get(get_notice(0)->update->download->sas, 0, &sa));
	spi = sa->spi;
	ck_assert(register_sender(0, START + 3001) != spi);
}
END_TEST

/**
 * Create a group with a transport; rekeys aren't signed
 */
static void create_with(char *transport)
{
	bool inband = streq(transport, "inband");

	group = group_create(group_configure("rekey.transport", transport,
						"rekey.auth", inband ? NULL : "implicit",
						"rekey.rekey_time", inband ? NULL : "20h",
						"rekey.life_time", inband ? NULL : "24h", NULL));
}

START_TEST(mixed_group_tells_senders_inband)
{
	gkm_notice_t *notice;

	create_with("mixed");
	member_register(members[0], group, TRUE, START);
	member_register(members[1], group, FALSE, START);
	ck_assert(members[0]->ike_sa_id);
	ck_assert(!members[1]->ike_sa_id);
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert_int_eq(count_sas(notice->update), 1);
	ck_assert_int_eq(count_sas(notice->inband), 1);
	ck_assert_int_eq(array_count(notice->ike_sa_ids), 1);
	tell(0);
	assert_current(0, 2, START + 3000);

	/* new rekey SAs are none of their business */
	exclude(1, START + 3001);
	ck_assert_int_eq(array_count(notices), 2);
	ck_assert(!get_notice(1)->inband || !get_notice(1)->inband->download->rekey);
	tell(1);
	assert_current(0, 1, START + 3001);
}
END_TEST

START_TEST(removed_sender_of_a_mixed_group_knows_nothing_new)
{
	create_with("mixed");
	enroll(2, TRUE);
	member_register(members[2], group, FALSE, START);
	exclude(0, START + 60);
	ck_assert_int_eq(array_count(get_notice(0)->ike_sa_ids), 1);
	tell(0);
	assert_current(1, 3, START + 60);
}
END_TEST

START_TEST(receiver_that_becomes_a_sender_leaves_the_tree)
{
	create_with("mixed");
	enroll(3, FALSE);
	member_register(members[0], group, TRUE, START + 1);
	/* what it knows of multicast rekeys is of no use soon */
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 2);
	tell(0);
	assert_current(0, 3, START + 3000);
	ck_assert(!member_knows_rekey(members[0], get_rekey()->sa));
}
END_TEST

START_TEST(inband_group_has_no_messages_but_to_its_members)
{
	create_with("inband");
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 0);
	enroll(3, FALSE);
	group_update(group, START + 6000);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert(!get_notice(0)->update);
	ck_assert(!get_notice(0)->carrier);
	ck_assert_int_eq(array_count(get_notice(0)->ike_sa_ids), 3);
	tell(0);
	assert_current(0, 3, START + 6000);
	exclude(1, START + 6001);
	ck_assert_int_eq(array_count(get_notice(1)->ike_sa_ids), 2);
	tell(1);
	assert_current(0, 1, START + 6001);
	assert_current(2, 3, START + 6001);
}
END_TEST

START_TEST(inband_members_hear_of_a_change_to_multicast)
{
	create_with("inband");
	enroll(2, FALSE);
	group_change(group, group_configure("sas.data.esp_proposals",
										"aes128-sha256", NULL), START + 1);
	ck_assert_int_eq(array_count(notices), 1);
	tell(0);
	assert_current(0, 2, START + 1);
}
END_TEST

START_TEST(change_to_inband_excludes_all)
{
	group = group_create(group_configure(NULL));
	enroll(2, FALSE);
	group_change(group, group_configure("rekey.transport", "inband",
							"rekey.auth", NULL, "rekey.rekey_time", NULL,
							"rekey.life_time", NULL, NULL), START + 1);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert(get_notice(0)->excludes_all);
	tell(0);
	ck_assert(!members[0]->registered);
	ck_assert(!get_rekey());
}
END_TEST

START_TEST(member_goes_with_its_ike_sa)
{
	gkm_members_t *table;

	create_with("inband");
	enroll(3, FALSE);
	table = group->get_members(group);
	ck_assert(!group->ike_sa_gone(group, 4711, 0));
	ck_assert(group->ike_sa_gone(group, members[1]->ike_sa_id, 0));
	ck_assert(!group->ike_sa_gone(group, members[1]->ike_sa_id, 0));
	ck_assert_int_eq(table->get_count(table), 2);
	/* one that was rekeyed takes it along */
	ck_assert(group->ike_sa_gone(group, members[0]->ike_sa_id, 4711));
	ck_assert(!group->ike_sa_gone(group, members[0]->ike_sa_id, 0));
	members[0]->ike_sa_id = 4711;
	members[1]->registered = FALSE;
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(get_notice(0)->ike_sa_ids), 2);
	tell(0);
	assert_current(0, 1, START + 3000);
	assert_current(2, 3, START + 3000);
	/* one that it had before it registered again isn't the one that counts */
	member_register(members[2], group, FALSE, START + 3001);
	ck_assert(!group->ike_sa_gone(group, members[2]->ike_sa_id - 1, 0));
	ck_assert_int_eq(table->get_count(table), 2);
}
END_TEST

START_TEST(only_members_that_may_hold_fragments_are_asked_for_them)
{
	gkm_applicant_t applicant = {
		.connection = "members",
		.fragmentation = TRUE,
	};
	gkm_download_t *download;

	group = group_create(group_configure(NULL));
	ck_assert(group->can_fragment(group));
	applicant.id = identification_create_from_string("z@example.com");
	applicant.address = host_create_from_string("192.0.2.1", 500);
	ck_assert_int_eq(group->admit(group, &applicant, START, &download, notices,
								  &err), GKM_ADMITTED);
	gkm_download_destroy(download);
	ck_assert(group->can_fragment(group));
	enroll(1, FALSE);
	ck_assert(!group->can_fragment(group));
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
}
END_TEST

START_TEST(rekey_sa_is_replaced_before_its_message_ids_are_used_up)
{
	group = group_create(group_configure(NULL));
	get_rekey()->sa->message_id = UINT32_MAX - 10;
	enroll(1, FALSE);
	ck_assert_int_eq(group_update(group, START), 1);
	ck_assert_uint_eq(get_notice(0)->message_id, UINT32_MAX - 10);
	ck_assert_int_eq(get_rekey()->sa->message_id, 0);
	tell(0);
	assert_current(0, 1, START);
}
END_TEST

Suite *gkm_rekeying_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_rekeying");

	tc = tcase_create("rekey");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, due_data_sa_is_told_and_the_old_one_ends_by_itself);
	tcase_add_test(tc, due_rekey_sa_is_told_over_the_one_before_it);
	tcase_add_test(tc, one_message_tells_all_that_is_due);
	tcase_add_test(tc, requested_rekey_replaces_data_sas_without_hurry);
	tcase_add_test(tc, replacement_deletes_all_at_once);
	tcase_add_test(tc, message_ids_count_and_begin_anew_with_each_rekey_sa);
	tcase_add_test(tc, no_message_id_is_consumed_without_a_message);
	tcase_add_test(tc, rekey_sa_is_replaced_before_its_message_ids_are_used_up);
	tcase_add_test(tc, only_members_that_may_hold_fragments_are_asked_for_them);
	suite_add_tcase(s, tc);

	tc = tcase_create("removal");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, removal_with_a_tree_takes_two_messages);
	tcase_add_test(tc, removed_member_may_register_again);
	tcase_add_test(tc, each_of_many_removals_replaces_what_the_member_knows);
	tcase_add_test(tc, removal_ends_all_sas_that_the_member_knows);
	tcase_add_test(tc, removal_without_a_tree_excludes_all);
	tcase_add_test(tc, removal_of_the_last_member_tells_nobody_of_a_rekey_sa);
	tcase_add_test(tc, removal_of_who_is_no_member_changes_nothing);
	tcase_add_test(tc, member_that_left_is_shut_out_by_the_next_rekey);
	tcase_add_test(tc, member_that_left_is_shut_out_by_a_change);
	tcase_add_test(tc, member_that_left_is_shut_out_before_another_tree_begins);
	tcase_add_test(tc,
				member_that_left_is_shut_out_by_a_change_of_the_rekey_sa);
	tcase_add_test(tc,
				member_of_before_an_exclusion_of_all_has_no_key_of_the_tree);
	tcase_add_test(tc, numbers_of_keys_go_on_when_the_tree_comes_back);
	suite_add_tcase(s, tc);

	tc = tcase_create("change");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, change_that_members_can_follow_is_told);
	tcase_add_test(tc, change_to_inband_excludes_all);
	suite_add_tcase(s, tc);

	tc = tcase_create("senders");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sender_ids_that_are_used_up_exclude_all);
	tcase_add_test(tc, sender_ids_are_not_given_out_anew_on_an_sa_that_stays);
	tcase_add_test(tc, single_sender_that_comes_back_gets_another_sa);
	tcase_add_test(tc, single_sender_never_gets_an_sa_twice);
	tcase_add_test(tc,
				single_sender_that_comes_back_often_leaves_room_for_rekeys);
	tcase_add_test(tc, single_sender_gets_another_sa_than_the_rekey_brought);
	suite_add_tcase(s, tc);

	tc = tcase_create("in-band");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mixed_group_tells_senders_inband);
	tcase_add_test(tc, removed_sender_of_a_mixed_group_knows_nothing_new);
	tcase_add_test(tc, receiver_that_becomes_a_sender_leaves_the_tree);
	tcase_add_test(tc, inband_group_has_no_messages_but_to_its_members);
	tcase_add_test(tc, inband_members_hear_of_a_change_to_multicast);
	tcase_add_test(tc, member_goes_with_its_ike_sa);
	suite_add_tcase(s, tc);

	return s;
}
