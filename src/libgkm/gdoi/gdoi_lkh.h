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
 * Arrays of keys of the key tree (RFC 6407, 5.6.3), in key packets of KD
 * payloads.
 *
 * Keys come with an IV in front, in the same way as that of the rekey SA. What
 * a key encrypts is encrypted in CBC mode with that IV, which RFC 6407 doesn't
 * say otherwise. Keys of the group model have none: for them, this key server
 * uses an IV of zeros. It encrypts nothing but other keys and their IVs under
 * these; of a first block that is the same for all it doesn't matter that it
 * looks the same each time, and what follows is as random as keys are.
 *
 * @defgroup gdoi_lkh gdoi_lkh
 * @{ @ingroup libgkm
 */

#ifndef GDOI_LKH_H_
#define GDOI_LKH_H_

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/** LKH ID of the root, which is the rekey SA's key */
#define GDOI_LKH_ROOT (31 << 11)

/** Keys in an array at most, and in a path */
#define GDOI_LKH_KEYS_MAX 64

/** Octets that LKH_UPDATE_ARRAYs may take in a message: it has to fit into one
 *  datagram (65507 octets over IPv4), with the rekey SA, and a key and
 *  signature of RSA with up to 8192 bits */
#define GDOI_LKH_UPDATES_MAX (65507 - 3072)

/**
 * Write an LKH_DOWNLOAD_ARRAY: from the member's own key up to the rekey SA's.
 *
 * @param sa			rekey SA
 * @param path			path of the member, see gkm_download_t.path
 * @param data			receives the array, allocated, to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_lkh_build_download(gkm_rekey_sa_t *sa, array_t *path, chunk_t *data,
							 gkm_error_t *err);

/**
 * Read an LKH_DOWNLOAD_ARRAY.
 *
 * @param data			array
 * @param sa			rekey SA with the algorithm of all keys, gets its key
 * @param path			gets the path of the member
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_lkh_parse_download(chunk_t data, gkm_rekey_sa_t *sa, array_t *path,
							 gkm_error_t *err);

/**
 * Write all LKH_UPDATE_ARRAYs of an update: one for each key that members hold
 * and that encrypts a new one, with all new keys from there up to the rekey
 * SA's.
 *
 * @param update		update with kwks, wraps and a rekey SA
 * @param max			octets in all of them at most
 * @param arrays		receives the arrays, as chunk_t by value, allocated
 * @param err			receives the reason on failure
 * @return				FALSE if they can't be written, or are too large
 */
bool gdoi_lkh_build_updates(gkm_update_t *update, size_t max, array_t *arrays,
							gkm_error_t *err);

/**
 * Will the LKH_UPDATE_ARRAYs of an update fit into one message?
 *
 * There is one for each key that members hold and that encrypts a new key, and
 * each goes up to the rekey SA (RFC 6407, 5.6.3.2), so that new keys of upper
 * levels are in all arrays of members below. An array with n keys takes
 *
 *   4 + 12 + n * (16 + IV and key, padded to blocks)
 *
 * octets in the message: attribute and header of the array, then for each key
 * what comes before Key Data, and that. All members get the same message, as
 * who doesn't find an array of its own is excluded: arrays aren't spread over
 * several messages, though RFC 6407 has that for members that wait for the
 * rest.
 *
 * @param update		update with kwks and wraps; the rekey SA may be missing
 * @param err			receives the reason if they don't
 */
bool gdoi_lkh_fits(gkm_update_t *update, gkm_error_t *err);

/**
 * Read LKH_UPDATE_ARRAYs.
 *
 * @param arrays		arrays, as chunk_t by value
 * @param sa			new rekey SA, gets its key unless excluded
 * @param held			path of the member, may be NULL
 * @param path			gets the path that the member has from now on
 * @param excluded		set if no array is for this member
 * @param err			receives the reason on failure
 * @return				FALSE if malformed
 */
bool gdoi_lkh_parse_updates(array_t *arrays, gkm_rekey_sa_t *sa,
							array_t *held, array_t *path, bool *excluded,
							gkm_error_t *err);

#endif /** GDOI_LKH_H_ @}*/
