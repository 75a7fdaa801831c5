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


#include "gkm_dp_hooks.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/** How names of our programs begin */
#define PREFIX "gkm_"

typedef struct private_gkm_dp_hooks_t private_gkm_dp_hooks_t;

/**
 * Private data
 */
struct private_gkm_dp_hooks_t {

	/**
	 * Public interface
	 */
	gkm_dp_hooks_t public;

	/**
	 * Interface
	 */
	int ifindex;

	/**
	 * Programs, -1 for none
	 */
	struct {
		enum bpf_tc_attach_point point;
		int fd;
	} hooks[2];

	/**
	 * Was the qdisc created for them?
	 */
	bool created;
};


#define HOOK(name, index, point) \
	LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = index, .attach_point = point)

#define FILTER(name) \
	LIBBPF_OPTS(bpf_tc_opts, name, .handle = GKM_DP_TC_HANDLE, \
				.priority = GKM_DP_TC_PRIORITY)

/**
 * Get the ID of the program that is attached by our handle, 0 if there is none.
 */
static uint32_t get_attached(int ifindex, enum bpf_tc_attach_point point)
{
	HOOK(hook, ifindex, point);
	FILTER(filter);

	return bpf_tc_query(&hook, &filter) ? 0 : filter.prog_id;
}

/**
 * Get the name of a program by its ID. That takes CAP_SYS_ADMIN, which a daemon
 * may have dropped: "?" without.
 */
static void get_name(uint32_t id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);
	int fd;

	strcpy(name, "?");
	fd = bpf_prog_get_fd_by_id(id);
	if (fd >= 0)
	{
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		{
			memcpy(name, info.name, BPF_OBJ_NAME_LEN);
		}
		close(fd);
	}
}

/**
 * Get the ID of a program.
 */
