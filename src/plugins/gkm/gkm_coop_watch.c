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

#include "gkm_coop_watch.h"

typedef struct private_gkm_coop_watch_t private_gkm_coop_watch_t;

/**
 * Private data.
 */
struct private_gkm_coop_watch_t {

	/**
	 * Public interface
	 */
	gkm_coop_watch_t public;

	/**
	 * Knows IKE_SAs of groups
	 */
	gkm_ike_t *ike;

	/**
	 * Is told
	 */
	gkm_coop_watched_t cb;
	void *user;
};

/**
 * Tell of an IKE_SA
 */
static void tell(private_gkm_coop_watch_t *this, ike_sa_t *ike_sa, bool up)
{
	this->cb(this->user, ike_sa->get_name(ike_sa),
			 ike_sa->get_unique_id(ike_sa), up);
}

METHOD(gkm_coop_watch_t, is_usable, bool,
	private_gkm_coop_watch_t *this, ike_sa_t *ike_sa)
{
	ike_sa_state_t state = ike_sa->get_state(ike_sa);

	return (state == IKE_ESTABLISHED || state == IKE_REKEYING) &&
		   ike_sa->get_version(ike_sa) == IKEV2 &&
		   !this->ike->is_claimed(this->ike, ike_sa);
}

METHOD(gkm_coop_watch_t, look, void,
	private_gkm_coop_watch_t *this, char *connection)
{
	enumerator_t *enumerator;
	ike_sa_t *ike_sa;

	enumerator = charon->ike_sa_manager->create_enumerator(
											charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa))
	{
		if (streq(ike_sa->get_name(ike_sa), connection) &&
			is_usable(this, ike_sa))
		{
			tell(this, ike_sa, TRUE);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(listener_t, ike_updown, bool,
	private_gkm_coop_watch_t *this, ike_sa_t *ike_sa, bool up)
{
	if (!up || is_usable(this, ike_sa))
	{
		tell(this, ike_sa, up);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_gkm_coop_watch_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_DESTROYING)
	{
		tell(this, ike_sa, FALSE);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_gkm_coop_watch_t *this, ike_sa_t *old, ike_sa_t *new)
{
	if (!this->ike->is_claimed(this->ike, old))
	{	/* the old one isn't used for new messages then, but answers may come */
		tell(this, new, TRUE);
	}
	return TRUE;
}

METHOD(gkm_coop_watch_t, destroy, void,
	private_gkm_coop_watch_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->public.listener);
	free(this);
}

/*
 * Described in header
 */
gkm_coop_watch_t *gkm_coop_watch_create(gkm_ike_t *ike, gkm_coop_watched_t cb,
										void *user)
{
	private_gkm_coop_watch_t *this;

	INIT(this,
		.public = {
			.listener = {
				.ike_updown = _ike_updown,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.is_usable = _is_usable,
			.look = _look,
			.destroy = _destroy,
		},
		.ike = ike,
		.cb = cb,
		.user = user,
	);
	charon->bus->add_listener(charon->bus, &this->public.listener);
	return &this->public;
}
