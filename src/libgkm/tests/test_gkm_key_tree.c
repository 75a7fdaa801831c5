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

#include "libgkm/keys/gkm_key_forest.h"

/** Octets of memory that a member may take over all levels */
#define MEMBER_MEMORY 180

/** Length of keys, if it doesn't matter */
#define KEY_LEN 32

/** Characters in the description of a rekey or path */
#define TEXT_LEN 512

static gkm_error_t err;

/** What refresh() said last */
static array_t *kwks, *wraps;

static void setup()
{
	err = (gkm_error_t){};
	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
}

static void teardown()
{
	array_destroy(kwks);
	array_destroy(wraps);
}

/**
 * Let members join
 */
static void join(gkm_key_forest_t *tree, u_int count)
{
	uint32_t slot;

	/* no assertion for each: Check writes them to a file */
	while (count && tree->join(tree, &slot, &err))
	{
		count--;
	}
	ck_assert_msg(!count, "%s", err.text);
}

/**
 * Create a tree with members and without stale nodes
 */
static gkm_key_forest_t *create(u_int degree, u_int count)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, degree, KEY_LEN, 1);

	join(tree, count);
	ck_assert_msg(tree->refresh(tree, kwks, wraps, &err), "%s", err.text);
	return tree;
}

/**
 * Refresh a tree
 */
static void refresh(gkm_key_forest_t *tree)
{
	array_destroy(kwks);
	array_destroy(wraps);
	setup();
	ck_assert_msg(tree->refresh(tree, kwks, wraps, &err), "%s", err.text);
}

/**
 * Describe what refresh() said as RFC 9838, A.2, does: keys that wrap the rekey
 * SA's key K, then those that wrap others.
 */
static char *print_rekey()
{
	static char text[TEXT_LEN];
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i, len = 0;

	text[0] = '\0';
	for (i = 0; i < array_count(kwks); i++)
	{
		array_get(kwks, i, &kwk);
		len += snprintf(text + len, sizeof(text) - len, "%u{K} ", kwk->id);
	}
	for (i = 0; i < array_count(wraps); i++)
	{
		array_get(wraps, i, &wrap);
		len += snprintf(text + len, sizeof(text) - len, "%u{%u} ",
						wrap.kwk->id, wrap.key->id);
	}
	return text;
}

static void destroy_kwk(gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/**
 * Describe the path of a member, empty if there is none
 */
static char *print_path(gkm_key_forest_t *tree, uint32_t slot)
{
	static char text[TEXT_LEN];
	array_t *path = array_create(0, 0);
	gkm_kwk_t *kwk;
	int i, len = 0;

	text[0] = '\0';
	ck_assert(tree->get_path(tree, slot, path) == (array_count(path) > 0));
	for (i = 0; i < array_count(path); i++)
	{
		array_get(path, i, &kwk);
		len += snprintf(text + len, sizeof(text) - len, "%s%u", i ? ">" : "",
						kwk->id);
	}
	array_destroy_function(path, (array_callback_t)destroy_kwk, NULL);
	return text;
}

/**
 * Clone the key of a leaf, or of a node above
 */
static gkm_kwk_t *get_kwk(gkm_key_forest_t *tree, uint32_t slot, u_int level)
{
	array_t *path = array_create(0, 0);
	gkm_kwk_t *kwk;

	ck_assert(tree->get_path(tree, slot, path));
	ck_assert(array_remove(path, array_count(path) - 1 - level, &kwk));
	array_destroy_function(path, (array_callback_t)destroy_kwk, NULL);
	return kwk;
}

/**
 * A key for tests, different for each number
 */
static chunk_t test_key(uint32_t id)
{
	static u_char key[KEY_LEN];

	memset(key, id, sizeof(key));
	return chunk_from_thing(key);
}

/**
 * Restore a node
 */
static bool restore(gkm_key_forest_t *tree, uint32_t level, uint32_t index,
					uint32_t id)
{
	gkm_key_tree_node_t node = {
		.level = level,
		.index = index,
		.kwk = {
			.id = id,
			.key = test_key(id),
		},
	};

	return tree->restore(tree, &node, &err);
}

/**
 * Restore the tree of RFC 9838, A.2: members A to H on slots 0 to 7, except
 * some nodes, given as bits
 */
static gkm_key_forest_t *restore_example(u_int except)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, 2, KEY_LEN, 15);
	u_int level, index, id = 1;

	for (level = 3; level-- > 0;)
	{
		for (index = 0; index < 8 >> level; index++, id++)
		{
			if (!(except & (1 << id)))
			{
				ck_assert_msg(restore(tree, level, index, id), "%s", err.text);
			}
		}
	}
	return tree;
}

