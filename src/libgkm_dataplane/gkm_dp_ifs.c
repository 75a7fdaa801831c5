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


#include "gkm_dp_ifs.h"

#include <errno.h>
#include <net/if.h>

#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/link/xfrmi.h>

#include "gkm_dp_features.h"
#include "gkm_dp_netlink.h"

/** Index of the loopback interface, as whose xfrm interfaces are created */
#define LOOPBACK 1

/** Octets that the kernel allows for a description, terminator included */
#define ALIAS_LEN 256

/** Smallest MTU that IPv6 works with */
#define MTU_MIN 1280

/** Largest MTU that an interface can have */
#define MTU_MAX 65535

typedef struct private_gkm_dp_ifs_t private_gkm_dp_ifs_t;

/**
 * Private data
 */
struct private_gkm_dp_ifs_t {

	/**
	 * Public interface
	 */
	gkm_dp_ifs_t public;

	/**
	 * Netlink socket
	 */
	gkm_dp_netlink_t *netlink;

	/**
	 * Interfaces, 0 as long as there are none
	 */
	int inner;
	int near;
	int far;
};

/**
 * Create an interface of ours, and find out its index.
 *
 * @param link		what to create, is freed
 * @return			index, 0 on failure
 */
static int create(private_gkm_dp_ifs_t *this, struct rtnl_link *link,
				  char *name, gkm_error_t *err)
{
	struct nl_msg *msg = NULL;
	int ifindex = 0;

	rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	rtnl_link_put(link);
	if (this->netlink->request(this->netlink, msg, NULL, NULL))
	{
		gkm_fail(err, "creating interface %s failed: %s", name,
				 this->netlink->get_reason(this->netlink));
	}
	else
	{
		ifindex = if_nametoindex(name);
		if (!ifindex)
		{
			gkm_fail(err, "interface %s is gone", name);
		}
	}
	return ifindex;
}

/**
 * Change an interface.
 *
 * @param link		what to change, is freed
 */
static int change(private_gkm_dp_ifs_t *this, int ifindex,
				  struct rtnl_link *link)
{
	struct rtnl_link *orig;
	struct nl_msg *msg = NULL;

	orig = rtnl_link_alloc();
	rtnl_link_set_ifindex(orig, ifindex);
	rtnl_link_build_change_request(orig, link, 0, &msg);
	rtnl_link_put(orig);
	rtnl_link_put(link);
	return this->netlink->request(this->netlink, msg, NULL, NULL);
}

/**
 * Keep the kernel from giving the interface an IPv6 address. Fails without
 * harm where there is no IPv6.
 */
static void set_no_address(private_gkm_dp_ifs_t *this, int ifindex)
{
	struct rtnl_link *link = rtnl_link_alloc();

	rtnl_link_inet6_set_addr_gen_mode(link, rtnl_link_inet6_str2addrgenmode(
													"none"));
	change(this, ifindex, link);
}

/**
 * Describe an interface as ours, and have it up.
 *
 * @param flags		flags besides
 */
static bool set_up(private_gkm_dp_ifs_t *this, int ifindex, char *name,
				   char *group, uint32_t mtu, u_int flags, gkm_error_t *err)
{
	struct rtnl_link *link;
	char alias[ALIAS_LEN];

	set_no_address(this, ifindex);
	snprintf(alias, sizeof(alias), GKM_DP_IFS_ALIAS "%s", group);
	link = rtnl_link_alloc();
	rtnl_link_set_ifalias(link, alias);
	rtnl_link_set_mtu(link, mtu);
	rtnl_link_set_flags(link, IFF_UP | IFF_MULTICAST | flags);
	if (change(this, ifindex, link))
	{
		return gkm_fail(err, "setting interface %s up failed: %s", name,
						this->netlink->get_reason(this->netlink));
	}
	return TRUE;
}

/**
 * Create the xfrm interface. What comes out of it isn't merged, since it is to
 * be checked packet by packet.
 */
