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

#include "gkm_plugin.h"
#include "gkm_service.h"
#include "gkm_socket.h"

#include "libgkm/group/gkm_algs.h"

#include <daemon.h>

#include <dlfcn.h>
#include <linux/capability.h>

typedef struct private_gkm_plugin_t private_gkm_plugin_t;

/**
 * Private data of the plugin.
 */
struct private_gkm_plugin_t {

	/**
	 * Public interface
	 */
	gkm_plugin_t public;

	/**
	 * What roles use, NULL if not active
	 */
	gkm_service_t *service;
};

/** Version that strongSwan 6.0.6 and newer compare with their own */
const char *gkm_plugin_version = GKM_STRONGSWAN_VERSION_STRING;

/**
 * Was the plugin built as the daemon was? Mediation changes the layout of
 * structures, so this has to be found out before any is used.
 */
static bool check_abi()
{
#ifdef ME
	bool built = TRUE;
#else
	bool built = FALSE;
#endif
	bool mediation = dlsym(RTLD_DEFAULT, "ike_me_create") != NULL;

	if (built != mediation)
	{
		DBG1(DBG_LIB, "gkm plugin was built for a daemon with%s mediation, "
			 "this one is with%s", built ? "" : "out", mediation ? "" : "out");
		return FALSE;
	}
	return TRUE;
}

METHOD(plugin_t, get_name, char*,
	private_gkm_plugin_t *this)
{
	return "gkm";
}

/**
 * Start or stop carrying group exchanges
 */
static bool plugin_cb(private_gkm_plugin_t *this, plugin_feature_t *feature,
					  bool reg, void *cb_data)
{
	if (reg)
	{
		if (!gkm_socket_active())
		{
			DBG1(DBG_NET, "another plugin's socket is in use, no group "
				 "exchanges will be received: load gkm before it, or not it");
		}
		this->service = gkm_service_create();
		if (!this->service)
		{
			return FALSE;
		}
		lib->set(lib, GKM_NAME, &this->service->public);
		return TRUE;
	}
	lib->set(lib, GKM_NAME, NULL);
	this->service->destroy(this->service);
	this->service = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_gkm_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK(socket_register, gkm_socket_create),
			PLUGIN_PROVIDE(CUSTOM, "socket"),
				PLUGIN_SDEPEND(CUSTOM, "kernel-ipsec"),
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, GKM_NAME),
				PLUGIN_DEPENDS(CUSTOM, "socket"),
				PLUGIN_DEPENDS(CUSTOM, "libcharon"),
				PLUGIN_SDEPEND(CUSTOM, "vici"),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void,
	private_gkm_plugin_t *this)
{
	free(this);
}

/*
 * Constructor, see plugin_loader_t
 */
plugin_t *gkm_plugin_create()
{
	private_gkm_plugin_t *this;

	if (!check_abi())
	{
		return NULL;
	}
	/* multicast sockets are opened when the daemon has dropped privileges */
	if (!lib->caps->keep(lib->caps, CAP_NET_BIND_SERVICE))
	{
		DBG1(DBG_NET, "gkm plugin may not bind to ports below 1024, members "
			 "can't receive rekey messages there");
	}
	/* connections may name key wrap algorithms as soon as they are loaded */
	gkm_algs_register();

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
