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

#include "gkm_coop_election.h"

typedef struct private_gkm_coop_election_t private_gkm_coop_election_t;
typedef struct peer_t peer_t;

/**
 * What is known of a peer
 */
struct peer_t {

	/** what it said last, all 0 if nothing */
	gkm_coop_status_t status;

	/** when it said that, without time in which this one stood still */
	uint64_t heard;

	/** boot before that of status, or that of status if it stopped: what is said
	 *  of that is old for a detection time */
	uint64_t past;
	uint64_t past_until;

	/** not taken to be lost, and with a number of its own? */
	bool reachable;

	/** has it a number that isn't its own? */
	bool conflict;

	/** what decide() has to say yet */
	bool say_conflict;
	bool say_lost;
	bool say_reached;

	/** does it know what this one took over from the primary? */
	bool kin;

	/** does it not hear the primary any more? */
	bool astray;
};

/**
 * Private data
 */
struct private_gkm_coop_election_t {

	/** Public interface */
	gkm_coop_election_t public;

	/** Number, priority, see gkm_cfg_coop_t */
	uint8_t id;
	uint8_t priority;
	bool preempt;

	/** Milliseconds: between calls, and until a peer is lost */
	uint64_t heartbeat;
	uint64_t detection;

	/** Peers, and their number */
	peer_t *peers;
	int count;

	/** What this one does */
	gkm_duty_t duty;

	/** Whose SAs these are: epoch, number of the primary (own one if it was this
	 *  one, 0 if not known) */
	uint64_t epoch;
	uint8_t primary;

	/** SECONDARY: who it follows, -1 if nobody: the primary, or another one */
	int followed;

	/** Highest epoch that was heard of */
	uint64_t max_epoch;

	/** Last call */
	uint64_t now;

	/** WAITING: when to wait no longer */
	uint64_t until;

	/** Is there no primary, and since when? */
	bool vacant;
	uint64_t lost;

	/** Since when is it up to this one to become primary? */
	uint64_t since;
};

/**
 * Does that peer do this?
 */
static bool does(peer_t *peer, gkm_duty_t duty)
{
	return peer->reachable && peer->status.duty == duty;
}

/**
 * Is a peer better, by priority and number?
 */
static bool is_better(private_gkm_coop_election_t *this, peer_t *peer)
{
	if (peer->status.priority != this->priority)
	{
		return peer->status.priority > this->priority;
	}
	return peer->status.id > this->id;
}

/**
 * Find a reachable peer by its number
 */
static peer_t *find_peer(private_gkm_coop_election_t *this, uint8_t id)
{
	int i;

	for (i = 0; i < this->count; i++)
	{
		if (this->peers[i].reachable && this->peers[i].status.id == id)
		{
			return &this->peers[i];
		}
	}
	return NULL;
}

/**
 * Get the primary that this one follows and hears, NULL if there is none
 */
static peer_t *get_primary(private_gkm_coop_election_t *this)
{
	peer_t *peer;

	if (this->duty != GKM_DUTY_SECONDARY || this->followed < 0)
	{
		return NULL;
	}
	peer = &this->peers[this->followed];
	return peer->kin && does(peer, GKM_DUTY_PRIMARY) ? peer : NULL;
}

/**
 * Find out who is kin, see header, as something was heard of a peer. What the
 * primary says now isn't known to those that don't hear it any more.
 */
static void update_kin(private_gkm_coop_election_t *this, peer_t *peer)
{
	gkm_coop_status_t *status = &peer->status;
	peer_t *primary;
	int i;

	if (this->followed >= 0 && peer == &this->peers[this->followed])
	{
		for (i = 0; i < this->count; i++)
		{
			this->peers[i].kin &= !this->peers[i].astray;
		}
	}
	primary = get_primary(this);
	if (peer == primary)
	{
		return;
	}
	if (status->duty == GKM_DUTY_SECONDARY && this->primary &&
		status->primary == this->primary && status->epoch == this->epoch)
	{
		peer->kin = TRUE;
		peer->astray = FALSE;
	}
	else if (primary || this->duty == GKM_DUTY_PRIMARY)
	{
		peer->astray = TRUE;
		peer->kin &= primary && status->duty == GKM_DUTY_SECONDARY &&
					 !status->primary;
	}
}

/**
 * A peer isn't reachable any more
 */
static void lose(private_gkm_coop_election_t *this, peer_t *peer)
{
	peer->kin = peer->astray = FALSE;
	if (this->followed >= 0 && peer == &this->peers[this->followed])
	{
		this->followed = -1;
	}
	if (peer->reachable)
	{
		peer->reachable = FALSE;
		/* what wasn't said needs no taking back */
		peer->say_lost |= !peer->say_reached;
		peer->say_reached = FALSE;
	}
}

