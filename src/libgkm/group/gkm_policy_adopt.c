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

#include "gkm_policy_adopt.h"
#include "gkm_sa_maker.h"

#include "../keys/gkm_keymat.h"

typedef struct adopted_t adopted_t;

/**
 * What becomes of a data SA that is taken over
 */
struct adopted_t {

	/** the SA */
	gkm_policy_kept_sa_t *kept;

	/** where it belongs */
	gkm_policy_slot_t *slot;

	/** what there is of it already, NULL if it is new */
	gkm_policy_sa_t *held;

	/** its SPI was acquired for it, or for whichever SA is next */
	bool acquired;
	bool expected;
};

/*
 * Described in header
 */
gkm_policy_slot_t *gkm_policy_find_slot(array_t *slots, gkm_data_sa_t *sa,
										char *proposal)
{
	char buf[GKM_SA_MAKER_NAME_LEN];
	gkm_policy_slot_t *slot;
	proposal_t *wanted;
	int i;

	for (i = 0; array_get(slots, i, &slot); i++)
	{
		wanted = gkm_sa_maker_proposal(slot->cfg->proposals);
		if (gkm_policy_slot_protects(slot, sa) &&
			streq(gkm_sa_maker_name(wanted, buf), proposal))
		{
			return slot;
		}
	}
	return NULL;
}

/*
 * Described in header
 */
gkm_policy_sa_t *gkm_policy_find_sa(gkm_policy_slot_t *slot, gkm_data_sa_t *sa)
{
	gkm_policy_sa_t *held;
	int i;

	for (i = 0; array_get(slot->sas, i, &held); i++)
	{
		if (held->sa->spi == sa->spi && chunk_equals(held->sa->key, sa->key))
		{
			return held;
		}
	}
	return NULL;
}

/**
 * Was an SA that is there taken over already?
 */
