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

#include "gkm_group.h"

typedef struct private_gkm_group_t private_gkm_group_t;

/**
 * Private data
 */
struct private_gkm_group_t {

	/** public interface */
	gkm_group_t public;

	/** configuration, NULL until the first one was taken */
	gkm_cfg_t *cfg;

	/** SAs */
	gkm_policy_t *policy;

	/** members */
	gkm_members_t *members;

	/** remembers sender IDs */
	gkm_sender_id_store_t *store;

	/** hands out sender IDs */
	gkm_sender_ids_t *sender_ids;
};

/*
 * Described in header
 */
bool gkm_group_needs_sender_ids(gkm_cfg_t *cfg)
{
	gkm_cfg_sa_t *sa;
	proposal_t *proposal;
	int i;

	for (i = 0; array_get(cfg->sas, i, &sa); i++)
	{
		if (array_get(sa->proposals, ARRAY_HEAD, &proposal) &&
			gkm_is_counter_mode(proposal))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(gkm_group_t, configure, bool,
	private_gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, time_t now, gkm_error_t *err)
{
	bool resize;

	resize = this->cfg && this->cfg->sender_id_bits != cfg->sender_id_bits;
	if (!this->policy->configure(this->policy, cfg, auth_key, sig_alg, resize,
								 now, err))
	{
		return FALSE;
	}
	if (!this->sender_ids || resize)
	{
		DESTROY_IF(this->sender_ids);
		this->sender_ids = gkm_sender_ids_create(this->store, cfg->id,
												 cfg->sender_id_bits);
	}
	gkm_cfg_destroy(this->cfg);
	this->cfg = cfg;
	return TRUE;
}

METHOD(gkm_group_t, get_cfg, gkm_cfg_t*,
	private_gkm_group_t *this)
{
	return this->cfg;
}

METHOD(gkm_group_t, update, u_int,
	private_gkm_group_t *this, time_t now, gkm_error_t *err)
{
	this->members->expire(this->members, now);
	return this->policy->update(this->policy, now, err);
}

METHOD(gkm_group_t, next_due, time_t,
	private_gkm_group_t *this)
{
	return this->policy->next_due(this->policy);
}

METHOD(gkm_group_t, authorizes, bool,
	private_gkm_group_t *this, char *connection, identification_t *id,
	gkm_error_t *err)
{
	identification_t *pattern;
	char *allowed = NULL;
	int i;

	for (i = 0; array_get(this->cfg->connections, i, &allowed); i++)
	{
		if (streq(allowed, connection))
		{
			break;
		}
	}
	if (i == array_count(this->cfg->connections))
	{
		return gkm_fail(err, "connection %s doesn't belong to the group",
						connection);
	}
	for (i = 0; array_get(this->cfg->member_ids, i, &pattern); i++)
	{
		if (id->matches(id, pattern))
		{
			return TRUE;
		}
	}
	return !array_count(this->cfg->member_ids) ||
		   gkm_fail(err, "identity matches none of member_ids");
}

/**
 * Is there room for another member, or is it one already?
 */
static bool has_room(private_gkm_group_t *this, identification_t *id,
					 gkm_error_t *err)
{
	if (!this->cfg->max_members ||
		this->members->get_count(this->members) < this->cfg->max_members ||
		this->members->contains(this->members, id))
	{
		return TRUE;
	}
	return gkm_fail(err, "there are max_members = %u members already",
					this->cfg->max_members);
}

/**
 * Does a download have a data SA that senders need sender IDs for?
 */
static bool has_counter_mode(gkm_download_t *download)
{
	gkm_data_sa_t *sa;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		if (gkm_is_counter_mode(sa->proposal))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * When the last data SA of a download ends
 */
static time_t get_expiry(gkm_download_t *download, time_t now)
{
	gkm_data_sa_t *sa;
	uint32_t lifetime = 0;
	int i;

	for (i = 0; array_get(download->sas, i, &sa); i++)
	{
		lifetime = max(lifetime, sa->lifetime);
	}
	return now + lifetime;
}

/**
 * Put what an applicant gets into an empty download
 */
static gkm_verdict_t fill(private_gkm_group_t *this, gkm_applicant_t *applicant,
						  time_t now, gkm_download_t *download,
						  gkm_error_t *err)
{
	if (!this->policy->fill(this->policy, download, now, err))
	{
		return GKM_UNABLE;
	}
	if (applicant->capabilities &&
		!applicant->covers(applicant->capabilities, download->rekey,
						   download->sas, err))
	{
		return GKM_NOT_CAPABLE;
	}
	/* an automatic delay depends on the rekey that needs it */
	if (this->cfg->activation_delay != GKM_ATD_AUTO)
	{
		download->atd = min(this->cfg->activation_delay, UINT16_MAX);
	}
	download->dtd = min(this->cfg->deactivation_delay, UINT16_MAX);

	/* RFC 9838, 4.4.3.1: for senders in groups with counter modes only */
	if (applicant->sender && has_counter_mode(download))
	{
		if (!this->sender_ids->allocate(this->sender_ids, applicant->sender_ids,
										download->sender_ids, err))
		{
			return GKM_UNABLE;
		}
		download->sender_id_bits = this->sender_ids->get_bits(this->sender_ids);
	}
	return GKM_ADMITTED;
}

METHOD(gkm_group_t, admit, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, gkm_error_t *err)
{
	gkm_verdict_t verdict;
	gkm_download_t *filled;

	if (!authorizes(this, applicant->connection, applicant->id, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	this->members->expire(this->members, now);
	if (!has_room(this, applicant->id, err))
	{
		return GKM_FULL;
	}
	filled = gkm_download_create();
	verdict = fill(this, applicant, now, filled, err);
	if (verdict != GKM_ADMITTED)
	{
		gkm_download_destroy(filled);
		return verdict;
	}
	this->members->add(this->members, applicant->id, applicant->address,
					   applicant->sender, filled->sender_ids, now,
					   get_expiry(filled, now));
	*download = filled;
	return GKM_ADMITTED;
}

METHOD(gkm_group_t, remove_member, bool,
	private_gkm_group_t *this, identification_t *id)
{
	return this->members->remove(this->members, id);
}

METHOD(gkm_group_t, get_members, gkm_members_t*,
	private_gkm_group_t *this)
{
	return this->members;
}

METHOD(gkm_group_t, get_policy, gkm_policy_t*,
	private_gkm_group_t *this)
{
	return this->policy;
}

METHOD(gkm_group_t, destroy, void,
	private_gkm_group_t *this)
{
	this->policy->destroy(this->policy);
	this->members->destroy(this->members);
	DESTROY_IF(this->sender_ids);
	gkm_cfg_destroy(this->cfg);
	free(this);
}

/*
 * Described in header
 */
gkm_group_t *gkm_group_create(gkm_cfg_t *cfg, gkm_sender_id_store_t *store,
							  gkm_spis_t *spis, chunk_t auth_key,
							  chunk_t sig_alg, time_t now, gkm_error_t *err)
{
	private_gkm_group_t *this;

	INIT(this,
		.public = {
			.configure = _configure,
			.get_cfg = _get_cfg,
			.update = _update,
			.next_due = _next_due,
			.authorizes = _authorizes,
			.admit = _admit,
			.remove_member = _remove_member,
			.get_members = _get_members,
			.get_policy = _get_policy,
			.destroy = _destroy,
		},
		.policy = gkm_policy_create(spis),
		.members = gkm_members_create(),
		.store = store,
	);
	if (!configure(this, cfg, auth_key, sig_alg, now, err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
