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
#include "state_fixture.h"

/** Members, and steps of a life */
#define MEMBERS 24
#define STEPS 300

/** Ways to configure a group that lives for a while */
static struct {
	char *transport, *degree, *senders;
	/** the degree of the tree changes now and then */
	bool replant;
} lives[] = {
	{ "multicast",	"2",	"any",		FALSE },
	{ "multicast",	"3",	"any",		FALSE },
	{ "multicast",	"4",	"single",	FALSE },
	{ "multicast",	"16",	"any",		FALSE },
	{ "multicast",	"4",	"any",		TRUE },
	{ "mixed",		"2",	"any",		FALSE },
	{ "mixed",		"4",	"any",		TRUE },
};

/** Seeds for each */
#define SEEDS 4

/**
 * A group and all that are or were its members
 */
typedef struct {
	int how;
	char *degree;
	gkm_group_t *group;
	state_t *state;
	member_t *members[MEMBERS];
	/** one that isn't a member was one, and tries to read on */
	bool attacks[MEMBERS];
	char names[MEMBERS][32];
	time_t now;
	/** notices that members were told of */
	int told;
	/** what happened so far, to see that it did */
	u_int registrations, leavings, removals, rekeys, restarts, exclusions;
	u_int attacked;
	unsigned int seed;
	char when[64];
} life_t;

/**
 * A random number below a limit, the same each time
 */
static u_int roll(life_t *this, u_int limit)
{
	return rand_r(&this->seed) % limit;
}

static gkm_cfg_t *configure(life_t *this)
{
	return group_configure("rekey.transport", lives[this->how].transport,
						   "rekey.key_tree_degree", this->degree,
						   "rekey.rekey_time", "3h", "rekey.life_time", "4h",
						   "sas.data.source_ts", "192.0.2.7",
						   "sas.data.senders", lives[this->how].senders,
						   "sas.more.source_ts", "10.0.0.0/8",
						   "sas.more.destination_ts", "239.2.0.0/16",
						   "sas.more.rekey_time", "40m",
						   "sas.more.life_time", "50m", NULL);
}

/**
 * Put what changed into the store
 */
static void keep(life_t *this, bool all)
{
	gkm_state_store_t *store = &this->state->public;

	ck_assert(store->begin(store, NULL, &err));
	ck_assert(store->end(store, this->group->put(this->group, store, all),
						 &err));
}

/**
 * Did the key server give a member a place in the key tree?
 */
static bool has_leaf(life_t *this, int i)
{
	gkm_members_t *table = this->group->get_members(this->group);
	gkm_member_t *member;
	identification_t *id;

	id = identification_create_from_string(this->names[i]);
	member = table->get(table, id);
	id->destroy(id);
	return member && member->slot != GKM_MEMBER_NO_SLOT;
}

/**
 * Keep what changed, and tell it those that are members. All others try to read
 * it.
 */
static void deliver(life_t *this)
{
	array_t *datagrams;
	bool excluded_all = FALSE, leaf;
	gkm_notice_t *notice;
	int i;

	keep(this, FALSE);
	for (i = this->told; array_get(notices, i, &notice); i++)
	{
		excluded_all |= notice->excludes_all;
	}
	datagrams = member_build(notices, this->told);
	for (i = 0; i < MEMBERS; i++)
	{
		if (this->members[i]->registered)
		{
			leaf = has_leaf(this, i);
			member_follow(this->members[i], datagrams, notices, this->told);
			/* the only ones to exclude are those that are older than the
			 * tree */
			ck_assert_msg(this->members[i]->registered || excluded_all ||
						  (lives[this->how].replant && !leaf),
						  "%s was excluded %s", this->names[i], this->when);
			this->exclusions += this->members[i]->registered ? 0 : 1;
		}
		else if (this->attacks[i])
		{
			ck_assert_msg(!member_attack(this->members[i], datagrams),
						  "%s found out SAs %s", this->names[i], this->when);
			this->attacked += array_count(datagrams);
		}
	}
	member_free(datagrams);
	this->told = array_count(notices);
}

/**
 * Let a member register that may be one already
 */
static void enroll(life_t *this, int i)
{
	member_register(this->members[i], this->group, roll(this, 3) == 0,
					this->now);
	this->attacks[i] = FALSE;
	this->registrations++;
	deliver(this);
}

/**
 * Someone who isn't a member any more forgets nothing
 */
static void part(life_t *this, int i)
{
	this->members[i]->registered = FALSE;
	this->attacks[i] = TRUE;
}

static void leave(life_t *this, int i)
{
	identification_t *id;

	id = identification_create_from_string(this->names[i]);
	if (this->group->remove_member(this->group, id))
	{
		part(this, i);
		this->leavings++;
	}
	id->destroy(id);
	deliver(this);
}

/**
 * Remove up to 3 members at once
 */
