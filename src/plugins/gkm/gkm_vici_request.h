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
 * @defgroup gkm_vici_request gkm_vici_request
 * @{ @ingroup gkm
 */

#ifndef GKM_VICI_REQUEST_H_
#define GKM_VICI_REQUEST_H_

#include <vici_message.h>

#include "libgkm/group/gkm_cfg.h"

/**
 * Read a group's configuration from a load-group request, see gkm_vici_t. All
 * that can be checked without its role is, and that the connections exist.
 *
 * @param message	request
 * @param err		receives the reason on failure
 * @return			finished configuration, NULL if refused
 */
gkm_cfg_t *gkm_vici_request_group(vici_message_t *message, gkm_error_t *err);

#endif /** GKM_VICI_REQUEST_H_ @}*/
