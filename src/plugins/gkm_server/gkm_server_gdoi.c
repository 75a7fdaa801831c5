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

#include "gkm_server_gdoi.h"

#include "libgkm/gdoi/gdoi_push.h"

/** Number of different values of GKM_CAN_* bits */
#define KINDS ((GKM_CAN_DELAYS | GKM_CAN_D3P | GKM_CAN_ACK) + 1)

/*
 * Described in header
 */
void gkm_server_gdoi_format(gkm_cfg_t *cfg, uint8_t can, gdoi_format_t *format)
{
	gdoi_format_configure(format, &cfg->gdoi);
	format->delays = can & GKM_CAN_DELAYS;
	format->d3p = can & GKM_CAN_D3P;
	format->ack = can & GKM_CAN_ACK;
}

/**
 * Write a message for members that can be sent something
 */
static bool build(gkm_cfg_t *cfg, gkm_notice_t *notice, private_key_t *key,
				  uint8_t can, chunk_t *datagram, gkm_error_t *err)
{
	gdoi_format_t format;

	gkm_server_gdoi_format(cfg, can, &format);
	return gdoi_push_build(notice->push_carrier, notice->push, notice->push_seq,
						   key, &format, datagram, err);
}

/*
 * Described in header
 */
bool gkm_server_gdoi_multicast(gkm_cfg_t *cfg, gkm_notice_t *notice,
							   private_key_t *key, chunk_t *datagram,
							   gkm_error_t *err)
{
	return build(cfg, notice, key, notice->push_can, datagram, err);
}

/**
 * Write a message in all ways that its targets need
 *
 * @param variants		receives it, as gkm_outbox_variant_t by value
 */
static bool build_variants(gkm_cfg_t *cfg, gkm_notice_t *notice,
						   private_key_t *key, array_t *variants,
						   gkm_error_t *err)
{
	bool needed[KINDS] = {};
	gkm_outbox_variant_t variant;
	gkm_target_t target;
	int i;

	for (i = 0; array_get(notice->targets, i, &target); i++)
	{
		needed[target.can % KINDS] = TRUE;
	}
	for (i = 0; i < KINDS; i++)
	{
		variant.can = i;
		if (needed[i])
		{
			if (!build(cfg, notice, key, i, &variant.datagram, err))
			{
				return FALSE;
			}
			array_insert(variants, ARRAY_TAIL, &variant);
		}
	}
	return TRUE;
}

/*
 * Described in header
 */
bool gkm_server_gdoi_unicast(gkm_cfg_t *cfg, gkm_notice_t *notice,
							 private_key_t *key, gkm_outbox_unicast_t *message,
							 gkm_error_t *err)
{
	gkm_outbox_variant_t variant;

	*message = (gkm_outbox_unicast_t){
		.seq = notice->push_seq,
		.variants = array_create(sizeof(gkm_outbox_variant_t), 0),
		.fixed = notice->excludes_all,
	};
	if (!build_variants(cfg, notice, key, message->variants, err))
	{
		while (array_remove(message->variants, ARRAY_TAIL, &variant))
		{
			free(variant.datagram.ptr);
		}
		array_destroy(message->variants);
		return FALSE;
	}
	message->targets = notice->targets;
	notice->targets = NULL;
	return TRUE;
}