/**
 * Working Key Paths of A to H (RFC 9838, A.2), and once F was excluded
 */
static struct {
	char *before;
	char *after;
} example[] = {
	{ "1>3>7",	"1>3>7" },
	{ "1>3>8",	"1>3>8" },
	{ "1>4>9",	"1>4>9" },
	{ "1>4>10",	"1>4>10" },
	{ "2>5>11",	"15>16>11" },
	{ "2>5>12",	"" },
	{ "2>6>13",	"15>6>13" },
	{ "2>6>14",	"15>6>14" },
};

START_TEST(exclusion_is_wrapped_as_in_the_rfc)
{
	gkm_key_forest_t *tree = restore_example(0);
	int i;

	for (i = 0; i < countof(example); i++)
	{
		ck_assert_str_eq(print_path(tree, i), example[i].before);
	}
	ck_assert(!tree->is_stale(tree));
	tree->leave(tree, 5);
	ck_assert(tree->is_stale(tree));
	refresh(tree);
	ck_assert(!tree->is_stale(tree));
	/* the RFC has 6{15} first; members look for numbers */
	ck_assert_str_eq(print_rekey(), "1{K} 15{K} 16{15} 6{15} 11{16} ");
	for (i = 0; i < countof(example); i++)
	{
		ck_assert_str_eq(print_path(tree, i), example[i].after);
	}
	tree->destroy(tree);
}
END_TEST

START_TEST(several_exclusions_share_new_keys)
{
	gkm_key_forest_t *tree = restore_example(0);

	tree->leave(tree, 5);
	tree->leave(tree, 6);
	tree->leave(tree, 7);
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} 15{K} 16{15} 11{16} ");
	tree->destroy(tree);
}
END_TEST

START_TEST(node_without_members_is_gone)
{
	gkm_key_forest_t *tree = restore_example(0);
	uint32_t slot;

	tree->leave(tree, 4);
	tree->leave(tree, 5);
	tree->leave(tree, 6);
	tree->leave(tree, 7);
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} ");
	/* comes back with other keys */
	ck_assert(tree->join(tree, &slot, &err));
	ck_assert_int_eq(slot, 4);
	ck_assert(!tree->is_stale(tree));
	ck_assert_str_eq(print_path(tree, 4), "17>16>15");
	tree->destroy(tree);
}
END_TEST

START_TEST(new_member_isnt_given_stale_keys)
{
	gkm_key_forest_t *tree = restore_example(0);
	uint32_t slot;

	tree->leave(tree, 5);
	ck_assert(tree->join(tree, &slot, &err));
	ck_assert_int_eq(slot, 5);
	ck_assert_str_eq(print_path(tree, 5), "15");
	ck_assert_str_eq(print_path(tree, 4), "11");
	ck_assert_str_eq(print_path(tree, 6), "6>13");
	ck_assert_str_eq(print_path(tree, 0), "1>3>7");
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} 16{K} 17{16} 6{16} 11{17} 15{17} ");
	ck_assert_str_eq(print_path(tree, 5), "16>17>15");
	tree->destroy(tree);
}
END_TEST

START_TEST(only_level_has_members_keys_wrap_the_rekey_sa)
{
	gkm_key_forest_t *tree = create(4, 4);

	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} 2{K} 3{K} 4{K} ");
	tree->leave(tree, 1);
	ck_assert(tree->is_stale(tree));
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} 3{K} 4{K} ");
	ck_assert(!tree->is_stale(tree));
	tree->destroy(tree);
}
END_TEST

