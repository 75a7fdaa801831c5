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

#include "gkm_coop_message.h"
#include "gkm_coop_summary.h"

#include "../gikev2/gikev2_idg.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Version    |     Type      |     Flags     |   RESERVED    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |      ID       |   Priority    |     Duty      |    Primary    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Boot (8 octets)                          |
 *  |                      Sequence number (8)                      |
 *  |                      Epoch (8)                                |
 *  |                      Lineage (8)                              |
 *  |                      Now (8)                                  |
 *  |                      Applied (8)                              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Capabilities                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Requests                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                         Own members                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                           Members                             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                          Attributes                           ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  Attribute: type and length of the value, two octets each, and the value
 *
 * doc/coop.md, Messages
 */

/** Octets before the attributes */
#define HEADER_LEN 72

/** Clocks are refused from here on, which is long after the year 9999: so that
 *  differences of times don't overflow */
#define NOW_MAX (1ULL << 48)

/** Octets of a part of records before these */
#define PART_HEADER_LEN 16

/** Octets of other attributes than these at most, so that writing doesn't move
 *  keys about */
#define OTHERS_LEN 1024

/** Flags that there are */
#define FLAGS (GKM_COOP_REPLY_REQUESTED | GKM_COOP_WANT_ALL | GKM_COOP_LAST | \
			   GKM_COOP_ANEW)

/** Types of attributes */
enum {
	/** group, as the body of an IDg payload */
	ATTRIBUTE_GROUP = 1,
	/** text: version of the sender's software */
	ATTRIBUTE_SOFTWARE = 2,
	/** something that is configured: octet with the length of its name, name,
	 *  value */
	ATTRIBUTE_ITEM = 3,
	/** kind, three reserved octets, transaction (8), part (4), records */
	ATTRIBUTE_RECORDS = 4,
};

/**
 * Write the header
 */
static void write_header(bio_writer_t *writer, gkm_coop_message_t *this)
{
	gkm_coop_status_t *status = &this->status;

	writer->write_uint8(writer, status->version);
	writer->write_uint8(writer, this->type);
	writer->write_uint8(writer, this->flags);
	writer->write_uint8(writer, 0);
	writer->write_uint8(writer, status->id);
	writer->write_uint8(writer, status->priority);
	writer->write_uint8(writer, status->duty);
	writer->write_uint8(writer, status->primary);
	writer->write_uint64(writer, status->boot);
	writer->write_uint64(writer, status->seq);
	writer->write_uint64(writer, status->epoch);
	writer->write_uint64(writer, status->lineage);
	writer->write_uint64(writer, status->now);
	writer->write_uint64(writer, status->applied);
	writer->write_uint32(writer, status->capabilities);
	writer->write_uint32(writer, status->requests);
	writer->write_uint32(writer, status->own_members);
	writer->write_uint32(writer, status->members);
}

/**
 * Begin an attribute, whose value follows
 */
static void write_attribute(bio_writer_t *writer, uint16_t type, size_t len)
{
	writer->write_uint16(writer, type);
	writer->write_uint16(writer, len);
}

/**
 * Write what is configured
 */
static void write_items(bio_writer_t *writer, array_t *items)
{
	gkm_coop_item_t item;
	chunk_t name, value;
	int i;

	for (i = 0; i < array_count(items); i++)
	{
		array_get(items, i, &item);
		name = chunk_from_str(item.name);
		value = chunk_from_str(item.value);
		write_attribute(writer, ATTRIBUTE_ITEM, 1 + name.len + value.len);
		writer->write_data8(writer, name);
		writer->write_data(writer, value);
	}
}

/*
 * Described in header
 */
chunk_t gkm_coop_message_build(gkm_coop_message_t *this)
{
	bio_writer_t *writer;
	chunk_t idg, software, message;

	writer = bio_writer_create(HEADER_LEN + OTHERS_LEN + this->records.len);
	write_header(writer, this);
	idg = gikev2_idg_build(this->group);
	write_attribute(writer, ATTRIBUTE_GROUP, idg.len);
	writer->write_data(writer, idg);
	chunk_free(&idg);
	if (this->software)
	{
		software = chunk_from_str(this->software);
		write_attribute(writer, ATTRIBUTE_SOFTWARE, software.len);
		writer->write_data(writer, software);
	}
	write_items(writer, this->items);
	if (this->type == GKM_COOP_RECORDS)
	{
		write_attribute(writer, ATTRIBUTE_RECORDS,
						PART_HEADER_LEN + this->records.len);
		writer->write_uint8(writer, this->kind);
		writer->write_uint24(writer, 0);
		writer->write_uint64(writer, this->transaction);
		writer->write_uint32(writer, this->part);
		writer->write_data(writer, this->records);
	}
	message = writer->extract_buf(writer);
	writer->destroy(writer);
	return message;
}

