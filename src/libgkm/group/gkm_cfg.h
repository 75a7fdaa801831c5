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
 * Configuration of a group, as written in swanctl.conf's groups section.
 *
 * @defgroup gkm_cfg gkm_cfg
 * @{ @ingroup libgkm
 */

#ifndef GKM_CFG_H_
#define GKM_CFG_H_

#include <library.h>
#include <collections/array.h>
#include <crypto/hashers/hasher.h>
#include <networking/host.h>
#include <utils/identification.h>

#include "gkm_acks.h"
#include "gkm_algs.h"
#include "gkm_download.h"
#include "gkm_error.h"

typedef struct gkm_cfg_t gkm_cfg_t;
typedef struct gkm_cfg_sa_t gkm_cfg_sa_t;
typedef struct gkm_cfg_rekey_t gkm_cfg_rekey_t;
typedef struct gkm_cfg_retransmit_t gkm_cfg_retransmit_t;
typedef struct gkm_cfg_gdoi_t gkm_cfg_gdoi_t;
typedef struct gkm_cfg_plane_t gkm_cfg_plane_t;
typedef struct gkm_cfg_coop_t gkm_cfg_coop_t;

/** What a daemon is in a group */
typedef enum gkm_role_t {
	GKM_ROLE_SERVER,
	GKM_ROLE_MEMBER,
} gkm_role_t;

/** Names of roles: "server", "member" */
extern enum_name_t *gkm_role_names;

/** Who sends on a data SA */
typedef enum gkm_senders_t {
	/** any member, so sequence numbers mean nothing */
	GKM_SENDERS_ANY,
	/** one member only */
	GKM_SENDERS_SINGLE,
	/** one data SA for each source selector, which is one sender */
	GKM_SENDERS_SEPARATE,
} gkm_senders_t;

/** Names of the above: "any", "single", "separate" */
extern enum_name_t *gkm_senders_names;

/** How rekeys travel */
typedef enum gkm_transport_t {
	/** one message for all members */
	GKM_TRANSPORT_MULTICAST,
	/** to each member over the IKE_SA that it registered over */
	GKM_TRANSPORT_INBAND,
	/** in-band to senders, by multicast to those that only receive */
	GKM_TRANSPORT_MIXED,
	/** to each member: by unicast with GDOI, in-band with G-IKEv2. That is
	 *  GKM_TRANSPORT_INBAND after gkm_cfg_finish() if there is no GDOI. */
	GKM_TRANSPORT_UNICAST,
} gkm_transport_t;

/** Names of the above: "multicast", "inband", "mixed", "unicast" */
extern enum_name_t *gkm_transport_names;

/** What a member does when its configuration is loaded */
typedef enum gkm_start_t {
	GKM_START_NONE,
	GKM_START_START,
} gkm_start_t;

/** Section sas.<name> */
struct gkm_cfg_sa_t {
	/** name of the section */
	char *name;
	/** allowed or wanted traffic, as traffic_selector_t* */
	array_t *src;
	array_t *dst;
	/** PROTO_IEC_61850: object identifier in DER and its data, empty otherwise;
	 *  src and dst are any address then */
	chunk_t oid;
	chunk_t oid_data;
	/** ESP, AH or IEC 61850, as proposal_t*. A server uses the first, a member
	 *  accepts each; the sequence numbers transform follows senders. */
	array_t *proposals;
	/** MODE_TUNNEL (default) or MODE_TRANSPORT */
	ipsec_mode_t mode;
	gkm_senders_t senders;
	/** server: seconds; 0 < rekey_time <= 85% of life_time */
	uint32_t rekey_time;
	uint32_t life_time;
	/** member: what the kernel uses an SA for at most that this member sends
	 *  on, 0 for no such limit */
	uint32_t life_packets;
	uint64_t life_bytes;
};

/** Copies of a message: "COUNT every TIME" */
struct gkm_cfg_retransmit_t {
	uint32_t count;
	/** seconds, at least 1 if there are any */
	uint32_t interval;
};

/** Section rekey; members have proposals only */
struct gkm_cfg_rekey_t {
	gkm_transport_t transport;
	/** address and port that rekeys go to, NULL if in-band or unicast */
	host_t *address;
	/** PROTO_GIKE_UPDATE, as proposal_t*; a server uses the first. The default
	 *  and of no meaning if there is no rekey SA of G-IKEv2: in-band, unicast
	 *  or GDOI only. */
	array_t *proposals;
	/** private key file that signs rekeys, NULL for an ephemeral key */
	char *key;
	gkm_auth_t auth;
	/** seconds; 0 < rekey_time < life_time */
	uint32_t rekey_time;
	uint32_t life_time;
	/** how often a rekey message is sent again, and seconds between */
	gkm_cfg_retransmit_t retransmit;
	/** server: acknowledgements of GDOI members. Multicast rekeys ask for none
	 *  unless it is configured. */
	gkm_acks_t acknowledgement;
	/** there is a key tree, and children of its nodes at most */
	bool key_tree;
	uint32_t key_tree_degree;
};

/** What a member does if its group has IP delay detection, which nothing
 *  enforces without the data plane */
typedef enum gkm_d3p_use_t {
	/** join all the same */
	GKM_D3P_OPTIONAL,
	/** refuse to join unless it is enforced */
	GKM_D3P_REQUIRED,
} gkm_d3p_use_t;

/** Names of the above: "optional", "required" */
extern enum_name_t *gkm_d3p_use_names;

/** Section gdoi */
struct gkm_cfg_gdoi_t {
	/** rekey SA, PROTO_GDOI_KEK, as proposal_t*; a server uses the first, a
	 *  member accepts each */
	array_t *proposals;
	/** DOI and situation of SA payloads (gdoi_format.h), default 2 and 0 */
	uint32_t doi;
	uint32_t situation;
	/** numbers of the GAP attributes of IP delay detection */
	uint32_t d3p_type;
	uint32_t d3p_window;
	/** how messages are written, see gdoi_format.h; no by default */
	bool bare_signature;
	bool padded_length;
	bool pkcs1_key;
	/** server: hash of signatures with an RSA key; ECDSA keys have one of their
	 *  own */
	hash_algorithm_t hash;
	/** server: KEK_ACK_REQUESTED, member: L when it acknowledges is the length
	 *  of the key */
	gkm_ack_t ack;
	bool ack_key_length;
	/** member: milliseconds that acknowledgements of multicast rekeys are
	 *  delayed at most, 0 to 5000 (RFC 8263, 5) */
	uint32_t ack_jitter;
	/** server: seconds until an acknowledgement is missed, at least 1 */
	uint32_t ack_timeout;
	/** member: program that gets keys of IEC 61850 SAs, NULL for none */
	char *script;
};

/** What happens to traffic of a group that there is no SA for, or none yet */
typedef enum gkm_fail_t {
	/** it is dropped */
	GKM_FAIL_CLOSED,
	/** it passes in clear */
	GKM_FAIL_OPEN,
} gkm_fail_t;

/** Names of the above: "closed", "open" */
extern enum_name_t *gkm_fail_names;

/** Section data_plane of a member */
struct gkm_cfg_plane_t {
	/** names of interfaces to the WAN, as char*; empty if the group's SAs are
	 *  used by the kernel alone, in the first one multicast goes out */
	array_t *interfaces;
	/** traffic that stays in clear, in both directions, whatever the key server
	 *  says: an even number of traffic_selector_t*, pairs of one end and the
	 *  other. A prefix alone is a pair with any address. */
	array_t *exclude;
	/** before a registration, and after SAs ended. If closed there has to be
	 *  traffic in sas, which is what is dropped; any later SA's is as well. */
	gkm_fail_t fail;
	/** largest packet, without what encryption adds; 0 for what the interfaces
	 *  allow */
	uint32_t mtu;
	/** lower the MSS of TCP connections to what fits */
	bool mss_clamp;
};

/** Section coop of a server */
struct gkm_cfg_coop_t {
	/** number of this key server among those of the group, 1 to 8; 0 if it is
	 *  alone */
	uint8_t id;
	/** 1 to 255, the highest becomes primary; default 100 */
	uint8_t priority;
	/** become primary in place of one that is there, but has a lower one */
	bool preempt;
	/** names of connections to the others, as char*, 1 to 7 */
	array_t *peers;
	/** milliseconds between messages at most (default 500), and how many have to
	 *  be missing until another one is taken to be unreachable (default 5) */
	uint32_t heartbeat;
	uint32_t misses;
	/** milliseconds from the start until it doesn't wait for others any more,
	 *  and serves alone; default 10 s */
	uint32_t wait;
};

/**
 * A group as configured: plain data. Complete and consistent after
 * gkm_cfg_finish(), not to be changed from then on.
 */
struct gkm_cfg_t {

	/** name of the section in groups */
	char *name;

	/** group identity (IDg) */
	identification_t *id;

	gkm_role_t role;

	/** data SAs, as gkm_cfg_sa_t*. For a member: what a server may ask for. */
	array_t *sas;

	/** server: rekey SA. For a member only proposals count: what a server
	 *  may use. */
	gkm_cfg_rekey_t rekey;

	/** protocols: bits, 1 << gkm_protocol_t; a member has one */
	u_int protocols;

	/** how GDOI is spoken */
	gkm_cfg_gdoi_t gdoi;

	/** milliseconds, 0 for none: a server's IP delay detection, a member's own
	 *  window in place of what its server says */
	uint32_t d3p_window;

	/** member: what to do about IP delay detection */
	gkm_d3p_use_t d3p;

	/** member: data plane that protects traffic between any addresses */
	gkm_cfg_plane_t plane;

	/** server: others that serve the group as well */
	gkm_cfg_coop_t coop;

	/** server: connections whose peers may register, member: connections to
	 *  servers in the order to try them; as char* */
	array_t *connections;

	/** server: identities with wildcards that may register, as
	 *  identification_t*; empty for all */
	array_t *member_ids;

	/** server: members at most, 0 for any number */
	uint32_t max_members;

	/** server: seconds that the registration IKE_SA stays for further
	 *  registrations */
	uint32_t linger;

	/** server: ATD in seconds, or GKM_ATD_AUTO */
	uint32_t activation_delay;

	/** server: DTD in seconds */
	uint32_t deactivation_delay;

	/** server: bits in a sender ID, 1..32, default 16 */
	uint32_t sender_id_bits;

	/** member: sends to the group (yes by default), receives from it (yes) */
	bool sender;
	bool receiver;

	/** member: what to do once loaded */
	gkm_start_t start_action;

	/** member: seconds between rounds through the server list: the first,
	 *  and the largest that doubling leads to */
	uint32_t retry_min;
	uint32_t retry_max;
};

/** activation_delay = auto */
#define GKM_ATD_AUTO UINT32_MAX

/** Pairs of source and destination selectors that a group has at most: each is
 *  a data SA, and all of them, twice while they are replaced, go into a GSA
 *  payload of 64 KB and a KD payload of the same size */
#define GKM_CFG_MAX_SAS 100

/**
 * Start the configuration of a group.
 *
 * @param name		name of its section, cloned
 */
gkm_cfg_t *gkm_cfg_create(char *name);

/**
 * Note that there is a section, so that an empty one doesn't go unnoticed.
 *
 * @param this		configuration
 * @param path		path below the group's section, such as "rekey", "sas" or
 *					"sas.data"
 * @param err		receives the reason on failure, which names the path
 * @return			FALSE if there is no such section
 */
bool gkm_cfg_section(gkm_cfg_t *this, const char *path, gkm_error_t *err);

/**
 * Set an option as the user wrote it. Lists are separated by commas; member_ids
 * by semicolons if there are distinguished names among them. May be called in
 * any order; an option may come once. After a failure only gkm_cfg_destroy()
 * may be called.
 *
 * @param this		configuration
 * @param key		path below the group's section, such as "id",
 *					"rekey.address" or "sas.data.life_time"
 * @param value		value as written
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if key is unknown or given twice, or the value bad
 */
bool gkm_cfg_set(gkm_cfg_t *this, const char *key, const char *value,
				 gkm_error_t *err);

/**
 * Fill in defaults and check that options fit together.
 *
 * @param this		configuration
 * @param err		receives the reason on failure, which names the key
 * @return			FALSE if something is missing or contradicts
 */
bool gkm_cfg_finish(gkm_cfg_t *this, gkm_error_t *err);

/**
 * Does a group have a protocol?
 */
static inline bool gkm_cfg_has(gkm_cfg_t *this, gkm_protocol_t protocol)
{
	return (this->protocols & 1 << protocol) != 0;
}

/**
 * Are two finished configurations the same in all that matters? How a value was
 * written doesn't, the order of lists and of data SAs does.
 */
bool gkm_cfg_equals(gkm_cfg_t *this, gkm_cfg_t *other);

/**
 * Do two finished configurations of a member say the same of the data plane?
 * That is section data_plane, and if it fails closed the traffic that it drops;
 * and the name of the group.
 */
bool gkm_cfg_plane_equals(gkm_cfg_t *this, gkm_cfg_t *other);

/**
 * Clone a finished configuration.
 */
gkm_cfg_t *gkm_cfg_clone(gkm_cfg_t *this);

/**
 * Destroy a configuration.
 *
 * @param this		configuration, may be NULL
 */
void gkm_cfg_destroy(gkm_cfg_t *this);

#endif /** GKM_CFG_H_ @}*/
