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

#include "gkm_server_control.h"
#include "gkm_server_clock.h"
#include "gkm_server_coop.h"

typedef struct private_gkm_server_control_t private_gkm_server_control_t;

/**
 * Private data
 */
struct private_gkm_server_control_t {

	/** public interface */
	gkm_server_control_t public;

	/** carrier */
	gkm_t *gkm;

	/** groups */
	gkm_server_groups_t *groups;

	/** tells members */
	gkm_rekeyer_t *rekeyer;

	/** tells members that were removed */
	gkm_inband_t *inband;

	/** to be called when times may have changed */
	void (*changed)(void *user);
	void *user;
};

/**
 * Answer a command
 */
static vici_builder_t *begin_reply(gkm_error_t *err)
{
	vici_builder_t *b = vici_builder_create();

	b->add_kv(b, "success", err->text[0] ? "no" : "yes");
	if (err->text[0])
	{
		b->add_kv(b, "errmsg", "%s", err->text);
	}
	return b;
}

/**
 * Get the group that a command is for
 */
static gkm_server_group_t *get_group(private_gkm_server_control_t *this,
									 vici_message_t *request, gkm_error_t *err)
{
	gkm_server_group_t *entry;
	char *name;

	name = request->get_str(request, NULL, "group");
	if (!name)
	{
		gkm_fail(err, "no group given");
		return NULL;
	}
	entry = this->groups->get(this->groups, name);
	if (!entry)
	{
		gkm_fail(err, "this is not a key server of a group '%s'", name);
	}
	return entry;
}

/**
 * May a group be changed here? Called with its mutex.
 */
static bool is_master(gkm_server_group_t *entry, gkm_error_t *err)
{
	return !entry->coop || entry->coop->is_master(entry->coop, err);
}

CALLBACK(rekey_group, vici_message_t*,
	private_gkm_server_control_t *this, char *name, u_int id,
	vici_message_t *request)
{
	gkm_server_group_t *entry;
	gkm_error_t err = {};
	vici_builder_t *b;
	array_t *notices;
	bool replace;

	replace = request->get_bool(request, FALSE, "replace");
	entry = get_group(this, request, &err);
	if (entry)
	{
		notices = array_create(0, 0);
		entry->mutex->lock(entry->mutex);
		if (is_master(entry, &err))
		{
			entry->group->rekey(entry->group, replace, gkm_server_now(),
								notices, &err);
		}
		this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
		entry->mutex->unlock(entry->mutex);
		this->changed(this->user);
		gkm_server_group_destroy(entry);
	}
	b = begin_reply(&err);
	return b->finalize(b);
}

CALLBACK(add_id, bool,
	array_t *ids, vici_message_t *message, char *name, chunk_t value)
{
	char text[BUF_LEN];

	if (streq(name, "members"))
	{
		if (!vici_stringify(value, text, sizeof(text)))
		{
			return FALSE;
		}
		array_insert(ids, ARRAY_TAIL, identification_create_from_string(text));
	}
	return TRUE;
}

/**
 * Tell administrators and members that were removed
 */
static void tell_removed(private_gkm_server_control_t *this,
						 gkm_server_group_t *entry, array_t *removed)
{
	identification_t *identity;
	gkm_member_t *member;

	while (array_remove(removed, ARRAY_HEAD, &member))
	{
		if (member->ike_sa_id)
		{
			this->inband->exclude(this->inband, entry, member);
		}
		identity = identification_create_from_encoding(member->id_type,
													   member->id_encoding);
		this->gkm->event(this->gkm, entry->name, 4, "KS_GM_REMOVED",
						 "group %s: %Y removed", entry->name, identity);
		identity->destroy(identity);
		free(member);
	}
}

/**
 * Remove members from a group
 *
 * @return			number of members
 */
static u_int remove_members(private_gkm_server_control_t *this,
							gkm_server_group_t *entry, array_t *ids,
							gkm_error_t *err)
{
	array_t *removed, *notices;
	u_int count;

	removed = array_create(0, 0);
	notices = array_create(0, 0);
	entry->mutex->lock(entry->mutex);
	if (is_master(entry, err))
	{
		entry->group->exclude(entry->group, ids, gkm_server_now(), removed,
							  notices, err);
	}
	count = array_count(removed);
	tell_removed(this, entry, removed);
	this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
	entry->mutex->unlock(entry->mutex);
	array_destroy(removed);
	return count;
}

CALLBACK(remove_member, vici_message_t*,
	private_gkm_server_control_t *this, char *name, u_int id,
	vici_message_t *request)
{
	gkm_server_group_t *entry;
	gkm_error_t err = {};
	vici_builder_t *b;
	array_t *ids;
	u_int count = 0;

	ids = array_create(0, 0);
	entry = get_group(this, request, &err);
	if (entry)
	{
		if (!request->parse(request, NULL, NULL, NULL, (void*)add_id, ids) ||
			!array_count(ids))
		{
			gkm_fail(&err, "no members given");
		}
		else
		{
			count = remove_members(this, entry, ids, &err);
			this->changed(this->user);
		}
		gkm_server_group_destroy(entry);
	}
	array_destroy_offset(ids, offsetof(identification_t, destroy));
	b = begin_reply(&err);
	b->add_kv(b, "removed", "%u", count);
	return b->finalize(b);
}

/**
 * Register or unregister commands
 */
static void manage_commands(private_gkm_server_control_t *this, bool reg)
{
	vici_dispatcher_t *d = this->gkm->get_dispatcher(this->gkm);

	d->manage_command(d, "rekey-group", reg ? rekey_group : NULL, this);
	d->manage_command(d, "remove-member", reg ? remove_member : NULL, this);
}

METHOD(gkm_server_control_t, destroy, void,
	private_gkm_server_control_t *this)
{
	manage_commands(this, FALSE);
	free(this);
}

/*
 * Described in header
 */
gkm_server_control_t *gkm_server_control_create(gkm_t *gkm,
						gkm_server_groups_t *groups, gkm_rekeyer_t *rekeyer,
						gkm_inband_t *inband, void (*changed)(void *user),
						void *user)
{
	private_gkm_server_control_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.gkm = gkm,
		.groups = groups,
		.rekeyer = rekeyer,
		.inband = inband,
		.changed = changed,
		.user = user,
	);
	manage_commands(this, TRUE);
	return &this->public;
}
