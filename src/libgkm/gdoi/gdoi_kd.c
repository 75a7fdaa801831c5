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


#include "gdoi_kd.h"
#include "gdoi_key_packet.h"
#include "gdoi_lkh.h"
#include "gdoi_sig_key.h"

#include "../group/gkm_algs.h"
#include "../keys/gkm_keymat.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    Number of Key Packets      |            RESERVED2          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                    Key Packets, see gdoi_key_packet.c         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.6, without the generic payload header.
 *
 * The key of a rekey SA comes in a KEK packet, or, if there is a key tree, in
 * an LKH packet: as the last of the array.
 */

/** Octets before the key packets */
#define HEADER_LEN 4

/** Octets in the body at most */
#define BODY_MAX (UINT16_MAX - GDOI_GENERIC_LEN)

/**
 * Add a packet to a list
 *
 * @param attributes	its attributes, destroyed
 */
static bool add_packet(array_t *packets, gdoi_kd_type_t type, chunk_t spi,
					   bio_writer_t *attributes, gkm_error_t *err)
{
	chunk_t packet;

	packet = gdoi_key_packet_build(type, spi, attributes, err);
	attributes->destroy(attributes);
	if (!packet.len)
	{
		return FALSE;
	}
	array_insert(packets, ARRAY_TAIL, &packet);
	return TRUE;
}

/**
 * Write the key of a data SA
 */
static bool add_tek(array_t *packets, gkm_data_sa_t *sa, gkm_error_t *err)
{
	gkm_data_keys_t keys;
	bio_writer_t *writer;

	if (!gkm_keymat_split_data(sa->proposal, sa->key, &keys, err))
	{
		return FALSE;
	}
	writer = bio_writer_create(sa->key.len + 2 * GDOI_ATTRIBUTE_LEN);
	if (keys.encr.len)
	{
		gdoi_attribute_variable(writer, GDOI_TEK_ALGORITHM_KEY, keys.encr);
	}
	if (keys.integ.len)
	{
		gdoi_attribute_variable(writer, GDOI_TEK_INTEGRITY_KEY, keys.integ);
	}
	return add_packet(packets, GDOI_KD_TEK, chunk_from_thing(sa->spi), writer,
					  err);
}

/**
 * Write the key of a rekey SA
 */
static bool add_kek(array_t *packets, gkm_rekey_sa_t *sa,
					gdoi_format_t *format, gkm_error_t *err)
{
	chunk_t sig = gdoi_sig_key_to_wire(sa->auth_key, format->pkcs1_key);
	gkm_kek_keys_t keys;
	bio_writer_t *writer;

	if (!gkm_keymat_split_kek(sa->proposal, sa->key, &keys, err))
	{
		return FALSE;
	}
	writer = bio_writer_create(sa->key.len + sig.len + 2 * GDOI_ATTRIBUTE_LEN);
	gdoi_attribute_variable(writer, GDOI_KEK_ALGORITHM_KEY, sa->key);
	gdoi_attribute_variable(writer, GDOI_KEK_SIG_ALGORITHM_KEY, sig);
	return add_packet(packets, GDOI_KD_KEK, chunk_from_thing(sa->spi), writer,
					  err);
}

/**
 * Write arrays of keys of the key tree
 */
static bool add_lkh(array_t *packets, gkm_rekey_sa_t *sa,
					gdoi_format_t *format, gdoi_lkh_attribute_t type,
					array_t *arrays, gkm_error_t *err)
{
	chunk_t sig = gdoi_sig_key_to_wire(sa->auth_key, format->pkcs1_key), data;
	size_t len = sig.len + GDOI_ATTRIBUTE_LEN;
	bio_writer_t *writer;
	int i;

	for (i = 0; array_get(arrays, i, &data); i++)
	{
		len += data.len + GDOI_ATTRIBUTE_LEN;
	}
	writer = bio_writer_create(len);
	for (i = 0; array_get(arrays, i, &data); i++)
	{
		gdoi_attribute_variable(writer, type, data);
	}
	gdoi_attribute_variable(writer, GDOI_LKH_SIG_ALGORITHM_KEY, sig);
	return add_packet(packets, GDOI_KD_LKH, chunk_from_thing(sa->spi), writer,
					  err);
}

CALLBACK(clear_data, void,
	chunk_t *data, int idx, void *user)
{
	chunk_clear(data);
}

/**
 * Write a member's path through the key tree
 */
