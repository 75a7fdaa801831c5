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

#include "gkm_server_list.h"
#include "gkm_server_clock.h"
#include "gkm_server_member_message.h"
#include "gkm_server_message.h"

typedef struct private_gkm_server_list_t private_gkm_server_list_t;

/**
 * Private data
 */
struct private_gkm_server_list_t {

	/** public interface */
	gkm_server_list_t public;

	/** where commands are registered */
	vici_dispatcher_t *dispatcher;

	/** groups to show */
	gkm_server_groups_t *groups;
};

/**
 * Build a message for each group and pass it on
 *
 * @param build		builds the message, called with the group's mutex
 */
static void stream(private_gkm_server_list_t *this, char *filter,
				   vici_message_t *(*build)(gkm_server_group_t *entry,
											time_t now),
				   void (*cb)(void *user, vici_message_t *message), void *user)
{
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	vici_message_t *message;

	enumerator = this->groups->create_enumerator(this->groups, filter);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->mutex->lock(entry->mutex);
		message = build(entry, gkm_server_now());
		entry->mutex->unlock(entry->mutex);
		cb(user, message);
	}
	enumerator->destroy(enumerator);
}

METHOD(gkm_server_list_t, list_groups, void,
	private_gkm_server_list_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	stream(this, filter, gkm_server_message_group, cb, user);
}

METHOD(gkm_server_list_t, list_replay, void,
	private_gkm_server_list_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	stream(this, filter, gkm_server_message_replay, cb, user);
}

METHOD(gkm_server_list_t, list_stats, void,
	private_gkm_server_list_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	stream(this, filter, gkm_server_message_stats, cb, user);
}

/**
 * Reply of a command that streamed what it had to say
 *
 * @param filter	name of the only group it was about, or NULL
 * @param count		number of groups it found
 */
static vici_message_t *create_reply(char *filter, u_int count)
{
	vici_builder_t *b = vici_builder_create();

	if (filter && !count)
	{
		b->add_kv(b, "success", "no");
		b->add_kv(b, "errmsg", "group '%s' not found", filter);
	}
	return b->finalize(b);
}

/**
 * Run a command that streams events about each group, or about the one that is
 * asked for
 *
 * @param id		id of the connection to send to
 * @param list		sends the events of a group
 */
static vici_message_t *list_each(private_gkm_server_list_t *this,
						vici_message_t *request, u_int id,
						void (*list)(private_gkm_server_list_t *this,
									 gkm_server_group_t *entry,
									 vici_message_t *request, u_int id))
{
	char *filter = request->get_str(request, NULL, "group");
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	u_int count = 0;

	enumerator = this->groups->create_enumerator(this->groups, filter);
	while (enumerator->enumerate(enumerator, &entry))
	{
		count++;
		list(this, entry, request, id);
	}
	enumerator->destroy(enumerator);
	return create_reply(filter, count);
}

/**
 * Send the rekeys of a group, the oldest first
 */
static void list_rekeys_of(private_gkm_server_list_t *this,
						   gkm_server_group_t *entry, vici_message_t *request,
						   u_int id)
{
	gkm_server_history_t history;
	gkm_rekey_note_t *note;
	u_int number;

	entry->mutex->lock(entry->mutex);
	history = entry->history;
	entry->mutex->unlock(entry->mutex);

	number = history.last > GKM_HISTORY_LEN ? history.last - GKM_HISTORY_LEN
											: 0;
	while (++number <= history.last)
	{
		note = gkm_server_history_get(&history, number);
		this->dispatcher->raise_event(this->dispatcher, "list-rekey", id,
						gkm_server_message_rekey(entry->name, note,
												 gkm_server_now()));
	}
}

CALLBACK(list_rekeys, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_rekeys_of);
}

/**
 * Send the policy of a group
 */
static void list_policy_of(private_gkm_server_list_t *this,
						   gkm_server_group_t *entry, vici_message_t *request,
						   u_int id)
{
	vici_message_t *message;

	entry->mutex->lock(entry->mutex);
	message = gkm_server_message_policy(entry, gkm_server_now());
	entry->mutex->unlock(entry->mutex);
	this->dispatcher->raise_event(this->dispatcher, "group-policy", id,
								  message);
}

CALLBACK(list_group_policy, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_policy_of);
}

/**
 * Copy all members of a group, so that it isn't locked while they are sent
 *
 * @param cfg		receives its configuration, to be destroyed
 */
