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

#include <check.h>

#include "group_fixture.h"
#include "member_fixture.h"

/*
 * Described in header
 */
member_t *member_create(char *name)
{
	member_t *this;

	INIT(this,
		.name = name,
		.rekeys = array_create(0, 0),
		.channels = array_create(0, 0),
		.sas = array_create(0, 0),
		.path = array_create(0, 0),
		.kwks = array_create(0, 0),
	);
	return this;
}

static void clear_kwks(array_t *kwks)
{
	gkm_kwk_t *kwk;

	while (array_remove(kwks, ARRAY_TAIL, &kwk))
	{
		gkm_kwk_destroy(kwk);
	}
}

/**
 * Add clones of keys of the key tree
 */
static void add_kwks(array_t *to, array_t *from)
{
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(from, i, &kwk); i++)
	{
		array_insert(to, ARRAY_TAIL, gkm_kwk_create(kwk->id, kwk->key));
	}
}

static void set_path(member_t *this, array_t *path)
{
	clear_kwks(this->path);
	add_kwks(this->path, path);
	add_kwks(this->kwks, path);
}

static void add_rekey(member_t *this, gkm_rekey_sa_t *sa)
{
	gkm_channel_t *channel;
	gkm_error_t err = {};

	channel = gikev2_rekey_create(sa, &err);
	ck_assert_msg(channel, "%s", err.text);
	array_insert(this->channels, ARRAY_TAIL, channel);
	array_insert(this->rekeys, ARRAY_TAIL, gkm_rekey_sa_clone(sa));
}

/*
 * Described in header
 */
bool member_knows_rekey(member_t *this, gkm_rekey_sa_t *sa)
{
	return group_has_rekey_sa(this->rekeys, sa);
}

/*
 * Described in header
 */
bool member_knows_sa(member_t *this, gkm_data_sa_t *sa)
{
	return group_has_data_sa(this->sas, sa);
}

/**
 * Take what a download says
 *
 * @return			number of SAs that are new
 */
static u_int take(member_t *this, gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	u_int count = 0;
	int i;

	if (download->rekey && !member_knows_rekey(this, download->rekey))
	{
		add_rekey(this, download->rekey);
		count++;
	}
	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (!member_knows_sa(this, sa))
		{
			array_insert(this->sas, ARRAY_TAIL, gkm_data_sa_clone(sa));
			count++;
		}
	}
	return count;
}

/*
 * Described in header
 */
void member_register(member_t *this, gkm_group_t *group, bool sender,
					 time_t now)
{
	static uint32_t ike_sa_id;
	gkm_applicant_t applicant = {
		.connection = "members",
		.sender = sender,
		.sender_ids = 1,
		.ike_sa_id = ++ike_sa_id,
	};
	gkm_download_t *download = NULL;
	gkm_verdict_t verdict;
	gkm_error_t err = {};

	applicant.id = identification_create_from_string(this->name);
	applicant.address = host_create_from_string("192.0.2.7", 500);
	verdict = group->admit(group, &applicant, now, &download, notices, &err);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	ck_assert_msg(verdict == GKM_ADMITTED, "%s: %s", this->name, err.text);
	take(this, download);
	set_path(this, download->path);
	this->ike_sa_id = download->rekey ? 0 : ike_sa_id;
	this->registered = TRUE;
	gkm_download_destroy(download);
}

/*
 * Described in header
 */
array_t *member_build(array_t *notices, int from)
{
	gkm_notice_t *notice;
	gkm_error_t err = {};
	array_t *datagrams;
	int i;

	datagrams = array_create(sizeof(chunk_t), 0);
	for (i = from; array_get(notices, i, &notice); i++)
	{
		if (notice->update)
		{
			ck_assert_msg(gikev2_rekey_build(notice->carrier, notice->update,
											 notice->message_id, NULL, 0,
											 datagrams, &err), "%s", err.text);
		}
	}
	return datagrams;
}

/*
 * Described in header
 */
void member_free(array_t *datagrams)
{
	chunk_t datagram;

	while (array_remove(datagrams, ARRAY_TAIL, &datagram))
	{
		free(datagram.ptr);
	}
	array_destroy(datagrams);
}

/**
 * Find the channel of a rekey SA that a datagram is for
 *
 * @return			position, -1 if there is none
 */
