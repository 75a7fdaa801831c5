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
 * Identities that can name a group (RFC 9838, 4.2; RFC 6407, 5.2): addresses,
 * names and keys. Both protocols number these types as libstrongswan does.
 *
 * @defgroup gkm_group_id gkm_group_id
 * @{ @ingroup libgkm
 */

#ifndef GKM_GROUP_ID_H_
#define GKM_GROUP_ID_H_

#include <library.h>
#include <utils/identification.h>

#include "gkm_error.h"

/** Octets that name a group at most */
#define GKM_GROUP_ID_MAX 255

/**
 * Can a group have an identity: ID_IPV4_ADDR, ID_IPV6_ADDR, ID_FQDN,
 * ID_RFC822_ADDR or ID_KEY_ID, well-formed?
 *
 * @param type		type
 * @param data		its encoding
 * @param err		receives the reason if not
 */
bool gkm_group_id_check(id_type_t type, chunk_t data, gkm_error_t *err);

#endif /** GKM_GROUP_ID_H_ @}*/
