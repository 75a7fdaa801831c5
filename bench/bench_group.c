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

#include "bench_group.h"

#include <credentials/keys/signature_params.h>

#include "libgkm/gikev2/gikev2_rekey.h"
#include "libgkm/gikev2/gikev2_wire.h"

/** When groups are created */
#define START 1000000

/** What is configured, the rest are defaults */
static char *options[][2] = {
	{ "id",							"1234" },
	{ "role",						"server" },
	{ "connections",				"members" },
	{ "sas.data.source_ts",			"10.0.0.0/8" },
	{ "sas.data.destination_ts",	"239.1.1.1" },
};

/** What is configured beside that for GDOI */
static char *gdoi_options[][2] = {
	{ "protocols",					"gdoi" },
	{ "rekey.transport",			"unicast" },
	{ "rekey.acknowledgement",		"interoperable" },
};

/*
 * Described in header
 */
void bench_assert(bool success, const char *what, gkm_error_t *err)
{
	if (!success)
	{
		fprintf(stderr, "%s: %s\n", what, err ? err->text : "failed");
		exit(EXIT_FAILURE);
	}
}

/**
 * Nobody else has SPIs: all are free
 */
static bool acquire(gkm_spis_t *this, uint32_t spi)
{
	return TRUE;
}

/**
 * See above
 */
static void release(gkm_spis_t *this, uint32_t spi)
{
}

static gkm_spis_t spis = {
	.acquire = acquire,
	.release = release,
};

/**
 * Set options
 */
static void set_options(gkm_cfg_t *cfg, char *list[][2], u_int count)
{
	gkm_error_t err = {};
	u_int i;

	for (i = 0; i < count; i++)
	{
		bench_assert(gkm_cfg_set(cfg, list[i][0], list[i][1], &err),
					 "configuration", &err);
	}
}

/**
 * Configure a group
 */
static gkm_cfg_t *configure(u_int degree, bool gdoi)
{
	gkm_error_t err = {};
	gkm_cfg_t *cfg;
	char text[16];

	cfg = gkm_cfg_create("bench");
	set_options(cfg, options, countof(options));
	if (gdoi)
	{
		set_options(cfg, gdoi_options, countof(gdoi_options));
	}
	snprintf(text, sizeof(text), "%u", degree);
	bench_assert((degree ?
				  gkm_cfg_set(cfg, "rekey.key_tree_degree", text, &err) :
				  gkm_cfg_set(cfg, "rekey.key_tree", "no", &err)) &&
				 gkm_cfg_finish(cfg, &err), "configuration", &err);
	return cfg;
}

/**
 * Make a key as a key server does without one configured
 */
static private_key_t *create_key()
{
	return lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ECDSA,
							  BUILD_KEY_SIZE, 256, BUILD_END);
}

/**
 * Describe the key to members
 */
static chunk_t describe_key(bench_group_t *this)
{
	signature_params_t params = {
		.scheme = SIGN_ECDSA_WITH_SHA256_DER,
	};
	public_key_t *public;
	chunk_t encoding;

	bench_assert(this->key && signature_params_build(&params, &this->sig_alg),
				 "key that signs rekeys", NULL);
	public = this->key->get_public_key(this->key);
	bench_assert(public->get_encoding(public, PUBKEY_SPKI_ASN1_DER, &encoding),
				 "public key", NULL);
	public->destroy(public);
	return encoding;
}

/*
 * Described in header
 */
identification_t *bench_group_id(u_int number)
{
	char name[32];

	snprintf(name, sizeof(name), "gm%u.example.org", number);
	return identification_create_from_string(name);
}

/*
 * Described in header
 */
gkm_download_t *bench_group_admit(bench_group_t *this, u_int number)
{
	uint32_t ip = htonl((this->port ? 0x7f010000 : 0x0a000000) + number);
	gkm_applicant_t applicant = {
		.connection = "members",
		.id = bench_group_id(number),
		.address = host_create_from_chunk(AF_INET, chunk_from_thing(ip),
										  this->port ?: 4500),
		.sender = TRUE,
		.fragmentation = TRUE,
		.protocol = this->port ? GKM_PROTOCOL_GDOI : GKM_PROTOCOL_GIKEV2,
	};
	gkm_download_t *download;
	gkm_error_t err = {};
	array_t *notices;
	gkm_verdict_t verdict;

	notices = array_create(0, 0);
	verdict = this->group->admit(this->group, &applicant, this->now, &download,
								 notices, &err);
	bench_assert(verdict == GKM_ADMITTED, "registration", &err);
	gkm_notices_destroy(notices);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	return download;
}

/**
 * Create a group
 *
 * @param key			key that signs rekeys, adopted
 */
static bench_group_t *create(u_int members, u_int degree, uint16_t port,
							 time_t now, private_key_t *key)
{
	gkm_error_t err = {};
	bench_group_t *this;
	chunk_t auth_key;
	u_int i;

	INIT(this,
		.key = key,
		.now = now,
		.members = members,
		.degree = degree,
		.port = port,
	);
	auth_key = describe_key(this);
	this->group = gkm_group_create(configure(degree, port), NULL, &spis,
								   auth_key, this->sig_alg, this->now, &err);
	bench_assert(this->group != NULL, "group", &err);
	chunk_free(&auth_key);
	for (i = 0; i < members; i++)
	{
		gkm_download_destroy(bench_group_admit(this, i));
	}
	return this;
}

