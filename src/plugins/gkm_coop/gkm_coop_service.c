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


#include "gkm_coop_service.h"
#include "gkm_coop_actor.h"
#include "gkm_coop_channel.h"
#include "gkm_coop_list.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/** Milliseconds between reports of the same about a connection */
#define TELL_PAUSE 60000

typedef struct private_gkm_coop_service_t private_gkm_coop_service_t;
typedef struct handler_t handler_t;
typedef struct stranger_t stranger_t;
typedef struct shown_t shown_t;

/**
 * Hears of messages
 */
struct handler_t {

	/** public interface */
	gkm_coop_handler_t public;

	/** service */
	private_gkm_coop_service_t *service;
};

/**
 * Private data
 */
struct private_gkm_coop_service_t {

	/** public interface */
	gkm_coop_service_t public;

	/** carrier */
	gkm_t *gkm;

	/** hears of messages */
	handler_t handler;

	/** groups, as gkm_coop_actor_t* */
	array_t *actors;

	/** connections whose messages were refused, stranger_t* by name */
	hashtable_t *strangers;

	/** protects actors and strangers; nothing is called with it but actors'
	 *  methods that don't wait */
	mutex_t *mutex;
};

/**
 * What administrators were told of a connection
 */
struct stranger_t {

	/** its name */
	char *connection;

	/** when they were told that it isn't one to a key server */
	uint64_t unauthorized;

	/** version of messages that they were told of */
	u_int version;
};

/**
 * Somebody to show groups to
 */
struct shown_t {
	vici_dispatcher_t *dispatcher;
	u_int id;
	u_int count;
};

/**
 * Find the actor of a group
 *
 * @param match			compares an actor with what is looked for
 * @return				actor, to be released, NULL if there is none
 */
static gkm_coop_actor_t *find(private_gkm_coop_service_t *this,
							  bool (*match)(gkm_coop_actor_t *actor, void *key),
							  void *key)
{
	gkm_coop_actor_t *actor, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < array_count(this->actors); i++)
	{
		array_get(this->actors, i, &actor);
		if (match(actor, key))
		{
			found = actor->get_ref(actor);
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Is an actor that of a key server's group?
 */
static bool match_group(gkm_coop_actor_t *actor, void *group)
{
	return actor->group == group;
}

/**
 * Is an actor that of an identity?
 */
static bool match_id(gkm_coop_actor_t *actor, void *id)
{
	return actor->id->equals(actor->id, id);
}

/**
 * Is an actor that of a name?
 */
static bool match_name(gkm_coop_actor_t *actor, void *name)
{
	return streq(actor->name, name);
}

/**
 * Get all actors
 *
 * @return				gkm_coop_actor_t*, each to be released
 */
static array_t *get_actors(private_gkm_coop_service_t *this)
{
	gkm_coop_actor_t *actor;
	array_t *actors;
	int i;

	actors = array_create(0, 0);
	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->actors); i++)
	{
		array_get(this->actors, i, &actor);
		array_insert(actors, ARRAY_TAIL, actor->get_ref(actor));
	}
	this->mutex->unlock(this->mutex);
	return actors;
}

/**
 * Check that IKE_SAs of connections to peers don't replace each other: both
 * ends initiate
 */
static bool check_peers(gkm_cfg_t *cfg, gkm_error_t *err)
{
	unique_policy_t unique;
	peer_cfg_t *peer_cfg;
	char *name;
	int i;

	for (i = 0; i < array_count(cfg->coop.peers); i++)
	{
		array_get(cfg->coop.peers, i, &name);
		peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
														  name);
		if (!peer_cfg)
		{	/* it may be loaded later */
			continue;
		}
		unique = peer_cfg->get_unique_policy(peer_cfg);
		peer_cfg->destroy(peer_cfg);
		if (unique == UNIQUE_REPLACE || unique == UNIQUE_KEEP)
		{
			return gkm_fail(err, "coop.peers: connection '%s' may not have "
							"unique = replace or keep", name);
		}
	}
	return TRUE;
}

