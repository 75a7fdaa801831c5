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

#include "gkm_multicast.h"
#include "gkm_port.h"
#include "gkm_socket.h"
#include "gkm_wire.h"

#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <processing/watcher.h>
#include <threading/mutex.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct private_gkm_multicast_t private_gkm_multicast_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_gkm_multicast_t {

	/**
	 * Public interface
	 */
	gkm_multicast_t public;

	/**
	 * Has the role that reads datagrams
	 */
	gkm_vici_t *vici;

	/**
	 * What is listened to, as entry_t*
	 */
	linked_list_t *listeners;

	/**
	 * What isn't any more, as entry_t*, until a job closes it
	 */
	linked_list_t *closing;

	/**
	 * Sockets to send from for IPv4 and IPv6 where the port of group key
	 * management has none, -1 if not needed yet
	 */
	int fd[2];

	/**
	 * Protects all of the above
	 */
	mutex_t *mutex;

	/**
	 * Largest datagram that is accepted, in octets
	 */
	size_t max_packet;
};

/**
 * Something that is listened to.
 */
struct entry_t {

	/**
	 * Whose this is
	 */
	private_gkm_multicast_t *this;

	/**
	 * Address and port
	 */
	host_t *address;

	/**
	 * Address of the interface
	 */
	host_t *local;

	/**
	 * How many listen
	 */
	u_int count;

	/**
	 * Socket
	 */
	int fd;
};

/**
 * Stop watching a socket, and close it. Waits for who handles a datagram, so
 * don't hold a lock.
 */
static void entry_destroy(entry_t *this)
{
	lib->watcher->remove(lib->watcher, this->fd);
	close(this->fd);
	this->address->destroy(this->address);
	this->local->destroy(this->local);
	free(this);
}

/**
 * Octets in front of IKE in datagrams to an address (RFC 3948, 2.2)
 */
static size_t get_marker_len(host_t *address)
{
	return address->get_port(address) == IKEV2_NATT_PORT ? NON_ESP_MARKER_LEN
														 : 0;
}

CALLBACK(receive, bool,
	entry_t *entry, int fd, watcher_event_t event)
{
	private_gkm_multicast_t *this = entry->this;
	uint8_t buffer[this->max_packet];
	struct sockaddr_storage addr;
	struct iovec iov = {
		.iov_base = buffer,
		.iov_len = sizeof(buffer),
	};
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_namelen = sizeof(addr),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t len;
	host_t *src;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
	{
		if (errno != EAGAIN && errno != EINTR)
		{
			DBG1(DBG_NET, "reading what was sent to %#H failed: %s",
				 entry->address, strerror(errno));
		}
		return TRUE;
	}
	src = host_create_from_sockaddr((sockaddr_t*)&addr);
	if (msg.msg_flags & MSG_TRUNC)
	{
		DBG1(DBG_NET, "datagram from %#H to %#H is larger than %zu octets, "
			 "ignored", src, entry->address, sizeof(buffer));
	}
	else
	{
		this->vici->datagram(this->vici, GKM_ROLE_MEMBER,
					chunk_skip(chunk_create(buffer, len),
							   get_marker_len(entry->address)),
					src, entry->address);
	}
	src->destroy(src);
	return TRUE;
}

/**
 * Index of the interface that has an address, 0 if there is none
 */
static u_int get_interface(host_t *local)
{
	u_int index = 0;
	char *name;

	if (charon->kernel->get_interface(charon->kernel, local, &name))
	{
		index = if_nametoindex(name);
		free(name);
	}
	return index;
}

/**
 * Bind a socket to a multicast address
 */
static bool bind_socket(int fd, host_t *address, u_int interface)
{
	struct sockaddr_storage addr = {};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6*)&addr;
	int on = 1;

	memcpy(&addr, address->get_sockaddr(address),
		   *address->get_sockaddr_len(address));
	if (addr.ss_family == AF_INET6 &&
		(IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr) ||
		 IN6_IS_ADDR_MC_NODELOCAL(&in6->sin6_addr)))
	{	/* there is one of these on each interface */
		in6->sin6_scope_id = interface;
	}
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		   bind(fd, (struct sockaddr*)&addr,
				*address->get_sockaddr_len(address)) == 0;
}

/**
 * Join a multicast address on an interface
 */
static bool join(int fd, host_t *address, u_int interface)
{
	chunk_t addr = address->get_address(address);
	struct ip_mreqn in4 = {
		.imr_ifindex = interface,
	};
	struct ipv6_mreq in6 = {
		.ipv6mr_interface = interface,
	};

	if (address->get_family(address) == AF_INET)
	{
		memcpy(&in4.imr_multiaddr, addr.ptr, addr.len);
		return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &in4,
						  sizeof(in4)) == 0;
	}
	memcpy(&in6.ipv6mr_multiaddr, addr.ptr, addr.len);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &in6,
					  sizeof(in6)) == 0;
}

/**
 * Open a socket that gets what is sent to a multicast address over the
 * interface that has a local one.
 *
 * @return			socket, -1 with err set if that isn't possible
 */
