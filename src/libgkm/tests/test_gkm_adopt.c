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

#include "member_fixture.h"
#include "server_fixture.h"
#include "state_fixture.h"

#include "libgkm/coop/gkm_coop_message.h"
#include "libgkm/group/gkm_state.h"

/** A day */
#define DAY (24 * 60 * 60)

/** When data SAs are replaced */
#define REKEY (START + 50 * 60)

static member_t *alice, *bob;

static void setup()
{
	server_setup();
	alice = member_create("alice@example.com");
	bob = member_create("bob@example.com");
}

static void teardown()
{
	member_destroy(alice);
	member_destroy(bob);
	server_teardown();
}

/**
 * Let members take what was said from some notice on
 */
static void follow(int from)
{
	array_t *datagrams;

	datagrams = member_build(notices, from);
	member_follow(alice, datagrams, notices, from);
	member_follow(bob, datagrams, notices, from);
	member_free(datagrams);
}

static gkm_notice_t *get_notice(int i)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(array_get(notices, i, &notice), "there is no notice %d", i);
	return notice;
}

static gkm_member_t *find(int n, char *name)
{
	gkm_members_t *members = servers[n].group->get_members(servers[n].group);
	identification_t *id = identification_create_from_string(name);
	gkm_member_t *member = members->get(members, id);

	id->destroy(id);
	return member;
}

/**
 * Let a key server do what is due
 */
static u_int update(int n, time_t now)
{
	return servers[n].group->update(servers[n].group, server_time(n, now),
									notices, &err);
}

/**
 * Do two key servers have the same SAs?
 */
static void assert_same(int a, int b)
{
	gkm_policy_t *one = servers[a].group->get_policy(servers[a].group);
	gkm_policy_t *two = servers[b].group->get_policy(servers[b].group);
	time_t ahead = servers[b].ahead - servers[a].ahead;
	enumerator_t *ones, *twos;
	gkm_policy_rekey_t *rekey, *other_rekey;
	gkm_policy_sa_t *sa, *other;

	ones = one->create_sa_enumerator(one);
	twos = two->create_sa_enumerator(two);
	while (ones->enumerate(ones, &sa))
	{
		ck_assert(twos->enumerate(twos, &other));
		ck_assert_int_eq(sa->sa->spi, other->sa->spi);
		ck_assert(chunk_equals(sa->sa->key, other->sa->key));
		ck_assert_int_eq(sa->expires + ahead, other->expires);
		ck_assert_int_eq(sa->activates + ahead, other->activates);
	}
	ck_assert(!twos->enumerate(twos, &other));
	ones->destroy(ones);
	twos->destroy(twos);
	rekey = one->get_rekey(one, GKM_PROTOCOL_GIKEV2);
	other_rekey = two->get_rekey(two, GKM_PROTOCOL_GIKEV2);
	ck_assert(!rekey == !other_rekey);
	if (rekey)
	{
		ck_assert(memeq(rekey->sa->spi, other_rekey->sa->spi,
						sizeof(rekey->sa->spi)));
		ck_assert_int_eq(rekey->sa->message_id, other_rekey->sa->message_id);
		ck_assert_int_eq(rekey->expires + ahead, other_rekey->expires);
	}
}

START_TEST(nobody_registers_before_all_is_known)
{
	gkm_download_t *download;

	server_start(1, server_configure(1, NULL, NULL));
	ck_assert_int_eq(servers[1].group->get_duty(servers[1].group),
					 GKM_DUTY_WAITING);
	ck_assert_int_eq(group_admit(servers[1].group, "alice@example.com", FALSE,
								 0, START, &download), GKM_UNABLE);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START);
	ck_assert_int_eq(group_admit(servers[1].group, "alice@example.com", FALSE,
								 0, START, &download), GKM_UNABLE);
	ck_assert_int_eq(update(1, REKEY), 0);
	ck_assert_int_eq(array_count(notices), 0);
}
END_TEST

