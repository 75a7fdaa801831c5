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
#include <malloc.h>

#include "group_fixture.h"

#include "libgkm/gikev2/gikev2_sag.h"

/** Octets of memory that a registered member may take */
#define MEMBER_MEMORY 1024

/**
 * Register a member that has to be admitted
 */
static gkm_download_t *admit_ok(gkm_group_t *group, char *name, bool sender,
								uint32_t ids)
{
	gkm_download_t *download;

	ck_assert_int_eq(group_admit(group, name, sender, ids, START, &download),
					 GKM_ADMITTED);
	return download;
}

/**
 * Register a member whose download doesn't matter
 */
static void admit(gkm_group_t *group, char *name)
{
	gkm_download_destroy(admit_ok(group, name, FALSE, 0));
}

/**
 * Number of members
 */
static u_int count(gkm_group_t *group)
{
	gkm_members_t *members = group->get_members(group);

	return members->get_count(members);
}

/**
 * Create a group with a counter mode and sender IDs of some size
 */
static gkm_group_t *create_gcm(char *bits)
{
	return group_create(group_configure("sas.data.esp_proposals", "aes256gcm16",
										"sender_id_bits", bits, NULL));
}

START_TEST(peer_of_another_connection_is_refused)
{
	gkm_group_t *group;
	identification_t *id;

	group = group_create(group_configure("connections", "vpn, members", NULL));
	id = identification_create_from_string("a@example.com");
	ck_assert(group->authorizes(group, "vpn", id, &err));
	ck_assert(group->authorizes(group, "members", id, &err));
	ck_assert(!group->authorizes(group, "member", id, &err));
	ck_assert_str_eq(err.text, "connection member doesn't belong to the group");
	id->destroy(id);
	group->destroy(group);
}
END_TEST

static struct {
	char *id;
	bool allowed;
} identities[] = {
	{ "a@example.com",			TRUE },
	{ "a@example.org",			FALSE },
	{ "C=CH, O=Acme, CN=a",		TRUE },
	{ "C=CH, O=Other, CN=a",	FALSE },
	{ "a.example.com",			FALSE },
	{ "192.0.2.1",				FALSE },
};

