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

#include "gkm_server_message.h"

#include <credentials/keys/signature_params.h>

#include "libgkm/group/gkm_oid.h"
#include "libgkm/group/gkm_print.h"
#include "libgkm/keys/gkm_keymat.h"

/**
 * Add the sizes of keys of an SA in bits, salts and IVs left out
 */
static void add_key_sizes(vici_builder_t *b, proposal_t *proposal)
{
	uint16_t alg, bits;
	size_t len;

	if (proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &bits) &&
		bits)
	{
		b->add_kv(b, "encryption-key-size", "%u", bits);
	}
	if (proposal->get_algorithm(proposal, INTEGRITY_ALGORITHM, &alg, NULL) &&
		gkm_keymat_integ_len(proposal->get_protocol(proposal), alg, &len))
	{
		b->add_kv(b, "integrity-key-size", "%zu", 8 * len);
	}
}

/**
 * Add lifetimes: what an SA had, and what is left, with the time until it is
 * replaced, which is 0 if it was
 */
static void add_times(vici_builder_t *b, uint32_t original, time_t expires,
					  time_t rekey, time_t now)
{
	b->add_kv(b, "original-life-time", "%u", original);
	b->add_kv(b, "life-time", "%u", gkm_server_seconds_to(expires, now));
	if (rekey)
	{
		b->add_kv(b, "rekey-time", "%u", gkm_server_seconds_to(rekey, now));
	}
}

/**
 * Add what a data SA protects
 */
static void add_traffic(vici_builder_t *b, gkm_data_sa_t *sa)
{
	char buf[GKM_PRINT_LEN];

	if (sa->oid.len)
	{
		b->add_kv(b, "oid", "%s", gkm_oid_print(sa->oid, buf, sizeof(buf)));
		if (sa->oid_data.len)
		{
			b->add_kv(b, "oid-data", "%+B", &sa->oid_data);
		}
		return;
	}
	b->add_kv(b, "source-ts", "%R", sa->src);
	b->add_kv(b, "destination-ts", "%R", sa->dst);
}

/**
 * Add a data SA
 */
static void add_sa(vici_builder_t *b, gkm_policy_sa_t *sa, time_t now)
{
	proposal_t *proposal = sa->sa->proposal;
	protocol_id_t protocol = proposal->get_protocol(proposal);
	char buf[GKM_PRINT_LEN], spi[9];
	uint16_t sn;

	snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->sa->spi));
	b->begin_section(b, spi);
	b->add_kv(b, "name", "%s", sa->cfg->name);
	if (protocol == PROTO_IEC_61850)
	{
		b->add_kv(b, "protocol", "IEC_61850");
	}
	else
	{
		b->add_kv(b, "protocol", "%N", protocol_id_names, protocol);
		b->add_kv(b, "mode", "%N", gkm_mode_names, sa->sa->mode);
	}
	add_traffic(b, sa->sa);
	b->add_kv(b, "proposal", "%s", gkm_print_proposal(proposal, buf));
	add_key_sizes(b, proposal);
	if (proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &sn, NULL))
	{
		b->add_kv(b, "sequence-numbers", "%N", gkm_sn_names, sn);
	}
	b->add_kv(b, "senders", "%N", gkm_senders_names, sa->cfg->senders);
	add_times(b, sa->cfg->life_time, sa->expires, sa->rekey, now);
	b->end_section(b);
}

/**
 * Add how rekeys are signed
 */
static void add_signature(vici_builder_t *b, gkm_server_group_t *entry,
						  gkm_rekey_sa_t *sa)
{
	signature_params_t params = {};

	if (sa->auth == GKM_AUTH_SIGNATURE &&
		signature_params_parse(sa->sig_alg, 0, &params))
	{
		b->add_kv(b, "sig-alg", "%N", key_type_names,
				  key_type_from_signature_scheme(params.scheme));
		b->add_kv(b, "sig-hash", "%N", hash_algorithm_names,
				  hasher_from_signature_scheme(params.scheme, params.params));
		if (entry->key)
		{
			b->add_kv(b, "sig-key-length", "%d",
					  entry->key->get_keysize(entry->key));
		}
	}
	signature_params_clear(&params);
}

