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
#include "gkm_policy_rekeys.h"
#include "gkm_policy_absorb.h"
#include "gkm_policy_adopt.h"
#include "gkm_policy_renewal.h"
#include "gkm_sa_maker.h"

/** Seconds that data SAs are kept whose only sender got another one */
#define SENDER_GONE 60

typedef struct private_gkm_policy_t private_gkm_policy_t;

/**
 * Private data
 */
struct private_gkm_policy_t {

	/** public interface */
	gkm_policy_t public;

	/** SPIs in use */
	gkm_spis_t *spis;

	/** gkm_policy_slot_t*, in the order of the configuration */
	array_t *slots;

	/** configuration, borrowed; NULL before configure() */
	gkm_cfg_t *cfg;

	/** rekey SAs */
	gkm_policy_rekeys_t rekeys;
};

METHOD(gkm_policy_t, expire, void,
	private_gkm_policy_t *this, time_t now)
{
	gkm_policy_slot_t *slot;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		gkm_policy_slot_expire(slot, this->spis, now);
	}
}

/**
 * Is it time to replace the SAs of a slot?
 */
static bool is_slot_due(gkm_policy_slot_t *slot, time_t now)
{
	return slot->rekey <= now;
}

METHOD(gkm_policy_t, is_due, bool,
	private_gkm_policy_t *this, time_t now)
{
	gkm_policy_slot_t *slot;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		if (is_slot_due(slot, now))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(gkm_policy_t, renew, u_int,
	private_gkm_policy_t *this, gkm_renewal_t renewal, time_t now,
	gkm_update_t *update, gkm_error_t *err)
{
	gkm_policy_slot_t *slot;
	u_int made = 0;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		if ((renewal != GKM_RENEWAL_DUE || is_slot_due(slot, now)) &&
			gkm_policy_renew_slot(slot, this->cfg, this->spis, renewal, now,
								  update, err))
		{
			made++;
		}
	}
	return made;
}

METHOD(gkm_policy_t, is_rekey_due, bool,
	private_gkm_policy_t *this, time_t now)
{
	return gkm_policy_rekeys_are_due(&this->rekeys, this->cfg->coop.id, now);
}

METHOD(gkm_policy_t, replace_rekey, bool,
	private_gkm_policy_t *this, time_t now, gkm_update_t *update,
	gkm_error_t *err)
{
	return gkm_policy_rekeys_replace(&this->rekeys, this->cfg, now, update,
									 err);
}

METHOD(gkm_policy_t, renew_for_sender, bool,
	private_gkm_policy_t *this, host_t *address, time_t due, time_t now)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	bool found = FALSE;
	int i, j;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		sa = gkm_policy_slot_newest(slot);
		if (!sa || !sa->sent_on || !gkm_policy_slot_is_single(slot, address))
		{
			continue;
		}
		/* nobody sends on these any more, so members needn't be told, but
		 * they would be in the way of those to come */
		for (j = 0; array_get(slot->sas, j, &sa); j++)
		{
			sa->expires = min(sa->expires, now + SENDER_GONE);
		}
		if (array_count(slot->sas) >= gkm_policy_sas_max(this->cfg))
		{
			gkm_policy_slot_drop_oldest(slot, this->spis);
		}
		slot->rekey = min(slot->rekey, due);
		sa = gkm_policy_slot_newest(slot);
		sa->rekey = slot->rekey;
		found = TRUE;
	}
	return found;
}

METHOD(gkm_policy_t, is_returning, bool,
	private_gkm_policy_t *this, host_t *address)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		sa = gkm_policy_slot_newest(slot);
		if (sa && sa->sent_on && gkm_policy_slot_is_single(slot, address))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(gkm_policy_t, renew_for_returned, bool,
	private_gkm_policy_t *this, time_t now)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	bool found = FALSE;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		sa = gkm_policy_slot_newest(slot);
		if (sa && sa->sent_on)
		{
			slot->returned = found = TRUE;
			slot->rekey = min(slot->rekey, now);
		}
	}
	return found;
}

METHOD(gkm_policy_t, note_sender, bool,
	private_gkm_policy_t *this, host_t *address)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	bool changed = FALSE;
	int i, j;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		for (j = 0; gkm_policy_slot_is_single(slot, address) &&
			 array_get(slot->sas, j, &sa); j++)
		{
			changed |= !sa->sent_on;
			sa->sent_on = TRUE;
		}
	}
	return changed;
}

METHOD(gkm_policy_t, forget_senders, void,
	private_gkm_policy_t *this)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		sa = gkm_policy_slot_newest(slot);
		if (sa)
		{
			sa->sent_on = FALSE;
		}
	}
}

METHOD(gkm_policy_t, next_due, time_t,
	private_gkm_policy_t *this)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	time_t due;
	int i, j;

	due = gkm_policy_rekeys_next_due(&this->rekeys);
	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		due = min(due, slot->rekey);
		for (j = 0; array_get(slot->sas, j, &sa); j++)
		{
			due = min(due, sa->expires);
		}
	}
	return due;
}

/**
 * Find the first SA that a download has to have: the oldest one that senders
 * may use
 */
