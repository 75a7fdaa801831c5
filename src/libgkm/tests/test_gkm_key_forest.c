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

#include "libgkm/keys/gkm_key_forest.h"

/** Length of keys, and children of a node */
#define KEY_LEN 16
#define DEGREE 4

static gkm_error_t err;

/** First leaf of key server 2 */
#define SLOT (2 << 20)

/** What refresh() said */
static array_t *kwks, *wraps;

/** Of key servers 1 and 2; 1 is the primary */
static gkm_key_forest_t *first, *second;

static void setup()
{
	err = (gkm_error_t){};
	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
	first = gkm_key_forest_create(1, DEGREE, KEY_LEN, 1);
	second = gkm_key_forest_create(2, DEGREE, KEY_LEN, 1);
}

static void teardown()
{
	array_destroy(kwks);
	array_destroy(wraps);
	first->destroy(first);
	second->destroy(second);
}

static uint32_t join(gkm_key_forest_t *forest)
{
	uint32_t slot;

	ck_assert_msg(forest->join(forest, &slot, &err), "%s", err.text);
	return slot;
}

/**
 * Numbers of the keys of a path, the leaf's last
 */
static char *print_path(gkm_key_forest_t *forest, uint32_t slot)
{
	static char text[256];
	array_t *path = array_create(0, 0);
	gkm_kwk_t *kwk;
	size_t len = 0;

	text[0] = '\0';
	forest->get_path(forest, slot, path);
	while (array_remove(path, ARRAY_HEAD, &kwk))
	{
		len += snprintf(text + len, sizeof(text) - len, "%s%x",
						len ? ">" : "", kwk->id);
		gkm_kwk_destroy(kwk);
	}
	array_destroy(path);
	return text;
}

/**
 * What one key server tells another
 */
typedef struct {
	gkm_adoption_t how;
	gkm_key_forest_t *to;
} saying_t;

CALLBACK(say_node, void,
	saying_t *this, gkm_key_tree_node_t *node)
{
	if (this->how.kind != GKM_ADOPT_MEMBERS || node->tree == this->how.from)
	{
		ck_assert_msg(this->to->adopt(this->to, &this->how, node, &err), "%s",
					  err.text);
	}
}

CALLBACK(ignore, void,
	void *unused, gkm_key_tree_node_t *node)
{
}

/**
 * Tell another key server what changed, or all
 */
static void say(gkm_key_forest_t *from, gkm_adoption_kind_t kind,
				gkm_key_forest_t *to)
{
	saying_t saying = {
		.how = {
			.kind = kind,
			.from = from == first ? 1 : 2,
		},
		.to = to,
	};
	bool all = kind == GKM_ADOPT_ALL || kind == GKM_ADOPT_MERGE;

	from->get_changes(from, all, say_node, &saying);
	from->changes_stored(from);
	to->get_changes(to, FALSE, ignore, NULL);
	if (kind == GKM_ADOPT_CHANGES)
	{	/* the primary needn't be told what it said */
		to->changes_stored(to);
	}
}

/**
 * Key server 2 tells what changed, and hears that of the primary
 */
static void talk()
{
	say(second, GKM_ADOPT_MEMBERS, first);
	say(first, GKM_ADOPT_CHANGES, second);
}

static void refresh(gkm_key_forest_t *forest)
{
	array_destroy(kwks);
	array_destroy(wraps);
	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
	ck_assert_msg(forest->refresh(forest, kwks, wraps, &err), "%s", err.text);
}

/**
 * Key servers 1 with two members, and 2 with seven, which are below two nodes;
 * both know all
 */
static void setup_members()
{
	int i;

	setup();
	for (i = 0; i < 7; i++)
	{
		join(second);
	}
	join(first);
	join(first);
	talk();
	refresh(first);
	talk();
	ck_assert(strchr(print_path(second, SLOT), '>'));
	ck_assert(strchr(print_path(second, SLOT + 6), '>'));
}

/**
 * Numbers of keys of the last refresh(): "key{that wraps it}", K is the rekey
 * SA's
 */
static char *print_rekey()
{
	static char text[512];
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	size_t len = 0;
	int i;

	text[0] = '\0';
	for (i = 0; array_get(kwks, i, &kwk); i++)
	{
		len += snprintf(text + len, sizeof(text) - len, "K{%x} ", kwk->id);
	}
	for (i = 0; array_get(wraps, i, &wrap); i++)
	{
		len += snprintf(text + len, sizeof(text) - len, "%x{%x} ", wrap.key->id,
						wrap.kwk->id);
	}
	return text;
}

