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

#include "gkm_member.h"
#include "gkm_member_apps.h"
#include "gkm_member_groups.h"
#include "gkm_member_links.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

/** How long "register" waits unless told, milliseconds */
#define REGISTER_TIMEOUT 30000

typedef struct private_gkm_member_t private_gkm_member_t;
typedef struct ike_listener_t ike_listener_t;
typedef struct kernel_watch_t kernel_watch_t;
typedef struct change_t change_t;
typedef struct expiry_t expiry_t;

/** One of the functions of a group that describe it */
typedef vici_message_t *(*group_list_t)(gkm_member_group_t *this);

/**
 * Watches IKE_SAs and the daemon
 */
struct ike_listener_t {
	listener_t listener;
	private_gkm_member_t *member;
};

/**
 * Watches SAs and addresses in the kernel
 */
struct kernel_watch_t {
	kernel_listener_t listener;
	private_gkm_member_t *member;
};

/**
 * Private data
 */
struct private_gkm_member_t {

	/** public interface */
	gkm_member_t public;

	/** carrier */
	gkm_t *gkm;

	/** groups */
	gkm_member_groups_t *groups;

	/** IKE_SAs to key servers */
	gkm_member_links_t *links;

	/** tells when one of them is gone */
	ike_listener_t listener;

	/** tells when SAs reach their limits, or addresses change */
	kernel_watch_t kernel_watch;
};

/**
 * What became of an IKE_SA
 */
struct change_t {
	private_gkm_member_t *member;
	uint32_t ike_id;
	uint32_t new_id;
	bool lost;
};

/**
 * An SA that reaches its limits
 */
struct expiry_t {
	private_gkm_member_t *member;
	gkm_spi_t spi;
	host_t *dst;
	bool hard;
};

/**
 * Get references to all groups
 */
static linked_list_t *get_groups(private_gkm_member_t *this)
{
	return this->groups->get_all(this->groups, NULL);
}

/**
 * Remove a group that is about to be loaded anew
 *
 * @param old		the group, a reference that is given back
 * @param cfg		what is loaded in its place
 * @param plane		data plane that this is on, NULL to leave it where it is
 * @return			data plane, NULL if there is none
 */
static gkm_member_plane_t *replace_group(private_gkm_member_t *this,
										 gkm_member_group_t *old,
										 gkm_cfg_t *cfg,
										 gkm_member_plane_t *plane)
{
	gkm_cfg_t *old_cfg = old->get_cfg(old);
	gkm_member_plane_t *old_plane;

	this->groups->remove(this->groups, cfg->name);
	/* if it is the same group the key server is going to hear from us */
	old_plane = old->stop(old, !cfg->id->equals(cfg->id, old_cfg->id));
	if (!plane && array_count(cfg->plane.interfaces))
	{
		plane = old_plane;
		gkm_member_plane_set_servers(plane, cfg);
		gkm_member_plane_exempt(plane, NULL);
	}
	else
	{
		gkm_member_plane_destroy(old_plane);
	}
	/* that of the registry, too */
	old->destroy(old);
	old->destroy(old);
	return plane;
}

METHOD(gkm_role_handler_t, load, bool,
	private_gkm_member_t *this, gkm_cfg_t *cfg, gkm_error_t *err)
{
	bool start = cfg->start_action == GKM_START_START;
	gkm_member_plane_t *plane = NULL;
	gkm_member_group_t *group, *old;

	/* none changes groups but these functions, one call at a time */
	old = this->groups->get(this->groups, cfg->name);
	if (array_count(cfg->plane.interfaces) &&
		!(old && old->suits_plane(old, cfg)))
	{	/* before what it takes the place of is removed: what fails closed does
		 * so all the time */
		plane = gkm_member_plane_open(cfg, err);
		if (!plane)
		{
			DESTROY_IF(old);
			return FALSE;
		}
	}
	if (old)
	{
		start |= old->is_active(old);
		plane = replace_group(this, old, cfg, plane);
	}
	group = gkm_member_group_create(this->gkm, this->links, cfg, plane);
	this->groups->add(this->groups, group);
	if (start)
	{
		group->start(group);
	}
	return TRUE;
}

