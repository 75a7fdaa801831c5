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
 * One datagram to many addresses, as a key server without multicast needs it.
 *
 * @defgroup gkm_unicast gkm_unicast
 * @{ @ingroup gkm
 */

#ifndef GKM_UNICAST_H_
#define GKM_UNICAST_H_

#include <collections/array.h>
#include <networking/host.h>

#include "libgkm/group/gkm_error.h"

/**
 * See gkm_t.unicast().
 *
 * @param src			source address, NULL for any
 * @param targets		where to, gkm_target_t by value
 * @param datagram		what to send
 * @param err			receives the reason of the last failure
 * @return				number of targets that it was sent to
 */
u_int gkm_unicast_send(host_t *src, array_t *targets, chunk_t datagram,
					   gkm_error_t *err);

#endif /** GKM_UNICAST_H_ @}*/
