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

#include "gkm_coop_link.h"

#include <collections/array.h>
#include <collections/linked_list.h>

typedef struct private_gkm_coop_link_t private_gkm_coop_link_t;

/**
 * Private data.
 */
struct private_gkm_coop_link_t {

	/**
	 * Public interface
	 */
	gkm_coop_link_t public;

	/**
	 * Milliseconds until what isn't answered is sent again
	 */
	u_int pace;

	/**
	 * Unique IDs of IKE_SAs that are up, as uint32_t, the newest one last
	 */
	array_t *sas;

	/**
	 * Unique IDs of IKE_SAs to be destroyed, as uint32_t
	 */
	array_t *forget;

	/**
	 * Messages to be sent, as gkm_coop_parcel_t*
	 */
	linked_list_t *queue;

	/**
	 * Messages that failed, as gkm_coop_parcel_t*
	 */
	linked_list_t *failed;

	/**
	 * Number of the last message that was added
	 */
	uint64_t numbers;

	/**
	 * Message under way
	 */
	struct {

		/**
		 * Message, NULL if none is
		 */
		gkm_coop_parcel_t *parcel;

		/**
		 * Unique ID of the IKE_SA that it is sent over
		 */
		uint32_t id;

		/**
		 * When it is sent again
		 */
		uint64_t due;
	} current;

	/**
	 * Attempt
	 */
	struct {

		/**
		 * Unique ID of its IKE_SA, 0 if there is none
		 */
		uint32_t id;

		/**
		 * ID of the message that it waits for an answer to
		 */
		uint32_t mid;

		/**
		 * When that is sent again, and when it is given up
		 */
		uint64_t due;
		uint64_t end;
	} attempt;

	/**
	 * When the next attempt begins, 0 if that isn't decided yet
	 */
	uint64_t begin;

	/**
	 * Has to be told whether it is up?
	 */
	bool tell;
};

/*
 * Described in header
 */
void gkm_coop_parcel_end(gkm_coop_parcel_t *parcel, bool success,
						 chunk_t answer)
{
	parcel->done(parcel->user, success, answer);
	chunk_clear(&parcel->message);
	free(parcel);
}

/**
 * Find an IKE_SA among those in an array, -1 if it isn't there
 */
static int find(array_t *ids, uint32_t id)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(ids, i, &current); i++)
	{
		if (current == id)
		{
			return i;
		}
	}
	return -1;
}

/**
 * How long an attempt may take without an answer
 */
static u_int get_patience(private_gkm_coop_link_t *this)
{
	return max(GKM_COOP_LINK_PATIENCE * this->pace, GKM_COOP_LINK_PATIENCE_MIN);
}

/**
 * A pause of up to the pace
 */
static u_int get_pause(private_gkm_coop_link_t *this)
{
	return random() % (this->pace + 1);
}

/**
 * The message under way has failed
 */
static void fail_current(private_gkm_coop_link_t *this)
{
	if (this->current.parcel)
	{
		this->failed->insert_last(this->failed, this->current.parcel);
		this->current.parcel = NULL;
	}
}

/**
 * Messages that wait have failed
 */
static void fail_queue(private_gkm_coop_link_t *this)
{
	gkm_coop_parcel_t *parcel;

	while (this->queue->remove_first(this->queue, (void**)&parcel) == SUCCESS)
	{
		this->failed->insert_last(this->failed, parcel);
	}
}

METHOD(gkm_coop_link_t, up, void,
	private_gkm_coop_link_t *this, uint32_t id)
{
	if (this->attempt.id == id)
	{
		this->attempt.id = 0;
	}
	if (find(this->sas, id) < 0)
	{
		this->tell |= !array_count(this->sas);
		array_insert(this->sas, ARRAY_TAIL, &id);
		this->begin = 0;
	}
}

METHOD(gkm_coop_link_t, gone, void,
	private_gkm_coop_link_t *this, uint32_t id, uint64_t now)
{
	int idx = find(this->sas, id);

	if (this->attempt.id == id)
	{	/* refused: that won't change at once */
		this->attempt.id = 0;
		this->begin = now + get_patience(this) + get_pause(this);
	}
	if (idx >= 0)
	{
		array_remove(this->sas, idx, NULL);
		this->tell |= !array_count(this->sas);
	}
	if (this->current.id == id)
	{
		fail_current(this);
	}
}

METHOD(gkm_coop_link_t, started, void,
	private_gkm_coop_link_t *this, uint32_t id, uint64_t now)
{
	this->attempt.id = id;
	this->attempt.mid = 0;
	this->attempt.due = now + this->pace;
	this->attempt.end = now + get_patience(this);
	this->begin = id ? 0 : this->attempt.end + get_pause(this);
}

METHOD(gkm_coop_link_t, progress, void,
	private_gkm_coop_link_t *this, uint32_t id, uint32_t mid, uint64_t now)
{
	if (this->attempt.id == id && this->attempt.mid != mid)
	{
		this->attempt.mid = mid;
		this->attempt.end = now + get_patience(this);
	}
}

METHOD(gkm_coop_link_t, add, void,
	private_gkm_coop_link_t *this, gkm_coop_parcel_t *parcel)
{
	parcel->number = ++this->numbers;
	this->queue->insert_last(this->queue, parcel);
}

METHOD(gkm_coop_link_t, ended, gkm_coop_parcel_t*,
	private_gkm_coop_link_t *this, uint64_t number)
{
	gkm_coop_parcel_t *parcel = this->current.parcel;

	if (!parcel || parcel->number != number)
	{
		return NULL;
	}
	this->current.parcel = NULL;
	return parcel;
}

