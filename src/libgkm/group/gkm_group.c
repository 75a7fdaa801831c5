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
#include "gkm_recipients.h"
#include "gkm_roster.h"
#include "gkm_tenure.h"

typedef struct private_gkm_group_t private_gkm_group_t;

/**
 * Private data
 */
struct private_gkm_group_t {

	/** public interface */
	gkm_group_t public;

	/** configuration, NULL until the first one was taken */
	gkm_cfg_t *cfg;

	/** SAs and key tree */
	gkm_rekeying_t rekeying;

	/** members */
	gkm_roster_t roster;

	/** what this key server does */
	gkm_tenure_t tenure;

	/** remembers sender IDs */
	gkm_sender_id_store_t *store;
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

/**
 * Does a new configuration need another key tree?
 */
static bool needs_tree(private_gkm_group_t *this, gkm_cfg_t *cfg)
{
	return !this->cfg ||
		   gkm_rekeying_tree_key_len(cfg) !=
		   gkm_rekeying_tree_key_len(this->cfg) ||
		   cfg->rekey.key_tree_degree != this->cfg->rekey.key_tree_degree;
}

/**
 * Hand out sender IDs as a configuration says
 */
static void replace_sender_ids(private_gkm_group_t *this, gkm_cfg_t *cfg)
{
	gkm_sender_ids_t *old = this->roster.sender_ids, *ids;
	uint32_t ends[GKM_COOP_SERVERS_MAX];

	ids = gkm_sender_ids_create(this->store, cfg->id, cfg->sender_id_bits,
								cfg->coop.id);
	if (old && old->get_bits(old) == cfg->sender_id_bits)
	{
		old->get_ends(old, ends);
		ids->note_ends(ids, ends);
	}
	DESTROY_IF(old);
	this->roster.sender_ids = ids;
}

/**
 * Tell members of a change of the configuration
 */
static void tell_change(private_gkm_group_t *this, gkm_cfg_t *cfg,
						gkm_update_t *update, gkm_carriers_t *carriers,
						bool plant, time_t now, array_t *notices)
{
	bool renew = this->rekeying.d3p_window != cfg->d3p_window;
	int before = array_count(notices);

	if (this->cfg->rekey.acknowledgement != cfg->rekey.acknowledgement)
	{
		gkm_admission_update_can(cfg, this->roster.members);
		this->roster.records.all_changed = TRUE;
	}
	this->rekeying.d3p_window = cfg->d3p_window;
	gkm_rekeying_change(&this->rekeying, update, carriers, plant, renew, now,
						notices);
	gkm_roster_told(&this->roster, now, notices, before);
}

METHOD(gkm_group_t, configure, bool,
	private_gkm_group_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
	chunk_t sig_alg, time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	gkm_carriers_t carriers;
	gkm_update_t *update;
	bool reslice, plant, known = this->cfg != NULL;
	uint8_t id = known ? this->cfg->coop.id : 0;

	gkm_roster_settle(&this->roster, now);
	reslice = known && (this->cfg->sender_id_bits != cfg->sender_id_bits ||
						id != cfg->coop.id);
	plant = needs_tree(this, cfg);
	gkm_carriers_get(&carriers, policy);
	update = gkm_update_create();
	if (!policy->configure(policy, cfg, auth_key, sig_alg, reslice, now, update,
						   err))
	{
		gkm_update_destroy(update);
		gkm_carriers_clear(&carriers);
		return FALSE;
	}
	if (!this->roster.sender_ids || reslice)
	{
		replace_sender_ids(this, cfg);
	}
	if (known && id != cfg->coop.id)
	{
		gkm_rekeying_set_server(&this->rekeying, cfg->coop.id);
	}
	this->rekeying.cfg = cfg;
	this->rekeying.changed = TRUE;
	if (!known)
	{	/* there is nobody to tell */
		this->rekeying.d3p_window = cfg->d3p_window;
		gkm_rekeying_plant_tree(&this->rekeying, 0);
		gkm_update_destroy(update);
	}
	else if (gkm_tenure_is_primary(&this->tenure, NULL))
	{
		tell_change(this, cfg, update, &carriers, plant, now, notices);
	}
	else
	{
		gkm_tenure_reconfigure(&this->tenure, &this->roster, update, plant);
		gkm_carriers_clear(&carriers);
	}
	if (plant)
	{
		gkm_roster_clear_slots(&this->roster);
	}
	if (known && !id != !cfg->coop.id)
	{
		gkm_tenure_begin(&this->tenure, cfg);
	}
	gkm_cfg_destroy(this->cfg);
	this->cfg = cfg;
	return TRUE;
}

METHOD(gkm_group_t, limit, void,
	private_gkm_group_t *this, gkm_rekeying_fits_t fits)
{
	this->rekeying.fits = fits;
}

METHOD(gkm_group_t, get_cfg, gkm_cfg_t*,
	private_gkm_group_t *this)
{
	return this->cfg;
}

METHOD(gkm_group_t, update, u_int,
	private_gkm_group_t *this, time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	int before = array_count(notices);
	u_int made;

	gkm_roster_expire(&this->roster, now);
	if (!gkm_tenure_is_primary(&this->tenure, NULL))
	{
		policy->expire(policy, now);
		return 0;
	}
	gkm_roster_settle(&this->roster, now);
	made = gkm_tenure_run(&this->tenure, &this->roster, now, notices, err);
	gkm_roster_told(&this->roster, now, notices, before);
	policy->expire(policy, now);
	return made;
}

METHOD(gkm_group_t, rekey, bool,
	private_gkm_group_t *this, bool replace, time_t now, array_t *notices,
	gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	int before = array_count(notices);
	u_int made;

	if (!gkm_tenure_is_primary(&this->tenure, err))
	{
		return FALSE;
	}
	gkm_roster_settle(&this->roster, now);
	made = gkm_rekeying_run(&this->rekeying,
				replace ? GKM_RENEWAL_AT_ONCE : GKM_RENEWAL_REQUESTED,
				replace ? GKM_NOTICE_REPLACE : GKM_NOTICE_REQUESTED,
				now, notices, err);
	gkm_roster_told(&this->roster, now, notices, before);
	policy->expire(policy, now);
	return made > 0;
}

METHOD(gkm_group_t, exclude, bool,
	private_gkm_group_t *this, array_t *ids, time_t now, array_t *removed,
	array_t *notices, gkm_error_t *err)
{
	gkm_policy_t *policy = this->rekeying.policy;
	identification_t *id;
	int i, before = array_count(notices);

	if (!gkm_tenure_is_primary(&this->tenure, err))
	{
		return FALSE;
	}
	gkm_roster_settle(&this->roster, now);
	for (i = 0; array_get(ids, i, &id); i++)
	{
		if (!this->roster.members->get(this->roster.members, id))
		{
			return gkm_fail(err, "%Y isn't a member", id);
		}
	}
	if (gkm_roster_take(&this->roster, ids, removed))
	{
		gkm_rekeying_exclude_all(&this->rekeying, GKM_NOTICE_REMOVAL, now,
								 notices, err);
	}
	else
	{
		gkm_rekeying_run(&this->rekeying, GKM_RENEWAL_EXCLUDING,
						 GKM_NOTICE_REMOVAL, now, notices, err);
	}
	gkm_roster_told(&this->roster, now, notices, before);
	policy->expire(policy, now);
	return TRUE;
}

METHOD(gkm_group_t, next_due, time_t,
	private_gkm_group_t *this)
{
	return gkm_tenure_next_due(&this->tenure, &this->roster);
}

METHOD(gkm_group_t, set_duty, void,
	private_gkm_group_t *this, gkm_duty_t duty, uint64_t epoch, bool takeover,
	time_t now, array_t *notices, gkm_error_t *err)
{
	gkm_tenure_set(&this->tenure, &this->roster, duty, epoch, takeover, now,
				   notices, err);
}

METHOD(gkm_group_t, get_duty, gkm_duty_t,
	private_gkm_group_t *this)
{
	return this->tenure.duty;
}

/**
 * Don't give out sender IDs that others know to be given out
 */
static void note_ends(private_gkm_group_t *this)
{
	gkm_sender_ids_t *sender_ids = this->roster.sender_ids;

	sender_ids->note_ends(sender_ids, this->rekeying.ends);
}

METHOD(gkm_group_t, adopt, bool,
	private_gkm_group_t *this, gkm_adoption_t *how, gkm_record_list_t *records,
	time_t now, array_t *notices, gkm_error_t *err)
{
	if (!gkm_tenure_adopt(&this->tenure, &this->roster, how, records, now,
						  notices, err))
	{
		return FALSE;
	}
	if (!this->tenure.renewing)
	{
		note_ends(this);
	}
	return TRUE;
}

METHOD(gkm_group_t, get_epoch, uint64_t,
	private_gkm_group_t *this)
{
	return this->rekeying.epoch;
}

METHOD(gkm_group_t, get_lineage, uint64_t,
	private_gkm_group_t *this)
{
	return this->rekeying.lineage;
}

METHOD(gkm_group_t, get_requests, uint32_t,
	private_gkm_group_t *this)
{
	return gkm_tenure_get_requests(&this->tenure, &this->roster);
}

METHOD(gkm_group_t, request, void,
	private_gkm_group_t *this, uint32_t requests)
{
	this->tenure.requests |= requests;
}

METHOD(gkm_group_t, authorizes, bool,
	private_gkm_group_t *this, char *connection, identification_t *id,
	gkm_error_t *err)
{
	return gkm_admission_authorizes(this->cfg, connection, id, err);
}

/**
 * What a registration takes from
 */
static gkm_admission_t get_admission(private_gkm_group_t *this)
{
	return (gkm_admission_t){
		.rekeying = &this->rekeying,
		.members = this->roster.members,
		.sender_ids = this->roster.sender_ids,
		.pushes = &this->roster.pushes,
	};
}

/**
 * May an applicant register, with the protocol that it uses?
 */
static bool may_register(private_gkm_group_t *this, gkm_applicant_t *applicant,
						 gkm_error_t *err)
{
	return gkm_admission_speaks(this->cfg, applicant->protocol, err) &&
		   authorizes(this, applicant->connection, applicant->id, err);
}

METHOD(gkm_group_t, admit, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, array_t *notices, gkm_error_t *err)
{
	gkm_admission_t admission = get_admission(this);
	gkm_verdict_t verdict;
	gkm_member_t *member;

	if (!may_register(this, applicant, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	if (!gkm_tenure_serves(&this->tenure, err))
	{
		return GKM_UNABLE;
	}
	gkm_roster_expire(&this->roster, now);
	gkm_roster_settle(&this->roster, now);
	if (!gkm_admission_has_room(&admission, applicant->id, err))
	{
		return GKM_FULL;
	}
	if (!gkm_tenure_expect(&this->tenure, &this->roster, applicant, err))
	{
		return GKM_UNABLE;
	}
	gkm_tenure_renew_for(&this->tenure, &this->roster, applicant, now, notices);
	verdict = gkm_admission_grant(&admission, applicant, now, download, &member,
								  err);
	if (verdict == GKM_ADMITTED)
	{
		gkm_roster_add(&this->roster, member, applicant->id);
	}
	return verdict;
}

METHOD(gkm_group_t, offer, gkm_verdict_t,
	private_gkm_group_t *this, gkm_applicant_t *applicant, time_t now,
	gkm_download_t **download, gkm_error_t *err)
{
	gkm_admission_t admission = get_admission(this);

	if (!may_register(this, applicant, err))
	{
		return GKM_NOT_AUTHORIZED;
	}
	if (!gkm_tenure_serves(&this->tenure, err))
	{
		return GKM_UNABLE;
	}
	if (!gkm_admission_has_room(&admission, applicant->id, err))
	{
		return GKM_FULL;
	}
	if (!gkm_tenure_expect(&this->tenure, &this->roster, applicant, err))
	{
		return GKM_UNABLE;
	}
	return gkm_admission_offer(&admission, applicant, now, download, err);
}

/**
 * Find a member that uses GDOI
 */
static gkm_member_t *find_gdoi(private_gkm_group_t *this, host_t *address,
							   gkm_error_t *err)
{
	gkm_members_t *members = this->roster.members;
	gkm_member_t *member = members->find_gdoi(members, address);

	if (!member)
	{
		gkm_fail(err, "no member registered from %H by GDOI", address);
	}
	return member;
}

METHOD(gkm_group_t, acknowledge, bool,
	private_gkm_group_t *this, uint8_t *spi, uint32_t seq, host_t *address,
	gkm_error_t *err)
{
	gkm_member_t *member = find_gdoi(this, address, err);

	if (!member ||
		!gkm_pushes_acknowledge(&this->roster.pushes, spi, seq, member, err))
	{
		return FALSE;
	}
	if (member->acks.received == 1)
	{	/* from now on it is known to acknowledge; numbers needn't be kept */
		gkm_records_note(&this->roster.records, member->id_type,
						 member->id_encoding);
	}
	return TRUE;
}

METHOD(gkm_group_t, take_missed, array_t*,
	private_gkm_group_t *this)
{
	array_t *missed = this->roster.missed;

	this->roster.missed = NULL;
	return missed;
}

METHOD(gkm_group_t, get_leaf_key, bool,
	private_gkm_group_t *this, host_t *address, chunk_t *key)
{
	gkm_member_t *member = find_gdoi(this, address, NULL);
	gkm_key_forest_t *tree = this->rekeying.tree;

	return member && tree && tree->get_leaf(tree, member->slot, key);
}

METHOD(gkm_group_t, get_targets, array_t*,
	private_gkm_group_t *this, uint32_t seq)
{
	return gkm_recipients_of_copies(this->roster.members,
							gkm_pushes_get_number(&this->roster.pushes, seq));
}

METHOD(gkm_group_t, remove_member, bool,
	private_gkm_group_t *this, identification_t *id)
{
	return gkm_roster_remove(&this->roster, id);
}

METHOD(gkm_group_t, ike_sa_gone, bool,
	private_gkm_group_t *this, uint32_t ike_sa_id, uint32_t new_id)
{
	return gkm_roster_ike_sa_gone(&this->roster, ike_sa_id, new_id);
}

METHOD(gkm_group_t, can_fragment, bool,
	private_gkm_group_t *this)
{
	return this->roster.members->can_fragment(this->roster.members);
}

METHOD(gkm_group_t, renew_sender_ids, bool,
	private_gkm_group_t *this, gkm_error_t *err)
{
	gkm_sender_ids_t *sender_ids = this->roster.sender_ids;

	if (this->tenure.renewing && !sender_ids->reset(sender_ids, err))
	{
		return FALSE;
	}
	this->tenure.renewing = FALSE;
	return TRUE;
}

METHOD(gkm_group_t, has_changed, bool,
	private_gkm_group_t *this)
{
	return gkm_records_pending(&this->roster.records, &this->rekeying);
}

METHOD(gkm_group_t, put, bool,
	private_gkm_group_t *this, gkm_state_store_t *store, bool all)
{
	gkm_sender_ids_t *sender_ids = this->roster.sender_ids;

	if (this->tenure.renewing)
	{	/* none was given out yet */
		memset(this->rekeying.ends, 0, sizeof(this->rekeying.ends));
	}
	else
	{
		sender_ids->get_ends(sender_ids, this->rekeying.ends);
	}
	if (this->rekeying.tree && gkm_tenure_is_primary(&this->tenure, NULL))
	{	/* others take that over, whatever they know */
		this->rekeying.tree->said(this->rekeying.tree);
	}
	return gkm_records_put(&this->roster.records, &this->rekeying,
						   &this->roster.pushes, this->roster.members, store,
						   all);
}

METHOD(gkm_group_t, restore, bool,
	private_gkm_group_t *this, gkm_state_store_t *store, time_t now,
	gkm_error_t *err)
{
	if (!gkm_records_restore(&this->rekeying, &this->roster.pushes,
							 this->roster.members,
							 this->cfg->id, store, now, err))
	{
		return FALSE;
	}
	note_ends(this);
	/* another one may be configured by now */
	gkm_admission_update_can(this->cfg, this->roster.members);
	gkm_pushes_restore(&this->roster.pushes);
	return TRUE;
}

METHOD(gkm_group_t, get_members, gkm_members_t*,
	private_gkm_group_t *this)
{
	return this->roster.members;
}

METHOD(gkm_group_t, get_policy, gkm_policy_t*,
	private_gkm_group_t *this)
{
	return this->rekeying.policy;
}

METHOD(gkm_group_t, destroy, void,
	private_gkm_group_t *this)
{
	gkm_rekeying_clear(&this->rekeying);
	gkm_roster_clear(&this->roster);
	DESTROY_IF(this->roster.sender_ids);
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
			.limit = _limit,
			.get_cfg = _get_cfg,
			.update = _update,
			.rekey = _rekey,
			.exclude = _exclude,
			.set_duty = _set_duty,
			.get_duty = _get_duty,
			.adopt = _adopt,
			.get_epoch = _get_epoch,
			.get_lineage = _get_lineage,
			.get_requests = _get_requests,
			.request = _request,
			.next_due = _next_due,
			.authorizes = _authorizes,
			.admit = _admit,
			.offer = _offer,
			.acknowledge = _acknowledge,
			.take_missed = _take_missed,
			.get_leaf_key = _get_leaf_key,
			.get_targets = _get_targets,
			.remove_member = _remove_member,
			.ike_sa_gone = _ike_sa_gone,
			.can_fragment = _can_fragment,
			.has_changed = _has_changed,
			.put = _put,
			.restore = _restore,
			.renew_sender_ids = _renew_sender_ids,
			.get_members = _get_members,
			.get_policy = _get_policy,
			.destroy = _destroy,
		},
		.rekeying = {
			.policy = gkm_policy_create(spis),
		},
		.roster = {
			.members = gkm_members_create(),
		},
		.store = store,
	);
	this->roster.rekeying = &this->rekeying;
	gkm_tenure_begin(&this->tenure, cfg);
	if (!configure(this, cfg, auth_key, sig_alg, now, NULL, err))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
