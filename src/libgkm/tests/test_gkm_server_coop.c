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

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "suites.h"
#include "cfg_fixture.h"

#include "plugins/gkm_server/gkm_server_clock.h"
#include "plugins/gkm_server/gkm_server_coop.h"
#include "plugins/gkm_server/gkm_server_loader.h"

#include <daemon.h>

/** IKE_SA that a member is rekeyed over */
#define IKE_SA_ID 17

/**
 * A key server of the group
 */
typedef struct {
	/** what it sends with, first to be found by that */
	gkm_t gkm;
	/** folder of its state */
	char dir[64];
	gkm_store_t *store;
	gkm_server_groups_t *groups;
	gkm_server_spis_t *spis;
	gkm_linger_t linger;
	gkm_inband_t *inband;
	gkm_ack_receiver_t *acks;
	gkm_rekeyer_t *rekeyer;
	gkm_server_loader_t loader;
	/** its group, NULL if it isn't loaded */
	gkm_server_group_t *entry;
	/** datagrams that were sent, as chunk_t by value */
	array_t *sent;
	/** members that were rekeyed in-band */
	u_int pushes;
	/** last event */
	char event[32];
	/** times that the plugin was called */
	u_int attached;
	u_int detached;
	u_int changes;
	/** times that timers were to be set anew */
	u_int armed;
} ks_t;

/** Key servers, numbered from 1, the second one has the first one as peer */
static ks_t kss[2];

/** Refuse to attach */
static bool refuse;

static gkm_error_t err;

static bool multicast(gkm_t *this, host_t *dst, chunk_t datagram,
					  gkm_error_t *err)
{
	datagram = chunk_clone(datagram);
	array_insert(((ks_t*)this)->sent, ARRAY_TAIL, &datagram);
	return TRUE;
}

static void push(gkm_t *this, uint32_t ike_sa_id, gkm_update_t *update,
				 gkm_pushed_t done, void *user)
{
	ck_assert_int_eq(ike_sa_id, IKE_SA_ID);
	/* nobody answers before the test ends */
	((ks_t*)this)->pushes++;
}

static void event(gkm_t *this, char *group, int severity, char *name, char *fmt,
				  ...)
{
	ks_t *ks = (ks_t*)this;

	snprintf(ks->event, sizeof(ks->event), "%s", name);
}

/**
 * Find the key server that a group is of
 */
static ks_t *find(gkm_coop_group_t *group)
{
	int i;

	for (i = 0; i < countof(kss); i++)
	{
		if (kss[i].entry && &kss[i].entry->coop->group == group)
		{
			return &kss[i];
		}
	}
	return NULL;
}

static bool attach(gkm_coop_t *this, gkm_coop_group_t *group, gkm_cfg_t *cfg,
				   gkm_error_t *err)
{
	/* new ones aren't among the groups yet */
	ks_t *ks = &kss[cfg->coop.id - 1];

	ks->attached++;
	return !refuse || gkm_fail(err, "refused");
}

static void detach(gkm_coop_t *this, gkm_coop_group_t *group)
{
	find(group)->detached++;
}

static void changed(gkm_coop_t *this, gkm_coop_group_t *group)
{
	ks_t *ks = find(group);

	if (ks)
	{
		ks->changes++;
	}
}

static gkm_coop_t plugin = {
	.attach = attach,
	.detach = detach,
	.changed = changed,
};

static void release_all(gkm_linger_t *this, char *group, uint32_t linger)
{
}

CALLBACK(arm, void,
	ks_t *ks)
{
	ks->armed++;
}

static void add_listener(bus_t *this, listener_t *listener)
{
}

static void bus_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t bus = {
	.add_listener = add_listener,
	.remove_listener = add_listener,
	.log = bus_log,
};

static daemon_t fake_daemon = {
	.bus = &bus,
}, *real_daemon;

/**
 * Start a key server without groups
 */
