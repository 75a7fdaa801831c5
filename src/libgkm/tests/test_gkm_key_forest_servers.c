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

/**
 * Key servers that serve a group together, each with its view of the key trees,
 * and members who know only what they were given. Messages take their time, key
 * servers die, are cut off from each other, and meet again.
 *
 * Whatever happens, no one who left understands a rekey of a primary that knows
 * of that, not even if all put together what they ever knew. Once all is said,
 * all key servers have the same trees, and a rekey is understood by all members.
 */

/** Key servers */
#define SERVERS 4

/** Random groups, and what happens in each */
#define SEEDS 40
#define STEPS 300

/** Length of keys */
#define KEY_LEN 16

/**
 * What one key server tells another
 */
typedef struct {
	gkm_adoption_t how;
	/** gkm_key_tree_node_t by value, keys allocated */
	array_t *nodes;
	/** what is_stale() says */
	bool stale;
	/** members that the primary removed, as member_t*, borrowed */
	array_t *removed;
	/** with GKM_ADOPT_ALL: members that the primary knows to be gone */
	array_t *gone;
} batch_t;

/**
 * A key server
 */
typedef struct {
	/** NULL while it is dead */
	gkm_key_forest_t *forest;
	/** it came back, and doesn't know yet what there is */
	bool waiting;
	/** part of the network that it is in */
	int part;
	/** number that its next key has, kept across restarts */
	uint32_t next_id;
	/** batch_t* on their way to it */
	array_t *inbox;
	/** primary: members that it removed since it told others, and whether it
	 *  rekeyed the others */
	array_t *removed;
	bool rekeyed;
} server_t;

/**
 * A member
 */
typedef struct {
	uint32_t slot;
	/** position of the key server that it registered with */
	int server;
	/** gkm_kwk_t*, all keys that it ever learned; first its leaf's */
	array_t *keys;
	/** it left, and bits of key servers that were told so */
	bool left;
	u_int gone;
	/** it registered with one that died before it told others */
	bool ghost;
} member_t;

static server_t servers[SERVERS];

/** position of the primary of each part of the network */
static int primaries[SERVERS];

/** member_t* */
static array_t *members;

/** what the last refresh() said */
static array_t *kwks, *wraps;

static u_int degree;
static uint32_t seed, random_state;
static int step;
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

