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

#include "gkm_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <threading/mutex.h>

#include "libgkm/gikev2/gikev2_idg.h"

/** Version of the tables, kept as user_version */
#define SCHEMA_VERSION 1

/** Milliseconds to wait for another process that uses the database */
#define BUSY_TIMEOUT 2000

typedef struct private_gkm_store_t private_gkm_store_t;

/**
 * Private data
 */
struct private_gkm_store_t {

	/** public interface */
	gkm_store_t public;

	/** directory and path of the database */
	char *dir;
	char *path;

	/** database, NULL if it isn't open */
	sqlite3 *db;

	/** protects db, transactions must not mix */
	mutex_t *mutex;
};

/**
 * Note what SQLite has to say
 */
static bool fail_db(private_gkm_store_t *this, char *what, gkm_error_t *err)
{
	return gkm_fail(err, "%s: %s: %s", this->path, what,
					this->db ? sqlite3_errmsg(this->db) : "out of memory");
}

/**
 * Run a statement without results
 */
static bool run(private_gkm_store_t *this, char *sql, char *what,
				gkm_error_t *err)
{
	return sqlite3_exec(this->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
		   fail_db(this, what, err);
}

/**
 * Get the first column of a statement's first row
 */
static bool query(private_gkm_store_t *this, char *sql, char *buf, size_t len,
				  gkm_error_t *err)
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
		fail_db(this, "can't be read", err);
	}
	sqlite3_finalize(stmt);
	return success;
}

/**
 * Refuse a file or directory that someone else could change
 */
static bool check_owner(char *path, struct stat *st, gkm_error_t *err)
{
	if (st->st_uid != geteuid())
	{
		return gkm_fail(err, "%s: owned by user %u, not by user %u", path,
						st->st_uid, geteuid());
	}
	if (st->st_mode & (S_IRWXG | S_IRWXO))
	{
		return gkm_fail(err, "%s: mode %04o lets others in", path,
						st->st_mode & 07777);
	}
	return TRUE;
}

/**
 * Make sure that there is a directory and a file, both for us alone
 */
static bool prepare_file(private_gkm_store_t *this, gkm_error_t *err)
{
	struct stat st;
	bool ok;
	int fd;

	if (!mkdir_p(this->dir, S_IRWXU))
	{
		return gkm_fail(err, "%s: can't be created: %s", this->dir,
						strerror(errno));
	}
	if (stat(this->dir, &st) != 0 || !S_ISDIR(st.st_mode))
	{
		return gkm_fail(err, "%s: not a directory", this->dir);
	}
	if (!check_owner(this->dir, &st, err))
	{
		return FALSE;
	}
	/* SQLite gives its other files the mode of this one */
	fd = open(this->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			  S_IRUSR | S_IWUSR);
	if (fd == -1)
	{
		return gkm_fail(err, "%s: can't be opened: %s", this->path,
						strerror(errno));
	}
	ok = fstat(fd, &st) == 0 && check_owner(this->path, &st, err);
	close(fd);
	return ok;
}

/**
 * Check the database, create its table if it is new
 */
static bool prepare_tables(private_gkm_store_t *this, gkm_error_t *err)
{
	char check[128], version[16], tables[16];

	/* EXTRA: a reservation that was reported is on disk, its rollback journal
	 * gone from the directory as well */
	if (!run(this, "PRAGMA synchronous = EXTRA", "can't be set up", err) ||
		!query(this, "PRAGMA quick_check(1)", check, sizeof(check), err) ||
		!query(this, "PRAGMA user_version", version, sizeof(version), err) ||
		!query(this, "SELECT count(*) FROM sqlite_master", tables,
			   sizeof(tables), err))
	{
		return FALSE;
	}
	if (!streq(check, "ok"))
	{
		return gkm_fail(err, "%s: is damaged: %s", this->path, check);
	}
	if (atoi(version) == SCHEMA_VERSION)
	{
		return TRUE;
	}
	if (atoi(version) || atoi(tables))
	{
		return gkm_fail(err, "%s: is of version %s, expected %d", this->path,
						version, SCHEMA_VERSION);
	}
	return run(this,
			"BEGIN IMMEDIATE;"
			"CREATE TABLE IF NOT EXISTS sender_ids ("
			" group_id BLOB NOT NULL,"	/* body of the IDg payload */
			" bits INTEGER NOT NULL,"	/* size of the IDs */
			" next INTEGER NOT NULL,"	/* first one not reserved yet */
			" PRIMARY KEY (group_id, bits));"
			"PRAGMA user_version = 1;"
			"COMMIT", "can't be created", err);
}

/**
 * Close the database
 */
static void close_db(private_gkm_store_t *this)
{
	sqlite3_close(this->db);
	this->db = NULL;
}

/**
 * Open the database if it isn't open
 */
static bool open_db(private_gkm_store_t *this, gkm_error_t *err)
{
	if (this->db)
	{
		return TRUE;
	}
	if (!prepare_file(this, err))
	{
		return FALSE;
	}
	if (sqlite3_open_v2(this->path, &this->db, SQLITE_OPEN_READWRITE,
						NULL) != SQLITE_OK)
	{
		fail_db(this, "can't be opened", err);
		close_db(this);
		return FALSE;
	}
	sqlite3_busy_timeout(this->db, BUSY_TIMEOUT);
	if (!prepare_tables(this, err))
	{
		close_db(this);
		return FALSE;
	}
	return TRUE;
}