static int find_first(gkm_policy_slot_t *slot, host_t *sender, time_t now)
{
	gkm_policy_sa_t *sa;
	int i, first = 0, last = array_count(slot->sas) - 1;
	bool single;

	single = sender && gkm_policy_slot_is_single(slot, sender);
	for (i = 0; array_get(slot->sas, i, &sa); i++)
	{
		if (sa->activates <= now)
		{
			first = i;
		}
		if (single && sa->sent_on && i < last)
		{
			first = i + 1;
		}
	}
	return first;
}

/**
 * Put the SAs of a slot into a download
 *
 * @return			FALSE if there is none
 */
static bool fill_slot(gkm_policy_slot_t *slot, gkm_download_t *download,
					  bool next_spis, host_t *sender, time_t now)
{
	gkm_policy_sa_t *sa;
	gkm_data_sa_t *clone;
	bool found = FALSE;
	uint16_t delay;
	int i;

	for (i = find_first(slot, sender, now); array_get(slot->sas, i, &sa); i++)
	{
		if (sa->expires <= now)
		{
			continue;
		}
		clone = gkm_policy_sa_clone(sa, now);
		if (!next_spis)
		{
			clone->next_spi = 0;
		}
		array_insert(download->sas, ARRAY_TAIL, clone);
		if (found && sa->activates > now)
		{
			delay = min(sa->activates - now, UINT16_MAX);
			download->atd = max(download->atd, delay);
			gkm_policy_delay_sa(clone, delay);
		}
		found = TRUE;
	}
	return found;
}

METHOD(gkm_policy_t, fill, bool,
	private_gkm_policy_t *this, gkm_download_t *download,
	gkm_policy_rekey_t *rekey, host_t *sender, time_t now, gkm_error_t *err)
{
	gkm_policy_slot_t *slot;
	bool next_spis = rekey && rekey->sa->has_next_spi;
	int i;

	if (rekey && rekey->expires <= now)
	{
		return gkm_fail(err, "no valid rekey SA");
	}
	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		if (!fill_slot(slot, download, next_spis, sender, now))
		{
			return gkm_fail(err, "no valid data SA for section %s",
							slot->cfg->name);
		}
	}
	if (rekey)
	{
		download->rekey = gkm_policy_rekey_clone(rekey, now);
	}
	return TRUE;
}

/**
 * Find the slot in this policy whose SAs can go on in another slot. Each is
 * found once: slots that were taken are noted in taken.
 */
static gkm_policy_slot_t *find_slot(private_gkm_policy_t *this,
									gkm_policy_slot_t *wanted, array_t *taken)
{
	gkm_policy_slot_t *slot, *other;
	int i, j;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		if (!gkm_policy_slot_matches(slot, wanted))
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
 * Tell members to delete the SAs that weren't moved to other slots
 */
static void delete_unmoved(private_gkm_policy_t *this, gkm_cfg_t *cfg,
						   time_t now, gkm_update_t *update)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	gkm_timing_t timing;
	int i, j;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		for (j = 0; slot->sas && array_get(slot->sas, j, &sa); j++)
		{
			if (sa->expires > now)
			{
				gkm_timing_get(cfg, GKM_RENEWAL_REQUESTED, sa->expires - now,
							   slot->cfg->life_time, &timing);
				update->download->atd = max(update->download->atd, timing.atd);
				update->download->dtd = max(update->download->dtd, timing.dtd);
				gkm_policy_delete_sa(update, sa);
			}
		}
	}
}

/**
 * Move or make SAs for new slots. Old slots are left as they are on failure.
 */
static bool replace_slots(private_gkm_policy_t *this, gkm_cfg_t *cfg,
						  array_t *slots, bool fresh_nonces, time_t now,
						  gkm_update_t *update, gkm_error_t *err)
{
	gkm_policy_slot_t *slot, *old;
	gkm_policy_sa_t *sa;
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
		if (!old)
		{
			sa = gkm_policy_slot_make(slot, this->spis, now, err);
			if (!sa)
			{
				array_destroy(from);
				return FALSE;
			}
			array_insert(update->download->sas, ARRAY_TAIL,
						 gkm_policy_sa_clone(sa, now));
		}
	}
	for (i = 0; array_get(slots, i, &slot); i++)
	{
		array_get(from, i, &old);
		if (old)
		{
			gkm_policy_slot_move(old, slot);
		}
	}
	array_destroy(from);
	delete_unmoved(this, cfg, now, update);
	gkm_policy_slots_destroy(this->slots, this->spis);
	this->slots = slots;
	return TRUE;
}

/**
 * May any member send now where only one could? Members that use GDOI are told
 * when they register, and wouldn't send on what a rekey brings instead.
 */
static bool frees_senders(private_gkm_policy_t *this, gkm_cfg_t *cfg,
						  array_t *slots)
{
	gkm_policy_slot_t *slot, *old;
	int i, j;

	if (!gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		return FALSE;
	}
	for (i = 0; array_get(slots, i, &slot); i++)
	{
		for (j = 0; slot->cfg->senders == GKM_SENDERS_ANY &&
			 array_get(this->slots, j, &old); j++)
		{
			if (old->cfg->senders != GKM_SENDERS_ANY &&
				slot->src->equals(slot->src, old->src) &&
				slot->dst->equals(slot->dst, old->dst))
			{
				return TRUE;
			}
		}
	}
	return FALSE;
}

