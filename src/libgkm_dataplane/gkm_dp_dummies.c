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


#include "gkm_dp_dummies.h"

#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>

/** Index of the loopback interface */
#define LOOPBACK 1

/** Lifetime of an address without limit */
#define FOREVER 0xffffffff

/** Link layer address of the remote address, locally administered: packets
 *  with it get that of a real neighbour before they leave */
static uint8_t lladdr[ETH_ALEN] = { 0x02, 0x00, 0x5e, 0x00, 0x00, 0x01 };

typedef struct search_t search_t;

/**
 * What to look for in an answer.
 */
struct search_t {
	gkm_dp_dummies_t *dummies;
	int ifindex;
	bool found;
};

/**
 * Convert an address.
 */
static struct nl_addr *convert(host_t *host)
{
	chunk_t addr = host->get_address(host);

	return nl_addr_build(host->get_family(host), addr.ptr, addr.len);
}

/*
 * Described in header
 */
void gkm_dp_dummies_init(gkm_dp_dummies_t *this, gkm_dp_netlink_t *netlink,
						 host_t *local, host_t *remote)
{
	*this = (gkm_dp_dummies_t){
		.netlink = netlink,
		.local = convert(local),
		.remote = convert(remote),
	};
}

/*
 * Described in header
 */
void gkm_dp_dummies_clear(gkm_dp_dummies_t *this)
{
	nl_addr_put(this->local);
	nl_addr_put(this->remote);
}

/**
 * Send a request that nothing but an acknowledgement is expected for.
 */
static int request(gkm_dp_dummies_t *this, struct nl_msg *msg)
{
	return this->netlink->request(this->netlink, msg, NULL, NULL);
}

/**
 * Note what failed.
 *
 * @param what		what was to be added
 */
static bool failed(gkm_dp_dummies_t *this, char *what, struct nl_addr *addr,
				   int ifindex, gkm_error_t *err)
{
	char name[IFNAMSIZ] = "?", buf[INET6_ADDRSTRLEN + 4];

	if_indextoname(ifindex, name);
	return gkm_fail(err, "adding %s %s on %s failed: %s", what,
					nl_addr2str(addr, buf, sizeof(buf)), name,
					this->netlink->get_reason(this->netlink));
}

/**
 * Does a message have an attribute with that address?
 */
static bool has_addr(struct nlmsghdr *hdr, int header, int type,
					 struct nl_addr *addr)
{
	struct nlattr *attr = nlmsg_find_attr(hdr, header, type);

	return attr && nla_len(attr) == (int)nl_addr_get_len(addr) &&
		   memeq(nla_data(attr), nl_addr_get_binary_addr(addr), nla_len(attr));
}

/**
 * Begin a request that asks for something.
 */
static struct nl_msg *ask(int type, int flags, void *header, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	nlmsg_append(msg, header, len, NLMSG_ALIGNTO);
	return msg;
}

/**
 * Put an address into a request.
 */
static void put_addr(struct nl_msg *msg, int type, struct nl_addr *addr)
{
	nla_put(msg, type, nl_addr_get_len(addr), nl_addr_get_binary_addr(addr));
}

/**
 * Look at an address of the host.
 */
static void on_address(void *user, struct nlmsghdr *hdr)
{
	search_t *search = user;
	struct ifaddrmsg *ifa = nlmsg_data(hdr);

	if (hdr->nlmsg_type == RTM_NEWADDR &&
		nlmsg_valid_hdr(hdr, sizeof(*ifa)) && ifa->ifa_index == LOOPBACK &&
		ifa->ifa_prefixlen == nl_addr_get_prefixlen(search->dummies->local) &&
		has_addr(hdr, sizeof(*ifa), IFA_ADDRESS, search->dummies->local))
	{
		search->found = TRUE;
	}
}

/*
 * Described in header
 */
bool gkm_dp_dummies_has_address(gkm_dp_dummies_t *this)
{
	struct ifaddrmsg ifa = { .ifa_family = nl_addr_get_family(this->local) };
	search_t search = { .dummies = this };
	struct nl_msg *msg;

	msg = ask(RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa));
	this->netlink->request(this->netlink, msg, on_address, &search);
	return search.found;
}

