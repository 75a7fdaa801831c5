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

#include "libgkm/keys/gkm_key_forest.h"

static gkm_group_t *group;

/** Members that use GDOI, then those that use G-IKEv2 */
static gdoi_member_t members[6];
#define GDOIS 3

static void setup()
{
	static gdoi_member_t all[countof(members)] = {
		GDOI_MEMBER("a@example.com", "192.0.2.1"),
		GDOI_MEMBER("b@example.com", "192.0.2.2"),
		GDOI_MEMBER("c@example.com", "192.0.2.3"),
		GIKEV2_MEMBER("d@example.com", "192.0.2.4"),
		GIKEV2_MEMBER("e@example.com", "192.0.2.5"),
		GIKEV2_MEMBER("f@example.com", "192.0.2.6"),
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

/**
 * A group with both protocols, where two options are replaced or added
 */
static gkm_cfg_t *configure(char *key, char *value, char *other, char *more)
{
	return group_configure("rekey.auth", NULL, "protocols", "gikev2, gdoi",
						   key, value, other, more, NULL);
}

static gkm_notice_t *get_notice(int i)
{
	gkm_notice_t *notice = NULL;

	ck_assert_msg(array_get(notices, i, &notice), "no notice %d", i);
	return notice;
}

static void enroll(int from, int to)
{
	for (; from < to; from++)
	{
		gdoi_member_register(&members[from], group, START);
	}
}

/**
 * Let members take notices. Those that are none find out nothing.
 */
static void tell(int from)
{
	bool registered;
	u_int found;
	int i;

	for (i = 0; i < countof(members); i++)
	{
		if (!members[i].rekeys)
		{
			continue;
		}
		registered = members[i].registered;
		found = gdoi_member_follow(&members[i], notices, from);
		ck_assert_msg(registered || !found, "%s got SAs", members[i].name);
	}
}

static void assert_current(int from, int to)
{
	for (; from < to; from++)
	{
		gdoi_member_assert_current(&members[from], group);
	}
}

/**
 * Remove a member for good
 */
static void exclude(int i, time_t now)
{
	array_t *ids, *removed;
	identification_t *id;
	gkm_member_t *member;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	id = identification_create_from_string(members[i].name);
	array_insert(ids, ARRAY_TAIL, id);
	ck_assert(group->exclude(group, ids, now, removed, notices, &err));
	ck_assert_int_eq(array_count(removed), 1);
	members[i].registered = FALSE;
	while (array_remove(removed, ARRAY_TAIL, &member))
	{
		ck_assert_int_eq(member->protocol, members[i].protocol);
		ck_assert_int_eq(member->can & GKM_CAN_DELAYS,
				members[i].protocol == GKM_PROTOCOL_GDOI ? GKM_CAN_DELAYS : 0);
		free(member);
	}
	id->destroy(id);
	array_destroy(ids);
	array_destroy(removed);
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

/**
 * All that the group holds, as far as registrations may change it
 */
typedef struct {
	u_int members;
	u_int spis;
	u_int sender_ids;
	time_t due;
	bool changed;
} held_t;

static held_t get_held()
{
	gkm_members_t *table = group->get_members(group);

	return (held_t){
		.members = table->get_count(table),
		.spis = array_count(spis.used),
		.sender_ids = store.writes,
		.due = group->next_due(group),
		.changed = group->has_changed(group),
	};
}

START_TEST(offer_changes_nothing)
{
	gkm_applicant_t applicant;
	gkm_download_t *download = NULL;
	gkm_data_sa_t *sa;
	held_t before, after;

	group = group_create(configure("sas.data.esp_proposals", "aes256gcm16",
								   "sas.data.senders", "single"));
	members[0].sender = TRUE;
	members[0].ip = "10.0.0.1";
	before = get_held();
	applicant = gdoi_member_apply(&members[0]);
	ck_assert_int_eq(group->offer(group, &applicant, START + 5, &download, &err),
					 GKM_ADMITTED);
	after = get_held();
	ck_assert_int_eq(before.members, after.members);
	ck_assert_int_eq(before.spis, after.spis);
	ck_assert_int_eq(before.sender_ids, after.sender_ids);
	ck_assert_int_eq(before.due, after.due);
	ck_assert_int_eq(before.changed, after.changed);
	ck_assert_int_eq(array_count(download->sas), 1);
	ck_assert_int_eq(array_count(download->sender_ids), 0);
	ck_assert_int_eq(array_count(download->path), 0);
	ck_assert(array_get(download->sas, 0, &sa));
	ck_assert_int_eq(sa->next_spi, 0);
	ck_assert_int_eq(sa->lifetime, 3595);
	ck_assert_int_eq(download->rekey->message_id, 1);
	gkm_download_destroy(download);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
}
END_TEST

static bool covers_nothing(linked_list_t *capabilities, gkm_rekey_sa_t *rekey,
						   array_t *sas, gkm_error_t *err)
{
	return gkm_fail(err, "has no cipher");
}

/**
 * Groups that don't take everybody, and why not
 */
static struct {
	char *key, *value;
	bool incapable;
	gkm_verdict_t verdict;
	char *reason;
} refusals[] = {
	{ "protocols", "gikev2", FALSE, GKM_NOT_AUTHORIZED, "use gdoi" },
	{ "connections", "others", FALSE, GKM_NOT_AUTHORIZED, "doesn't belong" },
	{ "member_ids", "z@example.com", FALSE, GKM_NOT_AUTHORIZED, "member_ids" },
	{ "max_members", "1", FALSE, GKM_FULL, "max_members = 1" },
	{ "max_members", NULL, TRUE, GKM_NOT_CAPABLE, "no cipher" },
};

START_TEST(offer_refuses_whom_a_registration_would)
{
	gkm_applicant_t applicant;
	gkm_download_t *download = NULL;
	bool gdoi = !streq(refusals[_i].key, "protocols");

	group = group_create(group_configure("rekey.auth", NULL,
										 refusals[_i].key, refusals[_i].value,
										 gdoi ? "protocols" : "id",
										 gdoi ? "gikev2, gdoi" : "1234", NULL));
	if (refusals[_i].verdict == GKM_FULL)
	{
		gdoi_member_register(&members[3], group, START);
	}
	applicant = gdoi_member_apply(&members[0]);
	if (refusals[_i].incapable)
	{
		applicant.capabilities = linked_list_create();
		applicant.covers = covers_nothing;
	}
	ck_assert_int_eq(group->offer(group, &applicant, START, &download, &err),
					 refusals[_i].verdict);
	ck_assert_msg(strstr(err.text, refusals[_i].reason), "%s", err.text);
	err = (gkm_error_t){};
	ck_assert_int_eq(group->admit(group, &applicant, START, &download, notices,
								  &err), refusals[_i].verdict);
	ck_assert_msg(strstr(err.text, refusals[_i].reason), "%s", err.text);
	ck_assert(!download);
	DESTROY_IF(applicant.capabilities);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
}
END_TEST

START_TEST(members_of_both_protocols_get_the_same_data_sas)
{
	gkm_data_sa_t *a, *b;
	gkm_notice_t *notice;

	group = group_create(configure("max_members", NULL, NULL, NULL));
	enroll(0, 6);
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert(!notice->inband);
	ck_assert(!notice->targets);
	ck_assert(!notice->push->download->rekey);
	ck_assert_int_eq(count_sas(notice->update), 1);
	ck_assert_int_eq(count_sas(notice->push), 1);
	ck_assert(array_get(notice->update->download->sas, 0, &a));
	ck_assert(array_get(notice->push->download->sas, 0, &b));
	ck_assert_int_eq(a->spi, b->spi);
	ck_assert(chunk_equals(a->key, b->key));
	ck_assert_int_ne(a->next_spi, 0);
	/* there is no place for it in GDOI */
	ck_assert_int_eq(b->next_spi, 0);
	ck_assert_int_eq(notice->update->download->atd, 570);
	ck_assert_int_eq(notice->push->download->atd, 570);
	ck_assert_int_eq(notice->push->download->dtd,
					 notice->update->download->dtd);
	tell(0);
	assert_current(0, 6);
}
END_TEST

START_TEST(messages_of_each_rekey_sa_are_counted_from_its_first_number)
{
	time_t now = START;
	int i;

	group = group_create(configure("max_members", NULL, NULL, NULL));
	enroll(0, 1);
	enroll(3, 4);
	for (i = 0; i < 3; i++)
	{
		now += 200;
		ck_assert(group->rekey(group, FALSE, now, notices, &err));
		ck_assert_int_eq(get_notice(i)->message_id, i);
		ck_assert_int_eq(get_notice(i)->push_seq, i + 1);
		ck_assert_int_eq(count_deletes(get_notice(i)->push), 1);
	}
	tell(0);
	gdoi_member_register(&members[1], group, now);
	ck_assert_int_eq(members[1].next_seq, 4);
	ck_assert(group->rekey(group, TRUE, now, notices, &err));
	ck_assert_int_eq(get_notice(3)->push_seq, 4);
	ck_assert(get_notice(3)->push->download->rekey);
	ck_assert_int_eq(get_notice(3)->push->download->rekey->message_id, 1);
	tell(3);
	ck_assert(group->rekey(group, FALSE, now + 200, notices, &err));
	ck_assert_int_eq(get_notice(4)->message_id, 0);
	ck_assert_int_eq(get_notice(4)->push_seq, 1);
	tell(4);
	assert_current(0, 2);
	assert_current(3, 4);
}
END_TEST

START_TEST(members_by_unicast_are_listed_with_what_each_can)
{
	static uint8_t cans[] = {
		GKM_CAN_DELAYS | GKM_CAN_D3P | GKM_CAN_ACK, GKM_CAN_DELAYS, 0,
	};
	bool seen[GDOIS] = {};
	gkm_notice_t *notice;
	gkm_target_t target;
	int i, j;

	group = group_create(configure("rekey.transport", "unicast",
								   "rekey.acknowledgement", "any"));
	members[0].d3p = TRUE;
	members[0].port = 4500;
	members[0].natt = TRUE;
	members[1].peer = GKM_PEER_CISCO;
	members[2].peer = GKM_PEER_LEGACY;
	enroll(0, 6);
	group_update(group, START + 3000);
	notice = get_notice(0);
	ck_assert_int_eq(array_count(notice->targets), GDOIS);
	for (i = 0; array_get(notice->targets, i, &target); i++)
	{
		ck_assert_int_eq(target.family, AF_INET);
		j = target.address[3] - 1;
		ck_assert(j >= 0 && j < GDOIS && !seen[j]);
		seen[j] = TRUE;
		ck_assert_int_eq(target.port, members[j].port);
		ck_assert_int_eq(target.can, cans[j]);
		ck_assert_int_eq(target.natt, members[j].natt);
	}
	/* G-IKEv2 has IKE_SAs for that */
	ck_assert(!notice->update);
	ck_assert_int_eq(array_count(notice->ike_sa_ids), 3);
	ck_assert_int_eq(notice->inband->download->atd,
					 notice->push->download->atd);
	tell(0);
	assert_current(0, 6);
}
END_TEST

START_TEST(members_by_multicast_are_sent_what_all_can)
{
	group = group_create(configure("rekey.acknowledgement", "interoperable",
								   NULL, NULL));
	group_update(group, START + 3000);
	ck_assert(!get_notice(0)->targets);
	ck_assert_int_eq(get_notice(0)->push_can, 0xff);
	members[0].d3p = TRUE;
	enroll(0, 1);
	enroll(3, 6);
	ck_assert(group->rekey(group, FALSE, START + 3200, notices, &err));
	ck_assert_int_eq(get_notice(1)->push_can,
					 GKM_CAN_DELAYS | GKM_CAN_D3P | GKM_CAN_ACK);
	gdoi_member_register(&members[1], group, START + 3200);
	ck_assert(group->rekey(group, FALSE, START + 3400, notices, &err));
	ck_assert_int_eq(get_notice(2)->push_can, GKM_CAN_DELAYS | GKM_CAN_ACK);
	members[2].peer = GKM_PEER_LEGACY;
	gdoi_member_register(&members[2], group, START + 3400);
	ck_assert(group->rekey(group, FALSE, START + 3600, notices, &err));
	ck_assert_int_eq(get_notice(3)->push_can, 0);
}
END_TEST

START_TEST(nobody_is_told_by_unicast_if_nobody_is_there)
{
	group = group_create(configure("rekey.transport", "unicast", NULL, NULL));
	group_update(group, START + 3000);
	ck_assert_int_eq(array_count(notices), 0);
	gdoi_member_register(&members[3], group, START + 3000);
	ck_assert(group->rekey(group, FALSE, START + 3200, notices, &err));
	ck_assert(!get_notice(0)->push);
	ck_assert(!get_notice(0)->targets);
	ck_assert(get_notice(0)->inband);
}
END_TEST

START_TEST(what_members_can_follows_the_configuration)
{
	group = group_create(configure("rekey.transport", "unicast",
								   "rekey.acknowledgement", "cisco"));
	members[0].d3p = TRUE;
	members[1].peer = GKM_PEER_CISCO;
	enroll(0, 4);
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->can,
					 GKM_CAN_DELAYS | GKM_CAN_D3P);
	ck_assert_int_eq(gdoi_member_find(&members[1], group)->can, GKM_CAN_DELAYS);
	group_change(group, configure("rekey.transport", "unicast",
								  "rekey.acknowledgement", "any"), START + 1);
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->can,
					 GKM_CAN_DELAYS | GKM_CAN_D3P | GKM_CAN_ACK);
	ck_assert_int_eq(gdoi_member_find(&members[1], group)->can, GKM_CAN_DELAYS);
	group_change(group, configure("rekey.transport", "unicast",
						"rekey.acknowledgement", "interoperable"), START + 2);
	ck_assert_int_eq(gdoi_member_find(&members[1], group)->can,
					 GKM_CAN_DELAYS | GKM_CAN_ACK);
	ck_assert_int_eq(gdoi_member_find(&members[3], group)->can, 0);
}
END_TEST

/**
 * Transports and who is removed
 */
static struct {
	char *transport;
	int who;
} removals[] = {
	{ "multicast",	0 },
	{ "multicast",	3 },
	{ "unicast",	0 },
	{ "mixed",		1 },
};

START_TEST(removed_member_is_shut_out_of_both_protocols)
{
	gkm_notice_t *notice;
	int who = removals[_i].who, i;

	group = group_create(configure("rekey.transport", removals[_i].transport,
								   NULL, NULL));
	enroll(0, 6);
	exclude(who, START + 60);
	/* the new rekey SAs by the key tree, then data SAs with them */
	ck_assert_int_eq(array_count(notices), 2);
	notice = get_notice(0);
	ck_assert(notice->push->download->rekey);
	ck_assert_int_eq(count_sas(notice->push), 0);
	ck_assert_int_gt(array_count(notice->push->kwks), 0);
	if (notice->update)
	{
		ck_assert_int_eq(array_count(notice->push->kwks),
						 array_count(notice->update->kwks));
		ck_assert_int_eq(array_count(notice->push->wraps),
						 array_count(notice->update->wraps));
	}
	notice = get_notice(1);
	ck_assert(!notice->push->download->rekey);
	ck_assert_int_eq(count_sas(notice->push), 1);
	ck_assert_int_eq(array_count(notice->push->kwks), 0);
	ck_assert_int_eq(notice->push_seq, 1);
	ck_assert(memeq(notice->push_carrier->spi,
					get_notice(0)->push->download->rekey->spi,
					GKM_REKEY_SPI_LEN));
	tell(0);
	for (i = 0; i < countof(members); i++)
	{
		if (i != who)
		{
			gdoi_member_assert_current(&members[i], group);
		}
	}
}
END_TEST

START_TEST(without_a_key_tree_all_are_excluded)
{
	gkm_members_t *table;

	group = group_create(configure("rekey.key_tree", "no", "rekey.transport",
								   "unicast"));
	enroll(0, 6);
	exclude(0, START + 60);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert(get_notice(0)->excludes_all);
	ck_assert(gkm_update_excludes_all(get_notice(0)->push));
	ck_assert(gkm_update_excludes_all(get_notice(0)->inband));
	ck_assert_int_eq(array_count(get_notice(0)->targets), GDOIS - 1);
	tell(0);
	ck_assert(!members[1].registered);
	ck_assert(!members[4].registered);
	table = group->get_members(group);
	ck_assert_int_eq(table->get_count(table), 0);
	ck_assert_int_eq(table->get_gdoi_count(table), 0);
}
END_TEST

START_TEST(keys_of_a_path_have_lkh_ids)
{
	gkm_download_t *download;
	gkm_key_forest_t *tree;
	array_t *path;
	uint32_t slot;
	gkm_kwk_t *kwk;
	int i;

	tree = gkm_key_forest_create(0, 2, 16, 1);
	for (i = 0; i < 5000; i++)
	{
		ck_assert(tree->join(tree, &slot, &err));
	}
	path = array_create(0, 0);
	ck_assert(tree->get_path(tree, slot, path));
	/* topmost first, up to the first stale one */
	for (i = array_count(path) - 1; i >= 0; i--, slot /= 2)
	{
		ck_assert(array_get(path, i, &kwk));
		ck_assert_int_eq(kwk->node, ((array_count(path) - 1 - i) << 11) |
									(slot & 0x7ff));
	}
	array_destroy_function(path, (array_callback_t)gkm_kwk_destroy, NULL);
	tree->destroy(tree);

	/* in a group whose tree has the length of the KEK's key */
	group = group_create(group_configure("rekey.auth", NULL, "protocols",
						 "gdoi", "gdoi.proposals", "aes192",
						 "rekey.key_tree", "yes", NULL));
	download = gdoi_member_join(&members[0], group, START);
	ck_assert_int_gt(array_count(download->path), 0);
	ck_assert(array_get(download->path, ARRAY_TAIL, &kwk));
	ck_assert_int_eq(kwk->key.len, 24);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(leaf_key_is_what_only_the_member_has)
{
	gkm_download_t *download;
	host_t *address, *other;
	chunk_t key = chunk_empty;
	gkm_kwk_t *kwk;

	group = group_create(configure("max_members", NULL, NULL, NULL));
	enroll(1, 6);
	download = gdoi_member_join(&members[0], group, START);
	ck_assert(array_get(download->path, ARRAY_TAIL, &kwk));
	address = host_create_from_string("192.0.2.1", 0);
	ck_assert(group->get_leaf_key(group, address, &key));
	ck_assert(chunk_equals(key, kwk->key));
	chunk_clear(&key);
	/* not of those that use G-IKEv2, nor of strangers */
	other = host_create_from_string("192.0.2.4", 0);
	ck_assert(!group->get_leaf_key(group, other, &key));
	other->destroy(other);
	other = host_create_from_string("2001:db8::1", 0);
	ck_assert(!group->get_leaf_key(group, other, &key));
	other->destroy(other);
	exclude(0, START + 1);
	ck_assert(!group->get_leaf_key(group, address, &key));
	address->destroy(address);
	gkm_download_destroy(download);
}
END_TEST

START_TEST(last_member_to_register_from_an_address_is_found_by_it)
{
	gkm_members_t *table;
	host_t *address;

	group = group_create(configure("max_members", NULL, NULL, NULL));
	members[1].ip = members[3].ip = members[0].ip;
	enroll(0, 2);
	enroll(3, 4);
	table = group->get_members(group);
	ck_assert_int_eq(table->get_gdoi_count(table), 2);
	address = host_create_from_string(members[0].ip, 4500);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[1], group));
	gdoi_member_register(&members[0], group, START);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[0], group));
	exclude(1, START + 1);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[0], group));
	ck_assert_int_eq(table->get_gdoi_count(table), 1);
	/* it moves away, then it comes back with the other protocol */
	members[0].ip = "198.51.100.1";
	gdoi_member_register(&members[0], group, START + 1);
	ck_assert(!table->find_gdoi(table, address));
	members[0].protocol = GKM_PROTOCOL_GIKEV2;
	gdoi_member_register(&members[0], group, START + 1);
	ck_assert_int_eq(table->get_gdoi_count(table), 0);
	address->destroy(address);
	address = host_create_from_string(members[0].ip, 848);
	ck_assert(!table->find_gdoi(table, address));
	address->destroy(address);
}
END_TEST

