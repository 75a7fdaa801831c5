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

#include "gkm_print.h"
#include "gkm_algs.h"
#include "gkm_oid.h"
#include "../gikev2/gikev2_codepoints.h"

ENUM(gkm_mode_names, MODE_TRANSPORT, MODE_TUNNEL,
	"transport",
	"tunnel",
);

ENUM(gkm_protocol_names, GKM_PROTOCOL_GIKEV2, GKM_PROTOCOL_GDOI,
	"gikev2",
	"gdoi",
);

ENUM(gkm_ack_names, GKM_ACK_NONE, GKM_ACK_LKH_SHA512,
	"none",
	"REKEY_ACK_KEK_SHA256",
	"REKEY_ACK_LKH_SHA256",
	"REKEY_ACK_KEK_SHA512",
	"REKEY_ACK_LKH_SHA512",
);

ENUM(gkm_auth_names, GKM_AUTH_IMPLICIT, GKM_AUTH_SIGNATURE,
	"implicit",
	"signature",
);

ENUM(gkm_direction_names, GKM_DIRECTION_UNTOLD, GKM_SYMMETRIC,
	"untold",
	"sender-only",
	"receiver-only",
	"symmetric",
);

ENUM(gkm_sn_names, GKM_SN_SEQUENTIAL, GKM_SN_UNSPECIFIED,
	"sequential",
	"extended",
	"unspecified",
);

ENUM(gkm_key_wrap_names, KW_5649_128, KW_5649_256,
	"KW_5649_128",
	"KW_5649_192",
	"KW_5649_256",
);

ENUM_BEGIN(gkm_notify_names, GIKEV2_INVALID_GROUP_ID,
		   GIKEV2_AUTHORIZATION_FAILED,
	"INVALID_GROUP_ID",
	"AUTHORIZATION_FAILED");
ENUM_NEXT(gkm_notify_names, GIKEV2_REGISTRATION_FAILED,
		  GIKEV2_REGISTRATION_FAILED, GIKEV2_AUTHORIZATION_FAILED,
	"REGISTRATION_FAILED");
ENUM_NEXT(gkm_notify_names, GIKEV2_GROUP_SENDER, GIKEV2_GROUP_SENDER,
		  GIKEV2_REGISTRATION_FAILED,
	"GROUP_SENDER");
ENUM_END(gkm_notify_names, GIKEV2_GROUP_SENDER);

/*
 * Described in header
 */
char *gkm_print_id(identification_t *id, char buf[GKM_PRINT_LEN])
{
	chunk_t encoding, oid, data;
	char text[GKM_PRINT_LEN];

	if (!id)
	{
		snprintf(buf, GKM_PRINT_LEN, "(none)");
		return buf;
	}
	encoding = id->get_encoding(id);
	if (gkm_oid_id_parse(id, &oid, &data))
	{
		gkm_oid_print(oid, text, sizeof(text));
		snprintf(buf, GKM_PRINT_LEN, "oid:%s%s%+B", text, data.len ? "/" : "",
				 &data);
	}
	else if (id->get_type(id) == ID_KEY_ID && encoding.len == sizeof(uint32_t))
	{
		snprintf(buf, GKM_PRINT_LEN, "%u", untoh32(encoding.ptr));
	}
	else
	{
		snprintf(buf, GKM_PRINT_LEN, "%Y", id);
	}
	return buf;
}

/*
 * Described in header
 */
char *gkm_print_proposal(proposal_t *proposal, char buf[GKM_PRINT_LEN])
{
	const struct {
		transform_type_t type;
		enum_name_t *names;
	} kinds[] = {
		{ ENCRYPTION_ALGORITHM,	encryption_algorithm_names	},
		{ INTEGRITY_ALGORITHM,	integrity_algorithm_names	},
		{ KEY_WRAP_ALGORITHM,	gkm_key_wrap_names				},
	};
	uint16_t alg, key_size;
	size_t len = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < countof(kinds) && len < GKM_PRINT_LEN; i++)
	{
		if (proposal->get_algorithm(proposal, kinds[i].type, &alg, &key_size))
		{
			len += snprintf(buf + len, GKM_PRINT_LEN - len,
							key_size ? "%s%N_%u" : "%s%N", len ? "/" : "",
							kinds[i].names, alg, key_size);
		}
	}
	return buf;
}
