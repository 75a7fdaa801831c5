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


#include "gkm_coop_plugin.h"
#include "gkm_coop_service.h"

#include <daemon.h>

typedef struct private_gkm_coop_plugin_t private_gkm_coop_plugin_t;

/**
 * Private data
 */
struct private_gkm_coop_plugin_t {

	/**
	 * Public interface
	 */
	gkm_coop_plugin_t public;

	/**
	 * Groups that others serve as well, NULL if not active
	 */
	gkm_coop_service_t *service;
};

/** Version that strongSwan 6.0.6 and newer compare with their own */
const char *gkm_coop_plugin_version = GKM_STRONGSWAN_VERSION_STRING;

METHOD(plugin_t, get_name, char*,
	private_gkm_coop_plugin_t *this)
{
	return "gkm-coop";
}

/**
 * Start or stop to cooperate
 */
static bool plugin_cb(private_gkm_coop_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *cb_data)
{
	if (reg)
	{
		this->service = gkm_coop_service_create(lib->get(lib, GKM_NAME));
		lib->set(lib, GKM_COOP_NAME, &this->service->public);
		return TRUE;
	}
	lib->set(lib, GKM_COOP_NAME, NULL);
	this->service->destroy(this->service);
	this->service = NULL;
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_gkm_coop_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, GKM_COOP_NAME),
				PLUGIN_DEPENDS(CUSTOM, GKM_NAME),
				PLUGIN_DEPENDS(RNG, RNG_STRONG),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void,
	private_gkm_coop_plugin_t *this)
{
	free(this);
}

/*
 * Described in header
 */
plugin_t *gkm_coop_plugin_create()
{
	private_gkm_coop_plugin_t *this;

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