METHOD(gkm_policy_t, configure, bool,
	private_gkm_policy_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, bool fresh_nonces, time_t now, gkm_update_t *update,
	gkm_error_t *err)
{
	gkm_rekey_sa_t *made[GKM_PROTOCOLS];
	array_t *slots;
	bool exclude;

	if (!gkm_policy_rekeys_make(&this->rekeys, cfg, auth_key, sig_alg, made,
								err))
	{
		return FALSE;
	}
	slots = gkm_policy_slots_create(cfg);
	exclude = frees_senders(this, cfg, slots);
	if (!replace_slots(this, cfg, slots, fresh_nonces, now, update, err))
	{
		gkm_policy_slots_destroy(slots, this->spis);
		gkm_policy_rekeys_drop(&this->rekeys, made);
		return FALSE;
	}
	gkm_policy_rekeys_take(&this->rekeys, cfg, made, now, update);
	if (exclude)
	{
		gkm_update_exclude(update);
	}
	this->cfg = cfg;
	return TRUE;
}

METHOD(gkm_policy_t, restore, bool,
	private_gkm_policy_t *this, gkm_policy_sa_t *sa, char *proposal,
	bool fresh_nonces, time_t now)
{
	gkm_policy_slot_t *slot;

	slot = gkm_policy_find_slot(this->slots, sa->sa, proposal);
	return slot && !(fresh_nonces && gkm_is_counter_mode(
							gkm_sa_maker_proposal(slot->cfg->proposals))) &&
		   gkm_policy_slot_restore(slot, sa, this->spis, now);
}

METHOD(gkm_policy_t, restore_rekeys, bool,
	private_gkm_policy_t *this, gkm_policy_rekey_t *kept, char **proposals,
	time_t now)
{
	return gkm_policy_rekeys_restore(&this->rekeys, this->cfg, kept, proposals,
									 now);
}

METHOD(gkm_policy_t, adopt, bool,
	private_gkm_policy_t *this, gkm_policy_kept_t *kept, time_t now,
	gkm_error_t *err)
{
	return gkm_policy_adopt(this->slots, &this->rekeys, this->cfg, this->spis,
							kept, now, err);
}

METHOD(gkm_policy_t, absorb, void,
	private_gkm_policy_t *this, gkm_policy_kept_t *kept, bool both, time_t now)
{
	gkm_policy_absorb(this->slots, this->spis, kept, both, now);
}

METHOD(gkm_policy_t, catch_up, bool,
	private_gkm_policy_t *this, gkm_policy_kept_t *kept)
{
	return gkm_policy_rekeys_catch_up(&this->rekeys, kept->rekeys);
}

METHOD(gkm_policy_t, drop_untold, void,
	private_gkm_policy_t *this, time_t now)
{
	gkm_policy_slot_t *slot;
	gkm_policy_sa_t *sa;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		sa = gkm_policy_slot_newest(slot);
		if (sa && !sa->restored)
		{
			gkm_policy_slot_clear(slot, this->spis);
			slot->rekey = now;
		}
	}
}

METHOD(gkm_policy_t, hurry, void,
	private_gkm_policy_t *this, time_t now)
{
	gkm_policy_slot_t *slot;
	int i;

	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		slot->rekey = min(slot->rekey, now);
	}
}

METHOD(gkm_policy_t, take_over, void,
	private_gkm_policy_t *this, uint8_t server, uint64_t epoch)
{
	gkm_policy_slot_t *slot;
	int i;

	gkm_policy_rekeys_take_over(&this->rekeys, server, epoch);
	for (i = 0; array_get(this->slots, i, &slot); i++)
	{
		gkm_policy_slot_drop_next(slot, this->spis);
	}
}

CALLBACK(enumerate_slot, enumerator_t*,
	gkm_policy_slot_t *slot, void *unused)
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
	private_gkm_policy_t *this, gkm_protocol_t protocol)
{
	gkm_policy_rekey_t *rekey = &this->rekeys.sas[protocol];

	return rekey->sa ? rekey : NULL;
}

METHOD(gkm_policy_t, destroy, void,
	private_gkm_policy_t *this)
{
	gkm_policy_slots_destroy(this->slots, this->spis);
	gkm_policy_rekeys_clear(&this->rekeys);
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
			.expire = _expire,
			.is_due = _is_due,
			.renew = _renew,
			.is_rekey_due = _is_rekey_due,
			.replace_rekey = _replace_rekey,
			.renew_for_sender = _renew_for_sender,
			.is_returning = _is_returning,
			.renew_for_returned = _renew_for_returned,
			.note_sender = _note_sender,
			.forget_senders = _forget_senders,
			.restore = _restore,
			.restore_rekeys = _restore_rekeys,
			.adopt = _adopt,
			.absorb = _absorb,
			.catch_up = _catch_up,
			.drop_untold = _drop_untold,
			.hurry = _hurry,
			.take_over = _take_over,
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
