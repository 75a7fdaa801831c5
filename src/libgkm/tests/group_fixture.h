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
 * What tests of a key server's group need around it.
 */

#ifndef GROUP_FIXTURE_H_
#define GROUP_FIXTURE_H_

#include "libgkm/group/gkm_group.h"

/** Time at which groups are created */
#define START 1000000

/** IDs that are remembered, as a database would */
typedef struct {
	gkm_sender_id_store_t public;
	uint64_t next[GKM_SENDER_ID_BITS_MAX + 1];
	u_int writes;
	bool broken;
} store_t;

/** SPIs in use: counted, and noted to find those that are in use twice, which
 *  is a failure unless may_repeat is set */
typedef struct {
	gkm_spis_t public;
	array_t *used;
	uint32_t refuse;
	bool may_repeat;
} spis_t;

/** Used by all groups; new for each test */
extern store_t store;
extern spis_t spis;

/** Reason of the last failure */
extern gkm_error_t err;

/** What members had to be told, as gkm_notice_t* */
extern array_t *notices;

/**
 * Fixtures of a test case. Groups have to be gone when a test ends.
 */
void group_setup();
void group_teardown();

/**
 * Configure a group: a data SA of 50 and 60 minutes, a rekey SA of 20 and 24
 * hours.
 *
 * @param key		option to add or replace, followed by its value (NULL to
 *					leave it out), then others, then NULL
 */
gkm_cfg_t *group_configure(char *key, ...);

/**
 * What stands for the key that signs rekeys, and its algorithm, if cfg has them
 * signed. Not to be freed.
 */
chunk_t group_auth_key(gkm_cfg_t *cfg);
chunk_t group_sig_alg(gkm_cfg_t *cfg);

/**
 * Create a group.
 *
 * @param cfg		configuration, adopted
 */
gkm_group_t *group_create(gkm_cfg_t *cfg);

/**
 * Change the configuration of a group.
 *
 * @param cfg		configuration, adopted
 */
void group_change(gkm_group_t *group, gkm_cfg_t *cfg, time_t now);

/**
 * Let a group do what is due. What members have to be told is added to notices.
 *
 * @return			number of SAs made
 */
u_int group_update(gkm_group_t *group, time_t now);

/**
 * Register a member that says nothing of its capabilities.
 *
 * @param name		its identity
 * @param sender	it sends
 * @param ids		sender IDs it wants
 * @param download	receives what it got, NULL if it was refused
 */
gkm_verdict_t group_admit(gkm_group_t *group, char *name, bool sender,
						  uint32_t ids, time_t now, gkm_download_t **download);

/**
 * Is an SA with the same SPI and key among some of a member?
 */
bool group_has_rekey_sa(array_t *sas, gkm_rekey_sa_t *sa);
bool group_has_data_sa(array_t *sas, gkm_data_sa_t *sa);

#endif /** GROUP_FIXTURE_H_ */
