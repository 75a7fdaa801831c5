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

#include "gkm_member_links.h"

#include <collections/array.h>
#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_gkm_member_links_t private_gkm_member_links_t;
typedef struct link_t link_t;

/**
 * An IKE_SA that is up
 */
struct link_t {
	char *connection;
	uint32_t ike_id;
};

/**
 * Private data
 */
struct private_gkm_member_links_t {

	/** public interface */
	gkm_member_links_t public;

	/** link_t*, at most one per connection */
	array_t *links;

	/** protects links */
	mutex_t *mutex;
};

/**
 * Find the link of a connection, with the mutex held
 */
static link_t *find(private_gkm_member_links_t *this, char *connection)
{
	enumerator_t *enumerator;
	link_t *current, *found = NULL;

	enumerator = array_create_enumerator(this->links);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (streq(current->connection, connection))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(gkm_member_links_t, set, void,
	private_gkm_member_links_t *this, char *connection, uint32_t ike_id)
{
	link_t *link;

	this->mutex->lock(this->mutex);
	link = find(this, connection);
	if (!link)
	{
		INIT(link,
			.connection = strdup(connection),
		);
		array_insert(this->links, ARRAY_TAIL, link);
	}
	link->ike_id = ike_id;
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_links_t, get, uint32_t,
	private_gkm_member_links_t *this, char *connection)
{
	link_t *link;
	uint32_t ike_id;

	this->mutex->lock(this->mutex);
	link = find(this, connection);
	ike_id = link ? link->ike_id : 0;
	this->mutex->unlock(this->mutex);
	return ike_id;
}

/**
 * Destroy a link
 */
static void link_destroy(link_t *link)
{
	free(link->connection);
	free(link);
}

METHOD(gkm_member_links_t, replace, void,
	private_gkm_member_links_t *this, uint32_t ike_id, uint32_t new_id)
{
	enumerator_t *enumerator;
	link_t *link;

	this->mutex->lock(this->mutex);
	enumerator = array_create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, &link))
	{
		if (link->ike_id != ike_id)
		{
			continue;
		}
		link->ike_id = new_id;
		if (!new_id)
		{
			array_remove_at(this->links, enumerator);
			link_destroy(link);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_links_t, check, bool,
	private_gkm_member_links_t *this, uint32_t ike_id)
{
	ike_sa_state_t state = IKE_DESTROYING;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													ike_id);
	if (ike_sa)
	{
		state = ike_sa->get_state(ike_sa);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	if (state == IKE_ESTABLISHED || state == IKE_REKEYING)
	{
		return TRUE;
	}
	replace(this, ike_id, 0);
	return FALSE;
}

/**
 * Delete an IKE_SA
 */
static job_requeue_t run_close(uint32_t *ike_id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													*ike_id);
	if (ike_sa)
	{
		if (ike_sa->delete(ike_sa, FALSE) == DESTROY_ME)
		{
			charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
														ike_sa);
		}
		else
		{
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		}
	}
	return JOB_REQUEUE_NONE;
}

METHOD(gkm_member_links_t, close_, void,
	private_gkm_member_links_t *this, uint32_t ike_id)
{
	uint32_t *id;

	replace(this, ike_id, 0);
	INIT(id, ike_id);
	lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_close, id,
								(callback_job_cleanup_t)free, NULL));
}

METHOD(gkm_member_links_t, destroy, void,
	private_gkm_member_links_t *this)
{
	array_destroy_function(this->links, (void*)link_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_member_links_t *gkm_member_links_create()
{
	private_gkm_member_links_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.get = _get,
			.replace = _replace,
			.check = _check,
			.close = _close_,
			.destroy = _destroy,
		},
		.links = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
