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

#include "gkm_phase1.h"
#include "gkm_compat.h"
#include "gkm_payload.h"
#include "gkm_socket.h"
#include "gkm_vendor.h"

#include "libgkm/gdoi/gdoi_codepoints.h"

#include <collections/hashtable.h>
#include <encoding/generator.h>
#include <processing/jobs/delete_ike_sa_job.h>
#include <sa/task.h>
#include <threading/mutex.h>

/** Octets in an SA payload's generic header, DOI and situation (RFC 2408,
 *  3.4), and where the latter are */
#define SA_HEADER_LEN 12
#define SA_DOI_OFFSET 4
#define SA_SITUATION_OFFSET 8

typedef struct private_gkm_phase1_t private_gkm_phase1_t;
typedef struct entry_t entry_t;

/**
 * Private data of the listener.
 */
struct private_gkm_phase1_t {

	/**
	 * Public interface
	 */
	gkm_phase1_t public;

	/**
	 * IKE_SAs of groups, unique ID => entry_t*
	 */
	hashtable_t *entries;

	/**
	 * Protects entries
	 */
	mutex_t *mutex;
};

/**
 * An IKE_SA of a group.
 */
struct entry_t {

	/**
	 * Unique ID of the IKE_SA
	 */
	uintptr_t id;

	/**
	 * TRUE if we are the key server, FALSE if a member
	 */
	bool server;

	/**
	 * What we send in SA payloads: as key server what we got
	 */
	uint32_t doi;
	uint32_t situation;

	/**
	 * What is known of the peer
	 */
	gkm_vendor_t vendor;
};

/**
 * queue_task() of charon's IKE_SAs, the same for all
 */
static void (*ike_sa_queue_task)(ike_sa_t *ike_sa, task_t *task);

/**
 * Get the entry of an IKE_SA, mutex locked
 */
