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


#include "gkm_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

#include "gkm_store_file.h"

/** Octets of the keys of cipher and MAC, and of a nonce's parts */
#define KEY_LEN 32
#define SALT_LEN 4
#define IV_LEN 8
#define NONCE_LEN (SALT_LEN + IV_LEN)

typedef struct private_gkm_seal_t private_gkm_seal_t;

/**
 * Private data
 */
struct private_gkm_seal_t {

	/** public interface */
	gkm_seal_t public;

	/** path of the key file, and which file that was when it was read */
	char *path;
	struct stat st;

	/** key of the AEAD, with room for the part of the nonce that strongSwan
	 * takes as a part of the key */
	uint8_t key[KEY_LEN + SALT_LEN];

	/** algorithms, NULL if no file was read yet */
	aead_t *aead;
	signer_t *signer;
	rng_t *rng;
};

/**
 * Forget algorithms and keys
 */
static void close_algs(private_gkm_seal_t *this)
{
	DESTROY_IF(this->aead);
	DESTROY_IF(this->signer);
	DESTROY_IF(this->rng);
	this->aead = NULL;
	this->signer = NULL;
	this->rng = NULL;
	memwipe(this->key, sizeof(this->key));
}

/**
 * Set up algorithms with what the file holds
 */
static bool open_algs(private_gkm_seal_t *this, uint8_t *keys,
					  gkm_error_t *err)
{
	this->aead = lib->crypto->create_aead(lib->crypto, ENCR_AES_GCM_ICV16,
										  KEY_LEN, SALT_LEN);
	this->signer = lib->crypto->create_signer(lib->crypto,
											  AUTH_HMAC_SHA2_256_256);
	this->rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	if (this->aead && this->signer && this->rng &&
		this->signer->set_key(this->signer,
							  chunk_create(keys + KEY_LEN, KEY_LEN)))
	{
		memcpy(this->key, keys, KEY_LEN);
		return TRUE;
	}
	close_algs(this);
	return gkm_fail(err, "keeping state needs AES-256-GCM and HMAC-SHA-256");
}

/**
 * Read the keys from a file that is fit for them
 */
static bool read_keys(private_gkm_seal_t *this, int fd, uint8_t *keys,
					  gkm_error_t *err)
{
	if (fstat(fd, &this->st) != 0 || !S_ISREG(this->st.st_mode))
	{
		return gkm_fail(err, "%s: not a regular file", this->path);
	}
	if (!gkm_store_file_check(this->path, &this->st, err))
	{
		return FALSE;
	}
	if (this->st.st_size != 2 * KEY_LEN)
	{
		return gkm_fail(err, "%s: %lld octets, a key file has %d; put the "
						"original back, or remove it to start anew", this->path,
						(long long)this->st.st_size, 2 * KEY_LEN);
	}
	return read(fd, keys, 2 * KEY_LEN) == 2 * KEY_LEN ||
		   gkm_fail(err, "%s: can't be read: %s", this->path, strerror(errno));
}

/**
 * Create a key file with new keys
 */
static bool create_file(private_gkm_seal_t *this, gkm_error_t *err)
{
	uint8_t keys[2 * KEY_LEN];
	bool success;
	rng_t *rng;

	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	success = (rng && rng->get_bytes(rng, sizeof(keys), keys)) ||
			  gkm_fail(err, "%s: no random octets for it", this->path);
	DESTROY_IF(rng);
	success = success &&
			  gkm_store_file_create(this->path, chunk_from_thing(keys), err);
	memwipe(keys, sizeof(keys));
	return success;
}

/**
 * Is the file that was read still the one that the next start will read?
 */
static bool check_in_place(private_gkm_seal_t *this, gkm_error_t *err)
{
	struct stat st;

	if (lstat(this->path, &st) == 0 && st.st_dev == this->st.st_dev &&
		st.st_ino == this->st.st_ino && st.st_size == this->st.st_size &&
		st.st_mtim.tv_sec == this->st.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == this->st.st_mtim.tv_nsec)
	{
		return TRUE;
	}
	return gkm_fail(err, "%s: was removed or changed while in use; put the "
					"original back, or restart", this->path);
}

/**
 * Open the key file for reading, -1 with a reason if that fails
 */
static int open_file(private_gkm_seal_t *this, bool create, gkm_error_t *err)
{
	/* O_NONBLOCK: not waiting for what is a FIFO instead */
	int fd, flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

	fd = open(this->path, flags);
	if (fd == -1 && errno == ENOENT)
	{
		if (!create)
		{
			gkm_fail(err, "%s: missing, kept state can't be unsealed; put it "
					 "back, or groups start anew", this->path);
			return -1;
		}
		if (!create_file(this, err))
		{
			return -1;
		}
		fd = open(this->path, flags);
	}
	if (fd == -1)
	{
		gkm_fail(err, "%s: can't be opened: %s", this->path, strerror(errno));
	}
	return fd;
}

