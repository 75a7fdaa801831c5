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


#include "gkm_dp_net.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gkm_dp_dummies.h"

typedef struct private_gkm_dp_net_t private_gkm_dp_net_t;

/**
 * Private data
 */
struct private_gkm_dp_net_t {

	/**
	 * Public interface
	 */
	gkm_dp_net_t public;

	/**
	 * Netlink socket
	 */
	gkm_dp_netlink_t *netlink;

	/**
	 * Addresses of both IP versions
	 */
	gkm_dp_dummies_t v4;
	gkm_dp_dummies_t v6;

	/**
	 * First interface to the WAN, 0 if none
	 */
	int wan;

	/**
	 * Why IPv6 isn't possible, empty if it is
	 */
	gkm_error_t no_ipv6;
};

/**
 * Is an interface up, and does it need neighbours?
 */
static bool get_state(int ifindex, bool *ethernet)
{
	struct ifreq ifr = {};
	bool up = FALSE;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && if_indextoname(ifindex, ifr.ifr_name) &&
		!ioctl(fd, SIOCGIFFLAGS, &ifr))
	{
		up = ifr.ifr_flags & IFF_UP;
		*ethernet = !ioctl(fd, SIOCGIFHWADDR, &ifr) &&
					ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	}
	if (fd >= 0)
	{
		close(fd);
	}
	return up;
}

/**
 * Put back what is missing of an IP version, in the order that it depends on
 * each other.
 *
 * @return			how much, -1 on failure
 */
static int put_back(private_gkm_dp_net_t *this, gkm_dp_dummies_t *dummies,
					gkm_error_t *err)
{
	bool ethernet;
	int count = 0;

	if (!gkm_dp_dummies_has_address(dummies))
	{
		if (!gkm_dp_dummies_add_address(dummies, err))
		{
			return -1;
		}
		count++;
	}
	if (!this->wan || !get_state(this->wan, &ethernet))
	{
		return count;
	}
	if (!gkm_dp_dummies_has_route(dummies, this->wan))
	{
		if (!gkm_dp_dummies_add_route(dummies, this->wan, err))
		{
			return -1;
		}
		count++;
	}
	if (ethernet && !gkm_dp_dummies_has_neighbour(dummies, this->wan))
	{
		if (!gkm_dp_dummies_add_neighbour(dummies, this->wan, err))
		{
			return -1;
		}
		count++;
	}
	return count;
}

METHOD(gkm_dp_net_t, repair, int,
	private_gkm_dp_net_t *this, gkm_error_t *err)
{
	int v4, v6;

	v4 = put_back(this, &this->v4, err);
	memset(&this->no_ipv6, 0, sizeof(this->no_ipv6));
	v6 = put_back(this, &this->v6, &this->no_ipv6);
	return v4 < 0 ? v4 : v4 + max(v6, 0);
}

/**
 * Don't route to an interface any more, which may be gone.
 */
static void withdraw(private_gkm_dp_net_t *this, int ifindex)
{
	gkm_dp_dummies_del_route(&this->v4, ifindex);
	gkm_dp_dummies_del_neighbour(&this->v4, ifindex);
	gkm_dp_dummies_del_route(&this->v6, ifindex);
	gkm_dp_dummies_del_neighbour(&this->v6, ifindex);
}

METHOD(gkm_dp_net_t, set_wan, bool,
	private_gkm_dp_net_t *this, int ifindex, gkm_error_t *err)
{
	char name[IFNAMSIZ];
	int before = this->wan;
	bool done = TRUE;

	this->wan = ifindex;
	if (ifindex && !if_indextoname(ifindex, name))
	{
		done = gkm_fail(err, "no interface %d: %s", ifindex, strerror(errno));
	}
	/* the new route takes the place of the old one */
	else if (repair(this, err) < 0)
	{
		withdraw(this, ifindex);
		done = FALSE;
	}
	if (!done)
	{
		this->wan = 0;
	}
	if (before && before != this->wan)
	{
		withdraw(this, before);
	}
	return done;
}

METHOD(gkm_dp_net_t, has_ipv6, bool,
	private_gkm_dp_net_t *this, gkm_error_t *err)
{
	return !this->no_ipv6.text[0] || gkm_fail(err, "%s", this->no_ipv6.text);
}

METHOD(gkm_dp_net_t, destroy, void,
	private_gkm_dp_net_t *this)
{
	if (this->wan)
	{
		withdraw(this, this->wan);
	}
	gkm_dp_dummies_del_address(&this->v4);
	gkm_dp_dummies_del_address(&this->v6);
	gkm_dp_dummies_clear(&this->v4);
	gkm_dp_dummies_clear(&this->v6);
	this->netlink->destroy(this->netlink);
	free(this);
}

/*
 * Described in header
 */
gkm_dp_net_t *gkm_dp_net_create(gkm_dataplane_cfg_t *cfg, gkm_error_t *err)
{
	private_gkm_dp_net_t *this;
	gkm_dp_netlink_t *netlink;

	netlink = gkm_dp_netlink_create(NETLINK_ROUTE, err);
	if (!netlink)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.set_wan = _set_wan,
			.repair = _repair,
			.has_ipv6 = _has_ipv6,
			.destroy = _destroy,
		},
		.netlink = netlink,
	);
	gkm_dp_dummies_init(&this->v4, netlink, cfg->local4, cfg->remote4);
	gkm_dp_dummies_init(&this->v6, netlink, cfg->local6, cfg->remote6);
	if (repair(this, err) < 0)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
