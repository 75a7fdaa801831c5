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

#include "gkm_vici.h"
#include "gkm_vici_request.h"

#include <limits.h>

#include <daemon.h>
#include <threading/mutex.h>
#include <threading/rwlock.h>

/** Socket of the vici plugin, if not configured */
#define VICI_URI "unix:///var/run/charon.vici"

typedef struct private_gkm_vici_t private_gkm_vici_t;
typedef struct list_data_t list_data_t;

/** One of the functions of a role that describe groups */
typedef void (*role_list_t)(gkm_role_handler_t *this, char *filter,
				void (*cb)(void *user, vici_message_t *message), void *user);

/**
 * Private data of a gkm_vici_t object.
 */
struct private_gkm_vici_t {

	/**
	 * Public interface
	 */
	gkm_vici_t public;

	/**
	 * Listens for commands
	 */
	vici_dispatcher_t *dispatcher;

	/**
	 * Registered roles, as gkm_role_handler_t*
	 */
	linked_list_t *roles;

	/**
	 * Protects roles. Held for reading while one of them is called.
	 */
	rwlock_t *lock;

	/**
	 * Our own copies of what is loaded, as gkm_cfg_t*
	 */
	linked_list_t *groups;

	/**
	 * Protects groups and lets one command at a time change them. Taken before
	 * the above.
	 */
	mutex_t *mutex;
};

/**
 * Streaming of groups.
 */
struct list_data_t {
	private_gkm_vici_t *this;
	/** name of the event */
	char *event;
	/** client that asked */
	u_int id;
	/** number of groups listed */
	int count;
};

/**
 * Create a reply, with an error if fmt isn't NULL.
 */
static vici_message_t *create_reply(char *fmt, ...)
{
	vici_builder_t *builder;
	va_list args;

	builder = vici_builder_create();
	builder->add_kv(builder, "success", fmt ? "no" : "yes");
	if (fmt)
	{
		va_start(args, fmt);
		builder->vadd_kv(builder, "errmsg", fmt, args);
		va_end(args);
	}
	return builder->finalize(builder);
}

/**
 * Get a role, with the lock held.
 */
