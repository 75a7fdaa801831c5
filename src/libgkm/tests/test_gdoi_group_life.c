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
#include "rekey_fixture.h"
#include "state_fixture.h"

#include "libgkm/gdoi/gdoi_push.h"

/** Members, and steps of a life */
#define MEMBERS 12
#define STEPS 120

/** Ways to configure a group that lives for a while */
static struct {
	char *transport, *degree, *cipher;
} lives[] = {
	{ "multicast",	"2",	"aes128" },
	{ "multicast",	"4",	"aes256" },
	{ "unicast",	"3",	"aes192" },
	{ "unicast",	"16",	"aes256" },
};

/** Seeds for each */
#define SEEDS 2

/**
 * A member as its key server's messages reach it
 */
typedef struct {
	char name[32];
	bool registered;
	/** it was a member, and tries to read on */
	bool attacks;
	/** all rekey SAs that it ever had, their channels, and data SAs */
	array_t *rekeys;
	array_t *channels;
	array_t *sas;
	/** its path, as gkm_kwk_t* */
	array_t *path;
} member_t;

/**
 * A group and all that are or were its members
 */
typedef struct {
	int how;
	gkm_group_t *group;
	state_t *state;
	private_key_t *key;
	chunk_t auth_key;
	chunk_t sig_alg;
	member_t members[MEMBERS];
	time_t now;
	/** notices that members were told of */
	int told;
	/** what happened so far, to see that it did */
	u_int registrations, leavings, removals, rekeys, restarts, attacks;
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
	return group_configure("rekey.auth", NULL, "protocols", "gdoi",
						   "rekey.transport", lives[this->how].transport,
						   "rekey.key_tree_degree", lives[this->how].degree,
						   "gdoi.proposals", lives[this->how].cipher,
						   "rekey.key_tree", "yes",
						   "rekey.rekey_time", "3h", "rekey.life_time", "4h",
						   "sas.more.source_ts", "10.0.0.0/8",
						   "sas.more.destination_ts", "239.2.0.0/16",
						   "sas.more.rekey_time", "40m",
						   "sas.more.life_time", "50m", NULL);
}