static int open_socket(host_t *address, host_t *local, gkm_error_t *err)
{
	int family = address->get_family(address), fd;
	u_int interface;

	if (!gkm_is_multicast(address->get_address(address)) ||
		local->get_family(local) != family)
	{
		gkm_fail(err, "can't listen to %H from %H", address, local);
		return -1;
	}
	interface = get_interface(local);
	if (!interface)
	{
		gkm_fail(err, "no interface that is up has address %H", local);
		return -1;
	}
	fd = gkm_port_open(family);
	if (fd < 0 || !bind_socket(fd, address, interface) ||
		!join(fd, address, interface))
	{
		gkm_fail(err, "listening to %#H failed: %s", address, strerror(errno));
		if (fd >= 0)
		{
			close(fd);
		}
		return -1;
	}
	if (!charon->kernel->bypass_socket(charon->kernel, fd, family))
	{
		DBG1(DBG_NET, "installing bypass policy for %#H failed", address);
	}
	return fd;
}

/**
 * Find what listens to an address on an interface, mutex locked
 */
static entry_t *find_entry(private_gkm_multicast_t *this, host_t *address,
						   host_t *local)
{
	enumerator_t *enumerator;
	entry_t *current, *found = NULL;

	enumerator = this->listeners->create_enumerator(this->listeners);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (address->equals(address, current->address) &&
			local->ip_equals(local, current->local))
		{
			found = current;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(gkm_multicast_t, listen_, bool,
	private_gkm_multicast_t *this, host_t *address, host_t *local,
	gkm_error_t *err)
{
	entry_t *entry;
	int fd = -1;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, address, local);
	if (entry)
	{
		entry->count++;
		this->mutex->unlock(this->mutex);
		return TRUE;
	}
	fd = open_socket(address, local, err);
	if (fd >= 0)
	{
		INIT(entry,
			.this = this,
			.address = address->clone(address),
			.local = local->clone(local),
			.count = 1,
			.fd = fd,
		);
		this->listeners->insert_last(this->listeners, entry);
		lib->watcher->add(lib->watcher, fd, WATCHER_READ, receive, entry);
	}
	this->mutex->unlock(this->mutex);
	return fd >= 0;
}

/**
 * Close what isn't listened to any more
 */
static job_requeue_t close_listener(private_gkm_multicast_t *this)
{
	entry_t *entry = NULL;

	this->mutex->lock(this->mutex);
	this->closing->remove_first(this->closing, (void**)&entry);
	this->mutex->unlock(this->mutex);
	if (entry)
	{
		entry_destroy(entry);
	}
	return JOB_REQUEUE_NONE;
}

METHOD(gkm_multicast_t, unlisten, void,
	private_gkm_multicast_t *this, host_t *address, host_t *local)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find_entry(this, address, local);
	if (entry && --entry->count == 0)
	{	/* in a job, the caller may be handling a datagram, or hold a lock
		 * that one who does is waiting for */
		this->listeners->remove(this->listeners, entry, NULL);
		this->closing->insert_last(this->closing, entry);
		lib->processor->queue_job(lib->processor, (job_t*)
			callback_job_create((callback_job_cb_t)close_listener, this, NULL,
								NULL));
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Get a socket to send from, -1 with errno set if there is none
 */
static int get_socket(private_gkm_multicast_t *this, int family)
{
	gkm_port_t *port = gkm_socket_get_port();
	int fd = -1, *own = &this->fd[family == AF_INET ? 0 : 1];

	if (port)
	{
		fd = port->get_fd(port, family);
	}
	if (fd < 0)
	{
		this->mutex->lock(this->mutex);
		if (*own < 0)
		{
			*own = gkm_port_open(family);
			if (*own >= 0 &&
				!charon->kernel->bypass_socket(charon->kernel, *own, family))
			{
				DBG1(DBG_NET, "installing bypass policy to send failed");
			}
		}
		fd = *own;
		this->mutex->unlock(this->mutex);
	}
	return fd;
}

METHOD(gkm_multicast_t, send_, bool,
	private_gkm_multicast_t *this, host_t *address, chunk_t datagram,
	gkm_error_t *err)
{
	uint8_t marker[NON_ESP_MARKER_LEN] = {};
	struct iovec iov[] = {
		{ .iov_base = marker, .iov_len = get_marker_len(address) },
		{ .iov_base = datagram.ptr, .iov_len = datagram.len },
	};
	struct msghdr msg = {
		.msg_name = address->get_sockaddr(address),
		.msg_namelen = *address->get_sockaddr_len(address),
		.msg_iov = iov,
		.msg_iovlen = countof(iov),
	};
	int fd;

	fd = get_socket(this, address->get_family(address));
	if (fd < 0 || sendmsg(fd, &msg, 0) < 0)
	{
		return gkm_fail(err, "sending %zu octets to %#H failed: %s",
						datagram.len, address, strerror(errno));
	}
	return TRUE;
}

METHOD(gkm_multicast_t, destroy, void,
	private_gkm_multicast_t *this)
{
	int i;

	this->listeners->destroy_function(this->listeners,
									  (void*)entry_destroy);
	this->closing->destroy_function(this->closing, (void*)entry_destroy);
	for (i = 0; i < countof(this->fd); i++)
	{
		if (this->fd[i] >= 0)
		{
			close(this->fd[i]);
		}
	}
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_multicast_t *gkm_multicast_create(gkm_vici_t *vici)
{
	private_gkm_multicast_t *this;

	INIT(this,
		.public = {
			.listen = _listen_,
			.unlisten = _unlisten,
			.send = _send_,
			.destroy = _destroy,
		},
		.vici = vici,
		.listeners = linked_list_create(),
		.closing = linked_list_create(),
		.fd = { -1, -1 },
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.max_packet = lib->settings->get_int(lib->settings, "%s.max_packet",
											 PACKET_MAX_DEFAULT, lib->ns),
	);
	return &this->public;
}
