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

#include "gkm_member_held.h"
#include "gkm_installer.h"
#include "gkm_member_apps.h"
#include "gkm_member_d3p.h"
#include "gkm_member_keys.h"

#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_update_check.h"

typedef struct private_gkm_member_held_t private_gkm_member_held_t;

/**
 * Private data
 */
struct private_gkm_member_held_t {

	/** public interface */
	gkm_member_held_t public;

	/** carrier */
	gkm_t *gkm;

	/** configuration of the group */
	gkm_cfg_t *cfg;

	/** sender IDs, and where all this came from */
	gkm_member_keys_t keys;

	/** rekey SAs */
	gkm_member_rekey_t *rekey;

	/** TRUE if the key server gave none, whether or not one could be used */
	bool inband_only;

	/** data plane that the group is on, or NULL */
	gkm_member_plane_t *plane;

	/** data SAs in the kernel, and those of applications */
	gkm_installer_t *installer;
	gkm_member_apps_t *apps;

	/** IP delay detection */
	gkm_member_d3p_t d3p;

	/** updates taken or refused, and when the last one was */
	u_int received;
	uint64_t last;
};

/**
 * Leave key management in clear on the data plane
 */
static void exempt(private_gkm_member_held_t *this)
{
	array_t *rekeys;

	if (this->plane)
	{
		rekeys = this->rekey->get_addresses(this->rekey);
		gkm_member_plane_exempt(this->plane, rekeys);
		array_destroy(rekeys);
	}
}

/**
 * Have the data plane enforce IP delay detection, before SAs are added
 */
static void enforce(private_gkm_member_held_t *this)
{
	if (this->plane)
	{
		gkm_member_plane_set_d3p(this->plane, &this->d3p.used);
	}
}

METHOD(gkm_member_held_t, prepare, void,
	private_gkm_member_held_t *this, array_t *servers)
{
	host_t *server;
	int i;

	for (i = 0; this->plane && array_get(servers, i, &server); i++)
	{
		gkm_member_plane_add_server(this->plane, server);
	}
	exempt(this);
}

METHOD(gkm_member_held_t, replace, gkm_member_effect_t,
	private_gkm_member_held_t *this, gkm_member_result_t *result,
	char *connection, uint64_t started, uint64_t now)
{
	gkm_download_t *download = result->download;
	gkm_error_t err = {};

	gkm_member_keys_set(&this->keys, download, connection, result->server,
						result->ike_id, now);
	if (this->last && this->last >= started &&
		this->rekey->is_older(this->rekey, download))
	{
		return GKM_EFFECT_MISSED;
	}
	/* GDOI without a rekey SA has no rekeys at all */
	this->inband_only = !download->rekey &&
						gkm_cfg_has(this->cfg, GKM_PROTOCOL_GIKEV2);
	if (!this->rekey->replace(this->rekey, download, result->local, now, &err))
	{	/* as good as none: SAs are replaced by registrations then */
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_NO_REKEYS",
						 "group %s: rekeys can't be received: %s",
						 this->cfg->name, err.text);
	}
	gkm_member_d3p_set(&this->d3p, this->cfg, download, this->gkm);
	if (this->plane)
	{
		gkm_member_plane_add_server(this->plane, result->server);
	}
	exempt(this);
	enforce(this);
	this->apps->replace(this->apps, download, now);
	this->installer->replace(this->installer, download, now);
	return GKM_EFFECT_TAKEN;
}

METHOD(gkm_member_held_t, has, bool,
	private_gkm_member_held_t *this, uint8_t *spi)
{
	return this->rekey->has(this->rekey, spi);
}

METHOD(gkm_member_held_t, clear, u_int,
	private_gkm_member_held_t *this)
{
	u_int count;

	this->rekey->clear(this->rekey);
	gkm_member_keys_clear(&this->keys);
	count = this->installer->clear(this->installer) +
			this->apps->clear(this->apps);
	this->d3p = (gkm_member_d3p_t){};
	enforce(this);
	return count;
}

/**
 * Put an update into use
 *
 * @param how		how it came
 */
static gkm_member_effect_t take(private_gkm_member_held_t *this,
								gkm_update_t *update, char *how, uint64_t now)
{
	gkm_download_t *download = update->download;
	bool rekey = download->rekey != NULL;
	u_int count = array_count(download->sas);
	gkm_error_t err = {};
	bool success;

	success = this->rekey->follow(this->rekey, update, now, &err);
	gkm_member_d3p_follow(&this->d3p, this->cfg, download, this->gkm);
	exempt(this);
	enforce(this);
	this->apps->follow(this->apps, update, now);
	this->installer->follow(this->installer, update, now);
	this->gkm->event(this->gkm, this->cfg->name, 5, "GM_RECV_REKEY",
					 "group %s: rekey received, %s, %u data SAs, %s rekey SA",
					 this->cfg->name, how, count, rekey ? "new" : "same");
	if (!success)
	{
		this->gkm->event(this->gkm, this->cfg->name, 3, "GM_NO_REKEYS",
						 "group %s: new rekey SA can't be used: %s; "
						 "re-registering soon", this->cfg->name, err.text);
		return GKM_EFFECT_REFUSED;
	}
	return GKM_EFFECT_TAKEN;
}

