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

#include "gdoi_ack.h"

#include "../keys/gkm_keymat.h"

#include <crypto/prfs/prf.h>

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~               ISAKMP header, SPI in place of cookies          ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Next = SEQ  |   RESERVED    |         Payload Length        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                  HASH: prf output, 32 or 64 octets            ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Next = ID   |   RESERVED    |       Payload Length = 8      |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Sequence Number                        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Next = 0    |   RESERVED    |         Payload Length        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |    ID Type    |  Protocol ID  |             Port              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~                   Identification Data                         ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 8263, 4.
 */

/** What the key is derived for, the 0 that ends it included (RFC 8263, 4.1.1) */
#define LABEL "GROUPKEY-PUSH ACK"

/** Octets in SEQ, in ID before the data, and in both with an IPv6 address,
 *  generic headers left out */
#define SEQ_LEN 4
#define ID_HEADER_LEN 4
#define HASHED_MAX (2 * GDOI_GENERIC_LEN + SEQ_LEN + ID_HEADER_LEN + 16)

/** Number of readings of L */
#define LENGTHS (GDOI_ACK_LENGTH_KEY + 1)

typedef struct private_gdoi_ack_key_t private_gdoi_ack_key_t;

/**
 * Private data
 */
struct private_gdoi_ack_key_t {

	/** public interface */
	gdoi_ack_key_t public;

	/** hash function */
	pseudo_random_function_t alg;

	/** SPI of the rekey SA */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** prf with base_key */
	prf_t *base;

	/** prf with ack_key for each reading of L, NULL if not needed yet */
	prf_t *prfs[LENGTHS];

	/** prfs that have the key of the current base_key */
	bool ready[LENGTHS];

	/** reading of L in the last acknowledgement that was verified, as the same
	 *  implementation is likely to have made the next one */
	gdoi_ack_length_t last;
};

/**
 * Derive ack_key (RFC 8263, 4.1.1)
 *
 * @param key		receives the key, HASH_SIZE_SHA512 octets at most
 */
static bool derive(private_gdoi_ack_key_t *this, gdoi_ack_length_t length,
				   chunk_t *key)
{
	u_char label[] = LABEL, bits[2];
	chunk_t seed;

	key->len = this->base->get_block_size(this->base);
	/* a block of these hash functions is twice as long as their output */
	htoun16(bits, (length == GDOI_ACK_LENGTH_BLOCK ? 2 : 1) * 8 * key->len);
	seed = chunk_cata("ccc", chunk_from_thing(label),
					  chunk_from_thing(this->spi), chunk_from_thing(bits));
	return this->base->get_bytes(this->base, seed, key->ptr);
}

/**
 * Get the prf with ack_key, deriving that if this wasn't done before
 */
static prf_t *get_prf(private_gdoi_ack_key_t *this, gdoi_ack_length_t length)
{
	chunk_t key = chunk_alloca(HASH_SIZE_SHA512);
	prf_t **prf = &this->prfs[length];

	if (!this->ready[length])
	{
		if (!*prf)
		{
			*prf = lib->crypto->create_prf(lib->crypto, this->alg);
		}
		this->ready[length] = *prf && derive(this, length, &key) &&
							  (*prf)->set_key(*prf, key);
		memwipe(key.ptr, HASH_SIZE_SHA512);
	}
	return this->ready[length] ? *prf : NULL;
}

/**
 * Check HASH with one reading of L
 */
static bool verify_length(private_gdoi_ack_key_t *this, gdoi_ack_t *ack,
						  gdoi_ack_length_t length)
{
	chunk_t hash = chunk_alloca(HASH_SIZE_SHA512);
	prf_t *prf = get_prf(this, length);

	hash.len = prf ? prf->get_block_size(prf) : 0;
	return prf && prf->get_bytes(prf, ack->hashed, hash.ptr) &&
		   chunk_equals_const(hash, ack->hash);
}