METHOD(gkm_role_handler_t, unload, bool,
	private_gkm_member_t *this, char *name)
{
	gkm_member_group_t *group;

	group = this->groups->remove(this->groups, name);
	if (!group)
	{
		return FALSE;
	}
	gkm_member_plane_destroy(group->stop(group, TRUE));
	group->destroy(group);
	return TRUE;
}

METHOD(gkm_role_handler_t, datagram, void,
	private_gkm_member_t *this, chunk_t datagram, host_t *src, host_t *dst)
{
	gkm_rekey_datagram_t rekey = {
		.data = datagram,
		.src = src,
		.dst = dst,
	};
	linked_list_t *groups;
	gkm_member_group_t *group;
	bool found = FALSE;

	if (!gkm_rekey_datagram_peek(&rekey))
	{
		DBG2(DBG_NET, "ignored datagram from %#H, which is neither GSA_REKEY "
			 "nor GROUPKEY-PUSH", src);
		return;
	}
	groups = get_groups(this);
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		found = found || group->datagram(group, &rekey);
		group->destroy(group);
	}
	groups->destroy(groups);
	if (!found)
	{
		DBG2(DBG_NET, "ignored rekey message from %#H, SPI %#b is unknown", src,
			 rekey.spi, (u_int)sizeof(rekey.spi));
	}
}

METHOD(gkm_role_handler_t, inband, void,
	private_gkm_member_t *this, uint32_t ike_sa_id, gkm_update_t *update)
{
	linked_list_t *groups;
	gkm_member_group_t *group;
	enumerator_t *enumerator;
	bool only;

	groups = get_groups(this);
	enumerator = groups->create_enumerator(groups);
	while (enumerator->enumerate(enumerator, &group))
	{
		if (!group->uses_ike(group, ike_sa_id))
		{
			groups->remove_at(groups, enumerator);
			group->destroy(group);
		}
	}
	enumerator->destroy(enumerator);
	only = groups->get_count(groups) == 1;
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		group->inband(group, update, only);
		group->destroy(group);
	}
	groups->destroy(groups);
	gkm_update_destroy(update);
}

/**
 * Describe groups
 *
 * @param offset	offset of the function that describes one
 */
static void describe(private_gkm_member_t *this, char *filter, size_t offset,
					 void (*cb)(void *user, vici_message_t *message),
					 void *user)
{
	linked_list_t *groups;
	gkm_member_group_t *group;
	group_list_t list;

	groups = this->groups->get_all(this->groups, filter);
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		list = *(group_list_t*)((char*)group + offset);
		cb(user, list(group));
		group->destroy(group);
	}
	groups->destroy(groups);
}

METHOD(gkm_role_handler_t, list, void,
	private_gkm_member_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	describe(this, filter, offsetof(gkm_member_group_t, list), cb, user);
}

METHOD(gkm_role_handler_t, list_replay, void,
	private_gkm_member_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	describe(this, filter, offsetof(gkm_member_group_t, list_replay), cb, user);
}

METHOD(gkm_role_handler_t, list_stats, void,
	private_gkm_member_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	describe(this, filter, offsetof(gkm_member_group_t, list_stats), cb, user);
}

/**
 * Answer a command
 */
static vici_message_t *create_reply(gkm_error_t *err)
{
	vici_builder_t *builder;

	builder = vici_builder_create();
	builder->add_kv(builder, "success", err->text[0] ? "no" : "yes");
	if (err->text[0])
	{
		builder->add_kv(builder, "errmsg", "%s", err->text);
	}
	return builder->finalize(builder);
}

/**
 * Get the group that a command is for
 */
static gkm_member_group_t *get_requested(private_gkm_member_t *this,
										 vici_message_t *request,
										 gkm_error_t *err)
{
	gkm_member_group_t *group;
	char *name;

	name = request->get_str(request, NULL, "group");
	if (!name)
	{
		gkm_fail(err, "no group given");
		return NULL;
	}
	group = this->groups->get(this->groups, name);
	if (!group)
	{
		gkm_fail(err, "this is not a member of a group '%s'", name);
	}
	return group;
}