START_TEST(members_behind_a_nat_are_told_apart_by_their_ports)
{
	gkm_members_t *table;
	host_t *address;
	int i;

	group = group_create(configure("max_members", NULL, NULL, NULL));
	for (i = 0; i < 2; i++)
	{
		members[i].ip = "198.51.100.1";
		members[i].port = 4500 + i;
		members[i].natt = TRUE;
	}
	enroll(0, 2);
	table = group->get_members(group);
	address = host_create_from_string(members[0].ip, 4500);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[0], group));
	address->set_port(address, 4501);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[1], group));
	/* any other stands for the last */
	address->set_port(address, 4502);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[1], group));
	/* it gets another port */
	members[0].port = 4502;
	gdoi_member_register(&members[0], group, START);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[0], group));
	exclude(1, START + 1);
	address->set_port(address, 4501);
	ck_assert(table->find_gdoi(table, address) ==
			  gdoi_member_find(&members[0], group));
	address->destroy(address);
}
END_TEST

START_TEST(gdoi_members_dont_keep_others_from_fragments)
{
	group = group_create(configure("max_members", NULL, NULL, NULL));
	enroll(0, 1);
	ck_assert(group->can_fragment(group));
	/* this one says nothing of fragments */
	enroll(3, 4);
	ck_assert(!group->can_fragment(group));
}
END_TEST

