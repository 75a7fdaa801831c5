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

#include "gkm_state.h"
#include "gkm_sa_maker.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/** Version of the records */
#define RECORD_VERSION 1

/** Data SAs in a record at most */
#define SAS_MAX (GKM_POLICY_SAS_TOTAL + GKM_POLICY_SAS_MAX)

/**
 * Write a text
 */
static void write_text(bio_writer_t *writer, char *text)
{
	writer->write_data16(writer, chunk_from_str(text));
}

/**
 * Write a time
 */
static void write_time(bio_writer_t *writer, time_t time)
{
	writer->write_uint64(writer, time);
}

/**
 * Read a time
 */
static bool read_time(bio_reader_t *reader, time_t *time)
{
	uint64_t value;

	if (!reader->read_uint64(reader, &value) || value > INT64_MAX)
	{
		return FALSE;
	}
	*time = value;
	return TRUE;
}

/**
 * Read a number that is 0 or 1
 */
static bool read_bool(bio_reader_t *reader, bool *value)
{
	uint8_t number;

	if (!reader->read_uint8(reader, &number) || number > 1)
	{
		return FALSE;
	}
	*value = number;
	return TRUE;
}

/**
 * Write a traffic selector
 */
static void write_ts(bio_writer_t *writer, traffic_selector_t *ts)
{
	writer->write_uint8(writer, ts->get_type(ts));
	writer->write_uint8(writer, ts->get_protocol(ts));
	writer->write_uint16(writer, ts->get_from_port(ts));
	writer->write_uint16(writer, ts->get_to_port(ts));
	writer->write_data8(writer, ts->get_from_address(ts));
	writer->write_data8(writer, ts->get_to_address(ts));
}

/**
 * Read a traffic selector
 */
static traffic_selector_t *read_ts(bio_reader_t *reader)
{
	uint8_t type, protocol;
	uint16_t from_port, to_port;
	chunk_t from, to;
	size_t len;

	if (!reader->read_uint8(reader, &type) ||
		!reader->read_uint8(reader, &protocol) ||
		!reader->read_uint16(reader, &from_port) ||
		!reader->read_uint16(reader, &to_port) ||
		!reader->read_data8(reader, &from) ||
		!reader->read_data8(reader, &to))
	{
		return NULL;
	}
	len = type == TS_IPV4_ADDR_RANGE ? 4 : 16;
	if ((type != TS_IPV4_ADDR_RANGE && type != TS_IPV6_ADDR_RANGE) ||
		from.len != len || to.len != len)
	{
		return NULL;
	}
	return traffic_selector_create_from_bytes(protocol, type, from, from_port,
											  to, to_port);
}

/**
 * Write a data SA
 */
static void write_sa(bio_writer_t *writer, gkm_policy_sa_t *sa)
{
	gkm_data_sa_t *data = sa->sa;
	char buf[GKM_SA_MAKER_NAME_LEN];

	write_ts(writer, data->src);
	write_ts(writer, data->dst);
	writer->write_uint8(writer, data->mode);
	write_text(writer, gkm_sa_maker_name(data->proposal, buf));
	writer->write_data8(writer, chunk_from_thing(data->spi));
	writer->write_data8(writer, chunk_from_thing(data->next_spi));
	writer->write_data16(writer, data->key);
	write_time(writer, sa->created);
	write_time(writer, sa->rekey);
	write_time(writer, sa->activates);
	write_time(writer, sa->expires);
	writer->write_uint8(writer, sa->sent_on);
}

/**
 * Read a data SA into one that is empty
 *
 * @param proposal	receives the name of its proposal, allocated
 */
static bool read_sa(bio_reader_t *reader, gkm_policy_sa_t *sa, char **proposal)
{
	gkm_data_sa_t *data = sa->sa;
	chunk_t text, spi, next_spi, key;
	uint8_t mode;

	data->src = read_ts(reader);
	if (!data->src)
	{
		return FALSE;
	}
	data->dst = read_ts(reader);
	if (!data->dst ||
		!reader->read_uint8(reader, &mode) ||
		!reader->read_data16(reader, &text) ||
		!reader->read_data8(reader, &spi) ||
		!reader->read_data8(reader, &next_spi) ||
		!reader->read_data16(reader, &key) ||
		!read_time(reader, &sa->created) ||
		!read_time(reader, &sa->rekey) ||
		!read_time(reader, &sa->activates) ||
		!read_time(reader, &sa->expires) ||
		!read_bool(reader, &sa->sent_on) ||
		spi.len != sizeof(data->spi) || next_spi.len != sizeof(data->next_spi))
	{
		return FALSE;
	}
	data->mode = mode;
	memcpy(&data->spi, spi.ptr, spi.len);
	memcpy(&data->next_spi, next_spi.ptr, next_spi.len);
	data->key = chunk_clone(key);
	*proposal = strndup(text.ptr, text.len);
	return TRUE;
}

/**
 * Destroy a data SA that wasn't put back
 */
static void destroy_sa(gkm_policy_sa_t *sa)
{
	gkm_data_sa_destroy(sa->sa);
	free(sa);
}

