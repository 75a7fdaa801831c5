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

#include "gkm_rekeying.h"
#include "gkm_sa_maker.h"

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_rekeying_carrier(gkm_rekeying_t *this)
{
	gkm_policy_rekey_t *rekey = this->policy->get_rekey(this->policy);

	return rekey ? gkm_rekey_sa_clone(rekey->sa) : NULL;
}

/**
 * Count a message that is sent with a rekey SA, unless that isn't used any more
 */
static void count_message(gkm_rekeying_t *this, gkm_rekey_sa_t *carrier)
{
	gkm_policy_rekey_t *rekey = this->policy->get_rekey(this->policy);

	if (rekey && memeq(rekey->sa->spi, carrier->spi, sizeof(carrier->spi)))
	{
		rekey->sa->message_id++;
	}
	this->changed = TRUE;
}

/**
 * What those that are rekeyed in-band have to know of an update, NULL if they
 * needn't know of it
 */
static gkm_update_t *create_inband(gkm_rekeying_t *this, gkm_update_t *update)
{
	gkm_update_t *inband;
	gkm_delete_t *delete;
	gkm_data_sa_t *sa;
	uint32_t spi;
	int i, j;

	if (this->cfg->rekey.transport == GKM_TRANSPORT_MULTICAST)
	{
		return NULL;
	}
	inband = gkm_update_create();
	inband->download->atd = update->download->atd;
	inband->download->dtd = update->download->dtd;
	for (i = 0; array_get(update->download->sas, i, &sa); i++)
	{
		sa = gkm_data_sa_clone(sa);
		/* RFC 9838, 4.4.2.2.3: not in-band */
		sa->next_spi = 0;
		array_insert(inband->download->sas, ARRAY_TAIL, sa);
	}
	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		if (!array_count(delete->spis))
		{
			gkm_update_delete(inband, delete->protocol, 0);
		}
		for (j = 0; array_get(delete->spis, j, &spi); j++)
		{
			gkm_update_delete(inband, delete->protocol, spi);
		}
	}
	if (gkm_update_is_empty(inband))
	{
		gkm_update_destroy(inband);
		return NULL;
	}
	return inband;
}

/**
 * Does an update exclude all members?
 */
static bool excludes_all(gkm_update_t *update)
{
	gkm_delete_t *delete;
	int i;

	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		if (delete->protocol == PROTO_GIKE_UPDATE)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void gkm_rekeying_tell(gkm_rekeying_t *this, gkm_update_t *update,
					   gkm_rekey_sa_t *carrier, gkm_notice_reason_t reason,
					   array_t *notices)
{
	gkm_notice_t *notice;

	INIT(notice,
		.reason = reason,
		.inband = create_inband(this, update),
		.excludes_all = excludes_all(update),
	);
	if (carrier && !gkm_update_is_empty(update))
	{
		notice->update = update;
		notice->carrier = carrier;
		notice->message_id = carrier->message_id;
		count_message(this, carrier);
	}
	else
	{
		gkm_update_destroy(update);
		gkm_rekey_sa_destroy(carrier);
	}
	if (notice->update || notice->inband)
	{
		array_insert(notices, ARRAY_TAIL, notice);
	}
	else
	{
		gkm_notice_destroy(notice);
	}
}

/*
 * Described in header
 */
bool gkm_rekeying_is_stale(gkm_rekeying_t *this)
{
	return this->tree && (this->departed || this->tree->is_stale(this->tree));
}

/*
 * Described in header
 */
time_t gkm_rekeying_end(gkm_rekeying_t *this)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	time_t end = 0;

	enumerator = this->policy->create_sa_enumerator(this->policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		end = max(end, sa->expires);
	}
	enumerator->destroy(enumerator);
	return end;
}

/*
 * Described in header
 */
