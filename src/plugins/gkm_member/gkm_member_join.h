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
 * One attempt of a member to register with a group, and how it leaves one.
 *
 * @defgroup gkm_member_join gkm_member_join
 * @{ @ingroup gkm_member
 */

#ifndef GKM_MEMBER_JOIN_H_
#define GKM_MEMBER_JOIN_H_

#include "plugins/gkm/gkm.h"

typedef struct gkm_member_result_t gkm_member_result_t;

/**
 * How an attempt ended.
 */
struct gkm_member_result_t {

	/** what the key server gave, NULL if it came to nothing; taken out by
	 *  setting this to NULL, destroyed otherwise */
	gkm_download_t *download;

	/** unique ID of the IKE_SA, 0 if there is none */
	uint32_t ike_id;

	/** addresses of the key server and our end, NULL if there is no IKE_SA */
	host_t *server;
	host_t *local;

	/** if it came to nothing: why, and what isn't acceptable if that is
	 *  GKM_FAILED_POLICY */
	gkm_failure_t reason;
	notify_type_t notify;
	gkm_error_t refused;
};

/**
 * Say why an attempt came to nothing.
 *
 * @param result		result of an attempt without a download
 * @param connection	name of the connection to the key server
 * @param err			receives the reason
 */
void gkm_member_result_describe(gkm_member_result_t *result, char *connection,
								gkm_error_t *err);

/**
 * Called in a job of its own, without locks and IKE_SAs held.
 *
 * @param user		as passed to gkm_member_join_create()
 * @param result	how it ended
 */
typedef void (*gkm_member_done_t)(void *user, gkm_member_result_t *result);

/**
 * Is a policy acceptable?
 *
 * @param cfg		configuration of the group
 * @param policy	what a key server sent, with or without keys
 * @param err		receives the reason if not
 */
bool gkm_member_accepts(gkm_cfg_t *cfg, gkm_download_t *policy,
						gkm_error_t *err);

/**
 * Create an attempt to register.
 *
 * @param cfg		configuration of the group, has to last until release
 * @param done		gets the result
 * @param user		passed to done
 * @param release	called last with user, also if the daemon ends before
 *					done could be called
 * @return			attempt
 */
gkm_join_t *gkm_member_join_create(gkm_cfg_t *cfg, gkm_member_done_t done,
								   void *user, void (*release)(void *user));

/**
 * Tell a key server that we aren't a member, in a job. If that fails nobody
 * hears of it: the key server forgets a member that doesn't come back. Not for
 * GDOI, which has no such message.
 *
 * @param gkm		carrier
 * @param cfg		configuration of the group, not used after this returned
 * @param ike_id	unique ID of the IKE_SA to the key server
 * @param notify	NO_PROPOSAL_CHOSEN or GIKEV2_REGISTRATION_FAILED
 */
void gkm_member_join_leave(gkm_t *gkm, gkm_cfg_t *cfg, uint32_t ike_id,
						   notify_type_t notify);

#endif /** GKM_MEMBER_JOIN_H_ @}*/
