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


#include "gkm_coop_channel.h"

#include <collections/linked_list.h>
#include <threading/mutex.h>

/** Milliseconds between reports of messages that are dropped */
#define TELL_PAUSE 60000

typedef struct private_gkm_coop_channel_t private_gkm_coop_channel_t;
typedef struct sent_t sent_t;

/**
 * Private data
 */
struct private_gkm_coop_channel_t {

	/** public interface */
	gkm_coop_channel_t public;

	/** carrier */
	gkm_t *gkm;

	/** actor */
	gkm_coop_actor_t *actor;

	/** protects all below; the actor is woken without it */
	mutex_t *mutex;

	/** what happened, as gkm_coop_event_t* */
	linked_list_t *events;

	/** peers by position, and their number */
	gkm_coop_intake_t intakes[GKM_COOP_SERVERS_MAX - 1];
	int count;

	/** changes when it is closed: what comes later isn't for those that are
	 *  peers then */
	u_int generation;

	/** what is said of this key server, all 0 but id until it was published;
	 *  number of the last message, and what to add to gkm_coop_now() for the
	 *  clock */
	gkm_coop_status_t status;
	uint64_t seq;
	int64_t clock;
};

/**
 * Whom the answer to a message is for, with a reference to the actor
 */
struct sent_t {
	private_gkm_coop_channel_t *channel;
	u_int generation;
	int peer;
};

/*
 * Described in header
 */
void gkm_coop_event_destroy(gkm_coop_event_t *this)
{
	gkm_coop_message_clear(&this->message);
	free(this);
}

/**
 * Add an event, with the mutex
 *
 * @param message		message that belongs to it, moved, may be NULL
 */
static void add_event(private_gkm_coop_channel_t *this,
					  gkm_coop_happened_t kind, int peer,
					  gkm_coop_message_t *message)
{
	gkm_coop_event_t *event;

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
}

/**
 * Fill in what is said of this key server, with the mutex
 */
static void sign(private_gkm_coop_channel_t *this, int peer,
				 gkm_coop_message_t *message)
{
	message->group = this->actor->id;
	message->software = VERSION;
	message->status = this->status;
	message->status.applied = this->intakes[peer].applied;
	message->status.seq = ++this->seq;
	message->status.now = gkm_coop_now() + this->clock;
}

