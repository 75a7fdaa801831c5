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
#include "gkm_seal.h"
#include "gkm_store_db.h"

#include <limits.h>
#include <stddef.h>

#include <bio/bio_writer.h>
#include <collections/array.h>
#include <threading/mutex.h>

#include "libgkm/gikev2/gikev2_idg.h"

typedef struct private_gkm_store_t private_gkm_store_t;
typedef struct change_t change_t;

/**
 * Private data
 */
struct private_gkm_store_t {

	/** public interface */
	gkm_store_t public;

	/** database */
	gkm_store_db_t *db;

	/** seals state */
	gkm_seal_t *seal;

	/** protects the others, held between begin() and end() */
	mutex_t *mutex;

	/** between begin() and end(): group, changes as change_t, and why they
	 * can't be made. They are written by end() only, which knows if it has to
	 * wait for the disk: SQLite wants to know that before a transaction. */
	chunk_t group;
	array_t *changes;
	gkm_error_t failure;
};

/**
 * A change of records
 */
struct change_t {

	/** kind of the records */
	gkm_record_t kind;

	/** remove all of them? */
	bool all;

	/** key and value of one otherwise, no value to remove it */
	chunk_t key;
	chunk_t value;
};

/**
 * Get the store that an interface to state is a part of
 */
static private_gkm_store_t *get_store(gkm_state_store_t *state)
{
	return (private_gkm_store_t*)((u_char*)state -
								  offsetof(private_gkm_store_t, public.state));
}

/**
 * Forget a change
 */
static void clear_change(change_t *this)
{
	chunk_clear(&this->key);
	chunk_clear(&this->value);
}

/**
 * Read the first ID that isn't reserved
 */
static bool read_next(private_gkm_store_t *this, chunk_t group, uint8_t bits,
					  uint64_t *next, gkm_error_t *err)
{
	sqlite3_stmt *stmt;
	int64_t value = 0;
	bool success = FALSE;

	stmt = this->db->get_stmt(this->db, GKM_STMT_GET_NEXT, group, bits, err);
	if (!stmt)
	{
		return FALSE;
	}
	switch (sqlite3_step(stmt))
	{
		case SQLITE_ROW:
			value = sqlite3_column_int64(stmt, 0);
			success = (sqlite3_column_type(stmt, 0) == SQLITE_INTEGER &&
					   value >= 0 && value <= (int64_t)1 << bits) ||
					  gkm_fail(err, "%s: is damaged: bad counter of sender "
							   "IDs of %u bits", GKM_STORE_FILE, bits);
			break;
		case SQLITE_DONE:
			success = TRUE;
			break;
		default:
			this->db->fail(this->db, "can't be read", err);
			break;
	}
	sqlite3_reset(stmt);
	*next = value;
	return success;
}

/**
 * Run a statement that changes something
 */
static bool write_stmt(private_gkm_store_t *this, sqlite3_stmt *stmt,
					   gkm_error_t *err)
{
	bool success;

	success = sqlite3_step(stmt) == SQLITE_DONE ||
			  this->db->fail(this->db, "can't be written", err);
	sqlite3_reset(stmt);
	return success;
}

/**
 * Write the first ID that isn't reserved
 */
static bool write_next(private_gkm_store_t *this, chunk_t group, uint8_t bits,
					   uint64_t next, gkm_error_t *err)
{
	sqlite3_stmt *stmt;

	stmt = this->db->get_stmt(this->db, GKM_STMT_SET_NEXT, group, bits, err);
	return stmt && sqlite3_bind_int64(stmt, 3, next) == SQLITE_OK &&
		   write_stmt(this, stmt, err);
}

/**
 * Reserve a block, in a transaction
 */
static bool reserve_block(private_gkm_store_t *this, chunk_t group,
						  uint8_t bits, uint32_t want, uint32_t *first,
						  uint32_t *count, gkm_error_t *err)
{
	uint64_t next, end;

	if (!this->db->begin(this->db, TRUE, err) ||
		!read_next(this, group, bits, &next, err))
	{
		return FALSE;
	}
	end = min(next + want, (uint64_t)1 << bits);
	if ((end != next && !write_next(this, group, bits, end, err)) ||
		!this->db->commit(this->db, err))
	{
		return FALSE;
	}
	*first = next;
	*count = end - next;
	return TRUE;
}

METHOD(gkm_sender_id_store_t, reserve, bool,
	private_gkm_store_t *this, identification_t *group, uint8_t bits,
	uint32_t want, uint32_t *first, uint32_t *count, gkm_error_t *err)
{
	chunk_t encoding;
	bool success;

	encoding = gikev2_idg_build(group);
	this->mutex->lock(this->mutex);
	success = this->db->open(this->db, err) &&
			  reserve_block(this, encoding, bits, want, first, count, err);
	if (!success)
	{
		/* whatever happened to it, look at it afresh the next time */
		this->db->close(this->db);
	}
	this->mutex->unlock(this->mutex);
	chunk_free(&encoding);
	return success;
}

