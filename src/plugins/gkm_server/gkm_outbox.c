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

#include <limits.h>

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** Version of the record */
#define RECORD_VERSION 2

/** Kinds of messages in a record */
#define KIND_MULTICAST 0
#define KIND_UNICAST 1

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

	/** number of the rekey, and protocol of the message */
	u_int number;
	gkm_protocol_t protocol;

	/** where to send it, NULL if by unicast */
	host_t *address;

	/** chunk_t, by value; NULL if by unicast */
	array_t *datagrams;

	/** how to send it by unicast. Targets are those of the next time that it is
	 *  sent, NULL if they have to be asked for. */
	gkm_outbox_unicast_t unicast;

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

	/** number of the first rekey whose messages wait */
	u_int held;
};

/**
 * Destroy a message
 */
static void destroy_message(message_entry_t *entry)
{
	gkm_outbox_variant_t variant;
	chunk_t datagram;

	while (array_remove(entry->datagrams, ARRAY_HEAD, &datagram))
	{
		free(datagram.ptr);
	}
	array_destroy(entry->datagrams);
	while (array_remove(entry->unicast.variants, ARRAY_HEAD, &variant))
	{
		free(variant.datagram.ptr);
	}
	array_destroy(entry->unicast.variants);
	array_destroy(entry->unicast.targets);
	DESTROY_IF(entry->address);
	free(entry);
}

/**
 * Add a message, to be completed
 */
static message_entry_t *add_entry(private_gkm_outbox_t *this, u_int number,
								  gkm_protocol_t protocol,
								  gkm_cfg_retransmit_t *retransmit, time_t now)
{
	message_entry_t *entry;

	INIT(entry,
		.number = number,
		.protocol = protocol,
		.left = {
			.count = retransmit->count + 1,
			.interval = retransmit->interval,
		},
		.copies = retransmit->count,
		.due = now,
	);
	array_insert(this->entries, ARRAY_TAIL, entry);
	return entry;
}

METHOD(gkm_outbox_t, add, void,
	private_gkm_outbox_t *this, u_int number, gkm_protocol_t protocol,
	host_t *address, array_t *datagrams, gkm_cfg_retransmit_t *retransmit,
	time_t now)
{
	message_entry_t *entry = add_entry(this, number, protocol, retransmit, now);

	entry->address = address->clone(address);
	entry->datagrams = datagrams;
}

METHOD(gkm_outbox_t, add_unicast, void,
	private_gkm_outbox_t *this, u_int number, gkm_outbox_unicast_t *message,
	gkm_cfg_retransmit_t *retransmit, time_t now)
{
	message_entry_t *entry = add_entry(this, number, GKM_PROTOCOL_GDOI,
									   retransmit, now);

	entry->unicast = *message;
}

/**
 * Send a message to its multicast address
 */
static void send_multicast(private_gkm_outbox_t *this, message_entry_t *entry,
						   gkm_error_t *err)
{
	chunk_t datagram;
	int i;

	for (i = 0; array_get(entry->datagrams, i, &datagram); i++)
	{
		if (!this->gkm->multicast(this->gkm, entry->address, datagram, err))
		{
			return;
		}
	}
}

/**
 * Get those targets that can be sent a variant of a message
 */
static array_t *select_targets(array_t *targets, uint8_t can)
{
	gkm_target_t target;
	array_t *some;
	int i;

	some = array_create(sizeof(gkm_target_t), 0);
	for (i = 0; array_get(targets, i, &target); i++)
	{
		if (target.can == can)
		{
			array_insert(some, ARRAY_TAIL, &target);
		}
	}
	return some;
}

/**
 * Send a message to those targets that can be sent this variant of it
 *
 * @return			number of targets that it was sent to
 */
static u_int send_variant(private_gkm_outbox_t *this, array_t *targets,
						  gkm_outbox_variant_t *variant, gkm_error_t *err)
{
	array_t *some;
	u_int sent = 0;

	some = select_targets(targets, variant->can);
	if (array_count(some))
	{
		sent = this->gkm->unicast(this->gkm, NULL, some, variant->datagram,
								  err);
	}
	array_destroy(some);
	return sent;
}

/**
 * Send a message to its targets, or no more if there are none
 *
 * @return			number of targets that it was sent to
 */
