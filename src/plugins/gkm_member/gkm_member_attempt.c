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

#include "gkm_member_attempt.h"

#include <processing/jobs/callback_job.h>

typedef struct private_gkm_member_attempt_t private_gkm_member_attempt_t;

/**
 * An attempt on its way
 */
struct private_gkm_member_attempt_t {
	/** what users see */
	gkm_member_attempt_t public;
	/** references: jobs and what is under way */
	refcount_t refs;
};

static void queue(private_gkm_member_attempt_t *this);

/**
 * Give back a reference
 */
static void attempt_destroy(private_gkm_member_attempt_t *this)
{
	if (ref_put(&this->refs))
	{
		this->public.user.release(this->public.user.user);
		free(this);
	}
}

/**
 * An attempt ended, a gkm_member_done_t
 */
static void handle_done(void *user, gkm_member_result_t *result)
{
	private_gkm_member_attempt_t *this = user;
	gkm_member_attempt_t *attempt = &this->public;
	gkm_member_links_t *links = attempt->links;

	if (result->ike_id)
	{
		links->set(links, attempt->connection, result->ike_id);
	}
	if (!result->download && attempt->reused &&
		result->reason == GKM_FAILED_IKE)
	{	/* it was up a moment ago, so a new one may well come up */
		links->replace(links, attempt->reused, 0);
		queue(this);
		return;
	}
	attempt->user.done(attempt->user.user, attempt, result);
}

/**
 * Make an attempt
 */
static job_requeue_t run(private_gkm_member_attempt_t *this)
{
	gkm_member_attempt_t *attempt = &this->public;
	gkm_t *gkm = attempt->gkm;
	gkm_join_t *join;
	uint32_t reused;

	if (!attempt->user.begin(attempt->user.user, attempt))
	{
		return JOB_REQUEUE_NONE;
	}
	reused = attempt->links->get(attempt->links, attempt->connection);
	attempt->reused = reused;
	ref_get(&this->refs);
	join = gkm_member_join_create(attempt->cfg, handle_done, this,
								  (void*)attempt_destroy);
	if (reused)
	{
		gkm->reuse(gkm, reused, join);
	}
	else
	{
		gkm->initiate(gkm, attempt->connection, join);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Queue a job for an attempt
 */
static void queue(private_gkm_member_attempt_t *this)
{
	ref_get(&this->refs);
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run, this,
								(callback_job_cleanup_t)attempt_destroy, NULL));
}

/*
 * Described in header
 */
void gkm_member_attempt_queue(gkm_member_attempt_t *attempt)
{
	private_gkm_member_attempt_t *this;

	INIT(this,
		.public = *attempt,
		.refs = 1,
	);
	queue(this);
	attempt_destroy(this);
}
