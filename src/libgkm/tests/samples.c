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

#include "samples.h"

#include <check.h>

#include "libgkm/keys/gkm_keymat.h"

/**
 * Data SA of a sample
 */
typedef struct {
	protocol_id_t protocol;
	gkm_sn_t sn;
	char *proposal;
	char *src;
	char *dst;
	uint32_t lifetime;
	uint32_t next_spi;
} sample_sa_t;

/**
 * Sample
 */
static struct {
	const char *name;
	/** key wrap key of the IKE_SA */
	size_t gsk_w;
	/** rekey SA, NULL for none */
	char *rekey;
	gkm_auth_t auth;
	bool ipv6;
	uint32_t message_id;
	bool next_spi;
	bool transport;
	bool sender;
	sample_sa_t sas[4];
	uint16_t atd;
	uint16_t dtd;
	uint32_t d3p_window;
	uint16_t bits;
	uint32_t ids[3];
	int id_count;
	/** numbers of the keys of the member's path */
	uint32_t path[3];
} samples[] = {
	{
		.name = "multicast with signatures",
		.gsk_w = 32,
		.rekey = "aes256gcm16-kw256",
		.auth = GKM_AUTH_SIGNATURE,
		.message_id = 7,
		.next_spi = TRUE,
		.sender = TRUE,
		.sas = {
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes256-sha256", "10.0.0.0/8",
			  "239.1.0.0/16", 3600, 0xc0000099 },
		},
		.atd = 10,
		.dtd = 60,
	},
	{
		.name = "multicast with implicit authentication",
		.d3p_window = 5000,
		.gsk_w = 16,
		.rekey = "aes128-sha256-kw128",
		.auth = GKM_AUTH_IMPLICIT,
		.sas = {
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "null-sha384", "0.0.0.0/0",
			  "239.1.2.3/32", 600 },
		},
	},
	{
		.name = "in-band, sender IDs of 16 bits",
		.gsk_w = 16,
		.sender = TRUE,
		.transport = TRUE,
		.sas = {
			{ PROTO_ESP, GKM_SN_SEQUENTIAL, "aes128gcm16", "10.1.0.1/32",
			  "239.1.2.3/32" },
		},
		.bits = 16,
		.ids = { 0xfffe },
		.id_count = 1,
	},
	{
		.name = "in-band, receiver",
		.gsk_w = 24,
		.sas = {
			{ PROTO_ESP, GKM_SN_SEQUENTIAL, "chacha20poly1305", "10.1.0.1/32",
			  "239.1.2.3/32", 86400 },
		},
		.dtd = 1,
	},
	{
		.name = "several data SAs, sender IDs of 8 bits",
		.gsk_w = 32,
		.rekey = "aes256ctr-sha512-kw192",
		.auth = GKM_AUTH_SIGNATURE,
		.sender = TRUE,
		.sas = {
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes256ccm16", "10.0.0.0/8",
			  "239.1.0.0/16", 60 },
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes256ccm16", "10.0.0.0/8",
			  "239.1.0.0/16", 3600 },
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes192ctr-sha256", "10.0.0.0/8",
			  "239.2.0.0/16", 3600 },
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes256gmac", "10.0.0.0/8",
			  "239.3.0.0/16", 3600 },
		},
		.bits = 8,
		.ids = { 0, 255 },
		.id_count = 2,
	},
	{
		.name = "AH",
		.gsk_w = 32,
		.rekey = "chacha20poly1305-kw256",
		.auth = GKM_AUTH_SIGNATURE,
		.transport = TRUE,
		.sas = {
			{ PROTO_AH, GKM_SN_UNSPECIFIED, "sha512", "10.0.0.0/8",
			  "239.1.0.0/16", 3600 },
			{ PROTO_AH, GKM_SN_SEQUENTIAL, "aescmac", "10.0.0.1/32",
			  "239.2.0.0/16", 3600 },
		},
	},
	{
		.name = "AH with GMAC, sender IDs of 12 bits",
		.gsk_w = 32,
		.sender = TRUE,
		.sas = {
			{ PROTO_AH, GKM_SN_UNSPECIFIED, "aes192gmac", "10.0.0.0/8",
			  "239.1.0.0/16", 3600 },
		},
		.bits = 12,
		.ids = { 0xabc, 1, 2 },
		.id_count = 3,
	},
	{
		.name = "IPv6, sender IDs of 32 bits",
		.gsk_w = 32,
		.rekey = "aes128ccm16-kw128",
		.auth = GKM_AUTH_SIGNATURE,
		.ipv6 = TRUE,
		.sender = TRUE,
		.sas = {
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes128gcm16", "2001:db8::/32",
			  "ff15::2/128", 3600, 0xc1000000 },
		},
		.bits = 32,
		.ids = { 0xffffffff, 0x80000000 },
		.id_count = 2,
	},
	{
		.name = "rekey SA only",
		.gsk_w = 32,
		.rekey = "aes256-aesxcbc-kw256",
		.auth = GKM_AUTH_SIGNATURE,
	},
	{
		.name = "key tree, its keys shorter than that of the IKE_SA",
		.gsk_w = 32,
		.rekey = "aes128gcm16-kw128",
		.auth = GKM_AUTH_SIGNATURE,
		.sas = {
			{ PROTO_ESP, GKM_SN_UNSPECIFIED, "aes128-sha256", "10.0.0.0/8",
			  "239.1.0.0/16", 3600 },
		},
		.path = { 1, 3, 0x70000000 },
	},
	{
		.name = "key tree of one key, longer than that of the IKE_SA",
		.gsk_w = 16,
		.rekey = "aes256gcm16-kw256",
		.auth = GKM_AUTH_IMPLICIT,
		.path = { 7 },
	},
};

