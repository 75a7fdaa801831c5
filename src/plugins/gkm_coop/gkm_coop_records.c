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


#include "gkm_coop_records.h"
#include "gkm_coop_course.h"

#include "libgkm/group/gkm_state_member.h"

/** Milliseconds at most until a better primary is told all once more */
#define MERGE_PAUSE_MAX 60000

/**
 * Does a peer hold what this one says for what its primary says?
 */
static bool is_led(gkm_coop_core_t *core, gkm_coop_peer_t *peer)
{
	return core->course == GKM_COOP_LEADS &&
		   peer->status.duty == GKM_DUTY_SECONDARY &&
		   peer->status.primary == core->cfg->coop.id;
}

/**
 * Is a peer the one that this one follows, or is going to?
 */
static bool is_leader(gkm_coop_core_t *core, int pos)
{
	return pos == core->leader;
}

/**
 * Something of a peer is missing: ask it for all if it matters
 */
static void miss(gkm_coop_core_t *core, int pos, gkm_error_t *err)
{
	gkm_coop_peer_t *peer = &core->peers[pos];

	if (core->course != GKM_COOP_YIELDS &&
		(is_leader(core, pos) || is_led(core, peer)))
	{
		if (!peer->needed)
		{
			DBG1(DBG_CFG, "group %s: key server '%s' is asked for all records: "
				 "%s", core->group->name, peer->connection, err->text);
		}
		gkm_coop_peer_need(peer, gkm_coop_now());
	}
}

/**
 * Are records of this kind for this key server?
 */
static bool is_welcome(gkm_coop_core_t *core, int pos, gkm_adoption_kind_t kind)
{
	switch (kind)
	{
		case GKM_ADOPT_ALL:
			/* not what it had before it knew what this one has */
			return is_leader(core, pos) &&
				   (core->course != GKM_COOP_YIELDS ||
					(core->merging &&
					 core->peers[pos].base >= core->merging));
		case GKM_ADOPT_CHANGES:
			return is_leader(core, pos) && core->course == GKM_COOP_FOLLOWS;
		case GKM_ADOPT_MEMBERS:
			return core->course == GKM_COOP_LEADS;
		case GKM_ADOPT_MERGE:
			return core->course == GKM_COOP_LEADS;
	}
	return FALSE;
}

/**
 * Queue records for a peer
 *
 * @param ticket		ticket that waits for them
 */
static void queue(gkm_coop_core_t *core, int pos, gkm_adoption_kind_t kind,
				  gkm_record_list_t *records, gkm_coop_ticket_t *ticket)
{
	gkm_coop_peer_t *peer = &core->peers[pos];
	bool all = peer->sync->needs_all(peer->sync);
	uint64_t transaction;

	transaction = peer->sync->queue(peer->sync, kind, records);
	if (transaction)
	{
		peer->queued = transaction;
		ticket->transactions[pos] = transaction;
	}
	if (transaction && all)
	{
		peer->all = transaction;
		peer->given = gkm_coop_now();
		peer->granted = FALSE;
	}
}

/**
 * Pass on what the primary said to those that don't reach it
 */
static void relay(gkm_coop_core_t *core, gkm_adoption_kind_t kind,
				  gkm_record_list_t *records)
{
	gkm_coop_ticket_t ticket = {};
	gkm_coop_peer_t *peer;
	int i;

	for (i = 0; i < core->count; i++)
	{
		peer = &core->peers[i];
		if (peer->relayed &&
			(kind == GKM_ADOPT_ALL || !peer->sync->needs_all(peer->sync)))
		{
			queue(core, i, kind, records, &ticket);
		}
	}
}

/**
 * Number of the key server whose records a peer sends: it may be the one that
 * it follows
 */
static uint8_t get_author(gkm_coop_peer_t *peer, gkm_adoption_kind_t kind)
{
	return kind == GKM_ADOPT_ALL || kind == GKM_ADOPT_CHANGES ?
						peer->status.primary ?: peer->status.id :
						peer->status.id;
}

