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

#include <netdb.h>
#include <string.h>

#include "gkm_cfg_value.h"

#include <selectors/traffic_selector.h>

/** Port of rekeys unless another one is given (RFC 6407) */
#define REKEY_PORT 848

/* ------------------------------------------------ addresses and selectors -- */

static bool parse_port(char *text, uint64_t *port)
{
	char *end;

	return gkm_cfg_decimal(text, port, &end) && !*end && *port <= UINT16_MAX;
}

static bool parse_multicast(char *text, void *field,
							const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	char buf[64], *addr = buf, *sep = NULL;
	uint64_t port = REKEY_PORT;
	host_t *host = NULL;
	bool ok = TRUE;

	snprintf(buf, sizeof(buf), "%s", text);
	if (*buf == '[')
	{	/* [address], port follows or not */
		addr++;
		sep = strchr(addr, ']');
		ok = sep != NULL;
		if (ok)
		{
			*sep++ = '\0';
		}
	}
	else if (strchr(buf, ':') == strrchr(buf, ':'))
	{	/* not IPv6 without brackets */
		sep = strchr(buf, ':');
	}
	if (sep && *sep)
	{
		ok = *sep == ':' && parse_port(sep + 1, &port) && port;
		*sep = '\0';
	}
	if (ok)
	{
		host = host_create_from_string(addr, port);
	}
	if (!host)
	{
		return gkm_fail(err, "'%s' isn't an address and port, such as "
						"239.192.0.1:848 or [ff15::1]:848", text);
	}
	if (!gkm_is_multicast(host->get_address(host)))
	{
		host->destroy(host);
		return gkm_fail(err, "'%s' isn't a multicast address", text);
	}
	*(host_t**)field = host;
	return TRUE;
}

static bool equals_host(const void *field, const void *other)
{
	host_t *a = *(host_t**)field, *b = *(host_t**)other;

	return a == b || (a && b && a->equals(a, b));
}

static void destroy_host(void *field)
{
	DESTROY_IF(*(host_t**)field);
}

const gkm_cfg_value_t gkm_cfg_multicast = {
	parse_multicast, equals_host, destroy_host,
};

/**
 * Read "protocol" or "protocol/port", each by name or number, ports as a range
 * as well.
 */
static bool parse_protoport(char *text, uint8_t *proto, uint16_t *from,
							uint16_t *to)
{
	struct protoent *protoent;
	struct servent *servent;
	uint64_t value;
	char *port, *end;

	port = strchr(text, '/');
	if (port)
	{
		*port++ = '\0';
	}
	if (streq(text, "any"))
	{
		*proto = 0;
	}
	else if (gkm_cfg_decimal(text, &value, &end) && !*end && value <= UINT8_MAX)
	{
		*proto = value;
	}
	else if ((protoent = getprotobyname(text)))
	{
		*proto = protoent->p_proto;
	}
	else
	{
		return FALSE;
	}
	*from = 0;
	*to = UINT16_MAX;
	if (!port || streq(port, "any"))
	{
		return TRUE;
	}
	if (streq(port, "opaque"))
	{	/* RFC 7296, 3.13.1 */
		*from = UINT16_MAX;
		*to = 0;
		return TRUE;
	}
	servent = getservbyname(port, NULL);
	if (servent)
	{
		*from = *to = ntohs(servent->s_port);
		return TRUE;
	}
	end = strchr(port, '-');
	if (end)
	{
		*end++ = '\0';
	}
	if (!parse_port(port, &value))
	{
		return FALSE;
	}
	*from = *to = value;
	if (end)
	{
		if (!parse_port(end, &value) || value < *from)
		{
			return FALSE;
		}
		*to = value;
	}
	return TRUE;
}

/**
 * Create a selector from a range of addresses.
 */
