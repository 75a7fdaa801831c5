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

#include "gdoi_push.h"
#include "gdoi_delete.h"
#include "gdoi_isakmp.h"
#include "gdoi_kd.h"
#include "gdoi_kek.h"
#include "gdoi_sa.h"
#include "gdoi_sig.h"

#include "../keys/gkm_auth_key.h"
#include "../keys/gkm_random.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~               SPI of the rekey SA, 16 octets                  ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Next = SEQ  |     0x10      | GROUPKEY-PUSH |   Flags = E   |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                        Message ID = 0                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                Length, with padding                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  ~     encrypted: SEQ, { D }, SA, KD, SIG, padding of zeros      ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 6407, 4. What is signed has the length without padding in its header, as
 * RFC 6407's reference implementation has it, or with.
 */

/** Octets in SEQ without generic header (RFC 6407, 5.7) */
#define SEQ_LEN 4

/** Octets in a UDP datagram at most, over IPv4 (RFC 768, RFC 791) */
#define UDP_MAX 65507

/** Octets in the key of chunk_mac() */
#define MAC_KEY_LEN 16

typedef struct private_gdoi_push_t private_gdoi_push_t;
typedef struct message_t message_t;

/**
 * Private data
 */
struct private_gdoi_push_t {

	/** public interface */
	gkm_channel_t public;

	/** rekey SA */
	gkm_rekey_sa_t *sa;

	/** how to read messages */
	gdoi_format_t format;

	/** encryption */
	gdoi_kek_t *kek;

	/** key to check signatures with */
	gdoi_sig_t *sig;

	/** lowest sequence number that isn't a replay */
	uint64_t next_id;

	/** key to tell datagrams apart with, so that nobody can make up another one
	 *  that looks the same */
	u_char mac_key[MAC_KEY_LEN];

	/** datagram that brought an update last, and the one that was accepted
	 *  last */
	uint64_t received;
	uint64_t accepted;
	bool has_accepted;
};

/**
 * A message that was decrypted and split. Payloads borrow from it.
 */
struct message_t {

	/** header, and payloads with padding */
	chunk_t data;

	/** payloads, as gdoi_payload_t by value */
	array_t *payloads;

	/** sequence number */
	uint32_t seq;
};

/**
 * Get the payloads that tell of SAs, if there are new ones
 */
static bool build_sas(gkm_update_t *update, gdoi_format_t *format,
					  array_t *payloads, gkm_error_t *err)
{
	chunk_t sa, kd;

	if (!update->download->rekey && !array_count(update->download->sas))
	{
		return TRUE;
	}
	if (!gdoi_sa_build_update(update, format, &sa, err))
	{
		return FALSE;
	}
	gdoi_payloads_add(payloads, GDOI_PLD_SA, sa);
	if (!gdoi_kd_build_update(update, format, &kd, err))
	{
		return FALSE;
	}
	gdoi_payloads_add(payloads, GDOI_PLD_KD, kd);
	return TRUE;
}

/**
 * Write the payloads of a message
 *
 * @param len		octets in the signature
 * @param data		receives the payloads, the last of which is SIG with zeros
 */
static bool build_payloads(gkm_update_t *update, uint32_t seq, size_t len,
						   gdoi_format_t *format, chunk_t *data,
						   gkm_error_t *err)
{
	array_t *payloads;
	chunk_t body;
	bool success;

	payloads = array_create(sizeof(gdoi_payload_t), 0);
	body = chunk_alloc(SEQ_LEN);
	htoun32(body.ptr, seq);
	gdoi_payloads_add(payloads, GDOI_PLD_SEQ, body);
	success = gdoi_deletes_build(update->deletes, format, payloads, err) &&
			  build_sas(update, format, payloads, err);
	if (success && array_count(payloads) == 1)
	{
		success = gkm_fail(err, "rekey without anything to tell");
	}
	if (success)
	{
		body = chunk_alloc(len);
		memset(body.ptr, 0, body.len);
		gdoi_payloads_add(payloads, GDOI_PLD_SIG, body);
		success = gdoi_payloads_build(payloads, data, err);
	}
	gdoi_payloads_clear(payloads);
	return success;
}

/**
 * Put a header in front of payloads, and padding after them
 */
