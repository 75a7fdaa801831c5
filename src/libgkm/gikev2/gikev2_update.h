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
 * GSA, KD and Delete payloads of GSA_REKEY and GSA_INBAND_REKEY, from and to
 * the group model (RFC 9838, 2.4 and 4). gikev2_rekey.h has the messages.
 *
 * @defgroup gikev2_update gikev2_update
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_UPDATE_H_
#define GIKEV2_UPDATE_H_

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/**
 * What the payloads depend on outside of themselves.
 */
typedef struct gikev2_update_context_t {

	/** TRUE for GSA_INBAND_REKEY, FALSE for GSA_REKEY: which attributes there
	 *  may be (RFC 9838, 5) */
	bool inband;

	/** default key wrap key: that of the rekey SA that carries the message, or
	 *  of the IKE_SA */
	chunk_t gsk_w;

	/** rekey SA that carries the message; in-band, the one that the member has
	 *  nevertheless, or NULL: there can't be a new one then. A new rekey SA is
	 *  authenticated as this one, since the message can't say otherwise
	 *  (RFC 9838, 4.4.2.1.1). */
	gkm_rekey_sa_t *rekey;

	/** to read: N(USE_TRANSPORT_MODE) is in the message */
	bool transport;

	/** to read: the member's path through the key tree, as gkm_kwk_t*, NULL if
	 *  it has none */
	array_t *path;

} gikev2_update_context_t;

/**
 * Bodies of payloads, without generic headers. Allocated.
 */
typedef struct gikev2_update_payloads_t {

	/** GSA and KD, both empty if there are no new SAs. */
	chunk_t gsa;
	chunk_t kd;

	/** Delete payloads, as chunk_t by value */
	array_t *deletes;

} gikev2_update_payloads_t;

/**
 * Destroy bodies, wiping KD.
 */
void gikev2_update_payloads_clear(gikev2_update_payloads_t *this);

/**
 * Does N(USE_TRANSPORT_MODE) belong into the message? It holds for all data
 * SAs, so these have to have the same mode.
 */
bool gikev2_update_is_transport(gkm_update_t *update);

/**
 * Write payloads. What a member would refuse is refused, and data SAs along
 * with keys of the key tree: those that are to be excluded could read theirs
 * (RFC 9838, 3.2.1). Delays are written only if there are new SAs.
 *
 * @param update	what to write
 * @param ctx		message's part
 * @param payloads	receives the bodies, to be cleared; nothing on failure
 * @param err		receives the reason on failure
 * @return			TRUE if written
 */
bool gikev2_update_build(gkm_update_t *update, gikev2_update_context_t *ctx,
						 gikev2_update_payloads_t *payloads, gkm_error_t *err);

/**
 * Read payloads. All that RFC 9838 demands is checked, as for a registration
 * (see gikev2_download_parse()), and what it says of rekeys: no GCAUTH, no
 * sender IDs; in-band, no message IDs, next SPIs, key tree and AUTH_KEY.
 *
 * The key of a new rekey SA may come wrapped several times; the first that
 * leads to the default key or into the member's path is used (RFC 9838, 3.3).
 * If none does, the update says excluded.
 *
 * @param payloads	bodies
 * @param ctx		message's part
 * @param err		receives the reason on failure
 * @return			update, NULL if refused
 */
gkm_update_t *gikev2_update_parse(gikev2_update_payloads_t *payloads,
								  gikev2_update_context_t *ctx,
								  gkm_error_t *err);

#endif /** GIKEV2_UPDATE_H_ @}*/
