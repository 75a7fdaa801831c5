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

#include "gkm_ack_receiver.h"

#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_sealed_ack.h"

/** Acknowledgements in the queue at most: one of each member of a large group
 *  (RFC 8263, 5.1) */
#define QUEUE_MAX (128 * 1024)

/** Octets of an acknowledgement at most, of which the largest identity takes
 *  the most */
#define DATAGRAM_MAX 512

/** Seconds beyond the time in which members have to acknowledge that a rekey SA
 *  is remembered after it was replaced (RFC 8263, 5.4) */
#define GRACE 10

/** Seconds for which nothing is logged after something of the same kind was */
#define QUIET 10

typedef struct private_gkm_ack_receiver_t private_gkm_ack_receiver_t;
typedef struct carrier_t carrier_t;
typedef struct item_t item_t;

/**
 * A rekey SA that messages were sent on lately
 */
struct carrier_t {

	/** rekey SA, its SPI is the key in the table; its type of acknowledgements
	 *  is what the job has keys for */
	gkm_rekey_sa_t *sa;

	/** type that was asked for with the last message */
	gkm_ack_t type;

	/** its group */
	gkm_server_group_t *entry;

	/** what is accepted, as configured when the last message was sent */
	gkm_acks_t acks;

	/** when to forget it, in monotonic seconds; 0 if it is the group's last */
	time_t until;

	/** keys of those of RFC 8263, made with the key of the rekey SA or that of
	 *  the member that acknowledged last, and of encrypted ones; NULL until
	 *  needed. Used by the job only. */
	gdoi_ack_key_t *key;
	gdoi_ack_key_t *sealed_key;

	/** acknowledgements that weren't put into the queue */
	u_int dropped;

	/** references: the table's, and one for each acknowledgement */
	refcount_t ref;
};

/**
 * An acknowledgement in the queue
 */
struct item_t {
	item_t *next;
	carrier_t *carrier;
	host_t *src;
	size_t len;
	u_char datagram[];
};

/**
 * Private data
 */
struct private_gkm_ack_receiver_t {

	/** public interface */
	gkm_ack_receiver_t public;

	/** for events */
	gkm_t *gkm;

	/** carrier_t* by SPI */
	hashtable_t *carriers;

	/** queue, the place of the next item, and number of items */
	item_t *first;
	item_t **last;
	u_int count;

	/** TRUE if there is a job for the queue */
	bool busy;

	/** datagrams that belong to no rekey SA since one was logged, and when that
	 *  was */
	u_int unknown;
	time_t logged;

	/** protects all of the above. Taken with mutexes of groups held, none of
	 *  which is taken with it held. */
	mutex_t *mutex;
};

/**
 * Hash table functions for SPIs
 */
static u_int hash_spi(const void *key)
{
	return chunk_hash(chunk_create((u_char*)key, GKM_REKEY_SPI_LEN));
}

static bool equals_spi(const void *a, const void *b)
{
	return memeq(a, b, GKM_REKEY_SPI_LEN);
}

/**
 * Release a rekey SA
 */
static void carrier_put(carrier_t *carrier)
{
	if (ref_put(&carrier->ref))
	{
		DESTROY_IF(carrier->key);
		DESTROY_IF(carrier->sealed_key);
		gkm_rekey_sa_destroy(carrier->sa);
		gkm_server_group_destroy(carrier->entry);
		free(carrier);
	}
}

/**
 * Destroy an acknowledgement
 */
static void item_destroy(item_t *item)
{
	carrier_put(item->carrier);
	item->src->destroy(item->src);
	free(item);
}

/**
 * Log an acknowledgement that wasn't accepted, called with the group's mutex
 */
static void report(private_gkm_ack_receiver_t *this, gkm_server_group_t *entry,
				   host_t *src, gkm_ack_verdict_t verdict, char *reason)
{
	static const struct {
		int severity;
		char *name;
	} events[] = {
		[GKM_ACK_UNSOLICITED] = { 4, "KS_UNSOL_ACK" },
		[GKM_ACK_REFUSED] = { 3, "KS_ACK_REFUSED" },
		[GKM_ACK_MALFORMED] = { 4, "KS_ACK_INVALID" },
		[GKM_ACK_FOREIGN] = { 4, "KS_ACK_INVALID" },
		[GKM_ACK_FORGED] = { 4, "KS_ACK_INVALID" },
		/* of a rekey that another one followed at once there are some */
		[GKM_ACK_UNEXPECTED] = { 5, "KS_ACK_UNEXPECTED" },
		[GKM_ACK_DROPPED] = { 4, "KS_ACK_DROPPED" },
	};
	gkm_ack_count_t *count = &entry->acks[verdict];
	time_t now = time_monotonic(NULL);

	if (count->logged && now < count->logged + QUIET)
	{
		count->muted++;
		return;
	}
	this->gkm->event(this->gkm, entry->name, events[verdict].severity,
					 events[verdict].name, "group %s: acknowledgement from %#H "
					 "ignored, %N: %s; %u more like it before", entry->name,
					 src, gkm_ack_verdict_names, verdict, reason, count->muted);
	count->logged = now;
	count->muted = 0;
}

