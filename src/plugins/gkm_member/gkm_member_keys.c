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

#include "gkm_member_keys.h"

/*
 * Described in header
 */
void gkm_member_keys_set(gkm_member_keys_t *this, gkm_download_t *download,
						 char *connection, host_t *server, uint32_t ike_id,
						 uint64_t now)
{
	gkm_member_keys_clear(this);
	*this = (gkm_member_keys_t){
		.sender_ids = download->sender_ids,
		.since = now,
		.connection = connection,
		.server = server->clone(server),
		.ike_id = ike_id,
	};
	download->sender_ids = NULL;
}

/*
 * Described in header
 */
void gkm_member_keys_clear(gkm_member_keys_t *this)
{
	array_destroy_function(this->sender_ids, (void*)free, NULL);
	DESTROY_IF(this->server);
	memset(this, 0, sizeof(*this));
}

/*
 * Described in header
 */
void gkm_member_keys_list(gkm_member_keys_t *this, vici_builder_t *builder,
						  uint64_t now)
{
	uint32_t *id;
	int i;

	if (this->since)
	{
		builder->add_kv(builder, "server", "%s", this->connection);
		builder->add_kv(builder, "server-address", "%H", this->server);
		builder->add_kv(builder, "registered", "%u",
						(u_int)((now - this->since) / 1000));
	}
	if (array_count(this->sender_ids))
	{
		builder->begin_list(builder, "sender-ids");
		for (i = 0; i < array_count(this->sender_ids); i++)
		{
			array_get(this->sender_ids, i, &id);
			builder->add_li(builder, "%u", *id);
		}
		builder->end_list(builder);
	}
}
