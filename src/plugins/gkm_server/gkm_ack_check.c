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

#include "gkm_ack_check.h"

#include "libgkm/gdoi/gdoi_ack.h"
#include "libgkm/gdoi/gdoi_sealed_ack.h"

typedef struct private_gkm_ack_check_t private_gkm_ack_check_t;

/**
 * Private data
 */
struct private_gkm_ack_check_t {

	/** public interface */
	gkm_ack_check_t public;

	/** group */
	gkm_server_group_t *entry;

	/** rekey SA, its type of acknowledgements is what there is a key for */
	gkm_rekey_sa_t *sa;

	/** keys of those of RFC 8263, made with the key of the rekey SA or that of
	 *  the member that acknowledged last, and of encrypted ones; NULL until
	 *  needed */
	gdoi_ack_key_t *key;
	gdoi_ack_key_t *sealed_key;
};

/**
 * Let the group know of an acknowledgement that is valid
 */
static gkm_ack_verdict_t accept_ack(private_gkm_ack_check_t *this,
									gdoi_ack_t *ack, host_t *src,
									gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;
	gkm_rekey_note_t *note;
	bool expected;

	entry->mutex->lock(entry->mutex);
	expected = entry->group->acknowledge(entry->group, ack->spi, ack->seq, src,
										 err);
	if (expected)
	{
		note = gkm_server_history_find_push(&entry->history, ack->spi,
											ack->seq);
		if (note)
		{
			note->push.acknowledged++;
		}
	}
	entry->mutex->unlock(entry->mutex);
	return expected ? GKM_ACK_ACCEPTED : GKM_ACK_UNEXPECTED;
}

/**
 * Is it made with the key of the member's leaf?
 */
static bool is_pairwise(gkm_ack_t type)
{
	return type == GKM_ACK_LKH_SHA256 || type == GKM_ACK_LKH_SHA512;
}

/**
 * Check the hash of an acknowledgement that is made with the key of the
 * member's leaf
 */
static bool verify_pairwise(private_gkm_ack_check_t *this, gdoi_ack_t *ack,
							host_t *src, gkm_error_t *err)
{
	gkm_server_group_t *entry = this->entry;
	chunk_t leaf;
	bool valid;

	entry->mutex->lock(entry->mutex);
	valid = entry->group->get_leaf_key(entry->group, src, &leaf);
	entry->mutex->unlock(entry->mutex);
	if (!valid)
	{
		return gkm_fail(err, "no member with a key of its own is there");
	}
	if (this->key)
	{
		valid = this->key->set_base_key(this->key, leaf);
	}
	else
	{
		this->key = gdoi_ack_key_create(this->sa->ack, leaf, this->sa->spi,
										err);
		valid = this->key != NULL;
	}
	chunk_clear(&leaf);
	valid = valid && this->key->verify(this->key, ack);
	return valid || gkm_fail(err, "its hash is wrong");
}

/**
 * Check the hash of an acknowledgement
 */
static bool verify(private_gkm_ack_check_t *this, gdoi_ack_t *ack, host_t *src,
				   bool sealed, gkm_error_t *err)
{
	gdoi_ack_key_t **key = sealed ? &this->sealed_key : &this->key;
	gkm_ack_t type = sealed ? GKM_ACK_KEK_SHA256 : this->sa->ack;

	if (is_pairwise(type))
	{
		return verify_pairwise(this, ack, src, err);
	}
	if (!*key)
	{
		*key = gdoi_ack_key_create(type, gdoi_ack_base_key(this->sa),
								   this->sa->spi, err);
	}
	return *key && ((*key)->verify(*key, ack) ||
					gkm_fail(err, "its hash is wrong"));
}

/**
 * Find out what a member is, and whether it is behind a NAT, by the address it
 * registered from
 */
static void look_up(private_gkm_ack_check_t *this, host_t *src,
					gkm_peer_t *peer, bool *natt)
{
	gkm_server_group_t *entry = this->entry;
	gkm_members_t *members;
	gkm_member_t *member;

	entry->mutex->lock(entry->mutex);
	members = entry->group->get_members(entry->group);
	member = members->find_gdoi(members, src);
	*peer = member ? member->peer : GKM_PEER_OTHER;
	*natt = member && member->natt;
	entry->mutex->unlock(entry->mutex);
}

