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

#include <collections/hashtable.h>

#include "libgkm/keys/gkm_key_forest.h"
#include "libgkm/keys/gkm_key_wrap.h"
#include "libgkm/keys/gkm_random.h"

/**
 * A group with a key tree, members who know only what they were given, and an
 * attacker who knows all that members who left ever knew. Members follow RFC
 * 9838, 3.3. The attacker reads all that was ever sent, and tries each key
 * that it knows, whatever its number.
 */

/** Octets in the key of the rekey SA; it differs from those of nodes */
#define REKEY_KEY_LEN 68

/** Random groups, and what happens in each */
#define SEEDS 30
#define STEPS 250

/** Steps after which groups start to shrink, or to grow again */
#define PHASE 50

/**
 * A key that was sent, wrapped with another one.
 */
typedef struct {
	/** number of the key, 0 if it is the rekey SA's */
	uint32_t id;
	/** number of the key that wraps it */
	uint32_t kwk_id;
	/** what members see */
	chunk_t wrapped;
	/** both keys, to know what the attacker can unwrap */
	chunk_t key;
	chunk_t kwk;
} sealed_t;

/**
 * A member: its leaf, its Working Key Path, the key of the rekey SA.
 */
typedef struct {
	uint32_t slot;
	array_t *path;
	chunk_t rekey;
} member_t;

/** Key tree */
static gkm_key_forest_t *tree;

/** What it was created with */
static u_int degree;
static size_t key_len;

/** Current members, as member_t* */
static array_t *members;

/** Key of the rekey SA */
static chunk_t rekey;

/** It has to be replaced */
static bool pending;

/** Keys that the attacker knows, as chunk_t*, keyed by themselves */
static hashtable_t *known;

/** What was sent, but the attacker couldn't unwrap yet, as sealed_t* */
static array_t *unopened;

/** Nodes that were stored, as gkm_key_tree_node_t* with keys of their own */
static array_t *stored;

/** Where random sequences start, and how far they are */
static uint32_t seed;
static int step;

static uint32_t random_state;
static gkm_error_t err;

/** Like ck_assert_msg(), which writes to a file each time, even on success */
#define holds(cond, fmt, ...) do { \
	if (!(cond)) \
	{ \
		ck_abort_msg("seed %u, step %d: " fmt, seed, step, ##__VA_ARGS__); \
	} \
} while (0)

/**
 * Next number of a sequence that depends on the seed only (xorshift)
 */
