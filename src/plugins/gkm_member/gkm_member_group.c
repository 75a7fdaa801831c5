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
#include "gkm_member_attempt.h"
#include "gkm_member_held.h"
#include "gkm_member_lookout.h"

#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_policy_check.h"
#include "libgkm/group/gkm_print.h"

#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_gkm_member_group_t private_gkm_member_group_t;
typedef struct tick_t tick_t;

/**
 * Private data
 */
struct private_gkm_member_group_t {

	/** public interface */
	gkm_member_group_t public;

	/** references: registry, jobs and attempts */
	refcount_t refs;

	/** carrier */
	gkm_t *gkm;

	/** IKE_SAs to key servers */
	gkm_member_links_t *links;

	/** configuration */
	gkm_cfg_t *cfg;

	/** protects all below. Not held while IKE_SAs are checked out. */
	mutex_t *mutex;

	/** signals that a round ended */
	condvar_t *condvar;

	/** number of rounds through the servers that ended */
	u_int rounds;

	/** where this is in its life */
	gkm_member_state_t state;

	/** TRUE once nothing is to be tried any more */
	bool stopped;

	/** TRUE if the key server has to hear that we left, should an attempt that
	 *  was under way then still succeed */
	bool tell;

	/** number of the last attempt, results of others are ignored */
	u_int serial;

	/** when the next scheduled job runs, 0 if there is none; others that are
	 *  still scheduled are ignored */
	uint64_t timer;

	/** what registrations and rekeys gave */
	gkm_member_held_t *held;

	/** looks out for packets of SAs that rekeys should have brought */
	gkm_member_lookout_t lookout;

	/** source of jitter, NULL if there is none */
	rng_t *rng;

	/** why this isn't registered, empty if it is */
	gkm_error_t error;
};

/**
 * A scheduled job
 */
struct tick_t {
	private_gkm_member_group_t *group;
	uint64_t due;
};

/**
 * Milliseconds of the monotonic clock
 */
static uint64_t get_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

/**
 * Get a reference for a job or an attempt
 */
static private_gkm_member_group_t *ref(private_gkm_member_group_t *this)
{
	ref_get(&this->refs);
	return this;
}

/**
 * Name of the connection to a server
 */
static char *get_connection(private_gkm_member_group_t *this, u_int server)
{
	char *connection = NULL;

	array_get(this->cfg->connections, server, &connection);
	return connection;
}

static void tick_destroy(tick_t *tick)
{
	tick->group->public.destroy(&tick->group->public);
	free(tick);
}

/**
 * Queue a job that registers with the server to try
 */
static void queue_attempt(private_gkm_member_group_t *this);

/**
 * Let something happen to the state
 */
static void raise_event(private_gkm_member_group_t *this,
						gkm_member_event_t event, uint32_t lifetime)
{
	uint32_t random = 0;

	if (this->stopped)
	{
		return;
	}
	if (!this->rng ||
		!this->rng->get_bytes(this->rng, sizeof(random), (uint8_t*)&random))
	{
		random = UINT32_MAX / 2;
	}
	if (gkm_member_state_event(&this->state, event, get_now(), lifetime,
							   random))
	{
		queue_attempt(this);
	}
}

/**
 * Has this keys?
 */
static bool has_keys(private_gkm_member_group_t *this)
{
	return this->state.phase == GKM_MEMBER_REGISTERED ||
		   this->state.phase == GKM_MEMBER_REREGISTERING;
}

/**
 * A round through the servers ended, or won't go on
 */
static void end_round(private_gkm_member_group_t *this)
{
	this->rounds++;
	this->condvar->broadcast(this->condvar);
}

/**
 * Run handle_timer() when something is due, update() is due or sooner
 */
static void schedule(private_gkm_member_group_t *this, uint64_t update);

/**
 * Do what is due
 */
