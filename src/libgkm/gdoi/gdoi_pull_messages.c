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

#include "gdoi_pull_messages.h"
#include "gdoi_gap.h"
#include "gdoi_id.h"
#include "gdoi_isakmp.h"
#include "gdoi_kd.h"
#include "gdoi_sa.h"

/** Octets in SEQ without generic header (RFC 6407, 5.7) */
#define SEQ_LEN 4

/**
 * Get the payloads of message (1): Ni, ID
 */
static bool build_request(gdoi_pull_state_t *this, array_t *payloads,
						  gkm_error_t *err)
{
	chunk_t id;

	if (!gdoi_id_build(this->group, &id, err))
	{
		return FALSE;
	}
	gdoi_payloads_add(payloads, GDOI_PLD_NONCE, chunk_clone(this->ni));
	gdoi_payloads_add(payloads, GDOI_PLD_ID, id);
	return TRUE;
}

/**
 * Get the payloads of message (2): Nr, SA
 */
static bool build_offer(gdoi_pull_state_t *this, array_t *payloads,
						gkm_error_t *err)
{
	chunk_t sa;

	if (!this->policy)
	{
		return gkm_fail(err, "no policy to tell");
	}
	if (!gdoi_sa_build(this->policy, &this->format, &sa, err))
	{
		return FALSE;
	}
	gdoi_payloads_add(payloads, GDOI_PLD_NONCE, chunk_clone(this->nr));
	gdoi_payloads_add(payloads, GDOI_PLD_SA, sa);
	return TRUE;
}

/**
 * Does this member ask for sender IDs? It gets one without asking (RFC 6407,
 * 3.2).
 */
static bool wants_sender_ids(gdoi_pull_state_t *this)
{
	return this->sender && this->sender_ids > 1 &&
		   gkm_download_has_counter_mode(this->policy);
}

/**
 * Get the payloads of message (3): GAP if needed
 */
static bool build_confirmation(gdoi_pull_state_t *this, array_t *payloads)
{
	if (wants_sender_ids(this))
	{
		gdoi_payloads_add(payloads, GDOI_PLD_GAP,
						  gdoi_gap_build_request(this->sender_ids));
	}
	return TRUE;
}

/**
 * Get SEQ: the sequence number used last (RFC 6407, 3.2)
 */
static bool build_seq(gkm_rekey_sa_t *rekey, array_t *payloads,
					  gkm_error_t *err)
{
	chunk_t seq;

	if (!rekey->message_id)
	{
		return gkm_fail(err, "sequence numbers of the rekey SA are used up");
	}
	seq = chunk_alloc(SEQ_LEN);
	htoun32(seq.ptr, rekey->message_id - 1);
	gdoi_payloads_add(payloads, GDOI_PLD_SEQ, seq);
	return TRUE;
}

/**
 * Get the payloads of message (4): SEQ if there is a rekey SA, KD
 */
static bool build_keys(gdoi_pull_state_t *this, array_t *payloads,
					   gkm_error_t *err)
{
	chunk_t kd;

	if (!this->download)
	{
		return gkm_fail(err, "no keys to tell");
	}
	if ((this->download->rekey &&
		 !build_seq(this->download->rekey, payloads, err)) ||
		!gdoi_kd_build(this->download, &this->format, &kd, err))
	{
		return FALSE;
	}
	gdoi_payloads_add(payloads, GDOI_PLD_KD, kd);
	return TRUE;
}

/*
 * Described in header
 */
bool gdoi_pull_build_payloads(gdoi_pull_state_t *this, array_t *payloads,
							  gkm_error_t *err)
{
	switch (this->step)
	{
		case GDOI_PULL_START:
			return build_request(this, payloads, err);
		case GDOI_PULL_REQUESTED:
			return build_offer(this, payloads, err);
		case GDOI_PULL_OFFERED:
			return build_confirmation(this, payloads);
		default:
			return build_keys(this, payloads, err);
	}
}

/**
 * Check a nonce (RFC 6407, 5.8)
 */
static bool check_nonce(gdoi_payload_t *nonce, gkm_error_t *err)
{
	if (nonce->body.len < GDOI_NONCE_MIN || nonce->body.len > GDOI_NONCE_MAX)
	{
		return gkm_fail(err, "nonce of %zu octets instead of %d to %d",
						nonce->body.len, GDOI_NONCE_MIN, GDOI_NONCE_MAX);
	}
	return TRUE;
}

/**
 * Get the payloads of a message if they are of these types, in that order
 */
