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

/**
 * Configurations of groups, some of which have to be refused.
 */

#ifndef CFG_FIXTURE_H_
#define CFG_FIXTURE_H_

#include "libgkm/group/gkm_cfg.h"

/** An option as the user writes it */
typedef struct {
	const char *key;
	const char *value;
} cfg_option_t;

/** Options in an entry of a table at most; after fewer there is one without
 *  key */
#define CFG_OPTIONS 5

/** What a server and a member can't do without */
#define CFG_BASE_COUNT 5
extern const cfg_option_t cfg_server[CFG_BASE_COUNT];
extern const cfg_option_t cfg_member[CFG_BASE_COUNT];

/**
 * Configure a group from the smallest configuration of a role, where one
 * option is replaced or removed (NULL value), or some are added.
 */
gkm_cfg_t *cfg_configure(gkm_role_t role, const cfg_option_t *options,
						 int count, gkm_error_t *err);

/**
 * Configure a group from options that have to be accepted.
 *
 * @param options	keys, each followed by its value
 * @param count		number of strings
 */
gkm_cfg_t *cfg_create(char *options[], int count);

/**
 * Configure a group with one option that has to be accepted.
 */
gkm_cfg_t *cfg_accept(gkm_role_t role, const char *key, const char *value);

/**
 * Number of options in an entry of a table.
 */
int cfg_count_options(const cfg_option_t options[CFG_OPTIONS]);

/**
 * Configure a group with the options of such an entry, which have to be
 * accepted.
 */
gkm_cfg_t *cfg_accept_all(gkm_role_t role,
						  const cfg_option_t options[CFG_OPTIONS]);

/**
 * Some options have to be refused, with a reason that starts with where and
 * contains what.
 */
void cfg_refuse(gkm_role_t role, const cfg_option_t *options, int count,
				const char *where, const char *what);

/**
 * First data SA of a group.
 */
gkm_cfg_sa_t *cfg_first_sa(gkm_cfg_t *cfg);

/**
 * Algorithm of that type in the first of some proposals, 0xffff if there is
 * none.
 */
uint16_t cfg_algorithm(array_t *proposals, transform_type_t type);

#endif /** CFG_FIXTURE_H_ */