METHOD(gdoi_ack_key_t, verify, bool,
	private_gdoi_ack_key_t *this, gdoi_ack_t *ack)
{
	gdoi_ack_length_t other = LENGTHS - 1 - this->last;

	if (!memeq(ack->spi, this->spi, sizeof(this->spi)))
	{
		return FALSE;
	}
	if (verify_length(this, ack, this->last))
	{
		return TRUE;
	}
	if (verify_length(this, ack, other))
	{
		this->last = other;
		return TRUE;
	}
	return FALSE;
}

/**
 * Write SEQ and ID
 */
static void build_hashed(bio_writer_t *writer, uint32_t seq, host_t *me)
{
	u_char number[SEQ_LEN], header[ID_HEADER_LEN] = {};
	chunk_t id;

	htoun32(number, seq);
	gdoi_payload_build(writer, GDOI_PLD_ID, chunk_from_thing(number));
	header[0] = me->get_family(me) == AF_INET ? GDOI_ID_IPV4_ADDR
											  : GDOI_ID_IPV6_ADDR;
	id = chunk_cata("cc", chunk_from_thing(header), me->get_address(me));
	gdoi_payload_build(writer, GDOI_PLD_NONE, id);
}

METHOD(gdoi_ack_key_t, build, bool,
	private_gdoi_ack_key_t *this, uint32_t seq, host_t *me,
	gdoi_ack_length_t length, chunk_t *datagram)
{
	gdoi_header_t header = {
		.next = GDOI_PLD_HASH,
		.exchange = GDOI_PUSH_ACK,
	};
	chunk_t hash = chunk_alloca(HASH_SIZE_SHA512);
	bio_writer_t *writer, *hashed;
	prf_t *prf = get_prf(this, length);
	bool success;

	hashed = bio_writer_create(HASHED_MAX);
	build_hashed(hashed, seq, me);
	hash.len = prf ? prf->get_block_size(prf) : 0;
	success = prf && prf->get_bytes(prf, hashed->get_buf(hashed), hash.ptr);
	if (success)
	{
		memcpy(header.cookies, this->spi, sizeof(header.cookies));
		header.length = GDOI_HEADER_LEN + GDOI_GENERIC_LEN + hash.len +
						hashed->get_buf(hashed).len;
		writer = bio_writer_create(header.length);
		gdoi_header_build(writer, &header);
		gdoi_payload_build(writer, GDOI_PLD_SEQ, hash);
		writer->write_data(writer, hashed->get_buf(hashed));
		*datagram = writer->extract_buf(writer);
		writer->destroy(writer);
	}
	hashed->destroy(hashed);
	return success;
}

METHOD(gdoi_ack_key_t, set_base_key, bool,
	private_gdoi_ack_key_t *this, chunk_t base_key)
{
	memset(this->ready, 0, sizeof(this->ready));
	return base_key.len && this->base->set_key(this->base, base_key);
}

METHOD(gdoi_ack_key_t, destroy, void,
	private_gdoi_ack_key_t *this)
{
	int i;

	for (i = 0; i < LENGTHS; i++)
	{
		DESTROY_IF(this->prfs[i]);
	}
	DESTROY_IF(this->base);
	free(this);
}

/**
 * Get the hash function of a type of acknowledgements
 */
static pseudo_random_function_t get_alg(gkm_ack_t type)
{
	switch (type)
	{
		case GKM_ACK_KEK_SHA256:
		case GKM_ACK_LKH_SHA256:
			return PRF_HMAC_SHA2_256;
		case GKM_ACK_KEK_SHA512:
		case GKM_ACK_LKH_SHA512:
			return PRF_HMAC_SHA2_512;
		default:
			return PRF_UNDEFINED;
	}
}

/*
 * Described in header
 */