/**
 * Does an acknowledgement name the address that it comes from, which is the
 * one that the member registered from (RFC 8263, 4.2)? Behind a NAT a member
 * doesn't know that.
 */
static bool has_own_address(private_gkm_ack_check_t *this, gdoi_ack_t *ack,
							host_t *src)
{
	gkm_peer_t peer;
	bool natt;

	if (ack->id_type == GDOI_ID_OID ||
		chunk_equals(ack->id, src->get_address(src)))
	{
		return TRUE;
	}
	look_up(this, src, &peer, &natt);
	return natt;
}

/**
 * Check what an acknowledgement says
 */
static gkm_ack_verdict_t check_content(private_gkm_ack_check_t *this,
									   chunk_t datagram, host_t *src,
									   bool sealed, gkm_error_t *err)
{
	gdoi_ack_t ack;

	if (!gdoi_ack_parse(datagram, &ack, err))
	{
		return GKM_ACK_MALFORMED;
	}
	if (!has_own_address(this, &ack, src))
	{
		gkm_fail(err, "it has another address than it comes from");
		return GKM_ACK_FOREIGN;
	}
	if (!verify(this, &ack, src, sealed, err))
	{
		return GKM_ACK_FORGED;
	}
	return accept_ack(this, &ack, src, err);
}

/**
 * Is an acknowledgement of a kind that is accepted?
 */
static gkm_ack_verdict_t check_kind(private_gkm_ack_check_t *this,
									gkm_acks_t acks, bool sealed, host_t *src,
									gkm_error_t *err)
{
	gkm_peer_t peer = GKM_PEER_OTHER;
	bool natt;

	if (acks == GKM_ACKS_NONE)
	{
		gkm_fail(err, "the group has none");
		return GKM_ACK_UNSOLICITED;
	}
	if (sealed)
	{
		look_up(this, src, &peer, &natt);
	}
	if (!gkm_acks_accepted(acks, peer, sealed))
	{
		gkm_fail(err, "%s ones aren't accepted with acknowledgement = %N%s",
				 sealed ? "encrypted" : "RFC 8263", gkm_acks_names, acks,
				 acks == GKM_ACKS_ANY ? ", but of Cisco's members" : "");
		return GKM_ACK_REFUSED;
	}
	return GKM_ACK_ACCEPTED;
}

/**
 * Make sure that the key is of the type that was asked for last
 */
static void set_type(private_gkm_ack_check_t *this, gkm_ack_t type)
{
	if (this->sa->ack != type)
	{
		this->sa->ack = type;
		DESTROY_IF(this->key);
		this->key = NULL;
	}
}

METHOD(gkm_ack_check_t, check, gkm_ack_verdict_t,
	private_gkm_ack_check_t *this, gkm_acks_t acks, gkm_ack_t type,
	chunk_t datagram, host_t *src, gkm_error_t *err)
{
	gkm_ack_verdict_t verdict;
	gdoi_header_t header;
	chunk_t plain;
	bool sealed;

	if (!gdoi_header_parse(datagram, &header))
	{
		gkm_fail(err, "wrong header");
		return GKM_ACK_MALFORMED;
	}
	sealed = header.flags & GDOI_FLAG_ENCRYPTED;
	verdict = check_kind(this, acks, sealed, src, err);
	if (verdict != GKM_ACK_ACCEPTED)
	{
		return verdict;
	}
	set_type(this, type);
	if (!sealed)
	{
		return check_content(this, datagram, src, FALSE, err);
	}
	if (!gdoi_sealed_ack_open(this->sa, datagram, &plain, err))
	{
		return GKM_ACK_MALFORMED;
	}
	verdict = check_content(this, plain, src, TRUE, err);
	chunk_free(&plain);
	return verdict;
}

METHOD(gkm_ack_check_t, destroy, void,
	private_gkm_ack_check_t *this)
{
	DESTROY_IF(this->key);
	DESTROY_IF(this->sealed_key);
	gkm_rekey_sa_destroy(this->sa);
	free(this);
}

/*
 * Described in header
 */
gkm_ack_check_t *gkm_ack_check_create(gkm_server_group_t *entry,
									  gkm_rekey_sa_t *sa)
{
	private_gkm_ack_check_t *this;

	INIT(this,
		.public = {
			.check = _check,
			.destroy = _destroy,
		},
		.entry = entry,
		.sa = gkm_rekey_sa_clone(sa),
	);
	return &this->public;
}
