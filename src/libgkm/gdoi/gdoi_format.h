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

/**
 * What GDOI messages depend on outside of themselves, and where
 * implementations in the field differ.
 *
 * @defgroup gdoi_format gdoi_format
 * @{ @ingroup libgkm
 */

#ifndef GDOI_FORMAT_H_
#define GDOI_FORMAT_H_

#include <library.h>

#include "../group/gkm_cfg.h"

typedef struct gdoi_format_t gdoi_format_t;

/**
 * How messages to a member, or to all, are written, and how they are read.
 * Plain data.
 */
struct gdoi_format_t {

	/** DOI and situation in SA payloads. What is received has to have these,
	 *  or those of RFC 6407. */
	uint32_t doi;
	uint32_t situation;

	/** numbers of the GAP attributes of IP delay detection */
	uint16_t d3p_type;
	uint16_t d3p_window;

	/** to write: members understand GAP attributes with delays, those of IP
	 *  delay detection, and KEK_ACK_REQUESTED. As RFC 6407, 5.3 and 5.4, has
	 *  members abort on an attribute that they don't know, others get none. */
	bool delays;
	bool d3p;
	bool ack;

	/** to write: RSA signs the hash without DigestInfo. To read, both are
	 *  accepted. */
	bool bare_signature;

	/** to write: the length in the header that is signed includes padding, as
	 *  in the header that is sent. To read, both are accepted. */
	bool padded_length;

	/** to write: an RSA key is sent as RSAPublicKey, not as
	 *  SubjectPublicKeyInfo. To read, both are accepted. */
	bool pkcs1_key;
};

/**
 * Set what RFC 6407 says, for a peer that understands all there is.
 */
void gdoi_format_init(gdoi_format_t *this);

/**
 * Set what a group is configured with, for a peer that understands all there
 * is.
 *
 * @param cfg		how GDOI is spoken in a group
 */
void gdoi_format_configure(gdoi_format_t *this, gkm_cfg_gdoi_t *cfg);

#endif /** GDOI_FORMAT_H_ @}*/