static void start(ks_t *ks)
{
	ks->gkm = (gkm_t){
		.multicast = multicast,
		.push = push,
		.event = event,
	};
	ks->linger.release_all = release_all;
	ks->store = gkm_store_create(ks->dir, NULL);
	ks->groups = gkm_server_groups_create();
	ks->spis = gkm_server_spis_create();
	ks->inband = gkm_inband_create(&ks->gkm, ks->groups, &ks->linger);
	ks->acks = gkm_ack_receiver_create(&ks->gkm);
	ks->rekeyer = gkm_rekeyer_create(&ks->gkm, ks->store, ks->inband, ks->acks);
	ks->loader = (gkm_server_loader_t){
		.gkm = &ks->gkm,
		.groups = ks->groups,
		.store = ks->store,
		.spis = ks->spis,
		.rekeyer = ks->rekeyer,
		.linger = &ks->linger,
		.changed = (void*)arm,
		.user = ks,
	};
}

/**
 * Stop a key server, as if it was killed
 */
static void stop(ks_t *ks)
{
	chunk_t datagram;

	gkm_server_group_destroy(ks->entry);
	ks->entry = NULL;
	ks->inband->destroy(ks->inband);
	ks->rekeyer->destroy(ks->rekeyer);
	ks->acks->destroy(ks->acks);
	ks->groups->destroy(ks->groups);
	ks->spis->destroy(ks->spis);
	ks->store->destroy(ks->store);
	while (array_remove(ks->sent, ARRAY_TAIL, &datagram))
	{
		free(datagram.ptr);
	}
}

static void setup()
{
	int i;

	real_daemon = charon;
	charon = &fake_daemon;
	lib->set(lib, GKM_COOP_NAME, &plugin);
	err = (gkm_error_t){};
	refuse = FALSE;
	for (i = 0; i < countof(kss); i++)
	{
		kss[i] = (ks_t){
			.sent = array_create(sizeof(chunk_t), 0),
		};
		snprintf(kss[i].dir, sizeof(kss[i].dir), "/tmp/gkm_coop.XXXXXX");
		ck_assert(mkdtemp(kss[i].dir) != NULL);
		start(&kss[i]);
	}
}

static void teardown()
{
	char path[128];
	int i;

	for (i = 0; i < countof(kss); i++)
	{
		stop(&kss[i]);
		array_destroy(kss[i].sent);
		snprintf(path, sizeof(path), "%s/%s", kss[i].dir, GKM_STORE_FILE);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s", kss[i].dir, GKM_STORE_KEY_FILE);
		unlink(path);
		ck_assert_int_eq(rmdir(kss[i].dir), 0);
	}
	lib->set(lib, GKM_COOP_NAME, NULL);
	charon = real_daemon;
}

/**
 * Configure the group on a key server
 */
static gkm_cfg_t *configure(ks_t *ks, char *key, char *value)
{
	cfg_option_t options[] = {
		{ "coop.id", ks == &kss[0] ? "1" : "2" },
		{ "coop.peers", "other" },
		{ key, value },
		{ "rekey.retransmit", "0" },
	};
	int count = !key ? 2 : streq(key, "rekey.transport") ? 3 : 4;
	gkm_cfg_t *cfg;

	if (!key)
	{
		options[count++] = options[3];
	}
	cfg = cfg_configure(GKM_ROLE_SERVER, options, count, &err);
	ck_assert_msg(cfg, "%s", err.text);
	return cfg;
}

/**
 * Load the group on a key server, or change it there
 */
static void load(ks_t *ks, char *key, char *value)
{
	ck_assert_msg(gkm_server_loader_load(&ks->loader,
										 configure(ks, key, value), &err),
				  "%s", err.text);
	gkm_server_group_destroy(ks->entry);
	ks->entry = ks->groups->get(ks->groups, "finance");
}

/**
 * The group as the plugin sees it
 */
static gkm_coop_group_t *group_of(ks_t *ks)
{
	return &ks->entry->coop->group;
}

