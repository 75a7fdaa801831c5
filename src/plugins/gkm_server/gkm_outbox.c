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

#include "gkm_outbox.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** Version of the record */
#define RECORD_VERSION 1

/** Copies of a message, and seconds between them, at most: more than can be
 *  configured */
#define COPIES_MAX 1000
#define INTERVAL_MAX 86400

typedef struct private_gkm_outbox_t private_gkm_outbox_t;
typedef struct message_entry_t message_entry_t;

/**
 * A message
 */
struct message_entry_t {

	/** number of the rekey */
	u_int number;

	/** where to send it */
	host_t *address;

	/** chunk_t, by value */
	array_t *datagrams;

	/** how often it still has to be sent, and seconds between */
	gkm_cfg_retransmit_t left;

	/** copies that were asked for */
	uint32_t copies;

	/** when to send it next */
	time_t due;
};

/**
 * Private data
 */
struct private_gkm_outbox_t {

	/** public interface */
	gkm_outbox_t public;

	/** sends datagrams */
	gkm_t *gkm;

	/** message_entry_t*, in the order of their message IDs */
	array_t *entries;
};

/**
 * Destroy a message
 */
static void destroy_message(message_entry_t *entry)
{
	chunk_t datagram;

	while (array_remove(entry->datagrams, ARRAY_HEAD, &datagram))
	{
		free(datagram.ptr);
	}
	array_destroy(entry->datagrams);
	DESTROY_IF(entry->address);
	free(entry);
}

METHOD(gkm_outbox_t, add, void,
	private_gkm_outbox_t *this, u_int number, host_t *address,
	array_t *datagrams, gkm_cfg_retransmit_t *retransmit, time_t now)
{
	message_entry_t *entry;

	INIT(entry,
		.number = number,
		.address = address->clone(address),
		.datagrams = datagrams,
		.left = {
			.count = retransmit->count + 1,
			.interval = retransmit->interval,
		},
		.copies = retransmit->count,
		.due = now,
	);
	array_insert(this->entries, ARRAY_TAIL, entry);
}

/**
 * Send a message once
 */
static bool send_message(private_gkm_outbox_t *this, message_entry_t *entry,
						 gkm_error_t *err)
{
	chunk_t datagram;
	int i;

	for (i = 0; array_get(entry->datagrams, i, &datagram); i++)
	{
		if (!this->gkm->multicast(this->gkm, entry->address, datagram, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gkm_outbox_t, send_, bool,
	private_gkm_outbox_t *this, time_t now,
	void (*sent)(void*,u_int,gkm_error_t*), void *user)
{
	message_entry_t *entry;
	int i = 0, before = array_count(this->entries);

	while (array_get(this->entries, i, &entry))
	{
		if (entry->due <= now)
		{
			gkm_error_t err = {};

			send_message(this, entry, &err);
			sent(user, entry->number, &err);
			entry->left.count--;
			entry->due = now + entry->left.interval;
		}
		if (entry->left.count)
		{
			i++;
		}
		else
		{
			array_remove(this->entries, i, NULL);
			destroy_message(entry);
		}
	}
	return before && !array_count(this->entries);
}

METHOD(gkm_outbox_t, next_due, time_t,
	private_gkm_outbox_t *this)
{
	message_entry_t *entry;
	time_t due = 0;
	int i;

	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		due = due ? min(due, entry->due) : entry->due;
	}
	return due;
}

METHOD(gkm_outbox_t, encode, chunk_t,
	private_gkm_outbox_t *this)
{
	message_entry_t *entry;
	bio_writer_t *writer;
	host_t *address;
	chunk_t datagram, record;
	int i, j;

	if (!array_count(this->entries))
	{
		return chunk_empty;
	}
	writer = bio_writer_create(512);
	writer->write_uint8(writer, RECORD_VERSION);
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		address = entry->address;
		writer->write_data8(writer, address->get_address(address));
		writer->write_uint16(writer, address->get_port(address));
		writer->write_uint32(writer, entry->copies);
		writer->write_uint32(writer, entry->left.interval);
		writer->write_uint16(writer, array_count(entry->datagrams));
		for (j = 0; array_get(entry->datagrams, j, &datagram); j++)
		{
			writer->write_data16(writer, datagram);
		}
	}
	record = writer->extract_buf(writer);
	writer->destroy(writer);
	return record;
}

/**
 * Read one message
 *
 * @return			message, NULL if it is malformed
 */
static message_entry_t *read_message(bio_reader_t *reader, time_t now)
{
	message_entry_t *entry;
	chunk_t address, datagram;
	uint16_t port, count;
	bool valid;

	INIT(entry,
		.datagrams = array_create(sizeof(chunk_t), 0),
		.due = now,
	);
	valid = reader->read_data8(reader, &address) &&
			(address.len == 4 || address.len == 16) &&
			reader->read_uint16(reader, &port) &&
			reader->read_uint32(reader, &entry->copies) &&
			entry->copies <= COPIES_MAX &&
			reader->read_uint32(reader, &entry->left.interval) &&
			entry->left.interval <= INTERVAL_MAX &&
			reader->read_uint16(reader, &count) && count;
	while (valid && count--)
	{
		valid = reader->read_data16(reader, &datagram);
		if (valid)
		{
			datagram = chunk_clone(datagram);
			array_insert(entry->datagrams, ARRAY_TAIL, &datagram);
		}
	}
	if (!valid)
	{
		destroy_message(entry);
		return NULL;
	}
	entry->address = host_create_from_chunk(AF_UNSPEC, address, port);
	entry->left.count = entry->copies + 1;
	return entry;
}

METHOD(gkm_outbox_t, decode, bool,
	private_gkm_outbox_t *this, chunk_t record, time_t now, gkm_error_t *err)
{
	message_entry_t *entry;
	bio_reader_t *reader;
	array_t *entries;
	uint8_t version;
	bool valid;

	entries = array_create(0, 0);
	reader = bio_reader_create(record);
	valid = reader->read_uint8(reader, &version) && version == RECORD_VERSION;
	while (valid && reader->remaining(reader))
	{
		entry = read_message(reader, now);
		valid = entry != NULL;
		if (valid)
		{
			array_insert(entries, ARRAY_TAIL, entry);
		}
	}
	reader->destroy(reader);
	while (array_remove(entries, ARRAY_HEAD, &entry))
	{
		if (valid)
		{
			array_insert(this->entries, ARRAY_TAIL, entry);
		}
		else
		{
			destroy_message(entry);
		}
	}
	array_destroy(entries);
	return valid || gkm_fail(err, "record of rekey messages is malformed");
}

METHOD(gkm_outbox_t, destroy, void,
	private_gkm_outbox_t *this)
{
	message_entry_t *entry;

	while (array_remove(this->entries, ARRAY_HEAD, &entry))
	{
		destroy_message(entry);
	}
	array_destroy(this->entries);
	free(this);
}

/*
 * Described in header
 */
gkm_outbox_t *gkm_outbox_create(gkm_t *gkm)
{
	private_gkm_outbox_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.send = _send_,
			.next_due = _next_due,
			.encode = _encode,
			.decode = _decode,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.entries = array_create(0, 0),
	);
	return &this->public;
}
