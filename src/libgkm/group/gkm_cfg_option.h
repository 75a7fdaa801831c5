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
 * What options a group has: for which role, of which kind, where stored.
 *
 * @defgroup gkm_cfg_option gkm_cfg_option
 * @{ @ingroup libgkm
 */

#ifndef GKM_CFG_OPTION_H_
#define GKM_CFG_OPTION_H_

#include "gkm_cfg_value.h"

/** Times that arithmetic in seconds can't overflow with: 68 years */
#define GKM_CFG_TIME_MAX INT32_MAX

typedef struct gkm_cfg_option_t gkm_cfg_option_t;
typedef struct gkm_cfg_options_t gkm_cfg_options_t;

/**
 * Roles that an option is for.
 */
enum {
	GKM_CFG_SERVER = 1 << GKM_ROLE_SERVER,
	GKM_CFG_MEMBER = 1 << GKM_ROLE_MEMBER,
};

/**
 * An option.
 */
struct gkm_cfg_option_t {
	/** path below the group's section, or below sas.<name> */
	char *key;
	/** roles that have it */
	int roles;
	/** kind of value */
	const gkm_cfg_value_t *value;
	/** where the value is */
	size_t offset;
	/** value if not given, NULL for zero */
	char *def;
	/** refuse a group without it */
	bool required;
	gkm_cfg_limits_t limits;
};

/**
 * Options of the same object.
 */
struct gkm_cfg_options_t {
	const gkm_cfg_option_t *options;
	int count;
};

/** Options of a gkm_cfg_t */
extern const gkm_cfg_options_t gkm_cfg_group_options;

/** Options of a gkm_cfg_sa_t */
extern const gkm_cfg_options_t gkm_cfg_sa_options;

/**
 * Find an option by its key, NULL if there is none.
 */
const gkm_cfg_option_t *gkm_cfg_option_find(const gkm_cfg_options_t *this,
											const char *key);

/**
 * Read the value of an option.
 *
 * @param this		option
 * @param object	gkm_cfg_t or gkm_cfg_sa_t to store it in
 * @param key		key to name in an error, with its whole path
 * @param text		what the user wrote, without space around it
 * @param err		receives the reason on failure
 * @return			FALSE if refused
 */
bool gkm_cfg_option_parse(const gkm_cfg_option_t *this, void *object,
						  const char *key, char *text, gkm_error_t *err);

/**
 * Do two objects have the same values?
 */
bool gkm_cfg_options_equal(const gkm_cfg_options_t *this, void *object,
						   void *other);

/**
 * Free all values of an object, but not the object.
 */
void gkm_cfg_options_destroy(const gkm_cfg_options_t *this, void *object);

#endif /** GKM_CFG_OPTION_H_ @}*/
