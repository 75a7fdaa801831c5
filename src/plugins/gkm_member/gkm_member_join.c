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

#include "gkm_member_join.h"
#include "gkm_member_d3p.h"

#include "libgkm/group/gkm_policy_check.h"
#include "libgkm/group/gkm_print.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

typedef struct private_gkm_member_join_t private_gkm_member_join_t;
typedef struct delivery_t delivery_t;
typedef struct leave_t leave_t;

/**
 * A result on its way to who waits for it
 */
struct delivery_t {
	gkm_member_result_t result;
	gkm_member_done_t done;
	void *user;
	void (*release)(void *user);
};

/**
 * An attempt to leave that waits for its job
 */
struct leave_t {
	gkm_t *gkm;
	uint32_t ike_id;
	/** NULL once it is under way */
	gkm_join_t *join;
};

/**
 * Private data
 */
struct private_gkm_member_join_t {

	/** public interface */
	gkm_join_t public;

	/** configuration of the group, NULL to leave */
	gkm_cfg_t *cfg;

	/** how GDOI is spoken */
	gdoi_format_t format;

	/** group to register with or to leave */
	identification_t *group;

	/** notify to leave with, 0 to register */
	notify_type_t leave;

	/** gets the result, NULL if nobody does */
	delivery_t *delivery;
};

/*
 * Described in header
 */
void gkm_member_result_describe(gkm_member_result_t *result, char *connection,
								gkm_error_t *err)
{
	switch (result->reason)
	{
		case GKM_FAILED_IKE:
			gkm_fail(err, "%s: no IKE_SA with the key server", connection);
			break;
		case GKM_FAILED_NO_KEY_WRAP:
			gkm_fail(err, "%s: no key wrap algorithm negotiated", connection);
			break;
		case GKM_FAILED_REFUSED:
			gkm_fail(err, "%s: key server refused with %N (%u)", connection,
					 enum_to_name(gkm_notify_names, result->notify) ?
					 gkm_notify_names : notify_type_names, result->notify,
					 result->notify);
			break;
		case GKM_FAILED_MALFORMED:
			gkm_fail(err, "%s: answer of the key server is malformed",
					 connection);
			break;
		case GKM_FAILED_POLICY:
			gkm_fail(err, "%s: %s", connection, result->refused.text[0] ?
					 result->refused.text :
					 "policy of the key server isn't acceptable");
			break;
	}
}

/*
 * Described in header
 */
bool gkm_member_accepts(gkm_cfg_t *cfg, gkm_download_t *policy,
						gkm_error_t *err)
{
	return gkm_member_d3p_check(cfg, policy, err) &&
		   gkm_policy_check(cfg, policy, err);
}

METHOD(gkm_join_t, accepts, bool,
	private_gkm_member_join_t *this, gkm_download_t *policy, gkm_error_t *err)
{
	gkm_error_t refused = {};

	if (gkm_member_accepts(this->cfg, policy, &refused))
	{
		return TRUE;
	}
	if (this->delivery)
	{
		this->delivery->result.refused = refused;
	}
	return gkm_fail(err, "%s", refused.text);
}

METHOD(gkm_join_t, get_request, gkm_registration_t*,
	private_gkm_member_join_t *this)
{
	gkm_registration_t *request;

	INIT(request,
		.group = this->group->clone(this->group),
		.leave = this->leave,
	);
	if (!this->leave)
	{
		request->sender = this->cfg->sender;
		request->sender_ids = this->cfg->sender ? 1 : 0;
		if (gkm_cfg_has(this->cfg, GKM_PROTOCOL_GDOI))
		{
			request->protocol = GKM_PROTOCOL_GDOI;
		}
		else
		{
			request->capabilities = gkm_policy_capabilities(this->cfg);
		}
	}
	return request;
}

/**
 * Hand over a result, in a job
 */
static job_requeue_t deliver(delivery_t *delivery)
{
	delivery->done(delivery->user, &delivery->result);
	return JOB_REQUEUE_NONE;
}