/**
 * Read the header, and check what has limits
 */
static bool read_header(bio_reader_t *reader, gkm_coop_message_t *this,
						gkm_error_t *err)
{
	gkm_coop_status_t *status = &this->status;
	uint8_t type, reserved, duty;

	if (!reader->read_uint8(reader, &status->version))
	{
		return gkm_fail(err, "empty message");
	}
	if (status->version != GKM_COOP_VERSION)
	{
		return gkm_fail(err, "version %u, only %u is known", status->version,
						GKM_COOP_VERSION);
	}
	if (!reader->read_uint8(reader, &type) ||
		!reader->read_uint8(reader, &this->flags) ||
		!reader->read_uint8(reader, &reserved) ||
		!reader->read_uint8(reader, &status->id) ||
		!reader->read_uint8(reader, &status->priority) ||
		!reader->read_uint8(reader, &duty) ||
		!reader->read_uint8(reader, &status->primary) ||
		!reader->read_uint64(reader, &status->boot) ||
		!reader->read_uint64(reader, &status->seq) ||
		!reader->read_uint64(reader, &status->epoch) ||
		!reader->read_uint64(reader, &status->lineage) ||
		!reader->read_uint64(reader, &status->now) ||
		!reader->read_uint64(reader, &status->applied) ||
		!reader->read_uint32(reader, &status->capabilities) ||
		!reader->read_uint32(reader, &status->requests) ||
		!reader->read_uint32(reader, &status->own_members) ||
		!reader->read_uint32(reader, &status->members))
	{
		return gkm_fail(err, "header is cut off");
	}
	if (type < GKM_COOP_HELLO || type > GKM_COOP_RESET)
	{
		return gkm_fail(err, "message of unknown type %u", type);
	}
	if (status->id < 1 || status->id > GKM_COOP_SERVERS_MAX ||
		status->primary > GKM_COOP_SERVERS_MAX || !status->priority ||
		duty > GKM_DUTY_PRIMARY || status->now >= NOW_MAX)
	{
		return gkm_fail(err, "key server %u, priority %u, duty %u, primary %u, "
						"clock %llu ms: out of range", status->id,
						status->priority, duty, status->primary,
						(unsigned long long)status->now);
	}
	this->type = type;
	this->flags &= FLAGS;
	status->duty = duty;
	return TRUE;
}

/**
 * Read a text: printable ASCII, as it is going to be shown
 *
 * @return				FALSE if refused
 */
static bool read_text(chunk_t data, char **text, const char *what,
					  gkm_error_t *err)
{
	int i;

	if (!data.len || data.len > GKM_COOP_TEXT_MAX)
	{
		return gkm_fail(err, "%s of %zu octets", what, data.len);
	}
	for (i = 0; i < data.len; i++)
	{
		if (data.ptr[i] < ' ' || data.ptr[i] > '~')
		{
			return gkm_fail(err, "%s: other than printable characters", what);
		}
	}
	*text = strndup(data.ptr, data.len);
	return TRUE;
}

/**
 * Read something that is configured
 */
static bool read_item(chunk_t data, gkm_coop_message_t *this, gkm_error_t *err)
{
	gkm_coop_item_t item = {};
	bio_reader_t *reader;
	chunk_t name;
	bool valid;

	if (array_count(this->items) == GKM_COOP_ITEMS_MAX)
	{
		return gkm_fail(err, "more than %d items", GKM_COOP_ITEMS_MAX);
	}
	reader = bio_reader_create(data);
	valid = reader->read_data8(reader, &name) ?
				read_text(name, &item.name, "name of an item", err) &&
				read_text(reader->peek(reader), &item.value,
						  "value of an item", err) :
				gkm_fail(err, "name of an item is cut off");
	reader->destroy(reader);
	if (valid)
	{
		array_insert(this->items, ARRAY_TAIL, &item);
	}
	else
	{
		free(item.name);
	}
	return valid;
}