/**
 * Have a key server take over records of the other one, which are destroyed
 */
static bool adopt(ks_t *ks, gkm_adoption_kind_t kind,
				  gkm_record_list_t *records)
{
	gkm_adoption_t how = {
		.kind = kind,
		.from = ks == &kss[0] ? 2 : 1,
	};
	bool success;

	err = (gkm_error_t){};
	success = group_of(ks)->adopt(group_of(ks), &how, records, &err);
	records->destroy(records);
	return success;
}

/**
 * Get all of a key server's records
 */
static gkm_record_list_t *get_all(ks_t *ks)
{
	u_int ticket;

	return group_of(ks)->get_all(group_of(ks), &ticket);
}

/**
 * Get what changed, which there has to be
 */
static gkm_record_list_t *get_changes(ks_t *ks, u_int *ticket)
{
	gkm_record_list_t *changes;

	changes = group_of(ks)->get_changes(group_of(ks), ticket);
	ck_assert(changes);
	return changes;
}

/**
 * Expect that nothing changed that others don't know
 */
static void expect_no_changes(ks_t *ks)
{
	u_int ticket = 1;

	ck_assert(!group_of(ks)->get_changes(group_of(ks), &ticket));
	ck_assert_int_eq(ticket, 0);
}

/**
 * Have others know all that changed up to now
 */
static void forget_changes(ks_t *ks)
{
	gkm_record_list_t *changes;
	u_int ticket;

	changes = group_of(ks)->get_changes(group_of(ks), &ticket);
	DESTROY_IF(changes);
	group_of(ks)->release(group_of(ks), ticket);
}

/**
 * Load the group on both, the first one becomes primary and the second one
 * follows
 */
static void begin(char *key, char *value)
{
	ks_t *primary = &kss[0], *secondary = &kss[1];

	load(primary, key, value);
	load(secondary, key, value);
	group_of(primary)->set_duty(group_of(primary), GKM_DUTY_PRIMARY, 1, FALSE);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_ALL, get_all(primary)), "%s",
				  err.text);
	group_of(secondary)->set_duty(group_of(secondary), GKM_DUTY_SECONDARY, 1,
								  FALSE);
	forget_changes(primary);
	forget_changes(secondary);
}

/**
 * Rekey the group
 */
static void rekey(ks_t *ks)
{
	gkm_server_group_t *entry = ks->entry;
	array_t *notices;

	notices = array_create(0, 0);
	entry->mutex->lock(entry->mutex);
	ck_assert_msg(entry->group->rekey(entry->group, FALSE, gkm_server_now(),
									  notices, &err), "%s", err.text);
	ks->rekeyer->deliver(ks->rekeyer, entry, entry->key, notices);
	entry->mutex->unlock(entry->mutex);
}

/**
 * Register a member
 *
 * @return			what it got, to be destroyed
 */
static gkm_download_t *admit(ks_t *ks, char *name, uint32_t ike_sa_id)
{
	gkm_server_group_t *entry = ks->entry;
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = identification_create_from_string(name),
		.address = host_create_from_string("192.0.2.7", 500),
		.ike_sa_id = ike_sa_id,
	};
	gkm_download_t *download = NULL;
	array_t *notices;

	notices = array_create(0, 0);
	entry->mutex->lock(entry->mutex);
	ck_assert_msg(entry->group->admit(entry->group, &applicant,
						gkm_server_now(), &download, notices,
						&err) == GKM_ADMITTED, "%s", err.text);
	ks->rekeyer->deliver(ks->rekeyer, entry, entry->key, notices);
	entry->mutex->unlock(entry->mutex);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	return download;
}

static void admit_one(ks_t *ks, char *name)
{
	gkm_download_destroy(admit(ks, name, 0));
}

/**
 * Number of members
 */
static u_int count_members(ks_t *ks)
{
	gkm_members_t *members;

	members = ks->entry->group->get_members(ks->entry->group);
	return members->get_count(members);
}

