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
 * A group as its key server holds it. Pure: time comes in as an argument, and
 * it has no lock; the caller serializes calls.
 *
 * @defgroup gkm_group gkm_group
 * @{ @ingroup libgkm
 */

#ifndef GKM_GROUP_H_
#define GKM_GROUP_H_

#include <library.h>

#include "gkm_admission.h"
#include "gkm_adoption.h"
#include "gkm_cfg.h"
#include "gkm_download.h"
#include "gkm_error.h"
#include "gkm_members.h"
#include "gkm_notice.h"
#include "gkm_policy.h"
#include "gkm_record_list.h"
#include "gkm_sender_ids.h"
#include "gkm_state_store.h"

typedef struct gkm_group_t gkm_group_t;

/**
 * Group of a key server.
 */
struct gkm_group_t {

	/**
	 * Change to another configuration with the same identity. What is
	 * configured as before goes on (see gkm_policy_t.configure()), and members
	 * stay. With another size of sender IDs, data SAs with counter modes are
	 * replaced: IDs of different sizes may lead to the same IV. With another
	 * number of this key server as well, as its IDs were another one's then, or
	 * those of one that was alone. If the window of
	 * IP delay detection changes, data SAs are replaced to tell members.
	 *
	 * One that isn't primary tells nobody. If SAs would change nobody may
	 * register until all was taken over again that the primary has: changes
	 * alone are refused by adopt().
	 *
	 * On failure nothing changes.
	 *
	 * @param cfg			configuration, adopted on success
	 * @param auth_key		DER SubjectPublicKeyInfo of the key that signs
	 *						rekeys, empty if cfg says implicit; cloned
	 * @param sig_alg		DER AlgorithmIdentifier of signatures; cloned
	 * @param now			current time
	 * @param notices		receives what members have to be told, as
	 *						gkm_notice_t*, to be signed with the key so far
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be done
	 */
	bool (*configure)(gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
					  chunk_t sig_alg, time_t now, array_t *notices,
					  gkm_error_t *err);

	/**
	 * Limit what is said of the key tree to what fits into a message of GDOI.
	 *
	 * @param fits			see gkm_rekeying_fits_t
	 */
	void (*limit)(gkm_group_t *this, gkm_rekeying_fits_t fits);

	/**
	 * Get the configuration.
	 */
	gkm_cfg_t *(*get_cfg)(gkm_group_t *this);

	/**
	 * Do what is due: replace SAs, drop those that ended, forget members that
	 * have no valid SA any longer, and find out who didn't acknowledge the last
	 * rekey, see take_missed().
	 *
	 * @param now			current time
	 * @param notices		receives what members have to be told, as
	 *						gkm_notice_t*
	 * @param err			receives the reason if an SA couldn't be made, which
	 *						is tried again some seconds later
	 * @return				number of SAs made
	 */
	u_int (*update)(gkm_group_t *this, time_t now, array_t *notices,
					gkm_error_t *err);

	/**
	 * Replace SAs before their time.
	 *
	 * @param replace		TRUE to replace all SAs at once, as they can't be
	 *						trusted any more; FALSE to replace data SAs smoothly
	 * @param now			current time
	 * @param notices		receives what members have to be told
	 * @param err			receives the reason on failure
	 * @return				FALSE if nothing was replaced
	 */
	bool (*rekey)(gkm_group_t *this, bool replace, time_t now,
				  array_t *notices, gkm_error_t *err);

	/**
	 * Remove members, and make sure that they don't understand what comes: with
	 * a key tree the others get new SAs, without one all are excluded and have
	 * to register again.
	 *
	 * @param ids			identities, as identification_t*
	 * @param now			current time
	 * @param removed		receives the members, as gkm_member_t*, each to be
	 *						released with free()
	 * @param notices		receives what members have to be told
	 * @param err			receives the reason on failure
	 * @return				FALSE if one of them isn't a member: nothing changed
	 */
	bool (*exclude)(gkm_group_t *this, array_t *ids, time_t now,
					array_t *removed, array_t *notices, gkm_error_t *err);

	/**
	 * Change what this key server does for the group. Unless it is primary,
	 * update() makes no SAs, rekey() and exclude() fail, and nobody is told
	 * anything but by adopt(); while it waits, admit() and offer() refuse all.
	 *
	 * A group without others (gkm_cfg_coop_t.id is 0) is primary from the start,
	 * others wait.
	 *
	 * @param duty			from now on
	 * @param epoch			PRIMARY: number of this primary, kept
	 * @param takeover		PRIMARY: members have SAs of another one. Rekey them
	 *						under the rekey SA that they know, with message IDs
	 *						of a new block, and choose SPIs to come anew.
	 * @param now			current time
	 * @param notices		receives what members have to be told
	 * @param err			receives the reason if SAs couldn't be made, which is
	 *						tried again
	 */
	void (*set_duty)(gkm_group_t *this, gkm_duty_t duty, uint64_t epoch,
					 bool takeover, time_t now, array_t *notices,
					 gkm_error_t *err);

	/**
	 * What does this key server do for the group?
	 */
	gkm_duty_t (*get_duty)(gkm_group_t *this);

	/**
	 * Take over what another key server says of the group. Members that are
	 * rekeyed in-band by this one are told what is new in any case, others only
	 * if how->population is set.
	 *
	 * With GKM_ADOPT_MERGE data SAs are replaced, and all members of this one are
	 * told of the other's data SAs to receive on, and of the new ones. If the two
	 * don't know the same exclusions (lineage), those that know these rekey SAs
	 * are all excluded instead, and sender IDs are given out anew.
	 *
	 * What changes here by that is for the store with the next put(). At a
	 * secondary it isn't for others, but what these have to hear of its own
	 * members once more is put by the call after that. With GKM_ADOPT_ALL a
	 * primary becomes a secondary.
	 *
	 * @param how			what it is
	 * @param records		records
	 * @param now			current time
	 * @param notices		receives what members have to be told
	 * @param err			receives the reason on failure
	 * @return				FALSE if a record can't be used: nothing changed
	 */
	bool (*adopt)(gkm_group_t *this, gkm_adoption_t *how,
				  gkm_record_list_t *records, time_t now, array_t *notices,
				  gkm_error_t *err);

	/**
	 * Number of the primary that SAs are of, kept; 0 if there was none.
	 */
	uint64_t (*get_epoch)(gkm_group_t *this);

	/**
	 * Changes at random whenever members are excluded, kept; the same for key
	 * servers that know of the same exclusions.
	 */
	uint64_t (*get_lineage)(gkm_group_t *this);

	/**
	 * What does this secondary need from the primary? Stays until it is adopted.
	 *
	 * @return				GKM_COOP_RENEW_*, see gkm_coop_message.h
	 */
	uint32_t (*get_requests)(gkm_group_t *this);

	/**
	 * A secondary asks this primary for something, which the next update() does.
	 * What it may have asked for before it heard of the answer is passed over.
	 *
	 * @param requests		GKM_COOP_RENEW_*
	 */
	void (*request)(gkm_group_t *this, uint32_t requests);

	/**
	 * When has update() to be called next?
	 *
	 * @return				time, may have passed
	 */
	time_t (*next_due)(gkm_group_t *this);

	/**
	 * May this peer register with, and leave, the group?
	 *
	 * @param connection	name of the connection that authenticated it
	 * @param id			identity that was authenticated
	 * @param err			receives the reason if not
	 * @return				TRUE if it may
	 */
	bool (*authorizes)(gkm_group_t *this, char *connection,
					   identification_t *id, gkm_error_t *err);

	/**
	 * Register a member. Nothing changes unless it is admitted, except that
	 * sender IDs may have been reserved in the store, that all members are
	 * excluded with the next update() if these are used up, and that data SAs
	 * may have been replaced for a sender that may register, but isn't able to.
	 * For one that uses GDOI the next update() that is due replaces them.
	 *
	 * @param applicant		who wants to register
	 * @param now			current time
	 * @param download		receives what to give to it, passed; set only if
	 *						it is admitted
	 * @param notices		receives what other members have to be told
	 * @param err			receives the reason if not
	 * @return				GKM_ADMITTED, or why not
	 */
	gkm_verdict_t (*admit)(gkm_group_t *this, gkm_applicant_t *applicant,
						   time_t now, gkm_download_t **download,
						   array_t *notices, gkm_error_t *err);

	/**
	 * What would admit() give to an applicant? Says who is refused, and what the
	 * group's policy is, before an applicant has shown that it is alive; nothing
	 * changes. If nothing else changes until then, admit() gives the same SAs to
	 * a member that uses GDOI: where a sender could begin with one anew, it
	 * hears of its successor by a rekey. A secondary refuses it, as does admit(),
	 * and asks the primary for others, see get_requests().
	 *
	 * @param applicant		who wants to register
	 * @param now			current time
	 * @param download		receives SAs, without path and sender IDs, passed;
	 *						set only if it is admitted
	 * @param err			receives the reason if not
	 * @return				GKM_ADMITTED, or why not
	 */
	gkm_verdict_t (*offer)(gkm_group_t *this, gkm_applicant_t *applicant,
						   time_t now, gkm_download_t **download,
						   gkm_error_t *err);

	/**
	 * A member acknowledged a rekey, and that was verified. Only the last rekey
	 * counts. What changes needs no put() right away.
	 *
	 * @param spi			SPI of the rekey SA that carried it,
	 *						GKM_REKEY_SPI_LEN octets; with a new one this is that
	 *						of the old one
	 * @param seq			sequence number
	 * @param address		address that it registered from, see
	 *						gkm_members_t.find_gdoi()
	 * @param err			receives the reason on failure
	 * @return				FALSE if there is no such GDOI member, or it wasn't
	 *						sent that, or acknowledged it before, or it isn't
	 *						the last one
	 */
	bool (*acknowledge)(gkm_group_t *this, uint8_t *spi, uint32_t seq,
						host_t *address, gkm_error_t *err);

	/**
	 * Get members that didn't acknowledge a rekey in time, since the last call.
	 * That is found out by whatever is called next when the time is over. Those
	 * with GKM_ACKS_MISSED_MAX misses in a row were removed, as if they had
	 * expired: they understand what comes until the next rekey of a key tree.
	 *
	 * @return				gkm_member_t*, each to be released with free();
	 *						NULL if there are none
	 */
	array_t *(*take_missed)(gkm_group_t *this);

	/**
	 * Get the key of a GDOI member's leaf in the key tree, which
	 * acknowledgements of some types are made with.
	 *
	 * @param address		address that it registered from
	 * @param key			receives the key without IV, allocated, to be cleared
	 * @return				FALSE if there is no such member, or no leaf
	 */
	bool (*get_leaf_key)(gkm_group_t *this, host_t *address, chunk_t *key);

	/**
	 * Get the members that GROUPKEY-PUSH messages go to by unicast, to send a
	 * copy.
	 *
	 * @param seq			sequence number: those that acknowledged it, or a
	 *						later one, or registered after it, are left out
	 * @return				gkm_target_t by value, to be destroyed
	 */
	array_t *(*get_targets)(gkm_group_t *this, uint32_t seq);

	/**
	 * Remove a member that leaves. It is trusted to forget its keys; they are
	 * replaced with the next rekey.
	 *
	 * @param id			its identity
	 * @return				FALSE if it wasn't registered
	 */
	bool (*remove_member)(gkm_group_t *this, identification_t *id);

	/**
	 * Remove the member that is rekeyed over an IKE_SA that is gone, as
	 * remove_member() does.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA
	 * @param new_id		unique ID of the one that replaced it, so that the
	 *						member stays, and moves; 0 if none did
	 * @return				TRUE if a member was removed or moved
	 */
	bool (*ike_sa_gone)(gkm_group_t *this, uint32_t ike_sa_id,
						 uint32_t new_id);

	/**
	 * Do all members understand fragments of IKE messages?
	 */
	bool (*can_fragment)(gkm_group_t *this);

	/**
	 * Is there anything for put()?
	 */
	bool (*has_changed)(gkm_group_t *this);

	/**
	 * Put all that changed since the last call into a store, between its
	 * begin() and end().
	 *
	 * @param store			store, for the group's identity
	 * @param all			TRUE to write all there is, as what was put last time
	 *						got lost
	 * @return				TRUE if the change has to be durable before members
	 *						hear of it
	 */
	bool (*put)(gkm_group_t *this, gkm_state_store_t *store, bool all);

	/**
	 * Go on with what is in a store, right after creation.
	 *
	 * @param store			store
	 * @param now			current time, by the clock that was used then
	 * @param err			receives the reason on failure
	 * @return				FALSE if that can't be read, and the group begins
	 *						anew; TRUE also if there is nothing
	 */
	bool (*restore)(gkm_group_t *this, gkm_state_store_t *store, time_t now,
					gkm_error_t *err);

	/**
	 * What changed is kept. If all members were excluded since sender IDs are
	 * used up, these are given out from the first again: all SAs they were used
	 * on are replaced for good.
	 *
	 * @param err			receives the reason on failure
	 * @return				FALSE if the store failed
	 */
	bool (*renew_sender_ids)(gkm_group_t *this, gkm_error_t *err);

	/**
	 * Get the members, to be looked at.
	 */
	gkm_members_t *(*get_members)(gkm_group_t *this);

	/**
	 * Get the SAs, to be looked at.
	 */
	gkm_policy_t *(*get_policy)(gkm_group_t *this);

	/**
	 * Destroy the group, wiping keys.
	 */
	void (*destroy)(gkm_group_t *this);
};

/**
 * Does a key server with this configuration hand out sender IDs, that is,
 * does a data SA use a counter mode?
 */
bool gkm_group_needs_sender_ids(gkm_cfg_t *cfg);

/**
 * Create a group with its first SAs.
 *
 * @param cfg			configuration of a server, adopted on success
 * @param store			remembers sender IDs, has to outlive this
 * @param spis			SPIs in use, has to outlive this
 * @param auth_key		as for gkm_group_t.configure()
 * @param sig_alg		as for gkm_group_t.configure()
 * @param now			current time
 * @param err			receives the reason on failure
 * @return				group, NULL if it can't be created
 */
gkm_group_t *gkm_group_create(gkm_cfg_t *cfg, gkm_sender_id_store_t *store,
							  gkm_spis_t *spis, chunk_t auth_key,
							  chunk_t sig_alg, time_t now, gkm_error_t *err);

#endif /** GKM_GROUP_H_ @}*/
