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


#include "gkm_coop_core.h"
#include "gkm_coop_course.h"
#include "gkm_coop_mismatch.h"
#include "gkm_coop_records.h"

/** Seconds that clocks may differ without anybody being told */
#define CLOCK_LIMIT 60

/** Key that signs rekeys, which isn't known here */
#define AUTH_KEY chunk_empty

/*
 * Described in header
 */
uint64_t gkm_coop_now()
{
	timeval_t tv;

	time_monotonic(&tv);
	return (uint64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

/*
 * Described in header
 */
void gkm_coop_core_event(gkm_coop_core_t *this, int severity, char *name,
						 char *fmt, ...)
{
	char text[BUF_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	this->gkm->event(this->gkm, this->group->name, severity, name,
					 "group %s: %s", this->group->name, text);
}

/**
 * Our clock at some time
 */
static uint64_t get_clock(gkm_coop_core_t *this, uint64_t now)
{
	return now + this->clock;
}

/**
 * Tell administrators if a peer's clock is off, once
 */
static void check_clock(gkm_coop_core_t *this, gkm_coop_peer_t *peer)
{
	bool off = llabs(peer->shift) > CLOCK_LIMIT;

	if (off && !peer->clock_told)
	{
		gkm_coop_core_event(this, 4, "COOP_KS_CLOCK", "clock of key server "
							"'%s' is %lld s %s", peer->connection,
							(long long)llabs(peer->shift),
							peer->shift > 0 ? "slow" : "fast");
	}
	peer->clock_told = off;
}

/**
 * Take over what any message says
 */
static void hear(gkm_coop_core_t *this, int pos, gkm_coop_message_t *message,
				 uint64_t now)
{
	gkm_coop_peer_t *peer = &this->peers[pos];

	gkm_coop_peer_heard(peer, message, now, get_clock(this, now));
	check_clock(this, peer);
	this->election->heard(this->election, pos, &peer->status, now);
	gkm_coop_course_decide(this);
}

/*
 * Described in header
 */
void gkm_coop_core_link(gkm_coop_core_t *this, int pos, bool up)
{
	gkm_coop_peer_link(&this->peers[pos], up, gkm_coop_now());
}

/*
 * Described in header
 */
void gkm_coop_core_received(gkm_coop_core_t *this, int pos,
							gkm_coop_message_t *message, uint64_t now)
{
	hear(this, pos, message, now);
	switch (message->type)
	{
		case GKM_COOP_RECORDS:
			gkm_coop_records_receive(this, pos, message,
									 get_clock(this, now));
			break;
		case GKM_COOP_RESET:
			gkm_coop_course_reset(this);
			break;
		default:
			break;
	}
}

/*
 * Described in header
 */
void gkm_coop_core_answered(gkm_coop_core_t *this, int pos,
							gkm_coop_message_t *answer, uint64_t now)
{
	gkm_coop_peer_answered(&this->peers[pos], answer != NULL, now);
	if (answer)
	{
		hear(this, pos, answer, now);
	}
}

/*
 * Described in header
 */
void gkm_coop_core_reset(gkm_coop_core_t *this)
{
	int i;

	if (gkm_coop_course_reset(this))
	{
		for (i = 0; i < this->count; i++)
		{
			this->peers[i].reset = TRUE;
		}
	}
}

/**
 * Tell administrators of something that is configured in another way
 */
static void tell_difference(void *user, char *name)
{
	gkm_coop_core_t *this = user;

	/* the text is what tools look for */
	this->gkm->event(this->gkm, this->group->name, 3, "COOP_CONFIG_MISMATCH",
					 "WARNING: %s configuration between Primary KS and "
					 "Secondary KS are mismatched", name);
}

/**
 * Compare configurations, between a primary and a secondary
 */
static void compare_items(gkm_coop_core_t *this)
{
	gkm_duty_t duty = this->status.duty;
	gkm_coop_peer_t *peer;
	int i;

	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		if (peer->items && !peer->compared &&
			min(duty, peer->status.duty) == GKM_DUTY_SECONDARY &&
			max(duty, peer->status.duty) == GKM_DUTY_PRIMARY)
		{
			gkm_coop_mismatch_update(&peer->differences, this->items,
									 peer->items, tell_difference, this);
			peer->compared = TRUE;
		}
	}
}

/**
 * Pass on what secondaries ask for
 */
static void pass_requests(gkm_coop_core_t *this)
{
	gkm_coop_peer_t *peer;
	int i;

	for (i = 0; i < this->count; i++)
	{
		peer = &this->peers[i];
		if (this->course == GKM_COOP_LEADS &&
			peer->status.primary == this->cfg->coop.id &&
			peer->status.requests != peer->requests)
		{
			peer->requests = peer->status.requests;
			if (peer->requests)
			{
				this->group->request(this->group, peer->requests);
			}
		}
	}
}

/**
 * Get what the key server has to say, if that isn't too long ago
 */
static void update_info(gkm_coop_core_t *this)
{
	uint64_t now = gkm_coop_now();

	if (!this->informed || now >= this->informed + this->cfg->coop.heartbeat)
	{
		this->group->get_info(this->group, &this->info);
		this->clock = this->info.now - now;
		this->informed = now;
	}
}

/**
 * Say what there is to say of this key server
 */
static void publish(gkm_coop_core_t *this)
{
	gkm_coop_status_t status = {}, before = this->status;
	gkm_coop_info_t *info = &this->info;
	int i;

	update_info(this);
	this->election->get_status(this->election, &status);
	status.boot = this->boot;
	status.lineage = info->lineage;
	status.requests = info->requests;
	status.own_members = info->own_members;
	status.members = info->members;
	this->status = status;
	this->port->publish(this->port, &status, this->clock, this->peers);

	for (i = 0; i < this->count; i++)
	{
		this->peers[i].urgent |= status.duty != before.duty ||
								 status.primary != before.primary ||
								 status.epoch != before.epoch ||
								 status.requests != before.requests;
	}
}

/**
 * Send what there is for a peer
 */
static void send_next(gkm_coop_core_t *this, int pos)
{
	gkm_coop_peer_t *peer = &this->peers[pos];
	gkm_coop_message_t message = {};
	int64_t clock = 0;

	if (gkm_coop_peer_next(peer, this->items, gkm_coop_now(), &message))
	{
		if (peer->relayed && message.type == GKM_COOP_RECORDS)
		{	/* times in them are by the clock of the primary */
			clock = this->peers[this->leader].shift * -1000;
		}
		peer->out.octets += this->port->send(this->port, pos, &message, clock);
		chunk_clear(&message.records);
	}
}

/*
 * Described in header
 */
uint64_t gkm_coop_core_run(gkm_coop_core_t *this)
{
	uint64_t due;
	u_int ticket;
	int i;

	gkm_coop_course_decide(this);
	publish(this);
	pass_requests(this);
	compare_items(this);
	gkm_coop_records_queue(this);
	for (i = 0; i < this->count; i++)
	{
		send_next(this, i);
	}
	ticket = this->tickets->collect(this->tickets, this->peers, gkm_coop_now());
	if (ticket)
	{
		this->group->release(this->group, ticket);
	}

	due = this->election->next_due(this->election, gkm_coop_now());
	due = min(due, this->tickets->next_due(this->tickets, this->peers));
	due = min(due, gkm_coop_records_next_due(this));
	for (i = 0; i < this->count; i++)
	{
		due = min(due, gkm_coop_peer_next_due(&this->peers[i]));
	}
	return due;
}

/*
 * Described in header
 */
void gkm_coop_core_configure(gkm_coop_core_t *this, gkm_cfg_t *cfg)
{
	int i;

	for (i = 0; i < this->count; i++)
	{
		array_get(cfg->coop.peers, i, &this->peers[i].connection);
		this->peers[i].hello = TRUE;
		this->peers[i].compared = FALSE;
	}
	gkm_coop_summary_destroy(this->items);
	this->items = gkm_coop_summary_create(cfg, AUTH_KEY);
	gkm_cfg_destroy(this->cfg);
	this->cfg = cfg;
}

/**
 * Choose the number of this start
 */
static bool choose_boot(uint64_t *boot)
{
	rng_t *rng;
	bool success;

	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	success = rng && rng->get_bytes(rng, sizeof(*boot), (uint8_t*)boot);
	DESTROY_IF(rng);
	return success;
}

/*
 * Described in header
 */
gkm_coop_core_t *gkm_coop_core_create(gkm_t *gkm, gkm_coop_group_t *group,
									  gkm_coop_port_t *port, gkm_cfg_t *cfg)
{
	gkm_coop_core_t *this;
	char *connection;

	INIT(this,
		.gkm = gkm,
		.group = group,
		.port = port,
		.cfg = cfg,
		.items = gkm_coop_summary_create(cfg, AUTH_KEY),
		.tickets = gkm_coop_tickets_create(),
		.began = gkm_coop_now(),
		.leader = -1,
		.changed = TRUE,
	);
	if (!choose_boot(&this->boot))
	{
		gkm_coop_core_destroy(this);
		return NULL;
	}
	update_info(this);
	this->election = gkm_coop_election_create(&cfg->coop, this->info.epoch,
											  this->began);
	while (array_get(cfg->coop.peers, this->count, &connection))
	{
		gkm_coop_peer_init(&this->peers[this->count++], connection, &cfg->coop);
		gkm_coop_core_event(this, 5, "COOP_KS_ADD", "key server '%s' added",
							connection);
	}
	gkm_coop_core_event(this, 5, "COOP_KS_ELECTION", "key server %u, priority "
						"%u, looks for others", cfg->coop.id,
						cfg->coop.priority);
	publish(this);
	return this;
}

/*
 * Described in header
 */
void gkm_coop_core_destroy(gkm_coop_core_t *this)
{
	while (this->count--)
	{
		gkm_coop_core_event(this, 5, "COOP_KS_REMOVE", "key server '%s' "
							"removed", this->peers[this->count].connection);
		gkm_coop_peer_deinit(&this->peers[this->count]);
	}
	this->tickets->destroy(this->tickets);
	DESTROY_IF(this->election);
	gkm_coop_summary_destroy(this->items);
	gkm_cfg_destroy(this->cfg);
	free(this);
}
