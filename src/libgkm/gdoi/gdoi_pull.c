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

#include "gdoi_pull.h"
#include "gdoi_gap.h"
#include "gdoi_id.h"
#include "gdoi_isakmp.h"
#include "gdoi_kd.h"
#include "gdoi_sa.h"

#include "../keys/gkm_random.h"

/*
 *  (1)  HASH(1) = prf(SKEYID_a, M-ID | Ni | ID)
 *  (2)  HASH(2) = prf(SKEYID_a, M-ID | Ni_b | Nr | SA)
 *  (3)  HASH(3) = prf(SKEYID_a, M-ID | Ni_b | Nr_b [ | GAP ])
 *  (4)  HASH(4) = prf(SKEYID_a, M-ID | Ni_b | Nr_b [ | SEQ ] | KD)
 *
 * RFC 6407, 3.2. Payloads are those with their generic headers, Ni_b and Nr_b
 * the nonces without.
 */

/** Octets in our nonces */
#define NONCE_LEN 32

/** Octets in SEQ without generic header (RFC 6407, 5.7) */
#define SEQ_LEN 4

/** What became of the exchange, in messages written and read */
enum {
	START,
	/** the member told the group */
	REQUESTED,
	/** the key server told the policy */
	OFFERED,
	/** the member has shown that it is alive */
	CONFIRMED,
	/** the key server told the keys */
	COMPLETED,
};

typedef struct private_gdoi_pull_t private_gdoi_pull_t;

/**
 * Private data
 */
struct private_gdoi_pull_t {

	/** public interface */
	gdoi_pull_t public;

	/** key server or member? */
	bool server;

	/** message ID */
	uint32_t mid;

	/** authenticates messages */
	gdoi_hasher_t *hasher;

	/** how messages are written and read */
	gdoi_format_t format;

