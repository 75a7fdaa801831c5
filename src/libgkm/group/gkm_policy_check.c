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

#include "gkm_policy_check.h"
#include "gkm_oid.h"
#include "gkm_print.h"

#include <netinet/in.h>

/** Number of all proposals that a member sends */
#define PROPOSAL_NUMBER 1

/**
 * Is this an SA of applications, whose traffic has no selectors?
 */
static bool is_iec(gkm_data_sa_t *sa)
{
	return sa->proposal->get_protocol(sa->proposal) == PROTO_IEC_61850;
}

/**
 * Name of a data SA's protocol
 */
static char *protocol_name(gkm_data_sa_t *sa)
{
	if (is_iec(sa))
	{
		return "IEC 61850";
	}
	return sa->proposal->get_protocol(sa->proposal) == PROTO_AH ? "AH" : "ESP";
}

/**
 * Does one of several selectors contain another one?
 */
static bool contains(array_t *selectors, traffic_selector_t *ts)
{
	enumerator_t *enumerator;
	traffic_selector_t *current;
	bool found = FALSE;

	enumerator = array_create_enumerator(selectors);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = ts->is_contained_in(ts, current);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Number of algorithms of a type, not counting "none"
 */
static int count_algs(proposal_t *proposal, transform_type_t type)
{
	enumerator_t *enumerator;
	uint16_t alg, size;
	int count = 0;

	enumerator = proposal->create_enumerator(proposal, type);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		if (type != INTEGRITY_ALGORITHM || alg != AUTH_UNDEFINED)
		{
			count++;
		}
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Is the algorithm of a type the same as in a proposal that is allowed? One
 * that is missing must be missing in both.
 */
static bool same_algorithm(proposal_t *allowed, proposal_t *used,
						   transform_type_t type)
{
	enumerator_t *enumerator;
	uint16_t alg, size, used_alg, used_size;
	bool found = FALSE;

	if (!count_algs(used, type))
	{
		return !count_algs(allowed, type);
	}
	if (!used->get_algorithm(used, type, &used_alg, &used_size))
	{
		return FALSE;
	}
	enumerator = allowed->create_enumerator(allowed, type);
	while (!found && enumerator->enumerate(enumerator, &alg, &size))
	{
		found = alg == used_alg && size == used_size;
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Has one of several proposals the algorithms of another one? Sequence numbers
 * are no algorithm, see allows_senders().
 */
static bool allows_proposal(array_t *proposals, proposal_t *used)
{
	transform_type_t types[] = {
		ENCRYPTION_ALGORITHM, INTEGRITY_ALGORITHM, KEY_WRAP_ALGORITHM,
	};
	enumerator_t *enumerator;
	proposal_t *allowed;
	bool found = FALSE;
	int i;

	enumerator = array_create_enumerator(proposals);
	while (!found && enumerator->enumerate(enumerator, &allowed))
	{
		found = allowed->get_protocol(allowed) == used->get_protocol(used);
		for (i = 0; found && i < countof(types); i++)
		{
			found = same_algorithm(allowed, used, types[i]);
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Sequence numbers of a single sender are more than any number of senders
 * asks for, but not the other way round (RFC 9838, 4.4.2.1.3).
 */
static bool allows_senders(gkm_cfg_sa_t *cfg, proposal_t *used)
{
	uint16_t sn;

	if (!used->get_algorithm(used, EXTENDED_SEQUENCE_NUMBERS, &sn, NULL))
	{
		return FALSE;
	}
	return sn == GKM_SN_SEQUENTIAL ||
		  (sn == GKM_SN_UNSPECIFIED && cfg->senders == GKM_SENDERS_ANY);
}

/**
 * Is a section about what an SA protects? A section without OID-specific data
 * is about all of it.
 */
static bool covers(gkm_cfg_sa_t *cfg, gkm_data_sa_t *sa)
{
	if (is_iec(sa))
	{
		return chunk_equals(cfg->oid, sa->oid) &&
			   (!cfg->oid_data.len || chunk_equals(cfg->oid_data,
												   sa->oid_data));
	}
	return !cfg->oid.len && contains(cfg->src, sa->src) &&
		   contains(cfg->dst, sa->dst);
}

/**
 * Check whether a section that is about what an SA protects allows it
 */
static bool check_section(gkm_cfg_sa_t *cfg, gkm_data_sa_t *sa,
						  gkm_error_t *err)
{
	char buf[GKM_PRINT_LEN];

	if (!is_iec(sa) && cfg->mode != sa->mode)
	{
		return gkm_fail(err, "%s SA 0x%.8x: %N mode, sas.%s allows %N mode",
						protocol_name(sa), ntohl(sa->spi), gkm_mode_names,
						sa->mode, cfg->name, gkm_mode_names, cfg->mode);
	}
	if (!allows_proposal(cfg->proposals, sa->proposal))
	{
		return gkm_fail(err, "%s SA 0x%.8x: %s is none of the proposals of "
						"sas.%s", protocol_name(sa), ntohl(sa->spi),
						gkm_print_proposal(sa->proposal, buf), cfg->name);
	}
	if (!is_iec(sa) && !allows_senders(cfg, sa->proposal))
	{
		return gkm_fail(err, "%s SA 0x%.8x: its sequence numbers can't be those"
						" of a single sender, as sas.%s has it",
						protocol_name(sa), ntohl(sa->spi), cfg->name);
	}
	return TRUE;
}

/**
 * Say that no section is about what an SA protects
 */
static void fail_uncovered(gkm_data_sa_t *sa, gkm_error_t *err)
{
	char buf[GKM_PRINT_LEN];

	if (is_iec(sa))
	{
		gkm_fail(err, "%s SA 0x%.8x: no section in sas allows object "
				 "identifier %s with that data", protocol_name(sa),
				 ntohl(sa->spi),
				 gkm_oid_print(sa->oid, buf, sizeof(buf)));
	}
	else
	{
		gkm_fail(err, "%s SA 0x%.8x: no section in sas allows %R === %R",
				 protocol_name(sa), ntohl(sa->spi), sa->src, sa->dst);
	}
}

/*
 * Described in header
 */
gkm_cfg_sa_t *gkm_policy_find(gkm_cfg_t *cfg, gkm_data_sa_t *sa,
							  gkm_error_t *err)
{
	enumerator_t *enumerator;
	gkm_cfg_sa_t *current, *found = NULL;
	gkm_error_t reason = {};

	enumerator = array_create_enumerator(cfg->sas);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		if (covers(current, sa) && check_section(current, sa, &reason))
		{
			found = current;
		}
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		fail_uncovered(sa, &reason);
		gkm_fail(err, "%s", reason.text);
	}
	return found;
}

/**
 * Does a selector leave the port open?
 */
static bool has_any_port(traffic_selector_t *ts)
{
	return ts->get_from_port(ts) == 0 && ts->get_to_port(ts) == UINT16_MAX;
}

/**
 * Do the selectors of a data SA go together? Each is held against the
 * configuration by itself, but the kernel makes one of both: it takes the
 * protocol from either, and for ICMP type and code, too.
 */
static bool check_selectors(gkm_data_sa_t *sa, gkm_error_t *err)
{
	traffic_selector_t *src = sa->src, *dst = sa->dst;
	uint8_t protocol = max(src->get_protocol(src), dst->get_protocol(dst));
	bool same = TRUE;

	if (src->get_protocol(src) && dst->get_protocol(dst))
	{
		same = src->get_protocol(src) == dst->get_protocol(dst);
	}
	if ((protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) &&
		!has_any_port(src) && !has_any_port(dst))
	{
		same &= src->get_from_port(src) == dst->get_from_port(dst) &&
				src->get_to_port(src) == dst->get_to_port(dst);
	}
	return same || gkm_fail(err, "%s SA 0x%.8x: %R and %R differ in protocol",
							protocol_name(sa), ntohl(sa->spi), src, dst);
}

/**
 * Can what comes with an object identifier be handed to applications?
 */
static bool check_oid_data(gkm_data_sa_t *sa, gkm_error_t *err)
{
	return sa->oid_data.len <= GKM_OID_DATA_MAX ||
		   gkm_fail(err, "%s SA 0x%.8x: OID-specific data of %zu octets, at "
					"most %u are supported", protocol_name(sa), ntohl(sa->spi),
					sa->oid_data.len, GKM_OID_DATA_MAX);
}

/**
 * Are the algorithms of a rekey SA allowed?
 */
static bool check_rekey(gkm_cfg_t *cfg, gkm_rekey_sa_t *rekey,
						gkm_error_t *err)
{
	char buf[GKM_PRINT_LEN];

	if (rekey->proposal->get_protocol(rekey->proposal) == PROTO_GDOI_KEK)
	{
		return allows_proposal(cfg->gdoi.proposals, rekey->proposal) ||
			   gkm_fail(err, "rekey SA: %s is not in gdoi.proposals",
						gkm_print_proposal(rekey->proposal, buf));
	}
	return allows_proposal(cfg->rekey.proposals, rekey->proposal) ||
		   gkm_fail(err, "rekey SA: %s is not in rekey.proposals",
					gkm_print_proposal(rekey->proposal, buf));
}

/*
 * Described in header
 */
bool gkm_policy_check(gkm_cfg_t *cfg, gkm_download_t *download,
					  gkm_error_t *err)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; i < array_count(download->sas); i++)
	{
		array_get(download->sas, i, &sa);
		if (!(is_iec(sa) ? check_oid_data(sa, err) : check_selectors(sa, err))
			|| !gkm_policy_find(cfg, sa, err))
		{
			return FALSE;
		}
	}
	return !download->rekey || check_rekey(cfg, download->rekey, err);
}

/**
 * Copy algorithms of a type
 */
static void copy_algs(proposal_t *from, proposal_t *to, transform_type_t type)
{
	enumerator_t *enumerator;
	uint16_t alg, size;

	enumerator = from->create_enumerator(from, type);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		to->add_algorithm(to, type, alg, size);
	}
	enumerator->destroy(enumerator);
}

/**
 * Add a proposal to a list unless it is there
 */
static void add_new(linked_list_t *list, proposal_t *proposal)
{
	enumerator_t *enumerator;
	proposal_t *current;
	bool found = FALSE;

	enumerator = list->create_enumerator(list);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = current->get_protocol(current) ==
							proposal->get_protocol(proposal) &&
				current->equals(current, proposal);
	}
	enumerator->destroy(enumerator);
	if (found)
	{
		proposal->destroy(proposal);
	}
	else
	{
		list->insert_last(list, proposal);
	}
}

/*
 * Described in header
 */
linked_list_t *gkm_policy_capabilities(gkm_cfg_t *cfg)
{
	linked_list_t *list;
	proposal_t *from, *to;
	gkm_cfg_sa_t *sa;
	int i, j;

	list = linked_list_create();
	for (i = 0; i < array_count(cfg->sas); i++)
	{
		array_get(cfg->sas, i, &sa);
		for (j = 0; j < array_count(sa->proposals); j++)
		{
			array_get(sa->proposals, j, &from);
			to = proposal_create(from->get_protocol(from), PROPOSAL_NUMBER);
			copy_algs(from, to, ENCRYPTION_ALGORITHM);
			copy_algs(from, to, INTEGRITY_ALGORITHM);
			to->add_algorithm(to, EXTENDED_SEQUENCE_NUMBERS,
							  GKM_SN_SEQUENTIAL, 0);
			if (sa->senders == GKM_SENDERS_ANY)
			{
				to->add_algorithm(to, EXTENDED_SEQUENCE_NUMBERS,
								  GKM_SN_UNSPECIFIED, 0);
			}
			add_new(list, to);
		}
	}
	for (i = 0; i < array_count(cfg->rekey.proposals); i++)
	{
		array_get(cfg->rekey.proposals, i, &from);
		to = proposal_create(PROTO_GIKE_UPDATE, PROPOSAL_NUMBER);
		copy_algs(from, to, ENCRYPTION_ALGORITHM);
		copy_algs(from, to, INTEGRITY_ALGORITHM);
		copy_algs(from, to, KEY_WRAP_ALGORITHM);
		add_new(list, to);
	}
	return list;
}
