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
#include "gkm_kernel.h"

#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_policy_check.h"

typedef struct private_gkm_installer_t private_gkm_installer_t;
typedef struct entry_t entry_t;

/**
 * A data SA of the group, installed or not
 */
struct entry_t {

	/** the SA, with what the kernel gets */
	gkm_kernel_sa_t kernel;

	/** section of the configuration that allows it, borrowed */
	gkm_cfg_sa_t *cfg;

	/** lifetime when it was received, and when it ends, 0 if not limited */
	uint64_t lifetime;
	uint64_t expires;

	/** TRUE if this member may send on it */
	bool out;

	/** TRUE if this is the one to send on */
	bool sending;

	/** TRUE if traffic that it would protect has to be dropped */
	bool block;

	/** TRUE if state, and inbound policy if any, are in the kernel */
	bool installed;

	/** why it isn't used, or not for sending, empty if it is */
	gkm_error_t note;

	/** TRUE if administrators should know of that */
	bool warn;
};

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

	/** entry_t*, in the order of the last download: oldest first */
	array_t *entries;
};

/**
 * Do two SAs protect the same traffic?
 */
static bool equal_selectors(gkm_data_sa_t *a, gkm_data_sa_t *b)
{
	return a->src->equals(a->src, b->src) && a->dst->equals(a->dst, b->dst);
}

/**
 * Do two SAs have the same protocol and SPI?
 */
static bool equal_spi(gkm_data_sa_t *a, gkm_data_sa_t *b)
{
	return a->spi == b->spi && a->proposal->get_protocol(a->proposal) ==
							   b->proposal->get_protocol(b->proposal);
}

/**
 * Are two SAs the same in all but their lifetimes?
 */
static bool equal_sas(gkm_data_sa_t *a, gkm_data_sa_t *b)
{
	return equal_spi(a, b) && equal_selectors(a, b) && a->mode == b->mode &&
		   a->proposal->equals(a->proposal, b->proposal) &&
		   chunk_equals_const(a->key, b->key);
}

/**
 * Does more than one member send on an SA that needs unique nonces?
 */
static bool is_shared_counter_mode(gkm_data_sa_t *sa)
{
	uint16_t sn;

	return gkm_is_counter_mode(sa->proposal) &&
		  (!sa->proposal->get_algorithm(sa->proposal, EXTENDED_SEQUENCE_NUMBERS,
										&sn, NULL) || sn != GKM_SN_SEQUENTIAL);
}

/**
 * Find out whether to send on an SA, and from where
 */
static void plan_sending(private_gkm_installer_t *this, entry_t *entry)
{
	gkm_data_sa_t *sa = entry->kernel.sa;
	host_t *src;

	if (!this->cfg->sender)
	{
		return;
	}
	src = gkm_kernel_find_source(sa->src, entry->kernel.dst);
	if (!src)
	{
		gkm_fail(&entry->note, "no address of this host in %R, not sending",
				 sa->src);
		return;
	}
	if (is_shared_counter_mode(sa))
	{
		gkm_fail(&entry->note, "not sending: several senders on %P would "
				 "repeat nonces", sa->proposal);
		entry->block = entry->warn = TRUE;
		src->destroy(src);
		return;
	}
	entry->kernel.src->destroy(entry->kernel.src);
	entry->kernel.src = src;
	entry->out = TRUE;
}

/**
 * Find out what an SA is good for on this host
 */
static void plan(private_gkm_installer_t *this, entry_t *entry)
{
	gkm_kernel_sa_t *kernel = &entry->kernel;
	gkm_data_sa_t *sa = kernel->sa;
	chunk_t addr = sa->dst->get_from_address(sa->dst);
	bool multicast, ours;

	kernel->dst = host_create_from_chunk(addr.len == 4 ? AF_INET : AF_INET6,
										 addr, 0);
	kernel->src = host_create_any(kernel->dst->get_family(kernel->dst));
	if (!sa->dst->is_host(sa->dst, NULL))
	{
		gkm_fail(&entry->note, "%R isn't one address, needs the gkm-dataplane "
				 "plugin", sa->dst);
		entry->warn = TRUE;
		return;
	}
	multicast = gkm_kernel_is_multicast(kernel->dst);
	ours = charon->kernel->get_interface(charon->kernel, kernel->dst, NULL);
	kernel->in = this->cfg->receiver && (multicast || ours);
	if (!ours)
	{
		plan_sending(this, entry);
	}
	if (!kernel->in && !entry->out)
	{
		gkm_fail(&entry->note, "this host neither sends nor receives it");
	}
}

