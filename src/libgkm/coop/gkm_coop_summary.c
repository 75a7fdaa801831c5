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

#include "gkm_coop_summary.h"
#include "gkm_coop_message.h"

#include "../group/gkm_oid.h"
#include "../group/gkm_print.h"
#include "../group/gkm_sa_maker.h"

#include <stdarg.h>

/** Data SAs that have an item of their own, others share one: so that a summary
 *  fits into a message, see GKM_COOP_ITEMS_MAX */
#define SAS_MAX 12

/** Octets of a hash to show */
#define FINGERPRINT_LEN 8

/** Characters of object identifiers, at most four for each octet */
#define OID_LEN (4 * GKM_OID_MAX + 1)

/** Characters in names of data SAs, data has two for each octet */
#define SA_NAME_LEN (OID_LEN + 2 * GKM_OID_DATA_MAX + 32)

/** Names for bool */
#define YES_NO(value) ((value) ? "yes" : "no")

/**
 * Add an item, whose value is cut if it is too long
 *
 * @param name		name
 * @param fmt		format of its value
 */
static void add(array_t *items, char *name, char *fmt, ...)
{
	char value[GKM_COOP_TEXT_MAX + 1];
	gkm_coop_item_t item;
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	item = (gkm_coop_item_t){
		.name = strdup(name),
		.value = strdup(value),
	};
	array_insert(items, ARRAY_TAIL, &item);
}

/**
 * Add an item with a fingerprint of what is too long to be told
 *
 * @param count		number of what it is, 0 if that says nothing
 */
static void add_fingerprint(array_t *items, char *name, u_int count,
							chunk_t data)
{
	hasher_t *hasher;
	chunk_t hash = chunk_empty;

	hasher = lib->crypto->create_hasher(lib->crypto, HASH_SHA256);
	if (hasher && hasher->allocate_hash(hasher, data, &hash))
	{
		hash.len = FINGERPRINT_LEN;
		if (count)
		{
			add(items, name, "%u, fingerprint %+B", count, &hash);
		}
		else
		{
			add(items, name, "fingerprint %+B", &hash);
		}
	}
	chunk_free(&hash);
	DESTROY_IF(hasher);
}

/**
 * Add a data SA
 */
static void add_sa(array_t *items, gkm_cfg_sa_t *sa, traffic_selector_t *src,
				   traffic_selector_t *dst)
{
	char name[SA_NAME_LEN], oid[OID_LEN];
	char proposal[GKM_SA_MAKER_NAME_LEN];

	if (sa->oid.len)
	{
		gkm_oid_print(sa->oid, oid, sizeof(oid));
		snprintf(name, sizeof(name), "data SA oid:%s%s%+B", oid,
				 sa->oid_data.len ? "/" : "", &sa->oid_data);
	}
	else
	{
		snprintf(name, sizeof(name), "data SA %R => %R", src, dst);
	}
	add(items, name, "%s, %N, senders %N, rekey %u s, life %u s",
		gkm_sa_maker_name(gkm_sa_maker_proposal(sa->proposals), proposal),
		gkm_mode_names, sa->mode, gkm_senders_names, sa->senders,
		sa->rekey_time, sa->life_time);
}

/**
 * Add data SAs: one for each pair of a source and a destination
 */
static void add_sas(array_t *items, gkm_cfg_t *cfg)
{
	traffic_selector_t *src, *dst;
	gkm_cfg_sa_t *sa;
	int i, j, k;

	for (i = 0; i < array_count(cfg->sas); i++)
	{
		array_get(cfg->sas, i, &sa);
		for (j = 0; j < array_count(sa->src); j++)
		{
			array_get(sa->src, j, &src);
			for (k = 0; k < array_count(sa->dst); k++)
			{
				array_get(sa->dst, k, &dst);
				add_sa(items, sa, src, dst);
			}
		}
	}
}

/**
 * Replace data SAs for which there is no room, or whose names are too long, by
 * one item for all of them
 */
static void fold_sas(array_t *items)
{
	gkm_coop_item_t item;
	chunk_t rest = chunk_empty;
	u_int count = 0;
	int i = 0;

	while (array_get(items, i, &item))
	{
		if (i < SAS_MAX && strlen(item.name) <= GKM_COOP_TEXT_MAX)
		{
			i++;
			continue;
		}
		array_remove(items, i, NULL);
		rest = chunk_cat("mcc", rest,
						 chunk_create(item.name, strlen(item.name) + 1),
						 chunk_create(item.value, strlen(item.value) + 1));
		count++;
		free(item.name);
		free(item.value);
	}
	if (count)
	{
		add_fingerprint(items, "other data SAs", count, rest);
	}
	chunk_free(&rest);
}

/**
 * Add what rekeys are like
 */
static void add_rekey(array_t *items, gkm_cfg_t *cfg)
{
	gkm_cfg_rekey_t *rekey = &cfg->rekey;
	char buf[GKM_PRINT_LEN];

	add(items, "rekey transport", "%N", gkm_transport_names, rekey->transport);
	if (rekey->address)
	{
		add(items, "rekey address", "%#H", rekey->address);
	}
	add(items, "rekey proposals", "%s",
		gkm_print_proposal(gkm_sa_maker_proposal(rekey->proposals), buf));
	add(items, "rekey authentication", "%N", gkm_auth_names, rekey->auth);
	add(items, "rekey lifetimes", "rekey %u s, life %u s", rekey->rekey_time,
		rekey->life_time);
	add(items, "rekey retransmission", "%u every %u s",
		rekey->retransmit.count, rekey->retransmit.interval);
	if (rekey->key_tree)
	{
		add(items, "key tree", "degree %u", rekey->key_tree_degree);
	}
	else
	{
		add(items, "key tree", "off");
	}
}

