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
 * Life of a data SA in a group whose members learn of successors by registering
 * again:
 *
 *   created --- rekey time -------------- life time
 *      |            | its successor is        | it is dropped
 *      |            | created, downloads      |
 *      |            | hold both from now on   |
 *
 * There are two at most: if rekey time is less than half of life time, the
 * successor's successor has to wait for the end of the first.
 *
 * A rekey SA is only replaced for new registrations: at its rekey time there
 * is a new one, and the old one is gone.
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

typedef struct gkm_policy_t gkm_policy_t;
typedef struct gkm_policy_sa_t gkm_policy_sa_t;
typedef struct gkm_policy_rekey_t gkm_policy_rekey_t;
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

	/** when it ends */
	time_t expires;
};

/**
 * The rekey SA with its times.
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
 * SAs of a group.
 */
struct gkm_policy_t {

	/**
	 * Change the SAs to what a configuration asks for. Those that it asks for
	 * as before stay: a data SA if selectors, mode and first proposal, sequence
	 * numbers included, are the same, the rekey SA if address, proposal,
	 * authentication and key are. Changed times hold for SAs made from now on,
	 * only their successors may come earlier.
	 *
	 * On failure nothing changes.
	 *
	 * @param cfg			configuration, has to stay until the next call
	 * @param auth_key		DER SubjectPublicKeyInfo of the key that signs
	 *						rekeys, empty if cfg says implicit; cloned
	 * @param sig_alg		DER AlgorithmIdentifier of signatures; cloned
	 * @param fresh_nonces	TRUE to replace data SAs with counter modes too
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if it can't be done
	 */
	bool (*configure)(gkm_policy_t *this, gkm_cfg_t *cfg, chunk_t auth_key,
					  chunk_t sig_alg, bool fresh_nonces, time_t now,
					  gkm_error_t *err);

	/**
	 * Do what is due: drop SAs that ended, make successors.
	 *
	 * @param now			current time
	 * @param err			receives the reason if an SA couldn't be made, which
	 *						is tried again some seconds later
	 * @return				number of SAs made
	 */
	u_int (*update)(gkm_policy_t *this, time_t now, gkm_error_t *err);

	/**
	 * When is something to do for update()?
	 */
	time_t (*next_due)(gkm_policy_t *this);

	/**
	 * Put clones of all SAs into a download, with the lifetime that is left,
	 * the older of two data SAs with equal selectors first.
	 *
	 * @param download		download to fill, empty
	 * @param now			current time
	 * @param err			receives the reason on failure
	 * @return				FALSE if there are selectors without a valid SA
	 */
	bool (*fill)(gkm_policy_t *this, gkm_download_t *download, time_t now,
				 gkm_error_t *err);

	/**
	 * Enumerate data SAs, the older of two with equal selectors first.
	 *
	 * @return				enumerator over gkm_policy_sa_t*
	 */
	enumerator_t *(*create_sa_enumerator)(gkm_policy_t *this);

	/**
	 * Get the rekey SA.
	 *
	 * @return				rekey SA, NULL if rekeys are in-band
	 */
	gkm_policy_rekey_t *(*get_rekey)(gkm_policy_t *this);

	/**
	 * Destroy all, wiping keys and giving back SPIs.
	 */
	void (*destroy)(gkm_policy_t *this);
};

/**
 * Create a policy without SAs, to be given a configuration.
 *
 * @param spis		SPIs in use, has to outlive this
 */
gkm_policy_t *gkm_policy_create(gkm_spis_t *spis);

#endif /** GKM_POLICY_H_ @}*/
