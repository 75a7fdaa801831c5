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


#include <check.h>

#include "libgkm/gdoi/gdoi_key_packet.h"
#include "libgkm/gdoi/gdoi_lkh.h"
#include "libgkm/keys/gkm_key_forest.h"
#include "libgkm/keys/gkm_keymat.h"

#include "gdoi_samples.h"

/** LKH IDs of the nodes of the tree below, and numbers of their keys */
#define NODE_A	0x1000
#define NODE_B	0x1001
#define NODE_C	0x0800
#define NODE_D	0x0801
#define LEAF_A	0x0000
#define LEAF_B	0x0001
#define LEAF_D	0x0002
#define LEAF_E	0x0004
#define NEW_A	0x21
#define NEW_C	0x20

/**
 * Rekey of a group that a member left:
 *
 *              rekey SA
 *             /        \
 *           A            B          A and C are new, since member a is to be
 *         /   \          |          excluded
 *       C       D        |
 *      / \      |        |
 *    (a)  b     d        e
 */
typedef struct {
	gkm_kwk_t *a;
	gkm_kwk_t *b;
	gkm_kwk_t *c;
	gkm_kwk_t *d;
	gkm_kwk_t *leaf_b;
	gkm_update_t *update;
} tree_t;

/**
 * Make a rekey SA
 *
 * @param bits		bits in the key of AES, 0 for 3DES
 */
