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

#include "gkm_member_sa.h"

#include "libgkm/group/gkm_policy_check.h"
#include "libgkm/group/gkm_print.h"

/** Packets that are sent on an SA with sequence numbers at most, which mustn't
 *  wrap (RFC 9838, 4.4.2.1.3; RFC 4303, 3.3.3): some are left to those that
 *  are on their way through the kernel */
#define PACKETS_MAX (7ULL << 29)

/**
 * Does only one member send on an SA?
 */
static bool is_sole(gkm_data_sa_t *sa)
{
	uint16_t sn;

	return sa->proposal->get_algorithm(sa->proposal, EXTENDED_SEQUENCE_NUMBERS,
									   &sn, NULL) && sn == GKM_SN_SEQUENTIAL;
}

/**
 * Limit what the kernel uses an SA for that is sent on
 */
static void plan_limits(gkm_member_sa_t *this)
{
	gkm_kernel_sa_t *kernel = &this->kernel;

	kernel->packets = this->cfg->life_packets;
	kernel->bytes = this->cfg->life_bytes;
	if (this->sole)
	{
		kernel->packets = min(kernel->packets ?: PACKETS_MAX, PACKETS_MAX);
	}
}

/**
 * May a sender send on an SA? There is a note if not.
 */
static bool may_send(gkm_member_sa_t *this)
{
	gkm_data_sa_t *sa = this->kernel.sa;

	if (sa->receive_only)
	{
		return gkm_fail(&this->note, "not sending: the key server gave it to "
						"receive only");
	}
	if (gkm_is_counter_mode(sa->proposal) && !this->sole)
	{
		return gkm_fail(&this->note, "not sending: several senders would "
						"repeat nonces of a counter mode");
	}
	return TRUE;
}

/**
 * Find out whether to send on an SA, and from where
 */
static void plan_sending(gkm_member_sa_t *this)
{
	gkm_data_sa_t *sa = this->kernel.sa;
	host_t *src;

	src = gkm_kernel_find_source(sa->src, this->kernel.dst);
	if (!src)
	{
		gkm_fail(&this->note, "no address of this host in %R, not sending",
				 sa->src);
		return;
	}
	if (!may_send(this))
	{
		this->block = this->warn = TRUE;
		src->destroy(src);
		return;
	}
	this->kernel.src->destroy(this->kernel.src);
	this->kernel.src = src;
	this->roll.out = TRUE;
	plan_limits(this);
}

/**
 * Find out what an SA is good for on this host
 */
static void plan(gkm_member_sa_t *this, gkm_cfg_t *cfg)
{
	gkm_kernel_sa_t *kernel = &this->kernel;
	gkm_data_sa_t *sa = kernel->sa;
	chunk_t addr = sa->dst->get_from_address(sa->dst);
	bool ours;

	kernel->dst = host_create_from_chunk(AF_UNSPEC, addr, 0);
	kernel->src = host_create_any(kernel->dst->get_family(kernel->dst));
	if (!sa->dst->is_host(sa->dst, NULL))
	{
		gkm_fail(&this->note, "the kernel can't use it: %R isn't one address",
				 sa->dst);
		this->warn = TRUE;
		return;
	}
	ours = gkm_kernel_is_local(kernel->dst);
	kernel->in = cfg->receiver && (ours || gkm_is_multicast(addr));
	if (cfg->sender && !ours)
	{
		plan_sending(this);
	}
	if (!kernel->in && !this->roll.out)
	{
		gkm_fail(&this->note, "this host neither sends nor receives it");
	}
}

/*
 * Described in header
 */
gkm_member_sa_t *gkm_member_sa_create(gkm_cfg_t *cfg, gkm_data_sa_t *sa)
{
	gkm_member_sa_t *this;

	INIT(this,
		.roll = {
			.sa = sa,
		},
		.kernel = {
			.sa = sa,
		},
		.cfg = gkm_policy_find(cfg, sa, NULL),
		.sole = is_sole(sa),
	);
	plan(this, cfg);
	return this;
}

/*
 * Described in header
 */
void gkm_member_sa_destroy(gkm_member_sa_t *this)
{
	gkm_data_sa_destroy(this->kernel.sa);
	this->kernel.src->destroy(this->kernel.src);
	this->kernel.dst->destroy(this->kernel.dst);
	free(this);
}

/**
 * Note that the kernel refused something, for administrators
 */
static void refused(gkm_member_sa_t *this, gkm_error_t *err)
{
	this->note = *err;
	this->warn = TRUE;
}

/**
 * Drop what an SA would protect: it may not leave in clear
 */
static void block(gkm_member_sa_t *this)
{
	this->block = gkm_kernel_block(&this->kernel, TRUE);
	if (!this->block)
	{
		DBG1(DBG_KNL, "the kernel refused a policy that drops %R === %R, "
			 "traffic isn't protected", this->kernel.sa->src,
			 this->kernel.sa->dst);
	}
}

/*
 * Described in header
 */
void gkm_member_sa_install(gkm_member_sa_t *this)
{
	gkm_error_t err = {};

	if (this->kernel.in || this->roll.out)
	{
		this->installed = gkm_kernel_add(&this->kernel, &err);
		if (!this->installed)
		{
			refused(this, &err);
			this->block |= this->roll.out;
			this->kernel.in = this->roll.out = FALSE;
		}
	}
	if (this->block)
	{
		block(this);
	}
}