METHOD(gkm_coop_link_t, drop, void,
	private_gkm_coop_link_t *this)
{
	uint32_t id;

	if (this->attempt.id)
	{
		array_insert(this->forget, ARRAY_TAIL, &this->attempt.id);
		this->attempt.id = 0;
	}
	this->tell |= array_count(this->sas) > 0;
	while (array_remove(this->sas, ARRAY_HEAD, &id))
	{
		array_insert(this->forget, ARRAY_TAIL, &id);
	}
	fail_current(this);
	fail_queue(this);
}

METHOD(gkm_coop_link_t, announce, void,
	private_gkm_coop_link_t *this, u_int pace)
{
	this->pace = min(this->pace, pace);
	this->tell |= array_count(this->sas) > 0;
}

/**
 * What to do for an attempt
 */
static void decide_attempt(private_gkm_coop_link_t *this, uint64_t now,
						   gkm_coop_todo_t *todo)
{
	if (now >= this->attempt.end)
	{
		todo->kind = GKM_COOP_LINK_FORGET;
		todo->id = this->attempt.id;
		this->attempt.id = 0;
	}
	else if (now >= this->attempt.due)
	{
		todo->kind = GKM_COOP_LINK_REPEAT;
		todo->id = this->attempt.id;
		this->attempt.due = now + this->pace;
	}
}

/**
 * What to do as no IKE_SA is up
 */
static void decide_down(private_gkm_coop_link_t *this, uint64_t now,
						gkm_coop_todo_t *todo)
{
	if (!this->attempt.id && !this->begin)
	{
		this->begin = now + get_pause(this);
	}
	if (!this->attempt.id && now >= this->begin)
	{
		todo->kind = GKM_COOP_LINK_INITIATE;
		this->begin = UINT64_MAX;
	}
}

/**
 * What to do for messages, with an IKE_SA that is up
 */
static void decide_up(private_gkm_coop_link_t *this, uint64_t now,
					  gkm_coop_todo_t *todo)
{
	uint32_t newest = 0;

	array_get(this->sas, ARRAY_TAIL, &newest);
	if (this->current.parcel)
	{
		if (now < this->current.due)
		{
			return;
		}
		if (this->current.id == newest)
		{
			todo->kind = GKM_COOP_LINK_REPEAT;
			todo->id = newest;
			this->current.due = now + this->pace;
			return;
		}
		todo->kind = GKM_COOP_LINK_FAIL;
		todo->parcel = this->current.parcel;
		this->current.parcel = NULL;
	}
	else if (this->queue->remove_first(this->queue,
								(void**)&this->current.parcel) == SUCCESS)
	{
		this->current.id = newest;
		this->current.due = now + this->pace;
		todo->kind = GKM_COOP_LINK_SEND;
		todo->id = newest;
		todo->parcel = this->current.parcel;
	}
}

METHOD(gkm_coop_link_t, decide, void,
	private_gkm_coop_link_t *this, uint64_t now, gkm_coop_todo_t *todo)
{
	bool up = array_count(this->sas) > 0;

	*todo = (gkm_coop_todo_t){
		.kind = GKM_COOP_LINK_WAIT,
	};
	if (!up)
	{
		fail_queue(this);
	}
	if (array_remove(this->forget, ARRAY_HEAD, &todo->id))
	{
		todo->kind = GKM_COOP_LINK_FORGET;
		return;
	}
	if (this->failed->remove_first(this->failed,
								   (void**)&todo->parcel) == SUCCESS)
	{
		todo->kind = GKM_COOP_LINK_FAIL;
		return;
	}
	if (this->tell)
	{
		this->tell = FALSE;
		todo->kind = GKM_COOP_LINK_TELL;
		todo->up = up;
		return;
	}
	if (this->attempt.id)
	{
		decide_attempt(this, now, todo);
	}
	if (todo->kind == GKM_COOP_LINK_WAIT)
	{
		if (up)
		{
			decide_up(this, now, todo);
		}
		else
		{
			decide_down(this, now, todo);
		}
	}
}

METHOD(gkm_coop_link_t, next_due, uint64_t,
	private_gkm_coop_link_t *this)
{
	uint64_t due = UINT64_MAX;

	if (this->attempt.id)
	{
		due = min(this->attempt.due, this->attempt.end);
	}
	else if (!array_count(this->sas))
	{
		due = this->begin;
	}
	if (this->current.parcel)
	{
		due = min(due, this->current.due);
	}
	return due;
}

METHOD(gkm_coop_link_t, destroy, void,
	private_gkm_coop_link_t *this)
{
	gkm_coop_parcel_t *parcel;

	fail_current(this);
	fail_queue(this);
	while (this->failed->remove_first(this->failed, (void**)&parcel) == SUCCESS)
	{
		gkm_coop_parcel_end(parcel, FALSE, chunk_empty);
	}
	this->failed->destroy(this->failed);
	this->queue->destroy(this->queue);
	array_destroy(this->forget);
	array_destroy(this->sas);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_link_t *gkm_coop_link_create(u_int pace)
{
	private_gkm_coop_link_t *this;

	INIT(this,
		.public = {
			.up = _up,
			.gone = _gone,
			.started = _started,
			.progress = _progress,
			.add = _add,
			.ended = _ended,
			.drop = _drop,
			.announce = _announce,
			.decide = _decide,
			.next_due = _next_due,
			.destroy = _destroy,
		},
		.pace = pace,
		.sas = array_create(sizeof(uint32_t), 0),
		.forget = array_create(sizeof(uint32_t), 0),
		.queue = linked_list_create(),
		.failed = linked_list_create(),
	);
	return &this->public;
}