/**
 * Another primary has become one with this one: tell everybody all
 */
static void merge(gkm_coop_core_t *core, gkm_coop_peer_t *peer)
{
	int i;

	for (i = 0; i < core->count; i++)
	{
		core->peers[i].sync->set_needs_all(core->peers[i].sync);
	}
	peer->merged = TRUE;
	gkm_coop_core_event(core, 5, "COOP_KS_MERGE", "key server '%s', %u, "
						"yields, its members are taken over", peer->connection,
						peer->status.id);
}

/**
 * Take over records
 */
static void adopt(gkm_coop_core_t *core, int pos, gkm_coop_message_t *message,
				  gkm_record_list_t *records)
{
	gkm_coop_peer_t *peer = &core->peers[pos];
	gkm_adoption_t how = {
		.kind = message->kind,
		.from = get_author(peer, message->kind),
		.shift = peer->base_shift,
		.population = message->kind == GKM_ADOPT_ALL && core->population,
	};
	gkm_error_t err = {};

	if (!core->group->adopt(core->group, &how, records, &err))
	{
		if (!peer->refused)
		{
			gkm_coop_core_event(core, 3, "COOP_KS_REFUSED", "records of key "
								"server '%s' can't be used: %s",
								peer->connection, err.text);
		}
		peer->refused = TRUE;
		miss(core, pos, &err);
		return;
	}
	peer->refused = FALSE;
	peer->applied = message->transaction;
	if (message->flags & GKM_COOP_ANEW)
	{
		gkm_coop_peer_content(peer);
	}
	relay(core, message->kind, records);
	if (message->kind == GKM_ADOPT_MERGE)
	{
		merge(core, peer);
	}
	else if (message->kind == GKM_ADOPT_ALL &&
			 core->course != GKM_COOP_FOLLOWS)
	{
		gkm_coop_course_follow(core);
	}
}

/*
 * Described in header
 */
void gkm_coop_records_receive(gkm_coop_core_t *core, int pos,
							  gkm_coop_message_t *message, uint64_t clock)
{
	gkm_coop_peer_t *peer = &core->peers[pos];
	gkm_record_list_t *records;
	gkm_error_t err = {};

	if (message->part == 0)
	{
		gkm_coop_peer_begin(peer, message, clock);
	}
	if (!peer->sync->receive(peer->sync, message, &records, &err))
	{
		miss(core, pos, &err);
		return;
	}
	if (message->flags & GKM_COOP_ANEW)
	{	/* no need to ask for what is on its way */
		peer->ask_at = max(peer->ask_at, gkm_coop_now() + peer->patience);
		core->merged = is_leader(core, pos) ? gkm_coop_now() : core->merged;
	}
	if (records)
	{
		if (is_welcome(core, pos, message->kind))
		{
			adopt(core, pos, message, records);
		}
		else
		{
			DBG2(DBG_CFG, "group %s: records of key server '%s' aren't for "
				 "this one", core->group->name, peer->connection);
		}
		records->destroy(records);
	}
}

/**
 * Let rekeys wait for what was queued
 */
static void add_ticket(gkm_coop_core_t *core, gkm_coop_ticket_t *ticket)
{
	if (ticket->number)
	{
		ticket->made = gkm_coop_now();
		core->tickets->add(core->tickets, ticket);
	}
}

/**
 * Is a peer to be told what this primary has?
 */
static bool is_receiver(gkm_coop_core_t *core, int pos)
{
	gkm_coop_peer_t *peer = &core->peers[pos];
	gkm_coop_status_t status;

	return core->election->get_peer(core->election, pos, &status) &&
		   (status.duty != GKM_DUTY_PRIMARY || peer->merged);
}

/**
 * Is a peer to be told all? It isn't for one that follows another primary,
 * unless that asks for it.
 */
