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
 * A member as the group model has it, for tests of groups with GDOI members: it
 * takes what notices say without a codec between, with the keys that it holds.
 * May also be one that uses G-IKEv2, beside the others in a group.
 */

#ifndef GDOI_MEMBER_FIXTURE_H_
#define GDOI_MEMBER_FIXTURE_H_

#include "group_fixture.h"

/** A member, who it is up to the caller but for the arrays */
typedef struct {
	/** identity, address, port and protocol that it uses */
	char *name;
	char *ip;
	uint16_t port;
	gkm_protocol_t protocol;
	/** what it says of itself */
	gkm_peer_t peer;
	bool d3p;
	bool natt;
	bool sender;
	uint32_t sender_ids;
	/** it is registered, and wasn't told that it isn't any more */
	bool registered;
	/** unique ID of its IKE_SA if it is rekeyed in-band, or 0 */
	uint32_t ike_sa_id;
	/** sequence number of the next message */
	uint32_t next_seq;
	/** all it ever had: gkm_rekey_sa_t*, gkm_data_sa_t*, gkm_kwk_t* */
	array_t *rekeys;
	array_t *sas;
	array_t *kwks;
	/** sender IDs of the last registration, as uint32_t by value */
	array_t *ids;
} gdoi_member_t;

/** Members that use GDOI, or G-IKEv2, for initializers */
#define GDOI_MEMBER(n, i) { .name = n, .ip = i, .port = 848, \
							.protocol = GKM_PROTOCOL_GDOI }
#define GIKEV2_MEMBER(n, i) { .name = n, .ip = i, .port = 500, \
							  .protocol = GKM_PROTOCOL_GIKEV2 }

/**
 * What a member has to say when it registers. Its identity and address are to
 * be destroyed.
 */
gkm_applicant_t gdoi_member_apply(gdoi_member_t *this);

/**
 * Register a member that has to be admitted, and be given what it is offered.
 *
 * @return			download, to be destroyed
 */
gkm_download_t *gdoi_member_join(gdoi_member_t *this, gkm_group_t *group,
								 time_t now);

/**
 * The same, if the download doesn't matter.
 */
void gdoi_member_register(gdoi_member_t *this, gkm_group_t *group, time_t now);

/**
 * Take notices as far as the member has keys for them. Sequence numbers have to
 * be what a registered member expects.
 *
 * @param from		first one
 * @return			number of SAs that it found out
 */
u_int gdoi_member_follow(gdoi_member_t *this, array_t *notices, int from);

/**
 * Does it know a rekey SA, or a data SA, with its key?
 */
bool gdoi_member_knows_rekey(gdoi_member_t *this, gkm_rekey_sa_t *sa);
bool gdoi_member_knows_sa(gdoi_member_t *this, gkm_data_sa_t *sa);

/**
 * Does it have all that the group uses? Fails if not.
 */
void gdoi_member_assert_current(gdoi_member_t *this, gkm_group_t *group);

/**
 * Get what the key server has of it, NULL if it isn't a member.
 */
gkm_member_t *gdoi_member_find(gdoi_member_t *this, gkm_group_t *group);

/**
 * Forget all keys.
 */
void gdoi_member_clear(gdoi_member_t *this);

#endif /** GDOI_MEMBER_FIXTURE_H_ */
