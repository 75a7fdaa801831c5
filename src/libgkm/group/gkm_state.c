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
#include "gkm_state_fields.h"

/**
 * Write a text
 */
static void write_text(bio_writer_t *writer, char *text)
{
	writer->write_data16(writer, chunk_from_str(text));
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
	writer->write_data16(writer, data->oid);
	writer->write_data16(writer, data->oid_data);
	writer->write_uint8(writer, data->mode);
	write_text(writer, gkm_sa_maker_name(data->proposal, buf));
	writer->write_data8(writer, chunk_from_thing(data->spi));
	writer->write_data8(writer, chunk_from_thing(data->next_spi));
	writer->write_data16(writer, data->key);
	gkm_state_write_time(writer, sa->created);
	gkm_state_write_time(writer, sa->rekey);
	gkm_state_write_time(writer, sa->activates);
	gkm_state_write_time(writer, sa->expires);
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
	chunk_t oid, oid_data, text, spi, next_spi, key;
	uint8_t mode;

	data->src = read_ts(reader);
	if (!data->src)
	{
		return FALSE;
	}
	data->dst = read_ts(reader);
	if (!data->dst ||
		!reader->read_data16(reader, &oid) ||
		!reader->read_data16(reader, &oid_data) ||
		!reader->read_uint8(reader, &mode) ||
		!reader->read_data16(reader, &text) ||
		!reader->read_data8(reader, &spi) ||
		!reader->read_data8(reader, &next_spi) ||
		!reader->read_data16(reader, &key) ||
		!gkm_state_read_time(reader, &sa->created) ||
		!gkm_state_read_time(reader, &sa->rekey) ||
		!gkm_state_read_time(reader, &sa->activates) ||
		!gkm_state_read_time(reader, &sa->expires) ||
		!gkm_state_read_bool(reader, &sa->sent_on) ||
		spi.len != sizeof(data->spi) || next_spi.len != sizeof(data->next_spi))
	{
		return FALSE;
	}
	data->oid = chunk_clone(oid);
	data->oid_data = chunk_clone(oid_data);
	data->mode = mode;
	memcpy(&data->spi, spi.ptr, spi.len);
	memcpy(&data->next_spi, next_spi.ptr, next_spi.len);
	data->key = chunk_clone(key);
	*proposal = strndup(text.ptr, text.len);
	return TRUE;
}

/**
 * Read data SAs
 */
static bool read_sas(bio_reader_t *reader, gkm_policy_kept_t *kept)
{
	gkm_policy_kept_sa_t *read;
	uint16_t count;
	bool valid;

	valid = reader->read_uint16(reader, &count);
	kept->sas = array_create(0, 0);
	while (valid && count--)
	{
		INIT(read);
		INIT(read->sa,
			.sa = gkm_data_sa_create(),
		);
		array_insert(kept->sas, ARRAY_TAIL, read);
		valid = read_sa(reader, read->sa, &read->proposal);
	}
	return valid;
}

/**
 * Write a rekey SA
 */
static void write_rekey(bio_writer_t *writer, gkm_policy_rekey_t *rekey)
{
	gkm_rekey_sa_t *sa = rekey->sa;
	char buf[GKM_SA_MAKER_NAME_LEN];

	writer->write_data8(writer, chunk_from_thing(sa->spi));
	writer->write_uint8(writer, sa->has_next_spi);
	writer->write_data8(writer, chunk_from_thing(sa->next_spi));
	write_text(writer, gkm_sa_maker_name(sa->proposal, buf));
	write_ts(writer, sa->dst);
	writer->write_uint8(writer, sa->auth);
	writer->write_uint8(writer, sa->ack);
	writer->write_data16(writer, sa->sig_alg);
	writer->write_data16(writer, sa->auth_key);
	writer->write_data16(writer, sa->key);
	writer->write_uint32(writer, sa->message_id);
	gkm_state_write_time(writer, rekey->rekey);
	gkm_state_write_time(writer, rekey->expires);
}

/**
 * Read a rekey SA into one that is empty
 *
 * @param proposal	receives the name of its proposal, allocated
 */
static bool read_rekey(bio_reader_t *reader, gkm_policy_rekey_t *rekey,
					   char **proposal)
{
	gkm_rekey_sa_t *sa = rekey->sa;
	chunk_t spi, next_spi, text, sig_alg, auth_key, key;
	uint8_t auth, ack;

	if (!reader->read_data8(reader, &spi) ||
		!gkm_state_read_bool(reader, &sa->has_next_spi) ||
		!reader->read_data8(reader, &next_spi) ||
		!reader->read_data16(reader, &text) ||
		!(sa->dst = read_ts(reader)) ||
		!reader->read_uint8(reader, &auth) ||
		!reader->read_uint8(reader, &ack) ||
		!reader->read_data16(reader, &sig_alg) ||
		!reader->read_data16(reader, &auth_key) ||
		!reader->read_data16(reader, &key) ||
		!reader->read_uint32(reader, &sa->message_id) ||
		!gkm_state_read_time(reader, &rekey->rekey) ||
		!gkm_state_read_time(reader, &rekey->expires) ||
		spi.len != sizeof(sa->spi) || next_spi.len != sizeof(sa->next_spi))
	{
		return FALSE;
	}
	memcpy(sa->spi, spi.ptr, spi.len);
	memcpy(sa->next_spi, next_spi.ptr, next_spi.len);
	sa->auth = auth;
	sa->ack = ack;
	sa->sig_alg = chunk_clone(sig_alg);
	sa->auth_key = chunk_clone(auth_key);
	sa->key = chunk_clone(key);
	*proposal = strndup(text.ptr, text.len);
	return TRUE;
}

