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
 * What the gkm plugin offers to the plugins that implement a role.
 *
 * @defgroup gkm gkm
 * @{ @ingroup plugins
 */

#ifndef GKM_H_
#define GKM_H_

#include <daemon.h>
#include <sa/ike_sa.h>
#include <vici_builder.h>
#include <vici_dispatcher.h>

#include "gkm_coop.h"

#include "libgkm/gdoi/gdoi_format.h"
#include "libgkm/group/gkm_cfg.h"
#include "libgkm/group/gkm_download.h"
#include "libgkm/group/gkm_notice.h"
#include "libgkm/group/gkm_update.h"
#include "libgkm/gikev2/gikev2_codepoints.h"

typedef struct gkm_t gkm_t;
typedef struct gkm_role_handler_t gkm_role_handler_t;
typedef struct gkm_registration_t gkm_registration_t;
typedef struct gkm_join_t gkm_join_t;
typedef enum gkm_failure_t gkm_failure_t;

/** Name to get the gkm_t with: lib->get(lib, GKM_NAME) */
#define GKM_NAME "gkm"

/** UDP port of group key management (RFC 6407), allowed by RFC 9838 as well */
#define GKM_PORT 848

/**
 * What a member asks a key server for, in GSA_AUTH, GSA_REGISTRATION or
 * GROUPKEY-PULL.
 */
struct gkm_registration_t {

	/** group (IDg) */
	identification_t *group;

	/** member will send, N(GROUP_SENDER) */
	bool sender;

	/** number of sender IDs it wants, at least 1 if sender is set */
	uint32_t sender_ids;

	/** capabilities (SAg) as proposal_t*, NULL if not given */
	linked_list_t *capabilities;

	/** NO_PROPOSAL_CHOSEN or GIKEV2_REGISTRATION_FAILED if the member leaves
	 *  the group with this message, 0 if it registers. G-IKEv2 only. */
	notify_type_t leave;

	/** protocol that it came with, or is to be asked with */
	gkm_protocol_t protocol;

	/** GDOI, key server: what the member is, and whether it understands IP
	 *  delay detection, from its vendor IDs */
	gkm_peer_t peer;
	bool d3p;

	/** GDOI: DOI and situation that the member put into phase 1 */
	uint32_t doi;
	uint32_t situation;
};

/** Why a member's registration came to nothing */
enum gkm_failure_t {
	/** no IKE_SA: no answer, or authentication failed, or SA deleted */
	GKM_FAILED_IKE,
	/** IKE_SA has no key wrap algorithm */
	GKM_FAILED_NO_KEY_WRAP,
	/** the key server refused, with a notify */
	GKM_FAILED_REFUSED,
	/** the key server's answer was malformed */
	GKM_FAILED_MALFORMED,
	/** the key server's policy isn't acceptable, see gkm_join_t.accepts() */
	GKM_FAILED_POLICY,
};

/**
 * A member's attempt to register or leave, implemented by the member role.
 * Exactly one of completed(), failed() is called for each attempt, with the
 * IKE_SA checked out by the calling thread where there is one: take what you
 * need and queue a job for the rest. If the daemon stops, there may be just
 * destroy().
 */
struct gkm_join_t {

	/** GDOI: how it is spoken to this key server; NULL for G-IKEv2. Has to last
	 *  until destroy(). */
	gdoi_format_t *format;

	/**
	 * GDOI: is a policy acceptable? Called without locks, before keys are asked
	 * for; if not, failed() is called with GKM_FAILED_POLICY.
	 *
	 * @param policy		policy without keys
	 * @param err			receives the reason if not
	 */
	bool (*accepts)(gkm_join_t *this, gkm_download_t *policy,
					gkm_error_t *err);

	/**
	 * What to ask for. Called when the message is built, and again if the
	 * attempt has to start anew because the group's SAs changed meanwhile, as
	 * accepts() is.
	 *
	 * @return				registration with all in it, allocated, passed
	 */
	gkm_registration_t *(*get_request)(gkm_join_t *this);

	/**
	 * The key server accepted.
	 *
	 * @param ike_sa		IKE_SA it came over
	 * @param download		what it gave, passed; NULL if this was to leave
	 */
	void (*completed)(gkm_join_t *this, ike_sa_t *ike_sa,
					  gkm_download_t *download);

	/**
	 * It came to nothing.
	 *
	 * @param ike_sa		IKE_SA, if there still is one, NULL otherwise
	 * @param reason		why
	 * @param notify		notify received, if reason is GKM_FAILED_REFUSED
	 */
	void (*failed)(gkm_join_t *this, ike_sa_t *ike_sa, gkm_failure_t reason,
				   notify_type_t notify);

	/**
	 * Called last, after completed() or failed().
	 */
	void (*destroy)(gkm_join_t *this);
};

/**
 * How a key server's GSA_INBAND_REKEY ended. Called once, without locks, and
 * without the IKE_SA checked out; not any more if the daemon stops before.
 *
 * @param user			as passed to gkm_t.push()
 * @param ike_sa_id		unique ID of the IKE_SA, as passed to gkm_t.push()
 * @param acknowledged	TRUE if the member answered without an error; FALSE if
 *						it refused, or the IKE_SA was or is gone: if it couldn't
 *						read the update, that goes as well
 */
typedef void (*gkm_pushed_t)(void *user, uint32_t ike_sa_id,
							 bool acknowledged);

/**
 * Implementation of a role, registered with gkm_t.add_role().
 */
struct gkm_role_handler_t {

	/** role it implements */
	gkm_role_t role;

	/**
	 * Start a group, or change one of the same name to what is configured
	 * now. On failure all stays as it was.
	 *
	 * @param cfg			configuration, passed on success; get it back
	 *						unchanged on failure
	 * @param err			receives the reason on failure
	 * @return				FALSE if refused
	 */
	bool (*load)(gkm_role_handler_t *this, gkm_cfg_t *cfg, gkm_error_t *err);

	/**
	 * Stop a group.
	 *
	 * @param name			name of its section
	 * @return				FALSE if there is none of that name
	 */
	bool (*unload)(gkm_role_handler_t *this, char *name);

	/**
	 * Answer to a peer that was authenticated. Server role only, NULL in
	 * others. Called with the IKE_SA checked out, without other locks.
	 *
	 * @param ike_sa		IKE_SA of the peer
	 * @param request		what it asks for
	 * @param download		receives the answer, passed; NULL if it leaves
	 * @return				0, or the error notify to send
	 */
	notify_type_t (*answer)(gkm_role_handler_t *this, ike_sa_t *ike_sa,
							gkm_registration_t *request,
							gkm_download_t **download);

	/**
	 * A GDOI member wants to know the group's policy, see gkm_group_t.offer().
	 * Nothing changes. Once the member has shown that it is alive, this is
	 * called again, as it can only get keys of what it was told, and then
	 * answer().
	 * Server role only, NULL in others. Called as answer().
	 *
	 * @param ike_sa		phase 1 SA of the peer
	 * @param request		what it asks for
	 * @param format		receives how messages to this member are written
	 * @param download		receives the policy, passed
	 * @return				0, or the error notify, which isn't sent but logged
	 */
	notify_type_t (*offer)(gkm_role_handler_t *this, ike_sa_t *ike_sa,
						   gkm_registration_t *request, gdoi_format_t *format,
						   gkm_download_t **download);

	/**
	 * A datagram of a rekey SA came: to members GSA_REKEY, to an address that
	 * gkm_t.listen() was called for, or GROUPKEY-PUSH, by unicast as well; to
	 * key servers GROUPKEY-PUSH-ACK. Called without locks, for key servers by
	 * threads that receive packets and are not to wait.
	 *
	 * @param datagram		what came, without UDP header; not checked yet
	 * @param src			where it came from
	 * @param dst			where it came to, may be a multicast address
	 */
	void (*datagram)(gkm_role_handler_t *this, chunk_t datagram, host_t *src,
					 host_t *dst);

	/**
	 * A key server rekeyed in-band, the answer is on its way. Member role only,
	 * NULL in others. Called without locks, from one thread at a time for each
	 * IKE_SA, in the order of message IDs.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA that it came over
	 * @param update		what it said, passed
	 */
	void (*inband)(gkm_role_handler_t *this, uint32_t ike_sa_id,
				   gkm_update_t *update);

	/**
	 * Describe groups for list-groups. For each the handler calls cb with
	 * a message to stream, { <name> { key = value ... } }.
	 *
	 * @param filter		name of the only group to describe, or NULL
	 * @param cb			consumes a message
	 * @param user			passed to cb
	 */
	void (*list)(gkm_role_handler_t *this, char *filter,
				 void (*cb)(void *user, vici_message_t *message), void *user);

	/**
	 * Describe IP delay detection in groups for list-replay, as list() does.
	 */
	void (*list_replay)(gkm_role_handler_t *this, char *filter,
				 void (*cb)(void *user, vici_message_t *message), void *user);

	/**
	 * Describe what was counted for groups since they were loaded, as list()
	 * does.
	 */
	void (*list_stats)(gkm_role_handler_t *this, char *filter,
				 void (*cb)(void *user, vici_message_t *message), void *user);
};

/**
 * The group carrier.
 */
struct gkm_t {

	/**
	 * IKE_SAs between cooperative key servers.
	 */
	gkm_coop_links_t *coop;

	/**
	 * Register a role, before any group is loaded.
	 */
	void (*add_role)(gkm_t *this, gkm_role_handler_t *handler);

	/**
	 * Unregister a role. No function of it is called after this returned.
	 */
	void (*remove_role)(gkm_t *this, gkm_role_handler_t *handler);

	/**
	 * Register with a group over a new IKE_SA: of IKEv2, or for GDOI, of IKEv1.
	 *
	 * @param connection	name of the connection to the key server
	 * @param join			attempt, passed: if this fails at once, failed() and
	 *						destroy() may be called before it returns
	 */
	void (*initiate)(gkm_t *this, char *connection, gkm_join_t *join);

	/**
	 * Register with a group, or leave one, over an IKE_SA that exists.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA
	 * @param join			attempt, passed as for initiate()
	 */
	void (*reuse)(gkm_t *this, uint32_t ike_sa_id, gkm_join_t *join);

	/**
	 * Rekey a member in-band (GSA_INBAND_REKEY), as a task of charon's.
	 * Returns at once. Updates for an IKE_SA are sent in the order of calls,
	 * one after the other.
	 *
	 * If the IKE_SA is rekeyed before the member answered, the update is sent
	 * again over the new one: the member may get it twice, and late.
	 *
	 * @param ike_sa_id		unique ID of the IKE_SA that it registered over
	 * @param update		what to tell it, a reference is taken
	 * @param done			called once it has ended
	 * @param user			passed to done
	 */
	void (*push)(gkm_t *this, uint32_t ike_sa_id, gkm_update_t *update,
				 gkm_pushed_t done, void *user);

	/**
	 * Receive datagrams that are sent to a multicast address, and pass them to
	 * the member role's datagram(). Calls are counted.
	 *
	 * @param address		address and UDP port
	 * @param local			address of the interface to join on, not any address
	 * @param err			receives the reason on failure
	 * @return				FALSE if that isn't possible; don't call unlisten()
	 */
	bool (*listen)(gkm_t *this, host_t *address, host_t *local,
				   gkm_error_t *err);

	/**
	 * Undo a call to listen() with the same arguments. Datagrams that are on
	 * their way may still arrive.
	 */
	void (*unlisten)(gkm_t *this, host_t *address, host_t *local);

	/**
	 * Send a datagram to a multicast address, from the port of group key
	 * management.
	 *
	 * @param address		address and UDP port
	 * @param datagram		what to send
	 * @param err			receives the reason on failure
	 * @return				FALSE if it couldn't be sent
	 */
	bool (*multicast)(gkm_t *this, host_t *address, chunk_t datagram,
					  gkm_error_t *err);

	/**
	 * Send a datagram by unicast, from the port of group key management, or to
	 * targets whose phase 1 SA moved away from it because of a NAT, from
	 * charon's port for that.
	 *
	 * @param src			source address, NULL for any
	 * @param targets		where to, gkm_target_t by value
	 * @param datagram		what to send
	 * @param err			receives the reason of the last failure
	 * @return				number of targets that it was sent to
	 */
	u_int (*unicast)(gkm_t *this, host_t *src, array_t *targets,
					 chunk_t datagram, gkm_error_t *err);

	/**
	 * The plugin's vici endpoint, for commands of a role.
	 */
	vici_dispatcher_t *(*get_dispatcher)(gkm_t *this);

	/**
	 * Log an event for administrators as "GKM-<severity>-<NAME>: text", and
	 * raise it as vici event "group-event" { group, severity, name, text }.
	 *
	 * @param group			name of the group, NULL if none
	 * @param severity		0 (emergency) to 7, as in syslog
	 * @param name			such as GM_REGS_COMPL
	 * @param fmt			text, printf format
	 */
	void (*event)(gkm_t *this, char *group, int severity, char *name,
				  char *fmt, ...);
};

#endif /** GKM_H_ @}*/