static traffic_selector_t *selector_from_range(char *text, uint8_t proto,
											   uint16_t from, uint16_t to)
{
	traffic_selector_t *ts = NULL;
	host_t *first, *last;

	if (host_create_from_range(text, &first, &last))
	{
		if (chunk_compare(first->get_address(first),
						  last->get_address(last)) <= 0)
		{
			ts = traffic_selector_create_from_bytes(proto,
						first->get_family(first) == AF_INET
							? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE,
						first->get_address(first), from,
						last->get_address(last), to);
		}
		first->destroy(first);
		last->destroy(last);
	}
	return ts;
}

/**
 * Create a selector from an address or subnet. libstrongswan doesn't check the
 * length of the prefix, and takes %any for one address.
 */
static traffic_selector_t *selector_from_cidr(char *text, uint8_t proto,
											  uint16_t from, uint16_t to)
{
	uint64_t bits;
	char *slash, *end;

	slash = strchr(text, '/');
	if (*text == '%' ||
		(slash && (!gkm_cfg_decimal(slash + 1, &bits, &end) || *end ||
				   bits > (strchr(text, ':') ? 128 : 32))))
	{
		return NULL;
	}
	return traffic_selector_create_from_cidr(text, proto, from, to);
}

static bool equals_selector(const void *field, const void *other)
{
	traffic_selector_t *a = *(traffic_selector_t**)field;
	traffic_selector_t *b = *(traffic_selector_t**)other;

	return a->equals(a, b);
}

/*
 * Described in header. The syntax is that of swanctl.conf's local_ts, but
 * "dynamic".
 */
traffic_selector_t *gkm_cfg_selector(char *text, gkm_error_t *err)
{
	traffic_selector_t *ts = NULL;
	char buf[128], *sep, *end;
	uint16_t from = 0, to = UINT16_MAX;
	uint8_t proto = 0;
	bool ok = TRUE;

	snprintf(buf, sizeof(buf), "%s", text);
	sep = strchr(buf, '[');
	if (sep)
	{
		*sep++ = '\0';
		end = strchr(sep, ']');
		ok = end && !end[1];
		if (ok)
		{
			*end = '\0';
			ok = parse_protoport(sep, &proto, &from, &to);
		}
	}
	if (ok)
	{
		ts = strchr(buf, '-') ? selector_from_range(buf, proto, from, to)
							  : selector_from_cidr(buf, proto, from, to);
	}
	if (!ts)
	{
		gkm_fail(err, "'%s' isn't a traffic selector, such as 10.0.0.0/8 or "
				 "10.0.0.0/8[udp/5000]", text);
	}
	return ts;
}

static bool add_selector(char *text, array_t **list, void *user,
						 gkm_error_t *err)
{
	traffic_selector_t *ts;

	ts = gkm_cfg_selector(text, err);
	if (!ts)
	{
		return FALSE;
	}
	if (gkm_cfg_list_contains(*list, ts, equals_selector))
	{
		ts->destroy(ts);
		return gkm_fail(err, "'%s' is listed twice", text);
	}
	array_insert_create(list, ARRAY_TAIL, ts);
	return TRUE;
}

static bool parse_selectors(char *text, void *field,
							const gkm_cfg_limits_t *limits, gkm_error_t *err)
{
	return gkm_cfg_list_parse(text, ",", field, add_selector, NULL, err);
}

/*
 * Described in header.
 */
bool gkm_cfg_selectors_equal(const void *field, const void *other)
{
	return gkm_cfg_list_equals(field, other, equals_selector);
}

/*
 * Described in header.
 */
void gkm_cfg_selectors_destroy(void *field)
{
	array_destroy_offset(*(array_t**)field,
						 offsetof(traffic_selector_t, destroy));
}

const gkm_cfg_value_t gkm_cfg_selectors = {
	parse_selectors, gkm_cfg_selectors_equal, gkm_cfg_selectors_destroy,
};

/* ------------------------------------------------------------ proposals -- */

/**
 * Add a proposal for the protocol that user points to.
 */
