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

#include "gkm_service.h"
#include "gkm_compat.h"
#include "gkm_ike.h"
#include "gkm_join_task.h"
#include "gkm_key_wrap_hook.h"
#include "gkm_multicast.h"
#include "gkm_push.h"
#include "gkm_vici.h"

typedef struct private_gkm_service_t private_gkm_service_t;

/**
 * Private data of the carrier.
 */
struct private_gkm_service_t {

	/**
	 * Public interface
	 */
	gkm_service_t public;

	/**
	 * Loaded groups, roles, and commands
	 */
	gkm_vici_t *vici;

	/**
	 * IKE_SAs of groups
	 */
	gkm_ike_t *ike;

	/**
	 * Negotiates key wrap algorithms
	 */
	gkm_key_wrap_hook_t *key_wrap;

	/**
	 * Rekeys members in-band
	 */
	gkm_push_t *push;

	/**
	 * Multicast sockets
	 */
	gkm_multicast_t *multicast;
};

METHOD(gkm_t, add_role, void,
	private_gkm_service_t *this, gkm_role_handler_t *handler)
{
	this->vici->add_role(this->vici, handler);
}

METHOD(gkm_t, remove_role, void,
	private_gkm_service_t *this, gkm_role_handler_t *handler)
{
	this->vici->remove_role(this->vici, handler);
}

/**
 * End an attempt that can't even start
 */
static void fail(gkm_join_t *join)
{
	join->failed(join, NULL, GKM_FAILED_IKE, 0);
	join->destroy(join);
}

/**
 * Queue an attempt on an IKE_SA, start it, and check in
 */
static void start(ike_sa_t *ike_sa, gkm_join_t *join)
{
	ike_sa->queue_task(ike_sa, gkm_join_task_create(ike_sa, join));
	if (ike_sa->initiate(ike_sa, NULL, NULL) == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

METHOD(gkm_t, initiate, void,
	private_gkm_service_t *this, char *connection, gkm_join_t *join)
{
	peer_cfg_t *peer_cfg, *isolated;
	ike_sa_t *ike_sa;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  connection);
	if (!peer_cfg)
	{
		DBG1(DBG_CFG, "connection '%s' not found", connection);
		fail(join);
		return;
	}
	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2,
												TRUE);
	if (!ike_sa)
	{
		peer_cfg->destroy(peer_cfg);
		fail(join);
		return;
	}
	isolated = gkm_compat_isolate_cfg(peer_cfg, TRUE);
	peer_cfg->destroy(peer_cfg);
	ike_sa->set_peer_cfg(ike_sa, isolated);
	isolated->destroy(isolated);
	this->ike->claim(this->ike, ike_sa);
	charon->ike_sa_manager->checkout_new(charon->ike_sa_manager, ike_sa);
	charon->bus->set_sa(charon->bus, ike_sa);
	start(ike_sa, join);
}

METHOD(gkm_t, reuse, void,
	private_gkm_service_t *this, uint32_t ike_sa_id, gkm_join_t *join)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													ike_sa_id);
	if (!ike_sa)
	{
		fail(join);
		return;
	}
	if (ike_sa->get_state(ike_sa) != IKE_ESTABLISHED ||
		!this->ike->is_claimed(this->ike, ike_sa))
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		fail(join);
		return;
	}
	start(ike_sa, join);
}

METHOD(gkm_t, push, void,
	private_gkm_service_t *this, uint32_t ike_sa_id, gkm_update_t *update,
	gkm_pushed_t done, void *user)
{
	this->push->push(this->push, ike_sa_id, update, done, user);
}

METHOD(gkm_t, listen_, bool,
	private_gkm_service_t *this, host_t *address, host_t *local,
	gkm_error_t *err)
{
	return this->multicast->listen(this->multicast, address, local, err);
}

METHOD(gkm_t, unlisten, void,
	private_gkm_service_t *this, host_t *address, host_t *local)
{
	this->multicast->unlisten(this->multicast, address, local);
}

METHOD(gkm_t, multicast, bool,
	private_gkm_service_t *this, host_t *address, chunk_t datagram,
	gkm_error_t *err)
{
	return this->multicast->send(this->multicast, address, datagram, err);
}

METHOD(gkm_t, get_dispatcher, vici_dispatcher_t*,
	private_gkm_service_t *this)
{
	return this->vici->get_dispatcher(this->vici);
}

METHOD(gkm_t, event, void,
	private_gkm_service_t *this, char *group, int severity, char *name,
	char *fmt, ...)
{
	char text[BUF_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	DBG1(DBG_CFG, "GKM-%d-%s: %s", severity, name, text);
	this->vici->event(this->vici, group, severity, name, text);
}

METHOD(gkm_service_t, destroy, void,
	private_gkm_service_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->ike->listener);
	charon->bus->remove_listener(charon->bus, &this->key_wrap->listener);
	this->multicast->destroy(this->multicast);
	this->push->destroy(this->push);
	this->ike->destroy(this->ike);
	this->key_wrap->destroy(this->key_wrap);
	this->vici->destroy(this->vici);
	free(this);
}

/*
 * Described in header
 */
gkm_service_t *gkm_service_create()
{
	private_gkm_service_t *this;
	gkm_vici_t *vici;

	vici = gkm_vici_create();
	if (!vici)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.public = {
				.add_role = _add_role,
				.remove_role = _remove_role,
				.initiate = _initiate,
				.reuse = _reuse,
				.push = _push,
				.listen = _listen_,
				.unlisten = _unlisten,
				.multicast = _multicast,
				.get_dispatcher = _get_dispatcher,
				.event = _event,
			},
			.destroy = _destroy,
		},
		.vici = vici,
		.ike = gkm_ike_create(vici),
		.key_wrap = gkm_key_wrap_hook_create(),
		.multicast = gkm_multicast_create(vici),
	);
	this->push = gkm_push_create(this->ike);
	charon->bus->add_listener(charon->bus, &this->key_wrap->listener);
	charon->bus->add_listener(charon->bus, &this->ike->listener);
	return &this->public;
}
