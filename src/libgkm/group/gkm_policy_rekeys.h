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
 * The rekey SAs of a group, one for each protocol that its members use: a part
 * of gkm_policy.h. They are replaced at the same moments, so that members of
 * both protocols are told the same at the same time.
 *
 * @defgroup gkm_policy_rekeys gkm_policy_rekeys
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_REKEYS_H_
#define GKM_POLICY_REKEYS_H_

#include "gkm_policy.h"

typedef struct gkm_policy_rekeys_t gkm_policy_rekeys_t;

/**
 * Rekey SAs: plain data, empty if all zero.
 */
struct gkm_policy_rekeys_t {

	/** by protocol, sa is NULL if there is none */
	gkm_policy_rekey_t sas[GKM_PROTOCOLS];
};

/**
 * Make the rekey SAs that a configuration asks for. Where the one there is
 * fits, it stays.
 *
 * @param cfg			configuration
 * @param auth_key		DER SubjectPublicKeyInfo of the key that signs rekeys
 * @param sig_alg		DER AlgorithmIdentifier of signatures
 * @param made			receives a rekey SA for each protocol, the one there is
 *						if it stays, NULL if the protocol has none
 * @param err			receives the reason on failure
 * @return				FALSE if one can't be made
 */
bool gkm_policy_rekeys_make(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							chunk_t auth_key, chunk_t sig_alg,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS],
							gkm_error_t *err);

/**
 * Drop what was made, but isn't taken into use.
 */
void gkm_policy_rekeys_drop(gkm_policy_rekeys_t *this,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS]);

/**
 * Take into use what was made.
 *
 * @param made			rekey SAs, adopted
 * @param now			current time
 * @param update		members have to be told, added to: all are excluded if
 *						one of the rekey SAs has no successor that they can be
 *						told of
 */
void gkm_policy_rekeys_take(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS], time_t now,
							gkm_update_t *update);

/**
 * Is one to be replaced? See gkm_policy_t.is_rekey_due().
 *
 * @param server		number of this key server, 0 if it is alone
 */
bool gkm_policy_rekeys_are_due(gkm_policy_rekeys_t *this, uint8_t server,
							   time_t now);

/**
 * This key server took over. See gkm_policy_t.take_over().
 */
void gkm_policy_rekeys_take_over(gkm_policy_rekeys_t *this, uint8_t server,
								 uint64_t epoch);

/**
 * Another primary goes on with these rekey SAs as well, if it has the same: go
 * on above what it has sent. See gkm_policy_t.catch_up().
 *
 * @param theirs		its rekey SAs, by protocol
 * @return				TRUE if it has one of these
 */
bool gkm_policy_rekeys_catch_up(gkm_policy_rekeys_t *this,
								gkm_policy_rekey_t *theirs);

/**
 * When the next one is to be replaced.
 */
time_t gkm_policy_rekeys_next_due(gkm_policy_rekeys_t *this);

/**
 * Replace all. See gkm_policy_t.replace_rekey().
 */
bool gkm_policy_rekeys_replace(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							   time_t now, gkm_update_t *update,
							   gkm_error_t *err);

/**
 * Put back those that were kept. See gkm_policy_t.restore_rekeys().
 */
bool gkm_policy_rekeys_restore(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							   gkm_policy_rekey_t *kept, char **proposals,
							   time_t now);

/**
 * Clone a rekey SA for members.
 *
 * @param now		current time
 * @return			rekey SA with the lifetime that is left
 */
gkm_rekey_sa_t *gkm_policy_rekey_clone(gkm_policy_rekey_t *rekey, time_t now);

/**
 * Does a configuration ask for a rekey SA for members of this protocol?
 */
bool gkm_policy_wants_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol);

/**
 * Destroy all.
 */
void gkm_policy_rekeys_clear(gkm_policy_rekeys_t *this);

#endif /** GKM_POLICY_REKEYS_H_ @}*/
