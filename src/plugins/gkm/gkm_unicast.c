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

#include "gkm_unicast.h"
#include "gkm.h"
#include "gkm_batch.h"
#include "gkm_port.h"
#include "gkm_socket.h"

#include <daemon.h>

#include <netinet/in.h>
#include <sys/socket.h>

/**
 * Get a batch for targets of an address family, NULL if there is no socket
 */
static gkm_batch_t *create_batch(gkm_port_t *port, int family, host_t *src,
								 chunk_t datagram)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
										__attribute__((aligned(8)));
	struct msghdr msg = {
		.msg_control = control,
	};
	int fd = port ? port->get_fd(port, family) : -1;

	if (fd < 0)
	{
		return NULL;
	}
	if (src && !src->is_anyaddr(src) && src->get_family(src) == family)
	{
		gkm_port_set_source(&msg, src);
	}
	return gkm_batch_create(fd, chunk_create(msg.msg_control,
											 msg.msg_controllen), datagram);
}

/**
 * Send to a member behind a NAT, from where its phase 1 went
 */
static bool send_natt(host_t *src, gkm_target_t *target, chunk_t datagram,
					  gkm_error_t *err)
{
	chunk_t marker = chunk_from_chars(0x00, 0x00, 0x00, 0x00);
	packet_t *packet;
	host_t *dst;
	bool ok;

	dst = host_create_from_chunk(target->family,
					chunk_create(target->address,
								 target->family == AF_INET ? 4 : 16),
					target->port);
	src = src ? src->clone(src) : host_create_any(target->family);
	src->set_port(src, charon->socket->get_port(charon->socket, TRUE));
	packet = packet_create_from_data(src, dst,
									 chunk_cat("cc", marker, datagram));
	ok = charon->socket->send(charon->socket, packet) == SUCCESS;
	packet->destroy(packet);
	if (!ok)
	{
		gkm_batch_fail(err, "sending from the port of NAT traversal failed");
	}
	return ok;
}

/**
 * Send to a target
 *
 * @param batch		batch for its family, NULL if there is none
 * @return			number of targets that it was sent to meanwhile
 */
static u_int send_target(gkm_batch_t *batch, host_t *src, gkm_target_t *target,
						 chunk_t datagram, gkm_error_t *err)
{
	if (src && src->get_family(src) != target->family)
	{
		gkm_batch_fail(err, "source address is of another family");
		return 0;
	}
	if (target->natt)
	{
		return send_natt(src, target, datagram, err);
	}
	if (!batch)
	{
		gkm_batch_fail(err, "the port of group key management isn't open");
		return 0;
	}
	return gkm_batch_add(batch, target, err);
}

/*
 * Described in header
 */
u_int gkm_unicast_send(host_t *src, array_t *targets, chunk_t datagram,
					   gkm_error_t *err)
{
	gkm_port_t *port = gkm_socket_get_port();
	gkm_batch_t *batches[] = {
		create_batch(port, AF_INET, src, datagram),
		create_batch(port, AF_INET6, src, datagram),
	};
	gkm_target_t target;
	u_int sent = 0;
	int i;

	for (i = 0; array_get(targets, i, &target); i++)
	{
		sent += send_target(batches[target.family == AF_INET ? 0 : 1], src,
							&target, datagram, err);
	}
	for (i = 0; i < countof(batches); i++)
	{
		sent += batches[i] ? gkm_batch_finish(batches[i], err) : 0;
	}
	return sent;
}