/**
 * Describe the local address.
 */
static struct rtnl_addr *describe_address(gkm_dp_dummies_t *this)
{
	struct rtnl_addr *addr = rtnl_addr_alloc();

	rtnl_addr_set_ifindex(addr, LOOPBACK);
	rtnl_addr_set_local(addr, this->local);
	return addr;
}

/*
 * Described in header
 */
bool gkm_dp_dummies_add_address(gkm_dp_dummies_t *this, gkm_error_t *err)
{
	struct rtnl_addr *addr = describe_address(this);
	struct nl_msg *msg = NULL;

	if (nl_addr_get_family(this->local) == AF_INET)
	{
		rtnl_addr_set_scope(addr, RT_SCOPE_HOST);
	}
	else
	{	/* deprecated */
		rtnl_addr_set_flags(addr, IFA_F_NODAD);
		rtnl_addr_set_valid_lifetime(addr, FOREVER);
		rtnl_addr_set_preferred_lifetime(addr, 0);
	}
	rtnl_addr_build_add_request(addr, NLM_F_CREATE | NLM_F_REPLACE, &msg);
	rtnl_addr_put(addr);
	return !request(this, msg) ||
		   failed(this, "address", this->local, LOOPBACK, err);
}

/*
 * Described in header
 */
int gkm_dp_dummies_del_address(gkm_dp_dummies_t *this)
{
	struct rtnl_addr *addr = describe_address(this);
	struct nl_msg *msg = NULL;

	rtnl_addr_build_delete_request(addr, 0, &msg);
	rtnl_addr_put(addr);
	return request(this, msg);
}

/**
 * Look at the route that was found for the remote address.
 */
static void on_route(void *user, struct nlmsghdr *hdr)
{
	search_t *search = user;
	struct rtmsg *rtm = nlmsg_data(hdr);
	struct nlattr *oif;

	if (hdr->nlmsg_type == RTM_NEWROUTE && nlmsg_valid_hdr(hdr, sizeof(*rtm)) &&
		rtm->rtm_dst_len == nl_addr_get_prefixlen(search->dummies->remote) &&
		has_addr(hdr, sizeof(*rtm), RTA_PREFSRC, search->dummies->local))
	{
		oif = nlmsg_find_attr(hdr, sizeof(*rtm), RTA_OIF);
		search->found = oif && nla_len(oif) == sizeof(uint32_t) &&
						nla_get_u32(oif) == (uint32_t)search->ifindex;
	}
}

/*
 * Described in header
 */
bool gkm_dp_dummies_has_route(gkm_dp_dummies_t *this, int ifindex)
{
	struct rtmsg rtm = {
		.rtm_family = nl_addr_get_family(this->remote),
		.rtm_dst_len = nl_addr_get_prefixlen(this->remote),
		.rtm_flags = RTM_F_FIB_MATCH,
	};
	search_t search = { .dummies = this, .ifindex = ifindex };
	struct nl_msg *msg;

	/* a look-up, as there may be a great many routes */
	msg = ask(RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	put_addr(msg, RTA_DST, this->remote);
	this->netlink->request(this->netlink, msg, on_route, &search);
	return search.found;
}

/**
 * Describe a route to the remote address.
 *
 * @param ifindex	where it leads, 0 for anywhere
 */
static struct rtnl_route *describe_route(gkm_dp_dummies_t *this, int ifindex)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop;

	rtnl_route_set_dst(route, this->remote);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	if (ifindex)
	{
		hop = rtnl_route_nh_alloc();
		rtnl_route_nh_set_ifindex(hop, ifindex);
		rtnl_route_add_nexthop(route, hop);
	}
	return route;
}

/*
 * Described in header
 */
