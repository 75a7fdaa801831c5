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
 * Code points of G-IKEv2, each once, with its section of RFC 9838.
 *
 * @defgroup gikev2_codepoints gikev2_codepoints
 * @{ @ingroup libgkm
 */

#ifndef GIKEV2_CODEPOINTS_H_
#define GIKEV2_CODEPOINTS_H_

/** Exchange types, section 9.2 */
typedef enum gikev2_exchange_t {
	GSA_AUTH = 39,
	GSA_REGISTRATION = 40,
	GSA_REKEY = 41,
	GSA_INBAND_REKEY = 42,
	/** private use (RFC 7296, 3.1), our own, between key servers; 240 is charon's
	 *  ME_CONNECT */
	GKM_COOP_EXCHANGE = 241,
} gikev2_exchange_t;

/** Payload types, section 9.2. SAg shares SA's number (RFC 7296, 33). */
typedef enum gikev2_payload_type_t {
	/** no payload follows, and those of RFC 7296, 3.2, and RFC 7383, 2.5, that
	 *  rekeys consist of */
	GIKEV2_NO_PAYLOAD = 0,
	GIKEV2_PL_AUTH = 39,
	GIKEV2_PL_NOTIFY = 41,
	GIKEV2_PL_DELETE = 42,
	GIKEV2_PL_SK = 46,
	GIKEV2_PL_SKF = 53,
	PL_IDG = 50,
	PL_GSA = 51,
	PL_KD = 52,
	/** private use (RFC 7296, 3.2), our own: what key servers tell each other */
	PL_COOP = 241,
} gikev2_payload_type_t;

/** Notify types, sections 9.2 and 4.7 */
typedef enum gikev2_notify_t {
	GIKEV2_INVALID_GROUP_ID = 45,
	GIKEV2_AUTHORIZATION_FAILED = 46,
	GIKEV2_REGISTRATION_FAILED = 49,
	/** RFC 7296, 3.10.1; holds for all data SAs of a message */
	GIKEV2_USE_TRANSPORT_MODE = 16391,
	GIKEV2_GROUP_SENDER = 16429,
} gikev2_notify_t;

/** Group SA attributes, section 4.4.2.2 */
typedef enum gikev2_gsa_attribute_t {
	GSA_KEY_LIFETIME = 1,
	GSA_INITIAL_MESSAGE_ID = 2,
	GSA_NEXT_SPI = 3,
} gikev2_gsa_attribute_t;

/** Group-wide policy attributes, section 4.4.3.1 */
typedef enum gikev2_gwp_attribute_t {
	GWP_ATD = 1,
	GWP_DTD = 2,
	GWP_SENDER_ID_BITS = 3,
	/** private use, our own, see gikev2_gw_policy.h: 16384, where such numbers
	 *  begin (9.1), and 253, the IP protocol of IP delay detection */
	GWP_D3P = 16637,
} gikev2_gwp_attribute_t;

/** Group key bag attributes, section 4.5.2 */
typedef enum gikev2_group_key_attribute_t {
	SA_KEY = 1,
} gikev2_group_key_attribute_t;

/** Member key bag attributes, section 4.5.3 */
typedef enum gikev2_member_key_attribute_t {
	WRAP_KEY = 1,
	AUTH_KEY = 2,
	GM_SENDER_ID = 3,
} gikev2_member_key_attribute_t;

/** Group Controller Authentication Method transform IDs, 4.4.2.1.1 */
typedef enum gikev2_gcauth_t {
	GCAUTH_IMPLICIT = 1,
	GCAUTH_SIGNATURE = 2,
} gikev2_gcauth_t;

/** Auth Method of AUTH payloads in rekeys: Digital Signature (RFC 7427, 3;
 *  RFC 9838, 2.4.1.1) */
#define GIKEV2_AUTH_METHOD 14

/** Transform attributes (RFC 7296, 3.3.5; RFC 9838, 4.4.2.1.1) */
typedef enum gikev2_transform_attribute_t {
	TATTR_KEY_LENGTH = 14,
	TATTR_SIGNATURE_ALGORITHM = 18,
} gikev2_transform_attribute_t;

#endif /** GIKEV2_CODEPOINTS_H_ @}*/
