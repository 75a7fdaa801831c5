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


#include "gkm_plane_core.h"

#include "libgkm_dataplane/gkm_dp_ifs.h"
#include "libgkm_dataplane/gkm_dp_leftovers.h"

#include <net/if.h>

/** Settings below charon.plugins.gkm-dataplane, and their defaults. Small marks
 *  and the topmost bits are what others use most. */
#define MARK_MASK "0x0ffffff0"
#define LOCAL4 "192.0.2.1"
#define REMOTE4 "192.0.2.2"
#define LOCAL6 "2001:db8:676b:6d::1"
#define REMOTE6 "2001:db8:676b:6d::2"

/**
 * Read a setting as written.
 */
static char *get_setting(char *name, char *def)
{
	return lib->settings->get_str(lib->settings,
								  "%s.plugins.gkm-dataplane.%s", def, lib->ns,
								  name);
}

/**
 * Read a dummy address.
 */
static bool read_host(char *name, char *def, int family, host_t **host,
					  gkm_error_t *err)
{
	char *value = get_setting(name, def);

	*host = host_create_from_string_and_family(value, family, 0);
	return *host || gkm_fail(err, "%s: %s is no address", name, value);
}

/**
 * Read the mask of marks.
 */
static bool read_mask(uint32_t *mask, gkm_error_t *err)
{
	char *value = get_setting("mark_mask", MARK_MASK), *end;
	unsigned long long number;

	number = strtoull(value, &end, 0);
	if (!*value || *end || number > UINT32_MAX)
	{
		return gkm_fail(err, "mark_mask: %s is no mask of 32 bits", value);
	}
	*mask = number;
	return TRUE;
}

/**
 * Read all settings.
 */
static bool read_settings(gkm_dataplane_cfg_t *cfg, gkm_error_t *err)
{
	return read_mask(&cfg->mark_mask, err) &&
		   read_host("local4", LOCAL4, AF_INET, &cfg->local4, err) &&
		   read_host("remote4", REMOTE4, AF_INET, &cfg->remote4, err) &&
		   read_host("local6", LOCAL6, AF_INET6, &cfg->local6, err) &&
		   read_host("remote6", REMOTE6, AF_INET6, &cfg->remote6, err);
}

/**
 * Remove what a process left that crashed.
 */
static void remove_leftovers(gkm_plane_core_t *this)
{
	struct if_nameindex *names, *current;
	gkm_error_t err = {};
	int count, hooks = 0;

	names = if_nameindex();
	for (current = names; current && current->if_index; current++)
	{
		hooks += gkm_dp_hooks_cleanup(current->if_index);
	}
	if_freenameindex(names);
	count = gkm_dp_leftovers_remove(&this->cfg, &err);
	if (count < 0)
	{
		DBG1(DBG_KNL, "removing what a data plane left in the kernel failed: "
			 "%s", err.text);
	}
	else if (count || hooks)
	{
		DBG1(DBG_KNL, "removed what a data plane left in the kernel: programs "
			 "on %d interfaces, %d addresses, routes, interfaces, SAs or "
			 "policies", hooks, count);
	}
}

/**
 * Gets rules of all groups
 */
static bool write_rules(gkm_plane_core_t *this, gkm_dp_rule_t *rules,
						u_int count, gkm_error_t *err)
{
	return this->dp->set_rules(this->dp, rules, count, err);
}

/**
 * Load the programs.
 */
static bool load(gkm_plane_core_t *this, gkm_error_t *err)
{
	if (!gkm_dp_probe(&this->cfg, &this->probe))
	{
		DBG1(DBG_KNL, "the kernel lacks something for the data plane: %s",
			 this->probe.missing);
	}
	if (!this->probe.bpf || !this->probe.xfrmi)
	{
		return gkm_fail(err, "the kernel lacks something: %s",
						this->probe.missing);
	}
	this->dp = gkm_dataplane_create(&this->cfg, err);
	if (!this->dp)
	{
		return FALSE;
	}
	this->rules = gkm_plane_rules_create((gkm_plane_rules_write_t)write_rules,
										 this);
	DBG1(DBG_KNL, "loaded the programs of the data plane");
	return TRUE;
}

/**
 * Add addresses for the first group.
 */
static bool set_up(gkm_plane_core_t *this, gkm_error_t *err)
{
	this->net = gkm_dp_net_create(&this->cfg, err);
	if (!this->net)
	{
		return FALSE;
	}
	this->wans = gkm_plane_wans_create(this->dp, this->net);
	return TRUE;
}

/**
 * Is a number in use?
 */
static bool in_use(gkm_plane_core_t *this, uint32_t number)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(this->numbers, i, &current); i++)
	{
		if (current == number)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gkm_plane_core_enter(gkm_plane_core_t *this, uint32_t *number,
						  gkm_error_t *err)
{
	uint32_t lowest = 1;

	if ((!this->dp && !load(this, err)) || (!this->net && !set_up(this, err)))
	{
		return FALSE;
	}
	while (in_use(this, lowest))
	{
		lowest++;
	}
	array_insert(this->numbers, ARRAY_TAIL, &lowest);
	*number = lowest;
	return TRUE;
}

/**
 * Remove addresses.
 */
static void tear_down(gkm_plane_core_t *this)
{
	if (this->net)
	{
		this->wans->destroy(this->wans);
		this->wans = NULL;
		this->net->destroy(this->net);
		this->net = NULL;
	}
}

/*
 * Described in header
 */
void gkm_plane_core_leave(gkm_plane_core_t *this, uint32_t number)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(this->numbers, i, &current); i++)
	{
		if (current == number)
		{
			array_remove(this->numbers, i, NULL);
			break;
		}
	}
	if (!array_count(this->numbers))
	{
		tear_down(this);
	}
}

/*
 * Described in header
 */
void gkm_plane_core_destroy(gkm_plane_core_t *this)
{
	tear_down(this);
	DESTROY_IF(this->rules);
	DESTROY_IF(this->dp);
	DESTROY_IF(this->cfg.local4);
	DESTROY_IF(this->cfg.remote4);
	DESTROY_IF(this->cfg.local6);
	DESTROY_IF(this->cfg.remote6);
	array_destroy(this->numbers);
	array_destroy(this->spis);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_plane_core_t *gkm_plane_core_create(gkm_t *gkm, gkm_error_t *err)
{
	gkm_plane_core_t *this;

	INIT(this,
		.gkm = gkm,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.numbers = array_create(sizeof(uint32_t), 0),
		.spis = array_create(sizeof(uint32_t), 0),
	);
	if (!read_settings(&this->cfg, err))
	{
		gkm_plane_core_destroy(this);
		return NULL;
	}
	remove_leftovers(this);
	return this;
}