static chunk_t build_message(gkm_rekey_sa_t *sa, chunk_t payloads, size_t block)
{
	gdoi_header_t header = {
		.next = GDOI_PLD_SEQ,
		.exchange = GDOI_PUSH,
		.flags = GDOI_FLAG_ENCRYPTED,
		.length = GDOI_HEADER_LEN + round_up(payloads.len, block),
	};
	bio_writer_t *writer;
	chunk_t message, padding;

	memcpy(header.cookies, sa->spi, sizeof(header.cookies));
	writer = bio_writer_create(header.length);
	gdoi_header_build(writer, &header);
	writer->write_data(writer, payloads);
	padding = writer->skip(writer, round_up(payloads.len, block) -
								   payloads.len);
	memset(padding.ptr, 0, padding.len);
	message = writer->extract_buf(writer);
	writer->destroy(writer);
	return message;
}

/**
 * Write the signature into the SIG payload of a message
 *
 * @param len		octets in header and payloads
 * @param sig_len	octets in the signature
 */
static bool sign(gkm_rekey_sa_t *sa, private_key_t *key, gdoi_format_t *format,
				 chunk_t message, size_t len, size_t sig_len, gkm_error_t *err)
{
	chunk_t octets, headers, signature;
	bool success;

	signature = chunk_create(message.ptr + len - sig_len, sig_len);
	headers = chunk_create(message.ptr, len - sig_len - GDOI_GENERIC_LEN);
	octets = gdoi_sig_octets(headers,
							 format->padded_length ? message.len : len);
	success = gdoi_sig_sign(key, sa->sig_alg, format->bare_signature, octets,
							signature, err);
	chunk_clear(&octets);
	return success;
}

/**
 * Write a message, given the encryption and the length of signatures
 */
static bool build(gkm_rekey_sa_t *sa, gdoi_kek_t *kek, gkm_update_t *update,
				  uint32_t seq, private_key_t *key, size_t sig_len,
				  gdoi_format_t *format, chunk_t *datagram, gkm_error_t *err)
{
	chunk_t payloads, message;
	bool success;

	if (!build_payloads(update, seq, sig_len, format, &payloads, err))
	{
		return FALSE;
	}
	message = build_message(sa, payloads, gdoi_kek_get_block_len(kek));
	if (message.len > UDP_MAX)
	{
		success = gkm_fail(err, "rekey of %zu octets, at most %d fit into a "
						   "datagram", message.len, UDP_MAX);
	}
	else
	{
		success = sign(sa, key, format, message,
					   GDOI_HEADER_LEN + payloads.len, sig_len, err) &&
				  (gdoi_kek_encrypt(kek, chunk_skip(message,
													GDOI_HEADER_LEN)) ||
				   gkm_fail(err, "encrypting a rekey failed"));
	}
	chunk_clear(&payloads);
	if (success)
	{
		*datagram = message;
	}
	else
	{
		chunk_clear(&message);
	}
	return success;
}

/*
 * Described in header
 */
bool gdoi_push_build(gkm_rekey_sa_t *sa, gkm_update_t *update, uint32_t seq,
					 private_key_t *key, gdoi_format_t *format,
					 chunk_t *datagram, gkm_error_t *err)
{
	size_t sig_len;
	gdoi_kek_t *kek;
	bool success;

	if (!seq)
	{
		return gkm_fail(err, "sequence numbers of the rekey SA are used up");
	}
	if (!key || !gkm_auth_key_matches(key, sa->sig_alg, sa->auth_key, err))
	{
		return gkm_fail(err, "no key to sign rekeys");
	}
	sig_len = gdoi_sig_len(key, sa->sig_alg, err);
	kek = sig_len ? gdoi_kek_create(sa, err) : NULL;
	success = kek && build(sa, kek, update, seq, key, sig_len, format,
						   datagram, err);
	gdoi_kek_destroy(kek);
	return success;
}

/**
 * Check what can be without the key
 */
static gkm_received_t check_header(private_gdoi_push_t *this, chunk_t datagram,
								   gkm_error_t *err)
{
	gdoi_header_t header;
	size_t len;

	if (!gdoi_header_parse(datagram, &header) ||
		header.exchange != GDOI_PUSH || header.mid ||
		header.flags != GDOI_FLAG_ENCRYPTED ||
		!memeq(header.cookies, this->sa->spi, sizeof(header.cookies)))
	{
		gkm_fail(err, "no GROUPKEY-PUSH on this rekey SA");
		return GKM_RECEIVED_FORGED;
	}
	len = datagram.len - GDOI_HEADER_LEN;
	if (!len || len % gdoi_kek_get_block_len(this->kek))
	{
		gkm_fail(err, "GROUPKEY-PUSH with %zu octets, which aren't whole blocks",
				 len);
		return GKM_RECEIVED_FORGED;
	}
	if (this->has_accepted &&
		chunk_mac(datagram, this->mac_key) == this->accepted)
	{
		gkm_fail(err, "GROUPKEY-PUSH that was accepted before");
		return GKM_RECEIVED_REPLAYED;
	}
	return GKM_RECEIVED_UPDATE;
}

