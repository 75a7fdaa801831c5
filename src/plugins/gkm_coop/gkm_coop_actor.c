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


#include "gkm_coop_actor.h"
#include "gkm_coop_channel.h"

#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_gkm_coop_actor_t private_gkm_coop_actor_t;
typedef struct todo_t todo_t;
typedef struct tick_t tick_t;

/**
 * What there is to do, besides events
 */
struct todo_t {

	/** configuration to begin or go on with, NULL if it stays */
	gkm_cfg_t *cfg;

	/** the key server may have changes */
	bool changed;

	/** an administrator wants an election */
	bool reset;

	/** something is due */
	bool due;
};

/**
 * Private data
 */
struct private_gkm_coop_actor_t {

	/** public interface */
	gkm_coop_actor_t public;

	/** carrier */
	gkm_t *gkm;

	/** group, NULL before it began; used by who is inside */
	gkm_coop_core_t *core;

	/** protects all below */
	mutex_t *mutex;

	/** signaled when nobody is inside any more */
	condvar_t *left;

	/** somebody uses the core */
	bool inside;

	/** there is a job in charon's queue */
	bool queued;

	/** nothing is done any more */
	bool stopped;

	/** what there is to do */
	todo_t todo;

	/** when the next tick comes, 0 if none is scheduled; others that are still
	 *  are stale */
	uint64_t tick;

	/** references */
	refcount_t ref;
};

/**
 * Data of a job that does what is due
 */
struct tick_t {
	private_gkm_coop_actor_t *actor;
	uint64_t time;
};

static job_requeue_t run(private_gkm_coop_actor_t *this);

/**
 * Queue a job, if there is none and nobody inside who does the work; with the
 * mutex
 */
static void queue_job(private_gkm_coop_actor_t *this)
{
	if (!this->queued && !this->inside && !this->stopped)
	{
		this->queued = TRUE;
		this->public.get_ref(&this->public);
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create_with_prio((callback_job_cb_t)run, this,
						(callback_job_cleanup_t)this->public.destroy, NULL,
						JOB_PRIO_HIGH));
	}
}

/**
 * Release the data of a tick
 */
static void tick_destroy(tick_t *tick)
{
	tick->actor->public.destroy(&tick->actor->public);
	free(tick);
}

/**
 * Something is due
 */
static job_requeue_t run_tick(tick_t *tick)
{
	private_gkm_coop_actor_t *this = tick->actor;

	this->mutex->lock(this->mutex);
	if (this->tick == tick->time)
	{
		this->tick = 0;
		this->todo.due = TRUE;
		queue_job(this);
	}
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

/**
 * Schedule the next tick, with the mutex
 */
static void schedule(private_gkm_coop_actor_t *this, uint64_t due)
{
	uint64_t now = gkm_coop_now();
	tick_t *tick;

	if (this->stopped || due == UINT64_MAX || (this->tick && this->tick <= due))
	{
		return;
	}
	due = max(due, now + 1);
	this->tick = due;
	INIT(tick,
		.actor = this,
		.time = due,
	);
	this->public.get_ref(&this->public);
	lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)
			callback_job_create_with_prio((callback_job_cb_t)run_tick, tick,
						(callback_job_cleanup_t)tick_destroy, NULL,
						JOB_PRIO_HIGH), due - now);
}

/**
 * End with a group
 */
static void end_core(private_gkm_coop_actor_t *this)
{
	this->public.channel->close(this->public.channel);
	if (this->core)
	{
		gkm_coop_core_destroy(this->core);
		this->core = NULL;
	}
}

/**
 * Begin with a group
 *
 * @param cfg			configuration, adopted
 */
static void begin_core(private_gkm_coop_actor_t *this, gkm_cfg_t *cfg)
{
	this->public.channel->open(this->public.channel, &cfg->coop);
	this->core = gkm_coop_core_create(this->gkm, this->public.group,
									  &this->public.channel->port, cfg);
	if (!this->core)
	{
		DBG1(DBG_CFG, "group %s: no random numbers, it can't be served "
			 "together with others", this->public.name);
		this->public.channel->close(this->public.channel);
	}
}

/**
 * Do two configurations serve the group with the same others, in the same way?
 */
static bool coop_equals(gkm_cfg_coop_t *a, gkm_cfg_coop_t *b)
{
	char *one, *other;
	int i;

	if (array_count(a->peers) != array_count(b->peers))
	{
		return FALSE;
	}
	for (i = 0; i < array_count(a->peers); i++)
	{
		array_get(a->peers, i, &one);
		array_get(b->peers, i, &other);
		if (!streq(one, other))
		{
			return FALSE;
		}
	}
	return a->id == b->id && a->priority == b->priority &&
		   a->preempt == b->preempt && a->heartbeat == b->heartbeat &&
		   a->misses == b->misses && a->wait == b->wait;
}

/**
 * Go on with another configuration
 *
 * @param cfg			configuration, adopted
 */
static void change_cfg(private_gkm_coop_actor_t *this, gkm_cfg_t *cfg)
{
	gkm_coop_group_t *group = this->public.group;

	if (!this->core)
	{
		begin_core(this, cfg);
	}
	else if (coop_equals(&this->core->cfg->coop, &cfg->coop))
	{
		gkm_coop_core_configure(this->core, cfg);
	}
	else
	{
		end_core(this);
		group->set_duty(group, GKM_DUTY_WAITING, 0, FALSE);
		begin_core(this, cfg);
	}
}

