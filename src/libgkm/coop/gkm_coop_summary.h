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
 * What has to be configured alike on all key servers of a group, as texts to
 * compare.
 *
 * @defgroup gkm_coop_summary gkm_coop_summary
 * @{ @ingroup libgkm
 */

#ifndef GKM_COOP_SUMMARY_H_
#define GKM_COOP_SUMMARY_H_

#include "../group/gkm_cfg.h"

typedef struct gkm_coop_item_t gkm_coop_item_t;

/**
 * Something that is configured: plain data.
 */
struct gkm_coop_item_t {

	/** as shown to administrators, such as "IP-D3P" or "Interoperable Rekey
	 *  ACK" */
	char *name;

	/** such as "window 5000 ms" or "off" */
	char *value;
};

/**
 * Summarize a configuration: the policy, but not which key servers there are nor
 * who may register. It fits into one message.
 *
 * @param cfg			configuration of a server
 * @param auth_key		DER SubjectPublicKeyInfo of the key that rekeys are signed
 *						with, which counts if it is configured; may be empty
 * @return				gkm_coop_item_t by value, to be destroyed with
 *						gkm_coop_summary_destroy()
 */
array_t *gkm_coop_summary_create(gkm_cfg_t *cfg, chunk_t auth_key);

/**
 * Compare two summaries.
 *
 * @param ours			summary
 * @param theirs		another one
 * @param cb			called for each name whose values differ, one is NULL if
 *						there is none; of several with one name the first is
 *						compared to the first, and so on
 * @param user			passed to cb
 */
void gkm_coop_summary_compare(array_t *ours, array_t *theirs,
							  void (*cb)(void *user, char *name, char *our,
										 char *their), void *user);

/**
 * Destroy a summary.
 *
 * @param items			may be NULL
 */
void gkm_coop_summary_destroy(array_t *items);

#endif /** GKM_COOP_SUMMARY_H_ @}*/
