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

#include "gkm_admission.h"

/*
 * Described in header
 */
bool gkm_admission_speaks(gkm_cfg_t *cfg, gkm_protocol_t protocol,
						  gkm_error_t *err)
{
	return gkm_cfg_has(cfg, protocol) ||
		   gkm_fail(err, "the group has no members that use %N",
					gkm_protocol_names, protocol);
}

/*
 * Described in header
 */
bool gkm_admission_authorizes(gkm_cfg_t *cfg, char *connection,
							  identification_t *id, gkm_error_t *err)
{
	identification_t *pattern;
	char *allowed = NULL;
	int i;

	for (i = 0; array_get(cfg->connections, i, &allowed); i++)
	{
		if (streq(allowed, connection))
		{
			break;
		}
	}
	if (i == array_count(cfg->connections))
	{
		return gkm_fail(err, "connection %s doesn't belong to the group",
						connection);
	}
	for (i = 0; array_get(cfg->member_ids, i, &pattern); i++)
	{
		if (id->matches(id, pattern))
		{
			return TRUE;
		}
	}
	return !array_count(cfg->member_ids) ||
		   gkm_fail(err, "identity matches none of member_ids");
}

/*
 * Described in header
 */
bool gkm_admission_has_room(gkm_admission_t *this, identification_t *id,
							gkm_error_t *err)
{
	uint32_t max_members = this->rekeying->cfg->max_members;

	if (!max_members ||
		this->members->get_count(this->members) < max_members ||
		this->members->get(this->members, id))
	{
		return TRUE;
	}
	return gkm_fail(err, "there are max_members = %u members already",
					max_members);
}

/**
 * When the last data SA of a download ends
 */
static time_t get_expiry(gkm_download_t *download, time_t now)
{
	gkm_data_sa_t *sa;
	uint32_t lifetime = 0;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		lifetime = max(lifetime, sa->lifetime);
	}
	return now + lifetime;
}

/**
 * Does a member of this kind get rekeys over its IKE_SA?
 */
static bool is_inband(gkm_cfg_t *cfg, gkm_applicant_t *applicant)
{
	if (applicant->protocol == GKM_PROTOCOL_GDOI)
	{
		return FALSE;
	}
	switch (cfg->rekey.transport)
	{
		case GKM_TRANSPORT_INBAND:
		case GKM_TRANSPORT_UNICAST:
			return TRUE;
		case GKM_TRANSPORT_MIXED:
			return applicant->sender;
		default:
			return FALSE;
	}
}

/*
 * Described in header
 */
uint8_t gkm_admission_get_can(gkm_cfg_t *cfg, gkm_peer_t peer, bool d3p)
{
	uint8_t can = 0;

	if (peer != GKM_PEER_LEGACY)
	{
		can |= GKM_CAN_DELAYS;
	}
	if (d3p)
	{
		can |= GKM_CAN_D3P;
	}
	if (gkm_acks_requested(cfg->rekey.acknowledgement, peer))
	{
		can |= GKM_CAN_ACK;
	}
	return can;
}

/*
 * Described in header
 */
void gkm_admission_update_can(gkm_cfg_t *cfg, gkm_members_t *members)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	uint8_t can;

	enumerator = members->create_gdoi_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		can = gkm_admission_get_can(cfg, member->peer,
									member->can & GKM_CAN_D3P);
		if (can != member->can)
		{	/* that it acknowledged when it was asked to, or in another way,
			 * doesn't say that it does now */
			member->can = can;
			member->acks.received = 0;
			member->acks.misses = 0;
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Say what an applicant uses an SA for. Where it is behind a NAT, or could be
 * any host of a subnet, it isn't known whether it is the sender.
 */
static gkm_direction_t get_direction(gkm_applicant_t *applicant,
									 gkm_data_sa_t *sa)
{
	if (!gkm_proposal_is_sequential(sa->proposal) || applicant->natt)
	{
		return GKM_SYMMETRIC;
	}
	if (!sa->src->includes(sa->src, applicant->address))
	{
		return GKM_RECEIVER_ONLY;
	}
	return sa->src->is_host(sa->src, NULL) ? GKM_SENDER_ONLY : GKM_SYMMETRIC;
}

/**
 * Say so of all data SAs. Members of RFC 3547 would abort on it.
 */
static void set_directions(gkm_applicant_t *applicant,
						   gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; applicant->peer != GKM_PEER_LEGACY &&
		 array_get(download->sas, i, &sa); i++)
	{
		sa->direction = get_direction(applicant, sa);
	}
}

/**
 * Put what an applicant gets into an empty download, but for what is only its
 * own
 */
static gkm_verdict_t fill(gkm_admission_t *this, gkm_applicant_t *applicant,
						  time_t now, gkm_download_t *download,
						  gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying->policy;
	gkm_cfg_t *cfg = this->rekeying->cfg;
	gkm_policy_rekey_t *rekey = NULL;

	if (!is_inband(cfg, applicant))
	{
		rekey = policy->get_rekey(policy, applicant->protocol);
	}
	if (!policy->fill(policy, download, rekey,
					  applicant->sender ? applicant->address : NULL, now, err))
	{
		return GKM_UNABLE;
	}
	if (applicant->capabilities &&
		!applicant->covers(applicant->capabilities, download->rekey,
						   download->sas, err))
	{
		return GKM_NOT_CAPABLE;
	}
	if (applicant->protocol == GKM_PROTOCOL_GDOI)
	{
		set_directions(applicant, download);
	}
	download->dtd = min(cfg->deactivation_delay, UINT16_MAX);
	gkm_carriers_set_d3p(this->rekeying->d3p_window, download);
	return GKM_ADMITTED;
}