/**
 * Number of records of a kind that have a value
 */
static u_int count(gkm_record_list_t *records, gkm_record_t kind)
{
	gkm_record_entry_t *record;
	enumerator_t *enumerator;
	u_int found = 0;

	enumerator = records->create_enumerator(records);
	while (enumerator->enumerate(enumerator, &record))
	{
		found += record->kind == kind && record->value.len;
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Get the rekey SA of G-IKEv2
 */
static gkm_rekey_sa_t *get_rekey_sa(ks_t *ks)
{
	gkm_policy_t *policy = ks->entry->group->get_policy(ks->entry->group);

	return policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2)->sa;
}

/**
 * Expect that two have the same rekey SA, and sign with the same key
 */
static void expect_same(ks_t *one, ks_t *other)
{
	gkm_rekey_sa_t *sa = get_rekey_sa(one), *sb = get_rekey_sa(other);

	ck_assert(memeq(sa->spi, sb->spi, sizeof(sa->spi)));
	ck_assert(chunk_equals(sa->key, sb->key));
	ck_assert(chunk_equals(sa->auth_key, sb->auth_key));
	ck_assert_int_eq(sa->message_id, sb->message_id);
	ck_assert(one->entry->key->equals(one->entry->key, other->entry->key));
}

START_TEST(group_waits_for_others)
{
	gkm_coop_info_t info;
	ks_t *ks = &kss[0];

	load(ks, NULL, NULL);
	ck_assert_int_eq(ks->attached, 1);
	ck_assert_int_eq(ks->entry->group->get_duty(ks->entry->group),
					 GKM_DUTY_WAITING);
	group_of(ks)->get_info(group_of(ks), &info);
	ck_assert(!info.restored);
	ck_assert(!ks->entry->coop->is_master(ks->entry->coop, &err));
	ck_assert_msg(strstr(err.text, "waits"), "%s", err.text);
}
END_TEST

START_TEST(group_isnt_loaded_without_plugin)
{
	gkm_cfg_t *cfg;
	ks_t *ks = &kss[0];

	lib->set(lib, GKM_COOP_NAME, NULL);
	cfg = configure(ks, NULL, NULL);
	ck_assert(!gkm_server_loader_load(&ks->loader, cfg, &err));
	ck_assert_str_eq(err.text, "coop: plugin gkm-coop isn't loaded");
	ck_assert(!ks->groups->get(ks->groups, "finance"));
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(other_peers_are_told_to_the_plugin)
{
	gkm_cfg_t *cfg;
	ks_t *ks = &kss[0];

	load(ks, NULL, NULL);
	load(ks, "coop.priority", "7");
	ck_assert_int_eq(ks->attached, 2);
	ck_assert_int_eq(ks->detached, 0);
	refuse = TRUE;
	cfg = configure(ks, "coop.priority", "8");
	ck_assert(!gkm_server_loader_load(&ks->loader, cfg, &err));
	gkm_cfg_destroy(cfg);
	cfg = ks->entry->group->get_cfg(ks->entry->group);
	ck_assert_int_eq(cfg->coop.priority, 7);
}
END_TEST

START_TEST(plugin_has_the_old_configuration_if_the_new_one_fails)
{
	gkm_cfg_t *cfg;
	ks_t *ks = &kss[0];

	load(ks, NULL, NULL);
	cfg = configure(ks, "rekey.key", "/nonexistent");
	ck_assert(!gkm_server_loader_load(&ks->loader, cfg, &err));
	ck_assert_msg(strpfx(err.text, "rekey.key: "), "%s", err.text);
	ck_assert_int_eq(ks->attached, 3);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(number_of_a_key_server_stays)
{
	gkm_cfg_t *cfg;
	ks_t *ks = &kss[0];

	load(ks, NULL, NULL);
	cfg = configure(&kss[1], NULL, NULL);
	ck_assert(!gkm_server_loader_load(&ks->loader, cfg, &err));
	ck_assert_msg(strpfx(err.text, "coop.id: can't change from 1 to 2"), "%s",
				  err.text);
	ck_assert_int_eq(ks->attached, 1);
	gkm_cfg_destroy(cfg);
}
END_TEST

START_TEST(group_that_is_dropped_is_detached)
{
	ks_t *ks = &kss[0];

	load(ks, NULL, NULL);
	ks->groups->remove(ks->groups, "finance");
	gkm_server_loader_drop(&ks->loader, ks->entry);
	ck_assert_int_eq(ks->detached, 1);
}
END_TEST

START_TEST(secondary_has_what_the_primary_has)
{
	begin(NULL, NULL);
	expect_same(&kss[0], &kss[1]);
}
END_TEST

START_TEST(members_hear_of_a_rekey_once_others_know_it)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	u_int ticket, armed;

	begin(NULL, NULL);
	admit_one(primary, "alice@example.com");
	rekey(primary);
	ck_assert_int_eq(array_count(primary->sent), 0);
	ck_assert_int_eq(primary->entry->outbox->next_due(primary->entry->outbox),
					 0);
	changes = get_changes(primary, &ticket);
	ck_assert_int_ne(ticket, 0);
	ck_assert_int_eq(count(changes, GKM_RECORD_GROUP), 1);
	ck_assert_int_eq(count(changes, GKM_RECORD_OUTBOX), 1);
	ck_assert_int_eq(count(changes, GKM_RECORD_MEMBER), 1);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_CHANGES, changes), "%s", err.text);
	expect_same(primary, secondary);
	ck_assert_int_eq(count_members(secondary), 1);

	armed = primary->armed;
	group_of(primary)->release(group_of(primary), ticket);
	ck_assert_int_eq(array_count(primary->sent), 1);
	ck_assert_int_gt(primary->armed, armed);
	/* all that changed since is that it was sent */
	changes = get_changes(primary, &ticket);
	ck_assert_int_eq(ticket, 0);
	ck_assert_int_eq(changes->get_count(changes), 1);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_CHANGES, changes), "%s", err.text);
	ck_assert_int_eq(secondary->entry->sending.len, 0);
	expect_no_changes(primary);
	/* nothing of this is for the secondary to tell */
	expect_no_changes(secondary);
	ck_assert_int_eq(array_count(secondary->sent), 0);
}
END_TEST