static bool is_adopted(array_t *adopted, gkm_policy_sa_t *held)
{
	adopted_t *other;
	int i;

	for (i = 0; array_get(adopted, i, &other); i++)
	{
		if (other->held == held)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Find out what becomes of a data SA, and acquire its SPI if it is new
 */
static bool prepare_sa(gkm_policy_slot_t *slot, gkm_policy_kept_sa_t *kept,
					   gkm_spis_t *spis, array_t *adopted, gkm_error_t *err)
{
	proposal_t *proposal = gkm_sa_maker_proposal(slot->cfg->proposals);
	gkm_data_sa_t *sa = kept->sa->sa;
	adopted_t *this;

	INIT(this,
		.kept = kept,
		.slot = slot,
		.held = gkm_policy_find_sa(slot, sa),
	);
	if (sa->key.len != gkm_keymat_len(proposal) ||
		(this->held && is_adopted(adopted, this->held)))
	{
		free(this);
		return gkm_fail(err, "data SA %.8x has a key of another length, or "
						"comes twice", ntohl(sa->spi));
	}
	this->expected = !this->held && sa->spi == slot->next_spi;
	this->acquired = !this->held && !this->expected &&
					 spis->acquire(spis, sa->spi);
	if (!this->held && !this->expected && !this->acquired)
	{
		free(this);
		return gkm_fail(err, "SPI %.8x is in use already", ntohl(sa->spi));
	}
	if (this->expected)
	{
		slot->next_spi = 0;
	}
	array_insert(adopted, ARRAY_TAIL, this);
	return TRUE;
}

/**
 * Find out what becomes of all data SAs
 */
static bool prepare(array_t *slots, gkm_policy_kept_t *kept, gkm_spis_t *spis,
					time_t now, array_t *adopted, gkm_error_t *err)
{
	gkm_policy_kept_sa_t *sa;
	gkm_policy_slot_t *slot;
	int i;

	for (i = 0; array_get(kept->sas, i, &sa); i++)
	{
		slot = gkm_policy_find_slot(slots, sa->sa->sa, sa->proposal);
		if (slot && sa->sa->expires > now &&
			!prepare_sa(slot, sa, spis, adopted, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Give back SPIs that were acquired in vain
 */
static void give_up(array_t *adopted, gkm_spis_t *spis)
{
	adopted_t *this;

	while (array_remove(adopted, ARRAY_TAIL, &this))
	{
		if (this->acquired)
		{
			spis->release(spis, this->kept->sa->sa->spi);
		}
		if (this->expected)
		{
			this->slot->next_spi = this->kept->sa->sa->spi;
		}
		free(this);
	}
}

/**
 * Take over one data SA
 *
 * @return			SA, no longer in its slot
 */
static gkm_policy_sa_t *take(adopted_t *this)
{
	gkm_policy_sa_t *sa = this->kept->sa, *held = this->held;
	proposal_t *proposal;
	int i;

	if (!held)
	{
		this->kept->sa = NULL;
		proposal = gkm_sa_maker_proposal(this->slot->cfg->proposals);
		sa->sa->proposal = proposal->clone(proposal, 0);
		sa->cfg = this->slot->cfg;
		return sa;
	}
	held->created = sa->created;
	held->rekey = sa->rekey;
	held->activates = sa->activates;
	held->expires = sa->expires;
	/* what a sender got here the other one may not know yet */
	held->sent_on |= sa->sent_on;
	held->sa->next_spi = sa->sa->next_spi;
	for (i = 0; array_get(this->slot->sas, i, &sa) && sa != held; i++);
	array_remove(this->slot->sas, i, NULL);
	return held;
}

/**
 * A slot has no SAs but those that were taken over
 */
static void settle_slot(gkm_policy_slot_t *slot, gkm_spis_t *spis)
{
	gkm_policy_sa_t *newest = gkm_policy_slot_newest(slot);
	uint32_t next_spi = newest ? newest->sa->next_spi : 0;

	slot->rekey = newest ? newest->rekey : 0;
	if (slot->next_spi && slot->next_spi != next_spi)
	{
		spis->release(spis, slot->next_spi);
		slot->next_spi = 0;
	}
	if (next_spi && !slot->next_spi && spis->acquire(spis, next_spi))
	{
		slot->next_spi = next_spi;
	}
}

/**
 * Take over data SAs in place of those there are
 */
static void take_all(array_t *slots, gkm_spis_t *spis, array_t *adopted)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	adopted_t *this;
	array_t *sas;
	int i, j;

	for (i = 0; array_get(slots, i, &slot); i++)
	{
		sas = array_create(0, 0);
		for (j = 0; array_get(adopted, j, &this); j++)
		{
			if (this->slot == slot)
			{
				array_insert(sas, ARRAY_TAIL, take(this));
			}
		}
		while (array_remove(slot->sas, ARRAY_HEAD, &sa))
		{
			spis->release(spis, sa->sa->spi);
			gkm_policy_sa_destroy(sa);
		}
		array_destroy(slot->sas);
		slot->sas = sas;
		settle_slot(slot, spis);
	}
}

/**
 * Find the proposal that a rekey SA was made with, and check that it is usable
 */
static bool prepare_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol,
						  gkm_rekey_sa_t *sa, char *name, gkm_error_t *err)
{
	char buf[GKM_SA_MAKER_NAME_LEN];
	proposal_t *proposal;
	bool host = cfg->rekey.address &&
				cfg->rekey.transport != GKM_TRANSPORT_UNICAST;

	proposal = gkm_sa_maker_proposal(protocol == GKM_PROTOCOL_GDOI ?
									 cfg->gdoi.proposals :
									 cfg->rekey.proposals);
	if (!streq(gkm_sa_maker_name(proposal, buf), name) ||
		sa->key.len != gkm_keymat_len(proposal))
	{
		return gkm_fail(err, "rekey SA for %N uses %s, %s is configured",
						gkm_protocol_names, protocol, name, buf);
	}
	if (sa->auth != cfg->rekey.auth ||
		(sa->auth == GKM_AUTH_SIGNATURE &&
		 (!sa->auth_key.len || !sa->sig_alg.len)))
	{
		return gkm_fail(err, "rekeys for %N are authenticated in another way "
						"than configured with rekey.auth", gkm_protocol_names,
						protocol);
	}
	if (sa->dst->is_host(sa->dst, NULL) != host ||
		sa->dst->get_from_port(sa->dst) != sa->dst->get_to_port(sa->dst))
	{
		return gkm_fail(err, "rekeys for %N go to %R, which isn't what is "
						"configured with rekey.transport", gkm_protocol_names,
						protocol, sa->dst);
	}
	sa->proposal = proposal->clone(proposal, 0);
	return TRUE;
}

/**
 * Check that rekey SAs are usable
 */
static bool prepare_rekeys(gkm_policy_kept_t *kept, gkm_cfg_t *cfg,
						   gkm_error_t *err)
{
	gkm_rekey_sa_t *sa;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sa = kept->rekeys[i].sa;
		if (gkm_policy_wants_rekey(cfg, i) != (sa != NULL))
		{
			return gkm_fail(err, "there is %s rekey SA for %N, unlike "
							"configured here", sa ? "a" : "no",
							gkm_protocol_names, i);
		}
		if (sa && !prepare_rekey(cfg, i, sa, kept->proposals[i], err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Take over rekey SAs in place of those there are
 */
static void take_rekeys(gkm_policy_rekeys_t *rekeys, gkm_policy_kept_t *kept)
{
	gkm_rekey_sa_t *sa;
	host_t *any;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sa = kept->rekeys[i].sa;
		gkm_rekey_sa_destroy(rekeys->sas[i].sa);
		rekeys->sas[i] = kept->rekeys[i];
		kept->rekeys[i].sa = NULL;
		if (sa)
		{	/* members don't care which of the key servers it is from */
			any = host_create_any(sa->dst->get_type(sa->dst) ==
								  TS_IPV4_ADDR_RANGE ? AF_INET : AF_INET6);
			sa->src = traffic_selector_create_from_subnet(any, 0, IPPROTO_UDP,
														  0, 65535);
		}
	}
}

/*
 * Described in header
 */
bool gkm_policy_adopt(array_t *slots, gkm_policy_rekeys_t *rekeys,
					  gkm_cfg_t *cfg, gkm_spis_t *spis,
					  gkm_policy_kept_t *kept, time_t now, gkm_error_t *err)
{
	array_t *adopted;
	bool success;

	adopted = array_create(0, 0);
	success = prepare_rekeys(kept, cfg, err) &&
			  prepare(slots, kept, spis, now, adopted, err);
	if (success)
	{
		take_all(slots, spis, adopted);
		take_rekeys(rekeys, kept);
		array_destroy_function(adopted, (array_callback_t)free, NULL);
	}
	else
	{
		give_up(adopted, spis);
		array_destroy(adopted);
	}
	return success;
}
