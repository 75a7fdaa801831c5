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
 * gave out, and the state of its groups.
 *
 * Both are in a SQLite database gkm.db in a directory that only its owner may
 * enter, see gkm_store_db.h. State is sealed with a key from a file, see
 * gkm_seal.h.
 *
 * @defgroup gkm_store gkm_store
 * @{ @ingroup gkm_server
 */

#ifndef GKM_STORE_H_
#define GKM_STORE_H_

#include "libgkm/group/gkm_sender_ids.h"
#include "libgkm/group/gkm_state_store.h"

typedef struct gkm_store_t gkm_store_t;

/** Name of the database in its directory */
#define GKM_STORE_FILE "gkm.db"

/** Name of the key file there, if none is given */
#define GKM_STORE_KEY_FILE "state.key"

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
	 * State of groups. No other call may be made, to sender_ids neither, by
	 * the thread that is between begin() and end(); other threads wait.
	 *
	 * The key file is created when the first record is written. Where it is
	 * missing, or is another one, load() fails for groups that have records
	 * of the kind. Such groups start anew by clearing every kind in the
	 * transaction that writes their new state. Where there is a file that is
	 * no key file, or open to others, end() fails too, unless it only clears.
	 */
	gkm_state_store_t state;

	/**
	 * Open the database now, creating it if there is none.
	 *
	 * A directory or file of someone else, or that others may access, and a
	 * database of another version are refused. A damaged database is moved
	 * aside, see was_reset().
	 *
	 * @param err			receives the reason on failure
	 * @return				TRUE if it is open
	 */
	bool (*open)(gkm_store_t *this, gkm_error_t *err);

	/**
	 * Was a damaged database moved aside, to gkm.db.damaged-<time>? This was
	 * logged.
	 *
	 * Then there is no state, and sender IDs are given out from the first one
	 * again. They are unique only under keys that are newer than that, which
	 * those of a group without state are.
	 *
	 * It can happen only when the database is opened for the first time, that
	 * is, before this gave out anything. Later a damaged database, or one that
	 * is gone, makes every call fail until the daemon is restarted.
	 */
	bool (*was_reset)(gkm_store_t *this);

	/**
	 * Close the database.
	 */
	void (*destroy)(gkm_store_t *this);
};

/**
 * Create a store. Nothing is opened or created on disk yet, so that key
 * servers that keep nothing need no directory.
 *
 * @param dir		directory of the database, created when it is opened
 * @param key_file	path of the key file that seals state, NULL for
 *					GKM_STORE_KEY_FILE in dir
 */
gkm_store_t *gkm_store_create(char *dir, char *key_file);

#endif /** GKM_STORE_H_ @}*/
