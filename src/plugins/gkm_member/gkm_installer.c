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

#include "gkm_installer.h"
#include "gkm_member_sa.h"
#include "gkm_spi_filter.h"

#include "libgkm/group/gkm_update_check.h"

/** An SA whose successor is sent on at once stays for this many milliseconds,
 *  for packets that were on their way through the kernel or the network */
#define GRACE 1000

/** A sender that got another SA sends on the one it had for this many
 *  milliseconds, as others hear of the new one in this moment */
#define HANDOVER 1000

typedef struct private_gkm_installer_t private_gkm_installer_t;

/**
 * Private data
 */
struct private_gkm_installer_t {

	/** public interface */
	gkm_installer_t public;

	/** raises events */
	gkm_t *gkm;

	/** configuration of the group */
	gkm_cfg_t *cfg;

	/** data plane that it is on, or NULL */
	gkm_member_plane_t *plane;

	/** gkm_member_sa_t*, which begin with a gkm_rollover_t, in the order of
	 *  the last download and then of updates: oldest first */
	array_t *entries;
};

/**
 * Find an entry for the same traffic as another one
 */
static gkm_member_sa_t *find_traffic(array_t *entries, gkm_member_sa_t *entry)
{
	enumerator_t *enumerator;
	gkm_member_sa_t *current, *found = NULL;

	enumerator = array_create_enumerator(entries);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (current != entry &&
			gkm_rollover_same_traffic(&current->roll, &entry->roll))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find the entry that sends now, among those with the selectors of another one
 */
static gkm_member_sa_t *find_sending(array_t *entries, gkm_member_sa_t *entry)
{
	enumerator_t *enumerator;
	gkm_member_sa_t *current, *found = NULL;

	enumerator = array_create_enumerator(entries);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (current->sending &&
			gkm_rollover_same_traffic(&current->roll, &entry->roll))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Tell administrators of an SA that can't be used as it should
 */
static void warn(private_gkm_installer_t *this, gkm_member_sa_t *entry)
{
	this->gkm->event(this->gkm, this->cfg->name, 4, "GM_SA_LIMITED",
					 "group %s, SA 0x%.8x: %s", this->cfg->name,
					 ntohl(entry->kernel.sa->spi), entry->note.text);
}

/**
 * Send on the right SAs
 *
 * @param gone		entries that are about to be removed, or NULL
 */
static void choose_senders(private_gkm_installer_t *this, array_t *gone,
						   uint64_t now)
{
	gkm_member_sa_t *entry, *next, *old;
	int i;

	for (i = 0; i < array_count(this->entries); i++)
	{
		array_get(this->entries, i, &entry);
		next = (gkm_member_sa_t*)gkm_rollover_sender(this->entries,
													 &entry->roll, now);
		if (!next || next->sending)
		{
			continue;
		}
		old = find_sending(this->entries, entry);
		if (!old && gone)
		{
			old = find_sending(gone, entry);
		}
		if (!gkm_member_sa_send(next, old))
		{
			warn(this, next);
		}
		else if (old)
		{
			DBG1(DBG_KNL, "group %s sends on SA 0x%.8x now, before on 0x%.8x",
				 this->cfg->name, ntohl(next->kernel.sa->spi),
				 ntohl(old->kernel.sa->spi));
		}
	}
}

/**
 * Find the entry that equals another one
 *
 * @param take		TRUE to take it out of the array
 */
static gkm_member_sa_t *find_equal(array_t *entries, gkm_member_sa_t *new,
								   bool take)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; i < array_count(entries); i++)
	{
		array_get(entries, i, &entry);
		if (gkm_member_sa_equals(entry, new))
		{
			if (take)
			{
				array_remove(entries, i, NULL);
			}
			return entry;
		}
	}
	return NULL;
}

/**
 * Remove an entry that has the SPI of another one, but isn't the same
 */