METHOD(gkm_sender_id_store_t, reset, bool,
	private_gkm_store_t *this, identification_t *group, uint8_t bits,
	gkm_error_t *err)
{
	chunk_t encoding;
	bool success;

	encoding = gikev2_idg_build(group);
	this->mutex->lock(this->mutex);
	success = this->db->open(this->db, err) &&
			  this->db->begin(this->db, TRUE, err) &&
			  write_next(this, encoding, bits, 0, err) &&
			  this->db->commit(this->db, err);
	if (!success)
	{
		this->db->close(this->db);
	}
	this->mutex->unlock(this->mutex);
	chunk_free(&encoding);
	return success;
}

/**
 * Encode the identity of a group, or what stands for the key server itself: an
 * identity has five octets at least
 */
static chunk_t encode_group(identification_t *group)
{
	return group ? gikev2_idg_build(group) : chunk_clone(chunk_from_chars(0));
}

/**
 * Build the place of a group's records of a kind, for gkm_seal_t
 */
static chunk_t build_place(chunk_t group, gkm_record_t kind)
{
	bio_writer_t *writer;
	chunk_t place;

	writer = bio_writer_create(0);
	writer->write_data16(writer, group);
	writer->write_uint8(writer, kind);
	place = writer->extract_buf(writer);
	writer->destroy(writer);
	return place;
}

METHOD(gkm_state_store_t, begin, bool,
	gkm_state_store_t *state, identification_t *group, gkm_error_t *err)
{
	private_gkm_store_t *this = get_store(state);

	this->mutex->lock(this->mutex);
	if (!this->db->open(this->db, err))
	{
		this->db->close(this->db);
		this->mutex->unlock(this->mutex);
		return FALSE;
	}
	this->group = encode_group(group);
	this->changes = array_create(sizeof(change_t), 0);
	this->failure = (gkm_error_t){};
	return TRUE;
}

METHOD(gkm_state_store_t, put, void,
	gkm_state_store_t *state, gkm_record_t kind, chunk_t key, chunk_t value)
{
	private_gkm_store_t *this = get_store(state);
	change_t change = {
		.kind = kind,
	};

	if (key.len > GKM_SEAL_KEY_MAX)
	{
		gkm_fail(&this->failure, "key of %zu octets for a record of kind %d, "
				 "at most %d allowed", key.len, kind, GKM_SEAL_KEY_MAX);
		return;
	}
	change.key = chunk_clone(key);
	change.value = chunk_clone(value);
	array_insert(this->changes, ARRAY_TAIL, &change);
}

METHOD(gkm_state_store_t, clear, void,
	gkm_state_store_t *state, gkm_record_t kind)
{
	private_gkm_store_t *this = get_store(state);
	change_t change = {
		.kind = kind,
		.all = TRUE,
	};

	array_insert(this->changes, ARRAY_TAIL, &change);
}

/**
 * Set or remove a record
 */
static bool write_record(private_gkm_store_t *this, change_t *change,
						 chunk_t place, gkm_error_t *err)
{
	gkm_store_stmt_t which;
	chunk_t name = chunk_empty, sealed = chunk_empty;
	sqlite3_stmt *stmt;
	bool success = FALSE;

	which = change->value.len ? GKM_STMT_SET_RECORD : GKM_STMT_REMOVE_RECORD;
	stmt = this->db->get_stmt(this->db, which, this->group, change->kind, err);
	if (stmt && this->seal->open(this->seal, TRUE, err) &&
		this->seal->name(this->seal, place, change->key, &name, err) &&
		(!change->value.len ||
		 this->seal->seal(this->seal, place, name, change->key, change->value,
						  &sealed, err)))
	{
		success = sqlite3_bind_blob(stmt, 3, name.ptr, name.len,
									SQLITE_STATIC) == SQLITE_OK &&
				  (!change->value.len ||
				   sqlite3_bind_blob(stmt, 4, sealed.ptr, sealed.len,
									 SQLITE_STATIC) == SQLITE_OK) &&
				  write_stmt(this, stmt, err);
	}
	chunk_free(&name);
	chunk_free(&sealed);
	return success;
}

/**
 * Make a change, in a transaction
 */
static bool write_change(private_gkm_store_t *this, change_t *change,
						 gkm_error_t *err)
{
	sqlite3_stmt *stmt;
	chunk_t place;
	bool success;

	if (change->all)
	{
		stmt = this->db->get_stmt(this->db, GKM_STMT_REMOVE_RECORDS,
								  this->group, change->kind, err);
		return stmt && write_stmt(this, stmt, err);
	}
	place = build_place(this->group, change->kind);
	success = write_record(this, change, place, err);
	chunk_free(&place);
	return success;
}

/**
 * Make the changes since begin() in a transaction
 */