/**
 * Count an acknowledgement, and those that were dropped meanwhile
 */
static void count(private_gkm_ack_receiver_t *this, item_t *item,
				  gkm_ack_verdict_t verdict, u_int dropped, gkm_error_t *err)
{
	gkm_server_group_t *entry = item->carrier->entry;

	entry->mutex->lock(entry->mutex);
	entry->acks[verdict].count++;
	if (verdict != GKM_ACK_ACCEPTED)
	{
		report(this, entry, item->src, verdict, err->text);
	}
	if (dropped)
	{
		entry->acks[GKM_ACK_DROPPED].count += dropped;
		report(this, entry, item->src, GKM_ACK_DROPPED,
			   "they came too fast, or were too large");
	}
	entry->mutex->unlock(entry->mutex);
}

/**
 * Let the group know of an acknowledgement that is valid
 */
static gkm_ack_verdict_t accept_ack(carrier_t *carrier, gdoi_ack_t *ack,
									host_t *src, gkm_error_t *err)
{
	gkm_server_group_t *entry = carrier->entry;
	gkm_rekey_note_t *note;
	bool expected;

	entry->mutex->lock(entry->mutex);
	expected = entry->group->acknowledge(entry->group, ack->spi, ack->seq, src,
										 err);
	if (expected)
	{
		note = gkm_server_history_find_push(&entry->history, ack->spi,
											ack->seq);
		if (note)
		{
			note->push.acknowledged++;
		}
	}
	entry->mutex->unlock(entry->mutex);
	return expected ? GKM_ACK_ACCEPTED : GKM_ACK_UNEXPECTED;
}

/**
 * Is it made with the key of the member's leaf?
 */
static bool is_pairwise(gkm_ack_t type)
{
	return type == GKM_ACK_LKH_SHA256 || type == GKM_ACK_LKH_SHA512;
}

/**
 * Check the hash of an acknowledgement that is made with the key of the
 * member's leaf
 */
static bool verify_pairwise(carrier_t *carrier, gdoi_ack_t *ack, host_t *src,
							gkm_error_t *err)
{
	gkm_server_group_t *entry = carrier->entry;
	chunk_t leaf;
	bool valid;

	entry->mutex->lock(entry->mutex);
	valid = entry->group->get_leaf_key(entry->group, src, &leaf);
	entry->mutex->unlock(entry->mutex);
	if (!valid)
	{
		return gkm_fail(err, "no member with a key of its own is there");
	}
	if (carrier->key)
	{
		valid = carrier->key->set_base_key(carrier->key, leaf);
	}
	else
	{
		carrier->key = gdoi_ack_key_create(carrier->sa->ack, leaf,
										   carrier->sa->spi, err);
		valid = carrier->key != NULL;
	}
	chunk_clear(&leaf);
	valid = valid && carrier->key->verify(carrier->key, ack);
	return valid || gkm_fail(err, "its hash is wrong");
}

/**
 * Check the hash of an acknowledgement
 */
static bool verify(carrier_t *carrier, gdoi_ack_t *ack, host_t *src,
				   bool sealed, gkm_error_t *err)
{
	gdoi_ack_key_t **key = sealed ? &carrier->sealed_key : &carrier->key;
	gkm_ack_t type = sealed ? GKM_ACK_KEK_SHA256 : carrier->sa->ack;

	if (is_pairwise(type))
	{
		return verify_pairwise(carrier, ack, src, err);
	}
	if (!*key)
	{
		*key = gdoi_ack_key_create(type, gdoi_ack_base_key(carrier->sa),
								   carrier->sa->spi, err);
	}
	return *key && ((*key)->verify(*key, ack) ||
					gkm_fail(err, "its hash is wrong"));
}

/**
 * Does an acknowledgement name the address that it comes from, which is the
 * one that the member registered from (RFC 8263, 4.2)? Behind a NAT a member
 * doesn't know that.
 */
