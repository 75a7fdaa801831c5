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

#include "gkm_kernel.h"

#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_keymat.h"
#include "libgkm_dataplane/gkm_dp_maps.h"

#include <daemon.h>

/** Reqids of groups, out of the way of those that charon counts up from 1 */
#define REQID_BASE 0x60000000

/** The kernel removes SAs that we didn't, this many seconds late */
#define LIFETIME_GRACE 2

/** Part of a limit at which the kernel tells that it nears, in percent */
#define SOFT_LIMIT 75

/** Packets in the replay window, unless configured */
#define REPLAY_WINDOW 32

/** IP protocol numbers of ESP and AH */
static uint8_t ip_protocol(gkm_kernel_sa_t *this)
{
	proposal_t *proposal = this->sa->proposal;

	return proposal->get_protocol(proposal) == PROTO_AH ? IPPROTO_AH
														: IPPROTO_ESP;
}

/*
 * Described in header
 */
uint32_t gkm_kernel_reqid()
{
	static refcount_t counter;

	return REQID_BASE + ref_get(&counter);
}

/**
 * Mode of an SA, which is not that of the group if there is another header
 */
static ipsec_mode_t get_mode(gkm_kernel_sa_t *this)
{
	return this->d3p ? MODE_BEET : this->sa->mode;
}

/**
 * What charon's policies say about an SA
 */
static ipsec_sa_cfg_t sa_config(gkm_kernel_sa_t *this)
{
	ipsec_sa_cfg_t cfg = {
		.mode = get_mode(this),
		.reqid = this->reqid,
		.policy_count = 1,
	};

	if (ip_protocol(this) == IPPROTO_AH)
	{
		cfg.ah.use = TRUE;
		cfg.ah.spi = this->sa->spi;
	}
	else
	{
		cfg.esp.use = TRUE;
		cfg.esp.spi = this->sa->spi;
	}
	return cfg;
}

/**
 * One selector of a policy, to be destroyed
 */
static traffic_selector_t *policy_ts(gkm_kernel_sa_t *this,
									 traffic_selector_t *ts)
{
	if (this->d3p)
	{
		return traffic_selector_create_from_bytes(GKM_DP_D3P_PROTOCOL,
							ts->get_type(ts), ts->get_from_address(ts), 0,
							ts->get_to_address(ts), 0xffff);
	}
	return ts->clone(ts);
}

/**
 * A policy's selectors, to be destroyed
 */
static kernel_ipsec_policy_id_t policy_id(gkm_kernel_sa_t *this,
										  policy_dir_t dir)
{
	return (kernel_ipsec_policy_id_t){
		.dir = dir,
		.src_ts = policy_ts(this, this->sa->src),
		.dst_ts = policy_ts(this, this->sa->dst),
		.if_id = this->if_id,
	};
}

/**
 * Destroy a policy's selectors
 */
static void destroy_id(kernel_ipsec_policy_id_t *id)
{
	id->src_ts->destroy(id->src_ts);
	id->dst_ts->destroy(id->dst_ts);
}

/**
 * Add or delete a policy, with any or our address as source of the SA
 */
static bool manage_policy(gkm_kernel_sa_t *this, policy_dir_t dir, bool add)
{
	kernel_ipsec_policy_id_t id = policy_id(this, dir);
	ipsec_sa_cfg_t cfg = sa_config(this);
	host_t *any = host_create_any(this->dst->get_family(this->dst));
	kernel_ipsec_manage_policy_t data = {
		.type = POLICY_IPSEC,
		.prio = POLICY_PRIORITY_DEFAULT,
		.src = dir == POLICY_OUT ? this->src : any,
		.dst = this->dst,
		.sa = &cfg,
	};
	bool success = FALSE;

	if (add)
	{
		success = charon->kernel->add_policy(charon->kernel, &id,
											 &data) == SUCCESS;
	}
	if (!success)
	{	/* charon remembers policies that it couldn't add, too */
		success = charon->kernel->del_policy(charon->kernel, &id,
											 &data) == SUCCESS && !add;
	}
	any->destroy(any);
	destroy_id(&id);
	return success;
}

