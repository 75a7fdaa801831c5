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

#include "gkm_coop_sync.h"

#include <bio/bio_writer.h>
#include <bio/bio_reader.h>

typedef struct private_gkm_coop_sync_t private_gkm_coop_sync_t;
typedef struct transaction_t transaction_t;
typedef struct incoming_t incoming_t;

/*
 * Parts are pieces of a stream of records, cut anywhere:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |     Kind      |          Key length           ~      Key      ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                         Value length                          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                            Value                              ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * No value means that there is no such record any more, no key and no value that
 * there is none of that kind, but those that follow. doc/coop.md, Records.
 */

/** Octets of a record besides key and value */
#define RECORD_HEADER_LEN 7

/**
 * Records to be sent
 */
struct transaction_t {

	/** what they are */
	gkm_adoption_kind_t kind;

	/** number */
	uint64_t number;

	/** TRUE if they don't depend on those before */
	bool anew;

	/** reference */
	gkm_record_list_t *records;
};

/**
 * Transaction that is being received
 */
struct incoming_t {

	/** number, 0 if there is none */
	uint64_t number;

	/** what it is */
	gkm_adoption_kind_t kind;

	/** next part */
	uint32_t part;

	/** octets in the parts so far */
	size_t total;

	/** complete records */
	gkm_record_list_t *records;

	/** octets of an incomplete record, and room for them */
	chunk_t rest;
	size_t room;
};

/**
 * Private data
 */
struct private_gkm_coop_sync_t {

	/** public interface */
	gkm_coop_sync_t public;

	/** transaction_t* that wait, the first one may have been sent in part */
	array_t *queue;

	/** octets in those that aren't anew */
	size_t waiting;

	/** number of the last transaction that was queued, and that arrived */
	uint64_t last;
	uint64_t arrived;

	/** nothing but all records is to be queued */
	bool needs_all;

	/** first transaction: records to be written, NULL before the first part */
	enumerator_t *enumerator;

	/** first transaction: octets of a record that was written in part */
	chunk_t record;
	size_t offset;

	/** first transaction: part that wasn't said to have arrived, its number, and
	 *  whether it is the last one and there is one */
	chunk_t part;
	uint32_t part_number;
	bool part_last;
	bool part_pending;

	/** last transaction that was received as a whole, 0 if none was */
	uint64_t received;

	/** the one after that isn't welcome, unless it is anew */
	bool gap;

	/** transaction that is received now */
	incoming_t in;
};

/**
 * Destroy a transaction
 */
static void destroy_transaction(transaction_t *this)
{
	this->records->destroy(this->records);
	free(this);
}

/**
 * Remove the first transaction
 */
static void remove_first(private_gkm_coop_sync_t *this)
{
	transaction_t *first;

	DESTROY_IF(this->enumerator);
	this->enumerator = NULL;
	chunk_clear(&this->record);
	this->offset = 0;
	chunk_clear(&this->part);
	this->part_number = 0;
	this->part_pending = FALSE;
	if (array_remove(this->queue, ARRAY_HEAD, &first))
	{
		if (!first->anew)
		{
			this->waiting -= first->records->get_size(first->records);
		}
		destroy_transaction(first);
	}
}

/**
 * Drop all that waits
 */
static void drop_all(private_gkm_coop_sync_t *this)
{
	while (array_count(this->queue))
	{
		remove_first(this);
	}
}

METHOD(gkm_coop_sync_t, needs_all, bool,
	private_gkm_coop_sync_t *this)
{
	return this->needs_all;
}

METHOD(gkm_coop_sync_t, set_needs_all, void,
	private_gkm_coop_sync_t *this)
{
	drop_all(this);
	this->needs_all = TRUE;
}

METHOD(gkm_coop_sync_t, queue, uint64_t,
	private_gkm_coop_sync_t *this, gkm_adoption_kind_t kind,
	gkm_record_list_t *records)
{
	transaction_t *transaction;
	size_t size = records->get_size(records);
	bool anew;

	anew = kind == GKM_ADOPT_ALL || kind == GKM_ADOPT_MERGE ||
		   (kind == GKM_ADOPT_MEMBERS && this->needs_all);
	if (!anew && (this->needs_all ||
				  size > GKM_COOP_QUEUE_MAX - this->waiting))
	{
		set_needs_all(this);
		return 0;
	}
	if (anew)
	{
		drop_all(this);
		this->needs_all = FALSE;
	}
	else
	{
		this->waiting += size;
	}
	INIT(transaction,
		.kind = kind,
		.number = ++this->last,
		.anew = anew,
		.records = records->get_ref(records),
	);
	array_insert(this->queue, ARRAY_TAIL, transaction);
	return transaction->number;
}

