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

#include "gkm_sa_maker.h"
#include "gkm_print.h"

#include "../keys/gkm_keymat.h"
#include "../keys/gkm_random.h"

/** SPIs up to this one are reserved (RFC 4303, 2.1; RFC 4302, 2.4) */
#define SPI_RESERVED 0xff

/** Random SPIs to try at most until one is free */
#define SPI_TRIES 64

/**
 * Make random key material for a proposal
 */
static bool create_key(proposal_t *proposal, chunk_t *key, gkm_error_t *err)
{
	char buf[GKM_PRINT_LEN];
	size_t len;

	len = gkm_keymat_len(proposal);
	if (!len)
	{
		return gkm_fail(err, "proposal %s has no known key length",
						gkm_print_proposal(proposal, buf));
	}
	*key = chunk_alloc(len);
	if (!gkm_random(key->ptr, len, err))
	{
		chunk_clear(key);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_sa_maker_spi(gkm_spis_t *spis, uint32_t *spi, gkm_error_t *err)
{
	uint32_t random;
	int i;

	for (i = 0; i < SPI_TRIES; i++)
	{
		if (!gkm_random((u_char*)&random, sizeof(random), err))
		{
			return FALSE;
		}
		if (ntohl(random) > SPI_RESERVED && spis->acquire(spis, random))
		{
			*spi = random;
			return TRUE;
		}
	}
	return gkm_fail(err, "no free SPI");
}

/*
 * Described in header
 */
proposal_t *gkm_sa_maker_proposal(array_t *proposals)
{
	proposal_t *proposal = NULL;

	array_get(proposals, ARRAY_HEAD, &proposal);
	return proposal;
}

/*
 * Described in header
 */
char *gkm_sa_maker_name(proposal_t *proposal, char buf[GKM_SA_MAKER_NAME_LEN])
{
	char algs[GKM_PRINT_LEN];
	uint16_t sn = 0;

	proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &sn, NULL);
	snprintf(buf, GKM_SA_MAKER_NAME_LEN, "%N:%s:%N", protocol_id_names,
			 proposal->get_protocol(proposal),
			 gkm_print_proposal(proposal, algs), gkm_sn_names, sn);
	return buf;
}

/*
 * Described in header
 */
gkm_data_sa_t *gkm_sa_maker_data(gkm_cfg_sa_t *cfg, traffic_selector_t *src,
								 traffic_selector_t *dst, uint32_t spi,
								 gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	proposal_t *proposal;

	proposal = gkm_sa_maker_proposal(cfg->proposals);
	sa = gkm_data_sa_create();
	if (!create_key(proposal, &sa->key, err))
	{
		gkm_data_sa_destroy(sa);
		return NULL;
	}
	sa->spi = spi;
	sa->src = src->clone(src);
	sa->dst = dst->clone(dst);
	sa->proposal = proposal->clone(proposal, 0);
	sa->mode = cfg->mode;
	return sa;
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_sa_maker_rekey(gkm_cfg_rekey_t *cfg, chunk_t auth_key,
								   chunk_t sig_alg, uint8_t *spi,
								   gkm_error_t *err)
{
	gkm_rekey_sa_t *sa;
	proposal_t *proposal;
	host_t *any;
	uint16_t port;
	int family;

	proposal = gkm_sa_maker_proposal(cfg->proposals);
	sa = gkm_rekey_sa_create();
	if (!create_key(proposal, &sa->key, err) ||
		!gkm_random(sa->spi, sizeof(sa->spi), err) ||
		!gkm_random(sa->next_spi, sizeof(sa->next_spi), err))
	{
		gkm_rekey_sa_destroy(sa);
		return NULL;
	}
	if (spi)
	{
		memcpy(sa->spi, spi, sizeof(sa->spi));
	}
	sa->has_next_spi = TRUE;
	sa->proposal = proposal->clone(proposal, 0);
	sa->auth = cfg->auth;
	if (cfg->auth == GKM_AUTH_SIGNATURE)
	{
		sa->auth_key = chunk_clone(auth_key);
		sa->sig_alg = chunk_clone(sig_alg);
	}
	/* rekeys may come from any of the server's addresses, so the source is a
	 * wildcard, as RFC 9838, 4.4.2, allows */
	family = cfg->address->get_family(cfg->address);
	any = host_create_any(family);
	sa->src = traffic_selector_create_from_subnet(any, 0, IPPROTO_UDP,
												  0, 65535);
	port = cfg->address->get_port(cfg->address);
	sa->dst = traffic_selector_create_from_subnet(
								cfg->address->clone(cfg->address),
								family == AF_INET ? 32 : 128,
								IPPROTO_UDP, port, port);
	return sa;
}
