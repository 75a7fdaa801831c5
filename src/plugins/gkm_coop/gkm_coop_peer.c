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


#include "gkm_coop_peer.h"
#include "gkm_coop_mismatch.h"

/** Milliseconds between requests for all records at most */
#define ASK_PAUSE_MAX 60000

/** Milliseconds that clocks have to be apart from what is known for messages
 *  not to have been just late */
#define CLOCK_TOLERANCE 1500

/*
 * Described in header
 */
void gkm_coop_peer_init(gkm_coop_peer_t *this, char *connection,
						gkm_cfg_coop_t *cfg)
{
	*this = (gkm_coop_peer_t){
		.connection = connection,
		.heartbeat = cfg->heartbeat,
		.patience = cfg->heartbeat * cfg->misses,
		.sync = gkm_coop_sync_create(),
		.ask_pause = cfg->heartbeat * cfg->misses,
	};
}

/*
 * Described in header
 */
void gkm_coop_peer_link(gkm_coop_peer_t *this, bool up, uint64_t now)
{
	this->linked = up;
	if (up)
	{
		this->hello = TRUE;
		this->retry = now;
		this->failures = 0;
	}
}

/**
 * Forget how the peer is configured
 */
static void forget_items(gkm_coop_peer_t *this)
{
	gkm_coop_summary_destroy(this->items);
	this->items = NULL;
	this->items_seq = 0;
	this->compared = FALSE;
}

/**
 * The peer started anew: it knows nothing, and what came from it is void
 */
static void restarted(gkm_coop_peer_t *this)
{
	this->sync->reset(this->sync);
	this->restarts++;
	this->hello = TRUE;
	this->merged = FALSE;
	this->granted = FALSE;
	this->relayed = FALSE;
	this->asked = FALSE;
	this->base = 0;
	this->applied = 0;
	this->requests = 0;
	forget_items(this);
}

/**
 * Take over what a message says that others may have overtaken: how the peer is
 * configured, and what it asks for
 */
static void take_requests(gkm_coop_peer_t *this, gkm_coop_message_t *message)
{
	if (message->flags & GKM_COOP_WANT_ALL)
	{
		this->asked = TRUE;
	}
	if (message->type == GKM_COOP_HELLO &&
		message->status.seq > this->items_seq)
	{
		forget_items(this);
		this->items = message->items;
		this->items_seq = message->status.seq;
		message->items = NULL;
		if (message->flags & GKM_COOP_REPLY_REQUESTED)
		{
			this->hello = TRUE;
		}
	}
}

/**
 * Find out how far a clock is off
 *
 * @param ours			our clock
 * @param theirs		clock that a message has
 * @param known			seconds that it is taken to be behind
 * @return				seconds that it is behind
 */
static int64_t compare_clocks(uint64_t ours, uint64_t theirs, int64_t known)
{
	int64_t ahead = ours - theirs;

	if (llabs(ahead - known * 1000) > CLOCK_TOLERANCE)
	{
		return (ahead + (ahead < 0 ? -500 : 500)) / 1000;
	}
	return known;
}

/*
 * Described in header
 */
void gkm_coop_peer_heard(gkm_coop_peer_t *this, gkm_coop_message_t *message,
						 uint64_t now, uint64_t clock)
{
	gkm_coop_status_t *status = &message->status;

	this->heard = now;
	this->retry = now;
	if (this->status.boot && status->boot != this->status.boot)
	{
		restarted(this);
	}
	take_requests(this, message);
	if (status->boot == this->status.boot && status->seq < this->status.seq)
	{	/* requests and answers may overtake each other */
		return;
	}
	this->status = *status;
	if (message->type != GKM_COOP_RECORDS)
	{
		this->shift = compare_clocks(clock, status->now, this->shift);
	}
	this->relayed &= !status->primary;
	if (status->duty != GKM_DUTY_PRIMARY)
	{
		this->merged = FALSE;
	}
	if (message->software)
	{
		free(this->software);
		this->software = message->software;
		message->software = NULL;
	}
}

/*
 * Described in header
 */
void gkm_coop_peer_begin(gkm_coop_peer_t *this, gkm_coop_message_t *message,
						 uint64_t clock)
{
	this->base = message->status.applied;
	this->base_shift = compare_clocks(clock, message->status.now, this->shift);
}

/*
 * Described in header
 */
