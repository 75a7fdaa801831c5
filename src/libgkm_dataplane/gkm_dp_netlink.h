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
 * Requests to the kernel by netlink, and its answers: libnl's messages, but the
 * kernel's own error codes and explanations.
 *
 * @defgroup gkm_dp_netlink gkm_dp_netlink
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DP_NETLINK_H_
#define GKM_DP_NETLINK_H_

#include <netlink/msg.h>

#include "libgkm/group/gkm_error.h"

typedef struct gkm_dp_netlink_t gkm_dp_netlink_t;

/**
 * Gets messages in an answer.
 *
 * @param user		as passed to request()
 * @param hdr		message, of a valid length
 */
typedef void (*gkm_dp_netlink_cb_t)(void *user, struct nlmsghdr *hdr);

/**
 * A netlink socket. Not thread safe.
 */
struct gkm_dp_netlink_t {

	/**
	 * Send a request and wait until it is done.
	 *
	 * @param msg		request, is freed; NULL counts as lack of memory
	 * @param cb		gets what is in the answer, may be NULL
	 * @param user		passed to cb
	 * @return			0 or an errno; EINTR if what was dumped changed
	 *					meanwhile, so that some of it may be missing
	 */
	int (*request)(gkm_dp_netlink_t *this, struct nl_msg *msg,
				   gkm_dp_netlink_cb_t cb, void *user);

	/**
	 * Get why the last request failed, in the kernel's words.
	 */
	char *(*get_reason)(gkm_dp_netlink_t *this);

	/**
	 * Close the socket.
	 */
	void (*destroy)(gkm_dp_netlink_t *this);
};

/**
 * Open a socket.
 *
 * @param protocol		NETLINK_ROUTE or NETLINK_XFRM
 * @param err			receives the reason on failure
 * @return				NULL on failure
 */
gkm_dp_netlink_t *gkm_dp_netlink_create(int protocol, gkm_error_t *err);

#endif /** GKM_DP_NETLINK_H_ @}*/