static bool has_own_address(carrier_t *carrier, gdoi_ack_t *ack, host_t *src)
{
	gkm_server_group_t *entry = carrier->entry;
	gkm_members_t *members;
	gkm_member_t *member;
	bool natt;

	if (ack->id_type == GDOI_ID_OID ||
		chunk_equals(ack->id, src->get_address(src)))
	{
		return TRUE;
	}
	entry->mutex->lock(entry->mutex);
	members = entry->group->get_members(entry->group);
	member = members->find_gdoi(members, src);
	natt = member && member->natt;
	entry->mutex->unlock(entry->mutex);
	return natt;
}

/**
 * Check what an acknowledgement says
 */
static gkm_ack_verdict_t check(carrier_t *carrier, chunk_t datagram,
							   host_t *src, bool sealed, gkm_error_t *err)
{
	gdoi_ack_t ack;

	if (!gdoi_ack_parse(datagram, &ack, err))
	{
		return GKM_ACK_MALFORMED;
	}
	if (!has_own_address(carrier, &ack, src))
	{
		gkm_fail(err, "it has another address than it comes from");
		return GKM_ACK_FOREIGN;
	}
	if (!verify(carrier, &ack, src, sealed, err))
	{
		return GKM_ACK_FORGED;
	}
	return accept_ack(carrier, &ack, src, err);
}

/**
 * Check an acknowledgement, after what is configured
 */
static gkm_ack_verdict_t judge(item_t *item, gkm_error_t *err)
{
	carrier_t *carrier = item->carrier;
	chunk_t datagram = chunk_create(item->datagram, item->len), plain;
	gkm_ack_verdict_t verdict;
	gdoi_header_t header;
	bool sealed;

	if (!gdoi_header_parse(datagram, &header))
	{
		gkm_fail(err, "wrong header");
		return GKM_ACK_MALFORMED;
	}
	sealed = header.flags & GDOI_FLAG_ENCRYPTED;
	if (carrier->acks == GKM_ACKS_NONE)
	{
		gkm_fail(err, "the group has none");
		return GKM_ACK_UNSOLICITED;
	}
	if (!gkm_acks_accepted(carrier->acks, sealed))
	{
		gkm_fail(err, "%s ones aren't accepted with acknowledgement = %N",
				 sealed ? "encrypted" : "RFC 8263", gkm_acks_names,
				 carrier->acks);
		return GKM_ACK_REFUSED;
	}
	if (!sealed)
	{
		return check(carrier, datagram, item->src, FALSE, err);
	}
	if (!gdoi_sealed_ack_open(carrier->sa, datagram, &plain, err))
	{
		return GKM_ACK_MALFORMED;
	}
	verdict = check(carrier, plain, item->src, TRUE, err);
	chunk_free(&plain);
	return verdict;
}

/**
 * Make sure that keys are those of the type that was asked for last, called with
 * the mutex
 */
static void set_type(carrier_t *carrier)
{
	if (carrier->sa->ack != carrier->type)
	{
		carrier->sa->ack = carrier->type;
		DESTROY_IF(carrier->key);
		carrier->key = NULL;
	}
}

CALLBACK(process, job_requeue_t,
	private_gkm_ack_receiver_t *this)
{
	gkm_ack_verdict_t verdict;
	u_int dropped;
	item_t *item;

	while (TRUE)
	{
		gkm_error_t err = {};

		this->mutex->lock(this->mutex);
		item = this->first;
		if (!item)
		{
			this->busy = FALSE;
			this->mutex->unlock(this->mutex);
			return JOB_REQUEUE_NONE;
		}
		this->first = item->next;
		this->last = this->first ? this->last : &this->first;
		this->count--;
		dropped = item->carrier->dropped;
		item->carrier->dropped = 0;
		set_type(item->carrier);
		this->mutex->unlock(this->mutex);

		verdict = judge(item, &err);
		count(this, item, verdict, dropped, &err);
		item_destroy(item);
	}
}

/**
 * Put an acknowledgement into the queue, called with the mutex
 *
 * @param carrier	its rekey SA, a reference is passed
 */
static void enqueue(private_gkm_ack_receiver_t *this, carrier_t *carrier,
					chunk_t datagram, host_t *src)
{
	item_t *item;

	INIT_EXTRA(item, datagram.len,
		.carrier = carrier,
		.src = src->clone(src),
		.len = datagram.len,
	);
	memcpy(item->datagram, datagram.ptr, datagram.len);
	*this->last = item;
	this->last = &item->next;
	this->count++;
	if (!this->busy)
	{
		this->busy = TRUE;
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create(process, this, NULL, NULL));
	}
}

/**
 * Log a datagram that belongs to no rekey SA, called with the mutex
 */
