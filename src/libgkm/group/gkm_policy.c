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

#include "gkm_policy.h"

#include "gkm_sa_maker.h"

/** Seconds until making an SA is tried again, after that failed */
#define RETRY 10

/** Data SAs with equal selectors at most: one in use and its successor, so
 *  that a download doesn't outgrow its payloads */
#define SAS_MAX 2

typedef struct private_gkm_policy_t private_gkm_policy_t;
typedef struct slot_t slot_t;

/**
 * One pair of selectors in a section, and the data SAs that protect it
 */
struct slot_t {

	/** section, borrowed */
	gkm_cfg_sa_t *cfg;

	/** selectors, borrowed from cfg */
	traffic_selector_t *src;
	traffic_selector_t *dst;

	/** gkm_policy_sa_t*, oldest first; NULL if moved to another slot */
	array_t *sas;

	/** when the next SA is to be made */
	time_t rekey;
};

/**
 * Private data
 */
struct private_gkm_policy_t {

	/** public interface */
	gkm_policy_t public;

	/** SPIs in use */
	gkm_spis_t *spis;

	/** slot_t*, in the order of the configuration */
	array_t *slots;

	/** configuration of the rekey SA, borrowed; NULL before configure() */
	gkm_cfg_rekey_t *rekey_cfg;

	/** rekey SA, its sa is NULL if rekeys are in-band */
	gkm_policy_rekey_t rekey;
};

/**
 * Destroy a data SA, giving back its SPI
 */
static void destroy_sa(private_gkm_policy_t *this, gkm_policy_sa_t *sa)
{
	this->spis->release(this->spis, sa->sa->spi);
	gkm_data_sa_destroy(sa->sa);
	free(sa);
}

/**
 * Destroy a slot with its SAs
 */
static void destroy_slot(private_gkm_policy_t *this, slot_t *slot)
{
	gkm_policy_sa_t *sa;

	while (array_remove(slot->sas, ARRAY_HEAD, &sa))
	{
		destroy_sa(this, sa);
	}
	array_destroy(slot->sas);
	free(slot);
}

/**
 * Destroy an array of slots
 */
static void destroy_slots(private_gkm_policy_t *this, array_t *slots)
{
	slot_t *slot;

	while (array_remove(slots, ARRAY_HEAD, &slot))
	{
		destroy_slot(this, slot);
	}
	array_destroy(slots);
}

/**
 * Make the first data SA of a slot, or a successor
 */
static bool create_sa(private_gkm_policy_t *this, slot_t *slot, time_t now,
					  gkm_error_t *err)
{
	gkm_policy_sa_t *sa, *last;
	gkm_data_sa_t *made;

	made = gkm_sa_maker_data(slot->cfg, slot->src, slot->dst, this->spis, err);
	if (!made)
	{
		return FALSE;
	}
	if (array_get(slot->sas, ARRAY_TAIL, &last))
	{
		last->rekey = 0;
	}
	INIT(sa,
		.cfg = slot->cfg,
		.sa = made,
		.created = now,
		.rekey = now + slot->cfg->rekey_time,
		.expires = now + slot->cfg->life_time,
	);
	array_insert(slot->sas, ARRAY_TAIL, sa);
	slot->rekey = sa->rekey;
	return TRUE;
}

/**
 * Drop SAs that ended, make a successor if it is time
 */
static bool update_slot(private_gkm_policy_t *this, slot_t *slot, time_t now,
						u_int *made, gkm_error_t *err)
{
	gkm_policy_sa_t *sa;

	while (array_get(slot->sas, ARRAY_HEAD, &sa) && sa->expires <= now)
	{
		array_remove(slot->sas, ARRAY_HEAD, NULL);
		destroy_sa(this, sa);
	}
	if (slot->rekey <= now && array_count(slot->sas) < SAS_MAX)
	{
		if (!create_sa(this, slot, now, err))
		{
			slot->rekey = now + RETRY;
			return FALSE;
		}
		(*made)++;
	}
	return TRUE;
}

METHOD(gkm_policy_t, update, u_int,
	private_gkm_policy_t *this, time_t now, gkm_error_t *err)
{
	enumerator_t *enumerator;
	gkm_rekey_sa_t *sa;
	slot_t *slot;
	u_int made = 0;

	enumerator = array_create_enumerator(this->slots);
	while (enumerator->enumerate(enumerator, &slot))
	{
		update_slot(this, slot, now, &made, err);
	}
	enumerator->destroy(enumerator);

	if (this->rekey.sa && this->rekey.rekey <= now)
	{
		sa = gkm_sa_maker_rekey(this->rekey_cfg, this->rekey.sa->auth_key,
								this->rekey.sa->sig_alg, err);
		if (sa)
		{
			gkm_rekey_sa_destroy(this->rekey.sa);
			this->rekey.sa = sa;
			this->rekey.rekey = now + this->rekey_cfg->rekey_time;
			this->rekey.expires = now + this->rekey_cfg->life_time;
			made++;
		}
		else
		{
			this->rekey.rekey = now + RETRY;
		}
	}
	return made;
}

