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

#include "gkm_registrar.h"
#include "gkm_server_clock.h"
#include "gkm_server_coop.h"
#include "gkm_server_gdoi.h"

#include "libgkm/gdoi/gdoi_codepoints.h"
#include "libgkm/gikev2/gikev2_sag.h"
#include "libgkm/group/gkm_print.h"

/**
 * Log why a registration was refused
 *
 * @return			notify to send
 */
static notify_type_t refuse(gkm_registrar_t *this, char *group,
							gkm_verdict_t verdict, ike_sa_t *ike_sa,
							gkm_error_t *err)
{
	notify_type_t notify = GIKEV2_REGISTRATION_FAILED;
	char *name = "KS_REGISTRATION_FAILED";
	int severity = 3;

	switch (verdict)
	{
		case GKM_NOT_AUTHORIZED:
			notify = GIKEV2_AUTHORIZATION_FAILED;
			name = "UNAUTHORIZED_IDENTITY";
			severity = 1;
			break;
		case GKM_NOT_CAPABLE:
			notify = NO_PROPOSAL_CHOSEN;
			name = "KS_NO_PROPOSAL_CHOSEN";
			break;
		default:
			break;
	}
	this->gkm->event(this->gkm, group, severity, name,
					 "group %s: registration of %Y at %H refused: %s", group,
					 ike_sa->get_other_eap_id(ike_sa),
					 ike_sa->get_other_host(ike_sa), err->text);
	return notify;
}

/**
 * A member leaves
 */
static notify_type_t leave(gkm_registrar_t *this,
						   gkm_server_group_t *entry, ike_sa_t *ike_sa,
						   gkm_registration_t *request)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	identification_t *id = ike_sa->get_other_eap_id(ike_sa);
	gkm_error_t err = {};
	bool authorized, found = FALSE;

	entry->mutex->lock(entry->mutex);
	authorized = entry->group->authorizes(entry->group,
							peer_cfg->get_name(peer_cfg), id, &err);
	if (authorized)
	{
		found = entry->group->remove_member(entry->group, id);
		this->rekeyer->deliver(this->rekeyer, entry, entry->key,
							   array_create(0, 0));
	}
	entry->mutex->unlock(entry->mutex);

	if (!authorized)
	{
		return refuse(this, entry->name, GKM_NOT_AUTHORIZED, ike_sa, &err);
	}
	this->linger->release(this->linger, ike_sa, entry->name);
	if (found && request->leave == NO_PROPOSAL_CHOSEN)
	{
		this->gkm->event(this->gkm, entry->name, 4, "KS_GM_REJECTS_SA_PAYLOAD",
						 "group %s: %Y at %H can't use the group's SAs, removed",
						 entry->name, id, ike_sa->get_other_host(ike_sa));
	}
	else if (found)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_GM_UNREGISTER",
						 "group %s: %Y at %H left", entry->name, id,
						 ike_sa->get_other_host(ike_sa));
	}
	return 0;
}

/**
 * Who wants to register
 */
static gkm_applicant_t get_applicant(ike_sa_t *ike_sa,
									 gkm_registration_t *request)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	host_t *me = ike_sa->get_my_host(ike_sa);

	return (gkm_applicant_t){
		.connection = peer_cfg->get_name(peer_cfg),
		.id = ike_sa->get_other_eap_id(ike_sa),
		.address = ike_sa->get_other_host(ike_sa),
		.sender = request->sender,
		.sender_ids = request->sender_ids,
		.ike_sa_id = ike_sa->get_unique_id(ike_sa),
		.fragmentation = ike_sa->supports_extension(ike_sa,
													EXT_IKE_FRAGMENTATION),
		.protocol = request->protocol,
		.peer = request->peer,
		.d3p = request->d3p,
		.natt = me->get_port(me) ==
				charon->socket->get_port(charon->socket, TRUE),
		.capabilities = request->capabilities,
		.covers = gikev2_sag_covers,
	};
}

/**
 * Does a GDOI member use the DOI and situation of the group, or those of RFC
 * 6407? Called with the group's mutex.
 */
static bool check_doi(gkm_server_group_t *entry, gkm_registration_t *request,
					  gkm_error_t *err)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);

	if (request->protocol == GKM_PROTOCOL_GDOI &&
		(request->doi != GDOI_DOI || request->situation != GDOI_SITUATION) &&
		(request->doi != cfg->gdoi.doi ||
		 request->situation != cfg->gdoi.situation))
	{
		return gkm_fail(err, "DOI %u, situation %u, expected %u and %u",
						request->doi, request->situation, cfg->gdoi.doi,
						cfg->gdoi.situation);
	}
	return TRUE;
}

/**
 * Doesn't this key server know yet what to give to members? Administrators hear
 * of that once.
 */
static bool is_waiting(gkm_server_group_t *entry)
{
	bool waiting;

	entry->mutex->lock(entry->mutex);
	waiting = entry->group->get_duty(entry->group) == GKM_DUTY_WAITING;
	if (waiting)
	{
		entry->coop->refused(entry->coop);
	}
	entry->mutex->unlock(entry->mutex);
	return waiting;
}

/**
 * Register a member with a group
 */
