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


#include "gkm_plane_group.h"

#include "gkm_plane_entry.h"
#include "gkm_plane_ifs.h"
#include "gkm_plane_list.h"
#include "gkm_plane_traffic.h"

typedef struct private_gkm_plane_group_t private_gkm_plane_group_t;

/**
 * Private data, protected by the mutex of core
 */
struct private_gkm_plane_group_t {

	/**
	 * Public interface
	 */
	gkm_plane_group_t public;

	/**
	 * What is shared
	 */
	gkm_plane_core_t *core;

	/**
	 * Configuration
	 */
	gkm_cfg_t *cfg;

	/**
	 * Number of the group, 0 if it has none yet
	 */
	uint32_t number;

	/**
	 * Interfaces
	 */
	gkm_plane_ifs_t *ifs;

	/**
	 * Number of interfaces to the WAN that are in use for this group
	 */
	int wans;

	/**
	 * SAs, as gkm_plane_entry_t*
	 */
	array_t *entries;

	/**
	 * IP delay detection of SAs that are added
	 */
	gkm_d3p_t d3p;

	/**
	 * What is left in clear by configuration, and for key management
	 */
	gkm_plane_traffic_t *excluded;
	gkm_plane_traffic_t *exempt;

	/**
	 * What is dropped if no SA protects it
	 */
	gkm_plane_traffic_t *closed;

	/**
	 * What was counted for SAs that are deleted, and their SPIs with those of
	 * the others, in host byte order
	 */
	gkm_plane_history_t history;
};

/**
 * Have the rules say what is to be done now.
 */
static bool update_rules(private_gkm_plane_group_t *this, gkm_error_t *err)
{
	array_t *rules = array_create(sizeof(gkm_dp_rule_t), 0);
	gkm_plane_entry_t *entry;
	gkm_dp_rule_t rule;
	bool ok;
	int i;

	this->excluded->add_rules(this->excluded, FALSE, rules);
	this->exempt->add_rules(this->exempt, FALSE, rules);
	this->closed->add_rules(this->closed, TRUE, rules);
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		rule = (gkm_dp_rule_t){
			.src = entry->sa->sa->src,
			.dst = entry->sa->sa->dst,
			.protect = TRUE,
			.dev = entry->sending ? this->ifs->get_dev(this->ifs,
													   entry->out.d3p) : 0,
			.overhead = entry->overhead,
			.mtu = this->cfg->plane.mtu,
			.clamp = this->cfg->plane.mss_clamp,
		};
		array_insert(rules, ARRAY_TAIL, &rule);
	}
	ok = this->core->rules->set(this->core->rules, this->number, rules, err);
	array_destroy(rules);
	return ok;
}

/**
 * The same, where nothing can be done about a failure but to say so.
 */
static void follow_rules(private_gkm_plane_group_t *this)
{
	gkm_error_t err = {};

	if (!update_rules(this, &err))
	{
		DBG1(DBG_KNL, "rules of group %s stay as they were: %s",
			 this->cfg->name, err.text);
	}
}

/**
 * Tell the programs whether all that is sent has IP delay detection.
 */
static void follow_d3p(private_gkm_plane_group_t *this)
{
	gkm_plane_entry_t *entry;
	gkm_error_t err = {};
	uint32_t type = 0;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (entry->sa->out)
		{
			type = entry->programs.d3p_type;
			if (!type)
			{
				break;
			}
		}
	}
	if (!this->ifs->require_d3p(this->ifs, type, &err))
	{
		DBG1(DBG_KNL, "changing the interface of group %s failed: %s",
			 this->cfg->name, err.text);
	}
}

/**
 * Use all interfaces to the WAN.
 */
static bool use_wans(private_gkm_plane_group_t *this, gkm_error_t *err)
{
	gkm_plane_wans_t *wans = this->core->wans;
	char *name;

	while (array_get(this->cfg->plane.interfaces, this->wans, &name))
	{
		if (!wans->use(wans, name, err))
		{
			return FALSE;
		}
		this->wans++;
	}
	return TRUE;
}

/**
 * Use them no more.
 */
static void release_wans(private_gkm_plane_group_t *this)
{
	gkm_plane_wans_t *wans = this->core->wans;
	char *name;

	while (this->wans)
	{
		array_get(this->cfg->plane.interfaces, --this->wans, &name);
		wans->release(wans, name);
	}
}

/**
 * Find an SA.
 */
static gkm_plane_entry_t *find(private_gkm_plane_group_t *this,
							   gkm_plane_sa_t *sa)
{
	gkm_plane_entry_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (entry->sa == sa)
		{
			return entry;
		}
	}
	return NULL;
}

/**
 * Take an SA off the list.
 */
static void remove_entry(private_gkm_plane_group_t *this,
						 gkm_plane_entry_t *entry)
{
	gkm_plane_entry_t *current;
	int i;

	for (i = 0; array_get(this->entries, i, &current); i++)
	{
		if (current == entry)
		{
			array_remove(this->entries, i, NULL);
			break;
		}
	}
}

/**
 * Add an SA, locked.
 */