static bool add_proposal(char *text, array_t **list, void *user,
						 gkm_error_t *err)
{
	protocol_id_t *protocol = user;
	proposal_t *proposal;

	switch ((int)*protocol)
	{
		case PROTO_GIKE_UPDATE:
			proposal = gkm_rekey_proposal(text, err);
			break;
		case PROTO_GDOI_KEK:
			proposal = gkm_gdoi_kek_proposal(text, err);
			break;
		default:
			proposal = gkm_data_proposal(*protocol, GKM_SN_UNSPECIFIED, text,
										 err);
			break;
	}
	if (!proposal)
	{
		return gkm_fail(err, "'%s' isn't a proposal", text);
	}
	array_insert_create(list, ARRAY_TAIL, proposal);
	return TRUE;
}

static bool parse_esp_proposals(char *text, void *field,
								const gkm_cfg_limits_t *limits,
								gkm_error_t *err)
{
	protocol_id_t protocol = PROTO_ESP;

	return gkm_cfg_list_parse(text, ",", field, add_proposal, &protocol, err);
}

static bool parse_ah_proposals(char *text, void *field,
							   const gkm_cfg_limits_t *limits,
							   gkm_error_t *err)
{
	protocol_id_t protocol = PROTO_AH;

	return gkm_cfg_list_parse(text, ",", field, add_proposal, &protocol, err);
}

static bool parse_rekey_proposals(char *text, void *field,
								  const gkm_cfg_limits_t *limits,
								  gkm_error_t *err)
{
	protocol_id_t protocol = PROTO_GIKE_UPDATE;

	return gkm_cfg_list_parse(text, ",", field, add_proposal, &protocol, err);
}

static bool parse_gdoi_proposals(char *text, void *field,
								 const gkm_cfg_limits_t *limits,
								 gkm_error_t *err)
{
	protocol_id_t protocol = PROTO_GDOI_KEK;

	return gkm_cfg_list_parse(text, ",", field, add_proposal, &protocol, err);
}

static bool parse_iec_proposals(char *text, void *field,
								const gkm_cfg_limits_t *limits,
								gkm_error_t *err)
{
	protocol_id_t protocol = PROTO_IEC_61850;

	return gkm_cfg_list_parse(text, ",", field, add_proposal, &protocol, err);
}

static bool equals_proposal(const void *field, const void *other)
{
	proposal_t *a = *(proposal_t**)field, *b = *(proposal_t**)other;

	return a->get_protocol(a) == b->get_protocol(b) && a->equals(a, b);
}

static bool equals_proposals(const void *field, const void *other)
{
	return gkm_cfg_list_equals(field, other, equals_proposal);
}

static void destroy_proposals(void *field)
{
	array_destroy_offset(*(array_t**)field, offsetof(proposal_t, destroy));
}

const gkm_cfg_value_t gkm_cfg_esp_proposals = {
	parse_esp_proposals, equals_proposals, destroy_proposals,
};
const gkm_cfg_value_t gkm_cfg_ah_proposals = {
	parse_ah_proposals, equals_proposals, destroy_proposals,
};
const gkm_cfg_value_t gkm_cfg_rekey_proposals = {
	parse_rekey_proposals, equals_proposals, destroy_proposals,
};
const gkm_cfg_value_t gkm_cfg_gdoi_proposals = {
	parse_gdoi_proposals, equals_proposals, destroy_proposals,
};
const gkm_cfg_value_t gkm_cfg_iec_proposals = {
	parse_iec_proposals, equals_proposals, destroy_proposals,
};

/*
 * Described in header.
 */
void gkm_cfg_proposals_set_sn(array_t *proposals, gkm_sn_t sn)
{
	proposal_t *proposal;
	int n;

	for (n = array_count(proposals); n > 0; n--)
	{
		array_remove(proposals, ARRAY_HEAD, &proposal);
		array_insert(proposals, ARRAY_TAIL, gkm_proposal_set_sn(proposal, sn));
	}
}