START_TEST(members_of_key_servers_get_leaves_and_keys_that_are_nobody_elses)
{
	ck_assert_int_eq(join(first), 1 << 20);
	ck_assert_int_eq(join(first), (1 << 20) + 1);
	ck_assert_int_eq(join(second), 2 << 20);
	ck_assert_str_eq(print_path(first, 1 << 20), "1");
	ck_assert_str_eq(print_path(second, 2 << 20), "20000000");
	ck_assert_str_eq(print_path(first, 2 << 20), "");
	ck_assert_int_eq(first->get_next_id(first), 3);
	ck_assert_int_eq(second->get_next_id(second), 0x20000001);
}
END_TEST

/**
 * Numbers that keys begin with: of a key server, if it is told to begin with
 * some number
 */
static struct {
	uint8_t server;
	uint32_t next_id;
	uint32_t first;
	uint32_t skipped;
} numbers[] = {
	{ 0,	1,				1,				4097 },
	{ 0,	UINT32_MAX - 9,	UINT32_MAX - 9,	UINT32_MAX },
	{ 1,	1,				1,				4097 },
	{ 1,	0x1fffff00,		0x1fffff00,		0x1fffffff },
	{ 1,	0x1fffffff,		0x1fffffff,		0x1fffffff },
	{ 1,	0x20000000,		1,				4097 },
	{ 3,	1,				0x40000000,		0x40001000 },
	{ 3,	0x40000010,		0x40000010,		0x40001010 },
	{ 3,	0x60000000,		0x40000000,		0x40001000 },
	{ 8,	7,				0xe0000000,		0xe0001000 },
	{ 8,	UINT32_MAX,		UINT32_MAX,		UINT32_MAX },
};

START_TEST(numbers_of_keys_are_those_of_the_key_server)
{
	gkm_key_forest_t *forest;
	uint32_t slot, next;

	forest = gkm_key_forest_create(numbers[_i].server, 2, KEY_LEN,
								   numbers[_i].next_id);
	next = forest->get_next_id(forest);
	ck_assert_int_eq(next, numbers[_i].first);
	ck_assert_int_eq(gkm_key_forest_skip(numbers[_i].server, next, 4096),
					 numbers[_i].skipped);
	if (next == gkm_key_forest_skip(numbers[_i].server, next, 1))
	{
		ck_assert(!forest->join(forest, &slot, &err));
		ck_assert_str_eq(err.text, "all numbers of keys were used");
	}
	forest->destroy(forest);
}
END_TEST

START_TEST(other_number_of_a_key_server_means_other_leaves_and_keys)
{
	gkm_key_tree_node_t node = {
		.tree = 3,
		.kwk = {
			.id = 0x40000007,
			.key = chunk_from_chars(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
									13, 14, 15),
		},
	};
	uint32_t slot;

	slot = join(first);
	ck_assert(first->restore(first, &node, &err));
	first->set_server(first, 3);
	ck_assert_int_eq(join(first), (3 << 20) + 1);
	ck_assert_str_eq(print_path(first, (3 << 20) + 1), "40000008");
	ck_assert_str_eq(print_path(first, slot), "1");
	first->set_server(first, 0);
	ck_assert_int_eq(join(first), 0);
	ck_assert_int_eq(first->get_count(first), 4);
}
END_TEST

START_TEST(primary_replaces_stale_keys_of_all_trees)
{
	int i;

	join(first);
	for (i = 0; i < 5; i++)
	{
		join(second);
	}
	talk();
	ck_assert_int_eq(first->get_count(first), 6);
	second->leave(second, SLOT);
	talk();
	ck_assert(first->is_stale(first));
	refresh(first);
	ck_assert_str_eq(print_rekey(), "K{1} K{2} K{20000005} "
					 "2{20000001} 2{20000002} 2{20000003} ");
	ck_assert(!first->is_stale(first));
	say(first, GKM_ADOPT_CHANGES, second);
	second->set_stale(second, FALSE);
	ck_assert(!second->is_stale(second));
	ck_assert_str_eq(print_path(second, SLOT + 1), "2>20000001");
	ck_assert_str_eq(print_path(second, SLOT + 4), "20000005>20000004");
	ck_assert_str_eq(print_path(second, 1 << 20), "1");
}
END_TEST

START_TEST(leaf_that_the_primary_did_not_know_yet_stays)
{
	uint32_t slot;

	slot = join(second);
	/* changes something, but has not heard of the member */
	join(first);
	refresh(first);
	say(first, GKM_ADOPT_CHANGES, second);
	ck_assert(strchr(print_path(second, slot), '>'));
}
END_TEST