/**
 * Add what the rekey SAs of all protocols have
 */
static void add_rekey(vici_builder_t *b, gkm_server_group_t *entry,
					  gkm_policy_rekey_t *rekey, bool multicast, time_t now)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	char buf[GKM_PRINT_LEN], spi[2 * GKM_REKEY_SPI_LEN + 1];

	b->add_kv(b, "proposal", "%s",
			  gkm_print_proposal(rekey->sa->proposal, buf));
	add_key_sizes(b, rekey->sa->proposal);
	b->add_kv(b, "auth", "%N", gkm_auth_names, rekey->sa->auth);
	add_signature(b, entry, rekey->sa);
	b->add_kv(b, "management", cfg->rekey.key_tree ? "lkh" : "none");
	b->add_kv(b, "transport", multicast ? "multicast" : "unicast");
	if (multicast)
	{
		b->add_kv(b, "destination", "%#H", cfg->rekey.address);
	}
	chunk_to_hex(chunk_create(rekey->sa->spi, GKM_REKEY_SPI_LEN), spi, FALSE);
	b->add_kv(b, "spi", "%s", spi);
	add_times(b, cfg->rekey.life_time, rekey->expires, rekey->rekey, now);
}

/**
 * Add the rekey SAs of a group
 */
static void add_rekeys(vici_builder_t *b, gkm_server_group_t *entry, time_t now)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	gkm_policy_t *policy = entry->group->get_policy(entry->group);
	gkm_policy_rekey_t *rekey;

	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	if (rekey)
	{
		b->begin_section(b, "rekey");
		add_rekey(b, entry, rekey, TRUE, now);
		b->add_kv(b, "message-id", "%u", rekey->sa->message_id);
		b->end_section(b);
	}
	rekey = policy->get_rekey(policy, GKM_PROTOCOL_GDOI);
	if (rekey)
	{
		b->begin_section(b, "gdoi-rekey");
		add_rekey(b, entry, rekey,
				  cfg->rekey.transport != GKM_TRANSPORT_UNICAST, now);
		b->add_kv(b, "sequence-number", "%u", rekey->sa->message_id - 1);
		b->add_kv(b, "acknowledgement", "%N", gkm_acks_names,
				  cfg->rekey.acknowledgement);
		b->add_kv(b, "acknowledgement-type", "%N", gkm_ack_names,
				  rekey->sa->ack);
		b->end_section(b);
	}
}

/*
 * Described in header
 */
vici_message_t *gkm_server_message_policy(gkm_server_group_t *entry, time_t now)
{
	gkm_group_t *group = entry->group;
	gkm_cfg_t *cfg = group->get_cfg(group);
	gkm_policy_t *policy = group->get_policy(group);
	gkm_policy_sa_t *sa;
	enumerator_t *enumerator;
	vici_builder_t *b;

	b = vici_builder_create();
	b->begin_section(b, entry->name);
	add_rekeys(b, entry, now);
	b->begin_section(b, "sas");
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		add_sa(b, sa, now);
	}
	enumerator->destroy(enumerator);
	b->end_section(b);
	if (cfg->activation_delay == GKM_ATD_AUTO)
	{
		b->add_kv(b, "activation-delay", "auto");
	}
	else
	{
		b->add_kv(b, "activation-delay", "%u", cfg->activation_delay);
	}
	b->add_kv(b, "deactivation-delay", "%u", cfg->deactivation_delay);
	if (gkm_group_needs_sender_ids(cfg))
	{
		b->add_kv(b, "sender-id-bits", "%u", cfg->sender_id_bits);
	}
	b->end_section(b);
	return b->finalize(b);
}
