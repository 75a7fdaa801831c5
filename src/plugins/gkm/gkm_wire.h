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
 * Layout of IKE messages, as far as it is looked at outside of charon, and of
 * the datagrams they come in.
 *
 * @defgroup gkm_wire gkm_wire
 * @{ @ingroup gkm
 */

#ifndef GKM_WIRE_H_
#define GKM_WIRE_H_

#include "libgkm/gikev2/gikev2_wire.h"

/** Octets in the zeroed marker that tells IKE from ESP (RFC 3948, 2.2) */
#define NON_ESP_MARKER_LEN 4

#endif /** GKM_WIRE_H_ @}*/