START_TEST(secondary_gives_what_the_primary_has)
{
	server_start_all(2, NULL, NULL, START);
	assert_same(0, 1);
	member_register(alice, servers[1].group, TRUE, START + 1);
	member_assert_current(alice, servers[0].group, START + 1, "at first");
	server_sync(2, START + 2);
	ck_assert_int_eq(find(0, alice->name)->owner, 2);

	/* the primary replaces SAs, the secondary doesn't */
	ck_assert_int_eq(update(1, REKEY), 0);
	ck_assert_int_eq(update(0, REKEY), 1);
	ck_assert_int_eq(array_count(notices), 1);
	server_sync(2, REKEY);
	assert_same(0, 1);
	follow(0);
	member_assert_current(alice, servers[0].group, REKEY, "after a rekey");
	member_register(bob, servers[1].group, TRUE, REKEY + 10);
	member_assert_current(bob, servers[0].group, REKEY + 10, "later");
	ck_assert(servers[1].group->next_due(servers[1].group) > REKEY);
}
END_TEST

START_TEST(only_the_primary_changes_anything)
{
	gkm_group_t *group;
	array_t *ids, *removed;

	server_start_all(2, NULL, NULL, START);
	group = servers[1].group;
	member_register(alice, group, TRUE, START + 1);
	err = (gkm_error_t){};
	ck_assert(!group->rekey(group, TRUE, START + 2, notices, &err));
	ck_assert_msg(strstr(err.text, "isn't primary"), "%s", err.text);
	ids = array_create(0, 0);
	removed = array_create(0, 0);
	array_insert(ids, ARRAY_TAIL, identification_create_from_string(alice->name));
	err = (gkm_error_t){};
	ck_assert(!group->exclude(group, ids, START + 2, removed, notices, &err));
	ck_assert_msg(strstr(err.text, "isn't primary"), "%s", err.text);
	ck_assert_int_eq(array_count(notices), 0);
	array_destroy_offset(ids, offsetof(identification_t, destroy));
	array_destroy(removed);
}
END_TEST

START_TEST(clocks_may_differ)
{
	servers[1].ahead = _i;
	server_start_all(2, NULL, NULL, START);
	assert_same(0, 1);
	member_register(alice, servers[1].group, TRUE, server_time(1, START + 60));
	server_sync(2, START + 61);
	ck_assert_int_eq(find(0, alice->name)->registered, START + 60);
	ck_assert_int_eq(find(0, alice->name)->expires, START + 3600);
	ck_assert_int_eq(find(1, alice->name)->registered,
					 server_time(1, START + 60));

	update(0, REKEY);
	server_sync(2, REKEY);
	assert_same(0, 1);
	follow(0);
	/* the primary is gone */
	server_set_duty(1, GKM_DUTY_PRIMARY, 2, TRUE, REKEY + 100);
	follow(1);
	member_assert_current(alice, servers[1].group, server_time(1, REKEY + 100),
						  "after the takeover");
}
END_TEST

START_TEST(members_follow_who_takes_over)
{
	gkm_notice_t *notice;
	gkm_policy_rekey_t *rekey;
	gkm_policy_t *policy;

	server_start_all(2, "rekey.key_tree", _i ? "yes" : "no", START);
	member_register(alice, servers[0].group, TRUE, START + 1);
	member_register(bob, servers[1].group, TRUE, START + 1);
	server_sync(2, START + 2);
	update(0, REKEY);
	server_sync(2, REKEY);
	follow(0);

	server_set_duty(1, GKM_DUTY_PRIMARY, 2, TRUE, REKEY + 10);
	ck_assert_int_eq(servers[1].group->get_epoch(servers[1].group), 2);
	ck_assert_int_eq(array_count(notices), 2);
	notice = get_notice(1);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_TAKEOVER);
	/* of the epoch, as it may have had those before */
	ck_assert_int_eq(notice->message_id, 2 * GKM_TAKEOVER_BLOCK +
										 GKM_TAKEOVER_SLICE);
	follow(1);
	member_assert_current(alice, servers[1].group, REKEY + 10, "after that");
	member_assert_current(bob, servers[1].group, REKEY + 10, "after that");
	policy = servers[1].group->get_policy(servers[1].group);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	ck_assert_int_eq(rekey->sa->message_id, notice->message_id + 1);
	ck_assert(servers[1].group->get_lineage(servers[1].group) ==
			  servers[0].group->get_lineage(servers[0].group));
}
END_TEST