START_TEST(changed_window_of_d3p_is_told_with_new_data_sas)
{
	gkm_download_t *download;
	gkm_notice_t *notice;

	group = group_create(configure("d3p_window", "10s", NULL, NULL));
	enroll(1, 6);
	download = gdoi_member_join(&members[0], group, START);
	ck_assert_int_eq(download->d3p.type, GKM_D3P_POSIX_TIME);
	ck_assert_int_eq(download->d3p.window, 10000);
	gkm_download_destroy(download);

	/* nothing else leads to a rekey */
	group_change(group, configure("d3p_window", "10s", "max_members", "9"),
				 START + 60);
	ck_assert_int_eq(array_count(notices), 0);

	group_change(group, configure("d3p_window", "500ms", NULL, NULL),
				 START + 60);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_CHANGE);
	ck_assert_int_eq(notice->push->download->d3p.type, GKM_D3P_POSIX_TIME);
	ck_assert_int_eq(notice->push->download->d3p.window, 500);
	ck_assert_int_eq(notice->update->download->d3p.window, 500);
	/* smoothly */
	ck_assert_int_eq(count_sas(notice->push), 1);
	ck_assert_int_eq(count_deletes(notice->push), 1);
	ck_assert_int_eq(notice->push->download->atd, 150);
	ck_assert_int_eq(notice->push->download->dtd, 180);
	tell(0);
	assert_current(0, 6);

	group_change(group, configure("d3p_window", NULL, NULL, NULL), START + 300);
	ck_assert_int_eq(array_count(notices), 2);
	ck_assert_int_eq(get_notice(1)->push->download->d3p.type, 0);
	tell(1);
	assert_current(0, 6);
}
END_TEST

