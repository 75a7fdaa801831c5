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


#include "gkm_dp_leftovers.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>

#include <collections/array.h>

#include "gkm_dp_dummies.h"
#include "gkm_dp_ifs.h"

/** How often to ask again if something changed meanwhile */
#define TRIES 5

typedef struct leftovers_t leftovers_t;

/**
 * What goes on.
 */
struct leftovers_t {

	/** sockets, the second one NULL if the kernel has no XFRM */
	gkm_dp_netlink_t *route;
	gkm_dp_netlink_t *xfrm;

	/** dummy addresses of both IP versions */
	gkm_dp_dummies_t v4;
	gkm_dp_dummies_t v6;

	/** requests that remove something, as struct nl_msg* */
	array_t *requests;

	/** how much was removed */
	int removed;

	/** where to note what failed */
	gkm_error_t *err;
};

/**
 * Queue a request that removes something.
 */
static struct nl_msg *queue(leftovers_t *this, int type, void *header,
							size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, header, len, NLMSG_ALIGNTO);
	array_insert(this->requests, ARRAY_TAIL, msg);
	return msg;
}

/**
 * Copy an attribute to a request, if there is such a one.
 */
static void copy_attr(struct nl_msg *msg, struct nlmsghdr *hdr, int header,
					  int type)
{
	struct nlattr *attr = nlmsg_find_attr(hdr, header, type);

	if (attr)
	{
		nla_put(msg, type, nla_len(attr), nla_data(attr));
	}
}

/**
 * Does an attribute hold the ID of an interface of ours?
 */
static bool is_our_id(struct nlattr *attr)
{
	return attr && nla_len(attr) == sizeof(uint32_t) &&
		   nla_get_u32(attr) - GKM_DP_IFS_BASE < GKM_DP_IFS_MAX;
}

/**
 * Look at a policy.
 */
static void on_policy(void *user, struct nlmsghdr *hdr)
{
	leftovers_t *this = user;
	struct xfrm_userpolicy_info *info = nlmsg_data(hdr);
	struct nl_msg *msg;

	if (hdr->nlmsg_type == XFRM_MSG_NEWPOLICY &&
		nlmsg_valid_hdr(hdr, sizeof(*info)) &&
		is_our_id(nlmsg_find_attr(hdr, sizeof(*info), XFRMA_IF_ID)))
	{
		struct xfrm_userpolicy_id id = {
			.sel = info->sel,
			.dir = info->dir,
		};

		msg = queue(this, XFRM_MSG_DELPOLICY, &id, sizeof(id));
		copy_attr(msg, hdr, sizeof(*info), XFRMA_IF_ID);
		copy_attr(msg, hdr, sizeof(*info), XFRMA_MARK);
		copy_attr(msg, hdr, sizeof(*info), XFRMA_POLICY_TYPE);
	}
}

/**
 * Are addresses of an SA those, in this order?
 */
static bool between(struct xfrm_usersa_info *info, struct nl_addr *src,
					struct nl_addr *dst)
{
	return info->family == nl_addr_get_family(src) &&
		   memeq(&info->saddr, nl_addr_get_binary_addr(src),
				 nl_addr_get_len(src)) &&
		   memeq(&info->id.daddr, nl_addr_get_binary_addr(dst),
				 nl_addr_get_len(dst));
}

/**
 * Is an SA between dummy addresses, in either direction?
 */
static bool is_dummy(struct xfrm_usersa_info *info, gkm_dp_dummies_t *dummies)
{
	return between(info, dummies->local, dummies->remote) ||
		   between(info, dummies->remote, dummies->local);
}

/**
 * Look at an SA.
 */
static void on_sa(void *user, struct nlmsghdr *hdr)
{
	leftovers_t *this = user;
	struct xfrm_usersa_info *info = nlmsg_data(hdr);
	struct nl_msg *msg;

	if (hdr->nlmsg_type == XFRM_MSG_NEWSA &&
		nlmsg_valid_hdr(hdr, sizeof(*info)) &&
		(is_dummy(info, &this->v4) || is_dummy(info, &this->v6)))
	{
		struct xfrm_usersa_id id = {
			.daddr = info->id.daddr,
			.spi = info->id.spi,
			.family = info->family,
			.proto = info->id.proto,
		};

		msg = queue(this, XFRM_MSG_DELSA, &id, sizeof(id));
		copy_attr(msg, hdr, sizeof(*info), XFRMA_MARK);
	}
}

/**
 * Is an interface described as ours, or an xfrm interface with an ID of ours?
 * One that was created a moment before the crash has no description yet.
 */
static bool is_our_link(struct nlmsghdr *hdr)
{
	struct nlattr *alias, *info, *kind, *data;

	alias = nlmsg_find_attr(hdr, sizeof(struct ifinfomsg), IFLA_IFALIAS);
	if (alias && nla_len(alias) >= (int)strlen(GKM_DP_IFS_ALIAS) &&
		strneq(nla_data(alias), GKM_DP_IFS_ALIAS, strlen(GKM_DP_IFS_ALIAS)))
	{
		return TRUE;
	}
	info = nlmsg_find_attr(hdr, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	if (!info)
	{
		return FALSE;
	}
	kind = nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND);
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);
	return kind && data && !nla_strcmp(kind, "xfrm") &&
		   is_our_id(nla_find(nla_data(data), nla_len(data), IFLA_XFRM_IF_ID));
}

