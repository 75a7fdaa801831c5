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

#include "gkm_server_groups.h"
#include "gkm_server_coop.h"

#include <threading/rwlock.h>

typedef struct private_gkm_server_groups_t private_gkm_server_groups_t;

ENUM(gkm_ack_verdict_names, GKM_ACK_ACCEPTED, GKM_ACK_DROPPED,
	"accepted",
	"unsolicited",
	"refused",
	"malformed",
	"foreign",
	"forged",
	"unexpected",
	"dropped",
);

/**
 * Private data
 */
struct private_gkm_server_groups_t {

	/** public interface */
	gkm_server_groups_t public;

	/** gkm_server_group_t*, in the order they were loaded */
	array_t *groups;

	/** protects groups; never held while a group's mutex is taken */
	rwlock_t *lock;
};

/*
 * Described in header
 */
gkm_server_group_t *gkm_server_group_create(gkm_group_t *group,
											private_key_t *key, gkm_t *gkm)
{
	gkm_server_group_t *this;
	gkm_cfg_t *cfg;

	cfg = group->get_cfg(group);
	INIT(this,
		.name = strdup(cfg->name),
		.id = cfg->id->clone(cfg->id),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.group = group,
		.key = key,
		.outbox = gkm_outbox_create(gkm),
		.inband = cfg->rekey.transport != GKM_TRANSPORT_MULTICAST,
		.ref = 1,
	);
	return this;
}

/*
 * Described in header
 */
void gkm_server_group_destroy(gkm_server_group_t *this)
{
	if (this && ref_put(&this->ref))
	{
		DESTROY_IF(this->coop);
		this->group->destroy(this->group);
		this->outbox->destroy(this->outbox);
		DESTROY_IF(this->key);
		chunk_free(&this->sending);
		this->mutex->destroy(this->mutex);
		this->id->destroy(this->id);
		free(this->name);
		free(this);
	}
}

/*
 * Described in header
 */
gkm_server_group_t *gkm_server_group_get_ref(gkm_server_group_t *this)
{
	ref_get(&this->ref);
	return this;
}

/**
 * Take the group of a name out of the array, called with lock
 */
static gkm_server_group_t *take(private_gkm_server_groups_t *this, char *name)
{
	gkm_server_group_t *group;
	int i;

	for (i = 0; array_get(this->groups, i, &group); i++)
	{
		if (streq(group->name, name))
		{
			array_remove(this->groups, i, NULL);
			return group;
		}
	}
	return NULL;
}

METHOD(gkm_server_groups_t, put, void,
	private_gkm_server_groups_t *this, gkm_server_group_t *group)
{
	gkm_server_group_t *old;

	this->lock->write_lock(this->lock);
	old = take(this, group->name);
	array_insert(this->groups, ARRAY_TAIL, group);
	this->lock->unlock(this->lock);
	gkm_server_group_destroy(old);
}

METHOD(gkm_server_groups_t, remove_, bool,
	private_gkm_server_groups_t *this, char *name)
{
	gkm_server_group_t *group;

	this->lock->write_lock(this->lock);
	group = take(this, name);
	this->lock->unlock(this->lock);
	gkm_server_group_destroy(group);
	return group != NULL;
}

METHOD(gkm_server_groups_t, get, gkm_server_group_t*,
	private_gkm_server_groups_t *this, char *name)
{
	gkm_server_group_t *group, *found = NULL;
	int i;

	this->lock->read_lock(this->lock);
	for (i = 0; !found && array_get(this->groups, i, &group); i++)
	{
		if (streq(group->name, name))
		{
			found = gkm_server_group_get_ref(group);
		}
	}
	this->lock->unlock(this->lock);
	return found;
}

METHOD(gkm_server_groups_t, find, gkm_server_group_t*,
	private_gkm_server_groups_t *this, identification_t *id)
{
	gkm_server_group_t *group, *found = NULL;
	int i;

	this->lock->read_lock(this->lock);
	for (i = 0; !found && array_get(this->groups, i, &group); i++)
	{
		if (group->id->equals(group->id, id))
		{
			found = gkm_server_group_get_ref(group);
		}
	}
	this->lock->unlock(this->lock);
	return found;
}

CALLBACK(destroy_refs, void,
	array_t *refs)
{
	gkm_server_group_t *group;

	while (array_remove(refs, ARRAY_TAIL, &group))
	{
		gkm_server_group_destroy(group);
	}
	array_destroy(refs);
}

METHOD(gkm_server_groups_t, create_enumerator, enumerator_t*,
	private_gkm_server_groups_t *this, char *filter)
{
	gkm_server_group_t *group;
	array_t *refs;
	int i;

	refs = array_create(0, 0);
	this->lock->read_lock(this->lock);
	for (i = 0; array_get(this->groups, i, &group); i++)
	{
		if (!filter || streq(group->name, filter))
		{
			array_insert(refs, ARRAY_TAIL,
						 gkm_server_group_get_ref(group));
		}
	}
	this->lock->unlock(this->lock);
	return enumerator_create_cleaner(array_create_enumerator(refs),
									 destroy_refs, refs);
}

METHOD(gkm_server_groups_t, have_inband, bool,
	private_gkm_server_groups_t *this)
{
	gkm_server_group_t *group;
	bool found = FALSE;
	int i;

	this->lock->read_lock(this->lock);
	for (i = 0; !found && array_get(this->groups, i, &group); i++)
	{
		found = group->inband;
	}
	this->lock->unlock(this->lock);
	return found;
}

METHOD(gkm_server_groups_t, destroy, void,
	private_gkm_server_groups_t *this)
{
	destroy_refs(this->groups);
	this->lock->destroy(this->lock);
	free(this);
}

/*
 * Described in header
 */
gkm_server_groups_t *gkm_server_groups_create()
{
	private_gkm_server_groups_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.remove = _remove_,
			.get = _get,
			.find = _find,
			.create_enumerator = _create_enumerator,
			.have_inband = _have_inband,
			.destroy = _destroy,
		},
		.groups = array_create(0, 0),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	return &this->public;
}
