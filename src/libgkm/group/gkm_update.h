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
 * @defgroup gkm_update gkm_update
 * @{ @ingroup libgkm
 */

#ifndef GKM_UPDATE_H_
#define GKM_UPDATE_H_

#include "gkm_download.h"

typedef struct gkm_delete_t gkm_delete_t;
typedef struct gkm_wrap_t gkm_wrap_t;
typedef struct gkm_update_t gkm_update_t;

/**
 * SAs that members are told to delete (RFC 9838, 2.4.3).
 */
struct gkm_delete_t {

	/** PROTO_ESP or PROTO_AH: data SAs. PROTO_GIKE_UPDATE: the member is
	 *  excluded from the group. PROTO_NONE: all SAs of the group. */
	protocol_id_t protocol;

	/** SPIs of data SAs in network byte order, as uint32_t by value; NULL or
	 *  empty for all data SAs of that protocol */
	array_t *spis;
};

/**
 * A new key of the key tree, wrapped with another one. Borrows both.
 */
struct gkm_wrap_t {
	gkm_kwk_t *key;
	gkm_kwk_t *kwk;
};

/**
 * What a key server tells members when it rekeys the group: the group model of
 * a rekey message, whichever protocol carries it.
 */
struct gkm_update_t {

	/** new rekey SA, if any, new data SAs, activation and deactivation delay.
	 *  Its path is what a member's path becomes with this update, empty if
	 *  that doesn't change; key servers leave it empty. No sender IDs. */
	gkm_download_t *download;

	/** SAs to delete, as gkm_delete_t* */
	array_t *deletes;

	/** DER SubjectPublicKeyInfo that updates after this one are to be checked
	 *  with, empty if that doesn't change */
	chunk_t auth_key;

	/** key server: new rekey SA for members that use GDOI, beside the one for
	 *  G-IKEv2 in download; NULL if it stays */
	gkm_rekey_sa_t *kek;

	/** member: message ID or sequence number of the message that brought this */
	uint32_t message_id;

	/** key server: keys of the tree that wrap the key of the new rekey SA, as
	 *  gkm_kwk_t*, borrowed; empty for the default one, that of the rekey SA
	 *  that carries the update */
	array_t *kwks;

	/** key server: new keys of the tree, as gkm_wrap_t by value */
	array_t *wraps;

	/** member: there is a new rekey SA, but none of the keys that wrap its key
	 *  is ours: we are excluded. download->rekey has no key then. */
	bool excluded;

	/** references, see below */
	refcount_t ref;
};

/**
 * Create an empty update, to be filled in by the caller.
 */
gkm_update_t *gkm_update_create();

/**
 * Get another reference to an update that won't be changed any more.
 */
gkm_update_t *gkm_update_get_ref(gkm_update_t *this);

/**
 * Add SAs to delete.
 *
 * @param protocol		protocol, see gkm_delete_t
 * @param spi			SPI of a data SA in network byte order, 0 for all. SPIs
 *						of one protocol are collected in one gkm_delete_t.
 */
void gkm_update_delete(gkm_update_t *this, protocol_id_t protocol,
					   uint32_t spi);

/**
 * Make an update tell all members that they are excluded and have to register
 * again (RFC 9838, 2.4.3): all data SAs are to be deleted, and nothing else is
 * said.
 */
void gkm_update_exclude(gkm_update_t *this);

/**
 * Does an update exclude all members?
 */
bool gkm_update_excludes_all(gkm_update_t *this);

/**
 * Is there nothing in an update that members have to be told?
 */
bool gkm_update_is_empty(gkm_update_t *this);

/**
 * Release an update, wiping keys with the last reference.
 *
 * @param this			update, may be NULL
 */
void gkm_update_destroy(gkm_update_t *this);

#endif /** GKM_UPDATE_H_ @}*/