/**
 * Read the first ID that isn't reserved
 */
static bool read_next(private_gkm_store_t *this, chunk_t group, uint8_t bits,
					  uint64_t *next, gkm_error_t *err)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = 0;
	bool success = FALSE;

	if (sqlite3_prepare_v2(this->db, "SELECT next FROM sender_ids "
				"WHERE group_id = ? AND bits = ?", -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_bind_blob(stmt, 1, group.ptr, group.len,
						  SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int(stmt, 2, bits) == SQLITE_OK)
	{
		switch (sqlite3_step(stmt))
		{
			case SQLITE_ROW:
				success = sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
				value = sqlite3_column_int64(stmt, 0);
				if (value < 0 || value > (int64_t)1 << bits)
				{
					success = FALSE;
				}
				if (!success)
				{
					gkm_fail(err, "%s: is damaged: bad counter of sender IDs "
							 "of %u bits", this->path, bits);
				}
				break;
			case SQLITE_DONE:
				success = TRUE;
				break;
			default:
				break;
		}
	}
	if (!success)
	{
		fail_db(this, "can't be read", err);
	}
	sqlite3_finalize(stmt);
	*next = value;
	return success;
}

/**
 * Write the first ID that isn't reserved
 */
static bool write_next(private_gkm_store_t *this, chunk_t group, uint8_t bits,
					   uint64_t next, gkm_error_t *err)
{
	sqlite3_stmt *stmt = NULL;
	bool success;

	success = sqlite3_prepare_v2(this->db, "INSERT OR REPLACE INTO sender_ids "
				"(group_id, bits, next) VALUES (?, ?, ?)",
				-1, &stmt, NULL) == SQLITE_OK &&
			  sqlite3_bind_blob(stmt, 1, group.ptr, group.len,
								SQLITE_STATIC) == SQLITE_OK &&
			  sqlite3_bind_int(stmt, 2, bits) == SQLITE_OK &&
			  sqlite3_bind_int64(stmt, 3, next) == SQLITE_OK &&
			  sqlite3_step(stmt) == SQLITE_DONE;
	if (!success)
	{
		fail_db(this, "can't be written", err);
	}
	sqlite3_finalize(stmt);
	return success;
}

/**
 * Is the open database still the file that the next start will read?
 */
static bool check_in_place(private_gkm_store_t *this, gkm_error_t *err)
{
	int moved = 0;

	sqlite3_file_control(this->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	return !moved || gkm_fail(err, "%s: was moved or removed while in use",
							  this->path);
}

/**
 * Reserve a block, in a transaction
 */
static bool reserve_block(private_gkm_store_t *this, chunk_t group,
						  uint8_t bits, uint32_t want, uint32_t *first,
						  uint32_t *count, gkm_error_t *err)
{
	uint64_t next, end;

	if (!run(this, "BEGIN IMMEDIATE", "can't be written", err))
	{
		return FALSE;
	}
	if (read_next(this, group, bits, &next, err))
	{
		end = min(next + want, (uint64_t)1 << bits);
		if (end == next)
		{
			*count = 0;
			run(this, "ROLLBACK", "can't be read", NULL);
			return TRUE;
		}
		if (write_next(this, group, bits, end, err) &&
			run(this, "COMMIT", "can't be written", err))
		{
			*first = next;
			*count = end - next;
			return TRUE;
		}
	}
	run(this, "ROLLBACK", "can't be written", NULL);
	return FALSE;
}

METHOD(gkm_sender_id_store_t, reserve, bool,
	private_gkm_store_t *this, identification_t *group, uint8_t bits,
	uint32_t want, uint32_t *first, uint32_t *count, gkm_error_t *err)
{
	chunk_t encoding;
	bool success;

	encoding = gikev2_idg_build(group);
	this->mutex->lock(this->mutex);
	success = open_db(this, err) && check_in_place(this, err) &&
			  reserve_block(this, encoding, bits, want, first, count, err);
	if (!success)
	{
		/* whatever happened to it, look at it afresh the next time */
		close_db(this);
	}
	this->mutex->unlock(this->mutex);
	chunk_free(&encoding);
	return success;
}

METHOD(gkm_store_t, open_, bool,
	private_gkm_store_t *this, gkm_error_t *err)
{
	bool success;

	this->mutex->lock(this->mutex);
	success = open_db(this, err);
	this->mutex->unlock(this->mutex);
	return success;
}

METHOD(gkm_store_t, destroy, void,
	private_gkm_store_t *this)
{
	close_db(this);
	this->mutex->destroy(this->mutex);
	free(this->path);
	free(this->dir);
	free(this);
}

/*
 * Described in header
 */
gkm_store_t *gkm_store_create(char *dir)
{
	private_gkm_store_t *this;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%s", dir, DIRECTORY_SEPARATOR,
			 GKM_STORE_FILE);
	INIT(this,
		.public = {
			.sender_ids = {
				.reserve = _reserve,
			},
			.open = _open_,
			.destroy = _destroy,
		},
		.dir = strdup(dir),
		.path = strdup(path),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
