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
#include "gdoi_sig.h"
#include "gdoi_sig_key.h"

#include "../keys/gkm_keymat.h"

/** Bits in a sender ID at most */
#define SENDER_ID_BITS_MAX 32

/**
 * A payload that is read
 */
typedef struct {

	/** gets keys */
	gkm_download_t *download;

	/** GROUPKEY-PUSH: path of this member, may be NULL, and where to note that
	 *  it is excluded */
	array_t *held;
	bool push;
	bool excluded;

	/** key in the KEK packet, and in the LKH packet, borrowed; which there is
	 *  one of at most each (RFC 6407, 5.6) */
	bool has_kek;
	bool has_lkh;
	chunk_t kek;

	/** LKH packet: LKH_DOWNLOAD_ARRAY, and LKH_UPDATE_ARRAYs as chunk_t by
	 *  value, borrowed */
	chunk_t download_array;
	array_t *update_arrays;

	/** SIG_ALGORITHM_KEY, borrowed */
	chunk_t sig_key;

	/** where to note the reason for failure */
	gkm_error_t *err;
} kd_t;

/**
 * Note the key that rekeys are to be checked with, which may be in the KEK
 * and the LKH packet
 */
static bool note_sig_key(kd_t *this, chunk_t data)
{
	if (!data.len || (this->sig_key.len && !chunk_equals(this->sig_key, data)))
	{
		return gkm_fail(this->err, "KD payload: %s SIG_ALGORITHM_KEY",
						data.len ? "different" : "empty");
	}
	this->sig_key = data;
	return TRUE;
}

/**
 * Set the key of a data SA, each part of which has to be of the right length
 */
static bool set_tek(kd_t *this, gkm_data_sa_t *sa, chunk_t encr, chunk_t integ)
{
	gkm_error_t reason = {};
	gkm_data_keys_t keys;

	if (sa->key.len)
	{
		return gkm_fail(this->err, "KD payload: second key of SA 0x%.8x",
						ntohl(sa->spi));
	}
	sa->key = chunk_cat("cc", encr, integ);
	if (!gkm_keymat_split_data(sa->proposal, sa->key, &keys, &reason))
	{
		return gkm_fail(this->err, "KD payload: SA 0x%.8x: %s", ntohl(sa->spi),
						reason.text);
	}
	return keys.encr.len == encr.len ||
		   gkm_fail(this->err, "KD payload: SA 0x%.8x: encryption key of %zu "
					"octets instead of %zu", ntohl(sa->spi), encr.len,
					keys.encr.len);
}

/**
 * Find the data SA that a key packet is for
 */
static gkm_data_sa_t *find_sa(kd_t *this, chunk_t spi)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(this->download->sas, i, &sa); i++)
	{
		if (chunk_equals(chunk_from_thing(sa->spi), spi))
		{
			return sa;
		}
	}
	return NULL;
}

/**
 * Note that an attribute of a key packet is of no use
 */
static bool refuse(kd_t *this, gdoi_key_packet_t *packet,
				   gdoi_attribute_t *attribute)
{
	return gkm_fail(this->err, "KD payload: attribute %u in key packet of type "
					"%u is unknown, or comes again", attribute->type,
					packet->type);
}

/**
 * Read the key packet of a data SA (5.6.1)
 */
static bool parse_tek(kd_t *this, gdoi_key_packet_t *packet)
{
	chunk_t encr = chunk_empty, integ = chunk_empty;
	gkm_data_sa_t *sa = find_sa(this, packet->spi);
	gdoi_attribute_t attribute;
	int i;

	if (!sa)
	{
		return gkm_fail(this->err, "KD payload: key without SA");
	}
	for (i = 0; array_get(packet->attributes, i, &attribute); i++)
	{
		if (!gdoi_attribute_is_first(packet->attributes, i))
		{
			return refuse(this, packet, &attribute);
		}
		switch (attribute.type)
		{
			case GDOI_TEK_ALGORITHM_KEY:
				encr = attribute.data;
				break;
			case GDOI_TEK_INTEGRITY_KEY:
				integ = attribute.data;
				break;
			default:
				return refuse(this, packet, &attribute);
		}
	}
	return set_tek(this, sa, encr, integ);
}

/**
 * Check that a key packet is for the rekey SA, and the only one of its kind
 */
static bool check_rekey(kd_t *this, gdoi_key_packet_t *packet, bool *seen)
{
	gkm_rekey_sa_t *sa = this->download->rekey;

	if (*seen)
	{
		return gkm_fail(this->err, "KD payload: second key packet of type %u",
						packet->type);
	}
	*seen = TRUE;
	return (sa && chunk_equals(packet->spi, chunk_from_thing(sa->spi))) ||
		   gkm_fail(this->err, "KD payload: rekey key without SA");
}

