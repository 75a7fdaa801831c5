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
 * Key servers that serve a group together, each with its clock, and records
 * between them as they tell each other.
 */

#ifndef SERVER_FIXTURE_H_
#define SERVER_FIXTURE_H_

#include "group_fixture.h"

/** Key servers that tests have */
#define SERVERS 3

/** A key server */
typedef struct {
	/** group, NULL if it is down */
	gkm_group_t *group;
	/** SPIs and sender IDs of its own */
	spis_t spis;
	store_t store;
	/** seconds that its clock is ahead */
	time_t ahead;
} server_t;

/** Key servers, the first has number 1; gone after each test */
extern server_t servers[SERVERS];

/**
 * Fixtures of a test case, around those of group_fixture.h. Tests leave it to
 * these to destroy groups.
 */
void server_setup();
void server_teardown();

/**
 * Configure the group for a key server.
 *
 * @param n			its position, from 0
 * @param key		option to add or replace, followed by its value, or NULL
 */
gkm_cfg_t *server_configure(int n, char *key, char *value);

/**
 * Start a key server: it waits for others.
 *
 * @param cfg		configuration, adopted
 */
void server_start(int n, gkm_cfg_t *cfg);

/**
 * Time by the clock of a key server.
 *
 * @param now		time by a clock that isn't ahead
 */
time_t server_time(int n, time_t now);

/**
 * Change what it does.
 */
void server_set_duty(int n, gkm_duty_t duty, uint64_t epoch, bool takeover,
					 time_t now);

/**
 * Get what a key server has to say.
 *
 * @param all		all that it has, not just what changed
 */
gkm_record_list_t *server_put(int n, bool all);

/**
 * Tell a key server what another one says.
 *
 * @param records	destroyed
 * @return			what gkm_group_t.adopt() says
 */
bool server_adopt(int n, int from, gkm_adoption_kind_t kind, bool population,
				  gkm_record_list_t *records, time_t now);

/**
 * Tell a key server something that it has to take over.
 */
void server_tell(int n, int from, gkm_adoption_kind_t kind, time_t now);

/**
 * Start key servers, of which the first one is primary and others follow.
 *
 * @param count		number of them
 * @param key		option, followed by its value, or NULL
 */
void server_start_all(int count, char *key, char *value, time_t now);

/**
 * Tell all what the first one changed, after it heard of the members of others.
 */
void server_sync(int count, time_t now);

#endif /** SERVER_FIXTURE_H_ */
