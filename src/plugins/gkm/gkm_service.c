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
#include "gkm_coop_carrier.h"
#include "gkm_ike.h"
#include "gkm_intake.h"
#include "gkm_join_task.h"
#include "gkm_key_wrap_hook.h"
#include "gkm_multicast.h"
#include "gkm_phase1.h"
#include "gkm_pull.h"
#include "gkm_push.h"
#include "gkm_unicast.h"
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
	 * Messages of other key servers, and IKE_SAs to them
	 */
	gkm_coop_inbox_t *inbox;
	gkm_coop_carrier_t *coop;

	/**
	 * Negotiates key wrap algorithms
	 */
	gkm_key_wrap_hook_t *key_wrap;

	/**
	 * Rekeys members in-band
	 */
	gkm_push_t *push;

	/**
	 * IKE_SAs of groups that use GDOI
	 */
	gkm_phase1_t *phase1;

	/**
	 * Registrations over these
	 */
	gkm_pull_t *pull;

	/**
	 * Takes messages of GDOI off the socket
	 */
	gkm_intake_t *intake;

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
 * Start an IKE_SA, or what is queued on it, and check in
 */
static void start(ike_sa_t *ike_sa)
{
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

/**
 * Create an IKE_SA for an attempt, checked out
 *
 * @param peer_cfg		configuration of the connection
 * @return				IKE_SA that is claimed, NULL on failure
 */
static ike_sa_t *create_ike_sa(private_gkm_service_t *this,
							   peer_cfg_t *peer_cfg, gkm_join_t *join)
{
	ike_version_t version = join->format ? IKEV1 : IKEV2;
	peer_cfg_t *isolated;
	ike_sa_t *ike_sa;

	if (peer_cfg->get_ike_version(peer_cfg) != version &&
		peer_cfg->get_ike_version(peer_cfg) != IKE_ANY)
	{
		DBG1(DBG_CFG, "connection '%s' isn't for %N",
			 peer_cfg->get_name(peer_cfg), ike_version_names, version);
		return NULL;
	}
	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, version,
												TRUE);
	if (!ike_sa)
	{
		return NULL;
	}
	isolated = join->format ? gkm_compat_isolate_phase1(peer_cfg, TRUE)
							: gkm_compat_isolate_cfg(peer_cfg, TRUE);
	ike_sa->set_peer_cfg(ike_sa, isolated);
	isolated->destroy(isolated);
	if (join->format)
	{
		this->phase1->claim(this->phase1, ike_sa, join->format);
	}
	else
	{
		this->ike->claim(this->ike, ike_sa);
	}
	charon->ike_sa_manager->checkout_new(charon->ike_sa_manager, ike_sa);
	charon->bus->set_sa(charon->bus, ike_sa);
	return ike_sa;
}

/**
 * Queue an attempt on an IKE_SA that is claimed
 */
static void queue(private_gkm_service_t *this, ike_sa_t *ike_sa,
				  gkm_join_t *join)
{
	if (join->format)
	{
		this->pull->start(this->pull, ike_sa, join);
	}
	else
	{
		ike_sa->queue_task(ike_sa, gkm_join_task_create(ike_sa, join));
	}
}

METHOD(gkm_t, initiate, void,
	private_gkm_service_t *this, char *connection, gkm_join_t *join)
{
	peer_cfg_t *peer_cfg;
	ike_sa_t *ike_sa;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  connection);
	if (!peer_cfg)
	{
		DBG1(DBG_CFG, "connection '%s' not found", connection);
		fail(join);
		return;
	}
	ike_sa = create_ike_sa(this, peer_cfg, join);
	peer_cfg->destroy(peer_cfg);
	if (!ike_sa)
	{
		fail(join);
		return;
	}
	queue(this, ike_sa, join);
	start(ike_sa);
}

/**
 * May an attempt be made over an IKE_SA that exists?
 */
static bool is_usable(private_gkm_service_t *this, ike_sa_t *ike_sa,
					  gkm_join_t *join)
{
	gkm_phase1_info_t info;

	if (ike_sa->get_state(ike_sa) != IKE_ESTABLISHED)
	{
		return FALSE;
	}
	if (ike_sa->get_version(ike_sa) == IKEV1)
	{	/* nobody leaves a group in GDOI */
		return join->format &&
			   this->phase1->get_info(this->phase1, ike_sa, &info) &&
			   !info.server;
	}
	return !join->format && this->ike->is_claimed(this->ike, ike_sa);
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
	if (!is_usable(this, ike_sa, join))
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		fail(join);
		return;
	}
	queue(this, ike_sa, join);
	start(ike_sa);
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

METHOD(gkm_t, unicast, u_int,
	private_gkm_service_t *this, host_t *src, array_t *targets,
	chunk_t datagram, gkm_error_t *err)
{
	return gkm_unicast_send(src, targets, datagram, err);
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
	charon->bus->remove_listener(charon->bus, &this->pull->listener);
	charon->bus->remove_listener(charon->bus, &this->phase1->listener);
	this->intake->destroy(this->intake);
	this->multicast->destroy(this->multicast);
	this->push->destroy(this->push);
	this->pull->destroy(this->pull);
	this->phase1->destroy(this->phase1);
	this->coop->destroy(this->coop);
	this->ike->destroy(this->ike);
	this->inbox->destroy(this->inbox);
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
				.unicast = _unicast,
				.get_dispatcher = _get_dispatcher,
				.event = _event,
			},
			.destroy = _destroy,
		},
		.vici = vici,
		.inbox = gkm_coop_inbox_create(),
		.key_wrap = gkm_key_wrap_hook_create(),
		.phase1 = gkm_phase1_create(),
		.multicast = gkm_multicast_create(vici),
	);
	this->ike = gkm_ike_create(vici, this->inbox);
	this->coop = gkm_coop_carrier_create(this->ike, this->inbox);
	this->public.public.coop = &this->coop->links;
	this->push = gkm_push_create(this->ike);
	this->pull = gkm_pull_create(this->phase1, vici);
	this->intake = gkm_intake_create(this->pull, vici);
	charon->bus->add_listener(charon->bus, &this->key_wrap->listener);
	charon->bus->add_listener(charon->bus, &this->ike->listener);
	charon->bus->add_listener(charon->bus, &this->phase1->listener);
	charon->bus->add_listener(charon->bus, &this->pull->listener);
	return &this->public;
}