void gkm_coop_peer_need(gkm_coop_peer_t *this, uint64_t now)
{
	if (!this->needed)
	{
		this->needed = TRUE;
		this->ask_at = now;
	}
}

/*
 * Described in header
 */
void gkm_coop_peer_content(gkm_coop_peer_t *this)
{
	this->needed = FALSE;
	this->ask_pause = this->patience;
}

/*
 * Described in header
 */
bool gkm_coop_peer_next(gkm_coop_peer_t *this, array_t *items, uint64_t now,
						gkm_coop_message_t *message)
{
	bool ask;

	if (!this->linked || this->pending || now < this->retry)
	{
		return FALSE;
	}
	ask = this->needed && now >= this->ask_at;
	if (this->hello)
	{
		this->hello = FALSE;
		message->type = GKM_COOP_HELLO;
		message->items = items;
		message->flags = this->items ? 0 : GKM_COOP_REPLY_REQUESTED;
	}
	else if (this->reset)
	{
		this->reset = FALSE;
		message->type = GKM_COOP_RESET;
	}
	else if (!this->sync->get_part(this->sync, message))
	{
		if (!ask && !this->urgent && now < this->sent + this->heartbeat)
		{
			return FALSE;
		}
		message->type = GKM_COOP_HEARTBEAT;
	}
	if (ask)
	{
		message->flags |= GKM_COOP_WANT_ALL;
		this->ask_at = now + this->ask_pause;
		this->ask_pause = min(2 * this->ask_pause, ASK_PAUSE_MAX);
	}
	this->urgent = FALSE;
	this->sent = now;
	this->pending = message->type;
	this->pending_flags = message->flags;
	this->out.messages++;
	if (message->flags & GKM_COOP_REPLY_REQUESTED)
	{
		this->out.replies++;
	}
	return TRUE;
}

/**
 * Has the last transaction with all records arrived?
 */
static bool has_all(gkm_coop_peer_t *this)
{
	return this->sync->get_arrived(this->sync) >= this->all;
}

/**
 * A part of records was answered, or failed
 */
static void answered_part(gkm_coop_peer_t *this, bool success, uint64_t now)
{
	bool had = has_all(this);

	this->sync->sent(this->sync, success);
	if (success)
	{
		this->progress = now;
	}
	if (!had && has_all(this))
	{	/* it has what it asked for before. To take that over may take it long;
		 * if that doesn't help it asks again. */
		this->given = now;
		this->asked = FALSE;
	}
}

/*
 * Described in header
 */
void gkm_coop_peer_answered(gkm_coop_peer_t *this, bool success, uint64_t now)
{
	if (this->pending == GKM_COOP_RECORDS)
	{
		answered_part(this, success, now);
	}
	if (success)
	{
		this->failures = 0;
	}
	else
	{
		this->out.dropped++;
		this->hello |= this->pending == GKM_COOP_HELLO;
		this->reset |= this->pending == GKM_COOP_RESET;
		if (this->pending_flags & GKM_COOP_WANT_ALL)
		{
			this->ask_at = now;
		}
		this->failures++;
		this->retry = now + min(this->failures * this->heartbeat,
								this->patience);
	}
	this->pending = 0;
}

/*
 * Described in header
 */
uint64_t gkm_coop_peer_grant_at(gkm_coop_peer_t *this)
{
	if (!this->all)
	{
		return 0;
	}
	if (!has_all(this) && !this->sync->needs_all(this->sync))
	{	/* it is on its way */
		return UINT64_MAX;
	}
	return this->given + this->patience;
}

/*
 * Described in header
 */
uint64_t gkm_coop_peer_next_due(gkm_coop_peer_t *this)
{
	uint64_t due;

	if (!this->linked || this->pending)
	{
		return UINT64_MAX;
	}
	due = this->hello || this->reset || this->urgent ?
						this->retry : this->sent + this->heartbeat;
	if (this->needed)
	{
		due = min(due, this->ask_at);
	}
	if (this->asked)
	{
		due = min(due, gkm_coop_peer_grant_at(this));
	}
	return max(due, this->retry);
}

/*
 * Described in header
 */
void gkm_coop_peer_deinit(gkm_coop_peer_t *this)
{
	forget_items(this);
	gkm_coop_mismatch_forget(&this->differences);
	this->sync->destroy(this->sync);
	free(this->software);
}