START_TEST(node_above_a_tree_that_grew_is_stale)
{
	gkm_key_forest_t *tree = create(2, 2);

	join(tree, 1);
	ck_assert(!tree->is_stale(tree));
	ck_assert_str_eq(print_path(tree, 0), "1");
	/* no one else is below the second node */
	ck_assert_str_eq(print_path(tree, 2), "4>3");
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "5{K} 4{K} 1{5} 2{5} ");
	ck_assert_str_eq(print_path(tree, 0), "5>1");
	tree->destroy(tree);
}
END_TEST

START_TEST(lowest_free_slot_is_taken)
{
	gkm_key_forest_t *tree = create(3, 30);
	uint32_t left[] = { 17, 4, 29, 0, 5 }, expected[] = { 0, 4, 5, 17, 29, 30 };
	uint32_t slot;
	int i;

	for (i = 0; i < countof(left); i++)
	{
		tree->leave(tree, left[i]);
	}
	for (i = 0; i < countof(expected); i++)
	{
		ck_assert(tree->join(tree, &slot, &err));
		ck_assert_int_eq(slot, expected[i]);
	}
	ck_assert_int_eq(tree->get_count(tree), 31);
	tree->destroy(tree);
}
END_TEST

START_TEST(slot_that_is_used_again_has_another_key)
{
	gkm_key_forest_t *tree = create(2, 5);
	gkm_kwk_t *before, *after;

	before = get_kwk(tree, 3, 0);
	tree->leave(tree, 3);
	join(tree, 1);
	after = get_kwk(tree, 3, 0);
	ck_assert_int_ne(before->id, after->id);
	ck_assert(!chunk_equals(before->key, after->key));
	gkm_kwk_destroy(before);
	gkm_kwk_destroy(after);
	tree->destroy(tree);
}
END_TEST

START_TEST(leave_of_a_slot_without_member_is_ignored)
{
	gkm_key_forest_t *tree = create(2, 5);
	uint32_t slots[] = { 5, 7, 8, 64, GKM_KEY_TREE_MEMBERS_MAX, UINT32_MAX };
	int i;

	for (i = 0; i < countof(slots); i++)
	{
		tree->leave(tree, slots[i]);
		ck_assert_str_eq(print_path(tree, slots[i]), "");
	}
	ck_assert(!tree->is_stale(tree));
	ck_assert_int_eq(tree->get_count(tree), 5);
	tree->leave(tree, 2);
	tree->leave(tree, 2);
	ck_assert_int_eq(tree->get_count(tree), 4);
	tree->destroy(tree);
}
END_TEST

START_TEST(empty_tree_has_no_keys_to_wrap_with)
{
	gkm_key_forest_t *tree = create(2, 0);

	ck_assert_str_eq(print_rekey(), "");
	join(tree, 5);
	while (tree->get_count(tree))
	{
		tree->leave(tree, tree->get_count(tree) - 1);
	}
	ck_assert(tree->is_stale(tree));
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "");
	ck_assert(!tree->is_stale(tree));
	tree->destroy(tree);
}
END_TEST

static struct {
	u_int degree;
	size_t key_len;
	uint32_t next_id;
	bool possible;
} parameters[] = {
	{ 2,	16,	1,			TRUE },
	{ 3,	24,	1,			TRUE },
	{ 16,	32,	UINT32_MAX,	TRUE },
	{ 1,	32,	1,			FALSE },
	{ 0,	32,	1,			FALSE },
	{ 17,	32,	1,			FALSE },
	{ 2,	0,	1,			FALSE },
	{ 2,	20,	1,			FALSE },
	{ 2,	64,	1,			FALSE },
	{ 2,	32,	0,			FALSE },
};

START_TEST(degree_key_length_and_number_have_bounds)
{
	gkm_key_forest_t *tree;

	tree = gkm_key_forest_create(0, parameters[_i].degree, parameters[_i].key_len,
							   parameters[_i].next_id);
	ck_assert_msg((tree != NULL) == parameters[_i].possible,
				  "degree %u, %zu octets, number %u", parameters[_i].degree,
				  parameters[_i].key_len, parameters[_i].next_id);
	DESTROY_IF(tree);
}
END_TEST

/**
 * Note that a node changed
 */