static void remove_conflict(array_t *entries, gkm_member_sa_t *new)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; i < array_count(entries); i++)
	{
		array_get(entries, i, &entry);
		if (gkm_member_sa_same_spi(entry, new))
		{
			array_remove(entries, i, NULL);
			gkm_member_sa_supersede(new, entry);
			gkm_member_sa_uninstall(entry);
			return;
		}
	}
}

/**
 * Uninstall all entries of an array and destroy it
 */
static u_int uninstall_all(array_t *entries)
{
	gkm_member_sa_t *entry;
	u_int count = 0;

	while (array_remove(entries, ARRAY_HEAD, &entry))
	{
		gkm_member_sa_uninstall(entry);
		count++;
	}
	array_destroy(entries);
	return count;
}

/**
 * Reqid for an entry: SAs with equal selectors share one, since they share
 * their inbound policy
 */
static uint32_t get_reqid(private_gkm_installer_t *this, array_t *old,
						  gkm_member_sa_t *entry)
{
	gkm_member_sa_t *same;

	same = find_traffic(old, entry) ?: find_traffic(this->entries, entry);
	return same ? same->kernel.reqid : gkm_kernel_reqid();
}

/**
 * Install an SA and make it the newest one.
 *
 * @param old		entries that go, or stay beside it
 * @param entry		SA that isn't among them
 * @param activate	when to send on it
 */
static void add(private_gkm_installer_t *this, array_t *old,
				gkm_member_sa_t *entry, uint64_t activate)
{
	remove_conflict(old, entry);
	entry->roll.activate = activate;
	entry->kernel.reqid = get_reqid(this, old, entry);
	gkm_member_sa_install(entry);
	if (entry->warn)
	{
		warn(this, entry);
	}
	array_insert(this->entries, ARRAY_TAIL, entry);
}

/**
 * Find what takes the place of an SA that was sent on
 */
static gkm_member_sa_t *find_next(array_t *entries, gkm_member_sa_t *old)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; array_get(entries, i, &entry); i++)
	{
		if (entry->roll.out &&
			gkm_rollover_same_traffic(&entry->roll, &old->roll))
		{
			return entry;
		}
	}
	return NULL;
}

/**
 * Keep SAs for a moment that this member alone sends on, and whose places
 * others take
 *
 * @param old		entries that are about to be removed
 */
static void hand_over(private_gkm_installer_t *this, array_t *old,
					  uint64_t now)
{
	gkm_member_sa_t *entry, *next;
	int i;

	for (i = array_count(old) - 1; i >= 0; i--)
	{
		array_get(old, i, &entry);
		next = entry->sole && entry->sending && !entry->roll.spent ?
									find_next(this->entries, entry) : NULL;
		if (next)
		{
			gkm_rollover_hand_over(&entry->roll, &next->roll, HANDOVER, now);
			array_remove(old, i, NULL);
			array_insert(this->entries, ARRAY_HEAD, entry);
		}
	}
}

METHOD(gkm_installer_t, replace, void,
	private_gkm_installer_t *this, gkm_download_t *download, uint64_t now)
{
	array_t *old = this->entries;
	uint64_t atd = (uint64_t)download->atd * 1000;
	gkm_member_sa_t *entry, *new;
	gkm_data_sa_t *sa;
	uint32_t lifetime;

	this->entries = array_create(0, 0);
	while (array_remove(download->sas, ARRAY_HEAD, &sa))
	{
		lifetime = sa->lifetime;
		new = gkm_member_sa_create(this->cfg, this->plane, sa);
		entry = find_equal(old, new, TRUE);
		if (entry)
		{
			gkm_member_sa_destroy(new);
			array_insert(this->entries, ARRAY_TAIL, entry);
		}
		else
		{
			entry = new;
			add(this, old, entry, atd ? now + atd : 0);
		}
		gkm_rollover_set_lifetime(&entry->roll, lifetime, now);
	}
	hand_over(this, old, now);
	choose_senders(this, old, now);
	uninstall_all(old);
}