START_TEST(changed_window_is_told_once_with_another_change)
{
	group = group_create(configure("d3p_window", "10s", NULL, NULL));
	enroll(0, 6);
	group_change(group, configure("d3p_window", "20s", "sas.data.esp_proposals",
								  "aes128-sha256"), START + 60);
	ck_assert_int_eq(array_count(notices), 1);
	ck_assert_int_eq(count_sas(get_notice(0)->push), 1);
	ck_assert_int_eq(get_notice(0)->push->download->d3p.window, 20000);
	tell(0);
	assert_current(0, 6);
}
END_TEST

START_TEST(changed_window_is_told_after_those_who_left_are_shut_out)
{
	identification_t *id;

	group = group_create(configure("d3p_window", "10s", NULL, NULL));
	enroll(0, 6);
	id = identification_create_from_string(members[0].name);
	ck_assert(group->remove_member(group, id));
	id->destroy(id);
	members[0].registered = FALSE;
	group_change(group, configure("d3p_window", "20s", NULL, NULL), START + 60);
	ck_assert_int_eq(array_count(notices), 2);
	ck_assert(get_notice(0)->push->download->rekey);
	ck_assert_int_eq(get_notice(0)->push->download->d3p.window, 20000);
	ck_assert_int_eq(count_sas(get_notice(1)->push), 1);
	tell(0);
	assert_current(1, 6);
}
END_TEST