/*
 * Described in header
 */
bench_group_t *bench_group_create(u_int members, u_int degree)
{
	return bench_group_create_at(members, degree, START);
}

/*
 * Described in header
 */
bench_group_t *bench_group_create_at(u_int members, u_int degree, time_t now)
{
	return create(members, degree, 0, now, create_key());
}

/*
 * Described in header
 */
bench_group_t *bench_group_create_twin(bench_group_t *other)
{
	return create(0, other->degree, other->port, other->now,
				  other->key->get_ref(other->key));
}

/*
 * Described in header
 */
bench_group_t *bench_group_create_gdoi(u_int members, uint16_t port)
{
	return create(members, 4, port, START, create_key());
}

/*
 * Described in header
 */
void bench_group_build(bench_group_t *this, array_t *notices,
					   array_t *datagrams)
{
	gkm_error_t err = {};
	gkm_notice_t *notice;
	bool success;
	int i;

	for (i = 0; array_get(notices, i, &notice); i++)
	{
		success = this->group->can_fragment(this->group) &&
				  gikev2_rekey_build(notice->carrier, notice->update,
									 notice->message_id, this->key,
									 BENCH_DATAGRAM_MAX, datagrams, &err);
		bench_assert(success, "rekey message", &err);
	}
}

/**
 * Count the keys that an update has wrapped
 */
static u_int count_wraps(gkm_update_t *update)
{
	u_int count;

	count = array_count(update->wraps) + array_count(update->download->sas);
	if (update->download->rekey)
	{
		count += max(array_count(update->kwks), 1);
	}
	return count;
}

/*
 * Described in header
 */
void bench_group_count(array_t *notices, array_t *datagrams,
					   bench_sent_t *sent)
{
	gkm_notice_t *notice;
	chunk_t datagram;
	int i;

	*sent = (bench_sent_t){
		.messages = array_count(notices),
		.datagrams = array_count(datagrams),
	};
	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		sent->octets += datagram.len;
	}
	for (i = 0; array_get(notices, i, &notice); i++)
	{
		sent->wraps += count_wraps(notice->update);
	}
}

/**
 * Read a message as a member
 *
 * @param carrier		rekey SA of the message
 * @param path			the member's path through the key tree
 * @param datagrams		all datagrams, those of other messages are passed over
 */
static gkm_update_t *receive(gkm_notice_t *notice, array_t *path,
							 array_t *datagrams)
{
	gkm_error_t err = {};
	gkm_update_t *update = NULL;
	gkm_channel_t *channel;
	uint8_t spi[GKM_REKEY_SPI_LEN];
	uint32_t message_id;
	chunk_t datagram;
	int i;

	channel = gikev2_rekey_create(notice->carrier, &err);
	bench_assert(channel != NULL, "rekey SA", &err);
	for (i = 0; !update && array_get(datagrams, i, &datagram); i++)
	{
		if (gikev2_rekey_peek(datagram, spi, &message_id) &&
			memeq(spi, notice->carrier->spi, sizeof(spi)) &&
			message_id == notice->message_id)
		{
			channel->receive(channel, datagram, path, &update, &err);
		}
	}
	bench_assert(update != NULL, "member can't read a rekey", &err);
	channel->destroy(channel);
	return update;
}

/*
 * Described in header
 */
void bench_group_check(array_t *notices, array_t *datagrams,
					   gkm_download_t *stays, gkm_download_t *goes)
{
	gkm_update_t *update;
	gkm_notice_t *notice;
	int i;

	for (i = 0; array_get(notices, i, &notice); i++)
	{
		update = receive(notice, stays->path, datagrams);
		bench_assert(!update->excluded, "a member that stays is excluded",
					 NULL);
		if (notice->update->download->rekey)
		{
			bench_assert(chunk_equals(update->download->rekey->key,
									  notice->update->download->rekey->key),
						 "key of the rekey SA", NULL);
		}
		gkm_update_destroy(update);
	}
	if (goes && array_get(notices, 0, &notice))
	{
		update = receive(notice, goes->path, datagrams);
		bench_assert(update->excluded, "an excluded member isn't", NULL);
		gkm_update_destroy(update);
	}
}

/*
 * Described in header
 */
void bench_datagrams_destroy(array_t *datagrams)
{
	chunk_t datagram;

	while (array_remove(datagrams, ARRAY_TAIL, &datagram))
	{
		chunk_free(&datagram);
	}
	array_destroy(datagrams);
}

/*
 * Described in header
 */
void bench_group_destroy(bench_group_t *this)
{
	this->group->destroy(this->group);
	this->key->destroy(this->key);
	chunk_free(&this->sig_alg);
	free(this);
}

/*
 * Described in header
 */
u_int bench_number(char *text, u_int min, u_int max)
{
	unsigned long value;
	char *end;

	value = strtoul(text, &end, 10);
	if (*end || value < min || value > max)
	{
		fprintf(stderr, "%s: not a number from %u to %u\n", text, min, max);
		exit(2);
	}
	return value;
}
