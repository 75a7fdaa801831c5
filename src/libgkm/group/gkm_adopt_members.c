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

#include "gkm_adopt_members.h"
#include "gkm_adopt_tree.h"
#include "gkm_state_member.h"

/** Seconds that a time may be off after it was in the clock of another one */
#define TOLERANCE 2

/** Seconds in which a member that registered again may be said to be gone, as it
 *  left before */
#define GRACE 30

/**
 * Number of this key server
 */
static uint8_t get_self(gkm_roster_t *roster)
{
	return roster->rekeying->cfg->coop.id;
}

/**
 * Get the identity of a member
 */
static identification_t *get_id(gkm_member_t *member)
{
	return identification_create_from_encoding(member->id_type,
											   member->id_encoding);
}

/**
 * Find what is known of a member
 */
static gkm_member_t *find(gkm_roster_t *roster, gkm_member_t *member)
{
	identification_t *id = get_id(member);
	gkm_member_t *found;

	found = roster->members->get(roster->members, id);
	id->destroy(id);
	return found;
}

/**
 * Is the first one a later registration of a member than the other one?
 */
static bool is_later(gkm_member_t *this, gkm_member_t *other)
{
	if (this->registered > other->registered + TOLERANCE)
	{
		return TRUE;
	}
	return this->registered + TOLERANCE >= other->registered &&
		   this->registrations > other->registrations;
}

/**
 * Put a member that another key server told of into a table
 *
 * @param end		when the last data SA ends
 */
static void put(gkm_roster_t *roster, gkm_members_t *members,
				gkm_member_t *member, time_t end)
{
	gkm_rekeying_t *rekeying = roster->rekeying;

	int i;

	if (!gkm_adopt_tree_has_leaf(rekeying->tree, member->slot))
	{
		member->slot = GKM_MEMBER_NO_SLOT;
		rekeying->rootless |= !member->inband;
	}
	for (i = 0; i < member->sender_id_count; i++)
	{
		roster->sender_ids->note(roster->sender_ids, member->sender_ids[i]);
	}
	/* whatever happened to the clock */
	member->expires = min(member->expires, end);
	member->acks.settled = min(member->acks.settled, roster->pushes.count);
	gkm_records_note(&roster->records, member->id_type, member->id_encoding);
	members->put(members, member);
}

/**
 * Note that the primary has to hear of a member once more
 */
static void note_again(gkm_roster_t *roster, gkm_member_t *member)
{
	gkm_records_note_again(&roster->records, member->id_type,
						   member->id_encoding);
}

/**
 * A member isn't one any more, or one of another key server: note if it is
 * rekeyed over an IKE_SA here
 */
static void note_left(gkm_member_t *member, array_t *left)
{
	if (member->ike_sa_id)
	{
		array_insert(left, ARRAY_TAIL, &member->ike_sa_id);
	}
}

/**
 * Is a member one of a secondary's own, and not affected by an exclusion that
 * the primary told of?
 */
static bool is_own(gkm_roster_t *roster, gkm_member_t *member)
{
	return member->owner == get_self(roster) &&
		   member->lineage == roster->rekeying->lineage;
}

/**
 * Combine what a secondary and its primary know of a member
 *
 * @param local		what the secondary knows, or NULL
 * @param told		what the primary says, adopted
 * @param synced	TRUE if the secondary knew all members so far
 * @return			member, NULL if it isn't one any more
 */
static gkm_member_t *combine(gkm_roster_t *roster, gkm_member_t *local,
							 gkm_member_t *told, bool synced)
{
	if (local && is_own(roster, local) && is_later(local, told))
	{	/* the primary hasn't heard of that yet */
		note_again(roster, local);
		free(told);
		return gkm_member_clone(local);
	}
	if (told->owner != get_self(roster))
	{
		return told;
	}
	if (local)
	{
		told->ike_sa_id = local->ike_sa_id;
		/* may have been shifted twice */
		told->registered = local->registered;
	}
	if ((told->inband && !told->ike_sa_id) || (synced && !local))
	{	/* its IKE_SA is gone, or it left */
		note_again(roster, told);
		free(told);
		return NULL;
	}
	return told;
}

/**
 * Take over changes of members
 */
