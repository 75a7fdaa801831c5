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


#include "gkm_store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "gkm_store_file.h"

/** Version of the tables, kept as user_version */
#define SCHEMA_VERSION 2

/** Milliseconds to wait for another process that uses the database */
#define BUSY_TIMEOUT 2000

/** Settings of a connection. State of 10,000 members fits into the cache; and
 * what is written ahead may get longer than by default, because moving it to
 * its place takes a while and two calls of fsync(). */
#define SETTINGS \
	"PRAGMA synchronous = EXTRA;" \
	"PRAGMA cache_size = -16384;"		/* KiB */ \
	"PRAGMA wal_autocheckpoint = 4096;"	/* pages */

typedef struct private_gkm_store_db_t private_gkm_store_db_t;

/**
 * Private data
 */
struct private_gkm_store_db_t {

	/** public interface */
	gkm_store_db_t public;

	/** directory and path of the database, path of what is written ahead */
	char *dir;
	char *path;
	char *wal;

	/** database, NULL if it isn't open */
	sqlite3 *db;

	/** statements, prepared when they are first needed */
	sqlite3_stmt *stmts[GKM_STMT_COUNT];

	/** do transactions wait for the disk? */
	bool durable;

	/** was it opened before, and which file was that? */
	bool known;
	dev_t dev;
	ino_t ino;

	/** was it found to be damaged since it was last opened? */
	bool damaged;

	/** was one moved aside? */
	bool reset;
};

/** Statements, see gkm_store_stmt_t */
static char *statements[GKM_STMT_COUNT] = {
	[GKM_STMT_GET_NEXT] =
		"SELECT next FROM sender_ids WHERE group_id = ? AND bits = ?",
	[GKM_STMT_SET_NEXT] =
		"INSERT OR REPLACE INTO sender_ids (group_id, bits, next)"
		" VALUES (?, ?, ?)",
	[GKM_STMT_GET_RECORDS] =
		"SELECT key, value FROM state WHERE group_id = ? AND kind = ?",
	[GKM_STMT_SET_RECORD] =
		"INSERT OR REPLACE INTO state (group_id, kind, key, value)"
		" VALUES (?, ?, ?, ?)",
	[GKM_STMT_REMOVE_RECORD] =
		"DELETE FROM state WHERE group_id = ? AND kind = ? AND key = ?",
	[GKM_STMT_REMOVE_RECORDS] =
		"DELETE FROM state WHERE group_id = ? AND kind = ?",
};

METHOD(gkm_store_db_t, fail, bool,
	private_gkm_store_db_t *this, char *what, gkm_error_t *err)
{
	int code = this->db ? sqlite3_errcode(this->db) : SQLITE_NOMEM;

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
	{
		this->damaged = TRUE;
	}
	return gkm_fail(err, "%s: %s: %s", this->path, what,
					this->db ? sqlite3_errmsg(this->db) : "out of memory");
}

/**
 * Run a statement without results
 */
