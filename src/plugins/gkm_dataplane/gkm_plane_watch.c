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


#include "gkm_plane_watch.h"
#include "gkm_plane_icmp.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <processing/jobs/callback_job.h>
#include <processing/watcher.h>

/** Seconds between looks at what is in the kernel */
#define INTERVAL 1

typedef struct private_gkm_plane_watch_t private_gkm_plane_watch_t;

/**
 * Private data
 */
struct private_gkm_plane_watch_t {

	/**
	 * Public interface
	 */
	gkm_plane_watch_t public;

	/**
	 * Data plane
	 */
	gkm_plane_core_t *core;

	/**
	 * Timer that is cancelled when the clock is set, -1 if there is none
	 */
	int clock;

	/**
	 * Sends ICMP errors, NULL if that isn't possible
	 */
	gkm_plane_icmp_t *icmp;

	/**
	 * Did the last repair fail?
	 */
	bool broken;

	/**
	 * Set by destroy(): core may be gone
	 */
	bool stopped;

	/**
	 * Protects stopped, taken before the lock of core
	 */
	mutex_t *mutex;

	/**
	 * References: one of the owner, and one of the job
	 */
	refcount_t ref;
};

/**
 * Release a reference
 */
static void release(private_gkm_plane_watch_t *this)
{
	if (ref_put(&this->ref))
	{
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * Have the timer wait for a time that never comes.
 */
static void arm_clock(private_gkm_plane_watch_t *this)
{
	struct itimerspec never = {
		.it_value.tv_sec = INT32_MAX,
	};

	timerfd_settime(this->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
					&never, NULL);
}

CALLBACK(clock_set, bool,
	private_gkm_plane_watch_t *this, int fd, watcher_event_t event)
{
	gkm_plane_core_t *core = this->core;
	uint64_t expirations;
	int64_t step;

	if (read(fd, &expirations, sizeof(expirations)) >= 0 || errno == ECANCELED)
	{
		arm_clock(this);
		core->mutex->lock(core->mutex);
		step = core->dp->sync_clock(core->dp);
		core->mutex->unlock(core->mutex);
		DBG1(DBG_KNL, "the clock was set %s by %" PRIu64 " ms, and that of the "
			 "data plane", step < 0 ? "back" : "forward",
			 (uint64_t)(step < 0 ? -step : step));
	}
	return TRUE;
}

/**
 * Have the sender of a packet told that it is too big.
 */
static void tell(private_gkm_plane_watch_t *this,
				 struct gkm_dp_too_big *packet)
{
	this->icmp->send(this->icmp, chunk_create(packet->packet,
								min(packet->len, sizeof(packet->packet))),
					 packet->mtu, time_monotonic(NULL));
}

CALLBACK(too_big, bool,
	private_gkm_plane_watch_t *this, int fd, watcher_event_t event)
{
	gkm_plane_core_t *core = this->core;

	core->mutex->lock(core->mutex);
	core->dp->read_too_big(core->dp, (void*)tell, this);
	core->mutex->unlock(core->mutex);
	return TRUE;
}

/**
 * Say what was lost, and whether it is there again.
 *
 * @param hooks			interfaces that lacked programs, -1 if some still do
 * @param net			addresses and routes that were put back, -1 if some
 *						couldn't be
 */
static void report(private_gkm_plane_watch_t *this, int hooks, int net,
				   gkm_error_t *err)
{
	gkm_t *gkm = this->core->gkm;
	bool broken = hooks < 0 || net < 0;

	if (broken && this->broken)
	{
		return;
	}
	if (hooks)
	{
		gkm->event(gkm, NULL, 3, "PLANE_HOOKS_LOST", "somebody removed "
				   "programs of the data plane from an interface");
	}
	if (broken)
	{
		gkm->event(gkm, NULL, 2, "PLANE_BROKEN", "the data plane can't be "
				   "repaired: %s", err->text);
	}
	else if (hooks || net || this->broken)
	{
		gkm->event(gkm, NULL, 5, "PLANE_REPAIRED", "the data plane is "
				   "repaired: programs on %d interfaces, %d addresses and "
				   "routes", hooks, net);
	}
	this->broken = broken;
}

/**
 * Put back what is missing, locked.
 */
static void repair(private_gkm_plane_watch_t *this)
{
	gkm_plane_core_t *core = this->core;
	gkm_error_t err = {};
	bool wans;
	int hooks, net;

	wans = core->wans->refresh(core->wans, &err);
	hooks = core->dp->repair(core->dp, &err);
	net = core->net->repair(core->net, &err);
	report(this, hooks, wans ? net : -1, &err);
}

/**
 * Look at what is in the kernel, now and then.
 */
static job_requeue_t look(private_gkm_plane_watch_t *this)
{
	gkm_plane_core_t *core = this->core;
	bool stopped;

	this->mutex->lock(this->mutex);
	stopped = this->stopped;
	if (!stopped)
	{
		core->mutex->lock(core->mutex);
		if (core->net)
		{
			repair(this);
		}
		core->mutex->unlock(core->mutex);
	}
	this->mutex->unlock(this->mutex);
	return stopped ? JOB_REQUEUE_NONE : JOB_RESCHEDULE(INTERVAL);
}

METHOD(gkm_plane_watch_t, destroy, void,
	private_gkm_plane_watch_t *this)
{
	this->mutex->lock(this->mutex);
	this->stopped = TRUE;
	this->mutex->unlock(this->mutex);
	if (this->clock >= 0)
	{
		lib->watcher->remove(lib->watcher, this->clock);
		close(this->clock);
	}
	if (this->icmp)
	{
		lib->watcher->remove(lib->watcher,
							 this->core->dp->get_too_big_fd(this->core->dp));
		this->icmp->destroy(this->icmp);
	}
	release(this);
}

/*
 * Described in header
 */
gkm_plane_watch_t *gkm_plane_watch_create(gkm_plane_core_t *core)
{
	private_gkm_plane_watch_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.core = core,
		.clock = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK),
		.icmp = gkm_plane_icmp_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.ref = 2,
	);
	if (this->icmp)
	{
		lib->watcher->add(lib->watcher, core->dp->get_too_big_fd(core->dp),
						  WATCHER_READ, too_big, this);
	}
	if (this->clock < 0)
	{
		DBG1(DBG_KNL, "no timer to watch the clock with: %s", strerror(errno));
	}
	else
	{
		arm_clock(this);
		lib->watcher->add(lib->watcher, this->clock, WATCHER_READ, clock_set,
						  this);
	}
	lib->scheduler->schedule_job(lib->scheduler, (job_t*)
			callback_job_create((callback_job_cb_t)look, this,
								(callback_job_cleanup_t)release, NULL),
			INTERVAL);
	return &this->public;
}