static void report_unknown(private_gkm_ack_receiver_t *this, host_t *src)
{
	time_t now = time_monotonic(NULL);

	if (this->logged && now < this->logged + QUIET)
	{
		this->unknown++;
		return;
	}
	DBG1(DBG_NET, "acknowledgement from %#H for a rekey SA that isn't ours, or "
		 "not any more; %u more like it before", src, this->unknown);
	this->logged = now;
	this->unknown = 0;
}

METHOD(gkm_ack_receiver_t, receive, void,
	private_gkm_ack_receiver_t *this, chunk_t datagram, host_t *src)
{
	carrier_t *carrier;

	if (datagram.len < GDOI_HEADER_LEN)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	carrier = this->carriers->get(this->carriers, datagram.ptr);
	if (!carrier || (carrier->until && carrier->until < time_monotonic(NULL)))
	{
		report_unknown(this, src);
	}
	else if (this->count < QUEUE_MAX && datagram.len <= DATAGRAM_MAX)
	{
		ref_get(&carrier->ref);
		enqueue(this, carrier, datagram, src);
	}
	else
	{
		carrier->dropped++;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Forget rekey SAs of a group: the time of those that were replaced begins to
 * run
 *
 * @param last		SPI of the rekey SA in use
 * @param until		when to forget the others
 */
static void retire(private_gkm_ack_receiver_t *this, gkm_server_group_t *entry,
				   uint8_t *last, time_t until)
{
	enumerator_t *enumerator;
	carrier_t *carrier;
	time_t now = time_monotonic(NULL);

	enumerator = this->carriers->create_enumerator(this->carriers);
	while (enumerator->enumerate(enumerator, NULL, &carrier))
	{
		if (carrier->entry == entry && !carrier->until &&
			!memeq(carrier->sa->spi, last, GKM_REKEY_SPI_LEN))
		{
			carrier->until = until;
		}
		if (carrier->until && carrier->until < now)
		{
			this->carriers->remove_at(this->carriers, enumerator);
			carrier_put(carrier);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Get the type that members acknowledge with: that of the latest SAK, which may
 * be the one that the message brings (RFC 8263, 7.2)
 */
static gkm_ack_t get_type(gkm_server_group_t *entry, gkm_rekey_sa_t *carrier)
{
	gkm_policy_t *policy = entry->group->get_policy(entry->group);
	gkm_policy_rekey_t *latest;

	latest = policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
	return latest ? latest->sa->ack : carrier->ack;
}

METHOD(gkm_ack_receiver_t, expect, void,
	private_gkm_ack_receiver_t *this, gkm_server_group_t *entry,
	gkm_rekey_sa_t *sa)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	carrier_t *carrier;

	this->mutex->lock(this->mutex);
	retire(this, entry, sa->spi,
		   time_monotonic(NULL) + cfg->gdoi.ack_timeout + GRACE);
	carrier = this->carriers->get(this->carriers, sa->spi);
	if (!carrier)
	{
		INIT(carrier,
			.sa = gkm_rekey_sa_clone(sa),
			.entry = gkm_server_group_get_ref(entry),
			.ref = 1,
		);
		this->carriers->put(this->carriers, carrier->sa->spi, carrier);
	}
	carrier->acks = cfg->rekey.acknowledgement;
	carrier->type = get_type(entry, sa);
	carrier->until = 0;
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_ack_receiver_t, forget, void,
	private_gkm_ack_receiver_t *this, gkm_server_group_t *entry)
{
	enumerator_t *enumerator;
	carrier_t *carrier;

	this->mutex->lock(this->mutex);
	enumerator = this->carriers->create_enumerator(this->carriers);
	while (enumerator->enumerate(enumerator, NULL, &carrier))
	{
		if (carrier->entry == entry)
		{
			this->carriers->remove_at(this->carriers, enumerator);
			carrier_put(carrier);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_ack_receiver_t, destroy, void,
	private_gkm_ack_receiver_t *this)
{
	enumerator_t *enumerator;
	carrier_t *carrier;
	item_t *item;

	while ((item = this->first))
	{
		this->first = item->next;
		item_destroy(item);
	}
	enumerator = this->carriers->create_enumerator(this->carriers);
	while (enumerator->enumerate(enumerator, NULL, &carrier))
	{
		carrier_put(carrier);
	}
	enumerator->destroy(enumerator);
	this->carriers->destroy(this->carriers);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_ack_receiver_t *gkm_ack_receiver_create(gkm_t *gkm)
{
	private_gkm_ack_receiver_t *this;

	INIT(this,
		.public = {
			.receive = _receive,
			.expect = _expect,
			.forget = _forget,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.carriers = hashtable_create(hash_spi, equals_spi, 8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->last = &this->first;
	return &this->public;
}
