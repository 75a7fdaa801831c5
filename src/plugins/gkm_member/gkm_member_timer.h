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

/**
 * Tells a group when something is due.
 *
 * @defgroup gkm_member_timer gkm_member_timer
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_TIMER_H_
#define GKM_MEMBER_TIMER_H_

#include "gkm_member_group.h"

#include <threading/mutex.h>

typedef struct gkm_member_timer_t gkm_member_timer_t;

/**
 * Something is due. Called in a job, with the lock and a reference to the group
 * held, and the timer not set.
 *
 * @param user			as passed to gkm_member_timer_create()
 */
typedef void (*gkm_member_timer_cb_t)(void *user);

/**
 * A timer. Callers hold the lock that it was created with.
 */
struct gkm_member_timer_t {

	/**
	 * Set the time, unless it is set to an earlier one. The group can't end
	 * before that.
	 *
	 * @param due			time, as gkm_member_now() has it
	 */
	void (*set)(gkm_member_timer_t *this, uint64_t due);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_member_timer_t *this);
};

/**
 * Create a timer that isn't set.
 *
 * @param group		group, for references
 * @param mutex		lock, has to outlive the group's last reference but one
 * @param cb		called when the time has come
 * @param user		passed to cb
 */
gkm_member_timer_t *gkm_member_timer_create(gkm_member_group_t *group,
											mutex_t *mutex,
											gkm_member_timer_cb_t cb,
											void *user);

/**
 * Milliseconds of the monotonic clock.
 */
uint64_t gkm_member_now();

#endif /** GKM_MEMBER_TIMER_H_ @}*/
