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

#include "gkm_member_groups.h"

#include <threading/mutex.h>

typedef struct private_gkm_member_groups_t private_gkm_member_groups_t;

/**
 * Private data
 */
struct private_gkm_member_groups_t {

	/** public interface */
	gkm_member_groups_t public;

	/** groups, as gkm_member_group_t* */
	linked_list_t *groups;

	/** protects groups */
	mutex_t *mutex;
};

/**
 * Has a group a name?
 *
 * @param name		NULL for any
 */
static bool has_name(gkm_member_group_t *group, char *name)
{
	gkm_cfg_t *cfg = group->get_cfg(group);

	return !name || streq(cfg->name, name);
}

METHOD(gkm_member_groups_t, add, void,
	private_gkm_member_groups_t *this, gkm_member_group_t *group)
{
	this->mutex->lock(this->mutex);
	this->groups->insert_last(this->groups, group);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_groups_t, get_all, linked_list_t*,
	private_gkm_member_groups_t *this, char *name)
{
	enumerator_t *enumerator;
	gkm_member_group_t *group;
	linked_list_t *groups;

	groups = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->groups->create_enumerator(this->groups);
	while (enumerator->enumerate(enumerator, &group))
	{
		if (has_name(group, name))
		{
			groups->insert_last(groups, group->get_ref(group));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return groups;
}

METHOD(gkm_member_groups_t, get, gkm_member_group_t*,
	private_gkm_member_groups_t *this, char *name)
{
	linked_list_t *groups = get_all(this, name);
	gkm_member_group_t *group;

	/* there is one of a name at most */
	if (groups->remove_first(groups, (void**)&group) != SUCCESS)
	{
		group = NULL;
	}
	groups->destroy(groups);
	return group;
}

METHOD(gkm_member_groups_t, remove_, gkm_member_group_t*,
	private_gkm_member_groups_t *this, char *name)
{
	enumerator_t *enumerator;
	gkm_member_group_t *current, *found = NULL;

	this->mutex->lock(this->mutex);
	enumerator = this->groups->create_enumerator(this->groups);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (has_name(current, name))
		{
			this->groups->remove_at(this->groups, enumerator);
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(gkm_member_groups_t, destroy, void,
	private_gkm_member_groups_t *this)
{
	this->groups->destroy_offset(this->groups,
								 offsetof(gkm_member_group_t, destroy));
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_member_groups_t *gkm_member_groups_create()
{
	private_gkm_member_groups_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get = _get,
			.remove = _remove_,
			.get_all = _get_all,
			.destroy = _destroy,
		},
		.groups = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