/**
 * Read the key packet of the rekey SA (5.6.2), or that of the key tree (5.6.3)
 */
static bool parse_rekey(kd_t *this, gdoi_key_packet_t *packet)
{
	bool lkh = packet->type == GDOI_KD_LKH;
	uint16_t key = lkh ? GDOI_LKH_DOWNLOAD_ARRAY : GDOI_KEK_ALGORITHM_KEY;
	uint16_t sig_key = lkh ? GDOI_LKH_SIG_ALGORITHM_KEY
						   : GDOI_KEK_SIG_ALGORITHM_KEY;
	gdoi_attribute_t attribute;
	int i;

	if (!check_rekey(this, packet, lkh ? &this->has_lkh : &this->has_kek))
	{
		return FALSE;
	}
	for (i = 0; array_get(packet->attributes, i, &attribute); i++)
	{
		if (lkh && this->push && attribute.type == GDOI_LKH_UPDATE_ARRAY)
		{	/* the only one that may come again */
			array_insert(this->update_arrays, ARRAY_TAIL, &attribute.data);
		}
		else if (!gdoi_attribute_is_first(packet->attributes, i) ||
				 (attribute.type != key && attribute.type != sig_key))
		{
			return refuse(this, packet, &attribute);
		}
		else if (attribute.type == key)
		{
			*(lkh ? &this->download_array : &this->kek) = attribute.data;
		}
		else if (!note_sig_key(this, attribute.data))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Add a sender ID
 */
static bool add_sender_id(kd_t *this, gdoi_attribute_t *attribute)
{
	gkm_download_t *download = this->download;
	uint32_t id, *copy;

	if (!gdoi_attribute_number(attribute, &id) ||
		(uint64_t)id >> download->sender_id_bits)
	{
		return gkm_fail(this->err, "KD payload: sender ID that hasn't %u bits",
						download->sender_id_bits);
	}
	if (array_count(download->sender_ids) == GDOI_SENDER_IDS_MAX)
	{
		return gkm_fail(this->err, "KD payload: more than %u sender IDs",
						GDOI_SENDER_IDS_MAX);
	}
	copy = malloc_thing(uint32_t);
	*copy = id;
	array_insert(download->sender_ids, ARRAY_TAIL, copy);
	return TRUE;
}

/**
 * Read the key packet of sender IDs (5.6.4)
 */
static bool parse_sid(kd_t *this, gdoi_key_packet_t *packet)
{
	gkm_download_t *download = this->download;
	gdoi_attribute_t attribute;
	uint32_t bits = 0;
	int i;

	if (this->push || packet->spi.len || download->sender_id_bits)
	{
		return gkm_fail(this->err, "KD payload: sender IDs %s", this->push ?
						"in GROUPKEY-PUSH" : "with an SPI, or again");
	}
	for (i = 0; array_get(packet->attributes, i, &attribute); i++)
	{
		if (attribute.type == GDOI_NUMBER_OF_SID_BITS)
		{
			if (bits || !gdoi_attribute_number(&attribute, &bits))
			{
				return refuse(this, packet, &attribute);
			}
		}
		else if (attribute.type != GDOI_SID_VALUE)
		{
			return refuse(this, packet, &attribute);
		}
	}
	if (!bits || bits > SENDER_ID_BITS_MAX)
	{
		return gkm_fail(this->err, "KD payload: sender IDs of %u bits", bits);
	}
	download->sender_id_bits = bits;
	for (i = 0; array_get(packet->attributes, i, &attribute); i++)
	{
		if (attribute.type == GDOI_SID_VALUE &&
			!add_sender_id(this, &attribute))
		{
			return FALSE;
		}
	}
	return array_count(download->sender_ids) ||
		   gkm_fail(this->err, "KD payload: packet without sender IDs");
}

/**
 * Read a key packet
 */
static bool parse_packet(kd_t *this, gdoi_key_packet_t *packet)
{
	switch (packet->type)
	{
		case GDOI_KD_TEK:
			return parse_tek(this, packet);
		case GDOI_KD_KEK:
		case GDOI_KD_LKH:
			return parse_rekey(this, packet);
		case GDOI_KD_SID:
			return parse_sid(this, packet);
		default:
			return gkm_fail(this->err, "KD payload: key packet of type %u",
							packet->type);
	}
}

/**
 * Read all key packets
 */
static bool parse_packets(kd_t *this, chunk_t body)
{
	uint16_t count = 0, reserved;
	gdoi_key_packet_t packet;
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(body);
	success = (reader->read_uint16(reader, &count) &&
			   reader->read_uint16(reader, &reserved)) ||
			  gkm_fail(this->err, "KD payload: incomplete");
	while (success && count--)
	{
		success = gdoi_key_packet_parse(reader, &packet, this->err) &&
				  parse_packet(this, &packet);
		gdoi_key_packet_clear(&packet);
	}
	if (success && reader->remaining(reader))
	{
		success = gkm_fail(this->err, "KD payload: %u octets after the last "
						   "key packet", reader->remaining(reader));
	}
	reader->destroy(reader);
	return success;
}

/**
 * Set the key of the rekey SA from the KEK packet
 */
static bool set_kek(kd_t *this)
{
	gkm_rekey_sa_t *sa = this->download->rekey;
	gkm_error_t reason = {};
	gkm_kek_keys_t keys;

	if (sa->key.len && !chunk_equals_const(sa->key, this->kek))
	{
		return gkm_fail(this->err, "KD payload: two keys of the rekey SA");
	}
	if (!gkm_keymat_split_kek(sa->proposal, this->kek, &keys, &reason))
	{
		return gkm_fail(this->err, "KD payload: rekey SA: %s", reason.text);
	}
	chunk_clear(&sa->key);
	sa->key = chunk_clone(this->kek);
	return TRUE;
}

/**
 * Set the key of the rekey SA, from whatever brought it, and the path
 */
static bool set_rekey_key(kd_t *this)
{
	gkm_rekey_sa_t *sa = this->download->rekey;
	bool updates = array_count(this->update_arrays);

	if (this->download_array.len && updates)
	{
		return gkm_fail(this->err, "KD payload: LKH_DOWNLOAD_ARRAY and "
						"LKH_UPDATE_ARRAY");
	}
	if (this->download_array.len &&
		!gdoi_lkh_parse_download(this->download_array, sa,
								 this->download->path, this->err))
	{
		return FALSE;
	}
	if (updates &&
		!gdoi_lkh_parse_updates(this->update_arrays, sa, this->held,
								this->download->path, &this->excluded,
								this->err))
	{
		return FALSE;
	}
	if (this->kek.len && !set_kek(this))
	{
		return FALSE;
	}
	this->excluded = updates && !sa->key.len;
	return sa->key.len || this->excluded ||
		   gkm_fail(this->err, "KD payload: no key of the rekey SA");
}

/**
 * Set the key that rekeys are to be checked with
 */
static bool set_auth_key(kd_t *this)
{
	gkm_rekey_sa_t *sa = this->download->rekey;
	gkm_error_t reason = {};
	gdoi_sig_t *sig;

	if (!this->sig_key.len)
	{
		return this->push ||
			   gkm_fail(this->err, "KD payload: no SIG_ALGORITHM_KEY");
	}
	if (!gdoi_sig_key_from_wire(this->sig_key, &sa->auth_key, this->err))
	{
		return FALSE;
	}
	sig = gdoi_sig_create(sa->sig_alg, sa->auth_key, &reason);
	gdoi_sig_destroy(sig);
	return sig || gkm_fail(this->err, "KD payload: rekey SA: %s", reason.text);
}

/**
 * Check that each data SA has its key
 */
static bool check_teks(kd_t *this)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(this->download->sas, i, &sa); i++)
	{
		if (!sa->key.len)
		{
			return gkm_fail(this->err, "KD payload: no key of SA 0x%.8x",
							ntohl(sa->spi));
		}
	}
	return TRUE;
}

