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


#include "gdoi_lkh_array.h"
#include "gdoi_algs.h"
#include "gdoi_kek.h"

#include <bio/bio_reader.h>

#include "../keys/gkm_keymat.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  LKH Version  |         Number of LKH Keys    |   RESERVED    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  \
 *  |            LKH ID             |           RESERVED2           |   update
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   arrays
 *  |                          Key Handle                           |   only
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  /
 *  ~                           LKH Keys                            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |            LKH ID             |   Key Type    |   RESERVED    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                       Key Creation Date                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                      Key Expiration Date                      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                          Key Handle                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                           Key Data                            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 5.6.3.1 and 5.6.3.2. Dates are 0 for none. Key Data has no length:
 * that follows from the algorithm of the rekey SA, which has to be that of all
 * keys. In update arrays it is encrypted, and padded to the size of a block.
 */

/*
 * Described in header
 */
bool gdoi_lkh_layout_init(gdoi_lkh_layout_t *this, gkm_rekey_sa_t *sa,
						  gkm_error_t *err)
{
	uint16_t bits;

	*this = (gdoi_lkh_layout_t){
		.proposal = sa->proposal,
	};
	if (!gdoi_kek_from_proposal(sa->proposal, &this->type, &bits, err))
	{
		return FALSE;
	}
	this->iv = this->type == GDOI_KEK_3DES ? 8 : 16;
	this->plain = gkm_keymat_len(sa->proposal);
	this->key = this->plain - this->iv;
	this->sealed = round_up(this->plain, this->iv);
	return TRUE;
}

/**
 * Read version and number of keys
 *
 * @param array		receives the key that encrypts the first if update is set
 */
static bool parse_header(bio_reader_t *reader, bool update,
						 gdoi_lkh_array_t *array, uint16_t *count)
{
	uint8_t version, reserved;
	uint16_t reserved2;

	return reader->read_uint8(reader, &version) &&
		   version == GDOI_LKH_VERSION &&
		   reader->read_uint16(reader, count) &&
		   reader->read_uint8(reader, &reserved) &&
		  (!update ||
		   (reader->read_uint16(reader, &array->node) &&
			reader->read_uint16(reader, &reserved2) &&
			reader->read_uint32(reader, &array->handle)));
}

/**
 * Read a key
 *
 * @param len		octets in its Key Data
 */
static bool parse_key(bio_reader_t *reader, gdoi_lkh_layout_t *layout,
					  size_t len, gdoi_lkh_key_t *key, gkm_error_t *err)
{
	uint32_t creation, expiration;
	uint8_t type, reserved;

	if (!reader->read_uint16(reader, &key->node) ||
		!reader->read_uint8(reader, &type) ||
		!reader->read_uint8(reader, &reserved) ||
		!reader->read_uint32(reader, &creation) ||
		!reader->read_uint32(reader, &expiration) ||
		!reader->read_uint32(reader, &key->handle) ||
		!reader->read_data(reader, len, &key->data))
	{
		return gkm_fail(err, "array of LKH keys: incomplete key");
	}
	return type == layout->type ||
		   gkm_fail(err, "array of LKH keys: key %u is of type %u instead of "
					"%u", key->node, type, layout->type);
}

/**
 * Read all there is
 */
static bool parse(bio_reader_t *reader, gdoi_lkh_layout_t *layout, bool update,
				  gdoi_lkh_array_t *array, gkm_error_t *err)
{
	size_t len = update ? layout->sealed : layout->plain;
	gdoi_lkh_key_t key;
	uint16_t count;

	if (!parse_header(reader, update, array, &count))
	{
		return gkm_fail(err, "array of LKH keys: incomplete, or of another "
						"version");
	}
	if (!count || count > GDOI_LKH_KEYS_MAX)
	{
		return gkm_fail(err, "array of LKH keys: %u keys", count);
	}
	while (count--)
	{
		if (!parse_key(reader, layout, len, &key, err))
		{
			return FALSE;
		}
		array_insert(array->keys, ARRAY_TAIL, &key);
	}
	return !reader->remaining(reader) ||
		   gkm_fail(err, "array of LKH keys: %u octets after the last key",
					reader->remaining(reader));
}

/*
 * Described in header
 */
