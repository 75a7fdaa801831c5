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

#include "gkm_inband.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_gkm_inband_t private_gkm_inband_t;
typedef struct push_t push_t;
typedef struct change_t change_t;

/**
 * Private data
 */
struct private_gkm_inband_t {

	/** public interface */
	gkm_inband_t public;

	/** carries messages */
	gkm_t *gkm;

	/** groups of this key server */
	gkm_server_groups_t *groups;

	/** closes IKE_SAs */
	gkm_linger_t *linger;

	/** members that are being told, as push_t* */
	linked_list_t *pushes;

	/** protects pushes; nothing else is locked or called with it held, since
	 *  the bus calls the listener under its own lock */
	mutex_t *mutex;
};

/**
 * A member that is being told
 */
struct push_t {
	private_gkm_inband_t *inband;
	/** its group, NULL if it is none any more */
	gkm_server_group_t *entry;
	/** number of the rekey */
	u_int number;
	/** TRUE if it waits for gkm_inband_t.release() */
	bool held;
	/** what it is told */
	gkm_update_t *update;
	/** IKE_SA that it is told over, and the one that replaced that, if any */
	uint32_t ike_sa_id;
	uint32_t new_id;
};

/**
 * What became of an IKE_SA
 */
struct change_t {
	private_gkm_inband_t *inband;
	uint32_t ike_sa_id;
	uint32_t new_id;
};

/**
 * Count the answer of a member
 */
static void count_answer(gkm_server_group_t *entry, u_int number,
						 bool acknowledged)
{
	gkm_rekey_note_t *note;

	note = gkm_server_history_get(&entry->history, number);
	if (note && acknowledged)
	{
		note->acknowledged++;
	}
	else if (note)
	{
		note->lost++;
	}
}

/**
 * A member that was rekeyed over an IKE_SA is gone
 */
static void remove_member(private_gkm_inband_t *this,
						  gkm_server_group_t *entry, uint32_t ike_sa_id,
						  char *reason)
{
	if (entry->group->ike_sa_gone(entry->group, ike_sa_id, 0))
	{
		this->gkm->event(this->gkm, entry->name, 4, "KS_GM_LOST",
						 "group %s: 1 member on IKE_SA %u removed: %s",
						 entry->name, ike_sa_id, reason);
	}
}

/**
 * Destroy what is known of a member that was told
 */
static void push_destroy(push_t *push)
{
	gkm_server_group_destroy(push->entry);
	gkm_update_destroy(push->update);
	free(push);
}

static void add_push(private_gkm_inband_t *this, push_t *push);

/**
 * A member answered or didn't, a gkm_pushed_t
 */
static void pushed(void *user, uint32_t ike_sa_id, bool acknowledged)
{
	push_t *push = user;
	private_gkm_inband_t *this = push->inband;
	gkm_server_group_t *entry = push->entry;

	this->mutex->lock(this->mutex);
	this->pushes->remove(this->pushes, push, NULL);
	this->mutex->unlock(this->mutex);
	if (!acknowledged && push->new_id)
	{	/* its IKE_SA was replaced before it could be told */
		push->ike_sa_id = push->new_id;
		push->new_id = 0;
		add_push(this, push);
		return;
	}
	if (entry)
	{
		entry->mutex->lock(entry->mutex);
		count_answer(entry, push->number, acknowledged);
		if (!acknowledged)
		{
			remove_member(this, entry, push->ike_sa_id,
						  "no answer to a rekey");
		}
		entry->mutex->unlock(entry->mutex);
	}
	push_destroy(push);
}

/**
 * Tell a member, unless that waits. One that waits is told over its IKE_SA of
 * now all the same: if that is replaced meanwhile, this fails first.
 */
static void add_push(private_gkm_inband_t *this, push_t *push)
{
	bool held = push->held;

	this->mutex->lock(this->mutex);
	this->pushes->insert_last(this->pushes, push);
	this->mutex->unlock(this->mutex);
	if (!held)
	{
		this->gkm->push(this->gkm, push->ike_sa_id, push->update, pushed, push);
	}
}