METHOD(gkm_coop_port_t, publish, void,
	private_gkm_coop_channel_t *this, gkm_coop_status_t *status, int64_t clock,
	gkm_coop_peer_t *peers)
{
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
static void tell(private_gkm_coop_channel_t *this, char *connection,
				 gkm_coop_taken_t taken, u_int number)
{
	char *name = this->actor->name;

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
static gkm_coop_taken_t take(private_gkm_coop_channel_t *this, int peer,
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
	sent->channel->actor->destroy(sent->channel->actor);
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
static bool take_answer(private_gkm_coop_channel_t *this, int peer,
						size_t octets, gkm_coop_message_t *answer,
						gkm_coop_taken_t *taken)
{
	gkm_coop_intake_t *intake = &this->intakes[peer];
	bool news;

	if (!answer->group ||
		!answer->group->equals(answer->group, this->actor->id))
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
	private_gkm_coop_channel_t *this = sent->channel;
	gkm_coop_taken_t taken = GKM_COOP_REPLAYED;
	gkm_coop_message_t answer = {};
	gkm_error_t err = {};
	char *connection = NULL;
	u_int number;

	if (success && !gkm_coop_message_parse(data, &answer, &err))
	{
		DBG1(DBG_CFG, "group %s: answer of a key server refused: %s",
			 this->actor->name, err.text);
		success = FALSE;
	}
	number = answer.status.id;
	this->mutex->lock(this->mutex);
	if (sent->generation == this->generation)
	{
		if (success && take_answer(this, sent->peer, data.len, &answer, &taken))
		{
			connection = strdup(this->intakes[sent->peer].connection);
		}
		if (taken == GKM_COOP_TAKEN)
		{
			add_event(this, GKM_COOP_ANSWERED, sent->peer, &answer);
		}
		else
		{
			add_event(this, GKM_COOP_FAILED, sent->peer, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
	this->actor->wake(this->actor);
	if (connection)
	{
		tell(this, connection, taken, number);
		free(connection);
	}
	gkm_coop_message_clear(&answer);
	sent_destroy(sent);
}

METHOD(gkm_coop_port_t, send_, size_t,
	private_gkm_coop_channel_t *this, int peer, gkm_coop_message_t *message,
	int64_t clock)
{
	gkm_coop_links_t *links = this->gkm->coop;
	chunk_t data;
	sent_t *sent;
	size_t len;

	INIT(sent,
		.channel = this,
		.peer = peer,
	);
	this->actor->get_ref(this->actor);
	this->mutex->lock(this->mutex);
	sign(this, peer, message);
	message->status.now += clock;
	sent->generation = this->generation;
	this->mutex->unlock(this->mutex);

	data = gkm_coop_message_build(message);
	len = data.len;
	/* only who sends changes the peers that there are */
	links->send(links, this->intakes[peer].connection, data, answered, sent);
	return len;
}

METHOD(gkm_coop_port_t, drop, void,
	private_gkm_coop_channel_t *this, int peer)
{
	gkm_coop_links_t *links = this->gkm->coop;

	links->drop(links, this->intakes[peer].connection);
}

METHOD(gkm_coop_channel_t, open_, void,
	private_gkm_coop_channel_t *this, gkm_cfg_coop_t *cfg)
{
	gkm_coop_links_t *links = this->gkm->coop;
	char *connection;
	int i;

	this->mutex->lock(this->mutex);
	this->status = (gkm_coop_status_t){
		.id = cfg->id,
	};
	while (array_get(cfg->peers, this->count, &connection))
	{
		this->intakes[this->count++] = (gkm_coop_intake_t){
			.connection = strdup(connection),
			.patience = cfg->heartbeat * cfg->misses,
		};
	}
	this->mutex->unlock(this->mutex);
	for (i = 0; i < this->count; i++)
	{
		links->open(links, this->intakes[i].connection, cfg->heartbeat);
	}
}

METHOD(gkm_coop_channel_t, close_, void,
	private_gkm_coop_channel_t *this)
{
	gkm_coop_links_t *links = this->gkm->coop;
	gkm_coop_event_t *event;
	int i;

	for (i = 0; i < this->count; i++)
	{
		links->close(links, this->intakes[i].connection);
	}
	this->mutex->lock(this->mutex);
	this->generation++;
	while (this->events->remove_first(this->events, (void**)&event) == SUCCESS)
	{
		gkm_coop_event_destroy(event);
	}
	while (this->count)
	{
		gkm_coop_intake_clear(&this->intakes[--this->count]);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_coop_channel_t, has_peer, bool,
	private_gkm_coop_channel_t *this, char *connection)
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

METHOD(gkm_coop_channel_t, received, bool,
	private_gkm_coop_channel_t *this, char *connection, identification_t *id,
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
	if (pos >= 0 && this->status.boot)
	{
		note(&this->intakes[pos], id, message, octets);
		taken = take(this, pos, &message->status, FALSE, &news);
		if (taken == GKM_COOP_TAKEN)
		{
			add_event(this, GKM_COOP_RECEIVED, pos, message);
			sign(this, pos, &reply);
		}
	}
	this->mutex->unlock(this->mutex);
	this->actor->wake(this->actor);
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

METHOD(gkm_coop_channel_t, link_, void,
	private_gkm_coop_channel_t *this, char *connection, bool up)
{
	int pos;

	this->mutex->lock(this->mutex);
	pos = gkm_coop_intake_find(this->intakes, this->count, connection);
	if (pos >= 0)
	{
		add_event(this, up ? GKM_COOP_UP : GKM_COOP_DOWN, pos, NULL);
	}
	this->mutex->unlock(this->mutex);
	this->actor->wake(this->actor);
}

METHOD(gkm_coop_channel_t, has_events, bool,
	private_gkm_coop_channel_t *this)
{
	bool has_events;

	this->mutex->lock(this->mutex);
	has_events = this->events->get_count(this->events) > 0;
	this->mutex->unlock(this->mutex);
	return has_events;
}

METHOD(gkm_coop_channel_t, get_event, gkm_coop_event_t*,
	private_gkm_coop_channel_t *this)
{
	gkm_coop_event_t *event = NULL;

	this->mutex->lock(this->mutex);
	if (this->events->remove_first(this->events,
								   (void**)&event) == SUCCESS &&
		event->kind == GKM_COOP_RECEIVED)
	{
		this->intakes[event->peer].waiting--;
	}
	this->mutex->unlock(this->mutex);
	return event;
}

METHOD(gkm_coop_channel_t, get_intakes, gkm_coop_intake_t*,
	private_gkm_coop_channel_t *this, uint64_t *seq)
{
	gkm_coop_intake_t *intakes;

	this->mutex->lock(this->mutex);
	intakes = gkm_coop_intakes_clone(this->intakes, this->count);
	*seq = this->seq;
	this->mutex->unlock(this->mutex);
	return intakes;
}

METHOD(gkm_coop_channel_t, destroy, void,
	private_gkm_coop_channel_t *this)
{
	this->events->destroy(this->events);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_channel_t *gkm_coop_channel_create(gkm_t *gkm,
											gkm_coop_actor_t *actor)
{
	private_gkm_coop_channel_t *this;

	INIT(this,
		.public = {
			.port = {
				.publish = _publish,
				.send = _send_,
				.drop = _drop,
			},
			.open = _open_,
			.close = _close_,
			.has_peer = _has_peer,
			.received = _received,
			.link = _link_,
			.has_events = _has_events,
			.get_event = _get_event,
			.get_intakes = _get_intakes,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.actor = actor,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.events = linked_list_create(),
	);
	return &this->public;
}
