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

#include "gkm_post.h"
#include "gkm_rekeyer.h"
#include "gkm_server_clock.h"

/** Seconds until keeping all of a group is tried again, which may be a lot */
#define RETRY 10

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

	/** keeps state */
	gkm_store_t *store;

	/** rekeys members in-band */
	gkm_inband_t *inband;

	/** receives acknowledgements */
	gkm_ack_receiver_t *acks;

	/** writes messages */
	gkm_post_t post;
};

/**
 * Put the key that signs rekeys into the store, unless it is in a file
 */
static void put_signer(gkm_server_group_t *entry, gkm_state_store_t *store)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	chunk_t der = chunk_empty;

	if (entry->key && !cfg->rekey.key &&
		!entry->key->get_encoding(entry->key, PRIVKEY_ASN1_DER, &der))
	{
		DBG1(DBG_CFG, "group %s: key that signs rekeys can't be encoded",
			 entry->name);
		der = chunk_empty;
	}
	store->put(store, GKM_RECORD_SIGNER, chunk_empty, der);
	chunk_clear(&der);
}

/**
 * Keep what changed in a group
 */
static bool keep_changes(private_gkm_rekeyer_t *this,
						 gkm_server_group_t *entry, gkm_error_t *err)
{
	gkm_state_store_t *store = &this->store->state;
	chunk_t outbox;
	bool durable;

	if (!store->begin(store, entry->id, err))
	{
		return FALSE;
	}
	if (!entry->kept)
	{	/* whatever there is, it may be of others, or sealed with another key */
		store->clear(store, GKM_RECORD_GROUP);
		store->clear(store, GKM_RECORD_OUTBOX);
		store->clear(store, GKM_RECORD_SIGNER);
	}
	durable = entry->group->put(entry->group, store, !entry->kept);
	if (durable)
	{	/* SAs changed, and members are about to hear of it */
		outbox = entry->outbox->encode(entry->outbox);
		store->put(store, GKM_RECORD_OUTBOX, chunk_empty, outbox);
		chunk_free(&outbox);
	}
	if (!entry->kept)
	{
		put_signer(entry, store);
	}
	return store->end(store, durable, err);
}

/**
 * Keep what changed in a group, say so if that begins or ends to fail
 *
 * @param urgent	TRUE if members are about to hear of it
 */
static void keep(private_gkm_rekeyer_t *this, gkm_server_group_t *entry,
				 bool urgent, time_t now)
{
	gkm_error_t err = {};

	if (!urgent && (entry->kept ? !entry->group->has_changed(entry->group)
								: now < entry->retry))
	{
		return;
	}
	entry->kept = keep_changes(this, entry, &err);
	entry->retry = now + RETRY;
	if (!entry->kept && !entry->warned)
	{
		this->gkm->event(this->gkm, entry->name, 2, "KS_STATE_NOT_KEPT",
						 "group %s: %s; members will have to register again if "
						 "this key server restarts", entry->name, err.text);
	}
	else if (entry->kept && entry->warned)
	{
		this->gkm->event(this->gkm, entry->name, 5, "KS_STATE_KEPT",
						 "group %s: state is kept again", entry->name);
	}
	entry->warned = !entry->kept;
}

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
	gkm_state_store_t *store = &this->store->state;
	gkm_outbox_user_t user = {
		.get_targets = get_targets,
		.sent = sent,
		.user = entry,
	};

	if (entry->outbox->send(entry->outbox, gkm_server_now(), &user) &&
		entry->kept && store->begin(store, entry->id, NULL))
	{	/* if that fails they are sent once too often */
		store->put(store, GKM_RECORD_OUTBOX, chunk_empty, chunk_empty);
		store->end(store, FALSE, NULL);
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

METHOD(gkm_rekeyer_t, deliver, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, private_key_t *key,
	array_t *notices)
{
	time_t now = gkm_server_now();
	gkm_rekey_note_t *note;
	gkm_notice_t *notice;
	int i;

	if (entry->gone)
	{
		gkm_notices_destroy(notices);
		return;
	}
	tell_missed(this, entry);
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		note = gkm_server_history_add(&entry->history, notice, now);
		if (notice->update)
		{
			gkm_post_rekey(&this->post, entry, key, notice, note, now);
		}
		if (notice->push &&
			gkm_post_push(&this->post, entry, key, notice, note, now))
		{
			this->acks->expect(this->acks, entry, notice->push_carrier);
		}
	}
	keep(this, entry, array_count(notices), now);
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		note = gkm_server_history_get(&entry->history, entry->history.last -
									  array_count(notices) + i + 1);
		if (notice->inband)
		{
			this->inband->push(this->inband, entry, notice, note);
		}
	}
	if (entry->kept)
	{
		renew_sender_ids(entry);
	}
	gkm_notices_destroy(notices);
	run(this, entry);
}

METHOD(gkm_rekeyer_t, keep_, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	keep(this, entry, FALSE, gkm_server_now());
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

/**
 * What is read of a group's outbox
 */
typedef struct {
	gkm_server_group_t *entry;
	gkm_error_t *err;
} resume_t;

CALLBACK(read_outbox, bool,
	resume_t *this, chunk_t key, chunk_t record)
{
	gkm_outbox_t *outbox = this->entry->outbox;

	return outbox->decode(outbox, record, gkm_server_now(), this->err);
}

METHOD(gkm_rekeyer_t, resume, bool,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry, gkm_error_t *err)
{
	gkm_state_store_t *store = &this->store->state;
	resume_t resume = {
		.entry = entry,
		.err = err,
	};

	gkm_policy_rekey_t *rekey;
	gkm_policy_t *policy;

	if (!entry->group->restore(entry->group, store, gkm_server_now(), err) ||
		!store->load(store, entry->id, GKM_RECORD_OUTBOX, (void*)read_outbox,
					 &resume, err))
	{
		return FALSE;
	}
	policy = entry->group->get_policy(entry->group);
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
	if (rekey)
	{
		this->acks->expect(this->acks, entry, rekey->sa);
	}
	return TRUE;
}

METHOD(gkm_rekeyer_t, forget, void,
	private_gkm_rekeyer_t *this, gkm_server_group_t *entry)
{
	static const gkm_record_t kinds[] = {
		GKM_RECORD_GROUP, GKM_RECORD_MEMBER, GKM_RECORD_NODE, GKM_RECORD_OUTBOX,
		GKM_RECORD_SIGNER,
	};
	gkm_state_store_t *store = &this->store->state;
	gkm_error_t err = {};
	int i;

	entry->gone = TRUE;
	this->acks->forget(this->acks, entry);
	if (store->begin(store, entry->id, &err))
	{
		for (i = 0; i < countof(kinds); i++)
		{
			store->clear(store, kinds[i]);
		}
		store->end(store, TRUE, &err);
	}
	if (err.text[0])
	{
		DBG1(DBG_CFG, "group %s: what is kept of it can't be removed: %s",
			 entry->name, err.text);
	}
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
			.keep = _keep_,
			.run = _run,
			.resume = _resume,
			.forget = _forget,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.store = store,
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
