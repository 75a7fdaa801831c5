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

#include "gkm_pull_member.h"

#include <daemon.h>

/** Messages written and read when the policy, and the keys, are there */
#define HAS_POLICY 2
#define HAS_KEYS 4

/*
 * Described in header
 */
void gkm_pull_member_fail(gkm_exchange_t *exchange, ike_sa_t *ike_sa,
						  gkm_failure_t reason, notify_type_t notify)
{
	gkm_join_t *join = exchange->join;

	if (join)
	{
		exchange->join = NULL;
		join->failed(join, ike_sa, reason, notify);
		join->destroy(join);
	}
}

/**
 * Create the exchange of an attempt, with what it is to ask for
 */
static gkm_exchange_t *create(ike_sa_t *ike_sa, uint32_t mid, gkm_join_t *join,
							  gkm_error_t *err)
{
	gkm_registration_t *request;
	gkm_exchange_t *exchange;

	exchange = gkm_exchange_create(ike_sa, mid);
	if (!exchange)
	{
		gkm_fail(err, "there are no keys");
		return NULL;
	}
	exchange->request = request = join->get_request(join);
	exchange->pull = gdoi_pull_create_member(mid, &exchange->hasher.public,
								join->format, request->group, request->sender,
								request->sender_ids, err);
	if (!exchange->pull)
	{
		gkm_exchange_destroy(exchange);
		return NULL;
	}
	return exchange;
}

/*
 * Described in header
 */
gkm_exchange_t *gkm_pull_member_start(ike_sa_t *ike_sa, uint32_t mid,
									  gkm_join_t *join)
{
	gkm_exchange_t *exchange;
	gkm_error_t err = {};

	exchange = create(ike_sa, mid, join, &err);
	if (exchange && gkm_exchange_send(exchange, ike_sa, &err))
	{
		exchange->join = join;
		return exchange;
	}
	DBG1(DBG_IKE, "starting GROUPKEY-PULL failed: %s", err.text);
	if (exchange)
	{
		gkm_exchange_destroy(exchange);
	}
	join->failed(join, ike_sa, GKM_FAILED_IKE, 0);
	join->destroy(join);
	return NULL;
}

/**
 * Is the policy that message (2) brought acceptable?
 */
static bool accept_policy(gkm_exchange_t *exchange)
{
	gkm_join_t *join = exchange->join;
	gkm_error_t err = {};

	if (!join->accepts(join, exchange->pull->get_policy(exchange->pull), &err))
	{
		DBG1(DBG_IKE, "policy of the key server refused: %s", err.text);
		return FALSE;
	}
	return TRUE;
}

/**
 * Message (2): ask for the keys
 */
static status_t confirm(gkm_exchange_t *exchange, ike_sa_t *ike_sa)
{
	gkm_error_t err = {};

	if (!accept_policy(exchange))
	{	/* RFC 6407, 3.3, has the phase 1 SA deleted */
		gkm_pull_member_fail(exchange, ike_sa, GKM_FAILED_POLICY, 0);
		return DESTROY_ME;
	}
	if (!gkm_exchange_send(exchange, ike_sa, &err))
	{
		DBG1(DBG_IKE, "confirming GROUPKEY-PULL failed: %s", err.text);
		gkm_pull_member_fail(exchange, ike_sa, GKM_FAILED_IKE, 0);
		return FAILED;
	}
	return NEED_MORE;
}

/*
 * Described in header
 */
status_t gkm_pull_member_continue(gkm_exchange_t *exchange, ike_sa_t *ike_sa)
{
	gdoi_pull_t *pull = exchange->pull;
	gkm_join_t *join = exchange->join;

	switch (pull->get_step(pull))
	{
		case HAS_POLICY:
			return confirm(exchange, ike_sa);
		case HAS_KEYS:
			exchange->join = NULL;
			join->completed(join, ike_sa, pull->take_download(pull));
			join->destroy(join);
			return SUCCESS;
		default:
			return NEED_MORE;
	}
}
