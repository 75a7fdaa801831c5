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
#include "gkm_ack_check.h"

#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

#include "libgkm/gdoi/gdoi_codepoints.h"

/** Acknowledgements in the queue at most: one of each member of a large group
 *  (RFC 8263, 5.1) */
#define QUEUE_MAX (128 * 1024)

/** Octets of acknowledgements in the queue at most: each has 128 with the longest
 *  hash and an IPv6 address */
#define QUEUE_OCTETS_MAX (QUEUE_MAX * 128)

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

	/** its SPI, the key in the table */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** its group */
	gkm_server_group_t *entry;

	/** what is accepted, as configured when the last message was sent, and the
	 *  type that was asked for with that */
	gkm_acks_t acks;
	gkm_ack_t type;

	/** when to forget it, in monotonic seconds; 0 if it is the group's last */
	time_t until;

	/** checks acknowledgements. Used by the job only. */
	gkm_ack_check_t *check;

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
	/** octets of the datagram, 0 if it was too large to be one */
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

	/** queue, the place of the next item, number of items, and octets of the
	 *  datagrams in them */
	item_t *first;
	item_t **last;
	u_int count;
	size_t octets;

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
		carrier->check->destroy(carrier->check);
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
			   "they came too fast");
	}
	entry->mutex->unlock(entry->mutex);
}

/**
 * Check an acknowledgement
 */
static gkm_ack_verdict_t judge(item_t *item, gkm_acks_t acks, gkm_ack_t type,
							   gkm_error_t *err)
{
	gkm_ack_check_t *check = item->carrier->check;

	if (!item->len)
	{
		gkm_fail(err, "more than %d octets", DATAGRAM_MAX);
		return GKM_ACK_MALFORMED;
	}
	return check->check(check, acks, type,
						chunk_create(item->datagram, item->len), item->src,
						err);
}

CALLBACK(process, job_requeue_t,
	private_gkm_ack_receiver_t *this)
{
	gkm_ack_verdict_t verdict;
	carrier_t *carrier;
	gkm_acks_t acks;
	gkm_ack_t type;
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
		this->octets -= item->len;
		carrier = item->carrier;
		dropped = carrier->dropped;
		carrier->dropped = 0;
		acks = carrier->acks;
		type = carrier->type;
		this->mutex->unlock(this->mutex);

		verdict = judge(item, acks, type, &err);
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
	this->octets += item->len;
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
	size_t len = datagram.len > DATAGRAM_MAX ? 0 : datagram.len;

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
	else if (this->count < QUEUE_MAX && this->octets + len <= QUEUE_OCTETS_MAX)
	{
		ref_get(&carrier->ref);
		enqueue(this, carrier, chunk_create(datagram.ptr, len), src);
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
			!memeq(carrier->spi, last, GKM_REKEY_SPI_LEN))
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
			.entry = gkm_server_group_get_ref(entry),
			.check = gkm_ack_check_create(entry, sa),
			.ref = 1,
		);
		memcpy(carrier->spi, sa->spi, sizeof(carrier->spi));
		this->carriers->put(this->carriers, carrier->spi, carrier);
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
