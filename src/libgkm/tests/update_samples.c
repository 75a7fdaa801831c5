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

#include "update_samples.h"

#include <check.h>

#include "libgkm/keys/gkm_keymat.h"

/** Keys of the tree in RFC 9838, A, and those that replace some of them */
#define TREE_KEYS 16

/**
 * SAs that are deleted
 */
typedef struct {
	protocol_id_t protocol;
	uint32_t spi;
} sample_delete_t;

/**
 * Sample
 */
static const struct {
	const char *name;
	/** sample download that it is made from */
	const char *download;
	bool inband;
	/** which of that stay in */
	bool rekey;
	bool data;
	/** a new AUTH_KEY */
	bool auth_key;
	/** SAs to delete */
	sample_delete_t deletes[4];
	int delete_count;
	/** keys that wrap the key of the rekey SA */
	uint32_t kwks[4];
	/** keys of the tree, and those that wrap them */
	uint32_t wraps[4][2];
	/** a member's path, what it becomes */
	uint32_t path[4];
	uint32_t new_path[4];
} samples[] = {
	{
		.name = "new SAs for old ones",
		.download = "multicast with signatures",
		.rekey = TRUE,
		.data = TRUE,
		.deletes = {
			{ PROTO_ESP, 0xc0000011 },
			{ PROTO_ESP, 0xc0000012 },
		},
		.delete_count = 2,
	},
	{
		.name = "new data SA under implicit authentication",
		.download = "multicast with implicit authentication",
		.data = TRUE,
	},
	{
		.name = "new rekey SA for members with a key tree",
		.download = "multicast with signatures",
		.rekey = TRUE,
		.path = { 1, 3, 7 },
	},
	{
		.name = "AH in transport mode",
		.download = "AH",
		.rekey = TRUE,
		.data = TRUE,
		.deletes = {
			{ PROTO_AH, 0xc0000011 },
		},
		.delete_count = 1,
	},
	{
		.name = "member F is excluded, seen by E",
		.download = "multicast with signatures",
		.rekey = TRUE,
		.kwks = { 1, 15 },
		.wraps = { { 15, 6 }, { 15, 16 }, { 16, 11 } },
		.path = { 2, 5, 11 },
		.new_path = { 15, 16, 11 },
	},
	{
		.name = "new key to check rekeys with",
		.download = "IPv6, sender IDs of 32 bits",
		.rekey = TRUE,
		.data = TRUE,
		.auth_key = TRUE,
	},
	{
		.name = "members are told to go",
		.download = "multicast with signatures",
		.deletes = {
			{ PROTO_ESP },
			{ PROTO_AH },
			{ PROTO_GIKE_UPDATE },
		},
		.delete_count = 3,
	},
	{
		.name = "group ends",
		.download = "multicast with implicit authentication",
		.deletes = {
			{ PROTO_NONE },
		},
		.delete_count = 1,
	},
	{
		.name = "in-band, new data SA for an old one",
		.download = "in-band, receiver",
		.inband = TRUE,
		.data = TRUE,
		.deletes = {
			{ PROTO_ESP, 0xc0000011 },
		},
		.delete_count = 1,
	},
	{
		.name = "in-band, transport mode",
		.download = "in-band, sender IDs of 16 bits",
		.inband = TRUE,
		.data = TRUE,
	},
	{
		.name = "in-band, group ends",
		.download = "in-band, receiver",
		.inband = TRUE,
		.deletes = {
			{ PROTO_NONE },
		},
		.delete_count = 1,
	},
};

/*
 * Described in header
 */
int update_sample_count()
{
	return countof(samples);
}

/*
 * Described in header
 */
int update_sample_find(const char *name)
{
	int i;

	for (i = 0; i < countof(samples); i++)
	{
		if (streq(samples[i].name, name))
		{
			return i;
		}
	}
	fprintf(stderr, "no sample %s\n", name);
	abort();
}

/*
 * Described in header
 */
gkm_kwk_t *update_sample_key(update_sample_t *this, uint32_t id)
{
	gkm_kwk_t *kwk = NULL;

	array_get(this->tree, id - 1, &kwk);
	return kwk;
}

/*
 * Described in header
 */
array_t *update_sample_path(update_sample_t *this, const uint32_t *ids)
{
	array_t *path;

	for (path = array_create(0, 0); *ids; ids++)
	{
		array_insert(path, ARRAY_TAIL, update_sample_key(this, *ids));
	}
	return path;
}

/**
 * Make keys of a key tree for a rekey SA
 */
static array_t *create_tree(gkm_rekey_sa_t *rekey)
{
	uint16_t kwa = KW_NONE;
	array_t *tree;
	chunk_t key;
	int id;

	tree = array_create(0, 0);
	for (id = 1; rekey && id <= TREE_KEYS; id++)
	{
		rekey->proposal->get_algorithm(rekey->proposal, KEY_WRAP_ALGORITHM,
									   &kwa, NULL);
		key = count_up(7 * id, gkm_key_wrap_key_len(kwa));
		array_insert(tree, ARRAY_TAIL, gkm_kwk_create(id, key));
		chunk_clear(&key);
	}
	return tree;
}

/**
 * Make the rekey SA that carries an update from the one in a sample download
 */
