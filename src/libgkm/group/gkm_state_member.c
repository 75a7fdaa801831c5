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

#include "gkm_adoption.h"
#include "gkm_state_fields.h"
#include "gkm_state_member.h"

/*
 * Described in header
 */
chunk_t gkm_state_member_key(id_type_t type, chunk_t encoding)
{
	uint8_t byte = type;

	return chunk_cat("cc", chunk_from_thing(byte), encoding);
}

/**
 * Write what there is to know of members that use GDOI
 */
static void write_gdoi(bio_writer_t *writer, gkm_member_t *member)
{
	gkm_member_acks_t *acks = &member->acks;
	int i;

	writer->write_uint8(writer, member->peer);
	writer->write_uint8(writer, member->can);
	writer->write_uint8(writer, member->natt);
	writer->write_uint32(writer, acks->sent);
	writer->write_uint32(writer, acks->received);
	writer->write_uint32(writer, acks->missed);
	writer->write_uint32(writer, acks->misses);
	writer->write_uint32(writer, acks->settled);
	for (i = 0; i < countof(acks->seqs); i++)
	{
		writer->write_uint32(writer, acks->seqs[i]);
	}
}

/**
 * Read what there is to know of members that use GDOI
 */
static bool read_gdoi(bio_reader_t *reader, gkm_member_t *member)
{
	gkm_member_acks_t *acks = &member->acks;
	uint8_t peer, natt;
	int i;

	if (!reader->read_uint8(reader, &peer) || peer > GKM_PEER_LEGACY ||
		!reader->read_uint8(reader, &member->can) ||
		!reader->read_uint8(reader, &natt) || natt > TRUE ||
		!reader->read_uint32(reader, &acks->sent) ||
		!reader->read_uint32(reader, &acks->received) ||
		!reader->read_uint32(reader, &acks->missed) ||
		!reader->read_uint32(reader, &acks->misses) ||
		!reader->read_uint32(reader, &acks->settled))
	{
		return FALSE;
	}
	for (i = 0; i < countof(acks->seqs); i++)
	{
		if (!reader->read_uint32(reader, &acks->seqs[i]))
		{
			return FALSE;
		}
	}
	member->peer = peer;
	member->natt = natt;
	return TRUE;
}

/*
 * Described in header
 */
chunk_t gkm_state_encode_member(gkm_member_t *member)
{
	bio_writer_t *writer;
	chunk_t record;
	int i;

	writer = bio_writer_create(64);
	writer->write_uint8(writer, GKM_STATE_VERSION);
	writer->write_uint8(writer, member->sender_id_count);
	for (i = 0; i < member->sender_id_count; i++)
	{
		writer->write_uint32(writer, member->sender_ids[i]);
	}
	writer->write_data8(writer, chunk_create(member->address,
									member->family == AF_INET ? 4 : 16));
	writer->write_uint16(writer, member->port);
	gkm_state_write_time(writer, member->registered);
	gkm_state_write_time(writer, member->expires);
	writer->write_uint32(writer, member->slot);
	writer->write_uint8(writer, member->inband);
	writer->write_uint8(writer, member->fragmentation);
	writer->write_uint32(writer, member->registrations);
	writer->write_uint8(writer, member->sender);
	writer->write_uint8(writer, member->owner);
	writer->write_uint64(writer, member->lineage);
	writer->write_uint8(writer, member->protocol);
	if (member->protocol == GKM_PROTOCOL_GDOI)
	{
		write_gdoi(writer, member);
	}
	record = writer->extract_buf(writer);
	writer->destroy(writer);
	return record;
}

/**
 * Read which key server a member registered with
 */
static bool read_owner(bio_reader_t *reader, gkm_member_t *member)
{
	return reader->read_uint8(reader, &member->owner) &&
		   member->owner <= GKM_COOP_SERVERS_MAX &&
		   reader->read_uint64(reader, &member->lineage);
}

/**
 * Read a member into one that has its identity, and room for sender IDs
 */
static bool read_member(bio_reader_t *reader, uint8_t version,
						gkm_member_t *member)
{
	uint8_t protocol;
	chunk_t addr;
	int i;

	for (i = 0; i < member->sender_id_count; i++)
	{
		if (!reader->read_uint32(reader, &member->sender_ids[i]))
		{
			return FALSE;
		}
	}
	if (!reader->read_data8(reader, &addr) ||
		(addr.len != 4 && addr.len != 16) ||
		!reader->read_uint16(reader, &member->port) ||
		!gkm_state_read_time(reader, &member->registered) ||
		!gkm_state_read_time(reader, &member->expires) ||
		!reader->read_uint32(reader, &member->slot) ||
		!gkm_state_read_bool(reader, &member->inband) ||
		!gkm_state_read_bool(reader, &member->fragmentation) ||
		!reader->read_uint32(reader, &member->registrations) ||
		!gkm_state_read_bool(reader, &member->sender) ||
		(version >= 3 && !read_owner(reader, member)) ||
		!reader->read_uint8(reader, &protocol) || protocol >= GKM_PROTOCOLS)
	{
		return FALSE;
	}
	member->protocol = protocol;
	member->family = addr.len == 4 ? AF_INET : AF_INET6;
	memcpy(member->address, addr.ptr, addr.len);
	return (protocol != GKM_PROTOCOL_GDOI || read_gdoi(reader, member)) &&
		   !reader->remaining(reader);
}

/*
 * Described in header
 */
gkm_member_t *gkm_state_decode_member(chunk_t key, chunk_t record,
									  gkm_error_t *err)
{
	gkm_member_t *member = NULL;
	bio_reader_t *reader;
	uint8_t version, ids;

	reader = bio_reader_create(record);
	if (key.len && gkm_state_read_version(reader, &version) &&
		reader->read_uint8(reader, &ids))
	{
		member = gkm_member_create(key.ptr[0], chunk_skip(key, 1), ids);
		if (!read_member(reader, version, member))
		{
			free(member);
			member = NULL;
		}
	}
	reader->destroy(reader);
	if (!member)
	{
		gkm_fail(err, "record of a member is malformed");
	}
	return member;
}