CALLBACK(register_cmd, vici_message_t*,
	private_gkm_member_t *this, char *name, u_int id, vici_message_t *request)
{
	gkm_member_group_t *group;
	gkm_error_t err = {};
	int timeout;

	timeout = request->get_int(request, REGISTER_TIMEOUT, "timeout");
	if (timeout < 0)
	{
		gkm_fail(&err, "timeout is negative");
		return create_reply(&err);
	}
	group = get_requested(this, request, &err);
	if (group)
	{
		group->start_and_wait(group, timeout, &err);
		group->destroy(group);
	}
	return create_reply(&err);
}

CALLBACK(leave_cmd, vici_message_t*,
	private_gkm_member_t *this, char *name, u_int id, vici_message_t *request)
{
	gkm_member_group_t *group;
	gkm_error_t err = {};

	group = get_requested(this, request, &err);
	if (group)
	{
		if (!group->leave(group))
		{
			gkm_fail(&err, "not registered, nor trying");
		}
		group->destroy(group);
	}
	return create_reply(&err);
}

CALLBACK(get_keys_cmd, vici_message_t*,
	private_gkm_member_t *this, char *name, u_int id, vici_message_t *request)
{
	linked_list_t *groups;
	gkm_member_group_t *group;
	gkm_error_t err = {};

	groups = this->groups->get_all(this->groups,
								   request->get_str(request, NULL, "group"));
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		group->tell_client(group, id);
		group->destroy(group);
	}
	groups->destroy(groups);
	return create_reply(&err);
}

/**
 * Tell all groups what became of an IKE_SA
 */
static job_requeue_t run_change(change_t *change)
{
	private_gkm_member_t *this = change->member;
	linked_list_t *groups;
	gkm_member_group_t *group;

	this->links->replace(this->links, change->ike_id, change->new_id);
	groups = get_groups(this);
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		group->ike_replaced(group, change->ike_id, change->new_id,
							change->lost);
		group->destroy(group);
	}
	groups->destroy(groups);
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job for the end of an IKE_SA, as listeners are called under locks
 */
static void queue_change(private_gkm_member_t *this, ike_sa_t *ike_sa,
						 ike_sa_t *new)
{
	change_t *change;

	INIT(change,
		.member = this,
		.ike_id = ike_sa->get_unique_id(ike_sa),
		.new_id = new ? new->get_unique_id(new) : 0,
		/* what was told to end, or is asked to, is in that state by now */
		.lost = !new && ike_sa->get_state(ike_sa) != IKE_DELETING,
	);
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_change, change,
								(callback_job_cleanup_t)free, NULL));
}

METHOD(listener_t, ike_updown, bool,
	ike_listener_t *this, ike_sa_t *ike_sa, bool up)
{
	if (!up)
	{
		queue_change(this->member, ike_sa, NULL);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	ike_listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	queue_change(this->member, old, new);
	return TRUE;
}

METHOD(listener_t, alert, bool,
	ike_listener_t *this, ike_sa_t *ike_sa, alert_t alert, va_list args)
{
	linked_list_t *groups;
	gkm_member_group_t *group;

	if (alert == ALERT_SHUTDOWN_SIGNAL)
	{	/* the daemon waits for all threads before it unloads plugins */
		groups = get_groups(this->member);
		while (groups->remove_first(groups, (void**)&group) == SUCCESS)
		{
			group->halt(group, "the daemon is shutting down");
			group->destroy(group);
		}
		groups->destroy(groups);
	}
	return TRUE;
}

/**
 * Tell all groups of an SA that reaches its limits
 */
static job_requeue_t run_expiry(expiry_t *expiry)
{
	linked_list_t *groups;
	gkm_member_group_t *group;

	groups = get_groups(expiry->member);
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		group->use_up(group, &expiry->spi, expiry->dst, expiry->hard);
		group->destroy(group);
	}
	groups->destroy(groups);
	return JOB_REQUEUE_NONE;
}

static void expiry_destroy(expiry_t *expiry)
{
	expiry->dst->destroy(expiry->dst);
	free(expiry);
}

