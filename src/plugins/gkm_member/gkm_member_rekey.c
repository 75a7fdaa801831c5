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

#include "gkm_member_rekey.h"
#include "gkm_kernel.h"

#include "libgkm/gdoi/gdoi_push.h"
#include "libgkm/gikev2/gikev2_rekey.h"
#include "libgkm/group/gkm_adoption.h"
#include "libgkm/group/gkm_channel.h"
#include "libgkm/group/gkm_member_state.h"
#include "libgkm/group/gkm_print.h"

/** What anyone can provoke is logged once in this time, milliseconds */
#define LOG_INTERVAL 10000

typedef struct private_gkm_member_rekey_t private_gkm_member_rekey_t;
typedef struct slot_t slot_t;
typedef struct ignored_t ignored_t;

/**
 * A rekey SA in use, all zero if there is none
 */
struct slot_t {
	/** the SA, its key and message ID are those that it began with */
	gkm_rekey_sa_t *sa;
	/** channel */
	gkm_channel_t *channel;
	/** what is listened on, NULL if nothing is, and our address */
	host_t *address;
	host_t *local;
	/** when it ends, 0 if not limited */
	uint64_t expires;
};

/**
 * Datagrams that weren't used
 */
struct ignored_t {
	/** number of them */
	u_int count;
	/** when one was logged last, 0 if none was */
	uint64_t logged;
};

/**
 * Private data
 */
struct private_gkm_member_rekey_t {

	/** public interface */
	gkm_member_rekey_t public;

	/** carrier */
	gkm_t *gkm;

	/** configuration of the group */
	gkm_cfg_t *cfg;

	/** rekey SA, and the one before it until that ends */
	slot_t current;
	slot_t previous;

	/** path through the key tree, as gkm_kwk_t* */
	array_t *path;

	/** updates that never came */
	uint64_t missed;

	/** datagrams that weren't used: copies and replays, those that anyone can
	 *  send, those that only members can */
	u_int replayed;
	ignored_t forged;
	ignored_t malformed;

	/** acknowledgements sent; TRUE if it was logged that there are none */
	u_int acks;
	bool no_acks;
};

/*
 * Described in header
 */
bool gkm_rekey_datagram_peek(gkm_rekey_datagram_t *this)
{
	uint32_t message_id;

	return gikev2_rekey_peek(this->data, this->spi, &message_id) ||
		   gdoi_push_peek(this->data, this->spi);
}

/**
 * Is this a rekey SA of GDOI?
 */
static bool is_gdoi(gkm_rekey_sa_t *sa)
{
	return sa->proposal->get_protocol(sa->proposal) == PROTO_GDOI_KEK;
}

/**
 * Forget a rekey SA
 */
static void clear_slot(private_gkm_member_rekey_t *this, slot_t *slot)
{
	if (slot->sa)
	{
		if (slot->address)
		{
			this->gkm->unlisten(this->gkm, slot->address, slot->local);
			slot->address->destroy(slot->address);
		}
		slot->channel->destroy(slot->channel);
		slot->local->destroy(slot->local);
		gkm_rekey_sa_destroy(slot->sa);
		memset(slot, 0, sizeof(*slot));
	}
}

/**
 * Create the channel of a rekey SA
 */
static gkm_channel_t *create_channel(private_gkm_member_rekey_t *this,
									 gkm_rekey_sa_t *sa, gkm_error_t *err)
{
	gdoi_format_t format;

	if (is_gdoi(sa))
	{
		gdoi_format_configure(&format, &this->cfg->gdoi);
		return gdoi_push_create(sa, &format, err);
	}
	return gikev2_rekey_create(sa, err);
}

/**
 * Listen to what is sent on a rekey SA, unless that comes by unicast
 *
 * @param address		receives what is listened on, NULL if nothing is
 */
static bool listen_to(private_gkm_member_rekey_t *this, gkm_rekey_sa_t *sa,
					  host_t *local, host_t **address, gkm_error_t *err)
{
	*address = NULL;
	if (is_gdoi(sa) && !gkm_is_multicast(sa->dst->get_from_address(sa->dst)))
	{
		return TRUE;
	}
	*address = gkm_rekey_sa_get_address(sa);
	if (!this->gkm->listen(this->gkm, *address, local, err))
	{
		(*address)->destroy(*address);
		return FALSE;
	}
	return TRUE;
}

/**
 * Begin to use a rekey SA.
 *
 * @param slot		receives it, unchanged on failure
 * @param sa		rekey SA, adopted
 */