/**
 * Do what an update says
 */
static gkm_member_effect_t handle_update(private_gkm_member_held_t *this,
										 gkm_update_t *update, char *how,
										 uint64_t now)
{
	gkm_error_t err = {};
	bool sender_id = array_count(this->keys.sender_ids) != 0;
	gkm_update_verdict_t verdict;

	this->received++;
	this->last = now;
	this->installer->inherit(this->installer, update);
	verdict = gkm_update_check(update, this->cfg, sender_id, &err);
	if (verdict == GKM_UPDATE_TAKE &&
		!gkm_member_d3p_check_rekey(this->cfg, update->download, &err))
	{
		verdict = GKM_UPDATE_REFUSED;
	}
	switch (verdict)
	{
		case GKM_UPDATE_TAKE:
			return take(this, update, how, now);
		case GKM_UPDATE_EXCLUDED:
			this->gkm->event(this->gkm, this->cfg->name, 4, "GM_DELETE",
							 "group %s: excluded by the key server, %s, "
							 "%u data SAs removed, re-registering soon",
							 this->cfg->name, how, clear(this));
			return GKM_EFFECT_EXCLUDED;
		case GKM_UPDATE_REFUSED:
			this->gkm->event(this->gkm, this->cfg->name, 3,
							 "GM_POLICY_REFUSED", "group %s: rekey refused, "
							 "%s: %s; re-registering soon", this->cfg->name,
							 how, err.text);
			return GKM_EFFECT_REFUSED;
	}
	return GKM_EFFECT_NONE;
}

/**
 * Acknowledge an update, unless it couldn't be put into use. Who has none of
 * the keys that it takes isn't a member any more and has nothing to say.
 *
 * @param ack		acknowledgement, NULL if there is none
 */
static void end_ack(private_gkm_member_held_t *this, gkm_member_ack_t *ack,
					gkm_update_t *update, gkm_member_effect_t effect)
{
	if (ack && effect != GKM_EFFECT_REFUSED && !update->excluded)
	{
		this->rekey->send_ack(this->rekey, ack);
	}
	else
	{
		gkm_member_ack_destroy(ack);
	}
}

METHOD(gkm_member_held_t, receive, gkm_member_effect_t,
	private_gkm_member_held_t *this, gkm_rekey_datagram_t *datagram,
	uint64_t now)
{
	gkm_member_effect_t effect;
	gkm_member_ack_t *ack;
	gkm_update_t *update;
	uint32_t missed;
	char how[32];

	update = this->rekey->receive(this->rekey, datagram, now);
	if (!update)
	{
		return GKM_EFFECT_NONE;
	}
	missed = this->rekey->accept(this->rekey, datagram, update);
	snprintf(how, sizeof(how), "%s %u", gkm_cfg_has(this->cfg,
			 GKM_PROTOCOL_GDOI) ? "sequence number" : "message ID",
			 update->message_id);
	ack = this->rekey->acknowledge(this->rekey, datagram, update);
	effect = handle_update(this, update, how, now);
	end_ack(this, ack, update, effect);
	gkm_update_destroy(update);
	if (missed && effect == GKM_EFFECT_TAKEN)
	{
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_REKEY_MISSED",
						 "group %s: %u rekeys before it were missed, "
						 "re-registering soon", this->cfg->name,
						 missed);
		return GKM_EFFECT_MISSED;
	}
	return effect;
}

METHOD(gkm_member_held_t, concerns, bool,
	private_gkm_member_held_t *this, gkm_update_t *update)
{
	return this->installer->concerns(this->installer, update);
}

METHOD(gkm_member_held_t, inband, gkm_member_effect_t,
	private_gkm_member_held_t *this, gkm_update_t *update, uint64_t now)
{
	return handle_update(this, update, "in-band", now);
}

METHOD(gkm_member_held_t, is_inband, bool,
	private_gkm_member_held_t *this)
{
	return this->inband_only;
}

METHOD(gkm_member_held_t, get_ike_id, uint32_t,
	private_gkm_member_held_t *this)
{
	return this->keys.ike_id;
}

METHOD(gkm_member_held_t, set_ike_id, void,
	private_gkm_member_held_t *this, uint32_t ike_id)
{
	this->keys.ike_id = ike_id;
}

/**
 * When does something end that has no successor, 0 if nothing does?
 */
static uint64_t get_end(private_gkm_member_held_t *this)
{
	uint64_t end;

	end = gkm_member_earlier(this->installer->get_end(this->installer),
							 this->apps->get_end(this->apps));
	return gkm_member_earlier(end, this->rekey->get_end(this->rekey));
}

METHOD(gkm_member_held_t, get_lifetime, uint32_t,
	private_gkm_member_held_t *this, uint64_t now)
{
	uint64_t end = get_end(this);

	if (!end)
	{
		return 0;
	}
	return end > now ? max((end - now) / 1000, 1) : 1;
}