static bool add_sa(private_gkm_plane_group_t *this, gkm_plane_sa_t *sa,
				   gkm_error_t *err)
{
	gkm_plane_entry_t *entry;

	if (sa->out && this->d3p.type && !this->ifs->add_front(this->ifs, err))
	{
		return FALSE;
	}
	entry = gkm_plane_entry_create(this->core, sa, this->number, &this->d3p,
								   err);
	if (!entry)
	{
		return FALSE;
	}
	array_insert(this->entries, ARRAY_TAIL, entry);
	if (!update_rules(this, err) || !gkm_plane_entry_install(entry, err))
	{
		remove_entry(this, entry);
		follow_rules(this);
		gkm_plane_entry_destroy(entry, NULL);
		return FALSE;
	}
	follow_d3p(this);
	gkm_plane_history_note(&this->history, ntohl(sa->sa->spi));
	if (this->cfg->plane.fail == GKM_FAIL_CLOSED)
	{
		this->closed->add(this->closed, sa->sa->src, sa->sa->dst);
	}
	return TRUE;
}

METHOD(gkm_plane_group_t, add, bool,
	private_gkm_plane_group_t *this, gkm_plane_sa_t *sa, gkm_error_t *err)
{
	bool ok;

	this->core->mutex->lock(this->core->mutex);
	ok = add_sa(this, sa, err);
	this->core->mutex->unlock(this->core->mutex);
	return ok;
}

METHOD(gkm_plane_group_t, del, void,
	private_gkm_plane_group_t *this, gkm_plane_sa_t *sa)
{
	gkm_plane_entry_t *entry;

	this->core->mutex->lock(this->core->mutex);
	entry = find(this, sa);
	if (entry)
	{
		remove_entry(this, entry);
		follow_rules(this);
		gkm_plane_entry_uninstall(entry);
		gkm_plane_entry_destroy(entry, &this->history.ended);
		follow_d3p(this);
	}
	this->core->mutex->unlock(this->core->mutex);
}

/**
 * Send on one SA instead of another one, locked. The policy of the first one is
 * there before packets are sent to it, and that of the other until none is.
 */
static bool send_on(private_gkm_plane_group_t *this, gkm_plane_entry_t *entry,
					gkm_plane_entry_t *instead, gkm_error_t *err)
{
	if (!gkm_kernel_send(&entry->out, NULL))
	{
		return gkm_fail(err, "the kernel refused its policy");
	}
	entry->sending = TRUE;
	if (instead)
	{
		instead->sending = FALSE;
	}
	if (!update_rules(this, err))
	{
		entry->sending = FALSE;
		if (instead)
		{
			instead->sending = TRUE;
		}
		gkm_kernel_stop(&entry->out);
		return FALSE;
	}
	if (instead)
	{
		gkm_kernel_stop(&instead->out);
	}
	return TRUE;
}

METHOD(gkm_plane_group_t, send_, bool,
	private_gkm_plane_group_t *this, gkm_plane_sa_t *sa,
	gkm_plane_sa_t *instead, gkm_error_t *err)
{
	gkm_plane_entry_t *entry, *old;
	bool ok;

	this->core->mutex->lock(this->core->mutex);
	entry = find(this, sa);
	old = instead ? find(this, instead) : NULL;
	if (entry && sa->out)
	{
		ok = entry->sending ||
			 send_on(this, entry, old && old->sending ? old : NULL, err);
	}
	else
	{
		ok = gkm_fail(err, "it isn't for sending");
	}
	this->core->mutex->unlock(this->core->mutex);
	return ok;
}

METHOD(gkm_plane_group_t, stop, void,
	private_gkm_plane_group_t *this, gkm_plane_sa_t *sa)
{
	gkm_plane_entry_t *entry;

	this->core->mutex->lock(this->core->mutex);
	entry = find(this, sa);
	if (entry && entry->sending)
	{
		entry->sending = FALSE;
		follow_rules(this);
		gkm_kernel_stop(&entry->out);
	}
	this->core->mutex->unlock(this->core->mutex);
}

METHOD(gkm_plane_group_t, set_d3p, void,
	private_gkm_plane_group_t *this, gkm_d3p_t *d3p)
{
	gkm_plane_entry_t *entry;
	int i;

	this->core->mutex->lock(this->core->mutex);
	this->d3p = *d3p;
	for (i = 0; d3p->type && array_get(this->entries, i, &entry); i++)
	{
		gkm_plane_entry_set_window(entry, d3p->window);
	}
	this->core->mutex->unlock(this->core->mutex);
}

METHOD(gkm_plane_group_t, exempt, void,
	private_gkm_plane_group_t *this, array_t *hosts)
{
	host_t *host;
	int i;

	this->core->mutex->lock(this->core->mutex);
	this->exempt->clear(this->exempt);
	for (i = 0; array_get(hosts, i, &host); i++)
	{
		this->exempt->add_host(this->exempt, host);
	}
	follow_rules(this);
	this->core->mutex->unlock(this->core->mutex);
}