START_TEST(key_made_without_a_new_member_becomes_stale)
{
	uint32_t slot;
	char leaf[16];

	/* the primary replaces a key when one left, while another one comes */
	first->leave(first, SLOT + 5);
	refresh(first);
	slot = join(second);
	ck_assert_int_eq(slot, SLOT + 7);
	snprintf(leaf, sizeof(leaf), "%s", strchr(print_path(second, slot), '>') + 1);
	say(first, GKM_ADOPT_CHANGES, second);
	ck_assert_str_eq(print_path(second, slot), leaf);
	ck_assert(strchr(print_path(second, SLOT), '>'));
	talk();
	ck_assert(first->is_stale(first));
	ck_assert_str_eq(print_path(first, slot), leaf);
	refresh(first);
	say(first, GKM_ADOPT_CHANGES, second);
	ck_assert(strchr(print_path(second, slot), '>'));
}
END_TEST

START_TEST(key_that_one_who_left_was_given_becomes_stale)
{
	first->leave(first, SLOT + 6);
	refresh(first);
	/* was told the new key by that */
	second->leave(second, SLOT + 5);
	say(first, GKM_ADOPT_CHANGES, second);
	ck_assert(!strchr(print_path(second, SLOT + 4), '>'));
	ck_assert(second->is_stale(second));
	second->set_stale(second, FALSE);
	ck_assert(second->is_stale(second));
	say(second, GKM_ADOPT_MEMBERS, first);
	ck_assert(first->is_stale(first));
	ck_assert(!strchr(print_path(first, SLOT + 4), '>'));
	ck_assert(strchr(print_path(first, SLOT), '>'));
}
END_TEST

START_TEST(key_that_a_secondary_repeats_is_no_news)
{
	char *path;

	first->leave(first, SLOT + 5);
	refresh(first);
	say(first, GKM_ADOPT_CHANGES, second);
	first->leave(first, SLOT + 4);
	refresh(first);
	/* has heard of the first one only, and tells what it has */
	say(second, GKM_ADOPT_MEMBERS, first);
	ck_assert(!first->is_stale(first));
	talk();
	talk();
	ck_assert(!first->is_stale(first));
	path = strdup(print_path(first, SLOT + 6));
	ck_assert_str_eq(print_path(second, SLOT + 6), path);
	free(path);
}
END_TEST

START_TEST(all_that_the_primary_has_takes_the_place_of_what_there_was)
{
	gkm_key_forest_t *old = second;
	uint32_t new;

	new = join(old);
	old->leave(old, SLOT + 1);
	second = gkm_key_forest_create(2, DEGREE, KEY_LEN, old->get_next_id(old));
	say(first, GKM_ADOPT_ALL, second);
	second->inherit(second, old, FALSE);
	old->destroy(old);
	ck_assert_int_eq(second->get_count(second), 2 + 7);
	ck_assert(!strchr(print_path(second, SLOT), '>'));
	ck_assert_str_eq(print_path(second, SLOT + 1), "");
	ck_assert(strchr(print_path(second, new), '>'));
	say(second, GKM_ADOPT_MEMBERS, first);
	ck_assert_int_eq(first->get_count(first), 2 + 7);
	ck_assert_str_eq(print_path(first, SLOT + 1), "");
	ck_assert(!strchr(print_path(first, SLOT), '>'));
}
END_TEST

START_TEST(known_leaves_that_a_primary_does_not_have_stay_if_wanted)
{
	gkm_key_forest_t *old, *third;
	int all;

	third = gkm_key_forest_create(3, DEGREE, KEY_LEN, 1);
	join(third);
	for (all = 1; all >= 0; all--)
	{
		old = second;
		second = gkm_key_forest_create(2, DEGREE, KEY_LEN,
									   old->get_next_id(old));
		say(third, GKM_ADOPT_ALL, second);
		second->inherit(second, old, all);
		old->destroy(old);
		ck_assert_int_eq(second->get_count(second), all ? 1 + 7 : 1);
		second->said(second);
	}
	third->destroy(third);
}
END_TEST

START_TEST(keys_that_both_halves_replaced_become_stale)
{
	/* cut off from each other */
	first->leave(first, SLOT + 1);
	refresh(first);
	second->leave(second, SLOT + 1);
	refresh(second);
	second->said(second);
	say(second, GKM_ADOPT_MERGE, first);
	/* only where keys differ */
	ck_assert(!strchr(print_path(first, SLOT), '>'));
	ck_assert(strchr(print_path(first, SLOT + 6), '>'));
	ck_assert_int_eq(first->get_count(first), 2 + 6);
	ck_assert(first->is_stale(first));
}
END_TEST

