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

#include "gkm_server.h"
#include "gkm_server_clock.h"
#include "gkm_server_control.h"
#include "gkm_server_list.h"
#include "gkm_server_loader.h"

#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/group/gkm_print.h"

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

	/** tells members what changed */
	gkm_rekeyer_t *rekeyer;

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

/**
 * Do what is due in a group, called with its mutex
 */
static void update(private_gkm_server_t *this, gkm_server_group_t *entry)
{
	gkm_error_t err = {};
	array_t *notices;
	u_int made;

	notices = array_create(0, 0);
	made = entry->group->update(entry->group, gkm_server_now(), notices, &err);
	if (err.text[0])
	{
		DBG1(DBG_CFG, "group %s: SAs not renewed: %s", entry->name, err.text);
	}
	if (made)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_POLICY_ROLLOVER",
						 "group %s: %u SAs renewed", entry->name, made);
	}
	this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
}

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
		update(this, entry);
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
		this->linger->release_all(this->linger, name, GKM_LINGER_UNKNOWN_GROUP);
		entry->mutex->lock(entry->mutex);
		this->rekeyer->forget(this->rekeyer, entry);
		entry->mutex->unlock(entry->mutex);
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

/**
 * Log why a registration was refused
 *
 * @return			notify to send
 */
static notify_type_t refuse(private_gkm_server_t *this, char *group,
							gkm_verdict_t verdict, ike_sa_t *ike_sa,
							gkm_error_t *err)
{
	notify_type_t notify = GIKEV2_REGISTRATION_FAILED;
	char *name = "KS_REGISTRATION_FAILED";
	int severity = 3;

	switch (verdict)
	{
		case GKM_NOT_AUTHORIZED:
			notify = GIKEV2_AUTHORIZATION_FAILED;
			name = "UNAUTHORIZED_IDENTITY";
			severity = 1;
			break;
		case GKM_NOT_CAPABLE:
			notify = NO_PROPOSAL_CHOSEN;
			name = "KS_NO_PROPOSAL_CHOSEN";
			break;
		default:
			break;
	}
	this->gkm->event(this->gkm, group, severity, name,
					 "group %s: registration of %Y at %H refused: %s", group,
					 ike_sa->get_other_eap_id(ike_sa),
					 ike_sa->get_other_host(ike_sa), err->text);
	return notify;
}

/**
 * A member leaves
 */
static notify_type_t leave(private_gkm_server_t *this,
						   gkm_server_group_t *entry, ike_sa_t *ike_sa,
						   gkm_registration_t *request)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	gkm_error_t err = {};
	bool authorized, found = FALSE;

	entry->mutex->lock(entry->mutex);
	authorized = entry->group->authorizes(entry->group,
							peer_cfg->get_name(peer_cfg), id, &err);
	if (authorized)
	{
		found = entry->group->remove_member(entry->group, id);
		this->rekeyer->deliver(this->rekeyer, entry, entry->key,
							   array_create(0, 0));
	}
	entry->mutex->unlock(entry->mutex);

	if (!authorized)
	{
		return refuse(this, entry->name, GKM_NOT_AUTHORIZED, ike_sa, &err);
	}
	this->linger->release(this->linger, ike_sa, entry->name);
	if (found && request->leave == NO_PROPOSAL_CHOSEN)
	{
		this->gkm->event(this->gkm, entry->name, 4, "KS_GM_REJECTS_SA_PAYLOAD",
						 "group %s: %Y at %H can't use the group's SAs, removed",
						 entry->name, id, ike_sa->get_other_host(ike_sa));
	}
	else if (found)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_GM_UNREGISTER",
						 "group %s: %Y at %H left", entry->name, id,
						 ike_sa->get_other_host(ike_sa));
	}
	return 0;
}

/**
 * Register a member with a group
 */