METHOD(gkm_policy_t, next_due, time_t,
	private_gkm_policy_t *this)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	slot_t *slot;
	time_t due = TIME_32_BIT_SIGNED_MAX;

	enumerator = array_create_enumerator(this->slots);
	while (enumerator->enumerate(enumerator, &slot))
	{
		if (array_count(slot->sas) < SAS_MAX)
		{
			due = min(due, slot->rekey);
		}
		if (array_get(slot->sas, ARRAY_HEAD, &sa))
		{
			due = min(due, sa->expires);
		}
	}
	enumerator->destroy(enumerator);
	if (this->rekey.sa)
	{
		due = min(due, this->rekey.rekey);
	}
	return due;
}

METHOD(gkm_policy_t, fill, bool,
	private_gkm_policy_t *this, gkm_download_t *download, time_t now,
	gkm_error_t *err)
{
	enumerator_t *slots, *sas;
	gkm_policy_sa_t *sa;
	gkm_data_sa_t *clone;
	slot_t *slot;
	bool found = TRUE;

	slots = array_create_enumerator(this->slots);
	while (found && slots->enumerate(slots, &slot))
	{
		found = FALSE;
		sas = array_create_enumerator(slot->sas);
		while (sas->enumerate(sas, &sa))
		{
			if (sa->expires > now)
			{
				clone = gkm_data_sa_clone(sa->sa);
				/* RFC 9838 advises against lifetimes for groups that are
				 * rekeyed in-band, but without one a member that is cut off
				 * would use its keys for ever */
				clone->lifetime = sa->expires - now;
				array_insert(download->sas, ARRAY_TAIL, clone);
				found = TRUE;
			}
		}
		sas->destroy(sas);
		if (!found)
		{
			gkm_fail(err, "no valid data SA for section %s", slot->cfg->name);
		}
	}
	slots->destroy(slots);

	if (found && this->rekey.sa)
	{
		if (this->rekey.expires <= now)
		{
			return gkm_fail(err, "no valid rekey SA");
		}
		download->rekey = gkm_rekey_sa_clone(this->rekey.sa);
		download->rekey->lifetime = this->rekey.expires - now;
	}
	return found;
}

/**
 * Do SAs of a slot protect what is asked for in another?
 */
static bool slot_matches(slot_t *a, slot_t *b)
{
	proposal_t *pa, *pb;

	pa = gkm_sa_maker_proposal(a->cfg->proposals);
	pb = gkm_sa_maker_proposal(b->cfg->proposals);
	return a->src->equals(a->src, b->src) && a->dst->equals(a->dst, b->dst) &&
		   a->cfg->mode == b->cfg->mode &&
		   pa->get_protocol(pa) == pb->get_protocol(pb) && pa->equals(pa, pb);
}

/**
 * Find the slot in this policy whose SAs can go on in another slot. Each is
 * found once: slots that were taken are noted in taken.
 */
static slot_t *find_slot(private_gkm_policy_t *this, slot_t *wanted,
						 array_t *taken)
{
	slot_t *slot, *other;
	int i, j;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		if (!slot_matches(slot, wanted))
		{
			continue;
		}
		for (j = 0; array_get(taken, j, &other) && other != slot; j++);
		if (j == array_count(taken))
		{
			return slot;
		}
	}
	return NULL;
}

/**
 * Create the slots that a configuration asks for, without SAs
 */
static array_t *create_slots(gkm_cfg_t *cfg)
{
	enumerator_t *sections, *srcs, *dsts;
	traffic_selector_t *src, *dst;
	gkm_cfg_sa_t *section;
	array_t *slots;
	slot_t *slot;

	slots = array_create(0, 0);
	sections = array_create_enumerator(cfg->sas);
	while (sections->enumerate(sections, &section))
	{
		srcs = array_create_enumerator(section->src);
		while (srcs->enumerate(srcs, &src))
		{
			dsts = array_create_enumerator(section->dst);
			while (dsts->enumerate(dsts, &dst))
			{
				INIT(slot,
					.cfg = section,
					.src = src,
					.dst = dst,
					.sas = array_create(0, 0),
				);
				array_insert(slots, ARRAY_TAIL, slot);
			}
			dsts->destroy(dsts);
		}
		srcs->destroy(srcs);
	}
	sections->destroy(sections);
	return slots;
}

/**
 * Move the SAs of a slot to one that asks for the same
 */