static uint32_t get_id(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/**
 * Detach our program.
 */
static void detach(int ifindex, enum bpf_tc_attach_point point)
{
	HOOK(hook, ifindex, point);
	FILTER(filter);

	bpf_tc_detach(&hook, &filter);
}

/**
 * Are there filters at one side of a qdisc, or is that unknown?
 */
static bool has_filters(int ifindex, uint32_t parent)
{
	struct {
		struct nlmsghdr hdr;
		struct tcmsg tc;
	} request = {
		.hdr = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETTFILTER,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.tc = {
			.tcm_family = AF_UNSPEC,
			.tcm_ifindex = ifindex,
			.tcm_parent = TC_H_MAKE(TC_H_CLSACT, parent),
		},
	};
	struct {
		struct nlmsghdr hdr;
		uint8_t data[8192];
	} reply;
	bool found = TRUE;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
	{
		return TRUE;
	}
	/* the first message tells: a filter, or that this was all */
	if (send(fd, &request, sizeof(request), 0) == sizeof(request) &&
		recv(fd, &reply, sizeof(reply), 0) >= (ssize_t)sizeof(reply.hdr))
	{
		found = reply.hdr.nlmsg_type != NLMSG_DONE;
	}
	close(fd);
	return found;
}

/**
 * Remove the qdisc unless there are filters of others.
 */
static void remove_qdisc(int ifindex)
{
	HOOK(hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (!has_filters(ifindex, TC_H_MIN_INGRESS) &&
		!has_filters(ifindex, TC_H_MIN_EGRESS))
	{
		bpf_tc_hook_destroy(&hook);
	}
}

METHOD(gkm_dp_hooks_t, intact, bool,
	private_gkm_dp_hooks_t *this)
{
	u_int i;

	for (i = 0; i < countof(this->hooks); i++)
	{
		if (this->hooks[i].fd >= 0 &&
			get_attached(this->ifindex, this->hooks[i].point) !=
			get_id(this->hooks[i].fd))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Attach a program in place of an older one of ours.
 */
static bool attach_one(private_gkm_dp_hooks_t *this,
					   enum bpf_tc_attach_point point, int fd, gkm_error_t *err)
{
	HOOK(hook, this->ifindex, point);
	FILTER(filter);
	char name[BPF_OBJ_NAME_LEN];
	uint32_t attached;
	int res;

	attached = get_attached(this->ifindex, point);
	if (attached == get_id(fd))
	{
		return TRUE;
	}
	if (attached)
	{
		get_name(attached, name);
		if (!strpfx(name, PREFIX))
		{
			return gkm_fail(err, "interface %d: program '%s' has our place",
							this->ifindex, name);
		}
	}
	filter.prog_fd = fd;
	filter.flags = BPF_TC_F_REPLACE;
	res = bpf_tc_attach(&hook, &filter);
	if (res)
	{
		return gkm_fail(err, "interface %d: attaching a program failed: %s",
						this->ifindex, strerror(-res));
	}
	return TRUE;
}

METHOD(gkm_dp_hooks_t, attach, bool,
	private_gkm_dp_hooks_t *this, gkm_error_t *err)
{
	HOOK(hook, this->ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	u_int i;
	int res;

	res = bpf_tc_hook_create(&hook);
	if (!res)
	{
		this->created = TRUE;
	}
	else if (res != -EEXIST)
	{
		return gkm_fail(err, "interface %d: creating a clsact qdisc failed: %s",
						this->ifindex, strerror(-res));
	}
	for (i = 0; i < countof(this->hooks); i++)
	{
		if (this->hooks[i].fd >= 0 &&
			!attach_one(this, this->hooks[i].point, this->hooks[i].fd, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gkm_dp_hooks_t, destroy, void,
	private_gkm_dp_hooks_t *this)
{
	u_int i;

	for (i = 0; i < countof(this->hooks); i++)
	{
		if (this->hooks[i].fd >= 0 &&
			get_attached(this->ifindex, this->hooks[i].point) ==
			get_id(this->hooks[i].fd))
		{
			detach(this->ifindex, this->hooks[i].point);
		}
	}
	if (this->created)
	{
		remove_qdisc(this->ifindex);
	}
	free(this);
}

/*
 * Described in header
 */
gkm_dp_hooks_t *gkm_dp_hooks_create(int ifindex, int ingress, int egress)
{
	private_gkm_dp_hooks_t *this;

	INIT(this,
		.public = {
			.intact = _intact,
			.attach = _attach,
			.destroy = _destroy,
		},
		.ifindex = ifindex,
		.hooks = {
			{ .point = BPF_TC_INGRESS, .fd = ingress, },
			{ .point = BPF_TC_EGRESS, .fd = egress, },
		},
	);
	return &this->public;
}

/*
 * Described in header
 */
bool gkm_dp_hooks_cleanup(int ifindex)
{
	enum bpf_tc_attach_point points[] = { BPF_TC_INGRESS, BPF_TC_EGRESS };
	char name[BPF_OBJ_NAME_LEN];
	bool found = FALSE;
	uint32_t id;
	u_int i;

	for (i = 0; i < countof(points); i++)
	{
		id = get_attached(ifindex, points[i]);
		if (!id)
		{
			continue;
		}
		get_name(id, name);
		if (strpfx(name, PREFIX))
		{
			detach(ifindex, points[i]);
			found = TRUE;
		}
	}
	if (found)
	{
		remove_qdisc(ifindex);
	}
	return found;
}

/**
 * How many octets are before the IP header on interfaces of a type? -1 if they
 * aren't supported.
 */
static int get_l2(int type)
{
	switch (type)
	{
		case ARPHRD_ETHER:
		case ARPHRD_LOOPBACK:
			return ETH_HLEN;
		case ARPHRD_NONE:
		case ARPHRD_PPP:
		case ARPHRD_RAWIP:
			return 0;
		default:
			return -1;
	}
}

/*
 * Described in header
 */
bool gkm_dp_hooks_link(int ifindex, struct gkm_dp_link *link, gkm_error_t *err)
{
	struct ifreq type = {}, mtu = {};
	bool ok = TRUE;
	int fd, l2;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || !if_indextoname(ifindex, type.ifr_name) ||
		!if_indextoname(ifindex, mtu.ifr_name) ||
		ioctl(fd, SIOCGIFHWADDR, &type) || ioctl(fd, SIOCGIFMTU, &mtu))
	{
		ok = gkm_fail(err, "no interface %d: %s", ifindex, strerror(errno));
	}
	else
	{
		l2 = get_l2(type.ifr_hwaddr.sa_family);
		if (l2 < 0)
		{
			ok = gkm_fail(err, "%s: interfaces of type %u aren't supported",
						  type.ifr_name, type.ifr_hwaddr.sa_family);
		}
		else
		{
			link->l2 = l2;
			link->mtu = mtu.ifr_mtu;
		}
	}
	if (fd >= 0)
	{
		close(fd);
	}
	return ok;
}