START_TEST(leaf_that_was_given_to_someone_else_is_the_last_ones)
{
	gkm_key_forest_t *third;
	chunk_t key = chunk_empty, other = chunk_empty;

	/* key server 3 knows what became of it, and meets the primary later */
	third = gkm_key_forest_create(3, DEGREE, KEY_LEN, 1);
	second->leave(second, SLOT);
	ck_assert_int_eq(join(second), SLOT);
	ck_assert(second->get_leaf(second, SLOT, &key));
	say(second, GKM_ADOPT_ALL, third);
	third->get_changes(third, TRUE, say_node, &(saying_t){
		.how = {
			.kind = GKM_ADOPT_MERGE,
			.from = 3,
		},
		.to = first,
	});
	ck_assert(first->get_leaf(first, SLOT, &other));
	ck_assert(chunk_equals(key, other));
	ck_assert(!strchr(print_path(first, SLOT), '>'));
	chunk_clear(&key);
	chunk_clear(&other);
	third->destroy(third);
}
END_TEST

/** Nodes that can't be adopted, besides those of test_gkm_key_tree.c */
static struct {
	gkm_adoption_kind_t kind;
	uint32_t tree;
	uint32_t level;
	uint32_t id;
	char *error;
} impossible[] = {
	{ GKM_ADOPT_CHANGES, 9, 0, 1,	"there is no key tree 9" },
	{ GKM_ADOPT_CHANGES, UINT32_MAX, 0, 1, "there is no key tree 4294967295" },
	{ GKM_ADOPT_CHANGES, 1, 0, UINT32_MAX,
									"4294967295 is no number of a key" },
	{ GKM_ADOPT_CHANGES, 1, 10, 1,	"the key tree has no node 0 on level 10" },
	{ GKM_ADOPT_CHANGES, 1, 0, 0,	"key 0 of the key tree has 16 octets "
									"instead of 16" },
	{ GKM_ADOPT_MEMBERS, 1, 0, 1,	"key tree 1 isn't the one of key server 2" },
};

START_TEST(node_that_cant_be_is_not_adopted)
{
	u_char key[KEY_LEN] = {};
	gkm_adoption_t how = {
		.kind = impossible[_i].kind,
		.from = 2,
	};
	gkm_key_tree_node_t node = {
		.tree = impossible[_i].tree,
		.level = impossible[_i].level,
		.kwk = {
			.id = impossible[_i].id,
			.key = chunk_from_thing(key),
		},
	};

	ck_assert(!first->check(first, &how, &node, &err));
	ck_assert(!first->adopt(first, &how, &node, &err));
	ck_assert_str_eq(err.text, impossible[_i].error);
	ck_assert_int_eq(first->get_count(first), 0);
}
END_TEST

Suite *gkm_key_forest_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_key_forest");

	tc = tcase_create("disjoint");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc,
			members_of_key_servers_get_leaves_and_keys_that_are_nobody_elses);
	tcase_add_loop_test(tc, numbers_of_keys_are_those_of_the_key_server, 0,
						countof(numbers));
	tcase_add_test(tc,
				   other_number_of_a_key_server_means_other_leaves_and_keys);
	tcase_add_test(tc, primary_replaces_stale_keys_of_all_trees);
	tcase_add_loop_test(tc, node_that_cant_be_is_not_adopted, 0,
						countof(impossible));
	suite_add_tcase(s, tc);

	tc = tcase_create("changes at once");
	tcase_add_checked_fixture(tc, setup_members, teardown);
	tcase_add_test(tc, leaf_that_the_primary_did_not_know_yet_stays);
	tcase_add_test(tc, key_made_without_a_new_member_becomes_stale);
	tcase_add_test(tc, key_that_one_who_left_was_given_becomes_stale);
	tcase_add_test(tc, key_that_a_secondary_repeats_is_no_news);
	tcase_add_test(tc,
				   all_that_the_primary_has_takes_the_place_of_what_there_was);
	tcase_add_test(tc,
				   known_leaves_that_a_primary_does_not_have_stay_if_wanted);
	tcase_add_test(tc, keys_that_both_halves_replaced_become_stale);
	tcase_add_test(tc, leaf_that_was_given_to_someone_else_is_the_last_ones);
	suite_add_tcase(s, tc);

	return s;
}