/**
 * Create an entry, adopts the SA
 */
static entry_t *entry_create(private_gkm_installer_t *this, gkm_data_sa_t *sa)
{
	entry_t *entry;

	INIT(entry,
		.kernel = {
			.sa = sa,
		},
		.cfg = gkm_policy_find(this->cfg, sa, NULL),
	);
	plan(this, entry);
	return entry;
}

/**
 * Destroy an entry that isn't in the kernel
 */
static void entry_destroy(entry_t *entry)
{
	gkm_data_sa_destroy(entry->kernel.sa);
	entry->kernel.src->destroy(entry->kernel.src);
	entry->kernel.dst->destroy(entry->kernel.dst);
	free(entry);
}

/**
 * Note when an SA ends
 */
static void set_lifetime(entry_t *entry, uint32_t lifetime, uint64_t now)
{
	uint64_t ms = (uint64_t)lifetime * 1000;

	entry->expires = ms ? now + ms : 0;
	entry->lifetime = max(entry->lifetime, ms);
}

/**
 * Reqid for an entry: SAs with equal selectors share one, since they share
 * their inbound policy
 */
static uint32_t find_reqid(array_t *entries, entry_t *entry)
{
	enumerator_t *enumerator;
	entry_t *current;
	uint32_t reqid = 0;

	enumerator = array_create_enumerator(entries);
	while (!reqid && enumerator->enumerate(enumerator, &current))
	{
		if (equal_selectors(current->kernel.sa, entry->kernel.sa))
		{
			reqid = current->kernel.reqid;
		}
	}
	enumerator->destroy(enumerator);
	return reqid;
}

/**
 * Put a new entry into the kernel
 */
static void install(private_gkm_installer_t *this, entry_t *entry)
{
	gkm_error_t err = {};

	if (entry->kernel.in || entry->out)
	{
		entry->installed = gkm_kernel_add(&entry->kernel, &err);
		if (!entry->installed)
		{
			entry->note = err;
			entry->warn = TRUE;
			entry->block |= entry->out;
			entry->kernel.in = entry->out = FALSE;
		}
	}
	if (entry->block)
	{
		entry->block = gkm_kernel_block(&entry->kernel, TRUE);
	}
	if (entry->warn)
	{
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_SA_LIMITED",
						 "group %s, SA 0x%.8x: %s", this->cfg->name,
						 ntohl(entry->kernel.sa->spi), entry->note.text);
	}
}

/**
 * Take an entry out of the kernel and destroy it
 */
static void uninstall(entry_t *entry)
{
	if (entry->sending)
	{
		gkm_kernel_stop(&entry->kernel);
	}
	if (entry->installed)
	{
		gkm_kernel_del(&entry->kernel);
	}
	if (entry->block)
	{
		gkm_kernel_block(&entry->kernel, FALSE);
	}
	entry_destroy(entry);
}

/**
 * When to leave an SA for its successor, 0 if it isn't limited
 */
static uint64_t switch_at(entry_t *entry)
{
	return entry->expires ? entry->expires -
							gkm_member_switch_lead(entry->lifetime) : 0;
}

/**
 * Of SAs with the selectors of an entry, find the one to send on: the oldest
 * that isn't near its end, or the last one if they all are
 */
