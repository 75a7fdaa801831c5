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
 * Numbers of GDOI: RFC 6407 unless another RFC is named. ISAKMP's own are from
 * RFC 2408 and 2407.
 *
 * @defgroup gdoi_codepoints gdoi_codepoints
 * @{ @ingroup libgkm
 */

#ifndef GDOI_CODEPOINTS_H_
#define GDOI_CODEPOINTS_H_

/** Domain of interpretation, and the only situation there is (5.1, 9) */
#define GDOI_DOI 2
#define GDOI_SITUATION 0

/** DOI of IPsec, which some peers put into phase 1 (RFC 2407, 4) */
#define GDOI_DOI_IPSEC 1

/** ISAKMP version 1.0 (RFC 2408, 3.1) */
#define GDOI_ISAKMP_VERSION 0x10

/** Flag of an encrypted message (RFC 2408, 3.1) */
#define GDOI_FLAG_ENCRYPTED 0x01

/** Octets in an ISAKMP header and in a generic payload header (RFC 2408, 3) */
#define GDOI_HEADER_LEN 28
#define GDOI_GENERIC_LEN 4

/** Octets in the nonces of GROUPKEY-PULL, without header (5.8) */
#define GDOI_NONCE_MIN 8
#define GDOI_NONCE_MAX 128

/** Exchange types (9, and RFC 8263, 3) */
typedef enum gdoi_exchange_t {
	GDOI_INFORMATIONAL = 5,
	GDOI_PULL = 32,
	GDOI_PUSH = 33,
	GDOI_PUSH_ACK = 35,
} gdoi_exchange_t;

/** Payload types (5, and RFC 2408, 3.1) */
typedef enum gdoi_payload_type_t {
	GDOI_PLD_NONE = 0,
	GDOI_PLD_SA = 1,
	GDOI_PLD_ID = 5,
	GDOI_PLD_HASH = 8,
	GDOI_PLD_SIG = 9,
	GDOI_PLD_NONCE = 10,
	GDOI_PLD_NOTIFY = 11,
	GDOI_PLD_DELETE = 12,
	GDOI_PLD_VID = 13,
	GDOI_PLD_SAK = 15,
	GDOI_PLD_SAT = 16,
	GDOI_PLD_KD = 17,
	GDOI_PLD_SEQ = 18,
	GDOI_PLD_GAP = 22,
} gdoi_payload_type_t;

/** ID types (RFC 2407, 4.6.2.1; 13: RFC 8052, 2.1) */
typedef enum gdoi_id_type_t {
	GDOI_ID_IPV4_ADDR = 1,
	GDOI_ID_FQDN = 2,
	GDOI_ID_USER_FQDN = 3,
	GDOI_ID_IPV4_ADDR_SUBNET = 4,
	GDOI_ID_IPV6_ADDR = 5,
	GDOI_ID_IPV6_ADDR_SUBNET = 6,
	GDOI_ID_IPV4_ADDR_RANGE = 7,
	GDOI_ID_IPV6_ADDR_RANGE = 8,
	GDOI_ID_DER_ASN1_DN = 9,
	GDOI_ID_DER_ASN1_GN = 10,
	GDOI_ID_KEY_ID = 11,
	GDOI_ID_LIST = 12,
	GDOI_ID_OID = 13,
} gdoi_id_type_t;

/** KEK attributes of SAK payloads (5.3; 9: RFC 8263, 3) */
typedef enum gdoi_kek_attribute_t {
	GDOI_KEK_MANAGEMENT_ALGORITHM = 1,
	GDOI_KEK_ALGORITHM = 2,
	GDOI_KEK_KEY_LENGTH = 3,
	GDOI_KEK_KEY_LIFETIME = 4,
	GDOI_SIG_HASH_ALGORITHM = 5,
	GDOI_SIG_ALGORITHM = 6,
	GDOI_SIG_KEY_LENGTH = 7,
	GDOI_KE_OAKLEY_GROUP = 8,
	GDOI_KEK_ACK_REQUESTED = 9,
} gdoi_kek_attribute_t;

/** KEK_MANAGEMENT_ALGORITHM (5.3.1) */
#define GDOI_MANAGEMENT_LKH 1

/** KEK_ALGORITHM (5.3.2) */
typedef enum gdoi_kek_algorithm_t {
	GDOI_KEK_DES = 1,
	GDOI_KEK_3DES = 2,
	GDOI_KEK_AES = 3,
} gdoi_kek_algorithm_t;

/** SIG_HASH_ALGORITHM (5.3.5) */
typedef enum gdoi_hash_algorithm_t {
	GDOI_HASH_MD5 = 1,
	GDOI_HASH_SHA1 = 2,
	GDOI_HASH_SHA256 = 3,
	GDOI_HASH_SHA384 = 4,
	GDOI_HASH_SHA512 = 5,
} gdoi_hash_algorithm_t;

/** SIG_ALGORITHM (5.3.6) */
typedef enum gdoi_sig_algorithm_t {
	GDOI_SIG_RSA = 1,
	GDOI_SIG_DSS = 2,
	GDOI_SIG_ECDSS = 3,
	GDOI_SIG_ECDSA_256 = 4,
	GDOI_SIG_ECDSA_384 = 5,
	GDOI_SIG_ECDSA_521 = 6,
} gdoi_sig_algorithm_t;

/** GAP attributes (5.4). Numbers 128 to 255 are for private use: those of IP
 *  delay detection (draft-weis-delay-detection-01, 5) were never assigned, and
 *  are options of a group's. */
typedef enum gdoi_gap_attribute_t {
	GDOI_ACTIVATION_TIME_DELAY = 1,
	GDOI_DEACTIVATION_TIME_DELAY = 2,
	GDOI_SENDER_ID_REQUEST = 3,
	GDOI_D3P_TYPE_DEFAULT = 128,
	GDOI_D3P_WINDOW_DEFAULT = 129,
} gdoi_gap_attribute_t;

/** Protocol-ID of SAT (5.5; 3: RFC 8052, 2.2) and Delete payloads (4.3: 0 is
 *  the rekey SA) */
typedef enum gdoi_protocol_t {
	GDOI_PROTO_KEK = 0,
	GDOI_PROTO_ESP = 1,
	GDOI_PROTO_AH = 2,
	GDOI_PROTO_IEC_61850 = 3,
} gdoi_protocol_t;

/** Protocol of rekey SAs in SAK payloads: UDP (5.3) */
#define GDOI_SAK_PROTOCOL 17

/** ESP transforms (IPsec DOI registry) */
typedef enum gdoi_esp_transform_t {
	GDOI_ESP_3DES = 3,
	GDOI_ESP_NULL = 11,
	GDOI_ESP_AES_CBC = 12,
	GDOI_ESP_AES_CTR = 13,
	GDOI_ESP_AES_CCM_8 = 14,
	GDOI_ESP_AES_CCM_12 = 15,
	GDOI_ESP_AES_CCM_16 = 16,
	GDOI_ESP_AES_GCM_8 = 18,
	GDOI_ESP_AES_GCM_12 = 19,
	GDOI_ESP_AES_GCM_16 = 20,
	GDOI_ESP_CAMELLIA = 22,
	GDOI_ESP_NULL_AUTH_AES_GMAC = 23,
} gdoi_esp_transform_t;

/** AH transforms (IPsec DOI registry) */
typedef enum gdoi_ah_transform_t {
	GDOI_AH_MD5 = 2,
	GDOI_AH_SHA1 = 3,
	GDOI_AH_SHA2_256 = 5,
	GDOI_AH_SHA2_384 = 6,
	GDOI_AH_SHA2_512 = 7,
	GDOI_AH_AES_XCBC = 9,
	GDOI_AH_AES_128_GMAC = 11,
	GDOI_AH_AES_192_GMAC = 12,
	GDOI_AH_AES_256_GMAC = 13,
} gdoi_ah_transform_t;

/** SA attributes of SAT payloads (RFC 2407, 4.5; 14 and 15: 5.5.1) */
typedef enum gdoi_sa_attribute_t {
	GDOI_SA_LIFE_TYPE = 1,
	GDOI_SA_LIFE_DURATION = 2,
	GDOI_SA_GROUP_DESCRIPTION = 3,
	GDOI_SA_ENCAPSULATION_MODE = 4,
	GDOI_SA_AUTH_ALGORITHM = 5,
	GDOI_SA_KEY_LENGTH = 6,
	GDOI_SA_KEY_ROUNDS = 7,
	GDOI_SA_COMPRESS_DICT_SIZE = 8,
	GDOI_SA_COMPRESS_PRIVATE_ALG = 9,
	GDOI_SA_ECN_TUNNEL = 10,
	GDOI_SA_EXTENDED_SEQUENCE = 11,
	GDOI_SA_AUTH_KEY_LENGTH = 12,
	GDOI_SA_SIG_ENCODING = 13,
	GDOI_SA_ADDRESS_PRESERVATION = 14,
	GDOI_SA_DIRECTION = 15,
} gdoi_sa_attribute_t;

/** SA Life Type (RFC 2407, 4.5) */
#define GDOI_LIFE_SECONDS 1
#define GDOI_LIFE_KILOBYTES 2

/** Encapsulation Mode (RFC 2407, 4.5) */
#define GDOI_MODE_TUNNEL 1
#define GDOI_MODE_TRANSPORT 2

/** Authentication Algorithm (RFC 2407, 4.5, and IPsec DOI registry) */
typedef enum gdoi_auth_algorithm_t {
	GDOI_AUTH_HMAC_MD5 = 1,
	GDOI_AUTH_HMAC_SHA1 = 2,
	GDOI_AUTH_HMAC_SHA2_256 = 5,
	GDOI_AUTH_HMAC_SHA2_384 = 6,
	GDOI_AUTH_HMAC_SHA2_512 = 7,
	GDOI_AUTH_AES_XCBC = 9,
	GDOI_AUTH_AES_128_GMAC = 11,
	GDOI_AUTH_AES_192_GMAC = 12,
	GDOI_AUTH_AES_256_GMAC = 13,
} gdoi_auth_algorithm_t;

/** Address Preservation (5.5.1.1.3): absent means both */
typedef enum gdoi_preservation_t {
	GDOI_PRESERVE_NONE = 1,
	GDOI_PRESERVE_SOURCE = 2,
	GDOI_PRESERVE_DESTINATION = 3,
	GDOI_PRESERVE_BOTH = 4,
} gdoi_preservation_t;

/** SA Direction (5.5.1.1.4): absent means symmetric */
typedef enum gdoi_direction_t {
	GDOI_SENDER_ONLY = 1,
	GDOI_RECEIVER_ONLY = 2,
	GDOI_SYMMETRIC = 3,
} gdoi_direction_t;

/** Authentication algorithms of IEC 61850 SAs (RFC 8052, 2.2.1; 6 and 7: GDOI
 *  registry) */
typedef enum gdoi_iec_auth_t {
	GDOI_IEC_AUTH_NONE = 1,
	GDOI_IEC_HMAC_SHA256_128 = 2,
	GDOI_IEC_HMAC_SHA256 = 3,
	GDOI_IEC_AES_GMAC_128 = 4,
	GDOI_IEC_AES_GMAC_256 = 5,
	GDOI_IEC_HMAC_SHA384 = 6,
	GDOI_IEC_HMAC_SHA512 = 7,
} gdoi_iec_auth_t;

/** Encryption algorithms of IEC 61850 SAs (RFC 8052, 2.2.2) */
typedef enum gdoi_iec_encr_t {
	GDOI_IEC_ENCR_NONE = 1,
	GDOI_IEC_AES_CBC_128 = 2,
	GDOI_IEC_AES_CBC_256 = 3,
	GDOI_IEC_AES_GCM_128 = 4,
	GDOI_IEC_AES_GCM_256 = 5,
} gdoi_iec_encr_t;

/** Attributes of IEC 61850 SAs (RFC 8052, 2.2.4) */
typedef enum gdoi_iec_attribute_t {
	GDOI_IEC_SA_ATD = 1,
	GDOI_IEC_SA_KDA = 2,
} gdoi_iec_attribute_t;

/** Types of key packets in KD payloads (5.6) */
typedef enum gdoi_kd_type_t {
	GDOI_KD_TEK = 1,
	GDOI_KD_KEK = 2,
	GDOI_KD_LKH = 3,
	GDOI_KD_SID = 4,
} gdoi_kd_type_t;

/** Attributes of key packets for data SAs (5.6.1) */
typedef enum gdoi_tek_attribute_t {
	GDOI_TEK_ALGORITHM_KEY = 1,
	GDOI_TEK_INTEGRITY_KEY = 2,
	GDOI_TEK_SOURCE_AUTH_KEY = 3,
} gdoi_tek_attribute_t;

/** Attributes of key packets for rekey SAs (5.6.2) */
typedef enum gdoi_kek_key_attribute_t {
	GDOI_KEK_ALGORITHM_KEY = 1,
	GDOI_KEK_SIG_ALGORITHM_KEY = 2,
} gdoi_kek_key_attribute_t;

/** Attributes of key packets for key trees (5.6.3) */
typedef enum gdoi_lkh_attribute_t {
	GDOI_LKH_DOWNLOAD_ARRAY = 1,
	GDOI_LKH_UPDATE_ARRAY = 2,
	GDOI_LKH_SIG_ALGORITHM_KEY = 3,
} gdoi_lkh_attribute_t;

/** Version of arrays of keys (5.6.3.1) */
#define GDOI_LKH_VERSION 1

/** Attributes of key packets for sender IDs (5.6.4) */
typedef enum gdoi_sid_attribute_t {
	GDOI_NUMBER_OF_SID_BITS = 1,
	GDOI_SID_VALUE = 2,
} gdoi_sid_attribute_t;

#endif /** GDOI_CODEPOINTS_H_ @}*/
