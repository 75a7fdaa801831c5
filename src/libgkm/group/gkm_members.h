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
 * Members that are registered with a key server's group. Made to be small,
 * since a group may have a hundred thousand.
 *
 * @defgroup gkm_members gkm_members
 * @{ @ingroup libgkm
 */

#ifndef GKM_MEMBERS_H_
#define GKM_MEMBERS_H_

#include <library.h>
#include <collections/array.h>
#include <networking/host.h>
#include <utils/identification.h>

#include "gkm_acks.h"
#include "gkm_timing.h"

/** Slot of a member without leaf in the key tree */
#define GKM_MEMBER_NO_SLOT UINT32_MAX

typedef struct gkm_member_t gkm_member_t;
typedef struct gkm_members_t gkm_members_t;

/**
 * A registered member: plain data in one piece of memory, in an order without
 * gaps.
 */
struct gkm_member_t {

	/** identity that was authenticated, as type and encoding, which is
	 *  behind the sender IDs */
	chunk_t id_encoding;
	id_type_t id_type;

	/** address and port it last registered from */
	uint16_t family;
	uint16_t port;
	uint8_t address[16];

	/** last registration */
	time_t registered;

	/** end of the last of the data SAs that it got when it registered */
	time_t expires;

	/** leaf of the key tree, GKM_MEMBER_NO_SLOT if it has none */
	uint32_t slot;

	/** unique ID of the IKE_SA that it is rekeyed over by this key server, 0 if
	 *  it is not */
	uint32_t ike_sa_id;

	/** number of registrations */
	uint32_t registrations;

	/** lineage of the group when it registered, see gkm_rekeying.h */
	uint64_t lineage;

	/** number of the key server that it registered with, 0 if that is alone */
	uint8_t owner;

	/** protocol that it uses */
	gkm_protocol_t protocol : 8;

	/** GDOI: what it is, and what it can be sent, GKM_CAN_* */
	gkm_peer_t peer : 8;
	uint8_t can;

	/** number of sender IDs of the last registration */
	uint8_t sender_id_count;

	/** the IDs, behind this structure */
	uint32_t *sender_ids;

	/** GDOI: what became of rekeys that it was sent */
	gkm_member_acks_t acks;

	/** it is rekeyed over its IKE_SA, by the key server that it registered with;
	 *  otherwise rekeys reach it by multicast, or it uses GDOI */
	bool inband;

	/** it sends to the group */
	bool sender;

	/** it understands fragments of IKE messages (RFC 7383) */
	bool fragmentation;

	/** GDOI: it registered at the port of NAT traversal */
	bool natt;
};

/**
 * Table of members, each identity once.
 */
struct gkm_members_t {

	/**
	 * Add a member, in place of what is known of the same identity.
	 *
	 * @param member		member, adopted; what the table looks at isn't to be
	 *						changed later: identity, expires, ike_sa_id,
	 *						inband, protocol, address, port, natt
	 */
	void (*put)(gkm_members_t *this, gkm_member_t *member);

	/**
	 * An IKE_SA that a member is rekeyed over was replaced.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA
	 * @param new_id		that of its successor
	 * @return				FALSE if no member is rekeyed over it
	 */
	bool (*move)(gkm_members_t *this, uint32_t ike_sa_id, uint32_t new_id);

	/**
	 * Get the member that is rekeyed over an IKE_SA. There is one at most, as an
	 * IKE_SA has authenticated one identity.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA, not 0
	 * @return				member, borrowed, NULL if there is none
	 */
	gkm_member_t *(*find_inband)(gkm_members_t *this, uint32_t ike_sa_id);

	/**
	 * All members got data SAs by a rekey.
	 *
	 * @param expires		when they have no valid data SA any longer
	 */
	void (*extend)(gkm_members_t *this, time_t expires);

	/**
	 * Remove members that have no valid data SA any longer: they went without
	 * leaving.
	 *
	 * @param now			current time
	 * @param cb			called for each before it is removed
	 * @param user			passed to cb
	 */
	void (*expire)(gkm_members_t *this, time_t now,
				   void (*cb)(void *user, gkm_member_t *member), void *user);

	/**
	 * Remove a member.
	 *
	 * @param id			identity
	 * @return				FALSE if it isn't in the table
	 */
	bool (*remove)(gkm_members_t *this, identification_t *id);

	/**
	 * Get the member of an identity.
	 *
	 * @return				member, borrowed, NULL if there is none
	 */
	gkm_member_t *(*get)(gkm_members_t *this, identification_t *id);

	/**
	 * Get the member that uses GDOI and registered from an address. Behind a NAT
	 * it is the one with that port. If there is none, it is the one that
	 * registered from the address last, whatever the port; others aren't found,
	 * not even if that one goes.
	 *
	 * @return				member, borrowed, NULL if there is none
	 */
	gkm_member_t *(*find_gdoi)(gkm_members_t *this, host_t *address);

	/**
	 * Number of members.
	 */
	u_int (*get_count)(gkm_members_t *this);

	/**
	 * Number of members that use GDOI.
	 */
	u_int (*get_gdoi_count)(gkm_members_t *this);

	/**
	 * Do all members that are rekeyed by multicast with G-IKEv2 understand
	 * fragments of IKE messages?
	 */
	bool (*can_fragment)(gkm_members_t *this);

	/**
	 * Enumerate members in the order of their first registration.
	 *
	 * @return				enumerator over gkm_member_t*
	 */
	enumerator_t *(*create_enumerator)(gkm_members_t *this);

	/**
	 * Enumerate members that this key server rekeys in-band only, without a look
	 * at all the others.
	 *
	 * @return				enumerator over gkm_member_t*
	 */
	enumerator_t *(*create_inband_enumerator)(gkm_members_t *this);

	/**
	 * Enumerate members that use GDOI. Takes a look at all members unless there
	 * are none that do.
	 *
	 * @return				enumerator over gkm_member_t*
	 */
	enumerator_t *(*create_gdoi_enumerator)(gkm_members_t *this);

	/**
	 * Destroy the table and all members.
	 */
	void (*destroy)(gkm_members_t *this);
};

/**
 * Create an empty table.
 */
gkm_members_t *gkm_members_create();

/**
 * Allocate a member, to be released with free().
 *
 * @param type			type of its identity
 * @param encoding		encoding of its identity, copied
 * @param ids			number of sender IDs
 * @return				member, all else is zero
 */
gkm_member_t *gkm_member_create(id_type_t type, chunk_t encoding, u_int ids);

/**
 * Clone a member, to be released with free().
 */
gkm_member_t *gkm_member_clone(gkm_member_t *this);

#endif /** GKM_MEMBERS_H_ @}*/
