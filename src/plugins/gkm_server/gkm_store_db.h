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
 * SQLite database of a key server: its file, its tables, its transactions.
 *
 * Version 2 has these tables; group_id is the body of an IDg payload:
 *   sender_ids		for each group and size of sender IDs the first ID that
 *					wasn't reserved yet
 *   state			for each group and kind of record the sealed records, under
 *					names, see gkm_seal.h
 * Version 1 had no state, which is added when it is opened.
 *
 * It is written ahead (SQLite's WAL mode): while the database is open, or after
 * the process was killed, some of it is in a file named -wal, which belongs to
 * it as much as the database file. A transaction is a few writes to that file.
 * They outlive the process, and with an fsync() the machine; what is synced
 * includes earlier transactions that weren't.
 *
 * @defgroup gkm_store_db gkm_store_db
 * @{ @ingroup gkm_server
 */

#ifndef GKM_STORE_DB_H_
#define GKM_STORE_DB_H_

#include <sqlite3.h>

#include "libgkm/group/gkm_error.h"

typedef struct gkm_store_db_t gkm_store_db_t;
typedef enum gkm_store_stmt_t gkm_store_stmt_t;

/** Statements. Their first two parameters are a group and a number. */
enum gkm_store_stmt_t {
	/** first sender ID not reserved; number of bits */
	GKM_STMT_GET_NEXT,
	/** set it to parameter 3 */
	GKM_STMT_SET_NEXT,
	/** key and value of the records of a kind */
	GKM_STMT_GET_RECORDS,
	/** set record with key (3) to value (4) */
	GKM_STMT_SET_RECORD,
	/** remove record with key (3) */
	GKM_STMT_REMOVE_RECORD,
	/** remove the records of a kind */
	GKM_STMT_REMOVE_RECORDS,
	GKM_STMT_COUNT,
};

/**
 * A database. Not for several threads at once.
 */
struct gkm_store_db_t {

	/**
	 * Open the database if it isn't open, creating it if there is none; see
	 * that it is the file that the next start will read. Has to be called
	 * before the methods below.
	 *
	 * The first time that it is opened, a damaged database is moved aside and
	 * a new one is created, which is logged. Later that, or that it is gone, is
	 * an error until the process is started again: who uses this counts on what
	 * was kept.
	 *
	 * @param err			receives the reason on failure
	 * @return				TRUE if it is open
	 */
	bool (*open)(gkm_store_db_t *this, gkm_error_t *err);

	/**
	 * Was a damaged database moved aside?
	 */
	bool (*was_reset)(gkm_store_db_t *this);

	/**
	 * Get a statement with its first two parameters set. To be reset after
	 * use; the others have to be set each time.
	 *
	 * @param which			statement
	 * @param group			group, has to stay until the statement is reset
	 * @param number		bits or kind
	 * @param err			receives the reason on failure
	 * @return				statement, owned by the database, NULL on failure
	 */
	sqlite3_stmt *(*get_stmt)(gkm_store_db_t *this, gkm_store_stmt_t which,
							  chunk_t group, int number, gkm_error_t *err);

	/**
	 * Begin a transaction that writes.
	 *
	 * @param durable		TRUE if commit() has to wait for the disk
	 * @param err			receives the reason on failure
	 */
	bool (*begin)(gkm_store_db_t *this, bool durable, gkm_error_t *err);

	/**
	 * Keep what was changed since begin().
	 *
	 * @param err			receives the reason on failure
	 * @return				FALSE if nothing was changed
	 */
	bool (*commit)(gkm_store_db_t *this, gkm_error_t *err);

	/**
	 * Note what SQLite says of its last failure.
	 *
	 * @param what			what can't be done, such as "can't be read"
	 * @param err			receives the reason
	 * @return				FALSE
	 */
	bool (*fail)(gkm_store_db_t *this, char *what, gkm_error_t *err);

	/**
	 * Close the database, rolling back what wasn't committed.
	 */
	void (*close)(gkm_store_db_t *this);

	/**
	 * Close and destroy this.
	 */
	void (*destroy)(gkm_store_db_t *this);
};

/**
 * Create one without looking at the file.
 *
 * @param dir		directory of the database, created when it is opened
 * @param file		name of the database
 */
gkm_store_db_t *gkm_store_db_create(char *dir, char *file);

#endif /** GKM_STORE_DB_H_ @}*/
