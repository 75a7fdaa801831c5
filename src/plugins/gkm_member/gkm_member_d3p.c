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

#include "gkm_member_d3p.h"

/** The only type there is, as users see it */
#define TYPE_NAME "posix-time"

/*
 * Described in header
 */
bool gkm_member_d3p_check(gkm_cfg_t *cfg, gkm_download_t *policy,
						  gkm_error_t *err)
{
	if (cfg->d3p != GKM_D3P_REQUIRED)
	{
		return TRUE;
	}
	if (!policy->d3p.type)
	{
		return gkm_fail(err, "d3p = required, but the group has no IP delay "
						"detection");
	}
	return array_count(cfg->plane.interfaces) ||
		   gkm_fail(err, "d3p = required, but nothing enforces IP delay "
					"detection without section data_plane");
}

/**
 * Does a rekey say something of IP delay detection?
 */
static bool has_say(gkm_cfg_t *cfg, gkm_download_t *policy)
{
	return policy->d3p.type || (array_count(policy->sas) &&
								gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2));
}

/*
 * Described in header
 */
bool gkm_member_d3p_check_rekey(gkm_cfg_t *cfg, gkm_download_t *policy,
								gkm_error_t *err)
{
	return !has_say(cfg, policy) || gkm_member_d3p_check(cfg, policy, err);
}

/**
 * Are two policies the same?
 */
static bool equals(gkm_d3p_t *a, gkm_d3p_t *b)
{
	return a->type == b->type && a->window == b->window;
}

/*
 * Described in header
 */
void gkm_member_d3p_set(gkm_member_d3p_t *this, gkm_cfg_t *cfg,
						gkm_download_t *policy, gkm_t *gkm)
{
	gkm_d3p_t before = this->used;

	this->server = this->used = policy->d3p;
	if (this->used.type && cfg->d3p_window)
	{
		this->used.window = cfg->d3p_window;
	}
	if (equals(&before, &this->used))
	{
		return;
	}
	if (this->used.type && array_count(cfg->plane.interfaces))
	{
		gkm->event(gkm, cfg->name, 5, "GM_D3P_ON", "group %s: has IP delay "
				   "detection with a window of %u ms", cfg->name,
				   this->used.window);
	}
	else if (this->used.type)
	{
		gkm->event(gkm, cfg->name, 4, "GM_D3P_NOT_ENFORCED", "group %s: has IP "
				   "delay detection with a window of %u ms, which nothing "
				   "enforces without section data_plane", cfg->name,
				   this->used.window);
	}
	else
	{
		gkm->event(gkm, cfg->name, 5, "GM_D3P_OFF", "group %s: has no IP delay "
				   "detection any more", cfg->name);
	}
}

/*
 * Described in header
 */
void gkm_member_d3p_follow(gkm_member_d3p_t *this, gkm_cfg_t *cfg,
						   gkm_download_t *policy, gkm_t *gkm)
{
	if (has_say(cfg, policy))
	{
		gkm_member_d3p_set(this, cfg, policy, gkm);
	}
}

/**
 * Where the window is from
 */
static char *source_name(gkm_member_d3p_t *this)
{
	return equals(&this->server, &this->used) ? "key server" : "own";
}

/*
 * Described in header
 */
void gkm_member_d3p_list(gkm_member_d3p_t *this, gkm_member_plane_t *plane,
						 vici_builder_t *builder)
{
	if (this->used.type)
	{
		builder->begin_section(builder, "d3p");
		builder->add_kv(builder, "type", TYPE_NAME);
		builder->add_kv(builder, "window", "%u", this->used.window);
		builder->add_kv(builder, "source", source_name(this));
		builder->add_kv(builder, "enforced", "%s", plane ? "yes" : "no");
		builder->end_section(builder);
	}
}

/*
 * Described in header
 */
void gkm_member_d3p_list_replay(gkm_member_d3p_t *this,
								gkm_member_plane_t *plane,
								vici_builder_t *builder)
{
	builder->add_kv(builder, "type", this->used.type ? TYPE_NAME : "none");
	if (this->used.type)
	{
		builder->add_kv(builder, "window", "%u", this->used.window);
		builder->add_kv(builder, "source", source_name(this));
		builder->add_kv(builder, "enforced", "%s", plane ? "yes" : "no");
		builder->add_kv(builder, "server-type", TYPE_NAME);
		builder->add_kv(builder, "server-window", "%u", this->server.window);
	}
	if (plane)
	{
		plane->group->list_replay(plane->group, builder);
	}
	else if (this->used.type)
	{
		builder->add_kv(builder, "note", "packets aren't checked without "
						"section data_plane, there is nothing to count");
	}
}
