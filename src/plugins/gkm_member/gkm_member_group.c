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

#include "gkm_member_group.h"
#include "gkm_member_life.h"
#include "gkm_member_timer.h"

#include "libgkm/group/gkm_print.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_gkm_member_group_t private_gkm_member_group_t;

/**
 * Private data
 */
struct private_gkm_member_group_t {

	/** public interface */
	gkm_member_group_t public;

	/** references: registry, jobs and attempts */
	refcount_t refs;

	/** configuration */
	gkm_cfg_t *cfg;

	/** protects all below. Not held while IKE_SAs are checked out. */
	mutex_t *mutex;

	/** signals that a round ended */
	condvar_t *condvar;

	/** number of rounds through the servers that ended */
	u_int rounds;

	/** where this is in its life */
	gkm_member_life_t *life;
};

METHOD(gkm_member_group_t, get_cfg, gkm_cfg_t*,
	private_gkm_member_group_t *this)
{
	return this->cfg;
}

METHOD(gkm_member_group_t, start, void,
	private_gkm_member_group_t *this)
{
	this->mutex->lock(this->mutex);
	this->life->start(this->life);
	this->mutex->unlock(this->mutex);
}

/**
 * A round through the servers ended, a gkm_member_round_ended_t
 */
static void round_ended(gkm_member_group_t *public)
{
	private_gkm_member_group_t *this = (private_gkm_member_group_t*)public;

	this->rounds++;
	this->condvar->broadcast(this->condvar);
}

METHOD(gkm_member_group_t, start_and_wait, bool,
	private_gkm_member_group_t *this, u_int timeout, gkm_error_t *err)
{
	timeval_t end;
	u_int rounds;
	bool timed_out = FALSE, success;
	char *error;

	time_monotonic(&end);
	timeval_add_ms(&end, timeout);

	this->mutex->lock(this->mutex);
	this->life->start(this->life);
	rounds = this->rounds;
	while (rounds == this->rounds && !timed_out && !this->life->stopped)
	{
		timed_out = this->condvar->timed_wait_abs(this->condvar, this->mutex,
												  end);
	}
	success = rounds != this->rounds &&
			  this->life->state.phase == GKM_MEMBER_REGISTERED;
	if (!success)
	{
		error = this->life->error.text;
		gkm_fail(err, "%s", *error ? error :
				 "no key server answered in time, going on");
	}
	this->mutex->unlock(this->mutex);
	return success;
}

