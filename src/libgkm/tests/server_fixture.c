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

#include "server_fixture.h"

server_t servers[SERVERS];

/*
 * Described in header
 */
void server_setup()
{
	int i;

	group_setup();
	for (i = 0; i < SERVERS; i++)
	{
		servers[i] = (server_t){
			.spis = spis,
			.store = store,
		};
		servers[i].spis.used = array_create(sizeof(uint32_t), 0);
	}
}

/*
 * Described in header
 */
void server_teardown()
{
	int i;

	for (i = 0; i < SERVERS; i++)
	{
		DESTROY_IF(servers[i].group);
		ck_assert_int_eq(array_count(servers[i].spis.used), 0);
		array_destroy(servers[i].spis.used);
	}
	group_teardown();
}

/*
 * Described in header
 */
gkm_cfg_t *server_configure(int n, char *key, char *value)
{
	char id[2] = { '1' + n };

	return group_configure("coop.id", id, "coop.peers", "ks1,ks2", key, value,
						   NULL);
}

/*
 * Described in header
 */
void server_start(int n, gkm_cfg_t *cfg)
{
	server_t *this = &servers[n];

	this->group = gkm_group_create(cfg, &this->store.public, &this->spis.public,
								   group_auth_key(cfg), group_sig_alg(cfg),
								   server_time(n, START), &err);
	ck_assert_msg(this->group != NULL, "%s", err.text);
}

/*
 * Described in header
 */
time_t server_time(int n, time_t now)
{
	return now + servers[n].ahead;
}

/*
 * Described in header
 */
void server_set_duty(int n, gkm_duty_t duty, uint64_t epoch, bool takeover,
					 time_t now)
{
	gkm_group_t *group = servers[n].group;

	err = (gkm_error_t){};
	group->set_duty(group, duty, epoch, takeover, server_time(n, now), notices,
					&err);
	ck_assert_msg(!err.text[0], "%s", err.text);
	ck_assert_int_eq(group->get_duty(group), duty);
}

/*
 * Described in header
 */
gkm_record_list_t *server_put(int n, bool all)
{
	gkm_group_t *group = servers[n].group;
	gkm_record_list_t *records;

	records = gkm_record_list_create();
	group->put(group, &records->store, all);
	return records;
}

/*
 * Described in header
 */
bool server_adopt(int n, int from, gkm_adoption_kind_t kind, bool population,
				  gkm_record_list_t *records, time_t now)
{
	gkm_group_t *group = servers[n].group;
	gkm_adoption_t how = {
		.kind = kind,
		.from = from + 1,
		.shift = servers[n].ahead - servers[from].ahead,
		.population = population,
	};
	bool success;

	err = (gkm_error_t){};
	success = group->adopt(group, &how, records, server_time(n, now), notices,
						   &err);
	records->destroy(records);
	return success;
}

/*
 * Described in header
 */
void server_tell(int n, int from, gkm_adoption_kind_t kind, time_t now)
{
	bool all = kind == GKM_ADOPT_ALL || kind == GKM_ADOPT_MERGE;

	ck_assert_msg(server_adopt(n, from, kind, FALSE, server_put(from, all),
							   now), "%s", err.text);
}

/*
 * Described in header
 */
void server_start_all(int count, char *key, char *value, time_t now)
{
	gkm_record_list_t *kept;
	int i;

	for (i = 0; i < count; i++)
	{
		server_start(i, server_configure(i, key, value));
	}
	server_set_duty(0, GKM_DUTY_PRIMARY, 1, FALSE, now);
	for (i = 1; i < count; i++)
	{
		server_set_duty(i, GKM_DUTY_SECONDARY, 0, FALSE, now);
		server_tell(i, 0, GKM_ADOPT_ALL, now);
		kept = server_put(i, FALSE);
		kept->destroy(kept);
	}
}

/*
 * Described in header
 */
void server_sync(int count, time_t now)
{
	gkm_record_list_t *changes;
	int i;

	for (i = 1; i < count; i++)
	{
		server_tell(0, i, GKM_ADOPT_MEMBERS, now);
	}
	changes = server_put(0, FALSE);
	for (i = 1; i < count; i++)
	{
		ck_assert_msg(server_adopt(i, 0, GKM_ADOPT_CHANGES, FALSE,
								   changes->get_ref(changes), now),
					  "%s", err.text);
	}
	changes->destroy(changes);
}
