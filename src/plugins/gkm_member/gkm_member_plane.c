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

#include "gkm_member_plane.h"

#include <daemon.h>

/**
 * Is there an address in a list of them?
 */
static bool has_host(array_t *hosts, host_t *host)
{
	host_t *current;
	int i;

	for (i = 0; array_get(hosts, i, &current); i++)
	{
		if (current->ip_equals(current, host))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
array_t *gkm_member_plane_find_server(char *connection)
{
	array_t *hosts = array_create(0, 0);
	peer_cfg_t *peer_cfg;
	ike_cfg_t *ike_cfg;
	enumerator_t *enumerator;
	char *remote;
	host_t *host;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  connection);
	if (!peer_cfg)
	{
		return hosts;
	}
	ike_cfg = peer_cfg->get_ike_cfg(peer_cfg);
	enumerator = enumerator_create_token(ike_cfg->get_other_addr(ike_cfg), ",",
										 " ");
	while (enumerator->enumerate(enumerator, &remote))
	{	/* subnets and ranges are for those that connect to us */
		host = host_create_from_string(remote, 0);
		if (host && !host->is_anyaddr(host))
		{
			array_insert(hosts, ARRAY_TAIL, host);
		}
		else
		{
			DESTROY_IF(host);
		}
	}
	enumerator->destroy(enumerator);
	peer_cfg->destroy(peer_cfg);
	return hosts;
}

/*
 * Described in header
 */
void gkm_member_plane_add_server(gkm_member_plane_t *this, host_t *host)
{
	if (!has_host(this->servers, host))
	{
		array_insert(this->servers, ARRAY_TAIL, host->clone(host));
	}
}

/*
 * Described in header
 */
void gkm_member_plane_set_servers(gkm_member_plane_t *this, gkm_cfg_t *cfg)
{
	char *connection;
	array_t *hosts;
	host_t *host;
	int i;

	array_destroy_offset(this->servers, offsetof(host_t, destroy));
	this->servers = array_create(0, 0);
	for (i = 0; array_get(cfg->connections, i, &connection); i++)
	{
		hosts = gkm_member_plane_find_server(connection);
		if (!array_count(hosts))
		{
			DBG1(DBG_CFG, "group %s: connection '%s' has no address of a key "
				 "server, which can't be reached if the group protects it",
				 cfg->name, connection);
		}
		while (array_remove(hosts, ARRAY_HEAD, &host))
		{
			gkm_member_plane_add_server(this, host);
			host->destroy(host);
		}
		array_destroy(hosts);
	}
}

/*
 * Described in header
 */
void gkm_member_plane_exempt(gkm_member_plane_t *this, array_t *rekeys)
{
	array_t *hosts = array_create(0, 0);
	host_t *host;
	int i;

	for (i = 0; array_get(this->servers, i, &host); i++)
	{
		array_insert(hosts, ARRAY_TAIL, host);
	}
	for (i = 0; array_get(rekeys, i, &host); i++)
	{
		array_insert(hosts, ARRAY_TAIL, host);
	}
	this->group->exempt(this->group, hosts);
	array_destroy(hosts);
}

/*
 * Described in header
 */
void gkm_member_plane_set_d3p(gkm_member_plane_t *this, gkm_d3p_t *d3p)
{
	if (this->d3p.type != d3p->type || this->d3p.window != d3p->window)
	{
		this->d3p = *d3p;
		this->group->set_d3p(this->group, &this->d3p);
	}
}

/*
 * Described in header
 */
bool gkm_member_plane_suits(gkm_member_plane_t *this, gkm_cfg_t *cfg)
{
	return this && gkm_cfg_plane_equals(this->cfg, cfg);
}

/*
 * Described in header
 */
gkm_member_plane_t *gkm_member_plane_open(gkm_cfg_t *cfg, gkm_error_t *err)
{
	gkm_plane_t *plane = lib->get(lib, GKM_PLANE_NAME);
	gkm_error_t reason = {};
	gkm_member_plane_t *this;

	if (!plane)
	{
		gkm_fail(err, "data_plane: no data plane plugin, gkm-dataplane isn't "
				 "loaded");
		return NULL;
	}
	INIT(this,
		.cfg = gkm_cfg_clone(cfg),
	);
	this->group = plane->open(plane, this->cfg, &reason);
	if (!this->group)
	{
		gkm_fail(err, "data_plane: %s", reason.text);
		gkm_member_plane_destroy(this);
		return NULL;
	}
	gkm_member_plane_set_servers(this, cfg);
	gkm_member_plane_exempt(this, NULL);
	return this;
}

/*
 * Described in header
 */
void gkm_member_plane_destroy(gkm_member_plane_t *this)
{
	if (this)
	{
		if (this->group)
		{
			this->group->destroy(this->group);
		}
		array_destroy_offset(this->servers, offsetof(host_t, destroy));
		gkm_cfg_destroy(this->cfg);
		free(this);
	}
}