/*
 * Described in header
 */
bool gkm_kernel_block(gkm_kernel_sa_t *this, bool block)
{
	kernel_ipsec_policy_id_t id = policy_id(this, POLICY_OUT);
	host_t *any = host_create_any(this->dst->get_family(this->dst));
	ipsec_sa_cfg_t cfg = {
		.mode = MODE_TRANSPORT,
	};
	kernel_ipsec_manage_policy_t data = {
		.type = POLICY_DROP,
		.prio = POLICY_PRIORITY_FALLBACK,
		.src = any,
		.dst = any,
		.sa = &cfg,
	};
	bool success = FALSE;

	if (block)
	{
		success = charon->kernel->add_policy(charon->kernel, &id,
											 &data) == SUCCESS;
	}
	if (!success)
	{
		success = charon->kernel->del_policy(charon->kernel, &id,
											 &data) == SUCCESS && !block;
	}
	any->destroy(any);
	destroy_id(&id);
	return success;
}

/**
 * Packets in the replay window: none if sequence numbers mean nothing
 */
static uint32_t replay_window(gkm_data_sa_t *sa)
{
	if (!gkm_proposal_is_sequential(sa->proposal))
	{
		return 0;
	}
	return lib->settings->get_int(lib->settings, "%s.replay_window",
								  REPLAY_WINDOW, lib->ns);
}

/**
 * Identify a state
 */
static kernel_ipsec_sa_id_t state_id(gkm_kernel_sa_t *this)
{
	return (kernel_ipsec_sa_id_t){
		.src = this->src,
		.dst = this->dst,
		.spi = this->sa->spi,
		.proto = ip_protocol(this),
		.if_id = this->if_id,
	};
}

/**
 * Is there an inbound policy? What an xfrm interface decrypts is checked by
 * the programs there, and goes on without a trace of IPsec.
 */
static bool has_policy_in(gkm_kernel_sa_t *this)
{
	return this->in && !this->if_id;
}

/**
 * When the kernel tells that a limit nears, 0 if there is none
 */
static uint64_t soft_limit(uint64_t limit)
{
	uint64_t soft = limit / 100 * SOFT_LIMIT + limit % 100 * SOFT_LIMIT / 100;

	return limit ? max(soft, 1) : 0;
}

/*
 * Described in header
 */
bool gkm_kernel_add(gkm_kernel_sa_t *this, gkm_error_t *err)
{
	gkm_data_sa_t *sa = this->sa;
	kernel_ipsec_sa_id_t id = state_id(this);
	kernel_ipsec_del_sa_t del = {};
	lifetime_cfg_t lifetime = {
		.time.life = sa->lifetime ? (uint64_t)sa->lifetime + LIFETIME_GRACE : 0,
		.packets = {
			.life = this->packets,
			.rekey = soft_limit(this->packets),
		},
		.bytes = {
			.life = this->bytes,
			.rekey = soft_limit(this->bytes),
		},
	};
	kernel_ipsec_add_sa_t data = {
		.reqid = this->reqid,
		.mode = get_mode(this),
		.lifetime = &lifetime,
		.enc_alg = ENCR_UNDEFINED,
		.int_alg = AUTH_UNDEFINED,
		.replay_window = replay_window(sa),
		.copy_df = TRUE,
		.copy_ecn = TRUE,
		/* of a state that does both, too: for outbound only ones charon leaves
		 * out the replay window */
		.inbound = this->in,
	};
	gkm_data_keys_t keys;
	status_t status;

	if (!gkm_keymat_split_data(sa->proposal, sa->key, &keys, err))
	{
		return FALSE;
	}
	sa->proposal->get_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								&data.enc_alg, NULL);
	sa->proposal->get_algorithm(sa->proposal, INTEGRITY_ALGORITHM,
								&data.int_alg, NULL);
	data.enc_key = keys.encr;
	data.int_key = keys.integ;
	data.src_ts = linked_list_create_with_items(sa->src, NULL);
	data.dst_ts = linked_list_create_with_items(sa->dst, NULL);

	status = charon->kernel->add_sa(charon->kernel, &id, &data);
	data.src_ts->destroy(data.src_ts);
	data.dst_ts->destroy(data.dst_ts);
	if (status != SUCCESS)
	{
		return gkm_fail(err, "the kernel refused it");
	}
	if (has_policy_in(this) && !manage_policy(this, POLICY_IN, TRUE))
	{
		charon->kernel->del_sa(charon->kernel, &id, &del);
		return gkm_fail(err, "the kernel refused its policy");
	}
	return TRUE;
}

