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


#include "gdoi_samples.h"

#include <check.h>

#include "libgkm/gdoi/gdoi_kd.h"
#include "libgkm/gdoi/gdoi_sa.h"
#include "libgkm/group/gkm_algs.h"
#include "libgkm/keys/gkm_keymat.h"

/** 61850_UDP_ADDR_GOOSE (RFC 8052, appendix A) */
#define GOOSE "060b2a8648ce5683e31a080102"

/**
 * Data SA of a sample
 */
typedef struct {
	protocol_id_t protocol;
	/** ESP and AH */
	char *words;
	/** IEC 61850 */
	uint16_t encr;
	uint16_t bits;
	uint16_t integ;
	char *oid_data;
	uint32_t delay;
	uint8_t kda;
	/** selectors, those of the group if empty */
	char *src;
	char *dst;
	uint8_t ip_protocol;
	uint16_t port;
	uint32_t lifetime;
	bool transport;
} sample_sa_t;

/**
 * Sample
 */
static struct {
	const char *name;
	/** rekey SA, with the bits in the key of AES, 0 for 3DES */
	bool rekey;
	uint16_t bits;
	bool rsa;
	gkm_ack_t ack;
	bool ipv6;
	sample_sa_t sas[4];
	uint16_t atd;
	uint16_t dtd;
	gkm_d3p_t d3p;
	bool sender;
	uint16_t sid_bits;
	uint32_t sids[3];
	int sid_count;
	/** nodes of the member's path */
	uint16_t path[3];
} samples[] = {
	{
		.name = "ESP and rekey SA",
		.rekey = TRUE,
		.bits = 256,
		.sas = {
			{ PROTO_ESP, "aes256-sha256", .lifetime = 3600 },
		},
	},
	{
		.name = "RSA and 3DES, any source, no end",
		.rekey = TRUE,
		.rsa = TRUE,
		.ack = GKM_ACK_KEK_SHA256,
		.sas = {
			{ PROTO_ESP, "null-sha384", .src = "0.0.0.0/0", .transport = TRUE },
		},
	},
	{
		.name = "counter modes, sender IDs of 16 bits",
		.rekey = TRUE,
		.bits = 128,
		.sender = TRUE,
		.sas = {
			{ PROTO_ESP, "aes128gcm16", .lifetime = 3600 },
			{ PROTO_ESP, "aes192ctr-sha1", .lifetime = 3600 },
			{ PROTO_ESP, "aes256gmac", .lifetime = 3600 },
			{ PROTO_AH, "aes256gmac", .lifetime = 3600 },
		},
		.sid_bits = 16,
		.sids = { 0xfffe, 0 },
		.sid_count = 2,
	},
	{
		.name = "AH, delays, IP delay detection",
		.rekey = TRUE,
		.bits = 128,
		.ack = GKM_ACK_KEK_SHA512,
		.sas = {
			{ PROTO_AH, "sha512", .lifetime = 3600, .transport = TRUE },
			{ PROTO_AH, "aesxcbc", .lifetime = 60 },
		},
		.atd = 10,
		.dtd = 60,
		.d3p = { GKM_D3P_POSIX_TIME, 3000 },
	},
	{
		.name = "IPv6, port, sender IDs of 12 bits",
		.rekey = TRUE,
		.bits = 256,
		.ipv6 = TRUE,
		.sender = TRUE,
		.sas = {
			{ PROTO_ESP, "aes256ccm8", .lifetime = 60,
			  .src = "2001:db8::1-2001:db8::fffe", .dst = "ff15::2/128",
			  .ip_protocol = IPPROTO_UDP, .port = 5004 },
		},
		.sid_bits = 12,
		.sids = { 0xabc },
		.sid_count = 1,
	},
	{
		.name = "key tree, keys of 192 bits",
		.rekey = TRUE,
		.bits = 192,
		.ack = GKM_ACK_LKH_SHA256,
		.sas = {
			{ PROTO_ESP, "aes128-sha256", .lifetime = 3600 },
		},
		.path = { 2 << 11, 1 << 11 | 1, 3 },
	},
	{
		.name = "key tree of one key, 3DES, no data SA",
		.rekey = TRUE,
		.path = { 7 },
	},
	{
		.name = "IEC 61850",
		.sas = {
			{ PROTO_IEC_61850, .encr = ENCR_AES_CBC, .bits = 128,
			  .integ = AUTH_HMAC_SHA2_256_128, .kda = GKM_KDA_UNKNOWN,
			  .lifetime = 3600 },
			{ PROTO_IEC_61850, .encr = ENCR_AES_GCM_ICV16, .bits = 256,
			  .kda = 100, .lifetime = 43200, .delay = 3300 },
			{ PROTO_IEC_61850, .integ = AUTH_AES_128_GMAC, .kda = 0,
			  .oid_data = "a00680010181010c" },
			{ PROTO_IEC_61850, .integ = AUTH_HMAC_SHA2_512_512,
			  .kda = GKM_KDA_UNKNOWN, .lifetime = 1 },
		},
	},
	{
		.name = "data SAs of all kinds",
		.sas = {
			{ PROTO_ESP, "aes256-sha512", .src = "10.0.0.1/32",
			  .dst = "239.1.2.3/32", .lifetime = 1 },
			{ PROTO_AH, "sha1", .lifetime = 28800 },
			{ PROTO_IEC_61850, .encr = ENCR_AES_CBC, .bits = 256,
			  .integ = AUTH_HMAC_SHA2_256_256, .kda = 50, .delay = 1 },
		},
		.dtd = 1,
	},
};