static void exclude(life_t *this)
{
	gkm_members_t *table = this->group->get_members(this->group);
	array_t *ids, *removed;
	identification_t *id;
	gkm_policy_t *policy = this->group->get_policy(this->group);
	gkm_member_t *member;
	u_int before = this->removals;
	int i, j;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	for (j = roll(this, 3); j >= 0; j--)
	{
		i = roll(this, MEMBERS);
		id = identification_create_from_string(this->names[i]);
		if (table->get(table, id))
		{
			array_insert(ids, ARRAY_TAIL, id);
			part(this, i);
		}
		else
		{
			id->destroy(id);
		}
	}
	if (array_count(ids))
	{
		err = (gkm_error_t){};
		ck_assert(this->group->exclude(this->group, ids, this->now, removed,
									   notices, &err));
		ck_assert_msg(!err.text[0], "%s", err.text);
		ck_assert(array_count(removed) > 0);
		this->removals += array_count(removed);
	}
	while (array_remove(removed, ARRAY_TAIL, &member))
	{
		free(member);
	}
	array_destroy(removed);
	array_destroy_offset(ids, offsetof(identification_t, destroy));
	deliver(this);
	for (i = 0; i < MEMBERS && this->removals != before; i++)
	{	/* at once, not with the next rekey */
		ck_assert_msg(!this->attacks[i] ||
					  !member_knows_rekey(this->members[i],
										  policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2)->sa),
					  "%s knows the rekey SA %s", this->names[i], this->when);
	}
}

/**
 * End and begin again, maybe by a power failure or before what changed last
 * could be kept
 */
static void restart(life_t *this)
{
	static char *degrees[] = { "2", "3", "4" };
	int i;

	if (lives[this->how].replant && roll(this, 2))
	{
		this->degree = degrees[roll(this, countof(degrees))];
	}
	if (roll(this, 2))
	{	/* nobody heard of this, it didn't happen */
		group_update(this->group, this->now);
		while (array_count(notices) > this->told)
		{
			gkm_notice_t *notice;

			array_remove(notices, ARRAY_TAIL, &notice);
			gkm_notice_destroy(notice);
		}
	}
	this->group->destroy(this->group);
	this->group = group_create(configure(this));
	ck_assert_msg(this->group->restore(this->group, &this->state->public,
									   this->now, &err), "%s", err.text);
	keep(this, TRUE);
	for (i = 0; i < MEMBERS; i++)
	{	/* those whose IKE_SA is gone know that */
		if (this->members[i]->registered && this->members[i]->ike_sa_id)
		{
			this->members[i]->registered = FALSE;
			this->attacks[i] = FALSE;
		}
	}
	this->restarts++;
}

/**
 * Change the shape of the tree
 */
static void replant(life_t *this)
{
	if (lives[this->how].replant)
	{
		this->degree = roll(this, 2) ? "2" : "4";
		group_change(this->group, configure(this), this->now);
		deliver(this);
	}
}

/**
 * Do what is due
 */
static void update(life_t *this)
{
	this->rekeys += group_update(this->group, this->now);
	deliver(this);
}

/**
 * Let time pass, with what is due in it
 */
static void pass(life_t *this, time_t seconds)
{
	time_t due, end = this->now + seconds;

	for (due = this->group->next_due(this->group); due < end;
		 due = this->group->next_due(this->group))
	{
		this->now = max(this->now, due);
		update(this);
	}
	this->now = end;
}

/**
 * Let something happen
 */
static void step(life_t *this)
{
	int i = roll(this, MEMBERS);

	switch (roll(this, 12))
	{
		case 0:
		case 1:
		case 2:
		case 3:
			enroll(this, i);
			break;
		case 4:
			leave(this, i);
			break;
		case 5:
			exclude(this);
			break;
		case 6:
			ck_assert(this->group->rekey(this->group, roll(this, 2), this->now,
										 notices, &err) || TRUE);
			deliver(this);
			break;
		case 7:
			restart(this);
			break;
		case 8:
			replant(this);
			break;
		default:
			pass(this, roll(this, 1800));
			break;
	}
	update(this);
	for (i = 0; i < MEMBERS; i++)
	{
		if (this->members[i]->registered)
		{
			member_assert_current(this->members[i], this->group, this->now,
								  this->when);
		}
	}
}

START_TEST(members_hold_all_keys_and_others_none_whatever_happens)
{
	life_t this = {
		.how = _i / SEEDS,
		.degree = lives[_i / SEEDS].degree,
		.state = state_create(),
		.now = START,
		.seed = _i + 1,
	};
	int i;

	this.group = group_create(configure(&this));
	for (i = 0; i < MEMBERS; i++)
	{
		snprintf(this.names[i], sizeof(this.names[i]), "m%d@example.com", i);
		this.members[i] = member_create(this.names[i]);
	}
	keep(&this, TRUE);
	for (i = 0; i < STEPS; i++)
	{
		snprintf(this.when, sizeof(this.when), "in step %d with seed %d", i,
				 _i + 1);
		step(&this);
	}
	ck_assert_uint_gt(this.registrations, 50);
	ck_assert_uint_gt(this.leavings, 2);
	ck_assert_uint_gt(this.removals, 5);
	ck_assert_uint_gt(this.rekeys, 5);
	ck_assert_uint_gt(this.restarts, 5);
	ck_assert_uint_gt(this.attacked, 100);
	ck_assert(lives[this.how].replant || !this.exclusions);
	for (i = 0; i < MEMBERS; i++)
	{
		member_destroy(this.members[i]);
	}
	this.group->destroy(this.group);
	state_destroy(this.state);
}
END_TEST

Suite *gkm_group_life_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_group_life");

	tc = tcase_create("life");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc,
				members_hold_all_keys_and_others_none_whatever_happens, 0,
				countof(lives) * SEEDS);
	suite_add_tcase(s, tc);

	return s;
}