bool gkm_dp_dummies_add_route(gkm_dp_dummies_t *this, int ifindex,
							  gkm_error_t *err)
{
	struct rtnl_route *route = describe_route(this, ifindex);
	struct nl_msg *msg = NULL;

	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_set_scope(route, RT_SCOPE_LINK);
	rtnl_route_set_pref_src(route, this->local);
	rtnl_route_build_add_request(route, NLM_F_CREATE | NLM_F_REPLACE, &msg);
	rtnl_route_put(route);
	return !request(this, msg) ||
		   failed(this, "route to", this->remote, ifindex, err);
}

/*
 * Described in header
 */
int gkm_dp_dummies_del_route(gkm_dp_dummies_t *this, int ifindex)
{
	struct rtnl_route *route = describe_route(this, ifindex);
	struct nl_msg *msg = NULL;

	/* of any scope */
	rtnl_route_set_scope(route, RT_SCOPE_NOWHERE);
	rtnl_route_build_del_request(route, 0, &msg);
	rtnl_route_put(route);
	return request(this, msg);
}

/*
 * Described in header
 */
bool gkm_dp_dummies_is_neighbour(gkm_dp_dummies_t *this, struct nlmsghdr *hdr)
{
	struct ndmsg *ndm = nlmsg_data(hdr);
	struct nlattr *attr;

	if (hdr->nlmsg_type != RTM_NEWNEIGH ||
		!nlmsg_valid_hdr(hdr, sizeof(*ndm)) ||
		!(ndm->ndm_state & NUD_PERMANENT) ||
		!has_addr(hdr, sizeof(*ndm), NDA_DST, this->remote))
	{
		return FALSE;
	}
	attr = nlmsg_find_attr(hdr, sizeof(*ndm), NDA_LLADDR);
	return attr && nla_len(attr) == sizeof(lladdr) &&
		   memeq(nla_data(attr), lladdr, sizeof(lladdr));
}

/**
 * Look at the remote address as a neighbour.
 */
static void on_neighbour(void *user, struct nlmsghdr *hdr)
{
	search_t *search = user;

	search->found |= gkm_dp_dummies_is_neighbour(search->dummies, hdr);
}

/*
 * Described in header
 */
bool gkm_dp_dummies_has_neighbour(gkm_dp_dummies_t *this, int ifindex)
{
	struct ndmsg ndm = {
		.ndm_family = nl_addr_get_family(this->remote),
		.ndm_ifindex = ifindex,
	};
	search_t search = { .dummies = this };
	struct nl_msg *msg;

	msg = ask(RTM_GETNEIGH, 0, &ndm, sizeof(ndm));
	put_addr(msg, NDA_DST, this->remote);
	this->netlink->request(this->netlink, msg, on_neighbour, &search);
	return search.found;
}

/**
 * Describe the remote address as a neighbour.
 */
static struct rtnl_neigh *describe_neighbour(gkm_dp_dummies_t *this,
											 int ifindex)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();

	rtnl_neigh_set_ifindex(neigh, ifindex);
	rtnl_neigh_set_dst(neigh, this->remote);
	return neigh;
}

/*
 * Described in header
 */
bool gkm_dp_dummies_add_neighbour(gkm_dp_dummies_t *this, int ifindex,
								  gkm_error_t *err)
{
	struct rtnl_neigh *neigh = describe_neighbour(this, ifindex);
	struct nl_addr *addr = nl_addr_build(AF_LLC, lladdr, sizeof(lladdr));
	struct nl_msg *msg = NULL;

	rtnl_neigh_set_lladdr(neigh, addr);
	rtnl_neigh_set_state(neigh, NUD_PERMANENT);
	rtnl_neigh_build_add_request(neigh, NLM_F_CREATE | NLM_F_REPLACE, &msg);
	rtnl_neigh_put(neigh);
	nl_addr_put(addr);
	return !request(this, msg) ||
		   failed(this, "neighbour", this->remote, ifindex, err);
}

/*
 * Described in header
 */
int gkm_dp_dummies_del_neighbour(gkm_dp_dummies_t *this, int ifindex)
{
	struct rtnl_neigh *neigh = describe_neighbour(this, ifindex);
	struct nl_msg *msg = NULL;

	rtnl_neigh_build_delete_request(neigh, 0, &msg);
	rtnl_neigh_put(neigh);
	return request(this, msg);
}