/* Charon looks for a CHILD_SA, logs that there is none, and leaves it at that.
 * In a job, as listeners are called under locks that groups' calls of the
 * kernel interface may need. */
METHOD(kernel_listener_t, expire, bool,
	kernel_watch_t *this, uint8_t protocol, uint32_t spi, host_t *dst,
	bool hard)
{
	expiry_t *expiry;

	INIT(expiry,
		.member = this->member,
		.spi = {
			.protocol = protocol == IPPROTO_AH ? PROTO_AH : PROTO_ESP,
			.spi = spi,
		},
		.dst = dst->clone(dst),
		.hard = hard,
	);
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_expiry, expiry,
								(callback_job_cleanup_t)expiry_destroy, NULL));
	return TRUE;
}

/**
 * Tell all groups that addresses changed
 */
static job_requeue_t run_roam(private_gkm_member_t *this)
{
	linked_list_t *groups;
	gkm_member_group_t *group;

	groups = get_groups(this);
	while (groups->remove_first(groups, (void**)&group) == SUCCESS)
	{
		group->roam(group);
		group->destroy(group);
	}
	groups->destroy(groups);
	return JOB_REQUEUE_NONE;
}

METHOD(kernel_listener_t, roam, bool,
	kernel_watch_t *this, bool address)
{
	if (address)
	{
		lib->processor->queue_job(lib->processor, (job_t*)
				callback_job_create((callback_job_cb_t)run_roam, this->member,
									NULL, NULL));
	}
	return TRUE;
}

METHOD(gkm_member_t, destroy, void,
	private_gkm_member_t *this)
{
	vici_dispatcher_t *dispatcher = this->gkm->get_dispatcher(this->gkm);
	gkm_member_group_t *group;

	dispatcher->manage_command(dispatcher, "register", NULL, NULL);
	dispatcher->manage_command(dispatcher, "leave", NULL, NULL);
	dispatcher->manage_command(dispatcher, "get-group-keys", NULL, NULL);
	dispatcher->manage_event(dispatcher, GKM_MEMBER_APPS_EVENT, FALSE);
	this->gkm->remove_role(this->gkm, &this->public.handler);
	charon->bus->remove_listener(charon->bus, &this->listener.listener);
	charon->kernel->remove_listener(charon->kernel,
									&this->kernel_watch.listener);
	while ((group = this->groups->remove(this->groups, NULL)))
	{
		gkm_member_plane_destroy(group->stop(group, FALSE));
		group->destroy(group);
	}
	this->groups->destroy(this->groups);
	this->links->destroy(this->links);
	free(this);
}

/*
 * Described in header
 */
gkm_member_t *gkm_member_create(gkm_t *gkm)
{
	private_gkm_member_t *this;
	vici_dispatcher_t *dispatcher;

	INIT(this,
		.public = {
			.handler = {
				.role = GKM_ROLE_MEMBER,
				.load = _load,
				.unload = _unload,
				.datagram = _datagram,
				.inband = _inband,
				.list = _list,
				.list_replay = _list_replay,
				.list_stats = _list_stats,
			},
			.destroy = _destroy,
		},
		.gkm = gkm,
		.groups = gkm_member_groups_create(),
		.links = gkm_member_links_create(),
		.listener = {
			.listener = {
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
				.alert = _alert,
			},
		},
		.kernel_watch = {
			.listener = {
				.expire = _expire,
				.roam = _roam,
			},
		},
	);
	this->listener.member = this;
	this->kernel_watch.member = this;
	charon->bus->add_listener(charon->bus, &this->listener.listener);
	charon->kernel->add_listener(charon->kernel, &this->kernel_watch.listener);
	gkm->add_role(gkm, &this->public.handler);
	dispatcher = gkm->get_dispatcher(gkm);
	dispatcher->manage_command(dispatcher, "register", register_cmd, this);
	dispatcher->manage_command(dispatcher, "leave", leave_cmd, this);
	dispatcher->manage_command(dispatcher, "get-group-keys", get_keys_cmd,
							   this);
	dispatcher->manage_event(dispatcher, GKM_MEMBER_APPS_EVENT, TRUE);
	return &this->public;
}
