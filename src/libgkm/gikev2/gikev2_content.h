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
 * GSA and KD payloads as such: what those of registrations and rekeys have in
 * common. See gikev2_download.h and gikev2_update.h for what tells them apart.
 *
 * @defgroup gikev2_content gikev2_content
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_CONTENT_H_
#define GIKEV2_CONTENT_H_

#include "gikev2_gw_policy.h"
#include "gikev2_key_bag.h"

#include "../group/gkm_update.h"

/**
 * How a download is written.
 */
typedef struct gikev2_wrapping_t {

	/** GSA_REGISTRATION (stands for GSA_AUTH, too), GSA_REKEY or
	 *  GSA_INBAND_REKEY */
	gikev2_exchange_t exchange;

	/** default key wrap key */
	chunk_t gsk_w;

	/** keys that wrap the key of the rekey SA, as gkm_kwk_t*, NULL or empty for
	 *  the default one */
	array_t *kwks;

	/** keys of the tree, as gkm_wrap_t by value; without a kwk they are
	 *  wrapped with the default key; NULL if there are none */
	array_t *wraps;

	/** AUTH_KEY, empty for none */
	chunk_t auth_key;

} gikev2_wrapping_t;

/**
 * Write the bodies of GSA and KD payloads. The rules have to have been checked.
 *
 * @param download	what to write
 * @param how		how to write it
 * @param gsa		receives the body of the GSA payload, allocated
 * @param kd		receives the body of the KD payload, allocated
 * @param err		receives the reason on failure
 * @return			FALSE if a key can't be wrapped, or a body is too long
 */
bool gikev2_content_build(gkm_download_t *download, gikev2_wrapping_t *how,
						  chunk_t *gsa, chunk_t *kd, gkm_error_t *err);

/**
 * GSA and KD payloads that are being read.
 */
typedef struct gikev2_content_t {

	/** as in gikev2_wrapping_t */
	gikev2_exchange_t exchange;

	/** N(USE_TRANSPORT_MODE) is in the message */
	bool transport;

	/** what comes out of it, owned by the caller. The number of bits of sender
	 *  IDs is left out, and what belongs to the rekey SA but isn't in its
	 *  policy and group key bag. */
	gkm_download_t *download;

	/** bodies */
	gikev2_input_t gsa;
	gikev2_input_t kd;

	/** group-wide policy, if there is one */
	gikev2_gw_policy_t gw;
	bool has_gw;

	/** member key bag, if there is one */
	gikev2_key_bag_t member;
	bool has_member;

	/** group key bags, as gikev2_key_bag_t, by value */
	array_t *bags;

} gikev2_content_t;

/**
 * Read the bodies of GSA and KD payloads, but leave keys wrapped. Checked is
 * what concerns one structure, and whether it may be in such an exchange.
 *
 * @param this		exchange, transport and download have to be set, the rest
 *					is filled in; to be cleared also on failure
 * @param gsa		body of the GSA payload, has to outlive this
 * @param kd		body of the KD payload, has to outlive this
 * @param err		receives the reason on failure, also of functions below
 * @return			FALSE if they can't be read
 */
bool gikev2_content_parse(gikev2_content_t *this, chunk_t gsa, chunk_t kd,
						  gkm_error_t *err);

/**
 * Unwrap the keys of all SAs, each of which has to have one, and take over the
 * member's path.
 *
 * @param this		content that was read
 * @param gsk_w		default key wrap key
 * @param path		the member's path, as gkm_kwk_t*, NULL if it has none
 * @param excluded	receives TRUE if keys of the tree wrap that of a rekey SA,
 *					and none is the member's; NULL if that is a failure
 * @return			FALSE if keys are missing, too many, or don't unwrap
 */
bool gikev2_content_unwrap(gikev2_content_t *this, chunk_t gsk_w, array_t *path,
						   bool *excluded);

/**
 * Destroy what was only needed while reading: all but the download.
 */
void gikev2_content_clear(gikev2_content_t *this);

#endif /** GIKEV2_CONTENT_H_ @}*/