static void follow_changes(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
						   bool synced, time_t now, array_t *left)
{
	time_t end = gkm_rekeying_end(roster->rekeying);
	gkm_member_t *local, *told;
	identification_t *id;

	while (array_remove(snapshot->members, ARRAY_HEAD, &told))
	{
		id = get_id(told);
		told = combine(roster, roster->members->get(roster->members, id), told,
					   synced);
		if (told)
		{
			put(roster, roster->members, told, end);
		}
		else
		{
			roster->members->remove(roster->members, id);
		}
		id->destroy(id);
	}
	while (array_remove(snapshot->gone, ARRAY_HEAD, &id))
	{
		local = roster->members->get(roster->members, id);
		if (local && is_own(roster, local) && local->registered > now - GRACE)
		{
			note_again(roster, local);
		}
		else if (local)
		{
			note_left(local, left);
			gkm_records_note(&roster->records, local->id_type,
							 local->id_encoding);
			roster->members->remove(roster->members, id);
		}
		id->destroy(id);
	}
}

/**
 * Keep members that the primary doesn't know, but may not have heard of yet
 *
 * @param end		when the last data SA ends
 */
static void keep_own(gkm_roster_t *roster, gkm_members_t *members, time_t end,
					 array_t *left)
{
	gkm_key_forest_t *tree = roster->rekeying->tree;
	enumerator_t *enumerator;
	gkm_member_t *local;
	identification_t *id;

	enumerator = roster->members->create_enumerator(roster->members);
	while (enumerator->enumerate(enumerator, &local))
	{
		id = get_id(local);
		if (!members->get(members, id))
		{
			if (is_own(roster, local))
			{
				note_again(roster, local);
				put(roster, members, gkm_member_clone(local), end);
			}
			else
			{
				note_left(local, left);
				if (tree && local->owner == get_self(roster))
				{
					tree->leave(tree, local->slot);
				}
			}
		}
		id->destroy(id);
	}
	enumerator->destroy(enumerator);
}

/**
 * Take over all members
 */
static void follow_all(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					   bool synced, array_t *left)
{
	time_t end = gkm_rekeying_end(roster->rekeying);
	gkm_members_t *members;
	gkm_member_t *told;

	members = gkm_members_create();
	roster->rekeying->rootless = FALSE;
	roster->records.all_changed = TRUE;
	while (array_remove(snapshot->members, ARRAY_HEAD, &told))
	{
		told = combine(roster, find(roster, told), told, synced);
		if (told)
		{
			put(roster, members, told, end);
		}
	}
	keep_own(roster, members, end, left);
	roster->members->destroy(roster->members);
	roster->members = members;
}

/*
 * Described in header
 */
void gkm_adopt_members_follow(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							  bool synced, time_t now, array_t *left)
{
	if (snapshot->all_members)
	{
		follow_all(roster, snapshot, synced, left);
	}
	else
	{
		follow_changes(roster, snapshot, synced, now, left);
	}
}

/**
 * Does a primary take over what a secondary says of a member?
 *
 * @param local		what the primary knows, or NULL
 * @param told		what the secondary says
 */
static bool is_news(gkm_roster_t *roster, gkm_member_t *local,
					gkm_member_t *told)
{
	if (!local)
	{
		return told->lineage == roster->rekeying->lineage;
	}
	if (local->owner == told->owner && !is_later(local, told) &&
		!is_later(told, local))
	{	/* the same registration, such as with another address */
		return TRUE;
	}
	return is_later(told, local) &&
		   told->lineage == roster->rekeying->lineage;
}

/**
 * Combine what a primary and a secondary know of a member
 *
 * @param local		what the primary knows
 * @param told		what the secondary says, changed
 * @return			FALSE if that is nothing new
 */
static bool complete(gkm_roster_t *roster, gkm_member_t *local,
					 gkm_member_t *told)
{
	bool anew = is_later(told, local), same;
	chunk_t before, after;

	if (local->protocol == told->protocol)
	{	/* acknowledgements come here */
		gkm_pushes_adopt(&told->acks, &local->acks, anew);
	}
	if (anew)
	{
		return TRUE;
	}
	told->registered = local->registered;
	told->expires = local->expires;
	told->slot = local->slot;
	before = gkm_state_encode_member(local);
	after = gkm_state_encode_member(told);
	same = chunk_equals(before, after);
	free(before.ptr);
	free(after.ptr);
	return !same;
}

