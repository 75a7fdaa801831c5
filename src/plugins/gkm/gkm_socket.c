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

#include "gkm_socket.h"
#include "gkm_log.h"
#include "gkm_wire.h"
#include "gkm.h"

#include "libgkm/gdoi/gdoi_codepoints.h"

#include <socket_default_socket.h>
#include <collections/linked_list.h>
#include <metadata/metadata_factory.h>
#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** Packets that wait for the receiver at most, more stay with the kernel */
#define QUEUE_MAX 64

typedef struct private_gkm_socket_t private_gkm_socket_t;

/**
 * Private data of the socket.
 */
struct private_gkm_socket_t {

	/**
	 * Public interface
	 */
	socket_t public;

	/**
	 * socket-default, for ports 500 and 4500
	 */
	socket_t *inner;

	/**
	 * Port 848, NULL if disabled or not available
	 */
	gkm_port_t *port;

	/**
	 * Packets received, as packet_t*
	 */
	linked_list_t *queue;

	/**
	 * Protects queue
	 */
	mutex_t *mutex;

	/**
	 * Signaled when queue gets a packet
	 */
	condvar_t *filled;

	/**
	 * Signaled when queue loses a packet
	 */
	condvar_t *drained;
};

/**
 * Number of sockets in use, 0 or 1
 */
static refcount_t active;

/**
 * Port of the socket in use, NULL if it has none
 */
static gkm_port_t *active_port;

/**
 * Who looks at messages of ISAKMP before charon does
 */
static gkm_taker_t isakmp_taker;
static void *isakmp_user;

/*
 * Described in header
 */
bool gkm_socket_active()
{
	return ref_cur(&active) != 0;
}

/*
 * Described in header
 */
gkm_port_t *gkm_socket_get_port()
{
	return active_port;
}

/*
 * Described in header
 */
bool gkm_socket_is_group_port(host_t *host)
{
	return active_port &&
		   host->get_port(host) == active_port->get_port(active_port);
}

/*
 * Described in header
 */
void gkm_socket_set_taker(gkm_taker_t taker, void *user)
{
	isakmp_user = user;
	isakmp_taker = taker;
}

/**
 * Get the IKE message in a packet
 *
 * @return			message with complete header, empty if it is something else
 */
static chunk_t get_message(packet_t *packet)
{
	host_t *src = packet->get_source(packet), *dst;
	chunk_t data = packet->get_data(packet);

	dst = packet->get_destination(packet);
	if (src->get_port(src) != IKEV2_UDP_PORT &&
		dst->get_port(dst) != IKEV2_UDP_PORT)
	{
		if (data.len < NON_ESP_MARKER_LEN || untoh32(data.ptr) != 0)
		{
			return chunk_empty;
		}
		data = chunk_skip(data, NON_ESP_MARKER_LEN);
	}
	return data.len < IKE_HEADER_LEN ? chunk_empty : data;
}

/**
 * Give a group exchange a type that the receiver lets pass, and note the real
 * one. Leaves all other packets as they are.
 *
 * @return			FALSE to drop the packet
 */
static bool mark_exchange(packet_t *packet)
{
	host_t *src = packet->get_source(packet);
	chunk_t data = get_message(packet);
	int exchange;

	if (!data.len)
	{
		return TRUE;
	}
	exchange = data.ptr[IKE_EXCHANGE_OFFSET];
	if (data.ptr[IKE_VERSION_OFFSET] == GDOI_ISAKMP_VERSION)
	{
		return !isakmp_taker ||
			   !isakmp_taker(isakmp_user, exchange, packet, data);
	}
	if (data.ptr[IKE_VERSION_OFFSET] >> 4 != IKEV2_MAJOR_VERSION)
	{
		return TRUE;
	}
	switch (exchange)
	{
		case GSA_AUTH:
			data.ptr[IKE_EXCHANGE_OFFSET] = IKE_AUTH;
			break;
		case GSA_REGISTRATION:
		case GSA_INBAND_REKEY:
		case GKM_COOP_EXCHANGE:
			/* not INFORMATIONAL: the receiver takes fragments of one for
			 * connectivity checks if charon supports mediation */
			data.ptr[IKE_EXCHANGE_OFFSET] = CREATE_CHILD_SA;
			break;
		case GSA_REKEY:
			/* what a socket on the host joined comes to charon's ports, too;
			 * gkm_multicast_t has it already */
			DBG2(DBG_NET, "%N from %H ignored here", gikev2_exchange_names,
				 GSA_REKEY, src);
			return FALSE;
		default:
			return TRUE;
	}
	packet->set_metadata(packet, GKM_METADATA_EXCHANGE,
				lib->metadata->create(lib->metadata, METADATA_TYPE_INT, exchange));
	return TRUE;
}

/**
 * Queue a packet for the receiver, wait while there are too many
 */
