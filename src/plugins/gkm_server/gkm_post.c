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

#include "gkm_post.h"
#include "gkm_server_gdoi.h"

#include "libgkm/gikev2/gikev2_rekey.h"

/** Octets in IP and UDP headers */
#define IPV4_UDP_LEN 28
#define IPV6_UDP_LEN 48

/**
 * Write the datagrams of a message, in fragments if it is large and members
 * can put them together
 */
static bool build(gkm_post_t *this, gkm_server_group_t *entry,
				  private_key_t *key, gkm_notice_t *notice, host_t *address,
				  array_t *datagrams, gkm_error_t *err)
{
	size_t max = 0;

	if (this->fragment_size && entry->group->can_fragment(entry->group))
	{
		max = this->fragment_size - (address->get_family(address) == AF_INET ?
									 IPV4_UDP_LEN : IPV6_UDP_LEN);
	}
	return gikev2_rekey_build(notice->carrier, notice->update,
							  notice->message_id, key, max, datagrams, err);
}

/**
 * Say that a message can't be written
 */
static void complain(gkm_post_t *this, gkm_server_group_t *entry,
					 gkm_protocol_t protocol, gkm_error_t *err)
{
	this->gkm->event(this->gkm, entry->name, 2, "KS_REKEY_FAILED",
					 "group %s: rekey message for %N can't be written: %s",
					 entry->name, gkm_protocol_names, protocol, err->text);
}

/*
 * Described in header
 */
void gkm_post_rekey(gkm_post_t *this, gkm_server_group_t *entry,
					private_key_t *key, gkm_notice_t *notice,
					gkm_rekey_note_t *note, time_t now)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	gkm_error_t err = {};
	array_t *datagrams;
	host_t *address;
	chunk_t datagram;
	int i;

	address = gkm_rekey_sa_get_address(notice->carrier);
	datagrams = array_create(sizeof(chunk_t), 0);
	if (!build(this, entry, key, notice, address, datagrams, &err))
	{
		complain(this, entry, GKM_PROTOCOL_GIKEV2, &err);
		array_destroy(datagrams);
		address->destroy(address);
		return;
	}
	note->datagrams = array_count(datagrams);
	for (i = 0; array_get(datagrams, i, &datagram); i++)
	{
		note->octets += datagram.len;
	}
	this->gkm->event(this->gkm, entry->name, 5, "KS_SEND_MCAST_REKEY",
					 "group %s: %N, sending rekey to %#H, message ID %u, %u new "
					 "data SAs%s%s", entry->name, gkm_notice_reason_names,
					 notice->reason, address, notice->message_id, note->sas,
					 note->rekey_sa ? ", new rekey SA" : "",
					 note->excludes_all ? ", all members are excluded" : "");
	entry->outbox->add(entry->outbox, note->number, GKM_PROTOCOL_GIKEV2,
					   address, datagrams, &cfg->rekey.retransmit, now);
	address->destroy(address);
}

/**
 * Put the message of a notice that GDOI members get by multicast into the
 * outbox
 */
static bool post_multicast(gkm_post_t *this, gkm_server_group_t *entry,
						   private_key_t *key, gkm_notice_t *notice,
						   gkm_rekey_note_t *note, time_t now, gkm_error_t *err)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	array_t *datagrams;
	host_t *address;
	chunk_t datagram;

	if (!gkm_server_gdoi_multicast(cfg, notice, key, &datagram, err))
	{
		return FALSE;
	}
	address = gkm_rekey_sa_get_address(notice->push_carrier);
	this->gkm->event(this->gkm, entry->name, 5, "KS_SEND_MCAST_REKEY",
					 "group %s: %N, sending GDOI rekey to %#H, sequence number "
					 "%u, %u new data SAs%s%s", entry->name,
					 gkm_notice_reason_names, notice->reason, address,
					 notice->push_seq, note->sas,
					 note->rekey_sa ? ", new rekey SA" : "",
					 note->excludes_all ? ", all members are excluded" : "");
	note->push.variants = 1;
	note->push.octets = datagram.len;
	datagrams = array_create(sizeof(chunk_t), 0);
	array_insert(datagrams, ARRAY_TAIL, &datagram);
	entry->outbox->add(entry->outbox, note->number, GKM_PROTOCOL_GDOI, address,
					   datagrams, &cfg->rekey.retransmit, now);
	address->destroy(address);
	return TRUE;
}

/**
 * Put the message of a notice that GDOI members get by unicast into the outbox
 */
static bool post_unicast(gkm_post_t *this, gkm_server_group_t *entry,
						 private_key_t *key, gkm_notice_t *notice,
						 gkm_rekey_note_t *note, time_t now, gkm_error_t *err)
{
	gkm_cfg_t *cfg = entry->group->get_cfg(entry->group);
	gkm_outbox_unicast_t message;
	gkm_outbox_variant_t variant;
	int i;

	if (!array_count(notice->targets))
	{	/* nobody is there to be told */
		return TRUE;
	}
	if (!gkm_server_gdoi_unicast(cfg, notice, key, &message, err))
	{
		return FALSE;
	}
	this->gkm->event(this->gkm, entry->name, 5, "KS_SEND_UNICAST_REKEY",
					 "group %s: %N, sending GDOI rekey to %u members, sequence "
					 "number %u, %u new data SAs%s%s", entry->name,
					 gkm_notice_reason_names, notice->reason,
					 note->push.targets, notice->push_seq, note->sas,
					 note->rekey_sa ? ", new rekey SA" : "",
					 note->excludes_all ? ", all members are excluded" : "");
	note->push.variants = array_count(message.variants);
	for (i = 0; array_get(message.variants, i, &variant); i++)
	{
		note->push.octets += variant.datagram.len;
	}
	entry->outbox->add_unicast(entry->outbox, note->number, &message,
							   &cfg->rekey.retransmit, now);
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_post_push(gkm_post_t *this, gkm_server_group_t *entry,
				   private_key_t *key, gkm_notice_t *notice,
				   gkm_rekey_note_t *note, time_t now)
{
	gkm_error_t err = {};
	bool success;

	if (notice->targets)
	{
		success = post_unicast(this, entry, key, notice, note, now, &err);
	}
	else
	{
		success = post_multicast(this, entry, key, notice, note, now, &err);
	}
	if (!success)
	{
		complain(this, entry, GKM_PROTOCOL_GDOI, &err);
	}
	return success;
}