/**
 * End if a sample can't be made. Check's macros work in its tests only.
 */
static void insist(bool condition, const char *what, const char *which)
{
	if (!condition)
	{
		fprintf(stderr, "%s: %s\n", what, which);
		abort();
	}
}

/*
 * Described in header
 */
chunk_t unhex(const char *hex)
{
	char *digits = malloc(strlen(hex) + 1);
	size_t len = 0, i;
	chunk_t data;

	for (i = 0; hex[i]; i++)
	{
		if (hex[i] != ' ')
		{
			digits[len++] = hex[i];
		}
	}
	insist(len % 2 == 0, "odd number of hex digits", hex);
	data = len ? chunk_from_hex(chunk_create(digits, len), NULL) : chunk_empty;
	free(digits);
	return data;
}

/*
 * Described in header
 */
chunk_t count_up(uint8_t first, size_t len)
{
	chunk_t data = chunk_alloc(len);
	size_t i;

	for (i = 0; i < len; i++)
	{
		data.ptr[i] = first + i;
	}
	return data;
}

/*
 * Described in header
 */
const char *sample_name(int i)
{
	return samples[i].name;
}

/*
 * Described in header
 */
int sample_count()
{
	return countof(samples);
}

/*
 * Described in header
 */
int sample_find(const char *name)
{
	int i;

	for (i = 0; i < countof(samples); i++)
	{
		if (streq(samples[i].name, name))
		{
			return i;
		}
	}
	insist(FALSE, "no sample", name);
	return -1;
}

/**
 * Make the rekey SA of a sample
 */
