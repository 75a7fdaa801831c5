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

#include <string.h>

#include "gkm_cfg_finish.h"
#include "gkm_oid.h"
#include "gkm_print.h"

#include <selectors/traffic_selector.h>

/**
 * Refuse options that none of the group's protocols has.
 */
static bool check_sections(gkm_cfg_t *this, gkm_error_t *err)
{
	bool gdoi = gkm_cfg_has(this, GKM_PROTOCOL_GDOI);
	bool gikev2 = gkm_cfg_has(this, GKM_PROTOCOL_GIKEV2);
	gkm_cfg_given_t *given;
	int i;

	for (i = 0; (given = gkm_cfg_get_given(this, i)); i++)
	{
		if (!gdoi && strpfx(given->key, "gdoi."))
		{
			return gkm_fail(err, this->role == GKM_ROLE_SERVER
							? "%s: gdoi isn't among protocols"
							: "%s: protocol isn't gdoi", given->key);
		}
		if (!gikev2 && streq(given->key, "rekey.proposals"))
		{
			return gkm_fail(err, "rekey.proposals: for gikev2, what gdoi has "
							"are gdoi.proposals");
		}
	}
	return TRUE;
}

/**
 * Check that all protocols have identities of that type.
 */
static bool check_id(gkm_cfg_t *this, gkm_error_t *err)
{
	chunk_t encoding = this->id->get_encoding(this->id);

	if (gkm_oid_id_parse(this->id, NULL, NULL))
	{
		return !gkm_cfg_has(this, GKM_PROTOCOL_GIKEV2) ||
			   gkm_fail(err, "id: G-IKEv2 has no object identifiers, gdoi has "
						"to be the only protocol");
	}
	/* RFC 6407, 5.2 */
	if (gkm_cfg_has(this, GKM_PROTOCOL_GDOI) &&
		this->id->get_type(this->id) == ID_KEY_ID &&
		encoding.len != sizeof(uint32_t))
	{
		return gkm_fail(err, "id: a KEY_ID of %zu octets, in GDOI it has %zu",
						encoding.len, sizeof(uint32_t));
	}
	return TRUE;
}

/**
 * Set which acknowledgements a server uses: with multicast all members of a
 * large group would answer at once, so that this has to be asked for.
 */
static bool finish_acks(gkm_cfg_t *this, gkm_error_t *err)
{
	gkm_cfg_rekey_t *rekey = &this->rekey;

	if (!gkm_cfg_has(this, GKM_PROTOCOL_GDOI))
	{
		return rekey->acknowledgement == GKM_ACKS_NONE ||
			   gkm_fail(err, "rekey.acknowledgement: only GDOI members "
						"acknowledge, gdoi isn't among protocols");
	}
	if (!gkm_cfg_is_given(this, NULL, "rekey.acknowledgement"))
	{
		rekey->acknowledgement = rekey->transport == GKM_TRANSPORT_UNICAST
									? GKM_ACKS_ANY : GKM_ACKS_NONE;
	}
	if (!rekey->key_tree && (this->gdoi.ack == GKM_ACK_LKH_SHA256 ||
							 this->gdoi.ack == GKM_ACK_LKH_SHA512))
	{
		return gkm_fail(err, "gdoi.ack: lkh-sha256 and lkh-sha512 need "
						"rekey.key_tree = yes");
	}
	return TRUE;
}

/**
 * Check that keys of a key tree can wrap those of all rekey SAs: its keys are
 * those of G-IKEv2's key wrap, and of GDOI's encryption.
 */