/**
 * Time has come to now. Peers that weren't heard of are lost, unless it is this
 * one that stood still.
 */
static void advance(private_gkm_coop_election_t *this, uint64_t now)
{
	uint64_t still = 0;
	peer_t *peer;
	int i;

	if (now > this->now + 2 * this->heartbeat)
	{
		still = now - this->now - this->heartbeat;
		this->lost += still;
		this->since += still;
	}
	this->now = now;
	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		peer->heard += still;
		if (peer->reachable && now >= peer->heard + this->detection)
		{
			lose(this, peer);
		}
	}
}

/**
 * What a peer said so far isn't to be heard again if it arrives late
 */
static void outdate(private_gkm_coop_election_t *this, peer_t *peer)
{
	peer->past = peer->status.boot;
	peer->past_until = this->now + this->detection;
}

/**
 * Has a peer a number that isn't its own?
 */
static bool conflicts(private_gkm_coop_election_t *this, peer_t *peer,
					  uint8_t id)
{
	peer_t *other;

	other = find_peer(this, id);
	return id == this->id || (other && other != peer);
}

METHOD(gkm_coop_election_t, heard, bool,
	private_gkm_coop_election_t *this, int i, gkm_coop_status_t *status,
	uint64_t now)
{
	peer_t *peer = &this->peers[i];
	bool restarted;

	advance(this, now);
	restarted = status->boot != peer->status.boot;
	if ((status->boot == peer->past && now < peer->past_until) ||
		(!restarted && status->seq <= peer->status.seq))
	{
		return FALSE;
	}
	if (restarted || status->id != peer->status.id)
	{
		lose(this, peer);
	}
	if (restarted)
	{
		outdate(this, peer);
		peer->conflict = FALSE;
	}
	peer->status = *status;
	peer->heard = now;
	if (conflicts(this, peer, status->id))
	{
		lose(this, peer);
		peer->say_conflict |= !peer->conflict;
		peer->conflict = TRUE;
		return FALSE;
	}
	peer->conflict = FALSE;
	if (!peer->reachable)
	{
		peer->reachable = TRUE;
		peer->say_reached = TRUE;
	}
	this->max_epoch = max(this->max_epoch, status->epoch);
	update_kin(this, peer);
	return TRUE;
}

METHOD(gkm_coop_election_t, gone, void,
	private_gkm_coop_election_t *this, int i, uint64_t now)
{
	peer_t *peer = &this->peers[i];

	advance(this, now);
	outdate(this, peer);
	lose(this, peer);
}

/**
 * Say what is new of peers
 */
static bool say_event(private_gkm_coop_election_t *this,
					  gkm_coop_verdict_t *verdict)
{
	peer_t *peer;
	int i;

	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		verdict->peer = i;
		if (peer->say_lost)
		{
			peer->say_lost = FALSE;
			verdict->action = GKM_COOP_LOST;
			return TRUE;
		}
		if (peer->say_conflict)
		{
			peer->say_conflict = FALSE;
			verdict->action = GKM_COOP_CONFLICT;
			return TRUE;
		}
		if (peer->say_reached)
		{
			peer->say_reached = FALSE;
			verdict->action = GKM_COOP_REACHED;
			return TRUE;
		}
	}
	verdict->peer = -1;
	return FALSE;
}

/**
 * Does a primary know all that this one would give up by following it? It is kin,
 * was followed before, or is by now by one that is kin.
 */