/**
 * Destroy a result
 */
static void delivery_destroy(delivery_t *delivery)
{
	gkm_download_destroy(delivery->result.download);
	DESTROY_IF(delivery->result.server);
	DESTROY_IF(delivery->result.local);
	delivery->release(delivery->user);
	free(delivery);
}

/**
 * Queue the result for who waits for it
 */
static void queue_result(private_gkm_member_join_t *this, ike_sa_t *ike_sa,
						 gkm_download_t *download, gkm_failure_t reason,
						 notify_type_t notify)
{
	delivery_t *delivery = this->delivery;
	host_t *server, *local;

	if (!delivery)
	{
		gkm_download_destroy(download);
		return;
	}
	this->delivery = NULL;
	delivery->result.download = download;
	delivery->result.reason = reason;
	delivery->result.notify = notify;
	if (ike_sa)
	{
		server = ike_sa->get_other_host(ike_sa);
		delivery->result.server = server->clone(server);
		local = ike_sa->get_my_host(ike_sa);
		delivery->result.local = local->clone(local);
		delivery->result.ike_id = ike_sa->get_unique_id(ike_sa);
	}
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)deliver, delivery,
								(callback_job_cleanup_t)delivery_destroy,
								NULL));
}

METHOD(gkm_join_t, completed, void,
	private_gkm_member_join_t *this, ike_sa_t *ike_sa,
	gkm_download_t *download)
{
	queue_result(this, ike_sa, download, 0, 0);
}

METHOD(gkm_join_t, failed, void,
	private_gkm_member_join_t *this, ike_sa_t *ike_sa, gkm_failure_t reason,
	notify_type_t notify)
{
	queue_result(this, ike_sa, NULL, reason, notify);
}

METHOD(gkm_join_t, destroy, void,
	private_gkm_member_join_t *this)
{
	if (this->delivery)
	{
		delivery_destroy(this->delivery);
	}
	this->group->destroy(this->group);
	free(this);
}

/**
 * Create an attempt of either kind
 */
static private_gkm_member_join_t *join_create(gkm_cfg_t *cfg)
{
	private_gkm_member_join_t *this;

	INIT(this,
		.public = {
			.accepts = _accepts,
			.get_request = _get_request,
			.completed = _completed,
			.failed = _failed,
			.destroy = _destroy,
		},
		.group = cfg->id->clone(cfg->id),
	);
	return this;
}

/*
 * Described in header
 */
gkm_join_t *gkm_member_join_create(gkm_cfg_t *cfg, gkm_member_done_t done,
								   void *user, void (*release)(void *user))
{
	private_gkm_member_join_t *this = join_create(cfg);

	this->cfg = cfg;
	if (gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		gdoi_format_configure(&this->format, &cfg->gdoi);
		this->public.format = &this->format;
	}
	INIT(this->delivery,
		.done = done,
		.user = user,
		.release = release,
	);
	return &this->public;
}

/**
 * Start an attempt to leave, in a job
 */
static job_requeue_t run_leave(leave_t *leave)
{
	gkm_join_t *join = leave->join;

	leave->join = NULL;
	leave->gkm->reuse(leave->gkm, leave->ike_id, join);
	return JOB_REQUEUE_NONE;
}

/**
 * Destroy an attempt to leave
 */
static void leave_destroy(leave_t *leave)
{
	DESTROY_IF(leave->join);
	free(leave);
}

/*
 * Described in header
 */
void gkm_member_join_leave(gkm_t *gkm, gkm_cfg_t *cfg, uint32_t ike_id,
						   notify_type_t notify)
{
	private_gkm_member_join_t *this = join_create(cfg);
	leave_t *leave;

	this->leave = notify;
	INIT(leave,
		.gkm = gkm,
		.ike_id = ike_id,
		.join = &this->public,
	);
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_leave, leave,
								(callback_job_cleanup_t)leave_destroy, NULL));
}