static u_int send_unicast(private_gkm_outbox_t *this, message_entry_t *entry,
						  gkm_outbox_user_t *user, gkm_error_t *err)
{
	gkm_outbox_unicast_t *message = &entry->unicast;
	gkm_outbox_variant_t variant;
	u_int sent = 0;
	int i;

	if (!message->targets)
	{
		message->targets = user->get_targets(user->user, message->seq);
	}
	for (i = 0; array_get(message->variants, i, &variant); i++)
	{
		sent += send_variant(this, message->targets, &variant, err);
	}
	if (!array_count(message->targets))
	{	/* all have acknowledged it, one that comes back isn't told */
		entry->left.count = 1;
	}
	if (!message->fixed)
	{
		array_destroy(message->targets);
		message->targets = NULL;
	}
	return sent;
}

/**
 * Send a message once, or a copy
 */
static void send_message(private_gkm_outbox_t *this, message_entry_t *entry,
						 gkm_outbox_user_t *user)
{
	gkm_error_t err = {};
	u_int targets = 0;

	if (entry->address)
	{
		send_multicast(this, entry, &err);
		user->sent(user->user, entry->number, entry->protocol, 0, &err);
	}
	else
	{
		targets = send_unicast(this, entry, user, &err);
		if (targets || err.text[0])
		{
			user->sent(user->user, entry->number, entry->protocol, targets,
					   &err);
		}
	}
}

METHOD(gkm_outbox_t, hold, void,
	private_gkm_outbox_t *this, u_int number)
{
	this->held = number;
}

METHOD(gkm_outbox_t, send_, bool,
	private_gkm_outbox_t *this, time_t now, gkm_outbox_user_t *user)
{
	message_entry_t *entry;
	int i = 0, before = array_count(this->entries);

	while (array_get(this->entries, i, &entry))
	{
		if (entry->due <= now && entry->number < this->held)
		{
			send_message(this, entry, user);
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
		if (entry->number < this->held)
		{
			due = due ? min(due, entry->due) : entry->due;
		}
	}
	return due;
}

/**
 * Write targets: the address is as long as its family has it
 */
static void write_targets(bio_writer_t *writer, array_t *targets)
{
	gkm_target_t target;
	int i;

	writer->write_uint32(writer, array_count(targets));
	for (i = 0; array_get(targets, i, &target); i++)
	{
		writer->write_data8(writer, chunk_create(target.address,
										target.family == AF_INET ? 4 : 16));
		writer->write_uint16(writer, target.port);
		writer->write_uint8(writer, target.can);
		writer->write_uint8(writer, target.natt);
	}
}

/**
 * Write what a message is besides where it goes
 */
static void write_unicast(bio_writer_t *writer, gkm_outbox_unicast_t *message)
{
	gkm_outbox_variant_t variant;
	int i;

	writer->write_uint32(writer, message->seq);
	writer->write_uint8(writer, message->fixed);
	write_targets(writer, message->fixed ? message->targets : NULL);
	writer->write_uint16(writer, array_count(message->variants));
	for (i = 0; array_get(message->variants, i, &variant); i++)
	{
		writer->write_uint8(writer, variant.can);
		writer->write_data16(writer, variant.datagram);
	}
}

/**
 * Write a message that goes to a multicast address
 */
static void write_multicast(bio_writer_t *writer, message_entry_t *entry)
{
	host_t *address = entry->address;
	chunk_t datagram;
	int i;

	writer->write_data8(writer, address->get_address(address));
	writer->write_uint16(writer, address->get_port(address));
	writer->write_uint16(writer, array_count(entry->datagrams));
	for (i = 0; array_get(entry->datagrams, i, &datagram); i++)
	{
		writer->write_data16(writer, datagram);
	}
}

METHOD(gkm_outbox_t, encode, chunk_t,
	private_gkm_outbox_t *this)
{
	message_entry_t *entry;
	bio_writer_t *writer;
	chunk_t record;
	int i;

	if (!array_count(this->entries))
	{
		return chunk_empty;
	}
	writer = bio_writer_create(512);
	writer->write_uint8(writer, RECORD_VERSION);
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		writer->write_uint32(writer, entry->copies);
		writer->write_uint32(writer, entry->left.interval);
		writer->write_uint8(writer, entry->address ? KIND_MULTICAST
												   : KIND_UNICAST);
		if (entry->address)
		{
			write_multicast(writer, entry);
		}
		else
		{
			write_unicast(writer, &entry->unicast);
		}
	}
	record = writer->extract_buf(writer);
	writer->destroy(writer);
	return record;
}

