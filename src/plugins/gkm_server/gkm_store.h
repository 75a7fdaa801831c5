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
 * What a key server has to remember across restarts: the sender IDs that it
 * gave out. Keys and members aren't stored; after a restart keys are new and
 * members register again.
 *
 * A SQLite database gkm.db in a directory that only its owner may enter. One
 * row for each group identity and size of sender IDs, with the first ID that
 * wasn't reserved yet.
 *
 * @defgroup gkm_store gkm_store
 * @{ @ingroup gkm_server
 */

#ifndef GKM_STORE_H_
#define GKM_STORE_H_

#include "libgkm/group/gkm_sender_ids.h"

typedef struct gkm_store_t gkm_store_t;

/** Name of the database in its directory */
#define GKM_STORE_FILE "gkm.db"

/**
 * The database. Can be used by several threads.
 */
struct gkm_store_t {

	/**
	 * Source of sender IDs. A reservation is on disk before it returns. Each
	 * call tries to open a database that couldn't be opened before.
	 */
	gkm_sender_id_store_t sender_ids;

	/**
	 * Open the database now, creating it if there is none.
	 *
	 * A directory or file of someone else, or that others may access, and a
	 * damaged database are refused; nothing is repaired or overwritten.
	 *
	 * @param err			receives the reason on failure
	 * @return				TRUE if it is open
	 */
	bool (*open)(gkm_store_t *this, gkm_error_t *err);

	/**
	 * Close the database.
	 */
	void (*destroy)(gkm_store_t *this);
};

/**
 * Create a store. Nothing is opened or created on disk yet, so that key
 * servers without counter modes need no directory.
 *
 * @param dir		directory of the database, created when it is opened
 */
gkm_store_t *gkm_store_create(char *dir);

#endif /** GKM_STORE_H_ @}*/