	/** messages that were written and read */
	u_int step;

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
 * Get what HASH of the next message covers before its payloads
 */
static chunk_t get_nonces(private_gdoi_pull_t *this)
{
	switch (this->step)
	{
		case START:
			return chunk_empty;
		case REQUESTED:
			return chunk_clone(this->ni);
		default:
			return chunk_cat("cc", this->ni, this->nr);
	}
}

/**
 * Get the payloads of message (1): Ni, ID
 */
static bool build_request(private_gdoi_pull_t *this, array_t *payloads,
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
static bool build_offer(private_gdoi_pull_t *this, array_t *payloads,
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
static bool wants_sender_ids(private_gdoi_pull_t *this)
{
	return this->sender && this->sender_ids > 1 &&
		   gkm_download_has_counter_mode(this->policy);
}

/**
 * Get the payloads of message (3): GAP if needed
 */
static bool build_confirmation(private_gdoi_pull_t *this, array_t *payloads)
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
static bool build_keys(private_gdoi_pull_t *this, array_t *payloads,
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

/**
 * Get the payloads of the next message
 */
static bool build_payloads(private_gdoi_pull_t *this, array_t *payloads,
						   gkm_error_t *err)
{
	switch (this->step)
	{
		case START:
			return build_request(this, payloads, err);
		case REQUESTED:
			return build_offer(this, payloads, err);
		case OFFERED:
			return build_confirmation(this, payloads);
		default:
			return build_keys(this, payloads, err);
	}
}

/**
 * Is it up to us to write the next message?
 */
static bool is_our_turn(private_gdoi_pull_t *this)
{
	return this->step < COMPLETED && this->server == this->step % 2;
}

METHOD(gdoi_pull_t, build, bool,
	private_gdoi_pull_t *this, chunk_t *plain, gkm_error_t *err)
{
	array_t *payloads;
	chunk_t nonces;
	bool success;

	if (!is_our_turn(this))
	{
		return gkm_fail(err, "nothing to send after message %u", this->step);
	}
	payloads = array_create(sizeof(gdoi_payload_t), 0);
	nonces = get_nonces(this);
	success = build_payloads(this, payloads, err) &&
			  gdoi_hash_build(this->hasher, this->mid, nonces, payloads, plain,
							  err);
	chunk_clear(&nonces);
	gdoi_payloads_clear(payloads);
	if (success)
	{
		this->step++;
	}
	return success;
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
static bool process_request(private_gdoi_pull_t *this, array_t *payloads,
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
static bool process_offer(private_gdoi_pull_t *this, array_t *payloads,
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
static bool process_confirmation(private_gdoi_pull_t *this, array_t *payloads,
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
static bool process_keys(private_gdoi_pull_t *this, array_t *payloads,
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

/**
 * Read the payloads of the message that is next
 */
static bool process_payloads(private_gdoi_pull_t *this, array_t *payloads,
							 gkm_error_t *err)
{
	switch (this->step)
	{
		case START:
			return process_request(this, payloads, err);
		case REQUESTED:
			return process_offer(this, payloads, err);
		case OFFERED:
			return process_confirmation(this, payloads, err);
		default:
			return process_keys(this, payloads, err);
	}
}

METHOD(gdoi_pull_t, process, bool,
	private_gdoi_pull_t *this, uint8_t first, chunk_t plain, gkm_error_t *err)
{
	array_t *payloads;
	chunk_t nonces;
	bool success;

	if (is_our_turn(this) || this->step == COMPLETED)
	{
		return gkm_fail(err, "no message is expected after message %u",
						this->step);
	}
	payloads = array_create(sizeof(gdoi_payload_t), 0);
	nonces = get_nonces(this);
	success = gdoi_hash_parse(this->hasher, this->mid, nonces, first, plain,
							  payloads, err) &&
			  process_payloads(this, payloads, err);
	chunk_clear(&nonces);
	array_destroy(payloads);
	if (success)
	{
		this->step++;
	}
	return success;
}

METHOD(gdoi_pull_t, get_step, u_int,
	private_gdoi_pull_t *this)
{
	return this->step;
}

METHOD(gdoi_pull_t, get_group, identification_t*,
	private_gdoi_pull_t *this)
{
	return this->group;
}

METHOD(gdoi_pull_t, set_policy, void,
	private_gdoi_pull_t *this, gkm_download_t *download, gdoi_format_t *format)
{
	this->format = *format;
	gkm_download_destroy(this->policy);
	this->policy = download;
}

METHOD(gdoi_pull_t, get_sender_ids, uint32_t,
	private_gdoi_pull_t *this)
{
	return this->sender_ids;
}

/**
 * Are these the same SAs?
 */
static bool equal_sas(gkm_download_t *a, gkm_download_t *b)
{
	gkm_data_sa_t *sa, *other;
	int i;

	if (!a->rekey != !b->rekey || array_count(a->sas) != array_count(b->sas) ||
		(a->rekey && !memeq(a->rekey->spi, b->rekey->spi,
							sizeof(a->rekey->spi))))
	{
		return FALSE;
	}
	for (i = 0; array_get(a->sas, i, &sa); i++)
	{
		if (!array_get(b->sas, i, &other) || sa->spi != other->spi ||
			sa->proposal->get_protocol(sa->proposal) !=
								other->proposal->get_protocol(other->proposal))
		{
			return FALSE;
		}
	}
	return TRUE;
}

METHOD(gdoi_pull_t, set_download, bool,
	private_gdoi_pull_t *this, gkm_download_t *download, gkm_error_t *err)
{
	if (!this->policy || !equal_sas(this->policy, download))
	{
		gkm_download_destroy(download);
		return gkm_fail(err, "the group's SAs changed since they were told to "
						"the member");
	}
	gkm_download_destroy(this->download);
	this->download = download;
	return TRUE;
}

METHOD(gdoi_pull_t, get_policy, gkm_download_t*,
	private_gdoi_pull_t *this)
{
	return this->policy;
}

METHOD(gdoi_pull_t, take_download, gkm_download_t*,
	private_gdoi_pull_t *this)
{
	gkm_download_t *download = this->download;

	this->download = NULL;
	return download;
}

METHOD(gdoi_pull_t, destroy, void,
	private_gdoi_pull_t *this)
{
	gkm_download_destroy(this->policy);
	gkm_download_destroy(this->download);
	DESTROY_IF(this->group);
	chunk_clear(&this->ni);
	chunk_clear(&this->nr);
	chunk_free(&this->sa);
	free(this);
}

/**
 * Create an exchange
 */
static private_gdoi_pull_t *create(uint32_t mid, gdoi_hasher_t *hasher,
								   bool server, gkm_error_t *err)
{
	private_gdoi_pull_t *this;
	chunk_t *nonce;

	INIT(this,
		.public = {
			.build = _build,
			.process = _process,
			.get_step = _get_step,
			.get_group = _get_group,
			.set_policy = _set_policy,
			.get_sender_ids = _get_sender_ids,
			.set_download = _set_download,
			.get_policy = _get_policy,
			.take_download = _take_download,
			.destroy = _destroy,
		},
		.server = server,
		.mid = mid,
		.hasher = hasher,
		.sender_ids = 1,
	);
	nonce = server ? &this->nr : &this->ni;
	*nonce = chunk_alloc(NONCE_LEN);
	if (!gkm_random(nonce->ptr, nonce->len, err))
	{
		destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header
 */
gdoi_pull_t *gdoi_pull_create_member(uint32_t mid, gdoi_hasher_t *hasher,
									 gdoi_format_t *format,
									 identification_t *group, bool sender,
									 uint32_t sender_ids, gkm_error_t *err)
{
	private_gdoi_pull_t *this;
	chunk_t id;

	if (!gdoi_id_build(group, &id, err))
	{
		return NULL;
	}
	chunk_free(&id);
	this = create(mid, hasher, FALSE, err);
	if (!this)
	{
		return NULL;
	}
	this->format = *format;
	this->group = group->clone(group);
	this->sender = sender;
	this->sender_ids = sender_ids;
	return &this->public;
}

/*
 * Described in header
 */
gdoi_pull_t *gdoi_pull_create_server(uint32_t mid, gdoi_hasher_t *hasher,
									 gkm_error_t *err)
{
	private_gdoi_pull_t *this = create(mid, hasher, TRUE, err);

	return this ? &this->public : NULL;
}