static array_t *copy_members(gkm_server_group_t *entry, gkm_cfg_t **cfg)
{
	gkm_members_t *members;
	enumerator_t *enumerator;
	gkm_member_t *member;
	array_t *copies;

	entry->mutex->lock(entry->mutex);
	*cfg = gkm_cfg_clone(entry->group->get_cfg(entry->group));
	members = entry->group->get_members(entry->group);
	copies = array_create(0, 0);
	enumerator = members->create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		array_insert(copies, ARRAY_TAIL, gkm_member_clone(member));
	}
	enumerator->destroy(enumerator);
	entry->mutex->unlock(entry->mutex);
	return copies;
}

/**
 * Destroy what copy_members() made
 */
static void destroy_members(array_t *copies, gkm_cfg_t *cfg)
{
	gkm_member_t *member;

	while (array_remove(copies, ARRAY_TAIL, &member))
	{
		free(member);
	}
	array_destroy(copies);
	gkm_cfg_destroy(cfg);
}

/**
 * Send the members of a group
 */
static void list_members_of(private_gkm_server_list_t *this,
							gkm_server_group_t *entry, vici_message_t *request,
							u_int id)
{
	gkm_member_t *member;
	gkm_cfg_t *cfg;
	array_t *copies;
	u_int number;

	copies = copy_members(entry, &cfg);
	for (number = 0; array_get(copies, number, &member); number++)
	{
		this->dispatcher->raise_event(this->dispatcher, "list-member", id,
						gkm_server_message_member(cfg, number + 1, member,
												  gkm_server_now()));
	}
	destroy_members(copies, cfg);
}

CALLBACK(list_members, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	return list_each(this, request, id, list_members_of);
}

/**
 * Send the features of this key server and the members of a group
 */
static void list_features_of(private_gkm_server_list_t *this,
							 gkm_server_group_t *entry, vici_message_t *request,
							 u_int id)
{
	char *feature = request->get_str(request, NULL, "feature");
	gkm_member_t *member;
	gkm_cfg_t *cfg;
	array_t *copies;
	u_int number;

	copies = copy_members(entry, &cfg);
	this->dispatcher->raise_event(this->dispatcher, "list-feature", id,
						gkm_server_message_features(cfg, 0, NULL, feature));
	for (number = 0; array_get(copies, number, &member); number++)
	{
		this->dispatcher->raise_event(this->dispatcher, "list-feature", id,
						gkm_server_message_features(cfg, number + 1, member,
													feature));
	}
	destroy_members(copies, cfg);
}

CALLBACK(list_features, vici_message_t*,
	private_gkm_server_list_t *this, char *name, u_int id,
	vici_message_t *request)
{
	char *feature = request->get_str(request, NULL, "feature");
	vici_builder_t *b;

	if (feature && !gkm_server_is_feature(feature))
	{
		b = vici_builder_create();
		b->add_kv(b, "success", "no");
		b->add_kv(b, "errmsg", "no feature '%s'", feature);
		return b->finalize(b);
	}
	return list_each(this, request, id, list_features_of);
}

/**
 * Register or unregister commands and events
 */
static void manage_commands(private_gkm_server_list_t *this, bool reg)
{
	vici_dispatcher_t *d = this->dispatcher;

	d->manage_event(d, "list-member", reg);
	d->manage_event(d, "group-policy", reg);
	d->manage_event(d, "list-rekey", reg);
	d->manage_event(d, "list-feature", reg);
	d->manage_command(d, "list-members", reg ? list_members : NULL, this);
	d->manage_command(d, "list-rekeys", reg ? list_rekeys : NULL, this);
	d->manage_command(d, "list-features", reg ? list_features : NULL, this);
	d->manage_command(d, "list-group-policy", reg ? list_group_policy : NULL,
					  this);
}

METHOD(gkm_server_list_t, destroy, void,
	private_gkm_server_list_t *this)
{
	manage_commands(this, FALSE);
	free(this);
}

/*
 * Described in header
 */
gkm_server_list_t *gkm_server_list_create(vici_dispatcher_t *dispatcher,
										  gkm_server_groups_t *groups)
{
	private_gkm_server_list_t *this;

	INIT(this,
		.public = {
			.list_groups = _list_groups,
			.list_replay = _list_replay,
			.list_stats = _list_stats,
			.destroy = _destroy,
		},
		.dispatcher = dispatcher,
		.groups = groups,
	);
	manage_commands(this, TRUE);
	return &this->public;
}
