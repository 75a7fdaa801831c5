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


#include "gkm_dp_probe.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <net/if.h>

#include <bpf/libbpf.h>
#include <netlink/route/link.h>

#include "gkm_dp_netlink.h"

/** SPI of an SA to try: a reserved one */
#define SPI 1

/** Octets of keys of an SA to try: AES-128-GCM with salt, or AES-128-CBC with
 *  SHA-256; bits of GCM's ICV */
#define GCM_KEY 20
#define CBC_KEY 16
#define SHA_KEY 32
#define ICV_BITS 128

/** Seconds until the kernel removes that SA if we don't */
#define LIFETIME 1

/**
 * Add to what is missing.
 */
static void misses(gkm_dp_probe_t *this, char *what, const char *reason,
				   char *consequence)
{
	size_t len = strlen(this->missing);

	snprintf(this->missing + len, sizeof(this->missing) - len,
			 "%s%s (%s): %s", len ? "; " : "", what, reason, consequence);
}

/**
 * Look for what is newer than tc programs as such.
 */
static void probe_bpf(gkm_dp_probe_t *this)
{
	int res;

	res = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);
	if (res > 0)
	{
		res = libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS,
									  BPF_FUNC_redirect_neigh, NULL);
	}
	this->bpf = res > 0;
	if (!this->bpf)
	{
		misses(this, "no eBPF programs for tc as of Linux 5.10",
			   res ? strerror(-res) : "not supported",
			   "nothing can be protected");
	}
}

/**
 * Is there a kind of interface? One is asked for whose MTU is impossible, which
 * the kernel only sees if it knows the kind.
 */
static bool probe_link(gkm_dp_probe_t *this, gkm_dp_netlink_t *netlink,
					   char *kind, char *what, char *consequence)
{
	struct rtnl_link *link = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	int error;

	rtnl_link_set_name(link, "gkm-probe");
	rtnl_link_set_type(link, kind);
	rtnl_link_set_mtu(link, 1);
	rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	error = netlink->request(netlink, msg, NULL, NULL);
	if (!error)
	{	/* a kernel that doesn't mind */
		rtnl_link_build_delete_request(link, &msg);
		netlink->request(netlink, msg, NULL, NULL);
	}
	rtnl_link_put(link);
	if (error && error != EINVAL)
	{
		misses(this, what, netlink->get_reason(netlink), consequence);
		return FALSE;
	}
	return TRUE;
}

/**
 * Put algorithms into an SA, with keys that are all zero.
 *
 * @param gcm		TRUE for GCM, FALSE for CBC
 */
static void put_algorithms(struct nl_msg *msg, bool gcm)
{
	struct {
		struct xfrm_algo_aead info;
		char key[GCM_KEY];
	} aead = {
		.info = {
			.alg_name = "rfc4106(gcm(aes))",
			.alg_key_len = GCM_KEY * 8,
			.alg_icv_len = ICV_BITS,
		},
	};
	struct {
		struct xfrm_algo info;
		char key[SHA_KEY];
	} encr = {
		.info = {
			.alg_name = "cbc(aes)",
			.alg_key_len = CBC_KEY * 8,
		},
	}, auth = {
		.info = {
			.alg_name = "hmac(sha256)",
			.alg_key_len = SHA_KEY * 8,
		},
	};

	if (gcm)
	{
		nla_put(msg, XFRMA_ALG_AEAD, sizeof(aead.info) + GCM_KEY, &aead);
	}
	else
	{
		nla_put(msg, XFRMA_ALG_CRYPT, sizeof(encr.info) + CBC_KEY, &encr);
		nla_put(msg, XFRMA_ALG_AUTH, sizeof(auth.info) + SHA_KEY, &auth);
	}
}

/**
 * Ask the kernel to add an SA between dummy addresses.
 */
