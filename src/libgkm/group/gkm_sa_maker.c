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
#include "gkm_adoption.h"
#include "gkm_print.h"

#include "../keys/gkm_keymat.h"
#include "../keys/gkm_random.h"

/** SPIs up to this one are reserved (RFC 4303, 2.1; RFC 4302, 2.4) */
#define SPI_RESERVED 0xff

/** Random SPIs to try at most until one is free */
#define SPI_TRIES 64

/** Port that rekeys go to by unicast if there is nothing better to say */
#define UNICAST_PORT 848

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
bool gkm_sa_maker_spi(gkm_spis_t *spis, uint8_t id, uint32_t *spi,
					  gkm_error_t *err)
{
	uint32_t random, mask = gkm_coop_slice_size(id, 32) - 1;
	int i;

	for (i = 0; i < SPI_TRIES; i++)
	{
		if (!gkm_random((u_char*)&random, sizeof(random), err))
		{
			return FALSE;
		}
		random = gkm_coop_slice(id, 32) | (random & mask);
		if (random > SPI_RESERVED && spis->acquire(spis, htonl(random)))
		{
			*spi = htonl(random);
			return TRUE;
		}
	}
	return gkm_fail(err, "no free SPI");
}

/*
 * Described in header
 */
bool gkm_sa_maker_owns_spi(uint8_t id, uint32_t spi)
{
	uint32_t mask = gkm_coop_slice_size(id, 32) - 1;

	return (ntohl(spi) & ~mask) == gkm_coop_slice(id, 32);
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
	sa->oid = chunk_clone(cfg->oid);
	sa->oid_data = chunk_clone(cfg->oid_data);
	return sa;
}

/**
 * Set where messages on a rekey SA come from and go to. They may come from any
 * of the server's addresses, so the source is a wildcard, as RFC 9838, 4.4.2,
 * allows. By unicast they go to any member, which the group's SAK payload, too,
 * needs a destination for.
 */
static void set_selectors(gkm_rekey_sa_t *sa, host_t *address)
{
	host_t *dst, *any;
	uint16_t port;
	int family;

	dst = address ? address->clone(address) :
					host_create_from_string("0.0.0.0", UNICAST_PORT);
	family = dst->get_family(dst);
	port = dst->get_port(dst);
	any = host_create_any(family);
	sa->src = traffic_selector_create_from_subnet(any, 0, IPPROTO_UDP,
												  0, 65535);
	sa->dst = traffic_selector_create_from_subnet(dst,
								!address ? 0 : family == AF_INET ? 32 : 128,
								IPPROTO_UDP, port, port);
}

/**
 * Make a rekey SA without key and SPIs
 */
static gkm_rekey_sa_t *create_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol)
{
	gkm_rekey_sa_t *sa;
	proposal_t *proposal;

	sa = gkm_rekey_sa_create();
	sa->auth = cfg->rekey.auth;
	if (protocol == GKM_PROTOCOL_GDOI)
	{
		proposal = gkm_sa_maker_proposal(cfg->gdoi.proposals);
		sa->message_id = 1;
		if (cfg->rekey.acknowledgement != GKM_ACKS_NONE)
		{
			sa->ack = cfg->gdoi.ack;
		}
	}
	else
	{
		proposal = gkm_sa_maker_proposal(cfg->rekey.proposals);
		sa->has_next_spi = TRUE;
	}
	sa->proposal = proposal->clone(proposal, 0);
	set_selectors(sa, cfg->rekey.transport == GKM_TRANSPORT_UNICAST ?
												NULL : cfg->rekey.address);
	return sa;
}

/*
 * Described in header
 */
gkm_rekey_sa_t *gkm_sa_maker_rekey(gkm_cfg_t *cfg, gkm_protocol_t protocol,
								   chunk_t auth_key, chunk_t sig_alg,
								   gkm_rekey_sa_t *last, gkm_error_t *err)
{
	gkm_rekey_sa_t *sa;

	sa = create_rekey(cfg, protocol);
	if (!create_key(sa->proposal, &sa->key, err) ||
		!gkm_random(sa->spi, sizeof(sa->spi), err) ||
		(sa->has_next_spi &&
		 !gkm_random(sa->next_spi, sizeof(sa->next_spi), err)))
	{
		gkm_rekey_sa_destroy(sa);
		return NULL;
	}
	if (last && last->has_next_spi)
	{
		memcpy(sa->spi, last->next_spi, sizeof(sa->spi));
	}
	if (sa->auth == GKM_AUTH_SIGNATURE)
	{
		sa->auth_key = chunk_clone(auth_key);
		sa->sig_alg = chunk_clone(sig_alg);
	}
	return sa;
}
