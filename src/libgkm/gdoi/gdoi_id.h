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
 * Identities of groups in GROUPKEY-PULL (RFC 6407, 5.2; RFC 8052, 2.1).
 *
 * How the group model knows groups of IEC 62351 is said in gkm_oid.h.
 *
 * @defgroup gdoi_id gdoi_id
 * @{ @ingroup libgkm
 */

#ifndef GDOI_ID_H_
#define GDOI_ID_H_

#include <library.h>
#include <utils/identification.h>

#include "../group/gkm_error.h"

/**
 * Write the body of an ID payload.
 *
 * @param id			identity of a group
 * @param body			receives the body without generic header, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if GDOI has no ID of that type
 */
bool gdoi_id_build(identification_t *id, chunk_t *body, gkm_error_t *err);

/**
 * Read the body of an ID payload.
 *
 * @param body			body without generic header
 * @param err			receives the reason on failure
 * @return				identity, NULL if refused
 */
identification_t *gdoi_id_parse(chunk_t body, gkm_error_t *err);

#endif /** GDOI_ID_H_ @}*/
