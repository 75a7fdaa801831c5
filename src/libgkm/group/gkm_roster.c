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

#include "gkm_roster.h"
#include "gkm_recipients.h"

/**
 * A member goes: its leaf of the key tree, and its record
 */
CALLBACK(forget_member, void,
	gkm_roster_t *this, gkm_member_t *member)
{
	gkm_key_forest_t *tree = this->rekeying->tree;

	if (tree && member->slot != GKM_MEMBER_NO_SLOT)
	{
		tree->leave(tree, member->slot);
	}
	else if (tree && !member->inband)
	{	/* it is older than the tree, but knows the rekey SA */
		this->rekeying->departed = TRUE;
	}
	gkm_records_note(&this->records, member->id_type, member->id_encoding);
}

/*
 * Described in header
 */
void gkm_roster_expire(gkm_roster_t *this, time_t now)
{
	this->members->expire(this->members, now, forget_member, this);
}

/*
 * Described in header
 */
void gkm_roster_add(gkm_roster_t *this, gkm_member_t *member,
					identification_t *id)
{
	gkm_key_forest_t *tree = this->rekeying->tree;
	gkm_member_t *old;

	old = this->members->get(this->members, id);
	if (tree && old && old->slot != member->slot &&
		old->slot != GKM_MEMBER_NO_SLOT)
	{	/* it isn't rekeyed by multicast any more */
		tree->leave(tree, old->slot);
	}
	gkm_records_note(&this->records, member->id_type, member->id_encoding);
	this->members->put(this->members, member);
}

/*
 * Described in header
 */
bool gkm_roster_remove(gkm_roster_t *this, identification_t *id)
{
	gkm_member_t *member = this->members->get(this->members, id);

	if (!member)
	{
		return FALSE;
	}
	forget_member(this, member);
	return this->members->remove(this->members, id);
}

/**
 * Remove a member of which there is a copy
 */
static void remove_copy(gkm_roster_t *this, gkm_member_t *copy)
{
	identification_t *id;

	id = identification_create_from_encoding(copy->id_type, copy->id_encoding);
	gkm_roster_remove(this, id);
	id->destroy(id);
}

/*
 * Described in header
 */
bool gkm_roster_ike_sa_gone(gkm_roster_t *this, uint32_t ike_sa_id,
							uint32_t new_id)
{
	gkm_member_t *member;

	if (new_id)
	{
		return this->members->move(this->members, ike_sa_id, new_id);
	}
	member = this->members->find_inband(this->members, ike_sa_id);
	if (!member)
	{
		return FALSE;
	}
	remove_copy(this, member);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_roster_take(gkm_roster_t *this, array_t *ids, array_t *removed)
{
	identification_t *id;
	gkm_member_t *member;
	bool rootless = FALSE;
	int i;

	for (i = 0; array_get(ids, i, &id); i++)
	{
		member = this->members->get(this->members, id);
		if (member)
		{
			rootless |= !member->inband &&
						member->slot == GKM_MEMBER_NO_SLOT;
			array_insert(removed, ARRAY_TAIL, gkm_member_clone(member));
			forget_member(this, member);
			this->members->remove(this->members, id);
		}
	}
	return rootless;
}

/*
 * Described in header
 */
void gkm_roster_clear_slots(gkm_roster_t *this)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	enumerator = this->members->create_enumerator(this->members);
	while (enumerator->enumerate(enumerator, &member))
	{
		member->slot = GKM_MEMBER_NO_SLOT;
		this->rekeying->rootless |= !member->inband;
	}
	enumerator->destroy(enumerator);
	this->records.all_changed = TRUE;
}

/*
 * Described in header
 */
void gkm_roster_settle(gkm_roster_t *this, time_t now)
{
	gkm_member_t *member;
	int i = array_count(this->missed);

	if (!this->rekeying->cfg)
	{
		return;
	}
	gkm_pushes_settle(&this->pushes, this->rekeying->cfg, this->members, now,
					  &this->missed);
	for (; array_get(this->missed, i, &member); i++)
	{
		if (member->acks.misses >= GKM_ACKS_MISSED_MAX)
		{
			remove_copy(this, member);
		}
	}
}

/**
 * All members are gone
 */
static void forget_all(gkm_roster_t *this)
{
	this->members->destroy(this->members);
	this->members = gkm_members_create();
	this->rekeying->rootless = FALSE;
	this->records.all_changed = TRUE;
}

/*
 * Described in header
 */
void gkm_roster_told(gkm_roster_t *this, time_t now, array_t *notices,
					 int before)
{
	gkm_notice_t *notice;
	bool told = FALSE;
	int i = before;

	while (array_get(notices, i, &notice))
	{
		told = TRUE;
		if (notice->push)
		{
			gkm_pushes_note(&this->pushes, notice, now);
		}
		gkm_recipients_address(notice, this->rekeying->cfg, this->members);
		if (notice->excludes_all)
		{
			forget_all(this);
		}
		if (notice->update || notice->inband || notice->push)
		{
			i++;
		}
		else
		{	/* there is nobody to tell */
			array_remove(notices, i, NULL);
			gkm_notice_destroy(notice);
		}
	}
	if (told)
	{
		this->members->extend(this->members, gkm_rekeying_end(this->rekeying));
	}
}

/*
 * Described in header
 */
void gkm_roster_clear(gkm_roster_t *this)
{
	this->members->destroy(this->members);
	gkm_records_clear(&this->records);
	array_destroy_function(this->missed, (array_callback_t)free, NULL);
}
