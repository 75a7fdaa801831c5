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
 * A member as its key server's tests see it: it follows what the key server
 * says by the codec that members use, and keeps all keys it ever had.
 */

#ifndef MEMBER_FIXTURE_H_
#define MEMBER_FIXTURE_H_

#include "libgkm/gikev2/gikev2_rekey.h"
#include "libgkm/group/gkm_group.h"

/** A member */
typedef struct {
	/** identity */
	char *name;
	/** it is registered, and wasn't told that it isn't any more */
	bool registered;
	/** unique ID of its IKE_SA if it is rekeyed in-band, or 0 */
	uint32_t ike_sa_id;
	/** rekey SAs that it ever had, as gkm_rekey_sa_t*, the current one last,
	 *  with the key of messages that it accepts next */
	array_t *rekeys;
	/** channels of these, as gkm_channel_t* */
	array_t *channels;
	/** data SAs that it ever had, as gkm_data_sa_t* */
	array_t *sas;
	/** its path, as gkm_kwk_t* */
	array_t *path;
	/** all keys of the key tree that it ever had, as gkm_kwk_t* */
	array_t *kwks;
} member_t;

/**
 * Create a member that isn't registered.
 *
 * @param name		identity, not cloned
 */
member_t *member_create(char *name);

/**
 * Register a member that has to be admitted.
 *
 * @param sender	it sends
 */
void member_register(member_t *this, gkm_group_t *group, bool sender,
					 time_t now);

/**
 * Write the messages of notices, as the key server of a group without
 * signatures does.
 *
 * @param notices	gkm_notice_t*
 * @param from		first one
 * @return			datagrams, as chunk_t by value
 */
array_t *member_build(array_t *notices, int from);

/**
 * Destroy datagrams.
 */
void member_free(array_t *datagrams);

/**
 * Let a member take messages as members do.
 *
 * @param datagrams	what is multicast
 * @param notices	what may be for it in-band, from the first one on
 */
void member_follow(member_t *this, array_t *datagrams, array_t *notices,
				   int from);

/**
 * Let someone who isn't a member any more try to read messages with all keys it
 * ever had, whatever they say.
 *
 * @return			number of SAs that it found out
 */
u_int member_attack(member_t *this, array_t *datagrams);

/**
 * Does it know a rekey SA, or a data SA, with its key?
 */
bool member_knows_rekey(member_t *this, gkm_rekey_sa_t *sa);
bool member_knows_sa(member_t *this, gkm_data_sa_t *sa);

/**
 * Does it have all that the group uses: the rekey SA unless it is rekeyed
 * in-band, and data SAs? Fails if not.
 *
 * @param when		says when that is
 */
void member_assert_current(member_t *this, gkm_group_t *group, time_t now,
						   char *when);

/**
 * Destroy a member.
 */
void member_destroy(member_t *this);

#endif /** MEMBER_FIXTURE_H_ */