/**
 * Go on to the next record of the first transaction
 *
 * @return				FALSE if there is none
 */
static bool next_record(private_gkm_coop_sync_t *this)
{
	gkm_record_entry_t *entry;
	bio_writer_t *writer;

	chunk_clear(&this->record);
	this->offset = 0;
	if (!this->enumerator->enumerate(this->enumerator, &entry))
	{
		return FALSE;
	}
	writer = bio_writer_create(RECORD_HEADER_LEN + entry->key.len +
							   entry->value.len);
	writer->write_uint8(writer, entry->kind);
	writer->write_data16(writer, entry->key);
	writer->write_data32(writer, entry->value);
	this->record = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/**
 * Write the next part of the first transaction
 */
static void write_part(private_gkm_coop_sync_t *this, transaction_t *first)
{
	size_t len, used = 0;

	this->part = chunk_alloc(GKM_COOP_CHUNK_MAX);
	if (!this->enumerator)
	{
		this->enumerator = first->records->create_enumerator(first->records);
		this->part_last = !next_record(this);
	}
	while (!this->part_last && used < this->part.len)
	{
		len = min(this->record.len - this->offset, this->part.len - used);
		memcpy(this->part.ptr + used, this->record.ptr + this->offset, len);
		used += len;
		this->offset += len;
		if (this->offset == this->record.len)
		{
			this->part_last = !next_record(this);
		}
	}
	this->part.len = used;
	this->part_pending = TRUE;
}

METHOD(gkm_coop_sync_t, get_part, bool,
	private_gkm_coop_sync_t *this, gkm_coop_message_t *message)
{
	transaction_t *first;

	if (!array_get(this->queue, ARRAY_HEAD, &first))
	{
		return FALSE;
	}
	if (!this->part_pending)
	{
		write_part(this, first);
	}
	message->type = GKM_COOP_RECORDS;
	message->flags |= (this->part_last ? GKM_COOP_LAST : 0) |
					  (first->anew ? GKM_COOP_ANEW : 0);
	message->kind = first->kind;
	message->transaction = first->number;
	message->part = this->part_number;
	message->records = chunk_clone(this->part);
	return TRUE;
}

METHOD(gkm_coop_sync_t, sent, void,
	private_gkm_coop_sync_t *this, bool arrived)
{
	transaction_t *first;

	if (!arrived || !this->part_pending)
	{	/* or it was dropped meanwhile */
		return;
	}
	if (this->part_last)
	{
		array_get(this->queue, ARRAY_HEAD, &first);
		this->arrived = first->number;
		remove_first(this);
	}
	else
	{
		chunk_clear(&this->part);
		this->part_number++;
		this->part_pending = FALSE;
	}
}

METHOD(gkm_coop_sync_t, get_arrived, uint64_t,
	private_gkm_coop_sync_t *this)
{
	return this->arrived;
}

/**
 * Forget the transaction that is being received
 */
static void forget_incoming(private_gkm_coop_sync_t *this)
{
	DESTROY_IF(this->in.records);
	memwipe(this->in.rest.ptr, this->in.rest.len);
	free(this->in.rest.ptr);
	this->in = (incoming_t){};
}

/**
 * Append octets to those of an incomplete record
 */
static void append(incoming_t *in, chunk_t data)
{
	u_char *old = in->rest.ptr;

	if (data.len > in->room - in->rest.len)
	{	/* not realloc(), which leaves keys behind */
		in->room = 2 * in->room + data.len;
		in->rest.ptr = malloc(in->room);
		memcpy(in->rest.ptr, old, in->rest.len);
		memwipe(old, in->rest.len);
		free(old);
	}
	memcpy(in->rest.ptr + in->rest.len, data.ptr, data.len);
	in->rest.len += data.len;
}

/**
 * Remove octets in front of those of an incomplete record
 */
static void skip(incoming_t *in, size_t len)
{
	if (len)
	{	/* a large record isn't moved with each part of it */
		in->rest.len -= len;
		memmove(in->rest.ptr, in->rest.ptr + len, in->rest.len);
		memwipe(in->rest.ptr + in->rest.len, len);
	}
}

/**
 * Is the next record complete? A reader would log that it isn't.
 */
static bool is_complete(chunk_t rest)
{
	size_t len;

	if (rest.len < RECORD_HEADER_LEN)
	{
		return FALSE;
	}
	len = RECORD_HEADER_LEN + untoh16(rest.ptr + 1);
	return rest.len >= len &&
		   rest.len - len >= untoh32(rest.ptr + len - sizeof(uint32_t));
}

/**
 * Take over the records that are complete by now
 */
static bool read_records(incoming_t *in, gkm_error_t *err)
{
	gkm_state_store_t *store = &in->records->store;
	bio_reader_t *reader;
	chunk_t key, value;
	uint8_t kind;
	size_t done = 0;
	u_int count;
	bool valid = TRUE;

	reader = bio_reader_create(in->rest);
	while (valid && is_complete(reader->peek(reader)))
	{
		reader->read_uint8(reader, &kind);
		if (kind < GKM_RECORD_GROUP || kind > GKM_RECORD_SIGNER)
		{
			valid = gkm_fail(err, "record of unknown kind %u", kind);
		}
		else if (reader->read_data16(reader, &key) &&
				 reader->read_data32(reader, &value))
		{
			count = in->records->get_count(in->records);
			store->put(store, kind, key, value);
			done = in->rest.len - reader->remaining(reader);
			if (in->records->get_count(in->records) == count)
			{
				valid = gkm_fail(err, "record of kind %u comes twice", kind);
			}
		}
	}
	reader->destroy(reader);
	skip(in, done);
	return valid;
}

/**
 * Begin to receive a transaction
 */
static bool begin(private_gkm_coop_sync_t *this, gkm_coop_message_t *message,
				  gkm_error_t *err)
{
	if (message->part ||
		(!(message->flags & GKM_COOP_ANEW) &&
		 (this->gap || message->transaction != this->received + 1)))
	{
		return gkm_fail(err, "part %u of transaction %llu after transaction "
						"%llu: some are missing", message->part,
						(unsigned long long)message->transaction,
						(unsigned long long)this->received);
	}
	forget_incoming(this);
	this->in.number = message->transaction;
	this->in.kind = message->kind;
	this->in.records = gkm_record_list_create();
	return TRUE;
}

/**
 * Add a part to the transaction that is being received
 */
static bool add_part(private_gkm_coop_sync_t *this, gkm_coop_message_t *message,
					 gkm_error_t *err)
{
	incoming_t *in = &this->in;
	bool last = message->flags & GKM_COOP_LAST;

	if (message->part != in->part || message->kind != in->kind)
	{
		return gkm_fail(err, "part %u, kind %u of transaction %llu in place of "
						"part %u, kind %u", message->part, message->kind,
						(unsigned long long)in->number, in->part, in->kind);
	}
	if (message->records.len > GKM_COOP_RECEIVE_MAX - in->total)
	{
		return gkm_fail(err, "transaction of more than %u octets",
						GKM_COOP_RECEIVE_MAX);
	}
	if (!message->records.len && !last)
	{
		return gkm_fail(err, "part %u is empty", message->part);
	}
	in->part++;
	in->total += message->records.len;
	append(in, message->records);
	return read_records(in, err) &&
		   (!last || !in->rest.len || gkm_fail(err, "last record is cut off"));
}

METHOD(gkm_coop_sync_t, receive, bool,
	private_gkm_coop_sync_t *this, gkm_coop_message_t *message,
	gkm_record_list_t **records, gkm_error_t *err)
{
	*records = NULL;
	if (message->transaction <= this->received ||
		message->transaction < this->in.number ||
		(message->transaction == this->in.number &&
		 message->part < this->in.part))
	{	/* said again, as the sender doesn't know that it arrived */
		return TRUE;
	}
	if ((message->transaction != this->in.number &&
		 !begin(this, message, err)) ||
		!add_part(this, message, err))
	{
		forget_incoming(this);
		this->gap = TRUE;
		return FALSE;
	}
	if (message->flags & GKM_COOP_LAST)
	{
		*records = this->in.records;
		this->in.records = NULL;
		this->received = this->in.number;
		this->gap = FALSE;
		forget_incoming(this);
	}
	return TRUE;
}

METHOD(gkm_coop_sync_t, reset, void,
	private_gkm_coop_sync_t *this)
{
	set_needs_all(this);
	this->arrived = 0;
	forget_incoming(this);
	this->received = 0;
	this->gap = FALSE;
}

METHOD(gkm_coop_sync_t, destroy, void,
	private_gkm_coop_sync_t *this)
{
	drop_all(this);
	forget_incoming(this);
	array_destroy(this->queue);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_sync_t *gkm_coop_sync_create()
{
	private_gkm_coop_sync_t *this;

	INIT(this,
		.public = {
			.queue = _queue,
			.needs_all = _needs_all,
			.set_needs_all = _set_needs_all,
			.get_part = _get_part,
			.sent = _sent,
			.get_arrived = _get_arrived,
			.receive = _receive,
			.reset = _reset,
			.destroy = _destroy,
		},
		.queue = array_create(0, 0),
		.needs_all = TRUE,
	);
	return &this->public;
}
