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
static gkm_update_t *create_inband(gkm_update_t *update)
{
	gkm_update_t *inband;
	gkm_delete_t *delete;
	gkm_data_sa_t *sa;
	uint32_t spi;
	int i, j;

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

/**
 * Tell members what an update says, if that is anything
 *
 * @param update		what to say, adopted
 * @param carrier		rekey SA that was in use before, adopted, or NULL
 */
static void tell(gkm_rekeying_t *this, gkm_update_t *update,
				 gkm_rekey_sa_t *carrier, gkm_notice_reason_t reason,
				 array_t *notices)
{
	gkm_notice_t *notice;

	INIT(notice,
		.reason = reason,
		.inband = create_inband(update),
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
uint32_t gkm_rekeying_next_key(gkm_rekeying_t *this)
{
	uint32_t next = this->tree ? this->tree->get_next_id(this->tree) : 1;

	return max(next, this->next_key);
}

/*
 * Described in header
 */
void gkm_rekeying_plant_tree(gkm_rekeying_t *this, uint8_t degree)
{
	gkm_policy_rekey_t *rekey = this->policy->get_rekey(this->policy);
	gkm_cfg_rekey_t *cfg = &this->cfg->rekey;
	uint16_t kwa = KW_NONE;

	this->next_key = gkm_rekeying_next_key(this);
	DESTROY_IF(this->last_tree);
	this->last_tree = this->tree;
	this->tree = NULL;
	if (cfg->key_tree && rekey)
	{
		rekey->sa->proposal->get_algorithm(rekey->sa->proposal,
										   KEY_WRAP_ALGORITHM, &kwa, NULL);
		this->degree = degree ?: cfg->key_tree_degree;
		this->tree = gkm_key_tree_create(this->degree,
										 gkm_key_wrap_key_len(kwa),
										 this->next_key);
	}
	this->departed = FALSE;
	this->changed = TRUE;
}

/*
 * Described in header
 */
bool gkm_rekeying_exclude_all(gkm_rekeying_t *this, gkm_notice_reason_t reason,
							  time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->policy;
	gkm_update_t *update, *unsaid;
	gkm_rekey_sa_t *carrier;
	gkm_error_t failed = {};
	bool replaced;

	carrier = gkm_rekeying_carrier(this);
	replaced = !carrier;
	update = gkm_update_create();
	gkm_update_exclude(update);
	tell(this, update, carrier, reason, notices);

	/* those that register again get these */
	unsaid = gkm_update_create();
	policy->renew(policy, GKM_RENEWAL_AT_ONCE, now, unsaid, &failed);
	replaced = replaced || policy->replace_rekey(policy, now, unsaid, &failed);
	gkm_update_destroy(unsaid);
	gkm_rekeying_plant_tree(this, 0);
	this->departed = !replaced;
	if (failed.text[0])
	{
		return gkm_fail(err, "%s", failed.text);
	}
	policy->forget_senders(policy);
	return TRUE;
}

/**
 * Replace the rekey SA by one that those who left the key tree can't unwrap,
 * and tell members of that
 *
 * @param carrier	rekey SA that was in use before, adopted
 * @param changed	receives TRUE if the tree isn't what it was, even if this
 *					fails
 */
static bool shut_out(gkm_rekeying_t *this, gkm_rekey_sa_t *carrier,
					 gkm_notice_reason_t reason, time_t now, array_t *notices,
					 bool *changed, gkm_error_t *err)
{
	gkm_update_t *update;

	update = gkm_update_create();
	*changed = this->tree->refresh(this->tree, update->kwks, update->wraps,
								   err);
	if (!*changed ||
		!this->policy->replace_rekey(this->policy, now, update, err))
	{
		gkm_update_destroy(update);
		gkm_rekey_sa_destroy(carrier);
		return FALSE;
	}
	this->departed = FALSE;
	this->changed = TRUE;
	if (!array_count(update->kwks))
	{
		if (!this->rootless)
		{	/* nobody is left to tell */
			gkm_update_destroy(update);
			gkm_rekey_sa_destroy(carrier);
			return TRUE;
		}
		gkm_update_exclude(update);
	}
	tell(this, update, carrier, reason, notices);
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
	gkm_policy_t *policy = this->policy;
	gkm_update_t *update;
	gkm_rekey_sa_t *carrier;
	bool data, rekey, changed;
	u_int made = 0;

	DESTROY_IF(this->last_tree);
	this->last_tree = NULL;
	data = renewal != GKM_RENEWAL_DUE || policy->is_due(policy, now);
	rekey = wants_rekey(this, renewal, data, now);
	if (!data && !rekey)
	{
		return 0;
	}
	carrier = gkm_rekeying_carrier(this);
	if (rekey && gkm_rekeying_is_stale(this))
	{
		if (!shut_out(this, carrier, reason, now, notices, &changed, err))
		{
			if (changed)
			{	/* nobody knows the new keys of the tree */
				gkm_rekeying_exclude_all(this, reason, now, notices, NULL);
			}
			return 0;
		}
		made++;
		rekey = FALSE;
		carrier = gkm_rekeying_carrier(this);
	}
	update = gkm_update_create();
	if (rekey)
	{
		if (!policy->replace_rekey(policy, now, update, err))
		{
			gkm_update_destroy(update);
			gkm_rekey_sa_destroy(carrier);
			return 0;
		}
		made++;
	}
	if (data)
	{
		made += policy->renew(policy, renewal, now, update, err);
	}
	if (renewal == GKM_RENEWAL_AT_ONCE)
	{	/* that is for the rekey SA as well, and for copies that come late */
		update->download->dtd = 0;
	}
	this->changed |= made > 0;
	tell(this, update, carrier, reason, notices);
	return made;
}

/*
 * Described in header
 */
void gkm_rekeying_clear(gkm_rekeying_t *this)
{
	this->policy->destroy(this->policy);
	DESTROY_IF(this->tree);
	DESTROY_IF(this->last_tree);
}

/*
 * Described in header
 */
void gkm_rekeying_change(gkm_rekeying_t *this, gkm_update_t *update,
						 gkm_rekey_sa_t *carrier, bool plant, time_t now,
						 array_t *notices)
{
	bool changed, known = FALSE;

	this->changed = TRUE;
	if (carrier && gkm_rekeying_is_stale(this) && !excludes_all(update) &&
		(plant || !gkm_update_is_empty(update)))
	{
		if (update->download->rekey)
		{
			gkm_update_exclude(update);
		}
		else if (!shut_out(this, gkm_rekey_sa_clone(carrier), GKM_NOTICE_CHANGE,
						   now, notices, &changed, NULL))
		{
			gkm_update_exclude(update);
			known = TRUE;
		}
		else
		{
			gkm_rekey_sa_destroy(carrier);
			carrier = gkm_rekeying_carrier(this);
		}
	}
	plant |= excludes_all(update);
	tell(this, update, carrier, GKM_NOTICE_CHANGE, notices);
	if (plant)
	{
		gkm_rekeying_plant_tree(this, 0);
		this->departed = known;
	}
}