static void handle_due(private_gkm_member_group_t *this)
{
	uint64_t now = get_now(), update;
	uint32_t spi;
	bool expired;

	update = this->held->update(this->held, now, &expired);
	if (expired)
	{
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_RE_REGISTER",
						 "group %s: SAs expired and no key server gave others, "
						 "searching one", this->cfg->name);
		raise_event(this, GKM_MEMBER_EXPIRED, 0);
	}
	if (gkm_member_lookout_check(&this->lookout, now, &spi))
	{
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_NEXT_SPI_SEEN",
						 "group %s: others use SA 0x%.8x, its rekey was "
						 "missed, re-registering soon", this->cfg->name,
						 ntohl(spi));
		raise_event(this, GKM_MEMBER_MISSED, 0);
	}
	raise_event(this, GKM_MEMBER_TIMER, 0);
	schedule(this, update);
}

/**
 * Handle a scheduled job
 */
static job_requeue_t handle_timer(tick_t *tick)
{
	private_gkm_member_group_t *this = tick->group;

	this->mutex->lock(this->mutex);
	if (this->timer == tick->due)
	{
		this->timer = 0;
		handle_due(this);
	}
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

static void schedule(private_gkm_member_group_t *this, uint64_t update)
{
	uint64_t now = get_now(), due;
	tick_t *tick;

	due = gkm_member_earlier(this->state.due, update);
	due = gkm_member_earlier(due, this->lookout.due);
	if (!due || this->stopped || (this->timer && this->timer <= due))
	{
		return;
	}
	this->timer = due;
	INIT(tick,
		.group = ref(this),
		.due = due,
	);
	lib->scheduler->schedule_job_ms(lib->scheduler, (job_t*)
			callback_job_create((callback_job_cb_t)handle_timer, tick,
								(callback_job_cleanup_t)tick_destroy, NULL),
			due > now ? min(due - now, UINT32_MAX) : 0);
}

/**
 * The keys are gone by the key server's will
 */
static void exclude(private_gkm_member_group_t *this)
{
	gkm_member_lookout_update(&this->lookout);
	if (has_keys(this))
	{	/* an attempt that is under way may give the same ones once more */
		this->serial++;
	}
	raise_event(this, GKM_MEMBER_EXCLUDED, 0);
	schedule(this, 0);
}

/**
 * Let a rekey have its effect on this member's life
 */
static void handle_effect(private_gkm_member_group_t *this,
						  gkm_member_effect_t effect)
{
	uint64_t now = get_now();

	switch (effect)
	{
		case GKM_EFFECT_NONE:
			return;
		case GKM_EFFECT_EXCLUDED:
			exclude(this);
			return;
		case GKM_EFFECT_TAKEN:
		case GKM_EFFECT_MISSED:
			break;
	}
	raise_event(this, GKM_MEMBER_REKEYED,
				this->held->get_lifetime(this->held, now));
	if (effect == GKM_EFFECT_MISSED)
	{
		raise_event(this, GKM_MEMBER_MISSED, 0);
	}
	gkm_member_lookout_update(&this->lookout);
	handle_due(this);
}

/**
 * An attempt came to nothing, go on to the next server
 */
static void handle_failure(private_gkm_member_group_t *this, char *event,
						   gkm_error_t *err)
{
	uint64_t now = get_now();

	this->error = *err;
	raise_event(this, GKM_MEMBER_FAILED, 0);
	if (this->state.due)
	{
		this->gkm->event(this->gkm, this->cfg->name, 3, event, "group %s: %s; "
						 "next try in %u seconds", this->cfg->name, err->text,
						 (u_int)((this->state.due - now + 999) / 1000));
		end_round(this);
	}
	else
	{
		this->gkm->event(this->gkm, this->cfg->name, 3, event, "group %s: %s; "
						 "trying %s", this->cfg->name, err->text,
						 get_connection(this, this->state.server));
	}
	schedule(this, 0);
}

/**
 * Put what a key server sent into use, in place of everything held before
 */
static void install(private_gkm_member_group_t *this,
					gkm_member_attempt_t *attempt,
					gkm_member_result_t *result)
{
	gkm_member_effect_t effect;
	uint64_t now = get_now();
	u_int count = array_count(result->download->sas);

	effect = this->held->replace(this->held, result, attempt->connection,
								 attempt->started, now);
	this->error.text[0] = '\0';
	raise_event(this, GKM_MEMBER_ACCEPTED,
				this->held->get_lifetime(this->held, now));
	this->gkm->event(this->gkm, this->cfg->name, 5, "GM_REGS_COMPL",
					 "group %s: registration to key server %s at %H complete, "
					 "%u data SAs", this->cfg->name, attempt->connection,
					 result->server, count);
	if (effect == GKM_EFFECT_MISSED)
	{
		raise_event(this, GKM_MEMBER_MISSED, 0);
	}
	end_round(this);
	gkm_member_lookout_update(&this->lookout);
	handle_due(this);
}

/**
 * Handle the end of an attempt that still counts
 */
static void handle_result(private_gkm_member_group_t *this,
						  gkm_member_attempt_t *attempt,
						  gkm_member_result_t *result)
{
	gkm_error_t err = {};

	if (result->download)
	{
		if (gkm_policy_check(this->cfg, result->download, &err))
		{
			install(this, attempt, result);
			return;
		}
		gkm_member_join_leave(this->gkm, this->cfg, result->ike_id,
							  NO_PROPOSAL_CHOSEN);
		handle_failure(this, "GM_POLICY_REFUSED", &err);
	}
	else
	{
		gkm_member_result_describe(result, attempt->connection, &err);
		handle_failure(this, "GM_REGSTER_FAIL", &err);
	}
}

/**
 * An attempt ended
 */
static void handle_done(void *user, gkm_member_attempt_t *attempt,
						gkm_member_result_t *result)
{
	private_gkm_member_group_t *this = user;

	this->mutex->lock(this->mutex);
	if (attempt->serial == this->serial)
	{
		handle_result(this, attempt, result);
	}
	else if (result->download && this->tell)
	{
		gkm_member_join_leave(this->gkm, this->cfg, result->ike_id,
							  GIKEV2_REGISTRATION_FAILED);
	}
	this->mutex->unlock(this->mutex);

	if (result->ike_id && !this->links->check(this->links, result->ike_id))
	{	/* that may have been told before this job ran */
		this->public.ike_replaced(&this->public, result->ike_id, 0);
	}
}

/**
 * An attempt is about to be made
 */
static bool handle_begin(void *user, gkm_member_attempt_t *attempt)
{
	private_gkm_member_group_t *this = user;
	bool wanted;

	this->mutex->lock(this->mutex);
	wanted = attempt->serial == this->serial;
	if (wanted)
	{
		raise_event(this, GKM_MEMBER_ATTEMPT, 0);
		this->gkm->event(this->gkm, this->cfg->name, 5, "GM_REGISTER",
						 "group %s: %s to key server %s", this->cfg->name,
						 has_keys(this) ? "re-registering" : "registering",
						 attempt->connection);
	}
	this->mutex->unlock(this->mutex);
	return wanted;
}

/**
 * An attempt doesn't need the group any more
 */
static void handle_release(void *user)
{
	private_gkm_member_group_t *this = user;

	this->public.destroy(&this->public);
}

static void queue_attempt(private_gkm_member_group_t *this)
{
	gkm_member_attempt_t attempt = {
		.gkm = this->gkm,
		.links = this->links,
		.cfg = this->cfg,
		.connection = get_connection(this, this->state.server),
		.serial = ++this->serial,
		.started = get_now(),
		.user = {
			.user = ref(this),
			.begin = handle_begin,
			.done = handle_done,
			.release = handle_release,
		},
	};

	gkm_member_attempt_queue(&attempt);
}

METHOD(gkm_member_group_t, get_cfg, gkm_cfg_t*,
	private_gkm_member_group_t *this)
{
	return this->cfg;
}

/**
 * Begin a round through the servers, unless one is under way
 */
static void begin(private_gkm_member_group_t *this)
{
	if (!this->stopped)
	{
		this->tell = FALSE;
		this->error.text[0] = '\0';
		raise_event(this, GKM_MEMBER_START, 0);
	}
}

METHOD(gkm_member_group_t, start, void,
	private_gkm_member_group_t *this)
{
	this->mutex->lock(this->mutex);
	begin(this);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, start_and_wait, bool,
	private_gkm_member_group_t *this, u_int timeout, gkm_error_t *err)
{
	timeval_t end;
	u_int rounds;
	bool timed_out = FALSE, success;

	time_monotonic(&end);
	timeval_add_ms(&end, timeout);

	this->mutex->lock(this->mutex);
	begin(this);
	rounds = this->rounds;
	while (rounds == this->rounds && !timed_out && !this->stopped)
	{
		timed_out = this->condvar->timed_wait_abs(this->condvar, this->mutex,
												  end);
	}
	success = rounds != this->rounds &&
			  this->state.phase == GKM_MEMBER_REGISTERED;
	if (!success)
	{
		gkm_fail(err, "%s", this->error.text[0] ? this->error.text :
				 "no key server answered in time, going on");
	}
	this->mutex->unlock(this->mutex);
	return success;
}

/**
 * End all that is held and under way
 */
static void end(private_gkm_member_group_t *this)
{
	u_int count;

	this->serial++;
	raise_event(this, GKM_MEMBER_LEAVE, 0);
	count = this->held->clear(this->held);
	gkm_member_lookout_update(&this->lookout);
	if (count)
	{
		this->gkm->event(this->gkm, this->cfg->name, 5, "GM_DELETE",
						 "group %s: %u data SAs removed", this->cfg->name,
						 count);
	}
}

/**
 * Leave the group
 */
static bool leave_group(private_gkm_member_group_t *this)
{
	uint32_t ike_id = this->held->get_ike_id(this->held);

	if (this->state.phase == GKM_MEMBER_LEFT)
	{
		return FALSE;
	}
	this->gkm->event(this->gkm, this->cfg->name, 5, "GM_UNREGISTER",
					 "group %s: leaving%s", this->cfg->name, ike_id ?
					 "" : ", without an IKE_SA to tell a key server");
	end(this);
	this->tell = TRUE;
	if (ike_id)
	{
		gkm_member_join_leave(this->gkm, this->cfg, ike_id,
							  GIKEV2_REGISTRATION_FAILED);
	}
	return TRUE;
}

/**
 * Let those that wait for a round know why none ends
 */
static void give_up(private_gkm_member_group_t *this, char *reason)
{
	this->error.text[0] = '\0';
	gkm_fail(&this->error, "%s", reason);
	end_round(this);
}

METHOD(gkm_member_group_t, leave, bool,
	private_gkm_member_group_t *this)
{
	bool active;

	this->mutex->lock(this->mutex);
	active = leave_group(this);
	if (active)
	{
		give_up(this, "left the group");
	}
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(gkm_member_group_t, is_active, bool,
	private_gkm_member_group_t *this)
{
	bool active;

	this->mutex->lock(this->mutex);
	active = this->state.phase != GKM_MEMBER_LEFT;
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(gkm_member_group_t, ike_replaced, void,
	private_gkm_member_group_t *this, uint32_t ike_id, uint32_t new_id)
{
	this->mutex->lock(this->mutex);
	if (this->held->get_ike_id(this->held) == ike_id)
	{
		this->held->set_ike_id(this->held, new_id);
		if (!new_id && !this->held->is_followed(this->held) && has_keys(this))
		{	/* no rekeys would reach us, RFC 9838 has us take it that we are
			 * excluded */
			this->gkm->event(this->gkm, this->cfg->name, 4, "GM_RE_REGISTER",
							 "group %s: IKE_SA to the key server is gone and "
							 "there is no rekey SA, %u data SAs removed",
							 this->cfg->name, this->held->clear(this->held));
			exclude(this);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, datagram, bool,
	private_gkm_member_group_t *this, gkm_rekey_header_t *header,
	chunk_t datagram)
{
	bool ours;

	this->mutex->lock(this->mutex);
	ours = this->held->has(this->held, header->spi);
	if (ours && !this->stopped)
	{
		handle_effect(this, this->held->receive(this->held, header, datagram,
												get_now()));
	}
	this->mutex->unlock(this->mutex);
	return ours;
}

/**
 * A packet with one of the SPIs looked out for was seen, a gkm_spi_seen_t
 */
static void handle_seen(void *user, protocol_id_t protocol, uint32_t spi)
{
	private_gkm_member_group_t *this = user;

	this->mutex->lock(this->mutex);
	if (this->state.phase == GKM_MEMBER_REGISTERED && !this->state.missed)
	{
		gkm_member_lookout_note(&this->lookout, protocol, spi, get_now());
		schedule(this, 0);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, uses_ike, bool,
	private_gkm_member_group_t *this, uint32_t ike_id)
{
	bool uses;

	this->mutex->lock(this->mutex);
	uses = this->held->get_ike_id(this->held) == ike_id;
	this->mutex->unlock(this->mutex);
	return uses;
}

METHOD(gkm_member_group_t, inband, void,
	private_gkm_member_group_t *this, gkm_update_t *update, bool only)
{
	this->mutex->lock(this->mutex);
	if (!this->stopped && (only || this->held->concerns(this->held, update)))
	{
		handle_effect(this, this->held->inband(this->held, update, get_now()));
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, list, vici_message_t*,
	private_gkm_member_group_t *this)
{
	vici_builder_t *builder = vici_builder_create();
	uint64_t now = get_now();
	char buf[GKM_PRINT_LEN];

	this->mutex->lock(this->mutex);
	builder->begin_section(builder, this->cfg->name);
	builder->add_kv(builder, "role", "member");
	builder->add_kv(builder, "protocol", "gikev2");
	builder->add_kv(builder, "state", "%N", gkm_member_phase_names,
					this->state.phase);
	builder->add_kv(builder, "id", "%s", gkm_print_id(this->cfg->id, buf));
	if (this->state.due)
	{
		builder->add_kv(builder, has_keys(this) ? "reregister-in" : "retry-in",
						"%u", (u_int)(this->state.due > now ?
									 (this->state.due - now) / 1000 : 0));
	}
	if (this->error.text[0] && this->state.phase != GKM_MEMBER_LEFT)
	{
		builder->add_kv(builder, "error", "%s", this->error.text);
	}
	this->held->list(this->held, builder, now);
	builder->end_section(builder);
	this->mutex->unlock(this->mutex);

	return builder->finalize(builder);
}

METHOD(gkm_member_group_t, get_ref, gkm_member_group_t*,
	private_gkm_member_group_t *this)
{
	return &ref(this)->public;
}

METHOD(gkm_member_group_t, halt, void,
	private_gkm_member_group_t *this, char *reason)
{
	this->mutex->lock(this->mutex);
	this->serial++;
	this->stopped = TRUE;
	give_up(this, reason);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, stop, void,
	private_gkm_member_group_t *this, bool leave)
{
	this->mutex->lock(this->mutex);
	this->tell = FALSE;
	if (!leave || !leave_group(this))
	{
		end(this);
	}
	this->stopped = TRUE;
	give_up(this, "group was unloaded");
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_group_t, destroy, void,
	private_gkm_member_group_t *this)
{
	if (ref_put(&this->refs))
	{
		gkm_member_lookout_deinit(&this->lookout);
		this->held->destroy(this->held);
		DESTROY_IF(this->rng);
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
											gkm_cfg_t *cfg)
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
			.list = _list,
			.get_ref = _get_ref,
			.halt = _halt,
			.stop = _stop,
			.destroy = _destroy,
		},
		.refs = 1,
		.gkm = gkm,
		.links = links,
		.cfg = cfg,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
		.held = gkm_member_held_create(gkm, cfg),
		.rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK),
	);
	gkm_member_lookout_init(&this->lookout, this->held, handle_seen, this);
	gkm_member_state_init(&this->state, array_count(cfg->connections),
						  cfg->retry_min, cfg->retry_max);
	return &this->public;
}