/**
 * Mark an SA that an update deletes
 */
static void mark_deleted(private_gkm_installer_t *this, gkm_member_sa_t *entry,
						 uint64_t delay, uint64_t now)
{
	if (!delay && find_traffic(this->entries, entry))
	{
		delay = GRACE;
	}
	gkm_rollover_delete(&entry->roll, delay, now);
}

/**
 * Install an SA of an update. One that is there already stays as it is: copies
 * of an update must not make it younger, nor call its deletion off.
 */
static gkm_member_sa_t *follow_sa(private_gkm_installer_t *this,
								  gkm_data_sa_t *sa, uint64_t activate,
								  uint64_t now)
{
	gkm_member_sa_t *entry, *new;
	uint32_t lifetime = sa->lifetime;

	new = gkm_member_sa_create(this->cfg, this->plane, sa);
	entry = find_equal(this->entries, new, FALSE);
	if (entry)
	{
		gkm_member_sa_destroy(new);
		return entry;
	}
	add(this, this->entries, new, activate);
	gkm_rollover_set_lifetime(&new->roll, lifetime, now);
	return new;
}

/**
 * Is an entry in an array?
 */
static bool contains(array_t *entries, gkm_member_sa_t *entry)
{
	gkm_member_sa_t *current;
	int i;

	for (i = 0; array_get(entries, i, &current); i++)
	{
		if (current == entry)
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(gkm_installer_t, inherit, void,
	private_gkm_installer_t *this, gkm_update_t *update)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(update->download->sas, i, &sa); i++)
	{
		gkm_rollover_inherit(this->entries, sa);
	}
}

METHOD(gkm_installer_t, follow, void,
	private_gkm_installer_t *this, gkm_update_t *update, uint64_t now)
{
	gkm_download_t *download = update->download;
	uint64_t activate = now + (uint64_t)download->atd * 1000;
	uint64_t dtd = (uint64_t)download->dtd * 1000;
	array_t *given = array_create(0, 0);
	gkm_member_sa_t *entry;
	gkm_data_sa_t *sa;
	int i;

	while (array_remove(download->sas, ARRAY_HEAD, &sa))
	{
		entry = follow_sa(this, sa, activate, now);
		array_insert(given, ARRAY_TAIL, entry);
	}
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (!contains(given, entry) &&
			gkm_update_deletes(update, entry->kernel.sa))
		{
			mark_deleted(this, entry, dtd, now);
		}
	}
	array_destroy(given);
	choose_senders(this, NULL, now);
}

/**
 * Find the entry with a protocol and SPI
 */
static gkm_member_sa_t *find_spi(private_gkm_installer_t *this, gkm_spi_t *spi)
{
	gkm_member_sa_t *entry;
	proposal_t *proposal;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		proposal = entry->kernel.sa->proposal;
		if (entry->kernel.sa->spi == spi->spi &&
			proposal->get_protocol(proposal) == spi->protocol)
		{
			return entry;
		}
	}
	return NULL;
}

METHOD(gkm_installer_t, get_next_spis, void,
	private_gkm_installer_t *this, array_t *spis)
{
	gkm_member_sa_t *entry;
	proposal_t *proposal;
	gkm_spi_t spi;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		proposal = entry->kernel.sa->proposal;
		spi = (gkm_spi_t){
			.protocol = proposal->get_protocol(proposal),
			.spi = entry->kernel.sa->next_spi,
		};
		if (entry->kernel.in && spi.spi && !find_spi(this, &spi))
		{
			array_insert(spis, ARRAY_TAIL, &spi);
		}
	}
}