/**
 * Give an applicant its sender IDs (RFC 9838, 4.4.3.1: for senders in groups
 * with counter modes only; RFC 6407, 3.5)
 */
static bool fill_sender_ids(gkm_admission_t *this, gkm_applicant_t *applicant,
							gkm_download_t *download, gkm_error_t *err)
{
	if (!applicant->sender || !gkm_download_has_counter_mode(download))
	{
		return TRUE;
	}
	download->sender_id_bits = this->sender_ids->get_bits(this->sender_ids);
	return this->sender_ids->allocate(this->sender_ids, applicant->sender_ids,
									  download->sender_ids, err);
}

/**
 * Give an applicant its keys of the tree. A member that comes back keeps its
 * leaf.
 *
 * @param slot			receives its leaf
 */
static bool fill_path(gkm_admission_t *this, gkm_applicant_t *applicant,
					  gkm_download_t *download, uint32_t *slot,
					  gkm_error_t *err)
{
	gkm_key_forest_t *tree = this->rekeying->tree;
	gkm_member_t *member;

	*slot = GKM_MEMBER_NO_SLOT;
	if (!tree || !download->rekey)
	{
		return TRUE;
	}
	member = this->members->get(this->members, applicant->id);
	if (member && member->slot != GKM_MEMBER_NO_SLOT &&
		tree->get_path(tree, member->slot, download->path))
	{
		*slot = member->slot;
		return TRUE;
	}
	return tree->join(tree, slot, err) &&
		   tree->get_path(tree, *slot, download->path);
}

/**
 * Write down what is known of a member that is admitted
 */
static gkm_member_t *create_member(gkm_admission_t *this,
								   gkm_applicant_t *applicant,
								   gkm_download_t *download, uint32_t slot,
								   time_t now)
{
	gkm_cfg_t *cfg = this->rekeying->cfg;
	identification_t *id = applicant->id;
	host_t *address = applicant->address;
	gkm_member_t *member, *old;
	uint32_t *sender_id;
	chunk_t ip;
	int i;

	member = gkm_member_create(id->get_type(id), id->get_encoding(id),
							   array_count(download->sender_ids));
	ip = address->get_address(address);
	member->family = address->get_family(address);
	member->port = address->get_port(address);
	memcpy(member->address, ip.ptr, min(ip.len, sizeof(member->address)));
	for (i = 0; array_get(download->sender_ids, i, &sender_id); i++)
	{
		member->sender_ids[i] = *sender_id;
	}
	member->registered = now;
	member->expires = get_expiry(download, now);
	member->slot = slot;
	member->sender = applicant->sender;
	member->fragmentation = applicant->fragmentation;
	member->owner = cfg->coop.id;
	member->lineage = this->rekeying->lineage;
	member->inband = is_inband(cfg, applicant);
	if (member->inband)
	{
		member->ike_sa_id = applicant->ike_sa_id;
	}
	old = this->members->get(this->members, id);
	member->registrations = old ? old->registrations + 1 : 1;
	member->protocol = applicant->protocol;
	if (applicant->protocol == GKM_PROTOCOL_GDOI)
	{
		member->peer = applicant->peer;
		member->natt = applicant->natt;
		member->can = gkm_admission_get_can(cfg, applicant->peer,
											applicant->d3p);
		gkm_pushes_join(this->pushes, &member->acks,
						old && old->protocol == GKM_PROTOCOL_GDOI ? &old->acks :
																	NULL);
	}
	return member;
}

/*
 * Described in header
 */
gkm_verdict_t gkm_admission_offer(gkm_admission_t *this,
								  gkm_applicant_t *applicant, time_t now,
								  gkm_download_t **download, gkm_error_t *err)
{
	gkm_download_t *filled;
	gkm_verdict_t verdict;

	filled = gkm_download_create();
	verdict = fill(this, applicant, now, filled, err);
	if (verdict == GKM_ADMITTED)
	{
		*download = filled;
	}
	else
	{
		gkm_download_destroy(filled);
	}
	return verdict;
}

/*
 * Described in header
 */
gkm_verdict_t gkm_admission_grant(gkm_admission_t *this,
								  gkm_applicant_t *applicant, time_t now,
								  gkm_download_t **download,
								  gkm_member_t **member, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying->policy;
	gkm_verdict_t verdict;
	gkm_download_t *filled;
	uint32_t slot;

	filled = gkm_download_create();
	verdict = fill(this, applicant, now, filled, err);
	if (verdict == GKM_ADMITTED &&
		(!fill_sender_ids(this, applicant, filled, err) ||
		 !fill_path(this, applicant, filled, &slot, err)))
	{
		verdict = GKM_UNABLE;
	}
	if (verdict != GKM_ADMITTED)
	{
		gkm_download_destroy(filled);
		return verdict;
	}
	if (applicant->sender && policy->note_sender(policy, applicant->address))
	{	/* not to be forgotten by a crash: its counters would begin anew */
		this->rekeying->changed = TRUE;
	}
	*member = create_member(this, applicant, filled, slot, now);
	*download = filled;
	return GKM_ADMITTED;
}