START_TEST(senders_get_sender_ids_of_their_own)
{
	uint32_t a, b, c;

	group = group_create(configure("sas.data.esp_proposals", "aes256gcm16",
								   NULL, NULL));
	members[0].sender = members[3].sender = TRUE;
	members[0].sender_ids = 2;
	enroll(0, 4);
	ck_assert_int_eq(array_count(members[0].ids), 2);
	ck_assert_int_eq(array_count(members[1].ids), 0);
	ck_assert_int_eq(array_count(members[3].ids), 1);
	ck_assert(array_get(members[0].ids, 0, &a));
	ck_assert(array_get(members[0].ids, 1, &b));
	ck_assert(array_get(members[3].ids, 0, &c));
	ck_assert(a != b && b != c && a != c);
	ck_assert_int_eq(gdoi_member_find(&members[0], group)->sender_id_count, 2);
}
END_TEST

START_TEST(sender_that_comes_back_hears_of_a_new_sa_by_a_rekey)
{
	gkm_notice_t *notice;
	gkm_data_sa_t *sa;

	group = group_create(configure("sas.data.senders", "single",
								   "rekey.transport", "unicast"));
	members[0].sender = TRUE;
	members[0].ip = "10.0.0.1";
	enroll(0, 3);
	ck_assert_int_eq(array_count(notices), 0);
	/* it is given what it was offered: see gdoi_member_join(). Only then, and
	 * not later for registrations that follow, it hears of the new one */
	gdoi_member_register(&members[0], group, START + 60);
	ck_assert_int_eq(group->next_due(group), START + 62);
	gdoi_member_register(&members[0], group, START + 61);
	group_update(group, START + 61);
	ck_assert_int_eq(array_count(notices), 0);
	group_update(group, START + 62);
	ck_assert_int_eq(array_count(notices), 1);
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_SENDER);
	ck_assert_int_eq(array_count(notice->targets), GDOIS);
	ck_assert(array_get(notice->push->download->sas, 0, &sa));
	ck_assert(!gdoi_member_knows_sa(&members[0], sa));
	tell(0);
	assert_current(0, 3);
}
END_TEST