METHOD(gkm_installer_t, use_up, bool,
	private_gkm_installer_t *this, gkm_spi_t *spi, host_t *dst, bool spent,
	uint64_t now)
{
	gkm_member_sa_t *entry = find_spi(this, spi);
	bool first;

	if (!entry || !gkm_member_sa_has_state(entry, dst) ||
		!entry->roll.out || entry->roll.spent ||
		(entry->roll.used_up && !spent))
	{
		return FALSE;
	}
	first = !entry->roll.used_up;
	entry->roll.used_up = TRUE;
	entry->roll.spent = spent;
	choose_senders(this, NULL, now);
	if (!entry->sending || (entry->roll.deleted && !spent))
	{	/* there is another one already */
		return FALSE;
	}
	this->gkm->event(this->gkm, this->cfg->name, spent ? 3 : 5,
					 spent ? "GM_SA_SPENT" : "GM_SA_USED_UP",
					 "group %s: SA 0x%.8x is used up%s%s", this->cfg->name,
					 ntohl(spi->spi), spent ? ", what would be sent on it is "
					 "dropped" : "", first ? ", re-registering soon" : "");
	return first;
}

METHOD(gkm_installer_t, is_local, bool,
	private_gkm_installer_t *this)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (entry->sending && !gkm_member_sa_is_local(entry))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gkm_installer_t, concerns, bool,
	private_gkm_installer_t *this, gkm_update_t *update)
{
	enumerator_t *enumerator;
	gkm_member_sa_t *entry;
	bool found = FALSE;

	enumerator = array_create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, &entry))
	{
		found = gkm_update_concerns(update, entry->kernel.sa);
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(gkm_installer_t, get_end, uint64_t,
	private_gkm_installer_t *this)
{
	return gkm_rollover_end(this->entries);
}

/**
 * Take entries that ended out of those that are used
 */
static array_t *take_expired(private_gkm_installer_t *this, uint64_t now)
{
	array_t *expired;
	gkm_member_sa_t *entry;
	int i;

	expired = array_create(0, 0);
	for (i = array_count(this->entries) - 1; i >= 0; i--)
	{
		array_get(this->entries, i, &entry);
		if (entry->roll.expires && entry->roll.expires <= now)
		{
			array_remove(this->entries, i, NULL);
			array_insert(expired, ARRAY_TAIL, entry);
		}
	}
	return expired;
}

METHOD(gkm_installer_t, update, uint64_t,
	private_gkm_installer_t *this, uint64_t now)
{
	array_t *expired;
	u_int count;

	expired = take_expired(this, now);
	choose_senders(this, expired, now);
	count = uninstall_all(expired);
	if (count)
	{
		DBG1(DBG_KNL, "removed %u SAs of group %s", count,
			 this->cfg->name);
	}
	return gkm_rollover_due(this->entries, now);
}

METHOD(gkm_installer_t, list, void,
	private_gkm_installer_t *this, vici_builder_t *builder, uint64_t now)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		gkm_member_sa_list(entry, builder, now);
	}
}

METHOD(gkm_installer_t, clear, u_int,
	private_gkm_installer_t *this)
{
	array_t *entries = this->entries;

	this->entries = array_create(0, 0);
	return uninstall_all(entries);
}

METHOD(gkm_installer_t, destroy, void,
	private_gkm_installer_t *this)
{
	uninstall_all(this->entries);
	free(this);
}

/*
 * Described in header
 */
gkm_installer_t *gkm_installer_create(gkm_t *gkm, gkm_cfg_t *cfg,
									  gkm_member_plane_t *plane)
{
	private_gkm_installer_t *this;

	INIT(this,
		.public = {
			.replace = _replace,
			.inherit = _inherit,
			.follow = _follow,
			.concerns = _concerns,
			.get_next_spis = _get_next_spis,
			.use_up = _use_up,
			.is_local = _is_local,
			.get_end = _get_end,
			.update = _update,
			.list = _list,
			.clear = _clear,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.cfg = cfg,
		.plane = plane,
		.entries = array_create(0, 0),
	);
	return &this->public;
}