START_TEST(rekeys_are_released_as_far_as_others_know_them)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0];
	u_int first, second;

	begin(NULL, NULL);
	rekey(primary);
	changes = get_changes(primary, &first);
	changes->destroy(changes);
	rekey(primary);
	group_of(primary)->release(group_of(primary), first);
	ck_assert_int_eq(array_count(primary->sent), 1);
	changes = get_changes(primary, &second);
	changes->destroy(changes);
	ck_assert_int_ne(first, second);
	/* once more, late, and never seen */
	group_of(primary)->release(group_of(primary), first);
	group_of(primary)->release(group_of(primary), 0);
	ck_assert_int_eq(array_count(primary->sent), 1);
	group_of(primary)->release(group_of(primary), second);
	ck_assert_int_eq(array_count(primary->sent), 2);
}
END_TEST

START_TEST(members_on_ike_sas_hear_of_a_rekey_once_others_know_it)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0];
	u_int ticket;

	begin("rekey.transport", "inband");
	gkm_download_destroy(admit(primary, "alice@example.com", IKE_SA_ID));
	rekey(primary);
	ck_assert_int_eq(primary->pushes, 0);
	changes = get_changes(primary, &ticket);
	changes->destroy(changes);
	group_of(primary)->release(group_of(primary), ticket);
	ck_assert_int_eq(primary->pushes, 1);
}
END_TEST