static bool is_trusted(private_gkm_coop_election_t *this, peer_t *primary)
{
	peer_t *peer;
	int i;

	if (this->duty == GKM_DUTY_WAITING || primary->kin ||
		(primary->status.id == this->primary &&
		 primary->status.epoch == this->epoch))
	{
		return TRUE;
	}
	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		if (peer->kin && peer->status.primary == primary->status.id)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Find the best primary that can be heard
 *
 * @param trusted		TRUE to look for those that can be followed only
 * @return				position, -1 if there is none
 */
static int find_primary(private_gkm_coop_election_t *this, bool trusted)
{
	gkm_coop_status_t *found = NULL, *status;
	int i, best = -1;

	for (i = 0; i < this->count; i++)
	{
		status = &this->peers[i].status;
		if (does(&this->peers[i], GKM_DUTY_PRIMARY) &&
			(!trusted || is_trusted(this, &this->peers[i])) &&
			(!found || status->priority > found->priority ||
			 (status->priority == found->priority && status->id > found->id)))
		{
			found = status;
			best = i;
		}
	}
	return best;
}

/**
 * Does a peer hear a primary that isn't reachable from here?
 */
static bool hears_another(private_gkm_coop_election_t *this, peer_t *peer)
{
	return does(peer, GKM_DUTY_SECONDARY) && peer->status.primary &&
		   peer->status.primary != this->id &&
		   !find_peer(this, peer->status.primary) &&
		   (peer->kin || this->duty == GKM_DUTY_WAITING);
}

/**
 * Find a peer that hears a primary that isn't reachable from here; the one that
 * is followed already comes first
 */
static int find_relay(private_gkm_coop_election_t *this)
{
	int i;

	if (this->followed >= 0 &&
		hears_another(this, &this->peers[this->followed]))
	{
		return this->followed;
	}
	for (i = 0; i < this->count; i++)
	{
		if (hears_another(this, &this->peers[i]))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Should a peer become primary rather than this one, as it knows more, or is
 * better? One that waits knows least, see is_trusted() for one that doesn't.
 */
static bool is_preferred(private_gkm_coop_election_t *this, peer_t *peer)
{
	gkm_coop_status_t *status = &peer->status;

	if (!peer->reachable)
	{
		return FALSE;
	}
	if (this->duty == GKM_DUTY_WAITING)
	{
		if (status->duty != GKM_DUTY_WAITING)
		{
			return TRUE;
		}
	}
	else if (!peer->kin)
	{
		return FALSE;
	}
	if (status->epoch != this->epoch)
	{
		return status->epoch > this->epoch;
	}
	return is_better(this, peer);
}

/**
 * When is it this one's turn to become primary? Each that is preferred has a
 * detection time to do so.
 */
static uint64_t get_turn(private_gkm_coop_election_t *this)
{
	uint64_t turn = this->since;
	int i;

	for (i = 0; i < this->count; i++)
	{
		if (is_preferred(this, &this->peers[i]))
		{
			turn += this->detection;
		}
	}
	return turn;
}

/**
 * Are others waited for?
 */
static bool is_waiting(private_gkm_coop_election_t *this)
{
	int i;

	if (this->duty == GKM_DUTY_WAITING && this->now < this->until)
	{
		for (i = 0; i < this->count; i++)
		{
			if (!this->peers[i].reachable)
			{
				return TRUE;
			}
		}
	}
	return FALSE;
}

/**
 * Become primary
 */
static void promote(private_gkm_coop_election_t *this,
					gkm_coop_verdict_t *verdict)
{
	int i;

	verdict->action = GKM_COOP_PROMOTE;
	verdict->takeover = this->epoch && this->primary != this->id;
	this->epoch = max(this->max_epoch, this->epoch) + 1;
	this->max_epoch = this->epoch;
	this->duty = GKM_DUTY_PRIMARY;
	this->primary = this->id;
	this->followed = -1;
	this->vacant = FALSE;
	for (i = 0; i < this->count; i++)
	{
		this->peers[i].kin = this->peers[i].astray = FALSE;
	}
}

/**
 * Follow a peer, unless that was done
 */
static void follow(private_gkm_coop_election_t *this, int i,
				   gkm_coop_verdict_t *verdict)
{
	if (i != this->followed || this->peers[i].status.epoch != this->epoch)
	{
		verdict->action = GKM_COOP_FOLLOW;
		verdict->peer = i;
	}
}

/**
 * Decide while there is no primary
 */
static void decide_vacant(private_gkm_coop_election_t *this,
						  gkm_coop_verdict_t *verdict)
{
	int i;

	if (!this->vacant)
	{
		this->vacant = TRUE;
		this->lost = this->since = this->now;
	}
	i = find_primary(this, TRUE);
	if (i >= 0)
	{
		follow(this, i, verdict);
		return;
	}
	if (is_waiting(this))
	{
		this->lost = this->since = this->now;
		return;
	}
	i = find_relay(this);
	if (i >= 0)
	{	/* it may be about to lose the primary as well */
		this->since = this->now;
		if (this->now >= this->lost + this->detection)
		{
			follow(this, i, verdict);
		}
	}
	else if (this->now >= get_turn(this))
	{
		promote(this, verdict);
	}
}

/**
 * Decide while a primary is heard
 */
static void decide_secondary(private_gkm_coop_election_t *this,
							 peer_t *primary, gkm_coop_verdict_t *verdict)
{
	int i;

	if (this->vacant)
	{
		this->vacant = FALSE;
		this->since = this->now;
	}
	if (primary->status.epoch != this->epoch)
	{
		follow(this, this->followed, verdict);
		return;
	}
	if (this->preempt && this->priority > primary->status.priority)
	{
		i = find_primary(this, FALSE);
		if (!is_better(this, &this->peers[i]) && this->now >= get_turn(this))
		{
			promote(this, verdict);
		}
	}
}

METHOD(gkm_coop_election_t, decide, void,
	private_gkm_coop_election_t *this, uint64_t now,
	gkm_coop_verdict_t *verdict)
{
	peer_t *primary;
	int i;

	advance(this, now);
	*verdict = (gkm_coop_verdict_t){
		.action = GKM_COOP_STAY,
		.peer = -1,
	};
	if (say_event(this, verdict))
	{
		return;
	}
	if (this->duty == GKM_DUTY_PRIMARY)
	{
		i = find_primary(this, FALSE);
		if (i >= 0 && is_better(this, &this->peers[i]))
		{
			verdict->action = GKM_COOP_YIELD;
			verdict->peer = i;
		}
		return;
	}
	primary = get_primary(this);
	if (primary)
	{
		decide_secondary(this, primary, verdict);
	}
	else
	{
		decide_vacant(this, verdict);
	}
}

METHOD(gkm_coop_election_t, followed, void,
	private_gkm_coop_election_t *this, int peer, uint64_t epoch)
{
	gkm_coop_status_t *status = &this->peers[peer].status;
	bool kin;
	int i;

	kin = this->peers[peer].reachable && status->duty != GKM_DUTY_WAITING;
	this->duty = GKM_DUTY_SECONDARY;
	this->epoch = epoch;
	this->primary = status->id;
	if (status->duty == GKM_DUTY_SECONDARY && status->primary)
	{
		this->primary = status->primary;
	}
	this->followed = kin ? peer : -1;
	this->vacant = FALSE;
	this->since = this->now;
	for (i = 0; i < this->count; i++)
	{
		this->peers[i].kin = kin && i == peer;
		this->peers[i].astray = FALSE;
	}
	for (i = 0; i < this->count; i++)
	{
		if (this->peers[i].reachable)
		{
			update_kin(this, &this->peers[i]);
		}
	}
}

METHOD(gkm_coop_election_t, reset, void,
	private_gkm_coop_election_t *this, uint64_t now)
{
	advance(this, now);
	if (this->duty == GKM_DUTY_PRIMARY)
	{
		this->duty = GKM_DUTY_SECONDARY;
	}
	this->followed = -1;
}

METHOD(gkm_coop_election_t, next_due, uint64_t,
	private_gkm_coop_election_t *this, uint64_t now)
{
	uint64_t due = now + this->heartbeat, turn;
	peer_t *peer;
	int i;

	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		if (peer->say_lost || peer->say_conflict || peer->say_reached)
		{
			return now;
		}
		if (peer->reachable)
		{
			due = min(due, peer->heard + this->detection);
		}
	}
	if (is_waiting(this))
	{
		return min(due, this->until);
	}
	turn = get_turn(this);
	return turn > this->now ? min(due, turn) : due;
}

METHOD(gkm_coop_election_t, get_status, void,
	private_gkm_coop_election_t *this, gkm_coop_status_t *status)
{
	peer_t *primary;

	primary = get_primary(this);
	status->version = GKM_COOP_VERSION;
	status->id = this->id;
	status->priority = this->priority;
	status->duty = this->duty;
	status->epoch = this->epoch;
	status->primary = this->duty == GKM_DUTY_PRIMARY ? this->id :
											primary ? primary->status.id : 0;
}

METHOD(gkm_coop_election_t, get_peer, bool,
	private_gkm_coop_election_t *this, int peer, gkm_coop_status_t *status)
{
	*status = this->peers[peer].status;
	return this->peers[peer].reachable;
}

METHOD(gkm_coop_election_t, destroy, void,
	private_gkm_coop_election_t *this)
{
	free(this->peers);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_election_t *gkm_coop_election_create(gkm_cfg_coop_t *cfg,
											  uint64_t epoch, uint64_t now)
{
	private_gkm_coop_election_t *this;

	INIT(this,
		.public = {
			.heard = _heard,
			.gone = _gone,
			.decide = _decide,
			.followed = _followed,
			.reset = _reset,
			.next_due = _next_due,
			.get_status = _get_status,
			.get_peer = _get_peer,
			.destroy = _destroy,
		},
		.id = cfg->id,
		.priority = cfg->priority,
		.preempt = cfg->preempt,
		.heartbeat = cfg->heartbeat,
		.detection = (uint64_t)cfg->heartbeat * cfg->misses,
		.peers = calloc(array_count(cfg->peers), sizeof(peer_t)),
		.count = array_count(cfg->peers),
		.duty = GKM_DUTY_WAITING,
		.epoch = epoch,
		.followed = -1,
		.max_epoch = epoch,
		.now = now,
		.until = now + cfg->wait,
	);
	return &this->public;
}