static notify_type_t admit(gkm_registrar_t *this, gkm_server_group_t *entry,
						   ike_sa_t *ike_sa, gkm_registration_t *request,
						   gkm_download_t **download)
{
	gkm_applicant_t applicant = get_applicant(ike_sa, request);
	gkm_verdict_t verdict = GKM_UNABLE;
	gkm_error_t err = {};
	array_t *notices;
	bool inband;

	/* What changes is written to the database, without waiting for the disk
	 * except for sender IDs once in many registrations. The mutex is held
	 * meanwhile, since others would need the same block of them. */
	entry->mutex->lock(entry->mutex);
	if (check_doi(entry, request, &err))
	{
		this->rekeyer->update(this->rekeyer, entry);
		notices = array_create(0, 0);
		verdict = entry->group->admit(entry->group, &applicant,
									  gkm_server_now(), download, notices,
									  &err);
		this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
	}
	inband = verdict == GKM_ADMITTED && !(*download)->rekey;
	entry->mutex->unlock(entry->mutex);

	if (verdict != GKM_ADMITTED)
	{
		return refuse(this, entry->name, verdict, ike_sa, &err);
	}
	if (inband)
	{
		this->linger->keep(this->linger, ike_sa, entry->name);
	}
	this->gkm->event(this->gkm, entry->name, 5, "KS_GM_REGISTER",
					 "group %s: %Y at %H registered as %s with %N", entry->name,
					 applicant.id, applicant.address,
					 request->sender ? "sender" : "receiver",
					 gkm_protocol_names, request->protocol);
	return 0;
}

/**
 * Get the group that a member asks for, NULL if there is none
 */
static gkm_server_group_t *find_group(gkm_registrar_t *this, ike_sa_t *ike_sa,
									  gkm_registration_t *request)
{
	gkm_server_group_t *entry;
	char id[GKM_PRINT_LEN];

	entry = this->groups->find(this->groups, request->group);
	if (!entry)
	{
		this->linger->close_after(this->linger, ike_sa,
								  GKM_LINGER_UNKNOWN_GROUP);
		this->gkm->event(this->gkm, NULL, 3, "KS_BAD_ID",
						 "%Y at %H wants unknown group %s",
						 ike_sa->get_other_eap_id(ike_sa),
						 ike_sa->get_other_host(ike_sa),
						 gkm_print_id(request->group, id));
	}
	return entry;
}

/**
 * Have an IKE_SA closed in time
 */
static void close_later(gkm_registrar_t *this, gkm_server_group_t *entry,
						ike_sa_t *ike_sa)
{
	uint32_t linger;

	entry->mutex->lock(entry->mutex);
	linger = entry->group->get_cfg(entry->group)->linger;
	entry->mutex->unlock(entry->mutex);
	this->linger->close_after(this->linger, ike_sa, linger);
}

/*
 * Described in header
 */
notify_type_t gkm_registrar_answer(gkm_registrar_t *this, ike_sa_t *ike_sa,
								   gkm_registration_t *request,
								   gkm_download_t **download)
{
	gkm_server_group_t *entry;
	notify_type_t error;

	entry = find_group(this, ike_sa, request);
	if (!entry)
	{
		return GIKEV2_INVALID_GROUP_ID;
	}
	if (request->leave)
	{
		error = leave(this, entry, ike_sa, request);
	}
	else if (is_waiting(entry))
	{
		error = GIKEV2_REGISTRATION_FAILED;
	}
	else
	{
		error = admit(this, entry, ike_sa, request, download);
	}
	close_later(this, entry, ike_sa);
	gkm_server_group_destroy(entry);
	return error;
}

/*
 * Described in header
 */
notify_type_t gkm_registrar_offer(gkm_registrar_t *this, ike_sa_t *ike_sa,
								  gkm_registration_t *request,
								  gdoi_format_t *format,
								  gkm_download_t **download)
{
	gkm_applicant_t applicant = get_applicant(ike_sa, request);
	gkm_verdict_t verdict = GKM_UNABLE;
	gkm_server_group_t *entry;
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	entry = find_group(this, ike_sa, request);
	if (!entry)
	{
		return GIKEV2_INVALID_GROUP_ID;
	}
	if (is_waiting(entry))
	{
		close_later(this, entry, ike_sa);
		gkm_server_group_destroy(entry);
		return GIKEV2_REGISTRATION_FAILED;
	}
	entry->mutex->lock(entry->mutex);
	if (check_doi(entry, request, &err))
	{
		verdict = entry->group->offer(entry->group, &applicant,
									  gkm_server_now(), download, &err);
		cfg = entry->group->get_cfg(entry->group);
		gkm_server_gdoi_format(cfg, gkm_admission_get_can(cfg, request->peer,
											request->d3p), format);
	}
	entry->mutex->unlock(entry->mutex);
	if (verdict != GKM_ADMITTED)
	{	/* one that isn't refused goes on, see gkm_registrar_answer() */
		close_later(this, entry, ike_sa);
		refuse(this, entry->name, verdict, ike_sa, &err);
	}
	gkm_server_group_destroy(entry);
	return verdict == GKM_ADMITTED ? 0 : GIKEV2_REGISTRATION_FAILED;
}