static void destroy_kwk(gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

static void destroy_member(member_t *member, int idx, void *user)
{
	array_destroy_function(member->keys, (array_callback_t)destroy_kwk, NULL);
	free(member);
}

static void destroy_batch(batch_t *batch, int idx, void *user)
{
	gkm_key_tree_node_t node;

	while (array_remove(batch->nodes, ARRAY_TAIL, &node))
	{
		chunk_clear(&node.kwk.key);
	}
	array_destroy(batch->nodes);
	array_destroy(batch->removed);
	array_destroy(batch->gone);
	free(batch);
}

static batch_t *create_batch(int from, gkm_adoption_kind_t kind)
{
	batch_t *batch;

	INIT(batch,
		.how = {
			.kind = kind,
			.from = from + 1,
		},
		.nodes = array_create(sizeof(gkm_key_tree_node_t), 0),
		.stale = servers[from].forest->is_stale(servers[from].forest),
		.removed = array_create(0, 0),
		.gone = array_create(0, 0),
	);
	return batch;
}

static void add_node(batch_t *batch, gkm_key_tree_node_t *node)
{
	gkm_key_tree_node_t copy = *node;

	copy.kwk.key = chunk_clone(node->kwk.key);
	array_insert(batch->nodes, ARRAY_TAIL, &copy);
}

CALLBACK(add_any, void,
	batch_t *batch, gkm_key_tree_node_t *node)
{
	add_node(batch, node);
}

CALLBACK(add_own, void,
	batch_t *batch, gkm_key_tree_node_t *node)
{
	if (node->tree == batch->how.from)
	{
		add_node(batch, node);
	}
}

CALLBACK(ignore, void,
	void *unused, gkm_key_tree_node_t *node)
{
}

/**
 * Is a key server the primary of its part?
 */
static bool is_primary(int server)
{
	return primaries[servers[server].part] == server;
}

/**
 * Can one key server hear another one?
 */
static bool hears(int server, int from)
{
	return server != from && servers[server].forest &&
		   servers[server].part == servers[from].part;
}

static void send_all(int from, int to, gkm_adoption_kind_t kind)
{
	gkm_key_forest_t *forest = servers[from].forest;
	batch_t *batch = create_batch(from, kind);
	member_t *member;
	int i;

	forest->get_changes(forest, TRUE, add_any, batch);
	for (i = 0; array_get(members, i, &member); i++)
	{
		if (member->gone & 1 << from)
		{
			array_insert(batch->gone, ARRAY_TAIL, member);
		}
	}
	array_insert(servers[to].inbox, ARRAY_TAIL, batch);
}

static void forget_inbox(int server)
{
	batch_t *batch;

	while (array_remove(servers[server].inbox, ARRAY_HEAD, &batch))
	{
		destroy_batch(batch, 0, NULL);
	}
}

/**
 * Tell others what changed
 */
static void say(int from)
{
	gkm_key_forest_t *forest = servers[from].forest;
	member_t *member;
	batch_t *batch;
	int to, i;

	for (to = 0; to < SERVERS; to++)
	{
		if (!hears(to, from) || (!is_primary(from) && !is_primary(to)))
		{
			continue;
		}
		batch = create_batch(from, is_primary(from) ? GKM_ADOPT_CHANGES :
													  GKM_ADOPT_MEMBERS);
		forest->get_changes(forest, FALSE,
							is_primary(from) ? add_any : add_own, batch);
		for (i = 0; array_get(servers[from].removed, i, &member); i++)
		{
			array_insert(batch->removed, ARRAY_TAIL, member);
		}
		if (array_count(batch->nodes) || array_count(batch->removed) ||
			servers[from].rekeyed)
		{
			array_insert(servers[to].inbox, ARRAY_TAIL, batch);
		}
		else
		{
			destroy_batch(batch, 0, NULL);
		}
	}
	forest->changes_stored(forest);
	servers[from].rekeyed = FALSE;
	while (array_remove(servers[from].removed, ARRAY_TAIL, &member));
}

/**
 * Has a key server the leaf of a member?
 */
static bool has_member(int server, member_t *member)
{
	gkm_key_forest_t *forest = servers[server].forest;
	chunk_t key = chunk_empty;
	gkm_kwk_t *leaf;
	bool has;

	array_get(member->keys, 0, &leaf);
	has = forest->get_leaf(forest, member->slot, &key) &&
		  chunk_equals(key, leaf->key);
	chunk_clear(&key);
	return has;
}

static void remove_member(int server, member_t *member)
{
	gkm_key_forest_t *forest = servers[server].forest;

	if (has_member(server, member))
	{
		forest->leave(forest, member->slot);
		member->gone |= 1 << server;
	}
}

/**
 * Note which members a key server has, and which it was told to be gone
 *
 * @param had		members it had before, replaced
 */
static void note_members(int server, array_t *had, batch_t *batch)
{
	member_t *member;
	int i;

	if (batch->how.kind == GKM_ADOPT_ALL)
	{
		for (i = 0; array_get(members, i, &member); i++)
		{
			member->gone &= ~(1 << server);
		}
		for (i = 0; array_get(batch->gone, i, &member); i++)
		{
			member->gone |= 1 << server;
		}
		return;
	}
	for (i = 0; array_get(had, i, &member); i++)
	{
		if (!has_member(server, member))
		{
			member->gone |= 1 << server;
		}
	}
}

/**
 * Get the members that a key server has
 */
static array_t *get_members(int server)
{
	array_t *has = array_create(0, 0);
	member_t *member;
	int i;

	for (i = 0; array_get(members, i, &member); i++)
	{
		if (has_member(server, member))
		{
			array_insert(has, ARRAY_TAIL, member);
		}
	}
	return has;
}

/**
 * Let a key server begin with what the primary says
 */
static gkm_key_forest_t *start_anew(int server)
{
	gkm_key_forest_t *old = servers[server].forest;

	servers[server].forest = gkm_key_forest_create(server + 1, degree, KEY_LEN,
												   servers[server].next_id);
	return old;
}

/**
 * A key server hears the next of what others said
 */
static void hear(int server)
{
	gkm_key_forest_t *old = NULL, *forest;
	gkm_key_tree_node_t node;
	member_t *member;
	batch_t *batch;
	array_t *had;
	int i, to;

	if (!array_remove(servers[server].inbox, ARRAY_HEAD, &batch))
	{
		return;
	}
	had = get_members(server);
	if (batch->how.kind == GKM_ADOPT_ALL)
	{	/* what wasn't said yet is inherited */
		old = start_anew(server);
		servers[server].waiting = FALSE;
	}
	else
	{
		say(server);
	}
	forest = servers[server].forest;
	for (i = 0; array_get(batch->nodes, i, &node); i++)
	{
		holds(forest->check(forest, &batch->how, &node, &err) &&
			  forest->adopt(forest, &batch->how, &node, &err), "%s", err.text);
	}
	if (old)
	{
		forest->inherit(forest, old, TRUE);
		old->destroy(old);
	}
	note_members(server, had, batch);
	array_destroy(had);
	for (i = 0; array_get(batch->removed, i, &member); i++)
	{
		remove_member(server, member);
	}
	if (batch->how.kind == GKM_ADOPT_MERGE)
	{	/* the other part may not know who left here, and the other way round */
		for (i = 0; array_get(members, i, &member); i++)
		{
			if (member->left)
			{
				remove_member(server, member);
			}
		}
		for (to = 0; to < SERVERS; to++)
		{
			if (hears(to, server))
			{
				forget_inbox(to);
				send_all(server, to, GKM_ADOPT_ALL);
			}
		}
	}
	else if (batch->how.kind != GKM_ADOPT_MEMBERS)
	{
		forest->set_stale(forest, batch->stale);
		/* the primary needn't be told what it said */
		forest->get_changes(forest, FALSE, ignore, NULL);
		forest->changes_stored(forest);
	}
	destroy_batch(batch, 0, NULL);
	say(server);
}

static bool knows(array_t *keys, gkm_kwk_t *kwk)
{
	gkm_kwk_t *key;
	int i;

	for (i = 0; array_get(keys, i, &key); i++)
	{
		if (key->id == kwk->id && chunk_equals(key->key, kwk->key))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Let someone read the last rekey
 *
 * @return			TRUE if it gets the key of the rekey SA
 */
static bool read_rekey(array_t *keys)
{
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	/* keys of lower levels come last */
	for (i = array_count(wraps) - 1; i >= 0; i--)
	{
		array_get(wraps, i, &wrap);
		if (knows(keys, wrap.kwk) && !knows(keys, wrap.key))
		{
			array_insert(keys, ARRAY_TAIL, gkm_kwk_clone(wrap.key));
		}
	}
	for (i = 0; array_get(kwks, i, &kwk); i++)
	{
		if (knows(keys, kwk))
		{
			return TRUE;
		}
	}
	return FALSE;
}

static void join(int server)
{
	gkm_key_forest_t *forest = servers[server].forest;
	array_t *path;
	member_t *member;
	gkm_kwk_t *kwk;

	if (!forest || servers[server].waiting)
	{
		return;
	}
	path = array_create(0, 0);
	INIT(member,
		.server = server,
		.keys = array_create(0, 0),
	);
	holds(forest->join(forest, &member->slot, &err), "join: %s", err.text);
	holds(forest->get_path(forest, member->slot, path), "no path");
	while (array_remove(path, ARRAY_TAIL, &kwk))
	{
		array_insert(member->keys, ARRAY_TAIL, kwk);
	}
	array_destroy(path);
	array_insert(members, ARRAY_TAIL, member);
}

/**
 * A member leaves, which its key server finds out, or the primary
 */
static void leave()
{
	member_t *member;
	int server, primary;

	if (!array_count(members))
	{
		return;
	}
	array_get(members, next_random(array_count(members)), &member);
	if (member->left || member->ghost)
	{
		return;
	}
	server = member->server;
	primary = primaries[servers[server].part];
	if (next_random(2) && has_member(primary, member))
	{
		member->left = TRUE;
		remove_member(primary, member);
		array_insert(servers[primary].removed, ARRAY_TAIL, member);
	}
	else if (servers[server].forest && has_member(server, member))
	{
		member->left = TRUE;
		remove_member(server, member);
	}
}

/**
 * A primary rekeys the members in its part. Those who left hear all.
 *
 * @param all		all is said: all members have to understand
 */
static void refresh(int primary, bool all)
{
	gkm_key_forest_t *forest = servers[primary].forest;
	array_t *attacker = array_create(0, 0);
	member_t *member;
	gkm_kwk_t *kwk;
	bool reads;
	int i, j;

	array_destroy(kwks);
	array_destroy(wraps);
	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
	holds(forest->refresh(forest, kwks, wraps, &err), "refresh: %s", err.text);
	servers[primary].rekeyed = TRUE;
	for (i = 0; array_get(members, i, &member); i++)
	{
		if (!member->left &&
			servers[member->server].part != servers[primary].part)
		{
			continue;
		}
		reads = read_rekey(member->keys);
		if (member->left && (member->gone & 1 << primary) &&
			!has_member(primary, member))
		{
			holds(!reads, "slot %x left, but reads", member->slot);
			for (j = 0; array_get(member->keys, j, &kwk); j++)
			{
				if (!knows(attacker, kwk))
				{
					array_insert(attacker, ARRAY_TAIL, gkm_kwk_clone(kwk));
				}
			}
		}
		holds(reads || !all || member->left || member->ghost,
			  "slot %x doesn't understand", member->slot);
	}
	holds(!read_rekey(attacker), "those who left read together");
	array_destroy_function(attacker, (array_callback_t)destroy_kwk, NULL);
}

/**
 * A key server that counts doesn't know members whose own one died
 */
static void note_ghosts(int server)
{
	member_t *member;
	int i;

	for (i = 0; array_get(members, i, &member); i++)
	{
		member->ghost |= (!servers[member->server].forest ||
						  servers[member->server].waiting) &&
						 servers[member->server].part == servers[server].part &&
						 !has_member(server, member);
	}
}

/**
 * A key server becomes the primary of its part
 */
static void promote(int server)
{
	gkm_key_forest_t *forest = servers[server].forest;
	int to;

	primaries[servers[server].part] = server;
	forget_inbox(server);
	forest->said(forest);
	note_ghosts(server);
	for (to = 0; to < SERVERS; to++)
	{
		if (hears(to, server))
		{
			forget_inbox(to);
			send_all(server, to, GKM_ADOPT_ALL);
		}
	}
	forest->changes_stored(forest);
}

/**
 * Find another key server in a part of the network, -1 if there is none
 */
static int find_other(int part, int server)
{
	int i, other = next_random(SERVERS);

	for (i = 0; i < SERVERS; i++, other = (other + 1) % SERVERS)
	{
		if (other != server && servers[other].part == part &&
			servers[other].forest && !servers[other].waiting)
		{
			return other;
		}
	}
	return -1;
}

/**
 * The primary of a part dies, and what others told it is lost; or a dead one
 * comes back
 */
static void die_or_revive(int part)
{
	int server, other;

	for (server = 0; server < SERVERS; server++)
	{
		if (!servers[server].forest && servers[server].part == part)
		{
			start_anew(server);
			servers[server].waiting = TRUE;
			note_ghosts(primaries[part]);
			send_all(primaries[part], server, GKM_ADOPT_ALL);
			return;
		}
	}
	server = primaries[part];
	other = find_other(part, server);
	if (other != -1)
	{
		servers[server].next_id = servers[server].forest->get_next_id(
													servers[server].forest);
		servers[server].forest->destroy(servers[server].forest);
		servers[server].forest = NULL;
		forget_inbox(server);
		promote(other);
	}
}

/**
 * Are there several parts of the network?
 */
static bool is_split()
{
	int i;

	for (i = 1; i < SERVERS; i++)
	{
		if (servers[i].part != servers[0].part)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Cut some key servers off from the others, if they are together
 */
static void split()
{
	int i, server, old = primaries[0];

	for (i = 0; i < SERVERS; i++)
	{
		servers[i].part = i == old ? 0 : next_random(2);
	}
	server = find_other(1, -1);
	if (server == -1)
	{	/* all on one side, or no one alive on the other one */
		for (i = 0; i < SERVERS; i++)
		{
			servers[i].part = 0;
		}
		return;
	}
	primaries[1] = server;
	promote(server);
	/* what was on its way to those who are cut off is lost */
	forget_inbox(old);
	for (i = 0; i < SERVERS; i++)
	{
		if (hears(i, old))
		{
			forget_inbox(i);
			send_all(old, i, GKM_ADOPT_ALL);
		}
	}
}

/**
 * Let members join while messages are on their way
 */
static void join_some(int server)
{
	u_int count = next_random(3);

	while (count--)
	{
		join(server);
	}
}

/**
 * Two parts hear of each other: one primary yields. It goes on as such until it
 * has all that the other one knows.
 */
static void merge()
{
	int i, winner = primaries[0], loser = primaries[1];

	if (next_random(2))
	{
		winner = primaries[1];
		loser = primaries[0];
	}
	for (i = 0; i < SERVERS; i++)
	{
		servers[i].part = 0;
		forget_inbox(i);
	}
	primaries[0] = winner;
	servers[loser].forest->said(servers[loser].forest);
	send_all(loser, winner, GKM_ADOPT_MERGE);
	join_some(loser);
	hear(winner);
	for (i = 0; i < SERVERS; i++)
	{
		join_some(i);
		if (servers[i].forest && i != winner)
		{
			hear(i);
		}
	}
}

CALLBACK(compare, void,
	batch_t *batch, gkm_key_tree_node_t *node)
{
	gkm_key_tree_node_t other;

	holds(array_remove(batch->nodes, ARRAY_HEAD, &other),
		  "one has node %u/%u/%u", node->tree, node->level, node->index);
	holds(node->tree == other.tree && node->level == other.level &&
		  node->index == other.index && node->kwk.id == other.kwk.id &&
		  chunk_equals(node->kwk.key, other.kwk.key),
		  "node %u/%u/%u with key %x, the primary has %u/%u/%u with %x",
		  node->tree, node->level, node->index, node->kwk.id, other.tree,
		  other.level, other.index, other.kwk.id);
	chunk_clear(&other.kwk.key);
}

/**
 * Let all be said and heard. Then all know the same.
 */
static void quiesce()
{
	gkm_key_forest_t *forest;
	batch_t *batch;
	bool more;
	int i;

	do
	{
		more = FALSE;
		for (i = 0; i < SERVERS; i++)
		{
			if (servers[i].forest)
			{
				say(i);
				hear(i);
			}
		}
		for (i = 0; i < SERVERS; i++)
		{
			more |= array_count(servers[i].inbox) > 0;
		}
	}
	while (more);
	for (i = 0; i < SERVERS; i++)
	{
		forest = servers[i].forest;
		if (forest && !is_primary(i))
		{
			batch = create_batch(primaries[servers[i].part], GKM_ADOPT_ALL);
			servers[batch->how.from - 1].forest->get_changes(
				servers[batch->how.from - 1].forest, TRUE, add_any, batch);
			forest->get_changes(forest, TRUE, compare, batch);
			holds(!array_count(batch->nodes), "primary knows more");
			holds(batch->stale == forest->is_stale(forest),
				  "stale is %d for the primary", batch->stale);
			destroy_batch(batch, 0, NULL);
		}
	}
}

static void start(uint32_t from)
{
	int i;

	degree = 2 + from % 4;
	seed = from;
	/* any but 0 */
	random_state = (from + 1) * 2654435761u;
	err = (gkm_error_t){};
	members = array_create(0, 0);
	kwks = array_create(0, 0);
	wraps = array_create(sizeof(gkm_wrap_t), 0);
	for (i = 0; i < SERVERS; i++)
	{
		servers[i] = (server_t){
			.next_id = 1,
			.inbox = array_create(0, 0),
			.removed = array_create(0, 0),
		};
		start_anew(i);
	}
	primaries[0] = 0;
}

static void stop()
{
	int i;

	for (i = 0; i < SERVERS; i++)
	{
		DESTROY_IF(servers[i].forest);
		array_destroy_function(servers[i].inbox,
							   (array_callback_t)destroy_batch, NULL);
		array_destroy(servers[i].removed);
	}
	array_destroy_function(members, (array_callback_t)destroy_member, NULL);
	array_destroy(kwks);
	array_destroy(wraps);
}

/**
 * Let anything happen
 */
static void happen()
{
	int server = next_random(SERVERS), part = servers[server].part;
	u_int what = next_random(100);

	if (what < 30)
	{
		join(server);
	}
	else if (what < 45)
	{
		leave();
	}
	else if (what < 65)
	{
		if (servers[server].forest)
		{
			say(server);
		}
	}
	else if (what < 85)
	{
		if (servers[server].forest)
		{
			hear(server);
		}
	}
	else if (what < 93)
	{
		refresh(primaries[part], FALSE);
	}
	else if (what < 95)
	{
		quiesce();
		refresh(primaries[0], TRUE);
		if (is_split())
		{
			refresh(primaries[1], TRUE);
		}
	}
	else if (what < 97)
	{
		die_or_revive(part);
	}
	else
	{
		is_split() ? merge() : split();
	}
}

START_TEST(members_follow_and_those_who_left_dont_whatever_happens)
{
	start(_i);
	for (step = 0; step < STEPS; step++)
	{
		happen();
	}
	if (is_split())
	{
		merge();
	}
	quiesce();
	refresh(primaries[0], TRUE);
	quiesce();
	stop();
}
END_TEST

Suite *gkm_key_forest_servers_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_key_forest_servers");

	tc = tcase_create("random groups");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc,
				members_follow_and_those_who_left_dont_whatever_happens,
				0, SEEDS);
	suite_add_tcase(s, tc);

	return s;
}
