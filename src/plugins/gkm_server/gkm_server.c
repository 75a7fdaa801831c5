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

#include "gkm_registrar.h"
#include "gkm_server.h"
#include "gkm_server_clock.h"
#include "gkm_server_control.h"
#include "gkm_server_coop.h"
#include "gkm_server_list.h"
#include "gkm_server_loader.h"

#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_gkm_server_t private_gkm_server_t;
typedef struct tick_t tick_t;

/**
 * Private data
 */
struct private_gkm_server_t {

	/** public interface */
	gkm_server_t public;

	/** group carrier */
	gkm_t *gkm;

	/** groups */
	gkm_server_groups_t *groups;

	/** serializes load() and unload() */
	mutex_t *loading;

	/** remembers sender IDs and state of groups */
	gkm_store_t *store;

	/** SPIs in use */
	gkm_server_spis_t *spis;

	/** closes IKE_SAs */
	gkm_linger_t *linger;

	/** rekeys members in-band */
	gkm_inband_t *inband;

	/** receives acknowledgements */
	gkm_ack_receiver_t *acks;

	/** tells members what changed */
	gkm_rekeyer_t *rekeyer;

	/** answers registrations, of all of the above */
	gkm_registrar_t registrar;

	/** adds and changes groups, of all of the above */
	gkm_server_loader_t loader;

	/** lets administrators rekey and remove members */
	gkm_server_control_t *control;

	/** shows what there is */
	gkm_server_list_t *list;

	/** time of the next tick, 0 if none is scheduled */
	time_t tick;

	/** protects tick */
	mutex_t *timer;
};

/**
 * Data of a tick: a job that does what is due in all groups
 */
struct tick_t {
	private_gkm_server_t *server;
	/** when it was to run; it is stale if another one is due by now */
	time_t at;
};

static void arm(private_gkm_server_t *this);

CALLBACK(run_tick, job_requeue_t,
	tick_t *data)
{
	private_gkm_server_t *this = data->server;
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	bool stale;

	this->timer->lock(this->timer);
	stale = data->at != this->tick;
	if (!stale)
	{
		this->tick = 0;
	}
	this->timer->unlock(this->timer);
	if (stale)
	{
		return JOB_REQUEUE_NONE;
	}
	enumerator = this->groups->create_enumerator(this->groups, NULL);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->mutex->lock(entry->mutex);
		this->rekeyer->update(this->rekeyer, entry);
		entry->mutex->unlock(entry->mutex);
	}
	enumerator->destroy(enumerator);
	arm(this);
	return JOB_REQUEUE_NONE;
}

/**
 * Schedule the next tick, unless there is an earlier one
 */
static void arm(private_gkm_server_t *this)
{
	gkm_server_group_t *entry;
	enumerator_t *enumerator;
	time_t now, due = GKM_TIME_MAX, copies;
	tick_t *data;

	enumerator = this->groups->create_enumerator(this->groups, NULL);
	while (enumerator->enumerate(enumerator, &entry))
	{
		entry->mutex->lock(entry->mutex);
		due = min(due, entry->group->next_due(entry->group));
		copies = entry->outbox->next_due(entry->outbox);
		entry->mutex->unlock(entry->mutex);
		due = copies ? min(due, copies) : due;
	}
	enumerator->destroy(enumerator);

	this->timer->lock(this->timer);
	/* 0 is when no tick is scheduled, and no time to be due at */
	due = max(due, 1);
	if (due != GKM_TIME_MAX && (!this->tick || due < this->tick))
	{
		this->tick = due;
		INIT(data,
			.server = this,
			.at = due,
		);
		now = gkm_server_now();
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)callback_job_create(run_tick, data, free, NULL),
			due > now ? due - now : 0);
	}
	this->timer->unlock(this->timer);
}

METHOD(gkm_role_handler_t, load, bool,
	private_gkm_server_t *this, gkm_cfg_t *cfg, gkm_error_t *err)
{
	bool success;

	this->loading->lock(this->loading);
	success = gkm_server_loader_load(&this->loader, cfg, err);
	this->loading->unlock(this->loading);
	arm(this);
	return success;
}

METHOD(gkm_role_handler_t, unload, bool,
	private_gkm_server_t *this, char *name)
{
	gkm_server_group_t *entry;
	bool found;

	this->loading->lock(this->loading);
	entry = this->groups->get(this->groups, name);
	found = this->groups->remove(this->groups, name);
	if (found)
	{
		gkm_server_loader_drop(&this->loader, entry);
	}
	gkm_server_group_destroy(entry);
	this->loading->unlock(this->loading);
	if (found)
	{
		this->gkm->event(this->gkm, name, 5, "KS_GROUP_DELETE",
						 "group %s: not served any longer", name);
	}
	return found;
}