static bool create_inner(private_gkm_dp_ifs_t *this, gkm_dp_ifs_cfg_t *cfg,
						 gkm_error_t *err)
{
	struct rtnl_link *link = rtnl_link_xfrmi_alloc();
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "gkm%u", cfg->number);
	rtnl_link_set_name(link, name);
	rtnl_link_xfrmi_set_link(link, LOOPBACK);
	rtnl_link_xfrmi_set_if_id(link, GKM_DP_IFS_ID(cfg->number));
	this->inner = create(this, link, name, err);
	return this->inner &&
		   gkm_dp_features_off(name, GKM_DP_FEATURES_MERGE, err) &&
		   set_up(this, this->inner, name, cfg->group, cfg->mtu, 0, err);
}

/**
 * Remove an interface, if it is there.
 */
static void delete(private_gkm_dp_ifs_t *this, int ifindex)
{
	struct rtnl_link *link;
	struct nl_msg *msg = NULL;

	if (ifindex)
	{
		link = rtnl_link_alloc();
		rtnl_link_set_ifindex(link, ifindex);
		rtnl_link_build_delete_request(link, &msg);
		rtnl_link_put(link);
		this->netlink->request(this->netlink, msg, NULL, NULL);
	}
}

/**
 * Create the front.
 */
static bool create_front(private_gkm_dp_ifs_t *this, gkm_dp_ifs_cfg_t *cfg,
						 gkm_error_t *err)
{
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *peer = rtnl_link_veth_get_peer(link);
	char near[IFNAMSIZ], far[IFNAMSIZ];

	snprintf(near, sizeof(near), "gkm%uf", cfg->number);
	snprintf(far, sizeof(far), "gkm%up", cfg->number);
	rtnl_link_set_name(link, near);
	rtnl_link_set_name(peer, far);
	rtnl_link_put(peer);
	this->near = create(this, link, near, err);
	this->far = this->near ? if_nametoindex(far) : 0;
	if (!this->far)
	{
		return gkm_fail(err, "interface %s is gone", far);
	}
	return gkm_dp_features_off(near, GKM_DP_FEATURES_SEND, err) &&
		   gkm_dp_features_off(far, GKM_DP_FEATURES_MERGE, err) &&
		   set_up(this, this->far, far, cfg->group,
				  cfg->mtu + GKM_DP_IFS_D3P_ROOM, IFF_NOARP,
				  err) &&
		   set_up(this, this->near, near, cfg->group, cfg->mtu, IFF_NOARP, err);
}

METHOD(gkm_dp_ifs_t, add_front, bool,
	private_gkm_dp_ifs_t *this, gkm_dp_ifs_cfg_t *cfg, gkm_error_t *err)
{
	if (!create_front(this, cfg, err))
	{
		delete(this, this->near);
		this->near = this->far = 0;
		return FALSE;
	}
	return TRUE;
}

METHOD(gkm_dp_ifs_t, get_inner, int,
	private_gkm_dp_ifs_t *this)
{
	return this->inner;
}

METHOD(gkm_dp_ifs_t, get_near, int,
	private_gkm_dp_ifs_t *this)
{
	return this->near;
}

METHOD(gkm_dp_ifs_t, get_far, int,
	private_gkm_dp_ifs_t *this)
{
	return this->far;
}

METHOD(gkm_dp_ifs_t, destroy, void,
	private_gkm_dp_ifs_t *this)
{
	/* the far end goes with the near one */
	delete(this, this->near);
	delete(this, this->inner);
	this->netlink->destroy(this->netlink);
	free(this);
}

/*
 * Described in header
 */
gkm_dp_ifs_t *gkm_dp_ifs_create(gkm_dp_ifs_cfg_t *cfg, gkm_error_t *err)
{
	private_gkm_dp_ifs_t *this;
	gkm_dp_netlink_t *netlink;

	if (cfg->number >= GKM_DP_IFS_MAX || cfg->mtu < MTU_MIN ||
		cfg->mtu > MTU_MAX - GKM_DP_IFS_D3P_ROOM)
	{
		gkm_fail(err, "no interfaces with number %u and MTU %u", cfg->number,
				 cfg->mtu);
		return NULL;
	}
	netlink = gkm_dp_netlink_create(NETLINK_ROUTE, err);
	if (!netlink)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.get_inner = _get_inner,
			.add_front = _add_front,
			.get_near = _get_near,
			.get_far = _get_far,
			.destroy = _destroy,
		},
		.netlink = netlink,
	);
	if (!create_inner(this, cfg, err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
