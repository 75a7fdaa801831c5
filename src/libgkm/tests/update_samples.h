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
 * Updates that several suites use.
 */

#ifndef UPDATE_SAMPLES_H_
#define UPDATE_SAMPLES_H_

#include "libgkm/gikev2/gikev2_update.h"

#include "samples.h"

/** DER SubjectPublicKeyInfo of another key on P-256 */
#define ECDSA_KEY_2 \
	"3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c" \
	"4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f" \
	"9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

/**
 * An update, and what it belongs to.
 */
typedef struct update_sample_t {

	const char *name;

	gkm_update_t *update;

	/** for both sides */
	gikev2_update_context_t ctx;

	/** the rekey SA that carries it, NULL in-band */
	gkm_rekey_sa_t *rekey;

	/** keys of the key tree */
	array_t *tree;

	/** path of the member that reads it, and what that becomes, as gkm_kwk_t*,
	 *  borrowed from the tree */
	array_t *path;
	array_t *new_path;

} update_sample_t;

/**
 * Number of samples.
 */
int update_sample_count();

/**
 * Make the i-th sample, to be cleared.
 */
void update_sample_init(update_sample_t *this, int i);

/**
 * Index of the sample of that name.
 */
int update_sample_find(const char *name);

/**
 * Destroy a sample.
 */
void update_sample_clear(update_sample_t *this);

/**
 * Key of a sample's key tree.
 */
gkm_kwk_t *update_sample_key(update_sample_t *this, uint32_t id);

/**
 * Path of keys of a sample's key tree, as gkm_kwk_t*, borrowed.
 *
 * @param ids			numbers of the keys, 0 at the end
 */
array_t *update_sample_path(update_sample_t *this, const uint32_t *ids);

/**
 * Check that an update is what a member is to get from another one.
 *
 * @param path			what the member's path is to become, NULL if it doesn't
 *						change
 */
void assert_equal_updates(gkm_update_t *got, gkm_update_t *expected,
						  array_t *path, const char *what);

#endif /** UPDATE_SAMPLES_H_ */
