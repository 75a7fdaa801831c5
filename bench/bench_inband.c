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

#include "bench_inband.h"
#include "bench_group.h"

#include <sys/socket.h>

#include "libgkm/gikev2/gikev2_codepoints.h"
#include "libgkm/gikev2/gikev2_download.h"
#include "libgkm/gikev2/gikev2_inner.h"
#include "libgkm/gikev2/gikev2_sk.h"
#include "libgkm/gikev2/gikev2_wire.h"
#include "libgkm/keys/gkm_random.h"

/** Octets in a message at most */
#define MESSAGE_MAX 2048

/** Octets in SK_d, for PRF_HMAC_SHA2_256 */
#define SK_D_LEN 32

/** Octets in a key of AES-GCM with 256 bits, and its salt */
#define GCM_KEY_LEN 36

/**
 * What is of interest of a member's IKE_SA
 */
typedef struct {
	u_char sk_d[SK_D_LEN];
	aead_t *aead;
	uint32_t message_id;
} member_t;

/**
 * Make an IKE_SA
 */
static void create_member(member_t *this)
{
	u_char key[GCM_KEY_LEN];
	gkm_error_t err = {};

	bench_assert(gkm_random(this->sk_d, sizeof(this->sk_d), &err) &&
				 gkm_random(key, sizeof(key), &err), "keys", &err);
	this->aead = lib->crypto->create_aead(lib->crypto, ENCR_AES_GCM_ICV16, 32,
										  0);
	bench_assert(this->aead &&
				 this->aead->set_key(this->aead, chunk_from_thing(key)),
				 "AEAD algorithm", NULL);
}

/**
 * Write a message
 *
 * @param datagram		buffer for it, receives its length
 */
static void build(member_t *this, gkm_update_t *update, chunk_t *datagram)
{
	gikev2_update_context_t ctx = {
		.inband = TRUE,
	};
	gikev2_inner_t inner = {};
	gkm_error_t err = {};
	chunk_t plain, assoc;
	u_char *at = datagram->ptr;

	bench_assert(gikev2_derive_gsk_w(PRF_HMAC_SHA2_256,
									 chunk_from_thing(this->sk_d),
									 KW_5649_256, &ctx.gsk_w),
				 "key wrap key", NULL);
	bench_assert(gikev2_update_build(update, &ctx, &inner.payloads, &err),
				 "in-band rekey", &err);
	plain = gikev2_inner_build(&inner);
	datagram->len = IKE_HEADER_LEN + GENERIC_HEADER_LEN +
					gikev2_sk_len(this->aead, plain.len);
	bench_assert(datagram->len <= MESSAGE_MAX, "in-band rekey is too long",
				 NULL);

	memset(at, 0, IKE_HEADER_LEN + GENERIC_HEADER_LEN);
	at[IKE_NEXT_PAYLOAD_OFFSET] = GIKEV2_PL_SK;
	at[IKE_VERSION_OFFSET] = IKE_VERSION_2;
	at[IKE_EXCHANGE_OFFSET] = GSA_INBAND_REKEY;
	htoun32(at + IKE_MESSAGE_ID_OFFSET, this->message_id);
	htoun32(at + IKE_LENGTH_OFFSET, datagram->len);
	at += IKE_HEADER_LEN;
	at[0] = gikev2_inner_first(&inner);
	htoun16(at + GENERIC_LENGTH_OFFSET, datagram->len - IKE_HEADER_LEN);
	at += GENERIC_HEADER_LEN;
	assoc = chunk_create(datagram->ptr, at - datagram->ptr);
	bench_assert(gikev2_sk_encrypt(this->aead, this->message_id++, assoc,
								   plain, chunk_skip(*datagram, assoc.len)),
				 "encryption", NULL);
	chunk_clear(&plain);
	chunk_clear(&ctx.gsk_w);
	gikev2_update_payloads_clear(&inner.payloads);
}

/**
 * Open two sockets on the loopback interface
 *
 * @param to			address of the one that is sent to
 */
static void open_sockets(int fds[2], struct sockaddr_in *to)
{
	socklen_t len = sizeof(*to);

	*to = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	fds[0] = socket(AF_INET, SOCK_DGRAM, 0);
	fds[1] = socket(AF_INET, SOCK_DGRAM, 0);
	bench_assert(fds[0] >= 0 && fds[1] >= 0 &&
				 bind(fds[1], (struct sockaddr*)to, len) == 0 &&
				 getsockname(fds[1], (struct sockaddr*)to, &len) == 0,
				 "sockets", NULL);
}

/**
 * Send a datagram
 */
static void send_to(int fd, chunk_t datagram, struct sockaddr_in *to)
{
	ssize_t sent;

	sent = sendto(fd, datagram.ptr, datagram.len, 0, (struct sockaddr*)to,
				  sizeof(*to));
	bench_assert(sent == datagram.len, "sendto", NULL);
}

/**
 * Make an update with the data SA of a group
 */
static gkm_update_t *create_update()
{
	bench_group_t *group;
	gkm_download_t *download;
	gkm_update_t *update;
	gkm_data_sa_t *sa;

	group = bench_group_create(1, 4);
	download = bench_group_admit(group, 0);
	update = gkm_update_create();
	bench_assert(array_get(download->sas, ARRAY_HEAD, &sa), "data SA", NULL);
	sa = gkm_data_sa_clone(sa);
	sa->next_spi = 0;
	array_insert(update->download->sas, ARRAY_TAIL, sa);
	gkm_download_destroy(download);
	bench_group_destroy(group);
	return update;
}

/*
 * Described in header
 */
void bench_inband_run(u_int members, u_int rounds, bench_inband_t *this)
{
	u_char buf[MESSAGE_MAX];
	chunk_t datagram = chunk_from_thing(buf);
	struct sockaddr_in to;
	gkm_update_t *update;
	member_t *table;
	int fds[2];
	u_int i, j;

	*this = (bench_inband_t){};
	update = create_update();
	table = calloc(members, sizeof(*table));
	for (i = 0; i < members; i++)
	{
		create_member(&table[i]);
	}
	open_sockets(fds, &to);
	for (j = 0; j < rounds; j++)
	{
		bench_cpu_go(&this->rekey);
		for (i = 0; i < members; i++)
		{
			build(&table[i], update, &datagram);
			send_to(fds[0], datagram, &to);
		}
		bench_cpu_pause(&this->rekey);
		bench_cpu_end(&this->rekey);

		bench_cpu_go(&this->send);
		for (i = 0; i < members; i++)
		{
			send_to(fds[0], datagram, &to);
		}
		bench_cpu_pause(&this->send);
		bench_cpu_end(&this->send);
	}
	this->octets = datagram.len;
	close(fds[0]);
	close(fds[1]);
	for (i = 0; i < members; i++)
	{
		table[i].aead->destroy(table[i].aead);
	}
	free(table);
	gkm_update_destroy(update);
}
