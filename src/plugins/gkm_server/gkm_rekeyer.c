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

#include "gkm_keeper.h"
#include "gkm_post.h"
#include "gkm_rekeyer.h"
#include "gkm_server_clock.h"
#include "gkm_server_coop.h"

#include <limits.h>

/** Members that didn't acknowledge a rekey that are told by name */
#define MISSED_TOLD 20

typedef struct private_gkm_rekeyer_t private_gkm_rekeyer_t;

/**
 * Private data
 */
struct private_gkm_rekeyer_t {

	/** public interface */
	gkm_rekeyer_t public;

	/** carries messages */
	gkm_t *gkm;

	/** keeps what changed */
	gkm_keeper_t keeper;

	/** rekeys members in-band */
	gkm_inband_t *inband;

	/** receives acknowledgements */
	gkm_ack_receiver_t *acks;

	/** writes messages */
	gkm_post_t post;
};

/**
 * Count that a message or a copy of it was sent
 *
 * @param before	how often it was sent before
 */
static void count_sent(gkm_server_group_t *entry, u_int before)
{
	if (before)
	{
		entry->history.copies++;
	}
	else
	{
		entry->history.messages++;
	}
}

/**
 * What became of sending a message or a copy, see gkm_outbox_user_t
 */
static void sent(void *user, u_int number, gkm_protocol_t protocol,
				 u_int targets, gkm_error_t *err)
{
	gkm_server_group_t *entry = user;
	gkm_rekey_note_t *note, unknown = {
		/* one from before a restart */
		.sent = 1,
		.push.sent = 1,
	};
	bool gdoi = protocol == GKM_PROTOCOL_GDOI;

	note = gkm_server_history_get(&entry->history, number) ?: &unknown;
	if (err->text[0])
	{
		DBG1(DBG_NET, "group %s: sending rekey failed: %s", entry->name,
			 err->text);
		entry->history.failures++;
		note->failed += !gdoi;
		note->push.failed += gdoi;
	}
	if (!err->text[0] || targets)
	{
		count_sent(entry, gdoi ? note->push.sent : note->sent);
		note->sent += !gdoi;
		note->push.sent += gdoi;
		note->push.datagrams += targets;
	}
}

/**
 * Members that are sent a copy, see gkm_outbox_user_t
 */
static array_t *get_targets(void *user, uint32_t seq)
{
	gkm_server_group_t *entry = user;

	return entry->group->get_targets(entry->group, seq);
}

METHOD(gkm_rekeyer_t, run, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	gkm_outbox_user_t user = {
		.get_targets = get_targets,
		.sent = sent,
		.user = entry,
	};

	if (entry->outbox->send(entry->outbox, gkm_server_now(), &user))
	{
		gkm_keeper_sent(&this->keeper, entry);
	}
}

/**
 * Give out sender IDs from the first again, if they were used up
 */
static void renew_sender_ids(gkm_server_group_t *entry)
{
	gkm_error_t err = {};

	if (!entry->group->renew_sender_ids(entry->group, &err))
	{
		DBG1(DBG_CFG, "group %s: sender IDs can't be given out again: %s",
			 entry->name, err.text);
	}
}

/**
 * Tell administrators of a member that didn't acknowledge rekeys
 */
static void tell_missed_of(private_gkm_rekeyer_t *this,
						   gkm_server_group_t *entry, gkm_member_t *member)
{
	identification_t *identity;
	bool removed = member->acks.misses >= GKM_ACKS_MISSED_MAX;

	identity = identification_create_from_encoding(member->id_type,
												   member->id_encoding);
	this->gkm->event(this->gkm, entry->name, 4, removed ? "KS_GM_DELETED" :
					 "KS_REKEY_ACK_MISSED", "group %s: %Y missed to "
					 "acknowledge %u rekeys in a row%s", entry->name, identity,
					 member->acks.misses, removed ? ", removed" : "");
	identity->destroy(identity);
}

/**
 * Tell administrators which members didn't acknowledge a rekey, and which are
 * no members any more since they didn't several times. If there are many, as a
 * network broke, some names tell as much as all.
 */
static void tell_missed(private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	gkm_member_t *member;
	array_t *missed;
	u_int told = 0, more = 0, removed = 0;

	missed = entry->group->take_missed(entry->group);
	while (array_remove(missed, ARRAY_TAIL, &member))
	{
		if (told < MISSED_TOLD)
		{
			tell_missed_of(this, entry, member);
			told++;
		}
		else
		{
			more++;
			removed += member->acks.misses >= GKM_ACKS_MISSED_MAX;
		}
		free(member);
	}
	array_destroy(missed);
	if (more)
	{
		this->gkm->event(this->gkm, entry->name, 4, removed ? "KS_GM_DELETED" :
						 "KS_REKEY_ACK_MISSED", "group %s: %u more members "
						 "missed to acknowledge rekeys, %u of them removed",
						 entry->name, more, removed);
	}
}

/**
 * Note a rekey, and write its messages
 *
 * @return			note of the rekey
 */
static gkm_rekey_note_t *post(private_gkm_rekeyer_t *this,
							  gkm_server_group_t *entry, private_key_t *key,
							  gkm_notice_t *notice, time_t now)
{
	gkm_rekey_note_t *note;

	note = gkm_server_history_add(&entry->history, notice, now);
	if (notice->update)
	{
		gkm_post_rekey(&this->post, entry, key, notice, note, now);
	}
	if (notice->push &&
		gkm_post_push(&this->post, entry, key, notice, note, now) &&
		gkm_server_group_is_primary(entry))
	{
		this->acks->expect(this->acks, entry, notice->push_carrier);
	}
	return note;
}