/*
 * Described in header
 */
void gkm_kernel_del(gkm_kernel_sa_t *this)
{
	kernel_ipsec_sa_id_t id = state_id(this);
	kernel_ipsec_del_sa_t data = {};

	if (has_policy_in(this))
	{
		manage_policy(this, POLICY_IN, FALSE);
	}
	charon->kernel->del_sa(charon->kernel, &id, &data);
}

/**
 * Let a group's packets use the routes that they have without us.
 *
 * With an outbound tunnel policy charon installs a route through the next hop
 * towards the SA's destination. For a group that may be the default gateway,
 * to whose MAC address multicast would be sent then. A throw route in the same
 * place undoes that. Where charon has no routing table of its own it is a
 * route to the interface.
 */
static void add_route(gkm_kernel_sa_t *this)
{
	chunk_t addr = this->dst->get_address(this->dst);
	char *iface;

	if (this->sa->mode == MODE_TUNNEL && gkm_is_multicast(addr) &&
		lib->settings->get_bool(lib->settings, "%s.install_routes", TRUE,
								lib->ns) &&
		charon->kernel->get_interface(charon->kernel, this->src, &iface))
	{
		if (charon->kernel->add_route(charon->kernel, addr, addr.len * 8, NULL,
									  this->src, iface, TRUE) == SUCCESS)
		{
			this->iface = iface;
			return;
		}
		free(iface);
	}
}

/**
 * Remove what add_route() added
 */
static void del_route(gkm_kernel_sa_t *this)
{
	chunk_t addr = this->dst->get_address(this->dst);

	if (this->iface)
	{
		charon->kernel->del_route(charon->kernel, addr, addr.len * 8, NULL,
								  this->src, this->iface, TRUE);
		free(this->iface);
		this->iface = NULL;
	}
}

/*
 * Described in header
 */
bool gkm_kernel_send(gkm_kernel_sa_t *this, gkm_kernel_sa_t *instead)
{
	if (!manage_policy(this, POLICY_OUT, TRUE))
	{
		return FALSE;
	}
	if (instead)
	{
		if (instead->src->ip_equals(instead->src, this->src))
		{
			this->iface = instead->iface;
			instead->iface = NULL;
		}
		gkm_kernel_stop(instead);
	}
	if (!this->iface)
	{
		add_route(this);
	}
	return TRUE;
}

/*
 * Described in header
 */
void gkm_kernel_stop(gkm_kernel_sa_t *this)
{
	manage_policy(this, POLICY_OUT, FALSE);
	/* after the policy, whose own route would come back otherwise */
	del_route(this);
}

/*
 * Described in header
 */
bool gkm_kernel_is_local(host_t *address)
{
	return charon->kernel->get_interface(charon->kernel, address, NULL);
}

/*
 * Described in header
 */
host_t *gkm_kernel_find_source(traffic_selector_t *src, host_t *dst)
{
	enumerator_t *enumerator;
	host_t *addr, *found = NULL;

	addr = charon->kernel->get_source_addr(charon->kernel, dst, NULL);
	if (addr && src->includes(src, addr))
	{
		return addr;
	}
	DESTROY_IF(addr);

	enumerator = charon->kernel->create_address_enumerator(charon->kernel,
								ADDR_TYPE_REGULAR | ADDR_TYPE_VIRTUAL);
	while (!found && enumerator->enumerate(enumerator, &addr))
	{
		if (addr->get_family(addr) == dst->get_family(dst) &&
			src->includes(src, addr))
		{
			found = addr->clone(addr);
		}
	}
	enumerator->destroy(enumerator);
	return found;
}
