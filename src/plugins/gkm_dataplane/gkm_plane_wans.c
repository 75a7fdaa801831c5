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


#include "gkm_plane_wans.h"

#include <net/if.h>

#include <collections/array.h>

typedef struct private_gkm_plane_wans_t private_gkm_plane_wans_t;
typedef struct wan_t wan_t;

/**
 * An interface
 */
struct wan_t {

	/** its name */
	char name[IFNAMSIZ];

	/** groups that use it */
	u_int users;

	/** its index, 0 while programs aren't attached */
	int ifindex;
};

/**
 * Private data
 */
struct private_gkm_plane_wans_t {

	/**
	 * Public interface
	 */
	gkm_plane_wans_t public;

	/**
	 * Programs
	 */
	gkm_dataplane_t *dp;

	/**
	 * Routes
	 */
	gkm_dp_net_t *net;

	/**
	 * Interfaces, as wan_t*
	 */
	array_t *wans;

	/**
	 * Index of the one that encrypted packets are routed to, 0 for none
	 */
	int first;
};

/**
 * Route encrypted packets to the first interface that there is.
 */
static bool route(private_gkm_plane_wans_t *this, gkm_error_t *err)
{
	int i, first = 0;
	wan_t *wan;

	for (i = 0; !first && array_get(this->wans, i, &wan); i++)
	{
		first = wan->ifindex;
	}
	if (first != this->first)
	{
		this->first = 0;
		if (!this->net->set_wan(this->net, first, err))
		{
			return FALSE;
		}
		this->first = first;
	}
	return TRUE;
}

/**
 * Bring programs in line with an interface.
 */
static bool update(private_gkm_plane_wans_t *this, wan_t *wan,
				   gkm_error_t *err)
{
	struct gkm_dp_link link = {};
	int ifindex = if_nametoindex(wan->name);

	if (wan->ifindex && wan->ifindex != ifindex)
	{
		this->dp->detach(this->dp, wan->ifindex);
		wan->ifindex = 0;
	}
	if (ifindex && !wan->ifindex)
	{
		if (!this->dp->attach(this->dp, ifindex, GKM_DP_WAN, &link, err))
		{
			return FALSE;
		}
		wan->ifindex = ifindex;
	}
	return TRUE;
}

/**
 * Find an interface
 */
static wan_t *find(private_gkm_plane_wans_t *this, char *name, int *idx)
{
	wan_t *wan;

	for (*idx = 0; array_get(this->wans, *idx, &wan); (*idx)++)
	{
		if (streq(wan->name, name))
		{
			return wan;
		}
	}
	return NULL;
}

METHOD(gkm_plane_wans_t, release, void,
	private_gkm_plane_wans_t *this, char *name)
{
	gkm_error_t err = {};
	wan_t *wan;
	int idx;

	wan = find(this, name, &idx);
	if (wan && !--wan->users)
	{
		array_remove(this->wans, idx, NULL);
		if (!route(this, &err))
		{
			DBG1(DBG_KNL, "%s", err.text);
		}
		if (wan->ifindex)
		{
			this->dp->detach(this->dp, wan->ifindex);
		}
		free(wan);
	}
}

METHOD(gkm_plane_wans_t, use, bool,
	private_gkm_plane_wans_t *this, char *name, gkm_error_t *err)
{
	wan_t *wan;
	int idx;

	wan = find(this, name, &idx);
	if (wan)
	{
		wan->users++;
		return TRUE;
	}
	if (strlen(name) >= IFNAMSIZ || !if_nametoindex(name))
	{
		return gkm_fail(err, "there is no interface %s", name);
	}
	INIT(wan,
		.users = 1,
	);
	strcpy(wan->name, name);
	array_insert(this->wans, ARRAY_TAIL, wan);
	if (!update(this, wan, err) || !route(this, err))
	{
		_release(this, name);
		return FALSE;
	}
	return TRUE;
}

METHOD(gkm_plane_wans_t, refresh, bool,
	private_gkm_plane_wans_t *this, gkm_error_t *err)
{
	bool ok = TRUE;
	wan_t *wan;
	int i;

	for (i = 0; array_get(this->wans, i, &wan); i++)
	{
		ok = update(this, wan, err) && ok;
	}
	return route(this, err) && ok;
}

METHOD(gkm_plane_wans_t, destroy, void,
	private_gkm_plane_wans_t *this)
{
	array_destroy(this->wans);
	free(this);
}

/*
 * Described in header
 */
gkm_plane_wans_t *gkm_plane_wans_create(gkm_dataplane_t *dp,
										gkm_dp_net_t *net)
{
	private_gkm_plane_wans_t *this;

	INIT(this,
		.public = {
			.use = _use,
			.release = _release,
			.refresh = _refresh,
			.destroy = _destroy,
		},
		.dp = dp,
		.net = net,
		.wans = array_create(0, 0),
	);
	return &this->public;
}
