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

#include "gdoi_member_fixture.h"

/*
 * Described in header
 */
gkm_applicant_t gdoi_member_apply(gdoi_member_t *this)
{
	static uint32_t ike_sa_id;

	return (gkm_applicant_t){
		.connection = "members",
		.id = identification_create_from_string(this->name),
		.address = host_create_from_string(this->ip, this->port),
		.protocol = this->protocol,
		.peer = this->peer,
		.d3p = this->d3p,
		.natt = this->natt,
		.sender = this->sender,
		.sender_ids = this->sender_ids ?: 1,
		.ike_sa_id = ++ike_sa_id,
	};
}

static void add_rekey(gdoi_member_t *this, gkm_rekey_sa_t *sa)
{
	array_insert(this->rekeys, ARRAY_TAIL, gkm_rekey_sa_clone(sa));
	this->next_seq = sa->message_id;
}

static void add_kwk(gdoi_member_t *this, gkm_kwk_t *kwk)
{
	array_insert(this->kwks, ARRAY_TAIL, gkm_kwk_clone(kwk));
}

static bool knows_kwk(gdoi_member_t *this, gkm_kwk_t *kwk)
{
	gkm_kwk_t *held;
	int i;

	for (i = 0; array_get(this->kwks, i, &held); i++)
	{
		if (held->id == kwk->id && chunk_equals(held->key, kwk->key))
		{
			ck_assert_int_eq(held->node, kwk->node);
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool gdoi_member_knows_rekey(gdoi_member_t *this, gkm_rekey_sa_t *sa)
{
	return group_has_rekey_sa(this->rekeys, sa);
}

/*
 * Described in header
 */
bool gdoi_member_knows_sa(gdoi_member_t *this, gkm_data_sa_t *sa)
{
	return group_has_data_sa(this->sas, sa);
}

static u_int take_sas(gdoi_member_t *this, gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		array_insert(this->sas, ARRAY_TAIL, gkm_data_sa_clone(sa));
	}
	return i;
}

/**
 * What is offered has to be what is given, but for lifetimes that go by
 */
static void assert_offered(gkm_download_t *offered, gkm_download_t *given)
{
	gkm_data_sa_t *a, *b;
	int i;

	ck_assert_int_eq(array_count(offered->sas), array_count(given->sas));
	for (i = 0; array_get(offered->sas, i, &a); i++)
	{
		ck_assert(array_get(given->sas, i, &b));
		ck_assert_int_eq(a->spi, b->spi);
		ck_assert(chunk_equals(a->key, b->key));
	}
	ck_assert(!offered->rekey == !given->rekey);
	ck_assert(!offered->rekey || memeq(offered->rekey->spi, given->rekey->spi,
									   GKM_REKEY_SPI_LEN));
	ck_assert_int_eq(array_count(offered->path), 0);
	ck_assert_int_eq(array_count(offered->sender_ids), 0);
	ck_assert_int_eq(offered->d3p.window, given->d3p.window);
	ck_assert_int_eq(offered->atd, given->atd);
	ck_assert_int_eq(offered->dtd, given->dtd);
}

/*
 * Described in header
 */
gkm_download_t *gdoi_member_join(gdoi_member_t *this, gkm_group_t *group,
								 time_t now)
{
	gkm_applicant_t applicant = gdoi_member_apply(this);
	gkm_download_t *offered = NULL, *download = NULL;
	gkm_verdict_t verdict;
	uint32_t *id;
	gkm_kwk_t *kwk;
	int i;

	if (!this->rekeys)
	{
		this->rekeys = array_create(0, 0);
		this->sas = array_create(0, 0);
		this->kwks = array_create(0, 0);
		this->ids = array_create(sizeof(uint32_t), 0);
	}
	err = (gkm_error_t){};
	verdict = group->offer(group, &applicant, now, &offered, &err);
	ck_assert_msg(verdict == GKM_ADMITTED, "%s: %s", this->name, err.text);
	verdict = group->admit(group, &applicant, now, &download, notices, &err);
	ck_assert_msg(verdict == GKM_ADMITTED, "%s: %s", this->name, err.text);
	applicant.id->destroy(applicant.id);
	applicant.address->destroy(applicant.address);
	if (this->protocol == GKM_PROTOCOL_GDOI)
	{
		assert_offered(offered, download);
	}
	gkm_download_destroy(offered);

	take_sas(this, download);
	if (download->rekey)
	{
		add_rekey(this, download->rekey);
	}
	for (i = 0; array_get(download->path, i, &kwk); i++)
	{
		add_kwk(this, kwk);
	}
	while (array_remove(this->ids, ARRAY_TAIL, NULL));
	for (i = 0; array_get(download->sender_ids, i, &id); i++)
	{
		array_insert(this->ids, ARRAY_TAIL, id);
	}
	this->ike_sa_id = download->rekey ? 0 : applicant.ike_sa_id;
	this->registered = TRUE;
	return download;
}

/*
 * Described in header
 */
void gdoi_member_register(gdoi_member_t *this, gkm_group_t *group, time_t now)
{
	gkm_download_destroy(gdoi_member_join(this, group, now));
}

/**
 * Unwrap all keys of the key tree that it can
 */
static void unwrap(gdoi_member_t *this, array_t *wraps)
{
	gkm_wrap_t wrap;
	bool found = TRUE;
	int i;

	while (found)
	{
		found = FALSE;
		for (i = 0; array_get(wraps, i, &wrap); i++)
		{
			if (knows_kwk(this, wrap.kwk) && !knows_kwk(this, wrap.key))
			{
				add_kwk(this, wrap.key);
				found = TRUE;
			}
		}
	}
}

/**
 * Can it unwrap the key of a new rekey SA?
 */
static bool can_unwrap(gdoi_member_t *this, array_t *kwks)
{
	gkm_kwk_t *kwk;
	int i;

	for (i = 0; array_get(kwks, i, &kwk); i++)
	{
		if (knows_kwk(this, kwk))
		{
			return TRUE;
		}
	}
	return !i;
}

/**
 * Take what it is told, once it could read that
 */
static u_int take_update(gdoi_member_t *this, gkm_update_t *update)
{
	u_int count = 0;

	if (gkm_update_excludes_all(update))
	{
		this->registered = FALSE;
		return 0;
	}
	unwrap(this, update->wraps);
	if (update->download->rekey)
	{
		if (!can_unwrap(this, update->kwks))
		{
			this->registered = FALSE;
			return 0;
		}
		add_rekey(this, update->download->rekey);
		count++;
	}
	return count + take_sas(this, update->download);
}

static u_int take_message(gdoi_member_t *this, gkm_update_t *update,
						  gkm_rekey_sa_t *carrier, uint32_t seq)
{
	if (!gdoi_member_knows_rekey(this, carrier))
	{
		ck_assert_msg(!this->registered, "%s doesn't know the carrier of %u",
					  this->name, seq);
		return 0;
	}
	if (this->registered)
	{
		ck_assert_int_eq(seq, this->next_seq);
		this->next_seq++;
	}
	return take_update(this, update);
}

static bool is_addressed(gdoi_member_t *this, array_t *ike_sa_ids)
{
	uint32_t id;
	int i;

	for (i = 0; array_get(ike_sa_ids, i, &id); i++)
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
u_int gdoi_member_follow(gdoi_member_t *this, array_t *notices, int from)
{
	gkm_notice_t *notice;
	u_int count = 0;
	int i;

	for (i = from; array_get(notices, i, &notice); i++)
	{
		if (this->protocol == GKM_PROTOCOL_GDOI)
		{
			if (notice->push)
			{
				count += take_message(this, notice->push, notice->push_carrier,
									  notice->push_seq);
			}
		}
		else if (!this->ike_sa_id)
		{
			if (notice->update)
			{
				count += take_message(this, notice->update, notice->carrier,
									  notice->message_id);
			}
		}
		else if (notice->inband && is_addressed(this, notice->ike_sa_ids))
		{
			count += take_update(this, notice->inband);
		}
	}
	return count;
}

/*
 * Described in header
 */
void gdoi_member_assert_current(gdoi_member_t *this, gkm_group_t *group)
{
	gkm_policy_t *policy = group->get_policy(group);
	gkm_policy_rekey_t *rekey;
	enumerator_t *enumerator;
	gkm_policy_sa_t *sa;

	ck_assert_msg(this->registered, "%s isn't registered", this->name);
	rekey = policy->get_rekey(policy, this->protocol);
	ck_assert_msg(this->ike_sa_id || !rekey ||
				  gdoi_member_knows_rekey(this, rekey->sa),
				  "%s doesn't know the rekey SA", this->name);
	enumerator = policy->create_sa_enumerator(policy);
	while (enumerator->enumerate(enumerator, &sa))
	{	/* those before the last one may have been in use before it came */
		ck_assert_msg(!sa->rekey || gdoi_member_knows_sa(this, sa->sa),
					  "%s doesn't know a data SA", this->name);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header
 */
gkm_member_t *gdoi_member_find(gdoi_member_t *this, gkm_group_t *group)
{
	gkm_members_t *members = group->get_members(group);
	identification_t *id;
	gkm_member_t *member;

	id = identification_create_from_string(this->name);
	member = members->get(members, id);
	id->destroy(id);
	return member;
}

/*
 * Described in header
 */
void gdoi_member_clear(gdoi_member_t *this)
{
	array_destroy_function(this->rekeys, (array_callback_t)gkm_rekey_sa_destroy,
						   NULL);
	array_destroy_function(this->sas, (array_callback_t)gkm_data_sa_destroy,
						   NULL);
	array_destroy_function(this->kwks, (array_callback_t)gkm_kwk_destroy, NULL);
	array_destroy(this->ids);
	this->rekeys = this->sas = this->kwks = this->ids = NULL;
	this->registered = FALSE;
}