static int find_channel(member_t *this, chunk_t datagram, uint32_t *message_id)
{
	uint8_t spi[GKM_REKEY_SPI_LEN];
	gkm_rekey_sa_t *sa;
	int i;

	ck_assert(gikev2_rekey_peek(datagram, spi, message_id));
	for (i = array_count(this->rekeys) - 1; i >= 0; i--)
	{
		array_get(this->rekeys, i, &sa);
		if (memeq(sa->spi, spi, sizeof(spi)))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Does an update say that all members are excluded?
 */
static bool excludes_all(gkm_update_t *update)
{
	gkm_delete_t *delete;
	int i;

	for (i = 0; array_get(update->deletes, i, &delete); i++)
	{
		if (delete->protocol == PROTO_GIKE_UPDATE)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Take a multicast message
 */
static void follow_datagram(member_t *this, chunk_t datagram)
{
	gkm_channel_t *channel;
	gkm_update_t *update = NULL;
	gkm_error_t err = {};
	uint32_t message_id;
	int i;

	i = find_channel(this, datagram, &message_id);
	if (i < 0)
	{
		return;
	}
	array_get(this->channels, i, &channel);
	switch (channel->receive(channel, datagram, this->path, &update, &err))
	{
		case GKM_RECEIVED_UPDATE:
			break;
		case GKM_RECEIVED_REPLAYED:
			return;
		default:
			ck_abort_msg("%s: %s", this->name, err.text);
	}
	channel->accept(channel, update);
	if (update->excluded || excludes_all(update))
	{
		this->registered = FALSE;
	}
	else
	{
		take(this, update->download);
		if (array_count(update->download->path))
		{
			set_path(this, update->download->path);
		}
	}
	gkm_update_destroy(update);
}

/**
 * Is a notice for this member, in-band?
 */
static bool is_for(member_t *this, gkm_notice_t *notice)
{
	uint32_t id;
	int i;

	for (i = 0; array_get(notice->ike_sa_ids, i, &id); i++)
	{
		if (id == this->ike_sa_id)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void member_follow(member_t *this, array_t *datagrams, array_t *notices,
				   int from)
{
	gkm_notice_t *notice;
	chunk_t datagram;
	int i;

	for (i = 0; this->registered && !this->ike_sa_id &&
		 array_get(datagrams, i, &datagram); i++)
	{
		follow_datagram(this, datagram);
	}
	for (i = from; this->registered && this->ike_sa_id &&
		 array_get(notices, i, &notice); i++)
	{
		if (is_for(this, notice))
		{
			take(this, notice->inband->download);
			this->registered = !excludes_all(notice->inband);
		}
	}
}

/*
 * Described in header
 */
u_int member_attack(member_t *this, array_t *datagrams)
{
	gkm_channel_t *channel;
	gkm_rekey_sa_t *sa;
	gkm_update_t *update;
	gkm_error_t err = {};
	chunk_t datagram;
	uint32_t message_id;
	u_int found = 0;
	int i, at;

	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		at = find_channel(this, datagram, &message_id);
		if (at < 0)
		{
			continue;
		}
		/* without memory of what was received */
		array_get(this->rekeys, at, &sa);
		sa->message_id = 0;
		channel = gikev2_rekey_create(sa, &err);
		update = NULL;
		if (channel->receive(channel, datagram, this->kwks, &update,
							 &err) == GKM_RECEIVED_UPDATE)
		{
			add_kwks(this->kwks, update->download->path);
			found += update->excluded ? 0 : take(this, update->download);
		}
		gkm_update_destroy(update);
		channel->destroy(channel);
	}
	return found;
}

/*
 * Described in header
 */
void member_assert_current(member_t *this, gkm_group_t *group, time_t now,
						   char *when)
{
	gkm_policy_t *policy = group->get_policy(group);
	gkm_policy_rekey_t *rekey = policy->get_rekey(policy, GKM_PROTOCOL_GIKEV2);
	gkm_rekey_sa_t *held = NULL;
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;
	u_int count = 0;

	if (rekey && !this->ike_sa_id)
	{
		array_get(this->rekeys, ARRAY_TAIL, &held);
		ck_assert_msg(held && memeq(held->spi, rekey->sa->spi,
									sizeof(held->spi)) &&
					  chunk_equals(held->key, rekey->sa->key),
					  "%s doesn't have the rekey SA %s", this->name, when);
	}
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{
		/* those before may have been left when it registered */
		if (sa->rekey && sa->expires > now)
		{
			ck_assert_msg(member_knows_sa(this, sa->sa),
						  "%s doesn't have data SA %.8x %s", this->name,
						  ntohl(sa->sa->spi), when);
			count++;
		}
	}
	enumerator->destroy(enumerator);
	ck_assert_msg(count, "there is no data SA %s", when);
}

/*
 * Described in header
 */
void member_destroy(member_t *this)
{
	gkm_channel_t *channel;
	gkm_rekey_sa_t *rekey;
	gkm_data_sa_t *sa;

	while (array_remove(this->channels, ARRAY_TAIL, &channel))
	{
		channel->destroy(channel);
	}
	while (array_remove(this->rekeys, ARRAY_TAIL, &rekey))
	{
		gkm_rekey_sa_destroy(rekey);
	}
	while (array_remove(this->sas, ARRAY_TAIL, &sa))
	{
		gkm_data_sa_destroy(sa);
	}
	clear_kwks(this->path);
	clear_kwks(this->kwks);
	array_destroy(this->channels);
	array_destroy(this->rekeys);
	array_destroy(this->sas);
	array_destroy(this->path);
	array_destroy(this->kwks);
	free(this);
}