static void create_group(life_t *this)
{
	this->group = gkm_group_create(configure(this), &store.public, &spis.public,
								   this->auth_key, this->sig_alg, this->now,
								   &err);
	ck_assert_msg(this->group, "%s", err.text);
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

static void set_path(member_t *member, array_t *path)
{
	gkm_kwk_t *kwk;
	int i;

	array_destroy_function(member->path, (array_callback_t)gkm_kwk_destroy,
						   NULL);
	member->path = array_create(0, 0);
	for (i = 0; array_get(path, i, &kwk); i++)
	{
		array_insert(member->path, ARRAY_TAIL, gkm_kwk_clone(kwk));
	}
}

static void add_rekey(member_t *member, gkm_rekey_sa_t *sa)
{
	gkm_channel_t *channel;
	gdoi_format_t format;

	gdoi_format_init(&format);
	channel = gdoi_push_create(sa, &format, &err);
	ck_assert_msg(channel, "%s", err.text);
	array_insert(member->channels, ARRAY_TAIL, channel);
	array_insert(member->rekeys, ARRAY_TAIL, gkm_rekey_sa_clone(sa));
}

static bool knows_sa(member_t *member, gkm_data_sa_t *sa)
{
	gkm_data_sa_t *held;
	int i;

	for (i = 0; array_get(member->sas, i, &held); i++)
	{
		if (held->spi == sa->spi && chunk_equals(held->key, sa->key))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Take the SAs of a download
 *
 * @return			number of those that it didn't have
 */
static u_int take(member_t *member, gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	u_int count = 0;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (!knows_sa(member, sa))
		{
			array_insert(member->sas, ARRAY_TAIL, gkm_data_sa_clone(sa));
			count++;
		}
	}
	if (download->rekey)
	{
		add_rekey(member, download->rekey);
		count++;
	}
	return count;
}

/**
 * Read a message with the keys that a member has
 *
 * @return			number of SAs that it found out
 */
static u_int receive(life_t *this, member_t *member, chunk_t datagram)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	gkm_channel_t *channel = NULL;
	gkm_rekey_sa_t *sa;
	gkm_update_t *update;
	gkm_received_t received;
	u_int count = 0;
	int i;

	ck_assert(gdoi_push_peek(datagram, spi));
	for (i = 0; array_get(member->rekeys, i, &sa); i++)
	{
		if (memeq(sa->spi, spi, sizeof(spi)))
		{
			array_get(member->channels, i, &channel);
		}
	}
	ck_assert_msg(channel || !member->registered, "%s has no channel %s",
				  member->name, this->when);
	if (!channel)
	{
		return 0;
	}
	received = channel->receive(channel, datagram, member->path, &update, &err);
	ck_assert_msg(received == GKM_RECEIVED_UPDATE, "%s can't read a message "
				  "%s: %s", member->name, this->when, err.text);
	channel->accept(channel, update);
	if (update->excluded || gkm_update_excludes_all(update))
	{
		member->registered = FALSE;
	}
	else
	{
		count = take(member, update->download);
		if (array_count(update->download->path))
		{
			set_path(member, update->download->path);
		}
	}
	gkm_update_destroy(update);
	return count;
}

/**
 * Tell a message to members, others try to read it
 */
static void deliver_one(life_t *this, gkm_notice_t *notice)
{
	gdoi_format_t format;
	member_t *member;
	chunk_t datagram;
	u_int found;
	int i;

	gdoi_format_init(&format);
	ck_assert_msg(gdoi_push_build(notice->push_carrier, notice->push,
								  notice->push_seq, this->key, &format,
								  &datagram, &err), "%s", err.text);
	for (i = 0; i < MEMBERS; i++)
	{
		member = &this->members[i];
		if (member->registered)
		{
			receive(this, member, datagram);
			ck_assert_msg(member->registered || notice->excludes_all,
						  "%s was excluded %s", member->name, this->when);
			member->attacks |= !member->registered;
		}
		else if (member->attacks)
		{
			found = receive(this, member, datagram);
			ck_assert_msg(!found, "%s found out %u SAs %s", member->name, found,
						  this->when);
			this->attacks++;
		}
	}
	chunk_free(&datagram);
}

/**
 * A member has all that the group uses
 */
static void assert_current(life_t *this, member_t *member)
{
	gkm_policy_t *policy = this->group->get_policy(this->group);
	enumerator_t *enumerator;
	gkm_rekey_sa_t *held = NULL, *used;
	gkm_policy_sa_t *sa;

	used = policy->get_rekey(policy, GKM_PROTOCOL_GDOI)->sa;
	array_get(member->rekeys, ARRAY_TAIL, &held);
	ck_assert_msg(held && memeq(held->spi, used->spi, sizeof(used->spi)) &&
				  chunk_equals(held->key, used->key),
				  "%s doesn't have the rekey SA %s", member->name, this->when);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{	/* those before the last one may have been in use before it came */
		ck_assert_msg(!sa->rekey || knows_sa(member, sa->sa),
					  "%s doesn't have a data SA %s", member->name, this->when);
	}
	enumerator->destroy(enumerator);
}

/**
 * Keep what changed, and tell it
 */
static void deliver(life_t *this)
{
	gkm_notice_t *notice;
	int i;

	keep(this, FALSE);
	for (; array_get(notices, this->told, &notice); this->told++)
	{
		if (notice->push)
		{
			deliver_one(this, notice);
		}
	}
	for (i = 0; i < MEMBERS; i++)
	{
		if (this->members[i].registered)
		{
			assert_current(this, &this->members[i]);
		}
	}
}

static void register_member(life_t *this, int i)
{
	member_t *member = &this->members[i];
	gkm_download_t *download = NULL;
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = identification_create_from_string(member->name),
		.address = host_create_from_string("192.0.2.7", 848 + i),
		.protocol = GKM_PROTOCOL_GDOI,
	};

	ck_assert_int_eq(this->group->admit(this->group, &applicant, this->now,
							&download, notices, &err), GKM_ADMITTED);
	take(member, download);
	set_path(member, download->path);
	member->registered = TRUE;
	gkm_download_destroy(download);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	this->registrations++;
}

static void leave(life_t *this, int i)
{
	identification_t *id;

	id = identification_create_from_string(this->members[i].name);
	ck_assert(this->group->remove_member(this->group, id));
	id->destroy(id);
	this->members[i].registered = FALSE;
	this->members[i].attacks = TRUE;
	this->leavings++;
}

