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
 * @defgroup gkm_keymat gkm_keymat
 * @{ @ingroup libgkm
 */

#ifndef GKM_KEYMAT_H_
#define GKM_KEYMAT_H_

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

/**
 * Keys of a data SA, pointing into its key material (RFC 9838, 3.4:
 * encryption key, with salt, then integrity key).
 */
typedef struct gkm_data_keys_t {
	/** as the kernel takes it: key and salt; empty for AH and NULL */
	chunk_t encr;
	/** empty for AEAD */
	chunk_t integ;
} gkm_data_keys_t;

/**
 * Keys of a rekey SA, pointing into its key material (RFC 9838, 3.4:
 * GSK_e | GSK_a | GSK_w).
 */
typedef struct gkm_rekey_keys_t {
	/** GSK_e, with salt for AEAD */
	chunk_t encr;
	/** GSK_a, empty for AEAD */
	chunk_t integ;
	/** GSK_w */
	chunk_t wrap;
} gkm_rekey_keys_t;

/**
 * Keys of a rekey SA of GDOI, pointing into its key material (RFC 6407,
 * 5.6.2.1).
 */
typedef struct gkm_kek_keys_t {
	/** used for each message */
	chunk_t iv;
	/** encryption key */
	chunk_t encr;
} gkm_kek_keys_t;

/**
 * Octets in the key of an encryption algorithm, including the salt of those
 * that have one, and the IV in front of the key of GDOI's rekey SAs.
 *
 * @param protocol		ESP, GIKE_UPDATE, GDOI_KEK or IEC_61850
 * @param alg			encryption_algorithm_t
 * @param key_size		bits in its key length attribute, 0 if it has none
 * @param len			receives the octets, 0 for NULL encryption
 * @return				FALSE if a group can't use this algorithm
 */
bool gkm_keymat_encr_len(protocol_id_t protocol, uint16_t alg,
						 uint16_t key_size, size_t *len);

/**
 * Octets in the key of an integrity algorithm, including the salt of GMAC.
 *
 * @param protocol		ESP, AH, GIKE_UPDATE or IEC_61850
 * @param alg			integrity_algorithm_t
 * @param len			receives the octets
 * @return				FALSE if a group can't use this algorithm
 */
bool gkm_keymat_integ_len(protocol_id_t protocol, uint16_t alg, size_t *len);

/**
 * Octets of key material that an SA needs.
 *
 * @param proposal		ESP, AH, GIKE_UPDATE, GDOI_KEK or IEC_61850, one
 *						algorithm of each kind
 * @return				octets, 0 if an algorithm isn't known
 */
size_t gkm_keymat_len(proposal_t *proposal);

/**
 * Split the key material of a data SA.
 *
 * @param proposal		ESP, AH or IEC_61850
 * @param material		key material, has to outlive keys
 * @param keys			receives the keys
 * @param err			receives the reason on failure
 * @return				FALSE if material isn't of the right length
 */
bool gkm_keymat_split_data(proposal_t *proposal, chunk_t material,
						   gkm_data_keys_t *keys, gkm_error_t *err);

/**
 * Split the key material of a rekey SA, as above.
 */
bool gkm_keymat_split_rekey(proposal_t *proposal, chunk_t material,
							gkm_rekey_keys_t *keys, gkm_error_t *err);

/**
 * Split the key material of a rekey SA of GDOI, as above.
 */
bool gkm_keymat_split_kek(proposal_t *proposal, chunk_t material,
						  gkm_kek_keys_t *keys, gkm_error_t *err);

#endif /** GKM_KEYMAT_H_ @}*/