/**
 * Read a part of records
 */
static bool read_records(chunk_t data, gkm_coop_message_t *this,
						 gkm_error_t *err)
{
	bio_reader_t *reader;
	uint32_t reserved;
	uint8_t kind;
	bool valid;

	if (data.len > PART_HEADER_LEN + GKM_COOP_CHUNK_MAX)
	{
		return gkm_fail(err, "part of records of %zu octets", data.len);
	}
	reader = bio_reader_create(data);
	valid = reader->read_uint8(reader, &kind) &&
			reader->read_uint24(reader, &reserved) &&
			reader->read_uint64(reader, &this->transaction) &&
			reader->read_uint32(reader, &this->part);
	if (!valid)
	{
		gkm_fail(err, "part of records is cut off");
	}
	else if (kind > GKM_ADOPT_MERGE || !this->transaction)
	{
		valid = gkm_fail(err, "records of kind %u, transaction %llu: out of "
						 "range", kind, (unsigned long long)this->transaction);
	}
	else
	{
		this->kind = kind;
		this->records = chunk_clone(reader->peek(reader));
	}
	reader->destroy(reader);
	return valid;
}

/**
 * Read an attribute, or pass it over if it isn't known
 *
 * @param seen			those that may come once and did, 1 << type
 */
static bool read_attribute(uint16_t type, chunk_t data,
						   gkm_coop_message_t *this, u_int *seen,
						   gkm_error_t *err)
{
	if (type < ATTRIBUTE_GROUP || type > ATTRIBUTE_RECORDS)
	{
		return TRUE;
	}
	if ((type == ATTRIBUTE_ITEM && this->type != GKM_COOP_HELLO) ||
		(type == ATTRIBUTE_RECORDS && this->type != GKM_COOP_RECORDS))
	{
		return gkm_fail(err, "attribute %u in a message of type %u", type,
						this->type);
	}
	if (type == ATTRIBUTE_ITEM)
	{
		return read_item(data, this, err);
	}
	if (*seen & 1 << type)
	{
		return gkm_fail(err, "attribute %u comes twice", type);
	}
	*seen |= 1 << type;
	switch (type)
	{
		case ATTRIBUTE_GROUP:
			this->group = gikev2_idg_parse(data, err);
			return this->group != NULL;
		case ATTRIBUTE_SOFTWARE:
			return read_text(data, &this->software, "version of software", err);
		default:
			return read_records(data, this, err);
	}
}

/**
 * Read all attributes
 */
static bool read_attributes(bio_reader_t *reader, gkm_coop_message_t *this,
							gkm_error_t *err)
{
	uint16_t type;
	chunk_t data;
	u_int seen = 0;

	while (reader->remaining(reader))
	{
		if (!reader->read_uint16(reader, &type) ||
			!reader->read_data16(reader, &data))
		{
			return gkm_fail(err, "attribute is cut off");
		}
		if (!read_attribute(type, data, this, &seen, err))
		{
			return FALSE;
		}
	}
	if (!this->group)
	{
		return gkm_fail(err, "no group");
	}
	return this->type != GKM_COOP_RECORDS || seen & 1 << ATTRIBUTE_RECORDS ||
		   gkm_fail(err, "no records");
}

/*
 * Described in header
 */
bool gkm_coop_message_parse(chunk_t data, gkm_coop_message_t *this,
							gkm_error_t *err)
{
	bio_reader_t *reader;
	bool valid;

	*this = (gkm_coop_message_t){};
	reader = bio_reader_create(data);
	valid = read_header(reader, this, err);
	if (valid)
	{
		if (this->type == GKM_COOP_HELLO)
		{
			this->items = array_create(sizeof(gkm_coop_item_t), 0);
		}
		valid = read_attributes(reader, this, err);
	}
	reader->destroy(reader);
	if (!valid)
	{
		gkm_coop_message_clear(this);
	}
	return valid;
}

/*
 * Described in header
 */
void gkm_coop_message_clear(gkm_coop_message_t *this)
{
	DESTROY_IF(this->group);
	free(this->software);
	gkm_coop_summary_destroy(this->items);
	chunk_clear(&this->records);
	*this = (gkm_coop_message_t){};
}
