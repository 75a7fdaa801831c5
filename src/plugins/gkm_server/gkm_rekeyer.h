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
 * Tells members what changed in a group, and keeps that before it does:
 *
 *   notice -> datagrams, signed -> store -> multicast or unicast, and copies
 *          |                               later
 *          `-> tasks for members that are rekeyed in-band
 *
 * @defgroup gkm_rekeyer gkm_rekeyer
 * @{ @ingroup gkm_server
 */

#ifndef GKM_REKEYER_H_
#define GKM_REKEYER_H_

#include "gkm_ack_receiver.h"
#include "gkm_inband.h"
#include "gkm_server_groups.h"
#include "gkm_store.h"

typedef struct gkm_rekeyer_t gkm_rekeyer_t;

/**
 * Tells members. All functions are called with the mutex of the group.
 */
struct gkm_rekeyer_t {

	/**
	 * Do what is due in a group.
	 */
	void (*update)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Keep what changed in a group and tell members.
	 *
	 * If it can't be kept members are told all the same, since they would be
	 * without keys otherwise, and administrators hear of it.
	 *
	 * @param key			key that signs the messages, NULL if they aren't
	 * @param notices		gkm_notice_t*, destroyed; may be empty
	 */
	void (*deliver)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
					private_key_t *key, array_t *notices);

	/**
	 * Keep what changed in a group, as this key server stops.
	 */
	void (*keep)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Send copies that are due.
	 */
	void (*run)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Let a new group go on with what was kept, and send messages again that
	 * may not have been sent.
	 *
	 * @param err			receives the reason on failure
	 * @return				FALSE if that can't be read; the group is of no use
	 */
	bool (*resume)(gkm_rekeyer_t *this, gkm_server_group_t *entry,
				   gkm_error_t *err);

	/**
	 * A group isn't served any more: remove what is kept of it.
	 */
	void (*forget)(gkm_rekeyer_t *this, gkm_server_group_t *entry);

	/**
	 * Destroy this.
	 */
	void (*destroy)(gkm_rekeyer_t *this);
};

/**
 * Create a rekeyer.
 *
 * @param gkm		carries messages
 * @param store		keeps state, has to outlive this
 * @param inband	rekeys members in-band, has to outlive this
 * @param acks		receives acknowledgements, has to outlive this
 */
gkm_rekeyer_t *gkm_rekeyer_create(gkm_t *gkm, gkm_store_t *store,
								  gkm_inband_t *inband,
								  gkm_ack_receiver_t *acks);

#endif /** GKM_REKEYER_H_ @}*/