START_TEST(inband_members_hear_of_changes_from_their_key_server)
{
	gkm_notice_t *notice;

	server_start_all(2, "rekey.transport", "mixed", START);
	member_register(alice, servers[1].group, TRUE, START + 1);
	member_register(bob, servers[0].group, TRUE, START + 1);
	ck_assert(alice->ike_sa_id && bob->ike_sa_id);
	server_sync(2, START + 2);
	ck_assert(find(0, alice->name)->inband);
	ck_assert_int_eq(find(0, alice->name)->ike_sa_id, 0);
	ck_assert_int_eq(find(1, alice->name)->ike_sa_id, alice->ike_sa_id);
	ck_assert_int_eq(array_count(notices), 0);

	update(0, REKEY);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert_int_eq(array_count(get_notice(0)->ike_sa_ids), 1);
	server_sync(2, REKEY);
	ck_assert_int_eq(array_count(notices), 2);
	notice = get_notice(1);
	ck_assert(!notice->update && notice->inband);
	ck_assert_int_eq(array_count(notice->inband->download->sas), 1);
	ck_assert_int_eq(notice->inband->download->atd,
					 get_notice(0)->inband->download->atd);
	ck_assert(!notice->inband->download->rekey);
	follow(0);
	member_assert_current(alice, servers[1].group, REKEY, "from its server");
	member_assert_current(bob, servers[0].group, REKEY, "from its server");

	/* all at once: what was there before is deleted as well */
	ck_assert(servers[0].group->rekey(servers[0].group, TRUE, REKEY + 60,
									  notices, &err));
	server_sync(2, REKEY + 60);
	ck_assert_int_eq(array_count(notices), 4);
	notice = get_notice(3);
	ck_assert_int_eq(array_count(notice->inband->deletes), 1);
	ck_assert_int_eq(notice->inband->download->dtd, 0);
	ck_assert_int_eq(notice->inband->download->atd, 0);
}
END_TEST

START_TEST(inband_member_that_was_removed_hears_it_from_its_key_server)
{
	array_t *ids, *removed;
	gkm_group_t *group;
	gkm_member_t *member;

	server_start_all(2, "rekey.transport", "mixed", START);
	group = servers[0].group;
	member_register(alice, servers[1].group, TRUE, START + 1);
	member_register(bob, servers[1].group, FALSE, START + 1);
	server_sync(2, START + 2);
	ids = array_create(0, 0);
	removed = array_create(0, 0);
	array_insert(ids, ARRAY_TAIL, identification_create_from_string(alice->name));
	ck_assert(group->exclude(group, ids, START + 60, removed, notices, &err));
	ck_assert(servers[0].group->get_lineage(group));
	server_sync(2, START + 60);
	follow(0);
	ck_assert(!alice->registered);
	ck_assert(!find(1, alice->name));
	ck_assert(servers[1].group->get_lineage(servers[1].group) ==
			  group->get_lineage(group));
	ck_assert(array_remove(removed, ARRAY_HEAD, &member));
	free(member);
	array_destroy_offset(ids, offsetof(identification_t, destroy));
	array_destroy(removed);
}
END_TEST

START_TEST(member_that_registered_before_an_exclusion_is_not_taken)
{
	array_t *ids, *removed, *datagrams;
	gkm_group_t *group;
	gkm_member_t *member;

	server_start_all(2, "rekey.key_tree", "yes", START);
	group = servers[0].group;
	member_register(alice, group, FALSE, START + 1);
	member_register(bob, group, FALSE, START + 1);
	server_sync(2, START + 2);
	/* alice registers with the secondary, the primary hasn't heard of that */
	member_register(alice, servers[1].group, FALSE, START + 60);
	ids = array_create(0, 0);
	removed = array_create(0, 0);
	array_insert(ids, ARRAY_TAIL, identification_create_from_string(alice->name));
	ck_assert(group->exclude(group, ids, START + 60, removed, notices, &err));
	server_tell(0, 1, GKM_ADOPT_MEMBERS, START + 61);
	ck_assert(!find(0, alice->name));
	server_sync(2, START + 61);
	ck_assert(!find(1, alice->name));

	/* nor does it find out anything from then on */
	ck_assert(group->rekey(group, TRUE, START + 100, notices, &err));
	datagrams = member_build(notices, 0);
	ck_assert_int_eq(member_attack(alice, datagrams), 0);
	member_free(datagrams);
	follow(0);
	member_assert_current(bob, group, START + 100, "without the other one");

	/* it may come back, though */
	server_sync(2, START + 100);
	member_register(alice, servers[1].group, FALSE, START + 120);
	server_sync(2, START + 121);
	ck_assert(find(0, alice->name));
	ck_assert(array_remove(removed, ARRAY_HEAD, &member));
	free(member);
	array_destroy_offset(ids, offsetof(identification_t, destroy));
	array_destroy(removed);
}
END_TEST

