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

#include "gkm_member_life.h"
#include "gkm_member_attempt.h"
#include "gkm_member_lookout.h"
#include "gkm_member_timer.h"

typedef struct private_gkm_member_life_t private_gkm_member_life_t;

/**
 * Private data
 */
struct private_gkm_member_life_t {

	/** public interface */
	gkm_member_life_t public;

	/** carrier */
	gkm_t *gkm;

	/** IKE_SAs to key servers */
	gkm_member_links_t *links;

	/** configuration */
	gkm_cfg_t *cfg;

	/** the group, for references */
	gkm_member_group_t *group;

	/** protects all else */
	mutex_t *mutex;

	/** hears of the end of rounds through the servers */
	gkm_member_round_ended_t ended;

	/** TRUE if the key server has to hear that we left, should an attempt that
	 *  was under way then still succeed */
	bool tell;

	/** number of the last attempt, and of the first one whose keys are wanted:
	 *  those in between were given up, but a server may still answer */
	u_int serial;
	u_int wanted;

	/** where this is in its life, and what it holds: those that users see */
	gkm_member_state_t *state;
	gkm_member_held_t *held;

	/** tells when something is due */
	gkm_member_timer_t *timer;

	/** looks out for packets of SAs that rekeys should have brought */
	gkm_member_lookout_t lookout;

	/** source of jitter, NULL if there is none */
	rng_t *rng;
};

/**
 * Name of the connection to a server
 */
static char *get_connection(private_gkm_member_life_t *this, u_int server)
{
	char *connection = NULL;

	array_get(this->cfg->connections, server, &connection);
	return connection;
}

/**
 * Queue a job that registers with the server to try
 */
static void queue_attempt(private_gkm_member_life_t *this);

/**
 * Let something happen to the state
 */
static void raise_event(private_gkm_member_life_t *this,
						gkm_member_event_t event, uint32_t lifetime)
{
	uint32_t random = 0;

	if (this->public.stopped)
	{
		return;
	}
	if (!this->rng ||
		!this->rng->get_bytes(this->rng, sizeof(random), (uint8_t*)&random))
	{
		random = UINT32_MAX / 2;
	}
	if (gkm_member_state_event(this->state, event, gkm_member_now(),
							   lifetime, random))
	{
		queue_attempt(this);
	}
}

/**
 * Run handle_due() when something is due, at update or sooner
 */
static void schedule(private_gkm_member_life_t *this, uint64_t update);

/**
 * A server that is being asked doesn't answer, try the next one
 */
static void give_up_server(private_gkm_member_life_t *this);

/**
 * Do what is due
 */
static void handle_due(private_gkm_member_life_t *this)
{
	uint64_t now = gkm_member_now(), update;
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
	if (this->state->patience && this->state->patience <= now)
	{
		give_up_server(this);
	}
	raise_event(this, GKM_MEMBER_TIMER, 0);
	schedule(this, update);
}

/**
 * Something is due, a gkm_member_timer_cb_t
 */
static void handle_timer(void *user)
{
	handle_due(user);
}

static void schedule(private_gkm_member_life_t *this, uint64_t update)
{
	uint64_t due;

	due = gkm_member_earlier(this->state->due, update);
	due = gkm_member_earlier(due, this->state->patience);
	due = gkm_member_earlier(due, this->lookout.due);
	if (due && !this->public.stopped)
	{
		this->timer->set(this->timer, due);
	}
}

/**
 * Attempts so far don't matter any more
 */
static void forget_attempts(private_gkm_member_life_t *this)
{
	this->wanted = ++this->serial + 1;
}

/**
 * The keys are gone by the key server's will
 */
static void exclude(private_gkm_member_life_t *this)
{
	gkm_member_lookout_update(&this->lookout);
	if (gkm_member_has_keys(this->state))
	{	/* an attempt that is under way may give the same ones once more */
		forget_attempts(this);
	}
	raise_event(this, GKM_MEMBER_EXCLUDED, 0);
	schedule(this, 0);
}

/**
 * Let a rekey have its effect on this member's life
 */
static void handle_effect(private_gkm_member_life_t *this,
						  gkm_member_effect_t effect)
{
	uint64_t now = gkm_member_now();

	switch (effect)
	{
		case GKM_EFFECT_NONE:
			return;
		case GKM_EFFECT_EXCLUDED:
			exclude(this);
			return;
		case GKM_EFFECT_TAKEN:
		case GKM_EFFECT_MISSED:
		case GKM_EFFECT_REFUSED:
			break;
	}
	raise_event(this, GKM_MEMBER_REKEYED,
				this->held->get_lifetime(this->held, now));
	if (effect != GKM_EFFECT_TAKEN)
	{
		raise_event(this, GKM_MEMBER_MISSED, 0);
	}
	gkm_member_lookout_update(&this->lookout);
	handle_due(this);
}