/** Where members register from, and what they are told of an SA */
static struct {
	char *senders;
	char *source;
	char *ip;
	bool natt;
	gkm_protocol_t protocol;
	gkm_peer_t peer;
	gkm_direction_t direction;
} directions[] = {
	{ "separate", "10.0.0.1", "10.0.0.1", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_SENDER_ONLY },
	{ "separate", "10.0.0.1", "10.0.0.2", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_RECEIVER_ONLY },
	{ "single", "10.0.0.1", "10.0.0.1", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_SENDER_ONLY },
	/* it could be the one */
	{ "single", "10.0.0.0/24", "10.0.0.1", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_SYMMETRIC },
	{ "single", "10.0.0.0/24", "10.0.1.1", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_RECEIVER_ONLY },
	{ "single", "10.0.0.1", "192.0.2.9", .natt = TRUE,
	  .protocol = GKM_PROTOCOL_GDOI, .direction = GKM_SYMMETRIC },
	{ "any", "10.0.0.1", "10.0.0.1", .protocol = GKM_PROTOCOL_GDOI,
	  .direction = GKM_SYMMETRIC },
	/* these abort on what they don't know, and are told nothing */
	{ "single", "10.0.0.1", "10.0.0.2", .protocol = GKM_PROTOCOL_GDOI,
	  .peer = GKM_PEER_LEGACY, .direction = GKM_DIRECTION_UNTOLD },
	{ "single", "10.0.0.1", "10.0.0.2", .protocol = GKM_PROTOCOL_GIKEV2,
	  .direction = GKM_DIRECTION_UNTOLD },
};