METHOD(gkm_plane_group_t, list_sa, void,
	private_gkm_plane_group_t *this, gkm_plane_sa_t *sa,
	vici_builder_t *builder)
{
	struct gkm_dp_counters counters;
	gkm_dataplane_t *dp = this->core->dp;

	if (dp->get_counters(dp, ntohl(sa->sa->spi), &counters))
	{
		gkm_plane_list_counters(&counters, builder);
	}
}

METHOD(gkm_plane_group_t, list, void,
	private_gkm_plane_group_t *this, vici_builder_t *builder)
{
	this->core->mutex->lock(this->core->mutex);
	gkm_plane_list_group(this->core, this->cfg, this->number, builder);
	this->core->mutex->unlock(this->core->mutex);
}

/**
 * Get what was counted for all SAs, those that are gone included.
 */
static struct gkm_dp_counters get_total(private_gkm_plane_group_t *this)
{
	gkm_dataplane_t *dp = this->core->dp;
	struct gkm_dp_counters total = this->history.ended, counters;
	gkm_plane_entry_t *entry;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (dp->get_counters(dp, ntohl(entry->sa->sa->spi), &counters))
		{
			gkm_plane_history_add(&total, &counters);
		}
	}
	return total;
}

METHOD(gkm_plane_group_t, list_replay, void,
	private_gkm_plane_group_t *this, vici_builder_t *builder)
{
	struct gkm_dp_counters total;

	this->core->mutex->lock(this->core->mutex);
	total = get_total(this);
	gkm_plane_list_replay(this->core->dp, &total, &this->history, builder);
	this->core->mutex->unlock(this->core->mutex);
}

METHOD(gkm_plane_group_t, list_stats, void,
	private_gkm_plane_group_t *this, vici_builder_t *builder)
{
	struct gkm_dp_counters total;

	this->core->mutex->lock(this->core->mutex);
	total = get_total(this);
	gkm_plane_list_counters(&total, builder);
	this->core->mutex->unlock(this->core->mutex);
}

METHOD(gkm_plane_group_t, destroy, void,
	private_gkm_plane_group_t *this)
{
	gkm_plane_entry_t *entry;

	this->core->mutex->lock(this->core->mutex);
	while (array_remove(this->entries, ARRAY_TAIL, &entry))
	{
		gkm_plane_entry_uninstall(entry);
		gkm_plane_entry_destroy(entry, NULL);
	}
	release_wans(this);
	if (this->number)
	{
		this->core->rules->remove(this->core->rules, this->number);
		DESTROY_IF(this->ifs);
		gkm_plane_core_leave(this->core, this->number);
	}
	this->core->mutex->unlock(this->core->mutex);
	array_destroy(this->entries);
	this->excluded->destroy(this->excluded);
	this->exempt->destroy(this->exempt);
	this->closed->destroy(this->closed);
	free(this);
}

/**
 * Note what is excluded, and dropped if there is no SA.
 */
static void read_cfg(private_gkm_plane_group_t *this)
{
	gkm_cfg_plane_t *plane = &this->cfg->plane;
	traffic_selector_t *a, *b;
	gkm_cfg_sa_t *sa;
	int i, j, k;

	for (i = 0; array_get(plane->exclude, i, &a) &&
				array_get(plane->exclude, i + 1, &b); i += 2)
	{
		this->excluded->add(this->excluded, a, b);
		this->excluded->add(this->excluded, b, a);
	}
	if (plane->fail == GKM_FAIL_OPEN)
	{
		return;
	}
	for (i = 0; array_get(this->cfg->sas, i, &sa); i++)
	{
		for (j = 0; !sa->oid.len && array_get(sa->src, j, &a); j++)
		{
			for (k = 0; array_get(sa->dst, k, &b); k++)
			{
				this->closed->add(this->closed, a, b);
			}
		}
	}
}

/**
 * Set all up, in an order in which nothing passes in clear that is dropped.
 */
static bool enter(private_gkm_plane_group_t *this, gkm_error_t *err)
{
	bool ok;

	this->core->mutex->lock(this->core->mutex);
	ok = gkm_plane_core_enter(this->core, &this->number, err);
	if (ok)
	{
		this->ifs = gkm_plane_ifs_create(this->core->dp, this->number,
										 this->cfg->name, err);
		ok = this->ifs && update_rules(this, err) && use_wans(this, err);
	}
	this->core->mutex->unlock(this->core->mutex);
	return ok;
}

/*
 * Described in header
 */
gkm_plane_group_t *gkm_plane_group_create(gkm_plane_core_t *core,
										  gkm_cfg_t *cfg, gkm_error_t *err)
{
	private_gkm_plane_group_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.del = _del,
			.send = _send_,
			.stop = _stop,
			.set_d3p = _set_d3p,
			.exempt = _exempt,
			.list_sa = _list_sa,
			.list = _list,
			.list_replay = _list_replay,
			.list_stats = _list_stats,
			.destroy = _destroy,
		},
		.core = core,
		.cfg = cfg,
		.entries = array_create(0, 0),
		.excluded = gkm_plane_traffic_create(),
		.exempt = gkm_plane_traffic_create(),
		.closed = gkm_plane_traffic_create(),
	);
	read_cfg(this);
	if (!enter(this, err))
	{
		_destroy(this);
		return NULL;
	}
	return &this->public;
}