/**
 * An attempt came to nothing, go on to the next server
 */
static void handle_failure(private_gkm_member_life_t *this, char *event,
						   gkm_error_t *err)
{
	uint64_t now = gkm_member_now();

	this->public.failures++;
	this->public.error = *err;
	raise_event(this, GKM_MEMBER_FAILED, 0);
	if (this->state->due)
	{
		this->gkm->event(this->gkm, this->cfg->name, 3, event, "group %s: %s; "
						 "next try in %u seconds", this->cfg->name, err->text,
						 (u_int)((this->state->due - now + 999) / 1000));
		this->ended(this->group);
	}
	else
	{
		this->gkm->event(this->gkm, this->cfg->name, 3, event, "group %s: %s; "
						 "trying %s", this->cfg->name, err->text,
						 get_connection(this, this->state->server));
	}
	schedule(this, 0);
}

static void give_up_server(private_gkm_member_life_t *this)
{
	char *connection = get_connection(this, this->state->server);
	gkm_error_t err = {};
	uint32_t ike_id;

	ike_id = this->links->get(this->links, connection);
	if (ike_id)
	{	/* it may be over an IKE_SA that the server doesn't know any more */
		this->links->replace(this->links, ike_id, 0);
	}
	gkm_fail(&err, "key server %s doesn't answer", connection);
	handle_failure(this, "GM_REGSTER_FAIL", &err);
}

/**
 * Note which server gave us the keys that are in use
 */
static void set_server(private_gkm_member_life_t *this, char *connection)
{
	char *current;
	int i;

	for (i = 0; array_get(this->cfg->connections, i, &current); i++)
	{
		if (streq(current, connection))
		{
			this->state->server = i;
			return;
		}
	}
}

/**
 * Put what a key server sent into use, in place of everything held before
 */
static void install(private_gkm_member_life_t *this,
					gkm_member_attempt_t *attempt,
					gkm_member_result_t *result)
{
	gkm_member_effect_t effect;
	uint64_t now = gkm_member_now();
	u_int count = array_count(result->download->sas);
	bool late = attempt->serial != this->serial;

	effect = this->held->replace(this->held, result, attempt->connection,
								 attempt->started, now);
	this->public.registrations++;
	this->public.error.text[0] = '\0';
	if (late)
	{	/* one that was asked since needn't answer any more */
		this->serial++;
		set_server(this, attempt->connection);
	}
	raise_event(this, late ? GKM_MEMBER_ACCEPTED_LATE : GKM_MEMBER_ACCEPTED,
				this->held->get_lifetime(this->held, now));
	this->gkm->event(this->gkm, this->cfg->name, 5, "GM_REGS_COMPL",
					 "group %s: registration to key server %s at %H complete, "
					 "%u data SAs", this->cfg->name, attempt->connection,
					 result->server, count);
	if (effect == GKM_EFFECT_MISSED)
	{
		raise_event(this, GKM_MEMBER_MISSED, 0);
	}
	this->ended(this->group);
	gkm_member_lookout_update(&this->lookout);
	handle_due(this);
}

/**
 * Event of a policy that isn't acceptable
 */
static char *refusal_event(private_gkm_member_life_t *this)
{
	return this->cfg->d3p == GKM_D3P_REQUIRED ? "GM_D3P_REQUIRED"
											  : "GM_POLICY_REFUSED";
}

/**
 * Let a key server know that we aren't a member. GDOI has nothing to say so
 * but the end of phase 1.
 */
static void tell_left(private_gkm_member_life_t *this, uint32_t ike_id,
					  notify_type_t notify)
{
	if (gkm_cfg_has(this->cfg, GKM_PROTOCOL_GDOI))
	{
		this->links->close(this->links, ike_id);
	}
	else
	{
		gkm_member_join_leave(this->gkm, this->cfg, ike_id, notify);
	}
}

/**
 * Handle the end of an attempt that still counts
 */
