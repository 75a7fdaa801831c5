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
 * How key servers that serve a group together take over what another one says
 * of it.
 *
 * Nothing that has to be unique is agreed upon, it is disjoint by the number of
 * the key server (gkm_cfg_coop_t.id, 1..8), so that each part of a split goes on
 * by itself:
 *
 *   SPIs of data SAs		top three bits are id - 1
 *   sender IDs				top three bits are id - 1
 *   keys of the key tree	each key server has a tree below the rekey SA of its
 *							own, and numbers with these top bits
 *   message IDs			each that becomes primary begins a block of its own,
 *							above all that it knows of, see GKM_TAKEOVER_BLOCK
 *
 * @defgroup gkm_adoption gkm_adoption
 * @{ @ingroup libgkm
 */

#ifndef GKM_ADOPTION_H_
#define GKM_ADOPTION_H_

#include <library.h>

typedef enum gkm_duty_t gkm_duty_t;
typedef enum gkm_adoption_kind_t gkm_adoption_kind_t;
typedef struct gkm_adoption_t gkm_adoption_t;

/** Key servers of a group at most, numbered from 1 */
#define GKM_COOP_SERVERS_MAX 8

/** Topmost bits of a number that say which key server's it is */
#define GKM_COOP_SLICE_BITS 3

/** Message IDs, and sequence numbers of GDOI, come in blocks of this size: who
 *  becomes primary begins the next one, or that with the number of its epoch if
 *  it is later, where (id - 1) * GKM_TAKEOVER_SLICE is its first number; it uses
 *  at most half of its slice, and replaces the rekey SAs then. So a distance of at least half a slice to the message before tells
 *  members that another key server took over, and not that they missed some. */
#define GKM_TAKEOVER_SLICE 1024
#define GKM_TAKEOVER_BLOCK (GKM_COOP_SERVERS_MAX * GKM_TAKEOVER_SLICE)
#define GKM_TAKEOVER_DISTANCE (GKM_TAKEOVER_SLICE / 2)

/** What a key server does for a group, numbered as on the wire */
enum gkm_duty_t {
	/** it doesn't know yet what there is: nobody may register */
	GKM_DUTY_WAITING,
	/** it registers members with SAs that another one makes */
	GKM_DUTY_SECONDARY,
	/** it makes SAs and rekeys members; the only duty of one that is alone */
	GKM_DUTY_PRIMARY,
};

/** Names of the above: "waiting", "secondary", "primary" */
extern enum_name_t *gkm_duty_names;

/** What records of another key server are, numbered as on the wire */
enum gkm_adoption_kind_t {
	/** what its primary changed */
	GKM_ADOPT_CHANGES,
	/** all that its primary has, in place of what there is */
	GKM_ADOPT_ALL,
	/** members and tree nodes that a secondary changed */
	GKM_ADOPT_MEMBERS,
	/** all that another primary has, which becomes a secondary of this one:
	 *  its members are added, its data SAs as well, to be received on */
	GKM_ADOPT_MERGE,
};

/**
 * What is taken over: plain data.
 */
struct gkm_adoption_t {

	gkm_adoption_kind_t kind;

	/** number of the key server whose records these are, 1..8 */
	uint8_t from;

	/** seconds to add to times in the records: our clock minus its clock */
	int64_t shift;

	/** with GKM_ADOPT_ALL: this one was primary, and members know its rekey SAs
	 *  that the other doesn't: they are told with these what is new */
	bool population;
};

/**
 * Get the first number of those that belong to a key server.
 *
 * @param id			number of the key server, 0 if it is alone
 * @param bits			size of numbers, GKM_COOP_SLICE_BITS to 32
 */
static inline uint32_t gkm_coop_slice(uint8_t id, u_int bits)
{
	return id ? (uint32_t)(id - 1) << (bits - GKM_COOP_SLICE_BITS) : 0;
}

/**
 * Get how many numbers belong to a key server: all of them if it is alone.
 *
 * @param id			number of the key server, 0 if it is alone
 * @param bits			size of numbers, GKM_COOP_SLICE_BITS to 32
 */
static inline uint64_t gkm_coop_slice_size(uint8_t id, u_int bits)
{
	return (uint64_t)1 << (id ? bits - GKM_COOP_SLICE_BITS : bits);
}

/**
 * How many messages on a rekey SA did a member miss before one?
 *
 * @param next			message ID or sequence number that comes next
 * @param id			the one that came, not below
 * @return				0 also if another key server took over
 */
static inline uint32_t gkm_coop_missed(uint64_t next, uint32_t id)
{
	return id - next < GKM_TAKEOVER_DISTANCE ? id - next : 0;
}

#endif /** GKM_ADOPTION_H_ @}*/