METHOD(gkm_seal_t, open_, bool,
	private_gkm_seal_t *this, bool create, gkm_error_t *err)
{
	uint8_t keys[2 * KEY_LEN];
	bool success;
	int fd;

	if (this->aead)
	{
		return check_in_place(this, err);
	}
	fd = open_file(this, create, err);
	if (fd == -1)
	{
		return FALSE;
	}
	success = read_keys(this, fd, keys, err) && open_algs(this, keys, err);
	memwipe(keys, sizeof(keys));
	close(fd);
	return success;
}

METHOD(gkm_seal_t, name, bool,
	private_gkm_seal_t *this, chunk_t place, chunk_t key, chunk_t *name,
	gkm_error_t *err)
{
	return (this->signer->get_signature(this->signer, place, NULL) &&
			this->signer->allocate_signature(this->signer, key, name)) ||
		   gkm_fail(err, "naming a record failed");
}

/**
 * Give the AEAD the first part of a nonce
 */
static bool set_salt(private_gkm_seal_t *this, uint8_t *nonce)
{
	memcpy(this->key + KEY_LEN, nonce, SALT_LEN);
	return this->aead->set_key(this->aead, chunk_from_thing(this->key));
}

METHOD(gkm_seal_t, seal, bool,
	private_gkm_seal_t *this, chunk_t place, chunk_t name, chunk_t key,
	chunk_t value, chunk_t *sealed, gkm_error_t *err)
{
	uint8_t nonce[NONCE_LEN];
	chunk_t assoc, plain, encrypted = chunk_empty;
	bio_writer_t *writer;
	bool success;

	assoc = chunk_cata("cc", place, name);
	/* not to be moved, which would leave secrets behind */
	writer = bio_writer_create(sizeof(uint16_t) + key.len + value.len);
	writer->write_data16(writer, key);
	writer->write_data(writer, value);
	plain = writer->extract_buf(writer);
	writer->destroy(writer);
	success = this->rng->get_bytes(this->rng, sizeof(nonce), nonce) &&
			  set_salt(this, nonce) &&
			  this->aead->encrypt(this->aead, plain, assoc,
								  chunk_create(nonce + SALT_LEN, IV_LEN),
								  &encrypted);
	chunk_clear(&plain);
	if (!success)
	{
		return gkm_fail(err, "sealing a record failed");
	}
	*sealed = chunk_cat("cm", chunk_from_thing(nonce), encrypted);
	return TRUE;
}

/**
 * Split what was sealed into key and value
 */
static bool split(chunk_t plain, chunk_t *key, chunk_t *value)
{
	bio_reader_t *reader;
	bool success;

	reader = bio_reader_create(plain);
	success = reader->read_data16(reader, key);
	*value = reader->peek(reader);
	reader->destroy(reader);
	return success;
}

METHOD(gkm_seal_t, unseal, bool,
	private_gkm_seal_t *this, chunk_t place, chunk_t name, chunk_t sealed,
	chunk_t *plain, chunk_t *key, chunk_t *value, gkm_error_t *err)
{
	size_t icv_len = this->aead->get_icv_size(this->aead);
	chunk_t assoc;

	if (sealed.len > NONCE_LEN + icv_len && set_salt(this, sealed.ptr))
	{
		assoc = chunk_cata("cc", place, name);
		/* inline, as OpenSSL's leaks a result that fails verification */
		*plain = chunk_clone(chunk_skip(sealed, NONCE_LEN));
		if (this->aead->decrypt(this->aead, *plain, assoc,
						chunk_create(sealed.ptr + SALT_LEN, IV_LEN), NULL))
		{
			plain->len -= icv_len;
			if (split(*plain, key, value))
			{
				return TRUE;
			}
		}
		chunk_clear(plain);
	}
	return gkm_fail(err, "%s: doesn't unseal kept state; put back the key file "
					"that it was sealed with, or the group starts anew",
					this->path);
}

METHOD(gkm_seal_t, destroy, void,
	private_gkm_seal_t *this)
{
	close_algs(this);
	free(this->path);
	free(this);
}

/*
 * Described in header
 */
gkm_seal_t *gkm_seal_create(char *path)
{
	private_gkm_seal_t *this;

	INIT(this,
		.public = {
			.open = _open_,
			.name = _name,
			.seal = _seal,
			.unseal = _unseal,
			.destroy = _destroy,
		},
		.path = strdup(path),
	);
	return &this->public;
}