/*
 * Described in header
 */
void gkm_member_sa_supersede(gkm_member_sa_t *this, gkm_member_sa_t *old)
{
	gkm_data_sa_t *a = this->kernel.sa, *b = old->kernel.sa;

	if (!old->sent || !this->sole || !chunk_equals_const(a->key, b->key))
	{
		return;
	}
	this->sent = TRUE;
	if (this->roll.out)
	{
		gkm_fail(&this->note, "not sending: sequence numbers would begin anew "
				 "with the same key");
		this->block = this->warn = TRUE;
		this->roll.out = FALSE;
	}
}

/*
 * Described in header
 */
void gkm_member_sa_uninstall(gkm_member_sa_t *this)
{
	if (this->sending)
	{
		gkm_kernel_stop(&this->kernel);
	}
	if (this->installed)
	{
		gkm_kernel_del(&this->kernel);
	}
	if (this->block)
	{
		gkm_kernel_block(&this->kernel, FALSE);
	}
	gkm_member_sa_destroy(this);
}

/*
 * Described in header
 */
bool gkm_member_sa_send(gkm_member_sa_t *this, gkm_member_sa_t *old)
{
	gkm_error_t err = {};

	if (!gkm_kernel_send(&this->kernel, old ? &old->kernel : NULL))
	{
		gkm_fail(&err, "the kernel refused to send on it");
		refused(this, &err);
		this->roll.out = FALSE;
		block(this);
		return FALSE;
	}
	this->sending = this->sent = TRUE;
	if (old)
	{
		old->sending = FALSE;
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_member_sa_same_spi(gkm_member_sa_t *this, gkm_member_sa_t *other)
{
	gkm_data_sa_t *a = this->kernel.sa, *b = other->kernel.sa;

	return a->spi == b->spi && a->proposal->get_protocol(a->proposal) ==
							   b->proposal->get_protocol(b->proposal);
}

/*
 * Described in header
 */
bool gkm_member_sa_equals(gkm_member_sa_t *this, gkm_member_sa_t *other)
{
	gkm_kernel_sa_t *k = &this->kernel, *l = &other->kernel;
	gkm_data_sa_t *a = k->sa, *b = l->sa;

	return gkm_member_sa_same_spi(this, other) &&
		   gkm_rollover_same_traffic(&this->roll, &other->roll) &&
		   a->mode == b->mode &&
		   a->proposal->equals(a->proposal, b->proposal) &&
		   chunk_equals_const(a->key, b->key) &&
		   k->in == l->in && this->roll.out == other->roll.out &&
		   k->src->ip_equals(k->src, l->src);
}

/**
 * Seconds until a time
 */
static u_int seconds_to(uint64_t time, uint64_t now)
{
	return time > now ? (time - now) / 1000 : 0;
}

/**
 * What an SA is used for
 */
static char *direction_name(gkm_member_sa_t *this)
{
	if (this->kernel.in)
	{
		return this->roll.out ? "both" : "in";
	}
	return this->roll.out ? "out" : "none";
}

/*
 * Described in header
 */
void gkm_member_sa_list(gkm_member_sa_t *this, vici_builder_t *builder,
						uint64_t now)
{
	gkm_data_sa_t *sa = this->kernel.sa;
	char spi[9], buf[GKM_PRINT_LEN];
	uint16_t sn;

	snprintf(spi, sizeof(spi), "%.8x", ntohl(sa->spi));
	builder->begin_section(builder, spi);
	builder->add_kv(builder, "name", "%s", this->cfg->name);
	builder->add_kv(builder, "protocol", "%N", protocol_id_names,
					sa->proposal->get_protocol(sa->proposal));
	builder->add_kv(builder, "mode", "%N", gkm_mode_names, sa->mode);
	builder->add_kv(builder, "source-ts", "%R", sa->src);
	builder->add_kv(builder, "destination-ts", "%R", sa->dst);
	builder->add_kv(builder, "proposal", "%s",
					gkm_print_proposal(sa->proposal, buf));
	if (sa->proposal->get_algorithm(sa->proposal, EXTENDED_SEQUENCE_NUMBERS,
									&sn, NULL))
	{
		builder->add_kv(builder, "sequence-numbers", "%N", gkm_sn_names,
						sn);
	}
	if (this->roll.expires)
	{
		builder->add_kv(builder, "life-time", "%u",
						seconds_to(this->roll.expires, now));
	}
	if (this->roll.deleted)
	{
		builder->add_kv(builder, "deleted", "yes");
	}
	if (this->roll.used_up)
	{
		builder->add_kv(builder, "used-up", "yes");
	}
	builder->add_kv(builder, "direction", "%s", direction_name(this));
	if (this->roll.out)
	{
		builder->add_kv(builder, "sending", "%s",
						this->sending ? "yes" : "no");
		if (this->roll.activate > now)
		{
			builder->add_kv(builder, "activate-in", "%u",
							seconds_to(this->roll.activate, now));
		}
	}
	if (this->note.text[0])
	{
		builder->add_kv(builder, "note", "%s", this->note.text);
	}
	builder->end_section(builder);
}
