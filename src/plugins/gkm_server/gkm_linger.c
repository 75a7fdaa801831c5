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

#include "gkm_linger.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_gkm_linger_t private_gkm_linger_t;
typedef struct entry_t entry_t;
typedef struct close_t close_t;

/**
 * An IKE_SA that is to be closed, or kept
 */
struct entry_t {

	/** unique ID of the IKE_SA, key in the table */
	uint32_t unique_id;

	/** SPIs, to check it out with */
	ike_sa_id_t *id;

	/** when to close it, in monotonic seconds */
	time_t deadline;

	/** is there a job for it? */
	bool scheduled;

	/** names of groups that keep it, as char* */
	array_t *groups;
};

/**
 * Private data
 */
struct private_gkm_linger_t {

	/** public interface */
	gkm_linger_t public;

	/** entry_t* by unique ID */
	hashtable_t *entries;

	/** protects entries. No IKE_SA is checked out and nothing is logged while
	 *  it is held, since the bus calls the listener under its own lock. */
	mutex_t *mutex;
};

/**
 * Data of a job that closes an IKE_SA
 */
struct close_t {
	private_gkm_linger_t *linger;
	uint32_t unique_id;
};

/**
 * Hash table key of an IKE_SA
 */
static void *get_key(uint32_t unique_id)
{
	return (void*)(uintptr_t)unique_id;
}

/**
 * Destroy an entry
 */
static void entry_destroy(entry_t *entry)
{
	array_destroy_function(entry->groups, (array_callback_t)free, NULL);
	entry->id->destroy(entry->id);
	free(entry);
}

/**
 * Get the entry of an IKE_SA, with a new one if there is none
 */
static entry_t *get_entry(private_gkm_linger_t *this, ike_sa_t *ike_sa)
{
	uint32_t unique_id = ike_sa->get_unique_id(ike_sa);
	ike_sa_id_t *id;
	entry_t *entry;

	entry = this->entries->get(this->entries, get_key(unique_id));
	if (!entry)
	{
		id = ike_sa->get_id(ike_sa);
		INIT(entry,
			.unique_id = unique_id,
			.id = id->clone(id),
		);
		this->entries->put(this->entries, get_key(unique_id), entry);
	}
	return entry;
}

/**
 * Position of a group among those that keep an IKE_SA, -1 if it doesn't
 */
static int find_group(entry_t *entry, char *group)
{
	char *name;
	int i;

	for (i = 0; array_get(entry->groups, i, &name); i++)
	{
		if (streq(name, group))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Remove a group from those that keep an IKE_SA
 */
static bool remove_group(entry_t *entry, char *group)
{
	char *name;
	int pos;

	pos = find_group(entry, group);
	if (pos == -1)
	{
		return FALSE;
	}
	array_remove(entry->groups, pos, &name);
	free(name);
	return TRUE;
}

/**
 * Check out the IKE_SA of a job, NULL if it is gone
 */
static ike_sa_t *checkout(private_gkm_linger_t *this, uint32_t unique_id)
{
	ike_sa_t *ike_sa = NULL;
	ike_sa_id_t *id = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, get_key(unique_id));
	if (entry)
	{
		id = entry->id->clone(entry->id);
	}
	this->mutex->unlock(this->mutex);
	if (id)
	{
		ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
		id->destroy(id);
	}
	return ike_sa;
}

/**
 * Forget an IKE_SA if it is time to close it.
 *
 * @param left		receives seconds to try it again after, 0 if not
 * @return			TRUE if it was forgotten
 */
static bool forget_if_due(private_gkm_linger_t *this, uint32_t unique_id,
						  uint32_t *left)
{
	entry_t *entry, *due = NULL;
	time_t now = time_monotonic(NULL);

	*left = 0;
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, get_key(unique_id));
	if (entry)
	{
		if (array_count(entry->groups))
		{
			entry->scheduled = FALSE;
		}
		else if (entry->deadline > now)
		{
			*left = entry->deadline - now;
		}
		else
		{
			due = this->entries->remove(this->entries, get_key(unique_id));
		}
	}
	this->mutex->unlock(this->mutex);
	if (due)
	{
		entry_destroy(due);
	}
	return due != NULL;
}