static bool write_changes(private_gkm_store_t *this, bool durable,
						  gkm_error_t *err)
{
	change_t change;
	int i;

	if (this->failure.text[0])
	{
		return gkm_fail(err, "%s", this->failure.text);
	}
	if (!this->db->begin(this->db, durable, err))
	{
		return FALSE;
	}
	for (i = 0; array_get(this->changes, i, &change); i++)
	{
		if (!write_change(this, &change, err))
		{
			return FALSE;
		}
	}
	return this->db->commit(this->db, err);
}

METHOD(gkm_state_store_t, end, bool,
	gkm_state_store_t *state, bool durable, gkm_error_t *err)
{
	private_gkm_store_t *this = get_store(state);
	change_t change;
	bool success;

	success = write_changes(this, durable, err);
	if (!success)
	{
		/* this rolls back, too */
		this->db->close(this->db);
	}
	while (array_remove(this->changes, ARRAY_TAIL, &change))
	{
		clear_change(&change);
	}
	array_destroy(this->changes);
	this->changes = NULL;
	chunk_free(&this->group);
	this->mutex->unlock(this->mutex);
	return success;
}

/**
 * Get a column's blob; it belongs to the statement
 */
static chunk_t get_blob(sqlite3_stmt *stmt, int column)
{
	const void *blob = sqlite3_column_blob(stmt, column);

	return chunk_create((u_char*)blob, sqlite3_column_bytes(stmt, column));
}

/**
 * Unseal a row and pass it on
 */
static bool load_record(private_gkm_store_t *this, sqlite3_stmt *stmt,
						chunk_t place,
						bool (*cb)(void *user, chunk_t key, chunk_t value),
						void *user, gkm_error_t *err)
{
	chunk_t plain, key, value;
	bool success;

	/* what is of another type can't be what was sealed, either */
	if (!this->seal->open(this->seal, FALSE, err) ||
		!this->seal->unseal(this->seal, place, get_blob(stmt, 0),
							get_blob(stmt, 1), &plain, &key, &value, err))
	{
		return FALSE;
	}
	success = cb(user, key, value);
	chunk_clear(&plain);
	return success;
}

/**
 * Read the records of a kind
 */
static bool load_records(private_gkm_store_t *this, chunk_t group,
						 gkm_record_t kind,
						 bool (*cb)(void *user, chunk_t key, chunk_t value),
						 void *user, gkm_error_t *err)
{
	sqlite3_stmt *stmt;
	chunk_t place;
	bool success = TRUE;
	int rc = SQLITE_ROW;

	stmt = this->db->get_stmt(this->db, GKM_STMT_GET_RECORDS, group, kind, err);
	if (!stmt)
	{
		return FALSE;
	}
	place = build_place(group, kind);
	while (success && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
	{
		success = load_record(this, stmt, place, cb, user, err);
	}
	if (success && rc != SQLITE_DONE)
	{
		success = this->db->fail(this->db, "can't be read", err);
	}
	sqlite3_reset(stmt);
	chunk_free(&place);
	return success;
}

METHOD(gkm_state_store_t, load, bool,
	gkm_state_store_t *state, identification_t *group, gkm_record_t kind,
	bool (*cb)(void *user, chunk_t key, chunk_t value), void *user,
	gkm_error_t *err)
{
	private_gkm_store_t *this = get_store(state);
	chunk_t encoding;
	bool success;

	encoding = encode_group(group);
	this->mutex->lock(this->mutex);
	success = this->db->open(this->db, err) &&
			  load_records(this, encoding, kind, cb, user, err);
	if (!success)
	{
		this->db->close(this->db);
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
	success = this->db->open(this->db, err);
	this->mutex->unlock(this->mutex);
	return success;
}

METHOD(gkm_store_t, was_reset, bool,
	private_gkm_store_t *this)
{
	bool reset;

	this->mutex->lock(this->mutex);
	reset = this->db->was_reset(this->db);
	this->mutex->unlock(this->mutex);
	return reset;
}

METHOD(gkm_store_t, destroy, void,
	private_gkm_store_t *this)
{
	this->db->destroy(this->db);
	this->seal->destroy(this->seal);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_store_t *gkm_store_create(char *dir, char *key_file)
{
	private_gkm_store_t *this;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%s", dir, DIRECTORY_SEPARATOR,
			 GKM_STORE_KEY_FILE);
	INIT(this,
		.public = {
			.sender_ids = {
				.reserve = _reserve,
				.reset = _reset,
			},
			.state = {
				.begin = _begin,
				.put = _put,
				.clear = _clear,
				.end = _end,
				.load = _load,
			},
			.open = _open_,
			.was_reset = _was_reset,
			.destroy = _destroy,
		},
		.db = gkm_store_db_create(dir, GKM_STORE_FILE),
		.seal = gkm_seal_create(key_file ?: path),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
