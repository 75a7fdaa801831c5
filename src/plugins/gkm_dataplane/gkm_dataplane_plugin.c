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


#include "gkm_dataplane_plugin.h"
#include "gkm_plane_core.h"
#include "gkm_plane_group.h"
#include "gkm_plane_watch.h"

#include <linux/capability.h>

typedef struct private_gkm_dataplane_plugin_t private_gkm_dataplane_plugin_t;
typedef struct plane_t plane_t;

/**
 * What the member role gets
 */
struct plane_t {

	/**
	 * Public interface
	 */
	gkm_plane_t public;

	/**
	 * Plugin
	 */
	private_gkm_dataplane_plugin_t *plugin;
};

/**
 * Private data of the plugin.
 */
struct private_gkm_dataplane_plugin_t {

	/**
	 * Public interface
	 */
	gkm_dataplane_plugin_t public;

	/**
	 * Data plane
	 */
	plane_t plane;

	/**
	 * What groups share, NULL if not active
	 */
	gkm_plane_core_t *core;

	/**
	 * Keeps watch, from the first group on; protected by the lock of core
	 */
	gkm_plane_watch_t *watch;
};

/** Version that strongSwan 6.0.6 and newer compare with their own */
const char *gkm_dataplane_plugin_version = GKM_STRONGSWAN_VERSION_STRING;

METHOD(gkm_plane_t, open_, gkm_plane_group_t*,
	plane_t *this, gkm_cfg_t *cfg, gkm_error_t *err)
{
	private_gkm_dataplane_plugin_t *plugin = this->plugin;
	gkm_plane_core_t *core = plugin->core;
	gkm_plane_group_t *group;

	group = gkm_plane_group_create(core, cfg, err);
	core->mutex->lock(core->mutex);
	if (group && !plugin->watch)
	{
		plugin->watch = gkm_plane_watch_create(core);
	}
	core->mutex->unlock(core->mutex);
	return group;
}

METHOD(plugin_t, get_name, char*,
	private_gkm_dataplane_plugin_t *this)
{
	return "gkm-dataplane";
}

/**
 * Offer the data plane, or don't any more
 */
static bool plugin_cb(private_gkm_dataplane_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *cb_data)
{
	gkm_error_t err = {};

	if (reg)
	{
		this->core = gkm_plane_core_create(lib->get(lib, GKM_NAME), &err);
		if (!this->core)
		{
			DBG1(DBG_CFG, "no data plane: charon.plugins.gkm-dataplane.%s",
				 err.text);
			return FALSE;
		}
		lib->set(lib, GKM_PLANE_NAME, &this->plane.public);
	}
	else
	{
		lib->set(lib, GKM_PLANE_NAME, NULL);
		DESTROY_IF(this->watch);
		gkm_plane_core_destroy(this->core);
	}
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_gkm_dataplane_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, GKM_PLANE_NAME),
				PLUGIN_DEPENDS(CUSTOM, GKM_NAME),
				/* SAs are removed before the kernel interface is gone */
				PLUGIN_SDEPEND(CUSTOM, "kernel-ipsec"),
				PLUGIN_SDEPEND(CUSTOM, "kernel-net"),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void,
	private_gkm_dataplane_plugin_t *this)
{
	free(this);
}

/**
 * Keep what the data plane needs when the daemon drops privileges: to load
 * programs, without the verifier's measures against users who aren't trusted,
 * and to send ICMP errors.
 */
static void keep_capabilities()
{
	static const struct {
		int number;
		char *name;
	} caps[] = {
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_NET_RAW, "CAP_NET_RAW" },
	};
	int i;

	for (i = 0; i < countof(caps); i++)
	{
		if (!lib->caps->keep(lib->caps, caps[i].number))
		{
			DBG1(DBG_KNL, "gkm-dataplane plugin may need %s, which this "
				 "process doesn't have", caps[i].name);
		}
	}
}

/*
 * Constructor, see plugin_loader_t
 */
plugin_t *gkm_dataplane_plugin_create()
{
	private_gkm_dataplane_plugin_t *this;

	keep_capabilities();

	INIT(this,
		.public = {
			.plugin = {
				.get_name = _get_name,
				.get_features = _get_features,
				.destroy = _destroy,
			},
		},
		.plane = {
			.public = {
				.open = _open_,
			},
		},
	);
	this->plane.plugin = this;
	return &this->public.plugin;
}