static entry_t *get_entry(private_gkm_phase1_t *this, ike_sa_t *ike_sa)
{
	return this->entries->get(this->entries,
							(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
}

METHOD(gkm_phase1_t, get_info, bool,
	private_gkm_phase1_t *this, ike_sa_t *ike_sa, gkm_phase1_info_t *info)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	if (entry && info)
	{
		*info = (gkm_phase1_info_t){
			.server = entry->server,
			.doi = entry->doi,
			.situation = entry->situation,
			.peer = gkm_vendor_peer(&entry->vendor),
			.d3p = entry->vendor.d3p,
		};
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

/**
 * queue_task() of an IKE_SA of a group: nobody is assigned virtual IP
 * addresses
 */
static void isolated_queue_task(ike_sa_t *ike_sa, task_t *task)
{
	if (task->get_type(task) == TASK_MODE_CONFIG)
	{
		task->destroy(task);
		return;
	}
	ike_sa_queue_task(ike_sa, task);
}

/**
 * reauth() of an IKE_SA of a group: its successor would be no group's
 */
static status_t isolated_reauth(ike_sa_t *ike_sa)
{
	return SUCCESS;
}

/**
 * float_ports() of an IKE_SA of a group. charon's moves away from port 500
 * only, but behind a NAT it is needed from the port of group key management as
 * well (RFC 3947, 4).
 */
static void isolated_float_ports(ike_sa_t *ike_sa)
{
	host_t *host;

	host = ike_sa->get_other_host(ike_sa);
	host->set_port(host, IKEV2_NATT_PORT);
	host = ike_sa->get_my_host(ike_sa);
	host->set_port(host, charon->socket->get_port(charon->socket, TRUE));
}

/**
 * Make an IKE_SA a group's
 */
static void add_entry(private_gkm_phase1_t *this, ike_sa_t *ike_sa,
					  bool server, uint32_t doi, uint32_t situation)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	if (!get_entry(this, ike_sa))
	{
		INIT(entry,
			.id = ike_sa->get_unique_id(ike_sa),
			.server = server,
			.doi = doi,
			.situation = situation,
		);
		this->entries->put(this->entries, (void*)entry->id, entry);
		ike_sa_queue_task = ike_sa->queue_task;
		ike_sa->queue_task = isolated_queue_task;
		ike_sa->reauth = isolated_reauth;
		ike_sa->float_ports = isolated_float_ports;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(gkm_phase1_t, claim, void,
	private_gkm_phase1_t *this, ike_sa_t *ike_sa, gdoi_format_t *format)
{
	add_entry(this, ike_sa, FALSE, format->doi, format->situation);
}

/**
 * Generate an SA payload
 */
static chunk_t encode_sa(payload_t *sa)
{
	generator_t *generator;
	uint32_t *lenpos;
	chunk_t data;

	generator = generator_create_no_dbg();
	generator->generate_payload(generator, sa);
	data = chunk_clone(generator->get_chunk(generator, &lenpos));
	generator->destroy(generator);
	return data;
}

/**
 * Get DOI and situation from an SA payload, FALSE if it is too short
 */
static bool parse_doi(payload_t *sa, uint32_t *doi, uint32_t *situation)
{
	chunk_t data;
	bool ok;

	data = encode_sa(sa);
	ok = data.len >= SA_HEADER_LEN;
	if (ok)
	{
		*doi = untoh32(data.ptr + SA_DOI_OFFSET);
		*situation = untoh32(data.ptr + SA_SITUATION_OFFSET);
	}
	chunk_free(&data);
	return ok;
}

/**
 * A message of phase 1 was parsed
 */
static void received(private_gkm_phase1_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	uint32_t doi, situation;
	entry_t *entry;
	payload_t *sa;

	sa = message->get_payload(message, PLV1_SECURITY_ASSOCIATION);
	if (sa && message->get_request(message) &&
		ike_sa->get_state(ike_sa) == IKE_CREATED &&
		parse_doi(sa, &doi, &situation) &&
		(doi == GDOI_DOI ||
		 gkm_socket_is_group_port(message->get_destination(message))))
	{
		add_entry(this, ike_sa, TRUE, doi, situation);
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	if (entry)
	{
		gkm_vendor_note(&entry->vendor, message);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Have an SA payload with our DOI and situation instead of charon's. Done
 * before the message is encoded for the first time, so what is authenticated
 * is what is sent.
 */
static void set_doi(message_t *message, payload_t *sa, uint32_t doi,
					uint32_t situation)
{
	chunk_t data;

	data = encode_sa(sa);
	if (data.len >= SA_HEADER_LEN &&
		(untoh32(data.ptr + SA_DOI_OFFSET) != doi ||
		 untoh32(data.ptr + SA_SITUATION_OFFSET) != situation))
	{
		htoun32(data.ptr + SA_DOI_OFFSET, doi);
		htoun32(data.ptr + SA_SITUATION_OFFSET, situation);
		gkm_payload_replace(message, sa,
						gkm_payload_create(PLV1_SECURITY_ASSOCIATION,
							chunk_clone(chunk_skip(data, SA_DOI_OFFSET))));
	}
	chunk_free(&data);
}

/**
 * A message of phase 1 is about to be encoded. charon does that twice for the
 * first one.
 */
static void sending(private_gkm_phase1_t *this, ike_sa_t *ike_sa,
					message_t *message)
{
	gkm_phase1_info_t info;
	payload_t *sa;

	sa = message->get_payload(message, PLV1_SECURITY_ASSOCIATION);
	if (sa && get_info(this, ike_sa, &info))
	{
		set_doi(message, sa, info.doi, info.situation);
		gkm_vendor_add(message);
	}
}

METHOD(listener_t, message_, bool,
	private_gkm_phase1_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	exchange_type_t exchange = message->get_exchange_type(message);

	if (plain && ike_sa && ike_sa->get_version(ike_sa) == IKEV1 &&
		(exchange == ID_PROT || exchange == AGGRESSIVE))
	{
		if (incoming)
		{
			received(this, ike_sa, message);
		}
		else
		{
			sending(this, ike_sa, message);
		}
	}
	return TRUE;
}

/**
 * Close an IKE_SA at the end of the lifetime that we proposed
 */
static void schedule_expiry(ike_sa_t *ike_sa)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	uint32_t lifetime;

	lifetime = peer_cfg->get_reauth_time(peer_cfg, FALSE) ?:
			   peer_cfg->get_rekey_time(peer_cfg, FALSE);
	if (lifetime)
	{
		lib->scheduler->schedule_job(lib->scheduler, (job_t*)
				delete_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE),
				lifetime + peer_cfg->get_over_time(peer_cfg));
	}
}

METHOD(listener_t, authorize, bool,
	private_gkm_phase1_t *this, ike_sa_t *ike_sa, bool final, bool *success)
{
	peer_cfg_t *isolated;
	gkm_phase1_info_t info;

	if (!final && ike_sa && ike_sa->get_version(ike_sa) == IKEV1 &&
		get_info(this, ike_sa, &info))
	{	/* before charon enforces the uniqueness of the IKE_SA, and sets its
		 * timers */
		if (!info.server)
		{
			schedule_expiry(ike_sa);
		}
		isolated = gkm_compat_isolate_phase1(ike_sa->get_peer_cfg(ike_sa),
											 FALSE);
		ike_sa->set_peer_cfg(ike_sa, isolated);
		isolated->destroy(isolated);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_gkm_phase1_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	entry_t *entry;

	if (state == IKE_DESTROYING && ike_sa->get_version(ike_sa) == IKEV1)
	{
		this->mutex->lock(this->mutex);
		entry = this->entries->remove(this->entries,
							(void*)(uintptr_t)ike_sa->get_unique_id(ike_sa));
		this->mutex->unlock(this->mutex);
		free(entry);
	}
	return TRUE;
}

METHOD(gkm_phase1_t, destroy, void,
	private_gkm_phase1_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		free(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
gkm_phase1_t *gkm_phase1_create()
{
	private_gkm_phase1_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message_,
				.authorize = _authorize,
				.ike_state_change = _ike_state_change,
			},
			.claim = _claim,
			.get_info = _get_info,
			.destroy = _destroy,
		},
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