static bool is_needy(gkm_coop_core_t *core, int pos)
{
	gkm_coop_peer_t *peer = &core->peers[pos];

	return is_receiver(core, pos) && peer->sync->needs_all(peer->sync) &&
		   (!peer->status.primary || peer->merged || peer->granted ||
			peer->status.primary == core->cfg->coop.id);
}

/**
 * Tell changes to those that know all before
 */
static void queue_changes(gkm_coop_core_t *core, gkm_coop_ticket_t *ticket)
{
	gkm_record_list_t *changes;
	gkm_coop_peer_t *peer;
	int i;

	changes = core->group->get_changes(core->group, &ticket->number);
	for (i = 0; i < core->count; i++)
	{
		peer = &core->peers[i];
		if (!is_receiver(core, i) || peer->sync->needs_all(peer->sync))
		{
			continue;
		}
		if (changes)
		{
			queue(core, i, GKM_ADOPT_CHANGES, changes, ticket);
		}
		else
		{	/* it may not have got what rekeys are about yet */
			ticket->transactions[i] = peer->queued;
		}
	}
	DESTROY_IF(changes);
}

/**
 * Tell all to those who need it
 */
static void queue_all(gkm_coop_core_t *core, gkm_coop_ticket_t *ticket)
{
	gkm_record_list_t *all = NULL;
	int i;

	for (i = 0; i < core->count; i++)
	{
		if (is_needy(core, i))
		{
			all = all ?: core->group->get_all(core->group, &ticket->number);
			queue(core, i, GKM_ADOPT_ALL, all, ticket);
		}
	}
	DESTROY_IF(all);
}

/**
 * Is a record that of a member which registered with a key server, or of a node
 * of its key tree?
 */
static bool belongs_to(gkm_record_entry_t *entry, uint8_t id)
{
	gkm_member_t *member;
	bool found;

	if (entry->kind == GKM_RECORD_NODE)
	{	/* the key begins with the number of the tree */
		return entry->key.len >= sizeof(uint32_t) &&
			   untoh32(entry->key.ptr) == id;
	}
	member = gkm_state_decode_member(entry->key, entry->value, NULL);
	found = member && member->owner == id;
	free(member);
	return found;
}

/**
 * Get the members and nodes among records
 *
 * @param records		list, released
 * @param owner			key server that they belong to, 0 for any
 */
static gkm_record_list_t *get_members(gkm_record_list_t *records,
									  uint8_t owner)
{
	gkm_record_list_t *members;
	gkm_record_entry_t *entry;
	enumerator_t *enumerator;

	members = gkm_record_list_create();
	enumerator = records->create_enumerator(records);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->kind != GKM_RECORD_MEMBER && entry->kind != GKM_RECORD_NODE)
		{
			continue;
		}
		if (owner && (entry->key.len || entry->value.len) &&
			!belongs_to(entry, owner))
		{
			continue;
		}
		gkm_record_entry_put(entry, &members->store);
	}
	enumerator->destroy(enumerator);
	records->destroy(records);
	return members;
}

/**
 * Tell the primary of this one's members: all, or what changed. It knows those
 * of others better.
 */
static void queue_members(gkm_coop_core_t *core, bool changed)
{
	gkm_coop_group_t *group = core->group;
	gkm_coop_sync_t *sync = core->peers[core->leader].sync;
	gkm_coop_ticket_t ticket = {};
	gkm_record_list_t *records = NULL;
	uint8_t owner = 0;

	if (sync->needs_all(sync))
	{
		records = group->get_all(group, &ticket.number);
		owner = core->cfg->coop.id;
	}
	else if (changed)
	{
		records = group->get_changes(group, &ticket.number);
	}
	if (records)
	{
		records = get_members(records, owner);
		if (sync->needs_all(sync) || records->get_count(records))
		{
			queue(core, core->leader, GKM_ADOPT_MEMBERS, records, &ticket);
		}
		records->destroy(records);
	}
}

/**
 * Has a better primary to be told all that this one has? Rekeys that come later
 * wait meanwhile: what members don't know nobody else has to. If nothing comes
 * of it for some time it is told again, with these.
 */
