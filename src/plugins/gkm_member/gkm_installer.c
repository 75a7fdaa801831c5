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

#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_print.h"

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

	/** gkm_member_sa_t*, in the order of the last download: oldest first */
	array_t *entries;
};

/**
 * Reqid for an entry: SAs with equal selectors share one, since they share
 * their inbound policy
 */
static uint32_t find_reqid(array_t *entries, gkm_member_sa_t *entry)
{
	enumerator_t *enumerator;
	gkm_member_sa_t *current;
	uint32_t reqid = 0;

	enumerator = array_create_enumerator(entries);
	while (!reqid && enumerator->enumerate(enumerator, &current))
	{
		if (gkm_member_sa_same_traffic(current, entry))
		{
			reqid = current->kernel.reqid;
		}
	}
	enumerator->destroy(enumerator);
	return reqid;
}

/**
 * Of SAs with the selectors of an entry, find the one to send on: the oldest
 * that isn't near its end, or the last one if they all are
 */
static gkm_member_sa_t *find_sender(private_gkm_installer_t *this,
									gkm_member_sa_t *entry, uint64_t now)
{
	enumerator_t *enumerator;
	gkm_member_sa_t *current, *found = NULL;

	enumerator = array_create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->out && gkm_member_sa_same_traffic(current, entry))
		{
			found = current;
			if (!current->expires || now < gkm_member_sa_switch_at(current))
			{
				break;
			}
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
		if (current->sending && gkm_member_sa_same_traffic(current, entry))
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
		next = find_sender(this, entry, now);
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
 * Take the entry that equals another one out of an array
 */
static gkm_member_sa_t *take_equal(array_t *entries, gkm_member_sa_t *new)
{
	gkm_member_sa_t *entry;
	int i;

	for (i = 0; i < array_count(entries); i++)
	{
		array_get(entries, i, &entry);
		if (gkm_member_sa_equals(entry, new))
		{
			array_remove(entries, i, NULL);
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

METHOD(gkm_installer_t, replace, void,
	private_gkm_installer_t *this, gkm_download_t *download, uint64_t now)
{
	array_t *old = this->entries;
	gkm_member_sa_t *entry, *new;
	gkm_data_sa_t *sa;
	uint32_t lifetime;

	this->entries = array_create(0, 0);
	while (array_remove(download->sas, ARRAY_HEAD, &sa))
	{
		lifetime = sa->lifetime;
		new = gkm_member_sa_create(this->cfg, sa);
		entry = take_equal(old, new);
		if (entry)
		{
			gkm_member_sa_destroy(new);
		}
		else
		{
			entry = new;
			remove_conflict(old, entry);
			entry->kernel.reqid = find_reqid(old, entry) ?:
								  find_reqid(this->entries, entry) ?:
								  gkm_kernel_reqid();
			gkm_member_sa_install(entry);
			if (entry->warn)
			{
				warn(this, entry);
			}
		}
		gkm_member_sa_set_lifetime(entry, lifetime, now);
		array_insert(this->entries, ARRAY_TAIL, entry);
	}
	choose_senders(this, old, now);
	uninstall_all(old);
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
		if (entry->expires && entry->expires <= now)
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
	enumerator_t *enumerator;
	array_t *expired;
	gkm_member_sa_t *entry;
	uint64_t due = 0;
	u_int count;

	expired = take_expired(this, now);
	choose_senders(this, expired, now);
	count = uninstall_all(expired);
	if (count)
	{
		DBG1(DBG_KNL, "removed %u expired SAs of group %s", count,
			 this->cfg->name);
	}
	enumerator = array_create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		due = gkm_member_earlier(due, entry->expires);
		if (entry->sending && gkm_member_sa_switch_at(entry) > now)
		{
			due = gkm_member_earlier(due, gkm_member_sa_switch_at(entry));
		}
	}
	enumerator->destroy(enumerator);
	return due;
}

/**
 * What an SA is used for
 */
static char *direction_name(gkm_member_sa_t *entry)
{
	if (entry->kernel.in)
	{
		return entry->out ? "both" : "in";
	}
	return entry->out ? "out" : "none";
}

METHOD(gkm_installer_t, list, void,
	private_gkm_installer_t *this, vici_builder_t *builder, uint64_t now)
{
	enumerator_t *enumerator;
	gkm_data_sa_t *sa;
	gkm_member_sa_t *entry;
	char spi[9], buf[GKM_PRINT_LEN];
	uint16_t sn;

	enumerator = array_create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		sa = entry->kernel.sa;
		snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->spi));
		builder->begin_section(builder, spi);
		builder->add_kv(builder, "name", "%s", entry->cfg->name);
		builder->add_kv(builder, "protocol", "%N", protocol_id_names,
						sa->proposal->get_protocol(sa->proposal));
		builder->add_kv(builder, "mode", "%N", gkm_mode_names, sa->mode);
		builder->add_kv(builder, "source-ts", "%R", sa->src);
		builder->add_kv(builder, "destination-ts", "%R", sa->dst);
		builder->add_kv(builder, "proposal", "%s",
						gkm_print_proposal(sa->proposal, buf));
		if (sa->proposal->get_algorithm(sa->proposal, EXTENDED_SEQUENCE_NUMBERS,
										&sn, NULL))
		{
			builder->add_kv(builder, "sequence-numbers", "%N", gkm_sn_names,
							sn);
		}
		if (entry->expires)
		{
			builder->add_kv(builder, "life-time", "%u", (u_int)
				(entry->expires > now ? (entry->expires - now) / 1000 : 0));
		}
		builder->add_kv(builder, "direction", "%s", direction_name(entry));
		if (entry->out)
		{
			builder->add_kv(builder, "sending", "%s",
							entry->sending ? "yes" : "no");
		}
		if (entry->note.text[0])
		{
			builder->add_kv(builder, "note", "%s", entry->note.text);
		}
		builder->end_section(builder);
	}
	enumerator->destroy(enumerator);
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
gkm_installer_t *gkm_installer_create(gkm_t *gkm, gkm_cfg_t *cfg)
{
	private_gkm_installer_t *this;

	INIT(this,
		.public = {
			.replace = _replace,
			.update = _update,
			.list = _list,
			.clear = _clear,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.cfg = cfg,
		.entries = array_create(0, 0),
	);
	return &this->public;
}
