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


#include "gdoi_lkh.h"
#include "gdoi_algs.h"

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <collections/hashtable.h>

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

/** Octets before the keys in a download array and an update array, and before
 *  Key Data in a key */
#define DOWNLOAD_HEADER_LEN 4
#define UPDATE_HEADER_LEN 12
#define KEY_HEADER_LEN 16

/** Octets in an IV at most */
#define IV_MAX 16

/** Octets in Key Data at most: IV, key of 256 bits */
#define KEY_DATA_MAX (IV_MAX + 32)

/**
 * What keys of an algorithm look like
 */
typedef struct {
	/** gdoi_kek_algorithm_t */
	uint16_t type;
	encryption_algorithm_t encr;
	/** octets */
	size_t iv;
	size_t key;
	/** octets in Key Data: IV and key, and the same encrypted */
	size_t plain;
	size_t sealed;
} layout_t;

/**
 * A key on the wire
 */
typedef struct {
	uint16_t node;
	uint32_t handle;
	chunk_t data;
} entry_t;

/**
 * Find out what keys look like under a rekey SA
 */
static bool get_layout(gkm_rekey_sa_t *sa, layout_t *layout, gkm_error_t *err)
{
	uint16_t bits;

	if (!gdoi_kek_from_proposal(sa->proposal, &layout->type, &bits, err))
	{
		return FALSE;
	}
	layout->encr = layout->type == GDOI_KEK_3DES ? ENCR_3DES : ENCR_AES_CBC;
	/* the size of a block as well */
	layout->iv = layout->type == GDOI_KEK_3DES ? 8 : 16;
	layout->plain = gkm_keymat_len(sa->proposal);
	layout->key = layout->plain - layout->iv;
	layout->sealed = round_up(layout->plain, layout->iv);
	return TRUE;
}

/**
 * Key Handle of the rekey SA's key: its SPI changes whenever it does
 */
static uint32_t root_handle(gkm_rekey_sa_t *sa)
{
	return untoh32(sa->spi);
}

/**
 * Write the header of a key
 */
static void build_key_header(bio_writer_t *writer, layout_t *layout,
							 uint16_t node, uint32_t handle)
{
	writer->write_uint16(writer, node);
	writer->write_uint8(writer, layout->type);
	writer->write_uint8(writer, 0);
	writer->write_uint32(writer, 0);
	writer->write_uint32(writer, 0);
	writer->write_uint32(writer, handle);
}

/**
 * Get the IV of a key
 */
static chunk_t get_iv(gkm_kwk_t *kwk, layout_t *layout)
{
	static u_char zero[IV_MAX];

	return kwk->iv.len ? kwk->iv : chunk_create(zero, layout->iv);
}

/**
 * Check that a key of the tree goes with the rekey SA
 */
static bool check_kwk(gkm_kwk_t *kwk, layout_t *layout, gkm_error_t *err)
{
	if (kwk->key.len != layout->key ||
		get_iv(kwk, layout).len != layout->iv)
	{
		return gkm_fail(err, "key of the key tree of %zu octets instead of %zu",
						kwk->key.len, layout->key);
	}
	return TRUE;
}

/**
 * Check that the rekey SA has a key
 */
static bool check_root(gkm_rekey_sa_t *sa, layout_t *layout, gkm_error_t *err)
{
	return sa->key.len == layout->plain ||
		   gkm_fail(err, "key of the rekey SA of %zu octets instead of %zu",
					sa->key.len, layout->plain);
}

/*
 * Described in header
 */
