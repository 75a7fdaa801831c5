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

#include "gkm_members.h"

#include <collections/hashtable.h>

typedef struct private_gkm_members_t private_gkm_members_t;

/**
 * Private data
 */
struct private_gkm_members_t {

	/** public interface */
	gkm_members_t public;

	/** gkm_member_t*, keyed by themselves */
	hashtable_t *table;

	/** gkm_member_t* that are rekeyed in-band here, by the unique ID of their
	 *  IKE_SA */
	hashtable_t *inband;

	/** gkm_member_t* that use GDOI, by their address; those behind a NAT, by
	 *  address and port as well */
	hashtable_t *addresses;
	hashtable_t *endpoints;

	/** number of those that use GDOI */
	u_int gdoi;

	/** number of those that are rekeyed by multicast with G-IKEv2 and don't
	 *  understand fragments: a look at all members for each rekey would take
	 *  longer than anything else */
	u_int unable;

	/** nobody expires before this, as all got SAs by a rekey */
	time_t extended;

	/** nor before this */
	time_t earliest;
};

/**
 * Hash function over identities of members
 */
static u_int hash(const void *key)
{
	const gkm_member_t *member = key;

	return chunk_hash_inc(member->id_encoding, member->id_type);
}

/**
 * Do two members have the same identity?
 */
static bool equals(const void *key, const void *other_key)
{
	const gkm_member_t *a = key, *b = other_key;

	return a->id_type == b->id_type &&
		   chunk_equals(a->id_encoding, b->id_encoding);
}

/**
 * Octets in the address of a member
 */
static size_t address_len(const gkm_member_t *member)
{
	return member->family == AF_INET ? 4 : 16;
}

/**
 * Hash function over addresses of members
 */
static u_int hash_address(const void *key)
{
	const gkm_member_t *member = key;

	return chunk_hash(chunk_create((u_char*)member->address,
								   address_len(member)));
}

/**
 * Do two members have the same address?
 */
static bool equals_address(const void *key, const void *other_key)
{
	const gkm_member_t *a = key, *b = other_key;

	return a->family == b->family &&
		   memeq(a->address, b->address, address_len(a));
}

/**
 * Hash function over addresses and ports of members
 */
static u_int hash_endpoint(const void *key)
{
	const gkm_member_t *member = key;

	return chunk_hash_inc(chunk_from_thing(member->port), hash_address(key));
}

/**
 * Do two members have the same address and port?
 */
static bool equals_endpoint(const void *key, const void *other_key)
{
	const gkm_member_t *a = key, *b = other_key;

	return a->port == b->port && equals_address(a, b);
}

/**
 * Find a member by its identity
 */
static gkm_member_t *find(private_gkm_members_t *this, identification_t *id)
{
	gkm_member_t key = {
		.id_type = id->get_type(id),
		.id_encoding = id->get_encoding(id),
	};

	return this->table->get(this->table, &key);
}

/*
 * Described in header
 */
gkm_member_t *gkm_member_create(id_type_t type, chunk_t encoding, u_int ids)
{
	gkm_member_t *member;
	size_t offset;

	/* sender IDs first, they want to be aligned */
	offset = sizeof(*member) + ids * sizeof(uint32_t);
	member = malloc(offset + encoding.len);
	memset(member, 0, sizeof(*member));
	member->id_type = type;
	member->id_encoding = chunk_create((u_char*)member + offset, encoding.len);
	memcpy(member->id_encoding.ptr, encoding.ptr, encoding.len);
	member->slot = GKM_MEMBER_NO_SLOT;
	member->sender_id_count = ids;
	member->sender_ids = (uint32_t*)(member + 1);
	return member;
}

/*
 * Described in header
 */
