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

#include "gkm_compat.h"

/**
 * Clone what authenticates both peers
 */
static void clone_auth_cfgs(peer_cfg_t *orig, peer_cfg_t *clone)
{
	enumerator_t *enumerator;
	auth_cfg_t *auth;
	int local;

	for (local = 0; local <= 1; local++)
	{
		enumerator = orig->create_auth_cfg_enumerator(orig, local);
		while (enumerator->enumerate(enumerator, &auth))
		{
			clone->add_auth_cfg(clone, auth->clone(auth), local);
		}
		enumerator->destroy(enumerator);
	}
}

/**
 * Get what all clones have of a config
 *
 * @param timed		TRUE if it is up to us to replace the IKE_SA in time
 */
static peer_cfg_create_t get_common(peer_cfg_t *orig, bool timed)
{
	return (peer_cfg_create_t){
		.cert_policy = orig->get_cert_policy(orig),
		.unique = UNIQUE_NEVER,
		.keyingtries = 1,
		.rekey_time = timed ? orig->get_rekey_time(orig, FALSE) : 0,
		.over_time = timed ? orig->get_over_time(orig) : 0,
		.dpd = orig->get_dpd(orig),
#if GKM_STRONGSWAN_VERSION >= 60006
		.options = OPT_NO_MOBIKE,
#else
		.no_mobike = TRUE,
#endif
#if GKM_STRONGSWAN_VERSION >= 60001
		.ocsp_policy = orig->get_ocsp_policy(orig),
#endif
	};
}

/**
 * Create a clone
 */
static peer_cfg_t *create_clone(peer_cfg_t *orig, peer_cfg_create_t *data)
{
	ike_cfg_t *ike_cfg = orig->get_ike_cfg(orig);
	peer_cfg_t *clone;

	clone = peer_cfg_create(orig->get_name(orig), ike_cfg->get_ref(ike_cfg),
							data);
	clone_auth_cfgs(orig, clone);
	return clone;
}

/*
 * Described in header
 */
peer_cfg_t *gkm_compat_isolate_cfg(peer_cfg_t *orig, bool initiator)
{
	identification_t *ppk_id = orig->get_ppk_id(orig);
	peer_cfg_create_t data = get_common(orig, initiator);

	data.ppk_id = ppk_id ? ppk_id->clone(ppk_id) : NULL;
#if GKM_STRONGSWAN_VERSION >= 60006
	data.options |= orig->has_option(orig, OPT_PPK_REQUIRED) ?
													OPT_PPK_REQUIRED : 0;
#else
	data.ppk_required = orig->ppk_required(orig);
#endif
	return create_clone(orig, &data);
}

/*
 * Described in header
 */
peer_cfg_t *gkm_compat_isolate_phase1(peer_cfg_t *orig, bool lifetime)
{
	static refcount_t clones;
	peer_cfg_create_t data = get_common(orig, lifetime);

	data.reauth_time = lifetime ? orig->get_reauth_time(orig, FALSE) : 0;
	/* of no effect without these timers, it only tells clones apart */
	data.jitter_time = ref_get(&clones);
	data.dpd_timeout = orig->get_dpd_timeout(orig);
#if GKM_STRONGSWAN_VERSION >= 60006
	data.options |= orig->has_option(orig, OPT_IKEV1_AGGRESSIVE) ?
													OPT_IKEV1_AGGRESSIVE : 0;
#else
	data.aggressive = orig->use_aggressive(orig);
#endif
	return create_clone(orig, &data);
}