static gkm_rekey_sa_t *create_rekey_sa(uint16_t bits)
{
	gkm_download_t *download = gdoi_sample_create(0);
	gkm_rekey_sa_t *sa = download->rekey;

	download->rekey = NULL;
	gkm_download_destroy(download);
	sa->proposal->destroy(sa->proposal);
	sa->proposal = proposal_create(PROTO_GDOI_KEK, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								bits ? ENCR_AES_CBC : ENCR_3DES, bits);
	chunk_clear(&sa->key);
	sa->key = count_up(0x40, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Add a new key to the update
 */
static void add_wrap(tree_t *this, gkm_kwk_t *key, gkm_kwk_t *kwk)
{
	gkm_wrap_t wrap = {
		.key = key,
		.kwk = kwk,
	};

	array_insert_create_value(&this->update->wraps, sizeof(wrap), ARRAY_TAIL,
							  &wrap);
}

/**
 * Make the tree
 */
static void tree_init(tree_t *this, uint16_t bits)
{
	size_t len = bits / 8 ?: 24;

	*this = (tree_t){
		.a = gdoi_sample_kwk(NEW_A, NODE_A, len),
		.b = gdoi_sample_kwk(6, NODE_B, len),
		.c = gdoi_sample_kwk(NEW_C, NODE_C, len),
		.d = gdoi_sample_kwk(5, NODE_D, len),
		.leaf_b = gdoi_sample_kwk(2, LEAF_B, len),
		.update = gkm_update_create(),
	};
	this->update->download->rekey = create_rekey_sa(bits);
	add_wrap(this, this->a, this->c);
	add_wrap(this, this->a, this->d);
	add_wrap(this, this->c, this->leaf_b);
	array_insert_create(&this->update->kwks, ARRAY_TAIL, this->a);
	array_insert_create(&this->update->kwks, ARRAY_TAIL, this->b);
}

/**
 * Destroy the tree
 */
static void tree_clear(tree_t *this)
{
	gkm_update_destroy(this->update);
	gkm_kwk_destroy(this->a);
	gkm_kwk_destroy(this->b);
	gkm_kwk_destroy(this->c);
	gkm_kwk_destroy(this->d);
	gkm_kwk_destroy(this->leaf_b);
}

CALLBACK(clear_data, void,
	chunk_t *data, int idx, void *user)
{
	chunk_clear(data);
}

CALLBACK(destroy_kwk, void,
	gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/**
 * Destroy a path
 */
static void destroy_path(array_t *path)
{
	array_destroy_function(path, (void*)destroy_kwk, NULL);
}

/**
 * Write the update arrays
 */
static array_t *write_arrays(tree_t *this)
{
	array_t *arrays = array_create(sizeof(chunk_t), 0);
	gkm_error_t err = {};

	ck_assert_msg(gdoi_lkh_build_updates(this->update, 65535, arrays, &err),
				  "%s", err.text);
	return arrays;
}

/**
 * Make a path of nodes and numbers of keys, ending with a number of 0
 */
typedef struct {
	uint16_t node;
	uint32_t id;
} step_t;

static array_t *create_path(step_t *steps, size_t len)
{
	array_t *path = array_create(0, 0);

	for (; steps->id; steps++)
	{
		array_insert(path, ARRAY_TAIL,
					 gdoi_sample_kwk(steps->id, steps->node, len));
	}
	return path;
}

/**
 * Check a path
 */
static void assert_path(array_t *path, step_t *steps, size_t len,
						const char *what)
{
	gkm_kwk_t *kwk;
	chunk_t key;
	int i;

	for (i = 0; array_get(path, i, &kwk); i++, steps++)
	{
		ck_assert_msg(kwk->node == steps->node && kwk->id == steps->id,
					  "%s: key %u of node 0x%.4x at %d instead of %u of 0x%.4x",
					  what, kwk->id, kwk->node, i, steps->id, steps->node);
		key = count_up(steps->id, len);
		ck_assert_msg(chunk_equals(kwk->key, key), "%s: key %u", what, kwk->id);
		chunk_free(&key);
	}
	ck_assert_msg(!steps->id, "%s: path of %d keys", what, i);
}

/**
 * What was encrypted by an independent implementation of AES, for keys of 128
 * bits
 */
#define A_BY_D \
	"717ab76f2dbe2f9d344894fbaec205e3a1897cbb72c60efbb09af9d7b0b3a29f"
#define C_BY_LEAF_B \
	"902d0d2dae36b0c85b024376fa62fd4d821cad51db6d467752ada1a9c90adb8d"
#define A_BY_C \
	"ae3a71384013479e5a259218e4df8cbf31b8abf6ad88253aa8f299f7153f908a"
#define KEK_BY_A \
	"230b436b347cf9391ff717fcc3963e45f1b4c5e921902f930c8a0846202ff8fe"
#define KEK_BY_B \
	"8fb1ac44adef45d1bb8354048e2e2e852ce5b1922aa5e48b7a6c4dbfca3dc738"

/** The same for 192 bits, padded, and 3DES; and with an IV that counts up from
 *  0x90 */
#define KEK_BY_B_192 \
	"922d428c4d14f7235e2f1da18e9397381a2ca09c5fe6cdaab82113398fd0e2df" \
	"aa8682cabbb514df216b7735978758b3"
#define KEK_BY_B_3DES \
	"58afe9ec286703c27caf6f950579e7d608efed13b7dc2ce93ab481c1f727bc5b"
#define KEK_BY_B_IV \
	"b49ea3041988a9cf8d4064bb5b2c28b3a1230ddcfa72b100fa1317788eb693cb"

/** Keys in arrays, without Key Data */
#define NO_DATES	"00000000 00000000"
#define ENTRY_A		"1000 03 00" NO_DATES "00000021"
#define ENTRY_C		"0800 03 00" NO_DATES "00000020"
#define ENTRY_KEK	"f800 03 00" NO_DATES "01020304"

/** Headers of arrays: number of keys, key that encrypts the first */
#define HEAD_D		"01 0002 00 0801 0000 00000005"
#define HEAD_LEAF_B	"01 0003 00 0001 0000 00000002"
#define HEAD_B		"01 0001 00 1001 0000 00000006"

/** Arrays of the tree above */
#define ARRAY_D		HEAD_D ENTRY_A A_BY_D ENTRY_KEK KEK_BY_A
#define ARRAY_LEAF_B HEAD_LEAF_B ENTRY_C C_BY_LEAF_B ENTRY_A A_BY_C \
					ENTRY_KEK KEK_BY_A
#define ARRAY_B		HEAD_B ENTRY_KEK KEK_BY_B

START_TEST(arrays_lead_from_keys_that_members_hold_to_that_of_the_rekey_sa)
{
	const char *expected[] = { ARRAY_D, ARRAY_LEAF_B, ARRAY_B };
	array_t *arrays;
	chunk_t data, hex;
	tree_t tree;
	int i;

	tree_init(&tree, 128);
	arrays = write_arrays(&tree);
	ck_assert_int_eq(array_count(arrays), countof(expected));
	for (i = 0; array_get(arrays, i, &data); i++)
	{
		hex = unhex(expected[i]);
		ck_assert_msg(chunk_equals(data, hex), "%d: %#B\ninstead of %#B", i,
					  &data, &hex);
		chunk_free(&hex);
	}
	array_destroy_function(arrays, (void*)clear_data, NULL);
	tree_clear(&tree);
}
END_TEST

START_TEST(keys_of_other_lengths_are_padded_to_whole_blocks)
{
	struct {
		uint16_t bits;
		const char *hex;
	} arrays[] = {
		{ 192, HEAD_B ENTRY_KEK KEK_BY_B_192 },
		{ 0, HEAD_B "f800 02 00" NO_DATES "01020304" KEK_BY_B_3DES },
	};
	step_t steps[] = { { NODE_B, 6 }, { LEAF_E, 3 }, {} };
	chunk_t expected = unhex(arrays[_i].hex), data;
	size_t len = arrays[_i].bits / 8 ?: 24;
	array_t *got, *held, *path;
	gkm_rekey_sa_t *sa;
	gkm_error_t err = {};
	bool excluded;
	tree_t tree;

	tree_init(&tree, arrays[_i].bits);
	got = write_arrays(&tree);
	ck_assert(array_get(got, 2, &data));
	ck_assert_msg(chunk_equals(data, expected), "%#B\ninstead of %#B", &data,
				  &expected);
	sa = create_rekey_sa(arrays[_i].bits);
	chunk_clear(&sa->key);
	held = create_path(steps, len);
	path = array_create(0, 0);
	ck_assert_msg(gdoi_lkh_parse_updates(got, sa, held, path, &excluded, &err),
				  "%s", err.text);
	ck_assert(!excluded);
	ck_assert(chunk_equals(sa->key, tree.update->download->rekey->key));
	assert_path(path, steps, len, "path");
	destroy_path(held);
	destroy_path(path);
	gkm_rekey_sa_destroy(sa);
	array_destroy_function(got, (void*)clear_data, NULL);
	chunk_free(&expected);
	tree_clear(&tree);
}
END_TEST

START_TEST(member_gets_the_new_keys_above_one_that_it_holds)
{
	struct {
		const char *name;
		step_t held[5];
		step_t path[5];
		bool excluded;
	} members[] = {
		{ "a", { { NODE_A, 9 }, { NODE_C, 8 }, { LEAF_A, 1 } }, {}, TRUE },
		{ "b", { { NODE_A, 9 }, { NODE_C, 8 }, { LEAF_B, 2 } },
		  { { NODE_A, NEW_A }, { NODE_C, NEW_C }, { LEAF_B, 2 } } },
		{ "d", { { NODE_A, 9 }, { NODE_D, 5 }, { LEAF_D, 4 } },
		  { { NODE_A, NEW_A }, { NODE_D, 5 }, { LEAF_D, 4 } } },
		{ "e", { { NODE_B, 6 }, { LEAF_E, 3 } },
		  { { NODE_B, 6 }, { LEAF_E, 3 } } },
		/* registered when A and C were stale, so never got them */
		{ "b, late", { { LEAF_B, 2 } },
		  { { NODE_A, NEW_A }, { NODE_C, NEW_C }, { LEAF_B, 2 } } },
		/* has C already, from another copy of the tree */
		{ "b, early", { { NODE_A, 9 }, { NODE_C, NEW_C }, { LEAF_B, 7 } },
		  { { NODE_A, NEW_A }, { NODE_C, NEW_C }, { LEAF_B, 7 } } },
		/* a key that isn't in the array between */
		{ "d, deep", { { NODE_A, 9 }, { 0x0c00, 7 }, { NODE_D, 5 } },
		  { { NODE_A, NEW_A }, { 0x0c00, 7 }, { NODE_D, 5 } } },
		/* the right node, but another key */
		{ "d, stale", { { NODE_D, 4 } }, {}, TRUE },
		/* the right key number, but another node */
		{ "d, elsewhere", { { NODE_C, 5 } }, {}, TRUE },
		{ "nobody", {}, {}, TRUE },
	};
	array_t *arrays, *held, *path;
	gkm_error_t err = {};
	gkm_rekey_sa_t *sa;
	bool excluded;
	tree_t tree;

	tree_init(&tree, 128);
	arrays = write_arrays(&tree);
	sa = create_rekey_sa(128);
	chunk_clear(&sa->key);
	held = create_path(members[_i].held, 16);
	path = array_create(0, 0);
	ck_assert_msg(gdoi_lkh_parse_updates(arrays, sa, held, path, &excluded,
										 &err), "%s: %s", members[_i].name,
				  err.text);
	ck_assert_msg(excluded == members[_i].excluded, "%s: excluded %d",
				  members[_i].name, excluded);
	if (excluded)
	{
		ck_assert(!sa->key.len);
	}
	else
	{
		ck_assert(chunk_equals(sa->key, tree.update->download->rekey->key));
	}
	assert_path(path, members[_i].path, 16, members[_i].name);
	destroy_path(held);
	destroy_path(path);
	gkm_rekey_sa_destroy(sa);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	tree_clear(&tree);
}
END_TEST

/** Members of a key tree, every how many of them leave, and octets that arrays
 *  may have */
#define MEMBERS 60
#define LEAVERS 7
#define ARRAYS_MAX (1 << 20)

/**
 * Get the path of a member
 */
static array_t *get_path(gkm_key_forest_t *tree, uint32_t slot)
{
	array_t *path = array_create(0, 0);

	ck_assert(tree->get_path(tree, slot, path));
	return path;
}

/**
 * Check that a member that stayed gets from the arrays what the tree has for
 * it, and that others get nothing
 *
 * @param held		path that it had, destroyed
 */
static void assert_follows(gkm_key_forest_t *tree, uint32_t slot, bool stayed,
						   array_t *held, array_t *arrays, chunk_t key)
{
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	array_t *path = array_create(0, 0), *expected;
	gkm_kwk_t *kwk, *other;
	gkm_error_t err = {};
	bool excluded;
	int i;

	chunk_clear(&sa->key);
	ck_assert_msg(gdoi_lkh_parse_updates(arrays, sa, held, path, &excluded,
										 &err), "%u: %s", slot, err.text);
	ck_assert_msg(excluded == !stayed, "%u: excluded %d", slot, excluded);
	if (stayed)
	{
		ck_assert_msg(chunk_equals(sa->key, key), "%u: rekey key", slot);
		expected = get_path(tree, slot);
		ck_assert_int_eq(array_count(path), array_count(expected));
		for (i = 0; array_get(path, i, &kwk); i++)
		{
			array_get(expected, i, &other);
			ck_assert_msg(kwk->id == other->id && kwk->node == other->node &&
						  chunk_equals(kwk->key, other->key),
						  "%u: key %u at %d instead of %u", slot, kwk->id, i,
						  other->id);
		}
		destroy_path(expected);
	}
	destroy_path(path);
	destroy_path(held);
	gkm_rekey_sa_destroy(sa);
}

START_TEST(members_that_stay_follow_a_key_tree_and_others_do_not)
{
	u_int degrees[] = { 2, 3, 16 };
	gkm_update_t *update = gkm_update_create();
	array_t *held[MEMBERS], *arrays;
	gkm_error_t err = {};
	gkm_key_forest_t *tree;
	uint32_t slots[MEMBERS];
	int i;

	tree = gkm_key_forest_create(0, degrees[_i], 16, 1);
	for (i = 0; i < MEMBERS; i++)
	{
		ck_assert_msg(tree->join(tree, &slots[i], &err), "%s", err.text);
	}
	/* nodes that came when the tree grew get their keys */
	ck_assert_msg(tree->refresh(tree, update->kwks, update->wraps, &err), "%s",
				  err.text);
	gkm_update_destroy(update);
	for (i = 0; i < MEMBERS; i++)
	{
		held[i] = get_path(tree, slots[i]);
	}
	for (i = 0; i < MEMBERS; i += LEAVERS)
	{
		tree->leave(tree, slots[i]);
	}
	update = gkm_update_create();
	ck_assert_msg(tree->refresh(tree, update->kwks, update->wraps, &err), "%s",
				  err.text);
	update->download->rekey = create_rekey_sa(128);
	arrays = array_create(sizeof(chunk_t), 0);
	ck_assert_msg(gdoi_lkh_build_updates(update, ARRAYS_MAX, arrays, &err),
				  "%s", err.text);
	for (i = 0; i < MEMBERS; i++)
	{
		assert_follows(tree, slots[i], i % LEAVERS != 0, held[i], arrays,
					   update->download->rekey->key);
	}
	array_destroy_function(arrays, (void*)clear_data, NULL);
	gkm_update_destroy(update);
	tree->destroy(tree);
}
END_TEST

/**
 * How many octets gdoi_lkh_fits() says are too many
 */
static size_t get_estimate(gkm_update_t *update)
{
	gkm_error_t err = {};
	size_t len = 0;

	ck_assert(!gdoi_lkh_fits(update, &err));
	ck_assert_msg(sscanf(err.text, "new keys of the key tree take %zu", &len),
				  "%s", err.text);
	return len;
}

START_TEST(arrays_take_as_many_octets_as_was_said_before)
{
	u_int degrees[] = { 2, 3, 16 }, members = 2000, i;
	gkm_update_t *update = gkm_update_create();
	gkm_error_t err = {};
	gkm_key_forest_t *tree;
	array_t *arrays;
	chunk_t array;
	size_t len = 0;
	uint32_t slot;

	tree = gkm_key_forest_create(0, degrees[_i], 32, 1);
	for (i = 0; i < members; i++)
	{
		ck_assert(tree->join(tree, &slot, &err));
	}
	ck_assert(tree->refresh(tree, update->kwks, update->wraps, &err));
	gkm_update_destroy(update);
	for (i = 0; i < members; i += 16)
	{
		tree->leave(tree, i);
	}
	update = gkm_update_create();
	ck_assert(tree->refresh(tree, update->kwks, update->wraps, &err));
	update->download->rekey = create_rekey_sa(256);
	arrays = array_create(sizeof(chunk_t), 0);
	ck_assert_msg(gdoi_lkh_build_updates(update, ARRAYS_MAX, arrays, &err),
				  "%s", err.text);
	for (i = 0; array_get(arrays, i, &array); i++)
	{
		len += GDOI_ATTRIBUTE_LEN + array.len;
	}
	ck_assert_int_eq(get_estimate(update), len);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	gkm_update_destroy(update);
	tree->destroy(tree);
}
END_TEST

START_TEST(member_without_a_path_is_excluded)
{
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	array_t *arrays, *path;
	gkm_error_t err = {};
	bool excluded;
	tree_t tree;

	tree_init(&tree, 128);
	chunk_clear(&sa->key);
	arrays = write_arrays(&tree);
	path = array_create(0, 0);
	ck_assert_msg(gdoi_lkh_parse_updates(arrays, sa, NULL, path, &excluded,
										 &err), "%s", err.text);
	ck_assert(excluded);
	ck_assert_int_eq(array_count(path), 0);
	array_destroy(path);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	gkm_rekey_sa_destroy(sa);
	tree_clear(&tree);
}
END_TEST

START_TEST(ivs_of_other_key_servers_are_used)
{
	chunk_t data = unhex(HEAD_B ENTRY_KEK KEK_BY_B_IV);
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	step_t steps[] = { { NODE_B, 6 }, {} };
	chunk_t expected = chunk_clone(sa->key);
	array_t *arrays, *held, *path;
	gkm_error_t err = {};
	bool excluded;
	gkm_kwk_t *kwk;

	chunk_clear(&sa->key);
	arrays = array_create(sizeof(chunk_t), 0);
	array_insert(arrays, ARRAY_TAIL, &data);
	held = create_path(steps, 16);
	array_get(held, 0, &kwk);
	kwk->iv = count_up(0x90, 16);
	path = array_create(0, 0);
	ck_assert_msg(gdoi_lkh_parse_updates(arrays, sa, held, path, &excluded,
										 &err), "%s", err.text);
	ck_assert(chunk_equals(sa->key, expected));
	array_get(path, 0, &kwk);
	ck_assert_int_eq(kwk->iv.len, 16);
	destroy_path(held);
	destroy_path(path);
	array_destroy(arrays);
	chunk_free(&data);
	chunk_clear(&expected);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

/**
 * Update arrays to refuse, read by a member that holds B, and D below A
 */
static struct {
	const char *hex;
	const char *reason;
} bad_updates[] = {
	{ "", "incomplete" },
	{ "01 0001 00 1001 0000 000000", "incomplete" },
	{ "02 0001 00 1001 0000 00000006" ENTRY_KEK KEK_BY_B, "another version" },
	{ "01 0000 00 1001 0000 00000006", "0 keys" },
	{ "01 0041 00 1001 0000 00000006" ENTRY_KEK KEK_BY_B, "65 keys" },
	{ "01 0002 00 1001 0000 00000006" ENTRY_KEK KEK_BY_B, "incomplete key" },
	{ "01 0001 00 1001 0000 00000006" ENTRY_KEK KEK_BY_B "00", "1 octets" },
	{ "01 0001 00 1001 0000 00000006 f800 02 00" NO_DATES "01020304" KEK_BY_B,
	  "type 2 instead of 3" },
	/* a key below, or beside the one that encrypts it */
	{ "01 0002 00 1001 0000 00000006 0801 03 00" NO_DATES "00000005" A_BY_D
	  ENTRY_KEK KEK_BY_A, "isn't above" },
	{ "01 0002 00 1001 0000 00000006 1001 03 00" NO_DATES "00000007" A_BY_D
	  ENTRY_KEK KEK_BY_A, "isn't above" },
};

START_TEST(update_array_that_is_not_as_the_rfc_says_is_refused)
{
	step_t steps[] = { { NODE_B, 6 }, { NODE_D, 5 }, {} };
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	chunk_t data = unhex(bad_updates[_i].hex);
	array_t *arrays, *held, *path;
	gkm_error_t err = {};
	bool excluded;

	chunk_clear(&sa->key);
	arrays = array_create(sizeof(chunk_t), 0);
	array_insert(arrays, ARRAY_TAIL, &data);
	held = create_path(steps, 16);
	path = array_create(0, 0);
	ck_assert_msg(!gdoi_lkh_parse_updates(arrays, sa, held, path, &excluded,
										  &err), "%s", bad_updates[_i].hex);
	ck_assert_msg(strstr(err.text, bad_updates[_i].reason),
				  "'%s' instead of '%s'", err.text, bad_updates[_i].reason);
	ck_assert(!sa->key.len);
	destroy_path(held);
	destroy_path(path);
	array_destroy(arrays);
	chunk_free(&data);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

START_TEST(array_for_others_has_to_be_well_formed_too)
{
	chunk_t data[] = {
		unhex(ARRAY_B), unhex("01 0001 00 0801 0000 00000005" ENTRY_KEK),
	};
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	step_t steps[] = { { NODE_B, 6 }, {} };
	array_t *arrays, *held, *path;
	gkm_error_t err = {};
	bool excluded;

	chunk_clear(&sa->key);
	arrays = array_create(sizeof(chunk_t), 0);
	array_insert(arrays, ARRAY_TAIL, &data[0]);
	array_insert(arrays, ARRAY_TAIL, &data[1]);
	held = create_path(steps, 16);
	path = array_create(0, 0);
	ck_assert(!gdoi_lkh_parse_updates(arrays, sa, held, path, &excluded,
									  &err));
	ck_assert_msg(strstr(err.text, "incomplete key"), "%s", err.text);
	destroy_path(held);
	destroy_path(path);
	array_destroy(arrays);
	chunk_free(&data[0]);
	chunk_free(&data[1]);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

START_TEST(keys_that_lead_nowhere_are_not_written)
{
	gkm_error_t err = {};
	const char *reason;
	array_t *arrays;
	tree_t tree;

	tree_init(&tree, 128);
	switch (_i)
	{
		case 0:
			/* A encrypts nothing */
			array_remove(tree.update->kwks, ARRAY_HEAD, NULL);
			reason = "doesn't lead";
			break;
		case 1:
			/* a circle */
			array_remove(tree.update->kwks, ARRAY_HEAD, NULL);
			add_wrap(&tree, tree.c, tree.a);
			reason = "doesn't lead";
			break;
		case 2:
			tree.c->key.len--;
			reason = "15 octets";
			break;
		case 3:
			tree.leaf_b->key.len--;
			reason = "15 octets";
			break;
		default:
			tree.update->download->rekey->key.len--;
			reason = "31 octets instead of 32";
			break;
	}
	arrays = array_create(sizeof(chunk_t), 0);
	ck_assert_msg(!gdoi_lkh_build_updates(tree.update, 65535, arrays, &err),
				  "%d: written", _i);
	ck_assert_msg(strstr(err.text, reason), "'%s' instead of '%s'", err.text,
				  reason);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	tree_clear(&tree);
}
END_TEST

START_TEST(arrays_that_do_not_fit_are_not_written)
{
	/* octets in the three arrays */
	size_t all = 12 + 2 * 48 + 12 + 3 * 48 + 12 + 48;
	gkm_error_t err = {};
	array_t *arrays;
	tree_t tree;

	tree_init(&tree, 128);
	arrays = array_create(sizeof(chunk_t), 0);
	ck_assert_msg(gdoi_lkh_build_updates(tree.update, all, arrays, &err), "%s",
				  err.text);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	arrays = array_create(sizeof(chunk_t), 0);
	ck_assert(!gdoi_lkh_build_updates(tree.update, all - 1, arrays, &err));
	ck_assert_msg(strstr(err.text, "don't fit"), "%s", err.text);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	tree_clear(&tree);
}
END_TEST

/** Key Data of keys in a download array */
#define DATA_LEAF	"00000000000000000000000000000000" \
					"02030405060708090a0b0c0d0e0f1011"
#define DATA_NODE	"00000000000000000000000000000000" \
					"05060708090a0b0c0d0e0f1011121314"
#define DATA_KEK \
	"404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define ENTRY_LEAF	"0001 03 00" NO_DATES "00000002"
#define ENTRY_NODE	"0801 03 00" NO_DATES "00000005"

START_TEST(download_array_begins_with_the_key_of_the_member)
{
	chunk_t data, expected = unhex("01 0003 00" ENTRY_LEAF DATA_LEAF ENTRY_NODE
								   DATA_NODE ENTRY_KEK DATA_KEK);
	step_t steps[] = { { NODE_D, 5 }, { LEAF_B, 2 }, {} };
	gkm_rekey_sa_t *sa = create_rekey_sa(128), *got = create_rekey_sa(128);
	array_t *path = create_path(steps, 16), *got_path = array_create(0, 0);
	gkm_error_t err = {};

	ck_assert_msg(gdoi_lkh_build_download(sa, path, &data, &err), "%s",
				  err.text);
	ck_assert_msg(chunk_equals(data, expected), "%#B\ninstead of %#B", &data,
				  &expected);
	chunk_clear(&got->key);
	ck_assert_msg(gdoi_lkh_parse_download(data, got, got_path, &err), "%s",
				  err.text);
	ck_assert(chunk_equals(got->key, sa->key));
	assert_path(got_path, steps, 16, "download");
	destroy_path(path);
	destroy_path(got_path);
	chunk_clear(&data);
	chunk_free(&expected);
	gkm_rekey_sa_destroy(sa);
	gkm_rekey_sa_destroy(got);
}
END_TEST

START_TEST(download_array_that_is_not_as_the_rfc_says_is_refused)
{
	struct {
		const char *hex;
		const char *reason;
	} arrays[] = {
		{ "", "incomplete" },
		{ "01 0001", "incomplete" },
		{ "00 0001 00" ENTRY_KEK DATA_KEK, "another version" },
		{ "01 0000 00", "0 keys" },
		{ "01 0041 00" ENTRY_KEK DATA_KEK, "65 keys" },
		{ "01 0002 00" ENTRY_KEK DATA_KEK, "incomplete key" },
		{ "01 0001 00" ENTRY_KEK DATA_KEK "00", "1 octets after" },
		{ "01 0001 00 f800 02 00" NO_DATES "01020304" DATA_KEK,
		  "type 2 instead of 3" },
		{ "01 0003 00" ENTRY_LEAF DATA_LEAF ENTRY_LEAF DATA_NODE ENTRY_KEK
		  DATA_KEK, "second key 1" },
	};
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	array_t *path = array_create(0, 0);
	chunk_t data = unhex(arrays[_i].hex);
	gkm_error_t err = {};

	chunk_clear(&sa->key);
	ck_assert_msg(!gdoi_lkh_parse_download(data, sa, path, &err), "%s",
				  arrays[_i].hex);
	ck_assert_msg(strstr(err.text, arrays[_i].reason), "'%s' instead of '%s'",
				  err.text, arrays[_i].reason);
	destroy_path(path);
	chunk_free(&data);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

START_TEST(path_that_does_not_go_with_the_rekey_sa_is_not_written)
{
	step_t steps[] = { { NODE_D, 5 }, { LEAF_B, 2 }, {} };
	gkm_rekey_sa_t *sa = create_rekey_sa(128);
	array_t *path = create_path(steps, _i ? 16 : 24);
	gkm_error_t err = {};
	chunk_t data;
	int i;

	for (i = 0; _i && i < GDOI_LKH_KEYS_MAX; i++)
	{
		array_insert(path, ARRAY_HEAD, gdoi_sample_kwk(i + 10, i + 10, 16));
	}
	ck_assert(!gdoi_lkh_build_download(sa, path, &data, &err));
	ck_assert_msg(strstr(err.text, _i ? "path of 66 keys" : "24 octets"), "%s",
				  err.text);
	destroy_path(path);
	gkm_rekey_sa_destroy(sa);
}
END_TEST

Suite *gdoi_lkh_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_lkh");

	tc = tcase_create("download");
	tcase_add_test(tc, download_array_begins_with_the_key_of_the_member);
	tcase_add_loop_test(tc,
				download_array_that_is_not_as_the_rfc_says_is_refused, 0, 9);
	tcase_add_loop_test(tc,
				path_that_does_not_go_with_the_rekey_sa_is_not_written, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("update");
	tcase_add_test(tc,
			arrays_lead_from_keys_that_members_hold_to_that_of_the_rekey_sa);
	tcase_add_loop_test(tc, keys_of_other_lengths_are_padded_to_whole_blocks,
						0, 2);
	tcase_add_loop_test(tc, member_gets_the_new_keys_above_one_that_it_holds,
						0, 10);
	tcase_add_loop_test(tc,
				members_that_stay_follow_a_key_tree_and_others_do_not, 0, 3);
	tcase_add_loop_test(tc, arrays_take_as_many_octets_as_was_said_before, 0,
						3);
	tcase_add_test(tc, member_without_a_path_is_excluded);
	tcase_add_test(tc, ivs_of_other_key_servers_are_used);
	tcase_add_loop_test(tc,
				update_array_that_is_not_as_the_rfc_says_is_refused, 0,
				countof(bad_updates));
	tcase_add_test(tc, array_for_others_has_to_be_well_formed_too);
	tcase_add_loop_test(tc, keys_that_lead_nowhere_are_not_written, 0, 5);
	tcase_add_test(tc, arrays_that_do_not_fit_are_not_written);
	suite_add_tcase(s, tc);

	return s;
}