static void handle_result(private_gkm_member_life_t *this,
						  gkm_member_attempt_t *attempt,
						  gkm_member_result_t *result)
{
	gkm_error_t err = {};

	if (result->download)
	{
		if (gkm_member_accepts(this->cfg, result->download, &err))
		{
			install(this, attempt, result);
			return;
		}
		tell_left(this, result->ike_id, NO_PROPOSAL_CHOSEN);
		handle_failure(this, refusal_event(this), &err);
	}
	else
	{
		gkm_member_result_describe(result, attempt->connection, &err);
		handle_failure(this, result->reason == GKM_FAILED_POLICY ?
					   refusal_event(this) : "GM_REGSTER_FAIL", &err);
	}
}

/**
 * An attempt ended
 */
static void handle_done(void *user, gkm_member_attempt_t *attempt,
						gkm_member_result_t *result)
{
	private_gkm_member_life_t *this = user;

	this->mutex->lock(this->mutex);
	if (attempt->serial == this->serial ||
		(attempt->serial >= this->wanted && result->download &&
		 gkm_member_accepts(this->cfg, result->download, NULL)))
	{
		handle_result(this, attempt, result);
	}
	else if (result->download && this->tell)
	{
		tell_left(this, result->ike_id, GIKEV2_REGISTRATION_FAILED);
	}
	this->mutex->unlock(this->mutex);

	if (result->ike_id && !this->links->check(this->links, result->ike_id))
	{	/* that may have been told before this job ran */
		this->group->ike_replaced(this->group, result->ike_id, 0, FALSE);
	}
}

/**
 * An attempt is about to be made
 */
static bool handle_begin(void *user, gkm_member_attempt_t *attempt)
{
	private_gkm_member_life_t *this = user;
	array_t *servers;
	bool wanted;

	servers = gkm_member_plane_find_server(attempt->connection);
	this->mutex->lock(this->mutex);
	wanted = attempt->serial == this->serial;
	if (wanted)
	{
		this->held->prepare(this->held, servers);
		raise_event(this, GKM_MEMBER_ATTEMPT, 0);
		this->gkm->event(this->gkm, this->cfg->name, 5, "GM_REGISTER",
						 "group %s: %sregistering to key server %s",
						 this->cfg->name, gkm_member_has_keys(this->state) ?
						 "re-" : "", attempt->connection);
		schedule(this, 0);
	}
	this->mutex->unlock(this->mutex);
	array_destroy_offset(servers, offsetof(host_t, destroy));
	return wanted;
}

/**
 * An attempt doesn't need the group any more
 */
static void handle_release(void *user)
{
	private_gkm_member_life_t *this = user;

	this->group->destroy(this->group);
}

static void queue_attempt(private_gkm_member_life_t *this)
{
	gkm_member_attempt_t attempt = {
		.gkm = this->gkm,
		.links = this->links,
		.cfg = this->cfg,
		.connection = get_connection(this, this->state->server),
		.serial = ++this->serial,
		.started = gkm_member_now(),
		.user = {
			.user = this,
			.begin = handle_begin,
			.done = handle_done,
			.release = handle_release,
		},
	};

	this->group->get_ref(this->group);
	gkm_member_attempt_queue(&attempt);
}

METHOD(gkm_member_life_t, start, void,
	private_gkm_member_life_t *this)
{
	if (!this->public.stopped)
	{
		this->tell = FALSE;
		this->public.error.text[0] = '\0';
		raise_event(this, GKM_MEMBER_START, 0);
	}
}

METHOD(gkm_member_life_t, end, void,
	private_gkm_member_life_t *this)
{
	u_int count;

	forget_attempts(this);
	this->tell = FALSE;
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
 * Let those that wait for a round know why none ends
 */
static void give_up(private_gkm_member_life_t *this, char *reason)
{
	this->public.error.text[0] = '\0';
	gkm_fail(&this->public.error, "%s", reason);
	this->ended(this->group);
}

METHOD(gkm_member_life_t, leave, bool,
	private_gkm_member_life_t *this)
{
	uint32_t ike_id = this->held->get_ike_id(this->held);

	if (this->state->phase == GKM_MEMBER_LEFT)
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
		tell_left(this, ike_id, GIKEV2_REGISTRATION_FAILED);
	}
	give_up(this, "left the group");
	return TRUE;
}

METHOD(gkm_member_life_t, halt, void,
	private_gkm_member_life_t *this, char *reason)
{
	forget_attempts(this);
	this->public.stopped = TRUE;
	give_up(this, reason);
}