START_TEST(members_on_ike_sas_of_a_secondary_hear_of_a_rekey)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	u_int ticket;

	begin("rekey.transport", "inband");
	gkm_download_destroy(admit(secondary, "alice@example.com", IKE_SA_ID));
	rekey(primary);
	changes = get_changes(primary, &ticket);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_CHANGES, changes), "%s", err.text);
	ck_assert_int_eq(secondary->pushes, 1);
	ck_assert_int_eq(primary->pushes, 0);
}
END_TEST

START_TEST(secondary_tells_its_members_and_the_primary_passes_them_on)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	gkm_coop_info_t info;
	u_int ticket;

	begin(NULL, NULL);
	admit_one(secondary, "bob@example.com");
	ck_assert_int_gt(secondary->changes, 0);
	changes = get_changes(secondary, &ticket);
	ck_assert_int_eq(ticket, 0);
	ck_assert_int_eq(count(changes, GKM_RECORD_MEMBER), 1);
	ck_assert_int_gt(count(changes, GKM_RECORD_NODE), 0);
	ck_assert_int_eq(count(changes, GKM_RECORD_GROUP), 0);
	ck_assert_int_eq(count(changes, GKM_RECORD_OUTBOX), 0);
	ck_assert_int_eq(count(changes, GKM_RECORD_SIGNER), 0);
	ck_assert_msg(adopt(primary, GKM_ADOPT_MEMBERS, changes), "%s", err.text);
	ck_assert_int_eq(count_members(primary), 1);
	changes = get_changes(primary, &ticket);
	ck_assert_int_eq(count(changes, GKM_RECORD_MEMBER), 1);
	changes->destroy(changes);

	group_of(primary)->get_info(group_of(primary), &info);
	ck_assert_int_eq(info.members, 1);
	ck_assert_int_eq(info.own_members, 0);
	group_of(secondary)->get_info(group_of(secondary), &info);
	ck_assert_int_eq(info.members, 1);
	ck_assert_int_eq(info.own_members, 1);
}
END_TEST

START_TEST(who_takes_over_sends_what_was_being_sent)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	chunk_t datagram, copy;
	u_int ticket;

	begin(NULL, NULL);
	rekey(primary);
	changes = get_changes(primary, &ticket);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_CHANGES, changes), "%s", err.text);
	ck_assert_int_gt(secondary->entry->sending.len, 0);
	group_of(primary)->release(group_of(primary), ticket);
	ck_assert(array_get(primary->sent, 0, &datagram));

	group_of(secondary)->set_duty(group_of(secondary), GKM_DUTY_PRIMARY, 2,
								  TRUE);
	/* what members may not have got, the rekey that follows waits for others */
	ck_assert_int_eq(array_count(secondary->sent), 1);
	ck_assert(array_get(secondary->sent, 0, &copy));
	ck_assert(chunk_equals(datagram, copy));
	changes = get_changes(secondary, &ticket);
	ck_assert_int_ne(ticket, 0);
	changes->destroy(changes);
	group_of(secondary)->release(group_of(secondary), ticket);
	ck_assert_int_eq(array_count(secondary->sent), 2);
	ck_assert(secondary->entry->coop->is_master(secondary->entry->coop, &err));
}
END_TEST

START_TEST(what_waits_is_sent_by_one_that_yields)
{
	gkm_record_list_t *changes;
	ks_t *ks = &kss[0];
	u_int ticket;

	begin(NULL, NULL);
	rekey(ks);
	ck_assert_int_eq(array_count(ks->sent), 0);
	group_of(ks)->set_duty(group_of(ks), GKM_DUTY_SECONDARY, 1, FALSE);
	ck_assert_int_eq(array_count(ks->sent), 1);
	/* and SAs aren't for it to tell any more */
	changes = group_of(ks)->get_changes(group_of(ks), &ticket);
	ck_assert_int_eq(ticket, 0);
	if (changes)
	{
		ck_assert_int_eq(count(changes, GKM_RECORD_GROUP), 0);
		changes->destroy(changes);
	}
}
END_TEST