static void print_change(void *user, gkm_key_tree_node_t *node)
{
	char *text = user;
	int len = strlen(text);

	ck_assert(node->kwk.key.len == (node->kwk.id ? KEY_LEN : 0));
	snprintf(text + len, TEXT_LEN - len, "%u/%u=%u ", node->level, node->index,
			 node->kwk.id);
}

/**
 * Describe changes: level/index=number of key
 */
static char *print_changes(gkm_key_forest_t *tree)
{
	static char text[TEXT_LEN];

	text[0] = '\0';
	tree->get_changes(tree, FALSE, print_change, text);
	return text;
}

START_TEST(tree_without_numbers_left_stays_as_it_was)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, 2, KEY_LEN, UINT32_MAX - 6);
	uint32_t slot = 77;

	/* three leaves and the node above the third, then a leaf */
	join(tree, 3);
	ck_assert_int_eq(tree->get_next_id(tree), UINT32_MAX - 2);
	tree->changes_stored(tree);
	join(tree, 1);
	ck_assert_int_eq(tree->get_next_id(tree), UINT32_MAX - 1);
	tree->changes_stored(tree);
	/* a leaf and two nodes */
	ck_assert(!tree->join(tree, &slot, &err));
	ck_assert_str_eq(err.text, "all numbers of keys were used");
	ck_assert_int_eq(slot, 77);
	ck_assert_int_eq(tree->get_count(tree), 4);
	ck_assert_str_eq(print_changes(tree), "");
	/* both nodes above leaves */
	tree->leave(tree, 2);
	tree->changes_stored(tree);
	ck_assert(!tree->refresh(tree, kwks, wraps, &err));
	ck_assert_str_eq(print_rekey(), "");
	ck_assert(tree->is_stale(tree));
	ck_assert_str_eq(print_changes(tree), "");
	ck_assert_int_eq(tree->get_next_id(tree), UINT32_MAX - 1);
	/* the last number, then none */
	join(tree, 1);
	ck_assert_int_eq(tree->get_next_id(tree), UINT32_MAX);
	tree->leave(tree, 2);
	ck_assert(!tree->join(tree, &slot, &err));
	tree->destroy(tree);
}
END_TEST

START_TEST(changes_are_told_until_they_are_stored)
{
	gkm_key_forest_t *tree = restore_example(0);

	ck_assert_str_eq(print_changes(tree), "");
	tree->leave(tree, 5);
	ck_assert_str_eq(print_changes(tree), "0/5=0 1/2=0 2/1=0 ");
	ck_assert_str_eq(print_changes(tree), "0/5=0 1/2=0 2/1=0 ");
	refresh(tree);
	ck_assert_str_eq(print_changes(tree), "0/5=0 1/2=16 2/1=15 ");
	tree->changes_stored(tree);
	ck_assert_str_eq(print_changes(tree), "");
	join(tree, 1);
	ck_assert_str_eq(print_changes(tree), "0/5=17 ");
	tree->destroy(tree);
}
END_TEST

START_TEST(nodes_above_one_that_wasnt_stored_are_stale)
{
	/* the one above E and F */
	gkm_key_forest_t *tree = restore_example(1 << 5);

	ck_assert(tree->is_stale(tree));
	ck_assert_int_eq(tree->get_count(tree), 8);
	ck_assert_str_eq(print_path(tree, 4), "11");
	ck_assert_str_eq(print_path(tree, 6), "6>13");
	ck_assert_str_eq(print_path(tree, 0), "1>3>7");
	ck_assert_str_eq(print_changes(tree), "2/1=0 ");
	refresh(tree);
	ck_assert_str_eq(print_rekey(), "1{K} 15{K} 16{15} 6{15} 11{16} 12{16} ");
	tree->destroy(tree);
}
END_TEST

START_TEST(node_stored_without_leaves_gives_no_one_its_key)
{
	/* leaves of G and H */
	gkm_key_forest_t *tree = restore_example(1 << 13 | 1 << 14);

	ck_assert_str_eq(print_changes(tree), "1/3=0 ");
	ck_assert_int_eq(tree->get_count(tree), 6);
	join(tree, 1);
	ck_assert_str_eq(print_path(tree, 6), "2>16>15");
	tree->destroy(tree);
}
END_TEST

