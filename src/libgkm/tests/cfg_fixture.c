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

#include "cfg_fixture.h"

const cfg_option_t cfg_server[CFG_BASE_COUNT] = {
	{ "id",						"1234" },
	{ "role",					"server" },
	{ "connections",			"members" },
	{ "sas.data.source_ts",		"10.0.0.0/8" },
	{ "sas.data.destination_ts", "239.1.0.0/16" },
};
const cfg_option_t cfg_member[CFG_BASE_COUNT] = {
	{ "id",						"1234" },
	{ "role",					"member" },
	{ "servers",				"ks1, ks2" },
	{ "sas.data.source_ts",		"10.0.0.0/8" },
	{ "sas.data.destination_ts", "239.1.0.0/16" },
};

/*
 * Described in header
 */
gkm_cfg_t *cfg_configure(gkm_role_t role, const cfg_option_t *options,
						 int count, gkm_error_t *err)
{
	const cfg_option_t *base = role == GKM_ROLE_SERVER ? cfg_server
													   : cfg_member;
	gkm_cfg_t *cfg;
	bool replaced, ok = TRUE;
	int i, j;

	cfg = gkm_cfg_create("finance");
	for (i = 0; i < CFG_BASE_COUNT && ok; i++)
	{
		replaced = FALSE;
		for (j = 0; j < count; j++)
		{
			replaced |= streq(base[i].key, options[j].key);
		}
		ok = replaced || gkm_cfg_set(cfg, base[i].key, base[i].value, err);
	}
	for (j = 0; j < count && ok; j++)
	{
		ok = !options[j].value ||
			 gkm_cfg_set(cfg, options[j].key, options[j].value, err);
	}
	if (!ok || !gkm_cfg_finish(cfg, err))
	{
		gkm_cfg_destroy(cfg);
		return NULL;
	}
	return cfg;
}

/*
 * Described in header
 */
gkm_cfg_t *cfg_create(char *options[], int count)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;
	int i;

	cfg = gkm_cfg_create("test");
	for (i = 0; i < count; i += 2)
	{
		ck_assert_msg(gkm_cfg_set(cfg, options[i], options[i + 1], &err), "%s",
					  err.text);
	}
	ck_assert_msg(gkm_cfg_finish(cfg, &err), "%s", err.text);
	return cfg;
}

/*
 * Described in header
 */
gkm_cfg_t *cfg_accept(gkm_role_t role, const char *key, const char *value)
{
	gkm_error_t err = {};
	cfg_option_t option = { key, value };
	gkm_cfg_t *cfg;

	cfg = cfg_configure(role, &option, 1, &err);
	ck_assert_msg(cfg, "%s = %s refused: %s", key, value, err.text);
	return cfg;
}

/*
 * Described in header
 */
int cfg_count_options(const cfg_option_t options[CFG_OPTIONS])
{
	int count = 0;

	while (count < CFG_OPTIONS && options[count].key)
	{
		count++;
	}
	return count;
}

/*
 * Described in header
 */
gkm_cfg_t *cfg_accept_all(gkm_role_t role,
						  const cfg_option_t options[CFG_OPTIONS])
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(role, options, cfg_count_options(options), &err);
	ck_assert_msg(cfg, "%s = %s: %s", options->key, options->value, err.text);
	return cfg;
}

/*
 * Described in header
 */
void cfg_refuse(gkm_role_t role, const cfg_option_t *options, int count,
				const char *where, const char *what)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;

	cfg = cfg_configure(role, options, count, &err);
	ck_assert_msg(!cfg, "%s = %s accepted", options->key, options->value);
	ck_assert_msg(strpfx(err.text, where) && err.text[strlen(where)] == ':',
				  "%s = %s: '%s' doesn't name '%s'", options->key,
				  options->value, err.text, where);
	ck_assert_msg(strstr(err.text, what), "%s = %s: '%s' instead of '%s'",
				  options->key, options->value, err.text, what);
}

/*
 * Described in header
 */
gkm_cfg_sa_t *cfg_first_sa(gkm_cfg_t *cfg)
{
	gkm_cfg_sa_t *sa;

	ck_assert(array_get(cfg->sas, ARRAY_HEAD, &sa));
	return sa;
}

/*
 * Described in header
 */
uint16_t cfg_algorithm(array_t *proposals, transform_type_t type)
{
	proposal_t *proposal;
	uint16_t alg = 0xffff;

	ck_assert(array_get(proposals, ARRAY_HEAD, &proposal));
	proposal->get_algorithm(proposal, type, &alg, NULL);
	return alg;
}
