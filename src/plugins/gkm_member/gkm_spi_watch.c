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

#include "gkm_spi_watch.h"

#include <processing/jobs/callback_job.h>
#include <processing/watcher.h>
#include <threading/mutex.h>

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/** Sockets: each protocol for each family */
#define SOCKETS 4

typedef struct private_gkm_spi_watch_t private_gkm_spi_watch_t;
typedef struct raw_t raw_t;

/**
 * A raw socket
 */
struct raw_t {

	/**
	 * Whose this is
	 */
	private_gkm_spi_watch_t *this;

	/**
	 * For IPv6?
	 */
	bool v6;

	/**
	 * PROTO_ESP or PROTO_AH
	 */
	protocol_id_t protocol;

	/**
	 * Socket, -1 if closed
	 */
	int fd;

	/**
	 * Was it said that it can't be opened?
	 */
	bool complained;
};

/**
 * Private data.
 */
struct private_gkm_spi_watch_t {

	/**
	 * Public interface
	 */
	gkm_spi_watch_t public;

	/**
	 * Whom to tell
	 */
	gkm_spi_seen_t cb;
	void *user;

	/**
	 * SPIs to look out for, as gkm_spi_t by value
	 */
	array_t *spis;

	/**
	 * Is a job queued that brings sockets in line with spis?
	 */
	bool queued;

	/**
	 * Protects spis and queued
	 */
	mutex_t *mutex;

	/**
	 * Sockets
	 */
	raw_t sockets[SOCKETS];

	/**
	 * Set by destroy(): sockets stay closed
	 */
	bool stopped;

	/**
	 * Protects sockets and stopped. Taken before the above, and never by who
	 * handles a packet.
	 */
	mutex_t *opening;

	/**
	 * References: one of the owner, and one of a queued job
	 */
	refcount_t ref;
};

/**
 * Release a reference
 */
static void release(private_gkm_spi_watch_t *this)
{
	if (ref_put(&this->ref))
	{
		array_destroy(this->spis);
		this->opening->destroy(this->opening);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * Remove an SPI that was seen.
 *
 * @return			FALSE if it isn't looked out for
 */
static bool remove_spi(private_gkm_spi_watch_t *this, protocol_id_t protocol,
					   uint32_t spi)
{
	enumerator_t *enumerator;
	gkm_spi_t *current;
	bool found = FALSE;

	enumerator = array_create_enumerator(this->spis);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->protocol == protocol && current->spi == spi)
		{
			array_remove_at(this->spis, enumerator);
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

static void update_sockets(private_gkm_spi_watch_t *this);

CALLBACK(receive, bool,
	raw_t *raw, int fd, watcher_event_t event)
{
	private_gkm_spi_watch_t *this = raw->this;
	uint8_t buffer[GKM_SPI_SNAPLEN];
	uint32_t spi;
	ssize_t len;
	bool found;

	len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (len < 0 ||
		!gkm_spi_filter_read(raw->v6, raw->protocol, chunk_create(buffer, len),
							 &spi))
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	found = remove_spi(this, raw->protocol, spi);
	if (found)
	{	/* no more of these */
		update_sockets(this);
	}
	this->mutex->unlock(this->mutex);
	if (found)
	{
		this->cb(this->user, raw->protocol, spi);
	}
	return TRUE;
}

/**
 * Close a socket, if it is open. Waits for who handles a packet.
 */
static void close_socket(raw_t *raw)
{
	if (raw->fd >= 0)
	{
		lib->watcher->remove(lib->watcher, raw->fd);
		close(raw->fd);
		raw->fd = -1;
	}
}

/**
 * Open a socket with a filter, or give one that is open another filter
 */
static void open_socket(raw_t *raw, struct sock_filter *code, u_int len)
{
	struct sock_fprog filter = {
		.filter = code,
		.len = len,
	};
	int fd = raw->fd;

	if (fd < 0)
	{
		fd = socket(raw->v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
					raw->protocol == PROTO_AH ? IPPROTO_AH : IPPROTO_ESP);
	}
	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
	{
		if (!raw->complained)
		{
			DBG1(DBG_NET, "watching for IPv%d %N packets failed: %s",
				 raw->v6 ? 6 : 4, protocol_id_names, raw->protocol,
				 strerror(errno));
			raw->complained = TRUE;
		}
		if (fd >= 0 && raw->fd < 0)
		{
			close(fd);
		}
	}
	else if (raw->fd < 0)
	{
		raw->fd = fd;
		lib->watcher->add(lib->watcher, fd, WATCHER_READ, receive, raw);
	}
}

/**
 * Bring sockets in line with SPIs
 */
static job_requeue_t run_update(private_gkm_spi_watch_t *this)
{
	struct sock_filter code[SOCKETS][GKM_SPI_FILTER_MAX];
	u_int len[SOCKETS];
	raw_t *raw;
	int i;

	this->opening->lock(this->opening);
	this->mutex->lock(this->mutex);
	this->queued = FALSE;
	for (i = 0; i < SOCKETS; i++)
	{
		raw = &this->sockets[i];
		len[i] = gkm_spi_filter_build(raw->v6, raw->protocol, this->spis,
									  code[i]);
	}
	this->mutex->unlock(this->mutex);

	for (i = 0; i < SOCKETS; i++)
	{
		if (this->stopped || !len[i])
		{
			close_socket(&this->sockets[i]);
		}
		else
		{
			open_socket(&this->sockets[i], code[i], len[i]);
		}
	}
	this->opening->unlock(this->opening);
	return JOB_REQUEUE_NONE;
}

/**
 * Let a job bring sockets in line with SPIs, mutex locked
 */
static void update_sockets(private_gkm_spi_watch_t *this)
{
	if (!this->queued)
	{
		this->queued = TRUE;
		ref_get(&this->ref);
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)run_update, this,
								(callback_job_cleanup_t)release, NULL));
	}
}

METHOD(gkm_spi_watch_t, set, void,
	private_gkm_spi_watch_t *this, array_t *spis)
{
	gkm_spi_t spi;
	int i;

	this->mutex->lock(this->mutex);
	if (array_count(spis) || array_count(this->spis))
	{
		array_destroy(this->spis);
		this->spis = array_create(sizeof(gkm_spi_t), array_count(spis));
		for (i = 0; array_get(spis, i, &spi); i++)
		{
			array_insert(this->spis, ARRAY_TAIL, &spi);
		}
		update_sockets(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_spi_watch_t, destroy, void,
	private_gkm_spi_watch_t *this)
{
	int i;

	/* a job that opens or closes sockets holds the lock until it is done */
	this->opening->lock(this->opening);
	this->stopped = TRUE;
	for (i = 0; i < SOCKETS; i++)
	{
		close_socket(&this->sockets[i]);
	}
	this->opening->unlock(this->opening);
	release(this);
}

/*
 * Described in header
 */
gkm_spi_watch_t *gkm_spi_watch_create(gkm_spi_seen_t cb, void *user)
{
	private_gkm_spi_watch_t *this;
	int i;

	INIT(this,
		.public = {
			.set = _set,
			.destroy = _destroy,
		},
		.cb = cb,
		.user = user,
		.spis = array_create(sizeof(gkm_spi_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.opening = mutex_create(MUTEX_TYPE_DEFAULT),
		.ref = 1,
	);
	for (i = 0; i < SOCKETS; i++)
	{
		this->sockets[i] = (raw_t){
			.this = this,
			.v6 = i % 2,
			.protocol = i / 2 ? PROTO_AH : PROTO_ESP,
			.fd = -1,
		};
	}
	return &this->public;
}