/**
 * Pass on what happened with a peer
 */
static void handle(private_gkm_coop_actor_t *this, gkm_coop_event_t *event)
{
	gkm_coop_core_t *core = this->core;

	switch (event->kind)
	{
		case GKM_COOP_UP:
		case GKM_COOP_DOWN:
			gkm_coop_core_link(core, event->peer, event->kind == GKM_COOP_UP);
			break;
		case GKM_COOP_RECEIVED:
			gkm_coop_core_received(core, event->peer, &event->message,
								   event->time);
			break;
		case GKM_COOP_ANSWERED:
			gkm_coop_core_answered(core, event->peer, &event->message,
								   event->time);
			break;
		case GKM_COOP_FAILED:
			gkm_coop_core_answered(core, event->peer, NULL, event->time);
			break;
	}
}

/**
 * Is there something to do? Called with the mutex.
 */
static bool is_busy(private_gkm_coop_actor_t *this)
{
	todo_t *todo = &this->todo;

	return !this->stopped &&
		   (todo->cfg || todo->changed || todo->reset || todo->due ||
			this->public.channel->has_events(this->public.channel));
}

/**
 * Do what there is to do, inside, with the mutex, which is released meanwhile
 */
static void work(private_gkm_coop_actor_t *this)
{
	todo_t todo = this->todo;
	gkm_coop_event_t *event = NULL;
	uint64_t due = UINT64_MAX;

	this->todo = (todo_t){};
	this->mutex->unlock(this->mutex);
	if (todo.cfg)
	{
		change_cfg(this, todo.cfg);
	}
	event = this->public.channel->get_event(this->public.channel);
	if (this->core)
	{
		this->core->changed |= todo.changed;
		if (event)
		{
			handle(this, event);
		}
		if (todo.reset)
		{
			gkm_coop_core_reset(this->core);
		}
		due = gkm_coop_core_run(this->core);
	}
	if (event)
	{
		gkm_coop_event_destroy(event);
	}
	this->mutex->lock(this->mutex);
	schedule(this, due);
}

/**
 * Leave the core, with the mutex
 */
static void leave(private_gkm_coop_actor_t *this)
{
	this->inside = FALSE;
	this->left->broadcast(this->left);
}

static job_requeue_t run(private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->queued = FALSE;
	if (!this->inside)
	{
		this->inside = TRUE;
		while (is_busy(this))
		{
			work(this);
		}
		leave(this);
	}
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

METHOD(gkm_coop_actor_t, configure, void,
	private_gkm_coop_actor_t *this, gkm_cfg_t *cfg)
{
	this->mutex->lock(this->mutex);
	gkm_cfg_destroy(this->todo.cfg);
	this->todo.cfg = cfg;
	queue_job(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, wake, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	queue_job(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, changed, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->todo.changed = TRUE;
	queue_job(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, reset, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->todo.reset = TRUE;
	queue_job(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, inspect, void,
	private_gkm_coop_actor_t *this, gkm_coop_inspect_t cb, void *user)
{
	gkm_coop_intake_t *intakes;
	uint64_t seq;

	this->mutex->lock(this->mutex);
	while (this->inside)
	{
		this->left->wait(this->left, this->mutex);
	}
	if (!this->stopped && this->core)
	{
		this->inside = TRUE;
		this->mutex->unlock(this->mutex);
		intakes = this->public.channel->get_intakes(this->public.channel, &seq);
		cb(user, this->core, intakes, seq);
		gkm_coop_intakes_destroy(intakes);
		this->mutex->lock(this->mutex);
		leave(this);
		if (is_busy(this))
		{
			queue_job(this);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, stop, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->stopped = TRUE;
	while (this->inside)
	{
		this->left->wait(this->left, this->mutex);
	}
	this->mutex->unlock(this->mutex);
	end_core(this);
}

METHOD(gkm_coop_actor_t, get_ref, gkm_coop_actor_t*,
	private_gkm_coop_actor_t *this)
{
	ref_get(&this->ref);
	return &this->public;
}

METHOD(gkm_coop_actor_t, destroy, void,
	private_gkm_coop_actor_t *this)
{
	if (!ref_put(&this->ref))
	{
		return;
	}
	gkm_cfg_destroy(this->todo.cfg);
	this->public.channel->destroy(this->public.channel);
	this->left->destroy(this->left);
	this->mutex->destroy(this->mutex);
	this->public.id->destroy(this->public.id);
	free(this->public.name);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_actor_t *gkm_coop_actor_create(gkm_t *gkm, gkm_coop_group_t *group,
										gkm_cfg_t *cfg)
{
	private_gkm_coop_actor_t *this;

	INIT(this,
		.public = {
			.group = group,
			.name = strdup(group->name),
			.id = group->id->clone(group->id),
			.configure = _configure,
			.changed = _changed,
			.wake = _wake,
			.reset = _reset,
			.inspect = _inspect,
			.stop = _stop,
			.get_ref = _get_ref,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.left = condvar_create(CONDVAR_TYPE_DEFAULT),
		.ref = 1,
	);
	this->public.channel = gkm_coop_channel_create(gkm, &this->public);
	configure(this, cfg);
	return &this->public;
}