bool gdoi_lkh_build_download(gkm_rekey_sa_t *sa, array_t *path, chunk_t *data,
							 gkm_error_t *err)
{
	int count = array_count(path), i;
	bio_writer_t *writer;
	layout_t layout;
	gkm_kwk_t *kwk;

	if (!get_layout(sa, &layout, err) || !check_root(sa, &layout, err))
	{
		return FALSE;
	}
	if (count >= GDOI_LKH_KEYS_MAX)
	{
		return gkm_fail(err, "path of %d keys", count);
	}
	for (i = 0; array_get(path, i, &kwk); i++)
	{
		if (!check_kwk(kwk, &layout, err))
		{
			return FALSE;
		}
	}
	/* of the size that it gets: keys aren't left in buffers */
	writer = bio_writer_create(DOWNLOAD_HEADER_LEN +
							   (count + 1) * (KEY_HEADER_LEN + layout.plain));
	writer->write_uint8(writer, GDOI_LKH_VERSION);
	writer->write_uint16(writer, count + 1);
	writer->write_uint8(writer, 0);
	while (count--)
	{
		array_get(path, count, &kwk);
		build_key_header(writer, &layout, kwk->node, kwk->id);
		writer->write_data(writer, get_iv(kwk, &layout));
		writer->write_data(writer, kwk->key);
	}
	build_key_header(writer, &layout, GDOI_LKH_ROOT, root_handle(sa));
	writer->write_data(writer, sa->key);
	*data = writer->extract_buf(writer);
	writer->destroy(writer);
	return TRUE;
}

/**
 * Read version and number of keys
 */
static bool parse_header(bio_reader_t *reader, uint16_t *count,
						 gkm_error_t *err)
{
	uint8_t version, reserved;

	if (!reader->read_uint8(reader, &version) ||
		!reader->read_uint16(reader, count) ||
		!reader->read_uint8(reader, &reserved) || version != GDOI_LKH_VERSION)
	{
		return gkm_fail(err, "array of LKH keys: malformed, or another "
						"version");
	}
	return TRUE;
}

/**
 * Read all keys
 *
 * @param len		octets in their Key Data
 * @param entries	receives entry_t by value
 */
static bool parse_keys(bio_reader_t *reader, uint16_t count, layout_t *layout,
					   size_t len, array_t *entries, gkm_error_t *err)
{
	uint32_t creation, expiration;
	uint8_t type, reserved;
	entry_t entry;

	if (!count || count > GDOI_LKH_KEYS_MAX ||
		reader->remaining(reader) != count * (KEY_HEADER_LEN + len))
	{
		return gkm_fail(err, "array of %u LKH keys in %u octets", count,
						reader->remaining(reader));
	}
	while (count--)
	{
		reader->read_uint16(reader, &entry.node);
		reader->read_uint8(reader, &type);
		reader->read_uint8(reader, &reserved);
		reader->read_uint32(reader, &creation);
		reader->read_uint32(reader, &expiration);
		reader->read_uint32(reader, &entry.handle);
		reader->read_data(reader, len, &entry.data);
		if (type != layout->type)
		{
			return gkm_fail(err, "LKH key %u of type %u instead of %u",
							entry.node, type, layout->type);
		}
		array_insert(entries, ARRAY_TAIL, &entry);
	}
	return TRUE;
}

/**
 * Find a node in a path, return its index or -1
 */
static int find_node(array_t *path, uint16_t node)
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

/**
 * Make a key of the tree from Key Data
 */
static gkm_kwk_t *create_kwk(entry_t *entry, chunk_t plain, layout_t *layout)
{
	gkm_kwk_t *kwk;

	kwk = gkm_kwk_create(entry->handle, chunk_create(plain.ptr + layout->iv,
													 layout->key));
	kwk->node = entry->node;
	kwk->iv = chunk_clone(chunk_create(plain.ptr, layout->iv));
	return kwk;
}

/**
 * Take over the keys of a download array
 */
