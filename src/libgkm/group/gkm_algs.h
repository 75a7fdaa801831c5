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
 * Algorithms of groups that libstrongswan has no names for.
 *
 * @defgroup gkm_algs gkm_algs
 * @{ @ingroup libgkm
 */

#ifndef GKM_ALGS_H_
#define GKM_ALGS_H_

#include <library.h>
#include <crypto/proposal/proposal.h>

#include "gkm_download.h"
#include "gkm_error.h"

/** Security protocol identifier of the rekey SA (RFC 9838, 9.2) */
#define PROTO_GIKE_UPDATE ((protocol_id_t)6)

/** Proposals of GDOI's rekey SAs and of SAs for IEC 61850 (RFC 8052). Numbers
 *  of our own, as charon has none; they are never sent. */
#define PROTO_GDOI_KEK ((protocol_id_t)200)
#define PROTO_IEC_61850 ((protocol_id_t)201)

/** Transform type Key Wrap Algorithm (RFC 9838, 4.4.2.1.2) */
#define KEY_WRAP_ALGORITHM ((transform_type_t)13)

/** Transform type Group Controller Authentication Method (4.4.2.1.1) */
#define GROUP_CONTROLLER_AUTH ((transform_type_t)14)

/**
 * Key Wrap Algorithm transform IDs (RFC 9838, 4.4.2.1.2): AES key wrap with
 * padding (RFC 5649)
 */
typedef enum key_wrap_t {
	KW_NONE = 0,
	KW_5649_128 = 1,
	KW_5649_192 = 2,
	KW_5649_256 = 3,
} key_wrap_t;

/**
 * Make the proposal keywords kw128, kw192 and kw256 known to libstrongswan.
 * Connections that name them must be loaded after this. May be called again.
 */
void gkm_algs_register();

/**
 * Octets in the key of a key wrap algorithm.
 *
 * @param kwa		a key_wrap_t
 * @return			16, 24 or 32, 0 if not known
 */
size_t gkm_key_wrap_key_len(uint16_t kwa);

/**
 * Parse a proposal for data SAs as users write it, such as "aes256-sha256",
 * "aes256gcm16", "null-sha256" or, for AH, "sha256" or "aes256gmac". It has
 * one algorithm of each kind, and the number 1: in SAg payloads proposals of
 * equal numbers go together (RFC 9838, 2.3.3).
 *
 * IEC 61850 has aes128, aes256, aes128gcm16 and aes256gcm16, sha256_128 which
 * is truncated to 128 bits, sha256, sha384 and sha512 which aren't, aes128gmac
 * and aes256gmac (RFC 8052, 2.2). What isn't encrypted has no encryption
 * algorithm there, whether "null" is written or not.
 *
 * @param protocol	PROTO_ESP, PROTO_AH or PROTO_IEC_61850
 * @param sn		sequence numbers transform to give it, not
 *					GKM_SN_EXTENDED; IEC 61850 has none
 * @param str		what the user wrote
 * @param err		receives the reason on failure
 * @return			proposal, NULL if refused
 */
proposal_t *gkm_data_proposal(protocol_id_t protocol, gkm_sn_t sn, char *str,
							  gkm_error_t *err);

/**
 * Are sequence numbers of a data SA those of a single sender, so that replays
 * can be told?
 *
 * @param proposal	proposal for ESP or AH; FALSE for others
 */
bool gkm_proposal_is_sequential(proposal_t *proposal);

/**
 * Give a proposal for ESP or AH another sequence numbers transform.
 *
 * @param proposal	proposal, destroyed
 * @param sn		sequence numbers transform
 * @return			proposal with the same algorithms and number
 */
proposal_t *gkm_proposal_set_sn(proposal_t *proposal, gkm_sn_t sn);

/**
 * Parse a proposal for rekey SAs, such as "aes256gcm16-kw256" or
 * "aes128-sha256-kw128". It is numbered as those above.
 *
 * @param str		what the user wrote
 * @param err		receives the reason on failure
 * @return			proposal of PROTO_GIKE_UPDATE, NULL if refused
 */
proposal_t *gkm_rekey_proposal(char *str, gkm_error_t *err);

/**
 * Parse a proposal for GDOI's rekey SAs: "aes128", "aes192", "aes256" or
 * "3des".
 *
 * @param str		what the user wrote
 * @param err		receives the reason on failure
 * @return			proposal of PROTO_GDOI_KEK, NULL if refused
 */
proposal_t *gkm_gdoi_kek_proposal(char *str, gkm_error_t *err);

/**
 * Can SAs of a group have transforms of this type (RFC 9838, 4.4.2.1)? GCAUTH
 * is left out: it isn't an algorithm and goes by gkm_rekey_sa_t.auth.
 *
 * @param protocol	protocol of a proposal_t
 * @param type		type of transform
 * @return			TRUE if proposals of that protocol can have it
 */
bool gkm_transform_allowed(protocol_id_t protocol, transform_type_t type);

/**
 * Check that a proposal says what an SA of a group needs, with algorithms
 * that groups can use (RFC 9838, 4.4.2.1):
 *  - ESP: encryption, sequence numbers; AEAD, or integrity protection as well
 *  - AH: integrity protection, sequence numbers
 *  - GIKE_UPDATE: encryption, key wrap; AEAD, or integrity protection as well
 *  - GDOI_KEK: encryption
 *  - IEC_61850: encryption with AEAD, or integrity protection with or without
 *    encryption
 * Exactly one algorithm of each kind, none of another, and no 64-bit sequence
 * numbers.
 *
 * @param proposal	proposal to check
 * @param err		receives the reason on failure
 * @return			TRUE if it can be used
 */
bool gkm_proposal_check(proposal_t *proposal, gkm_error_t *err);

/**
 * Check that GDOI has numbers for the algorithms of a data SA, as it has for
 * all but the youngest of those that groups can use.
 *
 * @param proposal	proposal that gkm_proposal_check() accepted
 * @param err		receives the reason on failure
 * @return			TRUE if it has
 */
bool gkm_proposal_check_gdoi(proposal_t *proposal, gkm_error_t *err);

/**
 * Does a data SA with this proposal need nonces that never repeat under one
 * key: AES-CTR, GCM, CCM, GMAC, ChaCha20-Poly1305 (RFC 9838, 2.5; RFC 6054)?
 * Not those of IEC 61850, whose nonces sender IDs are no part of.
 */
bool gkm_is_counter_mode(proposal_t *proposal);

#endif /** GKM_ALGS_H_ @}*/
