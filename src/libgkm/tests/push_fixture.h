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
 * Fixture of GROUPKEY-PUSH: both ends of a rekey SA, and what is sent on it.
 */

#ifndef PUSH_FIXTURE_H_
#define PUSH_FIXTURE_H_

#include "libgkm/gdoi/gdoi_format.h"
#include "libgkm/group/gkm_channel.h"

#include "gdoi_fixture.h"
#include "rekey_fixture.h"

/** Seconds that a test may take, as RSA keys may take long to make */
#define TIMEOUT 60

/**
 * Both ends of a rekey SA, and an update to send
 */
typedef struct {

	gkm_rekey_sa_t *sa;
	private_key_t *key;
	gdoi_format_t format;
	gkm_update_t *update;

	/** keys of the key tree that the key server made, and the path that the
	 *  member has before and after, as gkm_kwk_t* */
	array_t *keys;
	array_t *path;
	array_t *new_path;

	gkm_channel_t *member;
	gkm_error_t err;
} push_fixture_t;

/**
 * What key servers tell
 */
enum {
	DATA_SAS,
	REKEY_SA,
	BOTH,
	TREE,
	DELETES,
	DELETE_AND_REPLACE,
	EXCLUSION,
	SAMPLES,
};

/**
 * Prepare both ends with a key, which is passed, and its algorithm.
 */
void push_fixture_init_key(push_fixture_t *f, int sample, private_key_t *key,
						   const char *sig_alg);

/**
 * Prepare both ends with a key of ECDSA.
 */
void push_fixture_init(push_fixture_t *f, int sample);

/**
 * Make the member's end anew.
 */
void push_fixture_reset(push_fixture_t *f);

/**
 * Release both ends.
 */
void push_fixture_clear(push_fixture_t *f);

/**
 * Write a message.
 */
chunk_t push_build(push_fixture_t *f, uint32_t seq);

/**
 * Receive a datagram.
 *
 * @param update	receives the update, to be destroyed, NULL to forget it
 */
gkm_received_t push_receive(push_fixture_t *f, chunk_t datagram,
							gkm_update_t **update);

/**
 * Check that the member takes a datagram for what it is.
 *
 * @param why		what its reason says, NULL if it takes it
 */
void push_assert_taken(push_fixture_t *f, chunk_t datagram,
					   gkm_received_t expected, const char *why);

/**
 * Decrypt a datagram, or encrypt it again.
 */
void push_transcrypt(gkm_rekey_sa_t *sa, chunk_t datagram, bool encrypt);

/**
 * Split a datagram that was decrypted.
 *
 * @param padding	receives the padding
 * @return			payloads, as gdoi_payload_t by value
 */
array_t *push_split(chunk_t datagram, chunk_t *padding);

/**
 * Sign and encrypt payloads, whatever they are.
 *
 * @param first		type of the first one
 * @param plain		payloads, the last of which leads to SIG
 */
chunk_t push_seal(push_fixture_t *f, uint8_t first, chunk_t plain);

/**
 * Have the member accept an update with this number.
 */
void push_accept(push_fixture_t *f, uint32_t seq);

#endif /** PUSH_FIXTURE_H_ */