START_TEST(latest_registration_counts)
{
	gkm_group_t *group;
	identification_t *id;

	server_start_all(2, NULL, NULL, START);
	group = servers[0].group;
	member_register(alice, servers[1].group, FALSE, START + 1);
	server_sync(2, START + 2);
	ck_assert_int_eq(find(0, alice->name)->owner, 2);
	member_register(alice, group, FALSE, START + 60);
	server_sync(2, START + 60);
	ck_assert_int_eq(find(0, alice->name)->owner, 1);
	ck_assert_int_eq(find(1, alice->name)->owner, 1);
	/* it leaves the one that it registered with before */
	id = identification_create_from_string(alice->name);
	servers[1].group->remove_member(servers[1].group, id);
	server_sync(2, START + 70);
	ck_assert(find(0, alice->name));
	/* and the other one */
	servers[0].group->remove_member(group, id);
	server_sync(2, START + 80);
	ck_assert(!find(0, alice->name));
	ck_assert(!find(1, alice->name));
	id->destroy(id);
}
END_TEST

START_TEST(member_the_primary_has_not_heard_of_stays)
{
	gkm_record_list_t *all, *kept;

	server_start_all(2, "rekey.key_tree", _i ? "yes" : "no", START);
	all = server_put(0, TRUE);
	member_register(alice, servers[1].group, FALSE, START + 1);
	ck_assert(server_adopt(1, 0, GKM_ADOPT_ALL, FALSE, all, START + 2));
	ck_assert(find(1, alice->name));
	/* what it took over isn't for others, but it still has that to say */
	kept = server_put(1, FALSE);
	kept->destroy(kept);
	server_sync(2, START + 3);
	ck_assert(find(0, alice->name));
	ck_assert(find(1, alice->name));
	update(0, REKEY);
	server_sync(2, REKEY);
	follow(0);
	member_assert_current(alice, servers[0].group, REKEY, "after a rekey");
}
END_TEST

/**
 * Are the records in two lists the same?
 */
static void assert_equal(gkm_record_list_t *a, gkm_record_list_t *b, char *when)
{
	gkm_record_entry_t *one, *two;
	enumerator_t *ones, *twos;

	ck_assert_int_eq(a->get_count(a), b->get_count(b));
	ones = a->create_enumerator(a);
	twos = b->create_enumerator(b);
	while (ones->enumerate(ones, &one) && twos->enumerate(twos, &two))
	{
		ck_assert_msg(one->kind == two->kind && one->key.len == two->key.len &&
					  memeq(one->key.ptr, two->key.ptr, one->key.len) &&
					  one->value.len == two->value.len &&
					  memeq(one->value.ptr, two->value.ptr, one->value.len),
					  "record of kind %d differs %s", one->kind, when);
	}
	ones->destroy(ones);
	twos->destroy(twos);
	a->destroy(a);
	b->destroy(b);
}

/**
 * Copy records, but cut one of them
 *
 * @param cut		which one
 * @param len		octets that are left of its value
 * @return			NULL if there is no such record, or it isn't longer
 */
static gkm_record_list_t *cut_record(gkm_record_list_t *records, int cut,
									 size_t len)
{
	gkm_record_entry_t *entry;
	gkm_record_list_t *copy;
	enumerator_t *enumerator;
	chunk_t value;
	bool found = FALSE;

	copy = gkm_record_list_create();
	enumerator = records->create_enumerator(records);
	while (enumerator->enumerate(enumerator, &entry))
	{
		value = entry->value;
		if (!cut--)
		{
			found = value.len > len;
			value.len = min(value.len, len);
		}
		copy->store.put(&copy->store, entry->kind, entry->key, value);
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		copy->destroy(copy);
		return NULL;
	}
	return copy;
}