METHOD(gkm_member_group_t, leave, bool,
	private_gkm_member_group_t *this)
{
	bool active;

	this->mutex->lock(this->mutex);
	active = this->life->leave(this->life);
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(gkm_member_group_t, is_active, bool,
	private_gkm_member_group_t *this)
{
	bool active;

	this->mutex->lock(this->mutex);
	active = this->life->state.phase != GKM_MEMBER_LEFT;
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(gkm_member_group_t, ike_replaced, void,
	private_gkm_member_group_t *this, uint32_t ike_id, uint32_t new_id,
	bool lost)
{
	this->mutex->lock(this->mutex);
	this->life->ike_replaced(this->life, ike_id, new_id, lost);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, datagram, bool,
	private_gkm_member_group_t *this, gkm_rekey_datagram_t *datagram)
{
	bool ours;

	this->mutex->lock(this->mutex);
	ours = this->life->datagram(this->life, datagram);
	this->mutex->unlock(this->mutex);
	return ours;
}

METHOD(gkm_member_group_t, uses_ike, bool,
	private_gkm_member_group_t *this, uint32_t ike_id)
{
	bool uses;

	this->mutex->lock(this->mutex);
	uses = this->life->held->get_ike_id(this->life->held) == ike_id;
	this->mutex->unlock(this->mutex);
	return uses;
}

METHOD(gkm_member_group_t, inband, void,
	private_gkm_member_group_t *this, gkm_update_t *update, bool only)
{
	this->mutex->lock(this->mutex);
	this->life->inband(this->life, update, only);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, use_up, void,
	private_gkm_member_group_t *this, gkm_spi_t *spi, host_t *dst, bool spent)
{
	this->mutex->lock(this->mutex);
	this->life->use_up(this->life, spi, dst, spent);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, roam, void,
	private_gkm_member_group_t *this)
{
	this->mutex->lock(this->mutex);
	this->life->roam(this->life);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, list, vici_message_t*,
	private_gkm_member_group_t *this)
{
	vici_builder_t *builder = vici_builder_create();
	gkm_member_life_t *life = this->life;
	uint64_t now = gkm_member_now();
	char buf[GKM_PRINT_LEN];

	this->mutex->lock(this->mutex);
	builder->begin_section(builder, this->cfg->name);
	builder->add_kv(builder, "role", "member");
	builder->add_kv(builder, "protocol", "%N", gkm_protocol_names,
					gkm_cfg_has(this->cfg, GKM_PROTOCOL_GDOI) ?
					GKM_PROTOCOL_GDOI : GKM_PROTOCOL_GIKEV2);
	builder->add_kv(builder, "state", "%N", gkm_member_phase_names,
					life->state.phase);
	builder->add_kv(builder, "id", "%s", gkm_print_id(this->cfg->id, buf));
	if (life->state.due)
	{
		builder->add_kv(builder, gkm_member_has_keys(&life->state) ?
						"reregister-in" : "retry-in", "%u", (u_int)
						(life->state.due > now ? (life->state.due - now) / 1000
											   : 0));
	}
	if (life->error.text[0] && life->state.phase != GKM_MEMBER_LEFT)
	{
		builder->add_kv(builder, "error", "%s", life->error.text);
	}
	life->held->list(life->held, builder, now);
	builder->end_section(builder);
	this->mutex->unlock(this->mutex);
	return builder->finalize(builder);
}

METHOD(gkm_member_group_t, list_replay, vici_message_t*,
	private_gkm_member_group_t *this)
{
	vici_builder_t *builder = vici_builder_create();
	gkm_member_held_t *held = this->life->held;

	this->mutex->lock(this->mutex);
	builder->begin_section(builder, this->cfg->name);
	builder->add_kv(builder, "role", "%N", gkm_role_names, GKM_ROLE_MEMBER);
	held->list_replay(held, builder);
	builder->end_section(builder);
	this->mutex->unlock(this->mutex);
	return builder->finalize(builder);
}

METHOD(gkm_member_group_t, list_stats, vici_message_t*,
	private_gkm_member_group_t *this)
{
	vici_builder_t *builder = vici_builder_create();
	gkm_member_life_t *life = this->life;

	this->mutex->lock(this->mutex);
	builder->begin_section(builder, this->cfg->name);
	builder->add_kv(builder, "role", "%N", gkm_role_names, GKM_ROLE_MEMBER);
	builder->add_kv(builder, "registrations", "%u", life->registrations);
	builder->add_kv(builder, "failures", "%u", life->failures);
	life->held->list_stats(life->held, builder);
	builder->end_section(builder);
	this->mutex->unlock(this->mutex);
	return builder->finalize(builder);
}

METHOD(gkm_member_group_t, tell_client, void,
	private_gkm_member_group_t *this, u_int client)
{
	gkm_member_held_t *held = this->life->held;

	this->mutex->lock(this->mutex);
	held->tell_client(held, client, gkm_member_now());
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, get_ref, gkm_member_group_t*,
	private_gkm_member_group_t *this)
{
	ref_get(&this->refs);
	return &this->public;
}

METHOD(gkm_member_group_t, halt, void,
	private_gkm_member_group_t *this, char *reason)
{
	this->mutex->lock(this->mutex);
	this->life->halt(this->life, reason);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, suits_plane, bool,
	private_gkm_member_group_t *this, gkm_cfg_t *cfg)
{
	gkm_member_held_t *held = this->life->held;
	bool suits;

	this->mutex->lock(this->mutex);
	suits = gkm_member_plane_suits(held->get_plane(held), cfg);
	this->mutex->unlock(this->mutex);
	return suits;
}

METHOD(gkm_member_group_t, stop, gkm_member_plane_t*,
	private_gkm_member_group_t *this, bool leave)
{
	gkm_member_held_t *held = this->life->held;
	gkm_member_plane_t *plane;

	this->mutex->lock(this->mutex);
	if (!leave || !this->life->leave(this->life))
	{
		this->life->end(this->life);
	}
	this->life->halt(this->life, "group was unloaded");
	plane = held->take_plane(held);
	this->mutex->unlock(this->mutex);
	return plane;
}

METHOD(gkm_member_group_t, destroy, void,
	private_gkm_member_group_t *this)
{
	if (ref_put(&this->refs))
	{
		this->life->destroy(this->life);
		gkm_cfg_destroy(this->cfg);
		this->condvar->destroy(this->condvar);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/*
 * Described in header
 */
gkm_member_group_t *gkm_member_group_create(gkm_t *gkm,
											gkm_member_links_t *links,
											gkm_cfg_t *cfg,
											gkm_member_plane_t *plane)
{
	private_gkm_member_group_t *this;

	INIT(this,
		.public = {
			.get_cfg = _get_cfg,
			.start = _start,
			.start_and_wait = _start_and_wait,
			.leave = _leave,
			.is_active = _is_active,
			.ike_replaced = _ike_replaced,
			.datagram = _datagram,
			.uses_ike = _uses_ike,
			.inband = _inband,
			.use_up = _use_up,
			.roam = _roam,
			.list = _list,
			.list_replay = _list_replay,
			.list_stats = _list_stats,
			.tell_client = _tell_client,
			.get_ref = _get_ref,
			.halt = _halt,
			.suits_plane = _suits_plane,
			.stop = _stop,
			.destroy = _destroy,
		},
		.refs = 1,
		.cfg = cfg,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	this->life = gkm_member_life_create(gkm, links, cfg, plane, &this->public,
										this->mutex, round_ended);
	return &this->public;
}