static bool check_key_tree(gkm_cfg_t *this, gkm_error_t *err)
{
	char kek_buf[GKM_PRINT_LEN], rekey_buf[GKM_PRINT_LEN];
	proposal_t *kek, *rekey;
	uint16_t alg, bits, wrap;

	if (!this->rekey.key_tree ||
		!array_get(this->gdoi.proposals, ARRAY_HEAD, &kek) ||
		!array_get(this->rekey.proposals, ARRAY_HEAD, &rekey) ||
		!kek->get_algorithm(kek, ENCRYPTION_ALGORITHM, &alg, &bits) ||
		!rekey->get_algorithm(rekey, KEY_WRAP_ALGORITHM, &wrap, NULL))
	{
		return TRUE;
	}
	if (alg != ENCR_AES_CBC)
	{
		return gkm_fail(err, "gdoi.proposals: %s can't be used with "
						"rekey.key_tree = yes",
						gkm_print_proposal(kek, kek_buf));
	}
	/* by unicast, there is no rekey SA of G-IKEv2 */
	if (gkm_cfg_has(this, GKM_PROTOCOL_GIKEV2) &&
		this->rekey.transport != GKM_TRANSPORT_UNICAST &&
		gkm_key_wrap_key_len(wrap) != bits / 8)
	{
		return gkm_fail(err, "gdoi.proposals: one key tree can't have keys of "
						"both %s and rekey.proposals %s, which differ in "
						"length",
						gkm_print_proposal(kek, kek_buf),
						gkm_print_proposal(rekey, rekey_buf));
	}
	return TRUE;
}

/**
 * Check how a server and its GDOI members agree on rekeys.
 */
static bool finish_server(gkm_cfg_t *this, gkm_error_t *err)
{
	if (!finish_acks(this, err))
	{
		return FALSE;
	}
	if (!gkm_cfg_has(this, GKM_PROTOCOL_GDOI))
	{
		return TRUE;
	}
	if (this->rekey.auth == GKM_AUTH_IMPLICIT)
	{	/* RFC 6407, 4.1 */
		return gkm_fail(err, "rekey.auth: GDOI's rekeys are always signed");
	}
	return check_key_tree(this, err);
}

/*
 * Described in header.
 */
bool gkm_cfg_gdoi_finish(gkm_cfg_t *this, gkm_error_t *err)
{
	if (!check_sections(this, err) || !check_id(this, err))
	{
		return FALSE;
	}
	if (this->gdoi.d3p_type == this->gdoi.d3p_window)
	{
		return gkm_fail(err, "gdoi.d3p_window_attribute: %u is that of "
						"gdoi.d3p_type_attribute", this->gdoi.d3p_window);
	}
	if (this->gdoi.script && !path_absolute(this->gdoi.script))
	{
		return gkm_fail(err, "gdoi.script: '%s' isn't an absolute path",
						this->gdoi.script);
	}
	return this->role != GKM_ROLE_SERVER || finish_server(this, err);
}

/**
 * Check that GDOI can express selectors: there is one port for a source and one
 * for a destination, and zero stands for all (RFC 6407, 5.5.1).
 */
static bool check_ports(array_t *list, const char *section, const char *option,
						gkm_error_t *err)
{
	traffic_selector_t *ts;
	uint16_t from, to;
	int i;

	for (i = 0; i < array_count(list); i++)
	{
		array_get(list, i, &ts);
		from = ts->get_from_port(ts);
		to = ts->get_to_port(ts);
		if (!(from == 0 && to == UINT16_MAX) && !(from == to && from))
		{
			return gkm_fail(err, "%s.%s: '%R' has neither one port nor all, "
							"GDOI has nothing else", section, option, ts);
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool gkm_cfg_gdoi_check_sa(gkm_cfg_t *this, gkm_cfg_sa_t *sa,
						   const char *section, gkm_error_t *err)
{
	gkm_error_t reason = {};
	proposal_t *proposal;
	int i;

	if (!gkm_cfg_has(this, GKM_PROTOCOL_GDOI))
	{
		return TRUE;
	}
	for (i = 0; i < array_count(sa->proposals); i++)
	{
		array_get(sa->proposals, i, &proposal);
		if (!gkm_proposal_check_gdoi(proposal, &reason))
		{
			return gkm_fail(err, "%s.%s_proposals: %s", section,
							proposal->get_protocol(proposal) == PROTO_AH
								? "ah" : "esp", reason.text);
		}
	}
	/* a member's are bounds of what it accepts */
	return this->role != GKM_ROLE_SERVER ||
		   (check_ports(sa->src, section, "source_ts", err) &&
			check_ports(sa->dst, section, "destination_ts", err));
}