static notify_type_t admit(private_gkm_server_t *this,
						   gkm_server_group_t *entry, ike_sa_t *ike_sa,
						   gkm_registration_t *request,
						   gkm_download_t **download)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	gkm_applicant_t applicant = {
		.connection = peer_cfg->get_name(peer_cfg),
		.id = ike_sa->get_other_eap_id(ike_sa),
		.address = ike_sa->get_other_host(ike_sa),
		.sender = request->sender,
		.sender_ids = request->sender_ids,
		.ike_sa_id = ike_sa->get_unique_id(ike_sa),
		.fragmentation = ike_sa->supports_extension(ike_sa,
													EXT_IKE_FRAGMENTATION),
		.capabilities = request->capabilities,
		.covers = gikev2_sag_covers,
	};
	gkm_verdict_t verdict;
	gkm_error_t err = {};
	array_t *notices;
	bool inband;

	/* What changes is written to the database, without waiting for the disk
	 * except for sender IDs once in many registrations. The mutex is held
	 * meanwhile, since others would need the same block of them. */
	entry->mutex->lock(entry->mutex);
	update(this, entry);
	notices = array_create(0, 0);
	verdict = entry->group->admit(entry->group, &applicant, gkm_server_now(),
								  download, notices, &err);
	this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
	inband = verdict == GKM_ADMITTED && !(*download)->rekey;
	entry->mutex->unlock(entry->mutex);
	arm(this);

	if (verdict != GKM_ADMITTED)
	{
		return refuse(this, entry->name, verdict, ike_sa, &err);
	}
	if (inband)
	{
		this->linger->keep(this->linger, ike_sa, entry->name);
	}
	this->gkm->event(this->gkm, entry->name, 5, "KS_GM_REGISTER",
					 "group %s: %Y at %H registered as %s", entry->name,
					 applicant.id, applicant.address,
					 request->sender ? "sender" : "receiver");
	return 0;
}

METHOD(gkm_role_handler_t, answer, notify_type_t,
	private_gkm_server_t *this, ike_sa_t *ike_sa, gkm_registration_t *request,
	gkm_download_t **download)
{
	gkm_server_group_t *entry;
	char id[GKM_PRINT_LEN];
	notify_type_t error;
	uint32_t linger;

	entry = this->groups->find(this->groups, request->group);
	if (!entry)
	{
		this->linger->close_after(this->linger, ike_sa, GKM_LINGER_UNKNOWN_GROUP);
		this->gkm->event(this->gkm, NULL, 3, "KS_BAD_ID",
						 "%Y at %H wants unknown group %s",
						 ike_sa->get_other_eap_id(ike_sa),
						 ike_sa->get_other_host(ike_sa),
						 gkm_print_id(request->group, id));
		return GIKEV2_INVALID_GROUP_ID;
	}
	if (request->leave)
	{
		error = leave(this, entry, ike_sa, request);
	}
	else
	{
		error = admit(this, entry, ike_sa, request, download);
	}
	entry->mutex->lock(entry->mutex);
	linger = entry->group->get_cfg(entry->group)->linger;
	entry->mutex->unlock(entry->mutex);
	this->linger->close_after(this->linger, ike_sa, linger);
	gkm_server_group_destroy(entry);
	return error;
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

METHOD(gkm_server_t, destroy, void,
	private_gkm_server_t *this)
{
	this->gkm->remove_role(this->gkm, &this->public.handler);
	this->control->destroy(this->control);
	this->list->destroy(this->list);
	this->inband->destroy(this->inband);
	this->rekeyer->destroy(this->rekeyer);
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
				.list = _list,
				.list_replay = _list_replay,
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
	this->rekeyer = gkm_rekeyer_create(gkm, this->store, this->inband);
	this->loader = (gkm_server_loader_t){
		.gkm = gkm,
		.groups = this->groups,
		.store = this->store,
		.spis = this->spis,
		.rekeyer = this->rekeyer,
		.linger = this->linger,
	};
	this->list = gkm_server_list_create(gkm->get_dispatcher(gkm), this->groups);
	this->control = gkm_server_control_create(gkm, this->groups, this->rekeyer,
											  this->inband, (void*)arm, this);
	gkm->add_role(gkm, &this->public.handler);
	return &this->public;
}