START_TEST(identity_has_to_match_one_of_member_ids)
{
	gkm_group_t *group;
	gkm_download_t *download;

	group = group_create(group_configure("member_ids",
							"*@example.com; C=CH, O=Acme, CN=*", NULL));
	ck_assert_int_eq(group_admit(group, identities[_i].id, FALSE, 0, START,
								 &download),
					 identities[_i].allowed ? GKM_ADMITTED :
											  GKM_NOT_AUTHORIZED);
	ck_assert_int_eq(count(group), identities[_i].allowed ? 1 : 0);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(registration_is_noted)
{
	gkm_group_t *group;
	gkm_download_t *download;
	gkm_members_t *members;
	gkm_member_t *member;
	enumerator_t *enumerator;
	uint32_t *id;

	group = create_gcm("16");
	admit(group, "a@example.com");
	ck_assert_int_eq(group_admit(group, "a@example.com", TRUE, 2, START + 5,
								 &download), GKM_ADMITTED);
	members = group->get_members(group);
	enumerator = members->create_enumerator(members);
	ck_assert(enumerator->enumerate(enumerator, &member));
	ck_assert_int_eq(member->id_type, ID_RFC822_ADDR);
	ck_assert(chunk_equals(member->id_encoding,
						   chunk_from_str("a@example.com")));
	ck_assert_int_eq(member->family, AF_INET);
	ck_assert_int_eq(member->port, 500);
	ck_assert(memeq(member->address, "\xc0\x00\x02\x07", 4));
	ck_assert_int_eq(member->registered, START + 5);
	ck_assert_int_eq(member->registrations, 2);
	ck_assert(member->sender);
	ck_assert_int_eq(member->sender_id_count, 2);
	ck_assert(array_get(download->sender_ids, 1, &id));
	ck_assert_int_eq(member->sender_ids[1], *id);
	ck_assert(!enumerator->enumerate(enumerator, &member));
	enumerator->destroy(enumerator);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

START_TEST(max_members_counts_each_member_once)
{
	gkm_group_t *group;
	gkm_download_t *download;
	identification_t *id;

	group = group_create(group_configure("max_members", "2", NULL));
	admit(group, "a@example.com");
	admit(group, "b@example.com");
	admit(group, "a@example.com");
	ck_assert_int_eq(group_admit(group, "c@example.com", FALSE, 0, START,
								 &download), GKM_FULL);
	ck_assert_int_eq(count(group), 2);

	id = identification_create_from_string("b@example.com");
	ck_assert(group->remove_member(group, id));
	ck_assert(!group->remove_member(group, id));
	id->destroy(id);
	admit(group, "c@example.com");
	ck_assert_int_eq(count(group), 2);
	group->destroy(group);
}
END_TEST

START_TEST(members_are_none_any_more_once_their_keys_have_ended)
{
	gkm_group_t *group;

	group = group_create(group_configure("max_members", "1", NULL));
	admit(group, "a@example.com");
	/* this rekey reaches them, then there are none for too long */
	group_update(group, START + 3000);
	group_update(group, START + 3600);
	ck_assert_int_eq(count(group), 1);
	group_update(group, START + 6600);
	ck_assert_int_eq(count(group), 0);
	group->destroy(group);
}
END_TEST

/**
 * Register a member that understands fragments or doesn't
 */
static void admit_fragmenting(gkm_group_t *group, char *name, bool sender,
							  bool fragmentation)
{
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = identification_create_from_string(name),
		.address = host_create_from_string("192.0.2.7", 500),
		.sender = sender,
		.ike_sa_id = 7,
		.fragmentation = fragmentation,
	};
	gkm_download_t *download;

	ck_assert_int_eq(group->admit(group, &applicant, START, &download, notices,
								  &err), GKM_ADMITTED);
	gkm_download_destroy(download);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
}

/**
 * Have a member leave
 */
static void leave(gkm_group_t *group, char *name)
{
	identification_t *id = identification_create_from_string(name);

	ck_assert(group->remove_member(group, id));
	id->destroy(id);
}

START_TEST(rekeys_are_fragmented_if_all_that_get_them_understand_it)
{
	gkm_group_t *group;

	group = group_create(group_configure("rekey.transport", "mixed", NULL));
	ck_assert(group->can_fragment(group));
	admit_fragmenting(group, "carol@example.org", FALSE, TRUE);
	ck_assert(group->can_fragment(group));
	/* gets no rekeys by multicast */
	admit_fragmenting(group, "sender@example.org", TRUE, FALSE);
	ck_assert(group->can_fragment(group));

	admit_fragmenting(group, "dave@example.org", FALSE, FALSE);
	ck_assert(!group->can_fragment(group));
	admit_fragmenting(group, "eve@example.org", FALSE, FALSE);
	admit_fragmenting(group, "dave@example.org", FALSE, TRUE);
	ck_assert(!group->can_fragment(group));
	leave(group, "eve@example.org");
	ck_assert(group->can_fragment(group));

	admit_fragmenting(group, "carol@example.org", FALSE, FALSE);
	admit_fragmenting(group, "carol@example.org", FALSE, FALSE);
	ck_assert(!group->can_fragment(group));
	/* forgotten with its last SA */
	group_update(group, START + 3600);
	ck_assert(group->can_fragment(group));
	group->destroy(group);
}
END_TEST

START_TEST(member_without_the_groups_algorithms_leaves_no_trace)
{
	gkm_group_t *group;
	gkm_download_t *download = NULL;
	gkm_applicant_t applicant = {
		.connection = "members",
		.sender = TRUE,
		.sender_ids = 1,
		.covers = gikev2_sag_covers,
	};
	char *esp[] = { "aes256-sha256", "aes256gcm16" };
	int i;

	group = create_gcm("16");
	applicant.id = identification_create_from_string("a@example.com");
	applicant.address = host_create_from_string("192.0.2.1", 500);
	for (i = 0; i < countof(esp); i++)
	{
		applicant.capabilities = linked_list_create_with_items(
			gkm_data_proposal(PROTO_ESP, GKM_SN_UNSPECIFIED, esp[i], &err),
			gkm_rekey_proposal("aes256gcm16-kw256", &err), NULL);
		err = (gkm_error_t){};
		if (i == 0)
		{
			ck_assert_int_eq(group->admit(group, &applicant, START, &download,
										  notices, &err), GKM_NOT_CAPABLE);
			ck_assert(err.text[0]);
			ck_assert(!download);
			ck_assert_int_eq(count(group), 0);
			ck_assert_int_eq(store.writes, 0);
		}
		else
		{
			ck_assert_msg(group->admit(group, &applicant, START, &download,
									   notices, &err) == GKM_ADMITTED, "%s", err.text);
			ck_assert_int_eq(count(group), 1);
		}
		applicant.capabilities->destroy_offset(applicant.capabilities,
											   offsetof(proposal_t, destroy));
	}
	gkm_download_destroy(download);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	group->destroy(group);
}
END_TEST

START_TEST(sender_ids_are_for_senders_with_counter_modes)
{
	gkm_group_t *group;
	gkm_download_t *download;

	group = create_gcm("12");
	download = admit_ok(group, "a@example.com", FALSE, 0);
	ck_assert_int_eq(download->sender_id_bits, 0);
	ck_assert_int_eq(array_count(download->sender_ids), 0);
	gkm_download_destroy(download);
	download = admit_ok(group, "a@example.com", TRUE, 1);
	ck_assert_int_eq(download->sender_id_bits, 12);
	ck_assert_int_eq(array_count(download->sender_ids), 1);
	gkm_download_destroy(download);
	group->destroy(group);

	group = group_create(group_configure(NULL));
	download = admit_ok(group, "a@example.com", TRUE, 1);
	ck_assert_int_eq(download->sender_id_bits, 0);
	ck_assert_int_eq(array_count(download->sender_ids), 0);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

static struct {
	uint32_t wanted;
	int given;
} requests[] = {
	{ 0, 1 },
	{ 1, 1 },
	{ 5, 5 },
	{ GKM_SENDER_IDS_MAX, GKM_SENDER_IDS_MAX },
	{ GKM_SENDER_IDS_MAX + 1, GKM_SENDER_IDS_MAX },
	{ UINT32_MAX, GKM_SENDER_IDS_MAX },
};

START_TEST(number_of_sender_ids_has_a_bound)
{
	gkm_group_t *group;
	gkm_download_t *download;

	group = create_gcm("16");
	download = admit_ok(group, "a@example.com", TRUE, requests[_i].wanted);
	ck_assert_int_eq(array_count(download->sender_ids), requests[_i].given);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

static char *sizes[] = { "1", "8", "12", "16" };

START_TEST(all_sender_ids_are_given_out_once_and_then_none)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t *id, space, seen = 0;
	u_char *used;
	int i;

	space = 1 << atoi(sizes[_i]);
	used = calloc(space, 1);
	group = create_gcm(sizes[_i]);
	while (group_admit(group, "a@example.com", TRUE, 7, START,
					   &download) == GKM_ADMITTED)
	{
		for (i = 0; array_get(download->sender_ids, i, &id); i++)
		{
			ck_assert_msg(*id < space, "%u of %u", *id, space);
			ck_assert_msg(!used[*id], "%u given out twice", *id);
			used[*id] = 1;
			seen++;
		}
		gkm_download_destroy(download);
	}
	ck_assert_int_eq(seen, space);
	ck_assert_int_eq(group_admit(group, "a@example.com", TRUE, 1, START,
								 &download), GKM_UNABLE);
	/* receivers are welcome */
	admit(group, "b@example.com");

	/* senders again once all members are excluded, and that is kept */
	ck_assert_int_eq(group->next_due(group), 0);
	group_update(group, START);
	ck_assert_int_eq(count(group), 0);
	ck_assert_int_eq(group_admit(group, "a@example.com", TRUE, 1, START,
								 &download), GKM_UNABLE);
	ck_assert(group->renew_sender_ids(group, &err));
	gkm_download_destroy(admit_ok(group, "a@example.com", TRUE, 1));
	group->destroy(group);
	free(used);
}
END_TEST

START_TEST(sender_ids_are_never_repeated_after_restarts)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t *id, space;
	u_char *used;
	int i, members = 0;

	space = 1 << atoi(sizes[_i]);
	used = calloc(space, 1);
	for (i = 0; i < 4; i++)
	{
		group = create_gcm(sizes[_i]);
		if (group_admit(group, "a@example.com", TRUE, 1, START,
						&download) == GKM_ADMITTED)
		{
			ck_assert(array_get(download->sender_ids, 0, &id));
			ck_assert_msg(!used[*id], "%u given out twice", *id);
			used[*id] = 1;
			members++;
			gkm_download_destroy(download);
		}
		group->destroy(group);
	}
	/* a restart costs no more than 1/64 of the space, or one ID */
	ck_assert_int_eq(members, min(space, 4));
	ck_assert_int_le(store.next[atoi(sizes[_i])], max(4, space / 16));
	free(used);
}
END_TEST

START_TEST(store_is_written_once_for_many_sender_ids)
{
	gkm_group_t *group;
	int i;

	group = create_gcm("16");
	for (i = 0; i < 256; i++)
	{
		gkm_download_destroy(admit_ok(group, "a@example.com", TRUE, 1));
	}
	ck_assert_int_eq(store.writes, 1);
	group->destroy(group);
}
END_TEST

START_TEST(broken_store_refuses_senders_only)
{
	gkm_group_t *group;
	gkm_download_t *download;

	store.broken = TRUE;
	group = create_gcm("16");
	ck_assert_int_eq(group_admit(group, "a@example.com", TRUE, 1, START,
								 &download), GKM_UNABLE);
	ck_assert_str_eq(err.text, "store is broken");
	ck_assert_int_eq(count(group), 0);
	admit(group, "a@example.com");
	store.broken = FALSE;
	gkm_download_destroy(admit_ok(group, "a@example.com", TRUE, 1));
	group->destroy(group);
}
END_TEST

START_TEST(store_that_went_back_in_time_is_not_believed)
{
	gkm_group_t *group;
	gkm_download_t *download;
	uint32_t *id;
	int i, refused = 0;

	group = create_gcm("8");
	for (i = 0; i < 8; i++)
	{
		gkm_download_destroy(admit_ok(group, "a@example.com", TRUE, 1));
	}
	store.next[8] = 0;
	while (group_admit(group, "a@example.com", TRUE, 1, START,
					   &download) == GKM_UNABLE)
	{
		ck_assert_int_lt(++refused, 10);
	}
	ck_assert_int_eq(refused, 2);
	ck_assert(array_get(download->sender_ids, 0, &id));
	ck_assert_int_eq(*id, 8);
	gkm_download_destroy(download);
	group->destroy(group);
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
/** of the sanitizer's library, not every compiler has a header for it */
size_t __sanitizer_get_current_allocated_bytes();
#endif

/**
 * Octets that are allocated now. The sanitizer's allocator isn't malloc's.
 */
static size_t allocated()
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks;
#endif
}

START_TEST(member_takes_less_than_a_kilobyte)
{
	gkm_group_t *group;
	gkm_download_t *download;
	size_t before, each;
	char name[64];
	int i, members = 5000;

	group = create_gcm("16");
	before = allocated();
	for (i = 0; i < members; i++)
	{
		snprintf(name, sizeof(name), "C=CH, O=A Company Inc., OU=Members, "
				 "CN=member-%06d", i);
		download = admit_ok(group, name, TRUE, 2);
		gkm_download_destroy(download);
	}
	each = (allocated() - before) / members;
	ck_assert_int_eq(count(group), members);
	ck_assert_msg(each < MEMBER_MEMORY, "%zu octets for each member", each);
	ck_assert_msg(each > sizeof(gkm_member_t), "only %zu octets?", each);
	group->destroy(group);
}
END_TEST

Suite *gkm_group_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_group");

	tc = tcase_create("authorization");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, peer_of_another_connection_is_refused);
	tcase_add_loop_test(tc, identity_has_to_match_one_of_member_ids, 0,
						countof(identities));
	suite_add_tcase(s, tc);

	tc = tcase_create("members");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, registration_is_noted);
	tcase_add_test(tc, max_members_counts_each_member_once);
	tcase_add_test(tc,
				members_are_none_any_more_once_their_keys_have_ended);
	tcase_add_test(tc, member_without_the_groups_algorithms_leaves_no_trace);
	tcase_add_test(tc,
				   rekeys_are_fragmented_if_all_that_get_them_understand_it);
	tcase_add_test(tc, member_takes_less_than_a_kilobyte);
	suite_add_tcase(s, tc);

	tc = tcase_create("sender IDs");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_add_test(tc, sender_ids_are_for_senders_with_counter_modes);
	tcase_add_loop_test(tc, number_of_sender_ids_has_a_bound, 0,
						countof(requests));
	tcase_add_loop_test(tc, all_sender_ids_are_given_out_once_and_then_none, 0,
						countof(sizes));
	tcase_add_loop_test(tc, sender_ids_are_never_repeated_after_restarts, 0,
						countof(sizes));
	tcase_add_test(tc, store_is_written_once_for_many_sender_ids);
	tcase_add_test(tc, broken_store_refuses_senders_only);
	tcase_add_test(tc, store_that_went_back_in_time_is_not_believed);
	suite_add_tcase(s, tc);

	return s;
}