static bool take_keys(array_t *entries, layout_t *layout, gkm_rekey_sa_t *sa,
					  array_t *path, gkm_error_t *err)
{
	int i, last = array_count(entries) - 1;
	entry_t entry;

	for (i = 0; i < last; i++)
	{
		array_get(entries, i, &entry);
		if (find_node(path, entry.node) >= 0)
		{
			return gkm_fail(err, "second LKH key %u", entry.node);
		}
		array_insert(path, ARRAY_HEAD, create_kwk(&entry, entry.data, layout));
	}
	array_get(entries, last, &entry);
	sa->key = chunk_clone(entry.data);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_lkh_parse_download(chunk_t data, gkm_rekey_sa_t *sa, array_t *path,
							 gkm_error_t *err)
{
	bio_reader_t *reader;
	array_t *entries;
	layout_t layout;
	uint16_t count;
	bool success;

	entries = array_create(sizeof(entry_t), 0);
	reader = bio_reader_create(data);
	success = get_layout(sa, &layout, err) &&
			  parse_header(reader, &count, err) &&
			  parse_keys(reader, count, &layout, layout.plain, entries, err) &&
			  take_keys(entries, &layout, sa, path, err);
	reader->destroy(reader);
	array_destroy(entries);
	return success;
}

/**
 * Encrypt or decrypt Key Data with another key
 */
static bool crypt_key(gkm_kwk_t *kwk, layout_t *layout, bool encrypt,
					  chunk_t data, gkm_error_t *err)
{
	crypter_t *crypter;
	bool success;

	crypter = lib->crypto->create_crypter(lib->crypto, layout->encr,
										  layout->key);
	success = crypter && crypter->set_key(crypter, kwk->key) &&
			  (encrypt ?
			   crypter->encrypt(crypter, data, get_iv(kwk, layout), NULL) :
			   crypter->decrypt(crypter, data, get_iv(kwk, layout), NULL));
	DESTROY_IF(crypter);
	return success || gkm_fail(err, "no %N for keys of the key tree",
							   encryption_algorithm_names, layout->encr);
}

/**
 * What is needed to write update arrays
 */
typedef struct {
	gkm_update_t *update;
	layout_t layout;
	/** new keys, by the ID of the key that encrypts each */
	hashtable_t *above;
	/** new keys by their own ID */
	hashtable_t *new;
	/** keys that encrypt that of the rekey SA, by ID */
	hashtable_t *top;
} updates_t;

/**
 * Key of a hashtable
 */
static void *to_ptr(uint32_t id)
{
	return (void*)(uintptr_t)id;
}

/**
 * Write a key, encrypted with another one
 */
static bool build_sealed(updates_t *this, bio_writer_t *writer, gkm_kwk_t *with,
						 uint16_t node, uint32_t handle, chunk_t iv,
						 chunk_t key, gkm_error_t *err)
{
	u_char buf[KEY_DATA_MAX] = {};
	chunk_t data = chunk_create(buf, this->layout.sealed);
	bool success;

	memcpy(data.ptr, iv.ptr, iv.len);
	memcpy(data.ptr + iv.len, key.ptr, key.len);
	success = check_kwk(with, &this->layout, err) &&
			  crypt_key(with, &this->layout, TRUE, data, err);
	if (success)
	{
		build_key_header(writer, &this->layout, node, handle);
		writer->write_data(writer, data);
	}
	memwipe(buf, sizeof(buf));
	return success;
}

/**
 * Write the keys of an array, from the one that the first encrypts up to that
 * of the rekey SA
 */
static bool build_chain(updates_t *this, bio_writer_t *writer, gkm_kwk_t *with,
						uint16_t *count, gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = this->update->download->rekey;
	gkm_kwk_t *next;

	for (*count = 1; *count <= GDOI_LKH_KEYS_MAX; (*count)++)
	{
		if (this->top->get(this->top, to_ptr(with->id)))
		{
			return build_sealed(this, writer, with, GDOI_LKH_ROOT,
								root_handle(sa), chunk_empty, sa->key, err);
		}
		next = this->above->get(this->above, to_ptr(with->id));
		if (!next)
		{
			break;
		}
		if (!check_kwk(next, &this->layout, err) ||
			!build_sealed(this, writer, with, next->node, next->id,
						  get_iv(next, &this->layout), next->key, err))
		{
			return FALSE;
		}
		with = next;
	}
	return gkm_fail(err, "key %u of the key tree doesn't lead to the rekey "
					"SA's", with->id);
}

/**
 * Write the array for members that hold a key
 */
static bool build_update(updates_t *this, gkm_kwk_t *with, chunk_t *array,
						 gkm_error_t *err)
{
	bio_writer_t *writer, *keys;
	uint16_t count;
	bool success;

	keys = bio_writer_create(256);
	success = build_chain(this, keys, with, &count, err);
	if (success)
	{
		writer = bio_writer_create(256);
		writer->write_uint8(writer, GDOI_LKH_VERSION);
		writer->write_uint16(writer, count);
		writer->write_uint8(writer, 0);
		writer->write_uint16(writer, with->node);
		writer->write_uint16(writer, 0);
		writer->write_uint32(writer, with->id);
		writer->write_data(writer, keys->get_buf(keys));
		*array = writer->extract_buf(writer);
		writer->destroy(writer);
	}
	keys->destroy(keys);
	return success;
}

/**
 * Write the array for members that hold a key, unless it is new itself: these
 * get it from the key below
 */
static bool add_update(updates_t *this, gkm_kwk_t *with, size_t *left,
					   array_t *arrays, gkm_error_t *err)
{
	chunk_t array;

	if (this->new->get(this->new, to_ptr(with->id)))
	{
		return TRUE;
	}
	if (!build_update(this, with, &array, err))
	{
		return FALSE;
	}
	array_insert(arrays, ARRAY_TAIL, &array);
	if (array.len > *left)
	{
		return gkm_fail(err, "keys of the key tree don't fit into one message");
	}
	*left -= array.len;
	return TRUE;
}

/**
 * Write all arrays
 */
static bool add_updates(updates_t *this, size_t left, array_t *arrays,
						gkm_error_t *err)
{
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(this->update->wraps, i, &wrap); i++)
	{
		if (!add_update(this, wrap.kwk, &left, arrays, err))
		{
			return FALSE;
		}
	}
	for (i = 0; array_get(this->update->kwks, i, &kwk); i++)
	{
		if (!add_update(this, kwk, &left, arrays, err))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_lkh_build_updates(gkm_update_t *update, size_t max, array_t *arrays,
							gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = update->download->rekey;
	updates_t this = {
		.update = update,
	};
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	bool success;
	int i;

	if (!get_layout(sa, &this.layout, err) ||
		!check_root(sa, &this.layout, err))
	{
		return FALSE;
	}
	this.above = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	this.new = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	this.top = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
	for (i = 0; array_get(update->wraps, i, &wrap); i++)
	{
		this.above->put(this.above, to_ptr(wrap.kwk->id), wrap.key);
		this.new->put(this.new, to_ptr(wrap.key->id), wrap.key);
	}
	for (i = 0; array_get(update->kwks, i, &kwk); i++)
	{
		this.top->put(this.top, to_ptr(kwk->id), kwk);
	}
	success = add_updates(&this, max, arrays, err);
	this.above->destroy(this.above);
	this.new->destroy(this.new);
	this.top->destroy(this.top);
	return success;
}

/**
 * An update array
 */
typedef struct {
	uint16_t node;
	uint32_t handle;
	/** entry_t by value */
	array_t *entries;
} update_array_t;

/**
 * Read an update array
 */
static bool parse_update(chunk_t data, layout_t *layout, update_array_t *array,
						 gkm_error_t *err)
{
	bio_reader_t *reader;
	uint16_t count, reserved;
	bool success;

	reader = bio_reader_create(data);
	success = parse_header(reader, &count, err) &&
			  ((reader->read_uint16(reader, &array->node) &&
				reader->read_uint16(reader, &reserved) &&
				reader->read_uint32(reader, &array->handle)) ||
			   gkm_fail(err, "array of LKH keys: incomplete")) &&
			  parse_keys(reader, count, layout, layout->sealed, array->entries,
						 err);
	reader->destroy(reader);
	return success;
}

/**
 * Find the key that decrypts an array among those that the member holds.
 *
 * @param first		receives the index of the first key that it decrypts
 * @return			its index in the path, -1 if there is none
 */
static int find_held(array_t *held, update_array_t *array, int *first)
{
	entry_t entry = {
		.node = array->node,
		.handle = array->handle,
	};
	gkm_kwk_t *kwk;
	int i;

	for (*first = 0; *first < array_count(array->entries); (*first)++)
	{
		for (i = 0; array_get(held, i, &kwk); i++)
		{
			if (kwk->node == entry.node && kwk->id == entry.handle)
			{
				return i;
			}
		}
		array_get(array->entries, *first, &entry);
	}
	return -1;
}

/**
 * Put a new key into a path, above another one.
 *
 * @param pos		index of the key below, receives that of the new one
 */
static bool replace(array_t *path, gkm_kwk_t *kwk, int *pos, gkm_error_t *err)
{
	int i = find_node(path, kwk->node);
	gkm_kwk_t *old;

	if (i >= *pos || array_count(path) == GDOI_LKH_KEYS_MAX)
	{
		gkm_fail(err, "LKH key %u isn't above the one before it", kwk->node);
		gkm_kwk_destroy(kwk);
		return FALSE;
	}
	if (i >= 0)
	{
		array_remove(path, i, &old);
		gkm_kwk_destroy(old);
		*pos = i;
	}
	array_insert(path, *pos, kwk);
	return TRUE;
}

/**
 * Decrypt the keys of an array.
 *
 * @param first		index of the first key
 * @param pos		index of the key in the path that decrypts the first
 */
static bool take_chain(update_array_t *array, int first, int pos,
					   layout_t *layout, gkm_rekey_sa_t *sa, array_t *path,
					   gkm_error_t *err)
{
	int i, last = array_count(array->entries) - 1;
	u_char buf[KEY_DATA_MAX];
	chunk_t data = chunk_create(buf, layout->sealed);
	bool success = TRUE;
	gkm_kwk_t *with;
	entry_t entry;

	for (i = first; success && i <= last; i++)
	{
		array_get(array->entries, i, &entry);
		array_get(path, pos, &with);
		memcpy(data.ptr, entry.data.ptr, data.len);
		success = check_kwk(with, layout, err) &&
				  crypt_key(with, layout, FALSE, data, err);
		if (success && i < last)
		{
			success = replace(path, create_kwk(&entry, data, layout), &pos,
							  err);
		}
		else if (success)
		{
			sa->key = chunk_clone(chunk_create(data.ptr, layout->plain));
		}
	}
	memwipe(buf, sizeof(buf));
	return success;
}

/**
 * Clone a key
 */
static gkm_kwk_t *clone_kwk(gkm_kwk_t *kwk)
{
	gkm_kwk_t *clone = gkm_kwk_create(kwk->id, kwk->key);

	clone->node = kwk->node;
	clone->iv = chunk_clone(kwk->iv);
	return clone;
}

/**
 * Follow an array if it is for this member
 *
 * @param found		set to TRUE if it is
 */
static bool follow(update_array_t *array, layout_t *layout, gkm_rekey_sa_t *sa,
				   array_t *held, array_t *path, bool *found, gkm_error_t *err)
{
	gkm_kwk_t *kwk;
	int i, pos, first;

	pos = find_held(held, array, &first);
	if (pos < 0)
	{
		return TRUE;
	}
	*found = TRUE;
	for (i = 0; array_get(held, i, &kwk); i++)
	{
		array_insert(path, ARRAY_TAIL, clone_kwk(kwk));
	}
	return take_chain(array, first, pos, layout, sa, path, err);
}

/*
 * Described in header
 */
bool gdoi_lkh_parse_updates(array_t *arrays, gkm_rekey_sa_t *sa,
							array_t *held, array_t *path, bool *excluded,
							gkm_error_t *err)
{
	update_array_t array;
	bool success, found = FALSE;
	layout_t layout;
	chunk_t data;
	int i;

	success = get_layout(sa, &layout, err);
	for (i = 0; success && array_get(arrays, i, &data); i++)
	{
		array.entries = array_create(sizeof(entry_t), 0);
		success = parse_update(data, &layout, &array, err);
		if (success && !found && held)
		{
			success = follow(&array, &layout, sa, held, path, &found, err);
		}
		array_destroy(array.entries);
	}
	*excluded = !found;
	return success;
}