START_TEST(record_that_was_cut_changes_nothing)
{
	gkm_record_list_t *all, *cut, *before;
	int i, tried = 0;
	size_t len;

	server_start_all(2, "rekey.key_tree", "yes", START);
	member_register(alice, servers[0].group, TRUE, START + 1);
	member_register(bob, servers[1].group, TRUE, START + 1);
	server_sync(2, START + 2);
	update(0, REKEY);
	all = server_put(0, TRUE);
	for (i = 0; i < all->get_count(all); i++)
	{
		for (len = 1; (cut = cut_record(all, i, len)); len += 7)
		{
			before = server_put(1, TRUE);
			ck_assert_msg(!server_adopt(1, 0, GKM_ADOPT_ALL, FALSE, cut, REKEY),
						  "%zu octets of record %d accepted", len, i);
			ck_assert(err.text[0]);
			assert_equal(before, server_put(1, TRUE), "after that");
			tried++;
		}
	}
	ck_assert_int_gt(tried, 50);
	ck_assert_msg(server_adopt(1, 0, GKM_ADOPT_ALL, FALSE, all, REKEY), "%s",
				  err.text);
	assert_same(0, 1);
}
END_TEST

START_TEST(times_that_can_not_be_change_nothing)
{
	static int64_t shifts[] = { INT64_MAX, INT64_MIN, UINT32_MAX, -START - 1 };
	gkm_record_list_t *all = NULL, *before;
	gkm_adoption_t how = {
		.kind = GKM_ADOPT_ALL,
		.from = 1,
	};
	int i;

	server_start_all(2, NULL, NULL, START);
	for (i = 0; i < countof(shifts); i++)
	{
		all = server_put(0, TRUE);
		before = server_put(1, TRUE);
		how.shift = shifts[i];
		ck_assert(!servers[1].group->adopt(servers[1].group, &how, all, START,
										   notices, &err));
		assert_equal(before, server_put(1, TRUE), "after that");
		all->destroy(all);
	}
}
END_TEST

/** Options that key servers have to agree on, and another value */
static char *differ[][3] = {
	{ "rekey.proposals", "aes128gcm16-kw128", "uses" },
	{ "rekey.key_tree", "no", "key tree" },
	{ "rekey.transport", "inband", "configured here" },
};

START_TEST(what_is_not_configured_is_refused_by_name)
{
	gkm_record_list_t *before;

	server_start_all(1, NULL, NULL, START);
	if (_i == 2)
	{
		server_start(1, group_configure("coop.id", "2", "coop.peers", "ks1",
						"rekey.transport", "inband", "rekey.auth", NULL,
						"rekey.rekey_time", NULL, "rekey.life_time", NULL,
						NULL));
	}
	else
	{
		server_start(1, server_configure(1, differ[_i][0], differ[_i][1]));
	}
	before = server_put(1, TRUE);
	ck_assert(!server_adopt(1, 0, GKM_ADOPT_ALL, FALSE, server_put(0, TRUE),
							START));
	ck_assert_msg(strstr(err.text, differ[_i][2]), "%s", err.text);
	assert_equal(before, server_put(1, TRUE), "after that");
}
END_TEST

START_TEST(sender_ids_of_another_size_are_refused)
{
	gkm_record_list_t *before;

	server_start(0, group_configure("coop.id", "1", "coop.peers", "ks2",
									"sas.data.esp_proposals", "aes256gcm16",
									NULL));
	server_start(1, group_configure("coop.id", "2", "coop.peers", "ks1",
									"sas.data.esp_proposals", "aes256gcm16",
									"sender_id_bits", "12", NULL));
	before = server_put(1, TRUE);
	ck_assert(!server_adopt(1, 0, GKM_ADOPT_ALL, FALSE, server_put(0, TRUE),
							START));
	ck_assert_str_eq(err.text, "sender IDs have 16 bits instead of 12");
	assert_equal(before, server_put(1, TRUE), "after that");
}
END_TEST

