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

#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_print.h"

/*
 * Described in header
 */
void gkm_member_keys_set(gkm_member_keys_t *this, gkm_download_t *download,
						 char *connection, host_t *server, uint32_t ike_id,
						 uint64_t now)
{
	gkm_rekey_sa_t *rekey = download->rekey, *old = this->rekey;
	uint32_t lifetime = gkm_member_lifetime(download);

	if (rekey && old && rekey->message_id < old->message_id &&
		memeq(rekey->spi, old->spi, sizeof(rekey->spi)))
	{	/* an older answer must not open the door to old rekeys again
		 * (RFC 9838, 4.4.2.2) */
		rekey->message_id = old->message_id;
	}
	gkm_member_keys_clear(this);
	*this = (gkm_member_keys_t){
		.rekey = rekey,
		.rekey_expires = rekey ? now + (uint64_t)rekey->lifetime * 1000 : 0,
		.sender_ids = download->sender_ids,
		.since = now,
		.expires = lifetime ? now + (uint64_t)lifetime * 1000 : 0,
		.connection = connection,
		.server = server->clone(server),
		.ike_id = ike_id,
	};
	download->rekey = NULL;
	download->sender_ids = NULL;
}

/*
 * Described in header
 */
void gkm_member_keys_clear(gkm_member_keys_t *this)
{
	gkm_rekey_sa_destroy(this->rekey);
	array_destroy_function(this->sender_ids, (void*)free, NULL);
	DESTROY_IF(this->server);
	memset(this, 0, sizeof(*this));
}

/*
 * Described in header
 */
void gkm_member_keys_update(gkm_member_keys_t *this, uint64_t now)
{
	if (this->rekey && this->rekey_expires <= now)
	{
		gkm_rekey_sa_destroy(this->rekey);
		this->rekey = NULL;
		this->rekey_expires = 0;
	}
}

/**
 * Seconds until a time
 */
static u_int seconds_to(uint64_t time, uint64_t now)
{
	return time > now ? (time - now) / 1000 : 0;
}

/**
 * Describe the rekey SA
 */
static void list_rekey(gkm_member_keys_t *this, vici_builder_t *builder,
					   uint64_t now)
{
	gkm_rekey_sa_t *rekey = this->rekey;
	char spi[2 * GKM_REKEY_SPI_LEN + 1], buf[GKM_PRINT_LEN];

	chunk_to_hex(chunk_from_thing(rekey->spi), spi, FALSE);
	builder->begin_section(builder, "rekey-sa");
	builder->add_kv(builder, "spi", "%s", spi);
	builder->add_kv(builder, "proposal", "%s",
					gkm_print_proposal(rekey->proposal, buf));
	builder->add_kv(builder, "auth", "%N", gkm_auth_names, rekey->auth);
	builder->add_kv(builder, "destination", "%R", rekey->dst);
	builder->add_kv(builder, "life-time", "%u",
					seconds_to(this->rekey_expires, now));
	builder->add_kv(builder, "message-id", "%u", rekey->message_id);
	builder->end_section(builder);
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
	if (this->rekey)
	{
		list_rekey(this, builder, now);
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