/**
 * Write the rekey SAs, each with the protocol it is for
 */
static void write_rekeys(bio_writer_t *writer, gkm_policy_t *policy)
{
	gkm_policy_rekey_t *rekey;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		rekey = policy->get_rekey(policy, i);
		writer->write_uint8(writer, rekey != NULL);
		if (rekey)
		{
			write_rekey(writer, rekey);
		}
	}
}

/**
 * Read the rekey SAs
 */
static bool read_rekeys(bio_reader_t *reader, gkm_policy_kept_t *kept)
{
	bool found;
	int i;

	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		if (!gkm_state_read_bool(reader, &found))
		{
			return FALSE;
		}
		if (found)
		{
			kept->rekeys[i].sa = gkm_rekey_sa_create();
			if (!read_rekey(reader, &kept->rekeys[i], &kept->proposals[i]))
			{
				return FALSE;
			}
		}
	}
	return TRUE;
}

/**
 * Write which rekeys there were
 */
static void write_pushes(bio_writer_t *writer, gkm_pushes_t *pushes)
{
	writer->write_uint32(writer, pushes->count);
	writer->write_data8(writer, chunk_from_thing(pushes->spi));
	writer->write_uint32(writer, pushes->seq);
}

/**
 * Read which rekeys there were
 */
static bool read_pushes(bio_reader_t *reader, gkm_pushes_t *pushes)
{
	chunk_t spi;

	if (!reader->read_uint32(reader, &pushes->count) ||
		!reader->read_data8(reader, &spi) || spi.len != sizeof(pushes->spi) ||
		!reader->read_uint32(reader, &pushes->seq))
	{
		return FALSE;
	}
	memcpy(pushes->spi, spi.ptr, spi.len);
	return TRUE;
}

/*
 * Described in header
 */
chunk_t gkm_state_encode(gkm_policy_t *policy, gkm_state_tree_t *tree)
{
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	bio_writer_t *writer;
	uint16_t count = 0;
	chunk_t record;
	int i;

	writer = bio_writer_create(1024);
	writer->write_uint8(writer, GKM_STATE_VERSION);
	writer->write_uint32(writer, tree->next_key);
	writer->write_uint8(writer, tree->degree);
	writer->write_uint8(writer, tree->stale);
	writer->write_uint32(writer, tree->d3p_window);
	write_pushes(writer, &tree->pushes);
	write_rekeys(writer, policy);
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
	writer->write_uint64(writer, tree->epoch);
	writer->write_uint64(writer, tree->lineage);
	writer->write_uint64(writer, tree->era);
	for (i = 0; i < countof(tree->ends); i++)
	{
		writer->write_uint32(writer, tree->ends[i]);
	}
	writer->write_uint8(writer, tree->sender_id_bits);
	writer->write_uint8(writer, tree->server);
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
		   gkm_state_read_bool(reader, &tree->stale) &&
		   reader->read_uint32(reader, &tree->d3p_window);
}

/**
 * Read what cooperative key servers have to know
 */
static bool read_coop(bio_reader_t *reader, gkm_state_tree_t *tree)
{
	bool valid;
	int i;

	valid = reader->read_uint64(reader, &tree->epoch) &&
			reader->read_uint64(reader, &tree->lineage) &&
			reader->read_uint64(reader, &tree->era);
	for (i = 0; valid && i < countof(tree->ends); i++)
	{
		valid = reader->read_uint32(reader, &tree->ends[i]);
	}
	return valid && reader->read_uint8(reader, &tree->sender_id_bits) &&
		   tree->sender_id_bits <= GKM_SENDER_ID_BITS_MAX &&
		   reader->read_uint8(reader, &tree->server) &&
		   tree->server <= GKM_COOP_SERVERS_MAX;
}

/**
 * Read all of a record
 */
static bool decode(bio_reader_t *reader, gkm_state_t *state)
{
	uint8_t version;

	return gkm_state_read_version(reader, &version) &&
		   read_tree(reader, &state->tree) &&
		   read_pushes(reader, &state->tree.pushes) &&
		   read_rekeys(reader, &state->kept) &&
		   read_sas(reader, &state->kept) &&
		   (version < 3 || read_coop(reader, &state->tree)) &&
		   !reader->remaining(reader);
}

/*
 * Described in header
 */
bool gkm_state_decode(chunk_t record, gkm_state_t *state, gkm_error_t *err)
{
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(record);
	success = decode(reader, state) ||
			  gkm_fail(err, "record of SAs is malformed, %u octets before its "
					   "end", reader->remaining(reader));
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
void gkm_state_clear(gkm_state_t *this)
{
	gkm_policy_kept_clear(&this->kept);
	*this = (gkm_state_t){};
}

/*
 * Described in header
 */
chunk_t gkm_state_node_key(gkm_key_tree_node_t *node)
{
	uint32_t place[] = {
		htonl(node->tree), htonl(node->level), htonl(node->index)
	};

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
	bool has_tree = key.len == 3 * sizeof(uint32_t);

	if ((!has_tree && key.len != 2 * sizeof(uint32_t)) ||
		(record.len && record.len <= sizeof(uint32_t)))
	{
		return gkm_fail(err, "record of a node of the key tree is malformed");
	}
	*node = (gkm_key_tree_node_t){};
	if (has_tree)
	{
		node->tree = untoh32(key.ptr);
		key = chunk_skip(key, sizeof(uint32_t));
	}
	node->level = untoh32(key.ptr);
	node->index = untoh32(key.ptr + sizeof(uint32_t));
	if (record.len)
	{
		node->kwk.id = untoh32(record.ptr);
		node->kwk.key = chunk_skip(record, sizeof(uint32_t));
	}
	return TRUE;
}
