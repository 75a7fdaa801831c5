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
 * Writes what members are told, and puts it into a group's outbox. Called with
 * the mutex of the group.
 *
 * @defgroup gkm_post gkm_post
 * @{ @ingroup gkm_server
 */

#ifndef GKM_POST_H_
#define GKM_POST_H_

#include "gkm_server_groups.h"

typedef struct gkm_post_t gkm_post_t;

/**
 * What is needed for that: plain data.
 */
struct gkm_post_t {

	/** tells administrators */
	gkm_t *gkm;

	/** octets of an IP packet that messages of G-IKEv2 are fragmented above, 0
	 *  for any */
	size_t fragment_size;
};

/**
 * Put the message of a notice for members that use G-IKEv2 into the outbox.
 *
 * @param key			key that signs it, NULL if messages aren't signed
 * @param notice		what to tell, with an update
 * @param note			note of the rekey, completed
 * @param now			current time
 */
void gkm_post_rekey(gkm_post_t *this, gkm_server_group_t *entry,
					private_key_t *key, gkm_notice_t *notice,
					gkm_rekey_note_t *note, time_t now);

/**
 * Put the message of a notice for members that use GDOI into the outbox.
 *
 * @param key			key that signs it
 * @param notice		what to tell, with a push; its targets are taken
 * @param note			note of the rekey, completed
 * @param now			current time
 * @return				FALSE if it can't be written, which was told
 */
bool gkm_post_push(gkm_post_t *this, gkm_server_group_t *entry,
				   private_key_t *key, gkm_notice_t *notice,
				   gkm_rekey_note_t *note, time_t now);

#endif /** GKM_POST_H_ @}*/
