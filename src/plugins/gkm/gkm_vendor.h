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
 * Vendor IDs in phase 1 of GDOI: what we send, and what peers are.
 *
 * @defgroup gkm_vendor gkm_vendor
 * @{ @ingroup gkm
 */

#ifndef GKM_VENDOR_H_
#define GKM_VENDOR_H_

#include <daemon.h>
#include <encoding/message.h>

#include "libgkm/group/gkm_acks.h"

typedef struct gkm_vendor_t gkm_vendor_t;

/**
 * What is known of a peer from its vendor IDs. Plain data.
 */
struct gkm_vendor_t {

	/** it is this implementation */
	bool ours;

	/** it understands the attributes of IP delay detection */
	bool d3p;

	/** kinds whose vendor IDs it sent, bits 1 << GKM_PEER_* */
	uint8_t kinds;
};

/**
 * Add our vendor IDs to a message of phase 1, unless they are there.
 */
void gkm_vendor_add(message_t *message);

/**
 * Note the vendor IDs of a message of phase 1 that was received.
 *
 * Those of a kind of peers begin with one of the values configured as
 * charon.plugins.gkm.gdoi.vendor_ids.<kind>.
 */
void gkm_vendor_note(gkm_vendor_t *this, message_t *message);

/**
 * What kind of peer is it?
 */
gkm_peer_t gkm_vendor_peer(gkm_vendor_t *this);

#endif /** GKM_VENDOR_H_ @}*/