START_TEST(sender_ids_are_disjoint_and_renewed_together)
{
	gkm_download_t *download;
	uint32_t *id, first;
	gkm_group_t *group;
	int i;

	for (i = 0; i < 2; i++)
	{
		server_start(i, group_configure("coop.id", i ? "2" : "1", "coop.peers",
						"ks", "sas.data.esp_proposals", "aes128gcm16",
						"sender_id_bits", "8", NULL));
	}
	server_set_duty(0, GKM_DUTY_PRIMARY, 1, FALSE, START);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START);
	server_tell(1, 0, GKM_ADOPT_ALL, START);
	group = servers[1].group;
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 16,
								 START + 1, &download), GKM_ADMITTED);
	array_get(download->sender_ids, 0, &id);
	first = *id;
	ck_assert_int_eq(first >> 5, 1);
	gkm_download_destroy(download);
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 16,
								 START + 2, &download), GKM_ADMITTED);
	gkm_download_destroy(download);
	ck_assert_int_eq(group->get_requests(group), 0);
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 1,
								 START + 3, &download), GKM_UNABLE);
	ck_assert_int_eq(group->get_requests(group), GKM_COOP_RENEW_SENDER_IDS);
	/* others may still register */
	ck_assert_int_eq(group_admit(group, "bob@example.com", FALSE, 0,
								 START + 3, &download), GKM_ADMITTED);
	gkm_download_destroy(download);

	server_sync(2, START + 4);
	servers[0].group->request(servers[0].group, group->get_requests(group));
	ck_assert(servers[0].group->next_due(servers[0].group) <= START);
	update(0, START + 5);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert(get_notice(0)->excludes_all);
	/* asked once more before it could hear of that */
	servers[0].group->request(servers[0].group, group->get_requests(group));
	update(0, START + 5);
	ck_assert_int_eq(array_count(notices), 1);
	server_sync(2, START + 6);
	ck_assert(!find(1, "alice@example.com"));
	ck_assert(!find(1, "bob@example.com"));
	ck_assert_int_eq(group->get_requests(group), 0);
	ck_assert(group->renew_sender_ids(group, &err));
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 1,
								 START + 7, &download), GKM_ADMITTED);
	array_get(download->sender_ids, 0, &id);
	ck_assert_int_eq(*id, first);
	gkm_download_destroy(download);
	/* what it has by then isn't given out again */
	server_tell(1, 0, GKM_ADOPT_ALL, START + 8);
	ck_assert(group->renew_sender_ids(group, &err));
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 1,
								 START + 9, &download), GKM_ADMITTED);
	array_get(download->sender_ids, 0, &id);
	ck_assert_int_eq(*id, first + 1);
	gkm_download_destroy(download);
	/* who wasn't there when all were excluded doesn't begin anew: it may be back
	 * among those that it was with before that */
	server_set_duty(1, GKM_DUTY_WAITING, 0, FALSE, START + 1220);
	ck_assert(servers[0].group->renew_sender_ids(servers[0].group, &err));
	servers[0].group->request(servers[0].group, GKM_COOP_RENEW_SENDER_IDS);
	update(0, START + 1220);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START + 1221);
	server_tell(1, 0, GKM_ADOPT_ALL, START + 1221);
	ck_assert(group->renew_sender_ids(group, &err));
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 1,
								 START + 122, &download), GKM_ADMITTED);
	array_get(download->sender_ids, 0, &id);
	ck_assert_int_eq(*id, first + 2);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(sender_that_comes_back_waits_for_other_sas)
{
	gkm_download_t *download;
	gkm_data_sa_t *sa;
	gkm_group_t *group;
	uint32_t spi;
	int i;

	for (i = 0; i < 2; i++)
	{
		server_start(i, group_configure("coop.id", i ? "2" : "1", "coop.peers",
						"ks", "sas.data.source_ts", "192.0.2.7/32",
						"sas.data.senders", "single", NULL));
	}
	server_set_duty(0, GKM_DUTY_PRIMARY, 1, FALSE, START);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START);
	server_tell(1, 0, GKM_ADOPT_ALL, START);
	group = servers[1].group;
	ck_assert_int_eq(group_admit(servers[_i].group, "alice@example.com", TRUE,
								 0, START + 1, &download), GKM_ADMITTED);
	array_get(download->sas, 0, &sa);
	spi = sa->spi;
	gkm_download_destroy(download);
	server_sync(2, START + 2);
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 0,
								 START + 60, &download), GKM_UNABLE);
	ck_assert_int_eq(group->get_requests(group), GKM_COOP_RENEW_FOR_SENDER);
	servers[0].group->request(servers[0].group, group->get_requests(group));
	ck_assert_int_eq(update(0, START + 61), 1);
	/* asked once more */
	servers[0].group->request(servers[0].group, group->get_requests(group));
	ck_assert_int_eq(update(0, START + 61), 0);
	server_sync(2, START + 62);
	ck_assert_int_eq(group->get_requests(group), 0);
	ck_assert_int_eq(group_admit(group, "alice@example.com", TRUE, 0,
								 START + 63, &download), GKM_ADMITTED);
	ck_assert_int_eq(array_count(download->sas), 1);
	array_get(download->sas, 0, &sa);
	ck_assert(sa->spi != spi);
	gkm_download_destroy(download);
	/* the primary knows that it has it */
	server_sync(2, START + 64);
	ck_assert_int_eq(group_admit(servers[0].group, "alice@example.com", TRUE, 0,
								 START + 65, &download), GKM_ADMITTED);
	array_get(download->sas, 0, &sa);
	ck_assert(sa->spi != spi);
	ck_assert_int_eq(array_count(notices), 2);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(window_of_the_primary_counts)
{
	gkm_notice_t *notice;
	gkm_download_t *download;

	server_start(0, server_configure(0, "rekey.transport", "mixed"));
	server_start(1, server_configure(1, "rekey.transport", "mixed"));
	server_set_duty(0, GKM_DUTY_PRIMARY, 1, FALSE, START);
	server_set_duty(1, GKM_DUTY_SECONDARY, 0, FALSE, START);
	server_tell(1, 0, GKM_ADOPT_ALL, START);
	member_register(alice, servers[1].group, TRUE, START + 1);
	server_sync(2, START + 2);
	group_change(servers[0].group, group_configure("coop.id", "1", "coop.peers",
				 "ks1,ks2", "rekey.transport", "mixed", "d3p_window", "5s",
				 NULL), START + 60);
	server_sync(2, START + 60);
	notice = get_notice(array_count(notices) - 1);
	ck_assert(notice->inband && !notice->update);
	ck_assert_int_eq(notice->inband->download->d3p.window, 5000);
	follow(0);
	member_assert_current(alice, servers[0].group, START + 60, "with a window");
	ck_assert_int_eq(group_admit(servers[1].group, "bob@example.com", FALSE, 0,
								 START + 70, &download), GKM_ADMITTED);
	ck_assert_int_eq(download->d3p.window, 5000);
	gkm_download_destroy(download);
	/* who takes over tells of its own */
	server_set_duty(1, GKM_DUTY_PRIMARY, 2, TRUE, START + 90);
	notice = get_notice(array_count(notices) - 1);
	ck_assert_int_eq(notice->update->download->d3p.window, 0);
}
END_TEST