static void exclude(life_t *this, int i)
{
	array_t *ids, *removed;
	identification_t *id;

	ids = array_create(0, 0);
	removed = array_create(0, 0);
	id = identification_create_from_string(this->members[i].name);
	array_insert(ids, ARRAY_TAIL, id);
	ck_assert(this->group->exclude(this->group, ids, this->now, removed,
								   notices, &err));
	array_destroy_function(removed, (array_callback_t)free, NULL);
	array_destroy(ids);
	id->destroy(id);
	this->members[i].registered = FALSE;
	this->members[i].attacks = TRUE;
	this->removals++;
}

static void restart(life_t *this)
{
	this->group->destroy(this->group);
	create_group(this);
	ck_assert_msg(this->group->restore(this->group, &this->state->public,
									   this->now, &err), "%s", err.text);
	this->restarts++;
}

/**
 * Something happens
 */
static void step(life_t *this)
{
	int i = roll(this, MEMBERS);
	bool registered = this->members[i].registered;

	switch (roll(this, 10))
	{
		case 0:
		case 1:
		case 2:
		case 3:
			register_member(this, i);
			break;
		case 4:
			registered ? leave(this, i) : register_member(this, i);
			break;
		case 5:
			registered ? exclude(this, i) : register_member(this, i);
			break;
		case 6:
			/* there may be too many data SAs */
			this->rekeys += this->group->rekey(this->group, roll(this, 3) == 0,
											   this->now, notices, &err);
			break;
		case 7:
			restart(this);
			break;
		default:
			this->now += roll(this, 1200);
			this->group->update(this->group, this->now, notices, &err);
			break;
	}
}

static void begin(life_t *this, int i)
{
	public_key_t *public;
	int j;

	*this = (life_t){
		.how = i / SEEDS,
		.seed = i,
		.now = START,
		.state = state_create(),
		.key = rekey_key_create(KEY_ECDSA, 256),
		.sig_alg = unhex(ECDSA_SHA256),
	};
	public = this->key->get_public_key(this->key);
	ck_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER,
								   &this->auth_key));
	public->destroy(public);
	for (j = 0; j < MEMBERS; j++)
	{
		snprintf(this->members[j].name, sizeof(this->members[j].name),
				 "member%d@example.com", j);
		this->members[j].rekeys = array_create(0, 0);
		this->members[j].channels = array_create(0, 0);
		this->members[j].sas = array_create(0, 0);
	}
	create_group(this);
	keep(this, TRUE);
}

static void end(life_t *this)
{
	gkm_channel_t *channel;
	member_t *member;
	int i;

	for (i = 0; i < MEMBERS; i++)
	{
		member = &this->members[i];
		while (array_remove(member->channels, ARRAY_TAIL, &channel))
		{
			channel->destroy(channel);
		}
		array_destroy(member->channels);
		array_destroy_function(member->rekeys,
							   (array_callback_t)gkm_rekey_sa_destroy, NULL);
		array_destroy_function(member->sas,
							   (array_callback_t)gkm_data_sa_destroy, NULL);
		array_destroy_function(member->path, (array_callback_t)gkm_kwk_destroy,
							   NULL);
	}
	this->group->destroy(this->group);
	this->key->destroy(this->key);
	chunk_free(&this->auth_key);
	chunk_free(&this->sig_alg);
	state_destroy(this->state);
}

START_TEST(members_follow_and_others_do_not)
{
	life_t life;
	int i;

	begin(&life, _i);
	for (i = 0; i < STEPS; i++)
	{
		snprintf(life.when, sizeof(life.when), "in step %d of life %d", i, _i);
		step(&life);
		deliver(&life);
	}
	ck_assert_int_gt(life.registrations, 10);
	ck_assert_int_gt(life.leavings, 1);
	ck_assert_int_gt(life.removals, 1);
	ck_assert_int_gt(life.rekeys, 3);
	ck_assert_int_gt(life.restarts, 3);
	ck_assert_int_gt(life.attacks, 20);
	end(&life);
}
END_TEST

Suite *gdoi_group_life_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gdoi_group_life");

	tc = tcase_create("life");
	tcase_add_checked_fixture(tc, group_setup, group_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, members_follow_and_others_do_not, 0,
						countof(lives) * SEEDS);
	suite_add_tcase(s, tc);

	return s;
}