/**
 * Put back one data SA
 */
static bool restore_sa(bio_reader_t *reader, gkm_policy_t *policy, time_t now)
{
	gkm_policy_sa_t *sa;
	char *proposal = NULL;
	bool valid;

	INIT(sa,
		.sa = gkm_data_sa_create(),
	);
	valid = read_sa(reader, sa, &proposal);
	if (!valid || sa->expires <= now ||
		!policy->restore(policy, sa, proposal, now))
	{
		destroy_sa(sa);
	}
	free(proposal);
	return valid;
}

/**
 * Write the rekey SA
 */
static void write_rekey(bio_writer_t *writer, gkm_policy_rekey_t *rekey)
{
	gkm_rekey_sa_t *sa = rekey->sa;
	char buf[GKM_SA_MAKER_NAME_LEN];

	writer->write_data8(writer, chunk_from_thing(sa->spi));
	writer->write_data8(writer, chunk_from_thing(sa->next_spi));
	write_text(writer, gkm_sa_maker_name(sa->proposal, buf));
	writer->write_data8(writer, sa->dst->get_from_address(sa->dst));
	writer->write_uint16(writer, sa->dst->get_from_port(sa->dst));
	writer->write_uint8(writer, sa->auth);
	writer->write_data16(writer, sa->sig_alg);
	writer->write_data16(writer, sa->auth_key);
	writer->write_data16(writer, sa->key);
	writer->write_uint32(writer, sa->message_id);
	write_time(writer, rekey->rekey);
	write_time(writer, rekey->expires);
}

/**
 * Read the rekey SA into one that is empty
 */
static bool read_rekey(bio_reader_t *reader, gkm_policy_rekey_t *rekey,
					   char **proposal, host_t **address)
{
	gkm_rekey_sa_t *sa = rekey->sa;
	chunk_t spi, next_spi, text, addr, sig_alg, auth_key, key;
	uint16_t port;
	uint8_t auth;

	if (!reader->read_data8(reader, &spi) ||
		!reader->read_data8(reader, &next_spi) ||
		!reader->read_data16(reader, &text) ||
		!reader->read_data8(reader, &addr) ||
		!reader->read_uint16(reader, &port) ||
		!reader->read_uint8(reader, &auth) ||
		!reader->read_data16(reader, &sig_alg) ||
		!reader->read_data16(reader, &auth_key) ||
		!reader->read_data16(reader, &key) ||
		!reader->read_uint32(reader, &sa->message_id) ||
		!read_time(reader, &rekey->rekey) ||
		!read_time(reader, &rekey->expires) ||
		spi.len != sizeof(sa->spi) || next_spi.len != sizeof(sa->next_spi) ||
		(addr.len != 4 && addr.len != 16))
	{
		return FALSE;
	}
	memcpy(sa->spi, spi.ptr, spi.len);
	memcpy(sa->next_spi, next_spi.ptr, next_spi.len);
	sa->has_next_spi = TRUE;
	sa->auth = auth;
	sa->sig_alg = chunk_clone(sig_alg);
	sa->auth_key = chunk_clone(auth_key);
	sa->key = chunk_clone(key);
	*proposal = strndup(text.ptr, text.len);
	*address = host_create_from_chunk(AF_UNSPEC, addr, port);
	return TRUE;
}

/**
 * Put back the rekey SA
 *
 * @param restored	receives FALSE if it has ended, or isn't configured
 */
static bool restore_rekey(bio_reader_t *reader, gkm_policy_t *policy,
						  time_t now, bool *restored)
{
	gkm_policy_rekey_t rekey = {
		.sa = gkm_rekey_sa_create(),
	};
	host_t *address = NULL;
	char *proposal = NULL;
	bool valid;

	valid = read_rekey(reader, &rekey, &proposal, &address);
	*restored = valid && rekey.expires > now &&
				policy->restore_rekey(policy, &rekey, proposal, address, now);
	if (!*restored)
	{
		gkm_rekey_sa_destroy(rekey.sa);
	}
	DESTROY_IF(address);
	free(proposal);
	return valid;
}

/*
 * Described in header
 */
chunk_t gkm_state_encode(gkm_policy_t *policy, gkm_state_tree_t *tree)
{
	gkm_policy_rekey_t *rekey = policy->get_rekey(policy);
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	bio_writer_t *writer;
	uint16_t count = 0;
	chunk_t record;

	writer = bio_writer_create(1024);
	writer->write_uint8(writer, RECORD_VERSION);
	writer->write_uint32(writer, tree->next_key);
	writer->write_uint8(writer, tree->degree);
	writer->write_uint8(writer, tree->stale);
	writer->write_uint8(writer, rekey != NULL);
	if (rekey)
	{
		write_rekey(writer, rekey);
	}
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		count++;
	}
	enumerator->destroy(enumerator);
	writer->write_uint16(writer, count);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		write_sa(writer, sa);
	}
	enumerator->destroy(enumerator);
	record = writer->extract_buf(writer);
	writer->destroy(writer);
	return record;
}

/**
 * Read what there is to know of the key tree
 */