START_TEST(secondary_signs_like_its_primary_after_a_restart)
{
	ks_t *primary = &kss[0], *secondary = &kss[1];
	gkm_coop_info_t info;

	begin(NULL, NULL);
	expect_same(primary, secondary);
	stop(secondary);
	start(secondary);
	load(secondary, NULL, NULL);
	expect_same(primary, secondary);
	ck_assert_int_eq(secondary->entry->group->get_duty(secondary->entry->group),
					 GKM_DUTY_WAITING);
	group_of(secondary)->get_info(group_of(secondary), &info);
	ck_assert(info.restored);
	ck_assert_int_eq(info.epoch, 1);
	ck_assert_int_eq(array_count(secondary->sent), 0);
}
END_TEST

START_TEST(what_is_being_sent_waits_over_a_restart)
{
	gkm_record_list_t *changes;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	u_int ticket;

	begin(NULL, NULL);
	rekey(primary);
	changes = get_changes(primary, &ticket);
	ck_assert_msg(adopt(secondary, GKM_ADOPT_CHANGES, changes), "%s", err.text);
	stop(secondary);
	start(secondary);
	load(secondary, NULL, NULL);
	ck_assert_int_eq(array_count(secondary->sent), 0);
	group_of(secondary)->set_duty(group_of(secondary), GKM_DUTY_PRIMARY, 2,
								  FALSE);
	ck_assert_int_eq(array_count(secondary->sent), 1);
}
END_TEST

/**
 * Write a new key into a file
 */
static void write_key(char *path)
{
	private_key_t *key;
	chunk_t pem;

	key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
							 BUILD_KEY_SIZE, 256, BUILD_END);
	ck_assert(key && key->get_encoding(key, PRIVKEY_ASN1_DER, &pem));
	ck_assert(chunk_write(pem, path, 0077, TRUE));
	chunk_clear(&pem);
	key->destroy(key);
}

START_TEST(rekeys_that_cant_be_signed_here_are_refused)
{
	ks_t *primary = &kss[0], *secondary = &kss[1];
	char path[128];

	snprintf(path, sizeof(path), "%s/rekey.der", secondary->dir);
	write_key(path);
	load(primary, NULL, NULL);
	load(secondary, "rekey.key", path);
	unlink(path);
	group_of(primary)->set_duty(group_of(primary), GKM_DUTY_PRIMARY, 1, FALSE);
	ck_assert(!adopt(secondary, GKM_ADOPT_ALL, get_all(primary)));
	ck_assert_msg(strstr(err.text, "signed with another key"), "%s", err.text);
	ck_assert_int_eq(secondary->entry->group->get_epoch(
												secondary->entry->group), 0);
}
END_TEST

START_TEST(secondary_keeps_sas_that_fit_another_configuration)
{
	ks_t *primary = &kss[0], *secondary = &kss[1];

	begin(NULL, NULL);
	admit_one(secondary, "bob@example.com");
	load(secondary, "d3p_window", "1s");
	ck_assert_int_eq(array_count(secondary->sent), 0);
	expect_same(primary, secondary);
	ck_assert_int_eq(count_members(secondary), 1);
	admit_one(secondary, "carol@example.com");
	/* after a restart, too */
	stop(secondary);
	start(secondary);
	load(secondary, "d3p_window", "1s");
	expect_same(primary, secondary);
}
END_TEST