static void enqueue(private_gkm_socket_t *this, packet_t *packet)
{
	bool oldstate;

	this->mutex->lock(this->mutex);
	thread_cleanup_push((thread_cleanup_t)this->mutex->unlock, this->mutex);
	thread_cleanup_push((thread_cleanup_t)packet->destroy, packet);
	while (this->queue->get_count(this->queue) >= QUEUE_MAX)
	{
		oldstate = thread_cancelability(TRUE);
		this->drained->wait(this->drained, this->mutex);
		thread_cancelability(oldstate);
	}
	thread_cleanup_pop(FALSE);
	this->queue->insert_last(this->queue, packet);
	this->filled->signal(this->filled);
	thread_cleanup_pop(TRUE);
}

/**
 * Job that receives on ports 500 and 4500
 */
static job_requeue_t receive_inner(private_gkm_socket_t *this)
{
	packet_t *packet;

	if (this->inner->receive(this->inner, &packet) != SUCCESS)
	{
		return JOB_REQUEUE_FAIR;
	}
	enqueue(this, packet);
	return JOB_REQUEUE_DIRECT;
}

/**
 * Job that receives on port 848
 */
static job_requeue_t receive_port(private_gkm_socket_t *this)
{
	packet_t *packet;

	packet = this->port->receive(this->port);
	if (!packet)
	{
		return JOB_REQUEUE_FAIR;
	}
	enqueue(this, packet);
	return JOB_REQUEUE_DIRECT;
}

/**
 * Wait for a packet in the queue
 */
static packet_t *dequeue(private_gkm_socket_t *this)
{
	packet_t *packet;
	bool oldstate;

	this->mutex->lock(this->mutex);
	thread_cleanup_push((thread_cleanup_t)this->mutex->unlock, this->mutex);
	while (this->queue->remove_first(this->queue, (void**)&packet) != SUCCESS)
	{
		oldstate = thread_cancelability(TRUE);
		this->filled->wait(this->filled, this->mutex);
		thread_cancelability(oldstate);
	}
	this->drained->signal(this->drained);
	thread_cleanup_pop(TRUE);
	return packet;
}

METHOD(socket_t, receive_, status_t,
	private_gkm_socket_t *this, packet_t **packet)
{
	while (TRUE)
	{
		*packet = dequeue(this);
		if (mark_exchange(*packet))
		{
			return SUCCESS;
		}
		(*packet)->destroy(*packet);
	}
}

METHOD(socket_t, send_, status_t,
	private_gkm_socket_t *this, packet_t *packet)
{
	host_t *src = packet->get_source(packet);

	if (this->port && src->get_port(src) == this->port->get_port(this->port))
	{
		return this->port->send(this->port, packet) ? SUCCESS : FAILED;
	}
	return this->inner->send(this->inner, packet);
}

METHOD(socket_t, get_port, uint16_t,
	private_gkm_socket_t *this, bool nat_t)
{
	return this->inner->get_port(this->inner, nat_t);
}

METHOD(socket_t, supported_families, socket_family_t,
	private_gkm_socket_t *this)
{
	return this->inner->supported_families(this->inner);
}

METHOD(socket_t, destroy, void,
	private_gkm_socket_t *this)
{
	/* the receive jobs are gone, the processor's threads end before us */
	this->queue->destroy_offset(this->queue, offsetof(packet_t, destroy));
	active_port = NULL;
	DESTROY_IF(this->port);
	this->inner->destroy(this->inner);
	this->filled->destroy(this->filled);
	this->drained->destroy(this->drained);
	this->mutex->destroy(this->mutex);
	free(this);
	ignore_result(ref_put(&active));
}

/**
 * Start a job that receives for as long as the daemon runs
 */
static void start_job(private_gkm_socket_t *this, callback_job_cb_t cb)
{
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create_with_prio(cb, this, NULL,
						(callback_job_cancel_t)return_false, JOB_PRIO_CRITICAL));
}

/*
 * Described in header
 */
socket_t *gkm_socket_create()
{
	private_gkm_socket_t *this;
	socket_default_socket_t *inner;

	inner = socket_default_socket_create();
	if (!inner)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.receive = _receive_,
			.send = _send_,
			.get_port = _get_port,
			.supported_families = _supported_families,
			.destroy = _destroy,
		},
		.inner = &inner->socket,
		.port = gkm_port_create(lib->settings->get_int(lib->settings,
								"%s.plugins.gkm.port", GKM_PORT, lib->ns)),
		.queue = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.filled = condvar_create(CONDVAR_TYPE_DEFAULT),
		.drained = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	ref_get(&active);
	active_port = this->port;
	start_job(this, (callback_job_cb_t)receive_inner);
	if (this->port)
	{
		start_job(this, (callback_job_cb_t)receive_port);
	}
	return &this->public;
}
