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
 * The SAs of a group as its key server holds them: made, replaced by
 * successors and dropped as time goes by.
 *
 * Life of a data SA, with the times of gkm_timing.h:
 *
 *   created --- rekey time ---------- activation ---------- end
 *      |            | its successor is    | senders have        | it is dropped
 *      |            | created, downloads  | changed, downloads  |
 *      |            | hold both           | hold the new one    |
 *
 * The SPI of the successor is chosen in advance, so that members can be told.
 *
 * A rekey SA is replaced at its rekey time at once: the message that brings
 * the new one is the last that is sent with the old one. There is one for each
 * protocol whose members are rekeyed by messages to all; they share the data
 * SAs and are replaced together.
 *
 * @defgroup gkm_policy gkm_policy
 * @{ @ingroup libgkm
 */

#ifndef GKM_POLICY_H_
#define GKM_POLICY_H_

#include <library.h>

#include "gkm_cfg.h"
#include "gkm_download.h"
#include "gkm_error.h"
#include "gkm_timing.h"
#include "gkm_update.h"

/** Data SAs with equal selectors at most. There are as many as were made within
 *  the time that an old one stays. */
#define GKM_POLICY_SAS_MAX 16

/** Data SAs of a group at most, so that a download doesn't outgrow its payloads,
 *  unless each pair of selectors has but one and its successor */
#define GKM_POLICY_SAS_TOTAL 200

typedef struct gkm_policy_t gkm_policy_t;
typedef struct gkm_policy_sa_t gkm_policy_sa_t;
typedef struct gkm_policy_rekey_t gkm_policy_rekey_t;
typedef struct gkm_policy_kept_t gkm_policy_kept_t;
typedef struct gkm_policy_kept_sa_t gkm_policy_kept_sa_t;
typedef struct gkm_spis_t gkm_spis_t;

/**
 * SPIs of data SAs in use, to keep them unique among all groups of a daemon.
 */
struct gkm_spis_t {

	/**
	 * Take an SPI into use.
	 *
	 * @param spi		SPI in network byte order
	 * @return			FALSE if it is in use already
	 */
	bool (*acquire)(gkm_spis_t *this, uint32_t spi);

	/**
	 * Give back an SPI that was acquired.
	 */
	void (*release)(gkm_spis_t *this, uint32_t spi);
};

/**
 * A data SA with its times, all in the clock that the caller uses.
 */
struct gkm_policy_sa_t {

	/** section that asked for it, borrowed from the configuration */
	gkm_cfg_sa_t *cfg;

	/** the SA; its lifetime isn't maintained here */
	gkm_data_sa_t *sa;

	time_t created;

	/** when it gets a successor, 0 if it has one */
	time_t rekey;

	/** when all senders use it */
	time_t activates;

	/** when it ends */
	time_t expires;

	/** a sender got it when it registered, or the one before it, and this one
	 *  by a rekey: with sequence numbers that mean something, none may begin
	 *  with it anew */
	bool sent_on;

	/** it was kept across a restart */
	bool restored;

	/** it was absorbed, and members of this key server don't know it yet */
	bool untold;
};

/**
 * A rekey SA with its times.
 */
struct gkm_policy_rekey_t {

	/** the SA; its lifetime isn't maintained here */
	gkm_rekey_sa_t *sa;

	/** when it is replaced */
	time_t rekey;

	/** when it ends */
	time_t expires;
};

/**
 * A data SA that was kept, or that another key server made.
 */
struct gkm_policy_kept_sa_t {

	/** the SA with its times, without section and proposal; owned */
	gkm_policy_sa_t *sa;

	/** what gkm_sa_maker_name() said of its proposal, allocated */
	char *proposal;
};

/**
 * SAs of a group that were kept, or that another key server made: plain data.
 */
struct gkm_policy_kept_t {

	/** rekey SAs with times by protocol, whose sa is NULL where there is none;
	 *  without proposal and source */
	gkm_policy_rekey_t rekeys[GKM_PROTOCOLS];

	/** what gkm_sa_maker_name() said of their proposals, allocated */
	char *proposals[GKM_PROTOCOLS];

	/** data SAs, as gkm_policy_kept_sa_t*, the older of two with equal selectors
	 *  first */
	array_t *sas;
};

/**
 * SAs of a group.
 */
struct gkm_policy_t {

	/**
	 * Change the SAs to what a configuration asks for. Those that it asks for
	 * as before stay: a data SA if selectors, mode and first proposal, sequence
	 * numbers included, are the same, a rekey SA if address, proposal,
	 * authentication and key are. Changed times hold for SAs made from now on,
	 * only their successors may come earlier.
	 *
	 * On failure nothing changes.
	 *
	 * A rekey message can't say how those after it are authenticated (RFC
	 * 9838, 4.4.2.1.1): if that changes, or there is a protocol whose members
	 * don't get such messages any more, update->deletes excludes all members
	 * and nothing else.
	 *
	 * @param cfg			configuration, has to stay until the next call
	 * @param auth_key		DER SubjectPublicKeyInfo of the key that signs
	 *						rekeys, empty if cfg says implicit; cloned
	 * @param sig_alg		DER AlgorithmIdentifier of signatures; cloned
	 * @param fresh_nonces	TRUE to replace data SAs with counter modes too
	 * @param now			current time
	 * @param update		receives what members have to be told, empty before
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be done
	 */
	bool (*configure)(gkm_policy_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
					  chunk_t sig_alg, bool fresh_nonces, time_t now,
					  gkm_update_t *update, gkm_error_t *err);

	/**
	 * Drop data SAs that have ended.
	 */
	void (*expire)(gkm_policy_t *this, time_t now);

	/**
	 * Are there data SAs to be replaced?
	 */
	bool (*is_due)(gkm_policy_t *this, time_t now);

	/**
	 * Make successors of data SAs.
	 *
	 * @param renewal		why: with GKM_RENEWAL_DUE those whose time has come,
	 *						otherwise all. Without trust in those that know the
	 *						older ones the number of these is no obstacle.
	 * @param now			current time
	 * @param update		members have to be told, added to
	 * @param err			receives the reason if an SA couldn't be made, which
	 *						is tried again some seconds later
	 * @return				number of SAs made
	 */
	u_int (*renew)(gkm_policy_t *this, gkm_renewal_t renewal, time_t now,
					  gkm_update_t *update, gkm_error_t *err);

	/**
	 * Are the rekey SAs to be replaced, as the time of one of them has come, or
	 * its last message ID, or with cooperation the last one of its slice?
	 */
	bool (*is_rekey_due)(gkm_policy_t *this, time_t now);

	/**
	 * Replace all rekey SAs.
	 *
	 * @param now			current time
	 * @param update		receives the new ones
	 * @param err			receives the reason on failure; they are due again
	 *						some seconds later
	 * @return				FALSE if there are none, or not all new ones could
	 *						be made: nothing changed then
	 */
	bool (*replace_rekey)(gkm_policy_t *this, time_t now, gkm_update_t *update,
						  gkm_error_t *err);

	/**
	 * Make successors of data SAs due that a sender could begin with anew: those
	 * with sequence numbers, that a sender got before.
	 *
	 * @param address		address of a sender that registers
	 * @param due			when they are due, unless they are earlier
	 * @param now			current time
	 * @return				TRUE if there is any
	 */
	bool (*renew_for_sender)(gkm_policy_t *this, host_t *address, time_t due,
							 time_t now);

	/**
	 * Could a sender begin anew with one of the newest data SAs, as it got that
	 * before?
	 *
	 * @param address		address of a sender that registers
	 */
	bool (*is_returning)(gkm_policy_t *this, host_t *address);

	/**
	 * Make successors due of data SAs that a sender got before, as it came back
	 * to another key server. It may begin with these once.
	 *
	 * @param now			current time
	 * @return				TRUE if there is any
	 */
	bool (*renew_for_returned)(gkm_policy_t *this, time_t now);

	/**
	 * Note that a sender is given what fill() says, with sequence numbers that
	 * it may begin with once.
	 *
	 * @param address		its address
	 * @return				TRUE if that has to be kept before it gets them
	 */
	bool (*note_sender)(gkm_policy_t *this, host_t *address);

	/**
	 * No sender was told of the newest SAs, even where it had those before.
	 */
	void (*forget_senders)(gkm_policy_t *this);

	/**
	 * Put back an SA that was kept, in place of what was made instead. Its
	 * SPI is acquired. It lasts no longer than if it were new, whatever happened
	 * to the clock.
	 *
	 * @param sa			data SA with times, adopted on success; without
	 *						section and proposal, which are those configured
	 * @param proposal		what gkm_sa_maker_name() said of its proposal
	 * @param fresh_nonces	TRUE to leave out one with a counter mode
	 * @param now			current time
	 * @return				FALSE if that isn't configured any more
	 */
	bool (*restore)(gkm_policy_t *this, gkm_policy_sa_t *sa, char *proposal,
					bool fresh_nonces, time_t now);

	/**
	 * Put back rekey SAs that were kept, in place of those that were made
	 * instead: all or none, since members of one protocol can't be told
	 * something without those of the other.
	 *
	 * @param kept			rekey SAs with times by protocol, whose sa is NULL
	 *						where there was none, and adopted on success; without
	 *						proposal and source, as above
	 * @param proposals		what gkm_sa_maker_name() said of their proposals
	 * @param now			current time
	 * @return				FALSE if one isn't configured any more
	 */
	bool (*restore_rekeys)(gkm_policy_t *this, gkm_policy_rekey_t *kept,
						   char **proposals, time_t now);

	/**
	 * Take over the SAs of another key server, in place of those there are:
	 * those that it has as well stay, with its times. Data SAs that aren't
	 * configured here are passed over.
	 *
	 * @param kept			SAs, what is taken over is taken out
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if a rekey SA isn't what is configured here, or
	 *						an SPI is in use: nothing changed
	 */
	bool (*adopt)(gkm_policy_t *this, gkm_policy_kept_t *kept, time_t now,
				  gkm_error_t *err);

	/**
	 * Add the data SAs that members of another primary send on, so that members
	 * of this one hear of them with the next renew(), which has to be one with
	 * GKM_RENEWAL_MERGING. They are older than the newest ones there are. Those
	 * that aren't configured here are passed over.
	 *
	 * @param kept			SAs, what is added is taken out
	 * @param both			TRUE if members of the other one hear that renew() too,
	 *						so that they have to be told what they lack
	 * @param now			current time
	 */
	void (*absorb)(gkm_policy_t *this, gkm_policy_kept_t *kept, bool both,
				   time_t now);

	/**
	 * Go on with rekey SAs that another primary has as well, above the messages
	 * that it has sent.
	 *
	 * @param kept			its SAs
	 * @return				TRUE if there is such a rekey SA: members of either
	 *						primary may have read what the other one sent
	 */
	bool (*catch_up)(gkm_policy_t *this, gkm_policy_kept_t *kept);

	/**
	 * All that was kept is put back: drop data SAs that were made instead of
	 * some that weren't. Members know neither, and are told as soon as others
	 * are made, which is due now.
	 *
	 * @param now			current time
	 */
	void (*drop_untold)(gkm_policy_t *this, time_t now);

	/**
	 * Make successors of all data SAs due.
	 *
	 * @param now			current time
	 */
	void (*hurry)(gkm_policy_t *this, time_t now);

	/**
	 * This key server took over from another one: messages of all rekey SAs go
	 * on with numbers of the next block, see GKM_TAKEOVER_BLOCK. SPIs that were
	 * chosen for SAs to come are given up, as the other one may go on and use
	 * them; members are told of others from now on, if at all.
	 *
	 * @param server		number of this key server
	 * @param epoch			number of this primary: at least this block, as it may
	 *						have used those before and forgotten that, with what
	 *						another primary knew
	 */
	void (*take_over)(gkm_policy_t *this, uint8_t server, uint64_t epoch);

	/**
	 * When is something to do for update()?
	 */
	time_t (*next_due)(gkm_policy_t *this);

	/**
	 * Put clones of the SAs that are in use into a download, with the lifetime
	 * that is left, the older of two data SAs with equal selectors first. It
	 * says when senders change to the newer one.
	 *
	 * @param download		download to fill, empty
	 * @param rekey			rekey SA of the member's protocol, whose messages it
	 *						gets, NULL if it is rekeyed in-band; SPIs of
	 *						successors are given with one that has its own
	 * @param sender		address of the member if it sends, NULL otherwise: it
	 *						gets no SA that it could have sent on before, unless
	 *						there is no other
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are selectors without a valid SA
	 */
	bool (*fill)(gkm_policy_t *this, gkm_download_t *download,
				 gkm_policy_rekey_t *rekey, host_t *sender, time_t now,
				 gkm_error_t *err);

	/**
	 * Enumerate data SAs, the older of two with equal selectors first.
	 *
	 * @return				enumerator over gkm_policy_sa_t*
	 */
	enumerator_t *(*create_sa_enumerator)(gkm_policy_t *this);

	/**
	 * Get a rekey SA.
	 *
	 * @param protocol		protocol of the members that it is for
	 * @return				rekey SA, NULL if there is none, as there are no
	 *						such members, or they are rekeyed in-band
	 */
	gkm_policy_rekey_t *(*get_rekey)(gkm_policy_t *this,
									 gkm_protocol_t protocol);

	/**
	 * Destroy all, wiping keys and giving back SPIs.
	 */
	void (*destroy)(gkm_policy_t *this);
};

/**
 * Destroy a data SA with its times, wiping keys. Its SPI isn't given back.
 */
void gkm_policy_sa_destroy(gkm_policy_sa_t *this);

/**
 * Destroy what is left of SAs that were kept, wiping keys.
 */
void gkm_policy_kept_clear(gkm_policy_kept_t *this);

/**
 * Create a policy without SAs, to be given a configuration.
 *
 * @param spis		SPIs in use, has to outlive this
 */
gkm_policy_t *gkm_policy_create(gkm_spis_t *spis);

#endif /** GKM_POLICY_H_ @}*/
