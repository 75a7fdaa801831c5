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
 * Parts of gkm_cfg_t that only its own files need: what the user gave, and the
 * steps of gkm_cfg_finish().
 *
 * @defgroup gkm_cfg_finish gkm_cfg_finish
 * @{ @ingroup libgkm
 */

#ifndef GKM_CFG_FINISH_H_
#define GKM_CFG_FINISH_H_

#include "gkm_cfg_option.h"

typedef struct gkm_cfg_given_t gkm_cfg_given_t;

/**
 * An option given by the user.
 */
struct gkm_cfg_given_t {
	const gkm_cfg_option_t *option;
	/** data SA that it is for, NULL if not for one */
	gkm_cfg_sa_t *sa;
	/** with its whole path */
	char *key;
	char *text;
};

/**
 * Get what was given, in that order.
 *
 * @param this		configuration
 * @param index		index, from 0
 * @return			NULL after the last one
 */
gkm_cfg_given_t *gkm_cfg_get_given(gkm_cfg_t *this, int index);

/**
 * Was an option given?
 *
 * @param this		configuration
 * @param sa		data SA that it is for, NULL if not for one
 * @param key		path below the group's section, or below sas.<name>
 */
bool gkm_cfg_is_given(gkm_cfg_t *this, gkm_cfg_sa_t *sa, const char *key);

/**
 * Was an option given whose path begins like this?
 *
 * @param this		configuration
 * @param prefix	beginning of a path below the group's section: "coop."
 */
bool gkm_cfg_has_given(gkm_cfg_t *this, const char *prefix);

/**
 * Fill in defaults of GDOI and of options that it shares with G-IKEv2, and
 * check them. All options of the group have been read, and section rekey completed.
 *
 * @param this		configuration
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if something contradicts
 */
bool gkm_cfg_gdoi_finish(gkm_cfg_t *this, gkm_error_t *err);

/**
 * Check that GDOI can express a data SA, if it is among the protocols.
 *
 * @param this		configuration
 * @param sa		completed data SA
 * @param section	its section, such as "sas.data"
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if it can't
 */
bool gkm_cfg_gdoi_check_sa(gkm_cfg_t *this, gkm_cfg_sa_t *sa,
						   const char *section, gkm_error_t *err);

/**
 * Check section data_plane, and that all data SAs can be used with it. All
 * options have been read and data SAs completed.
 *
 * @param this		configuration
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if something is missing or contradicts
 */
bool gkm_cfg_plane_finish(gkm_cfg_t *this, gkm_error_t *err);

/**
 * Check section coop. All options have been read and data SAs completed.
 *
 * @param this		configuration
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if something is missing or contradicts
 */
bool gkm_cfg_coop_finish(gkm_cfg_t *this, gkm_error_t *err);

/**
 * Check that IP delay detection of a server's group can be used with all of its
 * data SAs, which were completed.
 *
 * @param this		configuration
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if it can't
 */
bool gkm_cfg_d3p_check(gkm_cfg_t *this, gkm_error_t *err);

#endif /** GKM_CFG_FINISH_H_ @}*/