/**
 * Look at an interface.
 */
static void on_link(void *user, struct nlmsghdr *hdr)
{
	leftovers_t *this = user;
	struct ifinfomsg *ifi = nlmsg_data(hdr);

	if (hdr->nlmsg_type == RTM_NEWLINK && nlmsg_valid_hdr(hdr, sizeof(*ifi)) &&
		is_our_link(hdr))
	{
		struct ifinfomsg which = { .ifi_index = ifi->ifi_index };

		queue(this, RTM_DELLINK, &which, sizeof(which));
	}
}

/**
 * Look at a neighbour.
 */
static void on_neighbour(void *user, struct nlmsghdr *hdr)
{
	leftovers_t *this = user;
	struct ndmsg *ndm = nlmsg_data(hdr);
	struct nl_msg *msg;

	if (gkm_dp_dummies_is_neighbour(&this->v4, hdr) ||
		gkm_dp_dummies_is_neighbour(&this->v6, hdr))
	{
		struct ndmsg which = {
			.ndm_family = ndm->ndm_family,
			.ndm_ifindex = ndm->ndm_ifindex,
		};

		msg = queue(this, RTM_DELNEIGH, &which, sizeof(which));
		copy_attr(msg, hdr, sizeof(*ndm), NDA_DST);
	}
}

/**
 * Send the requests that were queued.
 *
 * @return			FALSE if any failed
 */
static bool remove_queued(leftovers_t *this, gkm_dp_netlink_t *netlink,
						  char *what)
{
	struct nl_msg *msg;
	bool done = TRUE;

	while (array_remove(this->requests, ARRAY_HEAD, &msg))
	{
		switch (netlink->request(netlink, msg, NULL, NULL))
		{
			case 0:
				this->removed++;
				break;
			case ENOENT:
			case ESRCH:
			case ENODEV:
				/* gone with something else, as a veth with its other end */
				break;
			default:
				done = gkm_fail(this->err, "removing %s failed: %s", what,
								netlink->get_reason(netlink));
				break;
		}
	}
	return done;
}

/**
 * Have the kernel tell all that it has of something, and remove what is ours.
 *
 * @param what		what it is, for errors
 * @param len		length of the header of such requests, which is all zero
 */
static bool sweep(leftovers_t *this, gkm_dp_netlink_t *netlink, char *what,
				  int type, size_t len, gkm_dp_netlink_cb_t cb)
{
	uint32_t header[4] = {};
	struct nl_msg *msg;
	int error, tries = 0;
	bool done = TRUE;

	do
	{
		msg = nlmsg_alloc_simple(type, NLM_F_DUMP);
		nlmsg_append(msg, header, len, NLMSG_ALIGNTO);
		error = netlink->request(netlink, msg, cb, this);
		if (error && error != EINTR)
		{
			gkm_fail(this->err, "looking for %s failed: %s", what,
					 netlink->get_reason(netlink));
		}
		done = remove_queued(this, netlink, what) && done;
	}
	while (error == EINTR && ++tries < TRIES);
	return done && (!error || error == EINTR);
}

/**
 * Remove addresses and routes of an IP version.
 */
static void remove_dummies(leftovers_t *this, gkm_dp_dummies_t *dummies)
{
	int tries = 0;

	/* one with each metric */
	while (tries++ < TRIES && !gkm_dp_dummies_del_route(dummies, 0))
	{
		this->removed++;
	}
	if (!gkm_dp_dummies_del_address(dummies))
	{
		this->removed++;
	}
}

/*
 * Described in header
 */
int gkm_dp_leftovers_remove(gkm_dataplane_cfg_t *cfg, gkm_error_t *err)
{
	leftovers_t this = {
		.route = gkm_dp_netlink_create(NETLINK_ROUTE, err),
		.err = err,
	};
	bool done = TRUE;

	if (!this.route)
	{
		return -1;
	}
	this.xfrm = gkm_dp_netlink_create(NETLINK_XFRM, NULL);
	this.requests = array_create(0, 0);
	gkm_dp_dummies_init(&this.v4, this.route, cfg->local4, cfg->remote4);
	gkm_dp_dummies_init(&this.v6, this.route, cfg->local6, cfg->remote6);
	if (this.xfrm)
	{
		done &= sweep(&this, this.xfrm, "policies", XFRM_MSG_GETPOLICY, 0,
					  on_policy);
		done &= sweep(&this, this.xfrm, "SAs", XFRM_MSG_GETSA, 0, on_sa);
		this.xfrm->destroy(this.xfrm);
	}
	done &= sweep(&this, this.route, "interfaces", RTM_GETLINK,
				  sizeof(struct ifinfomsg), on_link);
	done &= sweep(&this, this.route, "neighbours", RTM_GETNEIGH,
				  sizeof(struct ndmsg), on_neighbour);
	remove_dummies(&this, &this.v4);
	remove_dummies(&this, &this.v6);
	gkm_dp_dummies_clear(&this.v4);
	gkm_dp_dummies_clear(&this.v6);
	array_destroy(this.requests);
	this.route->destroy(this.route);
	return done ? this.removed : -1;
}
