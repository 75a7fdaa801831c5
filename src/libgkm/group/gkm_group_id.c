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

#include "gkm_group_id.h"

#include <ctype.h>

/**
 * Is all of this printable ASCII, without spaces?
 */
static bool is_name(chunk_t data)
{
	size_t i;

	for (i = 0; i < data.len; i++)
	{
		if (data.ptr[i] >= 0x80 || !isgraph(data.ptr[i]))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_group_id_check(id_type_t type, chunk_t data, gkm_error_t *err)
{
	size_t len = data.len;

	switch (type)
	{
		case ID_IPV4_ADDR:
			len = 4;
			break;
		case ID_IPV6_ADDR:
			len = 16;
			break;
		case ID_FQDN:
		case ID_RFC822_ADDR:
			if (!is_name(data))
			{
				return gkm_fail(err, "name holds other than printable "
								"characters");
			}
			break;
		case ID_KEY_ID:
			break;
		default:
			return gkm_fail(err, "identity of type %u can't name a group",
							type);
	}
	return (data.len == len && len && len <= GKM_GROUP_ID_MAX) ||
		   gkm_fail(err, "identity of type %u with %zu octets", type, data.len);
}