static void move_sas(slot_t *from, slot_t *to)
{
	gkm_policy_sa_t *sa;
	int i;

	array_destroy(to->sas);
	to->sas = from->sas;
	to->rekey = from->rekey;
	from->sas = NULL;
	for (i = 0; array_get(to->sas, i, &sa); i++)
	{
		sa->cfg = to->cfg;
		if (sa->rekey)
		{
			sa->rekey = min(sa->rekey, sa->created + to->cfg->rekey_time);
			to->rekey = min(to->rekey, sa->rekey);
		}
	}
}

/**
 * Move or make SAs for new slots. Old slots are left as they are on failure.
 */
static bool replace_slots(private_gkm_policy_t *this, array_t *slots,
						  bool fresh_nonces, time_t now, gkm_error_t *err)
{
	slot_t *slot, *old;
	array_t *from;
	int i;

	from = array_create(0, 0);
	for (i = 0; array_get(slots, i, &slot); i++)
	{
		old = NULL;
		if (!fresh_nonces ||
			!gkm_is_counter_mode(gkm_sa_maker_proposal(slot->cfg->proposals)))
		{
			old = find_slot(this, slot, from);
		}
		array_insert(from, ARRAY_TAIL, old);
		if (!old && !create_sa(this, slot, now, err))
		{
			array_destroy(from);
			return FALSE;
		}
	}
	for (i = 0; array_get(slots, i, &slot); i++)
	{
		array_get(from, i, &old);
		if (old)
		{
			move_sas(old, slot);
		}
	}
	array_destroy(from);
	destroy_slots(this, this->slots);
	this->slots = slots;
	return TRUE;
}

/**
 * Does the rekey SA fit a configuration?
 */
static bool rekey_matches(private_gkm_policy_t *this, gkm_cfg_rekey_t *cfg,
						  chunk_t auth_key, chunk_t sig_alg)
{
	gkm_rekey_sa_t *sa = this->rekey.sa;
	proposal_t *proposal = gkm_sa_maker_proposal(cfg->proposals);

	if (!sa || cfg->auth != sa->auth ||
		!proposal->equals(proposal, sa->proposal) ||
		!cfg->address->equals(cfg->address, this->rekey_cfg->address))
	{
		return FALSE;
	}
	return cfg->auth == GKM_AUTH_IMPLICIT ||
		   (chunk_equals(auth_key, sa->auth_key) &&
			chunk_equals(sig_alg, sa->sig_alg));
}

METHOD(gkm_policy_t, configure, bool,
	private_gkm_policy_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, bool fresh_nonces, time_t now, gkm_error_t *err)
{
	gkm_cfg_rekey_t *rekey = &cfg->rekey;
	gkm_rekey_sa_t *sa = NULL;
	array_t *slots;
	bool keep = FALSE;

	if (rekey->transport == GKM_TRANSPORT_MULTICAST)
	{
		keep = rekey_matches(this, rekey, auth_key, sig_alg);
		if (!keep)
		{
			sa = gkm_sa_maker_rekey(rekey, auth_key, sig_alg, err);
			if (!sa)
			{
				return FALSE;
			}
		}
	}
	slots = create_slots(cfg);
	if (!replace_slots(this, slots, fresh_nonces, now, err))
	{
		destroy_slots(this, slots);
		gkm_rekey_sa_destroy(sa);
		return FALSE;
	}
	if (keep)
	{
		this->rekey.rekey = min(this->rekey.rekey, now + rekey->rekey_time);
	}
	else
	{
		gkm_rekey_sa_destroy(this->rekey.sa);
		this->rekey.sa = sa;
		this->rekey.rekey = now + rekey->rekey_time;
		this->rekey.expires = now + rekey->life_time;
	}
	this->rekey_cfg = rekey;
	return TRUE;
}

CALLBACK(enumerate_slot, enumerator_t*,
	slot_t *slot, void *unused)
{
	return array_create_enumerator(slot->sas);
}

METHOD(gkm_policy_t, create_sa_enumerator, enumerator_t*,
	private_gkm_policy_t *this)
{
	return enumerator_create_nested(array_create_enumerator(this->slots),
									(void*)enumerate_slot, NULL, NULL);
}

METHOD(gkm_policy_t, get_rekey, gkm_policy_rekey_t*,
	private_gkm_policy_t *this)
{
	return this->rekey.sa ? &this->rekey : NULL;
}

METHOD(gkm_policy_t, destroy, void,
	private_gkm_policy_t *this)
{
	destroy_slots(this, this->slots);
	gkm_rekey_sa_destroy(this->rekey.sa);
	free(this);
}

/*
 * Described in header
 */
gkm_policy_t *gkm_policy_create(gkm_spis_t *spis)
{
	private_gkm_policy_t *this;

	INIT(this,
		.public = {
			.configure = _configure,
			.update = _update,
			.next_due = _next_due,
			.fill = _fill,
			.create_sa_enumerator = _create_sa_enumerator,
			.get_rekey = _get_rekey,
			.destroy = _destroy,
		},
		.spis = spis,
		.slots = array_create(0, 0),
	);
	return &this->public;
}