static bool fill_slot(private_gkm_member_rekey_t *this, slot_t *slot,
					  gkm_rekey_sa_t *sa, host_t *local, uint64_t now,
					  gkm_error_t *err)
{
	slot_t new = {
		.sa = sa,
		.expires = sa->lifetime ? now + (uint64_t)sa->lifetime * 1000 : 0,
	};

	new.channel = create_channel(this, sa, err);
	if (!new.channel || !listen_to(this, sa, local, &new.address, err))
	{
		DESTROY_IF(new.channel);
		gkm_rekey_sa_destroy(sa);
		return FALSE;
	}
	new.local = local->clone(local);
	*slot = new;
	return TRUE;
}

/**
 * Is this the rekey SA with an SPI?
 */
static bool is_slot(slot_t *slot, uint8_t *spi)
{
	return slot->sa && memeq(slot->sa->spi, spi, GKM_REKEY_SPI_LEN);
}

/**
 * Find the rekey SA with an SPI
 */
static slot_t *find_slot(private_gkm_member_rekey_t *this, uint8_t *spi)
{
	if (is_slot(&this->current, spi))
	{
		return &this->current;
	}
	return is_slot(&this->previous, spi) ? &this->previous : NULL;
}

/**
 * Take a path over in place of ours
 */
static void adopt_path(private_gkm_member_rekey_t *this, gkm_download_t *from)
{
	array_destroy_function(this->path, (void*)gkm_kwk_destroy, NULL);
	this->path = from->path;
	from->path = NULL;
}

METHOD(gkm_member_rekey_t, clear, void,
	private_gkm_member_rekey_t *this)
{
	clear_slot(this, &this->current);
	clear_slot(this, &this->previous);
	array_destroy_function(this->path, (void*)gkm_kwk_destroy, NULL);
	this->path = NULL;
}

METHOD(gkm_member_rekey_t, replace, bool,
	private_gkm_member_rekey_t *this, gkm_download_t *download, host_t *local,
	uint64_t now, gkm_error_t *err)
{
	gkm_rekey_sa_t *sa = download->rekey;
	slot_t *held, new = {};
	uint64_t next;
	bool success = TRUE;

	if (sa)
	{
		download->rekey = NULL;
		held = find_slot(this, sa->spi);
		if (held)
		{
			next = held->channel->get_next_id(held->channel);
			sa->message_id = max(sa->message_id, min(next, UINT32_MAX));
		}
		/* before others go, so that nothing is lost in between */
		success = fill_slot(this, &new, sa, local, now, err);
	}
	clear(this);
	this->current = new;
	adopt_path(this, download);
	return success;
}

METHOD(gkm_member_rekey_t, is_held, bool,
	private_gkm_member_rekey_t *this)
{
	return this->current.sa != NULL;
}

METHOD(gkm_member_rekey_t, has, bool,
	private_gkm_member_rekey_t *this, uint8_t *spi)
{
	return find_slot(this, spi) != NULL;
}

METHOD(gkm_member_rekey_t, get_addresses, array_t*,
	private_gkm_member_rekey_t *this)
{
	array_t *addresses = array_create(0, 0);

	if (this->current.address)
	{
		array_insert(addresses, ARRAY_TAIL, this->current.address);
	}
	if (this->previous.address)
	{
		array_insert(addresses, ARRAY_TAIL, this->previous.address);
	}
	return addresses;
}

METHOD(gkm_member_rekey_t, is_local, bool,
	private_gkm_member_rekey_t *this)
{
	return !this->current.sa || gkm_kernel_is_local(this->current.local);
}

METHOD(gkm_member_rekey_t, is_older, bool,
	private_gkm_member_rekey_t *this, gkm_download_t *download)
{
	gkm_rekey_sa_t *sa = download->rekey;
	gkm_channel_t *channel = this->current.channel;

	if (!sa || !channel)
	{
		return FALSE;
	}
	return is_slot(&this->previous, sa->spi) ||
		  (is_slot(&this->current, sa->spi) &&
		   sa->message_id < channel->get_next_id(channel));
}

/**
 * Count and log a datagram that the key server didn't send, or shouldn't have.
 * Others can, so that it must not fill the log; at level 2 each is there.
 */
static void ignore(private_gkm_member_rekey_t *this, ignored_t *ignored,
				   char *what, gkm_error_t *err, uint64_t now)
{
	ignored->count++;
	if (!ignored->logged || now - ignored->logged >= LOG_INTERVAL)
	{
		ignored->logged = now;
		DBG1(DBG_NET, "group %s: ignored %s rekey message, %u by now: %s",
			 this->cfg->name, what, ignored->count, err->text);
	}
	else
	{
		DBG2(DBG_NET, "group %s: ignored %s rekey message: %s", this->cfg->name,
			 what, err->text);
	}
}

