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
 * GSA and KD payloads of G-IKEv2 from and to the group model.
 *
 * @defgroup gikev2_download gikev2_download
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_DOWNLOAD_H_
#define GIKEV2_DOWNLOAD_H_

#include "../group/gkm_algs.h"
#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/** Data SAs in a download at most */
#define GIKEV2_SAS_MAX 256

/** Sender IDs in a download at most */
#define GIKEV2_SENDER_IDS_MAX 256

/** Keys of a member's path through a key tree at most (RFC 9838, 3.3) */
#define GIKEV2_WRAP_KEYS_MAX 64

/**
 * What GSA and KD payloads depend on outside of themselves.
 */
typedef struct gikev2_context_t {

	/** key wrap key of the IKE_SA, GSK_w (RFC 9838, 3.1.1) */
	chunk_t gsk_w;

	/** the member announced itself as a sender, N(GROUP_SENDER) */
	bool sender;

	/** the key server sent N(USE_TRANSPORT_MODE) */
	bool transport;

} gikev2_context_t;

/**
 * Derive the default key wrap key of a unicast IKE_SA: the first octets of
 * prf+(SK_d, "Key Wrap for G-IKEv2") (RFC 9838, 3.1.1).
 *
 * @param alg		PRF of the IKE_SA
 * @param sk_d		SK_d of the IKE_SA
 * @param kwa		negotiated key wrap algorithm
 * @param gsk_w		receives the key, allocated, to be cleared
 * @return			FALSE if kwa or alg isn't known
 */
bool gikev2_derive_gsk_w(pseudo_random_function_t alg, chunk_t sk_d,
						 uint16_t kwa, chunk_t *gsk_w);

/**
 * Write a download as GSA and KD payloads of GSA_AUTH or GSA_REGISTRATION.
 * Refused is what a member would refuse, see below. Keys are wrapped with
 * GSK_w; that of the rekey SA with the first key of the member's path, each
 * of these with the next one, and the last with GSK_w.
 *
 * @param download	what to write
 * @param ctx		IKE_SA's part
 * @param gsa		receives the body of the GSA payload (without the generic
 *					payload header), allocated
 * @param kd		receives the body of the KD payload, allocated
 * @param err		receives the reason on failure
 * @return			TRUE if written
 */
bool gikev2_download_build(gkm_download_t *download, gikev2_context_t *ctx,
						   chunk_t *gsa, chunk_t *kd, gkm_error_t *err);

/**
 * Read GSA and KD payloads of GSA_AUTH or GSA_REGISTRATION.
 *
 * Everything RFC 9838 demands of them is checked: presence and number of
 * transforms and attributes (4.4, 4.5, 5), lengths, that each SA has its key
 * and each key its SA, that keys unwrap to the right length (3.4), that the
 * key for checking rekeys goes with the signature algorithm. Attributes that
 * are not known are ignored. With a rekey SA the rules for multicast rekeys
 * apply, without one those for in-band rekeys.
 *
 * Keys of a key tree that lead to the key of the rekey SA become the member's
 * path. Sender IDs have to be there if the member is a sender and a data SA has
 * a counter mode, and must not otherwise. The number of bits is tolerated, but
 * not kept, if the member is no sender, as RFC 9838, 4.4.3.1.2 and 5, differ
 * there.
 *
 * @param gsa		body of the GSA payload
 * @param kd		body of the KD payload
 * @param ctx		IKE_SA's part
 * @param err		receives the reason on failure
 * @return			download, NULL if refused
 */
gkm_download_t *gikev2_download_parse(chunk_t gsa, chunk_t kd,
									  gikev2_context_t *ctx, gkm_error_t *err);

#endif /** GIKEV2_DOWNLOAD_H_ @}*/