START_TEST(members_are_told_who_is_the_only_sender)
{
	gkm_applicant_t applicant;
	gkm_download_t *offered = NULL, *given = NULL;
	gkm_data_sa_t *sa;

	group = group_create(configure("sas.data.senders", directions[_i].senders,
								   "sas.data.source_ts", directions[_i].source));
	members[0].ip = directions[_i].ip;
	members[0].peer = directions[_i].peer;
	members[0].protocol = directions[_i].protocol;
	members[0].sender = TRUE;
	applicant = gdoi_member_apply(&members[0]);
	applicant.natt = directions[_i].natt;
	ck_assert_int_eq(group->offer(group, &applicant, START, &offered, &err),
					 GKM_ADMITTED);
	ck_assert_int_eq(group->admit(group, &applicant, START, &given, notices,
								  &err), GKM_ADMITTED);
	ck_assert(array_get(offered->sas, 0, &sa));
	ck_assert_int_eq(sa->direction, directions[_i].direction);
	ck_assert(array_get(given->sas, 0, &sa));
	ck_assert_int_eq(sa->direction, directions[_i].direction);
	gkm_download_destroy(offered);
	gkm_download_destroy(given);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);

	/* all are told the same by a rekey */
	ck_assert(group->rekey(group, FALSE, START + 60, notices, &err));
	ck_assert(array_get(get_notice(0)->push->download->sas, 0, &sa));
	ck_assert_int_eq(sa->direction, GKM_DIRECTION_UNTOLD);
}
END_TEST

