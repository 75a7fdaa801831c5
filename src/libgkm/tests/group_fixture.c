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

#include <check.h>

#include "group_fixture.h"

static bool reserve(gkm_sender_id_store_t *public, identification_t *group,
					uint8_t bits, uint32_t want, uint32_t *first,
					uint32_t *count, gkm_error_t *err)
{
	store_t *this = (store_t*)public;

	if (this->broken)
	{
		return gkm_fail(err, "store is broken");
	}
	*first = this->next[bits];
	*count = min(want, ((uint64_t)1 << bits) - this->next[bits]);
	this->next[bits] += *count;
	this->writes++;
	return TRUE;
}

static bool acquire(gkm_spis_t *public, uint32_t spi)
{
	spis_t *this = (spis_t*)public;
	uint32_t used;
	int i;

	if (this->refuse)
	{
		this->refuse--;
		return FALSE;
	}
	for (i = 0; array_get(this->used, i, &used); i++)
	{
		if (used == spi)
		{
			ck_assert(this->may_repeat);
			return FALSE;
		}
	}
	array_insert(this->used, ARRAY_TAIL, &spi);
	return TRUE;
}

static void release(gkm_spis_t *public, uint32_t spi)
{
	spis_t *this = (spis_t*)public;
	uint32_t used;
	int i;

	for (i = 0; array_get(this->used, i, &used); i++)
	{
		if (used == spi)
		{
			array_remove(this->used, i, NULL);
			return;
		}
	}
	ck_abort_msg("SPI %.8x given back, but not in use", ntohl(spi));
}

static bool reset(gkm_sender_id_store_t *public, identification_t *group,
				  uint8_t bits, gkm_error_t *err)
{
	store_t *this = (store_t*)public;

	if (this->broken)
	{
		return gkm_fail(err, "store is broken");
	}
	this->next[bits] = 0;
	return TRUE;
}

store_t store;
array_t *notices;
spis_t spis;
gkm_error_t err;
static host_t *address;

/*
 * Described in header
 */
void group_setup()
{
	store = (store_t){ .public = { .reserve = reserve, .reset = reset } };
	notices = array_create(0, 0);
	spis = (spis_t){
		.public = { .acquire = acquire, .release = release },
		.used = array_create(sizeof(uint32_t), 0),
	};
	err = (gkm_error_t){};
	address = host_create_from_string("192.0.2.7", 500);
}

/*
 * Described in header
 */
void group_teardown()
{
	/* groups are gone by then */
	ck_assert_int_eq(array_count(spis.used), 0);
	array_destroy(spis.used);
	address->destroy(address);
	gkm_notices_destroy(notices);
}

/*
 * Described in header
 */
gkm_cfg_t *group_configure(char *key, ...)
{
	static char *defaults[][2] = {
		{ "id",							"1234" },
		{ "role",						"server" },
		{ "connections",				"members" },
		{ "sas.data.source_ts",			"10.0.0.0/8" },
		{ "sas.data.destination_ts",	"239.1.0.0/16" },
		{ "sas.data.rekey_time",		"50m" },
		{ "sas.data.life_time",			"60m" },
		{ "rekey.rekey_time",			"20h" },
		{ "rekey.life_time",			"24h" },
		{ "rekey.auth",					"implicit" },
	};
	gkm_cfg_t *cfg;
	va_list args;
	char *value, *option;
	bool given;
	int i;

	cfg = gkm_cfg_create("finance");
	for (i = 0; i < countof(defaults); i++)
	{
		given = FALSE;
		va_start(args, key);
		for (option = key; option; option = va_arg(args, char*))
		{
			given |= streq(option, defaults[i][0]);
			va_arg(args, char*);
		}
		va_end(args);
		if (!given)
		{
			ck_assert_msg(gkm_cfg_set(cfg, defaults[i][0], defaults[i][1],
									  &err), "%s", err.text);
		}
	}
	va_start(args, key);
	for (option = key; option; option = va_arg(args, char*))
	{
		value = va_arg(args, char*);
		if (value)
		{
			ck_assert_msg(gkm_cfg_set(cfg, option, value, &err), "%s",
						  err.text);
		}
	}
	va_end(args);
	ck_assert_msg(gkm_cfg_finish(cfg, &err), "%s", err.text);
	return cfg;
}

/*
 * Described in header
 */
chunk_t group_auth_key(gkm_cfg_t *cfg)
{
	return cfg->rekey.auth == GKM_AUTH_SIGNATURE ? chunk_from_str("public key") :
												   chunk_empty;
}

/*
 * Described in header
 */
chunk_t group_sig_alg(gkm_cfg_t *cfg)
{
	return cfg->rekey.auth == GKM_AUTH_SIGNATURE ? chunk_from_str("signature") :
												   chunk_empty;
}

/*
 * Described in header
 */
gkm_group_t *group_create(gkm_cfg_t *cfg)
{
	gkm_group_t *group;

	group = gkm_group_create(cfg, &store.public, &spis.public,
							 group_auth_key(cfg), group_sig_alg(cfg), START,
							 &err);
	ck_assert_msg(group != NULL, "%s", err.text);
	return group;
}

/*
 * Described in header
 */
void group_change(gkm_group_t *group, gkm_cfg_t *cfg, time_t now)
{
	ck_assert_msg(group->configure(group, cfg, group_auth_key(cfg),
								   group_sig_alg(cfg), now, notices, &err),
				  "%s", err.text);
}

/*
 * Described in header
 */
u_int group_update(gkm_group_t *group, time_t now)
{
	return group->update(group, now, notices, &err);
}

/*
 * Described in header
 */
gkm_verdict_t group_admit(gkm_group_t *group, char *name, bool sender,
						  uint32_t ids, time_t now, gkm_download_t **download)
{
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = identification_create_from_string(name),
		.address = address,
		.sender = sender,
		.sender_ids = ids,
	};
	gkm_verdict_t verdict;

	err = (gkm_error_t){};
	*download = NULL;
	verdict = group->admit(group, &applicant, now, download, notices, &err);
	applicant.id->destroy(applicant.id);
	ck_assert((verdict == GKM_ADMITTED) == (*download != NULL));
	ck_assert((verdict == GKM_ADMITTED) == (err.text[0] == '\0'));
	return verdict;
}

/*
 * Described in header
 */
bool group_has_rekey_sa(array_t *sas, gkm_rekey_sa_t *sa)
{
	gkm_rekey_sa_t *held;
	int i;

	for (i = 0; array_get(sas, i, &held); i++)
	{
		if (memeq(held->spi, sa->spi, sizeof(sa->spi)) &&
			chunk_equals(held->key, sa->key))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool group_has_data_sa(array_t *sas, gkm_data_sa_t *sa)
{
	gkm_data_sa_t *held;
	int i;

	for (i = 0; array_get(sas, i, &held); i++)
	{
		if (held->spi == sa->spi && chunk_equals(held->key, sa->key))
		{
			return TRUE;
		}
	}
	return FALSE;
}