CALLBACK(close_job, job_requeue_t,
	close_t *data)
{
	private_gkm_linger_t *this = data->linger;
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;
	uint32_t left;

	/* first of all, so that no registration comes between look and close */
	ike_sa = checkout(this, data->unique_id);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	if (forget_if_due(this, data->unique_id, &left) &&
		ike_sa->get_state(ike_sa) == IKE_ESTABLISHED &&
		!ike_sa->get_child_count(ike_sa) &&
		ike_sa->delete(ike_sa, FALSE) == DESTROY_ME)
	{
		manager->checkin_and_destroy(manager, ike_sa);
	}
	else
	{
		manager->checkin(manager, ike_sa);
	}
	return left ? JOB_RESCHEDULE(left) : JOB_REQUEUE_NONE;
}

/**
 * Make sure that there is a job for an entry that no group keeps
 */
static void schedule(private_gkm_linger_t *this, entry_t *entry,
					 uint32_t seconds)
{
	close_t *data;

	entry->deadline = max(entry->deadline, time_monotonic(NULL) + seconds);
	if (!entry->scheduled && !array_count(entry->groups))
	{
		INIT(data,
			.linger = this,
			.unique_id = entry->unique_id,
		);
		entry->scheduled = TRUE;
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)callback_job_create(close_job, data, free, NULL), seconds);
	}
}

METHOD(gkm_linger_t, close_after, void,
	private_gkm_linger_t *this, ike_sa_t *ike_sa, uint32_t seconds)
{
	this->mutex->lock(this->mutex);
	schedule(this, get_entry(this, ike_sa), seconds);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_linger_t, keep, void,
	private_gkm_linger_t *this, ike_sa_t *ike_sa, char *group)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	if (find_group(entry, group) == -1)
	{
		array_insert_create(&entry->groups, ARRAY_TAIL, strdup(group));
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_linger_t, release, void,
	private_gkm_linger_t *this, ike_sa_t *ike_sa, char *group)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries,
							   get_key(ike_sa->get_unique_id(ike_sa)));
	if (entry)
	{
		remove_group(entry, group);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_linger_t, release_id, void,
	private_gkm_linger_t *this, uint32_t unique_id, char *group,
	uint32_t seconds)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, get_key(unique_id));
	if (entry && remove_group(entry, group))
	{
		schedule(this, entry, seconds);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_linger_t, release_all, void,
	private_gkm_linger_t *this, char *group, uint32_t seconds)
{
	enumerator_t *enumerator;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (remove_group(entry, group))
		{
			schedule(this, entry, seconds);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(listener_t, ike_state_change, bool,
	private_gkm_linger_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	entry_t *entry = NULL;

	if (state == IKE_DESTROYING)
	{
		this->mutex->lock(this->mutex);
		entry = this->entries->remove(this->entries,
							get_key(ike_sa->get_unique_id(ike_sa)));
		this->mutex->unlock(this->mutex);
	}
	if (entry)
	{
		entry_destroy(entry);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_gkm_linger_t *this, ike_sa_t *old, ike_sa_t *new)
{
	entry_t *entry, *moved;
	time_t now = time_monotonic(NULL);

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries,
								  get_key(old->get_unique_id(old)));
	if (entry)
	{
		moved = get_entry(this, new);
		moved->groups = entry->groups;
		entry->groups = NULL;
		/* its job finds nothing under the old ID */
		schedule(this, moved, entry->deadline > now ?
							  entry->deadline - now : 0);
	}
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		entry_destroy(entry);
	}
	return TRUE;
}

METHOD(gkm_linger_t, destroy, void,
	private_gkm_linger_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	charon->bus->remove_listener(charon->bus, &this->public.listener);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_linger_t *gkm_linger_create()
{
	private_gkm_linger_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.close_after = _close_after,
			.keep = _keep,
			.release = _release,
			.release_id = _release_id,
			.release_all = _release_all,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	charon->bus->add_listener(charon->bus, &this->public.listener);
	return &this->public;
}
