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
 * Who may register with a key server's group, and what a member is given: a
 * part of gkm_group.h.
 *
 * @defgroup gkm_admission gkm_admission
 * @{ @ingroup libgkm
 */

#ifndef GKM_ADMISSION_H_
#define GKM_ADMISSION_H_

#include <library.h>
#include <collections/linked_list.h>

#include "gkm_members.h"
#include "gkm_pushes.h"
#include "gkm_rekeying.h"
#include "gkm_sender_ids.h"

typedef struct gkm_admission_t gkm_admission_t;
typedef struct gkm_applicant_t gkm_applicant_t;
typedef enum gkm_verdict_t gkm_verdict_t;

/**
 * What becomes of a registration, in the order of the checks.
 */
enum gkm_verdict_t {
	/** registered */
	GKM_ADMITTED,
	/** its connection or identity may not register with the group */
	GKM_NOT_AUTHORIZED,
	/** max_members are registered already */
	GKM_FULL,
	/** it can't use the group's SAs */
	GKM_NOT_CAPABLE,
	/** no key or sender ID can be given to it */
	GKM_UNABLE,
};

/**
 * Who wants to register: a peer that was authenticated. Borrowed for a call.
 */
struct gkm_applicant_t {

	/** name of the connection that authenticated it */
	char *connection;

	/** identity that was authenticated */
	identification_t *id;

	/** where it is */
	host_t *address;

	/** it will send to the group */
	bool sender;

	/** number of sender IDs it wants, if it is a sender */
	uint32_t sender_ids;

	/** unique ID of the IKE_SA that it registers over */
	uint32_t ike_sa_id;

	/** it understands fragments of IKE messages (RFC 7383) */
	bool fragmentation;

	/** protocol that it registers with */
	gkm_protocol_t protocol;

	/** GDOI: what it is, and whether it understands IP delay detection */
	gkm_peer_t peer;
	bool d3p;

	/** GDOI: it registers at the port of NAT traversal */
	bool natt;

	/** what it can do, NULL if it didn't say */
	linked_list_t *capabilities;

	/**
	 * Could it use these SAs? The registration protocol's reading of its
	 * capabilities, such as gikev2_sag_covers(); not called without any.
	 */
	bool (*covers)(linked_list_t *capabilities, gkm_rekey_sa_t *rekey,
				   array_t *sas, gkm_error_t *err);
};

/**
 * What a registration takes from: plain data, all borrowed from the group.
 */
struct gkm_admission_t {

	/** SAs, key tree and configuration */
	gkm_rekeying_t *rekeying;

	/** members so far */
	gkm_members_t *members;

	/** hands out sender IDs */
	gkm_sender_ids_t *sender_ids;

	/** rekeys sent to members that use GDOI */
	gkm_pushes_t *pushes;
};

/**
 * Does the group have members of this protocol?
 */
bool gkm_admission_speaks(gkm_cfg_t *cfg, gkm_protocol_t protocol,
						  gkm_error_t *err);

/**
 * May this peer register? See gkm_group_t.authorizes().
 */
bool gkm_admission_authorizes(gkm_cfg_t *cfg, char *connection,
							  identification_t *id, gkm_error_t *err);

/**
 * Is there room for another member, or is it one already?
 */
bool gkm_admission_has_room(gkm_admission_t *this, identification_t *id,
							gkm_error_t *err);

/**
 * What can a member that uses GDOI be sent?
 *
 * @param peer			what it is
 * @param d3p			it understands IP delay detection
 * @return				GKM_CAN_*
 */
uint8_t gkm_admission_get_can(gkm_cfg_t *cfg, gkm_peer_t peer, bool d3p);

/**
 * Find out anew what members that use GDOI can be sent, as another
 * configuration has it.
 */
void gkm_admission_update_can(gkm_cfg_t *cfg, gkm_members_t *members);

/**
 * Say what an applicant would be given, without what is only its own: sender
 * IDs and keys of the key tree. Nothing changes.
 *
 * @param now			current time
 * @param download		receives what it would get, passed, if it is admitted
 * @param err			receives the reason if not
 * @return				GKM_ADMITTED, or why not
 */
gkm_verdict_t gkm_admission_offer(gkm_admission_t *this,
								  gkm_applicant_t *applicant, time_t now,
								  gkm_download_t **download, gkm_error_t *err);

/**
 * Give an applicant what members have: SAs, sender IDs and keys of the key
 * tree. A member that comes back keeps its leaf.
 *
 * @param now			current time
 * @param download		receives what to give to it, passed, if it is admitted
 * @param member		receives the member that it becomes, to be put into the
 *						table
 * @param err			receives the reason if not
 * @return				GKM_ADMITTED, or why not
 */
gkm_verdict_t gkm_admission_grant(gkm_admission_t *this,
								  gkm_applicant_t *applicant, time_t now,
								  gkm_download_t **download,
								  gkm_member_t **member, gkm_error_t *err);

#endif /** GKM_ADMISSION_H_ @}*/