METHOD(gkm_inband_t, release, void,
	private_gkm_inband_t *this, gkm_server_group_t *entry, u_int number)
{
	enumerator_t *enumerator;
	linked_list_t *released;
	push_t *push;

	released = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->pushes->create_enumerator(this->pushes);
	while (enumerator->enumerate(enumerator, &push))
	{
		if (push->held && push->entry == entry && push->number <= number)
		{
			push->held = FALSE;
			released->insert_last(released, push);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	while (released->remove_first(released, (void**)&push) == SUCCESS)
	{
		this->gkm->push(this->gkm, push->ike_sa_id, push->update, pushed, push);
	}
	released->destroy(released);
}

METHOD(gkm_inband_t, push, void,
	private_gkm_inband_t *this, gkm_server_group_t *entry,
	gkm_notice_t *notice, gkm_rekey_note_t *note, bool hold)
{
	uint32_t ike_sa_id;
	push_t *push;
	int count;

	for (count = 0; array_get(notice->ike_sa_ids, count, &ike_sa_id); count++)
	{
		INIT(push,
			.inband = this,
			.entry = gkm_server_group_get_ref(entry),
			.number = note ? note->number : 0,
			.update = gkm_update_get_ref(notice->inband),
			.held = hold,
			.ike_sa_id = ike_sa_id,
		);
		add_push(this, push);
	}
	if (note)
	{
		note->pushed = count;
	}
	if (count)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_SEND_INBAND_REKEY",
						 "group %s: %N, rekeying %u members in-band",
						 entry->name, gkm_notice_reason_names, notice->reason,
						 count);
	}
}

METHOD(gkm_inband_t, exclude, void,
	private_gkm_inband_t *this, gkm_server_group_t *entry,
	gkm_member_t *member)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	push_t *push;

	INIT(push,
		.inband = this,
		.update = gkm_update_create(),
		.ike_sa_id = member->ike_sa_id,
	);
	gkm_update_exclude(push->update);
	add_push(this, push);
	this->linger->release_id(this->linger, member->ike_sa_id, entry->name,
							 cfg->linger);
}

CALLBACK(run_change, job_requeue_t,
	change_t *change)
{
	private_gkm_inband_t *this = change->inband;
	gkm_server_group_t *entry;
	enumerator_t *enumerator;

	enumerator = this->groups->create_enumerator(this->groups, NULL);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->mutex->lock(entry->mutex);
		if (change->new_id)
		{
			entry->group->ike_sa_gone(entry->group, change->ike_sa_id,
									  change->new_id);
		}
		else
		{
			remove_member(this, entry, change->ike_sa_id,
						  "it was closed or doesn't answer");
		}
		entry->mutex->unlock(entry->mutex);
	}
	enumerator->destroy(enumerator);
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job for what became of an IKE_SA, as listeners are called under locks
 */
static void queue_change(private_gkm_inband_t *this, ike_sa_t *ike_sa,
						 ike_sa_t *new)
{
	change_t *change;

	INIT(change,
		.inband = this,
		.ike_sa_id = ike_sa->get_unique_id(ike_sa),
		.new_id = new ? new->get_unique_id(new) : 0,
	);
	lib->processor->queue_job(lib->processor, (job_t*)
						callback_job_create(run_change, change, free, NULL));
}

METHOD(listener_t, ike_updown, bool,
	private_gkm_inband_t *this, ike_sa_t *ike_sa, bool up)
{
	if (!up && this->groups->have_inband(this->groups))
	{
		queue_change(this, ike_sa, NULL);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_gkm_inband_t *this, ike_sa_t *old, ike_sa_t *new)
{
	enumerator_t *enumerator;
	push_t *push;

	this->mutex->lock(this->mutex);
	enumerator = this->pushes->create_enumerator(this->pushes);
	while (enumerator->enumerate(enumerator, &push))
	{
		if (push->ike_sa_id == old->get_unique_id(old))
		{
			push->new_id = new->get_unique_id(new);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	if (this->groups->have_inband(this->groups))
	{
		queue_change(this, old, new);
	}
	return TRUE;
}

METHOD(gkm_inband_t, destroy, void,
	private_gkm_inband_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->public.listener);
	/* once the daemon stops nobody answers any more */
	this->pushes->destroy_function(this->pushes, (void*)push_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_inband_t *gkm_inband_create(gkm_t *gkm, gkm_server_groups_t *groups,
								gkm_linger_t *linger)
{
	private_gkm_inband_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
			},
			.push = _push,
			.release = _release,
			.exclude = _exclude,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.groups = groups,
		.linger = linger,
		.pushes = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	charon->bus->add_listener(charon->bus, &this->public.listener);
	return &this->public;
}