START_TEST(nodes_are_restored_in_any_order)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, 2, KEY_LEN, 15);

	/* the tree grows with what comes */
	ck_assert(restore(tree, 0, 0, 7));
	ck_assert(restore(tree, 0, 6, 13));
	ck_assert(restore(tree, 2, 0, 1));
	ck_assert(restore(tree, 1, 3, 6));
	ck_assert(restore(tree, 1, 0, 3));
	ck_assert(restore(tree, 0, 1, 8));
	ck_assert(restore(tree, 2, 1, 2));
	ck_assert(!tree->is_stale(tree));
	ck_assert_str_eq(print_path(tree, 0), "1>3>7");
	ck_assert_str_eq(print_path(tree, 1), "1>3>8");
	ck_assert_str_eq(print_path(tree, 6), "2>6>13");
	ck_assert_int_eq(tree->get_count(tree), 3);
	tree->destroy(tree);
}
END_TEST

START_TEST(numbers_of_restored_keys_are_not_used_again)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, 2, KEY_LEN, 15);

	ck_assert(restore(tree, 0, 0, 30));
	ck_assert_int_eq(tree->get_next_id(tree), 31);
	ck_assert(restore(tree, 0, 1, 15));
	ck_assert_int_eq(tree->get_next_id(tree), 31);
	tree->destroy(tree);
}
END_TEST

/**
 * Nodes of a tree of degree 2 and next number 15, with leaf 1 in it
 */
static struct {
	uint32_t level;
	uint32_t index;
	uint32_t id;
	size_t len;
	bool possible;
} nodes[] = {
	{ 0,	0,			2,			KEY_LEN,		TRUE },
	{ 0,	0,			14,			KEY_LEN,		TRUE },
	{ 0,	0,			15,			KEY_LEN,		TRUE },
	{ 0,	(1 << 20) - 1,	2,		KEY_LEN,		TRUE },
	{ 19,	1,			2,			KEY_LEN,		TRUE },
	{ 5,	7,			0,			0,				TRUE },
	{ 0,	1,			2,			KEY_LEN,		FALSE },
	{ 0,	1 << 20,	2,			KEY_LEN,		FALSE },
	{ 0,	UINT32_MAX,	2,			KEY_LEN,		FALSE },
	{ 19,	2,			2,			KEY_LEN,		FALSE },
	{ 1,	1 << 19,	2,			KEY_LEN,		FALSE },
	{ 20,	0,			2,			KEY_LEN,		FALSE },
	{ UINT32_MAX, 0,	2,			KEY_LEN,		FALSE },
	{ UINT32_MAX, 0,	0,			0,				FALSE },
	{ 0,	0,			UINT32_MAX,	KEY_LEN,		FALSE },
	{ 0,	0,			0,			KEY_LEN,		FALSE },
	{ 0,	0,			2,			0,				FALSE },
	{ 0,	0,			2,			KEY_LEN - 8,	FALSE },
	{ 0,	0,			2,			KEY_LEN + 1,	FALSE },
};

START_TEST(node_that_cant_be_is_refused)
{
	gkm_key_forest_t *tree = gkm_key_forest_create(0, 2, KEY_LEN, 15);
	u_char key[KEY_LEN + 1] = {};
	gkm_key_tree_node_t node = {
		.level = nodes[_i].level,
		.index = nodes[_i].index,
		.kwk = {
			.id = nodes[_i].id,
			.key = chunk_create(key, nodes[_i].len),
		},
	};

	ck_assert(restore(tree, 0, 1, 1));
	ck_assert_msg(tree->restore(tree, &node, &err) == nodes[_i].possible,
				  "level %u, index %u, number %u, %zu octets: %s",
				  nodes[_i].level, nodes[_i].index, nodes[_i].id,
				  nodes[_i].len, err.text);
	if (!nodes[_i].possible)
	{
		ck_assert(err.text[0]);
		ck_assert_int_eq(tree->get_count(tree), 1);
		ck_assert_str_eq(print_path(tree, 1), "1");
		ck_assert(!tree->is_stale(tree));
	}
	tree->destroy(tree);
}
END_TEST

static u_int degrees[] = { 2, 3, 4, 8, 16 };