gdoi_ack_key_t *gdoi_ack_key_create(gkm_ack_t type, chunk_t base_key,
									uint8_t spi[GKM_REKEY_SPI_LEN],
									gkm_error_t *err)
{
	private_gdoi_ack_key_t *this;

	INIT(this,
		.public = {
			.verify = _verify,
			.build = _build,
			.set_base_key = _set_base_key,
			.destroy = _destroy,
		},
		.alg = get_alg(type),
		.last = GDOI_ACK_LENGTH_BLOCK,
	);
	memcpy(this->spi, spi, sizeof(this->spi));
	if (this->alg != PRF_UNDEFINED)
	{
		this->base = lib->crypto->create_prf(lib->crypto, this->alg);
	}
	if (!this->base || !set_base_key(this, base_key))
	{
		gkm_fail(err, "no acknowledgements of type %d with a key of %zu octets",
				 type, base_key.len);
		destroy(this);
		return NULL;
	}
	return &this->public;
}

/*
 * Described in header
 */
chunk_t gdoi_ack_base_key(gkm_rekey_sa_t *sa)
{
	gkm_kek_keys_t keys;

	return gkm_keymat_split_kek(sa->proposal, sa->key, &keys, NULL)
														? keys.encr
														: chunk_empty;
}

/**
 * Read the body of the ID payload. Protocol and port have no meaning, and HASH
 * covers them: members that set these do no harm.
 */
static bool parse_id(chunk_t body, gdoi_ack_t *ack, gkm_error_t *err)
{
	if (body.len <= ID_HEADER_LEN)
	{
		return gkm_fail(err, "acknowledgement: ID of %zu octets", body.len);
	}
	ack->id_type = body.ptr[0];
	ack->id = chunk_skip(body, ID_HEADER_LEN);
	switch (ack->id_type)
	{
		case GDOI_ID_IPV4_ADDR:
			if (ack->id.len == 4)
			{
				return TRUE;
			}
			break;
		case GDOI_ID_IPV6_ADDR:
			if (ack->id.len == 16)
			{
				return TRUE;
			}
			break;
		case GDOI_ID_OID:
			return TRUE;
		default:
			break;
	}
	return gkm_fail(err, "acknowledgement: ID of type %u with %zu octets",
					ack->id_type, ack->id.len);
}

/**
 * Read the payloads: there is one order for them (RFC 8263, 4)
 */
static bool parse_payloads(array_t *payloads, gdoi_ack_t *ack,
						   gkm_error_t *err)
{
	gdoi_payload_t hash, seq, id;

	if (array_count(payloads) != 3 ||
		!array_get(payloads, 0, &hash) || hash.type != GDOI_PLD_HASH ||
		!array_get(payloads, 1, &seq) || seq.type != GDOI_PLD_SEQ ||
		!array_get(payloads, 2, &id) || id.type != GDOI_PLD_ID)
	{
		return gkm_fail(err, "acknowledgement: other payloads than HASH, SEQ, "
						"ID");
	}
	if (hash.body.len != HASH_SIZE_SHA256 && hash.body.len != HASH_SIZE_SHA512)
	{
		return gkm_fail(err, "acknowledgement: HASH of %zu octets",
						hash.body.len);
	}
	if (seq.body.len != SEQ_LEN)
	{
		return gkm_fail(err, "acknowledgement: SEQ of %zu octets",
						seq.body.len);
	}
	ack->hash = hash.body;
	ack->seq = untoh32(seq.body.ptr);
	ack->hashed = chunk_create(seq.whole.ptr, seq.whole.len + id.whole.len);
	return parse_id(id.body, ack, err);
}

/*
 * Described in header
 */
bool gdoi_ack_parse(chunk_t datagram, gdoi_ack_t *ack, gkm_error_t *err)
{
	gdoi_header_t header;
	array_t *payloads;
	bool success;

	if (!gdoi_header_parse(datagram, &header) ||
		header.exchange != GDOI_PUSH_ACK || header.flags || header.mid)
	{
		return gkm_fail(err, "acknowledgement: wrong header");
	}
	*ack = (gdoi_ack_t){};
	memcpy(ack->spi, header.cookies, sizeof(ack->spi));
	payloads = array_create(sizeof(gdoi_payload_t), 3);
	success = gdoi_payloads_parse(header.next,
								  chunk_skip(datagram, GDOI_HEADER_LEN), 0,
								  payloads, err) &&
			  parse_payloads(payloads, ack, err);
	array_destroy(payloads);
	return success;
}