gkm_member_t *gkm_member_clone(gkm_member_t *this)
{
	gkm_member_t *clone;
	uint32_t *sender_ids;
	chunk_t encoding;

	clone = gkm_member_create(this->id_type, this->id_encoding,
							  this->sender_id_count);
	encoding = clone->id_encoding;
	sender_ids = clone->sender_ids;
	*clone = *this;
	clone->id_encoding = encoding;
	clone->sender_ids = sender_ids;
	memcpy(clone->sender_ids, this->sender_ids,
		   this->sender_id_count * sizeof(uint32_t));
	return clone;
}

/**
 * Key of a member in the table of those that are rekeyed in-band
 */
static void *inband_key(uint32_t ike_sa_id)
{
	return (void*)(uintptr_t)ike_sa_id;
}

/**
 * A member is gone, or is about to change
 */
static void uncount(private_gkm_members_t *this, gkm_member_t *member)
{
	void *key = inband_key(member->ike_sa_id);

	if (member->protocol == GKM_PROTOCOL_GDOI)
	{
		this->gdoi--;
		if (this->addresses->get(this->addresses, member) == member)
		{
			this->addresses->remove(this->addresses, member);
		}
		if (this->endpoints->get(this->endpoints, member) == member)
		{
			this->endpoints->remove(this->endpoints, member);
		}
	}
	else if (!member->inband)
	{
		this->unable -= member->fragmentation ? 0 : 1;
	}
	else if (this->inband->get(this->inband, key) == member)
	{
		this->inband->remove(this->inband, key);
	}
}

/**
 * A member is new, or has changed
 */
static void count(private_gkm_members_t *this, gkm_member_t *member)
{
	if (member->protocol == GKM_PROTOCOL_GDOI)
	{
		this->gdoi++;
		this->addresses->put(this->addresses, member, member);
		if (member->natt)
		{
			this->endpoints->put(this->endpoints, member, member);
		}
	}
	else if (!member->inband)
	{
		this->unable += member->fragmentation ? 0 : 1;
	}
	else if (member->ike_sa_id)
	{
		this->inband->put(this->inband, inband_key(member->ike_sa_id), member);
	}
}

METHOD(gkm_members_t, put, void,
	private_gkm_members_t *this, gkm_member_t *member)
{
	gkm_member_t *old;

	old = this->table->put(this->table, member, member);
	if (old)
	{
		uncount(this, old);
		free(old);
	}
	count(this, member);
	this->earliest = min(this->earliest, member->expires);
}

METHOD(gkm_members_t, move, bool,
	private_gkm_members_t *this, uint32_t ike_sa_id, uint32_t new_id)
{
	gkm_member_t *member;

	member = this->inband->get(this->inband, inband_key(ike_sa_id));
	if (!member)
	{
		return FALSE;
	}
	uncount(this, member);
	member->ike_sa_id = new_id;
	count(this, member);
	return TRUE;
}

METHOD(gkm_members_t, find_inband, gkm_member_t*,
	private_gkm_members_t *this, uint32_t ike_sa_id)
{
	return this->inband->get(this->inband, inband_key(ike_sa_id));
}

METHOD(gkm_members_t, remove_, bool,
	private_gkm_members_t *this, identification_t *id)
{
	gkm_member_t *member;

	member = find(this, id);
	if (!member)
	{
		return FALSE;
	}
	this->table->remove(this->table, member);
	uncount(this, member);
	free(member);
	return TRUE;
}

METHOD(gkm_members_t, extend, void,
	private_gkm_members_t *this, time_t expires)
{
	this->extended = max(this->extended, expires);
}