METHOD(gkm_member_rekey_t, receive, gkm_update_t*,
	private_gkm_member_rekey_t *this, gkm_rekey_datagram_t *datagram,
	uint64_t now)
{
	slot_t *slot = find_slot(this, datagram->spi);
	gkm_update_t *update = NULL;
	gkm_error_t err = {};

	switch (slot->channel->receive(slot->channel, datagram->data, this->path,
								   &update, &err))
	{
		case GKM_RECEIVED_UPDATE:
			if (slot == &this->current)
			{
				return update;
			}
			/* the key server uses the new one from then on; who was excluded
			 * by it still has the old one, which is all that it takes to write
			 * messages if authentication is implicit */
			gkm_update_destroy(update);
			gkm_fail(&err, "the rekey SA that it came over was replaced");
			/* fall through */
		case GKM_RECEIVED_MALFORMED:
			ignore(this, &this->malformed, "malformed", &err, now);
			break;
		case GKM_RECEIVED_FRAGMENT:
			DBG2(DBG_NET, "group %s: fragment of a rekey message",
				 this->cfg->name);
			break;
		case GKM_RECEIVED_REPLAYED:
			this->replayed++;
			DBG2(DBG_NET, "group %s: ignored copy of a rekey message: %s",
				 this->cfg->name, err.text);
			break;
		case GKM_RECEIVED_FORGED:
			ignore(this, &this->forged, "forged", &err, now);
			break;
	}
	return NULL;
}

METHOD(gkm_member_rekey_t, accept_, uint32_t,
	private_gkm_member_rekey_t *this, gkm_rekey_datagram_t *datagram,
	gkm_update_t *update)
{
	slot_t *slot = find_slot(this, datagram->spi);
	uint64_t expected = slot->channel->get_next_id(slot->channel);
	uint32_t missed = 0;

	slot->channel->accept(slot->channel, update);
	if (update->message_id > expected)
	{
		missed = gkm_coop_missed(expected, update->message_id);
		if (!missed)
		{
			DBG1(DBG_NET, "group %s: another key server took over, rekeys go "
				 "on with number %u", this->cfg->name, update->message_id);
		}
	}
	this->missed += missed;
	return missed;
}

/* What counts is what the latest SAK asks for, also if it came with this
 * update; the keys are those that the update was protected with (RFC 8263, 4
 * and 7.2). */
METHOD(gkm_member_rekey_t, acknowledge, gkm_member_ack_t*,
	private_gkm_member_rekey_t *this, gkm_rekey_datagram_t *datagram,
	gkm_update_t *update)
{
	slot_t *slot = find_slot(this, datagram->spi);
	gkm_rekey_sa_t *latest = update->download->rekey ?: slot->sa;
	gkm_member_ack_t *ack;
	gkm_error_t err = {};
	gkm_member_acked_t acked = {
		.type = latest->ack,
		.sa = slot->sa,
		.path = this->path,
		.seq = update->message_id,
		.local = slot->local,
		.src = datagram->src,
		.dst = datagram->dst,
	};

	if (!is_gdoi(slot->sa) || latest->ack == GKM_ACK_NONE)
	{
		return NULL;
	}
	ack = gkm_member_ack_create(this->cfg, &acked, &err);
	if (!ack && !this->no_acks)
	{
		this->no_acks = TRUE;
		DBG1(DBG_NET, "group %s: can't acknowledge rekeys with %N: %s",
			 this->cfg->name, gkm_ack_names, latest->ack, err.text);
	}
	return ack;
}

METHOD(gkm_member_rekey_t, send_ack, void,
	private_gkm_member_rekey_t *this, gkm_member_ack_t *ack)
{
	this->acks++;
	gkm_member_ack_send(ack, this->gkm);
}

METHOD(gkm_member_rekey_t, follow, bool,
	private_gkm_member_rekey_t *this, gkm_update_t *update, uint64_t now,
	gkm_error_t *err)
{
	gkm_download_t *download = update->download;
	gkm_rekey_sa_t *sa = download->rekey;
	slot_t new;

	if (array_count(download->path))
	{
		adopt_path(this, download);
	}
	if (!sa || is_slot(&this->current, sa->spi))
	{
		return TRUE;
	}
	if (!this->current.sa)
	{
		return gkm_fail(err, "there was no rekey SA before");
	}
	download->rekey = NULL;
	if (!fill_slot(this, &new, sa, this->current.local, now, err))
	{
		return FALSE;
	}
	clear_slot(this, &this->previous);
	this->previous = this->current;
	this->previous.expires = gkm_member_earlier(this->previous.expires,
									now + (uint64_t)download->dtd * 1000);
	this->current = new;
	return TRUE;
}

