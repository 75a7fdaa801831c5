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
 * Find the address that this member sends from, if it may send. On the data
 * plane that is any, unless it is the one that makes it the only sender.
 */
static host_t *find_source(gkm_member_sa_t *this)
{
	gkm_kernel_sa_t *kernel = &this->kernel;
	host_t *src;

	if (this->plane && !this->sole)
	{
		return kernel->src->clone(kernel->src);
	}
	src = gkm_kernel_find_source(kernel->sa->src, kernel->dst);
	if (!src)
	{
		gkm_fail(&this->note, "no address of this host in %R, not sending",
				 kernel->sa->src);
	}
	return src;
}

/**
 * May this member send on an SA that it has an address for? If not, what it
 * would send is dropped.
 */
static bool may_send(gkm_member_sa_t *this)
{
	gkm_data_sa_t *sa = this->kernel.sa;

	if (sa->direction == GKM_RECEIVER_ONLY)
	{
		gkm_fail(&this->note, "not sending: the key server says that another "
				 "member is the only sender");
	}
	else if (gkm_is_counter_mode(sa->proposal) && !this->sole)
	{
		gkm_fail(&this->note, "not sending: several senders would repeat "
				 "nonces of a counter mode");
	}
	else
	{
		return TRUE;
	}
	this->block = this->warn = TRUE;
	return FALSE;
}

/**
 * Find out whether to send on an SA, and from where
 */
static void plan_sending(gkm_member_sa_t *this)
{
	host_t *src;

	src = find_source(this);
	if (src && may_send(this))
	{
		this->kernel.src->destroy(this->kernel.src);
		this->kernel.src = src;
		this->roll.out = TRUE;
		plan_limits(this);
	}
	else
	{
		DESTROY_IF(src);
	}
}

/**
 * Find out what an SA is good for on the data plane: others send from and to
 * any of its addresses, but on one that this member alone sends on.
 */
static void plan_planar(gkm_member_sa_t *this, gkm_cfg_t *cfg)
{
	if (cfg->sender)
	{
		plan_sending(this);
	}
	this->kernel.in = cfg->receiver &&
					  this->kernel.sa->direction != GKM_SENDER_ONLY &&
					  !(this->sole && this->roll.out);
}

/**
 * Find out what an SA is good for in the kernel alone, which takes one
 * destination.
 */
static void plan_plain(gkm_member_sa_t *this, gkm_cfg_t *cfg)
{
	gkm_kernel_sa_t *kernel = &this->kernel;
	gkm_data_sa_t *sa = kernel->sa;
	bool ours;

	if (!sa->dst->is_host(sa->dst, NULL))
	{
		gkm_fail(&this->note, "the kernel can't use it: %R isn't one address",
				 sa->dst);
		this->warn = TRUE;
		return;
	}
	ours = gkm_kernel_is_local(kernel->dst);
	kernel->in = cfg->receiver && sa->direction != GKM_SENDER_ONLY &&
				 (ours || gkm_is_multicast(kernel->dst->get_address(
															kernel->dst)));
	if (cfg->sender && !ours)
	{
		plan_sending(this);
	}
}

/**
 * Find out what an SA is good for on this host
 */
static void plan(gkm_member_sa_t *this, gkm_cfg_t *cfg)
{
	gkm_kernel_sa_t *kernel = &this->kernel;
	gkm_data_sa_t *sa = kernel->sa;
	chunk_t addr = sa->dst->get_from_address(sa->dst);

	kernel->dst = host_create_from_chunk(AF_UNSPEC, addr, 0);
	kernel->src = host_create_any(kernel->dst->get_family(kernel->dst));
	if (this->plane)
	{
		plan_planar(this, cfg);
	}
	else
	{
		plan_plain(this, cfg);
	}
	if (!kernel->in && !this->roll.out)
	{
		gkm_fail(&this->note, "this host neither sends nor receives it");
	}
}

/*
 * Described in header
 */