/**
 * Read an address
 */
static bool read_address(bio_reader_t *reader, chunk_t *address, uint16_t *port)
{
	return reader->read_data8(reader, address) &&
		   (address->len == 4 || address->len == 16) &&
		   reader->read_uint16(reader, port);
}

/**
 * Read a message that goes to a multicast address
 */
static bool read_multicast(bio_reader_t *reader, message_entry_t *entry)
{
	chunk_t address, datagram;
	uint16_t port, count;

	if (!read_address(reader, &address, &port) ||
		!reader->read_uint16(reader, &count) || !count)
	{
		return FALSE;
	}
	entry->address = host_create_from_chunk(AF_UNSPEC, address, port);
	entry->datagrams = array_create(sizeof(chunk_t), 0);
	while (count--)
	{
		if (!reader->read_data16(reader, &datagram))
		{
			return FALSE;
		}
		datagram = chunk_clone(datagram);
		array_insert(entry->datagrams, ARRAY_TAIL, &datagram);
	}
	return TRUE;
}

/**
 * Read targets
 */
static bool read_targets(bio_reader_t *reader, array_t *targets)
{
	gkm_target_t target;
	chunk_t address;
	uint32_t count;
	uint8_t natt;

	if (!reader->read_uint32(reader, &count))
	{
		return FALSE;
	}
	while (count--)
	{
		target = (gkm_target_t){};
		if (!read_address(reader, &address, &target.port) ||
			!reader->read_uint8(reader, &target.can) ||
			!reader->read_uint8(reader, &natt))
		{
			return FALSE;
		}
		target.natt = natt;
		target.family = address.len == 4 ? AF_INET : AF_INET6;
		memcpy(target.address, address.ptr, address.len);
		array_insert(targets, ARRAY_TAIL, &target);
	}
	return TRUE;
}

/**
 * Read a message that goes to members by unicast
 */
static bool read_unicast(bio_reader_t *reader, gkm_outbox_unicast_t *message)
{
	gkm_outbox_variant_t variant;
	uint16_t count;
	uint8_t fixed;

	message->targets = array_create(sizeof(gkm_target_t), 0);
	message->variants = array_create(sizeof(gkm_outbox_variant_t), 0);
	if (!reader->read_uint32(reader, &message->seq) ||
		!reader->read_uint8(reader, &fixed) ||
		!read_targets(reader, message->targets) ||
		!reader->read_uint16(reader, &count) || !count)
	{
		return FALSE;
	}
	while (count--)
	{
		if (!reader->read_uint8(reader, &variant.can) ||
			!reader->read_data16(reader, &variant.datagram))
		{
			return FALSE;
		}
		variant.datagram = chunk_clone(variant.datagram);
		array_insert(message->variants, ARRAY_TAIL, &variant);
	}
	message->fixed = fixed;
	if (!fixed)
	{	/* members are kept with the group */
		array_destroy(message->targets);
		message->targets = NULL;
	}
	return TRUE;
}

/**
 * Read one message
 *
 * @return			message, NULL if it is malformed
 */
static message_entry_t *read_message(bio_reader_t *reader, time_t now)
{
	message_entry_t *entry;
	uint8_t kind;
	bool valid;

	INIT(entry,
		.due = now,
	);
	valid = reader->read_uint32(reader, &entry->copies) &&
			entry->copies <= COPIES_MAX &&
			reader->read_uint32(reader, &entry->left.interval) &&
			entry->left.interval <= INTERVAL_MAX &&
			reader->read_uint8(reader, &kind) && kind <= KIND_UNICAST &&
			(kind == KIND_MULTICAST ? read_multicast(reader, entry)
									: read_unicast(reader, &entry->unicast));
	if (!valid)
	{
		destroy_message(entry);
		return NULL;
	}
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
			.add_unicast = _add_unicast,
			.hold = _hold,
			.send = _send_,
			.next_due = _next_due,
			.encode = _encode,
			.decode = _decode,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.entries = array_create(0, 0),
		.held = UINT_MAX,
	);
	return &this->public;
}
