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


#include "gkm_coop_list.h"
#include "gkm_coop_mismatch.h"

ENUM(course_names, GKM_COOP_SEEKS, GKM_COOP_YIELDS,
	"seeks",
	"joins",
	"follows",
	"leads",
	"yields",
);

/**
 * Add what a key server says of itself
 */
static void add_status(vici_builder_t *b, gkm_coop_status_t *status,
					   uint64_t seq, char *software)
{
	b->add_kv(b, "id", "%u", status->id);
	b->add_kv(b, "priority", "%u", status->priority);
	b->add_kv(b, "role", "%N", gkm_duty_names, status->duty);
	b->add_kv(b, "primary", "%u", status->primary);
	b->add_kv(b, "epoch", "%llu", status->epoch);
	b->add_kv(b, "lineage", "%016llx", status->lineage);
	b->add_kv(b, "boot", "%016llx", status->boot);
	b->add_kv(b, "seq", "%llu", seq);
	if (software)
	{
		b->add_kv(b, "software", "%s", software);
	}
	b->add_kv(b, "protocol", "%u", status->version);
	b->add_kv(b, "own-members", "%u", status->own_members);
	b->add_kv(b, "members", "%u", status->members);
}

/**
 * Add what is configured in another way at a peer
 */
static void add_mismatches(vici_builder_t *b, gkm_coop_peer_t *peer)
{
	gkm_coop_difference_t *difference;
	char number[16];
	int i;

	b->begin_section(b, "mismatches");
	for (i = 0; i < array_count(peer->differences); i++)
	{
		array_get(peer->differences, i, &difference);
		snprintf(number, sizeof(number), "%d", i + 1);
		b->begin_section(b, number);
		b->add_kv(b, "name", "%s", difference->name);
		if (difference->ours)
		{
			b->add_kv(b, "ours", "%s", difference->ours);
		}
		if (difference->theirs)
		{
			b->add_kv(b, "theirs", "%s", difference->theirs);
		}
		b->end_section(b);
	}
	b->end_section(b);
}

/**
 * Add where a peer is, and who it is said to be until it was heard
 */
static void add_address(vici_builder_t *b, char *connection,
						identification_t *id)
{
	enumerator_t *enumerator;
	peer_cfg_t *peer_cfg;
	ike_cfg_t *ike_cfg;
	auth_cfg_t *auth;

	peer_cfg = charon->backends->get_peer_cfg_by_name(charon->backends,
													  connection);
	if (peer_cfg)
	{
		ike_cfg = peer_cfg->get_ike_cfg(peer_cfg);
		b->add_kv(b, "address", "%s", ike_cfg->get_other_addr(ike_cfg));
		enumerator = peer_cfg->create_auth_cfg_enumerator(peer_cfg, FALSE);
		if (!id && enumerator->enumerate(enumerator, &auth))
		{
			id = auth->get(auth, AUTH_RULE_IDENTITY);
		}
		if (id)
		{
			b->add_kv(b, "identity", "%Y", id);
		}
		enumerator->destroy(enumerator);
		peer_cfg->destroy(peer_cfg);
	}
}

/**
 * Add what was sent to and received from a peer
 */
static void add_counters(vici_builder_t *b, gkm_coop_peer_t *peer,
						 gkm_coop_intake_t *intake)
{
	gkm_coop_sync_t *sync = peer->sync;

	b->add_kv(b, "sent", "%llu", peer->out.messages);
	b->add_kv(b, "sent-reply-requested", "%llu", peer->out.replies);
	b->add_kv(b, "sent-octets", "%llu", peer->out.octets);
	b->add_kv(b, "sent-dropped", "%llu", peer->out.dropped);
	b->add_kv(b, "received", "%llu", intake->messages);
	b->add_kv(b, "received-reply-requested", "%llu", intake->replies);
	b->add_kv(b, "received-octets", "%llu", intake->octets);
	b->add_kv(b, "received-dropped", "%llu", intake->dropped);
	b->add_kv(b, "received-refused", "%llu", intake->refused);
	b->add_kv(b, "in-sync", sync->needs_all(sync) ? "no" : "yes");
	b->add_kv(b, "queued", "%llu", peer->queued);
	b->add_kv(b, "arrived", "%llu", sync->get_arrived(sync));
	b->add_kv(b, "applied", "%llu", peer->status.applied);
	b->add_kv(b, "taken", "%llu", peer->applied);
}

/**
 * Add a peer
 */
static void add_peer(vici_builder_t *b, gkm_coop_core_t *core, int pos,
					 gkm_coop_intake_t *intake)
{
	gkm_coop_peer_t *peer = &core->peers[pos];
	gkm_coop_status_t status;
	bool reachable;

	reachable = core->election->get_peer(core->election, pos, &status);
	b->begin_section(b, peer->connection);
	add_address(b, peer->connection, intake->id);
	b->add_kv(b, "ike", peer->linked ? "established" : "connecting");
	b->add_kv(b, "status", reachable ? "alive" : peer->heard ? "dead"
															 : "unknown");
	if (peer->heard)
	{
		add_status(b, &peer->status, peer->status.seq, peer->software);
		b->add_kv(b, "restarts", "%u", peer->restarts);
		b->add_kv(b, "clock", "%lld", peer->shift);
		b->add_kv(b, "heard", "%llu", gkm_coop_now() - peer->heard);
	}
	add_counters(b, peer, intake);
	add_mismatches(b, peer);
	b->end_section(b);
}

/**
 * How many milliseconds are others waited for?
 */
static uint64_t get_wait_left(gkm_coop_core_t *core)
{
	uint64_t now = gkm_coop_now(), end = core->began + core->cfg->coop.wait;

	return core->status.duty == GKM_DUTY_WAITING && now < end ? end - now : 0;
}

/*
 * Described in header
 */
vici_message_t *gkm_coop_list_group(gkm_coop_core_t *core,
									gkm_coop_intake_t *intakes, uint64_t seq)
{
	gkm_cfg_coop_t *cfg = &core->cfg->coop;
	vici_builder_t *b;
	int i, mismatches = 0;

	for (i = 0; i < core->count; i++)
	{
		mismatches += array_count(core->peers[i].differences);
	}
	b = vici_builder_create();
	b->begin_section(b, core->group->name);
	add_status(b, &core->status, seq, VERSION);
	b->add_kv(b, "preempt", cfg->preempt ? "yes" : "no");
	b->add_kv(b, "status", "alive");
	b->add_kv(b, "course", "%N", course_names, core->course);
	b->add_kv(b, "heartbeat", "%u", cfg->heartbeat);
	b->add_kv(b, "misses", "%u", cfg->misses);
	b->add_kv(b, "wait", "%u", cfg->wait);
	b->add_kv(b, "wait-left", "%llu", get_wait_left(core));
	b->add_kv(b, "mismatches", "%d", mismatches);
	b->begin_section(b, "peers");
	for (i = 0; i < core->count; i++)
	{
		add_peer(b, core, i, &intakes[i]);
	}
	b->end_section(b);
	b->end_section(b);
	return b->finalize(b);
}