bool gdoi_lkh_array_parse(chunk_t data, gdoi_lkh_layout_t *layout, bool update,
						  gdoi_lkh_array_t *array, gkm_error_t *err)
{
	bio_reader_t *reader;
	bool success;

	*array = (gdoi_lkh_array_t){
		.keys = array_create(sizeof(gdoi_lkh_key_t), 0),
	};
	reader = bio_reader_create(data);
	success = parse(reader, layout, update, array, err);
	reader->destroy(reader);
	return success;
}

/*
 * Described in header
 */
void gdoi_lkh_header_build(bio_writer_t *writer, uint16_t count,
						   gkm_kwk_t *kwk)
{
	writer->write_uint8(writer, GDOI_LKH_VERSION);
	writer->write_uint16(writer, count);
	writer->write_uint8(writer, 0);
	if (kwk)
	{
		writer->write_uint16(writer, kwk->node);
		writer->write_uint16(writer, 0);
		writer->write_uint32(writer, kwk->id);
	}
}

/*
 * Described in header
 */
void gdoi_lkh_key_build(bio_writer_t *writer, gdoi_lkh_layout_t *layout,
						uint16_t node, uint32_t handle)
{
	writer->write_uint16(writer, node);
	writer->write_uint8(writer, layout->type);
	writer->write_uint8(writer, 0);
	writer->write_uint32(writer, 0);
	writer->write_uint32(writer, 0);
	writer->write_uint32(writer, handle);
}

/*
 * Described in header
 */
uint32_t gdoi_lkh_root_handle(gkm_rekey_sa_t *sa)
{
	return untoh32(sa->spi);
}

/*
 * Described in header
 */
bool gdoi_lkh_check_root(gkm_rekey_sa_t *sa, gdoi_lkh_layout_t *layout,
						 gkm_error_t *err)
{
	return sa->key.len == layout->plain ||
		   gkm_fail(err, "key of the rekey SA of %zu octets instead of %zu",
					sa->key.len, layout->plain);
}

/*
 * Described in header
 */
bool gdoi_lkh_check_kwk(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout,
						gkm_error_t *err)
{
	chunk_t iv = gdoi_lkh_get_iv(kwk, layout);

	return (kwk->key.len == layout->key && iv.len == layout->iv) ||
		   gkm_fail(err, "key of the key tree of %zu octets with an IV of %zu "
					"instead of %zu with %zu", kwk->key.len, iv.len,
					layout->key, layout->iv);
}

/*
 * Described in header
 */
chunk_t gdoi_lkh_get_iv(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout)
{
	static u_char zero[GDOI_LKH_DATA_MAX];

	return kwk->iv.len ? kwk->iv : chunk_create(zero, layout->iv);
}

/*
 * Described in header
 */
int gdoi_lkh_find_node(array_t *path, uint16_t node)
{
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(path, i, &kwk); i++)
	{
		if (kwk->node == node)
		{
			return i;
		}
	}
	return -1;
}

/*
 * Described in header
 */
gkm_kwk_t *gdoi_lkh_create_kwk(gdoi_lkh_key_t *key, chunk_t plain,
							   gdoi_lkh_layout_t *layout)
{
	gkm_kwk_t *kwk;

	kwk = gkm_kwk_create(key->handle, chunk_create(plain.ptr + layout->iv,
												   layout->key));
	kwk->node = key->node;
	kwk->iv = chunk_clone(chunk_create(plain.ptr, layout->iv));
	return kwk;
}

/*
 * Described in header
 */
bool gdoi_lkh_crypt(gkm_kwk_t *kwk, gdoi_lkh_layout_t *layout, bool encrypt,
					chunk_t data, gkm_error_t *err)
{
	gkm_rekey_sa_t sa = {
		.proposal = layout->proposal,
	};
	gdoi_kek_t *kek;
	bool success;

	if (!gdoi_lkh_check_kwk(kwk, layout, err))
	{
		return FALSE;
	}
	sa.key = chunk_cata("cc", gdoi_lkh_get_iv(kwk, layout), kwk->key);
	kek = gdoi_kek_create(&sa, err);
	memwipe(sa.key.ptr, sa.key.len);
	if (!kek)
	{
		return FALSE;
	}
	success = encrypt ? gdoi_kek_encrypt(kek, data)
					  : gdoi_kek_decrypt(kek, data);
	gdoi_kek_destroy(kek);
	return success || gkm_fail(err, "keys of the key tree can't be %scrypted",
							   encrypt ? "en" : "de");
}