static entry_t *find_sender(private_gkm_installer_t *this, entry_t *entry,
							uint64_t now)
{
	enumerator_t *enumerator;
	entry_t *current, *found = NULL;

	enumerator = array_create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->out &&
			equal_selectors(current->kernel.sa, entry->kernel.sa))
		{
			found = current;
			if (!current->expires || now < switch_at(current))
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
static entry_t *find_sending(array_t *entries, entry_t *entry)
{
	enumerator_t *enumerator;
	entry_t *current, *found = NULL;

	enumerator = array_create_enumerator(entries);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (current->sending &&
			equal_selectors(current->kernel.sa, entry->kernel.sa))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Send on the right SAs
 *
 * @param gone		entries that are about to be removed, or NULL
 */
static void choose_senders(private_gkm_installer_t *this, array_t *gone,
						   uint64_t now)
{
	entry_t *entry, *next, *old;
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
		if (!gkm_kernel_send(&next->kernel, old ? &old->kernel : NULL))
		{
			this->gkm->event(this->gkm, this->cfg->name, 3, "GM_SA_LIMITED",
							 "group %s, SA 0x%.8x: the kernel refused to send "
							 "%R === %R on it", this->cfg->name,
							 ntohl(next->kernel.sa->spi), next->kernel.sa->src,
							 next->kernel.sa->dst);
			next->out = FALSE;
			continue;
		}
		if (old)
		{
			old->sending = FALSE;
			DBG1(DBG_KNL, "group %s sends on SA 0x%.8x now, before on 0x%.8x",
				 this->cfg->name, ntohl(next->kernel.sa->spi),
				 ntohl(old->kernel.sa->spi));
		}
		next->sending = TRUE;
	}
}

/**
 * Take the entry for an SA out of an array, if it would be installed the same
 * way now: addresses of this host may have changed, or the kernel refused
 */
static entry_t *take_equal(array_t *entries, entry_t *new)
{
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(entries); i++)
	{
		array_get(entries, i, &entry);
		if (equal_sas(entry->kernel.sa, new->kernel.sa) &&
			entry->kernel.in == new->kernel.in && entry->out == new->out &&
			entry->kernel.src->ip_equals(entry->kernel.src, new->kernel.src))
		{
			array_remove(entries, i, NULL);
			return entry;
		}
	}
	return NULL;
}

/**
 * Remove an entry that has the SPI of an SA, but isn't the same
 */
static void remove_conflict(array_t *entries, gkm_data_sa_t *sa)
{
	entry_t *entry;
	int i;

	for (i = 0; i < array_count(entries); i++)
	{
		array_get(entries, i, &entry);
		if (equal_spi(entry->kernel.sa, sa))
		{
			array_remove(entries, i, NULL);
			uninstall(entry);
			return;
		}
	}
}

/**
 * Uninstall all entries of an array and destroy it
 */
static u_int uninstall_all(array_t *entries)
{
	entry_t *entry;
	u_int count = 0;

	while (array_remove(entries, ARRAY_HEAD, &entry))
	{
		uninstall(entry);
		count++;
	}
	array_destroy(entries);
	return count;
}

METHOD(gkm_installer_t, replace, void,
	private_gkm_installer_t *this, gkm_download_t *download, uint64_t now)
{
	array_t *old = this->entries;
	gkm_data_sa_t *sa;
	entry_t *entry, *new;
	uint32_t lifetime;

	this->entries = array_create(0, 0);
	while (array_remove(download->sas, ARRAY_HEAD, &sa))
	{
		lifetime = sa->lifetime;
		new = entry_create(this, sa);
		entry = take_equal(old, new);
		if (entry)
		{
			entry_destroy(new);
		}
		else
		{
			entry = new;
			remove_conflict(old, sa);
			entry->kernel.reqid = find_reqid(old, entry) ?:
								  find_reqid(this->entries, entry) ?:
								  gkm_kernel_reqid();
			install(this, entry);
		}
		set_lifetime(entry, lifetime, now);
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
	entry_t *entry;
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

/**
 * The earlier of two times, 0 being never
 */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

METHOD(gkm_installer_t, update, uint64_t,
	private_gkm_installer_t *this, uint64_t now)
{
	enumerator_t *enumerator;
	array_t *expired;
	entry_t *entry;
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
		due = earlier(due, entry->expires);
		if (entry->sending && switch_at(entry) > now)
		{
			due = earlier(due, switch_at(entry));
		}
	}
	enumerator->destroy(enumerator);
	return due;
}

/**
 * What an SA is used for
 */
static char *direction_name(entry_t *entry)
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
	entry_t *entry;
	char spi[9];

	enumerator = array_create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		sa = entry->kernel.sa;
		snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->spi));
		builder->begin_section(builder, spi);
		builder->add_kv(builder, "name", "%s", entry->cfg->name);
		builder->add_kv(builder, "protocol", "%N", protocol_id_names,
						sa->proposal->get_protocol(sa->proposal));
		builder->add_kv(builder, "mode", "%N", ipsec_mode_names, sa->mode);
		builder->add_kv(builder, "source-ts", "%R", sa->src);
		builder->add_kv(builder, "destination-ts", "%R", sa->dst);
		builder->add_kv(builder, "proposal", "%P", sa->proposal);
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
