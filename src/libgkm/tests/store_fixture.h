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
 * What tests of a key server's store need around it.
 */

#ifndef STORE_FIXTURE_H_
#define STORE_FIXTURE_H_

#include "plugins/gkm_server/gkm_store.h"

/** Directory of the store, its database and its key file; in a new place for
 *  each test */
extern char store_dir[96], store_path[128], store_key[128];

/** A group, and the reason of the last failure */
extern identification_t *store_group;
extern gkm_error_t store_err;

/**
 * Fixtures of a test case. Removes what a store may leave, and fails if there
 * is anything else.
 */
void store_setup();
void store_teardown();

/**
 * Create a store there.
 */
gkm_store_t *store_create();

/**
 * Reserve up to 10 IDs, expect a number of them from the first one.
 */
void store_reserve(gkm_store_t *store, identification_t *id, uint8_t bits,
				   uint32_t expect_first, uint32_t expect_count);

/**
 * Expect that no IDs of 8 bits can be reserved, for a reason.
 */
void store_refuses(gkm_store_t *store, char *reason);

/**
 * Expect that the last failure had a reason, and forget it.
 */
void store_failed(char *reason);

/**
 * Create a database in which 10 IDs of 8 bits are reserved, and close it.
 */
void store_create_database();

/**
 * Change the database from outside.
 */
void store_run_sql(char *sql);

/**
 * Write to one of the files, from an offset.
 */
void store_write(char *path, off_t offset, chunk_t data);

/**
 * Find the file that a damaged one was moved to, and remove that and what
 * belongs to it.
 *
 * @return			content, allocated, chunk_empty if there is none
 */
chunk_t store_take_damaged();

#endif /** STORE_FIXTURE_H_ */