static bool read_tree(bio_reader_t *reader, gkm_state_tree_t *tree)
{
	return reader->read_uint32(reader, &tree->next_key) && tree->next_key &&
		   reader->read_uint8(reader, &tree->degree) &&
		   (!tree->degree || (tree->degree >= GKM_KEY_TREE_DEGREE_MIN &&
							  tree->degree <= GKM_KEY_TREE_DEGREE_MAX)) &&
		   read_bool(reader, &tree->stale);
}

/**
 * Read all of a record
 */
static bool decode(bio_reader_t *reader, gkm_policy_t *policy, time_t now,
				   gkm_state_tree_t *tree, bool *restored)
{
	uint8_t version;
	uint16_t count, i;
	bool rekey;

	if (!reader->read_uint8(reader, &version) || version != RECORD_VERSION ||
		!read_tree(reader, tree) ||
		!read_bool(reader, &rekey))
	{
		return FALSE;
	}
	*restored = policy->get_rekey(policy) == NULL;
	if (rekey && !restore_rekey(reader, policy, now, restored))
	{
		return FALSE;
	}
	if (!reader->read_uint16(reader, &count) || count > SAS_MAX)
	{
		return FALSE;
	}
	for (i = 0; i < count; i++)
	{
		if (!restore_sa(reader, policy, now))
		{
			return FALSE;
		}
	}
	return !reader->remaining(reader);
}

/*
 * Described in header
 */
bool gkm_state_decode(chunk_t record, gkm_policy_t *policy, time_t now,
					  gkm_state_tree_t *tree, bool *rekey, gkm_error_t *err)
{
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(record);
	success = decode(reader, policy, now, tree, rekey) ||
			  gkm_fail(err, "record of SAs is malformed, %u octets before its "
					   "end", reader->remaining(reader));
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
chunk_t gkm_state_member_key(id_type_t type, chunk_t encoding)
{
	uint8_t byte = type;

	return chunk_cat("cc", chunk_from_thing(byte), encoding);
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
	writer->write_uint8(writer, RECORD_VERSION);
	writer->write_uint8(writer, member->sender_id_count);
	for (i = 0; i < member->sender_id_count; i++)
	{
		writer->write_uint32(writer, member->sender_ids[i]);
	}
	writer->write_data8(writer, chunk_create(member->address,
									member->family == AF_INET ? 4 : 16));
	writer->write_uint16(writer, member->port);
	write_time(writer, member->registered);
	write_time(writer, member->expires);
	writer->write_uint32(writer, member->slot);
	writer->write_uint8(writer, member->ike_sa_id != 0);
	writer->write_uint8(writer, member->fragmentation);
	writer->write_uint32(writer, member->registrations);
	writer->write_uint8(writer, member->sender);
	record = writer->extract_buf(writer);
	writer->destroy(writer);
	return record;
}

/**
 * Read a member into one that has its identity, and room for sender IDs
 */
static bool read_member(bio_reader_t *reader, gkm_member_t *member)
{
	bool inband;
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
		!read_time(reader, &member->registered) ||
		!read_time(reader, &member->expires) ||
		!reader->read_uint32(reader, &member->slot) ||
		!read_bool(reader, &inband) ||
		!read_bool(reader, &member->fragmentation) ||
		!reader->read_uint32(reader, &member->registrations) ||
		!read_bool(reader, &member->sender))
	{
		return FALSE;
	}
	member->family = addr.len == 4 ? AF_INET : AF_INET6;
	memcpy(member->address, addr.ptr, addr.len);
	/* whatever IKE_SA that was, it is gone */
	member->ike_sa_id = inband ? UINT32_MAX : 0;
	return !reader->remaining(reader);
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
	if (key.len && reader->read_uint8(reader, &version) &&
		version == RECORD_VERSION && reader->read_uint8(reader, &ids))
	{
		member = gkm_member_create(key.ptr[0], chunk_skip(key, 1), ids);
		if (!read_member(reader, member))
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

/*
 * Described in header
 */
chunk_t gkm_state_node_key(gkm_key_tree_node_t *node)
{
	uint32_t place[] = { htonl(node->level), htonl(node->index) };

	return chunk_clone(chunk_from_thing(place));
}

/*
 * Described in header
 */
chunk_t gkm_state_encode_node(gkm_key_tree_node_t *node)
{
	uint32_t id = htonl(node->kwk.id);

	return node->kwk.key.len ? chunk_cat("cc", chunk_from_thing(id),
										 node->kwk.key) : chunk_empty;
}

/*
 * Described in header
 */
bool gkm_state_decode_node(chunk_t key, chunk_t record,
						   gkm_key_tree_node_t *node, gkm_error_t *err)
{
	if (key.len != 2 * sizeof(uint32_t) || record.len <= sizeof(uint32_t))
	{
		return gkm_fail(err, "record of a node of the key tree is malformed");
	}
	node->level = untoh32(key.ptr);
	node->index = untoh32(key.ptr + sizeof(uint32_t));
	node->kwk.id = untoh32(record.ptr);
	node->kwk.key = chunk_skip(record, sizeof(uint32_t));
	return TRUE;
}