/**
 * Let rekeys that were just noted wait, if others have to know them first
 *
 * @param first		number of the first one
 */
static void hold(gkm_server_group_t *entry, u_int first)
{
	if (!entry->held && first <= entry->history.last &&
		entry->coop && entry->coop->holds(entry->coop))
	{
		entry->held = first;
		entry->outbox->hold(entry->outbox, first);
	}
}

/**
 * Keep what changed in a group and tell members
 *
 * @param echo		FALSE if other key servers know what changed
 */
static void tell(private_gkm_rekeyer_t *this, gkm_server_group_t *entry,
				 private_key_t *key, array_t *notices, bool echo)
{
	time_t now = gkm_server_now();
	gkm_rekey_note_t *note;
	gkm_notice_t *notice;
	u_int first;
	int i;

	if (entry->gone)
	{
		gkm_notices_destroy(notices);
		return;
	}
	tell_missed(this, entry);
	first = entry->history.last + 1;
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		post(this, entry, key, notice, now);
	}
	hold(entry, first);
	gkm_keeper_keep(&this->keeper, entry, array_count(notices), echo, now);
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		note = gkm_server_history_get(&entry->history, first + i);
		if (notice->inband)
		{
			this->inband->push(this->inband, entry, notice, note, entry->held);
		}
	}
	if (entry->kept)
	{
		renew_sender_ids(entry);
	}
	gkm_notices_destroy(notices);
	run(this, entry);
}

METHOD(gkm_rekeyer_t, deliver, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, private_key_t *key,
	array_t *notices)
{
	tell(this, entry, key, notices, TRUE);
}

METHOD(gkm_rekeyer_t, follow, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, private_key_t *key,
	array_t *notices)
{
	tell(this, entry, key, notices, FALSE);
}

METHOD(gkm_rekeyer_t, release, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, u_int number)
{
	if (!entry->held || number < entry->held)
	{
		return;
	}
	entry->held = number < entry->history.last ? number + 1 : 0;
	entry->outbox->hold(entry->outbox, entry->held ?: UINT_MAX);
	this->inband->release(this->inband, entry, number);
	if (!entry->gone)
	{
		run(this, entry);
	}
}

METHOD(gkm_rekeyer_t, keep, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	gkm_keeper_keep(&this->keeper, entry, FALSE, TRUE, gkm_server_now());
}

METHOD(gkm_rekeyer_t, get_all, gkm_record_list_t*,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	return gkm_keeper_get_all(&this->keeper, entry);
}

METHOD(gkm_rekeyer_t, update, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	gkm_error_t err = {};
	array_t *notices;
	u_int made;

	notices = array_create(0, 0);
	made = entry->group->update(entry->group, gkm_server_now(), notices, &err);
	if (err.text[0])
	{
		DBG1(DBG_CFG, "group %s: SAs not renewed: %s", entry->name, err.text);
	}
	if (made)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_POLICY_ROLLOVER",
						 "group %s: %u SAs renewed", entry->name, made);
	}
	deliver(this, entry, entry->key, notices);
}

METHOD(gkm_rekeyer_t, take_over, bool,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, gkm_error_t *err)
{
	gkm_policy_rekey_t *rekey;
	gkm_policy_t *policy;
	bool success;

	success = !entry->sending.len ||
			  entry->outbox->decode(entry->outbox, entry->sending,
									gkm_server_now(), err);
	chunk_free(&entry->sending);
	policy = entry->group->get_policy(entry->group);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
	if (success && rekey)
	{
		this->acks->expect(this->acks, entry, rekey->sa);
	}
	return success;
}

METHOD(gkm_rekeyer_t, stand_back, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	release(this, entry, UINT_MAX);
	this->acks->forget(this->acks, entry);
}

METHOD(gkm_rekeyer_t, resume, bool,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, gkm_error_t *err)
{
	return gkm_keeper_resume(&this->keeper, entry, err) &&
		   (entry->coop || take_over(this, entry, err));
}

METHOD(gkm_rekeyer_t, forget, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	entry->gone = TRUE;
	stand_back(this, entry);
	gkm_keeper_forget(&this->keeper, entry);
}

METHOD(gkm_rekeyer_t, destroy, void,
	private_gkm_rekeyer_t *this)
{
	free(this);
}

/*
 * Described in header
 */
gkm_rekeyer_t *gkm_rekeyer_create(gkm_t *gkm, gkm_store_t *store,
								  gkm_inband_t *inband,
								  gkm_ack_receiver_t *acks)
{
	private_gkm_rekeyer_t *this;

	INIT(this,
		.public = {
			.update = _update,
			.deliver = _deliver,
			.follow = _follow,
			.release = _release,
			.keep = _keep,
			.get_all = _get_all,
			.run = _run,
			.take_over = _take_over,
			.stand_back = _stand_back,
			.resume = _resume,
			.forget = _forget,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.keeper = {
			.gkm = gkm,
			.store = store,
		},
		.inband = inband,
		.acks = acks,
		.post = {
			.gkm = gkm,
			.fragment_size = lib->settings->get_int(lib->settings,
									"%s.fragment_size", 1280, lib->ns),
		},
	);
	return &this->public;
}
