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


#include "store_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <check.h>
#include <sqlite3.h>

/** Folder of a test, everything else is below it */
static char base[64];

/* Described in header */
char store_dir[96], store_path[128], store_key[128];
identification_t *store_group;
gkm_error_t store_err;

/*
 * Described in header
 */
void store_setup()
{
	snprintf(base, sizeof(base), "/tmp/gkm_store.XXXXXX");
	ck_assert(mkdtemp(base) != NULL);
	snprintf(store_dir, sizeof(store_dir), "%s/state/gkm", base);
	snprintf(store_path, sizeof(store_path), "%s/%s", store_dir,
			 GKM_STORE_FILE);
	snprintf(store_key, sizeof(store_key), "%s/%s", store_dir,
			 GKM_STORE_KEY_FILE);
	store_err = (gkm_error_t){};
	store_group = identification_create_from_string("group@example.com");
}

/*
 * Described in header
 */
void store_teardown()
{
	char state[96];

	store_group->destroy(store_group);
	unlink(store_path);
	unlink(store_key);
	rmdir(store_dir);
	snprintf(state, sizeof(state), "%s/state", base);
	rmdir(state);
	/* nothing else was left in it */
	ck_assert_int_eq(rmdir(base), 0);
}

/*
 * Described in header
 */
gkm_store_t *store_create()
{
	return gkm_store_create(store_dir, NULL);
}

/*
 * Described in header
 */
void store_reserve(gkm_store_t *store, identification_t *id, uint8_t bits,
				   uint32_t expect_first, uint32_t expect_count)
{
	uint32_t first = UINT32_MAX, count = UINT32_MAX;

	ck_assert_msg(store->sender_ids.reserve(&store->sender_ids, id, bits, 10,
											&first, &count, &store_err),
				  "%s", store_err.text);
	ck_assert_int_eq(count, expect_count);
	if (expect_count)
	{
		ck_assert_int_eq(first, expect_first);
	}
}

/*
 * Described in header
 */
void store_refuses(gkm_store_t *store, char *reason)
{
	uint32_t first, count;

	store_err = (gkm_error_t){};
	ck_assert(!store->sender_ids.reserve(&store->sender_ids, store_group, 8,
										 10, &first, &count, &store_err));
	store_failed(reason);
}

/*
 * Described in header
 */
void store_failed(char *reason)
{
	ck_assert_msg(strstr(store_err.text, reason) != NULL,
				  "expected '%s', got '%s'", reason, store_err.text);
	store_err = (gkm_error_t){};
}

/*
 * Described in header
 */
void store_create_database()
{
	gkm_store_t *store;

	store = store_create();
	store_reserve(store, store_group, 8, 0, 10);
	store->destroy(store);
}

/*
 * Described in header
 */
void store_run_sql(char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(store_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/*
 * Described in header
 */
void store_write(char *path, off_t offset, chunk_t data)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(pwrite(fd, data.ptr, data.len, offset), data.len);
	close(fd);
}

/*
 * Described in header
 */
chunk_t store_take_damaged()
{
	enumerator_t *enumerator;
	char prefix[160], *file;
	chunk_t *map, content = chunk_empty;

	snprintf(prefix, sizeof(prefix), "%s.damaged-", store_path);
	enumerator = enumerator_create_directory(store_dir);
	while (enumerator->enumerate(enumerator, NULL, &file, NULL))
	{
		if (!strpfx(file, prefix))
		{
			continue;
		}
		if (!strchr(file + strlen(prefix), '-'))
		{
			map = chunk_map(file, FALSE);
			ck_assert(map != NULL);
			content = chunk_clone(*map);
			chunk_unmap(map);
		}
		unlink(file);
	}
	enumerator->destroy(enumerator);
	return content;
}
