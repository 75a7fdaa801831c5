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

#include "gkm_spi_filter.h"

#include <arpa/inet.h>

/**
 * Where the SPI is in a header (RFC 4303, 2; RFC 4302, 2)
 */
static u_int get_spi_offset(protocol_id_t protocol)
{
	return protocol == PROTO_AH ? 4 : 0;
}

/*
 * Described in header
 */
u_int gkm_spi_filter_build(bool v6, protocol_id_t protocol, array_t *spis,
						   struct sock_filter code[GKM_SPI_FILTER_MAX])
{
	u_int offset = get_spi_offset(protocol), len = 0, first, i, count = 0;
	gkm_spi_t spi;

	if (v6)
	{
		code[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
												   offset);
	}
	else
	{	/* X = length of the IPv4 header */
		code[len++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH,
												   0);
		code[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_IND,
												   offset);
	}
	first = len;
	for (i = 0; count < GKM_SPIS_MAX && array_get(spis, i, &spi); i++)
	{
		if (spi.protocol == protocol)
		{	/* words are loaded in host byte order */
			code[len++] = (struct sock_filter)BPF_JUMP(
							BPF_JMP | BPF_JEQ | BPF_K, ntohl(spi.spi), 0, 0);
			count++;
		}
	}
	if (!count)
	{
		return 0;
	}
	/* a match goes to the last instruction, over the one that drops */
	for (i = first; i < len; i++)
	{
		code[i].jt = len - i;
	}
	code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
											   GKM_SPI_SNAPLEN);
	return len;
}

/*
 * Described in header
 */
bool gkm_spi_filter_read(bool v6, protocol_id_t protocol, chunk_t packet,
						 uint32_t *spi)
{
	size_t offset = get_spi_offset(protocol);

	if (!v6)
	{
		if (!packet.len)
		{
			return FALSE;
		}
		/* IHL counts words (RFC 791, 3.1) */
		offset += (packet.ptr[0] & 0x0f) * sizeof(uint32_t);
	}
	if (packet.len < offset + sizeof(*spi))
	{
		return FALSE;
	}
	memcpy(spi, packet.ptr + offset, sizeof(*spi));
	return TRUE;
}
