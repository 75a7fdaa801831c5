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

#include "gkm_server_primary.h"
#include "gkm_server_key.h"

#include "libgkm/group/gkm_state.h"

/**
 * Read the key that signs rekeys
 */
static bool read_signer(gkm_server_primary_t *this, chunk_t der,
						gkm_error_t *err)
{
	if (der.len)
	{
		this->key = lib->creds->create(lib->creds, CRED_PRIVATE_KEY, KEY_ANY,
									   BUILD_BLOB_ASN1_DER, der, BUILD_END);
		return this->key || gkm_fail(err, "key that signs rekeys can't be "
									 "used");
	}
	return TRUE;
}

/**
 * Read a record; those of the group are for the group
 */
static bool read_record(gkm_server_primary_t *this, bool in_file,
						gkm_record_entry_t *record, gkm_error_t *err)
{
	switch (record->kind)
	{
		case GKM_RECORD_SIGNER:
			return in_file || read_signer(this, record->value, err);
		case GKM_RECORD_OUTBOX:
			this->sending = chunk_clone(record->value);
			this->has_sending = TRUE;
			return TRUE;
		default:
			return TRUE;
	}
}

/**
 * What members check messages of another one with, while it is compared
 */
typedef struct {
	/** DER SubjectPublicKeyInfo that it should be */
	chunk_t auth_key;
	gkm_error_t *err;
} check_t;

CALLBACK(check_sas, bool,
	check_t *this, chunk_t unused, chunk_t record)
{
	gkm_state_t state = {};
	gkm_rekey_sa_t *sa;
	bool fits = TRUE;
	int i;

	if (!gkm_state_decode(record, &state, this->err))
	{
		return FALSE;
	}
	for (i = 0; i < GKM_PROTOCOLS; i++)
	{
		sa = state.kept.rekeys[i].sa;
		fits &= !sa || sa->auth != GKM_AUTH_SIGNATURE ||
				chunk_equals(sa->auth_key, this->auth_key);
	}
	gkm_state_clear(&state);
	return fits || gkm_fail(this->err, "rekeys are signed with another key "
							"than this key server has");
}

/**
 * Can rekeys be signed with a key in place of the primary?
 *
 * @param key		key, NULL if this key server doesn't sign
 */
static bool check_key(gkm_server_group_t *entry, private_key_t *key,
					  gkm_state_store_t *records, gkm_error_t *err)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	chunk_t sig_alg = chunk_empty;
	check_t check = {
		.err = err,
	};
	bool success;

	success = gkm_server_key_describe(cfg, key, &check.auth_key, &sig_alg,
									  err) &&
			  records->load(records, NULL, GKM_RECORD_GROUP, (void*)check_sas,
							&check, err);
	chunk_free(&check.auth_key);
	chunk_free(&sig_alg);
	return success;
}

/*
 * Described in header
 */
bool gkm_server_primary_read(gkm_server_primary_t *this,
							 gkm_server_group_t *entry,
							 gkm_record_list_t *records, gkm_error_t *err)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	gkm_record_entry_t *record;
	enumerator_t *enumerator;
	bool success = TRUE;

	enumerator = records->create_enumerator(records);
	while (success && enumerator->enumerate(enumerator, &record))
	{	/* of these kinds there is one at most, as keys are empty */
		success = read_record(this, cfg->rekey.key != NULL, record, err);
	}
	enumerator->destroy(enumerator);
	return success &&
		   check_key(entry, this->key ?: entry->key, &records->store, err);
}

/*
 * Described in header
 */
void gkm_server_primary_clear(gkm_server_primary_t *this)
{
	DESTROY_IF(this->key);
	chunk_free(&this->sending);
	*this = (gkm_server_primary_t){};
}