METHOD(gkm_member_held_t, use_up, bool,
	private_gkm_member_held_t *this, gkm_spi_t *spi, host_t *dst, bool spent,
	uint64_t now)
{
	return this->installer->use_up(this->installer, spi, dst, spent, now);
}

METHOD(gkm_member_held_t, is_local, bool,
	private_gkm_member_held_t *this)
{
	return this->rekey->is_local(this->rekey) &&
		   this->installer->is_local(this->installer);
}

METHOD(gkm_member_held_t, get_next_spis, array_t*,
	private_gkm_member_held_t *this)
{
	array_t *spis = array_create(sizeof(gkm_spi_t), 0);

	this->installer->get_next_spis(this->installer, spis);
	return spis;
}

METHOD(gkm_member_held_t, update, uint64_t,
	private_gkm_member_held_t *this, uint64_t now, bool *expired)
{
	uint64_t end = get_end(this), due;

	*expired = this->keys.since && end && end <= now;
	if (*expired)
	{
		this->keys.since = 0;
	}
	due = gkm_member_earlier(this->installer->update(this->installer, now),
							 this->apps->update(this->apps, now));
	return gkm_member_earlier(due, this->rekey->update(this->rekey, now));
}

/**
 * Describe what became of rekeys
 *
 * @param now		current time, 0 not to say when
 */
static void list_rekeys(private_gkm_member_held_t *this,
						vici_builder_t *builder, uint64_t now)
{
	builder->begin_section(builder, "rekeys");
	builder->add_kv(builder, "received", "%u", this->received);
	if (this->received && now)
	{
		builder->add_kv(builder, "last", "%u",
						(u_int)((now - this->last) / 1000));
	}
	this->rekey->list_counters(this->rekey, builder);
	builder->end_section(builder);
}

METHOD(gkm_member_held_t, list, void,
	private_gkm_member_held_t *this, vici_builder_t *builder, uint64_t now)
{
	gkm_member_keys_list(&this->keys, builder, now);
	gkm_member_d3p_list(&this->d3p, this->plane, builder);
	if (this->plane)
	{
		this->plane->group->list(this->plane->group, builder);
	}
	this->rekey->list(this->rekey, builder, now);
	if (this->received || this->rekey->is_held(this->rekey))
	{
		list_rekeys(this, builder, now);
	}
	builder->begin_section(builder, "sas");
	this->installer->list(this->installer, builder, now);
	this->apps->list(this->apps, builder, now);
	builder->end_section(builder);
}

METHOD(gkm_member_held_t, list_replay, void,
	private_gkm_member_held_t *this, vici_builder_t *builder)
{
	gkm_member_d3p_list_replay(&this->d3p, this->plane, builder);
}

METHOD(gkm_member_held_t, list_stats, void,
	private_gkm_member_held_t *this, vici_builder_t *builder)
{
	list_rekeys(this, builder, 0);
	if (this->plane)
	{
		builder->begin_section(builder, "packets");
		this->plane->group->list_stats(this->plane->group, builder);
		builder->end_section(builder);
	}
}

METHOD(gkm_member_held_t, tell_client, void,
	private_gkm_member_held_t *this, u_int client, uint64_t now)
{
	this->apps->tell_client(this->apps, client, now);
}

METHOD(gkm_member_held_t, get_plane, gkm_member_plane_t*,
	private_gkm_member_held_t *this)
{
	return this->plane;
}

METHOD(gkm_member_held_t, take_plane, gkm_member_plane_t*,
	private_gkm_member_held_t *this)
{
	gkm_member_plane_t *plane;

	clear(this);
	plane = this->plane;
	this->plane = NULL;
	return plane;
}

METHOD(gkm_member_held_t, destroy, void,
	private_gkm_member_held_t *this)
{
	clear(this);
	this->rekey->destroy(this->rekey);
	this->installer->destroy(this->installer);
	this->apps->destroy(this->apps);
	gkm_member_plane_destroy(this->plane);
	free(this);
}

/*
 * Described in header
 */
gkm_member_held_t *gkm_member_held_create(gkm_t *gkm, gkm_cfg_t *cfg,
										  gkm_member_plane_t *plane)
{
	private_gkm_member_held_t *this;

	INIT(this,
		.public = {
			.prepare = _prepare,
			.replace = _replace,
			.has = _has,
			.receive = _receive,
			.concerns = _concerns,
			.inband = _inband,
			.is_inband = _is_inband,
			.get_ike_id = _get_ike_id,
			.set_ike_id = _set_ike_id,
			.get_lifetime = _get_lifetime,
			.use_up = _use_up,
			.is_local = _is_local,
			.get_next_spis = _get_next_spis,
			.update = _update,
			.list = _list,
			.list_replay = _list_replay,
			.list_stats = _list_stats,
			.tell_client = _tell_client,
			.clear = _clear,
			.get_plane = _get_plane,
			.take_plane = _take_plane,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.cfg = cfg,
		.plane = plane,
		.rekey = gkm_member_rekey_create(gkm, cfg),
		.installer = gkm_installer_create(gkm, cfg, plane),
		.apps = gkm_member_apps_create(gkm, cfg),
	);
	return &this->public;
}
