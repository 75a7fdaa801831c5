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

#include "gkm_coop_carrier.h"
#include "gkm_coop_link.h"
#include "gkm_coop_sas.h"
#include "gkm_coop_task.h"
#include "gkm_coop_watch.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_gkm_coop_carrier_t private_gkm_coop_carrier_t;
typedef struct entry_t entry_t;
typedef struct wakeup_t wakeup_t;

/**
 * Private data.
 */
struct private_gkm_coop_carrier_t {

	/**
	 * Public interface
	 */
	gkm_coop_carrier_t public;

	/**
	 * Knows IKE_SAs that are up
	 */
	gkm_coop_watch_t *watch;

	/**
	 * Knows the handler
	 */
	gkm_coop_inbox_t *inbox;

	/**
	 * Connections, as entry_t*
	 */
	linked_list_t *entries;

	/**
	 * Number of the last entry
	 */
	uint32_t numbers;

	/**
	 * Protects entries; taken with IKE_SAs checked out, and by listeners: none
	 * may be checked out with it
	 */
	mutex_t *mutex;
};

/**
 * A connection.
 */
struct entry_t {

	/**
	 * Its number, for jobs that may find it gone
	 */
	uint32_t number;

	/**
	 * Its name
	 */
	char *name;

	/**
	 * Calls to open()
	 */
	u_int opened;

	/**
	 * State
	 */
	gkm_coop_link_t *link;

	/**
	 * Is a job at work for it, and is it to look once more?
	 */
	bool working;
	bool again;

	/**
	 * When the next job comes that was scheduled, 0 if none is
	 */
	uint64_t scheduled;
};

/**
 * What a job needs to find a connection.
 */
struct wakeup_t {
	private_gkm_coop_carrier_t *this;
	uint32_t number;
};

/**
 * Milliseconds of the monotonic clock
 */
static uint64_t get_now()
{
	timeval_t now;

	time_monotonic(&now);
	return now.tv_sec * 1000ULL + now.tv_usec / 1000;
}

/**
 * Find a connection by name, or by number if that is NULL, mutex locked
 */
static entry_t *find(private_gkm_coop_carrier_t *this, char *name,
					 uint32_t number)
{
	enumerator_t *enumerator;
	entry_t *entry, *found = NULL;

	enumerator = this->entries->create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, &entry))
	{
		if (name ? streq(entry->name, name) : entry->number == number)
		{
			found = entry;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Destroy a connection
 */
static void entry_destroy(entry_t *this)
{
	this->link->destroy(this->link);
	free(this->name);
	free(this);
}

static job_requeue_t work(wakeup_t *wakeup);

/**
 * Create a job that works for a connection
 */
static job_t *create_job(private_gkm_coop_carrier_t *this, entry_t *entry)
{
	wakeup_t *wakeup;

	INIT(wakeup,
		.this = this,
		.number = entry->number,
	);
	return (job_t*)callback_job_create_with_prio((callback_job_cb_t)work, wakeup,
								(callback_job_cleanup_t)free, NULL,
								JOB_PRIO_HIGH);
}

/**
 * Something happened that a connection may have to do something for, mutex
 * locked
 */
static void wake(private_gkm_coop_carrier_t *this, entry_t *entry)
{
	if (entry->working)
	{
		entry->again = TRUE;
		return;
	}
	lib->processor->queue_job(lib->processor, create_job(this, entry));
}

/**
 * Look again when something is due, mutex locked
 */
static void schedule(private_gkm_coop_carrier_t *this, entry_t *entry,
					 uint64_t now)
{
	uint64_t due = entry->link->next_due(entry->link);

	if (due == UINT64_MAX ||
		(entry->scheduled > now && entry->scheduled <= due))
	{
		return;
	}
	entry->scheduled = due;
	lib->scheduler->schedule_job_ms(lib->scheduler, create_job(this, entry),
									due > now ? due - now : 0);
}

CALLBACK(set_up, void,
	private_gkm_coop_carrier_t *this, char *name, uint32_t id, bool up)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, name, 0);
	if (entry)
	{
		if (up)
		{
			entry->link->up(entry->link, id);
		}
		else
		{
			entry->link->gone(entry->link, id, get_now());
		}
		wake(this, entry);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * A message was answered, or got lost
 */
static void ended(gkm_coop_sent_t *sent, bool success, chunk_t answer)
{
	private_gkm_coop_carrier_t *this = sent->user;
	gkm_coop_parcel_t *parcel = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, NULL, sent->link);
	if (entry)
	{
		parcel = entry->link->ended(entry->link, sent->number);
		wake(this, entry);
	}
	this->mutex->unlock(this->mutex);
	if (parcel)
	{
		gkm_coop_parcel_end(parcel, success, answer);
	}
}

/**
 * Let charon send again what an IKE_SA waits for an answer to: its own timeouts
 * are made for peers that are far away
 */
static void repeat(private_gkm_coop_carrier_t *this, uint32_t number,
				   uint32_t id)
{
	ike_sa_t *ike_sa;
	entry_t *entry;
	uint32_t mid;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, id);
	if (!ike_sa)
	{
		return;
	}
	mid = ike_sa->get_message_id(ike_sa, TRUE);
	this->mutex->lock(this->mutex);
	entry = find(this, NULL, number);
	if (entry)
	{
		entry->link->progress(entry->link, id, mid, get_now());
	}
	this->mutex->unlock(this->mutex);
	gkm_coop_sas_check_in(ike_sa, ike_sa->retransmit(ike_sa, mid));
}

