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
 * What SAs and groups of IEC 61850 are for (RFC 8052, 2.1 and 2.2).
 *
 * @defgroup gdoi_oid gdoi_oid
 * @{ @ingroup libgkm
 */

#ifndef GDOI_OID_H_
#define GDOI_OID_H_

#include <library.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>

/**
 * Read an object identifier and the OID-specific payload after it.
 *
 * @param oid			receives the object identifier, borrowed
 * @param data			receives the OID-specific payload, borrowed
 * @return				FALSE if there is none, or it isn't complete
 */
bool gdoi_oid_parse(bio_reader_t *reader, chunk_t *oid, chunk_t *data);

/**
 * Write the same.
 *
 * @param oid			object identifier, see gkm_oid_check()
 * @param data			OID-specific payload, at most 65535 octets
 */
void gdoi_oid_build(bio_writer_t *writer, chunk_t oid, chunk_t data);

#endif /** GDOI_OID_H_ @}*/
