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


#include "gkm_dp_netlink.h"

#include <errno.h>
#include <linux/netlink.h>

#include <netlink/netlink.h>

typedef struct private_gkm_dp_netlink_t private_gkm_dp_netlink_t;

/**
 * Private data
 */
struct private_gkm_dp_netlink_t {

	/**
	 * Public interface
	 */
	gkm_dp_netlink_t public;

	/**
	 * Socket
	 */
	struct nl_sock *sock;

	/**
	 * Who gets messages of the request that is going on
	 */
	gkm_dp_netlink_cb_t cb;
	void *user;

	/**
	 * Is it done?
	 */
	bool done;

	/**
	 * Error of the last request, as errno
	 */
	int error;

	/**
	 * Why it failed
	 */
	char reason[128];
};

/**
 * Note that the request failed, and an explanation if there is any.
 */
static void failed(private_gkm_dp_netlink_t *this, int error, char *text)
{
	this->done = TRUE;
	this->error = error;
	snprintf(this->reason, sizeof(this->reason), "%s%s%s%s", strerror(error),
			 text ? " (" : "", text ?: "", text ? ")" : "");
}

/**
 * A message is part of the answer.
 */
static int on_message(struct nl_msg *msg, void *arg)
{
	private_gkm_dp_netlink_t *this = arg;

	if (this->cb)
	{
		this->cb(this->user, nlmsg_hdr(msg));
	}
	return NL_OK;
}

/**
 * The request is done.
 */
static int on_ack(struct nl_msg *msg, void *arg)
{
	private_gkm_dp_netlink_t *this = arg;

	this->done = TRUE;
	return NL_STOP;
}

/**
 * A dump is done, or was given up by the kernel.
 */
static int on_finish(struct nl_msg *msg, void *arg)
{
	private_gkm_dp_netlink_t *this = arg;
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	int error = 0;

	if (nlmsg_datalen(hdr) >= sizeof(error))
	{
		memcpy(&error, nlmsg_data(hdr), sizeof(error));
	}
	if (error < 0)
	{
		failed(this, -error, NULL);
	}
	this->done = TRUE;
	return NL_STOP;
}

/**
 * The request was refused. The request itself isn't quoted, as the socket's
 * options say, so that attributes follow directly.
 */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	private_gkm_dp_netlink_t *this = arg;
	struct nlmsghdr *hdr = (struct nlmsghdr*)((char*)e - NLMSG_HDRLEN);
	struct nlattr *attr = NULL;

	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
	{
		attr = nlmsg_find_attr(hdr, sizeof(*e), NLMSGERR_ATTR_MSG);
	}
	if (attr && (nla_len(attr) < 1 ||
				 ((char*)nla_data(attr))[nla_len(attr) - 1]))
	{
		attr = NULL;
	}
	failed(this, -e->error, attr ? nla_get_string(attr) : NULL);
	return NL_STOP;
}

METHOD(gkm_dp_netlink_t, request, int,
	private_gkm_dp_netlink_t *this, struct nl_msg *msg, gkm_dp_netlink_cb_t cb,
	void *user)
{
	int res;

	this->done = FALSE;
	this->error = 0;
	this->cb = cb;
	this->user = user;
	if (!msg)
	{
		failed(this, ENOMEM, NULL);
		return this->error;
	}
	res = nl_send_auto(this->sock, msg);
	nlmsg_free(msg);
	while (res >= 0 && !this->done)
	{
		res = nl_recvmsgs_default(this->sock);
	}
	if (!this->done)
	{
		failed(this, EIO, (char*)nl_geterror(res));
	}
	else if (res == -NLE_DUMP_INTR && !this->error)
	{
		failed(this, EINTR, NULL);
	}
	return this->error;
}

METHOD(gkm_dp_netlink_t, get_reason, char*,
	private_gkm_dp_netlink_t *this)
{
	return this->reason;
}

METHOD(gkm_dp_netlink_t, destroy, void,
	private_gkm_dp_netlink_t *this)
{
	nl_socket_free(this->sock);
	free(this);
}

/**
 * Open the socket and tell libnl who gets what comes.
 */
static bool open_socket(private_gkm_dp_netlink_t *this, int protocol,
						gkm_error_t *err)
{
	int on = 1, fd, res;

	if (!this->sock)
	{
		return gkm_fail(err, "netlink: %s", strerror(ENOMEM));
	}
	res = nl_connect(this->sock, protocol);
	if (res < 0)
	{
		return gkm_fail(err, "netlink: %s", nl_geterror(res));
	}
	/* explanations are nice to have */
	fd = nl_socket_get_fd(this->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nl_socket_modify_cb(this->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message,
						this);
	nl_socket_modify_cb(this->sock, NL_CB_ACK, NL_CB_CUSTOM, on_ack, this);
	nl_socket_modify_cb(this->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
						this);
	nl_socket_modify_err_cb(this->sock, NL_CB_CUSTOM, on_error, this);
	return TRUE;
}

/*
 * Described in header
 */
gkm_dp_netlink_t *gkm_dp_netlink_create(int protocol, gkm_error_t *err)
{
	private_gkm_dp_netlink_t *this;

	INIT(this,
		.public = {
			.request = _request,
			.get_reason = _get_reason,
			.destroy = _destroy,
		},
		.sock = nl_socket_alloc(),
	);
	if (!open_socket(this, protocol, err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