/**
 * Send a message, which is adopted
 */
static void send_message(private_gkm_coop_carrier_t *this, uint32_t id,
						 chunk_t message, gkm_coop_sent_t *sent)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, id);
	if (ike_sa && this->watch->is_usable(this->watch, ike_sa))
	{
		ike_sa->queue_task(ike_sa, gkm_coop_task_create(ike_sa, message, sent));
		gkm_coop_sas_check_in(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
		return;
	}
	if (ike_sa)
	{
		set_up(this, ike_sa->get_name(ike_sa), id, FALSE);
		gkm_coop_sas_check_in(ike_sa, SUCCESS);
	}
	chunk_clear(&message);
	ended(sent, FALSE, chunk_empty);
}

/**
 * Tell a connection that an attempt has begun
 *
 * @return				FALSE if it isn't there any more
 */
static bool started(private_gkm_coop_carrier_t *this, uint32_t number,
					uint32_t id)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, NULL, number);
	if (entry)
	{
		entry->link->started(entry->link, id, get_now());
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

/**
 * Begin an attempt
 */
static void initiate(private_gkm_coop_carrier_t *this, uint32_t number,
					 char *name)
{
	ike_sa_t *ike_sa;

	ike_sa = gkm_coop_sas_create(name);
	if (!ike_sa)
	{
		started(this, number, 0);
	}
	else if (started(this, number, ike_sa->get_unique_id(ike_sa)))
	{
		gkm_coop_sas_check_in(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	}
	else
	{
		gkm_coop_sas_check_in(ike_sa, DESTROY_ME);
	}
}

/**
 * Do something for a connection, without the mutex
 */
static void act(private_gkm_coop_carrier_t *this, uint32_t number, char *name,
				gkm_coop_todo_t *todo, chunk_t message, gkm_coop_sent_t *sent)
{
	switch (todo->kind)
	{
		case GKM_COOP_LINK_WAIT:
			break;
		case GKM_COOP_LINK_TELL:
			this->inbox->link(this->inbox, name, todo->up);
			break;
		case GKM_COOP_LINK_FORGET:
			gkm_coop_sas_forget(todo->id);
			break;
		case GKM_COOP_LINK_INITIATE:
			initiate(this, number, name);
			break;
		case GKM_COOP_LINK_SEND:
			send_message(this, todo->id, message, sent);
			break;
		case GKM_COOP_LINK_REPEAT:
			repeat(this, number, todo->id);
			break;
		case GKM_COOP_LINK_FAIL:
			gkm_coop_parcel_end(todo->parcel, FALSE, chunk_empty);
			break;
	}
}

/**
 * Do what there is to do next for a connection, mutex locked
 *
 * @return				FALSE if there is nothing
 */
static bool do_next(private_gkm_coop_carrier_t *this, entry_t *entry)
{
	gkm_coop_sent_t sent = {
		.ended = ended,
		.user = this,
		.link = entry->number,
	};
	chunk_t message = chunk_empty;
	gkm_coop_todo_t todo;
	char *name;

	entry->link->decide(entry->link, get_now(), &todo);
	if (todo.kind == GKM_COOP_LINK_WAIT)
	{
		return FALSE;
	}
	if (todo.kind == GKM_COOP_LINK_SEND)
	{	/* the parcel may be gone once the mutex is unlocked */
		sent.number = todo.parcel->number;
		message = todo.parcel->message;
		todo.parcel->message = chunk_empty;
	}
	name = strdup(entry->name);
	this->mutex->unlock(this->mutex);
	act(this, sent.link, name, &todo, message, &sent);
	free(name);
	this->mutex->lock(this->mutex);
	return TRUE;
}

/**
 * Do what there is to do for a connection
 */
static job_requeue_t work(wakeup_t *wakeup)
{
	private_gkm_coop_carrier_t *this = wakeup->this;
	entry_t *entry;
	bool again = TRUE;

	this->mutex->lock(this->mutex);
	entry = find(this, NULL, wakeup->number);
	if (entry && entry->working)
	{
		entry->again = TRUE;
		entry = NULL;
	}
	while (entry && again)
	{
		entry->working = TRUE;
		entry->again = FALSE;
		again = do_next(this, entry);
		/* may have been closed meanwhile */
		entry = find(this, NULL, wakeup->number);
		again |= entry && entry->again;
	}
	if (entry)
	{
		entry->working = FALSE;
		schedule(this, entry, get_now());
	}
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

/**
 * Find IKE_SAs of a connection that are up already
 */
static job_requeue_t look(wakeup_t *wakeup)
{
	private_gkm_coop_carrier_t *this = wakeup->this;
	char *name = NULL;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, NULL, wakeup->number);
	if (entry)
	{
		name = strdup(entry->name);
	}
	this->mutex->unlock(this->mutex);
	if (name)
	{
		this->watch->look(this->watch, name);
		free(name);
	}
	return work(wakeup);
}

METHOD(gkm_coop_links_t, set_handler, void,
	private_gkm_coop_carrier_t *this, gkm_coop_handler_t *handler)
{
	this->inbox->set_handler(this->inbox, handler);
}

METHOD(gkm_coop_links_t, open_, void,
	private_gkm_coop_carrier_t *this, char *connection, u_int pace)
{
	wakeup_t *wakeup;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, connection, 0);
	if (entry)
	{
		entry->link->announce(entry->link, pace);
		wake(this, entry);
	}
	else
	{
		INIT(entry,
			.number = ++this->numbers,
			.name = strdup(connection),
			.link = gkm_coop_link_create(pace),
		);
		this->entries->insert_last(this->entries, entry);
		INIT(wakeup,
			.this = this,
			.number = entry->number,
		);
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)look, wakeup,
								(callback_job_cleanup_t)free, NULL));
	}
	entry->opened++;
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_links_t, close_, void,
	private_gkm_coop_carrier_t *this, char *connection)
{
	entry_t *entry;
	bool last = FALSE;

	this->mutex->lock(this->mutex);
	entry = find(this, connection, 0);
	if (entry && --entry->opened == 0)
	{
		this->entries->remove(this->entries, entry, NULL);
		last = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (last)
	{
		entry_destroy(entry);
	}
}

METHOD(gkm_coop_links_t, send_, void,
	private_gkm_coop_carrier_t *this, char *connection, chunk_t message,
	void (*done)(void *user, bool success, chunk_t answer), void *user)
{
	gkm_coop_parcel_t *parcel;
	entry_t *entry;

	INIT(parcel,
		.message = message,
		.done = done,
		.user = user,
	);
	this->mutex->lock(this->mutex);
	entry = find(this, connection, 0);
	if (entry)
	{
		entry->link->add(entry->link, parcel);
		wake(this, entry);
	}
	this->mutex->unlock(this->mutex);
	if (!entry)
	{
		gkm_coop_parcel_end(parcel, FALSE, chunk_empty);
	}
}

METHOD(gkm_coop_links_t, drop, void,
	private_gkm_coop_carrier_t *this, char *connection)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, connection, 0);
	if (entry)
	{
		entry->link->drop(entry->link);
		wake(this, entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_carrier_t, destroy, void,
	private_gkm_coop_carrier_t *this)
{
	this->watch->destroy(this->watch);
	this->entries->destroy_function(this->entries, (void*)entry_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_carrier_t *gkm_coop_carrier_create(gkm_ike_t *ike,
											gkm_coop_inbox_t *inbox)
{
	private_gkm_coop_carrier_t *this;

	INIT(this,
		.public = {
			.links = {
				.set_handler = _set_handler,
				.open = _open_,
				.close = _close_,
				.send = _send_,
				.drop = _drop,
			},
			.destroy = _destroy,
		},
		.inbox = inbox,
		.entries = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->watch = gkm_coop_watch_create(ike, set_up, this);
	return &this->public;
}