static void create_carrier(update_sample_t *this, gkm_rekey_sa_t *rekey)
{
	gkm_rekey_keys_t keys;
	gkm_error_t err = {};

	this->rekey = gkm_rekey_sa_clone(rekey);
	this->rekey->spi[0] ^= 0x80;
	chunk_clear(&this->rekey->key);
	this->rekey->key = count_up(0x10, rekey->key.len);
	if (!gkm_keymat_split_rekey(this->rekey->proposal, this->rekey->key, &keys,
								&err))
	{
		fprintf(stderr, "%s: %s\n", this->name, err.text);
		abort();
	}
	this->ctx.gsk_w = keys.wrap;
	this->ctx.rekey = this->rekey;
}

/**
 * Remove from a sample download what is no part of an update
 */
static void reduce_download(gkm_download_t *download, int i)
{
	gkm_data_sa_t *sa;
	uint32_t *id;

	while (!samples[i].data && array_remove(download->sas, ARRAY_TAIL, &sa))
	{
		gkm_data_sa_destroy(sa);
	}
	if (!samples[i].rekey)
	{
		gkm_rekey_sa_destroy(download->rekey);
		download->rekey = NULL;
	}
	while (array_remove(download->sender_ids, ARRAY_TAIL, &id))
	{
		free(id);
	}
	download->sender_id_bits = 0;
	if (!samples[i].data && !samples[i].rekey)
	{
		download->atd = download->dtd = 0;
		download->d3p = (gkm_d3p_t){};
	}
}

/**
 * Add SAs to delete, and keys of the tree
 */
static void extend_update(update_sample_t *this, int i)
{
	gkm_update_t *update = this->update;
	gkm_wrap_t wrap;
	int j;

	for (j = 0; j < samples[i].delete_count; j++)
	{
		gkm_update_delete(update, samples[i].deletes[j].protocol,
						  htonl(samples[i].deletes[j].spi));
	}
	for (j = 0; samples[i].kwks[j]; j++)
	{
		array_insert(update->kwks, ARRAY_TAIL,
					 update_sample_key(this, samples[i].kwks[j]));
	}
	for (j = 0; samples[i].wraps[j][0]; j++)
	{
		wrap.key = update_sample_key(this, samples[i].wraps[j][0]);
		wrap.kwk = update_sample_key(this, samples[i].wraps[j][1]);
		array_insert(update->wraps, ARRAY_TAIL, &wrap);
	}
	if (samples[i].auth_key)
	{
		update->auth_key = unhex(ECDSA_KEY_2);
		chunk_free(&update->download->rekey->auth_key);
		update->download->rekey->auth_key = unhex(ECDSA_KEY_2);
	}
}

/*
 * Described in header
 */
void update_sample_init(update_sample_t *this, int i)
{
	gikev2_context_t ctx;

	*this = (update_sample_t){
		.name = samples[i].name,
		.update = gkm_update_create(),
		.ctx = {
			.inband = samples[i].inband,
		},
	};
	gkm_download_destroy(this->update->download);
	this->update->download = sample_create(sample_find(samples[i].download),
										   &ctx);
	this->ctx.gsk_w = ctx.gsk_w;
	this->ctx.transport = samples[i].data && ctx.transport;
	if (!samples[i].inband)
	{
		create_carrier(this, this->update->download->rekey);
	}
	this->tree = create_tree(this->rekey);
	reduce_download(this->update->download, i);
	extend_update(this, i);
	this->ctx.path = this->path = update_sample_path(this, samples[i].path);
	this->new_path = update_sample_path(this, samples[i].new_path);
}

CALLBACK(destroy_kwk, void,
	gkm_kwk_t *kwk, int idx, void *user)
{
	gkm_kwk_destroy(kwk);
}

/*
 * Described in header
 */
void update_sample_clear(update_sample_t *this)
{
	gkm_update_destroy(this->update);
	gkm_rekey_sa_destroy(this->rekey);
	array_destroy(this->path);
	array_destroy(this->new_path);
	array_destroy_function(this->tree, (void*)destroy_kwk, NULL);
}

/**
 * Compare what is deleted
 */
static void assert_equal_deletes(gkm_update_t *got, gkm_update_t *expected,
								 const char *what)
{
	gkm_delete_t *a, *b;
	uint32_t spi, other;
	int i, j;

	ck_assert_msg(array_count(got->deletes) == array_count(expected->deletes),
				  "%s: %d deletes instead of %d", what,
				  array_count(got->deletes), array_count(expected->deletes));
	for (i = 0; array_get(got->deletes, i, &a); i++)
	{
		array_get(expected->deletes, i, &b);
		ck_assert_msg(a->protocol == b->protocol, "%s: protocol %u instead of "
					  "%u", what, a->protocol, b->protocol);
		ck_assert_msg(array_count(a->spis) == array_count(b->spis),
					  "%s: %d SPIs instead of %d", what, array_count(a->spis),
					  array_count(b->spis));
		for (j = 0; array_get(a->spis, j, &spi); j++)
		{
			array_get(b->spis, j, &other);
			ck_assert_msg(spi == other, "%s: SPI %.8x instead of %.8x", what,
						  ntohl(spi), ntohl(other));
		}
	}
}

/*
 * Described in header
 */
void assert_equal_updates(gkm_update_t *got, gkm_update_t *expected,
						  array_t *path, const char *what)
{
	array_t *none = expected->download->path;

	ck_assert_msg(!got->excluded, "%s: excluded", what);
	expected->download->path = path;
	assert_equal_downloads(got->download, expected->download, what);
	expected->download->path = none;
	assert_equal_deletes(got, expected, what);
	ck_assert_msg(chunk_equals(got->auth_key, expected->auth_key) ||
				  (!got->auth_key.len && !expected->auth_key.len),
				  "%s: AUTH_KEY of %zu octets differs from the %zu expected",
				  what, got->auth_key.len, expected->auth_key.len);
}
