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


#include "gdoi_oid.h"

#include "../group/gkm_oid.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  OID Length   |                     OID                       ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  OID-Specific Payload Length  |     OID-Specific Payload      ~
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 8052, 2.1 and 2.2. OID is in DER, with its tag.
 */

/*
 * Described in header
 */
bool gdoi_oid_parse(bio_reader_t *reader, chunk_t *oid, chunk_t *data)
{
	return reader->read_data8(reader, oid) && gkm_oid_check(*oid) &&
		   reader->read_data16(reader, data);
}

/*
 * Described in header
 */
void gdoi_oid_build(bio_writer_t *writer, chunk_t oid, chunk_t data)
{
	writer->write_data8(writer, oid);
	writer->write_data16(writer, data);
}
