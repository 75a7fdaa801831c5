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
 * @defgroup gkm_download gkm_download
 * @{ @ingroup libgkm
 */

#ifndef GKM_DOWNLOAD_H_
#define GKM_DOWNLOAD_H_

#include <library.h>
#include <collections/array.h>
#include <crypto/proposal/proposal.h>
#include <selectors/traffic_selector.h>
#include <ipsec/ipsec_types.h>

typedef struct gkm_data_sa_t gkm_data_sa_t;
typedef struct gkm_kwk_t gkm_kwk_t;
typedef struct gkm_rekey_sa_t gkm_rekey_sa_t;
typedef struct gkm_download_t gkm_download_t;
typedef struct gkm_d3p_t gkm_d3p_t;
typedef enum gkm_auth_t gkm_auth_t;
typedef enum gkm_protocol_t gkm_protocol_t;
typedef enum gkm_ack_t gkm_ack_t;

/** Octets in the SPI of a rekey SA (RFC 9838, 4.4.2; RFC 6407, 5.3) */
#define GKM_REKEY_SPI_LEN 16

/** Protocols that bring keys to members */
enum gkm_protocol_t {
	/** RFC 9838 */
	GKM_PROTOCOL_GIKEV2,
	/** RFC 6407 */
	GKM_PROTOCOL_GDOI,
};

/** Number of the above */
#define GKM_PROTOCOLS (GKM_PROTOCOL_GDOI + 1)

/** Names of the above: "gikev2", "gdoi" */
extern enum_name_t *gkm_protocol_names;

/** How members acknowledge rekeys, values of KEK_ACK_REQUESTED (RFC 8263, 3).
 *  GDOI only. */
enum gkm_ack_t {
	GKM_ACK_NONE = 0,
	/** with a key made from that of the rekey SA */
	GKM_ACK_KEK_SHA256 = 1,
	/** with a key made from that of the member's leaf in the key tree */
	GKM_ACK_LKH_SHA256 = 2,
	GKM_ACK_KEK_SHA512 = 3,
	GKM_ACK_LKH_SHA512 = 4,
};

/** Names of the above: "none", "REKEY_ACK_KEK_SHA256" ... */
extern enum_name_t *gkm_ack_names;

/** IP delivery delay detection (draft-weis-delay-detection-01) */
struct gkm_d3p_t {

	/** GKM_D3P_POSIX_TIME, 0 if there is none */
	uint16_t type;

	/** milliseconds, the time of the receiver being in the middle */
	uint32_t window;
};

/** The only type of D3P header there is (draft-weis-delay-detection-01, 3) */
#define GKM_D3P_POSIX_TIME 1

/** Milliseconds in a window of IP delay detection, at least and at most */
#define GKM_D3P_WINDOW_MIN 100
#define GKM_D3P_WINDOW_MAX 100000

/**
 * How members know that a rekey message comes from their key server.
 */
enum gkm_auth_t {
	/** whoever holds the KEK may send rekeys, for small trusted groups */
	GKM_AUTH_IMPLICIT,
	/** the key server signs each rekey message */
	GKM_AUTH_SIGNATURE,
};

/**
 * A data SA (TEK) of the group: what it protects, how, and its keys.
 */
struct gkm_data_sa_t {

	/** SPI in network byte order, the same for all members */
	uint32_t spi;

	/** source of the traffic, as a sender sees it */
	traffic_selector_t *src;

	/** destination of the traffic, as a sender sees it */
	traffic_selector_t *dst;

	/** PROTO_ESP, PROTO_AH or PROTO_IEC_61850 (see gkm_algs.h) with one
	 *  algorithm of each kind. For its EXTENDED_SEQUENCE_NUMBERS transform see
	 *  gkm_sn_t. */
	proposal_t *proposal;

	/** PROTO_IEC_61850: what the SA protects, an object identifier in DER, and
	 *  data that belongs to it (RFC 8052, 2.2). Source and destination are any
	 *  address then. Such an SA is for local applications, not the kernel. */
	chunk_t oid;
	chunk_t oid_data;

	/** PROTO_IEC_61850: seconds until it may be used, 0 if at once, and
	 *  percentage of members that have it already, GKM_KDA_UNKNOWN if that
	 *  isn't known (RFC 8052, 2.2.4) */
	uint32_t delay;
	uint8_t kda;

	/** MODE_TRANSPORT, or MODE_TUNNEL with preserved addresses (RFC 5374) */
	ipsec_mode_t mode;

	/** GDOI, member: the key server doesn't have it send on this (RFC 6407,
	 *  5.5.1.1.4) */
	bool receive_only;

	/** seconds from when this was made or received to the end of the SA,
	 *  0 if not limited (in-band rekeyed groups only) */
	uint32_t lifetime;

	/** SPI that a successor will use, network byte order, 0 if none known */
	uint32_t next_spi;

	/** encryption key and salt, then integrity key, see gkm_keymat.h */
	chunk_t key;
};

/** No key delivery assurance */
#define GKM_KDA_UNKNOWN 255

/**
 * Sequence Numbers transforms (type 5), named by RFC 9827; value 2 is from
 * RFC 9838, 4.4.2.1.3. libstrongswan knows the first two under older names.
 */
typedef enum gkm_sn_t {
	/** 32-bit sequence numbers of a single sender, replay can be detected */
	GKM_SN_SEQUENTIAL = 0,
	/** partially transmitted 64-bit numbers, never used for a group */
	GKM_SN_EXTENDED = 1,
	/** numbers without meaning, since there are several senders */
	GKM_SN_UNSPECIFIED = 2,
} gkm_sn_t;

/**
 * The rekey SA (KEK): what protects the key server's rekey messages.
 */
struct gkm_rekey_sa_t {

	/** SPI, initiator's half first, as in the header of rekey messages */
	uint8_t spi[GKM_REKEY_SPI_LEN];

	/** where rekeys are sent from: address and UDP port, may be wildcards */
	traffic_selector_t *src;

	/** where rekeys are sent to: one (multicast) address, UDP, one port */
	traffic_selector_t *dst;

	/** G-IKEv2: encryption (AEAD, or with integrity) and key wrap (type 13),
	 *  the proposal's protocol is PROTO_GIKE_UPDATE, see gkm_algs.h. GDOI:
	 *  encryption in CBC mode, PROTO_GDOI_KEK. */
	proposal_t *proposal;

	/** how rekey messages are authenticated */
	gkm_auth_t auth;

	/** DER AlgorithmIdentifier of the signatures, empty if implicit */
	chunk_t sig_alg;

	/** DER SubjectPublicKeyInfo to check rekeys with, empty if implicit */
	chunk_t auth_key;

	/** seconds to the end of the SA, 0 if not limited */
	uint32_t lifetime;

	/** message ID of the first rekey that a member will see; in GDOI its
	 *  sequence number, which is 1 for the first on this SA */
	uint32_t message_id;

	/** GDOI: how members are to acknowledge rekeys */
	gkm_ack_t ack;

	/** SPI of a successor, meaningful if has_next_spi is set */
	uint8_t next_spi[GKM_REKEY_SPI_LEN];
	bool has_next_spi;

	/** encryption, integrity and key wrap key, see gkm_keymat.h. GDOI: IV and
	 *  encryption key (RFC 6407, 5.6.2.1). */
	chunk_t key;
};

/**
 * A key of the group's key tree, which wraps other keys (RFC 9838, 3.2; RFC
 * 6407, 5.6.3).
 */
struct gkm_kwk_t {

	/** number, unique in the group, never 0: that is the default key. GDOI:
	 *  Key Handle. */
	uint32_t id;

	/** GDOI: LKH ID of the node, the same for its successive keys, and
	 *  different for all nodes on one path */
	uint16_t node;

	/** as long as the rekey SA's key wrap algorithm has it. GDOI: as long as
	 *  the rekey SA's encryption has it, without IV. */
	chunk_t key;

	/** GDOI, member: IV that came in front of the key, empty for the one that
	 *  this key server uses, see gdoi_lkh.h */
	chunk_t iv;
};

/**
 * Everything that a key server gives to one member: the group model that
 * roles work with, whichever protocol carried it.
 */
struct gkm_download_t {

	/** rekey SA, NULL if the group is rekeyed in-band */
	gkm_rekey_sa_t *rekey;

	/** data SAs, as gkm_data_sa_t* */
	array_t *sas;

	/** activation and deactivation time delay in seconds, 0 for none */
	uint16_t atd;
	uint16_t dtd;

	/** IP delay detection on all data SAs */
	gkm_d3p_t d3p;

	/** size of sender IDs in bits, 0 if none were given out */
	uint16_t sender_id_bits;

	/** sender IDs for this member, as uint32_t* */
	array_t *sender_ids;

	/** this member's path through the key tree (Working Key Path, RFC 9838,
	 *  3.3), as gkm_kwk_t*: the key that wraps the rekey SA's first, the
	 *  member's own last; each later one wraps the one before it. Empty
	 *  without a tree. */
	array_t *path;
};

/**
 * Create an empty download. Owns all that is put in.
 */
gkm_download_t *gkm_download_create();

/**
 * Has a download a data SA that senders need sender IDs for?
 */
bool gkm_download_has_counter_mode(gkm_download_t *this);

/**
 * Destroy a download, wiping keys.
 *
 * @param this		download, may be NULL
 */
void gkm_download_destroy(gkm_download_t *this);

/**
 * Create an empty data SA, to be filled in by the caller.
 */
gkm_data_sa_t *gkm_data_sa_create();

/**
 * Clone a data SA, keys included.
 */
gkm_data_sa_t *gkm_data_sa_clone(gkm_data_sa_t *this);

/**
 * Destroy a data SA, wiping its key.
 *
 * @param this		data SA, may be NULL
 */
void gkm_data_sa_destroy(gkm_data_sa_t *this);

/**
 * Create an empty rekey SA, to be filled in by the caller.
 */
gkm_rekey_sa_t *gkm_rekey_sa_create();

/**
 * Clone a rekey SA, keys included.
 */
gkm_rekey_sa_t *gkm_rekey_sa_clone(gkm_rekey_sa_t *this);

/**
 * Get the address and port that messages on a rekey SA are sent to.
 *
 * @param this		rekey SA, with a destination
 * @return			address, to be destroyed by the caller
 */
host_t *gkm_rekey_sa_get_address(gkm_rekey_sa_t *this);

/**
 * Destroy a rekey SA, wiping its keys.
 *
 * @param this		rekey SA, may be NULL
 */
void gkm_rekey_sa_destroy(gkm_rekey_sa_t *this);

/**
 * Create a key of a key tree.
 *
 * @param id		its number
 * @param key		key, cloned
 */
gkm_kwk_t *gkm_kwk_create(uint32_t id, chunk_t key);

/**
 * Clone a key of a key tree.
 */
gkm_kwk_t *gkm_kwk_clone(gkm_kwk_t *this);

/**
 * Destroy a key of a key tree, wiping it.
 *
 * @param this		key, may be NULL
 */
void gkm_kwk_destroy(gkm_kwk_t *this);

/**
 * Is this a multicast address, IPv4 or IPv6?
 *
 * @param addr		4 or 16 octets
 */
bool gkm_is_multicast(chunk_t addr);

#endif /** GKM_DOWNLOAD_H_ @}*/