START_TEST(change_of_a_secondary_is_not_told)
{
	gkm_download_t *download;

	server_start_all(2, NULL, NULL, START);
	member_register(alice, servers[1].group, FALSE, START + 1);
	server_sync(2, START + 2);
	/* nothing that SAs have to do with */
	group_change(servers[1].group, server_configure(1, "max_members", "9"),
				 START + 60);
	member_register(bob, servers[1].group, FALSE, START + 61);
	member_assert_current(bob, servers[0].group, START + 61, "as before");
	server_sync(2, START + 62);

	group_change(servers[1].group, server_configure(1,
				 "sas.data.destination_ts", "239.2.0.0/16"), START + 90);
	ck_assert_int_eq(array_count(notices), 0);
	ck_assert_int_eq(group_admit(servers[1].group, "carol@example.com", FALSE,
								 0, START + 91, &download), GKM_UNABLE);
	ck_assert(!server_adopt(1, 0, GKM_ADOPT_CHANGES, FALSE,
							server_put(0, FALSE), START + 92));
	server_tell(1, 0, GKM_ADOPT_ALL, START + 93);
	ck_assert_int_eq(array_count(notices), 0);
	group_change(servers[1].group, server_configure(1, NULL, NULL), START + 94);
	server_tell(1, 0, GKM_ADOPT_ALL, START + 95);
	assert_same(0, 1);
	ck_assert(find(1, alice->name) && find(1, bob->name));
}
END_TEST

/**
 * Make records of the version before of those that there are
 */