START_TEST(secondary_registers_nobody_with_sas_that_dont_fit)
{
	gkm_server_group_t *entry;
	ks_t *primary = &kss[0], *secondary = &kss[1];
	gkm_applicant_t applicant = {
		.connection = "members",
	};
	gkm_download_t *download;
	gkm_verdict_t verdict;

	begin(NULL, NULL);
	load(secondary, "rekey.proposals", "aes128gcm16-kw128");
	ck_assert_int_eq(array_count(secondary->sent), 0);
	entry = secondary->entry;
	applicant.id = identification_create_from_string("bob@example.com");
	applicant.address = host_create_from_string("192.0.2.7", 500);
	verdict = entry->group->offer(entry->group, &applicant, gkm_server_now(),
								  &download, &err);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	ck_assert_int_eq(verdict, GKM_UNABLE);
	ck_assert(!adopt(secondary, GKM_ADOPT_ALL, get_all(primary)));

	/* as it was before is of no use, unless others say so */
	load(secondary, NULL, NULL);
	ck_assert(!memeq(get_rekey_sa(secondary)->spi, get_rekey_sa(primary)->spi,
					 GKM_REKEY_SPI_LEN));
	ck_assert_msg(adopt(secondary, GKM_ADOPT_ALL, get_all(primary)), "%s",
				  err.text);
	expect_same(primary, secondary);
	admit_one(secondary, "bob@example.com");
}
END_TEST

START_TEST(secondary_names_its_primary)
{
	begin(NULL, NULL);
	ck_assert(!kss[1].entry->coop->is_master(kss[1].entry->coop, &err));
	ck_assert_msg(strstr(err.text, "key server 1 is primary"), "%s", err.text);
	ck_assert(kss[0].entry->coop->is_master(kss[0].entry->coop, &err));
}
END_TEST

START_TEST(refused_members_are_told_of_once)
{
	gkm_server_coop_t *coop;

	load(&kss[0], NULL, NULL);
	coop = kss[0].entry->coop;
	coop->refused(coop);
	ck_assert_str_eq(kss[0].event, "KS_WAITING");
	kss[0].event[0] = '\0';
	coop->refused(coop);
	ck_assert_str_eq(kss[0].event, "");
	/* and again if it has to wait again */
	group_of(&kss[0])->set_duty(group_of(&kss[0]), GKM_DUTY_PRIMARY, 1, FALSE);
	group_of(&kss[0])->set_duty(group_of(&kss[0]), GKM_DUTY_WAITING, 1, FALSE);
	coop->refused(coop);
	ck_assert_str_eq(kss[0].event, "KS_WAITING");
}
END_TEST

Suite *gkm_server_coop_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("gkm_server_coop");

	tc = tcase_create("groups");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, group_waits_for_others);
	tcase_add_test(tc, group_isnt_loaded_without_plugin);
	tcase_add_test(tc, other_peers_are_told_to_the_plugin);
	tcase_add_test(tc, plugin_has_the_old_configuration_if_the_new_one_fails);
	tcase_add_test(tc, number_of_a_key_server_stays);
	tcase_add_test(tc, group_that_is_dropped_is_detached);
	suite_add_tcase(s, tc);

	tc = tcase_create("changes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, secondary_has_what_the_primary_has);
	tcase_add_test(tc, members_hear_of_a_rekey_once_others_know_it);
	tcase_add_test(tc, rekeys_are_released_as_far_as_others_know_them);
	tcase_add_test(tc, members_on_ike_sas_hear_of_a_rekey_once_others_know_it);
	tcase_add_test(tc, members_on_ike_sas_of_a_secondary_hear_of_a_rekey);
	tcase_add_test(tc,
				   secondary_tells_its_members_and_the_primary_passes_them_on);
	suite_add_tcase(s, tc);

	tc = tcase_create("duties");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_takes_over_sends_what_was_being_sent);
	tcase_add_test(tc, what_waits_is_sent_by_one_that_yields);
	tcase_add_test(tc, secondary_signs_like_its_primary_after_a_restart);
	tcase_add_test(tc, what_is_being_sent_waits_over_a_restart);
	tcase_add_test(tc, rekeys_that_cant_be_signed_here_are_refused);
	tcase_add_test(tc, secondary_keeps_sas_that_fit_another_configuration);
	tcase_add_test(tc, secondary_registers_nobody_with_sas_that_dont_fit);
	tcase_add_test(tc, secondary_names_its_primary);
	tcase_add_test(tc, refused_members_are_told_of_once);
	suite_add_tcase(s, tc);

	return s;
}
