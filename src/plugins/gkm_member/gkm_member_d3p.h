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
 * IP delay detection (draft-weis-delay-detection-01) as a member has it: the
 * policy of the key server, and the window that this member uses. The data plane
 * enforces it on packets. Nothing does without one, and that is said wherever it
 * is shown.
 *
 * @defgroup gkm_member_d3p gkm_member_d3p
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_D3P_H_
#define GKM_MEMBER_D3P_H_

#include "plugins/gkm/gkm.h"

#include "gkm_member_plane.h"

typedef struct gkm_member_d3p_t gkm_member_d3p_t;

/**
 * Plain data, all zero if there is no IP delay detection.
 */
struct gkm_member_d3p_t {

	/** what the key server says */
	gkm_d3p_t server;

	/** what this member uses: its own window, if it is configured */
	gkm_d3p_t used;
};

/**
 * Can a member join with what it is configured with?
 *
 * @param cfg		configuration of the group, which is on the data plane if it
 *					has interfaces
 * @param policy	policy of the key server
 * @param err		receives the reason if not
 * @return			FALSE if the member requires what isn't enforced
 */
bool gkm_member_d3p_check(gkm_cfg_t *cfg, gkm_download_t *policy,
						  gkm_error_t *err);

/**
 * The same for what a rekey brings, as far as gkm_member_d3p_follow() would take
 * it over.
 */
bool gkm_member_d3p_check_rekey(gkm_cfg_t *cfg, gkm_download_t *policy,
								gkm_error_t *err);

/**
 * Replace all by what a registration brought, and tell administrators.
 *
 * @param cfg		configuration of the group
 * @param policy	policy of the key server
 * @param gkm		raises events
 */
void gkm_member_d3p_set(gkm_member_d3p_t *this, gkm_cfg_t *cfg,
						gkm_download_t *policy, gkm_t *gkm);

/**
 * Take over what a rekey brought, and tell administrators. In G-IKEv2 it is
 * for all data SAs that come with it, so that a rekey with data SAs that says
 * nothing ends it. In GDOI that means nothing: as members abort on attributes
 * that they don't know, a key server leaves it out of what goes to all by
 * multicast if one of them doesn't understand it (RFC 6407, 5.4).
 */
void gkm_member_d3p_follow(gkm_member_d3p_t *this, gkm_cfg_t *cfg,
						   gkm_download_t *policy, gkm_t *gkm);

/**
 * Describe it in a vici message, if there is any: type, window, where the
 * window is from, and whether it is enforced.
 *
 * @param plane		data plane that the group is on, or NULL
 */
void gkm_member_d3p_list(gkm_member_d3p_t *this, gkm_member_plane_t *plane,
						 vici_builder_t *builder);

/**
 * Describe it for list-replay, see gkm_role_handler_t.list_replay().
 *
 * @param plane		data plane that the group is on, or NULL
 */
void gkm_member_d3p_list_replay(gkm_member_d3p_t *this,
								gkm_member_plane_t *plane,
								vici_builder_t *builder);

#endif /** GKM_MEMBER_D3P_H_ @}*/