gkm_member_sa_t *gkm_member_sa_create(gkm_cfg_t *cfg, gkm_member_plane_t *plane,
									  gkm_data_sa_t *sa)
{
	gkm_member_sa_t *this;

	INIT(this,
		.roll = {
			.sa = sa,
		},
		.kernel = {
			.sa = sa,
		},
		.plane = plane,
		.d3p = plane && plane->d3p.type,
		.cfg = gkm_policy_apply(cfg, sa),
	);
	this->sole = gkm_proposal_is_sequential(sa->proposal);
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
 * Put an SA on the data plane
 */
static bool add_planar(gkm_member_sa_t *this, gkm_error_t *err)
{
	gkm_plane_group_t *group = this->plane->group;

	this->planar = (gkm_plane_sa_t){
		.sa = this->kernel.sa,
		.out = this->roll.out,
		.in = this->kernel.in,
		.sole = this->sole,
		.reqid = this->kernel.reqid,
		.packets = this->kernel.packets,
		.bytes = this->kernel.bytes,
	};
	return group->add(group, &this->planar, err);
}

/**
 * Put an SA where it is used
 */
static bool add(gkm_member_sa_t *this, gkm_error_t *err)
{
	return this->plane ? add_planar(this, err)
					   : gkm_kernel_add(&this->kernel, err);
}

/**
 * Undo add()
 */
static void del(gkm_member_sa_t *this)
{
	if (this->plane)
	{
		this->plane->group->del(this->plane->group, &this->planar);
	}
	else
	{
		gkm_kernel_del(&this->kernel);
	}
}

/**
 * Does the data plane drop what an SA would protect? It does for all that are
 * on it, and if it fails closed for any other.
 */
static bool is_blocked(gkm_member_sa_t *this)
{
	return this->plane && (this->installed ||
						   this->plane->cfg->plane.fail == GKM_FAIL_CLOSED);
}

/**
 * Drop what an SA would protect: it may not leave in clear.
 */
static void block(gkm_member_sa_t *this)
{
	if (is_blocked(this))
	{
		return;
	}
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

	/* on the data plane it drops what it would protect, at least */
	if (this->kernel.in || this->roll.out || this->plane)
	{
		this->installed = add(this, &err);
		if (!this->installed)
		{
			refused(this, &err);
			this->block |= this->roll.out || this->plane;
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

/**
 * Begin to send on an SA
 */
static bool send_on(gkm_member_sa_t *this, gkm_member_sa_t *old,
					gkm_error_t *err)
{
	gkm_plane_group_t *group;

	if (this->plane)
	{
		group = this->plane->group;
		return group->send(group, &this->planar, old ? &old->planar : NULL,
						   err);
	}
	return gkm_kernel_send(&this->kernel, old ? &old->kernel : NULL) ||
		   gkm_fail(err, "the kernel refused to send on it");
}

/**
 * Stop sending on an SA
 */
static void stop(gkm_member_sa_t *this)
{
	if (this->plane)
	{
		this->plane->group->stop(this->plane->group, &this->planar);
	}
	else
	{
		gkm_kernel_stop(&this->kernel);
	}
}

/*
 * Described in header
 */
void gkm_member_sa_uninstall(gkm_member_sa_t *this)
{
	if (this->sending)
	{
		stop(this);
	}
	if (this->installed)
	{
		del(this);
	}
	if (this->block && !is_blocked(this))
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

	if (!send_on(this, old, &err))
	{
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
bool gkm_member_sa_has_state(gkm_member_sa_t *this, host_t *dst)
{
	return this->plane || dst->ip_equals(dst, this->kernel.dst);
}

/*
 * Described in header
 */
bool gkm_member_sa_is_local(gkm_member_sa_t *this)
{
	return (this->plane && !this->sole) ||
		   gkm_kernel_is_local(this->kernel.src);
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
		   this->d3p == other->d3p &&
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
	if (sa->direction == GKM_SENDER_ONLY || sa->direction == GKM_RECEIVER_ONLY)
	{
		builder->add_kv(builder, "told", "%N", gkm_direction_names,
						sa->direction);
	}
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
	if (this->plane && this->installed)
	{
		builder->begin_section(builder, "packets");
		this->plane->group->list_sa(this->plane->group, &this->planar, builder);
		builder->end_section(builder);
	}
	builder->end_section(builder);
}
