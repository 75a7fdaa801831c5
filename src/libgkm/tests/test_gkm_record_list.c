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
#include "coop_fixture.h"

static gkm_record_list_t *list;

static void setup()
{
	list = gkm_record_list_create();
}

static void teardown()
{
	list->destroy(list);
}

/**
 * Check what is in the list, in its order: "kind:key=value," for each entry
 */
static void assert_entries(char *expected)
{
	enumerator_t *enumerator;
	gkm_record_entry_t *entry;
	char text[256] = "";
	size_t len = 0, size = 0;
	u_int count = 0;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &entry))
	{
		len += snprintf(text + len, sizeof(text) - len, "%d:%.*s=%.*s,",
						entry->kind, (int)entry->key.len, entry->key.ptr,
						(int)entry->value.len, entry->value.ptr);
		size += entry->key.len + entry->value.len;
		count++;
	}
	enumerator->destroy(enumerator);
	ck_assert_str_eq(text, expected);
	ck_assert_int_eq(list->get_count(list), count);
	ck_assert_int_eq(list->get_size(list), size);
}

START_TEST(an_empty_list_has_nothing)
{
	assert_entries("");
}
END_TEST

START_TEST(entries_come_in_the_order_of_their_first_change)
{
	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	coop_put(list, GKM_RECORD_MEMBER, "dave", "2");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "a longer value");
	assert_entries("2:carol=a longer value,1:=SAs,2:dave=2,");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "");
	coop_put(list, GKM_RECORD_GROUP, "", "other");
	assert_entries("2:carol=,1:=other,2:dave=2,");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "again");
	assert_entries("2:carol=again,1:=other,2:dave=2,");
}
END_TEST

START_TEST(records_of_different_kinds_do_not_mix)
{
	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	coop_put(list, GKM_RECORD_OUTBOX, "", "messages");
	coop_put(list, GKM_RECORD_SIGNER, "", "key");
	coop_put(list, GKM_RECORD_MEMBER, "1", "member");
	coop_put(list, GKM_RECORD_NODE, "1", "node");
	assert_entries("1:=SAs,4:=messages,5:=key,2:1=member,3:1=node,");
}
END_TEST

START_TEST(clearing_a_kind_leaves_others)
{
	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	coop_put(list, GKM_RECORD_NODE, "1", "node");
	coop_put(list, GKM_RECORD_MEMBER, "dave", NULL);
	coop_put(list, GKM_RECORD_GROUP, "", "SAs");
	list->store.clear(&list->store, GKM_RECORD_MEMBER);
	assert_entries("3:1=node,1:=SAs,2:=,");
	coop_put(list, GKM_RECORD_MEMBER, "carol", "2");
	assert_entries("3:1=node,1:=SAs,2:=,2:carol=2,");
}
END_TEST

/** What load() has passed on, and records until it is told to stop */
typedef struct {
	char text[128];
	u_int limit;
	bool stopped;
} loaded_t;

CALLBACK(add_loaded, bool,
	loaded_t *this, chunk_t key, chunk_t value)
{
	size_t len = strlen(this->text);

	ck_assert(!this->stopped);
	snprintf(this->text + len, sizeof(this->text) - len, "%.*s=%.*s,",
			 (int)key.len, key.ptr, (int)value.len, value.ptr);
	/* these are clones */
	memset(key.ptr, 'x', key.len);
	memset(value.ptr, 'x', value.len);
	this->stopped = !--this->limit;
	return !this->stopped;
}

START_TEST(records_that_were_removed_are_not_loaded)
{
	loaded_t loaded = { .limit = 9 }, again = { .limit = 9 };
	gkm_state_store_t *store = &list->store;
	gkm_error_t err = {};

	ck_assert(store->begin(store, NULL, &err));
	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	coop_put(list, GKM_RECORD_MEMBER, "dave", NULL);
	coop_put(list, GKM_RECORD_NODE, "1", "node");
	coop_put(list, GKM_RECORD_MEMBER, "sun", "3");
	ck_assert(store->end(store, TRUE, &err));
	ck_assert(store->load(store, NULL, GKM_RECORD_MEMBER, add_loaded, &loaded,
						  &err));
	ck_assert_str_eq(loaded.text, "carol=1,sun=3,");
	ck_assert(store->load(store, NULL, GKM_RECORD_MEMBER, add_loaded, &again,
						  &err));
	ck_assert_str_eq(again.text, loaded.text);
}
END_TEST

START_TEST(loading_ends_where_it_is_told_to)
{
	loaded_t loaded = { .limit = 1 };
	gkm_state_store_t *store = &list->store;

	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	coop_put(list, GKM_RECORD_MEMBER, "sun", "3");
	ck_assert(!store->load(store, NULL, GKM_RECORD_MEMBER, add_loaded, &loaded,
						   NULL));
	ck_assert_str_eq(loaded.text, "carol=1,");
}
END_TEST

START_TEST(a_list_lasts_until_its_last_reference_is_gone)
{
	gkm_record_list_t *ref;

	coop_put(list, GKM_RECORD_MEMBER, "carol", "1");
	ref = list->get_ref(list);
	ref->destroy(ref);
	assert_entries("2:carol=1,");
}
END_TEST

START_TEST(many_records_can_be_replaced)
{
	u_int i, count = 20000;
	char key[16];

	for (i = 0; i < 2 * count; i++)
	{
		snprintf(key, sizeof(key), "%05u", i % count);
		coop_put(list, GKM_RECORD_MEMBER, key, i < count ? "old" : "newer");
	}
	ck_assert_int_eq(list->get_count(list), count);
	ck_assert_int_eq(list->get_size(list), count * (5 + 5));
}
END_TEST

Suite *gkm_record_list_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_record_list");

	tc = tcase_create("list");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_empty_list_has_nothing);
	tcase_add_test(tc, entries_come_in_the_order_of_their_first_change);
	tcase_add_test(tc, records_of_different_kinds_do_not_mix);
	tcase_add_test(tc, clearing_a_kind_leaves_others);
	tcase_add_test(tc, records_that_were_removed_are_not_loaded);
	tcase_add_test(tc, loading_ends_where_it_is_told_to);
	tcase_add_test(tc, a_list_lasts_until_its_last_reference_is_gone);
	tcase_add_test(tc, many_records_can_be_replaced);
	suite_add_tcase(s, tc);

	return s;
}
