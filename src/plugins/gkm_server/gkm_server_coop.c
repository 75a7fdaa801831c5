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

#include "gkm_server_coop.h"
#include "gkm_server_clock.h"
#include "gkm_server_primary.h"

typedef struct private_gkm_server_coop_t private_gkm_server_coop_t;

/**
 * Private data
 */
struct private_gkm_server_coop_t {

	/** public interface */
	gkm_server_coop_t public;

	/** tells administrators */
	gkm_t *gkm;

	/** tells members, and keeps what changed */
	gkm_rekeyer_t *rekeyer;

	/** group */
	gkm_server_group_t *entry;

	/** called when times may have changed */
	void (*changed)(void *user);
	void *user;

	/** plugin that was told of the group, NULL if none */
	gkm_coop_t *coop;

	/** what others weren't told yet, NULL if nothing */
	gkm_record_list_t *changes;

	/** there are SAs from before a restart */
	bool restored;

	/** number of the primary whose SAs these are, 0 if not known */
	uint8_t primary;

	/** SAs aren't those of the primary, as these can't be used */
	bool strange;

	/** administrators know that members can't register */
	bool told;
};

/**
 * Has this key server a record of a kind to tell others?
 */
static bool is_told(private_gkm_server_coop_t *this, gkm_record_t kind)
{
	return gkm_server_group_is_primary(this->entry) ||
		   kind == GKM_RECORD_MEMBER || kind == GKM_RECORD_NODE;
}

/**
 * Add what this key server has to tell others to what it tells
 */