static gkm_role_handler_t *find_role(private_gkm_vici_t *this, gkm_role_t role)
{
	enumerator_t *enumerator;
	gkm_role_handler_t *current, *found = NULL;

	enumerator = this->roles->create_enumerator(this->roles);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->role == role)
		{
			found = current;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Get what is loaded under a name, NULL if nothing.
 */
static gkm_cfg_t *find_group(private_gkm_vici_t *this, char *name)
{
	enumerator_t *enumerator;
	gkm_cfg_t *current, *found = NULL;

	enumerator = this->groups->create_enumerator(this->groups);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (streq(current->name, name))
		{
			found = current;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Pass a group to its role, keeping a copy. If it had another role, it is
 * stopped there, but only after it could be started here.
 *
 * @param cfg			configuration, passed on success
 * @param old			what is loaded under the same name, or NULL
 */
static bool start_group(private_gkm_vici_t *this, gkm_cfg_t *cfg,
						gkm_cfg_t *old, gkm_error_t *err)
{
	gkm_role_handler_t *handler, *previous = NULL;
	gkm_cfg_t *copy;

	handler = find_role(this, cfg->role);
	if (!handler)
	{
		return gkm_fail(err, "role: plugin gkm-%N isn't loaded",
						gkm_role_names, cfg->role);
	}
	if (old && old->role != cfg->role)
	{
		previous = find_role(this, old->role);
	}
	copy = gkm_cfg_clone(cfg);
	if (!handler->load(handler, cfg, err))
	{
		gkm_cfg_destroy(copy);
		return FALSE;
	}
	this->groups->insert_last(this->groups, copy);
	if (previous)
	{
		previous->unload(previous, copy->name);
	}
	return TRUE;
}

CALLBACK(load_group, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	vici_builder_t *builder;
	gkm_error_t err = {};
	gkm_cfg_t *cfg, *old;
	bool ok = TRUE, unchanged = FALSE;
	char *group;

	cfg = gkm_vici_request_group(message, &err);
	if (!cfg)
	{
		return create_reply("%s", err.text);
	}
	group = strdup(cfg->name);

	this->mutex->lock(this->mutex);
	this->lock->read_lock(this->lock);
	old = find_group(this, group);
	if (old && gkm_cfg_equals(old, cfg))
	{
		unchanged = TRUE;
		gkm_cfg_destroy(cfg);
	}
	else if (start_group(this, cfg, old, &err))
	{
		DBG1(DBG_CFG, "%s group '%s'", old ? "updated" : "added", group);
		if (old)
		{
			this->groups->remove(this->groups, old, NULL);
			gkm_cfg_destroy(old);
		}
	}
	else
	{
		DBG1(DBG_CFG, "loading group '%s' failed: %s", group, err.text);
		gkm_cfg_destroy(cfg);
		ok = FALSE;
	}
	this->lock->unlock(this->lock);
	this->mutex->unlock(this->mutex);
	free(group);

	if (unchanged)
	{
		builder = vici_builder_create();
		builder->add_kv(builder, "success", "yes");
		builder->add_kv(builder, "unchanged", "yes");
		return builder->finalize(builder);
	}
	return ok ? create_reply(NULL) : create_reply("%s", err.text);
}

CALLBACK(unload_group, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	gkm_role_handler_t *handler;
	gkm_cfg_t *cfg;
	char *name;

	name = message->get_str(message, NULL, "name");
	if (!name)
	{
		return create_reply("unload: missing group name");
	}

	this->mutex->lock(this->mutex);
	cfg = find_group(this, name);
	if (cfg)
	{
		this->lock->read_lock(this->lock);
		handler = find_role(this, cfg->role);
		if (handler)
		{
			handler->unload(handler, name);
		}
		this->lock->unlock(this->lock);
		DBG1(DBG_CFG, "removed group '%s'", name);
		this->groups->remove(this->groups, cfg, NULL);
		gkm_cfg_destroy(cfg);
	}
	this->mutex->unlock(this->mutex);

	if (!cfg)
	{
		return create_reply("unload: group '%s' not found", name);
	}
	return create_reply(NULL);
}

CALLBACK(get_groups, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	enumerator_t *enumerator;
	vici_builder_t *builder;
	gkm_cfg_t *cfg;

	builder = vici_builder_create();
	builder->begin_list(builder, "groups");
	this->mutex->lock(this->mutex);
	enumerator = this->groups->create_enumerator(this->groups);
	while (enumerator->enumerate(enumerator, &cfg))
	{
		builder->add_li(builder, "%s", cfg->name);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	builder->end_list(builder);
	return builder->finalize(builder);
}

/**
 * Stream a group to the client that asked, passed to functions of roles.
 */
static void stream_group(void *user, vici_message_t *message)
{
	list_data_t *data = user;
	vici_dispatcher_t *dispatcher = data->this->dispatcher;

	data->count++;
	dispatcher->raise_event(dispatcher, data->event, data->id, message);
}

/**
 * Let all roles stream their groups.
 *
 * @param event			name of the events
 * @param offset		offset of the function that does
 */
static vici_message_t *stream_groups(private_gkm_vici_t *this, u_int id,
						vici_message_t *message, char *event, size_t offset)
{
	list_data_t data = {
		.this = this,
		.event = event,
		.id = id,
	};
	enumerator_t *enumerator;
	gkm_role_handler_t *handler;
	vici_builder_t *builder;
	role_list_t list;
	char *filter;

	filter = message->get_str(message, NULL, "group");
	this->lock->read_lock(this->lock);
	enumerator = this->roles->create_enumerator(this->roles);
	while (enumerator->enumerate(enumerator, &handler))
	{
		list = *(role_list_t*)((char*)handler + offset);
		list(handler, filter, stream_group, &data);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);

	if (filter && !data.count)
	{
		return create_reply("group '%s' not found", filter);
	}
	builder = vici_builder_create();
	return builder->finalize(builder);
}

CALLBACK(list_groups, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	return stream_groups(this, id, message, "list-group",
						 offsetof(gkm_role_handler_t, list));
}

CALLBACK(list_replay, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	return stream_groups(this, id, message, "list-replay",
						 offsetof(gkm_role_handler_t, list_replay));
}

CALLBACK(stats_groups, vici_message_t*,
	private_gkm_vici_t *this, char *command, u_int id, vici_message_t *message)
{
	return stream_groups(this, id, message, "stats-group",
						 offsetof(gkm_role_handler_t, list_stats));
}

METHOD(gkm_vici_t, get_dispatcher, vici_dispatcher_t*,
	private_gkm_vici_t *this)
{
	return this->dispatcher;
}

METHOD(gkm_vici_t, add_role, void,
	private_gkm_vici_t *this, gkm_role_handler_t *handler)
{
	this->lock->write_lock(this->lock);
	this->roles->insert_last(this->roles, handler);
	this->lock->unlock(this->lock);
}

METHOD(gkm_vici_t, remove_role, void,
	private_gkm_vici_t *this, gkm_role_handler_t *handler)
{
	enumerator_t *enumerator;
	gkm_cfg_t *cfg;

	this->mutex->lock(this->mutex);
	this->lock->write_lock(this->lock);
	this->roles->remove(this->roles, handler, NULL);
	this->lock->unlock(this->lock);
	enumerator = this->groups->create_enumerator(this->groups);
	while (enumerator->enumerate(enumerator, &cfg))
	{
		if (cfg->role == handler->role)
		{
			this->groups->remove_at(this->groups, enumerator);
			gkm_cfg_destroy(cfg);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_vici_t, answer, bool,
	private_gkm_vici_t *this, ike_sa_t *ike_sa, gkm_registration_t *request,
	gkm_download_t **download, notify_type_t *error)
{
	gkm_role_handler_t *server;

	this->lock->read_lock(this->lock);
	server = find_role(this, GKM_ROLE_SERVER);
	if (server)
	{
		*error = server->answer(server, ike_sa, request, download);
	}
	this->lock->unlock(this->lock);
	return server != NULL;
}

METHOD(gkm_vici_t, offer, bool,
	private_gkm_vici_t *this, ike_sa_t *ike_sa, gkm_registration_t *request,
	gdoi_format_t *format, gkm_download_t **download, notify_type_t *error)
{
	gkm_role_handler_t *server;
	bool found;

	this->lock->read_lock(this->lock);
	server = find_role(this, GKM_ROLE_SERVER);
	found = server && server->offer;
	if (found)
	{
		*error = server->offer(server, ike_sa, request, format, download);
	}
	this->lock->unlock(this->lock);
	return found;
}

METHOD(gkm_vici_t, datagram, void,
	private_gkm_vici_t *this, gkm_role_t role, chunk_t datagram, host_t *src,
	host_t *dst)
{
	gkm_role_handler_t *handler;

	this->lock->read_lock(this->lock);
	handler = find_role(this, role);
	if (handler && handler->datagram)
	{
		handler->datagram(handler, datagram, src, dst);
	}
	this->lock->unlock(this->lock);
}

METHOD(gkm_vici_t, inband, void,
	private_gkm_vici_t *this, uint32_t ike_sa_id, gkm_update_t *update)
{
	gkm_role_handler_t *member;

	this->lock->read_lock(this->lock);
	member = find_role(this, GKM_ROLE_MEMBER);
	if (member && member->inband)
	{
		member->inband(member, ike_sa_id, update);
	}
	else
	{
		gkm_update_destroy(update);
	}
	this->lock->unlock(this->lock);
}

METHOD(gkm_vici_t, event, void,
	private_gkm_vici_t *this, char *group, int severity, char *name,
	char *text)
{
	vici_builder_t *builder;

	if (!this->dispatcher->has_event_listeners(this->dispatcher,
											   "group-event"))
	{
		return;
	}
	builder = vici_builder_create();
	if (group)
	{
		builder->add_kv(builder, "group", "%s", group);
	}
	builder->add_kv(builder, "severity", "%d", severity);
	builder->add_kv(builder, "name", "%s", name);
	builder->add_kv(builder, "text", "%s", text);
	this->dispatcher->raise_event(this->dispatcher, "group-event", 0,
								  builder->finalize(builder));
}

/**
 * (Un-)register commands and events.
 */
static void manage_commands(private_gkm_vici_t *this, bool reg)
{
	const struct {
		char *name;
		vici_command_cb_t cb;
	} commands[] = {
		{ "load-group",		load_group		},
		{ "unload-group",	unload_group	},
		{ "get-groups",		get_groups		},
		{ "list-groups",	list_groups		},
		{ "list-replay",	list_replay		},
{ "stats-groups",	stats_groups		},
	};
	vici_dispatcher_t *dispatcher = this->dispatcher;
	int i;

	dispatcher->manage_event(dispatcher, "list-group", reg);
	dispatcher->manage_event(dispatcher, "list-replay", reg);
	dispatcher->manage_event(dispatcher, "stats-group", reg);
	dispatcher->manage_event(dispatcher, "group-event", reg);
	for (i = 0; i < countof(commands); i++)
	{
		dispatcher->manage_command(dispatcher, commands[i].name,
								   reg ? commands[i].cb : NULL, this);
	}
}

METHOD(gkm_vici_t, destroy, void,
	private_gkm_vici_t *this)
{
	manage_commands(this, FALSE);
	this->dispatcher->destroy(this->dispatcher);
	this->groups->destroy_function(this->groups, (void*)gkm_cfg_destroy);
	this->roles->destroy(this->roles);
	this->lock->destroy(this->lock);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Open the socket.
 */
static vici_dispatcher_t *create_dispatcher()
{
	char *uri, buf[PATH_MAX];

	uri = lib->settings->get_str(lib->settings, "%s.plugins.gkm.socket", NULL,
								 lib->ns);
	if (!uri)
	{
		uri = lib->settings->get_str(lib->settings, "%s.plugins.vici.socket",
									 VICI_URI, lib->ns);
		/* there is no telling which port goes with that of a TCP socket */
		snprintf(buf, sizeof(buf), "%s" GKM_VICI_SUFFIX,
				 strpfx(uri, "unix://") ? uri : VICI_URI);
		uri = buf;
	}
	return vici_dispatcher_create(uri);
}

/*
 * Described in header.
 */
gkm_vici_t *gkm_vici_create()
{
	private_gkm_vici_t *this;
	vici_dispatcher_t *dispatcher;

	dispatcher = create_dispatcher();
	if (!dispatcher)
	{
		DBG1(DBG_CFG, "opening the socket for groups failed");
		return NULL;
	}
	INIT(this,
		.public = {
			.get_dispatcher = _get_dispatcher,
			.add_role = _add_role,
			.remove_role = _remove_role,
			.answer = _answer,
			.offer = _offer,
			.datagram = _datagram,
			.inband = _inband,
			.event = _event,
			.destroy = _destroy,
		},
		.dispatcher = dispatcher,
		.roles = linked_list_create(),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
		.groups = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	manage_commands(this, TRUE);
	return &this->public;
}
