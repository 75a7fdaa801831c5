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

#include "gkm_snapshot.h"

/**
 * Turn a time of another clock into one of ours. Nothing lasts longer than can
 * be told to members.
 *
 * @return			FALSE if there is no such time
 */
static bool shift_time(gkm_snapshot_t *this, time_t *time, time_t now)
{
	int64_t shifted;

	if (__builtin_add_overflow((int64_t)*time, this->how->shift, &shifted) ||
		shifted < 0 || shifted > now + (int64_t)UINT32_MAX)
	{
		return FALSE;
	}
	*time = shifted;
	return TRUE;
}

/**
 * Turn the times of SAs into those of our clock
 */
static bool shift_sas(gkm_snapshot_t *this, time_t now)
{
	gkm_policy_kept_t *kept = &this->state.kept;
	gkm_policy_rekey_t *rekey;
	gkm_policy_kept_sa_t *sa;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = &kept->rekeys[i];
		if (rekey->sa && (!shift_time(this, &rekey->rekey, now) ||
						  !shift_time(this, &rekey->expires, now)))
		{
			return FALSE;
		}
	}
	for (i = 0; array_get(kept->sas, i, &sa); i++)
	{
		/* 0 if it has a successor */
		if ((sa->sa->rekey && !shift_time(this, &sa->sa->rekey, now)) ||
			!shift_time(this, &sa->sa->created, now) ||
			!shift_time(this, &sa->sa->activates, now) ||
			!shift_time(this, &sa->sa->expires, now))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Read the record of SAs
 */
static bool read_state(gkm_snapshot_t *this, gkm_record_entry_t *entry,
					   time_t now, gkm_error_t *err)
{
	this->found = TRUE;
	return gkm_state_decode(entry->value, &this->state, err) &&
		   (shift_sas(this, now) ||
			gkm_fail(err, "an SA has a time that can't be"));
}

/**
 * Read the record of a member
 */
static bool read_member(gkm_snapshot_t *this, gkm_record_entry_t *entry,
						time_t now, gkm_error_t *err)
{
	identification_t *id;
	gkm_member_t *member;

	if (!entry->key.len)
	{
		this->all_members = TRUE;
		return !entry->value.len || gkm_fail(err, "a member has no identity");
	}
	if (!entry->value.len)
	{
		id = identification_create_from_encoding(entry->key.ptr[0],
												 chunk_skip(entry->key, 1));
		array_insert(this->gone, ARRAY_TAIL, id);
		return TRUE;
	}
	member = gkm_state_decode_member(entry->key, entry->value, err);
	if (!member)
	{
		return FALSE;
	}
	if (!shift_time(this, &member->registered, now) ||
		!shift_time(this, &member->expires, now))
	{
		free(member);
		return gkm_fail(err, "a member has a time that can't be");
	}
	if (this->how->kind == GKM_ADOPT_MEMBERS &&
		member->owner != this->how->from)
	{	/* what it says of others it has from here */
		free(member);
		return TRUE;
	}
	array_insert(this->members, ARRAY_TAIL, member);
	return TRUE;
}

/**
 * Read the record of a node of the key tree
 */
static bool read_node(gkm_snapshot_t *this, gkm_record_entry_t *entry,
					  gkm_error_t *err)
{
	gkm_key_tree_node_t *node;

	if (!entry->key.len)
	{
		this->all_nodes = TRUE;
		return !entry->value.len || gkm_fail(err, "a node has no place");
	}
	INIT(node);
	if (!gkm_state_decode_node(entry->key, entry->value, node, err))
	{
		free(node);
		return FALSE;
	}
	if (this->how->kind == GKM_ADOPT_MEMBERS && node->tree != this->how->from)
	{	/* what it says of others it has from here */
		free(node);
		return TRUE;
	}
	array_insert(this->nodes, ARRAY_TAIL, node);
	return TRUE;
}

/**
 * Read a record
 */
static bool read_entry(gkm_snapshot_t *this, gkm_record_entry_t *entry,
					   time_t now, gkm_error_t *err)
{
	switch (entry->kind)
	{
		case GKM_RECORD_GROUP:
			/* those of a secondary are of its primary */
			return !entry->value.len || this->how->kind == GKM_ADOPT_MEMBERS ||
				   read_state(this, entry, now, err);
		case GKM_RECORD_MEMBER:
			return read_member(this, entry, now, err);
		case GKM_RECORD_NODE:
			return read_node(this, entry, err);
		default:
			/* the rest isn't the group's */
			return TRUE;
	}
}

/*
 * Described in header
 */
bool gkm_snapshot_read(gkm_snapshot_t *this, gkm_adoption_t *how,
					   gkm_record_list_t *records, time_t now,
					   gkm_error_t *err)
{
	gkm_record_entry_t *entry;
	enumerator_t *enumerator;
	bool all, valid = TRUE;

	all = how->kind == GKM_ADOPT_ALL || how->kind == GKM_ADOPT_MERGE;
	*this = (gkm_snapshot_t){
		.how = how,
		.members = array_create(0, 0),
		.gone = array_create(0, 0),
		.nodes = array_create(0, 0),
		.all_members = all,
		.all_nodes = all,
	};
	enumerator = records->create_enumerator(records);
	while (valid && enumerator->enumerate(enumerator, &entry))
	{
		valid = read_entry(this, entry, now, err);
	}
	enumerator->destroy(enumerator);
	if (valid && all && !this->found)
	{
		valid = gkm_fail(err, "there is no record of SAs");
	}
	if (!valid)
	{
		gkm_snapshot_clear(this);
	}
	return valid;
}

/*
 * Described in header
 */
void gkm_snapshot_clear(gkm_snapshot_t *this)
{
	gkm_state_clear(&this->state);
	array_destroy_function(this->members, (array_callback_t)free, NULL);
	array_destroy_function(this->nodes, (array_callback_t)free, NULL);
	array_destroy_offset(this->gone, offsetof(identification_t, destroy));
	*this = (gkm_snapshot_t){};
}
