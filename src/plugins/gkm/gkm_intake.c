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

#include "gkm_intake.h"
#include "gkm_socket.h"

#include "libgkm/gdoi/gdoi_codepoints.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** Datagrams that wait for the member role at most, others are dropped */
#define QUEUE_MAX 1024

typedef struct private_gkm_intake_t private_gkm_intake_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_gkm_intake_t {

	/**
	 * Public interface
	 */
	gkm_intake_t public;

	/**
	 * Gets GROUPKEY-PULL
	 */
	gkm_pull_t *pull;

	/**
	 * Has the roles
	 */
	gkm_vici_t *vici;

	/**
	 * Datagrams for the member role, as entry_t*
	 */
	linked_list_t *queue;

	/**
	 * Is there a job that empties the queue?
	 */
	bool active;

	/**
	 * Datagrams that were dropped since the queue was empty
	 */
	u_int dropped;

	/**
	 * Protects the above
	 */
	mutex_t *mutex;
};

/**
 * A datagram for the member role.
 */
struct entry_t {
	chunk_t datagram;
	host_t *src;
	host_t *dst;
};

/**
 * Destroy an entry
 */
static void entry_destroy(entry_t *this)
{
	chunk_free(&this->datagram);
	this->src->destroy(this->src);
	this->dst->destroy(this->dst);
	free(this);
}

/**
 * Pass on datagrams, one after the other
 */
static job_requeue_t deliver(private_gkm_intake_t *this)
{
	entry_t *entry;
	u_int dropped = 0;
	bool found;

	this->mutex->lock(this->mutex);
	found = this->queue->remove_first(this->queue, (void**)&entry) == SUCCESS;
	if (!found)
	{	/* the next datagram starts another job, maybe before this one ends */
		this->active = FALSE;
		dropped = this->dropped;
		this->dropped = 0;
	}
	this->mutex->unlock(this->mutex);

	if (dropped)
	{
		DBG1(DBG_NET, "dropped %u GDOI datagrams that came too fast", dropped);
	}
	if (!found)
	{
		return JOB_REQUEUE_NONE;
	}
	this->vici->datagram(this->vici, GKM_ROLE_MEMBER, entry->datagram,
						 entry->src, entry->dst);
	entry_destroy(entry);
	return JOB_REQUEUE_FAIR;
}

/**
 * Queue a datagram for the member role, unless there are too many
 */
static void enqueue(private_gkm_intake_t *this, packet_t *packet,
					chunk_t datagram)
{
	host_t *src = packet->get_source(packet);
	host_t *dst = packet->get_destination(packet);
	entry_t *entry;

	this->mutex->lock(this->mutex);
	if (this->queue->get_count(this->queue) < QUEUE_MAX)
	{
		INIT(entry,
			.datagram = chunk_clone(datagram),
			.src = src->clone(src),
			.dst = dst->clone(dst),
		);
		this->queue->insert_last(this->queue, entry);
	}
	else
	{
		this->dropped++;
	}
	if (!this->active)
	{
		this->active = TRUE;
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)deliver, this, NULL, NULL));
	}
	this->mutex->unlock(this->mutex);
}

CALLBACK(take, bool,
	private_gkm_intake_t *this, uint8_t exchange, packet_t *packet,
	chunk_t message)
{
	host_t *dst = packet->get_destination(packet);

	switch (exchange)
	{
		case GDOI_PULL:
			/* charon has no Quick Mode on the port of group key management,
			 * but would start a job to find that out */
			return this->pull->take(this->pull, message) ||
				   gkm_socket_is_group_port(dst);
		case GDOI_PUSH:
			/* what a socket on the host joined comes to charon's ports, too;
			 * gkm_multicast_t has it already */
			if (!gkm_is_multicast(dst->get_address(dst)))
			{
				enqueue(this, packet, message);
			}
			return TRUE;
		case GDOI_PUSH_ACK:
			/* all members of a large group may answer at once: key servers have
			 * a queue for that */
			this->vici->datagram(this->vici, GKM_ROLE_SERVER, message,
								 packet->get_source(packet), dst);
			return TRUE;
		default:
			return FALSE;
	}
}

METHOD(gkm_intake_t, destroy, void,
	private_gkm_intake_t *this)
{
	gkm_socket_set_taker(NULL, NULL);
	this->queue->destroy_function(this->queue, (void*)entry_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_intake_t *gkm_intake_create(gkm_pull_t *pull, gkm_vici_t *vici)
{
	private_gkm_intake_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.pull = pull,
		.vici = vici,
		.queue = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	gkm_socket_set_taker(take, this);
	return &this->public;
}
