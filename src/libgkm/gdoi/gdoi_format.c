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

#include "gdoi_format.h"
#include "gdoi_codepoints.h"

/*
 * Described in header
 */
void gdoi_format_init(gdoi_format_t *this)
{
	*this = (gdoi_format_t){
		.doi = GDOI_DOI,
		.situation = GDOI_SITUATION,
		.d3p_type = GDOI_D3P_TYPE_DEFAULT,
		.d3p_window = GDOI_D3P_WINDOW_DEFAULT,
		.delays = TRUE,
		.d3p = TRUE,
		.ack = TRUE,
	};
}

/*
 * Described in header
 */
void gdoi_format_configure(gdoi_format_t *this, gkm_cfg_gdoi_t *cfg)
{
	gdoi_format_init(this);
	this->doi = cfg->doi;
	this->situation = cfg->situation;
	this->d3p_type = cfg->d3p_type;
	this->d3p_window = cfg->d3p_window;
	this->bare_signature = cfg->bare_signature;
	this->padded_length = cfg->padded_length;
	this->pkcs1_key = cfg->pkcs1_key;
}