static bool run(private_gkm_store_db_t *this, char *sql, char *what,
				gkm_error_t *err)
{
	return sqlite3_exec(this->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
		   fail(this, what, err);
}

/**
 * Get the first column of a statement's first row
 */
static bool query(private_gkm_store_db_t *this, char *sql, char *buf,
				  size_t len, gkm_error_t *err)
{
	sqlite3_stmt *stmt = NULL;
	bool success = FALSE;

	if (sqlite3_prepare_v2(this->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW)
	{
		snprintf(buf, len, "%s", (char*)sqlite3_column_text(stmt, 0));
		success = TRUE;
	}
	else
	{
		fail(this, "can't be read", err);
	}
	sqlite3_finalize(stmt);
	return success;
}

/**
 * Make sure that there is a directory and a file, both for us alone
 */
static bool prepare_file(private_gkm_store_db_t *this, gkm_error_t *err)
{
	struct stat st;
	int fd;

	if (!gkm_store_file_prepare_dir(this->dir, err))
	{
		return FALSE;
	}
	/* A file that is there isn't opened here: closing it would drop the locks
	 * of another connection of this process. SQLite gives its other files the
	 * mode of this one. */
	if (!this->known)
	{
		fd = open(this->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				  S_IRUSR | S_IWUSR);
		if (fd == -1 && errno != EEXIST)
		{
			return gkm_fail(err, "%s: can't be created: %s", this->path,
							strerror(errno));
		}
		if (fd != -1)
		{
			close(fd);
		}
	}
	if (lstat(this->path, &st) != 0 ||
		(this->known && (st.st_dev != this->dev || st.st_ino != this->ino)))
	{
		return gkm_fail(err, "%s: was moved or removed while in use; put it "
						"back, or restart", this->path);
	}
	if (!S_ISREG(st.st_mode))
	{
		return gkm_fail(err, "%s: not a regular file", this->path);
	}
	this->dev = st.st_dev;
	this->ino = st.st_ino;
	return gkm_store_file_check(this->path, &st, err);
}

/**
 * Refuse a database whose pages don't fit together
 */
static bool check_integrity(private_gkm_store_db_t *this, gkm_error_t *err)
{
	char check[256], *text;

	/* unlike quick_check, this looks at indices as well, without which a
	 * counter may not be found */
	if (!query(this, "PRAGMA integrity_check(1)", check, sizeof(check), err))
	{
		return FALSE;
	}
	if (!streq(check, "ok"))
	{
		/* after a line that names the schema */
		text = strrchr(check, '\n');
		this->damaged = TRUE;
		return gkm_fail(err, "%s: is damaged: %s", this->path,
						text ? text + 1 : check);
	}
	return TRUE;
}

/**
 * Check the database, create tables that it hasn't
 */
static bool prepare_tables(private_gkm_store_db_t *this, gkm_error_t *err)
{
	char version[16], tables[16], mode[16];

	if (!check_integrity(this, err) ||
		!query(this, "PRAGMA user_version", version, sizeof(version), err) ||
		!query(this, "SELECT count(*) FROM sqlite_master", tables,
			   sizeof(tables), err))
	{
		return FALSE;
	}
	if (atoi(version) < 0 || atoi(version) > SCHEMA_VERSION ||
		(atoi(version) == 0 && atoi(tables)))
	{
		return gkm_fail(err, "%s: is of version %s, expected %d", this->path,
						version, SCHEMA_VERSION);
	}
	if (!query(this, "PRAGMA journal_mode = WAL", mode, sizeof(mode), err))
	{
		return FALSE;
	}
	if (!streq(mode, "wal"))
	{
		return gkm_fail(err, "%s: can't be written ahead there", this->path);
	}
	if (atoi(version) == SCHEMA_VERSION)
	{
		return TRUE;
	}
	return run(this,
			"BEGIN IMMEDIATE;"
			"CREATE TABLE IF NOT EXISTS sender_ids ("
			" group_id BLOB NOT NULL,"	/* body of the IDg payload */
			" bits INTEGER NOT NULL,"	/* size of the IDs */
			" next INTEGER NOT NULL,"	/* first one not reserved yet */
			" PRIMARY KEY (group_id, bits));"
			"CREATE TABLE IF NOT EXISTS state ("
			" group_id BLOB NOT NULL,"	/* body of the IDg payload */
			" kind INTEGER NOT NULL,"	/* gkm_record_t */
			" key BLOB NOT NULL,"		/* name of the record */
			" value BLOB NOT NULL,"		/* sealed key and value */
			" PRIMARY KEY (group_id, kind, key)) WITHOUT ROWID;"
			"PRAGMA user_version = 2;"
			"COMMIT", "can't be created", err);
}

METHOD(gkm_store_db_t, close_, void,
	private_gkm_store_db_t *this)
{
	int i;

	for (i = 0; i < GKM_STMT_COUNT; i++)
	{
		sqlite3_finalize(this->stmts[i]);
		this->stmts[i] = NULL;
	}
	if (this->db && this->damaged)
	{
		/* leave what there is to look at as it is */
		sqlite3_db_config(this->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	sqlite3_close(this->db);
	this->db = NULL;
}

/**
 * Open the file, whatever is in it
 */
static bool open_file(private_gkm_store_db_t *this, gkm_error_t *err)
{
	if (!prepare_file(this, err))
	{
		return FALSE;
	}
	if (sqlite3_open_v2(this->path, &this->db, SQLITE_OPEN_READWRITE |
						SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
	{
		fail(this, "can't be opened", err);
		close_(this);
		return FALSE;
	}
	sqlite3_busy_timeout(this->db, BUSY_TIMEOUT);
	this->damaged = FALSE;
	this->durable = TRUE;
	if (!run(this, SETTINGS, "can't be set up", err) ||
		!prepare_tables(this, err))
	{
		close_(this);
		return FALSE;
	}
	return TRUE;
}

/**
 * Move a damaged database out of the way, with what belongs to it
 */
static bool move_aside(private_gkm_store_db_t *this, char *reason,
					   gkm_error_t *err)
{
	char *suffixes[] = { "", "-wal", "-shm", "-journal" };
	char aside[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	time_t now = time(NULL);
	int i;

	do
	{
		snprintf(aside, sizeof(aside), "%s.damaged-%" PRId64, this->path,
				 (int64_t)now++);
	}
	while (access(aside, F_OK) == 0);
	/* The database first: SQLite ignores what belongs to one that is gone, but
	 * would take one without its -wal for whole. */
	for (i = 0; i < countof(suffixes); i++)
	{
		snprintf(from, sizeof(from), "%s%s", this->path, suffixes[i]);
		snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
		{
			return gkm_fail(err, "%s; can't be moved aside: %s", reason,
							strerror(errno));
		}
	}
	if (!gkm_store_file_sync_dir(this->path, err))
	{
		return FALSE;
	}
	DBG1(DBG_CFG, "%s; moved to %s, groups start anew", reason, aside);
	this->reset = TRUE;
	return TRUE;
}

/**
 * Is the open database still the file that the next start will read?
 */
static bool check_in_place(private_gkm_store_db_t *this, gkm_error_t *err)
{
	int moved = 0;

	sqlite3_file_control(this->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	return (!moved && access(this->wal, F_OK) == 0) ||
		   gkm_fail(err, "%s: was moved or removed while in use", this->path);
}

METHOD(gkm_store_db_t, open_, bool,
	private_gkm_store_db_t *this, gkm_error_t *err)
{
	gkm_error_t reason = {};
	bool success;

	if (this->db)
	{
		return check_in_place(this, err);
	}
	success = open_file(this, &reason);
	if (!success && this->damaged && !this->known)
	{
		if (!move_aside(this, reason.text, err))
		{
			return FALSE;
		}
		reason = (gkm_error_t){};
		success = open_file(this, &reason);
	}
	if (success)
	{
		this->known = TRUE;
		return TRUE;
	}
	return gkm_fail(err, "%s", reason.text);
}

METHOD(gkm_store_db_t, was_reset, bool,
	private_gkm_store_db_t *this)
{
	return this->reset;
}

METHOD(gkm_store_db_t, get_stmt, sqlite3_stmt*,
	private_gkm_store_db_t *this, gkm_store_stmt_t which, chunk_t group,
	int number, gkm_error_t *err)
{
	sqlite3_stmt **stmt = &this->stmts[which];

	if ((*stmt || sqlite3_prepare_v3(this->db, statements[which], -1,
					SQLITE_PREPARE_PERSISTENT, stmt, NULL) == SQLITE_OK) &&
		sqlite3_bind_blob(*stmt, 1, group.ptr, group.len,
						  SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int(*stmt, 2, number) == SQLITE_OK)
	{
		return *stmt;
	}
	fail(this, "can't be used", err);
	return NULL;
}

METHOD(gkm_store_db_t, begin, bool,
	private_gkm_store_db_t *this, bool durable, gkm_error_t *err)
{
	if (durable != this->durable)
	{
		if (!run(this, durable ? "PRAGMA synchronous = EXTRA" :
				 "PRAGMA synchronous = NORMAL", "can't be set up", err))
		{
			return FALSE;
		}
		this->durable = durable;
	}
	return run(this, "BEGIN IMMEDIATE", "can't be written", err);
}

METHOD(gkm_store_db_t, commit, bool,
	private_gkm_store_db_t *this, gkm_error_t *err)
{
	return run(this, "COMMIT", "can't be written", err);
}

METHOD(gkm_store_db_t, destroy, void,
	private_gkm_store_db_t *this)
{
	close_(this);
	free(this->wal);
	free(this->path);
	free(this->dir);
	free(this);
}

/*
 * Described in header
 */
gkm_store_db_t *gkm_store_db_create(char *dir, char *file)
{
	private_gkm_store_db_t *this;
	char path[PATH_MAX], wal[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%s", dir, DIRECTORY_SEPARATOR, file);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	INIT(this,
		.public = {
			.open = _open_,
			.was_reset = _was_reset,
			.get_stmt = _get_stmt,
			.begin = _begin,
			.commit = _commit,
			.fail = _fail,
			.close = _close_,
			.destroy = _destroy,
		},
		.dir = strdup(dir),
		.path = strdup(path),
		.wal = strdup(wal),
	);
	return &this->public;
}