METHOD(gkm_member_life_t, ike_replaced, void,
	private_gkm_member_life_t *this, uint32_t ike_id, uint32_t new_id,
	bool lost)
{
	if (this->held->get_ike_id(this->held) != ike_id)
	{
		return;
	}
	this->held->set_ike_id(this->held, new_id);
	if (new_id || !this->held->is_inband(this->held) ||
		!gkm_member_has_keys(this->state))
	{
		return;
	}
	if (lost)
	{	/* nobody said that the keys aren't ours any more */
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_RE_REGISTER",
						 "group %s: key server doesn't answer and there is no "
						 "rekey SA, re-registering soon", this->cfg->name);
		raise_event(this, GKM_MEMBER_LOST,
					this->held->get_lifetime(this->held, gkm_member_now()));
		schedule(this, 0);
	}
	else
	{	/* no rekeys would reach us, RFC 9838 has us take it that we are
		 * excluded */
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_RE_REGISTER",
						 "group %s: IKE_SA to the key server is gone and "
						 "there is no rekey SA, %u data SAs removed",
						 this->cfg->name, this->held->clear(this->held));
		exclude(this);
	}
}

METHOD(gkm_member_life_t, datagram, bool,
	private_gkm_member_life_t *this, gkm_rekey_datagram_t *datagram)
{
	bool ours = this->held->has(this->held, datagram->spi);

	if (ours && !this->public.stopped)
	{
		handle_effect(this, this->held->receive(this->held, datagram,
												gkm_member_now()));
	}
	return ours;
}

/**
 * A packet with one of the SPIs looked out for was seen, a gkm_spi_seen_t
 */
static void handle_seen(void *user, protocol_id_t protocol, uint32_t spi)
{
	private_gkm_member_life_t *this = user;

	this->mutex->lock(this->mutex);
	if (this->state->phase == GKM_MEMBER_REGISTERED && !this->state->missed)
	{
		gkm_member_lookout_note(&this->lookout, protocol, spi,
								gkm_member_now());
		schedule(this, 0);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_member_life_t, inband, void,
	private_gkm_member_life_t *this, gkm_update_t *update, bool only)
{
	if (!this->public.stopped &&
		(only || this->held->concerns(this->held, update)))
	{
		handle_effect(this, this->held->inband(this->held, update,
											   gkm_member_now()));
	}
}

METHOD(gkm_member_life_t, use_up, void,
	private_gkm_member_life_t *this, gkm_spi_t *spi, host_t *dst, bool spent)
{
	if (this->held->use_up(this->held, spi, dst, spent, gkm_member_now()))
	{
		raise_event(this, GKM_MEMBER_USED_UP, 0);
		schedule(this, 0);
	}
}

METHOD(gkm_member_life_t, roam, void,
	private_gkm_member_life_t *this)
{
	if (this->state->phase == GKM_MEMBER_REGISTERED && !this->state->missed &&
		!this->held->is_local(this->held))
	{
		this->gkm->event(this->gkm, this->cfg->name, 4, "GM_ADDRESS_GONE",
						 "group %s: the address that SAs are used with isn't "
						 "this host's any more, re-registering soon",
						 this->cfg->name);
		raise_event(this, GKM_MEMBER_MISSED, 0);
		schedule(this, 0);
	}
}

METHOD(gkm_member_life_t, destroy, void,
	private_gkm_member_life_t *this)
{
	gkm_member_lookout_deinit(&this->lookout);
	this->held->destroy(this->held);
	this->timer->destroy(this->timer);
	DESTROY_IF(this->rng);
	free(this);
}

/*
 * Described in header
 */
gkm_member_life_t *gkm_member_life_create(gkm_t *gkm,
										  gkm_member_links_t *links,
										  gkm_cfg_t *cfg,
										  gkm_member_plane_t *plane,
										  gkm_member_group_t *group,
										  mutex_t *mutex,
										  gkm_member_round_ended_t ended)
{
	private_gkm_member_life_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.leave = _leave,
			.end = _end,
			.halt = _halt,
			.ike_replaced = _ike_replaced,
			.datagram = _datagram,
			.inband = _inband,
			.use_up = _use_up,
			.roam = _roam,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.links = links,
		.cfg = cfg,
		.group = group,
		.mutex = mutex,
		.ended = ended,
		.held = gkm_member_held_create(gkm, cfg, plane),
		.rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK),
	);
	this->state = &this->public.state;
	this->public.held = this->held;
	this->timer = gkm_member_timer_create(group, mutex, handle_timer, this);
	gkm_member_lookout_init(&this->lookout, this->held, handle_seen, this);
	gkm_member_state_init(this->state, array_count(cfg->connections),
						  cfg->retry_min, cfg->retry_max);
	return &this->public;
}