/**
 * A sender must not begin anew here with SAs that another key server gave to it
 */
static void note_sender(gkm_roster_t *roster, gkm_member_t *member)
{
	gkm_policy_t *policy = roster->rekeying->policy;
	host_t *address;

	address = host_create_from_chunk(member->family,
							chunk_create(member->address,
										 member->family == AF_INET ? 4 : 16), 0);
	if (policy->note_sender(policy, address))
	{
		roster->rekeying->changed = TRUE;
	}
	address->destroy(address);
}

/**
 * A primary takes over a member of a secondary
 */
static void hear(gkm_roster_t *roster, gkm_member_t *told, time_t now,
				 time_t end)
{
	gkm_key_forest_t *tree = roster->rekeying->tree;
	gkm_member_t *local = find(roster, told);

	if (!is_news(roster, local, told))
	{	/* the secondary hears what is known of it, or that it isn't one */
		gkm_records_note(&roster->records, told->id_type, told->id_encoding);
		free(told);
		return;
	}
	told->registered = min(told->registered, now);
	if (local && !complete(roster, local, told))
	{
		free(told);
		return;
	}
	if (tree && local && local->slot != told->slot &&
		local->slot != GKM_MEMBER_NO_SLOT)
	{
		tree->leave(tree, local->slot);
	}
	if (told->sender)
	{
		note_sender(roster, told);
	}
	put(roster, roster->members, told, end);
}

/**
 * Find the members that a secondary had, and doesn't tell of when it tells of
 * all
 *
 * @param gone		receives their identities, as identification_t*
 */
static void find_gone(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
					  array_t *gone)
{
	enumerator_t *enumerator;
	gkm_members_t *members;
	gkm_member_t *member;
	identification_t *id;
	int i;

	members = gkm_members_create();
	for (i = 0; array_get(snapshot->members, i, &member); i++)
	{
		members->put(members, gkm_member_clone(member));
	}
	enumerator = roster->members->create_enumerator(roster->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		id = get_id(member);
		if (member->owner == snapshot->how->from && !members->get(members, id))
		{
			array_insert(gone, ARRAY_TAIL, id);
		}
		else
		{
			id->destroy(id);
		}
	}
	enumerator->destroy(enumerator);
	members->destroy(members);
}

/*
 * Described in header
 */
void gkm_adopt_members_hear_gone(gkm_roster_t *roster,
								 gkm_snapshot_t *snapshot)
{
	gkm_member_t *local;
	identification_t *id;

	if (snapshot->all_members)
	{
		find_gone(roster, snapshot, snapshot->gone);
	}
	while (array_remove(snapshot->gone, ARRAY_HEAD, &id))
	{
		local = roster->members->get(roster->members, id);
		if (local && local->owner == snapshot->how->from)
		{
			gkm_roster_remove(roster, id);
		}
		id->destroy(id);
	}
}

/*
 * Described in header
 */
void gkm_adopt_members_hear(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							time_t now)
{
	time_t end = gkm_rekeying_end(roster->rekeying);
	gkm_member_t *told;

	while (array_remove(snapshot->members, ARRAY_HEAD, &told))
	{
		hear(roster, told, now, end);
	}
}

/*
 * Described in header
 */
void gkm_adopt_members_unite(gkm_roster_t *roster, gkm_snapshot_t *snapshot,
							 time_t now)
{
	time_t end = gkm_rekeying_end(roster->rekeying);
	gkm_key_forest_t *tree = roster->rekeying->tree;
	gkm_member_t *told, *local;

	while (array_remove(snapshot->members, ARRAY_HEAD, &told))
	{
		local = find(roster, told);
		/* rekeys of this key server so far weren't for it */
		told->acks.settled = roster->pushes.count;
		if (local && !is_later(told, local))
		{
			local->acks.settled = told->acks.settled;
			free(told);
			continue;
		}
		if (tree && local && local->slot != told->slot)
		{
			tree->leave(tree, local->slot);
		}
		told->registered = min(told->registered, now);
		put(roster, roster->members, told, end);
	}
}
