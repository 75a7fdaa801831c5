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
 * What the messages of GROUPKEY-PULL say, behind HASH (RFC 6407, 3.2).
 *
 *   (1)  Ni, ID        (2)  Nr, SA        (3)  [GAP]        (4)  [SEQ,] KD
 *
 * @defgroup gdoi_pull_messages gdoi_pull_messages
 * @{ @ingroup libgkm
 */

#ifndef GDOI_PULL_MESSAGES_H_
#define GDOI_PULL_MESSAGES_H_

#include "gdoi_format.h"

#include "../group/gkm_download.h"
#include "../group/gkm_error.h"

typedef struct gdoi_pull_state_t gdoi_pull_state_t;
typedef enum gdoi_pull_step_t gdoi_pull_step_t;

/** What became of an exchange, in messages written and read */
enum gdoi_pull_step_t {
	GDOI_PULL_START,
	/** the member told the group */
	GDOI_PULL_REQUESTED,
	/** the key server told the policy */
	GDOI_PULL_OFFERED,
	/** the member has shown that it is alive */
	GDOI_PULL_CONFIRMED,
	/** the key server told the keys */
	GDOI_PULL_COMPLETED,
};

/**
 * What one end of an exchange says and was told.
 */
struct gdoi_pull_state_t {

	/** messages that were written and read */
	gdoi_pull_step_t step;

	/** how messages are written and read */
	gdoi_format_t format;

	/** nonces of member and key server */
	chunk_t ni;
	chunk_t nr;

	/** group that the member wants */
	identification_t *group;

	/** member: is it a sender? */
	bool sender;

	/** number of sender IDs that the member wants */
	uint32_t sender_ids;

	/** policy, without keys for a member */
	gkm_download_t *policy;

	/** member: body of the SA payload that told the policy */
	chunk_t sa;

	/** what the member is given */
	gkm_download_t *download;
};

/**
 * Get the payloads of the next message.
 *
 * @param payloads		receives gdoi_payload_t
 * @param err			receives the reason on failure
 * @return				FALSE if something is missing
 */
bool gdoi_pull_build_payloads(gdoi_pull_state_t *this, array_t *payloads,
							  gkm_error_t *err);

/**
 * Read the payloads of the next message, noting what they say.
 *
 * @param payloads		gdoi_payload_t of an authentic message
 * @param err			receives the reason on failure
 * @return				FALSE if refused, nothing is noted
 */
bool gdoi_pull_process_payloads(gdoi_pull_state_t *this, array_t *payloads,
								gkm_error_t *err);

#endif /** GDOI_PULL_MESSAGES_H_ @}*/