static bool is_merge_due(gkm_coop_core_t *core)
{
	gkm_coop_sync_t *sync = core->peers[core->leader].sync;

	return !core->merging || sync->needs_all(sync) ||
		   (sync->get_arrived(sync) >= core->merging &&
			gkm_coop_now() >= gkm_coop_records_next_due(core));
}

/**
 * Tell a better primary all that this one has
 */
static void queue_merge(gkm_coop_core_t *core, bool changed)
{
	gkm_coop_group_t *group = core->group;
	gkm_coop_ticket_t ticket = {};
	gkm_record_list_t *records;

	if (changed)
	{
		records = group->get_changes(group, &ticket.number);
		DESTROY_IF(records);
	}
	if (!is_merge_due(core))
	{
		return;
	}
	records = group->get_all(group, &ticket.number);
	queue(core, core->leader, GKM_ADOPT_MERGE, records, &ticket);
	add_ticket(core, &ticket);
	records->destroy(records);
	core->merging = core->peers[core->leader].queued;
	core->merged = gkm_coop_now();
	core->merge_pause = min(2 * core->merge_pause, MERGE_PAUSE_MAX);
}

/**
 * There is nobody to tell anything
 */
static void forget_changes(gkm_coop_core_t *core)
{
	gkm_record_list_t *changes;
	gkm_coop_ticket_t ticket = {};

	changes = core->group->get_changes(core->group, &ticket.number);
	add_ticket(core, &ticket);
	DESTROY_IF(changes);
}

/**
 * Let a peer have all records. A secondary hasn't them as its primary said
 * them: it asks for them again, to pass them on.
 */
static void grant(gkm_coop_core_t *core, int pos)
{
	gkm_coop_peer_t *peer = &core->peers[pos];

	peer->granted = TRUE;
	peer->sync->set_needs_all(peer->sync);
	if (core->course == GKM_COOP_FOLLOWS && !is_leader(core, pos) &&
		peer->status.duty != GKM_DUTY_PRIMARY && !peer->status.primary)
	{
		peer->relayed = TRUE;
		gkm_coop_peer_need(&core->peers[core->leader], gkm_coop_now());
	}
}

/**
 * Let peers have all records that ask for them, but not again and again
 */
static void grant_all(gkm_coop_core_t *core)
{
	gkm_coop_peer_t *peer;
	int i;

	for (i = 0; i < core->count; i++)
	{
		peer = &core->peers[i];
		if (!peer->asked)
		{
			continue;
		}
		if (core->course == GKM_COOP_SEEKS || core->course == GKM_COOP_JOINS)
		{
			peer->asked = FALSE;
		}
		else if (gkm_coop_now() >= gkm_coop_peer_grant_at(peer))
		{
			peer->asked = FALSE;
			grant(core, i);
		}
	}
}

/*
 * Described in header
 */
void gkm_coop_records_queue(gkm_coop_core_t *core)
{
	gkm_coop_ticket_t ticket = {};
	bool changed = core->changed;

	core->changed = FALSE;
	grant_all(core);
	switch (core->course)
	{
		case GKM_COOP_LEADS:
			if (changed)
			{
				queue_changes(core, &ticket);
			}
			/* also for those that there were too many changes for */
			queue_all(core, &ticket);
			add_ticket(core, &ticket);
			break;
		case GKM_COOP_FOLLOWS:
			queue_members(core, changed);
			break;
		case GKM_COOP_YIELDS:
			queue_merge(core, changed);
			break;
		default:
			if (changed)
			{
				forget_changes(core);
			}
			break;
	}
}

/*
 * Described in header
 */
uint64_t gkm_coop_records_next_due(gkm_coop_core_t *core)
{
	gkm_coop_peer_t *peer;

	if (core->course != GKM_COOP_YIELDS || !core->merging)
	{
		return UINT64_MAX;
	}
	peer = &core->peers[core->leader];
	return max(core->merged, peer->progress) + core->merge_pause;
}
