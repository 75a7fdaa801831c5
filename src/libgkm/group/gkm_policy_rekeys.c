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

#include "gkm_policy_rekeys.h"
#include "gkm_adoption.h"
#include "gkm_policy_slot.h"
#include "gkm_sa_maker.h"

#include "../keys/gkm_random.h"

/** Numbers of messages that are left when a rekey SA has to be replaced: enough
 *  for what may have to be sent meanwhile */
#define MESSAGE_IDS_LEFT 64

/*
 * Described in header
 */
bool gkm_policy_wants_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol)
{
	if (!gkm_cfg_has(cfg, protocol))
	{
		return FALSE;
	}
	/* members that use GDOI have no IKE_SA to be rekeyed over */
	return protocol == GKM_PROTOCOL_GDOI ||
		  (cfg->rekey.transport != GKM_TRANSPORT_INBAND &&
		   cfg->rekey.transport != GKM_TRANSPORT_UNICAST);
}

/**
 * Can members be told of a rekey SA by a message on the one before it?
 */
static bool is_followed(gkm_rekey_sa_t *old, gkm_rekey_sa_t *new)
{
	return new && new->auth == old->auth &&
		  (new->auth == GKM_AUTH_IMPLICIT ||
		   chunk_equals(new->sig_alg, old->sig_alg));
}

/**
 * Are messages after one on the old rekey SA checked with another key?
 */
static bool has_other_key(gkm_rekey_sa_t *old, gkm_rekey_sa_t *new)
{
	return new->auth == GKM_AUTH_SIGNATURE &&
		   !chunk_equals(new->auth_key, old->auth_key);
}

/**
 * Is a rekey SA what would be made today? Both have proposals, equal or not.
 */
static bool fits(gkm_rekey_sa_t *sa, gkm_rekey_sa_t *made)
{
	char have[GKM_SA_MAKER_NAME_LEN], want[GKM_SA_MAKER_NAME_LEN];

	return is_followed(sa, made) && !has_other_key(sa, made) &&
		   sa->ack == made->ack &&
		   sa->dst->equals(sa->dst, made->dst) &&
		   streq(gkm_sa_maker_name(sa->proposal, have),
				 gkm_sa_maker_name(made->proposal, want));
}

/*
 * Described in header
 */
void gkm_policy_rekeys_drop(gkm_policy_rekeys_t *this,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS])
{
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (made[i] != this->sas[i].sa)
		{
			gkm_rekey_sa_destroy(made[i]);
		}
		made[i] = NULL;
	}
}

/*
 * Described in header
 */
bool gkm_policy_rekeys_make(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							chunk_t auth_key, chunk_t sig_alg,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS],
							gkm_error_t *err)
{
	gkm_rekey_sa_t *old;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		made[i] = NULL;
	}
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		old = this->sas[i].sa;
		if (!gkm_policy_wants_rekey(cfg, i))
		{
			continue;
		}
		made[i] = gkm_sa_maker_rekey(cfg, i, auth_key, sig_alg, old, err);
		if (!made[i])
		{
			gkm_policy_rekeys_drop(this, made);
			return FALSE;
		}
		if (old && fits(old, made[i]))
		{
			gkm_rekey_sa_destroy(made[i]);
			made[i] = old;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_policy_rekey_clone(gkm_policy_rekey_t *rekey, time_t now)
{
	gkm_rekey_sa_t *clone;

	clone = gkm_rekey_sa_clone(rekey->sa);
	clone->lifetime = rekey->expires - now;
	return clone;
}

/**
 * Take a new rekey SA into use, or none
 */
static void set(gkm_policy_rekeys_t *this, gkm_protocol_t protocol,
				gkm_rekey_sa_t *sa, gkm_cfg_t *cfg, time_t now)
{
	gkm_policy_rekey_t *rekey = &this->sas[protocol];

	gkm_rekey_sa_destroy(rekey->sa);
	rekey->sa = sa;
	rekey->rekey = now + cfg->rekey.rekey_time;
	rekey->expires = now + cfg->rekey.life_time;
}

/**
 * Tell members of one protocol of their new rekey SA
 */
static void tell(gkm_policy_rekeys_t *this, gkm_protocol_t protocol,
				 gkm_cfg_t *cfg, time_t now, gkm_update_t *update)
{
	gkm_download_t *download = update->download;
	gkm_rekey_sa_t *clone;

	clone = gkm_policy_rekey_clone(&this->sas[protocol], now);
	if (protocol == GKM_PROTOCOL_GDOI)
	{
		update->kek = clone;
	}
	else
	{
		download->rekey = clone;
	}
	/* members keep the old one for copies that are under way */
	download->dtd = max(download->dtd,
						min(cfg->deactivation_delay, UINT16_MAX));
}

/*
 * Described in header
 */
void gkm_policy_rekeys_take(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							gkm_rekey_sa_t *made[GKM_PROTOCOLS], time_t now,
							gkm_update_t *update)
{
	gkm_policy_rekey_t *rekey;
	gkm_rekey_sa_t *old;
	bool exclude = FALSE, told;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = &this->sas[i];
		old = rekey->sa;
		if (made[i] == old)
		{
			rekey->rekey = min(rekey->rekey, now + cfg->rekey.rekey_time);
			continue;
		}
		exclude |= old && !is_followed(old, made[i]);
		told = old && !exclude;
		if (told && !update->auth_key.len && has_other_key(old, made[i]))
		{
			update->auth_key = chunk_clone(made[i]->auth_key);
		}
		set(this, i, made[i], cfg, now);
		if (told)
		{
			tell(this, i, cfg, now, update);
		}
	}
	if (exclude)
	{
		gkm_update_exclude(update);
	}
}