START_TEST(members_learn_that_others_may_send_by_another_registration)
{
	gkm_notice_t *notice;
	bool freed = _i == 0;

	group = group_create(configure("sas.data.senders", freed ? "single" : "any",
								   NULL, NULL));
	enroll(0, 4);
	group_change(group, configure("sas.data.senders", freed ? "any" : "single",
								  NULL, NULL), START + 10);
	notice = get_notice(0);
	ck_assert_int_eq(notice->excludes_all, freed);
	ck_assert_int_eq(gkm_update_excludes_all(notice->push), freed);
	ck_assert_int_eq(count_sas(notice->push), freed ? 0 : 1);
	tell(0);
	if (freed)
	{
		enroll(0, 4);
	}
	assert_current(0, 4);
}
END_TEST

static bool fits_not(gkm_update_t *update, gkm_error_t *err)
{
	ck_assert_int_ne(array_count(update->kwks), 0);
	return gkm_fail(err, "too large");
}

START_TEST(all_are_excluded_if_keys_of_the_tree_are_too_many)
{
	gkm_notice_t *notice;
	bool mixed = _i == 0;

	group = group_create(group_configure("rekey.auth", NULL, "protocols",
										 mixed ? "gikev2, gdoi" : "gikev2",
										 NULL));
	group->limit(group, fits_not);
	enroll(mixed ? 0 : GDOIS, countof(members));
	exclude(4, START + 100);
	notice = get_notice(0);
	ck_assert_int_eq(notice->reason, GKM_NOTICE_REMOVAL);
	/* only GDOI has that limit */
	ck_assert_int_eq(notice->excludes_all, mixed);
	ck_assert_int_eq(gkm_update_excludes_all(notice->update), mixed);
	if (mixed)
	{
		ck_assert_int_eq(array_count(notices), 1);
		ck_assert(gkm_update_excludes_all(notice->push));
		ck_assert(!notice->push->download->rekey);
	}
	tell(0);
	if (mixed)
	{
		/* under new SAs, which the one that was removed doesn't learn */
		enroll(0, 4);
		enroll(5, 6);
	}
	assert_current(mixed ? 0 : GDOIS, 4);
	assert_current(5, 6);
	ck_assert(!gdoi_member_knows_rekey(&members[4],
		group->get_policy(group)->get_rekey(group->get_policy(group),
											GKM_PROTOCOL_GIKEV2)->sa));
}
END_TEST

Suite *gkm_group_gdoi_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_group_gdoi");

	tc = tcase_create("registration");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, offer_changes_nothing);
	tcase_add_loop_test(tc, offer_refuses_whom_a_registration_would, 0,
						countof(refusals));
	tcase_add_test(tc, what_members_can_follows_the_configuration);
	tcase_add_test(tc, keys_of_a_path_have_lkh_ids);
	tcase_add_test(tc, leaf_key_is_what_only_the_member_has);
	tcase_add_test(tc, last_member_to_register_from_an_address_is_found_by_it);
	tcase_add_test(tc, members_behind_a_nat_are_told_apart_by_their_ports);
	tcase_add_test(tc, gdoi_members_dont_keep_others_from_fragments);
	tcase_add_test(tc, senders_get_sender_ids_of_their_own);
	tcase_add_test(tc, sender_that_comes_back_hears_of_a_new_sa_by_a_rekey);
	tcase_add_loop_test(tc, members_are_told_who_is_the_only_sender, 0,
						countof(directions));
	tcase_add_loop_test(tc,
				members_learn_that_others_may_send_by_another_registration,
				0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("rekey");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, members_of_both_protocols_get_the_same_data_sas);
	tcase_add_test(tc,
				   messages_of_each_rekey_sa_are_counted_from_its_first_number);
	tcase_add_test(tc, members_by_unicast_are_listed_with_what_each_can);
	tcase_add_test(tc, members_by_multicast_are_sent_what_all_can);
	tcase_add_test(tc, nobody_is_told_by_unicast_if_nobody_is_there);
	tcase_add_loop_test(tc, removed_member_is_shut_out_of_both_protocols, 0,
						countof(removals));
	tcase_add_test(tc, without_a_key_tree_all_are_excluded);
	tcase_add_loop_test(tc, all_are_excluded_if_keys_of_the_tree_are_too_many,
						0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("IP delay detection");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, changed_window_of_d3p_is_told_with_new_data_sas);
	tcase_add_test(tc, changed_window_is_told_once_with_another_change);
	tcase_add_test(tc, changed_window_is_told_after_those_who_left_are_shut_out);
	suite_add_tcase(s, tc);

	return s;
}