/**
 * Decrypt a message and split it. As there is no integrity check value, the
 * form shows whether it was made with the key.
 */
static bool open_message(private_gdoi_push_t *this, message_t *message,
						 gkm_error_t *err)
{
	chunk_t payloads = chunk_skip(message->data, GDOI_HEADER_LEN);
	gdoi_payload_t seq;
	gdoi_header_t header;

	if (!gdoi_header_parse(message->data, &header) ||
		!gdoi_kek_decrypt(this->kek, payloads))
	{
		return gkm_fail(err, "decrypting a rekey failed");
	}
	if (!gdoi_payloads_parse(header.next, payloads,
							 gdoi_kek_get_block_len(this->kek),
							 message->payloads, err))
	{
		return FALSE;
	}
	if (!array_remove(message->payloads, ARRAY_HEAD, &seq) ||
		seq.type != GDOI_PLD_SEQ || seq.body.len != SEQ_LEN)
	{
		return gkm_fail(err, "SEQ isn't the first payload");
	}
	message->seq = untoh32(seq.body.ptr);
	return TRUE;
}

/**
 * Check the signature, which the last payload is, and remove that
 */
static bool check_signature(private_gdoi_push_t *this, message_t *message,
							gkm_error_t *err)
{
	bool padded = this->format.padded_length, success = FALSE;
	chunk_t headers, octets;
	gdoi_payload_t sig;
	size_t end;
	int i;

	if (!array_remove(message->payloads, ARRAY_TAIL, &sig) ||
		sig.type != GDOI_PLD_SIG)
	{
		return gkm_fail(err, "SIG isn't the last payload");
	}
	headers = chunk_create(message->data.ptr,
						   sig.whole.ptr - message->data.ptr);
	end = headers.len + sig.whole.len;
	for (i = 0; !success && i < 2; i++, padded = !padded)
	{
		octets = gdoi_sig_octets(headers, padded ? message->data.len : end);
		success = gdoi_sig_verify(this->sig, octets, sig.body,
								  this->format.bare_signature);
		chunk_clear(&octets);
	}
	return success || gkm_fail(err, "SIG payload: wrong signature");
}

/**
 * Is there a payload of this type next? It is removed then.
 */
static bool take_payload(array_t *payloads, uint8_t type,
						 gdoi_payload_t *payload)
{
	return array_get(payloads, ARRAY_HEAD, payload) && payload->type == type &&
		   array_remove(payloads, ARRAY_HEAD, NULL);
}

/**
 * Complete an update that has a new rekey SA with what follows from the current
 * one
 */
static bool complete_rekey(private_gdoi_push_t *this, gkm_update_t *update,
						   gkm_error_t *err)
{
	gkm_rekey_sa_t *rekey = update->download->rekey;
	gdoi_sig_t *sig;

	/* RFC 6407, 4.3 */
	rekey->message_id = 1;
	if (!rekey->auth_key.len)
	{
		rekey->auth_key = chunk_clone(this->sa->auth_key);
	}
	else if (!chunk_equals(rekey->auth_key, this->sa->auth_key) &&
			 chunk_equals(rekey->sig_alg, this->sa->sig_alg))
	{
		/* the key server has one key, which it uses from now on */
		update->auth_key = chunk_clone(rekey->auth_key);
	}
	sig = gdoi_sig_create(rekey->sig_alg, rekey->auth_key, err);
	gdoi_sig_destroy(sig);
	return sig != NULL;
}

/**
 * Read SA and KD
 */
static bool read_sas(private_gdoi_push_t *this, chunk_t sa, chunk_t kd,
					 array_t *path, gkm_update_t *update, gkm_error_t *err)
{
	gkm_download_t *download;

	download = gdoi_sa_parse(sa, &this->format, TRUE, err);
	if (!download)
	{
		return FALSE;
	}
	gkm_download_destroy(update->download);
	update->download = download;
	return gdoi_kd_parse_update(update, kd, path, err) &&
		   (!download->rekey || complete_rekey(this, update, err));
}

/**
 * Read the payloads between SEQ and SIG
 */
