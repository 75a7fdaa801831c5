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

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

/** Milliseconds between reports of messages that are dropped */
#define TELL_PAUSE 60000

typedef struct private_gkm_coop_actor_t private_gkm_coop_actor_t;
typedef struct port_t port_t;
typedef struct event_t event_t;
typedef struct todo_t todo_t;
typedef struct tick_t tick_t;
typedef struct sent_t sent_t;

/**
 * Way to others
 */
struct port_t {

	/** public interface */
	gkm_coop_port_t public;

	/** actor */
	private_gkm_coop_actor_t *actor;
};

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

	/** what the core sends through */
	port_t port;

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

	/** what happened, as event_t* */
	linked_list_t *events;

	/** when the next tick comes, 0 if none is scheduled; others that are still
	 *  are stale */
	uint64_t tick;

	/** peers, for events that are on their way: another one with each core */
	gkm_coop_intake_t intakes[GKM_COOP_SERVERS_MAX - 1];
	int count;
	u_int generation;

	/** what is said of this key server, number of the last message, and what to
	 *  add to gkm_coop_now() for the clock */
	gkm_coop_status_t status;
	uint64_t seq;
	int64_t clock;

	/** references */
	refcount_t ref;
};

/**
 * Something happened with a peer
 */
struct event_t {

	/** what it is */
	enum {
		EVENT_UP,
		EVENT_DOWN,
		EVENT_RECEIVED,
		EVENT_ANSWERED,
		EVENT_FAILED,
	} kind;

	/** position of the peer */
	int peer;

	/** when it happened */
	uint64_t time;

	/** message or answer */
	gkm_coop_message_t message;
};

/**
 * Data of a job that does what is due
 */
struct tick_t {
	private_gkm_coop_actor_t *actor;
	uint64_t time;
};

/**
 * Whom the answer to a message is for
 */
struct sent_t {
	private_gkm_coop_actor_t *actor;
	u_int generation;
	int peer;
};

/**
 * Destroy an event
 */
static void event_destroy(event_t *event)
{
	gkm_coop_message_clear(&event->message);
	free(event);
}

static job_requeue_t run(private_gkm_coop_actor_t *this);

/**
 * Queue a job, if there is none and nobody inside who does the work; with the
 * mutex
 */
static void wake(private_gkm_coop_actor_t *this)
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
		wake(this);
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
 * Add an event, with the mutex
 *
 * @param message		message that belongs to it, moved, may be NULL
 */
static void add_event(private_gkm_coop_actor_t *this, int kind, int peer,
					  gkm_coop_message_t *message)
{
	event_t *event;

	INIT(event,
		.kind = kind,
		.peer = peer,
		.time = gkm_coop_now(),
	);
	if (message)
	{
		event->message = *message;
		*message = (gkm_coop_message_t){};
	}
	this->events->insert_last(this->events, event);
	wake(this);
}

/**
 * Fill in what is said of this key server, with the mutex
 */
static void sign(private_gkm_coop_actor_t *this, int peer,
				 gkm_coop_message_t *message)
{
	message->group = this->public.id;
	message->software = VERSION;
	message->status = this->status;
	message->status.applied = this->intakes[peer].applied;
	message->status.seq = ++this->seq;
	message->status.now = gkm_coop_now() + this->clock;
}

