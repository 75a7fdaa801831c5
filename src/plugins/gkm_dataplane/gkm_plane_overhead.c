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

#include "gkm_plane_overhead.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "libgkm_dataplane/gkm_dp_maps.h"

/** SPI and sequence number; length of the padding and next header; what the
 *  latter end at (RFC 4303, 2, 2.4) */
#define ESP_HEADER 8
#define ESP_TRAILER 2
#define ESP_ALIGN 4

/** What the kernel leaves for the pseudo header of BEET mode with IPv4, and for
 *  IPv6 around it, needed or not: it refuses packets that don't leave it too */
#define BEET_RESERVE 28

/**
 * Encryption algorithms: RFC 2410 (NULL), 3602 (CBC), 3686 (CTR), 4309 (CCM),
 * 4106 (GCM), 4543 (GMAC), 7634 (ChaCha20). The last one is for all others.
 */
static const struct {
	uint16_t alg;
	u_int iv;
	u_int block;
	/** of AEAD algorithms */
	u_int icv;
} encrs[] = {
	{ ENCR_NULL,				0,	1,	0 },
	{ ENCR_AES_CBC,				16,	16,	0 },
	{ ENCR_AES_CTR,				8,	1,	0 },
	{ ENCR_AES_CCM_ICV8,		8,	1,	8 },
	{ ENCR_AES_CCM_ICV12,		8,	1,	12 },
	{ ENCR_AES_CCM_ICV16,		8,	1,	16 },
	{ ENCR_AES_GCM_ICV8,		8,	1,	8 },
	{ ENCR_AES_GCM_ICV12,		8,	1,	12 },
	{ ENCR_AES_GCM_ICV16,		8,	1,	16 },
	{ ENCR_NULL_AUTH_AES_GMAC,	8,	1,	16 },
	{ ENCR_CHACHA20_POLY1305,	8,	1,	16 },
	{ ENCR_UNDEFINED,			16,	16,	16 },
};

/**
 * Integrity algorithms: RFC 2404, 3566, 4494, 4868. The last one is for all
 * others.
 */
static const struct {
	uint16_t alg;
	u_int icv;
} integs[] = {
	{ AUTH_HMAC_SHA1_96,		12 },
	{ AUTH_AES_XCBC_96,			12 },
	{ AUTH_AES_CMAC_96,			12 },
	{ AUTH_HMAC_SHA2_256_128,	16 },
	{ AUTH_HMAC_SHA2_384_192,	24 },
	{ AUTH_HMAC_SHA2_512_256,	32 },
	{ AUTH_UNDEFINED,			32 },
};

/**
 * Get what an encryption algorithm adds at most.
 */
static u_int get_encr(uint16_t alg)
{
	int i = 0;

	while (encrs[i].alg != alg && i < countof(encrs) - 1)
	{
		i++;
	}
	return encrs[i].iv + max(encrs[i].block, ESP_ALIGN) - 1 + encrs[i].icv;
}

/**
 * Get what an integrity algorithm adds.
 */
static u_int get_integ(uint16_t alg)
{
	int i = 0;

	while (integs[i].alg != alg && i < countof(integs) - 1)
	{
		i++;
	}
	return integs[i].icv;
}

/*
 * Described in header
 */
u_int gkm_plane_overhead(proposal_t *proposal, int family, bool d3p)
{
	u_int overhead = ESP_HEADER + ESP_TRAILER;
	uint16_t alg;

	overhead += family == AF_INET ? sizeof(struct ip) : sizeof(struct ip6_hdr);
	if (d3p)
	{
		overhead += GKM_DP_D3P_LEN + (family == AF_INET ? BEET_RESERVE : 0);
	}
	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, NULL))
	{
		overhead += get_encr(alg);
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL) &&
		alg != AUTH_UNDEFINED)
	{
		overhead += get_integ(alg);
	}
	return overhead;
}
