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
 * Layout of IKE messages, as far as it is looked at outside of charon.
 *
 * @defgroup gikev2_wire gikev2_wire
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_WIRE_H_
#define GIKEV2_WIRE_H_

/** Octets in an IKE header, and where its fields are that come after the SPIs
 *  (RFC 7296, 3.1) */
#define IKE_HEADER_LEN 28
#define IKE_NEXT_PAYLOAD_OFFSET 16
#define IKE_VERSION_OFFSET 17
#define IKE_EXCHANGE_OFFSET 18
#define IKE_FLAGS_OFFSET 19
#define IKE_MESSAGE_ID_OFFSET 20
#define IKE_LENGTH_OFFSET 24

/** Version 2.0 (RFC 7296, 3.1), the major one in the upper half */
#define IKE_VERSION_2 0x20

/** Flag of whoever initiated an IKE_SA (RFC 7296, 3.1) */
#define IKE_FLAG_INITIATOR 0x08

/** Octets in a generic payload header, and where its length is (RFC 7296,
 *  3.2) */
#define GENERIC_HEADER_LEN 4
#define GENERIC_LENGTH_OFFSET 2

/** Critical flag in a generic payload header (RFC 7296, 3.2) */
#define GENERIC_FLAG_CRITICAL 0x80

/** Octets in the header of an SKF payload (RFC 7383, 2.5) */
#define FRAGMENT_HEADER_LEN 8

/** Octets in headers of a message with SK payload, of one with SKF payload */
#define SK_HEADERS_LEN (IKE_HEADER_LEN + GENERIC_HEADER_LEN)
#define SKF_HEADERS_LEN (IKE_HEADER_LEN + FRAGMENT_HEADER_LEN)

#endif /** GIKEV2_WIRE_H_ @}*/