START_TEST(exclusion_takes_as_many_wraps_as_the_tree_is_high)
{
	u_int degree = degrees[_i], height = 1, slots, count = 1000;
	gkm_key_forest_t *tree = create(degree, count);
	uint32_t slot;

	for (slots = degree; slots < count; slots *= degree)
	{
		height++;
	}
	for (slot = 0; slot < count; slot += 37)
	{
		tree->leave(tree, slot);
		refresh(tree);
		ck_assert_msg(array_count(wraps) + array_count(kwks) <= degree * height,
					  "slot %u: %d wraps and %d keys, degree %u, height %u",
					  slot, array_count(wraps), array_count(kwks), degree,
					  height);
	}
	tree->destroy(tree);
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

START_TEST(member_takes_little_memory)
{
	u_int count = 100000;
	gkm_key_forest_t *tree;
	size_t before, each;

	before = allocated();
	tree = create(degrees[_i], count);
	each = (allocated() - before) / count;
	ck_assert_int_eq(tree->get_count(tree), count);
	ck_assert_msg(each < MEMBER_MEMORY, "%zu octets, degree %u", each,
				  degrees[_i]);
	ck_assert_msg(each > KEY_LEN, "only %zu octets?", each);
	tree->destroy(tree);
}
END_TEST

START_TEST(full_tree_takes_no_more_members)
{
	gkm_key_forest_t *tree;
	uint32_t slot = 1;

	tree = gkm_key_forest_create(0, 3, KEY_LEN, GKM_KEY_TREE_MEMBERS_MAX + 1);
	while (slot < GKM_KEY_TREE_MEMBERS_MAX && restore(tree, 0, slot, slot))
	{
		slot++;
	}
	join(tree, 1);
	ck_assert_int_eq(tree->get_count(tree), GKM_KEY_TREE_MEMBERS_MAX);
	ck_assert(!tree->join(tree, &slot, &err));
	ck_assert_str_eq(err.text, "the key tree has no room for more than 1048576 "
					 "members");
	tree->leave(tree, 1);
	ck_assert(tree->join(tree, &slot, &err));
	ck_assert_int_eq(slot, 1);
	tree->destroy(tree);
}
END_TEST

Suite *gkm_key_tree_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_key_tree");

	tc = tcase_create("rekey");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, exclusion_is_wrapped_as_in_the_rfc);
	tcase_add_test(tc, several_exclusions_share_new_keys);
	tcase_add_test(tc, node_without_members_is_gone);
	tcase_add_test(tc, new_member_isnt_given_stale_keys);
	tcase_add_test(tc, only_level_has_members_keys_wrap_the_rekey_sa);
	tcase_add_test(tc, node_above_a_tree_that_grew_is_stale);
	tcase_add_test(tc, empty_tree_has_no_keys_to_wrap_with);
	suite_add_tcase(s, tc);

	tc = tcase_create("slots");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lowest_free_slot_is_taken);
	tcase_add_test(tc, slot_that_is_used_again_has_another_key);
	tcase_add_test(tc, leave_of_a_slot_without_member_is_ignored);
	suite_add_tcase(s, tc);

	tc = tcase_create("bounds");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, degree_key_length_and_number_have_bounds, 0,
						countof(parameters));
	tcase_add_test(tc, tree_without_numbers_left_stays_as_it_was);
	suite_add_tcase(s, tc);

	tc = tcase_create("storing");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, changes_are_told_until_they_are_stored);
	tcase_add_test(tc, nodes_above_one_that_wasnt_stored_are_stale);
	tcase_add_test(tc, node_stored_without_leaves_gives_no_one_its_key);
	tcase_add_test(tc, nodes_are_restored_in_any_order);
	tcase_add_test(tc, numbers_of_restored_keys_are_not_used_again);
	tcase_add_loop_test(tc, node_that_cant_be_is_refused, 0, countof(nodes));
	suite_add_tcase(s, tc);

	tc = tcase_create("large groups");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, exclusion_takes_as_many_wraps_as_the_tree_is_high,
						0, countof(degrees));
	tcase_add_loop_test(tc, member_takes_little_memory, 0, countof(degrees));
	tcase_add_test(tc, full_tree_takes_no_more_members);
	suite_add_tcase(s, tc);

	return s;
}