METHOD(gkm_coop_port_t, publish, void,
	port_t *port, gkm_coop_status_t *status, int64_t clock,
	gkm_coop_peer_t *peers)
{
	private_gkm_coop_actor_t *this = port->actor;
	int i;

	this->mutex->lock(this->mutex);
	this->status = *status;
	this->clock = clock;
	for (i = 0; i < this->count; i++)
	{
		this->intakes[i].applied = peers[i].applied;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Tell administrators of a message that isn't taken, without the mutex
 *
 * @param number		number of the key server
 */
static void tell(private_gkm_coop_actor_t *this, char *connection,
				 gkm_coop_taken_t taken, u_int number)
{
	char *name = this->public.name;

	if (taken == GKM_COOP_SAME_ID)
	{
		this->gkm->event(this->gkm, name, 3, "COOP_KS_ID_CONFLICT",
						 "group %s: key server '%s' refused, it has number %u, "
						 "which is taken", name, connection, number);
	}
	else
	{
		this->gkm->event(this->gkm, name, 3, "COOP_PACKET_DROPPED",
						 "group %s: messages of key server '%s' dropped, they "
						 "are too many", name, connection);
	}
}

/**
 * Decide what becomes of a message, with the mutex
 *
 * @param news			receives TRUE if administrators have to be told
 */
static gkm_coop_taken_t take(private_gkm_coop_actor_t *this, int peer,
							 gkm_coop_status_t *status, bool answer, bool *news)
{
	gkm_coop_intake_t *intake = &this->intakes[peer];
	uint64_t now = gkm_coop_now();
	gkm_coop_taken_t taken;

	taken = gkm_coop_intake_check(this->intakes, this->count, peer,
								  this->status.id, status, answer, now);
	*news = FALSE;
	switch (taken)
	{
		case GKM_COOP_TAKEN:
			intake->conflict = FALSE;
			break;
		case GKM_COOP_SAME_ID:
			*news = !intake->conflict;
			intake->conflict = TRUE;
			break;
		case GKM_COOP_FLOOD:
			*news = !intake->told || now >= intake->told + TELL_PAUSE;
			intake->told = *news ? now : intake->told;
			break;
		case GKM_COOP_REPLAYED:
			/* sent again over an IKE_SA that was cut off meanwhile, at best */
			break;
	}
	return taken;
}

/**
 * Release whom an answer was for
 */
static void sent_destroy(sent_t *sent)
{
	sent->actor->public.destroy(&sent->actor->public);
	free(sent);
}

/**
 * Decide what becomes of an answer, with the mutex
 *
 * @param octets		octets in it
 * @param answer		answer, which may be empty
 * @param taken			receives what becomes of it
 * @return				TRUE if administrators have to be told
 */
static bool take_answer(private_gkm_coop_actor_t *this, int peer, size_t octets,
						gkm_coop_message_t *answer, gkm_coop_taken_t *taken)
{
	gkm_coop_intake_t *intake = &this->intakes[peer];
	bool news;

	if (!answer->group ||
		!answer->group->equals(answer->group, this->public.id))
	{
		intake->refused++;
		return FALSE;
	}
	intake->octets += octets;
	intake->messages++;
	*taken = take(this, peer, &answer->status, TRUE, &news);
	return news;
}

/**
 * A message was answered, or wasn't
 */
static void answered(void *user, bool success, chunk_t data)
{
	sent_t *sent = user;
	private_gkm_coop_actor_t *this = sent->actor;
	gkm_coop_taken_t taken = GKM_COOP_REPLAYED;
	gkm_coop_message_t answer = {};
	gkm_error_t err = {};
	char *connection = NULL;
	u_int number;

	if (success && !gkm_coop_message_parse(data, &answer, &err))
	{
		DBG1(DBG_CFG, "group %s: answer of a key server refused: %s",
			 this->public.name, err.text);
		success = FALSE;
	}
	number = answer.status.id;
	this->mutex->lock(this->mutex);
	if (!this->stopped && sent->generation == this->generation)
	{
		if (success && take_answer(this, sent->peer, data.len, &answer, &taken))
		{
			connection = strdup(this->intakes[sent->peer].connection);
		}
		if (taken == GKM_COOP_TAKEN)
		{
			add_event(this, EVENT_ANSWERED, sent->peer, &answer);
		}
		else
		{
			add_event(this, EVENT_FAILED, sent->peer, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
	if (connection)
	{
		tell(this, connection, taken, number);
		free(connection);
	}
	gkm_coop_message_clear(&answer);
	sent_destroy(sent);
}

METHOD(gkm_coop_port_t, send_, size_t,
	port_t *port, int peer, gkm_coop_message_t *message, int64_t clock)
{
	private_gkm_coop_actor_t *this = port->actor;
	gkm_coop_links_t *links = this->gkm->coop;
	chunk_t data;
	sent_t *sent;
	size_t len;

	INIT(sent,
		.actor = this,
		.peer = peer,
	);
	this->public.get_ref(&this->public);
	this->mutex->lock(this->mutex);
	sign(this, peer, message);
	message->status.now += clock;
	sent->generation = this->generation;
	this->mutex->unlock(this->mutex);

	data = gkm_coop_message_build(message);
	len = data.len;
	links->send(links, this->core->peers[peer].connection, data, answered,
				sent);
	return len;
}

METHOD(gkm_coop_port_t, drop, void,
	port_t *port, int peer)
{
	private_gkm_coop_actor_t *this = port->actor;
	gkm_coop_links_t *links = this->gkm->coop;

	links->drop(links, this->core->peers[peer].connection);
}

/**
 * Release what is known of peers and drop what they said, with the mutex
 */
static void forget_peers(private_gkm_coop_actor_t *this)
{
	event_t *event;

	while (this->events->remove_first(this->events, (void**)&event) == SUCCESS)
	{
		event_destroy(event);
	}
	while (this->count)
	{
		this->count--;
		free(this->intakes[this->count].connection);
		DESTROY_IF(this->intakes[this->count].id);
	}
	this->generation++;
}

/**
 * End with a group
 */
static void end_core(private_gkm_coop_actor_t *this)
{
	gkm_coop_links_t *links = this->gkm->coop;
	int i;

	this->mutex->lock(this->mutex);
	forget_peers(this);
	this->mutex->unlock(this->mutex);
	if (this->core)
	{
		for (i = 0; i < this->core->count; i++)
		{
			links->close(links, this->core->peers[i].connection);
		}
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
	gkm_coop_links_t *links = this->gkm->coop;
	char *connection;
	int i;

	this->mutex->lock(this->mutex);
	this->status = (gkm_coop_status_t){
		.id = cfg->coop.id,
	};
	while (array_get(cfg->coop.peers, this->count, &connection))
	{
		this->intakes[this->count++] = (gkm_coop_intake_t){
			.connection = strdup(connection),
			.patience = cfg->coop.heartbeat * cfg->coop.misses,
		};
	}
	this->mutex->unlock(this->mutex);

	this->core = gkm_coop_core_create(this->gkm, this->public.group,
									  &this->port.public, cfg);
	if (!this->core)
	{
		DBG1(DBG_CFG, "group %s: no random numbers, it can't be served together "
			 "with others", this->public.name);
		return;
	}
	for (i = 0; i < this->core->count; i++)
	{
		links->open(links, this->core->peers[i].connection,
					cfg->coop.heartbeat);
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
static void handle(private_gkm_coop_actor_t *this, event_t *event)
{
	gkm_coop_core_t *core = this->core;

	switch (event->kind)
	{
		case EVENT_UP:
		case EVENT_DOWN:
			gkm_coop_core_link(core, event->peer, event->kind == EVENT_UP);
			break;
		case EVENT_RECEIVED:
			gkm_coop_core_received(core, event->peer, &event->message,
								   event->time);
			break;
		case EVENT_ANSWERED:
			gkm_coop_core_answered(core, event->peer, &event->message,
								   event->time);
			break;
		case EVENT_FAILED:
			gkm_coop_core_answered(core, event->peer, NULL, event->time);
			break;
	}
}

/**
 * Take the next event, with the mutex
 */
static event_t *take_event(private_gkm_coop_actor_t *this)
{
	event_t *event;

	if (this->events->remove_first(this->events, (void**)&event) != SUCCESS)
	{
		return NULL;
	}
	if (event->kind == EVENT_RECEIVED)
	{
		this->intakes[event->peer].waiting--;
	}
	return event;
}

/**
 * Is there something to do? Called with the mutex.
 */
static bool is_busy(private_gkm_coop_actor_t *this)
{
	todo_t *todo = &this->todo;

	return !this->stopped &&
		   (todo->cfg || todo->changed || todo->reset || todo->due ||
			this->events->get_count(this->events));
}

/**
 * Do what there is to do, inside, with the mutex, which is released meanwhile
 */
static void work(private_gkm_coop_actor_t *this)
{
	todo_t todo = this->todo;
	event_t *event = NULL;
	uint64_t due = UINT64_MAX;

	this->todo = (todo_t){};
	if (!todo.cfg)
	{
		event = take_event(this);
	}
	this->mutex->unlock(this->mutex);
	if (todo.cfg)
	{
		change_cfg(this, todo.cfg);
	}
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
		event_destroy(event);
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
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, has_peer, bool,
	private_gkm_coop_actor_t *this, char *connection)
{
	int pos;

	this->mutex->lock(this->mutex);
	pos = gkm_coop_intake_find(this->intakes, this->count, connection);
	this->mutex->unlock(this->mutex);
	return pos >= 0;
}

/**
 * Note what is known of a peer from a message, with the mutex
 */
static void note(gkm_coop_intake_t *intake, identification_t *id,
				 gkm_coop_message_t *message, size_t octets)
{
	intake->messages++;
	intake->octets += octets;
	if (message->flags & GKM_COOP_REPLY_REQUESTED)
	{
		intake->replies++;
	}
	if (!intake->id || !intake->id->equals(intake->id, id))
	{
		DESTROY_IF(intake->id);
		intake->id = id->clone(id);
	}
}

METHOD(gkm_coop_actor_t, received, bool,
	private_gkm_coop_actor_t *this, char *connection, identification_t *id,
	gkm_coop_message_t *message, size_t octets, chunk_t *answer)
{
	gkm_coop_message_t reply = {
		.type = GKM_COOP_HEARTBEAT,
	};
	gkm_coop_taken_t taken = GKM_COOP_REPLAYED;
	u_int number = message->status.id;
	bool news = FALSE;
	int pos;

	this->mutex->lock(this->mutex);
	pos = gkm_coop_intake_find(this->intakes, this->count, connection);
	if (pos >= 0 && !this->stopped && this->status.boot)
	{
		note(&this->intakes[pos], id, message, octets);
		taken = take(this, pos, &message->status, FALSE, &news);
		if (taken == GKM_COOP_TAKEN)
		{
			add_event(this, EVENT_RECEIVED, pos, message);
			sign(this, pos, &reply);
		}
	}
	this->mutex->unlock(this->mutex);
	if (news)
	{
		tell(this, connection, taken, number);
	}
	if (taken == GKM_COOP_TAKEN)
	{
		*answer = gkm_coop_message_build(&reply);
	}
	gkm_coop_message_clear(message);
	return taken == GKM_COOP_TAKEN;
}

METHOD(gkm_coop_actor_t, link_, void,
	private_gkm_coop_actor_t *this, char *connection, bool up)
{
	int pos;

	this->mutex->lock(this->mutex);
	pos = gkm_coop_intake_find(this->intakes, this->count, connection);
	if (pos >= 0 && !this->stopped)
	{
		add_event(this, up ? EVENT_UP : EVENT_DOWN, pos, NULL);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, changed, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->todo.changed = TRUE;
	wake(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_actor_t, reset, void,
	private_gkm_coop_actor_t *this)
{
	this->mutex->lock(this->mutex);
	this->todo.reset = TRUE;
	wake(this);
	this->mutex->unlock(this->mutex);
}

/**
 * Copy what is known of peers, with the mutex
 *
 * @return				gkm_coop_intake_t by position
 */
static gkm_coop_intake_t *copy_intakes(private_gkm_coop_actor_t *this)
{
	gkm_coop_intake_t *copies;
	int i;

	copies = calloc(countof(this->intakes), sizeof(*copies));
	for (i = 0; i < this->count; i++)
	{
		copies[i] = this->intakes[i];
		copies[i].connection = strdup(copies[i].connection);
		copies[i].id = copies[i].id ? copies[i].id->clone(copies[i].id) : NULL;
	}
	return copies;
}

/**
 * Destroy what copy_intakes() made
 */
static void destroy_intakes(gkm_coop_intake_t *copies)
{
	int i;

	for (i = 0; i < GKM_COOP_SERVERS_MAX - 1; i++)
	{
		free(copies[i].connection);
		DESTROY_IF(copies[i].id);
	}
	free(copies);
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
		intakes = copy_intakes(this);
		seq = this->seq;
		this->mutex->unlock(this->mutex);
		cb(user, this->core, intakes, seq);
		destroy_intakes(intakes);
		this->mutex->lock(this->mutex);
		leave(this);
		if (is_busy(this))
		{
			wake(this);
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
	this->events->destroy(this->events);
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
			.has_peer = _has_peer,
			.received = _received,
			.link = _link_,
			.changed = _changed,
			.reset = _reset,
			.inspect = _inspect,
			.stop = _stop,
			.get_ref = _get_ref,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.port = {
			.public = {
				.publish = _publish,
				.send = _send_,
				.drop = _drop,
			},
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.left = condvar_create(CONDVAR_TYPE_DEFAULT),
		.events = linked_list_create(),
		.ref = 1,
	);
	this->port.actor = this;
	configure(this, cfg);
	return &this->public;
}