static bool add_path(array_t *packets, gkm_download_t *download,
					 gdoi_format_t *format, gkm_error_t *err)
{
	array_t *arrays;
	chunk_t data;
	bool success;

	if (!gdoi_lkh_build_download(download->rekey, download->path, &data, err))
	{
		return FALSE;
	}
	arrays = array_create(sizeof(chunk_t), 1);
	array_insert(arrays, ARRAY_TAIL, &data);
	success = add_lkh(packets, download->rekey, format,
					  GDOI_LKH_DOWNLOAD_ARRAY, arrays, err);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	return success;
}

/**
 * Write new keys of the key tree
 */
static bool add_updates(array_t *packets, gkm_update_t *update,
						gdoi_format_t *format, gkm_error_t *err)
{
	array_t *arrays;
	bool success;

	if (array_count(update->download->sas))
	{	/* members that are to be excluded could read their keys (RFC 6407,
		 * 7.3.1) */
		return gkm_fail(err, "data SAs in a rekey that excludes members");
	}
	arrays = array_create(sizeof(chunk_t), 0);
	success = gdoi_lkh_build_updates(update, BODY_MAX, arrays, err) &&
			  add_lkh(packets, update->download->rekey, format,
					  GDOI_LKH_UPDATE_ARRAY, arrays, err);
	array_destroy_function(arrays, (void*)clear_data, NULL);
	return success;
}

/**
 * Write sender IDs, each in as many octets as it takes
 */
static bool add_sender_ids(array_t *packets, gkm_download_t *download,
						   gkm_error_t *err)
{
	uint16_t bits = download->sender_id_bits;
	size_t len = (bits + 7) / 8;
	bio_writer_t *writer;
	uint32_t *id, value;
	int i;

	if (!bits || bits > 32)
	{
		return gkm_fail(err, "sender IDs of %u bits", bits);
	}
	writer = bio_writer_create(64);
	gdoi_attribute_basic(writer, GDOI_NUMBER_OF_SID_BITS, bits);
	for (i = 0; array_get(download->sender_ids, i, &id); i++)
	{
		value = htonl(*id);
		gdoi_attribute_variable(writer, GDOI_SID_VALUE,
					chunk_skip(chunk_from_thing(value), sizeof(value) - len));
	}
	return add_packet(packets, GDOI_KD_SID, chunk_empty, writer, err);
}

/**
 * Write packets of all data SAs
 */
static bool add_teks(array_t *packets, gkm_download_t *download,
					 gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (!add_tek(packets, sa, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Write the payload around key packets
 */
static bool build_body(array_t *packets, chunk_t *body, gkm_error_t *err)
{
	size_t len = HEADER_LEN;
	bio_writer_t *writer;
	chunk_t packet;
	int i;

	for (i = 0; array_get(packets, i, &packet); i++)
	{
		len += packet.len;
	}
	if (len > BODY_MAX)
	{
		return gkm_fail(err, "KD payload of %zu octets", len);
	}
	/* of the size that it gets: keys aren't left in buffers */
	writer = bio_writer_create(len);
	writer->write_uint16(writer, array_count(packets));
	writer->write_uint16(writer, 0);
	for (i = 0; array_get(packets, i, &packet); i++)
	{
		writer->write_data(writer, packet);
	}
	*body = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_kd_build(gkm_download_t *download, gdoi_format_t *format,
				   chunk_t *body, gkm_error_t *err)
{
	bool success = TRUE;
	array_t *packets;

	packets = array_create(sizeof(chunk_t), 0);
	if (download->rekey)
	{
		success = array_count(download->path) ?
					add_path(packets, download, format, err) :
					add_kek(packets, download->rekey, format, err);
	}
	success = success && add_teks(packets, download, err);
	if (success && array_count(download->sender_ids))
	{
		success = add_sender_ids(packets, download, err);
	}
	success = success && build_body(packets, body, err);
	array_destroy_function(packets, (void*)clear_data, NULL);
	return success;
}

/*
 * Described in header
 */
bool gdoi_kd_build_update(gkm_update_t *update, gdoi_format_t *format,
						  chunk_t *body, gkm_error_t *err)
{
	gkm_download_t *download = update->download;
	bool success = TRUE;
	array_t *packets;

	packets = array_create(sizeof(chunk_t), 0);
	if (download->rekey)
	{
		success = array_count(update->kwks) ?
					add_updates(packets, update, format, err) :
					add_kek(packets, download->rekey, format, err);
	}
	success = success && add_teks(packets, download, err) &&
			  build_body(packets, body, err);
	array_destroy_function(packets, (void*)clear_data, NULL);
	return success;
}