/**
 * Did a message ID come near the end of what a key server uses of its slice?
 */
static bool is_slice_used(uint32_t message_id)
{
	return message_id % GKM_TAKEOVER_SLICE >=
								GKM_TAKEOVER_DISTANCE - MESSAGE_IDS_LEFT;
}

/*
 * Described in header
 */
bool gkm_policy_rekeys_are_due(gkm_policy_rekeys_t *this, uint8_t server,
							   time_t now)
{
	gkm_policy_rekey_t *rekey;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = &this->sas[i];
		if (rekey->sa &&
		   (rekey->rekey <= now ||
			rekey->sa->message_id > UINT32_MAX - MESSAGE_IDS_LEFT ||
			(server && is_slice_used(rekey->sa->message_id))))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Choose another SPI for the rekey SA after one, or none if that fails
 */
static void change_next_spi(gkm_rekey_sa_t *sa)
{
	sa->has_next_spi = sa->has_next_spi &&
					   gkm_random(sa->next_spi, sizeof(sa->next_spi), NULL);
}

/*
 * Described in header
 */
void gkm_policy_rekeys_take_over(gkm_policy_rekeys_t *this, uint8_t server,
								 uint64_t epoch)
{
	gkm_rekey_sa_t *sa;
	uint64_t id;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sa = this->sas[i].sa;
		if (sa)
		{
			id = (uint64_t)sa->message_id / GKM_TAKEOVER_BLOCK + 1;
			id = max(id, min(epoch, UINT32_MAX / GKM_TAKEOVER_BLOCK + 1));
			id = id * GKM_TAKEOVER_BLOCK + (server - 1) * GKM_TAKEOVER_SLICE;
			/* without room for a block it is due to be replaced */
			id = min(id, UINT32_MAX - MESSAGE_IDS_LEFT + 1);
			sa->message_id = max(sa->message_id, id);
			change_next_spi(sa);
		}
	}
}

/*
 * Described in header
 */
bool gkm_policy_rekeys_catch_up(gkm_policy_rekeys_t *this,
								gkm_policy_rekey_t *theirs)
{
	gkm_rekey_sa_t *sa, *other;
	bool shared = FALSE;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sa = this->sas[i].sa;
		other = theirs[i].sa;
		if (sa && other && memeq(sa->spi, other->spi, sizeof(sa->spi)))
		{
			sa->message_id = max(sa->message_id, other->message_id);
			shared = TRUE;
		}
	}
	return shared;
}

/*
 * Described in header
 */
time_t gkm_policy_rekeys_next_due(gkm_policy_rekeys_t *this)
{
	time_t due = GKM_TIME_MAX;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (this->sas[i].sa)
		{
			due = min(due, this->sas[i].rekey);
		}
	}
	return due;
}

/**
 * Try to replace rekey SAs later
 */
static bool defer(gkm_policy_rekeys_t *this, time_t now)
{
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		this->sas[i].rekey = now + GKM_POLICY_RETRY;
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_policy_rekeys_replace(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							   time_t now, gkm_update_t *update,
							   gkm_error_t *err)
{
	gkm_rekey_sa_t *old, *made[GKM_PROTOCOLS] = {};
	bool found = FALSE;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		old = this->sas[i].sa;
		if (!old)
		{
			continue;
		}
		found = TRUE;
		made[i] = gkm_sa_maker_rekey(cfg, i, old->auth_key, old->sig_alg, old,
									 err);
		if (!made[i])
		{
			gkm_policy_rekeys_drop(this, made);
			return defer(this, now);
		}
	}
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (made[i])
		{
			set(this, i, made[i], cfg, now);
			tell(this, i, cfg, now, update);
		}
	}
	return found || gkm_fail(err, "there is no rekey SA");
}

/**
 * Could a rekey SA that was kept take the place of the one that was made
 * instead?
 */
static bool is_replaceable(gkm_policy_rekey_t *rekey, gkm_rekey_sa_t *kept,
						   char *proposal)
{
	gkm_rekey_sa_t *made = rekey->sa;
	char name[GKM_SA_MAKER_NAME_LEN];

	if (!made || !streq(gkm_sa_maker_name(made->proposal, name), proposal) ||
		made->key.len != kept->key.len)
	{
		return FALSE;
	}
	kept->proposal = made->proposal->clone(made->proposal, 0);
	return fits(kept, made);
}

/*
 * Described in header
 */
bool gkm_policy_rekeys_restore(gkm_policy_rekeys_t *this, gkm_cfg_t *cfg,
							   gkm_policy_rekey_t *kept, char **proposals,
							   time_t now)
{
	gkm_policy_rekey_t *rekey;
	gkm_rekey_sa_t *made;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (kept[i].sa &&
			!is_replaceable(&this->sas[i], kept[i].sa, proposals[i]))
		{
			return FALSE;
		}
	}
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (kept[i].sa)
		{
			rekey = &this->sas[i];
			made = rekey->sa;
			*rekey = kept[i];
			rekey->sa->src = made->src;
			made->src = NULL;
			gkm_rekey_sa_destroy(made);
			rekey->rekey = min(rekey->rekey, now + cfg->rekey.rekey_time);
			rekey->expires = min(rekey->expires, now + cfg->rekey.life_time);
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
void gkm_policy_rekeys_clear(gkm_policy_rekeys_t *this)
{
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		gkm_rekey_sa_destroy(this->sas[i].sa);
	}
	*this = (gkm_policy_rekeys_t){};
}
