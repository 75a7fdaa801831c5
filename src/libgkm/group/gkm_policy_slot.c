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

#include "gkm_policy_slot.h"

#include "gkm_sa_maker.h"

/*
 * Described in header
 */
void gkm_policy_sa_destroy(gkm_policy_sa_t *this)
{
	gkm_data_sa_destroy(this->sa);
	free(this);
}

/**
 * Destroy a data SA, giving back its SPI
 */
static void destroy_sa(gkm_policy_sa_t *sa, gkm_spis_t *spis)
{
	spis->release(spis, sa->sa->spi);
	gkm_policy_sa_destroy(sa);
}

/*
 * Described in header
 */
void gkm_policy_slot_drop_next(gkm_policy_slot_t *this, gkm_spis_t *spis)
{
	gkm_policy_sa_t *sa = gkm_policy_slot_newest(this);

	if (this->next_spi)
	{
		spis->release(spis, this->next_spi);
		this->next_spi = 0;
	}
	if (sa)
	{
		sa->sa->next_spi = 0;
	}
}

/*
 * Described in header
 */
void gkm_policy_slot_clear(gkm_policy_slot_t *this, gkm_spis_t *spis)
{
	gkm_policy_sa_t *sa;

	while (array_remove(this->sas, ARRAY_HEAD, &sa))
	{
		destroy_sa(sa, spis);
	}
	gkm_policy_slot_drop_next(this, spis);
}

/*
 * Described in header
 */
void gkm_policy_slots_destroy(array_t *slots, gkm_spis_t *spis)
{
	gkm_policy_slot_t *slot;

	while (array_remove(slots, ARRAY_HEAD, &slot))
	{
		gkm_policy_slot_clear(slot, spis);
		array_destroy(slot->sas);
		free(slot);
	}
	array_destroy(slots);
}

/*
 * Described in header
 */