void gkm_rekeying_plant_tree(gkm_rekeying_t *this, uint32_t next_id)
{
	gkm_policy_rekey_t *rekey = this->policy->get_rekey(this->policy);
	gkm_cfg_rekey_t *cfg = &this->cfg->rekey;
	uint16_t kwa = KW_NONE;

	if (!next_id)
	{
		next_id = this->tree ? this->tree->get_next_id(this->tree) : 1;
	}
	DESTROY_IF(this->tree);
	this->tree = NULL;
	if (cfg->key_tree && rekey)
	{
		rekey->sa->proposal->get_algorithm(rekey->sa->proposal,
										   KEY_WRAP_ALGORITHM, &kwa, NULL);
		this->tree = gkm_key_tree_create(cfg->key_tree_degree,
										 gkm_key_wrap_key_len(kwa), next_id);
	}
	this->departed = FALSE;
	this->changed = TRUE;
}

/*
 * Described in header
 */
void gkm_rekeying_exclude_all(gkm_rekeying_t *this, gkm_notice_reason_t reason,
							  time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_update_t *update, *unsaid;
	gkm_rekey_sa_t *carrier;

	carrier = gkm_rekeying_carrier(this);
	update = gkm_update_create();
	gkm_update_exclude(update);
	gkm_rekeying_tell(this, update, carrier, reason, notices);

	/* those that register again get these */
	unsaid = gkm_update_create();
	this->policy->renew(this->policy, GKM_RENEWAL_AT_ONCE, now, unsaid,
						   err);
	if (carrier)
	{
		this->policy->replace_rekey(this->policy, now, unsaid, err);
	}
	gkm_update_destroy(unsaid);
	gkm_rekeying_plant_tree(this, 0);
}

/**
 * Replace the rekey SA, with the key tree if a member left it
 *
 * @param alone		receives TRUE if nothing else may be in the same message
 */
static bool replace_rekey(gkm_rekeying_t *this, gkm_renewal_t renewal,
						  time_t now, gkm_update_t *update, bool *alone,
						  gkm_error_t *err)
{
	*alone = gkm_rekeying_is_stale(this);
	if (!this->policy->replace_rekey(this->policy, now, update, err) ||
		(*alone && !this->tree->refresh(this->tree, update->kwks,
										update->wraps, err)))
	{
		return FALSE;
	}
	if (renewal == GKM_RENEWAL_AT_ONCE)
	{	/* this is for data SAs, too */
		update->download->dtd = 0;
	}
	this->departed = FALSE;
	return TRUE;
}

/**
 * Has the rekey SA to be replaced as well?
 */
static bool wants_rekey(gkm_rekeying_t *this, gkm_renewal_t renewal,
						bool data, time_t now)
{
	if (!this->policy->get_rekey(this->policy))
	{
		return FALSE;
	}
	return renewal == GKM_RENEWAL_AT_ONCE ||
		   renewal == GKM_RENEWAL_EXCLUDING ||
		   this->policy->is_rekey_due(this->policy, now) ||
		   (data && gkm_rekeying_is_stale(this));
}

/*
 * Described in header
 */
u_int gkm_rekeying_run(gkm_rekeying_t *this, gkm_renewal_t renewal,
					   gkm_notice_reason_t reason, time_t now,
					   array_t *notices, gkm_error_t *err)
{
	gkm_update_t *update;
	gkm_rekey_sa_t *carrier;
	bool data, alone = FALSE;
	u_int made = 0;

	data = renewal != GKM_RENEWAL_DUE ||
		   this->policy->is_due(this->policy, now);
	carrier = gkm_rekeying_carrier(this);
	update = gkm_update_create();
	if (wants_rekey(this, renewal, data, now))
	{
		if (!replace_rekey(this, renewal, now, update, &alone, err))
		{
			gkm_update_destroy(update);
			gkm_rekey_sa_destroy(carrier);
			return 0;
		}
		made++;
		if (alone)
		{
			if (array_count(update->kwks))
			{
				gkm_rekeying_tell(this, update, carrier, reason, notices);
			}
			else
			{	/* nobody is left to tell */
				gkm_update_destroy(update);
				gkm_rekey_sa_destroy(carrier);
			}
			carrier = gkm_rekeying_carrier(this);
			update = gkm_update_create();
		}
	}
	if (data)
	{
		made += this->policy->renew(this->policy, renewal, now, update,
									   err);
	}
	this->changed |= made > 0;
	gkm_rekeying_tell(this, update, carrier, reason, notices);
	return made;
}