/**
 * End if a sample can't be made. Check's macros work in its tests only.
 */
static void insist(bool condition, const char *what)
{
	if (!condition)
	{
		fprintf(stderr, "sample: %s\n", what);
		abort();
	}
}

/*
 * Described in header
 */
const char *gdoi_sample_name(int i)
{
	return samples[i].name;
}

/*
 * Described in header
 */
int gdoi_sample_count()
{
	return countof(samples);
}

/*
 * Described in header
 */
int gdoi_sample_find(const char *name)
{
	int i;

	for (i = 0; i < countof(samples); i++)
	{
		if (streq(samples[i].name, name))
		{
			return i;
		}
	}
	insist(FALSE, name);
	return -1;
}

/*
 * Described in header
 */
bool gdoi_sample_is_sender(int i)
{
	return samples[i].sender;
}

/*
 * Described in header
 */
gkm_kwk_t *gdoi_sample_kwk(uint32_t id, uint16_t node, size_t len)
{
	chunk_t key = count_up(id, len);
	gkm_kwk_t *kwk;

	kwk = gkm_kwk_create(id, key);
	kwk->node = node;
	chunk_clear(&key);
	return kwk;
}

/**
 * Make the rekey SA of a sample
 */
static gkm_rekey_sa_t *create_rekey_sa(int i)
{
	gkm_rekey_sa_t *sa = gkm_rekey_sa_create();
	int j;

	for (j = 0; j < GKM_REKEY_SPI_LEN; j++)
	{
		sa->spi[j] = j + 1;
	}
	sa->src = traffic_selector_create_from_cidr(
				samples[i].ipv6 ? "2001:db8::1/128" : "192.0.2.1/32",
				IPPROTO_UDP, 848, 848);
	sa->dst = traffic_selector_create_from_cidr(
				samples[i].ipv6 ? "ff15::1/128" : "239.192.0.1/32",
				IPPROTO_UDP, 848, 848);
	sa->proposal = proposal_create(PROTO_GDOI_KEK, 1);
	sa->proposal->add_algorithm(sa->proposal, ENCRYPTION_ALGORITHM,
								samples[i].bits ? ENCR_AES_CBC : ENCR_3DES,
								samples[i].bits);
	sa->auth = GKM_AUTH_SIGNATURE;
	sa->sig_alg = unhex(samples[i].rsa ? RSA_SHA256 : ECDSA_SHA256);
	sa->auth_key = unhex(samples[i].rsa ? RSA_KEY : ECDSA_KEY);
	sa->lifetime = 86400;
	sa->ack = samples[i].ack;
	sa->key = count_up(0x40, gkm_keymat_len(sa->proposal));
	return sa;
}

/**
 * Make the proposal of an IEC 61850 SA
 */
static proposal_t *create_iec_proposal(sample_sa_t *sample)
{
	proposal_t *proposal = proposal_create(PROTO_IEC_61850, 1);

	if (sample->encr)
	{
		proposal->add_algorithm(proposal, ENCRYPTION_ALGORITHM, sample->encr,
								sample->bits);
	}
	if (sample->integ)
	{
		proposal->add_algorithm(proposal, INTEGRITY_ALGORITHM, sample->integ,
								0);
	}
	return proposal;
}

/**
 * Make a selector of a sample
 */
static traffic_selector_t *create_ts(sample_sa_t *sample, char *str,
									 uint16_t port)
{
	traffic_selector_t *ts;
	uint16_t to = port ?: 65535;
	host_t *from_host, *to_host;

	if (host_create_from_range(str, &from_host, &to_host))
	{
		ts = traffic_selector_create_from_bytes(sample->ip_protocol,
					from_host->get_family(from_host) == AF_INET6 ?
						TS_IPV6_ADDR_RANGE : TS_IPV4_ADDR_RANGE,
					from_host->get_address(from_host), port,
					to_host->get_address(to_host), to);
		from_host->destroy(from_host);
		to_host->destroy(to_host);
		return ts;
	}
	return traffic_selector_create_from_cidr(str, sample->ip_protocol, port,
											 to);
}

/**
 * Make a data SA of a sample
 */