/**
 * Add what is common to all SAs
 */
static void add_group(array_t *items, gkm_cfg_t *cfg)
{
	bool gikev2 = gkm_cfg_has(cfg, GKM_PROTOCOL_GIKEV2);
	bool gdoi = gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI);

	add(items, "protocols", "%s%s%s", gikev2 ? "gikev2" : "",
		gikev2 && gdoi ? ", " : "", gdoi ? "gdoi" : "");
	if (cfg->activation_delay == GKM_ATD_AUTO)
	{
		add(items, "activation delay", "auto");
	}
	else
	{
		add(items, "activation delay", "%u s", cfg->activation_delay);
	}
	add(items, "deactivation delay", "%u s", cfg->deactivation_delay);
	add(items, "sender ID bits", "%u", cfg->sender_id_bits);
	if (cfg->d3p_window)
	{
		add(items, "IP-D3P", "window %u ms", cfg->d3p_window);
	}
	else
	{
		add(items, "IP-D3P", "off");
	}
}

/**
 * Add what GDOI members are told
 */
static void add_gdoi(array_t *items, gkm_cfg_t *cfg)
{
	gkm_cfg_gdoi_t *gdoi = &cfg->gdoi;
	char buf[GKM_PRINT_LEN];

	if (cfg->rekey.acknowledgement == GKM_ACKS_NONE)
	{
		add(items, "Interoperable Rekey ACK", "off");
	}
	else
	{
		add(items, "Interoperable Rekey ACK", "%N, %N", gkm_acks_names,
			cfg->rekey.acknowledgement, gkm_ack_names, gdoi->ack);
	}
	if (!gkm_cfg_has(cfg, GKM_PROTOCOL_GDOI))
	{
		return;
	}
	add(items, "GDOI rekey proposals", "%s",
		gkm_print_proposal(gkm_sa_maker_proposal(gdoi->proposals), buf));
	add(items, "GDOI numbers", "DOI %u, situation %u, D3P attributes %u and %u",
		gdoi->doi, gdoi->situation, gdoi->d3p_type, gdoi->d3p_window);
	add(items, "GDOI formats", "bare_signature %s, padded_length %s, "
		"pkcs1_key %s", YES_NO(gdoi->bare_signature),
		YES_NO(gdoi->padded_length), YES_NO(gdoi->pkcs1_key));
	add(items, "GDOI hash", "%N", hash_algorithm_short_names, gdoi->hash);
}

/*
 * Described in header
 */
array_t *gkm_coop_summary_create(gkm_cfg_t *cfg, chunk_t auth_key)
{
	array_t *items;

	items = array_create(sizeof(gkm_coop_item_t), 0);
	add_sas(items, cfg);
	fold_sas(items);
	add_rekey(items, cfg);
	if (cfg->rekey.key && auth_key.len)
	{
		add_fingerprint(items, "rekey key", 0, auth_key);
	}
	add_group(items, cfg);
	add_gdoi(items, cfg);
	return items;
}

/**
 * Find an item that has a partner in another summary: the nth of its name
 *
 * @param other			summary to look in
 * @param name			name
 * @param nth			0 for the first one
 * @return				its value, NULL if there is none
 */
static char *find(array_t *other, char *name, u_int nth)
{
	gkm_coop_item_t item;
	int i;

	for (i = 0; i < array_count(other); i++)
	{
		array_get(other, i, &item);
		if (streq(item.name, name) && !nth--)
		{
			return item.value;
		}
	}
	return NULL;
}

/**
 * How many items of the same name are before the ith one?
 */
static u_int get_nth(array_t *items, int i, char *name)
{
	gkm_coop_item_t item;
	u_int nth = 0;

	while (i--)
	{
		array_get(items, i, &item);
		nth += streq(item.name, name) ? 1 : 0;
	}
	return nth;
}

/*
 * Described in header
 */
void gkm_coop_summary_compare(array_t *ours, array_t *theirs,
							  void (*cb)(void*,char*,char*,char*), void *user)
{
	gkm_coop_item_t item;
	char *value;
	int i;

	for (i = 0; i < array_count(ours); i++)
	{
		array_get(ours, i, &item);
		value = find(theirs, item.name, get_nth(ours, i, item.name));
		if (!streq(value, item.value))
		{
			cb(user, item.name, item.value, value);
		}
	}
	for (i = 0; i < array_count(theirs); i++)
	{
		array_get(theirs, i, &item);
		if (!find(ours, item.name, get_nth(theirs, i, item.name)))
		{
			cb(user, item.name, NULL, item.value);
		}
	}
}

CALLBACK(destroy_item, void,
	gkm_coop_item_t *item, int idx, void *user)
{
	free(item->name);
	free(item->value);
}

/*
 * Described in header
 */
void gkm_coop_summary_destroy(array_t *items)
{
	array_destroy_function(items, (void*)destroy_item, NULL);
}