static state_t *downgrade(int n)
{
	gkm_record_list_t *all = server_put(n, TRUE);
	gkm_record_entry_t *entry;
	enumerator_t *enumerator;
	chunk_t key, value;
	state_t *state;

	state = state_create();
	enumerator = all->create_enumerator(all);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (!entry->value.len)
		{
			continue;
		}
		key = entry->key;
		value = chunk_clone(entry->value);
		switch (entry->kind)
		{
			case GKM_RECORD_GROUP:
				/* epoch, lineage, era, and what is known of sender IDs */
				ck_assert_int_eq(value.ptr[0], 3);
				value.ptr[0] = 2;
				value.len -= 3 * 8 + GKM_COOP_SERVERS_MAX * 4 + 2;
				break;
			case GKM_RECORD_MEMBER:
				/* owner and lineage, before the protocol */
				value.ptr[0] = 2;
				value.ptr[value.len - 10] = value.ptr[value.len - 1];
				value.len -= 9;
				break;
			default:
				/* number of the tree */
				key = chunk_skip(key, 4);
				break;
		}
		state_set(state, entry->kind, key, value);
		chunk_clear(&value);
	}
	enumerator->destroy(enumerator);
	all->destroy(all);
	return state;
}

START_TEST(records_of_the_version_before_are_read)
{
	state_t *state;
	gkm_group_t *old;

	/* one that was alone */
	server_start(0, group_configure(NULL, NULL));
	member_register(alice, servers[0].group, FALSE, START + 1);
	member_register(bob, servers[0].group, FALSE, START + 2);
	state = downgrade(0);
	old = servers[0].group;
	servers[0].group = NULL;
	old->destroy(old);
	server_start(0, group_configure(NULL, NULL));
	ck_assert_msg(servers[0].group->restore(servers[0].group, &state->public,
											START + 60, &err), "%s", err.text);
	state_destroy(state);
	ck_assert(find(0, alice->name) && find(0, bob->name));
	ck_assert_int_eq(find(0, alice->name)->owner, 0);
	ck_assert(servers[0].group->get_epoch(servers[0].group) == 0);
	member_assert_current(alice, servers[0].group, START + 60, "as before");
	servers[0].group->update(servers[0].group, REKEY, notices, &err);
	follow(0);
	member_assert_current(alice, servers[0].group, REKEY, "after a rekey");
	member_assert_current(bob, servers[0].group, REKEY, "after a rekey");
}
END_TEST

Suite *gkm_adopt_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_adopt");

	tc = tcase_create("secondary");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_registers_before_all_is_known);
	tcase_add_test(tc, secondary_gives_what_the_primary_has);
	tcase_add_test(tc, only_the_primary_changes_anything);
	tcase_add_test(tc, inband_members_hear_of_changes_from_their_key_server);
	tcase_add_test(tc,
				inband_member_that_was_removed_hears_it_from_its_key_server);
	tcase_add_test(tc, window_of_the_primary_counts);
	tcase_add_test(tc, change_of_a_secondary_is_not_told);
	tcase_add_test(tc, records_of_the_version_before_are_read);
	suite_add_tcase(s, tc);

	tc = tcase_create("takeover");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, members_follow_who_takes_over, 0, 2);
	tcase_add_loop_test(tc, clocks_may_differ, 0, 1);
	tcase_add_loop_test(tc, clocks_may_differ, DAY, DAY + 1);
	tcase_add_loop_test(tc, clocks_may_differ, -DAY, -DAY + 1);
	suite_add_tcase(s, tc);

	tc = tcase_create("members");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, latest_registration_counts);
	tcase_add_loop_test(tc, member_the_primary_has_not_heard_of_stays, 0, 2);
	tcase_add_test(tc, member_that_registered_before_an_exclusion_is_not_taken);
	tcase_add_test(tc, sender_ids_of_another_size_are_refused);
	tcase_add_test(tc, sender_ids_are_disjoint_and_renewed_together);
	tcase_add_loop_test(tc, sender_that_comes_back_waits_for_other_sas, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("bad records");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, record_that_was_cut_changes_nothing);
	tcase_add_test(tc, times_that_can_not_be_change_nothing);
	tcase_add_loop_test(tc, what_is_not_configured_is_refused_by_name, 0,
						countof(differ));
	suite_add_tcase(s, tc);

	return s;
}