static bool read_payloads(private_gdoi_push_t *this, array_t *payloads,
						  array_t *path, gkm_update_t *update,
						  gkm_error_t *err)
{
	gdoi_payload_t payload, kd;

	while (take_payload(payloads, GDOI_PLD_DELETE, &payload))
	{
		if (!gdoi_delete_parse(payload.body, &this->format, this->sa->spi,
							   update, err))
		{
			return FALSE;
		}
	}
	if (take_payload(payloads, GDOI_PLD_SA, &payload))
	{
		if (!take_payload(payloads, GDOI_PLD_KD, &kd))
		{
			return gkm_fail(err, "SA payload without KD payload");
		}
		if (!read_sas(this, payload.body, kd.body, path, update, err))
		{
			return FALSE;
		}
	}
	return !array_get(payloads, ARRAY_HEAD, &payload) ||
		   gkm_fail(err, "payload of type %u isn't expected", payload.type);
}

/**
 * Read a message, in place
 */
static gkm_received_t read_message(private_gdoi_push_t *this,
								   message_t *message, array_t *path,
								   gkm_update_t **update, gkm_error_t *err)
{
	if (!open_message(this, message, err))
	{
		return GKM_RECEIVED_FORGED;
	}
	if (message->seq < this->next_id)
	{
		gkm_fail(err, "sequence number %u is a replay, %llu comes next",
				 message->seq, (unsigned long long)this->next_id);
		return GKM_RECEIVED_REPLAYED;
	}
	if (!check_signature(this, message, err))
	{
		return GKM_RECEIVED_MALFORMED;
	}
	gdoi_payloads_remove(message->payloads, GDOI_PLD_VID);
	*update = gkm_update_create();
	(*update)->message_id = message->seq;
	if (!read_payloads(this, message->payloads, path, *update, err))
	{
		gkm_update_destroy(*update);
		*update = NULL;
		return GKM_RECEIVED_MALFORMED;
	}
	return GKM_RECEIVED_UPDATE;
}

METHOD(gkm_channel_t, receive, gkm_received_t,
	private_gdoi_push_t *this, chunk_t datagram, array_t *path,
	gkm_update_t **update, gkm_error_t *err)
{
	gkm_received_t result;
	message_t message = {};

	*update = NULL;
	result = check_header(this, datagram, err);
	if (result == GKM_RECEIVED_UPDATE)
	{
		message.data = chunk_clone(datagram);
		message.payloads = array_create(sizeof(gdoi_payload_t), 0);
		result = read_message(this, &message, path, update, err);
		if (result == GKM_RECEIVED_UPDATE)
		{
			this->received = chunk_mac(datagram, this->mac_key);
		}
		array_destroy(message.payloads);
		chunk_clear(&message.data);
	}
	return result;
}

METHOD(gkm_channel_t, accept_, void,
	private_gdoi_push_t *this, gkm_update_t *update)
{
	gdoi_sig_t *sig;

	this->next_id = max(this->next_id, (uint64_t)update->message_id + 1);
	this->accepted = this->received;
	this->has_accepted = TRUE;
	if (update->auth_key.len)
	{
		sig = gdoi_sig_create(this->sa->sig_alg, update->auth_key, NULL);
		if (sig)
		{
			gdoi_sig_destroy(this->sig);
			this->sig = sig;
			chunk_free(&this->sa->auth_key);
			this->sa->auth_key = chunk_clone(update->auth_key);
		}
	}
}

METHOD(gkm_channel_t, get_next_id, uint64_t,
	private_gdoi_push_t *this)
{
	return this->next_id;
}

METHOD(gkm_channel_t, destroy, void,
	private_gdoi_push_t *this)
{
	gdoi_kek_destroy(this->kek);
	gdoi_sig_destroy(this->sig);
	gkm_rekey_sa_destroy(this->sa);
	free(this);
}

/*
 * Described in header
 */
gkm_channel_t *gdoi_push_create(gkm_rekey_sa_t *sa, gdoi_format_t *format,
								gkm_error_t *err)
{
	private_gdoi_push_t *this;

	INIT(this,
		.public = {
			.receive = _receive,
			.accept = _accept_,
			.get_next_id = _get_next_id,
			.destroy = _destroy,
		},
		.sa = gkm_rekey_sa_clone(sa),
		.format = *format,
		.next_id = max(sa->message_id, 1),
	);
	this->kek = gdoi_kek_create(sa, err);
	this->sig = gdoi_sig_create(sa->sig_alg, sa->auth_key, err);
	if (!this->kek || !this->sig ||
		!gkm_random(this->mac_key, sizeof(this->mac_key), err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}

/*
 * Described in header
 */
bool gdoi_push_peek(chunk_t datagram, uint8_t *spi)
{
	gdoi_header_t header;

	if (!gdoi_header_parse(datagram, &header) || header.exchange != GDOI_PUSH)
	{
		return FALSE;
	}
	memcpy(spi, header.cookies, GKM_REKEY_SPI_LEN);
	return TRUE;
}