static gkm_rekey_sa_t *create_rekey_sa(int i)
{
	gkm_error_t err = {};
	gkm_rekey_sa_t *sa;
	int j;

	sa = gkm_rekey_sa_create();
	for (j = 0; j < GKM_REKEY_SPI_LEN; j++)
	{
		sa->spi[j] = j + 1;
		sa->next_spi[j] = samples[i].next_spi ? 0xf0 - j : 0;
	}
	sa->has_next_spi = samples[i].next_spi;
	sa->src = traffic_selector_create_from_cidr(
				samples[i].ipv6 ? "2001:db8::1/128" : "192.0.2.1/32",
				IPPROTO_UDP, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr(
				samples[i].ipv6 ? "ff15::1/128" : "239.192.0.1/32",
				IPPROTO_UDP, 848, 848);
	sa->proposal = gkm_rekey_proposal(samples[i].rekey, &err);
	insist(sa->proposal != NULL, samples[i].rekey, err.text);
	sa->auth = samples[i].auth;
	if (sa->auth == GKM_AUTH_SIGNATURE)
	{
		sa->sig_alg = unhex(ECDSA_SHA256);
		sa->auth_key = unhex(ECDSA_KEY);
	}
	sa->lifetime = 86400;
	sa->message_id = samples[i].message_id;
	sa->key = count_up(0x40, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Make a data SA of a sample
 */
static gkm_data_sa_t *create_data_sa(int i, int j)
{
	sample_sa_t *sample = &samples[i].sas[j];
	gkm_error_t err = {};
	gkm_data_sa_t *sa;

	sa = gkm_data_sa_create();
	sa->spi = htonl(0xc0000001 + j);
	sa->src = traffic_selector_create_from_cidr(sample->src, 0, 0, 65535);
	sa->dst = traffic_selector_create_from_cidr(sample->dst, 0, 0, 65535);
	sa->proposal = gkm_data_proposal(sample->protocol, sample->sn,
									 sample->proposal, &err);
	insist(sa->proposal != NULL, sample->proposal, err.text);
	sa->mode = samples[i].transport ? MODE_TRANSPORT : MODE_TUNNEL;
	sa->lifetime = sample->lifetime;
	sa->next_spi = htonl(sample->next_spi);
	sa->key = count_up(0xa0 + j, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Add a key to the path of a sample
 */
static void add_kwk(gkm_download_t *download, uint32_t id)
{
	uint16_t kwa = KW_NONE;
	chunk_t key;

	download->rekey->proposal->get_algorithm(download->rekey->proposal,
											 KEY_WRAP_ALGORITHM, &kwa, NULL);
	key = count_up(id, gkm_key_wrap_key_len(kwa));
	array_insert(download->path, ARRAY_TAIL, gkm_kwk_create(id, key));
	chunk_clear(&key);
}

/*
 * Described in header
 */
gkm_download_t *sample_create(int i, gikev2_context_t *ctx)
{
	static u_char gsk_w[32];
	gkm_download_t *download;
	uint32_t *id;
	int j;

	for (j = 0; j < sizeof(gsk_w); j++)
	{
		gsk_w[j] = j;
	}
	*ctx = (gikev2_context_t){
		.gsk_w = chunk_create(gsk_w, samples[i].gsk_w),
		.sender = samples[i].sender,
		.transport = samples[i].transport,
	};
	download = gkm_download_create();
	if (samples[i].rekey)
	{
		download->rekey = create_rekey_sa(i);
	}
	for (j = 0; j < countof(samples[i].sas) && samples[i].sas[j].src; j++)
	{
		array_insert(download->sas, ARRAY_TAIL, create_data_sa(i, j));
	}
	download->atd = samples[i].atd;
	download->dtd = samples[i].dtd;
	if (samples[i].d3p_window)
	{
		download->d3p.type = GKM_D3P_POSIX_TIME;
		download->d3p.window = samples[i].d3p_window;
	}
	download->sender_id_bits = samples[i].bits;
	for (j = 0; j < samples[i].id_count; j++)
	{
		id = malloc_thing(uint32_t);
		*id = samples[i].ids[j];
		array_insert(download->sender_ids, ARRAY_TAIL, id);
	}
	for (j = 0; j < countof(samples[i].path) && samples[i].path[j]; j++)
	{
		add_kwk(download, samples[i].path[j]);
	}
	return download;
}

/*
 * Described in header
 */
void assert_equal_chunks(chunk_t got, chunk_t expected, const char *what,
						 const char *name)
{
	ck_assert_msg(chunk_equals(got, expected) || (!got.len && !expected.len),
				  "%s: %s of %zu octets differs from the %zu expected", what,
				  name, got.len, expected.len);
}

/**
 * Compare rekey SAs
 */
static void assert_equal_rekey(gkm_rekey_sa_t *got, gkm_rekey_sa_t *expected,
							   const char *what)
{
	assert_equal_chunks(chunk_from_thing(got->spi),
						chunk_from_thing(expected->spi), what, "rekey SPI");
	ck_assert_msg(got->src->equals(got->src, expected->src), "%s: rekey src",
				  what);
	ck_assert_msg(got->dst->equals(got->dst, expected->dst), "%s: rekey dst",
				  what);
	ck_assert_msg(got->proposal->equals(got->proposal, expected->proposal),
				  "%s: rekey proposal", what);
	assert_equal_numbers(got->proposal->get_protocol(got->proposal),
						 expected->proposal->get_protocol(expected->proposal),
						 what, "rekey protocol");
	assert_equal_numbers(got->auth, expected->auth, what, "auth");
	assert_equal_chunks(got->sig_alg, expected->sig_alg, what, "sig_alg");
	assert_equal_chunks(got->auth_key, expected->auth_key, what, "auth_key");
	assert_equal_numbers(got->lifetime, expected->lifetime, what,
						 "rekey lifetime");
	assert_equal_numbers(got->ack, expected->ack, what, "ack");
	assert_equal_numbers(got->message_id, expected->message_id, what,
						 "message ID");
	assert_equal_numbers(got->has_next_spi, expected->has_next_spi, what,
						 "has_next_spi");
	assert_equal_chunks(chunk_from_thing(got->next_spi),
						chunk_from_thing(expected->next_spi), what,
						"next rekey SPI");
	assert_equal_chunks(got->key, expected->key, what, "rekey key");
}

/**
 * Compare data SAs
 */
static void assert_equal_data(gkm_data_sa_t *got, gkm_data_sa_t *expected,
							  const char *what)
{
	assert_equal_numbers(got->spi, expected->spi, what, "SPI");
	ck_assert_msg(got->src->equals(got->src, expected->src), "%s: src", what);
	ck_assert_msg(got->dst->equals(got->dst, expected->dst), "%s: dst", what);
	ck_assert_msg(got->proposal->equals(got->proposal, expected->proposal),
				  "%s: proposal", what);
	assert_equal_numbers(got->proposal->get_protocol(got->proposal),
						 expected->proposal->get_protocol(expected->proposal),
						 what, "protocol");
	assert_equal_numbers(got->mode, expected->mode, what, "mode");
	assert_equal_numbers(got->lifetime, expected->lifetime, what, "lifetime");
	assert_equal_numbers(got->next_spi, expected->next_spi, what, "next SPI");
	assert_equal_chunks(got->oid, expected->oid, what, "OID");
	assert_equal_chunks(got->oid_data, expected->oid_data, what, "OID data");
	assert_equal_numbers(got->delay, expected->delay, what, "delay");
	assert_equal_numbers(got->kda, expected->kda, what, "KDA");
	assert_equal_chunks(got->key, expected->key, what, "key");
}

/*
 * Described in header
 */
void assert_equal_contents(gkm_download_t *got, gkm_download_t *expected,
						   const char *what)
{
	gkm_data_sa_t *sa, *other;
	uint32_t *id, *other_id;
	int i;

	ck_assert_msg(!got->rekey == !expected->rekey, "%s: rekey SA %s", what,
				  got->rekey ? "not expected" : "missing");
	if (got->rekey)
	{
		assert_equal_rekey(got->rekey, expected->rekey, what);
	}
	assert_equal_numbers(array_count(got->sas), array_count(expected->sas),
						 what, "number of data SAs");
	for (i = 0; array_get(got->sas, i, &sa); i++)
	{
		array_get(expected->sas, i, &other);
		assert_equal_data(sa, other, what);
	}
	assert_equal_numbers(got->atd, expected->atd, what, "ATD");
	assert_equal_numbers(got->dtd, expected->dtd, what, "DTD");
	assert_equal_numbers(got->d3p.type, expected->d3p.type, what, "D3P type");
	assert_equal_numbers(got->d3p.window, expected->d3p.window, what,
						 "D3P window");
	assert_equal_numbers(got->sender_id_bits, expected->sender_id_bits, what,
						 "sender ID bits");
	assert_equal_numbers(array_count(got->sender_ids),
						 array_count(expected->sender_ids), what,
						 "number of sender IDs");
	for (i = 0; array_get(got->sender_ids, i, &id); i++)
	{
		array_get(expected->sender_ids, i, &other_id);
		assert_equal_numbers(*id, *other_id, what, "sender ID");
	}
	assert_equal_numbers(array_count(got->path), array_count(expected->path),
						 what, "number of keys in the path");
}

/*
 * Described in header
 */
void assert_equal_downloads(gkm_download_t *got, gkm_download_t *expected,
							const char *what)
{
	gkm_kwk_t *kwk, *other;
	int i;

	assert_equal_contents(got, expected, what);
	for (i = 0; array_get(got->path, i, &kwk); i++)
	{
		array_get(expected->path, i, &other);
		assert_equal_numbers(kwk->id, other->id, what, "key of the path");
		assert_equal_chunks(kwk->key, other->key, what, "key of the path");
	}
}
