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

#include "gkm_member_plugin.h"
#include "gkm_member.h"
#include "gkm_member_plane.h"

#include "plugins/gkm/gkm_plane.h"

#include <linux/capability.h>

typedef struct private_gkm_member_plugin_t private_gkm_member_plugin_t;

/**
 * Private data of the plugin.
 */
struct private_gkm_member_plugin_t {

	/**
	 * Public interface
	 */
	gkm_member_plugin_t public;

	/**
	 * The member role, NULL if not active
	 */
	gkm_member_t *member;
};

/** Version that strongSwan 6.0.6 and newer compare with their own */
const char *gkm_member_plugin_version = GKM_STRONGSWAN_VERSION_STRING;

METHOD(plugin_t, get_name, char*,
	private_gkm_member_plugin_t *this)
{
	return "gkm-member";
}

/**
 * Start or stop the role
 */
static bool plugin_cb(private_gkm_member_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *cb_data)
{
	if (reg)
	{
		this->member = gkm_member_create(lib->get(lib, GKM_NAME));
	}
	else
	{
		this->member->destroy(this->member);
		this->member = NULL;
	}
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_gkm_member_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, "gkm-member"),
				PLUGIN_DEPENDS(CUSTOM, GKM_NAME),
				/* groups are on it until they are unloaded */
				PLUGIN_SDEPEND(CUSTOM, GKM_PLANE_NAME),
				/* SAs are removed before the kernel interface is gone */
				PLUGIN_SDEPEND(CUSTOM, "kernel-ipsec"),
				PLUGIN_SDEPEND(CUSTOM, "kernel-net"),
				/* groups leave it before it is gone */
				PLUGIN_SDEPEND(CUSTOM, GKM_PLANE_NAME),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void,
	private_gkm_member_plugin_t *this)
{
	free(this);
}

/*
 * Constructor, see plugin_loader_t
 */
plugin_t *gkm_member_plugin_create()
{
	private_gkm_member_plugin_t *this;

	/* for gkm_spi_watch_t, when the daemon has dropped privileges */
	if (!lib->caps->keep(lib->caps, CAP_NET_RAW))
	{
		DBG1(DBG_NET, "gkm-member plugin may not open raw sockets, lost rekey "
			 "messages won't be noticed early");
	}

	INIT(this,
		.public = {
			.plugin = {
				.get_name = _get_name,
				.get_features = _get_features,
				.destroy = _destroy,
			},
		},
	);
	return &this->public.plugin;
}