static gkm_data_sa_t *create_data_sa(int i, int j)
{
	sample_sa_t *sample = &samples[i].sas[j];
	gkm_data_sa_t *sa = gkm_data_sa_create();
	gkm_error_t err = {};

	sa->spi = htonl(0xc0000001 + j);
	sa->lifetime = sample->lifetime;
	if (sample->protocol == PROTO_IEC_61850)
	{
		sa->src = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, 65535);
		sa->dst = traffic_selector_create_from_cidr("0.0.0.0/0", 0, 0, 65535);
		sa->proposal = create_iec_proposal(sample);
		sa->oid = unhex(GOOSE);
		sa->oid_data = unhex(sample->oid_data ?: "");
		sa->delay = sample->delay;
		sa->kda = sample->kda;
	}
	else
	{
		sa->src = create_ts(sample, sample->src ?: "10.0.0.0/8", 0);
		sa->dst = create_ts(sample, sample->dst ?: "239.1.0.0/16",
							sample->port);
		sa->proposal = gkm_data_proposal(sample->protocol, GKM_SN_UNSPECIFIED,
										 sample->words, &err);
		sa->mode = sample->transport ? MODE_TRANSPORT : MODE_TUNNEL;
	}
	insist(sa->proposal && gkm_keymat_len(sa->proposal), err.text);
	sa->key = count_up(0xa0 + j, gkm_keymat_len(sa->proposal));
	return sa;
}

/*
 * Described in header
 */
gkm_download_t *gdoi_sample_create(int i)
{
	gkm_download_t *download = gkm_download_create();
	size_t len = samples[i].bits / 8 ?: 24;
	uint32_t *id;
	int j;

	if (samples[i].rekey)
	{
		download->rekey = create_rekey_sa(i);
	}
	for (j = 0; j < countof(samples[i].sas) && samples[i].sas[j].protocol; j++)
	{
		array_insert(download->sas, ARRAY_TAIL, create_data_sa(i, j));
	}
	download->atd = samples[i].atd;
	download->dtd = samples[i].dtd;
	download->d3p = samples[i].d3p;
	download->sender_id_bits = samples[i].sid_bits;
	for (j = 0; j < samples[i].sid_count; j++)
	{
		id = malloc_thing(uint32_t);
		*id = samples[i].sids[j];
		array_insert(download->sender_ids, ARRAY_TAIL, id);
	}
	for (j = 0; j < countof(samples[i].path) && samples[i].path[j]; j++)
	{
		array_insert(download->path, ARRAY_TAIL,
					 gdoi_sample_kwk(j + 1, samples[i].path[j], len));
	}
	return download;
}

/*
 * Described in header
 */
gkm_update_t *gdoi_sample_update(gkm_download_t *sample)
{
	gkm_update_t *update = gkm_update_create();
	gkm_wrap_t wrap;
	int i;

	update->download->rekey = gkm_rekey_sa_clone(sample->rekey);
	insist(array_get(sample->path, 0, &wrap.key), "no path");
	array_insert(update->kwks, ARRAY_TAIL, wrap.key);
	for (i = 1; array_get(sample->path, i, &wrap.kwk); i++)
	{
		array_insert(update->wraps, ARRAY_TAIL, &wrap);
	}
	return update;
}

/*
 * Described in header
 */
bool gdoi_sample_build(gkm_download_t *download, gdoi_format_t *format,
					   chunk_t *sa, chunk_t *kd, gkm_error_t *err)
{
	if (!gdoi_sa_build(download, format, sa, err))
	{
		return FALSE;
	}
	if (!gdoi_kd_build(download, format, kd, err))
	{
		chunk_free(sa);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header
 */
gkm_download_t *gdoi_sample_parse(chunk_t sa, chunk_t kd,
								  gdoi_format_t *format, bool sender,
								  gkm_error_t *err)
{
	gkm_download_t *download;

	download = gdoi_sa_parse(sa, format, FALSE, err);
	if (download && !gdoi_kd_parse(download, kd, sender, err))
	{
		gkm_download_destroy(download);
		return NULL;
	}
	return download;
}

/*
 * Described in header
 */
void assert_equal_gdoi(gkm_download_t *got, gkm_download_t *expected,
					   const char *what)
{
	static u_char zero[16];
	gkm_kwk_t *kwk, *other;
	int i;

	assert_equal_contents(got, expected, what);
	for (i = 0; array_get(got->path, i, &kwk); i++)
	{
		array_get(expected->path, i, &other);
		assert_equal_numbers(kwk->id, other->id, what, "handle in the path");
		assert_equal_numbers(kwk->node, other->node, what, "node in the path");
		assert_equal_chunks(kwk->key, other->key, what, "key of the path");
		assert_equal_chunks(kwk->iv, other->iv.len ? other->iv :
							chunk_create(zero, kwk->iv.len), what,
							"IV of the path");
	}
}
