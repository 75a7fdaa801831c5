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
 * Both ends of a rekey SA, for several suites.
 */

#ifndef REKEY_FIXTURE_H_
#define REKEY_FIXTURE_H_

#include <crypto/aead.h>

#include "libgkm/gikev2/gikev2_rekey.h"

#include "update_samples.h"

/** DER AlgorithmIdentifiers (RFC 7427, A; RFC 8420) */
#define ECDSA_SHA384	"300a06082a8648ce3d040303"
#define ECDSA_SHA512	"300a06082a8648ce3d040304"
#define RSA_SHA384		"300d06092a864886f70d01010c0500"
#define RSA_SHA512		"300d06092a864886f70d01010d0500"
#define RSA_PSS_SHA256 \
	"304606092a864886f70d01010a3039a00f300d06096086480165030402010500a1" \
	"1c301a06092a864886f70d010108300d06096086480165030402010500a2030201" \
	"20a303020101"
#define ED25519			"300506032b6570"

/**
 * A rekey SA with both ends, and an update to send.
 */
typedef struct rekey_fixture_t {

	update_sample_t sample;

	/** key server's private key, NULL if authentication is implicit */
	private_key_t *key;

	/** member's end */
	gkm_channel_t *member;

	/** reason of the last failure */
	gkm_error_t err;

} rekey_fixture_t;

/**
 * Make a private key.
 */
private_key_t *rekey_key_create(key_type_t type, u_int bits);

/**
 * Prepare a sample with a key on P-256.
 */
void rekey_fixture_init(rekey_fixture_t *this, const char *sample);

/**
 * Prepare a sample with a key, which is passed, and its algorithm.
 */
void rekey_fixture_init_key(rekey_fixture_t *this, const char *sample,
							private_key_t *key, const char *sig_alg);

/**
 * Replace the key that signs, and its public key in the rekey SA, but leave
 * the member's end as it is.
 */
void rekey_fixture_set_key(rekey_fixture_t *this, private_key_t *key);

/**
 * Destroy a fixture.
 */
void rekey_fixture_clear(rekey_fixture_t *this);

/**
 * Write the sample as message, in datagrams of max octets.
 *
 * @return			datagrams, as chunk_t, by value
 */
array_t *rekey_fixture_build(rekey_fixture_t *this, uint32_t message_id,
							 size_t max);

/**
 * Write the sample as one datagram, allocated.
 */
chunk_t rekey_fixture_build_one(rekey_fixture_t *this, uint32_t message_id);

/**
 * Destroy datagrams.
 */
void rekey_fixture_free(array_t *datagrams);

/**
 * Encrypt payloads as key server, whatever they are.
 *
 * @param first		type of the first one
 * @param flags		flags in the IKE header
 * @return			datagram, allocated
 */
chunk_t rekey_fixture_seal(rekey_fixture_t *this, uint32_t message_id,
						   uint8_t flags, uint8_t first, chunk_t plain);

/**
 * Receive a datagram as member. What it says is checked against the sample.
 */
gkm_received_t rekey_fixture_receive(rekey_fixture_t *this,
									 chunk_t datagram);

/**
 * Check that the member takes a datagram for what it is.
 */
void assert_received(rekey_fixture_t *this, chunk_t datagram,
					 gkm_received_t expected, const char *what);

#endif /** REKEY_FIXTURE_H_ */