/**
 * Read a payload
 */
static bool parse(kd_t *this, chunk_t body)
{
	bool success;

	this->update_arrays = array_create(sizeof(chunk_t), 0);
	success = parse_packets(this, body) && check_teks(this);
	if (success && this->download->rekey)
	{
		success = set_rekey_key(this) && set_auth_key(this);
	}
	array_destroy(this->update_arrays);
	return success;
}

/*
 * Described in header
 */
bool gdoi_kd_parse(gkm_download_t *download, chunk_t body, bool sender,
				   gkm_error_t *err)
{
	kd_t this = {
		.download = download,
		.err = err,
	};

	if (!parse(&this, body))
	{
		return FALSE;
	}
	return !sender || array_count(download->sender_ids) ||
		   !gkm_download_has_counter_mode(download) ||
		   gkm_fail(err, "KD payload: no sender IDs, which a counter mode "
					"takes to send");
}

/*
 * Described in header
 */
bool gdoi_kd_parse_update(gkm_update_t *update, chunk_t body, array_t *path,
						  gkm_error_t *err)
{
	kd_t this = {
		.download = update->download,
		.held = path,
		.push = TRUE,
		.err = err,
	};

	if (!parse(&this, body))
	{
		return FALSE;
	}
	update->excluded = this.excluded;
	return TRUE;
}
