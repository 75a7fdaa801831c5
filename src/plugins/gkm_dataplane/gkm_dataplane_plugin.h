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


/**
 * Plugin that encrypts the traffic of groups between any addresses, for the
 * member role: see gkm_plane.h.
 *
 * @defgroup gkm_dataplane_plugin gkm_dataplane_plugin
 * @{ @ingroup gkm_dataplane
 */

#ifndef GKM_DATAPLANE_PLUGIN_H_
#define GKM_DATAPLANE_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct gkm_dataplane_plugin_t gkm_dataplane_plugin_t;

/**
 * Plugin with a data plane.
 */
struct gkm_dataplane_plugin_t {

	/**
	 * Implements plugin interface.
	 */
	plugin_t plugin;
};

#endif /** GKM_DATAPLANE_PLUGIN_H_ @}*/
