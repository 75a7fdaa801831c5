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
 * How a key server's group replaces its SAs, and what it tells members of that:
 * a part of gkm_group.h.
 *
 * Once a member left the key tree, the next rekey SA is delivered with the tree
 * and alone, as new data SAs in the same message would be protected by the old
 * one that the member still knows (forward access control, RFC 9838, 3.2):
 *
 *   under the old rekey SA:  new rekey SA, wrapped with keys of the tree
 *   under the new rekey SA:  new data SAs
 *
 * If the keys of the tree don't fit into one message, which GDOI is limited to,
 * all members are excluded instead, as without a tree: nothing else keeps those
 * out who left.
 *
 * Otherwise one message says all. Members of each protocol are told the same at
 * the same time, with the rekey SA of that protocol.
 *
 * @defgroup gkm_rekeying gkm_rekeying
 * @{ @ingroup libgkm
 */

#ifndef GKM_REKEYING_H_
#define GKM_REKEYING_H_

#include "gkm_carriers.h"
#include "gkm_notice.h"
#include "gkm_policy.h"

#include "../keys/gkm_key_forest.h"

typedef struct gkm_rekeying_t gkm_rekeying_t;

/**
 * Does what an update says of the key tree fit into a message of GDOI? That
 * protocol's reading of it, such as gdoi_lkh_fits().
 *
 * @param update		update with kwks and wraps, but no rekey SA yet
 * @param err			receives the reason if it doesn't
 */
typedef bool (*gkm_rekeying_fits_t)(gkm_update_t *update, gkm_error_t *err);

/**
 * What is replaced: plain data, a part of gkm_group_t.
 */
struct gkm_rekeying_t {

	/** SAs */
	gkm_policy_t *policy;

	/** configuration, borrowed */
	gkm_cfg_t *cfg;

	/** key tree, with cooperation those of all key servers; NULL if there is
	 *  none */
	gkm_key_forest_t *tree;

	/** the one before it until the next rekey, since notices borrow keys */
	gkm_key_forest_t *last_tree;

	/** children of its nodes at most */
	uint8_t degree;

	/** number of the first key of a new tree, 0 for the first tree; of this key
	 *  server, whatever others use */
	uint32_t next_key;

	/** whether an update fits into a message of GDOI, NULL if any does */
	gkm_rekeying_fits_t fits;

	/** a member knows the rekey SA that left before a restart, or that was
	 *  excluded when none could be made in its place */
	bool departed;

	/** members may know the rekey SA that have no leaf, as they are older than
	 *  the tree */
	bool rootless;

	/** window of IP delay detection that members are told: the one configured,
	 *  or with cooperation that of the primary; 0 if none */
	uint32_t d3p_window;

	/** SAs or message IDs changed, set here and cleared by the group */
	bool changed;

	/** number of the primary that the SAs are of, 0 if there was none */
	uint64_t epoch;

	/** changes at random whenever members are excluded, 0 if none ever were:
	 *  key servers for which it is the same know of the same exclusions */
	uint64_t lineage;

	/** what the lineage was when all members were excluded last, 0 if they
	 *  never were: data SAs and sender IDs of another era aren't used */
	uint64_t era;

	/** where sender IDs that were given out of each key server's slice end, as
	 *  far as it is known, see gkm_sender_ids.h */
	uint32_t ends[GKM_COOP_SERVERS_MAX];
};

/**
 * Replace SAs.
 *
 * @param renewal		why, see gkm_timing.h. With GKM_RENEWAL_DUE what is due,
 *						otherwise all data SAs, and the rekey SA too unless it
 *						is GKM_RENEWAL_REQUESTED.
 * @param reason		why, for members' notices
 * @param now			current time
 * @param notices		receives what members have to be told, as gkm_notice_t*
 * @param err			receives the reason if an SA couldn't be replaced
 * @return				number of SAs made
 */
u_int gkm_rekeying_run(gkm_rekeying_t *this, gkm_renewal_t renewal,
					   gkm_notice_reason_t reason, time_t now,
					   array_t *notices, gkm_error_t *err);

/**
 * Exclude all members: replace all SAs, and tell members nothing but that they
 * have to register again. The caller forgets them, and begins a new key tree.
 *
 * @param reason		why
 * @param now			current time
 * @param notices		receives what members have to be told, as gkm_notice_t*
 * @param err			receives the reason if an SA couldn't be replaced
 * @return				FALSE if an SA couldn't be replaced, so that those that
 *						know it still do
 */
bool gkm_rekeying_exclude_all(gkm_rekeying_t *this, gkm_notice_reason_t reason,
							  time_t now, array_t *notices, gkm_error_t *err);

/**
 * Tell members of a change of the configuration, after it was made.
 *
 * Who left the key tree is shut out first, if there is anything to say, or a
 * new tree to begin. Where that can't be done, as the change is one of the
 * rekey SA, all are excluded.
 *
 * @param update		what gkm_policy_t.configure() said, adopted
 * @param carriers		rekey SAs that were in use before, taken from there
 * @param plant			TRUE to begin a new key tree
 * @param renew			TRUE to replace data SAs, smoothly, unless new ones come
 *						anyway: all members are to hear of the change soon
 * @param now			current time
 * @param notices		receives what members have to be told, as gkm_notice_t*
 */
void gkm_rekeying_change(gkm_rekeying_t *this, gkm_update_t *update,
						 gkm_carriers_t *carriers, bool plant, bool renew,
						 time_t now, array_t *notices);

/**
 * Does a member that left know the rekey SA, so that it is to be replaced with
 * the key tree?
 */
bool gkm_rekeying_is_stale(gkm_rekeying_t *this);

/**
 * When the last data SA ends.
 */
time_t gkm_rekeying_end(gkm_rekeying_t *this);

/**
 * Octets in the keys of the key tree that is configured.
 *
 * @return				0 if none is, or the group has no rekey SA
 */
size_t gkm_rekeying_tree_key_len(gkm_cfg_t *cfg);

/**
 * Begin a new key tree if one is configured. The old one is destroyed, and the
 * numbers of its keys aren't used again.
 *
 * @param degree		children of its nodes at most, 0 for what is configured
 */
void gkm_rekeying_plant_tree(gkm_rekeying_t *this, uint8_t degree);

/**
 * This key server has another number from now on: new members get leaves of
 * another tree, and new keys of trees other numbers.
 *
 * @param server		number of the key server, 0 if it is alone
 */
void gkm_rekeying_set_server(gkm_rekeying_t *this, uint8_t server);

/**
 * Number that no key of this or an earlier tree has had.
 */
uint32_t gkm_rekeying_next_key(gkm_rekeying_t *this);

/**
 * Destroy SAs and key tree.
 */
void gkm_rekeying_clear(gkm_rekeying_t *this);

#endif /** GKM_REKEYING_H_ @}*/