static bool get_payloads(array_t *payloads, u_int count, uint8_t types[],
						 gdoi_payload_t found[], gkm_error_t *err)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (!array_get(payloads, i, &found[i]) || found[i].type != types[i])
		{
			return gkm_fail(err, "no payload of type %u in its place",
							types[i]);
		}
	}
	if (array_get(payloads, i, &found[0]))
	{
		return gkm_fail(err, "payload of type %u isn't expected",
						found[0].type);
	}
	return TRUE;
}

/**
 * Read the payloads of message (1): Ni, ID
 */
static bool process_request(gdoi_pull_state_t *this, array_t *payloads,
							gkm_error_t *err)
{
	uint8_t types[] = { GDOI_PLD_NONCE, GDOI_PLD_ID };
	gdoi_payload_t found[countof(types)];

	if (!get_payloads(payloads, countof(types), types, found, err) ||
		!check_nonce(&found[0], err))
	{
		return FALSE;
	}
	this->group = gdoi_id_parse(found[1].body, err);
	if (!this->group)
	{
		return FALSE;
	}
	this->ni = chunk_clone(found[0].body);
	return TRUE;
}

/**
 * Read the payloads of message (2): Nr, SA
 */
static bool process_offer(gdoi_pull_state_t *this, array_t *payloads,
						  gkm_error_t *err)
{
	uint8_t types[] = { GDOI_PLD_NONCE, GDOI_PLD_SA };
	gdoi_payload_t found[countof(types)];

	if (!get_payloads(payloads, countof(types), types, found, err) ||
		!check_nonce(&found[0], err))
	{
		return FALSE;
	}
	this->policy = gdoi_sa_parse(found[1].body, &this->format, FALSE, err);
	if (!this->policy)
	{
		return FALSE;
	}
	this->nr = chunk_clone(found[0].body);
	this->sa = chunk_clone(found[1].body);
	return TRUE;
}

/**
 * Read the payloads of message (3): GAP, if there is one
 */
static bool process_confirmation(gdoi_pull_state_t *this, array_t *payloads,
								 gkm_error_t *err)
{
	uint8_t types[] = { GDOI_PLD_GAP };
	gdoi_payload_t found[countof(types)];
	uint32_t count = this->sender_ids;

	if (array_count(payloads) &&
		(!get_payloads(payloads, countof(types), types, found, err) ||
		 !gdoi_gap_parse_request(found[0].body, &count, err)))
	{
		return FALSE;
	}
	this->sender_ids = max(count, 1);
	return TRUE;
}

/**
 * Read SEQ
 */
static bool parse_seq(chunk_t body, gkm_rekey_sa_t *rekey, gkm_error_t *err)
{
	uint32_t seq;

	if (body.len != SEQ_LEN)
	{
		return gkm_fail(err, "SEQ payload: %zu octets", body.len);
	}
	seq = untoh32(body.ptr);
	if (seq == UINT32_MAX)
	{
		return gkm_fail(err, "SEQ payload: no rekey can follow %u", seq);
	}
	rekey->message_id = seq + 1;
	return TRUE;
}

/**
 * Read the payloads of message (4): SEQ if and only if there is a rekey SA, KD
 */
static bool process_keys(gdoi_pull_state_t *this, array_t *payloads,
						 gkm_error_t *err)
{
	uint8_t types[] = { GDOI_PLD_SEQ, GDOI_PLD_KD };
	bool seq = this->policy->rekey != NULL;
	gdoi_payload_t found[countof(types)];
	gkm_download_t *download;

	if (!get_payloads(payloads, seq ? 2 : 1, seq ? types : types + 1, found,
					  err))
	{
		return FALSE;
	}
	/* keys may turn out to be wrong when some are there already: leave the
	 * policy alone */
	download = gdoi_sa_parse(this->sa, &this->format, FALSE, err);
	if (download &&
		(!seq || parse_seq(found[0].body, download->rekey, err)) &&
		gdoi_kd_parse(download, found[seq ? 1 : 0].body, this->sender, err))
	{
		this->download = download;
		return TRUE;
	}
	gkm_download_destroy(download);
	return FALSE;
}

/*
 * Described in header
 */
bool gdoi_pull_process_payloads(gdoi_pull_state_t *this, array_t *payloads,
								gkm_error_t *err)
{
	switch (this->step)
	{
		case GDOI_PULL_START:
			return process_request(this, payloads, err);
		case GDOI_PULL_REQUESTED:
			return process_offer(this, payloads, err);
		case GDOI_PULL_OFFERED:
			return process_confirmation(this, payloads, err);
		default:
			return process_keys(this, payloads, err);
	}
}