METHOD(gkm_coop_t, attach, bool,
	private_gkm_coop_service_t *this, gkm_coop_group_t *group, gkm_cfg_t *cfg,
	gkm_error_t *err)
{
	gkm_coop_actor_t *actor;

	if (!check_peers(cfg, err))
	{
		return FALSE;
	}
	actor = find(this, match_group, group);
	if (actor)
	{
		actor->configure(actor, gkm_cfg_clone(cfg));
		actor->destroy(actor);
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	/* it has a job at once, and must not miss that a peer is connected */
	actor = gkm_coop_actor_create(this->gkm, group, gkm_cfg_clone(cfg));
	array_insert(this->actors, ARRAY_TAIL, actor);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Remove an actor, NULL for any
 *
 * @return				actor, to be stopped and released, NULL if there is none
 */
static gkm_coop_actor_t *remove_actor(private_gkm_coop_service_t *this,
									  gkm_coop_group_t *group)
{
	gkm_coop_actor_t *actor, *found = NULL;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < array_count(this->actors); i++)
	{
		array_get(this->actors, i, &actor);
		if (!group || actor->group == group)
		{
			array_remove(this->actors, i, &found);
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Stop and release an actor
 */
static void end_actor(gkm_coop_actor_t *actor)
{
	actor->stop(actor);
	actor->destroy(actor);
}

METHOD(gkm_coop_t, detach, void,
	private_gkm_coop_service_t *this, gkm_coop_group_t *group)
{
	gkm_coop_actor_t *actor;

	actor = remove_actor(this, group);
	if (actor)
	{
		end_actor(actor);
	}
}

METHOD(gkm_coop_t, changed, void,
	private_gkm_coop_service_t *this, gkm_coop_group_t *group)
{
	gkm_coop_actor_t *actor;

	actor = find(this, match_group, group);
	if (actor)
	{
		actor->changed(actor);
		actor->destroy(actor);
	}
}

/**
 * Get what administrators were told of a connection, with the mutex
 */
static stranger_t *get_stranger(private_gkm_coop_service_t *this,
								char *connection)
{
	stranger_t *stranger;

	stranger = this->strangers->get(this->strangers, connection);
	if (!stranger)
	{
		INIT(stranger,
			.connection = strdup(connection),
		);
		this->strangers->put(this->strangers, stranger->connection, stranger);
	}
	return stranger;
}

/**
 * A message came over a connection that isn't one to a key server of the group
 *
 * @param name			name of the group
 */
static void refuse_stranger(private_gkm_coop_service_t *this, char *name,
							char *connection, identification_t *id)
{
	uint64_t now = gkm_coop_now();
	stranger_t *stranger;
	bool news;

	this->mutex->lock(this->mutex);
	stranger = get_stranger(this, connection);
	news = !stranger->unauthorized ||
		   now >= stranger->unauthorized + TELL_PAUSE;
	if (news)
	{
		stranger->unauthorized = now;
	}
	this->mutex->unlock(this->mutex);
	if (news)
	{
		this->gkm->event(this->gkm, name, 4, "COOP_KS_UNAUTH", "group %s: '%Y' "
						 "of connection '%s' isn't a key server of it, refused",
						 name, id, connection);
	}
}

/**
 * A message isn't understood
 */
static void refuse_message(private_gkm_coop_service_t *this, char *connection,
						   chunk_t message, gkm_error_t *err)
{
	stranger_t *stranger;
	u_int version;
	bool news;

	version = message.len ? message.ptr[0] : GKM_COOP_VERSION;
	if (version == GKM_COOP_VERSION)
	{
		DBG1(DBG_CFG, "message of key server '%s' refused: %s", connection,
			 err->text);
		return;
	}
	this->mutex->lock(this->mutex);
	stranger = get_stranger(this, connection);
	news = stranger->version != version;
	stranger->version = version;
	this->mutex->unlock(this->mutex);
	if (news)
	{
		this->gkm->event(this->gkm, NULL, 3, "COOP_KS_VER_MISMATCH", "key "
						 "server '%s' speaks version %u, this one %u, refused",
						 connection, version, GKM_COOP_VERSION);
	}
}

METHOD(gkm_coop_handler_t, received, bool,
	handler_t *handler, char *connection, identification_t *id,
	chunk_t data, chunk_t *answer)
{
	private_gkm_coop_service_t *this = handler->service;
	gkm_coop_message_t message;
	gkm_coop_channel_t *channel;
	gkm_coop_actor_t *actor;
	gkm_error_t err = {};
	bool accepted = FALSE;

	if (!gkm_coop_message_parse(data, &message, &err))
	{
		refuse_message(this, connection, data, &err);
		return FALSE;
	}
	actor = find(this, match_id, message.group);
	if (!actor)
	{	/* this key server isn't that far yet, or the peer is ahead */
		DBG2(DBG_CFG, "message of '%s' about group '%Y' refused, that isn't "
			 "served together with others", connection, message.group);
		gkm_coop_message_clear(&message);
		return FALSE;
	}
	channel = actor->channel;
	if (channel->has_peer(channel, connection))
	{
		accepted = channel->received(channel, connection, id, &message,
									 data.len, answer);
	}
	else
	{
		refuse_stranger(this, actor->name, connection, id);
		gkm_coop_message_clear(&message);
	}
	actor->destroy(actor);
	return accepted;
}

METHOD(gkm_coop_handler_t, link_, void,
	handler_t *handler, char *connection, bool up)
{
	private_gkm_coop_service_t *this = handler->service;
	gkm_coop_actor_t *actor;
	array_t *actors;

	actors = get_actors(this);
	while (array_remove(actors, ARRAY_HEAD, &actor))
	{
		actor->channel->link(actor->channel, connection, up);
		actor->destroy(actor);
	}
	array_destroy(actors);
}

/**
 * Show a group
 */
static void show(void *user, gkm_coop_core_t *core, gkm_coop_intake_t *intakes,
				 uint64_t seq)
{
	shown_t *shown = user;

	shown->count++;
	shown->dispatcher->raise_event(shown->dispatcher, "list-server", shown->id,
								   gkm_coop_list_group(core, intakes, seq));
}

CALLBACK(list_servers, vici_message_t*,
	private_gkm_coop_service_t *this, char *name, u_int id,
	vici_message_t *request)
{
	char *filter = request->get_str(request, NULL, "group");
	shown_t shown = {
		.dispatcher = this->gkm->get_dispatcher(this->gkm),
		.id = id,
	};
	gkm_coop_actor_t *actor;
	vici_builder_t *b;
	array_t *actors;

	actors = get_actors(this);
	while (array_remove(actors, ARRAY_HEAD, &actor))
	{
		if (!filter || streq(filter, actor->name))
		{
			actor->inspect(actor, show, &shown);
		}
		actor->destroy(actor);
	}
	array_destroy(actors);

	b = vici_builder_create();
	if (filter && !shown.count)
	{
		b->add_kv(b, "success", "no");
		b->add_kv(b, "errmsg", "group '%s' isn't served together with others",
				  filter);
	}
	return b->finalize(b);
}

CALLBACK(coop_reset, vici_message_t*,
	private_gkm_coop_service_t *this, char *name, u_int id,
	vici_message_t *request)
{
	char *group = request->get_str(request, NULL, "group");
	gkm_coop_actor_t *actor;
	vici_builder_t *b;

	b = vici_builder_create();
	actor = group ? find(this, match_name, group) : NULL;
	b->add_kv(b, "success", actor ? "yes" : "no");
	if (actor)
	{
		actor->reset(actor);
		actor->destroy(actor);
	}
	else if (group)
	{
		b->add_kv(b, "errmsg", "group '%s' isn't served together with others",
				  group);
	}
	else
	{
		b->add_kv(b, "errmsg", "no group given");
	}
	return b->finalize(b);
}

/**
 * Register or unregister commands and events
 */
static void manage_commands(private_gkm_coop_service_t *this, bool reg)
{
	vici_dispatcher_t *d = this->gkm->get_dispatcher(this->gkm);

	d->manage_event(d, "list-server", reg);
	d->manage_command(d, "list-servers", reg ? list_servers : NULL, this);
	d->manage_command(d, "coop-reset", reg ? coop_reset : NULL, this);
}

/**
 * Destroy what is known of a connection
 */
static void stranger_destroy(stranger_t *stranger)
{
	free(stranger->connection);
	free(stranger);
}

METHOD(gkm_coop_service_t, destroy, void,
	private_gkm_coop_service_t *this)
{
	gkm_coop_links_t *links = this->gkm->coop;
	enumerator_t *enumerator;
	gkm_coop_actor_t *actor;
	stranger_t *stranger;

	manage_commands(this, FALSE);
	links->set_handler(links, NULL);
	while ((actor = remove_actor(this, NULL)))
	{
		end_actor(actor);
	}
	enumerator = this->strangers->create_enumerator(this->strangers);
	while (enumerator->enumerate(enumerator, NULL, &stranger))
	{
		stranger_destroy(stranger);
	}
	enumerator->destroy(enumerator);
	this->strangers->destroy(this->strangers);
	array_destroy(this->actors);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_service_t *gkm_coop_service_create(gkm_t *gkm)
{
	private_gkm_coop_service_t *this;
	gkm_coop_links_t *links = gkm->coop;

	INIT(this,
		.public = {
			.public = {
				.attach = _attach,
				.detach = _detach,
				.changed = _changed,
			},
			.destroy = _destroy,
		},
		.gkm = gkm,
		.handler = {
			.public = {
				.received = _received,
				.link = _link_,
			},
		},
		.actors = array_create(0, 0),
		.strangers = hashtable_create(hashtable_hash_str,
									  hashtable_equals_str, 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->handler.service = this;
	links->set_handler(links, &this->handler.public);
	manage_commands(this, TRUE);
	return &this->public;
}