METHOD(gkm_role_handler_t, answer, notify_type_t,
	private_gkm_server_t *this, ike_sa_t *ike_sa, gkm_registration_t *request,
	gkm_download_t **download)
{
	notify_type_t error;

	error = gkm_registrar_answer(&this->registrar, ike_sa, request, download);
	/* what is due may have changed with it */
	arm(this);
	return error;
}

METHOD(gkm_role_handler_t, offer, notify_type_t,
	private_gkm_server_t *this, ike_sa_t *ike_sa, gkm_registration_t *request,
	gdoi_format_t *format, gkm_download_t **download)
{
	return gkm_registrar_offer(&this->registrar, ike_sa, request, format,
							   download);
}

METHOD(gkm_role_handler_t, datagram, void,
	private_gkm_server_t *this, chunk_t datagram, host_t *src, host_t *dst)
{
	this->acks->receive(this->acks, datagram, src);
}

METHOD(gkm_role_handler_t, list, void,
	private_gkm_server_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	this->list->list_groups(this->list, filter, cb, user);
}

METHOD(gkm_role_handler_t, list_replay, void,
	private_gkm_server_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	this->list->list_replay(this->list, filter, cb, user);
}

METHOD(gkm_role_handler_t, list_stats, void,
	private_gkm_server_t *this, char *filter,
	void (*cb)(void *user, vici_message_t *message), void *user)
{
	this->list->list_stats(this->list, filter, cb, user);
}

/**
 * Cease to cooperate, and keep what changed without being kept at once, such as
 * acknowledgements
 */
static void leave_groups(private_gkm_server_t *this)
{
	gkm_server_group_t *entry;
	enumerator_t *enumerator;

	enumerator = this->groups->create_enumerator(this->groups, NULL);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->coop)
		{
			entry->coop->detach(entry->coop);
		}
		entry->mutex->lock(entry->mutex);
		this->rekeyer->keep(this->rekeyer, entry);
		entry->mutex->unlock(entry->mutex);
	}
	enumerator->destroy(enumerator);
}

METHOD(gkm_server_t, destroy, void,
	private_gkm_server_t *this)
{
	this->gkm->remove_role(this->gkm, &this->public.handler);
	leave_groups(this);
	this->control->destroy(this->control);
	this->list->destroy(this->list);
	this->inband->destroy(this->inband);
	this->rekeyer->destroy(this->rekeyer);
	this->acks->destroy(this->acks);
	this->groups->destroy(this->groups);
	this->linger->destroy(this->linger);
	this->spis->destroy(this->spis);
	this->store->destroy(this->store);
	this->timer->destroy(this->timer);
	this->loading->destroy(this->loading);
	free(this);
}

/*
 * Described in header
 */
gkm_server_t *gkm_server_create(gkm_t *gkm)
{
	private_gkm_server_t *this;

	INIT(this,
		.public = {
			.handler = {
				.role = GKM_ROLE_SERVER,
				.load = _load,
				.unload = _unload,
				.answer = _answer,
				.offer = _offer,
				.datagram = _datagram,
				.list = _list,
				.list_replay = _list_replay,
				.list_stats = _list_stats,
			},
			.destroy = _destroy,
		},
		.gkm = gkm,
		.groups = gkm_server_groups_create(),
		.loading = mutex_create(MUTEX_TYPE_DEFAULT),
		.store = gkm_store_create(lib->settings->get_str(lib->settings,
						"%s.plugins.gkm-server.state_dir", GKM_STATE_DIR,
						lib->ns),
					lib->settings->get_str(lib->settings,
						"%s.plugins.gkm-server.state_key", NULL, lib->ns)),
		.spis = gkm_server_spis_create(),
		.linger = gkm_linger_create(),
		.timer = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->inband = gkm_inband_create(gkm, this->groups, this->linger);
	this->acks = gkm_ack_receiver_create(gkm);
	this->rekeyer = gkm_rekeyer_create(gkm, this->store, this->inband,
									   this->acks);
	this->registrar = (gkm_registrar_t){
		.gkm = gkm,
		.groups = this->groups,
		.linger = this->linger,
		.rekeyer = this->rekeyer,
	};
	this->loader = (gkm_server_loader_t){
		.gkm = gkm,
		.groups = this->groups,
		.store = this->store,
		.spis = this->spis,
		.rekeyer = this->rekeyer,
		.linger = this->linger,
		.changed = (void*)arm,
		.user = this,
	};
	this->list = gkm_server_list_create(gkm->get_dispatcher(gkm), this->groups);
	this->control = gkm_server_control_create(gkm, this->groups, this->rekeyer,
											  this->inband, (void*)arm, this);
	gkm->add_role(gkm, &this->public.handler);
	return &this->public;
}
