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


#include "gkm_plane_ifs.h"

#include "libgkm_dataplane/gkm_dp_ifs.h"

/** MTU of interfaces: what is too big is found out where it would leave to the
 *  WAN */
#define MTU 65000

typedef struct private_gkm_plane_ifs_t private_gkm_plane_ifs_t;

/**
 * Private data
 */
struct private_gkm_plane_ifs_t {

	/**
	 * Public interface
	 */
	gkm_plane_ifs_t public;

	/**
	 * Programs
	 */
	gkm_dataplane_t *dp;

	/**
	 * What the interfaces are like
	 */
	gkm_dp_ifs_cfg_t cfg;

	/**
	 * The interfaces
	 */
	gkm_dp_ifs_t *ifs;

	/**
	 * What the programs know of the xfrm interface
	 */
	struct gkm_dp_link inner;
};

/**
 * Attach the programs of the xfrm interface, or change what they know.
 */
static bool attach_inner(private_gkm_plane_ifs_t *this, gkm_error_t *err)
{
	return this->dp->attach(this->dp, this->ifs->get_inner(this->ifs),
							GKM_DP_INNER, &this->inner, err);
}

METHOD(gkm_plane_ifs_t, add_front, bool,
	private_gkm_plane_ifs_t *this, gkm_error_t *err)
{
	struct gkm_dp_link far = {
		.group = this->cfg.number,
		.d3p_type = GKM_DP_D3P_POSIX_TIME,
		.inner = this->ifs->get_inner(this->ifs),
	};

	return (this->ifs->get_far(this->ifs) ||
			this->ifs->add_front(this->ifs, &this->cfg, err)) &&
		   this->dp->attach(this->dp, this->ifs->get_far(this->ifs),
							GKM_DP_FRONT, &far, err);
}

METHOD(gkm_plane_ifs_t, get_dev, int,
	private_gkm_plane_ifs_t *this, bool d3p)
{
	return d3p ? this->ifs->get_near(this->ifs)
			   : this->ifs->get_inner(this->ifs);
}

METHOD(gkm_plane_ifs_t, require_d3p, bool,
	private_gkm_plane_ifs_t *this, uint32_t type, gkm_error_t *err)
{
	if (this->inner.d3p_type == type)
	{
		return TRUE;
	}
	this->inner.d3p_type = type;
	return attach_inner(this, err);
}

METHOD(gkm_plane_ifs_t, destroy, void,
	private_gkm_plane_ifs_t *this)
{
	this->dp->detach(this->dp, this->ifs->get_inner(this->ifs));
	if (this->ifs->get_far(this->ifs))
	{
		this->dp->detach(this->dp, this->ifs->get_far(this->ifs));
	}
	this->ifs->destroy(this->ifs);
	free(this);
}

/*
 * Described in header
 */
gkm_plane_ifs_t *gkm_plane_ifs_create(gkm_dataplane_t *dp, uint32_t number,
									  char *name, gkm_error_t *err)
{
	private_gkm_plane_ifs_t *this;

	INIT(this,
		.public = {
			.add_front = _add_front,
			.get_dev = _get_dev,
			.require_d3p = _require_d3p,
			.destroy = _destroy,
		},
		.dp = dp,
		.cfg = {
			.number = number,
			.group = name,
			.mtu = MTU,
		},
		.inner = {
			.group = number,
		},
	);
	this->ifs = gkm_dp_ifs_create(&this->cfg, err);
	if (!this->ifs)
	{
		free(this);
		return NULL;
	}
	if (!attach_inner(this, err))
	{
		_destroy(this);
		return NULL;
	}
	return &this->public;
}
