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

#include "gkm_recipients.h"

/** What anybody can be sent */
#define CAN_ALL 0xff

/*
 * Described in header
 */
void gkm_recipients_address_inband(gkm_notice_t *notice,
								   gkm_members_t *members)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	notice->ike_sa_ids = array_create(sizeof(uint32_t), 0);
	enumerator = members->create_inband_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		array_insert(notice->ike_sa_ids, ARRAY_TAIL, &member->ike_sa_id);
	}
	enumerator->destroy(enumerator);
	if (!array_count(notice->ike_sa_ids))
	{
		gkm_update_destroy(notice->inband);
		notice->inband = NULL;
	}
}

/**
 * Add a member to those that something is sent to
 */
static void add_target(array_t *targets, gkm_member_t *member)
{
	gkm_target_t target = {
		.family = member->family,
		.port = member->port,
		.can = member->can,
		.natt = member->natt,
	};

	memcpy(target.address, member->address, sizeof(target.address));
	array_insert(targets, ARRAY_TAIL, &target);
}

/**
 * Say which members a notice is for that use GDOI
 */
static void address_push(gkm_notice_t *notice, gkm_cfg_t *cfg,
						 gkm_members_t *members)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	notice->push_can = CAN_ALL;
	if (cfg->rekey.transport == GKM_TRANSPORT_UNICAST)
	{
		notice->targets = array_create(sizeof(gkm_target_t), 0);
	}
	enumerator = members->create_gdoi_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		member->acks.sent++;
		notice->push_can &= member->can;
		if (notice->targets)
		{
			add_target(notice->targets, member);
		}
	}
	enumerator->destroy(enumerator);
	if (notice->targets && !array_count(notice->targets))
	{
		gkm_update_destroy(notice->push);
		notice->push = NULL;
		gkm_rekey_sa_destroy(notice->push_carrier);
		notice->push_carrier = NULL;
		array_destroy(notice->targets);
		notice->targets = NULL;
	}
}

/*
 * Described in header
 */
void gkm_recipients_address(gkm_notice_t *notice, gkm_cfg_t *cfg,
							gkm_members_t *members)
{
	if (notice->inband)
	{
		gkm_recipients_address_inband(notice, members);
	}
	if (notice->push)
	{
		address_push(notice, cfg, members);
	}
}

/*
 * Described in header
 */
array_t *gkm_recipients_of_copies(gkm_members_t *members, uint32_t number)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	array_t *targets;

	targets = array_create(sizeof(gkm_target_t), 0);
	enumerator = members->create_gdoi_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (member->acks.settled < number)
		{
			add_target(targets, member);
		}
	}
	enumerator->destroy(enumerator);
	return targets;
}
