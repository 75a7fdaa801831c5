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

#include "bench_raw.h"

#include "libgkm/gikev2/gikev2_wire.h"
#include "libgkm/keys/gkm_key_wrap.h"
#include "libgkm/keys/gkm_keymat.h"
#include "libgkm/keys/gkm_rekey_aead.h"

/**
 * Wrap one key
 */
static void wrap_key(chunk_t kwk, chunk_t key)
{
	chunk_t wrapped;

	bench_assert(gkm_key_wrap(kwk, key, &wrapped, NULL), "key wrap", NULL);
	chunk_free(&wrapped);
}

/**
 * Wrap the keys of an update
 *
 * @param gsk_w			default key
 */
static void wrap_keys(gkm_update_t *update, chunk_t gsk_w)
{
	gkm_download_t *download = update->download;
	gkm_data_sa_t *sa;
	gkm_wrap_t wrap;
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(update->kwks, i, &kwk); i++)
	{
		wrap_key(kwk->key, download->rekey->key);
	}
	if (download->rekey && !i)
	{
		wrap_key(gsk_w, download->rekey->key);
	}
	for (i = 0; array_get(update->wraps, i, &wrap); i++)
	{
		wrap_key(wrap.kwk->key, wrap.key->key);
	}
	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		wrap_key(gsk_w, sa->key);
	}
}

/**
 * Sign some octets
 */
static void sign(private_key_t *key, chunk_t octets)
{
	chunk_t signature;

	bench_assert(key->sign(key, SIGN_ECDSA_WITH_SHA256_DER, NULL, octets,
						   &signature), "signature", NULL);
	chunk_free(&signature);
}

/**
 * Do what one message takes
 *
 * @param octets		octets that are signed and encrypted, overwritten
 * @param count			number of datagrams
 */
static void run_message(private_key_t *key, gkm_notice_t *notice,
						chunk_t octets, u_int count, bench_cpu_t *cpu)
{
	gkm_rekey_sa_t *sa = notice->carrier;
	gkm_rekey_keys_t keys;
	gkm_error_t err = {};
	chunk_t part, assoc, iv;
	u_char headers[IKE_HEADER_LEN + GENERIC_HEADER_LEN] = {}, iv_buf[16] = {};
	aead_t *aead;
	size_t icv;

	bench_assert(gkm_keymat_split_rekey(sa->proposal, sa->key, &keys, &err),
				 "rekey SA", &err);
	aead = gkm_rekey_aead_create(sa->proposal, &keys, &err);
	bench_assert(aead != NULL, "rekey SA", &err);
	assoc = chunk_from_thing(headers);
	iv = chunk_create(iv_buf, aead->get_iv_size(aead));
	icv = aead->get_icv_size(aead);

	bench_cpu_go(cpu);
	sign(key, octets);
	wrap_keys(notice->update, keys.wrap);
	while (count)
	{
		part = chunk_create(octets.ptr, octets.len / count - icv);
		octets = chunk_skip(octets, part.len + icv);
		bench_assert(aead->encrypt(aead, part, assoc, iv, NULL), "encryption",
					 NULL);
		iv.ptr[0]++;
		count--;
	}
	bench_cpu_pause(cpu);
	aead->destroy(aead);
}

/*
 * Described in header
 */
void bench_raw_run(private_key_t *key, array_t *notices, array_t *datagrams,
				   bench_cpu_t *cpu)
{
	gkm_notice_t *notice;
	chunk_t datagram, octets;
	u_int count, next = 0;
	int i;

	for (i = 0; array_get(notices, i, &notice); i++)
	{
		/* those of one message follow each other and have its SPI */
		octets = chunk_empty;
		for (count = 0; array_get(datagrams, next, &datagram) &&
			 memeq(datagram.ptr, notice->carrier->spi, GKM_REKEY_SPI_LEN);
			 count++, next++)
		{
			octets = chunk_cat("mc", octets, datagram);
		}
		bench_assert(count, "datagrams of a message", NULL);
		run_message(key, notice, octets, count, cpu);
		chunk_free(&octets);
	}
	bench_cpu_end(cpu);
}