static void add_told(private_gkm_server_coop_t *this,
					 gkm_record_list_t *records, gkm_state_store_t *told)
{
	gkm_record_entry_t *record;
	enumerator_t *enumerator;

	enumerator = records->create_enumerator(records);
	while (enumerator->enumerate(enumerator, &record))
	{
		if (is_told(this, record->kind))
		{
			gkm_record_entry_put(record, told);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(gkm_server_coop_t, note, void,
	private_gkm_server_coop_t *this, gkm_record_list_t *changes)
{
	this->changes = this->changes ?: gkm_record_list_create();
	add_told(this, changes, &this->changes->store);
	if (this->coop && this->changes->get_count(this->changes))
	{
		this->coop->changed(this->coop, &this->public.group);
	}
}

METHOD(gkm_server_coop_t, holds, bool,
	private_gkm_server_coop_t *this)
{
	return this->coop && gkm_server_group_is_primary(this->entry);
}

METHOD(gkm_server_coop_t, is_master, bool,
	private_gkm_server_coop_t *this, gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;

	switch (entry->group->get_duty(entry->group))
	{
		case GKM_DUTY_PRIMARY:
			return TRUE;
		case GKM_DUTY_SECONDARY:
			return gkm_fail(err, "this key server is secondary for group "
							"%s, key server %u is primary", entry->name,
							this->primary);
		default:
			return gkm_fail(err, "this key server waits for others of group %s",
							entry->name);
	}
}

METHOD(gkm_server_coop_t, refused, void,
	private_gkm_server_coop_t *this)
{
	if (!this->told)
	{
		this->told = TRUE;
		this->gkm->event(this->gkm, this->entry->name, 5, "KS_WAITING",
						 "group %s: members can't register yet, waiting for "
						 "other key servers", this->entry->name);
	}
}

/**
 * Drop what others weren't told yet
 */
static void drop_changes(private_gkm_server_coop_t *this)
{
	if (this->changes)
	{
		this->changes->destroy(this->changes);
		this->changes = NULL;
	}
}

/**
 * Begin to be primary: go on with what the one before was doing
 */
static void take_over(private_gkm_server_coop_t *this)
{
	gkm_error_t err = {};

	if (!this->rekeyer->take_over(this->rekeyer, this->entry, &err))
	{
		DBG1(DBG_CFG, "group %s: last rekey can't be sent again: %s",
			 this->entry->name, err.text);
	}
	this->primary = 0;
}

/**
 * Cease to be primary: only it may say what the others are
 */
static void stand_back(private_gkm_server_coop_t *this)
{
	this->rekeyer->stand_back(this->rekeyer, this->entry);
	drop_changes(this);
}

METHOD(gkm_coop_group_t, set_duty, void,
	private_gkm_server_coop_t *this, gkm_duty_t duty, uint64_t epoch,
	bool takeover)
{
	gkm_server_group_t *entry = this->entry;
	gkm_error_t err = {};
	array_t *notices;

	notices = array_create(0, 0);
	entry->mutex->lock(entry->mutex);
	if (duty == GKM_DUTY_PRIMARY)
	{
		take_over(this);
	}
	else if (gkm_server_group_is_primary(entry))
	{
		stand_back(this);
	}
	entry->group->set_duty(entry->group, duty, epoch, takeover,
						   gkm_server_now(), notices, &err);
	if (err.text[0])
	{
		DBG1(DBG_CFG, "group %s: SAs not renewed: %s", entry->name, err.text);
	}
	this->told &= duty == GKM_DUTY_WAITING;
	this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
	entry->mutex->unlock(entry->mutex);
	this->changed(this->user);
}

/**
 * Number of the last rekey that members are told of once others know it
 */
static u_int get_ticket(private_gkm_server_coop_t *this)
{
	return this->entry->held ? this->entry->history.last : 0;
}

METHOD(gkm_coop_group_t, get_changes, gkm_record_list_t*,
	private_gkm_server_coop_t *this, u_int *ticket)
{
	gkm_server_group_t *entry = this->entry;
	gkm_record_list_t *changes;

	entry->mutex->lock(entry->mutex);
	this->rekeyer->keep(this->rekeyer, entry);
	changes = this->changes;
	this->changes = NULL;
	*ticket = get_ticket(this);
	entry->mutex->unlock(entry->mutex);
	return changes;
}

METHOD(gkm_coop_group_t, get_all, gkm_record_list_t*,
	private_gkm_server_coop_t *this, u_int *ticket)
{
	gkm_server_group_t *entry = this->entry;
	gkm_record_list_t *all, *told;

	told = gkm_record_list_create();
	entry->mutex->lock(entry->mutex);
	all = this->rekeyer->get_all(this->rekeyer, entry);
	add_told(this, all, &told->store);
	*ticket = get_ticket(this);
	entry->mutex->unlock(entry->mutex);
	all->destroy(all);
	return told;
}

METHOD(gkm_coop_group_t, release, void,
	private_gkm_server_coop_t *this, u_int ticket)
{
	gkm_server_group_t *entry = this->entry;

	entry->mutex->lock(entry->mutex);
	this->rekeyer->release(this->rekeyer, entry, ticket);
	entry->mutex->unlock(entry->mutex);
	this->changed(this->user);
}

/**
 * Follow a primary: sign as it does, and know what it is sending
 *
 * @param said		what it says besides the group's records, moved
 * @return			key that members check messages with up to now
 */
static private_key_t *follow(private_gkm_server_coop_t *this,
							 gkm_adoption_t *how, gkm_server_primary_t *said)
{
	gkm_server_group_t *entry = this->entry;
	private_key_t *old = entry->key;

	this->primary = how->from;
	if (how->kind == GKM_ADOPT_ALL || said->has_sending)
	{
		chunk_free(&entry->sending);
		entry->sending = said->sending;
		said->sending = chunk_empty;
	}
	if (said->key && !(old && old->equals(old, said->key)))
	{	/* it is to be kept as well */
		entry->kept = FALSE;
		entry->retry = 0;
		entry->key = said->key;
		said->key = NULL;
		return old;
	}
	return old ? old->get_ref(old) : NULL;
}

/**
 * Take over what a primary says, called with the group's mutex
 */
static bool take_from_primary(private_gkm_server_coop_t *this,
							  gkm_adoption_t *how, gkm_record_list_t *records,
							  gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;
	gkm_server_primary_t said = {};
	bool success, was_primary = gkm_server_group_is_primary(entry);
	private_key_t *key;
	array_t *notices;

	notices = array_create(0, 0);
	success = gkm_server_primary_read(&said, entry, records, err) &&
			  entry->group->adopt(entry->group, how, records, gkm_server_now(),
								  notices, err);
	if (success)
	{
		if (was_primary)
		{	/* what there is now is of another one */
			stand_back(this);
		}
		key = follow(this, how, &said);
		this->rekeyer->follow(this->rekeyer, entry, key, notices);
		DESTROY_IF(key);
		/* there may be something that the primary has to hear of once more */
		this->rekeyer->keep(this->rekeyer, entry);
	}
	else
	{
		gkm_notices_destroy(notices);
	}
	gkm_server_primary_clear(&said);
	return success;
}

/**
 * Take over what one that isn't primary, or isn't any more, says, called with
 * the group's mutex
 */
static bool take_from_secondary(private_gkm_server_coop_t *this,
								gkm_adoption_t *how,
								gkm_record_list_t *records, gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;
	array_t *notices;
	bool success;

	notices = array_create(0, 0);
	success = entry->group->adopt(entry->group, how, records, gkm_server_now(),
								  notices, err);
	if (success)
	{	/* others hear it from here */
		this->rekeyer->deliver(this->rekeyer, entry, entry->key, notices);
	}
	else
	{
		gkm_notices_destroy(notices);
	}
	return success;
}

METHOD(gkm_server_coop_t, restore, void,
	private_gkm_server_coop_t *this, gkm_record_list_t *records)
{
	gkm_group_t *group = this->entry->group;
	gkm_adoption_t how = {
		.kind = GKM_ADOPT_ALL,
		.from = this->primary,
	};
	gkm_duty_t duty = group->get_duty(group);
	gkm_error_t err = {};

	if (!this->strange && take_from_primary(this, &how, records, &err))
	{
		return;
	}
	if (!this->strange)
	{
		this->gkm->event(this->gkm, this->entry->name, 3, "KS_SAS_UNUSABLE",
						 "group %s: SAs can't be used with this configuration, "
						 "members can't register: %s", this->entry->name,
						 err.text);
	}
	this->strange = TRUE;
	/* what there is now no member has, others will say what they have */
	group->set_duty(group, GKM_DUTY_WAITING, 0, FALSE, gkm_server_now(), NULL,
					NULL);
	group->set_duty(group, duty, group->get_epoch(group), FALSE,
					gkm_server_now(), NULL, NULL);
}

METHOD(gkm_coop_group_t, adopt, bool,
	private_gkm_server_coop_t *this, gkm_adoption_t *how,
	gkm_record_list_t *records, gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;
	bool success;

	entry->mutex->lock(entry->mutex);
	/* what changed here isn't for the other one to say */
	this->rekeyer->keep(this->rekeyer, entry);
	switch (how->kind)
	{
		case GKM_ADOPT_CHANGES:
		case GKM_ADOPT_ALL:
			success = take_from_primary(this, how, records, err);
			this->strange &= !success;
			break;
		default:
			success = take_from_secondary(this, how, records, err);
			break;
	}
	entry->mutex->unlock(entry->mutex);
	this->changed(this->user);
	return success;
}

METHOD(gkm_coop_group_t, request, void,
	private_gkm_server_coop_t *this, uint32_t requests)
{
	gkm_server_group_t *entry = this->entry;

	entry->mutex->lock(entry->mutex);
	entry->group->request(entry->group, requests);
	this->rekeyer->update(this->rekeyer, entry);
	entry->mutex->unlock(entry->mutex);
	this->changed(this->user);
}

/**
 * Count members that registered with this key server
 */
static uint32_t count_own(gkm_members_t *members, uint8_t id)
{
	enumerator_t *enumerator;
	gkm_member_t *member;
	uint32_t count = 0;

	enumerator = members->create_enumerator(members);
	while (enumerator->enumerate(enumerator, &member))
	{
		count += member->owner == id;
	}
	enumerator->destroy(enumerator);
	return count;
}

METHOD(gkm_coop_group_t, get_info, void,
	private_gkm_server_coop_t *this, gkm_coop_info_t *info)
{
	gkm_server_group_t *entry = this->entry;
	gkm_group_t *group = entry->group;
	gkm_members_t *members;

	entry->mutex->lock(entry->mutex);
	members = group->get_members(group);
	*info = (gkm_coop_info_t){
		.now = gkm_server_now_ms(),
		.epoch = group->get_epoch(group),
		.lineage = group->get_lineage(group),
		.own_members = count_own(members, group->get_cfg(group)->coop.id),
		.members = members->get_count(members),
		.requests = group->get_requests(group),
		.restored = this->restored,
	};
	entry->mutex->unlock(entry->mutex);
}

/**
 * Set whom to tell of the group
 *
 * @return			who was told before
 */
static gkm_coop_t *set_plugin(private_gkm_server_coop_t *this, gkm_coop_t *coop)
{
	gkm_coop_t *before;

	this->entry->mutex->lock(this->entry->mutex);
	before = this->coop;
	this->coop = coop;
	this->entry->mutex->unlock(this->entry->mutex);
	return before;
}

/**
 * Note whether there is something to go on with after a restart
 */
static void note_restored(private_gkm_server_coop_t *this)
{
	gkm_group_t *group = this->entry->group;
	gkm_members_t *members = group->get_members(group);

	this->entry->mutex->lock(this->entry->mutex);
	this->restored = group->get_epoch(group) || members->get_count(members);
	this->entry->mutex->unlock(this->entry->mutex);
}

METHOD(gkm_server_coop_t, attach, bool,
	private_gkm_server_coop_t *this, gkm_cfg_t *cfg, gkm_error_t *err)
{
	gkm_coop_t *coop, *before;

	coop = lib->get(lib, GKM_COOP_NAME);
	if (!coop)
	{
		return gkm_fail(err, "coop: plugin " GKM_COOP_NAME " isn't loaded");
	}
	/* it may have something to do at once */
	before = set_plugin(this, coop);
	if (!before)
	{
		note_restored(this);
	}
	if (!coop->attach(coop, &this->public.group, cfg, err))
	{
		set_plugin(this, before);
		return FALSE;
	}
	return TRUE;
}

METHOD(gkm_server_coop_t, detach, void,
	private_gkm_server_coop_t *this)
{
	gkm_coop_t *coop;

	coop = set_plugin(this, NULL);
	if (coop)
	{
		coop->detach(coop, &this->public.group);
	}
}

METHOD(gkm_server_coop_t, destroy, void,
	private_gkm_server_coop_t *this)
{
	drop_changes(this);
	free(this);
}

/*
 * Described in header
 */
gkm_server_coop_t *gkm_server_coop_create(gkm_t *gkm, gkm_rekeyer_t *rekeyer,
										  gkm_server_group_t *entry,
										  void (*changed)(void *user),
										  void *user)
{
	private_gkm_server_coop_t *this;

	INIT(this,
		.public = {
			.group = {
				.name = entry->name,
				.id = entry->id,
				.set_duty = _set_duty,
				.get_changes = _get_changes,
				.get_all = _get_all,
				.release = _release,
				.adopt = _adopt,
				.request = _request,
				.get_info = _get_info,
			},
			.attach = _attach,
			.detach = _detach,
			.note = _note,
			.restore = _restore,
			.holds = _holds,
			.is_master = _is_master,
			.refused = _refused,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.rekeyer = rekeyer,
		.entry = entry,
		.changed = changed,
		.user = user,
	);
	return &this->public;
}
