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

#include "gkm_member_timer.h"

#include <processing/jobs/callback_job.h>

typedef struct private_gkm_member_timer_t private_gkm_member_timer_t;
typedef struct tick_t tick_t;

/**
 * Private data
 */
struct private_gkm_member_timer_t {

	/** public interface */
	gkm_member_timer_t public;

	/** group, for references */
	gkm_member_group_t *group;

	/** protects due */
	mutex_t *mutex;

	/** whom to tell */
	gkm_member_timer_cb_t cb;
	void *user;

	/** when the next job runs, 0 if there is none; others that are still
	 *  scheduled are ignored */
	uint64_t due;
};

/**
 * A scheduled job, with a reference to the group that owns the timer
 */
struct tick_t {
	private_gkm_member_timer_t *timer;
	gkm_member_group_t *group;
	uint64_t due;
};

/*
 * Described in header
 */
uint64_t gkm_member_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

/**
 * Handle a scheduled job
 */
static job_requeue_t run(tick_t *tick)
{
	private_gkm_member_timer_t *this = tick->timer;

	this->mutex->lock(this->mutex);
	if (this->due == tick->due)
	{
		this->due = 0;
		this->cb(this->user);
	}
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

static void tick_destroy(tick_t *tick)
{
	tick->group->destroy(tick->group);
	free(tick);
}

METHOD(gkm_member_timer_t, set, void,
	private_gkm_member_timer_t *this, uint64_t due)
{
	uint64_t now = gkm_member_now();
	tick_t *tick;

	if (this->due && this->due <= due)
	{
		return;
	}
	this->due = due;
	INIT(tick,
		.timer = this,
		.group = this->group->get_ref(this->group),
		.due = due,
	);
	lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)
			callback_job_create((callback_job_cb_t)run, tick,
								(callback_job_cleanup_t)tick_destroy, NULL),
			due > now ? min(due - now, UINT32_MAX) : 0);
}

METHOD(gkm_member_timer_t, destroy, void,
	private_gkm_member_timer_t *this)
{
	free(this);
}

/*
 * Described in header
 */
gkm_member_timer_t *gkm_member_timer_create(gkm_member_group_t *group,
											mutex_t *mutex,
											gkm_member_timer_cb_t cb,
											void *user)
{
	private_gkm_member_timer_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.destroy = _destroy,
		},
		.group = group,
		.mutex = mutex,
		.cb = cb,
		.user = user,
	);
	return &this->public;
}