/**
 * Drop a rekey SA if it has ended
 *
 * @return			when to look again, 0 if not needed
 */
static uint64_t update_slot(private_gkm_member_rekey_t *this, slot_t *slot,
							uint64_t now)
{
	if (slot->expires && slot->expires <= now)
	{
		clear_slot(this, slot);
	}
	return slot->expires;
}

METHOD(gkm_member_rekey_t, update, uint64_t,
	private_gkm_member_rekey_t *this, uint64_t now)
{
	return gkm_member_earlier(update_slot(this, &this->current, now),
							  update_slot(this, &this->previous, now));
}

METHOD(gkm_member_rekey_t, get_end, uint64_t,
	private_gkm_member_rekey_t *this)
{
	return this->current.expires;
}

/**
 * Describe a rekey SA
 */
static void list_slot(slot_t *slot, char *name, vici_builder_t *builder,
					  uint64_t now)
{
	gkm_rekey_sa_t *sa = slot->sa;
	uint64_t next;
	char spi[2 * GKM_REKEY_SPI_LEN + 1], buf[GKM_PRINT_LEN];

	if (!sa)
	{
		return;
	}
	chunk_to_hex(chunk_from_thing(sa->spi), spi, FALSE);
	builder->begin_section(builder, name);
	builder->add_kv(builder, "spi", "%s", spi);
	builder->add_kv(builder, "proposal", "%s",
					gkm_print_proposal(sa->proposal, buf));
	builder->add_kv(builder, "auth", "%N", gkm_auth_names, sa->auth);
	builder->add_kv(builder, "destination", "%R", sa->dst);
	if (slot->expires)
	{
		builder->add_kv(builder, "life-time", "%u", (u_int)
			(slot->expires > now ? (slot->expires - now) / 1000 : 0));
	}
	next = slot->channel->get_next_id(slot->channel);
	if (is_gdoi(sa))
	{	/* that of the last one, as GDOI and key servers tell it */
		builder->add_kv(builder, "sequence-number", "%llu",
						(unsigned long long)(next ? next - 1 : 0));
		builder->add_kv(builder, "acknowledgement", "%N", gkm_ack_names,
						sa->ack);
	}
	else
	{
		builder->add_kv(builder, "message-id", "%llu",
						(unsigned long long)next);
	}
	builder->end_section(builder);
}

METHOD(gkm_member_rekey_t, list, void,
	private_gkm_member_rekey_t *this, vici_builder_t *builder, uint64_t now)
{
	list_slot(&this->current, "rekey-sa", builder, now);
	list_slot(&this->previous, "replaced-rekey-sa", builder, now);
	if (array_count(this->path))
	{
		builder->add_kv(builder, "key-tree-keys", "%u",
						array_count(this->path));
	}
}

METHOD(gkm_member_rekey_t, list_counters, void,
	private_gkm_member_rekey_t *this, vici_builder_t *builder)
{
	builder->add_kv(builder, "missed", "%llu",
					(unsigned long long)this->missed);
	builder->add_kv(builder, "replayed", "%u", this->replayed);
	builder->add_kv(builder, "forged", "%u", this->forged.count);
	builder->add_kv(builder, "malformed", "%u", this->malformed.count);
	if (gkm_cfg_has(this->cfg, GKM_PROTOCOL_GDOI))
	{
		builder->add_kv(builder, "acks-sent", "%u", this->acks);
	}
}

METHOD(gkm_member_rekey_t, destroy, void,
	private_gkm_member_rekey_t *this)
{
	clear(this);
	free(this);
}

/*
 * Described in header
 */
gkm_member_rekey_t *gkm_member_rekey_create(gkm_t *gkm, gkm_cfg_t *cfg)
{
	private_gkm_member_rekey_t *this;

	INIT(this,
		.public = {
			.replace = _replace,
			.is_held = _is_held,
			.has = _has,
			.get_addresses = _get_addresses,
			.is_local = _is_local,
			.is_older = _is_older,
			.receive = _receive,
			.accept = _accept_,
			.acknowledge = _acknowledge,
			.send_ack = _send_ack,
			.follow = _follow,
			.update = _update,
			.get_end = _get_end,
			.list = _list,
			.list_counters = _list_counters,
			.clear = _clear,
			.destroy = _destroy,
		},
		.gkm = gkm,
		.cfg = cfg,
	);
	return &this->public;
}
