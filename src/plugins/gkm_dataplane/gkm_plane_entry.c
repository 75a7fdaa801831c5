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


#include "gkm_plane_entry.h"
#include "gkm_plane_history.h"
#include "gkm_plane_overhead.h"

#include "libgkm_dataplane/gkm_dp_ifs.h"

/**
 * Is a selector one that the data plane can look at?
 */
static bool is_prefix(traffic_selector_t *ts, gkm_error_t *err)
{
	bool prefix, all;
	uint8_t mask;
	host_t *net;

	prefix = ts->to_subnet(ts, &net, &mask);
	net->destroy(net);
	all = !ts->get_protocol(ts) && !ts->get_from_port(ts) &&
		  ts->get_to_port(ts) == 0xffff;
	return (prefix && all) ||
		   gkm_fail(err, "%R has %s, the data plane protects prefixes only", ts,
					prefix ? "a protocol or ports" : "other addresses");
}

/**
 * Is an SA one that the data plane can use?
 */
static bool check_sa(gkm_data_sa_t *sa, gkm_error_t *err)
{
	if (sa->proposal->get_protocol(sa->proposal) != PROTO_ESP)
	{
		return gkm_fail(err, "the data plane has ESP only, not %N",
						protocol_id_names,
						sa->proposal->get_protocol(sa->proposal));
	}
	if (sa->mode != MODE_TUNNEL)
	{
		return gkm_fail(err, "the data plane has tunnel mode only, not %N",
						ipsec_mode_names, sa->mode);
	}
	if (sa->src->get_type(sa->src) != sa->dst->get_type(sa->dst))
	{
		return gkm_fail(err, "%R and %R differ in IP version", sa->src,
						sa->dst);
	}
	return is_prefix(sa->src, err) && is_prefix(sa->dst, err);
}

/**
 * Does an SA protect IPv6?
 */
static bool is_ipv6(gkm_data_sa_t *sa)
{
	return sa->src->get_type(sa->src) == TS_IPV6_ADDR_RANGE;
}

/**
 * Can the kernel do what an SA needs?
 */
static bool check_kernel(gkm_plane_core_t *core, gkm_data_sa_t *sa,
						 gkm_d3p_t *d3p, gkm_error_t *err)
{
	bool v6 = is_ipv6(sa);

	return gkm_dp_probe_suffices(&core->probe, !v6, v6, d3p->type != 0, err) &&
		   (!v6 || core->net->has_ipv6(core->net, err));
}

/**
 * Find an SPI in use.
 *
 * @return			position, -1 if it isn't
 */
static int find_spi(gkm_plane_core_t *core, uint32_t spi)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(core->spis, i, &current); i++)
	{
		if (current == spi)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Describe both states.
 */
static void plan_states(gkm_plane_entry_t *this, uint32_t group)
{
	gkm_dataplane_cfg_t *cfg = &this->core->cfg;
	bool v6 = is_ipv6(this->sa->sa);
	host_t *local = v6 ? cfg->local6 : cfg->local4;
	host_t *remote = v6 ? cfg->remote6 : cfg->remote4;

	this->out = (gkm_kernel_sa_t){
		.sa = this->sa->sa,
		.reqid = this->sa->reqid,
		.src = local,
		.dst = remote,
		.if_id = GKM_DP_IFS_ID(group),
		.d3p = this->programs.d3p_type != 0,
		.packets = this->sa->packets,
		.bytes = this->sa->bytes,
	};
	this->in = (gkm_kernel_sa_t){
		.sa = this->sa->sa,
		.reqid = this->sa->reqid,
		.src = remote,
		.dst = local,
		.in = TRUE,
		.if_id = GKM_DP_IFS_ID(group),
		.d3p = this->programs.d3p_type != 0,
	};
}

/*
 * Described in header
 */
gkm_plane_entry_t *gkm_plane_entry_create(gkm_plane_core_t *core,
										  gkm_plane_sa_t *sa, uint32_t group,
										  gkm_d3p_t *d3p, gkm_error_t *err)
{
	gkm_plane_entry_t *this;
	uint32_t spi = sa->sa->spi;

	if (!check_sa(sa->sa, err) || !check_kernel(core, sa->sa, d3p, err))
	{
		return NULL;
	}
	if (find_spi(core, spi) >= 0)
	{
		gkm_fail(err, "the data plane has another SA with SPI %.8x already",
				 ntohl(spi));
		return NULL;
	}
	INIT(this,
		.sa = sa,
		.programs = {
			.group = group,
			.d3p_type = d3p->type,
			.window = d3p->type ? d3p->window : 0,
		},
		.overhead = gkm_plane_overhead(sa->sa->proposal,
									   is_ipv6(sa->sa) ? AF_INET6 : AF_INET,
									   d3p->type != 0),
		.core = core,
	);
	plan_states(this, group);
	if (!core->dp->set_sa(core->dp, ntohl(spi), &this->programs, err))
	{
		free(this);
		return NULL;
	}
	array_insert(core->spis, ARRAY_TAIL, &spi);
	return this;
}

/*
 * Described in header
 */
bool gkm_plane_entry_install(gkm_plane_entry_t *this, gkm_error_t *err)
{
	if (this->sa->out && !gkm_kernel_add(&this->out, err))
	{
		return FALSE;
	}
	if (this->sa->in && !gkm_kernel_add(&this->in, err))
	{
		if (this->sa->out)
		{
			gkm_kernel_del(&this->out);
		}
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header
 */
void gkm_plane_entry_uninstall(gkm_plane_entry_t *this)
{
	if (this->sending)
	{
		gkm_kernel_stop(&this->out);
		this->sending = FALSE;
	}
	if (this->sa->out)
	{
		gkm_kernel_del(&this->out);
	}
	if (this->sa->in)
	{
		gkm_kernel_del(&this->in);
	}
}

/*
 * Described in header
 */
void gkm_plane_entry_set_window(gkm_plane_entry_t *this, uint32_t window)
{
	gkm_dataplane_t *dp = this->core->dp;
	uint32_t spi = ntohl(this->sa->sa->spi);
	gkm_error_t err = {};

	if (this->programs.d3p_type && this->programs.window != window)
	{
		this->programs.window = window;
		if (!dp->set_sa(dp, spi, &this->programs, &err))
		{
			DBG1(DBG_KNL, "setting the window of IP delay detection failed: %s",
				 err.text);
		}
	}
}

/*
 * Described in header
 */
void gkm_plane_entry_destroy(gkm_plane_entry_t *this,
							 struct gkm_dp_counters *ended)
{
	gkm_dataplane_t *dp = this->core->dp;
	uint32_t spi = ntohl(this->sa->sa->spi);
	struct gkm_dp_counters counters;

	if (ended && dp->get_counters(dp, spi, &counters))
	{
		gkm_plane_history_add(ended, &counters);
	}
	dp->del_sa(dp, spi);
	array_remove(this->core->spis, find_spi(this->core, this->sa->sa->spi),
				 NULL);
	free(this);
}
