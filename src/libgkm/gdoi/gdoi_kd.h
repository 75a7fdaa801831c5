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
 * KD payloads (RFC 6407, 5.6): the keys of the SAs of an SA payload.
 *
 * @defgroup gdoi_kd gdoi_kd
 * @{ @ingroup libgkm
 */

#ifndef GDOI_KD_H_
#define GDOI_KD_H_

#include "gdoi_format.h"

#include "../group/gkm_error.h"
#include "../group/gkm_update.h"

/** Sender IDs in a KD payload at most */
#define GDOI_SENDER_IDS_MAX 256

/**
 * Write the body of a KD payload of GROUPKEY-PULL: keys of the SAs, the path
 * through the key tree as LKH_DOWNLOAD_ARRAY, sender IDs.
 *
 * @param download		what to write
 * @param format		how to write it
 * @param body			receives the body without generic header, allocated,
 *						to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_kd_build(gkm_download_t *download, gdoi_format_t *format,
				   chunk_t *body, gkm_error_t *err);

/**
 * Read the body of a KD payload of GROUPKEY-PULL into the download that its SA
 * payload gave. Each SA has to have its key, of the right length, and each key
 * its SA.
 *
 * @param download		download, gets keys, path and sender IDs
 * @param body			body without generic header
 * @param sender		TRUE if this member is a sender: there have to be
 *						sender IDs if a data SA has a counter mode
 * @param err			receives the reason on failure
 * @return				FALSE if refused, the download is of no use then
 */
bool gdoi_kd_parse(gkm_download_t *download, chunk_t body, bool sender,
				   gkm_error_t *err);

/**
 * Write the body of a KD payload of GROUPKEY-PUSH: as above, but without sender
 * IDs, and with the new keys of the key tree as LKH_UPDATE_ARRAYs.
 *
 * @param update		what to write; with kwks the key of a new rekey SA is
 *						sent by means of the key tree only
 * @param format		how to write it
 * @param body			receives the body without generic header, allocated,
 *						to be cleared
 * @param err			receives the reason on failure
 * @return				FALSE if it can't be written
 */
bool gdoi_kd_build_update(gkm_update_t *update, gdoi_format_t *format,
						  chunk_t *body, gkm_error_t *err);

/**
 * Read the body of a KD payload of GROUPKEY-PUSH.
 *
 * @param update		update with what the SA payload gave, gets keys and the
 *						path that this member has from now on; excluded is set
 *						if there is a new rekey SA that this member can't get
 *						the key of. A new rekey SA is left without auth_key if
 *						none is sent: that of the current one stays.
 * @param body			body without generic header
 * @param path			path of this member, as gkm_kwk_t*, may be NULL
 * @param err			receives the reason on failure
 * @return				FALSE if refused, the update is of no use then
 */
bool gdoi_kd_parse_update(gkm_update_t *update, chunk_t body, array_t *path,
						  gkm_error_t *err);

#endif /** GDOI_KD_H_ @}*/
