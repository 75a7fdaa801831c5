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
 * Group encryption with preserved addresses in the kernel: eBPF programs beside
 * XFRM, the library that loads them and tells them what to do, and what they
 * expect around them: gkm_dp_net.h has addresses and routes, gkm_dp_ifs.h the
 * interfaces of a group. SAs and policies are up to the user.
 *
 * A user
 *   1. creates a data plane, which loads the programs and keeps them from any
 *      other's: several may exist beside each other if their marks and dummy
 *      addresses differ, but not on the same interface;
 *   2. sets the rules, so that nothing leaves in clear from the moment on that
 *      an interface to the WAN is attached;
 *   3. attaches interfaces to the WAN, then for each group an inner interface,
 *      and a front if it sends with D3P;
 *   4. sets the clock, and does so again whenever the system's one was stepped
 *      (a timerfd with TFD_TIMER_CANCEL_ON_SET tells it);
 *   5. sets SAs before it installs them in XFRM, and deletes them after;
 *   6. calls repair() now and then, and read_too_big() whenever there is
 *      anything to read.
 *
 * Numbers are in host byte order. Not thread safe, except for what only reads:
 * get_counters(), get_errors() and, by one thread at a time, read_too_big().
 *
 * @defgroup libgkm_dataplane libgkm_dataplane
 *
 * @defgroup gkm_dataplane gkm_dataplane
 * @{ @ingroup libgkm_dataplane
 */

#ifndef GKM_DATAPLANE_H_
#define GKM_DATAPLANE_H_

#include <networking/host.h>

#include "libgkm/group/gkm_error.h"

#include "gkm_dp_hooks.h"
#include "gkm_dp_maps.h"
#include "gkm_dp_rules.h"

typedef struct gkm_dataplane_t gkm_dataplane_t;
typedef struct gkm_dataplane_cfg_t gkm_dataplane_cfg_t;

/** Names of what is counted, as shown to people */
extern enum_name_t *gkm_dp_counter_names;

/** Bits in a mask for marks at least: 2 for the state of a packet, the rest
 *  to find its addresses again. With n bits, 2^(n-2) packets may be on the way
 *  through XFRM at a time, but not more than GKM_DP_FLOWS. */
#define GKM_DATAPLANE_MARK_BITS_MIN 12

/**
 * What stays as it is as long as programs are loaded.
 */
struct gkm_dataplane_cfg_t {

	/** bits of marks that are only ours, contiguous. Marks with other bits
	 *  keep them. */
	uint32_t mark_mask;

	/** dummy addresses of SAs, the same on all members, on the wire of none;
	 *  SAs that send go from local to remote, those that receive the other way
	 *  round. Borrowed while a data plane is created. */
	host_t *local4;
	host_t *remote4;
	host_t *local6;
	host_t *remote6;
};

/**
 * The programs, loaded.
 */
struct gkm_dataplane_t {

	/**
	 * Add an SA for packets in both directions, or change its D3P policy,
	 * which takes effect at once and leaves counters as they are.
	 *
	 * @param spi			SPI
	 * @param sa			what to know of it; window > 0 if there is a D3P type
	 * @param err			receives the reason on failure
	 */
	bool (*set_sa)(gkm_dataplane_t *this, uint32_t spi, struct gkm_dp_sa *sa,
				   gkm_error_t *err);

	/**
	 * Forget an SA and its counters. Packets with its SPI are dropped from now
	 * on, those that XFRM has already as well.
	 */
	void (*del_sa)(gkm_dataplane_t *this, uint32_t spi);

	/**
	 * Replace all rules, at once for packets. The first one that a packet's
	 * addresses match counts; without any it goes in clear.
	 *
	 * @param rules			rules, borrowed
	 * @param count			number of them
	 * @param err			receives the reason on failure; rules stay as they
	 *						were
	 */
	bool (*set_rules)(gkm_dataplane_t *this, gkm_dp_rule_t *rules, u_int count,
					  gkm_error_t *err);

	/**
	 * Attach programs to an interface. If they are already, change what is
	 * known of it, and attach those that got lost.
	 *
	 * @param ifindex		interface
	 * @param place			what it is
	 * @param link			what to know of it; l2 and MTU are found out
	 * @param err			receives the reason on failure
	 */
	bool (*attach)(gkm_dataplane_t *this, int ifindex, gkm_dp_place_t place,
				   struct gkm_dp_link *link, gkm_error_t *err);

	/**
	 * Take programs off an interface, which may be gone.
	 */
	void (*detach)(gkm_dataplane_t *this, int ifindex);

	/**
	 * Attach programs again where somebody took them off, and find out MTUs
	 * again.
	 *
	 * @param err			receives the reason if some can't be
	 * @return				number of interfaces that lacked any, -1 on failure
	 */
	int (*repair)(gkm_dataplane_t *this, gkm_error_t *err);

	/**
	 * Tell the programs what POSIX time it is.
	 *
	 * @return				milliseconds that the clock was stepped since,
	 *						positive if forward
	 */
	int64_t (*sync_clock)(gkm_dataplane_t *this);

	/**
	 * Get what was counted for an SA so far.
	 *
	 * @param spi			SPI, 0 for what belongs to none
	 * @param counters		receives the sums over all CPUs
	 * @return				FALSE if there is no such SA
	 */
	bool (*get_counters)(gkm_dataplane_t *this, uint32_t spi,
						 struct gkm_dp_counters *counters);

	/**
	 * Get errors of D3P, of which GKM_DP_ERRORS_PER_MINUTE are kept of each
	 * minute that begins with one.
	 *
	 * @param errors		receives them, oldest first
	 * @return				number of them
	 */
	u_int (*get_errors)(gkm_dataplane_t *this,
						struct gkm_dp_error errors[GKM_DP_ERRORS]);

	/**
	 * Get a file descriptor that is readable once a packet was too big.
	 */
	int (*get_too_big_fd)(gkm_dataplane_t *this);

	/**
	 * Get packets that were too big, whose senders have to be told.
	 *
	 * @param cb			called for each
	 * @param user			passed to cb
	 */
	void (*read_too_big)(gkm_dataplane_t *this,
				void (*cb)(void *user, struct gkm_dp_too_big *packet),
				void *user);

	/**
	 * Get the file descriptor of a program, for tests and measurements.
	 *
	 * @param name			its name in the kernel
	 * @return				file descriptor, -1 if there is none
	 */
	int (*get_program)(gkm_dataplane_t *this, char *name);

	/**
	 * Detach and unload all programs.
	 */
	void (*destroy)(gkm_dataplane_t *this);
};

/**
 * Load the programs.
 *
 * @param cfg		what is fixed
 * @param err		receives the reason on failure: what is wrong with cfg, or
 *					what the kernel lacks
 * @return			data plane, NULL on failure
 */
gkm_dataplane_t *gkm_dataplane_create(gkm_dataplane_cfg_t *cfg,
									  gkm_error_t *err);

#endif /** GKM_DATAPLANE_H_ @}*/