array_t *gkm_policy_slots_create(gkm_cfg_t *cfg)
{
	enumerator_t *sections, *srcs, *dsts;
	traffic_selector_t *src, *dst;
	gkm_cfg_sa_t *section;
	gkm_policy_slot_t *slot;
	array_t *slots;

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
					.server = cfg->coop.id,
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

/*
 * Described in header
 */
gkm_policy_sa_t *gkm_policy_slot_make(gkm_policy_slot_t *this,
									  gkm_spis_t *spis, time_t now,
									  gkm_error_t *err)
{
	gkm_policy_sa_t *sa, *last;
	gkm_data_sa_t *made;

	if (!gkm_sa_maker_owns_spi(this->server, this->next_spi))
	{	/* another key server chose it, or this one had another number */
		gkm_policy_slot_drop_next(this, spis);
	}
	if (!this->next_spi &&
		!gkm_sa_maker_spi(spis, this->server, &this->next_spi, err))
	{
		return NULL;
	}
	made = gkm_sa_maker_data(this->cfg, this->src, this->dst, this->next_spi,
							 err);
	if (!made)
	{
		return NULL;
	}
	/* not having one for the next isn't worth a failure */
	this->next_spi = 0;
	gkm_sa_maker_spi(spis, this->server, &this->next_spi, NULL);
	made->next_spi = this->next_spi;
	last = gkm_policy_slot_newest(this);
	if (last)
	{
		last->rekey = 0;
		last->sa->next_spi = 0;
	}
	INIT(sa,
		.cfg = this->cfg,
		.sa = made,
		.created = now,
		.rekey = now + this->cfg->rekey_time,
		.activates = now,
		.expires = now + this->cfg->life_time,
		.sent_on = last && last->sent_on && !this->returned,
	);
	this->returned = FALSE;
	array_insert(this->sas, ARRAY_TAIL, sa);
	this->rekey = sa->rekey;
	return sa;
}

/*
 * Described in header
 */
bool gkm_policy_slot_restore(gkm_policy_slot_t *this, gkm_policy_sa_t *sa,
							 gkm_spis_t *spis, time_t now)
{
	gkm_policy_sa_t *last = gkm_policy_slot_newest(this);
	proposal_t *proposal = gkm_sa_maker_proposal(this->cfg->proposals);

	if (!spis->acquire(spis, sa->sa->spi))
	{
		return FALSE;
	}
	if (last && !last->restored)
	{	/* made instead, and not needed */
		gkm_policy_slot_clear(this, spis);
	}
	if (this->next_spi)
	{
		spis->release(spis, this->next_spi);
	}
	this->next_spi = sa->sa->next_spi;
	if (this->next_spi && !spis->acquire(spis, this->next_spi))
	{
		this->next_spi = sa->sa->next_spi = 0;
	}
	sa->cfg = this->cfg;
	sa->restored = TRUE;
	sa->created = min(sa->created, now);
	sa->rekey = min(sa->rekey, now + this->cfg->rekey_time);
	sa->expires = min(sa->expires, now + this->cfg->life_time);
	sa->activates = min(sa->activates, sa->expires);
	sa->sa->proposal = proposal->clone(proposal, 0);
	array_insert(this->sas, ARRAY_TAIL, sa);
	this->rekey = sa->rekey;
	return TRUE;
}

/*
 * Described in header
 */
void gkm_policy_slot_drop_oldest(gkm_policy_slot_t *this, gkm_spis_t *spis)
{
	gkm_policy_sa_t *sa;

	if (array_remove(this->sas, ARRAY_HEAD, &sa))
	{
		destroy_sa(sa, spis);
	}
}

/*
 * Described in header
 */
void gkm_policy_slot_expire(gkm_policy_slot_t *this, gkm_spis_t *spis,
							time_t now)
{
	gkm_policy_sa_t *sa;
	int i;

	for (i = array_count(this->sas) - 1; i >= 0; i--)
	{
		array_get(this->sas, i, &sa);
		if (sa->expires <= now)
		{
			array_remove(this->sas, i, NULL);
			destroy_sa(sa, spis);
		}
	}
}

/*
 * Described in header
 */
gkm_policy_sa_t *gkm_policy_slot_newest(gkm_policy_slot_t *this)
{
	gkm_policy_sa_t *sa = NULL;

	array_get(this->sas, ARRAY_TAIL, &sa);
	return sa;
}

/*
 * Described in header
 */
bool gkm_policy_slot_matches(gkm_policy_slot_t *this, gkm_policy_slot_t *other)
{
	proposal_t *a, *b;

	a = gkm_sa_maker_proposal(this->cfg->proposals);
	b = gkm_sa_maker_proposal(other->cfg->proposals);
	return this->src->equals(this->src, other->src) &&
		   this->dst->equals(this->dst, other->dst) &&
		   !chunk_compare(this->cfg->oid, other->cfg->oid) &&
		   !chunk_compare(this->cfg->oid_data, other->cfg->oid_data) &&
		   this->cfg->mode == other->cfg->mode &&
		   a->get_protocol(a) == b->get_protocol(b) && a->equals(a, b);
}

/*
 * Described in header
 */
bool gkm_policy_slot_protects(gkm_policy_slot_t *this, gkm_data_sa_t *sa)
{
	return this->src->equals(this->src, sa->src) &&
		   this->dst->equals(this->dst, sa->dst) &&
		   !chunk_compare(this->cfg->oid, sa->oid) &&
		   !chunk_compare(this->cfg->oid_data, sa->oid_data) &&
		   this->cfg->mode == sa->mode;
}

/*
 * Described in header
 */
void gkm_policy_slot_move(gkm_policy_slot_t *from, gkm_policy_slot_t *to)
{
	gkm_policy_sa_t *sa;
	int i;

	array_destroy(to->sas);
	to->sas = from->sas;
	to->rekey = from->rekey;
	to->next_spi = from->next_spi;
	from->sas = NULL;
	from->next_spi = 0;
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

/*
 * Described in header
 */
bool gkm_policy_slot_is_single(gkm_policy_slot_t *this, host_t *sender)
{
	return this->cfg->senders != GKM_SENDERS_ANY &&
		   this->src->includes(this->src, sender);
}

/*
 * Described in header
 */
gkm_data_sa_t *gkm_policy_sa_clone(gkm_policy_sa_t *sa, time_t now)
{
	gkm_data_sa_t *clone;

	clone = gkm_data_sa_clone(sa->sa);
	/* RFC 9838 advises against lifetimes for groups that are rekeyed in-band,
	 * but without one a member that is cut off would use its keys for ever */
	clone->lifetime = sa->expires - now;
	return clone;
}

/*
 * Described in header
 */
void gkm_policy_delay_sa(gkm_data_sa_t *sa, uint32_t delay)
{
	if (sa->proposal->get_protocol(sa->proposal) == PROTO_IEC_61850)
	{
		sa->delay = delay;
	}
}

/*
 * Described in header
 */
void gkm_policy_kept_clear(gkm_policy_kept_t *this)
{
	gkm_policy_kept_sa_t *kept;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		gkm_rekey_sa_destroy(this->rekeys[i].sa);
		free(this->proposals[i]);
	}
	while (array_remove(this->sas, ARRAY_TAIL, &kept))
	{
		if (kept->sa)
		{
			gkm_policy_sa_destroy(kept->sa);
		}
		free(kept->proposal);
		free(kept);
	}
	array_destroy(this->sas);
	*this = (gkm_policy_kept_t){};
}
