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
 * IDg payload: which group a member wants (RFC 9838, 4.2). Its format is that
 * of IKEv2's identification payloads (RFC 7296, 3.5).
 *
 * @defgroup gikev2_idg gikev2_idg
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_IDG_H_
#define GIKEV2_IDG_H_

#include <utils/identification.h>

#include "../group/gkm_error.h"

/**
 * Write the body of an IDg payload.
 *
 * @param group		group identity of one of the types below
 * @return			body, allocated, empty if no group can have that identity
 */
chunk_t gikev2_idg_build(identification_t *group);

/**
 * Read the body of an IDg payload: any type that can name a group, see
 * gkm_group_id.h.
 *
 * @param data		body
 * @param err		receives the reason on failure
 * @return			group identity, NULL if refused
 */
identification_t *gikev2_idg_parse(chunk_t data, gkm_error_t *err);

#endif /** GIKEV2_IDG_H_ @}*/