METHOD(gkm_members_t, expire, void,
	private_gkm_members_t *this, time_t now,
	void (*cb)(void*,gkm_member_t*), void *user)
{
	enumerator_t *enumerator;
	gkm_member_t *member;

	if (now < this->extended || now < this->earliest)
	{
		return;
	}
	this->earliest = GKM_TIME_MAX;
	enumerator = this->table->create_enumerator(this->table);
	while (enumerator->enumerate(enumerator, NULL, &member))
	{
		if (member->expires <= now)
		{
			cb(user, member);
			this->table->remove_at(this->table, enumerator);
			uncount(this, member);
			free(member);
		}
		else
		{
			this->earliest = min(this->earliest, member->expires);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(gkm_members_t, get, gkm_member_t*,
	private_gkm_members_t *this, identification_t *id)
{
	return find(this, id);
}

METHOD(gkm_members_t, find_gdoi, gkm_member_t*,
	private_gkm_members_t *this, host_t *address)
{
	gkm_member_t key = {
		.family = address->get_family(address),
		.port = address->get_port(address),
	};
	chunk_t ip = address->get_address(address);

	memcpy(key.address, ip.ptr, min(ip.len, sizeof(key.address)));
	return this->endpoints->get(this->endpoints, &key) ?:
		   this->addresses->get(this->addresses, &key);
}

METHOD(gkm_members_t, get_gdoi_count, u_int,
	private_gkm_members_t *this)
{
	return this->gdoi;
}

METHOD(gkm_members_t, get_count, u_int,
	private_gkm_members_t *this)
{
	return this->table->get_count(this->table);
}

CALLBACK(filter_key, bool,
	void *unused, enumerator_t *orig, va_list args)
{
	gkm_member_t *member, **out;

	VA_ARGS_VGET(args, out);

	if (orig->enumerate(orig, NULL, &member))
	{
		*out = member;
		return TRUE;
	}
	return FALSE;
}

METHOD(gkm_members_t, can_fragment, bool,
	private_gkm_members_t *this)
{
	return !this->unable;
}

METHOD(gkm_members_t, create_enumerator, enumerator_t*,
	private_gkm_members_t *this)
{
	return enumerator_create_filter(this->table->create_enumerator(this->table),
									filter_key, NULL, NULL);
}

METHOD(gkm_members_t, create_inband_enumerator, enumerator_t*,
	private_gkm_members_t *this)
{
	return enumerator_create_filter(
								this->inband->create_enumerator(this->inband),
								filter_key, NULL, NULL);
}

CALLBACK(filter_gdoi, bool,
	void *unused, enumerator_t *orig, va_list args)
{
	gkm_member_t *member, **out;

	VA_ARGS_VGET(args, out);

	while (orig->enumerate(orig, NULL, &member))
	{
		if (member->protocol == GKM_PROTOCOL_GDOI)
		{
			*out = member;
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(gkm_members_t, create_gdoi_enumerator, enumerator_t*,
	private_gkm_members_t *this)
{
	if (!this->gdoi)
	{
		return enumerator_create_empty();
	}
	return enumerator_create_filter(this->table->create_enumerator(this->table),
									filter_gdoi, NULL, NULL);
}

CALLBACK(free_member, void,
	gkm_member_t *member, const void *key)
{
	free(member);
}

METHOD(gkm_members_t, destroy, void,
	private_gkm_members_t *this)
{
	this->inband->destroy(this->inband);
	this->addresses->destroy(this->addresses);
	this->endpoints->destroy(this->endpoints);
	this->table->destroy_function(this->table, free_member);
	free(this);
}

/*
 * Described in header
 */
gkm_members_t *gkm_members_create()
{
	private_gkm_members_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.move = _move,
			.find_inband = _find_inband,
			.remove = _remove_,
			.extend = _extend,
			.expire = _expire,
			.get = _get,
			.find_gdoi = _find_gdoi,
			.get_count = _get_count,
			.get_gdoi_count = _get_gdoi_count,
			.can_fragment = _can_fragment,
			.create_enumerator = _create_enumerator,
			.create_inband_enumerator = _create_inband_enumerator,
			.create_gdoi_enumerator = _create_gdoi_enumerator,
			.destroy = _destroy,
		},
		.table = hashtable_create(hash, equals, 8),
		.inband = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
		.addresses = hashtable_create(hash_address, equals_address, 8),
		.endpoints = hashtable_create(hash_endpoint, equals_endpoint, 8),
		.earliest = GKM_TIME_MAX,
	);
	return &this->public;
}