static uint32_t next_random(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

static void destroy_sealed(sealed_t *sealed, int idx, void *user)
{
	chunk_clear(&sealed->wrapped);
	chunk_clear(&sealed->key);
	chunk_clear(&sealed->kwk);
	free(sealed);
}

static void destroy_kwk(gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

static void destroy_member(member_t *member, int idx, void *user)
{
	array_destroy_function(member->path, (array_callback_t)destroy_kwk, NULL);
	chunk_clear(&member->rekey);
	free(member);
}

static void destroy_node(gkm_key_tree_node_t *node, int idx, void *user)
{
	chunk_clear(&node->kwk.key);
	free(node);
}

/**
 * Hash function over keys that the attacker knows
 */
static u_int hash(const void *key)
{
	return chunk_hash(*(const chunk_t*)key);
}

/**
 * Are two keys the same?
 */
static bool equals(const void *a, const void *b)
{
	return chunk_equals(*(const chunk_t*)a, *(const chunk_t*)b);
}

/**
 * Give the rekey SA a new key
 */
static void new_rekey()
{
	chunk_clear(&rekey);
	rekey = chunk_alloc(REKEY_KEY_LEN);
	ck_assert(gkm_random(rekey.ptr, rekey.len, &err));
}

static void start(u_int of_degree, size_t of_key_len, uint32_t from)
{
	degree = of_degree;
	key_len = of_key_len;
	seed = from;
	step = 0;
	/* any but 0 */
	random_state = (from + 1) * 2654435761u;
	tree = gkm_key_forest_create(0, degree, key_len, 1);
	members = array_create(0, 0);
	unopened = array_create(0, 0);
	stored = array_create(0, 0);
	known = hashtable_create(hash, equals, 64);
	pending = FALSE;
	new_rekey();
}

CALLBACK(destroy_known, void,
	chunk_t *key, const void *same)
{
	chunk_clear(key);
	free(key);
}

static void stop()
{
	tree->destroy(tree);
	array_destroy_function(members, (array_callback_t)destroy_member, NULL);
	array_destroy_function(unopened, (array_callback_t)destroy_sealed, NULL);
	array_destroy_function(stored, (array_callback_t)destroy_node, NULL);
	known->destroy_function(known, destroy_known);
	chunk_clear(&rekey);
}

/**
 * Does the attacker know a key?
 */
static bool attacker_knows(chunk_t key)
{
	return known->get(known, &key) != NULL;
}

/**
 * Tell the attacker a key
 */
static void tell_attacker(chunk_t key)
{
	chunk_t *copy;

	if (!attacker_knows(key))
	{
		copy = malloc_thing(chunk_t);
		*copy = chunk_clone(key);
		known->put(known, copy, copy);
	}
}

/**
 * Let the attacker unwrap what it can, again and again
 */
static void attack()
{
	enumerator_t *enumerator;
	sealed_t *sealed;
	bool more = TRUE;

	while (more)
	{
		more = FALSE;
		enumerator = array_create_enumerator(unopened);
		while (enumerator->enumerate(enumerator, &sealed))
		{
			if (attacker_knows(sealed->kwk))
			{
				tell_attacker(sealed->key);
				array_remove_at(unopened, enumerator);
				destroy_sealed(sealed, 0, NULL);
				more = TRUE;
			}
		}
		enumerator->destroy(enumerator);
	}
}

/**
 * Get the path of a leaf from the tree
 */
static array_t *get_path(uint32_t slot)
{
	array_t *path = array_create(0, 0);

	holds(tree->get_path(tree, slot, path), "no path for slot %u", slot);
	return path;
}

/**
 * Are two keys of nodes the same?
 */
static bool same_kwk(gkm_kwk_t *a, gkm_kwk_t *b)
{
	return a->id == b->id && chunk_equals(a->key, b->key);
}

/**
 * Check that the tree's path of a member is the lower end of what it knows,
 * all of it if there are no stale nodes
 */
static void check_path(member_t *member, bool all)
{
	array_t *path = get_path(member->slot);
	int i, more = array_count(member->path) - array_count(path);
	gkm_kwk_t *got, *expected;

	holds(more >= 0, "slot %u doesn't know %d keys of its path", member->slot,
		  -more);
	holds(more == 0 || !all, "slot %u knows %d keys more than there are",
		  member->slot, more);
	for (i = 0; i < array_count(path); i++)
	{
		array_get(path, i, &expected);
		array_get(member->path, more + i, &got);
		holds(same_kwk(got, expected), "slot %u knows key %u instead of %u",
			  member->slot, got->id, expected->id);
		holds(!attacker_knows(expected->key), "the attacker knows key %u",
			  expected->id);
	}
	array_destroy_function(path, (array_callback_t)destroy_kwk, NULL);
}

/**
 * Check the paths of all members
 */
static void check_paths(bool all)
{
	member_t *member;
	int i;

	holds(tree->get_count(tree) == array_count(members),
		  "%u members instead of %d", tree->get_count(tree),
		  array_count(members));
	for (i = 0; i < array_count(members); i++)
	{
		array_get(members, i, &member);
		check_path(member, all);
	}
}

static void join()
{
	member_t *member;
	gkm_kwk_t *kwk;
	int i;

	INIT(member,
		.rekey = chunk_clone(rekey),
	);
	holds(tree->join(tree, &member->slot, &err), "join: %s", err.text);
	member->path = get_path(member->slot);
	for (i = 0; i < array_count(member->path); i++)
	{
		array_get(member->path, i, &kwk);
		holds(kwk->key.len == key_len, "key of %zu octets", kwk->key.len);
		holds(!attacker_knows(kwk->key), "slot %u is given key %u that the "
			  "attacker knows", member->slot, kwk->id);
	}
	array_insert(members, ARRAY_TAIL, member);
}

/**
 * Take a member out, who tells the attacker all
 */
static void leave(int idx)
{
	member_t *member;
	gkm_kwk_t *kwk;
	int i;

	array_remove(members, idx, &member);
	for (i = 0; i < array_count(member->path); i++)
	{
		array_get(member->path, i, &kwk);
		tell_attacker(kwk->key);
	}
	tell_attacker(member->rekey);
	tree->leave(tree, member->slot);
	holds(tree->is_stale(tree), "a member left, but nothing is stale");
	pending = TRUE;
	destroy_member(member, 0, NULL);
}

/**
 * Add a wrapped key to a message
 */
static void seal(array_t *message, uint32_t id, chunk_t key, gkm_kwk_t *kwk)
{
	sealed_t *sealed;

	INIT(sealed,
		.id = id,
		.kwk_id = kwk->id,
		.key = chunk_clone(key),
		.kwk = chunk_clone(kwk->key),
	);
	holds(gkm_key_wrap(kwk->key, key, &sealed->wrapped, &err), "wrap: %s",
		  err.text);
	array_insert(message, ARRAY_TAIL, sealed);
}

/**
 * Find the key that a message, and what a member knows, give for a number
 *
 * @param above		receives the new part of the path, as gkm_kwk_t*
 * @param pos		receives where in the old path that goes on
 */
static bool find_key(member_t *member, array_t *message, uint32_t id,
					 array_t *above, int *pos, chunk_t *key)
{
	sealed_t *sealed;
	gkm_kwk_t *kwk;
	chunk_t with;
	int i;

	for (i = 0; i < array_count(member->path); i++)
	{
		array_get(member->path, i, &kwk);
		if (kwk->id == id)
		{
			*pos = i;
			*key = chunk_clone(kwk->key);
			return TRUE;
		}
	}
	for (i = 0; i < array_count(message); i++)
	{
		array_get(message, i, &sealed);
		if (sealed->id == id &&
			find_key(member, message, sealed->kwk_id, above, pos, &with))
		{
			holds(gkm_key_unwrap(with, sealed->wrapped, key, &err),
				  "slot %u can't unwrap key %u with key %u", member->slot, id,
				  sealed->kwk_id);
			chunk_clear(&with);
			array_insert(above, ARRAY_TAIL, gkm_kwk_create(id, *key));
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Put what find_key() found in front of the rest of the old path
 */
static void update_path(member_t *member, array_t *above, int pos)
{
	gkm_kwk_t *kwk;

	while (pos--)
	{
		array_remove(member->path, ARRAY_HEAD, &kwk);
		gkm_kwk_destroy(kwk);
	}
	/* those closest to the leaf were found first */
	while (array_remove(above, ARRAY_HEAD, &kwk))
	{
		array_insert(member->path, ARRAY_HEAD, kwk);
	}
}

/**
 * Let a member follow a message (RFC 9838, 3.3)
 */
static bool follow(member_t *member, array_t *message)
{
	array_t *above = array_create(0, 0);
	sealed_t *sealed;
	chunk_t with;
	int i, pos;
	bool found = FALSE;

	for (i = 0; i < array_count(message) && !found; i++)
	{
		array_get(message, i, &sealed);
		if (!sealed->id &&
			find_key(member, message, sealed->kwk_id, above, &pos, &with))
		{
			chunk_clear(&member->rekey);
			holds(gkm_key_unwrap(with, sealed->wrapped, &member->rekey, &err),
				  "slot %u can't unwrap the rekey SA's key with key %u",
				  member->slot, sealed->kwk_id);
			chunk_clear(&with);
			update_path(member, above, pos);
			found = TRUE;
		}
	}
	array_destroy_function(above, (array_callback_t)destroy_kwk, NULL);
	return found;
}

/**
 * Send the key of the rekey SA to all members, given what refresh() said
 */
static void send_rekey(array_t *kwks, array_t *wraps)
{
	array_t *message = array_create(0, 0);
	member_t *member;
	sealed_t *sealed;
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; i < array_count(kwks); i++)
	{
		array_get(kwks, i, &kwk);
		seal(message, 0, rekey, kwk);
	}
	for (i = 0; i < array_count(wraps); i++)
	{
		array_get(wraps, i, &wrap);
		seal(message, wrap.key->id, wrap.key->key, wrap.kwk);
	}
	for (i = 0; i < array_count(members); i++)
	{
		array_get(members, i, &member);
		holds(follow(member, message), "slot %u is excluded", member->slot);
		holds(chunk_equals(member->rekey, rekey), "slot %u got another key",
			  member->slot);
	}
	while (array_remove(message, ARRAY_TAIL, &sealed))
	{
		array_insert(unopened, ARRAY_TAIL, sealed);
	}
	array_destroy(message);
	attack();
}

/**
 * Refresh the tree, check that exactly the members get the new key
 */
static void refresh()
{
	array_t *kwks, *wraps;

	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
	new_rekey();
	holds(tree->refresh(tree, kwks, wraps, &err), "refresh: %s", err.text);
	holds(!tree->is_stale(tree), "stale after it was refreshed");
	holds(array_count(kwks) <= degree, "the rekey SA's key is wrapped %d times",
		  array_count(kwks));
	send_rekey(kwks, wraps);
	holds(!attacker_knows(rekey), "the attacker knows the rekey SA's key");
	check_paths(TRUE);
	pending = FALSE;
	array_destroy(kwks);
	array_destroy(wraps);
}

/**
 * Store a node in place of what was stored for it
 */
static void store_node(void *user, gkm_key_tree_node_t *node)
{
	enumerator_t *enumerator;
	gkm_key_tree_node_t *old, *copy;

	enumerator = array_create_enumerator(stored);
	while (enumerator->enumerate(enumerator, &old))
	{
		if (old->level == node->level && old->index == node->index)
		{
			array_remove_at(stored, enumerator);
			destroy_node(old, 0, NULL);
			break;
		}
	}
	enumerator->destroy(enumerator);
	if (node->kwk.id)
	{
		INIT(copy,
			.level = node->level,
			.index = node->index,
			.kwk = {
				.id = node->kwk.id,
				.key = chunk_clone(node->kwk.key),
			},
		);
		/* anywhere, order mustn't matter */
		array_insert(stored, next_random(2) ? ARRAY_HEAD : ARRAY_TAIL, copy);
	}
}

static void store()
{
	tree->get_changes(tree, FALSE, store_node, NULL);
	tree->changes_stored(tree);
}

/**
 * Replace the tree with one that is made of what was stored
 */
static void restart()
{
	gkm_key_forest_t *old = tree;
	gkm_key_tree_node_t *node;
	int i;

	store();
	tree = gkm_key_forest_create(0, degree, key_len, old->get_next_id(old));
	for (i = 0; i < array_count(stored); i++)
	{
		array_get(stored, i, &node);
		holds(tree->restore(tree, node, &err), "restore: %s", err.text);
	}
	old->destroy(old);
	pending = pending || tree->is_stale(tree);
	check_paths(FALSE);
}

/**
 * Let anything happen to the group. It grows and shrinks in turn.
 */
static void happen(u_int size)
{
	bool growing = (step / PHASE) % 2 == 0;
	u_int what = next_random(100), count;

	if (what < (growing ? 60 : 20))
	{
		for (count = 1 + next_random(size); count; count--)
		{
			join();
		}
	}
	else if (what < 80)
	{
		for (count = 1 + next_random(size);
			 count && array_count(members); count--)
		{
			leave(next_random(array_count(members)));
		}
	}
	else if (what < 90)
	{
		refresh();
	}
	else if (what < 95)
	{
		restart();
	}
	else
	{
		store();
	}
	if (pending && next_random(3) == 0)
	{
		refresh();
	}
}

static u_int degrees[] = { 2, 3, 4, 7, 16 };
static size_t key_lens[] = { 16, 24, 32 };

START_TEST(members_follow_and_those_who_left_dont_whatever_happens)
{
	/* members that come or go at once, at most */
	u_int size = 1 + _i % 7;

	start(degrees[_i % countof(degrees)], key_lens[_i % countof(key_lens)], _i);
	for (; step < STEPS; step++)
	{
		happen(size);
		check_paths(FALSE);
	}
	refresh();
	stop();
}
END_TEST

START_TEST(whole_group_can_go_and_come_back)
{
	int i;

	start(degrees[_i], 32, _i);
	for (i = 0; i < 40; i++)
	{
		join();
	}
	refresh();
	while (array_count(members))
	{
		leave(0);
	}
	join();
	refresh();
	leave(0);
	refresh();
	restart();
	for (i = 0; i < 40; i++)
	{
		join();
	}
	refresh();
	stop();
}
END_TEST

START_TEST(group_grows_without_any_rekey)
{
	int i;

	start(degrees[_i], 16, _i);
	for (i = 0; i < 300; i++)
	{
		join();
		holds(!tree->is_stale(tree), "%d members made it stale", i + 1);
	}
	check_paths(FALSE);
	leave(123);
	refresh();
	stop();
}
END_TEST

START_TEST(attacker_knows_what_is_wrapped_with_stale_keys)
{
	gkm_kwk_t *stale, *fresh;
	array_t *path, *message;
	sealed_t *sealed;
	int i;

	/* shows that the attacker would notice a tree that forgets to refresh */
	start(2, 32, 0);
	for (i = 0; i < 4; i++)
	{
		join();
	}
	refresh();
	path = get_path(0);
	ck_assert(array_get(path, ARRAY_HEAD, &stale));
	leave(1);
	fresh = gkm_kwk_create(1000, chunk_from_chars(
						0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
						0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f));
	new_rekey();
	message = array_create(0, 0);
	seal(message, 0, rekey, fresh);
	seal(message, fresh->id, fresh->key, stale);
	while (array_remove(message, ARRAY_HEAD, &sealed))
	{
		array_insert(unopened, ARRAY_TAIL, sealed);
	}
	ck_assert(!attacker_knows(rekey));
	attack();
	ck_assert(attacker_knows(rekey));
	array_destroy(message);
	gkm_kwk_destroy(fresh);
	array_destroy_function(path, (array_callback_t)destroy_kwk, NULL);
	stop();
}
END_TEST

Suite *gkm_key_tree_members_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_key_tree_members");

	tc = tcase_create("random groups");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc,
					members_follow_and_those_who_left_dont_whatever_happens,
					0, SEEDS);
	suite_add_tcase(s, tc);

	tc = tcase_create("groups");
	tcase_add_loop_test(tc, whole_group_can_go_and_come_back, 0,
						countof(degrees));
	tcase_add_loop_test(tc, group_grows_without_any_rekey, 0,
						countof(degrees));
	tcase_add_test(tc, attacker_knows_what_is_wrapped_with_stale_keys);
	suite_add_tcase(s, tc);

	return s;
}