static struct nl_msg *add_sa(host_t *src, host_t *dst, bool gcm)
{
	struct xfrm_usersa_info info = {
		.family = src->get_family(src),
		.mode = XFRM_MODE_TUNNEL,
		.id = {
			.spi = htonl(SPI),
			.proto = IPPROTO_ESP,
		},
		.lft = {
			.soft_byte_limit = XFRM_INF,
			.hard_byte_limit = XFRM_INF,
			.soft_packet_limit = XFRM_INF,
			.hard_packet_limit = XFRM_INF,
			.hard_add_expires_seconds = LIFETIME,
		},
	};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_NEWSA, NLM_F_EXCL);
	chunk_t addr;

	addr = src->get_address(src);
	memcpy(&info.saddr, addr.ptr, addr.len);
	addr = dst->get_address(dst);
	memcpy(&info.id.daddr, addr.ptr, addr.len);
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	put_algorithms(msg, gcm);
	return msg;
}

/**
 * Ask the kernel to delete it.
 */
static struct nl_msg *del_sa(host_t *dst)
{
	struct xfrm_usersa_id id = {
		.family = dst->get_family(dst),
		.spi = htonl(SPI),
		.proto = IPPROTO_ESP,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_DELSA, 0);
	chunk_t addr = dst->get_address(dst);

	memcpy(&id.daddr, addr.ptr, addr.len);
	nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO);
	return msg;
}

/**
 * Is there ESP for an IP version? The kernel looks for algorithms first: if it
 * lacks all that are tried, others may be used, and nothing is known about ESP.
 *
 * @param netlink	NULL if there is no XFRM
 */
static bool probe_esp(gkm_dp_probe_t *this, gkm_dp_netlink_t *netlink,
					  host_t *src, host_t *dst, char *what, char *consequence)
{
	int error;

	if (!netlink)
	{
		misses(this, what, "no XFRM", consequence);
		return FALSE;
	}
	error = netlink->request(netlink, add_sa(src, dst, TRUE), NULL, NULL);
	if (error == ENOSYS)
	{
		error = netlink->request(netlink, add_sa(src, dst, FALSE), NULL, NULL);
	}
	switch (error)
	{
		case 0:
			netlink->request(netlink, del_sa(dst), NULL, NULL);
			return TRUE;
		case ENOSYS:
		case EEXIST:
			return TRUE;
		default:
			misses(this, what, netlink->get_reason(netlink), consequence);
			return FALSE;
	}
}

/*
 * Described in header
 */
bool gkm_dp_probe(gkm_dataplane_cfg_t *cfg, gkm_dp_probe_t *probe)
{
	gkm_dp_netlink_t *route, *xfrm;
	gkm_error_t err = {};

	memset(probe, 0, sizeof(*probe));
	probe_bpf(probe);
	xfrm = gkm_dp_netlink_create(NETLINK_XFRM, NULL);
	probe->esp4 = probe_esp(probe, xfrm, cfg->local4, cfg->remote4,
							"no ESP for IPv4", "IPv4 can't be protected");
	probe->esp6 = probe_esp(probe, xfrm, cfg->local6, cfg->remote6,
							"no ESP for IPv6", "IPv6 can't be protected");
	DESTROY_IF(xfrm);
	route = gkm_dp_netlink_create(NETLINK_ROUTE, &err);
	if (!route)
	{
		misses(probe, "no rtnetlink", err.text, "nothing can be protected");
		return FALSE;
	}
	probe->xfrmi = probe_link(probe, route, "xfrm", "no xfrm interfaces",
							  "nothing can be protected");
	probe->veth = probe_link(probe, route, "veth", "no veth",
							 "IP-D3P can't be used");
	route->destroy(route);
	return !probe->missing[0];
}

/*
 * Described in header
 */
bool gkm_dp_probe_suffices(gkm_dp_probe_t *probe, bool ipv4, bool ipv6,
						   bool d3p, gkm_error_t *err)
{
	char *lacks = NULL;

	if (!probe->bpf)
	{
		lacks = "eBPF programs for tc as of Linux 5.10";
	}
	else if (!probe->xfrmi)
	{
		lacks = "xfrm interfaces";
	}
	else if (ipv4 && !probe->esp4)
	{
		lacks = "ESP for IPv4";
	}
	else if (ipv6 && !probe->esp6)
	{
		lacks = "ESP for IPv6";
	}
	else if (d3p && !probe->veth)
	{
		lacks = "veth, which IP-D3P takes";
	}
	return !lacks || gkm_fail(err, "the kernel lacks %s", lacks);
}
