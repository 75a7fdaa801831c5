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

#include "gkm_carriers.h"
#include "gkm_policy_slot.h"

/*
 * Described in header
 */
void gkm_carriers_get(gkm_carriers_t *this, gkm_policy_t *policy)
{
	gkm_policy_rekey_t *rekey;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = policy->get_rekey(policy, i);
		this->sas[i] = rekey ? gkm_rekey_sa_clone(rekey->sa) : NULL;
	}
}

/*
 * Described in header
 */
void gkm_carriers_clear(gkm_carriers_t *this)
{
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		gkm_rekey_sa_destroy(this->sas[i]);
		this->sas[i] = NULL;
	}
}

/*
 * Described in header
 */
bool gkm_carriers_any(gkm_policy_t *policy)
{
	return policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2) ||
		   policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
}

/**
 * Take the rekey SA of a protocol to send a message with, and count that,
 * unless it isn't used any more
 */
static gkm_rekey_sa_t *take(gkm_carriers_t *this, gkm_policy_t *policy,
							gkm_protocol_t protocol)
{
	gkm_rekey_sa_t *carrier = this->sas[protocol];
	gkm_policy_rekey_t *rekey;

	rekey = policy->get_rekey(policy, protocol);
	if (rekey && memeq(rekey->sa->spi, carrier->spi, sizeof(carrier->spi)))
	{
		rekey->sa->message_id++;
	}
	this->sas[protocol] = NULL;
	return carrier;
}

/**
 * Copy the deletes of an update to another one
 */
static void copy_deletes(gkm_update_t *update, gkm_update_t *copy)
{
	gkm_delete_t *delete;
	uint32_t spi;
	int i, j;

	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		if (!array_count(delete->spis))
		{
			gkm_update_delete(copy, delete->protocol, 0);
		}
		for (j = 0; array_get(delete->spis, j, &spi); j++)
		{
			gkm_update_delete(copy, delete->protocol, spi);
		}
	}
}

/**
 * What members have to know of an update that are told nothing of rekey SAs
 * and of SPIs to come
 */
static gkm_update_t *create_plain(gkm_update_t *update)
{
	gkm_update_t *plain;
	gkm_data_sa_t *sa;
	int i;

	plain = gkm_update_create();
	plain->download->atd = update->download->atd;
	plain->download->dtd = update->download->dtd;
	plain->download->d3p = update->download->d3p;
	for (i = 0; array_get(update->download->sas, i, &sa); i++)
	{
		sa = gkm_data_sa_clone(sa);
		sa->next_spi = 0;
		array_insert(plain->download->sas, ARRAY_TAIL, sa);
	}
	copy_deletes(update, plain);
	return plain;
}

/**
 * What those that are rekeyed in-band have to know of an update (RFC 9838,
 * 4.4.2.2.3: no SPIs to come), NULL if they needn't know of it
 */
static gkm_update_t *create_inband(gkm_update_t *update)
{
	gkm_update_t *inband = create_plain(update);

	if (gkm_update_is_empty(inband))
	{
		gkm_update_destroy(inband);
		return NULL;
	}
	return inband;
}

/**
 * What those that use GDOI have to know of an update, which has no place for
 * SPIs to come; NULL if they needn't know of it. The new rekey SA for them is
 * taken out of the update.
 */
static gkm_update_t *create_push(gkm_update_t *update)
{
	gkm_update_t *push = create_plain(update);
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	push->download->rekey = update->kek;
	update->kek = NULL;
	if (gkm_update_is_empty(push))
	{
		gkm_update_destroy(push);
		return NULL;
	}
	push->auth_key = chunk_clone(update->auth_key);
	for (i = 0; array_get(update->kwks, i, &kwk); i++)
	{
		array_insert(push->kwks, ARRAY_TAIL, kwk);
	}
	for (i = 0; array_get(update->wraps, i, &wrap); i++)
	{
		array_insert(push->wraps, ARRAY_TAIL, &wrap);
	}
	return push;
}

/*
 * Described in header
 */
void gkm_carriers_set_d3p(uint32_t window, gkm_download_t *download)
{
	if (window)
	{
		download->d3p = (gkm_d3p_t){
			.type = GKM_D3P_POSIX_TIME,
			.window = window,
		};
	}
}

/**
 * Add to an update what goes with each that brings SAs
 */
static void complete(gkm_update_t *update, uint32_t d3p_window)
{
	gkm_download_t *download = update->download;
	gkm_data_sa_t *sa;
	int i;

	if (gkm_update_excludes_all(update))
	{
		return;
	}
	gkm_carriers_set_d3p(d3p_window, download);
	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		gkm_policy_delay_sa(sa, download->atd);
	}
}

/*
 * Described in header
 */
bool gkm_carriers_tell(gkm_carriers_t *this, gkm_policy_t *policy,
					   uint32_t d3p_window, gkm_update_t *update,
					   gkm_notice_reason_t reason, array_t *notices)
{
	gkm_notice_t *notice;
	bool counted;

	complete(update, d3p_window);
	INIT(notice,
		.reason = reason,
		.inband = create_inband(update),
		.push = this->sas[GKM_PROTOCOL_GDOI] ? create_push(update) : NULL,
		.excludes_all = gkm_update_excludes_all(update),
	);
	if (notice->push)
	{
		notice->push_carrier = take(this, policy, GKM_PROTOCOL_GDOI);
		notice->push_seq = notice->push_carrier->message_id;
	}
	if (this->sas[GKM_PROTOCOL_GIKEV2] && !gkm_update_is_empty(update))
	{
		notice->update = update;
		notice->carrier = take(this, policy, GKM_PROTOCOL_GIKEV2);
		notice->message_id = notice->carrier->message_id;
	}
	else
	{
		gkm_update_destroy(update);
	}
	gkm_carriers_clear(this);
	counted = notice->update || notice->push;
	if (counted || notice->inband)
	{
		array_insert(notices, ARRAY_TAIL, notice);
	}
	else
	{
		gkm_notice_destroy(notice);
	}
	return counted;
}
